//! How many files the process may have open.

/// The limit that the shell or the administrator has set (`ulimit -n`), if there is one.
#[cfg(unix)]
pub(super) fn limit() -> Option<usize> {
    use nix::sys::resource::{Resource, getrlimit};
    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    usize::try_from(soft).ok()
}

/// Elsewhere the limit is far above what is ever needed.
#[cfg(not(unix))]
pub(super) fn limit() -> Option<usize> {
    None
}

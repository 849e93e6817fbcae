//! How evidence is searched.

/// How evidence is searched for logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SearchSettings {
    /// Tried on encrypted entries of archives.
    pub(crate) zip_password: Option<String>,
    /// Leaves out the shadow copies of volumes in disk images.
    pub(crate) no_shadow_copies: bool,
    /// Also finds logs outside of Windows' folders, and deleted ones, in disk images.
    pub(crate) scan_mft: bool,
}

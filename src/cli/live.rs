//! `--live`: the logs of the Windows computer that runs the program.

use std::ffi::OsString;
use std::path::PathBuf;

/// Said before such a run.
pub(super) const WARNING: &str = "Windows goes on writing these logs while they are read; to keep them as evidence, \
     copy them, or read a shadow copy or an image of the disk";

/// The folder in which Windows keeps its logs.
///
/// # Errors
/// A sentence for the user, where this is no Windows or Windows does not say where it is.
pub(super) fn logs_folder() -> Result<PathBuf, String> {
    if !cfg!(windows) {
        return Err("--live reads the logs of the Windows computer that it runs on, and this is none: give an image \
             of its disk, or copies of its logs (C:\\Windows\\System32\\winevt\\Logs)"
            .into());
    }
    let folder = below(std::env::var_os("SystemRoot"), cfg!(target_pointer_width = "32"));
    folder.ok_or_else(|| {
        "--live: the variable SystemRoot does not say where Windows is; give the folder of its logs".into()
    })
}

/// The folder of the logs below Windows' own, which must be an absolute path. Windows shows another `System32`
/// to a program of 32 bits, and the true one as `Sysnative`.
fn below(windows: Option<OsString>, is_32_bit: bool) -> Option<PathBuf> {
    let windows = PathBuf::from(windows?);
    let system =
        if is_32_bit && windows.join("Sysnative").is_dir() { "Sysnative" } else { "System32" };
    let folder = windows.join(system).join("winevt").join("Logs");
    windows.is_absolute().then_some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn windows_says_where_its_logs_are() {
        let windows = if cfg!(windows) { r"D:\Windows" } else { "/mnt/Windows" };
        let logs = Path::new(windows).join("System32").join("winevt").join("Logs");
        assert_eq!(below(Some(windows.into()), false), Some(logs.clone()));
        // A Windows of 32 bits has no `Sysnative`.
        assert_eq!(below(Some(windows.into()), true), Some(logs));
        for unusable in [None, Some(""), Some("Windows")] {
            assert_eq!(below(unusable.map(OsString::from), false), None, "{unusable:?}");
        }
    }

    #[test]
    fn a_program_of_32_bits_reads_the_true_folder() {
        let windows =
            std::env::temp_dir().join(format!("winlast-sysnative-{}", std::process::id()));
        std::fs::create_dir_all(windows.join("Sysnative")).unwrap();
        let found = [true, false].map(|is_32_bit| below(Some(windows.clone().into()), is_32_bit));
        std::fs::remove_dir_all(&windows).unwrap();
        let expected = ["Sysnative", "System32"]
            .map(|system| Some(windows.join(system).join("winevt").join("Logs")));
        assert_eq!(found, expected);
    }

    #[cfg(not(windows))]
    #[test]
    fn elsewhere_the_user_is_told_what_to_give() {
        let why = logs_folder().unwrap_err();
        assert!(why.contains("image") && why.contains("winevt"), "{why}");
    }
}

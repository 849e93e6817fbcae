//! Names that Windows keeps for devices: a file or folder of such a name cannot be made, or not be opened.

/// The names, whatever ending they have; besides them there are `COM1`, `LPT1` and those with other digits.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Whether Windows takes this file name for a device: `con`, `NUL.txt`, `com1` and others.
pub(super) fn is_device_name(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let number = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let is_numbered = number
        .is_some_and(|number| number.chars().count() == 1 && number.chars().all(char::is_numeric));
    is_numbered || DEVICES.contains(&stem.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_any_case_and_ending() {
        for device in
            ["con", "NUL", "aux.evtx", "PRN .a.b", "Com1", "lpt9.txt", "com\u{b9}", "CONIN$"]
        {
            assert!(is_device_name(device), "{device}");
        }
        for other in ["", "console", "com", "com10", "nul_", "a.con", ".con"] {
            assert!(!is_device_name(other), "{other}");
        }
    }
}

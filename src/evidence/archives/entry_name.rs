//! Names of archive entries as an examiner reads them.

use crate::evidence::collection::decode_url;
use crate::evidence::display_path::push_visible;

/// The name of an entry as a display path, with `/` between its parts.
///
/// The offline collector of Velociraptor keeps files as `uploads/ACCESSOR/PATH`, each part of
/// PATH URL-encoded: `uploads/ntfs/%5C%5C.%5CC%3A/Windows/…` is `uploads/ntfs/C:/Windows/…`. A
/// shadow copy is known by its part of the path, `HarddiskVolumeShadowCopy1`.
pub(super) fn entry_display_path(name: &str) -> String {
    let name = name.replace('\\', "/");
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
    // Behind `uploads` and the accessor.
    let encoded = parts.iter().position(|part| *part == "uploads").map(|at| at + 2);
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        let decoded = match encoded {
            Some(first) if at >= first => decode_url(part),
            _ => (*part).to_owned(),
        };
        // `\\.\C:` and `\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1` are paths themselves.
        let inner = decoded.split('\\').filter(|part| !matches!(*part, "" | "." | "?"));
        for part in inner {
            if !text.is_empty() {
                text.push('/');
            }
            push_visible(&mut text, part);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_collectors_are_readable() {
        for (name, expected) in [
            (
                "C/Windows/System32/winevt/logs/a%4Admin.evtx",
                "C/Windows/System32/winevt/logs/a%4Admin.evtx",
            ),
            ("C\\Windows\\x.evtx", "C/Windows/x.evtx"),
            (
                "uploads/auto/C%3A/Windows/Logs/a%254Operational.evtx",
                "uploads/auto/C:/Windows/Logs/a%4Operational.evtx",
            ),
            ("uploads/auto/C%3A/a%4Admin.evtx", "uploads/auto/C:/a%4Admin.evtx"),
            ("uploads/ntfs/%5C%5C.%5CC%3A/Z%C3%BCrich.evtx", "uploads/ntfs/C:/Zürich.evtx"),
            (
                "uploads/ntfs/%5C%5C%3F%5CGLOBALROOT%5CDevice%5CHarddiskVolumeShadowCopy2/a.evtx",
                "uploads/ntfs/GLOBALROOT/Device/HarddiskVolumeShadowCopy2/a.evtx",
            ),
            ("uploads/auto/%FF%/x%2", "uploads/auto/%FF%/x%2"),
            ("a/\u{1b}[2J%0A", "a/\\u{1b}[2J%0A"),
            ("uploads/auto/%0A", "uploads/auto/\\u{a}"),
        ] {
            assert_eq!(entry_display_path(name), expected);
        }
    }
}

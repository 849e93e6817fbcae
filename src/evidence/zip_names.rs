//! Names of entries as an examiner reads them.

use super::shown::push_visible;

/// The name of an entry with `/` between its parts, safe to show.
///
/// The offline collector of Velociraptor keeps files as `uploads/ACCESSOR/PATH`, each part of
/// PATH URL-encoded: `uploads/ntfs/%5C%5C.%5CC%3A/Windows/…` is `uploads/ntfs/C:/Windows/…`. A
/// shadow copy stays apart by its part of the path, `HarddiskVolumeShadowCopy1`.
pub(super) fn entry_name(name: &str) -> String {
    let name = name.replace('\\', "/");
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
    // Behind `uploads` and the accessor.
    let encoded = parts.iter().position(|part| *part == "uploads").map(|at| at + 2);
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        let decoded = match encoded {
            Some(first) if at >= first => decode(part),
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

/// Undoes URL encoding. Letters and digits are never encoded: the `%4A` of
/// `Microsoft-Windows-Diagnostics%4Admin.evtx` is no `J`.
pub(super) fn decode(part: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = part.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = code.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte.filter(|byte| *first == b'%' && !byte.is_ascii_alphanumeric()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    // What is no text then was no encoded text.
    String::from_utf8(bytes).unwrap_or_else(|_| part.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_collectors_are_readable() {
        for (name, shown) in [
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
            assert_eq!(entry_name(name), shown);
        }
    }
}

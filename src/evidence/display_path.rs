//! Paths as text for people: nothing of a path is lost, and no character of it controls a terminal.

use crate::model::acts;
use std::fmt::Write;
use std::path::{Component, Path};

/// The path with `/` between its parts. Backslashes in a name (possible on Unix), characters that are not shown but
/// change how other text is shown ([`acts`]), and bytes that are no text are written `\\`, `\u{202e}` and `\xff`.
pub(super) fn display_path(path: &Path) -> String {
    let mut text = String::new();
    for part in path.components() {
        match part {
            Component::RootDir => text.push('/'),
            // A drive or share on Windows: `C:`, `\\server\share`.
            Component::Prefix(prefix) => {
                let prefix = prefix.as_os_str().to_string_lossy().replace('\\', "/");
                push_visible(&mut text, &prefix);
            }
            part => {
                if !text.is_empty() && !text.ends_with('/') {
                    text.push('/');
                }
                for chunk in part.as_os_str().as_encoded_bytes().utf8_chunks() {
                    push_visible(&mut text, chunk.valid());
                    for byte in chunk.invalid() {
                        let _ = write!(text, "\\x{byte:02x}");
                    }
                }
            }
        }
    }
    text
}

/// Appends a name. Characters that are not shown but change how other text is shown ([`acts`]) are made visible.
pub(super) fn push_visible(text: &mut String, name: &str) {
    for c in name.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            c if acts(c) => {
                let _ = write!(text, "\\u{{{:x}}}", u32::from(c));
            }
            c => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_stay_as_they_are() {
        assert_eq!(display_path(Path::new("a/b c/Security.evtx")), "a/b c/Security.evtx");
        assert_eq!(display_path(Path::new("./a//b/")), "./a/b");
        assert_eq!(display_path(Path::new("/mnt/Zürich/x%4y.evtx")), "/mnt/Zürich/x%4y.evtx");
    }

    #[test]
    fn control_characters_are_made_visible() {
        assert_eq!(display_path(Path::new("a\nb\u{1b}[2J")), "a\\u{a}b\\u{1b}[2J");
        assert_eq!(display_path(Path::new("x\u{202e}xtve")), "x\\u{202e}xtve");
        assert_eq!(display_path(Path::new("bob\u{3164}\u{feff}")), "bob\\u{3164}\\u{feff}");
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_kept_apart() {
        use std::os::unix::ffi::OsStrExt;
        let path = |bytes: &[u8]| display_path(Path::new(std::ffi::OsStr::from_bytes(bytes)));
        assert_eq!(path(b"a\xff"), "a\\xff");
        assert_eq!(path(br"a\xff"), r"a\\xff");
        // U+D800 without its other half, which Windows allows in a name and Rust keeps as these bytes.
        assert_eq!(path(b"a-\xed\xa0\x80.evtx"), r"a-\xed\xa0\x80.evtx");
    }
}

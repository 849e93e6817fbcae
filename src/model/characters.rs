//! Characters of evidence that are not shown themselves, but change how a terminal or a page shows other text.

use std::borrow::Cow;
use std::fmt::Write;

/// Is it one of these? Control characters (C0, DEL, C1), line and paragraph separators, directional marks and
/// overrides, and characters that are not shown, by which two names can look alike: those with the
/// Unicode property `Default_Ignorable_Code_Point` (Unicode 16, `DerivedCoreProperties.txt`), and the
/// marks of annotations.
pub(crate) fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// JSON in which every character that acts is written `\\u202e`: what a program reads from it is the
/// same, and whoever looks at it with an editor or on a terminal sees what is there. Outside of its
/// texts JSON is plain ASCII; C0 characters within texts are written so already.
pub(crate) fn safe_json(json: Cow<'_, str>) -> Cow<'_, str> {
    let needs = |c: char| c >= '\u{7f}' && acts(c);
    if json.bytes().all(|byte| byte < 0x7f) || !json.contains(needs) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if needs(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to memory cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// Bytes in hexadecimal, lower case: how a SHA-256 is written.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_shows_what_acts_and_says_the_same() {
        let hostile = "a\u{7f}\u{9b}2J\u{202e}\u{2028}\u{2029}\u{3164}\u{e0041}山\n";
        let plain = serde_json::to_string(hostile).unwrap();
        let shown = safe_json(plain.as_str().into());
        let by_hand = r#""a\u007f\u009b2J\u202e\u2028\u2029\u3164\udb40\udc41山\n""#;
        assert_eq!(shown, by_hand);
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), hostile);
        assert_eq!(safe_json("{\n  \"Jürgen\": 1}".into()), "{\n  \"Jürgen\": 1}");
    }
}

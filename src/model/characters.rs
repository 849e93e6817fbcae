//! Characters of evidence that act on a terminal, a page or a reader's eyes instead of showing.

/// Control characters (C0, DEL, C1), line and paragraph separators, directional marks and
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

//! Text from evidence made safe to show: nothing in it may act on a terminal, a page, a
//! spreadsheet or a reader's eyes.

use crate::model::acts;
use std::borrow::Cow;

/// `text` with every character written out that acts instead of showing: `\n`, `\r`, `\t`, and
/// `\u{1b}` for other control characters, directional overrides and characters without width.
///
/// A backslash stays as it is, because `DOMAIN\name` and paths are full of them. The JSON lines are
/// exact: there a line break differs from the two characters `\` and `n`.
pub fn visible(text: &str) -> Cow<'_, str> {
    // Most text is printable ASCII. Looking at all bytes without stopping early is the fastest check.
    let is_plain = |so_far: bool, byte: u8| so_far & (0x20..0x7f).contains(&byte);
    if text.bytes().fold(true, is_plain) || !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => escaped.extend(c.escape_default()),
            c if acts(c) => escaped.extend(c.escape_unicode()),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// `text` as a spreadsheet shows it without running it: with `'` before a character that begins
/// a formula, in its wide forms too. Where a spreadsheet takes `;` or a tab for the end of a cell, a formula
/// may begin behind one.
pub(crate) fn spreadsheet_safe(text: Cow<'_, str>) -> Cow<'_, str> {
    const BEGINS_FORMULA: [char; 10] =
        ['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    const ENDS_CELL: [char; 2] = [';', '\t'];
    let runs = |part: &str| part.trim_start_matches([' ', '"']).starts_with(BEGINS_FORMULA);
    let mut cells = text.split_inclusive(ENDS_CELL);
    let is_safe = !text.starts_with(BEGINS_FORMULA) && !cells.by_ref().skip(1).any(runs);
    if is_safe {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for (at, cell) in text.split_inclusive(ENDS_CELL).enumerate() {
        if cell.starts_with(BEGINS_FORMULA) || at > 0 && runs(cell) {
            safe.push('\'');
        }
        safe.push_str(cell);
    }
    Cow::Owned(safe)
}

/// [`visible`] text for HTML, between tags or inside a quoted attribute.
pub(crate) fn html(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_written_out() {
        assert_eq!(visible("CONTOSO\\bob"), "CONTOSO\\bob");
        assert_eq!(visible("a\nb\r\tc\0"), "a\\nb\\r\\tc\\u{0}");
        assert_eq!(visible("\u{1b}[2Jx\u{9b}\u{7f}"), "\\u{1b}[2Jx\\u{9b}\\u{7f}");
        for c in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            assert_eq!(visible(&format!("a{c}b")), format!("a\\u{{{:x}}}b", c as u32));
        }
        assert_eq!(visible("\u{200e}\u{200f}\u{2028}"), "\\u{200e}\\u{200f}\\u{2028}");
        assert_eq!(visible("bob\u{3164}\u{34f}\u{e0100}"), "bob\\u{3164}\\u{34f}\\u{e0100}");
        assert_eq!(visible("Jürgen 山田"), "Jürgen 山田");
    }

    #[test]
    fn formulas_do_not_run() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1"] {
            assert_eq!(spreadsheet_safe(bad.into()), format!("'{bad}"));
        }
        for (bad, safe) in [
            ("a;=1+1", "a;'=1+1"),
            ("a;b;@x;-2", "a;b;'@x;'-2"),
            ("a\t=1", "a\t'=1"),
            ("=1;=2", "'=1;'=2"),
            ("a;\"=1\"", "a;'\"=1\""),
            ("a; =1", "a;' =1"),
        ] {
            assert_eq!(spreadsheet_safe(bad.into()), safe);
        }
        assert_eq!(spreadsheet_safe("a;b=1; c".into()), "a;b=1; c");
        assert_eq!(spreadsheet_safe("a=1".into()), "a=1");
        assert_eq!(spreadsheet_safe("".into()), "");
    }

    #[test]
    fn html_holds_no_markup() {
        assert_eq!(html("<b a='x'>&\"\n"), "&lt;b a=&#39;x&#39;&gt;&amp;&quot;\\n");
    }
}

//! Cells as XML.

use crate::output::tables::row::CellValue;
use std::borrow::Cow;
use std::fmt::Write;

/// Text, as a style of cells by its place. It has the number format `@`, so that a cell that somebody edits stays
/// text.
pub(super) const TEXT_STYLE: u32 = 1;
/// The same in bold, for the names of columns.
pub(super) const HEADER_STYLE: u32 = 2;

/// The longest text of a cell, in units of UTF-16. Source: Excel specifications and limits.
const LONGEST_TEXT: usize = 32_767;

/// From here on Excel does not keep every digit of a number.
const LARGEST_EXACT: u64 = 1_000_000_000_000_000;

/// The name of a column, from 0: A, B, …, Z, AA, …
pub(super) fn column_name(mut column: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + (column % 26) as u8));
        match (column / 26).checked_sub(1) {
            Some(rest) => column = rest,
            None => return letters.iter().rev().collect(),
        }
    }
}

/// Adds a cell; an empty one is left out. Returns how many characters it shows.
pub(super) fn push_cell(column: &str, row: u32, value: &CellValue<'_>, xml: &mut String) -> usize {
    let before = xml.len();
    // Writing to a String cannot fail.
    let _ = match value {
        CellValue::Empty => return 0,
        CellValue::Text(text) => return push_text(column, row, text, TEXT_STYLE, xml),
        CellValue::Unsigned(number) if *number >= LARGEST_EXACT => {
            return push_text(column, row, &number.to_string(), TEXT_STYLE, xml);
        }
        CellValue::Unsigned(number) => write!(xml, "<c r=\"{column}{row}\"><v>{number}</v></c>"),
        CellValue::Signed(number) => write!(xml, "<c r=\"{column}{row}\"><v>{number}</v></c>"),
        CellValue::Real(number) => write!(xml, "<c r=\"{column}{row}\"><v>{number}</v></c>"),
        CellValue::Truth(truth) => {
            let bit = u8::from(*truth);
            write!(xml, "<c r=\"{column}{row}\" t=\"b\"><v>{bit}</v></c>")
        }
    };
    xml.len() - before
}

/// Adds a cell with text. Returns how many characters it shows.
pub(super) fn push_text(column: &str, row: u32, text: &str, style: u32, xml: &mut String) -> usize {
    let text = shortened(text);
    let _ = write!(
        xml,
        "<c r=\"{column}{row}\" s=\"{style}\" t=\"inlineStr\"><is>\
         <t xml:space=\"preserve\">{}</t></is></c>",
        escaped(&text)
    );
    text.chars().count()
}

/// A text that is too long for a cell is cut, and says so.
fn shortened(text: &str) -> Cow<'_, str> {
    let units = |text: &str| text.chars().map(char::len_utf16).sum::<usize>();
    if text.len() <= LONGEST_TEXT || units(text) <= LONGEST_TEXT {
        return Cow::Borrowed(text);
    }
    let note = format!("… (cut: {} characters; the other formats have all)", text.chars().count());
    let mut room = LONGEST_TEXT - units(&note);
    let fits = |c: &char| {
        let left = room.checked_sub(c.len_utf16());
        room = left.unwrap_or(0);
        left.is_some()
    };
    let kept: String = text.chars().take_while(fits).collect();
    Cow::Owned(kept + &note)
}

/// Text for XML, in an element or an attribute. Characters that XML cannot hold are written by their numbers.
/// What Excel would read as the number of a character (`_x0041_`) is written so that it shows what is there.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '_', '\u{fffe}', '\u{ffff}']) {
        return Cow::Borrowed(text);
    }
    let mut xml = String::with_capacity(text.len() + 16);
    for (at, c) in text.char_indices() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '_' if text.get(at..).is_some_and(is_number_of_character) => xml.push_str("_x005F_"),
            '\u{fffe}' | '\u{ffff}' => xml.extend(c.escape_unicode()),
            c => xml.push(c),
        }
    }
    Cow::Owned(xml)
}

/// Whether a text begins as Excel writes the number of a character: `_x0041_`.
fn is_number_of_character(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next() == Some(b'_')
        && matches!(bytes.next(), Some(b'x' | b'X'))
        && bytes.by_ref().take(4).filter(u8::is_ascii_hexdigit).count() == 4
        && bytes.next() == Some(b'_')
}

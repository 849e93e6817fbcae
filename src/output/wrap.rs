//! Sentences on a terminal that is not wide enough for them.

use unicode_width::UnicodeWidthStr;

/// What begins a change of colour, which takes no column.
const ESCAPE: char = '\u{1b}';

/// The text with line breaks between words, so that no line has more than `width` columns where its words
/// allow it. The lines behind the first one begin with so many blanks.
///
/// ```
/// let text = winlast::output::wrapped("one two three", 9, 2);
/// assert_eq!(text, "one two\n  three");
/// ```
pub fn wrapped(text: &str, width: usize, hanging: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut used = 0;
    for word in text.split(' ') {
        let columns = shown_width(word);
        let is_first = out.is_empty();
        if !is_first && used + 1 + columns > width {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', hanging));
            used = hanging;
        } else if !is_first {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += columns;
    }
    out
}

/// The columns of a word, in which a colour may begin or end.
fn shown_width(word: &str) -> usize {
    let mut parts = word.split(ESCAPE);
    let first = parts.next().map_or(0, UnicodeWidthStr::width);
    let behind = |part: &str| part.split_once('m').map_or(0, |(_, text)| text.width());
    first + parts.map(behind).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("a bc def", 80, 4), "a bc def");
        assert_eq!(wrapped("a bc def", 4, 1), "a bc\n def");
        assert_eq!(wrapped("abcdefgh ij", 4, 1), "abcdefgh\n ij");
        assert_eq!(wrapped("山田 太郎", 5, 1), "山田\n 太郎");
        assert_eq!(wrapped("\u{1b}[31merr\u{1b}[0m ab", 6, 1), "\u{1b}[31merr\u{1b}[0m ab");
    }
}

//! Columns that fit a terminal: the same for all rows, as wide as their widest cell.

use super::tone::Tone;
use std::io::{self, Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A column is not made wider than this for the sake of a single long name. The times of a session with both dates and
/// a mark have room.
const WIDEST: usize = 42;

const INDENT: usize = 2;
/// On a terminal of fewer columns one blank stands between two columns of the table, else two.
const NARROW: usize = 100;

/// One cell of a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) tone: Tone,
    /// It stands at the right of its column, as numbers do.
    pub(super) right: bool,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>, tone: Tone) -> Cell {
        Cell { text: text.into(), tone, right: false }
    }
}

/// A row. All rows of a table have the same number of cells.
pub(super) type Row = Vec<Cell>;

/// Rows with the width of each column.
pub(super) struct Columns {
    pub(super) rows: Vec<Row>,
    widths: Vec<usize>,
    /// The columns that a line may have.
    limit: Option<usize>,
    /// The blanks between two columns.
    between: usize,
    color: bool,
}

impl Columns {
    /// The first of several ways to write the rows that fits a terminal of this width: the most detailed
    /// one comes first. Where none fits, the lines of the last one are cut. Without a width, everything is
    /// written.
    pub(super) fn fit<D>(
        ways: &[D],
        rows: impl Fn(&D) -> Vec<Row>,
        limit: Option<usize>,
        color: bool,
    ) -> Columns {
        let between = if limit.is_some_and(|limit| limit < NARROW) { 1 } else { 2 };
        let mut columns = Columns { rows: Vec::new(), widths: Vec::new(), limit, between, color };
        for way in ways {
            columns.rows = rows(way);
            columns.widths = widths(&columns.rows, limit.is_some());
            if limit.is_none_or(|limit| columns.width() <= limit) {
                break;
            }
        }
        columns
    }

    fn width(&self) -> usize {
        let between = self.widths.len().saturating_sub(1) * self.between;
        self.widths.iter().sum::<usize>() + between + INDENT
    }

    /// Writes one row as a line.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub(super) fn write(&self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        let mut left = self.limit.unwrap_or(usize::MAX).saturating_sub(INDENT);
        write!(out, "{:INDENT$}", "")?;
        let mut pending = 0;
        for (at, (cell, column)) in row.iter().zip(&self.widths).enumerate() {
            let most = if self.limit.is_some() { left.min(*column) } else { usize::MAX };
            let text = shortened(&cell.text, most);
            let width = text.width();
            let blank = column.saturating_sub(width);
            let before = pending + if cell.right { blank } else { 0 };
            pending = if cell.right { 0 } else { blank };
            if !text.is_empty() {
                write!(out, "{:before$}{}", "", cell.tone.paint(&text, self.color))?;
            } else {
                pending += before;
            }
            // Blanks at the end of a line are not written.
            let is_last = at + 1 == row.len();
            pending += if is_last { 0 } else { self.between };
            left = left.saturating_sub(column.max(&width) + self.between);
        }
        writeln!(out)
    }
}

/// The width of each column. A cell that is wider than the widest column is cut where lines are limited,
/// and else moves the rest of its row.
fn widths(rows: &[Row], is_limited: bool) -> Vec<usize> {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        widths.resize(row.len().max(widths.len()), 0);
        for (at, (known, cell)) in widths.iter_mut().zip(row).enumerate() {
            let width = cell.text.width();
            // Nothing stands behind the last cell.
            if width <= WIDEST || at + 1 == row.len() {
                *known = width.max(*known);
            } else if is_limited {
                *known = WIDEST;
            }
        }
    }
    widths
}

/// The text in no more than so many columns; `…` stands for what is left out.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.width() <= most {
        return text.to_owned();
    }
    let mut width = 0;
    let fits = |c: &char| {
        width += c.width().unwrap_or(0);
        width < most
    };
    let mut short: String = text.chars().take_while(fits).collect();
    if most > 0 {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(columns: &Columns) -> String {
        let mut out = Vec::new();
        columns.rows.iter().for_each(|row| columns.write(row, &mut out).unwrap());
        String::from_utf8(out).unwrap()
    }

    fn row(texts: [&str; 3]) -> Row {
        let mut row: Row = texts.iter().map(|text| Cell::new(*text, Tone::Plain)).collect();
        row[1].right = true;
        row
    }

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        let rows =
            |_: &()| vec![row(["山田", "1", "end"]), row(["a", "", "x"]), row(["bob", "10", ""])];
        let all = Columns::fit(&[()], rows, None, false);
        assert_eq!(written(&all), "  山田   1  end\n  a         x\n  bob   10\n");
    }

    #[test]
    fn times_with_both_dates_are_whole() {
        let times = "2026-03-04 07:31:40 → ≤2026-03-04 18:02:07";
        let rows = |_: &()| vec![row([times, "≤10:30", "lost"])];
        let written = written(&Columns::fit(&[()], rows, Some(110), false));
        assert_eq!(written, format!("  {times}  ≤10:30  lost\n"));
    }

    #[test]
    fn the_most_detailed_way_that_fits_is_taken() {
        let rows = |way: &&str| vec![row([way, "1", "end"])];
        let ways = ["a long name", "a name", "name"];
        let text = |width| written(&Columns::fit(&ways, rows, Some(width), false));
        assert_eq!(text(100), "  a long name  1  end\n");
        assert_eq!(text(19), "  a long name 1 end\n");
        assert_eq!(text(18), "  a name 1 end\n");
        assert_eq!(text(13), "  name 1 end\n");
        assert_eq!(text(11), "  name 1 e…\n");
        assert_eq!(text(5), "  na…\n");
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("abcd", 3), "ab…");
        assert_eq!(shortened("山田太郎", 4), "山…");
        assert_eq!((shortened("ab", 1), shortened("ab", 0)), ("…".into(), String::new()));
    }
}

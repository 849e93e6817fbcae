//! logs.csv: each log that was read, and how well.

use super::rows::{Cell, Piece, Sink, columns, cut, list, number, time};
use crate::model::{LogSummary, Report};

/// Holes listed in one cell: a selection of a large log has as many holes as records.
const HOLES_LISTED: usize = 100;

columns! { row: &'a LogSummary => {
    path: Cell::Text(&row.path),
    size: Cell::Number(row.size),
    sha256: Cell::Text(row.sha256.as_deref().unwrap_or_default()),
    computers: Cell::Made(&list(&row.computers)),
    channels: Cell::Made(&list(&row.channels)),
    chunks: Cell::Number(row.chunks),
    records_read: Cell::Number(row.records_read),
    records_recovered: Cell::Number(row.records_recovered),
    records_unreadable: Cell::Number(row.records_unreadable),
    first_record_id: number(row.record_ids.map(|ids| ids.0)),
    last_record_id: number(row.record_ids.map(|ids| ids.1)),
    first_time: time(row.times.map(|times| times.0)),
    last_time: time(row.times.map(|times| times.1)),
    record_gaps: Cell::Number(row.gaps.len() as u64),
    records_missing: Cell::Number(records_missing(&row.gaps)),
    missing_record_ids: Cell::Made(&list(holes(&row.gaps))),
    duplicates: Cell::Number(row.duplicates),
    header: Cell::Made(&row.header),
    checksum_failures: Cell::Number(row.checksum_failures),
    verdict: Cell::Made(&row.verdict),
    flags: Cell::Made(&list(row.flags())),
    collector_host: Cell::Text(row.collector_host.as_deref().unwrap_or_default()),
} }

pub(super) fn pieces(report: &Report) -> Vec<Piece<'_>> {
    cut(&report.logs, write_row).collect()
}

fn records_missing(gaps: &[(u64, u64)]) -> u64 {
    gaps.iter().fold(0, |sum: u64, (first, last)| {
        sum.saturating_add(last.saturating_sub(*first).saturating_add(1))
    })
}

/// `12-15`, `20`, …, and how many more there are.
fn holes(gaps: &[(u64, u64)]) -> impl Iterator<Item = String> + Clone {
    let more = gaps.len().saturating_sub(HOLES_LISTED);
    gaps.iter()
        .take(HOLES_LISTED)
        .map(
            |(first, last)| {
                if first == last { first.to_string() } else { format!("{first}-{last}") }
            },
        )
        .chain((more > 0).then(|| format!("and {more} more gaps")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_counted_and_listed() {
        let gaps = [(12, 15), (20, 20)];
        assert_eq!(records_missing(&gaps), 5);
        assert_eq!(holes(&gaps).collect::<Vec<_>>(), ["12-15", "20"]);
        let many: Vec<_> = (0..103).map(|n| (2 * n, 2 * n)).collect();
        let listed: Vec<_> = holes(&many).collect();
        assert_eq!((listed.len(), &*listed[100]), (101, "and 3 more gaps"));
        assert_eq!(records_missing(&[(0, u64::MAX), (1, 2)]), u64::MAX);
    }
}

//! logs.csv: each log that was read, and how well.

use super::row::{TableCell, columns, number, time};
use crate::model::LogSummary;
use crate::model::append::list;

/// Gaps listed in one cell: a selection of a large log has about as many gaps as records.
const GAPS_LISTED: usize = 100;

columns! { row: &'a LogSummary => {
    path: TableCell::Text(&row.path),
    size as Unsigned: TableCell::Number(row.size),
    sha256: TableCell::Text(row.sha256.as_deref().unwrap_or_default()),
    computers: TableCell::LazyText(&list(&row.computers)),
    channels: TableCell::LazyText(&list(&row.channels)),
    chunks as Unsigned: TableCell::Number(row.chunks),
    records_read as Unsigned: TableCell::Number(row.records_read),
    records_recovered as Unsigned: TableCell::Number(row.records_recovered),
    records_unreadable as Unsigned: TableCell::Number(row.records_unreadable),
    first_record_id as Unsigned: number(row.record_ids.map(|ids| ids.0)),
    last_record_id as Unsigned: number(row.record_ids.map(|ids| ids.1)),
    first_time: time(row.times.map(|times| times.0)),
    last_time: time(row.times.map(|times| times.1)),
    record_gaps as Unsigned: TableCell::Number(row.gaps.len() as u64),
    records_missing as Unsigned: TableCell::Number(records_missing(&row.gaps)),
    missing_record_ids: TableCell::LazyText(&list(gaps_in_words(&row.gaps))),
    duplicates as Unsigned: TableCell::Number(row.duplicates),
    header: TableCell::LazyText(&row.header),
    checksum_failures as Unsigned: TableCell::Number(row.checksum_failures),
    verdict: TableCell::Word(row.verdict.word()),
    flags: TableCell::LazyText(&list(row.flags())),
    collector_host: TableCell::Text(row.collector_host.as_deref().unwrap_or_default()),
} }

fn records_missing(gaps: &[(u64, u64)]) -> u64 {
    gaps.iter().fold(0, |sum: u64, (first, last)| {
        sum.saturating_add(last.saturating_sub(*first).saturating_add(1))
    })
}

/// `12-15`, `20`, …, and the number of gaps that are not listed.
fn gaps_in_words(gaps: &[(u64, u64)]) -> impl Iterator<Item = String> + Clone {
    let more = gaps.len().saturating_sub(GAPS_LISTED);
    gaps.iter()
        .take(GAPS_LISTED)
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
    fn gaps_are_counted_and_listed() {
        let gaps = [(12, 15), (20, 20)];
        assert_eq!(records_missing(&gaps), 5);
        assert_eq!(gaps_in_words(&gaps).collect::<Vec<_>>(), ["12-15", "20"]);
        let many: Vec<_> = (0..103).map(|n| (2 * n, 2 * n)).collect();
        let listed: Vec<_> = gaps_in_words(&many).collect();
        assert_eq!((listed.len(), &*listed[100]), (101, "and 3 more gaps"));
        assert_eq!(records_missing(&[(0, u64::MAX), (1, 2)]), u64::MAX);
    }
}

//! The block of hops: rows of hops.csv, hosts.csv and sessions.csv, with the values that these tables have.

use super::super::blocks::{DataBlock, PACKED_FROM, PACKED_FROM_OF_MANY};
use super::super::scope::PageScope;
use super::VERSION;
use crate::model::{Hop, HopFlag, HostAddress};
use crate::output::tables::TableChunk;
use crate::output::tables::row::{CellValue, RowSink, TableCell};
use serde::Serialize;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::slice::from_ref;

/// So many rows of hops.csv a page has one by one.
const MOST_HOPS: usize = 20_000;
/// The others are counted by what the graph shows of them, in at most so many counts.
const MOST_COUNTS: usize = 5_000;

/// What the graph shows of a row that is only counted.
const COUNTED_BY: &[&str] = &[
    "target_computer",
    "source_computer",
    "source_address",
    "basis",
    "host_confidence",
    "candidates",
    "flags",
];

/// What all rows of a computer in hosts.csv have in common.
const OF_HOST: &[&str] = &[
    "host",
    "has_security_log",
    "log_from",
    "log_to",
    "clock_offset_seconds",
    "clock_offset_spread",
    "clock_offset_basis",
    "clock_offset_pairs",
];

/// What the axes show of a session.
const OF_SESSION: &[&str] = &[
    "session_id",
    "user_name",
    "user_domain",
    "session_class",
    "start",
    "end",
    "end_basis",
    "end_cause",
    "end_not_before",
    "end_not_after",
];

#[derive(Serialize)]
struct HopData {
    version: u32,
    hops: TableRows,
    counted: TableRows,
    /// Hops that are not even counted one by one.
    left_out: u64,
    hosts: TableRows,
    sessions: TableRows,
}

/// Some rows of a table, or some columns of them.
#[derive(Serialize, Default)]
struct TableRows {
    columns: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
}

/// Collects the cells of some columns; of all, where none is named.
#[derive(Default)]
struct RowCollector {
    wanted: &'static [&'static str],
    names: Vec<&'static str>,
    row: Vec<Value>,
    rows: Vec<Vec<Value>>,
    buffer: Vec<u8>,
}

impl RowSink for RowCollector {
    fn cell(&mut self, column: &'static str, cell: TableCell<'_>) -> io::Result<()> {
        if !self.wanted.is_empty() && !self.wanted.contains(&column) {
            return Ok(());
        }
        if self.rows.is_empty() {
            self.names.push(column);
        }
        self.row.push(match cell.value(&mut self.buffer) {
            CellValue::Empty => Value::Null,
            CellValue::Text(text) => text.into(),
            CellValue::Unsigned(number) => number.into(),
            CellValue::Signed(number) => number.into(),
            CellValue::Real(number) => number.into(),
            CellValue::Truth(truth) => truth.into(),
        });
        Ok(())
    }

    fn end_row(&mut self) -> io::Result<()> {
        self.rows.push(std::mem::take(&mut self.row));
        Ok(())
    }
}

fn rows<'a>(
    wanted: &'static [&'static str],
    chunks: impl Iterator<Item = TableChunk<'a>>,
) -> io::Result<TableRows> {
    let mut sink = RowCollector { wanted, ..RowCollector::default() };
    for chunk in chunks {
        chunk.write_to(&mut sink)?;
    }
    Ok(TableRows { columns: sink.names, rows: sink.rows })
}

/// The block of hops of a page; `None` where hops were not asked for.
///
/// # Errors
/// When it cannot be put into memory.
pub(in super::super) fn hops(page: &PageScope<'_>) -> io::Result<Option<DataBlock>> {
    let Some(index) = &page.hop_index else { return Ok(None) };
    let (shown, others) = most_telling(&page.hops, MOST_HOPS);
    let (counted, left_out) = counts(&others, MOST_COUNTS)?;
    let named = shown.iter().flat_map(|hop| [&*hop.target_session, &*hop.source_session]);
    let mut seen = HashSet::new();
    let sessions = named.filter(|id| seen.insert(*id)).filter_map(|id| index.session(id));
    let sessions = sessions.map(|(host, own)| TableChunk::Sessions(host, from_ref(own)));
    let data = HopData {
        version: VERSION,
        hops: rows(&[], shown.iter().map(|hop| TableChunk::Hops(from_ref(*hop))))?,
        counted,
        left_out,
        hosts: rows(OF_HOST, hosts(page).into_iter().map(|own| TableChunk::Hosts(from_ref(own))))?,
        sessions: rows(OF_SESSION, sessions)?,
    };
    let packed_from = if page.is_one_of_many() { PACKED_FROM_OF_MANY } else { PACKED_FROM };
    DataBlock::of("hop-data", &data, packed_from).map(Some)
}

/// The first row of each computer that rows of the page name.
fn hosts<'a>(page: &PageScope<'a>) -> Vec<&'a HostAddress> {
    let all = page.report().hops.iter().flat_map(|own| own.hosts.iter().chain(&own.elsewhere));
    let mut left: BTreeSet<&str> = page.hops.iter().flat_map(|hop| hop.computers()).collect();
    all.filter(|own| left.remove(&*own.host)).collect()
}

/// At most so many rows, and the others, both by time: first come those of people that name a session at the
/// source, then other ones of people with a source or an address from outside, then those without; the newest of each.
fn most_telling<'a>(hops: &[&'a Hop], most: usize) -> (Vec<&'a Hop>, Vec<&'a Hop>) {
    let rank = |hop: &Hop| {
        let says_something = !hop.source_computer.is_empty()
            || hop.flags.contains(&HopFlag::FromOutside)
            || hop.flags.contains(&HopFlag::Contradicting);
        match (hop.account.is_machine(), says_something) {
            (false, _) if hop.hop_number.is_some() => 0,
            (false, true) => 1,
            (false, false) => 2,
            (true, _) => 3,
        }
    };
    let mut order: Vec<(usize, &Hop)> = hops.iter().copied().enumerate().collect();
    if hops.len() > most {
        order.sort_by_key(|(at, hop)| (rank(hop), Reverse(*at)));
    }
    let mut others = order.split_off(most.min(order.len()));
    order.sort_unstable_by_key(|(at, _)| *at);
    others.sort_unstable_by_key(|(at, _)| *at);
    let plain = |part: Vec<(usize, &'a Hop)>| part.into_iter().map(|(_, hop)| hop).collect();
    (plain(order), plain(others))
}

/// Rows that look alike in the graph, with their number as the last value: the most frequent ones. The number of
/// the others.
fn counts(hops: &[&Hop], most: usize) -> io::Result<(TableRows, u64)> {
    let mut sink = RowCollector { wanted: COUNTED_BY, ..RowCollector::default() };
    let mut counts: BTreeMap<String, (Vec<Value>, u64)> = BTreeMap::new();
    // The table has its own order of columns.
    let mut columns: Vec<&'static str> = Vec::new();
    for hop in hops {
        TableChunk::Hops(from_ref(*hop)).write_to(&mut sink)?;
        if columns.is_empty() {
            columns.clone_from(&sink.names);
        }
        let Some(mut row) = sink.rows.pop() else { continue };
        sink.names.clear();
        let is = |flag| hop.flags.contains(&flag);
        let blank = |column: &&str| match *column {
            "source_address" => !is(HopFlag::FromOutside),
            "candidates" => !is(HopFlag::Contradicting),
            _ => false,
        };
        for (value, _) in row.iter_mut().zip(&columns).filter(|(_, column)| blank(column)) {
            *value = Value::Null;
        }
        let count = counts.entry(serde_json::to_string(&row)?).or_insert((row, 0));
        count.1 += 1;
    }
    let mut all: Vec<(Vec<Value>, u64)> = counts.into_values().collect();
    all.sort_by_key(|(_, count)| Reverse(*count));
    let left_out = all.split_off(most.min(all.len())).into_iter().map(|(_, count)| count).sum();
    let with_count = all.into_iter().map(|(mut row, count)| {
        row.push(count.into());
        row
    });
    columns.push("count");
    Ok((TableRows { columns, rows: with_count.collect() }, left_out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, sample};
    use std::sync::Arc;

    fn hop(user: &str, change: impl FnOnce(&mut Hop)) -> Hop {
        let account = Arc::new(Account { user: user.into(), ..Account::default() });
        let mut hop = Hop { account, ..sample::hops().hops.remove(0) };
        change(&mut hop);
        hop
    }

    #[test]
    fn rows_that_tell_most_are_shown_one_by_one() {
        let unknown = |hop: &mut Hop| {
            hop.hop_number = None;
            hop.source_computer = "".into();
        };
        let hops = [
            hop("PC01$", |_| {}),
            hop("none", unknown),
            hop("first", |_| {}),
            hop("host", |own| own.hop_number = None),
            hop("second", |_| {}),
        ];
        let all: Vec<&Hop> = hops.iter().collect();
        let users = |most| {
            let (shown, others) = most_telling(&all, most);
            assert_eq!(shown.len() + others.len(), 5);
            shown.iter().map(|hop| hop.account.user.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(users(1), ["second"]);
        assert_eq!(users(3), ["first", "host", "second"]);
        assert_eq!(users(4), ["none", "first", "host", "second"]);
        assert_eq!(users(9), ["PC01$", "none", "first", "host", "second"]);
    }

    #[test]
    fn what_looks_alike_is_counted_together() {
        let outside = |address: &'static str| {
            move |hop: &mut Hop| {
                hop.source_address = address.into();
                hop.source_computer = "".into();
                hop.flags = vec![HopFlag::FromOutside];
            }
        };
        let hops = [
            hop("a", |own| own.source_address = "10.0.0.1".into()),
            hop("b", |own| own.source_address = "10.0.0.2".into()),
            hop("c", outside("203.0.113.1")),
            hop("d", outside("203.0.113.2")),
            hop("e", outside("203.0.113.1")),
            hop("f", |own| own.source_address = "10.0.0.3".into()),
        ];
        let all: Vec<&Hop> = hops.iter().collect();
        let of = |most| {
            let (TableRows { columns, rows }, left_out) = counts(&all, most).unwrap();
            let at = |name| columns.iter().position(|own| *own == name).unwrap();
            let (address, count) = (at("source_address"), at("count"));
            let own = |row: &Vec<Value>| {
                (row[address].as_str().unwrap_or_default().to_owned(), row[count].as_u64().unwrap())
            };
            (rows.iter().map(own).collect::<Vec<_>>(), left_out)
        };
        let row = |address: &str, count| (address.to_owned(), count);
        assert_eq!(of(9), (vec![row("", 3), row("203.0.113.1", 2), row("203.0.113.2", 1)], 0));
        assert_eq!(of(1), (vec![row("", 3)], 3));
    }
}

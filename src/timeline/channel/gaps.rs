//! Which record IDs of a channel are in no log? The absence of a record proves something only if
//! its record ID is covered.
//!
//! Input: the record IDs that each log has. Output: a [`Gaps`].
//!
//! Example: the logs at hand have the record IDs 1 to 39, 50 to 100 and 200 to 300. The gaps are 40
//! to 49 and 101 to 199.

use crate::model::{Channel, Event, EventKind, LogId, LogSummary};
use std::collections::BTreeSet;

/// The records of one channel of one computer that are missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Gaps {
    /// The record IDs that no log has, between those that a log has: pairs of (first, last), in
    /// ascending order.
    pub(crate) missing: Vec<(u64, u64)>,
    /// The records are a selection, by an export or by forwarding. The absence of a record proves
    /// nothing.
    pub(crate) selection: bool,
    /// The logs hold records of several channels or computers. They do not show which records are
    /// missing, so any record ID that is not there may be missing.
    pub(crate) mixed: bool,
    /// From the first to the last record ID of the logs that the computer wrote itself, and that nobody exported.
    /// Within them missing record IDs mean something, although another log is a selection.
    own_records: Option<(u64, u64)>,
}

impl Gaps {
    /// Finds the gaps of one channel in these logs; `used` are the logs of the computer.
    pub(crate) fn of(channel: Channel, logs: &[LogSummary], used: &BTreeSet<LogId>) -> Gaps {
        let mut held: Vec<(u64, u64)> = Vec::new();
        let (mut selection, mut has_mixed) = (false, false);
        let mut own_records: Option<(u64, u64)> = None;
        for log in used.iter().filter_map(|id| logs.get(id.index())) {
            let is_own = |name: &String| Channel::from_name(name) == Some(channel);
            if !log.channels.iter().any(is_own) {
                continue;
            }
            // Gaps in record IDs mean something only in a log of one channel of one computer.
            let mixed = log.forwarded || log.channels.len() > 1;
            has_mixed |= mixed;
            selection |= mixed || (log.exported && !log.gaps.is_empty());
            if let Some((first, last)) = log.record_ids.filter(|_| !mixed && !log.exported) {
                let own = own_records.get_or_insert((first, last));
                *own = (own.0.min(first), own.1.max(last));
            }
            if let Some((first, last)) = log.record_ids.filter(|_| !mixed) {
                held.extend(without(first, last, &log.gaps));
            }
        }
        held.sort_unstable();
        let mut missing = Vec::new();
        let mut end: Option<u64> = None;
        for (first, last) in held {
            match end {
                Some(end) if first > end.saturating_add(1) => missing.push((end + 1, first - 1)),
                _ => {}
            }
            end = Some(end.map_or(last, |end| end.max(last)));
        }
        Gaps { missing, selection, mixed: has_mixed, own_records }
    }

    /// The missing record IDs that are a finding: in a selection most records are left out on purpose.
    pub(crate) fn to_report(&self) -> impl Iterator<Item = (u64, u64)> {
        let is_own = |(from, to): &(u64, u64)| {
            !self.selection
                || self.own_records.is_some_and(|(first, last)| first <= *from && *to <= last)
        };
        self.missing.iter().copied().filter(is_own)
    }

    /// May records be missing between these two neighbouring records?
    pub(crate) fn may_lack_records_between(&self, from: u64, to: u64) -> bool {
        self.misses_between(from, to) || (self.mixed && to > from.saturating_add(1))
    }

    /// May records be missing right before this record of a channel? A log that was full (1104)
    /// lost records although no record ID is missing.
    pub(crate) fn may_lack_records_before(&self, events: &[Event], index: usize) -> bool {
        let Some(event) = events.get(index) else { return false };
        let before = index.checked_sub(1).and_then(|at| events.get(at));
        before.is_none_or(|before| {
            self.may_lack_records_between(before.record_id, event.record_id)
                || matches!(before.kind, EventKind::LogFull)
        })
    }

    /// How many records are missing after `from` and before `to`?
    pub(crate) fn count_missing_between(&self, from: u64, to: u64) -> u64 {
        let within = |(first, last): &(u64, u64)| {
            let (first, last) =
                ((*first).max(from.saturating_add(1)), (*last).min(to.saturating_sub(1)));
            last.saturating_add(1).saturating_sub(first)
        };
        self.gaps_between(from, to).map(within).fold(0, u64::saturating_add)
    }

    /// Are records missing after `from` and before `to`?
    pub(crate) fn misses_between(&self, from: u64, to: u64) -> bool {
        self.gaps_between(from, to).next().is_some()
    }

    /// The gaps that end after `from` and begin before `to`.
    fn gaps_between(&self, from: u64, to: u64) -> impl Iterator<Item = &(u64, u64)> {
        let at = self.missing.partition_point(|(_, last)| *last <= from);
        self.missing.iter().skip(at).take_while(move |(first, _)| *first < to)
    }
}

/// The parts of a range of record IDs that are not in gaps.
fn without(first: u64, last: u64, gaps: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut parts = Vec::with_capacity(gaps.len() + 1);
    let mut from = first;
    for &(start, end) in gaps {
        if start > from {
            parts.push((from, start - 1));
        }
        from = from.max(end.saturating_add(1));
    }
    if from <= last {
        parts.push((from, last));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(ids: (u64, u64), gaps: &[(u64, u64)]) -> LogSummary {
        LogSummary {
            record_ids: Some(ids),
            gaps: gaps.to_vec(),
            channels: ["Security".to_owned()].into(),
            ..LogSummary::default()
        }
    }

    /// An exported part has gaps on purpose; those of the computer's own log are findings all the same.
    #[test]
    fn an_exported_part_hides_no_gap() {
        let part = LogSummary { exported: true, ..log((1, 80), &[(10, 70)]) };
        let own = log((200, 300), &[(220, 229)]);
        let gaps = |logs: &[LogSummary]| -> Vec<(u64, u64)> {
            let used = (0..u32::try_from(logs.len()).unwrap()).map(LogId).collect();
            Gaps::of(Channel::Security, logs, &used).to_report().collect()
        };
        assert_eq!(gaps(std::slice::from_ref(&part)), []);
        assert_eq!(gaps(&[part, own]), [(220, 229)]);
    }

    /// Some writers spell the channel in small letters.
    #[test]
    fn a_channel_in_small_letters_has_gaps_too() {
        let log =
            LogSummary { channels: ["security".to_owned()].into(), ..log((1, 100), &[(40, 49)]) };
        let gaps = Gaps::of(Channel::Security, &[log], &[LogId(0)].into());
        assert!(gaps.to_report().eq([(40, 49)]));
    }

    #[test]
    fn an_archive_fills_the_gap_of_the_live_log() {
        let logs = [log((1, 100), &[(40, 49)]), log((30, 45), &[]), log((200, 300), &[])];
        let used = (0..3).map(LogId).collect();
        let gaps = Gaps::of(Channel::Security, &logs, &used);
        assert_eq!(gaps.missing, [(46, 49), (101, 199)]);
        assert!(gaps.to_report().eq([(46, 49), (101, 199)]));
        assert!(gaps.misses_between(45, 47));
        assert!(gaps.misses_between(10, 60));
        assert!(!gaps.misses_between(10, 46));
        assert!(!gaps.misses_between(49, 101));
        assert!(gaps.misses_between(49, 102));
        assert!(!gaps.misses_between(250, 400));
        let counts = [(45, 47, 1), (10, 60, 4), (10, 46, 0), (48, 102, 2), (46, 200, 102)];
        for (from, to, count) in counts {
            assert_eq!(gaps.count_missing_between(from, to), count, "{from} to {to}");
        }
    }
}

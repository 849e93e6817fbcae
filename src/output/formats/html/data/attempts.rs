//! Failed logons, as the page shows them: marks in the lanes of the accounts that were tried.

use super::clock::{ClockIntervals, TimeBase};
use super::columns::Exact;
use super::lists::{Accounts, IndexOf, shown};
use crate::model::attempt::Status;
use crate::model::{Attempt, AttemptDetail, Flag, Moment};
use crate::output::escape::visible;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// So many rows of attempts.csv of one computer a page has one by one; the rest are counts for each hour.
const MOST_ATTEMPTS: usize = 20_000;

const TICKS_PER_HOUR: i128 = 36_000_000_000;

/// One mark: boot, interval of its clock, first time, last time, account, source, reason, number, records, and
/// whether it is on the watch list. Of counts, the account, the source and the reason are not said.
#[derive(Debug, Serialize)]
pub(super) struct AttemptRow(
    usize,
    usize,
    Exact,
    Exact,
    Option<usize>,
    Option<usize>,
    Option<usize>,
    u64,
    String,
    bool,
);

/// The marks of one computer while they are made.
#[derive(Default)]
pub(super) struct AttemptRows<'a> {
    rows: Vec<AttemptRow>,
    /// Boot, interval, hour since the base: how many.
    counts: BTreeMap<(usize, usize, i128), u64>,
    sources: IndexOf<&'a str>,
    reasons: IndexOf<Option<Status>>,
}

/// What the page has of them.
#[derive(Debug, Default, Serialize)]
pub(super) struct AttemptData<'a> {
    /// Those of counts come last.
    attempts: Vec<AttemptRow>,
    /// Where they came from, and why they failed, which the rows refer to by index.
    attempt_sources: Vec<Cow<'a, str>>,
    attempt_reasons: Vec<String>,
}

/// The moments of the marks of a boot.
pub(super) fn moments_of(attempts: &[Attempt]) -> impl Iterator<Item = &Moment> {
    failures(attempts).flat_map(|attempt| [&attempt.first, &attempt.last])
}

/// The failures of a boot. Where a computer checks its own accounts, a 4776 and a 4625 report one: the 4625 is
/// shown.
pub(in super::super) fn failures(attempts: &[Attempt]) -> impl Iterator<Item = &Attempt> {
    let user = |attempt: &Attempt| attempt.detail.account().user.to_lowercase();
    let is_logon = |attempt: &&Attempt| matches!(attempt.detail, AttemptDetail::FailedLogon(_));
    let tried: BTreeSet<String> = attempts.iter().filter(is_logon).map(user).collect();
    attempts.iter().filter(move |attempt| match attempt.detail {
        AttemptDetail::FailedLogon(_) => true,
        AttemptDetail::RefusedCredentials(_) => !tried.contains(&user(attempt)),
        AttemptDetail::ExplicitCredentials(_) => false,
    })
}

impl<'a> AttemptRows<'a> {
    /// Adds the failures of the boot with this index.
    pub(super) fn add(
        &mut self,
        attempts: &'a [Attempt],
        boot: usize,
        clock: &ClockIntervals<'_>,
        base: TimeBase,
        accounts: &mut Accounts<'a>,
    ) {
        for attempt in failures(attempts) {
            let interval = clock.at_record(&attempt.first.record);
            if self.rows.len() == MOST_ATTEMPTS {
                let hour = base.ticks(attempt.first.time).div_euclid(TICKS_PER_HOUR);
                let count = self.counts.entry((boot, interval, hour)).or_default();
                *count = count.saturating_add(attempt.count);
                continue;
            }
            self.rows.push(AttemptRow(
                boot,
                interval,
                base.exact(attempt.first.time),
                base.exact(attempt.last.time),
                Some(accounts.of(attempt.detail.account())),
                attempt.detail.source().map(|source| self.sources.of(source)),
                Some(self.reasons.of(attempt.reason())),
                attempt.count,
                records(attempt),
                attempt.flags.contains(&Flag::Watched),
            ));
        }
    }

    /// All of them, the counts last.
    pub(super) fn finish(mut self) -> AttemptData<'a> {
        let counts = self.counts.into_iter().map(|((boot, interval, hour), count)| {
            let time = Exact(hour * TICKS_PER_HOUR);
            AttemptRow(boot, interval, time, time, None, None, None, count, String::new(), false)
        });
        self.rows.extend(counts);
        let words = |reason: &Option<Status>| match reason {
            None => String::new(),
            Some(status) if status.words().is_empty() => format!("status {status}"),
            Some(status) => status.words().to_owned(),
        };
        AttemptData {
            attempts: self.rows,
            attempt_sources: shown(&self.sources.values),
            attempt_reasons: self.reasons.values.iter().map(words).collect(),
        }
    }
}

/// `Security#848`, `Security#910 to 914`
pub(in super::super) fn records(attempt: &Attempt) -> String {
    let (first, last) = (attempt.first.record, attempt.last.record);
    let text = match first == last {
        true => first.to_string(),
        false => format!("{first} to {}", last.record_id),
    };
    visible(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Host, sample};

    fn rows(host: &Host) -> String {
        let mut rows = AttemptRows::default();
        let clock = ClockIntervals::of(host.boots.first());
        rows.add(&host.attempts, 0, &clock, TimeBase::of(host), &mut Accounts::default());
        serde_json::to_string(&rows.finish().attempts).unwrap()
    }

    /// The base is 03:00: 02:55 is five minutes before it. Explicit credentials are no failure.
    #[test]
    fn a_failure_is_a_row_with_its_number_and_records() {
        let mut host = sample::report().hosts.remove(0);
        host.attempts[0] = sample::failed_logons("bob", 3);
        let expected =
            "[[0,0,-3000000000,-2980000000,0,0,0,3,\"Security#229000 to 229002\",false]]";
        assert_eq!(rows(&host), expected);
    }

    #[test]
    fn more_than_a_page_holds_are_counts_for_each_hour() {
        let mut host = sample::report().hosts.remove(0);
        host.attempts = vec![sample::failed_logons("bob", 3); MOST_ATTEMPTS + 2];
        assert!(
            rows(&host).ends_with(",[0,0,-36000000000,-36000000000,null,null,null,6,\"\",false]]")
        );
    }
}

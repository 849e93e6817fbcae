//! Sessions that a page only counts: how many began in each hour, by account and class.

use super::clock::{ClockIntervals, TimeBase, moments_of};
use super::columns::Exact;
use crate::model::{Session, SessionClass};
use serde::Serialize;
use serde::ser::Serializer;
use std::collections::BTreeMap;

const TICKS_PER_HOUR: i128 = 36_000_000_000;

/// Boot, interval of its clock, hour since the base, account, class.
type Key = (usize, usize, i128, usize, usize);

/// The counts of one computer.
#[derive(Debug)]
pub(super) struct SessionCounts {
    base: TimeBase,
    counts: BTreeMap<Key, u64>,
}

impl SessionCounts {
    pub(super) fn new(base: TimeBase) -> SessionCounts {
        SessionCounts { base, counts: BTreeMap::new() }
    }

    /// Counts a session of this account, in the boot with this index, by the first of its records.
    pub(super) fn add(
        &mut self,
        session: &Session,
        account: usize,
        boot: usize,
        clock: &ClockIntervals<'_>,
    ) {
        let first = moments_of(session).next();
        let interval = first.map_or(0, |moment| clock.at_record(&moment.record));
        let time = first.map(|moment| moment.time).or(session.end.not_before);
        let hour = time.map_or(0, |time| self.base.ticks(time).div_euclid(TICKS_PER_HOUR));
        let class = SessionClass::ALL.iter().position(|class| *class == session.class);
        let key = (boot, interval, hour, account, class.unwrap_or_default());
        *self.counts.entry(key).or_default() += 1;
    }
}

/// As one row for each count: boot, interval, hour, account, class, number of sessions.
impl Serialize for SessionCounts {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let row = |(&(boot, interval, hour, account, class), count): (&Key, &u64)| {
            (boot, interval, Exact(hour), account, class, *count)
        };
        out.collect_seq(self.counts.iter().map(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    #[test]
    fn sessions_of_one_hour_are_one_row() {
        let host = sample::report().hosts.remove(0);
        let base = TimeBase::of(&host);
        let clock = ClockIntervals::of(host.boots.first());
        let mut counts = SessionCounts::new(base);
        let mut session = sample::full_session();
        counts.add(&session, 7, 0, &clock);
        counts.add(&session, 7, 0, &clock);
        session.start.as_mut().unwrap().time = sample::at("2015-09-09T01:59:59Z");
        counts.add(&session, 7, 0, &clock);
        // The base is 03:00; 01:59:59 is in the second hour before it.
        let rows = serde_json::to_string(&counts).unwrap();
        assert_eq!(rows, "[[0,0,-2,7,0,1],[0,0,0,7,0,2]]");
    }
}

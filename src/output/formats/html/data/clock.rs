//! Times as the page has them, and between which steps of the clock of its boot each one lies.

use super::columns::{Exact, LARGEST_EXACT};
use crate::model::{Boot, Citation, Host, Moment, Session, Timestamp};

const TICKS_PER_SECOND: i128 = 10_000_000;
/// Ticks from 1601-01-01 to 1970-01-01, which JavaScript counts from.
const TICKS_TO_1970: i128 = 11_644_473_600 * TICKS_PER_SECOND;

/// The time that all others of one computer are counted from.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeBase {
    /// Seconds since 1970-01-01, UTC.
    pub(super) seconds: i64,
    /// Every time and number of the computer is small enough that differences are exact.
    pub(super) differences: bool,
}

impl TimeBase {
    /// Of a computer: the median of the first times of its boots, so that one wrong clock does not move all
    /// others away.
    pub(super) fn of(host: &Host) -> TimeBase {
        let mut starts: Vec<Timestamp> = host
            .boots
            .iter()
            .filter_map(|boot| boot.start.or(boot.end_not_before))
            .chain(host.sessions.first().and_then(first_time))
            .collect();
        starts.sort_unstable();
        let middle = starts.get(starts.len() / 2).copied().unwrap_or_default();
        let seconds =
            (i128::from(middle.filetime()) - TICKS_TO_1970).div_euclid(TICKS_PER_SECOND) as i64;
        let base = TimeBase { seconds, differences: true };
        let near =
            |time: Timestamp| base.ticks(time).unsigned_abs() <= u128::from(LARGEST_EXACT) / 2;
        let small = |number: u64| number <= LARGEST_EXACT / 2;
        let is_small = |session: &Session| {
            times_of(session).all(near)
                && session.logon_id.is_none_or(|id| small(id.0))
                && moments_of(session).all(|moment| small(moment.record.record_id))
        };
        TimeBase { differences: host.sessions.iter().all(is_small), ..base }
    }

    /// Ticks of 100 ns since the base.
    pub(super) fn ticks(self, time: Timestamp) -> i128 {
        i128::from(time.filetime()) - TICKS_TO_1970 - i128::from(self.seconds) * TICKS_PER_SECOND
    }

    pub(super) fn exact(self, time: Timestamp) -> Exact {
        Exact(self.ticks(time))
    }
}

fn first_time(session: &Session) -> Option<Timestamp> {
    times_of(session).next()
}

/// The moments that have a record of their own.
pub(super) fn moments_of(session: &Session) -> impl Iterator<Item = &Moment> {
    let principal = [&session.start, &session.initiated, &session.terminated];
    let incidents = session.incidents.iter().map(|incident| &incident.moment);
    principal.into_iter().flatten().chain(incidents)
}

fn times_of(session: &Session) -> impl Iterator<Item = Timestamp> {
    let end = [session.end.time, session.end.not_before, session.end.not_after];
    moments_of(session).map(|moment| moment.time).chain(end.into_iter().flatten())
}

/// The intervals between the steps of the clock in one boot, each with its first and its last clock time.
#[derive(Debug, Default)]
pub(super) struct ClockIntervals<'a> {
    boot: Option<&'a Boot>,
    pub(super) readings: Vec<Option<(Timestamp, Timestamp)>>,
}

impl<'a> ClockIntervals<'a> {
    /// Of a boot; `None` for sessions whose boot has no row.
    pub(super) fn of(boot: Option<&'a Boot>) -> ClockIntervals<'a> {
        let readings = boot.map_or_else(|| vec![None], Boot::clock_readings);
        ClockIntervals { boot, readings }
    }

    fn extend(&mut self, at: usize, time: Timestamp) {
        if let Some(readings) = self.readings.get_mut(at) {
            *readings = Some(
                readings.map_or((time, time), |(first, last)| (first.min(time), last.max(time))),
            );
        }
    }

    /// Takes in the time of a record of the boot.
    pub(super) fn note(&mut self, moment: &Moment) {
        self.extend(self.at_record(&moment.record), moment.time);
    }

    /// The interval in which a record lies.
    pub(super) fn at_record(&self, record: &Citation) -> usize {
        self.boot.map_or(0, |boot| boot.clock.steps_before(record))
    }

    /// The last interval, from this one on, that has this clock time; where none has, the last one whose
    /// clock times begin before it, else the last one.
    pub(super) fn at_reading(&self, from: usize, time: Timestamp) -> usize {
        let last = self.readings.len() - 1;
        let of = |wanted: fn((Timestamp, Timestamp), Timestamp) -> bool| {
            (from..=last).rev().find(|at| {
                let readings = self.readings.get(*at).copied().flatten();
                readings.is_some_and(|readings| wanted(readings, time))
            })
        };
        let within = of(|(first, end), time| first <= time && time <= end);
        within.or_else(|| of(|(first, _), time| first <= time)).unwrap_or(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample::{self, at};
    use crate::model::{BootClock, Channel};

    #[test]
    fn times_count_from_the_base() {
        let mut host = sample::report().hosts.remove(0);
        let base = TimeBase::of(&host);
        assert!(base.differences);
        // The boots begin at 02:00 and 06:10, the first session at 03:00: 03:00 is in the middle.
        assert_eq!(base.seconds, 1_441_767_600);
        assert_eq!(base.ticks(at("2015-09-09T03:00:01.0000003Z")), 10_000_003);
        host.sessions[0].terminated.as_mut().unwrap().time = at("1601-01-01T00:00:00Z");
        assert!(!TimeBase::of(&host).differences);
    }

    #[test]
    fn a_reading_lies_between_steps() {
        let mut boot = sample::report().hosts.remove(0).boots.remove(0);
        let steps = [
            (at("2015-09-09T03:00:00Z"), at("2015-09-10T03:00:00Z")),
            (at("2015-09-10T04:00:00Z"), at("2015-09-09T04:00:00Z")),
        ];
        let placed = [(Channel::Security, vec![10, 20])];
        boot.clock = BootClock::new(&steps.into(), placed.into_iter());
        let intervals = ClockIntervals::of(Some(&boot));
        let first = (at("2015-09-09T02:00:00Z"), at("2015-09-09T03:00:00Z"));
        assert_eq!(intervals.readings[0], Some(first));
        assert_eq!(intervals.at_record(&sample::cite(Channel::Security, 15, 4624)), 1);
        assert_eq!(intervals.at_reading(0, at("2015-09-10T03:30:00Z")), 1);
        assert_eq!(intervals.at_reading(0, at("2015-09-09T02:30:00Z")), 0);
        // After the end of the last one: the computer went down later than its last record.
        assert_eq!(intervals.at_reading(0, at("2015-09-09T07:00:00Z")), 2);
    }
}

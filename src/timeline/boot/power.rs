//! When the computer was off or asleep within one boot, by the records of System.
//!
//! Input: the records of System of one boot. Output: intervals in which the computer was off or
//! asleep.
//!
//! One sleep leaves several records, and each of them may be missing. First comes Kernel-Power 42.
//! Then come Kernel-Power 107, Kernel-General 1 with reason 2, Kernel-Boot 27 of type 1 or 2 if the
//! kernel was loaded from disk (the 107 may also come after it), and Power-Troubleshooter 1. Kernel-Power 107 usually has the time
//! before the sleep. A computer may wake for a moment while it goes to sleep: then Kernel-General 1
//! is written twice. These are two intervals, because programs run and write records in between.
//! Whatever the computer was going to do, it only slept until that moment: if the kernel had been
//! saved to disk, Kernel-Boot 27 would say that it was loaded.
//!
//! Example: Kernel-Power 42 at 22:00:00, Kernel-General 1 with reason 2 from 22:00:05 to 06:30:00,
//! Power-Troubleshooter 1 at 06:30:02: the computer slept from 22:00:00 to 06:30:00.

use super::adjusted_clock::AdjustedClock;
use crate::model::event::{PowerState, Woke};
use crate::model::session::Moment;
use crate::model::{Channel, Citation, Event, EventKind, PowerInterval, PowerKind, Timestamp};
use crate::timeline::boots::partition::BootEvents;
use crate::timeline::channel::clock_changes;
use crate::timeline::channel::gaps::Gaps;
use crate::timeline::timing::SAME_SLEEP;

/// The intervals of one boot, in the order of their first records.
pub(crate) fn intervals(system: &[Event], gaps: &Gaps) -> Vec<PowerInterval> {
    let mut walk = PowerWalk { gaps, list: Vec::new(), open: None, standby: None, clock: None };
    system.iter().filter(|event| !event.recovered).for_each(|event| walk.note(event));
    walk.list
}

/// The interval to which the next records may belong.
#[derive(Clone, Copy)]
struct OpenInterval<'a> {
    /// The index of the interval.
    at: usize,
    /// Its last record.
    last: &'a Event,
    /// The last known clock time of its beginning, or of a moment in which the computer woke.
    begin_time: Option<Timestamp>,
    /// It has a 107.
    is_resumed: bool,
    /// It has a Kernel-Boot 27.
    is_loaded: bool,
}

/// A walk through the records of System.
struct PowerWalk<'a> {
    gaps: &'a Gaps,
    list: Vec<PowerInterval>,
    open: Option<OpenInterval<'a>>,
    /// The interval of modern standby that has not ended.
    standby: Option<OpenInterval<'a>>,
    /// The last Kernel-General 1 of a resume that belongs to no interval yet, and the clock time
    /// before it.
    clock: Option<(&'a Event, Timestamp)>,
}

impl<'a> PowerWalk<'a> {
    /// Handles one record.
    fn note(&mut self, event: &'a Event) {
        match &event.kind {
            EventKind::Sleep(states) => {
                if let Some(kind) = kind_of(*states) {
                    let open = self.add(kind, event);
                    self.open = Some(OpenInterval { begin_time: Some(event.time), ..open });
                    self.last_from(moment(event, event.time));
                }
            }
            EventKind::Resume(states) => self.resume(event, *states),
            EventKind::ClockChanged(_) => {
                if let Some(before) = clock_changes::time_before_resume(event) {
                    self.clock_set(event, before);
                }
            }
            EventKind::BootType(1 | 2) => self.loaded(event),
            EventKind::Woke(woke) => self.woke(event, woke),
            EventKind::ModernStandby(true) => {
                self.standby = Some(self.add(PowerKind::Asleep, event));
                self.last_from(moment(event, event.time));
            }
            EventKind::ModernStandby(false) => {
                let begun = self.standby.take().filter(|open| self.is_next(open.last, event));
                let open = match begun {
                    Some(open) => self.join(open, event),
                    None => self.add(PowerKind::Asleep, event),
                };
                self.end(open.at, moment(event, event.time));
            }
            _ => {}
        }
    }

    /// Handles Kernel-Power 107, which gives no time of its own. It may follow the Kernel-Boot 27 of its interval; then
    /// it has the time before the sleep or that after it.
    fn resume(&mut self, event: &'a Event, states: PowerState) {
        let is_of = |open: &OpenInterval<'_>| {
            let own = self.list.get(open.at);
            let mut ends = own.into_iter().flat_map(|own| [own.from, own.to]).flatten();
            !open.is_loaded || ends.any(|end| is_same(end.time, event.time))
        };
        let open = self
            .open
            .filter(|open| !open.is_resumed && self.is_next(open.last, event) && is_of(open));
        let open = match (open, kind_of(states)) {
            (Some(open), _) => Some(self.join(open, event)),
            (None, Some(kind)) => Some(self.add(kind, event)),
            (None, None) => None,
        };
        self.open = open.map(|open| OpenInterval { is_resumed: true, ..open }).or(self.open);
    }

    /// Handles Kernel-General 1: at a resume the clock was set forward from the time `before`.
    fn clock_set(&mut self, event: &'a Event, before: Timestamp) {
        let open = self.open.filter(|open| !open.is_loaded);
        let fits = |open: &OpenInterval<'_>| {
            // If a 107 is the only record that is left, it may have the time before the sleep or
            // after it.
            let last = open.last.time;
            open.begin_time.map_or_else(
                || is_same(last, before) || is_same(last, event.time),
                |begin| is_same(begin, before),
            )
        };
        let Some(open) = open.filter(fits) else {
            self.clock = Some((event, before));
            return;
        };
        let open = self.split_at_waking(open).unwrap_or(open);
        let open = self.join(open, event);
        self.open = Some(OpenInterval { begin_time: Some(event.time), ..open });
        self.end(open.at, moment(event, event.time));
        self.begin(open.at, moment(event, before));
    }

    /// If the computer woke in this interval already, that interval ended then. The records after
    /// that are of a new interval.
    fn split_at_waking(&mut self, open: OpenInterval<'a>) -> Option<OpenInterval<'a>> {
        let first = self.list.get_mut(open.at)?;
        let woke = first.to?.record;
        let last = first.records.iter().position(|record| *record == woke)?;
        let records = first.records.split_off(last + 1);
        let kind = std::mem::replace(&mut first.kind, PowerKind::Asleep);
        self.list.push(blank(kind, records));
        Some(OpenInterval { at: self.list.len() - 1, ..open })
    }

    /// Handles Kernel-Boot 27 of type 1 or 2: the kernel was loaded from disk, so the computer was
    /// off.
    fn loaded(&mut self, event: &'a Event) {
        let open = self.open.filter(|open| {
            let ended = self.list.get(open.at).and_then(|own| own.to);
            !open.is_loaded
                && match ended {
                    Some(ended) => is_same(ended.time, event.time),
                    None => self.is_next(open.last, event),
                }
        });
        let clock = self.clock.filter(|(clock, _)| is_same(clock.time, event.time));
        let open = match (open, clock) {
            (Some(open), _) => self.join(open, event),
            (None, Some((clock, before))) => {
                let open = self.add(PowerKind::Off, clock);
                self.begin(open.at, moment(clock, before));
                self.join(open, event)
            }
            (None, None) => self.add(PowerKind::Off, event),
        };
        self.end(open.at, moment(event, event.time));
        if let Some(own) = self.list.get_mut(open.at) {
            own.kind = PowerKind::Off;
        }
        self.open = Some(OpenInterval { is_loaded: true, ..open });
        self.clock = None;
    }

    /// Handles Power-Troubleshooter 1, which gives both times of one sleep.
    fn woke(&mut self, event: &'a Event, woke: &Woke) {
        let is_near = |own: Option<Moment>, said: Option<Timestamp>| {
            own.zip(said).map(|(own, said)| is_same(own.time, said))
        };
        let open = self.open.take().filter(|open| {
            self.list.get(open.at).is_some_and(|own| {
                let near = [is_near(own.from, woke.sleep), is_near(own.to, woke.wake)];
                match near {
                    [None, None] => self.is_next(open.last, event),
                    near => near.contains(&Some(true)),
                }
            })
        });
        let kind = kind_of(woke.state);
        let known = kind.or(woke.hibernated.then_some(PowerKind::Off));
        let open = match (open, known) {
            (Some(open), _) => self.join(open, event),
            (None, Some(known)) => self.add(known, event),
            (None, None) => return,
        };
        if let Some(sleep) = woke.sleep {
            self.begin(open.at, moment(event, sleep));
        }
        let Some(own) = self.list.get_mut(open.at) else { return };
        // The computer woke while it went to sleep and set its clock then; the record of the real
        // resume is missing.
        let is_early = is_near(own.to, woke.wake) == Some(false);
        if own.to.is_none() || is_early {
            own.to = woke.wake.map(|wake| moment(event, wake)).or(own.to);
        }
        if kind == Some(PowerKind::Off) {
            own.kind = PowerKind::Off;
        }
    }

    /// Adds an interval that this record shows.
    fn add(&mut self, kind: PowerKind, event: &'a Event) -> OpenInterval<'a> {
        let records = vec![Citation::from(event)];
        self.list.push(blank(kind, records));
        OpenInterval {
            at: self.list.len() - 1,
            last: event,
            begin_time: None,
            is_resumed: false,
            is_loaded: false,
        }
    }

    /// Adds this record to the interval.
    fn join(&mut self, open: OpenInterval<'a>, event: &'a Event) -> OpenInterval<'a> {
        if let Some(own) = self.list.get_mut(open.at) {
            own.records.push(Citation::from(event));
        }
        OpenInterval { last: event, ..open }
    }

    /// Notes when the last interval begins.
    fn last_from(&mut self, moment: Moment) {
        self.begin(self.list.len().saturating_sub(1), moment);
    }

    /// Notes when an interval begins, unless that is known already.
    fn begin(&mut self, at: usize, moment: Moment) {
        if let Some(own) = self.list.get_mut(at) {
            own.from = own.from.or(Some(moment));
        }
    }

    /// Notes when an interval ends.
    fn end(&mut self, at: usize, moment: Moment) {
        if let Some(own) = self.list.get_mut(at) {
            own.to = Some(moment);
        }
    }

    /// Is no record missing between these two?
    fn is_next(&self, before: &Event, event: &Event) -> bool {
        !self.gaps.may_lack_records_between(before.record_id, event.record_id)
    }
}

/// An interval whose beginning and end are not known yet.
fn blank(kind: PowerKind, records: Vec<Citation>) -> PowerInterval {
    PowerInterval { kind, from: None, to: None, next: None, is_last: false, records }
}

/// Notes what follows each interval whose end no record says. `next_boot` is the first record that System has of the
/// next boot. While a computer goes to sleep, it still writes records for a moment: these are no later ones.
pub(crate) fn note_what_follows(
    intervals: &mut [PowerInterval],
    records: BootEvents<'_>,
    clock: &AdjustedClock,
    gaps: &Gaps,
    next_boot: Option<u64>,
) {
    for own in intervals.iter_mut().filter(|own| own.to.is_none()) {
        let (Some(from), Some(last)) = (own.from, own.records.last().copied()) else { continue };
        let until = clock.moment(&from).plus(SAME_SLEEP);
        let is_later = |event: &&Event| !event.recovered && clock.time(event) > until;
        let of_channel = |(channel, events): (Channel, &[Event])| {
            let begin = match channel {
                Channel::System => events.partition_point(|one| one.record_id <= last.record_id),
                _ => events.partition_point(|one| clock.time(one) <= until),
            };
            let later = events.get(begin..).unwrap_or_default();
            let first = later.iter().find(is_later).or(events.last().filter(is_later));
            first.map(|event| (clock.time(event), Moment::from(event)))
        };
        let next = records.channels().filter_map(of_channel).min_by_key(|(time, _)| *time);
        own.next = next.map(|(_, moment)| moment);
        // A further record of the interval shows that the computer woke, at a time that is not known.
        let is_asleep = own.records.len() == 1;
        let is_whole = |next| !gaps.may_lack_records_between(last.record_id, next);
        own.is_last = own.next.is_none() && is_asleep && next_boot.is_none_or(is_whole);
    }
}

/// A time that this record gives, with the record.
fn moment(event: &Event, time: Timestamp) -> Moment {
    Moment { time, ..Moment::from(event) }
}

/// Are the two times the same beginning or end of a sleep?
fn is_same(one: Timestamp, other: Timestamp) -> bool {
    one.since(other).abs() <= SAME_SLEEP
}

/// What a power state of the hardware means: 2 to 4 is sleep, 5 is hibernation.
fn kind_of(states: PowerState) -> Option<PowerKind> {
    match states.effective? {
        2..=4 => Some(PowerKind::Asleep),
        5 => Some(PowerKind::Off),
        _ => None,
    }
}

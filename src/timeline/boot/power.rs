//! When the computer was off or asleep within one boot, by the records of System.
//!
//! Kernel-Power 42 goes before, then come Kernel-Power 107, Kernel-General 1 with reason 2, Kernel-Boot
//! 27 of type 1 or 2 where the kernel was loaded from disk, and Power-Troubleshooter 1. Each may be
//! missing. 107 is mostly stamped with the time before the sleep. A computer may wake for a moment on its
//! way to sleep: Kernel-General 1 is then written twice, and the second one ends the sleep.

use crate::model::event::{PowerState, Woke};
use crate::model::session::Moment;
use crate::model::{Citation, Event, EventKind, PowerInterval, PowerKind, Timestamp};
use crate::timeline::channel::clock_changes;
use crate::timeline::channel::gaps::Coverage;
use crate::timeline::timing::SAME_SLEEP;

/// The intervals of one boot, in the order of their first records.
pub(crate) fn intervals(system: &[Event], coverage: &Coverage) -> Vec<PowerInterval> {
    let mut walk = PowerWalk { coverage, list: Vec::new(), open: None, standby: None, clock: None };
    system.iter().filter(|event| !event.recovered).for_each(|event| walk.note(event));
    walk.list
}

/// The interval to which the next records may belong.
#[derive(Clone, Copy)]
struct Open<'a> {
    /// Its index.
    at: usize,
    /// Its last record.
    last: &'a Event,
    /// The last reading that is known to be of its begin, or of a moment in which it woke.
    read: Option<Timestamp>,
    /// It has a 107.
    is_resumed: bool,
    /// It has a Kernel-Boot 27.
    is_loaded: bool,
}

/// A walk through the records of System.
struct PowerWalk<'a> {
    coverage: &'a Coverage,
    list: Vec<PowerInterval>,
    open: Option<Open<'a>>,
    /// The modern standby that has not ended.
    standby: Option<Open<'a>>,
    /// The last Kernel-General 1 of a resume that is of no interval, and the reading before it.
    clock: Option<(&'a Event, Timestamp)>,
}

impl<'a> PowerWalk<'a> {
    fn note(&mut self, event: &'a Event) {
        match &event.kind {
            EventKind::Sleep(states) => {
                if let Some(kind) = kind_of(*states) {
                    let open = self.add(kind, event);
                    self.open = Some(Open { read: Some(event.time), ..open });
                    self.last_from(moment(event, event.time));
                }
            }
            EventKind::Resume(states) => self.resume(event, *states),
            EventKind::ClockChanged(_) => {
                if let Some(before) = clock_changes::reading_before_resume(event) {
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

    /// Kernel-Power 107, which gives no time.
    fn resume(&mut self, event: &'a Event, states: PowerState) {
        let open = self
            .open
            .filter(|open| !open.is_resumed && !open.is_loaded && self.is_next(open.last, event));
        let open = match (open, kind_of(states)) {
            (Some(open), _) => Some(self.join(open, event)),
            (None, Some(kind)) => Some(self.add(kind, event)),
            (None, None) => None,
        };
        self.open = open.map(|open| Open { is_resumed: true, ..open }).or(self.open);
    }

    /// Kernel-General 1: at a resume the clock was set forward from this reading.
    fn clock_set(&mut self, event: &'a Event, before: Timestamp) {
        let open = self.open.filter(|open| !open.is_loaded);
        let fits = |open: &Open<'_>| {
            // A 107 that is all that is left may have the time before the sleep or the one after it.
            let last = open.last.time;
            open.read.map_or_else(
                || is_same(last, before) || is_same(last, event.time),
                |read| is_same(read, before),
            )
        };
        let Some(open) = open.filter(fits) else {
            self.clock = Some((event, before));
            return;
        };
        let earlier = self.list.get(open.at).and_then(|own| own.to);
        if let (Some(earlier), Some(own)) = (earlier, self.list.get_mut(open.at)) {
            own.records.retain(|record| *record != earlier.record);
        }
        let open = self.join(open, event);
        self.open = Some(Open { read: Some(event.time), ..open });
        self.end(open.at, moment(event, event.time));
        self.begin(open.at, moment(event, before));
    }

    /// Kernel-Boot 27 of type 1 or 2: the kernel was loaded from disk, so that the computer was off.
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
        self.open = Some(Open { is_loaded: true, ..open });
        self.clock = None;
    }

    /// Power-Troubleshooter 1: both times of one sleep.
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
        // The clock was set once on the way to sleep, and its record of the resume is missing.
        let is_early = is_near(own.to, woke.wake) == Some(false);
        if own.to.is_none() || is_early {
            own.to = woke.wake.map(|wake| moment(event, wake)).or(own.to);
        }
        if kind == Some(PowerKind::Off) {
            own.kind = PowerKind::Off;
        }
    }

    /// A new interval that this record shows.
    fn add(&mut self, kind: PowerKind, event: &'a Event) -> Open<'a> {
        let records = vec![Citation::from(event)];
        self.list.push(PowerInterval { kind, from: None, to: None, records });
        Open {
            at: self.list.len() - 1,
            last: event,
            read: None,
            is_resumed: false,
            is_loaded: false,
        }
    }

    /// This record belongs to the interval.
    fn join(&mut self, open: Open<'a>, event: &'a Event) -> Open<'a> {
        if let Some(own) = self.list.get_mut(open.at) {
            own.records.push(Citation::from(event));
        }
        Open { last: event, ..open }
    }

    /// The last interval begins.
    fn last_from(&mut self, moment: Moment) {
        self.begin(self.list.len().saturating_sub(1), moment);
    }

    /// Where nothing else says when it began.
    fn begin(&mut self, at: usize, moment: Moment) {
        if let Some(own) = self.list.get_mut(at) {
            own.from = own.from.or(Some(moment));
        }
    }

    fn end(&mut self, at: usize, moment: Moment) {
        if let Some(own) = self.list.get_mut(at) {
            own.to = Some(moment);
        }
    }

    /// No record can be missing between these two.
    fn is_next(&self, before: &Event, event: &Event) -> bool {
        !self.coverage.may_lack_records_between(before.record_id, event.record_id)
    }
}

fn moment(event: &Event, time: Timestamp) -> Moment {
    Moment { time, ..Moment::from(event) }
}

fn is_same(one: Timestamp, other: Timestamp) -> bool {
    one.since(other).abs() <= SAME_SLEEP
}

/// What the hardware is in this state: 2 to 4 sleep, 5 hibernation.
fn kind_of(states: PowerState) -> Option<PowerKind> {
    match states.effective? {
        2..=4 => Some(PowerKind::Asleep),
        5 => Some(PowerKind::Off),
        _ => None,
    }
}

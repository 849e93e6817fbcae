//! The adjusted time of a record: the reading that the clock would have shown if nobody had set it in
//! this boot.
//!
//! Readings before and after a step of the clock cannot be compared. Durations are measured, and the
//! records of several channels are ordered, by adjusted time. Raw times are never changed; the tables
//! show the raw and the corrected duration of a session.

use super::clock_steps::ClockStep;
use super::facts::BootFacts;
use crate::model::event_role::TimeRole;
use crate::model::session::{ClockStepReadings, Moment};
use crate::model::{BootClock, Channel, Event, EventKind, Span, Timestamp};
use crate::timeline::boots::desktop_changes::DesktopChanges;
use crate::timeline::boots::partition::BootEvents;
use crate::timeline::limits::CLOCK_CHANGES_AHEAD;
use crate::timeline::timing::{JITTER, MOST_JITTER};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Programs that set the clock of a virtual machine forward when it was paused: the step may be
/// time that truly passed.
const GUEST_TOOLS: [&str; 3] = ["vmtoolsd.exe", "vboxservice.exe", "vmicsvc"];

/// Where the steps of the clock of one boot stand in each channel.
#[derive(Default)]
pub(crate) struct AdjustedClock {
    /// The first record after each step, and the sum of the steps so far.
    placed: BTreeMap<Channel, Vec<(u64, Span)>>,
    /// `None`: there are no steps.
    sums: Option<StepSums>,
}

impl AdjustedClock {
    /// Places the steps of a boot that begins at a reading of its clock: in a channel that records a
    /// step by that record, in other channels by the readings before and after it.
    pub(crate) fn of(
        records: BootEvents<'_>,
        facts: &BootFacts<'_>,
        begun: Option<Timestamp>,
    ) -> AdjustedClock {
        if facts.steps.is_empty() {
            return AdjustedClock::default();
        }
        let mut placed = BTreeMap::new();
        // A record of another channel may report a logon or a logoff that System or Security has.
        let first = [Channel::System, Channel::Security];
        let mut known = Vec::new();
        for channel in first {
            let changes = DesktopChanges::of(known.iter().copied());
            let mut walk = StepWalk::new(facts, begun, &changes);
            let of_channel = records.of(channel).iter().map(|event| {
                walk.to(event);
                (event, walk.passed)
            });
            let own = DesktopChanges::of(of_channel);
            placed.insert(channel, walk.placed);
            known.extend(own.all());
        }
        let changes = DesktopChanges::of(known.into_iter());
        let others = records.channels().filter(|(channel, _)| !first.contains(channel));
        for (channel, events) in others {
            let mut walk = StepWalk::new(facts, begun, &changes);
            events.iter().for_each(|event| walk.to(event));
            placed.insert(channel, walk.placed);
        }
        AdjustedClock { placed, sums: Some(StepSums::of(&facts.steps)) }
    }

    /// How many steps came before this record, and their sum.
    pub(crate) fn passed(&self, channel: Channel, record_id: u64) -> (usize, Span) {
        let none = (0, Span::default());
        let Some(list) = self.placed.get(&channel) else { return none };
        let count = list.partition_point(|(first, _)| *first <= record_id);
        count.checked_sub(1).and_then(|at| list.get(at)).map_or(none, |(_, sum)| (count, *sum))
    }

    /// The sums of the steps; `None` where there are none.
    pub(crate) fn sums(&self) -> Option<&StepSums> {
        self.sums.as_ref()
    }

    /// The steps and their places, for the row of the boot.
    pub(crate) fn of_boot(&self) -> BootClock {
        let Some(sums) = &self.sums else { return BootClock::default() };
        let placed = self.placed.iter().map(|(channel, list)| {
            let first = list.iter().map(|(record_id, _)| *record_id);
            (*channel, first.collect())
        });
        BootClock::new(&sums.readings, placed)
    }

    /// The adjusted time of a reading right after this record.
    pub(crate) fn reading(&self, time: Timestamp, channel: Channel, record_id: u64) -> Timestamp {
        back(time, self.passed(channel, record_id).1)
    }

    /// The adjusted time of a record.
    pub(crate) fn time(&self, event: &Event) -> Timestamp {
        back(event.time, self.passed(event.channel, event.record_id).1)
    }

    /// The adjusted time of a moment of a session.
    pub(crate) fn moment(&self, moment: &Moment) -> Timestamp {
        let record = &moment.record;
        back(moment.time, self.passed(record.channel, record.record_id).1)
    }
}

fn back(time: Timestamp, by: Span) -> Timestamp {
    time.plus(Span(by.0.saturating_neg()))
}

/// A walk through the records of one channel and the steps together.
struct StepWalk<'a> {
    steps: &'a [ClockStep<'a>],
    /// The logons and logoffs in other channels, and how many steps came before each.
    changes: &'a DesktopChanges<'a, usize>,
    passed: usize,
    sum: Span,
    /// The latest reading since the last step; at first the reading at the beginning of the boot.
    reading: Option<Timestamp>,
    placed: Vec<(u64, Span)>,
}

impl<'a> StepWalk<'a> {
    fn new(
        facts: &'a BootFacts<'a>,
        begun: Option<Timestamp>,
        changes: &'a DesktopChanges<'a, usize>,
    ) -> StepWalk<'a> {
        let (steps, sum, placed) = (&facts.steps, Span::default(), Vec::new());
        StepWalk { steps, changes, passed: 0, sum, reading: begun, placed }
    }

    fn to(&mut self, event: &Event) {
        let recorded = |step: &ClockStep<'_>| {
            step.in_channel(event.channel).map(|own| own.record_id <= event.record_id)
        };
        let ahead = || (self.passed..self.steps.len()).take(CLOCK_CHANGES_AHEAD);
        let step = |at: usize| self.steps.get(at);
        // The record of the step itself has the new time.
        let logged = ahead().rfind(|at| step(*at).and_then(recorded) == Some(true));
        let from = logged.map_or(self.passed, |at| at + 1);
        // Not beyond a step whose own record comes later.
        let open = ahead().find(|at| step(*at).and_then(recorded) == Some(false));
        let upto = open.unwrap_or(self.steps.len()).min(from + CLOCK_CHANGES_AHEAD);
        let fits = |passed: &usize| self.fits(*passed, event.time);
        let mut fitting = (from..=upto).filter(fits);
        let passed = match (fitting.next(), fitting.next()) {
            (None, _) => from,
            (Some(one), None) => one,
            // Both records of one logon are of one moment.
            (Some(first), Some(_)) => {
                let mut noticed = self.changes.places(event);
                noticed.find(|at| (from..=upto).contains(at) && fits(at)).unwrap_or(first)
            }
        };
        self.pass(passed, event.record_id);
        if event.role().time == TimeRole::InOrder {
            let reading = self.reading.map_or(event.time, |known| known.max(event.time));
            self.reading = Some(reading);
        }
    }

    fn pass(&mut self, upto: usize, record_id: u64) {
        for step in self.steps.get(self.passed..upto).unwrap_or_default() {
            self.sum = Span(self.sum.0.saturating_add(step.by.0));
            self.placed.push((record_id, self.sum));
            self.reading = Some(step.new);
        }
        self.passed = self.passed.max(upto);
    }

    /// Could the clock read this after so many steps and before the next?
    fn fits(&self, passed: usize, time: Timestamp) -> bool {
        let next = self.steps.get(passed);
        let small = next.map_or(i64::MAX, |step| step.by.0.saturating_abs() / 2);
        let jitter = Span(small.clamp(JITTER.0, MOST_JITTER.0));
        let begun = match passed.checked_sub(1).and_then(|at| self.steps.get(at)) {
            Some(step) if passed > self.passed => Some(step.new),
            _ => self.reading,
        };
        begun.is_none_or(|begun| begun.since(time) <= jitter)
            && next.is_none_or(|step| time.since(step.old()) <= jitter)
    }
}

/// The sums of the steps of one boot up to each of them, and what they do to bounds.
pub(crate) struct StepSums {
    /// The sum of all steps.
    pub(crate) total: Span,
    /// What the clock read on both sides of each.
    pub(crate) readings: Arc<[ClockStepReadings]>,
    /// How many of the first so many were made by the tools of a virtual machine.
    by_tools: Vec<usize>,
    /// Over this and all later steps: the earliest reading after a step, the latest before one.
    pub(crate) later: Vec<(Timestamp, Timestamp)>,
}

impl StepSums {
    fn of(steps: &[ClockStep<'_>]) -> StepSums {
        let total = steps.iter().fold(0, |sum: i64, step| sum.saturating_add(step.by.0));
        let mut by_tools = vec![0];
        let mut later = Vec::with_capacity(steps.len());
        let mut count = 0;
        for step in steps {
            count += usize::from(is_by_guest_tools(step));
            by_tools.push(count);
        }
        for step in steps.iter().rev() {
            let (new, old) = later.last().copied().unwrap_or((step.new, step.old()));
            later.push((step.new.min(new), step.old().max(old)));
        }
        later.reverse();
        let readings = steps.iter().map(|step| (step.old(), step.new)).collect();
        StepSums { total: Span(total), readings, by_tools, later }
    }

    /// Did the tools of a virtual machine make one of the steps from the one to the other?
    pub(crate) fn any_by_tools(&self, from: usize, to: usize) -> bool {
        self.by_tools.get(from).zip(self.by_tools.get(to)).is_some_and(|(from, to)| from < to)
    }
}

/// Steps forward that the tools of a virtual machine made may be time that truly passed, while
/// the machine was paused: then the raw duration is the true one.
fn is_by_guest_tools(step: &ClockStep<'_>) -> bool {
    let by = |event: &Event| match &event.kind {
        EventKind::ClockChanged(change) => {
            let program = change.process.to_ascii_lowercase();
            GUEST_TOOLS.iter().any(|name| program.ends_with(name))
        }
        _ => false,
    };
    step.by > Span(0) && [Some(step.event), step.system].into_iter().flatten().any(by)
}

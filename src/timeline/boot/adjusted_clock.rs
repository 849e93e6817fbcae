//! The adjusted time of a record: the time that the clock would have shown if nobody had set it
//! since the boot began.
//!
//! Times before and after a step of the clock cannot be compared. Therefore durations are measured
//! in adjusted time, and records of several channels are ordered by it. The times of the records
//! themselves are never changed; the tables show both the raw and the corrected duration of a
//! session.
//!
//! Example: a record at 10:00, a step of the clock from 10:05 to 09:05, and a record at 09:10. The
//! adjusted times are 10:00 and 10:10.

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

/// Programs that set the clock of a virtual machine forward after it was paused. The step may then
/// be time that really passed.
const GUEST_TOOLS: [&str; 6] = [
    // VMware Tools. Seen; its manual says that it sets the clock after a resume.
    "vmtoolsd.exe",
    // Guest Additions of VirtualBox. Seen; its manual says that it sets the clock to that of the host.
    "vboxservice.exe",
    // Integration services of Hyper-V.
    "vmicsvc",
    // Parallels Tools. Seen: steps forward of 418,204 s and 1,584 s on one host.
    "prl_tools.exe",
    // Guest agent of QEMU: its command guest-set-time is for machines that were paused or saved.
    "qemu-ga.exe",
    // Guest agent of XenServer: its description says that it sets the clock after a resume.
    "xenguestagent.exe",
];

/// The steps of the clock of one boot, and before which record of each channel each step happened.
#[derive(Default)]
pub(crate) struct AdjustedClock {
    /// For each channel, the ID of the first record after each step, and the sum of the steps up to
    /// it.
    positions: BTreeMap<Channel, Vec<(u64, Span)>>,
    /// `None`: there are no steps.
    sums: Option<StepSums>,
}

impl AdjustedClock {
    /// Finds the position of each step of a boot in each channel. `begun` is the clock time at
    /// which the boot began. If the channel has a record of the step, that record is the position;
    /// otherwise the times of its records show it.
    pub(crate) fn of(
        records: BootEvents<'_>,
        facts: &BootFacts<'_>,
        begun: Option<Timestamp>,
    ) -> AdjustedClock {
        if facts.steps.is_empty() {
            return AdjustedClock::default();
        }
        let mut positions = BTreeMap::new();
        // A record of another channel may report a logon or logoff that System or Security reports
        // too. Of these two, the one that recorded more steps comes first, because it shows better
        // between which steps the logon or logoff happened.
        let unrecorded = |channel: &Channel| {
            facts.steps.iter().filter(|step| step.in_channel(*channel).is_none()).count()
        };
        let mut first = [Channel::System, Channel::Security];
        first.sort_by_key(unrecorded);
        let mut known = Vec::new();
        for channel in first {
            let changes = DesktopChanges::of(known.iter().copied());
            let mut walk = StepWalk::new(facts, begun, &changes);
            let of_channel = records.of(channel).iter().map(|event| {
                walk.step_to(event);
                (event, walk.passed)
            });
            let own = DesktopChanges::of(of_channel);
            positions.insert(channel, walk.positions);
            known.extend(own.all());
        }
        let changes = DesktopChanges::of(known.into_iter());
        let others = records.channels().filter(|(channel, _)| !first.contains(channel));
        for (channel, events) in others {
            let mut walk = StepWalk::new(facts, begun, &changes);
            events.iter().for_each(|event| walk.step_to(event));
            positions.insert(channel, walk.positions);
        }
        AdjustedClock { positions, sums: Some(StepSums::of(&facts.steps)) }
    }

    /// The number of steps before this record, and their sum.
    pub(crate) fn passed(&self, channel: Channel, record_id: u64) -> (usize, Span) {
        let none = (0, Span::default());
        let Some(list) = self.positions.get(&channel) else { return none };
        let count = list.partition_point(|(first, _)| *first <= record_id);
        count.checked_sub(1).and_then(|at| list.get(at)).map_or(none, |(_, sum)| (count, *sum))
    }

    /// The sums of the steps; `None` where there are none.
    pub(crate) fn sums(&self) -> Option<&StepSums> {
        self.sums.as_ref()
    }

    /// The steps and their positions, for the row of the boot.
    pub(crate) fn of_boot(&self) -> BootClock {
        let Some(sums) = &self.sums else { return BootClock::default() };
        let positions = self.positions.iter().map(|(channel, list)| {
            let first = list.iter().map(|(record_id, _)| *record_id);
            (*channel, first.collect())
        });
        BootClock::new(&sums.step_times, positions)
    }

    /// The adjusted time of a clock time right after this record.
    pub(crate) fn adjust(&self, time: Timestamp, channel: Channel, record_id: u64) -> Timestamp {
        minus(time, self.passed(channel, record_id).1)
    }

    /// The adjusted time of a record.
    pub(crate) fn time(&self, event: &Event) -> Timestamp {
        minus(event.time, self.passed(event.channel, event.record_id).1)
    }

    /// The adjusted time of a moment of a session.
    pub(crate) fn moment(&self, moment: &Moment) -> Timestamp {
        let record = &moment.record;
        minus(moment.time, self.passed(record.channel, record.record_id).1)
    }
}

/// A time minus a distance.
fn minus(time: Timestamp, by: Span) -> Timestamp {
    time.plus(Span(by.0.saturating_neg()))
}

/// Walks through the records of one channel and, in parallel, through the steps of the clock.
struct StepWalk<'a> {
    steps: &'a [ClockStep<'a>],
    /// The logons and logoffs in other channels, each with the number of steps before it.
    changes: &'a DesktopChanges<'a, usize>,
    passed: usize,
    sum: Span,
    /// The latest clock time since the last step; at first the clock time at which the boot began.
    latest: Option<Timestamp>,
    positions: Vec<(u64, Span)>,
}

impl<'a> StepWalk<'a> {
    fn new(
        facts: &'a BootFacts<'a>,
        begun: Option<Timestamp>,
        changes: &'a DesktopChanges<'a, usize>,
    ) -> StepWalk<'a> {
        let (steps, sum, positions) = (&facts.steps, Span::default(), Vec::new());
        StepWalk { steps, changes, passed: 0, sum, latest: begun, positions }
    }

    /// Finds how many steps came before this record.
    fn step_to(&mut self, event: &Event) {
        let recorded = |step: &ClockStep<'_>| {
            step.in_channel(event.channel).map(|own| own.record_id <= event.record_id)
        };
        let ahead = || (self.passed..self.steps.len()).take(CLOCK_CHANGES_AHEAD);
        let step = |at: usize| self.steps.get(at);
        // The record of a step itself has the new time.
        let logged = ahead().rfind(|at| step(*at).and_then(recorded) == Some(true));
        let from = logged.map_or(self.passed, |at| at + 1);
        // Steps whose own record comes later have not happened yet.
        let open = ahead().find(|at| step(*at).and_then(recorded) == Some(false));
        let upto = open.unwrap_or(self.steps.len()).min(from + CLOCK_CHANGES_AHEAD);
        let fits = |passed: &usize| self.fits(*passed, event.time);
        let mut fitting = (from..=upto).filter(fits);
        let passed = match (fitting.next(), fitting.next()) {
            (None, _) => from,
            (Some(one), None) => one,
            // Several positions are possible. If another channel reports the same logon or logoff,
            // both records are of one moment, so the same steps were before them.
            (Some(first), Some(_)) => {
                let mut noticed = self.changes.of_same_change(event);
                noticed.find(|at| (from..=upto).contains(at) && fits(at)).unwrap_or(first)
            }
        };
        self.pass(passed, event.record_id);
        if event.role().time == TimeRole::InOrder {
            let latest = self.latest.map_or(event.time, |known| known.max(event.time));
            self.latest = Some(latest);
        }
    }

    /// Notes that all steps before index `upto` happened before this record.
    fn pass(&mut self, upto: usize, record_id: u64) {
        for step in self.steps.get(self.passed..upto).unwrap_or_default() {
            self.sum = Span(self.sum.0.saturating_add(step.by.0));
            self.positions.push((record_id, self.sum));
            self.latest = Some(step.new);
        }
        self.passed = self.passed.max(upto);
    }

    /// Can the clock have shown this time after so many steps and before the next one?
    fn fits(&self, passed: usize, time: Timestamp) -> bool {
        let next = self.steps.get(passed);
        let small = next.map_or(i64::MAX, |step| step.by.0.saturating_abs() / 2);
        let jitter = Span(small.clamp(JITTER.0, MOST_JITTER.0));
        let begun = match passed.checked_sub(1).and_then(|at| self.steps.get(at)) {
            Some(step) if passed > self.passed => Some(step.new),
            _ => self.latest,
        };
        begun.is_none_or(|begun| begun.since(time) <= jitter)
            && next.is_none_or(|step| time.since(step.old) <= jitter)
    }
}

/// The sums of the clock steps of one boot, and how they widen the bounds of an end.
pub(crate) struct StepSums {
    /// The sum of all steps.
    pub(crate) total: Span,
    /// The clock times before and after each step.
    pub(crate) step_times: Arc<[ClockStepReadings]>,
    /// For each number *n*: how many of the first *n* steps were made by the tools of a virtual
    /// machine.
    by_tools: Vec<usize>,
    /// The same for the steps of which no record says by how much the clock was set.
    unknown: Vec<usize>,
    /// For each step, of this step and all later ones together: the earliest clock time after a
    /// step, and the latest clock time before a step, if that is known.
    pub(crate) later: Vec<(Timestamp, Option<Timestamp>)>,
}

impl StepSums {
    fn of(steps: &[ClockStep<'_>]) -> StepSums {
        let total = steps.iter().fold(0, |sum: i64, step| sum.saturating_add(step.by.0));
        let by_tools = counted(steps, is_by_guest_tools);
        let unknown = counted(steps, |step| !step.is_known);
        let mut later: Vec<(Timestamp, Option<Timestamp>)> = Vec::with_capacity(steps.len());
        for step in steps.iter().rev() {
            let old = step.latest_old();
            later.push(match later.last() {
                Some((new, latest)) => {
                    (step.new.min(*new), old.zip(*latest).map(|(a, b)| a.max(b)))
                }
                None => (step.new, old),
            });
        }
        later.reverse();
        let step_times = steps.iter().map(|step| (step.old, step.new)).collect();
        StepSums { total: Span(total), step_times, by_tools, unknown, later }
    }

    /// Did the tools of a virtual machine make one of the steps from index `from` to index `to`?
    pub(crate) fn any_by_tools(&self, from: usize, to: usize) -> bool {
        any(&self.by_tools, from, to)
    }

    /// Is there a step from index `from` to index `to` of which no record says by how much the clock
    /// was set?
    pub(crate) fn any_unknown(&self, from: usize, to: usize) -> bool {
        any(&self.unknown, from, to)
    }
}

/// For each number *n*: how many of the first *n* steps are of this kind.
fn counted(steps: &[ClockStep<'_>], is_one: impl Fn(&ClockStep<'_>) -> bool) -> Vec<usize> {
    let counts = steps.iter().scan(0, |count, step| {
        *count += usize::from(is_one(step));
        Some(*count)
    });
    std::iter::once(0).chain(counts).collect()
}

fn any(counts: &[usize], from: usize, to: usize) -> bool {
    counts.get(from).zip(counts.get(to)).is_some_and(|(from, to)| from < to)
}

/// Did the tools of a virtual machine set the clock forward? That may be time that really passed
/// while the machine was paused; then the raw duration is the right one.
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

//! Boot epochs: one row of boots.csv.

use super::event::TimeZone;
use super::session::{Basis, Confidence, Milestone, MilestoneKind, Moment};
use super::words::words;
use super::{
    BootClock, ChannelCoverage, Citation, Flag, InferredBy, PowerInterval, Span, Text, Timestamp,
};

words! {
    /// How a boot ended.
    BootEnd {
        /// The computer shut down; whether power went off is not known.
        Shutdown = "shutdown",
        /// The computer was restarted.
        Restart = "restart",
        /// The computer shut down and powered off.
        PowerOff = "power-off",
        /// The boot ended without a shutdown.
        Crash = "crash",
        /// Another boot followed; how this one ended is not known.
        Unknown = "unknown",
        /// The log ends while the boot lasts.
        LogEnd = "log-end",
    }
}

/// Something that happened to a computer within one boot: a log was cleared, the clock was set.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct BootIncident {
    /// What happened.
    pub kind: MilestoneKind,
    /// When it happened, and the record that says so.
    pub moment: Moment,
    /// The same as a sentence, as the finding about it has it.
    pub message: String,
}

impl BootIncident {
    /// Its row of timeline.csv.
    pub fn milestone(&self) -> Milestone {
        Milestone::logged(self.kind, &self.moment)
    }
}

/// One boot epoch of one computer: the time between two starts of Windows, in which every Logon ID
/// is given once. One row of boots.csv.
///
/// A Fast Startup does not begin a boot epoch: the kernel and LSASS go on, and so do the Logon IDs.
///
/// ```
/// use winlast::model::{BootEnd, Confidence, Timestamp};
///
/// let report = winlast::Analysis::of(["sample-evtx/ws01"]).run()?;
/// let boots = &report.hosts[0].boots;
///
/// // The third boot ended without a shutdown: its end has bounds only.
/// let crashed = &boots[2];
/// assert_eq!((crashed.epoch, crashed.end_cause), (3, BootEnd::Crash));
/// assert_eq!(crashed.clean, Some(false));
/// assert_eq!(crashed.end_not_before, Timestamp::parse("2026-03-03T19:12:44.5601009Z"));
/// assert_eq!(crashed.end_not_after, boots[3].start);
/// assert_eq!(crashed.confidence, Confidence::Low);
///
/// // A Fast Startup lies inside the fourth.
/// assert_eq!(boots[3].power_segments, 2);
/// # Ok::<(), winlast::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Boot {
    /// The number of the boot epoch, from 1 in the order of boots; 0 is the time before the first
    /// known boot.
    pub epoch: u32,
    /// When it began: the time of Kernel-General 12, else of 4608, else of another record of its start.
    /// `None` where all of these are missing: it had begun by its first record.
    pub start: Option<Timestamp>,
    /// What `start` is based on.
    pub start_basis: Option<Basis>,
    /// How sure it is that there was a boot: high by a record that says so, medium by another process
    /// ID of LSASS, by one Logon ID that was given twice, or by a start of the event log service, low by
    /// what else speaks for it.
    pub start_confidence: Confidence,
    /// The rule by which it was inferred that there was a boot; `None` where a record says so.
    pub start_rule: Option<InferredBy>,
    /// The records that prove the boot, the strongest first.
    pub start_evidence: Vec<Citation>,
    /// When it ended: the time of Kernel-General 13, else of 6006 or 1100. After a crash, the
    /// earliest time that it can have ended.
    pub end: Option<Timestamp>,
    /// What `end` is based on.
    pub end_basis: Option<Basis>,
    /// How it ended.
    pub end_cause: BootEnd,
    /// How sure the end is.
    pub confidence: Confidence,
    /// The computer was still up at this moment.
    pub end_not_before: Option<Timestamp>,
    /// The computer was down by this moment.
    pub end_not_after: Option<Timestamp>,
    /// The records that prove the end.
    pub end_evidence: Vec<Citation>,
    /// Who asked for the shutdown, `DOMAIN\name` as User32 1074 has it; empty when nobody is named.
    pub requested_by: String,
    /// The reason that User32 1074 gives, in the language of the system; empty when there is none.
    pub reason: String,
    /// `Some(true)`: it was closed in order (1100, 6006 or Kernel-General 13). `Some(false)`: it was
    /// not. `None`: the logs end before it does, or do not say.
    pub clean: Option<bool>,
    /// Windows' own counter of boot attempts: `BootId` of Kernel-Power 566, or `LastBootId` of
    /// Kernel-Boot 20 and one more.
    pub boot_id: Option<u32>,
    /// The process ID of LSASS, which is the same in every Security record of LSASS in one boot.
    pub lsass_pid: Option<u32>,
    /// The number of power segments: 1, and one more for each Fast Startup or hibernation.
    pub power_segments: u32,
    /// The number of sleeps (S1 to S3, modern standby).
    pub sleeps: u32,
    /// The number of times that the clock was set by more than a second.
    pub clock_steps: u32,
    /// The net change of the clock: all those steps added up.
    pub clock_step: Span,
    /// The names that the computer had in it.
    pub computer_names: Vec<Text>,
    /// The number of sessions in it, filtered or not.
    pub sessions: u64,
    /// The first record.
    pub first_record: Option<Citation>,
    /// The last record.
    pub last_record: Option<Citation>,
    /// Remarks, in the order of the `flags` column.
    pub flags: Vec<Flag>,
    /// When the computer was off or asleep within it, in the order of their first records.
    pub power: Vec<PowerInterval>,
    /// The time zone that the computer was set to, by its last EventLog 6013. It changes no time.
    pub time_zone: Option<TimeZone>,
    /// Local time minus UTC in minutes, with daylight saving time, by its last Kernel-General 24. It changes
    /// no time.
    pub utc_offset_in_use: Option<i32>,
    /// The steps of the clock within it.
    pub clock: BootClock,
    /// What is there of each channel.
    pub coverage: Vec<ChannelCoverage>,
    /// The last record that is certainly of this boot. If another boot may have begun among missing
    /// records (flag `boot-uncertain`), the records after it may be of that boot.
    #[serde(skip)]
    pub last_certain: Option<Moment>,
    /// Logs that were cleared and steps of the clock, by channel and record.
    pub incidents: Vec<BootIncident>,
}

/// Event IDs of the records that give the time of a start and of an orderly end, the best first.
const START_RECORDS: [u16; 2] = [12, 4608];
const END_RECORDS: [u16; 3] = [13, 6006, 1100];

/// Of the records that prove a start or an end, the one that gives its time.
fn best(evidence: &[Citation], event_ids: &[u16]) -> Option<Citation> {
    let find = |id: &u16| evidence.iter().find(|record| record.event_id == *id);
    event_ids.iter().find_map(find).or(evidence.first()).copied()
}

/// The first and the last clock time of an interval between two steps of the clock.
type ReadingRange = (Timestamp, Timestamp);

/// Adds a clock time to the interval with this number.
fn note(all: &mut [Option<ReadingRange>], at: usize, time: Timestamp) {
    if let Some(known) = all.get_mut(at) {
        let (first, last) = known.unwrap_or((time, time));
        *known = Some((first.min(time), last.max(time)));
    }
}

impl Boot {
    /// The row of timeline.csv for its start, if its time is known.
    pub fn begin(&self) -> Option<Milestone> {
        Some(Milestone {
            kind: MilestoneKind::BootStart,
            time: self.start?,
            basis: self.start_basis?,
            record: best(&self.start_evidence, &START_RECORDS),
            recovered: false,
        })
    }

    /// The row of timeline.csv for its end, if its time is known, or both bounds of it.
    pub fn finish(&self) -> Option<Milestone> {
        let kind = match self.end_cause {
            BootEnd::LogEnd => return None,
            BootEnd::Crash => MilestoneKind::Crash,
            _ => MilestoneKind::BootEnd,
        };
        let basis = self.end_basis?;
        let is_bounded = basis == Basis::Bounded;
        if is_bounded && self.end_not_after.is_none() {
            return None;
        }
        let time = if is_bounded { self.end_not_before } else { self.end };
        let record = best(&self.end_evidence, &END_RECORDS).filter(|_| !is_bounded);
        Some(Milestone { kind, time: time?, basis, record, recovered: false })
    }

    /// The first and the last clock time that is known of each interval between two steps of the clock;
    /// `None` where none is known. Only what the clock showed counts, not what it may have shown.
    pub(crate) fn clock_readings(&self) -> Vec<Option<ReadingRange>> {
        let steps = self.clock.steps();
        let mut all = vec![None; steps.len() + 1];
        for (at, (old, new)) in steps.iter().enumerate() {
            note(&mut all, at, *old);
            note(&mut all, at + 1, *new);
        }
        self.start.into_iter().for_each(|time| note(&mut all, 0, time));
        self.certain_end().into_iter().for_each(|time| note(&mut all, steps.len(), time));
        for last in self.coverage.iter().map(|own| &own.last).chain(&self.last_certain) {
            note(&mut all, self.clock.steps_before(&last.record), last.time);
        }
        // The 6009 and 6005 of a boot are recorded before its Kernel-General 12, and so before a step of
        // the clock that may have happened before they were written. Then their time is that of a later
        // interval, which includes it already.
        for first in self.coverage.iter().map(|own| &own.first) {
            let mut known = all.iter().flatten();
            if !known.any(|(begin, last)| *begin <= first.time && first.time <= *last) {
                note(&mut all, self.clock.steps_before(&first.record), first.time);
            }
        }
        all
    }

    /// The clock time at which it certainly ended, or until which it certainly lasted: the end that a
    /// record gives, or the last-alive time that the 6008 of the next boot gives.
    fn certain_end(&self) -> Option<Timestamp> {
        let last = self.last_certain.map(|moment| moment.time);
        match self.end_basis? {
            Basis::Logged => self.end,
            Basis::Bounded => self.end.filter(|end| last.is_some_and(|last| *end > last)),
            _ => None,
        }
    }

    /// The clock time of its last record, whether that is certainly of this boot or not.
    pub(crate) fn last_reading(&self) -> Option<Timestamp> {
        let place = |moment: &Moment| (self.clock.steps_before(&moment.record), moment.time);
        self.coverage.iter().map(|own| place(&own.last)).max().map(|(_, time)| time)
    }

    /// The rules by which it and its end were inferred.
    pub fn inferred_by(&self) -> impl Iterator<Item = InferredBy> + Clone {
        let end = match self.end_cause {
            BootEnd::Crash => Some(InferredBy::CrashReport),
            BootEnd::Unknown => Some(InferredBy::NextBoot),
            _ => None,
        };
        [self.start_rule, end].into_iter().flatten()
    }
}

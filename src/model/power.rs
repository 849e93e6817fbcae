//! When a computer was off or asleep within one boot.

use super::Citation;
use super::append::{self, AppendText, append};
use super::session::{Milestone, MilestoneKind, Moment};
use super::words::words;
use std::fmt::{self, Display, Formatter};

words! {
    /// What a computer was, within one boot, while it did not run.
    PowerKind {
        /// Switched off, with its kernel saved to disk: a Fast Startup or a hibernation.
        Off = "off",
        /// Asleep (S1 to S3, modern standby), or stopped for a time while it went to sleep or off.
        Asleep = "asleep",
    }
}

/// A time within one boot in which the computer was off or asleep.
///
/// ```
/// use winlast::model::PowerKind;
///
/// let report = winlast::Analysis::of(["sample-evtx/ws01"]).run()?;
/// let [night] = &report.hosts[0].boots[3].power[..] else { panic!("one Fast Startup") };
/// assert_eq!(night.kind, PowerKind::Off);
/// let (from, to) = (night.from.expect("its 42"), night.to.expect("its Kernel-Boot 27"));
/// assert_eq!((from.record.to_string(), to.record.to_string()), ("System#50".into(), "System#54".into()));
/// assert!(from.time < to.time);
/// # Ok::<(), winlast::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct PowerInterval {
    /// What the computer was.
    pub kind: PowerKind,
    /// When it began: the time of Kernel-Power 42 or 506; where that is missing, the last clock time before
    /// it in Kernel-General 1, or `SleepTime` of Power-Troubleshooter 1. `None` where no record says it.
    pub from: Option<Moment>,
    /// When it ended: the time of Kernel-Boot 27 for `Off`; else that of Kernel-General 1, by which the
    /// clock was set at the resume, that of Kernel-Power 507, or `WakeTime` of Power-Troubleshooter 1.
    /// `None` where no record says it. Kernel-Power 107 does not: it often has the time before the sleep.
    pub to: Option<Moment>,
    /// Where no record says when it ended: the first later record of the boot, which may have been written after
    /// that. `None` where there is none, or where `to` is known.
    pub next: Option<Moment>,
    /// No record says when it ended, and the boot has no later record and lacks none: it lasted to the end of the
    /// boot.
    pub is_last: bool,
    /// Its records, in their order.
    pub records: Vec<Citation>,
}

impl PowerInterval {
    /// The row of timeline.csv for its begin, if that is known.
    pub fn begin(&self) -> Option<Milestone> {
        let kind = match self.kind {
            PowerKind::Off => MilestoneKind::Off,
            PowerKind::Asleep => MilestoneKind::Asleep,
        };
        self.from.map(|from| Milestone::logged(kind, &from))
    }

    /// The row of timeline.csv for its end, if that is known.
    pub fn end(&self) -> Option<Milestone> {
        let kind = match self.kind {
            PowerKind::Off => MilestoneKind::On,
            PowerKind::Asleep => MilestoneKind::Awake,
        };
        self.to.map(|to| Milestone::logged(kind, &to))
    }
}

/// `off 2026-03-04T17:00:02.0000000Z/2026-03-05T07:00:00.0000000Z System#40 System#42`
impl Display for PowerInterval {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        append::print(self, f)
    }
}

impl AppendText for PowerInterval {
    fn append_to(&self, out: &mut Vec<u8>) {
        let time = |moment: Option<Moment>| moment.map(|moment| moment.time);
        append!(out, self.kind, " ", time(self.from), "/", time(self.to));
        for record in &self.records {
            append!(out, " ", record);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    #[test]
    fn it_reads_as_an_interval_with_its_records() {
        let mut night = sample::night();
        assert_eq!(
            night.to_string(),
            "off 2015-09-09T04:00:00.0000000Z/2015-09-09T05:00:00.0000000Z System#80 System#81"
        );
        night.from = None;
        assert_eq!(night.to_string(), "off /2015-09-09T05:00:00.0000000Z System#80 System#81");
        assert_eq!((night.begin(), night.end().unwrap().kind), (None, MilestoneKind::On));
    }
}

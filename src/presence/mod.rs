//! Who was at which computer at a moment: active, locked, disconnected or gone, and whether the computer
//! was on. The answer distinguishes what is certain from what is only possible. Where no log covers the moment,
//! it says so.
//!
//! A moment is a time as the clock of each computer showed it. If the clock was set, it may have shown that time
//! twice. So `stay` has the intervals between the clock steps, and `place` the order of what happened in them;
//! the filters by time use the same intervals.

mod computer;
mod coverage;
mod people;
mod place;
mod stay;

pub use computer::ComputerState;
pub use people::{PersonAt, SessionAt, SessionUse};
pub use stay::Certainty;

pub(crate) use coverage::{Coverage, LogTimes, Uncovered};
pub(crate) use stay::stays;

use crate::model::{Host, Report, Timestamp};
use people::TimeOfBoots;

/// What is known of one computer when its clock showed some time.
///
/// ```
/// use winlast::model::Timestamp;
/// use winlast::presence::{Certainty, HostAt, SessionUse};
///
/// let report = winlast::Analysis::of(["sample-evtx/rdp01"]).run()?;
/// let time = Timestamp::parse("2026-04-13T10:45:00Z").expect("ISO 8601");
/// let [host] = &HostAt::all(&report, time)[..] else { panic!("one computer") };
///
/// // erin's client was disconnected from 10:30:12 to 11:15:45. dave came at 13:02.
/// let [erin, dave] = &host.people[..] else { panic!("two people") };
/// assert_eq!(erin.account.to_string(), r"CONTOSO\erin");
/// assert_eq!(erin.sessions[0].used, SessionUse::Disconnected);
/// assert_eq!(erin.sessions[0].certainty, Certainty::Sure);
/// assert!(dave.sessions.is_empty() && dave.later.is_some());
/// # Ok::<(), winlast::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HostAt<'a> {
    /// The computer.
    pub host: &'a Host,
    /// A sentence that says what the logs cover, where they do not cover this time: then nothing is known
    /// of it.
    pub uncovered: Option<String>,
    /// What the computer was; several where its clock showed this time more than once. Empty: no record
    /// says.
    pub computer: Vec<ComputerState<'a>>,
    /// Records of the Security log are missing, so that somebody may have been there of whom nothing is
    /// known.
    pub lacks_records: bool,
    /// The people of the computer, those who were there first.
    pub people: Vec<PersonAt<'a>>,
    /// The time that the clock showed.
    pub time: Timestamp,
}

impl<'a> HostAt<'a> {
    /// Every computer of the report when its clock showed `time`.
    pub fn all(report: &'a Report, time: Timestamp) -> Vec<HostAt<'a>> {
        let times = LogTimes::of(report);
        report.hosts.iter().map(|host| HostAt::of(host, &times, time)).collect()
    }

    fn of(host: &'a Host, times: &LogTimes, time: Timestamp) -> HostAt<'a> {
        let coverage = Coverage::of(host, times);
        let uncovered = Uncovered::of(host, times, Some(time), Some(time));
        let uncovered = uncovered.map(|sentence| sentence.to_string());
        let is_covered = uncovered.is_none();
        let computer = if is_covered { computer::states(host, time) } else { Vec::new() };
        let lacks = |state: &ComputerState<'_>| match state {
            ComputerState::On(boot)
            | ComputerState::Away(boot, _)
            | ComputerState::PerhapsAway(boot, _)
            | ComputerState::Ending(boot) => computer::lacks_security(boot, time),
            ComputerState::Off(..) => false,
            // No log has the records of that boot.
            ComputerState::Between(..) => true,
        };
        let of_boots = TimeOfBoots::of(time, &computer);
        let people =
            if is_covered { people::people(host, &coverage, &of_boots) } else { Vec::new() };
        HostAt {
            host,
            lacks_records: computer.iter().any(lacks),
            uncovered,
            computer,
            people,
            time,
        }
    }
}

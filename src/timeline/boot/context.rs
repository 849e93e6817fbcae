//! What is known of a computer, and of one of its boots, before the sessions of the boot are built:
//! the input of all passes over the sessions.

use super::adjusted_clock::AdjustedClock;
use super::ending::{BootEnding, NextBoot};
use super::facts::{BootFacts, DoubtfulFrom};
use super::power;
use super::terminal_sessions::{self, TerminalSession};
use crate::model::{
    AccountNames, BootIndex, Channel, Event, Moment, PowerInterval, PowerKind, Span, Timestamp,
};
use crate::timeline::boots::BootStart;
use crate::timeline::boots::certain::CertainParts;
use crate::timeline::boots::logoff_auditing::LogoffAuditing;
use crate::timeline::boots::partition::BootEvents;
use crate::timeline::channel::gaps::Gaps;
use std::ops::Range;
use std::sync::OnceLock;

/// What is known of a computer before the sessions of its boots are built.
pub(crate) struct HostContext {
    /// The names that records give to accounts.
    pub(crate) account_names: AccountNames,
    /// How each boot began.
    pub(crate) starts: Vec<BootStart>,
    /// Security and System are there.
    pub(crate) has_both_channels: bool,
    /// The boots that each of the two channels should show.
    pub(crate) expected: ExpectedBoots,
    /// What is missing from Security.
    pub(crate) security_gaps: Gaps,
    /// What is missing from System.
    pub(crate) system_gaps: Gaps,
    /// What is missing from the Local Session Manager.
    pub(crate) session_manager_gaps: Gaps,
    /// For each boot, the first record that may belong to another boot.
    pub(crate) certain: CertainParts,
    /// The most by which the clock was set back soon after any boot of this computer began.
    pub(crate) set_back_at_start: Span,
    /// Whether logoffs were audited.
    pub(crate) logoff_auditing: LogoffAuditing,
    /// An empty event, for a session that has no record.
    pub(crate) blank_event: Event,
}

impl HostContext {
    /// How a boot began; `None` before the first known boot.
    pub(crate) fn start(&self, boot: BootIndex) -> Option<&BootStart> {
        boot.index().checked_sub(1).and_then(|at| self.starts.get(at))
    }

    /// The facts of a boot.
    pub(crate) fn facts<'a>(&'a self, records: BootEvents<'a>) -> BootFacts<'a> {
        let boot = records.boot();
        let doubtful = DoubtfulFrom {
            security: self.certain.doubtful_from(Channel::Security, boot.index()),
            system: self.certain.doubtful_from(Channel::System, boot.index()),
        };
        BootFacts::of(records, self.start(boot.next()), doubtful, &self.system_gaps)
    }
}

/// The boots between the first and the last one that a channel shows. If both channels are there,
/// the channel should show these boots too.
pub(crate) struct ExpectedBoots {
    pub(crate) in_security: Range<u32>,
    pub(crate) in_system: Range<u32>,
}

impl ExpectedBoots {
    pub(crate) fn of(starts: &[BootStart], has_both_channels: bool) -> ExpectedBoots {
        let between = |is_shown: fn(&BootStart) -> bool| {
            let first = starts.iter().position(is_shown).filter(|_| has_both_channels);
            let number = |at: usize| BootIndex::at(at + 1).number();
            first
                .zip(starts.iter().rposition(is_shown))
                .map_or(0..0, |(first, last)| number(first) + 1..number(last))
        };
        ExpectedBoots {
            in_security: between(|boot| boot.indicator.is_some()),
            in_system: between(BootStart::in_system),
        }
    }
}

/// What is known of one boot before its sessions are built: all that a pass over the sessions may
/// ask for.
pub(crate) struct BootContext<'a> {
    pub(crate) host: &'a HostContext,
    pub(crate) boot: BootIndex,
    /// How it began; `None` before the first known boot.
    pub(crate) start: Option<&'a BootStart>,
    pub(crate) records: BootEvents<'a>,
    pub(crate) facts: &'a BootFacts<'a>,
    pub(crate) ending: BootEnding<'a>,
    pub(crate) clock: AdjustedClock,
    /// What the Local Session Manager and Winlogon recorded of each desktop.
    pub(crate) terminal_sessions: Vec<TerminalSession<'a>>,
    /// When the computer was off or asleep.
    pub(crate) power: Vec<PowerInterval>,
    /// For each record of System, the earliest adjusted time from it on. Few boots need it.
    earliest_of_system: OnceLock<Vec<Timestamp>>,
}

impl<'a> BootContext<'a> {
    /// Collects what is known of one boot; `later` is what later boots say of its end.
    pub(crate) fn of(
        host: &'a HostContext,
        records: BootEvents<'a>,
        facts: &'a BootFacts<'a>,
        later: NextBoot,
    ) -> BootContext<'a> {
        let boot = records.boot();
        let start = host.start(boot);
        let begun = start.and_then(|start| start.time_record.as_ref()).map(|event| event.time);
        let clock = AdjustedClock::of(records, facts, begun);
        let mut power = power::intervals(records.of(Channel::System), &host.system_gaps);
        let next = host.start(boot.next()).and_then(|next| next.system);
        power::note_what_follows(&mut power, records, &clock, &host.system_gaps, next);
        BootContext {
            host,
            boot,
            start,
            records,
            facts,
            ending: BootEnding::of(
                facts,
                (&host.security_gaps, &host.system_gaps),
                start,
                host.start(boot.next()),
                later,
            ),
            terminal_sessions: terminal_sessions::of(records, &clock, &host.account_names.sids()),
            power,
            clock,
            earliest_of_system: OnceLock::new(),
        }
    }

    /// The last record of System, in record order, that is not later than this adjusted time.
    pub(crate) fn last_of_system_at(&self, time: Timestamp) -> Option<&'a Event> {
        let records = self.records.of(Channel::System);
        let earliest = self.earliest_of_system.get_or_init(|| {
            let mut earliest: Vec<Timestamp> =
                records.iter().map(|event| self.clock.time(event)).collect();
            let mut next = Timestamp::from_filetime(u64::MAX);
            for time in earliest.iter_mut().rev() {
                next = next.min(*time);
                *time = next;
            }
            earliest
        });
        let until = earliest.partition_point(|earliest| *earliest <= time);
        records.get(until.checked_sub(1)?)
    }

    /// The times at which the computer was on again after it was off within the boot.
    pub(crate) fn on_again(&self) -> impl Iterator<Item = Moment> {
        self.power.iter().filter(|own| own.kind == PowerKind::Off).filter_map(|own| own.to)
    }

    /// The last record of System up to which, from this record of System on, no record may be missing.
    pub(crate) fn system_covers_until(&self, from: &Event) -> Option<&'a Event> {
        let gaps = Some(&self.host.system_gaps).filter(|gaps| !gaps.mixed)?;
        let next = gaps.missing.partition_point(|(_, last)| *last < from.record_id);
        let next = gaps.missing.get(next).map(|(first, _)| *first);
        let records = self.records.of(Channel::System);
        let end = next
            .map_or(records.len(), |gap| records.partition_point(|event| event.record_id < gap));
        records.get(..end)?.last()
    }

    /// Is System complete from this record of its own to its first record after a given time?
    pub(crate) fn system_covers(&self, from: &Event, until: Timestamp) -> bool {
        let records = self.records.of(Channel::System);
        let after = records.partition_point(|event| self.clock.time(event) < until);
        let to = records.get(after).or(records.last());
        to.is_some_and(|to| {
            let to = to.record_id.max(from.record_id);
            !self.host.system_gaps.may_lack_records_between(from.record_id, to)
        })
    }

    /// May records of System be missing between this one and the end of the boot?
    pub(crate) fn lacks_system_records_after(&self, record_id: u64) -> bool {
        let last = self.facts.system.map(|(_, last)| last.record_id);
        last.is_none_or(|last| {
            self.host.system_gaps.may_lack_records_between(record_id, last) && record_id < last
        })
    }

    /// Does Security have the first records that LSASS wrote in the boot?
    pub(crate) fn is_audited_from_start(&self) -> bool {
        self.start.is_some_and(|start| start.is_audited)
    }

    /// The first record that Security has of the boot.
    pub(crate) fn first_of_security(&self) -> Option<&'a Event> {
        self.facts.security.map(|(first, _)| first)
    }
}

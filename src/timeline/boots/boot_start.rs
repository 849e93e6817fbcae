//! How a boot began, as both channels show it.

use super::unmatched::AlignedBoot;
use crate::model::session::Confidence;
use crate::model::{Channel, Citation, Event, Timestamp};
use crate::timeline::channel::start_marks::{SecurityStart, StartMark};
use crate::timeline::channel::system_boots::SystemBoot;
use crate::timeline::hosts::grouping::{EventsByChannel, events_of};

/// How a boot began.
#[derive(Debug)]
pub(crate) struct BootStart {
    /// The record whose time is that of the boot: Kernel-General 12, else 4608, else what there is.
    pub(crate) clock: Option<Event>,
    /// When the kernel started, by its own record.
    pub(crate) kernel: Option<Timestamp>,
    /// Records that prove the boot, strongest first.
    pub(crate) evidence: Vec<Citation>,
    /// What shows it in Security.
    pub(crate) mark: Option<StartMark>,
    /// The ID of its first record in Security that may concern a session.
    pub(crate) security: Option<u64>,
    /// The ID of its first start record in System.
    pub(crate) system: Option<u64>,
    /// A record says that the boot began: 4608, a type 0 logon, or a start of the kernel.
    pub(crate) is_logged: bool,
    /// A record of its start gives the time at which it began. Else its start is not known: only that it
    /// had begun by the record that `clock` is.
    pub(crate) has_time: bool,
    /// How sure it is that there was a boot.
    pub(crate) confidence: Confidence,
    /// Security holds the first records that LSASS wrote in it.
    pub(crate) is_audited: bool,
    /// No record of its start is left, and Security does not show it.
    pub(crate) is_unmarked: bool,
    /// Only one channel shows it, and nothing but the clock puts it before the next boot, which only
    /// the other channel shows.
    pub(crate) by_clock: bool,
    /// Kernel-Power 41, 6008, 1101: the boot before it crashed.
    pub(crate) crash: Vec<Event>,
}

/// How sure it is that there was a boot, by what shows it in each channel.
fn confidence(security: Option<&SecurityStart>, system: Option<&SystemBoot>) -> Confidence {
    let by_system = match system {
        Some(boot) if boot.is_certain() => Confidence::High,
        Some(boot) if boot.is_unmarked() => Confidence::Low,
        Some(_) => Confidence::Medium,
        None => Confidence::None,
    };
    let by_security = security.map_or(Confidence::None, |start| start.mark.confidence());
    by_system.min(by_security)
}

impl BootStart {
    /// From where the boot begins in both channels.
    pub(super) fn of(events: &EventsByChannel, boot: &AlignedBoot) -> BootStart {
        let security = events_of(events, Channel::Security);
        let system = events_of(events, Channel::System);
        let (lsass, kernel) = (boot.security.as_ref(), boot.system.as_ref());
        let proofs = || {
            let indices = lsass.into_iter().flat_map(|start| &start.evidence);
            indices.filter_map(|at| security.get(*at))
        };
        let records = kernel.into_iter().flat_map(|boot| boot.evidence());
        let records = records.filter_map(|at| system.get(at));
        let kernel_clock = kernel.and_then(|boot| system.get(boot.clock()));
        let first = lsass.and_then(|start| security.get(start.index));
        // LSASS starts before the event log service, and the clock may be set between the two.
        let lsass_first = kernel.is_none_or(|boot| boot.kernel_start().is_none())
            && lsass.is_some_and(|start| start.mark.has_time());
        let clocks = if lsass_first { [first, kernel_clock] } else { [kernel_clock, first] };
        let crash = kernel.map_or([None; 2], |boot| [boot.unclean, boot.unexpected]);
        let crash = crash.into_iter().flatten().filter_map(|at| system.get(at));
        let dropped = lsass.and_then(|start| security.get(start.dropped?));
        BootStart {
            clock: clocks.into_iter().flatten().next().cloned(),
            kernel: kernel
                .and_then(|boot| system.get(boot.kernel_start()?))
                .map(|event| event.time),
            evidence: proofs().chain(records).map(Citation::from).collect(),
            mark: lsass.map(|start| start.mark),
            security: first.map(|event| event.record_id),
            system: kernel.and_then(|boot| system.get(boot.index)).map(|event| event.record_id),
            is_logged: lsass.is_some_and(|start| start.mark.is_logged())
                || kernel.is_some_and(|boot| boot.is_certain()),
            has_time: kernel.is_some_and(|boot| !boot.is_unmarked())
                || lsass.is_some_and(|start| start.mark.has_time()),
            confidence: confidence(lsass, kernel),
            is_audited: proofs().any(Event::is_lsass_start),
            is_unmarked: lsass.is_none() && kernel.is_some_and(|boot| boot.is_unmarked()),
            by_clock: boot.by_clock,
            crash: crash.chain(dropped).cloned().collect(),
        }
    }

    /// Security shows that it began.
    pub(crate) fn in_security(&self) -> bool {
        self.mark.is_some_and(|mark| mark != StartMark::SystemLog)
    }

    /// System shows that it began.
    pub(crate) fn in_system(&self) -> bool {
        self.system.is_some()
    }
}

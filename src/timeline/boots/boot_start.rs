//! How each boot began: a summary of what Security and System show of its start.
//!
//! Input: the beginning of the boot in each channel. Output: a [`BootStart`], with the start time,
//! the records that prove it, and how certain the boot is.

use super::unmatched::AlignedBoot;
use crate::model::session::Confidence;
use crate::model::{Channel, Citation, Event, Timestamp};
use crate::timeline::channel::security_start::{SecurityStart, StartIndicator};
use crate::timeline::channel::system_start::SystemBoot;
use crate::timeline::hosts::grouping::{EventsByChannel, events_of};
use crate::timeline::must::must;

/// How a boot began.
#[derive(Debug)]
pub(crate) struct BootStart {
    /// The record that gives the boot its start time: Kernel-General 12 if there is one, else 4608,
    /// else the best one left.
    pub(crate) time_record: Option<Event>,
    /// When the kernel started, if a record of the kernel says so.
    pub(crate) kernel: Option<Timestamp>,
    /// Records that prove the boot, strongest first.
    pub(crate) evidence: Vec<Citation>,
    /// What shows in Security that the boot began.
    pub(crate) indicator: Option<StartIndicator>,
    /// The ID of its first record in Security that may concern a session.
    pub(crate) security: Option<u64>,
    /// The ID of its first start record in System.
    pub(crate) system: Option<u64>,
    /// A record states that the boot began: 4608, a logon of type 0, or the start of the kernel.
    pub(crate) is_logged: bool,
    /// The time of `time_record` is the time at which the boot began. If not, the boot had begun by
    /// then, and its start time is not known.
    pub(crate) has_time: bool,
    /// How certain it is that there was a boot.
    pub(crate) confidence: Confidence,
    /// Security has the first records that LSASS wrote in the boot.
    pub(crate) is_audited: bool,
    /// No record of its start is left in System, and Security does not show the boot.
    pub(crate) has_no_start_record: bool,
    /// Only one channel shows this boot, and only the other channel shows the next one. Their order
    /// follows from the clock alone.
    pub(crate) by_clock: bool,
    /// The records (Kernel-Power 41, 6008, 1101) that say that the boot before this one crashed.
    pub(crate) crash: Vec<Event>,
}

/// How certain it is that there was a boot, by what shows it in each channel.
fn confidence(security: Option<&SecurityStart>, system: Option<&SystemBoot>) -> Confidence {
    let by_system = match system {
        Some(boot) if boot.is_certain() => Confidence::High,
        Some(boot) if boot.has_no_start_record() => Confidence::Low,
        Some(_) => Confidence::Medium,
        None => Confidence::None,
    };
    let by_security = security.map_or(Confidence::None, |start| start.indicator.confidence());
    by_system.min(by_security)
}

impl BootStart {
    /// Summarises the beginning of a boot in both channels.
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
        let kernel_clock = kernel.and_then(|boot| system.get(boot.time_record()));
        let first = lsass.and_then(|start| security.get(start.index));
        // LSASS starts before the event log service, and the clock may be set between the two.
        let lsass_first = kernel.is_none_or(|boot| boot.kernel_start().is_none())
            && lsass.is_some_and(|start| start.indicator.has_time());
        let clocks = if lsass_first { [first, kernel_clock] } else { [kernel_clock, first] };
        let crash = kernel.map_or([None; 2], |boot| [boot.unclean, boot.unexpected]);
        let crash = crash.into_iter().flatten().filter_map(|at| system.get(at));
        let dropped = lsass.and_then(|start| security.get(start.dropped?));
        let time_record = clocks.into_iter().flatten().next();
        BootStart {
            time_record: must(time_record, "each boot has a record that shows it").cloned(),
            kernel: kernel
                .and_then(|boot| system.get(boot.kernel_start()?))
                .map(|event| event.time),
            evidence: proofs().chain(records).map(Citation::from).collect(),
            indicator: lsass.map(|start| start.indicator),
            security: first.map(|event| event.record_id),
            system: kernel.and_then(|boot| system.get(boot.index)).map(|event| event.record_id),
            is_logged: lsass.is_some_and(|start| start.indicator.is_logged())
                || kernel.is_some_and(|boot| boot.is_certain()),
            has_time: kernel.is_some_and(|boot| !boot.has_no_start_record())
                || lsass.is_some_and(|start| start.indicator.has_time()),
            confidence: confidence(lsass, kernel),
            is_audited: proofs().any(Event::is_lsass_start),
            has_no_start_record: lsass.is_none()
                && kernel.is_some_and(|boot| boot.has_no_start_record()),
            by_clock: boot.by_clock,
            crash: crash.chain(dropped).cloned().collect(),
        }
    }

    /// Security shows that the boot began.
    pub(crate) fn in_security(&self) -> bool {
        self.indicator.is_some_and(|indicator| indicator != StartIndicator::SystemOnly)
    }

    /// System shows that the boot began.
    pub(crate) fn in_system(&self) -> bool {
        self.system.is_some()
    }
}

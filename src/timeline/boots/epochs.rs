//! Boot epochs: which boots there were, and which record belongs to which.

use crate::model::{Channel, Citation, Event, EventKind};
use crate::timeline::boots::alignment::{Pair, align};
use crate::timeline::boots::other_channels;
use crate::timeline::boots::service_restarts;
use crate::timeline::boots::ties::Side;
use crate::timeline::channel::gaps::Coverage;
use crate::timeline::channel::security_boots::{self, StartMark};
use crate::timeline::channel::segments::{self, Piece};
use crate::timeline::channel::system_boots;
use crate::timeline::hosts::grouping::Streams;
use std::collections::BTreeMap;

/// How a boot began, as both channels show it.
#[derive(Debug, Default)]
pub(crate) struct BootStart {
    /// The record whose time is the boot's: Kernel-General 12, else 4608, else what there is.
    pub(crate) clock: Option<Event>,
    /// Records that prove the boot, strongest first.
    pub(crate) evidence: Vec<Citation>,
    /// What shows it in Security.
    pub(crate) mark: Option<StartMark>,
    /// The ID of its first record in Security that may concern a session.
    pub(crate) security: Option<u64>,
    /// The ID of its first mark in System.
    pub(crate) system: Option<u64>,
    /// The boot has a record that says so: 4608, a type 0 logon, or a kernel start.
    pub(crate) is_logged: bool,
    /// Security holds the first records that LSASS wrote in it.
    pub(crate) is_audited: bool,
    /// No record of its start is left, and Security does not show it.
    pub(crate) is_unmarked: bool,
    /// Only one channel shows it, and nothing but the clock puts it before the next, which only the
    /// other shows.
    pub(crate) by_clock: bool,
    /// Kernel-Power 41, 6008, 1101: the boot before it crashed.
    pub(crate) crash: Vec<Event>,
}

impl BootStart {
    fn of(streams: &Streams, boot: &Pair) -> BootStart {
        let security = streams.get(&Channel::Security).map_or(&[][..], Vec::as_slice);
        let system = streams.get(&Channel::System).map_or(&[][..], Vec::as_slice);
        let lsass = boot.security.as_ref();
        let kernel = boot.system.as_ref();
        let proofs = || lsass.into_iter().flat_map(|start| &start.evidence);
        let proofs = || proofs().filter_map(|at| security.get(*at));
        let by_kernel = kernel.and_then(|boot| system.get(boot.clock()));
        let first = lsass.and_then(|start| security.get(start.index));
        let marks = kernel.into_iter().flat_map(|boot| boot.evidence());
        let signs = kernel.map_or([None; 2], |boot| [boot.unclean, boot.unexpected]);
        let signs = signs.into_iter().flatten().filter_map(|at| system.get(at));
        let dropped = lsass.and_then(|start| security.get(start.dropped?));
        BootStart {
            clock: by_kernel.or(first).cloned(),
            evidence: proofs()
                .chain(marks.filter_map(|at| system.get(at)))
                .map(Citation::from)
                .collect(),
            mark: lsass.map(|start| start.mark),
            security: first.map(|event| event.record_id),
            system: kernel.and_then(|boot| system.get(boot.index)).map(|event| event.record_id),
            is_logged: lsass.is_some_and(|start| start.mark <= StartMark::SystemLogon)
                || kernel.is_some_and(|boot| boot.is_certain()),
            is_audited: proofs().any(begins),
            is_unmarked: lsass.is_none() && kernel.is_some_and(|boot| boot.is_unmarked()),
            by_clock: boot.by_clock,
            crash: signs.chain(dropped).cloned().collect(),
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

/// Does LSASS write this record at the beginning of a boot?
fn begins(event: &Event) -> bool {
    match &event.kind {
        EventKind::LsassStarted | EventKind::AuditPolicyTable(_) => true,
        EventKind::Logon(logon) => logon.logon_type == 0,
        _ => false,
    }
}

/// The epochs of one computer and which record belongs to which.
pub(crate) struct Epochs {
    /// Boots in order: epoch *n* is that of `starts[n - 1]`, and number 0 what lies before the
    /// first known boot.
    pub(crate) starts: Vec<BootStart>,
    /// Per channel and record the epoch, beside the streams.
    pub(crate) assigned: BTreeMap<Channel, Vec<usize>>,
}

/// Finds the epochs of one computer; the holes are those of its Security and its System log.
pub(crate) fn epochs(
    streams: &Streams,
    security_holes: &Coverage,
    system_holes: &Coverage,
) -> Epochs {
    let none = Vec::new();
    let security = streams.get(&Channel::Security).unwrap_or(&none);
    let system = streams.get(&Channel::System).unwrap_or(&none);
    let starts = security_boots::starts(security, security_holes);
    let system_boots = system_boots::boots(system, system_holes);
    let system_boots = service_restarts::settle(security, &starts, system, system_boots);
    let late = system_boots::late(system, &system_boots, system_holes);

    let marks: Vec<usize> = starts.iter().map(|start| start.from).collect();
    let lsass = segments::cut(security, &marks, security_holes, |_| true);
    let marks: Vec<usize> = system_boots.iter().map(|boot| boot.index).collect();
    let kernels = segments::cut(system, &marks, system_holes, |index| !late.contains_key(&index));
    let lsass = Side { events: security, starts: &starts, pieces: lsass };
    let kernels = Side { events: system, starts: &system_boots, pieces: kernels };
    let aligned = align(&lsass, &kernels);

    let mut assigned = BTreeMap::new();
    assigned.insert(Channel::Security, spread(&lsass.pieces, &aligned.security));
    assigned.insert(Channel::System, spread_system(&kernels.pieces, &aligned.system, &late));
    other_channels::assign(streams, &mut assigned);
    let starts = aligned.boots.iter().map(|boot| BootStart::of(streams, boot)).collect();
    Epochs { starts, assigned }
}

/// The epoch of each record, from that of each piece.
fn spread(pieces: &[Piece], numbers: &[usize]) -> Vec<usize> {
    let each = pieces.iter().zip(numbers);
    each.flat_map(|(piece, number)| piece.range.clone().map(|_| *number)).collect()
}

/// The same for System, where the last words of the boot that ended stand in the boot after it:
/// they are of the epoch before, whoever shows it.
fn spread_system(pieces: &[Piece], numbers: &[usize], late: &BTreeMap<usize, usize>) -> Vec<usize> {
    let starting = pieces.iter().zip(numbers).filter(|(piece, _)| piece.start.is_some());
    let of_boot: Vec<usize> = starting.map(|(_, number)| *number).collect();
    let mut all = spread(pieces, numbers);
    for (&index, &boot) in late {
        if let (Some(own), Some(number)) = (all.get_mut(index), of_boot.get(boot)) {
            *own = number.saturating_sub(1);
        }
    }
    all
}

//! How a boot begins in the System channel: its start records, one of each kind, and the start of its kernel by a clock
//! that was corrected later.
//!
//! Example: Kernel-General 12 at 12:00:05, and a step of the clock from 12:00:30 to 09:00:30. By the corrected clock the
//! kernel started at 09:00:05.

use super::clock_changes;
use crate::model::{Event, EventKind, Timestamp};
use crate::timeline::timing::CORRECTED_WITHIN_RECORDS;

/// One boot as the System channel shows it: the indices of its start records, one of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SystemBoot {
    /// The first of its start records.
    pub(crate) index: usize,
    /// Kernel-General 12.
    pub(crate) kernel: Option<usize>,
    /// 6005.
    pub(crate) service: Option<usize>,
    /// 6009.
    pub(crate) version: Option<usize>,
    /// 6008.
    pub(crate) unexpected: Option<usize>,
    /// Kernel-Boot 27 with type 0, which is a start without a saved kernel.
    pub(crate) cold: Option<usize>,
    /// Kernel-Boot 20.
    pub(crate) status: Option<usize>,
    /// Kernel-Power 41.
    pub(crate) unclean: Option<usize>,
    /// 6011.
    pub(crate) renamed: Option<usize>,
}

impl SystemBoot {
    /// The field for a start record of this kind; `None` for other events.
    pub(super) fn slot(&mut self, kind: &EventKind) -> Option<&mut Option<usize>> {
        Some(match kind {
            EventKind::KernelStarted(_) => &mut self.kernel,
            EventKind::ServiceStarted => &mut self.service,
            EventKind::SystemVersion => &mut self.version,
            EventKind::UnexpectedShutdown(_) => &mut self.unexpected,
            EventKind::BootType(0) => &mut self.cold,
            EventKind::BootStatus(_) => &mut self.status,
            EventKind::UncleanReboot(_) => &mut self.unclean,
            EventKind::Renamed(_) => &mut self.renamed,
            _ => return None,
        })
    }

    /// Is a Kernel-Power 41 the only start record that is left, if there is one at all?
    fn is_unclean_alone(&self) -> bool {
        let others = [self.kernel, self.cold, self.service, self.version, self.status];
        others.iter().all(Option::is_none)
    }

    /// The start records that the kernel writes.
    pub(crate) fn kernel_records(&mut self) -> [&mut Option<usize>; 4] {
        [&mut self.kernel, &mut self.cold, &mut self.status, &mut self.unclean]
    }

    /// The start records that the event log service writes.
    pub(super) fn service_records(&mut self) -> [&mut Option<usize>; 4] {
        [&mut self.renamed, &mut self.unexpected, &mut self.version, &mut self.service]
    }

    /// Is the record at this index one of its start records?
    pub(crate) fn has_start_record(&self, index: usize) -> bool {
        let kernel = [self.kernel, self.cold, self.status, self.unclean];
        let service = [self.renamed, self.unexpected, self.version, self.service];
        kernel.into_iter().chain(service).any(|at| at == Some(index))
    }

    /// A start of the kernel proves a boot; a start of the service alone may be a restart of the service.
    pub(crate) fn is_certain(&self) -> bool {
        self.kernel.is_some() || self.cold.is_some()
    }

    /// The record that gives the start of the kernel: Kernel-General 12, else another record whose time is that of
    /// the start, or at most some seconds later.
    pub(crate) fn kernel_start(&self) -> Option<usize> {
        self.kernel.or(self.cold).or(self.status).or(self.unclean)
    }

    /// The record that gives the boot its start time: that of the kernel's start, else that of the event log
    /// service.
    pub(crate) fn time_record(&self) -> usize {
        self.kernel_start().or(self.service).or(self.version).unwrap_or(self.index)
    }

    /// When the boot before this one started, if it crashed: the last-alive time in the 6008, minus the uptime in
    /// the 6008.
    pub(crate) fn start_of_crashed_boot(&self, events: &[Event]) -> Option<Timestamp> {
        match &events.get(self.unexpected?)?.kind {
            EventKind::UnexpectedShutdown(report) => report.started(),
            _ => None,
        }
    }

    /// No record of its start is left.
    pub(crate) fn has_no_start_record(&self) -> bool {
        self.is_unclean_alone() && self.unclean.is_none()
    }

    /// The records that prove the boot, the strongest evidence first.
    pub(crate) fn evidence(&self) -> impl Iterator<Item = usize> {
        let kernel = [self.kernel, self.cold];
        let service = [self.service, self.version, self.status];
        let alone = self.unclean.filter(|_| self.is_unclean_alone());
        let first = self.has_no_start_record().then_some(self.index);
        kernel.into_iter().chain(service).chain([alone, first]).flatten()
    }
}

/// When a kernel started, by the clock as it was set soon afterwards.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CorrectedStart {
    pub(crate) start: Timestamp,
    /// The clock time before the clock was set.
    pub(crate) until: Timestamp,
}

/// When the kernel at `kernel` started, by each clock time to which a program set the clock soon afterwards.
pub(crate) fn corrected_starts(
    events: &[Event],
    kernel: usize,
) -> impl Iterator<Item = Timestamp> + '_ {
    corrections(events, kernel).map(|corrected| corrected.start)
}

/// The corrected starts of a kernel, each with the clock time before the change.
pub(crate) fn corrections(
    events: &[Event],
    kernel: usize,
) -> impl Iterator<Item = CorrectedStart> + '_ {
    let started = events.get(kernel).map(|event| event.time);
    let own = events.iter().skip(kernel + 1).take(CORRECTED_WITHIN_RECORDS);
    let own = own.take_while(|event| {
        !matches!(event.kind, EventKind::KernelStarted(_) | EventKind::ServiceStopped)
    });
    let steps = own.filter_map(clock_changes::step_by_a_program);
    steps.scan(started, |start, (until, to)| {
        *start = start.map(|start| start.plus(to.since(until)));
        start.map(|start| CorrectedStart { start, until })
    })
}

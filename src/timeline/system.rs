//! Boots in the System channel, where record order is wrong around every boot: 6009 and 6005 of
//! the new boot come first, then the old boot's Kernel-Power 109 and Kernel-General 13, then the
//! new boot's Kernel-General 12.

use crate::model::{Event, Span, What};

/// Marks of one boot lie this close: by record, or by time.
const MARK_RECORDS: u64 = 30;
const MARK_TIME: Span = Span::seconds(600);
/// Records of the old boot are written at most this late (28 seen).
const LATE_RECORDS: u64 = 60;

/// One boot as the System channel shows it. Indices into the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SystemBoot {
    /// Lowest of its marks.
    pub(super) index: usize,
    /// Kernel-General 12.
    pub(super) kernel: Option<usize>,
    /// 6005.
    pub(super) service: Option<usize>,
    /// 6009.
    pub(super) version: Option<usize>,
    /// 6008.
    pub(super) unexpected: Option<usize>,
    /// Kernel-Boot 27 with type 0.
    pub(super) cold: Option<usize>,
    /// Kernel-Boot 20.
    pub(super) status: Option<usize>,
    /// Kernel-Power 41.
    pub(super) unclean: Option<usize>,
    /// 6011.
    pub(super) renamed: Option<usize>,
}

impl SystemBoot {
    /// Its place for a mark of this kind.
    fn slot(&mut self, what: &What) -> Option<&mut Option<usize>> {
        Some(match what {
            What::KernelStarted(_) => &mut self.kernel,
            What::ServiceStarted => &mut self.service,
            What::SystemVersion => &mut self.version,
            What::UnexpectedShutdown(_) => &mut self.unexpected,
            What::BootType(0) => &mut self.cold,
            What::BootStatus(_) => &mut self.status,
            What::UncleanReboot(_) => &mut self.unclean,
            What::Renamed(_) => &mut self.renamed,
            _ => return None,
        })
    }

    /// A kernel start proves a boot; a service start alone may be a restart of the service.
    pub(super) fn is_certain(&self) -> bool {
        self.kernel.is_some() || self.cold.is_some()
    }

    /// The record that gives the boot its time: Kernel-General 12, else Kernel-Boot 27, else the
    /// start of the event log service.
    pub(super) fn clock(&self) -> usize {
        self.kernel.or(self.cold).or(self.service).or(self.version).unwrap_or(self.index)
    }

    /// Records that prove it, strongest first.
    pub(super) fn evidence(&self) -> impl Iterator<Item = usize> {
        [self.kernel, self.cold, self.service, self.version, self.status].into_iter().flatten()
    }
}

/// Finds the boots in a System stream (by record ID).
pub(super) fn boots(events: &[Event]) -> Vec<SystemBoot> {
    let mut found: Vec<SystemBoot> = Vec::new();
    for (index, event) in events.iter().enumerate().filter(|(_, event)| !event.recovered) {
        if SystemBoot::default().slot(&event.what).is_none() {
            continue;
        }
        let near = found.last().and_then(|boot| events.get(boot.index)).is_some_and(|first| {
            event.record_id - first.record_id <= MARK_RECORDS
                || event.time.since(first.time).abs() <= MARK_TIME
        });
        if near
            && let Some(slot) = found.last_mut().and_then(|boot| boot.slot(&event.what))
            && slot.is_none()
        {
            *slot = Some(index);
            continue;
        }
        let mut boot = SystemBoot { index, ..SystemBoot::default() };
        if let Some(slot) = boot.slot(&event.what) {
            *slot = Some(index);
        }
        found.push(boot);
    }
    // A name change or a status record alone is no boot.
    found.retain(|boot| boot.is_certain() || boot.service.is_some() || boot.version.is_some());
    found
}

/// For every record the number of boots that began before it: 0 for those before the first.
/// Records of the old boot that were written late are moved back.
pub(super) fn assign(events: &[Event], boots: &[SystemBoot]) -> Vec<usize> {
    let mut assigned = Vec::with_capacity(events.len());
    let mut passed = 0;
    for (index, event) in events.iter().enumerate() {
        while boots.get(passed).is_some_and(|boot| boot.index <= index) {
            passed += 1;
        }
        let boot = passed.checked_sub(1).and_then(|at| boots.get(at));
        let late = boot.is_some_and(|boot| is_late(events, boot, index, event));
        assigned.push(if late { passed - 1 } else { passed });
    }
    assigned
}

/// Does this record, written after a boot's first mark, belong to the boot before?
fn is_late(events: &[Event], boot: &SystemBoot, index: usize, event: &Event) -> bool {
    let Some(first) = events.get(boot.index) else { return false };
    if event.record_id - first.record_id > LATE_RECORDS {
        return false;
    }
    match event.what {
        // Always written by the next boot.
        What::KernelStopped(_) => true,
        What::ShutdownTransition(_)
        | What::ServiceStopped
        | What::ShutdownRequested(_)
        | What::Winlogon(_)
        | What::PowerContext => {
            // Between the first marks and the kernel's start stands what the old boot wrote last.
            let kernel = boot.kernel.filter(|kernel| index < *kernel);
            let older = |start: &Event| event.time < start.time;
            matches!(event.what, What::ShutdownTransition(_)) && kernel.is_some()
                || kernel.and_then(|kernel| events.get(kernel)).is_some_and(older)
        }
        _ => false,
    }
}

//! Boots in the System channel, where record order is wrong around every boot: 6009 and 6005 of
//! the new boot come first, then the old boot's Kernel-Power 109 and Kernel-General 13, then the
//! new boot's Kernel-General 12.

use crate::model::{Event, EventKind, Span, Timestamp};
use crate::timeline::channel::gaps::Coverage;
use std::collections::BTreeMap;

/// Marks of one boot lie this close: by record, or by time.
const MARK_RECORDS: u64 = 30;
const MARK_TIME: Span = Span::seconds(600);
/// Records of the old boot are written at most this late (28 seen).
const LATE_RECORDS: u64 = 60;

/// The kernel's marks of one boot carry times this close together.
const KERNEL_MARKS: Span = Span::seconds(60);
/// A wrong clock at boot is hours off (10 seen).
pub(crate) const WRONG_CLOCK: Span = Span::seconds(12 * 3_600);
/// Records this close follow each other with at most a few strangers in between.
const NEXT_TO: u64 = 3;
/// Legacy records may carry whole seconds only.
const WHOLE_SECOND: Span = Span::seconds(1);
/// The event log service starts this soon after the kernel (54 s seen, 244 s on a slow host).
const SERVICE_AFTER_KERNEL: Span = Span::seconds(300);

/// One boot as the System channel shows it. Indices into the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SystemBoot {
    /// Lowest of its marks.
    pub(crate) index: usize,
    /// Kernel-General 12.
    pub(crate) kernel: Option<usize>,
    /// 6005.
    pub(crate) service: Option<usize>,
    /// 6009.
    pub(crate) version: Option<usize>,
    /// 6008.
    pub(crate) unexpected: Option<usize>,
    /// Kernel-Boot 27 with type 0.
    pub(crate) cold: Option<usize>,
    /// Kernel-Boot 20.
    pub(crate) status: Option<usize>,
    /// Kernel-Power 41.
    pub(crate) unclean: Option<usize>,
    /// 6011.
    pub(crate) renamed: Option<usize>,
}

impl SystemBoot {
    /// Its place for a mark of this kind.
    fn slot(&mut self, what: &EventKind) -> Option<&mut Option<usize>> {
        Some(match what {
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

    /// Nothing but its Kernel-Power 41 is left of it.
    fn is_unclean_alone(&self) -> bool {
        let others = [self.kernel, self.cold, self.service, self.version, self.status];
        others.iter().all(Option::is_none)
    }

    /// The marks that the kernel writes.
    pub(crate) fn of_kernel(&mut self) -> [&mut Option<usize>; 4] {
        [&mut self.kernel, &mut self.cold, &mut self.status, &mut self.unclean]
    }

    /// A kernel start proves a boot; a service start alone may be a restart of the service.
    pub(crate) fn is_certain(&self) -> bool {
        self.kernel.is_some() || self.cold.is_some()
    }

    /// The record that carries the kernel's start: Kernel-General 12, else another that the kernel
    /// stamps with it, to a second.
    pub(crate) fn by_kernel(&self) -> Option<usize> {
        self.kernel.or(self.cold).or(self.status).or(self.unclean)
    }

    /// The record that gives the boot its time: the kernel's start, else that of the event log
    /// service.
    pub(crate) fn clock(&self) -> usize {
        self.by_kernel().or(self.service).or(self.version).unwrap_or(self.index)
    }

    /// When the boot before this one started, if it crashed: 6008's last sign of life less its
    /// uptime.
    pub(crate) fn dead_start(&self, events: &[Event]) -> Option<Timestamp> {
        match &events.get(self.unexpected?)?.kind {
            EventKind::UnexpectedShutdown(told) => {
                Some(told.last_alive?.plus(Span::seconds(-i64::from(told.uptime?))))
            }
            _ => None,
        }
    }

    /// No record of its start is left.
    pub(crate) fn is_unmarked(&self) -> bool {
        self.is_unclean_alone() && self.unclean.is_none()
    }

    /// Records that prove it, strongest first.
    pub(crate) fn evidence(&self) -> impl Iterator<Item = usize> {
        let kernel = [self.kernel, self.cold];
        let service = [self.service, self.version, self.status];
        let alone = self.unclean.filter(|_| self.is_unclean_alone());
        let first = self.is_unmarked().then_some(self.index);
        kernel.into_iter().chain(service).chain([alone, first]).flatten()
    }
}

/// Finds the boots in a System stream (by record ID); `holes` are those of its log.
pub(crate) fn boots(events: &[Event], holes: &Coverage) -> Vec<SystemBoot> {
    let mut found: Vec<SystemBoot> = Vec::new();
    for (index, event) in events.iter().enumerate().filter(|(_, event)| !event.recovered) {
        if SystemBoot::default().slot(&event.kind).is_none() {
            continue;
        }
        let near = found.last().and_then(|boot| events.get(boot.index)).is_some_and(|first| {
            event.record_id - first.record_id <= MARK_RECORDS
                || event.time.since(first.time).abs() <= MARK_TIME
        });
        if near
            && !found.last().is_some_and(|boot| {
                starts_another(events, boot, index)
                    || stopped_before(events, boot, index)
                    || comes_too_late(boot, &event.kind)
            })
            && let Some(slot) = found.last_mut().and_then(|boot| boot.slot(&event.kind))
            && slot.is_none()
        {
            *slot = Some(index);
            continue;
        }
        let mut boot = SystemBoot { index, ..SystemBoot::default() };
        if let Some(slot) = boot.slot(&event.kind) {
            *slot = Some(index);
        }
        found.push(boot);
    }
    // A name change or a status record alone is no boot.
    found.retain(|boot| {
        boot.is_certain()
            || boot.unclean.is_some()
            || boot.service.is_some()
            || boot.version.is_some()
    });
    let mut floor = 0;
    for boot in &mut found {
        reach_back(events, holes, boot, floor);
        floor = boot.index + 1;
    }
    found
}

/// Missing records may be a boot's first: what stands between them and its first mark, and is no
/// older than that or the last word of the boot before, was written in this boot.
fn reach_back(events: &[Event], holes: &Coverage, boot: &mut SystemBoot, floor: usize) {
    if boot.service.is_some() {
        return;
    }
    let Some(mark) = events.get(boot.index) else { return };
    let crashed = boot.unclean.is_some() || boot.unexpected.is_some();
    let own = |event: &Event| match event.kind {
        EventKind::KernelStopped(_) | EventKind::ShutdownTransition(_) => !crashed,
        // Written when the service has started.
        EventKind::Uptime(_) => event.time.plus(WHOLE_SECOND) >= mark.time,
        // The kernel's records carry its start, up to a few ticks.
        _ => boot.kernel.is_none() && event.time.plus(WHOLE_SECOND) >= mark.time,
    };
    for at in (floor..=boot.index).rev() {
        let Some(event) = events.get(at) else { return };
        let far = mark.record_id - event.record_id > MARK_RECORDS;
        if far || (at < boot.index && !own(event)) {
            return;
        }
        let before = at.checked_sub(1).and_then(|at| events.get(at));
        if before.is_none_or(|before| holes.parts(before.record_id, event.record_id)) {
            boot.index = at;
            return;
        }
    }
}

/// Does this mark of the kernel belong to the next boot, although the boot so far lacks one?
///
/// A full log may have lost a boot's first records and kept its Kernel-Boot 27; a crash may take a
/// boot's Kernel-General 12 away and leave its 6005; that of the boot after the crash then
/// follows, before its own 6008 and 6005. The kernel starts before the service: only a clock
/// corrected in between puts it after, and then no other 6005 claims it.
fn starts_another(events: &[Event], boot: &SystemBoot, index: usize) -> bool {
    let Some(event) = events.get(index) else { return false };
    let at = |mark: Option<usize>| mark.and_then(|at| events.get(at));
    let far = |mark: &Event| event.time.since(mark.time).abs() > KERNEL_MARKS;
    match event.kind {
        EventKind::KernelStarted(_) => {
            // No wrong clock is that much off.
            let earlier = at(boot.service.or(boot.version).or(boot.unexpected));
            if earlier.is_some_and(|mark| event.time.since(mark.time) > WRONG_CLOCK) {
                return true;
            }
        }
        // These carry the kernel's own start.
        EventKind::BootType(_) | EventKind::BootStatus(_) | EventKind::UncleanReboot(_) => {
            return at(boot.kernel).is_some_and(far);
        }
        _ => return false,
    }
    if let Some(mark) = at(boot.cold.or(boot.status).or(boot.unclean)) {
        return far(mark);
    }
    let Some(service) = at(boot.service.or(boot.version)) else { return false };
    let rest = events.iter().skip(index + 1);
    let before_next =
        rest.take_while(|other| other.record_id - event.record_id <= MARK_RECORDS).take_while(
            |other| !matches!(other.kind, EventKind::KernelStarted(_) | EventKind::ServiceStopped),
        );
    let early = event.time.since(service.time) <= WHOLE_SECOND;
    before_next.into_iter().any(|other| {
        let next = other.record_id - event.record_id <= NEXT_TO;
        match other.kind {
            EventKind::UnexpectedShutdown(_) if next => true,
            EventKind::UnexpectedShutdown(_)
            | EventKind::SystemVersion
            | EventKind::ServiceStarted => {
                let lag = other.time.since(event.time);
                !early && (next || Span(0) <= lag && lag <= SERVICE_AFTER_KERNEL)
            }
            _ => false,
        }
    })
}

/// 6008 and 6011 come before the 6009 of their boot, and that before its 6005.
fn comes_too_late(boot: &SystemBoot, what: &EventKind) -> bool {
    match what {
        EventKind::UnexpectedShutdown(_) | EventKind::Renamed(_) => {
            boot.service.is_some() || boot.version.is_some()
        }
        EventKind::SystemVersion => boot.service.is_some(),
        _ => false,
    }
}

/// Did the event log service stop between this boot's first mark and the record at `index`? Then
/// the record is another boot's.
fn stopped_before(events: &[Event], boot: &SystemBoot, index: usize) -> bool {
    let Some(kernel) = boot.kernel.or(boot.cold).or(boot.status).or(boot.unclean) else {
        return false;
    };
    let mut since = events.iter().take(index).skip(kernel);
    since.any(|event| matches!(event.kind, EventKind::ServiceStopped))
}

/// Where the boot after this one begins.
fn next_index(boots: &[SystemBoot], boot: &SystemBoot) -> Option<usize> {
    let next = boots.partition_point(|other| other.index <= boot.index);
    boots.get(next).map(|next| next.index)
}

/// Had somebody asked for a shutdown, and the event log service stopped, just before this boot?
pub(crate) fn was_asked_for(events: &[Event], boot: &SystemBoot) -> bool {
    let Some(first) = events.get(boot.index) else { return false };
    let before = || {
        let before = events.iter().take(boot.index).rev();
        before.take_while(|event| first.record_id - event.record_id <= MARK_RECORDS)
    };
    let stop = before().find(|event| matches!(event.kind, EventKind::ServiceStopped));
    stop.is_some_and(|stop| {
        before().any(|event| {
            matches!(event.kind, EventKind::ShutdownRequested(_))
                && event.record_id < stop.record_id
                && stop.time.since(event.time).abs() <= MARK_TIME
        })
    })
}

/// When the boot before this one ended, by what its kernel wrote last and this boot recorded.
pub(crate) fn last_words(
    events: &[Event],
    boots: &[SystemBoot],
    boot: &SystemBoot,
) -> Option<Timestamp> {
    let first = events.get(boot.index)?;
    let next = next_index(boots, boot);
    let words = events
        .iter()
        .take(next.unwrap_or(events.len()))
        .skip(boot.index)
        .take_while(|event| event.record_id - first.record_id <= LATE_RECORDS)
        .filter(|event| {
            matches!(event.kind, EventKind::KernelStopped(_) | EventKind::ShutdownTransition(_))
        });
    words.last().map(|event| event.time)
}

/// The records that are the last words of a boot, written late: after the first mark of the next
/// boot, whose index is given. Behind missing records nothing is late.
pub(crate) fn late(
    events: &[Event],
    boots: &[SystemBoot],
    holes: &Coverage,
) -> BTreeMap<usize, usize> {
    let mut late = BTreeMap::new();
    let mut passed = 0;
    let mut torn = false;
    for (index, event) in events.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| events.get(at));
        torn |= before.is_some_and(|before| holes.parts(before.record_id, event.record_id));
        while boots.get(passed).is_some_and(|boot| boot.index <= index) {
            passed += 1;
            torn = false;
        }
        let Some(last) = passed.checked_sub(1).filter(|_| !torn) else { continue };
        if boots.get(last).is_some_and(|boot| is_late(events, boot, index, event)) {
            late.insert(index, last);
        }
    }
    late
}

/// Does this record, written after a boot's first mark, belong to the boot before?
fn is_late(events: &[Event], boot: &SystemBoot, index: usize, event: &Event) -> bool {
    let Some(first) = events.get(boot.index) else { return false };
    if event.record_id - first.record_id > LATE_RECORDS {
        return false;
    }
    match event.kind {
        // Always written by the next boot.
        EventKind::KernelStopped(_) => true,
        EventKind::ShutdownTransition(_)
        | EventKind::ServiceStopped
        | EventKind::ShutdownRequested(_)
        | EventKind::Winlogon(_)
        | EventKind::PowerContext => {
            // Between the first marks and the kernel's start stands what the old boot wrote last.
            let kernel = boot.kernel.filter(|kernel| index < *kernel);
            let older = |start: &Event| event.time < start.time;
            matches!(event.kind, EventKind::ShutdownTransition(_))
                && (kernel.is_some() || boot.kernel.is_none())
                || kernel.and_then(|kernel| events.get(kernel)).is_some_and(older)
        }
        _ => false,
    }
}

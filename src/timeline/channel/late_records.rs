//! Records that the System channel has late: what happened at the end of a boot is recorded by the
//! boot after it, behind that boot's first records.

use super::gaps::Coverage;
use super::system_boots::SystemBoot;
use crate::model::event_role::BootRole;
use crate::model::{Event, EventKind, Timestamp};
use crate::timeline::timing::{LATE_RECORD_IDS, START_RECORD_IDS, START_RECORDS};
use std::collections::BTreeMap;

/// The late records, each with the number of the boot among whose records it stands: it is of the
/// boot before that one. Behind missing records none is late.
pub(crate) fn late(
    events: &[Event],
    boots: &[SystemBoot],
    gaps: &Coverage,
) -> BTreeMap<usize, usize> {
    let mut late = BTreeMap::new();
    let mut passed = 0;
    let mut after_gap = false;
    for (index, event) in events.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| events.get(at));
        after_gap |= before
            .is_some_and(|before| gaps.may_lack_records_between(before.record_id, event.record_id));
        while boots.get(passed).is_some_and(|boot| boot.index <= index) {
            passed += 1;
            after_gap = false;
        }
        let last = passed.checked_sub(1).filter(|_| !after_gap);
        let boot = last.and_then(|last| boots.get(last));
        if let (Some(last), Some(boot)) = (last, boot)
            && is_late(events, boot, index, event)
        {
            late.insert(index, last);
        }
    }
    late
}

/// Does this record, which stands behind a boot's first start record, belong to the boot before?
fn is_late(events: &[Event], boot: &SystemBoot, index: usize, event: &Event) -> bool {
    let Some(first) = events.get(boot.index) else { return false };
    let role = event.role();
    if event.record_id - first.record_id > LATE_RECORD_IDS || !role.may_be_recorded_late() {
        return false;
    }
    if role.boot == BootRole::RecordedByNextBoot {
        return true;
    }
    // Between the first start records and the kernel's start stands what the old boot wrote last.
    let kernel = boot.kernel.filter(|kernel| index < *kernel);
    let is_older = |start: &Event| event.time < start.time;
    let is_transition = matches!(event.kind, EventKind::ShutdownTransition(_));
    is_transition && (kernel.is_some() || boot.kernel.is_none())
        || kernel.and_then(|kernel| events.get(kernel)).is_some_and(is_older)
}

/// When the boot before this one ended: the last of what its kernel wrote and this boot recorded.
pub(crate) fn end_of_boot_before(
    events: &[Event],
    boots: &[SystemBoot],
    boot: &SystemBoot,
) -> Option<Timestamp> {
    let first = events.get(boot.index)?;
    let next = boots.partition_point(|other| other.index <= boot.index);
    let next = boots.get(next).map_or(events.len(), |next| next.index);
    let own = events.iter().take(next).skip(boot.index);
    let late = own.take_while(|event| event.record_id - first.record_id <= LATE_RECORD_IDS).filter(
        |event| {
            matches!(event.kind, EventKind::KernelStopped(_) | EventKind::ShutdownTransition(_))
        },
    );
    late.last().map(|event| event.time)
}

/// Had somebody asked for a shutdown, and the event log service stopped, just before this boot?
pub(crate) fn follows_requested_shutdown(events: &[Event], boot: &SystemBoot) -> bool {
    let Some(first) = events.get(boot.index) else { return false };
    let before = || {
        let before = events.iter().take(boot.index).rev();
        before.take_while(|event| first.record_id - event.record_id <= START_RECORD_IDS)
    };
    let stop = before().find(|event| matches!(event.kind, EventKind::ServiceStopped));
    stop.is_some_and(|stop| {
        before().any(|event| {
            matches!(event.kind, EventKind::ShutdownRequested(_))
                && event.record_id < stop.record_id
                && stop.time.since(event.time).abs() <= START_RECORDS
        })
    })
}

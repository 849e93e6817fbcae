//! Events of the System channel.

use super::as_text;
use super::fields::FieldReader;
use super::value::number;
use crate::model::event::{
    BootStatus, ClockChange, Notification, PowerState, Renamed, ShutdownRequest, TimeZone,
    UnexpectedShutdown, Woke,
};
use crate::model::{EventKind, Timestamp};
use std::ops::RangeInclusive;

/// UTC minus the standard time of a time zone, in minutes: from UTC+14 to UTC-12.
const MOST_BIAS: RangeInclusive<i32> = -14 * 60..=12 * 60;

/// The same with daylight saving time, which is at most two hours.
const MOST_BIAS_IN_USE: RangeInclusive<i32> = -16 * 60..=12 * 60;

/// EventLog 6008. Its texts are local and localized; the binary data holds the time in UTC.
pub(super) fn unexpected_shutdown(fields: &mut FieldReader<'_>) -> EventKind {
    let binary = fields.bytes("Binary");
    let last_alive = binary.as_deref().and_then(|bytes| bytes.get(16..32)).and_then(system_time);
    EventKind::UnexpectedShutdown(UnexpectedShutdown {
        last_alive: fields.need("Binary", last_alive),
        uptime: number(&fields.parameter(4)).and_then(|seconds| seconds.try_into().ok()),
    })
}

fn system_time(bytes: &[u8]) -> Option<Timestamp> {
    let fields: [[u8; 2]; 8] = bytes.as_chunks().0.try_into().ok()?;
    as_text::system_time(fields.map(u16::from_le_bytes))
}

/// EventLog 6011
pub(super) fn renamed(fields: &mut FieldReader<'_>) -> EventKind {
    // A system that has just been set up had no name before.
    let (old, new) = (fields.parameter(0), fields.parameter(1));
    fields.need("Data", (!new.is_empty()).then_some(()));
    EventKind::Renamed(Box::new(Renamed {
        old: fields.interner().text(&old),
        new: fields.interner().text(&new),
    }))
}

/// EventLog 6013
pub(super) fn uptime(fields: &mut FieldReader<'_>) -> EventKind {
    let seconds = number(&fields.parameter(4));
    let zone = time_zone(fields);
    EventKind::Uptime(fields.need("Data", seconds).unwrap_or(0), zone.map(Box::new))
}

/// `480 Pacific Standard Time`: the bias in minutes, and the name.
fn time_zone(fields: &mut FieldReader<'_>) -> Option<TimeZone> {
    let text = fields.parameter(6);
    let (bias, name) = text.split_once(' ')?;
    let bias: i32 = bias.parse().ok()?;
    let is_possible = MOST_BIAS.contains(&bias);
    is_possible.then(|| TimeZone { utc_offset_minutes: -bias, name: fields.interner().text(name) })
}

/// Kernel-General 24
pub(super) fn bias_in_use(fields: &mut FieldReader<'_>) -> EventKind {
    let bias = fields.number_i32("CurrentBias").filter(|bias| MOST_BIAS_IN_USE.contains(bias));
    fields.need("CurrentBias", bias).map_or(EventKind::Boundary, EventKind::BiasInUse)
}

/// Kernel-General 12
pub(super) fn kernel_started(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::KernelStarted(fields.time("StartTime"))
}

/// Kernel-General 13
pub(super) fn kernel_stopped(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::KernelStopped(fields.time("StopTime"))
}

/// Kernel-General 1
pub(super) fn clock_changed(fields: &mut FieldReader<'_>) -> EventKind {
    let new = fields.time("NewTime");
    EventKind::ClockChanged(Box::new(ClockChange {
        previous: fields.time("OldTime"),
        new: fields.need("NewTime", new),
        reason: fields.number_u32("Reason"),
        process: fields.text("ProcessName"),
    }))
}

/// Kernel-Boot 20
pub(super) fn boot_status(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::BootStatus(BootStatus {
        last_shutdown_good: fields.boolean("LastShutdownGood"),
        last_boot_good: fields.boolean("LastBootGood"),
        last_boot_id: fields.number_u32("LastBootId"),
    })
}

/// Kernel-Boot 27
pub(super) fn boot_type(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::BootType(fields.needed_u32("BootType"))
}

/// Kernel-Power 41
pub(super) fn unclean_reboot(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::UncleanReboot(fields.number("BugcheckCode").unwrap_or(0))
}

/// Kernel-Power 42
pub(super) fn sleep(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::Sleep(power_state(fields))
}

/// Kernel-Power 107
pub(super) fn resume(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::Resume(power_state(fields))
}

fn power_state(fields: &FieldReader<'_>) -> PowerState {
    PowerState {
        target: fields.number_u32("TargetState"),
        effective: fields.number_u32("EffectiveState"),
    }
}

/// Kernel-Power 109
pub(super) fn shutdown_transition(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::ShutdownTransition(fields.needed_u32("ShutdownActionType"))
}

/// Kernel-Power 566
pub(super) fn power_session(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::PowerSession(fields.number_u32("BootId"))
}

/// Power-Troubleshooter 1
pub(super) fn woke(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::Woke(Box::new(Woke {
        sleep: fields.time("SleepTime"),
        wake: fields.time("WakeTime"),
        state: power_state(fields),
        hibernated: fields.number("HiberWriteDuration").is_some_and(|duration| duration > 0),
    }))
}

/// User32 1074, with names `param1` to `param7` or with none.
pub(super) fn shutdown_requested(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::ShutdownRequested(Box::new(ShutdownRequest {
        process: fields.parameter(0).into_owned(),
        reason: fields.parameter(2).into_owned(),
        code: fields.parameter(3).into_owned(),
        kind: fields.parameter(4).into_owned(),
        comment: fields.parameter(5).into_owned(),
        user: fields.parameter(6).into_owned(),
    }))
}

/// User32 1076
pub(super) fn shutdown_reason(fields: &mut FieldReader<'_>) -> EventKind {
    let reason = fields.parameter(0);
    EventKind::ShutdownReason(fields.interner().text(&reason))
}

/// Winlogon 7001, 7002
pub(super) fn winlogon(fields: &mut FieldReader<'_>) -> EventKind {
    EventKind::Winlogon(Box::new(Notification {
        session: Some(fields.needed_u32("TSId")),
        sid: fields.text("UserSid"),
    }))
}

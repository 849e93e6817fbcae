//! Events of the kernel about boots, the clock and power.

use super::{SYSTEM, event_data, field, local_system, manifest};
use crate::event::{Event, Field, Process, Provider};
use crate::value::{FileTime, Sid, Value};

/// Boots and the clock.
pub const GENERAL: Provider =
    manifest("Microsoft-Windows-Kernel-General", "a68ca8b7-004f-d7b6-a698-07e2de0f1f5d");
/// How the machine came up.
pub const BOOT: Provider =
    manifest("Microsoft-Windows-Kernel-Boot", "15ca44ff-4d7a-4baa-bba5-0998955e531e");
/// Sleep, shutdown, crashes.
pub const POWER: Provider =
    manifest("Microsoft-Windows-Kernel-Power", "331c3b3a-2005-44c2-ac5e-77220c37d6b4");
/// What woke the machine.
pub const TROUBLESHOOTER: Provider =
    manifest("Microsoft-Windows-Power-Troubleshooter", "cdc05e28-c449-49c6-b9d2-88cf761644df");

const LEVEL_CRITICAL: u8 = 1;

/// An event of the kernel (process 4) in the System log.
fn kernel(provider: Provider, id: u16, version: u8, task: u16, fields: Vec<Field>) -> Event {
    Event {
        version,
        task,
        process: Process::Kernel,
        user: Some(local_system()),
        ..event_data(provider, id, SYSTEM, fields)
    }
}

/// Kernel-General 12: the kernel started. `build` is Windows' build number.
pub fn started(start: FileTime, build: u32, revision: u32) -> Event {
    let items = vec![
        field("MajorVersion", 10),
        field("MinorVersion", 0),
        field("BuildVersion", build),
        field("QfeVersion", revision),
        field("ServiceVersion", Value::UInt16(0)),
        field("BootMode", 0),
        field("StartTime", start),
    ];
    Event { keywords: 0x8000_0000_0000_0080, ..kernel(GENERAL, 12, 0, 1, items) }
}

/// Kernel-General 13: the kernel shuts down. Recorded by the next boot.
pub fn stopping(stop: FileTime) -> Event {
    let event = kernel(GENERAL, 13, 0, 2, vec![field("StopTime", stop)]);
    Event { keywords: 0x8000_0000_0000_0080, user: None, ..event }
}

/// Kernel-General 1: the clock changed.
#[derive(Clone, Debug)]
pub struct ClockChange {
    /// Version of the event, 0 to 4: each adds items.
    pub version: u8,
    /// Time before.
    pub old: FileTime,
    /// Time after.
    pub new: FileTime,
    /// 1 set by a program, 2 resynchronized with the hardware clock, 3 time zone; since version 1.
    pub reason: u32,
    /// Program that set it, as a device path; since version 2.
    pub process_name: String,
    /// Its process id; since version 2.
    pub process_id: u32,
}

impl ClockChange {
    /// The event.
    pub fn event(&self) -> Event {
        let mut items = vec![field("NewTime", self.new), field("OldTime", self.old)];
        if self.version >= 4 {
            let ticks = i128::from(self.new.0) - i128::from(self.old.0);
            let milliseconds = i64::try_from(ticks / 10_000).expect("64 bits");
            items.push(field("TimeDeltaInMs", Value::Int64(milliseconds)));
        }
        if self.version >= 1 {
            items.push(field("Reason", self.reason));
        }
        if self.version >= 2 {
            items.push(field("ProcessName", self.process_name.clone()));
            items.push(field("ProcessID", self.process_id));
        }
        if self.version >= 3 {
            items.push(field("CmosTime", self.new));
            items.push(field("TimeZoneBias", Value::Int32(0)));
            items.push(field("RealTimeIsUniversal", false));
            items.push(field("SystemInCmosMode", false));
        }
        let task = if self.version == 0 { 0 } else { 5 };
        let event = kernel(GENERAL, 1, self.version, task, items);
        let process =
            if self.process_id == 0 { Process::Kernel } else { Process::Id(self.process_id) };
        Event { keywords: 0x8000_0000_0000_0010, process, ..event }
    }
}

/// Kernel-Boot 20: how the last shutdown and boot went; `last_boot_id` makes it version 1.
pub fn last_boot(shutdown_good: bool, boot_good: bool, last_boot_id: Option<u32>) -> Event {
    let mut items =
        vec![field("LastShutdownGood", shutdown_good), field("LastBootGood", boot_good)];
    if let Some(id) = last_boot_id {
        items.extend([field("LastBootId", id), field("BootStatusPolicy", 2)]);
        kernel(BOOT, 20, 1, 31, items)
    } else {
        kernel(BOOT, 20, 0, 0, items)
    }
}

/// Kernel-Boot 25: the boot menu policy. Logged at every start, Fast Startup included.
pub fn boot_menu_policy() -> Event {
    kernel(BOOT, 25, 0, 32, vec![field("BootMenuPolicy", 1)])
}

/// Kernel-Boot 27, version 1: 0 cold boot, 1 Fast Startup, 2 resumed from hibernation.
pub fn boot_type(boot_type: u32) -> Event {
    let options = Value::AnsiString(" NOEXECUTE=OPTIN".into());
    kernel(BOOT, 27, 1, 33, vec![field("BootType", boot_type), field("LoadOptions", options)])
}

/// Kernel-Boot 27, version 0: without load options.
pub fn boot_type_v0(boot_type: u32) -> Event {
    kernel(BOOT, 27, 0, 0, vec![field("BootType", boot_type)])
}

/// Kernel-Power 41, version 6 (Windows 10): rebooted without a clean shutdown.
pub fn rebooted_without_shutdown(bugcheck: u32) -> Event {
    let mut items = bugcheck_items(bugcheck);
    items.extend([
        field("SleepInProgress", 0),
        field("PowerButtonTimestamp", Value::UInt64(0)),
        field("BootAppStatus", 0),
        field("Checkpoint", Value::UInt8(0)),
        field("ConnectedStandbyInProgress", false),
        field("SystemSleepTransitionsToOn", 0),
        field("CsEntryScenarioInstanceId", Value::UInt8(0)),
        field("BugcheckInfoFromEFI", false),
        field("CheckpointStatus", Value::UInt8(0)),
    ]);
    let event = kernel(POWER, 41, 6, 63, items);
    Event { level: LEVEL_CRITICAL, keywords: 0x8000_4000_0000_0002, ..event }
}

/// Kernel-Power 41, version 2 (Windows 7 to 8.1).
pub fn rebooted_without_shutdown_v2(bugcheck: u32) -> Event {
    let mut items = bugcheck_items(bugcheck);
    items
        .extend([field("SleepInProgress", false), field("PowerButtonTimestamp", Value::UInt64(0))]);
    Event {
        level: LEVEL_CRITICAL,
        keywords: 0x8000_0000_0000_0002,
        ..kernel(POWER, 41, 2, 63, items)
    }
}

fn bugcheck_items(code: u32) -> Vec<Field> {
    let mut items = vec![field("BugcheckCode", code)];
    for name in
        ["BugcheckParameter1", "BugcheckParameter2", "BugcheckParameter3", "BugcheckParameter4"]
    {
        items.push(field(name, Value::Pointer(0)));
    }
    items
}

/// Kernel-Power 42: entering sleep. States as in `SYSTEM_POWER_STATE`: 2 to 4 are S1 to S3,
/// 5 hibernate, 6 shutdown; target 6 with effective 5 is a Fast Startup shutdown.
pub fn entering_sleep(target: u32, effective: u32, reason: u32) -> Event {
    let items = vec![
        field("TargetState", target),
        field("EffectiveState", effective),
        field("Reason", reason),
        field("Flags", 0),
        field("TransitionsToOn", 1),
    ];
    let event = kernel(POWER, 42, 3, 64, items);
    Event { keywords: 0x8000_0000_0000_0404, user: None, ..event }
}

/// Kernel-Power 107: resumed from sleep.
pub fn resumed(target: u32, effective: u32) -> Event {
    let items = vec![
        field("TargetState", target),
        field("EffectiveState", effective),
        field("WakeFromState", effective),
        field("ProgrammedWakeTimeAc", FileTime(0)),
        field("ProgrammedWakeTimeDc", FileTime(0)),
        field("WakeRequesterTypeAc", 0),
        field("WakeRequesterTypeDc", 0),
    ];
    let event = kernel(POWER, 107, 1, 102, items);
    Event { keywords: 0x8000_0000_0000_0444, user: None, ..event }
}

/// Kernel-Power 109: shutdown begins. Action 4 shutdown, 5 restart, 6 power off. Recorded by the
/// next boot.
pub fn shutdown_transition(action: u32, reason: u32) -> Event {
    let items = vec![
        field("ShutdownActionType", action),
        field("ShutdownEventCode", 0),
        field("ShutdownReason", reason),
    ];
    let event = kernel(POWER, 109, 0, 103, items);
    Event { keywords: 0x8000_4000_0000_0404, user: None, ..event }
}

/// Kernel-Power 187: a program asked for a power action.
pub fn power_action_requested(caller: &str, action: u32) -> Event {
    let units = u16::try_from(caller.encode_utf16().count()).expect("a short path");
    let items = vec![
        field("ApiCallerNameLength", Value::UInt16(units)),
        field("ApiCallerName", caller),
        field("SystemAction", action),
        field("LightestSystemState", 2),
    ];
    let event = kernel(POWER, 187, 0, 243, items);
    Event { keywords: 0x8000_4000_0000_0404, process: Process::Winlogon, ..event }
}

/// Kernel-Power 566 (Windows 11): another power session. `boot_id` is Kernel-Boot 20's
/// `LastBootId` of the same boot, plus one.
pub fn power_session(boot_id: u32, reason: u32, previous: u64, next: u64) -> Event {
    let items = vec![
        field("BootId", boot_id),
        field("Reason", reason),
        field("PreviousSessionId", Value::UInt64(previous)),
        field("PreviousSessionType", 1),
        field("PreviousSessionDurationInUs", Value::UInt64(0)),
        field("PreviousEnergyCapacityAtStart", 0),
        field("PreviousFullEnergyCapacityAtStart", 0),
        field("PreviousEnergyCapacityAtEnd", 0),
        field("PreviousFullEnergyCapacityAtEnd", 0),
        field("NextSessionId", Value::UInt64(next)),
        field("NextSessionType", 0),
        field("PowerStateAc", true),
        field("MonitorReason", reason),
    ];
    Event { keywords: 0x8000_0000_0000_0404, ..kernel(POWER, 566, 0, 268, items) }
}

/// Power-Troubleshooter 1, version 2: woke up. A hibernation file was written for Fast Startup
/// and hibernation, not for sleep.
pub fn woke_up(sleep: FileTime, wake: FileTime, target: u32, effective: u32) -> Event {
    let hibernated = u32::from(effective == 5);
    let items = vec![
        field("SleepTime", sleep),
        field("WakeTime", wake),
        field("SleepDuration", 278),
        field("WakeDuration", 237),
        field("DriverInitDuration", 179),
        field("BiosInitDuration", 0),
        field("HiberWriteDuration", 3_695 * hibernated),
        field("HiberReadDuration", 2_731 * hibernated),
        field("HiberPagesWritten", 70_746 * hibernated),
        field("Attributes", 0x7200_6201),
        field("TargetState", target),
        field("EffectiveState", effective),
        field("WakeSourceType", 0),
        field("WakeSourceTextLength", Value::UInt16(0)),
        field("WakeSourceText", ""),
        field("WakeTimerOwnerLength", Value::UInt16(0)),
        field("WakeTimerContextLength", Value::UInt16(0)),
        field("NoMultiStageResumeReason", 0),
        field("WakeTimerOwner", ""),
        field("WakeTimerContext", ""),
    ];
    let user = Some(Sid::parse("S-1-5-19"));
    Event { process: Process::Id(1048), user, ..kernel(TROUBLESHOOTER, 1, 2, 0, items) }
}

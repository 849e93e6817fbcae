//! Events of the Security log about boots, the clock and processes.

use super::security::audit_event;
use super::{Session, field, hex};
use crate::event::{Event, Process};
use crate::value::{FileTime, Guid, Sid, Value};

const TASK_SECURITY_STATE_CHANGE: u16 = 12_288;
const TASK_PROCESS_CREATION: u16 = 13_312;
const TASK_AUDIT_POLICY_CHANGE: u16 = 13_568;
const TASK_OTHER_POLICY_CHANGE: u16 = 13_573;
const NO: &str = "%%1843";

/// 4608: LSASS started.
pub fn windows_starting() -> Event {
    audit_event(4608, TASK_SECURITY_STATE_CHANGE, Vec::new())
}

/// 4616, version 1 (Windows 7 and later): the clock was set.
pub fn clock_changed(
    subject: &Session,
    previous: FileTime,
    new: FileTime,
    process_name: &str,
) -> Event {
    let mut items = subject.subject();
    items.extend([
        field("PreviousTime", previous),
        field("NewTime", new),
        field("ProcessId", Value::Pointer(0x46c)),
        field("ProcessName", process_name),
    ]);
    Event { version: 1, ..audit_event(4616, TASK_SECURITY_STATE_CHANGE, items) }
}

/// 4616, version 0 (Vista, Server 2008): dates and times are local and localized text.
///
/// `previous` and `new` hold date and time, such as `("8/24/2015", "12:14:49 AM")`.
pub fn clock_changed_v0(
    subject: &Session,
    previous: (&str, &str),
    new: (&str, &str),
    process_name: &str,
) -> Event {
    let mut items = subject.subject();
    items.extend([
        field("PreviousDate", previous.0),
        field("PreviousTime", previous.1),
        field("NewDate", new.0),
        field("NewTime", new.1),
        field("ProcessId", Value::Pointer(0x46c)),
        field("ProcessName", process_name),
    ]);
    audit_event(4616, TASK_SECURITY_STATE_CHANGE, items)
}

/// 4688, version 2: a process was created. Early in a boot the kernel itself writes it.
pub fn process_created(
    subject: &Session,
    process_id: u64,
    process_name: &str,
    parent: &str,
) -> Event {
    let nobody = Sid::parse("S-1-0-0");
    let mut items = subject.subject();
    items.extend([
        field("NewProcessId", Value::Pointer(process_id)),
        field("NewProcessName", process_name),
        field("TokenElevationType", "%%1936"),
        field("ProcessId", Value::Pointer(4)),
        field("CommandLine", ""),
        field("TargetUserSid", &nobody),
        field("TargetUserName", "-"),
        field("TargetDomainName", "-"),
        field("TargetLogonId", hex(0)),
        field("ParentProcessName", parent),
        field("MandatoryLabel", &Sid::parse("S-1-16-16384")),
    ]);
    let event = audit_event(4688, TASK_PROCESS_CREATION, items);
    Event { version: 2, process: Process::Kernel, ..event }
}

/// 4696: a primary token was assigned to a process; the second record of a Windows 10 boot.
pub fn token_assigned(subject: &Session, process_id: u64, process_name: &str) -> Event {
    let mut items = subject.subject();
    items.extend([
        field("TargetUserSid", &Sid::parse("S-1-0-0")),
        field("TargetUserName", "-"),
        field("TargetDomainName", "-"),
        field("TargetLogonId", hex(subject.logon_id)),
        field("TargetProcessId", Value::Pointer(process_id)),
        field("TargetProcessName", process_name),
        field("ProcessId", Value::Pointer(4)),
        field("ProcessName", ""),
    ]);
    Event { process: Process::Kernel, ..audit_event(4696, TASK_PROCESS_CREATION, items) }
}

/// 4826: boot configuration data was loaded.
pub fn boot_configuration(subject: &Session) -> Event {
    let mut items = subject.subject();
    for (name, text) in [
        ("LoadOptions", "-"),
        ("AdvancedOptions", NO),
        ("ConfigAccessPolicy", "%%1846"),
        ("RemoteEventLogging", NO),
        ("KernelDebug", NO),
        ("VsmLaunchType", "%%1848"),
        ("TestSigning", NO),
        ("FlightSigning", NO),
        ("DisableIntegrityChecks", NO),
        ("HypervisorLoadOptions", "-"),
        ("HypervisorLaunchType", "%%1848"),
        ("HypervisorDebug", NO),
    ] {
        items.push(field(name, text));
    }
    Event { process: Process::Kernel, ..audit_event(4826, TASK_OTHER_POLICY_CHANGE, items) }
}

/// 4719: the audit of the start of LSASS, subcategory Security State Change, was switched off.
pub fn start_audit_removed(subject: &Session) -> Event {
    let mut items = subject.subject();
    items.extend([
        field("CategoryId", "%%8272"),
        field("SubcategoryId", "%%12288"),
        field("SubcategoryGuid", Guid::parse("0cce9210-69ae-11d9-bed3-505054503030")),
        field("AuditPolicyChanges", "%%8448"),
    ]);
    audit_event(4719, TASK_AUDIT_POLICY_CHANGE, items)
}

/// 4902: the per-user audit policy table was made. Its id is drawn from the counter of Logon IDs.
pub fn per_user_audit_policy(policy_id: u64) -> Event {
    let items = vec![field("PuaCount", 0), field("PuaPolicyId", hex(policy_id))];
    audit_event(4902, TASK_AUDIT_POLICY_CHANGE, items)
}

//! Connections and the programs that open them: 5156, Sysmon 1 and 3, the client of remote desktop.

use super::security::audit_event;
use super::{RDP_CLIENT, SYSMON, Session, event_data, field, hex, local_system, manifest};
use crate::event::{Event, Process, Provider};
use crate::value::{FileTime, Guid, Sid, Value};

/// Sysmon.
pub const SYSMON_PROVIDER: Provider =
    manifest("Microsoft-Windows-Sysmon", "5770385f-c22a-43e0-bf4c-06f5698ffbd9");
/// The client of remote desktop.
pub const RDP_CLIENT_PROVIDER: Provider = manifest(
    "Microsoft-Windows-TerminalServices-ClientActiveXCore",
    "28aa95bb-d444-4719-a36f-40462168127e",
);

const TASK_FILTERING_PLATFORM: u16 = 12_810;
const OUTBOUND: &str = "%%14593";
const INBOUND: &str = "%%14592";
/// The process id of Sysmon's service.
const SYSMON_PROCESS: Process = Process::Id(2_612);

/// A TCP connection as one of its ends sees it.
#[derive(Clone, Debug)]
pub struct Connection {
    /// True at the end that opened it.
    pub outbound: bool,
    /// The process at this end: its id and its path with a drive letter.
    pub process: (u32, String),
    /// The account of the process, as `DOMAIN\name`.
    pub user: String,
    /// Address and port of the end that opened it.
    pub source: (String, u16),
    /// Address and port of the other end.
    pub destination: (String, u16),
}

impl Connection {
    /// 5156, version 1: the filtering platform let the connection pass.
    pub fn permitted(&self) -> Event {
        let (direction, layer, layer_id) =
            if self.outbound { (OUTBOUND, "%%14611", 48) } else { (INBOUND, "%%14610", 44) };
        let nobody = Sid::parse("S-1-0-0");
        let (id, path) = &self.process;
        // The platform names the volume by its device, and writes all in small letters.
        let application = match path.strip_prefix("C:") {
            Some(rest) => format!(r"\device\harddiskvolume2{rest}").to_lowercase(),
            None => path.clone(),
        };
        let items = vec![
            field("ProcessID", Value::UInt64(u64::from(*id))),
            field("Application", application),
            field("Direction", direction),
            field("SourceAddress", self.source.0.clone()),
            field("SourcePort", self.source.1.to_string()),
            field("DestAddress", self.destination.0.clone()),
            field("DestPort", self.destination.1.to_string()),
            field("Protocol", 6),
            field("FilterRTID", Value::UInt64(71_992)),
            field("LayerName", layer),
            field("LayerRTID", Value::UInt64(layer_id)),
            field("RemoteUserID", &nobody),
            field("RemoteMachineID", &nobody),
        ];
        let event = audit_event(5156, TASK_FILTERING_PLATFORM, items);
        Event { version: 1, process: Process::Kernel, ..event }
    }

    /// Sysmon 3, version 5: the connection with the account of its process.
    pub fn seen_by_sysmon(&self, time: FileTime, process_guid: Guid) -> Event {
        let items = vec![
            field("RuleName", "-"),
            field("UtcTime", sysmon_time(time)),
            field("ProcessGuid", process_guid),
            field("ProcessId", self.process.0),
            field("Image", self.process.1.clone()),
            field("User", self.user.clone()),
            field("Protocol", "tcp"),
            field("Initiated", self.outbound),
            field("SourceIsIpv6", self.source.0.contains(':')),
            field("SourceIp", self.source.0.clone()),
            field("SourceHostname", "-"),
            field("SourcePort", Value::UInt16(self.source.1)),
            field("SourcePortName", "-"),
            field("DestinationIsIpv6", self.destination.0.contains(':')),
            field("DestinationIp", self.destination.0.clone()),
            field("DestinationHostname", "-"),
            field("DestinationPort", Value::UInt16(self.destination.1)),
            field("DestinationPortName", "-"),
        ];
        sysmon(3, 5, items)
    }
}

/// A program that a session starts.
#[derive(Clone, Debug)]
pub struct StartedProgram {
    /// The session that it runs in.
    pub session: Session,
    /// Its process id.
    pub process_id: u32,
    /// Its path.
    pub path: String,
    /// The process id and the path of the process that started it.
    pub parent: (u32, String),
}

impl StartedProgram {
    /// 4688, version 2.
    pub fn audited(&self) -> Event {
        let event = super::audit::process_created(
            &self.session,
            u64::from(self.process_id),
            &self.path,
            "",
        )
        .with("ProcessId", Value::Pointer(u64::from(self.parent.0)))
        .with("ParentProcessName", Value::text(self.parent.1.clone()))
        .with("MandatoryLabel", Value::Sid(Sid::parse("S-1-16-8192")));
        event.with("TokenElevationType", Value::text("%%1938"))
    }

    /// Sysmon 1, version 5.
    pub fn seen_by_sysmon(&self, time: FileTime, guids: [Guid; 2]) -> Event {
        let account = &self.session.account;
        let name = self.path.rsplit('\\').next().unwrap_or_default();
        let items = vec![
            field("RuleName", "-"),
            field("UtcTime", sysmon_time(time)),
            field("ProcessGuid", guids[0]),
            field("ProcessId", self.process_id),
            field("Image", self.path.clone()),
            field("FileVersion", "10.0.18362.449 (WinBuild.160101.0800)"),
            field("Description", "-"),
            field("Product", "-"),
            field("Company", "Microsoft Corporation"),
            field("OriginalFileName", name),
            field("CommandLine", format!("\"{}\"", self.path)),
            field("CurrentDirectory", r"C:\Windows\System32\"),
            field("User", account.qualified()),
            field("LogonGuid", guids[1]),
            field("LogonId", hex(self.session.logon_id)),
            field("TerminalSessionId", 1),
            field("IntegrityLevel", "Medium"),
            field("Hashes", "SHA1=8DCA9749CD48D286950E7A9FA1088C937CBCCAD4"),
            field("ParentProcessGuid", guids[1]),
            field("ParentProcessId", self.parent.0),
            field("ParentImage", self.parent.1.clone()),
            field("ParentCommandLine", self.parent.1.clone()),
        ];
        sysmon(1, 5, items)
    }
}

/// RDPClient 1024: the client of remote desktop is about to connect to a server.
pub fn remote_desktop_client(user: &Sid, process_id: u32, server: &str) -> Event {
    let items =
        vec![field("Name", "Server Name"), field("Value", server), field("CustomLevel", "Info")];
    Event {
        task: 101,
        opcode: 10,
        keywords: 0x4000_0000_0000_0000,
        process: Process::Id(process_id),
        user: Some(user.clone()),
        ..event_data(RDP_CLIENT_PROVIDER, 1024, RDP_CLIENT, items)
    }
}

fn sysmon(id: u16, version: u8, items: Vec<crate::event::Field>) -> Event {
    Event {
        version,
        task: id,
        process: SYSMON_PROCESS,
        user: Some(local_system()),
        ..event_data(SYSMON_PROVIDER, id, SYSMON, items)
    }
}

/// A time as Sysmon writes it: to the millisecond, with a blank.
fn sysmon_time(time: FileTime) -> String {
    time.to_string()[..23].replace('T', " ")
}

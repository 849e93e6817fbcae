//! Records that are read only for hops, and only where hops are asked for: many of them are frequent.

use super::{Interner, RecordData, Value};
use crate::model::event::{Client, ExplicitCredentials};
use crate::model::hop::{
    Connection, HopChannel, HopRecord, HopRecordKind, LogonDetail, NtlmCheck, ProcessStart, Ticket,
};
use crate::model::{Account, LogonId, RecordLocation, Text, Timestamp};

const AUDITING: &str = "Microsoft-Windows-Security-Auditing";
const SYSMON: &str = "Microsoft-Windows-Sysmon";

/// `Direction` of 5156: outbound, a number of a message.
const OUTBOUND: &str = "%%14593";
/// `Protocol` of 5156: TCP.
const TCP: u64 = 6;
/// `Status` of 4768, 4769 and 4776 where nothing failed.
const SUCCESS: u64 = 0;
/// Logon types of sessions that somebody began from elsewhere, or may have.
const FROM_ELSEWHERE: [u64; 6] = [3, 7, 8, 10, 12, 13];
const NO_GUID: &str = "{00000000-0000-0000-0000-000000000000}";

/// What `System` says of a record that may be read for hops.
#[derive(Clone, Copy)]
pub(crate) struct HopHead<'a> {
    pub(crate) provider: &'a str,
    pub(crate) event_id: u16,
    pub(crate) record_id: u64,
    pub(crate) time: Timestamp,
    pub(crate) computer: &'a Text,
    /// `System/Channel`, as it is written or as it is known.
    pub(crate) channel: &'a str,
}

type Decode = fn(&mut HopFields<'_>) -> Option<HopRecordKind>;

impl HopHead<'_> {
    /// How the record is read; `None`: it says nothing of hops.
    fn row(&self) -> Option<(HopChannel, Decode)> {
        let (channel, provider, decode): (_, _, Decode) = match self.event_id {
            1 => (HopChannel::Sysmon, SYSMON, sysmon_process),
            3 => (HopChannel::Sysmon, SYSMON, sysmon_connection),
            4624 => (HopChannel::Security, AUDITING, logon_detail),
            4648 => (HopChannel::Security, AUDITING, credentials),
            4688 => (HopChannel::Security, AUDITING, process),
            4768 | 4769 => (HopChannel::Security, AUDITING, ticket),
            4776 => (HopChannel::Security, AUDITING, ntlm_check),
            5156 => (HopChannel::Security, AUDITING, connection),
            _ => return None,
        };
        let is_it = self.provider.eq_ignore_ascii_case(provider)
            && self.channel.eq_ignore_ascii_case(channel.name());
        is_it.then_some((channel, decode))
    }

    /// Whether a record with this head is read for hops.
    pub(crate) fn is_wanted(&self) -> bool {
        self.row().is_some()
    }

    /// Reads the record; `None`: it says nothing of hops.
    pub(crate) fn decode<'r>(
        &self,
        data: &'r dyn RecordData<'r>,
        location: RecordLocation,
        interner: &'r mut Interner,
    ) -> Option<HopRecord> {
        let (channel, decode) = self.row()?;
        let kind = decode(&mut HopFields { data, interner })?;
        Some(HopRecord {
            record_id: self.record_id,
            time: self.time,
            computer: self.computer.clone(),
            channel,
            event_id: self.event_id,
            location,
            kind,
        })
    }
}

/// The fields of one record.
struct HopFields<'r> {
    data: &'r dyn RecordData<'r>,
    interner: &'r mut Interner,
}

impl HopFields<'_> {
    /// Text without placeholders; empty where there is none.
    fn text(&mut self, name: &'static str) -> Text {
        self.interner.plain(self.data.named(name))
    }

    fn number(&self, name: &'static str) -> Option<u64> {
        self.data.named(name)?.number()
    }

    fn port(&self, name: &'static str) -> u16 {
        self.number(name).and_then(|port| port.try_into().ok()).unwrap_or(0)
    }

    fn is(&self, name: &'static str, wanted: &str) -> bool {
        let value = self.data.named(name).map(Value::text);
        value.is_some_and(|value| value.trim().eq_ignore_ascii_case(wanted))
    }

    /// Names of the source's address and port, then of the destination's; `None` where one is missing.
    fn connection(
        &mut self,
        process_id: &'static str,
        program: &'static str,
        [source, source_port, destination, destination_port]: [&'static str; 4],
    ) -> Option<HopRecordKind> {
        let connection = Connection {
            process_id: self.number(process_id).unwrap_or(0),
            source_port: self.port(source_port),
            destination_port: self.port(destination_port),
            source: self.text(source),
            destination: self.text(destination),
            program: self.text(program),
        };
        let is_whole = connection.source_port > 0
            && !connection.source.is_empty()
            && !connection.destination.is_empty();
        is_whole.then(|| HopRecordKind::Connection(Box::new(connection)))
    }

    fn process(
        &mut self,
        process_id: &'static str,
        program: &'static str,
        logon_id: Option<u64>,
    ) -> Option<HopRecordKind> {
        Some(HopRecordKind::ProcessStart(Box::new(ProcessStart {
            process_id: self.number(process_id)?,
            program: self.text(program),
            logon_id: LogonId(logon_id?),
        })))
    }

    fn account(&mut self, names: [&'static str; 3]) -> std::sync::Arc<Account> {
        self.interner.account_of(names.map(|name| self.data.named(name)))
    }
}

/// 5156
fn connection(fields: &mut HopFields<'_>) -> Option<HopRecordKind> {
    if fields.number("Protocol") != Some(TCP) || !fields.is("Direction", OUTBOUND) {
        return None;
    }
    let names = ["SourceAddress", "SourcePort", "DestAddress", "DestPort"];
    fields.connection("ProcessID", "Application", names)
}

/// Sysmon 3
fn sysmon_connection(fields: &mut HopFields<'_>) -> Option<HopRecordKind> {
    if !fields.is("Initiated", "true") || !fields.is("Protocol", "tcp") {
        return None;
    }
    let names = ["SourceIp", "SourcePort", "DestinationIp", "DestinationPort"];
    fields.connection("ProcessId", "Image", names)
}

/// 4688
fn process(fields: &mut HopFields<'_>) -> Option<HopRecordKind> {
    let own = fields.number("TargetLogonId").filter(|id| *id != 0);
    let logon_id = own.or_else(|| fields.number("SubjectLogonId"));
    fields.process("NewProcessId", "NewProcessName", logon_id)
}

/// Sysmon 1
fn sysmon_process(fields: &mut HopFields<'_>) -> Option<HopRecordKind> {
    let logon_id = fields.number("LogonId");
    fields.process("ProcessId", "Image", logon_id)
}

/// 4648: one for this computer itself is no hop.
fn credentials(fields: &mut HopFields<'_>) -> Option<HopRecordKind> {
    let target_server = fields.text("TargetServerName");
    if target_server.is_empty() || target_server.eq_ignore_ascii_case("localhost") {
        return None;
    }
    let (ip, workstation) = (fields.text("IpAddress"), fields.interner.text(""));
    let used = ExplicitCredentials {
        subject: fields.account(super::security::SUBJECT),
        subject_logon_id: LogonId(fields.number("SubjectLogonId").unwrap_or(0)),
        account: fields.account(super::security::TARGET),
        target_server,
        process_name: fields.text("ProcessName"),
        client: fields.interner.client(Client { ip, workstation }),
    };
    let port = fields.port("IpPort");
    Some(HopRecordKind::Credentials(fields.interner.explicit_credentials(used), port))
}

/// 4768 and 4769
fn ticket(fields: &mut HopFields<'_>) -> Option<HopRecordKind> {
    if fields.number("Status") != Some(SUCCESS) {
        return None;
    }
    Some(HopRecordKind::Ticket(Box::new(Ticket {
        account: fields.account(["TargetSid", "TargetUserName", "TargetDomainName"]),
        service: fields.text("ServiceName"),
        client: fields.text("IpAddress"),
    })))
}

/// 4776
fn ntlm_check(fields: &mut HopFields<'_>) -> Option<HopRecordKind> {
    if fields.number("Status") != Some(SUCCESS) {
        return None;
    }
    let (user, workstation) = (fields.text("TargetUserName"), fields.text("Workstation"));
    Some(HopRecordKind::NtlmCheck(Box::new(NtlmCheck { user, workstation })))
}

/// 4624
fn logon_detail(fields: &mut HopFields<'_>) -> Option<HopRecordKind> {
    if !fields.number("LogonType").is_some_and(|own| FROM_ELSEWHERE.contains(&own)) {
        return None;
    }
    let guid = fields.text("LogonGuid");
    Some(HopRecordKind::LogonDetail(Box::new(LogonDetail {
        subject_logon_id: LogonId(fields.number("SubjectLogonId").unwrap_or(0)),
        guid: Some(guid).filter(|guid| !guid.is_empty() && **guid != *NO_GUID),
    })))
}

//! One record that is read only for hops, as typed values. None of these means anything to boots and
//! sessions, so that they never become an [`Event`](crate::model::Event), and no boot is found by them.
//!
//! The name in backquotes at a field is that of the event's own field. Texts are shared, because a log may
//! hold millions of such records with few different texts.

use crate::model::append::{AppendText, append};
use crate::model::event::ExplicitCredentials;
use crate::model::{Account, LogonId, RecordLocation, Text, Timestamp};
use std::sync::Arc;

/// A channel that holds records of hops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HopChannel {
    /// `Security`
    Security,
    /// `Microsoft-Windows-Sysmon/Operational`
    Sysmon,
}

impl HopChannel {
    /// Every channel, in order.
    pub const ALL: [HopChannel; 2] = [HopChannel::Security, HopChannel::Sysmon];

    /// The channel that `System/Channel` names, ignoring case; `None` for any other.
    pub fn from_name(name: &str) -> Option<HopChannel> {
        HopChannel::ALL.into_iter().find(|channel| channel.name().eq_ignore_ascii_case(name))
    }

    /// Its name, as records spell it.
    pub const fn name(self) -> &'static str {
        match self {
            HopChannel::Security => "Security",
            HopChannel::Sysmon => "Microsoft-Windows-Sysmon/Operational",
        }
    }
}

impl AppendText for HopChannel {
    fn append_to(&self, out: &mut Vec<u8>) {
        append!(out, self.name());
    }
}

/// A record that is read for hops.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HopRecord {
    /// `System/EventRecordID`.
    pub record_id: u64,
    /// `System/TimeCreated`.
    pub time: Timestamp,
    /// `System/Computer`, as it is written.
    pub computer: Text,
    /// `System/Channel`.
    pub channel: HopChannel,
    /// `System/EventID`.
    pub event_id: u16,
    /// Where its record lies.
    pub location: RecordLocation,
    /// What it says.
    pub kind: HopRecordKind,
}

/// What a record of hops says. The number at a kind is its Event ID, of Microsoft-Windows-Security-Auditing
/// where no provider is named.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum HopRecordKind {
    /// 5156 (outbound, TCP) and Sysmon 3 (initiated, TCP): this computer opened a connection.
    Connection(Box<Connection>),
    /// 4688 and Sysmon 1: a process began.
    ProcessStart(Box<ProcessStart>),
    /// 4648 for another computer: explicit credentials were used.
    Credentials(Arc<ExplicitCredentials>, u16),
    /// 4768 and 4769 that report a success: a ticket was given out.
    Ticket(Box<Ticket>),
    /// 4776 that reports a success: the credentials of NTLM were right.
    NtlmCheck(Box<NtlmCheck>),
    /// 4624 of a session that a connection or a person began: what the session itself does not keep.
    LogonDetail(Box<LogonDetail>),
}

/// A TCP connection that the computer of the record opened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Connection {
    /// `ProcessID` (5156), `ProcessId` (Sysmon 3).
    pub process_id: u64,
    /// `Application` (5156), `Image` (Sysmon 3): the path of the program.
    pub program: Text,
    /// `SourceAddress`, `SourceIp`.
    pub source: Text,
    /// `SourcePort`.
    pub source_port: u16,
    /// `DestAddress`, `DestinationIp`.
    pub destination: Text,
    /// `DestPort`, `DestinationPort`.
    pub destination_port: u16,
}

/// A process that began on the computer of the record.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProcessStart {
    /// `NewProcessId` (4688), `ProcessId` (Sysmon 1).
    pub process_id: u64,
    /// `NewProcessName`, `Image`: the path of the program.
    pub program: Text,
    /// The session that it runs in: `TargetLogonId` of the 4688 where it is not 0, else `SubjectLogonId`;
    /// `LogonId` of Sysmon 1.
    pub logon_id: LogonId,
}

/// A ticket that a domain controller gave out.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Ticket {
    /// `TargetUserName` (`user`, in 4769 `user@REALM`), `TargetSid` of 4768.
    pub account: Arc<Account>,
    /// `ServiceName`: `krbtgt` for the ticket of a logon, `HOST$` for one to a computer.
    pub service: Text,
    /// `IpAddress`: the client, as it is written.
    pub client: Text,
}

/// Credentials that were right.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NtlmCheck {
    /// `TargetUserName`.
    pub user: Text,
    /// `Workstation`: the name that the client gave itself.
    pub workstation: Text,
}

/// What a 4624 says besides what its session keeps.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LogonDetail {
    /// `SubjectLogonId`: the session that asked for the logon; 0 where it was asked for from outside.
    pub subject_logon_id: LogonId,
    /// `LogonGuid`; `None` where it is 0 or not given.
    pub guid: Option<Text>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log has millions of them.
    #[test]
    fn records_are_small() {
        assert!(size_of::<HopRecord>() <= 80, "{}", size_of::<HopRecord>());
    }
}

//! Hops: which computer and, where it is known, which session a session came from.
//!
//! A [`Hop`] is one row of hops.csv, a [`HostAddress`] one of hosts.csv. `docs/hops.md` has the rules.

mod record;

use super::words::words;
use super::{Account, Confidence, Span, Text, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;

pub use record::{
    Connection, HopChannel, HopRecord, HopRecordKind, LogonDetail, NtlmCheck, ProcessStart, Ticket,
};

words! {
    /// What a hop is based on. The order is the order of preference.
    HopBasis {
        /// The source's own log has the TCP connection, with the address and the port of the logon.
        Connection = "connection",
        /// The source used these credentials for the target at that time (4648).
        Explicit = "explicit",
        /// The address of the logon belonged to the source at that time.
        Address = "address",
        /// A domain controller gave the source a ticket to the target for the user (4769).
        Ticket = "ticket",
        /// Remote Desktop logged on a moment before with NTLM, and the client gave the source's name.
        NlaPair = "nla-pair",
        /// The client gave the source's name (NTLM), and nobody checks that name.
        Workstation = "workstation",
        /// Another logon at the target has the same LogonGuid, and a source.
        SameGuid = "same-guid",
        /// The account had exactly one session open at the source. This names only the session, not the computer.
        SameUser = "same-user",
    }
}

words! {
    /// A remark on a row of hops.csv.
    HopFlag {
        /// It came from an address that belongs to no known computer: perhaps from outside of the network.
        FromOutside = "from-outside",
        /// No log of its source was read, so that nothing is known of the session there.
        NoSourceLog = "no-source-log",
        /// The evidence names different computers, so that none is chosen. All are in `candidates`.
        Contradicting = "contradicting",
        /// Its address belonged to different computers at different times, or to several at once.
        ReusedAddress = "reused-address",
        /// Known computers had its address at other times, but nothing says which one had it then: no source is claimed, and
        /// it may have come from outside.
        AddressUnsure = "address-unsure",
        /// Its source may be a gateway or a tunnel that only passed it on: the account came there over the network just
        /// before, a service opened the connection, or the client gives another name.
        PassedOn = "passed-on",
        /// It came from the computer itself or through a tunnel on it: no source is claimed.
        Loopback = "loopback",
        /// The only evidence of its source is a name that the client gave itself.
        SpoofableName = "spoofable-name",
        /// It is a logon of a computer's own account.
        Machine = "machine",
        /// It uses a ticket that was given out more than a minute before.
        TicketCached = "ticket-cached",
    }
}

words! {
    /// What says that a computer had an address.
    AddressBasis {
        /// The computer's own log, with a connection that it opened.
        OwnConnection = "own-connection",
        /// A logon of its machine account at another computer.
        MachineLogon = "machine-logon",
        /// A Kerberos ticket of its machine account.
        MachineTicket = "machine-ticket",
        /// A Remote Desktop client that gave its name.
        RdpClient = "rdp-client",
    }
}

words! {
    /// A remark on a row of hosts.csv.
    HostFlag {
        /// Three or more machine accounts came from the address within an hour.
        NatSuspect = "nat-suspect",
        /// Remote Desktop clients of different names came from the address within an hour.
        GatewaySuspect = "gateway-suspect",
        /// The address belonged to another computer at another time.
        Reused = "reused",
    }
}

words! {
    /// What the clock of a computer was compared by.
    ClockBasis {
        /// The other clocks are compared with this one.
        Reference = "reference",
        /// Connections that both ends recorded.
        Connection = "connection",
        /// Tickets and the logons that used them first.
        Ticket = "ticket",
        /// Explicit credentials and the logons that followed.
        Explicit = "explicit",
    }
}

/// Where a session came from: one row of hops.csv.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Hop {
    /// The session, as sessions.csv names it.
    pub target_session: Text,
    /// Its computer.
    pub target_computer: Text,
    /// When it began, by the clock of its computer.
    pub time: Timestamp,
    /// Its account.
    pub account: Arc<Account>,
    /// Its logon type.
    pub logon_type: Option<u32>,
    /// The computer that it came from; empty where none is claimed.
    pub source_computer: Text,
    /// The session there that it came from; empty where none is claimed.
    pub source_session: Text,
    /// The account of that session.
    pub source_user: Text,
    /// The address that it came from, as the logon has it.
    pub source_address: Text,
    /// The port there; 0 where none is given.
    pub source_port: u16,
    /// The name that the client gave itself. Nobody checks it.
    pub claimed_name: Text,
    /// What it is based on, the strongest first.
    pub basis: Vec<HopBasis>,
    /// How certain the computer is; `None` where none is claimed.
    pub host_confidence: Option<Confidence>,
    /// How sure the session is; `None` where nothing is said of it.
    pub session_confidence: Option<Confidence>,
    /// By how much its logon follows the record at the source that it is based on, as the clocks showed.
    pub lag: Option<Span>,
    /// The same, without the difference of the clocks, where that is known.
    pub lag_corrected: Option<Span>,
    /// Logons of one source, target and user that follow each other within a minute have one number.
    pub group: Option<u64>,
    /// Its place in a chain of sessions, from 1.
    pub hop_number: Option<u64>,
    /// The computers or sessions between which nothing decides.
    pub candidates: Vec<String>,
    /// The records that it is based on: `COMPUTER Channel#record`.
    pub evidence: Vec<String>,
    /// Remarks, in the order of the words.
    pub flags: Vec<HopFlag>,
}

/// A computer and an address that it had for a time: one row of hosts.csv.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct HostAddress {
    /// The computer: its name in this report, or the name by which others know it.
    pub host: Text,
    /// Every name of it.
    pub names: Vec<String>,
    /// The address; empty for a computer of which none is known.
    pub address: String,
    /// `ipv4` or `ipv6`; empty without an address.
    pub family: &'static str,
    /// The first and the last time that something says so, by the clocks of those who say it.
    pub seen: Option<(Timestamp, Timestamp)>,
    /// What says so.
    pub basis: Vec<AddressBasis>,
    /// How many records say so.
    pub statements: u64,
    /// Other computers that had the address at some time.
    pub conflict_with: Vec<String>,
    /// Whether its Security log was read.
    pub has_security_log: bool,
    /// The first and the last record of its Security log.
    pub log: Option<(Timestamp, Timestamp)>,
    /// By how much its clock was ahead of that of the reference; `None` where it is not known.
    pub clock: Option<ClockOffset>,
    /// Remarks, in the order of the words.
    pub flags: Vec<HostFlag>,
}

/// By how much the clock of a computer was ahead of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ClockOffset {
    /// The median of the pairs.
    pub offset: Span,
    /// The difference between the smallest and the largest of the pairs.
    pub spread: Span,
    /// What kind of records the pairs consist of.
    pub basis: ClockBasis,
    /// How many pairs there are.
    pub pairs: u64,
}

/// Where the sessions of a report came from.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
#[non_exhaustive]
pub struct Hops {
    /// By time.
    pub hops: Vec<Hop>,
    /// By computer, then by address and time.
    pub hosts: Vec<HostAddress>,
    /// If these are the hops of one part of many cases: a row for each computer of another part that they name.
    #[serde(skip)]
    pub elsewhere: Vec<HostAddress>,
}

impl Hop {
    /// The computers that it names, each once: the target, the source, and those between which nothing decides.
    pub(crate) fn computers(&self) -> BTreeSet<&str> {
        let is_contradicting = self.flags.contains(&HopFlag::Contradicting);
        let candidates = self.candidates.iter().filter(|_| is_contradicting);
        // `PC01 (connection, address)`
        let named = candidates.filter_map(|text| Some(text.rsplit_once(" (")?.0));
        let all = [&*self.target_computer, &*self.source_computer].into_iter().chain(named);
        all.filter(|name| !name.is_empty()).collect()
    }
}

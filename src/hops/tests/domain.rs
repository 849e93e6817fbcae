//! A hand-written domain: computers, their logons, and what else their logs say. Times are in seconds from a
//! moment of the scenario.

use crate::hops::join;
use crate::model::event::{Client, ExplicitCredentials, LogonMethod};
use crate::model::hop::{
    Connection, HopChannel, HopRecord, HopRecordKind, LogonDetail, NtlmCheck, ProcessStart, Ticket,
};
use crate::model::session::{Attachment, AttachmentKind, Moment};
use crate::model::{
    Account, Boot, Channel, ChannelCoverage, Citation, Confidence, CoverageGap, Finding, Hop,
    HopBasis, HopFlag, Hops, Host, LogId, LogonId, RecordLocation, Session, SessionClass,
    Timestamp, sample,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The moment 0 of every scenario.
const START: &str = "2024-05-02T08:00:00Z";
/// Sessions that nobody ends.
const FOREVER: f64 = 1e6;

pub(super) fn at(seconds: f64) -> Timestamp {
    sample::at(START).plus(crate::model::Span((seconds * 1e7).round() as i64))
}

/// How somebody logs on.
#[derive(Clone)]
pub(super) struct LogonBy {
    pub(super) logon_type: u32,
    pub(super) package: &'static str,
    pub(super) ip: &'static str,
    pub(super) port: u16,
    pub(super) workstation: &'static str,
    pub(super) guid: Option<&'static str>,
    /// The session of a program that asked for it.
    pub(super) asker: u64,
}

/// Over the network by Kerberos, from an address and a port.
pub(super) fn kerberos(ip: &'static str, port: u16) -> LogonBy {
    let package = "Kerberos";
    LogonBy { logon_type: 3, package, ip, port, workstation: "", guid: None, asker: 0 }
}

/// Over the network by NTLM, with the name that the client gives itself.
pub(super) fn ntlm(ip: &'static str, port: u16, workstation: &'static str) -> LogonBy {
    LogonBy { package: "NTLM", workstation, ..kerberos(ip, port) }
}

/// At the keyboard.
pub(super) fn desktop() -> LogonBy {
    LogonBy { logon_type: 2, package: "Negotiate", ..kerberos("127.0.0.1", 0) }
}

/// Over Remote Desktop.
pub(super) fn remote_desktop(ip: &'static str) -> LogonBy {
    LogonBy { logon_type: 10, package: "Negotiate", ..kerberos(ip, 0) }
}

/// The logs of a domain.
#[derive(Default, Clone)]
pub(super) struct Domain {
    hosts: BTreeMap<String, Vec<Session>>,
    records: Vec<HopRecord>,
    next_record: u64,
    /// By how much the clock of a computer is before the true time, in seconds.
    clocks: BTreeMap<String, f64>,
    /// Computers of which another one has the same first label.
    twins: Vec<String>,
    /// Computers with the boots that their Security logs show.
    boots: BTreeMap<String, Vec<Boot>>,
}

impl Domain {
    /// With these computers, whose Security logs are there.
    pub(super) fn of(computers: &[&str]) -> Domain {
        let hosts = computers.iter().map(|name| ((*name).to_owned(), Vec::new())).collect();
        Domain { hosts, next_record: 1000, ..Domain::default() }
    }

    /// From here on the clock of a computer is before the true time by so much.
    pub(super) fn clock(&mut self, computer: &str, seconds: f64) {
        self.clocks.insert(computer.to_owned(), seconds);
    }

    /// The Security log of a computer has these times, each in a boot of its own. All records between are missing.
    pub(super) fn log(&mut self, computer: &str, times: &[(f64, f64)]) {
        let mut boots = Vec::new();
        for (own, (from, to)) in (1_u32..).zip(times) {
            let number = u64::from(own) * 1000;
            let moment = |seconds: f64, record_id: u64| Moment {
                time: at(seconds),
                record: sample::cite(Channel::Security, record_id, 4624),
                recovered: false,
            };
            let (first, last) = (moment(*from, number), moment(*to, number + 500));
            let gap =
                CoverageGap { records: (number - 499, number - 1), after: None, before: first };
            let gaps = if own == 1 { Vec::new() } else { vec![gap] };
            let coverage = ChannelCoverage { channel: Channel::Security, first, last, gaps };
            let names = vec![full_name(computer).into()];
            boots.push(Boot {
                coverage: vec![coverage],
                computer_names: names,
                ..sample::boot(own)
            });
        }
        self.boots.insert(computer.to_owned(), boots);
    }

    /// The Security log of a computer was cleared.
    pub(super) fn cleared(&mut self, computer: &str, seconds: f64) {
        let mut incident = sample::cleared();
        incident.moment.time = at(seconds);
        let boots = self.boots.get_mut(computer).unwrap();
        boots.last_mut().unwrap().incidents.push(incident);
    }

    fn time(&self, computer: &str, seconds: f64) -> Timestamp {
        at(seconds + self.clocks.get(computer).copied().unwrap_or(0.0))
    }

    fn number(&mut self) -> u64 {
        self.next_record += 1;
        self.next_record
    }

    /// A logon that lasts to the end of the log; its Logon ID.
    pub(super) fn logon(&mut self, computer: &str, seconds: f64, user: &str, by: LogonBy) -> u64 {
        self.session(computer, (seconds, FOREVER), user, by)
    }

    /// A logon from one time to another; its Logon ID.
    pub(super) fn session(
        &mut self,
        computer: &str,
        (from, to): (f64, f64),
        user: &str,
        by: LogonBy,
    ) -> u64 {
        let record_id = self.number();
        let (start, end) = (self.time(computer, from), self.time(computer, to));
        let logon_id = 0x10_0000 + record_id;
        let record =
            Citation { channel: Channel::Security, record_id, log: LogId(0), event_id: 4624 };
        let mut session = sample::full_session();
        session.boot_epoch = 1;
        session.logon_id = Some(LogonId(logon_id));
        session.linked = None;
        session.account = account(user);
        session.logon_type = Some(by.logon_type);
        session.class = match by.logon_type {
            _ if user == "ANONYMOUS LOGON" => SessionClass::Anonymous,
            _ if user.ends_with('$') => SessionClass::Machine,
            3 => SessionClass::Network,
            10 => SessionClass::RemoteDesktop,
            _ => SessionClass::Desktop,
        };
        session.start = Some(Moment { time: start, record, recovered: false });
        (session.initiated, session.terminated) = (None, None);
        session.end.time = Some(end);
        session.client = Arc::new(Client { ip: by.ip.into(), workstation: by.workstation.into() });
        session.port = by.port;
        session.method = Arc::new(LogonMethod { package: by.package.into(), ..Default::default() });
        session.attachments = Vec::new().into();
        session.parent = None;
        self.hosts.entry(computer.to_owned()).or_default().push(session);
        let detail = LogonDetail {
            subject_logon_id: LogonId(by.asker),
            guid: by.guid.map(|guid| guid.into()),
        };
        let kind = HopRecordKind::LogonDetail(Box::new(detail));
        self.add(computer, start, HopChannel::Security, record_id, kind);
        logon_id
    }

    /// The last session of a computer is used by a client of this name and address.
    pub(super) fn attached(&mut self, computer: &str, seconds: f64, client: &str, address: &str) {
        let from = Some(self.time(computer, seconds));
        let attachment = Attachment {
            kind: AttachmentKind::Rdp,
            client: client.into(),
            address: address.into(),
            from,
            from_record: None,
            to: None,
        };
        let sessions = self.hosts.get_mut(computer).unwrap();
        sessions.last_mut().unwrap().attachments = vec![attachment].into();
    }

    fn add(
        &mut self,
        computer: &str,
        time: Timestamp,
        channel: HopChannel,
        record_id: u64,
        kind: HopRecordKind,
    ) {
        let location = RecordLocation { log: LogId(0), chunk: 0, offset: record_id as u32 };
        let computer = full_name(computer).into();
        let event_id = 0;
        self.records.push(HopRecord {
            record_id,
            time,
            computer,
            channel,
            event_id,
            location,
            kind,
        });
    }

    fn record(&mut self, computer: &str, seconds: f64, kind: HopRecordKind) {
        let (time, record_id) = (self.time(computer, seconds), self.number());
        self.add(computer, time, HopChannel::Security, record_id, kind);
    }

    /// A program opens a connection: its process, its address and port, the address and port of the other end.
    pub(super) fn connection(
        &mut self,
        computer: &str,
        seconds: f64,
        (process_id, program): (u64, &str),
        (source, source_port): (&str, u16),
        (destination, destination_port): (&str, u16),
    ) {
        let connection = Connection {
            process_id,
            program: program.into(),
            source: source.into(),
            source_port,
            destination: destination.into(),
            destination_port,
        };
        self.record(computer, seconds, HopRecordKind::Connection(Box::new(connection)));
    }

    /// Sysmon has a record of a connection between two computers of no other matter.
    pub(super) fn sysmon(&mut self, computer: &str, seconds: f64) {
        self.connection(computer, seconds, (4, "System"), ("10.9.9.1", 1), ("10.9.9.2", 2));
        self.records.last_mut().unwrap().channel = HopChannel::Sysmon;
    }

    /// A program begins in a session.
    pub(super) fn process(&mut self, computer: &str, seconds: f64, process_id: u64, logon_id: u64) {
        let program = r"C:\tool.exe".into();
        let process = ProcessStart { process_id, program, logon_id: LogonId(logon_id) };
        self.record(computer, seconds, HopRecordKind::ProcessStart(Box::new(process)));
    }

    /// A session uses credentials of a user for a server.
    pub(super) fn credentials(
        &mut self,
        computer: &str,
        seconds: f64,
        logon_id: u64,
        user: &str,
        server: &str,
    ) {
        let used = ExplicitCredentials {
            subject: account("somebody"),
            subject_logon_id: LogonId(logon_id),
            account: account(user),
            target_server: server.into(),
            process_name: "".into(),
            client: Arc::default(),
        };
        self.record(computer, seconds, HopRecordKind::Credentials(Arc::new(used), 0));
    }

    /// A domain controller gives a ticket for a service to a user at an address.
    pub(super) fn ticket(
        &mut self,
        controller: &str,
        seconds: f64,
        user: &str,
        service: &str,
        client: &str,
    ) {
        let realm = if user.contains('@') { "" } else { "@CONTOSO.LOCAL" };
        let user = format!("{user}{realm}").into();
        let account = Arc::new(Account { user, ..Account::default() });
        let ticket = Ticket { account, service: service.into(), client: client.into() };
        self.record(controller, seconds, HopRecordKind::Ticket(Box::new(ticket)));
    }

    /// A domain controller checks the credentials of NTLM.
    pub(super) fn check(&mut self, controller: &str, seconds: f64, user: &str, workstation: &str) {
        let check = NtlmCheck { user: user.into(), workstation: workstation.into() };
        self.record(controller, seconds, HopRecordKind::NtlmCheck(Box::new(check)));
    }

    /// A computer logs on at another one with its own account, from its address.
    pub(super) fn machine(&mut self, at: &str, seconds: f64, computer: &str, ip: &'static str) {
        self.session(at, (seconds, seconds + 1.0), &format!("{computer}$"), kerberos(ip, 40_000));
    }

    /// With a computer of another domain that has the same first label.
    pub(super) fn with_twin(&self, computer: &str) -> Domain {
        let mut domain = self.clone();
        domain.twins.push(computer.to_owned());
        domain
    }

    /// Where the sessions came from, and what is said besides.
    pub(super) fn joined(&self) -> (Hops, Vec<Finding>) {
        self.joined_in(|records| records)
    }

    /// The same, with the records in another order.
    pub(super) fn joined_in(
        &self,
        order: impl FnOnce(Vec<HopRecord>) -> Vec<HopRecord>,
    ) -> (Hops, Vec<Finding>) {
        let host = |(name, sessions): (&String, &Vec<Session>)| Host {
            computer: full_name(name).into(),
            uid: Default::default(),
            boots: self.boots.get(name).cloned().unwrap_or_default(),
            sessions: sessions.clone(),
            attempts: Vec::new(),
            copies: Default::default(),
            account_names: Default::default(),
        };
        let mut hosts: Vec<Host> = self.hosts.iter().map(host).collect();
        hosts.extend(self.twins.iter().map(|name| Host {
            computer: format!("{name}.fabrikam.local").into(),
            ..host((name, &Vec::new()))
        }));
        join(&hosts, order(self.records.clone()))
    }

    /// The row of the session with this Logon ID.
    pub(super) fn hop(&self, logon_id: u64) -> Hop {
        self.hop_or_none(logon_id).expect("it has a row")
    }

    pub(super) fn hop_or_none(&self, logon_id: u64) -> Option<Hop> {
        let ending = format!("/{logon_id:#x}");
        self.joined().0.hops.into_iter().find(|hop| hop.target_session.ends_with(&ending))
    }
}

/// The name of a computer, which is one of contoso.local if nothing else is said.
fn full_name(name: &str) -> String {
    if name.contains('.') { name.to_owned() } else { format!("{name}.contoso.local") }
}

/// An account of the domain, or of another one: `DOMAIN\name`. The same name is the same account.
fn account(user: &str) -> Arc<Account> {
    let (domain, user) = user.split_once('\\').unwrap_or(("CONTOSO", user));
    let number = |name: &str| name.bytes().map(u32::from).sum::<u32>();
    let of_domain = if domain == "CONTOSO" { 1 } else { number(domain) };
    let sid = match user {
        "ANONYMOUS LOGON" => "S-1-5-7".to_owned(),
        _ => format!("S-1-5-21-{of_domain}-2-3-{}", number(user)),
    };
    Arc::new(Account { sid: sid.into(), user: user.into(), domain: domain.into() })
}

/// The computer that is claimed, by its first label, and how sure that is; empty for none.
pub(super) fn source(hop: &Hop) -> (&str, Option<Confidence>) {
    (hop.source_computer.split('.').next().unwrap(), hop.host_confidence)
}

pub(super) const HIGH: Option<Confidence> = Some(Confidence::High);
pub(super) const MEDIUM: Option<Confidence> = Some(Confidence::Medium);
pub(super) const LOW: Option<Confidence> = Some(Confidence::Low);

pub(super) fn has(hop: &Hop, flag: HopFlag) -> bool {
    hop.flags.contains(&flag)
}

pub(super) fn rests_on(hop: &Hop, basis: HopBasis) -> bool {
    hop.basis.contains(&basis)
}

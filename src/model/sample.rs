//! Hand-made sessions and a report for the tests of several modules.

use super::hop::{AddressBasis, ClockBasis, ClockOffset, HostFlag};
use super::{Hop, HopBasis, HopFlag, Hops, HostAddress};
use crate::model::boot::Boot;
use crate::model::session::{
    Attachment, AttachmentKind, Basis, End, Incident, MilestoneKind, Moment, StartCause,
};
use crate::model::*;
use std::sync::Arc;

/// A name that wants to run, to break its line, and to be read backwards.
pub(crate) const HOSTILE: &str = "=cmd|' /C calc'!A0\n\"quoted\",\u{202e}gnp";

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub(crate) fn cite(channel: Channel, record_id: u64, event_id: u16) -> Citation {
    Citation { channel, record_id, log: LogId(0), event_id }
}

fn moment(time: &str, record_id: u64, event_id: u16) -> Moment {
    let record = cite(Channel::Security, record_id, event_id);
    Moment { time: at(time), record, recovered: false }
}

/// Over Remote Desktop, then at the console.
fn attachments() -> Vec<Attachment> {
    vec![
        Attachment {
            kind: AttachmentKind::Rdp,
            client: "CLIENT".into(),
            address: "10.0.0.5".into(),
            from: Some(at("2015-09-09T03:00:01Z")),
            from_record: None,
            to: None,
        },
        Attachment {
            kind: AttachmentKind::Console,
            client: String::new(),
            address: String::new(),
            from: None,
            from_record: None,
            to: None,
        },
    ]
}

/// The session that Microsoft's page on 4647 shows, with a logon and a termination made up.
pub(crate) fn full_session() -> Session {
    let (start, initiated, terminated) = (
        moment("2015-09-09T03:00:00Z", 230_000, 4624),
        moment("2015-09-09T03:08:39.1268908Z", 230_200, 4647),
        moment("2015-09-09T03:08:40Z", 230_201, 4634),
    );
    Session {
        boot_epoch: 2,
        logon_id: Some(LogonId(0x29b379)),
        is_repeated: false,
        linked: Some(LogonId(0x29b3a0)),
        account: Arc::new(Account {
            sid: "S-1-5-21-3457937927-2839227994-823803824-1104".into(),
            user: "dadmin".into(),
            domain: "CONTOSO".into(),
        }),
        logon_type: Some(2),
        class: SessionClass::Desktop,
        start_cause: StartCause::Exact,
        end: End {
            time: Some(terminated.time),
            basis: Some(Basis::Logged),
            cause: EndCause::Terminated,
            confidence: Confidence::High,
            not_before: None,
            not_after: None,
            record: Some(terminated.record),
        },
        clock_correction: Span::seconds(10),
        clock_readings: Default::default(),
        active: None,
        client: Arc::default(),
        port: 0,
        method: Arc::default(),
        elevated: Some(false),
        parent: Some(SessionKey::LogonId(LogonId(0x1000))),
        revalidated_by: None,
        attachments: attachments().into(),
        incidents: vec![Incident {
            kind: MilestoneKind::Revalidated,
            moment: moment("2015-09-09T03:05:00Z", 230_150, 4624),
            client: Arc::default(),
        }]
        .into(),
        evidence: vec![start.record, cite(Channel::System, 77, 7001)].into(),
        corroboration: vec![(
            cite(Channel::LocalSessionManager, 5, 21),
            crate::model::Span(2_500_000),
        )]
        .into(),
        start: Some(start),
        initiated: Some(initiated),
        terminated: Some(terminated),
        flags: RareList::default(),
    }
}

/// Takes the session's end away: its log ends first.
pub(crate) fn open(session: &mut Session) {
    (session.initiated, session.terminated) = (None, None);
    session.end = End::unknown(EndCause::Open, Some(at("2015-09-09T04:00:00Z")));
}

/// Lets a crash end the session between 04:00 and 05:00.
pub(crate) fn crash(session: &mut Session) {
    open(session);
    session.end = End {
        time: session.end.not_before,
        basis: Some(Basis::Bounded),
        cause: EndCause::Crash,
        confidence: Confidence::Low,
        not_after: Some(at("2015-09-09T05:00:00Z")),
        ..session.end
    };
}

pub(crate) fn boot(epoch: u32) -> Boot {
    Boot {
        epoch,
        start: Some(at("2015-09-09T02:00:00Z")),
        start_basis: Some(Basis::Logged),
        start_confidence: Confidence::High,
        start_rule: None,
        start_evidence: vec![cite(Channel::System, 70, 12)],
        end: Some(at("2015-09-09T06:00:00Z")),
        end_basis: Some(Basis::Logged),
        end_cause: BootEnd::Restart,
        confidence: Confidence::High,
        end_not_before: None,
        end_not_after: None,
        end_evidence: vec![cite(Channel::System, 90, 109), cite(Channel::System, 91, 1074)],
        requested_by: "CONTOSO\\alice".into(),
        reason: "<planned>".into(),
        clean: Some(true),
        boot_id: None,
        lsass_pid: Some(560),
        power_segments: 1,
        sleeps: 0,
        clock_steps: 0,
        clock_step: Span(0),
        computer_names: vec!["DC01.contoso.local".into(), "WIN-OLD".into()],
        sessions: 4,
        first_record: None,
        last_record: None,
        flags: vec![],
        power: vec![],
        time_zone: None,
        utc_offset_in_use: None,
        clock: Default::default(),
        coverage: vec![],
        last_certain: None,
        incidents: vec![],
    }
}

/// The Security log was cleared at half past three.
pub(crate) fn cleared() -> BootIncident {
    BootIncident {
        kind: MilestoneKind::LogCleared,
        moment: moment("2015-09-09T03:30:00Z", 230_300, 1102),
        message: "the Security log was cleared by CONTOSO\\eve".into(),
    }
}

/// A Fast Startup.
pub(crate) fn night() -> PowerInterval {
    let moment = |time, record_id, event_id| Moment {
        time: at(time),
        record: cite(Channel::System, record_id, event_id),
        recovered: false,
    };
    let from = moment("2015-09-09T04:00:00Z", 80, 42);
    let to = moment("2015-09-09T05:00:00Z", 81, 27);
    let records = vec![from.record, to.record];
    PowerInterval {
        kind: PowerKind::Off,
        from: Some(from),
        to: Some(to),
        next: None,
        is_last: false,
        records,
    }
}

/// Failed logons over the network from 10.0.0.5, from 02:55 on, one each second. The last hostile session
/// follows them.
pub(crate) fn failed_logons(user: &str, count: u64) -> Attempt {
    let account = Account { user: user.into(), domain: "CONTOSO".into(), ..Account::default() };
    let failed = event::FailedLogon {
        account: Arc::new(account),
        subject: Arc::default(),
        subject_logon_id: LogonId(0),
        logon_type: 3,
        status: 0xc000_006d,
        sub_status: 0xc000_006a,
        method: Arc::new(event::LogonMethod {
            logon_process: "NtLmSsp".into(),
            package: "NTLM".into(),
            process_name: "".into(),
        }),
        client: Arc::new(event::Client { ip: "10.0.0.5".into(), workstation: "CLIENT".into() }),
    };
    let first = moment("2015-09-09T02:55:00Z", 229_000, 4625);
    let mut last = moment("2015-09-09T02:55:00Z", 228_999 + count, 4625);
    last.time = first.time.plus(Span::seconds(count as i64 - 1));
    Attempt {
        boot_epoch: 2,
        detail: AttemptDetail::FailedLogon(Arc::new(failed)),
        port: 0,
        count,
        first,
        last,
        session: None,
        success: Some(attempt::Success {
            session: SessionKey::LogonId(LogonId(0x30_0000)),
            start: moment("2015-09-09T03:00:00Z", 230_000, 4624),
        }),
        flags: vec![],
    }
}

/// dadmin uses the credentials of eve on FS01, at 03:04.
pub(crate) fn explicit_credentials() -> Attempt {
    let account = |user: &str| {
        Arc::new(Account { user: user.into(), domain: "CONTOSO".into(), ..Account::default() })
    };
    let used = event::ExplicitCredentials {
        subject: account("dadmin"),
        subject_logon_id: LogonId(0x29b379),
        account: account("eve"),
        target_server: "FS01".into(),
        process_name: r"C:\Windows\System32\cmd.exe".into(),
        client: Arc::default(),
    };
    let moment = moment("2015-09-09T03:04:00Z", 230_140, 4648);
    Attempt {
        boot_epoch: 2,
        detail: AttemptDetail::ExplicitCredentials(Arc::new(used)),
        port: 445,
        count: 1,
        first: moment,
        last: moment,
        session: Some(SessionKey::LogonId(LogonId(0x29b379))),
        success: None,
        flags: vec![],
    }
}

/// One hop to the session of a hostile name, and the address that it came from.
pub(crate) fn hops() -> Hops {
    let host = |name: &str| Text::from(format!("{name}.contoso.local"));
    let hop = Hop {
        target_session: "DC01.contoso.local/2/0x300000".into(),
        target_computer: host("DC01"),
        time: at("2015-09-09T03:00:00Z"),
        account: Arc::new(Account { user: HOSTILE.into(), ..Account::default() }),
        logon_type: Some(10),
        source_computer: host("PC01"),
        source_session: "PC01.contoso.local/1/0x5a41c".into(),
        source_user: HOSTILE.into(),
        source_address: "10.0.0.5".into(),
        source_port: 50_123,
        claimed_name: HOSTILE.into(),
        basis: vec![HopBasis::Connection, HopBasis::SameUser],
        host_confidence: Some(Confidence::High),
        session_confidence: Some(Confidence::Medium),
        lag: Some(Span(-50_000)),
        lag_corrected: Some(Span(10_000)),
        group: Some(1),
        hop_number: Some(2),
        candidates: vec![HOSTILE.into()],
        evidence: vec!["DC01.contoso.local Security#230140".into()],
        flags: vec![HopFlag::ReusedAddress, HopFlag::TicketCached],
    };
    let address = HostAddress {
        host: host("PC01"),
        names: vec!["PC01".into(), HOSTILE.into()],
        address: "10.0.0.5".into(),
        family: "ipv4",
        seen: Some((hop.time, hop.time)),
        basis: vec![AddressBasis::OwnConnection, AddressBasis::RdpClient],
        statements: 2,
        conflict_with: vec![HOSTILE.into()],
        has_security_log: true,
        log: Some((hop.time, hop.time)),
        clock: Some(ClockOffset {
            offset: Span(-60_000),
            spread: Span(10_000),
            basis: ClockBasis::Connection,
            pairs: 3,
        }),
        flags: vec![HostFlag::Reused],
    };
    Hops { hops: vec![hop], hosts: vec![address], elsewhere: vec![] }
}

/// One computer with two boots, four sessions (one of a hostile name, one of a service, one still open) and
/// two attempts, one log, two findings.
pub(crate) fn report() -> Report {
    let mut hostile = full_session();
    hostile.logon_id = Some(LogonId(0x30_0000));
    hostile.account = Arc::new(Account {
        sid: "S-1-5-21-1-2-3-1105".into(),
        user: HOSTILE.into(),
        domain: "CONTOSO".into(),
    });
    hostile.class = SessionClass::RemoteDesktop;
    hostile.logon_type = Some(10);
    hostile.client =
        Arc::new(event::Client { ip: "10.0.0.5".into(), workstation: "CLIENT".into() });
    crash(&mut hostile);
    let mut service = full_session();
    (service.class, service.logon_type) = (SessionClass::Service, Some(5));
    service.logon_id = Some(LogonId(0x40_0000));
    let mut late = full_session();
    late.boot_epoch = 3;
    open(&mut late);
    let mut last_boot = boot(3);
    last_boot.start = Some(at("2015-09-09T06:10:00Z"));
    (last_boot.end, last_boot.end_cause) = (None, BootEnd::LogEnd);
    let mut finding =
        Finding::new(FindingCode::ChunkDamaged, "slot 3 of Security.evtx <is> no chunk");
    finding.log = Some(LogId(0));
    let mut cleared = Finding::new(FindingCode::LogCleared, "CONTOSO\\eve cleared Security");
    (cleared.computer, cleared.record_id) = ("DC01.contoso.local".into(), Some(1));
    Report {
        hosts: vec![Host {
            computer: "DC01.contoso.local".into(),
            uid: Default::default(),
            boots: vec![boot(2), last_boot],
            sessions: vec![full_session(), hostile, service, late],
            attempts: vec![failed_logons(HOSTILE, 3), explicit_credentials()],
            copies: Default::default(),
            account_names: Default::default(),
        }],
        logs: vec![LogSummary {
            path: "case/Security.evtx".into(),
            size: 69_632,
            computers: ["DC01.contoso.local".into()].into(),
            channels: ["Security".into()].into(),
            records_read: 12,
            records_by_crate: 1,
            record_ids: Some((230_000, 230_201)),
            gaps: vec![(230_001, 230_149)],
            ..LogSummary::default()
        }],
        findings: vec![finding, cleared],
        accounting: Accounting::default(),
        containers: vec![],
        stored_events: Some(StoredEvents::default()),
        hops: Some(hops()),
        uncovered: vec![],
    }
}

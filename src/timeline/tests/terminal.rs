//! Desktops: re-validations, Remote Desktop, locks, sessions without a Security log.

use super::super::Built;
use super::build::{Scene, account, at};
use crate::model::event::*;
use crate::model::session::{AttachmentKind, Confidence, MilestoneKind, StartCause};
use crate::model::{Account, Channel, EndCause, EventKind, LogonId, Session, SessionClass, Span};
use std::sync::Arc;

fn find(built: &Built, id: u64) -> &Session {
    assert_eq!(built.hosts.len(), 1);
    let session = built.hosts[0].sessions.iter().find(|s| s.logon_id == Some(LogonId(id)));
    session.unwrap_or_else(|| panic!("no session {id:#x}"))
}

fn station(
    reconnected: bool,
    id: u64,
    user: &str,
    name: &str,
    client: &str,
    ip: &str,
) -> EventKind {
    EventKind::WindowStation(Box::new(WindowStation {
        reconnected,
        logon_id: LogonId(id),
        account: account(user),
        session_name: name.into(),
        client: Arc::new(Client { ip: ip.into(), workstation: client.into() }),
    }))
}

fn lsm(action: TerminalAction, user: &str, session: u32, address: &str) -> EventKind {
    EventKind::Terminal(Box::new(Terminal {
        action,
        user: user.into(),
        session: Some(session),
        address: address.into(),
        detail: None,
    }))
}

fn notice(number: u32) -> EventKind {
    let sid = account("dora").sid.clone();
    EventKind::Winlogon(Box::new(Notification { session: Some(number), sid }))
}

/// 40: why a session was disconnected; it names nobody.
fn reason(number: u32, reason: u32) -> EventKind {
    let mut what = lsm(TerminalAction::DisconnectReason, "", number, "");
    if let EventKind::Terminal(terminal) = &mut what {
        terminal.detail = Some(reason);
    }
    what
}

/// The takeover of a console session over Remote Desktop, line by line as in the table of a real
/// one (4776 means nothing to sessions): the new type 10 pair lives three seconds and is only the
/// key to the old session, as the temporary session 2 is only its door.
#[test]
fn remote_desktop_takes_over_the_console() {
    let pair = |linked: u64, elevated: bool| {
        move |logon: &mut Logon| {
            logon.linked = Some(LogonId(linked));
            logon.elevated = Some(elevated);
        }
    };
    let credentials = EventKind::ExplicitCredentials(Box::new(ExplicitCredentials {
        subject: account("SYSTEM"),
        subject_logon_id: LogonId(0x3e7),
        account: account("dora"),
        target_server: "localhost".into(),
    }));
    let authenticated = EventKind::RemoteConnection(Box::new(RemoteConnection {
        account: Account::clone(&account("dora")),
        address: "10.0.0.9".into(),
    }));
    let (dora, client) = (r"CORP\dora", "10.0.0.9");
    use TerminalAction::{ArbitrationBegin, Disconnected, Logoff, Reconnected};
    let built = Scene::new("HOST")
        .boot(1, 0.0)
        .logon(8, 5.0, 0xc_0d1, "DWM-1", 2, |_| {})
        .logon(10, 40.0, 0x5_13a0, "dora", 2, pair(0x5_13da, true))
        .logon(11, 40.0, 0x5_13da, "dora", 2, pair(0x5_13a0, false))
        .event(20, 125.57, 4776, EventKind::Boundary)
        .logon(21, 125.57, 0xa_48ec, "dora", 3, |_| {})
        .logon(22, 126.23, 0xa_9d04, "UMFD-2", 2, |_| {})
        .logon(23, 126.23, 0xa_a5f7, "DWM-2", 2, |_| {})
        .event(24, 128.19, 4648, credentials)
        .logon(25, 128.19, 0xa_e31a, "dora", 10, pair(0xa_e330, true))
        .logon(26, 128.19, 0xa_e330, "dora", 10, pair(0xa_e31a, false))
        .event(27, 128.54, 4779, station(false, 0x5_13da, "dora", "Console", "Unknown", ""))
        .event(28, 130.05, 4778, station(true, 0x5_13da, "dora", "RDP-Tcp#0", "LAPTOP", client))
        .terminated(29, 131.13, 0xa_e330, "dora")
        .terminated(30, 131.13, 0xa_e31a, "dora")
        .terminated(31, 131.50, 0xa_a5f7, "DWM-2")
        .initiated(32, 140.61, 0x5_13da, "dora")
        .terminated(33, 140.80, 0xc_0d1, "DWM-1")
        .terminated(34, 141.16, 0xa_48ec, "dora")
        .log("System.evtx", Channel::System)
        .event(1, 140.74, 7002, notice(1))
        .log("Rcm.evtx", Channel::RemoteConnectionManager)
        .event(1, 125.61, 1149, authenticated)
        .log("Lsm.evtx", Channel::LocalSessionManager)
        .event(1, 128.20, 41, lsm(ArbitrationBegin, dora, 2, ""))
        .event(2, 128.43, 40, reason(1, 5))
        .event(3, 128.54, 24, lsm(Disconnected, dora, 1, "LOCAL"))
        .event(4, 130.05, 25, lsm(Reconnected, dora, 1, client))
        .event(5, 140.64, 23, lsm(Logoff, dora, 1, ""))
        .event(6, 140.85, 40, reason(1, 12))
        .event(7, 140.86, 24, lsm(Disconnected, dora, 1, client))
        .build();
    let session = find(&built, 0x5_13da);
    assert_eq!(session.class, SessionClass::Desktop);
    assert_eq!(session.end.cause, EndCause::Initiated);
    let attachments: Vec<_> = session
        .attachments
        .iter()
        .map(|a| (a.kind, a.client.as_str(), a.address.as_str(), a.from, a.to))
        .collect();
    assert_eq!(
        attachments,
        [
            (AttachmentKind::Console, "", "", Some(at(40.0)), Some(at(128.54))),
            (AttachmentKind::Rdp, "LAPTOP", "10.0.0.9", Some(at(130.05)), Some(at(140.61))),
        ]
    );
    for id in [0xa_e31a, 0xa_e330] {
        let check = find(&built, id);
        assert_eq!(check.class, SessionClass::Revalidation);
        assert_eq!(check.parent, Some(LogonId(0x5_13da)));
    }
    // 100.61 s at the desktop less 1.51 s between disconnect and reconnect.
    assert_eq!(session.active, Some(Span(991_000_000)));
    assert_eq!(find(&built, 0xa_48ec).class, SessionClass::Network);
    for id in [0xc_0d1, 0xa_9d04, 0xa_a5f7] {
        assert_eq!(find(&built, id).class, SessionClass::WindowManager, "{id:#x}");
    }
    let is_desktop = |session: &&Session| {
        matches!(session.class, SessionClass::Desktop | SessionClass::RemoteDesktop)
    };
    let desktops: Vec<_> = built.hosts[0].sessions.iter().filter(is_desktop).collect();
    let ids: Vec<_> = desktops.iter().map(|session| session.logon_id).collect();
    // The two halves of one logon, and no session of the door, of 1149, or of the other logs.
    assert_eq!(ids, [Some(LogonId(0x5_13a0)), Some(LogonId(0x5_13da))]);
    let moves: Vec<_> = session.incidents.iter().map(|incident| incident.kind).collect();
    assert_eq!(
        moves,
        [MilestoneKind::Revalidated, MilestoneKind::Disconnected, MilestoneKind::Reconnected]
    );
    let cited: Vec<_> =
        session.corroboration.iter().map(|(record, lag)| (record.event_id, *lag)).collect();
    assert_eq!(cited, [(23, Span(300_000)), (7002, Span(1_300_000))]);
}

/// A type 7 logon, or a type 2 pair of a moment, is an unlock of the session that is open; the
/// same without an open session is a session, however short.
#[test]
fn unlocks_are_revalidations() {
    let built = Scene::new("HOST")
        .boot(1, 0.0)
        .logon(10, 40.0, 0x5_0000, "dora", 2, |_| {})
        .logon(11, 600.0, 0x6_0000, "dora", 7, |_| {})
        .terminated(12, 600.02, 0x6_0000, "dora")
        .logon(13, 900.0, 0x7_0000, "dora", 2, |_| {})
        .terminated(14, 900.002, 0x7_0000, "dora")
        .logon(15, 950.0, 0x8_0000, "fred", 2, |_| {})
        .terminated(16, 955.0, 0x8_0000, "fred")
        .logon(17, 960.0, 0x9_0000, "dora", 2, |_| {})
        .terminated(18, 990.0, 0x9_0000, "dora")
        .build();
    for id in [0x6_0000, 0x7_0000] {
        assert_eq!(find(&built, id).class, SessionClass::Revalidation, "{id:#x}");
        assert_eq!(find(&built, id).parent, Some(LogonId(0x5_0000)));
    }
    assert_eq!(find(&built, 0x8_0000).class, SessionClass::Desktop, "fred has no other session");
    assert_eq!(find(&built, 0x9_0000).class, SessionClass::Desktop, "30 s are a session");
    let unlocks = find(&built, 0x5_0000)
        .incidents
        .iter()
        .filter(|incident| incident.kind == MilestoneKind::Revalidated)
        .count();
    assert_eq!(unlocks, 2);
}

/// Locked and disconnected time counts once where it overlaps.
#[test]
fn time_in_use() {
    let lock = |action| {
        EventKind::Lock(Box::new(Lock {
            action,
            logon_id: LogonId(0x5_0000),
            account: account("dora"),
            session: Some(1),
        }))
    };
    let built = Scene::new("HOST")
        .boot(1, 0.0)
        .logon(10, 0.0, 0x5_0000, "dora", 10, |_| {})
        .event(11, 100.0, 4800, lock(LockAction::Locked))
        .event(12, 150.0, 4779, station(false, 0x5_0000, "dora", "RDP-Tcp#1", "L", "10.0.0.9"))
        .event(13, 300.0, 4778, station(true, 0x5_0000, "dora", "RDP-Tcp#2", "L", "10.0.0.9"))
        .event(14, 400.0, 4800, lock(LockAction::Locked))
        .event(15, 450.0, 4801, lock(LockAction::Unlocked))
        .initiated(16, 1000.0, 0x5_0000, "dora")
        .build();
    // Away from 100 to 300 and from 400 to 450.
    assert_eq!(find(&built, 0x5_0000).active, Some(Span::seconds(750)));
    assert_eq!(find(&built, 0x5_0000).class, SessionClass::RemoteDesktop);
}

/// The Local Session Manager's attachments where Security does not audit reconnects; its records
/// corroborate logon and logoff with their lag.
#[test]
fn the_session_manager_fills_in() {
    let built = Scene::new("HOST")
        .boot(1, 0.0)
        .logon(10, 40.0, 0x5_0000, "dora", 2, |_| {})
        .initiated(20, 500.0, 0x5_0000, "dora")
        .log("Lsm.evtx", Channel::LocalSessionManager)
        .event(1, 40.01, 41, lsm(TerminalAction::ArbitrationBegin, r"CORP\dora", 1, ""))
        .event(2, 40.25, 21, lsm(TerminalAction::Logon, r"CORP\dora", 1, "LOCAL"))
        .event(3, 100.0, 24, lsm(TerminalAction::Disconnected, r"CORP\dora", 1, "LOCAL"))
        .event(4, 160.0, 25, lsm(TerminalAction::Reconnected, r"CORP\dora", 1, "10.0.0.9"))
        .event(5, 500.03, 23, lsm(TerminalAction::Logoff, r"CORP\dora", 1, ""))
        .event(6, 500.04, 24, lsm(TerminalAction::Disconnected, r"CORP\dora", 1, "10.0.0.9"))
        .build();
    let session = find(&built, 0x5_0000);
    let kinds: Vec<_> = session.attachments.iter().map(|a| (a.kind, a.address.as_str())).collect();
    assert_eq!(kinds, [(AttachmentKind::Console, ""), (AttachmentKind::Rdp, "10.0.0.9")]);
    let cited: Vec<(u16, Span)> =
        session.corroboration.iter().map(|(record, lag)| (record.event_id, *lag)).collect();
    assert_eq!(cited, [(41, Span(100_000)), (21, Span(2_500_000)), (23, Span(300_000))]);
}

/// Without Security there are no Logon IDs, but 7001 and 21, 7002 and 23 say who and when.
#[test]
fn sessions_without_a_security_log() {
    let built = Scene::new("HOST")
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6005, EventKind::ServiceStarted)
        .event(10, 40.0, 7001, notice(1))
        .event(20, 500.0, 7002, notice(1))
        .log("Lsm.evtx", Channel::LocalSessionManager)
        .event(2, 40.25, 21, lsm(TerminalAction::Logon, r"CORP\dora", 1, "10.0.0.9"))
        .event(5, 499.9, 23, lsm(TerminalAction::Logoff, r"CORP\dora", 1, ""))
        .build();
    let sessions = &built.hosts[0].sessions;
    assert_eq!(sessions.len(), 1, "two channels, one session");
    let session = &sessions[0];
    assert_eq!((session.boot_epoch, session.logon_id), (1, None));
    assert_eq!(&*session.account.user, "dora");
    assert_eq!(session.account.sid, account("dora").sid);
    assert_eq!(session.start_cause, StartCause::Inferred);
    assert_eq!(session.class, SessionClass::RemoteDesktop);
    assert_eq!(session.end.confidence, Confidence::Medium);
    assert_eq!(session.end.time, Some(at(499.9)));
    assert!(session.initiated.is_none() && session.terminated.is_none());
}

/// The logs begin after a boot that they do not show: its number 3 was dora's too, of whom only a
/// disconnect is left. In the next boot, of which nothing tells either, she logs on under that
/// number: the disconnect is of none of her new desktop.
#[test]
fn a_number_of_which_only_a_move_is_left() {
    let built = Scene::new("HOST")
        .logon(1, 5000.0, 0x5_0000, "dora", 10, |_| {})
        .log("Lsm.evtx", Channel::LocalSessionManager)
        .event(1, 4990.0, 24, lsm(TerminalAction::Disconnected, r"CORP\dora", 3, "10.0.0.9"))
        .event(2, 5000.5, 21, lsm(TerminalAction::Logon, r"CORP\dora", 3, "10.0.0.9"))
        .event(3, 5600.0, 24, lsm(TerminalAction::Disconnected, r"CORP\dora", 3, "10.0.0.9"))
        .build();
    let session = find(&built, 0x5_0000);
    let moves: Vec<_> = session.incidents.iter().map(|one| one.moment.record.record_id).collect();
    assert_eq!(moves, [3]);
    let [attachment] = &session.attachments[..] else { panic!("{:?}", session.attachments) };
    assert_eq!((attachment.from, attachment.to), (Some(at(5000.0)), Some(at(5600.0))));
}

/// Security's log begins in the middle of a boot: dora's desktop had ended before, so that only the
/// others tell of it. Of erin's, who was still there, Security has the end: it is not told twice.
#[test]
fn sessions_before_the_security_log() {
    let user = |name| account(name);
    let left = |name| {
        EventKind::LogoffInitiated(SessionRef {
            logon_id: LogonId(0x5_0000),
            account: user(name),
            logon_type: None,
        })
    };
    let built = Scene::new("HOST")
        .logon(100, 5000.0, 0x6_0000, "alice", 3, |_| {})
        .event(101, 6000.0, 4647, left("erin"))
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6005, EventKind::ServiceStarted)
        .event(3, 5500.0, 1, EventKind::Boundary)
        .log("Lsm.evtx", Channel::LocalSessionManager)
        .event(1, 40.0, 21, lsm(TerminalAction::Logon, r"CORP\dora", 1, "LOCAL"))
        .event(2, 900.0, 23, lsm(TerminalAction::Logoff, r"CORP\dora", 1, ""))
        .event(3, 1000.0, 21, lsm(TerminalAction::Logon, r"CORP\erin", 2, "LOCAL"))
        .event(4, 6001.0, 23, lsm(TerminalAction::Logoff, r"CORP\erin", 2, ""))
        .build();
    let sessions = &built.hosts[0].sessions;
    let told: Vec<_> = sessions.iter().map(|one| (&*one.account.user, one.logon_id)).collect();
    let (erin, alice) = (Some(LogonId(0x5_0000)), Some(LogonId(0x6_0000)));
    assert_eq!(told, [("dora", None), ("alice", alice), ("erin", erin)]);
    let dora = &sessions[0];
    assert_eq!((dora.boot_epoch, dora.end.time), (1, Some(at(900.0))));
    assert_eq!(dora.start_cause, StartCause::Inferred);
    assert_eq!(dora.flags[0].word(), "before-security-log");
}

//! Desktops and helpers, told record by record: what a check was for, moves that one log alone tells
//! of, time in use across steps of the clock, who asked for a session.

use super::super::Built;
use super::build::{Scene, account, at};
use crate::model::event::*;
use crate::model::session::{AttachmentKind, MilestoneKind, StartCause};
use crate::model::{
    Channel, EndCause, EventKind, FindingCode, LogonId, Session, SessionClass, Span,
};
use std::sync::Arc;

fn find(built: &Built, id: u64) -> &Session {
    let mut all = built.hosts.iter().flat_map(|host| &host.sessions);
    all.find(|s| s.logon_id == Some(LogonId(id))).unwrap_or_else(|| panic!("no session {id:#x}"))
}

fn flags(session: &Session) -> Vec<String> {
    session.flags.iter().map(ToString::to_string).collect()
}

fn has(built: &Built, code: FindingCode) -> usize {
    built.findings.iter().filter(|finding| finding.code == code).count()
}

fn lock(action: LockAction, id: u64) -> EventKind {
    let (logon_id, account) = (LogonId(id), account("dora"));
    EventKind::Lock(Box::new(Lock { action, logon_id, account, session: Some(1) }))
}

fn station(reconnected: bool, id: u64, name: &str, ip: &str) -> EventKind {
    EventKind::WindowStation(Box::new(WindowStation {
        reconnected,
        logon_id: LogonId(id),
        account: account("dora"),
        session_name: name.into(),
        client: Arc::new(Client { ip: ip.into(), workstation: "LAPTOP".into() }),
    }))
}

fn lsm(action: TerminalAction, number: u32, address: &str, detail: Option<u32>) -> EventKind {
    let named = !matches!(action, TerminalAction::DisconnectReason);
    EventKind::Terminal(Box::new(Terminal {
        action,
        user: if named { r"CORP\dora".into() } else { "".into() },
        session: Some(number),
        address: address.into(),
        detail,
    }))
}

fn set(previous: Option<f64>, new: f64, reason: Option<u32>, process: &str) -> EventKind {
    EventKind::ClockChanged(Box::new(ClockChange {
        previous: previous.map(at),
        new: previous.map(|_| at(new)),
        reason,
        process: process.into(),
    }))
}

/// 4801 names the session that was checked: an unlock. 4778, or 25 where Security does not audit
/// it: a reconnect. A check that nothing follows was the online check of a cached logon.
#[test]
fn what_a_check_was_for() {
    let built = Scene::new("HOST")
        .boot(1, 0.0)
        .logon(10, 40.0, 0x5_0000, "dora", 11, |_| {})
        .logon(11, 40.2, 0x5_1000, "dora", 7, |_| {})
        .terminated(12, 40.2, 0x5_1000, "dora")
        .logon(13, 600.0, 0x6_0000, "dora", 7, |_| {})
        .terminated(14, 600.02, 0x6_0000, "dora")
        .event(15, 600.03, 4801, lock(LockAction::Unlocked, 0x5_0000))
        .logon(16, 900.0, 0x7_0000, "dora", 10, |_| {})
        .event(17, 901.9, 4778, station(true, 0x5_0000, "RDP-Tcp#0", "10.0.0.9"))
        .terminated(18, 903.0, 0x7_0000, "dora")
        .build();
    for (id, word) in [(0x5_1000, None), (0x6_0000, Some("unlock")), (0x7_0000, Some("reconnect"))]
    {
        let check = find(&built, id);
        assert_eq!(check.class, SessionClass::Revalidation, "{id:#x}");
        assert_eq!(flags(check), word.into_iter().collect::<Vec<_>>(), "{id:#x}");
    }
    assert_eq!(find(&built, 0x6_0000).evidence[0].record_id, 15);

    let unaudited = Scene::new("HOST")
        .boot(1, 0.0)
        .logon(10, 40.0, 0x5_0000, "dora", 2, |_| {})
        .logon(16, 900.0, 0x7_0000, "dora", 10, |_| {})
        .terminated(18, 903.0, 0x7_0000, "dora")
        .log("Lsm.evtx", Channel::LocalSessionManager)
        .event(1, 40.2, 21, lsm(TerminalAction::Logon, 1, "LOCAL", None))
        .event(2, 901.9, 25, lsm(TerminalAction::Reconnected, 1, "10.0.0.9", None))
        .build();
    assert_eq!(flags(find(&unaudited, 0x7_0000)), ["reconnect"]);
}

/// A desktop of nine seconds, of which the 4647 was never written, is what its online check was
/// for. Its two halves are no checks of each other; a check is never what another was for.
#[test]
fn a_short_desktop_has_checks_of_its_own() {
    let half = |linked: u64, elevated: bool| {
        move |logon: &mut Logon| {
            logon.linked = Some(LogonId(linked));
            logon.elevated = Some(elevated);
        }
    };
    let built = Scene::new("HOST")
        .boot(1, 0.0)
        .logon(10, 40.0, 0x5_0000, "dora", 11, half(0x5_0010, true))
        .logon(11, 40.0, 0x5_0010, "dora", 11, half(0x5_0000, false))
        .logon(12, 40.2, 0x5_1000, "dora", 7, |_| {})
        .terminated(13, 40.2, 0x5_1000, "dora")
        // Unlocked after five seconds: a cached logon and its online check, both of the desktop.
        .logon(14, 45.0, 0x5_2000, "dora", 11, |_| {})
        .logon(15, 45.1, 0x5_3000, "dora", 7, |_| {})
        .terminated(16, 45.1, 0x5_3000, "dora")
        .terminated(17, 45.2, 0x5_2000, "dora")
        .terminated(18, 49.0, 0x5_0010, "dora")
        .terminated(19, 49.0, 0x5_0000, "dora")
        // The desktop is gone: a check of nothing that the log knows.
        .logon(20, 60.0, 0x5_4000, "dora", 7, |_| {})
        .terminated(21, 60.02, 0x5_4000, "dora")
        .build();
    for id in [0x5_0000, 0x5_0010] {
        assert_eq!(find(&built, id).class, SessionClass::Desktop, "{id:#x}");
        assert_eq!(find(&built, id).parent, None, "{id:#x}");
    }
    let checks = [(0x5_1000, true), (0x5_2000, true), (0x5_3000, true), (0x5_4000, false)];
    for (id, known) in checks {
        let check = find(&built, id);
        assert_eq!(check.class, SessionClass::Revalidation, "{id:#x}");
        assert_eq!(check.parent, known.then_some(LogonId(0x5_0010)), "{id:#x}");
    }
    assert_eq!(find(&built, 0x5_0010).incidents.len(), 3);
}

/// A desktop whose 4624 is lost: by its Logon ID it began before the check, or after it. Then the
/// check was another desktop's, also where that has ended by now.
#[test]
fn a_desktop_without_its_logon_and_a_check() {
    let parent = |lost: u64| {
        let built = Scene::new("HOST")
            .boot(1, 0.0)
            .logon(10, 40.0, 0x5_0000, "dora", 2, |_| {})
            .logon(11, 600.0, 0x6_0000, "dora", 7, |_| {})
            .terminated(12, 600.02, 0x6_0000, "dora")
            .initiated(13, 700.0, 0x5_0000, "dora")
            .initiated(14, 900.0, lost, "dora")
            .build();
        find(&built, 0x6_0000).parent
    };
    assert_eq!(parent(0x7_0000), Some(LogonId(0x5_0000)), "it began after the check");
    assert_eq!(parent(0x5_8000), Some(LogonId(0x5_8000)), "it began last before the check");
}

/// Security tells of the disconnect, the Local Session Manager of both moves: each counts once.
/// Where 24 is missing, too, 40 tells of it; reason 12 is a logoff.
#[test]
fn moves_that_one_log_tells_of() {
    let scene = || {
        Scene::new("HOST")
            .boot(1, 0.0)
            .logon(10, 40.0, 0x5_0000, "dora", 10, |logon| {
                let ip = "10.0.0.9".into();
                logon.client = Arc::new(Client { ip, workstation: "HOST".into() });
            })
            .event(11, 100.0, 4779, station(false, 0x5_0000, "RDP-Tcp#0", "10.0.0.9"))
            .initiated(12, 1000.0, 0x5_0000, "dora")
            .log("Lsm.evtx", Channel::LocalSessionManager)
            .event(1, 40.2, 21, lsm(TerminalAction::Logon, 2, "10.0.0.9", None))
            .event(2, 99.9, 40, lsm(TerminalAction::DisconnectReason, 2, "", Some(11)))
            .event(3, 100.1, 24, lsm(TerminalAction::Disconnected, 2, "10.0.0.9", None))
            .event(4, 300.0, 25, lsm(TerminalAction::Reconnected, 2, "10.0.0.8", None))
            .event(5, 500.0, 40, lsm(TerminalAction::DisconnectReason, 2, "", Some(0)))
            .event(6, 999.0, 40, lsm(TerminalAction::DisconnectReason, 2, "", Some(12)))
            .event(7, 1000.1, 23, lsm(TerminalAction::Logoff, 2, "", None))
    };
    let built = scene().build();
    let session = find(&built, 0x5_0000);
    let told: Vec<_> = session
        .attachments
        .iter()
        .map(|a| (a.client.as_str(), a.address.as_str(), a.from, a.to))
        .collect();
    // The 4624 of a desktop names the computer itself as its workstation; 4779 names the client.
    assert_eq!(
        told,
        [
            ("LAPTOP", "10.0.0.9", Some(at(40.0)), Some(at(100.0))),
            ("", "10.0.0.8", Some(at(300.0)), Some(at(500.0))),
        ]
    );
    assert!(session.attachments.iter().all(|a| a.kind == AttachmentKind::Rdp));
    let kinds: Vec<_> = session.incidents.iter().map(|one| one.kind).collect();
    use MilestoneKind::{Disconnected, Reconnected};
    assert_eq!(kinds, [Disconnected, Reconnected, Disconnected]);
    assert_eq!(session.active, Some(Span::seconds(60 + 200)));
}

/// The manager's full log has lost the 23: by reason 12 the user had logged off, so that the torn
/// connection after it is no move.
#[test]
fn a_logoff_known_by_its_reason_alone() {
    let built = Scene::new("HOST")
        .boot(1, 0.0)
        .logon(10, 40.0, 0x5_0000, "dora", 10, |_| {})
        .initiated(12, 1000.0, 0x5_0000, "dora")
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 40.1, 7001, {
            let sid = account("dora").sid.clone();
            EventKind::Winlogon(Box::new(Notification { session: Some(2), sid }))
        })
        .log("Lsm.evtx", Channel::LocalSessionManager)
        .event(8, 1000.2, 40, lsm(TerminalAction::DisconnectReason, 2, "", Some(12)))
        .event(9, 1000.3, 24, lsm(TerminalAction::Disconnected, 2, "10.0.0.9", None))
        .build();
    let session = find(&built, 0x5_0000);
    assert!(session.incidents.is_empty());
    assert_eq!(session.attachments[0].to, Some(at(1000.0)));
    assert_eq!(session.active, None);
}

/// A session of which only a 4647 is there was at a desktop: at which, no record says. A 4779 says
/// from where it was cut off.
#[test]
fn no_attachment_without_a_record() {
    let built = Scene::new("HOST")
        .initiated(50, 100.0, 0x5_0000, "dora")
        .event(51, 200.0, 4779, station(false, 0x6_0000, "RDP-Tcp#3", "10.0.0.9"))
        .build();
    assert!(find(&built, 0x5_0000).attachments.is_empty());
    let cut = &find(&built, 0x6_0000).attachments;
    assert_eq!((cut.len(), cut[0].from, cut[0].to), (1, None, Some(at(200.0))));
    assert_eq!(cut[0].address, "10.0.0.9");
}

/// The clock was set back by an hour while the desktop was locked: 100 s at work, 200 s locked
/// (100 s before the step, 100 s after it), 50 s at work.
#[test]
fn time_in_use_across_a_step() {
    let built = Scene::new("HOST")
        .boot(1, 3_600.0)
        .logon(10, 3_700.0, 0x5_0000, "dora", 2, |_| {})
        .event(11, 3_800.0, 4800, lock(LockAction::Locked, 0x5_0000))
        .event(12, 300.0, 4616, set(Some(3_900.0), 300.0, None, ""))
        .event(13, 400.0, 4801, lock(LockAction::Unlocked, 0x5_0000))
        .initiated(14, 450.0, 0x5_0000, "dora")
        .build();
    let session = find(&built, 0x5_0000);
    assert_eq!(session.active, Some(Span::seconds(150)));
    assert_eq!(session.corrected_duration(), Some(Span::seconds(350)));
    let order: Vec<_> = session.incidents.iter().map(|one| one.moment.record.record_id).collect();
    assert_eq!(order, [11, 13], "as it happened, not as the clock read");
}

/// Windows 7: 4616 gives local text, Kernel-General 1 of the same moment says by how much. What
/// the clock is set by at a resume is time that truly passed, whether the record gives a reason
/// (2) or not.
#[test]
fn steps_by_either_record() {
    let asleep = PowerState { target: Some(4), effective: Some(4) };
    let built = Scene::new("HOST")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "dora", 2, |_| {})
        .event(11, 7_300.0, 4616, set(None, 0.0, None, ""))
        .initiated(12, 90_000.0, 0x5_0000, "dora")
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 7_300.2, 1, set(Some(100.2), 7_300.2, None, ""))
        .event(3, 8_000.0, 42, EventKind::Sleep(asleep))
        .event(4, 80_000.0, 1, set(Some(8_000.0), 80_000.0, None, ""))
        .event(5, 85_000.0, 1, set(Some(81_000.0), 85_000.0, Some(2), ""))
        .build();
    let session = find(&built, 0x5_0000);
    assert_eq!(session.clock_correction, Span::seconds(7_200));
    assert_eq!(has(&built, FindingCode::ClockStep), 1);
}

/// Of a sleep only Kernel-Power 107 is left: what the clock is set by behind it is no step, what it
/// is set by later is one.
#[test]
fn a_resume_without_its_sleep() {
    let asleep = PowerState { target: Some(4), effective: Some(4) };
    let built = Scene::new("HOST")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "dora", 2, |_| {})
        .initiated(12, 90_000.0, 0x5_0000, "dora")
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(3, 8_000.4, 107, EventKind::Resume(asleep))
        .event(4, 80_000.0, 1, set(Some(8_000.0), 80_000.0, None, ""))
        .event(5, 85_000.0, 1, set(Some(81_000.0), 85_000.0, None, ""))
        .build();
    assert_eq!(find(&built, 0x5_0000).clock_correction, Span::seconds(4_000));
    assert_eq!(has(&built, FindingCode::ClockStep), 1);
}

/// The tools of a virtual machine set the clock forward: the machine may have been paused, so that
/// both durations stand, and a flag.
#[test]
fn a_step_by_the_tools_of_a_virtual_machine() {
    let tools = r"C:\Program Files\VMware\VMware Tools\vmtoolsd.exe";
    let built = Scene::new("HOST")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "dora", 2, |_| {})
        .event(11, 4_000.0, 4616, set(Some(100.0), 4_000.0, None, tools))
        .logon(12, 4_100.0, 0x6_0000, "fred", 3, |_| {})
        .terminated(13, 4_110.0, 0x6_0000, "fred")
        .initiated(14, 4_200.0, 0x5_0000, "dora")
        .build();
    let session = find(&built, 0x5_0000);
    assert_eq!(session.duration(), Some(Span::seconds(4_140)));
    assert_eq!(session.corrected_duration(), Some(Span::seconds(240)));
    assert_eq!(flags(session), ["clock-set-by-guest-tools"]);
    assert!(flags(find(&built, 0x6_0000)).is_empty(), "it began after the step");
}

/// The clock was set back by an hour between the last record of a session and the crash: its end
/// may have been read before or after that. And the next boot's clock was an hour slow until it
/// was set right: the crash was no later than the clock then read, by the right clock.
#[test]
fn bounds_across_steps() {
    let built = Scene::new("HOST")
        .boot(1, 5.0)
        .logon(10, 4_000.0, 0x5_0000, "dora", 2, |_| {})
        .event(11, 500.0, 4616, set(Some(4_100.0), 500.0, None, ""))
        .boot(12, 700.0)
        .event(16, 4_310.0, 4616, set(Some(710.0), 4_310.0, None, ""))
        .logon(17, 4_400.0, 0x6_0000, "fred", 3, |_| {})
        .terminated(18, 4_401.0, 0x6_0000, "fred")
        .build();
    let end = &find(&built, 0x5_0000).end;
    assert_eq!(end.cause, EndCause::EpochEnd);
    assert_eq!((end.not_before, end.time), (Some(at(500.0)), Some(at(500.0))));
    assert_eq!(end.not_after, Some(at(4_300.0)));
}

/// Who asked: runas and NewCredentials by the Secondary Logon service, a prompt by consent.exe;
/// Setup asks for itself.
#[test]
fn parents_of_helpers() {
    let by = |process: &'static str, program: &'static str, subject: u64| {
        move |logon: &mut Logon| {
            logon.subject_logon_id = LogonId(subject);
            logon.method = Arc::new(LogonMethod {
                logon_process: process.into(),
                package: "Negotiate".into(),
                process_name: program.into(),
            });
        }
    };
    let (host, consent) = (r"C:\Windows\System32\svchost.exe", r"C:\Windows\System32\consent.exe");
    let setup = r"C:\Windows\System32\oobe\msoobe.exe";
    let built = Scene::new("HOST")
        .boot(1, 0.0)
        .logon(10, 40.0, 0x5_0000, "dora", 2, |_| {})
        .logon(11, 50.0, 0x6_0000, "admin", 2, by("seclogo", host, 0x5_0000))
        .logon(12, 51.0, 0x6_1000, "dora", 9, by("seclogo", host, 0x5_0000))
        .logon(13, 52.0, 0x6_2000, "admin", 2, by("CredPro", consent, 0x5_0000))
        .logon(14, 53.0, 0x6_3000, "dora", 2, by("Advapi", setup, 0x3e7))
        .terminated(15, 5_000.0, 0x6_0000, "admin")
        .build();
    for (id, class, parent) in [
        (0x6_0000, SessionClass::Secondary, Some(LogonId(0x5_0000))),
        (0x6_1000, SessionClass::Secondary, Some(LogonId(0x5_0000))),
        (0x6_2000, SessionClass::Elevation, Some(LogonId(0x5_0000))),
        (0x6_3000, SessionClass::Auxiliary, None),
    ] {
        assert_eq!((find(&built, id).class, find(&built, id).parent), (class, parent), "{id:#x}");
    }
}

/// The window manager's SID carries the Terminal Services session that it serves.
#[test]
fn window_managers_by_their_sid() {
    let built = Scene::new("HOST").boot(1, 0.0).logon(10, 4.0, 0xd000, "DWM-2", 2, |_| {}).build();
    let session = find(&built, 0xd000);
    assert_eq!(session.class, SessionClass::WindowManager);
    assert_eq!(flags(session), ["terminal-session-2"]);
    assert!(session.attachments.is_empty());
}

/// System knows the boot, Security begins in the middle of it: what was there began before the
/// log. Where Security holds the 4608, a missing 4624 is an anomaly.
#[test]
fn before_the_log_or_missing() {
    let scene = |booted: bool| {
        let scene = Scene::new("HOST");
        let scene = if booted { scene.boot(1, 5.0) } else { scene };
        scene
            .logon(50, 3_000.0, 0x6_0000, "fred", 3, |_| {})
            .terminated(51, 3_001.0, 0x5_0000, "dora")
            .log("System.evtx", Channel::System)
            .event(1, 0.0, 12, EventKind::KernelStarted(None))
            .event(2, 12.0, 6005, EventKind::ServiceStarted)
            .build()
    };
    assert_eq!(find(&scene(false), 0x5_0000).start_cause, StartCause::BeforeLog);
    assert_eq!(has(&scene(false), FindingCode::LogonMissing), 0);
    assert_eq!(find(&scene(true), 0x5_0000).start_cause, StartCause::Missing4624);
    assert_eq!(has(&scene(true), FindingCode::LogonMissing), 1);
}

/// 1104: the log was full; whatever ended then is not in it. 1101 in the middle of a boot: the
/// 4634 may be among what was dropped.
#[test]
fn what_the_log_could_not_hold() {
    let scene = |id: u16, what: EventKind| {
        Scene::new("HOST")
            .boot(1, 5.0)
            .logon(10, 60.0, 0x5_0000, "dora", 3, |_| {})
            .logon(11, 61.0, 0x6_0000, "fred", 3, |_| {})
            .terminated(12, 62.0, 0x6_0000, "fred")
            .event(13, 500.0, id, what)
            .event(14, 900.0, 1100, EventKind::EventLogShutdown)
            .boot(15, 1_000.0)
            .build()
    };
    let full = scene(1104, EventKind::LogFull);
    assert_eq!(find(&full, 0x5_0000).end.cause, EndCause::Censored);
    assert_eq!(has(&full, FindingCode::LogFull), 1);
    let dropped = scene(1101, EventKind::AuditDropped);
    assert_eq!(find(&dropped, 0x5_0000).end.cause, EndCause::Lost);
    assert_eq!(has(&dropped, FindingCode::AuditDropped), 1);
}

/// Rules that hold in every sound log, each broken once.
#[test]
fn self_checks() {
    let faults = |change: fn(Scene) -> Scene| {
        let scene = Scene::new("HOST").boot(1, 5.0).logon(10, 60.0, 0x5_0000, "dora", 2, |_| {});
        has(&change(scene).build(), FindingCode::SelfCheck)
    };
    assert_eq!(faults(|scene| scene.initiated(11, 70.0, 0x5_0000, "dora")), 0);
    assert_eq!(
        faults(|scene| scene
            .logon(11, 61.0, 0x5_1000, "dora", 3, |_| {})
            .initiated(12, 70.0, 0x5_1000, "dora")),
        1,
        "a 4647 of a network session"
    );
    assert_eq!(
        faults(|scene| scene.logon(11, 61.0, 0x3ff0, "fred", 3, |_| {})),
        0,
        "Logon IDs that fall back are a boot, not a fault"
    );
    let once = |scene: Scene| scene.logon(11, 61.0, 0x3e4, "svc", 5, |_| {});
    let twice = |scene: Scene| {
        let scene = scene.logon(11, 61.0, 0x3e4, "svc", 5, |_| {});
        scene.logon(12, 62.0, 0x3e4, "svc", 5, |_| {})
    };
    assert_eq!(faults(once), 0);
    assert_eq!(faults(twice), 1, "NETWORK SERVICE logs on once per boot");
}

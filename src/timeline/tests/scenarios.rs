//! Boots and ends, told record by record; what must come out was worked out by hand from the rules.

use super::super::Built;
use super::build::{Scene, at};
use crate::model::event::*;
use crate::model::session::{Basis, Confidence, StartCause};
use crate::model::{
    BootEnd, Channel, EndCause, EventKind, FindingCode, LogonId, Session, Span, Timestamp,
};

fn sessions(built: &Built) -> &[Session] {
    assert_eq!(built.hosts.len(), 1);
    &built.hosts[0].sessions
}

fn find(built: &Built, epoch: u32, id: u64) -> &Session {
    let mut found =
        sessions(built).iter().filter(|s| s.boot_epoch == epoch && s.logon_id == Some(LogonId(id)));
    let session = found.next().unwrap_or_else(|| panic!("no session {epoch}/{id:#x}"));
    assert!(found.next().is_none(), "two sessions {epoch}/{id:#x}");
    session
}

fn has(built: &Built, code: FindingCode) -> bool {
    built.findings.iter().any(|finding| finding.code == code)
}

/// Two boots, one Logon ID, two people: the reason why the boot belongs to the key.
#[test]
fn one_logon_id_in_two_boots() {
    let built = Scene::new("WS1")
        .boot(1, 0.0)
        .logon(10, 60.0, 0x5_0000, "alice", 2, |_| {})
        .initiated(11, 600.0, 0x5_0000, "alice")
        .event(12, 601.0, 1100, EventKind::EventLogShutdown)
        .lsass(640)
        .boot(13, 700.0)
        .logon(20, 760.0, 0x5_0000, "bob", 2, |_| {})
        .terminated(21, 900.0, 0x5_0000, "bob")
        .build();
    assert_eq!(sessions(&built).len(), 2);
    let alice = find(&built, 1, 0x5_0000);
    assert_eq!(&*alice.account.user, "alice");
    assert_eq!(alice.end.cause, EndCause::Initiated);
    assert_eq!(alice.end.time, Some(at(600.0)));
    let bob = find(&built, 2, 0x5_0000);
    assert_eq!(&*bob.account.user, "bob");
    assert_eq!((bob.end.cause, bob.end.confidence), (EndCause::Terminated, Confidence::High));
    assert_eq!(bob.start.as_ref().unwrap().record.record_id, 20);
}

/// A 4647 is flushed after the 1100 of its own boot: everything up to the next 4608 is the old boot.
#[test]
fn logoff_written_after_the_log_was_closed() {
    let built = Scene::new("WS1")
        .boot(1, 0.0)
        .logon(10, 60.0, 0x5_0000, "alice", 2, |_| {})
        .event(11, 600.0, 1100, EventKind::EventLogShutdown)
        .initiated(12, 599.5, 0x5_0000, "alice")
        .boot(13, 700.0)
        .build();
    let alice = find(&built, 1, 0x5_0000);
    assert_eq!(alice.end.cause, EndCause::Initiated);
    assert_eq!(alice.initiated.as_ref().unwrap().record.record_id, 12);
    assert_eq!(built.hosts[0].boots[0].end_cause, BootEnd::Shutdown);
    assert!(alice.terminated.is_none());
}

/// System's order around a restart: 6009, 6005 of the new boot, then 109 and 13 of the old one,
/// then 12 of the new one.
#[test]
fn restart_with_the_old_boots_last_words_in_the_new_one() {
    let built = Scene::new("WS1")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "alice", 3, |_| {})
        .event(11, 600.0, 1100, EventKind::EventLogShutdown)
        .boot(12, 640.0)
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6009, EventKind::SystemVersion)
        .event(3, 12.1, 6005, EventKind::ServiceStarted)
        .event(50, 600.2, 6006, EventKind::ServiceStopped)
        .event(51, 647.0, 6009, EventKind::SystemVersion)
        .event(52, 647.1, 6005, EventKind::ServiceStarted)
        .event(53, 599.0, 109, EventKind::ShutdownTransition(5))
        .event(54, 602.0, 13, EventKind::KernelStopped(None))
        .event(55, 635.0, 12, EventKind::KernelStarted(None))
        .build();
    let boots = &built.hosts[0].boots;
    assert_eq!(boots.iter().map(|b| b.epoch).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(boots[0].end_cause, BootEnd::Restart);
    assert_eq!(boots[0].end, Some(at(602.0)));
    assert_eq!(boots[0].clean, Some(true));
    assert_eq!(boots[1].start, Some(at(635.0)));
    assert_eq!(boots[1].end_cause, BootEnd::LogEnd);
    let session = find(&built, 1, 0x5_0000);
    assert_eq!(session.end.cause, EndCause::Shutdown);
    assert_eq!(session.end.basis, Some(Basis::Inferred));
    assert_eq!(session.end.not_after, Some(at(602.0)), "the kernel's stop bounds it");
}

fn crash() -> Scene {
    Scene::new("WS1")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "alice", 2, |_| {})
        .logon(11, 90.0, 0x6_0000, "bob", 3, |_| {})
        .terminated(12, 95.0, 0x6_0000, "bob")
        .event(13, 4000.0, 1101, EventKind::AuditDropped)
        .boot(14, 3990.0)
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.1, 6005, EventKind::ServiceStarted)
        .event(40, 3000.0, 6013, EventKind::Uptime(3000))
        .event(41, 3985.0, 12, EventKind::KernelStarted(None))
        .event(42, 3986.0, 41, EventKind::UncleanReboot(0))
        .event(
            43,
            3999.0,
            6008,
            EventKind::UnexpectedShutdown(UnexpectedShutdown { last_alive: None, uptime: None }),
        )
        .event(44, 3999.2, 6005, EventKind::ServiceStarted)
}

/// No 1100, no 6006, no 13; 41, 6008 and 1101 in the next boot. The session had not ended when
/// Security was last written, and had when the kernel started again.
#[test]
fn crash_bounds_the_session_on_both_sides() {
    let built = crash().build();
    let boot = &built.hosts[0].boots[0];
    assert_eq!(boot.end_cause, BootEnd::Crash);
    assert_eq!(boot.clean, Some(false));
    assert_eq!(boot.end_not_before, Some(at(3000.0)), "System was alive longer than Security");
    assert_eq!(boot.end_not_after, Some(at(3985.0)));
    let alice = find(&built, 1, 0x5_0000);
    assert_eq!((alice.end.cause, alice.end.confidence), (EndCause::Crash, Confidence::Low));
    assert_eq!(alice.end.basis, Some(Basis::Bounded));
    // Security's own tail may be lost: only its last record proves that no end had been written.
    assert_eq!(alice.end.not_before, Some(at(95.0)));
    assert_eq!(alice.end.not_after, Some(at(3985.0)));
    assert!(has(&built, FindingCode::Crash));
    let cited: Vec<String> = alice.evidence.iter().map(ToString::to_string).collect();
    for record in ["System#42", "System#43", "Security#13", "System#41"] {
        assert!(cited.iter().any(|c| c == record), "{record} of {cited:?}");
    }
}

/// Without Kernel-Power 41, 6008 or 1101 nobody knows what happened: the same bounds, less sure.
#[test]
fn next_boot_without_a_reason() {
    let built = Scene::new("WS1")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "alice", 2, |_| {})
        .boot(14, 3990.0)
        .build();
    let alice = find(&built, 1, 0x5_0000);
    assert_eq!((alice.end.cause, alice.end.confidence), (EndCause::EpochEnd, Confidence::VeryLow));
    assert_eq!(alice.end.not_after, Some(at(3990.0)));
    assert_eq!(built.hosts[0].boots[0].end_cause, BootEnd::Unknown);
}

/// Fast Startup: no 4608, no 12; Kernel-Boot 27 with type 1. One epoch, two power segments, and
/// Logon IDs go on.
#[test]
fn fast_startup_is_no_boot() {
    let hybrid = PowerState { target: Some(6), effective: Some(5) };
    let built = Scene::new("WS1")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "alice", 2, |_| {})
        .initiated(11, 600.0, 0x5_0000, "alice")
        .logon(12, 90_000.0, 0x9_0000, "alice", 2, |_| {})
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 0.1, 27, EventKind::BootType(0))
        .event(3, 12.1, 6005, EventKind::ServiceStarted)
        .event(40, 601.0, 42, EventKind::Sleep(hybrid))
        .event(41, 89_000.0, 25, EventKind::BootMenu)
        .event(42, 89_000.1, 27, EventKind::BootType(1))
        .build();
    let boots = &built.hosts[0].boots;
    assert_eq!(boots.len(), 1);
    assert_eq!(boots[0].power_segments, 2);
    assert_eq!(find(&built, 1, 0x9_0000).end.cause, EndCause::Open);
}

/// The elevated half of a pair has no end of its own: it ends with the other, whether the event
/// names the link (version 2) or only the circumstances do (versions 0 and 1).
#[test]
fn the_elevated_half_ends_with_the_other() {
    let pair = |version: u8, link: bool| {
        Scene::new("WS1")
            .boot(1, 5.0)
            .logon(10, 60.0, 0x5_0000, "alice", 2, |logon| {
                logon.version = version;
                logon.linked = link.then_some(LogonId(0x5_0100));
                logon.elevated = link.then_some(true);
            })
            .logon(11, 60.0, 0x5_0100, "alice", 2, |logon| {
                logon.version = version;
                logon.linked = link.then_some(LogonId(0x5_0000));
                logon.elevated = link.then_some(false);
            })
            .event(
                12,
                60.0,
                4672,
                EventKind::SessionReference(SessionRef {
                    logon_id: LogonId(0x5_0000),
                    account: super::build::account("alice"),
                    logon_type: None,
                }),
            )
            .initiated(20, 600.0, 0x5_0100, "alice")
            .event(21, 601.0, 1100, EventKind::EventLogShutdown)
            .boot(22, 700.0)
            .build()
    };
    for built in [pair(2, true), pair(1, false)] {
        let elevated = find(&built, 1, 0x5_0000);
        assert_eq!(elevated.linked, Some(LogonId(0x5_0100)));
        assert_eq!(elevated.elevated, Some(true));
        assert_eq!(elevated.end.cause, EndCause::Inherited);
        assert_eq!(elevated.end.basis, Some(Basis::Inherited));
        assert_eq!(elevated.end.time, Some(at(600.0)));
        assert_eq!(find(&built, 1, 0x5_0100).elevated, Some(false));
        assert!(!has(&built, FindingCode::InitiatedExpected));
    }
    // Version 1 without the 4672 is no pair: nothing tells the halves apart.
    let alone = Scene::new("WS1")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "alice", 2, |logon| logon.version = 1)
        .logon(11, 60.0, 0x5_0100, "alice", 2, |logon| logon.version = 1)
        .build();
    assert_eq!(find(&alone, 1, 0x5_0000).linked, None);
}

/// A desktop session in an orderly shutdown logs a 4647: when it is absent that is worth a
/// finding, unless a 1108 says that it was lost, or logoffs are not audited at all.
#[test]
fn an_expected_4647_is_absent_or_lost() {
    let scene = || {
        Scene::new("WS1")
            .boot(1, 5.0)
            .logon(9, 50.0, 0x4_0000, "carol", 3, |_| {})
            .terminated(10, 51.0, 0x4_0000, "carol")
            .logon(11, 60.0, 0x5_0000, "alice", 2, |_| {})
    };
    let end =
        |scene: Scene| scene.event(20, 601.0, 1100, EventKind::EventLogShutdown).boot(22, 700.0);
    let absent = end(scene()).build();
    assert_eq!(find(&absent, 1, 0x5_0000).end.cause, EndCause::Shutdown);
    assert!(has(&absent, FindingCode::InitiatedExpected));
    let lost = end(scene().event(15, 600.0, 1108, EventKind::EventLost(4647))).build();
    assert_eq!(find(&lost, 1, 0x5_0000).end.cause, EndCause::Lost);
    assert!(!has(&lost, FindingCode::InitiatedExpected));
    assert!(has(&lost, FindingCode::EventLost));
}

/// Records are missing between a session and the shutdown: its end may be among them.
#[test]
fn a_gap_censors() {
    let mut scene = Scene::new("WS1")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "alice", 3, |_| {})
        .logon(300, 500.0, 0x7_0000, "bob", 3, |_| {})
        .event(301, 600.0, 1100, EventKind::EventLogShutdown)
        .boot(302, 700.0);
    scene.logs[0].gaps = vec![(11, 299)];
    let built = scene.build();
    let alice = find(&built, 1, 0x5_0000);
    assert_eq!((alice.end.cause, alice.end.confidence), (EndCause::Censored, Confidence::None));
    assert_eq!(alice.end.time, None);
    assert_eq!(alice.end.not_before, Some(at(60.0)));
    assert_eq!(alice.end.not_after, Some(at(600.0)));
    assert_eq!(find(&built, 1, 0x7_0000).end.cause, EndCause::Shutdown);
    assert!(has(&built, FindingCode::RecordGap));
}

/// Ends without a start: before the log in epoch 0, an anomaly where the boot is in the log.
#[test]
fn ends_without_a_start() {
    let built = Scene::new("WS1")
        .terminated(100, 0.0, 0x5_0000, "alice")
        .event(101, 10.0, 1100, EventKind::EventLogShutdown)
        .boot(102, 60.0)
        .initiated(110, 100.0, 0x6_0000, "bob")
        .build();
    let alice = find(&built, 0, 0x5_0000);
    assert_eq!(alice.start_cause, StartCause::BeforeLog);
    assert_eq!(alice.end.cause, EndCause::Terminated);
    assert_eq!(alice.duration(), None);
    assert_eq!(find(&built, 1, 0x6_0000).start_cause, StartCause::Missing4624);
    assert!(has(&built, FindingCode::LogonMissing));
}

/// A 4672 proves a session that began before the log, and nothing else about it.
#[test]
fn a_session_named_in_passing() {
    let mention = EventKind::SessionReference(SessionRef {
        logon_id: LogonId(0x5_0000),
        account: super::build::account("alice"),
        logon_type: None,
    });
    let built = Scene::new("WS1").event(100, 0.0, 4672, mention).build();
    let alice = find(&built, 0, 0x5_0000);
    assert_eq!(alice.class, crate::model::SessionClass::Unknown);
    assert_eq!(alice.start_cause, StartCause::BeforeLog);
    assert_eq!((alice.start.as_ref(), alice.end.time), (None, None));
}

/// Two 4624 with one key cannot be; both have their row, and a finding says so.
#[test]
fn a_repeated_logon_keeps_both_rows() {
    let built = Scene::new("WS1")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "alice", 3, |_| {})
        .logon(11, 70.0, 0x5_0000, "alice", 3, |_| {})
        .terminated(12, 80.0, 0x5_0000, "alice")
        .terminated(13, 81.0, 0x5_0000, "alice")
        .build();
    assert_eq!(sessions(&built).len(), 2);
    assert!(has(&built, FindingCode::LogonRepeated));
    assert!(has(&built, FindingCode::EndRepeated));
    let second = &sessions(&built)[1];
    assert_eq!(second.terminated.as_ref().unwrap().record.record_id, 13);
    assert_eq!(second.evidence[0].record_id, 12);
    let tally = built.accounting.events[&4634];
    assert_eq!((tally.read, tally.placed), (2, 2));
    assert!(built.accounting.events.values().all(|tally| tally.balances()));
}

/// Boots without a 4608: by the type 0 logon, by LSASS's process ID, by Logon IDs that fall back,
/// by a second 4902. A Logon ID a little lower than the last is no boot.
#[test]
fn boots_without_4608() {
    let first = || {
        Scene::new("WS1").boot(1, 0.0).logon(10, 60.0, 0x50_0000, "alice", 3, |_| {}).logon(
            11,
            61.0,
            0x4f_ffb1,
            "bob",
            3,
            |_| {},
        )
    };
    let boots = |scene: Scene| scene.build().hosts[0].boots.len();
    assert_eq!(boots(first()), 1, "79 lower is still one boot");
    assert_eq!(boots(first().logon(20, 900.0, 0x3e7, "SYSTEM", 0, |_| {})), 2);
    assert_eq!(boots(first().lsass(700).logon(20, 900.0, 0x60_0000, "eve", 3, |_| {})), 2);
    assert_eq!(boots(first().logon(20, 900.0, 0x6000, "eve", 3, |_| {})), 2);
    assert_eq!(boots(first().event(20, 900.0, 4902, EventKind::AuditPolicyTable(LogonId(1)))), 2);
    let inferred = first().lsass(700).logon(20, 900.0, 0x60_0000, "eve", 3, |_| {}).build();
    assert!(has(&inferred, FindingCode::BootInferred));
    assert_eq!(find(&inferred, 2, 0x60_0000).start_cause, StartCause::Exact);
    assert_eq!(find(&inferred, 1, 0x50_0000).end.cause, EndCause::EpochEnd);
}

/// A clock three hours ahead at boot, corrected within it: record order decides, the durations
/// stand side by side.
#[test]
fn clock_steps_inside_a_session() {
    let step = |previous: Timestamp, new: Timestamp| {
        EventKind::ClockChanged(Box::new(ClockChange {
            previous: Some(previous),
            new: Some(new),
            reason: None,
            process: r"C:\Windows\System32\svchost.exe".into(),
        }))
    };
    let built = Scene::new("WS1")
        .boot(1, 10_800.0)
        .logon(10, 10_860.0, 0x5_0000, "alice", 2, |_| {})
        .event(11, 100.0, 4616, step(at(10_900.0), at(100.0)))
        .initiated(12, 400.0, 0x5_0000, "alice")
        .build();
    let alice = find(&built, 1, 0x5_0000);
    assert_eq!(alice.duration(), Some(Span::seconds(400 - 10_860)));
    // 40 s before the step, 300 s after it.
    assert_eq!(alice.corrected_duration(), Some(Span::seconds(340)));
    assert_eq!(built.hosts[0].boots[0].clock_steps, 1);
    assert_eq!(built.hosts[0].boots[0].clock_step, Span::seconds(-10_800));
    assert!(has(&built, FindingCode::ClockStep));
}

/// The clock was set back between two boots: they overlap in time, and the crash of the first has
/// no upper bound in its own time.
#[test]
fn epochs_that_overlap_in_time() {
    let built = Scene::new("WS1")
        .boot(1, 5000.0)
        .logon(10, 6000.0, 0x5_0000, "alice", 3, |_| {})
        .boot(11, 4500.0)
        .logon(20, 4600.0, 0x5_0000, "bob", 3, |_| {})
        .build();
    assert_eq!(built.hosts[0].boots.len(), 2);
    let alice = find(&built, 1, 0x5_0000);
    assert_eq!(alice.end.not_before, Some(at(6000.0)));
    assert_eq!(alice.end.not_after, None);
    assert!(has(&built, FindingCode::EpochsOverlap));
}

/// A boot that System alone lacks (lost in a crash) does not shift the others.
#[test]
fn a_boot_in_one_channel_only() {
    let built = Scene::new("WS1")
        .boot(1, 5.0)
        .boot(20, 1005.0)
        .boot(40, 2005.0)
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6005, EventKind::ServiceStarted)
        .event(3, 2000.0, 12, EventKind::KernelStarted(None))
        .event(4, 2012.0, 6005, EventKind::ServiceStarted)
        .build();
    let boots = &built.hosts[0].boots;
    assert_eq!(boots.iter().map(|b| b.epoch).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(boots[1].flags.iter().map(|f| f.word()).collect::<Vec<_>>(), ["security-only"]);
    assert_eq!(boots[2].start, Some(at(2000.0)));
    assert!(has(&built, FindingCode::BootInOneChannel));
}

/// Crashes a minute apart: System lost two boots altogether, and its next one began ten minutes
/// after the first that Security shows alone. Neither is taken for the other.
#[test]
fn boots_lost_from_system_in_quick_succession() {
    let built = Scene::new("WS1")
        .boot(1, 2.0)
        .boot(20, 80.0)
        .boot(40, 480.0)
        .boot(60, 640.0)
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 2.5, 6005, EventKind::ServiceStarted)
        .event(3, 638.0, 12, EventKind::KernelStarted(None))
        .event(4, 641.0, 6005, EventKind::ServiceStarted)
        .build();
    let boots = &built.hosts[0].boots;
    let starts: Vec<_> = boots.iter().map(|boot| boot.start.unwrap()).collect();
    assert_eq!(starts, [at(0.0), at(80.0), at(480.0), at(638.0)]);
    assert!(!has(&built, FindingCode::EpochsOverlap));
}

/// `LastBootId` rises by one per attempt: a jump of three between neighbours is two attempts more.
#[test]
fn boot_attempts_without_events() {
    let status = |id| {
        EventKind::BootStatus(BootStatus {
            last_shutdown_good: Some(true),
            last_boot_good: Some(false),
            last_boot_id: Some(id),
        })
    };
    let built = Scene::new("WS1")
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 0.1, 20, status(7))
        .event(3, 12.0, 6005, EventKind::ServiceStarted)
        .event(100, 2000.0, 12, EventKind::KernelStarted(None))
        .event(101, 2000.1, 20, status(10))
        .event(102, 2012.0, 6005, EventKind::ServiceStarted)
        .build();
    let found: Vec<_> =
        built.findings.iter().filter(|f| f.code == FindingCode::BootsWithoutEvents).collect();
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("2 more boot attempt"), "{}", found[0].message);
    assert_eq!(built.hosts[0].boots[0].boot_id, Some(8));
}

/// A hostile log may claim a boot in every record: the work must not grow with their square.
#[test]
fn many_boots_cost_no_more_than_their_number() {
    let mut scene = Scene::new("WS1");
    for n in 0..30_000_u64 {
        scene = scene.event(n + 1, n as f64, 4608, EventKind::LsassStarted);
    }
    scene = scene.log("System.evtx", Channel::System);
    for n in 0..30_000_u64 {
        let what =
            if n % 2 == 0 { EventKind::ServiceStarted } else { EventKind::KernelStarted(None) };
        scene = scene.event(n * 100 + 1, n as f64 * 3.0, 6005, what);
    }
    assert!(scene.build().hosts[0].boots.len() >= 30_000);
}

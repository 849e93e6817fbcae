//! Logs that crashes, clears and full files have torn; what must come out was worked out by hand
//! from the rules.

use super::super::Built;
use super::build::{Scene, account, at, cleared, clock_set, unexpected};
use crate::model::event::*;
use crate::model::session::{Confidence, StartCause};
use crate::model::{Boot, BootEnd, Channel, EndCause, EventKind, LogonId, Session};

fn boots(built: &Built) -> &[Boot] {
    assert_eq!(built.hosts.len(), 1, "one computer");
    &built.hosts[0].boots
}

fn starts(built: &Built) -> Vec<Option<crate::model::Timestamp>> {
    boots(built).iter().map(|boot| boot.start).collect()
}

fn find(built: &Built, id: u64) -> &Session {
    let mut all = built.hosts.iter().flat_map(|host| &host.sessions);
    all.find(|session| session.logon_id == Some(LogonId(id))).unwrap()
}

/// Boot 1, shut down in order: System 1 to 4.
fn first_boot() -> Scene {
    Scene::new("WS1")
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6009, EventKind::SystemVersion)
        .event(3, 12.0, 6005, EventKind::ServiceStarted)
        .event(4, 600.0, 6006, EventKind::ServiceStopped)
}

/// A crash took boot 2's Kernel-General 12 and left its 6005 and what the boot before wrote last;
/// boot 3's Kernel-General 12 comes next, before its own 6008. The two are not one boot.
#[test]
fn a_crash_takes_the_kernels_first_record() {
    let built = first_boot()
        .event(5, 700.0, 6009, EventKind::SystemVersion)
        .event(6, 700.0, 6005, EventKind::ServiceStarted)
        .event(7, 601.0, 109, EventKind::ShutdownTransition(6))
        .event(8, 602.0, 13, EventKind::KernelStopped(None))
        .event(9, 2000.0, 12, EventKind::KernelStarted(None))
        .event(10, 2010.0, 6008, unexpected())
        .event(11, 2010.0, 6009, EventKind::SystemVersion)
        .event(12, 2010.0, 6005, EventKind::ServiceStarted)
        .build();
    assert_eq!(starts(&built), [Some(at(0.0)), Some(at(700.0)), Some(at(2000.0))]);
    assert_eq!(boots(&built)[0].end_cause, BootEnd::PowerOff);
    assert_eq!(boots(&built)[1].end_cause, BootEnd::Crash);
    assert_eq!(boots(&built)[1].end_not_after, Some(at(2000.0)));
}

/// The same with a clock seven hours slow at boot 3: the order says so, not the time.
#[test]
fn after_a_crash_6008_follows_the_kernel() {
    let built = first_boot()
        .event(5, 30_000.0, 6009, EventKind::SystemVersion)
        .event(6, 30_000.0, 6005, EventKind::ServiceStarted)
        .event(7, 601.0, 109, EventKind::ShutdownTransition(6))
        .event(8, 602.0, 13, EventKind::KernelStopped(None))
        .event(9, 6_000.0, 12, EventKind::KernelStarted(None))
        .event(10, 6_010.0, 6008, unexpected())
        .event(11, 6_010.0, 6005, EventKind::ServiceStarted)
        .build();
    assert_eq!(starts(&built), [Some(at(0.0)), Some(at(30_000.0)), Some(at(6_000.0))]);
}

/// The full log begins in the middle of boot 1's marks: its Kernel-Boot 27 is not boot 2's.
#[test]
fn a_full_log_begins_within_a_boot() {
    let built = Scene::new("WS1")
        .log("System.evtx", Channel::System)
        .event(33, 0.0, 27, EventKind::BootType(0))
        .event(40, 600.0, 6006, EventKind::ServiceStopped)
        .event(41, 700.0, 6009, EventKind::SystemVersion)
        .event(42, 700.0, 6005, EventKind::ServiceStarted)
        .event(43, 602.0, 13, EventKind::KernelStopped(None))
        .event(44, 690.0, 12, EventKind::KernelStarted(None))
        .event(45, 690.1, 27, EventKind::BootType(0))
        .build();
    assert_eq!(starts(&built), [Some(at(0.0)), Some(at(690.0))]);
    assert_eq!(boots(&built)[0].end, Some(at(602.0)));
}

/// 6008 comes before the 6005 of its boot: it does not complete the boot before.
#[test]
fn a_late_6008_begins_a_boot() {
    let built = Scene::new("WS1")
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6005, EventKind::ServiceStarted)
        .event(9, 90.0, 6008, unexpected())
        .event(10, 90.0, 6005, EventKind::ServiceStarted)
        .event(11, 80.0, 27, EventKind::BootType(0))
        .build();
    assert_eq!(starts(&built), [Some(at(0.0)), Some(at(80.0))]);
    assert_eq!(boots(&built)[0].end_cause, BootEnd::Crash);
}

/// Two boots follow within a minute and Security shows the second alone: its 4608 goes with the
/// kernel start that is nearest.
#[test]
fn the_nearest_kernel_start_is_lsass_own() {
    let built = Scene::new("WS1")
        .boot(100, 105.0)
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 10.0, 6005, EventKind::ServiceStarted)
        .event(3, 60.0, 6006, EventKind::ServiceStopped)
        .event(4, 115.0, 6005, EventKind::ServiceStarted)
        .event(5, 62.0, 13, EventKind::KernelStopped(None))
        .event(6, 100.0, 12, EventKind::KernelStarted(None))
        .build();
    assert_eq!(starts(&built), [Some(at(0.0)), Some(at(100.0))]);
    let cited = |boot: usize| boots(&built)[boot].start_evidence.iter().any(|r| r.record_id == 100);
    assert_eq!((cited(0), cited(1)), (false, true));
}

/// Security was cleared in boot 1 and shows no start of it; the clock was set back before boot 2,
/// whose 4608 is there. What came before goes with boot 1.
#[test]
fn what_has_no_start_goes_before_what_has() {
    let built = Scene::new("WS1")
        .lsass(640)
        .event(50, 900.0, 1102, cleared())
        .logon(51, 1000.0, 0x5_0000, "alice", 3, |_| {})
        .terminated(52, 1010.0, 0x5_0000, "alice")
        .event(53, 1200.0, 1100, EventKind::EventLogShutdown)
        .lsass(700)
        .boot(54, 805.0)
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6005, EventKind::ServiceStarted)
        .event(60, 1200.0, 6006, EventKind::ServiceStopped)
        .event(61, 815.0, 6005, EventKind::ServiceStarted)
        .event(62, 1202.0, 13, EventKind::KernelStopped(None))
        .event(63, 800.0, 12, EventKind::KernelStarted(None))
        .build();
    assert_eq!(starts(&built), [Some(at(0.0)), Some(at(800.0))]);
    assert_eq!(find(&built, 0x5_0000).boot_epoch, 1);
}

/// LSASS is another one after a cleared log: its boot begins with the 1102, and the 1100 and the
/// 4647 after it are its own.
#[test]
fn a_cleared_log_hides_the_start_of_lsass() {
    let mut scene = Scene::new("WS1")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "alice", 2, |_| {})
        .event(11, 600.0, 1100, EventKind::EventLogShutdown)
        .lsass(700)
        .event(80, 2000.0, 1102, cleared())
        .event(81, 2100.0, 1100, EventKind::EventLogShutdown)
        .initiated(82, 2099.0, 0x6_0000, "bob");
    scene.logs[0].gaps = vec![(12, 79)];
    let built = scene.build();
    assert_eq!(boots(&built).len(), 2);
    assert_eq!(boots(&built)[0].end, Some(at(600.0)));
    assert_eq!(boots(&built)[1].end, Some(at(2100.0)));
    assert_eq!(find(&built, 0x6_0000).boot_epoch, 2);
}

/// The System log was cleared in boot 2, which only Security shows begin: 1074, 6006 and the
/// kernel's last words end boot 2, not boot 1.
#[test]
fn a_cleared_system_log_ends_the_boot_it_goes_on_in() {
    let mut scene = Scene::new("WS1")
        .boot(1, 5.0)
        .event(10, 600.0, 1100, EventKind::EventLogShutdown)
        .boot(11, 705.0)
        .log("copy/System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6005, EventKind::ServiceStarted)
        .log("System.evtx", Channel::System)
        .event(40, 900.0, 104, cleared())
        .event(41, 1000.0, 6006, EventKind::ServiceStopped)
        .event(42, 1110.0, 6005, EventKind::ServiceStarted)
        .event(43, 1001.0, 109, EventKind::ShutdownTransition(5))
        .event(44, 1002.0, 13, EventKind::KernelStopped(None))
        .event(45, 1100.0, 12, EventKind::KernelStarted(None));
    scene.logs[1].path = "WS1/System-copy.evtx".into();
    let built = scene.build();
    let ends: Vec<_> = boots(&built).iter().map(|boot| (boot.end_cause, boot.end)).collect();
    assert_eq!(ends[0], (BootEnd::Shutdown, Some(at(600.0))));
    assert_eq!(ends[1], (BootEnd::Restart, Some(at(1002.0))));
}

/// The clock was ten hours slow, and set right between LSASS and the event log service; a crash
/// took Kernel-General 12. The step joins the two halves of the boot.
#[test]
fn a_corrected_clock_joins_lsass_and_the_service() {
    let built = Scene::new("WS1")
        .boot(1, 5.0)
        .event(9, 600.0, 1100, EventKind::EventLogShutdown)
        .boot(10, 1_000.0)
        .event(13, 37_000.0, 4616, clock_set(1_000.5, 37_000.0, None))
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6005, EventKind::ServiceStarted)
        .event(3, 600.0, 6006, EventKind::ServiceStopped)
        .event(4, 37_005.0, 6005, EventKind::ServiceStarted)
        .event(5, 602.0, 13, EventKind::KernelStopped(None))
        .build();
    assert_eq!(boots(&built).len(), 2);
}

/// Security shows LSASS start nine seconds after boot 1's event log service: too late for boot 1.
/// It is boot 2, of which a crash left System no more than 6009.
#[test]
fn lsass_starts_before_the_service() {
    let built = first_boot()
        .event(5, 21.5, 6009, EventKind::SystemVersion)
        .event(6, 601.0, 109, EventKind::ShutdownTransition(6))
        .log("Security.evtx", Channel::Security)
        .boot(50, 21.0)
        .build();
    let boots = boots(&built);
    assert_eq!(boots.len(), 2);
    let cited = |boot: usize| boots[boot].start_evidence.iter().any(|r| r.record_id == 50);
    assert_eq!((cited(0), cited(1)), (false, true));
}

/// The Security log was archived in boot 3 and says no more than that and its 1100; the boots
/// before are whole. System shows boot 3: the 1100 is its own, and boot 2 keeps its end.
#[test]
fn all_that_is_left_of_a_boot_is_its_1100() {
    let mut scene = Scene::new("WS1")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "alice", 3, |_| {})
        .logon(11, 70.0, 0x6_0000, "bob", 3, |_| {})
        .terminated(12, 71.0, 0x6_0000, "bob")
        .event(13, 600.0, 1100, EventKind::EventLogShutdown)
        .event(90, 2000.0, 1105, EventKind::LogArchived("Archive.evtx".into()))
        .event(91, 2100.0, 1100, EventKind::EventLogShutdown)
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6005, EventKind::ServiceStarted)
        .event(3, 600.0, 6006, EventKind::ServiceStopped)
        .event(4, 712.0, 6005, EventKind::ServiceStarted)
        .event(5, 602.0, 13, EventKind::KernelStopped(None))
        .event(6, 700.0, 12, EventKind::KernelStarted(None));
    scene.logs[0].gaps = vec![(14, 89)];
    let built = scene.build();
    assert_eq!(boots(&built).len(), 2);
    assert_eq!(boots(&built)[0].end, Some(at(602.0)));
    assert_eq!(boots(&built)[1].end, Some(at(2100.0)));
    assert_eq!(find(&built, 0x5_0000).end.cause, EndCause::Shutdown);
}

/// A computer was renamed after its log was archived: the archive has the old name, the live log
/// the new one, System has both. It is one computer.
#[test]
fn an_archive_under_the_old_name() {
    let mut built = Scene::new("NEW")
        .log("Archive.evtx", Channel::Security)
        .boot(1, 5.0)
        .log("Security.evtx", Channel::Security)
        .boot(90, 9_005.0)
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(9, 9_000.0, 12, EventKind::KernelStarted(None));
    for event in built.events.iter_mut().filter(|event| event.record_id < 9) {
        event.computer = "OLD".into();
    }
    assert_eq!(boots(&built.build()).len(), 2);
}

/// A crash, and no record of boot 2 before record 60: alice's end may be in the hole at the end
/// of her boot. An 1100 leaves no room for one.
#[test]
fn a_hole_at_the_end_of_a_boot() {
    let scene = |closed: bool| {
        let scene = Scene::new("WS1").boot(1, 5.0).logon(10, 60.0, 0x5_0000, "alice", 3, |_| {});
        let scene = match closed {
            true => scene.event(11, 90.0, 1100, EventKind::EventLogShutdown),
            false => scene.event(11, 90.0, 4625, EventKind::Boundary),
        };
        let mut scene = scene.boot(60, 700.0).logon(70, 800.0, 0x6_0000, "bob", 3, |_| {});
        scene = scene.terminated(71, 801.0, 0x6_0000, "bob");
        scene.logs[0].gaps = vec![(12, 59)];
        scene.build()
    };
    assert_eq!(find(&scene(false), 0x5_0000).end.cause, EndCause::Censored);
    assert_eq!(find(&scene(false), 0x5_0000).end.not_before, Some(at(60.0)));
    assert_eq!(find(&scene(true), 0x5_0000).end.cause, EndCause::Shutdown);
}

/// No logoff was ever audited: that the log goes on does not show that a session did.
#[test]
fn without_logoff_auditing_a_session_is_known_by_its_own_records() {
    let built = Scene::new("WS1")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "alice", 3, |_| {})
        .logon(11, 500.0, 0x6_0000, "bob", 3, |_| {})
        .build();
    assert_eq!(find(&built, 0x5_0000).end.cause, EndCause::Open);
    assert_eq!(find(&built, 0x5_0000).end.not_before, Some(at(60.0)));
}

/// 6006 knows whole seconds only: a session was open until that second was over, at most.
#[test]
fn a_whole_second_is_not_over() {
    let built = Scene::new("WS1")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "alice", 3, |_| {})
        .logon(11, 70.0, 0x6_0000, "bob", 3, |_| {})
        .terminated(12, 71.0, 0x6_0000, "bob")
        .boot(13, 705.0)
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 600.0, 6006, EventKind::ServiceStopped)
        .event(3, 700.0, 12, EventKind::KernelStarted(None))
        .build();
    let end = &find(&built, 0x5_0000).end;
    assert_eq!(end.cause, EndCause::Shutdown);
    assert_eq!(end.not_after, Some(at(601.0)));
}

/// An 1108 names a lost 4647 and the boot crashed: nobody knows when alice went. Bob came later.
#[test]
fn a_lost_logoff_in_a_crashed_boot() {
    let built = Scene::new("WS1")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "alice", 2, |_| {})
        .event(11, 200.0, 1108, EventKind::EventLost(4647))
        .logon(12, 300.0, 0x6_0000, "bob", 2, |_| {})
        .logon(13, 400.0, 0x7_0000, "carol", 3, |_| {})
        .terminated(14, 401.0, 0x7_0000, "carol")
        .event(15, 4_000.0, 1101, EventKind::AuditDropped)
        .boot(16, 3_990.0)
        .build();
    let (alice, bob) = (&find(&built, 0x5_0000).end, &find(&built, 0x6_0000).end);
    assert_eq!((alice.cause, alice.confidence), (EndCause::Censored, Confidence::None));
    assert_eq!(alice.not_before, Some(at(60.0)));
    assert_eq!((bob.cause, bob.not_before), (EndCause::Crash, Some(at(401.0))));
}

/// A full log begins between a 4624 and its 4672: the session was there. It may be the elevated
/// half of a pair, whose end is not logged, so that only its own record bounds it.
#[test]
fn a_4672_alone_proves_a_session() {
    let mention =
        SessionRef { logon_id: LogonId(0x5_0000), account: account("alice"), logon_type: None };
    let built = Scene::new("WS1")
        .event(40, 60.0, 4672, EventKind::SessionReference(mention))
        .logon(41, 500.0, 0x6_0000, "bob", 3, |_| {})
        .terminated(42, 501.0, 0x6_0000, "bob")
        .build();
    let alice = find(&built, 0x5_0000);
    assert_eq!(alice.start_cause, StartCause::BeforeLog);
    assert_eq!(alice.end.not_before, Some(at(60.0)));
}

/// 1100 at 600 s, one more record, then a hole. Windows shut down, so that what follows the hole is
/// of another boot; unless LSASS wrote that record more than a minute later: then only the event log
/// service had stopped, and the boot went on.
#[test]
fn what_lsass_writes_after_1100() {
    let causes = |more: fn(Scene) -> Scene| {
        let scene = Scene::new("WS1").boot(1, 5.0).logon(10, 60.0, 0x5_0000, "alice", 3, |_| {});
        let scene = more(scene.event(11, 600.0, 1100, EventKind::EventLogShutdown));
        let mut scene = scene.logon(60, 4_000.0, 0x7_0000, "carol", 3, |_| {});
        scene.logs[0].gaps = vec![(13, 59)];
        let built = scene.build();
        boots(&built).iter().map(|boot| boot.end_cause).collect::<Vec<_>>()
    };
    let (shut, goes_on) = ([BootEnd::Shutdown, BootEnd::LogEnd], [BootEnd::LogEnd]);
    assert_eq!(causes(|scene| scene.terminated(12, 660.0, 0x5_0000, "alice")), shut);
    assert_eq!(causes(|scene| scene.terminated(12, 660.1, 0x5_0000, "alice")), goes_on);
    assert_eq!(causes(|scene| scene.logon(12, 900.0, 0x6_0000, "bob", 3, |_| {})), goes_on);
    // Other processes write on, or write late.
    assert_eq!(causes(|scene| scene.head_only(12, 900.0, 4648)), shut);
    assert_eq!(causes(|scene| scene.event(12, 900.0, 4616, clock_set(899.9, 900.0, None))), shut);
}

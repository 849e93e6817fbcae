//! Boots of two logs laid beside each other; what must come out was worked out by hand from the
//! rules.

use super::super::Built;
use super::build::{Scene, at, cleared, clock_set};
use crate::model::event::*;
use crate::model::{Boot, BootEnd, Channel, EventKind, FindingCode, LogonId, Timestamp};

fn boots(built: &Built) -> &[Boot] {
    assert_eq!(built.hosts.len(), 1, "one computer");
    &built.hosts[0].boots
}

fn starts(built: &Built) -> Vec<Option<Timestamp>> {
    boots(built).iter().map(|boot| boot.start).collect()
}

fn epoch_of(built: &Built, id: u64) -> u32 {
    let mut all = built.hosts.iter().flat_map(|host| &host.sessions);
    all.find(|session| session.logon_id == Some(LogonId(id))).unwrap().boot_epoch
}

fn unexpected(last_alive: f64, uptime: u32) -> EventKind {
    let last_alive = Some(at(last_alive));
    EventKind::UnexpectedShutdown(UnexpectedShutdown { last_alive, uptime: Some(uptime) })
}

fn status(last_boot_id: u32) -> EventKind {
    EventKind::BootStatus(BootStatus {
        last_shutdown_good: None,
        last_boot_good: None,
        last_boot_id: Some(last_boot_id),
    })
}

/// Boot 1 in both logs, shut down at 600 s; System goes on.
fn first_boot() -> Scene {
    Scene::new("WS1")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "alice", 3, |_| {})
        .event(11, 600.0, 1100, EventKind::EventLogShutdown)
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6005, EventKind::ServiceStarted)
        .event(3, 600.0, 6006, EventKind::ServiceStopped)
}

/// Boot 2, by a clock nine minutes slow, is in System alone: its kernel started, by its clock,
/// before boot 1's 1100. 1100 and 6006 are of one moment, so the 1100 is boot 1's.
#[test]
fn one_stop_in_both_logs() {
    let built = first_boot()
        .event(4, 105.0, 6005, EventKind::ServiceStarted)
        .event(5, 602.0, 13, EventKind::KernelStopped(None))
        .event(6, 90.0, 12, EventKind::KernelStarted(None))
        .build();
    assert_eq!(starts(&built), [Some(at(0.0)), Some(at(90.0))]);
    let ends: Vec<_> = boots(&built).iter().map(|boot| (boot.end_cause, boot.end)).collect();
    assert_eq!(ends, [(BootEnd::Shutdown, Some(at(602.0))), (BootEnd::LogEnd, None)]);
    assert_eq!(epoch_of(&built, 0x5_0000), 1);
}

/// System was cleared and begins in boot 2: its clock is set in the moment in which boot 2's is, to
/// a time at which, by the clock, boot 1 ran. So what ended in order is boot 2.
#[test]
fn one_step_of_the_clock_in_both_logs() {
    let built = Scene::new("WS1")
        .boot(1, 5.0)
        .logon(10, 3_000.0, 0x5_0000, "alice", 3, |_| {})
        .event(11, 4_020.0, 1101, EventKind::AuditDropped)
        .lsass(700)
        .boot(12, 4_005.0)
        .logon(20, 4_060.0, 0x6_0000, "bob", 3, |_| {})
        .event(21, 1_000.0, 4616, clock_set(5_000.0, 1_000.0, None))
        .log("System.evtx", Channel::System)
        .event(80, 4_900.0, 104, cleared())
        .event(81, 1_000.0, 1, clock_set(5_000.0, 1_000.0, Some(1)))
        .event(82, 1_500.0, 6006, EventKind::ServiceStopped)
        .build();
    let ends: Vec<_> = boots(&built).iter().map(|boot| (boot.end_cause, boot.end)).collect();
    assert_eq!(ends[0].0, BootEnd::Crash);
    assert_eq!(ends[1], (BootEnd::Shutdown, Some(at(1_500.0))));
}

/// The same LSASS process ID in both boots, and no record of boot 2's start in Security: its
/// records begin where records are missing, and nowhere else.
#[test]
fn a_boot_begins_where_records_are_missing() {
    let scene = |torn: bool| {
        let mut scene = Scene::new("WS1")
            .boot(1, 5.0)
            .logon(10, 60.0, 0x5_0000, "alice", 3, |_| {})
            .logon(if torn { 60 } else { 11 }, 2_100.0, 0x6_0000, "bob", 3, |_| {})
            .log("System.evtx", Channel::System)
            .event(1, 0.0, 12, EventKind::KernelStarted(None))
            .event(2, 12.0, 6005, EventKind::ServiceStarted)
            .event(9, 2_000.0, 12, EventKind::KernelStarted(None))
            .event(10, 2_010.0, 6008, unexpected(900.0, 900))
            .event(11, 2_010.0, 6005, EventKind::ServiceStarted);
        if torn {
            scene.logs[0].gaps = vec![(11, 59)];
        }
        scene.build()
    };
    assert_eq!(epoch_of(&scene(true), 0x6_0000), 2);
    assert_eq!(epoch_of(&scene(false), 0x6_0000), 1);
    assert_eq!(starts(&scene(true)), [Some(at(0.0)), Some(at(2_000.0))]);
}

/// The log was full (1104) until some moment of boot 2: no IDs are missing, but all that happened
/// meanwhile is, the start of LSASS too. What follows the 1104 is boot 2's.
#[test]
fn a_full_log_goes_on_in_a_later_boot() {
    let scene = |what: EventKind| {
        let built = Scene::new("WS1")
            .boot(1, 5.0)
            .logon(10, 60.0, 0x5_0000, "alice", 3, |_| {})
            .event(11, 90.0, 1104, what)
            .logon(12, 2_100.0, 0x6_0000, "bob", 3, |_| {})
            .log("System.evtx", Channel::System)
            .event(1, 0.0, 12, EventKind::KernelStarted(None))
            .event(2, 12.0, 6005, EventKind::ServiceStarted)
            .event(9, 2_000.0, 12, EventKind::KernelStarted(None))
            .event(10, 2_010.0, 6008, unexpected(900.0, 900))
            .event(11, 2_010.0, 6005, EventKind::ServiceStarted)
            .build();
        (epoch_of(&built, 0x5_0000), epoch_of(&built, 0x6_0000))
    };
    assert_eq!(scene(EventKind::LogFull), (1, 2));
    assert_eq!(scene(EventKind::Boundary), (1, 1), "nothing is missing");
}

/// Boot 2's clock was an hour slow until LSASS ran, and a crash took its kernel's record. By the
/// corrected clock LSASS started seven seconds before its event log service; so the shutdown that
/// boot 2's System records tell of is boot 1's.
#[test]
fn lsass_by_the_corrected_clock() {
    let built = Scene::new("WS1")
        .boot(1, 5.0)
        .event(9, 6_000.0, 1100, EventKind::EventLogShutdown)
        .lsass(700)
        .boot(10, 3_000.0)
        .event(13, 6_601.0, 4616, clock_set(3_001.0, 6_601.0, None))
        .logon(14, 7_000.0, 0x6_0000, "bob", 3, |_| {})
        .event(15, 9_020.0, 1101, EventKind::AuditDropped)
        .lsass(720)
        .boot(16, 9_005.0)
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6005, EventKind::ServiceStarted)
        .event(3, 6_000.0, 6006, EventKind::ServiceStopped)
        .event(4, 6_607.0, 6009, EventKind::SystemVersion)
        .event(5, 6_607.0, 6005, EventKind::ServiceStarted)
        .event(6, 6_001.0, 109, EventKind::ShutdownTransition(6))
        .event(7, 6_002.0, 13, EventKind::KernelStopped(None))
        .build();
    let ends: Vec<_> = boots(&built).iter().map(|boot| (boot.end_cause, boot.end)).collect();
    assert_eq!(boots(&built).len(), 3);
    assert_eq!(ends[0], (BootEnd::PowerOff, Some(at(6_002.0))));
    assert_eq!(ends[1].0, BootEnd::Crash);
    assert_eq!(epoch_of(&built, 0x6_0000), 2);
}

/// Two crashes in a row: of boot 2 System kept 6009 and 6005, of boot 3 Kernel-General 12 alone.
/// Security shows LSASS start just before that service, and again after that kernel: two boots.
#[test]
fn a_kernel_that_started_after_the_service() {
    let built = first_boot()
        .event(4, 2_010.0, 6009, EventKind::SystemVersion)
        .event(5, 2_010.0, 6005, EventKind::ServiceStarted)
        .event(6, 602.0, 13, EventKind::KernelStopped(None))
        .event(7, 4_000.0, 12, EventKind::KernelStarted(None))
        .log("Security.evtx", Channel::Security)
        .lsass(700)
        .boot(60, 2_007.0)
        .event(63, 4_020.0, 1101, EventKind::AuditDropped)
        .lsass(720)
        .boot(64, 4_004.0)
        .build();
    assert_eq!(starts(&built), [Some(at(0.0)), Some(at(2_010.0)), Some(at(4_000.0))]);
    assert_eq!(boots(&built)[1].end_cause, BootEnd::Crash);
    let cited = |boot: usize, record: u64| {
        boots(&built)[boot].start_evidence.iter().any(|cited| cited.record_id == record)
    };
    assert!(cited(1, 60) && cited(2, 64) && !cited(1, 64));
}

/// A service never starts twelve hours before its kernel: no clock is that much off.
#[test]
fn a_kernel_that_started_a_day_after_the_service() {
    let built = first_boot()
        .event(4, 700.0, 6005, EventKind::ServiceStarted)
        .event(5, 602.0, 13, EventKind::KernelStopped(None))
        .event(6, 87_000.0, 12, EventKind::KernelStarted(None))
        .build();
    assert_eq!(starts(&built), [Some(at(0.0)), Some(at(700.0)), Some(at(87_000.0))]);
}

/// Of boot 2 a crash left Security no more than its 1101; boot 3 has its own.
#[test]
fn an_1101_is_all_that_is_left() {
    let built = Scene::new("WS1")
        .boot(1, 5.0)
        .logon(10, 60.0, 0x5_0000, "alice", 3, |_| {})
        .event(11, 2_020.0, 1101, EventKind::AuditDropped)
        .event(12, 4_020.0, 1101, EventKind::AuditDropped)
        .boot(13, 4_004.0)
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6005, EventKind::ServiceStarted)
        .event(3, 2_000.0, 12, EventKind::KernelStarted(None))
        .event(4, 4_000.0, 12, EventKind::KernelStarted(None))
        .event(5, 4_010.0, 6008, unexpected(2_003.0, 3))
        .event(6, 4_010.0, 6005, EventKind::ServiceStarted)
        .build();
    assert_eq!(starts(&built), [Some(at(0.0)), Some(at(2_000.0)), Some(at(4_000.0))]);
    let causes: Vec<BootEnd> = boots(&built).iter().map(|boot| boot.end_cause).collect();
    assert_eq!(causes, [BootEnd::Crash, BootEnd::Crash, BootEnd::LogEnd]);
    let mut found = built.findings.iter();
    let inferred = found.find(|finding| finding.code == FindingCode::BootInferred).unwrap();
    assert_eq!(inferred.boot_epoch, Some(2));
    assert!(inferred.message.ends_with("by an 1101 of its own"), "{}", inferred.message);
}

/// A full log begins with a 6005 and its boot's kernel is gone: 6008 of the next boot says that a
/// boot began eleven seconds before that service, so it was no restart of the service.
#[test]
fn a_6008_knows_when_the_dead_boot_began() {
    let scene = |uptime: u32| {
        Scene::new("WS1")
            .log("System.evtx", Channel::System)
            .event(3, 11.0, 6005, EventKind::ServiceStarted)
            .event(4, 9_000.0, 12, EventKind::KernelStarted(None))
            .event(5, 9_010.0, 6008, unexpected(5_000.0, uptime))
            .event(6, 9_010.0, 6005, EventKind::ServiceStarted)
            .build()
    };
    assert_eq!(starts(&scene(5_000)), [Some(at(11.0)), Some(at(9_000.0))]);
    assert_eq!(boots(&scene(3_000)).last().unwrap().start, Some(at(9_000.0)));
    assert!(!starts(&scene(3_000)).contains(&Some(at(11.0))));
}

/// The System log has a hole, behind which boot 3 begins with what the boot before it wrote last:
/// that was boot 2, of which Security alone knows, and not boot 1, the last before the hole.
#[test]
fn last_words_behind_a_hole() {
    let mut scene = first_boot()
        .event(40, 2_901.0, 109, EventKind::ShutdownTransition(5))
        .event(41, 2_902.0, 13, EventKind::KernelStopped(None))
        .event(42, 3_000.0, 12, EventKind::KernelStarted(None))
        .log("Security.evtx", Channel::Security)
        .lsass(700)
        .boot(60, 2_005.0)
        .event(63, 2_900.0, 1100, EventKind::EventLogShutdown)
        .lsass(720)
        .boot(64, 3_005.0);
    scene.logs[1].gaps = vec![(4, 39)];
    let built = scene.build();
    let ends: Vec<_> = boots(&built).iter().map(|boot| (boot.end_cause, boot.end)).collect();
    assert_eq!(ends[0], (BootEnd::Shutdown, Some(at(600.0))));
    assert_eq!(ends[1], (BootEnd::Restart, Some(at(2_902.0))));
    assert_eq!(ends.len(), 3);
}

/// 6009 comes before its boot's 6005: after it, it is the next boot's.
#[test]
fn a_6009_after_a_6005_is_of_the_next_boot() {
    let built = Scene::new("WS1")
        .log("System.evtx", Channel::System)
        .event(3, 12.0, 6005, EventKind::ServiceStarted)
        .event(4, 600.0, 6006, EventKind::ServiceStopped)
        .event(5, 700.0, 6009, EventKind::SystemVersion)
        .event(6, 700.0, 6005, EventKind::ServiceStarted)
        .event(7, 602.0, 13, EventKind::KernelStopped(None))
        .event(8, 690.0, 12, EventKind::KernelStarted(None))
        .build();
    let second = boots(&built).last().unwrap();
    assert!(second.start_evidence.iter().any(|cited| cited.record_id == 5));
    assert_eq!(second.start, Some(at(690.0)));
}

/// All that a full log has of a boot's start is its Kernel-Power 41: only a kernel writes it.
#[test]
fn kernel_power_41_alone_is_a_boot() {
    let built = Scene::new("WS1")
        .log("System.evtx", Channel::System)
        .event(83, 1.0, 41, EventKind::UncleanReboot(0))
        .event(84, 9_000.0, 12, EventKind::KernelStarted(None))
        .event(85, 9_010.0, 6008, unexpected(5_000.0, 5_000))
        .event(86, 9_010.0, 6005, EventKind::ServiceStarted)
        .event(87, 9_001.0, 41, EventKind::UncleanReboot(0))
        .build();
    let own: Vec<_> = boots(&built).iter().filter(|boot| boot.epoch > 0).collect();
    assert_eq!(own.len(), 2);
    assert_eq!((own[0].start, own[0].end_cause), (Some(at(1.0)), BootEnd::Crash));
}

/// Between boots that both logs show, Security shows one (5,005 s) and System another (4,000 s).
fn two_halves(last_boot_id: u32, dead: f64) -> Vec<Option<Timestamp>> {
    let built = Scene::new("WS1")
        .boot(1, 5.0)
        .event(11, 5_020.0, 1101, EventKind::AuditDropped)
        .lsass(700)
        .boot(12, 5_005.0)
        .event(20, 9_020.0, 1101, EventKind::AuditDropped)
        .lsass(720)
        .boot(21, 9_005.0)
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6005, EventKind::ServiceStarted)
        .event(3, 0.0, 20, status(6))
        .event(4, 4_000.0, 12, EventKind::KernelStarted(None))
        .event(5, 4_010.0, 6008, unexpected(dead + 100.0, 100))
        .event(6, 4_010.0, 6005, EventKind::ServiceStarted)
        .event(7, 4_000.0, 20, status(last_boot_id))
        .event(8, 9_000.0, 12, EventKind::KernelStarted(None))
        .event(9, 9_010.0, 6008, unexpected(4_100.0, 100))
        .event(10, 9_010.0, 6005, EventKind::ServiceStarted)
        .build();
    starts(&built)
}

/// 6008 names the start of the boot right before: LSASS' of boot 2, or the kernel's of boot 1.
/// Windows' own number tells the same.
#[test]
fn the_boot_right_before() {
    let (first, security) = (Some(at(0.0)), Some(at(5_005.0)));
    let (system, last) = (Some(at(4_000.0)), Some(at(9_000.0)));
    assert_eq!(two_halves(8, 5_000.0), [first, security, system, last]);
    assert_eq!(two_halves(7, 0.0), [first, system, security, last]);
}

/// Windows 7 gives no reason for a change of the clock: after a sleep it looks like a step forward.
/// It does not part the records of boot 2, which lie before and after it.
#[test]
fn a_clock_set_forward_reads_on() {
    let mut scene = Scene::new("WS1")
        .event(49, 1_500.0, 1102, cleared())
        .event(92, 5_000.0, 1102, cleared())
        .logon(93, 9_500.0, 0x6_0000, "bob", 3, |_| {})
        .log("System.evtx", Channel::System)
        .event(1, 1_000.0, 12, EventKind::KernelStarted(None))
        .event(2, 1_012.0, 6005, EventKind::ServiceStarted)
        .event(3, 4_000.0, 12, EventKind::KernelStarted(None))
        .event(4, 4_010.0, 6008, unexpected(1_100.0, 100))
        .event(5, 4_012.0, 6005, EventKind::ServiceStarted)
        .event(6, 9_000.0, 1, clock_set(6_000.0, 9_000.0, None));
    scene.logs[0].gaps = vec![(50, 91)];
    assert_eq!(epoch_of(&scene.build(), 0x6_0000), 2);
}

/// Between two boots that both logs show each shows one that the other lost to a crash: nothing but
/// the clock, which may have been wrong at boot, says which came first.
#[test]
fn an_order_that_only_the_clock_tells() {
    let built = Scene::new("WS1")
        .boot(1, 5.0)
        .boot(20, 1005.0)
        .boot(40, 5005.0)
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6005, EventKind::ServiceStarted)
        .event(3, 3000.0, 12, EventKind::KernelStarted(None))
        .event(4, 3012.0, 6005, EventKind::ServiceStarted)
        .event(5, 5000.0, 12, EventKind::KernelStarted(None))
        .event(6, 5012.0, 6005, EventKind::ServiceStarted)
        .build();
    let boots = boots(&built);
    let starts: Vec<_> = boots.iter().map(|boot| boot.start.unwrap()).collect();
    assert_eq!(starts, [at(0.0), at(1005.0), at(3000.0), at(5000.0)]);
    let flags: Vec<Vec<&str>> =
        boots.iter().map(|boot| boot.flags.iter().map(|flag| flag.word()).collect()).collect();
    let second = vec!["security-only", "order-by-clock"];
    assert_eq!(flags, [vec![], second, vec!["system-only"], vec![]]);
    let told = built.findings.iter().filter(|f| f.code == FindingCode::BootOrderByClock);
    assert_eq!(told.map(|f| f.boot_epoch).collect::<Vec<_>>(), [Some(2)]);
}

/// Kernel-Power 566 names the boots of System: 8 came right after 7, so that the boot that Security
/// alone shows came after both, although its clock read less.
#[test]
fn the_number_of_a_boot_in_its_power_sessions() {
    let session = |id| EventKind::PowerSession(Some(id));
    let built = Scene::new("WS1")
        .boot(1, 5.0)
        .lsass(700)
        .boot(12, 3_005.0)
        .lsass(720)
        .boot(21, 9_005.0)
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 12.0, 6005, EventKind::ServiceStarted)
        .event(3, 60.0, 566, session(7))
        .event(4, 4_000.0, 12, EventKind::KernelStarted(None))
        .event(5, 4_010.0, 6005, EventKind::ServiceStarted)
        .event(6, 4_060.0, 566, session(8))
        .event(7, 9_000.0, 12, EventKind::KernelStarted(None))
        .event(8, 9_010.0, 6005, EventKind::ServiceStarted)
        .event(9, 9_060.0, 566, session(10))
        .build();
    assert_eq!(starts(&built), [0.0, 4_000.0, 3_005.0, 9_000.0].map(|time| Some(at(time))));
    assert!(!built.findings.iter().any(|told| told.code == FindingCode::BootOrderByClock));
    let numbers: Vec<_> = boots(&built).iter().map(|boot| boot.boot_id).collect();
    assert_eq!(numbers, [Some(7), Some(8), None, Some(10)]);
}

//! Clocks that were set, and what other logs tell of a logon then; what must come out was worked
//! out by hand from the rules.

use super::super::Built;
use super::build::{Scene, account, at, cleared, clock_set, unexpected};
use crate::model::event::*;
use crate::model::session::{Basis, MilestoneKind};
use crate::model::{Channel, EventKind, FindingCode, LogonId, Session, Span};

const DAY: f64 = 86_400.0;

fn sessions(built: &Built) -> &[Session] {
    assert_eq!(built.hosts.len(), 1, "one computer");
    &built.hosts[0].sessions
}

fn find(built: &Built, id: u64) -> &Session {
    sessions(built).iter().find(|session| session.logon_id == Some(LogonId(id))).unwrap()
}

/// Event ID and record of what confirms a session.
fn cited(session: &Session) -> Vec<(u16, u64)> {
    session.corroboration.iter().map(|(record, _)| (record.event_id, record.record_id)).collect()
}

fn set(from: f64, to: f64) -> EventKind {
    clock_set(from, to, Some(1))
}

fn lsm(action: TerminalAction, user: &str, session: u32) -> EventKind {
    EventKind::Terminal(Box::new(Terminal {
        action,
        user: format!(r"CORP\{user}").into(),
        session: Some(session),
        address: "LOCAL".into(),
        detail: None,
    }))
}

fn notice(user: &str, number: u32) -> EventKind {
    let sid = account(user).sid.clone();
    EventKind::Winlogon(Box::new(Notification { session: Some(number), sid }))
}

/// The arbitration of session 3 was for erin, who came back to her session 2: no logon followed.
/// Session 3 is then given to dora.
#[test]
fn a_number_that_was_reserved_is_given_to_another() {
    use TerminalAction::{ArbitrationBegin, Logon};
    let built = Scene::new("HOST")
        .boot(1, 0.0)
        .logon(10, 1_000.0, 0x5_0000, "dora", 2, |_| {})
        .log("Lsm.evtx", Channel::LocalSessionManager)
        .event(1, 500.0, 41, lsm(ArbitrationBegin, "erin", 3))
        .event(2, 1_000.02, 41, lsm(ArbitrationBegin, "dora", 3))
        .event(3, 1_000.25, 21, lsm(Logon, "dora", 3))
        .build();
    assert_eq!(cited(find(&built, 0x5_0000)), [(41, 2), (21, 3)]);
}

/// A crash took the 4672 that tells the halves of a pair apart. The filtered half is written second,
/// and that is the one worked in.
#[test]
fn of_two_halves_the_second_is_worked_in() {
    let built = Scene::new("HOST")
        .boot(1, 0.0)
        .logon(10, 100.0, 0x5_0000, "dora", 2, |logon| logon.version = 0)
        .logon(11, 100.0, 0x5_0100, "dora", 2, |logon| logon.version = 0)
        .log("Lsm.evtx", Channel::LocalSessionManager)
        .event(1, 100.25, 21, lsm(TerminalAction::Logon, "dora", 1))
        .event(2, 400.0, 24, lsm(TerminalAction::Disconnected, "dora", 1))
        .build();
    let moves = |id| find(&built, id).incidents.iter().map(|one| one.kind).collect::<Vec<_>>();
    assert_eq!(moves(0x5_0000), []);
    assert_eq!(moves(0x5_0100), [MilestoneKind::Disconnected]);
}

/// The 1101 after a crash stands before records that are 20 s older. That is no clock that was set
/// back: the step comes later, and only System tells of it.
#[test]
fn a_1101_is_ahead_of_the_clock() {
    let built = Scene::new("HOST")
        .boot(1, 0.0)
        .lsass(700)
        .event(10, 1_025.0, 1101, EventKind::AuditDropped)
        .boot(11, 1_003.0)
        .logon(20, 1_100.0, 0x5_0000, "dora", 2, |_| {})
        .log("System.evtx", Channel::System)
        .event(1, -3.0, 12, EventKind::KernelStarted(None))
        .event(2, 8.0, 6005, EventKind::ServiceStarted)
        .event(3, 1_000.0, 12, EventKind::KernelStarted(None))
        .event(4, 1_008.0, 6008, unexpected())
        .event(5, 1_008.0, 6005, EventKind::ServiceStarted)
        .event(6, 1_100.02, 7001, notice("dora", 1))
        .event(7, -50_000.0, 1, set(2_000.0, -50_000.0))
        .build();
    assert_eq!(cited(find(&built, 0x5_0000)), [(7001, 6)]);
}

/// Security lost the 4616 of a step of two hours back, so that its reading at 1,000 s may be from
/// before or after it. Winlogon's notice of the same logon is from after it.
#[test]
fn a_notice_tells_on_which_side_of_a_step() {
    let built = Scene::new("HOST")
        .boot(1, 3.0)
        .logon(10, 1_000.0, 0x5_0000, "dora", 2, |_| {})
        .initiated(11, 1_300.0, 0x5_0000, "dora")
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 8.0, 6005, EventKind::ServiceStarted)
        .event(3, 600.0, 1, set(7_800.0, 600.0))
        .event(4, 1_000.02, 7001, notice("dora", 1))
        .event(5, 1_300.1, 7002, notice("dora", 1))
        .build();
    let session = find(&built, 0x5_0000);
    assert_eq!(cited(session), [(7001, 4), (7002, 5)]);
    assert_eq!(session.corrected_duration(), Some(Span::seconds(300)));
}

/// System alone tells of a step forward by ten hours soon after the start, Security alone of two by
/// a month, back and forward: between two steps a clock only goes forward, so the ten hours come
/// first. The desktop has both months in it and not the ten hours.
#[test]
fn the_order_of_steps_that_one_log_lacks() {
    let (hour, month) = (3_600.0, 30.0 * DAY);
    let built = Scene::new("HOST")
        .event(100, 12.0 * hour, 1102, cleared())
        .logon(101, 13.0 * hour, 0x5_0000, "dora", 2, |_| {})
        .event(102, 14.0 * hour - month, 4616, set(14.0 * hour, 14.0 * hour - month))
        .event(103, 15.0 * hour, 4616, set(15.0 * hour - month, 15.0 * hour))
        .initiated(104, 16.0 * hour, 0x5_0000, "dora")
        .log("System.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 8.0, 6005, EventKind::ServiceStarted)
        .event(3, 100.0 + 10.0 * hour, 1, set(100.0, 100.0 + 10.0 * hour))
        .build();
    let lasted = find(&built, 0x5_0000).corrected_duration();
    assert_eq!(lasted, Some(Span::seconds(3 * 3_600)));
}

/// The host was set back by a hundred days before its second boot. What the session manager's log
/// begins with reads earlier than all of the first boot; Security tells of the same logon in the
/// second.
#[test]
fn a_log_that_begins_after_the_clock_was_set_back() {
    let built = Scene::new("HOST")
        .boot(1, 100.0 * DAY)
        .lsass(700)
        .boot(10, 3.0)
        .boot(20, 20_000.0)
        .boot(30, 40_003.0)
        .logon(40, 41_000.0, 0x5_0000, "dora", 2, |_| {})
        .log("Lsm.evtx", Channel::LocalSessionManager)
        .event(1, 41_000.25, 21, lsm(TerminalAction::Logon, "dora", 1))
        .event(2, 42_000.0, 24, lsm(TerminalAction::Disconnected, "dora", 1))
        .build();
    let session = find(&built, 0x5_0000);
    assert_eq!(cited(session), [(21, 1)]);
    assert_eq!(session.incidents.len(), 1);
}

/// A boot whose last records a crash took, and after it one whose clock is ten hours slow until it
/// is set right, at 5,000 s, by 4616 from what it read then. The disconnect at 900 s was before: the
/// slow clock never read that.
#[test]
fn a_step_says_what_a_clock_never_read() {
    let slow = -36_000.0;
    let built = Scene::new("HOST")
        .boot(1, 3.0)
        .logon(10, 100.0, 0x5_0000, "dora", 2, |_| {})
        .lsass(700)
        .event(20, slow + 2_025.0, 1101, EventKind::AuditDropped)
        .boot(21, slow + 2_003.0)
        .event(30, 5_000.0, 4616, set(slow + 5_000.0, 5_000.0))
        .logon(40, 6_000.0, 0x6_0000, "dora", 2, |_| {})
        .log("Lsm.evtx", Channel::LocalSessionManager)
        .event(1, 100.25, 21, lsm(TerminalAction::Logon, "dora", 1))
        .event(2, 900.0, 24, lsm(TerminalAction::Disconnected, "dora", 1))
        .event(3, 6_000.25, 21, lsm(TerminalAction::Logon, "dora", 1))
        .build();
    assert_eq!(find(&built, 0x5_0000).incidents.len(), 1);
    assert_eq!(find(&built, 0x6_0000).incidents.len(), 0);
    assert_eq!(cited(find(&built, 0x6_0000)), [(21, 3)]);
}

/// In its first boot the clock was set forward by a year, and System, which was cleared then, tells
/// how it was set back. It ran as far as Security's last record says, whatever the next boot reads.
#[test]
fn a_clock_set_forward_and_back_is_of_one_boot() {
    let year = 365.0 * DAY;
    let built = Scene::new("HOST")
        .boot(1, 3.0)
        .event(10, 100.0 + year, 4616, set(100.0, 100.0 + year))
        .logon(11, 1_000.0 + year, 0x5_0000, "dora", 3, |_| {})
        .lsass(700)
        .event(12, 60_025.0, 1101, EventKind::AuditDropped)
        .boot(13, 60_003.0)
        .log("System.evtx", Channel::System)
        .event(15, 900.0 + year, 104, cleared())
        .event(16, 950.0 + year, 7002, notice("dora", 1))
        .event(17, 2_000.0, 1, set(2_000.0 + year, 2_000.0))
        .event(18, 60_000.0, 12, EventKind::KernelStarted(None))
        .event(19, 60_008.0, 6008, unexpected())
        .event(20, 60_008.0, 6005, EventKind::ServiceStarted)
        .build();
    let boots: Vec<u32> = built.hosts[0].boots.iter().map(|boot| boot.epoch).collect();
    assert_eq!(boots, [1, 2]);
    assert_eq!(built.hosts[0].boots[0].clock_steps, 2);
}

/// System begins anew between the second boot, which ended in order, and the third, of which
/// Security shows the start. That it was cleared says nothing of a boot; it does not lie before the
/// first one either, and what the session manager tells is of the second.
#[test]
fn system_was_cleared_between_two_boots() {
    let built = Scene::new("HOST")
        .boot(1, 3.0)
        .lsass(700)
        .boot(10, 10_003.0)
        .logon(20, 11_000.0, 0x5_0000, "dora", 2, |_| {})
        .initiated(21, 12_000.0, 0x5_0000, "dora")
        .event(22, 12_001.0, 1100, EventKind::EventLogShutdown)
        .lsass(800)
        .boot(23, 90_003.0)
        .log("System.evtx", Channel::System)
        .event(39, 15_000.0, 104, cleared())
        .event(40, 90_000.0, 12, EventKind::KernelStarted(None))
        .event(41, 90_008.0, 6005, EventKind::ServiceStarted)
        .log("Lsm.evtx", Channel::LocalSessionManager)
        .event(1, 11_000.25, 21, lsm(TerminalAction::Logon, "dora", 1))
        .event(2, 12_000.02, 23, lsm(TerminalAction::Logoff, "dora", 1))
        .build();
    assert_eq!(built.hosts[0].boots.len(), 3);
    assert_eq!(cited(find(&built, 0x5_0000)), [(21, 1), (23, 2)]);
}

/// The same, but somebody logged on after System was cleared: that was in a boot of which nothing
/// else is left, and is told as such.
#[test]
fn system_begins_in_a_boot_that_security_lacks() {
    let built = Scene::new("HOST")
        .boot(1, 3.0)
        .event(10, 12_001.0, 1100, EventKind::EventLogShutdown)
        .lsass(800)
        .boot(50, 90_003.0)
        .log("System.evtx", Channel::System)
        .event(39, 15_000.0, 104, cleared())
        .event(40, 15_100.0, 7001, notice("dora", 1))
        .event(41, 90_000.0, 12, EventKind::KernelStarted(None))
        .event(42, 90_008.0, 6005, EventKind::ServiceStarted)
        .build();
    let boots = &built.hosts[0].boots;
    let starts: Vec<_> = boots.iter().map(|boot| (boot.start, boot.start_basis)).collect();
    let (logged, inferred) = (Some(Basis::Logged), Some(Basis::Inferred));
    let second = (Some(at(15_100.0)), inferred);
    assert_eq!(starts, [(Some(at(3.0)), logged), second, (Some(at(90_000.0)), logged)]);
    assert_eq!(boots[1].start_evidence.iter().map(|one| one.record_id).collect::<Vec<_>>(), [40]);
    assert!(built.findings.iter().any(|told| told.code == FindingCode::BootInferred));
    let told: Vec<_> = sessions(&built).iter().map(|one| (one.boot_epoch, one.start)).collect();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].0, told[0].1.map(|moment| moment.time)), (2, Some(at(15_100.0))));
}

/// System was cleared twice: what it has of the time between stands behind a boot that ended in
/// order, and days after it. That is none of this boot, and none of the one that Security shows
/// after it and that ended in order as well.
#[test]
fn what_stands_behind_an_orderly_end_is_of_another_boot() {
    let built = Scene::new("HOST")
        .boot(1, 3.0)
        .event(10, 600.0, 1100, EventKind::EventLogShutdown)
        .lsass(700)
        .boot(20, 10_003.0)
        .event(30, 12_000.0, 1100, EventKind::EventLogShutdown)
        .lsass(800)
        .boot(90, 90_003.0)
        .log("System-saved.evtx", Channel::System)
        .event(1, 0.0, 12, EventKind::KernelStarted(None))
        .event(2, 8.0, 6005, EventKind::ServiceStarted)
        .event(3, 600.0, 6006, EventKind::ServiceStopped)
        .log("System.evtx", Channel::System)
        .event(50, 50_000.0, 104, cleared())
        .event(51, 51_000.0, 7001, notice("dora", 1))
        .event(52, 90_000.0, 12, EventKind::KernelStarted(None))
        .event(53, 90_008.0, 6005, EventKind::ServiceStarted)
        .build();
    let starts: Vec<_> = built.hosts[0].boots.iter().map(|boot| boot.start).collect();
    let third = Some(at(51_000.0));
    assert_eq!(starts, [Some(at(0.0)), Some(at(10_003.0)), third, Some(at(90_000.0))]);
    let told: Vec<_> = sessions(&built).iter().map(|one| one.boot_epoch).collect();
    assert_eq!(told, [3]);
}

/// In the first boot the clock ran ahead by a year for a while, and a crash took what told of it. In
/// the last it was set forward as well. A logon of the first, by the clock that ran ahead, is no
/// reason to look for all that follows in the last.
#[test]
fn a_clock_that_ran_ahead_unseen() {
    let year = 365.0 * DAY;
    let built = Scene::new("HOST")
        .boot(1, 3.0)
        .lsass(700)
        .boot(20, 10_003.0)
        .logon(30, 11_000.0, 0x5_0000, "dora", 2, |_| {})
        .lsass(800)
        .boot(40, 90_003.0)
        .event(50, 91_000.0 + year, 4616, set(91_000.0, 91_000.0 + year))
        .log("Lsm.evtx", Channel::LocalSessionManager)
        .event(1, 500.0 + year / 2.0, 21, lsm(TerminalAction::Logon, "erin", 1))
        .event(2, 900.0, 23, lsm(TerminalAction::Logoff, "erin", 1))
        .event(3, 11_000.25, 21, lsm(TerminalAction::Logon, "dora", 1))
        .build();
    assert_eq!(cited(find(&built, 0x5_0000)), [(21, 3)]);
}

/// Nothing is left of a step back by three hours between a lock and its unlock: they stay in the
/// order of their records.
#[test]
fn records_of_one_log_keep_their_order() {
    let lock = |action| {
        let (logon_id, account) = (LogonId(0x5_0000), account("dora"));
        EventKind::Lock(Box::new(Lock { action, logon_id, account, session: Some(1) }))
    };
    let built = Scene::new("HOST")
        .boot(1, 3.0)
        .logon(10, 20_000.0, 0x5_0000, "dora", 2, |_| {})
        .event(11, 20_100.0, 4800, lock(LockAction::Locked))
        .event(13, 9_500.0, 4801, lock(LockAction::Unlocked))
        .initiated(14, 12_000.0, 0x5_0000, "dora")
        .build();
    let told: Vec<_> = find(&built, 0x5_0000).incidents.iter().map(|one| one.kind).collect();
    assert_eq!(told, [MilestoneKind::Locked, MilestoneKind::Unlocked]);
}

//! One computer or several: names, copies, archives, forwarded events.

use super::super::Built;
use super::build::{Scene, at};
use crate::model::{Channel, EventKind, FindingCode, LogId, LogOrigin, Session};

fn two(a: Scene, b: Scene) -> Built {
    let mut logs = a.logs;
    let shift = u32::try_from(logs.len()).unwrap();
    logs.extend(b.logs);
    let mut events = a.events;
    events.extend(b.events.into_iter().map(|mut event| {
        event.location.log = LogId(event.location.log.0 + shift);
        event
    }));
    super::build::build(events, &mut logs)
}

fn names(built: &Built) -> Vec<&str> {
    built.hosts.iter().map(|host| &*host.computer).collect()
}

fn alice(record: u64, scene: Scene) -> Scene {
    scene.logon(record, 60.0, 0x5_0000, "alice", 3, |_| {})
}

/// The same log twice: each session once, the copies counted.
#[test]
fn copies_are_merged() {
    let scene =
        || alice(10, Scene::new("WS1").boot(1, 0.0)).terminated(11, 70.0, 0x5_0000, "alice");
    let mut copy = scene();
    copy.logs[0].path = "backup/Security.evtx".into();
    let built = two(scene(), copy);
    assert_eq!(names(&built), ["WS1"]);
    assert_eq!(built.hosts[0].sessions.len(), 1);
    let tally = built.accounting.events[&4634];
    assert_eq!((tally.read, tally.placed, tally.duplicates), (2, 1, 1));
    assert!(built.accounting.events.values().all(|tally| tally.balances()));
}

/// An archive and the log that goes on after it are one computer's.
#[test]
fn an_archive_goes_before_its_log() {
    let archive = alice(10, Scene::new("WS1").boot(1, 0.0));
    let mut live = Scene::new("WS1").terminated(11, 900.0, 0x5_0000, "alice");
    live.logs[0].path = "WS1/Archive-Security.evtx".into();
    let built = two(archive, live);
    assert_eq!(names(&built), ["WS1"]);
    let session = &built.hosts[0].sessions[0];
    assert_eq!(session.end.time, Some(at(900.0)));
}

/// Strangers that share the name of their install image hold different records under one ID.
#[test]
fn strangers_with_one_name_stay_apart() {
    let a = alice(10, Scene::new("IMAGE").boot(1, 0.0));
    let b = Scene::new("IMAGE").boot(1, 777.0).logon(10, 800.0, 0x5_0000, "bob", 3, |_| {});
    let built = two(a, b);
    assert_eq!(names(&built), ["IMAGE", "IMAGE~2"]);
    assert_eq!(built.hosts.iter().map(|h| h.sessions.len()).collect::<Vec<_>>(), [1, 1]);
}

/// Two hosts of one name side by side: each Security goes with the System of its own folder.
#[test]
fn logs_of_one_folder_belong_together() {
    let host = |folder: &str, seconds: f64| {
        let mut scene = Scene::new("PC")
            .boot(1, seconds)
            .log("System.evtx", Channel::System)
            .event(1, seconds - 5.0, 12, EventKind::KernelStarted(None));
        scene.logs[0].path = format!("{folder}/Security.evtx");
        scene.logs[1].path = format!("{folder}/System.evtx");
        scene
    };
    let built = two(host("a", 5.0), host("b", 5005.0));
    assert_eq!(names(&built), ["PC", "PC~2"]);
    for (host, start) in built.hosts.iter().zip([0.0, 5000.0]) {
        assert_eq!(host.boots.len(), 1);
        assert_eq!(host.boots[0].start, Some(at(start)), "kernel start of its own System log");
    }
}

/// A rename keeps the computer: one native log is one computer, whatever it was called.
#[test]
fn a_renamed_computer_is_one() {
    let mut scene = alice(10, Scene::new("WIN-IMAGE").boot(1, 0.0)).boot(20, 500.0);
    for event in scene.events.iter_mut().filter(|event| event.record_id >= 20) {
        event.computer = "WS7.corp.local".into();
    }
    let built = scene.build();
    assert_eq!(names(&built), ["WS7.corp.local"]);
    assert_eq!(built.hosts[0].boots.len(), 2);
    assert_eq!(built.hosts[0].boots[0].computer_names.len(), 1);
}

/// Forwarded events: one file, as many computers as names, each ordered by its own record IDs.
#[test]
fn a_forwarded_log_holds_many_computers() {
    let mut scene = alice(900, Scene::new("WS1"))
        .logon(500, 61.0, 0x5_0000, "bob", 3, |_| {})
        .terminated(501, 62.0, 0x5_0000, "bob");
    for event in &mut scene.events {
        event.forwarded = true;
        if event.record_id < 900 {
            event.computer = "WS2".into();
        }
    }
    scene.logs[0].forwarded = true;
    let built = scene.build();
    assert_eq!(names(&built), ["WS1", "WS2"]);
    assert!(built.findings.iter().any(|finding| finding.code == FindingCode::LogSelection));
}

/// One record ID with two contents (a restored snapshot): both kept, and said.
#[test]
fn conflicting_records_are_reported() {
    let base = || {
        alice(10, Scene::new("WS1").boot(1, 0.0))
            .logon(11, 61.0, 0x5_1000, "alice", 3, |_| {})
            .logon(12, 62.0, 0x5_2000, "alice", 3, |_| {})
    };
    let mut other = base().logon(13, 70.0, 0x5_3000, "bob", 3, |_| {});
    other.logs[0].path = "snapshot/Security.evtx".into();
    let built = two(base().logon(13, 80.0, 0x5_4000, "eve", 3, |_| {}), other);
    assert_eq!(names(&built), ["WS1"]);
    assert_eq!(built.hosts[0].sessions.len(), 5);
    assert!(built.findings.iter().any(|finding| finding.code == FindingCode::RecordConflict));
}

/// Two collections side by side: a name that both hosts had, that of their image, ties nothing.
#[test]
fn collections_of_two_hosts_stay_apart() {
    let built = |hosts: [&str; 2]| {
        let mut a = alice(10, Scene::new("IMAGE").boot(1, 0.0));
        let mut b = Scene::new("IMAGE").log("System.evtx", Channel::System).event(
            1,
            -5.0,
            12,
            EventKind::KernelStarted(None),
        );
        for (logs, host) in [&mut a.logs, &mut b.logs].into_iter().zip(hosts) {
            for log in logs {
                log.path = format!("{host}/C/Windows/{}", log.path);
                log.collector_host = Some(host.into());
            }
        }
        names(&two(a, b)).len()
    };
    assert_eq!(built(["WKS01", "WKS02"]), 2);
    assert_eq!(built(["WKS01", "wks01"]), 1);
}

/// What a shadow copy still has although the log has rolled over it, and what both have.
#[test]
fn what_only_a_shadow_copy_has_is_flagged() {
    let built = |origin: LogOrigin| {
        let live = Scene::new("WS1")
            .logon(13, 70.0, 0x5_2000, "bob", 3, |_| {})
            .terminated(14, 71.0, 0x5_2000, "bob")
            .terminated(15, 72.0, 0x5_1000, "dave");
        let mut copy = Scene::new("WS1")
            .boot(1, 0.0)
            .logon(10, 60.0, 0x5_0000, "alice", 3, |_| {})
            .logon(11, 61.0, 0x5_1000, "dave", 3, |_| {})
            .terminated(12, 62.0, 0x5_0000, "alice")
            .logon(13, 70.0, 0x5_2000, "bob", 3, |_| {});
        copy.logs[0].path = "copy/Security.evtx".into();
        copy.logs[0].origin = origin;
        let built = two(live, copy);
        let [host] = &built.hosts[..] else { panic!("{:?}", names(&built)) };
        let flags = |session: &Session| -> Vec<String> {
            session.flags.iter().map(ToString::to_string).filter(|f| f.ends_with("-only")).collect()
        };
        let of = |user: &str| -> Vec<String> {
            let own = host.sessions.iter().filter(|session| &*session.account.user == user);
            own.flat_map(flags).collect()
        };
        ["alice", "dave", "bob"].map(|user| of(user).join(" "))
    };
    assert_eq!(built(LogOrigin::ShadowCopy), ["snapshot-only", "start-snapshot-only", ""]);
    assert_eq!(built(LogOrigin::Deleted), ["deleted-only", "start-deleted-only", ""]);
    assert_eq!(built(LogOrigin::Live), ["", "", ""]);
}

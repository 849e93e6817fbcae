//! Many sessions cost no more than their number: sizes at which work that grows with a square would
//! take hours.

use super::build::{Scene, account, at};
use crate::model::event::*;
use crate::model::{Channel, EndCause, EventKind, LogonId, SessionClass, Span};

/// A domain controller: network sessions of many accounts, many of them open at a time, a few for
/// good.
#[test]
fn network_sessions() {
    const SESSIONS: u64 = 300_000;
    let mut scene = Scene::new("DC1").boot(1, 0.0);
    for n in 0..SESSIONS {
        let (record, second) = (10 + 2 * n, n as f64);
        let (id, user) = (0x1_0000 + 16 * n, format!("user{}", n % 3_000));
        scene = scene.logon(record, second, id, &user, 3, |_| {});
        // The sessions of an hour ago go; each tenth of them stays.
        if let Some(old) = n.checked_sub(3_600).filter(|old| old % 10 != 0) {
            let user = format!("user{}", old % 3_000);
            scene = scene.terminated(record + 1, second, 0x1_0000 + 16 * old, &user);
        }
    }
    let built = scene.build();
    let sessions = &built.hosts[0].sessions;
    assert_eq!(sessions.len() as u64, SESSIONS);
    let ended = sessions.iter().filter(|s| s.end.cause == EndCause::Terminated).count() as u64;
    assert_eq!(ended, (SESSIONS - 3_600) / 10 * 9);
    assert!(sessions.iter().all(|session| session.class == SessionClass::Network));
}

/// One person who never leaves: desktops that stay open, checks, locks, clock steps, and as many
/// desktops of the Local Session Manager.
#[test]
fn desktops_of_one_person() {
    const ROUNDS: u64 = 60_000;
    let mut scene = Scene::new("WS1").boot(1, 0.0);
    let lock = EventKind::Lock(Box::new(Lock {
        action: LockAction::Locked,
        logon_id: LogonId(0x1_0000),
        account: account("dora"),
        session: Some(1),
    }));
    for n in 0..ROUNDS {
        let (record, second) = (10 + 10 * n, 100.0 * n as f64);
        let id = 0x1_0000 + 32 * n;
        let step = EventKind::ClockChanged(Box::new(ClockChange {
            previous: Some(at(second + 50.0)),
            new: Some(at(second + 53.0)),
            reason: None,
            process: "".into(),
        }));
        scene = scene
            .logon(record, second, id, "dora", 2, |_| {})
            .logon(record + 1, second + 20.0, id + 16, "dora", 7, |_| {})
            .terminated(record + 2, second + 20.1, id + 16, "dora")
            .event(record + 3, second + 30.0, 4800, lock.clone())
            .event(record + 4, second + 53.0, 4616, step);
    }
    scene = scene.log("Lsm.evtx", Channel::LocalSessionManager);
    for n in 0..ROUNDS {
        let what = EventKind::Terminal(Box::new(Terminal {
            action: TerminalAction::Logon,
            user: r"CORP\dora".into(),
            session: Some(u32::try_from(n).unwrap()),
            address: "LOCAL".into(),
            detail: None,
        }));
        scene = scene.event(n + 1, 100.0 * n as f64 + 0.2, 21, what);
    }
    let built = scene.build();
    let sessions = &built.hosts[0].sessions;
    let checks = sessions.iter().filter(|s| s.class == SessionClass::Revalidation).count() as u64;
    assert_eq!((sessions.len() as u64, checks), (2 * ROUNDS, ROUNDS));
    assert_eq!(built.hosts[0].boots[0].clock_step, Span::seconds(3 * ROUNDS as i64));
    let first = sessions.iter().find(|s| s.logon_id == Some(LogonId(0x1_0000))).unwrap();
    let locks = first.incidents.len() as u64;
    assert_eq!(locks, ROUNDS + 1, "every lock, and the one check while nobody else was there");
    assert_eq!(first.corroboration.len(), 1);
}

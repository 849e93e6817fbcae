//! Tests: many sessions take a time that grows with their number. At these sizes, work that grows with the
//! square would take hours.

use super::scenario::scenario;
use crate::model::{EndCause, SessionClass};
use std::fmt::Write;

/// A domain controller: network sessions of many accounts, many of them open at the same time, a few of them
/// forever.
#[test]
fn network_sessions() {
    const SESSIONS: u64 = 300_000;
    let mut text = "computer DC1\n Security  1..3  +0s  boot\n".to_owned();
    for n in 0..SESSIONS {
        let (record, id, user) = (10 + 2 * n, 0x1_0000 + 16 * n, n % 3_000);
        writeln!(text, "Security {record} +{n}s 4624 user{user} {id:#x} type=3").unwrap();
        // The sessions of an hour ago end; each tenth of them stays.
        if let Some(old) = n.checked_sub(3_600).filter(|old| old % 10 != 0) {
            let (record, id, user) = (record + 1, 0x1_0000 + 16 * old, old % 3_000);
            writeln!(text, "Security {record} +{n}s 4634 user{user} {id:#x}").unwrap();
        }
    }
    let seen = scenario(&text);
    let sessions = &seen.host().sessions;
    assert_eq!(sessions.len() as u64, SESSIONS);
    let ended = sessions.iter().filter(|s| s.end.cause == EndCause::Terminated).count() as u64;
    assert_eq!(ended, (SESSIONS - 3_600) / 10 * 9);
    assert!(sessions.iter().all(|session| session.class == SessionClass::Network));
}

/// One person who never leaves: desktops that stay open, re-validations, locks, clock steps, and as many
/// desktops of the Local Session Manager.
#[test]
fn desktops_of_one_person() {
    const ROUNDS: u64 = 60_000;
    let mut text = "Security  1..3  +0s  boot\n".to_owned();
    for n in 0..ROUNDS {
        let (record, at, id) = (10 + 10 * n, 100 * n, 0x1_0000 + 32 * n);
        let check = id + 16;
        write!(
            text,
            "
            Security {record} +{at}s    4624 dora {id:#x} type=2
            Security {}       +{}s      4624 dora {check:#x} type=7
            Security {}       +{}.1s    4634 dora {check:#x}
            Security {}       +{}s      4800 dora 0x10000 session=1
            Security {}       +{}s      4616 from=+{}s to=+{}s
            ",
            record + 1,
            at + 20,
            record + 2,
            at + 20,
            record + 3,
            at + 30,
            record + 4,
            at + 53,
            at + 50,
            at + 53,
        )
        .unwrap();
    }
    for n in 0..ROUNDS {
        writeln!(text, "LSM {} +{}.2s 21 dora session={n} address=LOCAL", n + 1, 100 * n).unwrap();
    }
    let seen = scenario(&text);
    let sessions = &seen.host().sessions;
    let checks = sessions.iter().filter(|s| s.class == SessionClass::Revalidation).count() as u64;
    assert_eq!((sessions.len() as u64, checks), (2 * ROUNDS, ROUNDS));
    seen.boots(&format!("1  step={}s", 3 * ROUNDS));
    let first = seen.session("0x10000");
    let locks = first.incidents.len() as u64;
    assert_eq!(locks, ROUNDS + 1, "every lock, and the one check while nobody else was there");
    assert_eq!(first.corroboration.len(), 1);
}

//! Each rule: what it needs, how sure it is, and what is missing where it says nothing.

use super::domain::*;
use crate::model::{HopBasis, HopFlag};

const A: &str = "10.0.0.1";
const B: &str = "10.0.0.2";
const D: &str = "10.0.0.9";
const SYSTEM: (u64, &str) = (4, "System");
const TOOL: (u64, &str) = (1234, r"\device\harddiskvolume1\tool.exe");

/// alice at A, and the session there.
fn alice_at_a() -> (Domain, u64) {
    let mut domain = Domain::of(&["A", "B", "DC"]);
    let desktop = domain.logon("A", 0.0, "alice", desktop());
    (domain, desktop)
}

#[test]
fn a_connection_in_the_log_of_the_source_is_proof() {
    let (mut domain, desktop) = alice_at_a();
    domain.connection("A", 100.0, SYSTEM, (A, 50_001), (B, 445));
    let session = domain.logon("B", 100.4, "alice", kerberos(A, 50_001));
    let hop = domain.hop(session);
    assert_eq!(source(&hop), ("A", HIGH));
    // System connects for all users: the only session of alice is likely.
    assert_eq!(hop.source_session.as_ref(), format!("A.contoso.local/1/{desktop:#x}"));
    assert_eq!(hop.session_confidence, MEDIUM);
    assert_eq!(hop.basis.first(), Some(&HopBasis::Connection));
    assert_eq!(hop.basis.last(), Some(&HopBasis::SameUser));
    assert_eq!(hop.lag.map(|lag| lag.to_string()), Some("0.4".into()));
}

#[test]
fn another_port_another_time_or_another_target_is_another_connection() {
    for (time, port, destination) in
        [(100.0, 50_002, B), (60.0, 50_001, B), (106.0, 50_001, B), (100.0, 50_001, D)]
    {
        let mut domain = Domain::of(&["A", "B", "DC"]);
        // Whose the addresses are, by what the computers do at other times, and how the clocks stand.
        domain.connection("B", 10.0, SYSTEM, (B, 1), (D, 88));
        domain.connection("DC", 10.0, SYSTEM, (D, 1), (B, 445));
        for at in 0..3 {
            let port = 40_000 + at;
            domain.connection("A", 20.0 + f64::from(at), SYSTEM, (A, port), (B, 445));
            domain.logon("B", 20.0 + f64::from(at), "bob", kerberos(A, port));
        }
        domain.connection("A", time, SYSTEM, (A, port), (destination, 445));
        let session = domain.logon("B", 100.0, "alice", kerberos(A, 50_001));
        assert!(!rests_on(&domain.hop(session), HopBasis::Connection), "{time} {port}");
    }
}

#[test]
fn the_process_of_a_connection_names_the_session() {
    let (mut domain, first) = alice_at_a();
    let second = domain.logon("A", 10.0, "alice", remote_desktop("198.51.100.7"));
    domain.process("A", 20.0, TOOL.0, first);
    domain.process("A", 50.0, TOOL.0, second);
    // The number of a process is given again: the last one that began before counts.
    domain.process("A", 150.0, TOOL.0, first);
    domain.connection("A", 100.0, TOOL, (A, 50_001), (B, 445));
    let session = domain.logon("B", 100.0, "alice", kerberos(A, 50_001));
    let hop = domain.hop(session);
    assert!(hop.source_session.ends_with(&format!("{second:#x}")), "{}", hop.source_session);
    assert_eq!(hop.session_confidence, HIGH);
}

#[test]
fn a_process_of_the_system_is_of_no_user() {
    let (mut domain, _) = alice_at_a();
    domain.process("A", 50.0, TOOL.0, 0x3e7);
    domain.connection("A", 100.0, TOOL, (A, 50_001), (B, 445));
    let session = domain.logon("B", 100.0, "alice", kerberos(A, 50_001));
    let hop = domain.hop(session);
    assert_eq!((source(&hop), &*hop.source_session), (("A", HIGH), ""));
    assert_eq!(hop.session_confidence, None);
}

#[test]
fn a_session_without_a_row_is_named_all_the_same() {
    let (mut domain, _) = alice_at_a();
    domain.process("A", 50.0, TOOL.0, 0x77_7777);
    domain.connection("A", 100.0, TOOL, (A, 50_001), (B, 445));
    let session = domain.logon("B", 100.0, "alice", kerberos(A, 50_001));
    let hop = domain.hop(session);
    // Its logon is older than the log.
    assert_eq!(&*hop.source_session, "A.contoso.local/0/0x777777");
    assert_eq!((hop.session_confidence, &*hop.source_user), (HIGH, ""));
}

#[test]
fn several_sessions_of_the_user_are_all_listed() {
    let (mut domain, _) = alice_at_a();
    domain.logon("A", 10.0, "alice", remote_desktop("198.51.100.7"));
    // It is over, it is of somebody else, or it is one of the network.
    domain.session("A", (20.0, 30.0), "alice", remote_desktop("198.51.100.7"));
    domain.logon("A", 10.0, "bob", desktop());
    domain.logon("A", 10.0, "alice", kerberos("10.0.0.77", 1));
    domain.connection("A", 100.0, SYSTEM, (A, 50_001), (B, 445));
    let session = domain.logon("B", 100.0, "alice", kerberos(A, 50_001));
    let hop = domain.hop(session);
    assert_eq!((&*hop.source_session, hop.candidates.len()), ("", 2));
    assert_eq!(hop.session_confidence, LOW);
}

#[test]
fn credentials_for_the_target_name_the_session() {
    for server in ["B", "b.contoso.local", "TERMSRV/B", "HTTP/b.contoso.local"] {
        let (mut domain, desktop) = alice_at_a();
        domain.credentials("A", 99.0, desktop, "admin", server);
        let session = domain.logon("B", 100.0, "admin", kerberos("-", 0));
        let hop = domain.hop(session);
        assert_eq!(source(&hop), ("A", MEDIUM), "{server}");
        assert!(hop.source_session.ends_with(&format!("{desktop:#x}")));
        // No session is surer than its computer.
        assert_eq!(hop.session_confidence, MEDIUM);
        assert_eq!(&*hop.source_user, r"CONTOSO\alice");
    }
}

#[test]
fn credentials_need_the_user_the_target_and_the_moment() {
    for (time, user, server) in [
        (95.0, "admin", "B"),
        (104.0, "admin", "B"),
        (100.0, "other", "B"),
        (100.0, "admin", "localhost"),
        (100.0, "admin", "DC"),
    ] {
        let (mut domain, desktop) = alice_at_a();
        domain.credentials("A", time, desktop, user, server);
        // Another one at another time, so that this is not the only one that can be meant.
        domain.credentials("A", -1000.0, desktop, "admin", "B");
        let session = domain.logon("B", 100.0, "admin", kerberos("-", 0));
        assert_eq!(source(&domain.hop(session)), ("", None), "{time} {user} {server}");
    }
}

#[test]
fn credentials_are_of_no_client_that_gives_another_name() {
    for (name, expected) in [("A", ("A", HIGH)), ("", ("A", MEDIUM)), ("SRV2", ("", None))] {
        let (mut domain, desktop) = alice_at_a();
        domain.credentials("A", 99.0, desktop, "admin", "B");
        let session = domain.logon("B", 100.0, "admin", ntlm("-", 0, name));
        assert_eq!(source(&domain.hop(session)), expected, "{name}");
    }
}

#[test]
fn credentials_are_used_once_and_of_one_computer() {
    let (mut domain, desktop) = alice_at_a();
    domain.credentials("A", 99.0, desktop, "admin", "B");
    let first = domain.logon("B", 100.0, "admin", kerberos("-", 0));
    let second = domain.logon("B", 101.0, "admin", kerberos("-", 0));
    assert_eq!(source(&domain.hop(first)), ("A", MEDIUM));
    assert_eq!(source(&domain.hop(second)), ("", None));
    let other = domain.logon("DC", 0.0, "alice", self::desktop());
    domain.credentials("DC", 100.5, other, "admin", "B");
    assert_eq!(source(&domain.hop(first)), ("", None));
}

#[test]
fn an_address_between_two_statements_is_sure() {
    let mut domain = Domain::of(&["A", "B", "DC"]);
    domain.machine("DC", 10.0, "A", A);
    domain.machine("DC", 900.0, "A", A);
    let session = domain.logon("B", 100.0, "alice", kerberos(A, 50_001));
    assert_eq!(source(&domain.hop(session)), ("A", HIGH));
    // By a ticket, which writes addresses in another way.
    let mut domain = Domain::of(&["A", "B", "DC"]);
    domain.ticket("DC", 10.0, "A$", "krbtgt", "::ffff:10.0.0.1");
    domain.ticket("DC", 900.0, "A$", "krbtgt", "::ffff:10.0.0.1");
    let session = domain.logon("B", 100.0, "alice", kerberos(A, 50_001));
    assert_eq!(source(&domain.hop(session)), ("A", HIGH));
}

#[test]
fn an_address_behind_the_last_statement_is_likely_as_long_as_a_lease() {
    const DAY: f64 = 86_400.0;
    for (after, expected) in
        [(60.0, ("A", MEDIUM)), (7.9 * DAY, ("A", MEDIUM)), (8.1 * DAY, ("", None))]
    {
        let mut domain = Domain::of(&["A", "B", "DC"]);
        domain.machine("DC", 0.0, "A", A);
        let session = domain.logon("B", after, "alice", kerberos(A, 50_001));
        assert_eq!(source(&domain.hop(session)), expected, "{after}");
    }
    // It was seen with another address meanwhile.
    let mut domain = Domain::of(&["A", "B", "DC"]);
    domain.machine("DC", 0.0, "A", A);
    domain.machine("DC", 50.0, "A", "10.0.0.50");
    let session = domain.logon("B", 100.0, "alice", kerberos(A, 50_001));
    assert_eq!(source(&domain.hop(session)), ("", None));
}

#[test]
fn a_computer_without_a_log_can_be_the_source() {
    let mut domain = Domain::of(&["B", "DC"]);
    domain.machine("DC", 10.0, "LAPTOP7", A);
    domain.machine("DC", 900.0, "LAPTOP7", A);
    let session = domain.logon("B", 100.0, "alice", kerberos(A, 50_001));
    let hop = domain.hop(session);
    assert_eq!(source(&hop), ("LAPTOP7", HIGH));
    assert!(has(&hop, HopFlag::NoSourceLog) && !has(&hop, HopFlag::FromOutside));
}

/// A domain whose controller has a log of ten hours and more.
pub(super) fn with_tickets() -> (Domain, u64) {
    let (mut domain, desktop) = alice_at_a();
    domain.log("DC", &[(-40_000.0, 10_000.0)]);
    domain.machine("DC", 10.0, "A", A);
    domain.machine("DC", 900.0, "A", A);
    (domain, desktop)
}

#[test]
fn a_ticket_names_the_source_of_a_logon_without_address() {
    let (mut domain, desktop) = with_tickets();
    domain.ticket("DC", 99.0, "alice", "B$", "::ffff:10.0.0.1");
    let session = domain.logon("B", 100.0, "alice", kerberos("-", 0));
    let hop = domain.hop(session);
    assert_eq!((source(&hop), hop.session_confidence), (("A", MEDIUM), MEDIUM));
    assert!(hop.source_session.ends_with(&format!("{desktop:#x}")));
    assert!(!has(&hop, HopFlag::TicketCached));
    // Used again an hour later.
    let late = domain.logon("B", 3700.0, "alice", kerberos("-", 0));
    let hop = domain.hop(late);
    assert!(source(&hop).0 == "A" && has(&hop, HopFlag::TicketCached));
    // With credentials it is sure.
    domain.credentials("A", 99.5, desktop, "alice", "B");
    assert_eq!(source(&domain.hop(session)), ("A", HIGH));
}

#[test]
fn a_ticket_is_worth_little_where_others_may_be_missing() {
    // The log of the controller is short.
    let (mut domain, _) = alice_at_a();
    domain.machine("DC", 10.0, "A", A);
    domain.machine("DC", 900.0, "A", A);
    domain.ticket("DC", 99.0, "alice", "B$", A);
    let session = domain.logon("B", 100.0, "alice", kerberos("-", 0));
    let hop = domain.hop(session);
    assert_eq!((source(&hop), hop.session_confidence), (("A", LOW), None));
    // Another controller is there, and its log is not.
    let (mut domain, _) = with_tickets();
    domain.ticket("DC", 99.0, "alice", "B$", A);
    domain.machine("DC", 10.0, "DC2", "10.0.0.8");
    domain.connection("A", 20.0, SYSTEM, (A, 1), ("10.0.0.8", 88));
    let session = domain.logon("B", 100.0, "alice", kerberos("-", 0));
    assert_eq!(source(&domain.hop(session)), ("A", LOW));
}

#[test]
fn tickets_at_several_addresses_name_no_source() {
    let (mut domain, _) = with_tickets();
    domain.ticket("DC", 50.0, "alice", "B$", A);
    domain.ticket("DC", 60.0, "alice", "B$", "10.0.0.77");
    let session = domain.logon("B", 100.0, "alice", kerberos("-", 0));
    assert_eq!(source(&domain.hop(session)), ("", None));
    // Eleven hours later the second one is over; of another user or for another server it never counted.
    let (mut domain, _) = with_tickets();
    domain.ticket("DC", 50.0, "bob", "B$", "10.0.0.77");
    domain.ticket("DC", 50.0, "alice", "DC$", "10.0.0.77");
    domain.ticket("DC", 99.0, "alice", "B$", A);
    let session = domain.logon("B", 100.0, "alice", kerberos("-", 0));
    assert_eq!(source(&domain.hop(session)).0, "A");
}

#[test]
fn a_logon_with_the_same_ticket_has_the_same_source() {
    let guid = Some("{11111111-0000-0000-0000-000000000000}");
    let (mut domain, _) = alice_at_a();
    domain.connection("A", 100.0, SYSTEM, (A, 50_001), (B, 445));
    let with = domain.logon("B", 100.0, "alice", LogonBy { guid, ..kerberos(A, 50_001) });
    let without = domain.logon("B", 200.0, "alice", LogonBy { guid, ..kerberos("-", 0) });
    let other = domain.logon("B", 200.0, "alice", kerberos("-", 0));
    let elsewhere = domain.logon("DC", 200.0, "alice", LogonBy { guid, ..kerberos("-", 0) });
    assert_eq!(source(&domain.hop(with)), ("A", HIGH));
    let hop = domain.hop(without);
    assert_eq!((source(&hop), hop.session_confidence), (("A", MEDIUM), None));
    assert_eq!(hop.basis, [HopBasis::SameGuid]);
    assert_eq!(source(&domain.hop(other)), ("", None));
    // A LogonGuid is never compared between two computers.
    assert_eq!(source(&domain.hop(elsewhere)), ("", None));
}

#[test]
fn remote_desktop_gives_name_and_address_in_two_logons() {
    let (mut domain, desktop) = alice_at_a();
    domain.logon("B", 98.0, "alice", ntlm("-", 0, "A"));
    let session = domain.logon("B", 100.0, "alice", remote_desktop(A));
    let hop = domain.hop(session);
    // Nobody checks the name.
    assert_eq!((source(&hop), hop.session_confidence), (("A", LOW), LOW));
    assert!(hop.source_session.ends_with(&format!("{desktop:#x}")));
    assert!(&*hop.claimed_name == "A" && has(&hop, HopFlag::SpoofableName));
    // Where the address is known to be of that computer it is sure.
    domain.machine("DC", 0.0, "A", A);
    let hop = domain.hop(session);
    assert!(source(&hop) == ("A", HIGH) && !has(&hop, HopFlag::SpoofableName));
    // Of another user, or too early.
    for (time, user) in [(98.0, "bob"), (94.0, "alice"), (101.0, "alice")] {
        let (mut domain, _) = alice_at_a();
        domain.logon("B", time, user, ntlm("-", 0, "A"));
        let session = domain.logon("B", 100.0, "alice", remote_desktop(A));
        assert_eq!(source(&domain.hop(session)), ("", None), "{time} {user}");
    }
}

#[test]
fn a_name_alone_is_worth_little() {
    let (mut domain, _) = alice_at_a();
    let session = domain.logon("B", 100.0, "alice", ntlm("-", 0, "A"));
    let hop = domain.hop(session);
    assert_eq!((source(&hop), hop.session_confidence), (("A", LOW), None));
    assert!(has(&hop, HopFlag::SpoofableName));
    // From an address of which nothing is known, a stranger may have given it.
    let stranger = domain.logon("B", 100.0, "alice", ntlm("203.0.113.5", 7, "A"));
    let hop = domain.hop(stranger);
    assert!(source(&hop) == ("", None) && has(&hop, HopFlag::FromOutside));
    // With the check of the controller alone nothing is gained: it repeats the name.
    domain.ticket("DC", 0.0, "x", "DC$", "10.0.0.200");
    domain.check("DC", 100.0, "alice", "A");
    assert_eq!(source(&domain.hop(session)), ("A", LOW));
    domain.connection("A", 99.0, SYSTEM, (A, 50_001), (B, 445));
    assert_eq!(source(&domain.hop(session)), ("A", MEDIUM));
}

#[test]
fn a_name_that_its_address_contradicts_is_no_source() {
    let (mut domain, _) = alice_at_a();
    domain.machine("DC", 0.0, "A", A);
    // A is known to have another address.
    let session = domain.logon("B", 100.0, "alice", ntlm("203.0.113.5", 5, "A"));
    let hop = domain.hop(session);
    assert_eq!(source(&hop), ("", None));
    assert!(has(&hop, HopFlag::FromOutside));
    assert_eq!(&*hop.claimed_name, "A");
    // The name is of no computer with a log.
    let session = domain.logon("B", 100.0, "alice", ntlm("-", 0, "ATTACKER"));
    assert_eq!(source(&domain.hop(session)), ("", None));
}

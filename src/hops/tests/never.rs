//! What must never be claimed.

use super::domain::*;
use crate::model::{HopBasis, HopFlag};

const A: &str = "10.0.0.1";
const B: &str = "10.0.0.2";
const SYSTEM: (u64, &str) = (4, "System");

/// A domain in which A owns its address, and everything speaks for it.
fn domain() -> Domain {
    let mut domain = Domain::of(&["A", "B", "DC"]);
    domain.machine("DC", 0.0, "A", A);
    domain.machine("DC", 900.0, "A", A);
    domain.connection("A", 100.0, SYSTEM, (A, 50_001), (B, 445));
    domain
}

#[test]
fn anonymous_comes_from_nowhere() {
    let mut domain = domain();
    let session = domain.logon("B", 100.0, "ANONYMOUS LOGON", ntlm(A, 50_001, "A"));
    let hop = domain.hop(session);
    assert_eq!((source(&hop), hop.basis.len()), (("", None), 0));
    assert!(!has(&hop, HopFlag::FromOutside) || hop.source_computer.is_empty());
}

#[test]
fn loopback_and_the_own_address_have_no_source() {
    for ip in ["127.0.0.1", "::1", B] {
        let mut domain = domain();
        domain.connection("B", 50.0, SYSTEM, (B, 7), ("10.0.0.9", 88));
        domain.connection("B", 500.0, SYSTEM, (B, 8), ("10.0.0.9", 88));
        // A tunnel: the name is of another computer.
        domain.logon("B", 99.0, "alice", ntlm(ip, 0, "A"));
        let session = domain.logon("B", 100.0, "alice", remote_desktop(ip));
        let hop = domain.hop(session);
        assert_eq!(source(&hop), ("", None), "{ip}");
        assert!(has(&hop, HopFlag::Loopback) && !has(&hop, HopFlag::FromOutside), "{ip}");
    }
}

#[test]
fn a_program_of_the_computer_that_asks_is_no_hop() {
    let mut domain = domain();
    let by = LogonBy { asker: 0x5_0000, ..kerberos(A, 50_001) };
    let session = domain.logon("B", 100.0, "alice", by);
    assert_eq!(domain.hop_or_none(session), None);
}

#[test]
fn an_address_that_means_nothing_elsewhere_has_no_owner() {
    for ip in ["fe80::1%4", "1.2.3.4", "169.254.7.7"] {
        let mut domain = Domain::of(&["A", "B", "DC"]);
        domain.machine("DC", 0.0, "A", ip);
        domain.machine("DC", 900.0, "A", ip);
        let session = domain.logon("B", 100.0, "alice", kerberos(ip, 50_001));
        assert_eq!(source(&domain.hop(session)), ("", None), "{ip}");
    }
}

#[test]
fn an_address_that_several_had_at_once_has_no_owner() {
    // Behind one address: A, C and A again.
    let mut domain = Domain::of(&["A", "B", "C", "DC"]);
    for (at, name) in [(0.0, "A"), (40.0, "C"), (300.0, "A")] {
        domain.machine("DC", at, name, A);
    }
    let session = domain.logon("B", 100.0, "alice", kerberos(A, 50_001));
    let hop = domain.hop(session);
    assert_eq!(source(&hop), ("", None));
    assert!(has(&hop, HopFlag::ReusedAddress) && !has(&hop, HopFlag::FromOutside));
}

#[test]
fn an_address_that_was_handed_on_has_an_owner_on_both_sides_only() {
    let mut domain = Domain::of(&["A", "B", "C", "DC"]);
    for (at, name) in [(0.0, "A"), (100.0, "A"), (500.0, "C"), (600.0, "C")] {
        domain.machine("DC", at, name, A);
    }
    let at = |time| {
        let mut domain = domain.clone();
        let session = domain.logon("B", time, "alice", kerberos(A, 50_001));
        let hop = domain.hop(session);
        (hop.source_computer.to_string(), hop.host_confidence)
    };
    assert_eq!(at(50.0), ("A.contoso.local".into(), HIGH));
    assert_eq!(at(300.0), (String::new(), None));
    assert_eq!(at(550.0), ("C.contoso.local".into(), HIGH));
}

#[test]
fn a_machine_account_proves_nothing_of_its_own_logon() {
    // Somebody else may send on what the computer sends.
    let mut domain = Domain::of(&["A", "B", "DC"]);
    let session = domain.logon("B", 100.0, "A$", kerberos("10.0.0.66", 50_001));
    let hop = domain.hop(session);
    assert_eq!(source(&hop), ("", None));
    assert!(has(&hop, HopFlag::Machine));
}

#[test]
fn a_client_of_remote_desktop_is_only_its_own_word() {
    let mut domain = Domain::of(&["A", "B", "DC"]);
    domain.logon("DC", 0.0, "bob", remote_desktop(A));
    domain.attached("DC", 1.0, "A", A);
    let session = domain.logon("B", 100.0, "alice", kerberos(A, 50_001));
    let hop = domain.hop(session);
    assert_eq!((source(&hop), hop.session_confidence), (("A", LOW), None));
}

#[test]
fn rules_that_name_different_computers_name_none() {
    let mut domain = domain();
    let other = domain.logon("DC", 0.0, "bob", desktop());
    domain.credentials("DC", 99.0, other, "alice", "B");
    let session = domain.logon("B", 100.0, "alice", kerberos(A, 50_001));
    let hop = domain.hop(session);
    assert_eq!((source(&hop), &*hop.source_session), (("", None), ""));
    assert!(has(&hop, HopFlag::Contradicting));
    let said = ["A.contoso.local (connection, address)", "DC.contoso.local (explicit)"];
    assert_eq!(hop.candidates, said);
    assert!(rests_on(&hop, HopBasis::Connection) && rests_on(&hop, HopBasis::Explicit));
}

#[test]
fn what_no_record_explains_stays_as_the_way_in() {
    let mut domain = domain();
    let session = domain.logon("B", 100.0, "alice", kerberos("203.0.113.5", 50_001));
    let hop = domain.hop(session);
    assert_eq!((source(&hop), &hop.flags[..]), (("", None), &[HopFlag::FromOutside][..]));
    assert_eq!(&*hop.source_address, "203.0.113.5");
}

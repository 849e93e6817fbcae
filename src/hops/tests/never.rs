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

/// The source of a logon from this address at a moment, by what the domain says of it.
fn source_at(domain: &Domain, time: f64) -> (String, Option<crate::model::Confidence>) {
    let mut domain = domain.clone();
    let session = domain.logon("B", time, "alice", kerberos(A, 50_001));
    let hop = domain.hop(session);
    let (name, confidence) = source(&hop);
    (name.to_owned(), confidence)
}

#[test]
fn an_address_that_came_back_was_shared_all_the_while() {
    const HOUR: f64 = 3600.0;
    let mut domain = Domain::of(&["A", "B", "C", "DC"]);
    for (at, name) in [(0.0, "A"), (5.0, "C"), (10.0, "A"), (20.0, "A")] {
        domain.machine("DC", at * HOUR, name, A);
    }
    assert_eq!(source_at(&domain, 15.0 * HOUR), (String::new(), None));
    assert_eq!(source_at(&domain, 25.0 * HOUR), ("A".into(), MEDIUM));
}

#[test]
fn an_address_that_was_handed_on_has_an_owner_on_both_sides_only() {
    const DAY: f64 = 86_400.0;
    let mut domain = Domain::of(&["A", "B", "C", "DC"]);
    for (at, name) in [(0.0, "A"), (1000.0, "A"), (3.0 * DAY, "C"), (3.5 * DAY, "C")] {
        domain.machine("DC", at, name, A);
    }
    assert_eq!(source_at(&domain, 500.0), ("A".into(), HIGH));
    assert_eq!(source_at(&domain, DAY), (String::new(), None));
    assert_eq!(source_at(&domain, 3.2 * DAY), ("C".into(), HIGH));
}

#[test]
fn an_address_near_the_statement_of_another_is_not_sure() {
    let mut domain = Domain::of(&["A", "B", "C", "DC"]);
    // C comes twelve hours later: it may have stood behind the address before.
    for (at, name) in [(0.0, "A"), (1000.0, "A"), (43_200.0, "C")] {
        domain.machine("DC", at, name, A);
    }
    assert_eq!(source_at(&domain, 500.0), ("A".into(), MEDIUM));
    domain.machine("DC", 2000.0, "C", A);
    assert_eq!(source_at(&domain, 500.0), (String::new(), None));
}

#[test]
fn a_computer_that_went_to_and_fro_is_not_sure() {
    let mut domain = Domain::of(&["A", "B", "C", "DC"]);
    domain.machine("DC", 0.0, "A", A);
    domain.machine("DC", 500.0, "A", "10.0.0.55");
    domain.machine("DC", 1000.0, "A", A);
    // It may have left the address to somebody else in between.
    assert_eq!(source_at(&domain, 600.0), ("A".into(), LOW));
    // With both addresses within minutes it has two network cards.
    domain.machine("DC", 1200.0, "A", "10.0.0.55");
    domain.machine("DC", 1400.0, "A", A);
    assert_eq!(source_at(&domain, 600.0), ("A".into(), MEDIUM));
    // Others have had the address.
    domain.machine("DC", 400_000.0, "C", A);
    assert_eq!(source_at(&domain, 600.0), (String::new(), None));
}

#[test]
fn a_former_address_may_be_of_somebody_else_before_the_next_one_is_seen() {
    let mut domain = Domain::of(&["A", "B", "DC"]);
    domain.machine("DC", 0.0, "A", A);
    assert_eq!(source_at(&domain, 3000.0), ("A".into(), MEDIUM));
    // The next record has another address: A gave this one up at an unknown moment between the two.
    domain.machine("DC", 5000.0, "A", "10.0.0.55");
    assert_eq!(source_at(&domain, 3000.0), ("A".into(), LOW));
    // Just after the record it still had it.
    assert_eq!(source_at(&domain, 300.0), ("A".into(), MEDIUM));
    // Who gives another name then is not A.
    let stranger = domain.logon("B", 3000.0, "alice", ntlm(A, 50_001, "DESKTOP-E29E9"));
    let hop = domain.hop(stranger);
    assert_eq!(source(&hop), ("", None));
    assert!(has(&hop, HopFlag::AddressUnsure) && !has(&hop, HopFlag::FromOutside));
    // The same before the first record.
    let mut domain = Domain::of(&["A", "B", "DC"]);
    domain.machine("DC", -5000.0, "A", "10.0.0.55");
    domain.machine("DC", 0.0, "A", A);
    assert_eq!(source_at(&domain, -3000.0), ("A".into(), LOW));
    assert_eq!(source_at(&domain, -300.0), ("A".into(), MEDIUM));
}

#[test]
fn an_account_that_was_only_at_a_computer_without_an_address_makes_the_owner_unsure() {
    // C stands behind the address of A, and nothing shows that.
    let mut domain = Domain::of(&["A", "B", "C", "DC"]);
    domain.machine("DC", 0.0, "A", A);
    domain.machine("DC", 900.0, "A", A);
    domain.logon("A", 10.0, "bob", desktop());
    domain.logon("A", 800.0, "bob", desktop());
    domain.logon("C", 10.0, "alice", desktop());
    assert_eq!(source_at(&domain, 100.0), ("A".into(), LOW));
    // Where the address of C is known, it is another one.
    let mut known = domain.clone();
    known.machine("DC", 5.0, "C", "10.0.0.3");
    assert_eq!(source_at(&known, 100.0), ("A".into(), HIGH));
    // So is a client that gives the name of A.
    let named = domain.logon("B", 100.0, "alice", ntlm(A, 50_001, "A"));
    assert_eq!(source(&domain.hop(named)), ("A", HIGH));
    // Who was at A too may have come from there.
    domain.logon("A", 20.0, "alice", desktop());
    assert_eq!(source_at(&domain, 100.0), ("A".into(), HIGH));
}

#[test]
fn a_made_up_name_is_no_computer() {
    let mut domain = Domain::of(&["B", "DC"]);
    domain.logon("B", 98.0, "alice", ntlm("-", 0, "NULL"));
    let session = domain.logon("B", 100.0, "alice", remote_desktop(A));
    domain.attached("B", 101.0, "NULL", A);
    domain.logon("DC", 0.0, "bob", remote_desktop(A));
    domain.attached("DC", 1.0, "NULL", A);
    let hop = domain.hop(session);
    assert_eq!(source(&hop), ("", None));
    assert_eq!(&*hop.claimed_name, "NULL");
}

#[test]
fn a_name_against_the_owner_of_the_address_names_none() {
    let mut domain = Domain::of(&["A", "B", "C", "DC"]);
    domain.machine("DC", 0.0, "A", A);
    domain.machine("DC", 900.0, "A", A);
    let session = domain.logon("B", 100.0, "alice", ntlm(A, 50_001, "C"));
    let hop = domain.hop(session);
    assert_eq!(source(&hop), ("", None));
    assert!(has(&hop, HopFlag::Contradicting));
    // A connection of that moment proves more than a name.
    domain.connection("A", 100.0, SYSTEM, (A, 50_001), (B, 445));
    assert_eq!(source(&domain.hop(session)), ("A", HIGH));
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

#[test]
fn a_machine_account_that_its_address_contradicts_has_no_source() {
    // Behind one address: what C says of itself counts more than that A had it before and after.
    let mut domain = domain();
    let session = domain.logon("B", 100.0, "C$", kerberos(A, 50_009));
    domain.machine("DC", 5000.0, "C", "10.0.0.3");
    assert_eq!(source(&domain.hop(session)), ("", None));
}

#[test]
fn an_address_that_the_own_log_does_not_have_is_that_of_a_router() {
    let mut domain = Domain::of(&["A", "B", "DC"]);
    domain.machine("DC", 0.0, "A", A);
    domain.machine("DC", 900.0, "A", A);
    domain.connection("A", 50.0, SYSTEM, ("192.168.1.20", 1), ("10.0.0.9", 88));
    let session = domain.logon("B", 100.0, "alice", kerberos(A, 50_001));
    let hop = domain.hop(session);
    assert_eq!(source(&hop), ("", None));
    assert!(!has(&hop, HopFlag::FromOutside));
}

#[test]
fn the_own_account_comes_from_the_computer_itself() {
    let mut domain = Domain::of(&["B", "DC"]);
    let session = domain.logon("B", 100.0, "B$", kerberos(B, 50_001));
    assert!(has(&domain.hop(session), HopFlag::Loopback));
    // By that its address is known.
    let user = domain.logon("B", 200.0, "alice", kerberos(B, 50_002));
    let hop = domain.hop(user);
    assert!(source(&hop) == ("", None) && has(&hop, HopFlag::Loopback));
}

#[test]
fn a_client_that_gives_another_name_makes_the_owner_less_sure() {
    let mut domain = domain();
    let session = domain.logon("B", 100.0, "alice", ntlm(A, 50_002, "DESKTOP-E29E9"));
    assert_eq!(source(&domain.hop(session)), ("A", MEDIUM));
    // Behind the last record it is less sure already.
    let late = domain.logon("B", 2000.0, "alice", ntlm(A, 50_002, "DESKTOP-E29E9"));
    assert_eq!(source(&domain.hop(late)), ("A", LOW));
    let honest = domain.logon("B", 100.0, "alice", ntlm(A, 50_003, "A"));
    assert_eq!(source(&domain.hop(honest)), ("A", HIGH));
}

#[test]
fn credentials_are_nothing_against_the_known_address_of_the_source() {
    let mut domain = Domain::of(&["A", "B", "DC"]);
    let desktop = domain.logon("A", 0.0, "bob", desktop());
    domain.credentials("A", 99.5, desktop, "alice", "B");
    let session = domain.logon("B", 100.0, "alice", kerberos("10.0.0.77", 50_001));
    assert_eq!(source(&domain.hop(session)), ("A", MEDIUM));
    domain.machine("DC", 10.0, "A", A);
    assert_eq!(source(&domain.hop(session)), ("", None));
}

#[test]
fn an_account_that_was_not_there_makes_a_former_address_less_sure() {
    let mut domain = Domain::of(&["A", "B", "DC"]);
    domain.machine("DC", 0.0, "A", A);
    domain.logon("A", 10.0, "bob", desktop());
    domain.logon("A", 9000.0, "bob", desktop());
    assert_eq!(source_at(&domain, 2000.0), ("A".into(), LOW));
    // Its log does not have the time.
    assert_eq!(source_at(&domain, 9500.0), ("A".into(), MEDIUM));
    // The client gives its name.
    let named = domain.logon("B", 2000.0, "alice", ntlm(A, 50_001, "A"));
    assert_eq!(source(&domain.hop(named)), ("A", MEDIUM));
    domain.logon("A", 20.0, "alice", desktop());
    assert_eq!(source_at(&domain, 2000.0), ("A".into(), MEDIUM));
}

/// alice goes to G over the network, and 2 s later a desktop of B has the address of G.
fn through_gateway() -> (Domain, u64) {
    let mut domain = Domain::of(&["A", "B", "G", "DC"]);
    domain.machine("DC", 0.0, "G", G);
    domain.machine("DC", 900.0, "G", G);
    domain.logon("A", 0.0, "alice", desktop());
    domain.logon("G", 98.0, "alice", kerberos(A, 50_001));
    let session = domain.logon("B", 100.0, "alice", remote_desktop(G));
    (domain, session)
}

const G: &str = "10.0.0.5";

#[test]
fn a_gateway_is_named_as_one_that_passed_the_session_on() {
    let (mut domain, session) = through_gateway();
    let hop = domain.hop(session);
    assert_eq!((source(&hop), &*hop.source_session), (("G", HIGH), ""));
    assert!(has(&hop, HopFlag::PassedOn));
    assert!(hop.evidence.last().is_some_and(|own| own.starts_with("G.contoso.local")));
    // What the account has there besides is only a hint.
    let there = domain.logon("G", 10.0, "alice", remote_desktop("10.0.0.77"));
    let hop = domain.hop(session);
    assert!(has(&hop, HopFlag::PassedOn) && hop.session_confidence == LOW);
    // Minutes later, who has a desktop there may have gone on from it.
    let later = domain.logon("B", 500.0, "alice", remote_desktop(G));
    let hop = domain.hop(later);
    assert!(!has(&hop, HopFlag::PassedOn) && hop.session_confidence == MEDIUM);
    // A record that names the session there shows that it began there.
    domain.credentials("G", 99.5, there, "alice", "B");
    let hop = domain.hop(session);
    assert!(!has(&hop, HopFlag::PassedOn) && hop.session_confidence == HIGH);
    // The logon over the network before a desktop has no port; others are no matter of a gateway.
    for (port, is_passed_on) in [(0, true), (50_001, false)] {
        let (mut domain, _) = through_gateway();
        let network = domain.logon("B", 99.0, "alice", ntlm(G, port, ""));
        assert_eq!(has(&domain.hop(network), HopFlag::PassedOn), is_passed_on, "{port}");
    }
}

#[test]
fn a_jump_host_with_a_desktop_passed_nothing_on() {
    // The logon at G over the network belongs to a desktop there.
    let (mut domain, session) = through_gateway();
    domain.logon("G", 99.0, "alice", remote_desktop(A));
    assert!(!has(&domain.hop(session), HopFlag::PassedOn));
    // Nor does one of another account, one of long ago, or one of the computer itself.
    for (time, user, ip) in
        [(98.0, "bob", A), (-900.0, "alice", A), (500.0, "alice", A), (98.0, "alice", "::1")]
    {
        let mut domain = Domain::of(&["A", "B", "G", "DC"]);
        domain.machine("DC", 0.0, "G", G);
        domain.machine("DC", 900.0, "G", G);
        domain.logon("G", time, user, kerberos(ip, 50_001));
        let session = domain.logon("B", 100.0, "alice", remote_desktop(G));
        let hop = domain.hop(session);
        assert_eq!(source(&hop), ("G", HIGH));
        assert!(!has(&hop, HopFlag::PassedOn), "{time} {user} {ip}");
    }
}

#[test]
fn a_service_that_opens_the_connection_of_a_desktop_passes_it_on() {
    for (program, is_passed_on) in
        [(r"\windows\system32\svchost.exe", true), (r"\windows\system32\mstsc.exe", false)]
    {
        let mut domain = Domain::of(&["G", "B", "DC"]);
        domain.logon("G", 0.0, "alice", desktop());
        domain.connection("G", 99.5, (1480, program), (G, 50_001), (B, 3389));
        let by = LogonBy { port: 50_001, ..remote_desktop(G) };
        let session = domain.logon("B", 100.0, "alice", by);
        let hop = domain.hop(session);
        assert_eq!(source(&hop), ("G", HIGH));
        assert_eq!(has(&hop, HopFlag::PassedOn), is_passed_on, "{program}");
        assert_eq!(hop.source_session.is_empty(), is_passed_on, "{program}");
    }
}

#[test]
fn a_client_of_a_desktop_with_another_name_was_passed_on() {
    for (client, is_passed_on) in [("LAPTOP9", true), ("G", false), ("", false)] {
        let mut domain = Domain::of(&["B", "G", "DC"]);
        domain.machine("DC", 0.0, "G", G);
        domain.machine("DC", 900.0, "G", G);
        let address_only = domain.logon("B", 50.0, "alice", remote_desktop(G));
        domain.connection("G", 99.5, (1234, "tool.exe"), (G, 50_001), (B, 3389));
        let by = LogonBy { port: 50_001, ..remote_desktop(G) };
        let session = domain.logon("B", 100.0, "alice", by);
        domain.attached("B", 101.0, client, G);
        let hop = domain.hop(session);
        assert_eq!(source(&hop), ("G", HIGH));
        assert_eq!(has(&hop, HopFlag::PassedOn), is_passed_on, "{client}");
        // Without the connection, two names at one address name none.
        let hop = domain.hop(address_only);
        assert_eq!(source(&hop).0.is_empty(), is_passed_on, "{client}");
        assert_eq!(has(&hop, HopFlag::AddressUnsure), is_passed_on, "{client}");
    }
}

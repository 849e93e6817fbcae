//! What makes a claim less certain, or excludes it: names that nobody checks, logs that are not whole, names that are
//! cut or lack their domain, and accounts of one name in several domains.

use super::domain::*;
use super::rules::with_tickets;
use crate::model::HopFlag;

const A: &str = "10.0.0.1";
const STRANGER: &str = "10.0.0.66";

/// A client of Remote Desktop at B that gives the name of A, from this address.
fn client_named_a(domain: &mut Domain, ip: &'static str) -> u64 {
    domain.logon("B", 98.0, "alice", ntlm("-", 0, "A"));
    domain.logon("B", 100.0, "alice", remote_desktop(ip))
}

#[test]
fn the_name_of_a_client_of_remote_desktop_is_worth_little_at_an_unknown_address() {
    let mut domain = Domain::of(&["A", "B", "C", "DC"]);
    domain.logon("A", 0.0, "alice", desktop());
    let session = client_named_a(&mut domain, STRANGER);
    let hop = domain.hop(session);
    assert_eq!((source(&hop), hop.session_confidence), (("A", LOW), LOW));
    assert!(has(&hop, HopFlag::SpoofableName));
    // A client that gives the same name elsewhere says the same once more.
    let mut told = domain.clone();
    told.logon("DC", 0.0, "bob", remote_desktop(STRANGER));
    told.attached("DC", 1.0, "A", STRANGER);
    assert_eq!(source(&told.hop(session)), ("A", LOW));
    // The address was that of A ten days ago.
    let mut long_ago = domain.clone();
    long_ago.machine("DC", -864_000.0, "A", STRANGER);
    assert_eq!(source(&long_ago.hop(session)), ("A", LOW));
    // It was that of A and of C in turn.
    for (time, name) in [(-60.0, "A"), (50.0, "C"), (900.0, "A")] {
        long_ago.machine("DC", time, name, STRANGER);
    }
    assert_eq!(source(&long_ago.hop(session)), ("A", LOW));
    // A is known to have another address.
    domain.machine("DC", 50.0, "A", A);
    assert_eq!(source(&domain.hop(session)), ("", None));
}

/// alice logs on at B at 100 s with the ticket that A got a second before.
fn ticket_for_b(change: impl FnOnce(&mut Domain)) -> crate::model::Hop {
    let (mut domain, _) = with_tickets();
    domain.ticket("DC", 99.0, "alice", "B$", A);
    change(&mut domain);
    let session = domain.logon("B", 100.0, "alice", kerberos("-", 0));
    domain.hop(session)
}

#[test]
fn a_ticket_needs_the_whole_log_of_the_domain_controller_up_to_the_logon() {
    let with_log = |times: &'static [(f64, f64)]| {
        let hop = ticket_for_b(|domain| domain.log("DC", times));
        assert_eq!(hop.source_computer.as_ref(), "A.contoso.local", "{times:?}");
        hop.host_confidence
    };
    assert_eq!(with_log(&[(-40_000.0, 5000.0)]), MEDIUM);
    assert_eq!(with_log(&[(-90_000.0, -50_000.0), (-40_000.0, 5000.0)]), MEDIUM);
    assert_eq!(with_log(&[(-40_000.0, 900.0), (5000.0, 6000.0)]), MEDIUM);
    // Ten hours and the 300 s by which clocks may differ are 36,300 s.
    assert_eq!(with_log(&[(-36_000.0, 5000.0)]), LOW);
    // It has a hole.
    assert_eq!(with_log(&[(-90_000.0, -20_000.0), (-5000.0, 5000.0)]), LOW);
    assert_eq!(with_log(&[(-90_000.0, -50_000.0), (-30_000.0, 5000.0)]), LOW);
}

#[test]
fn a_log_of_the_domain_controller_that_ends_before_the_logon_shows_no_later_ticket() {
    for (end, expected) in [(105.0, LOW), (5000.0, MEDIUM)] {
        let (mut domain, _) = with_tickets();
        domain.log("DC", &[(-40_000.0, end)]);
        domain.ticket("DC", 99.0, "alice", "B$", A);
        let session = domain.logon("B", 2000.0, "alice", kerberos("-", 0));
        assert_eq!(source(&domain.hop(session)), ("A", expected), "{end}");
    }
}

#[test]
fn a_log_that_was_cleared_is_not_whole() {
    for (time, expected) in [(-20_000.0, LOW), (-39_000.0, MEDIUM), (4000.0, MEDIUM)] {
        let hop = ticket_for_b(|domain| domain.cleared("DC", time));
        assert_eq!(source(&hop), ("A", expected), "{time}");
    }
}

#[test]
fn another_log_says_nothing_of_the_times_of_security() {
    let hop = ticket_for_b(|domain| {
        domain.sysmon("DC", -80_000.0);
        domain.log("DC", &[(0.0, 5000.0)]);
    });
    assert_eq!(source(&hop), ("A", LOW));
}

#[test]
fn a_logon_without_a_ticket_shows_that_a_domain_controller_is_missing() {
    let with_logon = |time: f64, ticket: Option<f64>| {
        ticket_for_b(|domain| {
            domain.logon("B", time, "bob", kerberos("10.0.0.44", 50_001));
            ticket.into_iter().for_each(|own| domain.ticket("DC", own, "bob", "B$", "10.0.0.44"));
        })
    };
    assert_eq!(source(&with_logon(300.0, None)), ("A", LOW));
    assert_eq!(source(&with_logon(300.0, Some(250.0))), ("A", MEDIUM));
    // The log of the controller does not have the ten hours before, or the logon.
    assert_eq!(source(&with_logon(-10_000.0, None)), ("A", MEDIUM));
    assert_eq!(source(&with_logon(20_000.0, None)), ("A", MEDIUM));
}

#[test]
fn a_ticket_of_the_same_name_in_another_domain_is_of_another_user() {
    for (domain_of_user, realm, expected) in [
        ("CONTOSO", "CONTOSO.LOCAL", ("A", MEDIUM)),
        ("contoso.local", "CONTOSO.LOCAL", ("A", MEDIUM)),
        ("FABRIKAM", "FABRIKAM.LOCAL", ("A", MEDIUM)),
        ("FABRIKAM", "CONTOSO", ("", None)),
        ("FABRIKAM.LOCAL", "CONTOSO.LOCAL", ("", None)),
        // The NetBIOS name may be one that somebody chose.
        ("CORP", "CONTOSO.LOCAL", ("A", LOW)),
    ] {
        let (mut domain, _) = with_tickets();
        domain.ticket("DC", 99.0, &format!("administrator@{realm}"), "B$", A);
        let user = format!(r"{domain_of_user}\administrator");
        let session = domain.logon("B", 100.0, &user, kerberos("-", 0));
        assert_eq!(source(&domain.hop(session)), expected, "{domain_of_user} {realm}");
    }
}

#[test]
fn a_ticket_for_a_computer_of_the_same_name_in_another_domain_is_for_another_computer() {
    let mut domain = Domain::of(&["A", "B.fabrikam.local", "DC", "DC2.fabrikam.local"]);
    domain.log("DC", &[(-40_000.0, 10_000.0)]);
    domain.log("DC2.fabrikam.local", &[(-40_000.0, 10_000.0)]);
    domain.machine("DC", 10.0, "A", A);
    domain.machine("DC", 900.0, "A", A);
    domain.ticket("DC", 99.0, "alice", "B$", A);
    let session = domain.logon("B.fabrikam.local", 100.0, "alice", kerberos("-", 0));
    // No controller of fabrikam.local is known: the names of computers may end otherwise than that of their domain.
    assert_eq!(source(&domain.hop(session)), ("A", LOW));
    domain.ticket("DC2.fabrikam.local", 50.0, "bob", "DC2$", "10.0.0.200");
    assert_eq!(source(&domain.hop(session)), ("", None));
    domain.ticket("DC2.fabrikam.local", 99.0, "alice", "B$", A);
    assert_eq!(source(&domain.hop(session)), ("A", MEDIUM));
}

#[test]
fn a_name_of_another_domain_is_of_another_computer() {
    for (server, expected) in [
        ("FS01", ("A", MEDIUM)),
        ("cifs/fs01.contoso.local", ("A", MEDIUM)),
        ("fs01.partner.example", ("", None)),
        ("HTTP/fs01.partner.example:5985", ("", None)),
    ] {
        let mut domain = Domain::of(&["A", "FS01", "DC"]);
        let desktop = domain.logon("A", 0.0, "alice", desktop());
        domain.credentials("A", 99.0, desktop, "admin", server);
        let session = domain.logon("FS01", 100.0, "admin", kerberos("-", 0));
        assert_eq!(source(&domain.hop(session)), expected, "{server}");
    }
}

#[test]
fn names_that_netbios_cuts_are_those_of_their_computers() {
    const LONG: &str = "CONTOSO-FILESERVER01";
    let mut domain = Domain::of(&[LONG, "B", "DC"]);
    domain.machine("DC", 10.0, "CONTOSO-FILESER", A);
    domain.machine("DC", 900.0, "CONTOSO-FILESER", A);
    let session = domain.logon("B", 100.0, "alice", kerberos(A, 50_001));
    let named = domain.logon("B", 100.0, "bob", ntlm("-", 0, "CONTOSO-FILESER"));
    assert_eq!(source(&domain.hop(session)), (LONG, HIGH));
    assert_eq!(source(&domain.hop(named)), (LONG, LOW));
    // Two whole names that differ only behind the cut are two computers.
    for (server, expected) in
        [("contoso-fileserver01", ("B", MEDIUM)), ("contoso-fileserver02", ("", None))]
    {
        let mut domain = Domain::of(&[LONG, "B", "DC"]);
        let desktop = domain.logon("B", 0.0, "alice", desktop());
        domain.credentials("B", 99.0, desktop, "admin", server);
        let session = domain.logon(LONG, 100.0, "admin", kerberos("-", 0));
        assert_eq!(source(&domain.hop(session)), expected, "{server}");
    }
}

#[test]
fn a_client_that_gives_the_name_of_the_target_elsewhere_does_not_hide_its_source() {
    let mut domain = Domain::of(&["A", "B", "DC"]);
    domain.logon("DC", 0.0, "bob", remote_desktop(STRANGER));
    domain.attached("DC", 1.0, "B", STRANGER);
    let desktop = domain.logon("A", 0.0, "alice", desktop());
    domain.credentials("A", 99.5, desktop, "admin", "B");
    let session = domain.logon("B", 100.0, "admin", kerberos(STRANGER, 50_001));
    let hop = domain.hop(session);
    assert_eq!(source(&hop), ("A", MEDIUM));
    assert!(!has(&hop, HopFlag::Loopback));
    // Its own account shows that the address is its own.
    domain.machine("DC", 50.0, "B", STRANGER);
    assert!(has(&domain.hop(session), HopFlag::Loopback));
}

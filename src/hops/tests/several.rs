//! Clocks, chains, bursts, and what must not depend on the order of records.

use super::domain::*;
use crate::model::hop::{ClockBasis, HostFlag};
use crate::model::sample::HOSTILE;
use crate::model::{FindingCode, HopBasis, Span};

const A: &str = "10.0.0.1";
const B: &str = "10.0.0.2";
const C: &str = "10.0.0.3";
const SYSTEM: (u64, &str) = (4, "System");
const TOOL: (u64, &str) = (1234, r"C:\tool.exe");

/// Four logons from A to B, whose clock is before that of A by so much.
fn skewed(seconds: f64, by: fn(&'static str, u16) -> LogonBy) -> (Domain, Vec<u64>) {
    let mut domain = Domain::of(&["A", "B", "DC"]);
    domain.clock("B", seconds);
    domain.logon("A", 0.0, "alice", desktop());
    let sessions = (0..4).map(|at| {
        let (time, port) = (1000.0 * f64::from(at + 1), 50_000 + at);
        domain.connection("A", time, SYSTEM, (A, port), (B, 445));
        domain.logon("B", time + 0.2, "alice", by(A, port))
    });
    let sessions = sessions.collect();
    (domain, sessions)
}

#[test]
fn clocks_that_differ_are_corrected() {
    for seconds in [-3600.0, -90.0, 0.5, 90.0, 3600.0] {
        let (domain, sessions) = skewed(seconds, |ip, port| ntlm(ip, port, "-"));
        for session in &sessions {
            let hop = domain.hop(*session);
            assert_eq!(source(&hop), ("A", HIGH), "{seconds}");
            assert_eq!(hop.session_confidence, MEDIUM);
            assert_eq!(hop.lag, Some(Span(((seconds + 0.2) * 1e7).round() as i64)));
            assert!(hop.lag_corrected.unwrap().abs() < Span(10));
        }
        let hosts = domain.joined().0.hosts;
        let clock = |name: &str| {
            let row = hosts.iter().find(|row| row.host.starts_with(name)).unwrap();
            row.clock.unwrap()
        };
        assert_eq!(clock("A").basis, ClockBasis::Reference);
        assert_eq!((clock("B").basis, clock("B").pairs), (ClockBasis::Connection, 4));
        assert_eq!(clock("B").offset, Span(((seconds + 0.2) * 1e7).round() as i64));
    }
}

#[test]
fn without_an_estimate_kerberos_allows_five_minutes_and_ntlm_the_only_one() {
    let one = |seconds: f64, by: LogonBy, again: bool| {
        let mut domain = Domain::of(&["A", "B"]);
        // Both addresses are known.
        domain.machine("A", 1.0, "B", B);
        domain.clock("B", seconds);
        domain.connection("A", 1000.0, SYSTEM, (A, 50_000), (B, 445));
        if again {
            domain.connection("A", 1060.0, SYSTEM, (A, 50_000), (B, 445));
        }
        let session = domain.logon("B", 1000.0, "alice", by);
        let hop = domain.hop(session);
        assert!(hop.host_confidence != HIGH);
        rests_on(&hop, HopBasis::Connection)
    };
    assert!(one(290.0, kerberos(A, 50_000), false));
    assert!(!one(400.0, kerberos(A, 50_000), false));
    assert!(one(4000.0, ntlm(A, 50_000, "-"), false));
    assert!(!one(4000.0, ntlm(A, 50_000, "-"), true));
}

#[test]
fn two_pairs_say_nothing_of_the_clocks() {
    let (mut domain, _) = skewed(0.0, kerberos);
    let (two, _) = {
        let mut few = Domain::of(&["A", "B"]);
        for at in 0..2 {
            few.connection("A", 1000.0, SYSTEM, (A, 50_000 + at), (B, 445));
            few.logon("B", 1000.0, "alice", kerberos(A, 50_000 + at));
        }
        (few, ())
    };
    assert!(two.joined().0.hosts.iter().all(|row| row.clock.is_none()));
    domain.clock("A", 0.0);
    assert!(domain.joined().0.hosts.iter().any(|row| row.clock.is_some()));
}

#[test]
fn tickets_and_credentials_compare_clocks_too() {
    for (basis, seconds) in [(ClockBasis::Ticket, 90.0), (ClockBasis::Explicit, -90.0)] {
        let mut domain = Domain::of(&["A", "B"]);
        domain.clock("B", seconds);
        let desktop = domain.logon("A", 0.0, "alice", desktop());
        for at in 1..4 {
            let time = 1000.0 * f64::from(at);
            match basis {
                ClockBasis::Ticket => domain.ticket("A", time, "alice", "B$", "10.0.0.7"),
                _ => domain.credentials("A", time, desktop, "alice", "B"),
            }
            domain.logon("B", time + 0.2, "alice", kerberos("-", 0));
        }
        let hosts = domain.joined().0.hosts;
        let row = hosts.iter().find(|row| row.host.starts_with('B')).unwrap();
        let clock = row.clock.unwrap();
        assert_eq!((clock.basis, clock.pairs), (basis, 3));
        assert_eq!(clock.offset, Span(((seconds + 0.2) * 1e7).round() as i64));
    }
}

/// alice goes from A to B, and from that session to C.
fn chain() -> (Domain, [u64; 2]) {
    let mut domain = Domain::of(&["A", "B", "C"]);
    let desktop = domain.logon("A", 0.0, "alice", remote_desktop("203.0.113.5"));
    domain.process("A", 10.0, TOOL.0, desktop);
    domain.connection("A", 100.0, TOOL, (A, 50_001), (B, 445));
    let first = domain.logon("B", 100.0, "alice", kerberos(A, 50_001));
    domain.process("B", 110.0, TOOL.0, first);
    domain.connection("B", 120.0, TOOL, (B, 50_002), (C, 445));
    let second = domain.logon("C", 120.0, "alice", kerberos(B, 50_002));
    (domain, [first, second])
}

#[test]
fn a_chain_of_sessions_is_counted() {
    let (domain, [first, second]) = chain();
    assert_eq!(domain.hop(first).hop_number, Some(1));
    let hop = domain.hop(second);
    assert_eq!((hop.hop_number, hop.session_confidence), (Some(2), HIGH));
    assert!(hop.source_session.ends_with(&format!("{first:#x}")));
}

#[test]
fn a_burst_is_one_group() {
    let mut domain = Domain::of(&["A", "B"]);
    let times = [100.0, 130.0, 180.0, 300.0];
    let sessions = times.map(|time| domain.logon("B", time, "alice", kerberos("203.0.113.5", 1)));
    let groups = sessions.map(|session| domain.hop(session).group);
    assert_eq!(groups, [Some(1), Some(1), Some(1), Some(2)]);
}

#[test]
fn the_order_of_records_does_not_matter() {
    let (mut domain, _) = chain();
    domain.machine("C", 90.0, "A", A);
    domain.machine("C", 990.0, "A", A);
    // Two computers without any session, which contradict each other: they are named in the order of their names.
    let doubtful = domain.logon("B", 500.0, "dora", ntlm("10.0.9.9", 7, ""));
    domain.connection("Z", 500.0, (7, r"C:\tool.exe"), ("10.0.9.9", 7), (B, 445));
    domain.credentials("Y", 500.0, 7, "dora", "B");
    let named = domain.hop(doubtful).candidates;
    assert_eq!(named, ["Y.contoso.local (explicit)", "Z.contoso.local (connection, address)"]);
    let expected = domain.joined();
    for turn in [1, 3, 5] {
        let other = domain.joined_in(|mut records| {
            records.rotate_left(turn);
            records.reverse();
            // Copies of the same records.
            let copies = records.clone();
            records.extend(copies);
            records
        });
        assert_eq!(other, expected);
    }
}

#[test]
fn hostile_names_are_names() {
    let mut domain = Domain::of(&["A", "B", HOSTILE]);
    domain.machine("A", 0.0, HOSTILE, C);
    domain.credentials("A", 99.0, 1, HOSTILE, HOSTILE);
    domain.check("A", 99.0, HOSTILE, HOSTILE);
    domain.ticket("A", 99.0, HOSTILE, &format!("{HOSTILE}$"), HOSTILE);
    domain.connection("A", 99.0, (u64::MAX, HOSTILE), (HOSTILE, 1), (HOSTILE, 2));
    let session = domain.logon("B", 100.0, HOSTILE, kerberos(C, u16::MAX));
    domain.logon(HOSTILE, 100.0, HOSTILE, kerberos("-", 0));
    assert!(domain.hop(session).flags.is_empty() || domain.joined().1.is_empty());
}

#[test]
fn names_that_several_computers_have_name_none() {
    let mut domain = Domain::of(&["A", "B"]);
    domain.machine("B", 0.0, "A", A);
    domain.machine("B", 900.0, "A", A);
    let session = domain.logon("B", 100.0, "alice", kerberos(A, 1));
    assert_eq!(source(&domain.hop(session)), ("A", HIGH));
    let (hops, findings) = domain.with_twin("A").joined();
    let hop = hops.hops.iter().find(|hop| hop.account.user.as_ref() == "alice").unwrap();
    assert_eq!(source(hop), ("", None));
    assert!(findings.iter().all(|finding| finding.code == FindingCode::HopsLeftOut));
}

#[test]
fn many_computers_behind_one_address_are_said() {
    let mut domain = Domain::of(&["B"]);
    for (at, name) in [(0.0, "C1"), (600.0, "C2"), (1200.0, "C3")] {
        domain.machine("B", at, name, A);
    }
    let hosts = domain.joined().0.hosts;
    let rows: Vec<_> = hosts.iter().filter(|row| row.address == A).collect();
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert_eq!(row.flags, [HostFlag::NatSuspect, HostFlag::Reused]);
        assert_eq!((row.conflict_with.len(), row.has_security_log), (2, false));
    }
}

//! Tests: failed logons and explicit credentials: bursts, the session that made them, the success that
//! followed, and password guessing.

use super::scenario::{Scenario, scenario};
use crate::model::{Attempt, FindingCode, SessionKey};

/// `failed-logon 2 Security#10..11 alice from 0x50000 then 0x60000`
fn rows(scenario: &Scenario) -> Vec<String> {
    let row = |attempt: &Attempt| {
        let key = |word: &str, key: Option<SessionKey>| {
            key.map(|key| format!(" {word} {key}")).unwrap_or_default()
        };
        format!(
            "{} {} {}..{} {}{}{}",
            attempt.kind(),
            attempt.count,
            attempt.first.record,
            attempt.last.record.record_id,
            attempt.detail.account().user,
            key("from", attempt.session),
            key("then", attempt.success.map(|success| success.session)),
        )
    };
    scenario.host().attempts.iter().map(row).collect()
}

fn findings(scenario: &Scenario) -> Vec<(FindingCode, u64)> {
    let is_ours =
        |code| matches!(code, FindingCode::PasswordGuessing | FindingCode::SuccessAfterFailures);
    let findings = scenario.built.findings.iter().filter(|finding| is_ours(finding.code));
    findings.map(|finding| (finding.code, finding.record_id.unwrap())).collect()
}

/// Attempts with one account, source and status, at most 60 s apart, are one row. Attempts that differ, or
/// that come later, are other rows. The rows of two kinds may overlap in time. The case of a name does not count.
#[test]
fn attempts_that_are_alike_are_one_row() {
    let found = scenario(
        "
        Security  1..3  +0s     boot
        Security  4     +100s   4625 alice type=3 address=10.0.0.5 port=50001
        Security  5     +101s   4625 bob type=3 address=10.0.0.5 port=50002
        Security  6     +160s   4625 ALICE type=3 address=10.0.0.5 port=50003
        Security  7     +161s   4625 alice type=3 address=10.0.0.6 port=50004
        Security  8     +162s   4625 alice type=3 address=10.0.0.5 sub-status=0xc0000234
        Security  9     +220s   4625 alice type=3 address=10.0.0.5 port=50005
        Security  10    +280.1s 4625 alice type=3 address=10.0.0.5 port=50006
        ",
    );
    assert_eq!(
        rows(&found),
        [
            "failed-logon 3 Security#4..9 alice",
            "failed-logon 1 Security#5..5 bob",
            "failed-logon 1 Security#7..7 alice",
            "failed-logon 1 Security#8..8 alice",
            "failed-logon 1 Security#10..10 alice",
        ]
    );
    let ports: Vec<u16> = found.host().attempts.iter().map(|attempt| attempt.port).collect();
    assert_eq!(ports, [0, 50_002, 50_004, 0, 50_006]);
    let tally = found.built.accounting.events[&4625];
    assert_eq!((tally.read, tally.placed), (7, 7));
    assert!(findings(&found).is_empty());
}

/// A clock step is not time that passed, and the end of a boot ends a row.
#[test]
fn a_step_of_the_clock_ends_no_row_and_a_boot_does() {
    let found = scenario(
        "
        Security  1..3   +0s     boot
        Security  4      +100s   4625 alice type=2
        Security  5      +5000s  4616 from=+110s to=+5000s
        Security  6      +5005s  4625 alice type=2
        Security  7      +5006s  1100
        Security  8..10  +5020s  boot pid=640
        Security  11     +5025s  4625 alice type=2
        ",
    );
    assert_eq!(
        rows(&found),
        ["failed-logon 2 Security#4..6 alice", "failed-logon 1 Security#11..11 alice"]
    );
}

/// The session is the one that the attempt names. The success is the first logon of the account from the same
/// source, at most half an hour later; of a linked logon it is the session with the desktop.
#[test]
fn where_an_attempt_came_from_and_what_followed() {
    let found = scenario(
        "
        Security  1..3  +0s     boot
        Security  4     +50s    4624 bob 0x50000 type=2
        Security  5     +100s   4625 alice type=2 subject=bob subject-id=0x50000
        Security  6     +110s   4625 carol type=3 address=10.0.0.5
        Security  7     +120s   4624 carol 0x60000 type=3 address=10.0.0.6
        Security  8     +130s   4624 carol 0x61000 type=3 address=::ffff:10.0.0.5
        Security  9     +140s   4625 dave type=10 address=10.0.0.7
        Security  10    +150s   4624 dave 0x70000 type=10 pair=0x71000 elevated address=10.0.0.7
        Security  11    +150s   4624 dave 0x71000 type=10 pair=0x70000 filtered address=10.0.0.7
        Security  12    +200s   4625 erin type=2
        Security  13    +2000.1s  4624 erin 0x80000 type=2
        Security  14    +2100s  4625 HOME\\frank type=3
        Security  15    +2101s  4624 frank 0x90000 type=3
        ",
    );
    assert_eq!(
        rows(&found),
        [
            "failed-logon 1 Security#5..5 alice from 0x50000",
            "failed-logon 1 Security#6..6 carol then 0x61000",
            "failed-logon 1 Security#9..9 dave then 0x71000",
            "failed-logon 1 Security#12..12 erin",
            "failed-logon 1 Security#14..14 frank",
        ]
    );
}

/// 4648 events of Windows itself are counted and make no row. A 4648 for this computer is followed by the
/// logon, one for another computer is not.
#[test]
fn explicit_credentials() {
    let found = scenario(
        "
        Security  1..3  +0s     boot
        Security  4     +40s    4648 SYSTEM 0x3e7 as=bob server=localhost
        Security  5     +40s    4624 bob 0x50000 type=2
        Security  6     +41s    4648 head-only
        Security  7     +100s   4648 bob 0x50000 as=alice server=localhost program=runas.exe
        Security  8     +100.1s 4624 alice 0x60000 type=2 subject=bob subject-id=0x50000
        Security  9     +200s   4648 bob 0x50000 as=alice server=FS01
        Security  10    +201s   4624 alice 0x61000 type=3
        Security  11    +300s   4648 bob 0x50000 as=alice server=localhost
        Security  12    +306s   4624 alice 0x62000 type=2
        ",
    );
    assert_eq!(
        rows(&found),
        [
            "explicit-credentials 1 Security#7..7 alice from 0x50000 then 0x60000",
            "explicit-credentials 1 Security#9..9 alice from 0x50000",
            "explicit-credentials 1 Security#11..11 alice from 0x50000",
        ]
    );
    let tally = found.built.accounting.events[&4648];
    assert_eq!((tally.read, tally.placed, tally.well_known), (5, 3, 2));
}

/// This many failed logons of each name, one every ten seconds, beginning at this time.
fn failures(first: u64, from: u64, names: &[&str], more: &str) -> String {
    let line = |(index, name): (u64, &&str)| {
        format!("Security {} +{}s 4625 {name} type=3 {more}\n", first + index, from + 10 * index)
    };
    (0..).zip(names).map(line).collect()
}

#[test]
fn ten_wrong_passwords_within_ten_minutes_are_a_finding() {
    let many = |count: usize, more: &str| {
        let found = scenario(&format!(
            "Security 1..3 +0s boot\n{}",
            failures(4, 100, &vec!["alice"; count], more)
        ));
        findings(&found)
    };
    let source = "address=10.0.0.5";
    assert_eq!(many(9, source), []);
    assert_eq!(many(10, source), [(FindingCode::PasswordGuessing, 4)]);
    // Without a source, attempts are counted for each account. A logon that is not allowed is no guess.
    assert_eq!(many(10, ""), [(FindingCode::PasswordGuessing, 4)]);
    assert_eq!(many(30, "address=10.0.0.5 status=0xc000015b sub-status=0"), []);
    // A prompt of User Account Control writes two events for one password.
    let prompt: String = (0..9_u64)
        .map(|n| {
            let at = 100 + n;
            format!(
                "Security {} +{at}s 4625 alice type=11 prompt\nSecurity {} +{at}.1s 4625 alice type=2 prompt\n",
                4 + 2 * n,
                5 + 2 * n
            )
        })
        .collect();
    assert_eq!(findings(&scenario(&format!("Security 1..3 +0s boot\n{prompt}"))), []);
}

/// Ten names from one source are a finding, and one name from ten sources; ten names without any source are
/// not.
#[test]
fn guesses_are_counted_by_source_then_by_account() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let start = "Security 1..3 +0s boot\n";
    let spray = scenario(&format!("{start}{}", failures(4, 100, &names, "address=10.0.0.5")));
    assert_eq!(findings(&spray), [(FindingCode::PasswordGuessing, 4)]);
    let message = &spray.built.findings.iter().find(|f| f.record_id == Some(4)).unwrap().message;
    assert!(
        message.contains("10 logons of 10 accounts (1 of a) from 10.0.0.5 failed"),
        "{message}"
    );
    let nowhere = scenario(&format!("{start}{}", failures(4, 100, &names, "")));
    assert_eq!(findings(&nowhere), []);
    let sources: String = (0..10_u64)
        .map(|n| failures(4 + n, 100 + 10 * n, &["alice"], &format!("address=10.0.0.{n}")))
        .collect();
    let one = scenario(&format!("{start}{sources}"));
    assert_eq!(findings(&one), [(FindingCode::PasswordGuessing, 4)]);
}

/// Nine attempts in each ten minutes for an hour are no finding; after a pause of more than ten minutes the
/// count begins again.
#[test]
fn slow_failures_are_no_guesses() {
    let slow: String = (0..60_u64)
        .map(|n| failures(4 + n, 100 + 67 * n, &["alice"], "address=10.0.0.5"))
        .collect();
    assert_eq!(findings(&scenario(&format!("Security 1..3 +0s boot\n{slow}"))), []);
    let names = vec!["alice"; 9];
    let twice = format!(
        "Security 1..3 +0s boot\n{}{}",
        failures(4, 100, &names, "address=10.0.0.5"),
        failures(13, 800, &names, "address=10.0.0.5")
    );
    assert_eq!(findings(&scenario(&twice)), []);
}

#[test]
fn a_success_after_five_wrong_passwords_is_a_finding() {
    let after = |count: usize, logon: &str| {
        let failed = failures(4, 100, &vec!["alice"; count], "address=10.0.0.5");
        let found = scenario(&format!("Security 1..3 +0s boot\n{failed}Security 50 {logon}"));
        findings(&found)
    };
    let logon = "+200s 4624 alice 0x60000 type=10 address=10.0.0.5";
    assert_eq!(after(4, logon), []);
    assert_eq!(after(5, logon), [(FindingCode::SuccessAfterFailures, 50)]);
    assert_eq!(after(5, "+200s 4624 alice 0x60000 type=10 address=10.0.0.6"), []);
    assert_eq!(after(5, "+200s 4624 bob 0x60000 type=10 address=10.0.0.5"), []);
}

/// A computer that checks its own account writes 4776 and 4625 for one attempt. A domain controller writes
/// only the 4776 or the 4771.
#[test]
fn one_attempt_that_two_events_report_counts_once() {
    let both: String = (0..5_u64)
        .map(|n| {
            format!(
                "Security {} +{}s 4776 alice status=0xc000006a client=WS7\n\
                 Security {} +{}s 4625 alice type=3 client=WS7\n",
                4 + 2 * n,
                100 + n,
                5 + 2 * n,
                100 + n
            )
        })
        .collect();
    let found = scenario(&format!("Security 1..3 +0s boot\n{both}"));
    assert_eq!(findings(&found), []);
    assert_eq!(
        rows(&found),
        ["refused-credentials 5 Security#4..12 alice", "failed-logon 5 Security#5..13 alice"]
    );
    let refused: String = (0..10_u64)
        .map(|n| {
            format!(
                "Security {} +{}s 4771 alice status=0x18 address=::ffff:10.0.0.5\n",
                4 + n,
                100 + n
            )
        })
        .collect();
    let found = scenario(&format!("Security 1..3 +0s boot\n{refused}"));
    assert_eq!(findings(&found), [(FindingCode::PasswordGuessing, 4)]);
}

/// The log was cleared, and failed logons were carved from it. They give no boot and no session, but they are
/// rows.
#[test]
fn recovered_attempts_without_a_boot_are_rows() {
    let found = scenario(
        "
        Security  10  +100s  4625 alice type=3 address=10.0.0.5 recovered
        Security  11  +110s  4625 alice type=3 address=10.0.0.5 recovered
        ",
    );
    assert_eq!(rows(&found), ["failed-logon 2 Security#10..11 alice"]);
}

/// A service logs the account on from another address all the time. These logons do not hide the one that
/// followed the failures.
#[test]
fn many_logons_from_elsewhere_do_not_hide_the_one_that_followed() {
    let mut text = String::from("Security  1..3  +0s  boot\n");
    for index in 0..6 {
        text += &format!(
            "Security {} +{}s 4625 alice type=3 address=10.0.0.5\n",
            10 + index,
            100 + index
        );
    }
    for index in 0..300 {
        text += &format!(
            "Security {} +{}s 4624 alice {:#x} type=3 address=10.0.0.8\n",
            20 + index,
            120 + index,
            0x5_0000 + index
        );
    }
    text += "Security 500 +430s 4624 alice 0x90000 type=3 address=10.0.0.5\n";
    let found = scenario(&text);
    assert_eq!(rows(&found), ["failed-logon 6 Security#10..15 alice then 0x90000"]);
    assert_eq!(findings(&found), [(FindingCode::SuccessAfterFailures, 500)]);
}

//! Failed logons and explicit credentials of real logs. The records were looked up by hand in the output of
//! libevtx.

use super::common::{shared, triage};
use winlast::model::{Attempt, AttemptKind, FindingCode, LogonId, Report, SessionKey};

fn read(path: &str) -> Option<Report> {
    Some(triage(&[shared("evtx")?.join(path)]))
}

/// The row that begins with this record.
fn row(report: &Report, record: u64) -> &Attempt {
    let mut rows = report.hosts.iter().flat_map(|host| &host.attempts);
    rows.find(|attempt| attempt.first.record.record_id == record)
        .unwrap_or_else(|| panic!("no row begins with record {record}"))
}

fn guesses(report: &Report) -> usize {
    let codes = [FindingCode::PasswordGuessing, FindingCode::SuccessAfterFailures];
    report.findings.iter().filter(|finding| codes.contains(&finding.code)).count()
}

/// 910, 911, 913 and 914: Administrator from fe80::1941:f3d6:f94d:95bb within a minute, ports 52526 to
/// 52531; 912 between them is of User. 1299 and 1301: wrong passwords of anit.ghosh 68 s apart, then the
/// unlock by 1352.
#[test]
fn failed_logons_at_the_network_and_at_the_desktop() {
    let Some(report) = read("hosts/belkasoft_win10") else { return };
    let network = row(&report, 910);
    assert_eq!((network.count, network.last.record.record_id, network.port), (4, 914, 0));
    assert_eq!(&*network.detail.client().ip, "fe80::1941:f3d6:f94d:95bb");
    assert_eq!(network.detail.logon_type(), Some(3));
    assert_eq!(network.reason().unwrap().to_string(), "0xc000006a");
    assert_eq!((row(&report, 912).count, row(&report, 912).port), (1, 52_529));
    assert!(network.success.is_none(), "Administrator was never logged on from there");
    for record in [1299, 1301] {
        let success = row(&report, record).success.unwrap();
        assert_eq!(success.session, SessionKey::LogonId(LogonId(0xf_946e)));
    }
    // The account may not log on over Remote Desktop: as often as it was tried, nobody guessed.
    assert_eq!(row(&report, 1283).reason().unwrap().to_string(), "0xc000015b");
    assert_eq!(guesses(&report), 0);
    let tally = report.accounting.events[&4625];
    assert_eq!((tally.read, tally.placed), (46, 46));
    let tally = report.accounting.events[&4648];
    assert_eq!((tally.read, tally.placed + tally.well_known), (190, 190));
}

/// 2264 and 2268 (type 11) and 2265 and 2269 (type 2) are two wrong passwords at a prompt of User Account
/// Control, and the prompt was answered at 2273.
#[test]
fn a_prompt_writes_two_for_one_password() {
    let Some(report) = read("hosts/belkasoft_win10") else { return };
    for (first, last, logon_type) in [(2264, 2268, 11), (2265, 2269, 2)] {
        let attempt = row(&report, first);
        assert_eq!((attempt.count, attempt.last.record.record_id), (2, last));
        assert_eq!(attempt.detail.logon_type(), Some(logon_type));
        assert_eq!(&*attempt.detail.method().unwrap().logon_process, "CredPro");
        let success = attempt.success.unwrap();
        assert_eq!(success.session, SessionKey::LogonId(LogonId(0xad_e854)));
    }
}

/// The session 0x1e4ed of User used the credentials of anit.ghosh for PM at 901, port 445.
#[test]
fn credentials_for_another_computer() {
    let Some(report) = read("hosts/belkasoft_win10") else { return };
    let used = row(&report, 901);
    assert_eq!(used.kind(), AttemptKind::ExplicitCredentials);
    assert_eq!(used.detail.target_server(), "PM.praivacymatrix.com");
    assert_eq!(&*used.detail.account().user, "anit.ghosh");
    assert_eq!((used.port, used.session), (445, Some(SessionKey::LogonId(LogonId(0x1_e4ed)))));
    assert!(used.success.is_none() && used.status().is_none());
}

/// Passwords guessed through OpenSSH: five of admmig@offsec.lan in half a minute, and five of a name that
/// does not exist, each with the 4776 of the same moment.
#[test]
fn guesses_through_ssh() {
    let Some(valid) = read("attack/ID4625-OpenSSH brutforce with valid users.evtx") else { return };
    let attempt = row(&valid, 1_865_227);
    assert_eq!((attempt.count, attempt.last.record.record_id), (5, 1_865_231));
    assert_eq!(attempt.detail.process_name(), r"C:\Program Files\OpenSSH-Win64\sshd.exe");
    assert_eq!(guesses(&valid), 0, "five are too few to say so");
    let log = "attack/ID4625-OpenSSH brutforce with non existing users.evtx";
    let unknown = read(log).unwrap();
    let (refused, failed) = (row(&unknown, 1_861_986), row(&unknown, 1_861_987));
    assert_eq!((refused.kind(), refused.count), (AttemptKind::RefusedCredentials, 5));
    assert_eq!((failed.count, failed.last.record.record_id), (5, 1_861_995));
    assert_eq!(refused.reason().unwrap().words(), "there is no account of this name");
    assert_eq!(refused.reason().unwrap().to_string(), failed.reason().unwrap().to_string());
}

/// 59 and 60: the password had to be changed, which happened before the logon at 64. 75 was asked for by the
/// session 0x288f4 in explorer.exe.
#[test]
fn a_session_asks_for_a_logon_that_fails() {
    let Some(report) = read("single/Security_with_size_t.evtx") else { return };
    assert_eq!(row(&report, 59).reason().unwrap().words(), "the password must be changed first");
    assert_eq!(row(&report, 75).session, Some(SessionKey::LogonId(LogonId(0x2_88f4))));
    // Of ten names or passwords that were wrong no more than three came before one logon.
    assert_eq!(guesses(&report), 0);
}

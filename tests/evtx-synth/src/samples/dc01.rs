//! `dc01`: the logoff that Microsoft's page on event 4647 shows, with its 4624 and its 4634.

use super::builder::SampleBuilder;
use super::truth::OPEN;
use super::{Sample, at, logs_of};
use crate::catalogue::{Account, Logon, SECURITY, Session};
use crate::value::{Guid, Sid};
use crate::writer::{Build, LogOptions};

/// Record id of Microsoft's 4647.
const DOCUMENTED_RECORD: u64 = 230_200;

pub(super) fn make() -> Sample {
    let mut sample = SampleBuilder::new("DC01.contoso.local", "CONTOSO", &[SECURITY]);
    sample.host.lsass_pid = 516;
    sample.logon_version = 1;
    // The log begins here: older records were overwritten.
    sample.host.set_next_id(SECURITY, DOCUMENTED_RECORD - 18);

    let sid = |rid: u32| Sid::parse(&format!("S-1-5-21-3457937927-2839227994-823803824-{rid}"));
    let dadmin = Session::new(Account::new(sid(1104), "dadmin", "CONTOSO"), 0x29b379);

    computer_sessions(&mut sample, "2015-09-09T02:40:11.0412002Z", 0x297a10, 3);
    let mut logon = Logon::console(sample.machine.clone(), dadmin.clone());
    logon.process_id = 0x1a4;
    logon.process_name = r"C:\Windows\System32\winlogon.exe".into();
    logon.logon_guid = Guid::parse("8a1e0c52-93c7-4d0b-a6be-7d8c29e4f013");
    sample.desktop_logon(at("2015-09-09T02:47:52.6130417Z"), logon, None);
    computer_sessions(&mut sample, "2015-09-09T02:52:30.8890113Z", 0x29d001, 5);

    sample.initiated(at("2015-09-09T03:08:39.1268908Z"), &dadmin);
    sample.terminated(at("2015-09-09T03:08:41.0590714Z"), &dadmin, 2);
    computer_sessions(&mut sample, "2015-09-09T03:10:05.2200318Z", 0x2a0c40, 2);

    let file_server = computer_account();
    let mut logon = kerberos(Session::new(file_server, 0x2a1f07));
    logon.ip_port = "49811".into();
    sample.logon(at("2015-09-09T03:11:12.4410027Z"), &logon);
    sample.all_others_end(OPEN);
    let options = LogOptions { build: Build::Windows7, ..LogOptions::default() };
    Sample { files: logs_of("dc01", &sample.host, &options), truth: sample.truth }
}

fn computer_account() -> Account {
    Account::new(Sid::parse("S-1-5-21-3457937927-2839227994-823803824-1117"), "FS02$", "CONTOSO")
}

fn kerberos(session: Session) -> Logon {
    let mut logon = Logon::network(session, "-", "10.0.0.31", 49_722);
    logon.logon_process = "Kerberos".into();
    logon.package = "Kerberos".into();
    logon.lm_package = "-".into();
    logon.key_length = 0;
    logon
}

/// A member server reads the group policy: a network session of ten seconds, again and again.
fn computer_sessions(
    sample: &mut SampleBuilder,
    first: &str,
    first_id: u64,
    network_sessions: u64,
) {
    for network_session in 0..network_sessions {
        let time = at(first).plus_ms(network_session * 90_500);
        let session = Session::new(computer_account(), first_id + network_session * 0x31a);
        sample.logon(time, &kerberos(session.clone()));
        sample.terminated(time.plus_ms(10_712), &session, 3);
    }
}

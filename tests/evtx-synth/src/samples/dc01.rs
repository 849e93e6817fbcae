//! `dc01`: the logoff that Microsoft's page on event 4647 shows, with its beginning and its end.

use super::stage::Stage;
use super::truth::OPEN;
use super::{Sample, at, logs_of};
use crate::catalogue::{Account, Logon, SECURITY, Session};
use crate::value::{Guid, Sid};
use crate::writer::{Build, LogOptions};

/// Record id of Microsoft's 4647.
const DOCUMENTED_RECORD: u64 = 230_200;

pub(super) fn make() -> Sample {
    let mut stage = Stage::new("DC01.contoso.local", "CONTOSO", &[SECURITY]);
    stage.host.lsass_pid = 516;
    stage.logon_version = 1;
    // The log begins here: older records were overwritten.
    stage.host.set_next_id(SECURITY, DOCUMENTED_RECORD - 18);

    let sid = |rid: u32| Sid::parse(&format!("S-1-5-21-3457937927-2839227994-823803824-{rid}"));
    let dadmin = Session::new(Account::new(sid(1104), "dadmin", "CONTOSO"), 0x29b379);

    machine_visits(&mut stage, "2015-09-09T02:40:11.0412002Z", 0x297a10, 3);
    let mut logon = Logon::console(stage.machine.clone(), dadmin.clone());
    logon.process_id = 0x1a4;
    logon.process_name = r"C:\Windows\System32\winlogon.exe".into();
    logon.logon_guid = Guid::parse("8a1e0c52-93c7-4d0b-a6be-7d8c29e4f013");
    stage.desktop_logon(at("2015-09-09T02:47:52.6130417Z"), logon, None);
    machine_visits(&mut stage, "2015-09-09T02:52:30.8890113Z", 0x29d001, 5);

    stage.initiated(at("2015-09-09T03:08:39.1268908Z"), &dadmin);
    stage.terminated(at("2015-09-09T03:08:41.0590714Z"), &dadmin, 2);
    machine_visits(&mut stage, "2015-09-09T03:10:05.2200318Z", 0x2a0c40, 2);

    let file_server = computer_account();
    let mut logon = kerberos(Session::new(file_server, 0x2a1f07));
    logon.ip_port = "49811".into();
    stage.logon(at("2015-09-09T03:11:12.4410027Z"), &logon);
    stage.all_others_end(OPEN);
    let options = LogOptions { build: Build::Windows7, ..LogOptions::default() };
    Sample { files: logs_of("dc01", &stage.host, &options), truth: stage.truth }
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

/// A member server asks for policy and is gone after ten seconds, as it does all day.
fn machine_visits(stage: &mut Stage, first: &str, first_id: u64, visits: u64) {
    for visit in 0..visits {
        let time = at(first).plus_ms(visit * 90_500);
        let session = Session::new(computer_account(), first_id + visit * 0x31a);
        stage.logon(time, &kerberos(session.clone()));
        stage.terminated(time.plus_ms(10_712), &session, 3);
    }
}

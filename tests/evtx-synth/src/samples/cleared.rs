//! `cleared`: a Security log that somebody cleared. Server 2019.

use super::builder::SampleBuilder;
use super::truth::OPEN;
use super::{Sample, at, logs_of};
use crate::catalogue::{Account, Logon, SECURITY, Session, event_log};
use crate::value::Sid;
use crate::writer::{Build, LogOptions};

pub(super) fn make() -> Sample {
    let mut sample = SampleBuilder::new("FS02.contoso.local", "CONTOSO", &[SECURITY]);
    sample.host.lsass_pid = 632;
    sample.host.set_next_id(SECURITY, 48_211);
    let sid = |rid: u32| Sid::parse(&format!("S-1-5-21-3457937927-2839227994-823803824-{rid}"));
    let administrator = Session::new(Account::new(sid(500), "Administrator", "CONTOSO"), 0x4d2e1f);
    let erin = Account::new(sid(1121), "erin", "CONTOSO");
    let before = Session::new(erin.clone(), 0x4d1aa2);

    sample.log(at("2026-05-20T22:14:03.7710345Z"), event_log::security_log_cleared(&administrator));
    sample.terminated(at("2026-05-20T22:14:20.0090772Z"), &before, 3);
    let network_session = Session::new(erin.clone(), 0x4d40c7);
    sample.network_session(
        at("2026-05-20T22:15:01.3340918Z"),
        &network_session,
        ("LAPTOP-ERIN", "10.20.0.15"),
        10_250,
    );
    sample.initiated(at("2026-05-20T22:16:41.2230106Z"), &administrator);
    sample.terminated(at("2026-05-20T22:16:45.6614530Z"), &administrator, 10);
    let left_open = Session::new(erin, 0x4d5b90);
    let logon = Logon::network(left_open, "LAPTOP-ERIN", "10.20.0.15", 50_114);
    sample.logon(at("2026-05-20T22:20:00.1000441Z"), &logon);

    sample.all_others_end(OPEN);
    let options = LogOptions { build: Build::Windows10V1809, ..LogOptions::default() };
    Sample { files: logs_of("cleared", &sample.host, &options), truth: sample.truth }
}

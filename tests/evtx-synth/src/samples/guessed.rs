//! `guessed`: somebody guessed a password over the network. Server 2019.

use super::builder::SampleBuilder;
use super::{Sample, at};
use crate::catalogue::{Account, FailedLogon, SECURITY, Session};
use crate::value::Sid;
use crate::writer::{Build, LogOptions};

/// The guesses, one every 4.2 seconds.
const GUESSES: u64 = 24;
/// Where they came from: the computer's name, as it gives it itself, and its address.
const ATTACKER: (&str, &str) = ("WIN-7Q2", "203.0.113.44");

pub(super) fn make() -> Sample {
    let mut sample = SampleBuilder::new("FS03.contoso.local", "CONTOSO", &[SECURITY]);
    sample.host.lsass_pid = 640;
    sample.host.set_next_id(SECURITY, 90_501);
    let domain = |rid: u32| Sid::parse(&format!("S-1-5-21-3457937927-2839227994-823803824-{rid}"));
    let local = Sid::parse("S-1-5-21-1618033988-2236067978-1414213562-500");
    let erin = Account::new(domain(1121), "erin", "CONTOSO");
    let administrator = Account::new(local, "Administrator", "FS03");
    let laptop = ("LAPTOP-ERIN", "10.20.0.15");

    let first = Session::new(erin.clone(), 0x88f1a2);
    sample.network_session(at("2026-06-15T01:48:20.4410337Z"), &first, laptop, 11_020);
    for guess in 0..GUESSES {
        let failed = FailedLogon {
            domain: "FS03".into(),
            workstation: ATTACKER.0.into(),
            ip_address: ATTACKER.1.into(),
            ..FailedLogon::wrong_password("Administrator")
        };
        let time = at("2026-06-15T02:10:00.1120438Z").plus_ms(guess * 4_200);
        sample.log(time, failed.event());
    }
    let guessed = Session::new(administrator, 0x8a41c7);
    sample.network_session(at("2026-06-15T02:12:05.9020661Z"), &guessed, ATTACKER, 38_500);
    let morning = Session::new(erin, 0x913b0e);
    sample.network_session(at("2026-06-15T07:58:02.3310185Z"), &morning, laptop, 10_040);

    let options = LogOptions { build: Build::Windows10V1809, ..LogOptions::default() };
    let log = sample.host.evtx(SECURITY, &options);
    Sample { files: vec![("Security.evtx".into(), log)], truth: sample.truth }
}

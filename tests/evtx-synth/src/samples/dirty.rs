//! `dirty`: a log from the disk of a computer that lost power. Windows 11 22H2.

use super::builder::SampleBuilder;
use super::truth::OPEN;
use super::{Sample, at};
use crate::catalogue::{Account, Logon, SECURITY, Session};
use crate::value::Sid;
use crate::writer::{Build, LogOptions};

/// The number of records in the header of the last chunk; the others lie behind its free-space
/// offset.
const KNOWN_IN_LAST_CHUNK: usize = 9;

pub(super) fn make() -> Sample {
    let mut sample = SampleBuilder::new("LAB03", "WORKGROUP", &[SECURITY]);
    sample.host.lsass_pid = 916;
    sample.logon_version = 3;
    let sid = |rid: u32| Sid::parse(&format!("S-1-5-21-1414213562-1732050807-2236067977-{rid}"));
    let frank = Account::new(sid(1001), "frank", "LAB03");
    let grace = Account::new(sid(1002), "grace", "LAB03");

    let kernel = at("2026-06-08T06:50:01.5000913Z");
    let window_station = sample.boot_security(kernel, 0x7c11, false);
    let on = at("2026-06-08T06:52:44.1802217Z");
    let frank_session = console(&mut sample, on, &frank, 0x5c1b0);
    network_sessions(&mut sample, &grace, "2026-06-08T07:00:10.0413398Z", 0x6a100, 6);

    let off = at("2026-06-08T09:31:02.7750190Z");
    sample.initiated(off, &frank_session);
    sample.close_window_station(off.plus_ms(288), &window_station);
    let window_station = sample.window_station(off.plus_ms(900), 2, 0x81a40);
    let on = at("2026-06-08T09:40:15.0020376Z");
    let grace_session = console(&mut sample, on, &grace, 0x8f2c2);
    network_sessions(&mut sample, &frank, "2026-06-08T09:50:00.5120094Z", 0x91000, 5);

    // The header of the last chunk was not written again, so it does not count these records.
    let off = at("2026-06-08T11:02:09.4410233Z");
    sample.initiated(off, &grace_session);
    sample.close_window_station(off.plus_ms(301), &window_station);
    sample.terminated(off.plus_ms(5_120), &grace_session, 2);
    sample.window_station(off.plus_ms(6_000), 3, 0xa3310);
    let on = at("2026-06-08T11:10:40.9230058Z");
    console(&mut sample, on, &frank, 0xb0e64);

    let lsass = sample.host.records(SECURITY).iter().find(|record| record.event.id == 4608);
    sample.truth.boots[0].start = lsass.expect("the boot is in the log").time;
    sample.all_others_end(OPEN);
    let options =
        LogOptions { build: Build::Windows11, records_per_chunk: 22, ..LogOptions::default() };
    let log = sample.host.log_file(SECURITY, &options).version_3_2();
    let last = log.chunk_count() - 1;
    let log = log.dirty(1).stale_free_space(last, KNOWN_IN_LAST_CHUNK);
    Sample { files: vec![("dirty/Security.evtx".into(), log.to_bytes())], truth: sample.truth }
}

fn console(
    sample: &mut SampleBuilder,
    time: crate::FileTime,
    account: &Account,
    id: u64,
) -> Session {
    let logon = Logon::console(sample.machine.clone(), Session::new(account.clone(), id));
    sample.desktop_logon(time, Logon { elevated: false, ..logon }, None)
}

fn network_sessions(
    sample: &mut SampleBuilder,
    account: &Account,
    first: &str,
    first_id: u64,
    network_sessions: u64,
) {
    for network_session in 0..network_sessions {
        let session = Session::new(account.clone(), first_id + network_session * 0x2b4);
        let time = at(first).plus_ms(network_session * 421_000);
        sample.network_session(time, &session, ("LAB07", "192.168.7.12"), 12_044);
    }
}

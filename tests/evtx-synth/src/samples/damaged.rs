//! `damaged`: a log with one changed byte in one chunk. Windows 10.

use super::builder::SampleBuilder;
use super::truth::CENSORED;
use super::{Sample, at};
use crate::catalogue::{Account, Logon, SECURITY, Session};
use crate::value::Sid;
use crate::writer::LogOptions;

/// Records in a chunk.
const CHUNK_RECORDS: usize = 20;
/// The damaged chunk. The damaged record is the 4624 of a network logon.
const BAD_CHUNK: usize = 2;
/// Where in a record its XML begins with the token of a template instance.
const TEMPLATE_TOKEN: usize = 28;

pub(super) fn make() -> Sample {
    let mut sample = SampleBuilder::new("LAB04", "WORKGROUP", &[SECURITY]);
    sample.host.lsass_pid = 672;
    let sid = |rid: u32| Sid::parse(&format!("S-1-5-21-1414213562-1732050807-2236067978-{rid}"));
    let heidi = Account::new(sid(1001), "heidi", "LAB04");
    let ivan = Account::new(sid(1002), "ivan", "LAB04");

    sample.boot_security(at("2026-07-01T05:30:00.5000660Z"), 0x6d08, false);
    let on = at("2026-07-01T05:33:12.0480911Z");
    let logon = Logon::console(sample.machine.clone(), Session::new(heidi, 0x5f3a8));
    let heidi_session = sample.desktop_logon(on, Logon { elevated: false, ..logon }, None);
    for network_session in 0..18 {
        let session = Session::new(ivan.clone(), 0x60000 + network_session * 0x3d2);
        let time = at("2026-07-01T06:00:04.7710228Z").plus_ms(network_session * 300_250);
        sample.network_session(time, &session, ("LAB07", "192.168.7.12"), 11_870);
    }
    sample.initiated(at("2026-07-01T08:01:30.3310572Z"), &heidi_session);

    let lsass = sample.host.records(SECURITY).iter().find(|record| record.event.id == 4608);
    sample.truth.boots[0].start = lsass.expect("the boot is in the log").time;
    // A record that cannot be read lies between these logons and the end of the log: it may be
    // their logoff.
    sample.all_others_end(CENSORED);

    // The first 4624 of the chunk holds the template, so a later one is damaged.
    let options = LogOptions { records_per_chunk: CHUNK_RECORDS, ..LogOptions::default() };
    let records = sample.host.records(SECURITY);
    let first = BAD_CHUNK * CHUNK_RECORDS;
    let mut logons =
        (first..first + CHUNK_RECORDS).filter(|&index| records[index].event.id == 4624);
    let spoiled = logons.nth(2).expect("the chunk holds logons");
    let spoiled_id = records[spoiled].id;
    let log = sample.host.log_file(SECURITY, &options);
    let offset = log.record_offsets(BAD_CHUNK)[spoiled - first];
    let log = log.flip(BAD_CHUNK, offset + TEMPLATE_TOKEN, 0x1a);

    // The start cannot be read, so only the end of the session is known.
    for row in &mut sample.truth.sessions {
        if row.start.is_some_and(|start| start.record == spoiled_id) {
            row.start = None;
        }
    }
    Sample { files: vec![("Security.evtx".into(), log.to_bytes())], truth: sample.truth }
}

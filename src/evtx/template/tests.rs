//! The fast reader reads the same as the crate.

use super::*;
use crate::evtx::chunk::{self, ChunkSlot};
use crate::evtx::decode::Value;
use crate::evtx::fallback::CrateReader;
use crate::evtx::read::RecordReaders;
use crate::evtx::read::tests::{Random, log, mutants, read_by};
use crate::evtx::{record_walk, xml};
use crate::model::{Channel, EventSet, Finding, LogSummary};
use evtx_synth::catalogue::every_event;
use evtx_synth::simulate;
use evtx_synth::{Build, FileTime, Host, LogOptions, LogWriter, Value as Written};
use std::path::{Path, PathBuf};

fn scan(bytes: &[u8], readers: RecordReaders, recover: bool) -> EventSet {
    read_by(readers, log(bytes.to_vec()), recover)
}

/// Compares the two, and gives the number of records and of those among them that went to the
/// crate.
fn compare(name: &str, bytes: &[u8], recover: bool) -> (u64, u64) {
    let both = scan(bytes, RecordReaders::FastAndCrate, recover);
    let alone = scan(bytes, RecordReaders::CrateAlone, recover);
    let sorted = |mut findings: Vec<Finding>| {
        findings.sort();
        findings
    };
    let without_reader = |log: &LogSummary| LogSummary { records_by_crate: 0, ..log.clone() };
    let logs = |set: &EventSet| -> Vec<_> { set.logs.iter().map(without_reader).collect() };
    assert_eq!(logs(&both), logs(&alone), "{name}");
    assert_eq!(sorted(both.findings), sorted(alone.findings), "{name}");
    for (ours, theirs) in both.events.iter().zip(&alone.events) {
        assert_eq!(ours, theirs, "{name}");
    }
    assert_eq!(both.events.len(), alone.events.len(), "{name}");
    assert_eq!(both.hop_records, alone.hop_records, "{name}");
    (both.logs[0].records_read, both.logs[0].records_by_crate)
}

/// System and data of each record that the fast reader reads, as text, each with the crate's.
fn compare_text(name: &str, bytes: &[u8]) -> usize {
    let mut fast = FastReader::default();
    let mut slow = CrateReader::new();
    let mut compared = 0;
    for slot in bytes.get(4096..).unwrap_or_default().chunks(65_536) {
        let ChunkSlot::Chunk(header, _) = chunk::inspect(slot) else { continue };
        let live = record_walk::live(slot, &header).live;
        fast.begin_chunk();
        slow.render(
            slot,
            &live,
            &[],
            |_| true,
            |record, theirs| {
                let Some(ours) = text(&mut fast, slot, record) else { return };
                let theirs = std::str::from_utf8(theirs.unwrap()).unwrap();
                let theirs = xml::parse(theirs, |_| true).unwrap();
                let system = &theirs.system;
                let number = |text: &str| decode::number(text).unwrap_or(0);
                let identity = [
                    number(&system.event_id).to_string(),
                    u8::try_from(number(&system.version)).unwrap_or(0).to_string(),
                    number(&system.record_id).to_string(),
                    system.system_time.to_string(),
                    system.computer.to_string(),
                    system.channel.to_string(),
                    u32::try_from(number(&system.process_id)).unwrap_or(0).to_string(),
                    system.user_sid.to_string(),
                ];
                assert_eq!(ours.0, identity, "{name}");
                let data = theirs.data.iter().map(|(n, v)| (n.to_string(), v.to_string()));
                assert_eq!(ours.1, data.collect::<Vec<_>>(), "{name}");
                compared += 1;
            },
        );
    }
    compared
}

type Texts = ([String; 8], Vec<(String, String)>);

fn text(fast: &mut FastReader, chunk: &[u8], record: &RecordHeader) -> Option<Texts> {
    let TemplateRecord { plan, values, data } = fast.templates.open(chunk, record)?;
    let (data_plan, data_values) = data.read(chunk)?;
    let mut interner = Interner::default();
    let head = fast.system.head(plan, values, chunk, &mut interner)?;
    let i = RecordHead { channel: Some(Channel::System), ..head }.identity(plan, values, chunk)?;
    let system = [
        i.event_id.to_string(),
        i.version.to_string(),
        i.record_id.to_string(),
        i.time.to_string(),
        i.computer.to_string(),
        head.channel_name.to_owned(),
        i.process_id.to_string(),
        i.user_sid.to_string(),
    ];
    let data = TemplateData::new(data_plan, data_values, chunk)?;
    for (_, value) in data.all() {
        // Typed values answer as their text does.
        let text = value.text();
        let as_text = Value::Text(&text);
        assert_eq!(value.number(), as_text.number());
        assert_eq!(value.time(), as_text.time());
        assert_eq!(value.boolean(), as_text.boolean());
        assert_eq!(value.bytes(), as_text.bytes());
    }
    let texts = data.all().map(|(name, value)| (name.to_owned(), value.to_string()));
    Some((system, texts.collect()))
}

/// Every log below a folder of the project or next to it, with its path.
fn logs_below(folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut paths: Vec<PathBuf> = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => open.push(path),
                path if path.extension().is_some_and(|extension| extension == "evtx") => {
                    paths.push(path);
                }
                _ => {}
            }
        }
    }
    paths.sort();
    if paths.is_empty() {
        println!("skipped: no logs in {folder}");
    }
    let read = |path: PathBuf| (path.display().to_string(), std::fs::read(path).unwrap());
    paths.into_iter().map(read).collect()
}

#[test]
fn real_logs_and_samples_read_the_same() {
    let (mut records, mut by_crate) = (0, 0);
    for (name, bytes) in [logs_below("../shared/evtx"), logs_below("sample-evtx")].concat() {
        let (read, left) = compare(&name, &bytes, false);
        records += read;
        by_crate += left;
        let compared = compare_text(&name, &bytes) as u64;
        assert!(compared <= read, "{name}");
    }
    println!("{by_crate} of {records} records went to the crate");
    assert!(by_crate * 5 < records);
}

#[test]
fn every_event_of_every_build_reads_the_same() {
    for build in [Build::Windows7, Build::Windows10V1809, Build::Windows10, Build::Windows11] {
        let mut host = Host::new("PC1.example.net");
        for (number, event) in (0..).zip(every_event()) {
            host.service_runs = number % 2 == 0;
            host.log(FileTime(134_000_000_000_000_000 + number * 10_000_007), event);
        }
        for channel in host.channels() {
            let bytes = host.evtx(channel, &LogOptions { build, ..LogOptions::default() });
            let (read, left) = compare(channel, &bytes, false);
            assert_eq!((compare_text(channel, &bytes) as u64, left), (read, 0), "{channel}");
        }
    }
}

#[test]
fn simulated_hosts_read_the_same() {
    let mut records = 0;
    for seed in 0..60 {
        for (name, bytes) in simulate::any(seed).files {
            records += compare(&format!("host {seed}, {name}"), &bytes, false).0;
        }
    }
    assert!(records > 10_000, "{records}");
}

#[test]
fn strange_values_read_the_same() {
    let mut host = Host::new("PC\u{e9}\u{1f600}");
    let logon = every_event().into_iter().find(|event| event.id == 4624).unwrap();
    for value in [
        Written::Null(0),
        Written::Null(6),
        Written::UnicodeString(
            "tab\t cr\r lf\n crlf\r\n <&>\"' ]]> \u{1}\u{1f}\u{7f}\u{85}".into(),
        ),
        Written::UnicodeString("\u{fffe}\u{ffff}\u{fffd}\u{2028} \u{1f600} é 日本".into()),
        Written::UnicodeString("before\0behind".into()),
        Written::UnicodeString("\0".into()),
        Written::UnicodeString("  blanks  ".into()),
        Written::UnicodeString(String::new()),
        Written::AnsiString("ansi <&> \u{1}".into()),
        Written::UInt8(255),
        Written::UInt16(65_535),
        Written::Int32(-1),
        Written::Int64(i64::MIN),
        Written::UInt64(u64::MAX),
        Written::Boolean(true),
        Written::Binary(vec![]),
        Written::Binary((0..=255).collect()),
    ] {
        for name in ["TargetUserName", "TargetLogonId", "IpAddress", "LogonType"] {
            let event = logon.clone().with(name, value.clone());
            host.log(FileTime(134_000_000_000_000_000), event);
        }
    }
    for build in [Build::Windows10, Build::Windows11] {
        let mut writer = LogWriter::new(LogOptions { build, ..LogOptions::default() });
        host.records("Security").iter().for_each(|record| writer.push(record));
        let bytes = host.evtx("Security", &LogOptions { build, ..LogOptions::default() });
        let (read, left) = compare("strange", &bytes, false);
        assert_eq!((compare_text("strange", &bytes) as u64, left), (read, 0));
    }
}

#[test]
fn damaged_logs_read_the_same() {
    let mut seeds: Vec<Vec<u8>> = logs_below("sample-evtx").into_iter().map(|log| log.1).collect();
    let real = ["DE_RDP_Tunneling_4624", "LocalSessionManager%4Op", "forwarded_ID4799-4624"];
    for (name, bytes) in logs_below("../shared/evtx") {
        if real.iter().any(|part| name.contains(part)) {
            seeds.push(bytes);
        }
    }
    for bytes in &mut seeds {
        // Two chunks are enough, and quick.
        bytes.truncate(4096 + 2 * 65_536);
    }
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for mutant in 0..mutants() {
        let mut bytes = seeds[mutant % seeds.len()].clone();
        random.damage(&mut bytes);
        compare(&format!("mutant {mutant}"), &bytes, mutant % 4 == 0);
    }
}

/// The second of two equal records has a size in its data that does not fit. Of a record that is not wanted, the crate
/// looks into that only where the checksum does not vouch for it.
#[test]
fn data_that_nobody_wants_is_read_where_no_checksum_vouches_for_it() {
    let logoff = every_event().into_iter().find(|event| event.id == 4634).unwrap();
    for (id, by_crate) in [(4799, 0), (4634, 1)] {
        let mut host = Host::new("PC");
        for number in 0..2 {
            let event = evtx_synth::Event { id, ..logoff.clone() };
            host.log(FileTime(134_000_000_000_000_000 + number), event);
        }
        let options = LogOptions { build: Build::Windows11, ..LogOptions::default() };
        let enlarge = |chunk: &mut [u8]| {
            let first = u32::from_le_bytes(chunk[516..520].try_into().unwrap()) as usize;
            // The last instance of the second record: 10 bytes, the number of its values, the size of the first one.
            let second = &chunk[512 + first..];
            let begin = [0x0f, 1, 1, 0, 0x0c];
            let instance = second.windows(5).rposition(|part| part == begin).unwrap();
            chunk[512 + first + instance + 4 + 10 + 4] += 2;
        };
        let left = |bytes: Vec<u8>| {
            read_by(RecordReaders::FastAndCrate, log(bytes), false).logs[0].records_by_crate
        };
        let mut damaged = host.evtx("Security", &options);
        enlarge(&mut damaged[4096..4096 + 65_536]);
        assert_eq!(left(damaged), 1, "{id}");
        let mended = host.log_file("Security", &options).edit(0, enlarge);
        assert_eq!(left(mended.to_bytes()), by_crate, "{id}");
    }
}

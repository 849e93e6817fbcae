//! Every event of the catalogue, in every form, has the values that it was given.

use evtx_synth::catalogue::every_event;
use evtx_synth::{Build, FileTime, Form, Host, LogOptions, Record};

use crate::leaves::{Leaves, of_record, of_xml};
use crate::reading::{Read, by_crate, by_libevtx};

const BUILDS: [Build; 4] =
    [Build::Windows7, Build::Windows10V1809, Build::Windows10, Build::Windows11];

/// A host on which everything happened once, 1.0000007 s apart.
fn host() -> Host {
    let mut host = Host::new("PC1.example.net");
    for (number, event) in (0..).zip(every_event()) {
        // Every second event is written while the service does not run.
        host.service_runs = number % 2 == 0;
        host.log(FileTime(134_000_000_000_000_000 + number * 10_000_007), event);
    }
    host
}

fn assert_same(
    records: &[Record],
    read: &[Leaves],
    reader: &str,
    adapt: impl Fn(&Record, Leaves) -> Leaves,
) {
    assert_eq!(records.len(), read.len(), "{reader}: number of records");
    for (record, read) in records.iter().zip(read) {
        let written = adapt(record, of_record(record));
        assert_eq!(
            &written, read,
            "{reader}: event {} in {}",
            record.event.id, record.event.channel
        );
    }
}

fn xml(read: Vec<Read>) -> Vec<Leaves> {
    read.into_iter().map(|record| of_xml(&record.expect("a readable record").1)).collect()
}

/// Legacy events up to Windows 10 1809 have no version, operation code and execution.
fn as_built(build: Build, record: &Record, leaves: Leaves) -> Leaves {
    let old = matches!(build, Build::Windows7 | Build::Windows10V1809);
    let short = old && record.event.provider.classic && record.event.provider.guid.is_none();
    let absent = ["Version", "Opcode", "Execution@ProcessID", "Execution@ThreadID"];
    leaves.into_iter().filter(|(name, _)| !(short && absent.contains(&name.as_str()))).collect()
}

#[test]
fn the_evtx_crate_reads_every_event() {
    let host = host();
    for build in BUILDS {
        let options = LogOptions { build, ..LogOptions::default() };
        for channel in host.channels() {
            let read = xml(by_crate(host.evtx(channel, &options)));
            assert_same(host.records(channel), &read, "evtx crate", |record, leaves| {
                as_built(build, record, leaves)
            });
        }
    }
}

#[test]
fn the_evtx_crate_reads_literal_records() {
    let host = host();
    let options = LogOptions { form: Form::Literal, ..LogOptions::default() };
    for channel in host.channels() {
        let read = by_crate(host.evtx(channel, &options));
        for record in read.iter().flatten() {
            // Nine digits, as text.
            assert!(record.1.contains("00Z\""), "{}", record.1);
        }
        assert_same(host.records(channel), &xml(read), "evtx crate, literal", |_, leaves| leaves);
    }
}

#[test]
fn libevtx_reads_every_event() {
    let host = host();
    for build in BUILDS {
        let options = LogOptions { build, ..LogOptions::default() };
        for (number, channel) in host.channels().enumerate() {
            let name = format!("{build:?}-{number}");
            let Some(read) = by_libevtx(&name, &host.evtx(channel, &options)) else { return };
            let read: Vec<Leaves> = read.iter().map(|xml| of_xml(xml)).collect();
            assert_same(host.records(channel), &read, "libevtx", |record, leaves| {
                as_built(build, record, leaves)
            });
        }
    }
}

//! The stages of a run on a log of 16 MB: `cargo bench`.
//!
//! `events` is finding, reading and decoding; `run` that and building sessions; `csv` writing the
//! tables to nowhere.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what cannot run may stop")]

use divan::Bencher;
use evtx_synth::catalogue::every_event;
use evtx_synth::{FileTime, Host, LogOptions, Value};
use std::path::PathBuf;
use winlast::Analysis;
use winlast::output::{Format, OutputOptions, Table, TimelineRows, write_table};

fn main() {
    divan::main();
    // It is not there when nothing was run.
    let _ = std::fs::remove_file(log());
}

fn log() -> PathBuf {
    std::env::temp_dir().join(format!("winlast-bench-{}.evtx", std::process::id()))
}

/// Logons and what else a Security log holds, as a file.
fn analysis() -> Analysis<'static> {
    let path = log();
    if !path.exists() {
        let mut host = Host::new("DC01.contoso.local");
        let events: Vec<_> =
            every_event().into_iter().filter(|event| event.channel == "Security").collect();
        for number in 0..20_000_u64 {
            let event = &events[number as usize % events.len()];
            let event = match event.id {
                4624 => event.clone().with("TargetLogonId", Value::HexInt64(0x1_0000 + number)),
                _ => event.clone(),
            };
            host.log(FileTime(133_000_000_000_000_000 + number * 10_000_000), event);
        }
        std::fs::write(&path, host.evtx("Security", &LogOptions::default())).unwrap();
    }
    Analysis::of([path]).threads(1)
}

#[divan::bench]
fn events(bencher: Bencher<'_, '_>) {
    let analysis = analysis();
    bencher.bench(|| analysis.events().unwrap());
}

#[divan::bench]
fn run(bencher: Bencher<'_, '_>) {
    let analysis = analysis();
    bencher.bench(|| analysis.run().unwrap());
}

#[divan::bench(args = [Table::Timeline, Table::Sessions])]
fn csv(bencher: Bencher<'_, '_>, table: Table) {
    let report = analysis().run().unwrap();
    let options = OutputOptions { timeline_rows: TimelineRows::All, excel_safe: false };
    bencher.bench(|| {
        write_table(&report, table, Format::CSV, options, &mut std::io::sink()).unwrap();
    });
}

//! The mutilations, held against evtxexport of libevtx: what it reads of the logs shows whether the
//! logs are what the mutilation says, before winlast says anything of them.

use super::dice::Dice;
use super::host::{self, RealHost};
use super::mutilation::Mutilated;
use crate::common::{scratch, skipped};
use std::path::Path;
use std::process::Command;
use winlast::model::Timestamp;

/// evtxexport is slow: the larger hosts, with the same kinds of records, are left out.
const MOST_RECORDS: usize = 2_500;

/// The hosts that are looked at.
fn hosts() -> Vec<RealHost> {
    let all = host::all().unwrap_or_default();
    all.into_iter().filter(|host| host.size <= MOST_RECORDS).collect()
}

/// What evtxexport prints of a log, in lines; `None`, with a message: it is not installed.
fn export(log: &Path) -> Option<Vec<String>> {
    let Ok(output) = Command::new("evtxexport").args(["-f", "xml"]).arg(log).output() else {
        skipped("evtxexport (Debian's libevtx-utils) is not installed");
        return None;
    };
    assert!(output.status.success(), "evtxexport {}", log.display());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().map(str::to_owned).collect())
}

/// What it prints of all logs of a host, after this was done to them.
fn exports(mutilated: &Mutilated, folder: &Path) -> Option<Vec<Vec<String>>> {
    mutilated.write(folder);
    mutilated.logs.iter().map(|log| export(&folder.join(&log.name))).collect()
}

/// Every time before the change is another by as much, every other one is the same, and so is
/// everything else.
#[test]
fn evtxexport_reads_the_changed_clock() {
    let hosts = hosts();
    let folder = scratch("mutilated-clock");
    let mut changed = 0;
    for host in &hosts {
        let mut dice = Dice::new(host.size as u64);
        let Some(mutilated) = Mutilated::only(host, "clock", &mut dice) else { continue };
        let Some(before) = exports(&Mutilated::untouched(host), &folder) else { return };
        let Some(after) = exports(&mutilated, &folder) else { return };
        let clock = mutilated.clock.unwrap();
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before.len(), after.len());
            for (line, new) in before.iter().zip(after).filter(|(line, new)| line != new) {
                let (time, new_time) = (time(line), time(new));
                if line.contains("<Binary>") && time.is_none() {
                    // The stamp of 6008.
                    continue;
                }
                let expected = time.map(|time| clock.of(time));
                assert!(expected.is_some() && expected == new_time, "{}: {line} {new}", host.name);
                changed += 1;
            }
        }
    }
    assert!(hosts.is_empty() || changed > 1_000, "{changed} times");
}

/// The time in a line.
fn time(line: &str) -> Option<Timestamp> {
    line.split(['<', '>', '"']).find_map(Timestamp::parse)
}

/// The records that are left are those that were to be left, and no others.
#[test]
fn evtxexport_reads_the_records_that_are_left() {
    let hosts = hosts();
    let folder = scratch("mutilated-records");
    for (at, kind) in ["remove-records", "select", "clear", "cut-start", "cut-end", "drop-chunks"]
        .into_iter()
        .enumerate()
    {
        for host in &hosts {
            let mut dice = Dice::new((host.size + at) as u64);
            let Some(mutilated) = Mutilated::only(host, kind, &mut dice) else { continue };
            let Some(exports) = exports(&mutilated, &folder) else { return };
            assert!(is_less(host, &mutilated), "{}: {:?}", host.name, mutilated.done);
            for (log, export) in mutilated.logs.iter().zip(exports) {
                let left: Vec<u64> = log
                    .chunks
                    .iter()
                    .flat_map(|chunk| chunk.records.iter().map(|record| chunk.record_id(record)))
                    .collect();
                let read: Vec<u64> = export.iter().filter_map(|line| record_id(line)).collect();
                assert_eq!(read, left, "{}: {} {:?}", host.name, log.name, mutilated.done);
            }
        }
    }
}

fn is_less(host: &RealHost, mutilated: &Mutilated) -> bool {
    mutilated.logs.iter().map(super::log_file::Log::count).sum::<usize>() < host.size
}

/// The number in a line with an `EventRecordID`.
fn record_id(line: &str) -> Option<u64> {
    let (_, rest) = line.split_once("<EventRecordID>")?;
    rest.split_once('<')?.0.parse().ok()
}

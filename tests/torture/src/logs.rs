//! Logs, damaged with knowledge of their structure: the fast reader and the crate must read the same, and
//! what is lost must be said.

use crate::files::{self, Memory, POOL};
use crate::mended::{self, CHUNK, HEADER};
use crate::{Case, Dice, Expected, Target};
use evtx_synth::catalogue::every_event;
use evtx_synth::{Build, FileTime, Form, Host, LogOptions, Value, simulate};
use std::sync::OnceLock;
use winlast::fuzzing::{self, Readers};
use winlast::model::{Event, EventKind, EventSet, Finding, Severity};

pub(crate) const TARGET: Target = Target { name: "logs", make, check };

/// Names of cases that are read in one way only: a case takes half the time then. One of another name, such
/// as a counterexample, is read in both ways.
const ONE_WAY: [(&str, bool); 2] = [("live.evtx", false), ("recovered.evtx", true)];

/// Sound logs of one chunk or two: every event in each form and of each build, and some hosts.
pub(crate) fn seeds() -> &'static [Vec<u8>] {
    static SEEDS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let mut seeds = Vec::new();
        let builds = [Build::Windows7, Build::Windows10V1809, Build::Windows10, Build::Windows11];
        for (number, build) in builds.into_iter().enumerate() {
            let form = if number == 3 { Form::Literal } else { Form::Template };
            let options = LogOptions { build, form, ..LogOptions::default() };
            for channel in ["Security", "System"] {
                let mut host = Host::new("PC1.example.net");
                let events = every_event().into_iter().filter(|event| event.channel == channel);
                for (at, event) in events.enumerate() {
                    let time = FileTime(133_000_000_000_000_000 + at as u64 * 10_000_000);
                    let event = match event.id {
                        4624 => event.with("TargetLogonId", Value::HexInt64(0x1_0000)),
                        _ => event,
                    };
                    host.log(time, event);
                }
                seeds.push(host.evtx(channel, &options));
            }
        }
        seeds.extend((0..20).flat_map(|seed| simulate::any(seed).files).map(|(_, bytes)| bytes));
        seeds.retain(|bytes| bytes.len() >= HEADER + CHUNK);
        for (number, bytes) in seeds.iter_mut().enumerate() {
            let chunks = if number % 3 == 0 { 2 } else { 1 };
            if bytes.len() > HEADER + chunks * CHUNK {
                shorten(bytes, chunks);
            }
        }
        // What a damaged log must say means nothing where the sound one says it already: of a full log,
        // which began anew, the first chunks are not the oldest.
        seeds.retain(|bytes| !has_loss(bytes));
        assert!(seeds.len() > 20, "{} sound logs are left", seeds.len());
        seeds
    })
}

fn has_loss(log: &[u8]) -> bool {
    let read =
        fuzzing::read_log(&POOL, Box::new(Memory::from(log.to_vec())), false, Readers::AsInARun);
    read.findings.iter().any(Finding::is_loss)
}

/// Keeps the first chunks of a log, with a header that counts no others.
fn shorten(log: &mut Vec<u8>, chunks: usize) {
    log.truncate(HEADER + chunks * CHUNK);
    let number = |at: usize| u64::from_le_bytes(log[at..at + 8].try_into().expect("8 bytes"));
    let next_record = number(log.len() - CHUNK + 16) + 1;
    log[16..24].copy_from_slice(&(chunks as u64 - 1).to_le_bytes());
    log[24..32].copy_from_slice(&next_record.to_le_bytes());
    log[42..44].copy_from_slice(&(chunks as u16).to_le_bytes());
    mended::log(log);
}

/// Where the records of a chunk begin, in the log.
fn records(log: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    for (number, chunk) in log.get(HEADER..).unwrap_or_default().chunks(CHUNK).enumerate() {
        let mut at = 512;
        while let Some(header) = chunk.get(at..at + 24).filter(|h| h.starts_with(b"**\0\0")) {
            found.push(HEADER + number * CHUNK + at);
            let size = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
            at += size.max(24);
        }
    }
    found
}

fn make(dice: &mut Dice<'_>) -> Case {
    let sound = dice.of_these(seeds());
    let mut bytes = sound.clone();
    let records = records(sound);
    for _ in 0..=dice.below(5) {
        let at = match dice.below(5) {
            0 => dice.below(bytes.len()),
            // A header of a file or a chunk.
            1 => [0, HEADER, bytes.len() - CHUNK][dice.below(3)] + dice.below(600),
            // A header of a record, or its first tokens, or anything in it.
            2 => dice.of_these(&records) + dice.below(24),
            3 => dice.of_these(&records) + 24 + dice.below(40),
            _ => dice.of_these(&records) + 24 + dice.below(800),
        };
        match dice.below(8) {
            0 => enlarge(&mut bytes, dice, &records),
            1 => swap(&mut bytes, dice, &records),
            _ => dice.damage(&mut bytes, at),
        }
    }
    let mut expected = Expected::Anything;
    if dice.one_in(12) {
        bytes.truncate(dice.below(bytes.len()).max(1));
    } else if !dice.one_in(4) {
        mended::log(&mut bytes);
    } else if (0..bytes.len()).any(|at| bytes[at] != sound[at] && mended::is_covered(sound, at))
        && flags(&bytes) == flags(sound)
    {
        expected = Expected::Loss;
    }
    let (name, _) = dice.of_these(&ONE_WAY);
    Case { name: (*name).into(), bytes, expected }
}

/// The flags by which checksums are switched off: no checksum covers them.
fn flags(log: &[u8]) -> Vec<u8> {
    let at = [120, HEADER + 120, HEADER + CHUNK + 120];
    at.iter().filter_map(|at| log.get(*at).copied()).collect()
}

/// Enlarges a record over the next ones.
fn enlarge(bytes: &mut [u8], dice: &mut Dice<'_>, records: &[usize]) {
    let first = dice.below(records.len());
    let last = (first + 1 + dice.below(3)).min(records.len() - 1);
    let (from, to) = (records[first], records[last]);
    let size = ((to - from) as u32).to_le_bytes();
    bytes[from + 4..from + 8].copy_from_slice(&size);
    if to >= from + 28 && dice.one_in(2) {
        bytes[to - 4..to].copy_from_slice(&size);
    }
}

/// Gives two records the numbers of each other.
fn swap(bytes: &mut [u8], dice: &mut Dice<'_>, records: &[usize]) {
    let (a, b) = (*dice.of_these(records), *dice.of_these(records));
    for at in 8..16 {
        bytes.swap(a + at, b + at);
    }
}

fn check(case: &Case) -> Result<(), String> {
    let one_way = ONE_WAY.iter().find(|(name, _)| *name == case.name);
    let ways = one_way.map_or(vec![false, true], |(_, recover)| vec![*recover]);
    for recover in ways {
        let read = |readers| {
            let source = Box::new(Memory::from(case.bytes.clone()));
            fuzzing::read_log(&POOL, source, recover, readers)
        };
        let (whole, alone) = (read(Readers::WithAllData), read(Readers::CrateAlone));
        same(&whole, &alone)?;
        let both = read(Readers::AsInARun);
        as_needed(&both, &whole)?;
        consistent(&both)?;
        if case.expected == Expected::Loss && !both.findings.iter().any(Finding::is_loss) {
            return Err("what a checksum covers was changed, and no finding says so".into());
        }
        if recover {
            files::consistent(&fuzzing::build(&POOL, both))?;
        }
    }
    Ok(())
}

/// Holds what the fast reader and the crate read against what the crate reads alone.
fn same(both: &EventSet, alone: &EventSet) -> Result<(), String> {
    let sorted = |set: &EventSet| {
        let mut findings = set.findings.clone();
        findings.sort();
        findings
    };
    if let Some((ours, theirs)) =
        both.events.iter().zip(&alone.events).find(|(ours, theirs)| ours != theirs)
    {
        return Err(format!("two readers: {ours:?} and {theirs:?}"));
    }
    if both.events.len() != alone.events.len() {
        return Err(format!(
            "two readers: {} and {} events",
            both.events.len(),
            alone.events.len()
        ));
    }
    let (ours, theirs) = (sorted(both), sorted(alone));
    if ours != theirs {
        // One of them may have more than the other.
        let both = (0..ours.len().max(theirs.len())).map(|at| (ours.get(at), theirs.get(at)));
        let differ = both.into_iter().find(|(ours, theirs)| ours != theirs);
        return Err(format!("two readers: findings {differ:?}"));
    }
    // Which reader read a record is all in which the logs may differ.
    let logs = |set: &EventSet| {
        let mut logs = set.logs.clone();
        logs.iter_mut().for_each(|log| log.records_by_crate = 0);
        logs
    };
    let (ours, theirs) = (logs(both), logs(alone));
    if ours != theirs {
        return Err(format!("two readers: {ours:?} and {theirs:?}"));
    }
    Ok(())
}

/// Holds what a run reads, which trusts checksums for the data that nobody needs, against all data: it has the
/// same events, and no finding of its own, except about a record that all data shows to be unreadable. Of a record
/// that means nothing, damage of its data is then no finding, and such a record may be a boundary.
fn as_needed(run: &EventSet, whole: &EventSet) -> Result<(), String> {
    let needed = |set: &EventSet| -> Vec<Event> {
        let events = set.events.iter().filter(|event| event.kind != EventKind::Boundary);
        events.cloned().collect()
    };
    let (ours, theirs) = (needed(run), needed(whole));
    if ours != theirs {
        return Err(format!("data that nobody needs: {} and {} events", ours.len(), theirs.len()));
    }
    // Of a record that all data shows to be unreadable, its header may show several differences.
    let unreadable: Vec<&str> =
        only(whole, run).filter(|one| one.severity == Severity::Error).filter_map(place).collect();
    let is_own = |one: &&Finding| place(one).is_none_or(|at| !unreadable.contains(&at));
    let own = only(run, whole).filter(is_own).count();
    match own > 0 && run.findings.len() > whole.findings.len() {
        true => Err("data that nobody needs: a finding of its own".into()),
        false => Ok(()),
    }
}

/// The findings that only the first of two sets has.
fn only<'a>(set: &'a EventSet, other: &'a EventSet) -> impl Iterator<Item = &'a Finding> {
    set.findings.iter().filter(|one| !other.findings.contains(one))
}

/// The chunk and the offset in a message: "chunk 0, offset 0xb818".
fn place(finding: &Finding) -> Option<&str> {
    finding
        .message
        .split(": ")
        .find(|part| part.starts_with("chunk ") && part.contains(", offset "))
}

/// What holds of every log that was read.
pub(crate) fn consistent(read: &EventSet) -> Result<(), String> {
    let live = read.events.iter().filter(|event| !event.recovered).count() as u64;
    let counted: u64 = read.logs.iter().map(|log| log.records_read).sum();
    if live > counted {
        return Err(format!("{live} live events of {counted} records"));
    }
    if !read.events.is_sorted_by_key(|event| event.location) {
        return Err("events are not in the order of their places".into());
    }
    Ok(())
}

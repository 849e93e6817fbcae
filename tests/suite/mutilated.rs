//! Real hosts, mutilated: what winlast says of logs from which something is missing, held against
//! what it says of the same logs when they are whole.
//!
//! This is a relation between two runs: nothing that is certain in the report of the mutilated logs
//! may contradict the report of the whole. The report of the whole is no expected value here; it is
//! held by the reference (`reference.rs`) and the oracle (`src/timeline/tests/oracle.rs`).
//!
//! One seed is one mutilation. To look at one:
//! `WINLAST_SEED=17 cargo test --test main mutilated::one -- --ignored --nocapture` leaves its files
//! and prints both reports.

#[path = "mutilated/boots.rs"]
mod boots;
#[path = "mutilated/cleared.rs"]
mod cleared;
#[path = "mutilated/clock.rs"]
mod clock;
#[path = "mutilated/comparison.rs"]
mod comparison;
#[path = "mutilated/dice.rs"]
mod dice;
#[path = "mutilated/figures.rs"]
mod figures;
#[path = "mutilated/hidden.rs"]
mod hidden;
#[path = "mutilated/host.rs"]
mod host;
#[path = "mutilated/log_file.rs"]
mod log_file;
#[path = "mutilated/mutilation.rs"]
mod mutilation;
#[path = "mutilated/other_reader.rs"]
mod other_reader;
#[path = "mutilated/sessions.rs"]
mod sessions;
#[path = "mutilated/values.rs"]
mod values;

use super::common::{asked_seeds, scratch};
use crate::counterexamples;
use comparison::{Contradiction, Level, contradictions};
use dice::Dice;
use figures::Figures;
use host::{RealHost, read};
use mutilation::Mutilated;
use std::collections::BTreeSet;
use std::path::Path;

/// Records of a host for one more chance against its being chosen.
const SMALL: usize = 2_500;

#[test]
fn some_hundred_mutilations_contradict_nothing() {
    run(&(0..800).collect());
}

#[test]
#[ignore = "three minutes; any other range: WINLAST_SEEDS=30000..40000"]
fn twenty_thousand_mutilations_contradict_nothing() {
    let seeds = asked_seeds().unwrap_or_else(|| (1_000..21_000).collect());
    run(&seeds);
}

/// The simplest mutilations: each host without the records of one Event ID, in the logs as they
/// are, and as an export.
#[test]
#[ignore = "twenty seconds: cargo test --release --test main no_event_id -- --ignored"]
fn no_event_id_is_missed() {
    let Some(hosts) = host::all() else { return };
    let folder = scratch("mutilated-ids");
    let mut figures = Figures::default();
    for host in &hosts {
        for id in mutilation::event_ids(&host.logs) {
            for exported in [false, true] {
                let Some(mutilated) = Mutilated::without(host, id, exported) else { continue };
                let found = compare(host, &mutilated, &folder);
                figures.add(u64::from(id), host, &mutilated, found);
            }
        }
    }
    figures.print();
    assert_eq!(figures.certain(), 0, "what is certain contradicts the whole");
}

#[test]
#[ignore = "for looking at one mutilation by hand"]
fn one() {
    let Some(hosts) = host::all() else { return };
    let seed = std::env::var("WINLAST_SEED").map_or(0, |seed| seed.parse().unwrap());
    let (host, mutilated) = case(&hosts, seed);
    let folder = scratch(&format!("mutilated-seed-{seed}"));
    mutilated.write(&folder);
    let report = read(&folder);
    eprintln!("{}: {:?}\n{}", host.name, mutilated.done, folder.display());
    for (name, report) in [("whole", &host.whole), ("mutilated", &report)] {
        for (computer, boot) in report.boots() {
            eprintln!("{name} {computer} {}", boots::show(boot));
        }
        for (computer, session) in report.sessions() {
            eprintln!("{name} {computer} {}", sessions::show(session));
        }
    }
    for found in contradictions(&host.whole, mutilated.clock, &report) {
        eprintln!("{:?} {}: {}", found.level, found.kind, found.what);
    }
}

/// The host and the mutilation of a seed. Small hosts are chosen more often.
fn case(hosts: &[RealHost], seed: u64) -> (&RealHost, Mutilated) {
    let mut dice = Dice::new(seed);
    let host = loop {
        let host = &hosts[dice.below(hosts.len())];
        if dice.below(1 + host.size / SMALL) == 0 {
            break host;
        }
    };
    (host, Mutilated::of(host, &mut dice))
}

fn compare(host: &RealHost, mutilated: &Mutilated, folder: &Path) -> Vec<Contradiction> {
    mutilated.write(folder);
    contradictions(&host.whole, mutilated.clock, &read(folder))
}

/// Mutilates one host for each seed, prints the figures, and fails if anything certain contradicts
/// the whole.
fn run(seeds: &BTreeSet<u64>) {
    let Some(hosts) = host::all() else { return };
    let folder = scratch(&format!("mutilated-from-{}", seeds.first().unwrap()));
    let mut figures = Figures::default();
    let open = counterexamples::open("mutilation", seeds);
    let mut certain = BTreeSet::new();
    for seed in seeds.iter().copied() {
        let (host, mutilated) = case(&hosts, seed);
        let found = compare(host, &mutilated, &folder);
        certain.extend(found.iter().any(|one| one.level == Level::Certain).then_some(seed));
        figures.add(seed, host, &mutilated, found);
    }
    figures.print();
    eprintln!("{} cases contradict the whole: {certain:?}", certain.len());
    assert_eq!(certain, open, "what is certain contradicts the whole: counterexamples/open.txt");
}

/// The comparison finds nothing where nothing was done, and finds it where the clock was changed and
/// it is not told so.
#[test]
fn the_comparison_can_fail() {
    let Some(hosts) = host::all() else { return };
    let folder = scratch("mutilated-untold");
    for host in &hosts {
        let same = contradictions(&host.whole, None, &host.whole);
        assert!(same.is_empty(), "{}: {same:?}", host.name);
        let mut dice = Dice::new(host.size as u64);
        let Some(mutilated) = Mutilated::only(host, "clock", &mut dice) else { continue };
        mutilated.write(&folder);
        let found = contradictions(&host.whole, None, &read(&folder));
        let is_start = |one: &Contradiction| one.kind == "start time" || one.kind == "boot start";
        assert!(found.iter().any(is_start), "{}: {:?}: {found:?}", host.name, mutilated.done);
    }
}

/// Logs that are only written anew, and the archives of a log in any order, tell what the whole
/// tells: each log is cut in two and in three, and the first part is named to come last.
#[test]
fn archives_of_a_log_give_what_the_whole_log_gives() {
    let Some(hosts) = host::all() else { return };
    let folder = scratch("mutilated-split");
    let (mut count, mut other) = (0, Vec::new());
    for host in &hosts {
        let split = (0..host.logs.len()).flat_map(|log| Mutilated::archives(host, log));
        for mutilated in std::iter::once(Mutilated::untouched(host)).chain(split) {
            mutilated.write(&folder);
            let report = read(&folder);
            let differs = |table: &&str| rows(&host.whole, table) != rows(&report, table);
            if let Some(table) = ["boots", "sessions"].into_iter().find(differs) {
                let rows = (rows(&host.whole, table), rows(&report, table));
                let first = rows.0.iter().zip(&rows.1).find(|(one, other)| one != other);
                let what = (rows.0.len(), rows.1.len(), first);
                other.push(format!("{}: {table}: {:?}: {what:?}", host.name, mutilated.done));
            }
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
    assert!(other.is_empty(), "{} of {count}:\n{}", other.len(), other.join("\n"));
}

/// The rows of a report's table as JSON, without the numbers of the logs, which depend on names.
fn rows(report: &winlast::model::Report, table: &str) -> Vec<String> {
    let of = |host: &winlast::model::Host| match table {
        "boots" => serde_json::to_value(&host.boots).unwrap(),
        _ => serde_json::to_value(&host.sessions).unwrap(),
    };
    let mut rows = Vec::new();
    for host in &report.hosts {
        let mut value = of(host);
        forget_logs(&mut value);
        rows.extend(value.as_array().unwrap().iter().map(|row| format!("{host} {row}")));
    }
    rows
}

fn forget_logs(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.remove("log");
            fields.values_mut().for_each(forget_logs);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(forget_logs),
        _ => {}
    }
}

//! Simulated hosts: what winlast reports of their logs, compared with what happened.
//!
//! `docs/validation.md` names these tests. To look at one history:
//! `WINLAST_SEED=17 cargo test --test main simulated::one -- --ignored --nocapture` writes its
//! files and prints the truth and the report.

use super::simulated_comparison::{Comparison, has_uncertain_boot};
use super::simulated_findings;
use super::simulated_text::{print_log, show_boot, show_reported, show_truth};
use crate::common::{asked_seeds, scratch, write_files};
use crate::counterexamples;
use evtx_synth::simulate::{self, Simulation, TrueBoot};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use winlast::model::Report;

/// How many sessions have a row that says that its boot is uncertain. Such a row is not held to the boot of the
/// truth, so it must stay the exception.
#[derive(Debug, Default)]
struct UncertainBoots {
    uncertain: usize,
    sessions: usize,
}

impl UncertainBoots {
    /// Fails the test if more than one session in sixteen has such a row.
    fn assert_small(&self) {
        assert!(self.uncertain * 16 <= self.sessions, "too many boots are uncertain: {self:?}");
    }
}

/// What the report has wrong: a short name for the kind, and the details.
pub(crate) type Disagreement = (&'static str, String);

/// The seeds that disagreed once come first: if one of them disagrees again, the test ends there.
#[test]
fn a_thousand_hosts_come_out_true() {
    compare_hosts("counterexamples", &counterexamples::seeds());
    compare_hosts("0", &(0..1_000).collect()).assert_small();
}

#[test]
#[ignore = "two minutes"]
fn ten_thousand_hosts_come_out_true() {
    compare_hosts("1000", &(1_000..11_000).collect()).assert_small();
}

#[test]
#[ignore = "any other seeds: WINLAST_SEEDS=17,30000..40000"]
fn these_hosts_come_out_true() {
    let seeds = asked_seeds().unwrap();
    compare_hosts(&format!("from-{}", seeds.first().unwrap()), &seeds);
}

#[test]
#[ignore = "for looking at one history by hand"]
fn one() {
    let seed = std::env::var("WINLAST_SEED").map_or(0, |seed| seed.parse().unwrap());
    let history = simulate::any(seed);
    let folder = scratch(&format!("simulated-{seed}"));
    let report = report_on(&history, &folder);
    for (name, _) in &history.files {
        eprintln!("{name}");
        print_log(&folder.join(name));
    }
    eprintln!("{:?}", history.features);
    for computer in &history.truth.computers {
        eprintln!("{}", computer.names.join(" → "));
        for boot in &computer.boots {
            let records = boot.records.first().zip(boot.records.last());
            eprintln!("    {:?} {records:?}", TrueBoot { records: Vec::new(), ..boot.clone() });
        }
        computer.sessions.iter().for_each(|session| eprintln!("    {}", show_truth(session)));
        computer.inferred.iter().for_each(|session| eprintln!("    {session:?}"));
    }
    for reported in &report.hosts {
        eprintln!("{}", reported.computer);
        reported.boots.iter().for_each(|boot| eprintln!("    {}", show_boot(boot)));
        reported.sessions.iter().for_each(|session| eprintln!("    {}", show_reported(session)));
    }
    for (kind, what) in disagreements(&history, &report) {
        eprintln!("{kind}: {what}");
    }
}

/// Compares the hosts of these seeds, and fails unless those that disagree are the ones that are known to
/// (`open`). `name` is that of the folder that their files are written to.
fn compare_hosts(name: &str, seeds: &BTreeSet<u64>) -> UncertainBoots {
    let mut all: BTreeMap<&str, Vec<(u64, String)>> = BTreeMap::new();
    let mut features: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let folder = scratch(&format!("simulated-{name}"));
    let mut share = UncertainBoots::default();
    for seed in seeds.iter().copied() {
        let history = simulate::any(seed);
        let report = report_on(&history, &folder);
        let all_sessions = || report.hosts.iter().flat_map(|host| &host.sessions);
        share.sessions += all_sessions().count();
        share.uncertain += all_sessions().filter(|session| has_uncertain_boot(session)).count();
        let found = disagreements(&history, &report);
        count(&history, !found.is_empty(), &mut features);
        for (kind, what) in found {
            all.entry(kind).or_default().push((seed, what));
        }
    }
    eprintln!("what took place: hosts, how many disagree; the same of hosts with nothing else");
    for (feature, [hosts, disagree, alone, alone_disagree]) in &features {
        eprintln!("    {feature:<28} {hosts:>6} {disagree:>6} {alone:>6} {alone_disagree:>6}");
    }
    eprintln!("{share:?}");
    let lines = std::env::var("WINLAST_LINES").map_or(6, |lines| lines.parse().unwrap());
    for (kind, of_kind) in &all {
        let seeds: BTreeSet<u64> = of_kind.iter().map(|(seed, _)| *seed).collect();
        eprintln!("{kind}: {} times in {} hosts", of_kind.len(), seeds.len());
        for (seed, what) in of_kind.iter().take(lines) {
            eprintln!("    seed {seed} {:?}: {what}", simulate::any(*seed).features);
        }
    }
    let wrong: BTreeSet<u64> = all.values().flatten().map(|(seed, _)| *seed).collect();
    eprintln!("{} hosts disagree with the truth: {wrong:?}", wrong.len());
    let open = counterexamples::open("host", seeds);
    assert_eq!(wrong, open, "the report and the truth disagree: tests/counterexamples/open.txt");
    share
}

/// Counts a host for each feature that it has, and whether it disagrees.
fn count<'a>(history: &Simulation, disagrees: bool, features: &mut BTreeMap<&'a str, [usize; 4]>) {
    let own: Vec<&'a str> = history.features.iter().copied().collect();
    let alone = own.len() == 1;
    let none = own.is_empty().then_some("(none)");
    for feature in own.into_iter().chain(none).chain(["(all)"]) {
        let [hosts, disagree, hosts_alone, disagree_alone] = features.entry(feature).or_default();
        *hosts += 1;
        *disagree += usize::from(disagrees);
        *hosts_alone += usize::from(alone);
        *disagree_alone += usize::from(alone && disagrees);
    }
}

/// Writes the files of a history, and reads them with the library.
fn report_on(history: &Simulation, folder: &Path) -> Report {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).unwrap();
    write_files(&history.files, folder);
    winlast::Analysis::of([folder]).threads(1).run().unwrap()
}

/// Every disagreement between a report and the truth.
fn disagreements(history: &Simulation, report: &Report) -> Vec<Disagreement> {
    let mut disagreements = Vec::new();
    if !report.accounting.events.values().all(|tally| tally.balances()) {
        disagreements.push(("accounting", format!("{:?}", report.accounting)));
    }
    let mut reported: BTreeSet<usize> = BTreeSet::new();
    for truth in &history.truth.computers {
        let has_start_record = truth.boots.iter().any(|boot| !boot.start_records.is_empty());
        let visible = has_start_record || !truth.sessions.is_empty();
        let same_computer: Vec<usize> = (0..report.hosts.len())
            .filter(|&at| {
                let name: &str = &report.hosts[at].computer;
                let name = if truth.shown_as_one { name } else { name.split('~').next().unwrap() };
                truth.names.iter().any(|true_name| true_name == name)
            })
            .collect();
        reported.extend(&same_computer);
        match same_computer.as_slice() {
            [one] if truth.shown_as_one => {
                let reported = &report.hosts[*one];
                let numbers = Comparison::new(truth, reported).run(&mut disagreements);
                simulated_findings::compare(
                    truth,
                    &reported.computer,
                    report,
                    &numbers,
                    &mut disagreements,
                );
            }
            [] if !visible => {}
            // No record says that the files are of one computer, so two computers are correct.
            _ if !truth.shown_as_one => {}
            several => disagreements
                .push(("lineage", format!("{}: {} hosts", truth.names.join(" → "), several.len()))),
        }
    }
    for (at, history) in report.hosts.iter().enumerate() {
        if !reported.contains(&at) {
            disagreements.push(("lineage", format!("no such computer: {}", history.computer)));
        }
    }
    disagreements
}

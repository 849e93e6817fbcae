//! Simulated hosts: what winlast says of their logs, against what truly happened.
//!
//! `docs/validation.md` names these tests. To look at one history:
//! `WINLAST_SEED=17 cargo test --test main simulated::one -- --ignored --nocapture` writes its
//! files and prints truth and report.

use super::{simulated_desktops, simulated_findings};
use crate::common::scratch;
use evtx_synth::simulate::{self, Simulation, TrueBoot, TrueComputer, TrueSession};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use winlast::model::session::{Basis, Moment, StartCause};
use winlast::model::{Boot, Citation, Confidence, EndCause, Host, Report, Session, Timestamp};

/// What the report gets wrong: a short word for the kind, and the details.
pub(crate) type Disagreement = (&'static str, String);

#[test]
fn a_thousand_hosts_come_out_true() {
    compare_hosts(0..1_000);
}

#[test]
#[ignore = "two minutes"]
fn ten_thousand_hosts_come_out_true() {
    compare_hosts(1_000..11_000);
}

#[test]
#[ignore = "any other range: WINLAST_SEEDS=30000..40000"]
fn these_hosts_come_out_true() {
    let seeds = std::env::var("WINLAST_SEEDS").unwrap();
    let (from, to) = seeds.split_once("..").unwrap();
    compare_hosts(from.parse().unwrap()..to.parse().unwrap());
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
        list(&folder.join(name));
    }
    for computer in &history.truth.computers {
        eprintln!("{}", computer.names.join(" → "));
        for boot in &computer.boots {
            let spans = boot.records.first().zip(boot.records.last());
            eprintln!("    {:?} {spans:?}", TrueBoot { records: Vec::new(), ..boot.clone() });
        }
        computer.sessions.iter().for_each(|session| eprintln!("    {}", show_truth(session)));
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

/// Prints what a log holds, a line for each record.
fn list(path: &Path) {
    let mut log = evtx::EvtxParser::from_path(path).unwrap();
    for record in log.records().flatten() {
        let text = |name: &str| {
            let (_, rest) = record.data.split_once(name)?;
            let end = rest.find(['<', '"'])?;
            Some(rest[..end].to_owned())
        };
        let name = |name: &str| text(&format!("Name=\"{name}\">")).unwrap_or_default();
        let id = text("</EventID>").map(|_| ()).and_then(|()| {
            let (before, _) = record.data.split_once("</EventID>")?;
            before.rsplit('>').next().map(str::to_owned)
        });
        eprintln!(
            "    {} {} {} {} {} {} {}",
            text("<EventRecordID>").unwrap_or_default(),
            id.unwrap_or_default(),
            text("SystemTime=\"").unwrap_or_default(),
            text("<Computer>").unwrap_or_default(),
            name("TargetLogonId"),
            name("TargetUserName"),
            name("LogonType"),
        );
    }
}

/// Compares these hosts.
fn compare_hosts(seeds: std::ops::Range<u64>) {
    let mut all: BTreeMap<&str, Vec<(u64, String)>> = BTreeMap::new();
    let folder = scratch(&format!("simulated-{}", seeds.start));
    for seed in seeds {
        let history = simulate::any(seed);
        let report = report_on(&history, &folder);
        for (kind, what) in disagreements(&history, &report) {
            all.entry(kind).or_default().push((seed, what));
        }
    }
    for (kind, disagreements) in &all {
        let seeds: BTreeSet<u64> = disagreements.iter().map(|(seed, _)| *seed).collect();
        eprintln!("{kind}: {} times in {} hosts", disagreements.len(), seeds.len());
        for (seed, what) in disagreements.iter().take(6) {
            eprintln!("    seed {seed}: {what}");
        }
    }
    let disagreements: BTreeSet<u64> = all.values().flatten().map(|(seed, _)| *seed).collect();
    eprintln!("{} hosts disagree with the truth: {disagreements:?}", disagreements.len());
    assert!(disagreements.is_empty(), "the report and the truth disagree");
}

/// Writes the files of a history and reads them.
fn report_on(history: &Simulation, folder: &Path) -> Report {
    let _ = std::fs::remove_dir_all(folder);
    for (name, bytes) in &history.files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let evidence = vec![PathBuf::from(folder)];
    let options = winlast::Options { evidence, threads: Some(1), ..winlast::Options::default() };
    winlast::triage(&options, &winlast::progress::Silent).unwrap()
}

fn disagreements(history: &Simulation, report: &Report) -> Vec<Disagreement> {
    let mut disagreements = Vec::new();
    if !report.accounting.events.values().all(|tally| tally.balances()) {
        disagreements.push(("accounting", format!("{:?}", report.accounting)));
    }
    let mut reported: BTreeSet<usize> = BTreeSet::new();
    for truth in &history.truth.computers {
        let has_start_record = truth.boots.iter().any(|boot| !boot.start_records.is_empty());
        let shown = has_start_record || !truth.sessions.is_empty();
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
            [] if !shown => {}
            // Nothing in the files says that its parts are of one computer: two are no fault.
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

/// One computer, as it was and as it is told.
struct Comparison<'a> {
    truth: &'a TrueComputer,
    reported: &'a Host,
    /// Boot of every record in the files.
    boot_of: BTreeMap<(&'static str, u64), u32>,
}

impl<'a> Comparison<'a> {
    fn new(truth: &'a TrueComputer, reported: &'a Host) -> Self {
        let boot_of = truth
            .boots
            .iter()
            .flat_map(|boot| boot.records.iter().map(|key| (*key, boot.number)))
            .collect();
        Self { truth, reported, boot_of }
    }

    fn run(&self, disagreements: &mut Vec<Disagreement>) -> BTreeMap<u32, u32> {
        let numbers = self.boots(disagreements);
        self.sessions(&numbers, disagreements);
        numbers
    }

    fn true_boot(&self, citation: &Citation) -> Option<u32> {
        let channel = citation.channel.name();
        let known = |(&(name, id), boot): (&(&'static str, u64), &u32)| {
            (name.eq_ignore_ascii_case(channel) && id == citation.record_id).then_some(*boot)
        };
        self.boot_of.iter().find_map(known)
    }

    /// Compares the boots; returns the true number of each epoch.
    fn boots(&self, disagreements: &mut Vec<Disagreement>) -> BTreeMap<u32, u32> {
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        for reported in &self.reported.boots {
            let cited: BTreeSet<u32> = reported
                .start_evidence
                .iter()
                .filter_map(|record| self.true_boot(record))
                .collect();
            let by_session = self.reported.sessions.iter().find_map(|session| {
                let own = [&session.start, &session.initiated, &session.terminated];
                let own = own.into_iter().flatten().map(|moment| &moment.record);
                let record = own.chain(&session.evidence).next();
                self.true_boot(record.filter(|_| session.boot_epoch == reported.epoch)?)
            });
            let first = reported.first_record.as_ref().filter(|_| reported.epoch > 0);
            let first = first.and_then(|record| self.true_boot(record));
            let number = match cited.iter().copied().collect::<Vec<u32>>().as_slice() {
                [one] => *one,
                [] => match by_session.or(first) {
                    Some(number) => number,
                    // What is known of before the first boot: that there was something.
                    None if reported.epoch == 0 => continue,
                    None => {
                        disagreements.push(("boot invented", show_boot(reported)));
                        continue;
                    }
                },
                several => {
                    let boots = &self.truth.boots;
                    let tells = |at: &&u32| boots[**at as usize - 1].undecided.is_none();
                    if several.iter().any(|at| tells(&at)) {
                        let what = format!("{} is {several:?}", show_boot(reported));
                        disagreements.push(("boots mixed", what));
                    }
                    several[0]
                }
            };
            let truth = &self.truth.boots[number as usize - 1];
            if let Some(other) = numbers.iter().find(|(_, known)| **known == number)
                && truth.undecided.is_none()
            {
                let what = format!("boot {number} is epochs {} and {}", other.0, reported.epoch);
                disagreements.push(("boot split", what));
            }
            numbers.insert(reported.epoch, number);
            if truth.undecided.is_none() {
                boot_end(truth, reported, disagreements);
            }
        }
        let decided = self.truth.boots.iter().all(|boot| boot.undecided.is_none());
        if decided && !numbers.values().is_sorted() {
            disagreements.push(("boot order", format!("{numbers:?}")));
        }
        let reported =
            |boot: &&TrueBoot| !boot.start_records.is_empty() && boot.undecided.is_none();
        for truth in self.truth.boots.iter().filter(reported) {
            if !numbers.values().any(|number| *number == truth.number) {
                disagreements
                    .push(("boot missed", format!("{} {:?}", truth.number, truth.start_records)));
            }
        }
        numbers
    }

    fn sessions(&self, numbers: &BTreeMap<u32, u32>, disagreements: &mut Vec<Disagreement>) {
        let decided = self.truth.boots.iter().all(|boot| boot.undecided.is_none());
        let mut reported: BTreeSet<usize> = BTreeSet::new();
        for truth in &self.truth.sessions {
            let same_computer: Vec<usize> = (0..self.reported.sessions.len())
                .filter(|&at| is_of(&self.reported.sessions[at], truth, numbers, decided))
                .collect();
            reported.extend(&same_computer);
            let [one] = same_computer.as_slice() else {
                let kind =
                    if same_computer.is_empty() { "session missed" } else { "session split" };
                disagreements.push((kind, show_truth(truth)));
                continue;
            };
            let session = &self.reported.sessions[*one];
            let mut found = Vec::new();
            compare_session(truth, session, decided, &mut found);
            simulated_desktops::compare(truth, session, decided, &mut found);
            if decided && numbers.get(&session.boot_epoch).is_some_and(|n| *n != truth.boot) {
                found.push(("session in wrong boot", format!("epoch {}", session.boot_epoch)));
            }
            let about = |(kind, what)| {
                (kind, format!("{what} | {} | {}", show_truth(truth), show_reported(session)))
            };
            disagreements.extend(found.into_iter().map(about));
        }
        for (at, session) in self.reported.sessions.iter().enumerate() {
            let notice = session.start_cause == StartCause::Inferred && session.logon_id.is_none();
            if !reported.contains(&at) && !notice {
                disagreements.push(("session invented", show_reported(session)));
            }
        }
    }
}

/// Whether a told session is this true one: by its own records, or by boot and Logon ID.
fn is_of(
    reported: &Session,
    truth: &TrueSession,
    numbers: &BTreeMap<u32, u32>,
    boots_decided: bool,
) -> bool {
    if reported.logon_id.map(|id| id.0) != Some(truth.logon_id) {
        return false;
    }
    let id = |moment: &Option<Moment>| moment.as_ref().map(|moment| moment.record.record_id);
    let own = [
        (id(&reported.start), truth.start),
        (id(&reported.initiated), truth.initiated),
        (id(&reported.terminated), truth.terminated),
    ];
    let same = own.iter().any(|(reported, truth)| reported.is_some() && reported == truth);
    let none = own.iter().all(|(reported, truth)| reported.is_none() || truth.is_none());
    same || (none && (!boots_decided || numbers.get(&reported.boot_epoch) == Some(&truth.boot)))
}

fn boot_end(truth: &TrueBoot, reported: &Boot, disagreements: &mut Vec<Disagreement>) {
    let about = |what: String| {
        let bare = TrueBoot { records: Vec::new(), ..truth.clone() };
        format!("{what} | {bare:?} | {}", show_boot(reported))
    };
    let kernel = truth.start_records.iter().any(|(_, _, event)| *event == 12);
    if kernel
        && reported.epoch > 0
        && reported.start.map(Timestamp::filetime) != Some(truth.started.0)
    {
        disagreements.push(("boot start", about(String::new())));
    }
    if !truth.end_causes.contains(&reported.end_cause.to_string().as_str()) {
        disagreements.push(("boot end cause", about(String::new())));
    }
    let ended = truth.ended.map(|ended| ended.0);
    let bounds = Bounds {
        not_before: reported.end_not_before,
        not_after: reported.end_not_after,
        ended,
        lower_bound_holds: truth.lower_bound_holds,
        upper_bound_holds: truth.upper_bound_holds,
    };
    if let Some(what) = bounds.exclude_truth() {
        disagreements.push(("boot bounds", about(what)));
    }
    // The event log service stops some seconds before the kernel, whose own word is the best.
    let kernel_stopped = reported.end_evidence.iter().any(|record| record.event_id == 13);
    let slack = if kernel_stopped { 10_000_000 } else { 60 * 10_000_000 };
    if reported.confidence == Confidence::High
        && truth.upper_bound_holds
        && let (Some(reported), Some(truth)) = (reported.end, ended)
        && reported.filetime().abs_diff(truth) > slack
    {
        disagreements.push(("boot end sure and wrong", about(String::new())));
    }
}

fn compare_session(
    truth: &TrueSession,
    reported: &Session,
    boots_decided: bool,
    disagreements: &mut Vec<Disagreement>,
) {
    let record = |moment: &Option<Moment>| moment.as_ref().map(|moment| moment.record.record_id);
    for (kind, reported, truth) in [
        ("start record", record(&reported.start), truth.start),
        ("initiated record", record(&reported.initiated), truth.initiated),
        ("terminated record", record(&reported.terminated), truth.terminated),
    ] {
        if reported != truth {
            disagreements.push((kind, format!("{reported:?}")));
        }
    }
    if !truth.classes.is_empty() && !truth.classes.contains(&reported.class.word()) {
        disagreements.push(("class", String::new()));
    }
    if boots_decided && !truth.end_causes.contains(&reported.end.cause.word()) {
        disagreements.push(("end cause", String::new()));
    }
    if truth.linked_known && reported.linked.map(|id| id.0) != truth.linked {
        disagreements.push(("linked", format!("{:?}", reported.linked)));
    }
    let is_check = truth.classes == ["revalidation"];
    if is_check && !reported.parent.is_some_and(|parent| truth.revalidates.contains(&parent.0)) {
        disagreements.push(("parent of check", format!("{:?}", reported.parent)));
    }
    if let Some(parent) = truth.parent
        && truth.start.is_some()
        && reported.parent.map(|id| id.0) != Some(parent)
    {
        disagreements.push(("parent", format!("{:?}", reported.parent)));
    }
    let logged = matches!(
        reported.end.cause,
        EndCause::Terminated | EndCause::Initiated | EndCause::Inherited
    );
    if !logged {
        let bounds = Bounds {
            not_before: reported.end.not_before,
            not_after: reported.end.not_after,
            ended: truth.ended.map(|ended| ended.0),
            // Nothing in the Security log tells an end without a record from a longer session.
            lower_bound_holds: truth.lower_bound_holds && !truth.unrecorded_end,
            upper_bound_holds: truth.upper_bound_holds,
        };
        if let Some(what) = bounds.exclude_truth() {
            disagreements.push(("session bounds", what));
        }
    }
    let cites = truth.terminated.or(truth.initiated).is_some();
    if reported.end.confidence == Confidence::High && !cites {
        disagreements.push(("sure without a record", String::new()));
    }
    if reported.end.basis == Some(Basis::Logged) && !cites {
        disagreements.push(("logged without a record", String::new()));
    }
}

/// What is said of an end, and when it truly was.
struct Bounds {
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    ended: Option<u64>,
    lower_bound_holds: bool,
    upper_bound_holds: bool,
}

impl Bounds {
    /// Says how the bounds exclude the truth. Across a step of the clock they are not compared:
    /// readings before and after it are of two clocks.
    fn exclude_truth(&self) -> Option<String> {
        let Some(ended) = self.ended else {
            let early = self.not_after.filter(|_| self.upper_bound_holds)?;
            return Some(format!("still open, told gone by {early}"));
        };
        let truth = Timestamp::from_filetime(ended);
        if let Some(not_before) = self.not_before.filter(|_| self.lower_bound_holds)
            && not_before > truth
        {
            return Some(format!("ended {truth}, told not before {not_before}"));
        }
        if let Some(not_after) = self.not_after.filter(|_| self.upper_bound_holds)
            && not_after < truth
        {
            return Some(format!("ended {truth}, told not after {not_after}"));
        }
        None
    }
}

fn show_boot(reported: &Boot) -> String {
    let evidence: Vec<String> = reported.start_evidence.iter().map(ToString::to_string).collect();
    format!(
        "epoch {} {:?}..{:?} {} {:?} [{:?} {:?}] start {evidence:?} end {:?} flags {:?}",
        reported.epoch,
        reported.start.map(|time| time.to_string()),
        reported.end.map(|time| time.to_string()),
        reported.end_cause,
        reported.confidence,
        reported.end_not_before.map(|time| time.to_string()),
        reported.end_not_after.map(|time| time.to_string()),
        reported.end_evidence.iter().map(ToString::to_string).collect::<Vec<_>>(),
        reported.flags,
    )
}

fn show_truth(truth: &TrueSession) -> String {
    format!(
        "true: boot {} {:#x} {} type {} {:?} {:?}/{:?}/{:?} others {:?} ended {:?} {:?} partner {:x?} of {:x?} {:?}",
        truth.boot,
        truth.logon_id,
        truth.account.name,
        truth.logon_type,
        truth.classes,
        truth.start,
        truth.initiated,
        truth.terminated,
        truth.other_records,
        truth.ended.map(|time| time.to_string()),
        truth.end_causes,
        truth.linked,
        truth.revalidates,
        truth.undecided,
    )
}

fn show_reported(reported: &Session) -> String {
    let id = |moment: &Option<Moment>| moment.as_ref().map(|moment| moment.record.record_id);
    format!(
        "told: epoch {} {} {} {} {:?}/{:?}/{:?} {} {:?} [{:?} {:?}] linked {:?} parent {:?} evidence {:?} flags {:?}",
        reported.boot_epoch,
        reported.logon_id.map_or(String::from("-"), |id| id.to_string()),
        reported.account.user,
        reported.class,
        id(&reported.start),
        id(&reported.initiated),
        id(&reported.terminated),
        reported.end.cause,
        reported.end.confidence,
        reported.end.not_before.map(|time| time.to_string()),
        reported.end.not_after.map(|time| time.to_string()),
        reported.linked.map(|id| id.to_string()),
        reported.parent.map(|id| id.to_string()),
        reported.evidence.iter().map(ToString::to_string).collect::<Vec<_>>(),
        reported.flags,
    )
}

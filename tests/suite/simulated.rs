//! Simulated hosts: what winlast says of their logs, against what truly happened.
//!
//! `docs/validation.md` names these tests. To look at one history:
//! `WINLAST_SEED=17 cargo test --test main simulated::one -- --ignored --nocapture` writes its
//! files and prints truth and report.

use super::{simulated_desks, simulated_findings};
use crate::common::scratch;
use evtx_synth::simulate::{self, Simulation, TrueBoot, TrueComputer, TrueSession};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use winlast::model::session::{Basis, Moment, StartCause};
use winlast::model::{Boot, Citation, Confidence, EndCause, Host, Report, Session, Timestamp};

/// What the report gets wrong: a short word for the kind, and the details.
pub(crate) type Wrong = (&'static str, String);

#[test]
fn a_thousand_hosts_come_out_true() {
    hold(0..1_000);
}

#[test]
#[ignore = "two minutes"]
fn ten_thousand_hosts_come_out_true() {
    hold(1_000..11_000);
}

#[test]
#[ignore = "any other range: WINLAST_SEEDS=30000..40000"]
fn these_hosts_come_out_true() {
    let seeds = std::env::var("WINLAST_SEEDS").unwrap();
    let (from, to) = seeds.split_once("..").unwrap();
    hold(from.parse().unwrap()..to.parse().unwrap());
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
    for told in &report.hosts {
        eprintln!("{}", told.computer);
        told.boots.iter().for_each(|boot| eprintln!("    {}", show_boot(boot)));
        told.sessions.iter().for_each(|session| eprintln!("    {}", show_told(session)));
    }
    for (kind, what) in wrongs(&history, &report) {
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
fn hold(seeds: std::ops::Range<u64>) {
    let mut all: BTreeMap<&str, Vec<(u64, String)>> = BTreeMap::new();
    let folder = scratch(&format!("simulated-{}", seeds.start));
    for seed in seeds {
        let history = simulate::any(seed);
        let report = report_on(&history, &folder);
        for (kind, what) in wrongs(&history, &report) {
            all.entry(kind).or_default().push((seed, what));
        }
    }
    for (kind, wrongs) in &all {
        let seeds: BTreeSet<u64> = wrongs.iter().map(|(seed, _)| *seed).collect();
        eprintln!("{kind}: {} times in {} hosts", wrongs.len(), seeds.len());
        for (seed, what) in wrongs.iter().take(6) {
            eprintln!("    seed {seed}: {what}");
        }
    }
    let wrong: BTreeSet<u64> = all.values().flatten().map(|(seed, _)| *seed).collect();
    eprintln!("{} hosts disagree with the truth: {wrong:?}", wrong.len());
    assert!(wrong.is_empty(), "the report and the truth disagree");
}

/// Writes the files of a history and reads them.
fn report_on(history: &Simulation, folder: &Path) -> Report {
    let _ = std::fs::remove_dir_all(folder);
    for (name, bytes) in &history.files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    winlast::Analysis::of([folder]).threads(1).run().unwrap()
}

fn wrongs(history: &Simulation, report: &Report) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    if !report.accounting.events.values().all(|tally| tally.balances()) {
        wrong.push(("accounting", format!("{:?}", report.accounting)));
    }
    let mut told: BTreeSet<usize> = BTreeSet::new();
    for truth in &history.truth.computers {
        let marked = truth.boots.iter().any(|boot| !boot.marks.is_empty());
        let shown = marked || !truth.sessions.is_empty();
        let of_it: Vec<usize> = (0..report.hosts.len())
            .filter(|&at| {
                let name: &str = &report.hosts[at].computer;
                let name = if truth.tied { name } else { name.split('~').next().unwrap() };
                truth.names.iter().any(|true_name| true_name == name)
            })
            .collect();
        told.extend(&of_it);
        match of_it.as_slice() {
            [one] if truth.tied => {
                let told = &report.hosts[*one];
                let numbers = Comparison::new(truth, told).run(&mut wrong);
                simulated_findings::differ(truth, &told.computer, report, &numbers, &mut wrong);
            }
            [] if !shown => {}
            // Nothing in the files says that its parts are of one computer: two are no fault.
            _ if !truth.tied => {}
            several => wrong
                .push(("lineage", format!("{}: {} hosts", truth.names.join(" → "), several.len()))),
        }
    }
    for (at, history) in report.hosts.iter().enumerate() {
        if !told.contains(&at) {
            wrong.push(("lineage", format!("no such computer: {}", history.computer)));
        }
    }
    wrong
}

/// One computer, as it was and as it is told.
struct Comparison<'a> {
    truth: &'a TrueComputer,
    told: &'a Host,
    /// Boot of every record in the files.
    boot_of: BTreeMap<(&'static str, u64), u32>,
}

impl<'a> Comparison<'a> {
    fn new(truth: &'a TrueComputer, told: &'a Host) -> Self {
        let boot_of = truth
            .boots
            .iter()
            .flat_map(|boot| boot.records.iter().map(|key| (*key, boot.number)))
            .collect();
        Self { truth, told, boot_of }
    }

    fn run(&self, wrong: &mut Vec<Wrong>) -> BTreeMap<u32, u32> {
        let numbers = self.boots(wrong);
        self.sessions(&numbers, wrong);
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
    fn boots(&self, wrong: &mut Vec<Wrong>) -> BTreeMap<u32, u32> {
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        for told in &self.told.boots {
            let cited: BTreeSet<u32> =
                told.start_evidence.iter().filter_map(|record| self.true_boot(record)).collect();
            let by_session = self.told.sessions.iter().find_map(|session| {
                let own = [&session.start, &session.initiated, &session.terminated];
                let own = own.into_iter().flatten().map(|moment| &moment.record);
                let record = own.chain(&session.evidence).next();
                self.true_boot(record.filter(|_| session.boot_epoch == told.epoch)?)
            });
            let first = told.first_record.as_ref().filter(|_| told.epoch > 0);
            let first = first.and_then(|record| self.true_boot(record));
            let number = match cited.iter().copied().collect::<Vec<u32>>().as_slice() {
                [one] => *one,
                [] => match by_session.or(first) {
                    Some(number) => number,
                    // What is known of before the first boot: that there was something.
                    None if told.epoch == 0 => continue,
                    None => {
                        wrong.push(("boot invented", show_boot(told)));
                        continue;
                    }
                },
                several => {
                    let boots = &self.truth.boots;
                    let tells = |at: &&u32| boots[**at as usize - 1].undecided.is_none();
                    if several.iter().any(|at| tells(&at)) {
                        let what = format!("{} is {several:?}", show_boot(told));
                        wrong.push(("boots mixed", what));
                    }
                    several[0]
                }
            };
            let truth = &self.truth.boots[number as usize - 1];
            if let Some(other) = numbers.iter().find(|(_, known)| **known == number)
                && truth.undecided.is_none()
            {
                let what = format!("boot {number} is epochs {} and {}", other.0, told.epoch);
                wrong.push(("boot split", what));
            }
            numbers.insert(told.epoch, number);
            if truth.undecided.is_none() {
                boot_end(truth, told, wrong);
            }
        }
        let decided = self.truth.boots.iter().all(|boot| boot.undecided.is_none());
        if decided && !numbers.values().is_sorted() {
            wrong.push(("boot order", format!("{numbers:?}")));
        }
        let told = |boot: &&TrueBoot| !boot.marks.is_empty() && boot.undecided.is_none();
        for truth in self.truth.boots.iter().filter(told) {
            if !numbers.values().any(|number| *number == truth.number) {
                wrong.push(("boot missed", format!("{} {:?}", truth.number, truth.marks)));
            }
        }
        numbers
    }

    fn sessions(&self, numbers: &BTreeMap<u32, u32>, wrong: &mut Vec<Wrong>) {
        let decided = self.truth.boots.iter().all(|boot| boot.undecided.is_none());
        let mut told: BTreeSet<usize> = BTreeSet::new();
        for truth in &self.truth.sessions {
            let of_it: Vec<usize> = (0..self.told.sessions.len())
                .filter(|&at| is_of(&self.told.sessions[at], truth, numbers, decided))
                .collect();
            told.extend(&of_it);
            let [one] = of_it.as_slice() else {
                let kind = if of_it.is_empty() { "session missed" } else { "session split" };
                wrong.push((kind, show_truth(truth)));
                continue;
            };
            let session = &self.told.sessions[*one];
            let mut found = Vec::new();
            session_differs(truth, session, decided, &mut found);
            simulated_desks::differ(truth, session, decided, &mut found);
            if decided && numbers.get(&session.boot_epoch).is_some_and(|n| *n != truth.boot) {
                found.push(("session in wrong boot", format!("epoch {}", session.boot_epoch)));
            }
            let about = |(kind, what)| {
                (kind, format!("{what} | {} | {}", show_truth(truth), show_told(session)))
            };
            wrong.extend(found.into_iter().map(about));
        }
        for (at, session) in self.told.sessions.iter().enumerate() {
            let notice = session.start_cause == StartCause::Inferred && session.logon_id.is_none();
            if !told.contains(&at) && !notice {
                wrong.push(("session invented", show_told(session)));
            }
        }
    }
}

/// Whether a told session is this true one: by its own records, or by boot and Logon ID.
fn is_of(
    told: &Session,
    truth: &TrueSession,
    numbers: &BTreeMap<u32, u32>,
    boots_decided: bool,
) -> bool {
    if told.logon_id.map(|id| id.0) != Some(truth.logon_id) {
        return false;
    }
    let id = |moment: &Option<Moment>| moment.as_ref().map(|moment| moment.record.record_id);
    let own = [
        (id(&told.start), truth.start),
        (id(&told.initiated), truth.initiated),
        (id(&told.terminated), truth.terminated),
    ];
    let same = own.iter().any(|(told, truth)| told.is_some() && told == truth);
    let none = own.iter().all(|(told, truth)| told.is_none() || truth.is_none());
    same || (none && (!boots_decided || numbers.get(&told.boot_epoch) == Some(&truth.boot)))
}

fn boot_end(truth: &TrueBoot, told: &Boot, wrong: &mut Vec<Wrong>) {
    let about = |what: String| {
        let bare = TrueBoot { records: Vec::new(), ..truth.clone() };
        format!("{what} | {bare:?} | {}", show_boot(told))
    };
    let kernel = truth.marks.iter().any(|(_, _, event)| *event == 12);
    if kernel && told.epoch > 0 && told.start.map(Timestamp::filetime) != Some(truth.started.0) {
        wrong.push(("boot start", about(String::new())));
    }
    if !truth.end_causes.contains(&told.end_cause.to_string().as_str()) {
        wrong.push(("boot end cause", about(String::new())));
    }
    let ended = truth.ended.map(|ended| ended.0);
    let bounds = Bounds {
        not_before: told.end_not_before,
        not_after: told.end_not_after,
        ended,
        steady_before: truth.steady_before_end,
        steady_after: truth.steady_after_end,
    };
    if let Some(what) = bounds.exclude_truth() {
        wrong.push(("boot bounds", about(what)));
    }
    // The event log service stops some seconds before the kernel, whose own word is the best.
    let kernel_stopped = told.end_evidence.iter().any(|record| record.event_id == 13);
    let slack = if kernel_stopped { 10_000_000 } else { 60 * 10_000_000 };
    if told.confidence == Confidence::High
        && truth.steady_after_end
        && let (Some(told), Some(truth)) = (told.end, ended)
        && told.filetime().abs_diff(truth) > slack
    {
        wrong.push(("boot end sure and wrong", about(String::new())));
    }
}

fn session_differs(
    truth: &TrueSession,
    told: &Session,
    boots_decided: bool,
    wrong: &mut Vec<Wrong>,
) {
    let record = |moment: &Option<Moment>| moment.as_ref().map(|moment| moment.record.record_id);
    for (kind, told, truth) in [
        ("start record", record(&told.start), truth.start),
        ("initiated record", record(&told.initiated), truth.initiated),
        ("terminated record", record(&told.terminated), truth.terminated),
    ] {
        if told != truth {
            wrong.push((kind, format!("{told:?}")));
        }
    }
    if !truth.classes.is_empty() && !truth.classes.contains(&told.class.word()) {
        wrong.push(("class", String::new()));
    }
    if boots_decided && !truth.end_causes.contains(&told.end.cause.word()) {
        wrong.push(("end cause", String::new()));
    }
    if truth.partner_known && told.linked.map(|id| id.0) != truth.partner {
        wrong.push(("linked", format!("{:?}", told.linked)));
    }
    let is_check = truth.classes == ["revalidation"];
    if is_check && !told.parent.is_some_and(|parent| truth.revalidates.contains(&parent.0)) {
        wrong.push(("parent of check", format!("{:?}", told.parent)));
    }
    if let Some(parent) = truth.parent
        && truth.start.is_some()
        && told.parent.map(|id| id.0) != Some(parent)
    {
        wrong.push(("parent", format!("{:?}", told.parent)));
    }
    let logged =
        matches!(told.end.cause, EndCause::Terminated | EndCause::Initiated | EndCause::Inherited);
    if !logged {
        let bounds = Bounds {
            not_before: told.end.not_before,
            not_after: told.end.not_after,
            ended: truth.ended.map(|ended| ended.0),
            // Nothing in the Security log tells an end without a record from a longer session.
            steady_before: truth.steady_before_end && !truth.silent,
            steady_after: truth.steady_after_end,
        };
        if let Some(what) = bounds.exclude_truth() {
            wrong.push(("session bounds", what));
        }
    }
    let cites = truth.terminated.or(truth.initiated).is_some();
    if told.end.confidence == Confidence::High && !cites {
        wrong.push(("sure without a record", String::new()));
    }
    if told.end.basis == Some(Basis::Logged) && !cites {
        wrong.push(("logged without a record", String::new()));
    }
}

/// What is said of an end, and when it truly was.
struct Bounds {
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    ended: Option<u64>,
    steady_before: bool,
    steady_after: bool,
}

impl Bounds {
    /// Says how the bounds exclude the truth. Across a step of the clock they are not compared:
    /// readings before and after it are of two clocks.
    fn exclude_truth(&self) -> Option<String> {
        let Some(ended) = self.ended else {
            let early = self.not_after.filter(|_| self.steady_after)?;
            return Some(format!("still open, told gone by {early}"));
        };
        let truth = Timestamp::from_filetime(ended);
        if let Some(not_before) = self.not_before.filter(|_| self.steady_before)
            && not_before > truth
        {
            return Some(format!("ended {truth}, told not before {not_before}"));
        }
        if let Some(not_after) = self.not_after.filter(|_| self.steady_after)
            && not_after < truth
        {
            return Some(format!("ended {truth}, told not after {not_after}"));
        }
        None
    }
}

fn show_boot(told: &Boot) -> String {
    let evidence: Vec<String> = told.start_evidence.iter().map(ToString::to_string).collect();
    format!(
        "epoch {} {:?}..{:?} {} {:?} [{:?} {:?}] start {evidence:?} end {:?} flags {:?}",
        told.epoch,
        told.start.map(|time| time.to_string()),
        told.end.map(|time| time.to_string()),
        told.end_cause,
        told.confidence,
        told.end_not_before.map(|time| time.to_string()),
        told.end_not_after.map(|time| time.to_string()),
        told.end_evidence.iter().map(ToString::to_string).collect::<Vec<_>>(),
        told.flags,
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
        truth.others,
        truth.ended.map(|time| time.to_string()),
        truth.end_causes,
        truth.partner,
        truth.revalidates,
        truth.undecided,
    )
}

fn show_told(told: &Session) -> String {
    let id = |moment: &Option<Moment>| moment.as_ref().map(|moment| moment.record.record_id);
    format!(
        "told: epoch {} {} {} {} {:?}/{:?}/{:?} {} {:?} [{:?} {:?}] linked {:?} parent {:?} evidence {:?} flags {:?}",
        told.boot_epoch,
        told.logon_id.map_or(String::from("-"), |id| id.to_string()),
        told.account.user,
        told.class,
        id(&told.start),
        id(&told.initiated),
        id(&told.terminated),
        told.end.cause,
        told.end.confidence,
        told.end.not_before.map(|time| time.to_string()),
        told.end.not_after.map(|time| time.to_string()),
        told.linked.map(|id| id.to_string()),
        told.parent.map(|id| id.to_string()),
        told.evidence.iter().map(ToString::to_string).collect::<Vec<_>>(),
        told.flags,
    )
}

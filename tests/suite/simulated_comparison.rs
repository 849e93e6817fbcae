//! Simulated hosts: the boots and sessions of one computer, compared with the truth.

use super::simulated::Disagreement;
use super::simulated_desktops;
use super::simulated_inferred::{self, is_inferred};
use super::simulated_text::{show_boot, show_reported, show_truth};
use evtx_synth::simulate::{TrueBoot, TrueComputer, TrueSession};
use std::collections::{BTreeMap, BTreeSet};
use winlast::model::session::{Basis, Moment, StartCause};
use winlast::model::{
    Boot, Citation, Confidence, EndCause, Flag, Host, LogonId, Session, Timestamp,
};

/// One computer: what happened on it, and what is reported of it.
pub(crate) struct Comparison<'a> {
    truth: &'a TrueComputer,
    reported: &'a Host,
    /// The number of the true boot of every record in the files.
    boot_of: BTreeMap<(&'static str, u64), u32>,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(truth: &'a TrueComputer, reported: &'a Host) -> Self {
        let boot_of = truth
            .boots
            .iter()
            .flat_map(|boot| boot.records.iter().map(|key| (*key, boot.number)))
            .collect();
        Self { truth, reported, boot_of }
    }

    /// Compares boots and sessions; returns the number of the true boot of each boot epoch.
    pub(crate) fn run(&self, disagreements: &mut Vec<Disagreement>) -> BTreeMap<u32, u32> {
        let numbers = self.boots(disagreements);
        self.sessions(&numbers, disagreements);
        simulated_inferred::compare(self.truth, self.reported, &numbers, disagreements);
        numbers
    }

    fn true_boot(&self, citation: &Citation) -> Option<u32> {
        let channel = citation.channel.name();
        let known = |(&(name, id), boot): (&(&'static str, u64), &u32)| {
            (name.eq_ignore_ascii_case(channel) && id == citation.record_id).then_some(*boot)
        };
        self.boot_of.iter().find_map(known)
    }

    /// Compares the boots; returns the number of the true boot of each boot epoch.
    fn boots(&self, disagreements: &mut Vec<Disagreement>) -> BTreeMap<u32, u32> {
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        for reported in &self.reported.boots {
            let Some(number) = self.number_of(reported, disagreements) else { continue };
            let truth = &self.truth.boots[number as usize - 1];
            if let Some(other) = numbers.iter().find(|(_, known)| **known == number)
                && truth.undecided.is_none()
            {
                let what = format!("boot {number} is epochs {} and {}", other.0, reported.epoch);
                disagreements.push(("boot split", what));
            }
            numbers.insert(reported.epoch, number);
            if truth.undecided.is_none() {
                compare_boot_end(truth, reported, disagreements);
            }
        }
        let decided = self.truth.boots.iter().all(|boot| boot.undecided.is_none());
        if decided && !numbers.values().is_sorted() {
            disagreements.push(("boot order", format!("{numbers:?}")));
        }
        let required =
            |boot: &&TrueBoot| !boot.start_records.is_empty() && boot.undecided.is_none();
        for truth in self.truth.boots.iter().filter(required) {
            if !numbers.values().any(|number| *number == truth.number) {
                disagreements
                    .push(("boot missed", format!("{} {:?}", truth.number, truth.start_records)));
            }
        }
        numbers
    }

    /// Whether the session has no record of its own, and a session that it requested names it.
    fn is_parent(&self, session: &Session) -> bool {
        let own = [&session.start, &session.initiated, &session.terminated];
        let named = |truth: &TrueSession| {
            truth.parent.is_some() && truth.parent == session.logon_id.map(|id| id.0)
        };
        own.iter().all(|moment| moment.is_none()) && self.truth.sessions.iter().any(named)
    }

    /// Whether the files hold every step of the clock in the sessions.
    fn steps_are_known(&self) -> bool {
        let sessions = self.truth.sessions.iter().map(|session| session.lower_bound_holds);
        let inferred = self.truth.inferred.iter().map(|session| session.lower_bound_holds);
        sessions.chain(inferred).all(|holds| holds)
    }

    /// The number of the true boot: by the records of its start, else by those of its sessions,
    /// else by its first record. None for boot epoch 0 without records, and for a boot that never
    /// took place.
    fn number_of(&self, reported: &Boot, disagreements: &mut Vec<Disagreement>) -> Option<u32> {
        let cited: BTreeSet<u32> =
            reported.start_evidence.iter().filter_map(|record| self.true_boot(record)).collect();
        let by_session = self.reported.sessions.iter().find_map(|session| {
            let own = [&session.start, &session.initiated, &session.terminated];
            let own = own.into_iter().flatten().map(|moment| &moment.record);
            let record = own.chain(&session.evidence).next();
            self.true_boot(record.filter(|_| session.boot_epoch == reported.epoch)?)
        });
        let first = reported.first_record.as_ref().filter(|_| reported.epoch > 0);
        let first = first.and_then(|record| self.true_boot(record));
        match cited.iter().copied().collect::<Vec<u32>>().as_slice() {
            [one] => Some(*one),
            [] => {
                let number = by_session.or(first);
                if number.is_none() && reported.epoch > 0 {
                    disagreements.push(("boot invented", show_boot(reported)));
                }
                number
            }
            several => {
                let decided = |at: &u32| self.truth.boots[*at as usize - 1].undecided.is_none();
                if several.iter().any(decided) {
                    let what = format!("{} is {several:?}", show_boot(reported));
                    disagreements.push(("boots mixed", what));
                }
                Some(several[0])
            }
        }
    }

    /// Compares the sessions.
    fn sessions(&self, numbers: &BTreeMap<u32, u32>, disagreements: &mut Vec<Disagreement>) {
        let decided = self.truth.boots.iter().all(|boot| boot.undecided.is_none());
        let mut reported: BTreeSet<usize> = BTreeSet::new();
        for truth in &self.truth.sessions {
            let matching: Vec<usize> = (0..self.reported.sessions.len())
                .filter(|&at| is_same_session(&self.reported.sessions[at], truth, numbers, decided))
                .collect();
            reported.extend(&matching);
            let [one] = matching.as_slice() else {
                let kind = if matching.is_empty() { "session missed" } else { "session split" };
                disagreements.push((kind, show_truth(truth)));
                continue;
            };
            let session = &self.reported.sessions[*one];
            let mut found = Vec::new();
            compare_session(truth, session, decided, &mut found);
            simulated_desktops::compare(truth, session, decided, &mut found);
            let is_wrong = numbers.get(&session.boot_epoch).is_some_and(|n| *n != truth.boot);
            if decided && is_wrong && !has_uncertain_boot(session) {
                found.push(("session in wrong boot", format!("epoch {}", session.boot_epoch)));
            }
            let about = |(kind, what)| {
                (kind, format!("{what} | {} | {}", show_truth(truth), show_reported(session)))
            };
            disagreements.extend(found.into_iter().map(about));
        }
        for (at, session) in self.reported.sessions.iter().enumerate() {
            let backwards = session.corrected_duration().is_some_and(|span| span.0 < 0);
            if decided && backwards && self.steps_are_known() {
                disagreements.push(("negative duration", show_reported(session)));
            }
            if !reported.contains(&at) && !is_inferred(session) && !self.is_parent(session) {
                disagreements.push(("session invented", show_reported(session)));
            }
        }
    }
}

/// Whether a reported session is this true one: by its own records, or by boot and Logon ID.
fn is_same_session(
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

/// Compares the start and the end of a boot.
fn compare_boot_end(truth: &TrueBoot, reported: &Boot, disagreements: &mut Vec<Disagreement>) {
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
    if let Some(by) = &truth.requested_by
        && truth.end_causes.len() == 1
        && reported.requested_by != *by
    {
        disagreements.push(("requested by", about(String::new())));
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
    // The event log service stops some seconds before the kernel, whose own record is the best.
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

/// Compares the records, the class, the end and the relations of a session.
fn compare_session(
    truth: &TrueSession,
    reported: &Session,
    boots_decided: bool,
    disagreements: &mut Vec<Disagreement>,
) {
    let record = |moment: &Option<Moment>| moment.as_ref().map(|moment| moment.record.record_id);
    // A start that another log shows is compared with the records of that desktop.
    let start = reported.start.filter(|_| reported.start_cause != StartCause::Inferred);
    for (kind, reported, truth) in [
        ("start record", record(&start), truth.start),
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
    // Where another boot may have begun, "not known" is right too.
    let is_unknown = has_uncertain_boot(reported) && reported.end.cause == EndCause::Censored;
    if boots_decided && !is_unknown && !truth.end_causes.contains(&reported.end.cause.word()) {
        disagreements.push(("end cause", String::new()));
    }
    if truth.linked_known && reported.linked.map(|id| id.0) != truth.linked {
        disagreements.push(("linked", format!("{:?}", reported.linked)));
    }
    compare_parent(truth, reported, disagreements);
    let logged = matches!(
        reported.end.cause,
        EndCause::Terminated | EndCause::Initiated | EndCause::Inherited
    );
    if !logged {
        let bounds = Bounds {
            not_before: reported.end.not_before,
            not_after: reported.end.not_after,
            ended: truth.ended.map(|ended| ended.0),
            // The Security log does not distinguish an end without a record from a longer session.
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

/// Says the row itself that the session may be of another boot?
pub(crate) fn has_uncertain_boot(session: &Session) -> bool {
    session.flags.contains(&Flag::BootUncertain)
}

/// Compares the session that a session came out of, or that a check is of.
fn compare_parent(truth: &TrueSession, reported: &Session, disagreements: &mut Vec<Disagreement>) {
    let is_check = truth.classes == ["revalidation"];
    let parent_id = reported.parent.and_then(|parent| parent.logon_id());
    let is_open = !truth.revalidates_surely || has_uncertain_boot(reported);
    let is_named = |parent: LogonId| truth.revalidates.contains(&parent.0);
    if is_check && !parent_id.map_or(is_open, is_named) {
        disagreements.push(("parent of check", format!("{:?}", reported.parent)));
    }
    if let Some(parent) = truth.parent
        && truth.start.is_some()
        && parent_id.map(|id| id.0) != Some(parent)
    {
        disagreements.push(("parent", format!("{:?}", reported.parent)));
    }
}

/// The reported bounds of an end, and the true end.
struct Bounds {
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    ended: Option<u64>,
    lower_bound_holds: bool,
    upper_bound_holds: bool,
}

impl Bounds {
    /// How the bounds exclude the true end, if they do. They are not compared across a step of
    /// the clock, because times before and after it are of two clocks.
    fn exclude_truth(&self) -> Option<String> {
        let Some(ended) = self.ended else {
            let early = self.not_after.filter(|_| self.upper_bound_holds)?;
            return Some(format!("still open, reported as ended by {early}"));
        };
        let truth = Timestamp::from_filetime(ended);
        if let Some(not_before) = self.not_before.filter(|_| self.lower_bound_holds)
            && not_before > truth
        {
            return Some(format!("ended {truth}, reported as not before {not_before}"));
        }
        if let Some(not_after) = self.not_after.filter(|_| self.upper_bound_holds)
            && not_after < truth
        {
            return Some(format!("ended {truth}, reported as not after {not_after}"));
        }
        None
    }
}

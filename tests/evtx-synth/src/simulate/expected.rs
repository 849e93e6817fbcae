//! What the collected files show of boots and sessions.
//!
//! This is what a correct reader of the files reports. Where the files do not decide, it lists
//! every answer that they allow.

use std::collections::{BTreeMap, BTreeSet};

use super::files::{BOOT_CHANNELS, Collected, Collection};
use super::setup::Windows;
use super::simulator::{Role, SessionRecord, SimulatedSession, Simulator, Written};
use super::truth::{TrueComputer, TrueSession};
use crate::catalogue::SECURITY;

/// The longest time from the kernel's start until the boot is complete, in 100 ns units.
pub(super) const BOOT_TAKES: u64 = 120 * 10_000_000;

/// A clock that is wrong at boot is corrected within this time, in 100 ns units.
const CORRECTED_WITHIN: u64 = 600 * 10_000_000;

/// The records of one session that the files hold, by record id.
#[derive(Clone, Debug, Default)]
pub(super) struct SessionRecords {
    pub start: Option<u64>,
    pub initiated: Option<u64>,
    pub terminated: Option<u64>,
    pub other_records: Vec<u64>,
}

impl SessionRecords {
    pub fn all(&self) -> impl Iterator<Item = u64> + '_ {
        let own = [self.start, self.initiated, self.terminated];
        own.into_iter().flatten().chain(self.other_records.iter().copied())
    }

    pub fn ended(&self) -> bool {
        self.initiated.is_some() || self.terminated.is_some()
    }
}

/// The simulated host as the collected files show it.
pub(super) struct EvidenceView<'a> {
    pub simulator: &'a Simulator,
    pub collection: Collection,
    /// The records that the files hold, by channel and record id.
    pub in_files: BTreeMap<(&'static str, u64), Written>,
    /// The sessions that these records name, by index.
    pub recorded: BTreeMap<usize, SessionRecords>,
    /// The channels of which a file lacks its last chunks.
    pub cut: BTreeSet<&'static str>,
}

impl Simulator {
    /// What a correct reader reports of the collected files.
    pub fn expected(&self, collected: &Collected, collection: Collection) -> TrueComputer {
        let in_files: BTreeMap<_, _> =
            collected.records.iter().map(|&key| (key, self.written[&key])).collect();
        let mut recorded: BTreeMap<usize, SessionRecords> = BTreeMap::new();
        for (&(_, id), written) in &in_files {
            let Role::Session(session, part) = written.role else { continue };
            let recorded = recorded.entry(session).or_default();
            match part {
                SessionRecord::Start => recorded.start = Some(id),
                SessionRecord::Initiated => recorded.initiated = Some(id),
                SessionRecord::Terminated => recorded.terminated = Some(id),
                SessionRecord::Lock | SessionRecord::Moved(_) | SessionRecord::Other => {
                    recorded.other_records.push(id);
                }
            }
        }
        let view = EvidenceView {
            simulator: self,
            collection,
            in_files,
            recorded,
            cut: collected.cut.clone(),
        };
        let mut sessions: Vec<TrueSession> = view
            .recorded
            .iter()
            .map(|(&session, recorded)| view.true_session(session, recorded))
            .collect();
        sessions.sort_by_key(|session| (session.boot, session.logon_id));
        TrueComputer {
            name: self.host.computer.clone(),
            names: self.names.clone(),
            shown_as_one: collected.shown_as_one,
            boots: (1..=self.boot).map(|number| view.boot(number)).collect(),
            sessions,
            inferred: view.inferred(),
            findings: view.findings(),
            has_security_log: view.in_files.keys().any(|(channel, _)| *channel == SECURITY),
        }
    }
}

impl EvidenceView<'_> {
    pub fn simulated_boot(&self, boot: u32) -> &super::simulator::SimulatedBoot {
        &self.simulator.boots[usize::try_from(boot - 1).expect("an index")]
    }

    pub fn of_boot(&self, boot: u32) -> impl Iterator<Item = (&(&'static str, u64), &Written)> {
        self.in_files.iter().filter(move |((channel, _), written)| {
            written.boot == boot && BOOT_CHANNELS.contains(channel)
        })
    }

    pub fn visible(&self, boot: u32) -> bool {
        self.of_boot(boot).next().is_some()
    }

    pub fn next_visible(&self, boot: u32) -> Option<u32> {
        (boot + 1..=self.simulator.boot).find(|&later| self.visible(later))
    }

    pub fn has(&self, boot: u32, role: Role) -> bool {
        self.of_boot(boot).any(|(_, written)| written.role == role)
    }

    /// Whether the time of the next boot is an upper bound of what ended in this one: the files
    /// hold every step of the clock until the end of this boot, and the clock of the next boot
    /// was not behind, or the files show how it was corrected.
    pub fn bounded_above(&self, boot: u32, end: u64) -> bool {
        let stopped = self.simulated_boot(boot).ended.map_or(u64::MAX, |(stopped, _)| stopped);
        let Some(next) = self.next_visible(boot).map(|next| self.simulated_boot(next).started.0)
        else {
            return self.steps_recorded(end, u64::MAX);
        };
        let steps = || self.simulator.steps.iter().enumerate();
        let between = steps().filter(|(_, step)| stopped < step.at && step.at <= next);
        let mut behind: i64 = between.map(|(_, step)| step.by).sum();
        for (index, step) in steps() {
            let soon = next < step.at && step.at <= next + CORRECTED_WITHIN;
            if soon && behind < 0 && self.step_records(index).next().is_some() {
                behind += step.by;
            }
        }
        self.steps_recorded(end, stopped) && behind >= 0
    }

    pub fn true_session(&self, index: usize, recorded: &SessionRecords) -> TrueSession {
        let session = &self.simulator.sessions[index];
        let mut undecided = Vec::new();
        let classes = self.classes(session, recorded, &mut undecided);
        let end_causes = self.end_causes(session, recorded, &mut undecided);
        let logon_id = |session: usize| self.simulator.sessions[session].logon_id;
        let revalidates = session.revalidates.map_or(Vec::new(), |of| {
            // Another check whose end is not in the files looks like a desktop session as well.
            let unended = self.recorded.iter().filter(|(other, recorded)| {
                self.simulator.sessions[**other].revalidates == Some(of)
                    && recorded.terminated.is_none()
            });
            let halves = [Some(of), self.simulator.sessions[of].linked];
            let checks = unended.map(|(&other, _)| other);
            halves.into_iter().flatten().chain(checks).map(logon_id).collect()
        });
        let (end, clock_at_end) = match session.ended {
            Some((end, clock)) => (end, Some(clock)),
            None => (self.simulator.now, None),
        };
        let pair_known = self.pair_known(index);
        TrueSession {
            boot: session.boot,
            logon_id: session.logon_id,
            account: session.account.clone(),
            logon_type: session.logon_type,
            classes,
            start: recorded.start,
            initiated: recorded.initiated,
            terminated: recorded.terminated,
            other_records: recorded.other_records.clone(),
            ended: clock_at_end,
            unrecorded_end: session.unrecorded_end,
            lower_bound_holds: self.steps_recorded(session.begun, end),
            upper_bound_holds: self.bounded_above(session.boot, end),
            end_causes,
            linked: session.linked.filter(|_| pair_known).map(logon_id),
            linked_known: pair_known || session.linked.is_none(),
            revalidates,
            revalidates_surely: self.surely_checks(index),
            start_cause: self.start_cause(session.boot, recorded),
            duration: self.duration(index, recorded),
            desktop: self.true_desktop(index, recorded),
            desktop_decided: self.desktop_decided(index),
            checks: self.checks(index, recorded),
            notices: self.notices(index),
            corroborating: self.corroborating(index, recorded),
            parent: session.parent.map(logon_id),
            decidable: undecided.is_empty(),
            undecided,
        }
    }

    /// Whether no record is missing between the last one that names a session and the re-validation of it.
    pub fn surely_checks(&self, check: usize) -> bool {
        let Some(of) = self.simulator.sessions[check].revalidates else { return true };
        if self.collection != Collection::Files {
            return true;
        }
        let start = self.recorded.get(&check).and_then(|records| records.start);
        let own = self.recorded.get(&of).into_iter().flat_map(SessionRecords::all);
        let Some(start) = start else { return true };
        let Some(last) = own.filter(|id| *id < start).max() else { return true };
        (last..start).all(|id| self.in_files.contains_key(&(SECURITY, id)))
    }

    /// Whether the files show the other half of a split token: by the linked Logon ID, or by the
    /// rule of 4.5.
    pub fn pair_known(&self, index: usize) -> bool {
        let session = &self.simulator.sessions[index];
        let (Some(linked), Some(recorded)) = (session.linked, self.recorded.get(&index)) else {
            return false;
        };
        if self.simulator.setup.windows >= Windows::Ten {
            return recorded.start.is_some();
        }
        let Some(other) = self.recorded.get(&linked) else { return false };
        let elevated = if session.elevated { recorded } else { other };
        let both = recorded.start.is_some() && other.start.is_some();
        let marked = !elevated.other_records.is_empty() || !self.simulator.setup.audits_privileges;
        both && marked && session.class != "window-manager"
    }

    /// The possible classes of a session; none where the files do not hold its 4624.
    fn classes(
        &self,
        session: &SimulatedSession,
        recorded: &SessionRecords,
        undecided: &mut Vec<&'static str>,
    ) -> Vec<&'static str> {
        if recorded.start.is_none() {
            return Vec::new();
        }
        let Some(of) = session.revalidates else { return vec![session.class] };
        let parent = self.recorded.get(&of);
        if recorded.terminated.is_none() {
            undecided.push("the end of a check is not in the files");
        } else if parent.is_none_or(|parent| parent.start.is_none()) {
            undecided.push("the logon of the session that was checked is not in the files");
        } else if self.may_be_an_own_session(session, of) {
            undecided
                .push("a logon by remote desktop or a long check, and no record shows a takeover");
        } else {
            return vec![session.class];
        }
        let alone = if session.logon_type == 10 { "remote-desktop" } else { "desktop" };
        vec![session.class, alone]
    }

    fn end_causes(
        &self,
        session: &SimulatedSession,
        recorded: &SessionRecords,
        undecided: &mut Vec<&'static str>,
    ) -> Vec<&'static str> {
        if recorded.terminated.is_some() {
            return vec!["terminated"];
        }
        if recorded.initiated.is_some() {
            return vec!["initiated"];
        }
        let base = self.causes_without_record(session, recorded, undecided);
        if let Some(causes) = self.causes_by_other_logs(session, recorded, &base, undecided) {
            return causes;
        }
        let Some(linked) = session.linked.filter(|_| session.elevated) else { return base };
        let other = self.recorded.get(&linked);
        if other.is_some_and(SessionRecords::ended)
            && recorded.start.is_some()
            && self.pair_known(linked)
        {
            undecided.clear();
            return vec!["inherited"];
        }
        [base, vec!["inherited"]].concat()
    }

    /// The possible end causes of a session without a record of its end.
    fn causes_without_record(
        &self,
        session: &SimulatedSession,
        recorded: &SessionRecords,
        undecided: &mut Vec<&'static str>,
    ) -> Vec<&'static str> {
        let ended_in_order = self.ended_in_order(session.boot);
        let mut causes = match self.next_visible(session.boot) {
            _ if ended_in_order => vec!["shutdown"],
            Some(next) if self.has(next, Role::CrashSign) => vec!["crash"],
            Some(_) => vec!["epoch-end"],
            None => vec!["open"],
        };
        if session.unrecorded_end {
            undecided.push("it ended without a record");
        }
        if self.collection != Collection::Files {
            undecided.push("only some events were collected");
            causes.push("censored");
        } else if self.gap_after(session.boot, recorded) {
            undecided.push("records are missing");
            return vec!["censored"];
        }
        let goes_on = self
            .in_files
            .iter()
            .any(|(&(channel, _), written)| channel == SECURITY && written.boot > session.boot);
        let closed = self.in_files.iter().any(|(&(channel, _), written)| {
            channel == SECURITY && written.boot == session.boot && written.event_id == 1100
        });
        if ended_in_order && !goes_on && !closed {
            // Only the System log shows the shutdown: the 1100 is missing, and more may be.
            undecided.push("the Security log ends before the shutdown");
            causes.push("censored");
        }
        if !ended_in_order && !goes_on && self.next_visible(session.boot).is_some() {
            // The Security log may have been collected before the System log.
            undecided.push("the Security log ends with this boot");
            causes.push("censored");
        }
        if self.looks_unaudited() {
            undecided.push("no logoff is recorded, not even that of a desktop that ended");
            causes.push("censored");
        }
        if recorded.start.is_none() && !recorded.other_records.is_empty() {
            undecided.push("it may be an elevated half, the end of which is not recorded");
            causes.push("censored");
        }
        if !self.simulator.setup.audits_logoffs {
            undecided.push("logoffs are not audited");
            causes.push("censored");
        }
        if self.cut.contains(SECURITY) {
            undecided.push("the last chunks of a file of the Security log are missing");
            causes.push("censored");
        }
        self.add_lost(session, recorded, ended_in_order, &mut causes);
        causes
    }

    /// Adds the causes that a 1108 allows. It says that a logoff of the boot was lost, but names
    /// no session: it may concern any session that was open.
    fn add_lost(
        &self,
        session: &SimulatedSession,
        recorded: &SessionRecords,
        ended_in_order: bool,
        causes: &mut Vec<&'static str>,
    ) {
        let first = recorded.all().min().unwrap_or(0);
        for (&(_, id), written) in &self.in_files {
            let Role::LostLogoff(lost) = written.role else { continue };
            let other = &self.simulator.sessions[lost];
            if other.boot != session.boot || id < first {
                continue;
            }
            if other.logon_id == session.logon_id && ended_in_order && causes.len() == 1 {
                *causes = vec!["lost"];
                return;
            }
            causes.extend(if ended_in_order { &["lost"][..] } else { &["lost", "censored"] });
        }
    }

    /// Whether records that may hold the end of the session are missing: a gap in the record ids
    /// after its last record, before the next boot, or a full log in that time.
    fn gap_after(&self, boot: u32, recorded: &SessionRecords) -> bool {
        let last = recorded.all().max().unwrap_or(0);
        let mut before = last;
        let after = self.in_files.range((SECURITY, last + 1)..=(SECURITY, u64::MAX));
        for (&(_, id), written) in after {
            if id != before + 1 || (written.boot == boot && written.event_id == 1104) {
                return true;
            }
            // Few records follow the 1100 of a boot, and none of them is later than it.
            let closes = written.boot == boot && written.event_id == 1100;
            if written.boot > boot || closes {
                return false;
            }
            before = id;
        }
        false
    }
}

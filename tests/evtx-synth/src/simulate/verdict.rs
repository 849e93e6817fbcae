//! What the collected files let a reader know of what happened (event-semantics 4.4, 4.5, 4.7).

use std::collections::BTreeMap;

use super::files::{BOOT_CHANNELS, Collected, Collection};
use super::setup::Windows;
use super::truth::{TrueBoot, TrueComputer, TrueSession};
use super::world::{Life, Part, Role, World, Written};
use crate::catalogue::{SECURITY, SYSTEM};

/// In this time after the kernel's start a wrong clock may be corrected: 100 ns units.
const BOOT_TAKES: u64 = 120 * 10_000_000;

/// A clock that was wrong at boot is set right within this time: 100 ns units.
const CORRECTED_WITHIN: u64 = 600 * 10_000_000;

/// Records of a session in the files.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    pub start: Option<u64>,
    pub initiated: Option<u64>,
    pub terminated: Option<u64>,
    pub others: Vec<u64>,
}

impl Kept {
    pub fn all(&self) -> impl Iterator<Item = u64> + '_ {
        let own = [self.start, self.initiated, self.terminated];
        own.into_iter().flatten().chain(self.others.iter().copied())
    }

    pub fn ended(&self) -> bool {
        self.initiated.is_some() || self.terminated.is_some()
    }
}

/// A view of the world through the collected files.
pub(super) struct View<'a> {
    pub world: &'a World,
    pub collection: Collection,
    /// The records in the files.
    pub shown: BTreeMap<(&'static str, u64), Written>,
    pub kept: BTreeMap<usize, Kept>,
}

impl World {
    /// The truth, with what the files hold of it.
    pub fn verdict(&self, collected: &Collected, collection: Collection) -> TrueComputer {
        let shown: BTreeMap<_, _> =
            collected.records.iter().map(|&key| (key, self.written[&key])).collect();
        let mut kept: BTreeMap<usize, Kept> = BTreeMap::new();
        for (&(_, id), written) in &shown {
            let Role::Of(life, part) = written.role else { continue };
            let kept = kept.entry(life).or_default();
            match part {
                Part::Start => kept.start = Some(id),
                Part::Initiated => kept.initiated = Some(id),
                Part::Terminated => kept.terminated = Some(id),
                Part::Lock | Part::Moved(_) | Part::Other => kept.others.push(id),
            }
        }
        let view = View { world: self, collection, shown, kept };
        let mut sessions: Vec<TrueSession> =
            view.kept.iter().map(|(&life, kept)| view.session(life, kept)).collect();
        sessions.sort_by_key(|session| (session.boot, session.logon_id));
        TrueComputer {
            name: self.host.computer.clone(),
            names: self.names.clone(),
            tied: collected.tied,
            boots: (1..=self.boot).map(|number| view.boot(number)).collect(),
            sessions,
            findings: view.findings(),
            has_security_log: view.shown.keys().any(|(channel, _)| *channel == SECURITY),
        }
    }
}

impl View<'_> {
    pub fn era(&self, boot: u32) -> &super::world::Era {
        &self.world.eras[usize::try_from(boot - 1).expect("an index")]
    }

    pub fn of_boot(&self, boot: u32) -> impl Iterator<Item = (&(&'static str, u64), &Written)> {
        self.shown.iter().filter(move |((channel, _), written)| {
            written.boot == boot && BOOT_CHANNELS.contains(channel)
        })
    }

    pub fn visible(&self, boot: u32) -> bool {
        self.of_boot(boot).next().is_some()
    }

    fn next_visible(&self, boot: u32) -> Option<u32> {
        (boot + 1..=self.world.boot).find(|&later| self.visible(later))
    }

    fn has(&self, boot: u32, role: Role) -> bool {
        self.of_boot(boot).any(|(_, written)| written.role == role)
    }

    /// A record of the boot says that it was closed in order.
    fn closed(&self, boot: u32) -> bool {
        self.has(boot, Role::CleanEnd) || self.transition(boot)
    }

    /// Kernel-Power 109 of the boot is in the files.
    fn transition(&self, boot: u32) -> bool {
        self.of_boot(boot)
            .any(|(_, written)| written.role == Role::EndAction && written.event_id == 109)
    }

    fn steady(&self, from: u64, to: u64) -> bool {
        !self.world.steps.iter().any(|step| from <= step.at && step.at <= to)
    }

    /// Whether the readings of the next boot bound what ended in this one: every change of the
    /// clock until this boot's end is told, and the next boot's clock was not behind, or the files
    /// tell how it was set right.
    fn bounded_above(&self, boot: u32, end: u64) -> bool {
        let stopped = self.era(boot).ended.map_or(u64::MAX, |(stopped, _)| stopped);
        let Some(next) = self.next_visible(boot).map(|next| self.era(next).started.0) else {
            return self.told_steps(end, u64::MAX);
        };
        let steps = || self.world.steps.iter().enumerate();
        let between = steps().filter(|(_, step)| stopped < step.at && step.at <= next);
        let mut behind: i64 = between.map(|(_, step)| step.by).sum();
        for (index, step) in steps() {
            let soon = next < step.at && step.at <= next + CORRECTED_WITHIN;
            if soon && behind < 0 && self.step_records(index).next().is_some() {
                behind += step.by;
            }
        }
        self.told_steps(end, stopped) && behind >= 0
    }

    fn steady_after(&self, boot: u32, end: u64) -> bool {
        let next = self.next_visible(boot).map(|next| self.era(next).started.0 + BOOT_TAKES);
        self.steady(end, next.unwrap_or(u64::MAX))
    }

    pub fn boot(&self, number: u32) -> TrueBoot {
        let era = self.era(number);
        let next = self.next_visible(number);
        let crashed = next.is_some_and(|next| self.has(next, Role::CrashSign));
        let end_causes = if self.closed(number) {
            if self.transition(number) {
                vec![era.cause]
            } else if self.has(number, Role::EndAction) {
                vec![era.cause, "shutdown"]
            } else {
                vec!["shutdown"]
            }
        } else if self.has(number, Role::EndAction) {
            vec![era.cause, "shutdown", "unknown", "log-end"]
        } else if crashed {
            vec!["crash"]
        } else if next.is_some() {
            vec!["unknown"]
        } else {
            vec!["log-end"]
        };
        let marks = self
            .of_boot(number)
            .filter(|(_, written)| written.role == Role::Mark)
            .map(|(&(channel, id), written)| (channel, id, written.event_id))
            .collect();
        let end = era.ended.map_or(self.world.now, |(end, _)| end);
        TrueBoot {
            number,
            started: era.started.1,
            ended: era.ended.map(|(_, reading)| reading),
            end_causes,
            marks,
            records: self.of_boot(number).map(|(&key, _)| key).collect(),
            steady_before_end: self.steady(era.started.0 + 1, end),
            steady_after_end: self.steady_after(number, end),
            undecided: self.cannot_tell_boot(number),
        }
    }

    fn marked(&self, boot: u32) -> bool {
        self.of_boot(boot).any(|(_, written)| written.role == Role::Mark)
    }

    /// A boot that cannot be told from its neighbour, in either direction.
    pub fn cannot_tell_boot(&self, boot: u32) -> Option<&'static str> {
        let next = self.next_visible(boot);
        self.blends_with_the_one_before(boot)
            .or_else(|| next.and_then(|next| self.blends_with_the_one_before(next)))
    }

    /// Where no record marks the start of a boot, LSASS' process or the Logon IDs tell it from
    /// the one before (3.1, B1 and B2), or nothing does. A lone service start may be just that.
    pub fn blends_with_the_one_before(&self, boot: u32) -> Option<&'static str> {
        let before = (1..boot).rev().find(|&earlier| self.visible(earlier))?;
        if self.reads_before_its_start(boot) && !self.closed(before) {
            return Some("its clock was set back, and nothing shows it");
        }
        if self.kernel_may_go_with(before, boot) {
            return Some("a kernel's start right after the start of the event log service");
        }
        if self.marked(boot) {
            let only_service = self
                .of_boot(boot)
                .filter(|(_, written)| written.role == Role::Mark)
                .all(|(_, written)| written.event_id == 6005);
            let told = !only_service || self.asked_to_end(before) || self.transition(before);
            return (!told).then_some("a start of the event log service alone");
        }
        let process = |boot: u32| {
            self.of_boot(boot)
                .find(|(_, written)| matches!(written.role, Role::Of(..)))
                .map(|(_, written)| written.process_id)
        };
        let begun = |boot: u32| {
            self.kept
                .iter()
                .filter(|(_, kept)| kept.start.is_some())
                .map(|(&life, _)| &self.world.lives[life])
                .filter(move |life| life.boot == boot)
                .map(|life| life.logon_id)
        };
        let differs = match (process(before), process(boot)) {
            (Some(before), Some(boot)) => before != boot,
            _ => false,
        };
        let regressed = match (begun(before).max(), begun(boot).min()) {
            (Some(highest), Some(lowest)) => lowest + 1_024 < highest,
            _ => false,
        };
        (!differs && !regressed).then_some("neither a mark, nor LSASS' process, nor Logon IDs")
    }

    /// What the Security log holds of the boot reads earlier than the start that the System log
    /// shows, and neither the start of LSASS nor the step of the clock is in the files: by all
    /// that they hold, the boot before went on until then.
    fn reads_before_its_start(&self, boot: u32) -> bool {
        let started = self.era(boot).started.1;
        let of = |wanted: &'static str| {
            self.of_boot(boot).filter(move |((channel, _), _)| *channel == wanted)
        };
        let marked = of(SECURITY).any(|(_, written)| written.role == Role::Mark);
        let stepped = self.of_boot(boot).any(|(_, written)| matches!(written.event_id, 1 | 4616));
        let shown = of(SYSTEM).any(|(_, written)| written.role == Role::Mark);
        let early = of(SECURITY).any(|(_, written)| written.reading < started);
        shown && early && !marked && !stepped
    }

    /// The boot shows only its kernel's start, and that next to the service's start of the one
    /// before, whose own kernel is not in the files: with a clock that was then set it may be one.
    fn kernel_may_go_with(&self, before: u32, boot: u32) -> bool {
        let marks = |boot: u32| -> Vec<u16> {
            let marks = self.of_boot(boot).filter(|(_, written)| written.role == Role::Mark);
            marks.map(|(_, written)| written.event_id).collect()
        };
        let half_a_day = 12 * 3_600 * 10_000_000;
        let lag = self.era(boot).started.1.0.saturating_sub(self.era(before).started.1.0);
        marks(before) == [6005] && marks(boot) == [12] && lag <= half_a_day
    }

    /// The boot was asked to end, and the event log service stopped.
    fn asked_to_end(&self, before: u32) -> bool {
        self.has(before, Role::EndAction) && self.has(before, Role::CleanEnd)
    }

    pub fn session(&self, index: usize, kept: &Kept) -> TrueSession {
        let life = &self.world.lives[index];
        let mut undecided = Vec::new();
        let classes = self.classes(life, kept, &mut undecided);
        let end_causes = self.end_causes(life, kept, &mut undecided);
        let logon_id = |life: usize| self.world.lives[life].logon_id;
        let revalidates = life.revalidates.map_or(Vec::new(), |of| {
            // Another check whose end is not in the files looks like a session, too.
            let unended = self.kept.iter().filter(|(other, kept)| {
                self.world.lives[**other].revalidates == Some(of) && kept.terminated.is_none()
            });
            let halves = [Some(of), self.world.lives[of].partner];
            let others = unended.map(|(&other, _)| other);
            halves.into_iter().flatten().chain(others).map(logon_id).collect()
        });
        let (end, reading) = match life.ended {
            Some((end, reading)) => (end, Some(reading)),
            None => (self.world.now, None),
        };
        let pair_known = self.pair_known(index);
        TrueSession {
            boot: life.boot,
            logon_id: life.logon_id,
            account: life.account.clone(),
            logon_type: life.logon_type,
            classes,
            start: kept.start,
            initiated: kept.initiated,
            terminated: kept.terminated,
            others: kept.others.clone(),
            ended: reading,
            silent: life.silent,
            steady_before_end: self.told_steps(life.begun, end),
            steady_after_end: self.bounded_above(life.boot, end),
            end_causes,
            partner: life.partner.filter(|_| pair_known).map(logon_id),
            partner_known: pair_known || life.partner.is_none(),
            revalidates,
            start_cause: self.start_cause(life.boot, kept),
            lasted: self.lasted(index, kept),
            desk: self.desk(index, kept),
            desk_decided: self.desk_decided(index),
            checks: self.checks(index, kept),
            notices: self.notices(index),
            partners: self.partners(index, kept),
            parent: life.parent.map(logon_id),
            decidable: undecided.is_empty(),
            undecided,
        }
    }

    /// Whether the files tell the other half of a pair: by the link, or by the rule of 4.5.
    pub fn pair_known(&self, index: usize) -> bool {
        let life = &self.world.lives[index];
        let (Some(partner), Some(kept)) = (life.partner, self.kept.get(&index)) else {
            return false;
        };
        if self.world.setup.windows >= Windows::Ten {
            return kept.start.is_some();
        }
        let Some(other) = self.kept.get(&partner) else { return false };
        let elevated = if life.elevated { kept } else { other };
        let both = kept.start.is_some() && other.start.is_some();
        both && !elevated.others.is_empty() && life.class != "window-manager"
    }

    /// What kind of session; empty where its logon is not in the files.
    fn classes(
        &self,
        life: &Life,
        kept: &Kept,
        undecided: &mut Vec<&'static str>,
    ) -> Vec<&'static str> {
        if kept.start.is_none() {
            return Vec::new();
        }
        let Some(of) = life.revalidates else { return vec![life.class] };
        let parent = self.kept.get(&of);
        if kept.terminated.is_none() {
            undecided.push("the end of a check is not in the files");
        } else if parent.is_none_or(|parent| parent.start.is_none()) {
            undecided.push("the logon of the session that was checked is not in the files");
        } else {
            return vec![life.class];
        }
        let alone = if life.logon_type == 10 { "remote-desktop" } else { "desktop" };
        vec![life.class, alone]
    }

    fn end_causes(
        &self,
        life: &Life,
        kept: &Kept,
        undecided: &mut Vec<&'static str>,
    ) -> Vec<&'static str> {
        if kept.terminated.is_some() {
            return vec!["terminated"];
        }
        if kept.initiated.is_some() {
            return vec!["initiated"];
        }
        let base = self.without_end(life, kept, undecided);
        let Some(partner) = life.partner.filter(|_| life.elevated) else { return base };
        let other = self.kept.get(&partner);
        if other.is_some_and(Kept::ended) && kept.start.is_some() && self.pair_known(partner) {
            undecided.clear();
            return vec!["inherited"];
        }
        [base, vec!["inherited"]].concat()
    }

    /// The causes for a session without a record of its end.
    fn without_end(
        &self,
        life: &Life,
        kept: &Kept,
        undecided: &mut Vec<&'static str>,
    ) -> Vec<&'static str> {
        let closed = self.closed(life.boot);
        let mut causes = match self.next_visible(life.boot) {
            _ if closed => vec!["shutdown"],
            Some(next) if self.has(next, Role::CrashSign) => vec!["crash"],
            Some(_) => vec!["epoch-end"],
            None => vec!["open"],
        };
        if life.silent {
            undecided.push("it ended without a record");
        }
        if self.collection != Collection::Files {
            undecided.push("only some events were collected");
            causes.push("censored");
        } else if self.hole_after(life.boot, kept) {
            undecided.push("records are missing");
            return vec!["censored"];
        }
        let goes_on = self
            .shown
            .iter()
            .any(|(&(channel, _), written)| channel == SECURITY && written.boot > life.boot);
        if !closed && !goes_on && self.next_visible(life.boot).is_some() {
            // It may have been collected before the System log was.
            undecided.push("the Security log ends with this boot");
            causes.push("censored");
        }
        if !self.world.setup.audits_logoffs {
            undecided.push("logoffs are not audited");
            causes.push("censored");
        }
        self.add_lost(life, kept, closed, &mut causes);
        causes
    }

    /// An 1108 names a logoff of the boot as lost: surely that of the session it was, possibly
    /// that of another.
    fn add_lost(&self, life: &Life, kept: &Kept, closed: bool, causes: &mut Vec<&'static str>) {
        let first = kept.all().min().unwrap_or(0);
        for (&(_, id), written) in &self.shown {
            let Role::LostLogoff(lost) = written.role else { continue };
            let other = &self.world.lives[lost];
            if other.boot != life.boot || id < first {
                continue;
            }
            if other.logon_id == life.logon_id && closed && causes.len() == 1 {
                *causes = vec!["lost"];
                return;
            }
            causes.extend(if closed { &["lost"][..] } else { &["lost", "censored"] });
        }
    }

    /// Whether records that may hold the session's end are missing: ids skip between its last
    /// record and the first of a later boot, or the log is full meanwhile.
    fn hole_after(&self, boot: u32, kept: &Kept) -> bool {
        let last = kept.all().max().unwrap_or(0);
        let mut before = last;
        let after = self.shown.range((SECURITY, last + 1)..=(SECURITY, u64::MAX));
        for (&(_, id), written) in after {
            if id != before + 1 || (written.boot == boot && written.event_id == 1104) {
                return true;
            }
            // What the boot writes after its 1100 is not much, and no later than it.
            let closes = written.boot == boot && written.event_id == 1100;
            if written.boot > boot || closes {
                return false;
            }
            before = id;
        }
        false
    }
}

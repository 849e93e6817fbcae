//! What the collected files show of a desktop apart from its start and end: where it was attached,
//! when it was locked, and how long it was in use.

use super::expected::{EvidenceView, SessionRecords};
use super::expected_changes::{ChangeKind, Key, event_id, idle};
use super::simulator::{Notice, Role, SessionRecord, Written};
use super::truth::{TrueAttachment, TrueDesktop};
use crate::catalogue::SECURITY;
use std::collections::{BTreeMap, BTreeSet};

/// In 100 ns units.
const MINUTE: u64 = 60 * 10_000_000;

impl EvidenceView<'_> {
    /// How the start of a session is known.
    pub fn start_cause(&self, boot: u32, recorded: &SessionRecords) -> &'static str {
        let begins =
            |written: &Written| written.role == Role::BootStart || written.event_id == 4902;
        let boot_in_files = self
            .in_files
            .iter()
            .any(|(key, written)| key.0 == SECURITY && written.boot == boot && begins(written));
        match (recorded.start, boot_in_files) {
            (Some(_), _) => "exact",
            (None, true) => "missing-4624",
            (None, false) => "before-log",
        }
    }

    /// The true time from the 4624 of a session to the record of its end, in 100 ns units, if the
    /// files hold both and every step of the clock between them.
    pub fn duration(&self, session: usize, recorded: &SessionRecords) -> Option<u64> {
        let linked = self.simulator.sessions[session].linked.filter(|_| self.pair_known(session));
        let inherited = linked.and_then(|other| self.recorded.get(&other));
        let end_of = |recorded: &SessionRecords| recorded.terminated.or(recorded.initiated);
        let end = end_of(recorded).or_else(|| end_of(inherited?))?;
        self.elapsed(self.happened(recorded.start?), self.happened(end))
    }

    fn happened(&self, record: u64) -> u64 {
        self.in_files[&(SECURITY, record)].happened
    }

    /// The true time between two moments, if the files show every step of the clock between them.
    fn elapsed(&self, from: u64, to: u64) -> Option<u64> {
        (self.steps_recorded(from, to) && !self.resumed_unseen(from, to)).then(|| to - from)
    }

    /// Whether the host resumed between two moments, and the files record that in the same way as
    /// a step forward. They do not decide then whether that time passed.
    fn resumed_unseen(&self, from: u64, to: u64) -> bool {
        let records = self.resumes_like_steps().flat_map(|finding| finding.records);
        let times = records.map(|key| self.in_files[&key].happened);
        times.into_iter().any(|at| from <= at && at <= to)
    }

    /// Whether the files hold every step of the clock between two moments.
    pub fn steps_recorded(&self, from: u64, to: u64) -> bool {
        self.simulator
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| from <= step.at && step.at <= to)
            .all(|(index, _)| self.step_records(index).next().is_some())
    }

    /// The records that say by how much the clock was changed. Version 0 of 4616 (Windows 7) does
    /// not: its times are local text.
    pub fn step_records(&self, step: usize) -> impl Iterator<Item = Key> {
        let texts = self.simulator.setup.windows == super::setup::Windows::Seven;
        self.in_files.iter().filter_map(move |(&key, written)| {
            let says = written.role == Role::Step(step) && !(texts && key.0 == SECURITY);
            says.then_some(key)
        })
    }

    /// The records of other logs that concern this desktop.
    pub fn notices(&self, session: usize) -> BTreeSet<Key> {
        // The files may not distinguish the other half, or a re-validation, from the desktop itself.
        let this = &self.simulator.sessions[session];
        let same = [Some(session), this.linked, this.revalidates];
        let own = |written: &Written| matches!(written.role, Role::Notice(of, _) if same.contains(&Some(of)));
        self.in_files.iter().filter(|(_, written)| own(written)).map(|(&key, _)| key).collect()
    }

    /// The records of other logs that confirm the 4624 of a desktop, or its end in Security.
    pub fn corroborating(&self, session: usize, recorded: &SessionRecords) -> BTreeSet<Key> {
        let left = recorded.initiated.or(recorded.terminated);
        let confirms = |written: &Written| match written.role {
            // The computer may sleep between a logon and what other logs record of it.
            Role::Notice(of, Notice::Logon) => {
                let soon = |start| written.happened.abs_diff(self.happened(start)) < MINUTE;
                of == session && recorded.start.is_some_and(soon)
            }
            Role::Notice(of, Notice::Logoff) => {
                let soon = |left| written.happened.abs_diff(self.happened(left)) < 10_000_000;
                of == session && left.is_some_and(soon)
            }
            _ => false,
        };
        let certain = |(key, written): &(&Key, &Written)| {
            let one_boot = || key.0 == crate::catalogue::SYSTEM || self.fits_one_boot(written);
            confirms(written) && one_boot() && self.stamp_is_unique(key.0, written)
        };
        self.in_files.iter().filter(certain).map(|(&key, _)| key).collect()
    }

    /// Whether a record of a log without boot events can be assigned to its boot: the clock of no
    /// other boot had that time, and Security holds every step of the clock in its boot.
    pub fn fits_one_boot(&self, written: &Written) -> bool {
        let mut others = (1..=self.simulator.boot).filter(|&boot| boot != written.boot);
        let had = |boot: u32| {
            let stamps = || self.of_boot(boot).map(|(_, written)| written.time_stamp.0);
            let (first, last) = (stamps().min(), stamps().max());
            first.zip(last).is_some_and(|(first, last)| {
                first <= written.time_stamp.0 + MINUTE && written.time_stamp.0 <= last + MINUTE
            })
        };
        let steps = self.of_boot(written.boot).filter_map(|(_, written)| match written.role {
            Role::Step(step) => Some(step),
            _ => None,
        });
        let steps: BTreeSet<usize> = steps.collect();
        let every = steps.iter().all(|&step| {
            self.of_boot(written.boot)
                .any(|(key, written)| key.0 == SECURITY && written.role == Role::Step(step))
        });
        every && !others.any(had) && !self.within_merged_boots(written)
    }

    /// Whether the clock had the time of this record only once in its boot. If it was set back, it
    /// may have had that time before and after, and a log without the step may mean either.
    pub fn stamp_is_unique(&self, channel: &str, written: &Written) -> bool {
        let mut steps: BTreeMap<usize, Vec<(&Key, &Written)>> = BTreeMap::new();
        for (key, record) in self.of_boot(written.boot) {
            if let Role::Step(step) = record.role {
                steps.entry(step).or_default().push((key, record));
            }
        }
        steps.iter().all(|(&step, records)| {
            let new = records[0].1.time_stamp.0;
            let old = new.saturating_add_signed(self.simulator.steps[step].by.saturating_neg());
            let in_channel = records.iter().any(|(key, _)| key.0 == channel);
            in_channel || !(new..=old).contains(&written.time_stamp.0)
        })
    }

    /// Whether the time of the record lies within a series of other boots that the files do not
    /// distinguish: they look like one boot, from the first time in them to the last.
    fn within_merged_boots(&self, written: &Written) -> bool {
        let mut runs: Vec<Vec<u32>> = Vec::new();
        for boot in (1..=self.simulator.boot).filter(|&boot| self.visible(boot)) {
            match runs.last_mut().filter(|_| self.indistinct_from_previous(boot).is_some()) {
                Some(run) => run.push(boot),
                None => runs.push(vec![boot]),
            }
        }
        let had = |run: &Vec<u32>| {
            let stamps = run.iter().flat_map(|&boot| self.of_boot(boot));
            let stamps: Vec<u64> = stamps.map(|(_, written)| written.time_stamp.0).collect();
            let (first, last) = (stamps.iter().min(), stamps.iter().max());
            first
                .zip(last)
                .is_some_and(|(&first, &last)| (first..=last).contains(&written.time_stamp.0))
        };
        runs.iter().any(|run| !run.contains(&written.boot) && had(run))
    }

    /// The 4624 of every re-validation of this session, if the files show all of them.
    pub fn checks(&self, session: usize, recorded: &SessionRecords) -> Option<Vec<u64>> {
        recorded.start.filter(|_| self.simulator.sessions[session].revalidates.is_none())?;
        let other_half = self.simulator.sessions[session].linked;
        let lost_half = other_half.filter(|other| !self.recorded.contains_key(other));
        let mut checks = Vec::new();
        for (&check, records) in &self.recorded {
            let of = &self.simulator.sessions[check];
            // Where no record names the other half, its checks look like those of this one.
            if of.revalidates.is_some() && of.revalidates == lost_half {
                return None;
            }
            if of.revalidates != Some(session) {
                continue;
            }
            // Half a re-validation, or one without its end, looks like a session of another class.
            let half = of.linked.is_some_and(|other| !self.recorded.contains_key(&other));
            let unsure = self.may_be_an_own_session(of, session) || !self.surely_checks(check);
            if records.terminated.is_none() || records.start.is_none() || half || unsure {
                return None;
            }
            let second = of.elevated && self.pair_known(check);
            let split = of.linked.is_some() && !self.pair_known(check);
            if split {
                return None;
            }
            checks.extend(records.start.filter(|_| !second));
        }
        checks.sort_unstable();
        Some(checks)
    }

    /// Whether every record of other logs about the attachments of this desktop, and about the
    /// logon that gives its number, can be assigned to its boot.
    pub fn desktop_decided(&self, index: usize) -> bool {
        let own = |((channel, _), written): &(&Key, &Written)| match written.role {
            Role::Notice(of, Notice::Moved(_)) => of == index,
            Role::Notice(of, Notice::Logon) => {
                of == index && *channel != crate::catalogue::SYSTEM && written.event_id == 21
            }
            _ => false,
        };
        let takeovers = self.takeovers_decided(index);
        takeovers
            && self.in_files.iter().filter(own).all(|((channel, _), written)| {
                self.fits_one_boot(written) && self.stamp_is_unique(channel, written)
            })
    }

    /// What the files show of a desktop; none for other sessions.
    pub fn true_desktop(&self, index: usize, recorded: &SessionRecords) -> Option<TrueDesktop> {
        let session = &self.simulator.sessions[index];
        if !session.desktop || session.elevated {
            return None;
        }
        let left = recorded.initiated.or(recorded.terminated).map(|record| self.happened(record));
        let changes = self.changes(index, recorded);
        let dated = changes.iter().filter(|(_, kind, _)| *kind != ChangeKind::TakenOver);
        let incidents = dated.map(|(key, kind, _)| (key.0, key.1, event_id(*kind)));
        let is_dated = |kind| !matches!(kind, ChangeKind::TakenOver | ChangeKind::Returned);
        let all_dated = changes.iter().all(|(_, kind, _)| is_dated(*kind));
        let start = recorded.start.map(|record| self.in_files[&(SECURITY, record)]);
        Some(TrueDesktop {
            incidents: incidents.collect(),
            attachments: self.attachments(index, start, &changes),
            left: recorded
                .initiated
                .or(recorded.terminated)
                .map(|id| self.in_files[&(SECURITY, id)].time_stamp),
            active: start.zip(left).and_then(|(start, left)| {
                let whole = self.elapsed(start.happened, left)?;
                (!changes.is_empty() && all_dated).then(|| whole - idle(&changes, left))
            }),
            slept: start.zip(left).is_some_and(|(start, left)| {
                let sleeps = &self.simulator.sleeps;
                sleeps.iter().any(|(from, to)| *from < left && start.happened < *to)
            }),
        })
    }

    /// Whether the files decide for every check by remote desktop that it is one.
    fn takeovers_decided(&self, index: usize) -> bool {
        self.recorded.iter().all(|(&check, records)| {
            let of = &self.simulator.sessions[check];
            let takeover = of.revalidates == Some(index) && of.logon_type == 10;
            let parent = self.recorded.get(&index).is_some_and(|parent| parent.start.is_some());
            let whole = records.start.is_some() && records.terminated.is_some();
            let half = of.linked.is_some() && !self.pair_known(check);
            let decided = parent && whole && !half && !self.may_be_an_own_session(of, index);
            !takeover || decided
        })
    }

    /// Where the desktop was attached, in order.
    fn attachments(
        &self,
        index: usize,
        start: Option<Written>,
        changes: &[(Key, ChangeKind, Written)],
    ) -> Vec<TrueAttachment> {
        let session = &self.simulator.sessions[index];
        let person =
            self.simulator.setup.people.iter().find(|one| one.account.sid == session.account.sid);
        let client = person.map(|one| one.client.clone()).expect("desktops are people's");
        let mut list: Vec<TrueAttachment> = Vec::new();
        let unnamed = |remote: bool, from| TrueAttachment {
            remote,
            client: String::new(),
            address: if remote { client.1.clone() } else { String::new() },
            from,
            to: None,
        };
        if let Some(start) = start {
            list.push(unnamed(session.logon_type == 10, Some(start.time_stamp)));
        }
        for ((channel, _), kind, written) in changes {
            // The workstation of a 4624 is this computer, not the client.
            let audited = *channel == SECURITY && written.event_id != 4624;
            let name = if audited { client.0.clone() } else { String::new() };
            let open = list.last().is_some_and(|last| last.to.is_none());
            match kind {
                ChangeKind::Attached | ChangeKind::TakenOver => {
                    if let Some(last) = list.last_mut().filter(|_| open) {
                        last.to = Some(written.time_stamp);
                    }
                    list.push(TrueAttachment {
                        remote: true,
                        client: name,
                        address: client.1.clone(),
                        from: (*kind == ChangeKind::Attached).then_some(written.time_stamp),
                        to: None,
                    });
                }
                ChangeKind::Detached => {
                    if !open && written.event_id == 40 {
                        continue;
                    }
                    if !open {
                        list.push(unnamed(self.was_remote(index, written.happened), None));
                    }
                    let last = list.last_mut().expect("there is one");
                    last.to = Some(written.time_stamp);
                    if last.remote && last.client.is_empty() {
                        last.client = name;
                    }
                }
                ChangeKind::Returned if list.last().is_none_or(|last| !last.remote) => {
                    list.push(unnamed(false, Some(written.time_stamp)));
                }
                ChangeKind::Returned | ChangeKind::Locked | ChangeKind::Unlocked => {}
            }
        }
        list
    }

    /// Whether the desktop was attached to a client before this moment. A session leaves the console
    /// only if it began there and was attached to no client since.
    fn was_remote(&self, index: usize, until: u64) -> bool {
        let earlier = self.simulator.written.values().any(|written| {
            let change = match written.role {
                Role::Session(of, SessionRecord::Moved(change)) if of == index => change,
                Role::Notice(of, Notice::Moved(change)) if of == index => change,
                _ => return false,
            };
            written.happened < until && self.simulator.moves[change].attached
        });
        earlier || self.simulator.sessions[index].logon_type == 10
    }
}

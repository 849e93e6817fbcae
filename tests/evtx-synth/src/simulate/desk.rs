//! What the collected files tell of a desktop beside its start and end: where it was shown, when
//! it was locked, how long it was in use (event-semantics 3.5, 4.4, 4.6, 4.8).

use super::truth::{TrueAttachment, TrueDesk};
use super::verdict::{Kept, View};
use super::world::{Notice, Part, Role, Written};
use crate::catalogue::SECURITY;
use std::collections::{BTreeMap, BTreeSet};

/// A record of a log: channel, id.
type Key = (&'static str, u64);

/// What a record tells of a desktop.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Locked,
    Unlocked,
    Attached,
    Detached,
}

impl View<'_> {
    /// How the start of a session is known.
    pub fn start_cause(&self, boot: u32, kept: &Kept) -> &'static str {
        let begins = |written: &Written| written.role == Role::Mark || written.event_id == 4902;
        let boot_shown = self
            .shown
            .iter()
            .any(|(key, written)| key.0 == SECURITY && written.boot == boot && begins(written));
        match (kept.start, boot_shown) {
            (Some(_), _) => "exact",
            (None, true) => "missing-4624",
            (None, false) => "before-log",
        }
    }

    /// True time from a session's 4624 to the record of its end, where the files tell every step
    /// of the clock between them. 100 ns.
    pub fn lasted(&self, life: usize, kept: &Kept) -> Option<u64> {
        let partner = self.world.lives[life].partner.filter(|_| self.pair_known(life));
        let inherited = partner.and_then(|other| self.kept.get(&other));
        let end_of = |kept: &Kept| kept.terminated.or(kept.initiated);
        let end = end_of(kept).or_else(|| end_of(inherited?))?;
        self.between(self.happened(kept.start?), self.happened(end))
    }

    fn happened(&self, record: u64) -> u64 {
        self.shown[&(SECURITY, record)].happened
    }

    /// True time between two moments, if the files tell how the clock was changed between them.
    fn between(&self, from: u64, to: u64) -> Option<u64> {
        (self.told_steps(from, to) && !self.resumed_unseen(from, to)).then(|| to - from)
    }

    /// Whether the host resumed between two moments in a way that the files tell as they tell a step
    /// forward: then they do not decide whether that time passed (3.5).
    fn resumed_unseen(&self, from: u64, to: u64) -> bool {
        let records = self.resumes_like_steps().flat_map(|finding| finding.records);
        let times = records.map(|key| self.shown[&key].happened);
        times.into_iter().any(|at| from <= at && at <= to)
    }

    /// Whether the files tell of every change of the clock between two moments.
    pub fn told_steps(&self, from: u64, to: u64) -> bool {
        self.world
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| from <= step.at && step.at <= to)
            .all(|(index, _)| self.step_records(index).next().is_some())
    }

    /// The records that say by how much the clock was changed. Version 0 of 4616, of Windows 7,
    /// gives local text.
    pub fn step_records(&self, step: usize) -> impl Iterator<Item = Key> {
        let texts = self.world.setup.windows == super::setup::Windows::Seven;
        self.shown.iter().filter_map(move |(&key, written)| {
            let says = written.role == Role::Step(step) && !(texts && key.0 == SECURITY);
            says.then_some(key)
        })
    }

    /// Records of other logs that speak of this desktop.
    pub fn notices(&self, life: usize) -> BTreeSet<Key> {
        // The files may not tell a half of a pair, or a check, from the desktop itself.
        let this = &self.world.lives[life];
        let same = [Some(life), this.partner, this.revalidates];
        let own = |written: &Written| matches!(written.role, Role::Notice(of, _) if same.contains(&Some(of)));
        self.shown.iter().filter(|(_, written)| own(written)).map(|(&key, _)| key).collect()
    }

    /// Records that tell of its user's coming or going beside the 4624 and the end in Security.
    pub fn partners(&self, life: usize, kept: &Kept) -> BTreeSet<Key> {
        let left = kept.initiated.or(kept.terminated);
        let told = |written: &Written| match written.role {
            Role::Notice(of, Notice::Comes) => of == life && kept.start.is_some(),
            Role::Notice(of, Notice::Goes) => {
                let soon = |left| written.happened.abs_diff(self.happened(left)) < 10_000_000;
                of == life && left.is_some_and(soon)
            }
            _ => false,
        };
        let sure = |(key, written): &(&Key, &Written)| {
            let one_boot = || key.0 == crate::catalogue::SYSTEM || self.is_of_one_boot(written);
            told(written) && one_boot() && self.was_read_once(key.0, written)
        };
        self.shown.iter().filter(sure).map(|(&key, _)| key).collect()
    }

    /// Whether a record of a log without boot marks can be told to be of its boot: no other had
    /// such readings, and Security tells of every step of the clock in it.
    fn is_of_one_boot(&self, written: &Written) -> bool {
        let minute = 60 * 10_000_000;
        let mut others = (1..=self.world.boot).filter(|&boot| boot != written.boot);
        let had = |boot: u32| {
            let stamps = || self.of_boot(boot).map(|(_, written)| written.reading.0);
            let (first, last) = (stamps().min(), stamps().max());
            first.zip(last).is_some_and(|(first, last)| {
                first <= written.reading.0 + minute && written.reading.0 <= last + minute
            })
        };
        let steps = self.of_boot(written.boot).filter_map(|(_, written)| match written.role {
            Role::Step(step) => Some(step),
            _ => None,
        });
        let told: BTreeSet<usize> = steps.collect();
        let every = told.iter().all(|&step| {
            self.of_boot(written.boot)
                .any(|(key, written)| key.0 == SECURITY && written.role == Role::Step(step))
        });
        every && !others.any(had) && !self.within_boots_taken_for_one(written)
    }

    /// Whether the clock had this reading once in its boot. Where it was set back it may have had
    /// it before and after, and a log that does not tell of the step may mean either.
    fn was_read_once(&self, channel: &str, written: &Written) -> bool {
        let mut steps: BTreeMap<usize, Vec<(&Key, &Written)>> = BTreeMap::new();
        for (key, record) in self.of_boot(written.boot) {
            if let Role::Step(step) = record.role {
                steps.entry(step).or_default().push((key, record));
            }
        }
        steps.iter().all(|(&step, records)| {
            let new = records[0].1.reading.0;
            let old = new.saturating_add_signed(self.world.steps[step].by.saturating_neg());
            let told = records.iter().any(|(key, _)| key.0 == channel);
            told || !(new..=old).contains(&written.reading.0)
        })
    }

    /// Whether other boots that cannot be told from each other are as one whose clock had this
    /// reading, from the first reading of them all to the last.
    fn within_boots_taken_for_one(&self, written: &Written) -> bool {
        let mut runs: Vec<Vec<u32>> = Vec::new();
        for boot in (1..=self.world.boot).filter(|&boot| self.visible(boot)) {
            match runs.last_mut().filter(|_| self.blends_with_the_one_before(boot).is_some()) {
                Some(run) => run.push(boot),
                None => runs.push(vec![boot]),
            }
        }
        let had = |run: &Vec<u32>| {
            let stamps = run.iter().flat_map(|&boot| self.of_boot(boot));
            let stamps: Vec<u64> = stamps.map(|(_, written)| written.reading.0).collect();
            let (first, last) = (stamps.iter().min(), stamps.iter().max());
            first
                .zip(last)
                .is_some_and(|(&first, &last)| (first..=last).contains(&written.reading.0))
        };
        runs.iter().any(|run| !run.contains(&written.boot) && had(run))
    }

    /// The 4624 of every check of this session, if the files tell them all.
    pub fn checks(&self, life: usize, kept: &Kept) -> Option<Vec<u64>> {
        kept.start.filter(|_| self.world.lives[life].revalidates.is_none())?;
        let mut checks = Vec::new();
        for (&check, records) in &self.kept {
            let of = &self.world.lives[check];
            if of.revalidates != Some(life) {
                continue;
            }
            // Half a check, or one whose end is lost, looks like something else.
            let half = of.partner.is_some_and(|other| !self.kept.contains_key(&other));
            if records.terminated.is_none() || records.start.is_none() || half {
                return None;
            }
            let second = of.elevated && self.pair_known(check);
            let split = of.partner.is_some() && !self.pair_known(check);
            if split {
                return None;
            }
            checks.extend(records.start.filter(|_| !second));
        }
        checks.sort_unstable();
        Some(checks)
    }

    /// Whether the files tell what other logs say of this desktop: of its moves, and of the logon
    /// that ties its number to it.
    pub fn desk_decided(&self, index: usize) -> bool {
        let own = |((channel, _), written): &(&Key, &Written)| match written.role {
            Role::Notice(of, Notice::Moved(_)) => of == index,
            Role::Notice(of, Notice::Comes) => {
                of == index && *channel != crate::catalogue::SYSTEM && written.event_id == 21
            }
            _ => false,
        };
        self.shown.iter().filter(own).all(|((channel, _), written)| {
            self.is_of_one_boot(written) && self.was_read_once(channel, written)
        })
    }

    /// What the files tell of a desktop; none for other sessions.
    pub fn desk(&self, index: usize, kept: &Kept) -> Option<TrueDesk> {
        let life = &self.world.lives[index];
        if !life.desktop || life.elevated {
            return None;
        }
        let left = kept.initiated.or(kept.terminated).map(|record| self.happened(record));
        let changes = self.changes(index, kept);
        let incidents = changes.iter().map(|(key, told, _)| (key.0, key.1, event_id(*told)));
        let start = kept.start.map(|record| self.shown[&(SECURITY, record)]);
        Some(TrueDesk {
            incidents: incidents.collect(),
            attachments: self.attachments(index, start, &changes),
            left: kept.initiated.or(kept.terminated).map(|id| self.shown[&(SECURITY, id)].reading),
            active: start.zip(left).and_then(|(start, left)| {
                let whole = self.between(start.happened, left)?;
                (!changes.is_empty()).then(|| whole - idle(&changes, left))
            }),
        })
    }

    /// Locks and moves, each by the record that tells of it: Security's own before another's.
    fn changes(&self, index: usize, kept: &Kept) -> Vec<(Key, Told, Written)> {
        let life = &self.world.lives[index];
        let ended = life.ended.map_or(u64::MAX, |(at, _)| at);
        let told = |change: usize| match self.world.moves[change].attached {
            true => Told::Attached,
            false => Told::Detached,
        };
        // The session manager names no Logon ID: its logon notice ties its number to the 4624.
        let comes = |(key, written): (&Key, &Written)| {
            written.role == Role::Notice(index, Notice::Comes)
                && (key.0 == crate::catalogue::SYSTEM || written.event_id == 21)
        };
        let tied = kept.start.is_some() && self.shown.iter().any(comes);
        let mut moves: BTreeMap<usize, (Key, Told, Written)> = BTreeMap::new();
        let mut changes = Vec::new();
        for (&key, &written) in &self.shown {
            match written.role {
                Role::Of(of, Part::Lock) if of == index => {
                    let locked = written.event_id == 4800;
                    let told = if locked { Told::Locked } else { Told::Unlocked };
                    changes.push((key, told, written));
                }
                Role::Of(of, Part::Moved(change)) if of == index => {
                    moves.insert(change, (key, told(change), written));
                }
                Role::Notice(of, Notice::Moved(change))
                    if of == index && tied && written.happened <= ended =>
                {
                    // 40 says that it was disconnected, 24 also from where.
                    let known = moves.get(&change);
                    if known.is_none_or(|(_, _, known)| known.event_id == 40) {
                        moves.insert(change, (key, told(change), written));
                    }
                }
                _ => {}
            }
        }
        changes.extend(moves.into_values());
        changes.sort_by_key(|(_, _, written)| written.happened);
        changes
    }

    fn attachments(
        &self,
        index: usize,
        start: Option<Written>,
        changes: &[(Key, Told, Written)],
    ) -> Vec<TrueAttachment> {
        let life = &self.world.lives[index];
        let person = self.world.setup.people.iter().find(|one| one.account.sid == life.account.sid);
        let client = person.map(|one| one.client.clone()).expect("desktops are people's");
        let mut list: Vec<TrueAttachment> = Vec::new();
        if let Some(start) = start {
            let remote = life.logon_type == 10;
            let address = if remote { client.1.clone() } else { String::new() };
            list.push(TrueAttachment {
                remote,
                client: String::new(),
                address,
                from: Some(start.reading),
                to: None,
            });
        }
        for ((channel, _), told, written) in changes {
            let audited = *channel == SECURITY;
            let name = if audited { client.0.clone() } else { String::new() };
            let open = list.last().is_some_and(|last| last.to.is_none());
            match told {
                Told::Attached => {
                    if let Some(last) = list.last_mut().filter(|_| open) {
                        last.to = Some(written.reading);
                    }
                    list.push(TrueAttachment {
                        remote: true,
                        client: name,
                        address: client.1.clone(),
                        from: Some(written.reading),
                        to: None,
                    });
                }
                Told::Detached => {
                    // Only the session that began at the console, and was never moved before,
                    // leaves the console.
                    let remote = self.was_remote(index, written.happened);
                    if !open && written.event_id == 40 {
                        continue;
                    }
                    if !open {
                        list.push(TrueAttachment {
                            remote,
                            client: String::new(),
                            address: if remote { client.1.clone() } else { String::new() },
                            from: None,
                            to: None,
                        });
                    }
                    let last = list.last_mut().expect("there is one");
                    last.to = Some(written.reading);
                    if last.remote && last.client.is_empty() {
                        last.client = name;
                    }
                }
                Told::Locked | Told::Unlocked => {}
            }
        }
        list
    }

    /// Whether the desktop was on a client until this moment.
    fn was_remote(&self, index: usize, until: u64) -> bool {
        let earlier = self.world.written.values().any(|written| {
            let change = match written.role {
                Role::Of(of, Part::Moved(change)) if of == index => change,
                Role::Notice(of, Notice::Moved(change)) if of == index => change,
                _ => return false,
            };
            written.happened < until && self.world.moves[change].attached
        });
        earlier || self.world.lives[index].logon_type == 10
    }
}

fn event_id(told: Told) -> u16 {
    match told {
        Told::Locked => 4800,
        Told::Unlocked => 4801,
        Told::Attached => 4778,
        Told::Detached => 4779,
    }
}

/// Time away until the user left: locked or not shown anywhere.
fn idle(changes: &[(Key, Told, Written)], left: u64) -> u64 {
    let (mut locked, mut gone, mut total) = (false, false, 0);
    let mut since: Option<u64> = None;
    for (_, told, written) in changes {
        match told {
            Told::Locked => locked = true,
            Told::Unlocked => locked = false,
            Told::Detached => gone = true,
            // Whoever comes back has given the password.
            Told::Attached => (locked, gone) = (false, false),
        }
        match since {
            None if locked || gone => since = Some(written.happened),
            Some(from) if !(locked || gone) => {
                total += written.happened - from;
                since = None;
            }
            _ => {}
        }
    }
    total + since.map_or(0, |from| left.saturating_sub(from))
}

//! What the collected files show of the changes of a desktop: locks, changes of attachment, and takeovers that only a
//! check of the password shows.

use super::expected::{EvidenceView, SessionRecords};
use super::simulator::{Notice, Role, SessionRecord, Written};
use crate::catalogue::SECURITY;
use std::collections::BTreeMap;

/// A record of a log: channel, id.
pub(super) type Key = (&'static str, u64);

/// What a record says of a desktop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ChangeKind {
    Locked,
    Unlocked,
    Attached,
    /// Attached by a takeover of which only the check and the detachment before it are left, so that
    /// nothing says when.
    TakenOver,
    /// The user came back: only a check of the password shows that, and it does not say whether by a client.
    Returned,
    Detached,
}

impl EvidenceView<'_> {
    /// Locks and changes of attachment, each with its record: that of Security if there is one,
    /// else that of another log.
    pub fn changes(
        &self,
        index: usize,
        recorded: &SessionRecords,
    ) -> Vec<(Key, ChangeKind, Written)> {
        let session = &self.simulator.sessions[index];
        let ended = session.ended.map_or(u64::MAX, |(at, _)| at);
        let kind_of = |change: usize| match self.simulator.moves[change].attached {
            true => ChangeKind::Attached,
            false => ChangeKind::Detached,
        };
        // The session manager names no Logon ID. Its logon event connects its number to the 4624.
        let logon = |(key, written): (&Key, &Written)| {
            written.role == Role::Notice(index, Notice::Logon)
                && (key.0 == crate::catalogue::SYSTEM || written.event_id == 21)
        };
        let numbered = recorded.start.is_some() && self.in_files.iter().any(logon);
        let mut moves: BTreeMap<usize, (Key, ChangeKind, Written)> = BTreeMap::new();
        let mut changes = Vec::new();
        for (&key, &written) in &self.in_files {
            match written.role {
                Role::Session(of, SessionRecord::Lock) if of == index => {
                    let locked = written.event_id == 4800;
                    let kind = if locked { ChangeKind::Locked } else { ChangeKind::Unlocked };
                    changes.push((key, kind, written));
                }
                Role::Session(of, SessionRecord::Moved(change)) if of == index => {
                    moves.insert(change, (key, kind_of(change), written));
                }
                Role::Notice(of, Notice::Moved(change))
                    if of == index && numbered && written.happened <= ended =>
                {
                    // 40 says that the desktop was disconnected, 24 also from which address.
                    let known = moves.get(&change);
                    if known.is_none_or(|(_, _, known)| known.event_id == 40) {
                        moves.insert(change, (key, kind_of(change), written));
                    }
                }
                _ => {}
            }
        }
        changes.extend(self.takeovers_by_check(index, &moves));
        changes.extend(moves.into_values());
        changes.sort_by_key(|(_, _, written)| written.happened);
        put_takeovers_last(&mut changes);
        for returned in self.returns_by_check(index, &changes) {
            let at = changes.iter().position(|(_, _, one)| one.happened > returned.2.happened);
            changes.insert(at.unwrap_or(changes.len()), returned);
        }
        changes
    }

    /// The checks at the console of a desktop that was disconnected and of which no record says that it was attached
    /// again.
    fn returns_by_check(
        &self,
        index: usize,
        changes: &[(Key, ChangeKind, Written)],
    ) -> Vec<(Key, ChangeKind, Written)> {
        let moves = |kind: ChangeKind| !matches!(kind, ChangeKind::Locked | ChangeKind::Unlocked);
        let left_at = |at: u64| {
            let moved = || changes.iter().filter(|(_, kind, _)| moves(*kind));
            let before = moved().rfind(|(_, _, written)| written.happened < at)?;
            let after = moved().find(|(_, _, written)| written.happened >= at);
            let is_away = before.1 == ChangeKind::Detached
                && after.is_none_or(|(_, kind, _)| *kind == ChangeKind::Detached);
            is_away.then_some(before.2.happened)
        };
        let starts = self.recorded.iter().filter_map(|(&check, records)| {
            let of = &self.simulator.sessions[check];
            let second = of.elevated && self.pair_known(check);
            let is_ours = of.revalidates == Some(index) && of.logon_type != 10;
            records.start.filter(|_| is_ours && !second)
        });
        let mut checks: Vec<(Key, Written)> =
            starts.map(|start| ((SECURITY, start), self.in_files[&(SECURITY, start)])).collect();
        checks.sort_by_key(|(_, written)| written.happened);
        let mut known = None;
        let mut is_first = |written: &Written| {
            let left = left_at(written.happened);
            left.is_some() && known.replace(left) != Some(left)
        };
        let returns = checks.into_iter().filter(|(_, written)| is_first(written));
        returns.map(|(key, written)| (key, ChangeKind::Returned, written)).collect()
    }

    /// The logons of checks by remote desktop whose takeover no other record shows: the logon
    /// itself says from where the desktop was taken over.
    fn takeovers_by_check(
        &self,
        index: usize,
        moves: &BTreeMap<usize, (Key, ChangeKind, Written)>,
    ) -> Vec<(Key, ChangeKind, Written)> {
        let told = |at: u64| {
            moves.values().any(|(_, kind, written)| {
                *kind == ChangeKind::Attached && (at..at + 100_000_000).contains(&written.happened)
            })
        };
        let mut takeovers = Vec::new();
        for (&check, records) in &self.recorded {
            let of = &self.simulator.sessions[check];
            let second = of.elevated && self.pair_known(check);
            let Some(start) = records.start.filter(|_| !second) else { continue };
            let key = (SECURITY, start);
            let written = self.in_files[&key];
            let takeover = of.revalidates == Some(index) && of.logon_type == 10;
            if takeover && !told(written.happened) {
                takeovers.push((key, ChangeKind::Attached, written));
            }
        }
        takeovers
    }
}

/// Puts a takeover that only its check shows behind the detachments within ten seconds: the client logs
/// on, then the desktop is taken from where it was, then it is given to the client. So it stands in the
/// records of a real takeover: the check, after 0.35 s 24 and 4779, after 1.86 s 25 and 4778.
fn put_takeovers_last(changes: &mut [(Key, ChangeKind, Written)]) {
    let mut open = true;
    for at in 0..changes.len() {
        let (_, kind, written) = changes[at];
        if open && kind == ChangeKind::Attached && written.event_id == 4624 {
            let until = written.happened + 100_000_000;
            let later = changes[at + 1..].iter().take_while(|(_, kind, written)| {
                *kind != ChangeKind::Attached && written.happened <= until
            });
            let kinds: Vec<ChangeKind> = later.map(|(_, kind, _)| *kind).collect();
            if let Some(last) = kinds.iter().rposition(|kind| *kind == ChangeKind::Detached) {
                changes[at].1 = ChangeKind::TakenOver;
                changes[at..=at + 1 + last].rotate_left(1);
            }
        }
        match changes[at].1 {
            ChangeKind::Attached | ChangeKind::TakenOver | ChangeKind::Returned => open = true,
            ChangeKind::Detached => open = false,
            ChangeKind::Locked | ChangeKind::Unlocked => {}
        }
    }
}

pub(super) fn event_id(kind: ChangeKind) -> u16 {
    match kind {
        ChangeKind::Locked => 4800,
        ChangeKind::Unlocked => 4801,
        ChangeKind::Attached | ChangeKind::TakenOver | ChangeKind::Returned => 4778,
        ChangeKind::Detached => 4779,
    }
}

/// Time until the logoff in which the desktop was locked or disconnected, in 100 ns units.
pub(super) fn idle(changes: &[(Key, ChangeKind, Written)], left: u64) -> u64 {
    let (mut locked, mut gone, mut total) = (false, false, 0);
    let mut since: Option<u64> = None;
    for (_, kind, written) in changes {
        match kind {
            ChangeKind::Locked => locked = true,
            ChangeKind::Unlocked => locked = false,
            ChangeKind::Detached => gone = true,
            // The user gave the password to reconnect, so the desktop is unlocked as well.
            ChangeKind::Attached | ChangeKind::TakenOver | ChangeKind::Returned => {
                (locked, gone) = (false, false);
            }
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

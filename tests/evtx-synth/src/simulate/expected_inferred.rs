//! Desktops that Security does not name: what the other logs show of them, and what they
//! show of checks that last long.

use super::expected::{EvidenceView, SessionRecords};
use super::simulator::{Notice, Role, SimulatedSession, Written};
use super::truth::TrueInferred;
use crate::catalogue::{SECURITY, SYSTEM};
use std::collections::BTreeSet;

/// A check that lasts no longer than this is one without any other record.
const CHECK: u64 = 15 * 10_000_000;

type Key = (&'static str, u64);

impl EvidenceView<'_> {
    /// Every desktop without a record in Security, of which another log tells.
    pub fn inferred(&self) -> Vec<TrueInferred> {
        let desktops = self.simulator.sessions.iter().enumerate();
        let unnamed = desktops.filter(|(index, session)| {
            let halves = [Some(*index), session.linked];
            let named = halves.iter().flatten().any(|half| self.recorded.contains_key(half));
            session.desktop && !session.elevated && !named
        });
        unnamed.filter_map(|(index, session)| self.inferred_one(index, session)).collect()
    }

    fn inferred_one(&self, index: usize, session: &SimulatedSession) -> Option<TrueInferred> {
        let own = |written: &Written| matches!(written.role, Role::Notice(of, _) if of == index);
        let notices: Vec<(&Key, &Written)> =
            self.in_files.iter().filter(|(_, written)| own(written)).collect();
        let left = session.left.or(session.ended);
        let end = left.map_or(self.simulator.now, |(end, _)| end);
        let is = |written: &Written, notice, ids: [u16; 2]| {
            written.role == Role::Notice(index, notice) && ids.contains(&written.event_id)
        };
        let mut logons =
            notices.iter().filter(|(_, written)| is(written, Notice::Logon, [7001, 21]));
        let first = logons.next().map(|(_, written)| written.happened);
        let audited = |from: u64| {
            self.of_boot(session.boot)
                .any(|(key, written)| key.0 == SECURITY && written.happened <= from)
        };
        let by_session_manager = notices.iter().filter(|((channel, _), _)| *channel != SYSTEM);
        let decided = self.visible(session.boot)
            && self.undecided_boot(session.boot).is_none()
            && by_session_manager.into_iter().all(|((channel, _), written)| {
                self.fits_one_boot(written) && self.stamp_is_unique(channel, written)
            });
        (!notices.is_empty()).then(|| TrueInferred {
            boot: session.boot,
            account: session.account.clone(),
            notices: notices.iter().map(|(key, _)| **key).collect(),
            required: decided && first.is_some_and(|first| !audited(first)),
            ended: left.map(|(_, clock)| clock),
            end_recorded: notices
                .iter()
                .any(|(_, written)| is(written, Notice::Logoff, [7002, 23])),
            open_until: self.open_until(session, end),
            lower_bound_holds: self.steps_recorded(session.begun, end),
            upper_bound_holds: self.bounded_above(session.boot, end),
            decided,
        })
    }

    fn open_until(&self, session: &SimulatedSession, end: u64) -> Option<crate::FileTime> {
        let boot = self.simulated_boot(session.boot);
        let to_the_last = boot.ended.is_none_or(|(stopped, _)| stopped == end);
        let unchanged = self.clock_unchanged(boot.started.0 + 1, end);
        if !to_the_last || !unchanged || self.ended_in_order(session.boot) {
            return None;
        }
        // A System log that begins later says nothing of the time before it.
        let system = || self.of_boot(session.boot).filter(|(key, _)| key.0 == SYSTEM);
        let began_before = system().any(|(_, written)| written.happened <= session.begun);
        began_before.then(|| system().map(|(_, written)| written.time_stamp).max()).flatten()
    }

    /// The end causes of a session without an end in Security, of which another log records the
    /// logoff: none if no other log does. The logoff of a shutdown says no more than the shutdown.
    pub fn causes_by_other_logs(
        &self,
        session: &SimulatedSession,
        recorded: &SessionRecords,
        base: &[&'static str],
        undecided: &mut Vec<&'static str>,
    ) -> Option<Vec<&'static str>> {
        let sessions = &self.simulator.sessions;
        let is_it = |other: &SimulatedSession| {
            other.boot == session.boot && other.logon_id == session.logon_id
        };
        let index = sessions.iter().position(is_it)?;
        let desktop = session.linked.filter(|_| session.elevated).unwrap_or(index);
        let logoff = self.logoff_notice(desktop)?;
        let word = if desktop == index { "initiated" } else { "inherited" };
        let boot = self.simulated_boot(session.boot);
        let stopped = boot.service_stopped.or(boot.ended.map(|(at, _)| at)).unwrap_or(u64::MAX);
        let early = stopped.saturating_sub(logoff.happened) > 90 * 10_000_000;
        let numbered = self.in_files.iter().any(|(key, written)| {
            key.0 == SYSTEM && written.role == Role::Notice(desktop, Notice::Logon)
        });
        let plain = desktop == index && logoff.event_id == 7002 && recorded.start.is_some();
        if early && numbered && plain {
            undecided.clear();
            return Some(vec![word]);
        }
        undecided.push("another log records its logoff, which may be that of the shutdown");
        // Where the files do not link the halves, the elevated one looks like a desktop of its own.
        Some(base.iter().copied().chain(["initiated", "inherited"]).collect())
    }

    /// The record of another log, 7002 first, that a desktop was logged off.
    fn logoff_notice(&self, desktop: usize) -> Option<&Written> {
        let of = |event_id: u16| {
            self.in_files.values().find(move |written| {
                written.role == Role::Notice(desktop, Notice::Logoff)
                    && written.event_id == event_id
            })
        };
        of(7002).or_else(|| of(23))
    }

    /// Whether the files hold no logoff in Security, although another log records that of a desktop
    /// whose logon is in Security: logoffs are then not audited, as far as the files show.
    pub fn looks_unaudited(&self) -> bool {
        let ended = self.recorded.values().any(SessionRecords::ended);
        let left = |(&index, recorded): (&usize, &SessionRecords)| {
            recorded.start.is_some() && self.logoff_notice(index).is_some()
        };
        !ended && self.recorded.iter().any(left)
    }

    /// Whether a check looks like a session of its own: it came by remote desktop or lasted long, and
    /// no record shows that a desktop was taken over.
    pub fn may_be_an_own_session(&self, check: &SimulatedSession, desktop: usize) -> bool {
        let looks = check.logon_type == 10 || self.lasts_long(check);
        looks && !self.takeover_shown(check, desktop)
    }

    /// Whether a check lasted longer than checks do.
    pub fn lasts_long(&self, check: &SimulatedSession) -> bool {
        check.ended.is_some_and(|(end, _)| end - check.begun > CHECK)
    }

    /// Whether other records show that a long check took over an open desktop: a change of its
    /// attachment, or System, which holds the 7001 of the desktop and none of the check.
    pub fn takeover_shown(&self, check: &SimulatedSession, desktop: usize) -> bool {
        let soon = check.begun..=check.begun + CHECK;
        let takeover = |(key, written): (&Key, &Written)| {
            let moved = match written.role {
                Role::Session(of, super::simulator::SessionRecord::Moved(_)) => of == desktop,
                Role::Notice(of, Notice::Moved(_)) => {
                    of == desktop
                        && self.fits_one_boot(written)
                        && self.stamp_is_unique(key.0, written)
                }
                _ => false,
            };
            moved && soon.contains(&written.happened)
        };
        self.in_files.iter().any(takeover) || self.system_is_whole(check, desktop)
    }

    /// Whether System holds the 7001 of the desktop, and every record from then until the check was
    /// over.
    fn system_is_whole(&self, check: &SimulatedSession, desktop: usize) -> bool {
        let ids: BTreeSet<u64> = self
            .of_boot(check.boot)
            .filter(|(key, _)| key.0 == SYSTEM)
            .map(|(key, _)| key.1)
            .collect();
        let logon = self.in_files.iter().find(|(key, written)| {
            key.0 == SYSTEM
                && written.role == Role::Notice(desktop, Notice::Logon)
                && ids.contains(&key.1)
        });
        let end = check.ended.map_or(u64::MAX, |(end, _)| end);
        let after = ids.iter().find(|id| self.in_files[&(SYSTEM, **id)].happened > end);
        match (logon, after) {
            (Some((key, _)), Some(after)) => (key.1..=*after).all(|id| ids.contains(&id)),
            _ => false,
        }
    }
}

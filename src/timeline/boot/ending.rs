//! How a boot ended: for its own row, and for the sessions that were still open.

use super::facts::BootFacts;
use crate::model::session::{Basis, Confidence, End};
use crate::model::{Citation, EndCause, Event, Span, Timestamp};
use crate::timeline::boots::BootStart;

/// What is known of the end of a boot.
pub(crate) struct BootEnding<'a> {
    /// The last record of an orderly shutdown.
    stop: Option<&'a Event>,
    /// What followed. It decides where no record shows a shutdown.
    pub(crate) followed_by: FollowedBy,
    /// The first sure sign of the next boot.
    pub(crate) next: Option<&'a Event>,
    /// Its time by a clock that is not behind.
    next_by_right_clock: Option<Timestamp>,
    /// The last record that Security has of the boot: a session that was open then had not ended.
    pub(crate) last: Option<&'a Event>,
    /// Security goes on after this boot, or was closed with it: no end can be missing at its end.
    pub(crate) is_covered: bool,
    /// The first record ID after the boot, as far as Security goes.
    pub(crate) ends_before: u64,
}

/// What followed a boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FollowedBy {
    /// A boot that says that this one crashed.
    BootAfterCrash,
    /// A boot that says nothing of the end of this one.
    Boot,
    /// No boot that is known.
    Nothing,
}

impl FollowedBy {
    /// How a session ended that was open to the last.
    pub(crate) fn cause(self) -> EndCause {
        match self {
            FollowedBy::BootAfterCrash => EndCause::Crash,
            FollowedBy::Boot => EndCause::EpochEnd,
            FollowedBy::Nothing => EndCause::Open,
        }
    }

    /// How sure that is.
    pub(crate) fn confidence(self) -> Confidence {
        match self {
            FollowedBy::BootAfterCrash => Confidence::Low,
            FollowedBy::Boot => Confidence::VeryLow,
            FollowedBy::Nothing => Confidence::None,
        }
    }
}

impl<'a> BootEnding<'a> {
    /// The ending of a boot, by its facts, the boot after it, and what is known of later boots.
    pub(crate) fn of(
        facts: &BootFacts<'a>,
        next: Option<&'a BootStart>,
        later: NextBoot,
    ) -> BootEnding<'a> {
        let next = next.and_then(|start| start.clock.as_ref());
        let followed_by = match next {
            None => FollowedBy::Nothing,
            Some(_) if facts.crash.is_empty() => FollowedBy::Boot,
            Some(_) => FollowedBy::BootAfterCrash,
        };
        let after_own = facts.security.map(|(_, last)| last.record_id.saturating_add(1));
        // An 1100 closes the log, else it goes on until the first record of the next boot.
        let ends_before = match facts.audit_stop {
            Some(_) => after_own,
            None => later.first_security_record,
        };
        BootEnding {
            stop: facts.stops().next(),
            followed_by,
            next,
            next_by_right_clock: next.map(|next| next.time.plus(later.clock_behind)),
            last: facts.security.or(facts.system).map(|(_, last)| last),
            is_covered: later.first_security_record.is_some() || facts.audit_stop.is_some(),
            ends_before: ends_before.unwrap_or(u64::MAX),
        }
    }

    /// The last record of an orderly shutdown.
    pub(crate) fn orderly_stop(&self) -> Option<&'a Event> {
        self.stop
    }

    /// The end of a session that Security does not show, by the ending of its boot. The session was
    /// there at `seen`.
    pub(crate) fn of_session_without_security(&self, seen: Option<Timestamp>) -> End {
        if let Some(stop) = self.stop {
            return End {
                time: Some(stop.time),
                basis: Some(Basis::Inferred),
                cause: EndCause::Shutdown,
                confidence: Confidence::Medium,
                not_before: seen,
                not_after: Some(stop.time).filter(|stop| seen.is_none_or(|seen| *stop >= seen)),
                record: Some(Citation::from(stop)),
            };
        }
        let known = seen.filter(|_| self.followed_by != FollowedBy::Nothing);
        End {
            time: known,
            basis: known.map(|_| Basis::Bounded),
            cause: self.followed_by.cause(),
            confidence: self.followed_by.confidence(),
            not_before: seen,
            not_after: seen.and_then(|seen| self.not_after(seen)),
            record: None,
        }
    }

    /// The start of the next boot bounds an end, unless the clock was set back in between: then its
    /// reading says nothing in the time of the old boot.
    pub(crate) fn not_after(&self, last: Timestamp) -> Option<Timestamp> {
        self.next_by_right_clock.filter(|next| *next >= last)
    }
}

/// What later boots say of the end of a boot.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NextBoot {
    /// The ID of the first record that Security has after the boot.
    first_security_record: Option<u64>,
    /// By how much the clock was behind when the next boot began.
    clock_behind: Span,
}

impl NextBoot {
    /// What later boots say of the boot before this one, which begins with `start`.
    pub(crate) fn before(self, facts: &BootFacts<'_>, start: &BootStart) -> NextBoot {
        let first = facts.security.map(|(first, _)| first.record_id);
        let began = start.clock.as_ref();
        NextBoot {
            first_security_record: first.or(self.first_security_record),
            clock_behind: began.map_or(Span(0), |began| facts.was_behind(began.time)),
        }
    }
}

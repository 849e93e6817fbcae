//! How an epoch closed: for its own row, and for the sessions still open in it.

use crate::model::session::{Basis, Confidence, End};
use crate::model::{Citation, EndCause, Event, Span, Timestamp};
use crate::timeline::boot::facts::Facts;
use crate::timeline::boots::epochs::BootStart;

/// What is known of an epoch's end.
pub(crate) struct Close<'a> {
    /// It was shut down in order: the last record of that.
    pub(crate) stop: Option<&'a Event>,
    /// What followed; this decides where nothing tells of a shutdown.
    pub(crate) after: After,
    /// The first sure sign of the next boot.
    pub(crate) next: Option<&'a Event>,
    /// Its time by a clock that is not behind.
    bound: Option<Timestamp>,
    /// The last record of Security in it: what was open then had not ended.
    pub(crate) last: Option<&'a Event>,
    /// The security log goes on after this epoch, or closed with it: no end can be missing.
    pub(crate) covered: bool,
    /// First record ID after the epoch, as far as Security goes.
    pub(crate) upto: u64,
}

/// What followed an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// A boot that says that this one crashed.
    Crash,
    /// A boot that says nothing of it.
    Boot,
    /// No boot that is known.
    Nothing,
}

impl After {
    /// How a session ended that was open to the last.
    pub(crate) fn cause(self) -> EndCause {
        match self {
            After::Crash => EndCause::Crash,
            After::Boot => EndCause::EpochEnd,
            After::Nothing => EndCause::Open,
        }
    }

    /// How sure that is.
    pub(crate) fn confidence(self) -> Confidence {
        match self {
            After::Crash => Confidence::Low,
            After::Boot => Confidence::VeryLow,
            After::Nothing => Confidence::None,
        }
    }
}

impl<'a> Close<'a> {
    /// Of an epoch, by its facts, the boot after it and what lies ahead.
    pub(crate) fn of(facts: &Facts<'a>, next: Option<&'a BootStart>, ahead: Ahead) -> Close<'a> {
        let next = next.and_then(|start| start.clock.as_ref());
        let after = match next {
            None => After::Nothing,
            Some(_) if facts.crash.is_empty() => After::Boot,
            Some(_) => After::Crash,
        };
        let own = facts.security.map(|(_, last)| last.record_id.saturating_add(1));
        // An 1100 closes the log, else it goes on until the next epoch's first record.
        let upto = match facts.audit_stop {
            Some(_) => own,
            None => ahead.security,
        };
        Close {
            stop: facts.stops().next(),
            after,
            next,
            bound: next.map(|next| next.time.plus(ahead.behind)),
            last: facts.security.or(facts.system).map(|(_, last)| last),
            covered: ahead.security.is_some() || facts.audit_stop.is_some(),
            upto: upto.unwrap_or(u64::MAX),
        }
    }

    /// The end of a session that no record of Security tells of, by the way its epoch closed.
    pub(crate) fn without_record(&self, seen: Option<Timestamp>) -> End {
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
        let followed = self.after != After::Nothing;
        End {
            time: seen.filter(|_| followed),
            basis: seen.filter(|_| followed).map(|_| Basis::Bounded),
            cause: self.after.cause(),
            confidence: self.after.confidence(),
            not_before: seen,
            not_after: seen.and_then(|seen| self.not_after(seen)),
            record: None,
        }
    }

    /// The next boot bounds an end, unless the clock was set back in between: then its reading
    /// says nothing in the old boot's time.
    pub(crate) fn not_after(&self, last: Timestamp) -> Option<Timestamp> {
        self.bound.filter(|bound| *bound >= last)
    }
}

/// What lies ahead of an epoch.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ahead {
    /// The ID of the first record that Security has after it.
    security: Option<u64>,
    /// By how much the clock was behind when the next boot began.
    behind: Span,
}

impl Ahead {
    /// What lies ahead of the epoch before this one, which begins with this boot.
    pub(crate) fn and(self, facts: &Facts<'_>, start: &BootStart) -> Ahead {
        let first = facts.security.map(|(first, _)| first.record_id);
        let began = start.clock.as_ref();
        Ahead {
            security: first.or(self.security),
            behind: began.map_or(Span(0), |began| facts.was_behind(began.time)),
        }
    }
}

//! How a boot ended: for its own row, and for the sessions that were still open.
//!
//! Input: the facts of the boot, and what the next boots say. Output: a [`BootEnding`].
//!
//! Example: the last record of a boot is at 17:00:00, there is no 1100, 6006 or Kernel-General 13,
//! and the next boot begins at 17:30:00 with a 6008. The boot crashed between 17:00:00 and
//! 17:30:00.

use super::facts::{BootFacts, RelyOn};
use crate::model::session::{Basis, Confidence, End};
use crate::model::{Channel, Citation, EndCause, Event, EventKind, Span, Timestamp};
use crate::timeline::boots::BootStart;
use crate::timeline::channel::gaps::Gaps;
use crate::timeline::timing::{
    AFTER_STOP, CHANNELS_APART, KERNEL_STOP, LATE_RECORD_IDS, SAME_STOP, WHOLE_SECOND,
};

/// What is known of the end of a boot.
pub(crate) struct BootEnding<'a> {
    /// The last record of an orderly shutdown, for the boot itself. It relies on certain records
    /// only.
    stop: Option<&'a Event>,
    /// The last record of an orderly shutdown, for sessions that Security shows.
    stop_by_security: Option<&'a Event>,
    /// The last record of an orderly shutdown, for sessions that only other channels show.
    stop_by_system: Option<&'a Event>,
    /// The last record of an orderly shutdown, if no other boot began among missing records.
    possible_stop: Option<&'a Event>,
    /// The record of the next boot which says that the shutdown was not completed.
    unfinished: Option<&'a Event>,
    /// What followed the boot. It decides if no record shows a shutdown.
    pub(crate) followed_by: FollowedBy,
    /// The record that gives the start time of the next boot.
    pub(crate) next: Option<&'a Event>,
    /// The start time of the next boot, corrected if its clock was behind. `None`: the clock may
    /// have been set back in between.
    next_by_right_clock: Option<Timestamp>,
    /// The last record that Security has of the boot. A session that was open then had not ended.
    pub(crate) last: Option<&'a Event>,
    /// Security has records of a later boot, or was closed by an 1100: no record of an end is
    /// missing at the end of the log.
    pub(crate) is_covered: bool,
    /// The first record ID in Security after the boot.
    pub(crate) ends_before: u64,
    /// The first record ID that Security has of a later boot. A 4647 is often recorded after the
    /// 1100.
    pub(crate) next_begins: Option<u64>,
}

/// What followed a boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FollowedBy {
    /// A boot that says that this one crashed.
    BootAfterCrash,
    /// A boot that says nothing about the end of this one.
    Boot,
    /// No known boot.
    Nothing,
}

impl FollowedBy {
    /// The cause of the end of a session that was open until the last record.
    pub(crate) fn cause(self) -> EndCause {
        match self {
            FollowedBy::BootAfterCrash => EndCause::Crash,
            FollowedBy::Boot => EndCause::EpochEnd,
            FollowedBy::Nothing => EndCause::Open,
        }
    }

    /// How certain that cause is.
    pub(crate) fn confidence(self) -> Confidence {
        match self {
            FollowedBy::BootAfterCrash => Confidence::Low,
            FollowedBy::Boot => Confidence::VeryLow,
            FollowedBy::Nothing => Confidence::None,
        }
    }
}

impl<'a> BootEnding<'a> {
    /// Decides how a boot ended, by its facts, the gaps of both channels, the start of the next
    /// boot, and what later boots say.
    pub(crate) fn of(
        facts: &BootFacts<'a>,
        (security_gaps, system_gaps): (&Gaps, &Gaps),
        start: Option<&BootStart>,
        next: Option<&'a BootStart>,
        later: NextBoot,
    ) -> BootEnding<'a> {
        let next_start = next;
        let next = next.and_then(|start| start.time_record.as_ref());
        let followed_by = match next {
            None => FollowedBy::Nothing,
            Some(_) if facts.crash.is_empty() => FollowedBy::Boot,
            Some(_) => FollowedBy::BootAfterCrash,
        };
        let stop = |rely_on: RelyOn| {
            let is_own = |stop: &&Event| {
                let is_late = is_recorded_by(next_start, stop);
                if rely_on != RelyOn::All && is_single_late_stop(stop, facts) {
                    return false;
                }
                match start {
                    Some(start) => {
                        (is_late || !is_older(stop, start))
                            && !may_be_of_boot_before(stop, start, facts, system_gaps)
                    }
                    // Before the first known boot there may have been several boots.
                    None => {
                        (is_late || !is_kernel_stop_alone(stop, facts))
                            && !channel_continues(stop, facts)
                    }
                }
            };
            facts.orderly_stop(rely_on).filter(is_own)
        };
        let after_own = facts.security.map(|(_, last)| last.record_id.saturating_add(1));
        // An 1100 closes the log; otherwise the log continues until the first record of the next
        // boot.
        let ends_before = match facts.audit_stop {
            Some(_) => after_own,
            None => later.first_security_record,
        };
        BootEnding {
            stop: stop(RelyOn::CertainOnly),
            stop_by_security: stop(RelyOn::SecurityToo),
            stop_by_system: stop(RelyOn::SystemToo),
            possible_stop: stop(RelyOn::All),
            unfinished: unfinished(facts),
            followed_by,
            next,
            next_by_right_clock: next
                .filter(|next| !was_set_back_before(next, facts))
                .filter(|_| !may_be_set_back_before(next_start, facts, security_gaps, system_gaps))
                .map(|next| next.time.plus(later.clock_behind)),
            last: facts.security.or(facts.system).map(|(_, last)| last),
            is_covered: later.first_security_record.is_some() || facts.audit_stop.is_some(),
            ends_before: ends_before.unwrap_or(u64::MAX),
            next_begins: later.first_security_record,
        }
    }

    /// Does anything show that the boot ended?
    pub(crate) fn is_known(&self) -> bool {
        self.stop_by_system.is_some() || self.followed_by != FollowedBy::Nothing
    }

    /// The last record of an orderly shutdown.
    pub(crate) fn orderly_stop(&self) -> Option<&'a Event> {
        self.stop
    }

    /// The last record of an orderly shutdown that may be that of another boot, which began among
    /// missing records. It does not count if the next boot says that a boot crashed before it: that
    /// is this boot or the other one.
    pub(crate) fn possible_stop(&self) -> Option<&'a Event> {
        self.possible_stop.filter(|_| self.followed_by != FollowedBy::BootAfterCrash)
    }

    /// The last record of an orderly shutdown, for a session that Security shows.
    pub(crate) fn orderly_stop_of_sessions(&self) -> Option<&'a Event> {
        self.stop_by_security
    }

    /// The record of the next boot which says that the shutdown was not completed: Windows hung, or lost its power,
    /// after the event log service had stopped. Then it may have been up until the next boot.
    pub(crate) fn unfinished(&self) -> Option<&'a Event> {
        self.unfinished
    }

    /// The time by which the computer was certainly down after this stop; it is not later than the
    /// start of the next boot. The kernel stops some seconds after the event log service. If the
    /// record of its stop is missing, the computer may have been up that long. `None`: the shutdown was not completed,
    /// and the clock may have been set back before the next boot.
    pub(crate) fn down_by(&self, stop: &Event) -> Option<Timestamp> {
        if self.unfinished.is_some() {
            return self.next_after(stop.time);
        }
        let down = match stop.kind {
            EventKind::KernelStopped(_) => stop.time,
            _ => stop.time.plus(KERNEL_STOP.longest()),
        };
        let next = self.next.map(|next| next.time).filter(|next| *next >= stop.time);
        Some(next.map_or(down, |next| down.min(next)))
    }

    /// The end of a session that only other channels show, by the ending of its boot. `logon` is
    /// when its user logged on, `own` is the time of its last record, and `begun` is its first
    /// record ID in System. `seen` is the time of the last record of the boot at which the session
    /// was certainly open; `None` if records of its channels may be missing after its last record.
    pub(crate) fn of_session_without_security(
        &self,
        begun: Option<u64>,
        logon: Option<Timestamp>,
        own: Option<Timestamp>,
        seen: Option<Timestamp>,
    ) -> End {
        // Records after the stop belong to another boot. Nobody logs on after the event log service
        // has stopped.
        let is_after_stop = |stop: &Event| {
            let began_after = logon.is_some_and(|at| at.since(stop.time) > SAME_STOP.longest());
            began_after || own.zip(self.down_by(stop)).is_some_and(|(own, down)| own > down)
        };
        // A stop is recorded after everything that it ends. So this stop is of an earlier boot, and
        // the start of the next boot is among missing records.
        let is_begun_after = |stop: &Event| {
            stop.channel == Channel::System && begun.is_some_and(|begun| stop.record_id < begun)
        };
        let stop = self.stop_by_system;
        let is_of_another = |stop| is_after_stop(stop) || is_begun_after(stop);
        if stop.is_some_and(|stop| seen.is_none() || is_of_another(stop)) {
            return End::unknown(EndCause::Censored, own);
        }
        if let Some(stop) = stop {
            return End {
                time: Some(stop.time),
                basis: Some(Basis::Inferred),
                cause: EndCause::Shutdown,
                confidence: match self.unfinished {
                    Some(_) => Confidence::Low,
                    None => Confidence::Medium,
                },
                not_before: own,
                not_after: self.down_by(stop),
                record: Some(Citation::from(stop)),
            };
        }
        let Some(seen) = seen else { return End::unknown(EndCause::Censored, own) };
        // The last-alive time of a 6008 is a bound for the boot only: the record of the logoff may
        // be among the last ones, which a crash removes.
        let known = Some(seen).filter(|_| self.followed_by != FollowedBy::Nothing);
        End {
            time: known,
            basis: known.map(|_| Basis::Bounded),
            cause: self.followed_by.cause(),
            confidence: self.followed_by.confidence(),
            not_before: Some(seen),
            not_after: self.not_after(seen).filter(|_| known.is_some()),
            record: None,
        }
    }

    /// The start of the next boot, as the latest possible end of this one, unless the clock was set
    /// back in between.
    pub(crate) fn next_after(&self, last: Timestamp) -> Option<Timestamp> {
        let next = self.next.filter(|_| self.next_by_right_clock.is_some())?;
        Some(next.time).filter(|next| *next >= last)
    }

    /// The latest possible end of a session: the start of the next boot by the corrected clock,
    /// unless the clock was set back in between. Then that time cannot be compared with the times
    /// of this boot.
    pub(crate) fn not_after(&self, last: Timestamp) -> Option<Timestamp> {
        self.next_by_right_clock.filter(|next| *next >= last)
    }
}

/// The record of the next boot which says that the shutdown of this boot was not completed. A stop of the kernel shows
/// that Windows itself had ended. No 6008 follows a stop of the event log service: the service had started again, or
/// another boot came in between, and no record shows that.
fn unfinished<'a>(facts: &BootFacts<'a>) -> Option<&'a Event> {
    let has_ended = facts.kernel_stop.or(facts.fast_startup).is_some();
    facts.crash.iter().filter(|_| !has_ended).find(|one| {
        matches!(one.kind, EventKind::UncleanReboot(_) | EventKind::UnexpectedShutdown(_))
    })
}

/// Had the next boot begun, by the clock, while this one was still running? Then the clock was set
/// back in between, and the time of the next boot says nothing of the end of this one.
fn was_set_back_before(next: &Event, facts: &BootFacts<'_>) -> bool {
    let last = [facts.security, facts.system].into_iter().flatten().map(|(_, last)| last);
    let mut ends = [facts.kernel_stop, facts.transition].into_iter().flatten().chain(last);
    ends.any(|end| end.time > next.time)
}

/// May the clock have been set back between the last record of a boot and the first one of the
/// next, without any record of it? It may if each channel that shows both boots lacks records
/// between the two.
fn may_be_set_back_before(
    next: Option<&BootStart>,
    facts: &BootFacts<'_>,
    security_gaps: &Gaps,
    system_gaps: &Gaps,
) -> bool {
    let Some(next) = next else { return false };
    let covers = |extent: Option<(&Event, &Event)>, first: Option<u64>, gaps: &Gaps| {
        extent.zip(first).is_some_and(|((_, last), first)| {
            let (from, to) = in_order(first, last.record_id);
            !gaps.may_lack_records_between(from, to)
        })
    };
    !covers(facts.security, next.security, security_gaps)
        && !covers(facts.system, next.system, system_gaps)
}

/// Does the channel have records after this stop, at a later time? Before the first known boot
/// there may have been several boots: then this is not the stop of the last one.
fn channel_continues(stop: &Event, facts: &BootFacts<'_>) -> bool {
    let extent = if stop.channel == Channel::Security { facts.security } else { facts.system };
    extent.is_some_and(|(_, last)| {
        last.record_id > stop.record_id && last.time.since(stop.time) > AFTER_STOP
    })
}

/// Is this stop of a kernel the only record that System has of the boot, long after the last record
/// of Security? It is of the boot right before the next one, and that may be another boot, which
/// neither channel shows.
fn is_single_late_stop(stop: &Event, facts: &BootFacts<'_>) -> bool {
    let is_only = facts.system.is_some_and(|(first, _)| first.is_kernel_stop());
    let is_silent =
        facts.security.is_some_and(|(_, last)| stop.time.since(last.time) > CHANNELS_APART);
    is_only && is_silent && is_kernel_stop_alone(stop, facts)
}

/// Did the next boot record this stop of the kernel in the usual position: right before its first
/// start record, or after it?
fn is_recorded_by(next: Option<&BootStart>, stop: &Event) -> bool {
    let first = next.and_then(|next| next.system);
    stop.is_kernel_stop() && first.is_some_and(|first| first <= stop.record_id.saturating_add(1))
}

/// Is this stop of a kernel older than the start of the boot in which it was recorded? Then it is
/// of the boot before.
fn is_older(stop: &Event, start: &BootStart) -> bool {
    let began = start.time_record.as_ref();
    stop.is_kernel_stop() && began.is_some_and(|began| stop.time.plus(WHOLE_SECOND) < began.time)
}

/// May this stop of a kernel, which is recorded near the start of this boot and next to missing
/// records, be that of the boot before? The next boot records it: that is this boot, or one whose
/// start is missing. It is not, if the event log service recorded its own stop in this boot a
/// moment before.
fn may_be_of_boot_before(
    stop: &Event,
    start: &BootStart,
    facts: &BootFacts<'_>,
    gaps: &Gaps,
) -> bool {
    let is_near_start = start.system.is_some_and(|first| {
        let (from, to) = in_order(first, stop.record_id);
        to - from <= LATE_RECORD_IDS && gaps.may_lack_records_between(from, to)
    });
    is_near_start && is_kernel_stop_alone(stop, facts)
}

/// Two record IDs, the lower one first.
fn in_order(one: u64, other: u64) -> (u64, u64) {
    (one.min(other), one.max(other))
}

/// Is this the stop of a kernel, without a stop of the event log service of this boot right before
/// it?
fn is_kernel_stop_alone(stop: &Event, facts: &BootFacts<'_>) -> bool {
    let of_service = [facts.service_stop, facts.audit_stop].into_iter().flatten();
    let mut lags = of_service.map(|service| stop.time.since(service.time));
    stop.is_kernel_stop() && !lags.any(|lag| KERNEL_STOP.contains(lag))
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
        let began = start.time_record.as_ref();
        NextBoot {
            first_security_record: first.or(self.first_security_record),
            clock_behind: began.map_or(Span(0), |began| facts.was_behind(began.time)),
        }
    }
}

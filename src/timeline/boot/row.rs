//! The row of a boot in boots.csv, made from its context.

use super::context::BootContext;
use super::coverage;
use super::ending::FollowedBy;
use super::facts::{BootFacts, DoubtfulFrom, RelyOn};
use crate::model::event::ShutdownRequest;
use crate::model::session::{Basis, Confidence};
use crate::model::{
    Boot, BootEnd, Citation, Event, EventKind, Flag, InferredBy, Moment, PowerKind, Span, Timestamp,
};
use crate::timeline::boots::BootStart;
use crate::timeline::channel::security_start::StartIndicator;
use crate::timeline::timing::{CORRECTED_WITHIN, CRASH_AFTER_REQUEST, WHOLE_SECOND};

/// Makes the row of a boot with this number of sessions.
pub(crate) fn row(context: &BootContext<'_>, sessions: usize) -> Boot {
    let (start, facts) = (context.start, context.facts);
    let clock = start.filter(|start| start.has_time).and_then(|start| start.time_record.as_ref());
    let is_logged = start.is_some_and(|start| start.is_logged);
    let end = end(context);
    let extent = facts.security.or(facts.system);
    let request = facts.request.filter(|_| end.is_closed).filter(|event| is_of_end(context, event));
    let request = request.and_then(|event| match &event.kind {
        EventKind::ShutdownRequested(request) => Some(request),
        _ => None,
    });
    Boot {
        epoch: context.boot.number(),
        start: clock.map(|event| event.time),
        start_basis: clock.map(|_| if is_logged { Basis::Logged } else { Basis::Inferred }),
        start_confidence: start.map_or(Confidence::None, |start| start.confidence),
        start_rule: start.filter(|start| !start.is_logged).and_then(start_rule),
        start_evidence: start.map(|start| start.evidence.clone()).unwrap_or_default(),
        end: end.time,
        end_basis: end.basis,
        end_cause: end.cause,
        confidence: end.confidence,
        end_not_before: end.not_before,
        end_not_after: end.not_after,
        end_evidence: end.evidence.iter().map(|event| Citation::from(*event)).collect(),
        requested_by: request.map(|request| request.user.clone()).unwrap_or_default(),
        reason: request.map(|request| reason(request)).unwrap_or_default(),
        clean: end.clean,
        boot_id: facts.boot_id,
        lsass_pid: facts.lsass.first().copied(),
        power_segments: count(context.on_again()).saturating_add(1),
        sleeps: count(context.power.iter().filter(|own| own.kind == PowerKind::Asleep)),
        clock_steps: u32::try_from(facts.steps.len()).unwrap_or(u32::MAX),
        clock_step: Span(facts.steps.iter().fold(0, |sum, step| step.by.0.saturating_add(sum))),
        computer_names: facts.names.clone(),
        sessions: sessions as u64,
        first_record: extent.map(|(first, _)| Citation::from(first)),
        last_record: extent.map(|(_, last)| Citation::from(last)),
        flags: flags(context),
        power: context.power.clone(),
        time_zone: facts.time_zone.cloned(),
        utc_offset_in_use: facts.utc_offset_in_use,
        clock: context.clock.of_boot(),
        coverage: coverage::of(context),
        last_certain: facts.last.map(Moment::from),
        incidents: Vec::new(),
    }
}

/// Is this request for a shutdown about the end of the boot? If the computer was off and on again after
/// it, within the boot, it was about that. If the boot ended with a crash and had run on for long after the
/// request, nobody knows what became of the request: it may have been withdrawn.
fn is_of_end(context: &BootContext<'_>, request: &Event) -> bool {
    let clock = &context.clock;
    let ran_on = context.facts.last.map(|last| clock.time(last).since(clock.time(request)));
    let is_crash = context.ending.orderly_stop().is_none() && !context.facts.crash.is_empty();
    if is_crash && ran_on.is_some_and(|ran_on| ran_on > CRASH_AFTER_REQUEST) {
        return false;
    }
    let is_before = |on: &Moment| {
        on.record.channel == request.channel && request.record_id < on.record.record_id
    };
    !context.on_again().any(|on| is_before(&on))
}

fn count<T>(all: impl Iterator<Item = T>) -> u32 {
    u32::try_from(all.count()).unwrap_or(u32::MAX)
}

/// The flags of the boot.
fn flags(context: &BootContext<'_>) -> Vec<Flag> {
    let mut flags: Vec<Flag> = Vec::new();
    let start = context.start;
    let compared = start.filter(|_| context.host.has_both_channels);
    flags.extend(compared.and_then(channel_flag));
    if start.is_some_and(|start| start.by_clock) {
        flags.push(Flag::OrderByClock);
    }
    if context.facts.doubtful != DoubtfulFrom::default() {
        flags.push(Flag::BootUncertain);
    }
    if context.facts.lsass.len() > 1 {
        flags.push(Flag::LsassChanged);
    }
    flags
}

/// The rule by which a boot was inferred, if no record states its start.
fn start_rule(start: &BootStart) -> Option<InferredBy> {
    let by_system = if start.has_no_start_record { None } else { Some(InferredBy::ServiceStart) };
    match start.indicator {
        Some(StartIndicator::LsassProcess) => Some(InferredBy::LsassProcess),
        Some(StartIndicator::LogonIdRepeated) => Some(InferredBy::LogonIdRepeated),
        Some(StartIndicator::LogonIdFell) => Some(InferredBy::LogonIdsFell),
        Some(StartIndicator::FontDriver) => Some(InferredBy::FontDriver),
        Some(StartIndicator::PolicyTable) => Some(InferredBy::PolicyTable),
        Some(StartIndicator::AuditDropped) => Some(InferredBy::AuditDropped),
        Some(StartIndicator::MissingRecords) => Some(InferredBy::MissingRecords),
        Some(
            StartIndicator::SystemOnly | StartIndicator::LsassStarted | StartIndicator::SystemLogon,
        )
        | None => by_system.or(Some(InferredBy::MissingRecords)),
    }
}

/// The flag of a boot whose start only one of two channels shows.
fn channel_flag(boot: &BootStart) -> Option<Flag> {
    match (boot.in_security(), boot.in_system()) {
        (true, false) => Some(Flag::SecurityOnly),
        (false, true) => Some(Flag::SystemOnly),
        _ => None,
    }
}

/// The reason of a shutdown, as its 1074 gives it.
fn reason(request: &ShutdownRequest) -> String {
    let parts = [&request.reason, &request.comment, &request.kind];
    let given: Vec<&str> =
        parts.into_iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    given.join("; ")
}

/// The columns about the end of a boot.
struct EndColumns<'a> {
    time: Option<Timestamp>,
    basis: Option<Basis>,
    cause: BootEnd,
    confidence: Confidence,
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    evidence: Vec<&'a Event>,
    clean: Option<bool>,
    /// The boot was shut down, or it crashed, so that a request for a shutdown may be the reason.
    is_closed: bool,
}

/// Chooses how the end is known: by a shutdown, by a shutdown that may be another boot's, or by
/// what followed.
fn end<'a>(context: &BootContext<'a>) -> EndColumns<'a> {
    match (context.ending.orderly_stop(), context.ending.possible_stop()) {
        (Some(stop), _) => end_by_unfinished_shutdown(context, stop)
            .unwrap_or_else(|| end_by_shutdown(context, stop)),
        (None, Some(stop)) => end_by_possible_shutdown(context, stop),
        (None, None) => end_by_what_followed(context),
    }
}

/// The shutdown may be that of another boot, which began among missing records. Then this boot
/// ended before it, unless its own last record is later: then the clock was set in between, and the time of
/// the shutdown is no bound.
fn end_by_possible_shutdown<'a>(context: &BootContext<'a>, stop: &'a Event) -> EndColumns<'a> {
    // The kernel records its stop a moment before the computer is down.
    let down = context.ending.down_by(stop).map(|down| down.max(stop.time.plus(WHOLE_SECOND)));
    let last = context.facts.last.map(|event| event.time);
    EndColumns {
        basis: Some(Basis::Inferred),
        confidence: Confidence::Low,
        not_before: last,
        not_after: down.filter(|down| last.is_none_or(|last| last <= *down)),
        clean: None,
        ..end_by_shutdown(context, stop)
    }
}

/// The boot ended with a shutdown.
fn end_by_shutdown<'a>(context: &BootContext<'a>, stop: &'a Event) -> EndColumns<'a> {
    let facts = context.facts;
    let cause = match facts.transition.or(facts.fast_startup).map(|event| &event.kind) {
        Some(EventKind::ShutdownTransition(5)) => BootEnd::Restart,
        Some(EventKind::ShutdownTransition(6) | EventKind::Sleep(_)) => BootEnd::PowerOff,
        _ => BootEnd::Shutdown,
    };
    let rely_on = match context.ending.orderly_stop() {
        Some(_) => RelyOn::CertainOnly,
        None => RelyOn::All,
    };
    // Security would show that a Fast Startup was resumed, if a crash removed the records of that from System.
    let may_be_resumed = matches!(stop.kind, EventKind::Sleep(_)) && facts.security.is_none();
    EndColumns {
        time: Some(stop.time),
        basis: Some(Basis::Logged),
        cause,
        confidence: if may_be_resumed { Confidence::Medium } else { Confidence::High },
        not_before: None,
        not_after: None,
        evidence: with_request(facts, rely_on),
        clean: Some(true).filter(|_| !may_be_resumed),
        is_closed: true,
    }
}

/// The shutdown began, and the next boot says that it was not completed. A 6008 says that of a boot that no record
/// shows, or of this one, if the event log service had started again: then nobody knows whether this boot ended cleanly.
fn end_by_unfinished_shutdown<'a>(
    context: &BootContext<'a>,
    stop: &'a Event,
) -> Option<EndColumns<'a>> {
    let report = context.ending.unfinished()?;
    let mut crash = context.facts.crash.iter();
    let may_be_of_another = crash.any(|one| matches!(one.kind, EventKind::UnexpectedShutdown(_)));
    Some(EndColumns {
        basis: Some(Basis::Bounded),
        confidence: Confidence::Medium,
        not_before: Some(stop.time),
        not_after: context.ending.down_by(stop),
        evidence: [with_request(context.facts, RelyOn::CertainOnly), vec![report]].concat(),
        clean: Some(false).filter(|_| !may_be_of_another),
        ..end_by_shutdown(context, stop)
    })
}

/// The records of the stop, and of the request for it.
fn with_request<'a>(facts: &BootFacts<'a>, rely_on: RelyOn) -> Vec<&'a Event> {
    let mut all: Vec<&Event> = facts.stops(rely_on).collect();
    for event in [facts.transition, facts.request].into_iter().flatten() {
        if !all.iter().any(|one| std::ptr::eq(*one, event)) {
            all.push(event);
        }
    }
    all
}

/// By how much the clock may have been ahead at the last clock time of a boot that another boot
/// followed; 0 unless all of this is true: the clock of this computer was set back right after some
/// start, the records of this boot only reach a few minutes after its start and show no such change,
/// and records are missing after them. Then the boot ended later than its last record, and its clock
/// may have shown an earlier time by then.
fn clock_may_be_ahead(context: &BootContext<'_>, last: Timestamp) -> Span {
    let facts = context.facts;
    let start = context.start.and_then(|start| start.time_record.as_ref());
    let is_early = start.is_some_and(|start| CORRECTED_WITHIN.contains(last.since(start.time)));
    let was_set_back = facts.steps.iter().any(|step| step.by.0 < 0);
    let is_missing =
        facts.security.zip(context.ending.next_begins).is_some_and(|((_, last), next)| {
            context.host.security_gaps.may_lack_records_between(last.record_id, next)
        });
    if is_early && is_missing && !was_set_back { context.host.set_back_at_start } else { Span(0) }
}

/// No shutdown is recorded: the next boot, or the end of the log, decides.
fn end_by_what_followed<'a>(context: &BootContext<'a>) -> EndColumns<'a> {
    let (facts, ending) = (context.facts, &context.ending);
    let crashed = ending.followed_by == FollowedBy::BootAfterCrash;
    let alive = facts.last_alive(context.start).filter(|_| crashed);
    let last = facts.last.map(|event| event.time).max(alive);
    let bound = last.filter(|_| ending.followed_by != FollowedBy::Nothing);
    EndColumns {
        time: bound,
        basis: bound.map(|_| Basis::Bounded),
        cause: match ending.followed_by {
            FollowedBy::BootAfterCrash => BootEnd::Crash,
            FollowedBy::Boot => BootEnd::Unknown,
            FollowedBy::Nothing => BootEnd::LogEnd,
        },
        confidence: ending.followed_by.confidence(),
        not_before: last.map(|last| last.plus(Span(-clock_may_be_ahead(context, last).0))),
        not_after: last.and_then(|last| ending.next_after(last)),
        evidence: facts.crash.iter().filter(|_| crashed).chain(ending.next).collect(),
        clean: crashed.then_some(false),
        is_closed: crashed,
    }
}

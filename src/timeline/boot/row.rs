//! One row per boot epoch, from its facts.

use crate::model::session::{Basis, Confidence};
use crate::model::{Boot, BootEnd, Citation, Event, EventKind, Span, Text, Timestamp};
use crate::timeline::boot::ending::{After, Close};
use crate::timeline::boot::facts::Facts;
use crate::timeline::boots::epochs::BootStart;
use crate::timeline::sessions::builder::number;

/// A boot's own records may stand this far before its first mark.
const PRELUDE: u64 = 24;

/// Are there records before the first boot that are not just that boot's prelude?
pub(crate) fn has_history(facts: &Facts<'_>, first: Option<&BootStart>) -> bool {
    let spans = [
        (facts.security, first.and_then(|boot| boot.security)),
        (facts.system, first.and_then(|boot| boot.system)),
    ];
    spans.iter().any(|(span, start)| {
        span.is_some_and(|(earliest, _)| {
            start.is_none_or(|start| earliest.record_id.saturating_add(PRELUDE) < start)
        })
    })
}

/// The row of an epoch; `both` channels of its computer are there.
pub(crate) fn row(
    epoch: usize,
    boot: Option<&BootStart>,
    both: bool,
    facts: &Facts<'_>,
    close: &Close<'_>,
) -> Boot {
    let clock = boot.and_then(|boot| boot.clock.as_ref());
    let end = end(facts, close);
    let span = facts.security.or(facts.system);
    let request = match facts.request.map(|event| &event.kind) {
        Some(EventKind::ShutdownRequested(request))
            if end.closed || !facts.resumed_boots.is_empty() =>
        {
            Some(request)
        }
        _ => None,
    };
    let sure = boot.is_some_and(|boot| boot.is_logged);
    let mut flags: Vec<Text> = Vec::new();
    flags.extend(boot.filter(|_| both).and_then(channel_flag).map(Text::from));
    if boot.is_some_and(|boot| boot.by_clock) {
        flags.push("order-by-clock".into());
    }
    if facts.lsass.len() > 1 {
        flags.push("lsass-changed".into());
    }
    Boot {
        epoch: number(epoch),
        start: clock.map(|event| event.time),
        start_basis: clock.map(|_| if sure { Basis::Logged } else { Basis::Inferred }),
        start_evidence: boot.map(|boot| boot.evidence.clone()).unwrap_or_default(),
        end: end.time,
        end_basis: end.basis,
        end_cause: end.cause,
        confidence: end.confidence,
        end_not_before: end.not_before.map(|event| event.time),
        end_not_after: end.not_after.map(|event| event.time),
        end_evidence: end.evidence.iter().map(|event| Citation::from(*event)).collect(),
        requested_by: request.map(|r| r.user.clone()).unwrap_or_default(),
        reason: request.map(|r| reason(r)).unwrap_or_default(),
        clean: end.clean,
        boot_id: facts.boot_id,
        lsass_pid: facts.lsass.first().copied(),
        power_segments: 1 + u32::try_from(facts.resumed_boots.len()).unwrap_or(u32::MAX - 1),
        sleeps: facts.sleeps,
        clock_steps: u32::try_from(facts.steps.len()).unwrap_or(u32::MAX),
        clock_step: Span(facts.steps.iter().fold(0, |sum, step| step.by.0.saturating_add(sum))),
        computer_names: facts.names.clone(),
        sessions: 0,
        first_record: span.map(|(first, _)| Citation::from(first)),
        last_record: span.map(|(_, last)| Citation::from(last)),
        flags,
    }
}

fn reason(request: &crate::model::event::ShutdownRequest) -> String {
    let parts = [&request.reason, &request.comment, &request.kind];
    let said: Vec<&str> =
        parts.into_iter().map(|part| part.trim()).filter(|p| !p.is_empty()).collect();
    said.join("; ")
}

/// Only one of two channels shows the boot.
fn channel_flag(boot: &BootStart) -> Option<&'static str> {
    match (boot.in_security(), boot.in_system()) {
        (true, false) => Some("security-only"),
        (false, true) => Some("system-only"),
        _ => None,
    }
}

/// The end of a boot.
struct BootClose<'a> {
    time: Option<Timestamp>,
    basis: Option<Basis>,
    cause: BootEnd,
    confidence: Confidence,
    not_before: Option<&'a Event>,
    not_after: Option<&'a Event>,
    evidence: Vec<&'a Event>,
    clean: Option<bool>,
    closed: bool,
}

fn end<'a>(facts: &Facts<'a>, close: &Close<'a>) -> BootClose<'a> {
    if let Some(stop) = close.stop {
        let cause = match facts.transition.map(|event| &event.kind) {
            Some(EventKind::ShutdownTransition(5)) => BootEnd::Restart,
            Some(EventKind::ShutdownTransition(6)) => BootEnd::PowerOff,
            _ => BootEnd::Shutdown,
        };
        let asked = [facts.transition, facts.request];
        return BootClose {
            time: Some(stop.time),
            basis: Some(Basis::Logged),
            cause,
            confidence: Confidence::High,
            not_before: None,
            not_after: None,
            evidence: facts.stops().chain(asked.into_iter().flatten()).collect(),
            clean: Some(true),
            closed: true,
        };
    }
    let last = facts.last;
    let followed = close.after != After::Nothing;
    let crashed = close.after == After::Crash;
    BootClose {
        time: last.filter(|_| followed).map(|event| event.time),
        basis: last.filter(|_| followed).map(|_| Basis::Bounded),
        cause: match close.after {
            After::Crash => BootEnd::Crash,
            After::Boot => BootEnd::Unknown,
            After::Nothing => BootEnd::LogEnd,
        },
        confidence: close.after.confidence(),
        not_before: last,
        not_after: close.next.filter(|next| last.is_none_or(|last| next.time >= last.time)),
        evidence: facts.crash.iter().filter(|_| crashed).chain(close.next).collect(),
        clean: crashed.then_some(false),
        closed: crashed,
    }
}

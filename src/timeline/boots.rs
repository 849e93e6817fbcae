//! One row per boot epoch, from its facts.

use super::drafts::number;
use super::epochs::{Epoch, Epochs};
use super::facts::Facts;
use super::lineage::Streams;
use super::security::StartMark;
use crate::model::session::{Basis, Confidence};
use crate::model::{Boot, BootEnd, Channel, Citation, Event, Span, Text, What};

/// A boot's own records may stand this far before its first mark.
const PRELUDE: u64 = 24;

/// The rows of one computer; epoch 0 only where records lie before the first known boot.
pub(super) fn rows(
    streams: &Streams,
    epochs: &Epochs,
    facts: &[Facts<'_>],
    sessions: &[u64],
) -> Vec<Boot> {
    facts
        .iter()
        .enumerate()
        .filter(|(epoch, facts)| {
            *epoch > 0
                || sessions.first().is_some_and(|count| *count > 0)
                || has_history(facts, epochs.boots.first(), streams)
        })
        .map(|(epoch, facts)| {
            let boot = epoch.checked_sub(1).and_then(|at| epochs.boots.get(at));
            let next = epochs.boots.get(epoch);
            let mut row = row(streams, epoch, boot, next, facts);
            row.sessions = sessions.get(epoch).copied().unwrap_or(0);
            row
        })
        .collect()
}

/// Records before the first boot that are not just that boot's prelude.
fn has_history(facts: &Facts<'_>, first: Option<&Epoch>, streams: &Streams) -> bool {
    let start = |channel: &Channel| {
        let index = match channel {
            Channel::Security => first?.security.as_ref()?.index,
            _ => first?.system.as_ref()?.index,
        };
        streams.get(channel)?.get(index)
    };
    [(Channel::Security, facts.security), (Channel::System, facts.system)].iter().any(
        |(channel, span)| {
            span.is_some_and(|(earliest, _)| {
                start(channel).is_none_or(|start| earliest.record_id + PRELUDE < start.record_id)
            })
        },
    )
}

fn row(
    streams: &Streams,
    epoch: usize,
    boot: Option<&Epoch>,
    next: Option<&Epoch>,
    facts: &Facts<'_>,
) -> Boot {
    let clock = boot.and_then(|boot| boot.clock(streams));
    let end = end(streams, next, facts);
    let span = facts.security.or(facts.system);
    let request = match facts.request.map(|event| &event.what) {
        Some(What::ShutdownRequested(request)) if end.closed || !facts.resumed_boots.is_empty() => {
            Some(request)
        }
        _ => None,
    };
    let sure = boot.is_some_and(is_logged);
    let mut flags: Vec<Text> = Vec::new();
    if let Some(boot) = boot {
        flags.extend(channel_flag(streams, boot).map(Text::from));
    }
    if facts.lsass.len() > 1 {
        flags.push("lsass-changed".into());
    }
    Boot {
        epoch: number(epoch),
        start: clock.map(|event| event.time),
        start_basis: clock.map(|_| if sure { Basis::Logged } else { Basis::Inferred }),
        start_evidence: boot.map(|boot| evidence(streams, boot)).unwrap_or_default(),
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

/// The boot has a record that says so: 4608, a type 0 logon, or a kernel start.
fn is_logged(boot: &Epoch) -> bool {
    let by_security = boot.security.as_ref().is_some_and(|s| s.mark <= StartMark::SystemLogon);
    by_security || boot.system.as_ref().is_some_and(super::system::SystemBoot::is_certain)
}

/// Only one of two channels shows the boot.
fn channel_flag(streams: &Streams, boot: &Epoch) -> Option<&'static str> {
    let both = streams.contains_key(&Channel::Security) && streams.contains_key(&Channel::System);
    let in_security = boot.security.as_ref().is_some_and(|s| s.mark != StartMark::SystemLog);
    match (both, in_security, boot.system.is_some()) {
        (true, true, false) => Some("security-only"),
        (true, false, true) => Some("system-only"),
        _ => None,
    }
}

fn evidence(streams: &Streams, boot: &Epoch) -> Vec<Citation> {
    let cite = |channel: &Channel, index: usize| {
        streams.get(channel).and_then(|events| events.get(index)).map(Citation::from)
    };
    let security = boot.security.iter().flat_map(|start| start.evidence.iter());
    let system = boot.system.iter().flat_map(|boot| boot.evidence());
    security
        .filter_map(|index| cite(&Channel::Security, *index))
        .chain(system.filter_map(|index| cite(&Channel::System, index)))
        .collect()
}

/// The end of a boot.
struct BootClose<'a> {
    time: Option<crate::model::Timestamp>,
    basis: Option<Basis>,
    cause: BootEnd,
    confidence: Confidence,
    not_before: Option<&'a Event>,
    not_after: Option<&'a Event>,
    evidence: Vec<&'a Event>,
    clean: Option<bool>,
    closed: bool,
}

fn end<'a>(streams: &'a Streams, next: Option<&Epoch>, facts: &'a Facts<'a>) -> BootClose<'a> {
    let following = next.and_then(|boot| boot.clock(streams));
    if let Some(stop) = facts.stops().next() {
        let cause = match facts.transition.map(|event| &event.what) {
            Some(What::ShutdownTransition(5)) => BootEnd::Restart,
            Some(What::ShutdownTransition(6)) => BootEnd::PowerOff,
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
    let Some(following) = following else {
        return BootClose {
            time: None,
            basis: None,
            cause: BootEnd::LogEnd,
            confidence: Confidence::None,
            not_before: last,
            not_after: None,
            evidence: Vec::new(),
            clean: None,
            closed: false,
        };
    };
    let crashed = !facts.crash.is_empty();
    let mut evidence = facts.crash.clone();
    evidence.push(following);
    BootClose {
        time: last.map(|event| event.time),
        basis: last.map(|_| Basis::Bounded),
        cause: if crashed { BootEnd::Crash } else { BootEnd::Unknown },
        confidence: if crashed { Confidence::Low } else { Confidence::VeryLow },
        not_before: last,
        not_after: Some(following).filter(|next| last.is_none_or(|last| next.time >= last.time)),
        evidence,
        clean: crashed.then_some(false),
        closed: crashed,
    }
}

//! Simulated hosts: what is told of a session beside its records and its end.

use evtx_synth::simulate::{TrueAttachment, TrueDesk, TrueSession};
use std::collections::BTreeSet;
use winlast::model::session::{AttachmentKind, Basis, MilestoneKind};
use winlast::model::{Citation, EndCause, Session, Timestamp};

use super::simulated::Wrong;

/// A record as the truth names it.
fn key(record: &Citation) -> (&str, u64) {
    (record.channel.name(), record.record_id)
}

/// Start cause, durations, re-validations, corroboration, and the desktop's own story.
pub(crate) fn differ(
    truth: &TrueSession,
    told: &Session,
    boots_decided: bool,
    wrong: &mut Vec<Wrong>,
) {
    if boots_decided && told.start_cause.word() != truth.start_cause {
        wrong.push(("start cause", format!("{} {}", told.start_cause, truth.start_cause)));
    }
    if let Some(lasted) = truth.lasted {
        let told = told.corrected_duration().map(|span| span.0);
        if told != Some(i64::try_from(lasted).unwrap()) {
            wrong.push(("corrected duration", format!("{told:?} for {lasted}")));
        }
    }
    if let Some(checks) = &truth.checks {
        let of = told.incidents.iter().filter(|one| one.kind == MilestoneKind::Revalidated);
        let mut found: Vec<u64> = of.map(|one| one.moment.record.record_id).collect();
        found.sort_unstable();
        if found != *checks {
            wrong.push(("re-validations", format!("{found:?} for {checks:?}")));
        }
    }
    let cited: BTreeSet<_> = told.corroboration.iter().map(|(record, _)| key(record)).collect();
    if let Some(stranger) = cited.iter().find(|key| !truth.notices.contains(key)) {
        wrong.push(("corroboration by a stranger", format!("{stranger:?}")));
    }
    let own_desk = truth.desk.is_some() && truth.classes.len() == 1;
    if let Some(missing) = truth.partners.iter().find(|key| own_desk && !cited.contains(*key)) {
        wrong.push(("corroboration missing", format!("{missing:?}")));
    }
    match &truth.desk {
        Some(desk) if truth.desk_decided => desk_differs(desk, told, wrong),
        Some(_) => {}
        // Half a pair that nothing tells, or a check without its end, looks like a desktop.
        None if truth.classes.len() != 1 || !truth.partner_known => {}
        None => {
            let elevated = truth.partner.is_some() && told.elevated == Some(true);
            let away = told.incidents.iter().any(|one| one.kind != MilestoneKind::Revalidated);
            if away || (!elevated && !told.attachments.is_empty()) || told.active.is_some() {
                wrong.push(("a desk of no desktop", show(told)));
            }
        }
    }
}

fn desk_differs(truth: &TrueDesk, told: &Session, wrong: &mut Vec<Wrong>) {
    let kinds = |event_id: u16| match event_id {
        4778 => MilestoneKind::Reconnected,
        4779 => MilestoneKind::Disconnected,
        4800 => MilestoneKind::Locked,
        _ => MilestoneKind::Unlocked,
    };
    let incidents = told.incidents.iter().filter(|one| one.kind != MilestoneKind::Revalidated);
    let found: Vec<_> = incidents.map(|one| (key(&one.moment.record), one.kind)).collect();
    let truth_of: Vec<_> = truth
        .incidents
        .iter()
        .map(|(channel, id, event)| ((*channel, *id), kinds(*event)))
        .collect();
    if found != truth_of {
        wrong.push(("locks and moves", format!("{found:?} for {truth_of:?}")));
    }
    let same = told.attachments.len() == truth.attachments.len()
        && told.attachments.iter().zip(&truth.attachments).all(|(told, of)| {
            let time = |time: Option<Timestamp>| time.map(Timestamp::filetime);
            // The last ends when its user left: where that is logged, then.
            let to = of.to.or(truth.left).map(|to| to.0);
            (told.kind == AttachmentKind::Rdp) == of.remote
                && (&*told.client, &*told.address) == (&*of.client, &*of.address)
                && time(told.from) == of.from.map(|from| from.0)
                && (to.is_none() || time(told.to) == to)
        });
    if !same {
        let of: Vec<String> = truth.attachments.iter().map(show_attachment).collect();
        wrong.push(("attachments", format!("{} for {of:?}", show(told))));
    }
    let logged = matches!(told.end.cause, EndCause::Terminated | EndCause::Initiated);
    let active = told.active.map(|span| span.0);
    let told_enough = logged && (truth.active.is_some() || truth.incidents.is_empty());
    let guessed = told.end.basis.is_none_or(|basis| basis == Basis::Bounded) && active.is_some();
    if guessed || (told_enough && active != truth.active.map(|span| i64::try_from(span).unwrap())) {
        wrong.push(("time in use", format!("{active:?} for {:?}", truth.active)));
    }
}

fn show_attachment(of: &TrueAttachment) -> String {
    let time = |time: Option<evtx_synth::FileTime>| time.map(|time| time.to_string());
    format!("{} {} {} {:?}..{:?}", of.remote, of.client, of.address, time(of.from), time(of.to))
}

fn show(told: &Session) -> String {
    let attachments = told.attachments.iter().map(|one| {
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let span = format!("{:?}..{:?}", time(one.from), time(one.to));
        format!("{} {} {} {span}", one.kind, one.client, one.address)
    });
    let incidents = told.incidents.iter().map(|one| format!("{} {}", one.kind, one.moment.record));
    format!(
        "{:?} {:?} {:?}",
        attachments.collect::<Vec<_>>(),
        incidents.collect::<Vec<_>>(),
        told.active
    )
}

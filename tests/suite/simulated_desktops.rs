//! Simulated hosts: what is reported of a session apart from its records and its end.

use evtx_synth::simulate::{TrueAttachment, TrueDesktop, TrueSession};
use std::collections::BTreeSet;
use winlast::model::session::{AttachmentKind, Basis, MilestoneKind, StartCause};
use winlast::model::{Channel, Citation, EndCause, Session, Timestamp};

use super::simulated::Disagreement;

/// A record as the truth names it.
fn key(record: &Citation) -> (&str, u64) {
    (record.channel.name(), record.record_id)
}

/// Compares start cause, duration, re-validations, corroboration, and what concerns the desktop.
pub(crate) fn compare(
    truth: &TrueSession,
    reported: &Session,
    boots_decided: bool,
    disagreements: &mut Vec<Disagreement>,
) {
    let is_by_another_log = is_start_of_another_log(truth, reported);
    if boots_decided && reported.start_cause.word() != truth.start_cause && !is_by_another_log {
        disagreements
            .push(("start cause", format!("{} {}", reported.start_cause, truth.start_cause)));
    }
    if let Some(duration) = truth.duration {
        let reported = reported.corrected_duration().map(|span| span.0);
        if reported != Some(i64::try_from(duration).unwrap()) {
            disagreements.push(("corrected duration", format!("{reported:?} for {duration}")));
        }
    }
    if let Some(checks) = &truth.checks {
        let of = reported.incidents.iter().filter(|one| one.kind == MilestoneKind::Revalidated);
        let mut found: Vec<u64> = of.map(|one| one.moment.record.record_id).collect();
        found.sort_unstable();
        if found != *checks {
            disagreements.push(("re-validations", format!("{found:?} for {checks:?}")));
        }
    }
    let cited: BTreeSet<_> = reported.corroboration.iter().map(|(record, _)| key(record)).collect();
    if let Some(foreign) = cited.iter().find(|key| !truth.notices.contains(key)) {
        disagreements.push(("corroboration by a foreign record", format!("{foreign:?}")));
    }
    let is_desktop = truth.desktop.is_some() && truth.classes.len() == 1;
    if let Some(missing) =
        truth.corroborating.iter().find(|key| is_desktop && !cited.contains(*key))
    {
        disagreements.push(("corroboration missing", format!("{missing:?}")));
    }
    match &truth.desktop {
        // The truth of the desktop is that of Security. What another log has is compared record by record.
        Some(_) if is_by_another_log => {
            compare_with_notices(truth, reported, disagreements);
        }
        Some(desktop) if truth.desktop_decided => compare_desktop(desktop, reported, disagreements),
        Some(_) => {}
        // Half a split token that the files do not link looks like a desktop, and so does a
        // re-validation without its end.
        None if truth.classes.len() != 1 || !truth.linked_known => {}
        None => {
            let elevated = truth.linked.is_some() && reported.elevated == Some(true);
            let away = reported.incidents.iter().any(|one| one.kind != MilestoneKind::Revalidated);
            if away || (!elevated && !reported.attachments.is_empty()) || reported.active.is_some()
            {
                disagreements.push(("attachments without a desktop", show(reported)));
            }
        }
    }
}

/// Did the desktop begin before Security's first record, and is its start the record that another log has of it?
fn is_start_of_another_log(truth: &TrueSession, reported: &Session) -> bool {
    let start = reported.start.filter(|_| reported.start_cause == StartCause::Inferred);
    truth.start_cause == "before-log"
        && start.is_some_and(|start| {
            truth.notices.contains(&key(&start.record))
                && matches!(start.record.event_id, 21 | 7001)
        })
}

/// Compares the records of other logs with those about this desktop.
fn compare_with_notices(
    truth: &TrueSession,
    reported: &Session,
    disagreements: &mut Vec<Disagreement>,
) {
    let records = reported.incidents.iter().map(|incident| &incident.moment.record);
    let mut foreign = records
        .filter(|record| record.channel != Channel::Security)
        .filter(|record| !truth.notices.contains(&key(record)));
    if let Some(record) = foreign.next() {
        disagreements.push(("a foreign record", format!("{record}")));
    }
}

/// Compares locks, changes of attachment, attachments, and the time in use.
fn compare_desktop(truth: &TrueDesktop, reported: &Session, disagreements: &mut Vec<Disagreement>) {
    let kinds = |event_id: u16| match event_id {
        4778 => MilestoneKind::Reconnected,
        4779 => MilestoneKind::Disconnected,
        4800 => MilestoneKind::Locked,
        _ => MilestoneKind::Unlocked,
    };
    let incidents = reported.incidents.iter().filter(|one| one.kind != MilestoneKind::Revalidated);
    let found: Vec<_> = incidents.map(|one| (key(&one.moment.record), one.kind)).collect();
    let truth_of: Vec<_> = truth
        .incidents
        .iter()
        .map(|(channel, id, event)| ((*channel, *id), kinds(*event)))
        .collect();
    if found != truth_of {
        disagreements.push(("locks and attachment changes", format!("{found:?} for {truth_of:?}")));
    }
    let is_check = |from: Option<Timestamp>| {
        let mut checks =
            reported.incidents.iter().filter(|one| one.kind == MilestoneKind::Revalidated);
        from.is_some() && checks.any(|one| Some(one.moment.time) == from)
    };
    // Of a client that came back, and whose check alone is left, no record says when it had left.
    let came_back = |at: usize| {
        let own = reported.attachments.get(at);
        let next = reported.attachments.get(at + 1);
        own.is_some_and(|own| own.kind == AttachmentKind::Rdp)
            && next.is_some_and(|next| is_check(next.from))
    };
    let pairs = || reported.attachments.iter().zip(&truth.attachments).enumerate();
    let same = reported.attachments.len() == truth.attachments.len()
        && pairs().all(|(at, (reported, of))| {
            let time = |time: Option<Timestamp>| time.map(Timestamp::filetime);
            // The last attachment ends with the session, if a record says when that was.
            let to = of.to.or(truth.left).map(|to| to.0);
            // A re-validation alone gives no name of the client, and does not say how long it stayed.
            // Neither end of a takeover is known of which only the check and the disconnection are left.
            let is_undated = of.from.is_none() && of.to.is_none() && reported.from.is_none();
            let by_check = is_undated || is_check(reported.from);
            (reported.kind == AttachmentKind::Rdp) == of.remote
                && reported.address == of.address
                && (reported.client == of.client || by_check && reported.client.is_empty())
                && time(reported.from) == of.from.map(|from| from.0)
                && (to.is_none()
                    || time(reported.to) == to
                    || (by_check || came_back(at)) && reported.to.is_none())
        });
    if !same {
        let of: Vec<String> = truth.attachments.iter().map(show_attachment).collect();
        disagreements.push(("attachments", format!("{} for {of:?}", show(reported))));
    }
    let is_known = !pairs().any(|(at, (own, _))| came_back(at) && own.to.is_none());
    compare_time_in_use(truth, reported, is_known, disagreements);
}

/// Compares the time in use. `is_known`: a record says when each client had left.
fn compare_time_in_use(
    truth: &TrueDesktop,
    reported: &Session,
    is_known: bool,
    disagreements: &mut Vec<Disagreement>,
) {
    let logged = matches!(reported.end.cause, EndCause::Terminated | EndCause::Initiated)
        && reported.end.basis == Some(Basis::Logged);
    let active = reported.active.map(|span| span.0);
    if !is_known && active.is_some() {
        disagreements.push(("time in use that is not known", format!("{active:?}")));
    }
    let comparable = logged && is_known && (truth.active.is_some() || truth.incidents.is_empty());
    let guessed =
        reported.end.basis.is_none_or(|basis| basis == Basis::Bounded) && active.is_some();
    let awake = truth.active.map(|span| i64::try_from(span).unwrap());
    // What the records say of a sleep is not known here, so its length is not either.
    let is_wrong = match truth.slept {
        true => active > awake,
        false => active != awake,
    };
    if guessed || (comparable && is_wrong) {
        disagreements.push(("time in use", format!("{active:?} for {:?}", truth.active)));
    }
}

/// An attachment of the truth in one line.
fn show_attachment(of: &TrueAttachment) -> String {
    let time = |time: Option<evtx_synth::FileTime>| time.map(|time| time.to_string());
    format!("{} {} {} {:?}..{:?}", of.remote, of.client, of.address, time(of.from), time(of.to))
}

/// The desktop of a reported session in one line.
fn show(reported: &Session) -> String {
    let attachments = reported.attachments.iter().map(|one| {
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let span = format!("{:?}..{:?}", time(one.from), time(one.to));
        format!("{} {} {} {span}", one.kind, one.client, one.address)
    });
    let incidents =
        reported.incidents.iter().map(|one| format!("{} {}", one.kind, one.moment.record));
    format!(
        "{:?} {:?} {:?}",
        attachments.collect::<Vec<_>>(),
        incidents.collect::<Vec<_>>(),
        reported.active
    )
}

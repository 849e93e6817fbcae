//! What the tables and the page say of a session in one cell each.

use crate::model::append::{AppendText, LazyText, append, list};
use crate::model::session::{Attachment, MilestoneKind};
use crate::model::{Citation, Session, Span};

/// The consoles and clients that it was attached to.
pub(crate) fn attachments(session: &Session) -> LazyText<impl Fn(&mut Vec<u8>)> {
    list(session.attachments.iter().map(attachment))
}

/// `rdp 10.0.0.5 CLIENT 2024-…Z..2024-…Z`
fn attachment(attachment: &Attachment) -> impl AppendText {
    LazyText(move |out: &mut Vec<u8>| {
        append!(out, attachment.kind);
        for part in [&attachment.address, &attachment.client] {
            if !part.is_empty() {
                append!(out, " ", part);
            }
        }
        if attachment.from.is_some() || attachment.to.is_some() {
            append!(out, " ", attachment.from, "..", attachment.to);
        }
    })
}

/// The times and the records of its re-validations.
pub(crate) fn revalidations(session: &Session) -> impl AppendText {
    let all = session.incidents.iter();
    let own = all.filter(|incident| incident.kind == MilestoneKind::Revalidated);
    list(own.map(|incident| incident.moment).map(|moment| {
        LazyText(move |out: &mut Vec<u8>| append!(out, moment.time, " ", moment.record))
    }))
}

/// The records used that have no column of their own: first those that the row is based on, then those
/// of other channels that say the same, with the seconds by which they follow: `System#736 (+0.13 s)`.
pub(crate) fn other_evidence(session: &Session) -> LazyText<impl Fn(&mut Vec<u8>)> {
    let principal = [&session.start, &session.initiated, &session.terminated];
    let used = session.evidence.iter().filter(move |citation| {
        !principal.iter().any(|moment| moment.as_ref().is_some_and(|m| m.record == **citation))
    });
    let corroboration = session.corroboration.iter().map(|(record, lag)| (record, Some(lag)));
    let all = used.map(|record| (record, None)).chain(corroboration);
    list(all.map(|(record, lag)| cited(record, lag)))
}

fn cited(record: &Citation, lag: Option<&Span>) -> impl AppendText {
    LazyText(move |out: &mut Vec<u8>| {
        append!(out, record);
        if let Some(lag) = lag {
            append!(out, " (", (lag.0 >= 0).then_some("+"), lag, " s)");
        }
    })
}

/// The session's flags, with a word for a start that is not exact.
pub(crate) fn flags(session: &Session) -> LazyText<impl Fn(&mut Vec<u8>)> {
    let start = session.start_cause.flag().filter(|start| !session.flags.contains(start));
    list(start.into_iter().chain(session.flags.iter().copied()))
}

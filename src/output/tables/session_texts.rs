//! What the tables and the page say of a session in one cell each.

use crate::model::session::{Attachment, MilestoneKind};
use crate::model::{Citation, Session, Span};
use crate::output::lazy_text::{LazyText, list};
use std::fmt::{Display, Formatter};

/// The consoles and clients that it was attached to.
pub(crate) fn attachments(session: &Session) -> impl Display {
    list(session.attachments.iter().map(attachment))
}

/// `rdp 10.0.0.5 CLIENT 2024-…Z..2024-…Z`
fn attachment(attachment: &Attachment) -> impl Display {
    LazyText(move |f: &mut Formatter<'_>| {
        write!(f, "{}", attachment.kind)?;
        for part in [&attachment.address, &attachment.client] {
            if !part.is_empty() {
                write!(f, " {part}")?;
            }
        }
        let moment =
            |f: &mut Formatter<'_>, time: Option<_>| time.map_or(Ok(()), |t| write!(f, "{t}"));
        if attachment.from.is_some() || attachment.to.is_some() {
            f.write_str(" ")?;
            moment(f, attachment.from)?;
            f.write_str("..")?;
            moment(f, attachment.to)?;
        }
        Ok(())
    })
}

/// The times and the records of its re-validations.
pub(crate) fn revalidations(session: &Session) -> impl Display {
    let all = session.incidents.iter();
    let own = all.filter(|incident| incident.kind == MilestoneKind::Revalidated);
    list(own.map(|incident| incident.moment).map(|moment| {
        LazyText(move |f: &mut Formatter<'_>| write!(f, "{} {}", moment.time, moment.record))
    }))
}

/// The records used that have no column of their own: first those that the row rests on, then those
/// of other channels that say the same, with the seconds by which they follow: `System#736 (+0.13 s)`.
pub(crate) fn other_evidence(session: &Session) -> impl Display {
    let principal = [&session.start, &session.initiated, &session.terminated];
    let used = session.evidence.iter().filter(move |citation| {
        !principal.iter().any(|moment| moment.as_ref().is_some_and(|m| m.record == **citation))
    });
    let corroboration = session.corroboration.iter().map(|(record, lag)| (record, Some(lag)));
    let all = used.map(|record| (record, None)).chain(corroboration);
    list(all.map(|(record, lag)| cited(record, lag)))
}

fn cited(record: &Citation, lag: Option<&Span>) -> impl Display {
    LazyText(move |f: &mut Formatter<'_>| match lag {
        Some(lag) => {
            let sign = if lag.0 < 0 { "" } else { "+" };
            write!(f, "{record} ({sign}{lag} s)")
        }
        None => write!(f, "{record}"),
    })
}

/// The session's flags, with a word for a start that is not exact.
pub(crate) fn flags(session: &Session) -> impl Display {
    let start = session.start_cause.flag().filter(|start| !session.flags.contains(start));
    list(start.into_iter().chain(session.flags.iter().copied()))
}

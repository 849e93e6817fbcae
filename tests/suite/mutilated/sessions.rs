//! The sessions of mutilated logs, held against those of the whole.

use super::comparison::{
    Contradiction, Interval, Level, Place, Whole, is_certain, key, overlap, own_records,
};
use std::collections::{BTreeMap, BTreeSet};
use winlast::model::session::StartCause;
use winlast::model::{Confidence, EndCause, Host, Session, SessionClass};

/// Compares the sessions of one computer.
pub(super) fn compare(whole: &Whole<'_>, host: &Host, found: &mut Vec<Contradiction>) {
    let mut known: BTreeMap<Place, &Session> = BTreeMap::new();
    let mut boots: BTreeMap<u32, BTreeSet<Place>> = BTreeMap::new();
    for session in &host.sessions {
        let mut say = |level, kind: &str, what: String| {
            let what = format!("{what} | {}", show(session));
            found.push(Contradiction { level, kind: kind.into(), what });
        };
        let own: BTreeSet<Place> =
            own_records(session).filter_map(|record| whole.owner(record)).collect();
        if own.len() > 1 {
            let of: Vec<String> = own.iter().map(|at| show(whole.session(*at))).collect();
            say(Level::Certain, "sessions joined", of.join(" AND "));
        }
        let other = own_records(session).chain(&session.evidence);
        let cited = other.filter_map(|record| whole.citing(record)).next();
        let Some(place) = own.first().copied().or(cited) else {
            let level = level_of_start(session);
            say(level, "session invented", String::new());
            continue;
        };
        let of = whole.session(place);
        if let Some(other) = known.get(&place) {
            let level = level_of_start(session).max(level_of_start(other));
            say(level, "session split", format!("{} AND", show(other)));
        }
        known.insert(place, session);
        if let Some(boot) = whole.boot_of(place) {
            boots.entry(session.boot_epoch).or_default().insert(boot);
        }
        let mut differences = Vec::new();
        compare_session(whole, of, session, &mut differences);
        compare_end(whole, of, session, &mut differences);
        compare_attachments(whole, of, session, &mut differences);
        found.extend(differences.into_iter().map(|(level, kind, what)| Contradiction {
            level,
            kind,
            what: format!("{what} | {} | whole {}", show(session), show(of)),
        }));
    }
    for (epoch, of) in boots.iter().filter(|(_, of)| of.len() > 1) {
        let level = if *epoch == 0 { Level::Low } else { Level::Certain };
        let epochs: Vec<u32> = of.iter().map(|at| whole.boot(*at).epoch).collect();
        let what = format!("boot {epoch} has sessions of the boots {epochs:?}");
        found.push(Contradiction { level, kind: "boots joined".into(), what });
    }
}

/// A session that is known from a record of its own is certain; one that another channel shows, or
/// that is only referred to, is not.
fn level_of_start(session: &Session) -> Level {
    if session.start_cause == StartCause::Inferred { Level::Low } else { Level::Certain }
}

type Difference = (Level, String, String);

fn compare_session(
    whole: &Whole<'_>,
    of: &Session,
    session: &Session,
    found: &mut Vec<Difference>,
) {
    let mut say = |kind: &str, what: String| found.push((Level::Certain, kind.into(), what));
    if let (Some(start), Some(true_start)) = (&session.start, &of.start) {
        if key(&start.record) == key(&true_start.record) {
            let time = whole.time(true_start.time);
            if start.time != time {
                say("start time", format!("{}, whole {time}", start.time));
            }
        } else if session.start_cause == StartCause::Exact {
            say("start record", format!("{}, whole {}", start.record, true_start.record));
        }
    }
    for (name, told, of) in [
        ("initiated", &session.initiated, &of.initiated),
        ("terminated", &session.terminated, &of.terminated),
    ] {
        let told = told.as_ref().map(|moment| key(&moment.record));
        let of = of.as_ref().map(|moment| key(&moment.record));
        if told.is_some() && told != of {
            say(name, format!("{told:?}, whole {of:?}"));
        }
    }
    let sids = (&*session.account.sid, &*of.account.sid);
    if !sids.0.is_empty() && !sids.1.is_empty() && sids.0 != sids.1 {
        say("account", format!("{}, whole {}", sids.0, sids.1));
    }
    if session.class != of.class && session.class != SessionClass::Unknown {
        say(&format!("class {} is {}", of.class, session.class), String::new());
    }
    for (name, told, of) in [
        ("logon id", session.logon_id, of.logon_id),
        ("parent", session.parent, of.parent),
        ("linked", session.linked, of.linked),
    ] {
        if told.is_some() && told != of {
            say(name, format!("{told:?}, whole {of:?}"));
        }
    }
    let types = session.logon_type.zip(of.logon_type);
    // A 4634 may have another type than the 4624.
    if session.start_cause == StartCause::Exact && types.is_some_and(|(a, b)| a != b) {
        say("logon type", format!("{types:?}"));
    }
}

/// When the session ended, as the whole knows it.
fn end_of(session: &Session) -> Interval {
    match session.end.time {
        Some(time) if is_certain(session.end.confidence) => (Some(time), Some(time)),
        _ => (session.end.not_before, session.end.not_after),
    }
}

fn compare_end(whole: &Whole<'_>, of: &Session, session: &Session, found: &mut Vec<Difference>) {
    let (end, true_end) = (&session.end, &of.end);
    let certain = is_certain(end.confidence);
    let level = if certain { Level::Certain } else { Level::Low };
    let ended = whole.interval(end_of(of));
    let bounds = (end.not_before, end.not_after);
    if !overlap(bounds, ended) {
        found.push((Level::Certain, "end bounds".into(), "the bounds lack the end".into()));
    }
    if !may_be(session, of) {
        let kind = format!("end {} is {}", true_end.cause, end.cause);
        found.push((level, kind, format!("confidence {}", end.confidence)));
    }
    if let Some(time) = end.time.filter(|_| certain)
        && !overlap((Some(time), Some(time)), ended)
    {
        let kind = format!("end time ({} for {})", end.cause, true_end.cause);
        found.push((level, kind, format!("{time}")));
    }
}

/// May a session that ended as the whole says be told to have ended as it is told?
fn may_be(session: &Session, of: &Session) -> bool {
    use EndCause::{
        Censored, Crash, EpochEnd, Inherited, Initiated, Lost, Open, Shutdown, Terminated,
    };
    match (session.end.cause, of.end.cause) {
        (a, b) if a == b => true,
        (Open | Censored | EpochEnd | Lost, _) => true,
        // The 4634 is gone, the 4647 is left.
        (Initiated, Terminated) => of.initiated.is_some(),
        // Its own 4634 is gone, its linked half's is left.
        (Inherited, Terminated) => of.linked.is_some(),
        // The whole knows less, so that it does not say otherwise.
        (Shutdown | Crash, Open | Censored | EpochEnd | Lost) => {
            of.end.confidence == Confidence::None || of.end.cause != Open
        }
        _ => false,
    }
}

fn compare_attachments(
    whole: &Whole<'_>,
    of: &Session,
    session: &Session,
    found: &mut Vec<Difference>,
) {
    for held in &session.attachments {
        let told = (held.from, held.to);
        let fits = of.attachments.iter().any(|other| {
            let interval = (other.from.map(|t| whole.time(t)), other.to.map(|t| whole.time(t)));
            other.kind == held.kind
                && (held.address.is_empty() || held.address == other.address)
                && overlap(told, interval)
        });
        if !fits {
            let what = format!("{held:?}, whole {:?}", of.attachments);
            found.push((Level::Certain, "attachment".into(), what));
        }
    }
}

pub(super) fn show(session: &Session) -> String {
    let records: Vec<String> =
        own_records(session).map(|r| format!("{r}({})", r.event_id)).collect();
    format!(
        "{}/{} {} {} {} [{}] end {} bounds {:?}..{:?}",
        session.boot_epoch,
        session.logon_id.map_or_else(|| "-".to_owned(), |id| id.to_string()),
        session.account,
        session.class,
        session.start_cause,
        records.join(" "),
        session.end,
        session.end.not_before.map(|time| time.to_string()),
        session.end.not_after.map(|time| time.to_string()),
    )
}

//! The sessions of mutilated logs, held against those of the whole.

use super::comparison::{
    Contradiction, Interval, Level, NEAR, Place, Whole, is_certain, key, overlap, own_records,
    widened,
};
use std::collections::{BTreeMap, BTreeSet};
use winlast::model::session::StartCause;
use winlast::model::{Confidence, EndCause, Flag, Host, LogonId, Session, SessionClass, Span};

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
        let cited = || cited(whole, session);
        let alike = || alike(whole, session);
        let Some(place) = own.first().copied().or_else(cited).or_else(alike) else {
            let level = level_of_start(session);
            say(level, "session invented", String::new());
            continue;
        };
        let of = whole.session(place);
        if let Some(other) = known.get(&place) {
            // Where the boot of one of them is not sure, the table says so.
            let is_doubtful = [*other, session].iter().any(|one| is_of_uncertain_boot(one, host));
            let level = match is_doubtful {
                true => Level::Low,
                false => level_of_start(session).max(level_of_start(other)),
            };
            say(level, "session split", format!("{} AND", show(other)));
        }
        known.insert(place, session);
        let is_uncertain = session.flags.contains(&Flag::BootUncertain);
        if let Some(boot) = whole.boot_of(place).filter(|_| !is_uncertain) {
            boots.entry(session.boot_epoch).or_default().insert(boot);
        }
        let mut differences = Vec::new();
        compare_session(whole, host, of, session, &mut differences);
        compare_end(whole, place, session, &mut differences);
        let level = match of.class == session.class {
            true => Level::Certain,
            false => level_of_class(of, session, host),
        };
        compare_attachments(whole, of, session, level, &mut differences);
        found.extend(differences.into_iter().map(|(level, kind, what)| Contradiction {
            level,
            kind,
            what: format!("{what} | {} | whole {}", show(session), show(of)),
        }));
    }
    for (epoch, of) in boots.iter().filter(|(_, of)| of.len() > 1) {
        // The table says that records are missing among which another boot may have begun.
        let is_uncertain = is_uncertain(*epoch, host);
        let level = if *epoch == 0 || is_uncertain { Level::Low } else { Level::Certain };
        let epochs: Vec<u32> = of.iter().map(|at| whole.boot(*at).epoch).collect();
        let what = format!("boot {epoch} has sessions of the boots {epochs:?}");
        found.push(Contradiction { level, kind: "boots joined".into(), what });
    }
}

fn is_uncertain(epoch: u32, host: &Host) -> bool {
    let mut own = host.boots.iter().filter(|boot| boot.epoch == epoch);
    own.any(|boot| boot.flags.contains(&Flag::BootUncertain))
}

fn is_of_uncertain_boot(session: &Session, host: &Host) -> bool {
    session.flags.contains(&Flag::BootUncertain) || is_uncertain(session.boot_epoch, host)
}

/// The session of the whole that cites a record of a session in any way. The records of a desktop
/// are cited by its window manager too; then it is the one of that boot with the same Logon ID.
fn cited(whole: &Whole<'_>, session: &Session) -> Option<Place> {
    let records = own_records(session).chain(&session.evidence);
    records.filter_map(|record| whole.citing(record)).find_map(|place| {
        let of = whole.session(place);
        if of.logon_id.is_none() || session.logon_id.is_none() || of.logon_id == session.logon_id {
            return Some(place);
        }
        let mut sessions = whole.report.hosts[place.0].sessions.iter();
        let at = sessions.position(|other| {
            (other.boot_epoch, other.logon_id) == (of.boot_epoch, session.logon_id)
        });
        at.map(|at| (place.0, at))
    })
}

/// The session of the whole that a session may be which another channel shows, where the whole
/// needs no such record: of the same user, within a minute of its start.
fn alike(whole: &Whole<'_>, session: &Session) -> Option<Place> {
    let start = session.start.filter(|_| session.logon_id.is_none())?;
    let is_alike = |of: &Session| {
        let same = of.account.sid == session.account.sid || of.account.user == session.account.user;
        let near = |time| whole.time(time).since(start.time).abs() <= NEAR;
        same && of.start.is_some_and(|of| near(of.time))
    };
    whole
        .report
        .hosts
        .iter()
        .enumerate()
        .find_map(|(host, of)| of.sessions.iter().position(is_alike).map(|session| (host, session)))
}

/// A session that is known from a record of its own is certain; one that another channel shows, or
/// that is only referred to, is not.
fn level_of_start(session: &Session) -> Level {
    if session.start_cause == StartCause::Inferred { Level::Low } else { Level::Certain }
}

type Difference = (Level, String, String);

fn compare_session(
    whole: &Whole<'_>,
    host: &Host,
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
        } else if session.logon_id.is_some() {
            // Another log shows it, some seconds from the 4624.
            let time = whole.time(true_start.time);
            if start.time.since(time).abs() > NEAR {
                say("inferred start", format!("{}, whole {time}", start.time));
            }
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
    for (name, told, of) in [
        ("logon id", session.logon_id, of.logon_id),
        ("parent", parent_id(session), parent_id(of)),
        ("linked", session.linked, of.linked),
    ] {
        if told.is_some() && told != of {
            say(name, format!("{told:?}, whole {of:?}"));
        }
    }
    if session.class != of.class && session.class != SessionClass::Unknown {
        let level = level_of_class(of, session, host);
        found.push((level, format!("class {} is {}", of.class, session.class), String::new()));
    }
    let types = session.logon_type.zip(of.logon_type);
    // A 4634 may have another type than the 4624.
    if session.start_cause == StartCause::Exact && types.is_some_and(|(a, b)| a != b) {
        found.push((Level::Certain, "logon type".into(), format!("{types:?}")));
    }
}

/// A class has no confidence of its own. It is certain where the 4624 is there, or a 4634 with a type
/// that leaves no choice. That a logon is the
/// check of an open session is told by its own end, and by that session: where either is gone,
/// nothing tells.
fn level_of_class(of: &Session, session: &Session, host: &Host) -> Level {
    let parent = host.sessions.iter().any(|other| {
        other.boot_epoch == session.boot_epoch
            && other.logon_id == parent_id(of)
            && parent_id(of).is_some()
    });
    let by_end = of.class == SessionClass::RemoteDesktop
        && session.terminated.is_some()
        && matches!(session.logon_type, Some(10 | 12));
    let told = (session.start_cause == StartCause::Exact || by_end)
        && (of.class != SessionClass::Revalidation || (session.terminated.is_some() && parent));
    // Without a record of the takeover a logon over Remote Desktop has a row of its own, on purpose.
    let may_be_own =
        of.class == SessionClass::Revalidation && session.class == SessionClass::RemoteDesktop;
    if told && !may_be_own { Level::Certain } else { Level::Low }
}

/// When the session ended, as the whole knows it.
fn end_of(session: &Session) -> Interval {
    match session.end.time {
        Some(time) if is_certain(session.end.confidence) => (Some(time), Some(time)),
        _ => (session.end.not_before, session.end.not_after),
    }
}

/// When the session may be told to have ended by this cause. Where the 4634 is gone, the 4647 is
/// the end, its own or that of its linked half.
fn end_by(cause: EndCause, whole: &Whole<'_>, place: Place) -> Interval {
    let of = whole.session(place);
    let (from, to) = end_of(of);
    let initiated = |session: &Session| session.initiated.map(|moment| moment.time);
    let asked = match cause {
        EndCause::Initiated => initiated(of),
        EndCause::Inherited => whole.linked(place).and_then(initiated),
        _ => None,
    };
    (asked.map_or(from, |asked| from.map(|from| from.min(asked))), to)
}

fn compare_end(whole: &Whole<'_>, place: Place, session: &Session, found: &mut Vec<Difference>) {
    let of = whole.session(place);
    let (end, true_end) = (&session.end, &of.end);
    let certain = is_certain(end.confidence);
    let level = if certain { Level::Certain } else { Level::Low };
    let ended = whole.interval(end_by(end.cause, whole, place));
    let causes = (end.cause, true_end.cause);
    // A logoff by the record of another channel, or a shutdown by another record of it.
    let by_another = end.confidence == Confidence::Medium
        && session.initiated.is_none()
        && matches!(
            causes,
            (EndCause::Initiated, EndCause::Initiated | EndCause::Terminated)
                | (EndCause::Inherited, EndCause::Inherited | EndCause::Terminated)
        );
    let by_shutdown = matches!(true_end.cause, EndCause::Shutdown | EndCause::Lost);
    let near = |told: Interval| (by_another || by_shutdown) && overlap(told, widened(ended, NEAR));
    let mut compare = |told: Interval, level: Level, kind: String| {
        if overlap(told, ended) {
            return;
        }
        found.push((if near(told) { Level::Near } else { level }, kind, String::new()));
    };
    let steps = whole.boot_of(place).map_or(Span(0), |boot| whole.uncertain(whole.boot(boot)));
    let bounds = widened((end.not_before, end.not_after), steps);
    compare(bounds, Level::Certain, format!("end bounds ({})", end.cause));
    if certain {
        let kind = format!("end time ({} for {})", end.cause, true_end.cause);
        compare((end.time, end.time), level, kind);
    }
    if !may_be(session, of) {
        let kind = format!("end {} is {}", true_end.cause, end.cause);
        found.push((level, kind, format!("confidence {}", end.confidence)));
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
        (Shutdown | Crash, Censored | EpochEnd | Lost) => true,
        _ => false,
    }
}

fn compare_attachments(
    whole: &Whole<'_>,
    of: &Session,
    session: &Session,
    level: Level,
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
            found.push((level, "attachment".into(), what));
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

/// The Logon ID of the session that this one came out of.
fn parent_id(session: &Session) -> Option<LogonId> {
    session.parent.and_then(|parent| parent.logon_id())
}

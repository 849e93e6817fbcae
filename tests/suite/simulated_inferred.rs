//! Simulated hosts: sessions that Security does not name, which other logs tell of.

use super::simulated::Disagreement;
use super::simulated_comparison::has_uncertain_boot;
use super::simulated_text::show_reported;
use evtx_synth::simulate::{TrueComputer, TrueInferred, TrueSession};
use std::collections::{BTreeMap, BTreeSet};
use winlast::model::session::StartCause;
use winlast::model::{Citation, EndCause, Host, Session, Timestamp};

/// The end of such a session is the time of a record up to this long after it (100 ns units).
const LOGOFF_TAKES: u64 = 3 * 10_000_000;

/// A record as the truth names it.
fn key(record: &Citation) -> (&str, u64) {
    (record.channel.name(), record.record_id)
}

/// Whether a reported session rests on other logs than Security alone.
pub(crate) fn is_inferred(session: &Session) -> bool {
    session.start_cause == StartCause::Inferred && session.logon_id.is_none()
}

/// Compares these sessions. `numbers` holds the true boot of each boot epoch.
pub(crate) fn compare(
    truth: &TrueComputer,
    reported: &Host,
    numbers: &BTreeMap<u32, u32>,
    disagreements: &mut Vec<Disagreement>,
) {
    let boots_decided = truth.boots.iter().all(|boot| boot.undecided.is_none());
    let mut rows: BTreeMap<usize, Vec<&Session>> = BTreeMap::new();
    for session in reported.sessions.iter().filter(|session| is_inferred(session)) {
        let records: BTreeSet<(&str, u64)> = cited(session);
        let is_of = |one: &&(usize, &TrueInferred)| {
            one.1.notices.iter().any(|notice| records.contains(notice))
        };
        let of: Vec<_> = truth.inferred.iter().enumerate().collect();
        let of: Vec<_> = of.iter().filter(is_of).collect();
        // A 4634 alone does not show that its session was that desktop.
        let has_more_than_its_end =
            |one: &TrueSession| one.start.is_some() || one.initiated.is_some();
        let named = |one: &&TrueSession| {
            one.desktop_decided
                && has_more_than_its_end(one)
                && one.notices.iter().any(|notice| records.contains(notice))
        };
        match of.as_slice() {
            [(at, _)] => rows.entry(*at).or_default().push(session),
            [] if truth.sessions.iter().any(|one| named(&one)) && boots_decided => {
                disagreements.push(("inferred twin of a session", show_reported(session)));
            }
            [] => {}
            several if several.iter().any(|(_, one)| one.decided) && boots_decided => {
                disagreements.push(("inferred sessions mixed", show_reported(session)));
            }
            _ => {}
        }
    }
    for (at, one) in truth.inferred.iter().enumerate() {
        let rows = rows.get(&at).map_or(&[][..], Vec::as_slice);
        match rows {
            [] if one.required && boots_decided => {
                disagreements.push(("inferred session missed", show(one)));
            }
            [] => {}
            [row] => compare_one(one, row, numbers, boots_decided, disagreements),
            _ if one.decided && boots_decided => {
                disagreements.push(("inferred session split", show(one)));
            }
            _ => {}
        }
    }
}

/// A session of the truth in one line.
fn show(truth: &TrueInferred) -> String {
    let mut channels: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (channel, id) in &truth.notices {
        let name = channel.split(['/', '-']).rfind(|part| *part != "Operational").unwrap();
        channels.entry(name).or_default().push(*id);
    }
    format!(
        "true: boot {} {} {channels:?} ended {:?} recorded {} open until {:?}",
        truth.boot,
        truth.account.name,
        truth.ended.map(|time| time.to_string()),
        truth.end_recorded,
        truth.open_until.map(|time| time.to_string()),
    )
}

fn cited(session: &Session) -> BTreeSet<(&str, u64)> {
    let start = session.start.as_ref().map(|moment| &moment.record);
    // A session that ended before another boot may cite the logon that shows that boot.
    let is_bounded = session.end.cause == EndCause::EpochEnd && session.evidence.len() > 1;
    let own = session.evidence.len() - usize::from(is_bounded);
    let own = session.evidence.iter().take(own);
    start.into_iter().chain(&session.end.record).chain(own).map(key).collect()
}

fn compare_one(
    truth: &TrueInferred,
    reported: &Session,
    numbers: &BTreeMap<u32, u32>,
    boots_decided: bool,
    disagreements: &mut Vec<Disagreement>,
) {
    let mut differs = |kind, what: &str| {
        disagreements
            .push((kind, format!("{what} | {} | {}", show(truth), show_reported(reported))));
    };
    if !truth.decided || !boots_decided {
        return;
    }
    // Boot epoch 0 holds whatever was before the first known boot.
    let number = numbers.get(&reported.boot_epoch).filter(|_| reported.boot_epoch > 0);
    if number.is_some_and(|number| *number != truth.boot) {
        // The times of another boot say nothing of this one; the row itself says that it may be another.
        if !has_uncertain_boot(reported) {
            differs("inferred session in wrong boot", "");
        }
        return;
    }
    let ended = truth.ended.map(|ended| ended.0);
    if let (true, Some(time), Some(ended)) = (truth.end_recorded, reported.end.time, ended) {
        if time.filetime().abs_diff(ended) > LOGOFF_TAKES {
            differs("inferred end", &time.to_string());
        }
        return;
    }
    let truly =
        ended.map_or_else(|| "open".to_owned(), |at| Timestamp::from_filetime(at).to_string());
    if let Some(at) = reported.end.not_before.filter(|_| truth.lower_bound_holds)
        && ended.is_some_and(|ended| ended < at.filetime())
    {
        differs("inferred bounds", &format!("{truly}, reported as not before {at}"));
    }
    if let Some(at) = reported.end.not_after.filter(|_| truth.upper_bound_holds)
        && ended.is_none_or(|ended| ended > at.filetime())
    {
        differs("inferred bounds", &format!("{truly}, reported as not after {at}"));
    }
    let bound = reported.end.not_before.or(reported.end.time);
    if let Some(open_until) = truth.open_until
        && bound.is_none_or(|bound| bound.filetime() < open_until.0)
    {
        let what = format!("open until {open_until}, reported as ended after {bound:?}");
        differs("inferred end too early", &what);
    }
}

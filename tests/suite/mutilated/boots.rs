//! The boots of mutilated logs, held against those of the whole.

use super::comparison::{
    Contradiction, Interval, Level, NEAR, Place, Whole, is_certain, overlap, own_records, widened,
};
use std::collections::{BTreeMap, BTreeSet};
use winlast::model::session::{Basis, Confidence};
use winlast::model::{Boot, BootEnd, Flag, Host, Span};

/// The start of a boot is known by one of several records: the kernel's, LSASS's or the service's.
/// The longest time between the first and the last of them in the hosts at hand is below this.
const LONGEST_START: Span = Span::seconds(300);

/// Compares the boots of one computer.
pub(super) fn compare(whole: &Whole<'_>, host: &Host, found: &mut Vec<Contradiction>) {
    let mut known: BTreeMap<Place, &Boot> = BTreeMap::new();
    let mut latest: Option<(Place, &Vec<Flag>)> = None;
    for boot in &host.boots {
        let places = places(whole, host, boot);
        let mut say = |level, kind: &str, what: String| {
            let what = format!("{what} | {}", show(boot));
            found.push(Contradiction { level, kind: kind.into(), what });
        };
        let by_start: BTreeSet<Place> =
            boot.start_evidence.iter().filter_map(|record| whole.boot_at(record)).collect();
        if by_start.len() > 1 {
            say(Level::Certain, "boots mixed", format!("of the boots {by_start:?}"));
        }
        let Some(place) = places.first().copied() else { continue };
        if let Some(other) = known.get(&place) {
            let inferred = |boot: &Boot| boot.start_basis != Some(Basis::Logged);
            let level = if inferred(boot) || inferred(other) {
                Level::ExtraLowBoot
            } else {
                Level::Certain
            };
            say(level, "boot split", format!("is the boot {} too: {}", other.epoch, show(other)));
        }
        if let Some((latest, flags)) = latest.replace((place, &boot.flags))
            && latest.0 == place.0
            && latest > place
        {
            // The table says that nothing but the clock gives this order.
            let is_by_clock = flags.contains(&Flag::OrderByClock);
            let level = if is_by_clock { Level::Low } else { Level::Certain };
            say(level, "boot order", format!("{latest:?} before {place:?}"));
        }
        known.entry(place).or_insert(boot);
        compare_boot(whole, whole.boot(place), boot, found);
    }
}

/// The boots of the whole that a boot may be: by the records of its start, else by those of its
/// sessions, else by its first record.
fn places(whole: &Whole<'_>, host: &Host, boot: &Boot) -> Vec<Place> {
    let by_start = boot.start_evidence.iter().filter_map(|record| whole.boot_at(record));
    let sessions = host.sessions.iter().filter(|session| session.boot_epoch == boot.epoch);
    let by_session = sessions.flat_map(own_records).filter_map(|record| whole.boot_at(record));
    let around = boot.start_evidence.iter().chain(&boot.first_record);
    let around = around.filter(|_| boot.epoch > 0).filter_map(|record| whole.boot_around(record));
    by_start.chain(by_session).chain(around).collect()
}

fn compare_boot(whole: &Whole<'_>, of: &Boot, boot: &Boot, found: &mut Vec<Contradiction>) {
    let level = if is_certain(boot.confidence) { Level::Certain } else { Level::Low };
    // A boot that is only suspected, or within which another may have begun, says so. What lies before the first
    // known boot may be of several.
    let is_uncertain = matches!(boot.start_confidence, Confidence::Low | Confidence::None)
        || boot.flags.contains(&Flag::BootUncertain);
    let level_of_boot = if is_uncertain { Level::Low } else { Level::Certain };
    let mut say = |level, kind: &str, what: String| {
        let what = format!("{what} | {} | whole {}", show(boot), show(of));
        found.push(Contradiction { level, kind: kind.into(), what });
    };
    if let (Some(start), Some(true_start), Some(Basis::Logged)) =
        (boot.start, of.start, boot.start_basis)
        && of.start_basis == Some(Basis::Logged)
    {
        let late = start.since(whole.time(true_start));
        if late < Span(0) || late > LONGEST_START {
            say(Level::Certain, "boot start", format!("{late} late"));
        }
    }
    if boot.clean.zip(of.clean).is_some_and(|(a, b)| a != b) {
        say(level, "boot clean", format!("{:?}, whole {:?}", boot.clean, of.clean));
    }
    if !may_be(boot.end_cause, of.end_cause) {
        say(level, "boot end cause", format!("{}, whole {}", boot.end_cause, of.end_cause));
    }
    let bounds = (boot.end_not_before, boot.end_not_after);
    let ended = whole.interval(end_of(of));
    if !overlap(bounds, widened(ended, whole.uncertain(of))) {
        let near = overlap(bounds, widened(ended, NEAR));
        let level = if near { Level::Near } else { level_of_boot };
        say(level, "boot end bounds", "the bounds lack the end".into());
    }
    if is_certain(boot.confidence) && !overlap((boot.end, boot.end), widened(ended, NEAR)) {
        say(Level::Certain, "boot end time", String::new());
    }
    for (name, differ) in [
        ("LSASS", boot.lsass_pid.zip(of.lsass_pid).is_some_and(|(a, b)| a != b)),
        ("boot number", boot.boot_id.zip(of.boot_id).is_some_and(|(a, b)| a != b)),
    ] {
        if differ {
            say(level_of_boot, "boot identity", name.into());
        }
    }
}

/// When the boot ended, as the whole knows it.
fn end_of(boot: &Boot) -> Interval {
    match boot.end {
        Some(end) if is_certain(boot.confidence) => (Some(end), Some(end)),
        _ => (boot.end_not_before, boot.end_not_after),
    }
}

/// May a boot that ended so be told to have ended in this way?
fn may_be(told: BootEnd, of: BootEnd) -> bool {
    use BootEnd::{Crash, LogEnd, PowerOff, Restart, Shutdown, Unknown};
    match (told, of) {
        (Unknown | LogEnd, _) => true,
        (Shutdown, Restart | PowerOff) | (Shutdown | Restart | PowerOff, Shutdown) => true,
        // The whole does not know.
        (_, Unknown | LogEnd) => !matches!(told, Crash) || of == Unknown,
        (a, b) => a == b,
    }
}

pub(super) fn show(boot: &Boot) -> String {
    let records: Vec<String> =
        boot.start_evidence.iter().map(|r| format!("{r}({})", r.event_id)).collect();
    let time = |time: Option<winlast::model::Timestamp>| {
        time.map_or_else(|| "?".to_owned(), |time| time.to_string())
    };
    format!(
        "boot {} {} ({}) [{}] to {} ({}, {}) bounds {}..{} clean {:?} flags {:?}",
        boot.epoch,
        time(boot.start),
        boot.start_basis.map_or_else(String::new, |basis| basis.to_string()),
        records.join(" "),
        time(boot.end),
        boot.end_cause,
        boot.confidence,
        time(boot.end_not_before),
        time(boot.end_not_after),
        boot.clean,
        boot.flags,
    )
}

//! The answer to `--at`: who was at each computer at a moment.

use super::columns::{Cell, Columns, Row, shortened};
use super::session_row::{class, local_name, short_cause};
use super::tone::Tone;
use super::{TerminalView, write_zone};
use crate::model::account::without_domain;
use crate::model::session::AttachmentKind;
use crate::model::{Boot, BootEnd, Flag, Host, PowerInterval, PowerKind, Session, Timestamp};
use crate::output::escape::visible;
use crate::output::wording;
use crate::output::wrap::wrapped;
use crate::presence::{Certainty, ComputerState, HostAt, PersonAt, SessionAt, SessionUse};
use std::io::{self, Write};

/// The blanks before the further lines of a heading.
const HANGING: usize = 4;

/// How much a row says.
struct Detail {
    session_id: bool,
    source: bool,
    domain: bool,
    name: usize,
}

/// The ways to write a row, by rank.
const DETAILS: [Detail; 5] = [
    Detail { session_id: true, source: true, domain: true, name: usize::MAX },
    Detail { session_id: false, source: true, domain: true, name: usize::MAX },
    Detail { session_id: false, source: true, domain: false, name: usize::MAX },
    Detail { session_id: false, source: true, domain: false, name: 18 },
    Detail { session_id: false, source: false, domain: false, name: 18 },
];

/// Writes, for each computer, what it was and who was there.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_people(
    hosts: &[HostAt<'_>],
    view: &TerminalView,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rows = |detail: &Detail| {
        let of = |at| rows_of_host(at, view, detail);
        hosts.iter().flat_map(of).collect()
    };
    let columns = Columns::fit(&DETAILS, rows, view.width, view.color);
    let mut written = columns.rows.iter();
    write_zone(view, out)?;
    for at in hosts {
        write_computer(at, view, out)?;
        let own = row_count(at);
        written.by_ref().take(own).try_for_each(|row| columns.write(row, out))?;
    }
    out.flush()
}

/// A row for each session that was there or may have been, and one for each person without such a session.
fn row_count(at: &HostAt<'_>) -> usize {
    at.people.iter().map(|person| person.sessions.len().max(1)).sum()
}

fn write_computer(at: &HostAt<'_>, view: &TerminalView, out: &mut dyn Write) -> io::Result<()> {
    let name = visible(&at.host.computer);
    let states: Vec<String> = match &at.uncovered {
        Some(sentence) => vec![sentence.clone()],
        None if at.computer.is_empty() => vec!["no record says whether it was on".into()],
        None => at.computer.iter().map(|state| computer(state, at.time, view)).collect(),
    };
    for state in states {
        let line = format!("{}  {}", Tone::Heading.paint(&name, view.color), visible(&state));
        writeln!(out, "{}", wrapped(&line, view.width.unwrap_or(usize::MAX), HANGING))?;
    }
    if at.lacks_records {
        let text = "Security records are missing at this time: others may have been logged on";
        writeln!(out, "  {}", Tone::Uncertain.paint(text, view.color))?;
    }
    Ok(())
}

/// What the computer was, in a few words.
fn computer(state: &ComputerState<'_>, asked: Timestamp, view: &TerminalView) -> String {
    let time = |moment: Option<_>| moment.map_or_else(|| "?".into(), |time| view.moment(time));
    match state {
        ComputerState::Ending(boot) if boot.epoch == 0 => {
            "perhaps on, before the first known boot".into()
        }
        ComputerState::On(boot) if boot.epoch == 0 => "on, before the first known boot".into(),
        ComputerState::On(boot) => {
            let was_set_back = boot.start.is_some_and(|start| asked < start);
            let note = if was_set_back { " (the clock was set back after that)" } else { "" };
            format!("on, boot {} since {}{note}", boot.epoch, time(boot.start))
        }
        ComputerState::Away(boot, interval) => away(boot, interval, view),
        ComputerState::PerhapsAway(boot, interval) => perhaps_away(boot, interval, view),
        ComputerState::Ending(boot) => ending(boot, view),
        ComputerState::Off(before, after) => {
            let (down, up) = (before.end.or(before.end_not_after), after.start);
            let (one, next) = (before.epoch, after.epoch);
            format!("off: boot {one} ended {}, boot {next} began {}", time(down), time(up))
        }
        ComputerState::Between(before, after) => {
            let (down, up) = (before.end.or(before.end_not_after), after.start);
            format!(
                "off, or on in a boot that no log shows: boot {} ended {}, boot {} began {}",
                before.epoch,
                time(down),
                after.epoch,
                time(up)
            )
        }
    }
}

fn away(boot: &Boot, interval: &PowerInterval, view: &TerminalView) -> String {
    let time = |moment: Option<crate::model::Moment>| {
        moment.map_or_else(|| "?".into(), |moment| view.moment(moment.time))
    };
    let (from, to) = (time(interval.from), time(interval.to));
    match interval.kind {
        PowerKind::Asleep if interval.to.is_none() => {
            format!(
                "asleep since {from} within boot {}, or off: it had no later record",
                boot.epoch
            )
        }
        PowerKind::Off => {
            format!("off {from} → {to} within boot {} (Fast Startup or hibernation)", boot.epoch)
        }
        PowerKind::Asleep => format!("asleep {from} → {to} within boot {}", boot.epoch),
    }
}

fn perhaps_away(boot: &Boot, interval: &PowerInterval, view: &TerminalView) -> String {
    let from = interval.from.map_or_else(|| "?".into(), |from| view.moment(from.time));
    let (kind, epoch) = (interval.kind.word(), boot.epoch);
    format!("perhaps on: {kind} since {from} within boot {epoch}, and no record says until when")
}

fn ending(boot: &Boot, view: &TerminalView) -> String {
    let time = |moment: Option<_>| moment.map_or_else(|| "?".into(), |time| view.moment(time));
    let (seen, down) = (time(boot.end_not_before.or(boot.end)), time(boot.end_not_after));
    match boot.end_cause {
        _ if boot.flags.contains(&Flag::BootUncertain) => {
            format!(
                "perhaps on: the last record that is certainly of boot {} is from {seen}",
                boot.epoch
            )
        }
        BootEnd::LogEnd => {
            format!("perhaps on: the last record of boot {} is from {seen}", boot.epoch)
        }
        BootEnd::Crash => {
            format!("perhaps on: boot {} crashed between {seen} and {down}", boot.epoch)
        }
        _ => format!("perhaps on: boot {} ended between {seen} and {down}", boot.epoch),
    }
}

fn rows_of_host(at: &HostAt<'_>, view: &TerminalView, detail: &Detail) -> Vec<Row> {
    let rows_of = |person: &PersonAt<'_>| -> Vec<Row> {
        let there = person.sessions.iter().map(|one| {
            let (state, tone) = state(one, at);
            let since = since(one, view);
            let place = (class_at(one), source(at.host, one));
            row(at.host, one.session, place, (state, tone), since, detail)
        });
        let row_of = |session: &Session, state: &str, since: String| {
            let place = (class(session), wording::source(at.host, session).to_owned());
            row(at.host, session, place, (state.into(), Tone::Plain), since, detail)
        };
        let gone = person.gone.filter(|_| person.sessions.is_empty());
        let later = person.later.filter(|_| person.sessions.is_empty() && gone.is_none());
        let gone = gone.map(|session| row_of(session, "gone", since_gone(session, view)));
        let later = later.map(|session| row_of(session, "not yet", first_seen(session, view)));
        there.chain(gone).chain(later).collect()
    };
    at.people.iter().flat_map(rows_of).collect()
}

fn row(
    host: &Host,
    session: &Session,
    (class, source): (Cell, String),
    (state, tone): (String, Tone),
    since: String,
    detail: &Detail,
) -> Row {
    let name = local_name(host, session);
    let name = if detail.domain { name.as_str() } else { without_domain(&name) };
    let (who, mark) = match session.flags.contains(&Flag::Watched) {
        true => (Tone::Alarm, " +watch"),
        false => (Tone::Plain, ""),
    };
    let since = since + mark;
    let mut row = vec![
        Cell::new(shortened(&visible(name), detail.name), who),
        Cell::new(state, tone),
        Cell::new(since, Tone::Plain),
        class,
    ];
    if detail.source {
        let source = if source.is_empty() { "-".into() } else { visible(&source) };
        row.push(Cell::new(shortened(&source, detail.name), Tone::Plain));
    }
    if detail.session_id {
        let id = session.id(&host.computer).to_string();
        row.push(Cell::new(visible(&id), Tone::Plain));
    }
    row
}

/// `active`, `perhaps locked`; while the computer was off or asleep, nobody was active.
fn state(one: &SessionAt<'_>, at: &HostAt<'_>) -> (String, Tone) {
    let power = at.computer.iter().find_map(|state| match state {
        ComputerState::Away(boot, interval) if boot.epoch == one.session.boot_epoch => {
            Some(interval.kind)
        }
        _ => None,
    });
    let word = match (power, one.used) {
        (Some(PowerKind::Off), _) => "computer off",
        (Some(PowerKind::Asleep), _) => "asleep",
        (None, SessionUse::Active) => "active",
        (None, SessionUse::Locked) => "locked",
        (None, SessionUse::Disconnected) => "disconnected",
    };
    // Of a computer that was off or asleep, only the session is uncertain.
    let used = if power.is_some() { Certainty::Sure } else { one.use_certainty };
    match one.certainty.min(used) {
        Certainty::Sure if word == "active" => (word.into(), Tone::Open),
        Certainty::Sure => (word.into(), Tone::Plain),
        Certainty::Possible => (format!("perhaps {word}"), Tone::Uncertain),
    }
}

/// Since when; for a session that may have been there, with how it ended.
fn since(one: &SessionAt<'_>, view: &TerminalView) -> String {
    let begun = match one.since {
        Some(time) => format!("since {}", view.moment(time)),
        None => "since ?".into(),
    };
    match one.certainty {
        Certainty::Sure => begun,
        Certainty::Possible => format!("{begun} ({})", short_cause(one.session)),
    }
}

fn since_gone(session: &Session, view: &TerminalView) -> String {
    match (session.end.not_after, session.end.time) {
        (Some(by), _) => format!("by {}", view.moment(by)),
        (None, Some(time)) => format!("since {}", view.moment(time)),
        (None, None) => wording::ending(session, |time| view.moment(time)),
    }
}

fn first_seen(session: &Session, view: &TerminalView) -> String {
    let start = session.start.map(|start| view.moment(start.time));
    start.map_or_else(|| "began later".into(), |start| format!("first {start}"))
}

/// To what it was attached at that time, or its class where that is not known.
fn class_at(one: &SessionAt<'_>) -> Cell {
    let Some(attachment) = one.attachment else { return class(one.session) };
    let is_remote = attachment.kind == AttachmentKind::Rdp;
    let tone = if is_remote { Tone::Remote } else { Tone::Plain };
    Cell::new(wording::attachment_name(attachment.kind), tone)
}

/// Where it was worked from: the client or the console that it was attached to.
fn source(host: &Host, one: &SessionAt<'_>) -> String {
    let attached = one.attachment.map(|attachment| match &*attachment.address {
        "" => attachment.client.clone(),
        address => address.to_owned(),
    });
    let attached = attached.filter(|text| !text.is_empty());
    let is_console = one.attachment.is_some_and(|own| own.kind == AttachmentKind::Console);
    let logon = || if is_console { "" } else { wording::source(host, one.session) };
    attached.unwrap_or_else(|| logon().to_owned())
}

//! The heading of a boot: the computer, from when to when, how it ended, and by which events.

use super::TerminalView;
use super::columns::shortened;
use super::tone::Tone;
use crate::model::{Boot, BootEnd, Host};
use crate::output::escape::visible;
use crate::output::wording;
use std::collections::BTreeSet;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// The blanks before the second line of a heading that one line has no room for.
const INDENT: usize = 4;

/// How much a heading says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Detail {
    events: bool,
    /// The domain of whoever asked for the shutdown.
    requester_domain: bool,
    seconds: bool,
    computer_domain: bool,
}

/// From the most to the least: what is left out where there is no room, in this order.
const DETAILS: [Detail; 5] = {
    let all = Detail { events: true, requester_domain: true, seconds: true, computer_domain: true };
    let no_events = Detail { events: false, ..all };
    let no_requester_domain = Detail { requester_domain: false, ..no_events };
    let no_seconds = Detail { seconds: false, ..no_requester_domain };
    [all, no_events, no_requester_domain, no_seconds, LEAST]
};

const LEAST: Detail =
    Detail { events: false, requester_domain: false, seconds: false, computer_domain: false };

/// How much the headings of these boots of a computer say: the same in all, so that one computer has one
/// name. A heading that has no room in one line in any way does not count.
pub(super) fn detail(host: &Host, numbers: &BTreeSet<u32>, view: &TerminalView) -> Detail {
    let Some(most) = view.width else { return DETAILS[0] };
    let boots: Vec<&Boot> =
        host.boots.iter().filter(|boot| numbers.contains(&boot.epoch)).collect();
    let fits = |boot: &Boot, detail: Detail| {
        let name = name(host, boot.epoch, detail);
        name.width() + 2 + text(boot, view, detail).width() <= most
    };
    let possible: Vec<&Boot> = boots.into_iter().filter(|boot| fits(boot, LEAST)).collect();
    let fitting =
        DETAILS.into_iter().find(|detail| possible.iter().all(|boot| fits(boot, *detail)));
    fitting.filter(|_| !possible.is_empty()).unwrap_or(LEAST)
}

/// Writes the heading of the boot with this number.
///
/// # Errors
/// When `out` cannot be written.
pub(super) fn write(
    host: &Host,
    number: u32,
    view: &TerminalView,
    detail: Detail,
    out: &mut dyn Write,
) -> io::Result<()> {
    let most = view.width.unwrap_or(usize::MAX);
    let name = name(host, number, detail);
    let painted = Tone::Heading.paint(&shortened(&name, most), view.color).to_string();
    let Some(boot) = host.boots.iter().find(|boot| boot.epoch == number) else {
        return writeln!(out, "{painted}");
    };
    let tone = match boot.end_cause {
        BootEnd::Crash => Tone::Alarm,
        BootEnd::Unknown => Tone::Uncertain,
        _ => Tone::Plain,
    };
    let line = text(boot, view, detail);
    if name.width() + 2 + line.width() <= most {
        return writeln!(out, "{painted}  {}", tone.paint(&line, view.color));
    }
    let most = most.saturating_sub(INDENT);
    let line = if line.width() <= most { line } else { text(boot, view, LEAST) };
    let line = shortened(&line, most);
    writeln!(out, "{painted}")?;
    match line.is_empty() {
        true => Ok(()),
        false => writeln!(out, "{:INDENT$}{}", "", tone.paint(&line, view.color)),
    }
}

/// `WS01.contoso.local  boot 3`
fn name(host: &Host, number: u32, detail: Detail) -> String {
    let computer = visible(&host.computer);
    let label = computer.split('.').next().unwrap_or(&computer);
    let computer = if detail.computer_domain { &*computer } else { label };
    format!("{computer}  boot {number}")
}

/// What follows the name.
fn text(boot: &Boot, view: &TerminalView, detail: Detail) -> String {
    let mut text = span(boot, view, detail);
    // The record of a step may be missing: then the times show it.
    let end = boot.end.or(boot.end_not_before);
    let ends_before_start = boot.start.zip(end).is_some_and(|(start, end)| end < start);
    if boot.clock_steps > 0 || ends_before_start {
        text.push_str(" +clock");
    }
    let events: Vec<String> = boot.end_evidence.iter().map(wording::event_name).collect();
    if detail.events && !events.is_empty() {
        text.push_str(&format!(" ({})", events.join(", ")));
    }
    visible(&text).into_owned()
}

fn span(boot: &Boot, view: &TerminalView, detail: Detail) -> String {
    let requester = match boot.requested_by.rsplit_once('\\') {
        Some((_, user)) if !detail.requester_domain => user,
        _ => &boot.requested_by,
    };
    let mut first = None;
    wording::boot_span(boot, requester, |moment| {
        let (date, time) = view.date_and_time(moment, detail.seconds);
        // The date is written once, and holds for the rest of the line until it changes.
        if first.as_ref() == Some(&date) {
            return time;
        }
        let text = format!("{date} {time}");
        first = Some(date);
        text
    })
}

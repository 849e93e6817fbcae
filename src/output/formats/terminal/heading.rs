//! The heading of a boot: the computer, from when to when, how it ended, and by which events.

use super::TerminalView;
use super::columns::shortened;
use super::tone::Tone;
use crate::model::{Boot, BootEnd, Host};
use crate::output::escape::visible;
use crate::output::wording;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// Writes the heading of the boot with this number.
///
/// # Errors
/// When `out` cannot be written.
pub(super) fn write(
    host: &Host,
    number: u32,
    view: &TerminalView,
    out: &mut dyn Write,
) -> io::Result<()> {
    let computer = visible(&host.computer);
    let label = computer.split('.').next().unwrap_or(&computer);
    let [name, short_name] =
        [&*computer, label].map(|computer| format!("{computer}  boot {number}"));
    let Some(boot) = host.boots.iter().find(|boot| boot.epoch == number) else {
        return writeln!(out, "{}", Tone::Heading.paint(&name, view.color));
    };
    let events: Vec<String> = boot.end_evidence.iter().map(wording::event_name).collect();
    let events = match events.is_empty() {
        true => String::new(),
        false => format!(" ({})", events.join(", ")),
    };
    let span = |seconds| visible(&span(boot, view, seconds)).into_owned();
    let full = span(true);
    let minutes = span(false);
    // What is left out where there is no room: the events, then the seconds, then the domain of the computer.
    let with_events = format!("{full}{}", visible(&events));
    let ways = [(&name, &with_events), (&name, &full), (&name, &minutes), (&short_name, &minutes)];
    let most =
        |name: &str| view.width.map_or(usize::MAX, |width| width.saturating_sub(name.width() + 2));
    let fitting = ways.iter().find(|(name, way)| way.width() <= most(name));
    let (name, text) = fitting.copied().unwrap_or((&short_name, &minutes));
    let text = shortened(text, most(name));
    let tone = match boot.end_cause {
        BootEnd::Crash => Tone::Alarm,
        BootEnd::Unknown => Tone::Uncertain,
        _ => Tone::Plain,
    };
    let name = shortened(name, view.width.unwrap_or(usize::MAX));
    let name = Tone::Heading.paint(&name, view.color).to_string();
    writeln!(out, "{}", format!("{name}  {}", tone.paint(&text, view.color)).trim_end())
}

fn span(boot: &Boot, view: &TerminalView, seconds: bool) -> String {
    let mut first = None;
    wording::boot_span(boot, |moment| {
        let (date, time) = view.date_and_time(moment, seconds);
        // The date is written once, and holds for the rest of the line until it changes.
        if first.as_ref() == Some(&date) {
            return time;
        }
        let text = format!("{date} {time}");
        first = Some(date);
        text
    })
}

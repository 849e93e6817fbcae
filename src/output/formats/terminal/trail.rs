//! The answer to `--trail`: the steps from computer to computer.

use super::tone::Tone;
use super::{TerminalView, write_zone};
use crate::model::session::logon_type_name;
use crate::model::{Hop, HopFlag};
use crate::output::escape::visible;
use crate::output::wrap::wrapped;
use std::io::{self, Write};

/// The blanks before the further lines of a step.
const INDENT: usize = 4;

/// Writes steps in their order. Logons of one burst are one step, with their number.
///
/// ```
/// use winlast::output::{TerminalView, write_trail};
/// use winlast::select::TrailPattern;
///
/// let report = winlast::Analysis::of(["sample-evtx/rdp01"]).hops(true).run()?;
/// let Ok(pattern) = "erin".parse::<TrailPattern>();
/// let mut text = Vec::new();
/// write_trail(&pattern.steps(&report), &TerminalView::default(), &mut text)?;
/// assert!(String::from_utf8(text)?.contains("from outside"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When `out` cannot be written.
pub fn write_trail(steps: &[&Hop], view: &TerminalView, out: &mut dyn Write) -> io::Result<()> {
    write_zone(view, out)?;
    let mut rest = steps;
    while let Some((first, others)) = rest.split_first() {
        let is_same = |other: &&&Hop| {
            other.group == first.group
                && other.source_session == first.source_session
                && other.flags == first.flags
                && other.basis == first.basis
        };
        let more = others.iter().take_while(is_same).count();
        let more = if first.group.is_some() { more } else { 0 };
        write_step(first, more + 1, view, out)?;
        rest = others.get(more..).unwrap_or_default();
    }
    out.flush()
}

fn write_step(
    hop: &Hop,
    logons: usize,
    view: &TerminalView,
    out: &mut dyn Write,
) -> io::Result<()> {
    let number = hop.hop_number.map_or_else(|| "-".into(), |number| number.to_string());
    let route = format!(
        "{number} {}  {} → {}",
        view.moment(hop.time),
        source(hop),
        visible(&hop.target_computer)
    );
    line(&route, 0, view.color.then_some(Tone::Heading), view, out)?;
    let kind = hop.logon_type.map_or("", logon_type_name);
    let count = if logons > 1 { format!(", {logons} logons") } else { String::new() };
    line(&format!("{} {kind}{count}", hop.account), INDENT, None, view, out)?;
    let bases: Vec<&str> = hop.basis.iter().map(|basis| basis.word()).collect();
    let sure = match hop.host_confidence {
        Some(host) => {
            let session = hop.session_confidence.map_or("not known", |own| own.word());
            format!("by {}; computer: {host}, session: {session}", bases.join(", "))
        }
        None if bases.is_empty() => "nothing in these logs says from which computer".to_owned(),
        None => "no source: what speaks for one contradicts itself".to_owned(),
    };
    line(&sure, INDENT, None, view, out)?;
    if !hop.source_session.is_empty() {
        let from = format!("out of {} ({})", hop.source_session, hop.source_user);
        line(&from, INDENT, None, view, out)?;
    }
    if !hop.candidates.is_empty() {
        let either = format!("one of these, or none: {}", hop.candidates.join("; "));
        line(&either, INDENT, Some(Tone::Uncertain), view, out)?;
    }
    let flags: Vec<&str> = hop.flags.iter().map(|flag| flag.word()).collect();
    if !flags.is_empty() {
        line(&format!("flags: {}", flags.join(", ")), INDENT, None, view, out)?;
    }
    Ok(())
}

/// The computer, else what is known in its place.
fn source(hop: &Hop) -> String {
    let address = visible(&hop.source_address);
    let claimed = visible(&hop.claimed_name);
    let is = |flag| hop.flags.contains(&flag);
    match (&*hop.source_computer, &*address) {
        ("", "") if claimed.is_empty() => "?".into(),
        ("", "") => format!("? (calls itself {claimed})"),
        ("", address) if is(HopFlag::Contradicting) => format!("? ({address}, contradicting)"),
        ("", address) if is(HopFlag::Loopback) => format!("itself or a tunnel ({address})"),
        ("", address) if is(HopFlag::FromOutside) => format!("{address} (from outside)"),
        ("", address) => format!("? ({address})"),
        (computer, _) => visible(computer).into_owned(),
    }
}

fn line(
    text: &str,
    indent: usize,
    tone: Option<Tone>,
    view: &TerminalView,
    out: &mut dyn Write,
) -> io::Result<()> {
    let text = visible(text);
    let width = view.width.unwrap_or(usize::MAX).saturating_sub(indent);
    for line in wrapped(&text, width, INDENT).lines() {
        let line = match tone {
            Some(tone) => tone.paint(line, view.color).to_string(),
            None => line.to_owned(),
        };
        writeln!(out, "{:indent$}{line}", "")?;
    }
    Ok(())
}

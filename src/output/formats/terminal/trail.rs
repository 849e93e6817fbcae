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
        None => "no source: the evidence names different computers".to_owned(),
    };
    line(&sure, INDENT, None, view, out)?;
    if !hop.source_session.is_empty() {
        let whose = match &*hop.source_user {
            "" => "its logon is older than the log",
            user => user,
        };
        let from = format!("from session {} ({whose})", hop.source_session);
        line(&from, INDENT, None, view, out)?;
    }
    if !hop.candidates.is_empty() {
        let either = format!("possible: {}", hop.candidates.join("; "));
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
        ("", "") => format!("? (client name {claimed})"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample::{self, HOSTILE};
    use crate::model::{Confidence, Hop, HopBasis};

    fn shown(steps: &[&Hop]) -> String {
        let view = TerminalView { width: Some(80), ..TerminalView::default() };
        let mut text = Vec::new();
        write_trail(steps, &view, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_step_says_what_it_rests_on() {
        let mut hop = sample::hops().hops.remove(0);
        hop.source_user = r"CONTOSO\alice".into();
        hop.candidates.clear();
        hop.flags.clear();
        hop.account = std::sync::Arc::new(crate::model::Account {
            user: "alice".into(),
            domain: "CONTOSO".into(),
            ..Default::default()
        });
        let expected = "\
2 2015-09-09 03:00:00  PC01.contoso.local → DC01.contoso.local
    CONTOSO\\alice RemoteInteractive, 2 logons
    by connection, same-user; computer: high, session: medium
    from session PC01.contoso.local/1/0x5a41c (CONTOSO\\alice)
";
        assert_eq!(shown(&[&hop, &hop]), expected);
        // Another burst is another step.
        let later = Hop { group: Some(2), ..hop.clone() };
        assert_eq!(shown(&[&hop, &later]).matches('→').count(), 2);
    }

    #[test]
    fn what_contradicts_itself_is_shown_as_such() {
        let mut hop = sample::hops().hops.remove(0);
        hop.source_computer = "".into();
        hop.source_session = "".into();
        (hop.host_confidence, hop.session_confidence) = (None, None);
        hop.candidates = vec!["PC01 (address)".into(), "PC02 (explicit)".into()];
        hop.basis = vec![HopBasis::Explicit, HopBasis::Address];
        hop.flags = vec![HopFlag::Contradicting];
        let text = shown(&[&hop]);
        for part in [
            "? (10.0.0.5, contradicting) → DC01",
            "no source: the evidence names different computers",
            "possible: PC01 (address); PC02 (explicit)",
            "flags: contradicting",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(hop.host_confidence, None::<Confidence>);
    }

    #[test]
    fn hostile_text_acts_on_no_terminal() {
        let hop = sample::hops().hops.remove(0);
        assert_eq!(&*hop.account.user, HOSTILE);
        let text = shown(&[&hop]);
        assert!(text.contains("\\u{202e}") || !text.contains('\u{202e}'), "{text}");
        assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}'), "{text}");
        assert_eq!(text.lines().count(), text.matches('\n').count());
        // The line break of the name adds no line of its own.
        assert!(text.lines().all(|line| !line.starts_with("\"quoted")), "{text}");
    }
}

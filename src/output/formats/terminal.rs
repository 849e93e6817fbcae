//! The table on a terminal: boots newest first, and who was logged on in each.

use crate::model::{Boot, Host, Report, Session, Timestamp};
use crate::output::escape::visible;
use crate::output::finding_lines::{count_by_severity, most_important};
use crate::output::time_zone::Zone;
use crate::output::wording::{self, is_person};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// A column is not made wider than this for the sake of a single long name.
const WIDEST: usize = 36;

/// How the table is shown.
#[derive(Debug, Clone, Default)]
pub struct TerminalView {
    /// Every class of session, not only people's.
    pub all: bool,
    /// Time zone of the times.
    pub zone: Zone,
    /// Bold headings and coloured severities.
    pub color: bool,
    /// Boots without a session to show are left out, as after a filter.
    pub only_boots_with_sessions: bool,
    /// The number of sessions before a filter.
    pub total_sessions: u64,
}

/// Writes the table, then what was read and the findings that matter most.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_terminal(report: &Report, view: &TerminalView, out: &mut dyn Write) -> io::Result<()> {
    if !view.zone.is_utc() {
        writeln!(
            out,
            "Times in {}. Files and findings are in UTC.\n",
            visible(&view.zone.to_string())
        )?;
    }
    let mut shown = 0;
    for host in &report.hosts {
        shown += write_host(host, view, out)?;
    }
    write_footer(report, view, shown, out)?;
    out.flush()
}

/// One line for the two halves of a logon: the elevated half says nothing that the other does not.
fn is_shown(session: &Session) -> bool {
    is_person(session) && !session.is_elevated_half()
}

fn write_host(host: &Host, view: &TerminalView, out: &mut dyn Write) -> io::Result<u64> {
    let mut chosen: Vec<&Session> =
        host.sessions.iter().filter(|session| view.all || is_shown(session)).collect();
    chosen.sort_by_key(|session| (session.boot_epoch, begin(session)));
    let mut written = 0;
    // A session of a boot that has no row of its own is shown too.
    let mut boots: Vec<u32> = host.boots.iter().map(|boot| boot.epoch).collect();
    boots.extend(chosen.iter().map(|session| session.boot_epoch));
    boots.sort_unstable();
    boots.dedup();
    for number in boots.into_iter().rev() {
        let from = chosen.partition_point(|session| session.boot_epoch < number);
        let to = chosen.partition_point(|session| session.boot_epoch <= number);
        let sessions = chosen.get(from..to).unwrap_or_default();
        if sessions.is_empty() && view.only_boots_with_sessions {
            continue;
        }
        let boot = host.boots.iter().find(|boot| boot.epoch == number);
        write_heading(host, number, boot, view, out)?;
        let lines: Vec<SessionLine> =
            sessions.iter().map(|session| SessionLine::new(host, session, view)).collect();
        write_lines(&lines, out)?;
        writeln!(out)?;
        written += sessions.len() as u64;
    }
    Ok(written)
}

/// Where a session stands among those of its boot: its start, else the first thing known of it.
fn begin(session: &Session) -> Option<Timestamp> {
    let first = |session: &Session| session.milestones().next().map(|milestone| milestone.time);
    session.start.as_ref().map(|moment| moment.time).or_else(|| first(session))
}

fn write_heading(
    host: &Host,
    number: u32,
    boot: Option<&Boot>,
    view: &TerminalView,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (bold, plain) = if view.color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    let name = visible(&host.computer);
    write!(out, "{bold}{name}  boot {number}{plain}")?;
    let Some(boot) = boot else { return writeln!(out) };
    let mut first = None;
    let span = wording::boot_span(boot, |moment| {
        let (date, time) = view.zone.date_and_time(moment);
        // The date is written once, and holds for the rest of the line until it changes.
        if first.as_ref() == Some(&date) {
            return time;
        }
        let text = format!("{date} {time}");
        first = Some(date);
        text
    });
    let events: Vec<String> = boot.end_evidence.iter().map(wording::event_name).collect();
    let events =
        if events.is_empty() { String::new() } else { format!(" ({})", events.join(", ")) };
    writeln!(out, "  {}{}", visible(&span), visible(&events))
}

/// The columns of one session.
struct SessionLine {
    account: String,
    class: &'static str,
    from: String,
    times: String,
    length: String,
    ending: String,
}

impl SessionLine {
    fn new(host: &Host, session: &Session, view: &TerminalView) -> SessionLine {
        let zone = &view.zone;
        let start = session.start.as_ref().map(|moment| zone.date_and_time(moment.time));
        // A time on the day of the start goes without its date, unless the clock was set back meanwhile.
        let begin = session.start.map(|moment| moment.time);
        let clock = |moment: Timestamp| {
            let (date, time) = zone.date_and_time(moment);
            let is_later = begin.is_some_and(|begin| begin <= moment);
            let same_day = start.as_ref().is_some_and(|start| start.0 == date);
            if same_day && is_later { time } else { format!("{date} {time}") }
        };
        let begun = match &start {
            Some((date, time)) => format!("{date} {time}"),
            None => format!("{:>19}", "?"),
        };
        let mark = wording::end_mark(session);
        let ended =
            session.end.time.map_or_else(|| "?".into(), |time| mark.to_owned() + &clock(time));
        let mut ending = wording::ending(session, clock);
        if session.linked.is_some() && session.elevated == Some(true) {
            ending.push_str(" (elevated half)");
        }
        let from = wording::source(host, session);
        SessionLine {
            account: visible(&local_name(host, session)).into_owned(),
            class: wording::class_name(session.class),
            from: if from.is_empty() { "-".into() } else { visible(from).into_owned() },
            times: format!("{begun} → {ended}"),
            length: session
                .corrected_duration()
                .map_or(String::new(), |span| mark.to_owned() + &wording::duration(span)),
            ending,
        }
    }
}

/// The account; `.\name` for one of the computer itself.
fn local_name(host: &Host, session: &Session) -> String {
    let account = &session.account;
    if !account.user.is_empty() && host.has_label(&account.domain) {
        return format!(".\\{}", account.user);
    }
    account.to_string()
}

fn write_lines(lines: &[SessionLine], out: &mut dyn Write) -> io::Result<()> {
    let widest = |column: fn(&SessionLine) -> &str| {
        lines.iter().map(|line| column(line).width()).filter(|width| *width <= WIDEST).max()
    };
    let widths = [
        widest(|line| &line.account),
        widest(|line| line.class),
        widest(|line| &line.from),
        widest(|line| &line.times),
    ]
    .map(Option::unwrap_or_default);
    let length = widest(|line| &line.length).unwrap_or_default();
    for line in lines {
        write!(out, "  ")?;
        for (cell, width) in
            [&*line.account, line.class, &line.from, &line.times].iter().zip(widths)
        {
            write!(out, "{cell}{}  ", blank(width, cell))?;
        }
        writeln!(out, "{}{}  {}", blank(length, &line.length), line.length, line.ending)?;
    }
    Ok(())
}

/// The blanks that fill `cell` up to `width`, counted as a terminal counts.
fn blank(width: usize, cell: &str) -> String {
    " ".repeat(width.saturating_sub(cell.width()))
}

fn write_footer(
    report: &Report,
    view: &TerminalView,
    shown: u64,
    out: &mut dyn Write,
) -> io::Result<()> {
    let logs = report.logs.len();
    let plural = if logs == 1 { "" } else { "s" };
    writeln!(
        out,
        "{logs} log{plural} read; {shown} of {} sessions shown{}",
        view.total_sessions,
        { if view.all { "" } else { " (--all adds services, machines and Windows' own)" } }
    )?;
    if report.findings.is_empty() {
        return writeln!(out, "no findings");
    }
    writeln!(out, "findings: {}", count_by_severity(&report.findings))?;
    for line in most_important(&report.findings, view.color, "--print findings") {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    fn shown(view: &TerminalView) -> String {
        let mut bytes = Vec::new();
        write_terminal(&sample::report(), view, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_table() {
        let view = TerminalView { total_sessions: 4, ..TerminalView::default() };
        let expected = r#"DC01.contoso.local  boot 3  2015-09-09 06:10:00 → the log ends (Kernel-Power 109, 1074)
  CONTOSO\dadmin  console  -  2015-09-09 03:00:00 → ?    still open at the end of the log

DC01.contoso.local  boot 2  2015-09-09 02:00:00 → 06:00:00  restart by CONTOSO\alice (Kernel-Power 109, 1074)
  CONTOSO\dadmin  console  -         2015-09-09 03:00:00 → 03:08:40    0:08  logged off (initiated 03:08:39)
  CONTOSO\=cmd|' /C calc'!A0\n"quoted",\u{202e}gnp  RDP      10.0.0.5  2015-09-09 03:00:00 → ≥04:00:00  ≥0:59  crash, by 05:00:00

1 log read; 3 of 4 sessions shown (--all adds services, machines and Windows' own)
findings: 1 error, 1 warning
  error chunk-damaged: slot 3 of Security.evtx <is> no chunk
  warning log-cleared DC01.contoso.local: CONTOSO\eve cleared Security
"#;
        assert_eq!(shown(&view), expected);
    }

    /// 03:00 to 02:10 of the same day, by a clock that was set back: the date says that this is no slip,
    /// and the mark says why.
    #[test]
    fn an_end_before_its_start_shows_its_date() {
        let mut report = sample::report();
        let host = &mut report.hosts[0];
        host.sessions.truncate(1);
        let session = &mut host.sessions[0];
        session.initiated = None;
        session.end.time = Some(sample::at("2015-09-09T02:10:00Z"));
        session.clock_correction = crate::model::Span::seconds(-3600);
        session.flags = vec![crate::model::Flag::ClockStepWithin];
        let mut bytes = Vec::new();
        write_terminal(&report, &TerminalView::default(), &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let line = "2015-09-09 03:00:00 → 2015-09-09 02:10:00  0:10  logged off; the clock was set meanwhile";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn all_classes_other_zones_and_colours() {
        let view = TerminalView {
            all: true,
            color: true,
            zone: "Europe/Berlin".parse().unwrap(),
            ..TerminalView::default()
        };
        let text = shown(&view);
        assert!(text.starts_with("Times in Europe/Berlin."), "{text}");
        assert!(text.contains("2015-09-09 05:00:00 → 05:08:40") && text.contains("service"));
        assert!(text.contains("\u{1b}[31merror\u{1b}[0m"));
    }

    #[test]
    fn nothing_acts_on_the_terminal() {
        let mut report = sample::report();
        report.hosts[0].computer = "\u{1b}]0;title\u{7}\u{202e}".into();
        report.findings[0].message = "\u{1b}[2J".into();
        let mut bytes = Vec::new();
        write_terminal(&report, &TerminalView { all: true, ..TerminalView::default() }, &mut bytes)
            .unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'));
    }

    #[test]
    fn accounts_of_the_computer_itself() {
        let mut session = sample::full_session();
        let host = sample::report().hosts.remove(0);
        for (domain, expected) in
            [("dc01", ".\\bob"), ("Win-Old", ".\\bob"), ("CONTOSO", "CONTOSO\\bob"), ("", "bob")]
        {
            session.account = std::sync::Arc::new(crate::model::Account {
                user: "bob".into(),
                domain: domain.into(),
                ..Default::default()
            });
            assert_eq!(local_name(&host, &session), expected);
        }
    }
}

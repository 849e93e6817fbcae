//! The table on a terminal: boots newest first, and who was logged on in each.

use super::text::visible;
use super::zone::Zone;
use super::{is_person, words};
use crate::model::{Boot, Finding, Host, Report, Session, Severity, Timestamp};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// Columns wider than this are not made wider for a single long name.
const WIDEST: usize = 36;
/// Findings listed below the table.
const FINDINGS_LISTED: usize = 5;

/// How the table is shown.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Every class of session, not only people's.
    pub all: bool,
    /// Time zone of the times.
    pub zone: Zone,
    /// Bold headings and coloured severities.
    pub color: bool,
    /// Boots without a session to show are left out, as after a filter.
    pub only_boots_with_sessions: bool,
    /// Sessions there were before a filter.
    pub total_sessions: u64,
}

/// Writes the table, then what was read and the findings that matter most.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_terminal(report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
    if !view.zone.is_utc() {
        writeln!(
            out,
            "Times in {}. Files and findings are in UTC.\n",
            visible(&view.zone.to_string())
        )?;
    }
    let mut shown = 0;
    for host in &report.hosts {
        shown += write_history(host, view, out)?;
    }
    write_footer(report, view, shown, out)?;
    out.flush()
}

/// One line per desktop: the elevated half of a pair says nothing that the other does not.
fn is_shown(session: &Session) -> bool {
    is_person(session) && !session.is_elevated_half()
}

fn write_history(host: &Host, view: &View, out: &mut dyn Write) -> io::Result<u64> {
    let mut chosen: Vec<&Session> =
        host.sessions.iter().filter(|session| view.all || is_shown(session)).collect();
    chosen.sort_by_key(|session| (session.boot_epoch, begin(session)));
    let mut written = 0;
    // Sessions of an epoch without a boot row would be lost without this.
    let mut epochs: Vec<u32> = host.boots.iter().map(|boot| boot.epoch).collect();
    epochs.extend(chosen.iter().map(|session| session.boot_epoch));
    epochs.sort_unstable();
    epochs.dedup();
    for epoch in epochs.into_iter().rev() {
        let from = chosen.partition_point(|session| session.boot_epoch < epoch);
        let to = chosen.partition_point(|session| session.boot_epoch <= epoch);
        let sessions = chosen.get(from..to).unwrap_or_default();
        if sessions.is_empty() && view.only_boots_with_sessions {
            continue;
        }
        let boot = host.boots.iter().find(|boot| boot.epoch == epoch);
        write_heading(host, epoch, boot, view, out)?;
        let lines: Vec<Line> =
            sessions.iter().map(|session| Line::new(host, session, view)).collect();
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
    epoch: u32,
    boot: Option<&Boot>,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (bold, plain) = if view.color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    let name = visible(&host.computer);
    write!(out, "{bold}{name}  boot {epoch}{plain}")?;
    let Some(boot) = boot else { return writeln!(out) };
    let mut first = None;
    let span = words::boot_span(boot, |moment| {
        let (date, time) = view.zone.date_and_time(moment);
        // Said once, the date holds for the rest of the line until it changes.
        if first.as_ref() == Some(&date) {
            return time;
        }
        let text = format!("{date} {time}");
        first = Some(date);
        text
    });
    let events: Vec<String> = boot.end_evidence.iter().map(words::event_name).collect();
    let events =
        if events.is_empty() { String::new() } else { format!(" ({})", events.join(", ")) };
    writeln!(out, "  {}{}", visible(&span), visible(&events))
}

/// The columns of one session.
struct Line {
    who: String,
    class: &'static str,
    from: String,
    times: String,
    length: String,
    ending: String,
}

impl Line {
    fn new(host: &Host, session: &Session, view: &View) -> Line {
        let zone = &view.zone;
        let start = session.start.as_ref().map(|moment| zone.date_and_time(moment.time));
        let clock = |moment: Timestamp| {
            let (date, time) = zone.date_and_time(moment);
            let same_day = start.as_ref().is_some_and(|start| start.0 == date);
            if same_day { time } else { format!("{date} {time}") }
        };
        let begun = match &start {
            Some((date, time)) => format!("{date} {time}"),
            None => format!("{:>19}", "?"),
        };
        let mark = words::end_mark(session);
        let ended =
            session.end.time.map_or_else(|| "?".into(), |time| mark.to_owned() + &clock(time));
        let mut ending = words::ending(session, clock);
        if session.linked.is_some() && session.elevated == Some(true) {
            ending.push_str(" (elevated half)");
        }
        let from = words::whence(session);
        Line {
            who: visible(&local_name(host, session)).into_owned(),
            class: words::class_name(session.class),
            from: if from.is_empty() { "-".into() } else { visible(from).into_owned() },
            times: format!("{begun} → {ended}"),
            length: session
                .corrected_duration()
                .map_or(String::new(), |span| mark.to_owned() + &words::length(span)),
            ending,
        }
    }
}

/// The account; `.\name` for one of the computer itself.
fn local_name(host: &Host, session: &Session) -> String {
    let account = &session.account;
    let label = |name: &str| name.split(['.', '~']).next().unwrap_or_default().to_lowercase();
    let aliases = host.boots.iter().flat_map(|boot| &boot.computer_names);
    let mut names = std::iter::once(&host.computer).chain(aliases);
    let domain = account.domain.to_lowercase();
    if !domain.is_empty() && !account.user.is_empty() && names.any(|name| label(name) == domain) {
        return format!(".\\{}", account.user);
    }
    words::who(account).to_string()
}

fn write_lines(lines: &[Line], out: &mut dyn Write) -> io::Result<()> {
    let widest = |column: fn(&Line) -> &str| {
        lines.iter().map(|line| column(line).width()).filter(|width| *width <= WIDEST).max()
    };
    let widths = [
        widest(|line| &line.who),
        widest(|line| line.class),
        widest(|line| &line.from),
        widest(|line| &line.times),
    ]
    .map(Option::unwrap_or_default);
    let length = widest(|line| &line.length).unwrap_or_default();
    for line in lines {
        write!(out, "  ")?;
        for (cell, width) in [&*line.who, line.class, &line.from, &line.times].iter().zip(widths) {
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

fn write_footer(report: &Report, view: &View, shown: u64, out: &mut dyn Write) -> io::Result<()> {
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
    for finding in most_important(&report.findings, FINDINGS_LISTED) {
        writeln!(out, "  {}", finding_line(finding, view.color))?;
    }
    Ok(())
}

/// `1 error, 2 warnings, 3 info`
pub fn count_by_severity(findings: &[Finding]) -> String {
    let counts = [(Severity::Error, "s"), (Severity::Warning, "s"), (Severity::Info, "")];
    let parts: Vec<String> = counts
        .into_iter()
        .filter_map(|(severity, plural)| {
            let count = findings.iter().filter(|f| f.code.severity() == severity).count();
            let plural = if count == 1 { "" } else { plural };
            (count > 0).then(|| format!("{count} {severity}{plural}"))
        })
        .collect();
    parts.join(", ")
}

/// The first `count` findings that are errors or warnings, errors first.
pub fn most_important(findings: &[Finding], count: usize) -> Vec<&Finding> {
    let of = |severity| findings.iter().filter(move |f| f.code.severity() == severity);
    of(Severity::Error).chain(of(Severity::Warning)).take(count).collect()
}

/// `error chunk-damaged DC01: message`, safe to show.
pub fn finding_line(finding: &Finding, color: bool) -> String {
    let severity = finding.code.severity();
    let (on, off) = match (color, severity) {
        (true, Severity::Error) => ("\u{1b}[31m", "\u{1b}[0m"),
        (true, Severity::Warning) => ("\u{1b}[33m", "\u{1b}[0m"),
        _ => ("", ""),
    };
    let computer = if finding.computer.is_empty() { "" } else { " " };
    format!(
        "{on}{severity}{off} {}{computer}{}: {}",
        finding.code,
        visible(&finding.computer),
        visible(&finding.message)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    fn shown(view: &View) -> String {
        let mut bytes = Vec::new();
        write_terminal(&sample::report(), view, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_table() {
        let view = View { total_sessions: 4, ..View::default() };
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

    #[test]
    fn all_classes_other_zones_and_colours() {
        let view = View {
            all: true,
            color: true,
            zone: "Europe/Berlin".parse().unwrap(),
            ..View::default()
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
        write_terminal(&report, &View { all: true, ..View::default() }, &mut bytes).unwrap();
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

//! The tables that the page shows without scripts. A large page has the newest rows, and says how many there are
//! besides: a browser that runs the script has to read past them, and the tables of the case have every one.

mod hops;
mod host;
mod index;

use super::data::people_sessions;
use super::scope::{PageKind, PageScope};
use crate::model::{Finding, Host, Timestamp};
use crate::output::escape::html;
use crate::output::finding_lines::count_by_severity;
use crate::output::tables::log_path;
use std::fmt::Display;
use std::io::{self, Write};

/// The sessions of people on a page have together about so many rows, and each computer has at least
/// [`LEAST_SESSIONS`].
const MOST_SESSIONS: usize = 5_000;
const LEAST_SESSIONS: usize = 50;
/// The most findings and logs of a page.
const MOST_ROWS: usize = 1_000;

/// Writes the tables. Network logons are summed up by account and source, and sessions of services,
/// machines and Windows itself are only counted, because a domain controller has millions of them:
/// sessions.csv has every one.
pub(super) fn write(page: &PageScope<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<h1>Logon sessions</h1>\n<p>All times are UTC. <q>≥</q> marks the earliest possible end of a \
         session, <q>≤</q> the latest. Made by {} {}. With scripts, this page shows a picture as well.</p>",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
    )?;
    if let PageKind::Index(names) = &page.kind {
        index::write(page, names, out)?;
        write_loss(page, out)?;
        hops::write(page, out)?;
        return write_findings(page, out);
    }
    write_summary(page, out)?;
    hops::write(page, out)?;
    write_findings(page, out)?;
    let most = rows_of_each(page);
    for (number, host) in page.hosts.iter().enumerate() {
        host::write(host, number, most, out)?;
    }
    write_logs(page, out)
}

/// How many rows each computer has at most.
fn rows_of_each(page: &PageScope<'_>) -> usize {
    let all: usize = page.hosts.iter().map(|host| host.boots.len() + host.sessions.len()).sum();
    if all <= MOST_SESSIONS {
        return usize::MAX;
    }
    (MOST_SESSIONS / page.hosts.len().max(1)).max(LEAST_SESSIONS)
}

fn write_summary(page: &PageScope<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<section>\n<h2>Summary</h2>\n<table>")?;
    write_head(
        out,
        &["Computer", "Boots", "Sessions", "People's", "First start", "Last start or end"],
    )?;
    for (number, host) in page.hosts.iter().enumerate() {
        let people = people_sessions(host);
        let (first, last) = first_and_last(host);
        writeln!(
            out,
            "<tr><td><a href=\"#c{number}\">{}</a></td><td class=n>{}</td><td class=n>{}</td>\
             <td class=n>{people}</td><td>{}</td><td>{}</td></tr>",
            html(&host.computer),
            host.boots.len(),
            host.sessions.len(),
            moment(first),
            moment(last),
        )?;
    }
    writeln!(out, "</table>")?;
    if page.is_one_of_many() {
        let all = page.written.computers;
        writeln!(out, "<p>One of <a href=\"../report.html\">{all} computers of the case</a>.</p>")?;
    }
    write_loss(page, out)?;
    writeln!(out, "</section>")
}

/// The earliest and the latest time of a computer.
fn first_and_last(host: &Host) -> (Option<Timestamp>, Option<Timestamp>) {
    let times = || {
        host.boots
            .iter()
            .flat_map(|boot| [boot.start, boot.end, boot.end_not_before])
            .flatten()
            .chain(host.sessions.iter().filter_map(|s| Some(s.start.as_ref()?.time)))
    };
    (times().min(), times().max())
}

/// What is not there: by a filter, or because no log has it, or because it could not be read.
fn write_loss(page: &PageScope<'_>, out: &mut dyn Write) -> io::Result<()> {
    let found = page.input.found;
    let left_out = found.sessions.saturating_sub(page.written.sessions);
    if left_out > 0 {
        writeln!(out, "<p>A filter left out {left_out} of {} sessions.</p>", found.sessions)?;
    }
    for uncovered in &page.report().uncovered {
        writeln!(out, "<p class=error>Nothing is known: {}</p>", html(uncovered))?;
    }
    if page.is_incomplete {
        writeln!(
            out,
            "<p class=error>Some evidence could not be read or verified: see the findings.</p>"
        )?;
    }
    Ok(())
}

fn write_findings(page: &PageScope<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<section>\n<h2>Findings</h2>")?;
    if page.findings.is_empty() {
        return writeln!(out, "<p>None.</p>\n</section>");
    }
    writeln!(out, "<p>{}</p>\n<table>", count_by_severity(page.findings.iter().copied()))?;
    write_head(out, &["Severity", "Code", "Computer", "Boot", "Time", "What", "Log", "Record"])?;
    let mut findings: Vec<&Finding> = page.findings.clone();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in findings.iter().take(MOST_ROWS) {
        let severity = finding.severity;
        write!(out, "<tr class={severity}><td>{severity}</td><td>{}</td>", finding.code)?;
        write!(
            out,
            "<td>{}</td><td class=n>{}</td>",
            html(&finding.computer),
            or_blank(finding.boot_epoch)
        )?;
        let (time, message) = (moment(finding.time), html(&finding.message));
        write!(out, "<td>{time}</td><td class=text>{message}</td>")?;
        let path = html(log_path(page.report(), finding.log));
        writeln!(
            out,
            "<td class=text>{path}</td><td class=n>{}</td></tr>",
            or_blank(finding.record_id)
        )?;
    }
    writeln!(out, "</table>")?;
    write_more(findings.len(), "findings", out)?;
    writeln!(out, "</section>")
}

/// How many rows of a table are not on the page, and where they are.
fn write_more(rows: usize, table: &str, out: &mut dyn Write) -> io::Result<()> {
    match rows.saturating_sub(MOST_ROWS) {
        0 => Ok(()),
        more => writeln!(out, "<p>And {more} more: see {table}.csv.</p>"),
    }
}

fn write_logs(page: &PageScope<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<section>\n<h2>Logs</h2>\n<table>")?;
    write_head(
        out,
        &["Log", "Bytes", "Records", "Unreadable", "First", "Last", "Header", "Verdict", "SHA-256"],
    )?;
    for log in page.logs.iter().take(MOST_ROWS) {
        writeln!(
            out,
            "<tr><td>{}</td><td class=n>{}</td><td class=n>{}</td><td class=n>{}</td><td>{}</td>\
             <td>{}</td><td>{}</td><td>{}</td><td class=hash>{}</td></tr>",
            html(&log.path),
            log.size,
            log.records_read,
            log.records_unreadable,
            moment(log.times.map(|times| times.0)),
            moment(log.times.map(|times| times.1)),
            log.header,
            log.verdict,
            html(log.sha256.as_deref().unwrap_or_default()),
        )?;
    }
    writeln!(out, "</table>")?;
    write_more(page.logs.len(), "logs", out)?;
    writeln!(out, "</section>")
}

fn write_head(out: &mut dyn Write, names: &[&str]) -> io::Result<()> {
    let cells: String = names.iter().map(|name| format!("<th>{name}</th>")).collect();
    writeln!(out, "<thead><tr>{cells}</tr></thead>")
}

/// Without its fraction: the page is for reading, the tables have every digit.
fn moment(time: Option<Timestamp>) -> String {
    time.map_or(String::new(), |time| format!("<time>{}</time>", time.to_the_second()))
}

fn or_blank(value: Option<impl Display>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Report, sample};
    use crate::output::formats::ReportInput;
    use crate::output::totals::Totals;

    #[test]
    fn the_page_holds_all_and_runs_nothing() {
        let mut report = sample::report();
        report.hosts[0].computer = "<script>alert(1)</script>".into();
        let mut bytes = Vec::new();
        let found = Totals { sessions: 9, ..Totals::of(&report) };
        let input = ReportInput { report: &report, found, options: Default::default() };
        write(&PageScope::of(&input), &mut bytes).unwrap();
        let page = String::from_utf8(bytes).unwrap();
        assert!(
            !page.contains("<script") && !page.contains("</noscript") && !page.contains("src=")
        );
        for text in [
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "A filter left out 5 of 9 sessions.",
            "slot 3 of Security.evtx &lt;is&gt; no chunk",
            "Some evidence could not be read or verified",
            "CONTOSO\\=cmd|&#39; /C calc&#39;!A0\\n&quot;quoted&quot;,\\u{202e}gnp",
            "<td>≥<time>2015-09-09 04:00:00</time></td>",
            "Also in sessions.csv: 1 service",
            "Reason given: &lt;planned&gt;",
        ] {
            assert!(page.contains(text), "{text}\n{page}");
        }
        for tag in ["table", "section", "tr", "thead", "h3"] {
            assert_eq!(
                page.matches(&format!("<{tag}")).count(),
                page.matches(&format!("</{tag}>")).count(),
                "{tag}"
            );
        }
    }

    /// Of the sample's four sessions three are of people; one of them is made an elevated half.
    #[test]
    fn a_pair_of_sessions_counts_once() {
        let mut report = sample::report();
        let people = |report: &Report| {
            let mut bytes = Vec::new();
            let found = Totals::of(report);
            let input = ReportInput { report, found, options: Default::default() };
            write_summary(&PageScope::of(&input), &mut bytes).unwrap();
            let page = String::from_utf8(bytes).unwrap();
            let row = "</a></td><td class=n>2</td><td class=n>4</td><td class=n>";
            let at = page.find(row).unwrap() + row.len();
            page.split_at(at).1.split('<').next().unwrap().to_owned()
        };
        assert_eq!(people(&report), "3");
        report.hosts[0].sessions[0].elevated = Some(true);
        assert_eq!(people(&report), "2");
    }
}

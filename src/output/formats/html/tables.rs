//! The tables that the page shows without scripts.

use crate::model::{Boot, Finding, Host, Report, Session, SessionClass, Timestamp};
use crate::output::escape::html;
use crate::output::finding_lines::count_by_severity;
use crate::output::formats::ReportInput;
use crate::output::tables::log_path;
use crate::output::totals::Totals;
use crate::output::wording::{self, is_person};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, Write};

/// Writes the tables. Network logons are summed up by account and source, and sessions of services,
/// machines and Windows itself are only counted, because a domain controller has millions of them:
/// sessions.csv has every one.
pub(super) fn write(input: &ReportInput<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = input.report;
    writeln!(
        out,
        "<h1>Logon sessions</h1>\n<p>All times are UTC. <q>≥</q> marks the earliest possible end of a \
         session, <q>≤</q> the latest. Made by {} {}. With scripts, this page shows a picture as well.</p>",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
    )?;
    write_summary(report, input.found, out)?;
    write_findings(report, out)?;
    for (number, host) in report.hosts.iter().enumerate() {
        write_host(host, number, out)?;
    }
    write_logs(report, out)
}

fn write_summary(report: &Report, found: Totals, out: &mut dyn Write) -> io::Result<()> {
    let written = Totals::of(report);
    writeln!(out, "<section>\n<h2>Summary</h2>\n<table>")?;
    write_head(
        out,
        &["Computer", "Boots", "Sessions", "People's", "First start", "Last start or end"],
    )?;
    for (number, host) in report.hosts.iter().enumerate() {
        let people = host
            .sessions
            .iter()
            .filter(|session| is_person(session) && !session.is_elevated_half())
            .count();
        let times = || {
            host.boots
                .iter()
                .flat_map(|boot| [boot.start, boot.end, boot.end_not_before])
                .flatten()
                .chain(host.sessions.iter().filter_map(|s| Some(s.start.as_ref()?.time)))
        };
        writeln!(
            out,
            "<tr><td><a href=\"#c{number}\">{}</a></td><td class=n>{}</td><td class=n>{}</td>\
             <td class=n>{people}</td><td>{}</td><td>{}</td></tr>",
            html(&host.computer),
            host.boots.len(),
            host.sessions.len(),
            moment(times().min()),
            moment(times().max()),
        )?;
    }
    writeln!(out, "</table>")?;
    let left_out = found.sessions.saturating_sub(written.sessions);
    if left_out > 0 {
        writeln!(out, "<p>A filter left out {left_out} of {} sessions.</p>", found.sessions)?;
    }
    for uncovered in &report.uncovered {
        writeln!(out, "<p class=error>Nothing is known: {}</p>", html(uncovered))?;
    }
    if report.is_incomplete() {
        writeln!(
            out,
            "<p class=error>Some evidence could not be read or verified: see the findings.</p>"
        )?;
    }
    writeln!(out, "</section>")
}

fn write_findings(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<section>\n<h2>Findings</h2>")?;
    if report.findings.is_empty() {
        return writeln!(out, "<p>None.</p>\n</section>");
    }
    writeln!(out, "<p>{}</p>\n<table>", count_by_severity(&report.findings))?;
    write_head(out, &["Severity", "Code", "Computer", "Boot", "Time", "What", "Log", "Record"])?;
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in findings {
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
        let path = html(log_path(report, finding.log));
        writeln!(
            out,
            "<td class=text>{path}</td><td class=n>{}</td></tr>",
            or_blank(finding.record_id)
        )?;
    }
    writeln!(out, "</table>\n</section>")
}

fn write_host(host: &Host, number: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<section id=c{number}>\n<h2>{}</h2>", html(&host.computer))?;
    let mut by_boot: BTreeMap<u32, (Option<&Boot>, Vec<&Session>)> =
        host.boots.iter().map(|boot| (boot.epoch, (Some(boot), Vec::new()))).collect();
    for session in &host.sessions {
        by_boot.entry(session.boot_epoch).or_default().1.push(session);
    }
    for (number, (boot, sessions)) in by_boot.into_iter().rev() {
        let span =
            boot.map_or(String::new(), |boot| wording::boot_span(boot, Timestamp::to_the_second));
        writeln!(out, "<h3>Boot {number} <small>{}</small></h3>", html(&span))?;
        if let Some(boot) = boot.filter(|boot| !boot.reason.is_empty()) {
            writeln!(out, "<p>Reason given: {}</p>", html(&boot.reason))?;
        }
        write_sessions(host, &sessions, out)?;
        write_network(host, &sessions, out)?;
        write_others(&sessions, out)?;
    }
    writeln!(out, "</section>")
}

fn write_sessions(host: &Host, sessions: &[&Session], out: &mut dyn Write) -> io::Result<()> {
    let mut people: Vec<&Session> = sessions
        .iter()
        .copied()
        .filter(|session| is_person(session) && session.class != SessionClass::Network)
        .filter(|session| !session.is_elevated_half())
        .collect();
    if people.is_empty() {
        return Ok(());
    }
    people.sort_by_key(|session| session.start.as_ref().map(|start| start.time));
    writeln!(out, "<table>")?;
    let (person, end) = (["Account", "Kind", "From", "Start"], ["End", "Length", "How it ended"]);
    let names = [&person[..], &end, &["Confidence", "Logon ID", "Records"]].concat();
    write_head(out, &names)?;
    people.into_iter().try_for_each(|session| write_session(host, session, out))?;
    writeln!(out, "</table>")
}

fn write_session(host: &Host, session: &Session, out: &mut dyn Write) -> io::Result<()> {
    let mark = wording::end_mark(session);
    let duration = session
        .corrected_duration()
        .map_or(String::new(), |span| format!("{mark}{}", wording::duration(span)));
    let records: Vec<String> = [&session.start, &session.initiated, &session.terminated]
        .into_iter()
        .flatten()
        .map(|moment| moment.record.to_string())
        .collect();
    writeln!(
        out,
        "<tr><td class=text>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}{}</td>\
         <td class=n>{duration}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        html(&session.account.to_string()),
        wording::class_name(session.class),
        html(wording::source(host, session)),
        moment(session.start.as_ref().map(|start| start.time)),
        mark,
        moment(session.end.time),
        html(&wording::ending(session, Timestamp::to_the_second)),
        session.end.confidence,
        or_blank(session.logon_id),
        html(&records.join(", ")),
    )
}

/// Count, first and last start of the network logons of one account from one source.
type NetworkSum = (u64, Option<Timestamp>, Option<Timestamp>);

fn write_network(host: &Host, sessions: &[&Session], out: &mut dyn Write) -> io::Result<()> {
    let mut sums: BTreeMap<(String, &str), NetworkSum> = BTreeMap::new();
    let network = |session: &&&Session| session.class == SessionClass::Network;
    for session in sessions.iter().filter(network).filter(|session| is_person(session)) {
        let sum =
            sums.entry((session.account.to_string(), wording::source(host, session))).or_default();
        sum.0 += 1;
        if let Some(start) = session.start.as_ref().map(|start| start.time) {
            sum.1 = Some(sum.1.map_or(start, |first| first.min(start)));
            sum.2 = Some(sum.2.map_or(start, |last| last.max(start)));
        }
    }
    if sums.is_empty() {
        return Ok(());
    }
    writeln!(out, "<table>\n<caption>Network logons</caption>")?;
    write_head(out, &["Account", "From", "Sessions", "First start", "Last start"])?;
    for ((account, from), (count, first, last)) in sums {
        writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=n>{count}</td><td>{}</td><td>{}</td></tr>",
            html(&account),
            html(from),
            moment(first),
            moment(last),
        )?;
    }
    writeln!(out, "</table>")
}

fn write_others(sessions: &[&Session], out: &mut dyn Write) -> io::Result<()> {
    let mut counts: BTreeMap<SessionClass, u64> = BTreeMap::new();
    for session in sessions.iter().filter(|session| !is_person(session)) {
        *counts.entry(session.class).or_default() += 1;
    }
    if counts.is_empty() {
        return Ok(());
    }
    let parts: Vec<String> =
        counts.iter().map(|(class, count)| format!("{count} {class}")).collect();
    writeln!(out, "<p class=others>Also in sessions.csv: {}</p>", parts.join(", "))
}

fn write_logs(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<section>\n<h2>Logs</h2>\n<table>")?;
    write_head(
        out,
        &["Log", "Bytes", "Records", "Unreadable", "First", "Last", "Header", "Verdict", "SHA-256"],
    )?;
    for log in &report.logs {
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
    writeln!(out, "</table>\n</section>")
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
    use crate::model::sample;

    #[test]
    fn the_page_holds_all_and_runs_nothing() {
        let mut report = sample::report();
        report.hosts[0].computer = "<script>alert(1)</script>".into();
        let mut bytes = Vec::new();
        let found = Totals { sessions: 9, ..Totals::of(&report) };
        let input = ReportInput { report: &report, found, options: Default::default() };
        write(&input, &mut bytes).unwrap();
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
            write_summary(report, Totals::of(report), &mut bytes).unwrap();
            let page = String::from_utf8(bytes).unwrap();
            let row = "</a></td><td class=n>2</td><td class=n>4</td><td class=n>";
            let at = page.find(row).unwrap() + row.len();
            page.split_at(at).1.split('<').next().unwrap().to_owned()
        };
        assert_eq!(people(&report), "3");
        report.hosts[0].sessions[0].elevated = Some(true);
        assert_eq!(people(&report), "2");
    }

    #[test]
    fn network_logons_are_summed_up() {
        let host = sample::report().hosts.remove(0);
        let mut sessions = [sample::full_session(), sample::full_session()];
        for session in &mut sessions {
            (session.class, session.logon_type) = (SessionClass::Network, Some(3));
        }
        sessions[1].start.as_mut().unwrap().time = sample::at("2015-09-09T03:30:00Z");
        let mut bytes = Vec::new();
        write_network(&host, &sessions.iter().collect::<Vec<_>>(), &mut bytes).unwrap();
        let table = String::from_utf8(bytes).unwrap();
        assert!(table.contains(
            "<td class=n>2</td><td><time>2015-09-09 03:00:00</time></td><td><time>2015-09-09 03:30:00</time></td>"
        ));
    }
}

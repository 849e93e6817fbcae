//! Where sessions came from, as a table.

use super::{MOST_ROWS, write_head, write_more};
use crate::model::session::logon_type_name;
use crate::model::{Hop, HopFlag};
use crate::output::escape::html;
use crate::output::formats::html::scope::PageScope;
use std::fmt::Display;
use std::io::{self, Write};

/// Writes the rows of people, by time, the newest ones of many; nothing where hops were not asked for.
pub(super) fn write(page: &PageScope<'_>, out: &mut dyn Write) -> io::Result<()> {
    if page.hop_index.is_none() {
        return Ok(());
    }
    writeln!(out, "<section>\n<h2>Who came from where</h2>")?;
    let (machines, people): (Vec<&Hop>, Vec<&Hop>) =
        page.hops.iter().partition(|hop| hop.account.is_machine());
    if !machines.is_empty() {
        writeln!(
            out,
            "<p>{} logons of computers' own accounts are only in hops.csv.</p>",
            machines.len()
        )?;
    }
    if people.is_empty() {
        return writeln!(out, "<p>No logon of a person from elsewhere.</p>\n</section>");
    }
    writeln!(out, "<table>")?;
    let head = [
        "Time",
        "Computer",
        "Account",
        "Type",
        "Came from",
        "Based on",
        "Confidence",
        "Session there",
    ];
    write_head(out, &head)?;
    let newest = people.get(people.len().saturating_sub(MOST_ROWS)..).unwrap_or_default();
    newest.iter().try_for_each(|hop| write_row(hop, out))?;
    writeln!(out, "</table>")?;
    write_more(people.len(), "hops", out)?;
    writeln!(out, "</section>")
}

fn write_row(hop: &Hop, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<tr><td><time>{}</time></td><td>{}</td><td>{}</td><td>{}</td><td class=text>{}</td><td>{}</td>\
         <td>{}</td><td class=text>{}</td></tr>",
        hop.time.to_the_second(),
        html(&hop.target_computer),
        html(&hop.account.to_string()),
        hop.logon_type.map_or("", logon_type_name),
        source(hop),
        joined(&hop.basis),
        hop.host_confidence.map_or("", |own| own.word()),
        html(&hop.source_session),
    )
}

/// The computer; else what is said in its place.
fn source(hop: &Hop) -> String {
    if !hop.source_computer.is_empty() {
        return html(&hop.source_computer).into_owned();
    }
    if hop.flags.contains(&HopFlag::Contradicting) {
        return format!("contradicting: {}", html(&hop.candidates.join("; ")));
    }
    let address = html(&hop.source_address);
    match () {
        () if hop.flags.contains(&HopFlag::FromOutside) => format!("from outside: {address}"),
        () if hop.flags.contains(&HopFlag::Loopback) => "the computer itself, or a tunnel".into(),
        () => format!("not known {address}"),
    }
}

fn joined(words: &[impl Display]) -> String {
    words.iter().map(|word| word.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;
    use crate::output::formats::ReportInput;
    use crate::output::totals::Totals;

    fn written(change: impl FnOnce(&mut Vec<Hop>)) -> String {
        let mut report = sample::report();
        change(&mut report.hops.as_mut().unwrap().hops);
        let mut bytes = Vec::new();
        let found = Totals::of(&report);
        let input = ReportInput { report: &report, found, options: Default::default() };
        write(&PageScope::of(&input), &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_row_says_where_it_came_from_or_why_nothing_is_said() {
        assert!(written(|_| {}).contains("<td class=text>PC01.contoso.local</td>"));
        let with = |flag: Option<HopFlag>| {
            written(|hops| {
                hops[0].source_computer = "".into();
                hops[0].candidates = vec!["<A> (ticket)".into(), "B (address)".into()];
                hops[0].flags = flag.into_iter().collect();
            })
        };
        for (flag, text) in [
            (Some(HopFlag::FromOutside), "from outside: 10.0.0.5"),
            (Some(HopFlag::Contradicting), "contradicting: &lt;A&gt; (ticket); B (address)"),
            (Some(HopFlag::Loopback), "the computer itself, or a tunnel"),
            (None, "not known 10.0.0.5"),
        ] {
            assert!(with(flag).contains(text), "{text}");
        }
    }

    #[test]
    fn many_rows_are_counted() {
        let page = written(|hops| *hops = vec![hops[0].clone(); MOST_ROWS + 2]);
        assert_eq!(page.matches("<tr><td><time>").count(), MOST_ROWS);
        assert!(page.contains("And 2 more: see hops.csv"));
        assert!(written(Vec::clear).contains("No logon of a person from elsewhere"));
    }
}

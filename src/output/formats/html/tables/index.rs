//! The list of the computers of a case that has a page for each of them, as a table.

use super::{first_and_last, moment, write_head};
use crate::model::case_files::PAGES_FOLDER;
use crate::output::escape::html;
use crate::output::formats::html::data::{FindingsByHost, interest_of, people_sessions};
use crate::output::formats::html::scope::PageScope;
use std::io::{self, Write};

/// Writes the list, the computers of most interest first: the order of the list of the page.
pub(super) fn write(page: &PageScope<'_>, names: &[String], out: &mut dyn Write) -> io::Result<()> {
    let findings = FindingsByHost::of(page);
    let with_interest = page.hosts.iter().zip(names).map(|(host, name)| {
        let own = findings.of_host(host);
        (interest_of(host, own.clone()), own.count(), host, name)
    });
    let mut rows: Vec<_> = with_interest.collect();
    rows.sort_by_key(|(interest, ..)| std::cmp::Reverse(interest.score));
    writeln!(
        out,
        "<section>\n<h2>Computers</h2>\n<p>{} computers, those of most interest first. Each has a page of its own \
         in the folder {PAGES_FOLDER}.</p>\n<table>",
        rows.len()
    )?;
    let counts = ["Boots", "Sessions", "People's", "Findings"];
    let all =
        [&["Computer"][..], &counts, &["First start", "Last start or end", "Reasons"]].concat();
    write_head(out, &all)?;
    for (interest, findings, host, name) in rows {
        let (first, last) = first_and_last(host);
        writeln!(
            out,
            "<tr><td><a href=\"{PAGES_FOLDER}/{}.html\">{}</a></td><td class=n>{}</td><td class=n>{}</td>\
             <td class=n>{}</td><td class=n>{findings}</td><td>{}</td><td>{}</td><td class=text>{}</td></tr>",
            html(name),
            html(&host.computer),
            host.boots.len(),
            host.sessions.len(),
            people_sessions(host),
            moment(first),
            moment(last),
            interest.reasons.join(", "),
        )?;
    }
    writeln!(out, "</table>\n</section>")
}

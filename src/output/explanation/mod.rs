//! The answer to `--explain`: the times of a session, the rules that were used, why no other end was chosen, and
//! the records themselves.

mod causes;
mod records;

use super::escape::visible;
use super::wording::class_of;
use super::wrap::wrapped;
use crate::model::session::{Moment, StartCause, logon_type_name};
use crate::model::{
    Boot, Citation, EndCause, Flag, Host, InferredBy, Quotes, Report, Session, SessionClass,
    Timestamp,
};
use std::io::{self, Write};

/// The blanks before a line of a part, and before the further lines of a text.
const INDENT: usize = 2;

/// A session that is to be explained.
#[derive(Debug, Clone, Copy)]
pub struct Explanation<'a> {
    host: &'a Host,
    session: &'a Session,
    boot: Option<&'a Boot>,
}

impl<'a> Explanation<'a> {
    /// Of a session of this computer.
    pub fn of(host: &'a Host, session: &'a Session) -> Explanation<'a> {
        let boot = host.boots.iter().find(|boot| boot.epoch == session.boot_epoch);
        Explanation { host, session, boot }
    }

    /// The records that it cites, for [`Analysis::run_and_quote`](crate::Analysis::run_and_quote).
    pub fn records(self) -> impl Iterator<Item = Citation> {
        records::cited(&self).into_iter().map(|(record, _)| record)
    }
}

/// Writes what the sessions are based on, one after the other, in lines of at most `width` columns. The XML of
/// records keeps its own lines.
///
/// # Errors
/// When `out` cannot be written.
///
/// ```
/// use winlast::Analysis;
/// use winlast::output::{Explanation, write_explanations};
///
/// let analysis = Analysis::of(["sample-evtx/dc01"]);
/// let (report, quotes) = analysis.run_and_quote(|report| {
///     let sessions = report.sessions();
///     sessions.flat_map(|(host, session)| Explanation::of(host, session).records()).collect()
/// })?;
/// let all: Vec<Explanation<'_>> =
///     report.sessions().map(|(host, session)| Explanation::of(host, session)).collect();
/// let mut text = Vec::new();
/// write_explanations(&all, &report, &quotes, None, &mut text)?;
/// let text = String::from_utf8(text)?;
/// assert!(text.contains("initiated logoff: 2015-09-09T03:08:39.1268908Z, Security#230200 (4647)"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_explanations(
    sessions: &[Explanation<'_>],
    report: &Report,
    quotes: &Quotes,
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (at, session) in sessions.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        let mut page = Page { out: &mut *out, width };
        session.write(&mut page)?;
        records::write(session, report, quotes, &mut page)?;
    }
    Ok(())
}

/// Writes lines that are safe to show.
struct Page<'a> {
    out: &'a mut dyn Write,
    width: Option<usize>,
}

impl Page<'_> {
    /// A heading.
    fn heading(&mut self, text: &str) -> io::Result<()> {
        self.line(0, text)
    }

    /// A line below a heading.
    fn item(&mut self, text: &str) -> io::Result<()> {
        self.line(INDENT, text)
    }

    fn line(&mut self, indent: usize, text: &str) -> io::Result<()> {
        let text = visible(text);
        let text = match self.width {
            Some(width) => wrapped(&text, width.saturating_sub(indent), INDENT).into(),
            None => text,
        };
        text.lines().try_for_each(|line| writeln!(self.out, "{:indent$}{line}", ""))
    }

    /// Text with lines of its own.
    fn lines(&mut self, indent: usize, text: &str) -> io::Result<()> {
        for line in text.lines() {
            writeln!(self.out, "{:indent$}{}", "", visible(line))?;
        }
        Ok(())
    }
}

impl Explanation<'_> {
    fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        let Explanation { host, session, .. } = self;
        page.heading(&format!("{}: {}", session.id(&host.computer), self.who()))?;
        page.heading("Start")?;
        self.write_start(page)?;
        page.heading("End")?;
        self.write_end(page)?;
        page.heading("Other causes of an end, which have priority, and why they do not apply")?;
        causes::rejected(self).iter().try_for_each(|line| page.item(line))?;
        if !session.flags.is_empty() {
            page.heading("Remarks")?;
            for flag in &session.flags {
                page.item(&format!("{flag}: {}", flag.meaning()))?;
            }
        }
        self.write_boot(page)
    }

    /// `CONTOSO\bob, RDP, logon type 10 (RemoteInteractive), SID S-1-5-…`
    fn who(&self) -> String {
        let Session { account, class, logon_type, revalidated_by, .. } = self.session;
        let mut parts = vec![account.to_string()];
        if *class != SessionClass::Unknown {
            parts.push(class_of(self.session).to_owned());
        }
        if let Some(number) = logon_type {
            parts.push(format!("logon type {number} ({})", logon_type_name(*number)));
        }
        if !account.sid.is_empty() {
            parts.push(account.sid.to_string());
        }
        let others: Vec<String> =
            self.host.names_of(account).skip(1).map(|name| name.to_string()).collect();
        if !others.is_empty() {
            parts.push(format!("other records give this SID the name {}", others.join(" or ")));
        }
        let mut text = parts.join(", ");
        if let Some(rule) = revalidated_by {
            text.push_str(&format!(". Rule {}", rule_text(*rule)));
        }
        text
    }

    fn write_start(&self, page: &mut Page<'_>) -> io::Result<()> {
        let session = self.session;
        match &session.start {
            Some(start) => page.item(&format!("start: {}", moment(start)))?,
            None => page.item("start: no record of it was read")?,
        }
        let known = session.start_cause;
        page.item(&format!("how it is known: {known}: {}", known.meaning()))?;
        if let Some(rule) = session.start_inferred_by() {
            page.item(&format!("rule {}", rule_text(rule)))?;
        }
        if session.start_cause != StartCause::Exact {
            let first = session.first_time().map_or("nothing".into(), |time| time.to_string());
            page.item(&format!("first record of it: {first}"))?;
        }
        if let Some(linked) = session.linked {
            let how = match session.flags.contains(&Flag::LinkInferred) {
                true => format!("rule {}", rule_text(InferredBy::PairByTime)),
                false => "its 4624 names it".to_owned(),
            };
            page.item(&format!("linked with {linked}: {how}"))?;
        }
        match session.parent {
            Some(parent) => page.item(&format!("started in the session {parent}")),
            None => Ok(()),
        }
    }

    fn write_end(&self, page: &mut Page<'_>) -> io::Result<()> {
        let Session { initiated, terminated, end, .. } = self.session;
        for (name, event, found) in
            [("initiated logoff", 4647, initiated), ("terminated", 4634, terminated)]
        {
            page.item(&match found {
                Some(found) => format!("{name}: {}", moment(found)),
                None => format!("{name}: no {event} of it was read"),
            })?;
        }
        page.item(&format!("cause {}: {}", end.cause, end.cause.meaning()))?;
        if let Some(rule) = self.session.end_inferred_by() {
            page.item(&format!("rule {}", rule_text(rule)))?;
        }
        match end.basis {
            Some(basis) => {
                page.item(&format!("end: {} ({basis}: {})", time(end.time), basis.meaning()))?;
            }
            None => page.item("end: not known")?,
        }
        if end.not_before.is_some() || end.not_after.is_some() {
            let (from, to) = (time(end.not_before), time(end.not_after));
            page.item(&format!("not before: {from}; not after: {to}"))?;
        }
        if let Some(record) = end.record {
            page.item(&format!("the record of the end: {}", named(&record)))?;
        }
        page.item(&format!("confidence {}: {}", end.confidence, end.confidence.meaning()))
    }

    fn write_boot(&self, page: &mut Page<'_>) -> io::Result<()> {
        let Some(boot) = self.boot.filter(|boot| boot.epoch > 0) else {
            return page.heading("Boot 0: the time before the first known boot");
        };
        page.heading(&format!("Boot {}: how its beginning and its end are known", boot.epoch))?;
        let (from, sure) = (time(boot.start), boot.start_confidence);
        page.item(&format!("start: {from}, confidence {sure}, by {}", list(&boot.start_evidence)))?;
        if let Some(rule) = boot.start_rule {
            page.item(&format!("rule {}", rule_text(rule)))?;
        }
        let (to, cause, sure) = (time(boot.end), boot.end_cause, boot.confidence);
        let evidence = list(&boot.end_evidence);
        let cause = format!("cause {cause} ({})", cause.meaning());
        page.item(&format!("end: {to}, {cause}, confidence {sure}, by {evidence}"))?;
        for flag in &boot.flags {
            page.item(&format!("{flag}: {}", flag.meaning()))?;
        }
        Ok(())
    }

    /// Whether the session ended by one of these.
    fn ended_by(&self, causes: &[EndCause]) -> bool {
        causes.contains(&self.session.end.cause)
    }
}

/// `2024-05-02T08:15:22.1000000Z, Security#812 (4624)`
fn moment(moment: &Moment) -> String {
    let recovered = if moment.recovered { ", recovered" } else { "" };
    format!("{}, {}{recovered}", moment.time, named(&moment.record))
}

/// `Security#812 (4624)`
fn named(record: &Citation) -> String {
    format!("{record} ({})", record.event_id)
}

fn list(records: &[Citation]) -> String {
    match records {
        [] => "no record".to_owned(),
        records => records.iter().map(named).collect::<Vec<_>>().join(", "),
    }
}

fn time(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "not known".to_owned(), |time| time.to_string())
}

/// A rule with what it says.
fn rule_text(rule: InferredBy) -> String {
    format!("{rule}: {}", rule.meaning())
}

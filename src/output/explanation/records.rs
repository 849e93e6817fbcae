//! The records that a session cites, as they are in their logs.

use super::{Explanation, INDENT, Page};
use crate::model::{Citation, QuotedRecord, Quotes, Report};
use crate::output::hex_hash;
use std::collections::BTreeMap;
use std::io;

/// The records, in the order of their channels, each with what it is cited for.
pub(super) fn cited(one: &Explanation<'_>) -> Vec<(Citation, Vec<&'static str>)> {
    let session = one.session;
    let mut cited: BTreeMap<Citation, Vec<&'static str>> = BTreeMap::new();
    let mut cite = |record: Citation, what: &'static str| {
        let named = cited.entry(record).or_default();
        if !named.contains(&what) {
            named.push(what);
        }
    };
    for (moment, what) in [
        (&session.start, "start"),
        (&session.initiated, "initiated logoff"),
        (&session.terminated, "terminated"),
    ] {
        if let Some(moment) = moment {
            cite(moment.record, what);
        }
    }
    session.end.record.iter().for_each(|record| cite(*record, "end"));
    for incident in &session.incidents {
        cite(incident.moment.record, incident.kind.word());
    }
    session.evidence.iter().for_each(|record| cite(*record, "further evidence"));
    session.corroboration.iter().for_each(|(record, _)| cite(*record, "confirms it"));
    if let Some(boot) = one.boot {
        boot.start_evidence.iter().for_each(|record| cite(*record, "start of the boot"));
        boot.end_evidence.iter().for_each(|record| cite(*record, "end of the boot"));
    }
    cited.into_iter().collect()
}

/// Writes the records.
pub(super) fn write(
    one: &Explanation<'_>,
    report: &Report,
    quotes: &Quotes,
    page: &mut Page<'_>,
) -> io::Result<()> {
    page.heading("Records")?;
    for (record, what) in cited(one) {
        let event = record.event_id;
        page.item(&format!("{record}, Event ID {event}: {}", what.join(", ")))?;
        let path = |log| report.log(log).map_or("a log that is not known", |log| &log.path);
        match quotes.get(&record) {
            Some(Ok(quote)) => write_quote(path(record.log), quote, page)?,
            Some(Err(why)) => page.line(2 * INDENT, why)?,
            None => page.line(2 * INDENT, path(record.log))?,
        }
        for log in one.host.logs_of(record).skip(1) {
            page.line(2 * INDENT, &format!("also in {}", path(log)))?;
        }
    }
    Ok(())
}

fn write_quote(path: &str, quote: &QuotedRecord, page: &mut Page<'_>) -> io::Result<()> {
    let (size, hash) = (quote.bytes.len(), hex_hash(&quote.bytes));
    let place = format!("{path}, byte {} of the file, {size} bytes, SHA-256 {hash}", quote.offset);
    page.line(2 * INDENT, &place)?;
    match &quote.xml {
        Ok(xml) => page.lines(3 * INDENT, xml),
        Err(why) => page.line(3 * INDENT, &format!("its XML cannot be shown: {why}")),
    }
}

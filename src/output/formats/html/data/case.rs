//! The data about the whole case: the head of the page, and the list of computers.

use super::clock::TimeBase;
use super::findings::{self, FindingRow};
use super::{FindingsByHost, VERSION, block_name, interest, strip};
use crate::model::case_files::PAGES_FOLDER;
use crate::model::{Finding, Host, LogSummary, Severity};
use crate::output::escape::visible;
use crate::output::formats::html::blocks::{DataBlock, PACKED_FROM};
use crate::output::formats::html::scope::{PageKind, PageScope};
use crate::output::totals::Totals;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

/// An index has at most so many findings about no computer of its list.
const MOST_OTHERS: usize = 2_000;

#[derive(Serialize)]
struct CaseData<'a> {
    version: u32,
    made_by: &'static str,
    found: Totals,
    written: Totals,
    incomplete: bool,
    uncovered: Vec<Cow<'a, str>>,
    accounting: Vec<[u64; 6]>,
    log_counts: LogCounts,
    logs: Vec<LogRow<'a>>,
    /// Those about no computer of the list.
    findings: Vec<FindingRow>,
    hosts: Vec<HostRow<'a>>,
    /// What an index has of all findings: severity, code, number.
    #[serde(skip_serializing_if = "Option::is_none")]
    finding_kinds: Option<Vec<(&'static str, &'static str, u64)>>,
    /// Where the page of all computers is, on the page of one of many.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<&'static str>,
}

#[derive(Serialize)]
struct LogCounts {
    logs: usize,
    records: u64,
    unreadable: u64,
}

#[derive(Serialize)]
struct LogRow<'a> {
    path: Cow<'a, str>,
    channels: String,
    computers: String,
    records: u64,
    unreadable: u64,
    recovered: u64,
    verdict: &'static str,
    header: String,
    sha256: &'a str,
}

/// A row of the list of computers.
#[derive(Serialize)]
struct HostRow<'a> {
    name: Cow<'a, str>,
    boots: usize,
    sessions: usize,
    people_sessions: usize,
    findings: usize,
    strip: String,
    #[serde(flatten)]
    interest: interest::Interest,
    /// The element that holds its block; empty in an index.
    block: String,
    #[serde(flatten)]
    in_index: Option<IndexedHost<'a>>,
}

/// What an index says of a computer besides.
#[derive(Serialize)]
struct IndexedHost<'a> {
    /// Its page, as a link.
    page: String,
    /// The kinds of its findings, as indices of `finding_kinds`.
    kinds: Vec<usize>,
    /// Its worst finding.
    worst: Option<(&'static str, Cow<'a, str>)>,
}

/// Severity and code of findings, the worst ones first.
type Kind = (std::cmp::Reverse<Severity>, &'static str);

fn kind_of(finding: &Finding) -> Kind {
    (std::cmp::Reverse(finding.severity), finding.code.word())
}

/// The block of the case.
///
/// # Errors
/// When it cannot be put into memory.
pub(in super::super) fn case(
    page: &PageScope<'_>,
    of_hosts: &FindingsByHost<'_>,
) -> io::Result<DataBlock> {
    let mut counts: BTreeMap<Kind, u64> = BTreeMap::new();
    if page.is_index() {
        page.findings.iter().for_each(|own| *counts.entry(kind_of(own)).or_default() += 1);
    }
    let kinds: Vec<Kind> = counts.keys().copied().collect();
    let row = |(at, host)| host_row(page, host, at, of_hosts, &kinds);
    let nowhere = TimeBase { seconds: 0, differences: false };
    let most_others = if page.is_index() { MOST_OTHERS } else { usize::MAX };
    let others = of_hosts.others.iter().take(most_others);
    let sum = |value: fn(&LogSummary) -> u64| page.logs.iter().map(|log| value(log)).sum();
    // The sums of an index stand for thousands of logs.
    let logs = page.logs.iter().filter(|_| !page.is_index());
    let data = CaseData {
        version: VERSION,
        made_by: concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")),
        found: page.input.found,
        written: page.written,
        incomplete: page.is_incomplete,
        uncovered: page.report().uncovered.iter().map(|text| visible(text)).collect(),
        accounting: if page.is_one_of_many() { Vec::new() } else { accounting(page) },
        log_counts: LogCounts {
            logs: page.logs.len(),
            records: sum(|log| log.records_read),
            unreadable: sum(|log| log.records_unreadable),
        },
        logs: logs.map(|log| log_row(log)).collect(),
        findings: others.map(|own| findings::row(page.report(), own, None, nowhere)).collect(),
        hosts: page.hosts.iter().copied().enumerate().map(row).collect(),
        finding_kinds: page.is_index().then(|| {
            counts
                .iter()
                .map(|((severity, code), count)| (severity.0.word(), *code, *count))
                .collect()
        }),
        index: page.is_one_of_many().then_some("../report.html"),
    };
    DataBlock::of("case", &data, PACKED_FROM)
}

fn host_row<'a>(
    page: &PageScope<'a>,
    host: &'a Host,
    at: usize,
    of_hosts: &FindingsByHost<'a>,
    kinds: &[Kind],
) -> HostRow<'a> {
    let own = || of_hosts.of_host(host);
    let in_index = match &page.kind {
        PageKind::Whole | PageKind::OneOf => None,
        PageKind::Index(names) => names.get(at).map(|name| {
            let mut own_kinds: Vec<usize> =
                own().filter_map(|finding| kinds.binary_search(&kind_of(finding)).ok()).collect();
            own_kinds.sort_unstable();
            own_kinds.dedup();
            // Of several, the first one.
            let worst = own().min_by_key(|finding| std::cmp::Reverse(finding.severity));
            IndexedHost {
                page: format!("{PAGES_FOLDER}/{name}.html"),
                kinds: own_kinds,
                worst: worst.map(|own| (own.severity.word(), visible(&own.message))),
            }
        }),
    };
    HostRow {
        name: visible(&host.computer),
        boots: host.boots.len(),
        sessions: host.sessions.len(),
        people_sessions: interest::people_sessions(host),
        findings: own().count(),
        strip: strip::of(host, own()),
        interest: interest::of(host, own()),
        block: if in_index.is_some() { String::new() } else { block_name(at) },
        in_index,
    }
}

fn accounting(page: &PageScope<'_>) -> Vec<[u64; 6]> {
    let tallies = page.report().accounting.events.iter();
    tallies
        .map(|(&event_id, t)| {
            [event_id.into(), t.read, t.placed, t.well_known, t.duplicates, t.reported]
        })
        .collect()
}

fn log_row(log: &LogSummary) -> LogRow<'_> {
    let joined = |values: Vec<&str>| visible(&values.join("; ")).into_owned();
    LogRow {
        path: visible(&log.path),
        channels: joined(log.channels.iter().map(|channel| &**channel).collect()),
        computers: joined(log.computers.iter().map(|computer| &**computer).collect()),
        records: log.records_read,
        unreadable: log.records_unreadable,
        recovered: log.records_recovered,
        verdict: log.verdict.word(),
        header: log.header.to_string(),
        sha256: log.sha256.as_deref().unwrap_or_default(),
    }
}

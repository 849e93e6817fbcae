//! What one page is about: the whole case, only the list of its computers, or one computer.

use super::hop_index::HopIndex;
use crate::model::{Finding, Hop, Host, LogSummary, Report};
use crate::output::formats::ReportInput;
use crate::output::safe_names::{NameRules, WantedName, safe_names};
use crate::output::totals::Totals;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A case with more computers has a page for each of them.
const MOST_HOSTS: usize = 500;
/// The same, where the data of all computers would have about so many bytes. A browser takes a second to open as much.
const MOST_BYTES: usize = 15 << 20;
/// How many bytes of a packed page a session and another row take at most, as measured on real logs.
const BYTES_OF_SESSION: usize = 25;
const BYTES_OF_ROW: usize = 60;

/// How the pages of computers are named. A file that is being written has 27 more bytes in its name.
const NAMES: NameRules = NameRules { longest: 100, nameless: "computer", taken: "" };

/// What a page is about.
pub(super) struct PageScope<'a> {
    pub(super) input: &'a ReportInput<'a>,
    pub(super) hosts: Vec<&'a Host>,
    pub(super) findings: Vec<&'a Finding>,
    pub(super) logs: Vec<&'a LogSummary>,
    /// The rows of hops.csv that it has, and what they name; none where hops were not asked for.
    pub(super) hops: Vec<&'a Hop>,
    pub(super) hop_index: Option<Arc<HopIndex<'a>>>,
    /// What the whole case has.
    pub(super) written: Totals,
    /// Whether some evidence of the case could not be read or verified.
    pub(super) is_incomplete: bool,
    pub(super) kind: PageKind,
}

/// What a page is for.
pub(super) enum PageKind {
    /// All of a case.
    Whole,
    /// The list of its computers, each of which has a page of this name.
    Index(Vec<String>),
    /// One computer of the case.
    OneOf,
}

impl<'a> PageScope<'a> {
    /// The page of a case: all of it, or an index.
    pub(super) fn of(input: &'a ReportInput<'a>) -> PageScope<'a> {
        let report = input.report;
        let kind = match is_divided(report) {
            true => PageKind::Index(page_names(report)),
            false => PageKind::Whole,
        };
        let hop_index = HopIndex::of(report).map(Arc::new);
        PageScope {
            input,
            hosts: report.hosts.iter().collect(),
            findings: report.findings.iter().collect(),
            logs: report.logs.iter().collect(),
            hops: hop_index.as_ref().map_or_else(Vec::new, |index| index.all()),
            hop_index,
            written: Totals::of(report),
            is_incomplete: report.is_incomplete(),
            kind,
        }
    }

    pub(super) fn report(&self) -> &'a Report {
        self.input.report
    }

    /// Whether it has no picture of a computer.
    pub(super) fn is_index(&self) -> bool {
        matches!(self.kind, PageKind::Index(_))
    }

    /// Whether it is one of many pages.
    pub(super) fn is_one_of_many(&self) -> bool {
        matches!(self.kind, PageKind::OneOf)
    }
}

/// Whether the computers of a case have too much for one page.
pub(super) fn is_divided(report: &Report) -> bool {
    let bytes = report.hosts.iter().fold(0_usize, |sum, host| {
        let rows = host.boots.len() + host.attempts.len();
        sum + host.sessions.len() * BYTES_OF_SESSION + rows * BYTES_OF_ROW
    });
    let bytes = bytes + report.findings.len() * BYTES_OF_ROW;
    report.hosts.len() > MOST_HOSTS || (report.hosts.len() > 1 && bytes > MOST_BYTES)
}

/// The names of the pages of all computers, in their order, without what they end in.
pub(super) fn page_names(report: &Report) -> Vec<String> {
    let names = report.hosts.iter().map(|host| &*host.computer);
    let wanted = names.map(|name| WantedName::new(name.to_owned(), name.as_bytes()));
    safe_names(&wanted.collect::<Vec<_>>(), NAMES)
}

/// What the pages of computers have in common, and the findings, logs and hops of each, so that it finds its own at once.
pub(super) struct PartsByHost<'a> {
    input: &'a ReportInput<'a>,
    written: Totals,
    is_incomplete: bool,
    findings: BTreeMap<&'a str, Vec<&'a Finding>>,
    logs: BTreeMap<&'a str, Vec<&'a LogSummary>>,
    hop_index: Option<Arc<HopIndex<'a>>>,
}

impl<'a> PartsByHost<'a> {
    pub(super) fn of(input: &'a ReportInput<'a>) -> PartsByHost<'a> {
        let report = input.report;
        let mut parts = PartsByHost {
            input,
            written: Totals::of(report),
            is_incomplete: report.is_incomplete(),
            findings: BTreeMap::new(),
            logs: BTreeMap::new(),
            hop_index: HopIndex::of(report).map(Arc::new),
        };
        for finding in &report.findings {
            parts.findings.entry(&*finding.computer).or_default().push(finding);
        }
        for log in &report.logs {
            for computer in &log.computers {
                parts.logs.entry(&**computer).or_default().push(log);
            }
        }
        parts
    }

    /// The page of one computer. Its logs are those that name it, under any of its names.
    pub(super) fn page_of(&self, host: &'a Host) -> PageScope<'a> {
        let own = |name: &str| self.logs.get(name).into_iter().flatten().copied();
        let names: BTreeSet<&str> = host.names().collect();
        let mut logs: Vec<&LogSummary> = names.into_iter().flat_map(own).collect();
        logs.sort_by(|one, other| one.path.cmp(&other.path));
        logs.dedup_by(|one, other| std::ptr::eq(*one, *other));
        PageScope {
            input: self.input,
            hosts: vec![host],
            findings: self.findings.get(&*host.computer).cloned().unwrap_or_default(),
            logs,
            hops: self
                .hop_index
                .as_ref()
                .map_or_else(Vec::new, |all| all.of_computer(&host.computer)),
            hop_index: self.hop_index.clone(),
            written: self.written,
            is_incomplete: self.is_incomplete,
            kind: PageKind::OneOf,
        }
    }
}

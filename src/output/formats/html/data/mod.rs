//! The data of the page, from the report: one block for the case, and one for each computer.
//! `docs/report-format.md` describes them; what a reader of an old page must know changes [`VERSION`].

mod attempts;
mod boots;
mod budget;
mod clock;
mod columns;
mod counts;
mod findings;
mod interest;
mod lists;
mod sessions;
mod strip;

pub(super) use budget::Budget;

use super::blocks::{DataBlock, PACKED_FROM, PACKED_FROM_OF_MANY};
use crate::model::{Attempt, Boot, Finding, Host, Report, Session, SessionClass};
use crate::output::escape::visible;
use crate::output::formats::ReportInput;
use crate::output::totals::Totals;
use attempts::{AttemptData, AttemptRows};
use boots::BootRow;
use clock::{ClockIntervals, TimeBase, moments_of};
use counts::SessionCounts;
use findings::FindingRow;
use serde::Serialize;
use sessions::{SessionColumns, SessionLists, SessionWriter};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

/// The version of the format.
const VERSION: u32 = 1;

/// A page with more computers packs small blocks as well.
const FEW_HOSTS: usize = 16;

/// The case: what stands above the computers, and the list of them.
#[derive(Serialize)]
struct CaseData<'a> {
    version: u32,
    made_by: &'static str,
    found: Totals,
    written: Totals,
    incomplete: bool,
    uncovered: Vec<Cow<'a, str>>,
    accounting: Vec<[u64; 6]>,
    logs: Vec<LogRow<'a>>,
    /// Those about no computer of the list.
    findings: Vec<FindingRow>,
    hosts: Vec<HostRow<'a>>,
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
    /// The element that holds its block; empty where the page has no room for it.
    block: String,
}

/// The block of a computer.
#[derive(Serialize)]
struct HostData<'a> {
    version: u32,
    name: Cow<'a, str>,
    base: i64,
    differences: bool,
    channels: Vec<&'static str>,
    classes: Vec<&'static str>,
    accounts: Vec<[Cow<'a, str>; 3]>,
    sources: Vec<Cow<'a, str>>,
    clients: Vec<[Cow<'a, str>; 2]>,
    methods: Vec<[Cow<'a, str>; 3]>,
    endings: Vec<(&'static str, &'static str, &'static str)>,
    boots: Vec<BootRow>,
    findings: Vec<FindingRow>,
    sessions: SessionColumns,
    /// The sessions that the page only counts.
    counts: SessionCounts,
    #[serde(flatten)]
    attempts: AttemptData<'a>,
}

/// The block of the case. `block` names the element of each computer.
///
/// # Errors
/// When it cannot be put into memory.
pub(super) fn case(
    input: &ReportInput<'_>,
    of_hosts: &FindingsByHost<'_>,
    block: impl Fn(usize) -> String,
) -> io::Result<DataBlock> {
    let report = input.report;
    let hosts = report.hosts.iter().enumerate().map(|(at, host)| {
        let own = || of_hosts.of_host(host);
        HostRow {
            name: visible(&host.computer),
            boots: host.boots.len(),
            sessions: host.sessions.len(),
            people_sessions: interest::people_sessions(host),
            findings: own().count(),
            strip: strip::of(host, own()),
            interest: interest::of(host, own()),
            block: block(at),
        }
    });
    let nowhere = TimeBase { seconds: 0, differences: false };
    let others = of_hosts.others.iter();
    let data = CaseData {
        version: VERSION,
        made_by: concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")),
        found: input.found,
        written: Totals::of(report),
        incomplete: report.is_incomplete(),
        uncovered: report.uncovered.iter().map(|text| visible(text)).collect(),
        accounting: accounting(report),
        logs: report.logs.iter().map(log_row).collect(),
        findings: others.map(|own| findings::row(report, own, None, nowhere)).collect(),
        hosts: hosts.collect(),
    };
    DataBlock::of("case", &data, PACKED_FROM)
}

fn accounting(report: &Report) -> Vec<[u64; 6]> {
    let tallies = report.accounting.events.iter();
    tallies
        .map(|(&event_id, t)| {
            [event_id.into(), t.read, t.placed, t.well_known, t.duplicates, t.reported]
        })
        .collect()
}

fn log_row(log: &crate::model::LogSummary) -> LogRow<'_> {
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

/// The computers by index, those of most interest first: the order of the list on the page.
pub(super) fn by_interest(report: &Report, findings: &FindingsByHost<'_>) -> Vec<usize> {
    let hosts = report.hosts.iter().enumerate();
    let mut scores: Vec<(std::cmp::Reverse<u32>, usize)> = hosts
        .map(|(at, host)| (std::cmp::Reverse(interest::of(host, findings.of_host(host)).score), at))
        .collect();
    scores.sort_unstable();
    scores.into_iter().map(|(_, at)| at).collect()
}

/// The findings by the computer that they name, so that each computer finds its own at once.
pub(super) struct FindingsByHost<'a> {
    by_computer: BTreeMap<&'a str, Vec<&'a Finding>>,
    others: Vec<&'a Finding>,
}

impl<'a> FindingsByHost<'a> {
    pub(super) fn of(report: &'a Report) -> FindingsByHost<'a> {
        let mut by_computer: BTreeMap<&str, Vec<&Finding>> =
            report.hosts.iter().map(|host| (&*host.computer, Vec::new())).collect();
        let mut others = Vec::new();
        for finding in &report.findings {
            match by_computer.get_mut(&*finding.computer) {
                Some(own) => own.push(finding),
                None => others.push(finding),
            }
        }
        FindingsByHost { by_computer, others }
    }

    fn of_host(&self, host: &Host) -> impl Iterator<Item = &'a Finding> + Clone + '_ {
        self.by_computer.get(&*host.computer).into_iter().flatten().copied()
    }
}

/// The block of one computer, in the element with this name.
///
/// # Errors
/// When it cannot be put into memory.
pub(super) fn host(
    report: &Report,
    host: &Host,
    findings: &FindingsByHost<'_>,
    budget: Budget,
    name: &str,
) -> io::Result<DataBlock> {
    let base = TimeBase::of(host);
    let mut writer = SessionWriter::new(host, base);
    let mut counts = SessionCounts::new(base);
    let mut clocks: Vec<(u32, ClockIntervals<'_>)> = Vec::new();
    let mut boots: Vec<BootRow> = Vec::new();
    let mut failed = AttemptRows::default();
    for (epoch, BootParts { boot, sessions, attempts }) in by_boot(host) {
        let mut clock = ClockIntervals::of(boot);
        attempts::moments_of(attempts).for_each(|moment| clock.note(moment));
        sessions.iter().flat_map(moments_of).for_each(|moment| clock.note(moment));
        for session in sessions {
            if budget.has_in_full(session) {
                writer.add(session, boots.len(), &clock);
            } else {
                let account = writer.lists.accounts.of(&session.account);
                counts.add(session, account, boots.len(), &clock);
            }
        }
        failed.add(attempts, boots.len(), &clock, base, &mut writer.lists.accounts);
        boots.push(boots::row(epoch, boot, &clock, base));
        clocks.push((epoch, clock));
    }
    let boot_of = |finding: &Finding| {
        let epoch = finding.boot_epoch?;
        let at = clocks.binary_search_by_key(&epoch, |(epoch, _)| *epoch).ok()?;
        clocks.get(at).map(|(_, clock)| (at, clock))
    };
    let own = findings.of_host(host);
    let findings = own.map(|own| findings::row(report, own, boot_of(own), base)).collect();
    let SessionWriter { lists, columns, .. } = writer;
    let data = HostData {
        attempts: failed.finish(),
        ..HostData::of(host, base, lists, boots, findings, columns, counts)
    };
    let is_one_of_many = report.hosts.len() > FEW_HOSTS;
    let packed_from = if is_one_of_many { PACKED_FROM_OF_MANY } else { PACKED_FROM };
    DataBlock::of(name, &data, packed_from)
}

impl<'a> HostData<'a> {
    fn of(
        host: &'a Host,
        base: TimeBase,
        lists: SessionLists<'a>,
        boots: Vec<BootRow>,
        findings: Vec<FindingRow>,
        sessions: SessionColumns,
        counts: SessionCounts,
    ) -> HostData<'a> {
        let accounts = lists.accounts.all.values.into_iter();
        HostData {
            version: VERSION,
            name: visible(&host.computer),
            base: base.seconds,
            differences: base.differences,
            channels: lists.channels.values,
            classes: SessionClass::ALL.iter().map(|class| class.word()).collect(),
            accounts: accounts.map(|a| [&a.domain, &a.user, &a.sid].map(|t| visible(t))).collect(),
            sources: lists::shown(&lists.sources.all.values),
            clients: lists.clients.values.iter().map(|(a, b)| [a, b].map(|t| visible(t))).collect(),
            methods: {
                let methods = lists.methods.values.iter();
                methods.map(|(a, b, c)| [a, b, c].map(|t| visible(t))).collect()
            },
            endings: lists.endings.values,
            boots,
            findings,
            sessions,
            counts,
            attempts: AttemptData::default(),
        }
    }
}

/// What is there of one boot.
#[derive(Default)]
struct BootParts<'a> {
    boot: Option<&'a Boot>,
    sessions: &'a [Session],
    attempts: &'a [Attempt],
}

/// The boots of a computer, each with its sessions and attempts. Both are in the order of their boots.
fn by_boot(host: &Host) -> BTreeMap<u32, BootParts<'_>> {
    let row = |boot| BootParts { boot: Some(boot), ..BootParts::default() };
    let mut all: BTreeMap<u32, BootParts<'_>> =
        host.boots.iter().map(|boot| (boot.epoch, row(boot))).collect();
    for own in host.sessions.chunk_by(|a, b| a.boot_epoch == b.boot_epoch) {
        if let Some(first) = own.first() {
            all.entry(first.boot_epoch).or_default().sessions = own;
        }
    }
    for own in host.attempts.chunk_by(|a, b| a.boot_epoch == b.boot_epoch) {
        if let Some(first) = own.first() {
            all.entry(first.boot_epoch).or_default().attempts = own;
        }
    }
    all
}

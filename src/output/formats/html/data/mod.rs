//! The data of the page, from the report: one block for the case, and one for each computer.
//! `docs/report-format.md` describes them; what a reader of an old page must know changes [`VERSION`].

mod attempts;
mod boots;
mod budget;
mod case;
mod clock;
mod columns;
mod counts;
mod findings;
mod hops;
mod interest;
mod lists;
mod log_times;
mod sessions;
mod strip;

pub(super) use attempts::{failures, records as records_of_attempt};
pub(super) use budget::Budget;
pub(super) use case::case;
pub(super) use hops::hops;
pub(super) use interest::{of as interest_of, people_sessions};

use super::blocks::{DataBlock, PACKED_FROM, PACKED_FROM_OF_MANY};
use super::scope::PageScope;
use crate::model::{Attempt, Boot, Finding, Host, Session, SessionClass};
use crate::output::escape::visible;
use attempts::{AttemptData, AttemptRows};
use boots::BootRow;
use clock::{ClockIntervals, TimeBase, moments_of};
use columns::Exact;
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
    /// From when to when each of its logs lasts.
    log_times: Vec<[Exact; 2]>,
    findings: Vec<FindingRow>,
    sessions: SessionColumns,
    /// The sessions that the page only counts.
    counts: SessionCounts,
    #[serde(flatten)]
    attempts: AttemptData<'a>,
}

/// The findings by the computer that they name, so that each computer finds its own at once.
pub(super) struct FindingsByHost<'a> {
    by_computer: BTreeMap<&'a str, Vec<&'a Finding>>,
    others: Vec<&'a Finding>,
}

impl<'a> FindingsByHost<'a> {
    pub(super) fn of(page: &PageScope<'a>) -> FindingsByHost<'a> {
        let mut by_computer: BTreeMap<&str, Vec<&Finding>> =
            page.hosts.iter().map(|host| (&*host.computer, Vec::new())).collect();
        let mut others = Vec::new();
        for &finding in &page.findings {
            match by_computer.get_mut(&*finding.computer) {
                Some(own) => own.push(finding),
                None => others.push(finding),
            }
        }
        FindingsByHost { by_computer, others }
    }

    pub(super) fn of_host(&self, host: &Host) -> impl Iterator<Item = &'a Finding> + Clone + '_ {
        self.by_computer.get(&*host.computer).into_iter().flatten().copied()
    }
}

/// The name of the element with the block of the computer that has this number on its page.
fn block_name(at: usize) -> String {
    format!("host-{at}")
}

/// The block of one computer of a page.
///
/// # Errors
/// When it cannot be put into memory.
pub(super) fn host(
    page: &PageScope<'_>,
    host: &Host,
    findings: &FindingsByHost<'_>,
    budget: Budget,
    at: usize,
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
    let findings = own.map(|own| findings::row(page.report(), own, boot_of(own), base)).collect();
    let SessionWriter { lists, columns, .. } = writer;
    let data = HostData {
        attempts: failed.finish(),
        log_times: log_times::of(page, host, base),
        ..HostData::of(host, base, lists, boots, findings, columns, counts)
    };
    let is_one_of_many = page.is_one_of_many() || page.hosts.len() > FEW_HOSTS;
    let packed_from = if is_one_of_many { PACKED_FROM_OF_MANY } else { PACKED_FROM };
    DataBlock::of(&block_name(at), &data, packed_from)
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
            log_times: Vec::new(),
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

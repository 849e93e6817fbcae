//! One computer: runs all steps from the records of its logs to its boots and sessions.

use super::boot::context::{ExpectedBoots, HostContext};
use super::boot::ending::NextBoot;
use super::boot::facts::BootFacts;
use super::boots::logoff_auditing::LogoffAuditing;
use super::boots::partition::{Assigned, BootEvents, EventsByBoot};
use super::boots::{self, BootAssignment};
use super::channel::gaps::Gaps;
use super::findings;
use super::hosts::deduplicate::{HostEvents, deduplicate};
use super::hosts::grouping::{EventsByChannel, HostLogs, events_of, newest_name, newest_record};
use super::limits::BOOTS_PER_BATCH;
use super::one_boot::{self, BootResult};
use crate::model::report::Copies;
use crate::model::{
    Account, AccountNames, Accounting, Attempt, Boot, Channel, Event, EventKind, Finding, LogId,
    LogSummary, Session, Text, Timestamp, Uid, UidOf,
};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The result for one computer, before its name is made unique.
pub(super) struct HostResult {
    pub(super) name: Text,
    pub(super) uid: Uid,
    /// The time and the record ID of its first record, to order computers of one name.
    first: Option<(Timestamp, u64)>,
    pub(super) boots: Vec<Boot>,
    pub(super) sessions: Vec<Session>,
    /// The sessions of each boot while the boots are built, the last boot first.
    sessions_by_boot: Vec<Vec<Session>>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) copies: Copies,
    pub(super) account_names: AccountNames,
    pub(super) findings: Vec<Finding>,
    pub(super) accounting: Accounting,
    /// For each log, the number of its records that were left out as copies.
    pub(super) duplicates: BTreeMap<LogId, u64>,
}

impl HostResult {
    /// The order of the computers in the tables.
    pub(super) fn order(&self) -> (String, Option<(Timestamp, u64)>) {
        (self.name.to_lowercase(), self.first)
    }

    /// Adds a boot. Boots are added in reverse order.
    fn add(&mut self, mut boot: BootResult) {
        self.boots.extend(boot.row);
        self.findings.extend(boot.findings);
        self.accounting.add(&boot.accounting);
        boot.attempts.reverse();
        self.attempts.append(&mut boot.attempts);
        self.sessions_by_boot.push(boot.sessions);
    }

    /// Puts everything into the order of the boots.
    fn finish(&mut self) {
        self.boots.reverse();
        self.attempts.reverse();
        for mut sessions in std::mem::take(&mut self.sessions_by_boot).into_iter().rev() {
            // The first list is moved, not copied: that of a long boot may have almost all
            // sessions.
            if self.sessions.is_empty() {
                self.sessions = sessions;
            } else {
                self.sessions.append(&mut sessions);
            }
        }
    }
}

/// Reconstructs the boots and sessions of one computer.
pub(super) fn reconstruct(host: HostLogs, logs: &[LogSummary]) -> HostResult {
    let HostEvents { events, duplicates, copies, accounting, findings } = deduplicate(host, logs);
    let first = events.values().filter_map(|events| events.first());
    let name = newest_name(&events).unwrap_or_else(|| "".into());
    let mut result = HostResult {
        uid: uid(&name, &events),
        name,
        first: first.map(|event| (event.time, event.record_id)).min(),
        boots: Vec::new(),
        sessions: Vec::new(),
        sessions_by_boot: Vec::new(),
        attempts: Vec::new(),
        copies,
        account_names: AccountNames::default(),
        findings,
        accounting,
        duplicates,
    };
    let security = events_of(&events, Channel::Security);
    let system = events_of(&events, Channel::System);
    let used = logs_of(&events);
    let security_gaps = Gaps::of(Channel::Security, logs, &used);
    let system_gaps = Gaps::of(Channel::System, logs, &used);
    let session_manager_gaps = Gaps::of(Channel::LocalSessionManager, logs, &used);
    let channels =
        [(Channel::Security, &security_gaps, security), (Channel::System, &system_gaps, system)];
    for (channel, gaps, events) in channels {
        result.findings.extend(findings::of_gaps(channel, gaps, events, logs));
    }
    let has_both_channels = channels.iter().all(|(channel, ..)| events.contains_key(channel));
    let BootAssignment { starts, assigned, suspected, certain, set_back_at_start } =
        boots::assign(&events, &security_gaps, &system_gaps, &session_manager_gaps);
    result.findings.extend(suspected.iter().map(findings::suspected_boot));
    let logoff_auditing = LogoffAuditing::of(&events, &assigned, &security_gaps);
    result.findings.extend(findings::of_auditing(&logoff_auditing));
    let context = HostContext {
        account_names: AccountNames::of(security.iter().flat_map(accounts)),
        expected: ExpectedBoots::of(&starts, has_both_channels),
        starts,
        has_both_channels,
        security_gaps,
        system_gaps,
        session_manager_gaps,
        certain,
        set_back_at_start,
        logoff_auditing,
        blank_event: Event::blank(),
    };
    let names = names_of_boots(&events, &assigned);
    let boots = context.starts.len() + 1;
    reconstruct_boots(&mut result, &context, EventsByBoot::of(events, assigned), boots);
    result.finish();
    result.account_names = context.account_names;
    result.account_names.add(result.sessions.iter().map(|session| &session.account));
    result.account_names.keep_several();
    result.findings.extend(findings::without_events(&result.boots));
    let renamed = findings::of_names(&result.boots, &names, &result.findings);
    result.findings.extend(renamed);
    result
}

/// The accounts that a record of Security names with their SIDs.
fn accounts(event: &Event) -> Option<&Arc<Account>> {
    match &event.kind {
        EventKind::Logon(logon) => Some(&logon.account),
        EventKind::Terminated(session)
        | EventKind::LogoffInitiated(session)
        | EventKind::SessionReference(session) => Some(&session.account),
        EventKind::Lock(lock) => Some(&lock.account),
        _ => None,
    }
}

/// The identifier of the computer, by its newest record.
fn uid(name: &str, events: &EventsByChannel) -> Uid {
    let newest = newest_record(events);
    let record = newest.map(|event| (event.channel, event.record_id));
    Uid::new(UidOf::Computer, name, record, newest.map(|event| event.time))
}

/// For each boot, the computer name in its first record: in Security if there is one, else in
/// System, else in any channel.
fn names_of_boots(events: &EventsByChannel, assigned: &Assigned) -> BTreeMap<usize, Text> {
    let mut names = BTreeMap::new();
    for channel in events.keys() {
        let mut last = None;
        for (event, boot) in assigned.records(events, *channel) {
            if last.replace(boot) != Some(boot) {
                names.entry(boot).or_insert_with(|| event.computer.clone());
            }
        }
    }
    names
}

/// The logs that have these records.
fn logs_of(events: &EventsByChannel) -> BTreeSet<LogId> {
    let runs =
        events.values().flat_map(|events| events.chunk_by(|a, b| a.location.log == b.location.log));
    runs.filter_map(|run| Some(run.first()?.location.log)).collect()
}

/// Reconstructs the boots in batches, the last boots first. The records of a batch are freed before
/// the next one starts, so that never all records and all sessions are in memory at once.
fn reconstruct_boots(
    result: &mut HostResult,
    context: &HostContext,
    mut records: EventsByBoot,
    boots: usize,
) {
    let mut left = boots;
    let mut later = NextBoot::default();
    while left > 0 {
        let from = left.saturating_sub(BOOTS_PER_BATCH);
        let batch: Vec<BootEvents<'_>> = (from..left).map(|boot| records.boot(boot)).collect();
        let facts: Vec<BootFacts<'_>> = batch.par_iter().map(|own| context.facts(*own)).collect();
        // Each boot says something about the end of the boots before it.
        let mut later_of: Vec<NextBoot> = Vec::with_capacity(batch.len());
        for (own, facts) in batch.iter().zip(&facts).rev() {
            later_of.push(later);
            later = context.start(own.boot()).map_or(later, |start| later.before(facts, start));
        }
        later_of.reverse();
        let each = batch.par_iter().zip(&facts).zip(later_of);
        let built: Vec<BootResult> = each
            .map(|((own, facts), later)| one_boot::reconstruct(context, *own, facts, later))
            .collect();
        if from > 0 {
            records.truncate(from);
        }
        built.into_iter().rev().for_each(|boot| result.add(boot));
        left = from;
    }
    // Another thread frees the last ones, while this one goes on.
    rayon::spawn(move || drop(records));
}

//! The timeline builder turns events into boots and sessions. It is pure: it reads no file and no
//! clock. Computers are built in parallel, and their order in the result does not depend on the
//! threads.
//!
//! For each computer ([`host`]):
//!
//! 1. [`hosts`]: which records belong to it. Each record is used once.
//! 2. [`channel`]: which records of Security and of System are missing, and which boots each of the
//!    two shows.
//! 3. [`boots`]: which boots of the two channels are the same boot, and to which boot each record
//!    belongs.
//!
//! Then for each boot of the computer ([`one_boot`]), in parallel:
//!
//! 4. [`boot`]: facts about the boot, how it ended, and its row.
//! 5. [`sessions`]: its sessions, and how each of them ended.
//! 6. [`attempts`]: its failed logons and explicit credentials, and the session that followed each.
//! 7. [`findings`] and [`self_checks`]: what an examiner must know.
//!
//! Each step uses only the steps before it, and [`timing`], [`limits`] and [`must`].
//!
//! Some names mean the same in all these modules. `at` is an index into a list. `own` is what
//! belongs to the boot, session or log in question. `known` is what was found before. `one` and
//! `other` are the two sides of a comparison. The terms (segment, match, doubtful, clock time, ...)
//! are explained in `docs/glossary.md`.

mod attempts;
mod boot;
mod boots;
mod channel;
mod findings;
mod host;
mod hosts;
mod limits;
mod must;
mod one_boot;
mod self_checks;
mod sessions;
#[cfg(test)]
mod tests;
mod timing;

use crate::model::{Accounting, Event, Finding, Host, LogSummary, Text};
use host::HostResult;
use hosts::{grouping, provenance};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The result for all computers.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// One entry for each computer, by name.
    pub(crate) hosts: Vec<Host>,
    /// What an examiner must know.
    pub(crate) findings: Vec<Finding>,
    /// What became of each event that starts or ends a session.
    pub(crate) accounting: Accounting,
}

/// The names of the computers in the tables. Different computers with the same name get different ones: `PC`, `PC~2`,
/// or `PC~3` if the name `PC~2` is that of another computer.
fn distinct_names<'a>(names: impl Iterator<Item = &'a Text> + Clone) -> Vec<Text> {
    let mut taken: BTreeSet<String> = names.clone().map(|name| name.to_lowercase()).collect();
    let mut latest: BTreeMap<String, u32> = BTreeMap::new();
    let distinct = |name: &Text| {
        let latest = latest.entry(name.to_lowercase()).or_default();
        *latest += 1;
        if *latest == 1 {
            return name.clone();
        }
        loop {
            let other = format!("{name}~{latest}");
            if taken.insert(other.to_lowercase()) {
                return other.into();
            }
            *latest += 1;
        }
    };
    names.map(distinct).collect()
}

/// Reconstructs the boots and sessions of every computer, and adds the number of duplicate records
/// to `logs`.
pub(crate) fn build(events: Vec<Event>, logs: &mut [LogSummary]) -> Built {
    let mut built = Built::default();
    logs.iter().for_each(|log| built.accounting.add(&log.accounting));
    let (groups, not_joined) = grouping::group(events, logs);
    built.findings.extend(not_joined);
    let mut computers: Vec<HostResult> =
        groups.into_par_iter().map(|group| host::reconstruct(group, logs)).collect();
    computers.sort_by_cached_key(HostResult::order);
    let names = distinct_names(computers.iter().map(|computer| &computer.name));
    for (computer, name) in computers.into_iter().zip(names) {
        built.accounting.add(&computer.accounting);
        for (log, count) in computer.duplicates {
            if let Some(log) = logs.get_mut(log.index()) {
                log.duplicates += count;
            }
        }
        built
            .findings
            .extend(computer.findings.into_iter().map(|f| Finding { computer: name.clone(), ..f }));
        let is_empty = computer.boots.is_empty()
            && computer.sessions.is_empty()
            && computer.attempts.is_empty();
        if !is_empty {
            let mut host = Host {
                computer: name,
                uid: computer.uid,
                boots: computer.boots,
                sessions: computer.sessions,
                attempts: computer.attempts,
                copies: computer.copies,
                account_names: computer.account_names,
            };
            provenance::flag(&mut host, logs);
            built.hosts.push(host);
        }
    }
    built.findings.extend(provenance::hosts(logs));
    built.findings.extend(self_checks::of_accounting(&built.accounting));
    built.findings.extend(must::findings());
    built
}

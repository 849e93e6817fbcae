//! The timeline builder: from events to boots and sessions. It is pure: it reads no file and no clock.
//! The computers are built in parallel, and put into an order that does not depend on threads.
//!
//! For one computer ([`host`]):
//!
//! 1. [`hosts`]: which records belong to it, each record once.
//! 2. [`channel`]: what is missing from Security and from System, and the boots that each shows.
//! 3. [`boots`]: the boots of both aligned, and the boot of each record.
//!
//! Then for each of its boots ([`one_boot`]), in parallel:
//!
//! 4. [`boot`]: what its records say of it, how it ended, its row.
//! 5. [`sessions`]: its sessions, and how each ended.
//! 6. [`attempts`]: its failed logons and explicit credentials, and the sessions that followed them.
//! 7. [`findings`] and [`self_checks`]: what an examiner must know.
//!
//! Each step uses only the steps before it, and [`timing`] and [`limits`].

mod attempts;
mod boot;
mod boots;
mod channel;
mod findings;
mod host;
mod hosts;
mod limits;
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
use std::collections::BTreeMap;

/// What the events mean.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// One entry for each computer, by name.
    pub(crate) hosts: Vec<Host>,
    /// What an examiner must know.
    pub(crate) findings: Vec<Finding>,
    /// The sum over all session events.
    pub(crate) accounting: Accounting,
}

/// Reconstructs the boots and sessions of every computer. Counts duplicates into `logs`.
pub(crate) fn build(events: Vec<Event>, logs: &mut [LogSummary]) -> Built {
    let mut built = Built::default();
    logs.iter().for_each(|log| built.accounting.add(&log.accounting));
    let (groups, not_joined) = grouping::group(events, logs);
    built.findings.extend(not_joined);
    let mut computers: Vec<HostResult> =
        groups.into_par_iter().map(|group| host::reconstruct(group, logs)).collect();
    computers.sort_by_cached_key(HostResult::order);
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for computer in computers {
        built.accounting.add(&computer.accounting);
        for (log, count) in computer.duplicates {
            if let Some(log) = logs.get_mut(log.index()) {
                log.duplicates += count;
            }
        }
        let count = seen.entry(computer.name.to_lowercase()).or_default();
        *count += 1;
        // Different computers that share a name stay apart.
        let name: Text = match *count {
            1 => computer.name,
            more => format!("{}~{more}", computer.name).into(),
        };
        built
            .findings
            .extend(computer.findings.into_iter().map(|f| Finding { computer: name.clone(), ..f }));
        if !(computer.boots.is_empty() && computer.sessions.is_empty()) {
            let mut host = Host {
                computer: name,
                uid: computer.uid,
                boots: computer.boots,
                sessions: computer.sessions,
                attempts: computer.attempts,
                copies: computer.copies,
            };
            provenance::flag(&mut host, logs);
            built.hosts.push(host);
        }
    }
    built.findings.extend(provenance::hosts(logs));
    built.findings.extend(self_checks::of_accounting(&built.accounting));
    built
}

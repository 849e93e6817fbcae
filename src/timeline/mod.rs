//! The timeline builder: events to boots and sessions. Pure: no I/O, no clock. Computers are built
//! side by side, by the threads at hand, and put together in an order that these do not change.
//!
//! One computer at a time: which records are its own ([`relation`], [`lineage`], [`merge`]), where
//! its boots begin ([`security`], [`system`], [`restarts`], [`pieces`], [`ties`], [`chain`],
//! [`align`], [`epochs`], [`others`], [`readings`]) and which records each has ([`records`]). Then,
//! boot by boot and side by side ([`told`]): what it was like and how it closed ([`facts`],
//! [`close`]), its row ([`boots`]), its sessions ([`drafts`], [`pairs`], [`inferred`]), how they
//! ended ([`ends`], [`clock`]), what belongs to them ([`revalidation`], [`terminal`],
//! [`attachments`], [`corroboration`]), and what an examiner must know ([`findings`]). What
//! collections and shadow copies have to do with it: [`provenance`].

mod align;
mod attachments;
mod boots;
mod chain;
mod classes;
mod clock;
mod close;
mod corroboration;
mod coverage;
mod drafts;
mod ends;
mod epochs;
mod facts;
mod findings;
mod inferred;
mod lineage;
mod merge;
mod others;
mod pairs;
mod pieces;
mod provenance;
mod readings;
mod records;
mod relation;
mod restarts;
mod revalidation;
mod security;
mod system;
mod terminal;
#[cfg(test)]
mod tests;
mod ties;
mod told;

use crate::model::{
    Accounting, Boot, Channel, Event, Finding, Host, LogId, LogSummary, Session, Text,
};
use close::Ahead;
use coverage::Coverage;
use epochs::Epochs;
use facts::Facts;
use lineage::Streams;
use rayon::prelude::*;
use records::{ByEpoch, Records};
use std::collections::{BTreeMap, BTreeSet};
use told::{Known, Told};

/// So many epochs are told before what they were made from is given back.
const SIDE_BY_SIDE: usize = 4096;

/// What the events mean.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// One host per computer lineage, by name.
    pub(crate) hosts: Vec<Host>,
    /// What an examiner must know.
    pub(crate) findings: Vec<Finding>,
    /// The sum over all session events.
    pub(crate) accounting: Accounting,
}

/// Builds the hosts; `accounting` has what was read. Counts duplicates into `logs`.
pub(crate) fn build(events: Vec<Event>, accounting: Accounting, logs: &mut [LogSummary]) -> Built {
    let mut built = Built { accounting, ..Built::default() };
    let groups = lineage::group(events, logs);
    let mut computers: Vec<Computer> =
        groups.into_par_iter().map(|group| computer(group, logs)).collect();
    computers.sort_by_cached_key(Computer::order);
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
        // Strangers that share a name stay apart.
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
                boots: computer.boots,
                sessions: computer.sessions,
                copies: computer.copies,
            };
            provenance::flag(&mut host, logs);
            built.hosts.push(host);
        }
    }
    built.findings.extend(provenance::hosts(logs));
    built
}

/// One computer, before its name is made unique.
struct Computer {
    name: Text,
    first: Option<(crate::model::Timestamp, u64)>,
    boots: Vec<Boot>,
    sessions: Vec<Session>,
    copies: crate::model::report::Copies,
    findings: Vec<Finding>,
    accounting: Accounting,
    /// Copies of records that were left out, by log.
    duplicates: BTreeMap<LogId, u64>,
}

impl Computer {
    fn order(&self) -> (String, Option<(crate::model::Timestamp, u64)>) {
        (self.name.to_lowercase(), self.first)
    }
}

fn computer(group: lineage::Group, logs: &[LogSummary]) -> Computer {
    let merge::Merged { streams, duplicates, copies, accounting, findings } =
        merge::merge(group, logs);
    let first =
        streams.values().filter_map(|events| events.first()).map(|e| (e.time, e.record_id)).min();
    let mut computer = Computer {
        name: lineage::newest_name(&streams).unwrap_or_else(|| "".into()),
        first,
        boots: Vec::new(),
        sessions: Vec::new(),
        copies,
        findings,
        accounting,
        duplicates,
    };
    computer.live_through(streams, logs);
    computer
}

impl Computer {
    /// Boot by boot, from the last on: what was told gives its records back, so that these and the
    /// sessions are never all held at once.
    fn live_through(&mut self, streams: Streams, logs: &[LogSummary]) {
        let runs =
            streams.values().flat_map(|e| e.chunk_by(|a, b| a.location.log == b.location.log));
        let used: BTreeSet<LogId> =
            runs.filter_map(|run| Some(run.first()?.location.log)).collect();
        let events = |channel| streams.get(&channel).map_or(&[][..], Vec::as_slice);
        let security = events(Channel::Security);
        let coverage = Coverage::of(&Channel::Security, logs, &used);
        let of_system = Coverage::of(&Channel::System, logs, &used);
        let logoffs_audited = security.par_iter().any(drafts::is_logoff);
        self.findings.extend(findings::without_logoffs(security, logoffs_audited, &coverage));
        for (channel, coverage) in [(Channel::Security, &coverage), (Channel::System, &of_system)] {
            self.findings.extend(findings::of_coverage(&channel, coverage, events(channel), logs));
        }
        let both = [Channel::Security, Channel::System].iter().all(|c| streams.contains_key(c));

        let Epochs { starts, assigned } = epochs::epochs(&streams, &coverage, &of_system);
        let epochs = starts.len() + 1;
        let mut records = ByEpoch::of(streams, assigned, epochs);
        let known = Known {
            shown: findings::Shown::of(&starts, both),
            starts,
            both,
            coverage,
            logoffs_audited,
        };
        let mut left = epochs;
        let mut ahead = Ahead::default();
        while left > 0 {
            let from = left.saturating_sub(SIDE_BY_SIDE);
            let block: Vec<Records<'_>> = (from..left).map(|epoch| records.epoch(epoch)).collect();
            let facts: Vec<Facts<'_>> = block.par_iter().map(|own| known.facts(*own)).collect();
            // What each epoch shows matters to those before it.
            let mut ahead_of: Vec<Ahead> = Vec::with_capacity(block.len());
            for (own, facts) in block.iter().zip(&facts).rev() {
                ahead_of.push(ahead);
                ahead = known.start(own.epoch).map_or(ahead, |start| ahead.and(facts, start));
            }
            ahead_of.reverse();
            let each = block.par_iter().zip(&facts).zip(ahead_of);
            let told = each.map(|((own, facts), ahead)| known.tell(*own, facts, ahead));
            let told: Vec<Told> = told.collect();
            records.truncate(from);
            told.into_iter().rev().for_each(|told| self.add(told));
            left = from;
        }
        self.boots.reverse();
        self.sessions.reverse();
        self.findings.extend(findings::without_events(&self.boots));
    }

    /// Epochs come from the last on.
    fn add(&mut self, mut told: Told) {
        self.boots.extend(told.row);
        self.findings.extend(told.findings);
        self.accounting.add(&told.accounting);
        told.sessions.reverse();
        // The first list is taken as it is: of a long boot it is as good as all.
        match self.sessions.is_empty() {
            true => self.sessions = told.sessions,
            false => self.sessions.append(&mut told.sessions),
        }
    }
}

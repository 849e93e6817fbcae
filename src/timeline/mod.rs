//! The timeline builder: events to boots and sessions. Pure: no I/O, no clock. Computers are built
//! side by side, by the threads at hand, and put together in an order that these do not change.
//!
//! One computer at a time: which records are its own ([`lineage`], [`merge`]), where its boots
//! begin ([`security`], [`system`], [`restarts`], [`pieces`], [`ties`], [`chain`], [`align`],
//! [`epochs`], [`others`], [`readings`]), what each boot was like ([`facts`]), its sessions ([`drafts`], [`pairs`],
//! [`inferred`]), how they ended ([`ends`], [`clock`]), what belongs to them ([`revalidation`],
//! [`terminal`], [`attachments`], [`corroboration`]), and the rows ([`boots`], [`findings`]). What
//! collections and shadow copies have to do with it: [`provenance`].

mod align;
mod attachments;
mod boots;
mod chain;
mod classes;
mod clock;
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
mod restarts;
mod revalidation;
mod security;
mod system;
mod terminal;
#[cfg(test)]
mod tests;
mod ties;

use crate::model::{
    Accounting, Channel, Event, Finding, History, LogId, LogSummary, Session, Text,
};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What the events mean.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// One history per computer lineage, by name.
    pub(crate) histories: Vec<History>,
    /// What an examiner must know.
    pub(crate) findings: Vec<Finding>,
    /// The sum over all session events.
    pub(crate) accounting: Accounting,
}

/// Builds the histories. Counts duplicates into `logs`.
pub(crate) fn build(events: Vec<Event>, logs: &mut [LogSummary]) -> Built {
    let mut built = Built::default();
    let mut read: [(u16, u64); 3] = [(4624, 0), (4634, 0), (4647, 0)];
    for event in events.iter().filter(|event| event.channel == Channel::Security) {
        if let Some((_, count)) = read.iter_mut().find(|(id, _)| *id == event.event_id) {
            *count += 1;
        }
    }
    for (event_id, count) in read.into_iter().filter(|(_, count)| *count > 0) {
        built.accounting.events.entry(event_id).or_default().read = count;
    }
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
            let mut history = History {
                computer: name,
                boots: computer.boots,
                sessions: computer.sessions,
                copies: computer.copies,
            };
            provenance::flag(&mut history, logs);
            built.histories.push(history);
        }
    }
    built.findings.extend(provenance::hosts(logs));
    built
}

/// One computer, before its name is made unique.
struct Computer {
    name: Text,
    first: Option<(crate::model::Timestamp, u64)>,
    boots: Vec<crate::model::Boot>,
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
    let merge::Merged { streams, duplicates, copies, mut accounting, mut findings } =
        merge::merge(group, logs);
    let name = lineage::newest_name(&streams).unwrap_or_else(|| "".into());
    let runs = streams.values().flat_map(|e| e.chunk_by(|a, b| a.place.log == b.place.log));
    let used: BTreeSet<LogId> = runs.filter_map(|run| Some(run.first()?.place.log)).collect();
    let coverage = coverage::Coverage::of(&Channel::Security, logs, &used);
    let system = coverage::Coverage::of(&Channel::System, logs, &used);
    let epochs = epochs::epochs(&streams, &coverage, &system);
    let security = streams.get(&Channel::Security).map_or(&[][..], Vec::as_slice);
    let numbers = epochs.assigned.get(&Channel::Security).map_or(&[][..], Vec::as_slice);
    let told_by_security = || {
        let mut drafts = drafts::drafts(security, numbers, &epochs.boots, &mut accounting);
        pairs::infer(&mut drafts);
        drafts
    };
    let told_of_boots = || {
        let facts = facts::facts(&streams, &epochs);
        let closes = ends::closes(&streams, &epochs, &facts);
        let clocks = clock::Clocks::of(&streams, &epochs, &facts);
        let desktops = terminal::desktops(&streams, &epochs, &clocks);
        (facts, closes, clocks, desktops)
    };
    let (mut drafts, (facts, closes, clocks, desktops)) =
        rayon::join(told_by_security, told_of_boots);
    ends::decide(&mut drafts, &facts, &closes, &coverage);
    clock::correct(&mut drafts, &clocks);
    revalidation::attach(&mut drafts);
    revalidation::parents(&mut drafts);
    attachments::attach(&mut drafts, security, numbers, &desktops, &clocks);
    revalidation::confirm(&mut drafts, &clocks);
    corroboration::cite(&mut drafts, &streams, &epochs, &desktops, &clocks);
    let inferred = inferred::sessions(&desktops, &facts, &closes, &clocks);

    findings.append(&mut drafts.findings);
    findings.extend(findings::of_sessions(&drafts, &facts, &coverage));
    findings.extend(findings::of_records(&streams, &epochs, &facts));
    for (channel, coverage) in [(Channel::Security, &coverage), (Channel::System, &system)] {
        let events = streams.get(&channel).map_or(&[][..], Vec::as_slice);
        findings.extend(findings::of_coverage(&channel, coverage, events, logs));
    }
    // Sessions are large: they are put into order and taken out of their drafts where they lie.
    let mut list = drafts.list;
    list.sort_unstable_by_key(|draft| {
        let first = draft.first;
        (draft.session.boot_epoch, first.record_id, first.recovered, first.time, first.place)
    });
    let mut sessions: Vec<Session> = list.into_iter().map(|draft| draft.session).collect();
    if !inferred.is_empty() {
        // Those without a record of their own come first.
        sessions.splice(0..0, inferred);
        sessions.sort_by_key(|session| session.boot_epoch);
    }
    sessions.iter_mut().for_each(Session::shrink);
    sessions.shrink_to_fit();
    let mut per_epoch = vec![0_u64; epochs.boots.len() + 1];
    for session in &sessions {
        if let Some(count) = per_epoch.get_mut(session.boot_epoch as usize) {
            *count += 1;
        }
    }
    let boots = boots::rows(&streams, &epochs, &facts, &per_epoch);
    findings.extend(findings::of_boots(&streams, &epochs, &facts, &boots));
    let first =
        streams.values().filter_map(|events| events.first()).map(|e| (e.time, e.record_id)).min();
    Computer { name, first, boots, sessions, copies, findings, accounting, duplicates }
}

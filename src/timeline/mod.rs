//! The timeline builder: events to boots and sessions. Pure: no I/O, no clock, no threads.
//!
//! One computer at a time: which records are its own ([`lineage`], [`merge`]), where its boots
//! begin ([`security`], [`system`], [`restarts`], [`pieces`], [`ties`], [`align`], [`epochs`]), what each boot was like
//! ([`facts`]), its sessions ([`drafts`], [`pairs`], [`inferred`]), how they ended ([`ends`],
//! [`clock`]), what belongs to them ([`revalidation`], [`terminal`], [`attachments`], [`corroboration`]), and the rows
//! ([`boots`], [`findings`]).

mod align;
mod attachments;
mod boots;
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
mod pairs;
mod pieces;
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
    for event in &events {
        if matches!(event.event_id, 4624 | 4634 | 4647) && event.channel == Channel::Security {
            built.accounting.events.entry(event.event_id).or_default().read += 1;
        }
    }
    let mut computers: Vec<Computer> = lineage::group(events, logs)
        .into_iter()
        .map(|group| computer(group, logs, &mut built.accounting))
        .collect();
    computers.sort_by_cached_key(Computer::order);
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for computer in computers {
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
            built.histories.push(History {
                computer: name,
                boots: computer.boots,
                sessions: computer.sessions,
                copies: computer.copies,
            });
        }
    }
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
}

impl Computer {
    fn order(&self) -> (String, Option<(crate::model::Timestamp, u64)>) {
        (self.name.to_lowercase(), self.first)
    }
}

fn computer(
    group: lineage::Group,
    logs: &mut [LogSummary],
    accounting: &mut Accounting,
) -> Computer {
    let merge::Merged { streams, duplicates, copies, mut findings } = merge::merge(group, logs);
    for (event_id, count) in duplicates {
        if let Some(tally) = accounting.events.get_mut(&event_id) {
            tally.duplicates += count;
        }
    }
    let name = lineage::newest_name(&streams).unwrap_or_else(|| "".into());
    let used: BTreeSet<LogId> = streams.values().flatten().map(|event| event.place.log).collect();
    let coverage = coverage::Coverage::of(&Channel::Security, logs, &used);
    let system = coverage::Coverage::of(&Channel::System, logs, &used);
    let epochs = epochs::epochs(&streams, &coverage, &system);
    let facts = facts::facts(&streams, &epochs);
    let security = streams.get(&Channel::Security).map_or(&[][..], Vec::as_slice);
    let numbers = epochs.assigned.get(&Channel::Security).map_or(&[][..], Vec::as_slice);
    let mut drafts = drafts::drafts(security, numbers, accounting);
    pairs::infer(&mut drafts);
    let closes = ends::closes(&streams, &epochs, &facts);
    ends::decide(&mut drafts, &facts, &closes, &coverage);
    clock::correct(&mut drafts, &facts);
    revalidation::attach(&mut drafts);
    revalidation::parents(&mut drafts);
    let desktops = terminal::desktops(&streams, &epochs);
    attachments::attach(&mut drafts, security, numbers, &desktops);
    corroboration::cite(&mut drafts, &streams, &epochs, &desktops);
    let inferred = inferred::sessions(&desktops, &facts, &closes);

    findings.append(&mut drafts.findings);
    findings.extend(findings::of_sessions(&drafts, &facts, &coverage));
    findings.extend(findings::of_records(&streams, &epochs, &facts));
    for (channel, coverage) in [(Channel::Security, &coverage), (Channel::System, &system)] {
        let events = streams.get(&channel).map_or(&[][..], Vec::as_slice);
        findings.extend(findings::of_coverage(&channel, coverage, events, logs));
    }
    let mut list: Vec<(u64, Session)> = Vec::with_capacity(drafts.list.len() + inferred.len());
    list.extend(drafts.list.into_iter().map(|draft| (draft.first.record_id, draft.session)));
    list.extend(inferred.into_iter().map(|session| (0, session)));
    list.sort_by_key(|(record, session)| (session.boot_epoch, *record));
    let sessions: Vec<Session> = list.into_iter().map(|(_, session)| session).collect();
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
    Computer { name, first, boots, sessions, copies, findings }
}

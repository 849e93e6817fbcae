//! Reads cases instead of their logs.

use super::selection::Removed;
use super::values::{EventReader, Texts};
use super::{
    Fact, Header, MostRead, SCHEMA, SCHEMA_WITH_HOPS, Selection, blocks, hop_kinds, kinds,
};
use crate::evidence::StoredCase;
use crate::model::{Event, EventSet, Finding, FindingCode, HopRecord, hex};
use crate::progress::Progress;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};

/// The most bytes of a packed header, which has some 1,000.
const MOST_OF_HEADER: u64 = 1 << 16;

/// Reads all cases, or what one part has of them, by the threads of the current pool. What does not fit into the
/// limits is left out, case by case, and is a finding. So is a case that cannot be used, and one without records
/// of hops where they are wanted.
pub(crate) fn read_cases(
    cases: &[StoredCase],
    selection: Option<&Selection<'_>>,
    most: MostRead,
    progress: &dyn Progress,
) -> Vec<Result<EventSet, Finding>> {
    let headers: Vec<Result<Header, Finding>> = cases.par_iter().map(header).collect();
    let mut left = most.events;
    let mut hops_left = most.hops.unwrap_or(0);
    let mut accepted = Vec::new();
    for (case, header) in cases.iter().zip(headers) {
        accepted.push(header.and_then(|header| match left.checked_sub(header.events) {
            Some(rest) => {
                left = rest;
                let hops = most.hops.map(|_| Hops::of(&header, &mut hops_left));
                Ok((header, hops.unwrap_or(Hops::NotWanted)))
            }
            None => Err(too_much(case)),
        }));
    }
    progress.reading(cases.iter().map(|case| case.size).sum(), cases.len());
    let read = cases.par_iter().zip(accepted).map(|(case, header)| {
        let read = header.and_then(|(header, hops)| {
            Ok(hops.of_case(case, read_case(case, &header, selection)?))
        });
        progress.advanced(case.size, &case.display_path);
        read
    });
    read.collect()
}

/// What becomes of the records of hops of a case.
enum Hops {
    NotWanted,
    /// They are used.
    Used,
    /// There are none.
    Missing,
    /// They take more memory than is given.
    TooMany,
}

impl Hops {
    fn of(header: &Header, left: &mut u64) -> Hops {
        match header.hop_records.map(|count| left.checked_sub(count)) {
            None => Hops::Missing,
            Some(None) => Hops::TooMany,
            Some(Some(rest)) => {
                *left = rest;
                Hops::Used
            }
        }
    }

    /// The case with those that are used, and with the finding where they are not.
    fn of_case(&self, case: &StoredCase, mut read: EventSet) -> EventSet {
        match self {
            Hops::Used => return read,
            Hops::NotWanted => {}
            Hops::Missing => read.findings.push(without_hops(case)),
            Hops::TooMany => read.findings.push(too_many_hops(case)),
        }
        read.hop_records = Vec::new();
        read
    }
}

/// The beginning of a case, by which it is decided whether it is read.
pub(super) fn header(case: &StoredCase) -> Result<Header, Finding> {
    let mut beginning = Vec::new();
    let file = File::open(&case.events).map_err(|why| unusable(case, &unreadable(&why)))?;
    let read = file.take(MOST_OF_HEADER).read_to_end(&mut beginning);
    read.map_err(|why| unusable(case, &unreadable(&why)))?;
    let member = blocks::size_of_member(&beginning).and_then(|size| beginning.get(..size));
    let line = member.and_then(|member| blocks::unpack(member).ok()).unwrap_or_default();
    match serde_json::from_slice(&line) {
        Ok(Schema { winlast_events: SCHEMA | SCHEMA_WITH_HOPS }) => {
            serde_json::from_slice(&line).map_err(|_| unusable(case, DAMAGED))
        }
        Ok(Schema { winlast_events }) => {
            let why = format!(
                "its events.jsonl.gz has the format {winlast_events}, and this version reads {SCHEMA} and \
                 {SCHEMA_WITH_HOPS}; \
                 make the case again from its logs"
            );
            Err(unusable(case, &why))
        }
        Err(_) => Err(unusable(case, DAMAGED)),
    }
}

/// What the header has in every format.
#[derive(serde::Deserialize)]
struct Schema {
    winlast_events: u32,
}

pub(super) const DAMAGED: &str =
    "its events.jsonl.gz is damaged; make the case again from its logs";

fn read_case(
    case: &StoredCase,
    header: &Header,
    selection: Option<&Selection<'_>>,
) -> Result<EventSet, Finding> {
    let file = read_whole(case)?;
    let read = blocks::members(&file).and_then(|members| read_members(&members, header, selection));
    let (mut read, removed) = read.ok_or_else(|| unusable(case, DAMAGED))?;
    if let Some(selection) = selection {
        selection.choose(&mut read, &removed);
    }
    Ok(read)
}

/// The file that run.json names.
pub(super) fn read_whole(case: &StoredCase) -> Result<Vec<u8>, Finding> {
    let file = read_file(case).map_err(|why| unusable(case, &unreadable(&why)))?;
    if hex(&Sha256::digest(&file)) != case.sha256 {
        let why = "its events.jsonl.gz is not the one that its run.json names: the SHA-256 differs; make \
                   the case again from its logs";
        return Err(unusable(case, why));
    }
    Ok(file)
}

/// As much of the file as run.json says that there is.
fn read_file(case: &StoredCase) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(&case.events)?.take(case.size.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn read_members(
    members: &[&[u8]],
    header: &Header,
    selection: Option<&Selection<'_>>,
) -> Option<(EventSet, Removed)> {
    let (events, hops) = (AtomicU64::new(0), AtomicU64::new(0));
    let most_hops = header.hop_records.unwrap_or(0);
    let parts = members.par_iter().skip(1).map(|member| {
        let lines = blocks::unpack(member).ok()?;
        let may_have = |is_hop| match is_hop {
            false => events.fetch_add(1, Ordering::Relaxed) < header.events,
            true => hops.fetch_add(1, Ordering::Relaxed) < most_hops,
        };
        let mut part = read_lines(&lines, may_have)?;
        let mut removed = Removed::new();
        if let Some(selection) = selection {
            selection.choose_events(&mut part.events, &mut removed);
            selection.choose_hops(&mut part.hop_records);
        }
        Some((part, removed))
    });
    let (mut all, mut removed) = (EventSet::default(), Removed::new());
    for (mut part, of_part) in parts.collect::<Option<Vec<_>>>()? {
        for (log, accounting) in of_part {
            removed.entry(log).or_default().add(&accounting);
        }
        all.logs.append(&mut part.logs);
        all.containers.append(&mut part.containers);
        all.findings.append(&mut part.findings);
        all.events.append(&mut part.events);
        all.hop_records.append(&mut part.hop_records);
    }
    let counts = [all.logs.len(), all.containers.len(), all.findings.len()];
    let counted = [header.logs, header.containers, header.findings];
    let is_known = |log: u32| (log as usize) < all.logs.len();
    let of_findings = all.findings.iter().filter_map(|finding| finding.log);
    let of_events = all.events.iter().map(|event| event.location.log);
    let of_hops = all.hop_records.iter().map(|record| record.location.log);
    (counts.map(|count| count as u64) == counted
        && events.into_inner() == header.events
        && hops.into_inner() == most_hops
        && of_findings.chain(of_events).chain(of_hops).all(|log| is_known(log.0)))
    .then_some((all, removed))
}

/// Reads the lines of a member. `may_have` says for each event, or record of hops, whether the file may have it.
pub(super) fn read_lines(lines: &[u8], may_have: impl Fn(bool) -> bool) -> Option<EventSet> {
    let mut read = EventSet::default();
    let mut texts = Texts::default();
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        if line.starts_with(b"[\"Hop.") {
            let hop = may_have(true).then(|| read_hop(line, &mut texts)).flatten()?;
            read.hop_records.push(hop);
        } else if line.starts_with(b"[") {
            let event = may_have(false).then(|| read_event(line, &mut texts)).flatten()?;
            read.events.push(event);
        } else if line.starts_with(b"{\"texts\":") {
            texts = Texts::parse(line)?;
        } else {
            match serde_json::from_slice(line).ok()? {
                Fact::Log(log) => read.logs.push(log.into_owned()),
                Fact::Container(container) => read.containers.push(container.into_owned()),
                Fact::Finding(finding) => read.findings.push(finding.into_owned()),
            }
        }
    }
    Some(read)
}

fn read_event(line: &[u8], texts: &mut Texts) -> Option<Event> {
    let (kind, values) = EventReader::begin(line, texts)?;
    kinds::read(kind, values)
}

fn read_hop(line: &[u8], texts: &mut Texts) -> Option<HopRecord> {
    let (kind, values) = EventReader::begin(line, texts)?;
    hop_kinds::read(kind, values)
}

pub(super) fn unreadable(why: &io::Error) -> String {
    format!("its events.jsonl.gz cannot be read: {why}")
}

pub(super) fn unusable(case: &StoredCase, why: &str) -> Finding {
    Finding::new(FindingCode::CaseNotRead, format!("{}: {why}", case.display_path))
}

fn without_hops(case: &StoredCase) -> Finding {
    let message = format!(
        "{}: the case was made without --hops, and lacks the records that say where its sessions came from; \
         make it again from its logs with --hops",
        case.display_path
    );
    Finding::new(FindingCode::CaseWithoutHops, message)
}

fn too_many_hops(case: &StoredCase) -> Finding {
    let message = format!(
        "{}: the records of the case were not used for hops: they would take more memory than is given to \
         them; give more with --memory, or give fewer cases at a time. The sessions are whole",
        case.display_path
    );
    Finding::new(FindingCode::MemoryLimit, message)
}

fn too_much(case: &StoredCase) -> Finding {
    let message = format!(
        "{}: the case was not read: the events of all evidence would take more memory than is given to \
         them; give more with --memory, or give fewer cases at a time",
        case.display_path
    );
    Finding::new(FindingCode::MemoryLimit, message)
}

//! Which logs and computers cases hold, without their events.

use super::read::{DAMAGED, header, read_lines, read_whole, unreadable, unusable};
use super::selection::{Groups, parts_of_case};
use super::{SharedPaths, blocks};
use crate::evidence::StoredCase;
use crate::model::{EventSet, Finding};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Read};

/// The computers of cases, divided into parts.
pub(crate) struct ComputerParts {
    /// The part of each name of a computer, in lower case.
    pub(crate) parts: BTreeMap<String, u32>,
    /// For each case the parts that have something of it.
    pub(crate) of_cases: Vec<BTreeSet<u32>>,
    /// The paths that several cases have for different logs, which no part by itself shows.
    pub(crate) shared: SharedPaths,
}

/// Divides the computers of all cases into `count` parts, by the threads of the current pool. A case that cannot
/// be used is of the first part, which then says so.
pub(crate) fn parts_of_computers(cases: &[StoredCase], count: u32) -> ComputerParts {
    let facts: Vec<Option<EventSet>> = cases.par_iter().map(|case| facts(case).ok()).collect();
    let mut groups = Groups::default();
    facts.iter().flatten().flat_map(|facts| &facts.logs).for_each(|log| groups.note(log));
    let parts = groups.parts(count);
    let of_case = |facts: &Option<EventSet>| match facts {
        Some(facts) => parts_of_case(&parts, facts),
        None => BTreeSet::from([0]),
    };
    let of_cases = facts.par_iter().map(of_case).collect();
    let shared = SharedPaths::of(facts.iter().flatten());
    ComputerParts { parts, of_cases, shared }
}

/// Why none of these cases can be used; empty where one can.
pub(crate) fn why_none_can_be_used(cases: &[StoredCase]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for case in cases {
        match facts(case).and_then(|_| read_whole(case)) {
            Ok(_) => return Vec::new(),
            Err(finding) => findings.push(finding),
        }
    }
    findings
}

/// What a case holds besides events.
fn facts(case: &StoredCase) -> Result<EventSet, Finding> {
    let header = header(case)?;
    let count =
        [header.logs, header.containers, header.findings].into_iter().fold(0, u64::saturating_add);
    let file = File::open(&case.events).map_err(|why| unusable(case, &unreadable(&why)))?;
    let mut file = BufReader::new(file.take(case.size));
    let damaged = || unusable(case, DAMAGED);
    let mut facts = EventSet::default();
    // The header is alone in the first member.
    next_member(&mut file).ok_or_else(damaged)?;
    while ((facts.logs.len() + facts.containers.len() + facts.findings.len()) as u64) < count {
        let lines = next_member(&mut file).ok_or_else(damaged)?;
        facts.add(read_lines(&lines, |_| false).ok_or_else(damaged)?);
    }
    Ok(facts)
}

/// The lines of the next member.
fn next_member(file: &mut impl Read) -> Option<Vec<u8>> {
    let mut beginning = [0; blocks::HEADER_SIZE];
    file.read_exact(&mut beginning).ok()?;
    let size = blocks::size_of_member(&beginning)?;
    let rest = u64::try_from(size.checked_sub(beginning.len())?).ok()?;
    let mut member = beginning.to_vec();
    let read: io::Result<usize> = file.take(rest).read_to_end(&mut member);
    (read.ok()? as u64 == rest).then_some(())?;
    blocks::unpack(&member).ok()
}

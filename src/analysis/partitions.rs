//! Joins many cases in parts: their computers are divided, so that only one part must be in memory at a time.

use super::{Analysis, PartOfCases, Pool, report_of};
use crate::error::{Error, Result};
use crate::events_file::{self, SharedPaths};
use crate::evidence::{Discovery, StoredCase};
use crate::hops;
use crate::model::case_files::part_name;
use crate::model::{EventSet, Finding, FindingCode, HopRecord, Hops, Host, HostAddress, Text, hex};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Some of the computers of many cases, with all that the cases have of them.
///
/// The parts of the same cases have no computer in common, and together they have all. A computer is always of
/// the part that a hash of its name gives, whatever the other cases are.
#[derive(Debug, Clone)]
pub struct Partition {
    number: u32,
    count: u32,
    cases: Vec<StoredCase>,
    /// The part of each name of a computer.
    parts: Arc<BTreeMap<String, u32>>,
    /// The paths that several cases have for different logs.
    shared: Arc<SharedPaths>,
    /// The SHA-256 over all cases.
    cases_sha256: Arc<str>,
    /// What could not be read while the cases were looked for.
    findings: Vec<Finding>,
}

impl Partition {
    /// Its name: `part-03-of-16`. Names sort as numbers do.
    pub fn name(&self) -> String {
        part_name(self.number + 1, self.count)
    }

    /// The folders of the cases that have some of its computers.
    pub fn cases(&self) -> impl Iterator<Item = &Path> {
        self.cases.iter().filter_map(|case| case.events.parent())
    }

    /// The SHA-256 over what all divided cases hold, wherever they lie. Parts belong together if they have the same.
    pub fn cases_sha256(&self) -> &str {
        &self.cases_sha256
    }
}

/// The SHA-256 over the SHA-256 of all cases. The order of the cases does not matter.
fn sha256_of(cases: &[StoredCase]) -> String {
    let all: BTreeSet<&str> = cases.iter().map(|case| case.sha256.as_str()).collect();
    hex(&Sha256::digest(all.into_iter().collect::<Vec<_>>().join("\n")))
}

/// Where the sessions of all parts came from, divided as the computers are.
#[derive(Debug)]
pub struct JoinedParts {
    of_parts: Vec<PartOfHops>,
}

/// The hops of one part, and the findings about them.
#[derive(Debug, Clone, Default)]
struct PartOfHops {
    hops: Hops,
    /// The findings about records that could not be used for hops.
    findings: Vec<Finding>,
    /// The findings about cases as a whole: that their records for hops are not there.
    of_cases: BTreeSet<Finding>,
}

impl JoinedParts {
    fn of(&self, part: &Partition) -> Option<&PartOfHops> {
        self.of_parts.get(part.number as usize)
    }

    /// The hops of a part, and the findings about its records of hops.
    pub(super) fn hops_of(&self, part: &Partition) -> (Hops, Vec<Finding>) {
        let own = self.of(part).cloned().unwrap_or_default();
        (own.hops, own.findings)
    }
}

/// What hops need of all parts. It is collected while one part after the other is read.
#[derive(Default)]
struct Gathered {
    hosts: Vec<Host>,
    records: Vec<HopRecord>,
    /// The part of each computer.
    parts: BTreeMap<Text, u32>,
    of_cases: BTreeSet<Finding>,
}

impl Gathered {
    /// Finds the hops of all computers together, and then divides them by part.
    fn join(self, count: u32, part_of: impl Fn(&str) -> u32) -> JoinedParts {
        let Gathered { mut hosts, records, parts, of_cases } = self;
        // The order of the computers in the tables. Those of one name are of one part, and in their order there.
        hosts.sort_by_cached_key(|host| last_name(&host.computer).to_lowercase());
        let (Hops { hops, hosts, .. }, findings) = hops::join(&hosts, records);
        let mut of_parts = vec![PartOfHops::default(); count.max(1) as usize];
        let part_of = |name: &str| parts.get(name).copied().unwrap_or_else(|| part_of(name));
        for finding in findings {
            if let Some(part) = of_parts.get_mut(part_of(&finding.computer) as usize) {
                part.findings.push(finding);
            }
        }
        let mut known: BTreeMap<&str, &HostAddress> = BTreeMap::new();
        for row in &hosts {
            known.entry(&row.host).or_insert(row);
        }
        let mut named: Vec<BTreeSet<String>> = vec![BTreeSet::new(); of_parts.len()];
        for hop in hops {
            let at = part_of(&hop.target_computer) as usize;
            let (Some(part), Some(named)) = (of_parts.get_mut(at), named.get_mut(at)) else {
                continue;
            };
            named.extend(hop.computers().into_iter().map(str::to_owned));
            part.hops.hops.push(hop);
        }
        for ((at, part), named) in (0..).zip(&mut of_parts).zip(named) {
            let others = named.iter().filter(|name| part_of(name) != at);
            let rows = others.filter_map(|name| known.get(&**name).map(|row| (*row).clone()));
            part.hops.elsewhere = rows.collect();
        }
        for row in hosts {
            if let Some(part) = of_parts.get_mut(part_of(&row.host) as usize) {
                part.hops.hosts.push(row);
            }
        }
        if let Some(first) = of_parts.first_mut() {
            first.of_cases = of_cases;
        }
        JoinedParts { of_parts }
    }
}

/// The name without `~2`.
fn last_name(name: &str) -> &str {
    name.split_once('~').map_or(name, |(name, _)| name)
}

impl<'a> Analysis<'a> {
    /// Says where the sessions of all parts came from: reads one part after the other, and keeps of each what hops
    /// need. Each part is then read again, with its own share [of them](Analysis::joined).
    ///
    /// # Errors
    /// As [`Analysis::run`].
    pub fn join_parts(&self, parts: &[Partition]) -> Result<JoinedParts> {
        self.with_pool(|pool| {
            let mut all = Gathered::default();
            for part in parts {
                let mut read = self.read_partition(pool, part, all.records.len() as u64);
                all.records.append(&mut read.hop_records);
                let of_cases = |finding: &Finding| is_of_hops_of_cases(finding);
                all.of_cases.extend(read.findings.iter().filter(|own| of_cases(own)).cloned());
                for host in report_of(pool, read).hosts {
                    all.parts.insert(host.computer.clone(), part.number);
                    all.hosts.push(hops::with_what_is_needed(host));
                }
            }
            let Some(first) = parts.first() else {
                return Ok(JoinedParts { of_parts: Vec::new() });
            };
            let part_of = |name: &str| events_file::part_of(&first.parts, name);
            Ok(pool.install(|| all.join(first.count, part_of)))
        })
    }

    /// The hops of a part are its share of what [was joined](Analysis::join_parts).
    #[must_use]
    pub fn joined(mut self, parts: &'a JoinedParts) -> Self {
        self.joined = Some(parts);
        self
    }

    /// Reads one part of cases, instead of all that was given. A part without computers gives a report
    /// without any.
    ///
    /// ```
    /// use winlast::Analysis;
    /// use winlast::output::{CaseFolder, CaseSettings, EvidencePaths, RunFacts, Totals};
    /// use winlast::progress::Silent;
    ///
    /// // Two cases, one of them in a folder of cases.
    /// let folder = std::env::temp_dir().join(format!("winlast-parts-{}", std::process::id()));
    /// for name in ["ws01", "dc01"] {
    ///     let report = Analysis::of([format!("sample-evtx/{name}")]).keep_events(true).run()?;
    ///     let case = CaseFolder::prepare(&folder.join(name), &EvidencePaths::default(), false)?;
    ///     let facts = RunFacts::default();
    ///     case.write(&report, &CaseSettings::default(), &facts, Totals::of(&report), &Silent)?;
    /// }
    ///
    /// let all = Analysis::of([&folder]);
    /// let mut computers = Vec::new();
    /// for part in all.partitions(4)? {
    ///     let report = all.clone().only(&part).run()?;
    ///     computers.extend(report.hosts.iter().map(|host| host.to_string()));
    /// }
    /// computers.sort();
    /// assert_eq!(computers, ["DC01.contoso.local", "WS01"]);
    /// # std::fs::remove_dir_all(folder).expect("the folder is there");
    /// # Ok::<(), winlast::Error>(())
    /// ```
    #[must_use]
    pub fn only(mut self, part: &'a Partition) -> Self {
        self.part = Some(part);
        self
    }

    /// Divides the computers of all cases that were given into `count` parts, so that not all that was read of
    /// them must be in memory at a time. Each part is then read by an analysis [of it alone](Analysis::only).
    ///
    /// # Errors
    /// When anything else than cases was given, and as [`Analysis::run`].
    pub fn partitions(&self, count: u32) -> Result<Vec<Partition>> {
        self.with_pool(|pool| {
            let memory = pool.0.memory();
            let mut discovery = Discovery::new(&self.given, memory, self.progress);
            let mut findings = std::mem::take(&mut discovery.findings);
            if let Some(path) = discovery.first_that_is_no_case() {
                return Err(Error::NotACase(path));
            }
            let cases = discovery.cases();
            let unusable = events_file::why_none_can_be_used(&cases);
            if cases.is_empty() || !unusable.is_empty() {
                findings.extend(unusable);
                return Err(discovery.nothing_found(&findings));
            }
            findings.extend(discovery.given_without_logs(&EventSet::default()));
            let divided = pool.install(|| events_file::parts_of_computers(&cases, count));
            let (parts, shared) = (Arc::new(divided.parts), Arc::new(divided.shared));
            let cases_sha256: Arc<str> = sha256_of(&cases).into();
            let partition = |number| {
                let all = cases.iter().zip(&divided.of_cases);
                let own = all.filter(|(_, parts)| parts.contains(&number));
                Partition {
                    number,
                    count,
                    cases: own.map(|(case, _)| case.clone()).collect(),
                    parts: Arc::clone(&parts),
                    shared: Arc::clone(&shared),
                    cases_sha256: Arc::clone(&cases_sha256),
                    findings: if number == 0 { findings.clone() } else { Vec::new() },
                }
            };
            Ok((0..count).map(partition).collect())
        })
    }

    /// Reads what the cases hold of the computers of this part. `hops_before` is the number of records for hops that
    /// were read for the parts before it: one limit holds for all parts together.
    pub(super) fn read_partition(
        &self,
        pool: &Pool,
        part: &Partition,
        hops_before: u64,
    ) -> EventSet {
        let mut all = EventSet { findings: part.findings.clone(), ..EventSet::default() };
        let selection = events_file::Selection::new(&part.parts, part.number);
        let of_part = PartOfCases { selection, shared: &part.shared, hops_before };
        self.add_cases(pool, &part.cases, Some(of_part), &mut all);
        if let Some(joined) = self.joined {
            // Several parts may read the same case, but its finding must be there once.
            all.findings.retain(|finding| !is_of_hops_of_cases(finding));
            all.findings.extend(joined.of(part).into_iter().flat_map(|own| own.of_cases.clone()));
        }
        all.sort();
        all
    }
}

/// Does this finding say that the records for hops of a case are not there?
fn is_of_hops_of_cases(finding: &Finding) -> bool {
    finding.code == FindingCode::CaseWithoutHops
}

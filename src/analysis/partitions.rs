//! Many cases as one, computer by computer: what is too much for one run is read in parts.

use super::{Analysis, Pool};
use crate::error::{Error, Result};
use crate::events_file;
use crate::evidence::{Discovery, StoredCase};
use crate::model::{EventSet, Finding};
use std::collections::BTreeMap;
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
    /// What could not be read while the cases were looked for.
    findings: Vec<Finding>,
}

impl Partition {
    /// Its name: `part-03-of-16`. Names sort as numbers do.
    pub fn name(&self) -> String {
        let digits = self.count.to_string().len();
        format!("part-{:0digits$}-of-{}", self.number + 1, self.count)
    }

    /// The folders of the cases that have some of its computers.
    pub fn cases(&self) -> impl Iterator<Item = &Path> {
        self.cases.iter().filter_map(|case| case.events.parent())
    }
}

impl<'a> Analysis<'a> {
    /// Reads one part of cases, in the place of all that was given. A part without computers gives a report
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
            let findings = std::mem::take(&mut discovery.findings);
            if let Some(path) = discovery.first_that_is_no_case() {
                return Err(Error::NotACase(path));
            }
            let cases = discovery.cases();
            if cases.is_empty() {
                return Err(discovery.nothing_found(&findings));
            }
            let divided = pool.install(|| events_file::parts_of_computers(&cases, count));
            let parts = Arc::new(divided.parts);
            let partition = |number| {
                let all = cases.iter().zip(&divided.of_cases);
                let own = all.filter(|(_, parts)| parts.contains(&number));
                Partition {
                    number,
                    count,
                    cases: own.map(|(case, _)| case.clone()).collect(),
                    parts: Arc::clone(&parts),
                    findings: if number == 0 { findings.clone() } else { Vec::new() },
                }
            };
            Ok((0..count).map(partition).collect())
        })
    }

    /// What the cases of a part have of its computers.
    pub(super) fn read_partition(&self, pool: &Pool, part: &Partition) -> EventSet {
        let mut all = EventSet { findings: part.findings.clone(), ..EventSet::default() };
        let selection = events_file::Selection::new(&part.parts, part.number);
        self.add_cases(pool, &part.cases, Some(&selection), &mut all);
        all.sort();
        all
    }
}

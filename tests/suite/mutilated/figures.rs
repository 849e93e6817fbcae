//! What many mutilations gave, added up.

use super::comparison::{Contradiction, Level};
use super::host::RealHost;
use super::mutilation::Mutilated;
use std::collections::{BTreeMap, BTreeSet};

/// The figures of one kind of mutilation: cases, and contradictions by level.
#[derive(Default)]
struct OfKind {
    cases: usize,
    certain: usize,
    low: usize,
    near: usize,
    extra_low_boots: usize,
}

/// See the module.
#[derive(Default)]
pub(super) struct Figures {
    cases: usize,
    by_mutilation: BTreeMap<String, OfKind>,
    by_host: BTreeMap<String, usize>,
    /// By level and kind: the seeds, and an example of each.
    found: BTreeMap<(Level, String), Vec<(u64, String)>>,
}

impl Figures {
    /// Adds one case. It counts for the kinds of mutilation that it has together.
    pub(super) fn add(
        &mut self,
        seed: u64,
        host: &RealHost,
        mutilated: &Mutilated,
        found: Vec<Contradiction>,
    ) {
        self.cases += 1;
        *self.by_host.entry(host.name.clone()).or_default() += 1;
        let kinds = mutilated.done.iter().map(|(kind, _)| (*kind).to_owned());
        let alone = mutilated.done.len() == 1;
        let with_others = if alone { "" } else { " with others" };
        for kind in kinds {
            let of_kind = self.by_mutilation.entry(format!("{kind}{with_others}")).or_default();
            of_kind.cases += 1;
            let count = |level| found.iter().filter(|one| one.level == level).count();
            of_kind.certain += count(Level::Certain);
            of_kind.low += count(Level::Low);
            of_kind.near += count(Level::Near);
            of_kind.extra_low_boots += count(Level::ExtraLowBoot);
        }
        for one in found {
            let what = format!("{} {:?}: {}", host.name, mutilated.done, one.what);
            self.found.entry((one.level, one.kind)).or_default().push((seed, what));
        }
    }

    /// How many contradictions are certain.
    pub(super) fn certain(&self) -> usize {
        let certain = self.found.iter().filter(|((level, _), _)| *level == Level::Certain);
        certain.map(|(_, of_kind)| of_kind.len()).sum()
    }

    /// Prints everything, the contradictions with some examples.
    pub(super) fn print(&self) {
        eprintln!("{} cases: {:?}", self.cases, self.by_host);
        eprintln!("mutilation | cases | certain | low | near | extra low boots");
        for (kind, of) in &self.by_mutilation {
            let OfKind { cases, certain, low, near, extra_low_boots } = of;
            eprintln!("{kind} | {cases} | {certain} | {low} | {near} | {extra_low_boots}");
        }
        let examples: usize =
            std::env::var("WINLAST_EXAMPLES").map_or(3, |count| count.parse().unwrap());
        for ((level, kind), of) in &self.found {
            let seeds: BTreeSet<u64> = of.iter().map(|(seed, _)| *seed).collect();
            eprintln!("{level:?} {kind}: {} times in {} cases", of.len(), seeds.len());
            let mut shortest: Vec<&(u64, String)> = of.iter().collect();
            shortest.sort_by_key(|(_, what)| what.len());
            for (seed, what) in shortest.into_iter().take(examples) {
                eprintln!("    seed {seed}: {what}");
            }
        }
    }
}

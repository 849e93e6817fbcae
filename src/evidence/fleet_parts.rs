//! The case folders that `--partitions` writes next to each other: are all of them there, and are they of one run?

use crate::model::case_files::{part_name, part_of_name};
use crate::model::{Finding, FindingCode};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// So many missing parts are named.
const NAMED: usize = 5;

/// The parts that were found.
#[derive(Default)]
pub(super) struct FleetParts {
    /// By folder and number of parts.
    fleets: BTreeMap<(PathBuf, u32), Fleet>,
}

#[derive(Default)]
struct Fleet {
    /// The choices that each part was made with.
    parts: BTreeMap<u32, String>,
    /// Whether all parts were asked for: their folder was given, or several of them.
    is_given: bool,
}

impl FleetParts {
    /// Notes a complete case. `is_given`: its own path was given, and not that of a folder above it.
    pub(super) fn note(&mut self, folder: &Path, choices: &str, is_given: bool) {
        let name = folder.file_name().and_then(|name| name.to_str());
        let Some((number, count)) = name.and_then(part_of_name) else { return };
        let parent = folder.parent().unwrap_or(Path::new("")).to_owned();
        let fleet = self.fleets.entry((parent, count)).or_default();
        fleet.parts.insert(number, choices.to_owned());
        fleet.is_given |= !is_given || fleet.parts.len() > 1;
    }

    /// What is wrong with the fleets, whose folders the output calls so.
    pub(super) fn findings(&self, name_of: impl Fn(&Path) -> String) -> Vec<Finding> {
        let mut findings = Vec::new();
        for ((folder, count), fleet) in self.fleets.iter().filter(|(_, fleet)| fleet.is_given) {
            let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            let whats = [fleet.missing(*count), fleet.mixed(*count)].into_iter().flatten();
            findings.extend(whats.map(|what| {
                Finding::new(FindingCode::CaseNotRead, format!("{}: {what}", name_of(here)))
            }));
        }
        findings
    }
}

impl Fleet {
    fn missing(&self, count: u32) -> Option<String> {
        let missing = u64::from(count).saturating_sub(self.parts.len() as u64);
        let numbers = (1..=count).filter(|number| !self.parts.contains_key(number));
        let mut names: Vec<String> =
            numbers.take(NAMED).map(|number| part_name(number, count)).collect();
        match missing.saturating_sub(names.len() as u64) {
            0 => {}
            more => names.push(format!("{more} more")),
        }
        (missing > 0).then(|| {
            format!(
                "of its {count} parts, {missing} are missing or not complete ({}): their computers are not read; \
                 give the command that makes the parts again",
                names.join(", ")
            )
        })
    }

    fn mixed(&self, count: u32) -> Option<String> {
        let (first, choices) = self.parts.first_key_value()?;
        let (other, _) = self.parts.iter().find(|(_, other)| *other != choices)?;
        let [first, other] = [*first, *other].map(|number| part_name(number, count));
        Some(format!(
            "its parts are not of one run: {first} and {other} were made of other cases or with other options, so \
             that computers may be missing, or be there twice; make all parts again with --force"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(parts: &[(&str, &str)], is_given: bool) -> Vec<String> {
        let mut all = FleetParts::default();
        parts.iter().for_each(|(name, choices)| all.note(Path::new(name), choices, is_given));
        let findings = all.findings(|path| path.display().to_string());
        findings.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn missing_and_mixed_parts_are_said() {
        let whole = [("f/part-1-of-2", "a"), ("f/part-2-of-2", "a")];
        assert!(said(&whole, false).is_empty() && said(&whole, true).is_empty());
        let missing = said(&[("f/part-04-of-10", "a")], false);
        assert_eq!(missing.len(), 1, "{missing:?}");
        for text in ["f: ", "9 are missing", "part-01-of-10", "part-06-of-10", "4 more"] {
            assert!(missing[0].contains(text), "{text}: {missing:?}");
        }
        let mixed = said(&[("part-1-of-2", "a"), ("part-2-of-2", "b")], true);
        assert!(
            mixed.len() == 1 && mixed[0].contains(".: its parts are not of one run"),
            "{mixed:?}"
        );
    }

    /// Who gives one part by itself asks for one part. Another folder of such a name is no part.
    #[test]
    fn what_is_no_fleet() {
        assert!(said(&[("f/part-0000000001-of-4294967295", "a")], true).is_empty());
        assert!(!said(&[("f/part-0000000001-of-4294967295", "a")], false).is_empty());
        for name in
            ["f/part-1-of-x", "f/part-0-of-2", "f/part-3-of-2", "f/part-01-of-2", "f/part-1"]
        {
            assert!(said(&[(name, "a")], false).is_empty(), "{name}");
        }
    }
}

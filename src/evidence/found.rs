//! At which of the paths that were given something was found.

use super::container::ContainerFile;
use crate::model::EventSet;
use std::collections::BTreeSet;

/// The paths are numbered as they were given.
#[derive(Default)]
pub(super) struct Found {
    /// Those with a log or a case, and those of which a finding says why there is none.
    known: BTreeSet<usize>,
    /// Images and archives: what they hold is only known when they were read.
    containers: Vec<(usize, String)>,
}

impl Found {
    /// Something was found there.
    pub(super) fn note(&mut self, given: impl IntoIterator<Item = usize>) {
        self.known.extend(given);
    }

    /// An image or archive was found there.
    pub(super) fn note_container(&mut self, given: &BTreeSet<usize>, path: &str) {
        self.containers.extend(given.iter().map(|number| (*number, path.to_owned())));
    }

    /// Only these images and archives are read: the others are parts of them.
    pub(super) fn are_read(&mut self, containers: &[ContainerFile]) {
        let read: BTreeSet<&str> =
            containers.iter().map(|container| container.display_path.as_str()).collect();
        let parts = self.containers.iter().filter(|(_, path)| !read.contains(path.as_str()));
        self.known.extend(parts.map(|(number, _)| *number));
    }

    /// Of this number of given paths, those where nothing was found after all was read.
    pub(super) fn nothing_at(&self, paths: usize, all: &EventSet) -> Vec<usize> {
        let mut known = self.known.clone();
        if known.len() < paths {
            let logs = all.logs.iter().map(|log| log.path.as_str());
            let findings = all.findings.iter().map(|finding| finding.message.as_str());
            let texts: BTreeSet<&str> = logs.chain(findings).collect();
            let is_named = |path: &str| {
                ["/", ":"].into_iter().any(|next| {
                    let begin = format!("{path}{next}");
                    texts
                        .range(begin.as_str()..)
                        .next()
                        .is_some_and(|text| text.starts_with(&begin))
                })
            };
            let named = self.containers.iter().filter(|(_, path)| is_named(path));
            known.extend(named.map(|(number, _)| *number));
        }
        (0..paths).filter(|number| !known.contains(number)).collect()
    }
}

//! The paths of the evidence, to which nothing may be written. They are resolved once for all case folders of a batch.

use super::is_ours;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The evidence of a run, as the system names it.
#[derive(Debug, Clone, Default)]
pub struct EvidencePaths {
    paths: BTreeSet<PathBuf>,
    /// Folders that hold evidence with the name of a file of a case.
    with_our_names: BTreeSet<PathBuf>,
}

impl EvidencePaths {
    /// Resolves what was given. Evidence that cannot be looked at is left out: whoever reads it reports it.
    pub fn of(evidence: &[PathBuf]) -> EvidencePaths {
        let paths: BTreeSet<PathBuf> =
            evidence.iter().filter_map(|given| given.canonicalize().ok()).collect();
        let ours = paths.iter().filter(|path| is_ours(path));
        let with_our_names = ours.filter_map(|path| Some(path.parent()?.to_owned())).collect();
        EvidencePaths { paths, with_our_names }
    }

    /// Why nothing may be written into this folder.
    pub(super) fn refusal(&self, folder: &Path) -> Option<&'static str> {
        if folder.ancestors().any(|above| self.paths.contains(above)) {
            return Some("it is evidence or lies inside it; choose a folder elsewhere");
        }
        let is_ours = self.with_our_names.contains(folder);
        is_ours.then_some("a file to be written is evidence; choose a folder elsewhere")
    }
}

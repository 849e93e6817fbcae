//! The sources of a batch, and the names of their case folders.

use super::absolute;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use winlast::output::{self, SOURCES_FILE};

/// The longest part of a folder's name that comes from its source, in characters.
const LONGEST_NAME: usize = 100;

/// A source and the name of its case folder.
#[derive(Debug, PartialEq)]
pub(super) struct Source {
    pub(super) given: PathBuf,
    pub(super) folder: String,
}

impl Source {
    /// The path as it was given.
    pub(super) fn as_given(&self) -> String {
        self.given.to_string_lossy().into_owned()
    }
}

/// Every source once, with a folder of its own. Its name does not depend on the order of sources.
pub(super) fn with_folders(evidence: &[PathBuf]) -> Vec<Source> {
    let mut seen = BTreeSet::new();
    let mut sources = Vec::new();
    let mut name_counts: BTreeMap<String, usize> = [(SOURCES_FILE.to_owned(), 1)].into();
    for given in evidence {
        let resolved = given.canonicalize().unwrap_or_else(|_| absolute(given).into());
        let folder = safe_name(&resolved);
        if seen.insert(resolved) {
            // On some file systems A and a are one.
            *name_counts.entry(folder.to_lowercase()).or_default() += 1;
            sources.push(Source { given: given.clone(), folder });
        }
    }
    for source in &mut sources {
        if name_counts.get(&source.folder.to_lowercase()).is_some_and(|count| *count > 1) {
            let mark = output::short_hash(absolute(&source.given).as_bytes());
            source.folder = format!("{}-{mark}", source.folder);
        }
    }
    sources
}

/// The last part of a path, in characters that every file system allows.
fn safe_name(path: &Path) -> String {
    let last = path.file_name().unwrap_or_default().to_string_lossy();
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = last.chars().map(safe).take(LONGEST_NAME).collect();
    let name = name.trim_matches('.');
    if name.is_empty() { "source".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(paths: &[&str]) -> Vec<String> {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        with_folders(&paths).into_iter().map(|source| source.folder).collect()
    }

    #[test]
    fn folders_have_safe_names_of_their_own() {
        assert_eq!(
            folders(&["/x/disk.E01", "/y/a b?.zip", "/"]),
            ["disk.E01", "a_b_.zip", "source"]
        );
        assert_eq!(folders(&["/x/a", "/x/a"]), ["a"]);
        let two = folders(&["/x/disk.E01", "/y/DISK.e01"]);
        assert!(two[0].starts_with("disk.E01-") && two[1].starts_with("DISK.e01-"));
        assert_ne!(two[0].to_lowercase(), two[1].to_lowercase());
        let mut turned = folders(&["/y/DISK.e01", "/x/disk.E01"]);
        turned.reverse();
        assert_eq!(turned, two);
        assert!(folders(&["/x/sources.csv"])[0].starts_with("sources.csv-"));
    }
}

//! The sources of a batch, and the names of their case folders.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use winlast::output::{self, NameRules, SOURCES_FILE, WantedName};

/// How the folders of a batch are named: below the folder that has the list of its sources.
const FOLDERS: NameRules = NameRules { longest: 190, nameless: "source", taken: SOURCES_FILE };

/// A source and the name of its case folder.
#[derive(Debug, PartialEq)]
pub(super) struct Source {
    pub(super) given: PathBuf,
    /// What the output calls it.
    pub(super) name: String,
    pub(super) folder: String,
}

/// Every source once, called by `name_of` its path, with a folder of its own. The name of the folder does not
/// depend on the order of sources.
pub(super) fn with_folders(evidence: &[PathBuf], name_of: impl Fn(&Path) -> String) -> Vec<Source> {
    let mut seen = BTreeSet::new();
    let (mut all, mut wanted) = (Vec::new(), Vec::new());
    for given in evidence {
        let absolute = std::path::absolute(given).unwrap_or_else(|_| given.clone());
        let resolved = given.canonicalize().unwrap_or_else(|_| absolute.clone());
        let text = resolved.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if seen.insert(resolved) {
            // The bytes of the path: two paths that are no text may look the same as text.
            wanted.push(WantedName::new(text, absolute.as_os_str().as_encoded_bytes()));
            all.push(given);
        }
    }
    let folders = output::safe_names(&wanted, FOLDERS);
    let source = |(given, folder): (&PathBuf, String)| Source {
        given: given.clone(),
        name: name_of(given),
        folder,
    };
    all.into_iter().zip(folders).map(source).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &Path) -> String {
        path.display().to_string()
    }

    fn folders(paths: &[&str]) -> Vec<String> {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        with_folders(&paths, shown).into_iter().map(|source| source.folder).collect()
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

    #[test]
    fn every_folder_has_a_name_of_its_own() {
        let path = "/x/a";
        // `printf %s /x/a | sha256sum`, its first eight digits.
        let mark = "2437957e";
        // The third is named as the first one is with its mark.
        let names = folders(&[path, "/y/A", &format!("/z/a-{mark}")]);
        let distinct: BTreeSet<String> =
            names.iter().map(|name| name.to_uppercase().to_lowercase()).collect();
        assert_eq!(distinct.len(), 3, "{names:?}");
        let ends = |letter: &str| format!("/{}{letter}", "山".repeat(80));
        let names = folders(&[&ends("a"), &ends("b"), "/x/stra\u{df}e", "/y/STRASSE"]);
        assert!(names.iter().all(|name| name.len() <= 255 && name.contains('-')), "{names:?}");
        assert_ne!(names[0], names[1]);
        assert_eq!(folders(&["/x/nul.zip", "/x/Com1", "/x/com10"]), ["_nul.zip", "_Com1", "com10"]);
    }

    #[cfg(unix)]
    #[test]
    fn paths_that_are_no_text_differ_too() {
        use std::os::unix::ffi::OsStrExt;
        let path = |bytes: &[u8]| PathBuf::from(std::ffi::OsStr::from_bytes(bytes));
        let sources = with_folders(&[path(b"/x/a\xff"), path(b"/x/a\xfe")], shown);
        assert_eq!(sources.len(), 2);
        assert_ne!(sources[0].folder, sources[1].folder);
    }
}

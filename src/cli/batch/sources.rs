//! The sources of a batch, and the names of their case folders.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use winlast::output::{self, SOURCES_FILE};

/// The longest part of a folder's name that comes from its source, in bytes. File systems allow 255
/// bytes or UTF-16 units, and a hyphen and the longest mark take 65.
const LONGEST_NAME: usize = 190;
/// How many digits of the SHA-256 of a source's path stand behind its name: more only where fewer are
/// not enough to tell two folders apart.
const MARKS: [usize; 4] = [0, 8, 16, 64];

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
    let mut names = Vec::new();
    for given in evidence {
        let absolute = std::path::absolute(given).unwrap_or_else(|_| given.clone());
        let resolved = given.canonicalize().unwrap_or_else(|_| absolute.clone());
        let name = safe_name(&resolved);
        if seen.insert(resolved) {
            // The bytes of the path: two paths that are no text may look the same as text.
            let hash = output::hex_hash(absolute.as_os_str().as_encoded_bytes());
            names.push((given, name, hash));
        }
    }
    let mut folders: Vec<String> = names.iter().map(|(_, name, _)| name.clone()).collect();
    for digits in MARKS.into_iter().skip(1) {
        let mut counts: BTreeMap<String, usize> = [(on_any_system(SOURCES_FILE), 1)].into();
        for folder in &folders {
            *counts.entry(on_any_system(folder)).or_default() += 1;
        }
        for (folder, (_, name, hash)) in folders.iter_mut().zip(&names) {
            if counts.get(&on_any_system(folder)).is_some_and(|count| *count > 1) {
                *folder = format!("{name}-{}", hash.get(..digits).unwrap_or(hash));
            }
        }
    }
    let sources = names.into_iter().zip(folders);
    let source = |((given, ..), folder): ((&PathBuf, _, _), _)| Source {
        given: given.clone(),
        name: name_of(given),
        folder,
    };
    sources.map(source).collect()
}

/// Two names with the same result may be one name on some file system: there `A` is `a`, and `SS` is
/// `ß`.
fn on_any_system(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

/// The last part of a path, in characters that every file system allows.
fn safe_name(path: &Path) -> String {
    let last = path.file_name().unwrap_or_default().to_string_lossy();
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let mut name = String::new();
    for c in last.chars().map(safe).skip_while(|c| *c == '.') {
        if name.len() + c.len_utf8() > LONGEST_NAME {
            break;
        }
        name.push(c);
    }
    let name = name.trim_end_matches('.');
    match name {
        "" => "source".to_owned(),
        name if output::is_device_name(name) => format!("_{name}"),
        name => name.to_owned(),
    }
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
        let mark = output::hex_hash(path.as_bytes()).split_at(8).0.to_owned();
        // The third is named as the first one is with its mark.
        let names = folders(&[path, "/y/A", &format!("/z/a-{mark}")]);
        let distinct: BTreeSet<String> = names.iter().map(|name| on_any_system(name)).collect();
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

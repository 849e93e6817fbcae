//! From paths to logs: folders walked, files told by content, each file once.

use super::file::FileSource;
use super::shown::shown;
use super::{Evidence, Log, content};
use crate::error::{Error, Result};
use crate::model::{Finding, FindingCode};
use crate::progress::Progress;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// So many files are held open at most; a process may hold 256 on the strictest system.
const KEPT_OPEN: usize = 128;

/// A file that may be a log.
struct Candidate {
    shown: String,
    path: PathBuf,
    /// Given by name or named `.evtx`: that it is no log must be said.
    claimed: bool,
}

#[derive(Default)]
struct Search {
    /// By resolved path, so that a file named twice is read once.
    candidates: BTreeMap<PathBuf, Candidate>,
    findings: Vec<Finding>,
    /// The first given path that could not be looked at.
    unreadable: Option<(PathBuf, io::Error)>,
}

pub(super) fn search(paths: &[PathBuf], progress: &dyn Progress) -> Result<Evidence> {
    let mut search = Search::default();
    for path in paths {
        search.given(path);
    }
    let mut candidates: Vec<Candidate> =
        std::mem::take(&mut search.candidates).into_values().collect();
    candidates.sort_by(|a, b| a.shown.cmp(&b.shown));
    let mut logs = Vec::new();
    for candidate in candidates {
        logs.extend(search.open(candidate, logs.len() < KEPT_OPEN));
        progress.finding(logs.len());
    }
    search.findings.sort();
    search.findings.dedup();
    if logs.is_empty() {
        return Err(search.nothing_found(paths));
    }
    Ok(Evidence { logs, findings: search.findings })
}

impl Search {
    fn given(&mut self, path: &Path) {
        // Follows a link: whoever gives it means what it leads to.
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => self.folder(path),
            Ok(meta) if meta.is_file() => self.candidate(path.to_owned(), true),
            Ok(_) => self.no_regular_file(path),
            Err(error) => {
                self.unreadable(path, &error);
                self.unreadable.get_or_insert((path.to_owned(), error));
            }
        }
    }

    fn folder(&mut self, folder: &Path) {
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    self.unreadable(&folder, &error);
                    continue;
                }
            };
            for entry in entries {
                match entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))) {
                    Ok((path, kind)) if kind.is_dir() => folders.push(path),
                    Ok((path, kind)) if kind.is_file() => {
                        let claimed = is_named_evtx(&path);
                        self.candidate(path, claimed);
                    }
                    Ok((path, kind)) if is_named_evtx(&path) => {
                        if kind.is_symlink() {
                            self.link(&path);
                        } else {
                            self.no_regular_file(&path);
                        }
                    }
                    Ok(_) => {}
                    Err(error) => self.unreadable(&folder, &error),
                }
            }
        }
    }

    fn candidate(&mut self, path: PathBuf, claimed: bool) {
        let resolved = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let shown = shown(&path);
        match self.candidates.entry(resolved) {
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert(Candidate { shown, path, claimed });
            }
            std::collections::btree_map::Entry::Occupied(mut slot) => {
                let known = slot.get_mut();
                known.claimed |= claimed;
                // The same name whatever the order of the arguments.
                if shown < known.shown {
                    (known.shown, known.path) = (shown, path);
                }
            }
        }
    }

    fn open(&mut self, candidate: Candidate, keep: bool) -> Option<Log> {
        let Candidate { shown, path, claimed } = candidate;
        let found = FileSource::open(path.clone())
            .and_then(|source| Ok((content::first_chunk(&source, claimed)?, source)));
        match found {
            Ok((Some(first_chunk), source)) => {
                let source = if keep { source } else { source.closed_between_reads() };
                Some(Log { path: shown, first_chunk, source: Box::new(source) })
            }
            Ok((None, source)) => {
                if claimed {
                    let message = format!("{shown}: no event log: {}", content::why_not(&source));
                    self.findings.push(Finding::new(FindingCode::NotAnEventLog, message));
                }
                None
            }
            Err(error) => {
                self.unreadable(&path, &error);
                None
            }
        }
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        let message = format!("{}: cannot be read: {error}", shown(path));
        self.findings.push(Finding::new(FindingCode::SourceUnreadable, message));
    }

    fn link(&mut self, path: &Path) {
        let message = format!(
            "{}: a symbolic link inside of evidence is not followed; to read what it leads to, \
             give that path itself",
            shown(path)
        );
        self.findings.push(Finding::new(FindingCode::SourceUnreadable, message));
    }

    fn no_regular_file(&mut self, path: &Path) {
        let message = format!("{}: no event log: it is no regular file", shown(path));
        self.findings.push(Finding::new(FindingCode::NotAnEventLog, message));
    }

    fn nothing_found(self, paths: &[PathBuf]) -> Error {
        match (self.unreadable, paths) {
            (Some((path, source)), [_]) => Error::Evidence { path, source },
            _ => {
                let given: Vec<String> = paths.iter().map(|path| shown(path)).collect();
                let why = self.findings.first().map(|finding| format!(" ({})", finding.message));
                Error::NoEvidence(given.join(", ") + &why.unwrap_or_default())
            }
        }
    }
}

fn is_named_evtx(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("evtx"))
}

#[cfg(test)]
mod tests;

//! From paths to logs: folders walked, files told by content, each file once.

use super::containers::Container;
use super::file::FileSource;
use super::shown::shown;
use super::{Evidence, Log, Memory, Settings, Source, content};
use crate::error::Error;
use crate::model::{Finding, FindingCode};
use crate::progress::Progress;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

/// What is larger is no log, but a disk that is not understood: looking for chunks all through it
/// would take hours. Windows' own limit is 4 GiB.
const LARGEST_LOG: u64 = 64 << 30;

/// A file that may be a log.
struct Candidate {
    shown: String,
    path: PathBuf,
    /// Given by name or named `.evtx`: that it is no log must be said.
    claimed: bool,
    /// Given by name.
    given: bool,
}

/// Finds every log below the given files and folders, also inside of disk images and zip archives.
///
/// A log is told by its content, whatever its name. A path that was given, or that is named
/// `.evtx`, but holds no log, cannot be read or does not exist becomes a finding. Symbolic links
/// are followed only when they are given themselves: a link inside of evidence may lead out of it.
///
/// Images and archives are found, but not opened: whoever opens few at a time needs memory and open
/// files for these only, however many there are.
pub struct Search<'a> {
    paths: &'a [PathBuf],
    memory: &'a Memory,
    /// By resolved path, so that a file named twice is read once.
    candidates: BTreeMap<PathBuf, Candidate>,
    /// Files that are logs themselves.
    loose: Vec<Log>,
    containers: Vec<Container>,
    /// What could not be read on the way.
    pub findings: Vec<Finding>,
    /// The first given path that could not be looked at.
    unreadable: Option<(PathBuf, io::Error)>,
}

impl<'a> Search<'a> {
    /// Looks at every file below `paths`, but not into images and archives.
    pub fn new(paths: &'a [PathBuf], memory: &'a Memory, progress: &dyn Progress) -> Search<'a> {
        let mut search = Search {
            paths,
            memory,
            candidates: BTreeMap::new(),
            loose: Vec::new(),
            containers: Vec::new(),
            findings: Vec::new(),
            unreadable: None,
        };
        for path in paths {
            search.given(path);
        }
        let mut candidates: Vec<Candidate> =
            std::mem::take(&mut search.candidates).into_values().collect();
        candidates.sort_by(|a, b| a.shown.cmp(&b.shown));
        for candidate in candidates {
            let log = search.open(candidate);
            search.loose.extend(log);
            progress.finding(search.loose.len());
        }
        search.containers = Container::whole(std::mem::take(&mut search.containers));
        search
    }

    /// What was found, once: all files that are logs themselves, then each image and archive.
    pub fn sources(&mut self) -> Vec<Unopened> {
        let loose = std::mem::take(&mut self.loose);
        let loose = (!loose.is_empty()).then_some(Unopened::Logs(loose));
        let containers = std::mem::take(&mut self.containers);
        loose.into_iter().chain(containers.into_iter().map(Unopened::Container)).collect()
    }

    /// Why there is nothing to read, when no log was found; `findings`: what was said on the way.
    pub fn nothing_found(self, findings: &[Finding]) -> Error {
        match (self.unreadable, self.paths) {
            (Some((path, source)), [_]) => Error::Evidence { path, source },
            (_, paths) => {
                let given: Vec<String> = paths.iter().map(|path| shown(path)).collect();
                let why = findings.iter().min().map(|finding| format!(" ({})", finding.message));
                Error::NoEvidence(given.join(", ") + &why.unwrap_or_default())
            }
        }
    }

    fn given(&mut self, path: &Path) {
        // Follows a link: whoever gives it means what it leads to.
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => self.folder(path),
            Ok(meta) if meta.is_file() => self.candidate(path.to_owned(), true, true),
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
                        self.candidate(path, claimed, false);
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

    fn candidate(&mut self, path: PathBuf, claimed: bool, given: bool) {
        let resolved = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let shown = shown(&path);
        match self.candidates.entry(resolved) {
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert(Candidate { shown, path, claimed, given });
            }
            std::collections::btree_map::Entry::Occupied(mut slot) => {
                let known = slot.get_mut();
                known.claimed |= claimed;
                known.given |= given;
                // The same name whatever the order of the arguments.
                if shown < known.shown {
                    (known.shown, known.path) = (shown, path);
                }
            }
        }
    }

    fn open(&mut self, candidate: Candidate) -> Option<Log> {
        let path = candidate.path.clone();
        self.look(candidate).unwrap_or_else(|error| {
            self.unreadable(&path, &error);
            None
        })
    }

    /// Tells what a file is: a log by its beginning, a container, or a log by any of its chunks.
    /// In this order, because the chunks of logs in a disk image may lie as those of a log do.
    fn look(&mut self, candidate: Candidate) -> io::Result<Option<Log>> {
        let Candidate { shown, path, claimed, given } = candidate;
        let source = FileSource::open(path.clone())?.open_if(self.memory.keep_open());
        let source: Arc<dyn Source> = Arc::new(source);
        let mut first_chunk = content::first_chunk(&*source, false)?;
        if first_chunk.is_none() {
            if let Some(container) = Container::look(&path, &shown, &source, given)? {
                self.containers.push(container);
                return Ok(None);
            }
            if claimed && source.size() <= LARGEST_LOG {
                first_chunk = content::first_chunk(&*source, true)?;
            }
        }
        if first_chunk.is_none() && claimed {
            let message = format!("{shown}: no event log: {}", content::why_not(&*source));
            self.findings.push(Finding::new(FindingCode::NotAnEventLog, message));
        }
        Ok(first_chunk.map(|first| Log::new(shown, first, Box::new(source))))
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
}

/// One source of logs that was found.
pub enum Unopened {
    /// Files that are logs themselves.
    Logs(Vec<Log>),
    /// An image or archive.
    Container(Container),
}

impl Unopened {
    /// Everything that is in it.
    pub fn open(self, settings: &Settings, memory: &Memory) -> Evidence {
        match self {
            Unopened::Logs(logs) => Evidence::from(logs),
            Unopened::Container(container) => container.read(settings, memory),
        }
    }

    /// The path of an image or archive as shown.
    pub fn container(&self) -> Option<&str> {
        match self {
            Unopened::Logs(_) => None,
            Unopened::Container(container) => Some(container.shown()),
        }
    }
}

fn is_named_evtx(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("evtx"))
}

#[cfg(test)]
mod tests;

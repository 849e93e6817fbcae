//! From given paths to logs, images and archives: folders are walked, files are identified by their
//! content, and each file is taken once.

use super::archives::{format_of, is_named_archive, is_part_of_split_zip};
use super::case_folder::{self, FoundCase, StoredCase};
use super::container::{ContainerFile, file_name};
use super::fleet_parts::FleetParts;
use super::found::Found;
use super::given::GivenPaths;
use super::identify::{self, Identity, LogSearch};
use super::images::{ImageFolder, is_named_image};
use super::local_file::LocalFile;
use super::log_file::LogFile;
use super::memory::Memory;
use super::open::PendingSource;
use super::read_at::ReadAt;
use super::read_counter::ReadCounter;
use super::unread::{Relevance, UnreadFormat, is_shadow_of_macos, no_known_archive, no_known_disk};
use crate::error::{Error, advice};
use crate::model::case_files::{EVENTS_FILE, PAGES_FOLDER};
use crate::model::{EventSet, Finding, FindingCode};
use crate::progress::Progress;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf, Prefix};
use std::sync::Arc;
use std::{fs, io};

/// A file that may be a log.
struct Candidate {
    display_path: String,
    path: PathBuf,
    claim: Claim,
    relevance: Relevance,
    /// The numbers of the given paths that lead to it.
    given: BTreeSet<usize>,
}

/// Whether somebody says that a file is evidence. That a claimed file is no log must become a
/// finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// It only lies below a given folder.
    Nobody,
    /// It is named `.evtx`.
    Name,
    /// The user gave this very file.
    User,
}

/// Finds every log below the given files and folders, also inside of disk images and zip archives.
///
/// A log is identified by its content, whatever its name. A path that was given, or that is named
/// `.evtx`, but holds no log, cannot be read or does not exist becomes a finding. Symbolic links
/// are followed only when they are given themselves: a link inside of evidence may lead out of it.
///
/// Images and archives are found, but not opened: a caller that opens few at a time needs memory and
/// open files for these only, however many there are.
pub(crate) struct Discovery<'a> {
    given: &'a GivenPaths,
    memory: &'a Memory,
    /// By resolved path, so that a file named twice is read once.
    candidates: BTreeMap<PathBuf, Candidate>,
    /// Files that are logs themselves.
    logs: Vec<LogFile>,
    containers: Vec<ContainerFile>,
    /// Cases that are read instead of their logs, by resolved path.
    cases: BTreeMap<PathBuf, StoredCase>,
    parts: FleetParts,
    found: Found,
    /// The number of the given path that is looked at.
    number: usize,
    /// What could not be read.
    pub(crate) findings: Vec<Finding>,
    /// The first given path that could not be opened, and why.
    first_unreadable: Option<(PathBuf, io::Error)>,
}

impl<'a> Discovery<'a> {
    /// Identifies every file below the given paths.
    pub(crate) fn new(
        given: &'a GivenPaths,
        memory: &'a Memory,
        progress: &dyn Progress,
    ) -> Discovery<'a> {
        let mut discovery = Discovery {
            given,
            memory,
            candidates: BTreeMap::new(),
            logs: Vec::new(),
            containers: Vec::new(),
            cases: BTreeMap::new(),
            parts: FleetParts::default(),
            found: Found::default(),
            number: 0,
            findings: Vec::new(),
            first_unreadable: None,
        };
        for (number, path) in given.paths.iter().enumerate() {
            discovery.number = number;
            let findings = discovery.findings.len();
            discovery.add_given(path);
            if discovery.findings.len() > findings {
                discovery.found.note([number]);
            }
        }
        discovery.findings.extend(discovery.parts.findings(|path| given.name_of(path)));
        let mut candidates: Vec<Candidate> =
            std::mem::take(&mut discovery.candidates).into_values().collect();
        candidates.sort_by(|a, b| a.display_path.cmp(&b.display_path));
        for candidate in candidates {
            discovery.take(candidate);
            progress.finding(discovery.logs.len());
        }
        let whole = ContainerFile::without_parts(std::mem::take(&mut discovery.containers));
        discovery.found.are_read(&whole);
        discovery.containers = ContainerFile::with_all_disks(whole);
        discovery
    }

    /// Identifies a file, and notes what was found where it was given.
    fn take(&mut self, candidate: Candidate) {
        let Candidate { path, claim, given, .. } = &candidate;
        let (path, given) = (path.clone(), given.clone());
        // A given file that is of no use by itself, such as a part of another file, needs no finding of its own.
        let is_given = *claim == Claim::User;
        let before = (self.logs.len(), self.findings.len(), self.containers.len());
        match self.identify(candidate) {
            Ok(log) => self.logs.extend(log),
            Err(error) => self.unreadable(&path, &error),
        }
        if let Some(container) = self.containers.get(before.2) {
            self.found.note_container(&given, &container.display_path);
        } else if is_given || (self.logs.len(), self.findings.len()) != (before.0, before.1) {
            self.found.note(given);
        }
    }

    /// A finding for each given path where there is no log, after all was read: the user gave each of them as
    /// evidence.
    pub(crate) fn given_without_logs(&self, all: &EventSet) -> Vec<Finding> {
        let nothing = self.found.nothing_at(self.given.paths.len(), all);
        let paths = nothing.into_iter().filter_map(|number| self.given.paths.get(number));
        let paths: BTreeSet<&PathBuf> = paths.collect();
        let finding = |path: &PathBuf| {
            let message = format!("{}: no event log was found in it", self.given.name_of(path));
            Finding::new(FindingCode::NotAnEventLog, message)
        };
        paths.into_iter().map(finding).collect()
    }

    /// Takes what was found: all files that are logs themselves, then each image and archive.
    pub(crate) fn sources(&mut self) -> Vec<PendingSource> {
        let logs = std::mem::take(&mut self.logs);
        let logs = (!logs.is_empty()).then_some(PendingSource::Logs(logs));
        let containers = std::mem::take(&mut self.containers).into_iter();
        let containers = containers.map(PendingSource::Container);
        logs.into_iter().chain(containers).collect()
    }

    /// Takes the cases that are read instead of their logs, by the paths of their folders.
    pub(crate) fn cases(&mut self) -> Vec<StoredCase> {
        let mut cases: Vec<StoredCase> = std::mem::take(&mut self.cases).into_values().collect();
        cases.sort();
        cases
    }

    /// The first evidence by path that is a log, an image or an archive, as the output calls it.
    pub(crate) fn first_that_is_no_case(&self) -> Option<String> {
        let logs = self.logs.iter().map(|log| &log.path);
        logs.chain(self.containers.iter().map(|file| &file.display_path)).min().cloned()
    }

    /// The error for a run that found no log; `findings` say what was found instead.
    pub(crate) fn nothing_found(self, findings: &[Finding]) -> Error {
        match (self.first_unreadable, self.given.paths.as_slice()) {
            (Some((path, source)), [_]) => Error::Evidence { path, source },
            (_, paths) => {
                let given: Vec<String> =
                    paths.iter().map(|path| self.given.name_of(path)).collect();
                let given = given.join(", ");
                let why = findings.iter().min().map(|finding| {
                    // A message that begins with the given path need not repeat it.
                    let message = &finding.message;
                    let rest =
                        message.strip_prefix(&given).and_then(|rest| rest.strip_prefix(": "));
                    format!(" ({})", rest.unwrap_or(message))
                });
                Error::NoEvidence(given + &why.unwrap_or_default())
            }
        }
    }

    fn add_given(&mut self, path: &Path) {
        // This follows a link: a user who gives one means what it leads to.
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => self.walk(path),
            Ok(meta) if meta.is_file() && !is_windows_device(path) => {
                // A user who gives a file of a case means the case.
                if is_events_file(path)
                    && path.parent().is_some_and(|case| self.add_case(case, true))
                {
                    return;
                }
                self.add_candidate(path.to_owned(), Claim::User, Relevance::Evidence);
            }
            Ok(_) => self.no_regular_file(path),
            Err(_) if is_windows_device(path) => self.no_regular_file(path),
            Err(error) => {
                self.unreadable(path, &error);
                self.first_unreadable.get_or_insert((path.to_owned(), error));
            }
        }
    }

    fn walk(&mut self, given: &Path) {
        let mut folders = vec![given.to_owned()];
        let (mut of_cases, mut empty) = (BTreeSet::new(), Vec::new());
        while let Some(folder) = folders.pop() {
            if self.add_case(&folder, folder == given) {
                of_cases.extend(folder.parent().map(Path::to_owned));
                continue;
            }
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    self.unreadable(&folder, &error);
                    continue;
                }
            };
            let mut names = BTreeSet::new();
            for entry in entries {
                names.extend(entry.iter().map(|entry| entry.file_name()));
                match entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))) {
                    Ok((path, kind)) if kind.is_dir() => folders.push(path),
                    Ok((path, kind)) if kind.is_file() => {
                        let claim = if is_named_evtx(&path) { Claim::Name } else { Claim::Nobody };
                        let below = path.strip_prefix(given).unwrap_or(&path);
                        let relevance = Relevance::of(&below.to_string_lossy());
                        self.add_candidate(path, claim, relevance);
                    }
                    Ok((path, kind)) if is_named_evtx(&path) => {
                        if kind.is_symlink() {
                            self.link_not_followed(&path);
                        } else {
                            self.no_regular_file(&path);
                        }
                    }
                    Ok(_) => {}
                    Err(error) => self.unreadable(&folder, &error),
                }
            }
            if is_unfinished_case(&folder, &names) {
                of_cases.extend(folder.parent().map(Path::to_owned));
                self.findings.push(case_folder::unfinished(&self.given.name_of(&folder)));
            } else if names.is_empty() && folder != given {
                empty.push(folder);
            }
        }
        // A run that was killed while it read leaves the folder that it had made.
        for folder in empty
            .iter()
            .filter(|folder| folder.parent().is_some_and(|above| of_cases.contains(above)))
        {
            self.findings.push(case_folder::unfinished(&self.given.name_of(folder)));
        }
    }

    /// Takes the folder as a case, if it is one. `is_given`: its own path was given.
    fn add_case(&mut self, folder: &Path, is_given: bool) -> bool {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let Some(FoundCase { case, choices_of_part }) =
            case_folder::look(folder, || self.given.name_of(folder))
        else {
            return false;
        };
        self.found.note([self.number]);
        if let Some(choices) = choices_of_part {
            self.parts.note(folder, &choices, is_given);
        }
        let resolved = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        match case {
            Ok(case) => {
                let known = self.cases.entry(resolved).or_insert_with(|| case.clone());
                // The case must have the same name whatever the order of the arguments.
                if case < *known {
                    *known = case;
                }
            }
            Err(finding) => self.findings.push(finding),
        }
        true
    }

    fn add_candidate(&mut self, path: PathBuf, claim: Claim, relevance: Relevance) {
        let resolved = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let display_path = self.given.name_of(&path);
        match self.candidates.entry(resolved) {
            Entry::Vacant(slot) => {
                let given = BTreeSet::from([self.number]);
                slot.insert(Candidate { display_path, path, claim, relevance, given });
            }
            Entry::Occupied(mut slot) => {
                let known = slot.get_mut();
                known.claim = known.claim.max(claim);
                known.relevance = known.relevance.min(relevance);
                known.given.insert(self.number);
                // The file must have the same name whatever the order of the arguments.
                if display_path < known.display_path {
                    (known.display_path, known.path) = (display_path, path);
                }
            }
        }
    }

    /// Identifies a file: a log by its beginning, a container, a log by its slots, or a format that is
    /// not read. The order counts, because the chunks of logs in a disk image may lie as those of a log
    /// do.
    fn identify(&mut self, candidate: Candidate) -> io::Result<Option<LogFile>> {
        let Candidate { display_path, path, claim, .. } = &candidate;
        let is_given = *claim == Claim::User;
        let file = LocalFile::open(path.clone())?.keep_open_if(self.memory.keep_open());
        let source: Arc<dyn ReadAt> = Arc::new(file);
        let mut identity = identify::identify(&*source, LogSearch::Beginning)?;
        if !matches!(identity, Identity::Log(_)) {
            if let Some(container) = ContainerFile::detect(path, display_path, &source, is_given)? {
                self.containers.push(container);
                return Ok(None);
            }
            if *claim > Claim::Nobody {
                let search = LogSearch::by_name(display_path, LogSearch::MostSlots);
                identity = identify::identify(&*source, search)?;
            }
        }
        let Identity::Log(first_chunk) = identity else {
            self.no_log(&candidate, &*source, identity)?;
            return Ok(None);
        };
        Ok(Some(LogFile::new(candidate.display_path, first_chunk, Box::new(source))))
    }

    /// Reports a file that is no log if it could be evidence: by its claim, or by its content.
    fn no_log(
        &mut self,
        candidate: &Candidate,
        source: &dyn ReadAt,
        identity: Identity,
    ) -> io::Result<()> {
        let Candidate { display_path, path, claim, relevance, .. } = candidate;
        let mut head = [0; 4];
        source.read_at(0, &mut head)?;
        if is_shadow_of_macos(&path.to_string_lossy(), &head) {
            return Ok(());
        }
        let name = file_name(path);
        if name == EVENTS_FILE {
            self.findings.push(case_folder::without_run(display_path));
            return Ok(());
        }
        if is_part_of_split_zip(&name, &ImageFolder::of(path, ReadCounter::default())) {
            return Ok(());
        }
        if let Some(format) = UnreadFormat::of(source)? {
            self.findings.push(format.finding(display_path, *relevance));
        } else if *claim > Claim::Nobody || identity == Identity::ChunksAmongOtherData {
            let why = identify::why_no_log(source, identity);
            let message = format!("{display_path}: no event log: {why}");
            self.findings.push(Finding::new(FindingCode::NotAnEventLog, message));
        } else if format_of(source, &name)?.is_none() {
            if is_named_archive(&name) {
                self.findings.extend(no_known_archive(display_path, *relevance));
            } else if is_named_image(&name) {
                self.findings.push(no_known_disk(display_path, *relevance));
            }
        }
        Ok(())
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        let advice = advice(error).map(|advice| format!("; {advice}")).unwrap_or_default();
        let message = format!("{}: cannot be read: {error}{advice}", self.given.name_of(path));
        self.findings.push(Finding::new(FindingCode::SourceUnreadable, message));
    }

    fn link_not_followed(&mut self, path: &Path) {
        let message = format!(
            "{}: a symbolic link inside of evidence is not followed; to read what it leads to, \
             give that path itself",
            self.given.name_of(path)
        );
        self.findings.push(Finding::new(FindingCode::SourceUnreadable, message));
    }

    fn no_regular_file(&mut self, path: &Path) {
        let message = format!(
            "{}: no event log: it is a device or a pipe, not a file; give an image of the disk",
            self.given.name_of(path)
        );
        self.findings.push(Finding::new(FindingCode::NotAnEventLog, message));
    }
}

/// Are the files in a folder remainders of a case whose run was killed? If the run had finished its events file, the
/// finding about that file says so.
fn is_unfinished_case(folder: &Path, names: &BTreeSet<OsString>) -> bool {
    let is_left = |name: &OsString| name.to_str().is_some_and(case_folder::is_left_of_case);
    // The pages lie in a folder of the case.
    !folder.ends_with(PAGES_FOLDER)
        && !names.contains(OsStr::new(EVENTS_FILE))
        && names.iter().any(is_left)
}

fn is_events_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == EVENTS_FILE)
}

/// Whether this is a device by itself, such as `\\.\PhysicalDrive0`. Other systems have no such paths.
fn is_windows_device(path: &Path) -> bool {
    let mut parts = path.components();
    let Some(Component::Prefix(prefix)) = parts.next() else { return false };
    matches!(prefix.kind(), Prefix::DeviceNS(_)) && parts.all(|part| part == Component::RootDir)
}

fn is_named_evtx(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("evtx"))
}

#[cfg(test)]
mod tests;

//! Where a report is written: the case folder. Its files are written under temporary names and then
//! renamed, never into the evidence.

mod earlier_case;
mod evidence_paths;
mod page_folder;
mod run_json;
mod sources_file;
mod temporary_file;
#[cfg(test)]
mod tests;

pub use earlier_case::{EarlierCase, earlier_case};
pub use evidence_paths::EvidencePaths;
pub use run_json::{Choices, RunFacts};
pub use sources_file::{SOURCE_COLUMNS, SOURCES_FILE, write_sources};
pub use temporary_file::remove_unfinished;

use super::device_name::is_device_name;
use super::formats::{
    Format, Formats, OutputFile, OutputOptions, ReportInput, WriteReport, files_of_other_builds,
};
use super::totals::Totals;
use crate::error::{Error, Result};
use crate::model::Report;
use crate::model::case_files::{PAGES_FOLDER, RUN_FILE, is_temporary};
use crate::progress::Progress;
use page_folder::PageFolder;
use rayon::prelude::*;
use run_json::{FileSummary, write_run};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use temporary_file::{TemporaryFile, remove_stale, unfinished};

/// What a case folder is written with. `run.json` is always there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaseSettings {
    /// The formats of the report.
    pub formats: Formats,
    /// What each format takes into account.
    pub options: OutputOptions,
}

/// A folder that may be written to.
#[derive(Debug)]
pub struct CaseFolder {
    path: PathBuf,
    created: bool,
}

impl CaseFolder {
    /// Checks and makes the folder; call it before reading, so that a refusal comes early. Temporary
    /// files that an earlier run left there are removed.
    ///
    /// # Errors
    /// When it is the evidence or inside it, when it holds other files and `force` is not given, or
    /// when it cannot be made.
    pub fn prepare(path: &Path, evidence: &EvidencePaths, force: bool) -> Result<CaseFolder> {
        let refuse = |reason: &str| {
            Err(Error::OutputRefused { path: path.to_owned(), reason: reason.to_owned() })
        };
        if cfg!(windows) && path.iter().filter_map(|part| part.to_str()).any(is_device_name) {
            return refuse("Windows keeps this name for a device; choose another one");
        }
        let failed = |source| Error::Output { path: path.to_owned(), source };
        let target = resolve(path).map_err(failed)?;
        if let Some(reason) = evidence.refusal(&target) {
            return refuse(reason);
        }
        let created = match content_of(&target) {
            Ok(content) if content.others && !force => {
                return refuse(
                    "it is not empty; choose another folder, or give --force to replace an earlier case",
                );
            }
            Ok(content) => {
                remove_stale(&content.temporary);
                remove_stale(&page_folder::temporary_files(&target));
                false
            }
            Err(why) if why.kind() == io::ErrorKind::NotFound => {
                let mut unfinished = unfinished();
                fs::create_dir_all(&target).map_err(failed)?;
                unfinished.made_folder(&target);
                true
            }
            Err(why) if why.kind() == io::ErrorKind::NotADirectory => {
                return refuse("it is a file; give a folder");
            }
            Err(why) => return Err(failed(why)),
        };
        Ok(CaseFolder { path: target, created })
    }

    /// Takes the folder back when there is nothing to write into it.
    pub fn abandon(self) {
        if self.created {
            // Fails when somebody else put a file there, which is then theirs.
            let _ = fs::remove_dir(&self.path);
            unfinished().forget_folder(&self.path);
        }
    }

    /// Writes all files under temporary names, by the threads of the current pool, and renames them
    /// only when every one is complete; `run.json` comes last. A program that is interrupted meanwhile
    /// ends before the first file has its name or after the last one. Files of an earlier run are
    /// replaced, others are left alone.
    ///
    /// # Errors
    /// When a file cannot be written: then none has its final name and an earlier case is as it was.
    /// When a finished file cannot be renamed: then `run.json` is missing.
    pub fn write(
        &self,
        report: &Report,
        settings: &CaseSettings,
        facts: &RunFacts,
        found: Totals,
        progress: &dyn Progress,
    ) -> Result<()> {
        let input = ReportInput { report, found, options: settings.options };
        let write = |file: OutputFile| {
            progress.phase(&format!("writing {}", file.name));
            match &file.write {
                WriteReport::Stream(write) => {
                    TemporaryFile::write(&self.path, &file.name, &|out| write(&input, out))
                }
                WriteReport::File(write) => {
                    TemporaryFile::fill(&self.path, &file.name, &|path| write(&input, path))
                }
            }
        };
        let mut files = settings.formats.files();
        files.retain(|file| file.table.is_none_or(|table| table.is_of(report)));
        let mut pages = PageFolder::new(&self.path);
        let files = files.into_par_iter().with_max_len(1).map(write);
        let written = files.collect::<Result<Vec<_>>>()?;
        progress.phase("writing the pages of the computers");
        settings.formats.iter().try_for_each(|format| format.write_pages(&input, &pages))?;
        let written = written.into_iter().chain(pages.take_files());
        let (files, summaries): (Vec<TemporaryFile>, Vec<FileSummary>) = written.unzip();
        let (run, _) = TemporaryFile::write(&self.path, RUN_FILE, &|out| {
            write_run(report, facts, found, &summaries, out)
        })?;
        let mut unfinished = unfinished();
        // From here on, the folder is not complete until it has its new run.json.
        let is_written = |name: &str| summaries.iter().any(|file| file.name == name);
        for name in own_names().filter(|name| name == RUN_FILE || !is_written(name)) {
            remove(&self.path.join(name))?;
        }
        pages.remove_others(&summaries)?;
        files.iter().chain([&run]).try_for_each(|file| file.finish(&mut unfinished))?;
        pages.finish(&mut unfinished);
        unfinished.forget_folder(&self.path);
        // Dropping the files takes the lock again.
        drop(unfinished);
        Ok(())
    }
}

/// What is in a folder that is to become a case folder.
#[derive(Default)]
struct FolderContent {
    /// Files with temporary names of ours.
    temporary: Vec<PathBuf>,
    /// Whether there is anything else.
    others: bool,
}

/// # Errors
/// When the folder cannot be listed.
fn content_of(folder: &Path) -> io::Result<FolderContent> {
    let mut content = FolderContent::default();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let named_so =
            entry.file_name().to_str().is_some_and(|name| is_temporary(name, is_own_name));
        // A link of such a name is not ours.
        if named_so && entry.file_type()?.is_file() {
            content.temporary.push(entry.path());
        } else {
            content.others = true;
        }
    }
    Ok(content)
}

/// Whether a file has a name that we write or remove.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| is_own_name(name) || is_temporary(name, is_own_name))
}

/// Whether we write a file or folder of this name: in a case folder, or next to the case folders of a batch.
fn is_own_name(name: &str) -> bool {
    [SOURCES_FILE, PAGES_FOLDER].contains(&name) || own_names().any(|own| own == name)
}

/// The name of every file that a case folder can hold.
fn own_names() -> impl Iterator<Item = String> {
    let files = Format::ALL.iter().flat_map(|format| format.files()).map(|file| file.name);
    files.chain(files_of_other_builds()).chain([RUN_FILE.to_owned()])
}

/// Removes a file that need not be there.
///
/// # Errors
/// When it stays.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Error::Output { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// The absolute path without links, though its last parts need not exist.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut resolved = std::env::current_dir()?;
    for part in path.components() {
        match part {
            Component::CurDir => {}
            // What is resolved so far holds no link, so its parent is one name less.
            Component::ParentDir => {
                resolved.pop();
            }
            part => {
                resolved.push(part);
                if let Ok(real) = resolved.canonicalize() {
                    resolved = real;
                }
            }
        }
    }
    Ok(resolved)
}

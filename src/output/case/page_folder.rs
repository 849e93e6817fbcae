//! The folder with a page for each computer. Its pages are written as the files of a case are: under temporary names
//! first.

use super::run_json::FileSummary;
use super::temporary_file::{TemporaryFile, Unfinished, unfinished};
use crate::error::{Error, Result};
use crate::model::case_files::{PAGES_FOLDER, is_temporary};
use crate::output::formats::PageSink;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What the name of a page ends in. Each file of the folder that has this ending is ours.
const ENDING: &str = ".html";

/// The folder, made when its first page is written.
pub(super) struct PageFolder {
    case: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Whether the folder is known to be there.
    is_there: bool,
    files: Vec<(TemporaryFile, FileSummary)>,
}

impl PageFolder {
    pub(super) fn new(case: &Path) -> PageFolder {
        PageFolder { case: case.to_owned(), state: Mutex::default() }
    }

    fn path(&self) -> PathBuf {
        self.case.join(PAGES_FOLDER)
    }

    /// The pages that were written, in the order of their names.
    pub(super) fn take_files(&mut self) -> Vec<(TemporaryFile, FileSummary)> {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.files.sort_by(|(_, one), (_, other)| one.name.cmp(&other.name));
        std::mem::take(&mut state.files)
    }

    /// Removes the pages of an earlier case that are not among the files that were written.
    ///
    /// # Errors
    /// When one stays.
    pub(super) fn remove_others(&self, written: &[FileSummary]) -> Result<()> {
        let written: BTreeSet<&str> = written.iter().map(|file| &*file.name).collect();
        let is_page = |name: &str| name.ends_with(ENDING);
        for (name, path) in files_in(&self.path()) {
            if is_page(&name) && !written.contains(&*in_case(&name)) {
                fs::remove_file(&path).map_err(|source| Error::Output { path, source })?;
            }
        }
        Ok(())
    }

    /// The pages have their names. A folder without any goes.
    pub(super) fn finish(&self, unfinished: &mut Unfinished) {
        // Fails when it holds something, or is not there.
        let _ = fs::remove_dir(self.path());
        unfinished.forget_folder(&self.path());
    }

    /// Makes the folder, unless it is there. A link in its place would lead somewhere else.
    ///
    /// # Errors
    /// When it cannot be made.
    fn make(&self, state: &mut State) -> Result<()> {
        if state.is_there {
            return Ok(());
        }
        let path = self.path();
        let mut unfinished = unfinished();
        match fs::create_dir(&path) {
            Ok(()) => unfinished.made_folder(&path),
            Err(_) if fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir()) => {}
            Err(source) => return Err(Error::Output { path, source }),
        }
        state.is_there = true;
        Ok(())
    }
}

impl PageSink for PageFolder {
    fn page(&self, name: &str, write: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let name = format!("{name}{ENDING}");
        self.make(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))?;
        let (file, mut summary) = TemporaryFile::write(&self.path(), &name, write)?;
        summary.name = in_case(&name);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.files.push((file, summary));
        Ok(())
    }
}

/// What a failed run leaves goes.
impl Drop for PageFolder {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.files.clear();
        if state.is_there {
            // Fails when it holds finished pages.
            let _ = fs::remove_dir(self.case.join(PAGES_FOLDER));
        }
    }
}

/// The name of a page as run.json has it.
fn in_case(page: &str) -> String {
    format!("{PAGES_FOLDER}/{page}")
}

/// Pages under temporary names that a run left which was killed.
pub(super) fn temporary_files(case: &Path) -> Vec<PathBuf> {
    let is_page = |name: &str| name.ends_with(ENDING);
    let folder = case.join(PAGES_FOLDER);
    let files = files_in(&folder);
    files.filter(|(name, _)| is_temporary(name, is_page)).map(|(_, path)| path).collect()
}

/// The files of a folder that is no link, each with its name; none where it is not there.
fn files_in(folder: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    let is_folder = fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir());
    let entries = is_folder.then(|| fs::read_dir(folder).ok()).flatten();
    let files = entries.into_iter().flatten().flatten();
    let files = files.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    files.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
}

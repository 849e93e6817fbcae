//! Files that are written under a temporary name and then renamed: a file that has its final name is
//! complete.

use super::run_json::FileSummary;
use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The files that are not finished, for whoever ends the program early.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes unfinished files and keeps any more from being made or finished: for the last act of
/// a program that was interrupted. The guard must be held until the process ends.
pub fn remove_unfinished() -> impl Drop {
    let guard = unfinished();
    for path in guard.iter() {
        let _ = fs::remove_file(path);
    }
    guard
}

/// What the temporary names for this file begin with; 16 hexadecimal digits and [`ENDING`] follow.
fn beginning(name: &str) -> String {
    format!(".{name}.")
}

/// The end of temporary names.
const ENDING: &str = ".tmp";

/// Removes what a run that was killed has left of this file. Whoever writes into a folder at the same time
/// would replace the file anyway.
fn remove_stale(folder: &Path, name: &str, in_use: &[PathBuf]) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let own = path.file_name().map(|own| own.to_string_lossy()).unwrap_or_default();
        let between = own.strip_prefix(&beginning(name)).and_then(|own| own.strip_suffix(ENDING));
        let is_ours = between.is_some_and(|between| {
            between.len() == 16 && between.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        if is_ours && !in_use.contains(&path) {
            let _ = fs::remove_file(path);
        }
    }
}

/// A file under a temporary name, removed unless it is finished.
pub(super) struct TemporaryFile {
    path: PathBuf,
    final_path: PathBuf,
}

impl TemporaryFile {
    /// Writes a file for `folder/name`. It has its final name only after [`TemporaryFile::finish`].
    ///
    /// # Errors
    /// When it cannot be written: then it is removed.
    pub(super) fn write(
        folder: &Path,
        name: &str,
        writer: &dyn Fn(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(TemporaryFile, FileSummary)> {
        let final_path = folder.join(name);
        let failed = |source| Error::Output { path: final_path.clone(), source };
        let (file, temporary_file) = {
            let mut unfinished = unfinished();
            remove_stale(folder, name, &unfinished);
            // By chance, not by the number of the process: in a container that is 1 in every run.
            let chance = RandomState::new().hash_one(name);
            let path = folder.join(format!("{}{chance:016x}{ENDING}", beginning(name)));
            // Never through a link or into a file that is there already.
            let file =
                OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
            unfinished.push(path.clone());
            (file, TemporaryFile { path, final_path: final_path.clone() })
        };
        let hashing = HashingFile { file, sha256: Sha256::new(), size: 0 };
        let mut out = BufWriter::with_capacity(1 << 16, hashing);
        writer(&mut out).map_err(failed)?;
        let out = out.into_inner().map_err(|error| failed(error.into_error()))?;
        out.file.sync_all().map_err(failed)?;
        let sha256 = out.sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((temporary_file, FileSummary { name: name.to_owned(), size: out.size, sha256 }))
    }

    /// Gives the file its final name, in place of another file of that name.
    ///
    /// # Errors
    /// When it cannot be renamed: then it is removed.
    pub(super) fn finish(self) -> Result<()> {
        let mut unfinished = unfinished();
        let renamed = fs::rename(&self.path, &self.final_path);
        if renamed.is_ok() {
            unfinished.retain(|path| *path != self.path);
        }
        // Dropping `self` takes the lock again.
        drop(unfinished);
        renamed.map_err(|source| Error::Output { path: self.final_path.clone(), source })
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let mut unfinished = unfinished();
        if unfinished.contains(&self.path) {
            let _ = fs::remove_file(&self.path);
            unfinished.retain(|path| *path != self.path);
        }
    }
}

/// Writes and hashes in one pass.
struct HashingFile {
    file: File,
    sha256: Sha256,
    size: u64,
}

impl Write for HashingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.sha256.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

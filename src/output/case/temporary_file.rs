//! Files that are written under a temporary name and then renamed: a file that has its final name is
//! complete.

use super::run_json::FileSummary;
use crate::error::{Error, Result};
use crate::model::case_files::{RANDOM_DIGITS, TEMPORARY};
use crate::model::hex;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What this process has made and not finished, for whoever ends the program early.
static UNFINISHED: Mutex<Unfinished> =
    Mutex::new(Unfinished { files: BTreeSet::new(), folders: Vec::new() });

/// Files and folders that are not finished.
pub(super) struct Unfinished {
    files: BTreeSet<PathBuf>,
    /// Those that this process has made, the outer ones first.
    folders: Vec<PathBuf>,
}

/// As long as the guard is held, a program that is interrupted does not end.
pub(super) fn unfinished() -> MutexGuard<'static, Unfinished> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes unfinished files and the case folders that hold nothing yet, and keeps any more from being
/// made or finished: for the last act of a program that was interrupted. The guard must be held until
/// the process ends.
pub fn remove_unfinished() -> impl Drop {
    let guard = unfinished();
    for path in &guard.files {
        let _ = fs::remove_file(path);
    }
    for path in guard.folders.iter().rev() {
        // Fails when it holds something, which then stays.
        let _ = fs::remove_dir(path);
    }
    guard
}

impl Unfinished {
    /// This process has made the folder.
    pub(super) fn made_folder(&mut self, path: &Path) {
        self.folders.push(path.to_owned());
    }

    /// The folder is complete, or was taken back.
    pub(super) fn forget_folder(&mut self, path: &Path) {
        self.folders.retain(|folder| folder != path);
    }
}

/// A name that no other run has, though process numbers repeat: in a container every run is process 1.
fn temporary_name(name: &str) -> String {
    // The standard library gives its hash maps keys from the random numbers of the system.
    let random = RandomState::new().hash_one(name);
    format!(".{name}.{random:0RANDOM_DIGITS$x}{TEMPORARY}")
}

/// Removes temporary files that a run left which was killed. Those that this process is writing stay.
pub(super) fn remove_stale(files: &[PathBuf]) {
    let unfinished = unfinished();
    for path in files.iter().filter(|path| !unfinished.files.contains(*path)) {
        // One that cannot be removed is in nobody's way.
        let _ = fs::remove_file(path);
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
        let (file, temporary_file) = TemporaryFile::create(folder, name)?;
        let failed = |source| temporary_file.failed(source);
        let mut out = BufWriter::with_capacity(1 << 16, HashingWriter::new(file));
        writer(&mut out).map_err(failed)?;
        let out = out.into_inner().map_err(|error| failed(error.into_error()))?;
        out.inner.sync_all().map_err(failed)?;
        let summary = out.summary(name);
        Ok((temporary_file, summary))
    }

    /// As [`TemporaryFile::write`], for a writer that takes the path of an empty file.
    ///
    /// # Errors
    /// As there.
    pub(super) fn fill(
        folder: &Path,
        name: &str,
        writer: &dyn Fn(&Path) -> io::Result<()>,
    ) -> Result<(TemporaryFile, FileSummary)> {
        let (file, temporary_file) = TemporaryFile::create(folder, name)?;
        // Some systems let only one have it open.
        drop(file);
        let written = writer(&temporary_file.path).and_then(|()| {
            // What is to be made sure of must be open for writing, on Windows.
            let mut file = OpenOptions::new().read(true).write(true).open(&temporary_file.path)?;
            file.sync_all()?;
            let mut hashing = HashingWriter::new(io::sink());
            io::copy(&mut file, &mut hashing)?;
            Ok(hashing.summary(name))
        });
        let summary = written.map_err(|source| temporary_file.failed(source))?;
        Ok((temporary_file, summary))
    }

    /// Makes the file, empty.
    ///
    /// # Errors
    /// When it cannot be made.
    fn create(folder: &Path, name: &str) -> Result<(File, TemporaryFile)> {
        let temporary_file = TemporaryFile {
            path: folder.join(temporary_name(name)),
            final_path: folder.join(name),
        };
        let path = &temporary_file.path;
        let file = {
            let mut unfinished = unfinished();
            // Never through a link or into a file that is there already.
            let file = OpenOptions::new().write(true).create_new(true).open(path);
            file.inspect(|_| {
                unfinished.files.insert(path.clone());
            })
        };
        Ok((file.map_err(|source| temporary_file.failed(source))?, temporary_file))
    }

    /// It cannot be written.
    fn failed(&self, source: io::Error) -> Error {
        Error::Output { path: self.final_path.clone(), source }
    }

    /// Gives the file its final name, in place of another file of that name. The guard lets several
    /// files get their names without an interruption between them.
    ///
    /// # Errors
    /// When it cannot be renamed. It is removed when it is dropped, which takes the lock of the guard.
    pub(super) fn finish(&self, unfinished: &mut Unfinished) -> Result<()> {
        fs::rename(&self.path, &self.final_path)
            .map_err(|source| Error::Output { path: self.final_path.clone(), source })?;
        unfinished.files.remove(&self.path);
        Ok(())
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let mut unfinished = unfinished();
        if unfinished.files.remove(&self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes and hashes in one pass.
struct HashingWriter<W> {
    inner: W,
    sha256: Sha256,
    size: u64,
}

impl<W> HashingWriter<W> {
    fn new(inner: W) -> HashingWriter<W> {
        HashingWriter { inner, sha256: Sha256::new(), size: 0 }
    }

    /// Of all that was written.
    fn summary(self, name: &str) -> FileSummary {
        let sha256 = hex(&self.sha256.finalize());
        FileSummary { name: name.to_owned(), size: self.size, sha256 }
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write_all(bytes)?;
        self.sha256.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

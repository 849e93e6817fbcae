//! Files that are written aside and then renamed: what has its name is complete.

use super::run::Written;
use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Files that are not finished. Whoever ends the program early removes them.
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

/// A file under a temporary name, removed unless it is finished.
pub(super) struct Aside {
    temporary: PathBuf,
    last: PathBuf,
}

impl Aside {
    pub(super) fn write(
        folder: &Path,
        name: &str,
        writer: &dyn Fn(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(Aside, Written)> {
        let last = folder.join(name);
        let temporary = folder.join(format!(".{name}.{}.tmp", std::process::id()));
        let failed = |source| Error::Output { path: last.clone(), source };
        let (file, aside) = {
            let mut unfinished = unfinished();
            // Never through a link or into a file that is there already.
            let file =
                OpenOptions::new().write(true).create_new(true).open(&temporary).map_err(failed)?;
            unfinished.push(temporary.clone());
            (file, Aside { temporary, last: last.clone() })
        };
        let hashing = Hashing { file, sha256: Sha256::new(), size: 0 };
        let mut out = BufWriter::with_capacity(1 << 16, hashing);
        writer(&mut out).map_err(failed)?;
        let out = out.into_inner().map_err(|error| failed(error.into_error()))?;
        out.file.sync_all().map_err(failed)?;
        let sha256 = out.sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((aside, Written { name: name.to_owned(), size: out.size, sha256 }))
    }

    pub(super) fn finish(self) -> Result<()> {
        let mut unfinished = unfinished();
        let renamed = fs::rename(&self.temporary, &self.last);
        if renamed.is_ok() {
            unfinished.retain(|path| *path != self.temporary);
        }
        // Dropping `self` takes the lock again.
        drop(unfinished);
        renamed.map_err(|source| Error::Output { path: self.last.clone(), source })
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let mut unfinished = unfinished();
        if unfinished.contains(&self.temporary) {
            let _ = fs::remove_file(&self.temporary);
            unfinished.retain(|path| *path != self.temporary);
        }
    }
}

/// Writes and hashes in one pass.
struct Hashing {
    file: File,
    sha256: Sha256,
    size: u64,
}

impl Write for Hashing {
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

//! Files of the computer that runs the program.

use super::memory::OpenFilePermit;
use super::read_at::ReadAt;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// A file, read at any position by any thread. It is opened for reading only.
pub(super) struct LocalFile {
    path: PathBuf,
    size: u64,
    /// `None`: opened anew for each read, so that thousands of logs do not use up the number of
    /// files that a process may have open.
    open_file: Option<File>,
    _permit: Option<OpenFilePermit>,
}

impl LocalFile {
    /// Opens the file and keeps it open.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(super) fn open(path: PathBuf) -> io::Result<LocalFile> {
        let file = open_for_reading(&path)?;
        let size = file.metadata()?.len();
        Ok(LocalFile { path, size, open_file: Some(file), _permit: None })
    }

    /// Keeps the file open as long as the permit lasts; without one it is closed between reads.
    pub(super) fn keep_open_if(self, permit: Option<OpenFilePermit>) -> LocalFile {
        match permit {
            Some(permit) => LocalFile { _permit: Some(permit), ..self },
            None => self.closed_between_reads(),
        }
    }

    /// Closes the file between reads.
    pub(super) fn closed_between_reads(self) -> LocalFile {
        LocalFile { open_file: None, ..self }
    }
}

impl ReadAt for LocalFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn size_now(&self) -> io::Result<u64> {
        match &self.open_file {
            Some(file) => Ok(file.metadata()?.len()),
            None => Ok(std::fs::metadata(&self.path)?.len()),
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.open_file {
            Some(file) => read_until_full(file, offset, buffer),
            None => read_until_full(&open_for_reading(&self.path)?, offset, buffer),
        }
    }
}

/// Opens a file that others may go on reading, writing, renaming and removing meanwhile, as Windows does with its
/// own logs.
fn open_for_reading(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        /// FILE_SHARE_READ, FILE_SHARE_WRITE and FILE_SHARE_DELETE.
        const SHARE_ALL: u32 = 1 | 2 | 4;
        options.share_mode(SHARE_ALL);
    }
    options.open(path)
}

/// Reads until the buffer is full or the file ends.
fn read_until_full(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match read_some(file, offset + done as u64, rest) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

#[cfg(unix)]
fn read_some(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_some(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

/// Elsewhere a file has one position for all threads, so only one read at a time is done.
#[cfg(not(any(unix, windows)))]
fn read_some(mut file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    use std::io::{Read, Seek, SeekFrom};
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    file.seek(SeekFrom::Start(offset))?;
    file.read(buffer)
}

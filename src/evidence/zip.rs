//! Zip archives: the logs and images in them, told by content, without writing anything to disk.
//!
//! Entries that are only stored are read where they lie; others are unpacked into memory. What an
//! archive says of sizes is not believed: bytes are counted while they are unpacked.

use super::Source;
use super::bytes::has;
use super::held::Held;
use super::memory::{Memory, Turn};
use super::partition::Slice;
use super::zip_names::entry_name;
use super::{content, image};
use crate::model::{Finding, FindingCode};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

/// Archives in archives.
const MAX_DEPTH: usize = 4;
/// Enough of an entry to tell what it is: an event log without its file header begins with a chunk
/// at 4096.
const HEAD: u64 = 4096 + 512;
/// What an AFF4 image, which is a zip archive, says of itself.
const AFF4: &str = "information.turtle";
/// All entries of an archive together may unpack to this much for each of its bytes…
const RATIO: u64 = 200;
/// … and this much more: a log that was just made is nearly nothing but zeros, which pack a
/// thousandfold.
const ALLOWANCE: u64 = 4 << 30;
/// All that is unpacked of one archive may take this much memory…
const MAX_MEMORY: u64 = 4 << 30;
/// … and, while other archives are open as well, this much: for more it waits for its turn.
const SHARE: u64 = 256 << 20;

/// An entry that was found.
pub(super) struct Entry {
    /// Path as shown, with that of its archive before it.
    pub(super) path: String,
    /// Its name alone.
    pub(super) name: String,
    pub(super) source: Arc<dyn Source>,
    pub(super) kind: EntryKind,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    Log,
    /// Named `.evtx`, but without an event log's header or first chunk.
    ClaimedLog,
    /// A disk image, by its content or its name.
    Image,
}

/// Reads archives, one after the other.
pub(super) struct Unzip<'a> {
    password: Option<&'a str>,
    /// What was found, in the order of the archives.
    pub(super) entries: Vec<Entry>,
    /// What could not be read.
    pub(super) findings: Vec<Finding>,
    /// Taken when what was unpacked is more than a share.
    pub(super) turn: Option<Turn>,
    /// Bytes of memory taken by what was unpacked.
    held: u64,
    memory: Memory,
    limits: Limits,
}

struct Limits {
    ratio: u64,
    allowance: u64,
    memory: u64,
}

/// What may still be unpacked of one archive, with those inside of it.
struct Budget {
    total: u64,
    unpacked: u64,
}

/// What of an archive cannot be read for want of a password.
#[derive(Default)]
struct Locked {
    missing: usize,
    wrong: usize,
}

/// Whether `source` is a zip archive.
///
/// # Errors
/// When the medium fails.
pub(super) fn is_zip(source: &dyn Source) -> io::Result<bool> {
    let mut magic = [0; 4];
    source.read_at(0, &mut magic)?;
    Ok(is_zip_head(&magic))
}

fn is_zip_head(head: &[u8]) -> bool {
    has(head, 0, b"PK\x03\x04") || has(head, 0, b"PK\x05\x06")
}

impl<'a> Unzip<'a> {
    /// `password`: tried on entries that are encrypted.
    pub(super) fn new(password: Option<&'a str>, memory: Memory) -> Unzip<'a> {
        let limits = Limits { ratio: RATIO, allowance: ALLOWANCE, memory: MAX_MEMORY };
        let (entries, findings) = (Vec::new(), Vec::new());
        Unzip { password, entries, findings, turn: None, held: 0, memory, limits }
    }

    /// Reads the archive in `source`, which is shown as `shown`.
    pub(super) fn archive(&mut self, source: &Arc<dyn Source>, shown: &str) {
        let packed = source.size().saturating_mul(self.limits.ratio);
        let total = packed.saturating_add(self.limits.allowance);
        self.nested(source, shown, 0, &mut Budget { total, unpacked: 0 });
    }

    fn nested(&mut self, source: &Arc<dyn Source>, shown: &str, depth: usize, budget: &mut Budget) {
        if depth >= MAX_DEPTH {
            let message =
                format!("{shown}: archives in more than {MAX_DEPTH} archives are not read");
            return self.finding(FindingCode::ArchiveUnreadable, message);
        }
        let reader = Reader { source: Arc::clone(source), at: 0 };
        let mut archive = match ZipArchive::new(BufReader::with_capacity(1 << 16, reader)) {
            Ok(archive) => archive,
            Err(error) => {
                let message = format!("{shown}: the archive cannot be read: {error}");
                return self.finding(FindingCode::ArchiveUnreadable, message);
            }
        };
        if archive.index_for_name(AFF4).is_some() {
            let message = format!("{shown}: AFF4 images are not read; convert it, or export raw");
            return self.finding(FindingCode::ImageUnsupported, message);
        }
        if archive.has_duplicate_names() {
            let message = format!("{shown}: of entries of the same name only the last was read");
            self.finding(FindingCode::ArchiveUnreadable, message);
        }
        let mut locked = Locked::default();
        for index in 0..archive.len() {
            self.entry(source, &mut archive, index, shown, depth, budget, &mut locked);
            if budget.unpacked > budget.total {
                break;
            }
        }
        if budget.unpacked > budget.total && depth == 0 {
            let message = format!(
                "{shown}: refused after unpacking {} bytes of it, more than {} times its size",
                budget.unpacked, self.limits.ratio
            );
            self.finding(FindingCode::ZipBomb, message);
        }
        self.locked(shown, &locked);
    }

    #[allow(clippy::too_many_arguments, reason = "the state of one walk, used here alone")]
    fn entry(
        &mut self,
        source: &Arc<dyn Source>,
        archive: &mut ZipArchive<BufReader<Reader>>,
        index: usize,
        shown: &str,
        depth: usize,
        budget: &mut Budget,
        locked: &mut Locked,
    ) {
        let Ok(data) = archive.by_index_data(index) else { return };
        if !data.is_file() {
            return;
        }
        let name = data.name().unwrap_or_else(|_| String::from_utf8_lossy(data.name_raw()));
        let (name, encrypted) = (name.into_owned(), data.encrypted());
        let in_place = data.compression() == CompressionMethod::Stored && !encrypted;
        let size = data.size();
        let path = format!("{shown}/{}", entry_name(&name));
        if encrypted && self.password.is_none() {
            locked.missing += 1;
            return;
        }
        let password = self.password.filter(|_| encrypted);
        let opened = match password {
            Some(password) => archive.by_index_decrypt(index, password.as_bytes()),
            None => archive.by_index(index),
        };
        let mut file = match opened {
            Ok(file) => file,
            Err(ZipError::InvalidPassword) => {
                locked.wrong += 1;
                return;
            }
            Err(error) => return self.unreadable(&path, &name, &error.to_string()),
        };
        let mut head = Vec::new();
        if let Err(error) = file.by_ref().take(HEAD).read_to_end(&mut head) {
            let why = if encrypted { "is the password right? " } else { "" };
            return self.unreadable(&path, &name, &format!("{why}{error}"));
        }
        budget.unpacked = budget.unpacked.saturating_add(head.len() as u64);
        let Some(kind) = kind(&head, &name) else { return };
        let found: Arc<dyn Source> = match file.data_start().filter(|_| in_place) {
            Some(start) => Arc::new(Slice::new(Arc::clone(source), start, size)),
            None => {
                let (memory, held) = (self.limits.memory, self.held);
                let (turn, turns) = (&mut self.turn, &self.memory);
                let before = budget.unpacked - head.len() as u64;
                let grow = |size: u64, taken: u64| {
                    budget.unpacked = before.saturating_add(size);
                    let taken = held.saturating_add(taken);
                    if taken > memory {
                        return Err(io::ErrorKind::FileTooLarge.into());
                    }
                    if budget.unpacked > budget.total {
                        return Err(io::ErrorKind::QuotaExceeded.into());
                    }
                    if taken > SHARE {
                        turn.get_or_insert_with(|| turns.turn());
                    }
                    Ok(())
                };
                let (unpacked, read) = Held::read_from(&mut head.as_slice().chain(file), grow);
                match read.map_err(|error| (error.kind(), error)) {
                    Ok(()) => {}
                    // Said by the caller, once.
                    Err((io::ErrorKind::QuotaExceeded, _)) => return,
                    Err((io::ErrorKind::FileTooLarge, _)) => {
                        let message = "it takes more memory unpacked than is given to archives; \
                                       unpack it and give the files";
                        return self.unreadable(&path, ".evtx", message);
                    }
                    Err((_, error)) => {
                        let message =
                            format!("only {} bytes can be read: {error}", unpacked.size());
                        self.unreadable(&path, ".evtx", &message);
                    }
                }
                self.held = self.held.saturating_add(unpacked.memory());
                Arc::new(unpacked)
            }
        };
        match kind {
            Found::Archive => self.nested(&found, &path, depth + 1, budget),
            Found::Entry(kind) => self.entries.push(Entry { path, name, source: found, kind }),
        }
    }

    fn locked(&mut self, shown: &str, locked: &Locked) {
        if locked.missing > 0 {
            let message =
                format!("{shown}: {} entries are encrypted and need a password", locked.missing);
            self.finding(FindingCode::ZipEncrypted, message);
        }
        if locked.wrong > 0 {
            let message = format!("{shown}: the password is wrong for {} entries", locked.wrong);
            self.finding(FindingCode::ZipEncrypted, message);
        }
    }

    /// Says that an entry cannot be read, if its name makes it evidence.
    fn unreadable(&mut self, path: &str, name: &str, why: &str) {
        if is_named(name, &["evtx", "zip"]) || is_named_image(name) {
            let message = format!("{path}: cannot be read from its archive: {why}");
            self.finding(FindingCode::ArchiveUnreadable, message);
        }
    }

    fn finding(&mut self, code: FindingCode, message: String) {
        self.findings.push(Finding::new(code, message));
    }
}

enum Found {
    Entry(EntryKind),
    Archive,
}

/// What an entry is that begins with `head`; `None`: nothing of interest.
fn kind(head: &[u8], name: &str) -> Option<Found> {
    let is_log = content::first_chunk(&Held::from(head.to_vec()), false);
    if matches!(is_log, Ok(Some(_))) {
        Some(Found::Entry(EntryKind::Log))
    } else if is_named(name, &["evtx"]) {
        Some(Found::Entry(EntryKind::ClaimedLog))
    } else if is_zip_head(head) {
        Some(Found::Archive)
    } else if image::is_container(head) || is_named_image(name) {
        Some(Found::Entry(EntryKind::Image))
    } else {
        None
    }
}

/// Images that are told by their end or their partitions, which are not at hand yet.
fn is_named_image(name: &str) -> bool {
    is_named(name, &["vhd", "vhdx", "raw", "dd", "img", "e01", "vmdk", "qcow2", "vdi"])
}

fn is_named(name: &str, endings: &[&str]) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// A source as the crate wants it.
struct Reader {
    source: Arc<dyn Source>,
    at: u64,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.source.read_at(self.at, buffer)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.source.size().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests;

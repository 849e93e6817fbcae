//! What all archive formats share: entries are identified, unpacked within limits, and archives
//! inside of archives are followed.
//!
//! Entries that are only stored are read where they lie; others are unpacked into memory. What an
//! archive says of sizes is not believed: bytes are counted while they are unpacked.

use super::decoder_memory::DecoderMemory;
use super::entry_content::{EntryContent, EntryKind, PartsFound};
use crate::evidence::images::is_named_image;
use crate::evidence::in_memory::InMemory;
use crate::evidence::limits;
use crate::evidence::memory::{LargeArchivePermit, Memory};
use crate::evidence::read_at::ReadAt;
use crate::evidence::slice::Slice;
use crate::evidence::unread::{Relevance, is_named, no_known_archive};
use crate::model::{Finding, FindingCode};
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::Arc;

/// Bytes that identify an entry: an event log without its file header begins with a chunk at 4096.
pub(super) const HEAD: usize = 4096 + 512;

/// An archive format: its row in the registry.
pub(in crate::evidence) struct ArchiveFormat {
    /// Endings of the names of its archives, without the dot and in small letters.
    pub(super) endings: &'static [&'static str],
    /// Endings of the names of disk images that are archives of this format.
    pub(super) image_endings: &'static [&'static str],
    /// Whether a file that begins with these bytes has this format.
    pub(super) detect: fn(head: &[u8]) -> bool,
    /// Whether an archive of this name, which nobody named, may hold logs: documents and programs are
    /// archives as well.
    pub(super) is_worth_opening: fn(source: &Arc<dyn ReadAt>, name: &str) -> bool,
    /// Hands every entry of the archive to [`Unpacker::add_entry`].
    pub(super) open: fn(&mut Unpacker<'_>, &Archive<'_>),
}

/// An archive that is being unpacked.
pub(super) struct Archive<'a> {
    pub(super) source: &'a Arc<dyn ReadAt>,
    /// Display path.
    pub(super) path: &'a str,
    /// How many archives it is in.
    depth: usize,
}

/// An entry of an archive as its format gives it.
pub(super) struct PackedEntry<'a> {
    /// Display path, with the path of its archive before it.
    pub(super) path: String,
    /// The name as the archive has it.
    pub(super) name: String,
    pub(super) encrypted: bool,
    /// Offset and size of its bytes in the archive if they are only stored.
    pub(super) stored_at: Option<(u64, u64)>,
    /// The unpacked bytes of the entry, which are [counted](Unpacker::counted).
    pub(super) reader: &'a mut dyn Read,
}

/// A log or image that was found in an archive.
pub(in crate::evidence) struct ArchiveEntry {
    /// Display path, with the path of its archive before it.
    pub(in crate::evidence) path: String,
    /// The name as the archive has it.
    pub(in crate::evidence) name: String,
    pub(in crate::evidence) source: Arc<dyn ReadAt>,
    pub(in crate::evidence) kind: EntryKind,
    /// Containers that it is in, with those around the archive.
    pub(in crate::evidence) depth: usize,
}

/// Everything that was found in an archive.
pub(in crate::evidence) struct Unpacked {
    /// Logs and images in the order of the archives; of zip archives in the order of their names.
    pub(in crate::evidence) entries: Vec<ArchiveEntry>,
    /// What could not be read.
    pub(in crate::evidence) findings: Vec<Finding>,
    /// To be kept as long as the entries, when they take much memory.
    pub(in crate::evidence) permit: Option<LargeArchivePermit>,
}

/// Unpacks one archive with those inside of it.
pub(super) struct Unpacker<'a> {
    formats: &'static [ArchiveFormat],
    /// Tried on encrypted entries.
    pub(super) password: Option<&'a str>,
    memory: &'a Memory,
    limits: UnpackLimits,
    budget: UnpackBudget,
    found: Unpacked,
    /// Bytes of memory that all unpacked entries take.
    memory_taken: u64,
    /// For its decoders, besides that.
    decoder_memory: DecoderMemory,
    /// Entries and findings that are taken.
    most_entries: u64,
    /// Entries that cannot be read and whose names say nothing, with the reason for the first.
    unreadable: Option<(usize, String)>,
    /// Entries that are encrypted.
    locked: LockedEntries,
    parts: PartsFound,
}

/// Entries of one archive that cannot be read without the right password.
#[derive(Default)]
pub(super) struct LockedEntries {
    pub(super) without_password: usize,
    pub(super) wrong_password: usize,
}

/// Limits of what is unpacked; see [`limits`].
pub(super) struct UnpackLimits {
    /// Times its size that an archive may unpack to …
    pub(super) ratio: u64,
    /// … and bytes more.
    pub(super) allowance: u64,
    /// Bytes of memory for everything unpacked of it.
    pub(super) memory: u64,
    /// What the containers around the archive leave for it.
    pub(super) bounds: UnpackBounds,
}

/// What the containers around an archive leave for it.
#[derive(Debug, Clone, Copy)]
pub(in crate::evidence) struct UnpackBounds {
    /// Containers that the archive is in.
    pub(in crate::evidence) depth: usize,
    /// Bytes that may be unpacked of it.
    pub(in crate::evidence) bytes: u64,
    /// What it is in has the permit to take much memory: there is none for it to wait for.
    pub(in crate::evidence) memory_is_taken: bool,
}

impl Default for UnpackBounds {
    fn default() -> UnpackBounds {
        UnpackBounds { depth: 0, bytes: u64::MAX, memory_is_taken: false }
    }
}

impl UnpackLimits {
    /// The limits when this memory is given.
    pub(super) fn within(memory: &Memory) -> UnpackLimits {
        UnpackLimits {
            ratio: limits::UNPACK_RATIO,
            allowance: limits::UNPACK_ALLOWANCE,
            memory: memory.for_archive(),
            bounds: UnpackBounds::default(),
        }
    }
}

/// How many bytes may be unpacked, and how many have been. Clones count together.
#[derive(Clone, Default)]
struct UnpackBudget {
    total: u64,
    unpacked: Rc<Cell<u64>>,
}

impl UnpackBudget {
    fn is_spent(&self) -> bool {
        self.unpacked.get() > self.total
    }
}

/// Counts what a decoder unpacks, also of what is only passed over, and refuses to go on when that is
/// too much. A decoder that has failed is not asked again: some never return then.
pub(super) struct Counted<R> {
    inner: R,
    budget: UnpackBudget,
    /// How the decoder failed.
    failure: Option<(io::ErrorKind, String)>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.budget.is_spent() {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        if let Some((kind, why)) = &self.failure {
            return Err(io::Error::new(*kind, why.clone()));
        }
        let n = self.inner.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failure = Some((error.kind(), error.to_string()));
            }
        })?;
        self.budget.unpacked.set(self.budget.unpacked.get().saturating_add(n as u64));
        Ok(n)
    }
}

/// The format of the archive in `source`; `None` when it is no archive.
///
/// # Errors
/// When the medium fails.
pub(super) fn format_of(
    formats: &'static [ArchiveFormat],
    source: &dyn ReadAt,
) -> io::Result<Option<&'static ArchiveFormat>> {
    let mut head = [0; HEAD];
    let length = source.read_at(0, &mut head)?;
    Ok(detect(formats, head.get(..length).unwrap_or_default()))
}

/// The format of an archive that begins with these bytes; `None` when it is no archive.
pub(super) fn detect(
    formats: &'static [ArchiveFormat],
    head: &[u8],
) -> Option<&'static ArchiveFormat> {
    formats.iter().find(|format| (format.detect)(head))
}

impl<'a> Unpacker<'a> {
    pub(super) fn new(
        formats: &'static [ArchiveFormat],
        password: Option<&'a str>,
        memory: &'a Memory,
        limits: UnpackLimits,
    ) -> Unpacker<'a> {
        let found = Unpacked { entries: Vec::new(), findings: Vec::new(), permit: None };
        let budget = UnpackBudget::default();
        let (unreadable, locked) = (None, LockedEntries::default());
        let (memory_taken, parts) = (0, PartsFound::default());
        let decoder_memory = DecoderMemory::default();
        Unpacker {
            formats,
            password,
            memory,
            limits,
            budget,
            found,
            memory_taken,
            decoder_memory,
            most_entries: limits::ARCHIVE_ENTRIES,
            unreadable,
            locked,
            parts,
        }
    }

    /// A decoder whose bytes count.
    pub(super) fn counted<R>(&self, inner: R) -> Counted<R> {
        Counted { inner, budget: self.budget.clone(), failure: None }
    }

    /// The memory for all decoders of the archive.
    pub(super) fn decoder_memory(&self) -> &DecoderMemory {
        &self.decoder_memory
    }

    /// Bytes that other threads may inflate before they are asked for.
    pub(super) fn most_inflated_ahead(&self) -> u64 {
        limits::INFLATED_AHEAD.min(self.limits.memory / limits::INFLATED_AHEAD_SHARE)
    }

    /// Unpacks the archive of this format in `source`, whose display path is `path`.
    pub(super) fn unpack(
        mut self,
        format: &ArchiveFormat,
        source: &Arc<dyn ReadAt>,
        path: &str,
    ) -> Unpacked {
        let by_size = source.size().saturating_mul(self.limits.ratio);
        let UnpackBounds { depth, bytes, memory_is_taken } = self.limits.bounds;
        self.budget.total = by_size.saturating_add(self.limits.allowance).min(bytes);
        if memory_is_taken {
            self.limits.memory = self.limits.memory.min(limits::UNPACK_MEMORY_SHARED);
        }
        self.decoder_memory = DecoderMemory::of_archive(source.size(), self.limits.memory);
        self.most_entries = limits::ARCHIVE_ENTRIES + source.size() / limits::ARCHIVE_ENTRY;
        self.unpack_archive(format, &Archive { source, path, depth });
        if self.is_full() {
            let message = format!(
                "{path}: refused after {} logs, images and entries to be named, as many as an archive of its \
                 size may have; unpack it and give the files",
                self.most_entries
            );
            self.add_finding(FindingCode::ZipBomb, message);
        }
        if self.budget.is_spent() {
            let message = format!(
                "{path}: refused after unpacking {} bytes of it: more than {} times its size, or than its \
                 share of what it lies in; if it is no trap, unpack it and give the files",
                self.budget.unpacked.get(),
                self.limits.ratio
            );
            self.add_finding(FindingCode::ZipBomb, message);
        }
        self.found
    }

    fn unpack_archive(&mut self, format: &ArchiveFormat, archive: &Archive<'_>) {
        if archive.depth >= limits::ARCHIVE_DEPTH {
            let message = format!(
                "{}: archives in more than {} archives and images are not read",
                archive.path,
                limits::ARCHIVE_DEPTH
            );
            return self.add_finding(FindingCode::ArchiveUnreadable, message);
        }
        let outside = (self.unreadable.take(), std::mem::take(&mut self.locked));
        (format.open)(self, archive);
        self.report_left_out(archive.path);
        (self.unreadable, self.locked) = outside;
    }

    /// Reports the entries of an archive that were left out, each kind once.
    fn report_left_out(&mut self, path: &str) {
        let LockedEntries { without_password, wrong_password } = std::mem::take(&mut self.locked);
        if without_password > 0 {
            let message =
                format!("{path}: {without_password} entries are encrypted and need a password");
            self.add_finding(FindingCode::ZipEncrypted, message);
        }
        if wrong_password > 0 {
            let message = format!("{path}: the password is wrong for {wrong_password} entries");
            self.add_finding(FindingCode::ZipEncrypted, message);
        }
        if let Some((count, first)) = self.unreadable.take() {
            let message = format!(
                "{path}: {count} entries cannot be read whose names say nothing of logs; the first: \
                 {first}"
            );
            self.add_finding(FindingCode::ArchiveUnreadable, message);
        }
    }

    /// The entries of the archive that need another password.
    pub(super) fn locked(&mut self) -> &mut LockedEntries {
        &mut self.locked
    }

    /// Whether so much has been unpacked or found that the rest is refused.
    pub(super) fn is_refused(&self) -> bool {
        self.budget.is_spent() || self.is_full()
    }

    fn is_full(&self) -> bool {
        (self.found.entries.len() + self.found.findings.len()) as u64 >= self.most_entries
    }

    /// Identifies an entry by its first bytes and unpacks it if it may hold logs.
    pub(super) fn add_entry(&mut self, archive: &Archive<'_>, entry: PackedEntry<'_>) {
        let PackedEntry { path, name, encrypted, stored_at, reader } = entry;
        if self.is_full() {
            return;
        }
        let mut head = Vec::new();
        if let Err(error) = Read::take(&mut *reader, HEAD as u64).read_to_end(&mut head) {
            if self.is_refused() {
                return;
            }
            let why = if encrypted { "is the password right? " } else { "" };
            return self.entry_unreadable(&path, &name, &format!("{why}{error}"));
        }
        let relevance = Relevance::of(&name);
        let content = match EntryContent::of(&head, &name, detect(self.formats, &head)) {
            content if self.parts.is_part(&path, content.as_ref()) => {
                EntryContent::Evidence(EntryKind::Part)
            }
            Some(EntryContent::Unread(format)) => {
                self.found.findings.push(format.finding(&path, relevance));
                return;
            }
            Some(content) => content,
            None => {
                let is_named = self.formats.iter().any(|format| is_named(&name, format.endings));
                self.found.findings.extend(no_known_archive(&path, relevance).filter(|_| is_named));
                return;
            }
        };
        let source: Arc<dyn ReadAt> = match stored_at {
            Some((start, size)) => Arc::new(Slice::new(Arc::clone(archive.source), start, size)),
            None => match self.unpack_into_memory(&path, &head, reader) {
                Some(unpacked) => Arc::new(unpacked),
                None => return,
            },
        };
        match content {
            EntryContent::Archive(format) => {
                let depth = archive.depth + 1;
                self.unpack_archive(format, &Archive { source: &source, path: &path, depth });
            }
            EntryContent::Unread(_) => {}
            EntryContent::Evidence(kind) => {
                self.parts.note(&path, kind);
                let depth = archive.depth + 1;
                self.found.entries.push(ArchiveEntry { path, name, source, kind, depth });
            }
        }
    }

    /// All bytes of an entry, of which `head` has been read already. `None` when that is more than
    /// is allowed. Of a damaged entry the beginning is kept, and a finding says so.
    fn unpack_into_memory(
        &mut self,
        path: &str,
        head: &[u8],
        reader: &mut dyn Read,
    ) -> Option<InMemory> {
        let Unpacker { budget, memory, limits, found, memory_taken, decoder_memory, .. } = self;
        let may_grow = |_, memory_of_entry: u64| {
            let entries = memory_taken.saturating_add(memory_of_entry);
            let taken = entries.saturating_add(decoder_memory.taken());
            if taken > limits.memory {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            if budget.is_spent() {
                return Err(io::ErrorKind::QuotaExceeded.into());
            }
            if taken > memory.for_archive_among_others() {
                found.permit.get_or_insert_with(|| memory.wait_to_unpack_much());
            }
            Ok(())
        };
        let (unpacked, read) = InMemory::read_from(&mut head.chain(reader), may_grow);
        match read.map_err(|error| (error.kind(), error)) {
            Ok(()) => {}
            // Reported once for the whole archive.
            Err((io::ErrorKind::QuotaExceeded, _)) => return None,
            Err((io::ErrorKind::FileTooLarge, _)) => {
                let message = format!(
                    "{path}: not read, because its archive takes more memory unpacked than the {} MiB that \
                     are given to archives; give more with --memory, or unpack it and give the files",
                    limits.memory >> 20
                );
                self.add_finding(FindingCode::MemoryLimit, message);
                return None;
            }
            Err((_, error)) => {
                let message = format!("only {} bytes can be read: {error}", unpacked.size());
                self.report_unreadable(path, &message);
            }
        }
        self.memory_taken = self.memory_taken.saturating_add(unpacked.memory());
        Some(unpacked)
    }

    /// Reports an entry that cannot be read: by itself if its name says that it may hold logs, otherwise
    /// with the others of its archive.
    pub(super) fn entry_unreadable(&mut self, path: &str, name: &str, why: &str) {
        if self.is_full() {
            return;
        }
        let is_archive = self.formats.iter().any(|format| is_named(name, format.endings));
        if is_named(name, &["evtx"]) || is_archive || is_named_image(name) {
            self.report_unreadable(path, why);
        } else {
            let (count, first) = self.unreadable.take().unwrap_or_default();
            let first = if count == 0 { format!("{path}: {why}") } else { first };
            self.unreadable = Some((count.saturating_add(1), first));
        }
    }

    fn report_unreadable(&mut self, path: &str, why: &str) {
        let message = format!("{path}: cannot be read from its archive: {why}");
        self.add_finding(FindingCode::ArchiveUnreadable, message);
    }

    /// Reports an archive that cannot be opened.
    pub(super) fn archive_unreadable(&mut self, archive: &Archive<'_>, why: &str) {
        let message = format!("{}: the archive cannot be read: {why}", archive.path);
        self.add_finding(FindingCode::ArchiveUnreadable, message);
    }

    pub(super) fn add_finding(&mut self, code: FindingCode, message: String) {
        self.found.findings.push(Finding::new(code, message));
    }
}

//! Zip archives, and AFF4 images, which are zip archives that are only reported.

use super::entry_name::entry_display_path;
use super::unpack::{Archive, ArchiveFormat, PackedEntry, Unpacker};
use crate::evidence::bytes::has;
use crate::evidence::read_at::ReadAt;
use crate::model::FindingCode;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

pub(super) const FORMAT: ArchiveFormat =
    ArchiveFormat { endings: &["zip"], image_endings: &["aff4"], detect, open };

/// The entry by which an archive is an AFF4 image.
pub(super) const AFF4_ENTRY: &str = "information.turtle";

/// Entries of one archive that cannot be read without the right password.
#[derive(Default)]
struct LockedEntries {
    without_password: usize,
    wrong_password: usize,
}

/// A local file header, or the end of an empty archive.
fn detect(head: &[u8]) -> bool {
    has(head, 0, b"PK\x03\x04") || has(head, 0, b"PK\x05\x06")
}

fn open(unpacker: &mut Unpacker<'_>, archive: &Archive<'_>) {
    let path = archive.path;
    let reader = SeekReader { source: Arc::clone(archive.source), at: 0 };
    let mut zip = match ZipArchive::new(BufReader::with_capacity(1 << 16, reader)) {
        Ok(zip) => zip,
        Err(error) => return unpacker.archive_unreadable(archive, &error.to_string()),
    };
    if zip.index_for_name(AFF4_ENTRY).is_some() {
        let message = format!("{path}: AFF4 images are not read; convert it, or export raw");
        return unpacker.add_finding(FindingCode::ImageUnsupported, message);
    }
    if zip.has_duplicate_names() {
        let message = format!("{path}: of entries of the same name only the last was read");
        unpacker.add_finding(FindingCode::ArchiveUnreadable, message);
    }
    let mut locked = LockedEntries::default();
    for index in 0..zip.len() {
        open_entry(unpacker, archive, &mut zip, index, &mut locked);
        if unpacker.is_refused() {
            break;
        }
    }
    locked.report(unpacker, path);
}

fn open_entry(
    unpacker: &mut Unpacker<'_>,
    archive: &Archive<'_>,
    zip: &mut ZipArchive<BufReader<SeekReader>>,
    index: usize,
    locked: &mut LockedEntries,
) {
    let Ok(data) = zip.by_index_data(index) else { return };
    if !data.is_file() {
        return;
    }
    let name = data.name().unwrap_or_else(|_| String::from_utf8_lossy(data.name_raw()));
    let (name, encrypted, size) = (name.into_owned(), data.encrypted(), data.size());
    let only_stored = data.compression() == CompressionMethod::Stored && !encrypted;
    let path = format!("{}/{}", archive.path, entry_display_path(&name));
    let opened = match (encrypted, unpacker.password) {
        (false, _) => zip.by_index(index),
        (true, Some(password)) => zip.by_index_decrypt(index, password.as_bytes()),
        (true, None) => {
            locked.without_password += 1;
            return;
        }
    };
    let mut file = match opened {
        Ok(file) => file,
        Err(ZipError::InvalidPassword) => {
            locked.wrong_password += 1;
            return;
        }
        Err(error) => return unpacker.entry_unreadable(&path, &name, &error.to_string()),
    };
    let stored_at = file.data_start().filter(|_| only_stored).map(|start| (start, size));
    let entry = PackedEntry { path, name, encrypted, stored_at, reader: &mut file };
    unpacker.add_entry(archive, entry);
}

impl LockedEntries {
    fn report(&self, unpacker: &mut Unpacker<'_>, path: &str) {
        if self.without_password > 0 {
            let message = format!(
                "{path}: {} entries are encrypted and need a password",
                self.without_password
            );
            unpacker.add_finding(FindingCode::ZipEncrypted, message);
        }
        if self.wrong_password > 0 {
            let message =
                format!("{path}: the password is wrong for {} entries", self.wrong_password);
            unpacker.add_finding(FindingCode::ZipEncrypted, message);
        }
    }
}

/// A source as the `zip` crate wants it: with a position of its own.
struct SeekReader {
    source: Arc<dyn ReadAt>,
    at: u64,
}

impl Read for SeekReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.source.read_at(self.at, buffer)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for SeekReader {
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

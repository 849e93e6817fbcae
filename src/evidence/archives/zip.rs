//! Zip archives, and AFF4 images, which are zip archives that are only reported.

use super::codecs::{self, Checked, Decoded};
use super::decoder_memory::DecoderMemory;
use super::entry_content::may_be_opened_by_name;
use super::entry_name::entry_display_path;
use super::inflate_ahead::{DeflatedEntry, InflateAhead};
use super::unpack::{Archive, ArchiveFormat, PackedEntry, Unpacker};
use super::zip_directory::{self, ZipReader};
use super::zip_encryption::Encryption;
use super::zip_local_header::{LOCAL_HEADER, local_lengths, local_name};
use crate::evidence::bytes::has;
use crate::evidence::read_at::{ReadAt, damaged};
use crate::evidence::unread::is_named;
use crate::model::FindingCode;
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::sync::Arc;
use zip::read::ZipFile;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

pub(super) const FORMAT: ArchiveFormat =
    ArchiveFormat { endings: &["zip"], image_endings: &["aff4"], detect, is_worth_opening, open };

/// The entry by which an archive is an AFF4 image.
pub(super) const AFF4_ENTRY: &str = "information.turtle";

type Zip = ZipArchive<ZipReader>;

/// A local file header, or the end of an empty archive.
fn detect(head: &[u8]) -> bool {
    has(head, 0, b"PK\x03\x04") || has(head, 0, b"PK\x05\x06")
}

/// Documents and programs hold no file that is named as a log, an image or an archive.
fn is_worth_opening(source: &Arc<dyn ReadAt>, _: &str) -> bool {
    zip_directory::open(source).is_ok_and(|zip| {
        let mut names = zip.file_names().filter_map(Result::ok);
        names.any(|name| name == AFF4_ENTRY || may_be_opened_by_name(&name))
    })
}

fn open(unpacker: &mut Unpacker<'_>, archive: &Archive<'_>) {
    let path = archive.path;
    let mut zip = match zip_directory::open(archive.source) {
        Ok(zip) => zip,
        Err(error) => return unpacker.archive_unreadable(archive, &error.to_string()),
    };
    if zip.index_for_name(AFF4_ENTRY).is_some() {
        let message = format!("{path}: AFF4 images are not read; convert it, or export raw");
        return unpacker.add_finding(FindingCode::ImageUnsupported, message);
    }
    if zip.has_duplicate_names() {
        let message =
            format!("{path}: several entries have the same name; only the last one was read");
        unpacker.add_finding(FindingCode::ArchiveUnreadable, message);
    }
    if !names_first_entry(&zip, archive.source) {
        let message = format!(
            "{path}: it begins with an entry that its directory does not name: its own directory is damaged \
             or gone, and what was read are the entries of another archive inside of it"
        );
        unpacker.add_finding(FindingCode::ArchiveUnreadable, message);
    }
    let overlapping = overlapping_entries(&zip);
    if let Some(first) = overlapping.first() {
        let name = zip.name_for_index(*first).and_then(Result::ok).unwrap_or_default();
        let message = format!(
            "{path}: {} entries lie over others, as in archives that are made to unpack without end, and \
             were not read; the first: {}",
            overlapping.len(),
            entry_display_path(&name)
        );
        unpacker.add_finding(FindingCode::ZipBomb, message);
    }
    // In the order of their names: the parts of a file that was cut follow each other.
    let name = |index| Some(zip.name_for_index(index)?.ok()?.into_owned());
    let indices = (0..zip.len()).filter(|index| !overlapping.contains(index));
    let mut entries: Vec<(Option<String>, usize)> =
        indices.map(|index| (name(index), index)).collect();
    entries.sort();
    let deflated = entries.iter().filter_map(|(name, index)| {
        name.as_deref().filter(|name| is_named(name, &["evtx"]))?;
        Some((*index, deflated_entry(&zip, *index)?))
    });
    let mut ahead = InflateAhead::new(archive.source, unpacker.most_inflated_ahead(), deflated);
    for (_, index) in entries {
        open_entry(unpacker, archive, (&mut zip, index), ahead.take(index));
        if unpacker.is_refused() {
            break;
        }
    }
}

/// Whether the directory names the entry that a file begins with, if it begins with one. The end of the file
/// may also be that of an archive which is the last entry, or which was written behind this one.
fn names_first_entry(zip: &Zip, source: &Arc<dyn ReadAt>) -> bool {
    let mut start = |index| zip.by_index_data(index).is_ok_and(|data| data.header_start() == 0);
    local_lengths(source, 0).is_none() || (0..zip.len()).any(&mut start)
}

/// Entries that overlap an entry which begins before them. No program makes such archives, but a small one
/// of them could unpack to any size. Of entries that begin at one place, the first is read.
fn overlapping_entries(zip: &Zip) -> BTreeSet<usize> {
    let mut places: Vec<(u64, usize, u64)> = (0..zip.len())
        .filter_map(|index| {
            let data = zip.by_index_data(index).ok()?;
            Some((data.header_start(), index, data.compressed_size()))
        })
        .collect();
    places.sort_unstable();
    let mut overlapping = BTreeSet::new();
    let mut reached = 0;
    for (start, index, size) in places {
        let end = start.saturating_add(LOCAL_HEADER).saturating_add(size);
        if start < reached {
            overlapping.insert(index);
        } else {
            reached = end;
        }
    }
    overlapping
}

/// The entry with this index, if it is only deflated.
fn deflated_entry(zip: &Zip, index: usize) -> Option<DeflatedEntry> {
    let data = zip.by_index_data(index).ok()?;
    let is_only_deflated = data.compression() == CompressionMethod::Deflated && !data.encrypted();
    let (header_start, crc) = (data.header_start(), data.crc32());
    let (packed_size, size) = (data.compressed_size(), data.size());
    is_only_deflated.then_some(DeflatedEntry { header_start, packed_size, size, crc })
}

/// What the directory says of an entry.
struct NamedEntry {
    /// Display path, with the path of the archive before it.
    path: String,
    name: String,
    encrypted: bool,
    method: CompressionMethod,
    size: u64,
    crc: u32,
}

impl NamedEntry {
    /// The entry with this index; `None` for a folder.
    fn of(archive: &Archive<'_>, zip: &Zip, index: usize) -> Result<Option<NamedEntry>, ZipError> {
        let data = zip.by_index_data(index)?;
        // What the attributes say of its kind may hide a log: anything with content is looked at.
        if data.is_dir() && data.size() == 0 {
            return Ok(None);
        }
        let name =
            data.name().unwrap_or_else(|_| String::from_utf8_lossy(data.name_raw())).into_owned();
        let name = more_telling_name(archive, data.header_start(), name);
        let path = format!("{}/{}", archive.path, entry_display_path(&name));
        let (encrypted, method) = (data.encrypted(), data.compression());
        let (size, crc) = (data.size(), data.crc32());
        Ok(Some(NamedEntry { path, name, encrypted, method, size, crc }))
    }
}

/// Opens the entry with this index, which other threads may have inflated already.
fn open_entry(
    unpacker: &mut Unpacker<'_>,
    archive: &Archive<'_>,
    (zip, index): (&mut Zip, usize),
    inflated: Option<Vec<u8>>,
) {
    let entry = match NamedEntry::of(archive, zip, index) {
        Ok(Some(entry)) => entry,
        Ok(None) => return,
        Err(error) => {
            let path = format!("{}/entry {}", archive.path, index + 1);
            return unpacker.entry_unreadable(&path, "", &error.to_string());
        }
    };
    let Some(inflated) = inflated else {
        return unpack_entry(unpacker, archive, (zip, index), entry);
    };
    let NamedEntry { path, name, encrypted, .. } = entry;
    let mut unpacked = unpacker.counted(inflated.as_slice());
    let entry = PackedEntry { path, name, encrypted, stored_at: None, reader: &mut unpacked };
    unpacker.add_entry(archive, entry);
}

fn unpack_entry(
    unpacker: &mut Unpacker<'_>,
    archive: &Archive<'_>,
    (zip, index): (&mut Zip, usize),
    entry: NamedEntry,
) {
    let NamedEntry { path, name, encrypted, method, size, crc } = entry;
    let only_stored = method == CompressionMethod::Stored && !encrypted;
    let is_ours = is_unpacked_here(method);
    let password = unpacker.password;
    let opened = match (encrypted, password) {
        (true, None) => {
            unpacker.locked().without_password += 1;
            return;
        }
        _ if is_ours => zip.by_index_raw(index),
        (true, Some(password)) => zip.by_index_decrypt(index, password.as_bytes()),
        (false, _) => zip.by_index(index),
    };
    let mut file = match opened {
        Ok(file) => file,
        Err(ZipError::InvalidPassword) => {
            unpacker.locked().wrong_password += 1;
            return;
        }
        Err(error) => return unpacker.entry_unreadable(&path, &name, &error.to_string()),
    };
    let stored_at = file.data_start().filter(|_| only_stored).map(|start| (start, size));
    let memory = &unpacker.decoder_memory().clone();
    let unpacked: io::Result<Option<Decoded<'_>>> = match (is_ours, password) {
        (false, _) => Ok(Some(Box::new(&mut file))),
        (true, Some(password)) if encrypted => decrypt(method, &mut file, password, memory),
        (true, _) => unpack(method, &mut file, (size, Some(crc)), memory).map(Some),
    };
    match unpacked {
        Ok(Some(unpacked)) => {
            let mut unpacked = unpacker.counted(unpacked);
            let entry = PackedEntry { path, name, encrypted, stored_at, reader: &mut unpacked };
            unpacker.add_entry(archive, entry);
        }
        Ok(None) => unpacker.locked().wrong_password += 1,
        Err(error) => unpacker.entry_unreadable(&path, &name, &error.to_string()),
    }
}

/// The name of an entry is in two places. Where the other place says that it is a log, and the directory of
/// the archive does not, one of them is damaged or was changed, and the entry counts as a log.
fn more_telling_name(archive: &Archive<'_>, local_header: u64, name: String) -> String {
    let is_log = |name: &str| is_named(name, &["evtx"]);
    if is_log(&name) {
        return name;
    }
    local_name(archive.source, local_header).filter(|local| is_log(local)).unwrap_or(name)
}

/// A decoder for an encrypted entry that [is unpacked here](is_unpacked_here); `None` when the password is
/// wrong.
fn decrypt<'a>(
    method: CompressionMethod,
    file: &'a mut ZipFile<'_, ZipReader>,
    password: &str,
    memory: &DecoderMemory,
) -> io::Result<Option<Decoded<'a>>> {
    let (size, packed, crc) = (file.size(), file.compressed_size(), file.crc32());
    let time = file.last_modified().map_or(0, |time| time.timepart());
    let encryption = Encryption::of(&file.extra_data().unwrap_or_default(), crc, time)?;
    let Some(decrypted) = encryption.decrypt(file, packed, password)? else { return Ok(None) };
    let crc = Some(crc).filter(|_| encryption.has_checksum());
    unpack(method, decrypted, (size, crc), memory).map(Some)
}

/// Methods that the `zip` crate would unpack without a limit of memory, or with code in C.
fn is_unpacked_here(method: CompressionMethod) -> bool {
    [
        CompressionMethod::BZIP2,
        CompressionMethod::LZMA,
        CompressionMethod::ZSTD,
        CompressionMethod::XZ,
        CompressionMethod::PPMD,
    ]
    .contains(&method)
}

/// A decoder for an entry that [is unpacked here](is_unpacked_here) to `size` bytes with this checksum.
fn unpack<'a>(
    method: CompressionMethod,
    packed: impl Read + 'a,
    (size, crc): (u64, Option<u32>),
    memory: &DecoderMemory,
) -> io::Result<Decoded<'a>> {
    Ok(Box::new(Checked::new(decoder(method, packed, size, memory)?, size, crc)))
}

fn decoder<'a>(
    method: CompressionMethod,
    mut packed: impl Read + 'a,
    size: u64,
    memory: &DecoderMemory,
) -> io::Result<Decoded<'a>> {
    match method {
        CompressionMethod::BZIP2 => Ok(codecs::bzip2(packed)),
        CompressionMethod::ZSTD => Ok(codecs::zstd(packed, memory)),
        CompressionMethod::XZ => Ok(codecs::xz(packed, memory)),
        CompressionMethod::PPMD => codecs::ppmd8(packed, memory),
        _ => {
            // The version of the packer, and the number of bytes of its properties.
            let mut header = [0; 9];
            packed.read_exact(&mut header)?;
            match header {
                [_, _, 5, 0, properties @ ..] => codecs::lzma(packed, &properties, size, memory),
                _ => Err(damaged("the properties of its method are damaged")),
            }
        }
    }
}

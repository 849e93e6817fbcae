//! 7z archives, also those whose files, or whose files and list of files, are encrypted.

mod aes;
mod bytes;
mod coders;
mod header;

use super::codecs::Checked;
use super::decoder_memory::DecoderMemory;
use super::entry_name::entry_display_path;
use super::unpack::{Archive, ArchiveFormat, PackedEntry, Unpacker};
use crate::evidence::bytes::{has, le32, le64};
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, damaged, read_array_at, read_vec_at, unsupported};
use aes::Keys;
use coders::SIGNATURE_HEADER;
use header::{File, Folder, Header};
use std::io::{self, Read};
use std::sync::Arc;

pub(super) const FORMAT: ArchiveFormat = ArchiveFormat {
    endings: &["7z"],
    image_endings: &[],
    detect: |head| has(head, 0, b"7z\xbc\xaf\x27\x1c"),
    is_worth_opening: |_, _| true,
    open,
};

fn open(unpacker: &mut Unpacker<'_>, archive: &Archive<'_>) {
    let mut keys = Keys::new(unpacker.password);
    match list(archive.source, &mut keys, unpacker.decoder_memory()) {
        Ok(Listed::Files(folders, files)) => {
            read_folders(unpacker, archive, &folders, &files, &mut keys);
        }
        Ok(Listed::Locked) if keys.has_password() => unpacker.locked().wrong_password += 1,
        Ok(Listed::Locked) => unpacker.locked().without_password += 1,
        Err(error) => unpacker.archive_unreadable(archive, &error.to_string()),
    }
}

/// The list of files.
enum Listed {
    Files(Vec<Folder>, Vec<File>),
    /// It is encrypted, and the password is missing or wrong.
    Locked,
}

/// Reads the list of files.
///
/// # Errors
/// When it is damaged.
fn list(
    source: &Arc<dyn ReadAt>,
    keys: &mut Keys<'_>,
    memory: &DecoderMemory,
) -> io::Result<Listed> {
    let start = read_array_at::<32>(&**source, 0)?;
    if crc32fast::hash(start.get(12..).unwrap_or_default()) != le32(&start, 8) {
        return Err(damaged("the checksum of its header does not match"));
    }
    let (offset, size) = (le64(&start, 12), le64(&start, 20));
    if size == 0 {
        return Ok(Listed::Files(Vec::new(), Vec::new()));
    }
    let offset = SIGNATURE_HEADER.saturating_add(offset);
    let mut bytes = read_vec_at(&**source, offset, size, limits::SEVEN_ZIP_HEADER)?;
    if crc32fast::hash(&bytes) != le32(&start, 28) {
        return Err(damaged("the checksum of its list of files does not match"));
    }
    for _ in 0..limits::SEVEN_ZIP_HEADERS {
        let folder = match Header::parse(&bytes)? {
            Header::Files(folders, files) => return Ok(Listed::Files(folders, files)),
            Header::Packed(folders) => folders.into_iter().next(),
        };
        let folder = folder.ok_or_else(|| damaged("its list of files is missing"))?;
        if folder.is_encrypted() && !keys.has_password() {
            return Ok(Listed::Locked);
        }
        match unpack_list(&folder, source, keys, memory) {
            Ok(unpacked) => bytes = unpacked,
            // Decrypted with a wrong password it is noise.
            Err(error) if folder.is_encrypted() && error.kind() != io::ErrorKind::Unsupported => {
                return Ok(Listed::Locked);
            }
            Err(error) => return Err(error),
        }
    }
    Err(damaged("its list of files is packed too often"))
}

fn unpack_list(
    folder: &Folder,
    source: &Arc<dyn ReadAt>,
    keys: &mut Keys<'_>,
    memory: &DecoderMemory,
) -> io::Result<Vec<u8>> {
    if folder.size() > limits::SEVEN_ZIP_HEADER as u64 {
        return Err(unsupported(format!("a list of files of {} bytes is not read", folder.size())));
    }
    let mut bytes = Vec::new();
    let unpacked = folder.unpack(source, keys, memory)?;
    Checked::new(unpacked, folder.size(), folder.crc).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads every folder, and in it one file after the other.
fn read_folders(
    unpacker: &mut Unpacker<'_>,
    archive: &Archive<'_>,
    folders: &[Folder],
    files: &[File],
    keys: &mut Keys<'_>,
) {
    for file in files.iter().filter(|file| !file.has_stream && !file.is_folder) {
        add_file(unpacker, archive, file, false, &mut io::empty());
    }
    let mut with_streams = files.iter().filter(|file| file.has_stream);
    for folder in folders {
        let own: Vec<&File> = with_streams.by_ref().take(folder.streams.len()).collect();
        if folder.is_encrypted() && !keys.has_password() {
            unpacker.locked().without_password += own.len();
            continue;
        }
        match folder.unpack(archive.source, keys, unpacker.decoder_memory()) {
            Ok(mut unpacked) => read_files(unpacker, archive, folder, &own, &mut *unpacked),
            Err(error) => {
                own.iter().for_each(|file| unreadable(unpacker, archive, file, &error));
            }
        }
        if unpacker.is_refused() {
            return;
        }
    }
    if with_streams.next().is_some() {
        unpacker.archive_unreadable(archive, "its list has more files than data");
    }
}

/// Reads the files of one folder. Of those behind a damaged place nothing can be read.
fn read_files(
    unpacker: &mut Unpacker<'_>,
    archive: &Archive<'_>,
    folder: &Folder,
    files: &[&File],
    unpacked: &mut dyn Read,
) {
    let mut unpacked = unpacker.counted(unpacked);
    let encrypted = folder.is_encrypted();
    for (at, (file, (size, crc))) in files.iter().zip(&folder.streams).enumerate() {
        let mut data = Checked::new(&mut unpacked, *size, *crc);
        // What is encrypted with another password fits no checksum.
        let is_first = encrypted && at == 0;
        add_file(unpacker, archive, file, encrypted, &mut data);
        let rest = io::copy(&mut data, &mut io::sink());
        if unpacker.is_refused() {
            return;
        }
        let Err(error) = rest else { continue };
        if is_first {
            unpacker.locked().wrong_password += files.len();
            return;
        }
        if data.left() > 0 {
            let later = files.iter().skip(at + 1);
            later.for_each(|file| unreadable(unpacker, archive, file, &error));
            return;
        }
        unreadable(unpacker, archive, file, &error);
    }
}

fn add_file(
    unpacker: &mut Unpacker<'_>,
    archive: &Archive<'_>,
    file: &File,
    encrypted: bool,
    reader: &mut dyn Read,
) {
    let name = file.name.clone();
    let path = format!("{}/{}", archive.path, entry_display_path(&name));
    let entry = PackedEntry { path, name, encrypted, stored_at: None, reader };
    unpacker.add_entry(archive, entry);
}

fn unreadable(unpacker: &mut Unpacker<'_>, archive: &Archive<'_>, file: &File, error: &io::Error) {
    let path = format!("{}/{}", archive.path, entry_display_path(&file.name));
    unpacker.entry_unreadable(&path, &file.name, &error.to_string());
}

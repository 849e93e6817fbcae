//! The list of files of a 7z archive: which streams are packed how, and which files are in them.
//!
//! Source: Igor Pavlov, "7z Format description" (`7zFormat.txt`, public domain).

use super::bytes::{HeaderBytes, cut};
use crate::evidence::bytes::{to_index, utf16_text};
use crate::evidence::limits;
use crate::evidence::read_at::{damaged, unsupported};
use std::io;

/// Identifiers of the parts of a header.
mod id {
    pub(super) const END: u64 = 0;
    pub(super) const HEADER: u64 = 1;
    pub(super) const ARCHIVE_PROPERTIES: u64 = 2;
    pub(super) const ADDITIONAL_STREAMS: u64 = 3;
    pub(super) const MAIN_STREAMS: u64 = 4;
    pub(super) const FILES: u64 = 5;
    pub(super) const PACK: u64 = 6;
    pub(super) const UNPACK: u64 = 7;
    pub(super) const SUBSTREAMS: u64 = 8;
    pub(super) const SIZE: u64 = 9;
    pub(super) const CRC: u64 = 10;
    pub(super) const FOLDER: u64 = 11;
    pub(super) const UNPACK_SIZE: u64 = 12;
    pub(super) const STREAM_COUNT: u64 = 13;
    pub(super) const EMPTY_STREAM: u64 = 14;
    pub(super) const EMPTY_FILE: u64 = 15;
    pub(super) const NAMES: u64 = 17;
    pub(super) const ENCODED: u64 = 23;
}

/// A header as it is in the archive.
pub(super) enum Header {
    Files(Vec<Folder>, Vec<File>),
    /// A header that is packed: these streams hold it.
    Packed(Vec<Folder>),
}

/// Streams that are packed together: coders, the streams that they read, the files that they give.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) coders: Vec<Coder>,
    /// Input of one coder that is the output of another, both by their numbers in the folder.
    pub(super) pairs: Vec<(u64, u64)>,
    /// Inputs that are packed streams, each with its offset and size in the archive.
    pub(super) packed: Vec<(u64, u64, u64)>,
    pub(super) crc: Option<u32>,
    /// The files in it, each with its size and checksum.
    pub(super) streams: Vec<(u64, Option<u32>)>,
}

/// A step of unpacking. It has one output.
#[derive(Debug)]
pub(super) struct Coder {
    pub(super) method: u64,
    pub(super) inputs: u64,
    pub(super) properties: Vec<u8>,
    /// Bytes that it gives.
    pub(super) size: u64,
}

/// A file in the order of its list.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: String,
    /// It has bytes: the next stream is its.
    pub(super) has_stream: bool,
    pub(super) is_folder: bool,
}

impl Folder {
    /// The number of the coder whose output is that of the folder.
    pub(super) fn last_coder(&self) -> Option<u64> {
        let outputs = 0..self.coders.len() as u64;
        outputs.into_iter().find(|output| self.pairs.iter().all(|(_, bound)| bound != output))
    }

    /// Bytes that it unpacks to.
    pub(super) fn size(&self) -> u64 {
        let last = self.last_coder().and_then(|last| self.coders.get(to_index(last)));
        last.map_or(0, |coder| coder.size)
    }
}

impl Header {
    /// # Errors
    /// When it is damaged.
    pub(super) fn parse(bytes: &[u8]) -> io::Result<Header> {
        let mut bytes = HeaderBytes(bytes);
        match bytes.number()? {
            id::ENCODED => Ok(Header::Packed(streams(&mut bytes)?)),
            id::HEADER => {
                let mut folders = Vec::new();
                loop {
                    match bytes.number()? {
                        id::END => return Ok(Header::Files(folders, Vec::new())),
                        id::ARCHIVE_PROPERTIES => {
                            while bytes.number()? != id::END {
                                let size = bytes.number()?;
                                bytes.take(size)?;
                            }
                        }
                        id::ADDITIONAL_STREAMS => drop(streams(&mut bytes)?),
                        id::MAIN_STREAMS => folders = streams(&mut bytes)?,
                        id::FILES => return Ok(Header::Files(folders, files(&mut bytes)?)),
                        _ => return Err(damaged("its list of files is damaged")),
                    }
                }
            }
            _ => Err(damaged("its list of files is damaged")),
        }
    }
}

fn streams(bytes: &mut HeaderBytes<'_>) -> io::Result<Vec<Folder>> {
    let mut packed = Vec::new();
    let mut folders = Vec::new();
    let mut has_substreams = false;
    loop {
        match bytes.number()? {
            id::END => break,
            id::PACK => packed = pack_streams(bytes)?,
            id::UNPACK => folders = read_folders(bytes)?,
            id::SUBSTREAMS => {
                has_substreams = true;
                substreams(bytes, &mut folders)?;
            }
            _ => return Err(damaged("its list of streams is damaged")),
        }
    }
    let mut packed = packed.into_iter();
    for folder in &mut folders {
        for (_, offset, size) in &mut folder.packed {
            (*offset, *size) = packed.next().ok_or_else(cut)?;
        }
        if !has_substreams {
            folder.streams = vec![(folder.size(), folder.crc)];
        }
    }
    Ok(folders)
}

/// Offset, from the end of the signature header, and size of every packed stream.
fn pack_streams(bytes: &mut HeaderBytes<'_>) -> io::Result<Vec<(u64, u64)>> {
    let mut offset = bytes.number()?;
    let count = bytes.count(limits::SEVEN_ZIP_FILES)?;
    let mut packed = Vec::new();
    loop {
        match bytes.number()? {
            id::END => return Ok(packed),
            id::SIZE => {
                for _ in 0..count {
                    let size = bytes.number()?;
                    packed.push((offset, size));
                    offset = offset.checked_add(size).ok_or_else(cut)?;
                }
            }
            id::CRC => drop(bytes.checksums(count)?),
            _ => return Err(damaged("its list of packed streams is damaged")),
        }
    }
}

fn read_folders(bytes: &mut HeaderBytes<'_>) -> io::Result<Vec<Folder>> {
    let mut folders = Vec::new();
    loop {
        match bytes.number()? {
            id::END => return Ok(folders),
            id::FOLDER => {
                let count = bytes.count(limits::SEVEN_ZIP_FILES)?;
                is_here(bytes)?;
                folders = (0..count).map(|_| read_folder(bytes)).collect::<io::Result<_>>()?;
            }
            id::UNPACK_SIZE => {
                for coder in folders.iter_mut().flat_map(|folder| &mut folder.coders) {
                    coder.size = bytes.number()?;
                }
            }
            id::CRC => {
                let sums = bytes.checksums(folders.len() as u64)?;
                folders.iter_mut().zip(sums).for_each(|(folder, crc)| folder.crc = crc);
            }
            _ => return Err(damaged("its list of folders is damaged")),
        }
    }
}

fn read_folder(bytes: &mut HeaderBytes<'_>) -> io::Result<Folder> {
    let mut folder = Folder::default();
    let mut inputs = 0;
    for _ in 0..bytes.count(limits::SEVEN_ZIP_CODERS)? {
        let flags = bytes.byte()?;
        let method = bytes.take((flags & 15).into())?;
        if method.len() > 8 {
            return Err(damaged("the number of a method is damaged"));
        }
        let method = method.iter().fold(0, |method, byte| method << 8 | u64::from(*byte));
        let mut own = 1;
        if flags & 16 != 0 {
            own = bytes.count(limits::SEVEN_ZIP_CODERS)?;
            if bytes.number()? != 1 {
                return Err(unsupported("a method with several outputs is not read"));
            }
        }
        let properties = match flags & 32 {
            0 => Vec::new(),
            _ => {
                let size = bytes.number()?;
                bytes.take(size)?.to_vec()
            }
        };
        inputs += own;
        folder.coders.push(Coder { method, inputs: own, properties, size: 0 });
    }
    if inputs > limits::SEVEN_ZIP_CODERS {
        return Err(damaged("so many streams in a folder cannot be right"));
    }
    let pairs = (folder.coders.len() as u64).checked_sub(1).ok_or_else(cut)?;
    for _ in 0..pairs {
        folder.pairs.push((bytes.number()?, bytes.number()?));
    }
    let is_bound = |input: &u64| folder.pairs.iter().any(|(bound, _)| bound == input);
    let packed = match inputs.checked_sub(pairs).ok_or_else(cut)? {
        1 => (0..inputs).filter(|input| !is_bound(input)).take(1).collect(),
        count => (0..count).map(|_| bytes.number()).collect::<io::Result<Vec<u64>>>()?,
    };
    folder.packed = packed.into_iter().map(|input| (input, 0, 0)).collect();
    Ok(folder)
}

/// Reads which files are in each folder.
fn substreams(bytes: &mut HeaderBytes<'_>, folders: &mut [Folder]) -> io::Result<()> {
    let mut counts = vec![1; folders.len()];
    let mut next = bytes.number()?;
    if next == id::STREAM_COUNT {
        for count in &mut counts {
            *count = bytes.count(limits::SEVEN_ZIP_FILES)?;
        }
        next = bytes.number()?;
    }
    if counts.iter().sum::<u64>() > limits::SEVEN_ZIP_FILES {
        return Err(damaged("so many files cannot be right"));
    }
    for (folder, count) in folders.iter_mut().zip(&counts) {
        let mut left = folder.size();
        for _ in 1..*count {
            let size = if next == id::SIZE { bytes.number()? } else { 0 };
            left = left.checked_sub(size).ok_or_else(cut)?;
            folder.streams.push((size, None));
        }
        if *count > 0 {
            folder.streams.push((left, None));
        }
    }
    if next == id::SIZE {
        next = bytes.number()?;
    }
    // The checksum of a folder with one file is that of the file.
    for folder in folders.iter_mut() {
        if let [(_, crc)] = folder.streams.as_mut_slice() {
            *crc = folder.crc;
        }
    }
    while next != id::END {
        if next == id::CRC {
            let mut missing: Vec<&mut Option<u32>> = folders
                .iter_mut()
                .filter(|folder| folder.streams.len() != 1 || folder.crc.is_none())
                .flat_map(|folder| folder.streams.iter_mut().map(|(_, crc)| crc))
                .collect();
            let sums = bytes.checksums(missing.len() as u64)?;
            missing.iter_mut().zip(sums).for_each(|(crc, sum)| **crc = sum);
        } else {
            return Err(damaged("its list of files in folders is damaged"));
        }
        next = bytes.number()?;
    }
    Ok(())
}

fn files(bytes: &mut HeaderBytes<'_>) -> io::Result<Vec<File>> {
    let count = bytes.count(limits::SEVEN_ZIP_FILES)?;
    let mut files = vec![File { has_stream: true, ..File::default() }; to_index(count)];
    let mut empty_files = Vec::new();
    loop {
        let property = bytes.number()?;
        if property == id::END {
            break;
        }
        let size = bytes.number()?;
        let mut own = HeaderBytes(bytes.take(size)?);
        match property {
            id::EMPTY_STREAM => {
                let empty = own.bits(count)?;
                files.iter_mut().zip(empty).for_each(|(file, empty)| file.has_stream = !empty);
            }
            id::EMPTY_FILE => {
                let empty = files.iter().filter(|file| !file.has_stream).count();
                empty_files = own.bits(empty as u64)?;
            }
            id::NAMES => {
                is_here(&mut own)?;
                let mut units = own.0.chunks_exact(2);
                for file in &mut files {
                    let name: Vec<u8> = units
                        .by_ref()
                        .take_while(|unit| *unit != [0, 0])
                        .flatten()
                        .copied()
                        .collect();
                    file.name = utf16_text(&name);
                }
            }
            // Times, attributes, padding.
            _ => {}
        }
    }
    let mut empty_files = empty_files.into_iter();
    for file in files.iter_mut().filter(|file| !file.has_stream) {
        file.is_folder = !empty_files.next().unwrap_or(false);
    }
    Ok(files)
}

/// # Errors
/// When this part of the header lies in a stream of its own, as no archiver does.
fn is_here(bytes: &mut HeaderBytes<'_>) -> io::Result<()> {
    match bytes.byte()? {
        0 => Ok(()),
        _ => Err(unsupported("a list of files in several parts is not read")),
    }
}

//! Folders: the names in them, from the root of their index and every block of it.
//!
//! The index is a tree, but every block in use holds names of the folder, so the blocks are read in
//! their order on the volume: a damaged one costs its own names and never those below it, and there
//! is no cycle to fall into.
//!
//! Sources: libyal, "New Technologies File System (NTFS)", section "The index"; Russon and Fledel,
//! "NTFS Documentation", "Index Record".

use super::attribute_stream::AttributeStream;
use super::file_record::{FileRecord, FileReference, attribute_type, unfix};
use super::mft::Mft;
use crate::evidence::bytes::{slice_at, to_index, u16_at, u32_at, utf16_text};
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, read_volume_at};
use crate::evidence::volume_fault::VolumeFaults;
use std::ops::ControlFlow;

/// The index of names.
const NAMES: &str = "$I30";
/// Number of the record of the root folder, which is its own parent.
pub(super) const ROOT_FOLDER: u64 = 5;
/// Where the node of the tree begins in the root and in an index block, in bytes.
const NODE_IN_ROOT: usize = 16;
const NODE_IN_BLOCK: usize = 24;
/// Flag of the last entry of a node.
const LAST_ENTRY: u16 = 2;

/// A name in a folder, or of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileName {
    /// The folder that it is in.
    pub(super) parent: FileReference,
    pub(super) text: String,
    pub(super) space: NameSpace,
}

/// Which kind of name it is, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NameSpace {
    /// A long name.
    Windows,
    /// A name that differs from another one only in the case of its letters is of this kind.
    Posix,
    /// The short name of a file that also has a long one.
    Dos,
}

impl FileName {
    /// Reads a `$FILE_NAME`.
    pub(super) fn parse(bytes: &[u8]) -> Option<FileName> {
        let space = match bytes.get(65)? {
            0 => NameSpace::Posix,
            2 => NameSpace::Dos,
            _ => NameSpace::Windows,
        };
        let length = usize::from(*bytes.get(64)?) * 2;
        let text = utf16_text(slice_at(bytes, 66, length)?);
        Some(FileName { parent: FileReference::at(bytes, 0)?, text, space })
    }
}

/// Passes every long name in a folder and the file that it belongs to, until `visit` breaks.
pub(super) fn each_name(
    mft: &Mft,
    folder: &FileRecord,
    faults: &mut VolumeFaults,
    mut visit: impl FnMut(FileName, FileReference) -> ControlFlow<()>,
) {
    let number = folder.number;
    let Some(root) = index_stream(mft, folder, attribute_type::INDEX_ROOT, faults) else {
        return faults.note(folder.offset, format!("folder {number} has no index"));
    };
    let mut bytes = vec![0; to_index(root.size().min(limits::NTFS_INDEX_BLOCK))];
    if root.read_at(0, &mut bytes).is_err() {
        return faults.note(folder.offset, format!("folder {number}: its index cannot be read"));
    }
    match entries(&bytes, NODE_IN_ROOT, &mut visit) {
        Ok(ControlFlow::Continue(())) => {}
        Ok(ControlFlow::Break(())) => return,
        Err(reason) => faults.note(folder.offset, format!("root of folder {number}: {reason}")),
    }
    let block = u64::from(u32_at(&bytes, 8).unwrap_or(0));
    each_name_in_blocks(mft, folder, block, faults, &mut visit);
}

/// Passes the long names in the index blocks of a folder, which have `block` bytes each.
fn each_name_in_blocks(
    mft: &Mft,
    folder: &FileRecord,
    block: u64,
    faults: &mut VolumeFaults,
    visit: &mut impl FnMut(FileName, FileReference) -> ControlFlow<()>,
) {
    let number = folder.number;
    let Some(blocks) = index_stream(mft, folder, attribute_type::INDEX_ALLOCATION, faults) else {
        return;
    };
    let in_use = index_stream(mft, folder, attribute_type::BITMAP, faults);
    if !block.is_power_of_two() || !(512..=limits::NTFS_INDEX_BLOCK).contains(&block) {
        let reason = format!("folder {number}: index blocks of {block} bytes are impossible");
        return faults.note(folder.offset, reason);
    }
    let count = blocks.size() / block;
    let limit = limits::NTFS_INDEX_BLOCKS;
    if count > limit {
        let reason = format!("folder {number}: of {count} index blocks {limit} are read");
        faults.note(folder.offset, reason);
    }
    let mut bytes = vec![0; to_index(block)];
    let is_in_use = |at: &u64| in_use.as_ref().is_none_or(|bitmap| is_set(bitmap, *at));
    for at in (0..count.min(limit)).filter(is_in_use) {
        let offset = at * block;
        let result = match read_volume_at(&blocks, offset, &mut bytes) {
            Ok(()) => unfix(&mut bytes, b"INDX")
                .and_then(|()| entries(&bytes, NODE_IN_BLOCK, visit).map_err(str::to_owned)),
            Err(error) => Err(error.to_string()),
        };
        match result {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => return,
            Err(reason) => {
                let place = blocks.position(offset).unwrap_or(folder.offset);
                let reason =
                    format!("index block {at} of folder {number}: {reason}; its names are lost");
                faults.note(place, reason);
            }
        }
    }
}

/// An attribute of the index of names; one that cannot be read is noted.
fn index_stream(
    mft: &Mft,
    folder: &FileRecord,
    kind: u32,
    faults: &mut VolumeFaults,
) -> Option<AttributeStream> {
    mft.stream(folder, kind, NAMES, faults).unwrap_or_else(|fault| {
        faults.push(fault);
        None
    })
}

/// A bit of a bitmap; one that cannot be read counts as set, so that nothing is left out.
fn is_set(bitmap: &AttributeStream, bit: u64) -> bool {
    let mut byte = [0xFF];
    match bitmap.read_at(bit / 8, &mut byte) {
        Ok(0) => false,
        _ => byte.iter().all(|byte| byte >> (bit % 8) & 1 == 1),
    }
}

/// Passes the long names of the node at `node`, in bytes.
///
/// # Errors
/// What is wrong with the first damaged entry; the names before it have been passed.
fn entries(
    bytes: &[u8],
    node: usize,
    visit: &mut impl FnMut(FileName, FileReference) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, &'static str> {
    let size = |at| u32_at(bytes, node + at).map(|size| size as usize);
    let (first, end) = size(0).zip(size(4)).ok_or("its header is cut off")?;
    let mut entries =
        bytes.get(node..).and_then(|node| node.get(first..end)).ok_or("its size is impossible")?;
    loop {
        let damaged = "a damaged entry";
        let (length, key) = u16_at(entries, 8).zip(u16_at(entries, 10)).ok_or(damaged)?;
        if u16_at(entries, 12).ok_or(damaged)? & LAST_ENTRY != 0 {
            return Ok(ControlFlow::Continue(()));
        }
        let name = slice_at(entries, 16, key.into()).and_then(FileName::parse).ok_or(damaged)?;
        let file = FileReference::at(entries, 0).ok_or(damaged)?;
        if name.space != NameSpace::Dos && visit(name, file).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        entries = entries.get(length.into()..).filter(|_| length >= 16).ok_or(damaged)?;
    }
}

/// The folder at a path below the root, in whatever case of letters, and the path as the volume
/// writes it; `None` when there is no such folder.
pub(super) fn find(
    mft: &Mft,
    path: &[&str],
    faults: &mut VolumeFaults,
) -> Option<(FileRecord, String)> {
    let mut folder = mft.record(ROOT_FOLDER).map_err(|fault| faults.push(fault)).ok()?;
    let mut written: Vec<String> = Vec::new();
    for part in path {
        let mut found = None;
        each_name(mft, &folder, faults, |name, file| {
            if !name.text.eq_ignore_ascii_case(part) {
                return ControlFlow::Continue(());
            }
            found = Some((name.text, file));
            ControlFlow::Break(())
        });
        let (name, file) = found?;
        folder = mft.follow(file).map_err(|fault| faults.push(fault)).ok()?;
        if !folder.is_folder() {
            return None;
        }
        written.push(name);
    }
    Some((folder, written.join("/")))
}

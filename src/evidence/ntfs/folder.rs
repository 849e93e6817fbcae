//! Folders: the names in them, from the root of their index and every block of it.
//!
//! The index is a tree, but every block in use holds names of the folder, so the blocks are read in
//! their order on the volume: a damaged one costs its own names and never those below it, and there
//! is no cycle to fall into.
//!
//! Sources: libyal, "New Technologies File System (NTFS)", section "The index"; Russon and Fledel,
//! "NTFS Documentation", "Index Record".

use super::bytes::{index, part, text, u16_at, u32_at};
use super::mft::Mft;
use super::record::{Record, Reference, kind, unfix};
use super::stream::Stream;
use crate::evidence::Source;
use crate::evidence::fault::Faults;
use std::ops::ControlFlow;

/// The index of names.
const NAMES: &str = "$I30";
/// Root of the tree of folders.
const ROOT: u64 = 5;
/// Blocks of one folder; at 4 KiB they hold a million and a half names.
const MOST_BLOCKS: u64 = 1 << 16;
/// Index blocks have 4 KiB, or a cluster.
const LARGEST_BLOCK: u64 = 64 << 10;
/// The tree's node begins here in the root, and here in a block.
const NODE_IN_ROOT: usize = 16;
const NODE_IN_BLOCK: usize = 24;

const LAST_ENTRY: u16 = 2;

/// A name in a folder, or of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// The folder that it is in.
    pub(super) parent: Reference,
    pub(super) text: String,
    pub(super) space: Space,
}

/// Which names are which, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    /// A long name.
    Windows,
    /// A name that only differs in case from another is of this kind.
    Posix,
    /// The short name beside a long one.
    Dos,
}

impl Name {
    /// Reads a `$FILE_NAME`.
    pub(super) fn parse(bytes: &[u8]) -> Option<Name> {
        let space = match bytes.get(65)? {
            0 => Space::Posix,
            2 => Space::Dos,
            _ => Space::Windows,
        };
        let length = usize::from(*bytes.get(64)?) * 2;
        let text = text(part(bytes, 66, length)?);
        Some(Name { parent: Reference::at(bytes, 0)?, text, space })
    }
}

/// Shows every long name in a folder and the file it belongs to, until told to stop.
pub(super) fn each_name(
    mft: &Mft,
    folder: &Record,
    faults: &mut Faults,
    mut visit: impl FnMut(Name, Reference) -> ControlFlow<()>,
) {
    let number = folder.number;
    let stream = |kind, faults: &mut Faults| {
        mft.stream(folder, kind, NAMES, faults).unwrap_or_else(|fault| {
            faults.push(fault);
            None
        })
    };
    let Some(root) = stream(kind::INDEX_ROOT, faults) else {
        return faults.note(folder.offset, format!("folder {number} has no index"));
    };
    let mut bytes = vec![0; index(root.size().min(LARGEST_BLOCK))];
    if root.read_at(0, &mut bytes).is_err() {
        return faults.note(folder.offset, format!("folder {number}: its index cannot be read"));
    }
    match entries(&bytes, NODE_IN_ROOT, &mut visit) {
        Ok(ControlFlow::Continue(())) => {}
        Ok(ControlFlow::Break(())) => return,
        Err(reason) => faults.note(folder.offset, format!("root of folder {number}: {reason}")),
    }
    let Some(blocks) = stream(kind::INDEX_ALLOCATION, faults) else { return };
    let used = stream(kind::BITMAP, faults);

    let block = u64::from(u32_at(&bytes, 8).unwrap_or(0));
    if !block.is_power_of_two() || !(512..=LARGEST_BLOCK).contains(&block) {
        let reason = format!("folder {number}: index blocks of {block} bytes are impossible");
        return faults.note(folder.offset, reason);
    }
    let count = blocks.size() / block;
    if count > MOST_BLOCKS {
        let reason = format!("folder {number}: of {count} index blocks {MOST_BLOCKS} are read");
        faults.note(folder.offset, reason);
    }
    let mut bytes = vec![0; index(block)];
    for at in (0..count.min(MOST_BLOCKS)).filter(|&at| used.as_ref().is_none_or(|u| is_set(u, at)))
    {
        let offset = at * block;
        let result = match super::bytes::fill(&blocks, offset, &mut bytes) {
            Ok(()) => unfix(&mut bytes, b"INDX")
                .and_then(|()| entries(&bytes, NODE_IN_BLOCK, &mut visit).map_err(str::to_owned)),
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

/// A bit of a bitmap; one that cannot be read counts as set, so that nothing is left out.
fn is_set(bitmap: &Stream, bit: u64) -> bool {
    let mut byte = [0xFF];
    match bitmap.read_at(bit / 8, &mut byte) {
        Ok(0) => false,
        _ => byte.iter().all(|byte| byte >> (bit % 8) & 1 == 1),
    }
}

/// Shows the long names of the node at `node`; entries before a damaged one have been shown.
fn entries(
    bytes: &[u8],
    node: usize,
    visit: &mut impl FnMut(Name, Reference) -> ControlFlow<()>,
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
        let name = part(entries, 16, key.into()).and_then(Name::parse).ok_or(damaged)?;
        let file = Reference::at(entries, 0).ok_or(damaged)?;
        if name.space != Space::Dos && visit(name, file).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        entries = entries.get(length.into()..).filter(|_| length >= 16).ok_or(damaged)?;
    }
}

/// The folder at a path below the root, whatever the case of its names, and the path as it is
/// written; none if there is none.
pub(super) fn find(mft: &Mft, path: &[&str], faults: &mut Faults) -> Option<(Record, String)> {
    let mut folder = mft.record(ROOT).map_err(|fault| faults.push(fault)).ok()?;
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

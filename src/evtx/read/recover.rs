//! What `--recover` finds in a damaged log besides what is carved: chunks that do not lie in a 64 KiB slot,
//! because a piece of the file is missing or was inserted, and records whose template definitions are
//! damaged, which are read by those of other chunks.

use super::pass::ReadPass;
use crate::evidence::LogFile;
use crate::evtx::chunk::{self, ChunkSlot};
use crate::evtx::decode::Interner;
use crate::evtx::fallback::RefusedRecord;
use crate::evtx::format::{CHUNK_FIRST_RECORD, CHUNK_SIGNATURE, CHUNK_SIZE};
use crate::evtx::record_walk::{self, RecordHeader};
use crate::evtx::template::{FastRead, Lender};
use crate::model::LogId;
use std::ops::Range;

/// Chunks of a log from which definitions are learned.
const MOST_TEACHERS: u32 = 1024;
/// Chunks that may begin within one slot. Where nothing is damaged it is none.
const MOST_IN_SLOT: usize = 2;
/// Places in one slot that are looked at because a signature stands there.
const MOST_TRIES: usize = 64;

/// A record that gave no event, and why.
pub(super) struct UnreadRecord {
    pub(super) header: RecordHeader,
    /// It is live, so that it is a loss.
    pub(super) is_live: bool,
    pub(super) reason: RefusedRecord,
}

/// The definitions of one log.
pub(super) struct LogLender {
    log: LogId,
    lender: Lender,
}

/// A slot and what was found in it at its beginning.
pub(super) struct SlotBytes<'b> {
    pub(super) slot: u32,
    pub(super) bytes: &'b [u8],
    /// Where in it a chunk off the grid may begin; `None`: no chunk begins at its beginning.
    pub(super) chunk_end: Option<usize>,
}

impl SlotBytes<'_> {
    /// Where in this slot chunks begin, besides at its beginning.
    fn chunks(&self, log: &LogFile) -> Vec<usize> {
        let offset = log.offset_of(self.slot);
        begins(log, offset, self.bytes, self.chunk_end.unwrap_or(1).max(1))
    }
}

/// Where chunks begin in `bytes`, which lie at `offset` of the log, from `from` on.
fn begins(log: &LogFile, offset: u64, bytes: &[u8], mut from: usize) -> Vec<usize> {
    let (mut found, mut tries) = (Vec::new(), 0);
    while found.len() < MOST_IN_SLOT && tries < MOST_TRIES {
        let Some(at) = signature(bytes, from) else { break };
        tries += 1;
        from = at + 1;
        let header = read_at(log, offset + at as u64, CHUNK_FIRST_RECORD);
        if chunk::is_certain(&header) {
            found.push(at);
            from = at + CHUNK_FIRST_RECORD;
        }
    }
    found
}

/// Where the signature of a chunk is, or its first bytes at the end.
fn signature(bytes: &[u8], from: usize) -> Option<usize> {
    let within = bytes.get(from..)?;
    let found = within.windows(CHUNK_SIGNATURE.len()).position(|window| window == CHUNK_SIGNATURE);
    let at_end = || {
        let first = within.len().saturating_sub(CHUNK_SIGNATURE.len() - 1);
        (first..within.len())
            .find(|&at| within.get(at..).is_some_and(|rest| CHUNK_SIGNATURE.starts_with(rest)))
    };
    found.or_else(at_end).map(|at| from + at)
}

/// What the log has there; less where it ends, nothing where it cannot be read: that is said elsewhere.
fn read_at(log: &LogFile, offset: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let read = log.source.read_at(offset, &mut bytes).unwrap_or(0);
    bytes.truncate(read);
    bytes
}

/// The chunks that begin in a slot, besides at its beginning.
#[derive(Debug, Default, PartialEq)]
pub(super) struct OffGrid {
    /// Where each begins in the log, and in the slot.
    pub(super) chunks: Vec<(u64, i64)>,
    /// The ranges of the slot that chunks off the grid cover, also those that begin before it.
    pub(super) covered: Vec<Range<usize>>,
}

impl OffGrid {
    pub(super) fn find(log: &LogFile, slot: &SlotBytes<'_>) -> OffGrid {
        let mut found = OffGrid::default();
        if slot.slot == 0 {
            // A piece of the file header may be missing.
            let length = usize::try_from(log.first_chunk).unwrap_or(0).min(CHUNK_SIZE);
            for at in begins(log, 0, &read_at(log, 0, length), 1) {
                found.chunks.push((at as u64, at as i64 - length as i64));
                found.covered.push(0..(at + CHUNK_SIZE).saturating_sub(length));
            }
        } else if slot.chunk_end.is_none() {
            let before = read_at(log, log.offset_of(slot.slot - 1), CHUNK_SIZE);
            let chunk_end = chunk_end(&before);
            let before = SlotBytes { slot: slot.slot - 1, bytes: &before, chunk_end };
            found.covered.extend(before.chunks(log).into_iter().map(|at| 0..at));
        }
        for at in slot.chunks(log) {
            found.chunks.push((log.offset_of(slot.slot) + at as u64, at as i64));
            found.covered.push(at..slot.bytes.len().max(at));
        }
        found
    }
}

/// The chunk at this offset of the log, and its records.
pub(super) fn chunk_at(log: &LogFile, offset: u64) -> Option<(Vec<u8>, Vec<RecordHeader>)> {
    let bytes = read_at(log, offset, CHUNK_SIZE);
    let ChunkSlot::Chunk(header, _) = chunk::inspect(&bytes) else { return None };
    let live = record_walk::live(&bytes, &header).live;
    Some((bytes, live))
}

impl LogLender {
    /// Learns the definitions of the sound chunks of a log.
    pub(super) fn of(id: LogId, log: &LogFile) -> LogLender {
        LogLender { log: id, lender: learn(log) }
    }

    pub(super) fn is_of(&self, log: LogId) -> bool {
        self.log == log
    }

    /// Reads records of one chunk that gave no event by the definitions of other chunks, as far as these
    /// fit.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        unread: &[UnreadRecord],
        interner: &mut Interner,
        pass: &mut ReadPass<'_>,
    ) {
        self.lender.begin_chunk();
        let mut borrowed = 0;
        for UnreadRecord { header, is_live, reason } in unread {
            let location = pass.location(header);
            let Some(read) = self.lender.read(bytes, header, location, interner) else {
                if *is_live {
                    pass.refused(header, reason);
                }
                continue;
            };
            borrowed += 1;
            pass.recovered(match read {
                FastRead::Event(event, _) => Some(event),
                FastRead::Irrelevant => None,
            });
        }
        if borrowed > 0 {
            pass.borrowed(borrowed);
        }
    }
}

/// The definitions of the sound chunks of a log, also of those off the grid.
fn learn(log: &LogFile) -> Lender {
    let mut lender = Lender::default();
    for slot in 0..MOST_TEACHERS {
        if log.offset_of(slot) >= log.source.size() {
            break;
        }
        let bytes = read_at(log, log.offset_of(slot), CHUNK_SIZE);
        let chunk_end = chunk_end(&bytes);
        let off_grid = OffGrid::find(log, &SlotBytes { slot, bytes: &bytes, chunk_end }).chunks;
        let others = off_grid.into_iter().map(|(offset, _)| read_at(log, offset, CHUNK_SIZE));
        for bytes in std::iter::once(bytes).chain(others) {
            let ChunkSlot::Chunk(header, faults) = chunk::inspect(&bytes) else { continue };
            let walk = record_walk::live(&bytes, &header);
            if faults.is_empty() && walk.faults.is_empty() {
                lender.learn(&bytes, &walk.live);
            }
        }
    }
    lender.lend();
    lender
}

/// Where the records of the chunk end that begins here, if it is sound; then nothing of another chunk lies
/// before. `None`: no chunk begins here.
pub(super) fn chunk_end(bytes: &[u8]) -> Option<usize> {
    match chunk::inspect(bytes) {
        ChunkSlot::Chunk(header, faults) if faults.is_empty() => Some(header.free_space),
        ChunkSlot::Chunk(..) | ChunkSlot::Damaged(Some(_), _) => Some(1),
        ChunkSlot::Empty | ChunkSlot::Damaged(None, _) => None,
    }
}

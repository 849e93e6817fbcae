//! Identifies an event log by its content, whatever its name.

use super::limits;
use super::read_at::ReadAt;
use std::io;

/// Length of the file header of an event log in bytes; the first chunk begins behind it.
pub(crate) const FILE_HEADER_SIZE: u64 = 4096;
/// Bytes of one chunk: the chunks of a log lie one after the other in slots of this size.
pub(crate) const CHUNK_SIZE: u64 = 65_536;
/// First bytes of a file header.
pub(crate) const FILE_SIGNATURE: &[u8; 8] = b"ElfFile\0";
/// First bytes of a chunk.
pub(crate) const CHUNK_SIGNATURE: &[u8; 8] = b"ElfChnk\0";

/// Bytes of a slot that show whether it is in use.
const SLOT_HEAD: usize = 512;
/// After this many slots of other data, a file is given up unless nine in ten of its slots held a chunk.
const OTHER_SLOTS: u64 = 64;

/// How an event log without its file header is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogSearch {
    /// It must begin with a chunk, and nine in ten of its slots that are in use must hold one.
    Beginning,
    /// Nine in ten of its slots that are in use must hold a chunk. The content of a file that was
    /// given by name decides this, never the name: a disk holds chunks as well.
    MostSlots,
    /// One chunk in any slot is enough: the file is named as a log.
    AnySlot,
}

impl LogSearch {
    /// For a file of this name; `otherwise` when it is not named as a log.
    pub(super) fn by_name(name: &str, otherwise: LogSearch) -> LogSearch {
        if is_named_log(name) { LogSearch::AnySlot } else { otherwise }
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// An event log whose first slot begins at this offset in bytes.
    Log(u64),
    /// Chunks of event logs among other data: a disk, or the memory of a computer.
    ChunksAmongOtherData,
    /// It begins as an event log, but no event log is as large.
    TooLarge,
    NoLog,
}

/// Whether a name ends in `.evtx`, in any case.
pub(super) fn is_named_log(name: &str) -> bool {
    let ending = name.len().checked_sub(5).and_then(|at| name.get(at..));
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case(".evtx"))
}

/// Whether this is an event log, and where its first slot begins.
///
/// A log whose file header is damaged still has chunks behind it, and one whose file header is
/// missing begins with a chunk.
///
/// # Errors
/// When the medium fails.
pub(super) fn identify(source: &dyn ReadAt, search: LogSearch) -> io::Result<Identity> {
    let starts = match &signature_at(source, 0)? {
        FILE_SIGNATURE if source.size() > limits::LOG_SIZE => return Ok(Identity::TooLarge),
        FILE_SIGNATURE => return Ok(Identity::Log(FILE_HEADER_SIZE)),
        CHUNK_SIGNATURE => vec![0],
        _ if search != LogSearch::Beginning => vec![FILE_HEADER_SIZE, 0],
        _ if &signature_at(source, FILE_HEADER_SIZE)? == CHUNK_SIGNATURE => vec![FILE_HEADER_SIZE],
        _ => return Ok(Identity::NoLog),
    };
    if source.size() > limits::LOG_SIZE {
        return Ok(Identity::NoLog);
    }
    let mut identity = Identity::NoLog;
    for start in starts {
        match look_through(source, start, search)? {
            found @ Identity::Log(_) => return Ok(found),
            Identity::ChunksAmongOtherData => identity = Identity::ChunksAmongOtherData,
            Identity::NoLog | Identity::TooLarge => {}
        }
    }
    Ok(identity)
}

/// Looks at the slots from `start` on, until it is decided what they are.
fn look_through(source: &dyn ReadAt, start: u64, search: LogSearch) -> io::Result<Identity> {
    let (mut chunks, mut others) = (0_u64, 0_u64);
    let are_few = |chunks: u64, others: u64| others.saturating_mul(9) > chunks;
    let mut head = [0; SLOT_HEAD];
    let mut offset = start;
    while offset < source.size() {
        head.fill(0);
        source.read_at(offset, &mut head)?;
        if head.starts_with(CHUNK_SIGNATURE) {
            chunks += 1;
        } else {
            others += u64::from(head.iter().any(|byte| *byte != 0));
        }
        let is_decided = match search {
            LogSearch::AnySlot => chunks > 0,
            _ => others >= OTHER_SLOTS && are_few(chunks, others),
        };
        if is_decided {
            break;
        }
        offset = offset.saturating_add(CHUNK_SIZE);
    }
    Ok(match chunks {
        0 => Identity::NoLog,
        _ if search == LogSearch::AnySlot || !are_few(chunks, others) => Identity::Log(start),
        _ => Identity::ChunksAmongOtherData,
    })
}

/// Why this is no event log, in words.
pub(super) fn why_no_log(source: &dyn ReadAt, identity: Identity) -> &'static str {
    match identity {
        _ if source.size() == 0 => "it is empty (0 bytes)",
        Identity::ChunksAmongOtherData => {
            "it holds chunks of event logs among other data, as a disk or the memory of a computer \
             does, but no partition table or volume that is known; carve the logs out of it"
        }
        Identity::TooLarge => {
            "it begins as one, but no event log is larger than 64 GiB; copy its beginning, as far as there \
             is data, and give that"
        }
        _ => "it has neither the header nor a chunk of an event log",
    }
}

fn signature_at(source: &dyn ReadAt, offset: u64) -> io::Result<[u8; 8]> {
    let mut signature = [0; 8];
    source.read_at(offset, &mut signature)?;
    Ok(signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::in_memory::InMemory;

    /// Slots behind `before` bytes: a chunk, other data, or zeros.
    fn slots(before: usize, kinds: &str) -> InMemory {
        let mut bytes = vec![b'h'; before];
        for kind in kinds.chars() {
            let mut slot = vec![0; CHUNK_SIZE as usize];
            match kind {
                'c' => slot[..8].copy_from_slice(CHUNK_SIGNATURE),
                'o' => slot[..300].fill(7),
                _ => {}
            }
            bytes.extend(slot);
        }
        InMemory::from(bytes)
    }

    #[test]
    fn without_a_header_nine_in_ten_slots_must_hold_chunks() {
        use Identity::{ChunksAmongOtherData, Log, NoLog};
        use LogSearch::{AnySlot, Beginning, MostSlots};
        for (before, kinds, search, expected) in [
            (4096, "cccccccccoz", Beginning, Log(4096)),
            (4096, "occccccccczz", MostSlots, Log(4096)),
            (4096, "occccccccczz", Beginning, NoLog),
            (0, "zzzccc", MostSlots, Log(0)),
            (0, "cccccccccc", Beginning, Log(0)),
            // Mostly zeros: a disk of which nothing else is known.
            (4096, "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzcoo", MostSlots, ChunksAmongOtherData),
            (4096, "coo", Beginning, ChunksAmongOtherData),
            (4096, "zzzz", MostSlots, NoLog),
            (4096, "oooo", MostSlots, NoLog),
            // The name makes up for what is lost.
            (4096, "ooooooooooc", AnySlot, Log(4096)),
            (4096, "oooo", AnySlot, NoLog),
        ] {
            let source = slots(before, kinds);
            assert_eq!(identify(&source, search).unwrap(), expected, "{kinds} {search:?}");
        }
        assert_eq!(LogSearch::by_name("x/A.EVTX", Beginning), AnySlot);
        assert_eq!(LogSearch::by_name("x/evtx", Beginning), Beginning);
    }

    #[test]
    fn a_log_of_terabytes_is_refused_at_once() {
        struct Sparse;
        impl ReadAt for Sparse {
            fn size(&self) -> u64 {
                8 << 40
            }
            fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
                assert_eq!(offset, 0, "nothing else needs to be looked at");
                buffer.fill(0);
                buffer[..8].copy_from_slice(FILE_SIGNATURE);
                Ok(buffer.len())
            }
        }
        for search in [LogSearch::Beginning, LogSearch::MostSlots, LogSearch::AnySlot] {
            assert_eq!(identify(&Sparse, search).unwrap(), Identity::TooLarge);
        }
        assert!(why_no_log(&Sparse, Identity::TooLarge).contains("64 GiB"));
    }

    #[test]
    fn a_large_disk_is_given_up_soon() {
        struct Disk(std::sync::atomic::AtomicUsize);
        impl ReadAt for Disk {
            fn size(&self) -> u64 {
                60 << 30
            }
            fn read_at(&self, _: u64, buffer: &mut [u8]) -> io::Result<usize> {
                self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                buffer.fill(5);
                Ok(buffer.len())
            }
        }
        let disk = Disk(0.into());
        assert_eq!(identify(&disk, LogSearch::MostSlots).unwrap(), Identity::NoLog);
        assert!(disk.0.into_inner() < 200);
    }
}

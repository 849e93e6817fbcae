//! A worker thread: it does jobs, and reads each chunk record by record.

use super::head_only::LatestEvent;
use super::jobs::{BYTES_PER_JOB, JobResult, ReadJob};
use super::pass::ReadPass;
use super::recover::{self, LogLender, OffGrid, SlotBytes, UnreadRecord};
use super::{ReadSettings, RecordReaders};
use crate::evidence::LogFile;
use crate::evtx::chunk::{self, ChunkHeader, ChunkSlot};
use crate::evtx::decode::Interner;
use crate::evtx::fallback::{
    self, CrateReader, FallbackRead, RefusedRecord, TextsOfChunk, WantedOfRecord,
};
use crate::evtx::format::CHUNK_SIZE;
use crate::evtx::record_walk::{self, RecordHeader, RecordRest};
use crate::evtx::template::{
    self, CountedRecord, FastRead, FastReader, ProtectedRecord, WrongSizedValue,
};
use crate::model::event::Detail;
use crate::model::{Event, hex};
use sha2::{Digest, Sha256};
use std::io;

/// Events that are kept in one block. When all blocks are put into order, the memory of each is
/// given back before the next is moved.
const EVENTS_PER_BLOCK: usize = 1 << 14;
/// Size of a page of memory.
const PAGE: usize = 4096;

/// One thread's readers and what they have found.
pub(super) struct Worker {
    settings: ReadSettings,
    /// Whether the data of a record that a checksum protects is read only where it is needed.
    trusts_checksums: bool,
    buffer: Vec<u8>,
    /// Reads before the crate; `None`: the crate is to read everything.
    fast: Option<FastReader>,
    crate_reader: CrateReader,
    interner: Interner,
    /// Definitions that damaged chunks borrow.
    lender: Option<LogLender>,
    /// The records of a chunk that were read; empty between chunks.
    records: Vec<ReadRecord>,
    /// What its latest jobs have found, in their order.
    events: Vec<Event>,
    /// What the jobs before those have found.
    blocks: Vec<Vec<Event>>,
}

/// A record that was read.
struct ReadRecord {
    header: RecordHeader,
    /// It marks a boot: the records before and behind it bound that boot in time.
    marks_a_boot: bool,
    used_as: RecordUse,
}

/// What a record is kept as.
enum RecordUse {
    /// An event.
    Event,
    /// Nothing, or a boundary, which the fast reader makes when it is wanted.
    PossibleBoundary,
    /// Nothing, or this boundary.
    Boundary(Box<Event>),
    /// Nothing: its channel is not decoded.
    Nothing,
}

impl Worker {
    pub(super) fn new(settings: &ReadSettings, readers: RecordReaders) -> Worker {
        let (uses_fast_reader, trusts_checksums) = match readers {
            RecordReaders::FastAndCrate => (true, true),
            #[cfg(any(test, feature = "fuzzing"))]
            RecordReaders::FastWithAllData => (true, false),
            #[cfg(any(test, feature = "fuzzing"))]
            RecordReaders::CrateAlone => (false, false),
        };
        Worker {
            settings: *settings,
            trusts_checksums,
            buffer: Vec::new(),
            fast: uses_fast_reader.then(|| FastReader::new(settings.detail, settings.hops)),
            crate_reader: CrateReader::new(),
            lender: None,
            interner: Interner::default(),
            records: Vec::new(),
            events: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// Does a job.
    pub(super) fn run(&mut self, job: &ReadJob, log: &LogFile) -> JobResult {
        match *job {
            ReadJob::Hash(id, _) => JobResult::Hash(id, self.hash(log)),
            ReadJob::Chunks { log: id, first, offset, bytes } => {
                let mut pass = ReadPass::new(id, &log.path, std::mem::take(&mut self.events));
                let before = pass.events.len();
                self.read_chunks(log, first, offset, bytes as usize, &mut pass);
                pass.out.events = pass.events.len() - before;
                if pass.events.len() >= EVENTS_PER_BLOCK {
                    self.blocks.push(pass.events);
                } else {
                    self.events = pass.events;
                }
                JobResult::Chunks(Box::new(pass.out))
            }
        }
    }

    /// What all its jobs have found, in their order.
    pub(super) fn into_events(mut self) -> Vec<Vec<Event>> {
        self.blocks.push(self.events);
        self.blocks
    }

    fn hash(&mut self, log: &LogFile) -> io::Result<String> {
        let mut hasher = Sha256::new();
        let mut offset = 0;
        self.buffer.resize(BYTES_PER_JOB, 0);
        // Up to the size at the start, as for chunks: a log that grows meanwhile is a finding.
        while offset < log.source.size() {
            let read = log.source.read_at(offset, &mut self.buffer)?;
            let left = usize::try_from(log.source.size() - offset).unwrap_or(usize::MAX);
            let bytes = self.buffer.get(..read.min(left)).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            hasher.update(bytes);
            offset += bytes.len() as u64;
        }
        Ok(hex(&hasher.finalize()))
    }

    fn read_chunks(
        &mut self,
        log: &LogFile,
        first: u32,
        offset: u64,
        bytes: usize,
        pass: &mut ReadPass<'_>,
    ) {
        let mut memory = std::mem::take(&mut self.buffer);
        memory.resize(PAGE + BYTES_PER_JOB, 0);
        // Reads into the middle of a page take up to four times as long.
        let skip = memory.as_ptr().align_offset(PAGE).min(PAGE);
        let buffer = memory.get_mut(skip..).unwrap_or_default();
        if let Ok(data) = read(log, offset, bytes, buffer) {
            pass.expected(offset, bytes, data.len());
            for (slot, data) in (first..).zip(data.chunks(CHUNK_SIZE)) {
                self.read_slot(log, slot, data, pass);
            }
        } else {
            // A bad place on the medium costs its own slot only.
            for (slot, start) in (first..).zip((0..bytes).step_by(CHUNK_SIZE)) {
                let length = CHUNK_SIZE.min(bytes - start);
                match read(log, offset + start as u64, length, buffer) {
                    Ok(data) => {
                        pass.expected(offset + start as u64, length, data.len());
                        self.read_slot(log, slot, data, pass);
                    }
                    Err(error) => pass.unreadable_slot(slot, &error),
                }
            }
        }
        self.buffer = memory;
    }

    fn read_slot(&mut self, log: &LogFile, slot: u32, bytes: &[u8], pass: &mut ReadPass<'_>) {
        pass.slot = slot;
        let from = pass.events.len();
        let header = match chunk::inspect(bytes) {
            ChunkSlot::Empty => return,
            ChunkSlot::Chunk(header, faults) => {
                pass.out.counts.chunks += 1;
                pass.checksums(&faults);
                Some(header)
            }
            ChunkSlot::Damaged(header, reason) => {
                pass.out.counts.chunks += u64::from(header.is_some());
                pass.damaged(&reason);
                header
            }
        };
        let mut covered = Vec::new();
        if self.settings.recover {
            let chunk_end = recover::chunk_end(bytes);
            let found = OffGrid::find(log, &SlotBytes { slot, bytes, chunk_end });
            for (offset, base) in found.chunks {
                let Some((bytes, records)) = recover::chunk_at(log, offset) else { continue };
                pass.begin_off_grid(base, offset, records.len());
                self.read_recovered(&bytes, records, pass);
                pass.end_off_grid();
            }
            covered = found.covered;
        }
        match header {
            Some(header) => self.read_records(log, &header, bytes, pass),
            None if self.settings.recover => {
                let carved = record_walk::carve(bytes, &covered);
                let refused = self.read_recovered(bytes, carved, pass);
                self.borrow(log, bytes, &refused, pass);
            }
            None => {}
        }
        pass.end_chunk(from);
    }

    /// Reads records that gave no event by the definitions of other chunks, or reports them.
    fn borrow(
        &mut self,
        log: &LogFile,
        bytes: &[u8],
        unread: &[UnreadRecord],
        pass: &mut ReadPass<'_>,
    ) {
        if unread.is_empty() {
            return;
        }
        let id = pass.out.log;
        let known = self.lender.take().filter(|known| known.is_of(id));
        let mut lender = known.unwrap_or_else(|| LogLender::of(id, log));
        lender.read(bytes, unread, &mut self.interner, pass);
        self.lender = Some(lender);
    }

    /// Reads records that are not live. Returns those that gave no event.
    fn read_recovered(
        &mut self,
        bytes: &[u8],
        records: Vec<RecordHeader>,
        pass: &mut ReadPass<'_>,
    ) -> Vec<UnreadRecord> {
        self.read_by_crate(bytes, &[], records, &mut Vec::new(), pass)
    }

    fn read_records(
        &mut self,
        log: &LogFile,
        header: &ChunkHeader,
        bytes: &[u8],
        pass: &mut ReadPass<'_>,
    ) {
        let walk = record_walk::live(bytes, header);
        let live = &walk.live;
        if walk.stale > 0 {
            pass.stale(walk.stale);
        }
        for fault in &walk.faults {
            pass.unreadable(fault.offset, &fault.reason);
        }
        let mut records = std::mem::take(&mut self.records);
        let mut ends = live.clone();
        let enlarged = live.iter().enumerate().filter(|(at, _)| walk.lacks_next(*at, header));
        let enlarged: Vec<_> = enlarged.map(|(_, record)| RecordRest::whole(*record)).collect();
        let mut hidden = hidden_in(bytes, &enlarged, &mut ends, pass);
        let rests = self.read_fast(bytes, header.protected_until, &ends, &mut records, pass);
        hidden.extend(hidden_in(bytes, &rests, &mut ends, pass));
        let numbers: Vec<u64> = hidden.iter().map(|hidden| hidden.number).collect();
        let mut carved = hidden;
        if self.settings.recover {
            let taken: Vec<_> = live.iter().map(RecordHeader::range).collect();
            carved.extend(record_walk::carve(bytes, &taken));
        }
        pass.compare_numbers(header, &walk, &numbers, bytes.len() == CHUNK_SIZE);
        let mut unread = self.read_by_crate(bytes, &ends, carved, &mut records, pass);
        // What was overwritten in part is noise, not a loss.
        unread.retain(|unread| unread.is_live);
        if self.settings.recover {
            self.borrow(log, bytes, &unread, pass);
        } else {
            unread.iter().for_each(|unread| pass.refused(&unread.header, &unread.reason));
        }
        self.add_boundaries(bytes, &records, pass);
        records.clear();
        self.records = records;
    }

    /// Reads what the fast reader understands. Returns where other records may lie hidden.
    fn read_fast(
        &mut self,
        bytes: &[u8],
        protected_until: usize,
        live: &[RecordHeader],
        records: &mut Vec<ReadRecord>,
        pass: &mut ReadPass<'_>,
    ) -> Vec<RecordRest> {
        let Some(fast) = &mut self.fast else {
            return live.iter().copied().map(RecordRest::whole).collect();
        };
        let mut rests = Vec::new();
        fast.begin_chunk();
        let may_leave_out = self.settings.detail == Detail::HeadOnly;
        let mut latest = LatestEvent::default();
        for (position, &header) in (0_u64..).zip(live) {
            let location = pass.location(&header);
            let counts = &mut pass.out.counts;
            let slot = pass.slot;
            let count = |counted: CountedRecord<'_>| counts.read(&counted, slot, &header);
            let is_protected = self.trusts_checksums && header.end() <= protected_until;
            let record = ProtectedRecord { header: &header, is_protected };
            let read = fast.read(bytes, &record, location, &mut self.interner, count);
            pass.out.hops.extend(fast.take_hop());
            rests.extend(match &read {
                Some(_) => RecordRest::behind(header, fast.end_of_values()),
                None => Some(RecordRest::whole(header)),
            });
            match read {
                Some(FastRead::Irrelevant) => {
                    let used_as = RecordUse::PossibleBoundary;
                    records.push(ReadRecord { header, marks_a_boot: false, used_as });
                }
                Some(FastRead::Event(event, missing)) => {
                    pass.missing(&event, &missing);
                    if may_leave_out
                        && let Some(index) = latest.follow(&event, records.len(), position)
                    {
                        if let Some(record) = records.get_mut(index) {
                            record.used_as = RecordUse::PossibleBoundary;
                        }
                        pass.leave_out_latest();
                    }
                    records.push(ReadRecord::event(header, &event));
                    pass.events.push(event);
                }
                // The crate may read an event there that belongs between its neighbours.
                None => latest = LatestEvent::default(),
            }
        }
        rests
    }

    /// Reads what is left, and what was carved. `live` says of a record that was enlarged over others
    /// where it ended before. Returns those that gave no event.
    fn read_by_crate(
        &mut self,
        bytes: &[u8],
        live: &[RecordHeader],
        carved: Vec<RecordHeader>,
        records: &mut Vec<ReadRecord>,
        pass: &mut ReadPass<'_>,
    ) -> Vec<UnreadRecord> {
        let mut unread = Vec::new();
        if records.len() == live.len() && carved.is_empty() {
            return unread;
        }
        let read: Vec<usize> = records.iter().map(|record| record.header.offset).collect();
        let is_left = |header: &RecordHeader| read.binary_search(&header.offset).is_err();
        let mut all = carved;
        all.extend(live);
        all.sort_unstable_by_key(|header| header.offset);
        let ReadSettings { detail, hops, .. } = self.settings;
        let (interner, wanted) = (&mut self.interner, WantedOfRecord { detail, hops });
        let is_live = |header: &RecordHeader| {
            live.binary_search_by_key(&header.offset, |live| live.offset).is_ok()
        };
        let mut wrong_sizes = Vec::new();
        for header in all.iter().filter(|header| is_left(header)) {
            wrong_sizes.extend(find_wrong_sizes(bytes, header, is_live(header), pass));
        }
        let mut texts = TextsOfChunk::new();
        self.crate_reader.render(bytes, &all, &wrong_sizes, is_left, |&header, xml| {
            let is_live = is_live(&header);
            let location = pass.location(&header);
            let (slot, counts) = (pass.slot, &mut pass.out.counts);
            counts.by_crate += u64::from(is_live);
            let count = |counted: CountedRecord<'_>| {
                if is_live {
                    counts.read(&counted, slot, &header);
                }
            };
            let forwarded = record_walk::is_literal(bytes, &header);
            let reaches_out = template::wrong_sizes(bytes, header.content()).err();
            let xml = reaches_out.map_or(xml, |reason| Err(reason.into()));
            let read = xml.map_err(RefusedRecord::Unreadable).and_then(|xml| {
                fallback::read(xml, forwarded, location, interner, wanted, &mut texts, count)
            });
            match read {
                Ok((read, hop)) if is_live => {
                    pass.out.hops.extend(hop);
                    take_live(read, header, records, pass);
                }
                Ok((FallbackRead::Event(event, _), _)) => pass.recovered(Some(event)),
                Ok((FallbackRead::Irrelevant(_), _)) => pass.recovered(None),
                Err(reason) => unread.push(UnreadRecord { header, is_live, reason }),
            }
        });
        records.sort_by_key(|record| record.header.offset);
        unread
    }

    /// Keeps as boundaries the first and last record of the chunk and those before and behind records of a
    /// boot, as far as they are no events.
    fn add_boundaries(&mut self, bytes: &[u8], records: &[ReadRecord], pass: &mut ReadPass<'_>) {
        let marks_a_boot =
            |index: usize| records.get(index).is_some_and(|record| record.marks_a_boot);
        for (index, record) in records.iter().enumerate() {
            let is_first_or_last = index == 0 || index + 1 == records.len();
            let follows_a_boot_record = index.checked_sub(1).is_some_and(marks_a_boot);
            if !(is_first_or_last || follows_a_boot_record || marks_a_boot(index + 1)) {
                continue;
            }
            let boundary = match &record.used_as {
                RecordUse::Event | RecordUse::Nothing => None,
                RecordUse::Boundary(event) => Some((**event).clone()),
                RecordUse::PossibleBoundary => {
                    let location = pass.location(&record.header);
                    let read_again = |fast: &mut FastReader| {
                        fast.boundary(bytes, &record.header, location, &mut self.interner)
                    };
                    self.fast.as_mut().and_then(read_again)
                }
            };
            pass.events.extend(boundary);
        }
    }
}

/// Takes what the crate read of a live record.
fn take_live(
    read: FallbackRead,
    header: RecordHeader,
    records: &mut Vec<ReadRecord>,
    pass: &mut ReadPass<'_>,
) {
    match read {
        FallbackRead::Event(event, missing) => {
            records.push(ReadRecord::event(header, &event));
            pass.missing(&event, &missing);
            pass.events.push(event);
        }
        FallbackRead::Irrelevant(boundary) => {
            records.push(ReadRecord::irrelevant(header, boundary));
        }
    }
}

impl ReadRecord {
    fn event(header: RecordHeader, event: &Event) -> ReadRecord {
        let marks_a_boot = event.role().marks_a_boot();
        ReadRecord { header, marks_a_boot, used_as: RecordUse::Event }
    }

    /// A record that is no event, with the boundary that it can be.
    fn irrelevant(header: RecordHeader, boundary: Option<Event>) -> ReadRecord {
        let boundary = boundary.map(|event| RecordUse::Boundary(event.into()));
        let used_as = boundary.unwrap_or(RecordUse::Nothing);
        ReadRecord { header, marks_a_boot: false, used_as }
    }
}

/// The records that lie hidden in these `rests` of others, and reports each. Of a record that was enlarged
/// over others, `ends` gets the end that it had before.
fn hidden_in(
    bytes: &[u8],
    rests: &[RecordRest],
    ends: &mut [RecordHeader],
    pass: &mut ReadPass<'_>,
) -> Vec<RecordHeader> {
    let mut all = Vec::new();
    for rest in rests {
        let hidden = rest.hidden(bytes);
        if let Some(first) = hidden.first()
            && let Ok(index) = ends.binary_search_by_key(&rest.record.offset, |end| end.offset)
            && let Some(enlarged) = ends.get_mut(index)
        {
            enlarged.size = first.offset - enlarged.offset;
        }
        hidden.iter().for_each(|hidden| pass.hidden(hidden, &rest.record));
        all.extend(hidden);
    }
    all
}

/// The values of a record that are not as large as their types say. Those of a live record are reported.
fn find_wrong_sizes(
    bytes: &[u8],
    header: &RecordHeader,
    is_live: bool,
    pass: &mut ReadPass<'_>,
) -> Vec<WrongSizedValue> {
    let found = template::wrong_sizes(bytes, header.content()).unwrap_or_default();
    if is_live && !found.is_empty() {
        pass.wrong_sizes(header, &found);
    }
    found
}

/// Reads as much of `length` bytes as there is.
fn read<'b>(
    log: &LogFile,
    offset: u64,
    length: usize,
    buffer: &'b mut [u8],
) -> io::Result<&'b [u8]> {
    let room = buffer.get_mut(..length).unwrap_or_default();
    let read = log.source.read_at(offset, room)?;
    Ok(room.get(..read).unwrap_or_default())
}

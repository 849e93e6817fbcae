//! The work, cut into jobs, and a worker that does them.

use super::binxml::{FastReader, Marks, Seen};
use super::chunk::{self, Header, SLOT, Slot};
use super::crate_reader::CrateReader;
use super::pass::{Pass, Scanned};
use super::records::{self, Read, Refused};
use super::thin::Latest;
use super::walk::{self, Found, Walk};
use super::{Readers, Settings};
use crate::evidence::LogFile;
use crate::evtx::decode::{self, Parts};
use crate::model::{Event, LogId};
use sha2::{Digest, Sha256};
use std::io;

/// Slots of one job: few, so that the last jobs of a run are short; not one, so that reads are
/// large.
const SLOTS: u32 = 4;
/// Events that are kept in one block: when they are put into order, the memory of a block that was
/// moved is given back before the next.
const BLOCK: usize = 1 << 14;
/// Memory is dealt out in pages of so many bytes.
const PAGE: usize = 4096;

/// A piece of work.
#[derive(Debug, Clone, Copy)]
pub(super) enum Job {
    /// Compute the SHA-256 of this log of so many bytes.
    Hash(LogId, u64),
    /// Read slots of this log.
    Scan {
        log: LogId,
        /// Number of the first slot.
        first: u32,
        /// Where the slot begins, and how many bytes there are to read.
        offset: u64,
        bytes: u64,
    },
}

impl Job {
    pub(super) fn log<'l>(&self, logs: &'l [LogFile]) -> Option<&'l LogFile> {
        let (Job::Hash(log, _) | Job::Scan { log, .. }) = self;
        logs.get(log.index())
    }

    pub(super) fn bytes(&self) -> u64 {
        let (Job::Hash(_, bytes) | Job::Scan { bytes, .. }) = *self;
        bytes
    }
}

/// All jobs: hashes first, the largest log first, for they cannot be divided; then slots in order.
pub(super) fn plan(logs: &[LogFile], settings: &Settings) -> Vec<Job> {
    let numbered = || (0..).map(LogId).zip(logs);
    let mut jobs = Vec::new();
    if settings.hash {
        jobs.extend(numbered().map(|(id, log)| Job::Hash(id, log.source.size())));
        jobs.sort_by_key(|job| std::cmp::Reverse(job.bytes()));
    }
    for (log, found) in numbered() {
        let end = found.source.size();
        let step = u64::from(SLOTS) * SLOT as u64;
        let starts = (found.first_chunk..end).step_by(step as usize);
        jobs.extend((0..).step_by(SLOTS as usize).zip(starts).map(|(first, offset)| Job::Scan {
            log,
            first,
            offset,
            bytes: step.min(end - offset),
        }));
    }
    jobs
}

/// What a job found.
pub(super) enum Done {
    Hashed(LogId, io::Result<String>),
    Scanned(Box<Scanned>),
}

impl Done {
    pub(super) fn log(&self) -> LogId {
        match self {
            Done::Hashed(log, _) => *log,
            Done::Scanned(scanned) => scanned.log,
        }
    }
}

/// One thread's tools.
pub(super) struct Worker {
    settings: Settings,
    buffer: Vec<u8>,
    /// Before the crate, unless that is to read everything.
    fast: Option<FastReader>,
    reader: CrateReader,
    parts: Parts,
    /// The records of a chunk that were read; empty between chunks.
    lines: Vec<Line>,
    /// What its last jobs have found, in their order, and in blocks what those before found.
    events: Vec<Event>,
    blocks: Vec<Vec<Event>>,
}

/// A record that was read.
struct Line {
    found: Found,
    /// It marks a boot: the records beside it bound it in time.
    marks_a_boot: bool,
    use_as: Use,
}

enum Use {
    /// Its event is kept.
    Event,
    /// It can be a witness, which the fast reader makes when it is wanted.
    Passed,
    /// It can be this witness.
    Witness(Box<Event>),
    Nothing,
}

impl Worker {
    pub(super) fn new(settings: &Settings, readers: Readers) -> Worker {
        Worker {
            settings: *settings,
            buffer: Vec::new(),
            fast: (readers == Readers::Both).then(|| FastReader::new(settings.thin)),
            reader: CrateReader::new(),
            parts: Parts::default(),
            lines: Vec::new(),
            events: Vec::new(),
            blocks: Vec::new(),
        }
    }

    pub(super) fn run(&mut self, job: &Job, log: &LogFile) -> Done {
        match *job {
            Job::Hash(id, _) => Done::Hashed(id, self.hash(log)),
            Job::Scan { log: id, first, offset, bytes } => {
                let mut pass = Pass::new(id, &log.path, std::mem::take(&mut self.events));
                let before = pass.events.len();
                self.scan(log, first, offset, bytes as usize, &mut pass);
                pass.out.events = pass.events.len() - before;
                if pass.events.len() >= BLOCK {
                    self.blocks.push(pass.events);
                } else {
                    self.events = pass.events;
                }
                Done::Scanned(Box::new(pass.out))
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
        self.buffer.resize(SLOTS as usize * SLOT, 0);
        // Up to the size at the start, as the scan: a log that grows meanwhile is a finding.
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
        Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn scan(&mut self, log: &LogFile, first: u32, offset: u64, bytes: usize, pass: &mut Pass<'_>) {
        let mut memory = std::mem::take(&mut self.buffer);
        memory.resize(PAGE + SLOTS as usize * SLOT, 0);
        // Reads into the middle of a page take up to four times as long.
        let skip = memory.as_ptr().align_offset(PAGE).min(PAGE);
        let buffer = memory.get_mut(skip..).unwrap_or_default();
        if let Ok(data) = read(log, offset, bytes, buffer) {
            for (slot, data) in (first..).zip(data.chunks(SLOT)) {
                self.slot(slot, data, pass);
            }
        } else {
            // A bad place on the medium costs its own slot only.
            for (slot, start) in (first..).zip((0..bytes).step_by(SLOT)) {
                let length = SLOT.min(bytes - start);
                match read(log, offset + start as u64, length, buffer) {
                    Ok(data) => self.slot(slot, data, pass),
                    Err(error) => pass.unreadable_slot(slot, &error),
                }
            }
        }
        self.buffer = memory;
    }

    fn slot(&mut self, slot: u32, bytes: &[u8], pass: &mut Pass<'_>) {
        pass.slot = slot;
        let header = match chunk::look(bytes) {
            Slot::Blank => return,
            Slot::Chunk(header, faults) => {
                pass.out.tally.chunks += 1;
                pass.checksums(&faults);
                Some(header)
            }
            Slot::Damaged(header, reason) => {
                pass.out.tally.chunks += u64::from(header.is_some());
                pass.damaged(&reason);
                header
            }
        };
        self.records(header, bytes, pass);
    }

    fn records(&mut self, header: Option<Header>, bytes: &[u8], pass: &mut Pass<'_>) {
        let Walk { live, stale, faults } =
            header.map(|header| walk::live(bytes, &header)).unwrap_or_default();
        if stale > 0 {
            pass.stale(stale);
        }
        for fault in &faults {
            pass.unreadable(fault.offset, &fault.reason);
        }
        let mut lines = std::mem::take(&mut self.lines);
        let from = pass.events.len();
        self.read_fast(bytes, &live, &mut lines, pass);
        let carved = if self.settings.recover { walk::carve(bytes, &live) } else { Vec::new() };
        self.read_by_crate(bytes, &live, carved, &mut lines, pass);
        self.witnesses(bytes, &lines, pass);
        lines.clear();
        self.lines = lines;
        let events = pass.events.get_mut(from..).unwrap_or_default();
        events.sort_unstable_by_key(|event| event.location);
    }

    /// Reads what the fast reader understands.
    fn read_fast(
        &mut self,
        bytes: &[u8],
        live: &[Found],
        lines: &mut Vec<Line>,
        pass: &mut Pass<'_>,
    ) {
        let Some(fast) = &mut self.fast else { return };
        fast.begin();
        let mut latest = Latest::default();
        for &found in live {
            let place = pass.place(&found);
            let tally = &mut pass.out.tally;
            let count = |marks: Marks<'_>| tally.read(&marks, found.number);
            match fast.read(bytes, &found, place, &mut self.parts, count) {
                Some(Seen::Passed) => {
                    lines.push(Line { found, marks_a_boot: false, use_as: Use::Passed });
                }
                Some(Seen::Event(event, missing)) => {
                    pass.missing(&event, &missing);
                    if self.settings.thin
                        && let Some(left_out) = latest.follow(&event, lines.len())
                    {
                        if let Some(line) = lines.get_mut(left_out) {
                            line.use_as = Use::Passed;
                        }
                        pass.leave_out();
                    }
                    lines.push(Line::event(found, &event));
                    pass.events.push(event);
                }
                // What the crate reads there may be an event of ours.
                None => latest = Latest::default(),
            }
        }
    }

    /// Reads what is left, and what was carved.
    fn read_by_crate(
        &mut self,
        bytes: &[u8],
        live: &[Found],
        carved: Vec<Found>,
        lines: &mut Vec<Line>,
        pass: &mut Pass<'_>,
    ) {
        if lines.len() == live.len() && carved.is_empty() {
            return;
        }
        let known: Vec<usize> = lines.iter().map(|line| line.found.offset).collect();
        let is_left = |found: &Found| known.binary_search(&found.offset).is_err();
        let mut records = carved;
        records.extend(live);
        records.sort_unstable_by_key(|found| found.offset);
        let (parts, thin) = (&mut self.parts, self.settings.thin);
        self.reader.render(bytes, &records, is_left, |&found, xml| {
            let is_live = live.binary_search_by_key(&found.offset, |live| live.offset).is_ok();
            let place = pass.place(&found);
            let tally = &mut pass.out.tally;
            tally.by_crate += u64::from(is_live);
            let count = |marks: Marks<'_>| {
                if is_live {
                    tally.read(&marks, found.number);
                }
            };
            let forwarded = walk::is_literal(bytes, &found);
            let read = xml
                .map_err(Refused::Unreadable)
                .and_then(|xml| records::read(xml, forwarded, place, parts, thin, count));
            match read {
                Ok(Read::Event(event, missing)) if is_live => {
                    lines.push(Line::event(found, &event));
                    pass.missing(&event, &missing);
                    pass.events.push(event);
                }
                Ok(Read::Other(event)) if is_live => {
                    let use_as = event.map_or(Use::Nothing, |event| Use::Witness(event.into()));
                    lines.push(Line { found, marks_a_boot: false, use_as });
                }
                Ok(read) => pass.recovered(read),
                Err(refused) if is_live => pass.refused(&found, &refused),
                // What was overwritten in part is noise, not a loss.
                Err(_) => {}
            }
        });
        lines.sort_by_key(|line| line.found.offset);
    }

    /// Keeps as witnesses the first and last record of the chunk and those beside records of a
    /// boot, as far as they are no events.
    fn witnesses(&mut self, bytes: &[u8], lines: &[Line], pass: &mut Pass<'_>) {
        let marks_a_boot = |index: usize| lines.get(index).is_some_and(|line| line.marks_a_boot);
        for (index, line) in lines.iter().enumerate() {
            let is_first_or_last = index == 0 || index + 1 == lines.len();
            let before = index.checked_sub(1).is_some_and(marks_a_boot);
            if !(is_first_or_last || before || marks_a_boot(index + 1)) {
                continue;
            }
            let witness = match &line.use_as {
                Use::Event | Use::Nothing => None,
                Use::Witness(event) => Some((**event).clone()),
                Use::Passed => {
                    let place = pass.place(&line.found);
                    let again = |fast: &mut FastReader| {
                        fast.boundary(bytes, &line.found, place, &mut self.parts)
                    };
                    self.fast.as_mut().and_then(again)
                }
            };
            pass.events.extend(witness);
        }
    }
}

impl Line {
    fn event(found: Found, event: &Event) -> Line {
        let marks_a_boot = decode::marks_a_boot(&event.kind);
        Line { found, marks_a_boot, use_as: Use::Event }
    }
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

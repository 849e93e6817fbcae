//! Deflated entries of a zip archive, inflated by threads that have nothing else to do.
//!
//! One thread looks at the entries of an archive in their order. Meanwhile the others inflate the next ones.
//! An entry that no other thread has begun when its turn comes is left to the one thread: it waits only for
//! work that is being done, and that waits for nothing itself.
//!
//! Only an entry whose size and checksum are right is taken from here. Every other one is read again by the
//! one thread, which reports what is wrong with it, so that the result does not depend on the threads.

use super::source_reader::SourceReader;
use super::zip_local_header::data_start;
use crate::evidence::read_at::ReadAt;
use std::collections::VecDeque;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A deflated entry, and what must come out of it.
pub(super) struct DeflatedEntry {
    /// Where its local header begins.
    pub(super) header_start: u64,
    pub(super) packed_size: u64,
    pub(super) size: u64,
    pub(super) crc: u32,
}

/// Entries of one archive that are inflated before they are asked for.
pub(super) struct InflateAhead<'a> {
    source: &'a Arc<dyn ReadAt>,
    /// Bytes that the entries in `begun` may inflate to.
    most_bytes: u64,
    /// By their index in the archive, in the order in which they are asked for.
    waiting: VecDeque<(usize, DeflatedEntry)>,
    begun: VecDeque<(usize, Arc<Task>)>,
    /// Bytes that the entries in `begun` inflate to.
    bytes: u64,
}

/// One entry that another thread may inflate.
struct Task {
    entry: DeflatedEntry,
    state: Mutex<TaskState>,
    changed: Condvar,
}

enum TaskState {
    /// Nobody has begun it. The source is let go of when nobody needs it any more.
    Waiting(Arc<dyn ReadAt>),
    /// A thread inflates it, or nobody is to do it any more.
    Taken,
    Done(Option<Vec<u8>>),
}

impl<'a> InflateAhead<'a> {
    /// Entries of the archive in `source`, in the order in which they will be asked for. Where there are no
    /// other threads, none is inflated ahead.
    pub(super) fn new(
        source: &'a Arc<dyn ReadAt>,
        most_bytes: u64,
        entries: impl Iterator<Item = (usize, DeflatedEntry)>,
    ) -> InflateAhead<'a> {
        let has_others =
            rayon::current_thread_index().is_some() && rayon::current_num_threads() > 1;
        let waiting = if has_others { entries.collect() } else { VecDeque::new() };
        InflateAhead { source, most_bytes, waiting, begun: VecDeque::new(), bytes: 0 }
    }

    /// The bytes of the entry with this index; `None` when nobody has inflated it, or something is wrong
    /// with it. Entries are asked for in the order that was given.
    pub(super) fn take(&mut self, index: usize) -> Option<Vec<u8>> {
        // Nobody has begun it: it is the first one, or too large.
        if self.waiting.front().is_some_and(|(waiting, _)| *waiting == index) {
            self.waiting.pop_front();
        }
        self.begin_more();
        if self.begun.front().is_none_or(|(begun, _)| *begun != index) {
            return None;
        }
        let (_, task) = self.begun.pop_front()?;
        self.bytes -= task.entry.size;
        task.take()
    }

    /// Lets other threads inflate the next entries, as far as the memory for that goes.
    fn begin_more(&mut self) {
        while let Some((_, entry)) = self.waiting.front()
            && self.bytes.saturating_add(entry.size) <= self.most_bytes
            && let Some((index, entry)) = self.waiting.pop_front()
        {
            self.bytes += entry.size;
            let state = Mutex::new(TaskState::Waiting(Arc::clone(self.source)));
            let task = Arc::new(Task { entry, state, changed: Condvar::new() });
            let other = Arc::clone(&task);
            rayon::spawn(move || other.work());
            self.begun.push_back((index, task));
        }
    }
}

/// Entries that no thread has begun by then are not inflated any more.
impl Drop for InflateAhead<'_> {
    fn drop(&mut self) {
        self.begun.iter().for_each(|(_, task)| drop(task.claim()));
    }
}

impl Task {
    fn state(&self) -> MutexGuard<'_, TaskState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the task from all others, unless somebody has it already: the source for it.
    fn claim(&self) -> Option<Arc<dyn ReadAt>> {
        let mut state = self.state();
        match std::mem::replace(&mut *state, TaskState::Taken) {
            TaskState::Waiting(source) => Some(source),
            other => {
                *state = other;
                None
            }
        }
    }

    /// Inflates the entry, unless somebody else has the task.
    fn work(&self) {
        let Some(source) = self.claim() else { return };
        let inflated = self.entry.inflate(&source);
        *self.state() = TaskState::Done(inflated);
        self.changed.notify_all();
    }

    /// What another thread has inflated, or does at this moment.
    fn take(&self) -> Option<Vec<u8>> {
        if self.claim().is_some() {
            return None;
        }
        let is_working = |state: &mut TaskState| matches!(state, TaskState::Taken);
        let state = self.changed.wait_while(self.state(), is_working);
        match &mut *state.unwrap_or_else(PoisonError::into_inner) {
            TaskState::Done(inflated) => inflated.take(),
            TaskState::Waiting(_) | TaskState::Taken => None,
        }
    }
}

impl DeflatedEntry {
    /// The bytes of the entry; `None` when something is wrong with them.
    fn inflate(&self, source: &Arc<dyn ReadAt>) -> Option<Vec<u8>> {
        let start = data_start(source, self.header_start)?;
        let mut packed = SourceReader::new(source);
        packed.seek(SeekFrom::Start(start)).ok()?;
        let packed = packed.take(self.packed_size);
        let mut inflated = Vec::with_capacity(usize::try_from(self.size).ok()?);
        let most = self.size.saturating_add(1);
        let decoder = flate2::read::DeflateDecoder::new(packed);
        decoder.take(most).read_to_end(&mut inflated).ok()?;
        let is_right = inflated.len() as u64 == self.size && crc32fast::hash(&inflated) == self.crc;
        is_right.then_some(inflated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::in_memory::InMemory;
    use std::io::Write;

    /// Some entries, one behind the other, each with its local header, and what they inflate to.
    fn packed(contents: &[Vec<u8>]) -> (Arc<dyn ReadAt>, Vec<DeflatedEntry>) {
        let mut bytes = Vec::new();
        let mut entries = Vec::new();
        for content in contents {
            let mut packer =
                flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            packer.write_all(content).unwrap();
            let packed = packer.finish().unwrap();
            let (header_start, packed_size) = (bytes.len() as u64, packed.len() as u64);
            let (size, crc) = (content.len() as u64, crc32fast::hash(content));
            entries.push(DeflatedEntry { header_start, packed_size, size, crc });
            bytes.extend(b"PK\x03\x04");
            bytes.extend([0; 22]);
            bytes.extend([1, 0, 2, 0]);
            bytes.extend(b"a..");
            bytes.extend(packed);
        }
        (Arc::new(InMemory::from(bytes)), entries)
    }

    fn contents() -> Vec<Vec<u8>> {
        (0..40_u8).map(|n| (0..100_000_u32).map(|at| (at / 7) as u8 ^ n).collect()).collect()
    }

    fn on_threads<T: Send>(threads: usize, act: impl FnOnce() -> T + Send) -> T {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(act)
    }

    /// Asks for each entry, and returns how many another thread has inflated.
    fn ask(contents: &[Vec<u8>], source: &Arc<dyn ReadAt>, entries: Vec<DeflatedEntry>) -> usize {
        let mut ahead = InflateAhead::new(source, 1 << 20, entries.into_iter().enumerate());
        let mut inflated = 0;
        for (index, content) in contents.iter().enumerate() {
            if let Some(bytes) = ahead.take(index) {
                assert_eq!(bytes, *content);
                inflated += 1;
            }
            // Until the next thread has begun the next one, or is not there.
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        inflated
    }

    #[test]
    fn other_threads_inflate_what_is_asked_for_next() {
        let contents = contents();
        let (source, entries) = packed(&contents);
        assert!(on_threads(3, || ask(&contents, &source, entries)) > 0);
    }

    #[test]
    fn one_thread_does_everything_itself() {
        let contents = contents();
        let (source, entries) = packed(&contents);
        assert_eq!(on_threads(1, || ask(&contents, &source, entries)), 0);
    }

    #[test]
    fn no_entry_is_inflated_ahead_that_is_too_large() {
        let (source, entries) = packed(&contents());
        let inflated = on_threads(3, || {
            let mut ahead = InflateAhead::new(&source, 99_999, entries.into_iter().enumerate());
            (0..40).filter(|index| ahead.take(*index).is_some()).count()
        });
        assert_eq!(inflated, 0);
    }

    #[test]
    fn what_is_wrong_is_left_to_the_one_who_reports_it() {
        let (source, entries) = packed(&contents());
        for (index, entry) in entries.into_iter().enumerate() {
            let DeflatedEntry { header_start, packed_size, size, crc } = entry;
            let wrong = match index % 4 {
                0 => DeflatedEntry { crc: crc ^ 1, ..entry },
                1 => DeflatedEntry { size: size - 1, ..entry },
                2 => DeflatedEntry { size: size + 1, ..entry },
                _ => DeflatedEntry { packed_size: packed_size / 2, ..entry },
            };
            assert_eq!(wrong.inflate(&source), None);
            let right = DeflatedEntry { header_start, packed_size, size, crc };
            assert!(right.inflate(&source).is_some());
        }
    }
}

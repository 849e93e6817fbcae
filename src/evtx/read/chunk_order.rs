//! The order of a log's chunks, by the numbers in the headers of their records.
//!
//! These numbers count the records of the file, also in an export. Windows fills one slot after the
//! other, and when the log is full it begins anew in the first slot. So the numbers go on from slot to
//! slot without a hole, and they fall at one slot at most. That was so in every sound log that was
//! measured (see `docs/validation.md`).

use std::ops::RangeInclusive;

/// Examples that a message lists.
const MOST_EXAMPLES: usize = 4;

/// The smallest full log that Windows makes has so many slots (1 MiB).
pub(super) const FEWEST_SLOTS_OF_A_FULL_LOG: u64 = 16;

/// Chunks that follow each other in slots and in numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ChunkRun {
    first_slot: u32,
    last_slot: u32,
    /// Number of the first record.
    first: u64,
    /// Number of the last record.
    last: u64,
    /// The first record, counted from 1 in every new file.
    first_in_file: u64,
}

impl ChunkRun {
    /// One chunk with these record numbers.
    pub(super) fn of_chunk(slot: u32, numbers: &RangeInclusive<u64>, first_in_file: u64) -> Self {
        let (first, last) = (*numbers.start(), *numbers.end());
        ChunkRun { first_slot: slot, last_slot: slot, first, last, first_in_file }
    }

    fn slots(&self) -> String {
        match (self.first_slot, self.last_slot) {
            (first, last) if first == last => format!("chunk {first}"),
            (first, last) => format!("chunks {first} to {last}"),
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct ChunkOrder {
    /// In the order of the slots.
    runs: Vec<ChunkRun>,
}

impl ChunkOrder {
    /// Adds what stands further on in the log.
    pub(super) fn add(&mut self, run: ChunkRun) {
        match self.runs.last_mut() {
            Some(before) if before.last.checked_add(1) == Some(run.first) => {
                (before.last, before.last_slot) = (run.last, run.last_slot);
            }
            _ => self.runs.push(run),
        }
    }

    pub(super) fn append(&mut self, other: ChunkOrder) {
        other.runs.into_iter().for_each(|run| self.add(run));
    }

    /// The slots of the oldest and of the newest record; `None`: there is no record.
    pub(super) fn first_and_last_slot(&self) -> Option<(u32, u32)> {
        let oldest = self.runs.iter().min_by_key(|run| run.first)?;
        let newest = self.runs.iter().max_by_key(|run| run.last)?;
        Some((oldest.first_slot, newest.last_slot))
    }

    /// The highest number of a record; `None`: there is no record.
    pub(super) fn last_number(&self) -> Option<u64> {
        self.runs.iter().map(|run| run.last).max()
    }

    /// Which numbers are in two chunks, in words.
    pub(super) fn doubled(&self) -> Option<String> {
        let mut runs = self.runs.clone();
        runs.sort_by_key(|run| (run.first, run.first_slot));
        let mut examples = Vec::new();
        let mut reached: Option<ChunkRun> = None;
        for run in runs {
            match reached {
                Some(before) if run.first <= before.last => {
                    let last = run.last.min(before.last);
                    examples.push(format!(
                        "{} to {last} in {} and in {}",
                        run.first,
                        before.slots(),
                        run.slots()
                    ));
                }
                _ => {}
            }
            if reached.is_none_or(|before| before.last < run.last) {
                reached = Some(run);
            }
        }
        list(examples).map(|places| {
            format!(
                "record numbers stand in it twice: {places}. Windows gives each number once. A chunk was \
                 copied within the log, or the file was put together from two states of it, as a damaged \
                 shadow copy is"
            )
        })
    }

    /// Where the numbers fall although a log may not begin anew there, in words.
    pub(super) fn disorder(&self) -> Option<String> {
        let falls = self.falls();
        let may_be_full = match falls.as_slice() {
            [] => true,
            [_] => self.runs.first().zip(self.runs.last()).is_some_and(|(a, z)| z.last < a.first),
            _ => false,
        };
        if may_be_full {
            return None;
        }
        let falls = falls.iter().map(|(before, behind)| {
            format!(
                "from {} (chunk {}) to {} (chunk {})",
                before.last, before.last_slot, behind.first, behind.first_slot
            )
        });
        list(falls.collect()).map(|places| {
            format!(
                "its chunks are not in the order of their records: the record numbers fall {places}. In \
                 a log that Windows wrote they fall at one place at most, where a full log began anew. \
                 Chunks were exchanged, or the file was put together from several states of the log, as \
                 a damaged shadow copy is"
            )
        })
    }

    /// Where numbers are missing, in words; `is_full`: the log may have begun anew without a trace.
    pub(super) fn missing_numbers(&self, is_full: bool) -> Option<String> {
        let mut missing_numbers = Vec::new();
        let never_full = self.falls().is_empty() && !is_full;
        if let Some(begin) = self.runs.first().filter(|run| never_full && run.first_in_file > 1) {
            missing_numbers.push(format!(
                "it begins with record {} (chunk {}), the {}th of its file, although it was never full",
                begin.first, begin.first_slot, begin.first_in_file
            ));
        }
        let pairs = self.runs.iter().zip(self.runs.iter().skip(1));
        // A full log goes on from its last slot to its first.
        let anew = (!never_full).then_some(()).and(self.runs.last().zip(self.runs.first()));
        for (before, behind) in pairs.chain(anew) {
            if let Some(missing) = before.last.checked_add(1).filter(|&next| next < behind.first) {
                missing_numbers.push(format!(
                    "record numbers {missing} to {} are missing between chunk {} and chunk {}",
                    behind.first - 1,
                    before.last_slot,
                    behind.first_slot
                ));
            }
        }
        list(missing_numbers)
    }

    /// Neighbours of which the one behind has lower numbers.
    fn falls(&self) -> Vec<(ChunkRun, ChunkRun)> {
        let pairs = self.runs.iter().copied().zip(self.runs.iter().copied().skip(1));
        pairs.filter(|(before, behind)| behind.first < before.first).collect()
    }
}

fn list(mut places: Vec<String>) -> Option<String> {
    let more = places.len().saturating_sub(MOST_EXAMPLES);
    places.truncate(MOST_EXAMPLES);
    if places.is_empty() {
        return None;
    }
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    Some(places.join("; ") + &more)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chunks of records in slots from 0 on, in a file that begins with the first one.
    fn order(chunks: &[RangeInclusive<u64>]) -> ChunkOrder {
        let mut order = ChunkOrder::default();
        for (slot, numbers) in (0..).zip(chunks) {
            order.add(ChunkRun::of_chunk(slot, numbers, *numbers.start()));
        }
        order
    }

    #[test]
    fn sound_logs_are_in_order() {
        for chunks in [&[][..], &[1..=9, 10..=20, 21..=21], &[21..=30, 1..=9, 10..=20]] {
            let order = order(chunks);
            assert_eq!(
                (order.doubled(), order.disorder(), order.missing_numbers(false)),
                (None, None, None)
            );
        }
        let wrapped = order(&[31..=40, 11..=20, 21..=30]);
        assert_eq!(wrapped.first_and_last_slot(), Some((1, 0)));
        // The log has just begun anew: its oldest chunk lies in the first slot again.
        assert_eq!(order(&[11..=20, 21..=30]).missing_numbers(true), None);
    }

    #[test]
    fn what_is_out_of_order_is_said() {
        let said = order(&[1..=9, 10..=20, 10..=20]).doubled().unwrap();
        assert!(said.contains("twice: 10 to 20 in chunks 0 to 1 and in chunk 2."), "{said}");
        let said = order(&[1..=9, 21..=30, 10..=20]).disorder().unwrap();
        assert!(said.contains("fall from 30 (chunk 1) to 10 (chunk 2)."), "{said}");
        let said = order(&[21..=30, 11..=20, 1..=10]).disorder().unwrap();
        assert!(said.contains("(chunk 1); from 20 (chunk 1) to 1 (chunk 2)."), "{said}");
    }

    #[test]
    fn what_is_missing_is_said() {
        let said = order(&[10..=20, 31..=40]).missing_numbers(false).unwrap();
        assert!(said.starts_with("it begins with record 10 (chunk 0), the 10th of"), "{said}");
        assert!(said.ends_with("21 to 30 are missing between chunk 0 and chunk 1"), "{said}");
        let said = order(&[41..=50, 10..=20, 21..=30]).missing_numbers(false).unwrap();
        assert_eq!(said, "record numbers 31 to 40 are missing between chunk 2 and chunk 0");
    }

    #[test]
    fn the_numbers_of_hostile_logs_are_no_problem() {
        let order = order(&[u64::MAX..=u64::MAX, 0..=0, u64::MAX..=u64::MAX]);
        assert!(order.doubled().is_some() && order.disorder().is_some());
        assert!(order.missing_numbers(true).is_some());
        let many: Vec<_> = (0..100).map(|n| 10_000 - 10 * n..=10_000 - 10 * n).collect();
        assert!(self::order(&many).disorder().unwrap().contains("; and 95 more."));
    }
}

//! Images and archives inside of others: what is left to be opened by itself, and how much of it may be.

use super::container::ContainerKind;
use super::images::SiblingFiles;
use super::limits;
use super::memory::LargeArchivePermit;
use super::read_at::ReadAt;
use crate::model::LogOrigin;
use std::sync::Arc;

/// An image or archive that was found inside of another one. It is opened by itself, so that of a hundred
/// archives on one disk only those in work take memory.
pub(crate) struct NestedContainer {
    /// Display path, with the path of what it is in before it.
    pub(super) path: String,
    /// The name of its file.
    pub(super) name: String,
    pub(super) kind: ContainerKind,
    pub(super) source: Arc<dyn ReadAt>,
    /// The files in the same folder.
    pub(super) siblings: Arc<dyn SiblingFiles>,
    /// Bytes of all its files.
    pub(super) size: u64,
    pub(super) nesting: Nesting,
    /// The permit for the memory of the unpacked disk that it is in, if it is in one.
    pub(super) permit: Option<Arc<LargeArchivePermit>>,
    /// Where on its computer it was.
    pub(super) origin: LogOrigin,
}

/// How deep a container lies in others, and how much may still be opened and unpacked of it with all
/// that is inside of it. What one container has is divided among those inside of it, so that it does not
/// depend on the order in which they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nesting {
    /// Containers that it is in.
    pub(super) depth: usize,
    /// Containers that may be opened inside of it.
    containers: u64,
    /// Bytes that may be unpacked.
    pub(super) bytes: u64,
}

impl Nesting {
    /// Of a file of this size that is in no other container.
    pub(super) fn outermost(size: u64) -> Nesting {
        Nesting { depth: 0, containers: limits::NESTED_CONTAINERS, bytes: may_unpack_to(size) }
    }

    /// The nesting of something inside of it that is in so many containers. Its share is set later.
    pub(super) fn at(self, depth: usize) -> Nesting {
        Nesting { depth, ..self }
    }

    /// The shares of containers with these sizes, each in so many others. Where
    /// nothing is left for the last ones, they have none.
    pub(super) fn shares(self, inside: &[(u64, usize)]) -> Vec<Nesting> {
        let opened = inside.len().min(usize::try_from(self.containers).unwrap_or(usize::MAX));
        let count = (opened as u64).max(1);
        let inside = inside.get(..opened).unwrap_or_default();
        let sum = inside.iter().fold(1, |sum: u64, (size, _)| sum.saturating_add(*size));
        let half = u128::from(self.bytes / 2);
        let share = |&(size, depth): &(u64, usize)| {
            // A large archive needs much, a small one still room for a new log, which is mostly zeros.
            let by_size = half * u128::from(size) / u128::from(sum);
            let bytes = by_size + half / u128::from(count);
            Nesting {
                depth,
                containers: (self.containers - count.min(self.containers)) / count,
                bytes: u64::try_from(bytes).unwrap_or(u64::MAX).min(may_unpack_to(size)),
            }
        };
        inside.iter().map(share).collect()
    }
}

/// Bytes that an archive of this size may unpack to.
fn may_unpack_to(size: u64) -> u64 {
    size.saturating_mul(limits::UNPACK_RATIO).saturating_add(limits::UNPACK_ALLOWANCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every container full of containers of the same size: what all levels may unpack together.
    #[test]
    fn all_levels_together_stay_within_what_the_outermost_may() {
        let outermost = Nesting::outermost(1 << 20);
        for count in [1_usize, 3, 1000, 100_000] {
            let inside = vec![(1 << 20, 1); count];
            let mut level = vec![(1_u64, outermost)];
            let mut opened = 0_u64;
            for _ in 0..limits::ARCHIVE_DEPTH {
                let mut next = Vec::new();
                for (times, nesting) in level {
                    let shares = nesting.shares(&inside);
                    let bytes: u128 = shares.iter().map(|share| u128::from(share.bytes)).sum();
                    assert!(bytes <= u128::from(nesting.bytes), "{count}");
                    opened += times * shares.len() as u64;
                    let alike = times * shares.len() as u64;
                    next.extend(shares.first().map(|share| (alike, *share)));
                }
                level = next;
            }
            assert!(opened <= limits::NESTED_CONTAINERS, "{count}: {opened}");
        }
    }

    #[test]
    fn a_drive_full_of_collections_is_no_bomb() {
        // A disk of 1 TB with one archive of 100 GB and 999 small ones.
        let mut inside = vec![(100 << 30, 1)];
        inside.resize(1000, (20 << 10, 1));
        let shares = Nesting::outermost(1 << 40).shares(&inside);
        assert_eq!((shares.len(), shares[0].depth), (1000, 1));
        assert!(shares[0].bytes >= 20 * (100 << 30), "{}", shares[0].bytes);
        assert!(shares[999].bytes >= 100 << 20, "{}", shares[999].bytes);
        // Four deep there is still room for what is in one archive.
        let mut nesting = Nesting::outermost(1 << 30);
        for _ in 0..3 {
            nesting = nesting.shares(&[(1 << 30, 1)])[0];
        }
        assert!(nesting.bytes >= 20 << 30, "{}", nesting.bytes);
    }
}

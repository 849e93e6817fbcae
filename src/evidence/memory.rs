//! What all sources that are open share: memory, and the number of files held open.

use super::cache::Cache;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Memory for blocks of images.
const CACHE: u64 = 64 << 20;
/// So many logs are held open at most; a process may hold 256 files on the strictest system.
const KEPT_OPEN: usize = 128;

/// Shared by all sources that are open at a time, so that their number does not multiply it.
#[derive(Clone)]
pub struct Memory {
    pub(super) cache: Arc<Cache>,
    turns: Arc<Turns>,
    kept_open: Arc<AtomicUsize>,
}

/// The right to hold a file open; given back when dropped.
pub(super) struct KeptOpen(Arc<AtomicUsize>);

/// Whether the turn is taken.
#[derive(Default)]
struct Turns(Mutex<bool>, Condvar);

/// The right to hold much unpacked data, which one archive at a time has; given back when dropped.
pub(super) struct Turn(Arc<Turns>);

impl Memory {
    /// Memory for everything that is read with it.
    pub fn new() -> Memory {
        Memory { cache: Cache::new(CACHE), turns: Arc::default(), kept_open: Arc::default() }
    }

    /// Whether one more file may be held open; the others are opened anew for each read.
    pub(super) fn keep_open(&self) -> Option<KeptOpen> {
        let kept = KeptOpen(Arc::clone(&self.kept_open));
        (self.kept_open.fetch_add(1, Ordering::Relaxed) < KEPT_OPEN).then_some(kept)
    }

    /// Waits until no other archive holds much. Whoever has the turn must never wait for another's
    /// work.
    pub(super) fn turn(&self) -> Turn {
        let Turns(taken, free) = &*self.turns;
        let taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken =
            free.wait_while(taken, |taken| *taken).unwrap_or_else(PoisonError::into_inner);
        *taken = true;
        Turn(Arc::clone(&self.turns))
    }
}

impl Default for Memory {
    fn default() -> Memory {
        Memory::new()
    }
}

impl Drop for KeptOpen {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.1.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn so_many_files_are_held_open_and_no_more() {
        let memory = Memory::new();
        for _ in 0..2 {
            let kept: Vec<KeptOpen> = (0..300).filter_map(|_| memory.keep_open()).collect();
            assert_eq!(kept.len(), KEPT_OPEN);
        }
    }

    #[test]
    fn one_at_a_time_has_the_turn() {
        let memory = Memory::new();
        let (holders, turns) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let turn = memory.turn();
                    assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                    std::thread::yield_now();
                    holders.fetch_sub(1, Ordering::SeqCst);
                    turns.fetch_add(1, Ordering::SeqCst);
                    drop(turn);
                });
            }
        });
        assert_eq!(turns.into_inner(), 8);
    }
}

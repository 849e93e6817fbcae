//! The memory that all sources that are open share.

use super::cache::Cache;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Memory for blocks of images.
const CACHE: u64 = 64 << 20;

/// Shared by all sources that are open at a time, so that their number does not multiply it.
#[derive(Clone)]
pub struct Memory {
    pub(super) cache: Arc<Cache>,
    turns: Arc<Turns>,
}

/// Whether the turn is taken.
#[derive(Default)]
struct Turns(Mutex<bool>, Condvar);

/// The right to hold much unpacked data, which one archive at a time has; given back when dropped.
pub(super) struct Turn(Arc<Turns>);

impl Memory {
    /// Memory for everything that is read with it.
    pub fn new() -> Memory {
        Memory { cache: Cache::new(CACHE), turns: Arc::default() }
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

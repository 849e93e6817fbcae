//! What is left out of a row of events that all say the same.
//!
//! A server's log is full of the logons with which SYSTEM starts services and of the privileges
//! that each is given. They are no sessions, and say only that LSASS was there, by its process ID.
//! Of a row of them in a chunk, with one process ID and with no other event of ours between them,
//! the first and the last say all: the others are only counted, where the settings allow it.

use crate::decode;
use crate::model::Event;

/// A row of background events with one process ID.
#[derive(Default)]
pub(super) struct Row {
    process_id: u32,
    length: usize,
    /// The line of the latest.
    latest: usize,
}

impl Row {
    /// Takes the event that gets this line. Gives the line of the one before it if that stands
    /// between two of its row and can be left out.
    pub(super) fn goes_on(&mut self, event: &Event, line: usize) -> Option<usize> {
        if !decode::is_background(event) {
            self.length = 0;
            return None;
        }
        if self.process_id != event.process_id {
            self.length = 0;
        }
        let between = (self.length >= 2).then_some(self.latest);
        *self = Row { process_id: event.process_id, length: self.length + 1, latest: line };
        between
    }
}

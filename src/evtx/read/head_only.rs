//! Leaves out events of which only the head is kept, where their neighbours say as much.
//!
//! A server's log is full of the logons with which SYSTEM starts services, of the privileges that
//! each is given, and of logons that failed. They concern no session, and show only that LSASS was
//! there, by its process ID. One between two other events of the same LSASS, in one chunk and without
//! missing records before or behind it, adds nothing to them: it is only counted.

use crate::model::Event;
use crate::model::event::Detail;

/// The latest event of a chunk, while it is not known what follows.
#[derive(Default)]
pub(super) struct LatestEvent {
    process_id: u32,
    /// LSASS wrote it in its daily work.
    is_daily: bool,
    /// The same LSASS wrote the event before it in its daily work.
    continues: bool,
    is_head_only: bool,
    /// It may announce the first logon of a boot: it is kept where a logon follows.
    may_announce: bool,
    index: usize,
    record_id: u64,
    /// The number of its record in the chunk.
    position: u64,
}

impl LatestEvent {
    /// Goes on to the event whose record has this index among those that were read, and this position
    /// among all in the chunk. Gives the index of the one before if that can be left out.
    pub(super) fn follow(&mut self, event: &Event, index: usize, position: u64) -> Option<usize> {
        let is_head_only = event.detail == Detail::HeadOnly;
        let is_daily = is_head_only || event.is_daily_work();
        // Records may be missing between the two: where, only these two say.
        let is_next =
            event.record_id.wrapping_sub(self.record_id) == position.saturating_sub(self.position);
        let continues = is_next && is_daily && self.is_daily && event.process_id == self.process_id;
        let adds_nothing = continues && self.continues && self.is_head_only;
        let can_be_left_out = adds_nothing && (is_head_only || !self.may_announce);
        let index_before = self.index;
        *self = LatestEvent {
            process_id: event.process_id,
            is_daily,
            continues,
            is_head_only,
            may_announce: is_head_only && event.event_id == 4648,
            index,
            record_id: event.record_id,
            position,
        };
        can_be_left_out.then_some(index_before)
    }
}

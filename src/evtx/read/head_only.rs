//! What is left out where those around it say as much.
//!
//! A server's log is full of the logons with which SYSTEM starts services, of the privileges that
//! each is given, of logons that failed. They concern no session, and say only that LSASS was
//! there, by its process ID. One between two others of that LSASS, in one chunk, says nothing
//! that these do not: it is only counted, where the settings allow it.

use crate::model::{Event, EventKind};

/// The latest event of a chunk, while it is not known what follows.
#[derive(Default)]
pub(super) struct Latest {
    process_id: u32,
    /// It is of LSASS in its daily work, and so was the one before it.
    ordinary: bool,
    between: bool,
    background: bool,
    /// It may announce the first logon of a boot: it stays beside a logon.
    announces: bool,
    line: usize,
}

impl Latest {
    /// Takes the event that gets this line. Gives the line of the one before it if that can be
    /// left out.
    pub(super) fn follow(&mut self, event: &Event, line: usize) -> Option<usize> {
        let background = matches!(event.kind, EventKind::Background);
        let ordinary = background || is_daily_work(&event.kind);
        let goes_on = ordinary && self.ordinary && event.process_id == self.process_id;
        let says_nothing = goes_on && self.between && self.background;
        let left_out = says_nothing && (background || !self.announces);
        let line_before = self.line;
        *self = Latest {
            process_id: event.process_id,
            ordinary,
            between: goes_on,
            background,
            announces: background && event.event_id == 4648,
            line,
        };
        left_out.then_some(line_before)
    }
}

/// Events that LSASS writes all day: none that begins or ends a boot or sets the clock.
fn is_daily_work(what: &EventKind) -> bool {
    match what {
        EventKind::Logon(logon) => logon.logon_type != 0,
        EventKind::Terminated(_)
        | EventKind::LogoffInitiated(_)
        | EventKind::SessionReference(_) => true,
        _ => false,
    }
}

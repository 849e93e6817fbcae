//! What do the session numbers of the Local Session Manager show about boots?
//!
//! Input: the records of the Local Session Manager. Output: [`TerminalRanges`], which says two
//! things. All records from the logon of a session to the last record that names it are of one
//! boot. If a number is given to a new session while the session that has it is still open, another
//! boot began in between.
//!
//! Example: 21 of alice with number 1, then 24 of alice with number 1: one boot. 21 of alice with
//! number 1, then 41 with number 1, without a 23 in between: two boots.
//!
//! Seen: all 33 logoffs, disconnections and reconnections in three real logs follow a logon of the
//! same user and number, and no number was given again before its session had ended.

use crate::model::event::{Terminal, TerminalAction};
use crate::model::event_role::DesktopChange;
use crate::model::{Event, EventKind};
use crate::timeline::channel::gaps::Gaps;
use std::collections::BTreeMap;

/// The ranges of records that belong to one session, and the numbers that were given again.
#[derive(Debug, Default)]
pub(super) struct TerminalRanges {
    /// For each record, the last record that names a session that was open by then.
    named_until: Vec<usize>,
    /// The records that give a number to a new session while its old session is open, each with the
    /// record that opened the old session.
    opened_again: BTreeMap<usize, usize>,
}

/// The records of one session, from the one that opened it to the last one that names it.
struct TerminalRange<'a> {
    opened: usize,
    user: &'a str,
    last: usize,
    /// Its user logged on (21). Before that the number is only reserved (41).
    has_logon: bool,
    has_ended: bool,
}

impl TerminalRanges {
    /// Finds the sessions of these records, which are in the order of their record IDs. Missing
    /// records may concern any session, so no session is followed across a gap.
    pub(super) fn of(events: &[Event], gaps: &Gaps) -> TerminalRanges {
        let mut ranges: Vec<TerminalRange<'_>> = Vec::new();
        let mut open: BTreeMap<u32, usize> = BTreeMap::new();
        let mut opened_again = BTreeMap::new();
        for (at, event) in events.iter().enumerate() {
            if event.recovered || gaps.may_lack_records_before(events, at) {
                open.clear();
            }
            let EventKind::Terminal(terminal) = &event.kind else { continue };
            let Some(number) = terminal.session else { continue };
            let known = open.get(&number).and_then(|range| ranges.get_mut(*range));
            match known.filter(|range| !range.is_over_at(terminal)) {
                Some(range) => range.note(at, terminal),
                None => {
                    let known = open.get(&number).and_then(|range| ranges.get(*range));
                    let known = known.filter(|range| range.has_logon && !range.has_ended);
                    opened_again.extend(known.map(|range| (at, range.opened)));
                    // The record is a 41 or a 21.
                    if event.confirmed_desktop_change() == Some(DesktopChange::Logon) {
                        open.insert(number, ranges.len());
                        ranges.push(TerminalRange::of(at, terminal));
                    }
                }
            }
        }
        TerminalRanges { named_until: named_until(&ranges, events.len()), opened_again }
    }

    /// How many records, from this one on, are certainly of one boot: this one, and all up to the
    /// last one that names a session of these records.
    pub(super) fn of_one_boot_from(&self, at: usize) -> usize {
        let mut last = at;
        let mut next = at;
        while next <= last {
            last = last.max(self.named_until.get(next).copied().unwrap_or(next));
            next += 1;
        }
        last - at + 1
    }

    /// The record that opened the old session whose number this record gives to a new one. A boot
    /// began between the two.
    pub(super) fn opened_again(&self, at: usize) -> Option<usize> {
        self.opened_again.get(&at).copied()
    }
}

impl<'a> TerminalRange<'a> {
    fn of(at: usize, terminal: &'a Terminal) -> TerminalRange<'a> {
        let has_logon = terminal.action == TerminalAction::Logon;
        TerminalRange { opened: at, user: &terminal.user, last: at, has_logon, has_ended: false }
    }

    /// Does this record give the number to a new session? A number is reserved (41), then its user
    /// logs on (21).
    fn is_over_at(&self, terminal: &Terminal) -> bool {
        match terminal.action {
            TerminalAction::ArbitrationBegin => true,
            TerminalAction::Logon => self.has_logon || *self.user != *terminal.user,
            _ => false,
        }
    }

    /// Adds a record to the range, if it names the same user.
    fn note(&mut self, at: usize, terminal: &Terminal) {
        if self.user.is_empty() || *self.user != *terminal.user {
            return;
        }
        self.last = at;
        self.has_logon |= terminal.action == TerminalAction::Logon;
        self.has_ended |= terminal.action == TerminalAction::Logoff;
    }
}

/// For each record, the last record of the session that it opened, or else itself.
fn named_until(ranges: &[TerminalRange<'_>], records: usize) -> Vec<usize> {
    let mut until: Vec<usize> = (0..records).collect();
    for range in ranges {
        if let Some(last) = until.get_mut(range.opened) {
            *last = (*last).max(range.last);
        }
    }
    until
}

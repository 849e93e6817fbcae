//! What the Local Session Manager's numbers say of boots: a session is of one boot from its logon to the
//! last record that names it, and a number that is given again while its session is open shows that a
//! boot lies in between.
//!
//! Seen: all 33 logoffs, disconnections and reconnections of three real logs follow the logon of the same
//! user and number, and no number was given again before its session had ended.

use crate::model::event::{Terminal, TerminalAction};
use crate::model::event_role::DesktopChange;
use crate::model::{Event, EventKind};
use crate::timeline::channel::gaps::Coverage;
use std::collections::BTreeMap;

/// The sessions that the records of the Local Session Manager name on both sides of each record.
#[derive(Debug, Default)]
pub(super) struct TerminalSpans {
    /// For each record the last record that names a session which was open by then.
    named_until: Vec<usize>,
    /// The records that open a number while its session is open, each with the record that opened that
    /// session.
    opened_again: BTreeMap<usize, usize>,
}

/// A session from the record that opened it to the last record that names it.
struct Span<'a> {
    opened: usize,
    user: &'a str,
    last: usize,
    /// 41: the number is reserved; 21: its user logged on.
    has_logon: bool,
    has_ended: bool,
}

impl TerminalSpans {
    /// The sessions of these records, in the order of their record IDs. What may stand among missing
    /// records is not known: no session is followed across them.
    pub(super) fn of(events: &[Event], gaps: &Coverage) -> TerminalSpans {
        let mut spans: Vec<Span<'_>> = Vec::new();
        let mut open: BTreeMap<u32, usize> = BTreeMap::new();
        let mut opened_again = BTreeMap::new();
        for (at, event) in events.iter().enumerate() {
            if event.recovered || gaps.may_lack_records_before(events, at) {
                open.clear();
            }
            let EventKind::Terminal(terminal) = &event.kind else { continue };
            let Some(number) = terminal.session else { continue };
            let known = open.get(&number).and_then(|span| spans.get_mut(*span));
            match known.filter(|span| !span.is_over_at(terminal)) {
                Some(span) => span.note(at, terminal),
                None => {
                    let known = open.get(&number).and_then(|span| spans.get(*span));
                    let known = known.filter(|span| span.has_logon && !span.has_ended);
                    opened_again.extend(known.map(|span| (at, span.opened)));
                    // 41 or 21.
                    if event.confirmed_desktop_change() == Some(DesktopChange::Logon) {
                        open.insert(number, spans.len());
                        spans.push(Span::of(at, terminal));
                    }
                }
            }
        }
        TerminalSpans { named_until: named_until(&spans, events.len()), opened_again }
    }

    /// How many records from this one on are surely of one boot: itself, and those up to the last one
    /// that names a session of it.
    pub(super) fn of_one_boot_from(&self, at: usize) -> usize {
        let mut last = at;
        let mut next = at;
        while next <= last {
            last = last.max(self.named_until.get(next).copied().unwrap_or(next));
            next += 1;
        }
        last - at + 1
    }

    /// The record that opened the session whose number this record opens again: a boot lies between the
    /// two.
    pub(super) fn opened_again(&self, at: usize) -> Option<usize> {
        self.opened_again.get(&at).copied()
    }
}

impl<'a> Span<'a> {
    fn of(at: usize, terminal: &'a Terminal) -> Span<'a> {
        let has_logon = terminal.action == TerminalAction::Logon;
        Span { opened: at, user: &terminal.user, last: at, has_logon, has_ended: false }
    }

    /// Does this record open the number anew? A number is reserved (41), then its user logs on (21).
    fn is_over_at(&self, terminal: &Terminal) -> bool {
        match terminal.action {
            TerminalAction::ArbitrationBegin => true,
            TerminalAction::Logon => self.has_logon || *self.user != *terminal.user,
            _ => false,
        }
    }

    fn note(&mut self, at: usize, terminal: &Terminal) {
        if self.user.is_empty() || *self.user != *terminal.user {
            return;
        }
        self.last = at;
        self.has_logon |= terminal.action == TerminalAction::Logon;
        self.has_ended |= terminal.action == TerminalAction::Logoff;
    }
}

fn named_until(spans: &[Span<'_>], records: usize) -> Vec<usize> {
    let mut until: Vec<usize> = (0..records).collect();
    for span in spans {
        if let Some(last) = until.get_mut(span.opened) {
            *last = (*last).max(span.last);
        }
    }
    until
}

//! What a template definition says, once it is compiled: where each value of its records lies.
//!
//! A definition is BinXML, a stream of tokens, with substitutions where the values of a record
//! go. Of all that the format allows, a plan is made for the forms that Windows writes:
//!
//! ```text
//! <Event><System><Provider Name="…"/><EventID>%3</EventID>…</System>%17</Event>
//! <EventData><Data Name="TargetUserSid">%0</Data>…</EventData>
//! ```
//!
//! A definition of another form has no plan, and its records are left to the `evtx` crate.

use crate::evtx::decode::EventSource;
use std::cell::RefCell;

/// Where a text or value comes from.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum ValueOrigin {
    /// There is none.
    #[default]
    Nothing,
    /// It is part of the definition.
    Literal(Box<str>),
    /// It is the record's value of this number.
    Substitution(u16),
}

/// Where the parts of `System` come from.
#[derive(Debug, Default)]
pub(super) struct SystemPlan {
    pub(super) provider: ValueOrigin,
    pub(super) event_id: ValueOrigin,
    pub(super) version: ValueOrigin,
    pub(super) record_id: ValueOrigin,
    pub(super) time: ValueOrigin,
    pub(super) process_id: ValueOrigin,
    pub(super) channel: ValueOrigin,
    pub(super) computer: ValueOrigin,
    pub(super) user_sid: ValueOrigin,
}

/// An element of EventData or UserData that has no elements inside.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) name: Box<str>,
    pub(super) content: ValueOrigin,
    /// The element is left out of records in which this substitution is null.
    pub(super) dependency: Option<u16>,
}

/// Where a definition is in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Position {
    /// It is the record.
    Event,
    /// Its root is a child of Event: EventData, UserData or another section.
    Section,
    /// Its root is a child of EventData or UserData.
    Data,
}

/// How to read the records of one definition.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) system: SystemPlan,
    pub(super) leaves: Vec<Leaf>,
    /// The substitution that holds a template instance of its own, and where that one stands.
    pub(super) inner_instance: Option<(u16, Position)>,
    /// Substitutions that may be arrays of strings: their element is repeated for each string.
    pub(super) repeated: Vec<u16>,
    /// Substitutions that must not be null, because elements further down depend on them: an
    /// element whose children are all left out would become a leaf.
    pub(super) required: Vec<u16>,
    /// Every substitution with the type that it is declared to have.
    pub(super) declared: Vec<(u16, u8)>,
    /// The catalogue's events of its provider, where the definition names that.
    pub(super) source: Option<EventSource>,
    /// The leaf found for each name that was asked for, in the order of asking.
    asked: RefCell<Vec<(&'static str, Option<usize>)>>,
}

impl Plan {
    /// The index of the first leaf of this name, where `turn` counts the names that were asked for
    /// before. The fields of an event are asked for in the same order each time, so that the leaf
    /// that was found for an earlier record is found at once.
    pub(super) fn leaf(&self, turn: usize, name: &'static str) -> Option<usize> {
        let mut asked = self.asked.borrow_mut();
        match asked.get(turn) {
            Some(&(known, index)) if std::ptr::eq(known, name) => index,
            _ => {
                let index = self.leaves.iter().position(|leaf| &*leaf.name == name);
                if turn == asked.len() {
                    asked.push((name, index));
                }
                index
            }
        }
    }
}

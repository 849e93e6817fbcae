//! Reads the records that Windows writes at the speed of memory, and leaves all others.
//!
//! A record is an instance of a template: the definition has the elements and names, the record
//! the values. Each definition is understood once ([`plan`]) and known again by its
//! [`shape`] in other chunks; a record is then a table of sizes and types ([`values`]), in which a
//! few values say whether it matters ([`names`]). Only of records
//! that do are the others looked at. Whatever departs from that (records without a template,
//! types and tokens that Windows does not use there, any size that is not as it must be) is for
//! the crate. What is read here is read as the crate reads it, to the letter; a test holds that.

mod names;
mod plan;
mod shape;
mod slots;
#[cfg(test)]
mod tests;
mod values;

use super::chunk::SLOT;
use super::walk::Found;
use crate::evidence::bytes::{array_at, u32_at};
use crate::evtx::decode::{self, Decoded, Parts};
use crate::model::{Event, RecordLocation, Text, Timestamp};
use foldhash::fast::RandomState;
use names::{Head, Names};
use plan::{Plan, Position};
use shape::Shape;
use slots::Slots;
use std::collections::HashMap;
use std::ops::Range;
use values::{BINXML, Values};

/// Definitions that are remembered from chunk to chunk; Windows 11 has some thousand.
const MOST: usize = 8192;

/// What the reader made of a record.
pub(super) enum Seen {
    /// It means nothing to sessions.
    Passed,
    /// An event, with the needed fields that it lacks.
    Event(Event, Vec<&'static str>),
}

/// What every record is counted by.
pub(super) struct Marks<'r> {
    pub(super) record_id: u64,
    pub(super) time: Timestamp,
    pub(super) computer: &'r Text,
    /// Of a channel of ours its name, of others what is written.
    pub(super) channel: &'r str,
    pub(super) forwarded: bool,
}

/// One thread's reader.
#[derive(Default)]
pub(super) struct FastReader {
    templates: Templates,
    names: Names,
    /// Reads no more than the head of events that concern no session.
    thin: bool,
}

impl FastReader {
    pub(super) fn new(thin: bool) -> FastReader {
        FastReader { thin, ..FastReader::default() }
    }

    /// Begins with another chunk.
    pub(super) fn begin(&mut self) {
        self.templates.plans.begin();
    }

    /// Reads a record; `None` leaves it to the crate. `count` is told of every record read.
    pub(super) fn read(
        &mut self,
        chunk: &[u8],
        found: &Found,
        place: RecordLocation,
        parts: &mut Parts,
        count: impl FnOnce(Marks<'_>),
    ) -> Option<Seen> {
        let Opened { plan, values, data_plan, data } = self.templates.open(chunk, found)?;
        let head = self.names.head(plan, values, chunk, parts)?;
        let Head { record_id, time, computer, channel_name: channel, .. } = head;
        let marks = Marks { record_id, time, computer, channel, forwarded: false };
        let Some(row) = head.channel.and_then(|channel| head.source.row(head.event_id, channel))
        else {
            count(marks);
            return Some(Seen::Passed);
        };
        let identity = head.identity(plan, values, chunk)?;
        let slots = Slots::new(data_plan, data, chunk)?;
        let Decoded { event, missing } =
            decode::decode(row, &identity, &slots, place, parts, self.thin);
        count(marks);
        Some(Seen::Event(event, missing))
    }

    /// Reads a record that means nothing to sessions as a witness; `None`: its channel does not
    /// either.
    pub(super) fn boundary(
        &mut self,
        chunk: &[u8],
        found: &Found,
        place: RecordLocation,
        parts: &mut Parts,
    ) -> Option<Event> {
        let Opened { plan, values, .. } = self.templates.open(chunk, found)?;
        let head = self.names.head(plan, values, chunk, parts)?;
        Some(decode::boundary(&head.identity(plan, values, chunk)?, place))
    }
}

/// Plans, and the values of the record at hand.
#[derive(Default)]
struct Templates {
    plans: Plans,
    values: Values,
    /// Those of the payload.
    inner: Values,
}

/// A record whose values lie open.
struct Opened<'r> {
    plan: &'r Plan,
    values: &'r Values,
    /// The plan that its data has, and the values that this refers to.
    data_plan: &'r Plan,
    data: &'r Values,
}

impl Templates {
    /// Reads the tables of a record and of its payload, and finds the plans of both.
    fn open(&mut self, chunk: &[u8], found: &Found) -> Option<Opened<'_>> {
        let definition = self.values.read(chunk, found.content())?;
        let outer = self.plans.find(chunk, definition, Position::Event)?;
        let payload = self.plans.get(outer)?.payload;
        let item = payload.and_then(|(slot, _)| self.values.get(chunk, slot));
        let inner = match (item, payload) {
            (Some(item), Some((slot, position))) if !item.is_null() => {
                if item.kind != BINXML {
                    return None;
                }
                let definition = self.inner.read(chunk, self.values.range(slot)?)?;
                Some(self.plans.find(chunk, definition, position)?)
            }
            _ => None,
        };
        let plan = self.plans.get(outer)?;
        let slot = payload.map(|(slot, _)| slot);
        if !self.values.special_are(slot, &plan.repeated) {
            return None;
        }
        let (data_plan, data) = match inner {
            // The plan has either a payload or data of its own.
            Some(inner) => {
                let inner = self.plans.get(inner)?;
                let fits = inner.payload.is_none() && self.inner.special_are(None, &inner.repeated);
                (fits.then_some(inner)?, &self.inner)
            }
            None => (plan, &self.values),
        };
        Some(Opened { plan, values: &self.values, data_plan, data })
    }
}

/// A definition that was understood, in whatever chunk.
struct Known {
    position: Position,
    shape: Shape,
    plan: Plan,
}

/// A definition in its chunk.
#[derive(Clone)]
struct Here {
    chunk: u32,
    offset: u32,
    position: Position,
    /// `None`: it is not understood.
    known: Option<u32>,
}

/// All definitions so far, and those of the chunk at hand.
#[derive(Default)]
struct Plans {
    known: Vec<Known>,
    /// Indices by the definition's GUID.
    by_guid: HashMap<[u8; 16], Vec<usize>, RandomState>,
    /// Those of this chunk, by place: one in each 16 bytes.
    here: Vec<Here>,
    /// Number of the chunk at hand.
    chunk: u32,
}

impl Plans {
    fn begin(&mut self) {
        self.chunk = self.chunk.wrapping_add(1);
        if self.chunk == 0 || self.here.is_empty() {
            // No chunk has the number 0.
            self.chunk = 1;
            let none = Here { chunk: 0, offset: 0, position: Position::Event, known: None };
            self.here = vec![none; SLOT / 16];
        }
        if self.known.len() > MOST {
            self.known.clear();
            self.by_guid.clear();
        }
    }

    /// The index of a definition's plan; `None`: it is not understood.
    fn find(&mut self, chunk: &[u8], definition: usize, position: Position) -> Option<usize> {
        let place = definition / 16;
        let here = self.here.get(place)?;
        let is_same = here.offset as usize == definition && here.position == position;
        if is_same && here.chunk == self.chunk {
            return here.known.map(|index| index as usize);
        }
        let known = self.recognise(chunk, definition, position);
        if let Some(here) = self.here.get_mut(place) {
            let (offset, known) = (definition as u32, known.map(|index| index as u32));
            *here = Here { chunk: self.chunk, offset, position, known };
        }
        known
    }

    fn recognise(&mut self, chunk: &[u8], at: usize, position: Position) -> Option<usize> {
        let guid = array_at(chunk, at.checked_add(4)?)?;
        let body = at + shape::HEADER;
        let size = u32_at(chunk, body - 4)? as usize;
        let body = Range { start: body, end: body.checked_add(size)? };
        if body.end > chunk.len() {
            return None;
        }
        let same = self.by_guid.entry(guid).or_default();
        let known = same.iter().copied().find(|&index| {
            self.known.get(index).is_some_and(|known| {
                known.position == position && known.shape.is_that_of(chunk, body.clone())
            })
        });
        if known.is_some() {
            return known;
        }
        let (plan, shape) = Plan::compile(chunk, body, position)?;
        same.push(self.known.len());
        self.known.push(Known { position, shape, plan });
        self.known.len().checked_sub(1)
    }

    fn get(&self, index: usize) -> Option<&Plan> {
        self.known.get(index).map(|known| &known.plan)
    }
}

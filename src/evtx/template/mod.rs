//! Reads the records that Windows writes at the speed of memory, and leaves all others.
//!
//! A record is an instance of a template: the definition has the elements and names, the record
//! the values. Each definition is compiled once to a [`plan`] and recognised in other chunks by its
//! [`shape`]. What is left of a record is a table of sizes and types ([`values`]), in which the few
//! values of `System` decide whether it matters ([`system`]); only then is its [`data`] read.
//! Whatever departs from that (a record without a template, types and tokens that Windows does not
//! use there, any size that is not as it must be) is left to the `evtx` crate. What is read here is
//! read as the crate reads it, character by character; a test holds that.

mod compile;
mod data;
mod definitions;
mod lender;
mod plan;
mod shape;
mod system;
#[cfg(test)]
mod tests;
mod values;
mod wrong_size;

pub(super) use lender::Lender;
pub(super) use wrong_size::{WrongSizedValue, wrong_sizes};

use super::decode::{self, Decoded, HopHead, Interner};
use super::format::{DEFINITION_GUID, value_type};
use super::record_walk::RecordHeader;
use crate::evidence::bytes::u32_at;
use crate::model::event::Detail;
use crate::model::{Accounting, Event, HopRecord, RecordLocation, Text, Timestamp};
use data::TemplateData;
use definitions::Definitions;
use lender::Lent;
use plan::{Plan, Position};
use std::ops::Range;
use system::{RecordHead, SystemReader};
use values::{Instance, ValueTable};

/// What the fast reader made of a record.
pub(super) enum FastRead {
    /// It means nothing to sessions.
    Irrelevant,
    /// An event, with the needed fields that it lacks.
    Event(Event, Vec<&'static str>),
}

/// What a record is counted by in the summary of its log.
pub(super) struct CountedRecord<'r> {
    pub(super) record_id: u64,
    pub(super) time: Timestamp,
    pub(super) computer: &'r Text,
    /// The name of a channel that is decoded; of another the text as written.
    pub(super) channel: &'r str,
    pub(super) forwarded: bool,
    /// It has the Event ID of an event that starts or ends sessions, and another provider than that event:
    /// the Event ID and the provider.
    pub(super) foreign: Option<(u16, &'r str)>,
}

/// One thread's fast reader.
#[derive(Default)]
pub(super) struct FastReader {
    templates: TemplateReader,
    system: SystemReader,
    /// How much is kept of events that concern no session.
    detail: Detail,
    /// Whether records are read for hops too, and what the record that was read last says of them.
    reads_hops: bool,
    hop: Option<HopRecord>,
}

impl FastReader {
    pub(super) fn new(detail: Detail, reads_hops: bool) -> FastReader {
        FastReader { detail, reads_hops, ..FastReader::default() }
    }

    /// Begins with another chunk.
    pub(super) fn begin_chunk(&mut self) {
        self.templates.definitions.begin_chunk();
    }

    /// Reads a record; `None` leaves it to the crate. `count` is called for every record read. What a checksum
    /// protects is as it was written: of such a record the data is read only where it is wanted.
    pub(super) fn read(
        &mut self,
        chunk: &[u8],
        record: &ProtectedRecord<'_>,
        location: RecordLocation,
        interner: &mut Interner,
        count: impl FnOnce(CountedRecord<'_>),
    ) -> Option<FastRead> {
        let ProtectedRecord { header, is_protected } = *record;
        let TemplateRecord { plan, values, data } = self.templates.open(chunk, header)?;
        let head = self.system.head(plan, values, chunk, interner)?;
        let RecordHead { record_id, time, computer, channel_name: channel, .. } = head;
        let counted =
            CountedRecord { record_id, time, computer, channel, forwarded: false, foreign: None };
        let hop = self.reads_hops.then(|| head.as_hop()).filter(HopHead::is_wanted);
        let Some(row) = head.channel.and_then(|channel| head.source.row(head.event_id, channel))
        else {
            let is_foreign =
                head.channel.is_some_and(|channel| Accounting::counts(head.event_id, channel));
            let foreign = is_foreign.then_some((head.event_id, head.provider));
            // It may become a boundary, which must then be readable here as well.
            if head.channel.is_some() {
                head.identity(plan, values, chunk)?;
            }
            if hop.is_some() || !is_protected {
                let (data_plan, data_values) = data.read(chunk)?;
                if let Some(hop) = hop {
                    let data = TemplateData::new(data_plan, data_values, chunk)?;
                    self.hop = hop.decode(&data, location, interner);
                }
            }
            count(CountedRecord { foreign, ..counted });
            return Some(FastRead::Irrelevant);
        };
        let identity = head.identity(plan, values, chunk)?;
        let (data_plan, data_values) = data.read(chunk)?;
        let data = TemplateData::new(data_plan, data_values, chunk)?;
        let decoded = decode::decode(row, &identity, &data, location, interner, self.detail);
        self.hop = hop.and_then(|hop| {
            let data = TemplateData::new(data_plan, data_values, chunk)?;
            hop.decode(&data, location, interner)
        });
        count(counted);
        Some(decoded.map_or(FastRead::Irrelevant, |Decoded { event, missing }| {
            FastRead::Event(event, missing)
        }))
    }

    /// What the record that was read last says of hops.
    pub(super) fn take_hop(&mut self) -> Option<HopRecord> {
        self.hop.take()
    }

    /// Where in the chunk the values of the record end that was read last.
    pub(super) fn end_of_values(&self) -> usize {
        self.templates.values.end()
    }

    /// Reads a record that means nothing to sessions as a boundary; `None`: its channel does not
    /// either.
    pub(super) fn boundary(
        &mut self,
        chunk: &[u8],
        record: &RecordHeader,
        location: RecordLocation,
        interner: &mut Interner,
    ) -> Option<Event> {
        let TemplateRecord { plan, values, .. } = self.templates.open(chunk, record)?;
        let head = self.system.head(plan, values, chunk, interner)?;
        Some(decode::boundary(&head.identity(plan, values, chunk)?, location))
    }
}

/// The known definitions, and the values of the current record.
#[derive(Default)]
struct TemplateReader {
    definitions: Definitions,
    values: ValueTable,
    /// The values of the template instance within the record, if its data is one.
    inner_values: ValueTable,
    /// Definitions that stand in for those of the chunk, with which a record is read that could not be
    /// read otherwise.
    lent: Option<Lent>,
}

/// A record, and whether the checksum of its chunk covers it and holds.
#[derive(Clone, Copy)]
pub(super) struct ProtectedRecord<'r> {
    pub(super) header: &'r RecordHeader,
    pub(super) is_protected: bool,
}

/// A record whose table of values has been read.
struct TemplateRecord<'r> {
    plan: &'r Plan,
    values: &'r ValueTable,
    data: RecordDataPlace<'r>,
}

/// Where the EventData or UserData of a record is.
struct RecordDataPlace<'r> {
    /// The plan and the values of the record, which has its data itself unless there is an instance of its own for it.
    own: (&'r Plan, &'r ValueTable),
    /// The plan of that instance, and where in the chunk it lies.
    instance: Option<(&'r Plan, Range<usize>)>,
    /// Where its table is read to.
    table: &'r mut ValueTable,
    is_lent: bool,
}

impl<'r> RecordDataPlace<'r> {
    /// The plan of the data, and the values for that plan.
    fn read(self, chunk: &[u8]) -> Option<(&'r Plan, &'r ValueTable)> {
        let Some((plan, place)) = self.instance else { return Some(self.own) };
        self.table.read(chunk, place)?;
        let values = &*self.table;
        // The plan has either an inner instance or data of its own.
        let fits = plan.inner_instance.is_none()
            && (!self.is_lent || lender::fit(plan, values))
            && values.fragments_and_arrays_fit(None, &plan.repeated);
        fits.then_some((plan, values))
    }
}

impl TemplateReader {
    /// Lets the definitions that are known stand in for others of the same identifier.
    fn lend(&mut self) {
        self.lent = Some(self.definitions.by_id());
        (self.values.may_be_moved, self.inner_values.may_be_moved) = (true, true);
    }

    /// The index of the plan of the definition at this offset, which has this identifier.
    fn find(
        &mut self,
        chunk: &[u8],
        definition: usize,
        id: u32,
        position: Position,
    ) -> Option<usize> {
        let Some(lent) = &self.lent else {
            return self.definitions.find(chunk, definition, position);
        };
        lent.get(&(id, position)).copied().flatten().or_else(|| {
            let is_here = u32_at(chunk, definition.checked_add(DEFINITION_GUID)?) == Some(id);
            is_here.then(|| self.definitions.find(chunk, definition, position)).flatten()
        })
    }

    /// Reads the table of values of a record, and finds its plan and that of its data.
    fn open(&mut self, chunk: &[u8], record: &RecordHeader) -> Option<TemplateRecord<'_>> {
        let definition = self.values.read(chunk, record.content())?;
        let outer = self.find(chunk, definition, self.values.id(), Position::Event)?;
        let inner_instance = self.definitions.plan(outer)?.inner_instance;
        let value = inner_instance.and_then(|(number, _)| self.values.get(chunk, number));
        let inner = match (value, inner_instance) {
            (Some(value), Some((number, position))) if !value.is_null() => {
                if value.kind != value_type::BINXML {
                    return None;
                }
                let place = self.values.range(number)?;
                let within = chunk.get(..place.end)?;
                let may_be_moved = self.inner_values.may_be_moved;
                let Instance { definition, id, .. } =
                    Instance::locate(within, place.start, may_be_moved)?;
                Some((self.find(chunk, definition, id, position)?, place))
            }
            _ => None,
        };
        let (plan, values) = (self.definitions.plan(outer)?, &self.values);
        let is_lent = self.lent.is_some();
        if is_lent && !lender::fit(plan, values) {
            return None;
        }
        let instance_number = inner_instance.map(|(number, _)| number);
        if !values.fragments_and_arrays_fit(instance_number, &plan.repeated) {
            return None;
        }
        let instance = match inner {
            Some((inner, place)) => Some((self.definitions.plan(inner)?, place)),
            None => None,
        };
        let table = &mut self.inner_values;
        let data = RecordDataPlace { own: (plan, values), instance, table, is_lent };
        Some(TemplateRecord { plan, values, data })
    }
}

//! Reads the records that Windows writes at the speed of memory, and leaves all others.
//!
//! A record is an instance of a template: the definition has the elements and names, the record
//! the values. Each definition is understood once per chunk ([`plan`]); a record is then a table
//! of sizes and types ([`values`]), in which a few values say whether it matters. Only of records
//! that do are the others looked at. Whatever departs from that (records without a template,
//! types and tokens that Windows does not use there, any size that is not as it must be) is for
//! the crate. What is read here is read as the crate reads it, to the letter; a test holds that.

mod plan;
#[cfg(test)]
mod tests;
mod values;

use super::walk::Found;
use crate::decode::{self, Decoded, Field, Identity, Parts, Raw, Record, Typed, Value};
use crate::model::{Channel, Event, Place, Timestamp};
use plan::{Content, Leaf, Plan, Position};
use values::{BINXML, Item, NULL, STRING, STRINGS, UTF8, Values};

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
    pub(super) computer: &'r str,
    pub(super) channel: &'r Channel,
    pub(super) forwarded: bool,
}

/// One thread's reader.
#[derive(Default)]
pub(super) struct FastReader {
    templates: Templates,
    names: Names,
    data: Data,
}

impl FastReader {
    /// Forgets the definitions of the chunk before.
    pub(super) fn begin(&mut self) {
        self.templates.plans.0.clear();
    }

    /// Reads a record; `None` leaves it to the crate. `count` is told of every record read.
    pub(super) fn read(
        &mut self,
        chunk: &[u8],
        found: &Found,
        place: Place,
        parts: &mut Parts,
        count: impl FnOnce(Marks<'_>),
    ) -> Option<Seen> {
        let Opened { plan, values, data_plan, data } = self.templates.open(chunk, found)?;
        let (identity, channel) = self.names.identity(plan, values, chunk)?;
        let Identity { record_id, time, computer, .. } = identity;
        let marks = Marks { record_id, time, computer, channel, forwarded: false };
        let Some(row) = decode::find(&identity) else {
            count(marks);
            return Some(Seen::Passed);
        };
        let user_sid = user_sid(plan, values, chunk)?;
        let identity = Identity { user_sid: &user_sid, ..identity };
        let fields = self.data.fields(data_plan, data, chunk)?;
        let record = Record { identity, fields: &fields };
        let Decoded { event, missing } = decode::decode(row, &record, place, parts);
        count(marks);
        Some(Seen::Event(event, missing))
    }

    /// Reads a record that means nothing to sessions as a witness.
    pub(super) fn witness(
        &mut self,
        chunk: &[u8],
        found: &Found,
        place: Place,
        parts: &mut Parts,
    ) -> Option<Event> {
        let Opened { plan, values, .. } = self.templates.open(chunk, found)?;
        let (identity, _) = self.names.identity(plan, values, chunk)?;
        Some(decode::witness(&identity, place, parts))
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
        let outer = self.plans.find(chunk, definition, Position::Event);
        let payload = self.plans.get(outer)?.payload;
        let item = payload.and_then(|(slot, _)| self.values.get(chunk, slot));
        let inner = match (item, payload) {
            (Some(item), Some((slot, position))) if !item.is_null() => {
                if item.kind != BINXML {
                    return None;
                }
                let definition = self.inner.read(chunk, self.values.range(slot)?)?;
                Some(self.plans.find(chunk, definition, position))
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

/// The definitions of the chunk, by offset and position; `None`: not understood.
#[derive(Default)]
struct Plans(Vec<(usize, Position, Option<Plan>)>);

impl Plans {
    /// The index of a plan.
    fn find(&mut self, chunk: &[u8], definition: usize, position: Position) -> usize {
        let wanted = |known: &(usize, Position, _)| (known.0, known.1) == (definition, position);
        if let Some(index) = self.0.iter().position(wanted) {
            return index;
        }
        self.0.push((definition, position, Plan::compile(chunk, definition, position)));
        self.0.len() - 1
    }

    fn get(&self, index: usize) -> Option<&Plan> {
        self.0.get(index)?.2.as_ref()
    }
}

/// Texts of System, which hardly change from record to record.
#[derive(Default)]
struct Names {
    provider: LastText,
    computer: LastText,
    channel: LastText,
    channel_is: Option<Channel>,
}

impl Names {
    /// What System says, without its user, which takes longer; and its channel as a value.
    fn identity<'r>(
        &'r mut self,
        plan: &'r Plan,
        values: &Values,
        chunk: &[u8],
    ) -> Option<(Identity<'r>, &'r Channel)> {
        let system = &plan.system;
        let required = |content| number(content, values, chunk)?;
        // Where a number is missing or too large, there is none.
        let optional = |content| Some(number(content, values, chunk)?.unwrap_or(0));
        let event_id = required(&system.event_id)?.try_into().ok()?;
        let record_id = required(&system.record_id)?;
        let version = optional(&system.version)?.try_into().unwrap_or(0);
        let process_id = optional(&system.process_id)?.try_into().unwrap_or(0);
        let Content::Slot(slot) = system.time else { return None };
        let Raw::FileTime(ticks) = values::typed(values.get(chunk, slot)?)? else { return None };

        self.provider.update(&system.provider, values, chunk)?;
        self.computer.update(&system.computer, values, chunk)?;
        if self.channel.update(&system.channel, values, chunk)? || self.channel_is.is_none() {
            self.channel_is = Some(Channel::from_name(self.channel.text(&system.channel)));
        }
        let identity = Identity {
            provider: self.provider.text(&system.provider),
            event_id,
            version,
            record_id,
            time: Timestamp::from_filetime(ticks),
            computer: self.computer.text(&system.computer),
            channel: self.channel.text(&system.channel),
            process_id,
            user_sid: "",
            // Forwarding writes text, without a template.
            forwarded: false,
        };
        Some((identity, self.channel_is.as_ref()?))
    }
}

/// The last text of one place.
#[derive(Default)]
struct LastText {
    raw: Vec<u8>,
    text: String,
}

impl LastText {
    /// Takes the text of a record, and says whether it is another one; `None`: there is none,
    /// or it is no string.
    fn update(&mut self, content: &Content, values: &Values, chunk: &[u8]) -> Option<bool> {
        let raw = match content {
            Content::Nothing => return None,
            Content::Literal(_) => {
                self.raw.clear();
                return Some(true);
            }
            Content::Slot(slot) => values.get(chunk, *slot)?,
        };
        if raw.kind != STRING {
            return None;
        }
        let is_new = raw.bytes != self.raw;
        if is_new {
            self.raw.clear();
            self.raw.extend_from_slice(raw.bytes);
            self.text.clear();
            values::add_text(raw, &mut self.text);
        }
        // A record without one is debris, about which the crate's path has a finding.
        (!self.text.is_empty()).then_some(is_new)
    }

    fn text<'t>(&'t self, content: &'t Content) -> &'t str {
        match content {
            Content::Literal(text) => text,
            _ => &self.text,
        }
    }
}

/// A number of System; `Some(None)` where there is none, `None` where it is none.
fn number(content: &Content, values: &Values, chunk: &[u8]) -> Option<Option<u64>> {
    let item = match content {
        Content::Nothing => return Some(None),
        Content::Literal(text) => return decode::number(text).map(Some),
        Content::Slot(slot) => values.get(chunk, *slot)?,
    };
    match values::typed(item) {
        Some(Raw::Unsigned(number) | Raw::Hex(number)) => Some(Some(number)),
        None if item.is_null() => Some(None),
        _ => None,
    }
}

fn user_sid(plan: &Plan, values: &Values, chunk: &[u8]) -> Option<String> {
    let mut text = String::new();
    match &plan.system.user_sid {
        Content::Nothing => {}
        Content::Literal(literal) => text.push_str(literal),
        Content::Slot(slot) => {
            if !values::add_text(values.get(chunk, *slot)?, &mut text) {
                return None;
            }
        }
    }
    Some(text)
}

/// The data of one record.
#[derive(Default)]
struct Data {
    /// Text of its strings, one behind the other.
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Data {
    /// The fields in order; `None` where one has a type that is left to the crate, or where they
    /// are not what the plan says.
    fn fields<'r>(
        &'r mut self,
        plan: &'r Plan,
        values: &Values,
        chunk: &'r [u8],
    ) -> Option<Vec<Field<'r>>> {
        let is_null = |&slot: &u16| values.get(chunk, slot).is_some_and(|item| item.is_null());
        if plan.required.iter().any(is_null) {
            return None;
        }
        let leaves = &plan.leaves;
        self.text.clear();
        self.ends.clear();
        each(leaves, values, chunk, |_, item| {
            if values::add_text(item, &mut self.text) {
                self.ends.push(self.text.len());
            }
            Some(())
        })?;
        let mut fields = Vec::with_capacity(leaves.len());
        let (mut from, mut ends) = (0, self.ends.iter().copied());
        each(leaves, values, chunk, |leaf, item| {
            let value = if values::is_text(item.kind) {
                let end = ends.next()?;
                let text = self.text.get(from..end)?;
                from = end;
                Value::Text(text.into())
            } else {
                Value::Typed(Typed::new(values::typed(item)?))
            };
            fields.push(Field { name: &leaf.name, value });
            Some(())
        })?;
        Some(fields)
    }
}

/// Goes through the values of leaves: one each, or one for each item of an array.
fn each<'r>(
    leaves: &'r [Leaf],
    values: &Values,
    chunk: &'r [u8],
    mut take: impl FnMut(&'r Leaf, Item<'r>) -> Option<()>,
) -> Option<()> {
    let nothing = Item { kind: NULL, bytes: &[] };
    for leaf in leaves {
        let depends_on = leaf.dependency.and_then(|slot| values.get(chunk, slot));
        if depends_on.is_some_and(|item| item.is_null()) {
            continue;
        }
        match &leaf.content {
            Content::Nothing => take(leaf, nothing)?,
            Content::Literal(text) => take(leaf, Item { kind: UTF8, bytes: text.as_bytes() })?,
            Content::Slot(slot) => match values.get(chunk, *slot) {
                Some(item) if item.kind == STRINGS => {
                    for bytes in values::strings(item.bytes) {
                        take(leaf, Item { kind: STRING, bytes })?;
                    }
                }
                Some(item) if !item.is_null() => take(leaf, item)?,
                _ => take(leaf, nothing)?,
            },
        }
    }
    Some(())
}

//! Reads `System`, whose texts hardly change from record to record.

use super::plan::{Plan, ValueOrigin};
use super::values::ValueTable;
use crate::evtx::decode::{self, EventSource, HopHead, Interner, RecordIdentity, Value};
use crate::evtx::format::value_type;
use crate::model::{Channel, Text, Timestamp};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Texts of one element that are remembered.
const MOST_TEXTS: usize = 4096;

/// What `System` says that decides whether a record matters.
pub(super) struct RecordHead<'r> {
    pub(super) event_id: u16,
    pub(super) record_id: u64,
    pub(super) time: Timestamp,
    pub(super) computer: &'r Text,
    /// The name of a channel that is decoded; of another the text as written.
    pub(super) channel_name: &'r str,
    pub(super) channel: Option<Channel>,
    /// The name of its provider.
    pub(super) provider: &'r str,
    /// The catalogue's events of its provider.
    pub(super) source: &'r EventSource,
}

impl<'r> RecordHead<'r> {
    /// As much of it as decides whether the record is read for hops.
    pub(super) fn as_hop(&self) -> HopHead<'r> {
        HopHead {
            provider: self.provider,
            event_id: self.event_id,
            record_id: self.record_id,
            time: self.time,
            computer: self.computer,
            channel: self.channel_name,
        }
    }

    /// With the rest that `System` says; `None` for records in channels that are not decoded, and
    /// where a value is not of the type that Windows gives it.
    pub(super) fn identity(
        &self,
        plan: &'r Plan,
        values: &ValueTable,
        chunk: &'r [u8],
    ) -> Option<RecordIdentity<'r>> {
        // A number that is missing or too large counts as 0.
        let optional = |content| Some(number(content, values, chunk)?.unwrap_or(0));
        let user_sid = match &plan.system.user_sid {
            ValueOrigin::Nothing => Value::Text(""),
            ValueOrigin::Literal(text) => Value::Text(text),
            ValueOrigin::Substitution(number) => match values.get(chunk, *number)? {
                value if value.is_null() => Value::Text(""),
                value => match value.typed()? {
                    sid @ (Value::Sid(_) | Value::Utf16(_) | Value::Ansi(_)) => sid,
                    _ => return None,
                },
            },
        };
        Some(RecordIdentity {
            event_id: self.event_id,
            version: optional(&plan.system.version)?.try_into().unwrap_or(0),
            record_id: self.record_id,
            time: self.time,
            computer: self.computer,
            channel: self.channel?,
            process_id: optional(&plan.system.process_id)?.try_into().unwrap_or(0),
            user_sid,
            // Event forwarding writes text, without a template.
            forwarded: false,
        })
    }
}

/// Reads `System`, and keeps what was made of the last provider, computer and channel.
#[derive(Default)]
pub(super) struct SystemReader {
    provider: LastText<EventSource>,
    computer: LastText<Text>,
    channel: LastText<Option<Channel>>,
}

impl SystemReader {
    /// `None`: a value is missing, or not of the type that Windows gives it. A record without
    /// provider, channel or computer is left to the crate too: the fallback reports it.
    pub(super) fn head<'r>(
        &'r mut self,
        plan: &'r Plan,
        values: &ValueTable,
        chunk: &[u8],
        interner: &mut Interner,
    ) -> Option<RecordHead<'r>> {
        let system = &plan.system;
        let event_id = number(&system.event_id, values, chunk)??.try_into().ok()?;
        let record_id = number(&system.record_id, values, chunk)??;
        let ValueOrigin::Substitution(time) = system.time else { return None };
        let Value::FileTime(ticks) = values.get(chunk, time)?.typed()? else { return None };
        let (provider, source) = match (&plan.source, &system.provider) {
            (Some(source), ValueOrigin::Literal(name)) => (&**name, source),
            _ => {
                self.provider.update(&system.provider, values, chunk, EventSource::named)?;
                (&*self.provider.last.text, &self.provider.last.made)
            }
        };
        self.computer.update(&system.computer, values, chunk, |name| interner.text(name))?;
        self.channel.update(&system.channel, values, chunk, Channel::from_name)?;
        Some(RecordHead {
            event_id,
            record_id,
            time: Timestamp::from_filetime(ticks),
            computer: &self.computer.last.made,
            channel_name: match self.channel.last.made {
                Some(channel) => channel.name(),
                None => &self.channel.last.text,
            },
            channel: self.channel.last.made,
            provider,
            source,
        })
    }
}

/// The last text of one element.
#[derive(Default)]
struct LastText<T> {
    /// Its bytes in the record; empty where the definition spelled it out.
    stored: Vec<u8>,
    last: InterpretedText<T>,
    /// Earlier texts by their bytes in the record.
    earlier: HashMap<Box<[u8]>, InterpretedText<T>, RandomState>,
}

/// A text, and what was made of it.
#[derive(Default, Clone)]
struct InterpretedText<T> {
    text: Text,
    made: T,
}

impl<T> InterpretedText<T> {
    fn new(text: &str, make: impl FnOnce(&str) -> T) -> InterpretedText<T> {
        InterpretedText { text: text.into(), made: make(text) }
    }
}

impl<T: Clone> LastText<T> {
    /// Makes the text of a record the last one; `None`: there is none, or it is no string.
    fn update(
        &mut self,
        content: &ValueOrigin,
        values: &ValueTable,
        chunk: &[u8],
        make: impl FnOnce(&str) -> T,
    ) -> Option<()> {
        match content {
            ValueOrigin::Nothing => return None,
            ValueOrigin::Literal(text) if **text == *self.last.text => {}
            ValueOrigin::Literal(text) => {
                self.stored.clear();
                self.last = InterpretedText::new(text, make);
            }
            ValueOrigin::Substitution(number) => {
                let value = values.get(chunk, *number);
                let bytes = value.filter(|value| value.kind == value_type::STRING)?.bytes;
                if bytes != self.stored || self.stored.is_empty() {
                    self.last = self.interpret(bytes, make)?;
                    self.stored.clear();
                    self.stored.extend_from_slice(bytes);
                }
            }
        }
        Some(())
    }

    fn interpret(
        &mut self,
        stored: &[u8],
        make: impl FnOnce(&str) -> T,
    ) -> Option<InterpretedText<T>> {
        if let Some(known) = self.earlier.get(stored) {
            return Some(known.clone());
        }
        let mut text = String::new();
        decode::utf16(stored, &mut text).ok().filter(|()| !text.is_empty())?;
        let interpreted = InterpretedText::new(&text, make);
        if self.earlier.len() < MOST_TEXTS {
            self.earlier.insert(stored.into(), interpreted.clone());
        }
        Some(interpreted)
    }
}

/// A number in `System`: `Some(None)` where nothing is given, `None` where it is no number.
fn number(content: &ValueOrigin, values: &ValueTable, chunk: &[u8]) -> Option<Option<u64>> {
    let value = match content {
        ValueOrigin::Nothing => return Some(None),
        ValueOrigin::Literal(text) => return decode::number(text).map(Some),
        ValueOrigin::Substitution(number) => values.get(chunk, *number)?,
    };
    if value.is_null() { Some(None) } else { value.unsigned().map(Some) }
}

//! Texts of System, which hardly change from record to record.

use super::plan::{Content, Plan};
use super::values::{STRING, Values};
use crate::evtx::decode::{self, Identity, Parts, Source, Value};
use crate::model::{Channel, Text, Timestamp};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// Texts of one place that are remembered.
const MOST: usize = 4096;

/// What System says that decides about a record.
pub(super) struct Head<'r> {
    pub(super) event_id: u16,
    pub(super) record_id: u64,
    pub(super) time: Timestamp,
    pub(super) computer: &'r Text,
    /// As written.
    pub(super) channel_name: &'r str,
    pub(super) channel: Option<Channel>,
    /// The events of its provider.
    pub(super) source: &'r Source,
}

impl<'r> Head<'r> {
    /// With the rest that System says; `None` for records in channels of no interest, and where a
    /// value is not of the type that Windows gives it.
    pub(super) fn identity(
        &self,
        plan: &'r Plan,
        values: &Values,
        chunk: &'r [u8],
    ) -> Option<Identity<'r>> {
        // Where a number is missing or too large, there is none.
        let optional = |content| Some(number(content, values, chunk)?.unwrap_or(0));
        let user_sid = match &plan.system.user_sid {
            Content::Nothing => Value::Text(""),
            Content::Literal(text) => Value::Text(text),
            Content::Slot(slot) => match values.get(chunk, *slot)? {
                item if item.is_null() => Value::Text(""),
                item => match item.value()? {
                    sid @ (Value::Sid(_) | Value::Utf16(_) | Value::Ansi(_)) => sid,
                    _ => return None,
                },
            },
        };
        Some(Identity {
            event_id: self.event_id,
            version: optional(&plan.system.version)?.try_into().unwrap_or(0),
            record_id: self.record_id,
            time: self.time,
            computer: self.computer,
            channel: self.channel?,
            process_id: optional(&plan.system.process_id)?.try_into().unwrap_or(0),
            user_sid,
            // Forwarding writes text, without a template.
            forwarded: false,
        })
    }
}

/// The last provider, computer and channel.
#[derive(Default)]
pub(super) struct Names {
    provider: Last<Source>,
    computer: Last<Text>,
    channel: Last<Option<Channel>>,
}

impl Names {
    /// `None`: a value is missing, or not of the type that Windows gives it. What a record
    /// without provider, channel or computer is, is for the crate's path to say.
    pub(super) fn head<'r>(
        &'r mut self,
        plan: &'r Plan,
        values: &Values,
        chunk: &[u8],
        parts: &mut Parts,
    ) -> Option<Head<'r>> {
        let system = &plan.system;
        let event_id = number(&system.event_id, values, chunk)??.try_into().ok()?;
        let record_id = number(&system.record_id, values, chunk)??;
        let Content::Slot(slot) = system.time else { return None };
        let Value::FileTime(ticks) = values.get(chunk, slot)?.value()? else { return None };
        let source = match &plan.source {
            Some(source) => source,
            None => {
                self.provider.update(&system.provider, values, chunk, Source::named)?;
                &self.provider.made.value
            }
        };
        self.computer.update(&system.computer, values, chunk, |name| parts.text(name))?;
        self.channel.update(&system.channel, values, chunk, Channel::from_name)?;
        Some(Head {
            event_id,
            record_id,
            time: Timestamp::from_filetime(ticks),
            computer: &self.computer.made.value,
            channel_name: match self.channel.made.value {
                Some(channel) => channel.name(),
                None => &self.channel.made.text,
            },
            channel: self.channel.made.value,
            source,
        })
    }
}

/// The last text of one place.
#[derive(Default)]
struct Last<T> {
    /// As stored; empty where the definition spelled it out.
    raw: Vec<u8>,
    made: Made<T>,
    /// What was made before, by what is stored.
    before: HashMap<Box<[u8]>, Made<T>, RandomState>,
}

/// A text, and what was made of it.
#[derive(Default, Clone)]
struct Made<T> {
    text: Text,
    value: T,
}

impl<T> Made<T> {
    fn new(text: &str, make: impl FnOnce(&str) -> T) -> Made<T> {
        Made { text: text.into(), value: make(text) }
    }
}

impl<T: Clone> Last<T> {
    /// Takes the text of a record; `None`: there is none, or it is no string.
    fn update(
        &mut self,
        content: &Content,
        values: &Values,
        chunk: &[u8],
        make: impl FnOnce(&str) -> T,
    ) -> Option<()> {
        match content {
            Content::Nothing => return None,
            Content::Literal(text) if **text == *self.made.text => {}
            Content::Literal(text) => {
                self.raw.clear();
                self.made = Made::new(text, make);
            }
            Content::Slot(slot) => {
                let item = values.get(chunk, *slot).filter(|item| item.kind == STRING)?;
                if item.bytes != self.raw || self.raw.is_empty() {
                    self.made = self.made_of(item.bytes, make)?;
                    self.raw.clear();
                    self.raw.extend_from_slice(item.bytes);
                }
            }
        }
        Some(())
    }

    fn made_of(&mut self, raw: &[u8], make: impl FnOnce(&str) -> T) -> Option<Made<T>> {
        if let Some(known) = self.before.get(raw) {
            return Some(known.clone());
        }
        let mut text = String::new();
        decode::utf16(raw, &mut text).ok().filter(|()| !text.is_empty())?;
        let made = Made::new(&text, make);
        if self.before.len() < MOST {
            self.before.insert(raw.into(), made.clone());
        }
        Some(made)
    }
}

/// A number of System; `Some(None)` where there is none, `None` where it is none.
fn number(content: &Content, values: &Values, chunk: &[u8]) -> Option<Option<u64>> {
    let item = match content {
        Content::Nothing => return Some(None),
        Content::Literal(text) => return decode::number(text).map(Some),
        Content::Slot(slot) => values.get(chunk, *slot)?,
    };
    if item.is_null() { Some(None) } else { item.unsigned().map(Some) }
}

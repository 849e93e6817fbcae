//! A record as decoding sees it, whichever reader read it.

use super::Value;
use crate::model::{Channel, Text, Timestamp};

/// What `System` says of a record in a channel that is decoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RecordIdentity<'a> {
    /// `EventID`.
    pub(crate) event_id: u16,
    /// `Version`; 0 where there is none, as in records of the old event log.
    pub(crate) version: u8,
    /// `EventRecordID`.
    pub(crate) record_id: u64,
    /// `TimeCreated/@SystemTime`.
    pub(crate) time: Timestamp,
    /// `Computer`.
    pub(crate) computer: &'a Text,
    /// `Channel`.
    pub(crate) channel: Channel,
    /// `Execution/@ProcessID`, 0 where there is none.
    pub(crate) process_id: u32,
    /// `Security/@UserID`, empty where there is none.
    pub(crate) user_sid: Value<'a>,
    /// Written as text by event forwarding.
    pub(crate) forwarded: bool,
}

/// `EventData` or `UserData`: values in the order of the record.
pub(crate) trait RecordData<'a> {
    /// The first value of this name.
    fn named(&self, name: &'static str) -> Option<Value<'a>>;
    /// The value at this index among those without a name, from 0.
    fn unnamed(&self, index: usize) -> Option<Value<'a>>;
}

/// One value of `EventData` or `UserData`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NamedValue<'a> {
    /// Name of the `Data`, or of the element elsewhere; empty for a `Data` without a name.
    pub(crate) name: &'a str,
    /// Its value.
    pub(crate) value: Value<'a>,
}

impl<'a> RecordData<'a> for Vec<NamedValue<'a>> {
    fn named(&self, name: &'static str) -> Option<Value<'a>> {
        self.iter().find(|field| field.name == name).map(|field| field.value)
    }

    fn unnamed(&self, index: usize) -> Option<Value<'a>> {
        self.iter().filter(|field| field.name.is_empty()).nth(index).map(|field| field.value)
    }
}

//! The view of a record that the scan hands over: no matter which reader read it.

use super::Value;
use crate::model::Timestamp;

/// What `System` says: enough to know what a record is, and where and when it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Identity<'a> {
    /// `Provider/@Name`.
    pub(crate) provider: &'a str,
    /// `EventID`.
    pub(crate) event_id: u16,
    /// `Version`; 0 where there is none, as in records of the old event log.
    pub(crate) version: u8,
    /// `EventRecordID`.
    pub(crate) record_id: u64,
    /// `TimeCreated/@SystemTime`.
    pub(crate) time: Timestamp,
    /// `Computer`.
    pub(crate) computer: &'a str,
    /// `Channel`.
    pub(crate) channel: &'a str,
    /// `Execution/@ProcessID`, 0 where there is none.
    pub(crate) process_id: u32,
    /// `Security/@UserID`, empty where there is none.
    pub(crate) user_sid: &'a str,
    /// Written as text by event forwarding.
    pub(crate) forwarded: bool,
}

/// One value of `EventData` or `UserData`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field<'a> {
    /// Name of the `Data`, or of the element elsewhere; empty for a `Data` without a name.
    pub(crate) name: &'a str,
    /// Its value.
    pub(crate) value: Value<'a>,
}

/// A record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    /// What `System` says.
    pub(crate) identity: Identity<'a>,
    /// Data in the order of the record; a name may come twice.
    pub(crate) fields: &'a [Field<'a>],
}

impl<'a> Record<'a> {
    /// The first value of this name.
    pub(crate) fn named(&self, name: &str) -> Option<&'a Value<'a>> {
        self.fields.iter().find(|field| field.name == name).map(|field| &field.value)
    }

    /// The `index`th value without a name, from 0.
    pub(crate) fn unnamed(&self, index: usize) -> Option<&'a Value<'a>> {
        self.fields.iter().filter(|field| field.name.is_empty()).nth(index).map(|f| &f.value)
    }
}

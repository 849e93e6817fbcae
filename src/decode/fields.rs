//! Reads a record's fields by name, and remembers which were missing.

use super::value::is_placeholder;
use super::{Identity, Parts, Record, Value};
use crate::model::event::Origin;
use crate::model::{Account, LogonId, Text, Timestamp};
use std::sync::Arc;

/// The fields of one record on their way into an event.
pub(super) struct Fields<'r> {
    record: &'r Record<'r>,
    parts: &'r mut Parts,
    missing: Vec<&'static str>,
}

impl<'r> Fields<'r> {
    pub(super) fn new(record: &'r Record<'r>, parts: &'r mut Parts) -> Fields<'r> {
        Fields { record, parts, missing: Vec::new() }
    }

    pub(super) fn into_missing(self) -> Vec<&'static str> {
        self.missing
    }

    pub(super) fn identity(&self) -> &'r Identity<'r> {
        &self.record.identity
    }

    pub(super) fn parts(&mut self) -> &mut Parts {
        self.parts
    }

    /// Is there a field of this name, whatever its value?
    pub(super) fn has(&self, name: &str) -> bool {
        self.record.named(name).is_some()
    }

    /// Text without placeholders; empty where there is none.
    pub(super) fn text(&self, name: &str) -> &'r str {
        plain(self.record.named(name))
    }

    /// [`Fields::text`], shared.
    pub(super) fn shared(&mut self, name: &str) -> Text {
        let text = self.text(name);
        self.parts.text(text)
    }

    /// Text of the `index`th value without a name, from 0, or of `param{index + 1}`: programs
    /// write the same event either way.
    pub(super) fn parameter(&self, index: usize) -> &'r str {
        let named = self.record.named(&format!("param{}", index + 1));
        plain(named.or_else(|| self.record.unnamed(index)))
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.record.named(name)?.number()
    }

    /// A number of at most 32 bits.
    pub(super) fn small(&self, name: &str) -> Option<u32> {
        self.number(name)?.try_into().ok()
    }

    pub(super) fn boolean(&self, name: &str) -> Option<bool> {
        self.record.named(name)?.boolean()
    }

    /// `%%1842` yes, `%%1843` no: message numbers that stay unresolved offline.
    pub(super) fn yes_or_no(&self, name: &str) -> Option<bool> {
        match self.record.named(name)?.text() {
            "%%1842" => Some(true),
            "%%1843" => Some(false),
            _ => None,
        }
    }

    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        self.record.named(name)?.time()
    }

    pub(super) fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.record.named(name)?.bytes()
    }

    /// A field that the event cannot do without: noted as missing where it is.
    pub(super) fn need<T>(&mut self, name: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.missing.push(name);
        }
        value
    }

    /// A Logon ID that the event cannot do without; 0, which is no session, where it is missing.
    pub(super) fn logon_id(&mut self, name: &'static str) -> LogonId {
        let id = self.number(name);
        LogonId(self.need(name, id).unwrap_or(0))
    }

    /// A number that the event cannot do without; 0 where it is missing.
    pub(super) fn needed(&mut self, name: &'static str) -> u32 {
        let number = self.small(name);
        self.need(name, number).unwrap_or(0)
    }

    /// The account in `{prefix}UserSid`, `{prefix}UserName` and `{prefix}DomainName`.
    pub(super) fn account(&mut self, [sid, user, domain]: [&str; 3]) -> Arc<Account> {
        let (sid, user, domain) = (self.text(sid), self.text(user), self.text(domain));
        self.parts.account(sid, user, domain)
    }

    pub(super) fn origin(&mut self, ip: &str, workstation: &str) -> Arc<Origin> {
        let origin =
            Origin { ip: self.text(ip).into(), workstation: self.text(workstation).into() };
        self.parts.origin(origin)
    }
}

fn plain<'r>(value: Option<&'r Value<'r>>) -> &'r str {
    value.map(Value::text).filter(|text| !is_placeholder(text)).unwrap_or_default()
}

//! Reads a record's fields by name, and remembers which were missing.

use super::value::is_placeholder;
use super::{Interner, RecordData, RecordIdentity, Value};
use crate::model::event::{Client, Detail, LogonMethod};
use crate::model::{Account, EventKind, LogonId, Text, Timestamp};
use std::borrow::Cow;
use std::sync::Arc;

/// Names under which programs write data that others write without names.
const PARAMETERS: [&str; 7] =
    ["param1", "param2", "param3", "param4", "param5", "param6", "param7"];

/// The fields of one record, for the function that makes an event of them.
pub(super) struct FieldReader<'r> {
    identity: &'r RecordIdentity<'r>,
    data: &'r dyn RecordData<'r>,
    interner: &'r mut Interner,
    missing: Vec<&'static str>,
    /// How much is wanted of events that concern no session.
    wanted: Detail,
    /// How much of this event is kept.
    kept: Detail,
    /// The record is not the event that is wanted.
    says_nothing: bool,
}

impl<'r> FieldReader<'r> {
    pub(super) fn new(
        identity: &'r RecordIdentity<'r>,
        data: &'r dyn RecordData<'r>,
        interner: &'r mut Interner,
        wanted: Detail,
    ) -> FieldReader<'r> {
        FieldReader {
            identity,
            data,
            interner,
            missing: Vec::new(),
            wanted,
            kept: Detail::Full,
            says_nothing: false,
        }
    }

    pub(super) fn into_missing(self) -> Vec<&'static str> {
        self.missing
    }

    pub(super) fn identity(&self) -> &'r RecordIdentity<'r> {
        self.identity
    }

    pub(super) fn interner(&mut self) -> &mut Interner {
        self.interner
    }

    /// Is the head enough of an event that concerns no session?
    pub(super) fn head_is_enough(&self) -> bool {
        self.wanted == Detail::HeadOnly
    }

    /// The kind of an event of which only the head is kept: its further fields stay unread.
    pub(super) fn head_only(&mut self) -> EventKind {
        self.kept = Detail::HeadOnly;
        EventKind::Boundary
    }

    /// The record means nothing to sessions after all: it may bound a boot in time, as any other.
    pub(super) fn nothing(&mut self) -> EventKind {
        self.says_nothing = true;
        EventKind::Boundary
    }

    pub(super) fn says_nothing(&self) -> bool {
        self.says_nothing
    }

    pub(super) fn kept(&self) -> Detail {
        self.kept
    }

    /// Is there a field of this name, whatever its value?
    pub(super) fn has(&self, name: &'static str) -> bool {
        self.data.named(name).is_some()
    }

    /// Text without placeholders; empty where there is none.
    pub(super) fn text(&mut self, name: &'static str) -> Text {
        self.interner.plain(self.data.named(name))
    }

    /// Text of the value at this index among those without a name, from 0, or of
    /// `param{index + 1}`: programs write the same event either way.
    pub(super) fn parameter(&self, index: usize) -> Cow<'r, str> {
        let named = PARAMETERS.get(index).and_then(|name| self.data.named(name));
        let value = named.or_else(|| self.data.unnamed(index));
        value.map(Value::text).filter(|text| !is_placeholder(text)).unwrap_or_default()
    }

    pub(super) fn number(&self, name: &'static str) -> Option<u64> {
        self.data.named(name)?.number()
    }

    /// A number of at most 32 bits; `None` also for a larger one.
    pub(super) fn number_u32(&self, name: &'static str) -> Option<u32> {
        self.number(name)?.try_into().ok()
    }

    /// A signed number of at most 32 bits; `None` also for another one.
    pub(super) fn number_i32(&self, name: &'static str) -> Option<i32> {
        self.data.named(name)?.signed()?.try_into().ok()
    }

    pub(super) fn boolean(&self, name: &'static str) -> Option<bool> {
        self.data.named(name)?.boolean()
    }

    /// `%%1842` yes, `%%1843` no: message numbers that stay unresolved offline.
    pub(super) fn yes_or_no(&self, name: &'static str) -> Option<bool> {
        self.data.named(name)?.read(|text| match text {
            "%%1842" => Some(true),
            "%%1843" => Some(false),
            _ => None,
        })
    }

    pub(super) fn time(&self, name: &'static str) -> Option<Timestamp> {
        self.data.named(name)?.time()
    }

    pub(super) fn bytes(&self, name: &'static str) -> Option<Cow<'r, [u8]>> {
        self.data.named(name)?.bytes()
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

    /// A number of at most 32 bits that the event cannot do without; 0 where it is missing.
    pub(super) fn needed_u32(&mut self, name: &'static str) -> u32 {
        self.needed_u32_or_none(name).unwrap_or(0)
    }

    /// A number that the event needs, where 0 has a meaning of its own.
    pub(super) fn needed_u32_or_none(&mut self, name: &'static str) -> Option<u32> {
        let number = self.number_u32(name);
        self.need(name, number)
    }

    /// The account in these fields: SID, user name, domain.
    pub(super) fn account(&mut self, names: [&'static str; 3]) -> Arc<Account> {
        self.interner.account_of(names.map(|name| self.data.named(name)))
    }

    /// The account in these fields: user name, domain.
    pub(super) fn account_without_sid(
        &mut self,
        [user, domain]: [&'static str; 2],
    ) -> Arc<Account> {
        let [user, domain] = [self.text(user), self.text(domain)];
        let sid = self.interner.text("");
        self.interner.account(Account { sid, user, domain })
    }

    /// The account of this name, of which nothing else is said.
    pub(super) fn account_by_name(&mut self, user: &'static str) -> Arc<Account> {
        let (user, empty) = (self.text(user), self.interner.text(""));
        self.interner.account(Account { sid: empty.clone(), user, domain: empty })
    }

    /// How a logon was made.
    pub(super) fn method(&mut self) -> Arc<LogonMethod> {
        let names = ["LogonProcessName", "AuthenticationPackageName", "ProcessName"];
        self.interner.method_of(names.map(|name| self.data.named(name)))
    }

    /// `IpPort`, the TCP port on the client; 0 where it is not given.
    pub(super) fn port(&self) -> u16 {
        self.number("IpPort").and_then(|port| port.try_into().ok()).unwrap_or(0)
    }

    /// A client of which only the address is said.
    pub(super) fn client_address(&mut self, ip: &'static str) -> Arc<Client> {
        let (ip, workstation) = (self.text(ip), self.interner.text(""));
        self.interner.client(Client { ip, workstation })
    }

    /// A client of which only the name is said.
    pub(super) fn client_name(&mut self, workstation: &'static str) -> Arc<Client> {
        let (ip, workstation) = (self.interner.text(""), self.text(workstation));
        self.interner.client(Client { ip, workstation })
    }

    pub(super) fn client(&mut self, ip: &'static str, workstation: &'static str) -> Arc<Client> {
        self.interner.client_of([ip, workstation].map(|name| self.data.named(name)))
    }
}

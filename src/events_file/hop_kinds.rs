//! The values of each record of hops: a row for each kind, and one for each payload, in the order in which
//! they are written. A change here is another format: raise [`SCHEMA_WITH_HOPS`](super::SCHEMA_WITH_HOPS).

use super::kinds::payloads;
use super::values::{BlockWriter, EventReader, Stored};
use crate::model::event::ExplicitCredentials;
use crate::model::hop::{
    Connection, HopChannel, HopRecord, HopRecordKind, LogonDetail, NtlmCheck, ProcessStart, Ticket,
};
use crate::model::{Account, LogId, LogonId, RecordLocation, Text, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the names of their kinds begin with, so that they are no kinds of events.
pub(super) const PREFIX: &str = "Hop.";

/// What the values of every such record mean that come before those of its kind.
pub(super) const HEAD: [&str; 8] =
    ["record_id", "time", "computer", "channel", "event_id", "log", "chunk", "offset"];

/// Appends a record.
pub(super) fn write(record: &HopRecord, out: &mut BlockWriter) {
    out.begin(kind_name(&record.kind));
    record.record_id.write(out);
    record.time.write(out);
    record.computer.write(out);
    Text::from(record.channel.name()).write(out);
    record.event_id.write(out);
    record.location.log.0.write(out);
    record.location.chunk.write(out);
    record.location.offset.write(out);
    write_kind(&record.kind, out);
    out.end();
}

/// Reads the record of a kind; `None`: it is not as [`write`] makes it.
pub(super) fn read(kind: &str, mut values: EventReader<'_>) -> Option<HopRecord> {
    let from = &mut values;
    let record_id = u64::read(from)?;
    let time = Timestamp::read(from)?;
    let computer = Text::read(from)?;
    let channel = HopChannel::from_name(&Text::read(from)?)?;
    let event_id = u16::read(from)?;
    let log = LogId(u32::read(from)?);
    let location = RecordLocation { log, chunk: u32::read(from)?, offset: u32::read(from)? };
    let kind = read_kind(kind, from)?;
    let record = HopRecord { record_id, time, computer, channel, event_id, location, kind };
    values.is_at_end().then_some(record)
}

/// The kinds: the name of each with its values.
macro_rules! hop_kinds {
    ($($name:ident($($value:ident: $type:ty),+),)+) => {
        fn kind_name(kind: &HopRecordKind) -> &'static str {
            match kind { $(HopRecordKind::$name { .. } => concat!("Hop.", stringify!($name)),)+ }
        }

        fn write_kind(kind: &HopRecordKind, out: &mut BlockWriter) {
            match kind { $(HopRecordKind::$name($($value),+) => { $($value.write(out);)+ })+ }
        }

        fn read_kind(name: &str, event: &mut EventReader<'_>) -> Option<HopRecordKind> {
            match name.strip_prefix(PREFIX)? {
                $(stringify!($name) => {
                    $(let $value = <$type>::read(event)?;)+
                    Some(HopRecordKind::$name($($value),+))
                })+
                _ => None,
            }
        }

        /// What the values of each kind mean.
        pub(super) fn names() -> BTreeMap<String, Vec<String>> {
            let mut names = BTreeMap::new();
            $({
                let values: Vec<Vec<String>> = vec![$(<$type>::names(stringify!($value))),+];
                names.insert(concat!("Hop.", stringify!($name)).to_owned(), values.concat());
            })+
            names
        }
    };
}

hop_kinds! {
    Connection(connection: Box<Connection>),
    ProcessStart(process: Box<ProcessStart>),
    Credentials(credentials: Arc<ExplicitCredentials>, port: u16),
    Ticket(ticket: Box<Ticket>),
    NtlmCheck(check: Box<NtlmCheck>),
    LogonDetail(detail: Box<LogonDetail>),
}

payloads! {
    Connection {
        process_id: u64,
        program: Text,
        source: Text,
        source_port: u16,
        destination: Text,
        destination_port: u16,
    }
    ProcessStart { process_id: u64, program: Text, logon_id: LogonId }
    Ticket { account: Arc<Account>, service: Text, client: Text }
    NtlmCheck { user: Text, workstation: Text }
    LogonDetail { subject_logon_id: LogonId, guid: Option<Text> }
}

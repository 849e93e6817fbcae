//! The values of each event: a row for each kind, and one for each payload, in the order in which they are
//! written. A change here is another format: raise [`SCHEMA`](super::SCHEMA).

use super::values::{BlockWriter, EventReader, Stored};
use crate::model::event::{
    BootStatus, Client, ClockChange, Detail, ExplicitCredentials, FailedLogon, Lock, LockAction,
    LogCleared, Logon, LogonMethod, Notification, PowerState, RefusedCredentials, RemoteConnection,
    Renamed, SessionRef, ShutdownRequest, Terminal, TerminalAction, TimeZone, UnexpectedShutdown,
    WindowStation, Woke,
};
use crate::model::{
    Account, Channel, Event, EventKind, LogId, LogonId, RecordLocation, Text, Timestamp,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the values of every event mean that come before those of its kind. `flags` is the sum of 1: it was
/// recovered, 2: it was forwarded, 4: its head alone is kept.
pub(super) const HEAD: [&str; 10] = [
    "record_id",
    "time",
    "computer",
    "channel",
    "event_id",
    "process_id",
    "log",
    "chunk",
    "offset",
    "flags",
];

const RECOVERED: u8 = 1;
const FORWARDED: u8 = 2;
const HEAD_ONLY: u8 = 4;

/// Appends an event.
pub(super) fn write(event: &Event, out: &mut BlockWriter) {
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    let flags = flag(event.recovered, RECOVERED)
        | flag(event.forwarded, FORWARDED)
        | flag(event.detail == Detail::HeadOnly, HEAD_ONLY);
    out.begin(kind_name(&event.kind));
    event.record_id.write(out);
    event.time.write(out);
    event.computer.write(out);
    event.channel.write(out);
    event.event_id.write(out);
    event.process_id.write(out);
    event.location.log.0.write(out);
    event.location.chunk.write(out);
    event.location.offset.write(out);
    flags.write(out);
    write_kind(&event.kind, out);
    out.end();
}

/// Reads the event of a kind; `None`: it is not as [`write`] makes it.
pub(super) fn read(kind: &str, mut values: EventReader<'_>) -> Option<Event> {
    let from = &mut values;
    let record_id = u64::read(from)?;
    let time = Timestamp::read(from)?;
    let computer = Text::read(from)?;
    let channel = Channel::read(from)?;
    let event_id = u16::read(from)?;
    let process_id = u32::read(from)?;
    let log = LogId(u32::read(from)?);
    let location = RecordLocation { log, chunk: u32::read(from)?, offset: u32::read(from)? };
    let flags = u8::read(from).filter(|flags| *flags <= RECOVERED | FORWARDED | HEAD_ONLY)?;
    let event = Event {
        record_id,
        time,
        computer,
        channel,
        event_id,
        process_id,
        location,
        recovered: flags & RECOVERED > 0,
        forwarded: flags & FORWARDED > 0,
        detail: if flags & HEAD_ONLY > 0 { Detail::HeadOnly } else { Detail::Full },
        kind: read_kind(kind, from)?,
    };
    values.is_at_end().then_some(event)
}

/// A payload: its fields, in their order.
macro_rules! payloads {
    ($($name:ident { $($field:ident: $type:ty),+ $(,)? })+) => {
        $(impl Stored for $name {
            fn write(&self, out: &mut BlockWriter) {
                $(self.$field.write(out);)+
            }

            fn read(event: &mut EventReader<'_>) -> Option<Self> {
                $(let $field = <$type>::read(event)?;)+
                Some($name { $($field),+ })
            }

            fn names(_: &str) -> Vec<String> {
                [$(<$type>::names(stringify!($field))),+].concat()
            }
        })+
    };
}

pub(super) use payloads;

/// An action: it is written as its Event ID.
macro_rules! actions {
    ($($name:ident { $($action:ident = $event_id:literal),+ $(,)? })+) => {
        $(impl Stored for $name {
            fn write(&self, out: &mut BlockWriter) {
                let event_id: u16 = match self { $($name::$action => $event_id,)+ };
                event_id.write(out);
            }

            fn read(event: &mut EventReader<'_>) -> Option<Self> {
                match u16::read(event)? {
                    $($event_id => Some($name::$action),)+
                    _ => None,
                }
            }
        })+
    };
}

/// The kinds: the name of each with its values.
macro_rules! kinds {
    ($($name:ident $(($($value:ident: $type:ty),+))?,)+) => {
        fn kind_name(kind: &EventKind) -> &'static str {
            match kind { $(EventKind::$name { .. } => stringify!($name),)+ }
        }

        fn write_kind(kind: &EventKind, out: &mut BlockWriter) {
            match kind { $(EventKind::$name $(($($value),+))? => { $($($value.write(out);)+)? })+ }
        }

        fn read_kind(name: &str, event: &mut EventReader<'_>) -> Option<EventKind> {
            match name {
                $(stringify!($name) => {
                    $($(let $value = <$type>::read(event)?;)+)?
                    Some(EventKind::$name $(($($value),+))?)
                })+
                _ => None,
            }
        }

        /// What the values of each kind mean.
        pub(super) fn names() -> BTreeMap<String, Vec<String>> {
            let mut names = BTreeMap::new();
            $({
                let values: Vec<Vec<String>> = vec![$($(<$type>::names(stringify!($value))),+)?];
                names.insert(stringify!($name).to_owned(), values.concat());
            })+
            names
        }
    };
}

kinds! {
    Boundary,
    Logon(logon: Arc<Logon>),
    FailedLogon(failed: Arc<FailedLogon>, port: u16),
    RefusedCredentials(refused: Arc<RefusedCredentials>, port: u16),
    Terminated(session: SessionRef),
    LogoffInitiated(session: SessionRef),
    ExplicitCredentials(credentials: Arc<ExplicitCredentials>, port: u16),
    SessionReference(session: SessionRef),
    WindowStation(station: Box<WindowStation>),
    Lock(lock: Box<Lock>),
    LsassStarted,
    AuditState,
    BootConfiguration,
    AuditPolicyTable(policy_id: LogonId),
    StartAudit(on: bool),
    LogoffAudit(on: bool),
    ClockChanged(change: Box<ClockChange>),
    EventLogShutdown,
    AuditDropped,
    LogCleared(cleared: Box<LogCleared>),
    LogFull,
    LogArchived(path: Text),
    EventLost(lost_event_id: u32),
    ServiceStarted,
    ServiceStopped,
    UnexpectedShutdown(unexpected: UnexpectedShutdown),
    SystemVersion,
    Renamed(renamed: Box<Renamed>),
    Uptime(uptime: u64, zone: Option<Box<TimeZone>>),
    BiasInUse(bias: i32),
    KernelStarted(start_time: Option<Timestamp>),
    KernelStopped(stop_time: Option<Timestamp>),
    BootStatus(status: BootStatus),
    BootMenu,
    BootType(boot_type: u32),
    UncleanReboot(bugcheck_code: u64),
    Sleep(state: PowerState),
    Resume(state: PowerState),
    ShutdownTransition(action_type: u32),
    PowerSession(boot_id: Option<u32>),
    ModernStandby(begins: bool),
    PowerContext,
    Woke(woke: Box<Woke>),
    ShutdownRequested(request: Box<ShutdownRequest>),
    ShutdownReason(reason: Text),
    Winlogon(notification: Box<Notification>),
    Terminal(terminal: Box<Terminal>),
    RemoteConnection(connection: Box<RemoteConnection>),
    Profile(notification: Box<Notification>),
    ProfileService,
}

payloads! {
    Logon {
        logon_id: LogonId,
        linked: Option<LogonId>,
        account: Arc<Account>,
        subject: Arc<Account>,
        subject_logon_id: LogonId,
        logon_type: Option<u32>,
        version: u8,
        elevated: Option<bool>,
        caller_process_id: u64,
        method: Arc<LogonMethod>,
        client: Arc<Client>,
        port: u16,
        outbound: Option<Arc<Account>>,
    }
    FailedLogon {
        account: Arc<Account>,
        subject: Arc<Account>,
        subject_logon_id: LogonId,
        logon_type: u32,
        status: u64,
        sub_status: u64,
        method: Arc<LogonMethod>,
        client: Arc<Client>,
    }
    RefusedCredentials { account: Arc<Account>, status: u64, client: Arc<Client> }
    SessionRef { logon_id: LogonId, account: Arc<Account>, logon_type: Option<u32> }
    ExplicitCredentials {
        subject: Arc<Account>,
        subject_logon_id: LogonId,
        account: Arc<Account>,
        target_server: Text,
        process_name: Text,
        client: Arc<Client>,
    }
    WindowStation {
        reconnected: bool,
        logon_id: LogonId,
        account: Arc<Account>,
        session_name: Text,
        client: Arc<Client>,
    }
    Lock { action: LockAction, logon_id: LogonId, account: Arc<Account>, session: Option<u32> }
    ClockChange {
        previous: Option<Timestamp>,
        new: Option<Timestamp>,
        reason: Option<u32>,
        process: Text,
    }
    LogCleared { account: Account, logon_id: Option<LogonId>, channel: Text }
    UnexpectedShutdown { last_alive: Option<Timestamp>, uptime: Option<u32> }
    Renamed { old: Text, new: Text }
    TimeZone { utc_offset_minutes: i32, name: Text }
    BootStatus {
        last_shutdown_good: Option<bool>,
        last_boot_good: Option<bool>,
        last_boot_id: Option<u32>,
    }
    PowerState { target: Option<u32>, effective: Option<u32> }
    Woke { sleep: Option<Timestamp>, wake: Option<Timestamp>, state: PowerState, hibernated: bool }
    ShutdownRequest {
        process: String,
        reason: String,
        code: String,
        kind: String,
        comment: String,
        user: String,
    }
    Notification { session: Option<u32>, sid: Text }
    Terminal {
        action: TerminalAction,
        user: Text,
        session: Option<u32>,
        address: Text,
        detail: Option<u32>,
    }
    RemoteConnection { account: Account, address: Text }
}

actions! {
    LockAction { Locked = 4800, Unlocked = 4801, ScreenSaverOn = 4802, ScreenSaverOff = 4803 }
    TerminalAction {
        Logon = 21,
        Shell = 22,
        Logoff = 23,
        Disconnected = 24,
        Reconnected = 25,
        DisconnectedBy = 39,
        DisconnectReason = 40,
        ArbitrationBegin = 41,
        ArbitrationEnd = 42,
    }
}

/// A payload that is shared by those who keep it.
macro_rules! shared_payloads {
    ($($name:ident),+) => {
        $(impl Stored for Arc<$name> {
            fn write(&self, out: &mut BlockWriter) {
                (**self).write(out);
            }

            fn read(event: &mut EventReader<'_>) -> Option<Self> {
                $name::read(event).map(Arc::new)
            }

            fn names(own: &str) -> Vec<String> {
                $name::names(own)
            }
        })+
    };
}

shared_payloads!(Logon, FailedLogon, RefusedCredentials, ExplicitCredentials);

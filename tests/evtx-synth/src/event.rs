//! An event as its provider writes it, and the record that Windows makes of it.

use crate::value::{FileTime, Guid, Sid, Value};

/// The provider of an event, and in which of two ways its events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The name in `System/Provider/@Name`.
    pub name: &'static str,
    /// The GUID in `System/Provider/@Guid`, without braces; old event sources have none.
    pub guid: Option<&'static str>,
    /// `System/Provider/@EventSourceName`.
    pub event_source: Option<&'static str>,
    /// True for providers whose events pass through the event log service itself: name, GUID
    /// and channel are then literal text of the template, and the system part has two more slots.
    pub classic: bool,
}

/// The process that an event names as its writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// The local security authority: writes most of the Security log.
    Lsass,
    /// The kernel, process 4.
    Kernel,
    /// The event log service.
    EventLog,
    /// The session manager service of Terminal Services.
    SessionManager,
    /// The logon process of a desktop session.
    Winlogon,
    /// Nobody: legacy event sources leave the process out (0).
    Unknown,
    /// Any other process, by its id.
    Id(u32),
}

/// A named value of an event's payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The `Data/@Name`, or the element's name in user data.
    pub name: &'static str,
    /// The value.
    pub value: Value,
}

/// The data of an event, apart from its system part.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// `EventData` with named `Data`.
    EventData {
        /// `EventData/@Name`, where the manifest has one.
        name: Option<&'static str>,
        /// The data items, in order.
        fields: Vec<Field>,
    },
    /// `EventData` of a legacy event source: unnamed `Data`, and `Binary`.
    Legacy {
        /// Insertion strings.
        strings: Vec<String>,
        /// Raw data.
        binary: Vec<u8>,
    },
    /// `UserData` with one element that the provider defines.
    UserData {
        /// Name of the element.
        element: &'static str,
        /// Its namespace declarations: attribute and URI.
        namespaces: &'static [(&'static str, &'static str)],
        /// Its children, in order.
        fields: Vec<Field>,
    },
}

/// An event before Windows adds its time, its record id and the computer name.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Writer.
    pub provider: Provider,
    /// Event ID.
    pub id: u16,
    /// Upper half of a legacy event identifier.
    pub qualifiers: Option<u16>,
    /// Version of the event's definition.
    pub version: u8,
    /// 0 log always, 1 critical, 2 error, 3 warning, 4 information.
    pub level: u8,
    /// Task category.
    pub task: u16,
    /// Operation code.
    pub opcode: u8,
    /// Keyword bits. 0x20… audit success, 0x10… audit failure in the upper word.
    pub keywords: u64,
    /// Log that the event goes to.
    pub channel: &'static str,
    /// Process that writes it.
    pub process: Process,
    /// `System/Security/@UserID`.
    pub user: Option<Sid>,
    /// `System/Correlation/@ActivityID`.
    pub activity_id: Option<Guid>,
    /// Data.
    pub payload: Payload,
}

/// An event as a log holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The event.
    pub event: Event,
    /// `System/TimeCreated`.
    pub time: FileTime,
    /// `System/EventRecordID`.
    pub id: u64,
    /// `System/Execution/@ProcessID`.
    pub process_id: u32,
    /// `System/Execution/@ThreadID`.
    pub thread_id: u32,
    /// `System/Computer`.
    pub computer: String,
    /// Written while the event log service did not run, and taken from the buffers later: early in
    /// a boot, and after 1100.
    pub buffered: bool,
}

impl Event {
    /// The same event, with an activity ID that correlates it with other events.
    #[must_use]
    pub fn activity(mut self, id: Guid) -> Self {
        self.activity_id = Some(id);
        self
    }

    /// The same event with one data item changed: for unusual and wrong values.
    ///
    /// # Panics
    /// If the event has no item of that name.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        let fields = match &mut self.payload {
            Payload::EventData { fields, .. } | Payload::UserData { fields, .. } => fields,
            Payload::Legacy { .. } => panic!("a legacy event names no items"),
        };
        let field = fields.iter_mut().find(|field| field.name == name);
        field.unwrap_or_else(|| panic!("no item {name}")).value = value;
        self
    }
}

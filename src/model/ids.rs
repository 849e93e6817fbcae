//! Identifiers: Logon IDs, logs, cited records.

use super::append::{self, AppendText, Hexadecimal, append};
use super::{Channel, Event};
use std::fmt;

/// The first Logon ID that a session can have: the kernel's counter starts at 1001, everything
/// below is reserved for fixed accounts.
const FIRST_SESSION_ID: u64 = 0x3e9;

/// A Logon ID: the locally unique identifier (LUID) that Windows gave a session. It is unique only
/// between two boots of one computer. Source: [AllocateLocallyUniqueId], MS-DTYP 2.3.7.
///
/// ```
/// use winlast::LogonId;
///
/// assert_eq!(LogonId(0x29b379).to_string(), "0x29b379");
/// assert!(LogonId::SYSTEM.is_well_known());
/// assert!(!LogonId(0x29b379).is_well_known());
/// ```
///
/// [AllocateLocallyUniqueId]: https://learn.microsoft.com/windows/win32/api/securitybaseapi/nf-securitybaseapi-allocatelocallyuniqueid
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogonId(pub u64);

impl LogonId {
    /// The Logon ID of SYSTEM, in every boot.
    pub const SYSTEM: LogonId = LogonId(0x3e7);

    /// Whether the Logon ID is one of the reserved ones below 0x3e9: 0x3e7 SYSTEM, 0x3e4 NETWORK
    /// SERVICE, 0x3e5 LOCAL SERVICE and the like. They are the same in every boot, so a logon of one
    /// is evidence of the boot and never a session.
    pub const fn is_well_known(self) -> bool {
        self.0 < FIRST_SESSION_ID
    }

    /// NETWORK SERVICE (0x3e4) and LOCAL SERVICE (0x3e5), which each log on once in a boot.
    pub(crate) const fn is_boot_service(self) -> bool {
        matches!(self.0, 0x3e4 | 0x3e5)
    }
}

/// In hexadecimal, as the events write it: `0x29b379`.
impl fmt::Display for LogonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        append::print(self, f)
    }
}

impl AppendText for LogonId {
    fn append_to(&self, out: &mut Vec<u8>) {
        Hexadecimal(self.0).append_to(out);
    }
}

/// As it prints: `0x29b379`.
impl serde::Serialize for LogonId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A boot of a computer: its number in boot order from 1, or 0 for what lies before the first known
/// boot. The tables call it `boot_epoch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize)]
pub struct BootIndex(u32);

impl BootIndex {
    /// What lies before the first known boot.
    pub const BEFORE_FIRST: BootIndex = BootIndex(0);

    /// The boot with this number.
    pub const fn new(number: u32) -> BootIndex {
        BootIndex(number)
    }

    /// The boot with this number; more than [`u32::MAX`] boots share the last number.
    pub(crate) fn at(number: usize) -> BootIndex {
        BootIndex(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Its number, to look something up by it.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// The next boot.
    pub(crate) const fn next(self) -> BootIndex {
        BootIndex(self.0.saturating_add(1))
    }
}

/// `12`
impl fmt::Display for BootIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A log of a report: the index into [`Report::logs`](super::Report::logs).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct LogId(pub u32);

impl LogId {
    /// The number as an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A record that a statement is based on. It prints as `Security#230200`, which everybody who has the
/// log can look up.
///
/// ```
/// let report = winlast::Analysis::of(["sample-evtx/dc01"]).run()?;
/// let (_, session) = report
///     .sessions()
///     .find(|(_, session)| session.logon_id.is_some_and(|id| id.0 == 0x29b379))
///     .expect("the sample holds this session");
/// let request = session.initiated.expect("its 4647 is in the log").record;
///
/// assert_eq!(request.to_string(), "Security#230200");
/// assert_eq!((request.event_id, request.record_id), (4647, 230_200));
/// # Ok::<(), winlast::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct Citation {
    /// The channel of the record: `System/Channel`.
    pub channel: Channel,
    /// The number of the record in its channel: `System/EventRecordID`.
    pub record_id: u64,
    /// The log it was read from.
    pub log: LogId,
    /// The Event ID: `System/EventID`.
    pub event_id: u16,
}

impl From<&Event> for Citation {
    fn from(event: &Event) -> Citation {
        Citation {
            channel: event.channel,
            record_id: event.record_id,
            log: event.location.log,
            event_id: event.event_id,
        }
    }
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        append::print(self, f)
    }
}

impl AppendText for Citation {
    fn append_to(&self, out: &mut Vec<u8>) {
        append!(out, self.channel, "#", self.record_id);
    }
}

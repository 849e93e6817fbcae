//! Identifiers: Logon IDs, logs, cited records.

use super::{Channel, Event};
use std::fmt;

/// The first Logon ID that a session can have: the kernel's counter starts at 1001, everything
/// below is reserved for fixed accounts.
const FIRST_SESSION_ID: u64 = 0x3e9;

/// A Logon ID: the LUID that LSASS gave a session, unique only between two boots of one computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogonId(pub u64);

impl LogonId {
    /// Under which SYSTEM runs, in every boot.
    pub const SYSTEM: LogonId = LogonId(0x3e7);

    /// 0x3e7 SYSTEM, 0x3e4 NETWORK SERVICE, 0x3e5 LOCAL SERVICE and the other reserved values:
    /// the same in every boot, so never a session of its own.
    pub const fn is_well_known(self) -> bool {
        self.0 < FIRST_SESSION_ID
    }

    /// NETWORK SERVICE (0x3e4) and LOCAL SERVICE (0x3e5), which each log on once in a boot.
    pub(crate) const fn is_boot_service(self) -> bool {
        matches!(self.0, 0x3e4 | 0x3e5)
    }
}

/// `0x29b379`
impl fmt::Display for LogonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// Which boot of a computer: its number in boot order from 1, or 0 for what lies before the first
/// known boot. The tables call it `boot_epoch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
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

/// Which log: the index into [`Report::logs`](super::Report::logs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(pub u32);

impl LogId {
    /// As an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A record that a statement rests on, written `Security#230200`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Citation {
    /// Channel of the record.
    pub channel: Channel,
    /// `System/EventRecordID`.
    pub record_id: u64,
    /// The log it was read from.
    pub log: LogId,
    /// The event's ID.
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
        write!(f, "{}#{}", self.channel, self.record_id)
    }
}

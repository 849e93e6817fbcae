//! What may be concluded from an event, for every kind of event, in one table.
//!
//! The table has no wildcard arm: a new [`EventKind`] does not compile until it has a row here. The
//! questions that the reader and the timeline ask about an event are answered from its row.

use super::event::{Detail, TerminalAction};
use super::{Account, Event, EventKind, LogonId};

/// What may be concluded from one kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventRole {
    /// What it says of the process that wrote it.
    pub(crate) lsass: Lsass,
    /// What it says of a logon session.
    pub(crate) session: SessionRole,
    /// What it says of a boot.
    pub(crate) boot: BootRole,
    /// What its own time is worth among the times of its neighbours.
    pub(crate) time: TimeRole,
}

/// Whether LSASS wrote an event, so that `Execution/@ProcessID` is the process ID of LSASS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lsass {
    /// Another process wrote it, or nobody has checked.
    Other,
    /// LSASS wrote it.
    Wrote,
    /// LSASS wrote it if it is a 4672: nobody has checked 4627 and 4964.
    Wrote4672,
}

/// What an event says of a logon session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionRole {
    /// Nothing.
    None,
    /// The session starts (4624).
    Starts,
    /// The session ends, or its user asks for that (4634, 4647).
    Ends,
    /// The session is there (4672, 4627, 4964).
    IsThere,
    /// The session is there, and its console or client changes, or its lock (4778 to 4803).
    Attachment,
}

/// What an event says of a boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BootRole {
    /// Nothing.
    None,
    /// It is written near the start or the end of a boot: its neighbours bound the boots on both
    /// sides.
    Edge,
    /// The same, and it is the first record of a log file whose earlier records are gone. Nothing
    /// says that it belongs to the boot of the records that follow.
    NewFile,
    /// The event log was moved to another file; the rest is as for [`BootRole::NewFile`], but its
    /// neighbours bound nothing.
    MovedFile,
}

/// What the time of an event is worth among the times of its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeRole {
    /// It is recorded in the order of its time.
    InOrder,
    /// It is often recorded before records that are older: it does not show how far the clock was.
    OutOfOrder,
}

const fn row(lsass: Lsass, session: SessionRole, boot: BootRole, time: TimeRole) -> EventRole {
    EventRole { lsass, session, boot, time }
}

/// The table.
#[rustfmt::skip]
pub(crate) const fn role(kind: &EventKind) -> EventRole {
    use EventKind as K;
    use TimeRole::{InOrder, OutOfOrder};
    match kind {
        // Security-Auditing: sessions.
        K::Logon(_)               => row(Lsass::Wrote,     SessionRole::Starts,     BootRole::None,               InOrder),
        K::FailedLogon(..)        => row(Lsass::Wrote,     SessionRole::None,       BootRole::None,               InOrder),
        K::Terminated(_)          => row(Lsass::Wrote,     SessionRole::Ends,       BootRole::None,               InOrder),
        K::LogoffInitiated(_)     => row(Lsass::Wrote,     SessionRole::Ends,       BootRole::None,               InOrder),
        K::ExplicitCredentials(..) => row(Lsass::Other,    SessionRole::None,       BootRole::None,               InOrder),
        K::RefusedCredentials(..) => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::SessionReference(_)    => row(Lsass::Wrote4672, SessionRole::IsThere,    BootRole::None,               InOrder),
        K::WindowStation(_)       => row(Lsass::Other,     SessionRole::Attachment, BootRole::None,               InOrder),
        K::Lock(_)                => row(Lsass::Other,     SessionRole::Attachment, BootRole::None,               InOrder),
        // Security-Auditing: boots and the clock.
        K::LsassStarted           => row(Lsass::Wrote,     SessionRole::None,       BootRole::Edge,               InOrder),
        K::AuditState             => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::BootConfiguration      => row(Lsass::Other,     SessionRole::None,       BootRole::Edge,               InOrder),
        K::AuditPolicyTable(_)    => row(Lsass::Wrote,     SessionRole::None,       BootRole::None,               InOrder),
        K::StartAudit(_)          => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::ClockChanged(_)        => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        // Microsoft-Windows-Eventlog.
        K::EventLogShutdown       => row(Lsass::Other,     SessionRole::None,       BootRole::Edge,               OutOfOrder),
        K::AuditDropped           => row(Lsass::Other,     SessionRole::None,       BootRole::Edge,               OutOfOrder),
        K::LogCleared(_)          => row(Lsass::Other,     SessionRole::None,       BootRole::NewFile,            InOrder),
        K::LogFull                => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::LogArchived(_)         => row(Lsass::Other,     SessionRole::None,       BootRole::MovedFile,          InOrder),
        K::EventLost(_)           => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        // System.
        K::ServiceStarted         => row(Lsass::Other,     SessionRole::None,       BootRole::Edge,               OutOfOrder),
        K::ServiceStopped         => row(Lsass::Other,     SessionRole::None,       BootRole::Edge,               OutOfOrder),
        K::UnexpectedShutdown(_)  => row(Lsass::Other,     SessionRole::None,       BootRole::Edge,               OutOfOrder),
        K::SystemVersion          => row(Lsass::Other,     SessionRole::None,       BootRole::Edge,               OutOfOrder),
        K::Renamed(_)             => row(Lsass::Other,     SessionRole::None,       BootRole::Edge,               OutOfOrder),
        K::Uptime(..)             => row(Lsass::Other,     SessionRole::None,       BootRole::None,               OutOfOrder),
        K::BiasInUse(_)           => row(Lsass::Other,     SessionRole::None,       BootRole::None,               OutOfOrder),
        K::KernelStarted(_)       => row(Lsass::Other,     SessionRole::None,       BootRole::Edge,               InOrder),
        K::KernelStopped(_)       => row(Lsass::Other,     SessionRole::None,       BootRole::Edge,               InOrder),
        K::BootStatus(_)          => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::BootMenu               => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::BootType(_)            => row(Lsass::Other,     SessionRole::None,       BootRole::Edge,               InOrder),
        K::UncleanReboot(_)       => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::Sleep(_)               => row(Lsass::Other,     SessionRole::None,       BootRole::Edge,               InOrder),
        K::Resume(_)              => row(Lsass::Other,     SessionRole::None,       BootRole::Edge,               InOrder),
        K::ShutdownTransition(_)  => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::PowerSession(_)        => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::ModernStandby(_)       => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::PowerContext           => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::Woke(_)                => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::ShutdownRequested(_)   => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::ShutdownReason(_)      => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::Winlogon(_)            => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        // Other channels.
        K::Terminal(_)            => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::RemoteConnection(_)    => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::Profile(_)             => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        K::ProfileService         => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
        // A record without a meaning of its own, or of which only the head is kept.
        K::Boundary               => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
    }
}

impl EventRole {
    /// Its neighbours bound the boots on both sides: the reader keeps them.
    pub(crate) const fn marks_a_boot(self) -> bool {
        matches!(self.boot, BootRole::Edge | BootRole::NewFile)
    }

    /// It is the first record of a log file whose earlier records are gone.
    pub(crate) const fn begins_a_file(self) -> bool {
        matches!(self.boot, BootRole::NewFile | BootRole::MovedFile)
    }
}

impl Event {
    /// What may be concluded from it.
    pub(crate) const fn role(&self) -> EventRole {
        role(&self.kind)
    }

    /// The process ID of LSASS, as an event of LSASS carries it: `None` for other events, and where
    /// the record has none. It is constant within a boot.
    pub(crate) fn lsass_pid(&self) -> Option<u32> {
        let by_lsass = match self.role().lsass {
            Lsass::Wrote => true,
            Lsass::Wrote4672 => self.event_id == 4672,
            Lsass::Other => self.is_head_only() && self.event_id != 4648,
        };
        (by_lsass && self.process_id != 0).then_some(self.process_id)
    }

    /// Only its head is kept: it is of LSASS and concerns no session.
    pub(crate) fn is_head_only(&self) -> bool {
        self.detail == Detail::HeadOnly
    }

    /// It has no meaning of its own, and is kept because it bounds a boot in time.
    pub(crate) fn is_boundary(&self) -> bool {
        matches!(self.kind, EventKind::Boundary) && !self.is_head_only()
    }

    /// LSASS writes it all day: it begins or ends no boot and does not set the clock.
    pub(crate) fn is_daily_work(&self) -> bool {
        let has_session = matches!(
            self.role().session,
            SessionRole::Starts | SessionRole::Ends | SessionRole::IsThere
        );
        let is_failure = matches!(self.kind, EventKind::FailedLogon(..));
        is_failure || has_session && !self.is_system_logon_type()
    }

    /// A 4634 or 4647 of a session that has a row.
    pub(crate) fn is_logoff(&self) -> bool {
        match &self.kind {
            EventKind::LogoffInitiated(ended) | EventKind::Terminated(ended) => {
                !ended.logon_id.is_well_known()
            }
            _ => false,
        }
    }

    /// The kernel writes it when it stops: Kernel-General 13, Kernel-Power 109.
    pub(crate) fn is_kernel_stop(&self) -> bool {
        matches!(self.kind, EventKind::KernelStopped(_) | EventKind::ShutdownTransition(_))
    }

    /// The kernel stamps it when it starts, and it may be recorded minutes later: Kernel-General 12,
    /// Kernel-Boot 20, 25 and 27, Kernel-Power 41.
    pub(crate) fn is_kernel_start(&self) -> bool {
        matches!(
            self.kind,
            EventKind::KernelStarted(_)
                | EventKind::BootStatus(_)
                | EventKind::BootMenu
                | EventKind::BootType(_)
                | EventKind::UncleanReboot(_)
        )
    }

    /// LSASS writes it at the start of a boot: 4608, 4902, and the 4624 of type 0.
    pub(crate) fn is_lsass_start(&self) -> bool {
        matches!(self.kind, EventKind::LsassStarted | EventKind::AuditPolicyTable(_))
            || self.is_system_logon_type()
    }

    /// The 4624 of type 0 with which SYSTEM logs on at the start of a boot.
    pub(crate) fn is_system_logon(&self) -> bool {
        let EventKind::Logon(logon) = &self.kind else { return false };
        logon.logon_type == Some(0) && logon.logon_id == LogonId::SYSTEM
    }

    fn is_system_logon_type(&self) -> bool {
        matches!(&self.kind, EventKind::Logon(logon) if logon.logon_type == Some(0))
    }
}

/// A logon at a desktop, local or remote, or a logoff from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DesktopChange {
    Logon,
    Logoff,
}

impl Event {
    /// The desktop logon or logoff that this record of Security states, and whose it is.
    pub(crate) fn desktop_change(&self) -> Option<(&Account, DesktopChange)> {
        match &self.kind {
            EventKind::Logon(logon) if matches!(logon.logon_type, Some(2 | 10 | 11 | 12)) => {
                Some((&logon.account, DesktopChange::Logon))
            }
            EventKind::LogoffInitiated(logoff) => Some((&logoff.account, DesktopChange::Logoff)),
            _ => None,
        }
    }

    /// The desktop logon or logoff that this record of another channel confirms.
    pub(crate) fn confirmed_desktop_change(&self) -> Option<DesktopChange> {
        match (&self.kind, self.event_id) {
            (EventKind::Terminal(terminal), _) => match terminal.action {
                TerminalAction::Logon | TerminalAction::ArbitrationBegin => {
                    Some(DesktopChange::Logon)
                }
                TerminalAction::Logoff => Some(DesktopChange::Logoff),
                _ => None,
            },
            (EventKind::Winlogon(_), 7001) | (EventKind::Profile(_), 1 | 67) => {
                Some(DesktopChange::Logon)
            }
            (EventKind::Winlogon(_), _) | (EventKind::Profile(_), 3 | 4) => {
                Some(DesktopChange::Logoff)
            }
            _ => None,
        }
    }
}

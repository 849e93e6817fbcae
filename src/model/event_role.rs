//! What may be concluded from each kind of event, in one table, and the questions about an event
//! that several modules ask.
//!
//! The table has no wildcard arm: a new [`EventKind`] does not compile until it has a row here.
//!
//! Example: the row of the 1100 says that another process than LSASS wrote it, that it says nothing
//! of a session, that its neighbours bound a boot, and that it is often recorded out of order.

use super::event::{Detail, TerminalAction};
use super::{Account, Event, EventKind, LogonId};

/// What may be concluded from one kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventRole {
    /// Whether LSASS wrote it.
    pub(crate) lsass: Lsass,
    /// What it says of a logon session.
    pub(crate) session: SessionRole,
    /// What it says of a boot.
    pub(crate) boot: BootRole,
    /// Whether it is recorded in the order of its time.
    pub(crate) time: TimeRole,
}

/// Whether LSASS wrote an event. If so, the process ID in its head is that of LSASS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lsass {
    /// Another process wrote it, or it is not known.
    Other,
    /// LSASS wrote it.
    Wrote,
    /// LSASS wrote it if it is a 4672. It is not known who writes 4627 and 4964.
    Wrote4672,
}

/// What an event says of a logon session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionRole {
    /// It says nothing of a session.
    None,
    /// It starts the session (4624).
    Starts,
    /// It ends the session, or its user asks to log off (4634, 4647).
    Ends,
    /// It shows that the session exists (4672, 4627, 4964).
    IsThere,
    /// It shows that the session exists, and says that it was connected, disconnected, locked or
    /// unlocked (4778 to 4803).
    Attachment,
}

/// What an event says of a boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BootRole {
    /// It says nothing of a boot.
    None,
    /// It is written near the start or the end of a boot, so its neighbours bound the boots on both
    /// sides.
    Edge,
    /// The log was cleared: it is the first record of a log file whose earlier records are gone. Its
    /// neighbours bound the boots on both sides. It may belong to an earlier boot than the records
    /// that follow.
    NewFile,
    /// The log was archived: it is the first record of a log file whose earlier records are in
    /// another file. Its neighbours bound nothing. It may belong to an earlier boot than the records
    /// that follow.
    MovedFile,
}

/// Whether an event is recorded in the order of its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeRole {
    /// It is recorded in the order of its time.
    InOrder,
    /// It is often recorded before older records, so its time does not show what the clock showed
    /// when its neighbours were recorded.
    OutOfOrder,
}

const fn row(lsass: Lsass, session: SessionRole, boot: BootRole, time: TimeRole) -> EventRole {
    EventRole { lsass, session, boot, time }
}

/// The table: what may be concluded from an event of this kind.
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
        K::LogoffAudit(_)         => row(Lsass::Other,     SessionRole::None,       BootRole::None,               InOrder),
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
    /// Do its neighbours bound the boots on both sides? Then the reader keeps them.
    pub(crate) const fn marks_a_boot(self) -> bool {
        matches!(self.boot, BootRole::Edge | BootRole::NewFile)
    }

    /// Is it the first record of a log file, whose earlier records are gone or in another file?
    pub(crate) const fn begins_a_file(self) -> bool {
        matches!(self.boot, BootRole::NewFile | BootRole::MovedFile)
    }
}

impl Event {
    /// What may be concluded from it.
    pub(crate) const fn role(&self) -> EventRole {
        role(&self.kind)
    }

    /// The process ID of LSASS, if LSASS wrote the event and the record has it. It is the same in
    /// all of a boot.
    pub(crate) fn lsass_pid(&self) -> Option<u32> {
        let by_lsass = match self.role().lsass {
            Lsass::Wrote => true,
            Lsass::Wrote4672 => self.event_id == 4672,
            Lsass::Other => self.is_head_only() && self.event_id != 4648,
        };
        (by_lsass && self.process_id != 0).then_some(self.process_id)
    }

    /// Was only its head kept? LSASS wrote it then, and it concerns no session.
    pub(crate) fn is_head_only(&self) -> bool {
        self.detail == Detail::HeadOnly
    }

    /// Was it kept only because it bounds a boot in time? It has no meaning of its own then.
    pub(crate) fn is_boundary(&self) -> bool {
        matches!(self.kind, EventKind::Boundary) && !self.is_head_only()
    }

    /// Is it an event that LSASS writes all day? Such an event begins and ends no boot, and does not
    /// set the clock.
    pub(crate) fn is_daily_work(&self) -> bool {
        let has_session = matches!(
            self.role().session,
            SessionRole::Starts | SessionRole::Ends | SessionRole::IsThere
        );
        let is_failure = matches!(self.kind, EventKind::FailedLogon(..));
        is_failure || has_session && !self.is_system_logon_type()
    }

    /// Is it a 4634 or 4647 of a session that has a row?
    pub(crate) fn is_logoff(&self) -> bool {
        match &self.kind {
            EventKind::LogoffInitiated(ended) | EventKind::Terminated(ended) => {
                !ended.logon_id.is_well_known()
            }
            _ => false,
        }
    }

    /// Does it report the stop of a kernel (Kernel-General 13, Kernel-Power 109)?
    pub(crate) fn is_kernel_stop(&self) -> bool {
        matches!(self.kind, EventKind::KernelStopped(_) | EventKind::ShutdownTransition(_))
    }

    /// Is its time that of the start of a kernel (Kernel-General 12, Kernel-Boot 20, 25 and 27,
    /// Kernel-Power 41)? It may be recorded minutes later.
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

    /// Does LSASS write it at the start of a boot (4608, 4902, and the 4624 of type 0)?
    pub(crate) fn is_lsass_start(&self) -> bool {
        matches!(self.kind, EventKind::LsassStarted | EventKind::AuditPolicyTable(_))
            || self.is_system_logon_type()
    }

    /// Is it the 4624 of type 0 with which SYSTEM logs on at the start of a boot?
    pub(crate) fn is_system_logon(&self) -> bool {
        let EventKind::Logon(logon) = &self.kind else { return false };
        logon.logon_type == Some(0) && logon.logon_id == LogonId::SYSTEM
    }

    /// Is it a 4624 of type 0?
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

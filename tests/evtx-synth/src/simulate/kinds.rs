//! Kinds of behaviour that real Windows shows and that a plain history lacks. Each host draws which
//! of them it has. A history says which of them took place in it, so that a test can count how many
//! hosts of a kind disagree.

use super::random::Random;
use std::collections::BTreeSet;

/// One kind of behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Logon IDs of window stations are allocated before and audited after others.
    LogonIdsFallAtDesktops,
    /// The same for network logons, at any time.
    LogonIdsFallUnderLoad,
    /// The first boots have the clock of a wrong time zone, up to 26 hours off.
    WrongZone,
    /// The battery of the hardware clock is dead: boots begin years in the past.
    DeadClock,
    /// Steps of the clock of size zero stand before the real one.
    ZeroSteps,
    /// The clock is set by some seconds just before a logoff.
    SmallSteps,
    /// A boot of Windows Setup has no 6005, and its System events are recorded by the next boot.
    SetupBoot,
    /// Records of any provider from the end of a boot are written by the next boot.
    LateRecords,
    /// Winlogon repeats a shutdown request one to two seconds later.
    RequestEcho,
    /// Windows 7 resumes, and only Kernel-General 1 without a reason shows it.
    SilentResume,
    /// Windows speaks another language than English.
    Language,
    /// 4672 is not audited.
    NoPrivilegeAudit,
    /// On Windows 7, checks of a password live up to a minute.
    SlowTakeover,
    /// The Security log begins within a session.
    SecurityBeginsLate,
    /// A server has up to eight users at once by remote desktop.
    TerminalServer,
    /// Only the System log was collected: Winlogon alone shows sessions.
    WinlogonAlone,
    /// An export of the Security log with several gaps around the start of a boot.
    GappyExport,
    /// A file lacks its last chunks.
    CutLog,
    /// A disk is checked before LSASS starts, 5 minutes to an hour after the kernel.
    DiskCheck,
    /// A shutdown by Fast Startup is not resumed: the power was cut, so the next start is a boot.
    FastStartupNotResumed,
    /// The computer hangs, or loses its power, after the event log service has stopped for a shutdown.
    UnfinishedShutdown,
}

/// Every kind, its name, and its chance in percent.
const ALL: [(Kind, &str, u64); 18] = [
    (Kind::LogonIdsFallAtDesktops, "logon-ids-fall-at-desktops", 12),
    (Kind::LogonIdsFallUnderLoad, "logon-ids-fall-under-load", 10),
    (Kind::WrongZone, "wrong-zone", 7),
    (Kind::DeadClock, "dead-clock", 6),
    (Kind::ZeroSteps, "zero-steps", 15),
    (Kind::SmallSteps, "small-steps", 7),
    (Kind::SetupBoot, "setup-boot", 6),
    (Kind::LateRecords, "late-records", 12),
    (Kind::RequestEcho, "request-echo", 12),
    (Kind::SilentResume, "silent-resume", 30),
    (Kind::Language, "language", 14),
    (Kind::NoPrivilegeAudit, "no-4672", 8),
    (Kind::SlowTakeover, "slow-takeover", 40),
    (Kind::SecurityBeginsLate, "security-begins-late", 7),
    (Kind::TerminalServer, "terminal-server", 6),
    (Kind::WinlogonAlone, "winlogon-alone", 4),
    (Kind::GappyExport, "gappy-export", 4),
    (Kind::CutLog, "cut-log", 12),
];

/// The kinds that were added later. They are drawn from random numbers of their own, so that a host without them is the
/// same as before.
const ADDED: [(Kind, &str, u64); 3] = [
    (Kind::DiskCheck, "disk-check", 6),
    (Kind::FastStartupNotResumed, "fast-startup-not-resumed", 20),
    (Kind::UnfinishedShutdown, "unfinished-shutdown", 6),
];

/// The kinds of one host.
#[derive(Clone, Debug, Default)]
pub(super) struct Kinds(BTreeSet<Kind>);

impl Kinds {
    /// Draws the kinds of a host.
    pub fn draw(random: &mut Random, added: &mut Random) -> Self {
        let drawn = ALL.iter().filter(|(_, _, percent)| random.chance(*percent));
        let more = ADDED.iter().filter(|(_, _, percent)| added.chance(*percent));
        Self(drawn.chain(more).map(|(kind, _, _)| *kind).collect())
    }

    pub fn has(&self, kind: Kind) -> bool {
        self.0.contains(&kind)
    }
}

impl Kind {
    /// The name that a test prints.
    pub fn name(self) -> &'static str {
        let row = ALL.iter().chain(&ADDED).find(|(kind, _, _)| *kind == self);
        row.expect("every kind has a row").1
    }
}

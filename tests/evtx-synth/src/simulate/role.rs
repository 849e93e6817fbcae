//! What a record of the simulation shows, for the comparison.

/// What a record shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing that the comparison needs.
    Plain,
    /// The start of its boot.
    BootStart,
    /// That its boot ended in order.
    CleanEnd,
    /// How its boot ended: restart, shutdown, power off.
    EndAction,
    /// A step of the clock of size zero.
    ZeroStep,
    /// A resume of which nothing else tells.
    SilentResume,
    /// That the boot before its own did not end in order.
    CrashSign,
    /// That the logoff record of this session was lost.
    LostLogoff(usize),
    /// A step of the clock: an index into `Simulator::steps`.
    Step(usize),
    /// A record of this session in the Security log.
    Session(usize, SessionRecord),
    /// A record of another log about the desktop of this session.
    Notice(usize, Notice),
}

/// Which record of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionRecord {
    Start,
    Initiated,
    Terminated,
    /// Locked (4800) or unlocked (4801).
    Lock,
    /// The attachment of the desktop changed: an index into `Simulator::moves`.
    Moved(usize),
    Other,
}

/// What a record of another log says about a desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// Its user logged on.
    Logon,
    /// Its user logs off.
    Logoff,
    /// As [`SessionRecord::Moved`].
    Moved(usize),
    /// Something else.
    Other,
}

//! The simulator of one host: true time, the clock, the queue of actions, and the records written.

use std::collections::{BTreeMap, BTreeSet};

use super::interactive::Desktop;
use super::kinds::Kind;
use super::random::Random;
use super::setup::{Setup, Windows};
use super::window_stations::WindowStation;
use crate::catalogue::{Account, SECURITY, SYSTEM, Session};
use crate::event::{Event, Process, Record};
use crate::host::Host;
use crate::value::FileTime;

/// 100 ns units in a millisecond.
pub(super) const TICKS_PER_MILLISECOND: u64 = 10_000;
const TICKS_PER_SECOND: u64 = 1_000 * TICKS_PER_MILLISECOND;

type Action = Box<dyn FnOnce(&mut Simulator)>;

/// An event of LSASS that waits to be written: its time by the clock, its true time.
type BufferedAudit = (FileTime, u64, Event, Role);

pub(super) use super::role::{Notice, Role, SessionRecord};

/// A step of the clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// True time.
    pub at: u64,
    /// By how much, in 100 ns units.
    pub by: i64,
}

/// A change of the attachment of a desktop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    /// True if it is attached to a client from now on, false if it is disconnected.
    pub attached: bool,
}

/// What the simulator knows of a written record apart from its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    pub boot: u32,
    /// The true time at which it was written.
    pub at: u64,
    /// The true time of what it records.
    pub happened: u64,
    /// Its time by the clock of the host.
    pub time_stamp: FileTime,
    pub role: Role,
    pub event_id: u16,
    pub process_id: u32,
    /// The name of the computer in it: an index into [`Simulator::names`].
    pub name: usize,
}

/// A logon session.
#[derive(Clone, Debug)]
pub(super) struct SimulatedSession {
    pub account: Account,
    pub logon_id: u64,
    pub logon_type: u32,
    pub class: &'static str,
    pub boot: u32,
    pub begun: u64,
    /// The true time of its end, and the time by the clock.
    pub ended: Option<(u64, FileTime)>,
    /// The same for the logoff of its user, after which the session may live on for a while.
    pub left: Option<(u64, FileTime)>,
    pub linked: Option<usize>,
    pub elevated: bool,
    pub parent: Option<usize>,
    pub revalidates: Option<usize>,
    /// The desktop of a user, whose logoff is audited as 4647.
    pub desktop: bool,
    /// It ended, and Windows wrote no record of that.
    pub unrecorded_end: bool,
}

/// A boot.
#[derive(Clone, Debug)]
pub(super) struct SimulatedBoot {
    pub started: (u64, FileTime),
    pub ended: Option<(u64, FileTime)>,
    /// `restart`, `shutdown`, `power-off` or `crash`.
    pub cause: &'static str,
    /// Windows' counter of boot attempts.
    pub counter: u32,
    /// Who requested its end.
    pub requested_by: Option<Account>,
    /// The number of 1074 of that request.
    pub requests: usize,
    /// The true time at which the event log service stopped for a shutdown that was not finished.
    pub service_stopped: Option<u64>,
    /// What the next boot records of its end.
    pub unclean: Unclean,
}

/// What the next boot records of the end of a boot: nothing, or that it was not in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Unclean {
    #[default]
    No,
    /// Kernel-Power 41: the event log service had stopped, and the kernel had not.
    Kernel,
    /// Kernel-Power 41 and a 6008: the event log service had not stopped either.
    Service,
}

/// A log that was saved while the host ran: an archive or a copy.
#[derive(Clone, Debug)]
pub(super) struct SavedLog {
    pub name: String,
    pub records: Vec<Record>,
}

/// One simulated host.
pub(super) struct Simulator {
    pub random: Random,
    /// The random numbers of the kinds of behaviour, [`Kind`].
    pub extra: Random,
    /// The names of the kinds that took place.
    pub features: BTreeSet<&'static str>,
    pub setup: Setup,
    pub host: Host,
    pub names: Vec<String>,
    /// The boot in which it first has the last of its names.
    pub renamed_at: u32,
    /// The true time, in 100 ns units since 1601.
    pub now: u64,
    /// By how much the clock is ahead of the true time.
    offset: i64,
    /// Every change of the clock, in order.
    pub steps: Vec<Step>,
    /// When the host slept, from and to.
    pub sleeps: Vec<(u64, u64)>,
    /// Every change of the attachment of a desktop, in order.
    pub moves: Vec<Move>,
    /// The actions to come, by their true time and their turn.
    queue: BTreeMap<(u64, u64), Action>,
    turn: u64,
    pub up: bool,
    /// The Security log is full and records nothing.
    pub full: bool,
    /// The number of the present boot; 0 before the first.
    pub boot: u32,
    /// Windows' own counter of boot attempts.
    pub boot_counter: u32,
    pub boots: Vec<SimulatedBoot>,
    pub sessions: Vec<SimulatedSession>,
    pub written: BTreeMap<(&'static str, u64), Written>,
    next_luid: u64,
    /// The events of LSASS that wait while the event log service stops.
    buffered_audits: Option<Vec<BufferedAudit>>,
    /// The events of the kernel from before the event log service runs.
    pub early_events: Vec<(FileTime, Event, Role)>,
    /// The last events of the kernel, which the next boot records.
    pub shutdown_events: Vec<(FileTime, Event, Role)>,
    /// The System events of a boot without an event log service, which the next boot records.
    pub held_events: Option<Vec<(FileTime, Event, Role)>>,
    /// The clock that the first boots have is wrong by this many milliseconds.
    pub wrong_zone: i64,
    /// For each channel, the first record id that a crash may remove: older records are on disk.
    pub unflushed: BTreeMap<&'static str, u64>,
    pub saved_logs: Vec<SavedLog>,
    pub desktops: Vec<Desktop>,
    pub window_stations: Vec<WindowStation>,
    /// The number of the Terminal Services session at the console.
    pub console: u32,
    pub next_window_station: u32,
}

impl Simulator {
    pub fn new(mut random: Random, extra: Random, setup: Setup) -> Self {
        let host = Host::new(setup.computer());
        let names = vec![host.computer.clone()];
        let now = setup.installed.0 + random.within(0..=TICKS_PER_SECOND * 3600);
        let boot_counter = u32::try_from(random.within(1..=40)).expect("small");
        Self {
            random,
            extra,
            features: BTreeSet::new(),
            setup,
            host,
            names,
            renamed_at: 0,
            now,
            offset: 0,
            steps: Vec::new(),
            sleeps: Vec::new(),
            moves: Vec::new(),
            queue: BTreeMap::new(),
            turn: 0,
            up: false,
            full: false,
            boot: 0,
            boot_counter,
            boots: Vec::new(),
            sessions: Vec::new(),
            written: BTreeMap::new(),
            next_luid: 0,
            buffered_audits: None,
            early_events: Vec::new(),
            shutdown_events: Vec::new(),
            held_events: None,
            wrong_zone: 0,
            unflushed: BTreeMap::new(),
            saved_logs: Vec::new(),
            desktops: Vec::new(),
            window_stations: Vec::new(),
            console: 1,
            next_window_station: 2,
        }
    }

    /// The time by the clock of the host.
    pub fn clock(&self) -> FileTime {
        FileTime(self.now.checked_add_signed(self.offset).expect("a time of our age"))
    }

    /// The time by the clock in this many milliseconds.
    pub fn clock_in(&self, ms: u64) -> FileTime {
        self.clock().plus_ms(ms)
    }

    /// Sets the clock forward by this many milliseconds, or back if they are negative.
    pub fn shift_clock(&mut self, ms: i64) {
        let ticks = i64::try_from(TICKS_PER_MILLISECOND).expect("small");
        self.offset += ms * ticks;
        self.steps.push(Step { at: self.now, by: ms * ticks });
    }

    /// Lets time pass. No action of the queue runs meanwhile.
    pub fn pass(&mut self, ms: u64) {
        self.now += ms * TICKS_PER_MILLISECOND + self.random.within(0..=9_999);
    }

    /// Lets time pass while the host sleeps: all actions in the queue are delayed by it.
    pub fn sleep(&mut self, ms: u64) {
        let before = self.now;
        self.pass(ms);
        let slept = self.now - before;
        self.sleeps.push((before, self.now));
        let queue = std::mem::take(&mut self.queue);
        self.queue = queue.into_iter().map(|((at, turn), act)| ((at + slept, turn), act)).collect();
    }

    /// Adds an action to the queue. It does not run if the host is down by then.
    pub fn later(&mut self, ms: u64, act: impl FnOnce(&mut Simulator) + 'static) {
        let at = self.now + ms * TICKS_PER_MILLISECOND + self.random.within(0..=9_999);
        self.turn += 1;
        self.queue.insert((at, self.turn), Box::new(act));
    }

    /// Runs the actions of the queue in order, until the host is down or no action is left.
    pub fn run_until_down(&mut self) {
        while self.up
            && let Some(((at, _), act)) = self.queue.pop_first()
        {
            self.now = self.now.max(at);
            act(self);
        }
        self.queue.clear();
    }

    /// Writes an event that the comparison does not need.
    pub fn log(&mut self, event: Event) {
        self.write(event, Role::Plain);
    }

    /// Writes an event of another log about the desktop of a session, some time later.
    pub fn notice_later(&mut self, ms: u64, session: usize, notice: Notice, event: Event) {
        self.later(ms, move |simulator| simulator.write(event, Role::Notice(session, notice)));
    }

    /// Adds a change of the attachment of a desktop, and returns its index.
    pub fn record_move(&mut self, attached: bool) -> usize {
        self.moves.push(Move { attached });
        self.moves.len() - 1
    }

    /// Writes an event some time later.
    pub fn log_later(&mut self, ms: u64, event: Event) {
        self.later(ms, move |simulator| simulator.log(event));
    }

    /// Writes an event, if it is audited.
    pub fn write(&mut self, event: Event, role: Role) {
        let time = self.clock();
        self.write_stamped(time, event, role);
    }

    /// Writes an event with another time than now.
    pub fn write_stamped(&mut self, time: FileTime, event: Event, role: Role) {
        if !self.setup.audits(event.id, event.channel) {
            return;
        }
        match &mut self.buffered_audits {
            Some(buffered_audits)
                if event.channel == SECURITY && event.process == Process::Lsass =>
            {
                buffered_audits.push((time, self.now, event, role));
            }
            _ => match &mut self.held_events {
                Some(held) if event.channel == SYSTEM => held.push((time, event, role)),
                _ => self.record(time, event, role, self.boot),
            },
        }
    }

    /// Writes a record of this or of the boot before.
    pub fn record(&mut self, time: FileTime, event: Event, role: Role, boot: u32) {
        self.record_of(time, self.now, event, role, boot);
    }

    fn record_of(&mut self, time: FileTime, happened: u64, event: Event, role: Role, boot: u32) {
        if self.full && event.channel == SECURITY {
            return;
        }
        // Up to Windows 8.1, legacy event sources have times of whole seconds.
        let whole = event.provider.guid.is_none() && self.setup.windows <= Windows::EightOne;
        let time =
            if whole { FileTime(time.0 / TICKS_PER_SECOND * TICKS_PER_SECOND) } else { time };
        let event = match &self.setup.language {
            Some(language) => {
                self.features.insert(Kind::Language.name());
                language.translate(event)
            }
            None => event,
        };
        let (channel, event_id) = (event.channel, event.id);
        let id = self.host.log(time, event);
        let last = self.host.records(channel).last().expect("just written");
        let process_id = last.process_id;
        let at = self.now;
        let name = self.names.len() - 1;
        let written =
            Written { boot, at, happened, time_stamp: time, role, event_id, process_id, name };
        self.written.insert((channel, id), written);
    }

    /// From now on the events of LSASS wait in its buffer.
    pub fn buffer_audits(&mut self) {
        self.buffered_audits.get_or_insert_default();
    }

    /// Writes the events that waited.
    pub fn write_buffered_audits(&mut self) {
        for (time, happened, event, role) in self.buffered_audits.take().unwrap_or_default() {
            self.record_of(time, happened, event, role, self.boot);
        }
    }

    /// The counter of locally unique identifiers (LUIDs) starts again.
    pub fn restart_luids(&mut self) -> u64 {
        self.next_luid = self.random.within(0x5100..=0x9000);
        self.next_luid
    }

    /// The next Logon ID; others draw from the same counter, so that there are gaps.
    pub fn draw_luid(&mut self, gap: std::ops::RangeInclusive<u64>) -> u64 {
        self.next_luid += self.random.within(gap);
        self.next_luid
    }

    /// Whether the host has the kind, in this many of a hundred cases. If so, it takes place.
    pub fn does(&mut self, kind: Kind, percent: u64) -> bool {
        let does = self.setup.kinds.has(kind) && self.extra.chance(percent);
        if does {
            self.features.insert(kind.name());
        }
        does
    }

    /// By how much the counter of Logon IDs is ahead of a session's.
    pub fn behind_by(&self, session: usize) -> u64 {
        self.next_luid - self.sessions[session].logon_id
    }

    /// Begins a session, and returns its index.
    pub fn begin(&mut self, account: &Account, logon_type: u32, class: &'static str) -> usize {
        self.begin_after(0x40..=0x8000, account, logon_type, class)
    }

    /// Begins a session whose Logon ID is the last one plus a number of the range `gap`.
    pub fn begin_after(
        &mut self,
        gap: std::ops::RangeInclusive<u64>,
        account: &Account,
        logon_type: u32,
        class: &'static str,
    ) -> usize {
        let logon_id = self.draw_luid(gap);
        self.sessions.push(SimulatedSession {
            account: account.clone(),
            logon_id,
            logon_type,
            class,
            boot: self.boot,
            begun: self.now,
            ended: None,
            left: None,
            linked: None,
            elevated: false,
            parent: None,
            revalidates: None,
            desktop: false,
            unrecorded_end: false,
        });
        self.sessions.len() - 1
    }

    /// A session as events name it.
    pub fn catalogue_session(&self, session: usize) -> Session {
        let session = &self.sessions[session];
        Session::new(session.account.clone(), session.logon_id)
    }

    /// The session of the computer account: the subject of most logons.
    pub fn machine(&self) -> Session {
        Session::machine(&self.host.computer, &self.setup.machine_domain())
    }

    /// Ends a session, if it has not ended before.
    pub fn end(&mut self, session: usize) {
        let end = (self.now, self.clock());
        self.sessions[session].ended.get_or_insert(end);
    }

    /// Ends every session of the boot.
    pub fn end_all(&mut self) {
        let sessions: Vec<usize> = (0..self.sessions.len())
            .filter(|&session| self.sessions[session].boot == self.boot)
            .collect();
        sessions.into_iter().for_each(|session| self.end(session));
    }

    /// Whether the session is open.
    pub fn is_open(&self, session: usize) -> bool {
        self.sessions[session].boot == self.boot && self.sessions[session].ended.is_none()
    }
}

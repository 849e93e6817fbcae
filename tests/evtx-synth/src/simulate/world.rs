//! The simulated machine: true time, its clock, what is due, and what was written where.

use std::collections::BTreeMap;

use super::people::Desktop;
use super::random::Random;
use super::setup::{Setup, Windows};
use super::stations::Station;
use crate::catalogue::{Account, SECURITY, Session};
use crate::event::{Event, Process, Record};
use crate::host::Host;
use crate::value::FileTime;

/// 100 ns units in a millisecond.
const TICKS_PER_MILLISECOND: u64 = 10_000;
const TICKS_PER_SECOND: u64 = 1_000 * TICKS_PER_MILLISECOND;

type Action = Box<dyn FnOnce(&mut World)>;

/// An event that waits to be written: its stamp and the true time of that.
type Held = (FileTime, u64, Event, Role);

/// What a record is to the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing.
    Plain,
    /// Marks the start of its boot.
    Mark,
    /// Says that its boot was closed in order.
    CleanEnd,
    /// Says how its boot was closed: restart, shutdown, power off.
    EndAction,
    /// Says that the boot before its own was not closed in order.
    CrashSign,
    /// Says that the logoff record of a session was lost.
    LostLogoff(usize),
    /// Says that the clock was set, by an index into [`World::steps`].
    Step(usize),
    /// Belongs to a session.
    Of(usize, Part),
    /// Another log speaks of the desktop of this session.
    Notice(usize, Notice),
}

/// Which record of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Start,
    Initiated,
    Terminated,
    /// Locked (4800) or unlocked (4801).
    Lock,
    /// The desktop was shown elsewhere, or nowhere, from then on: the number of the change.
    Moved(usize),
    Other,
}

/// What a record of another log says of a desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// Its user has come.
    Comes,
    /// Its user goes.
    Goes,
    /// As [`Part::Moved`].
    Moved(usize),
    /// Something else.
    Other,
}

/// A moment from which on the clock read something else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// True time.
    pub at: u64,
    /// By how much, in 100 ns.
    pub by: i64,
}

/// A desktop is shown elsewhere from now on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    /// On the person's client, rather than nowhere.
    pub attached: bool,
}

/// What is known of a written record besides its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    pub boot: u32,
    /// True time of writing.
    pub at: u64,
    /// True time of what it tells.
    pub happened: u64,
    /// Its time stamp.
    pub reading: FileTime,
    pub role: Role,
    pub event_id: u16,
    pub process_id: u32,
}

/// A logon session that truly was.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub account: Account,
    pub logon_id: u64,
    pub logon_type: u32,
    pub class: &'static str,
    pub boot: u32,
    pub begun: u64,
    /// True time and the clock's reading of the end.
    pub ended: Option<(u64, FileTime)>,
    pub partner: Option<usize>,
    pub elevated: bool,
    pub parent: Option<usize>,
    pub revalidates: Option<usize>,
    /// A person's desktop, whose logoff is audited as 4647.
    pub desktop: bool,
    /// It ended and Windows wrote nothing about it.
    pub silent: bool,
}

/// A boot that truly was.
#[derive(Clone, Debug)]
pub(super) struct Era {
    pub started: (u64, FileTime),
    pub ended: Option<(u64, FileTime)>,
    /// `restart`, `shutdown`, `power-off` or `crash`.
    pub cause: &'static str,
    /// Windows' counter of boot attempts.
    pub counter: u32,
}

/// Records that were put aside: an archive, or a copy.
#[derive(Clone, Debug)]
pub(super) struct Aside {
    pub name: String,
    pub records: Vec<Record>,
}

/// The machine.
pub(super) struct World {
    pub random: Random,
    pub setup: Setup,
    pub host: Host,
    pub names: Vec<String>,
    /// The boot at which it got the last of its names.
    pub renamed_at: u32,
    /// True time.
    pub now: u64,
    offset: i64,
    /// Every change of the clock, in order.
    pub steps: Vec<Step>,
    /// Every change of where a desktop is shown.
    pub moves: Vec<Move>,
    queue: BTreeMap<(u64, u64), Action>,
    turn: u64,
    pub up: bool,
    /// The Security log is full and records nothing.
    pub full: bool,
    pub boot: u32,
    /// Windows' own counter of boot attempts.
    pub boot_counter: u32,
    pub eras: Vec<Era>,
    pub lives: Vec<Life>,
    pub written: BTreeMap<(&'static str, u64), Written>,
    next_luid: u64,
    /// What LSASS audits while the event log service is being stopped.
    held: Option<Vec<Held>>,
    /// What the kernel says before the event log service runs.
    pub early_words: Vec<(FileTime, Event, Role)>,
    /// What the kernel says last, for the next boot to record.
    pub last_words: Vec<(FileTime, Event, Role)>,
    /// For each channel, the first id that a crash may take: older records are on disk.
    pub unflushed: BTreeMap<&'static str, u64>,
    pub asides: Vec<Aside>,
    pub desktops: Vec<Desktop>,
    pub stations: Vec<Station>,
    /// The Terminal Services session that has the console.
    pub console: u32,
    pub next_station: u32,
}

impl World {
    pub fn new(mut random: Random, setup: Setup) -> Self {
        let host = Host::new(setup.computer());
        let names = vec![host.computer.clone()];
        let now = setup.birth.0 + random.within(0..=TICKS_PER_SECOND * 3600);
        let boot_counter = u32::try_from(random.within(1..=40)).expect("small");
        Self {
            random,
            setup,
            host,
            names,
            renamed_at: 0,
            now,
            offset: 0,
            steps: Vec::new(),
            moves: Vec::new(),
            queue: BTreeMap::new(),
            turn: 0,
            up: false,
            full: false,
            boot: 0,
            boot_counter,
            eras: Vec::new(),
            lives: Vec::new(),
            written: BTreeMap::new(),
            next_luid: 0,
            held: None,
            early_words: Vec::new(),
            last_words: Vec::new(),
            unflushed: BTreeMap::new(),
            asides: Vec::new(),
            desktops: Vec::new(),
            stations: Vec::new(),
            console: 1,
            next_station: 2,
        }
    }

    /// What the clock reads.
    pub fn reading(&self) -> FileTime {
        FileTime(self.now.checked_add_signed(self.offset).expect("a time of our age"))
    }

    /// What the clock will read in a while.
    pub fn reading_in(&self, ms: u64) -> FileTime {
        self.reading().plus_ms(ms)
    }

    /// Makes the clock read `ms` later (or earlier) from now on.
    pub fn shift_clock(&mut self, ms: i64) {
        let ticks = i64::try_from(TICKS_PER_MILLISECOND).expect("small");
        self.offset += ms * ticks;
        self.steps.push(Step { at: self.now, by: ms * ticks });
    }

    /// Lets time pass in which nothing else happens.
    pub fn pass(&mut self, ms: u64) {
        self.now += ms * TICKS_PER_MILLISECOND + self.random.within(0..=9_999);
    }

    /// Lets time pass while the machine sleeps: what was due is due later.
    pub fn sleep(&mut self, ms: u64) {
        let before = self.now;
        self.pass(ms);
        let slept = self.now - before;
        let queue = std::mem::take(&mut self.queue);
        self.queue = queue.into_iter().map(|((at, turn), act)| ((at + slept, turn), act)).collect();
    }

    /// Does something after a while, if the machine is still up.
    pub fn later(&mut self, ms: u64, act: impl FnOnce(&mut World) + 'static) {
        let at = self.now + ms * TICKS_PER_MILLISECOND + self.random.within(0..=9_999);
        self.turn += 1;
        self.queue.insert((at, self.turn), Box::new(act));
    }

    /// Does what is due until the machine is down or nothing is left to do.
    pub fn run(&mut self) {
        while self.up
            && let Some(((at, _), act)) = self.queue.pop_first()
        {
            self.now = self.now.max(at);
            act(self);
        }
        self.queue.clear();
    }

    /// Writes an event that nothing hangs on.
    pub fn log(&mut self, event: Event) {
        self.write(event, Role::Plain);
    }

    /// Another log says something of a session's desktop, a little later.
    pub fn notice_later(&mut self, ms: u64, life: usize, notice: Notice, event: Event) {
        self.later(ms, move |world| world.write(event, Role::Notice(life, notice)));
    }

    /// A desktop is shown on the person's client, or nowhere, from now on: the change's number.
    pub fn moves_to(&mut self, attached: bool) -> usize {
        self.moves.push(Move { attached });
        self.moves.len() - 1
    }

    /// Writes an event a little later.
    pub fn log_later(&mut self, ms: u64, event: Event) {
        self.later(ms, move |world| world.log(event));
    }

    /// Writes an event, if it is audited.
    pub fn write(&mut self, event: Event, role: Role) {
        let time = self.reading();
        self.write_stamped(time, event, role);
    }

    /// Writes an event that another moment is stamped on.
    pub fn write_stamped(&mut self, time: FileTime, event: Event, role: Role) {
        if !self.setup.audits(event.id, event.channel) {
            return;
        }
        match &mut self.held {
            Some(held) if event.channel == SECURITY && event.process == Process::Lsass => {
                held.push((time, self.now, event, role));
            }
            _ => self.record(time, event, role, self.boot),
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
        // Legacy sources know whole seconds only, up to Windows 8.1.
        let whole = event.provider.guid.is_none() && self.setup.windows <= Windows::EightOne;
        let time =
            if whole { FileTime(time.0 / TICKS_PER_SECOND * TICKS_PER_SECOND) } else { time };
        let (channel, event_id) = (event.channel, event.id);
        let id = self.host.log(time, event);
        let last = self.host.records(channel).last().expect("just written");
        let process_id = last.process_id;
        let at = self.now;
        let written = Written { boot, at, happened, reading: time, role, event_id, process_id };
        self.written.insert((channel, id), written);
    }

    /// From now on what LSASS audits waits in its buffer.
    pub fn hold_audits(&mut self) {
        self.held.get_or_insert_default();
    }

    /// Writes what waited.
    pub fn release_audits(&mut self) {
        for (time, happened, event, role) in self.held.take().unwrap_or_default() {
            self.record_of(time, happened, event, role, self.boot);
        }
    }

    /// The counter of locally unique identifiers starts again.
    pub fn restart_luids(&mut self) -> u64 {
        self.next_luid = self.random.within(0x5100..=0x9000);
        self.next_luid
    }

    /// The next Logon ID; others draw from the same counter, so that there are gaps.
    pub fn draw_luid(&mut self, gap: std::ops::RangeInclusive<u64>) -> u64 {
        self.next_luid += self.random.within(gap);
        self.next_luid
    }

    /// A new session.
    pub fn begin(&mut self, account: &Account, logon_type: u32, class: &'static str) -> usize {
        self.begin_after(0x40..=0x8000, account, logon_type, class)
    }

    /// A new session whose Logon ID lies within `gap` after the last.
    pub fn begin_after(
        &mut self,
        gap: std::ops::RangeInclusive<u64>,
        account: &Account,
        logon_type: u32,
        class: &'static str,
    ) -> usize {
        let logon_id = self.draw_luid(gap);
        self.lives.push(Life {
            account: account.clone(),
            logon_id,
            logon_type,
            class,
            boot: self.boot,
            begun: self.now,
            ended: None,
            partner: None,
            elevated: false,
            parent: None,
            revalidates: None,
            desktop: false,
            silent: false,
        });
        self.lives.len() - 1
    }

    /// A session as events name it.
    pub fn session(&self, life: usize) -> Session {
        let life = &self.lives[life];
        Session::new(life.account.clone(), life.logon_id)
    }

    /// The computer's own session: subject of most logons.
    pub fn machine(&self) -> Session {
        Session::machine(&self.host.computer, &self.setup.machine_domain())
    }

    /// The session ends now, if it had not ended before.
    pub fn end(&mut self, life: usize) {
        let end = (self.now, self.reading());
        self.lives[life].ended.get_or_insert(end);
    }

    /// Every session of the boot ends now.
    pub fn end_all(&mut self) {
        let lives: Vec<usize> =
            (0..self.lives.len()).filter(|&life| self.lives[life].boot == self.boot).collect();
        lives.into_iter().for_each(|life| self.end(life));
    }

    /// Whether the session lasts.
    pub fn lasts(&self, life: usize) -> bool {
        self.lives[life].boot == self.boot && self.lives[life].ended.is_none()
    }

    /// Puts copies of a channel's records aside.
    pub fn put_aside(&mut self, name: String, records: Vec<Record>) {
        if !records.is_empty() {
            self.asides.push(Aside { name, records });
        }
    }

    /// Takes the newest records of a channel away, as many as are not on disk at most.
    pub fn lose(&mut self, channel: &'static str, most: usize) {
        let floor = self.unflushed.get(channel).copied().unwrap_or(1);
        let ids: Vec<u64> = self.host.records(channel).iter().map(|record| record.id).collect();
        let lost: Vec<u64> =
            ids.into_iter().rev().take_while(|&id| id >= floor).take(most).collect();
        let Some(&first) = lost.last() else { return };
        self.host.lose(channel, lost.len());
        self.host.set_next_id(channel, first);
        for id in lost {
            self.written.remove(&(channel, id));
        }
    }

    /// Everything written so far is on disk.
    pub fn flush(&mut self) {
        let channels: Vec<&'static str> = self.host.channels().collect();
        for channel in channels {
            self.flush_channel(channel);
        }
    }

    /// Everything written to the channel so far is on disk.
    pub fn flush_channel(&mut self, channel: &'static str) {
        let written = self.written.range((channel, 0)..=(channel, u64::MAX)).next_back();
        if let Some((&(_, last), _)) = written {
            self.unflushed.insert(channel, last + 1);
        }
    }
}

//! Interactive sessions: logon, lock and unlock, logoff.

use super::kinds::Kind;
use super::setup::Windows;
use super::simulator::{Notice, Role, SessionRecord, Simulator, TICKS_PER_MILLISECOND};
use crate::catalogue::security::ADMINISTRATOR_PRIVILEGES;
use crate::catalogue::{Account, Logon, profile, security, terminal, winlogon};
use crate::event::{Event, Process};

const SVCHOST: &str = r"C:\Windows\System32\svchost.exe";
const WINLOGON: &str = r"C:\Windows\System32\winlogon.exe";
const LSASS: &str = r"C:\Windows\System32\lsass.exe";

/// Where a desktop is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attachment {
    Console,
    /// To the client of the user, by this RDP connection.
    Remote(u32),
    /// Neither to the console nor to a client.
    Detached,
}

/// A desktop session that is open.
#[derive(Clone, Debug)]
pub(super) struct Desktop {
    /// Number of the Terminal Services session.
    pub number: u32,
    /// Index of its user in [`super::setup::Setup::people`].
    pub person: usize,
    /// Index of the logon session of the desktop, and of its elevated half.
    pub session: usize,
    pub elevated: Option<usize>,
    pub attachment: Attachment,
    pub locked: bool,
    /// Sessions that end with the desktop, with their logon type.
    pub dependents: Vec<(usize, u32)>,
}

impl Simulator {
    /// Writes the 4624 of a session.
    pub fn write_logon(&mut self, session: usize, logon: Logon) {
        let version = self.setup.windows.logon_version();
        self.write(
            Logon { version, ..logon }.event(),
            Role::Session(session, SessionRecord::Start),
        );
    }

    /// Writes the 4634 of a session, which ends now. Its logon type may differ from that of 4624.
    pub fn terminate(&mut self, session: usize, logon_type: u32) {
        self.sessions[session].ended = Some((self.now, self.clock()));
        let event = security::logoff(&self.catalogue_session(session), logon_type);
        self.write(event, Role::Session(session, SessionRecord::Terminated));
    }

    /// Ends both halves of a session, filtered half first.
    pub fn terminate_halves(&mut self, session: usize, elevated: Option<usize>, logon_type: u32) {
        self.terminate(session, logon_type);
        if let Some(elevated) = elevated {
            self.pass(0);
            self.terminate(elevated, logon_type);
        }
    }

    /// Begins the two sessions of a split token: the elevated one, then the filtered one.
    pub fn begin_pair(&mut self, account: &Account, kind: u32, class: &'static str) -> [usize; 2] {
        let elevated = self.begin(account, kind, class);
        let filtered = self.begin_after(0x10..=0x60, account, kind, class);
        self.link_halves(elevated, filtered);
        [elevated, filtered]
    }

    /// These two sessions are the halves of one split token.
    pub fn link_halves(&mut self, elevated: usize, filtered: usize) {
        self.sessions[elevated].elevated = true;
        self.sessions[elevated].linked = Some(filtered);
        self.sessions[filtered].linked = Some(elevated);
    }

    /// Logs a user on: 4648, one or two 4624, 4672. Returns the session of the desktop and its
    /// elevated half.
    pub fn person_logon(
        &mut self,
        person: usize,
        kind: u32,
        class: &'static str,
        number: u32,
    ) -> (usize, Option<usize>) {
        let who = self.setup.people[person].clone();
        let host_process = if self.setup.windows <= Windows::EightOne { WINLOGON } else { SVCHOST };
        self.write_explicit_credentials(&who.account, host_process);
        let (session, elevated) = if who.administrator {
            let [elevated, filtered] = self.begin_pair(&who.account, kind, class);
            (filtered, Some(elevated))
        } else {
            (self.begin(&who.account, kind, class), None)
        };
        let mut logon = if kind == 10 {
            Logon::remote_desktop(self.machine(), self.catalogue_session(session), &who.client.1)
        } else {
            Logon::console(self.machine(), self.catalogue_session(session))
        };
        logon.logon_type = kind;
        logon.process_name = host_process.into();
        if host_process == WINLOGON {
            logon.process_id = u64::from(self.winlogon_of(number));
        }
        if let Some(elevated) = elevated {
            let [first, second] = logon.split(self.sessions[elevated].logon_id);
            self.write_logon(elevated, first);
            self.write_logon(session, second);
            let subject = self.catalogue_session(elevated);
            let event = security::special_privileges(&subject, ADMINISTRATOR_PRIVILEGES);
            self.write(event, Role::Session(elevated, SessionRecord::Other));
        } else {
            self.write_logon(session, Logon { elevated: false, ..logon });
        }
        (session, elevated)
    }

    /// The index of the desktop that the user has, if there is one.
    pub fn desktop_of(&self, person: usize) -> Option<usize> {
        self.desktops.iter().position(|desktop| desktop.person == person)
    }

    /// The desktop of this number.
    pub fn desktop(&self, number: u32) -> Option<&Desktop> {
        self.desktops.iter().find(|desktop| desktop.number == number)
    }

    pub fn desktop_mut(&mut self, number: u32) -> Option<&mut Desktop> {
        self.desktops.iter_mut().find(|desktop| desktop.number == number)
    }

    /// The account of a user.
    pub fn account(&self, person: usize) -> Account {
        self.setup.people[person].account.clone()
    }

    /// A user logs on at the console, if nobody uses it.
    pub fn log_on_at_console(&mut self, person: usize) {
        let taken = self
            .desktops
            .iter()
            .any(|desktop| desktop.number == self.console || desktop.person == person);
        if taken
            || !self
                .window_stations
                .iter()
                .any(|window_station| window_station.number == self.console)
        {
            return;
        }
        let cached = self.setup.people[person].of_domain && self.random.chance(60);
        let kind = if cached { 11 } else { 2 };
        let (session, elevated) = self.person_logon(person, kind, "desktop", self.console);
        self.new_desktop(self.console, person, (session, elevated), Attachment::Console, "LOCAL");
        if cached && self.setup.windows >= Windows::Ten {
            let delay = self.random.within(50..=400);
            self.later(delay, move |simulator| {
                if simulator.is_open(session) {
                    simulator.online_check(person, session);
                }
            });
        }
    }

    /// Adds a desktop, and writes what the other logs record of its logon.
    pub fn new_desktop(
        &mut self,
        number: u32,
        person: usize,
        (session, elevated): (usize, Option<usize>),
        attachment: Attachment,
        address: &str,
    ) {
        for half in [Some(session), elevated].into_iter().flatten() {
            self.sessions[half].desktop = true;
        }
        let dependents = Vec::new();
        let desktop =
            Desktop { number, person, session, elevated, attachment, locked: false, dependents };
        self.desktops.push(desktop);
        let (account, early) = (self.account(person), self.setup.windows);
        let winlogon = Process::Id(self.winlogon_of(number));
        let mut notice = |ms, what, event| self.notice_later(ms, session, what, event);
        notice(
            15,
            Notice::Logon,
            Event { process: winlogon, ..winlogon::logon_notice(number, &account) },
        );
        if early > Windows::Seven {
            notice(17, Notice::Other, terminal::arbitration_begins(&account, number));
            notice(19, Notice::Other, terminal::arbitration_ends(&account, number));
        }
        notice(21, Notice::Logon, profile::logon_received(&account, number));
        let path = format!(r"C:\Users\{}", account.name);
        notice(42, Notice::Other, profile::profile_chosen(&account, &path));
        notice(60, Notice::Other, profile::logon_finished(&account, number));
        notice(251, Notice::Logon, terminal::logon_succeeded(&account, number, address));
        notice(880, Notice::Other, terminal::shell_started(&account, number, address));
    }

    /// Checks a cached logon against the domain: a type 7 session by LSASS, which ends at once.
    fn online_check(&mut self, person: usize, of: usize) {
        let account = self.account(person);
        let session = self.begin(&account, 7, "revalidation");
        self.sessions[session].revalidates = Some(of);
        let mut logon = Logon::console(self.machine(), self.catalogue_session(session));
        (logon.logon_type, logon.elevated) = (7, false);
        logon.logon_process = "Negotiat".into();
        logon.process_name = LSASS.into();
        self.write_logon(session, logon);
        self.terminate(session, 7);
    }

    /// The workstation is locked, and unlocked some time later.
    pub fn lock(&mut self, number: u32) {
        let Some(desktop) = self.desktop_mut(number) else { return };
        if desktop.locked || desktop.attachment == Attachment::Detached {
            return;
        }
        desktop.locked = true;
        let session = desktop.session;
        let event = security::locked(&self.catalogue_session(session), number);
        self.write(event, Role::Session(session, SessionRecord::Lock));
        let delay = self.random.within(20_000..=4_000_000);
        self.later(delay, move |simulator| {
            let still = simulator.desktop(number).is_some_and(|desktop| {
                desktop.session == session
                    && desktop.locked
                    && desktop.attachment != Attachment::Detached
            });
            if still {
                simulator.unlock(number);
            }
        });
    }

    /// The workstation is unlocked: Windows creates sessions that only check the password.
    pub fn unlock(&mut self, number: u32) {
        let desktop = self.desktop_mut(number).expect("asked before");
        desktop.locked = false;
        let (person, of) = (desktop.person, desktop.session);
        if self.setup.windows == Windows::Seven && self.does(Kind::SlowTakeover, 40) {
            let check = self.person_check(person, of, 2, number);
            let delay = self.extra.within(700..=2_500);
            self.later(delay, move |simulator| simulator.end_check(check, 2));
        } else if self.setup.windows <= Windows::EightOne {
            self.unlock_by_winlogon(person, of, number);
        } else if self.setup.people[person].of_domain {
            let cached = self.person_check(person, of, 11, number);
            self.pass(60);
            self.online_check(person, of);
            let delay = self.random.within(5..=300);
            // Its 4634 has another logon type than its 4624.
            self.later(delay, move |simulator| simulator.terminate_halves(cached.0, cached.1, 2));
        } else {
            let check = self.person_check(person, of, 2, number);
            self.pass(1);
            self.terminate_halves(check.0, check.1, 2);
        }
        let event = security::unlocked(&self.catalogue_session(of), number);
        self.later(8, move |simulator| {
            if simulator.is_open(of) {
                simulator.write(event, Role::Session(of, SessionRecord::Lock));
            }
        });
    }

    /// A logon that checks the password of the user of an open session.
    pub fn person_check(
        &mut self,
        person: usize,
        of: usize,
        kind: u32,
        number: u32,
    ) -> (usize, Option<usize>) {
        let (session, elevated) = self.person_logon(person, kind, "revalidation", number);
        for half in [Some(session), elevated].into_iter().flatten() {
            self.sessions[half].revalidates = Some(of);
        }
        (session, elevated)
    }

    /// Up to Windows 8.1 and 2012 R2: type 7 by winlogon.exe, since Windows 8.1 a second one by
    /// lsass.exe.
    pub fn unlock_by_winlogon(&mut self, person: usize, of: usize, number: u32) {
        let account = self.account(person);
        self.write_explicit_credentials(&account, WINLOGON);
        let processes: &[&str] =
            if self.setup.windows == Windows::Seven { &[WINLOGON] } else { &[WINLOGON, LSASS] };
        for process in processes {
            let session = self.begin(&account, 7, "revalidation");
            self.sessions[session].revalidates = Some(of);
            let mut logon = Logon::console(self.machine(), self.catalogue_session(session));
            (logon.logon_type, logon.elevated) = (7, false);
            logon.process_name = (*process).into();
            logon.process_id = u64::from(self.winlogon_of(number));
            if *process == LSASS {
                logon.logon_process = "Negotiat".into();
                logon.process_id = u64::from(self.host.lsass_pid);
            }
            self.write_logon(session, logon);
            self.pass(2);
            self.terminate(session, 7);
        }
    }

    /// A check of a password that lasts for a while ends, unless Windows ended meanwhile.
    pub fn end_check(&mut self, (session, elevated): (usize, Option<usize>), logon_type: u32) {
        if self.is_open(session) {
            self.terminate_halves(session, elevated, logon_type);
        }
    }

    /// A user logs off, and the computer continues to run.
    pub fn log_off(&mut self, number: u32) {
        if self.desktop(number).is_some_and(|desktop| !self.is_ready(desktop)) {
            self.later(2_000, move |simulator| simulator.log_off(number));
            return;
        }
        if self.does(Kind::SmallSteps, 60) {
            let by = *self.extra.pick(&[-7_000, -3_500, -1_300, 1_400, 2_600, 61_000]);
            self.set_clock(by);
            self.pass(2_000);
        }
        let Some(at) = self.desktops.iter().position(|desktop| desktop.number == number) else {
            return;
        };
        let desktop = self.desktops.remove(at);
        self.end_dependents(&desktop);
        let (session, elevated) = (desktop.session, desktop.elevated);
        match self.random.within(0..=99) {
            0..=79 => self.write_user_logoff(&desktop),
            80..=89 => {
                self.write_user_logoff(&desktop);
                let delay = self.random.within(4_000..=160_000);
                let kind = self.sessions[session].logon_type;
                self.later(delay, move |simulator| {
                    simulator.terminate_halves(session, elevated, kind)
                });
            }
            90..=94 => {
                self.end_halves(&desktop);
                self.terminate_halves(session, elevated, self.sessions[session].logon_type);
            }
            95..=97 => self.lose_logoff(&desktop),
            _ => self.end_without_record(&desktop),
        }
        self.notify_logoff(&desktop);
        let audited = self.random.chance(36);
        self.later(200, move |simulator| {
            simulator.close_window_station(number, audited);
            if simulator.console == number {
                simulator.console = simulator.new_window_station();
            }
        });
    }

    /// Whether the shell of a desktop has started: nobody logs off, or takes a desktop over, before.
    pub fn is_ready(&self, desktop: &Desktop) -> bool {
        let age = self.now - self.sessions[desktop.session].begun;
        age >= 2_000 * TICKS_PER_MILLISECOND
    }

    pub fn all_desktops_are_ready(&self) -> bool {
        self.desktops.iter().all(|desktop| self.is_ready(desktop))
    }

    /// The computer shuts down, so the user is logged off. The window stations stay.
    pub fn log_off_for_shutdown(&mut self, number: u32) {
        let at = self.desktops.iter().position(|desktop| desktop.number == number);
        let desktop = self.desktops.remove(at.expect("asked before"));
        match self.random.within(0..=99) {
            0..=3 => self.lose_logoff(&desktop),
            4..=5 => self.end_without_record(&desktop),
            _ => self.write_user_logoff(&desktop),
        }
        self.notify_logoff(&desktop);
    }

    fn end_dependents(&mut self, desktop: &Desktop) {
        for (dependent, logon_type) in desktop.dependents.clone() {
            if self.is_open(dependent) {
                self.terminate(dependent, logon_type);
                self.pass(1);
            }
        }
    }

    /// Ends both halves without a record: for its user, a session ends when the logoff begins.
    fn end_halves(&mut self, desktop: &Desktop) {
        self.sessions[desktop.session].left = Some((self.now, self.clock()));
        self.end(desktop.session);
        if let Some(elevated) = desktop.elevated {
            self.end(elevated);
        }
    }

    /// The session ends, and LSASS writes no record of it.
    fn end_without_record(&mut self, desktop: &Desktop) {
        self.end_halves(desktop);
        for half in [Some(desktop.session), desktop.elevated].into_iter().flatten() {
            self.sessions[half].unrecorded_end = true;
        }
    }

    /// Writes the 4647 of the session, which ends now.
    fn write_user_logoff(&mut self, desktop: &Desktop) {
        self.end_halves(desktop);
        let event = security::user_logoff(&self.catalogue_session(desktop.session));
        self.write(event, Role::Session(desktop.session, SessionRecord::Initiated));
    }

    /// The 4647 could not be written; a 1108 records that.
    fn lose_logoff(&mut self, desktop: &Desktop) {
        self.end_without_record(desktop);
        if self.setup.audits_logoffs {
            let publisher = "Microsoft-Windows-Security-Auditing";
            let event =
                crate::catalogue::event_log::event_processing_failure(15_003, 4647, publisher);
            self.write(event, Role::LostLogoff(desktop.session));
        }
    }

    /// Writes what the other logs record of a logoff.
    fn notify_logoff(&mut self, desktop: &Desktop) {
        let (account, number) = (self.account(desktop.person), desktop.number);
        let address = self.setup.people[desktop.person].client.1.clone();
        let winlogon = Process::Id(self.winlogon_of(number));
        let mut notice = |ms, what, event| self.notice_later(ms, desktop.session, what, event);
        notice(31, Notice::Logoff, terminal::logoff_succeeded(&account, number));
        notice(33, Notice::Logoff, profile::logoff_received(&account, number));
        notice(110, Notice::Logoff, profile::logoff_finished(&account, number));
        notice(
            128,
            Notice::Logoff,
            Event { process: winlogon, ..winlogon::logoff_notice(number, &account) },
        );
        if let Attachment::Remote(_) = desktop.attachment {
            notice(230, Notice::Other, terminal::disconnect_reason(number, 12));
            notice(241, Notice::Other, terminal::disconnected(&account, number, &address));
        }
    }
}

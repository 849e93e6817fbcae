//! People at a desktop: they log on, lock and unlock, and log off (event-semantics 4.3 to 4.8).

use super::setup::Windows;
use super::world::{Notice, Part, Role, World};
use crate::catalogue::security::ADMINISTRATOR_PRIVILEGES;
use crate::catalogue::{Account, Logon, profile, security, terminal, winlogon};

const SVCHOST: &str = r"C:\Windows\System32\svchost.exe";
const WINLOGON: &str = r"C:\Windows\System32\winlogon.exe";
const LSASS: &str = r"C:\Windows\System32\lsass.exe";

/// Where a desktop is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Console,
    /// On the person's client, by this RDP connection.
    Remote(u32),
    Nowhere,
}

/// A desktop session that lasts.
#[derive(Clone, Debug)]
pub(super) struct Desktop {
    /// Terminal Services session.
    pub number: u32,
    /// Index of its person.
    pub person: usize,
    /// The session it runs in, and the elevated half.
    pub life: usize,
    pub elevated: Option<usize>,
    pub shown: Shown,
    pub locked: bool,
    /// Sessions that end with it.
    pub helpers: Vec<(usize, u32)>,
}

impl World {
    /// Writes the 4624 of a session.
    pub fn write_logon(&mut self, life: usize, logon: Logon) {
        let version = self.setup.windows.logon_version();
        self.write(Logon { version, ..logon }.event(), Role::Of(life, Part::Start));
    }

    /// Writes the 4634 of a session, which ends now. The type may differ from the logon's.
    pub fn terminate(&mut self, life: usize, logon_type: u32) {
        self.lives[life].ended = Some((self.now, self.reading()));
        let event = security::logoff(&self.session(life), logon_type);
        self.write(event, Role::Of(life, Part::Terminated));
    }

    /// Ends both halves of a session, filtered half first.
    pub fn terminate_halves(&mut self, life: usize, elevated: Option<usize>, logon_type: u32) {
        self.terminate(life, logon_type);
        if let Some(elevated) = elevated {
            self.pass(0);
            self.terminate(elevated, logon_type);
        }
    }

    /// Two new sessions of one logon: elevated, filtered.
    pub fn begin_pair(&mut self, account: &Account, kind: u32, class: &'static str) -> [usize; 2] {
        let elevated = self.begin(account, kind, class);
        let filtered = self.begin_after(0x10..=0x60, account, kind, class);
        self.lives[elevated].elevated = true;
        self.lives[elevated].partner = Some(filtered);
        self.lives[filtered].partner = Some(elevated);
        [elevated, filtered]
    }

    /// Logs a person on: 4648, one or two 4624, 4672. Returns the desktop's session and the
    /// elevated half.
    pub fn person_logon(
        &mut self,
        person: usize,
        kind: u32,
        class: &'static str,
    ) -> (usize, Option<usize>) {
        let who = self.setup.people[person].clone();
        let host_process = if self.setup.windows <= Windows::EightOne { WINLOGON } else { SVCHOST };
        self.announce(&who.account, host_process);
        let (life, elevated) = if who.administrator {
            let [elevated, filtered] = self.begin_pair(&who.account, kind, class);
            (filtered, Some(elevated))
        } else {
            (self.begin(&who.account, kind, class), None)
        };
        let mut logon = if kind == 10 {
            Logon::remote_desktop(self.machine(), self.session(life), &who.client.1)
        } else {
            Logon::console(self.machine(), self.session(life))
        };
        logon.logon_type = kind;
        logon.process_name = host_process.into();
        if let Some(elevated) = elevated {
            let [first, second] = logon.split(self.lives[elevated].logon_id);
            self.write_logon(elevated, first);
            self.write_logon(life, second);
            let session = self.session(elevated);
            let event = security::special_privileges(&session, ADMINISTRATOR_PRIVILEGES);
            self.write(event, Role::Of(elevated, Part::Other));
        } else {
            self.write_logon(life, Logon { elevated: false, ..logon });
        }
        (life, elevated)
    }

    /// The desktop that the person has, if any.
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

    /// The person's account name in the events of Terminal Services.
    pub fn account(&self, person: usize) -> Account {
        self.setup.people[person].account.clone()
    }

    /// Somebody comes to the console, if nobody has it.
    pub fn come_to_console(&mut self, person: usize) {
        let taken = self
            .desktops
            .iter()
            .any(|desktop| desktop.number == self.console || desktop.person == person);
        if taken || !self.stations.iter().any(|station| station.number == self.console) {
            return;
        }
        let cached = self.setup.people[person].of_domain && self.random.chance(60);
        let kind = if cached { 11 } else { 2 };
        let (life, elevated) = self.person_logon(person, kind, "desktop");
        self.new_desktop(self.console, person, (life, elevated), Shown::Console, "LOCAL");
        if cached && self.setup.windows >= Windows::Ten {
            let delay = self.random.within(50..=400);
            self.later(delay, move |world| {
                if world.lasts(life) {
                    world.online_check(person, life);
                }
            });
        }
    }

    /// Notes a new desktop, and what the other logs say of it.
    pub fn new_desktop(
        &mut self,
        number: u32,
        person: usize,
        (life, elevated): (usize, Option<usize>),
        shown: Shown,
        address: &str,
    ) {
        for half in [Some(life), elevated].into_iter().flatten() {
            self.lives[half].desktop = true;
        }
        let helpers = Vec::new();
        let desktop = Desktop { number, person, life, elevated, shown, locked: false, helpers };
        self.desktops.push(desktop);
        let (account, early) = (self.account(person), self.setup.windows);
        let mut notice = |ms, what, event| self.notice_later(ms, life, what, event);
        notice(15, Notice::Comes, winlogon::logon_notice(number, &account));
        if early > Windows::Seven {
            notice(17, Notice::Other, terminal::arbitration_begins(&account, number));
            notice(19, Notice::Other, terminal::arbitration_ends(&account, number));
        }
        notice(21, Notice::Comes, profile::logon_received(&account, number));
        let path = format!(r"C:\Users\{}", account.name);
        notice(42, Notice::Other, profile::profile_chosen(&account, &path));
        notice(60, Notice::Other, profile::logon_finished(&account, number));
        notice(251, Notice::Comes, terminal::logon_succeeded(&account, number, address));
        notice(880, Notice::Other, terminal::shell_started(&account, number, address));
    }

    /// A check of a cached logon against the domain: type 7 by LSASS, over at once.
    fn online_check(&mut self, person: usize, of: usize) {
        let account = self.account(person);
        let life = self.begin(&account, 7, "revalidation");
        self.lives[life].revalidates = Some(of);
        let mut logon = Logon::console(self.machine(), self.session(life));
        (logon.logon_type, logon.elevated) = (7, false);
        logon.logon_process = "Negotiat".into();
        logon.process_name = LSASS.into();
        self.write_logon(life, logon);
        self.terminate(life, 7);
    }

    /// The workstation is locked, and unlocked after a while.
    pub fn lock(&mut self, number: u32) {
        let Some(desktop) = self.desktop_mut(number) else { return };
        if desktop.locked || desktop.shown == Shown::Nowhere {
            return;
        }
        desktop.locked = true;
        let life = desktop.life;
        let event = security::locked(&self.session(life), number);
        self.write(event, Role::Of(life, Part::Lock));
        let delay = self.random.within(20_000..=4_000_000);
        self.later(delay, move |world| {
            let still = world.desktop(number).is_some_and(|desktop| {
                desktop.life == life && desktop.locked && desktop.shown != Shown::Nowhere
            });
            if still {
                world.unlock(number);
            }
        });
    }

    /// The workstation is unlocked: Windows makes sessions that only check who it is.
    pub fn unlock(&mut self, number: u32) {
        let desktop = self.desktop_mut(number).expect("asked before");
        desktop.locked = false;
        let (person, of) = (desktop.person, desktop.life);
        if self.setup.windows <= Windows::EightOne {
            self.unlock_by_winlogon(person, of);
        } else if self.setup.people[person].of_domain {
            let cached = self.person_check(person, of, 11);
            self.pass(60);
            self.online_check(person, of);
            let delay = self.random.within(5..=300);
            // Its 4634 gives another type than its 4624.
            self.later(delay, move |world| world.terminate_halves(cached.0, cached.1, 2));
        } else {
            let check = self.person_check(person, of, 2);
            self.pass(1);
            self.terminate_halves(check.0, check.1, 2);
        }
        let event = security::unlocked(&self.session(of), number);
        self.later(8, move |world| {
            if world.lasts(of) {
                world.write(event, Role::Of(of, Part::Lock));
            }
        });
    }

    /// A logon that checks the person of an open session.
    pub fn person_check(&mut self, person: usize, of: usize, kind: u32) -> (usize, Option<usize>) {
        let (life, elevated) = self.person_logon(person, kind, "revalidation");
        for half in [Some(life), elevated].into_iter().flatten() {
            self.lives[half].revalidates = Some(of);
        }
        (life, elevated)
    }

    /// Windows 7 to 2012 R2: type 7 by winlogon.exe, on the later ones one more by lsass.exe.
    pub fn unlock_by_winlogon(&mut self, person: usize, of: usize) {
        let account = self.account(person);
        self.announce(&account, WINLOGON);
        let processes: &[&str] =
            if self.setup.windows == Windows::Seven { &[WINLOGON] } else { &[WINLOGON, LSASS] };
        for process in processes {
            let life = self.begin(&account, 7, "revalidation");
            self.lives[life].revalidates = Some(of);
            let mut logon = Logon::console(self.machine(), self.session(life));
            (logon.logon_type, logon.elevated) = (7, false);
            logon.process_name = (*process).into();
            if *process == LSASS {
                logon.logon_process = "Negotiat".into();
            }
            self.write_logon(life, logon);
            self.pass(2);
            self.terminate(life, 7);
        }
    }

    /// The person logs off while the machine runs on.
    pub fn log_off(&mut self, number: u32) {
        let Some(at) = self.desktops.iter().position(|desktop| desktop.number == number) else {
            return;
        };
        let desktop = self.desktops.remove(at);
        self.end_helpers(&desktop);
        let (life, elevated) = (desktop.life, desktop.elevated);
        match self.random.within(0..=99) {
            0..=79 => self.initiate(&desktop),
            80..=89 => {
                self.initiate(&desktop);
                let delay = self.random.within(4_000..=160_000);
                let kind = self.lives[life].logon_type;
                self.later(delay, move |world| world.terminate_halves(life, elevated, kind));
            }
            90..=94 => {
                self.end_halves(&desktop);
                self.terminate_halves(life, elevated, self.lives[life].logon_type);
            }
            95..=97 => self.lose_logoff(&desktop),
            _ => self.end_silently(&desktop),
        }
        self.desktop_goes(&desktop);
        let audited = self.random.chance(36);
        self.later(200, move |world| {
            world.close_station(number, audited);
            if world.console == number {
                world.console = world.new_station();
            }
        });
    }

    /// The machine goes down: the person is logged off. Window stations stay.
    pub fn log_off_for_shutdown(&mut self, number: u32) {
        let at = self.desktops.iter().position(|desktop| desktop.number == number);
        let desktop = self.desktops.remove(at.expect("asked before"));
        match self.random.within(0..=99) {
            0..=3 => self.lose_logoff(&desktop),
            4..=5 => self.end_silently(&desktop),
            _ => self.initiate(&desktop),
        }
        self.desktop_goes(&desktop);
    }

    fn end_helpers(&mut self, desktop: &Desktop) {
        for (helper, kind) in desktop.helpers.clone() {
            if self.lasts(helper) {
                self.terminate(helper, kind);
                self.pass(1);
            }
        }
    }

    /// For its user, a session is over when the logoff begins.
    fn end_halves(&mut self, desktop: &Desktop) {
        self.end(desktop.life);
        if let Some(elevated) = desktop.elevated {
            self.end(elevated);
        }
    }

    /// The session ends and LSASS says nothing of it.
    fn end_silently(&mut self, desktop: &Desktop) {
        self.end_halves(desktop);
        for half in [Some(desktop.life), desktop.elevated].into_iter().flatten() {
            self.lives[half].silent = true;
        }
    }

    fn initiate(&mut self, desktop: &Desktop) {
        self.end_halves(desktop);
        let event = security::user_logoff(&self.session(desktop.life));
        self.write(event, Role::Of(desktop.life, Part::Initiated));
    }

    /// The 4647 could not be written; 1108 says so.
    fn lose_logoff(&mut self, desktop: &Desktop) {
        self.end_silently(desktop);
        if self.setup.audits_logoffs {
            let publisher = "Microsoft-Windows-Security-Auditing";
            let event =
                crate::catalogue::event_log::event_processing_failure(15_003, 4647, publisher);
            self.write(event, Role::LostLogoff(desktop.life));
        }
    }

    /// What the other logs say of a desktop that goes.
    fn desktop_goes(&mut self, desktop: &Desktop) {
        let (account, number) = (self.account(desktop.person), desktop.number);
        let address = self.setup.people[desktop.person].client.1.clone();
        let mut notice = |ms, what, event| self.notice_later(ms, desktop.life, what, event);
        notice(31, Notice::Goes, terminal::logoff_succeeded(&account, number));
        notice(33, Notice::Goes, profile::logoff_received(&account, number));
        notice(110, Notice::Goes, profile::logoff_finished(&account, number));
        notice(128, Notice::Goes, winlogon::logoff_notice(number, &account));
        if let Shown::Remote(_) = desktop.shown {
            notice(230, Notice::Other, terminal::disconnect_reason(number, 12));
            notice(241, Notice::Other, terminal::disconnected(&account, number, &address));
        }
    }
}

//! The properties of a host: its Windows version, its audit policy, its users.

use super::kinds::{Kind, Kinds};
use super::language::Language;
use super::log_changes::Filling;
use super::random::Random;
use crate::catalogue::{
    Account, CONNECTION_MANAGER, SECURITY, SESSION_MANAGER, SYSTEM, USER_PROFILE,
};
use crate::value::{FileTime, Sid};
use crate::writer::Build;

/// A version of Windows. Each of them writes another version of 4624.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Windows {
    /// 7 or Server 2008 R2: version 0.
    Seven,
    /// 8.1 or Server 2012 R2: version 1.
    EightOne,
    /// 10 or Server 2016 to 2022: version 2.
    Ten,
    /// 11 22H2: version 3.
    Eleven,
}

impl Windows {
    /// The version of 4624 that it writes.
    pub fn logon_version(self) -> u8 {
        match self {
            Self::Seven => 0,
            Self::EightOne => 1,
            Self::Ten => 2,
            Self::Eleven => 3,
        }
    }

    /// The version of Kernel-General 1 that it writes.
    pub fn clock_change_version(self) -> u8 {
        match self {
            Self::Seven => 0,
            Self::EightOne => 1,
            Self::Ten => 3,
            Self::Eleven => 4,
        }
    }

    /// The version and the build number, as 6009 gives them.
    pub fn build(self) -> (&'static str, &'static str) {
        match self {
            Self::Seven => ("6.01.", "7601"),
            Self::EightOne => ("6.03.", "9600"),
            Self::Ten => ("10.00.", "19045"),
            Self::Eleven => ("10.00.", "22631"),
        }
    }

    /// How it encodes its logs.
    pub fn encoding(self) -> Build {
        match self {
            Self::Seven | Self::EightOne => Build::Windows7,
            Self::Ten => Build::Windows10,
            Self::Eleven => Build::Windows11,
        }
    }
}

/// A user with an account.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub account: Account,
    /// Whether a logon creates a split token.
    pub administrator: bool,
    /// Whether the account is one of the domain, with cached logons.
    pub of_domain: bool,
    /// The name and the address of the computer from which the user logs on remotely.
    pub client: (String, String),
}

/// The properties of a host.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub windows: Windows,
    pub server: bool,
    pub name: String,
    /// The NetBIOS name and the DNS name of the domain, once the computer has joined it.
    pub domain: Option<(&'static str, &'static str)>,
    pub people: Vec<Person>,
    pub service_account: Account,
    pub machines: Vec<Account>,
    /// The true time at which the history begins.
    pub installed: FileTime,
    /// 4608 and 4609 are audited.
    pub audits_boots: bool,
    /// 4634 and 4647 are audited.
    pub audits_logoffs: bool,
    /// 4778, 4779, 4800 to 4803 are audited.
    pub audits_windows: bool,
    /// 4672 is audited.
    pub audits_privileges: bool,
    /// 4688, 4696 are audited.
    pub audits_processes: bool,
    /// The channels whose logs are collected.
    pub channels: Vec<&'static str>,
    /// Whether the computer may be renamed.
    pub renames: bool,
    /// The kinds of behaviour that it may show.
    pub kinds: Kinds,
    /// The language of Windows, unless it is English.
    pub language: Option<Language>,
    /// When its Security log becomes full, if it does.
    pub filling: Option<Filling>,
    /// The number of boots.
    pub boots: usize,
    /// The largest number of activities in a boot.
    pub activities: usize,
}

const HOSTS: &[&str] = &["WS", "PC", "LAPTOP", "SRV", "FS", "TS", "DESKTOP-K"];
const PEOPLE: &[&str] = &["alice", "bob", "carol", "dave", "erin", "Frank", "grace", "heidi"];
const DOMAIN: (&str, &str) = ("CONTOSO", "contoso.local");

impl Setup {
    /// Draws a host with at most this many boots, and activities in each.
    pub fn draw(random: &mut Random, boots: usize, activities: usize) -> Self {
        let windows = *random.pick(&[
            Windows::Seven,
            Windows::EightOne,
            Windows::Ten,
            Windows::Ten,
            Windows::Eleven,
        ]);
        let server = windows != Windows::Eleven && random.chance(40);
        let name = format!("{}{:02}", random.pick(HOSTS), random.within(1..=99));
        let domain = random.chance(50).then_some(DOMAIN);
        let local_sids = draw_sids(random);
        let domain_sids = draw_sids(random);
        let count = random.count(2..=4);
        let first = random.count(0..=PEOPLE.len() - 1);
        let people = (0..count).map(|number| {
            let of_domain = domain.is_some() && random.chance(70);
            let sids = if of_domain { &domain_sids } else { &local_sids };
            let sid = Sid::parse(&format!("{sids}-{}", 1001 + number));
            let home = if of_domain { DOMAIN.0 } else { &name };
            let account = Account::new(sid, PEOPLE[(first + number) % PEOPLE.len()], home);
            let client = (format!("CLIENT{number}"), format!("10.20.0.{}", 10 + number));
            Person { account, administrator: random.chance(60), of_domain, client }
        });
        let people = people.collect();
        let account = |rid: u32, name: &str| {
            Account::new(Sid::parse(&format!("{domain_sids}-{rid}")), name, DOMAIN.0)
        };
        let service_account = account(1190, "svc_backup");
        let machines = vec![account(1201, "WS77$"), account(1202, "FS09$")];
        let channels = draw_channels(random);
        let installed = FileTime::parse("2023-01-10T00:00:00Z");
        Self {
            windows,
            server,
            name,
            domain,
            people,
            service_account,
            machines,
            installed: installed.plus_ms(random.within(0..=900 * 86_400) * 1_000),
            audits_boots: random.chance(92),
            audits_logoffs: random.chance(93),
            audits_windows: random.chance(35),
            audits_privileges: true,
            audits_processes: random.chance(15),
            channels,
            renames: true,
            kinds: Kinds::default(),
            language: None,
            filling: None,
            boots: random.count(2.min(boots)..=boots),
            activities,
        }
    }

    /// Makes the host one of its kinds, as far as that concerns its properties.
    pub fn apply_kinds(&mut self, random: &mut Random) {
        self.audits_privileges = !self.kinds.has(Kind::NoPrivilegeAudit);
        if self.kinds.has(Kind::Language) {
            self.language = Some(Language::draw(random));
            // The built-in Administrator has another name as well, and no split token.
            let names = ["Administrateur", "Administrador", "Rendszergazda", "Järjestelmänvalvoja"];
            let sid = Sid::parse(&format!("{}-500", draw_sids(random)));
            let account = Account::new(sid, *random.pick(&names), &*self.name);
            let person = &mut self.people[0];
            *person = Person { account, administrator: false, of_domain: false, ..person.clone() };
        }
        if self.kinds.has(Kind::TerminalServer) {
            self.become_terminal_server(random);
        }
        if self.kinds.has(Kind::WinlogonAlone) {
            self.channels = vec![SYSTEM];
        }
    }

    /// A server with more users, most of whom come by remote desktop.
    fn become_terminal_server(&mut self, random: &mut Random) {
        self.server = true;
        if self.windows == Windows::Eleven {
            self.windows = Windows::Ten;
        }
        self.activities = self.activities * 3 / 2;
        let sids = draw_sids(random);
        for number in self.people.len()..random.count(6..=8) {
            let sid = Sid::parse(&format!("{sids}-{}", 1101 + number));
            let account = Account::new(sid, format!("user{number}"), DOMAIN.0);
            let client = (format!("CLIENT{number}"), format!("10.20.1.{}", 10 + number));
            let administrator = random.chance(30);
            self.people.push(Person { account, administrator, of_domain: true, client });
        }
        match random.within(0..=3) {
            0 => self.channels = vec![SYSTEM],
            1 => self.channels = vec![SECURITY, SYSTEM],
            _ => {}
        }
    }

    /// The computer name in its events: with the name of the domain, once it has joined one.
    pub fn computer(&self) -> String {
        match self.domain {
            Some((_, dns)) => format!("{}.{dns}", self.name),
            None => self.name.clone(),
        }
    }

    /// The domain of the computer account.
    pub fn machine_domain(&self) -> String {
        self.domain.map_or("WORKGROUP", |(netbios, _)| netbios).to_owned()
    }

    /// Whether the audit policy of the host records the event.
    pub fn audits(&self, event_id: u16, channel: &str) -> bool {
        if channel != SECURITY {
            return true;
        }
        match event_id {
            4608 => self.audits_boots,
            4634 | 4647 => self.audits_logoffs,
            4778 | 4779 | 4800..=4803 => self.audits_windows,
            4672 => self.audits_privileges,
            4688 | 4689 | 4696 => self.audits_processes,
            _ => true,
        }
    }
}

fn draw_sids(random: &mut Random) -> String {
    let mut part = || random.within(100_000_000..=4_000_000_000);
    format!("S-1-5-21-{}-{}-{}", part(), part(), part())
}

/// The channels that are collected: mostly those that matter, sometimes fewer.
fn draw_channels(random: &mut Random) -> Vec<&'static str> {
    let mut channels = match random.within(0..=19) {
        0 => vec![SYSTEM],
        1 => vec![SECURITY],
        _ => vec![SECURITY, SYSTEM],
    };
    if random.chance(70) || channels == [SYSTEM] {
        channels.extend([SESSION_MANAGER, CONNECTION_MANAGER]);
    }
    if random.chance(50) {
        channels.push(USER_PROFILE);
    }
    channels
}

//! What a host is: its Windows, its audit policy, its people.

use super::mishaps::Filling;
use super::random::Random;
use crate::catalogue::{
    Account, CONNECTION_MANAGER, SECURITY, SESSION_MANAGER, SYSTEM, USER_PROFILE,
};
use crate::value::{FileTime, Sid};
use crate::writer::Build;

/// A generation of Windows; each writes another version of 4624.
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
    /// Version of 4624.
    pub fn logon_version(self) -> u8 {
        match self {
            Self::Seven => 0,
            Self::EightOne => 1,
            Self::Ten => 2,
            Self::Eleven => 3,
        }
    }

    /// Version of Kernel-General 1.
    pub fn clock_change_version(self) -> u8 {
        match self {
            Self::Seven => 0,
            Self::EightOne => 1,
            Self::Ten => 3,
            Self::Eleven => 4,
        }
    }

    /// Version and build as 6009 says them.
    pub fn build(self) -> (&'static str, &'static str) {
        match self {
            Self::Seven => ("6.01.", "7601"),
            Self::EightOne => ("6.03.", "9600"),
            Self::Ten => ("10.00.", "19045"),
            Self::Eleven => ("10.00.", "22631"),
        }
    }

    /// How its logs are encoded.
    pub fn encoding(self) -> Build {
        match self {
            Self::Seven | Self::EightOne => Build::Windows7,
            Self::Ten => Build::Windows10,
            Self::Eleven => Build::Windows11,
        }
    }
}

/// Somebody with an account.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub account: Account,
    /// Whether logons make a split token.
    pub administrator: bool,
    /// Whether the account is the domain's: cached logons.
    pub of_domain: bool,
    /// Name and address of the computer that they use from afar.
    pub client: (String, String),
}

/// What a host is.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub windows: Windows,
    pub server: bool,
    pub name: String,
    /// NetBIOS and DNS name of the domain, once joined.
    pub domain: Option<(&'static str, &'static str)>,
    pub people: Vec<Person>,
    pub service_account: Account,
    pub machines: Vec<Account>,
    pub birth: FileTime,
    /// 4608 and 4609 are audited.
    pub audits_boots: bool,
    /// 4634 and 4647 are audited.
    pub audits_logoffs: bool,
    /// 4778, 4779, 4800 to 4803 are audited.
    pub audits_windows: bool,
    /// 4688, 4696 are audited.
    pub audits_processes: bool,
    /// The logs that are collected in the end.
    pub channels: Vec<&'static str>,
    /// It may get another name.
    pub renames: bool,
    /// Its Security log becomes full.
    pub filling: Option<Filling>,
    /// Number of boots.
    pub boots: usize,
    /// How many things happen in a boot, at most.
    pub busy: usize,
}

const HOSTS: &[&str] = &["WS", "PC", "LAPTOP", "SRV", "FS", "TS", "DESKTOP-K"];
const PEOPLE: &[&str] = &["alice", "bob", "carol", "dave", "erin", "Frank", "grace", "heidi"];
const DOMAIN: (&str, &str) = ("CONTOSO", "contoso.local");

impl Setup {
    /// Draws a host with so many boots at most, so busy at most.
    pub fn draw(random: &mut Random, boots: usize, busy: usize) -> Self {
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
        let birth = FileTime::parse("2023-01-10T00:00:00Z");
        Self {
            windows,
            server,
            name,
            domain,
            people,
            service_account,
            machines,
            birth: birth.plus_ms(random.within(0..=900 * 86_400) * 1_000),
            audits_boots: random.chance(92),
            audits_logoffs: random.chance(93),
            audits_windows: random.chance(35),
            audits_processes: random.chance(15),
            channels,
            renames: true,
            filling: None,
            boots: random.count(2.min(boots)..=boots),
            busy,
        }
    }

    /// The name that events carry: with the domain's, once joined.
    pub fn computer(&self) -> String {
        match self.domain {
            Some((_, dns)) => format!("{}.{dns}", self.name),
            None => self.name.clone(),
        }
    }

    /// The domain that the computer's own account is named with.
    pub fn machine_domain(&self) -> String {
        self.domain.map_or("WORKGROUP", |(netbios, _)| netbios).to_owned()
    }

    /// Whether the audit policy lets the event through.
    pub fn audits(&self, event_id: u16, channel: &str) -> bool {
        if channel != SECURITY {
            return true;
        }
        match event_id {
            4608 => self.audits_boots,
            4634 | 4647 => self.audits_logoffs,
            4778 | 4779 | 4800..=4803 => self.audits_windows,
            4688 | 4689 | 4696 => self.audits_processes,
            _ => true,
        }
    }
}

fn draw_sids(random: &mut Random) -> String {
    let mut part = || random.within(100_000_000..=4_000_000_000);
    format!("S-1-5-21-{}-{}-{}", part(), part(), part())
}

/// Mostly what a triage collects, sometimes less.
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

//! Sessions beside the desktops: runas, prompts, network, services, batch (event-semantics 4.3).

use super::setup::Windows;
use super::world::World;
use crate::catalogue::{Account, FailedLogon, Logon, Session};

const SVCHOST: &str = r"C:\Windows\System32\svchost.exe";
const CONSENT: &str = r"C:\Windows\System32\consent.exe";

impl World {
    /// A session that a desktop's user asks for, in the name of another or of their own.
    fn helper(
        &mut self,
        number: u32,
        account: &Account,
        kind: u32,
        class: &'static str,
    ) -> Option<(usize, Logon)> {
        let parent = self.desktop(number)?.life;
        let life = self.begin(account, kind, class);
        self.lives[life].parent = Some(parent);
        let logon = Logon {
            logon_process: "seclogo".into(),
            process_name: SVCHOST.into(),
            ip_address: "::1".into(),
            ip_port: "0".into(),
            ..Logon::new(self.session(parent), self.session(life), kind)
        };
        Some((life, logon))
    }

    /// runas: type 2 by the secondary logon service; ends with 4634 only.
    pub fn run_as(&mut self, number: u32) {
        let account = self.setup.service_account.clone();
        let Some((life, logon)) = self.helper(number, &account, 2, "secondary") else { return };
        self.write_logon(life, logon);
        self.ends_later(life, 2, 5_000..=900_000);
    }

    /// runas /netonly: type 9, the same account with other credentials for the network.
    pub fn new_credentials(&mut self, number: u32) {
        let Some(desktop) = self.desktop(number) else { return };
        let account = self.account(desktop.person);
        let Some((life, mut logon)) = self.helper(number, &account, 9, "secondary") else { return };
        logon.outbound = ("svc_deploy".into(), "CONTOSO".into());
        self.write_logon(life, logon);
        if self.random.chance(60) {
            self.ends_later(life, 9, 5_000..=900_000);
        }
    }

    /// A prompt for an administrator's password: ends by itself, or with the desktop.
    pub fn elevate(&mut self, number: u32) {
        let account = self.setup.service_account.clone();
        let Some((life, mut logon)) = self.helper(number, &account, 2, "elevation") else { return };
        logon.logon_process = "CredPro ".into();
        logon.process_name = CONSENT.into();
        self.write_logon(life, logon);
        if self.random.chance(50) {
            self.ends_later(life, 2, 5_000..=900_000);
        } else if let Some(desktop) = self.desktop_mut(number) {
            desktop.helpers.push((life, 2));
        }
    }

    fn ends_later(&mut self, life: usize, kind: u32, after: std::ops::RangeInclusive<u64>) {
        let delay = self.random.within(after);
        self.later(delay, move |world| {
            if world.lasts(life) {
                world.terminate(life, kind);
            }
        });
    }

    /// Somebody, a machine or nobody in particular visits over the network.
    pub fn visit(&mut self) {
        let (account, class) = match self.random.within(0..=9) {
            0 => (Account::anonymous(), "anonymous"),
            1..=4 => (self.random.pick(&self.setup.machines).clone(), "machine"),
            _ => (self.random.pick(&self.setup.people).account.clone(), "network"),
        };
        let life = self.begin(&account, 3, class);
        self.visit_as(life);
    }

    fn visit_as(&mut self, life: usize) {
        let port = u16::try_from(self.random.within(49_152..=65_000)).expect("a port");
        let mut logon = Logon::network(self.session(life), "CLIENT9", "10.20.0.77", port);
        if self.lives[life].class == "machine" {
            logon.logon_process = "Kerberos".into();
            logon.package = "Kerberos".into();
        }
        self.write_logon(life, logon);
        // A few are never destroyed: LSASS keeps them until it stops.
        if self.random.chance(92) {
            self.ends_later(life, 3, 0..=40_000);
        }
    }

    /// Two visits at once, recorded in the other order than their Logon IDs were drawn.
    pub fn crossing_visits(&mut self) {
        let [one, other] = [0, 1].map(|index: usize| self.setup.machines[index].clone());
        let first = self.begin(&one, 3, "machine");
        let second = self.begin_after(1..=0x4f, &other, 3, "machine");
        self.visit_as(second);
        self.visit_as(first);
    }

    /// A service that runs as an account of the domain; stopped before the boot ends, or not.
    pub fn start_service(&mut self) {
        let account = self.setup.service_account.clone();
        let life = self.begin(&account, 5, "service");
        self.write_logon(life, Logon::service(self.machine(), self.session(life)));
        if self.random.chance(40) {
            self.ends_later(life, 5, 60_000..=4_000_000);
        }
    }

    /// A scheduled task.
    pub fn run_task(&mut self) {
        let account = self.random.pick(&self.setup.people).account.clone();
        let life = self.begin(&account, 4, "batch");
        let mut logon = Logon::service(self.machine(), self.session(life));
        (logon.logon_type, logon.process_name) = (4, SVCHOST.into());
        self.write_logon(life, logon);
        if self.random.chance(90) {
            self.ends_later(life, 4, 300..=600_000);
        }
    }

    /// Setup logs somebody on for itself.
    pub fn set_up(&mut self) {
        if self.setup.windows < Windows::Ten {
            return;
        }
        let account = self.setup.people[0].account.clone();
        let life = self.begin(&account, 2, "auxiliary");
        let mut logon = Logon::new(self.machine(), self.session(life), 2);
        logon.process_name = r"C:\Windows\System32\oobe\msoobe.exe".into();
        self.write_logon(life, logon);
        self.ends_later(life, 2, 100..=40_000);
    }

    /// A wrong password over the network: opens no session.
    pub fn fail(&mut self) {
        let failed = FailedLogon {
            subject: Session::none(),
            user_name: "administrator".into(),
            domain: "CONTOSO".into(),
            status: 0xc000_006d,
            sub_status: 0xc000_006a,
            logon_type: 3,
            workstation: "KALI".into(),
            ip_address: "10.20.0.66".into(),
        };
        self.log(failed.event());
    }
}

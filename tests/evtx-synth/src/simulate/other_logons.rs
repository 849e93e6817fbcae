//! Sessions that are not desktops: secondary logons, elevation prompts, network logons, services,
//! batch jobs.

use super::kinds::Kind;
use super::setup::Windows;
use super::simulator::Simulator;
use crate::catalogue::{Account, FailedLogon, Logon};

const SVCHOST: &str = r"C:\Windows\System32\svchost.exe";
const CONSENT: &str = r"C:\Windows\System32\consent.exe";

impl Simulator {
    /// A session that the user of a desktop requests, for another account or for their own.
    fn requested_logon(
        &mut self,
        number: u32,
        account: &Account,
        kind: u32,
        class: &'static str,
    ) -> Option<(usize, Logon)> {
        let parent = self.desktop(number)?.session;
        let session = self.begin(account, kind, class);
        self.sessions[session].parent = Some(parent);
        let logon = Logon {
            logon_process: "seclogo".into(),
            process_name: SVCHOST.into(),
            ip_address: "::1".into(),
            ip_port: "0".into(),
            ..Logon::new(self.catalogue_session(parent), self.catalogue_session(session), kind)
        };
        Some((session, logon))
    }

    /// runas: type 2 by the secondary logon service; it ends with 4634 only.
    pub fn run_as(&mut self, number: u32) {
        let account = self.setup.service_account.clone();
        let Some((session, logon)) = self.requested_logon(number, &account, 2, "secondary") else {
            return;
        };
        self.write_logon(session, logon);
        self.ends_later(session, 2, 5_000..=900_000);
    }

    /// runas /netonly: type 9, the same account with other credentials for the network.
    pub fn new_credentials(&mut self, number: u32) {
        let Some(desktop) = self.desktop(number) else { return };
        let account = self.account(desktop.person);
        let Some((session, mut logon)) = self.requested_logon(number, &account, 9, "secondary")
        else {
            return;
        };
        logon.outbound = ("svc_deploy".into(), "CONTOSO".into());
        self.write_logon(session, logon);
        if self.random.chance(60) {
            self.ends_later(session, 9, 5_000..=900_000);
        }
    }

    /// A prompt for the password of an administrator: it ends by itself, or with the desktop.
    pub fn elevate(&mut self, number: u32) {
        let account = self.setup.service_account.clone();
        let Some((session, mut logon)) = self.requested_logon(number, &account, 2, "elevation")
        else {
            return;
        };
        logon.logon_process = "CredPro ".into();
        logon.process_name = CONSENT.into();
        self.write_logon(session, logon);
        if self.random.chance(50) {
            self.ends_later(session, 2, 5_000..=900_000);
        } else if let Some(desktop) = self.desktop_mut(number) {
            desktop.dependents.push((session, 2));
        }
    }

    fn ends_later(&mut self, session: usize, kind: u32, after: std::ops::RangeInclusive<u64>) {
        let delay = self.random.within(after);
        self.later(delay, move |simulator| {
            if simulator.is_open(session) {
                simulator.terminate(session, kind);
            }
        });
    }

    /// A network logon of a user, of a computer account, or of the anonymous account.
    pub fn network_logon(&mut self) {
        let (account, class) = match self.random.within(0..=9) {
            0 => (Account::anonymous(), "anonymous"),
            1..=4 => (self.random.pick(&self.setup.machines).clone(), "machine"),
            _ => (self.random.pick(&self.setup.people).account.clone(), "network"),
        };
        let session = self.begin(&account, 3, class);
        if !self.does(Kind::LogonIdsFallUnderLoad, 50) {
            self.write_network_logon(session);
            return;
        }
        // Under load others are audited before it. A larger fall than 4,000 was never seen.
        let delay = self.extra.within(5..=900);
        self.later(delay, move |simulator| {
            if simulator.behind_by(session) <= 4_000 {
                simulator.write_network_logon(session);
            }
        });
        for _ in 0..self.extra.count(1..=3) {
            let account = self.setup.people[0].account.clone();
            let gap = self.extra.within(1..=1_300);
            let other = self.begin_after(gap..=gap, &account, 3, "network");
            self.write_network_logon(other);
        }
    }

    /// Writes a network logon, and mostly its logoff some time later.
    fn write_network_logon(&mut self, session: usize) {
        let port = u16::try_from(self.random.within(49_152..=65_000)).expect("a port");
        let mut logon =
            Logon::network(self.catalogue_session(session), "CLIENT9", "10.20.0.77", port);
        if self.sessions[session].class == "machine" {
            logon.logon_process = "Kerberos".into();
            logon.package = "Kerberos".into();
        }
        self.write_logon(session, logon);
        // A few sessions are never destroyed: LSASS keeps them until it stops.
        if self.random.chance(92) {
            self.ends_later(session, 3, 0..=40_000);
        }
    }

    /// Two network logons at once, recorded in the reverse order of their Logon IDs.
    pub fn crossing_network_logons(&mut self) {
        let [one, other] = [0, 1].map(|index: usize| self.setup.machines[index].clone());
        let first = self.begin(&one, 3, "machine");
        let second = self.begin_after(1..=0x4f, &other, 3, "machine");
        self.write_network_logon(second);
        self.write_network_logon(first);
    }

    /// A service with an account of the domain. It stops before the end of the boot, or not.
    pub fn start_service(&mut self) {
        let account = self.setup.service_account.clone();
        let session = self.begin(&account, 5, "service");
        self.write_logon(session, Logon::service(self.machine(), self.catalogue_session(session)));
        if self.random.chance(40) {
            self.ends_later(session, 5, 60_000..=4_000_000);
        }
    }

    /// A scheduled task.
    pub fn run_task(&mut self) {
        let account = self.random.pick(&self.setup.people).account.clone();
        let session = self.begin(&account, 4, "batch");
        let mut logon = Logon::service(self.machine(), self.catalogue_session(session));
        (logon.logon_type, logon.process_name) = (4, SVCHOST.into());
        self.write_logon(session, logon);
        if self.random.chance(90) {
            self.ends_later(session, 4, 300..=600_000);
        }
    }

    /// Windows Setup logs a user on for its own purposes.
    pub fn setup_logon(&mut self) {
        if self.setup.windows < Windows::Ten {
            return;
        }
        let account = self.setup.people[0].account.clone();
        let session = self.begin(&account, 2, "auxiliary");
        let mut logon = Logon::new(self.machine(), self.catalogue_session(session), 2);
        logon.process_name = r"C:\Windows\System32\oobe\msoobe.exe".into();
        self.write_logon(session, logon);
        self.ends_later(session, 2, 100..=40_000);
    }

    /// A wrong password over the network: no session begins.
    pub fn failed_logon(&mut self) {
        let failed = FailedLogon::wrong_password("administrator");
        self.log(failed.event());
    }
}

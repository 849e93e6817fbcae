//! Remote desktop: a new session, the takeover of the console, disconnecting, reconnecting.

use super::interactive::Attachment;
use super::kinds::Kind;
use super::setup::Windows;
use super::simulator::{Notice, Role, SessionRecord, Simulator};
use crate::catalogue::{Logon, security, terminal};

impl Simulator {
    /// A user connects by remote desktop: to a new session, or to the session that they have.
    pub fn log_on_remotely(&mut self, person: usize) {
        let has = self.desktop_of(person).map(|at| self.desktops[at].clone());
        let alone = self.desktops.is_empty();
        // A workstation has one active desktop at a time.
        if matches!(&has, Some(desktop) if matches!(desktop.attachment, Attachment::Remote(_)))
            || (has.is_none() && !alone && !self.setup.server)
        {
            return;
        }
        let who = self.setup.people[person].clone();
        let network = self.begin(&who.account, 3, "network");
        let logon =
            Logon::network(self.catalogue_session(network), &who.client.0, &who.client.1, 0);
        self.write_logon(network, logon);
        let event =
            terminal::client_authenticated(&who.account.name, &who.account.domain, &who.client.1);
        self.log_later(41, event);
        let leaves = self.random.within(16_000..=40_000);
        self.later(leaves, move |simulator| {
            if simulator.is_open(network) {
                simulator.terminate(network, 3);
            }
        });
        self.later(660, move |simulator| {
            let window_station = simulator.new_window_station();
            simulator.later(1_960, move |simulator| {
                simulator.finish_remote_logon(person, window_station)
            });
        });
    }

    /// The logon itself, two seconds after the network logon.
    fn finish_remote_logon(&mut self, person: usize, window_station: u32) {
        let Some(at) = self.desktop_of(person) else {
            let alone = self.desktops.is_empty();
            if alone || self.setup.server {
                let halves = self.person_logon(person, 10, "remote-desktop", window_station);
                let address = self.setup.people[person].client.1.clone();
                self.new_desktop(
                    window_station,
                    person,
                    halves,
                    Attachment::Remote(window_station),
                    &address,
                );
            }
            return;
        };
        let desktop = self.desktops[at].clone();
        let is_remote = matches!(desktop.attachment, Attachment::Remote(_));
        if is_remote || !self.is_ready(&desktop) {
            self.close_window_station(window_station, true);
            return;
        }
        let account = self.account(person);
        let early = self.setup.windows <= Windows::EightOne;
        let mut lasting = 2_900;
        let seven = self.setup.windows == Windows::Seven;
        let check = if seven && self.does(Kind::SlowTakeover, 75) {
            lasting = self.extra.within(3_000..=58_000);
            Some(self.person_check(person, desktop.session, 10, window_station))
        } else if early {
            self.unlock_by_winlogon(person, desktop.session, window_station);
            None
        } else {
            let event = terminal::arbitration_begins(&account, window_station);
            self.notice_later(30, desktop.session, Notice::Other, event);
            Some(self.person_check(person, desktop.session, 10, window_station))
        };
        if desktop.attachment == Attachment::Console {
            self.later(240, move |simulator| {
                simulator.disconnect_console(desktop.number, desktop.session)
            });
        }
        self.later(1_860, move |simulator| {
            simulator.attach_client(person, desktop.number, desktop.session, window_station)
        });
        self.later(lasting, move |simulator| {
            if let Some(check) = check {
                simulator.end_check(check, 10);
            }
        });
        self.later(3_300, move |simulator| {
            let audited = simulator.random.chance(50);
            simulator.close_window_station(window_station, audited);
        });
    }

    /// A desktop at the console is disconnected, because a client takes it over.
    fn disconnect_console(&mut self, number: u32, session: usize) {
        let Some(desktop) = self.desktop_mut(number).filter(|desktop| desktop.session == session)
        else {
            return;
        };
        desktop.attachment = Attachment::Detached;
        let account = self.account_of(number);
        let change = self.record_move(false);
        self.write(
            terminal::disconnect_reason(number, 5),
            Role::Notice(session, Notice::Moved(change)),
        );
        let event =
            security::disconnected(&self.catalogue_session(session), "Console", "Unknown", "LOCAL");
        self.write(event, Role::Session(session, SessionRecord::Moved(change)));
        let event = terminal::disconnected(&account, number, "LOCAL");
        self.notice_later(15, session, Notice::Moved(change), event);
        // The console gets a new logon screen.
        if self.console == number {
            self.console = self.new_window_station();
        }
    }

    /// The desktop is attached to the client.
    fn attach_client(&mut self, person: usize, number: u32, session: usize, connection: u32) {
        let Some(desktop) = self.desktop_mut(number).filter(|desktop| desktop.session == session)
        else {
            return;
        };
        desktop.attachment = Attachment::Remote(connection);
        desktop.locked = false;
        let client = self.setup.people[person].client.clone();
        let account = self.account(person);
        let name = format!("RDP-Tcp#{connection}");
        let change = self.record_move(true);
        let event =
            security::reconnected(&self.catalogue_session(session), &name, &client.0, &client.1);
        self.write(event, Role::Session(session, SessionRecord::Moved(change)));
        let event = terminal::reconnected(&account, number, &client.1);
        self.notice_later(17, session, Notice::Moved(change), event);
    }

    /// The client disconnects; the session stays open.
    pub fn disconnect(&mut self, number: u32) {
        let Some(desktop) = self.desktop_mut(number) else { return };
        let Attachment::Remote(connection) = desktop.attachment else { return };
        desktop.attachment = Attachment::Detached;
        let (session, person) = (desktop.session, desktop.person);
        let client = self.setup.people[person].client.clone();
        let account = self.account(person);
        let reason = *self.random.pick(&[0, 11]);
        let change = self.record_move(false);
        let event = terminal::disconnect_reason(number, reason);
        self.write(event, Role::Notice(session, Notice::Moved(change)));
        let name = format!("RDP-Tcp#{connection}");
        let event =
            security::disconnected(&self.catalogue_session(session), &name, &client.0, &client.1);
        self.later(110, move |simulator| {
            if simulator.is_open(session) {
                simulator.write(event, Role::Session(session, SessionRecord::Moved(change)));
            }
        });
        let event = terminal::disconnected(&account, number, &client.1);
        self.notice_later(118, session, Notice::Moved(change), event);
        if self.random.chance(20) {
            let event = terminal::disconnected_by(number, number + 1);
            self.notice_later(120, session, Notice::Other, event);
        }
    }

    /// The account of the user of a desktop.
    fn account_of(&self, number: u32) -> crate::catalogue::Account {
        let desktop = self.desktop(number).expect("asked before");
        self.account(desktop.person)
    }
}

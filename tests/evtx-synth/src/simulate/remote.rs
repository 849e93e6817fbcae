//! Remote desktop: a new session, a takeover of the console, disconnecting, coming back
//! (event-semantics 4.6).

use super::people::Shown;
use super::setup::Windows;
use super::world::{Notice, Part, Role, World};
use crate::catalogue::{Logon, security, terminal};

impl World {
    /// Somebody comes by remote desktop: to a new session, or to the one they have.
    pub fn come_remotely(&mut self, person: usize) {
        let has = self.desktop_of(person).map(|at| self.desktops[at].clone());
        let alone = self.desktops.is_empty();
        // A workstation shows one desktop at a time.
        if matches!(&has, Some(desktop) if matches!(desktop.shown, Shown::Remote(_)))
            || (has.is_none() && !alone && !self.setup.server)
        {
            return;
        }
        let who = self.setup.people[person].clone();
        let network = self.begin(&who.account, 3, "network");
        let logon = Logon::network(self.session(network), &who.client.0, &who.client.1, 0);
        self.write_logon(network, logon);
        let event =
            terminal::client_authenticated(&who.account.name, &who.account.domain, &who.client.1);
        self.log_later(41, event);
        let leaves = self.random.within(16_000..=40_000);
        self.later(leaves, move |world| {
            if world.lasts(network) {
                world.terminate(network, 3);
            }
        });
        self.later(660, move |world| {
            let station = world.new_station();
            world.later(1_960, move |world| world.arrive(person, station));
        });
    }

    /// The logon itself, two seconds later.
    fn arrive(&mut self, person: usize, station: u32) {
        let Some(at) = self.desktop_of(person) else {
            let alone = self.desktops.is_empty();
            if alone || self.setup.server {
                let halves = self.person_logon(person, 10, "remote-desktop");
                let address = self.setup.people[person].client.1.clone();
                self.new_desktop(station, person, halves, Shown::Remote(station), &address);
            }
            return;
        };
        let desktop = self.desktops[at].clone();
        if let Shown::Remote(_) = desktop.shown {
            self.close_station(station, true);
            return;
        }
        let account = self.account(person);
        let early = self.setup.windows <= Windows::EightOne;
        let check = if early {
            self.unlock_by_winlogon(person, desktop.life);
            None
        } else {
            let event = terminal::arbitration_begins(&account, station);
            self.notice_later(30, desktop.life, Notice::Other, event);
            Some(self.person_check(person, desktop.life, 10))
        };
        if desktop.shown == Shown::Console {
            self.later(240, move |world| world.leave_console(desktop.number, desktop.life));
        }
        self.later(1_860, move |world| world.attach(person, desktop.number, desktop.life, station));
        self.later(2_900, move |world| {
            if let Some((life, elevated)) = check {
                world.terminate_halves(life, elevated, 10);
            }
        });
        self.later(3_300, move |world| {
            let audited = world.random.chance(50);
            world.close_station(station, audited);
        });
    }

    /// The console lets go of a desktop that a client takes over.
    fn leave_console(&mut self, number: u32, life: usize) {
        let Some(desktop) = self.desktop_mut(number).filter(|desktop| desktop.life == life) else {
            return;
        };
        desktop.shown = Shown::Nowhere;
        let account = self.account_of(number);
        let change = self.moves_to(false);
        self.write(
            terminal::disconnect_reason(number, 5),
            Role::Notice(life, Notice::Moved(change)),
        );
        let event = security::disconnected(&self.session(life), "Console", "Unknown", "LOCAL");
        self.write(event, Role::Of(life, Part::Moved(change)));
        let event = terminal::disconnected(&account, number, "LOCAL");
        self.notice_later(15, life, Notice::Moved(change), event);
        // The console gets a logon screen of its own.
        if self.console == number {
            self.console = self.new_station();
        }
    }

    /// The client gets the desktop.
    fn attach(&mut self, person: usize, number: u32, life: usize, connection: u32) {
        let Some(desktop) = self.desktop_mut(number).filter(|desktop| desktop.life == life) else {
            return;
        };
        desktop.shown = Shown::Remote(connection);
        desktop.locked = false;
        let client = self.setup.people[person].client.clone();
        let account = self.account(person);
        let name = format!("RDP-Tcp#{connection}");
        let change = self.moves_to(true);
        let event = security::reconnected(&self.session(life), &name, &client.0, &client.1);
        self.write(event, Role::Of(life, Part::Moved(change)));
        let event = terminal::reconnected(&account, number, &client.1);
        self.notice_later(17, life, Notice::Moved(change), event);
    }

    /// The client goes; the session stays.
    pub fn disconnect(&mut self, number: u32) {
        let Some(desktop) = self.desktop_mut(number) else { return };
        let Shown::Remote(connection) = desktop.shown else { return };
        desktop.shown = Shown::Nowhere;
        let (life, person) = (desktop.life, desktop.person);
        let client = self.setup.people[person].client.clone();
        let account = self.account(person);
        let reason = *self.random.pick(&[0, 11]);
        let change = self.moves_to(false);
        let event = terminal::disconnect_reason(number, reason);
        self.write(event, Role::Notice(life, Notice::Moved(change)));
        let name = format!("RDP-Tcp#{connection}");
        let event = security::disconnected(&self.session(life), &name, &client.0, &client.1);
        self.later(110, move |world| {
            if world.lasts(life) {
                world.write(event, Role::Of(life, Part::Moved(change)));
            }
        });
        let event = terminal::disconnected(&account, number, &client.1);
        self.notice_later(118, life, Notice::Moved(change), event);
        if self.random.chance(20) {
            let event = terminal::disconnected_by(number, number + 1);
            self.notice_later(120, life, Notice::Other, event);
        }
    }

    fn account_of(&self, number: u32) -> crate::catalogue::Account {
        let desktop = self.desktop(number).expect("asked before");
        self.account(desktop.person)
    }
}

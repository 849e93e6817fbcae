//! Which computers a domain has, and what they record.

use super::super::random::Random;
use super::computer::{Audits, Computer, Role};
use super::world::{HOUR, MINUTE, User, World};
use crate::catalogue::Account;
use crate::value::{FileTime, Sid};

const NAMES: [&str; 5] = ["anna", "ben", "chloe", "david", "elif"];

/// Draws a domain: computers, users, clocks, audit policies, networks.
pub(super) fn draw(seed: u64) -> World {
    let mut random = Random::new(seed ^ 0x0064_6f6d_6169_6e73);
    let start = FileTime::parse("2026-03-02T05:00:00Z").plus_ms(random.within(0..=90 * 24) * HOUR);
    let length = *random.pick(&[1, 2, 3, 4, 6, 10, 24]) * HOUR;
    let mut world = World::new(random, start, length);
    computers(&mut world);
    users(&mut world);
    policies(&mut world);
    clocks(&mut world);
    networks(&mut world);
    missing(&mut world);
    world
}

fn computers(world: &mut World) {
    let controllers = if world.random.chance(30) { 2 } else { 1 };
    let servers = world.random.count(0..=2);
    let workstations = world.random.count(2..=4);
    let kinds = [
        ("DC", Role::Controller, controllers, 10),
        ("SRV", Role::Server, servers, 20),
        ("WS", Role::Workstation, workstations, 100),
    ];
    let mut rid = 1_000;
    for (prefix, role, count, address) in kinds {
        for number in 1..=count {
            let name = format!("{prefix}{number:02}");
            let full_name = format!("{name}.contoso.local");
            rid += 1;
            let account = World::domain_account(rid, &format!("{name}$"));
            let network = if role == Role::Workstation { 6 } else { 5 };
            let address = format!("10.20.{network}.{}", address + number);
            let mut computer = Computer::new(&name, full_name, account, role, &address);
            let port = world.random.within(49_700..=63_900);
            computer.next_port = u16::try_from(port).expect("a port");
            world.computers.push(computer);
        }
    }
}

fn users(world: &mut World) {
    for (rid, name) in (1_100..).zip(NAMES) {
        let account = World::domain_account(rid, name);
        let administrator = name == "anna" || world.random.chance(20);
        world.users.push(User { account, administrator });
    }
    for (rid, name) in [(500, "Administrator"), (1_200, "svc_backup")] {
        let account = World::domain_account(rid, name);
        world.users.push(User { account, administrator: true });
    }
}

/// Few hosts record connections; what controllers record is mostly there.
fn policies(world: &mut World) {
    let random = &mut world.random;
    let rich = random.chance(8);
    let explicit = random.chance(85);
    for computer in &mut world.computers {
        computer.audits = Audits {
            connections: rich || random.chance(4),
            processes: rich || random.chance(35),
            sysmon: random.chance(if rich { 50 } else { 12 }),
            explicit_credentials: explicit,
            tickets: random.chance(90),
            validations: random.chance(90),
            remote_desktop_client: random.chance(90),
        };
    }
    if rich {
        world.features.push("connections audited");
    }
}

fn clocks(world: &mut World) {
    let length = world.length;
    let random = &mut world.random;
    for computer in &mut world.computers {
        computer.clock.offset = i64::try_from(random.within(0..=80)).expect("small") - 40;
    }
    let (feature, ahead) = match random.within(0..=99) {
        0..=14 => ("clock off by 0.5 s", 500),
        15..=24 => ("clock off by 90 s", 90_000),
        25..=32 => ("clock off by 1 h", 3_600_000),
        33..=40 => ("step of a clock", 0),
        _ => return,
    };
    world.features.push(feature);
    let sign = if random.chance(50) { 1 } else { -1 };
    // A controller off by an hour would lock out everybody.
    let first = if ahead > 300_000 { 1 } else { 0 };
    let which = random.count(first..=world.computers.len() - 1);
    let which = if ahead > 300_000 && world.computers[which].role == Role::Controller {
        world.computers.len() - 1
    } else {
        which
    };
    let clock = &mut world.computers[which].clock;
    clock.offset += sign * ahead;
    if feature == "step of a clock" {
        let by = *random.pick(&[-90_000, 45_000, 2_500, -700]);
        clock.step = Some((random.within(length / 4..=length * 3 / 4), by));
    }
}

fn networks(world: &mut World) {
    let workstations = world.all(|computer| computer.role == Role::Workstation);
    if world.random.chance(16) {
        world.features.push("nat");
        world.routers.push("10.20.9.1".into());
        for (number, &computer) in workstations.iter().take(2).enumerate() {
            world.computers[computer].behind = Some(0);
            world.computers[computer].leases = vec![(0, format!("192.168.1.{}", 20 + number))];
        }
    } else if world.random.chance(20) {
        world.features.push("address handed on");
        hand_on(world, workstations[0], workstations[1]);
    } else if world.random.chance(24) {
        world.features.push("vpn pool");
        pool(world, &workstations);
    } else if world.random.chance(35) {
        world.features.push("moved");
        let member = *world.random.pick(&workstations);
        let when = world.random.within(world.length / 4..=world.length * 3 / 4);
        let number = 101 + member;
        world.computers[member].leases.push((when, format!("10.20.8.{number}")));
    }
    let servers = world.all(|computer| computer.role == Role::Server);
    if world.random.chance(15)
        && let Some(&server) = servers.first()
    {
        world.features.push("two network cards");
        world.computers[server].second_address = Some("10.40.0.21".into());
    }
}

/// The address of one computer becomes that of another.
fn hand_on(world: &mut World, first: usize, second: usize) {
    let when = world.random.within(world.length / 4..=world.length * 3 / 4);
    let gap = *world.random.pick(&[1, 10, 90]) * MINUTE;
    let address = world.computers[first].address(0).to_owned();
    world.computers[first].leases.push((when, "10.20.6.180".into()));
    world.computers[second].leases.push((when + gap, address));
}

/// Computers that get another address of a small pool each time they connect.
fn pool(world: &mut World, members: &[usize]) {
    let mut free = vec!["10.30.0.11".to_owned(), "10.30.0.12".into(), "10.30.0.13".into()];
    for &member in members.iter().take(2) {
        let first = free.remove(0);
        world.computers[member].leases = vec![(0, first)];
    }
    let mut at = 0;
    loop {
        at += world.random.within(15..=70) * MINUTE;
        if at >= world.length {
            return;
        }
        // Both connect anew: each takes what is free, the one that left first takes it first.
        let turn = world.random.count(0..=1);
        for step in 0..2 {
            let member = members[(turn + step) % 2];
            let next = free.remove(0);
            let old = world.computers[member].address(u64::MAX).to_owned();
            free.push(old);
            let from = at + u64::try_from(step).expect("small") * MINUTE;
            world.computers[member].leases.push((from, next));
        }
    }
}

/// Which logs were not collected, or begin late.
fn missing(world: &mut World) {
    let controllers = world.controllers();
    if controllers.len() > 1 && world.random.chance(45) {
        world.features.push("second DC missing");
        world.computers[controllers[1]].collected = false;
    } else if world.random.chance(20) {
        world.features.push("DC missing");
        for controller in controllers {
            world.computers[controller].collected = false;
        }
    }
    let others = world.all(|computer| computer.role != Role::Controller);
    if others.len() > 2 && world.random.chance(40) {
        world.features.push("member missing");
        let which = *world.random.pick(&others);
        world.computers[which].collected = false;
    }
    if world.random.chance(15) {
        world.features.push("log wrapped");
        let which = world.random.count(0..=world.computers.len() - 1);
        world.computers[which].kept_from =
            world.random.within(world.length / 4..=world.length * 3 / 4);
    }
}

/// A local account of a computer.
pub(super) fn local_account(computer: &str) -> Account {
    Account::new(Sid::parse("S-1-5-21-771-882-993-500"), "Administrator", computer)
}

//! Simulated Windows hosts: from a seed, a random but lawful history as real log files, with the
//! truth beside it.
//!
//! The law is the page on event semantics that the project follows; the crate's `README.md` says
//! which part of it each module obeys, and what is not simulated. Nothing here is shared with the
//! code under test: the truth comes from what was simulated.

mod aside;
mod clock;
mod desk;
mod files;
mod history;
mod machine;
mod mishaps;
mod noted;
mod people;
mod power;
mod random;
mod remote;
mod setup;
mod stations;
mod truth;
mod verdict;
mod world;

pub use truth::{
    Simulation, TrueAttachment, TrueBoot, TrueComputer, TrueDesk, TrueFinding, TrueSession, Truth,
};

use files::{Collection, forwarded_log};
use mishaps::Filling;
use random::Random;
use setup::Setup;
use world::World;

/// How long and busy a history is, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Boots.
    pub boots: usize,
    /// Things that happen in a boot.
    pub busy: usize,
}

impl Profile {
    /// A day or two.
    pub const SMALL: Self = Self { boots: 3, busy: 6 };
    /// Two to eight boots, some hundred records.
    pub const USUAL: Self = Self { boots: 8, busy: 14 };
}

/// A history of any kind: mostly one host's log files; now and then an exported selection, two
/// hosts' folders side by side, or one log that a collector made of several hosts.
pub fn any(seed: u64) -> Simulation {
    match Random::new(seed ^ 0x5eed).within(0..=19) {
        0 => selection(seed),
        1 => collected(seed),
        2 => side_by_side(seed),
        3..=5 => host(seed, Profile::SMALL),
        _ => host(seed, Profile::USUAL),
    }
}

/// The log files of one host.
pub fn host(seed: u64, profile: Profile) -> Simulation {
    let mut world = lived(seed, profile, |setup| {
        setup.filling = Filling::draw(seed, setup.boots);
    });
    let collected = world.collect(Collection::Files);
    let computers = vec![world.verdict(&collected, Collection::Files)];
    Simulation { seed, files: collected.files, truth: Truth { computers } }
}

/// Logons and logoffs exported from the Security log of one host.
pub fn selection(seed: u64) -> Simulation {
    let mut world = lived(seed, Profile::USUAL, |_| ());
    let collected = world.collect(Collection::Selection);
    let computers = vec![world.verdict(&collected, Collection::Selection)];
    Simulation { seed, files: collected.files, truth: Truth { computers } }
}

/// Two hosts' log files in two folders.
pub fn side_by_side(seed: u64) -> Simulation {
    let mut files = Vec::new();
    let mut computers = Vec::new();
    for number in 0..2 {
        let mut world = lived(other(seed, number), Profile::SMALL, |setup| {
            setup.name = format!("HOST{number}");
        });
        let collected = world.collect(Collection::Files);
        computers.push(world.verdict(&collected, Collection::Files));
        let folder = |(name, bytes)| (format!("host{number}/{name}"), bytes);
        files.extend(collected.files.into_iter().map(folder));
    }
    Simulation { seed, files, truth: Truth { computers } }
}

/// One log of three hosts, as a collector stores it.
pub fn collected(seed: u64) -> Simulation {
    let mut computers = Vec::new();
    let mut worlds = Vec::new();
    for number in 0..3 {
        let mut world = lived(other(seed, number), Profile::SMALL, |setup| {
            setup.name = format!("HOST{number}");
            // Nothing joins two names of one host where its log is not in one piece.
            setup.renames = false;
        });
        let collected = world.collect(Collection::Forwarded);
        computers.push(world.verdict(&collected, Collection::Forwarded));
        worlds.push(world);
    }
    let files = vec![("ForwardedEvents.evtx".to_owned(), forwarded_log(&worlds))];
    Simulation { seed, files, truth: Truth { computers } }
}

/// A seed for one of several hosts.
fn other(seed: u64, number: u64) -> u64 {
    seed.wrapping_mul(1_000_003).wrapping_add(number)
}

fn lived(seed: u64, profile: Profile, adjust: impl FnOnce(&mut Setup)) -> World {
    let mut random = Random::new(seed);
    let mut setup = Setup::draw(&mut random, profile.boots, profile.busy);
    adjust(&mut setup);
    let mut world = World::new(random, setup);
    world.live();
    world
}

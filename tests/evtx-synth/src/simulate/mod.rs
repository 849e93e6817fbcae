//! Simulated Windows hosts. A seed determines a random history, which follows the rules of Windows.
//! The result is real log files, and the truth about what happened.
//!
//! The crate's `README.md` says what each module simulates, and what is not simulated. The simulator
//! shares no code with what it tests: the truth comes from the simulation alone.

mod clock;
mod damaged_files;
pub mod domains;
mod expected;
mod expected_boots;
mod expected_changes;
mod expected_desktop;
mod expected_findings;
mod expected_inferred;
mod files;
mod history;
mod interactive;
mod kinds;
mod language;
mod late_records;
mod log_changes;
mod machine;
mod other_logons;
mod power;
mod random;
mod remote;
mod role;
mod setup;
mod setup_boots;
mod simulator;
mod truth;
mod window_stations;

pub use truth::{
    Simulation, TrueAttachment, TrueBoot, TrueComputer, TrueDesktop, TrueFinding, TrueInferred,
    TrueSession, Truth,
};

use files::{Collection, forwarded_log};
use kinds::Kinds;
use log_changes::Filling;
use random::Random;
use setup::Setup;
use simulator::Simulator;
use std::collections::BTreeSet;

/// The largest size of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The number of boots.
    pub boots: usize,
    /// The number of activities in a boot.
    pub activities: usize,
}

impl Profile {
    /// A day or two.
    pub const SMALL: Self = Self { boots: 3, activities: 6 };
    /// Two to eight boots, some hundreds of records.
    pub const USUAL: Self = Self { boots: 8, activities: 14 };
}

/// A history of any kind: mostly the log files of one host, now and then an exported selection,
/// the folders of two hosts, or one log that a collector made of several hosts.
pub fn any(seed: u64) -> Simulation {
    match Random::new(seed ^ 0x5eed).within(0..=19) {
        0 => selection(seed),
        1 => forwarded(seed),
        2 => two_hosts(seed),
        3..=5 => host(seed, Profile::SMALL),
        _ => host(seed, Profile::USUAL),
    }
}

/// The log files of one host.
pub fn host(seed: u64, profile: Profile) -> Simulation {
    let mut simulator = simulated(seed, profile, |setup| {
        setup.filling = Filling::draw(seed, setup.boots);
    });
    let collected = simulator.collect(Collection::Files);
    let computers = vec![simulator.expected(&collected, Collection::Files)];
    let features = simulator.features;
    Simulation { seed, files: collected.files, truth: Truth { computers }, features }
}

/// Logons and logoffs exported from the Security log of one host.
pub fn selection(seed: u64) -> Simulation {
    let mut simulator = simulated(seed, Profile::USUAL, |_| ());
    let collected = simulator.collect(Collection::Selection);
    let computers = vec![simulator.expected(&collected, Collection::Selection)];
    let mut features = simulator.features;
    features.insert("selection");
    Simulation { seed, files: collected.files, truth: Truth { computers }, features }
}

/// The log files of two hosts, in two folders.
pub fn two_hosts(seed: u64) -> Simulation {
    let mut files = Vec::new();
    let mut computers = Vec::new();
    let mut features = BTreeSet::from(["two-hosts"]);
    for number in 0..2 {
        let mut simulator = simulated(seed_of_host(seed, number), Profile::SMALL, |setup| {
            setup.name = format!("HOST{number}");
        });
        let collected = simulator.collect(Collection::Files);
        computers.push(simulator.expected(&collected, Collection::Files));
        let folder = |(name, bytes)| (format!("host{number}/{name}"), bytes);
        files.extend(collected.files.into_iter().map(folder));
        features.extend(simulator.features);
    }
    Simulation { seed, files, truth: Truth { computers }, features }
}

/// One log of three hosts, as a collector stores it.
pub fn forwarded(seed: u64) -> Simulation {
    let mut computers = Vec::new();
    let mut hosts = Vec::new();
    for number in 0..3 {
        let mut simulator = simulated(seed_of_host(seed, number), Profile::SMALL, |setup| {
            setup.name = format!("HOST{number}");
            // In the log of a collector, nothing shows that two names are of one host.
            setup.renames = false;
        });
        let collected = simulator.collect(Collection::Forwarded);
        computers.push(simulator.expected(&collected, Collection::Forwarded));
        hosts.push(simulator);
    }
    let files = vec![("ForwardedEvents.evtx".to_owned(), forwarded_log(&hosts))];
    let mut features = BTreeSet::from(["forwarded"]);
    features.extend(hosts.iter().flat_map(|simulator| simulator.features.iter().copied()));
    Simulation { seed, files, truth: Truth { computers }, features }
}

/// The seed of one of several hosts.
fn seed_of_host(seed: u64, number: u64) -> u64 {
    seed.wrapping_mul(1_000_003).wrapping_add(number)
}

/// Runs a whole history. `adjust` changes the properties of the host before it begins.
fn simulated(seed: u64, profile: Profile, adjust: impl FnOnce(&mut Setup)) -> Simulator {
    let mut random = Random::new(seed);
    let mut setup = Setup::draw(&mut random, profile.boots, profile.activities);
    // The kinds use random numbers of their own, so that a host without them has the history that
    // it had before there were kinds.
    let mut extra = Random::new(seed ^ 0x6b69_6e64);
    setup.kinds = Kinds::draw(&mut extra, &mut Random::new(seed ^ 0x6164_6465));
    setup.apply_kinds(&mut extra);
    adjust(&mut setup);
    let mut simulator = Simulator::new(random, extra, setup);
    simulator.run_all_boots();
    simulator
}

//! Simulated domains: the logs of several hosts, and which session on which of them caused which.
//!
//! A seed determines a domain of two to eight hosts, with one or two controllers, from an hour to a day. Users work at
//! consoles, reach other hosts by SMB, RPC, WinRM and remote desktop, with Kerberos and NTLM, and misleading things
//! take place: see `actions.rs`. The forms of the events are those of real logs of several hosts (`clips`). The
//! simulator knows what happened, and nothing of how a reader finds it out.
//!
//! ```
//! let domain = evtx_synth::simulate::domains::domain(7);
//! assert_eq!(domain.files, evtx_synth::simulate::domains::domain(7).files);
//! ```

mod actions;
mod computer;
mod desktops;
mod network_logons;
mod noise;
mod plan;
mod remote_desktop;
mod traps;
mod truth;
mod world;

pub use truth::{Domain, TrueHop, TrueSource};

/// The domain of a seed.
pub fn domain(seed: u64) -> Domain {
    let mut world = plan::draw(seed);
    world.run();
    let mut files = Vec::new();
    let mut records = vec![None; world.begun.len()];
    for computer in world.computers.iter_mut().filter(|computer| computer.collected) {
        files.extend(computer.files(world.start, world.length, |session, id| {
            records[session] = Some(id);
        }));
    }
    let hops = world.begun.into_iter().zip(records);
    let hops = hops.filter_map(|(hop, record)| Some(TrueHop { record: record?, ..hop }));
    Domain { seed, files, hops: hops.collect(), features: world.features }
}

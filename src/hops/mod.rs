//! Where sessions came from: pure, without a file and without a clock. `docs/hops.md` has the rules.
//!
//! [`computers`] says which record is of which computer, and what each says ([`facts`]). [`targets`] are the
//! sessions that are asked about. [`statements`] says which computer had which address, [`owners`] whose it
//! was at a moment, [`clocks`] how far two clocks were apart, and [`domains`] which names are those of one domain of
//! accounts. Each file of [`bases`] is one rule that names a source. [`decide`] puts together what the rules say of one
//! session, [`passing`] whether the source only passed it on, and [`chain`] what the rows say of each other;
//! [`host_rows`] makes the rows of hosts.csv. [`distances`] has every distance in time.

mod bases;
mod chain;
mod clocks;
mod computers;
mod decide;
mod distances;
mod domains;
mod facts;
mod host_rows;
mod joined;
mod names;
mod owners;
mod passing;
mod sessions;
mod source_session;
mod statements;
mod targets;
#[cfg(test)]
mod tests;

use crate::model::{Finding, HopRecord, Hops, Host, RareList, Session};
use joined::Joined;

/// Says where the sessions of `hosts` came from, by what their logs say of it.
pub(crate) fn join(hosts: &[Host], records: Vec<HopRecord>) -> (Hops, Vec<Finding>) {
    let (mut joined, findings) = Joined::new(hosts, records);
    joined.compare_clocks(&bases::pairs(&joined));
    let mut hops = decide::decide(&joined);
    chain::number(&mut hops);
    let hosts = host_rows::rows(&joined);
    (Hops { hops, hosts, ..Hops::default() }, findings)
}

/// A computer with what [`join`] needs of it, so that many of them take little memory.
pub(crate) fn with_what_is_needed(host: Host) -> Host {
    let session = |own: Session| Session {
        incidents: RareList::default(),
        evidence: RareList::default(),
        corroboration: RareList::default(),
        flags: RareList::default(),
        ..own
    };
    let sessions = host.sessions.into_iter().map(session).collect();
    Host { sessions, attempts: Vec::new(), ..host }
}

//! The real hosts at hand, each with what the library says of it as a whole.

use super::clock::{self, PossibleChange};
use super::log_file::{Chunk, Log};
use crate::common::shared;
use std::path::{Path, PathBuf};
use winlast::model::Report;

/// One real host.
pub(super) struct RealHost {
    /// The name of its folder or file.
    pub(super) name: String,
    /// Its logs, as far as this test can take them apart.
    pub(super) logs: Vec<Log>,
    pub(super) whole: Report,
    /// When its clock may be changed.
    pub(super) moments: Vec<PossibleChange>,
    /// How many records it has.
    pub(super) size: usize,
}

/// Reads logs with the library.
pub(super) fn read(path: &Path) -> Report {
    winlast::Analysis::of([path]).threads(1).run().unwrap()
}

impl RealHost {
    fn new(path: PathBuf) -> Option<RealHost> {
        let files = if path.is_dir() { entries(&path) } else { vec![path.clone()] };
        let logs: Vec<Log> = files.iter().filter_map(|file| Log::read(file)).collect();
        let understood = |log: &Log| log.count() > 1 && log.chunks.iter().all(Chunk::is_understood);
        if logs.is_empty() || !logs.iter().all(understood) {
            return None;
        }
        let mut host = RealHost {
            name: path.file_name()?.to_str()?.to_owned(),
            whole: read(&path),
            size: logs.iter().map(Log::count).sum(),
            logs,
            moments: Vec::new(),
        };
        host.moments = clock::moments(&host);
        let any = host.whole.hosts.iter().any(|host| !host.sessions.is_empty());
        (any || host.whole.boots().count() > 1).then_some(host)
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

/// Every real host at hand, small ones first; `None`: there are none.
pub(super) fn all() -> Option<Vec<RealHost>> {
    let mut paths = entries(&shared("evtx/hosts")?);
    paths.extend(entries(&shared("evtx/single")?));
    paths.extend(shared("evtx-more/real").iter().flat_map(|folder| entries(folder)));
    let mut hosts: Vec<RealHost> = paths.into_iter().filter_map(RealHost::new).collect();
    hosts.sort_by_key(|host| host.size);
    Some(hosts)
}

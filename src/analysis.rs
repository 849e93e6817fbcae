//! The staircase: evidence → logs → events → hosts → report.

use crate::error::Result;
use crate::model::{EventSet, Finding, Report};
use crate::progress::Progress;
use crate::{evidence, evtx, timeline};
use std::path::PathBuf;

/// What to read, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Files and folders: event logs, disk images, zip archives.
    pub evidence: Vec<PathBuf>,
    /// Tried on entries of zip archives that are encrypted.
    pub zip_password: Option<String>,
    /// Leaves out the shadow copies of volumes in disk images.
    pub no_shadow_copies: bool,
    /// Also finds logs outside of Windows' folders and deleted ones in disk images.
    pub scan_mft: bool,
    /// Worker threads; `None`: one per core.
    pub threads: Option<usize>,
    /// SHA-256 of each log.
    pub hash: bool,
    /// Also carve records from free space, flagged `recovered`.
    pub recover: bool,
}

/// Threads and memory, which several runs at a time may share: together they take no more than
/// one.
pub struct Pool(evtx::Pool);

impl Pool {
    /// So many threads; `None`: one per core. It is this number that counts for the runs, not
    /// that in their [`Options`].
    ///
    /// # Errors
    /// When threads cannot be started.
    pub fn new(threads: Option<usize>) -> Result<Pool> {
        evtx::Pool::new(threads).map(Pool)
    }

    /// Lets `act` use these threads, as the writers of [`output`](crate::output) do.
    pub fn install<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        self.0.install(act)
    }

    /// How many threads there are.
    pub fn threads(&self) -> usize {
        self.0.threads()
    }

    /// Reads all evidence and says who was logged on when.
    ///
    /// # Errors
    /// When there is nothing to read at all. Damage in the evidence is no error: it stands in
    /// [`Report::findings`].
    pub fn triage(&self, options: &Options, progress: &dyn Progress) -> Result<Report> {
        self.triage_with(true, options, progress)
    }

    fn triage_with(
        &self,
        thin: bool,
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<Report> {
        let read = self.read_with(thin, options, progress)?;
        let containers = read.containers;
        progress.phase("building timelines");
        let mut logs = read.logs;
        let mut built = self.0.install(|| timeline::build(read.events, &mut logs));
        if read.left_out > 0 {
            let logons = built.accounting.events.entry(4624).or_default();
            logons.read += read.left_out;
            logons.well_known += read.left_out;
        }
        let mut findings: Vec<Finding> =
            [read.findings, built.findings].into_iter().flatten().collect();
        findings.sort_by(finding_order);
        findings.dedup();
        Ok(Report {
            hosts: built.hosts,
            logs,
            findings,
            accounting: built.accounting,
            containers,
            records_by_crate: read.records_by_crate,
        })
    }

    /// Reads all evidence and stops there: events and logs, without boots and sessions.
    ///
    /// # Errors
    /// As [`Pool::triage`].
    pub fn read(&self, options: &Options, progress: &dyn Progress) -> Result<EventSet> {
        self.read_with(false, options, progress)
    }

    fn read_with(
        &self,
        thin: bool,
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<EventSet> {
        let settings = evidence::SearchSettings {
            zip_password: options.zip_password.clone(),
            no_shadow_copies: options.no_shadow_copies,
            scan_mft: options.scan_mft,
        };
        let how = evtx::Settings { hash: options.hash, recover: options.recover, thin };
        let mut discovery = evidence::Discovery::new(&options.evidence, self.0.memory(), progress);
        let mut all = self.0.scan(discovery.sources(), &settings, &how, progress);
        all.findings.append(&mut discovery.findings);
        if all.logs.is_empty() {
            return Err(discovery.nothing_found(&all.findings));
        }
        all.sort();
        Ok(all)
    }
}

/// [`Pool::triage`] with threads of its own.
///
/// # Errors
/// As [`Pool::triage`], and when threads cannot be started.
pub fn triage(options: &Options, progress: &dyn Progress) -> Result<Report> {
    Pool::new(options.threads)?.triage(options, progress)
}

/// [`Pool::read`] with threads of its own.
///
/// # Errors
/// As [`triage`].
pub fn read(options: &Options, progress: &dyn Progress) -> Result<EventSet> {
    Pool::new(options.threads)?.read(options, progress)
}

/// Computer, epoch, time, then whatever tells two findings apart: the order of findings.csv.
fn finding_order(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    let key = |f: &Finding| (f.boot_epoch, f.time, f.log, f.record_id);
    a.computer.cmp(&b.computer).then_with(|| key(a).cmp(&key(b))).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Channel, Event, EventKind};
    use crate::progress::Silent;
    use std::path::Path;

    /// First Security record of each boot of one log, in order, leaving out what lies before.
    fn boots(mut reading: EventSet, keep: fn(&Event) -> bool) -> Vec<u64> {
        reading.events.retain(keep);
        let built = timeline::build(reading.events, &mut reading.logs);
        let boots = built.hosts.iter().flat_map(|host| &host.boots);
        boots
            .filter(|boot| boot.epoch > 0)
            .filter_map(|boot| boot.first_record.as_ref())
            .filter(|record| record.channel == Channel::Security)
            .map(|record| record.record_id)
            .collect()
    }

    fn is_no_boot_record(event: &Event) -> bool {
        match &event.kind {
            EventKind::LsassStarted => false,
            EventKind::Logon(logon) => logon.logon_type != 0,
            _ => true,
        }
    }

    /// With every 4608 and type 0 logon hidden, the other evidence finds the boots all the same:
    /// each but the first of a log, which nothing sets apart, and none that is not there.
    #[test]
    fn boots_are_found_without_their_first_records() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/evtx");
        if !root.is_dir() {
            eprintln!("skipped: the real logs are not here");
            return;
        }
        let (mut expected, mut found) = (0, 0);
        for log in [
            "single/security_40boots.evtx",
            "single/Security_with_size_t.evtx",
            "single/post-Security.evtx",
            "hosts/aptsim_win10/Security.evtx",
            "hosts/belkasoft_win10/Security.evtx",
            "hosts/greendale/System2.evtx",
            "hosts/nicksmet_win11/Security.evtx",
            "hosts/rathbun_win10/Security.evtx",
        ] {
            let options = Options { evidence: vec![root.join(log)], ..Options::default() };
            let reading = read(&options, &Silent).unwrap();
            let all = boots(reading.clone(), |_| true);
            let hidden = boots(reading, is_no_boot_record);
            for (at, start) in all.iter().enumerate() {
                let end = all.get(at + 1).copied().unwrap_or(u64::MAX);
                let here = hidden.iter().filter(|id| (*start..end).contains(*id)).count();
                assert!(here <= 1, "{log}: {here} boots where there is one, from record {start}");
                expected += usize::from(at > 0);
                found += usize::from(at > 0 && here == 1);
            }
            assert!(hidden.iter().all(|id| all.first().is_some_and(|first| first <= id)), "{log}");
        }
        eprintln!("{found} of {expected} boots found without their first records");
        // At least 94 of 96, the share that LSASS' process ID and Logon IDs alone find.
        assert!(found * 96 >= expected * 94, "{found} of {expected}");
    }

    /// Events that say no more than those around them are left out: the report is the same with
    /// them. Only copies that are left out cannot be counted as such.
    #[test]
    fn what_is_left_out_changes_nothing() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut sources = Vec::new();
        for folder in ["sample-evtx", "../shared/evtx/hosts", "../shared/evtx/single"] {
            let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
                eprintln!("skipped: {folder} is not here");
                continue;
            };
            sources.extend(entries.flatten().map(|entry| entry.path()));
        }
        let scratch = std::env::temp_dir().join(format!("winlast-thin-{}", std::process::id()));
        for seed in 0..150 {
            let folder = scratch.join(seed.to_string());
            for (name, bytes) in evtx_synth::simulate::any(seed).files {
                let path = folder.join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
            sources.push(folder);
        }
        let pool = Pool::new(Some(1)).unwrap();
        let mut left_out = 0;
        for source in sources {
            let options = Options { evidence: vec![source.clone()], ..Options::default() };
            let report = |thin| {
                let mut report = pool.triage_with(thin, &options, &Silent).ok()?;
                report.logs.iter_mut().for_each(|log| log.duplicates = 0);
                Some(report)
            };
            let (thin, whole) = (report(true), report(false));
            let place = source.display();
            assert_eq!(thin.is_some(), whole.is_some(), "{place}");
            let (Some(thin), Some(whole)) = (thin, whole) else { continue };
            for (a, b) in thin.hosts.iter().zip(&whole.hosts) {
                assert_eq!(a.computer, b.computer, "{place}");
                assert_eq!(a.boots, b.boots, "{place}");
                assert_eq!(a.sessions, b.sessions, "{place}");
            }
            assert_eq!(thin.hosts.len(), whole.hosts.len(), "{place}");
            assert_eq!(thin.findings, whole.findings, "{place}");
            assert_eq!(thin.logs, whole.logs, "{place}");
            left_out += pool.read_with(true, &options, &Silent).unwrap().left_out;
            for (event_id, tally) in &whole.accounting.events {
                let thin = thin.accounting.events[event_id];
                assert_eq!((thin.read, thin.placed), (tally.read, tally.placed), "{place}");
                assert!(thin.balances() && tally.balances(), "{place}: {event_id}");
            }
        }
        std::fs::remove_dir_all(scratch).unwrap();
        assert!(left_out > 0);
    }
}

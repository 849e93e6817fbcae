//! The pipeline: evidence → logs → events → hosts → report.

mod partitions;
mod pool;
mod quotes;

use crate::error::{Error, Result};
use crate::events_file::{Selection, SharedPaths};
use crate::evidence::{GivenPaths, StoredCase};
use crate::model::case_files::EVENTS_FILE;
use crate::model::event::Detail;
use crate::model::{EventSet, Finding, Report};
use crate::progress::{Progress, Silent};
use crate::{events_file, evidence, evtx, hops, timeline};
use std::fmt;
use std::path::{Path, PathBuf};

pub use partitions::{JoinedParts, Partition};
pub use pool::Pool;

/// One analysis: which evidence is read, how it is read, and by which threads.
///
/// [`Analysis::of`] takes the evidence, the other methods change settings, and
/// [`run`](Analysis::run) reads everything and returns a [`Report`]. Nothing is read before that,
/// and the evidence is never written to.
///
/// ```
/// use winlast::Analysis;
///
/// // A log with one damaged record. Its SHA-256 is wanted too.
/// let report = Analysis::of(["sample-evtx-damaged"]).threads(2).hash(true).run()?;
///
/// let log = &report.logs[0];
/// assert_eq!(log.path, "sample-evtx-damaged/Security.evtx");
/// assert_eq!((log.records_read, log.records_unreadable), (71, 1));
/// assert_eq!(log.sha256.as_ref().map(String::len), Some(64));
/// // Damaged evidence does not end a run: it is a finding.
/// assert!(report.is_incomplete());
/// # Ok::<(), winlast::Error>(())
/// ```
///
/// The same evidence gives the same report, whatever the number of threads and the order of paths.
#[derive(Clone)]
pub struct Analysis<'a> {
    given: GivenPaths,
    zip_password: Option<String>,
    shadow_copies: bool,
    scan_mft: bool,
    hash: bool,
    recover: bool,
    threads: usize,
    memory: Option<u64>,
    keep_events: bool,
    hops: bool,
    part: Option<&'a Partition>,
    joined: Option<&'a JoinedParts>,
    pool: Option<&'a Pool>,
    progress: &'a dyn Progress,
}

impl<'a> Analysis<'a> {
    /// An analysis of these files and folders: event logs (`.evtx` under any name), disk images,
    /// zip archives as collectors make them, and folders with everything below them. Each is
    /// identified by its content.
    ///
    /// ```
    /// let report = winlast::Analysis::of(["sample-evtx/ws01", "sample-evtx/dc01"]).run()?;
    /// let computers: Vec<String> = report.hosts.iter().map(|host| host.to_string()).collect();
    /// assert_eq!(computers, ["DC01.contoso.local", "WS01"]);
    /// # Ok::<(), winlast::Error>(())
    /// ```
    pub fn of(evidence: impl IntoIterator<Item = impl Into<PathBuf>>) -> Analysis<'a> {
        Analysis {
            given: GivenPaths::new(evidence.into_iter().map(Into::into).collect()),
            zip_password: None,
            shadow_copies: true,
            scan_mft: false,
            hash: false,
            recover: false,
            threads: 0,
            memory: None,
            keep_events: false,
            hops: false,
            part: None,
            joined: None,
            pool: None,
            progress: &Silent,
        }
    }

    /// Gives a file or folder of the evidence a name, which the output has instead of its path. This is for
    /// evidence in a temporary place. A file inside the folder is named `NAME/PATH-IN-FOLDER`.
    ///
    /// ```
    /// use winlast::Analysis;
    ///
    /// let report = Analysis::of(["sample-evtx/dc01"]).name("sample-evtx/dc01", "upload 17").run()?;
    /// assert_eq!(report.logs[0].path, "upload 17/Security.evtx");
    /// # Ok::<(), winlast::Error>(())
    /// ```
    #[must_use]
    pub fn name(mut self, path: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        self.given.call(path.into(), name.into());
        self
    }

    /// Writes the paths of evidence in this folder relative to the folder. Evidence elsewhere keeps its
    /// path.
    ///
    /// ```
    /// use winlast::Analysis;
    ///
    /// let report = Analysis::of(["sample-evtx/dc01"]).evidence_root("sample-evtx").run()?;
    /// assert_eq!(report.logs[0].path, "dc01/Security.evtx");
    /// # Ok::<(), winlast::Error>(())
    /// ```
    #[must_use]
    pub fn evidence_root(mut self, folder: impl Into<PathBuf>) -> Self {
        self.given.begin_at(folder.into());
        self
    }

    /// The name that the output has for a path that was given, or that lies below one.
    pub fn name_of(&self, path: &Path) -> String {
        self.given.name_of(path)
    }

    /// The password that is tried on encrypted entries of zip archives. Default: none, and such an
    /// entry is the finding `zip-encrypted`.
    #[must_use]
    pub fn zip_password(mut self, password: impl Into<String>) -> Self {
        self.zip_password = Some(password.into());
        self
    }

    /// Whether the shadow copies of NTFS volumes in disk images are read too. Default: yes.
    #[must_use]
    pub fn shadow_copies(mut self, read: bool) -> Self {
        self.shadow_copies = read;
        self
    }

    /// Whether the whole master file table of NTFS volumes in disk images is searched. That finds
    /// logs outside of Windows' own folders, whatever their names, deleted logs whose clusters still
    /// hold them, and images and archives that lie on the volumes. Default: no; a disk without a
    /// Security log in Windows' folder is searched nevertheless, but below the folders of a system only for
    /// files with fitting names.
    #[must_use]
    pub fn scan_mft(mut self, scan: bool) -> Self {
        self.scan_mft = scan;
        self
    }

    /// Whether the SHA-256 of each log is computed. Default: no.
    #[must_use]
    pub fn hash(mut self, hash: bool) -> Self {
        self.hash = hash;
        self
    }

    /// Whether records are recovered from the free space and the damaged chunks of logs. Everything that comes
    /// from such a record is marked `recovered`. Default: no.
    #[must_use]
    pub fn recover(mut self, recover: bool) -> Self {
        self.recover = recover;
        self
    }

    /// Whether the report also keeps all events that were read, packed, so that a case folder can be read
    /// instead of its logs: [`Report::stored_events`]. Default: no.
    #[must_use]
    pub fn keep_events(mut self, keep: bool) -> Self {
        self.keep_events = keep;
        self
    }

    /// Whether the report also says where each session came from: [`Report::hops`]. For that, further
    /// records are read, some of which are frequent: 5156, 4688, 4768, 4769, 4776, Sysmon 1 and 3. Boots and
    /// sessions are the same with and without it. Default: no.
    ///
    /// ```
    /// let report = winlast::Analysis::of(["sample-evtx/rdp01"]).hops(true).run()?;
    /// let hops = report.hops.expect("they were asked for");
    /// // erin came from an address that belongs to none of the computers that are known here.
    /// assert!(hops.hops.iter().any(|hop| &*hop.account.user == "erin" && hop.source_computer.is_empty()));
    /// # Ok::<(), winlast::Error>(())
    /// ```
    #[must_use]
    pub fn hops(mut self, hops: bool) -> Self {
        self.hops = hops;
        self
    }

    /// The number of worker threads; 0 means one for each core, which is the default. An analysis
    /// that runs [on a pool](Analysis::on) uses the threads of that pool instead.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// The bytes of memory for unpacked archives and for the sessions of all logs, half of it for each of the two. What does
    /// not fit is not read, and is the finding `memory-limit`. Default: 8 GiB. An
    /// analysis that runs [on a pool](Analysis::on) has the memory of that pool instead.
    ///
    /// ```
    /// use winlast::Analysis;
    /// use winlast::model::FindingCode;
    ///
    /// let report = Analysis::of(["sample-evtx/ws01"]).memory(1 << 14).run()?;
    /// assert!(report.findings.iter().any(|finding| finding.code == FindingCode::MemoryLimit));
    /// # Ok::<(), winlast::Error>(())
    /// ```
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Uses the threads and the memory of `pool`, which other analyses may use at the same time.
    #[must_use]
    pub fn on(mut self, pool: &'a Pool) -> Self {
        self.pool = Some(pool);
        self
    }

    /// Reports the progress of the analysis to `progress`. Default: to nobody.
    #[must_use]
    pub fn progress(mut self, progress: &'a dyn Progress) -> Self {
        self.progress = progress;
        self
    }

    /// Reads all evidence and says who was logged on when.
    ///
    /// # Errors
    /// When the only path given cannot be opened, when the evidence holds no event log at all,
    /// and when threads cannot be started. Damage is no error: it is in [`Report::findings`].
    ///
    /// ```
    /// use winlast::{Analysis, Error};
    ///
    /// let nothing = Analysis::of(["docs"]).run();
    /// assert!(matches!(nothing, Err(Error::NoEvidence(_))));
    /// ```
    pub fn run(&self) -> Result<Report> {
        self.with_pool(|pool| self.report(pool, Detail::HeadOnly))
    }

    /// Reads all evidence and returns the events that matter to sessions, without building boots and
    /// sessions.
    ///
    /// # Errors
    /// As [`Analysis::run`].
    ///
    /// ```
    /// use winlast::Analysis;
    /// use winlast::model::EventKind;
    ///
    /// let read = Analysis::of(["sample-evtx/dc01"]).events()?;
    /// let request = read
    ///     .events
    ///     .iter()
    ///     .find(|event| matches!(event.kind, EventKind::LogoffInitiated(_)))
    ///     .expect("the sample holds one 4647");
    /// assert_eq!((request.event_id, request.record_id), (4647, 230_200));
    /// # Ok::<(), winlast::Error>(())
    /// ```
    pub fn events(&self) -> Result<EventSet> {
        self.with_pool(|pool| self.read(pool, Detail::Full))
    }

    fn with_pool<T>(&self, act: impl FnOnce(&Pool) -> Result<T>) -> Result<T> {
        match self.pool {
            Some(pool) => act(pool),
            None => {
                let pool = Pool::new(self.threads)?;
                act(&match self.memory {
                    Some(bytes) => pool.memory(bytes),
                    None => pool,
                })
            }
        }
    }

    fn report(&self, pool: &Pool, detail: Detail) -> Result<Report> {
        let mut read = self.read(pool, detail)?;
        let mut members = None;
        if self.keep_events {
            self.progress.phase("packing events");
            let written = pool.install(|| events_file::UnfinishedMembers::of(&read, self.hops));
            members = Some(written.map_err(not_stored)?);
        }
        self.progress.phase("building timelines");
        let hop_records = std::mem::take(&mut read.hop_records);
        // Timelines are built mostly by one thread. Meanwhile the other threads pack the events.
        let (stored, mut report) = pool.install(|| {
            let pack = || members.map(events_file::UnfinishedMembers::finish).transpose();
            rayon::join(pack, || report_of(pool, read))
        });
        let stored = stored.map_err(not_stored)?;
        if self.hops {
            self.progress.phase("joining hosts");
            let (joined, mut findings) = match self.part.zip(self.joined) {
                Some((part, joined)) => joined.hops_of(part),
                None => hops::join(&report.hosts, hop_records),
            };
            report.hops = Some(joined);
            report.findings.append(&mut findings);
            report.findings.sort_by(finding_order);
        }
        Ok(Report { stored_events: stored, ..report })
    }

    /// Reads all evidence, or only one part of it. With [`Detail::HeadOnly`], the events that add nothing to
    /// their neighbours are left out; the report is the same without them.
    fn read(&self, pool: &Pool, detail: Detail) -> Result<EventSet> {
        if let Some(part) = self.part {
            return Ok(self.read_partition(pool, part, 0));
        }
        let progress = self.progress;
        let settings = self.search_settings();
        let how =
            evtx::ReadSettings { hash: self.hash, recover: self.recover, hops: self.hops, detail };
        let mut discovery = evidence::Discovery::new(&self.given, pool.0.memory(), progress);
        let sources = discovery.sources();
        let mut all = evtx::read_sources(&pool.0, sources, &settings, &how, progress);
        all.findings.append(&mut discovery.findings);
        self.add_cases(pool, &discovery.cases(), None, &mut all);
        if all.logs.is_empty() {
            return Err(discovery.nothing_found(&all.findings));
        }
        all.findings.extend(discovery.given_without_logs(&all));
        all.sort();
        Ok(all)
    }

    fn search_settings(&self) -> evidence::SearchSettings {
        evidence::SearchSettings {
            zip_password: self.zip_password.clone(),
            no_shadow_copies: !self.shadow_copies,
            scan_mft: self.scan_mft,
        }
    }

    /// Adds what the cases hold; with `part`, only what they hold of the computers of that part.
    fn add_cases(
        &self,
        pool: &Pool,
        cases: &[StoredCase],
        part: Option<PartOfCases<'_>>,
        all: &mut EventSet,
    ) {
        if cases.is_empty() {
            return;
        }
        let left = pool.0.memory().most_events().saturating_sub(all.events.len() as u64);
        let selection = part.as_ref().map(|part| &part.selection);
        let hops_before = part.as_ref().map_or(0, |part| part.hops_before);
        let hops_read = hops_before + all.hop_records.len() as u64;
        let most_hops = pool.0.memory().most_events().saturating_sub(hops_read);
        let limits = events_file::MostRead { events: left, hops: self.hops.then_some(most_hops) };
        let mut read =
            pool.install(|| events_file::read_cases(cases, selection, limits, self.progress));
        let shared_here;
        let shared = match &part {
            Some(part) => part.shared,
            None => {
                let sets = std::iter::once(&*all).chain(read.iter().flatten());
                shared_here = SharedPaths::of(sets);
                &shared_here
            }
        };
        for (case, read) in cases.iter().zip(&mut read) {
            if let Ok(read) = read {
                shared.mark(read, case.mark());
            }
        }
        events_file::join(all, read);
    }
}

/// What to read of the cases for one part.
struct PartOfCases<'a> {
    selection: Selection<'a>,
    /// The paths that several cases have for different logs, over all parts.
    shared: &'a SharedPaths,
    /// The number of records for hops that were read for the parts before this one.
    hops_before: u64,
}

/// Shows settings, but never the password.
impl fmt::Debug for Analysis<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Analysis")
            .field("evidence", &self.given)
            .field("shadow_copies", &self.shadow_copies)
            .field("scan_mft", &self.scan_mft)
            .field("hash", &self.hash)
            .field("recover", &self.recover)
            .field("threads", &self.threads)
            .field("memory", &self.memory)
            .finish_non_exhaustive()
    }
}

/// The error when the events cannot be packed.
fn not_stored(source: std::io::Error) -> Error {
    Error::Output { path: PathBuf::from(EVENTS_FILE), source }
}

/// Builds the boots and sessions from what was read.
pub(crate) fn report_of(pool: &Pool, read: EventSet) -> Report {
    let mut logs = read.logs;
    let built = pool.install(|| timeline::build(read.events, &mut logs));
    let mut findings: Vec<Finding> =
        [read.findings, built.findings].into_iter().flatten().collect();
    findings.sort_by(finding_order);
    findings.dedup();
    Report {
        hosts: built.hosts,
        logs,
        findings,
        accounting: built.accounting,
        containers: read.containers,
        stored_events: None,
        hops: None,
        uncovered: Vec::new(),
    }
}

/// The threads and the memory of a pool.
#[cfg(feature = "fuzzing")]
pub(crate) fn read_pool(pool: &Pool) -> &evtx::ReadPool {
    &pool.0
}

/// The order of findings.csv: by computer, boot epoch, time and record, and then by all that remains, so that the
/// order never depends on the run.
fn finding_order(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    let key = |f: &Finding| (f.boot_epoch, f.time, f.log, f.record_id);
    a.computer.cmp(&b.computer).then_with(|| key(a).cmp(&key(b))).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests;

//! One case folder for each source, in such a way that a batch that broke off goes on.

use super::config::Config;
use super::progress::Bar;
use super::{FAILED, INCOMPLETE, READ, absolute, bytes_read, tell, write_case};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use winlast::error::{Error, Result};
use winlast::model::Report;
use winlast::output::{
    self, CaseFolder, Earlier, Formats, Outcome, SOURCES_FILE, SourceRow, Totals,
};
use winlast::progress::{Progress, Silent};
use winlast::{Options, Pool};

/// Characters of a folder's name that come from the source's.
const NAME: usize = 100;

/// A source and its folder.
#[derive(Debug, PartialEq)]
struct Source {
    given: PathBuf,
    folder: String,
}

impl Source {
    /// As given.
    fn shown(&self) -> String {
        self.given.to_string_lossy().into_owned()
    }
}

/// Reads as many sources at a time as there are threads, which they share.
///
/// # Errors
/// Before anything is read, when a folder holds another case; later, when one cannot be written.
/// That a source cannot be read costs that source only.
pub(super) fn run(
    config: &Config,
    pool: &Pool,
    case: &Path,
    force: bool,
    formats: &Formats,
    bar: Option<&Bar>,
) -> Result<u8> {
    let evidence = &config.options.evidence;
    let sources = sources(evidence);
    // A batch that broke off left this list.
    let goes_on = case.join(SOURCES_FILE).is_file();
    CaseFolder::prepare(case, evidence, force || goes_on)?;
    let mut complete = Vec::new();
    for source in &sources {
        let folder = case.join(&source.folder);
        let found = output::earlier_case(&folder, &absolute(&source.given), &config.choices);
        if found == Earlier::Other && !force {
            let reason = "it holds the case of another source, of other options or of another \
                          version; choose another folder, or give --force to read all sources again";
            return Err(Error::OutputRefused { path: folder, reason: reason.into() });
        }
        complete.push(match found {
            Earlier::Same(outcome) if !force => Some(outcome),
            _ => None,
        });
    }
    for (source, _) in sources.iter().zip(&complete).filter(|(_, outcome)| outcome.is_some()) {
        say(config, &format!("{}: already complete, skipped", source.shown()));
    }
    let left = complete.iter().filter(|outcome| outcome.is_none()).count();
    bar.inspect(|bar| bar.batch(left));
    let at_once = pool.threads().min(left);
    let rows = Rows::new(case, &sources, complete)?;
    let batch = Batch { config, case, formats, bar, pool };
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| while rows.next(|source| batch.read(source)) {});
        }
    });
    let rows = rows.finish()?;
    bar.inspect(|bar| bar.done());
    let codes: Vec<u8> = rows
        .iter()
        .map(|row| row.outcome.as_ref().map_or(FAILED, |outcome| outcome.exit_code))
        .collect();
    let exit_code = exit_code(&codes);
    if exit_code != READ {
        let list = case.join(SOURCES_FILE);
        say(config, &format!("not all was read: see {} (exit code {exit_code})", list.display()));
    }
    Ok(exit_code)
}

/// What every source of a batch is read with.
struct Batch<'a> {
    config: &'a Config,
    case: &'a Path,
    formats: &'a Formats,
    bar: Option<&'a Bar>,
    pool: &'a Pool,
}

impl Batch<'_> {
    /// # Errors
    /// When its case cannot be written.
    fn read(&self, source: &Source) -> Result<Row> {
        let Batch { config, bar, .. } = *self;
        let shown = source.shown();
        let part = bar.map(|bar| bar.one_of_batch(&shown));
        let progress: &dyn Progress = part.as_ref().map_or(&Silent, |part| part);
        let options = Options { evidence: vec![source.given.clone()], ..config.options.clone() };
        let folder =
            CaseFolder::prepare(&self.case.join(&source.folder), &config.options.evidence, true)?;
        let written = write_case(config, self.pool, &options, folder, self.formats, progress);
        progress.done();
        match written {
            Ok((report, exit_code)) => {
                let outcome = outcome(&report, exit_code);
                told(config, bar, &shown, &report, outcome);
                Ok(Ok(outcome))
            }
            Err(why @ (Error::Evidence { .. } | Error::NoEvidence(_))) => {
                suspended(bar, || tell(&format!("{shown}: {why}")));
                Ok(Err(why.to_string()))
            }
            Err(why) => Err(why),
        }
    }
}

/// What came of a source: its case, or why there is none.
type Row = std::result::Result<Outcome, String>;

/// What came of each source so far, in their order; on disk at any time.
struct Rows<'a> {
    case: &'a Path,
    sources: &'a [Source],
    state: Mutex<State>,
}

struct State {
    rows: Vec<Option<Row>>,
    /// The first source that nobody has taken yet.
    next: usize,
    failed: Option<Error>,
}

impl<'a> Rows<'a> {
    /// # Errors
    /// When the list cannot be written.
    fn new(case: &'a Path, sources: &'a [Source], done: Vec<Option<Outcome>>) -> Result<Rows<'a>> {
        let rows = done.into_iter().map(|outcome| outcome.map(Ok)).collect();
        let rows = Rows { case, sources, state: Mutex::new(State { rows, next: 0, failed: None }) };
        output::write_sources(case, &rows.list(&rows.state()))?;
        Ok(rows)
    }

    /// Lets `read` read the next source. `false`: there is none, or the batch has failed.
    fn next(&self, read: impl FnOnce(&Source) -> Result<Row>) -> bool {
        let mut state = self.state();
        let at = (state.next..).zip(state.rows.iter().skip(state.next));
        let free = at.filter(|(_, row)| row.is_none()).map(|(at, _)| at).next();
        let Some((at, source)) = free.and_then(|at| Some((at, self.sources.get(at)?))) else {
            return false;
        };
        if state.failed.is_some() {
            return false;
        }
        state.next = at + 1;
        drop(state);
        let row = read(source);
        let mut state = self.state();
        let written = row.and_then(|row| {
            if let Some(place) = state.rows.get_mut(at) {
                *place = Some(row);
            }
            output::write_sources(self.case, &self.list(&state))
        });
        if let Err(why) = written {
            state.failed.get_or_insert(why);
        }
        true
    }

    fn list(&self, state: &State) -> Vec<SourceRow> {
        let done = self.sources.iter().zip(&state.rows);
        done.filter_map(|(source, row)| {
            let (source, folder) = (source.shown(), source.folder.clone());
            Some(SourceRow { source, folder, outcome: row.clone()? })
        })
        .collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// # Errors
    /// What made the batch fail.
    fn finish(self) -> Result<Vec<SourceRow>> {
        let failed = self.state().failed.take();
        failed.map_or_else(|| Ok(self.list(&self.state())), Err)
    }
}

/// That of the batch.
fn exit_code(codes: &[u8]) -> u8 {
    if codes.iter().all(|code| *code == READ) {
        READ
    } else if codes.iter().all(|code| *code == FAILED) {
        FAILED
    } else {
        INCOMPLETE
    }
}

fn outcome(report: &Report, exit_code: u8) -> Outcome {
    let findings = report.findings.len() as u64;
    Outcome { exit_code, sessions: Totals::of(report).sessions, findings }
}

fn told(config: &Config, bar: Option<&Bar>, shown: &str, report: &Report, outcome: Outcome) {
    let Outcome { exit_code, sessions, findings } = outcome;
    suspended(bar, || {
        say(
            config,
            &format!("{shown}: {sessions} sessions, {findings} findings (exit code {exit_code})"),
        );
        if config.verbose {
            report.containers.iter().for_each(|container| tell(&bytes_read(container)));
            report.findings.iter().for_each(|finding| tell(&output::finding_line(finding, false)));
        }
    });
}

fn say(config: &Config, line: &str) {
    if !config.quiet {
        tell(line);
    }
}

/// Lines that do not run into the bar.
fn suspended(bar: Option<&Bar>, act: impl FnOnce()) {
    match bar {
        Some(bar) => bar.suspended(act),
        None => act(),
    }
}

/// Every source once, with a folder of its own whose name does not depend on their order.
fn sources(evidence: &[PathBuf]) -> Vec<Source> {
    let mut seen = BTreeSet::new();
    let mut sources = Vec::new();
    let mut bearers: BTreeMap<String, usize> = [(SOURCES_FILE.to_owned(), 1)].into();
    for given in evidence {
        let resolved = given.canonicalize().unwrap_or_else(|_| absolute(given).into());
        let folder = safe_name(&resolved);
        if seen.insert(resolved) {
            // On some file systems A and a are one.
            *bearers.entry(folder.to_lowercase()).or_default() += 1;
            sources.push(Source { given: given.clone(), folder });
        }
    }
    for source in &mut sources {
        if bearers.get(&source.folder.to_lowercase()).is_some_and(|count| *count > 1) {
            let mark = output::short_hash(absolute(&source.given).as_bytes());
            source.folder = format!("{}-{mark}", source.folder);
        }
    }
    sources
}

/// The last part of a path as every file system takes it.
fn safe_name(path: &Path) -> String {
    let last = path.file_name().unwrap_or_default().to_string_lossy();
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = last.chars().map(safe).take(NAME).collect();
    let name = name.trim_matches('.');
    if name.is_empty() { "source".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(paths: &[&str]) -> Vec<String> {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        sources(&paths).into_iter().map(|source| source.folder).collect()
    }

    #[test]
    fn folders_have_safe_names_of_their_own() {
        assert_eq!(
            folders(&["/x/disk.E01", "/y/a b?.zip", "/"]),
            ["disk.E01", "a_b_.zip", "source"]
        );
        assert_eq!(folders(&["/x/a", "/x/a"]), ["a"]);
        let two = folders(&["/x/disk.E01", "/y/DISK.e01"]);
        assert!(two[0].starts_with("disk.E01-") && two[1].starts_with("DISK.e01-"));
        assert_ne!(two[0].to_lowercase(), two[1].to_lowercase());
        let mut turned = folders(&["/y/DISK.e01", "/x/disk.E01"]);
        turned.reverse();
        assert_eq!(turned, two);
        assert!(folders(&["/x/sources.csv"])[0].starts_with("sources.csv-"));
    }

    #[test]
    fn one_bad_source_does_not_make_a_batch_bad() {
        assert_eq!([[0, 0], [0, 1], [0, 3], [1, 1]].map(|codes| exit_code(&codes)), [0, 3, 3, 1]);
    }
}

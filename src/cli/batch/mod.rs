//! The mode that writes one case folder for each source, in such a way that the same command goes
//! on with a batch that broke off.

mod sources;
mod work_list;

use super::case::fill;
use super::config::{CaseOutput, Config};
use super::exit_code::Status;
use super::messages;
use super::progress::{RunProgress, suspended};
use super::read::{self, Reading, absolute, analysis};
use sources::Source;
use std::path::Path;
use winlast::Pool;
use winlast::error::{Error, Result};
use winlast::output::{
    self, CaseFolder, CaseOutcome, EarlierCase, EvidencePaths, SOURCES_FILE, Totals,
};
use winlast::progress::{Progress, Silent};
use work_list::{WorkList, WorkResult};

/// Reads as many sources at a time as there are threads, which they share.
///
/// # Errors
/// Before anything is read, when a folder holds another case; later, when one cannot be written.
/// That a source cannot be read costs that source only.
pub(super) fn write(
    config: &Config,
    output: &CaseOutput,
    pool: &Pool,
    shown: Option<&RunProgress>,
) -> Result<Status> {
    let CaseOutput { path: case, force, .. } = output;
    let analysis = analysis(config, &config.evidence, pool, &Silent);
    let sources = sources::with_folders(&config.evidence, |path| analysis.name_of(path));
    // A batch that broke off left this list.
    let resumes = case.join(SOURCES_FILE).is_file();
    let evidence = EvidencePaths::of(&config.evidence);
    CaseFolder::prepare(case, &evidence, *force || resumes)?;
    let complete = sources
        .iter()
        .map(|source| earlier_outcome(config, case, source, *force))
        .collect::<Result<Vec<_>>>()?;
    for (source, _) in sources.iter().zip(&complete).filter(|(_, outcome)| outcome.is_some()) {
        let text = format!("{}: already complete, skipped", source.name);
        messages::line_unless_quiet(config, &text);
    }
    let left = complete.iter().filter(|outcome| outcome.is_none()).count();
    shown.inspect(|shown| shown.batch(left));
    let at_once = pool.threads().min(left);
    let list = WorkList::new(case, &sources, output.settings.options.excel_safe, complete)?;
    let batch = Batch { config, output, evidence: &evidence, shown, pool };
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| while list.next(|source| batch.read(source)) {});
        }
    });
    let rows = list.finish()?;
    shown.inspect(|shown| shown.done());
    let codes: Vec<u8> = rows
        .iter()
        .map(|row| row.outcome.as_ref().map_or(Status::Failed.code(), |done| done.exit_code))
        .collect();
    let status = Status::of_batch(&codes);
    if status != Status::Complete {
        let (list, code) = (case.join(SOURCES_FILE), status.code());
        let text = format!("not all was read: see {} (exit code {code})", list.display());
        messages::line_unless_quiet(config, &text);
    }
    Ok(status)
}

/// What came of a source in an earlier run of the same batch, when it need not be read again.
///
/// # Errors
/// When its folder holds another case and may not be written.
fn earlier_outcome(
    config: &Config,
    case: &Path,
    source: &Source,
    force: bool,
) -> Result<Option<CaseOutcome>> {
    let folder = case.join(&source.folder);
    match output::earlier_case(&folder, Some(&absolute(&source.given)), &config.choices) {
        _ if force => Ok(None),
        EarlierCase::Same(outcome) => Ok(Some(outcome)),
        EarlierCase::None => Ok(None),
        EarlierCase::Other => {
            let reason = "it holds the case of another source, of other options or of another \
                          version; choose another folder, or give --force to read all sources again";
            Err(Error::OutputRefused { path: folder, reason: reason.into() })
        }
    }
}

/// What every source of a batch is read with.
struct Batch<'a> {
    config: &'a Config,
    output: &'a CaseOutput,
    /// All of them, none of which may be written to.
    evidence: &'a EvidencePaths,
    shown: Option<&'a RunProgress>,
    pool: &'a Pool,
}

impl Batch<'_> {
    /// # Errors
    /// When its case cannot be written.
    fn read(&self, source: &Source) -> Result<WorkResult> {
        let Batch { config, output, shown, pool, .. } = *self;
        let name = source.name.clone();
        let part = shown.map(|shown| shown.one_of_batch(&name));
        let progress: &dyn Progress = part.as_ref().map_or(&Silent, |part| part);
        let path = output.path.join(&source.folder);
        let folder = CaseFolder::prepare(&path, self.evidence, true)?;
        let evidence = read::Source::Paths(std::slice::from_ref(&source.given));
        let written = fill(config, &evidence, folder, &output.settings, pool, progress);
        progress.done();
        match written {
            Ok(reading) => {
                let findings = reading.report.findings.len() as u64;
                let sessions = Totals::of(&reading.report).sessions;
                let outcome = CaseOutcome { exit_code: reading.status.code(), sessions, findings };
                suspended(shown, || after_source(config, &name, &reading, outcome));
                Ok(Ok(outcome))
            }
            Err(why @ (Error::Evidence { .. } | Error::NoEvidence(_))) => {
                // It names the source.
                suspended(shown, || messages::line(&why.to_string()));
                Ok(Err(why.to_string()))
            }
            Err(why) => Err(why),
        }
    }
}

fn after_source(config: &Config, name: &str, reading: &Reading, outcome: CaseOutcome) {
    let CaseOutcome { exit_code, sessions, findings } = outcome;
    let text = format!("{name}: {sessions} sessions, {findings} findings (exit code {exit_code})");
    messages::line_unless_quiet(config, &text);
    messages::after_source(config, reading);
}

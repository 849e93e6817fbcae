//! The mode that writes a case folder.

use super::arguments;
use super::clock::now;
use super::config::{CaseOutput, Config};
use super::exit_code::Status;
use super::messages;
use super::read::{Reading, Source, read};
use std::time::Instant;
use winlast::Pool;
use winlast::error::Result;
use winlast::output::{CaseFolder, CaseSettings, EvidencePaths, RunFacts};
use winlast::progress::Progress;

/// Reads all evidence and writes its case folder.
///
/// # Errors
/// When there is nothing to read, or the folder cannot or may not be written.
pub(super) fn write(
    config: &Config,
    output: &CaseOutput,
    pool: &Pool,
    progress: &dyn Progress,
) -> Result<Status> {
    let folder =
        CaseFolder::prepare(&output.path, &EvidencePaths::of(&config.evidence), output.force)?;
    let source = Source::Paths(&config.evidence);
    let reading = fill(config, &source, folder, &output.settings, pool, progress)?;
    progress.done();
    messages::after_case(config, output, &reading);
    let status = reading.status;
    // The process ends, and the system takes back its memory at once: a million sessions are not dropped one by one.
    std::mem::forget(reading);
    Ok(status)
}

/// Reads `source` and writes what was found into `folder`.
///
/// # Errors
/// When there is nothing to read: then the folder is taken back. When it cannot be written.
pub(super) fn fill(
    config: &Config,
    source: &Source<'_>,
    folder: CaseFolder,
    settings: &CaseSettings,
    pool: &Pool,
    progress: &dyn Progress,
) -> Result<Reading> {
    let (started, clock) = (now(), Instant::now());
    let reading = match read(config, source, pool, progress) {
        Ok(reading) => reading,
        Err(why) => {
            folder.abandon();
            return Err(why);
        }
    };
    let facts = RunFacts {
        arguments: arguments::without_password(),
        choices: source.choices(config),
        evidence: source.paths(),
        started,
        taken: clock.elapsed(),
        exit_code: reading.status.code(),
    };
    pool.install(|| folder.write(&reading.report, settings, &facts, reading.found, progress))?;
    Ok(reading)
}

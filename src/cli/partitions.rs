//! The mode that joins many cases, and writes a case folder for each part of their computers, in such a way that the
//! same command goes on with a run that broke off.

use super::case::fill;
use super::config::{CaseOutput, Config};
use super::exit_code::Status;
use super::messages;
use super::progress::{RunProgress, suspended};
use super::read::{Source, analysis, choices_of_part};
use std::fs;
use std::path::Path;
use winlast::error::{Error, Result};
use winlast::output::{self, CaseFolder, CaseOutcome, EarlierCase, EvidencePaths, Totals};
use winlast::progress::{Progress, Silent};
use winlast::{Partition, Pool};

/// Reads and writes one part after the other, so that no more than one is in memory, and what is needed of the others
/// for hops.
///
/// # Errors
/// Before anything is written, when the evidence is no case, and when the folder holds anything else; later, when
/// it cannot be written.
pub(super) fn write(
    config: &Config,
    output: &CaseOutput,
    count: u32,
    pool: &Pool,
    shown: Option<&RunProgress>,
) -> Result<Status> {
    let progress: &dyn Progress = shown.map_or(&Silent, |shown| shown);
    let all = analysis(config, &config.evidence, pool, progress);
    let parts = all.partitions(count)?;
    let evidence = EvidencePaths::of(&config.evidence);
    // A run that broke off left some of them.
    let resumes = parts.iter().any(|part| output.path.join(part.name()).is_dir());
    CaseFolder::prepare(&output.path, &evidence, output.force || resumes)?;
    refuse_other_parts(&output.path, &parts)?;
    let earlier = parts.iter().map(|part| earlier_outcome(config, output, part));
    let earlier = earlier.collect::<Result<Vec<_>>>()?;
    let left = earlier.iter().filter(|outcome| outcome.is_none()).count();
    let wants_hops = config.read_options.hops && left > 0;
    let joined = wants_hops.then(|| all.join_parts(&parts)).transpose()?;
    shown.inspect(|shown| shown.batch(left));
    let mut codes = Vec::new();
    for (part, earlier) in parts.iter().zip(earlier) {
        let name = part.name();
        if let Some(outcome) = earlier {
            codes.push(outcome.exit_code);
            let text = format!("{name}: already complete, skipped");
            suspended(shown, || messages::line_unless_quiet(config, &text));
            continue;
        }
        let shown_part = shown.map(|shown| shown.one_of_batch(&name));
        let progress: &dyn Progress = shown_part.as_ref().map_or(&Silent, |part| part);
        let path = output.path.join(&name);
        let source = Source::Part(part, joined.as_ref());
        let folder = CaseFolder::prepare(&path, &evidence, true)?;
        let reading = fill(config, &source, folder, &output.settings, pool, progress)?;
        progress.done();
        codes.push(reading.status.code());
        let Totals { sessions, .. } = Totals::of(&reading.report);
        let (cases, computers) = (part.cases().count(), reading.report.hosts.len());
        let text = format!("{name}: {computers} computers of {cases} cases, {sessions} sessions");
        suspended(shown, || {
            if computers > 0 {
                messages::line_unless_quiet(config, &text);
            }
            messages::after_source(config, &reading);
        });
    }
    shown.inspect(|shown| shown.done());
    Ok(Status::of_batch(&codes))
}

/// What came of a part in an earlier run of the same cases, when it need not be made again.
///
/// # Errors
/// When its folder holds a part of other cases or options, and may not be written.
fn earlier_outcome(
    config: &Config,
    output: &CaseOutput,
    part: &Partition,
) -> Result<Option<CaseOutcome>> {
    if output.force {
        return Ok(None);
    }
    let path = output.path.join(part.name());
    match output::earlier_case(&path, None, &choices_of_part(config, part)) {
        EarlierCase::Same(outcome) => Ok(Some(outcome)),
        EarlierCase::None => Ok(None),
        EarlierCase::Other => {
            let reason = "it holds a part of other cases, of other options or of another version; choose another \
                          folder, or give --force to make all parts again";
            Err(Error::OutputRefused { path, reason: reason.into() })
        }
    }
}

/// Whoever reads all parts in the folder must not meet a computer twice.
fn refuse_other_parts(folder: &Path, parts: &[Partition]) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let is_other = |name: &String| {
        name.starts_with("part-")
            && name.contains("-of-")
            && !parts.iter().any(|part| part.name() == *name)
    };
    match names.filter(is_other).min() {
        None => Ok(()),
        Some(other) => Err(Error::OutputRefused {
            path: folder.to_owned(),
            reason: format!(
                "it holds {other}, a part of another division; choose another folder, or remove its parts"
            ),
        }),
    }
}

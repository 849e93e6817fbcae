//! The mode that joins many cases, and writes a case folder for each part of their computers.

use super::case::fill;
use super::config::{CaseOutput, Config};
use super::exit_code::Status;
use super::messages;
use super::progress::{RunProgress, suspended};
use super::read::{Source, analysis};
use std::fs;
use std::path::Path;
use winlast::error::{Error, Result};
use winlast::output::{CaseFolder, EvidencePaths, Totals};
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
    CaseFolder::prepare(&output.path, &evidence, output.force)?;
    refuse_other_parts(&output.path, &parts)?;
    let wants_hops = config.read_options.hops;
    let joined = wants_hops.then(|| all.join_parts(&parts)).transpose()?;
    shown.inspect(|shown| shown.batch(parts.len()));
    let mut codes = Vec::new();
    for part in &parts {
        let name = part.name();
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
            messages::line_unless_quiet(config, &text);
            messages::after_source(config, &reading);
        });
    }
    shown.inspect(|shown| shown.done());
    Ok(Status::of_batch(&codes))
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

//! Reads evidence as the configuration says, and applies the filters.

use super::config::Config;
use super::exit_code::Status;
use std::path::{Path, PathBuf};
use winlast::error::Result;
use winlast::model::Report;
use winlast::output::{Choices, Totals};
use winlast::progress::Progress;
use winlast::{Analysis, JoinedParts, Partition, Pool};

/// What is read.
pub(super) enum Source<'a> {
    /// Evidence.
    Paths(&'a [PathBuf]),
    /// Some of the computers of cases, with their share of the hops of all parts.
    Part(&'a Partition, Option<&'a JoinedParts>),
}

impl Source<'_> {
    /// The evidence, as run.json has it.
    pub(super) fn paths(&self) -> Vec<String> {
        match self {
            Source::Paths(paths) => paths.iter().map(|path| absolute(path)).collect(),
            Source::Part(part, _) => part.cases().map(absolute).collect(),
        }
    }

    /// What shapes the result, as run.json has it: of a part also the cases that were divided, because the part of a
    /// computer and its hops depend on all of them.
    pub(super) fn choices(&self, config: &Config) -> Choices {
        match self {
            Source::Paths(_) => config.choices.clone(),
            Source::Part(part, _) => choices_of_part(config, part),
        }
    }
}

/// What shapes a part.
pub(super) fn choices_of_part(config: &Config, part: &Partition) -> Choices {
    let mut choices = config.choices.clone();
    choices.insert("cases-sha256".to_owned(), vec![part.cases_sha256().to_owned()]);
    choices
}

/// What was read, and what is known of it from before the filters.
pub(super) struct Reading {
    /// The report, filtered.
    pub(super) report: Report,
    /// What the whole report says of the evidence.
    pub(super) status: Status,
    /// The counts before the filters.
    pub(super) found: Totals,
    /// A sentence for each user and computer asked for that the evidence does not have.
    pub(super) unknown: Vec<String>,
}

/// # Errors
/// When there is nothing to read at all.
pub(super) fn read(
    config: &Config,
    source: &Source<'_>,
    pool: &Pool,
    progress: &dyn Progress,
) -> Result<Reading> {
    let analysis = match source {
        Source::Paths(paths) => analysis(config, paths, pool, progress),
        Source::Part(part, joined) => {
            let analysis = analysis(config, &[], pool, progress).only(part);
            match joined {
                Some(joined) => analysis.joined(joined),
                None => analysis,
            }
        }
    };
    let mut report = analysis.run()?;
    let (status, found) = (Status::of(&report), Totals::of(&report));
    let unknown = config.filter.unknown_names(&report);
    config.watch.mark(&mut report);
    config.filter.apply(&mut report);
    Ok(Reading { report, status, found, unknown })
}

/// The analysis that the configuration asks for.
pub(super) fn analysis<'a>(
    config: &Config,
    evidence: &[PathBuf],
    pool: &'a Pool,
    progress: &'a dyn Progress,
) -> Analysis<'a> {
    let mut analysis = Analysis::of(evidence)
        .shadow_copies(config.read_options.shadow_copies)
        .scan_mft(config.read_options.scan_mft)
        .hash(config.read_options.hash)
        .recover(config.read_options.recover)
        .hops(config.read_options.hops)
        .keep_events(config.mode.keeps_events())
        .on(pool)
        .progress(progress);
    for (path, name) in config.evidence.iter().zip(&config.names) {
        analysis = analysis.name(path, name);
    }
    if let Some(root) = &config.evidence_root {
        analysis = analysis.evidence_root(root);
    }
    match &config.read_options.zip_password {
        Some(password) => analysis.zip_password(password),
        None => analysis,
    }
}

/// A path of the command line, as run.json has it.
pub(super) fn absolute(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.to_string_lossy().into_owned()
}

//! One case folder for each source, in such a way that a batch that broke off goes on.

use super::config::Config;
use super::progress::Bar;
use super::{FAILED, INCOMPLETE, READ, absolute, bytes_read, tell, write_case};
use crate::Options;
use crate::error::{Error, Result};
use crate::model::Report;
use crate::output::{self, CaseFolder, Earlier, Formats, Outcome, SOURCES_FILE, SourceRow, Totals};
use crate::progress::{Progress, Silent};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Characters of a folder's name that come from the source's.
const NAME: usize = 100;

/// A source and its folder.
#[derive(Debug, PartialEq)]
struct Source {
    given: PathBuf,
    folder: String,
}

/// Reads one source after the other; each uses every thread.
///
/// # Errors
/// Before anything is read, when a folder holds another case; later, when one cannot be written.
/// That a source cannot be read costs that source only.
pub(super) fn run(
    config: &Config,
    case: &Path,
    force: bool,
    formats: &Formats,
    bar: Option<&Bar>,
) -> Result<u8> {
    let progress: &dyn Progress = bar.map_or(&Silent, |bar| bar);
    let evidence = &config.options.evidence;
    let sources = sources(evidence);
    // A batch that broke off left this list.
    let goes_on = case.join(SOURCES_FILE).is_file();
    CaseFolder::prepare(case, evidence, force || goes_on)?;
    let mut earlier = Vec::new();
    for source in &sources {
        let folder = case.join(&source.folder);
        let found = output::earlier_case(&folder, &absolute(&source.given), &config.choices);
        if found == Earlier::Other && !force {
            let reason = "it holds the case of another source, of other options or of another \
                          version; choose another folder, or give --force to read all sources again";
            return Err(Error::OutputRefused { path: folder, reason: reason.into() });
        }
        earlier.push(found);
    }

    let mut rows = Vec::new();
    output::write_sources(case, &rows)?;
    for (number, (source, earlier)) in (1..).zip(sources.iter().zip(earlier)) {
        let shown = source.given.to_string_lossy().into_owned();
        let outcome = match earlier {
            Earlier::Same(outcome) if !force => {
                say(config, &format!("{shown}: already complete, skipped"));
                Ok(outcome)
            }
            _ => {
                bar.inspect(|bar| bar.batch(&shown, number, sources.len()));
                let options =
                    Options { evidence: vec![source.given.clone()], ..config.options.clone() };
                let folder = CaseFolder::prepare(&case.join(&source.folder), evidence, true)?;
                match write_case(config, &options, folder, formats, progress) {
                    Ok((report, exit_code)) => {
                        let outcome = outcome(&report, exit_code);
                        told(config, bar, &shown, &report, outcome);
                        Ok(outcome)
                    }
                    Err(why @ (Error::Evidence { .. } | Error::NoEvidence(_))) => {
                        suspended(bar, || tell(&format!("{shown}: {why}")));
                        Err(why.to_string())
                    }
                    Err(why) => return Err(why),
                }
            }
        };
        rows.push(SourceRow { source: shown, folder: source.folder.clone(), outcome });
        output::write_sources(case, &rows)?;
    }
    progress.done();
    let codes: Vec<u8> = rows
        .iter()
        .map(|row| row.outcome.as_ref().map_or(FAILED, |outcome| outcome.exit_code))
        .collect();
    let exit_code = exit_code(&codes);
    if exit_code != READ {
        let list = case.join(SOURCES_FILE);
        tell(&format!("not all was read: see {} (exit code {exit_code})", list.display()));
    }
    Ok(exit_code)
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

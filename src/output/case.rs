//! The case folder: written aside, then renamed, never into the evidence.

use super::aside::Aside;
use super::html::write_html;
use super::rows::Rows;
use super::run::{RUN_FILE, RunFacts, Totals, Written, write_run};
use super::table::{Table, TableFormat, write_table};
use crate::error::{Error, Result};
use crate::model::Report;
use crate::progress::Progress;
use rayon::prelude::*;
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

const PAGE_FILE: &str = "report.html";

/// What a case folder is written with. `run.json` is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formats {
    /// The tables as CSV.
    pub csv: bool,
    /// The tables as JSON lines.
    pub jsonl: bool,
    /// The page.
    pub html: bool,
    /// CSV for spreadsheets.
    pub excel_safe: bool,
    /// Which timeline rows.
    pub rows: Rows,
}

/// A folder that may be written to.
#[derive(Debug)]
pub struct CaseFolder {
    path: PathBuf,
    created: bool,
}

impl CaseFolder {
    /// Checks and makes the folder; call it before reading, so that a refusal comes early.
    ///
    /// # Errors
    /// When it is the evidence or inside it, when it holds files and `force` is not given, or when
    /// it cannot be made.
    pub fn prepare(path: &Path, evidence: &[PathBuf], force: bool) -> Result<CaseFolder> {
        let refuse = |reason: &str| {
            Err(Error::OutputRefused { path: path.to_owned(), reason: reason.to_owned() })
        };
        let failed = |source| Error::Output { path: path.to_owned(), source };
        let target = resolve(path).map_err(failed)?;
        for given in evidence {
            // Evidence that cannot be looked at is reported by whoever reads it.
            let Ok(given) = given.canonicalize() else { continue };
            if target.starts_with(&given) {
                return refuse("it is evidence or lies inside it; choose a folder elsewhere");
            }
            let ours = own_names().any(|name| target.join(name) == given);
            if ours {
                return refuse("a file to be written is evidence; choose a folder elsewhere");
            }
        }
        let created = match fs::read_dir(&target).map(|mut entries| entries.next().is_some()) {
            Ok(true) if !force => {
                return refuse(
                    "it is not empty; choose another folder, or give --force to replace an earlier case",
                );
            }
            Ok(_) => false,
            Err(why) if why.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(&target).map_err(failed)?;
                true
            }
            Err(why) if why.kind() == io::ErrorKind::NotADirectory => {
                return refuse("it is a file; give a folder");
            }
            Err(why) => return Err(failed(why)),
        };
        Ok(CaseFolder { path: target, created })
    }

    /// Takes the folder back when there is nothing to write into it.
    pub fn abandon(self) {
        if self.created {
            // Fails when somebody else put a file there, which is then theirs.
            let _ = fs::remove_dir(&self.path);
        }
    }

    /// Writes all files aside, by the threads at hand, and only when every one is complete gives them their names;
    /// `run.json` comes last. Files of an earlier run are replaced, others are left alone.
    ///
    /// # Errors
    /// When a file cannot be written: then none has its final name and an earlier case is as it was.
    /// When a finished file cannot be renamed: then `run.json` is missing.
    pub fn write(
        &self,
        report: &Report,
        formats: &Formats,
        facts: &RunFacts,
        found: Totals,
        progress: &dyn Progress,
    ) -> Result<()> {
        let files = files(report, formats, found);
        let write = |(name, writer): (String, Content<'_>)| {
            progress.phase(&format!("writing {name}"));
            Aside::write(&self.path, &name, &*writer)
        };
        let written = files.into_par_iter().with_max_len(1).map(write);
        let (aside, written): (Vec<Aside>, Vec<Written>) =
            written.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        let (run, _) = Aside::write(&self.path, RUN_FILE, &|out| {
            write_run(report, facts, found, &written, out)
        })?;
        // From here on, a folder without run.json is not complete.
        for name in own_names().filter(|name| name == RUN_FILE || !names(&written, name)) {
            remove(&self.path.join(name))?;
        }
        aside.into_iter().chain([run]).try_for_each(Aside::finish)
    }
}

/// Writes the content of one file.
type Content<'a> = Box<dyn Fn(&mut dyn Write) -> io::Result<()> + Send + Sync + 'a>;

/// The files of a case, but for run.json.
fn files<'a>(report: &'a Report, formats: &Formats, found: Totals) -> Vec<(String, Content<'a>)> {
    let csv = TableFormat::Csv { excel_safe: formats.excel_safe };
    let rows = formats.rows;
    let table_formats = [(formats.csv, csv, "csv"), (formats.jsonl, TableFormat::Jsonl, "jsonl")];
    let mut files: Vec<(String, Content<'a>)> = Vec::new();
    for (_, format, ending) in table_formats.into_iter().filter(|(wanted, ..)| *wanted) {
        files.extend(Table::ALL.iter().map(|&table| -> (String, Content<'a>) {
            let write = move |out: &mut dyn Write| write_table(report, table, rows, format, out);
            (format!("{}.{ending}", table.name()), Box::new(write))
        }));
    }
    if formats.html {
        let write = move |out: &mut dyn Write| write_html(report, found, out);
        files.push((PAGE_FILE.into(), Box::new(write)));
    }
    files
}

fn names(written: &[Written], name: &str) -> bool {
    written.iter().any(|file| file.name == name)
}

/// Every name that a case folder can hold.
fn own_names() -> impl Iterator<Item = String> {
    let tables = Table::ALL.iter().flat_map(|table| {
        ["csv", "jsonl"].iter().map(move |ending| format!("{}.{ending}", table.name()))
    });
    tables.chain([PAGE_FILE.to_owned(), RUN_FILE.to_owned()])
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Error::Output { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// The absolute path without links, though its last parts need not exist.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut resolved = std::env::current_dir()?;
    for part in path.components() {
        match part {
            Component::CurDir => {}
            // What is resolved so far holds no link, so its parent is one name less.
            Component::ParentDir => {
                resolved.pop();
            }
            part => {
                resolved.push(part);
                if let Ok(real) = resolved.canonicalize() {
                    resolved = real;
                }
            }
        }
    }
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use crate::model::sample;
    use crate::progress::Silent;
    use std::time::Duration;

    /// An empty folder for one test, removed when it ends.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("winlast-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
            Folder(path.canonicalize().unwrap())
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn facts(seconds: u64) -> RunFacts {
        RunFacts {
            arguments: vec![],
            choices: Default::default(),
            evidence: vec![],
            started: Timestamp::from_filetime(0),
            taken: Duration::from_secs(seconds),
            exit_code: 3,
        }
    }

    const ALL: Formats =
        Formats { csv: true, jsonl: true, html: true, excel_safe: false, rows: Rows::All };

    fn write(folder: &Path, formats: &Formats, seconds: u64) {
        let case = CaseFolder::prepare(folder, &[], true).unwrap();
        let report = sample::report();
        case.write(&report, formats, &facts(seconds), Totals::of(&report), &Silent).unwrap();
    }

    fn listing(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn only_run_json_differs_between_runs() {
        let (one, two) = (Folder::new("same-1"), Folder::new("same-2"));
        write(&one.0, &ALL, 1);
        write(&two.0, &ALL, 2);
        let mut expected: Vec<String> = own_names().collect();
        expected.sort();
        assert_eq!(listing(&one.0), expected);
        for name in expected {
            let [a, b] = [&one, &two].map(|folder| fs::read(folder.0.join(&name)).unwrap());
            assert_eq!(a == b, name != RUN_FILE, "{name}");
        }
        let run: serde_json::Value =
            serde_json::from_slice(&fs::read(one.0.join(RUN_FILE)).unwrap()).unwrap();
        assert_eq!(run["exit_code"], 3);
        assert_eq!(run["counts"]["found"]["sessions"], 4);
        assert_eq!(run["counts"]["findings"]["chunk-damaged"], 1);
        assert_eq!(run["files"].as_array().unwrap().len(), 11);
        let size = fs::metadata(one.0.join("timeline.csv")).unwrap().len();
        assert_eq!(run["files"][0]["size"], size);
    }

    #[test]
    fn an_earlier_case_is_replaced_and_other_files_stay() {
        let folder = Folder::new("replace");
        write(&folder.0, &ALL, 1);
        fs::write(folder.0.join("notes.txt"), "mine").unwrap();
        assert!(matches!(
            CaseFolder::prepare(&folder.0, &[], false),
            Err(Error::OutputRefused { .. })
        ));
        write(&folder.0, &Formats { csv: false, html: false, ..ALL }, 1);
        let mut expected: Vec<String> =
            Table::ALL.iter().map(|table| format!("{}.jsonl", table.name())).collect();
        expected.extend(["notes.txt".to_owned(), RUN_FILE.to_owned()]);
        expected.sort();
        assert_eq!(listing(&folder.0), expected);
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let folder = Folder::new("failure");
        let failed = Aside::write(&folder.0, "x.csv", &|out| {
            out.write_all(b"half a row")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(matches!(failed, Err(Error::Output { path, .. }) if path.ends_with("x.csv")));
        assert!(listing(&folder.0).is_empty());
    }

    #[test]
    fn never_inside_the_evidence() {
        let folder = Folder::new("evidence");
        let evidence = folder.0.join("evidence");
        fs::create_dir_all(evidence.join("sub")).unwrap();
        let file = folder.0.join("run.json");
        fs::write(&file, "evidence by that name").unwrap();
        let given = [evidence.clone(), file.clone()];
        for refused in [
            evidence.clone(),
            evidence.join("sub"),
            evidence.join("new/../newer"),
            folder.0.join("missing/../evidence/case"),
            file.clone(),
            folder.0.clone(),
        ] {
            let result = CaseFolder::prepare(&refused, &given, true);
            assert!(matches!(result, Err(Error::OutputRefused { .. })), "{refused:?} {result:?}");
        }
        assert_eq!(listing(&evidence), ["sub"]);
        let case = CaseFolder::prepare(&folder.0.join("evidence-case"), &given, false).unwrap();
        assert!(case.path.is_dir());
        case.abandon();
        assert!(!folder.0.join("evidence-case").exists());
    }

    #[cfg(unix)]
    #[test]
    fn not_through_a_link_either() {
        let folder = Folder::new("links");
        let evidence = folder.0.join("evidence");
        fs::create_dir_all(&evidence).unwrap();
        std::os::unix::fs::symlink(&evidence, folder.0.join("link")).unwrap();
        let result = CaseFolder::prepare(&folder.0.join("link/case"), &[evidence], false);
        assert!(matches!(result, Err(Error::OutputRefused { .. })));
    }
}

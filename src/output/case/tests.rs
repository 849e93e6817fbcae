//! The case folder, from an empty folder to refusals.

use super::*;
use crate::model::Timestamp;
use crate::model::sample;
use crate::output::tables::{Table, TimelineRows};
use crate::progress::Silent;
use sha2::{Digest, Sha256};
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

fn settings(formats: &[&str]) -> CaseSettings {
    let formats = formats.iter().map(|name| name.parse::<Format>().unwrap()).collect();
    let options = OutputOptions { timeline_rows: TimelineRows::All, excel_safe: false };
    CaseSettings { formats, options }
}

fn every_format() -> Vec<&'static str> {
    Format::ALL.iter().map(|format| format.name()).collect()
}

fn write(folder: &Path, formats: &[&str], seconds: u64) {
    let case = CaseFolder::prepare(folder, &EvidencePaths::default(), true).unwrap();
    let (report, settings) = (sample::report(), settings(formats));
    case.write(&report, &settings, &facts(seconds), Totals::of(&report), &Silent).unwrap();
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
    write(&one.0, &every_format(), 1);
    write(&two.0, &every_format(), 2);
    let files = Format::ALL.iter().flat_map(|format| format.files());
    let mut expected: Vec<String> = files.map(|file| file.name).collect();
    expected.push(RUN_FILE.to_owned());
    expected.sort();
    assert_eq!(listing(&one.0), expected);
    for name in &expected {
        let name = name.as_str();
        let [a, b] = [&one, &two].map(|folder| fs::read(folder.0.join(name)).unwrap());
        assert_eq!(a == b, name != RUN_FILE, "{name}");
    }
    let run: serde_json::Value =
        serde_json::from_slice(&fs::read(one.0.join(RUN_FILE)).unwrap()).unwrap();
    assert_eq!(run["exit_code"], 3);
    assert_eq!(run["counts"]["found"]["sessions"], 4);
    assert_eq!(run["counts"]["findings"]["chunk-damaged"], 1);
    let summaries = run["files"].as_array().unwrap();
    assert_eq!(summaries.len(), expected.len() - 1);
    for file in summaries {
        let bytes = fs::read(one.0.join(file["name"].as_str().unwrap())).unwrap();
        let hash = Sha256::digest(&bytes)
            .iter()
            .fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
        assert_eq!((&file["size"], &file["sha256"]), (&bytes.len().into(), &hash.into()), "{file}");
    }
    let size = fs::metadata(one.0.join("timeline.csv")).unwrap().len();
    assert_eq!(run["files"][0]["size"], size);
}

#[test]
fn an_earlier_case_is_replaced_and_other_files_stay() {
    let folder = Folder::new("replace");
    write(&folder.0, &every_format(), 1);
    fs::write(folder.0.join("notes.txt"), "mine").unwrap();
    // Another build may have written it.
    fs::write(folder.0.join("boots.parquet"), "PAR1").unwrap();
    assert!(matches!(
        CaseFolder::prepare(&folder.0, &EvidencePaths::default(), false),
        Err(Error::OutputRefused { .. })
    ));
    write(&folder.0, &["jsonl"], 1);
    let mut expected: Vec<String> =
        Table::ALL.iter().map(|table| format!("{}.jsonl", table.name())).collect();
    expected.extend(["notes.txt".to_owned(), RUN_FILE.to_owned()]);
    expected.sort();
    assert_eq!(listing(&folder.0), expected);
}

#[test]
fn a_failure_leaves_nothing_behind() {
    let folder = Folder::new("failure");
    let failed = TemporaryFile::write(&folder.0, "x.csv", &|out| {
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
        let result = CaseFolder::prepare(&refused, &EvidencePaths::of(&given), true);
        assert!(matches!(result, Err(Error::OutputRefused { .. })), "{refused:?} {result:?}");
    }
    assert_eq!(listing(&evidence), ["sub"]);
    let case =
        CaseFolder::prepare(&folder.0.join("evidence-case"), &EvidencePaths::of(&given), false)
            .unwrap();
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
    let result =
        CaseFolder::prepare(&folder.0.join("link/case"), &EvidencePaths::of(&[evidence]), false);
    assert!(matches!(result, Err(Error::OutputRefused { .. })));
}

#[test]
fn what_a_killed_run_has_left_is_removed_and_nothing_else() {
    let folder = Folder::new("stale");
    let stale = ".run.json.0123456789abcdef.tmp";
    for name in [stale, ".run.json.7.tmp", ".notes.0123456789abcdef.tmp"] {
        fs::write(folder.0.join(name), b"half a file").unwrap();
    }
    write(&folder.0, &["csv"], 1);
    let names = listing(&folder.0);
    assert!(!names.contains(&stale.to_owned()), "{names:?}");
    let hidden: Vec<&String> = names.iter().filter(|name| name.starts_with('.')).collect();
    assert_eq!(hidden, [".notes.0123456789abcdef.tmp", ".run.json.7.tmp"]);
}

#[test]
fn a_folder_with_nothing_but_what_a_killed_run_left_is_free() {
    let folder = Folder::new("only-stale");
    for name in
        [".html.x", ".report.html.00000000000000aa.tmp", ".sources.csv.0123456789abcdef.tmp"]
    {
        fs::write(folder.0.join(name), b"half a file").unwrap();
    }
    // Nothing goes as long as the folder is refused.
    let refused = CaseFolder::prepare(&folder.0, &EvidencePaths::default(), false);
    assert!(matches!(refused, Err(Error::OutputRefused { .. })));
    assert_eq!(listing(&folder.0).len(), 3);
    fs::remove_file(folder.0.join(".html.x")).unwrap();
    let evidence = [folder.0.join(".report.html.00000000000000aa.tmp")];
    let refused = CaseFolder::prepare(&folder.0, &EvidencePaths::of(&evidence), true);
    assert!(matches!(refused, Err(Error::OutputRefused { .. })));
    assert_eq!(listing(&folder.0).len(), 2);
    // What this process is writing stays.
    let (written, _) = TemporaryFile::write(&folder.0, RUN_FILE, &|_| Ok(())).unwrap();
    CaseFolder::prepare(&folder.0, &EvidencePaths::default(), false).unwrap();
    let left = listing(&folder.0);
    assert!(left.len() == 1 && left[0].starts_with(".run.json."), "{left:?}");
    drop(written);
    assert!(listing(&folder.0).is_empty());
}

/// Many computers, two of them with one name but for its case, one with a name that no file can have.
fn many_computers() -> Report {
    let mut report = sample::report();
    let host = report.hosts.remove(0);
    let name = |at: usize| match at {
        0 => "PC.lan".to_owned(),
        1 => "pc.LAN".to_owned(),
        2 => "../<b>&".to_owned(),
        3 => "NUL".to_owned(),
        at => format!("HOST-{at:04}"),
    };
    report.hosts = (0..501)
        .map(|at| crate::model::Host { computer: name(at).as_str().into(), ..host.clone() })
        .collect();
    report.findings[0].computer = "NUL".into();
    report
}

fn write_many(folder: &Path, report: &Report) {
    let case = CaseFolder::prepare(folder, &EvidencePaths::default(), true).unwrap();
    case.write(report, &settings(&["html"]), &facts(1), Totals::of(report), &Silent).unwrap();
}

/// The index links each computer, each page is there with its SHA-256, and the next case takes them back.
#[test]
fn a_case_of_many_computers_has_a_page_for_each() {
    let (one, two) = (Folder::new("pages-1"), Folder::new("pages-2"));
    let report = many_computers();
    write_many(&one.0, &report);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| write_many(&two.0, &report));
    let names = listing(&one.0.join("report"));
    assert_eq!((names.len(), &names), (501, &listing(&two.0.join("report"))));
    let index = fs::read_to_string(one.0.join("report.html")).unwrap();
    for name in &names {
        let [a, b] =
            [&one, &two].map(|folder| fs::read(folder.0.join("report").join(name)).unwrap());
        assert!(a == b, "{name} differs");
        assert!(index.contains(&format!("<a href=\"report/{name}\">")), "{name}");
        let page = String::from_utf8(a).unwrap();
        assert!(page.contains("<a href=\"../report.html\">501 computers"), "{name}");
    }
    let odd: Vec<&String> = names.iter().filter(|name| !name.starts_with("HOST-")).collect();
    assert!(odd[0].starts_with("PC.lan-") && odd[3].starts_with("pc.LAN-"), "{odd:?}");
    assert_eq!((odd[1].as_str(), odd[2].as_str()), ("_NUL.html", "__b__.html"));
    let nul = fs::read_to_string(one.0.join("report/_NUL.html")).unwrap();
    let other = fs::read_to_string(one.0.join("report/HOST-0007.html")).unwrap();
    let message = crate::output::escape::html(&report.findings[0].message).into_owned();
    assert!(nul.contains(&message) && !other.contains(&message));
    let run: serde_json::Value =
        serde_json::from_slice(&fs::read(one.0.join(RUN_FILE)).unwrap()).unwrap();
    let files = run["files"].as_array().unwrap();
    assert_eq!(files.len(), 502);
    for file in files {
        let bytes = fs::read(one.0.join(file["name"].as_str().unwrap())).unwrap();
        assert_eq!(file["sha256"], crate::output::hex_hash(&bytes), "{file}");
    }
    // Of an earlier case; a killed run; somebody's own.
    for name in ["OLD.html", ".HOST-0007.html.0123456789abcdef.tmp", "notes.txt"] {
        fs::write(one.0.join("report").join(name), "x").unwrap();
    }
    write_many(&one.0, &report);
    assert_eq!(listing(&one.0.join("report")).len(), 502);
    write(&one.0, &["html"], 1);
    assert_eq!(listing(&one.0.join("report")), ["notes.txt"]);
    write(&two.0, &["html"], 1);
    assert_eq!(listing(&two.0), ["report.html", RUN_FILE]);
}

/// Nothing is written through a link instead of the folder.
#[cfg(unix)]
#[test]
fn pages_are_not_written_through_a_link() {
    let folder = Folder::new("pages-link");
    let (case, elsewhere) = (folder.0.join("case"), folder.0.join("elsewhere"));
    fs::create_dir(&case).unwrap();
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("theirs.html"), "x").unwrap();
    std::os::unix::fs::symlink(&elsewhere, case.join("report")).unwrap();
    let report = many_computers();
    let folder = CaseFolder::prepare(&case, &EvidencePaths::default(), true).unwrap();
    let written =
        folder.write(&report, &settings(&["html"]), &facts(1), Totals::of(&report), &Silent);
    assert!(matches!(written, Err(Error::Output { .. })), "{written:?}");
    assert_eq!(listing(&elsewhere), ["theirs.html"]);
    assert_eq!(listing(&case), ["report"]);
}

//! Every output format of a whole case: the same bytes in every run, and the same rows as CSV by the word of other
//! readers (`tests/formats/readers.py`), for the sample and for evidence that wants to act.

use super::common::{project, readers_python, scratch, skipped, winlast};
use evtx_synth::catalogue::{Account, Logon, SECURITY, Session, security};
use evtx_synth::{FileTime, Host, LogOptions, Sid};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use winlast::output::Format;

/// Every format that this build has.
fn all_formats() -> String {
    let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    names.join(",")
}

/// Writes a case in every format.
fn write_case(evidence: &[PathBuf], case: &Path, more: &[&str]) {
    let formats = all_formats();
    let given = ["-o".into(), case.into(), "-f".into(), formats.into(), "-q".into()];
    let rest = ["--rows", "all", "--force"].iter().chain(more).map(OsString::from);
    let arguments: Vec<OsString> =
        evidence.iter().map(OsString::from).chain(given).chain(rest).collect();
    let output = winlast(&arguments);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
}

/// The files of a case without run.json, which alone may differ.
fn files(case: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(case)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .filter(|(name, _)| name != "run.json")
        .collect()
}

#[test]
fn the_same_bytes_for_all_threads_and_orders() {
    let folder = scratch("formats-same");
    let mut evidence = vec![project("sample-evtx"), hostile_log(&folder)];
    write_case(&evidence, &folder.join("first"), &["--threads", "1"]);
    let first = files(&folder.join("first"));
    // A table that is missing here has no test.
    let of_tables = Format::ALL.iter().filter(|format| format.has_tables()).count();
    let others = Format::ALL.len() - of_tables;
    assert_eq!(
        first.len(),
        of_tables * winlast::output::Table::ALL.iter().filter(|table| !table.is_of_hops()).count()
            + others
    );
    for threads in ["2", "7"] {
        evidence.reverse();
        let case = folder.join(threads);
        write_case(&evidence, &case, &["--threads", threads]);
        let again = files(&case);
        assert!(first.keys().eq(again.keys()));
        for (name, bytes) in &first {
            assert!(again[name] == *bytes, "{name} differs with {threads} threads");
        }
    }
}

#[test]
fn other_readers_find_the_rows_of_csv() {
    let Some(python) = readers_python() else { return };
    let folder = scratch("formats-readers");
    for (name, evidence) in [("sample", project("sample-evtx")), ("hostile", hostile_log(&folder))]
    {
        let case = folder.join(name);
        write_case(&[evidence], &case, &[]);
        let script = project("tests/formats/readers.py");
        let output = Command::new(&python).args([&script, &case]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let problem = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {problem}\n{text}");
        text.lines().filter_map(|line| line.strip_prefix("skipped: ")).for_each(skipped);
        let checked = text.lines().filter(|line| line.starts_with("checked: ")).count();
        assert!(checked > 0 || text.contains("skipped: "), "{text}");
    }
}

/// Names that want to act in one of the formats.
const HOSTILE: &[&str] = &[
    "=HYPERLINK(\"http://x.example\",\"y\")",
    "@SUM(1)|b",
    "-1+1",
    "1e5",
    "007",
    "TRUE",
    "_x0041__x005F_",
    "line\r\nbreak\ttab",
    "\u{1b}[2Jesc\u{9b}\u{7f}",
    "\u{202e}txt.exe\u{200b}\u{2028}",
    "nul\0l",
    "'; DROP TABLE sessions; --",
    "<b>&amp;\"</b>]]>",
    " blanks ",
    "%7C%0A%",
    "山田🦀\u{fffe}\u{ffff}",
    "back\\slash\\n",
];

/// The log of a computer on which accounts of these names log on.
fn hostile_log(folder: &Path) -> PathBuf {
    let mut host = Host::new("WS|1");
    let start = FileTime::parse("2026-03-02T08:00:00.1234567Z");
    for (index, name) in (0..).zip(HOSTILE) {
        let sid = Sid::parse(&format!("S-1-5-21-1-2-3-{}", 2000 + index));
        let session = Session::new(Account::new(sid, *name, *name), 0x5_0000 + 0x100 * index);
        let at = start.plus_ms(60_000 * index);
        host.log(at, Logon::network(session.clone(), name, "192.0.2.7", 50_000).event());
        host.log(at.plus_ms(12_000), security::logoff(&session, 3));
    }
    let path = folder.join("hostile.evtx");
    let log = host.log_file(SECURITY, &LogOptions::default());
    fs::write(&path, log.to_bytes()).unwrap();
    path
}

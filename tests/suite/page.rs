//! The page: its functions against the tables of the same case (with node), and the page itself in a browser. Both
//! say aloud that they were skipped where the program is not at hand.

use super::common::{project, scratch, shared, skipped};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A case with CSV tables and the page.
fn case_of(name: &str, evidence: &Path) -> PathBuf {
    let case = scratch(&format!("page-{name}")).join("case");
    let output = Command::new(env!("CARGO_BIN_EXE_winlast"))
        .args([evidence.as_os_str(), "-o".as_ref(), case.as_os_str()])
        .args(["--rows", "all", "-f", "csv,html", "-q"])
        .output()
        .unwrap();
    assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
    case
}

/// The evidence that every test here is run on: the sample, and the real computers where they are.
fn all_evidence() -> Vec<(String, PathBuf)> {
    let mut all = vec![("sample".to_owned(), project("sample-evtx"))];
    let hosts = shared("evtx").and_then(|folder| std::fs::read_dir(folder.join("hosts")).ok());
    for host in hosts.into_iter().flatten().map(|entry| entry.unwrap().path()) {
        all.push((host.file_name().unwrap().to_str().unwrap().to_owned(), host));
    }
    all.sort();
    all
}

/// The output of a program; `None`, said aloud, where it is not there.
fn run_if_there(program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(why) => {
            skipped(&format!("the page is not checked with {program}: {why}"));
            None
        }
    }
}

/// Who was on equals a brute-force count over sessions.csv at 1,000 moments, sure and possible apart; times
/// grow along each axis; no bar covers another one; no time stands under another day's date; filters agree.
#[test]
fn functions_say_what_the_tables_say() {
    if run_if_there("node", &["--version"]).is_none() {
        return;
    }
    let checks = project("tests/page/checks.mjs");
    for (name, evidence) in all_evidence() {
        let case = case_of(&name, &evidence);
        let arguments = [checks.to_str().unwrap(), case.to_str().unwrap()];
        let output = run_if_there("node", &arguments).unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {text}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("who was on"), "{name}");
    }
}

/// What the logs never show together: many clock steps, an empty case, hostile texts.
#[test]
fn functions_hold_on_made_up_computers() {
    let checks = project("tests/page/made-up.mjs");
    if let Some(output) = run_if_there("node", &[checks.to_str().unwrap()]) {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What the script shows.
const SHOWN: [&str; 5] = [
    "<div id=\"page\">",
    "Every event accounted for",
    "role=\"option\"",
    "role=\"cell\"",
    "aria-pressed=\"true\"",
];

/// How often a browser may try to show a page.
const MOST_RUNS: u32 = 20;

/// The page as a browser has it after five seconds of its own clock.
fn shown_by_a_browser(name: &str, page: &str, profile: &str) -> String {
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        "--virtual-time-budget=5000",
        profile,
        "--dump-dom",
        page,
    ];
    let output = run_if_there("chromium", &arguments).unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(!log.contains(":CONSOLE"), "{name}: {log}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// From a file, without an error in the console: a violation of the policy is one.
#[test]
fn a_browser_shows_the_page_without_errors() {
    if run_if_there("chromium", &["--version"]).is_none() {
        return;
    }
    for (name, evidence) in all_evidence() {
        let page = format!(
            "file://{}",
            case_of(&format!("{name}-browser"), &evidence).join("report.html").display()
        );
        let profile =
            format!("--user-data-dir={}", scratch(&format!("page-{name}-profile")).display());
        // The page unpacks its data on a thread for which the browser's own clock does not wait, so that a
        // run may end before all is shown: one in twelve where nothing else runs, more on a busy machine.
        let is_shown = |_| {
            let dom = shown_by_a_browser(&name, &page, &profile);
            SHOWN.iter().all(|shown| dom.contains(shown))
        };
        assert!((0..MOST_RUNS).any(is_shown), "{name}: the script did not show the page");
    }
}

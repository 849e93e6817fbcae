//! The page: its functions against the tables of the same case (with node), and the page itself in a browser. Both
//! say aloud that they were skipped where the program is not at hand.

use super::common::{project, scratch, shared, skipped, write_files};
use evtx_synth::catalogue::{Account, Session, security};
use evtx_synth::simulate::domains::domain;
use evtx_synth::{Event, FileTime, Host, LogOptions, Sid, clips};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A case with CSV tables and the page.
fn case_of(name: &str, evidence: &Path) -> PathBuf {
    case_with(name, evidence, &["--rows", "all"])
}

fn case_with(name: &str, evidence: &Path, arguments: &[&str]) -> PathBuf {
    case_of_all(name, &[evidence], arguments)
}

fn case_of_all(name: &str, evidence: &[&Path], arguments: &[&str]) -> PathBuf {
    let case = scratch(&format!("page-{name}")).join("case");
    let output = Command::new(env!("CARGO_BIN_EXE_winlast"))
        .args(evidence)
        .args(["-o".as_ref(), case.as_os_str()])
        .args(arguments)
        .args(["-f", "csv,html", "-q"])
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

/// Who was on at a moment, as the page says it and as the program answers `--at`: on whole logs, and on real parts of logs, of
/// which many moments are in no log.
#[test]
fn the_page_and_at_agree_on_who_was_on() {
    if run_if_there("node", &["--version"]).is_none() {
        return;
    }
    let mut all: Vec<(String, Vec<PathBuf>)> =
        all_evidence().into_iter().map(|(name, path)| (name, vec![path])).collect();
    let parts = [shared("evtx"), shared("evtx-more")].into_iter().flatten().collect::<Vec<_>>();
    all.push(("parts".to_owned(), parts));
    let checks = project("tests/page/at.mjs");
    for (name, evidence) in all.into_iter().filter(|(_, evidence)| !evidence.is_empty()) {
        let moments = if name == "parts" { "5" } else { "10" };
        let evidence: Vec<&Path> = evidence.iter().map(PathBuf::as_path).collect();
        let case = case_of_all(&format!("at-{name}"), &evidence, &["-f", "events"]);
        let program = env!("CARGO_BIN_EXE_winlast");
        let arguments = [checks.to_str().unwrap(), case.to_str().unwrap(), program, moments];
        let output = run_if_there("node", &arguments).unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What the logs never show together: many clock steps, an empty case, hostile texts.
#[test]
fn functions_hold_on_made_up_computers() {
    for name in ["made-up.mjs", "made-up-hops.mjs"] {
        let checks = project(&format!("tests/page/{name}"));
        if let Some(output) = run_if_there("node", &[checks.to_str().unwrap()]) {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

/// The logs of a simulated domain, in a folder.
fn write_domain(seed: u64, folder: &Path) {
    let files = domain(seed).files.into_iter().map(|(name, bytes)| (name.to_string(), bytes));
    write_files(&files.collect::<Vec<_>>(), folder);
}

/// The logs of real clips, converted, in a folder; `None` where they are not.
fn write_clips(folder: &Path) -> Option<()> {
    let published = shared("hops-data")?.join("otrf");
    let kinds = std::fs::read_dir(published).unwrap().map(|entry| entry.unwrap().path());
    let files = kinds.flat_map(|kind| std::fs::read_dir(kind).unwrap());
    for file in files.map(|entry| entry.unwrap().path()).filter(|file| clips::is_clip(file)) {
        let lines = clips::json_lines(&std::fs::read(&file).unwrap()).unwrap();
        for log in &clips::convert(&lines).logs {
            let path = folder.join(clips::name(&file)).join(log.path());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, log.evtx()).unwrap();
        }
    }
    Some(())
}

/// The hops, the lines of the graph, the trails, the clocks and the bars of the page are those of the tables. Among the
/// domains are contradicting hops, computers without logs and clocks that differ.
#[test]
fn hops_on_the_page_are_those_of_the_tables() {
    if run_if_there("node", &["--version"]).is_none() {
        return;
    }
    let folder = scratch("page-hops-logs");
    let mut all: Vec<(String, PathBuf)> = Vec::new();
    for (name, seeds) in [("one", 1..2), ("other", 3..4), ("several", 10..22)] {
        let logs = folder.join(name);
        seeds.for_each(|seed| write_domain(seed, &logs.join(seed.to_string())));
        all.push((name.to_owned(), logs));
    }
    let clips = folder.join("clips");
    all.extend(write_clips(&clips).map(|()| ("clips".to_owned(), clips)));
    let checks = project("tests/page/hops.mjs");
    for (name, logs) in all {
        let case = case_with(&format!("hops-{name}"), &logs, &["--hops"]);
        let arguments = [checks.to_str().unwrap(), case.to_str().unwrap()];
        let output = run_if_there("node", &arguments).unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

fn has_node_and_chromium() -> bool {
    ["node", "chromium"].iter().all(|program| run_if_there(program, &["--version"]).is_some())
}

/// Runs `tests/page/NAME.mjs` on the page of a case, in a browser with a profile of its own.
fn holds_in_a_browser(name: &str, case: &Path, arguments: &[&str]) {
    let page = format!("file://{}", case.join("report.html").display());
    let checks = project(&format!("tests/page/{name}.mjs"));
    let profile = scratch(&format!("page-{name}-profile"));
    let own = [checks.to_str().unwrap(), &page, profile.to_str().unwrap()];
    let output = run_if_there("node", &[&own[..], arguments].concat()).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The keyboard reaches the graph, its lines, the axes and a session in a real browser, at 1400 and 390 pixels, and
/// nothing stands in its console.
#[test]
fn keys_reach_the_hops_in_a_browser() {
    if !has_node_and_chromium() {
        return;
    }
    let folder = scratch("page-keys");
    write_domain(3, &folder.join("logs"));
    let case = case_with("keys-case", &folder.join("logs"), &["--hops"]);
    holds_in_a_browser("keys", &case, &[]);
}

/// In a real browser: a period that is typed stays in its fields and in words, the numbers of findings are those of
/// findings.csv, and paper says which of several computers it is about.
#[test]
fn fields_head_and_print_say_what_is_shown() {
    if !has_node_and_chromium() {
        return;
    }
    let case = case_with("fields", &project("sample-evtx"), &[]);
    // No message of the sample has a line break.
    let findings = std::fs::read_to_string(case.join("findings.csv")).unwrap();
    let findings = (findings.lines().count() - 1).to_string();
    let mut arguments = vec![findings, "RDP01.contoso.local".to_owned()];
    let days = ["2026-04-13", "2026-04-13T09", "2026-04-13 10:30", "2026-04-13T10:30:12Z"];
    for (from, to) in days.iter().flat_map(|from| days.iter().map(move |to| (from, to))) {
        if let Some(kept) = selected("RDP01.contoso.local", from, to) {
            arguments.extend([(*from).to_owned(), (*to).to_owned(), kept.to_string()]);
        }
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    holds_in_a_browser("fields", &case, &arguments);
}

/// How many sessions of a computer of the sample the program selects; `None` where it refuses the period.
fn selected(computer: &str, since: &str, until: &str) -> Option<usize> {
    let case = scratch("page-selected").join("case");
    let output = Command::new(env!("CARGO_BIN_EXE_winlast"))
        .args([project("sample-evtx").as_os_str(), "-o".as_ref(), case.as_os_str()])
        .args(["--computer", computer, "--since", since, "--until", until, "-f", "csv", "-q"])
        .output()
        .unwrap();
    let sessions = std::fs::read_to_string(case.join("sessions.csv"));
    (output.status.code() == Some(0)).then(|| sessions.unwrap().lines().count() - 1)
}

/// In a real browser: a pinned cursor keeps its time, its list follows the filter, no cell of the tables is cut, failed logons
/// are in a table that keys reach, and what is on a watch list is marked.
#[test]
fn chart_and_tables_say_the_same_in_a_browser() {
    if !has_node_and_chromium() {
        return;
    }
    let folder = scratch("page-chart-lists");
    let list = folder.join("list.txt");
    std::fs::write(&list, "carol\nbob\n").unwrap();
    let watch = ["--watch", list.to_str().unwrap()];
    for (evidence, computer, rows) in [
        ("sample-evtx", "WS01", &watch[..]),
        ("sample-evtx-guessed", "FS03.contoso.local", &watch[..0]),
    ] {
        let case = case_with("chart", &project(evidence), rows);
        let table = |name: &str| std::fs::read_to_string(case.join(name)).unwrap();
        let (sessions, attempts) = (table("sessions.csv"), table("attempts.csv"));
        let watched = cells(&sessions, &["computer", "flags"])
            .filter(|own| own[0] == computer && own[1].split("; ").any(|flag| flag == "watched"));
        let failed = cells(&attempts, &["computer", "attempt", "count"])
            .filter(|own| own[0] == computer && own[1] == "failed-logon")
            .map(|own| own[2].parse::<u64>().unwrap());
        let (watched, failed) = (watched.count().to_string(), failed.sum::<u64>().to_string());
        assert!(rows.is_empty() || watched != "0", "{computer} has somebody who is watched");
        holds_in_a_browser("chart", &case, &[computer, &failed, &watched]);
    }
}

/// The cells of some columns of a CSV table, none of which has a comma or a quotation mark.
fn cells<'a>(table: &'a str, names: &[&str]) -> impl Iterator<Item = Vec<String>> + use<'a> {
    let mut lines = csv_lines(table);
    let head = lines.next().unwrap();
    let at: Vec<usize> =
        names.iter().map(|name| head.iter().position(|own| own == name).unwrap()).collect();
    lines.map(move |line| at.iter().map(|at| line[*at].clone()).collect())
}

/// The rows of a CSV table without line breaks within cells.
fn csv_lines(table: &str) -> impl Iterator<Item = Vec<String>> + '_ {
    table.lines().map(|line| {
        let mut cells = vec![String::new()];
        let mut is_quoted = false;
        for character in line.chars() {
            match character {
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => cells.push(String::new()),
                _ => cells.last_mut().unwrap().push(character),
            }
        }
        cells
    })
}

/// In a real browser: a log without a line in the coverage is named, and paper says how many accounts its chart lacks.
#[test]
fn what_a_picture_leaves_out_is_said() {
    if !has_node_and_chromium() {
        return;
    }
    let folder = scratch("page-paper-logs");
    let mut host = Host::new("PC");
    let logoff = |number: u32| {
        let sid = Sid::parse(&format!("S-1-5-21-1-2-3-{}", 1000 + number));
        let account = Account::new(sid, format!("user{number}"), "CONTOSO");
        security::user_logoff(&Session::new(account, 0x29b379 + u64::from(number)))
    };
    for number in 0..70 {
        host.log(FileTime::parse("2026-03-02T16:01:02Z"), logoff(number));
    }
    let other = Event { channel: "Setup", id: 9999, ..logoff(0) };
    host.log(FileTime::parse("2026-03-02T16:01:03Z"), other);
    for channel in ["Security", "Setup"] {
        let log = host.evtx(channel, &LogOptions::default());
        std::fs::write(folder.join(format!("{channel}.evtx")), log).unwrap();
    }
    let case = case_with("paper", &folder, &[]);
    holds_in_a_browser("paper", &case, &[]);
}

/// What the script shows.
const SHOWN: [&str; 5] = [
    "<div id=\"page\">",
    "What became of each event that was read",
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
        dom_with(&name, &page, &profile, &SHOWN);
    }
}

/// The page as a browser has it once it shows all of these. The page unpacks its data on a thread for which the
/// browser's own clock does not wait, so that a run may end before all is shown: one in twelve where nothing else runs,
/// more on a busy machine.
fn dom_with(name: &str, page: &str, profile: &str, expected: &[&str]) -> String {
    let run = |_| shown_by_a_browser(name, page, profile);
    let is_shown = |dom: &String| expected.iter().all(|shown| dom.contains(shown));
    let dom = (0..MOST_RUNS).map(run).find(is_shown);
    dom.unwrap_or_else(|| panic!("{name}: the script did not show the page"))
}

/// A case of 505 computers, one of which has a name that is markup, and opens no other file.
#[test]
fn a_browser_shows_the_list_of_many_computers_and_a_page_of_it() {
    if run_if_there("chromium", &["--version"]).is_none() {
        return;
    }
    let folder = scratch("page-many-logs");
    let sid = Sid::parse("S-1-5-21-1-2-3-1001");
    for number in 0..501 {
        let name = if number == 7 { "PC<b>7".to_owned() } else { format!("PC{number}") };
        let mut host = Host::new(&name);
        let session = Session::new(Account::new(sid.clone(), "alice", "CONTOSO"), 0x29b379);
        host.log(FileTime::parse("2026-03-02T16:01:02Z"), security::user_logoff(&session));
        let log = host.evtx("Security", &LogOptions::default());
        std::fs::write(folder.join(format!("{number}.evtx")), log).unwrap();
    }
    write_domain(3, &folder.join("domain"));
    let case = case_with("many", &folder, &["--rows", "all", "--hops"]);
    let page_of = |file: &str| format!("file://{}", case.join(file).display());
    let profile = format!("--user-data-dir={}", scratch("page-many-profile").display());
    let list = dom_with(
        "list",
        &page_of("report.html"),
        &profile,
        &[
            "<div id=\"page\" class=\"index\">",
            "505 computers",
            "href=\"report/PC0.html\"",
            "PC&lt;b&gt;7",
            "49 hops shown of 76",
            "aria-label=\"WS01.contoso.local; 12 hops came here; 6 hops went on",
        ],
    );
    // Only the rows in sight exist.
    let rows = list.matches("class=\"computer-row\"").count();
    assert!((5..40).contains(&rows), "{rows} rows");
    let shown = [&SHOWN[..1], &SHOWN[2..], &["One of 505 computers", "report.html#PC%3Cb%3E7"]];
    dom_with("page", &page_of("report/PC_b_7.html"), &profile, &shown.concat());
    // Its own hops, and nobody else's.
    let shown = [&SHOWN[..1], &SHOWN[2..], &["15 hops shown of 25"]];
    let page =
        dom_with("hops", &page_of("report/WS02.contoso.local.html"), &profile, &shown.concat());
    assert!(!page.contains("198.51.100.97"));
}

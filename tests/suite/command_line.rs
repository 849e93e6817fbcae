//! The program from outside: help, errors, bad input, exit codes, and the same bytes in each run.

use super::common::{project, scratch, shared, winlast};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn help_teaches() {
    let help = winlast(&["--help"]);
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).unwrap();
    for part in ["Examples:", "Exit codes:", "timeline.csv", "--user", "--print"] {
        assert!(text.contains(part), "{part}");
    }
    let short = winlast(&["-h"]).stdout;
    assert!(short.len() < text.len());
}

#[test]
fn a_wrong_command_line_is_2() {
    for wrong in [
        &[][..],
        &["a.evtx", "--since", "soon"],
        &["a.evtx", "--at", "now", "--since", "today"],
        &["a.evtx", "-f", "csv"],
        &["a.evtx", "--print", "people"],
        &["a.evtx", "--nonsense"],
    ] {
        let output = winlast(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}

#[test]
fn output_inside_the_evidence_is_refused() {
    let evidence = scratch("output-inside-evidence");
    let inside = evidence.join("case");
    let output = winlast(&[evidence.to_str().unwrap(), "-o", inside.to_str().unwrap(), "--force"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("lies inside it"), "{}", stderr(&output));
    assert!(!inside.exists());
}

const FILES: [&str; 9] = [
    "attempts.csv",
    "boots.csv",
    "events.jsonl.gz",
    "findings.csv",
    "logs.csv",
    "report.html",
    "run.json",
    "sessions.csv",
    "timeline.csv",
];

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn sample(path: &str) -> PathBuf {
    match path {
        "damaged" => project("sample-evtx-damaged"),
        path => project("sample-evtx").join(path),
    }
}

/// Every file of a case folder but run.json, which alone may differ between runs.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            let bytes = std::fs::read(entry.path()).unwrap();
            (name, bytes)
        })
        .filter(|(name, _)| name != "run.json")
        .collect()
}

#[test]
fn a_case_folder_holds_its_files_and_a_damaged_log_is_3() {
    let case = scratch("case").join("out");
    let output = winlast(&[text(&sample("")), text(&sample("damaged")), "-o", text(&case)]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("findings.csv"), "{}", stderr(&output));
    let mut names: Vec<String> = std::fs::read_dir(&case)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, FILES);
    let run: serde_json::Value =
        serde_json::from_slice(&std::fs::read(case.join("run.json")).unwrap()).unwrap();
    assert_eq!(run["exit_code"], 3);
    // A second run does not overwrite it without --force.
    let again = winlast(&[text(&sample("dc01")), "-o", text(&case)]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("--force"), "{}", stderr(&again));
    let forced = winlast(&[text(&sample("dc01")), "-o", text(&case), "--force"]);
    assert_eq!(forced.status.code(), Some(0), "{}", stderr(&forced));
}

/// The logoff that Microsoft documents, from the log to the table, read by the csv crate.
#[test]
fn the_documented_logoff_stands_in_the_timeline() {
    let output = winlast(&[text(&sample("dc01")), "--print", "timeline"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let mut rows = csv::Reader::from_reader(&output.stdout[..]);
    let header = rows.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|h| h == name).unwrap();
    let row = rows
        .records()
        .map(|row| row.unwrap())
        .find(|row| &row[column("record_id")] == "230200")
        .unwrap();
    for (name, value) in [
        ("datetime", "2015-09-09T03:08:39.1268908Z"),
        ("milestone", "initiated-logoff"),
        ("computer", "DC01.contoso.local"),
        ("session_id", "DC01.contoso.local/0/0x29b379"),
        ("logon_id", "0x29b379"),
        ("user_name", "dadmin"),
        ("user_domain", "CONTOSO"),
        ("user_sid", "S-1-5-21-3457937927-2839227994-823803824-1104"),
        ("logon_type", "2"),
        ("session_class", "desktop"),
        ("basis", "logged"),
        ("event_id", "4647"),
        ("channel", "Security"),
        ("recovered", "false"),
    ] {
        assert_eq!(&row[column(name)], value, "{name}");
    }
}

#[test]
fn the_same_bytes_whatever_the_threads_and_the_order() {
    let folder = scratch("same-bytes");
    let hosts = ["ws01", "dc01", "rdp01", "damaged", "dirty", "cleared"].map(sample);
    let mut first: Option<BTreeMap<String, Vec<u8>>> = None;
    for (run, threads) in [(0_usize, "1"), (1, "2"), (2, "8"), (3, "3")] {
        let case = folder.join(run.to_string());
        let mut arguments: Vec<&str> = hosts.iter().map(|host| text(host)).collect();
        arguments.rotate_left(run);
        if run == 3 {
            arguments.reverse();
        }
        arguments.extend(["--threads", threads, "-o", text(&case)]);
        winlast(&arguments);
        let files = files(&case);
        assert_eq!(files.len(), FILES.len() - 1);
        match &first {
            None => first = Some(files),
            Some(first) => {
                for (name, bytes) in first {
                    assert!(files[name] == *bytes, "{name} differs in run {run}");
                }
            }
        }
    }
}

#[test]
fn real_hosts_give_the_same_bytes_too() {
    let Some(hosts) = shared("evtx") else { return };
    let folder = scratch("same-bytes-of-real-hosts");
    let runs = ["1", "8"].map(|threads| {
        let case = folder.join(threads);
        winlast(&[text(&hosts), "--threads", threads, "-q", "-o", text(&case)]);
        files(&case)
    });
    assert!(runs[0] == runs[1]);
}

/// An empty file, a text, a truncated log, a missing path: each has a finding, and the good log is
/// read.
#[test]
fn bad_input_is_named_and_the_rest_is_read() {
    let folder = scratch("bad-input");
    let good = std::fs::read(sample("ws01/Security.evtx")).unwrap();
    std::fs::write(folder.join("good.evtx"), &good).unwrap();
    std::fs::write(folder.join("empty.evtx"), b"").unwrap();
    std::fs::write(folder.join("text.evtx"), b"not a log\n").unwrap();
    std::fs::write(folder.join("cut.evtx"), &good[..good.len() / 2]).unwrap();
    let missing = folder.join("missing.evtx");
    let output = winlast(&[text(&folder), text(&missing), "--print", "findings"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let findings = String::from_utf8(output.stdout).unwrap();
    for (name, code) in [
        ("empty.evtx", "not-an-event-log"),
        ("text.evtx", "not-an-event-log"),
        ("cut.evtx", "log-truncated"),
        ("missing.evtx", "source-unreadable"),
    ] {
        assert!(
            findings.lines().any(|line| line.contains(name) && line.contains(code)),
            "{name}: {findings}"
        );
    }
    let sessions = winlast(&[text(&folder), "--print", "sessions"]).stdout;
    assert!(String::from_utf8(sessions).unwrap().contains("0x5a41c"));
}

#[test]
fn nothing_to_read_is_1() {
    let folder = scratch("nothing");
    let empty = winlast(&[text(&folder)]);
    assert_eq!(empty.status.code(), Some(1));
    assert!(stderr(&empty).contains("no event log"), "{}", stderr(&empty));
    let missing = winlast(&[text(&folder.join("absent"))]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(stderr(&missing).contains("absent"), "{}", stderr(&missing));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_1_and_a_closed_pipe_is_no_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_winlast"))
        .args([text(&sample("dc01")), "--print", "timeline"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot write"), "{}", stderr(&output));

    let mut child = Command::new(env!("CARGO_BIN_EXE_winlast"))
        .args([text(&sample("ws01")), "--print", "sessions"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!stderr(&output).contains("panicked"));
}

/// At every width no line of the table is wider, on real hosts too.
#[test]
fn the_table_fits_the_terminal() {
    let mut evidence = vec![sample("")];
    evidence.extend(shared("evtx/hosts"));
    for place in &evidence {
        for (width, more) in [
            ("80", "--all"),
            ("80", "--flat"),
            ("60", ""),
            ("120", ""),
            ("80", "--at=2026-03-03T19:20"),
        ] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_winlast"));
            command.arg(place).env("COLUMNS", width).arg("--memory=1G");
            let output = command.args(Some(more).filter(|more| !more.is_empty())).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let limit: usize = width.parse().unwrap();
            for line in text.lines() {
                assert!(line.chars().count() <= limit, "{width} {more}: {line}");
            }
            assert!(text.lines().count() > 3, "{text}");
        }
    }
}

/// The table alone is on standard output; what was read and found is on standard error. Neither has
/// colours in a pipe, unless they are asked for.
#[test]
fn the_summary_is_on_standard_error() {
    let run = |variable: Option<(&str, &str)>, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_winlast"));
        command.arg(sample("ws01")).args(more).env_remove("COLUMNS").env_remove("NO_COLOR");
        let output = command.envs(variable).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (table, summary) = run(None, &[]);
    assert!(!table.contains("sessions shown") && !table.contains("warning"), "{table}");
    assert!(summary.contains("winlast: 3 logs read; 12 of 51 sessions shown; the others are of services, computers and Windows itself (--all shows them)"), "{summary}");
    assert!(summary.contains("winlast: findings: 3 warnings\nwinlast: warning event-lost WS01: "));
    assert!(!table.contains('\u{1b}') && !summary.contains('\u{1b}'));
    let (table, summary) = run(Some(("CLICOLOR_FORCE", "1")), &[]);
    assert!(table.contains("\u{1b}[31mcrash") && table.contains("\u{1b}[32mstill open"), "{table}");
    assert!(summary.contains("\u{1b}[33mwarning\u{1b}[0m"), "{summary}");
    // Findings are filtered like the rows: the crash was in March 2026, on the third.
    let (_, summary) = run(None, &["--since", "2026-03-05"]);
    assert!(summary.contains("no findings") && !summary.contains("warning"), "{summary}");
    let (_, summary) = run(None, &["-q"]);
    assert!(summary.is_empty(), "{summary}");
}

#[test]
fn a_case_says_what_was_written() {
    let case = scratch("says-what").join("case");
    let output = winlast(&[text(&sample("ws01")), "-o", text(&case), "--user", "bob"]);
    let said = stderr(&output);
    let counts = "case: 1 computer, 5 boots, 2 sessions, 3 findings (of 51 sessions)\n";
    assert!(said.contains(counts), "{said}");
    assert!(
        said.contains(&format!("open {} first\n", case.join("report.html").display())),
        "{said}"
    );
}

/// The answers that the help and the tutorial show are those that the program gives.
#[test]
fn documented_answers_are_real() {
    assert!(hold_answers("src/cli/help.txt", "  ", "76") >= 5);
    assert!(hold_answers("docs/tutorial.md", "", "100") >= 12);
    assert!(hold_answers("README.md", "", "100") >= 1);
}

/// Runs every command of a page that begins with `indent` and `$ winlast`, holds what it prints against the lines
/// behind it, and returns the number of commands.
fn hold_answers(page: &str, indent: &str, columns: &str) -> usize {
    let path = project(page);
    let written = fs::read_to_string(&path).unwrap();
    let mut real = String::new();
    let mut answers = 0;
    let mut lines = written.lines().peekable();
    while let Some(line) = lines.next() {
        real += &format!("{line}\n");
        let command = line.strip_prefix(indent).and_then(|line| line.strip_prefix("$ winlast "));
        let Some(command) = command else { continue };
        while lines.next_if(|line| !line.is_empty() && *line != "```").is_some() {}
        let output = Command::new(env!("CARGO_BIN_EXE_winlast"))
            .args(command.split(' '))
            .current_dir(project(""))
            .env("COLUMNS", columns)
            .output()
            .unwrap();
        let answer = String::from_utf8(output.stdout).unwrap();
        let answer = answer.trim_end().lines().filter(|line| !line.is_empty());
        answer.for_each(|line| real += &format!("{indent}{line}\n"));
        answers += 1;
    }
    if std::env::var_os("WINLAST_WRITE_SNAPSHOTS").is_some() {
        fs::write(&path, &real).unwrap();
    }
    assert_eq!(real, written, "{page}");
    answers
}

/// Filters act on whole sessions: a session that is shown keeps its start and its end.
#[test]
fn filters_never_break_a_pair() {
    let print = |arguments: &[&str]| {
        let mut all = vec!["--print", "timeline"];
        let place = sample("ws01");
        all.insert(0, text(&place));
        all.extend(arguments);
        let output = winlast(&all);
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    // The logon at 07:00 is outside of the interval, its logoff at 12:01 is inside.
    let table = print(&["--user", "BOB", "--since", "2026-03-03T12:00:00Z"]);
    let bob: Vec<&str> = table.lines().filter(|line| line.contains("WS01/2/0x5a41c,")).collect();
    assert_eq!(bob.len(), 3, "{table}");
    assert!(table.lines().skip(1).all(|line| line.contains("bob")));
    for user in [r"WS01\bob", "bob@ws01", "b?b", "*OB"] {
        assert_eq!(print(&["--user", user, "--since", "2026-03-03T12:00:00Z"]), table, "{user}");
    }
    assert_eq!(print(&["--user", "nobody"]).lines().count(), 1);
}

/// The sample's log is of 2015 alone, so that it says nothing of 2019: no session is shown, and the reason
/// is said. Its sessions that are open at its end do not go on for ever.
#[test]
fn a_time_that_no_log_covers_is_said() {
    let place = sample("dc01");
    let ask = |more: &[&str]| winlast(&[&[text(&place)], more].concat());
    let year = ["--since", "2019-01-01", "--until", "2019-12-31"];
    let output = ask(&[&year[..], &["--print", "sessions"]].concat());
    assert_eq!(String::from_utf8(output.stdout.clone()).unwrap().lines().count(), 1);
    let said = "winlast: no log of DC01.contoso.local covers 2019-01-01 00:00:00 to \
                2019-12-31 23:59:59 (UTC): its logs hold 2015-";
    assert!(stderr(&output).contains(said), "{}", stderr(&output));
    assert!(stderr(&ask(&year)).contains(said));
    let case = scratch("no-log-of-that-time").join("case");
    assert!(stderr(&ask(&[&year[..], &["-o", text(&case)]].concat())).contains(said));
    let said = said.trim_start_matches("winlast: ");
    let page = fs::read_to_string(case.join("report.html")).unwrap();
    assert!(page.contains(&format!("Nothing is known: {said}")), "{page}");
    let run = fs::read_to_string(case.join("run.json")).unwrap();
    let run: serde_json::Value = run.parse().unwrap();
    assert_eq!(run["uncovered"].as_array().unwrap().len(), 1);
    assert!(run["uncovered"][0].as_str().unwrap().starts_with(said), "{run}");
    assert!(!stderr(&ask(&["--since", "2015-09-09"])).contains("no log of"));
    assert!(!stderr(&ask(&[&year[..], &["-q"]].concat())).contains("no log of"));
}

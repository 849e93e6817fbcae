//! What shells, `man`, packages and workflow engines read of the program.

use super::common::{project, scratch, skipped, winlast};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

fn stdout(arguments: &[&str]) -> String {
    let output = winlast(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The long options of `--help`: `--output` and others.
fn long_options() -> Vec<String> {
    let help = stdout(&["--help"]);
    let options = help.lines().filter_map(|line| {
        let (short, rest) = line.split_once("--")?;
        let is_heading = short.trim().is_empty() || short.trim().starts_with('-');
        let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(rest.len());
        is_heading.then(|| format!("--{}", &rest[..end]))
    });
    let options: Vec<String> = options.filter(|option| option != "--").collect();
    assert!(options.len() > 30, "{options:?}");
    options
}

#[test]
fn the_version_names_the_commit_or_says_that_it_does_not() {
    let text = stdout(&["--version"]);
    let start = format!("winlast {} (", env!("CARGO_PKG_VERSION"));
    let rest = text.strip_prefix(&start).and_then(|rest| rest.strip_suffix(")\n")).unwrap();
    let commit = rest.strip_prefix("commit ");
    assert!(commit.is_some() || rest == "not a release build", "{text}");
}

#[test]
fn the_man_page_has_every_option_and_every_part_of_the_help() {
    let page = stdout(&["--man"]);
    assert!(page.lines().any(|line| line.starts_with(".TH winlast 1")), "{page}");
    for option in long_options() {
        assert!(page.contains(&option.replace('-', "\\-")), "{option}");
    }
    for section in [".SH EXAMPLES", ".SH \"READING THE TABLE\"", ".SH \"EXIT CODES\""] {
        assert!(page.contains(section), "{section}");
    }
    for hidden in ["completions", "\\-\\-man"] {
        assert!(!page.contains(hidden), "{hidden}");
    }
}

#[test]
fn every_shell_can_complete_every_option() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = stdout(&["--completions", shell]);
        for option in long_options() {
            // fish has the names without the two hyphens.
            let name = option.trim_start_matches('-');
            assert!(script.contains(name), "{shell}: {option}");
        }
    }
}

#[test]
fn bash_completes_options_and_their_values() {
    let folder = scratch("bash-completion");
    let script = folder.join("winlast.bash");
    fs::write(&script, stdout(&["--completions", "bash"])).unwrap();
    let completed = |words: &str, before: &str, word: &str| {
        let ask = format!(
            "source '{}'; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _winlast winlast '{word}' '{before}'; echo ${{COMPREPLY[@]}}",
            script.display()
        );
        Command::new("bash").args(["--norc", "-c", &ask]).output().ok()
    };
    let Some(options) = completed("winlast --prin", "winlast", "--prin") else {
        return skipped("the completion of bash: there is no bash");
    };
    assert_eq!(String::from_utf8_lossy(&options.stdout), "--print\n", "{options:?}");
    let tables = completed("winlast a --print at", "--print", "at").unwrap();
    assert_eq!(String::from_utf8_lossy(&tables.stdout), "attempts\n", "{tables:?}");
}

#[test]
fn progress_for_programs_is_json_lines_that_end_with_the_exit_code() {
    for (evidence, code) in [("sample-evtx/ws01", 0), ("sample-evtx-damaged", 3), ("docs", 1)] {
        let evidence = project(evidence);
        let output = winlast(&[evidence.to_str().unwrap(), "-q", "--progress", "json"]);
        let text = String::from_utf8(output.stderr).unwrap();
        let lines: Vec<Value> =
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        // Nothing else is said, unless the run failed.
        assert_eq!(text.lines().count(), lines.len() + usize::from(code == 1), "{text}");
        let done = lines.last().unwrap();
        assert_eq!((&done["progress"], &done["exit_code"]), (&"done".into(), &code.into()));
        assert_eq!(output.status.code(), Some(code));
        let ends = lines.iter().filter(|line| line["progress"] == "done").count();
        assert_eq!(ends, 1, "{text}");
        assert_eq!(done["bytes_read"], done["bytes"]);
        let known = |line: &Value| line["bytes"].as_u64().unwrap();
        assert!(lines.is_sorted_by_key(known), "{text}");
        let is_read = done["bytes_read"].as_u64().unwrap() > 0;
        assert_eq!(is_read, code != 1, "{text}");
    }
}

#[test]
fn a_batch_tells_its_progress_once() {
    let case = scratch("progress-of-batch").join("cases");
    let hosts = ["sample-evtx/ws01", "sample-evtx/dc01", "sample-evtx/rdp01"].map(project);
    let mut arguments: Vec<&str> = hosts.iter().filter_map(|path| path.to_str()).collect();
    arguments.extend(["-q", "--progress", "json", "--per-source", "-o", case.to_str().unwrap()]);
    let text = String::from_utf8(winlast(&arguments).stderr).unwrap();
    let ends: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["progress"] == "done")
        .collect();
    assert_eq!(ends.len(), 1, "{text}");
    assert_eq!((&ends[0]["sources"], &ends[0]["sources_done"]), (&3.into(), &3.into()));
}

/// The files of a case, by name, without the one that describes the run.
fn files(case: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path());
    let files = files.map(|path| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())
    });
    files.filter(|(name, _)| name != "run.json").collect()
}

/// Reads copies of two samples, a damaged one among them, from a temporary folder into a case of all formats.
fn case_from(
    folder: &Path,
    naming: impl Fn([&Path; 2]) -> Vec<String>,
) -> BTreeMap<String, Vec<u8>> {
    let given = [("a7c", "sample-evtx/ws01"), ("09e", "sample-evtx-damaged")].map(|(to, from)| {
        let to = folder.join(to);
        fs::create_dir_all(&to).unwrap();
        for log in fs::read_dir(project(from)).unwrap().map(|entry| entry.unwrap().path()) {
            if log.is_file() {
                fs::copy(&log, to.join(log.file_name().unwrap())).unwrap();
            }
        }
        to
    });
    let case = folder.join("case");
    let mut arguments: Vec<String> =
        given.iter().map(|path| path.to_str().unwrap().into()).collect();
    let formats = "csv,jsonl,html,events,timesketch,bodyfile";
    arguments.extend(["-q", "-f", formats, "-o", case.to_str().unwrap()].map(String::from));
    arguments.extend(naming([&given[0], &given[1]]));
    let run = winlast(&arguments);
    assert_eq!(run.status.code(), Some(3), "{}", String::from_utf8_lossy(&run.stderr));
    files(&case)
}

/// The options that name two paths of evidence.
type Naming = fn([&Path; 2]) -> Vec<String>;

/// Evidence in two temporary places gives the same bytes, and none of them names a place.
#[test]
fn the_place_of_evidence_is_not_in_the_output() {
    let folder = scratch("names-of-evidence");
    let names: [(&str, Naming); 2] = [
        ("named", |_| ["--name", "upload 1", "--name", "upload 2"].map(String::from).to_vec()),
        ("rooted", |[a, _]| {
            vec!["--evidence-root".into(), a.parent().unwrap().to_str().unwrap().into()]
        }),
    ];
    for (way, naming) in names {
        let places = ["tmp-1", "another/tmp-2"].map(|place| folder.join(way).join(place));
        let [a, b] = places.clone().map(|place| case_from(&place, naming));
        assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
        for (name, bytes) in &a {
            assert!(*bytes == b[name], "{way}: {name} depends on the place");
            let text = String::from_utf8_lossy(bytes);
            assert!(!text.contains("tmp-1"), "{way}: {name} names the place");
        }
        let logs = String::from_utf8_lossy(&a["logs.csv"]).into_owned();
        let (first, second) =
            if way == "named" { ("upload 1", "upload 2") } else { ("a7c", "09e") };
        assert!(logs.contains(&format!("{first}/System.evtx")), "{logs}");
        assert!(logs.contains(&format!("{second}/Security.evtx")), "{logs}");
        let findings = String::from_utf8_lossy(&a["findings.csv"]).into_owned();
        assert!(findings.contains(&format!("{second}/Security.evtx")), "{findings}");
    }
}

/// The list of a batch calls its sources as the tables do.
#[test]
fn a_batch_may_call_its_sources_by_their_paths_below_a_folder() {
    let folder = scratch("names-of-sources");
    let case = folder.join("case");
    let [a, b] = ["sample-evtx/ws01", "sample-evtx/dc01"].map(project);
    let root = project("");
    let arguments = [&a, &b].map(|path| path.to_str().unwrap());
    let more = [
        "--per-source",
        "-q",
        "-o",
        case.to_str().unwrap(),
        "--evidence-root",
        root.to_str().unwrap(),
    ];
    let run = winlast(&[&arguments[..], &more].concat());
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    let list = fs::read_to_string(case.join("sources.csv")).unwrap();
    let sources: Vec<&str> =
        list.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(sources, ["sample-evtx/ws01", "sample-evtx/dc01"]);
    let logs = fs::read_to_string(case.join("dc01/logs.csv")).unwrap();
    assert!(logs.contains("sample-evtx/dc01/Security.evtx"), "{logs}");
    assert!(!logs.contains(root.to_str().unwrap()), "{logs}");
}

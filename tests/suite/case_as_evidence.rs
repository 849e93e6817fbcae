//! A case in the place of its logs: the same answers, and what cannot be used is refused by name.

use crate::common::{project, scratch, shared, winlast};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Makes a case of `evidence`, and returns the exit code with what was said.
fn make(evidence: &[&Path], case: &Path, more: &[&str]) -> (Option<i32>, String) {
    let mut arguments: Vec<String> = evidence.iter().map(|path| text(path)).collect();
    arguments.extend(["-o".into(), text(case), "-q".into()]);
    arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
    let run = winlast(&arguments);
    (run.status.code(), String::from_utf8_lossy(&run.stderr).into_owned())
}

/// The files of a case, without run.json.
fn files(case: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = fs::read_dir(case).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap()).filter(|name| name != "run.json");
    names.map(|name| (name.clone(), fs::read(case.join(name)).unwrap())).collect()
}

#[track_caller]
fn are_equal(a: &Path, b: &Path) {
    let (a, b) = (files(a), files(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, bytes) in &a {
        assert!(*bytes == b[name], "{name} differs");
    }
}

/// Every sample: the case gives what its logs gave, also what could not be read of them.
#[test]
fn a_case_gives_what_its_logs_gave() {
    let folder = scratch("case-as-evidence");
    let mut damaged = false;
    let samples = fs::read_dir(project("sample-evtx")).unwrap().map(|entry| entry.unwrap().path());
    for logs in samples.chain([project("sample-evtx-damaged")]) {
        if !logs.is_dir() {
            continue;
        }
        let name = logs.file_name().unwrap().to_str().unwrap().to_owned();
        let (case, again) = (folder.join(&name), folder.join(format!("{name}-again")));
        let (first, said) = make(&[&logs], &case, &["--rows", "all"]);
        let (second, said_again) = make(&[&case], &again, &["--rows", "all"]);
        assert_eq!((first, said), (second, said_again), "{name}");
        are_equal(&case, &again);
        damaged |= first == Some(3);
    }
    assert!(damaged, "one sample is damaged");
}

/// Cases of two computers give what their logs give together, in any order and however often each is
/// given. A log that is given with its own case counts once.
#[test]
fn several_cases_are_as_their_logs_together() {
    let folder = scratch("cases-together");
    let (ws01, dc01) = (project("sample-evtx/ws01"), project("sample-evtx/dc01"));
    let [together, a, b] = ["together", "a", "b"].map(|name| folder.join(name));
    make(&[&ws01, &dc01], &together, &[]);
    make(&[&ws01], &a, &[]);
    make(&[&dc01], &b, &[]);
    let given: [&[&Path]; 5] = [
        &[&a, &b],
        &[&b, &a, &b],
        &[&together, &a],
        &[&a, &ws01, &dc01],
        &[&together, &ws01, &b, &dc01],
    ];
    for (number, evidence) in given.into_iter().enumerate() {
        let joined = folder.join(format!("joined-{number}"));
        assert_eq!(make(evidence, &joined, &[]).0, Some(0), "{evidence:?}");
        are_equal(&together, &joined);
    }
    // A log that is named by a longer path is the same log.
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_winlast"))
        .current_dir(project(""))
        .args(["sample-evtx/dc01", &text(&b), "--print", "logs"])
        .output()
        .unwrap();
    let logs = String::from_utf8_lossy(&run.stdout).into_owned();
    assert_eq!(logs.lines().count(), 1 + files_in(&dc01), "{logs}");
    // A copy under another name is a log of its own, as it is where both are read.
    let copy = folder.join("copy/Security.evtx");
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::copy(dc01.join("Security.evtx"), &copy).unwrap();
    let [logs, case] = ["with-copy", "case-with-copy"].map(|name| folder.join(name));
    make(&[&dc01, &copy], &logs, &[]);
    make(&[&b, &copy], &case, &[]);
    are_equal(&logs, &case);
}

fn files_in(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

/// Questions of a case are answered when its logs are gone; the folder of a batch is all its cases.
#[test]
fn questions_need_no_logs() {
    let folder = scratch("case-questions");
    let logs = folder.join("logs");
    fs::create_dir_all(&logs).unwrap();
    for file in fs::read_dir(project("sample-evtx/dc01")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), logs.join(file.file_name())).unwrap();
    }
    let question = |evidence: &Path| {
        let at = ["--at", "2015-09-09T03:08:00Z", "--all"].map(str::to_owned);
        let run = winlast(&[[text(evidence)].to_vec(), at.to_vec()].concat());
        (run.status.code(), String::from_utf8(run.stdout).unwrap())
    };
    let asked = question(&logs);
    assert!(asked.0 == Some(0) && asked.1.contains("dadmin"), "{asked:?}");
    let all = folder.join("all");
    make(&[&logs], &all, &["--per-source"]);
    // A filter of a case leaves what was read whole.
    let filtered = folder.join("filtered");
    make(&[&logs], &filtered, &["--user", "nobody"]);
    fs::remove_dir_all(&logs).unwrap();
    for case in [&all, &all.join("logs"), &all.join("logs/events.jsonl.gz"), &filtered] {
        assert_eq!(question(case), asked, "{}", case.display());
    }
}

/// What is said when a case cannot stand for its logs, and what the exit code is with other evidence.
#[test]
fn what_cannot_stand_for_its_logs_is_refused_by_name() {
    let folder = scratch("case-refused");
    let logs = project("sample-evtx/dc01");
    let case = |name: &str, formats: &[&str]| -> PathBuf {
        let case = folder.join(name);
        make(&[&logs], &case, formats);
        case
    };
    let without = case("without", &["-f", "csv"]);
    let changed = case("changed", &[]);
    let mut bytes = fs::read(changed.join("events.jsonl.gz")).unwrap();
    let last = bytes.len() - 20;
    bytes[last] ^= 1;
    fs::write(changed.join("events.jsonl.gz"), bytes).unwrap();
    let cut = case("cut", &[]);
    let bytes = fs::read(cut.join("events.jsonl.gz")).unwrap();
    fs::write(cut.join("events.jsonl.gz"), &bytes[..bytes.len() - 1]).unwrap();
    let gone = case("gone", &[]);
    fs::remove_file(gone.join("events.jsonl.gz")).unwrap();
    let unfinished = case("unfinished", &[]);
    fs::remove_file(unfinished.join("run.json")).unwrap();
    let other = case("other", &[]);
    rewrite(&other, |lines| lines.replace("\"winlast_events\":1", "\"winlast_events\":7"));
    let too_few = case("too-few", &[]);
    rewrite(&too_few, |lines| lines.replace("\"events\":", "\"events\":9"));
    let shape = case("shape", &[]);
    rewrite(&shape, |lines| lines.replace("[\"Logon\"", "[\"Login\""));
    let expected = [
        (&without, "-f left it out"),
        (&changed, "the SHA-256 differs"),
        (&cut, "the SHA-256 differs"),
        (&gone, "cannot be read"),
        (&unfinished, "the case is not whole"),
        (&other, "has the format 7, and this version reads 1"),
        (&too_few, "is damaged"),
        (&shape, "is damaged"),
    ];
    for (case, why) in expected {
        let name = case.file_name().unwrap().to_str().unwrap();
        let run = winlast(&[text(case)]);
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains(why) && said.contains(name), "{name}: {said}");
        // Beside other evidence it is a finding.
        let run = winlast(&[text(case), text(&project("sample-evtx/ws01"))]);
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(3), "{name}: {said}");
        assert!(said.contains(why) && said.contains(name), "{name}: {said}");
    }
}

/// What does not fit into memory is named.
#[test]
fn cases_stay_within_their_memory() {
    let folder = scratch("case-memory");
    let case = folder.join("case");
    make(&[&project("sample-evtx/ws01")], &case, &[]);
    let report = winlast::Analysis::of([&case]).memory(1 << 14).run();
    let said = report.unwrap_err().to_string();
    assert!(said.contains("more memory than is given") && said.contains("--memory"), "{said}");
    assert!(winlast::Analysis::of([&case]).run().is_ok_and(|report| !report.is_incomplete()));
}

/// Packs what `change` makes of the lines of each block, as the writer does, and mends run.json: only what
/// the lines say is wrong.
fn rewrite(case: &Path, change: impl Fn(String) -> String) {
    let path = case.join("events.jsonl.gz");
    let packed = fs::read(&path).unwrap();
    let (mut rest, mut written) = (&packed[..], Vec::new());
    while !rest.is_empty() {
        let size = u32::from_le_bytes(rest[16..20].try_into().unwrap()) as usize;
        let mut lines = String::new();
        MultiGzDecoder::new(&rest[..size]).read_to_string(&mut lines).unwrap();
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(change(lines).as_bytes()).unwrap();
        let plain = packer.finish().unwrap();
        let size = plain.len() as u32 + 10;
        written.extend([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 4, 255, 8, 0, b'W', b'L', 4, 0]);
        written.extend(size.to_le_bytes());
        written.extend(&plain[10..]);
        rest = &rest[u32::from_le_bytes(rest[16..20].try_into().unwrap()) as usize..];
    }
    fs::write(&path, &written).unwrap();
    let run = case.join("run.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&run).unwrap()).unwrap();
    for file in json["files"].as_array_mut().unwrap() {
        if file["name"] == "events.jsonl.gz" {
            file["size"] = written.len().into();
            file["sha256"] = winlast::output::hex_hash(&written).into();
        }
    }
    fs::write(run, serde_json::to_vec(&json).unwrap()).unwrap();
}

/// A reader that knows nothing but docs/events-file.md and any gzip finds the 4647 of the sample: record
/// 230200, 2015-09-09T03:08:39.1268908Z, which is the FILETIME 130862417191268908, and Logon ID 0x29b379.
#[test]
fn another_program_reads_the_file_by_its_description() {
    let case = scratch("case-by-description").join("case");
    make(&[&project("sample-evtx/dc01")], &case, &[]);
    let packed = fs::read(case.join("events.jsonl.gz")).unwrap();
    let mut lines = String::new();
    MultiGzDecoder::new(&packed[..]).read_to_string(&mut lines).unwrap();
    let mut texts = Vec::new();
    let (mut names, mut found) = (Value::Null, Vec::new());
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        if line.get("winlast_events").is_some() {
            names = line;
        } else if let Some(list) = line.get("texts") {
            texts = list.as_array().unwrap().clone();
        } else if line[0] == "LogoffInitiated" {
            let of_kind = names["kinds"]["LogoffInitiated"].as_array().unwrap();
            let all = names["head"].as_array().unwrap().iter().chain(of_kind);
            let values = line.as_array().unwrap().iter().skip(1).cloned();
            let event: BTreeMap<String, Value> =
                all.map(|name| name.as_str().unwrap().to_owned()).zip(values).collect();
            found.push(event);
        }
    }
    let [event] = &found[..] else { panic!("{found:?}") };
    assert_eq!(event["record_id"], 230_200);
    assert_eq!(event["event_id"], 4647);
    assert_eq!(event["time"], 130_862_417_191_268_908_u64);
    assert_eq!(event["logon_id"], 0x29_b379);
    let text = |name: &str| &texts[event[name].as_u64().unwrap() as usize];
    assert_eq!(text("computer"), "DC01.contoso.local");
    assert_eq!(text("account")[1], "dadmin");
}

/// Whole real hosts, and one whose logs are damaged.
#[test]
fn cases_of_real_hosts() {
    let Some(hosts) = shared("evtx/hosts") else { return };
    let folder = scratch("cases-of-real-hosts");
    for host in fs::read_dir(hosts).unwrap() {
        let host = host.unwrap().path();
        let name = host.file_name().unwrap().to_str().unwrap().to_owned();
        let (case, again) = (folder.join(&name), folder.join(format!("{name}-again")));
        let first = make(&[&host], &case, &[]);
        assert_eq!(make(&[&case], &again, &[]), first, "{name}");
        are_equal(&case, &again);
    }
}

/// What a killed run left of a case is said, wherever it is met, and so is evidence without any log: whoever gave it
/// takes it for read.
#[test]
fn what_was_given_and_has_no_logs_is_said() {
    let folder = scratch("given-without-logs");
    let cases = folder.join("cases");
    make(&[&project("sample-evtx/ws01")], &cases.join("ws01"), &[]);
    let new = |name: &str| {
        let path = folder.join(name);
        fs::create_dir_all(&path).unwrap();
        path
    };
    let (empty, killed, notes) = (new("empty"), new("killed"), new("notes"));
    fs::write(killed.join(".sessions.csv.0123456789abcdef.tmp"), "half").unwrap();
    fs::write(notes.join("notes.txt"), "nothing").unwrap();
    let archive = folder.join("without.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&archive).unwrap());
    zip.start_file("notes.txt", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"nothing").unwrap();
    zip.finish().unwrap();
    let stopped = "this case is not complete, because its run was stopped";
    for (path, why) in [
        (&empty, "no event log was found in it"),
        (&notes, "no event log was found in it"),
        (&archive, "no event log was found in it"),
        (&killed, stopped),
    ] {
        let run = winlast(&[text(path), text(&project("sample-evtx/ws01"))]);
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(3), "{}: {said}", path.display());
        assert!(said.contains(&format!("{}: {why}", text(path))), "{said}");
    }
    assert_eq!(winlast(&[text(&cases)]).status.code(), Some(0));
    // Below a folder of cases, also where the run was killed before it wrote anything.
    for name in ["reading", "writing"] {
        let case = cases.join(name);
        fs::create_dir_all(&case).unwrap();
        if name == "writing" {
            fs::write(case.join(".events.jsonl.gz.0123456789abcdef.tmp"), "half").unwrap();
        }
        let run = winlast(&[text(&cases)]);
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(run.status.code() == Some(3) && said.contains(stopped), "{name}: {said}");
        fs::remove_dir_all(&case).unwrap();
    }
    // A path that is given twice, by a link, or as one of several parts is read.
    let samples = [project("sample-evtx"), project("sample-evtx/ws01")];
    let security = samples[1].join("Security.evtx");
    let link = folder.join("link");
    let mut given = vec![text(&samples[1]), text(&security), text(&samples[0])];
    if cfg!(unix) {
        #[cfg(unix)]
        std::os::unix::fs::symlink(&samples[1], &link).unwrap();
        given.push(text(&link));
    }
    let run = winlast(&given);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!said.contains("no event log was found"), "{said}");
}

#[test]
fn the_second_part_of_an_archive_is_read_with_the_first_one() {
    let parts = ["001", "002"].map(|end| project(&format!("tests/archives/split.7z.{end}")));
    let run = winlast(&[text(&parts[0]), text(&parts[1])]);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.code() == Some(0) && !said.contains("no event log was found"), "{said}");
}

//! Many cases as one: a computer whose evidence lies in several cases, and cases divided by computer.

use super::common::{project, scratch, shared, winlast, write_files};
use evtx_synth::simulate::domains::domain;
use evtx_synth::{LogOptions, LogWriter};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use winlast::Analysis;
use winlast::model::HostAddress;

const TABLES: [&str; 6] =
    ["timeline.csv", "sessions.csv", "boots.csv", "attempts.csv", "findings.csv", "logs.csv"];

/// Runs the program, and returns the exit code with what it said.
fn run(evidence: &[PathBuf], folder: &Path, more: &[&str]) -> (Option<i32>, String) {
    let mut arguments: Vec<&str> = evidence.iter().map(|path| path.to_str().unwrap()).collect();
    arguments.extend(["-q", "-f", "csv,events", "-o", folder.to_str().unwrap()]);
    arguments.extend(more);
    let run = winlast(&arguments);
    (run.status.code(), String::from_utf8_lossy(&run.stderr).into_owned())
}

/// The case folders in a folder, by name.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// The rows of a table of all cases in a folder, sorted; the header once.
fn rows(cases: &[PathBuf], table: &str) -> Vec<String> {
    let texts = cases.iter().map(|case| fs::read_to_string(case.join(table)).unwrap());
    let mut rows: BTreeSet<String> = BTreeSet::new();
    let mut all = Vec::new();
    for text in texts {
        let mut lines = text.lines();
        rows.extend(lines.next().map(str::to_owned));
        all.extend(lines.map(str::to_owned));
    }
    assert_eq!(rows.len(), 1, "{table}: one header");
    all.sort();
    all
}

/// A case of each of these, in a folder.
fn cases_of(evidence: &[PathBuf], folder: &Path) -> Vec<PathBuf> {
    let case = |(number, evidence): (usize, &PathBuf)| {
        let case = folder.join(format!("case-{number:03}"));
        let (code, said) = run(std::slice::from_ref(evidence), &case, &[]);
        assert!(matches!(code, Some(0 | 3)), "{}: {said}", evidence.display());
        case
    };
    evidence.iter().enumerate().map(case).collect()
}

/// Computers of the simulator, each in a folder, and the samples.
fn computers(folder: &Path, count: u64) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = (0..count)
        .map(|seed| {
            let host = folder.join(format!("host-{seed:03}"));
            write_files(&evtx_synth::simulate::any(seed).files, &host);
            host
        })
        .collect();
    all.extend(folders(&project("sample-evtx")));
    all.push(project("sample-evtx-damaged"));
    all
}

/// All parts together are what one run over all cases gives, row by row, and each computer is in one part.
#[track_caller]
fn is_divided(cases: &[PathBuf], folder: &Path, count: &str, more: &[&str]) {
    let (whole, parts) = (folder.join("whole"), folder.join(format!("parts-{count}")));
    let (code, said) = run(cases, &whole, more);
    let divided = [&["--partitions", count], more].concat();
    assert_eq!(run(cases, &parts, &divided).0, code, "{said}");
    let parts = folders(&parts);
    assert_eq!(parts.len().to_string(), count);
    let of_hops = ["hops.csv", "hosts.csv"].into_iter().filter(|_| more.contains(&"--hops"));
    for table in TABLES.into_iter().chain(of_hops) {
        let (one, mut divided) = (rows(std::slice::from_ref(&whole), table), rows(&parts, table));
        // A log with the records of several computers is in each part that has one of them.
        if matches!(table, "logs.csv" | "findings.csv") {
            divided.dedup();
        }
        let missing: Vec<&String> = one.iter().filter(|row| !divided.contains(row)).collect();
        assert_eq!(missing, Vec::<&String>::new(), "{table}: only in one run");
        assert_eq!(one.len(), divided.len(), "{table}: a row is in two parts");
    }
    let mut seen: BTreeMap<String, &Path> = BTreeMap::new();
    for part in &parts {
        let boots = fs::read_to_string(part.join("boots.csv")).unwrap();
        for line in boots.lines().skip(1) {
            let name = line.split(',').next().unwrap().to_owned();
            let first = seen.entry(name.clone()).or_insert(part);
            assert_eq!(first, part, "{name} is in two parts");
        }
    }
    fs::remove_dir_all(&whole).unwrap();
}

#[test]
fn cases_divided_by_computer_are_as_all_at_once() {
    let folder = scratch("partitions");
    let cases = cases_of(&computers(&folder.join("hosts"), 40), &folder.join("cases"));
    for count in ["1", "5", "16"] {
        is_divided(&cases, &folder, count, &[]);
    }
    // The folder of the cases, and some of them once more, in another order.
    let mut again: Vec<PathBuf> = cases.iter().rev().step_by(3).cloned().collect();
    again.push(folder.join("cases"));
    assert_eq!(run(&again, &folder.join("again"), &["--partitions", "5"]).0, Some(3));
    for (one, other) in folders(&folder.join("parts-5")).iter().zip(folders(&folder.join("again")))
    {
        for table in TABLES.into_iter().chain(["events.jsonl.gz"]) {
            let (a, b) = (fs::read(one.join(table)).unwrap(), fs::read(other.join(table)).unwrap());
            assert!(a == b, "{} differs in {}", table, other.display());
        }
    }
}

/// A case of each computer of several domains, in which computers share names, made with `--hops` but for one.
fn cases_of_domains(folder: &Path) -> Vec<PathBuf> {
    let mut cases = Vec::new();
    for seed in [1, 3, 16] {
        let logs = folder.join(format!("domain-{seed}"));
        let files = domain(seed).files.into_iter().map(|(name, bytes)| (name.to_string(), bytes));
        write_files(&files.collect::<Vec<_>>(), &logs);
        for computer in folders(&logs) {
            let case = folder.join(format!("case-{:03}", cases.len()));
            let hops: &[&str] = if cases.len() == 2 { &[] } else { &["--hops"] };
            run(&[computer], &case, hops);
            cases.push(case);
        }
    }
    cases
}

/// Hops lead from part to part: all are joined, and each is where its target is, in any order of the cases.
#[test]
fn hops_of_parts_are_those_of_all_at_once() {
    let folder = scratch("partitions-hops");
    let mut cases = cases_of_domains(&folder.join("cases"));
    for count in ["1", "7"] {
        is_divided(&cases, &folder, count, &["--hops"]);
    }
    cases.reverse();
    run(&cases, &folder.join("again"), &["--partitions", "7", "--hops"]);
    for (one, other) in folders(&folder.join("parts-7")).iter().zip(folders(&folder.join("again")))
    {
        for table in TABLES.into_iter().chain(["hops.csv", "hosts.csv", "events.jsonl.gz"]) {
            let (a, b) = (fs::read(one.join(table)).unwrap(), fs::read(other.join(table)).unwrap());
            assert!(a == b, "{} differs in {}", table, other.display());
        }
    }
    // The parts are cases again.
    let parts = folders(&folder.join("again"));
    run(&cases, &folder.join("whole"), &["--hops"]);
    run(&parts, &folder.join("joined"), &["--hops"]);
    let [a, b] =
        ["whole", "joined"].map(|case| fs::read(folder.join(case).join("hops.csv")).unwrap());
    assert!(a == b);
}

/// What a page needs of the computers of other parts that its hops name.
#[test]
fn a_part_knows_the_clocks_of_computers_elsewhere() {
    let folder = scratch("partitions-elsewhere");
    let cases = cases_of_domains(&folder);
    let all = Analysis::of(&cases).hops(true);
    let whole = all.run().unwrap().hops.unwrap();
    let parts = all.partitions(7).unwrap();
    let joined = all.join_parts(&parts).unwrap();
    let mut elsewhere = 0;
    for part in &parts {
        let hops = all.clone().only(part).joined(&joined).run().unwrap().hops.unwrap();
        for hop in hops.hops.iter().filter(|hop| !hop.source_computer.is_empty()) {
            let is_it = |row: &&HostAddress| row.host == hop.source_computer;
            let own = hops.hosts.iter().chain(&hops.elsewhere).find(is_it);
            assert_eq!(own, whole.hosts.iter().find(is_it), "{}", hop.source_computer);
            elsewhere += usize::from(!hops.hosts.iter().any(|row| is_it(&row)));
        }
    }
    assert!(elsewhere > 0);
}

/// The same with real logs, among them those that hold the records of many computers.
#[test]
fn real_cases_divided_by_computer_are_as_all_at_once() {
    let Some(evidence) = shared("evtx") else { return };
    let folder = scratch("partitions-real");
    let mut all = folders(&evidence.join("hosts"));
    let mut of_many: Vec<PathBuf> = fs::read_dir(evidence.join("manyhosts"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "evtx"))
        .collect();
    of_many.sort();
    assert!(!of_many.is_empty());
    all.extend(of_many);
    let cases = cases_of(&all, &folder.join("cases"));
    for count in ["3", "64"] {
        is_divided(&cases, &folder, count, &[]);
    }
}

/// The evidence of one computer in three cases, joined, is what it is when read at once, byte for byte.
#[test]
fn evidence_in_three_cases_is_as_read_at_once() {
    let folder = scratch("three-cases");
    for seed in 0..12 {
        let host = folder.join(format!("host-{seed}"));
        let files = evtx_synth::simulate::any(seed).files;
        write_files(&files, &host);
        let logs: Vec<PathBuf> = files.iter().map(|(name, _)| host.join(name)).collect();
        let cases: Vec<PathBuf> = (0..3)
            .filter_map(|place| {
                let own: Vec<PathBuf> = logs.iter().skip(place).step_by(3).cloned().collect();
                let case = folder.join(format!("{seed}-{place}"));
                (!own.is_empty()).then(|| {
                    run(&own, &case, &[]);
                    case
                })
            })
            .collect();
        let (whole, joined) =
            (folder.join(format!("{seed}-whole")), folder.join(format!("{seed}-joined")));
        let (code, said) = run(&logs, &whole, &[]);
        assert_eq!(run(&cases, &joined, &[]).0, code, "{said}");
        for table in TABLES.into_iter().chain(["events.jsonl.gz"]) {
            let [a, b] = [&whole, &joined].map(|case| fs::read(case.join(table)).unwrap());
            assert!(a == b, "seed {seed}: {table} differs");
        }
    }
}

#[test]
fn what_cannot_be_divided_is_refused_by_name() {
    let folder = scratch("partitions-refused");
    let logs = project("sample-evtx/ws01");
    let (code, said) =
        run(std::slice::from_ref(&logs), &folder.join("fleet"), &["--partitions", "2"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("sample-evtx/ws01") && said.contains("not a case"), "{said}");
    assert!(!folder.join("fleet").exists(), "nothing is written");
    let cases = cases_of(&[logs], &folder.join("cases"));
    assert_eq!(run(&cases, &folder.join("fleet"), &["--partitions", "2"]).0, Some(0));
    let (code, said) = run(&cases, &folder.join("fleet"), &["--partitions", "2", "--user", "bob"]);
    assert!(code == Some(1) && said.contains("--force"), "{said}");
    assert_eq!(run(&cases, &folder.join("fleet"), &["--partitions", "2", "--force"]).0, Some(0));
    let (code, said) = run(&cases, &folder.join("fleet"), &["--partitions", "3", "--force"]);
    assert!(code == Some(1) && said.contains("part-1-of-2"), "{said}");
    // A case that is damaged is named. Without another one nothing is written; with one, that is read.
    let events = cases[0].join("events.jsonl.gz");
    let mut bytes = fs::read(&events).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&events, bytes).unwrap();
    let (code, said) = run(&cases, &folder.join("damaged"), &["--partitions", "2"]);
    assert!(code == Some(1) && said.contains("case-000"), "{said}");
    assert!(!folder.join("damaged").exists(), "nothing is written");
    let other = cases_of(&[project("sample-evtx/dc01")], &folder.join("other"));
    let both = [cases, other].concat();
    let (code, said) = run(&both, &folder.join("damaged"), &["--partitions", "2"]);
    assert_eq!(code, Some(3), "{said}");
    let findings = rows(&folders(&folder.join("damaged")), "findings.csv").concat();
    assert!(findings.contains("case-not-read") && findings.contains("case-000"), "{findings}");
}

/// A run that was killed leaves parts that are not complete: a reader names them, and the same command makes them.
#[test]
fn a_fleet_that_broke_off_is_named_and_goes_on() {
    let folder = scratch("partitions-broken-off");
    let cases = cases_of(&computers(&folder.join("hosts"), 6), &folder.join("cases"));
    let fleet = folder.join("fleet");
    let again = |more: &[&str]| run(&cases, &fleet, &[&["--partitions", "5"], more].concat());
    let (code, _) = again(&[]);
    let parts = folders(&fleet);
    let tables = || {
        let of_part = |part: &PathBuf| TABLES.map(|table| fs::read(part.join(table)).unwrap());
        parts.iter().map(of_part).collect::<Vec<_>>()
    };
    let (whole, read_before) = (tables(), fs::read(parts[0].join("run.json")).unwrap());
    // One was being written, one not begun.
    fs::remove_dir_all(&parts[1]).unwrap();
    fs::create_dir(&parts[1]).unwrap();
    fs::write(parts[1].join(".sessions.csv.0123456789abcdef.tmp"), "half").unwrap();
    fs::remove_dir_all(&parts[3]).unwrap();
    let asked = |evidence: &[&PathBuf]| {
        let evidence = evidence.iter().map(|path| path.to_str().unwrap());
        let asked = winlast(&evidence.chain(["--print", "findings"]).collect::<Vec<_>>());
        (asked.status.code(), String::from_utf8(asked.stdout).unwrap())
    };
    for evidence in [&[&fleet][..], &[&parts[0], &parts[2]]] {
        let (code, said) = asked(evidence);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains("case-not-read") && said.contains("part-4-of-5"), "{said}");
    }
    assert!(
        asked(&[&fleet])
            .1
            .contains("part-2-of-5: this case is not complete, because its run was stopped")
    );
    assert!(!asked(&[&parts[0]]).1.contains("part-2-of-5"), "one part is asked for");
    assert_eq!(again(&[]).0, code);
    assert!(tables() == whole && asked(&[&fleet]).0 == code);
    assert!(fs::read(parts[0].join("run.json")).unwrap() == read_before, "it was complete");
    // The cases changed, and a run that was to replace the parts was stopped after the first one.
    let first = fs::read(parts[0].join("run.json")).unwrap();
    let fewer = run(&cases[1..], &fleet, &["--partitions", "5"]);
    assert!(fewer.0 == Some(1) && fewer.1.contains("--force"), "{}", fewer.1);
    run(&cases[1..], &fleet, &["--partitions", "5", "--force"]);
    fs::write(parts[0].join("run.json"), first).unwrap();
    let (code, said) = asked(&[&fleet]);
    assert!(code == Some(3) && said.contains("its parts are not of one run"), "{said}");
}

/// The parts of a fleet joined again, by themselves and with the cases, are what one run over all cases gives.
#[test]
fn parts_joined_again_are_as_all_at_once() {
    let folder = scratch("partitions-joined-again");
    let mut evidence = computers(&folder.join("hosts"), 40);
    evidence.extend(shared("evtx/manyhosts").map(|path| path.join("forwarded_ID4799-4624.evtx")));
    let cases = cases_of(&evidence, &folder.join("cases"));
    let (whole, fleet) = (folder.join("whole"), folder.join("fleet"));
    let (code, _) = run(&cases, &whole, &[]);
    run(&cases, &fleet, &["--partitions", "7"]);
    let with_cases = [&cases[..], std::slice::from_ref(&fleet)].concat();
    for (number, evidence) in [vec![fleet.clone()], with_cases].into_iter().enumerate() {
        let joined = folder.join(format!("joined-{number}"));
        assert_eq!(run(&evidence, &joined, &[]).0, code);
        for table in TABLES.into_iter().chain(["events.jsonl.gz"]) {
            let [a, b] = [&whole, &joined].map(|case| fs::read(case.join(table)).unwrap());
            assert!(a == b, "{table} of {number} differs");
        }
    }
}

/// Evidence of two hosts under one name, as `--name` gives it to every collection: the computers are those that the
/// folders have, also when the cases were joined or divided before.
#[test]
fn two_collections_of_one_name_are_two_computers() {
    let folder = scratch("partitions-one-name");
    let mut hosts = Vec::new();
    for seed in [62, 145] {
        let host = folder.join(seed.to_string());
        let mut files = evtx_synth::simulate::any(seed).files;
        files.retain(|(name, _)| name.starts_with("host1/"));
        assert!(!files.is_empty());
        let empty = LogWriter::new(LogOptions::default()).finish().to_bytes();
        files.push(("host1/Setup.evtx".into(), empty));
        write_files(&files, &host);
        hosts.push(host);
    }
    let computers = |cases: &[PathBuf]| {
        let rows = rows(cases, "boots.csv").into_iter();
        rows.map(|row| row.split(',').take(3).collect::<Vec<_>>().join(",")).collect::<Vec<_>>()
    };
    let direct = folder.join("direct");
    run(&hosts, &direct, &[]);
    let expected = computers(&[direct]);
    assert!(expected.iter().any(|row| row.contains("~2,")) && !expected.concat().contains("~3"));
    let mut cases = Vec::new();
    for (host, name) in hosts.iter().zip(["a", "b"]) {
        let case = folder.join(name);
        run(std::slice::from_ref(host), &case, &["--name", "collection.zip"]);
        cases.push(case);
    }
    let [joined, again, with_cases, with_one, fleet] =
        ["joined", "again", "with-cases", "with-one", "fleet"].map(|name| folder.join(name));
    run(&cases, &joined, &[]);
    run(std::slice::from_ref(&joined), &again, &[]);
    run(&[joined.clone(), cases[0].clone(), cases[1].clone()], &with_cases, &[]);
    run(&[joined.clone(), cases[1].clone()], &with_one, &[]);
    run(&cases, &fleet, &["--partitions", "3"]);
    let empty = rows(std::slice::from_ref(&joined), "logs.csv");
    assert_eq!(empty.iter().filter(|row| row.contains("Setup.evtx")).count(), 2, "one of each");
    for case in [&joined, &again, &with_cases, &with_one] {
        assert_eq!(computers(std::slice::from_ref(case)), expected, "{}", case.display());
        let logs = |case: &PathBuf| rows(std::slice::from_ref(case), "logs.csv");
        assert_eq!(logs(case), logs(&joined), "{}", case.display());
    }
    assert_eq!(computers(&folders(&fleet)), expected);
    let of_fleet = folder.join("of-fleet");
    run(&[fleet], &of_fleet, &[]);
    assert_eq!(computers(&[of_fleet]), expected);
}

#[test]
fn cases_of_which_none_can_be_used_make_no_fleet() {
    let folder = scratch("partitions-unusable");
    let cases = cases_of(&[project("sample-evtx/ws01")], &folder.join("cases"));
    fs::write(cases[0].join("events.jsonl.gz"), "damaged").unwrap();
    let (code, said) = run(&cases, &folder.join("fleet"), &["--partitions", "2"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("no event log found") && said.contains("damaged"), "{said}");
    assert!(!folder.join("fleet").exists());
}

//! `--explain`: what a session rests on, held against the bytes of the logs.

use super::common::{project, scratch, shared, skipped, winlast};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the program explains of `session`.
fn explained(evidence: &[&Path], session: &str) -> String {
    let mut arguments: Vec<&str> = evidence.iter().filter_map(|path| path.to_str()).collect();
    arguments.extend(["--explain", session, "-q"]);
    let output = winlast(&arguments);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A record that an explanation quotes.
struct Quoted<'a> {
    record_id: u64,
    event_id: u64,
    path: &'a str,
    offset: usize,
    size: usize,
    sha256: &'a str,
    xml: &'a str,
}

/// The records of an explanation.
fn quoted(text: &str) -> Vec<Quoted<'_>> {
    let (_, records) = text.split_once("\nRecords\n").unwrap();
    let mut quoted = Vec::new();
    let mut starts: Vec<usize> = records.match_indices(", Event ID ").map(|(at, _)| at).collect();
    starts.push(records.len());
    for pair in starts.windows(2) {
        let (before, part) = (&records[..pair[0]], &records[pair[0]..pair[1]]);
        let record_id = before.rsplit('#').next().unwrap().parse().unwrap();
        let event_id = part[", Event ID ".len()..].split(':').next().unwrap().parse().unwrap();
        let place = part.lines().nth(1).unwrap().trim();
        let (path, rest) = place.split_once(", byte ").unwrap_or_else(|| panic!("{place}"));
        let (offset, rest) = rest.split_once(" of the file, ").unwrap();
        let (size, sha256) = rest.split_once(" bytes, SHA-256 ").unwrap();
        let (offset, size) = (offset.parse().unwrap(), size.parse().unwrap());
        let xml = &part[part.find("<Event ").unwrap()..];
        quoted.push(Quoted { record_id, event_id, path, offset, size, sha256, xml });
    }
    assert!(!quoted.is_empty(), "{text}");
    quoted
}

/// Each record is where the explanation says: its bytes begin and end as a record does, another program
/// gives the same hash, and its XML has the numbers of the citation.
fn check(text: &str, folder: &Path) {
    for one in quoted(text) {
        let log = fs::read(one.path).unwrap();
        let bytes = &log[one.offset..one.offset + one.size];
        let size = (one.size as u32).to_le_bytes();
        assert!(bytes.starts_with(b"**\0\0"), "{}#{}", one.path, one.record_id);
        assert_eq!((&bytes[4..8], &bytes[one.size - 4..]), (&size[..], &size[..]));
        for (tag, number) in [("EventRecordID", one.record_id), ("EventID", one.event_id)] {
            let text = one.xml.split_once(&format!("<{tag}")).unwrap().1;
            let value = text.split_once('>').unwrap().1.split('<').next().unwrap();
            assert_eq!(value, number.to_string(), "{}#{}", one.path, one.record_id);
        }
        let copy = folder.join("record");
        fs::write(&copy, bytes).unwrap();
        let Ok(sum) = Command::new("sha256sum").arg(&copy).output() else {
            return skipped("the hashes of records: there is no sha256sum");
        };
        let sum = String::from_utf8(sum.stdout).unwrap();
        assert_eq!(sum.split_whitespace().next(), Some(one.sha256));
    }
}

#[test]
fn a_session_is_explained_with_its_records() {
    let folder = scratch("explained");
    let evidence = project("sample-evtx/ws01");
    let text = explained(&[&evidence], "ws01/4/CAROL");
    check(&text, &folder);
    // alice's bounds, from what her boot and the next one say: boot 3 crashed at 19:12 or later.
    let crash = explained(&[&evidence], "WS01/3/0x61b2e");
    check(&crash, &folder);
    for part in [
        "WS01/3/0x61b2e: WS01\\alice, console, logon type 2 (Interactive)",
        "rule crash-report: Gives the end: the next boot reports a crash.",
        "not before: 2026-03-03T19:12:44.5601009Z; not after: 2026-03-03T19:25:30.5003018Z",
        "terminated: no 4634 of 0x61b2e was read in boot 3",
        "linked with 0x61b02: its 4624 names it",
        "inherited: no logoff of the linked session 0x61b02 was read",
        "shutdown: boot 3 did not end in order (crash)",
        "censored: between its last record and the end of its boot no record is missing",
        "confidence low",
    ] {
        assert!(crash.contains(part), "{part}\n{crash}");
    }
    // Nothing is looked for before a 4634, and a boot that no record begins has no evidence.
    let logged = explained(&[&project("sample-evtx/dc01")], "DC01.contoso.local/0/0x29b379");
    assert!(logged.contains("\n  none: this cause has the highest priority\n"), "{logged}");
    assert!(logged.contains("\nBoot 0: the time before the first known boot\n"), "{logged}");
}

#[test]
fn names_that_no_session_has_are_said() {
    let evidence = project("sample-evtx/dc01");
    let output = winlast(&[evidence.to_str().unwrap(), "--explain", "dc01/1/dadmin"]);
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("no session has that name"), "{text}");
}

#[test]
fn a_case_explains_without_the_text_of_records() {
    let folder = scratch("explained-case");
    let (logs, case) = (folder.join("logs"), folder.join("case"));
    fs::create_dir_all(&logs).unwrap();
    fs::copy(project("sample-evtx/dc01/Security.evtx"), logs.join("Security.evtx")).unwrap();
    let session = "dc01/0/0x29b379";
    assert!(winlast(&[logs.as_path(), Path::new("-o"), &case]).status.success());
    let whole = explained(&[&logs], session);
    fs::remove_dir_all(&logs).unwrap();
    let alone = explained(&[&case], session);
    let head = |text: &str| text.split_once("\nRecords\n").unwrap().0.to_owned();
    assert_eq!(head(&alone), head(&whole));
    assert!(
        alone.contains(
            "is not among the evidence given, so that its text, offset and SHA-256 cannot be shown"
        ),
        "{alone}"
    );
}

#[test]
fn sessions_of_real_hosts_are_explained() {
    let Some(hosts) = shared("evtx/hosts") else {
        return skipped("explanations of real hosts: the real logs are not here");
    };
    let folder = scratch("explained-real");
    let mut hosts: Vec<PathBuf> =
        fs::read_dir(hosts).unwrap().map(|entry| entry.unwrap().path()).collect();
    hosts.sort();
    for host in hosts {
        let output = winlast(&[host.to_str().unwrap(), "--print", "sessions", "-q"]);
        let table = String::from_utf8(output.stdout).unwrap();
        let ids: Vec<&str> =
            table.lines().skip(1).filter_map(|row| row.split(',').next()).collect();
        // A few of each host, far apart.
        for id in ids.iter().step_by(ids.len() / 4 + 1) {
            check(&explained(&[&host], id), &folder);
        }
    }
}

/// What is said of a session, with the places of its records, without where its logs are.
fn without_paths(text: &str) -> String {
    let line = |line: &str| match line.split_once(", byte ") {
        Some((path, place)) => {
            // On the disk the name of the folder stands before that of the log.
            let log = path.rsplit('/').next().unwrap().trim_start_matches("ws01-");
            format!("{}, byte {place}\n", log.trim())
        }
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// An archive and a disk image that hold the logs explain a session as the logs do: `check` has held those
/// against the bytes of the files.
#[test]
fn archives_and_images_explain_as_their_logs_do() {
    let folder = scratch("explained-containers");
    let logs = project("sample-evtx/ws01");
    let session = "WS01/3/0x61b2e";
    let expected = without_paths(&explained(&[&logs], session));
    let mut checked = Vec::new();
    let pack = "import shutil, sys; [shutil.make_archive(sys.argv[1], kind, sys.argv[2]) for kind in ('zip', 'gztar')]";
    let packed = Command::new("python3")
        .args(["-c", pack, folder.join("logs").to_str().unwrap(), logs.to_str().unwrap()])
        .status();
    match packed {
        Ok(status) if status.success() => {
            checked.extend([folder.join("logs.zip"), folder.join("logs.tar.gz")]);
        }
        other => skipped(&format!("explanations of archives: python3 gave {other:?}")),
    }
    if let Some(images) = super::images::images() {
        checked.extend(["same/zlib.qcow2", "same/best.E01"].map(|image| images.join(image)));
    }
    for container in checked {
        let text = explained(&[&container], session);
        // The disks hold another log of this computer, whose records are copies.
        let own: Vec<&str> = text.lines().filter(|line| !line.contains("also in ")).collect();
        assert_eq!(without_paths(&own.join("\n")), expected, "{}", container.display());
    }
}

/// The first record of a chunk is gone, and with it definitions that later records need. Those are recovered, and the
/// place and hash of each is right, whether or not its text can be shown.
#[test]
fn recovered_records_are_explained() {
    let folder = scratch("explained-recovered");
    let mut log = fs::read(project("sample-evtx/ws01/Security.evtx")).unwrap();
    let first = 4096 + 512;
    let size = u32::from_le_bytes(log[first + 4..first + 8].try_into().unwrap()) as usize;
    log[first..first + size].fill(0);
    let damaged = folder.join("Security.evtx");
    fs::write(&damaged, &log).unwrap();
    let output =
        winlast(&[damaged.to_str().unwrap(), "--recover", "--explain", "WS01/0/0x6a2b", "-q"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("Security#20 (4624), recovered"), "{text}");
    assert!(text.contains("its XML cannot be shown"), "{text}");
    let place = text.split_once("Security#20, Event ID 4624: start\n").unwrap().1;
    let (_, place) = place.lines().next().unwrap().split_once(", byte ").unwrap();
    let (offset, rest) = place.split_once(" of the file, ").unwrap();
    let (size, sha256) = rest.split_once(" bytes, SHA-256 ").unwrap();
    let (offset, size): (usize, usize) = (offset.parse().unwrap(), size.parse().unwrap());
    let bytes = &log[offset..offset + size];
    assert!(bytes.starts_with(b"**\0\0") && bytes[8..16] == 20_u64.to_le_bytes());
    let copy = folder.join("record");
    fs::write(&copy, bytes).unwrap();
    match Command::new("sha256sum").arg(&copy).output() {
        Ok(sum) => assert!(String::from_utf8(sum.stdout).unwrap().starts_with(sha256)),
        Err(_) => skipped("the hash of a recovered record: there is no sha256sum"),
    }
    // Without --recover the record is not read, and nothing is said of a session that it alone shows.
    assert!(explained(&[&damaged], "WS01/0/0x6a2b").is_empty());
}

/// A session is asked for by its name alone: an option that chooses sessions would be passed over.
#[test]
fn no_other_question_goes_with_it() {
    for other in [["--user", "alice"], ["--since", "2024-05-02"], ["--watch", "names.txt"]] {
        let mut arguments = vec!["sample-evtx", "--explain", "*/1/0x3e7"];
        arguments.extend(other);
        let output = winlast(&arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("--explain") && told.contains(other[0]), "{told}");
    }
}

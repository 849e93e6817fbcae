use super::*;
use crate::evidence::open::OpenSource;
use crate::evidence::settings::SearchSettings;
use crate::progress::Silent;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Everything that is found, as one.
fn search(
    paths: &[PathBuf],
    settings: &SearchSettings,
    progress: &dyn Progress,
) -> Result<OpenSource, Error> {
    let memory = Memory::new();
    let given = GivenPaths::new(paths.to_vec());
    let mut discovery = Discovery::new(&given, &memory, progress);
    let mut all = OpenSource::default();
    for source in discovery.sources() {
        let found = source.open(settings, &memory);
        all.logs.extend(found.logs);
        all.findings.extend(found.findings);
    }
    all.findings.append(&mut discovery.findings);
    all.findings.sort();
    if all.logs.is_empty() { Err(discovery.nothing_found(&all.findings)) } else { Ok(all) }
}

/// A folder of its own that goes away with the test.
struct TestFolder(PathBuf);

impl TestFolder {
    fn new() -> TestFolder {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "winlast-evidence-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        TestFolder(path)
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Paths of the logs found, below this folder.
    fn logs(&self, evidence: &OpenSource) -> Vec<String> {
        let prefix = format!("{}/", crate::evidence::display_path::display_path(&self.0));
        evidence.logs.iter().map(|log| log.path.replace(&prefix, "")).collect()
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_can_hold_logs_and_is_not_read_is_named() {
    let folder = TestFolder::new();
    folder.file("log.evtx", &header());
    folder.file("in/triage.rar", b"Rar!\x1a\x07\x01\0");
    folder.file("in/backup", b"EVF2\r\n\x81\0");
    folder.file("Windows/System32/config/SecEvent.Evt", b"\x30\0\0\0LfLe\x01\0\0\0");
    folder.file("Windows/Installer/a.cab", b"MSCF\0\0\0\0");
    folder.file("notes.txt", b"notes");
    folder.file("._log.evtx", &[0, 5, 0x16, 7, 0, 2]);
    let found =
        search(std::slice::from_ref(&folder.0), &SearchSettings::default(), &Silent).unwrap();
    assert_eq!(folder.logs(&found), ["log.evtx"]);
    let said: Vec<(&str, &str)> = found
        .findings
        .iter()
        .map(|f| (f.message.split(": ").next().unwrap(), f.severity.word()))
        .map(|(path, severity)| (path.rsplit('/').next().unwrap(), severity))
        .collect();
    assert_eq!(
        said,
        [
            ("a.cab", "info"),
            ("SecEvent.Evt", "error"),
            ("backup", "error"),
            ("triage.rar", "error")
        ]
    );
    assert!(codes(&found).iter().all(|code| *code == FindingCode::EvidenceNotRead));
}

/// A disk of which nothing but chunks is known, given by name: it is no log, whatever it is called.
#[test]
fn an_unknown_disk_is_no_log() {
    let folder = TestFolder::new();
    folder.file("log.evtx", &header());
    let mut disk = vec![0; 64 * 65_536 + 4096];
    for slot in [10, 11, 40] {
        disk[4096 + slot * 65_536..][..8].copy_from_slice(b"ElfChnk\0");
    }
    disk[4096..4096 + 5 * 65_536].fill(9);
    for name in ["a.raw", "a.dd", "a.img", "a.001", "a"] {
        let path = folder.file(name, &disk);
        let given = [folder.0.join("log.evtx"), path];
        let found = search(&given, &SearchSettings::default(), &Silent).unwrap();
        assert_eq!(found.logs.len(), 1, "{name}");
        assert_eq!(codes(&found), [FindingCode::NotAnEventLog], "{name}");
        assert!(found.findings[0].message.contains("among other data"));
    }
    // Named as a log it is one, as far as it goes.
    let path = folder.file("a.evtx", &disk);
    let found = search(&[path], &SearchSettings::default(), &Silent).unwrap();
    assert_eq!(found.logs.len(), 1);
}

fn header() -> Vec<u8> {
    let mut bytes = vec![0; 4096];
    bytes[..8].copy_from_slice(b"ElfFile\0");
    bytes
}

fn codes(evidence: &OpenSource) -> Vec<FindingCode> {
    evidence.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn logs_are_identified_by_content_and_sorted_by_path() {
    let folder = TestFolder::new();
    folder.file("b/Security.evtx", &header());
    folder.file("a/no extension", &header());
    folder.file("a/notes.txt", b"notes");
    folder.file("c/headerless", b"ElfChnk\0 and so on");
    let mut overwritten = vec![0; 4096 + 65_536];
    overwritten.extend(b"ElfChnk\0");
    folder.file("c/first chunk overwritten too.evtx", &overwritten);
    let found =
        search(std::slice::from_ref(&folder.0), &SearchSettings::default(), &Silent).unwrap();
    assert_eq!(
        folder.logs(&found),
        ["a/no extension", "b/Security.evtx", "c/first chunk overwritten too.evtx", "c/headerless"]
    );
    assert_eq!(
        found.logs.iter().map(|log| log.first_chunk).collect::<Vec<_>>(),
        [4096, 4096, 4096, 0]
    );
    assert_eq!(codes(&found), []);
}

#[test]
fn a_file_is_read_once_however_often_it_is_named() {
    let folder = TestFolder::new();
    let log = folder.file("x/a.evtx", &header());
    let detour = folder.0.join("x").join("..").join("x").join("a.evtx");
    let mut arguments = vec![folder.0.clone(), log, detour];
    let first = search(&arguments, &SearchSettings::default(), &Silent).unwrap();
    arguments.reverse();
    let second = search(&arguments, &SearchSettings::default(), &Silent).unwrap();
    assert_eq!(first.logs.len(), 1);
    assert_eq!(first.logs[0].path, second.logs[0].path);
}

#[test]
fn what_claims_to_be_a_log_and_is_none_is_a_finding() {
    let folder = TestFolder::new();
    folder.file("log.evtx", &header());
    folder.file("empty.evtx", b"");
    folder.file("text.EVTX", b"hello");
    folder.file("silent.txt", b"hello");
    let given = folder.file("given.txt", b"hello");
    let old = folder.file("old.evt", b"\x30\0\0\0LfLe\x01\0\0\0");
    let missing = folder.0.join("missing.evtx");
    let found =
        search(&[folder.0.clone(), given, old, missing], &SearchSettings::default(), &Silent)
            .unwrap();
    assert_eq!(folder.logs(&found), ["log.evtx"]);
    let messages: Vec<&str> =
        found.findings.iter().map(|f| f.message.rsplit('/').next().unwrap()).collect();
    assert_eq!(messages.len(), 5, "{messages:?}");
    assert!(messages.iter().any(|m| m.starts_with("empty.evtx: no event log: it is empty")));
    assert!(messages.iter().any(|m| m.contains("Windows XP")), "{messages:?}");
    assert!(codes(&found).contains(&FindingCode::SourceUnreadable));
}

#[test]
fn nothing_found_is_an_error_that_says_why() {
    let folder = TestFolder::new();
    let text = folder.file("a.evtx", b"text");
    let error =
        |paths: &[PathBuf]| search(paths, &SearchSettings::default(), &Silent).err().unwrap();
    assert!(matches!(error(&[folder.0.join("missing")]), Error::Evidence { .. }));
    let said = error(&[text, folder.0.join("missing")]).to_string();
    assert!(said.contains("a.evtx"), "{said}");
    assert!(matches!(error(&[]), Error::NoEvidence(_)));
}

#[cfg(unix)]
#[test]
fn links_are_followed_only_when_given() {
    use std::os::unix::fs::symlink;
    let folder = TestFolder::new();
    let outside = TestFolder::new();
    let log = outside.file("real.evtx", &header());
    folder.file("in/log.evtx", &header());
    symlink(&log, folder.0.join("in/link.evtx")).unwrap();
    symlink(&outside.0, folder.0.join("in/folder")).unwrap();
    symlink("..", folder.0.join("in/loop")).unwrap();
    let found = search(&[folder.0.join("in")], &SearchSettings::default(), &Silent).unwrap();
    assert_eq!(folder.logs(&found), ["in/log.evtx"]);
    assert_eq!(codes(&found), [FindingCode::SourceUnreadable]);
    let found = search(
        &[folder.0.join("in/link.evtx"), folder.0.join("in/folder")],
        &SearchSettings::default(),
        &Silent,
    );
    assert_eq!(found.unwrap().logs.len(), 1, "both lead to the same file");
}

#[test]
fn a_source_reads_the_same_kept_open_or_not() {
    let folder = TestFolder::new();
    let path = folder.file("a", b"0123456789");
    for source in [
        LocalFile::open(path.clone()).unwrap(),
        LocalFile::open(path.clone()).unwrap().closed_between_reads(),
    ] {
        let mut buffer = [0; 4];
        assert_eq!(source.read_at(3, &mut buffer).unwrap(), 4);
        assert_eq!(&buffer, b"3456");
        assert_eq!(source.read_at(8, &mut buffer).unwrap(), 2);
        assert_eq!(source.read_at(99, &mut buffer).unwrap(), 0);
        assert_eq!((source.size(), source.size_now().unwrap()), (10, 10));
    }
}

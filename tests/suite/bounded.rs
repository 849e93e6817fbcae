//! Evidence that is made to cost memory, time, open files or rows: each is bounded, and findings say what
//! was left out.

use super::common::{project, scratch, winlast};
use std::path::Path;
use std::process::Command;
use winlast::Analysis;
use winlast::model::{Finding, FindingCode, Report};

/// Records of 28 bytes without content in one chunk: as many as it holds.
const RECORDS: usize = (65_536 - 512) / 28;

/// A log of chunks that hold nothing but records without content, each of which is a finding.
fn garbage(chunks: usize) -> Vec<u8> {
    let mut log = vec![0; 4096];
    log[..8].copy_from_slice(b"ElfFile\0");
    for number in 0..chunks {
        let mut chunk = vec![0; 65_536];
        chunk[..8].copy_from_slice(b"ElfChnk\0");
        let last = ((number + 1) * RECORDS) as u64;
        chunk[32..40].copy_from_slice(&last.to_le_bytes());
        chunk[48..52].copy_from_slice(&65_536_u32.to_le_bytes());
        // No checksums.
        chunk[120] = 4;
        for index in 0..RECORDS {
            let at = 512 + index * 28;
            chunk[at..at + 4].copy_from_slice(b"**\0\0");
            chunk[at + 4] = 28;
            let id = (number * RECORDS + index + 1) as u64;
            chunk[at + 8..at + 16].copy_from_slice(&id.to_le_bytes());
            chunk[at + 24] = 28;
        }
        log.extend(chunk);
    }
    log
}

fn unreadable(report: &Report) -> Vec<&str> {
    let of_code = |finding: &&Finding| finding.code == FindingCode::RecordUnreadable;
    report.findings.iter().filter(of_code).map(|finding| finding.message.as_str()).collect()
}

#[test]
fn garbage_gives_few_rows_and_loses_no_count() {
    let folder = scratch("garbage");
    let path = folder.join("garbage.evtx");
    std::fs::write(&path, garbage(100)).unwrap();
    let report = Analysis::of([&path]).threads(2).run().unwrap();
    let rows = unreadable(&report);
    assert_eq!(RECORDS, 2322);
    assert_eq!(rows.len(), 64 * 4 + 1);
    // 2322 in each of 100 chunks: three rows and one with the other 2319 for each of 64 chunks.
    let more =
        |row: &&&str| row.contains(": 2319 more of this kind in this chunk, the next at offset");
    assert_eq!(rows.iter().filter(more).count(), 64);
    let others = "from chunk 64 on: 83592 more of this kind in 36 more chunks";
    assert_eq!(rows.iter().filter(|row| row.ends_with(others)).count(), 1);
    assert_eq!(report.logs[0].records_unreadable, 232_200);
    let alone = Analysis::of([&path]).threads(1).run().unwrap();
    assert_eq!(alone.findings, report.findings);
}

/// Not where a file system writes zeros.
#[cfg(unix)]
#[test]
fn a_log_of_eight_terabytes_is_refused_at_once() {
    let folder = scratch("sparse");
    let path = folder.join("sparse.evtx");
    std::fs::write(&path, b"ElfFile\0").unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    if let Err(why) = file.set_len(8 << 40) {
        return super::common::skipped(&format!("no file of 8 TiB can be made: {why}"));
    }
    let start = std::time::Instant::now();
    let sample = project("sample-evtx/ws01");
    let report = Analysis::of([path.as_path(), sample.as_path()]).run().unwrap();
    assert!(start.elapsed() < std::time::Duration::from_secs(5));
    std::fs::remove_file(&path).unwrap();
    let refused: Vec<&Finding> =
        report.findings.iter().filter(|f| f.code == FindingCode::NotAnEventLog).collect();
    assert_eq!(refused.len(), 1);
    assert!(refused[0].message.contains("no event log is larger than 64 GiB"), "{refused:?}");
    assert!(report.is_incomplete());
}

/// The shell's limit of open files leaves no log unread.
#[cfg(unix)]
#[test]
fn many_logs_are_read_with_few_open_files() {
    let folder = scratch("few-open-files");
    let sample = project("sample-evtx/ws01/Security.evtx");
    for number in 0..200 {
        std::fs::copy(&sample, folder.join(format!("{number}.evtx"))).unwrap();
    }
    for limit in [16, 32, 256] {
        let output = Command::new("sh")
            .args(["-c", "ulimit -n \"$1\" && exec \"$2\" \"$3\" --print logs", "sh"])
            .arg(limit.to_string())
            .arg(env!("CARGO_BIN_EXE_winlast"))
            .arg(&folder)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{limit}");
        let logs = String::from_utf8(output.stdout).unwrap();
        assert_eq!(logs.lines().filter(|line| line.contains(".evtx")).count(), 200, "{limit}");
    }
}

/// What does not fit is named, and what was used does not depend on the number of threads.
#[test]
fn memory_is_given_and_kept_to() {
    let folder = scratch("memory");
    for number in 0..40 {
        let from = project("sample-evtx/dc01/Security.evtx");
        std::fs::copy(from, folder.join(format!("{number:02}.evtx"))).unwrap();
    }
    let read = |bytes: u64, threads| {
        Analysis::of([folder.as_path()]).memory(bytes).threads(threads).events().unwrap()
    };
    let all = read(1 << 30, 2);
    assert_eq!(limited(&all.findings), 0);
    // Half of it is for events, of 512 bytes each; a chunk is used or not.
    let bytes = all.events.len() as u64 / 3 * 1024;
    let third = read(bytes, 1);
    assert!(third.events.len() * 3 <= all.events.len());
    assert!(third.events.len() * 5 > all.events.len(), "{} events", third.events.len());
    assert_eq!(third.events, all.events[..third.events.len()]);
    let of_logs = third.logs.iter().filter(|log| log.records_read == 0).count();
    assert!((of_logs..=of_logs + 1).contains(&limited(&third.findings)) && of_logs > 20);
    assert_eq!(read(bytes, 4), third);
    // More than the 1,024 events that half of a MiB holds: 40 times a log of 244 records.
    let many = scratch("memory-of-the-program");
    for number in 0..40 {
        let from = project("sample-evtx/ws01/Security.evtx");
        std::fs::copy(from, many.join(format!("{number:02}.evtx"))).unwrap();
    }
    assert_eq!(exit_code(&many, "1M"), Some(3));
    assert_eq!(exit_code(&many, "1G"), Some(0));
}

fn limited(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.code == FindingCode::MemoryLimit).count()
}

fn exit_code(path: &Path, memory: &str) -> Option<i32> {
    let path = path.to_str().unwrap();
    winlast(&[path, "--memory", memory, "--print", "sessions"]).status.code()
}

//! Evidence that is made to cost memory, time, open files or rows: each is bounded, and findings say what
//! was left out.

use super::common::{project, scratch, volume_with_a_log, winlast};
use std::path::Path;
use std::process::Command;
use winlast::model::{Finding, FindingCode, Report};
use winlast::{Analysis, Error};

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

/// Where an attribute of this type begins in a file record.
fn attribute(record: &[u8], kind: u32) -> Option<usize> {
    let number = |at: usize| u32::from_le_bytes(record[at..at + 4].try_into().unwrap());
    let mut at = usize::from(record[20]);
    while number(at) != u32::MAX {
        if number(at) == kind {
            return Some(at);
        }
        at += number(at + 4) as usize;
    }
    None
}

/// Makes the log on a volume sparse: its first cluster stays, and 8 TiB of nothing follow.
fn with_a_sparse_log(volume: &mut [u8]) {
    const CLUSTERS: u64 = 1 << 31;
    let name: Vec<u8> = "Security.evtx".encode_utf16().flat_map(u16::to_le_bytes).collect();
    // The folder of the log has its name as well, but no data.
    let is_log = |record: &[u8]| {
        record.starts_with(b"FILE")
            && record.windows(name.len()).any(|part| part == name)
            && attribute(record, 0x80).is_some()
    };
    let record = volume.chunks_mut(1024).find(|record| is_log(record)).unwrap();
    let data = attribute(record, 0x80).unwrap();
    let end = data + usize::from(record[data + 4]);
    assert_eq!(
        (record[data + 8], &record[end..end + 4]),
        (1, &[0xff; 4][..]),
        "the last attribute"
    );
    assert!(end + 16 < 510, "no fix-up is touched");
    let size = (CLUSTERS + 1) * 4096;
    record[data + 24..data + 32].copy_from_slice(&CLUSTERS.to_le_bytes());
    for at in [40, 48, 56] {
        record[data + at..data + at + 8].copy_from_slice(&size.to_le_bytes());
    }
    // The first run, with a length of one byte and its place in two or three, is now one cluster.
    let runs = data + usize::from(record[data + 32]);
    let place = usize::from(record[runs] >> 4);
    assert_eq!(record[runs] & 15, 1);
    record[runs + 1] = 1;
    let next = runs + 2 + place;
    record[data + 4] += 8;
    record[end..end + 8].fill(0);
    record[next..next + 7].copy_from_slice(&[5, 0, 0, 0, 0x80, 0, 0]);
    record[end + 8..end + 16].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    record[24] += 8;
}

#[test]
fn a_log_of_eight_terabytes_on_a_small_volume_is_read_as_far_as_the_volume_goes() {
    let mut volume = volume_with_a_log();
    let path = scratch("sparse-on-a-volume").join("volume.raw");
    with_a_sparse_log(&mut volume);
    std::fs::write(&path, &volume).unwrap();
    for scan_mft in [false, true] {
        let start = std::time::Instant::now();
        let report = Analysis::of([&path]).scan_mft(scan_mft).run().unwrap();
        assert!(start.elapsed() < std::time::Duration::from_secs(5));
        let damaged: Vec<&Finding> =
            report.findings.iter().filter(|f| f.code == FindingCode::VolumeDamaged).collect();
        let said = "it claims 8796093026304 bytes where there are 3145728";
        assert!(damaged.len() == 1 && damaged[0].message.contains(said), "{:?}", report.findings);
        assert_eq!((report.logs.len(), report.logs[0].records_read), (1, 0));
        assert!(report.is_incomplete());
    }
}

/// The volume is as large as the log says, so that nothing of its file record is wrong.
#[cfg(unix)]
#[test]
fn a_log_of_eight_terabytes_on_a_large_volume_is_refused_at_once() {
    let mut volume = volume_with_a_log();
    with_a_sparse_log(&mut volume);
    let path = scratch("sparse-on-a-large-volume").join("volume.raw");
    std::fs::write(&path, &volume).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    if let Err(why) = file.set_len(9 << 40) {
        return super::common::skipped(&format!("no file of 9 TiB can be made: {why}"));
    }
    for scan_mft in [false, true] {
        let start = std::time::Instant::now();
        let read = Analysis::of([&path]).scan_mft(scan_mft).run();
        assert!(start.elapsed() < std::time::Duration::from_secs(5));
        let Err(Error::NoEvidence(message)) = read else { panic!("{read:?}") };
        assert!(message.contains("Security.evtx: no event log"), "{message}");
        assert!(message.contains("no event log is larger than 64 GiB"), "{message}");
    }
    std::fs::remove_file(&path).unwrap();
}

/// A chunk with records of one template that names their only value 5,000 times: each renders to 5,000
/// times as many bytes as its value has characters.
fn chunk_that_renders_large(characters: &[usize]) -> Vec<u8> {
    const TIMES: usize = 5000;
    let mut chunk = vec![0; 65_536];
    let put = |chunk: &mut Vec<u8>, at: usize, bytes: &[u8]| {
        chunk[at..at + bytes.len()].copy_from_slice(bytes);
        at + bytes.len()
    };
    put(&mut chunk, 0, b"ElfChnk\0");
    // No checksums.
    chunk[120] = 4;
    let mut at = 512;
    let definition = 512 + 24 + 4 + 10;
    for (index, characters) in characters.iter().enumerate() {
        let start = at;
        at = put(&mut chunk, start + 24, b"\x0f\x01\x01\0\x0c\x01\x01\0\0\0");
        at = put(&mut chunk, at, &(definition as u32).to_le_bytes());
        if index == 0 {
            let body_at = at + 24;
            // An element without dependency and attributes; its size is not looked at.
            let mut end = put(&mut chunk, body_at, b"\x0f\x01\x01\0\x01\xff\xff\0\0\0\0");
            end = put(&mut chunk, end, &(end as u32 + 4).to_le_bytes());
            end = put(&mut chunk, end, b"\0\0\0\0\0\0\x01\0E\0\0\0\x02");
            for _ in 0..TIMES {
                end = put(&mut chunk, end, b"\x0d\0\0\x01");
            }
            end = put(&mut chunk, end, b"\x04\0");
            put(&mut chunk, at + 4, &[1; 16]);
            put(&mut chunk, at + 20, &((end - body_at) as u32).to_le_bytes());
            at = end;
        }
        at = put(&mut chunk, at, b"\x01\0\0\0");
        at = put(&mut chunk, at, &(2 * *characters as u16).to_le_bytes());
        at = put(&mut chunk, at, b"\x01\0");
        at = put(&mut chunk, at, &b"x\0".repeat(*characters)) + 4;
        let size = ((at - start) as u32).to_le_bytes();
        put(&mut chunk, start, b"**\0\0");
        put(&mut chunk, start + 4, &size);
        put(&mut chunk, start + 8, &(index as u64 + 1).to_le_bytes());
        put(&mut chunk, at - 4, &size);
    }
    put(&mut chunk, 48, &(at as u32).to_le_bytes());
    chunk
}

/// A record gives 16 MiB of text at most, and a chunk 64 MiB: of six records with 5,000,000 bytes all are
/// read, of three with 20,000,000 two are given up, and the third and a small one behind it not begun.
#[test]
fn records_that_render_large_are_bounded_by_chunk_and_record() {
    let records = [vec![1000; 6], vec![4000; 3], vec![10]].concat();
    let mut log = vec![0; 4096];
    log[..8].copy_from_slice(b"ElfFile\0");
    for _ in 0..4 {
        log.extend(chunk_that_renders_large(&records));
    }
    let path = scratch("renders-large").join("large.evtx");
    std::fs::write(&path, &log).unwrap();
    let report = Analysis::of([&path]).threads(1).run().unwrap();
    let unreadable = unreadable(&report);
    let count = |why: &str| unreadable.iter().filter(|text| text.contains(why)).count();
    assert_eq!(count("record renders to more than 16 MiB"), 4 * 2, "{unreadable:#?}");
    assert_eq!(count("earlier records of the chunk spent its render budget"), 4);
    assert_eq!(count("1 more of this kind in this chunk, at offset 0xdeb8"), 4);
    let ghosts = report.findings.iter().filter(|f| f.code == FindingCode::GhostRecord).count();
    assert_eq!((ghosts, report.logs[0].records_unreadable), (4 * 4, 4 * 10));
    #[cfg(target_os = "linux")]
    assert_eq!(exit_code_within(262_144, &path), Some(3));
}

/// What a chunk may give does not begin anew behind a damaged record: of six records with 13,000,000 bytes
/// each, three before a damaged one and three behind it, all are read, and make more than 64 MiB. The crate is
/// not asked for the two small ones behind the next damaged one.
#[test]
fn what_a_chunk_gives_is_bounded_across_damaged_records() {
    let large = [2600; 3];
    let characters = [&large[..], &[10], &large, &[10; 3]].concat();
    let mut chunk = chunk_that_renders_large(&characters);
    // The number of the last record, without which no record behind a damaged one is looked for.
    chunk[32] = 10;
    let signatures: Vec<usize> =
        (512..65_000).filter(|&at| chunk[at..at + 4] == *b"**\0\0").collect();
    assert_eq!(signatures.len(), 10);
    for damaged in [3, 7] {
        chunk[signatures[damaged]] = 0;
    }
    let mut log = vec![0; 4096];
    log[..8].copy_from_slice(b"ElfFile\0");
    log.extend(chunk);
    let path = scratch("renders-large-between-damage").join("large.evtx");
    std::fs::write(&path, &log).unwrap();
    let report = Analysis::of([&path]).threads(1).run().unwrap();
    let [first, second, spent, other] = unreadable(&report)[..] else {
        panic!("{:#?}", report.findings)
    };
    assert!([first, second].iter().all(|row| row.contains("no record header here")));
    assert!(spent.contains("have more text than the limit for one chunk"), "{spent}");
    assert!(other.contains("1 more of this kind in this chunk"), "{other}");
    // Six without content, which is none of a log, and the four.
    assert_eq!(report.logs[0].records_unreadable, 10);
}

/// The exit code of the program when it has so many KiB of address space.
#[cfg(target_os = "linux")]
fn exit_code_within(kib: u32, path: &Path) -> Option<i32> {
    let output = Command::new("sh")
        .args(["-c", "ulimit -v \"$1\" && exec \"$2\" \"$3\" --recover --print logs", "sh"])
        .arg(kib.to_string())
        .arg(env!("CARGO_BIN_EXE_winlast"))
        .arg(path)
        .output()
        .unwrap();
    output.status.code()
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

//! Damaged images and archives: no panic, no endless loop, little memory.

use crate::common::scratch;
use crate::images::images;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use winlast::Analysis;

/// The number of damaged images of all kinds.
const CASES: u64 = 2000;
/// The longest time that one image may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Numbers that are the same in every run (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut n = self.0;
        n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }
}

/// Damages a file: changes some bytes, mostly in its tables, or cuts its end off.
fn damage(numbers: &mut Numbers, original: &[u8], file: &mut File) -> String {
    let size = original.len() as u64;
    if numbers.below(5) == 0 {
        let length = numbers.below(size);
        file.set_len(length).unwrap();
        return format!("cut to {length}");
    }
    let mut done = String::new();
    for _ in 0..=numbers.below(6) {
        let near = match numbers.below(4) {
            0 => size,
            1 => 65_536.min(size),
            2 => 4096.min(size),
            _ => 512.min(size),
        };
        let from = if numbers.below(3) == 0 { size - near } else { 0 };
        let at = from + numbers.below(near);
        let width = [1, 2, 4, 8][numbers.below(4) as usize];
        let value = match numbers.below(4) {
            0 => 0,
            1 => u64::MAX,
            2 => numbers.below(size),
            _ => numbers.next(),
        };
        let bytes = value.to_le_bytes();
        let width = width.min((size - at) as usize);
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&bytes[..width]).unwrap();
        done += &format!("{:02x?} at {at}; ", &bytes[..width]);
    }
    done
}

/// The peak memory of this process in KiB, if the system reports it.
fn memory_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn triage(path: &Path) -> bool {
    let analysis = Analysis::of([path]).zip_password("secret").scan_mft(true).threads(1);
    analysis.run().is_ok_and(|report| !report.logs.is_empty())
}

#[test]
fn damage_costs_no_more_than_itself() {
    let Some(made) = images() else { return };
    let folder = scratch("damaged");
    let mut kinds: Vec<_> =
        std::fs::read_dir(made.join("small")).unwrap().map(|entry| entry.unwrap().path()).collect();
    kinds.sort();
    // A child with its parent in the same folder.
    kinds.push(made.join("parents/child.vhdx"));
    std::fs::copy(made.join("parents/base.vhdx"), folder.join("base.vhdx")).unwrap();
    let before = memory_kib();
    let (mut logs, mut slowest) = (0, Duration::ZERO);
    for (number, original) in kinds.iter().enumerate() {
        let path = folder.join(original.file_name().unwrap());
        let mut bytes = Vec::new();
        File::open(original).unwrap().read_to_end(&mut bytes).unwrap();
        std::fs::write(&path, &bytes).unwrap();
        assert!(path.ends_with("dirty.vhdx") || triage(&path), "{} itself", path.display());
        let cases = CASES / kinds.len() as u64 + 1;
        for case in 0..cases {
            let mut numbers = Numbers(number as u64 * 1_000_000 + case);
            let mut file = OpenOptions::new().write(true).open(&path).unwrap();
            let what = damage(&mut numbers, &bytes, &mut file);
            let start = Instant::now();
            logs += u32::from(triage(&path));
            let taken = start.elapsed();
            assert!(taken < LIMIT, "{taken:?} with {what} in {}", path.display());
            slowest = slowest.max(taken);
            restore(&mut file, &bytes, &what);
        }
    }
    let grown = memory_kib().zip(before).map_or(0, |(after, before)| (after - before) / 1024);
    assert!(grown < 512, "{grown} MiB more memory than before");
    eprintln!(
        "{CASES} damaged images of {} kinds: {logs} still gave logs, slowest {slowest:?}, at most \
         {grown} MiB more memory",
        kinds.len()
    );
}

/// Undoes the damage.
fn restore(file: &mut File, bytes: &[u8], what: &str) {
    let length = file.metadata().unwrap().len();
    if length < bytes.len() as u64 {
        file.seek(SeekFrom::Start(length)).unwrap();
        file.write_all(&bytes[length as usize..]).unwrap();
    }
    for change in what.split("; ").filter_map(|change| change.rsplit_once(" at ")) {
        let at: usize = change.1.parse().unwrap();
        let end = bytes.len().min(at + 8);
        file.seek(SeekFrom::Start(at as u64)).unwrap();
        file.write_all(&bytes[at..end]).unwrap();
    }
}

//! NTFS and shadow copies on volumes that other programs wrote: every log must be read as the bytes
//! that were written, and damage must affect only the damaged data.

use crate::common::skipped;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use winlast::evidence::ReadAt;
use winlast::evidence::ntfs::{NtfsFile, NtfsVolume};
use winlast::evidence::shadow_copies::snapshots;

/// The exit code of the script if a tool is missing.
const MISSING: i32 = 77;

/// A volume in memory, with some bytes changed and the end cut off.
struct Image {
    bytes: Arc<Vec<u8>>,
    length: usize,
    changes: BTreeMap<usize, u8>,
}

impl Image {
    fn whole(bytes: &Arc<Vec<u8>>) -> Arc<dyn ReadAt> {
        let bytes = Arc::clone(bytes);
        Arc::new(Image { length: bytes.len(), bytes, changes: BTreeMap::new() })
    }
}

impl ReadAt for Image {
    fn size(&self) -> u64 {
        self.length as u64
    }

    fn size_now(&self) -> io::Result<u64> {
        Ok(self.size())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap().min(self.length);
        let end = start.saturating_add(buffer.len()).min(self.length);
        buffer[..end - start].copy_from_slice(&self.bytes[start..end]);
        for (at, value) in self.changes.range(start..end) {
            buffer[at - start] = *value;
        }
        Ok(end - start)
    }
}

/// One line of `expected.tsv`.
struct Expected {
    image: String,
    snapshot: usize,
    flags: String,
    path: String,
    original: PathBuf,
}

/// The folder of volumes, removed at the end.
struct Made(PathBuf);

impl Drop for Made {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Made {
    /// Runs the script; none, with a message, if its tools are missing.
    fn new(name: &str, cluster: &str) -> Option<Made> {
        let folder = std::env::temp_dir().join(format!("winlast-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/make_ntfs.py");
        let made = Made(folder);
        let output = match Command::new("python3").arg(script).arg(&made.0).arg(cluster).output() {
            Ok(output) => output,
            Err(error) => {
                skipped(&format!("python3 cannot be run: {error}"));
                return None;
            }
        };
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.code() == Some(MISSING) {
            skipped(&format!("{} (Debian: ntfs-3g)", said.trim()));
            return None;
        }
        assert!(output.status.success(), "{said}");
        Some(made)
    }

    fn image(&self, name: &str) -> Arc<Vec<u8>> {
        Arc::new(fs::read(self.0.join(name)).unwrap())
    }

    fn expected(&self) -> Vec<Expected> {
        let lines = fs::read_to_string(self.0.join("expected.tsv")).unwrap();
        let parse = |line: &str| {
            let fields: Vec<&str> = line.split('\t').collect();
            Expected {
                image: fields[0].to_owned(),
                snapshot: fields[1].parse().unwrap(),
                flags: fields[2].to_owned(),
                path: fields[3].to_owned(),
                original: self.0.join("originals").join(fields[4]),
            }
        };
        lines.lines().map(parse).collect()
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The whole file, read in parts whose size is no multiple of a cluster, a compression unit or a
/// run.
fn content(source: &dyn ReadAt) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(source.size()).unwrap()];
    for (at, piece) in bytes.chunks_mut(99_991).enumerate() {
        assert_eq!(source.read_at(at as u64 * 99_991, piece).unwrap(), piece.len());
    }
    // From the end to the beginning, a few bytes at a time.
    let mut few = [0; 7];
    for at in (0..bytes.len()).rev().step_by(4_093) {
        let read = source.read_at(at as u64, &mut few).unwrap();
        assert_eq!(few[..read], bytes[at..(at + 7).min(bytes.len())]);
    }
    assert_eq!(source.read_at(source.size(), &mut few).unwrap(), 0);
    bytes
}

/// Path, compressed, deleted, SHA-256.
type Row = (String, bool, bool, String);

fn rows(files: &[NtfsFile]) -> BTreeSet<Row> {
    let row = |file: &NtfsFile| {
        let hash = sha256(&content(&*file.source));
        (file.path.clone(), file.compressed, file.deleted, hash)
    };
    files.iter().map(row).collect()
}

fn expected_rows<'a>(expected: impl Iterator<Item = &'a Expected>) -> BTreeSet<Row> {
    let row = |expected: &Expected| {
        let hash = sha256(&fs::read(&expected.original).unwrap());
        let flag = |flag| expected.flags == flag;
        (expected.path.clone(), flag("compressed"), flag("deleted"), hash)
    };
    expected.map(row).collect()
}

#[test]
fn every_log_of_a_volume_reads_as_it_was_written() {
    for cluster in ["512", "1024", "4096"] {
        let Some(made) = Made::new(&format!("ntfs-{cluster}"), cluster) else { return };
        let volume = NtfsVolume::open(Image::whole(&made.image("volume.raw"))).unwrap();
        assert_eq!(volume.faults(), []);
        let expected = made.expected();
        let expected: Vec<&Expected> =
            expected.iter().filter(|row| row.image == "volume").collect();
        assert!(expected.len() > 410);

        let found = volume.logs();
        assert_eq!(found.faults, []);
        let in_place = |row: &&&Expected| row.flags == "-" || row.flags == "compressed";
        let wanted = expected_rows(expected.iter().filter(in_place).copied());
        assert_eq!((found.files.len(), rows(&found.files)), (wanted.len(), wanted));

        let mut scanned = volume.scan_mft();
        assert_eq!(scanned.faults, []);
        // By their content the fillers are the beginnings of logs.
        let before = scanned.files.len();
        scanned.files.retain(|file| !file.path.starts_with("Filler/"));
        assert_eq!(before - scanned.files.len(), 1200);
        let wanted = expected_rows(expected.iter().copied());
        assert_eq!((scanned.files.len(), rows(&scanned.files)), (wanted.len(), wanted));
        // No file was written after the removal, so no other file uses its clusters.
        assert!(scanned.files.iter().all(|file| file.reused_clusters == 0));
        println!("clusters of {cluster}: {} files as written", scanned.files.len());
    }
}

#[test]
fn every_snapshot_shows_the_volume_as_it_was() {
    let Some(made) = Made::new("shadow", "4096") else { return };
    let image = made.image("shadow.raw");
    let expected = made.expected();
    let logs = |snapshot: usize, source: Arc<dyn ReadAt>| {
        let found = NtfsVolume::open(source).unwrap().logs();
        assert_eq!(found.faults, []);
        let rows = rows(&found.files);
        let mine = |row: &&Expected| row.image == "shadow" && row.snapshot == snapshot;
        let wanted = expected_rows(expected.iter().filter(mine));
        assert!(wanted.len() > 1 && wanted.is_subset(&rows), "snapshot {snapshot}");
        rows
    };
    let (found, faults) = snapshots(Image::whole(&image), &mut std::iter::empty());
    assert_eq!((found.len(), &faults[..]), (3, &[][..]));
    let is_extra = |rows: &BTreeSet<Row>| rows.iter().any(|row| row.0.ends_with("/Extra.evtx"));
    assert!(is_extra(&logs(0, Image::whole(&image))));
    for (at, snapshot) in found.iter().enumerate() {
        assert!(snapshot.complete);
        assert_eq!(snapshot.identifier, format!("{{00000000-0000-0000-0000-00000000100{at}}}"));
        let shadow_copy = format!("{{00000000-0000-0000-0000-00000000200{at}}}");
        assert_eq!(snapshot.shadow_copy.as_deref(), Some(&*shadow_copy));
        // From 133500000000000000 on, one hour apart.
        let created = format!("2024-01-17T{:02}:20:00.0000000Z", 21 + at);
        assert_eq!(snapshot.created.to_string(), created);
        assert_eq!(is_extra(&logs(at + 1, Arc::clone(&snapshot.source))), at == 2);

        // Block by block, except for the blocks that were zero and now hold the shadow copies.
        let name = ["volume.raw", "state-second.raw", "state-third.raw"][at];
        let state = made.image(name);
        let shown = content(&*snapshot.source);
        let pairs = state.chunks(0x4000).zip(shown.chunks(0x4000));
        let differ = pairs.enumerate().filter(|(number, (before, shown))| {
            *number != 0 && before != shown && before.iter().any(|&byte| byte != 0)
        });
        assert_eq!(differ.count(), 0, "{name}");
        assert_eq!(shown[..0x1E00], state[..0x1E00]);
    }
    println!("{} snapshots as they were", found.len());
}

/// A small generator of random numbers, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// The offsets of structures: file records, index blocks, shadow copy blocks, boot sector.
fn structures(bytes: &[u8]) -> Vec<usize> {
    let vss = &bytes[0x1E00..0x1E10];
    let starts = (0..bytes.len()).step_by(512).filter(|&at| {
        let here = &bytes[at..at + 16];
        here.starts_with(b"FILE") || here.starts_with(b"INDX") || here == vss
    });
    starts.chain([0; 200]).collect()
}

#[test]
fn damaged_volumes_cost_no_more_than_the_damage() {
    let Some(made) = Made::new("mutations", "1024") else { return };
    let bytes = made.image("shadow.raw");
    let structures = structures(&bytes);
    let mut random = Random(1);
    let start = Instant::now();
    let (mut opened, mut files, mut faults) = (0, 0, 0);
    for round in 0..1200 {
        let mut changes = BTreeMap::new();
        for _ in 0..=random.below(40) {
            let at = structures[random.below(structures.len())] + random.below(1024);
            let value = match random.below(3) {
                0 => 0xFF,
                1 => bytes[at] ^ 1 << random.below(8),
                _ => random.below(256) as u8,
            };
            changes.insert(at, value);
        }
        let length = if round % 4 == 0 { random.below(bytes.len()) } else { bytes.len() };
        let image: Arc<dyn ReadAt> = Arc::new(Image { bytes: Arc::clone(&bytes), length, changes });
        let begun = Instant::now();
        let (snapshots, found) = snapshots(Arc::clone(&image), &mut std::iter::empty());
        faults += found.len();
        let some = snapshots.into_iter().map(|snapshot| snapshot.source).take(1);
        for source in some.chain([image]) {
            let Ok(volume) = NtfsVolume::open(source) else { continue };
            opened += 1;
            let found = if round % 2 == 0 { volume.logs() } else { volume.scan_mft() };
            faults += found.faults.len() + volume.faults().len();
            files += found.files.len();
            // A part of each file. An error is allowed where the file is damaged.
            let mut buffer = vec![0; 100_000];
            for file in &found.files {
                assert!(file.source.size() <= length as u64);
                let at = random.below(1 + file.source.size() as usize);
                let _ = file.source.read_at(at as u64, &mut buffer);
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "round {round}");
    }
    assert!(opened > 500 && files > 100_000 && faults > 1000, "{opened} {files} {faults}");
    println!(
        "1200 damaged volumes: {opened} opened, {files} files, {faults} faults, {:.1} s",
        start.elapsed().as_secs_f64()
    );
}

//! One disk in every container, made by independent tools, must be the same disk everywhere.

use crate::common::{project, scratch};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use winlast::evidence::Source;
use winlast::evidence::image::{Disk, Kind, open_file};

/// The images, made once for all tests; `None`, said aloud, where the tools for it are missing.
fn images() -> Option<&'static Path> {
    static IMAGES: OnceLock<Option<PathBuf>> = OnceLock::new();
    let made = IMAGES.get_or_init(|| {
        let out = scratch("images").join("made");
        let script = Command::new("bash")
            .arg(project("scripts/make-images.sh"))
            .arg(&out)
            .arg(project("sample-evtx"))
            .output();
        match script {
            Ok(run) if run.status.success() => Some(out),
            Ok(run) if run.status.code() == Some(77) => {
                eprintln!("skipped: no disk images: {}", String::from_utf8_lossy(&run.stderr));
                None
            }
            Ok(run) => panic!("make-images.sh: {}", String::from_utf8_lossy(&run.stderr)),
            Err(error) => {
                eprintln!("skipped: no disk images: {error}");
                None
            }
        }
    });
    made.as_deref()
}

fn hash(source: &dyn Source) -> String {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut at = 0;
    loop {
        let n = source.read_at(at, &mut buffer).unwrap_or_else(|error| panic!("at {at}: {error}"));
        if n == 0 {
            break;
        }
        hash.update(&buffer[..n]);
        at += n as u64;
    }
    assert_eq!(at, source.size());
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash_of_file(path: &Path) -> String {
    Sha256::digest(std::fs::read(path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn disk(path: &Path) -> Disk {
    match open_file(path) {
        Ok(Kind::Disk(disk)) => disk,
        Ok(Kind::Part(why)) => panic!("{}: only {why}", path.display()),
        Ok(Kind::Other) => panic!("{}: no image", path.display()),
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// The images in a folder, by name; all its other files must be parts of them.
fn disks(folder: &Path) -> Vec<(String, Disk)> {
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let mut disks = Vec::new();
    let mut others = Vec::new();
    for path in names {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        match open_file(&path) {
            Ok(Kind::Disk(disk)) => disks.push((name, disk)),
            Ok(_) => others.push(name),
            Err(error) => panic!("{name}: {error}"),
        }
    }
    let parts: Vec<&String> = disks.iter().flat_map(|(_, disk)| &disk.parts).collect();
    for other in &others {
        // A raw image is told by its partitions alone.
        let known = parts.contains(&other) || other.ends_with("base.img");
        assert!(known, "{other} belongs to no image");
    }
    disks
}

#[test]
fn every_container_holds_the_same_disk() {
    let Some(made) = images() else { return };
    let expected = hash_of_file(&made.join("disk.raw"));
    for folder in ["same", "parents"] {
        let disks = disks(&made.join(folder));
        let mut formats: Vec<&str> = Vec::new();
        for (name, disk) in &disks {
            assert_eq!(disk.notes, Vec::<String>::new(), "{name}");
            assert_eq!(disk.source.size(), 64 << 20, "{name}");
            if !name.starts_with("base") {
                assert_eq!(hash(&*disk.source), expected, "{name}");
                formats.push(disk.format);
            }
        }
        formats.sort_unstable();
        formats.dedup();
        eprintln!("{folder}: {} images the same: {formats:?}", disks.len());
    }
}

#[test]
fn segments_go_on_beyond_99() {
    let Some(made) = images() else { return };
    let disk = disk(&made.join("many.E01"));
    assert!(disk.parts.len() > 110, "{}", disk.parts.len());
    assert_eq!(hash(&*disk.source), hash_of_file(&made.join("noise.raw")));
    assert!(matches!(open_file(&made.join("many.EAB")), Ok(Kind::Part(_))));
}

#[test]
fn the_log_of_a_dirty_vhdx_is_replayed() {
    let Some(made) = images() else { return };
    let disk = disk(&made.join("dirty.vhdx"));
    assert_eq!(disk.notes, Vec::<String>::new());
    assert_eq!(hash(&*disk.source), hash_of_file(&made.join("dirty.raw")));
}

#[test]
fn a_missing_segment_is_said_at_once_and_the_rest_read() {
    let Some(made) = images() else { return };
    let folder = scratch("segments");
    let copy = |name: &str| std::fs::copy(made.join("same").join(name), folder.join(name)).unwrap();
    copy("best.E01");
    copy("best.E02");
    let disk = disk(&folder.join("best.E01"));
    assert_eq!(disk.notes.len(), 1);
    let mut start = [0; 512];
    assert_eq!(disk.source.read_at(0, &mut start).unwrap(), 512);
    assert!(disk.source.read_at((64 << 20) - 512, &mut start).is_err());
}

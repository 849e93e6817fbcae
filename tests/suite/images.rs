//! One disk in every container, made by independent tools: each container must give the same disk.

use crate::common::{project, scratch, skipped};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use winlast::Analysis;
use winlast::evidence::ReadAt;
use winlast::evidence::images::{Image, VirtualDisk, open_file};
use winlast::model::{FindingCode, LogOrigin, Report, Session};

/// The images, made once for all tests; `None`, said aloud, where the tools for it are missing.
pub(crate) fn images() -> Option<&'static Path> {
    static IMAGES: OnceLock<Option<PathBuf>> = OnceLock::new();
    let made = IMAGES.get_or_init(|| {
        let folder = scratch("images");
        let (out, logs) = (folder.join("made"), folder.join("logs"));
        // The disks hold a damaged log too.
        copy(&project("sample-evtx"), &logs);
        copy(&project("sample-evtx-damaged"), &logs.join("damaged"));
        let script = Command::new("bash")
            .arg(project("scripts/make-images.sh"))
            .arg(&out)
            .arg(&logs)
            .output();
        match script {
            Ok(run) if run.status.success() => Some(out),
            Ok(run) if run.status.code() == Some(77) => {
                skipped(&format!(
                    "no disk images: {}",
                    String::from_utf8_lossy(&run.stderr).trim()
                ));
                None
            }
            Ok(run) => panic!("make-images.sh: {}", String::from_utf8_lossy(&run.stderr)),
            Err(error) => {
                skipped(&format!("no disk images: {error}"));
                None
            }
        }
    });
    made.as_deref()
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).unwrap();
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(&from, &to).unwrap();
        }
    }
}

fn hash(source: &dyn ReadAt) -> String {
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

fn disk(path: &Path) -> VirtualDisk {
    match open_file(path) {
        Ok(Image::Disk(disk)) => disk,
        Ok(Image::Part(why)) => panic!("{}: only {why}", path.display()),
        Ok(Image::NotAnImage) => panic!("{}: no image", path.display()),
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// The images in a folder, by name. All other files in it must be parts of them.
fn disks(folder: &Path) -> Vec<(String, VirtualDisk)> {
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let mut disks = Vec::new();
    let mut others = Vec::new();
    for path in names {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        match open_file(&path) {
            Ok(Image::Disk(disk)) => disks.push((name, disk)),
            Ok(_) => others.push(name),
            Err(error) => panic!("{name}: {error}"),
        }
    }
    let parts: Vec<&String> = disks.iter().flat_map(|(_, disk)| &disk.parts).collect();
    for other in &others {
        // A raw image is identified by its partitions alone.
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
    assert!(matches!(open_file(&made.join("many.EAB")), Ok(Image::Part(_))));
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

/// SHA-256 of logs by name, without folders; several of one name must be the same. And the report.
fn logs(analysis: Analysis<'_>) -> (BTreeMap<String, String>, Report) {
    let report = analysis.hash(true).run().unwrap();
    let mut hashes = BTreeMap::new();
    for log in &report.logs {
        let name = log.path.rsplit('/').next().unwrap().to_owned();
        let hash = log.sha256.clone().unwrap();
        assert_eq!(hashes.entry(name).or_insert(hash.clone()), &hash, "{}", log.path);
    }
    (hashes, report)
}

fn originals(made: &Path) -> (BTreeMap<String, String>, Report) {
    logs(Analysis::of([made.join("logs")]))
}

/// What a report says of sessions and boots, without where the logs lay.
fn sessions(report: &Report) -> Vec<String> {
    let mut sessions: Vec<String> = Vec::new();
    for host in &report.hosts {
        for boot in &host.boots {
            sessions.push(format!("{} {} {:?}", host.computer, boot.epoch, boot.start));
        }
        for session in &host.sessions {
            sessions.push(format!(
                "{} {} {:?} {:?} {:?}",
                host.computer, session.boot_epoch, session.logon_id, session.start, session.end
            ));
        }
    }
    sessions
}

#[test]
fn logs_in_every_container_are_the_originals_and_tell_the_same() {
    let Some(made) = images() else { return };
    let (expected, loose) = originals(made);
    assert!(expected.len() >= 10, "{expected:?}");
    let mut images: Vec<PathBuf> = Vec::new();
    for folder in ["same", "parents"] {
        for entry in std::fs::read_dir(made.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let parent = path.file_name().unwrap().to_str().unwrap().starts_with("base");
            if !parent && matches!(open_file(&path), Ok(Image::Disk(_))) {
                images.push(path);
            }
        }
    }
    for name in ["disk.raw", "volume.raw", "mbr.raw", "gpt4k.raw", "backup.raw"] {
        images.push(made.join(name));
    }
    for image in &images {
        let (found, report) = logs(Analysis::of([image]));
        assert_eq!(found, expected, "{}", image.display());
        assert_eq!(report.logs.len(), expected.len(), "{}", image.display());
        assert_eq!(sessions(&report), sessions(&loose), "{}", image.display());
        for finding in report.findings.iter().filter(|f| !loose.findings.contains(f)) {
            let code = finding.code.word();
            let known = match code {
                "partitions-damaged" => image.ends_with("backup.raw"),
                // No log on this disk has the name that Windows gives it.
                "security-log-missing" => true,
                _ => false,
            };
            assert!(known || finding.log.is_some(), "{}: {finding:?}", image.display());
        }
    }
    eprintln!("{} images with {} logs each", images.len(), expected.len());
}

#[test]
fn parts_of_images_are_not_read_again() {
    let Some(made) = images() else { return };
    let (expected, _) = originals(made);
    // Flat extents, sparse extents as qemu writes them, and external data files each hold the whole
    // disk.
    let (found, report) = logs(Analysis::of([made.join("same")]));
    assert_eq!(found, expected);
    let disks = disks(&made.join("same"));
    let parts: Vec<&String> = disks.iter().flat_map(|(_, disk)| &disk.parts).collect();
    let whole = disks.iter().filter(|(name, _)| !parts.contains(&name)).count();
    assert_eq!(whole, 27);
    assert_eq!(report.logs.len(), whole * expected.len());
}

/// Paths of logs inside of shadow.raw, without the time of the snapshot; and codes of findings.
fn shadow(
    made: &Path,
    change: fn(Analysis<'_>) -> Analysis<'_>,
) -> (Vec<String>, Vec<&'static str>, Report) {
    let image = made.join("shadow.raw");
    let report = change(Analysis::of([&image])).hash(true).run().unwrap();
    let inside = |path: &String| {
        let path = path.strip_prefix(image.to_str().unwrap()).unwrap();
        match path.split_once("shadow-copy1@") {
            Some((before, after)) => format!("{before}copy{}", &after[after.find('/').unwrap()..]),
            None => path.to_owned(),
        }
    };
    let paths = report.logs.iter().map(|log| inside(&log.path)).collect();
    let codes = report.findings.iter().map(|finding| finding.code.word()).collect();
    (paths, codes, report)
}

#[test]
fn logs_in_shadow_copies_and_deleted_ones_are_read() {
    let Some(made) = images() else { return };
    let sha256 = |name: &str| hash_of_file(&made.join("logs").join(name));
    let (now, before) = (
        "/Windows/System32/winevt/Logs/System.evtx",
        "/copy/Windows/System32/winevt/Logs/Security.evtx",
    );
    let computers = |report: &Report| -> Vec<String> {
        report.hosts.iter().map(|host| host.computer.to_string()).collect()
    };

    let (paths, codes, report) = shadow(made, |analysis| analysis);
    assert_eq!(paths, [now, before]);
    let hashes: Vec<_> = report.logs.iter().map(|log| log.sha256.clone().unwrap()).collect();
    assert_eq!(hashes, [sha256("dc01-Security.evtx"), sha256("ws01-Security.evtx")]);
    assert!(computers(&report).iter().any(|name| name.to_lowercase().starts_with("ws01")));
    assert!(!codes.contains(&"deleted-log") && !codes.contains(&"volume-damaged"), "{codes:?}");

    let (paths, _, report) = shadow(made, |analysis| analysis.shadow_copies(false));
    assert_eq!(paths, [now]);
    assert!(!computers(&report).iter().any(|name| name.to_lowercase().starts_with("ws01")));

    let (paths, codes, report) = shadow(made, |analysis| analysis.scan_mft(true));
    assert!(paths.contains(&now.to_owned()) && paths.contains(&before.to_owned()), "{paths:?}");
    let deleted = report.logs.iter().find(|log| log.path.ends_with("/Temp/Deleted.evtx (deleted)"));
    assert_eq!(deleted.unwrap().sha256, Some(sha256("rdp01-Security.evtx")), "{paths:?}");
    assert!(codes.contains(&"deleted-log"), "{codes:?}");

    // The log of each computer is in one place only: live, in the shadow copy, deleted.
    for (computer, flag) in
        [("dc01", None), ("ws01", Some("snapshot-only")), ("rdp01", Some("deleted-only"))]
    {
        let mut sessions = report
            .hosts
            .iter()
            .filter(|host| host.computer.to_lowercase().starts_with(computer))
            .flat_map(|host| &host.sessions)
            .peekable();
        assert!(sessions.peek().is_some(), "{computer}");
        for session in sessions {
            let found = session.flags.iter().find(|flag| flag.word().ends_with("-only"));
            assert_eq!(found.map(|flag| flag.word()), flag, "{computer} {session:?}");
        }
    }
}

/// SHA-256 of the logs of shadow copies in this evidence, and the messages about shadow copies elsewhere.
fn of_shadow_copies(evidence: &[PathBuf]) -> (Vec<String>, Vec<String>) {
    let report = Analysis::of(evidence).hash(true).run().unwrap();
    let logs = report.logs.iter().filter(|log| log.origin == LogOrigin::ShadowCopy);
    let elsewhere =
        report.findings.iter().filter(|found| found.code == FindingCode::ShadowCopiesElsewhere);
    (
        logs.map(|log| log.sha256.clone().unwrap()).collect(),
        elsewhere.map(|found| found.message.clone()).collect(),
    )
}

#[test]
fn shadow_copies_on_another_volume_are_read() {
    let Some(made) = images() else { return };
    let before = hash_of_file(&made.join("logs/ws01-Security.evtx"));
    let apart = |names: &[&str]| -> Vec<PathBuf> {
        names.iter().map(|name| made.join("apart").join(name)).collect()
    };
    let on_one_disk = [made.join("apart.raw")];
    assert_eq!(of_shadow_copies(&on_one_disk), (vec![before.clone()], vec![]));
    for disks in [
        apart(&["system.raw", "storage.raw"]),
        apart(&["storage.vmdk", "system.raw"]),
        vec![made.join("apart")],
    ] {
        assert_eq!(of_shadow_copies(&disks), (vec![before.clone()], vec![]), "{disks:?}");
    }
    let (logs, elsewhere) = of_shadow_copies(&apart(&["system.raw"]));
    assert_eq!((logs.len(), elsewhere.len()), (0, 1), "{elsewhere:?}");
    assert!(elsewhere[0].contains("so that 1 of them are not read"), "{elsewhere:?}");
}

#[test]
fn collections_name_their_hosts() {
    let Some(made) = images() else { return };
    let zips = [
        "Collection-ws01-2026-03-05T08_00_00Z.zip",
        "2026-03-05T080000_DC01.zip",
        "2026-03-05T080000_DC02.zip",
    ];
    let evidence = zips.map(|name| made.join("zips").join(name));
    let report = Analysis::of(evidence).run().unwrap();
    let logs: Vec<(&str, &str, LogOrigin)> = report
        .logs
        .iter()
        .map(|log| {
            let computer = log.computers.first().map_or("", |name| name);
            (log.collector_host.as_deref().unwrap_or(""), computer, log.origin)
        })
        .collect();
    let expected = [
        ("DC01", "DC01.contoso.local", LogOrigin::Live),
        ("DC01", "DC01.contoso.local", LogOrigin::ShadowCopy),
        ("DC02", "RDP01.contoso.local", LogOrigin::Live),
        ("ws01", "WS01", LogOrigin::Live),
    ];
    assert_eq!(logs, expected);
    let differs: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.code == FindingCode::HostDiffers)
        .map(|finding| finding.message.as_str())
        .collect();
    assert!(matches!(differs[..], [said] if said.contains("after DC02")), "{differs:?}");
    // Sessions that both hold are not flagged.
    let flagged =
        |session: &Session| session.flags.iter().any(|flag| flag.word().ends_with("-only"));
    assert!(!report.hosts.iter().flat_map(|host| &host.sessions).any(flagged));
}

#[test]
fn only_the_blocks_needed_are_read() {
    let Some(made) = images() else { return };
    for name in ["disk.raw", "same/none.E01", "same/dynamic.vhdx", "same/monolithicFlat.vmdk"] {
        let report = Analysis::of([made.join(name)]).run().unwrap();
        let [image] = &report.containers[..] else { panic!("{name}: {:?}", report.containers) };
        let logs: u64 = report.logs.iter().map(|log| log.size).sum();
        eprintln!("{name}: {} of {} bytes read for {logs} of logs", image.bytes_read, image.size);
        assert!(image.bytes_read >= logs / 2 && image.bytes_read < image.size / 2, "{image:?}");
    }
}

#[test]
fn logs_in_archives_are_the_originals() {
    let Some(made) = images() else { return };
    let (expected, loose) = originals(made);
    for (archive, copies) in [("kape", 1), ("velociraptor", 2), ("stored", 1), ("nested", 1)] {
        let archive = made.join("zips").join(archive).with_extension("zip");
        let (found, report) = logs(Analysis::of([&archive]));
        assert_eq!(found, expected, "{}", archive.display());
        assert_eq!(report.logs.len(), copies * expected.len());
        assert_eq!(sessions(&report), sessions(&loose), "{}", archive.display());
    }
    let (_, report) = logs(Analysis::of([made.join("zips/velociraptor.zip")]));
    let shown = |part: &str| report.logs.iter().filter(|log| log.path.contains(part)).count();
    assert_eq!(shown("/uploads/auto/C:/Windows/System32/winevt/Logs/"), expected.len());
    assert_eq!(shown("/uploads/ntfs_vss/HarddiskVolumeShadowCopy1/Windows/"), expected.len());

    let locked = made.join("zips/zipcrypto.zip");
    assert_eq!(logs(Analysis::of([&locked]).zip_password("secret")).0, expected);
    let both = Analysis::of([locked, made.join("zips/stored.zip")]);
    let (_, report) = logs(both.zip_password("wrong"));
    assert!(report.findings.iter().any(|finding| finding.code.word() == "zip-encrypted"));
}

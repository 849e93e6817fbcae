//! What several tests share: paths, runs, reference data.

use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use winlast::model::Report;

/// Reports on stderr that a test is skipped. What a test prints is shown only if it fails.
pub(crate) fn skipped(reason: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

/// A path inside the project.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A path of the reference data next to the checkout. If it is missing, the test reports that it
/// is skipped.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let path = project("../shared").join(path);
    if !path.exists() {
        skipped(&format!("needs {} next to the checkout", path.file_name()?.to_string_lossy()));
        return None;
    }
    Some(path)
}

/// A new, empty folder for one test.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Writes files below a folder, by their names there.
pub(crate) fn write_files(files: &[(String, Vec<u8>)], folder: &Path) {
    for (name, bytes) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// The seeds that `WINLAST_SEEDS` asks for, such as `17,30000..40000`.
pub(crate) fn asked_seeds() -> Option<BTreeSet<u64>> {
    let asked = std::env::var("WINLAST_SEEDS").ok()?;
    let range = |part: &str| {
        let (from, to) = part.split_once("..").unwrap_or((part, ""));
        let from: u64 = from.parse().unwrap();
        from..to.parse().unwrap_or(from + 1)
    };
    Some(asked.split(',').flat_map(range).collect())
}

/// Runs the program.
pub(crate) fn winlast<I: AsRef<std::ffi::OsStr>>(arguments: &[I]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_winlast")).args(arguments).output().unwrap()
}

/// Runs the library.
pub(crate) fn triage(evidence: &[PathBuf]) -> Report {
    winlast::Analysis::of(evidence).run().unwrap()
}

/// A Python that has the readers of other formats, as `.ci/run` installs them, else the one of the system. `None`,
/// said aloud, where there is no Python.
pub(crate) fn readers_python() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?;
    let own = ["bin/python", "Scripts/python.exe"].map(|name| folder.join("readers").join(name));
    let all = own.into_iter().filter(|path| path.exists()).chain([PathBuf::from("python3")]);
    let found = all.into_iter().find(|python| Command::new(python).arg("-V").output().is_ok());
    if found.is_none() {
        skipped("other readers of the output formats: there is no Python");
    }
    found
}

/// The values of a gzipped file of JSON lines.
pub(crate) fn json_lines(path: &Path) -> Vec<Value> {
    BufReader::new(flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()))
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect()
}

/// A small NTFS volume with one log, `Security.evtx` in Windows' folder.
pub(crate) fn volume_with_a_log() -> Vec<u8> {
    let packed = std::fs::File::open(project("tests/torture/seeds/volume.raw.gz")).unwrap();
    let mut volume = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut volume).unwrap();
    volume
}

/// What a user would give as one case: the folder of a host, else a file.
pub(crate) fn case_of(file: &str) -> String {
    let parts: Vec<&str> = file.split('/').collect();
    match parts.iter().position(|part| *part == "hosts") {
        Some(at) if at + 2 < parts.len() => parts[..at + 2].join("/"),
        _ => file.to_owned(),
    }
}

//! A case folder as evidence: it keeps what was read of its logs.

use crate::model::case_files::{
    EVENTS_FILE, PARTITIONS_CHOICE, RUN_FILE, SOURCES_FILE, is_temporary,
};
use crate::model::{Finding, FindingCode};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most bytes of a run.json: it has a few hundred bytes for each log.
const MOST_OF_RUN: u64 = 256 << 20;

/// A case that can be read instead of the logs that it was made from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StoredCase {
    /// The path of its folder, as findings name it.
    pub(crate) display_path: String,
    /// Its `events.jsonl.gz`.
    pub(crate) events: PathBuf,
    /// What run.json says of that file: the size in bytes, and the SHA-256.
    pub(crate) size: u64,
    pub(crate) sha256: String,
}

impl StoredCase {
    /// What tells its logs from those of other cases.
    pub(crate) fn mark(&self) -> &str {
        self.sha256.get(..16).unwrap_or(&self.sha256)
    }
}

/// What run.json says, as far as it is needed.
#[derive(serde::Deserialize)]
struct Run {
    program: String,
    #[serde(default)]
    choices: serde_json::Map<String, serde_json::Value>,
    files: Vec<CaseFile>,
}

#[derive(serde::Deserialize)]
struct CaseFile {
    name: String,
    size: u64,
    sha256: String,
}

/// A complete case folder.
pub(super) struct FoundCase {
    /// The case, or why it cannot be used.
    pub(super) case: Result<StoredCase, Finding>,
    /// For a part of a fleet: the choices with which it was made.
    pub(super) choices_of_part: Option<String>,
}

/// The case in this folder, which findings call by `name`; `None`: it is no case.
pub(super) fn look(folder: &Path, name: impl FnOnce() -> String) -> Option<FoundCase> {
    let mut text = Vec::new();
    File::open(folder.join(RUN_FILE)).ok()?.take(MOST_OF_RUN).read_to_end(&mut text).ok()?;
    let run: Run = serde_json::from_slice(&text).ok()?;
    if run.program != env!("CARGO_PKG_NAME") {
        return None;
    }
    let is_part = run.choices.contains_key(PARTITIONS_CHOICE);
    let choices_of_part = is_part.then(|| serde_json::Value::from(run.choices).to_string());
    let display_path = name();
    let events = run.files.into_iter().find(|file| file.name == EVENTS_FILE);
    let case = match events {
        Some(CaseFile { size, sha256, .. }) => {
            Ok(StoredCase { display_path, events: folder.join(EVENTS_FILE), size, sha256 })
        }
        None => {
            let why = format!(
                "it was made without {EVENTS_FILE}, because -f left it out; give the logs that it was made \
                 from, or make it again with -f events among its formats"
            );
            Err(unusable(&display_path, &why))
        }
    };
    Some(FoundCase { case, choices_of_part })
}

/// Is a file of this name a remainder of a run that was killed while it wrote a case?
pub(super) fn is_left_of_case(name: &str) -> bool {
    is_temporary(name, |name| name != SOURCES_FILE)
}

/// The finding about such a case.
pub(super) fn unfinished(path: &str) -> Finding {
    let why = "this case is not complete, because its run was stopped; make it again";
    unusable(path, why)
}

/// The finding about a file of this name that lies in no case.
pub(super) fn without_run(path: &str) -> Finding {
    let why = format!(
        "it belongs to a case, but the {RUN_FILE} of the case is missing in its folder, or is damaged: \
         the case is not whole"
    );
    unusable(path, &why)
}

fn unusable(path: &str, why: &str) -> Finding {
    Finding::new(FindingCode::CaseNotRead, format!("{path}: {why}"))
}

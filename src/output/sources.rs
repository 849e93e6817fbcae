//! sources.csv: what became of each source of a batch; and whether a case folder is complete.

use super::aside::Aside;
use super::run::{Choices, RUN_FILE};
use super::text::visible;
use crate::error::Result;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::path::Path;

/// The list of the sources of a batch, beside their case folders.
pub const SOURCES_FILE: &str = "sources.csv";

/// Its columns, in order.
pub const SOURCE_COLUMNS: [&str; 6] =
    ["source", "folder", "exit_code", "sessions", "findings", "message"];

/// One row of sources.csv.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// The source as given.
    pub source: String,
    /// Name of its case folder.
    pub folder: String,
    /// What came of it.
    pub outcome: std::result::Result<Outcome, String>,
}

/// What a complete case folder says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code that its run alone would have had.
    pub exit_code: u8,
    /// Rows of sessions.csv.
    pub sessions: u64,
    /// Rows of findings.csv.
    pub findings: u64,
}

/// What stands in a folder that may be a case folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Earlier {
    /// No complete case.
    None,
    /// The complete case of this source, made by this version with these choices.
    Same(Outcome),
    /// Another complete case.
    Other,
}

/// Looks into `folder` for a case of `evidence` (absolute) made with `choices`.
pub fn earlier_case(folder: &Path, evidence: &str, choices: &Choices) -> Earlier {
    // Written last: without it the folder is not complete, and one that cannot be read is none.
    let Ok(bytes) = std::fs::read(folder.join(RUN_FILE)) else { return Earlier::None };
    let Ok(run) = serde_json::from_slice::<Value>(&bytes) else { return Earlier::None };
    let at = |path| run.pointer(path);
    let is_same = at("/version") == Some(&Value::from(env!("CARGO_PKG_VERSION")))
        && at("/evidence") == Some(&Value::from(vec![evidence]))
        && at("/choices") == serde_json::to_value(choices).ok().as_ref();
    let number = |path| at(path).and_then(Value::as_u64);
    let exit_code = number("/exit_code").and_then(|code| u8::try_from(code).ok());
    match (exit_code, number("/counts/written/sessions"), at("/counts/findings")) {
        _ if !at("/files").is_some_and(|files| all_there(folder, files)) => Earlier::None,
        (Some(exit_code), Some(sessions), Some(Value::Object(findings))) if is_same => {
            let findings = findings.values().filter_map(Value::as_u64).sum();
            Earlier::Same(Outcome { exit_code, sessions, findings })
        }
        _ => Earlier::Other,
    }
}

/// Whether every file that run.json names is there and as long as it says.
fn all_there(folder: &Path, files: &Value) -> bool {
    let is_there = |file: &Value| {
        let name = file.get("name").and_then(Value::as_str)?;
        let size = file.get("size").and_then(Value::as_u64)?;
        Some(std::fs::metadata(folder.join(name)).ok()?.len() == size)
    };
    files.as_array().is_some_and(|files| files.iter().all(|file| is_there(file) == Some(true)))
}

/// Writes sources.csv into `folder`, in place of an earlier one.
///
/// # Errors
/// When it cannot be written: then an earlier one is as it was.
pub fn write_sources(folder: &Path, rows: &[SourceRow]) -> Result<()> {
    let (file, _) = Aside::write(folder, SOURCES_FILE, &|out| write(rows, out))?;
    file.finish()
}

/// Eight digits that tell two names apart.
pub fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

fn write(rows: &[SourceRow], out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::WriterBuilder::new().from_writer(out);
    csv.write_record(SOURCE_COLUMNS)?;
    for row in rows {
        let [exit_code, sessions, findings, message] = match &row.outcome {
            Ok(done) => {
                let Outcome { exit_code, sessions, findings } = done;
                [exit_code.to_string(), sessions.to_string(), findings.to_string(), String::new()]
            }
            Err(why) => ["1".into(), String::new(), String::new(), visible(why).into_owned()],
        };
        let source = visible(&row.source);
        let cells = [&*source, &row.folder, &exit_code, &sessions, &findings, &message];
        csv.write_record(cells)?;
    }
    csv.flush()
}

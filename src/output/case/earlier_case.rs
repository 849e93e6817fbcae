//! Whether a folder holds a complete case, so that a batch can skip it.

use super::run_json::Choices;
use crate::model::case_files::RUN_FILE;
use crate::output::tables::sources::CaseOutcome;
use serde_json::Value;
use std::path::Path;

/// What is in a folder that may be a case folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EarlierCase {
    /// No complete case.
    None,
    /// The complete case of this source, made by this version with these choices.
    Same(CaseOutcome),
    /// Another complete case.
    Other,
}

/// Looks into `folder` for a case of `evidence` (an absolute path) made with `choices`. Without `evidence` the choices say
/// what it was made of.
pub fn earlier_case(folder: &Path, evidence: Option<&str>, choices: &Choices) -> EarlierCase {
    // run.json is written last: a folder without it, or with one that cannot be read, is not complete.
    let Ok(bytes) = std::fs::read(folder.join(RUN_FILE)) else { return EarlierCase::None };
    let Ok(run) = serde_json::from_slice::<Value>(&bytes) else { return EarlierCase::None };
    let at = |path| run.pointer(path);
    let is_same = at("/version") == Some(&Value::from(env!("CARGO_PKG_VERSION")))
        && evidence.is_none_or(|one| at("/evidence") == Some(&Value::from(vec![one])))
        && at("/choices") == serde_json::to_value(choices).ok().as_ref();
    let number = |path| at(path).and_then(Value::as_u64);
    let exit_code = number("/exit_code").and_then(|code| u8::try_from(code).ok());
    match (exit_code, number("/counts/written/sessions"), at("/counts/findings")) {
        _ if !at("/files").is_some_and(|files| all_there(folder, files)) => EarlierCase::None,
        (Some(exit_code), Some(sessions), Some(Value::Object(findings))) if is_same => {
            let findings = findings.values().filter_map(Value::as_u64).sum();
            EarlierCase::Same(CaseOutcome { exit_code, sessions, findings })
        }
        _ => EarlierCase::Other,
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

//! Clips of real logs of several hosts: what `winlast --hops` says of them, compared with what others measured.
//!
//! Beside each clip stands a list of its logons, made from the JSON. Each has its kind, and, for a `hop`, the host in
//! whose own log the connection stands.

use super::domains::run;
use super::domains_score::{HopRow, label, rows};
use crate::common::{scratch, shared};
use evtx_synth::clips;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How far the connection may lie before and after the logon for the rule of connections, in seconds: later
/// connections are used again, and clocks may differ a little.
const CONNECTION_LAG: std::ops::RangeInclusive<f64> = -5.0..=30.0;

/// What was found in all clips.
#[derive(Debug, Default)]
struct Found {
    /// Logons by their kind, and how many of them have a source in hops.csv.
    kinds: BTreeMap<String, [usize; 2]>,
    /// Hops whose host is right, by confidence.
    right: BTreeMap<String, usize>,
    /// Hops to which the conditions of the rule of connections apply, and how many of them name the host.
    connections: [usize; 2],
    /// Sessions of a source that were measured, and how many are named.
    sessions: [usize; 2],
    /// Logons without a row, by their kind.
    without_row: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

#[test]
fn real_clips_come_out_as_they_were_measured() {
    let Some(folder) = shared("hops-data/otrf") else { return };
    let mut found = Found::default();
    for clip in clips_below(&folder) {
        let name = clips::name(&clip);
        let case = case_of(&clip, &scratch(&format!("clip-{name}")));
        let rows = rows(&case);
        let by_session: BTreeMap<(String, u64), &HopRow> =
            rows.iter().map(|row| (row.session("target_session").unwrap(), row)).collect();
        let truth = clip.with_file_name(format!("{name}.truth.csv"));
        for row in csv::Reader::from_path(truth).unwrap().deserialize() {
            let truth: BTreeMap<String, String> = row.unwrap();
            let id = u64::from_str_radix(truth["logon_id"].trim_start_matches("0x"), 16).unwrap();
            let key = (label(&truth["target_host"]), id);
            match by_session.get(&key) {
                Some(ours) => found.compare(&name, &truth, ours),
                None => {
                    // Not a session of its own, or not from elsewhere.
                    let may = truth["logon_type"] == "7" || truth["kind"] == "local-request";
                    assert!(may, "{name}: no row for {truth:?}");
                    *found.without_row.entry(truth["kind"].clone()).or_default() += 1;
                }
            }
        }
    }
    eprintln!("{found:#?}");
    assert!(found.wrong.is_empty(), "{}", found.wrong.join("\n"));
    assert_eq!(found.connections[0], found.connections[1], "hops that should have been found");
    assert_eq!(found.sessions[0], found.sessions[1], "source sessions that were measured");
}

impl Found {
    fn compare(&mut self, clip: &str, truth: &BTreeMap<String, String>, row: &HopRow) {
        let kind = truth["kind"].as_str();
        let claimed = label(row.cell("source_computer"));
        let confidence = row.cell("host_confidence");
        let tally = self.kinds.entry(kind.to_owned()).or_default();
        tally[0] += 1;
        tally[1] += usize::from(!claimed.is_empty());
        let right = match kind {
            "hop" => claimed == label(&truth["source_host"]),
            // A computer outside of the clip that logs on under its own name is that computer.
            "from-outside" => format!("{claimed}$") == truth["user"].to_lowercase(),
            "self" | "loopback" | "local-request" => false,
            // Nothing is known of it, so nothing can be held against it.
            _ => true,
        };
        if kind == "hop" && right {
            *self.right.entry(confidence.to_owned()).or_default() += 1;
        }
        let expected = kind == "hop" && is_seen_connection(truth);
        self.connections[0] += usize::from(expected);
        self.connections[1] += usize::from(expected && right);
        // Where the truth has no source at all, no confidence is low enough.
        let claims =
            matches!(confidence, "high" | "medium") || !matches!(kind, "hop" | "from-outside");
        if (!claimed.is_empty() && !right && claims) || (expected && !right) {
            self.wrong.push(format!("{clip}: {truth:?}\n    {row:?}"));
        }
        self.compare_session(clip, truth, row);
    }

    fn compare_session(&mut self, clip: &str, truth: &BTreeMap<String, String>, row: &HopRow) {
        let measured = truth["source_logon_id"].trim_start_matches("0x");
        let Ok(measured) = u64::from_str_radix(measured, 16) else { return };
        self.sessions[0] += 1;
        let Some((_, id)) = row.session("source_session") else { return };
        self.sessions[1] += usize::from(id == measured);
        if id != measured && row.cell("session_confidence") != "low" {
            self.wrong.push(format!("{clip}, session: {truth:?}\n    {row:?}"));
        }
    }
}

/// Whether the truth is a connection with the address and the port of the logon, near enough to it.
fn is_seen_connection(truth: &BTreeMap<String, String>) -> bool {
    let lag: Option<f64> = truth["lag_seconds"].parse().ok();
    let port: u16 = truth["port"].parse().unwrap_or(0);
    let by_port = matches!(truth["basis"].as_str(), "5156" | "Sysmon 3");
    by_port && port != 0 && lag.is_some_and(|lag| CONNECTION_LAG.contains(&lag))
}

/// The clips, in order.
fn clips_below(folder: &Path) -> Vec<PathBuf> {
    let groups = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = groups.flat_map(|group| std::fs::read_dir(group).unwrap());
    let mut clips: Vec<PathBuf> =
        files.map(|entry| entry.unwrap().path()).filter(|path| clips::is_clip(path)).collect();
    clips.sort();
    assert_eq!(clips.len(), 12);
    clips
}

/// Converts a clip, reads it with the program, and returns the folder of the case.
fn case_of(clip: &Path, folder: &Path) -> PathBuf {
    let converted = clips::convert(&clips::json_lines(&std::fs::read(clip).unwrap()).unwrap());
    for log in &converted.logs {
        let path = folder.join("logs").join(log.path());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, log.evtx()).unwrap();
    }
    run(&folder.join("logs"), &folder.join("case"))
}

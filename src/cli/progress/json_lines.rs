//! Progress as JSON lines on stderr, for a program that started this one.

use super::board::{Board, Stage};
use serde::Serialize;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// How often a line is written while the run does one thing.
pub(super) const PACE: Duration = Duration::from_secs(1);

/// Writes the lines. Each is one write, so that no other line on stderr runs into it.
pub(super) struct JsonLines {
    began: Instant,
}

/// One line. `docs/outputs.md` explains its members.
#[derive(Debug, Serialize)]
struct Line<'a> {
    progress: &'static str,
    seconds: f64,
    logs_found: usize,
    sources: usize,
    sources_done: usize,
    bytes: u64,
    bytes_read: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    now: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u8>,
}

impl JsonLines {
    pub(super) fn new() -> JsonLines {
        JsonLines { began: Instant::now() }
    }

    /// How far the run is.
    pub(super) fn show(&self, board: &Board) {
        let progress = match board.stage {
            Stage::Finding => "finding",
            Stage::Reading(_) => "reading",
            Stage::Working => "working",
        };
        self.write(&line(board, progress, self.began.elapsed()));
    }

    /// The last line: the run is over.
    pub(super) fn done(&self, board: &Board, exit_code: u8) {
        let last = line(board, "done", self.began.elapsed());
        self.write(&Line { exit_code: Some(exit_code), now: "", ..last });
    }

    /// What cannot be written here changes nothing about the result.
    fn write(&self, line: &Line<'_>) {
        if let Ok(mut text) = serde_json::to_string(line) {
            text.push('\n');
            let _ = io::stderr().write_all(text.as_bytes());
        }
    }
}

fn line<'a>(board: &'a Board, progress: &'static str, elapsed: Duration) -> Line<'a> {
    Line {
        progress,
        seconds: (elapsed.as_secs_f64() * 10.0).round() / 10.0,
        logs_found: board.logs_found,
        sources: board.sources,
        sources_done: board.closed,
        bytes: board.bytes,
        bytes_read: board.read,
        now: &board.now,
        exit_code: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_the_run_is() {
        let board = Board {
            logs_found: 3,
            sources: 2,
            closed: 1,
            bytes: 200,
            read: 50,
            now: "reading \"a\".evtx".into(),
            ..Board::default()
        };
        let text = serde_json::to_string(&line(&board, "reading", Duration::from_millis(1540)));
        let expected = r#"{"progress":"reading","seconds":1.5,"logs_found":3,"sources":2,"sources_done":1,"bytes":200,"bytes_read":50,"now":"reading \"a\".evtx"}"#;
        assert_eq!(text.unwrap(), expected);
    }
}

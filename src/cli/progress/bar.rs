//! Progress as two lines at the end of a terminal, which follow the run.

use super::board::{Board, Stage};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

const WAITING: &str = "{spinner} {wide_msg}";
/// Short lines: one that a narrower window breaks cannot be cleared.
const READING: &str = "[{bar:16}] {prefix}\n{wide_msg}";
/// How often they are written.
pub(super) const TICK: Duration = Duration::from_millis(120);

/// The two lines.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Bar {
        let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        line.set_style(style(WAITING));
        line.enable_steady_tick(TICK);
        Bar(line)
    }

    /// Clears the lines while `act` writes to stderr.
    pub(super) fn suspended(&self, act: impl FnOnce()) {
        self.0.suspend(act);
    }

    /// Shows how far the run is; `is_new_stage`: what it does is another thing than before.
    pub(super) fn show(&self, board: &Board, is_new_stage: bool) {
        let Stage::Reading(began) = board.stage else {
            if is_new_stage {
                // All has been read: a bar would only stand still.
                self.0.set_style(style(WAITING));
            }
            return self.0.set_message(board.now.clone());
        };
        if is_new_stage {
            self.0.set_style(style(READING));
        }
        self.0.set_length(board.expected());
        self.0.set_position(board.read);
        self.0.set_prefix(behind_bar(board, began.elapsed()));
        self.0.set_message(below(board));
    }

    /// Clears the lines for good.
    pub(super) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// What stands behind the bar, after reading for so long.
fn behind_bar(board: &Board, elapsed: Duration) -> String {
    let expected = board.expected();
    let about = if expected > board.bytes { "~" } else { "" };
    let mut parts = vec![format!("{} of {about}{}", bytes(board.read), bytes(expected))];
    let seconds = elapsed.as_secs_f64();
    if board.read > 0 && seconds > 0.0 {
        let rate = board.read as f64 / seconds;
        let left = Duration::from_secs_f64(expected.saturating_sub(board.read) as f64 / rate);
        parts.push(format!("{}/s", bytes(rate as u64)));
        parts.push(format!("eta {about}{:#}", HumanDuration(left)));
    }
    parts.join(", ")
}

/// What stands below it.
fn below(board: &Board) -> String {
    match board.sources {
        0 | 1 => board.now.clone(),
        many => format!("{} of {many} sources done; {}", board.closed, board.now),
    }
}

/// The templates are ours and fit; a bar that looks plain is better than none.
fn style(template: &str) -> ProgressStyle {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ")
}

/// Three digits and a unit.
fn bytes(bytes: u64) -> String {
    let mut number = bytes as f64;
    let mut unit = "B";
    for larger in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        if number >= 1000.0 {
            (number, unit) = (number / 1024.0, larger);
        }
    }
    let digits = if unit == "B" || number >= 99.95 {
        0
    } else if number >= 9.995 {
        1
    } else {
        2
    };
    format!("{number:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_sound() {
        for template in [WAITING, READING] {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
    }

    #[test]
    fn the_line_says_how_far_the_run_is() {
        let mut board = Board {
            sources: 1,
            opened: 1,
            bytes: 3 << 20,
            read: 1 << 20,
            now: "a.evtx".into(),
            ..Board::default()
        };
        let half = Duration::from_millis(500);
        assert_eq!(behind_bar(&board, half), "1.00 MiB of 3.00 MiB, 2.00 MiB/s, eta 1s");
        assert_eq!(below(&board), "a.evtx");
        // Two of eight sources are open: the others are taken to be like them.
        (board.sources, board.opened, board.closed) = (8, 2, 1);
        assert_eq!(behind_bar(&board, half), "1.00 MiB of ~12.0 MiB, 2.00 MiB/s, eta ~6s");
        assert_eq!(below(&board), "1 of 8 sources done; a.evtx");
        board.read = 0;
        assert_eq!(behind_bar(&board, half), "0 B of ~12.0 MiB");
        assert_eq!(
            [999, 1000, 1024, 102_400, 1 << 20, 1_048_576_000, u64::MAX].map(bytes),
            ["999 B", "0.98 KiB", "1.00 KiB", "100 KiB", "1.00 MiB", "0.98 GiB", "16384 PiB"]
        );
    }
}

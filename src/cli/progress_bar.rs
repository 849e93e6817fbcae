//! Progress on stderr: two lines that follow the run.

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use winlast::output::visible;
use winlast::progress::Progress;

/// The end of a source's name that is shown, in characters.
const NAME_SHOWN: usize = 40;
const WAITING: &str = "{spinner} {wide_msg}";
/// Short lines: one that a narrower window breaks cannot be cleared.
const READING: &str = "[{bar:16}] {prefix}\n{wide_msg}";
/// How often they are written.
const TICK: Duration = Duration::from_millis(120);

/// The lines, and what they are made of.
pub(super) struct Bar {
    line: ProgressBar,
    board: Mutex<Board>,
}

/// How far the run is.
#[derive(Default)]
struct Board {
    /// Sources to be read in all; each of a batch counts once, whatever is inside of it.
    sources: usize,
    is_batch: bool,
    opened: usize,
    closed: usize,
    /// Bytes of all logs of the sources opened, and how many of them have been read.
    bytes: u64,
    read: u64,
    /// When reading began.
    began: Option<Instant>,
    /// What one of the threads does now.
    now: String,
    written: Option<Instant>,
}

impl Board {
    /// Bytes there will be if the sources not opened yet are like the others.
    fn expected(&self) -> u64 {
        let scale = |all: usize, known: usize| {
            let bytes = u128::from(self.bytes) * all as u128 / known.max(1) as u128;
            u64::try_from(bytes).unwrap_or(u64::MAX)
        };
        if self.opened < self.sources { scale(self.sources, self.opened) } else { self.bytes }
    }

    /// What stands behind the bar, after reading for so long.
    fn behind_bar(&self, elapsed: Duration) -> String {
        let expected = self.expected();
        let about = if expected > self.bytes { "~" } else { "" };
        let mut parts = vec![format!("{} of {about}{}", bytes(self.read), bytes(expected))];
        let seconds = elapsed.as_secs_f64();
        if self.read > 0 && seconds > 0.0 {
            let rate = self.read as f64 / seconds;
            let left = Duration::from_secs_f64(expected.saturating_sub(self.read) as f64 / rate);
            parts.push(format!("{}/s", bytes(rate as u64)));
            parts.push(format!("eta {about}{:#}", HumanDuration(left)));
        }
        parts.join(", ")
    }

    /// What stands below it.
    fn below(&self) -> String {
        match self.sources {
            0 | 1 => self.now.clone(),
            many => format!("{} of {many} sources done; {}", self.closed, self.now),
        }
    }
}

impl Bar {
    pub(super) fn new() -> Bar {
        let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        line.set_style(style(WAITING));
        line.enable_steady_tick(TICK);
        Bar { line, board: Mutex::default() }
    }

    /// So many sources are read one by one, each with an own [`Bar::one_of_batch`].
    pub(super) fn batch(&self, sources: usize) {
        self.change(|board| (board.sources, board.is_batch) = (sources, true));
    }

    /// The progress of one source of a batch.
    pub(super) fn one_of_batch<'a>(&'a self, name: &str) -> OneOfBatch<'a> {
        self.change(|board| board.opened += 1);
        OneOfBatch { bar: self, name: shortened(name) }
    }

    /// Clears the line while `act` writes to stderr.
    pub(super) fn suspended(&self, act: impl FnOnce()) {
        self.line.suspend(act);
    }

    /// Changes the board; the line follows, at its pace.
    fn change(&self, change: impl FnOnce(&mut Board)) {
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut board);
        if board.written.is_some_and(|written| written.elapsed() < TICK) {
            return;
        }
        board.written = Some(Instant::now());
        let Some(began) = board.began else { return self.line.set_message(board.now.clone()) };
        self.line.set_length(board.expected());
        self.line.set_position(board.read);
        self.line.set_prefix(board.behind_bar(began.elapsed()));
        self.line.set_message(board.below());
    }

    fn now(&self, text: String) {
        self.change(|board| board.now = text);
    }
}

/// The templates are ours and fit; a bar that looks plain is better than none.
fn style(template: &str) -> ProgressStyle {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ")
}

impl Progress for Bar {
    fn finding(&self, found: usize) {
        self.now(format!("looking for logs: {found} found"));
    }

    fn sources(&self, count: usize) {
        self.change(|board| board.sources = count);
    }

    fn opening(&self, name: &str) {
        self.now(format!("opening {}", shortened(name)));
    }

    fn reading(&self, bytes: u64, _: usize) {
        self.change(|board| {
            if board.began.is_none() {
                board.began = Some(Instant::now());
                self.line.set_style(style(READING));
            }
            board.bytes = board.bytes.saturating_add(bytes);
            // A source of a batch may have several inside of it.
            board.opened += usize::from(!board.is_batch);
        });
    }

    fn advanced(&self, bytes: u64, log: &str) {
        self.change(|board| {
            board.read = board.read.saturating_add(bytes);
            board.now.clear();
            board.now.push_str("reading ");
            board.now.push_str(&shortened(log));
        });
    }

    fn closed(&self) {
        self.change(|board| board.closed += 1);
    }

    fn phase(&self, name: &str) {
        // All has been read: a bar would only stand still.
        self.line.set_style(style(WAITING));
        self.change(|board| {
            (board.began, board.written) = (None, None);
            name.clone_into(&mut board.now);
        });
    }

    fn done(&self) {
        self.line.finish_and_clear();
    }
}

/// What one source of a batch tells, with its name before it.
pub(super) struct OneOfBatch<'a> {
    bar: &'a Bar,
    name: String,
}

impl Progress for OneOfBatch<'_> {
    fn opening(&self, name: &str) {
        self.bar.opening(name);
    }

    fn reading(&self, bytes: u64, logs: usize) {
        self.bar.reading(bytes, logs);
    }

    fn advanced(&self, bytes: u64, log: &str) {
        self.bar.advanced(bytes, log);
    }

    fn phase(&self, name: &str) {
        self.bar.now(format!("{}: {name}", self.name));
    }

    fn done(&self) {
        self.bar.closed();
    }
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

/// The last characters of a name, safe to show: the file is at the end of a path.
fn shortened(name: &str) -> String {
    let shown = visible(name);
    let skip = shown.chars().count().saturating_sub(NAME_SHOWN);
    if skip == 0 {
        return shown.into_owned();
    }
    std::iter::once('…').chain(shown.chars().skip(skip + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_safe() {
        assert_eq!(shortened("logs/Security.evtx"), "logs/Security.evtx");
        let long = shortened(&format!("{}/Sécurity.evtx", "x".repeat(100)));
        assert!(long.starts_with("…x") && long.ends_with("/Sécurity.evtx"));
        assert_eq!(long.chars().count(), NAME_SHOWN);
        assert_eq!(shortened("a\u{1b}[2J"), "a\\u{1b}[2J");
    }

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
        assert_eq!(board.behind_bar(half), "1.00 MiB of 3.00 MiB, 2.00 MiB/s, eta 1s");
        assert_eq!(board.below(), "a.evtx");
        // Two of eight sources are open: the others are taken to be like them.
        (board.sources, board.opened, board.closed) = (8, 2, 1);
        assert_eq!(board.behind_bar(half), "1.00 MiB of ~12.0 MiB, 2.00 MiB/s, eta ~6s");
        assert_eq!(board.below(), "1 of 8 sources done; a.evtx");
        board.read = 0;
        assert_eq!(board.behind_bar(half), "0 B of ~12.0 MiB");
        assert_eq!(
            [999, 1000, 1024, 102_400, 1 << 20, 1_048_576_000, u64::MAX].map(bytes),
            ["999 B", "0.98 KiB", "1.00 KiB", "100 KiB", "1.00 MiB", "0.98 GiB", "16384 PiB"]
        );
    }
}

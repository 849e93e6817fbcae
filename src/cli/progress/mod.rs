//! Progress on stderr: for people as two lines that follow the run, for programs as JSON lines.

mod bar;
mod board;
mod json_lines;

use bar::Bar;
use board::{Board, Stage};
use json_lines::JsonLines;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use winlast::output::visible;
use winlast::progress::Progress;

/// The end of a source's name that is shown to people, in characters.
const NAME_SHOWN: usize = 40;

/// Shows how far a run is.
pub(super) struct RunProgress {
    display: Display,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    board: Board,
    /// When the display was last brought up to date, and the stage that it showed.
    shown: Option<(Instant, Stage)>,
}

enum Display {
    Bar(Bar),
    JsonLines(JsonLines),
}

/// Lets `act` write lines that do not run into the display of the progress, if there is one.
pub(super) fn suspended(shown: Option<&RunProgress>, act: impl FnOnce()) {
    match shown {
        Some(shown) => shown.suspended(act),
        None => act(),
    }
}

impl RunProgress {
    /// For people, on a terminal.
    pub(super) fn bar() -> RunProgress {
        RunProgress::on(Display::Bar(Bar::new()))
    }

    /// For programs.
    pub(super) fn json_lines() -> RunProgress {
        RunProgress::on(Display::JsonLines(JsonLines::new()))
    }

    fn on(display: Display) -> RunProgress {
        RunProgress { display, state: Mutex::default() }
    }

    /// So many sources are read one by one, each with an own [`RunProgress::one_of_batch`].
    pub(super) fn batch(&self, sources: usize) {
        self.change(|board| (board.sources, board.is_batch) = (sources, true));
    }

    /// The progress of one source of a batch.
    pub(super) fn one_of_batch<'a>(&'a self, name: &str) -> OneOfBatch<'a> {
        self.change(|board| board.opened += 1);
        OneOfBatch { run: self, name: self.name(name) }
    }

    /// Keeps the display out of the way while `act` writes lines to stderr.
    fn suspended(&self, act: impl FnOnce()) {
        match &self.display {
            Display::Bar(bar) => bar.suspended(act),
            Display::JsonLines(_) => act(),
        }
    }

    /// The run is over, and nothing follows on stderr.
    pub(super) fn ended(&self, exit_code: u8) {
        if let Display::JsonLines(lines) = &self.display {
            lines.done(&self.state().board, exit_code);
        }
    }

    /// A name, safe to show.
    fn name(&self, name: &str) -> String {
        match self.display {
            Display::Bar(_) => shortened(name),
            Display::JsonLines(_) => visible(name).into_owned(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the board; the display follows, at its pace.
    fn change(&self, change: impl FnOnce(&mut Board)) {
        let mut state = self.state();
        let State { board, shown } = &mut *state;
        change(board);
        let is_new_stage = shown.is_none_or(|(_, stage)| stage != board.stage);
        if !is_new_stage && shown.is_some_and(|(when, _)| when.elapsed() < self.pace()) {
            return;
        }
        *shown = Some((Instant::now(), board.stage));
        match &self.display {
            Display::Bar(bar) => bar.show(board, is_new_stage),
            Display::JsonLines(lines) => lines.show(board),
        }
    }

    /// The least time between two changes of what is shown, within a stage.
    fn pace(&self) -> Duration {
        match self.display {
            Display::Bar(_) => bar::TICK,
            Display::JsonLines(_) => json_lines::PACE,
        }
    }

    fn now(&self, text: String) {
        self.change(|board| board.now = text);
    }
}

impl Progress for RunProgress {
    fn finding(&self, found: usize) {
        self.change(|board| {
            board.logs_found = found;
            board.now = format!("looking for logs: {found} found");
        });
    }

    fn sources(&self, count: usize) {
        self.change(|board| board.sources = count);
    }

    fn opening(&self, name: &str) {
        self.now(format!("opening {}", self.name(name)));
    }

    fn reading(&self, bytes: u64, _: usize) {
        self.change(|board| {
            if !matches!(board.stage, Stage::Reading(_)) {
                board.stage = Stage::Reading(Instant::now());
            }
            board.bytes = board.bytes.saturating_add(bytes);
            // A source of a batch may have several inside of it.
            board.opened += usize::from(!board.is_batch);
        });
    }

    fn advanced(&self, bytes: u64, log: &str) {
        let name = self.name(log);
        self.change(|board| {
            board.read = board.read.saturating_add(bytes);
            board.now.clear();
            board.now.push_str("reading ");
            board.now.push_str(&name);
        });
    }

    fn closed(&self) {
        self.change(|board| board.closed += 1);
    }

    fn phase(&self, name: &str) {
        self.change(|board| {
            board.stage = Stage::Working;
            name.clone_into(&mut board.now);
        });
    }

    fn done(&self) {
        if let Display::Bar(bar) = &self.display {
            bar.clear();
        }
    }
}

/// What one source of a batch tells, with its name before it.
pub(super) struct OneOfBatch<'a> {
    run: &'a RunProgress,
    name: String,
}

impl Progress for OneOfBatch<'_> {
    fn opening(&self, name: &str) {
        self.run.opening(name);
    }

    fn reading(&self, bytes: u64, logs: usize) {
        self.run.reading(bytes, logs);
    }

    fn advanced(&self, bytes: u64, log: &str) {
        self.run.advanced(bytes, log);
    }

    fn phase(&self, name: &str) {
        self.run.now(format!("{}: {name}", self.name));
    }

    fn done(&self) {
        self.run.closed();
    }
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
}

//! Progress bars on stderr.

use crate::output::visible;
use crate::progress::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The end of a source's name that is shown, in characters.
const NAME_SHOWN: usize = 40;
/// The prefix names the image or archive, and the source of a batch.
const WAITING: &str = "{spinner} {prefix}{msg}";
const READING: &str = "{bar:24} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} eta {eta} {prefix}{wide_msg}";
const TICK: Duration = Duration::from_millis(120);

/// One line that follows the run: what is looked for, how much is read, what is written; and the
/// source of a batch, as shown.
pub(super) struct Bar(ProgressBar, Mutex<String>);

impl Bar {
    pub(super) fn new() -> Bar {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(style(WAITING));
        bar.enable_steady_tick(TICK);
        Bar(bar, Mutex::default())
    }

    /// From here on everything is about this source of a batch.
    pub(super) fn batch(&self, name: &str, number: usize, of: usize) {
        *self.batched() = format!("source {number}/{of} {}: ", shortened(name));
        self.0.set_prefix(self.batched().clone());
    }

    /// Clears the bar while `act` writes to stderr.
    pub(super) fn suspended(&self, act: impl FnOnce()) {
        self.0.suspend(act);
    }

    fn batched(&self) -> MutexGuard<'_, String> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The templates are ours and fit; a bar that looks plain is better than none.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Progress for Bar {
    fn finding(&self, found: usize) {
        self.0.set_style(style(WAITING));
        self.0.set_message(format!("looking for logs: {found} found"));
    }

    fn source(&self, name: &str, number: usize, of: usize) {
        self.0.set_style(style(WAITING));
        self.0.set_prefix(format!("{}{number}/{of} {}: ", self.batched(), shortened(name)));
        self.0.set_message("looking for logs");
    }

    fn reading(&self, bytes: u64, logs: usize) {
        self.0.set_length(bytes);
        self.0.set_position(0);
        self.0.set_message(format!("{logs} logs"));
        self.0.set_style(style(READING));
    }

    fn advanced(&self, bytes: u64, log: &str) {
        self.0.inc(bytes);
        self.0.set_message(shortened(log));
    }

    fn phase(&self, name: &str) {
        self.0.set_style(style(WAITING));
        self.0.set_prefix(self.batched().clone());
        self.0.set_message(name.to_owned());
    }

    fn done(&self) {
        self.0.finish_and_clear();
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

    #[test]
    fn templates_are_sound() {
        for template in [WAITING, READING] {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
    }
}

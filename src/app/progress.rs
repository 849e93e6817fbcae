//! Progress bars on stderr.

use crate::output::visible;
use crate::progress::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// The end of a source's name that is shown, in characters.
const NAME_SHOWN: usize = 40;
const TICK: Duration = Duration::from_millis(120);

/// One line that follows the run: what is looked for, how much is read, what is written.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Bar {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(style("{spinner} {msg}"));
        bar.enable_steady_tick(TICK);
        Bar(bar)
    }
}

/// The templates are ours and fit; a bar that looks plain is better than none.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Progress for Bar {
    fn finding(&self, found: usize) {
        self.0.set_message(format!("looking for logs: {found} found"));
    }

    fn reading(&self, bytes: u64, logs: usize) {
        self.0.set_length(bytes);
        self.0.set_position(0);
        self.0.set_message(format!("{logs} logs"));
        self.0.set_style(style(
            "{bar:24} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} eta {eta} {wide_msg}",
        ));
    }

    fn advanced(&self, bytes: u64, log: &str) {
        self.0.inc(bytes);
        self.0.set_message(shortened(log));
    }

    fn phase(&self, name: &str) {
        self.0.set_style(style("{spinner} {msg}"));
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
        for template in [
            "{spinner} {msg}",
            "{bar:24} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} eta {eta} {wide_msg}",
        ] {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
    }
}

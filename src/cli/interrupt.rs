//! Ctrl-C, and the other signals that ask a program to end.

use super::exit_code::after_signal;
use super::messages;
use std::io::{self, Write};
use winlast::output;

/// Removes what is not finished before the program ends, so that no half-written file stays, and lets
/// the exit code name the signal. Must be called before any thread is started. Where it fails, a signal
/// still ends the program, but leaves such files.
pub(super) fn on_interrupt_remove_unfinished_files(quiet: bool) {
    wait_for_signal(move |signal| {
        let _held_to_the_end = output::remove_unfinished();
        if !quiet {
            let _ = writeln!(io::stderr());
            messages::line("interrupted: files that were not finished are removed");
        }
        std::process::exit(after_signal(signal).into());
    });
}

/// Calls `act` with the number of the first signal that asks the program to end. All threads inherit
/// that these signals are blocked; one thread waits for them.
#[cfg(unix)]
fn wait_for_signal(act: impl Fn(i32) + Send + 'static) {
    use nix::sys::signal::{SigSet, Signal};
    let signals = SigSet::from_iter([Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM]);
    // A file that grows beyond `ulimit -f` is an error of the write, which is said, not a kill.
    let too_large = SigSet::from(Signal::SIGXFSZ);
    if too_large.thread_block().and_then(|()| signals.thread_block()).is_err() {
        return;
    }
    let waiting = std::thread::Builder::new().name("signals".into()).spawn(move || {
        // It fails only for a set that is not valid.
        if let Ok(signal) = signals.wait() {
            act(signal as i32);
        }
    });
    if waiting.is_err() {
        // Without a thread that waits, the signals must act by themselves.
        let _ = signals.thread_unblock();
    }
}

/// Calls `act` when Ctrl-C is pressed or the console is closed, which Windows does not number.
#[cfg(not(unix))]
fn wait_for_signal(act: impl Fn(i32) + Send + 'static) {
    /// Ctrl-C on other systems.
    const SIGINT: i32 = 2;
    let _ = ctrlc::set_handler(move || act(SIGINT));
}

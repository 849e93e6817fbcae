//! What happens when the program is stopped early: by Ctrl-C, by other signals that ask it to end, and by a panic.

use super::exit_code::{AFTER_PANIC, after_signal};
use super::messages;
use std::io::{self, Write};
use std::sync::mpsc;
use std::time::Duration;
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

/// Lets a panic in any thread, once it is said, remove what is not finished and end the program: a release does not
/// unwind (Cargo.toml), so that nothing else would.
pub(super) fn on_panic_remove_unfinished_files() {
    /// How long the removal may take. The thread that fails may hold the guard for which it waits.
    const PATIENCE: Duration = Duration::from_secs(5);
    let say = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        say(panic);
        let (done, removed) = mpsc::channel();
        let removing = std::thread::Builder::new().spawn(move || {
            let _held_to_the_end = output::remove_unfinished();
            let _ = done.send(());
            loop {
                std::thread::park();
            }
        });
        if removing.is_ok() {
            let _ = removed.recv_timeout(PATIENCE);
        }
        std::process::exit(AFTER_PANIC.into());
    }));
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;
    use winlast::output::{CaseFolder, EvidencePaths};

    /// Names the case folder for the process that fails.
    const FOLDER: &str = "WINLAST_TEST_PANIC_FOLDER";

    #[test]
    fn a_panic_in_a_thread_is_said_and_leaves_nothing_unfinished() {
        let folder = std::env::temp_dir().join(format!("winlast-panic-{}", std::process::id()));
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--ignored", "--nocapture", "--exact", "cli::interrupt::tests::fails"]);
        let output = child.env(FOLDER, &folder).output().unwrap();
        let left = std::fs::remove_dir(&folder);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(101), "{said}");
        assert!(said.contains("as a worker would"), "{said}");
        assert_eq!(left.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    #[ignore = "it ends its process: the test above runs it in one of its own"]
    fn fails() {
        on_panic_remove_unfinished_files();
        let folder = std::env::var_os(FOLDER).unwrap();
        let case = CaseFolder::prepare(folder.as_ref(), &EvidencePaths::default(), false).unwrap();
        let worker = std::thread::spawn(|| panic!("as a worker would"));
        assert!(worker.join().is_err());
        drop(case);
    }
}

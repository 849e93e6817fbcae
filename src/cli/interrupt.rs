//! Ctrl-C, and the other signals that ask a program to end.

use super::exit_code::Status;
use super::messages;
use std::io::{self, Write};
use winlast::output;

/// Removes the files that are not finished before the program ends, so that no half-written file
/// stays. Without this handler Ctrl-C still ends the program, but leaves such files.
pub(super) fn on_interrupt_remove_unfinished_files(quiet: bool) {
    let _ = ctrlc::set_handler(move || {
        let _held_to_the_end = output::remove_unfinished();
        if !quiet {
            let _ = writeln!(io::stderr());
            messages::line("interrupted: files that were not finished are removed");
        }
        std::process::exit(Status::Interrupted.code().into());
    });
}

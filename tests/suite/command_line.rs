//! The program from outside: help, refusals and their exit codes.

use std::path::PathBuf;
use std::process::{Command, Output};

fn winlast(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_winlast")).args(arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn help_teaches() {
    let help = winlast(&["--help"]);
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).unwrap();
    for part in ["Examples:", "Exit codes:", "timeline.csv", "--user", "--print"] {
        assert!(text.contains(part), "{part}");
    }
    let short = winlast(&["-h"]).stdout;
    assert!(short.len() < text.len());
}

#[test]
fn a_wrong_command_line_is_2() {
    for wrong in [
        &[][..],
        &["a.evtx", "--since", "7d"],
        &["a.evtx", "-f", "csv"],
        &["a.evtx", "--print", "people"],
        &["a.evtx", "--nonsense"],
    ] {
        let output = winlast(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}

#[test]
fn output_inside_the_evidence_is_refused() {
    let evidence: PathBuf =
        [env!("CARGO_TARGET_TMPDIR"), "output-inside-evidence"].iter().collect();
    std::fs::create_dir_all(&evidence).unwrap();
    let inside = evidence.join("case");
    let output = winlast(&[evidence.to_str().unwrap(), "-o", inside.to_str().unwrap(), "--force"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("lies inside it"), "{}", stderr(&output));
    assert!(!inside.exists());
}

//! Simulated domains: which computer and which session `winlast --hops` says that each session came from, compared
//! with what happened.
//!
//! `docs/validation.md` has the figures. Other seeds: `WINLAST_SEEDS=17,30000..40000 cargo test --test main
//! domains::these -- --ignored --nocapture`. `cargo run -p evtx-synth --example make-domains` writes a domain as files.

use super::domains_score::{REQUIRED, Score, rows};
use crate::common::{asked_seeds, scratch, winlast, write_files};
use evtx_synth::simulate::domains::{Domain, domain};
use std::path::{Path, PathBuf};

#[test]
fn forty_domains_come_out_true() {
    check(0..40);
}

#[test]
#[ignore = "a minute: cargo test --release --test main domains::three -- --ignored"]
fn three_hundred_domains_come_out_true() {
    check(0..300);
}

#[test]
#[ignore = "any other seeds: WINLAST_SEEDS=17,30000..40000"]
fn these_domains_come_out_true() {
    check(asked_seeds().unwrap());
}

/// Scores the domains of these seeds, prints the tables, and fails where a share is too small.
fn check(seeds: impl IntoIterator<Item = u64>) {
    let mut score = Score::default();
    let mut folder = None;
    for seed in seeds {
        let domain = domain(seed);
        let folder = folder.get_or_insert_with(|| scratch(&format!("domains-{seed}")));
        score.add(&domain, &rows(&case_of(&domain, folder)));
    }
    let lines = std::env::var("WINLAST_LINES").map_or(12, |lines| lines.parse().unwrap());
    for word in
        ["host high", "host medium", "host low", "session high", "session medium", "session low"]
    {
        let of_word = score.wrong.iter().filter(|(kind, _)| kind == word);
        of_word.take(lines).for_each(|(kind, what)| eprintln!("{kind} wrong: {what}"));
    }
    eprintln!("{}", score.tables());
    eprintln!("a source where there is none: {:?}", score.invented);
    assert!(!score.invented.contains_key("high"), "a source where there is none");
    let nowhere = score.from_nowhere.share();
    assert!(nowhere >= 0.98, "a source where there is none: {:?}", score.invented);
    let missing = &score.without_row;
    assert!(missing.is_empty(), "{} sessions without a row, such as {}", missing.len(), missing[0]);
    let claims = [
        (&score.hosts, "computer, users"),
        (&score.hosts_of_machines, "computer, machine accounts"),
        (&score.sessions, "session"),
    ];
    for (claims, what) in claims {
        for (confidence, least) in REQUIRED {
            let tally = claims.get(confidence).copied().unwrap_or_default();
            assert!(tally.share() >= least, "{what}, {confidence}: {tally:?}");
        }
    }
}

/// Writes the files of a domain, reads them with the program, and returns the folder of the case.
fn case_of(domain: &Domain, folder: &Path) -> PathBuf {
    let _ = std::fs::remove_dir_all(folder);
    write_files(&domain.files, &folder.join("logs"));
    run(&folder.join("logs"), &folder.join("case"))
}

/// Runs `winlast --hops`.
pub(super) fn run(evidence: &Path, case: &Path) -> PathBuf {
    let output = winlast(&[
        evidence.as_os_str(),
        "-o".as_ref(),
        case.as_os_str(),
        "--hops".as_ref(),
        "--threads".as_ref(),
        "1".as_ref(),
    ]);
    let said = String::from_utf8_lossy(&output.stderr);
    // 3: some evidence could not be read, which is no matter here.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}: {said}", evidence.display());
    case.to_owned()
}

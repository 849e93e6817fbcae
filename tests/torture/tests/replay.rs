//! Counterexamples first, then some cases of every target.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::path::Path;
use winlast_torture::{Dice, TARGETS, replay};

#[test]
fn counterexamples_stay_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../counterexamples/torture");
    let mut replayed = 0;
    for target in TARGETS {
        let Ok(entries) = std::fs::read_dir(folder.join(target.name)) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            let result = replay(target.name, &file, &std::fs::read(&path).unwrap());
            assert_eq!(result, Ok(()), "{}", path.display());
            replayed += 1;
        }
    }
    eprintln!("{replayed} counterexamples");
}

/// The cases in `seeds.txt`.
#[test]
fn seeds_stay_right() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../counterexamples/torture/seeds.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let mut replayed = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (case, _) = line.split_once(':').unwrap();
        let (name, seed) = case.split_once(' ').unwrap();
        let target = TARGETS.iter().find(|target| target.name == name).unwrap();
        let case = (target.make)(&mut Dice::seeded(seed.parse().unwrap()));
        assert_eq!((target.check)(&case), Ok(()), "{line}");
        replayed += 1;
    }
    eprintln!("{replayed} seeds");
}

/// The same cases in every run; the torture program goes on where this ends.
#[test]
fn some_cases_of_every_target() {
    for target in TARGETS {
        for seed in 0..60 {
            let case = (target.make)(&mut Dice::seeded(seed));
            let result = (target.check)(&case);
            assert_eq!(result, Ok(()), "{} {seed}", target.name);
        }
    }
}

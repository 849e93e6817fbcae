//! What is checked of `winlast` with evidence that is damaged at random: the targets of cargo-fuzz
//! (`fuzz/`) and of the torture program (`cargo run -p evtx-synth --example torture`), which needs no
//! nightly compiler. Both make a [`Case`] of random numbers and check it.

mod anomalies;
mod archives;
mod dice;
mod events;
mod files;
mod logs;
mod mended;
mod volumes;

pub use dice::Dice;

/// One thing to check.
pub struct Target {
    /// Its name: that of its program in `fuzz/` and of its folder of counterexamples.
    pub name: &'static str,
    /// Makes a case.
    pub make: fn(&mut Dice<'_>) -> Case,
    /// Checks a case; the error says what is wrong. A panic is wrong as well.
    pub check: fn(&Case) -> Result<(), String>,
}

/// A damaged file.
pub struct Case {
    /// Its name, whose ending may say what it is.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What is known of it besides that it must be survived.
    pub expected: Expected,
}

/// What a report must say of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Nothing is known.
    Anything,
    /// Something that a checksum covers was changed: the report must be incomplete.
    Loss,
    /// So many records in each log, or else the report must be incomplete.
    Records(Vec<u64>),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    logs::TARGET,
    files::BROKEN_MEDIUM,
    archives::TARGET,
    files::IMAGES,
    volumes::NTFS,
    volumes::SHADOW_COPIES,
    events::TARGET,
];

/// Checks one case of a target that is made of these bytes, as cargo-fuzz gives them.
///
/// # Panics
/// When something is wrong.
pub fn fuzz(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target");
    let case = (target.make)(&mut Dice::of(data));
    if let Err(wrong) = (target.check)(&case) {
        panic!("{name}: {wrong}");
    }
}

/// A kept counterexample: its target, and its file as `gzip` packed it. Nothing more is known of it.
///
/// # Errors
/// What is wrong.
pub fn replay(name: &str, file: &str, packed: &[u8]) -> Result<(), String> {
    let target = TARGETS.iter().find(|target| target.name == name).ok_or("no such target")?;
    let name = file.trim_end_matches(".gz").to_owned();
    let bytes = files::unpacked(packed);
    (target.check)(&Case { name, bytes, expected: Expected::Anything })
}

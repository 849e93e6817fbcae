//! All integration tests in one program: one link, one run.

// A test that cannot go on fails; helpers of tests are no different.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[path = "suite/batch.rs"]
mod batch;
#[path = "suite/command_line.rs"]
mod command_line;
#[path = "suite/common.rs"]
mod common;
#[path = "suite/documented_words.rs"]
mod documented_words;
#[path = "suite/houserules.rs"]
mod houserules;
#[path = "suite/images.rs"]
mod images;
#[path = "suite/images_damaged.rs"]
mod images_damaged;
#[path = "suite/ntfs.rs"]
mod ntfs;
#[path = "suite/reading.rs"]
mod reading;
#[path = "suite/real_records.rs"]
mod real_records;
#[path = "suite/reference.rs"]
mod reference;
#[path = "suite/samples.rs"]
mod samples;
#[path = "suite/simulated.rs"]
mod simulated;
#[path = "suite/simulated_desks.rs"]
mod simulated_desks;
#[path = "suite/simulated_findings.rs"]
mod simulated_findings;
#[path = "suite/snapshots.rs"]
mod snapshots;

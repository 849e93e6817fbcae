//! All integration tests in one program: one link, one run.

// A test that cannot continue fails, and so does a function that tests share.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[path = "suite/architecture.rs"]
mod architecture;
#[path = "suite/archives.rs"]
mod archives;
#[path = "suite/batch.rs"]
mod batch;
#[path = "suite/bounded.rs"]
mod bounded;
#[path = "suite/case_as_evidence.rs"]
mod case_as_evidence;
#[path = "suite/command_line.rs"]
mod command_line;
#[path = "suite/common.rs"]
mod common;
#[path = "suite/counterexamples.rs"]
mod counterexamples;
#[path = "suite/damaged_chunks.rs"]
mod damaged_chunks;
#[path = "suite/disks.rs"]
mod disks;
#[path = "suite/documentation.rs"]
mod documentation;
#[path = "suite/documented_words.rs"]
mod documented_words;
#[path = "suite/domains.rs"]
mod domains;
#[path = "suite/domains_clips.rs"]
mod domains_clips;
#[path = "suite/domains_score.rs"]
mod domains_score;
#[path = "suite/explained.rs"]
mod explained;
#[path = "suite/formats.rs"]
mod formats;
#[path = "suite/hops.rs"]
mod hops;
#[path = "suite/images.rs"]
mod images;
#[path = "suite/images_damaged.rs"]
mod images_damaged;
#[path = "suite/mutilated.rs"]
mod mutilated;
#[path = "suite/nothing_lost.rs"]
mod nothing_lost;
#[path = "suite/ntfs.rs"]
mod ntfs;
#[path = "suite/other_programs.rs"]
mod other_programs;
#[path = "suite/page.rs"]
mod page;
#[path = "suite/partitions.rs"]
mod partitions;
#[path = "suite/queries.rs"]
mod queries;
#[path = "suite/questions.rs"]
mod questions;
#[path = "suite/reading.rs"]
mod reading;
#[path = "suite/reading_comparison.rs"]
mod reading_comparison;
#[path = "suite/real_attempts.rs"]
mod real_attempts;
#[path = "suite/real_clocks.rs"]
mod real_clocks;
#[path = "suite/real_records.rs"]
mod real_records;
#[path = "suite/reference.rs"]
mod reference;
#[path = "suite/samples.rs"]
mod samples;
#[path = "suite/simulated.rs"]
mod simulated;
#[path = "suite/simulated_comparison.rs"]
mod simulated_comparison;
#[path = "suite/simulated_desktops.rs"]
mod simulated_desktops;
#[path = "suite/simulated_findings.rs"]
mod simulated_findings;
#[path = "suite/simulated_inferred.rs"]
mod simulated_inferred;
#[path = "suite/simulated_text.rs"]
mod simulated_text;
#[path = "suite/snapshots.rs"]
mod snapshots;
#[path = "suite/split_logs.rs"]
mod split_logs;
#[path = "suite/tampered.rs"]
mod tampered;
#[path = "suite/windows_xml.rs"]
mod windows_xml;

//! All integration tests in one program: one link, one run.

#[path = "suite/houserules.rs"]
mod houserules;

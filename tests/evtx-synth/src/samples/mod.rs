//! The sample logs: small histories that show one thing each, with the truth about them.
//!
//! Every file is the same on each run, byte for byte. What the logs show is told in the
//! samples' `README.md`, written by hand.

mod cleared;
mod damaged;
mod dc01;
mod dirty;
mod rdp01;
mod stage;
mod steps;
mod truth;
mod ws01;

use crate::catalogue::file_name;
use crate::host::Host;
use crate::value::FileTime;
use crate::writer::LogOptions;

use truth::Truth;

/// All sample files: path below the samples' folder, and content.
pub fn all() -> Vec<(String, Vec<u8>)> {
    let hosts = [
        dc01::make(),
        ws01::make(),
        rdp01::make(),
        cleared::make(),
        dirty::make(),
        damaged::make(),
    ];
    let mut truth = Truth::default();
    let mut files = Vec::new();
    for sample in hosts {
        files.extend(sample.files);
        truth.append(sample.truth);
    }
    files.push(("expected-sessions.csv".into(), truth.sessions_csv().into_bytes()));
    files.push(("expected-boots.csv".into(), truth.boots_csv().into_bytes()));
    files
}

/// One host's files and what is true of it.
struct Sample {
    files: Vec<(String, Vec<u8>)>,
    truth: Truth,
}

/// Every log of a host, undamaged.
fn logs_of(folder: &str, host: &Host, options: &LogOptions) -> Vec<(String, Vec<u8>)> {
    host.channels()
        .map(|channel| (format!("{folder}/{}", file_name(channel)), host.evtx(channel, options)))
        .collect()
}

fn at(text: &str) -> FileTime {
    FileTime::parse(text)
}

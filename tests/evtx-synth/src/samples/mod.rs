//! The sample logs: small histories, each of which shows one thing, with the truth about them.
//!
//! Every file is the same in each run, byte for byte. The `README.md` of the samples, which is
//! written by hand, describes what the logs show.

mod builder;
mod cleared;
mod damaged;
mod dc01;
mod dirty;
mod guessed;
mod rdp01;
mod steps;
mod truth;
mod ws01;

use crate::catalogue::file_name;
use crate::host::Host;
use crate::value::FileTime;
use crate::writer::LogOptions;

use truth::Truth;

/// All sample files: path below the project, and content.
pub fn all() -> Vec<(String, Vec<u8>)> {
    let sound = [dc01::make(), ws01::make(), rdp01::make(), cleared::make(), dirty::make()];
    let alone =
        [("sample-evtx-damaged", damaged::make()), ("sample-evtx-guessed", guessed::make())];
    let alone = alone.map(|(folder, sample)| below(folder, vec![sample]));
    [below("sample-evtx", sound.into()), alone.concat()].concat()
}

/// The files of these hosts, and tables with the truth about them, in one folder.
fn below(folder: &str, hosts: Vec<Sample>) -> Vec<(String, Vec<u8>)> {
    let mut truth = Truth::default();
    let mut files = Vec::new();
    for sample in hosts {
        files.extend(sample.files);
        truth.append(sample.truth);
    }
    files.push(("expected-sessions.csv".into(), truth.sessions_csv().into_bytes()));
    files.push(("expected-boots.csv".into(), truth.boots_csv().into_bytes()));
    files.into_iter().map(|(path, bytes)| (format!("{folder}/{path}"), bytes)).collect()
}

/// The files of one host, and the truth about it.
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

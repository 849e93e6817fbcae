//! Clips of real logs: from the JSON lines in which others published them to `.evtx`.
//!
//! A clip holds the events of several hosts in one file, as NXLog, winlogbeat or a script for Azure wrote them.
//! [`convert`] writes each host's channel as a log of its own, with the writer of this crate. What a record says
//! stays as it is: provider, Event ID, channel, computer, record ID, time, and the data of the event. Only the
//! order and the types of the data are restored, from the catalogue of this crate, because JSON has neither. The
//! data of an event that the catalogue does not have is written as texts in the order of their names.
//!
//! ```
//! let line = r#"{"SourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security","EventID":4634,
//!     "Hostname":"PC1","TimeCreated":"2020-12-19T06:59:28.410Z","TargetLogonId":"0x14f3c84"}"#;
//! let clip = evtx_synth::clips::convert(&line.replace('\n', " "));
//! assert_eq!(clip.logs[0].computer, "PC1");
//! assert!(clip.logs[0].evtx().starts_with(b"ElfFile\0"));
//! ```

mod data;
mod line;
mod unpack;

use std::collections::BTreeMap;

use crate::event::Record;
use crate::writer::{LogOptions, LogWriter};

pub use line::Line;
pub use unpack::{is_clip, json_lines, name};

/// The channels that are converted; a host's other logs say nothing of sessions.
const CHANNELS: [&str; 6] = [
    crate::catalogue::SECURITY,
    crate::catalogue::SYSTEM,
    crate::catalogue::SYSMON,
    crate::catalogue::SESSION_MANAGER,
    crate::catalogue::CONNECTION_MANAGER,
    crate::catalogue::RDP_CLIENT,
];

/// A converted clip.
#[derive(Debug, Default)]
pub struct Clip {
    /// The logs, by computer and channel.
    pub logs: Vec<ClipLog>,
    /// How many lines were left out, and why.
    pub left_out: BTreeMap<&'static str, usize>,
}

/// One channel of one host.
#[derive(Debug)]
pub struct ClipLog {
    /// The computer, as its records name it.
    pub computer: String,
    /// The channel, as its records name it.
    pub channel: String,
    /// The records, by their ids.
    pub records: Vec<Record>,
}

impl ClipLog {
    /// The path of the log below the folder of a case: a folder for each computer.
    pub fn path(&self) -> String {
        format!("{}/{}", self.computer, crate::catalogue::file_name(&self.channel))
    }

    /// The log as the bytes of an `.evtx` file.
    pub fn evtx(&self) -> Vec<u8> {
        let mut writer = LogWriter::new(LogOptions::default());
        self.records.iter().for_each(|record| writer.push(record));
        writer.finish().to_bytes()
    }
}

/// Converts the lines of a clip.
pub fn convert(lines: &str) -> Clip {
    let mut clip = Clip::default();
    let mut logs: BTreeMap<(String, String), Vec<Record>> = BTreeMap::new();
    for text in lines.lines().filter(|text| !text.is_empty()) {
        match record_of(text) {
            Ok(record) => {
                let name = record.event.channel.to_owned();
                logs.entry((record.computer.clone(), name)).or_default().push(record);
            }
            Err(reason) => *clip.left_out.entry(reason).or_default() += 1,
        }
    }
    for ((computer, channel), mut records) in logs {
        let read = records.len();
        put_in_order(&mut records);
        if records.len() < read {
            *clip.left_out.entry("a record ID that stood before").or_default() +=
                read - records.len();
        }
        clip.logs.push(ClipLog { computer, channel, records });
    }
    clip
}

fn record_of(text: &str) -> Result<Record, &'static str> {
    let line = Line::parse(text).ok_or("no event")?;
    if !CHANNELS.iter().any(|known| known.eq_ignore_ascii_case(line.channel())) {
        return Err("another channel");
    }
    line.record()
}

/// Orders the records of a log by their ids. Where the clip has none (0), they are counted by time.
fn put_in_order(records: &mut Vec<Record>) {
    records.sort_by_key(|record| (record.id, record.time));
    if records.first().is_some_and(|record| record.id == 0) {
        for (id, record) in (1..).zip(records.iter_mut()) {
            record.id = id;
        }
    }
    records.dedup_by_key(|record| record.id);
}

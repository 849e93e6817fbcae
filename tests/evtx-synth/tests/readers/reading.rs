//! The two readers.

use std::process::Command;
use std::{env, fs, process};

use evtx::{EvtxParser, ParserSettings};

/// A record as a reader gives it: the id in its header, and its XML, or what went wrong.
pub type Read = Result<(u64, String), String>;

/// What the `evtx` crate reads; chunks with a wrong checksum are errors.
pub fn by_crate(log: Vec<u8>) -> Vec<Read> {
    by_crate_with(log, |settings| settings.validate_checksums(true))
}

/// What the `evtx` crate reads with these settings.
pub fn by_crate_with(
    log: Vec<u8>,
    settings: impl Fn(ParserSettings) -> ParserSettings,
) -> Vec<Read> {
    let settings = settings(ParserSettings::new().num_threads(1).indent(false));
    let mut parser =
        EvtxParser::from_buffer(log).expect("a file header").with_configuration(settings);
    parser
        .records()
        .map(|record| match record {
            Ok(record) => Ok((record.event_record_id, record.data)),
            Err(error) => Err(error.to_string()),
        })
        .collect()
}

/// What libevtx reads; none, with a message, if `evtxexport` is not installed.
pub fn by_libevtx(name: &str, log: &[u8]) -> Option<Vec<String>> {
    let file = env::temp_dir().join(format!("evtx-synth-{}-{name}.evtx", process::id()));
    fs::write(&file, log).expect("a temporary file");
    let output = Command::new("evtxexport").args(["-f", "xml"]).arg(&file).output();
    let _ = fs::remove_file(&file);
    let Ok(output) = output else {
        eprintln!("skipped: evtxexport (Debian's libevtx-utils) is not installed");
        return None;
    };
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let records = text.split("<Event ").skip(1);
    let records = records.map(|rest| {
        let end = rest.find("</Event>").unwrap_or_else(|| panic!("libevtx stopped: {rest}"));
        format!("<Event {}</Event>", &rest[..end])
    });
    Some(records.collect())
}

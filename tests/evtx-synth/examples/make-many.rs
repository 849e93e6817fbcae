//! Makes a folder of many small Security logs, of one chunk (68 KB) each:
//! `cargo run --release -p evtx-synth --example make-many -- FOLDER COUNT [archives | copies | computers]`
//!
//! `archives`, unless said otherwise: the archived logs of one computer, whose record IDs go on from each to the
//! next. `copies`: one log, so many times. `computers`: logs of as many computers.

use evtx_synth::catalogue::{Account, Session, every_event, security};
use evtx_synth::{Event, FileTime, Host, LogOptions, LogWriter, Sid, Value};
use std::path::Path;
use std::{env, fs, io};

const SECOND: u64 = 10_000_000;
/// Sessions in a log, and the records of other kinds between the logon and the logoff of each.
const SESSIONS: u64 = 13;
const OTHERS: u64 = 6;
const RECORDS: u64 = SESSIONS * (2 + OTHERS);

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, count, kind @ ..] = &arguments[..] else {
        return Err(io::Error::other("usage: make-many FOLDER COUNT [archives|copies|computers]"));
    };
    let folder = Path::new(folder);
    let count: u64 = count.parse().map_err(io::Error::other)?;
    let kind = kind.first().map_or("archives", String::as_str);
    fs::create_dir_all(folder)?;
    for number in 0..count {
        let (name, log) = match kind {
            "archives" => ("SRV01".to_owned(), number),
            "copies" => ("SRV01".to_owned(), 0),
            "computers" => (format!("PC{number:05}"), 0),
            _ => return Err(io::Error::other("archives, copies or computers")),
        };
        let file = format!("Archive-Security-{number:05}.evtx");
        fs::write(folder.join(file), log_of(&name, log))?;
    }
    Ok(())
}

/// The log with this number of a computer.
fn log_of(computer: &str, number: u64) -> Vec<u8> {
    let of_kind = |id| every_event().into_iter().find(|event| event.id == id).expect("known");
    let (logon, other) = (of_kind(4624), of_kind(4688));
    let mut host = Host::new(computer);
    host.set_next_id("Security", number * RECORDS + 1);
    let first = number * SESSIONS;
    let mut time = 133_000_000_000_000_000 + first * (2 + OTHERS) * SECOND;
    let mut add = |event: Event| {
        host.log(FileTime(time), event);
        time += SECOND;
    };
    for session in first..first + SESSIONS {
        let sid = Sid::parse(&format!("S-1-5-21-1-2-3-{}", 1_000 + session % 500));
        let account = Account::new(sid, format!("user{}", session % 500), "CONTOSO");
        let ended = Session::new(account, 0x1_0000 + 16 * session);
        add(logon.clone().with("TargetLogonId", Value::HexInt64(ended.logon_id)));
        for _ in 0..OTHERS {
            add(other.clone());
        }
        add(security::user_logoff(&ended));
    }
    let mut writer = LogWriter::new(LogOptions::default());
    host.records("Security").iter().for_each(|record| writer.push(record));
    let log = writer.finish();
    assert_eq!(log.chunk_count(), 1, "all records have room in one chunk");
    log.to_bytes()
}

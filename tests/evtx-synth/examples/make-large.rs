//! Makes a large Security log: `… --example make-large -- FILE MEGABYTES [OTHERS]`.
//!
//! Users log on and off, a minute apart; between two logons come OTHERS (0 unless given) records
//! of other kinds, for logs in which few records matter.

use evtx_synth::catalogue::{Account, Session, every_event, security};
use evtx_synth::{FileTime, Host, LogOptions, LogWriter, Sid};
use std::{env, fs, io};

const MINUTE: u64 = 600_000_000;

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let file = arguments.next().unwrap_or_else(|| "large.evtx".into());
    let mut number = |or| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(or);
    let (megabytes, others): (usize, usize) = (number(100), number(0));

    let of_kind = |id| every_event().into_iter().find(|event| event.id == id).expect("an event");
    let (logon, other) = (of_kind(4624), of_kind(4688));
    let mut writer = LogWriter::new(LogOptions::default());
    let (mut bytes, mut session, mut id, mut time) = (0, 0, 1, 133_000_000_000_000_000);
    while bytes < megabytes << 20 {
        session += 1;
        let sid = format!("S-1-5-21-1-2-3-{}", 1000 + session % 500);
        let name = format!("user{}", session % 500);
        let account = Account::new(Sid::parse(&sid), &name, "CONTOSO");
        let logon_id = 0x1_0000 + 16 * session;
        let mut host = Host::new("DC01.contoso.local");
        host.set_next_id("Security", id);
        let logon = logon.clone().with("TargetLogonId", evtx_synth::Value::HexInt64(logon_id));
        host.log(FileTime(time), logon);
        for _ in 0..others {
            host.log(FileTime(time + MINUTE / 2), other.clone());
        }
        time += MINUTE;
        host.log(FileTime(time), security::user_logoff(&Session::new(account, logon_id)));
        for record in host.records("Security") {
            writer.push(record);
            bytes += 700;
        }
        id += host.records("Security").len() as u64;
    }
    fs::write(file, writer.finish().to_bytes())
}

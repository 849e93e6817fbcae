//! Makes a large Security log of a domain controller: `… --example make-large -- FILE …`
//!
//! `FILE MEGABYTES [OTHERS]`: users log on and off, a minute apart; between two logons come OTHERS
//! (0 unless given) records of other kinds, for logs in which few records matter.
//!
//! `FILE SESSIONS network`: so many network sessions of users and machines of a domain, from one
//! boot; many are open at a time, each seventh gets special privileges, few never end.
//!
//! `FILE ATTEMPTS failed`: so many failed logons of one boot from one address, one each second: every second
//! one of the same account, the others each of a name of its own.

use evtx_synth::catalogue::{Account, FailedLogon, Logon, Session, audit, every_event, security};
use evtx_synth::{Event, FileTime, Host, LogOptions, LogWriter, Sid, Value};
use std::collections::BTreeMap;
use std::{env, fs, io};

const MINUTE: u64 = 600_000_000;
const SECOND: u64 = 10_000_000;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let file = arguments.first().map_or("large.evtx", String::as_str);
    let number = |at: usize, or| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(or);
    let mut log = Log::new();
    match arguments.get(2).map(String::as_str) {
        Some("failed") => log.failed_logons(number(1, 100_000)),
        Some("network") => log.network_sessions(number(1, 100_000)),
        _ => log.desktop_sessions(number(1, 100), number(2, 0)),
    }
    fs::write(file, log.writer.finish().to_bytes())
}

/// The log so far.
struct Log {
    writer: LogWriter,
    records: u64,
    time: u64,
}

impl Log {
    fn new() -> Self {
        let writer = LogWriter::new(LogOptions::default());
        Self { writer, records: 0, time: 133_000_000_000_000_000 }
    }

    fn push(&mut self, event: Event) {
        let mut host = Host::new("DC01.contoso.local");
        host.set_next_id("Security", self.records + 1);
        host.log(FileTime(self.time), event);
        for record in host.records("Security") {
            self.writer.push(record);
            self.records += 1;
        }
    }

    fn desktop_sessions(&mut self, megabytes: u64, others: u64) {
        let of_kind = |id| every_event().into_iter().find(|event| event.id == id).expect("known");
        let (logon, other) = (of_kind(4624), of_kind(4688));
        let mut session = 0;
        while self.records * 700 < megabytes << 20 {
            session += 1;
            let ended = Session::new(user(session % 500), 0x1_0000 + 16 * session);
            self.push(logon.clone().with("TargetLogonId", Value::HexInt64(ended.logon_id)));
            self.time += MINUTE / 2;
            for _ in 0..others {
                self.push(other.clone());
            }
            self.time += MINUTE / 2;
            self.push(security::user_logoff(&ended));
        }
    }

    fn failed_logons(&mut self, attempts: u64) {
        self.push(audit::windows_starting());
        self.push(Logon::system_start().event());
        for number in 0..attempts {
            let name = if number % 2 == 0 { 0 } else { number };
            let failed = FailedLogon::wrong_password(format!("user{name}"));
            self.push(failed.event());
            self.time += SECOND;
        }
    }

    fn network_sessions(&mut self, sessions: u64) {
        self.push(audit::windows_starting());
        self.push(Logon::system_start().event());
        let mut due: BTreeMap<u64, Vec<Session>> = BTreeMap::new();
        for number in 0..sessions {
            let account =
                if number % 3 == 0 { machine(number % 900) } else { user(number % 2_000) };
            let session = Session::new(account, 0x1_0000 + 16 * number);
            let address = format!("10.20.{}.{}", number % 200, number % 250);
            let mut logon = Logon::network(session.clone(), "-", &address, 49_152);
            (logon.logon_process, logon.package) = ("Kerberos".into(), "Kerberos".into());
            self.push(logon.event());
            if number % 7 == 0 {
                self.push(security::special_privileges(&session, &["SeBackupPrivilege"]));
            }
            // Most sessions end at once, some last for hours, one in fifty has no record of its end.
            let lasts = [0, 1, 3, 40, 5_000][usize::try_from(number % 5).expect("small")];
            if number % 50 != 17 {
                due.entry(number + lasts).or_default().push(session);
            }
            for session in due.remove(&number).unwrap_or_default() {
                self.push(security::logoff(&session, 3));
            }
            self.time += SECOND;
        }
    }
}

fn user(number: u64) -> Account {
    account(1_000 + number, &format!("user{number}"))
}

fn machine(number: u64) -> Account {
    account(5_000 + number, &format!("WS{number}$"))
}

fn account(rid: u64, name: &str) -> Account {
    Account::new(Sid::parse(&format!("S-1-5-21-1-2-3-{rid}")), name, "CONTOSO")
}

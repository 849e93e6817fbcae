//! Scenarios: a test's logs and its expectation, both written as text.
//!
//! ```text
//! scenario(
//!     "
//!     Security  1..3  +0s     boot pid=640
//!     Security  7     +61.2s  4624 alice 0x29b379 type=2
//!     Security  9     +90s    4647 alice 0x29b379
//!     System    1     +0s     Kernel-General 12
//!     System    7     +12s    EventLog 6005
//!     LSM       3     +61.5s  21 alice session=1 address=LOCAL
//!     ",
//! )
//! .boots("1  +0s..?  log-end")
//! .sessions("0x29b379  alice  desktop  +61.2s..+90s  initiated  high  confirmed-by=21#3")
//! .findings("no crash");
//! ```
//!
//! # The logs: one line is one record
//!
//! `CHANNEL  RECORD  TIME  [PROVIDER]  EVENT-ID  words and key=value`, with any number of blanks
//! between the columns. A line that begins with `#` is a comment. The order of the lines is the
//! order in which the events were read.
//!
//! * **Channel**: `Security`, `System`, `Application`, `LSM`, `RCM`, `Profile`.
//! * **Record**: `EventRecordID`. The IDs of a log ascend. An ID that no line has belongs to a
//!   record that means nothing to sessions. Only `gap` says that records are missing.
//! * **Time**: what the clock said, from a fixed moment on: `+61.2s`, `-3s`, `+1d2h`.
//! * **Provider**: lines of System and Application name it (`Kernel-General 12`), others never do.
//!   `MAIL\alice@example.com~alice` is another name of the SID of alice.
//! * **Event ID**, then what the record says: [`kinds`] has one arm for each event. An account is
//!   `alice`, `DOMAIN\alice`, and has a SID made from its name. Values with blanks stand in single
//!   quotes: `by='C:\Program Files\a.exe'`.
//!
//! Each record may also have `boundary` (the record was kept only because it bounds a boot in
//! time), `by-kernel` (process 4 wrote it), `head-only` (only its head was kept), `recovered`, `forwarded`, `computer=NAME`, and in
//! Security `pid=640`: LSASS's process ID, from this record on (600 before the first `pid`).
//!
//! # Lines that are no record
//!
//! * `Security  1..3  +5s  boot`: the three records 4608, 4624 of type 0 and 4902, 0.1 s apart.
//! * `Security  14..89  gap`: these records are missing from the log.
//! * `computer WS2`: the records that follow are of this computer, in logs of its own. The first
//!   computer is `WS1`.
//! * `log Security WS1/Archive.evtx`: the records of this channel that follow are in this log. It
//!   may have `origin=shadow-copy`, `origin=deleted`, `collected-from=HOST`, `forwarded`,
//!   `exported`. Without it, a channel's log is opened by its first record.
//!
//! # The expectation
//!
//! It is worked out by hand from the rules, never copied from what the code prints. Every row must
//! be listed, in its order. A row says as much as matters to the test: what it does not mention is
//! not compared. [`expected`] explains the columns.
//!
//! A line that cannot be understood fails the test with the line and the reason. So does a word or
//! a key that nothing has used: a typing error never makes a test weaker.

mod attempts;
mod expected;
mod kinds;
mod self_test;
mod words;

use crate::model::event::Detail;
use crate::model::{
    Account, Boot, Channel, Event, EventKind, Host, LogId, LogOrigin, LogSummary, RecordLocation,
    Session, Span, Timestamp,
};
use crate::timeline::Built;
use expected::Row;
use std::collections::BTreeMap;
use std::sync::Arc;
use words::{Words, number, time};

/// LSASS's process ID where no record has named one.
const FIRST_LSASS: u32 = 600;

/// Process ID of what writes to the other channels, and that of the kernel.
const OTHER_PROCESS: u32 = 984;
const KERNEL_PROCESS: u32 = 4;

/// The result of the timeline builder for a scenario.
pub(super) struct Scenario {
    pub(super) built: Built,
}

/// Reads the text of a scenario and builds its hosts.
#[track_caller]
pub(super) fn scenario(text: &str) -> Scenario {
    match read(text) {
        Ok((events, mut logs)) => Scenario { built: build(events, &mut logs) },
        Err(why) => panic!("{why}"),
    }
}

impl Scenario {
    /// The names of all hosts, in their order, with blanks between them.
    #[track_caller]
    pub(super) fn hosts(&self, expected: &str) -> &Scenario {
        let names: Vec<&str> = self.built.hosts.iter().map(|host| &*host.computer).collect();
        assert_eq!(names, expected.split_whitespace().collect::<Vec<_>>(), "hosts");
        self
    }

    /// The only host.
    #[track_caller]
    pub(super) fn host(&self) -> &Host {
        assert_eq!(self.built.hosts.len(), 1, "one computer");
        &self.built.hosts[0]
    }

    /// All boots of the only host.
    #[track_caller]
    pub(super) fn boots(&self, expected: &str) -> &Scenario {
        self.host().boots(expected);
        self
    }

    /// All sessions of the only host.
    #[track_caller]
    pub(super) fn sessions(&self, expected: &str) -> &Scenario {
        self.host().sessions(expected);
        self
    }

    /// All findings of the codes that the text mentions.
    #[track_caller]
    pub(super) fn findings(&self, expected: &str) -> &Scenario {
        hold(expected::findings(expected, &self.built.findings));
        self
    }

    /// The only session of this Logon ID, as in `session("0x50000")`.
    #[track_caller]
    pub(super) fn session(&self, id: &str) -> &Session {
        let own = self.host().sessions.iter().filter(|session| Row::key(*session, false) == id);
        let own: Vec<&Session> = own.collect();
        assert_eq!(own.len(), 1, "sessions {id}");
        own[0]
    }

    /// The boot of this epoch.
    #[track_caller]
    pub(super) fn boot(&self, epoch: u32) -> &Boot {
        let boot = self.host().boots.iter().find(|boot| boot.epoch == epoch);
        boot.unwrap_or_else(|| panic!("no boot {epoch}"))
    }
}

/// Fails the test unless what was expected was found.
#[track_caller]
fn hold(compared: Result<(), String>) {
    if let Err(why) = compared {
        panic!("{why}");
    }
}

/// Expectations of one of several hosts.
pub(super) trait Expect {
    /// All boots of the host.
    fn boots(&self, expected: &str);
    /// All sessions of the host.
    fn sessions(&self, expected: &str);
}

impl Expect for Host {
    #[track_caller]
    fn boots(&self, expected: &str) {
        hold(expected::rows("boots", expected, &self.boots));
    }

    #[track_caller]
    fn sessions(&self, expected: &str) {
        hold(expected::rows("sessions", expected, &self.sessions));
    }
}

/// Builds the hosts of events that are all that was read.
pub(super) fn build(events: Vec<Event>, logs: &mut [LogSummary]) -> Built {
    for (id, log) in (0..).map(LogId).zip(logs.iter_mut()) {
        log.accounting.add_read(events.iter().filter(|event| event.location.log == id));
    }
    crate::timeline::build(events, logs)
}

/// A moment as scenarios write it: `+61.2s`.
pub(super) fn at(text: &str) -> Timestamp {
    time(text).unwrap()
}

/// An account of the domain CORP, unless the name says `DOMAIN\name`. Its SID is made from the
/// name, so that the same person has the same SID everywhere; `mail~name` has the SID of `name`.
pub(super) fn account(name: &str) -> Arc<Account> {
    let (domain, user) = name.split_once('\\').unwrap_or(("CORP", name));
    let (user, of_sid) = user.split_once('~').unwrap_or((user, user));
    let number = of_sid.bytes().fold(1000_u32, |n, byte| n.wrapping_mul(31) + u32::from(byte));
    let sid = match (user, user.split_once('-')) {
        ("SYSTEM", _) => "S-1-5-18".to_owned(),
        (_, Some(("DWM", session))) => format!("S-1-5-90-0-{session}"),
        (_, Some(("UMFD", session))) => format!("S-1-5-96-0-{session}"),
        _ => format!("S-1-5-21-1-2-3-{number}"),
    };
    Arc::new(Account { sid: sid.into(), user: user.into(), domain: domain.into() })
}

/// Reads the text of a scenario: its events and logs, or the first line that is wrong and why.
fn read(text: &str) -> Result<(Vec<Event>, Vec<LogSummary>), String> {
    let mut reader = ScenarioReader {
        events: Vec::new(),
        logs: Vec::new(),
        computer: "WS1".into(),
        open: BTreeMap::new(),
        lsass: FIRST_LSASS,
    };
    for line in text.lines().map(str::trim) {
        if !line.is_empty() && !line.starts_with('#') {
            reader.line(line).map_err(|why| format!("in the line\n    {line}\n{why}"))?;
        }
    }
    Ok((reader.events, reader.logs))
}

/// What was read of a scenario so far.
struct ScenarioReader {
    events: Vec<Event>,
    logs: Vec<LogSummary>,
    computer: String,
    /// The log to which the next record of a channel belongs.
    open: BTreeMap<Channel, LogId>,
    lsass: u32,
}

impl ScenarioReader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let mut words = Words::of(line)?;
        match words.next("a channel")? {
            "computer" => {
                self.computer = words.next("the name of a computer")?.to_owned();
                self.open.clear();
            }
            "log" => self.log(&mut words)?,
            name => self.records(channel(name)?, &mut words)?,
        }
        words.finish()
    }

    /// `log CHANNEL PATH`
    fn log(&mut self, words: &mut Words<'_>) -> Result<(), String> {
        let channel = channel(words.next("a channel")?)?;
        let path = words.next("a path")?.to_owned();
        let id = self.open_log(channel, path);
        let log = &mut self.logs[id.index()];
        log.forwarded = words.flag("forwarded");
        log.exported = words.flag("exported");
        log.collector_host = words.value("collected-from").map(str::to_owned);
        log.origin = match words.value("origin") {
            None | Some("live") => LogOrigin::Live,
            Some("shadow-copy") => LogOrigin::ShadowCopy,
            Some("deleted") => LogOrigin::Deleted,
            Some(other) => return Err(format!("{other} is no origin of a log")),
        };
        Ok(())
    }

    fn open_log(&mut self, channel: Channel, path: String) -> LogId {
        let id = LogId(u32::try_from(self.logs.len()).unwrap());
        self.logs.push(LogSummary {
            path,
            channels: [channel.name().to_owned()].into(),
            ..LogSummary::default()
        });
        self.open.insert(channel, id);
        id
    }

    /// What follows the name of a channel: a record, three of a boot, or a gap.
    fn records(&mut self, channel: Channel, words: &mut Words<'_>) -> Result<(), String> {
        let log = match self.open.get(&channel) {
            Some(log) => *log,
            None => self.open_log(channel, format!("{}/{}.evtx", self.computer, short(channel))),
        };
        let records = words.next("a record ID")?;
        let Some((first, last)) = records.split_once("..") else {
            let (record, at) = (number(records)?, time(words.next("a time")?)?);
            return self.record(log, channel, record, at, words);
        };
        let (first, last) = (number(first)?, number(last)?);
        if words.flag("gap") {
            return self.gap(log, first, last);
        }
        let at = time(words.next("a time, or gap")?)?;
        if words.next("boot")? != "boot" || channel != Channel::Security || last != first + 2 {
            return Err("a range is `14..89 gap` or, in Security, `1..3 TIME boot`".into());
        }
        let more = words.rest().join(" ");
        let lines = ["4608", "4624 SYSTEM type=0", "4902 0x4000"];
        for ((record, line), tenths) in (first..).zip(lines).zip(0..) {
            let line = format!("{line} {more}");
            let mut words = Words::of(&line)?;
            let at = at.plus(Span(tenths * 1_000_000));
            self.record(log, channel, record, at, &mut words)?;
            words.finish()?;
        }
        Ok(())
    }

    fn gap(&mut self, log: LogId, first: u64, last: u64) -> Result<(), String> {
        let summary = &mut self.logs[log.index()];
        if first > last || summary.record_ids.is_none_or(|(_, high)| first <= high) {
            return Err("a gap stands between the records around it".into());
        }
        summary.gaps.push((first, last));
        Ok(())
    }

    fn record(
        &mut self,
        log: LogId,
        channel: Channel,
        record_id: u64,
        time: Timestamp,
        words: &mut Words<'_>,
    ) -> Result<(), String> {
        let provider = match channel {
            Channel::System | Channel::Application => words.next("a provider")?,
            _ => "",
        };
        let event_id = words.next("an Event ID")?;
        let event_id = event_id.parse().map_err(|_| format!("{event_id} is no Event ID"))?;
        if let Some(pid) = words.value("pid") {
            if channel != Channel::Security {
                return Err("pid is the process ID of LSASS, which writes to Security".into());
            }
            self.lsass = number(pid)?;
        }
        let computer = words.value("computer").unwrap_or(&self.computer);
        let process_id = match (channel, words.flag("by-kernel")) {
            (_, true) => KERNEL_PROCESS,
            (Channel::Security, _) => self.lsass,
            _ => OTHER_PROCESS,
        };
        let detail = if words.flag("head-only") { Detail::HeadOnly } else { Detail::Full };
        let kind = match detail {
            Detail::HeadOnly => EventKind::Boundary,
            Detail::Full => kinds::kind(channel, provider, event_id, words)?,
        };
        let event = Event {
            record_id,
            time,
            computer: computer.into(),
            channel,
            event_id,
            process_id,
            location: RecordLocation {
                log,
                chunk: 0,
                offset: u32::try_from(record_id).map_err(|_| "the record ID is too high")?,
            },
            recovered: words.flag("recovered"),
            forwarded: words.flag("forwarded"),
            detail,
            kind,
        };
        let summary = &mut self.logs[log.index()];
        let (low, high) = summary.record_ids.unwrap_or((record_id, record_id));
        let ascends = summary.record_ids.is_none() || record_id > high;
        let in_gap = summary.gaps.last().is_some_and(|(_, last)| record_id <= *last);
        if !event.forwarded && (!ascends || in_gap) {
            return Err(format!("record {record_id} does not ascend in its log"));
        }
        summary.record_ids = Some((low.min(record_id), high.max(record_id)));
        self.events.push(event);
        Ok(())
    }
}

/// The short names of the channels.
const CHANNELS: [(&str, Channel); 6] = [
    ("Security", Channel::Security),
    ("System", Channel::System),
    ("Application", Channel::Application),
    ("LSM", Channel::LocalSessionManager),
    ("RCM", Channel::RemoteConnectionManager),
    ("Profile", Channel::UserProfile),
];

fn channel(name: &str) -> Result<Channel, String> {
    let found = CHANNELS.into_iter().find(|(short, _)| *short == name);
    found.map(|(_, channel)| channel).ok_or_else(|| format!("{name} is no channel"))
}

fn short(channel: Channel) -> &'static str {
    CHANNELS.into_iter().find(|(_, own)| *own == channel).map_or("", |(short, _)| short)
}

//! One line of a clip: an event in one of three forms.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value as Json};

use super::data;
use crate::event::{Event, Process, Provider, Record};
use crate::value::{FileTime, Guid, Sid};

/// Keys that NXLog and the script for Azure add to the data of an event.
const ADDED: &[&str] = &[
    "@timestamp",
    "@version",
    "AccountName",
    "AccountType",
    "ActivityID",
    "Category",
    "Channel",
    "Domain",
    "ERROR_EVT_UNRESOLVED",
    "EventID",
    "EventReceivedTime",
    "EventTime",
    "EventType",
    "EventTypeOrignal",
    "ExecutionProcessID",
    "Hostname",
    "Keywords",
    "Level",
    "Message",
    "Opcode",
    "OpcodeValue",
    "ProviderGuid",
    "RecordNumber",
    "RelatedActivityID",
    "Severity",
    "SeverityValue",
    "SourceModuleName",
    "SourceModuleType",
    "SourceName",
    "Task",
    "ThreadID",
    "TimeCreated",
    "UserID",
    "Version",
    "host",
    "port",
    "tags",
    "type",
];

const AUDIT_SUCCESS: u64 = 0x8020_0000_0000_0000;
const AUDIT_FAILURE: u64 = 0x8010_0000_0000_0000;
const NO_KEYWORDS: u64 = 0x8000_0000_0000_0000;
/// Seconds of a quarter of an hour: time zones differ by whole quarters.
const QUARTER: i64 = 900;

/// An event as a clip has it.
#[derive(Debug)]
pub struct Line {
    keys: Map<String, Json>,
}

impl Line {
    /// Reads a line. `None` if it is no object with a channel.
    pub fn parse(text: &str) -> Option<Self> {
        let Ok(Json::Object(keys)) = serde_json::from_str(text) else { return None };
        let line = Self { keys };
        (!line.channel().is_empty()).then_some(line)
    }

    /// The channel.
    pub fn channel(&self) -> &str {
        self.text_of(&["Channel", "log_name"]).unwrap_or_default()
    }

    /// The Event ID.
    pub fn event_id(&self) -> u16 {
        self.number("EventID").or(self.number("event_id")).unwrap_or(0)
    }

    /// The EventRecordID; 0 where the clip does not have it.
    pub fn record_id(&self) -> u64 {
        self.number("RecordNumber").or(self.number("record_number")).unwrap_or(0)
    }

    /// The computer.
    pub fn computer(&self) -> &str {
        self.text_of(&["Hostname", "computer_name"]).unwrap_or_default()
    }

    /// The data of the event, as names and texts.
    pub fn data(&self) -> Vec<(&str, String)> {
        let of_beat = self.keys.get("event_data").or(self.keys.get("user_data"));
        match of_beat.and_then(Json::as_object) {
            Some(data) => data.iter().map(|(name, value)| (name.as_str(), plain(value))).collect(),
            None => {
                // Where NXLog renamed its own EventType, the event has an item of that name.
                let renamed = self.keys.contains_key("EventTypeOrignal");
                let own_data =
                    |name: &str| !ADDED.contains(&name) || (renamed && name == "EventType");
                let names = self.keys.iter().filter(|(name, _)| own_data(name));
                names.map(|(name, value)| (name.as_str(), plain(value))).collect()
            }
        }
    }

    /// A key that NXLog uses for its own, which may be an item of the event where it lacks it.
    pub(super) fn added(&self, name: &str) -> Option<String> {
        self.keys.get(name).map(plain)
    }

    /// What the message says after each `: `, for events whose data NXLog lost.
    pub(super) fn message_values(&self) -> Vec<&str> {
        let message = self.text_of(&["Message", "message"]).unwrap_or_default();
        let values = message.lines().filter_map(|line| line.split_once(": "));
        values.map(|(_, value)| value.trim()).collect()
    }

    /// The record.
    pub(super) fn record(&self) -> Result<Record, &'static str> {
        let (payload, pattern) = data::payload_of(self)?;
        let number = |keys: [&str; 2]| keys.into_iter().find_map(|key| self.number::<u32>(key));
        let name = self.text_of(&["SourceName", "source_name"]).unwrap_or_default();
        let guid = self.text_of(&["ProviderGuid", "provider_guid"]);
        let guid = guid.map(|text| kept(text.trim_matches(['{', '}'])));
        let level = if self.is_audit() { 0 } else { 4 };
        let small = |name: &str| self.number::<u8>(name);
        let event = Event {
            provider: Provider { name: kept(name), guid, event_source: None, classic: false },
            id: self.event_id(),
            qualifiers: None,
            version: small("Version").or(small("version")).unwrap_or(pattern.version),
            level: small("Level").unwrap_or(level),
            task: self.number("Task").unwrap_or(pattern.task),
            opcode: small("OpcodeValue").unwrap_or(0),
            keywords: self.keywords(),
            channel: kept(self.channel()),
            process: Process::Unknown,
            user: self.user(),
            activity_id: self.text_of(&["ActivityID", "activity_id"]).map(Guid::parse),
            payload,
        };
        Ok(Record {
            event,
            time: self.time().ok_or("no time")?,
            id: self.record_id(),
            process_id: number(["ExecutionProcessID", "process_id"]).unwrap_or(0),
            thread_id: number(["ThreadID", "thread_id"]).unwrap_or(0),
            computer: self.computer().to_owned(),
            buffered: false,
        })
    }

    fn is_audit(&self) -> bool {
        self.channel().eq_ignore_ascii_case(crate::catalogue::SECURITY)
    }

    fn keywords(&self) -> u64 {
        match self.keys.get("Keywords").or(self.keys.get("keywords")) {
            // NXLog prints the 64 bits as a number with a sign.
            Some(Json::Number(number)) => number.as_i64().map_or(NO_KEYWORDS, i64::cast_unsigned),
            Some(Json::String(text)) => data::hexadecimal(text).unwrap_or(NO_KEYWORDS),
            Some(Json::Array(words)) if words.iter().any(|word| word == "Audit Failure") => {
                AUDIT_FAILURE
            }
            _ if self.is_audit() => AUDIT_SUCCESS,
            _ => NO_KEYWORDS,
        }
    }

    fn user(&self) -> Option<Sid> {
        let of_beat = self.keys.get("user").and_then(|user| user.get("identifier")?.as_str());
        data::sid(self.text_of(&["UserID"]).or(of_beat)?)
    }

    /// The time of the event. NXLog writes the local time of the computer. Its distance from UTC follows from the
    /// moment at which the line was stored, which the clip has in both.
    pub fn time(&self) -> Option<FileTime> {
        let Some(local) = self.text_of(&["EventTime"]) else {
            return self.text_of(&["TimeCreated", "@timestamp"]).map(FileTime::parse);
        };
        let stored = self.text_of(&["@timestamp"])?;
        let local = FileTime::parse(&local.replace(' ', "T"));
        let received = self.text_of(&["EventReceivedTime"]);
        let received = received.map_or(local, |text| FileTime::parse(&text.replace(' ', "T")));
        let seconds = |time: FileTime| i64::try_from(time.0 / 10_000_000).expect("a date of today");
        let apart = seconds(FileTime::parse(stored)) - seconds(received);
        let zone = (apart + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
        Some(FileTime(local.0.wrapping_add_signed(zone * 10_000_000)))
    }

    fn text_of(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.keys.get(*key).and_then(Json::as_str))
    }

    fn number<T: TryFrom<u64>>(&self, key: &str) -> Option<T> {
        let value = self.keys.get(key)?;
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
        T::try_from(number).ok()
    }
}

/// A value of JSON as the text that the event had.
fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

/// A name that lives as long as the program: the writer's events hold names of the source code. A clip has few
/// different names.
pub(super) fn kept(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let new: &'static str = Box::leak(name.to_owned().into_boxed_str());
    names.insert(new);
    new
}

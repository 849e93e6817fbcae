//! The XML that the Event Viewer of Windows exports, in the form of the reference data.

use quick_xml::events::{BytesStart, Event as Xml};
use serde_json::{Map, Value};
use std::path::Path;
use winlast::model::Timestamp;

/// The records of an export: what each of them holds, in the form of the reference data.
pub(crate) fn windows_export(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut reader = quick_xml::Reader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().expand_empty_elements = true;
    let mut export = Export::default();
    loop {
        match reader.read_event().unwrap() {
            Xml::Start(start) => export.start(&start),
            Xml::Text(text) => {
                if let Some(element) = export.open.last_mut() {
                    element.1.push_str(&text);
                }
            }
            Xml::GeneralRef(reference) => {
                let text = quick_xml::escape::unescape(&format!("&{};", &*reference))
                    .unwrap()
                    .into_owned();
                export.open.last_mut().unwrap().1.push_str(&text);
            }
            Xml::End(_) => export.end(),
            Xml::Eof => return export.records,
            _ => {}
        }
    }
}

/// An export that is read so far.
#[derive(Default)]
struct Export {
    records: Vec<Value>,
    /// The present record, and its data.
    record: Map<String, Value>,
    data: Map<String, Value>,
    /// The open elements: name, text, and whether it has no children.
    open: Vec<(String, String, bool)>,
    /// The number of data items without a name in the present record.
    unnamed: usize,
}

impl Export {
    fn start(&mut self, start: &BytesStart<'_>) {
        let tag = start.local_name().into_inner().to_owned();
        let mut name = tag.clone();
        if tag == "Data" {
            name = format!("#{}", self.unnamed);
        }
        for attribute in start.attributes().map(Result::unwrap) {
            let value = quick_xml::escape::unescape(&attribute.value).unwrap().into_owned();
            match (tag.as_str(), attribute.key.into_inner()) {
                ("Provider", "Name") => drop(self.record.insert("provider".into(), value.into())),
                ("TimeCreated", "SystemTime") => {
                    let time = Timestamp::parse(&value).unwrap().filetime();
                    self.record.insert("ft".into(), time.into());
                }
                ("Security", "UserID") => drop(self.record.insert("user_sid".into(), value.into())),
                ("Data", "Name") => name = value,
                _ => {}
            }
        }
        self.unnamed += usize::from(tag == "Data" && name.starts_with('#'));
        if let Some(parent) = self.open.last_mut() {
            parent.2 = false;
        }
        self.open.push((name, String::new(), true));
    }

    fn end(&mut self) {
        let (name, text, is_leaf) = self.open.pop().unwrap();
        let path: Vec<&str> = self.open.iter().map(|(name, ..)| name.as_str()).collect();
        match path.as_slice() {
            ["Events", "Event", "System"] => {
                let key = match name.as_str() {
                    "EventID" => "event_id",
                    "EventRecordID" => "event_record_id",
                    "Version" => "version",
                    "Computer" => "computer",
                    "Channel" => "channel",
                    _ => return,
                };
                let number = text.parse::<u64>().map(Value::from);
                self.record.insert(key.into(), number.unwrap_or(text.into()));
            }
            ["Events", "Event", "EventData" | "UserData", ..] if is_leaf => {
                self.data.insert(name, text.into());
            }
            ["Events"] => {
                self.record.insert("literal".into(), false.into());
                self.record.insert("file".into(), "windows".into());
                self.record.insert("data".into(), std::mem::take(&mut self.data).into());
                self.records.push(std::mem::take(&mut self.record).into());
                self.unnamed = 0;
            }
            _ => {}
        }
    }
}

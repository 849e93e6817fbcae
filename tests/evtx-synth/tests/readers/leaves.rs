//! Events as flat lists of names and texts, so that readers with different output can be compared.

use evtx_synth::{Payload, Record, Value};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event as Xml};

/// Name and text of everything in an event that has a text.
///
/// Data items keep their order and stay in the list when they are empty.
pub type Leaves = Vec<(String, String)>;

/// The leaves of the XML that a reader gives.
pub fn of_xml(xml: &str) -> Leaves {
    let mut reader = Reader::from_str(xml);
    let mut leaves = Leaves::new();
    let mut open: Vec<(String, Option<String>)> = Vec::new();
    loop {
        match reader.read_event().expect("well-formed XML") {
            Xml::Start(tag) => {
                // An element with children is no leaf.
                if let Some(parent) = open.last_mut() {
                    parent.1 = None;
                }
                let name = start(&tag, &mut leaves);
                open.push((name, Some(String::new())));
            }
            Xml::Empty(tag) => {
                if let Some(parent) = open.last_mut() {
                    parent.1 = None;
                }
                let name = start(&tag, &mut leaves);
                push(&mut leaves, name, String::new());
            }
            Xml::Text(text) => {
                if let Some((_, Some(so_far))) = open.last_mut() {
                    so_far.push_str(&text);
                }
            }
            Xml::GeneralRef(entity) => {
                let character =
                    entity.resolve_char_ref().expect("a character").unwrap_or_else(|| {
                        let text = quick_xml::escape::resolve_predefined_entity(&entity)
                            .expect("a known entity");
                        text.chars().next().expect("one character")
                    });
                if let Some((_, Some(so_far))) = open.last_mut() {
                    so_far.push(character);
                }
            }
            Xml::End(_) => {
                let (name, text) = open.pop().expect("a matching start");
                if let Some(text) = text {
                    push(&mut leaves, name, text);
                }
            }
            Xml::Eof => return leaves,
            _ => {}
        }
    }
}

/// The name of an element as a leaf; its attributes become leaves of their own.
fn start(tag: &BytesStart<'_>, leaves: &mut Leaves) -> String {
    let element = tag.name().as_ref().to_owned();
    let mut name = element.clone();
    for attribute in tag.attributes() {
        let attribute = attribute.expect("an attribute");
        let key = attribute.key.as_ref().to_owned();
        let value = attribute.value.into_owned();
        match (element.as_str(), key.as_str()) {
            ("Data", "Name") => name = format!("Data {value}"),
            (_, key) if key.starts_with("xmlns") => {}
            _ => push(leaves, format!("{element}@{key}"), value),
        }
    }
    name
}

fn push(leaves: &mut Leaves, name: String, text: String) {
    let text = normal(&text);
    if name.starts_with("Data ") || !text.is_empty() {
        leaves.push((name, text));
    }
}

/// What was written.
pub fn of_record(record: &Record) -> Leaves {
    let event = &record.event;
    let mut leaves = Leaves::new();
    let mut leaf = |name: &str, text: String| push(&mut leaves, name.to_owned(), text);
    leaf("Provider@Name", event.provider.name.into());
    leaf(
        "Provider@Guid",
        event.provider.guid.map(|guid| format!("{{{guid}}}")).unwrap_or_default(),
    );
    leaf("Provider@EventSourceName", event.provider.event_source.unwrap_or_default().into());
    leaf(
        "EventID@Qualifiers",
        event.qualifiers.map(|number| number.to_string()).unwrap_or_default(),
    );
    leaf("EventID", event.id.to_string());
    leaf("Version", event.version.to_string());
    leaf("Level", event.level.to_string());
    leaf("Task", event.task.to_string());
    leaf("Opcode", event.opcode.to_string());
    leaf("Keywords", format!("{:#x}", event.keywords));
    leaf("TimeCreated@SystemTime", record.time.to_string());
    leaf("EventRecordID", record.id.to_string());
    leaf("Correlation@ActivityID", event.activity_id.map(|id| id.braced()).unwrap_or_default());
    leaf("Execution@ProcessID", record.process_id.to_string());
    leaf("Execution@ThreadID", record.thread_id.to_string());
    leaf("Channel", event.channel.into());
    leaf("Computer", record.computer.clone());
    leaf("Security@UserID", event.user.as_ref().map(ToString::to_string).unwrap_or_default());
    match &event.payload {
        Payload::EventData { name, fields } => {
            leaf("EventData@Name", name.unwrap_or_default().into());
            for field in fields {
                leaf(&format!("Data {}", field.name), field.value.rendered());
            }
        }
        Payload::Legacy { strings, binary } => {
            for text in strings {
                leaf("Data", text.clone());
            }
            leaf("Binary", Value::Binary(binary.clone()).rendered());
        }
        Payload::UserData { fields, .. } => {
            for field in fields {
                leaf(field.name, field.value.rendered());
            }
        }
    }
    leaves
}

/// One spelling for what readers spell differently: padding of hexadecimal numbers, case of
/// GUIDs, digits of a second, line breaks.
pub fn normal(text: &str) -> String {
    if let Some(digits) = text.strip_prefix("0x")
        && let Ok(number) = u64::from_str_radix(digits, 16)
    {
        return format!("{number:#x}");
    }
    if text.starts_with('{') {
        return text.to_lowercase();
    }
    if let Some(time) = text.strip_suffix('Z')
        && let Some((seconds, fraction)) = time.split_once('.')
        && seconds.contains('T')
    {
        return format!("{seconds}.{:0<7}Z", fraction.trim_end_matches('0'));
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

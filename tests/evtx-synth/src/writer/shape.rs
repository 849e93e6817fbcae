//! The XML of records: as template shapes with slots, or as literal text.

use std::fmt::Write as _;

use super::{Build, Form, LogOptions};
use crate::event::{Event, Field, Payload, Record};
use crate::value::{Guid, Value};

const EVENT_NAMESPACE: &str = "http://schemas.microsoft.com/win/2004/08/events/event";
/// The type of a slot that holds a nested fragment.
pub(super) const BINXML_TYPE: u8 = 0x21;
/// An element that is always written.
const NO_DEPENDENCY: u16 = 0xffff;

/// An element of a template or of a literal tree.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub name: &'static str,
    /// The slot that hides the element if it is empty.
    pub dependency: u16,
    pub attributes: Vec<(&'static str, Content)>,
    /// `None` for an empty-element tag.
    pub content: Option<Vec<Content>>,
}

/// The content of an element or an attribute.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Text(String),
    Slot { index: u16, value_type: u8, optional: bool },
    Element(Element),
}

/// A value for a slot of a template instance.
#[derive(Debug)]
pub(super) enum SlotValue {
    Plain(Value),
    /// A name or channel: never NUL-terminated, whatever the build.
    Bare(String),
    Nested(Box<Instance>),
}

/// A template with the values for its slots.
#[derive(Debug)]
pub(super) struct Instance {
    pub root: Element,
    pub values: Vec<SlotValue>,
    /// Whether a payload is stored directly, see [`Build`].
    pub direct: bool,
}

impl Element {
    fn new(name: &'static str, content: Vec<Content>) -> Self {
        Self { name, dependency: NO_DEPENDENCY, attributes: Vec::new(), content: Some(content) }
    }

    fn tag(name: &'static str, attributes: Vec<(&'static str, Content)>) -> Self {
        Self { name, dependency: NO_DEPENDENCY, attributes, content: None }
    }

    fn attribute(mut self, name: &'static str, value: Content) -> Self {
        self.attributes.push((name, value));
        self
    }

    /// An element around one slot, hidden if that slot is empty.
    fn around(name: &'static str, index: u16, value_type: u8) -> Self {
        Self { dependency: index, ..Self::new(name, vec![optional(index, value_type)]) }
    }

    /// The GUID of a template: the same for the same text, in every log.
    pub fn guid(&self) -> Guid {
        let mut text = String::new();
        self.describe(&mut text);
        Guid(fnv128(text.as_bytes()).to_le_bytes())
    }

    fn describe(&self, out: &mut String) {
        let _ = write!(out, "<{}", self.name);
        for (name, value) in &self.attributes {
            let _ = write!(out, " {name}=");
            value.describe(out);
        }
        out.push('>');
        for part in self.content.iter().flatten() {
            part.describe(out);
        }
        out.push_str("</>");
    }
}

impl Content {
    fn describe(&self, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Slot { index, value_type, optional } => {
                let _ = write!(out, "{{{index}:{value_type:02x}:{optional}}}");
            }
            Self::Element(element) => element.describe(out),
        }
    }
}

/// The template of a record and its values.
pub(super) fn instance(record: &Record, options: &LogOptions) -> Instance {
    let event = &record.event;
    let system = if event.provider.classic {
        classic_system(event, &record.computer, options.build)
    } else {
        manifest_system(&record.computer)
    };
    let slot = if event.provider.classic { 19 } else { 17 };
    let payload = optional(slot, BINXML_TYPE);
    let payload = match event.payload {
        Payload::UserData { .. } => Content::Element(Element::new("UserData", vec![payload])),
        _ => payload,
    };
    let root =
        Element { dependency: slot, ..event_element(vec![Content::Element(system), payload]) };
    Instance { root, values: system_values(record, options.build.is_direct(record)), direct: false }
}

/// A record as a literal tree.
pub(super) fn literal(record: &Record) -> Element {
    let event = &record.event;
    let payload = match &event.payload {
        Payload::EventData { name, fields } => event_data(*name, fields, Form::Literal),
        Payload::Legacy { strings, binary } => {
            let data = strings.iter().map(|text| text_element("Data", text.clone()));
            let bytes = Value::Binary(binary.clone()).rendered();
            Element::new("EventData", data.chain([text_element("Binary", bytes)]).collect())
        }
        Payload::UserData { element, namespaces, fields } => {
            let inner = user_data(element, namespaces, fields, Form::Literal);
            Element::new("UserData", vec![Content::Element(inner)])
        }
    };
    event_element(vec![Content::Element(literal_system(record)), Content::Element(payload)])
}

fn event_element(content: Vec<Content>) -> Element {
    Element::new("Event", content).attribute("xmlns", Content::Text(EVENT_NAMESPACE.into()))
}

/// The system part of events that their provider writes directly.
fn manifest_system(computer: &str) -> Element {
    let provider = vec![("Name", optional(14, 0x01)), ("Guid", optional(15, 0x0f))];
    let mut content = vec![Content::Element(Element::tag("Provider", provider))];
    content.extend(common_system(13, true));
    content.push(Content::Element(Element::around("Channel", 16, 0x01)));
    content.extend(last_of_system(computer));
    Element::new("System", content)
}

/// The system part of events that the event log service writes for others.
fn classic_system(event: &Event, computer: &str, build: Build) -> Element {
    let provider = provider_attributes(event, |guid| format!("{{{guid}}}"));
    let mut content = vec![Content::Element(Element::tag("Provider", provider))];
    let long = event.provider.guid.is_some() || !build.has_short_legacy();
    content.extend(common_system(18, long));
    content.push(text_element("Channel", event.channel.into()));
    content.extend(last_of_system(computer));
    Element::new("System", content)
}

fn provider_attributes(
    event: &Event,
    braced: impl Fn(&str) -> String,
) -> Vec<(&'static str, Content)> {
    let provider = &event.provider;
    let mut attributes = vec![("Name", Content::Text(provider.name.into()))];
    attributes.extend(provider.guid.map(|guid| ("Guid", Content::Text(braced(guid)))));
    attributes
        .extend(provider.event_source.map(|name| ("EventSourceName", Content::Text(name.into()))));
    attributes
}

fn common_system(related_activity_slot: u16, long: bool) -> Vec<Content> {
    let event_id = Element::around("EventID", 3, 0x06).attribute("Qualifiers", optional(4, 0x06));
    let mut elements = vec![event_id];
    if long {
        elements.push(Element::around("Version", 11, 0x04));
    }
    elements.push(Element::around("Level", 0, 0x04));
    elements.push(Element::around("Task", 2, 0x06));
    if long {
        elements.push(Element::around("Opcode", 1, 0x04));
    }
    elements.push(Element::around("Keywords", 5, 0x15));
    elements.push(Element::tag("TimeCreated", vec![("SystemTime", optional(6, 0x11))]));
    elements.push(Element::around("EventRecordID", 10, 0x0a));
    if long {
        let related = optional(related_activity_slot, 0x0f);
        let correlation = vec![("ActivityID", optional(7, 0x0f)), ("RelatedActivityID", related)];
        elements.push(Element::tag("Correlation", correlation));
        let execution = vec![("ProcessID", optional(8, 0x08)), ("ThreadID", optional(9, 0x08))];
        elements.push(Element::tag("Execution", execution));
    }
    elements.into_iter().map(Content::Element).collect()
}

fn last_of_system(computer: &str) -> [Content; 2] {
    let security = Element::tag("Security", vec![("UserID", optional(12, 0x13))]);
    [text_element("Computer", computer.into()), Content::Element(security)]
}

fn literal_system(record: &Record) -> Element {
    let event = &record.event;
    let text = |value: String| Content::Text(value);
    let mut content = vec![Content::Element(Element::tag(
        "Provider",
        provider_attributes(event, |guid| Guid::parse(guid).braced()),
    ))];
    let mut event_id = Element::new("EventID", vec![text(event.id.to_string())]);
    if let Some(qualifiers) = event.qualifiers {
        event_id = event_id.attribute("Qualifiers", text(qualifiers.to_string()));
    }
    content.push(Content::Element(event_id));
    for (name, number) in [
        ("Version", event.version.to_string()),
        ("Level", event.level.to_string()),
        ("Task", event.task.to_string()),
        ("Opcode", event.opcode.to_string()),
        ("Keywords", format!("{:#x}", event.keywords)),
    ] {
        content.push(text_element(name, number));
    }
    let time = vec![("SystemTime", text(record.time.nine_digits()))];
    content.push(Content::Element(Element::tag("TimeCreated", time)));
    content.push(text_element("EventRecordID", record.id.to_string()));
    let activity = event.activity_id.map(|id| ("ActivityID", text(id.braced())));
    content.push(Content::Element(Element::tag("Correlation", activity.into_iter().collect())));
    let execution = vec![
        ("ProcessID", text(record.process_id.to_string())),
        ("ThreadID", text(record.thread_id.to_string())),
    ];
    content.push(Content::Element(Element::tag("Execution", execution)));
    content.push(text_element("Channel", event.channel.into()));
    content.push(text_element("Computer", record.computer.clone()));
    let user = event.user.as_ref().map(|sid| ("UserID", text(sid.to_string())));
    content.push(Content::Element(Element::tag("Security", user.into_iter().collect())));
    Element::new("System", content)
}

/// The values of the system part, in the slots that Windows uses.
fn system_values(record: &Record, direct: bool) -> Vec<SlotValue> {
    let event = &record.event;
    let classic = event.provider.classic;
    let absent = |size: u16| Value::Null(if direct { size } else { 0 });
    let mut values: Vec<SlotValue> = [
        Value::UInt8(event.level),
        Value::UInt8(event.opcode),
        Value::UInt16(event.task),
        Value::UInt16(event.id),
        event.qualifiers.map_or(absent(2), Value::UInt16),
        Value::HexInt64(event.keywords),
        Value::FileTime(record.time),
        event.activity_id.map_or(absent(16), Value::Guid),
        Value::UInt32(record.process_id),
        Value::UInt32(record.thread_id),
        Value::UInt64(record.id),
        Value::UInt8(event.version),
        event.user.clone().map_or(Value::Null(0), Value::Sid),
        Value::Null(0),
    ]
    .into_iter()
    .map(SlotValue::Plain)
    .collect();
    if classic {
        values.extend((14..19).map(|_| SlotValue::Plain(Value::Null(0))));
    } else {
        let guid =
            event.provider.guid.map_or(Value::Null(0), |guid| Value::Guid(Guid::parse(guid)));
        values.push(SlotValue::Bare(event.provider.name.into()));
        values.push(SlotValue::Plain(guid));
        values.push(SlotValue::Bare(event.channel.into()));
    }
    let (root, payload) = payload_template(&event.payload);
    values.push(SlotValue::Nested(Box::new(Instance { root, values: payload, direct })));
    values
}

fn payload_template(payload: &Payload) -> (Element, Vec<SlotValue>) {
    match payload {
        Payload::EventData { name, fields } => {
            (event_data(*name, fields, Form::Template), field_values(fields))
        }
        Payload::UserData { element, namespaces, fields } => {
            (user_data(element, namespaces, fields, Form::Template), field_values(fields))
        }
        Payload::Legacy { strings, binary } => {
            let data = Element::new("Data", vec![optional(0, 0x81)]);
            let bytes = Element::around("Binary", 2, 0x0e);
            let root =
                Element::new("EventData", vec![Content::Element(data), Content::Element(bytes)]);
            let strings = if strings.is_empty() {
                Value::Null(0)
            } else {
                Value::StringArray(strings.clone())
            };
            let size = Value::UInt32(u32::try_from(binary.len()).expect("a small blob"));
            let bytes =
                if binary.is_empty() { Value::Null(0) } else { Value::Binary(binary.clone()) };
            (root, [strings, size, bytes].map(SlotValue::Plain).into())
        }
    }
}

fn field_values(fields: &[Field]) -> Vec<SlotValue> {
    fields.iter().map(|field| SlotValue::Plain(field.value.clone())).collect()
}

fn event_data(name: Option<&'static str>, fields: &[Field], form: Form) -> Element {
    let data = (0..).zip(fields).map(|(index, field)| {
        let item = Element::new("Data", vec![field_content(index, field, form)]);
        Content::Element(item.attribute("Name", Content::Text(field.name.into())))
    });
    let element = Element::new("EventData", data.collect());
    match name {
        Some(name) => element.attribute("Name", Content::Text(name.into())),
        None => element,
    }
}

fn user_data(
    element: &'static str,
    namespaces: &[(&'static str, &'static str)],
    fields: &[Field],
    form: Form,
) -> Element {
    let children = (0..).zip(fields).map(|(index, field)| {
        Content::Element(Element::new(field.name, vec![field_content(index, field, form)]))
    });
    let root = Element::new(element, children.collect());
    namespaces
        .iter()
        .fold(root, |root, (name, uri)| root.attribute(name, Content::Text((*uri).into())))
}

fn field_content(index: u16, field: &Field, form: Form) -> Content {
    match form {
        Form::Literal => Content::Text(field.value.rendered()),
        Form::Template => {
            Content::Slot { index, value_type: field.value.declared_type(), optional: false }
        }
    }
}

fn optional(index: u16, value_type: u8) -> Content {
    Content::Slot { index, value_type, optional: true }
}

fn text_element(name: &'static str, text: String) -> Content {
    Content::Element(Element::new(name, vec![Content::Text(text)]))
}

/// The 128-bit FNV-1a hash.
fn fnv128(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash: u128, &byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

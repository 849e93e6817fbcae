//! The data of an event, with the order and the types that the catalogue knows.

use super::line::{Line, kept};
use crate::catalogue::every_event;
use crate::event::{Event, Field, Payload};
use crate::value::{FileTime, Guid, Sid, Value};

/// What the catalogue knows of the kind of an event.
#[derive(Debug, Default)]
pub(super) struct Pattern {
    pub version: u8,
    pub task: u16,
}

/// The payload of a line, and what else its kind determines.
pub(super) fn payload_of(line: &Line) -> Result<(Payload, Pattern), &'static str> {
    let data = line.data();
    let Some(pattern) = pattern_of(line, &data) else {
        return Ok((Payload::EventData { name: None, fields: texts(&data) }, Pattern::default()));
    };
    let about = Pattern { version: pattern.version, task: pattern.task };
    let payload = match pattern.payload {
        Payload::UserData { element, namespaces, fields } => {
            let values = line.message_values();
            let Some(before) = values.len().checked_sub(fields.len()) else {
                return Err("user data that the clip lost");
            };
            let values = values.into_iter().skip(before);
            let typed = |(field, text): (&Field, &str)| Field {
                name: field.name,
                value: typed(&field.value, text),
            };
            let fields = fields.iter().zip(values).map(typed).collect();
            Payload::UserData { element, namespaces, fields }
        }
        Payload::EventData { name, fields } => {
            Payload::EventData { name, fields: ordered(line, &fields, &data) }
        }
        // A legacy event has no names, so its texts come as they are.
        Payload::Legacy { .. } => Payload::EventData { name: None, fields: texts(&data) },
    };
    Ok((payload, about))
}

/// The event of the catalogue whose items differ least from those of the line.
fn pattern_of(line: &Line, data: &[(&str, String)]) -> Option<Event> {
    let channel = line.channel();
    let same_kind =
        |event: &Event| event.id == line.event_id() && event.channel.eq_ignore_ascii_case(channel);
    let has = |name: &str| data.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    let distance = |event: &Event| match &event.payload {
        Payload::EventData { fields, .. } => {
            let missing = fields.iter().filter(|field| !has(field.name)).count();
            let unknown = data.iter().filter(|(name, _)| !fields.iter().any(|f| f.name == *name));
            missing + unknown.count()
        }
        _ => 0,
    };
    every_event().into_iter().filter(same_kind).min_by_key(distance)
}

/// The items of the line in the order of the catalogue, and after them those that it does not know.
fn ordered(line: &Line, pattern: &[Field], data: &[(&str, String)]) -> Vec<Field> {
    let own = |name: &str| {
        let exact = data.iter().find(|(own, _)| *own == name);
        // NXLog writes `ProcessId` for the `ProcessID` of 5156.
        exact.or_else(|| data.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)))
    };
    let mut fields: Vec<Field> = pattern
        .iter()
        .map(|field| {
            let text = own(field.name).map(|(_, text)| text.clone());
            let text = text.or_else(|| line.added(field.name)).unwrap_or_default();
            Field { name: field.name, value: typed(&field.value, &text) }
        })
        .collect();
    let known = |name: &str| pattern.iter().any(|field| field.name.eq_ignore_ascii_case(name));
    let rest: Vec<(&str, String)> = data.iter().filter(|(name, _)| !known(name)).cloned().collect();
    fields.extend(texts(&rest));
    fields
}

fn texts(data: &[(&str, String)]) -> Vec<Field> {
    let field = |(name, text): &(&str, String)| Field {
        name: kept(name),
        value: Value::text(text.clone()),
    };
    data.iter().map(field).collect()
}

/// The text as a value of the type of `pattern`. What is not of that type stays a text.
fn typed(pattern: &Value, text: &str) -> Value {
    let value = match pattern {
        Value::UInt8(_) => text.parse().ok().map(Value::UInt8),
        Value::UInt16(_) => text.parse().ok().map(Value::UInt16),
        Value::UInt32(_) => text.parse().ok().map(Value::UInt32),
        Value::UInt64(_) => text.parse().ok().map(Value::UInt64),
        Value::Int32(_) => text.parse().ok().map(Value::Int32),
        Value::Int64(_) => text.parse().ok().map(Value::Int64),
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        Value::HexInt32(_) => {
            hexadecimal(text).and_then(|number| u32::try_from(number).ok()).map(Value::HexInt32)
        }
        Value::HexInt64(_) => hexadecimal(text).map(Value::HexInt64),
        Value::Pointer(_) => hexadecimal(text).map(Value::Pointer),
        Value::Guid(_) => guid(text).map(Value::Guid),
        Value::Sid(_) => sid(text).map(Value::Sid),
        Value::FileTime(_) => {
            let is_time = text.len() > 18 && text.ends_with('Z') && text.contains('T');
            is_time.then(|| Value::FileTime(FileTime::parse(text)))
        }
        _ => None,
    };
    value.unwrap_or_else(|| Value::text(text))
}

/// A number such as `0x3e7`.
pub(super) fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

fn guid(text: &str) -> Option<Guid> {
    let digits = text.chars().filter(char::is_ascii_hexdigit).count();
    (digits == 32 && text.len() <= 38).then(|| Guid::parse(text))
}

/// A SID, if the text is one.
pub(super) fn sid(text: &str) -> Option<Sid> {
    let numbers = text.strip_prefix("S-1-")?;
    let all_numbers = numbers.split('-').skip(1).all(|part| part.parse::<u32>().is_ok());
    (all_numbers && numbers.split('-').next()?.parse::<u32>().is_ok()).then(|| Sid::parse(text))
}

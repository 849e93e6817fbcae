//! How the values of events are written: as the items of a JSON array. Times, Logon IDs and numbers are
//! numbers, and what is not given is `null`. A text is the number of an entry in the list of texts that
//! precedes the events of a block, because few texts make up most of a log.

use crate::model::append::AppendText;
use crate::model::event::{Client, LogonMethod};
use crate::model::{Account, Channel, LogonId, Text, Timestamp, safe_json};
use foldhash::HashMap;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use std::fmt;
use std::sync::Arc;

/// A value of an event.
pub(super) trait Stored: Sized {
    /// Appends it to the event that is being written.
    fn write(&self, out: &mut BlockWriter);

    /// Takes it from an event; `None`: the event is not as [`write`](Stored::write) makes it.
    fn read(event: &mut EventReader<'_>) -> Option<Self>;

    /// What its items are called, where the value itself is called `own`.
    fn names(own: &str) -> Vec<String> {
        vec![own.to_owned()]
    }
}

/// The events of a block, as far as they are written.
#[derive(Default)]
pub(super) struct BlockWriter {
    lines: Vec<u8>,
    texts: TextList,
    /// The last two texts that stand alone: mostly the computer and the channel of all events.
    recent: [RecentText; 2],
}

/// A text by its place in memory, which does not move while the block is written, and its number.
#[derive(Clone, Copy, Default)]
struct RecentText {
    place: (usize, usize),
    number: u32,
}

impl RecentText {
    fn of(text: &str, number: u32) -> RecentText {
        RecentText { place: (text.as_ptr().addr(), text.len()), number }
    }

    fn is_of(&self, text: &str) -> bool {
        self.place == (text.as_ptr().addr(), text.len())
    }
}

/// The texts of the block, each with its number.
#[derive(Default)]
struct TextList {
    json: Vec<u8>,
    count: u32,
    single: HashMap<Text, u32>,
    several: HashMap<Vec<Text>, u32>,
    /// By the address of what holds the texts, which does not move while the block is written.
    by_address: HashMap<usize, u32>,
}

impl TextList {
    /// Begins an entry, and returns its number.
    fn begin(&mut self) -> u32 {
        if self.count > 0 {
            self.json.push(b',');
        }
        self.count += 1;
        self.count - 1
    }

    fn single(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.single.get(text) {
            return number;
        }
        let number = self.begin();
        append_json(text, &mut self.json);
        self.single.insert(text.into(), number);
        number
    }

    fn several<const N: usize>(&mut self, texts: [&Text; N]) -> u32 {
        let key: Vec<Text> = texts.into_iter().cloned().collect();
        if let Some(&number) = self.several.get(&key) {
            return number;
        }
        let number = self.begin();
        for (at, text) in key.iter().enumerate() {
            self.json.push(if at == 0 { b'[' } else { b',' });
            append_json(text, &mut self.json);
        }
        self.json.push(b']');
        self.several.insert(key, number);
        number
    }
}

/// Appends a text as JSON in which nothing acts.
fn append_json(text: &str, out: &mut Vec<u8>) {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        // Text is always JSON.
        let json = serde_json::to_string(text).unwrap_or_default();
        out.extend_from_slice(safe_json(json.into()).as_bytes());
    }
}

impl BlockWriter {
    /// The size in bytes, nearly.
    pub(super) fn size(&self) -> usize {
        self.lines.len() + self.texts.json.len()
    }

    /// The lines of the block.
    pub(super) fn into_lines(self) -> Vec<u8> {
        [b"{\"texts\":[", &*self.texts.json, b"]}\n", &*self.lines].concat()
    }

    /// Begins an event of this kind.
    pub(super) fn begin(&mut self, kind: &str) {
        self.lines.extend_from_slice(b"[\"");
        self.lines.extend_from_slice(kind.as_bytes());
        self.lines.push(b'"');
    }

    pub(super) fn end(&mut self) {
        self.lines.extend_from_slice(b"]\n");
    }

    fn null(&mut self) {
        self.lines.extend_from_slice(b",null");
    }

    fn number(&mut self, number: u64) {
        if let digit @ 0..10 = number {
            // Most numbers of an event.
            self.lines.extend_from_slice(&[b',', b'0' + digit as u8]);
            return;
        }
        self.lines.push(b',');
        number.append_to(&mut self.lines);
    }

    fn text(&mut self, text: &str) {
        let number = match self.recent.iter().find(|own| own.is_of(text)) {
            Some(recent) => recent.number,
            None => {
                let number = self.texts.single(text);
                let [first, _] = self.recent;
                self.recent = [RecentText::of(text, number), first];
                number
            }
        };
        self.number(number.into());
    }

    /// Texts that belong together and that events share.
    fn shared<T, const N: usize>(&mut self, value: &Arc<T>, texts: fn(&T) -> [&Text; N]) {
        let address = Arc::as_ptr(value).addr();
        let number = match self.texts.by_address.get(&address) {
            Some(&number) => number,
            None => {
                let number = self.texts.several(texts(value));
                self.texts.by_address.insert(address, number);
                number
            }
        };
        self.number(number.into());
    }
}

/// The list of texts of a block, as it is read.
#[derive(Default)]
pub(super) struct Texts(Vec<Entry>);

/// An entry of the list, and what was made of it.
struct Entry {
    texts: Vec<Text>,
    account: Option<Arc<Account>>,
    method: Option<Arc<LogonMethod>>,
    client: Option<Arc<Client>>,
}

/// A text, or a list of texts: nothing else is made of it on the way.
impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Entry, D::Error> {
        struct Texts;

        impl<'de> Visitor<'de> for Texts {
            type Value = Vec<Text>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a text or a list of texts")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<Text>, E> {
                Ok(vec![text.into()])
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Text>, A::Error> {
                let mut texts = Vec::with_capacity(3);
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                Ok(texts)
            }
        }

        let texts = from.deserialize_any(Texts)?;
        Ok(Entry { texts, account: None, method: None, client: None })
    }
}

/// The line with the texts.
#[derive(serde::Deserialize)]
struct TextsLine {
    texts: Vec<Entry>,
}

impl Texts {
    pub(super) fn parse(line: &[u8]) -> Option<Texts> {
        let TextsLine { texts } = serde_json::from_slice(line).ok()?;
        Some(Texts(texts))
    }
}

/// The items of one event, from the first one on that was not read yet.
pub(super) struct EventReader<'a> {
    rest: &'a [u8],
    texts: &'a mut Texts,
}

impl<'a> EventReader<'a> {
    /// The kind of the event on this line, and the items behind it.
    pub(super) fn begin(line: &'a [u8], texts: &'a mut Texts) -> Option<(&'a str, Self)> {
        let content = line.strip_prefix(b"[\"")?.strip_suffix(b"]")?;
        let end = content.iter().position(|byte| *byte == b'"')?;
        let (kind, rest) = content.split_at_checked(end)?;
        let rest = rest.strip_prefix(b"\"")?;
        Some((std::str::from_utf8(kind).ok()?, EventReader { rest, texts }))
    }

    /// Whether everything was read.
    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    fn is_null(&mut self) -> bool {
        let rest = self.rest.strip_prefix(b",null");
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn number(&mut self) -> Option<u64> {
        self.rest = self.rest.strip_prefix(b",")?;
        self.digits()
    }

    fn digits(&mut self) -> Option<u64> {
        let (mut number, mut length) = (0_u64, 0);
        for byte in self.rest {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            number = number.wrapping_mul(10).wrapping_add(digit.into());
            length += 1;
        }
        let (digits, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        match length {
            0 => None,
            // So many digits always fit.
            1..20 => Some(number),
            _ => std::str::from_utf8(digits).ok()?.parse().ok(),
        }
    }

    fn entry(&mut self) -> Option<&mut Entry> {
        let number = usize::try_from(self.number()?).ok()?;
        self.texts.0.get_mut(number)
    }

    fn text(&mut self) -> Option<&Text> {
        match &*self.entry()?.texts {
            [text] => Some(text),
            _ => None,
        }
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {
        $(impl Stored for $number {
            fn write(&self, out: &mut BlockWriter) {
                out.number((*self).into());
            }

            fn read(event: &mut EventReader<'_>) -> Option<Self> {
                event.number()?.try_into().ok()
            }
        })+
    };
}

numbers!(u8, u16, u32, u64);

/// As 0 and 1.
impl Stored for bool {
    fn write(&self, out: &mut BlockWriter) {
        out.number((*self).into());
    }

    fn read(event: &mut EventReader<'_>) -> Option<Self> {
        match event.number()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Stored for i32 {
    fn write(&self, out: &mut BlockWriter) {
        out.lines.extend_from_slice(if *self < 0 { b",-" } else { b"," });
        self.unsigned_abs().append_to(&mut out.lines);
    }

    fn read(event: &mut EventReader<'_>) -> Option<Self> {
        let Some(negative) = event.rest.strip_prefix(b",-") else {
            return event.number()?.try_into().ok();
        };
        event.rest = negative;
        0_i64.checked_sub_unsigned(event.digits()?)?.try_into().ok()
    }
}

/// As a FILETIME.
impl Stored for Timestamp {
    fn write(&self, out: &mut BlockWriter) {
        out.number(self.filetime());
    }

    fn read(event: &mut EventReader<'_>) -> Option<Self> {
        event.number().map(Timestamp::from_filetime)
    }
}

impl Stored for LogonId {
    fn write(&self, out: &mut BlockWriter) {
        out.number(self.0);
    }

    fn read(event: &mut EventReader<'_>) -> Option<Self> {
        event.number().map(LogonId)
    }
}

/// Its name.
impl Stored for Channel {
    fn write(&self, out: &mut BlockWriter) {
        out.text(self.name());
    }

    fn read(event: &mut EventReader<'_>) -> Option<Self> {
        event.text().and_then(|name| Channel::from_name(name))
    }
}

impl Stored for Text {
    fn write(&self, out: &mut BlockWriter) {
        out.text(self);
    }

    fn read(event: &mut EventReader<'_>) -> Option<Self> {
        event.text().cloned()
    }
}

impl Stored for String {
    fn write(&self, out: &mut BlockWriter) {
        out.text(self);
    }

    fn read(event: &mut EventReader<'_>) -> Option<Self> {
        event.text().map(|text| text.to_string())
    }
}

/// No value that is stored begins with `null` itself.
impl<T: Stored> Stored for Option<T> {
    fn write(&self, out: &mut BlockWriter) {
        match self {
            Some(value) => value.write(out),
            None => out.null(),
        }
    }

    fn read(event: &mut EventReader<'_>) -> Option<Self> {
        if event.is_null() { Some(None) } else { T::read(event).map(Some) }
    }

    fn names(own: &str) -> Vec<String> {
        T::names(own)
    }
}

impl<T: Stored> Stored for Box<T> {
    fn write(&self, out: &mut BlockWriter) {
        (**self).write(out);
    }

    fn read(event: &mut EventReader<'_>) -> Option<Self> {
        T::read(event).map(Box::new)
    }

    fn names(own: &str) -> Vec<String> {
        T::names(own)
    }
}

/// Shared texts: one entry of the list holds them all.
macro_rules! shared_texts {
    ($name:ident, $entry:ident: $($field:ident),+) => {
        impl Stored for Arc<$name> {
            fn write(&self, out: &mut BlockWriter) {
                out.shared(self, |value| [$(&value.$field),+]);
            }

            fn read(event: &mut EventReader<'_>) -> Option<Self> {
                let entry = event.entry()?;
                if entry.$entry.is_none()
                    && let [$($field),+] = &*entry.texts
                {
                    let value = $name { $($field: $field.clone()),+ };
                    entry.$entry = Some(Arc::new(value));
                }
                entry.$entry.clone()
            }
        }
    };
}

shared_texts!(Account, account: sid, user, domain);
shared_texts!(LogonMethod, method: logon_process, package, process_name);
shared_texts!(Client, client: ip, workstation);

impl Stored for Account {
    fn write(&self, out: &mut BlockWriter) {
        let number = out.texts.several([&self.sid, &self.user, &self.domain]);
        out.number(number.into());
    }

    fn read(event: &mut EventReader<'_>) -> Option<Self> {
        Arc::<Account>::read(event).map(Arc::unwrap_or_clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_json_that_serde_makes() {
        let texts =
            ["", "a b~", "\"", "\\", "\u{7f}", "\u{1f}", "\n", "é", "山", "\u{202e}", "\u{e0041}"];
        for text in texts.iter().flat_map(|text| [text.to_string(), format!("x{text}x")]) {
            let mut json = Vec::new();
            append_json(&text, &mut json);
            let expected = safe_json(serde_json::to_string(&text).unwrap().into()).into_owned();
            assert_eq!(String::from_utf8(json).unwrap(), expected);
        }
    }
}

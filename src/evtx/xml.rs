//! Reads a record's XML, as Windows and the `evtx` crate write it, in the order of the record.

use super::decode::{NamedValue, Value};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::borrow::Cow;

/// The parts of `System` as text; empty where there is none.
#[derive(Debug, Default, PartialEq)]
pub(super) struct SystemTexts<'x> {
    pub(super) provider: Cow<'x, str>,
    pub(super) event_id: Cow<'x, str>,
    pub(super) version: Cow<'x, str>,
    pub(super) system_time: Cow<'x, str>,
    pub(super) record_id: Cow<'x, str>,
    pub(super) process_id: Cow<'x, str>,
    pub(super) channel: Cow<'x, str>,
    pub(super) computer: Cow<'x, str>,
    pub(super) user_sid: Cow<'x, str>,
}

/// A record's XML, parsed.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ParsedRecord<'x> {
    pub(super) system: SystemTexts<'x>,
    /// Name and value of each leaf of `EventData` or `UserData`; see [`NamedValue`].
    pub(super) data: Vec<(Cow<'x, str>, Cow<'x, str>)>,
}

impl ParsedRecord<'_> {
    /// Its data for decoding.
    pub(super) fn values(&self) -> Vec<NamedValue<'_>> {
        let values = self.data.iter();
        values.map(|(name, value)| NamedValue { name, value: Value::Text(value) }).collect()
    }
}

/// Parses a record. Once `System` is read, `go_on` decides whether the data is read too.
///
/// # Errors
/// When this is no well-formed XML, and why.
pub(super) fn parse<'x>(
    xml: &'x str,
    go_on: impl FnOnce(&SystemTexts<'x>) -> bool,
) -> Result<ParsedRecord<'x>, String> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    let mut go_on = Some(go_on);
    let mut parsed = ParsedRecord::default();
    let mut open: Vec<OpenElement<'x>> = Vec::new();
    loop {
        match reader.read_event().map_err(|error| format!("no well-formed XML: {error}"))? {
            Event::Start(start) => {
                if let Some(parent) = open.last_mut() {
                    parent.is_leaf = false;
                }
                open.push(OpenElement::begin(&start)?);
                if let [_event, system, element] = open.as_slice()
                    && system.tag == "System"
                {
                    attributes(&mut parsed.system, &element.tag, &start)?;
                }
            }
            Event::End(_) => {
                let Some(element) = open.pop() else { continue };
                match open.as_slice() {
                    [_event]
                        if element.tag == "System"
                            && go_on.take().is_some_and(|go_on| !go_on(&parsed.system)) =>
                    {
                        return Ok(parsed);
                    }
                    [_event, system] if system.tag == "System" => {
                        content(&mut parsed.system, element);
                    }
                    [_event, section, ..] if is_data(&section.tag) && element.is_leaf => {
                        parsed.data.push((element.name, element.text));
                    }
                    _ => {}
                }
            }
            Event::Text(text) => add(&mut open, text.into_inner()),
            Event::CData(text) => add(&mut open, text.into_inner()),
            Event::GeneralRef(reference) => add(&mut open, resolve(&reference)?),
            Event::Eof if open.is_empty() => return Ok(parsed),
            Event::Eof => return Err("no well-formed XML: it ends inside an element".into()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Empty(_) => {}
        }
    }
}

/// An element whose end is not yet read.
struct OpenElement<'x> {
    tag: String,
    /// Its name as data: the attribute `Name` of a `Data`, else the tag.
    name: Cow<'x, str>,
    text: Cow<'x, str>,
    is_leaf: bool,
}

impl OpenElement<'_> {
    fn begin(start: &BytesStart<'_>) -> Result<Self, String> {
        let tag = start.local_name().into_inner().to_owned();
        let name =
            if tag == "Data" { attribute(start, "Name")?.unwrap_or_default() } else { tag.clone() };
        Ok(OpenElement { tag, name: Cow::Owned(name), text: Cow::Borrowed(""), is_leaf: true })
    }
}

fn is_data(section: &str) -> bool {
    matches!(section, "EventData" | "UserData")
}

fn add<'x>(open: &mut [OpenElement<'x>], text: Cow<'x, str>) {
    if let Some(element) = open.last_mut() {
        if element.text.is_empty() {
            element.text = text;
        } else {
            element.text.to_mut().push_str(&text);
        }
    }
}

/// `&amp;`, `&#10;` and the like. An entity that nobody defined stays as it is written.
fn resolve<'x>(reference: &BytesRef<'x>) -> Result<Cow<'x, str>, String> {
    let unreadable = |error| format!("no well-formed XML: {error}");
    if let Some(character) = reference.resolve_char_ref().map_err(unreadable)? {
        return Ok(Cow::Owned(character.to_string()));
    }
    let name: &str = reference;
    Ok(match quick_xml::escape::resolve_predefined_entity(name) {
        Some(text) => Cow::Borrowed(text),
        None => Cow::Owned(format!("&{name};")),
    })
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| format!("no well-formed XML: {error}"))?;
        if attribute.key.local_name().into_inner() == name {
            let value = quick_xml::escape::unescape(&attribute.value)
                .map_err(|error| format!("no well-formed XML: {error}"))?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

/// Takes what is in an attribute of an element of `System`.
fn attributes(
    system: &mut SystemTexts<'_>,
    tag: &str,
    start: &BytesStart<'_>,
) -> Result<(), String> {
    let (target, name) = match tag {
        "Provider" => (&mut system.provider, "Name"),
        "TimeCreated" => (&mut system.system_time, "SystemTime"),
        "Execution" => (&mut system.process_id, "ProcessID"),
        "Security" => (&mut system.user_sid, "UserID"),
        _ => return Ok(()),
    };
    if let Some(value) = attribute(start, name)? {
        *target = Cow::Owned(value);
    }
    Ok(())
}

/// Takes the text of an element of `System`.
fn content<'x>(system: &mut SystemTexts<'x>, element: OpenElement<'x>) {
    let target = match element.tag.as_str() {
        "EventID" => &mut system.event_id,
        "Version" => &mut system.version,
        "EventRecordID" => &mut system.record_id,
        "Channel" => &mut system.channel,
        "Computer" => &mut system.computer,
        _ => return,
    };
    *target = element.text;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(body: &str) -> Vec<(String, String)> {
        let xml = format!("<Event><System/>{body}</Event>");
        let parsed = parse(&xml, |_| true).unwrap();
        parsed.data.into_iter().map(|(n, v)| (n.into_owned(), v.into_owned())).collect()
    }

    fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
        wanted.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn system_is_read_from_text_and_attributes() {
        let xml = "<?xml version=\"1.0\"?>\n<Event xmlns='x'><System><Provider Name=\"P &amp; Q\" \
                   Guid=\"{1}\"/><EventID Qualifiers=\"32768\">6008</EventID><Version>2</Version>\
                   <TimeCreated SystemTime=\"2020-08-07T20:00:51.5922710Z\"/><EventRecordID>7\
                   </EventRecordID><Execution ProcessID=\"4\" ThreadID=\"5\"/><Channel>System\
                   </Channel><Computer>A&lt;B</Computer><Security UserID=\"S-1-5-18\"/></System>\
                   <EventData><Data>unread</Data></EventData></Event>";
        let parsed = parse(xml, |system| {
            assert_eq!(system.provider, "P & Q");
            assert_eq!(system.event_id, "6008");
            assert_eq!(system.version, "2");
            assert_eq!(system.system_time, "2020-08-07T20:00:51.5922710Z");
            assert_eq!(system.record_id, "7");
            assert_eq!(system.process_id, "4");
            assert_eq!(system.channel, "System");
            assert_eq!(system.computer, "A<B");
            assert_eq!(system.user_sid, "S-1-5-18");
            false
        });
        assert_eq!(parsed.unwrap().data, []);
    }

    #[test]
    fn data_keeps_order_repeated_names_and_places_without_names() {
        assert_eq!(
            data(
                "<EventData><Data Name='G'>1</Data><Data>a</Data><Data Name='G'>2</Data><Data/>\
                  <Binary>E407</Binary></EventData>"
            ),
            pairs(&[("G", "1"), ("", "a"), ("G", "2"), ("", ""), ("Binary", "E407")])
        );
    }

    #[test]
    fn user_data_is_read_by_its_leaves() {
        assert_eq!(
            data(
                "<UserData><LogFileCleared xmlns='x'><SubjectUserSid>S-1-5-18</SubjectUserSid>\
                  <a:Channel xmlns:a='y'>Security</a:Channel></LogFileCleared></UserData>"
            ),
            pairs(&[("SubjectUserSid", "S-1-5-18"), ("Channel", "Security")])
        );
    }

    #[test]
    fn references_and_white_space_survive() {
        assert_eq!(
            data("<EventData><Data>a&lt;&#x41;&#10;\t&unknown; <![CDATA[<&>]]></Data></EventData>"),
            pairs(&[("", "a<A\n\t&unknown; <&>")])
        );
    }

    #[test]
    fn other_sections_are_not_data() {
        assert_eq!(data("<RenderingInfo><Message>x</Message></RenderingInfo>"), []);
    }

    #[test]
    fn broken_xml_is_refused() {
        for xml in
            ["<Event><System></Event>", "<Event>", "<Event><Data b=></Data></Event>", "<Event>&#0;"]
        {
            assert!(parse(xml, |_| true).is_err(), "{xml}");
        }
    }
}

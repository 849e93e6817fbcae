//! Elements and template instances as BinXML tokens.

use super::shape::{BINXML_TYPE, Content, Element, Instance, SlotValue};
use super::tables::{Tables, name_hash};
use crate::value::{Value, utf16};

const END_OF_FRAGMENT: u8 = 0x00;
const OPEN_ELEMENT: u8 = 0x01;
const CLOSE_START_TAG: u8 = 0x02;
const CLOSE_EMPTY_TAG: u8 = 0x03;
const END_ELEMENT: u8 = 0x04;
const TEXT: u8 = 0x05;
const ATTRIBUTE: u8 = 0x06;
const TEMPLATE_INSTANCE: u8 = 0x0c;
const NORMAL_SUBSTITUTION: u8 = 0x0d;
const OPTIONAL_SUBSTITUTION: u8 = 0x0e;
/// More of the same follows: attributes in a list, or an element that has some.
const MORE: u8 = 0x40;
/// A fragment of version 1.1, without flags.
const FRAGMENT_HEADER: [u8; 4] = [0x0f, 1, 1, 0];
/// The type of literal text.
const STRING_TYPE: u8 = 0x01;

/// Writes tokens. It knows their offset in the chunk.
pub(super) struct Encoder<'a> {
    /// Offset in the chunk of the first byte of `out`.
    base: usize,
    out: Vec<u8>,
    tables: &'a mut Tables,
}

impl<'a> Encoder<'a> {
    pub fn new(base: usize, tables: &'a mut Tables) -> Self {
        Self { base, out: Vec::new(), tables }
    }

    /// A record whose XML is an instance of a template.
    pub fn template_record(mut self, instance: &Instance) -> Vec<u8> {
        self.out.extend(FRAGMENT_HEADER);
        self.instance(instance);
        self.out.push(END_OF_FRAGMENT);
        self.out
    }

    /// A record whose XML is written out.
    pub fn literal_record(mut self, root: &Element) -> Vec<u8> {
        self.out.extend(FRAGMENT_HEADER);
        self.element(root, false);
        self.out.push(END_OF_FRAGMENT);
        self.out
    }

    fn position(&self) -> u32 {
        offset(self.base + self.out.len())
    }

    fn instance(&mut self, instance: &Instance) {
        let guid = instance.root.guid();
        self.out.extend([TEMPLATE_INSTANCE, 1]);
        self.out.extend(&guid.0[..4]);
        match self.tables.template(&guid) {
            Some(known) => self.out.extend(known.to_le_bytes()),
            None => {
                let here = self.position() + 4;
                self.out.extend(here.to_le_bytes());
                let next = self.tables.add_template(&guid, here);
                self.out.extend(next.to_le_bytes());
                self.out.extend(guid.0);
                let size = self.reserve();
                self.out.extend(FRAGMENT_HEADER);
                self.element(&instance.root, true);
                self.out.push(END_OF_FRAGMENT);
                self.fill(size);
            }
        }
        self.values(&instance.values, instance.direct);
    }

    /// The table of sizes and types, then the values themselves.
    fn values(&mut self, values: &[SlotValue], terminated: bool) {
        self.out.extend(offset(values.len()).to_le_bytes());
        let table = self.out.len();
        self.out.resize(table + 4 * values.len(), 0);
        for (index, value) in values.iter().enumerate() {
            let start = self.out.len();
            let value_type = match value {
                SlotValue::Plain(value) => {
                    let bytes = value.bytes(terminated);
                    self.out.extend(bytes);
                    value.stored_type()
                }
                SlotValue::Bare(text) => {
                    self.out.extend(Value::text(text).bytes(false));
                    STRING_TYPE
                }
                SlotValue::Nested(instance) => {
                    if !instance.direct {
                        self.out.extend(FRAGMENT_HEADER);
                    }
                    self.instance(instance);
                    self.out.push(END_OF_FRAGMENT);
                    BINXML_TYPE
                }
            };
            let size = u16::try_from(self.out.len() - start).expect("a value below 64 KiB");
            let entry = table + 4 * index;
            self.out[entry..entry + 2].copy_from_slice(&size.to_le_bytes());
            self.out[entry + 2] = value_type;
        }
    }

    /// An element. Only those of template definitions have a dependency.
    fn element(&mut self, element: &Element, in_template: bool) {
        let more = if element.attributes.is_empty() { 0 } else { MORE };
        self.out.push(OPEN_ELEMENT | more);
        if in_template {
            self.out.extend(element.dependency.to_le_bytes());
        }
        let size = self.reserve();
        self.name(element.name);
        if !element.attributes.is_empty() {
            let list = self.reserve();
            let last = element.attributes.len() - 1;
            for (index, (name, value)) in element.attributes.iter().enumerate() {
                self.out.push(if index < last { ATTRIBUTE | MORE } else { ATTRIBUTE });
                self.name(name);
                self.content(value, in_template);
            }
            self.fill(list);
        }
        match &element.content {
            None => self.out.push(CLOSE_EMPTY_TAG),
            Some(parts) => {
                self.out.push(CLOSE_START_TAG);
                for part in parts {
                    self.content(part, in_template);
                }
                self.out.push(END_ELEMENT);
            }
        }
        self.fill(size);
    }

    fn content(&mut self, content: &Content, in_template: bool) {
        match content {
            Content::Text(text) => {
                let units = u16::try_from(text.encode_utf16().count()).expect("a short text");
                self.out.extend([TEXT, STRING_TYPE]);
                self.out.extend(units.to_le_bytes());
                self.out.extend(utf16(text, false));
            }
            Content::Slot { index, value_type, optional } => {
                self.out.push(if *optional { OPTIONAL_SUBSTITUTION } else { NORMAL_SUBSTITUTION });
                self.out.extend(index.to_le_bytes());
                self.out.push(*value_type);
            }
            Content::Element(element) => self.element(element, in_template),
        }
    }

    /// The offset of a name, and the name itself if the chunk does not hold it yet.
    fn name(&mut self, name: &'static str) {
        if let Some(known) = self.tables.name(name) {
            self.out.extend(known.to_le_bytes());
            return;
        }
        let here = self.position() + 4;
        self.out.extend(here.to_le_bytes());
        let next = self.tables.add_name(name, here);
        self.out.extend(next.to_le_bytes());
        self.out.extend(name_hash(name).to_le_bytes());
        let units = u16::try_from(name.encode_utf16().count()).expect("a short name");
        self.out.extend(units.to_le_bytes());
        self.out.extend(utf16(name, true));
    }

    /// Reserves a 32-bit size, and returns its position.
    fn reserve(&mut self) -> usize {
        self.out.extend([0; 4]);
        self.out.len() - 4
    }

    /// Fills a reserved size with the number of bytes written since.
    fn fill(&mut self, at: usize) {
        let size = offset(self.out.len() - at - 4);
        self.out[at..at + 4].copy_from_slice(&size.to_le_bytes());
    }
}

fn offset(number: usize) -> u32 {
    u32::try_from(number).expect("offsets inside a chunk are small")
}

//! What a template definition says, once it is understood: where each value of its records lies.
//!
//! A definition is BinXML, a stream of tokens, with substitutions where the values of a record
//! go. Of all that the format allows, a plan is made for the shape that Windows writes:
//!
//! ```text
//! <Event><System><Provider Name="…"/><EventID>%3</EventID>…</System>%17</Event>
//! <EventData><Data Name="TargetUserSid">%0</Data>…</EventData>
//! ```
//!
//! Everything else has no plan, and its records are read by the crate.

use super::shape::{self, Shape};
use super::values::{self, STRING};
use crate::evidence::bytes::u16_at;
use crate::evtx::decode::{self, Source};
use std::cell::RefCell;
use std::ops::Range;

/// In place of a slot: the element depends on none.
const NO_DEPENDENCY: u16 = 0xffff;
/// Levels of elements; Windows has five.
const DEEPEST: usize = 16;

/// Where a text or value comes from.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Content {
    /// There is none.
    #[default]
    Nothing,
    /// It is part of the definition.
    Literal(Box<str>),
    /// It is this substitution of the record.
    Slot(u16),
}

/// What System says, by place.
#[derive(Debug, Default)]
pub(super) struct System {
    pub(super) provider: Content,
    pub(super) event_id: Content,
    pub(super) version: Content,
    pub(super) record_id: Content,
    pub(super) time: Content,
    pub(super) process_id: Content,
    pub(super) channel: Content,
    pub(super) computer: Content,
    pub(super) user_sid: Content,
}

/// An element without elements inside of EventData or UserData.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) name: Box<str>,
    pub(super) content: Content,
    /// The element is left out of records in which this substitution is null.
    pub(super) dependency: Option<u16>,
}

/// Where a definition stands in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Position {
    /// It is the record.
    Event,
    /// Its root is a child of Event: EventData, UserData or another section.
    Section,
    /// Its root is a child of EventData or UserData.
    Data,
}

/// How to read the records of one definition.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) system: System,
    pub(super) leaves: Vec<Leaf>,
    /// The substitution that holds a template instance of its own, and where that stands.
    pub(super) payload: Option<(u16, Position)>,
    /// Substitutions that may be arrays of strings: their element is repeated for each item.
    pub(super) repeated: Vec<u16>,
    /// Substitutions without which the data has another shape: elements deeper down depend on
    /// them, and one whose children are all left out would become a leaf.
    pub(super) required: Vec<u16>,
    /// The events of its provider, where the definition names that.
    pub(super) source: Option<Source>,
    /// Every use of a substitution.
    uses: Vec<u16>,
    /// The leaf found for each name that was asked for, in the order of asking.
    asked: RefCell<Vec<(&'static str, Option<usize>)>>,
}

impl Plan {
    /// Understands the definition whose tokens lie at `body`, or not.
    pub(super) fn compile(
        chunk: &[u8],
        body: Range<usize>,
        position: Position,
    ) -> Option<(Plan, Shape)> {
        let Range { start: at, end } = body;
        let shape = Shape::default();
        let mut compiler = Compiler { chunk, at, end, plan: Plan::default(), shape };
        compiler.fragment(position)?;
        let Compiler { mut plan, shape, .. } = compiler;
        let uses = |slot: u16| plan.uses.iter().filter(|&&used| used == slot).count();
        if plan.payload.is_some_and(|(slot, _)| uses(slot) != 1) {
            return None;
        }
        let repeated = plan.repeated.iter().copied().filter(|&slot| uses(slot) == 1).collect();
        plan.repeated = repeated;
        if let Content::Literal(provider) = &plan.system.provider {
            plan.source = Some(Source::named(provider));
        }
        Some((plan, shape))
    }

    /// The index of the first leaf of this name, which is the `turn`th that is asked for. An
    /// event's fields are asked for in the same order each time, so that its place is known.
    pub(super) fn leaf(&self, turn: usize, name: &'static str) -> Option<usize> {
        let mut asked = self.asked.borrow_mut();
        match asked.get(turn) {
            Some(&(known, index)) if std::ptr::eq(known, name) => index,
            _ => {
                let index = self.leaves.iter().position(|leaf| &*leaf.name == name);
                if turn == asked.len() {
                    asked.push((name, index));
                }
                index
            }
        }
    }
}

/// Reads a definition's tokens from `at` on.
struct Compiler<'c> {
    chunk: &'c [u8],
    at: usize,
    end: usize,
    plan: Plan,
    shape: Shape,
}

/// An element's start: its name, attributes, and whether anything can follow inside.
struct Start<'c> {
    name: &'c [u8],
    dependency: Option<u16>,
    attributes: Vec<(&'c [u8], Content)>,
    is_empty: bool,
}

impl Start<'_> {
    fn is(&self, name: &str) -> bool {
        is(self.name, name)
    }

    fn is_section(&self) -> bool {
        self.is("EventData") || self.is("UserData")
    }

    fn attribute(&mut self, name: &str) -> Content {
        let found = self.attributes.iter_mut().find(|(found, _)| is(found, name));
        found.map(|(_, content)| std::mem::take(content)).unwrap_or_default()
    }
}

/// What stands inside of an element.
enum Inside {
    Content(Content),
    /// Elements, which begin here.
    Elements,
}

impl<'c> Compiler<'c> {
    /// Fragment header, one element, end.
    fn fragment(&mut self, position: Position) -> Option<()> {
        if self.take(4)? != [0x0f, 1, 1, 0] {
            return None;
        }
        let start = self.start()?;
        // The root is there whatever it depends on: Windows writes a number past the last value.
        match position {
            Position::Event => self.event(&start)?,
            Position::Section if start.is_section() => self.section(&start)?,
            Position::Section => self.ignored(&start, 0)?,
            Position::Data => self.data(Start { dependency: None, ..start }, 1)?,
        }
        (self.take(1)? == [0]).then_some(())
    }

    fn event(&mut self, event: &Start<'c>) -> Option<()> {
        if event.is_empty || self.peek()? & !0x40 != 1 {
            return None;
        }
        let system = self.start()?;
        if !system.is("System") || system.dependency.is_some() || system.is_empty {
            return None;
        }
        while !self.closes()? {
            let item = self.start()?;
            self.system_item(item)?;
        }
        // At most one section, spelled out or substituted.
        if self.closes()? {
            return Some(());
        }
        if let Some(slot) = self.substitution()? {
            self.plan.payload = Some((slot, Position::Section));
        } else {
            let section = self.start()?;
            if !section.is_section() {
                return None;
            }
            self.section(&section)?;
            // A section may depend on its payload: without, there are no data either way.
            let payload = self.plan.payload.map(|(slot, _)| slot);
            if section.dependency.is_some() && section.dependency != payload {
                return None;
            }
        }
        self.closes()?.then_some(())
    }

    fn system_item(&mut self, mut item: Start<'c>) -> Option<()> {
        let content = match self.inside(&item)? {
            Inside::Content(content) => content,
            Inside::Elements => return None,
        };
        let system = &mut self.plan.system;
        let (target, content) = match () {
            () if item.is("Provider") => (&mut system.provider, item.attribute("Name")),
            () if item.is("TimeCreated") => (&mut system.time, item.attribute("SystemTime")),
            () if item.is("Execution") => (&mut system.process_id, item.attribute("ProcessID")),
            () if item.is("Security") => (&mut system.user_sid, item.attribute("UserID")),
            () if item.is("EventID") => (&mut system.event_id, content),
            () if item.is("Version") => (&mut system.version, content),
            () if item.is("EventRecordID") => (&mut system.record_id, content),
            () if item.is("Channel") => (&mut system.channel, content),
            () if item.is("Computer") => (&mut system.computer, content),
            () => return Some(()),
        };
        // An element that is left out where its own value is null says the same as an empty one.
        let depends_on_another = item.dependency.is_some_and(|slot| content != Content::Slot(slot));
        if *target != Content::Nothing || depends_on_another {
            return None;
        }
        *target = content;
        Some(())
    }

    /// EventData or UserData.
    fn section(&mut self, section: &Start<'c>) -> Option<()> {
        match self.inside(section)? {
            Inside::Content(Content::Slot(slot)) => {
                self.plan.payload = Some((slot, Position::Data));
            }
            Inside::Content(Content::Nothing) => {}
            Inside::Content(Content::Literal(_)) => return None,
            Inside::Elements => {
                while !self.closes()? {
                    let element = self.start()?;
                    self.data(element, 0)?;
                }
            }
        }
        Some(())
    }

    /// An element of EventData or UserData: a leaf, or elements down to leaves.
    fn data(&mut self, mut start: Start<'c>, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match self.inside(&start)? {
            Inside::Content(content) => {
                let is_data = start.is("Data");
                if let (true, Content::Slot(slot), []) = (is_data, &content, &*start.attributes) {
                    self.plan.repeated.push(*slot);
                }
                let name = match is_data.then(|| start.attribute("Name")) {
                    None => text(start.name)?,
                    Some(Content::Nothing) => "".into(),
                    Some(Content::Literal(name)) => name,
                    Some(Content::Slot(_)) => return None,
                };
                let dependency = start.dependency.filter(|_| depth == 0);
                self.plan.required.extend(start.dependency.filter(|_| depth > 0));
                self.plan.leaves.push(Leaf { name, content, dependency });
            }
            Inside::Elements => {
                self.plan.required.extend(start.dependency);
                while !self.closes()? {
                    let element = self.start()?;
                    self.data(element, depth + 1)?;
                }
            }
        }
        Some(())
    }

    /// An element of a section that means nothing to us.
    fn ignored(&mut self, start: &Start<'c>, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        if let Inside::Elements = self.inside(start)? {
            while !self.closes()? {
                let element = self.start()?;
                self.ignored(&element, depth + 1)?;
            }
        }
        Some(())
    }

    /// What stands inside of an element: read to its end, unless it is elements.
    fn inside(&mut self, start: &Start<'c>) -> Option<Inside> {
        if start.is_empty || self.closes()? {
            return Some(Inside::Content(Content::Nothing));
        }
        if self.peek()? & !0x40 == 1 {
            return Some(Inside::Elements);
        }
        let content = self.content()?;
        self.closes()?.then_some(Inside::Content(content))
    }

    /// Open-start-element token up to the token that ends the start.
    fn start(&mut self) -> Option<Start<'c>> {
        let token = *self.take(1)?.first()?;
        if token & !0x40 != 1 {
            return None;
        }
        let dependency = Some(self.u16()?).filter(|&slot| slot != NO_DEPENDENCY);
        self.size()?;
        let name = self.name(is_plain)?;
        let mut attributes: Vec<(&[u8], Content)> = Vec::new();
        if token & 0x40 != 0 {
            self.size()?;
        }
        let is_empty = loop {
            match *self.take(1)?.first()? {
                0x06 | 0x46 => {
                    let name = self.name(is_plain_attribute)?;
                    let content = self.content()?;
                    if attributes.iter().any(|(other, _)| *other == name) {
                        return None;
                    }
                    attributes.push((name, content));
                }
                0x02 => break false,
                0x03 => break true,
                _ => return None,
            }
        };
        Some(Start { name, dependency, attributes, is_empty })
    }

    /// One literal text or one substitution.
    fn content(&mut self) -> Option<Content> {
        if let Some(slot) = self.substitution()? {
            return Some(Content::Slot(slot));
        }
        let [0x05 | 0x45, STRING] = *self.take(2)? else { return None };
        let units = usize::from(self.u16()?);
        let mut text = String::new();
        decode::utf16(self.take(2 * units)?, &mut text).ok()?;
        // An attribute without text is left out.
        Some(if text.is_empty() { Content::Nothing } else { Content::Literal(text.into()) })
    }

    /// A substitution, if one stands here.
    fn substitution(&mut self) -> Option<Option<u16>> {
        if !matches!(self.peek()?, 0x0d | 0x0e) {
            return Some(None);
        }
        let _token = self.take(1)?;
        let slot = self.u16()?;
        let kind = *self.take(1)?.first()?;
        if !values::is_type(kind) {
            return None;
        }
        self.plan.uses.push(slot);
        Some(Some(slot))
    }

    /// Takes the token that closes an element, if it stands here.
    fn closes(&mut self) -> Option<bool> {
        let closes = self.peek()? == 0x04;
        self.take(usize::from(closes))?;
        Some(closes)
    }

    /// A name: its offset in the chunk, and the name itself where it is used first. There it is
    /// a link to the next name, a hash, the number of characters, those, and a NUL.
    fn name(&mut self, is_plain: fn(&[u8]) -> bool) -> Option<&'c [u8]> {
        let (name, behind) = shape::name(self.chunk, self.at)?;
        self.at = behind;
        self.shape.name(name);
        (behind <= self.end && is_plain(name)).then_some(name)
    }

    /// The size of an element or of its attributes, which its tokens tell as well.
    fn size(&mut self) -> Option<()> {
        self.at = self.at.checked_add(4).filter(|&at| at <= self.end)?;
        self.shape.size();
        Some(())
    }

    fn peek(&self) -> Option<u8> {
        self.chunk.get(self.at).copied().filter(|_| self.at < self.end)
    }

    fn u16(&mut self) -> Option<u16> {
        u16_at(self.take(2)?, 0)
    }

    fn take(&mut self, length: usize) -> Option<&'c [u8]> {
        let from = self.at;
        let to = from.checked_add(length).filter(|&to| to <= self.end)?;
        self.at = to;
        let taken = self.chunk.get(from..to)?;
        self.shape.fixed(taken);
        Some(taken)
    }
}

/// Letters, digits and a few signs: no prefix, nothing that XML could read otherwise.
fn is_plain(name: &[u8]) -> bool {
    let plain = |unit: &[u8; 2]| {
        matches!(unit, [b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.', 0])
    };
    !name.is_empty() && name.as_chunks::<2>().0.iter().all(plain)
}

/// The service declares a prefix that it then does not use: `xmlns:auto-ns3`.
fn is_plain_attribute(name: &[u8]) -> bool {
    const PREFIX: &str = "xmlns:auto-";
    match name.split_at_checked(2 * PREFIX.len()) {
        Some((prefix, rest)) if is(prefix, PREFIX) => is_plain(rest),
        _ => is_plain(name),
    }
}

fn is(name: &[u8], text: &str) -> bool {
    name.len() == 2 * text.len()
        && name.as_chunks::<2>().0.iter().zip(text.bytes()).all(|(unit, byte)| unit == &[byte, 0])
}

fn text(name: &[u8]) -> Option<Box<str>> {
    let bytes = name.as_chunks::<2>().0.iter().map(|unit| unit[0]).collect();
    Some(String::from_utf8(bytes).ok()?.into())
}

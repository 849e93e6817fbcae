//! Compiles a template definition: its tokens become a [`Plan`] and a [`Shape`].

use super::plan::{Leaf, Plan, Position, ValueOrigin};
use super::shape::{self, Shape};
use super::values;
use crate::evidence::bytes::u16_at;
use crate::evtx::decode::{self, EventSource};
use crate::evtx::format::{FRAGMENT_HEADER, NO_DEPENDENCY, token, value_type};
use std::ops::Range;

/// Levels of elements; Windows has five.
const DEEPEST: usize = 16;

impl Plan {
    /// Compiles the definition whose tokens lie at `body`; `None`: it is not of a known form.
    pub(super) fn compile(
        chunk: &[u8],
        body: Range<usize>,
        position: Position,
    ) -> Option<(Plan, Shape)> {
        let Range { start: at, end } = body;
        let (plan, shape) = (Plan::default(), Shape::default());
        let mut compiler = Compiler { chunk, at, end, plan, shape, uses: Vec::new() };
        compiler.fragment(position)?;
        let Compiler { mut plan, shape, uses, .. } = compiler;
        let is_used_once = |number: u16| uses.iter().filter(|&&used| used == number).count() == 1;
        if plan.inner_instance.is_some_and(|(number, _)| !is_used_once(number)) {
            return None;
        }
        plan.repeated.retain(|&number| is_used_once(number));
        if let ValueOrigin::Literal(provider) = &plan.system.provider {
            plan.source = Some(EventSource::named(provider));
        }
        Some((plan, shape))
    }
}

/// Reads a definition's tokens from `at` on.
struct Compiler<'c> {
    chunk: &'c [u8],
    at: usize,
    end: usize,
    plan: Plan,
    shape: Shape,
    /// The number of every substitution, as often as it is used.
    uses: Vec<u16>,
}

/// An element's start: its name, attributes, and whether anything can follow inside.
struct ElementStart<'c> {
    name: &'c [u8],
    dependency: Option<u16>,
    attributes: Vec<(&'c [u8], ValueOrigin)>,
    is_empty: bool,
}

impl ElementStart<'_> {
    fn is(&self, name: &str) -> bool {
        is(self.name, name)
    }

    fn is_section(&self) -> bool {
        self.is("EventData") || self.is("UserData")
    }

    fn attribute(&mut self, name: &str) -> ValueOrigin {
        let found = self.attributes.iter_mut().find(|(found, _)| is(found, name));
        found.map(|(_, content)| std::mem::take(content)).unwrap_or_default()
    }
}

/// What is inside of an element.
enum ElementBody {
    Content(ValueOrigin),
    /// Elements, which begin here.
    Elements,
}

impl<'c> Compiler<'c> {
    /// Fragment header, one element, end.
    fn fragment(&mut self, position: Position) -> Option<()> {
        if self.take(FRAGMENT_HEADER.len())? != FRAGMENT_HEADER {
            return None;
        }
        let start = self.start()?;
        // The root is there whatever it depends on: Windows writes a number past the last value.
        match position {
            Position::Event => self.event(&start)?,
            Position::Section if start.is_section() => self.section(&start)?,
            Position::Section => self.ignored(&start, 0)?,
            Position::Data => self.data(ElementStart { dependency: None, ..start }, 1)?,
        }
        (self.take(1)? == [token::END]).then_some(())
    }

    fn event(&mut self, event: &ElementStart<'c>) -> Option<()> {
        if event.is_empty || self.peek()? & !token::MORE != token::OPEN_ELEMENT {
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
        if let Some(number) = self.substitution()? {
            self.plan.inner_instance = Some((number, Position::Section));
        } else {
            let section = self.start()?;
            if !section.is_section() {
                return None;
            }
            self.section(&section)?;
            // A section may depend on its inner instance: without that, there is no data either
            // way.
            let instance = self.plan.inner_instance.map(|(number, _)| number);
            if section.dependency.is_some() && section.dependency != instance {
                return None;
            }
        }
        self.closes()?.then_some(())
    }

    fn system_item(&mut self, mut item: ElementStart<'c>) -> Option<()> {
        let content = match self.inside(&item)? {
            ElementBody::Content(content) => content,
            ElementBody::Elements => return None,
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
        let depends_on_another =
            item.dependency.is_some_and(|number| content != ValueOrigin::Substitution(number));
        if *target != ValueOrigin::Nothing || depends_on_another {
            return None;
        }
        *target = content;
        Some(())
    }

    /// EventData or UserData.
    fn section(&mut self, section: &ElementStart<'c>) -> Option<()> {
        match self.inside(section)? {
            ElementBody::Content(ValueOrigin::Substitution(number)) => {
                self.plan.inner_instance = Some((number, Position::Data));
            }
            ElementBody::Content(ValueOrigin::Nothing) => {}
            ElementBody::Content(ValueOrigin::Literal(_)) => return None,
            ElementBody::Elements => {
                while !self.closes()? {
                    let element = self.start()?;
                    self.data(element, 0)?;
                }
            }
        }
        Some(())
    }

    /// An element of EventData or UserData: a leaf, or elements down to leaves.
    fn data(&mut self, mut start: ElementStart<'c>, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match self.inside(&start)? {
            ElementBody::Content(content) => {
                let is_data = start.is("Data");
                let may_repeat = is_data && start.attributes.is_empty();
                if let (true, ValueOrigin::Substitution(number)) = (may_repeat, &content) {
                    self.plan.repeated.push(*number);
                }
                let name = match is_data.then(|| start.attribute("Name")) {
                    None => text(start.name)?,
                    Some(ValueOrigin::Nothing) => "".into(),
                    Some(ValueOrigin::Literal(name)) => name,
                    Some(ValueOrigin::Substitution(_)) => return None,
                };
                let dependency = start.dependency.filter(|_| depth == 0);
                self.plan.required.extend(start.dependency.filter(|_| depth > 0));
                self.plan.leaves.push(Leaf { name, content, dependency });
            }
            ElementBody::Elements => {
                self.plan.required.extend(start.dependency);
                while !self.closes()? {
                    let element = self.start()?;
                    self.data(element, depth + 1)?;
                }
            }
        }
        Some(())
    }

    /// An element of a section that is not read.
    fn ignored(&mut self, start: &ElementStart<'c>, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        if let ElementBody::Elements = self.inside(start)? {
            while !self.closes()? {
                let element = self.start()?;
                self.ignored(&element, depth + 1)?;
            }
        }
        Some(())
    }

    /// What is inside of an element: read to its end, unless it is elements.
    fn inside(&mut self, start: &ElementStart<'c>) -> Option<ElementBody> {
        if start.is_empty || self.closes()? {
            return Some(ElementBody::Content(ValueOrigin::Nothing));
        }
        if self.peek()? & !token::MORE == token::OPEN_ELEMENT {
            return Some(ElementBody::Elements);
        }
        let content = self.content()?;
        self.closes()?.then_some(ElementBody::Content(content))
    }

    /// From the token that opens an element to the token that ends its start.
    fn start(&mut self) -> Option<ElementStart<'c>> {
        let open = *self.take(1)?.first()?;
        if open & !token::MORE != token::OPEN_ELEMENT {
            return None;
        }
        let dependency = Some(self.u16()?).filter(|&number| number != NO_DEPENDENCY);
        self.size()?;
        let name = self.name(is_plain)?;
        let mut attributes: Vec<(&[u8], ValueOrigin)> = Vec::new();
        if open & token::MORE != 0 {
            self.size()?;
        }
        let is_empty = loop {
            match *self.take(1)?.first()? {
                attribute if attribute & !token::MORE == token::ATTRIBUTE => {
                    let name = self.name(is_plain_attribute)?;
                    let content = self.content()?;
                    if attributes.iter().any(|(other, _)| *other == name) {
                        return None;
                    }
                    attributes.push((name, content));
                }
                token::CLOSE_START => break false,
                token::CLOSE_EMPTY => break true,
                _ => return None,
            }
        };
        Some(ElementStart { name, dependency, attributes, is_empty })
    }

    /// One literal text or one substitution.
    fn content(&mut self) -> Option<ValueOrigin> {
        if let Some(number) = self.substitution()? {
            return Some(ValueOrigin::Substitution(number));
        }
        let [value, kind] = *self.take(2)? else { return None };
        if value & !token::MORE != token::VALUE || kind != value_type::STRING {
            return None;
        }
        let units = usize::from(self.u16()?);
        let mut text = String::new();
        decode::utf16(self.take(2 * units)?, &mut text).ok()?;
        // An attribute without text is left out.
        Some(if text.is_empty() { ValueOrigin::Nothing } else { ValueOrigin::Literal(text.into()) })
    }

    /// A substitution, if one is here.
    fn substitution(&mut self) -> Option<Option<u16>> {
        if !matches!(self.peek()?, token::SUBSTITUTION | token::OPTIONAL_SUBSTITUTION) {
            return Some(None);
        }
        let _token = self.take(1)?;
        let number = self.u16()?;
        let kind = *self.take(1)?.first()?;
        if !values::is_type(kind) {
            return None;
        }
        self.uses.push(number);
        if !self.plan.declared.contains(&(number, kind)) {
            self.plan.declared.push((number, kind));
        }
        Some(Some(number))
    }

    /// Takes the token that closes an element, if it is here.
    fn closes(&mut self) -> Option<bool> {
        let closes = self.peek()? == token::END_ELEMENT;
        self.take(usize::from(closes))?;
        Some(closes)
    }

    /// A name: its offset in the chunk, and the name itself where the chunk uses it first.
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

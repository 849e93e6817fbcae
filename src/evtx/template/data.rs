//! The data of one record: the values of its substitutions, under the names of its definition.

use super::plan::{Content, Leaf, Plan};
use super::values::{Item, STRING, STRINGS, Values};
use crate::evtx::decode::{Data, Value};
use std::cell::Cell;

/// See the module.
pub(super) struct Slots<'r> {
    plan: &'r Plan,
    values: &'r Values,
    chunk: &'r [u8],
    /// How many names were asked for.
    asked: Cell<usize>,
}

impl<'r> Slots<'r> {
    /// `None`: they are not what the plan says, or XML writes one in a way of its own.
    pub(super) fn new(plan: &'r Plan, values: &'r Values, chunk: &'r [u8]) -> Option<Slots<'r>> {
        let is_null = |&slot: &u16| values.get(chunk, slot).is_some_and(|item| item.is_null());
        if plan.required.iter().any(is_null) || values.any_is_odd(chunk) {
            return None;
        }
        Some(Slots { plan, values, chunk, asked: Cell::new(0) })
    }

    /// The value of a leaf; `None`: the record leaves it out.
    fn value(&self, leaf: &'r Leaf) -> Option<Value<'r>> {
        let depends_on = leaf.dependency.and_then(|slot| self.values.get(self.chunk, slot));
        if depends_on.is_some_and(|item| item.is_null()) {
            return None;
        }
        Some(match &leaf.content {
            Content::Nothing => Value::Text(""),
            Content::Literal(text) => Value::Text(text),
            Content::Slot(slot) => {
                let item = self.values.get(self.chunk, *slot);
                item.and_then(Item::value).unwrap_or(Value::Text(""))
            }
        })
    }

    /// Every value in order, with its name: one for each leaf, or one for each item of an array.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'r str, Value<'r>)> {
        self.plan.leaves.iter().flat_map(|leaf| {
            let array = match &leaf.content {
                Content::Slot(slot) => self.values.get(self.chunk, *slot),
                _ => None,
            };
            let array = array.filter(|item| item.kind == STRINGS).map(|item| item.bytes);
            let value = self.value(leaf);
            let items = value.and(array).into_iter().flat_map(super::values::strings);
            let items = items.map(|bytes| Item { kind: STRING, bytes }.value());
            let one = array.is_none().then_some(value);
            items.chain(one).flatten().map(|value| (&*leaf.name, value))
        })
    }
}

impl<'r> Data<'r> for Slots<'r> {
    fn named(&self, name: &'static str) -> Option<Value<'r>> {
        let turn = self.asked.replace(self.asked.get() + 1);
        let leaves = self.plan.leaves.get(self.plan.leaf(turn, name)?..)?;
        let (first, behind) = leaves.split_first()?;
        // Behind one that is left out there may be another of this name.
        let other = || behind.iter().filter(|leaf| &*leaf.name == name);
        self.value(first).or_else(|| other().find_map(|leaf| self.value(leaf)))
    }

    fn unnamed(&self, index: usize) -> Option<Value<'r>> {
        self.all().filter(|(name, _)| name.is_empty()).nth(index).map(|(_, value)| value)
    }
}

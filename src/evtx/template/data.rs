//! The data of one record: the values of its substitutions, under the names of its definition.

use super::plan::{Leaf, Plan, ValueOrigin};
use super::values::{RawValue, ValueTable};
use crate::evtx::decode::{RecordData, Value};
use crate::evtx::format::value_type;
use std::cell::Cell;

/// See the module.
pub(super) struct TemplateData<'r> {
    plan: &'r Plan,
    values: &'r ValueTable,
    chunk: &'r [u8],
    /// How many names were asked for.
    asked: Cell<usize>,
}

impl<'r> TemplateData<'r> {
    /// `None`: they are not what the plan says, or XML writes one in a way of its own.
    pub(super) fn new(
        plan: &'r Plan,
        values: &'r ValueTable,
        chunk: &'r [u8],
    ) -> Option<TemplateData<'r>> {
        let is_null =
            |&number: &u16| values.get(chunk, number).is_some_and(|value| value.is_null());
        if plan.required.iter().any(is_null) || values.any_differs_in_xml(chunk) {
            return None;
        }
        Some(TemplateData { plan, values, chunk, asked: Cell::new(0) })
    }

    /// The value of a leaf; `None`: the record leaves it out.
    fn value(&self, leaf: &'r Leaf) -> Option<Value<'r>> {
        let depends_on = leaf.dependency.and_then(|number| self.values.get(self.chunk, number));
        if depends_on.is_some_and(|value| value.is_null()) {
            return None;
        }
        Some(match &leaf.content {
            ValueOrigin::Nothing => Value::Text(""),
            ValueOrigin::Literal(text) => Value::Text(text),
            ValueOrigin::Substitution(number) => {
                let value = self.values.get(self.chunk, *number);
                value.and_then(RawValue::typed).unwrap_or(Value::Text(""))
            }
        })
    }

    /// Every value in order, with its name: one for each leaf, or one for each string of an array.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'r str, Value<'r>)> {
        self.plan.leaves.iter().flat_map(|leaf| {
            let array = match &leaf.content {
                ValueOrigin::Substitution(number) => self.values.get(self.chunk, *number),
                _ => None,
            };
            let array = array.filter(|value| value.kind == value_type::STRING_ARRAY);
            let value = self.value(leaf);
            let bytes = array.map(|array| array.bytes);
            let strings = value.and(bytes).into_iter().flat_map(super::values::strings);
            let strings = strings.map(|bytes| RawValue { kind: value_type::STRING, bytes }.typed());
            let one = array.is_none().then_some(value);
            strings.chain(one).flatten().map(|value| (&*leaf.name, value))
        })
    }
}

impl<'r> RecordData<'r> for TemplateData<'r> {
    fn named(&self, name: &'static str) -> Option<Value<'r>> {
        let turn = self.asked.replace(self.asked.get() + 1);
        let leaves = self.plan.leaves.get(self.plan.leaf(turn, name)?..)?;
        let (first, behind) = leaves.split_first()?;
        // Behind a leaf that is left out there may be another of this name.
        let other = || behind.iter().filter(|leaf| &*leaf.name == name);
        self.value(first).or_else(|| other().find_map(|leaf| self.value(leaf)))
    }

    fn unnamed(&self, index: usize) -> Option<Value<'r>> {
        self.all().filter(|(name, _)| name.is_empty()).nth(index).map(|(_, value)| value)
    }
}

//! The values of a template instance: a table of sizes and types, and the values behind it.

use crate::evidence::bytes::{u16_at, u32_at, u64_at};
use crate::evtx::decode::{Value, YEAR_10000};
use crate::evtx::format::{
    DEFINITION_GUID, DEFINITION_HEADER, DEFINITION_SIZE, FRAGMENT_HEADER, INSTANCE_DEFINITION,
    INSTANCE_HEADER, INSTANCE_ID, token,
    value_type::{
        ANSI_STRING, ARRAY, BINARY, BINXML, BOOL, DOUBLE, FILETIME, FLOAT, GUID, HEX_INT32,
        HEX_INT64, INT8, INT16, INT32, INT64, NULL, SID, SIZE_T, STRING, STRING_ARRAY, SYSTEMTIME,
        UINT8, UINT16, UINT32, UINT64,
    },
};
use std::ops::Range;

/// Values of one instance; no record of Windows has as many.
const MOST_VALUES: usize = 1024;

/// What the size of a value must be, by its type. A table of them is looked into for every value of every record: with
/// eight bytes each, the place of a rule needs no multiplication.
#[derive(Clone, Copy)]
#[repr(align(8))]
pub(super) struct SizeRule {
    /// Bits of the size in which it must not differ from `size`.
    checked: u16,
    size: u16,
    /// The type is read here, and nothing but the size has to be checked.
    is_complete: bool,
}

impl SizeRule {
    const ANY: SizeRule = SizeRule { checked: 0, size: 0, is_complete: true };
    /// UTF-16.
    const EVEN: SizeRule = SizeRule { checked: 1, size: 0, is_complete: true };
    /// [`fits`] decides.
    const BY_VALUE: SizeRule = SizeRule { checked: 0, size: 0, is_complete: false };

    const fn exactly(size: u16) -> SizeRule {
        SizeRule { checked: u16::MAX, size, is_complete: true }
    }

    pub(super) const fn of(kind: u8) -> SizeRule {
        match kind {
            NULL | BINARY => SizeRule::ANY,
            STRING => SizeRule::EVEN,
            INT8 | UINT8 => SizeRule::exactly(1),
            INT16 | UINT16 => SizeRule::exactly(2),
            INT32 | UINT32 | FLOAT | BOOL | HEX_INT32 => SizeRule::exactly(4),
            INT64 | UINT64 | DOUBLE | FILETIME | HEX_INT64 => SizeRule::exactly(8),
            GUID | SYSTEMTIME => SizeRule::exactly(16),
            _ => SizeRule::BY_VALUE,
        }
    }

    /// May a value have this size, as far as its type alone tells?
    pub(super) const fn allows(self, size: usize) -> bool {
        (size ^ self.size as usize) & self.checked as usize == 0
    }

    /// May an array of such values have this size?
    pub(super) const fn allows_array(self, size: usize) -> bool {
        self.size == 0 || size.is_multiple_of(self.size as usize)
    }
}

/// By type.
static SIZE_RULES: [SizeRule; 256] = {
    let mut rules = [SizeRule::BY_VALUE; 256];
    let mut kind = 0;
    while kind < 256 {
        // An index out of range would not compile.
        #[expect(clippy::indexing_slicing)]
        {
            rules[kind] = SizeRule::of(kind as u8);
        }
        kind += 1;
    }
    rules
};

/// One value as it is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RawValue<'c> {
    /// Its type.
    pub(super) kind: u8,
    pub(super) bytes: &'c [u8],
}

impl<'c> RawValue<'c> {
    /// Nothing was given. A fragment without bytes counts as such.
    pub(super) fn is_null(&self) -> bool {
        self.kind == NULL || self.kind == BINXML && self.bytes.is_empty()
    }

    /// A number without sign; `None` for other types.
    pub(super) fn unsigned(self) -> Option<u64> {
        match (self.kind, self.bytes.len()) {
            (UINT8, _) => self.bytes.first().map(|&byte| byte.into()),
            (UINT16, _) => u16_at(self.bytes, 0).map(u64::from),
            (UINT32 | HEX_INT32, _) | (SIZE_T, 4) => u32_at(self.bytes, 0).map(u64::from),
            (UINT64 | HEX_INT64 | SIZE_T, _) => u64_at(self.bytes, 0),
            _ => None,
        }
    }

    /// `None`: it is nothing, or XML writes it in another way than its type tells.
    pub(super) fn typed(self) -> Option<Value<'c>> {
        let bytes = self.bytes;
        Some(match self.kind {
            STRING => Value::Utf16(bytes),
            ANSI_STRING => Value::Ansi(bytes),
            INT8 => Value::Signed(i8::from_le_bytes(bytes.try_into().ok()?).into()),
            UINT8 | UINT16 | UINT32 | UINT64 => Value::Unsigned(self.unsigned()?),
            INT16 => Value::Signed(i16::from_le_bytes(bytes.try_into().ok()?).into()),
            INT32 => Value::Signed(i32::from_le_bytes(bytes.try_into().ok()?).into()),
            INT64 => Value::Signed(i64::from_le_bytes(bytes.try_into().ok()?)),
            BOOL => Value::Bool(i32::from_le_bytes(bytes.try_into().ok()?)),
            BINARY => Value::Binary(bytes),
            GUID => Value::Guid(bytes.try_into().ok()?),
            SIZE_T | HEX_INT32 | HEX_INT64 => Value::Hex(self.unsigned()?),
            FILETIME => Value::FileTime(u64_at(bytes, 0).filter(|&ticks| ticks < YEAR_10000)?),
            SYSTEMTIME => {
                let fields: [[u8; 2]; 8] = bytes.as_chunks().0.try_into().ok()?;
                let fields = fields.map(u16::from_le_bytes);
                Value::SystemTime(Some(fields).filter(|fields| fields[0] < 10_000)?)
            }
            SID => Value::Sid(bytes),
            _ => return None,
        })
    }
}

/// The values of one template instance, each by its place in the chunk.
#[derive(Debug, Default)]
pub(super) struct ValueTable {
    /// By number: type, offset in the chunk, size.
    entries: Vec<(u8, u32, u16)>,
    /// Numbers of the values whose types need more than a check of their size.
    special: Vec<u16>,
    /// Where in the chunk the values end.
    end: usize,
    /// The identifier of the definition.
    id: u32,
    /// A definition that is in an instance may have been moved with it, so that the offset leads
    /// elsewhere.
    pub(super) may_be_moved: bool,
}

/// A template instance.
pub(super) struct Instance {
    /// The identifier of its definition.
    pub(super) id: u32,
    /// The offset of its definition.
    pub(super) definition: usize,
    /// Where its table of sizes and types lies: for each value two bytes of size, one of type, and one
    /// that is not used.
    pub(super) table: Range<usize>,
}

impl Instance {
    /// Reads `[fragment header] template instance` from `at` on.
    pub(super) fn locate(within: &[u8], mut at: usize, may_be_moved: bool) -> Option<Instance> {
        if within.get(at) == Some(&token::FRAGMENT) {
            if within.get(at..at + FRAGMENT_HEADER.len())? != FRAGMENT_HEADER {
                return None;
            }
            at += FRAGMENT_HEADER.len();
        }
        if within.get(at) != Some(&token::TEMPLATE_INSTANCE) {
            return None;
        }
        let id = u32_at(within, at + INSTANCE_ID)?;
        let definition = u32_at(within, at + INSTANCE_DEFINITION)? as usize;
        at += INSTANCE_HEADER;
        let is_moved = || may_be_moved && u32_at(within, at + DEFINITION_GUID) == Some(id);
        if definition == at || is_moved() {
            let size = u32_at(within, at + DEFINITION_SIZE)? as usize;
            at = at.checked_add(DEFINITION_HEADER)?.checked_add(size)?;
        }
        let size = (u32_at(within, at)? as usize).checked_mul(4)?;
        let table = Range { start: at + 4, end: (at + 4).checked_add(size)? };
        (table.end <= within.len()).then_some(Instance { id, definition, table })
    }
}

impl ValueTable {
    /// The identifier of the definition of the values that were read.
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The type of a value.
    pub(super) fn kind(&self, number: u16) -> Option<u8> {
        self.entries.get(usize::from(number)).map(|&(kind, ..)| kind)
    }

    /// Where in the chunk the values that were read end.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// Reads `[fragment header] template instance [end]` in `stream`, checks that every value lies
    /// within and is as large as its type says, and gives the definition's offset.
    pub(super) fn read(&mut self, chunk: &[u8], stream: Range<usize>) -> Option<usize> {
        self.entries.clear();
        self.special.clear();
        let within = chunk.get(..stream.end)?;
        let Instance { id, definition, table } =
            Instance::locate(within, stream.start, self.may_be_moved)?;
        self.id = id;
        let mut at = table.end;
        let count = Some(table.len() / 4).filter(|&count| count <= MOST_VALUES)?;
        let table = within.get(table)?;
        let mut wrong = 0;
        self.entries.resize(count, (NULL, 0, 0));
        let entries = self.entries.iter_mut().zip(table.as_chunks::<4>().0);
        for (number, (entry, &[low, high, kind, _])) in (0..).zip(entries) {
            let size = u16::from_le_bytes([low, high]);
            let rule = SIZE_RULES.get(usize::from(kind)).copied().unwrap_or(SizeRule::BY_VALUE);
            wrong |= (size ^ rule.size) & rule.checked;
            *entry = (kind, at as u32, size);
            at += usize::from(size);
            if !rule.is_complete {
                self.special.push(number);
            }
        }
        let special_fit =
            || self.special.iter().all(|&number| self.get(within, number).is_some_and(fits));
        if wrong != 0 || !special_fit() {
            return None;
        }
        self.end = at;
        // Nothing more, or the end token.
        (at == within.len() || within.get(at) == Some(&token::END)).then_some(definition)
    }

    /// The value of a substitution, if the record has one.
    pub(super) fn get<'c>(&self, chunk: &'c [u8], number: u16) -> Option<RawValue<'c>> {
        let &(kind, from, size) = self.entries.get(usize::from(number))?;
        let bytes = chunk.get(from as usize..from as usize + usize::from(size))?;
        Some(RawValue { kind, bytes })
    }

    /// Where in the chunk a value lies.
    pub(super) fn range(&self, number: u16) -> Option<Range<usize>> {
        let &(_, from, size) = self.entries.get(usize::from(number))?;
        Some(from as usize..from as usize + usize::from(size))
    }

    /// Is the `inner_instance` the only fragment, and does every array stand where one may?
    pub(super) fn fragments_and_arrays_fit(
        &self,
        inner_instance: Option<u16>,
        repeated: &[u16],
    ) -> bool {
        self.special.iter().all(|&number| match self.entries.get(usize::from(number)) {
            Some((STRING_ARRAY, ..)) => repeated.contains(&number),
            Some((BINXML, _, 1..)) => inner_instance == Some(number),
            _ => true,
        })
    }

    /// Does XML write any value in another way than its type tells: a number with a fraction, a
    /// time past the year 9999?
    pub(super) fn any_differs_in_xml(&self, chunk: &[u8]) -> bool {
        (0..).zip(&self.entries).any(|(number, (kind, ..))| {
            matches!(*kind, FLOAT | DOUBLE | FILETIME | SYSTEMTIME)
                && self.get(chunk, number).and_then(RawValue::typed).is_none()
        })
    }
}

/// Is this a type that a substitution can be declared to have? That of its values may be another.
pub(super) fn is_type(kind: u8) -> bool {
    const LAST_ARRAY: u8 = ARRAY | HEX_INT64;
    matches!(kind, NULL..=HEX_INT64 | BINXML | STRING_ARRAY..=LAST_ARRAY)
}

/// The check of a value whose type does not fix its size; `false` for types that are not read
/// here.
fn fits(value: RawValue<'_>) -> bool {
    let size = value.bytes.len();
    match value.kind {
        // What is not ASCII depends on a code page.
        ANSI_STRING => value.bytes.is_ascii(),
        // Of 32 or 64 bits.
        SIZE_T => size == 4 || size == 8,
        SID => sid_size(value.bytes) == Some(size),
        STRING_ARRAY => size.is_multiple_of(2) && value.bytes.ends_with(&[0, 0]),
        BINXML => true,
        _ => false,
    }
}

/// The size of the SID that begins here, by its count of parts.
pub(super) fn sid_size(bytes: &[u8]) -> Option<usize> {
    bytes.get(1).map(|&parts| 8 + 4 * usize::from(parts))
}

/// The strings of an array.
pub(super) fn strings(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (units, _) = bytes.as_chunks::<2>();
    let strings = units.strip_suffix(&[[0, 0]]).unwrap_or(units).split(|unit| *unit == [0, 0]);
    strings.map(|string| string.as_flattened())
}

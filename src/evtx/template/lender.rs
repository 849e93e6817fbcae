//! Reads records whose template definitions are damaged, by the definitions of other chunks.
//!
//! A chunk has each definition once, in the first record that uses it. When that record is destroyed,
//! the values of all others are still there, and each names its definition by the first four bytes of its
//! GUID. Windows writes the same definitions into other chunks of the log.

use super::plan::{Plan, Position};
use super::values::ValueTable;
use super::{FastRead, FastReader, ProtectedRecord};
use crate::evtx::decode::Interner;
use crate::evtx::format::value_type::{ARRAY, HEX_INT32, HEX_INT64, NULL, SIZE_T};
use crate::evtx::record_walk::RecordHeader;
use crate::model::RecordLocation;
use std::collections::HashMap;

/// Definitions that are learned; half of what a reader remembers, so that it forgets none.
const MOST_DEFINITIONS: usize = 4096;

/// Compiled definitions by their identifier; `None`: several differ, so that none is certain.
pub(super) type Lent = HashMap<(u32, Position), Option<usize>>;

/// See the module.
#[derive(Default)]
pub(in crate::evtx) struct Lender(FastReader);

impl Lender {
    /// Learns the definitions that these records of a sound chunk use, as long as there is room.
    pub(in crate::evtx) fn learn(&mut self, chunk: &[u8], records: &[RecordHeader]) {
        if self.0.templates.definitions.len() >= MOST_DEFINITIONS {
            return;
        }
        self.0.begin_chunk();
        for record in records {
            let _understood = self.0.templates.open(chunk, record);
        }
    }

    /// Nothing more is to be learned.
    pub(in crate::evtx) fn lend(&mut self) {
        self.0.templates.lend();
    }

    /// Begins with a chunk whose definitions are damaged.
    pub(in crate::evtx) fn begin_chunk(&mut self) {
        self.0.begin_chunk();
    }

    /// Reads a record by the definitions that were learned; `None`: none fits all of its values.
    pub(in crate::evtx) fn read(
        &mut self,
        chunk: &[u8],
        record: &RecordHeader,
        location: RecordLocation,
        interner: &mut Interner,
    ) -> Option<FastRead> {
        let record = ProtectedRecord { header: record, is_protected: false };
        self.0.read(chunk, &record, location, interner, |_| {})
    }
}

/// Has the record as many values as its definition, and each of the type that this says?
pub(super) fn fit(plan: &Plan, values: &ValueTable) -> bool {
    let count = plan.declared.iter().map(|(number, _)| usize::from(*number) + 1).max().unwrap_or(0);
    let has_type = |&(number, declared): &(u16, u8)| {
        // A pointer is stored as a number, and a value that is declared as an array may be a single one.
        values.kind(number).is_some_and(|kind| match kind {
            NULL => true,
            HEX_INT32 | HEX_INT64 if declared == SIZE_T => true,
            kind => kind == declared || kind | ARRAY == declared,
        })
    };
    values.len() == count && plan.declared.iter().all(has_type)
}

//! Encodes the rows of a table in parallel and writes them in order.

use crate::output::tables::{ROWS_PER_CHUNK, TableChunk};
use rayon::prelude::*;
use std::io::{self, Write};

/// Bytes reserved for the rows of a chunk before it is encoded.
pub(super) const CHUNK_BYTES: usize = 512 * ROWS_PER_CHUNK;

/// Encodes a few chunks for each thread at a time, so that no more than that is in memory. While they are written,
/// the next ones are encoded.
pub(super) fn write_in_parallel(
    chunks: &[TableChunk<'_>],
    encode: impl Fn(&TableChunk<'_>) -> io::Result<Vec<u8>> + Sync,
    out: &mut dyn Write,
) -> io::Result<()> {
    let encode = |part: &[TableChunk<'_>]| -> io::Result<Vec<Vec<u8>>> {
        part.par_iter().map(&encode).collect()
    };
    let mut parts = chunks.chunks(2 * rayon::current_num_threads());
    let mut encoded = parts.next().map_or(Ok(Vec::new()), encode);
    while let ready @ [_, ..] = &*encoded? {
        let mut next = Ok(Vec::new());
        rayon::in_place_scope(|scope| {
            if let Some(part) = parts.next() {
                scope.spawn(|_| next = encode(part));
            }
            ready.iter().try_for_each(|bytes| out.write_all(bytes))
        })?;
        encoded = next;
    }
    out.flush()
}

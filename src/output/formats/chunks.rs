//! Encodes the rows of a table in parallel and writes them in order.

use crate::output::tables::{ROWS_PER_CHUNK, TableChunk};
use rayon::prelude::*;
use std::io::{self, Write};

/// Bytes reserved for the rows of a chunk before it is encoded.
pub(super) const CHUNK_BYTES: usize = 512 * ROWS_PER_CHUNK;

/// Encodes a few chunks for each thread at a time, so that no more than that is in memory.
pub(super) fn write_in_parallel(
    chunks: &[TableChunk<'_>],
    encode: impl Fn(&TableChunk<'_>) -> io::Result<Vec<u8>> + Sync,
    out: &mut dyn Write,
) -> io::Result<()> {
    for part in chunks.chunks(2 * rayon::current_num_threads()) {
        let encoded: Vec<Vec<u8>> = part.par_iter().map(&encode).collect::<io::Result<_>>()?;
        encoded.iter().try_for_each(|bytes| out.write_all(bytes))?;
    }
    out.flush()
}

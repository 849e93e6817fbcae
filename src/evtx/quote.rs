//! Takes one record out of its log, as it is there.

use super::fallback::CrateReader;
use super::format::CHUNK_SIZE;
use super::record_walk;
use crate::evidence::LogFile;
use crate::model::{QuotedRecord, RecordLocation};

/// The record at `place` of `log`, with its XML by the `evtx` crate.
///
/// # Errors
/// When there is no record any more, and why.
pub(crate) fn quote(log: &LogFile, place: RecordLocation) -> Result<QuotedRecord, String> {
    let slot = log.offset_of(place.chunk);
    let mut chunk = vec![0; CHUNK_SIZE];
    let read = log.source.read_at(slot, &mut chunk).map_err(|why| why.to_string())?;
    chunk.truncate(read);
    let record = record_walk::record(&chunk, place.offset as usize)?;
    let bytes = chunk.get(record.range()).unwrap_or_default().to_vec();
    let mut xml = Err("the decoder does not mention it".to_owned());
    CrateReader::for_people().render(
        &chunk,
        &[record],
        &[],
        |_| true,
        |_, text| {
            xml = text.map(|text| String::from_utf8_lossy(text).into_owned());
        },
    );
    Ok(QuotedRecord { offset: slot.saturating_add(record.offset as u64), bytes, xml })
}

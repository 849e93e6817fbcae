//! The local header of an entry of a zip archive, which is before its data and says again what the directory says.
//!
//! Source: PKWARE, "ZIP File Format Specification", section 4.3.7.

use crate::evidence::bytes::{has, u16_at};
use crate::evidence::read_at::ReadAt;
use std::sync::Arc;

/// Bytes of a local file header without its name.
pub(super) const LOCAL_HEADER: u64 = 30;
/// Where the lengths of the name and of the further attributes are in it.
const LOCAL_NAME_LENGTH: usize = 26;
const LOCAL_ATTRIBUTES_LENGTH: usize = 28;

/// The name in the local header of an entry.
pub(super) fn local_name(source: &Arc<dyn ReadAt>, at: u64) -> Option<String> {
    let (length, _) = local_lengths(source, at)?;
    let mut name = vec![0; usize::from(length)];
    let read = source.read_at(at.checked_add(LOCAL_HEADER)?, &mut name).ok()?;
    name.truncate(read);
    Some(String::from_utf8_lossy(&name).into_owned())
}

/// Where the data of an entry begins whose local header is at this offset.
pub(super) fn data_start(source: &Arc<dyn ReadAt>, at: u64) -> Option<u64> {
    let (name, attributes) = local_lengths(source, at)?;
    at.checked_add(LOCAL_HEADER + u64::from(name) + u64::from(attributes))
}

/// Bytes of the name and of the further attributes behind the local header of an entry; `None` where there is none.
pub(super) fn local_lengths(source: &Arc<dyn ReadAt>, at: u64) -> Option<(u16, u16)> {
    let mut header = [0; LOCAL_HEADER as usize];
    source.read_at(at, &mut header).ok().filter(|read| *read == header.len())?;
    let lengths = (u16_at(&header, LOCAL_NAME_LENGTH)?, u16_at(&header, LOCAL_ATTRIBUTES_LENGTH)?);
    has(&header, 0, b"PK\x03\x04").then_some(lengths)
}

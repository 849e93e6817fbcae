//! A member of the file: lines, packed by gzip. Its header has no time and no name, but an extra field,
//! `WL`, with the number of bytes of the whole member, so that members can be read side by side.

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};
use std::io::{self, Read, Write};

/// The header of a member up to the size: what gzip has there, and the extra field of 4 bytes.
const HEADER: [u8; 16] =
    [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 4, 255, 8, 0, EXTRA[0], EXTRA[1], EXTRA[2], EXTRA[3]];
/// The name of the extra field and the number of bytes in it.
const EXTRA: [u8; 4] = [b'W', b'L', 4, 0];
/// The number of bytes of the header with the size.
pub(super) const HEADER_SIZE: usize = HEADER.len() + 4;

/// The most bytes that a member may unpack to. The writer begins a new one after 1 MiB, but a line may be
/// longer: the list of gaps of a log.
const MOST_UNPACKED: u64 = 256 << 20;

/// The lines as a member.
///
/// # Errors
/// When it has 4 GiB or more.
pub(super) fn pack(lines: &[u8]) -> io::Result<Vec<u8>> {
    let extra = [&EXTRA[..], &[0; 4]].concat();
    let mut out = GzBuilder::new().extra(extra).write(Vec::new(), Compression::fast());
    out.write_all(lines)?;
    let mut member = out.finish()?;
    let size = u32::try_from(member.len()).map_err(io::Error::other)?;
    if let Some(place) = member.get_mut(HEADER.len()..HEADER_SIZE) {
        place.copy_from_slice(&size.to_le_bytes());
    }
    Ok(member)
}

/// The members of a file, as ranges of its bytes; `None`: it does not consist of members as [`pack`] makes
/// them.
pub(super) fn members(file: &[u8]) -> Option<Vec<&[u8]>> {
    let mut members = Vec::new();
    let mut rest = file;
    while !rest.is_empty() {
        let (member, after) = rest.split_at_checked(size_of_member(rest)?)?;
        members.push(member);
        rest = after;
    }
    Some(members)
}

/// The number of bytes of the member that begins here.
pub(super) fn size_of_member(bytes: &[u8]) -> Option<usize> {
    let (header, size) = bytes.get(..HEADER_SIZE)?.split_at_checked(HEADER.len())?;
    // The ninth byte says how fast it was packed.
    let is_ours = header.iter().zip(&HEADER).enumerate().all(|(at, (a, b))| at == 8 || a == b);
    let size = u32::from_le_bytes(size.try_into().ok()?) as usize;
    (is_ours && size > HEADER_SIZE).then_some(size)
}

/// The lines of a member.
///
/// # Errors
/// When it is damaged, or larger than a member can be.
pub(super) fn unpack(member: &[u8]) -> io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    let mut unpacked = GzDecoder::new(member).take(MOST_UNPACKED + 1);
    unpacked.read_to_end(&mut lines)?;
    match lines.len() as u64 {
        0..=MOST_UNPACKED => Ok(lines),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "a block of it is too large")),
    }
}

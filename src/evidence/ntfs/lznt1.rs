//! LZNT1, the compression of NTFS files.
//!
//! Sources: Microsoft, [MS-XCA] "Xpress Compression Algorithm", section 2.5; libyal, "Windows NT
//! compression methods", section "LZNT1".

use crate::evidence::bytes::{slice_at, u16_at};

/// Bytes that one chunk decompresses to, at most; chunks are independent of each other.
const CHUNK: usize = 4096;

/// Decompresses `input` into `output`; bytes that the input does not reach stay as they are.
///
/// In a file every chunk stands for 4096 bytes at its own place: a short one leaves the rest of its
/// place alone, and a header of zero ends the data.
///
/// # Errors
/// What is wrong with the data.
pub(super) fn decompress(input: &[u8], output: &mut [u8]) -> Result<(), &'static str> {
    let mut at = 0;
    for place in output.chunks_mut(CHUNK) {
        let header = u16_at(input, at).unwrap_or(0);
        if header == 0 {
            break;
        }
        if header >> 12 & 7 != 3 {
            return Err("a chunk header without its signature");
        }
        let length = usize::from(header & 0x0FFF) + 1;
        let body = slice_at(input, at + 2, length).ok_or("a chunk longer than its unit")?;
        if header & 0x8000 != 0 {
            decompress_chunk(body, place)?;
        } else {
            place.get_mut(..length).ok_or("a stored chunk too long")?.copy_from_slice(body);
        }
        at += 2 + length;
    }
    Ok(())
}

/// Groups of eight elements behind a byte of flags, lowest bit first: 0 a literal byte, 1 a
/// reference of two bytes to what has been written already.
fn decompress_chunk(body: &[u8], output: &mut [u8]) -> Result<(), &'static str> {
    let mut input = body.iter().copied();
    let mut at = 0;
    while let Some(flags) = input.next() {
        for bit in 0..8 {
            let Some(first) = input.next() else { return Ok(()) };
            if flags >> bit & 1 == 0 {
                *output.get_mut(at).ok_or("a chunk of more than 4096 bytes")? = first;
                at += 1;
                continue;
            }
            let second = input.next().ok_or("half a reference")?;
            let (distance, length) = reference(u16::from_le_bytes([first, second]), at);
            let from = at.checked_sub(distance).ok_or("a reference before its chunk")?;
            let end = at + length;
            if end > output.len() {
                return Err("a chunk of more than 4096 bytes");
            }
            if distance >= length {
                output.copy_within(from..from + length, at);
                at = end;
                continue;
            }
            // The reference reaches into what it writes: it repeats itself.
            while at < end {
                let byte = output.get(at - distance).copied().unwrap_or(0);
                if let Some(target) = output.get_mut(at) {
                    *target = byte;
                }
                at += 1;
            }
        }
    }
    Ok(())
}

/// Distance and length of a reference: the further into the chunk, the more bits the distance has,
/// from 4 up to 12.
fn reference(token: u16, at: usize) -> (usize, usize) {
    let mut distance_bits = 4;
    while at.saturating_sub(1) >> distance_bits != 0 && distance_bits < 12 {
        distance_bits += 1;
    }
    let length_bits = 16 - distance_bits;
    let token = usize::from(token);
    ((token >> length_bits) + 1, (token & ((1 << length_bits) - 1)) + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A compressed chunk with its header.
    fn chunk(body: &[u8]) -> Vec<u8> {
        let header = 0xB000 | (body.len() as u16 - 1);
        [&header.to_le_bytes()[..], body].concat()
    }

    fn unpack(input: &[u8], length: usize) -> Result<Vec<u8>, &'static str> {
        let mut output = vec![0; length];
        decompress(input, &mut output).map(|()| output)
    }

    #[test]
    fn literals_and_references() {
        // "abc", then 3 back for 6 (4 bits of distance, 12 of length), then "d".
        let body = [0b0000_1000, b'a', b'b', b'c', 0x03, 0x20, b'd'];
        assert_eq!(unpack(&chunk(&body), 10), Ok(b"abcabcabcd".to_vec()));
    }

    #[test]
    fn a_run_of_one_byte_repeats_itself() {
        // 'z', then 1 back for 4095: a whole chunk.
        let body = [0b10, b'z', 0xFC, 0x0F];
        assert_eq!(unpack(&chunk(&body), 4096), Ok(vec![b'z'; 4096]));
        // One more would leave the chunk.
        assert!(unpack(&chunk(&[0b10, b'z', 0xFD, 0x0F]), 4096).is_err());
    }

    #[test]
    fn distances_grow_with_the_position() {
        // Written so far, and the bits that a distance has.
        for (at, bits) in [(1, 4), (16, 4), (17, 5), (32, 5), (33, 6), (2048, 11), (2049, 12)] {
            assert_eq!(reference(0xFFFF, at).0, 1 << bits, "at {at}");
            assert_eq!(reference(0, at), (1, 3));
        }
    }

    #[test]
    fn a_reference_after_seventeen_bytes_has_five_bits_of_distance() {
        let mut body = Vec::new();
        for group in [b"01234567", b"89abcdef"] {
            body.push(0);
            body.extend(group);
        }
        // 'g', then 17 back (16 << 11) for 3: the first three again.
        body.extend([0b10, b'g', 0x00, 0x80]);
        assert_eq!(unpack(&chunk(&body), 20), Ok(b"0123456789abcdefg012".to_vec()));
    }

    #[test]
    fn chunks_stand_at_their_own_place() {
        // A short chunk, a stored chunk, and the end.
        let mut input = chunk(&[0, b'x']);
        input.extend(0x3FFFu16.to_le_bytes());
        input.extend([7; 4096]);
        input.extend([0, 0, 9, 9]);
        let mut expected = vec![0; 3 * 4096];
        expected[0] = b'x';
        expected[4096..8192].fill(7);
        assert_eq!(unpack(&input, 3 * 4096), Ok(expected));
    }

    #[test]
    fn damage_is_reported() {
        assert!(unpack(&chunk(&[1, 0, 0]), 16).is_err(), "a reference to nothing");
        assert!(unpack(&chunk(&[0b10, b'a', 0]), 16).is_err(), "half a reference");
        assert!(unpack(&[0xFF, 0xBF, 1], 16).is_err(), "a chunk cut off");
        assert!(unpack(&[0x01, 0x80, 0, 0], 16).is_err(), "no signature");
        assert!(unpack(&[0xFF, 0x3F], 16).is_err(), "a stored chunk cut off");
    }
}

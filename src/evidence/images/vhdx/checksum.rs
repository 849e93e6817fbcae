//! The checksum of all VHDX structures.

use crate::evidence::bytes::{has, le32};

/// Whether a structure has its signature and the right checksum, which counts as zero in itself. The
/// checksum in `structure` is set to zero.
pub(super) fn is_sound(structure: &mut [u8], signature: &[u8; 4]) -> bool {
    let stored = le32(structure, 4);
    if let Some(own) = structure.get_mut(4..8) {
        own.fill(0);
    }
    has(structure, 0, signature) && crc32c(structure) == stored
}

/// CRC-32C (Castagnoli, RFC 3720) of these bytes.
pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        let at = (crc ^ u32::from(*byte)) & 0xff;
        TABLE.get(at as usize).copied().unwrap_or_default() ^ (crc >> 8)
    };
    !bytes.iter().fold(u32::MAX, step)
}

static TABLE: [u32; 256] = table();

#[allow(
    clippy::indexing_slicing,
    reason = "evaluated when compiled: a wrong index does not compile"
)]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let mut crc = at as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        table[at] = crc;
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_of_rfc_3720() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
    }
}

//! A volume made by hand, sound and damaged, and what the other tests make theirs with.

mod volume;

use crate::evidence::read_at::ReadAt;
use std::io;

/// Bytes as evidence.
pub(in crate::evidence) struct Bytes(pub(in crate::evidence) Vec<u8>);

impl ReadAt for Bytes {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn size_now(&self) -> io::Result<u64> {
        Ok(self.size())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.0.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// A file record of 1 KiB with fix-ups of zero.
pub(super) fn record(flags: u16, attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![0; 1024];
    bytes[..4].copy_from_slice(b"FILE");
    bytes[4] = 48;
    bytes[6] = 3;
    bytes[16] = 1;
    bytes[20] = 56;
    bytes[22..24].copy_from_slice(&flags.to_le_bytes());
    let mut at = 56;
    for attribute in attributes {
        bytes[at..at + attribute.len()].copy_from_slice(attribute);
        at += attribute.len();
    }
    bytes[at..at + 4].fill(0xFF);
    let used = (at + 8) as u32;
    bytes[24..28].copy_from_slice(&used.to_le_bytes());
    bytes
}

fn attribute(kind: u32, id: u16, name: &str, header: usize, body: &[u8]) -> Vec<u8> {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let start = (header + name.len()).next_multiple_of(8);
    let mut bytes = vec![0; (start + body.len()).next_multiple_of(8)];
    bytes[..4].copy_from_slice(&kind.to_le_bytes());
    let length = bytes.len() as u32;
    bytes[4..8].copy_from_slice(&length.to_le_bytes());
    bytes[9] = (name.len() / 2) as u8;
    bytes[10] = header as u8;
    bytes[14..16].copy_from_slice(&id.to_le_bytes());
    bytes[header..header + name.len()].copy_from_slice(&name);
    bytes[start..start + body.len()].copy_from_slice(body);
    bytes
}

/// A resident attribute.
pub(super) fn resident(kind: u32, id: u16, name: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = attribute(kind, id, name, 24, value);
    let length = value.len() as u32;
    bytes[16..20].copy_from_slice(&length.to_le_bytes());
    bytes[20] = (24 + name.len() * 2).next_multiple_of(8) as u8;
    bytes
}

/// An attribute in clusters, from the first to the last of them, with size and valid length.
pub(super) fn runs(
    kind: u32,
    id: u16,
    name: &str,
    list: &[u8],
    clusters: (u64, u64),
    sizes: (u64, u64),
) -> Vec<u8> {
    let mut bytes = attribute(kind, id, name, 64, list);
    bytes[8] = 1;
    bytes[16..24].copy_from_slice(&clusters.0.to_le_bytes());
    bytes[24..32].copy_from_slice(&clusters.1.to_le_bytes());
    bytes[32] = (64 + name.len() * 2).next_multiple_of(8) as u8;
    bytes[48..56].copy_from_slice(&sizes.0.to_le_bytes());
    bytes[56..64].copy_from_slice(&sizes.1.to_le_bytes());
    bytes
}

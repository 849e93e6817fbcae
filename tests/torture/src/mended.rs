//! Checksums made to fit, so that damage reaches what lies behind them.

/// Bytes before the first chunk, and of a chunk.
pub(crate) const HEADER: usize = 4096;
pub(crate) const CHUNK: usize = 65_536;

/// Makes the checksums of a log fit.
pub(crate) fn log(bytes: &mut [u8]) {
    if bytes.len() >= 128 {
        let sum = crc32fast::hash(&bytes[..120]);
        bytes[124..128].copy_from_slice(&sum.to_le_bytes());
    }
    let chunks = bytes.get_mut(HEADER..).unwrap_or_default().chunks_exact_mut(CHUNK);
    for chunk in chunks.filter(|chunk| chunk.starts_with(b"ElfChnk")) {
        let free = free_space(chunk);
        if (512..=CHUNK).contains(&free) {
            let sum = crc32fast::hash(&chunk[512..free]);
            chunk[52..56].copy_from_slice(&sum.to_le_bytes());
        }
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&chunk[..120]);
        hasher.update(&chunk[128..512]);
        chunk[124..128].copy_from_slice(&hasher.finalize().to_le_bytes());
    }
}

/// Where the free space of a chunk begins, as its header says.
pub(crate) fn free_space(chunk: &[u8]) -> usize {
    u32::from_le_bytes([chunk[48], chunk[49], chunk[50], chunk[51]]) as usize
}

/// Whether a checksum of a log covers this byte.
pub(crate) fn is_covered(log: &[u8], at: usize) -> bool {
    let Some(behind) = at.checked_sub(HEADER) else { return at < 120 };
    let start = HEADER + behind / CHUNK * CHUNK;
    let Some(chunk) = log.get(start..start + CHUNK) else { return false };
    let within = behind % CHUNK;
    chunk.starts_with(b"ElfChnk")
        && chunk[120] & 4 == 0
        && (within < 120 || (128..free_space(chunk)).contains(&within))
}

/// Makes the checksums of the headers of a 7z archive fit.
pub(crate) fn seven_zip(bytes: &mut [u8]) {
    if !bytes.starts_with(b"7z\xbc\xaf\x27\x1c") || bytes.len() < 32 {
        return;
    }
    let number =
        |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap_or_default()) as usize;
    let (offset, size) = (number(12).saturating_add(32), number(20));
    if let Some(header) = bytes.get(offset..offset.saturating_add(size)) {
        let sum = crc32fast::hash(header);
        bytes[28..32].copy_from_slice(&sum.to_le_bytes());
    }
    let sum = crc32fast::hash(&bytes[12..32]);
    bytes[8..12].copy_from_slice(&sum.to_le_bytes());
}

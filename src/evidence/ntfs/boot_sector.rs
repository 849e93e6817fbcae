//! The boot sector of a volume: where its file table lies, and the sizes of clusters and records.
//!
//! Source: libyal, "New Technologies File System (NTFS)", section "The volume header".

use crate::evidence::bytes::{to_index, u16_at, u64_at};
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, read_volume_at};
use crate::evidence::volume_fault::VolumeFault;

/// Bytes of the boot sector that are read.
const SECTOR: usize = 512;

/// What the boot sector says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BootSector {
    /// Bytes in a cluster.
    pub(super) cluster: u64,
    /// Bytes in a file record of `$MFT`.
    pub(super) record: usize,
    /// First cluster of `$MFT`.
    pub(super) mft: u64,
    /// First cluster of `$MFTMirr`, a copy of the first four records.
    pub(super) mirror: u64,
}

impl BootSector {
    /// Reads the boot sector; if it is damaged its copy in the last sector of the volume, with the
    /// fault.
    ///
    /// # Errors
    /// When neither is the boot sector of an NTFS volume.
    pub(super) fn read(
        volume: &dyn ReadAt,
    ) -> Result<(BootSector, Option<VolumeFault>), VolumeFault> {
        let reason = match BootSector::at(volume, 0) {
            Ok(boot) => return Ok((boot, None)),
            Err(reason) => reason,
        };
        // The copy lies in the last sector of the partition; sectors have 512 or 4096 bytes.
        for sector in [512, 4096] {
            let last = volume.size().saturating_sub(sector);
            if let Ok(boot) = BootSector::at(volume, last) {
                let reason = format!("boot sector: {reason}; its copy at byte {last:#x} was used");
                return Ok((boot, Some(VolumeFault::new(0, reason))));
            }
        }
        Err(VolumeFault::new(0, format!("no NTFS volume: {reason}")))
    }

    fn at(volume: &dyn ReadAt, offset: u64) -> Result<BootSector, String> {
        let mut sector = [0; SECTOR];
        read_volume_at(volume, offset, &mut sector).map_err(|error| error.to_string())?;
        BootSector::parse(&sector).map_err(str::to_owned)
    }

    fn parse(sector: &[u8]) -> Result<BootSector, &'static str> {
        if sector.get(3..11) != Some(b"NTFS    ") {
            return Err("the boot sector lacks the signature NTFS");
        }
        let bytes = u64::from(u16_at(sector, 11).unwrap_or(0));
        if !bytes.is_power_of_two() || !(256..=4096).contains(&bytes) {
            return Err("impossible sector size");
        }
        let sectors = match sector.get(13).copied().unwrap_or(0) {
            few @ 1..=128 => u64::from(few),
            // Beyond 64 KiB the size is given as the negative of its logarithm.
            many @ 244..=255 => 1 << (256 - u32::from(many)),
            _ => 0,
        };
        let cluster = bytes.saturating_mul(sectors);
        if !cluster.is_power_of_two() || cluster > limits::NTFS_CLUSTER {
            return Err("impossible cluster size");
        }
        let record = match sector.get(64).copied().unwrap_or(0) {
            clusters @ 1..=127 => cluster.saturating_mul(u64::from(clusters)),
            power @ 225..=255 => 1 << (256 - u32::from(power)),
            _ => 0,
        };
        if !record.is_power_of_two() || !(512..=limits::NTFS_FILE_RECORD).contains(&record) {
            return Err("impossible size of file records");
        }
        let place = |at| u64_at(sector, at).unwrap_or(u64::MAX);
        Ok(BootSector { cluster, record: to_index(record), mft: place(48), mirror: place(56) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sector() -> Vec<u8> {
        let mut sector = vec![0; SECTOR];
        sector[3..11].copy_from_slice(b"NTFS    ");
        sector[11..13].copy_from_slice(&512u16.to_le_bytes());
        sector[13] = 8;
        sector[48] = 4;
        sector[56] = 2;
        sector[64] = 0xF6;
        sector
    }

    #[test]
    fn sizes_are_read() {
        let boot = BootSector { cluster: 4096, record: 1024, mft: 4, mirror: 2 };
        assert_eq!(BootSector::parse(&sector()), Ok(boot));
        let mut large = sector();
        large[13] = 0xF8; // 2^8 sectors: 128 KiB
        assert_eq!(BootSector::parse(&large).map(|boot| boot.cluster), Ok(128 << 10));
        let mut counted = sector();
        counted[64] = 1; // one cluster
        assert_eq!(BootSector::parse(&counted).map(|boot| boot.record), Ok(4096));
    }

    #[test]
    fn impossible_sizes_are_refused() {
        for (at, value) in [(3, b'X'), (12, 0x30), (13, 0), (13, 3), (13, 200), (64, 0), (64, 0x80)]
        {
            let mut sector = sector();
            sector[at] = value;
            assert!(BootSector::parse(&sector).is_err(), "{value:#x} at {at}");
        }
    }
}

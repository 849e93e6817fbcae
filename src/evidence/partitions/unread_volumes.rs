//! File systems and layers of storage that are not read: each is named by its content, with what to do.

use crate::evidence::bytes::{has, le16, le32};
use crate::evidence::read_at::ReadAt;
use crate::model::Severity;
use std::io;

/// Bytes at the beginning of a volume that hold all magics but one.
pub(super) const HEAD: usize = 4608;
/// Where Btrfs has its magic, in bytes.
const BTRFS: u64 = 0x1_0040;

/// What the partition table says that a volume is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartitionType {
    /// NTFS, exFAT or ReFS of Windows.
    Windows,
    /// A disk that the Logical Disk Manager has divided.
    DynamicDisk,
    StorageSpaces,
    Other,
}

/// A file system or a layer of storage that is not read.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::evidence) struct UnreadVolume {
    /// Its name with its article.
    pub(in crate::evidence) name: &'static str,
    /// What the examiner can do.
    pub(in crate::evidence) advice: &'static str,
    use_: VolumeUse,
}

/// What volumes of a kind are for.
#[derive(Debug, PartialEq, Eq)]
enum VolumeUse {
    /// Only Windows has them.
    Windows,
    /// Any system keeps files in them; next to a volume of Windows it is its boot or recovery partition.
    Exchange,
    /// Other systems have them.
    OtherSystem,
}

impl UnreadVolume {
    /// How much it matters that such a volume was not read, on a disk with or without a volume of
    /// Windows that is read.
    pub(in crate::evidence) fn severity(&self, beside_windows: bool) -> Severity {
        match self.use_ {
            VolumeUse::Windows => Severity::Error,
            VolumeUse::Exchange if !beside_windows => Severity::Error,
            VolumeUse::Exchange | VolumeUse::OtherSystem => Severity::Info,
        }
    }
}

const fn volume(name: &'static str, advice: &'static str, use_: VolumeUse) -> UnreadVolume {
    UnreadVolume { name, advice, use_ }
}

const COPY: &str = "attach the disk to a system that reads it, and give a copy of its files";
const JOIN: &str =
    "put the disks together on the system that made them, and give an image of the volume";
const UNLOCK: &str = "unlock it and give an image of the open volume";

static REFS: UnreadVolume = volume("a ReFS volume", COPY, VolumeUse::Windows);
static DYNAMIC_DISK: UnreadVolume =
    volume("a part of a dynamic disk (LDM)", JOIN, VolumeUse::Windows);
static STORAGE_SPACES: UnreadVolume =
    volume("a part of a pool of Storage Spaces", JOIN, VolumeUse::Windows);
static UNKNOWN: UnreadVolume = volume(
    "a volume of Windows by its type, but encrypted, overwritten or unknown by its content,",
    "unlock or restore it and give an image of the volume",
    VolumeUse::Windows,
);
static EXFAT: UnreadVolume = volume("an exFAT volume", COPY, VolumeUse::Exchange);
static FAT: UnreadVolume = volume("a FAT volume", COPY, VolumeUse::Exchange);
static LUKS: UnreadVolume = volume("a LUKS volume", UNLOCK, VolumeUse::Exchange);
static EXT: UnreadVolume = volume("an ext volume of Linux", COPY, VolumeUse::OtherSystem);
static BTRFS_VOLUME: UnreadVolume = volume("a Btrfs volume", COPY, VolumeUse::OtherSystem);
static SWAP: UnreadVolume = volume("a swap volume of Linux", COPY, VolumeUse::OtherSystem);

/// Volumes that one magic in their first bytes shows.
static BY_MAGIC: [(UnreadVolume, usize, &[u8]); 9] = [
    (volume("an XFS volume", COPY, VolumeUse::OtherSystem), 0, b"XFSB"),
    (volume("a physical volume of LVM", JOIN, VolumeUse::OtherSystem), 512, b"LABELONE"),
    (volume("a part of a RAID of Linux (md)", JOIN, VolumeUse::OtherSystem), 0, MD),
    (volume("a part of a RAID of Linux (md)", JOIN, VolumeUse::OtherSystem), 4096, MD),
    (volume("an APFS container", COPY, VolumeUse::OtherSystem), 32, b"NXSB"),
    (volume("an HFS+ volume", COPY, VolumeUse::OtherSystem), 1024, b"H+\0\x04"),
    (volume("an HFSX volume", COPY, VolumeUse::OtherSystem), 1024, b"HX\0\x05"),
    (volume("a part of a pool of Storage Spaces", JOIN, VolumeUse::Windows), 0, b"SPACEDB "),
    (volume("a part of a dynamic disk (LDM)", JOIN, VolumeUse::Windows), 0, b"PRIVHEAD"),
];
/// The magic of md, little-endian.
const MD: &[u8] = b"\xfc\x4e\x2b\xa9";

/// The kind of the volume at `offset` that begins with `start`, if it is not read but known.
///
/// # Errors
/// When the medium fails.
pub(super) fn by_content(
    disk: &dyn ReadAt,
    offset: u64,
    start: &[u8],
) -> io::Result<Option<&'static UnreadVolume>> {
    let by_magic = BY_MAGIC.iter().find(|(_, at, magic)| has(start, *at, magic));
    let known = if let Some((volume, ..)) = by_magic {
        Some(volume)
    } else if has(start, 3, b"ReFS\0\0\0\0") {
        Some(&REFS)
    } else if has(start, 3, b"EXFAT   ") {
        Some(&EXFAT)
    } else if is_fat(start) {
        Some(&FAT)
    } else if has(start, 0, b"LUKS\xba\xbe") {
        Some(&LUKS)
    } else if is_ext(start) {
        Some(&EXT)
    } else if has(start, 4086, b"SWAPSPACE2") {
        Some(&SWAP)
    } else {
        let mut magic = [0; 8];
        disk.read_at(offset.saturating_add(BTRFS), &mut magic)?;
        (&magic == b"_BHRfS_M").then_some(&BTRFS_VOLUME)
    };
    Ok(known)
}

/// The kind of a volume whose content is not known, by its type in the partition table.
pub(super) fn by_partition(partition: PartitionType) -> Option<&'static UnreadVolume> {
    match partition {
        PartitionType::Windows => Some(&UNKNOWN),
        PartitionType::DynamicDisk => Some(&DYNAMIC_DISK),
        PartitionType::StorageSpaces => Some(&STORAGE_SPACES),
        PartitionType::Other => None,
    }
}

fn is_fat(start: &[u8]) -> bool {
    let jumps = matches!(start.first(), Some(0xeb | 0xe9));
    let is_named = [b"FAT12   ", b"FAT16   ", b"FAT     "].iter().any(|name| has(start, 54, *name))
        || has(start, 82, b"FAT32   ");
    jumps && is_named && has(start, 510, &[0x55, 0xaa])
}

/// The magic has two bytes only: the version and the size of a block must fit as well.
fn is_ext(start: &[u8]) -> bool {
    has(start, 1080, &[0x53, 0xef])
        && le32(start, 1100) <= 1
        && le32(start, 1048) <= 6
        && (1..=7).contains(&le16(start, 1082))
}

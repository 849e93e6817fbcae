//! Limits of what is read of evidence, which may be hostile: sizes, numbers of parts, depths of
//! nesting, and the memory that all of it may take. Each limit is here with its reason.
//!
//! No number of the evidence sizes memory or ends a loop by itself: it is compared with its limit
//! first. Constants that describe a format without limiting it stand with their format.

/// Bytes of a log. A larger file is no log, but a disk in an unknown format, or a sparse file that was made
/// to cost time: a search through it would take hours. Windows' own limit is 4 GiB.
pub(super) const LOG_SIZE: u64 = 64 << 30;

// Memory and open files, shared by everything that is read at a time.

/// Bytes of memory that unpacked archives and the events of all logs may take together unless the user
/// says otherwise. Half of it is for archives.
pub(super) const MEMORY: u64 = 8 << 30;
/// Bytes of memory for blocks of disk images: enough for some hundred blocks per thread.
pub(super) const BLOCK_CACHE: u64 = 64 << 20;
/// Files of logs that are kept open at a time; the strictest system lets a process have 256 open.
pub(super) const OPEN_FILES: usize = 128;
/// One in so many of the files that the process may have open is a log that is kept open. The others are
/// for images, their parts, logs that are opened for one read, and what is written.
pub(super) const OPEN_FILES_SHARE: usize = 4;

// Archives.

/// Images and archives that are opened inside of one that was given or found: a drive of collections has
/// some thousand.
pub(super) const NESTED_CONTAINERS: u64 = 1 << 16;
/// Images and archives nested in each other: collectors nest two.
pub(super) const ARCHIVE_DEPTH: usize = 4;
/// All entries of an archive together may unpack to this many times its size …
pub(super) const UNPACK_RATIO: u64 = 200;
/// … and to this many bytes more: a new log consists almost only of zeros, which pack a
/// thousandfold. As many zeros in xz, the slowest to unpack, take four seconds.
pub(super) const UNPACK_ALLOWANCE: u64 = 1 << 30;
/// Bytes of memory that everything unpacked of one archive may take as long as other archives are open
/// as well: an archive that needs more waits until no other one does.
pub(super) const UNPACK_MEMORY_SHARED: u64 = 256 << 20;
/// Bytes of a zip archive that other threads inflate before they are asked for: a log of the usual size of 20 MiB
/// and some small ones …
pub(super) const INFLATED_AHEAD: u64 = 32 << 20;
/// … and at most this share of the memory for an archive.
pub(super) const INFLATED_AHEAD_SHARE: u64 = 8;
/// Bytes of the dictionary of one decoder of LZMA or zstd: what 7-Zip takes since its version 24.09 when it
/// packs as well as it can, and twice what `zstd --long` takes.
pub(super) const DICTIONARY: u64 = 256 << 20;
/// Bytes of the dictionary that xz and zstd take at most where nobody asks them for more.
pub(super) const USUAL_DICTIONARY: u64 = 64 << 20;
/// Bytes of the dictionaries and models of all decoders that are open at a time in a small archive and those
/// inside of it, so that the whole program stays below 256 MiB: PPMd at its best takes 192 MiB …
pub(super) const DECODERS_OF_SMALL: u64 = 208 << 20;
/// … this many times the size of the archive more …
pub(super) const DECODERS_RATIO: u64 = 64;
/// … and at most so many, for the largest dictionary twice: one archive in another.
pub(super) const DECODERS: u64 = 512 << 20;
/// Bytes of the list of files of a 7z archive: a million files have less.
pub(super) const SEVEN_ZIP_HEADER: usize = 64 << 20;
/// Times that the list of files of a 7z archive may be packed into another one: 7-Zip packs it once.
pub(super) const SEVEN_ZIP_HEADERS: usize = 4;
/// Coders, streams and pairs of one folder of a 7z archive: 7-Zip accepts as many.
pub(super) const SEVEN_ZIP_CODERS: u64 = 32;
/// Files of a 7z archive.
pub(super) const SEVEN_ZIP_FILES: u64 = 1 << 20;
/// Rounds of SHA-256 for all keys of a 7z archive: 7-Zip takes 2^19 for a key.
pub(super) const SEVEN_ZIP_ROUNDS: u64 = 1 << 25;
/// Bytes of a long name or of further attributes of an entry of a tar archive.
pub(super) const TAR_ATTRIBUTES: u64 = 1 << 20;
/// Blocks of zeros behind a tar archive in which another one is looked for: 4 MiB, while GNU tar fills
/// up to 10 KiB.
pub(super) const TAR_PADDING: usize = 8192;
/// Parts of a split zip; its format allows 65,535.
pub(super) const ZIP_PARTS: u32 = 10_000;
/// Bytes of the directory of a zip: a million entries have less.
pub(super) const ZIP_DIRECTORY: usize = 256 << 20;
/// Bytes of the directory of a small zip: of a hundred thousand entries; what is kept of them takes eight times
/// as much …
pub(super) const ZIP_DIRECTORY_OF_SMALL: u64 = 16 << 20;
/// … and of a larger one this share of its file more.
pub(super) const ZIP_DIRECTORY_SHARE: u64 = 16;
/// Bytes of a zip all of which is searched for a directory that is not where it should be.
pub(super) const ZIP_SEARCHED: u64 = 16 << 20;
/// Logs, images and entries to be named of a small archive with those inside of it: as many as one folder of a
/// volume may have …
pub(super) const ARCHIVE_ENTRIES: u64 = 1 << 16;
/// … and of a larger one as many more as it has times so many bytes: a log has more.
pub(super) const ARCHIVE_ENTRY: u64 = 4096;

// Disk images.

/// Bytes of a virtual disk: far above the limit of every format, yet small enough that offsets never
/// overflow. An image that says more is damaged.
pub(super) const DISK_SIZE: u64 = 1 << 53;
/// Parents of parents of a differencing image: a longer chain is a circle.
pub(super) const PARENT_CHAIN: usize = 64;
/// Bytes of a block of a VHD or VDI; 2 MiB and 1 MiB are usual.
pub(super) const IMAGE_BLOCK: u64 = 1 << 30;

/// Bytes of an E01 chunk: 32 KiB are usual, 16 MiB the most that `EnCase` offers.
pub(super) const EWF_CHUNK: u64 = 1 << 24;
/// Sections of one E01 segment; real ones have a few for each GiB.
pub(super) const EWF_SECTIONS: usize = 1 << 20;

/// Bytes of a VMDK descriptor; qemu and VMware write one to twenty KiB.
pub(super) const VMDK_DESCRIPTOR: usize = 1 << 20;
/// Extents of one VMDK: of 2 GiB each they make far more than the format's largest disk.
pub(super) const VMDK_EXTENTS: usize = 1 << 16;
/// Sectors of a VMDK grain, which are 16 MiB; writers use 64 KiB.
pub(super) const VMDK_GRAIN: u64 = 32_768;
/// Grains of one VMDK grain table; writers use 512.
pub(super) const VMDK_TABLE: u64 = 1 << 20;

/// Bytes of a VHDX disk, by the specification.
pub(super) const VHDX_DISK: u64 = 64 << 40;
/// Entries of a VHDX region or metadata table, by the specification.
pub(super) const VHDX_ENTRIES: usize = 2047;
/// Bytes of a VHDX log that is replayed; Hyper-V and qemu make logs of 1 MiB.
pub(super) const VHDX_LOG: usize = 64 << 20;
/// Sequences of VHDX log entries that are tried, newest first: each try costs up to the number of
/// entries, and only a log made to cost time needs more.
pub(super) const VHDX_SEQUENCES: usize = 64;
/// Bytes of a VHDX parent locator; paths of Windows are shorter.
pub(super) const VHDX_LOCATOR: usize = 1 << 20;
/// Pairs of key and value of a VHDX parent locator; the specification has five.
pub(super) const VHDX_LOCATOR_PAIRS: usize = 64;

/// Bytes of a file name in a QCOW2 header: the specification allows 1023.
pub(super) const QCOW2_NAME: usize = 4096;
/// Bytes of a window of zstd: a QCOW2 cluster has at most 2 MiB.
pub(super) const QCOW2_ZSTD_WINDOW: u64 = 8 << 20;

// Partition tables.

/// Logical drives of one extended partition; more are a circle.
pub(super) const LOGICAL_DRIVES: usize = 256;
/// Bytes of the entries of a GPT; 128 entries of 128 bytes are usual.
pub(super) const GPT_ENTRIES: usize = 4 << 20;

// NTFS.

/// Faults that are kept of one volume; a damaged one could have millions. The others are counted.
pub(super) const VOLUME_FAULTS: usize = 500;
/// Bytes of a cluster that Windows formats.
pub(super) const NTFS_CLUSTER: u64 = 2 << 20;
/// Bytes of a file record, which has 1 or 4 KiB.
pub(super) const NTFS_FILE_RECORD: u64 = 64 << 10;
/// Number of a cluster within an attribute: even of 512 bytes more clusters would make 2^63 bytes.
pub(super) const NTFS_ATTRIBUTE_CLUSTERS: u64 = 1 << 54;
/// Bytes of an attribute list: as many as Windows makes.
pub(super) const NTFS_ATTRIBUTE_LIST: u64 = 256 << 10;
/// Runs of one attribute; a list of 256 KiB could name millions.
pub(super) const NTFS_RUNS: usize = 1 << 18;
/// Rounds in which `$MFT` is found, each by what the one before found of it.
pub(super) const NTFS_MFT_ROUNDS: usize = 1000;
/// Bytes of a compression unit, which has 16 clusters of at most 4 KiB.
pub(super) const NTFS_COMPRESSION_UNIT: u64 = 1 << 20;
/// Bytes of an index block, which has 4 KiB or one cluster.
pub(super) const NTFS_INDEX_BLOCK: u64 = 64 << 10;
/// Index blocks of one folder; of 4 KiB they hold a million and a half names.
pub(super) const NTFS_INDEX_BLOCKS: u64 = 1 << 16;
/// Folders above a file; more are taken for a circle.
pub(super) const NTFS_FOLDER_DEPTH: usize = 256;
/// Windows before upgrades (`Windows.old.000`) of one volume; upgrades make a few.
pub(super) const NTFS_FORMER: usize = 64;
/// Logs that are kept of one folder or of one scan; some servers have ten thousand.
pub(super) const NTFS_LOGS: usize = 1 << 16;
/// Places where a chunk is looked for in a deleted log whose beginning is overwritten: 256 MiB.
pub(super) const NTFS_DELETED_CHUNKS: u64 = 4096;

// Shadow copies.

/// Shadow copies of one volume in its catalog: Windows keeps up to 512, of two entries each.
pub(super) const SNAPSHOTS: usize = 1024;
/// Blocks of the catalog of shadow copies: each holds about 127 entries.
pub(super) const SNAPSHOT_CATALOG_BLOCKS: usize = 64;
/// Saved blocks of all shadow copies of a volume together: 128 GiB, as many as a volume of a
/// terabyte saves when Windows is left to itself.
pub(super) const SNAPSHOT_BLOCKS: usize = 8 << 20;

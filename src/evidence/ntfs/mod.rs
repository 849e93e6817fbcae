//! NTFS: the event logs of a volume, exactly as Windows would read them.
//!
//! Event logs are the files that simple readers get wrong: they grow in small steps, so that their
//! run lists spread over many records; their clusters are allocated before they are written; and
//! some administrators compress their folder. What is read, and from which documents it is known, is
//! described in `docs/ntfs.md`.
//!
//! No number of the volume is trusted: chains are followed at most once around, sizes have limits,
//! and what is damaged is a [`VolumeFault`](super::VolumeFault) that costs only what it holds.

mod attribute_stream;
mod boot_sector;
mod file_record;
mod folder;
mod lznt1;
mod mft;
mod mft_scan;
mod run_list;
#[cfg(test)]
pub(in crate::evidence) mod tests;
mod volume;

pub(super) use file_record::FileReference;
pub(super) use mft_scan::{FileInFolder, KnownFiles, ScannedVolume, WantedFiles};
pub(super) use volume::is_former_windows;
pub use volume::{NtfsFile, NtfsVolume, VolumeLogs};

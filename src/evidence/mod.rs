//! Finds event logs in evidence: in folders, disk images, NTFS volumes, their shadow copies, and
//! archives. Evidence is only read, never written, and everything is identified by its content.
//!
//! The path of one log, step by step, with the module of each step:
//!
//! 1. `discover`: given paths → files, each a log, an image, an archive or none of these.
//! 2. `open`: a `PendingSource` → an `OpenSource` with its logs. An image or archive is open only as
//!    long as it is read.
//! 3. `contents`: [`images`] give a disk, `partitions` its volumes, [`ntfs`] and [`shadow_copies`]
//!    their logs; `archives` give logs and images. An image or archive on a volume is `nested`: a
//!    `PendingSource` again.
//!
//! These steps use `identify`, `limits`, `bytes` and `display_path`, which use none of them. Everything
//! that can be read is a [`ReadAt`].
//!
//! The readers of images, volumes and shadow copies are public because they are of use by themselves.
//! To get sessions, none of them is needed: [`Analysis`](crate::Analysis) takes paths.

mod archives;
mod block_cache;
pub(crate) mod bytes;
mod case_folder;
mod collection;
mod container;
mod contents;
mod discover;
mod disk;
mod display_path;
mod fleet_parts;
mod found;
mod given;
pub(crate) mod identify;
pub mod images;
mod in_memory;
mod limits;
mod local_file;
mod log_file;
mod memory;
mod nested;
pub mod ntfs;
mod open;
mod other_disks;
mod partitions;
mod read_at;
mod read_counter;
mod settings;
pub mod shadow_copies;
mod slice;
mod unread;
mod volume_fault;

pub(crate) use case_folder::StoredCase;
pub(crate) use discover::Discovery;
pub(crate) use given::GivenPaths;
pub(crate) use log_file::LogFile;
pub(crate) use memory::Memory;
pub(crate) use open::{OpenContainer, OpenSource, PendingSource};
pub use read_at::ReadAt;
pub(crate) use settings::SearchSettings;
pub use volume_fault::VolumeFault;

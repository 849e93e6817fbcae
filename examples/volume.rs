//! Lists the logs of a bare NTFS volume and of its shadow copies with their SHA-256, for comparison
//! with other readers: `volume IMAGE [--scan | --snapshots]`.
//!
//! One line each: snapshot (0: the volume itself, 1: the oldest), flags, number of the file record,
//! SHA-256, path. With
//! `--scan` all of `$MFT` is looked at; with `--snapshots` each snapshot is hashed as a whole.
//! Faults go to standard error.

use sha2::{Digest, Sha256};
use std::io;
use std::sync::Arc;
use winlast::evidence::ReadAt;
use winlast::evidence::ntfs::NtfsVolume;
use winlast::evidence::shadow_copies::snapshots;

struct File(std::fs::File, u64);

impl ReadAt for File {
    fn size(&self) -> u64 {
        self.1
    }

    fn size_now(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.0, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.0, buffer, offset)
    }
}

fn sha256(source: &dyn ReadAt) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut offset = 0;
    while offset < source.size() {
        let read = source.read_at(offset, &mut buffer)?;
        hasher.update(buffer.get(..read).unwrap_or_default());
        offset += read as u64;
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let image = arguments.next().unwrap_or_default();
    let mode = arguments.next().unwrap_or_default();
    let file = std::fs::File::open(&image)?;
    let size = file.metadata()?.len();
    let volume: Arc<dyn ReadAt> = Arc::new(File(file, size));

    let (snapshots, faults) = snapshots(Arc::clone(&volume), &mut std::iter::empty());
    faults.iter().for_each(|fault| eprintln!("{fault}"));
    let mut sources = vec![volume];
    for (at, snapshot) in snapshots.into_iter().enumerate() {
        if mode == "--snapshots" {
            let flag = if snapshot.complete { "-" } else { "incomplete" };
            let (hash, size) = (sha256(&*snapshot.source)?, snapshot.source.size());
            println!("{}\t{flag}\t{size}\t{hash}\t{}", at + 1, snapshot.identifier);
        }
        sources.push(snapshot.source);
    }
    if mode == "--snapshots" {
        return Ok(());
    }
    for (at, source) in sources.into_iter().enumerate() {
        let volume = match NtfsVolume::open(source) {
            Ok(volume) => volume,
            Err(fault) => {
                eprintln!("{at}: {fault}");
                continue;
            }
        };
        let found = if mode == "--scan" { volume.scan_mft() } else { volume.logs() };
        for fault in volume.faults().iter().chain(&found.faults) {
            eprintln!("{at}: {fault}");
        }
        for file in found.files {
            let flag = match (file.deleted, file.compressed) {
                (true, _) => "deleted",
                (false, true) => "compressed",
                (false, false) => "-",
            };
            let hash = sha256(&*file.source).unwrap_or_else(|error| error.to_string());
            println!("{at}\t{flag}\t{}\t{hash}\t{}", file.record, file.path);
        }
    }
    Ok(())
}

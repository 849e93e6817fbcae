//! Damaged files read by the whole library, and media that fail.

use crate::logs::{self, consistent as read_is_consistent};
use crate::{Case, Dice, Expected, Target};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, OnceLock};
use winlast::evidence::ReadAt;
use winlast::fuzzing::{self, Readers};
use winlast::model::{Finding, Report};
use winlast::{Analysis, Error, Pool};

/// Images of all kinds, of one or few MiB. `WINLAST_IMAGES` names a folder with more of them, as
/// `scripts/make-images.sh` makes them.
pub(crate) const IMAGES: Target = Target { name: "images", make: make_image, check: check_file };

/// Sound logs on a medium of which one read fails.
pub(crate) const BROKEN_MEDIUM: Target =
    Target { name: "broken-medium", make: make_broken, check: check_broken };

/// The threads that all cases are read with: one, so that a case does the same each time.
pub(crate) static POOL: LazyLock<Pool> =
    LazyLock::new(|| Pool::new(1).expect("a thread can be started"));

/// Bytes in memory. Of one read on they may fail.
pub(crate) struct Memory {
    bytes: Vec<u8>,
    reads: AtomicU64,
    fails: std::ops::Range<u64>,
}

impl From<Vec<u8>> for Memory {
    fn from(bytes: Vec<u8>) -> Memory {
        Memory { bytes, reads: AtomicU64::new(0), fails: 0..0 }
    }
}

impl ReadAt for Memory {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if self.fails.contains(&self.reads.fetch_add(1, Ordering::Relaxed)) {
            return Err(io::Error::from_raw_os_error(5));
        }
        let from = usize::try_from(offset).ok().and_then(|offset| self.bytes.get(offset..));
        let from = from.unwrap_or_default();
        let count = from.len().min(buffer.len());
        buffer[..count].copy_from_slice(&from[..count]);
        Ok(count)
    }
}

/// The log, with the number of the first read that fails, and of how many, behind it.
fn make_broken(dice: &mut Dice<'_>) -> Case {
    let mut bytes = dice.of_these(logs::seeds()).clone();
    let first = dice.below(8) as u8;
    bytes.extend([first, 1 + dice.below(3) as u8]);
    Case { name: "log.evtx".into(), bytes, expected: Expected::Anything }
}

fn check_broken(case: &Case) -> Result<(), String> {
    let (log, [first, count]) = case.bytes.split_last_chunk::<2>().ok_or("it is too short")?;
    let fails = u64::from(*first)..u64::from(*first) + u64::from(*count);
    let source = Memory { fails: fails.clone(), ..Memory::from(log.to_vec()) };
    let sound =
        fuzzing::read_log(&POOL, Box::new(Memory::from(log.to_vec())), false, Readers::AsInARun);
    let read = fuzzing::read_log(&POOL, Box::new(source), false, Readers::AsInARun);
    read_is_consistent(&read)?;
    let lost = read.events != sound.events || read.logs[0].header != sound.logs[0].header;
    if lost && !read.findings.iter().any(Finding::is_loss) {
        return Err(format!("reads {fails:?} failed, and no finding says so"));
    }
    consistent(&fuzzing::build(&POOL, read))
}

fn make_image(dice: &mut Dice<'_>) -> Case {
    let Seed { name, bytes, records } = dice.of_these(images());
    let mut bytes = bytes.clone();
    let size = bytes.len();
    for _ in 0..=dice.below(5) {
        let near = [size, 65_536, 4096, 512][dice.below(4)].min(size);
        let from = if dice.one_in(3) { size - near } else { 0 };
        let at = from + dice.below(near);
        match dice.below(4) {
            0 => dice.damage(&mut bytes, at),
            _ => dice.put_odd_number(&mut bytes, at),
        }
    }
    if dice.one_in(8) {
        bytes.truncate(dice.below(size).max(1));
    }
    Case { name: name.clone(), bytes, expected: Expected::Records(records.clone()) }
}

/// A sound file, and the records of each of its logs.
pub(crate) struct Seed {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) records: Vec<u64>,
}

impl Seed {
    pub(crate) fn new(name: String, bytes: Vec<u8>) -> Seed {
        let records = read(&name, &bytes).map(|report| records(&report)).unwrap_or_default();
        Seed { name, bytes, records }
    }
}

fn images() -> &'static [Seed] {
    static SEEDS: OnceLock<Vec<Seed>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let volume = unpacked(include_bytes!("../seeds/volume.raw.gz"));
        let mut seeds = vec![Seed::new("volume.raw".into(), volume)];
        let more = std::env::var_os("WINLAST_IMAGES").map(PathBuf::from);
        for path in more.into_iter().flat_map(|folder| sorted_files(&folder)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let bytes = std::fs::read(&path).expect("an image can be read");
            if bytes.len() <= 20 << 20 && !name.starts_with("dirty") {
                seeds.push(Seed::new(name, bytes));
            }
        }
        seeds
    })
}

/// The files of a folder by name.
pub(crate) fn sorted_files(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files
}

/// What `gzip` packed.
pub(crate) fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).expect("a whole gzip file");
    bytes
}

/// Reads a file by the whole library, from a folder in memory where there is one.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<Report, Error> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = folder.join(format!("winlast-torture-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file can be written");
    let analysis = Analysis::of([&path]).on(&POOL).zip_password("infected").scan_mft(true);
    let report = analysis.run();
    std::fs::remove_dir_all(&folder).expect("it can be removed");
    report
}

/// The number of records of each log, without what was deleted.
fn records(report: &Report) -> Vec<u64> {
    let mut records: Vec<u64> = report.logs.iter().map(|log| log.records_read).collect();
    records.sort_unstable();
    records
}

/// Reads a file, and holds the report against what is expected.
pub(crate) fn check_file(case: &Case) -> Result<(), String> {
    let report = match read(&case.name, &case.bytes) {
        Ok(report) => report,
        // The exit code is 1, and the message says what was found instead.
        Err(Error::NoEvidence(_)) => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    consistent(&report)?;
    match &case.expected {
        Expected::Records(expected) if *expected != records(&report) && !report.is_incomplete() => {
            Err(format!("{:?} records of {expected:?}, and nothing says so", records(&report)))
        }
        _ => Ok(()),
    }
}

/// What holds of every report: all events are accounted for, and no row contradicts itself.
pub(crate) fn consistent(report: &Report) -> Result<(), String> {
    for (event_id, tally) in &report.accounting.events {
        if !tally.balances() {
            return Err(format!("event {event_id} is not accounted for: {tally:?}"));
        }
    }
    for (host, session) in report.sessions() {
        let epoch = session.boot_epoch;
        if epoch > 0 && !host.boots.iter().any(|boot| boot.epoch == epoch) {
            return Err(format!("a session of boot {epoch}, which has no row"));
        }
    }
    Ok(())
}

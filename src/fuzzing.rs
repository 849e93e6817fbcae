//! What fuzzing needs of the inside of the library. It is no part of its interface: it is there only with
//! the feature `fuzzing`, and may change with every version.

use crate::analysis::{self, Pool};
use crate::evidence::{LogFile, ReadAt};
use crate::evtx::{self, ReadSettings, RecordReaders};
use crate::model::{Accounting, Event, EventSet, LogId, Report};

/// Who reads the records of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// The fast reader and the crate, as in a run.
    AsInARun,
    /// The same, with the data of every record, also where a checksum protects it and nobody needs it.
    WithAllData,
    /// The crate alone, which reads the data of every record.
    CrateAlone,
}

/// Reads one log that begins with its file header.
pub fn read_log(pool: &Pool, source: Box<dyn ReadAt>, recover: bool, readers: Readers) -> EventSet {
    let readers = match readers {
        Readers::AsInARun => RecordReaders::FastAndCrate,
        Readers::WithAllData => RecordReaders::FastWithAllData,
        Readers::CrateAlone => RecordReaders::CrateAlone,
    };
    let settings = ReadSettings { recover, ..ReadSettings::default() };
    let log = LogFile::new("log".into(), 4096, source);
    evtx::read_log(analysis::read_pool(pool), log, &settings, readers)
}

/// Builds boots and sessions of these events, in the order in which they are given.
pub fn build(pool: &Pool, read: EventSet) -> Report {
    analysis::report_of(pool, read)
}

/// As [`build`], with the events counted anew, because they were changed.
pub fn build_changed(pool: &Pool, mut read: EventSet) -> Report {
    for (id, log) in (0..).map(LogId).zip(&mut read.logs) {
        let of_log = |event: &&Event| event.location.log == id;
        log.accounting = Accounting::default();
        log.accounting.add_read(read.events.iter().filter(of_log));
    }
    build(pool, read)
}

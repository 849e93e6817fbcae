//! The EVTX file format, written as Windows writes it.
//!
//! Sources: the format descriptions of the libevtx project and of [MS-EVEN6] (BinXML), and
//! logs of real machines where the two are silent.

mod binxml;
mod chunk;
mod file;
mod shape;
mod tables;

use crate::event::Record;
use crate::value::FileTime;

use chunk::ChunkBuilder;
pub use file::{CHUNK_SIZE, FILE_HEADER_SIZE, LogFile};

/// Which build of Windows writes: details of the encoding differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Build {
    /// Windows 7, and Windows 10 2004 and later: a nested payload begins with a fragment header,
    /// texts have no closing NUL.
    #[default]
    Current,
    /// Windows 10 1607 to 1809, Server 2016 and 2019: no fragment header before a nested payload,
    /// texts end in a NUL, absent values keep a size, legacy events lack `Version` and `Opcode`.
    Win10V1809,
}

/// How the XML of a record is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Form {
    /// As an instance of a template: what the event log service writes.
    #[default]
    Template,
    /// As a literal tree of text: what forwarded events look like.
    Literal,
}

/// What the header of a record says, apart from its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum HeaderForm {
    /// Id and time of the event.
    #[default]
    Native,
    /// Ids from 1 and one time for all: what exporting a selection makes.
    Exported(FileTime),
}

/// How a log is written.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// Build of Windows.
    pub build: Build,
    /// Templates or literal text.
    pub form: Form,
    /// Native or exported record headers.
    pub header: HeaderForm,
    /// Number of the first record in its file; differs from its id after a clear or rollover.
    pub first_number: u64,
    /// A chunk takes no more than this many records, however small they are.
    pub records_per_chunk: usize,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            build: Build::default(),
            form: Form::default(),
            header: HeaderForm::default(),
            first_number: 1,
            records_per_chunk: usize::MAX,
        }
    }
}

/// Writes records into chunks.
#[derive(Debug)]
pub struct LogWriter {
    options: LogOptions,
    chunks: Vec<Vec<u8>>,
    open: ChunkBuilder,
    next_number: u64,
    next_id: u64,
}

impl LogWriter {
    /// An empty log.
    pub fn new(options: LogOptions) -> Self {
        let first = options.first_number;
        Self {
            options,
            chunks: Vec::new(),
            open: ChunkBuilder::new(),
            next_number: first,
            next_id: 1,
        }
    }

    /// Appends a record; a new chunk is begun where the open one is full.
    ///
    /// # Panics
    /// If the record does not fit into an empty chunk.
    pub fn push(&mut self, record: &Record) {
        let number = self.next_number;
        let (id, time) = match self.options.header {
            HeaderForm::Native => (record.id, record.time),
            HeaderForm::Exported(time) => (number, time),
        };
        let stamp = chunk::Stamp { number, id, time };
        let full = self.open.records() >= self.options.records_per_chunk;
        if full || !self.open.push(record, stamp, &self.options) {
            self.seal();
            assert!(self.open.push(record, stamp, &self.options), "a record larger than a chunk");
        }
        self.next_number += 1;
        self.next_id = id + 1;
    }

    /// Closes the log.
    pub fn finish(mut self) -> LogFile {
        if self.open.records() > 0 || self.chunks.is_empty() {
            self.seal();
        }
        LogFile::new(self.chunks, self.next_id)
    }

    fn seal(&mut self) {
        let chunk = std::mem::replace(&mut self.open, ChunkBuilder::new());
        self.chunks.push(chunk.finish());
    }
}

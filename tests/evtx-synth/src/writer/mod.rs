//! The EVTX file format, written as Windows writes it.
//!
//! Sources: the format descriptions of the libevtx project and of [MS-EVEN6] (BinXML), and logs of
//! real computers where the two say nothing.

mod binxml;
mod chunk;
mod file;
mod shape;
mod tables;
mod tamper;

use crate::event::Record;
use crate::value::FileTime;

use chunk::ChunkBuilder;
pub use file::{CHUNK_SIZE, FILE_HEADER_SIZE, LogFile};

/// The build of Windows that writes the log. Builds differ in details of the encoding.
///
/// An event is stored *directly* when the service copies it from the buffers of the tracing
/// session, and *framed* when it was handed to the service as a finished fragment. A direct
/// payload has no fragment header, its texts end in a NUL, and absent values keep a size.
/// Legacy sources and the service itself always write framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Build {
    /// 7 to 8.1, Server 2008 R2 to 2012 R2: framed, but direct for what was buffered while the
    /// service did not run. Legacy events lack `Version`, `Opcode` and `Execution`.
    Windows7,
    /// 10 1507 to 1809, Server 2016 and 2019: direct. Legacy events as in Windows 7.
    Windows10V1809,
    /// 10 2004 to 22H2, Server 2022: direct.
    #[default]
    Windows10,
    /// 11: framed.
    Windows11,
}

impl Build {
    /// Whether a record is stored directly.
    fn is_direct(self, record: &Record) -> bool {
        let direct = match self {
            Self::Windows7 => record.buffered,
            Self::Windows10V1809 | Self::Windows10 => true,
            Self::Windows11 => false,
        };
        direct && !record.event.provider.classic
    }

    /// Whether legacy events have the short system part.
    fn has_short_legacy(self) -> bool {
        matches!(self, Self::Windows7 | Self::Windows10V1809)
    }
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

/// What the header of a record holds, apart from its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum HeaderForm {
    /// Id and time of the event.
    #[default]
    Native,
    /// Ids from 1, and one time for all records: an exported selection.
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
    /// The number of the first record in its file. It differs from the record id after the log was
    /// cleared or archived.
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

    /// Appends a record. If the present chunk is full, it begins a new one.
    ///
    /// # Panics
    /// If the record does not fit into an empty chunk.
    pub fn push(&mut self, record: &Record) {
        let (id, time) = match self.options.header {
            HeaderForm::Native => (record.id, record.time),
            HeaderForm::Exported(time) => (self.next_number, time),
        };
        self.push_with(record, id, time);
    }

    /// The same, with this number and time in the header of the record, whatever the record says.
    ///
    /// # Panics
    /// If the record does not fit into an empty chunk.
    pub fn push_with(&mut self, record: &Record, id: u64, time: FileTime) {
        let number = self.next_number;
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

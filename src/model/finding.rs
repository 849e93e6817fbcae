//! What an examiner must know besides the tables.

use super::words::words;
use super::{Event, LogId, Text, Timestamp};

words! {
    /// How much a finding matters.
    ///
    /// ```
    /// use winlast::model::{FindingCode, Severity};
    ///
    /// let report = winlast::Analysis::of(["sample-evtx-damaged"]).run()?;
    ///
    /// // One byte of one record is wrong: the record cannot be read, and the checksum of its chunk
    /// // shows that the chunk is not as Windows wrote it.
    /// let errors: Vec<FindingCode> = report
    ///     .findings
    ///     .iter()
    ///     .filter(|finding| finding.severity == Severity::Error)
    ///     .map(|finding| finding.code)
    ///     .collect();
    /// assert_eq!(errors, [FindingCode::ChunkChecksum, FindingCode::RecordUnreadable]);
    /// assert!(report.is_incomplete(), "severity alone decides");
    /// # Ok::<(), winlast::Error>(())
    /// ```
    Severity {
        /// For information; nothing is missing.
        Info = "info",
        /// Something is missing, odd or uncertain.
        Warning = "warning",
        /// Something that is or may be evidence could not be read completely, or is not as Windows wrote it.
        Error = "error",
    }
}

macro_rules! finding_codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $code:literal, $severity:ident;)+) => {
        words! {
            /// The stable code of a finding.
            FindingCode { $($(#[doc = $meaning])+ $name = $code,)+ }
        }

        impl FindingCode {
            /// How much a finding with this code matters. A finding of one code,
            /// [`EvidenceNotRead`](FindingCode::EvidenceNotRead), may matter less: see
            /// [`Finding::severity`].
            ///
            /// ```
            /// use winlast::model::{FindingCode, Severity};
            ///
            /// assert_eq!(FindingCode::LogShort.severity(), Severity::Error);
            /// assert_eq!(FindingCode::RecordGap.severity(), Severity::Warning);
            /// ```
            pub const fn severity(self) -> Severity {
                match self { $(FindingCode::$name => Severity::$severity,)+ }
            }
        }
    };
}

finding_codes! {
    /// The file cannot be opened or read.
    SourceUnreadable = "source-unreadable", Error;
    /// Named on the command line or ending in `.evtx`, but it is no event log and holds none.
    NotAnEventLog = "not-an-event-log", Error;
    /// A disk image cannot be read.
    ImageUnreadable = "image-unreadable", Error;
    /// The format of a disk image, or its variant of the format, is not supported.
    ImageUnsupported = "image-unsupported", Error;
    /// A file, a volume or an entry of an archive may hold logs, but its format is not supported. The
    /// severity is only `info` where nothing suggests logs of Windows.
    EvidenceNotRead = "evidence-not-read", Error;
    /// A disk image is damaged or incomplete; the rest was read.
    ImageIncomplete = "image-incomplete", Error;
    /// A partition table is damaged; the volumes that it still shows were read.
    PartitionsDamaged = "partitions-damaged", Error;
    /// A file system or shadow copy is damaged; the readable parts were read.
    VolumeDamaged = "volume-damaged", Error;
    /// The shadow copies of a volume are kept on another volume and were not read.
    ShadowCopiesElsewhere = "shadow-copies-elsewhere", Error;
    /// Nothing can be read of an NTFS volume: its boot sectors or its file table (`$MFT`) are gone.
    VolumeUnreadable = "volume-unreadable", Error;
    /// A folder of a volume lists a log, but the file record of the log is damaged: nothing of it was
    /// read.
    LogUnreadable = "log-unreadable", Error;
    /// A log is encrypted with the encrypting file system (EFS) and was not read.
    LogEncrypted = "log-encrypted", Error;
    /// A log is deduplicated: its data is in the chunk store of its volume and was not read.
    LogDeduplicated = "log-deduplicated", Error;
    /// A log is compressed by Compact OS (WOF) and was not read.
    LogWofCompressed = "log-wof-compressed", Error;
    /// The data of a log is elsewhere, in a cloud or on other storage, and was not read.
    LogElsewhere = "log-elsewhere", Error;
    /// A volume has logs in the folder of Windows, but no Security log: not there, and nowhere else on the
    /// disk under its usual name.
    SecurityLogMissing = "security-log-missing", Error;
    /// A log was deleted, but the disk still holds it or a part of it.
    DeletedLog = "deleted-log", Info;
    /// A collection is named after another host than its records.
    HostDiffers = "host-differs", Warning;
    /// Too many logs have the same computer name to compare them all: one computer may be shown as
    /// several.
    LogsNotJoined = "logs-not-joined", Warning;
    /// A volume is encrypted with BitLocker and was not read.
    BitLockerVolume = "bitlocker-volume", Error;
    /// An archive, or an entry of one, cannot be read.
    ArchiveUnreadable = "archive-unreadable", Error;
    /// Entries of an archive are encrypted, and the password is missing or wrong.
    ZipEncrypted = "zip-encrypted", Error;
    /// An archive unpacks to far more data than evidence does; it was not read to its end.
    ZipBomb = "zip-bomb", Error;
    /// A case folder was given or found, but it cannot be used: it has no
    /// `events.jsonl.gz`, is of another version, was changed, or is not complete. Or parts of a fleet are missing.
    CaseNotRead = "case-not-read", Error;
    /// Records for hops were not used, because several computers have the computer name of these records.
    HopsLeftOut = "hops-left-out", Warning;
    /// `--hops` was given, but a case was made without it and lacks the records for it.
    CaseWithoutHops = "case-without-hops", Warning;
    /// Something was not read or not used, because it needs more memory than `--memory` allows.
    MemoryLimit = "memory-limit", Error;

    /// The log ends inside a chunk.
    LogTruncated = "log-truncated", Error;
    /// The log holds fewer chunks or records than its file header counts.
    LogShort = "log-short", Error;
    /// The log changed while it was read: its size changed, or it ended early.
    LogChanged = "log-changed", Error;
    /// The file header is damaged; the chunks were read nevertheless.
    FileHeaderDamaged = "file-header-damaged", Error;
    /// The log was closed in order, but its file header names another last record, or another oldest or
    /// newest chunk, than the log holds.
    FileHeaderDiffers = "file-header-differs", Error;
    /// The file header counts fewer chunks than the file holds: the log was not closed.
    ChunkCountWrong = "chunk-count-wrong", Info;
    /// A 64 KiB slot holds data but is no chunk.
    ChunkDamaged = "chunk-damaged", Error;
    /// A chunk's checksum does not match; its readable records were kept.
    ChunkChecksum = "chunk-checksum", Error;
    /// A chunk is at a place where Windows writes none, because bytes before it are missing or were
    /// inserted; its records were recovered.
    ChunkOffGrid = "chunk-off-grid", Error;
    /// Template definitions of a chunk are damaged; its records were recovered with the definitions of other
    /// chunks.
    DefinitionBorrowed = "definition-borrowed", Error;
    /// The record numbers in the header of a chunk are not those of its records.
    ChunkNumbersDiffer = "chunk-numbers-differ", Error;
    /// The same record numbers are in two chunks of a log.
    ChunksDoubled = "chunks-doubled", Error;
    /// The chunks of a log are not in the order in which Windows writes them.
    ChunksOutOfOrder = "chunks-out-of-order", Error;
    /// Record numbers are missing at the beginning of a log that was never full, or between two chunks.
    ChunksMissing = "chunks-missing", Error;
    /// The header of a chunk is out of date: records after the end that the header gives were read too.
    StaleFreeSpace = "stale-free-space", Info;
    /// A record could not be read.
    RecordUnreadable = "record-unreadable", Error;
    /// A value of a record does not have the size of its type and was left out; the other values were read.
    ValueDamaged = "value-damaged", Error;
    /// A record is hidden inside another one, which was enlarged to cover it; it was recovered as far as
    /// it can be read.
    RecordHidden = "record-hidden", Error;
    /// The header of a record has another number than `EventRecordID`. In an export most numbers
    /// differ, and some times too. If no time differs, somebody changed the numbers.
    RecordNumberDiffers = "record-number-differs", Error;
    /// The header of a record has another time than `TimeCreated`.
    RecordTimeDiffers = "record-time-differs", Error;
    /// A record of the Security log has the Event ID of a logon, a logoff, a failed logon or explicit
    /// credentials, but not their provider. It is used for no session.
    ProviderForeign = "provider-foreign", Error;
    /// A record without provider, channel or computer: what is left of a damaged chunk, and no event.
    GhostRecord = "ghost-record", Error;
    /// An event that winlast uses lacks a field that it needs.
    FieldMissing = "field-missing", Warning;
    /// Records were recovered: carved from free space, from within other records, or from damaged chunks.
    RecordsRecovered = "records-recovered", Info;
    /// Recovered records of the Local Session Manager or of Winlogon (7001, 7002): no row uses them, because a
    /// recovered record may be of any boot, and these have no Logon ID. They are in `events.jsonl.gz`.
    RecoveredDesktops = "recovered-desktops", Info;

    /// Record IDs are missing inside a log.
    RecordGap = "record-gap", Warning;
    /// One record ID holds two different records.
    RecordConflict = "record-conflict", Warning;
    /// A log is a selection (exported or forwarded): that an event is not in it proves nothing.
    LogSelection = "log-selection", Info;
    /// A log was cleared.
    LogCleared = "log-cleared", Warning;
    /// A log was full and stopped recording.
    LogFull = "log-full", Warning;
    /// A log was archived: the archive holds the records before this log.
    LogArchived = "log-archived", Info;
    /// Audit events were dropped.
    AuditDropped = "audit-dropped", Warning;
    /// An event could not be written (1108).
    EventLost = "event-lost", Warning;
    /// Security has no logoff event at all, and another channel recorded a logoff that Security covers:
    /// logoff auditing was off.
    LogoffAuditingOff = "logoff-auditing-off", Warning;
    /// Security has no logoff event at all, although several desktops of one account or many logons
    /// make that unlikely: logoff auditing was probably off.
    LogoffAuditingSuspected = "logoff-auditing-suspected", Warning;

    /// A boot that ended without a shutdown.
    Crash = "crash", Warning;
    /// A boot known from the System log that the Security log does not show, or the reverse.
    BootInOneChannel = "boot-in-one-channel", Warning;
    /// One boot is only in Security, another one only in System. Only their times say which came first, and
    /// that they are two boots.
    BootOrderByClock = "boot-order-by-clock", Warning;
    /// The boot counter of Windows (`LastBootId`) counts boots that no log shows.
    BootsWithoutEvents = "boots-without-events", Warning;
    /// The clock was set by more than a second.
    ClockStep = "clock-step", Info;
    /// Boots overlap in time because the clock was set back.
    EpochsOverlap = "epochs-overlap", Warning;
    /// The computer was renamed.
    ComputerRenamed = "computer-renamed", Info;
    /// A boot was recognised without its 4608, or without any record of its start.
    BootInferred = "boot-inferred", Info;
    /// Another boot may have begun here, but the evidence is too weak: the tables have no such boot.
    BootSuspected = "boot-suspected", Warning;
    /// A condition that is true in every undamaged log is not true here. Check this place by hand.
    SelfCheck = "self-check", Warning;

    /// A desktop session in a cleanly closed boot has no 4647.
    InitiatedExpected = "initiated-expected", Warning;
    /// Two 4624 with one Logon ID in one boot.
    LogonRepeated = "logon-repeated", Warning;
    /// A session has a second 4634 or 4647.
    EndRepeated = "end-repeated", Warning;
    /// A session has no 4624, although the log has the start of its boot.
    LogonMissing = "logon-missing", Info;

    /// Ten logons or more from one source, or of one account, failed within ten minutes because the name or
    /// the password was wrong, or the account was locked out. A service with an old password looks like that, too.
    PasswordGuessing = "password-guessing", Warning;
    /// An account was logged on within half an hour after five or more of its logons had failed because the
    /// name or the password was wrong, or the account was locked out.
    SuccessAfterFailures = "success-after-failures", Warning;
}

/// Something that an examiner must know besides the sessions: one row of findings.csv.
///
/// ```
/// use winlast::model::FindingCode;
///
/// let report = winlast::Analysis::of(["sample-evtx/cleared"]).run()?;
/// let cleared = report
///     .findings
///     .iter()
///     .find(|finding| finding.code == FindingCode::LogCleared)
///     .expect("the log begins with a 1102");
/// assert_eq!(cleared.record_id, Some(48_211));
/// assert_eq!(&*cleared.computer, "FS02.contoso.local");
/// assert!(cleared.message.contains(r"CONTOSO\Administrator"));
/// # Ok::<(), winlast::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// What it is about.
    pub code: FindingCode,
    /// The computer that it concerns; empty for evidence as such.
    pub computer: Text,
    /// The boot epoch that it concerns.
    pub boot_epoch: Option<u32>,
    /// The time that it concerns, in most cases that of the record.
    pub time: Option<Timestamp>,
    /// The log that it concerns.
    pub log: Option<LogId>,
    /// The record that it concerns: its `EventRecordID`.
    pub record_id: Option<u64>,
    /// One sentence for the examiner: what, where and why.
    pub message: String,
    /// How much it matters: as its code says, unless nothing suggests that evidence is concerned.
    pub severity: Severity,
}

impl Finding {
    /// A finding about one record, whose epoch may be known.
    pub fn about(
        code: FindingCode,
        boot_epoch: Option<u32>,
        event: &Event,
        message: impl Into<String>,
    ) -> Finding {
        Finding {
            boot_epoch,
            time: Some(event.time),
            log: Some(event.location.log),
            record_id: Some(event.record_id),
            ..Finding::new(code, message)
        }
    }

    /// A finding with nothing but its message; set what else is known.
    pub fn new(code: FindingCode, message: impl Into<String>) -> Finding {
        Finding {
            code,
            computer: "".into(),
            boot_epoch: None,
            time: None,
            log: None,
            record_id: None,
            message: message.into(),
            severity: code.severity(),
        }
    }

    /// Whether evidence is concerned that was not read wholly, or is not as Windows wrote it. The
    /// verdict on a log and the exit code follow from this alone.
    pub fn is_loss(&self) -> bool {
        self.severity == Severity::Error
    }
}

//! Formats that can hold logs and that are not read: each is named by its content, with what to do.

use super::bytes::has;
use super::ntfs::is_former_windows;
use super::read_at::ReadAt;
use crate::model::{Finding, FindingCode, Severity};
use std::io;
use std::path::Path;

/// A format that is known and not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnreadFormat {
    /// Its name with its article.
    name: &'static str,
    /// What the examiner can do.
    advice: &'static str,
    place: Place,
    magics: &'static [&'static [u8]],
    /// Endings of the names, in small letters, by which an entry of an archive is known where its magic
    /// lies behind what is unpacked of it at first.
    endings: &'static [&'static str],
    holds: Holds,
}

/// Where the magic of a format lies, in bytes.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// From the beginning.
    Start(usize),
    /// From the end.
    End(u64),
}

/// What files of a format hold.
#[derive(Debug, PartialEq, Eq)]
enum Holds {
    /// Disks, evidence or logs: nothing else is kept in it.
    Evidence,
    /// Any files. Windows itself and its programs have thousands of such archives.
    Anything,
}

const UNPACK: &str = "unpack it and give the files";
const CONVERT: &str = "convert it, or export raw";
const RESTORE: &str = "restore it with its own program and give the disk or the files";

/// The beginning of a file that holds most magics; the others are looked for by themselves.
const HEAD: usize = 512;
/// Where the first descriptor of an ISO 9660 or UDF volume has its magic.
const ISO: usize = 32_769;

macro_rules! formats {
    ($($name:literal: $holds:ident, $advice:ident, $place:ident($at:literal) $magics:expr;)+) => {
        &[$(UnreadFormat {
            name: $name,
            advice: $advice,
            place: Place::$place($at),
            magics: &$magics,
            endings: &[],
            holds: Holds::$holds,
        },)+]
    };
}

const FORMATS: &[UnreadFormat] = formats! {
    "a RAR archive": Anything, UNPACK, Start(0) [b"Rar!\x1a\x07"];
    "a part of a split zip": Evidence, JOIN, Start(0) [b"PK\x07\x08"];
    "a cabinet (CAB)": Anything, UNPACK, Start(0) [b"MSCF\0\0\0\0"];
    "a WIM image": Anything, UNPACK, Start(0) [b"MSWIM\0\0\0"];
    "an lz4 file": Anything, UNPACK, Start(0) [b"\x04\x22\x4d\x18"];
    "an lzip file": Anything, UNPACK, Start(0) [b"LZIP\x01"];
    "a file of compress (.Z)": Anything, UNPACK, Start(0) [b"\x1f\x9d\x90"];
    "a cpio archive": Anything, UNPACK, Start(0) [b"070701", b"070702", b"070707"];
    "an Ex01 image (EWF2)": Evidence, CONVERT, Start(0) [b"EVF2\r\n\x81\0"];
    "an Lx01 image (EWF2 logical evidence)": Evidence, CONVERT, Start(0) [b"LEF2\r\n\x81\0"];
    "an L01 image (logical evidence)": Evidence, CONVERT, Start(0) [b"LVF\x09\x0d\x0a\xff\0"];
    "an AFF image (version 1)": Evidence, CONVERT, Start(0) [b"AFF10\r\n\0", b"AFFLIB"];
    "an AD1 image": Evidence, CONVERT, Start(0) [b"ADSEGMENTEDFILE\0", b"ADLOGICALIMAGE\0"];
    "an encrypted image (AD encryption)": Evidence, CONVERT, Start(0) [b"ADCRYPT\0"];
    "a QED image": Evidence, CONVERT, Start(0) [b"QED\0"];
    "a Parallels image": Evidence, CONVERT, Start(0) [b"WithoutFreeSpace", b"WithouFreSpacExt"];
    "a Proxmox backup (VMA)": Evidence, RESTORE, Start(0) [b"VMA\0"];
    "a Veeam backup (VBK)": Evidence, RESTORE, Start(8) [b"\x03\0\0\0md5"];
    "an Acronis backup (TIB)": Evidence, RESTORE, Start(0) [b"\xce\x24\xb9\xa2"];
    "a Windows backup (BKF)": Evidence, RESTORE, Start(0) [b"TAPE\0\0"];
    "a log of Windows XP or Server 2003 (.evt), whose format is another one": Evidence, CONVERT_LOG,
        Start(4) [b"LfLe"];
};

const JOIN: &str = "put it into the folder of its last part, which is named .zip";
const CONVERT_LOG: &str = "open it on Windows and save it as .evtx";

/// Formats whose magic does not lie in the beginning.
const ELSEWHERE: &[UnreadFormat] = &[
    UnreadFormat {
        name: "an ISO 9660 or UDF image",
        advice: "mount it, or unpack it, and give the files",
        place: Place::Start(ISO),
        magics: &[b"CD001", b"BEA01"],
        endings: &["iso", "udf"],
        holds: Holds::Anything,
    },
    UnreadFormat {
        name: "an Apple disk image (DMG)",
        advice: CONVERT,
        place: Place::End(512),
        magics: &[b"koly"],
        endings: &["dmg"],
        holds: Holds::Anything,
    },
    UnreadFormat {
        name: "a Macrium Reflect image",
        advice: RESTORE,
        place: Place::End(12),
        magics: &[b"MACRIUM_FILE"],
        endings: &["mrimg", "mrbak", "mrimgx", "mrbakx"],
        holds: Holds::Evidence,
    },
];

impl UnreadFormat {
    /// The format of a file; `None` when it is no format that is known and not read.
    ///
    /// # Errors
    /// When the medium fails.
    pub(super) fn of(source: &dyn ReadAt) -> io::Result<Option<&'static UnreadFormat>> {
        let mut head = [0; HEAD];
        let length = source.read_at(0, &mut head)?;
        let head = head.get(..length).unwrap_or_default();
        if let Some(format) = FORMATS.iter().find(|format| format.fits_head(head)) {
            return Ok(Some(format));
        }
        for format in ELSEWHERE {
            let at = match format.place {
                Place::Start(at) => Some(at as u64),
                Place::End(back) => source.size().checked_sub(back),
            };
            let mut magic = [0; 12];
            if let Some(at) = at
                && at < source.size()
                && source.read_at(at, &mut magic)? > 0
                && format.magics.iter().any(|known| magic.starts_with(known))
            {
                return Ok(Some(format));
            }
        }
        Ok(None)
    }

    /// The format of an entry of an archive of which only the first bytes are unpacked.
    pub(super) fn of_entry(head: &[u8], name: &str) -> Option<&'static UnreadFormat> {
        let by_head = FORMATS.iter().find(|format| format.fits_head(head));
        by_head.or_else(|| ELSEWHERE.iter().find(|format| is_named(name, format.endings)))
    }

    fn fits_head(&self, head: &[u8]) -> bool {
        match self.place {
            Place::Start(at) => self.magics.iter().any(|magic| has(head, at, magic)),
            Place::End(_) => false,
        }
    }

    /// The finding that the file at this display path was not read.
    pub(super) fn finding(&self, path: &str, relevance: Relevance) -> Finding {
        let message = format!("{path}: {} is not read: {}", self.name, self.advice);
        let severity = match (&self.holds, relevance) {
            (Holds::Anything, Relevance::PartOfASystem) => Severity::Info,
            _ => Severity::Error,
        };
        not_read(message, severity)
    }
}

/// The finding that something was not read which can hold logs.
pub(super) fn not_read(message: String, severity: Severity) -> Finding {
    Finding { severity, ..Finding::new(FindingCode::EvidenceNotRead, message) }
}

/// The finding about a file that is named as a disk, or begins as one, and holds nothing that is known.
pub(super) fn no_known_disk(path: &str, relevance: Relevance) -> Finding {
    let message =
        format!("{path}: not a known disk image: it has no known partition table or volume");
    let severity = match relevance {
        Relevance::Evidence => Severity::Error,
        Relevance::PartOfASystem => Severity::Info,
    };
    not_read(message, severity)
}

/// The finding about a file that is named as an archive and is none. Below the folders of a system there
/// are too many of them to be named.
pub(super) fn no_known_archive(path: &str, relevance: Relevance) -> Option<Finding> {
    let message = format!(
        "{path}: the archive cannot be read: its name is that of an archive, but its content is not"
    );
    (relevance == Relevance::Evidence)
        .then(|| Finding::new(FindingCode::ArchiveUnreadable, message))
}

/// Whether a file was collected as evidence, or only lies where every system has such files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relevance {
    Evidence,
    PartOfASystem,
}

/// Folders of an installed system, in small letters: what lies below them is there by itself.
const SYSTEM_FOLDERS: [&str; 16] = [
    "windows",
    "recovery",
    "program files",
    "program files (x86)",
    "programdata",
    "users",
    "documents and settings",
    "$recycle.bin",
    "system volume information",
    "usr",
    "var",
    "lib",
    "opt",
    "boot",
    "home",
    "library",
];
/// What a name of evidence may hold, in small letters.
const NAMES_OF_LOGS: [&str; 4] = ["evtx", "winevt", "eventlog", "event log"];

impl Relevance {
    /// Of a file by its path below the folder that was given, or within its archive.
    pub(super) fn of(path: &str) -> Relevance {
        let path = path.to_lowercase();
        if NAMES_OF_LOGS.iter().any(|name| path.contains(name)) {
            return Relevance::Evidence;
        }
        let mut folders = path.split(['/', '\\']);
        folders.next_back();
        match folders.any(|folder| SYSTEM_FOLDERS.contains(&folder) || is_former_windows(folder)) {
            true => Relevance::PartOfASystem,
            false => Relevance::Evidence,
        }
    }
}

/// Whether these are the attributes that macOS keeps in the folder of a file on other file systems, in a file of
/// nearly the same name: `._Security.evtx` holds nothing of `Security.evtx`.
pub(super) fn is_shadow_of_macos(name: &str, head: &[u8]) -> bool {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    name.starts_with("._") && has(head, 0, &[0, 5, 0x16, 7])
}

/// Whether the name has one of these endings, in any case.
pub(super) fn is_named(name: &str, endings: &[&str]) -> bool {
    let ending = Path::new(name).extension();
    ending.is_some_and(|own| endings.iter().any(|ending| own.eq_ignore_ascii_case(ending)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::in_memory::InMemory;

    fn name_of(bytes: Vec<u8>) -> Option<&'static str> {
        UnreadFormat::of(&InMemory::from(bytes)).unwrap().map(|format| format.name)
    }

    #[test]
    fn every_format_is_known_by_its_content() {
        for format in FORMATS.iter().chain(ELSEWHERE) {
            for magic in format.magics {
                let mut bytes = vec![b'x'; 70_000];
                let at = match format.place {
                    Place::Start(at) => at,
                    Place::End(back) => bytes.len() - back as usize,
                };
                bytes[at..at + magic.len()].copy_from_slice(magic);
                assert_eq!(name_of(bytes), Some(format.name));
            }
        }
        assert_eq!(name_of(vec![b'x'; 70_000]), None);
        assert_eq!(name_of(Vec::new()), None);
        assert_eq!(name_of(b"Rar".to_vec()), None);
    }

    #[test]
    fn what_every_system_has_is_only_good_to_know() {
        let severity = |magic: &[u8], path: &str| {
            let format = UnreadFormat::of_entry(magic, path).unwrap();
            format.finding(path, Relevance::of(path)).severity
        };
        for (path, expected) in [
            ("host1/triage.rar", Severity::Error),
            ("C/Users/alice/Downloads/game.rar", Severity::Info),
            ("c/users/alice/evtx.rar", Severity::Error),
            ("Windows.rar", Severity::Error),
        ] {
            assert_eq!(severity(b"Rar!\x1a\x07\x01\0", path), expected, "{path}");
        }
        assert_eq!(severity(b"EVF2\r\n\x81\0", "Users/a/x.Ex01"), Severity::Error);
        assert_eq!(severity(b"nothing", "x.iso"), Severity::Error);
        let message = UnreadFormat::of_entry(b"MSCF\0\0\0\0", "x").unwrap();
        let message = message.finding("a/b.bin", Relevance::Evidence).message;
        assert_eq!(message, "a/b.bin: a cabinet (CAB) is not read: unpack it and give the files");
    }

    #[test]
    fn shadows_of_macos_are_known_by_name_and_content() {
        assert!(is_shadow_of_macos("__MACOSX/a/._Security.evtx", &[0, 5, 0x16, 7, 0]));
        assert!(!is_shadow_of_macos("._Security.evtx", b"ElfFile\0"));
        assert!(!is_shadow_of_macos("Security.evtx", &[0, 5, 0x16, 7, 0]));
    }
}

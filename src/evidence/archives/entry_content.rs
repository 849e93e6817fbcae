//! What an entry of an archive is, by its first bytes and its name.

use crate::evidence::bytes::has;
use crate::evidence::identify::{Identity, LogSearch, identify, is_named_log};
use crate::evidence::images::{is_image_head, is_named_image, part_name};
use crate::evidence::in_memory::InMemory;
use crate::evidence::partitions::may_be_disk;
use crate::evidence::unread::{UnreadFormat, is_named, is_shadow_of_macos};
use std::collections::HashSet;

/// What an entry of an archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::evidence) enum EntryKind {
    Log,
    /// Named `.evtx`, but without an event log's header or first chunk.
    ClaimedLog,
    /// A disk image, by its content or its name.
    Image,
    /// By its name a part of a file that was cut into several.
    Part,
}

/// What an entry is that may hold logs, or that is to be named; `A`: a format of archives.
pub(super) enum EntryContent<A> {
    Evidence(EntryKind),
    Archive(A),
    Unread(&'static UnreadFormat),
}

impl<A> EntryContent<A> {
    /// What an entry is that begins with `head`, as an archive of the format `archive` does; `None` when it
    /// can hold no logs.
    pub(super) fn of(head: &[u8], name: &str, archive: Option<A>) -> Option<EntryContent<A>> {
        let log = identify(&InMemory::from(head.to_vec()), LogSearch::Beginning);
        if is_shadow_of_macos(name, head) {
            None
        } else if matches!(log, Ok(Identity::Log(_))) {
            Some(EntryContent::Evidence(EntryKind::Log))
        } else if is_named(name, &["evtx"]) {
            Some(EntryContent::Evidence(EntryKind::ClaimedLog))
        } else if has(head, 0, SPLIT_ZIP)
            && matches!(zip_part(name), Some(ZipPart { number: 1, .. }))
        {
            Some(EntryContent::Evidence(EntryKind::Part))
        } else if let Some(format) = archive {
            Some(EntryContent::Archive(format))
        } else if is_image_head(head) {
            Some(EntryContent::Evidence(EntryKind::Image))
        } else if let Some(format) = UnreadFormat::of_entry(head, name) {
            Some(EntryContent::Unread(format))
        } else if is_named_image(name) || may_be_disk(head) {
            Some(EntryContent::Evidence(EntryKind::Image))
        } else if is_named(name, &["zip"]) {
            // Its end says whether other data lies before the archive, or whether it is the last part.
            Some(EntryContent::Evidence(EntryKind::Part))
        } else {
            None
        }
    }
}

/// Whether a packed file that begins with `head` may hold logs, or is to be named.
pub(super) fn may_hold_logs(head: &[u8], name: &str) -> bool {
    EntryContent::of(head, name, None::<()>).is_some()
}

/// Whether an entry of this name is worth looking into an archive that nobody named as evidence.
pub(super) fn may_be_opened_by_name(name: &str) -> bool {
    is_named_log(name) || is_named_image(name) || is_named(name, &["zip", "7z", "gz", "tar"])
}

/// The name of a part of a split zip, except its last one.
pub(super) struct ZipPart<'a> {
    pub(super) stem: &'a str,
    /// From 1.
    pub(super) number: u32,
}

/// A name such as `a.z01`; `None` when a file is named otherwise.
pub(super) fn zip_part(name: &str) -> Option<ZipPart<'_>> {
    let (stem, ending) = name.rsplit_once('.')?;
    let digits = ending.strip_prefix(['z', 'Z'])?;
    let is_number = digits.len() >= 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    Some(ZipPart { stem, number: digits.parse().ok().filter(|number| is_number && *number > 0)? })
}

/// The beginning of the first part of a split zip.
const SPLIT_ZIP: &[u8] = b"PK\x07\x08";

/// The entries that may be parts of a file that was cut: their display paths in small letters.
#[derive(Default)]
pub(super) struct PartsFound(HashSet<String>);

impl PartsFound {
    /// Whether an entry with this content is a part of a file that was cut, although its content says
    /// something else, or nothing.
    pub(super) fn is_part<A>(&self, path: &str, content: Option<&EntryContent<A>>) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or_default();
        let has = |name: &str| self.0.contains(&format!("{folder}/{name}").to_lowercase());
        if let Some(ZipPart { stem, number }) = zip_part(name) {
            // A later part may begin with any bytes, because the archive was cut anywhere.
            return number > 1 && has(&format!("{stem}.z{:02}", number - 1));
        }
        match (content, part_name(name)) {
            (None, Some(part)) => part.before().is_some_and(|before| has(&before)),
            (Some(EntryContent::Archive(_)), Some(part)) if part.is_first() => true,
            (Some(EntryContent::Archive(_)), _) => {
                let stem = name.rsplit_once('.').filter(|_| is_named(name, &["zip"]));
                stem.is_some_and(|(stem, _)| has(&format!("{stem}.z01")))
            }
            _ => false,
        }
    }

    /// Notes an entry that was found.
    pub(super) fn note(&mut self, path: &str, kind: EntryKind) {
        let is_first = || part_name(path).is_some_and(|part| part.is_first());
        if kind == EntryKind::Part || is_first() {
            self.0.insert(path.to_lowercase());
        }
    }
}

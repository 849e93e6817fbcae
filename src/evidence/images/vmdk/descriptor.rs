//! The text that describes a VMDK: its extents and its parent.
//!
//! Written from VMware's "Virtual Disk Format 5.0".

use crate::evidence::limits;
use crate::evidence::read_at::{damaged, unsupported};
use std::io;

/// First bytes of a descriptor that is a file of its own.
pub(super) const SIGNATURE: &[u8] = b"# Disk DescriptorFile";

/// What a descriptor says of the disk.
#[derive(Debug, Default)]
pub(super) struct Descriptor {
    /// CID: identifies this state of the disk.
    pub(super) id: String,
    pub(super) parent: Option<ParentReference>,
    pub(super) extents: Vec<Extent>,
}

/// The parent that a disk was made from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ParentReference {
    /// CID of the state that the parent was in.
    pub(super) id: String,
    /// Where the parent was.
    pub(super) path: String,
}

/// A part of the disk.
#[derive(Debug)]
pub(super) struct Extent {
    /// Length in bytes.
    pub(super) length: u64,
    pub(super) kind: ExtentKind,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum ExtentKind {
    Sparse {
        file: String,
    },
    /// Raw bytes of a file, from an offset.
    Flat {
        file: String,
        offset: u64,
    },
    Zero,
}

/// Reads the text of a descriptor.
///
/// # Errors
/// When an extent cannot be right or is of a kind that is not read.
pub(super) fn parse(text: &[u8]) -> io::Result<Descriptor> {
    let text = String::from_utf8_lossy(text);
    let mut descriptor = Descriptor::default();
    let (mut parent_id, mut parent_path) = (String::new(), String::new());
    // The sectors of the text are filled up with zeros.
    for line in text.split('\0').next().unwrap_or_default().lines().map(str::trim) {
        if let Some(extent) = extent(line)? {
            if descriptor.extents.len() >= limits::VMDK_EXTENTS {
                return Err(damaged(format!("above {} extents", limits::VMDK_EXTENTS)));
            }
            descriptor.extents.push(extent);
        } else if let Some((key, value)) = line.split_once('=') {
            let value = value.trim().trim_matches('"').to_owned();
            match key.trim().to_ascii_lowercase().as_str() {
                "cid" => descriptor.id = value,
                "parentcid" => parent_id = value,
                "parentfilenamehint" => parent_path = value,
                _ => {}
            }
        }
    }
    if !parent_id.is_empty() && !parent_id.eq_ignore_ascii_case("ffffffff") {
        descriptor.parent = Some(ParentReference { id: parent_id, path: parent_path });
    }
    Ok(descriptor)
}

/// The extent that a line describes, if it is such a line: `RW 4192256 SPARSE "disk-s001.vmdk"`, `RW 63 FLAT "disk-flat.vmdk" 0`, `RW 12 ZERO`.
fn extent(line: &str) -> io::Result<Option<Extent>> {
    let (before, file, after) = match line.split_once('"') {
        Some((before, rest)) => match rest.rsplit_once('"') {
            Some((file, after)) => (before, Some(file.to_owned()), after),
            None => return Ok(None),
        },
        None => (line, None, ""),
    };
    let words: Vec<&str> = before.split_whitespace().collect();
    let [access, sectors, kind] = words.as_slice() else { return Ok(None) };
    if !matches!(*access, "RW" | "RDONLY" | "NOACCESS") {
        return Ok(None);
    }
    let bytes = |sectors: &str| -> io::Result<u64> {
        let length = sectors.parse::<u64>().ok().and_then(|sectors| sectors.checked_mul(512));
        let length = length.filter(|length| *length <= limits::DISK_SIZE);
        length.ok_or_else(|| damaged(format!("the extent line {line:?} cannot be right")))
    };
    let kind = match (*kind, file) {
        ("ZERO", None) => ExtentKind::Zero,
        ("SPARSE", Some(file)) => ExtentKind::Sparse { file },
        ("FLAT" | "VMFS", Some(file)) => {
            let offset = after.split_whitespace().next().map_or(Ok(0), bytes)?;
            ExtentKind::Flat { file, offset }
        }
        (kind, _) => return Err(unsupported(format!("VMDK extents of type {kind} are not read"))),
    };
    Ok(Some(Extent { length: bytes(sectors)?, kind }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_and_parent_are_read() {
        let text = b"# Disk DescriptorFile\r\nversion=1\r\nCID=12ab\nparentCID=FFFFFFFF\n\
            RW 4192256 SPARSE \"a b-s001.vmdk\"\nRW 63 FLAT \"x-flat.vmdk\" 2\n RDONLY 1 ZERO\n\
            # RW 9 ZERO\nddb.comment = \"RW 1 ZERO\"\n\0RW 7 ZERO";
        let descriptor = parse(text).unwrap();
        assert_eq!((descriptor.id.as_str(), &descriptor.parent), ("12ab", &None));
        let extents: Vec<_> =
            descriptor.extents.iter().map(|extent| (extent.length / 512, &extent.kind)).collect();
        let flat = ExtentKind::Flat { file: "x-flat.vmdk".into(), offset: 1024 };
        let sparse = ExtentKind::Sparse { file: "a b-s001.vmdk".into() };
        assert_eq!(extents, [(4_192_256, &sparse), (63, &flat), (1, &ExtentKind::Zero)]);

        let child = parse(b"parentCID=0a\nparentFileNameHint=\"C:\\vm\\base.vmdk\"").unwrap();
        assert_eq!(
            child.parent,
            Some(ParentReference { id: "0a".into(), path: "C:\\vm\\base.vmdk".into() })
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let kind = |text: &[u8]| parse(text).unwrap_err().kind();
        assert_eq!(kind(b"RW 1 SESPARSE \"x\""), io::ErrorKind::Unsupported);
        assert_eq!(kind(b"RW 99999999999999999999 ZERO"), io::ErrorKind::InvalidData);
    }
}

//! The parent of a differencing VHDX, as its metadata name it.

use super::header::HeaderInForce;
use crate::evidence::bytes::{array_or_zeros, guid_text, le16, le32, utf16_text};
use crate::evidence::images::image::ImageFile;
use crate::evidence::limits;
use crate::evidence::read_at::{ReadAt, damaged, read_vec_at, unsupported};
use std::io;
use std::sync::Arc;

/// The type of locator that the specification knows, as it lies in the file.
const VHDX_LOCATOR: [u8; 16] = *b"\xb7\xef\x4a\xb0\x9e\xd1\x81\x4a\xb7\x89\x25\xb8\xe9\x44\x59\x13";

/// How a child finds its parent.
pub(super) struct ParentLocator {
    /// Paths, the best first. Only their last part counts.
    paths: Vec<String>,
    /// The states that the parent may be in, each the text of a GUID.
    linkages: Vec<String>,
}

impl ParentLocator {
    /// Reads the metadata item at `at`, of `length` bytes.
    ///
    /// # Errors
    /// When it is damaged or of another type.
    pub(super) fn read(source: &dyn ReadAt, at: u64, length: u32) -> io::Result<ParentLocator> {
        let item = read_vec_at(source, at, length.into(), limits::VHDX_LOCATOR)?;
        if array_or_zeros::<16>(&item, 0) != VHDX_LOCATOR {
            return Err(unsupported("its parent is named in a way that is not known"));
        }
        let pairs = item.get(20..).unwrap_or_default().chunks_exact(12);
        let pairs =
            pairs.take(usize::from(le16(&item, 18)).min(limits::VHDX_LOCATOR_PAIRS)).map(|pair| {
                let text = |offset, length| {
                    let (from, length) =
                        (le32(pair, offset) as usize, usize::from(le16(pair, length)));
                    utf16_text(item.get(from..from.saturating_add(length)).unwrap_or_default())
                };
                (text(0, 8), text(4, 10))
            });
        let pairs: Vec<(String, String)> = pairs.collect();
        let values = |names: &[&str]| -> Vec<String> {
            let of =
                |name: &&str| pairs.iter().find(|(key, _)| key == name).map(|(_, v)| v.clone());
            names.iter().filter_map(of).collect()
        };
        Ok(ParentLocator {
            paths: values(&["relative_path", "volume_path", "absolute_win32_path"]),
            linkages: values(&["parent_linkage", "parent_linkage2"]),
        })
    }
}

/// Opens the parent, which must be in the very state that the child was made from.
///
/// # Errors
/// When it is missing, damaged, or has been changed since.
pub(super) fn open(locator: &ParentLocator, file: &ImageFile<'_>) -> io::Result<Arc<dyn ReadAt>> {
    let Some(path) = locator.paths.first() else {
        return Err(damaged("it does not say which disk its parent is"));
    };
    let (name, source) = file.open_part(path, "parent")?;
    let state = guid_text(HeaderInForce::read(&*source)?.data_write_id);
    if !locator
        .linkages
        .iter()
        .any(|known| known.trim_matches(['{', '}']).eq_ignore_ascii_case(&state))
    {
        return Err(damaged(format!(
            "{name:?} in its folder is another disk than its parent, or has been changed since"
        )));
    }
    file.open_parent(path)
}

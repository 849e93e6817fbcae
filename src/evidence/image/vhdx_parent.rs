//! The parent of a differencing VHDX, as its metadata name it.

use super::vhdx::written;
use super::{Context, Source};
use crate::evidence::bytes::{damaged, le16, le32, part, unsupported, vec_at};
use std::io;
use std::sync::Arc;

/// Kind of locator that the specification knows, as it lies in the file.
const VHDX: [u8; 16] = *b"\xb7\xef\x4a\xb0\x9e\xd1\x81\x4a\xb7\x89\x25\xb8\xe9\x44\x59\x13";
/// Bytes of a locator; paths of Windows are shorter.
const MAX_LOCATOR: usize = 1 << 20;
const MAX_PAIRS: usize = 64;

/// How a child finds its parent.
pub(super) struct Locator {
    /// Paths, the best first. Only their last part counts.
    paths: Vec<String>,
    /// Names of the states that the parent may be in, as text of a GUID.
    linkages: Vec<String>,
}

impl Locator {
    /// Reads the metadata item at `at`, of `length` bytes.
    ///
    /// # Errors
    /// When it is damaged or of another kind.
    pub(super) fn read(source: &dyn Source, at: u64, length: u32) -> io::Result<Locator> {
        let item = vec_at(source, at, length.into(), MAX_LOCATOR)?;
        if part::<16>(&item, 0) != VHDX {
            return Err(unsupported("its parent is named in a way that is not known"));
        }
        let pairs = item.get(20..).unwrap_or_default().chunks_exact(12);
        let pairs = pairs.take(usize::from(le16(&item, 18)).min(MAX_PAIRS)).map(|pair| {
            let text = |offset, length| {
                let (from, length) = (le32(pair, offset) as usize, usize::from(le16(pair, length)));
                utf16(item.get(from..from.saturating_add(length)).unwrap_or_default())
            };
            (text(0, 8), text(4, 10))
        });
        let pairs: Vec<(String, String)> = pairs.collect();
        let values = |names: &[&str]| -> Vec<String> {
            let of =
                |name: &&str| pairs.iter().find(|(key, _)| key == name).map(|(_, v)| v.clone());
            names.iter().filter_map(of).collect()
        };
        Ok(Locator {
            paths: values(&["relative_path", "volume_path", "absolute_win32_path"]),
            linkages: values(&["parent_linkage", "parent_linkage2"]),
        })
    }
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes(part(pair, 0)));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Opens the parent, which must be in the very state that the child was made from.
///
/// # Errors
/// When it is missing, damaged, or has been changed since.
pub(super) fn open(locator: &Locator, context: &Context<'_>) -> io::Result<Arc<dyn Source>> {
    let Some(path) = locator.paths.first() else {
        return Err(damaged("it does not say which disk its parent is"));
    };
    let (name, source) = context.part(path, "parent")?;
    let state = guid(written(&*source)?);
    if !locator
        .linkages
        .iter()
        .any(|known| known.trim_matches(['{', '}']).eq_ignore_ascii_case(&state))
    {
        return Err(damaged(format!(
            "{name:?} beside it is another disk than its parent, or has been changed since"
        )));
    }
    context.parent(path)
}

/// A GUID as text: its first three numbers are little-endian.
fn guid(bytes: [u8; 16]) -> String {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let mut text = String::new();
    for byte in [d, c, b, a, f, e, h, g].into_iter().chain(rest) {
        if matches!(text.len(), 8 | 13 | 18 | 23) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_written_as_windows_does() {
        // The locator's own kind, as the specification writes it.
        assert_eq!(guid(VHDX), "b04aefb7-d19e-4a81-b789-25b8e9445913");
    }
}

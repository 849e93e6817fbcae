//! A block of data in the page: JSON, packed where it is large.

use super::base64;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use std::io::{self, Write};

/// JSON of this size in bytes is packed. What is smaller opens faster as it is, and can be read.
pub(super) const PACKED_FROM: usize = 1 << 16;
/// The same on a page with many blocks, whose size is what matters.
pub(super) const PACKED_FROM_OF_MANY: usize = 1 << 12;

/// The level is the fastest one: the next ones save a tenth and take several times as long.
const LEVEL: u32 = 1;

/// A script element that no browser runs.
#[derive(Debug)]
pub(super) struct DataBlock {
    name: String,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// JSON without `<`, so that nothing in it ends the element.
    Json(Vec<u8>),
    /// The base64 of the gzip of JSON.
    Packed(String),
}

impl DataBlock {
    /// The block with this name, as the `id` of its element.
    ///
    /// # Errors
    /// When the value cannot be written as JSON, or memory is short.
    pub(super) fn of(
        name: &str,
        value: &impl Serialize,
        packed_from: usize,
    ) -> io::Result<DataBlock> {
        let mut written = PackingWriter { packed_from, json: Vec::new(), packed: None };
        serde_json::to_writer(&mut written, value)?;
        Ok(DataBlock { name: name.to_owned(), content: written.finish()? })
    }

    /// Writes the element.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (kind, content) = match &self.content {
            Content::Json(json) => ("application/json", &json[..]),
            Content::Packed(text) => ("application/gzip", text.as_bytes()),
        };
        write!(out, "<script type=\"{kind}\" id=\"{}\">", self.name)?;
        out.write_all(content)?;
        writeln!(out, "</script>")
    }
}

/// Takes JSON. From a size on it is packed piece by piece: that of a large computer is never in memory as a whole.
struct PackingWriter {
    packed_from: usize,
    /// What is not packed yet.
    json: Vec<u8>,
    packed: Option<GzEncoder<Vec<u8>>>,
}

impl PackingWriter {
    fn pack(&mut self) -> io::Result<()> {
        let new = || GzEncoder::new(Vec::new(), Compression::new(LEVEL));
        self.packed.get_or_insert_with(new).write_all(&self.json)?;
        self.json.clear();
        Ok(())
    }

    fn finish(mut self) -> io::Result<Content> {
        if self.packed.is_some() {
            self.pack()?;
        }
        Ok(match self.packed {
            Some(packed) => Content::Packed(base64::encode(&packed.finish()?)),
            None => Content::Json(without_less_than(self.json)),
        })
    }
}

impl Write for PackingWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.json.extend_from_slice(bytes);
        if self.json.len() >= self.packed_from { self.pack() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// In JSON `<` is in texts alone, where `\u003c` means the same.
fn without_less_than(json: Vec<u8>) -> Vec<u8> {
    if !json.contains(&b'<') {
        return json;
    }
    let mut safe = Vec::with_capacity(json.len() + 64);
    for byte in json {
        match byte {
            b'<' => safe.extend_from_slice(b"\\u003c"),
            byte => safe.push(byte),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    fn written(block: &DataBlock) -> String {
        let mut out = Vec::new();
        block.write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_in_a_block_ends_its_element() {
        let block = DataBlock::of("case", &["</script><script>alert(1)"], PACKED_FROM).unwrap();
        assert_eq!(
            written(&block),
            "<script type=\"application/json\" id=\"case\">\
             [\"\\u003c/script>\\u003cscript>alert(1)\"]</script>\n"
        );
    }

    #[test]
    fn a_large_block_is_packed() {
        let numbers: Vec<u32> = (0..40_000).collect();
        let block = DataBlock::of("host-0", &numbers, PACKED_FROM).unwrap();
        let page = written(&block);
        let (_, text) = page.split_once("id=\"host-0\">").unwrap();
        let text = text.strip_suffix("</script>\n").unwrap();
        let digits: Vec<u32> = text
            .trim_end_matches('=')
            .chars()
            .map(|c| (0..64).find(|bits| base64::digit(*bits) == c).unwrap())
            .collect();
        let bytes: Vec<u8> = digits
            .chunks(4)
            .flat_map(|group| {
                let bits = group.iter().fold(0u32, |bits, digit| bits << 6 | digit);
                let bits = bits << (6 * (4 - group.len()));
                bits.to_be_bytes().into_iter().skip(1).take(group.len() - 1)
            })
            .collect();
        let mut json = String::new();
        GzDecoder::new(&bytes[..]).read_to_string(&mut json).unwrap();
        assert_eq!(serde_json::from_str::<Vec<u32>>(&json).unwrap(), numbers);
    }
}

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
        let json = serde_json::to_vec(value)?;
        let content = if json.len() < packed_from {
            Content::Json(without_less_than(json))
        } else {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
            encoder.write_all(&json)?;
            Content::Packed(base64::encode(&encoder.finish()?))
        };
        Ok(DataBlock { name: name.to_owned(), content })
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

/// In JSON `<` stands in texts alone, where `\u003c` means the same.
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

//! The archives in which clips are published.

use std::io::{self, Cursor, Read};
use std::path::Path;

/// A block of a tar archive.
const BLOCK: usize = 512;

/// Whether a file is a clip, by its name.
pub fn is_clip(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    [".zip", ".tar.gz", ".json"].iter().any(|end| name.ends_with(end))
}

/// The name of a clip: that of its file, up to the first dot.
pub fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// The JSON lines of a clip: of all `.json` files in a zip, a `.tar.gz`, or of the file itself.
///
/// # Errors
/// If a zip cannot be read. A `.tar.gz` may end too early: what is there is used.
pub fn json_lines(file: &[u8]) -> io::Result<String> {
    let bytes = match file {
        [b'P', b'K', ..] => from_zip(file)?,
        [0x1f, 0x8b, ..] => from_tar(&inflated(file)),
        _ => file.to_vec(),
    };
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn from_zip(file: &[u8]) -> io::Result<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(file))?;
    let mut bytes = Vec::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index)?;
        let name = member.name()?.into_owned();
        if name.ends_with(".json") && !name.starts_with("__MACOSX") {
            member.read_to_end(&mut bytes)?;
            bytes.push(b'\n');
        }
    }
    Ok(bytes)
}

/// All that can be inflated. Two of the published files lack their last bytes, behind the data.
fn inflated(file: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ends_early = flate2::read::GzDecoder::new(file).read_to_end(&mut bytes);
    bytes
}

fn from_tar(archive: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(header) = archive.get(at..at + BLOCK) {
        let name = text(&header[..100]);
        let size = usize::from_str_radix(text(&header[124..136]).trim(), 8).unwrap_or(0);
        let content = archive.get(at + BLOCK..).unwrap_or_default();
        let is_file = matches!(header[156], b'0' | 0);
        let is_fork = name.rsplit('/').next().is_some_and(|name| name.starts_with("._"));
        if is_file && name.ends_with(".json") && !is_fork {
            bytes.extend(&content[..size.min(content.len())]);
            bytes.push(b'\n');
        }
        at += BLOCK + size.next_multiple_of(BLOCK);
    }
    bytes
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

//! Decoders, all of an archive together within the memory that is given to them: no number of an archive
//! sizes a dictionary beyond its limit.

use super::bzip2::Bzip2;
use super::decoder_memory::{DecoderMemory, too_much};
use crate::evidence::bytes::{le16, le32};
use crate::evidence::limits;
use crate::evidence::read_at::damaged;
use lzma_rust2::{Lzma2Reader, LzmaReader, XzReader};
use ppmd_rust::{Ppmd7Decoder, Ppmd8Decoder, RestoreMethod};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, BufRead, BufReader, Read};

/// Bytes that a decoder of LZMA takes besides its dictionary, in KiB, and more.
const LZMA_OVERHEAD: u64 = 4096;
/// Bytes of packed data that are read at once.
const BUFFER: usize = 1 << 16;

/// What a decoder gives.
pub(super) type Decoded<'a> = Box<dyn Read + 'a>;

/// Deflate without a header.
pub(super) fn deflate<'a>(packed: impl Read + 'a) -> Decoded<'a> {
    Box::new(flate2::read::DeflateDecoder::new(packed))
}

/// Deflate64 without a header.
pub(super) fn deflate64<'a>(packed: impl Read + 'a) -> Decoded<'a> {
    Box::new(::deflate64::Deflate64Decoder::new(packed))
}

/// One gzip member or several.
pub(super) fn gzip<'a>(packed: impl Read + 'a) -> Decoded<'a> {
    Box::new(flate2::read::MultiGzDecoder::new(packed))
}

/// One bzip2 stream or several.
pub(super) fn bzip2<'a>(packed: impl Read + 'a) -> Decoded<'a> {
    Box::new(Bzip2::new(BufReader::with_capacity(BUFFER, packed)))
}

/// One xz stream or several.
pub(super) fn xz<'a>(packed: impl Read + 'a, memory: &DecoderMemory) -> Decoded<'a> {
    let mut packed = BufReader::with_capacity(BUFFER, packed);
    let window = usual_or(packed.fill_buf().ok().and_then(xz_dictionary));
    let limit = u32::try_from(window / 1024 + LZMA_OVERHEAD).unwrap_or(u32::MAX);
    let decoder = XzReader::new_mem_limit(packed, true, limit);
    Box::new(memory.counted(decoder, window))
}

/// The largest window, in bytes, that is allowed for all streams or frames of a file: what the first one claims, but
/// at least the usual size and at most the limit. `None`: the first one does not say it, so the limit is allowed.
fn usual_or(claimed: Option<u64>) -> u64 {
    claimed.unwrap_or(limits::DICTIONARY).clamp(limits::USUAL_DICTIONARY, limits::DICTIONARY)
}

/// The dictionary of the first block of an xz file that begins with these bytes.
fn xz_dictionary(head: &[u8]) -> Option<u64> {
    // After the header of the stream come the size of the block's header, flags, and perhaps two sizes.
    let flags = *head.get(13).filter(|_| head.get(12) != Some(&0))?;
    let mut rest = head.get(14..)?;
    for flag in [0x40, 0x80] {
        if flags & flag != 0 {
            xz_number(&mut rest)?;
        }
    }
    for _ in 0..=flags & 3 {
        let (filter, size) = (xz_number(&mut rest)?, xz_number(&mut rest)?);
        let (properties, behind) = rest.split_at_checked(usize::try_from(size).ok()?)?;
        if filter == 0x21 {
            return lzma2_dictionary(properties);
        }
        rest = behind;
    }
    None
}

/// A number of seven bits a byte, lowest first, which `bytes` then lack.
fn xz_number(bytes: &mut &[u8]) -> Option<u64> {
    let length = bytes.iter().take(9).position(|byte| byte & 0x80 == 0)?;
    let (own, rest) = bytes.split_at_checked(length + 1)?;
    *bytes = rest;
    Some(own.iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f)))
}

/// One zstd frame or several.
pub(super) fn zstd<'a>(packed: impl Read + 'a, memory: &DecoderMemory) -> Decoded<'a> {
    let mut source = BufReader::with_capacity(BUFFER, packed);
    let window = usual_or(source.fill_buf().ok().and_then(zstd_window));
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(window);
    let frames = ZstdFrames { source, decoder, is_in_frame: false };
    Box::new(memory.counted(frames, window))
}

/// The window of the frame that begins with these bytes; `None` where its header has none.
fn zstd_window(head: &[u8]) -> Option<u64> {
    let (flags, window) = (*head.get(4)?, *head.get(5)?);
    let is_whole = flags & 0x20 != 0;
    let base = 1_u64 << (10 + (window >> 3));
    (!is_whole && head.starts_with(b"\x28\xb5\x2f\xfd"))
        .then(|| base + base / 8 * u64::from(window & 7))
}

/// LZMA without a header: its five bytes of properties are elsewhere. It unpacks to `size` bytes.
///
/// # Errors
/// When its properties are damaged, or its dictionary takes too much memory.
pub(super) fn lzma<'a>(
    packed: impl Read + 'a,
    properties: &[u8],
    size: u64,
    memory: &DecoderMemory,
) -> io::Result<Decoded<'a>> {
    let [first, dictionary @ ..] = properties else { return Err(bad_properties()) };
    if dictionary.len() < 4 {
        return Err(bad_properties());
    }
    let dictionary = dictionary_size(le32(dictionary, 0).into(), size)?;
    let packed = BufReader::with_capacity(BUFFER, packed);
    let decoder = LzmaReader::new_with_props(packed, size, *first, dictionary, None)?;
    Ok(Box::new(memory.counted(decoder, dictionary.into())))
}

/// LZMA2, whose byte of properties is elsewhere. It unpacks to `size` bytes.
///
/// # Errors
/// As [`lzma`].
pub(super) fn lzma2<'a>(
    packed: impl Read + 'a,
    properties: &[u8],
    size: u64,
    memory: &DecoderMemory,
) -> io::Result<Decoded<'a>> {
    let dictionary = lzma2_dictionary(properties).ok_or_else(bad_properties)?;
    let dictionary = dictionary_size(dictionary, size)?;
    let packed = BufReader::with_capacity(BUFFER, packed);
    let decoder = Lzma2Reader::new(packed, dictionary, None);
    Ok(Box::new(memory.counted(decoder, dictionary.into())))
}

/// The dictionary that the properties of LZMA2 name.
fn lzma2_dictionary(properties: &[u8]) -> Option<u64> {
    match properties.first()? {
        40 => Some(u64::from(u32::MAX)),
        bits @ 0..40 => Some((2 | u64::from(bits & 1)) << (bits / 2 + 11)),
        _ => None,
    }
}

/// PPMd version H, as 7z has it: its five bytes of properties are elsewhere.
///
/// # Errors
/// As [`lzma`].
pub(super) fn ppmd7<'a>(
    packed: impl Read + 'a,
    properties: &[u8],
    memory: &DecoderMemory,
) -> io::Result<Decoded<'a>> {
    let order = properties.first().copied().ok_or_else(bad_properties)?;
    let model = le32(properties, 1);
    let taken = memory.take(model.into())?;
    let packed = BufReader::with_capacity(BUFFER, packed);
    let decoder = Ppmd7Decoder::new(packed, order.into(), model).map_err(io::Error::other)?;
    Ok(Box::new(taken.by(decoder)))
}

/// PPMd version I, as zip has it, with its parameters in front.
///
/// # Errors
/// As [`lzma`].
pub(super) fn ppmd8<'a>(
    mut packed: impl Read + 'a,
    memory: &DecoderMemory,
) -> io::Result<Decoded<'a>> {
    let mut header = [0; 2];
    packed.read_exact(&mut header)?;
    let parameters = u32::from(le16(&header, 0));
    let (order, megabytes) = ((parameters & 15) + 1, (parameters >> 4 & 255) + 1);
    let restoring = match parameters >> 12 {
        0 => RestoreMethod::Restart,
        1 => RestoreMethod::CutOff,
        _ => return Err(bad_properties()),
    };
    let taken = memory.take(u64::from(megabytes) << 20)?;
    let packed = BufReader::with_capacity(BUFFER, packed);
    let decoder = Ppmd8Decoder::new(packed, order, megabytes << 20, restoring);
    Ok(Box::new(taken.by(decoder.map_err(io::Error::other)?)))
}

/// Bytes of a dictionary: never more than there is to unpack, which nothing can refer beyond.
fn dictionary_size(claimed: u64, unpacked: u64) -> io::Result<u32> {
    let needed = claimed.min(unpacked.max(4096));
    if needed > limits::DICTIONARY {
        return Err(too_much(needed, limits::DICTIONARY));
    }
    u32::try_from(needed).map_err(|_| bad_properties())
}

fn bad_properties() -> io::Error {
    damaged("the properties of its method are damaged")
}

/// Frames of zstd one after the other. Those that are only there to be skipped hold nothing.
struct ZstdFrames<R: Read> {
    source: BufReader<R>,
    decoder: FrameDecoder,
    is_in_frame: bool,
}

impl<R: Read> ZstdFrames<R> {
    /// Begins the next frame; false at the end.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut skipped = Read::take(&mut self.source, length.into());
                    io::copy(&mut skipped, &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }

    fn check_sum(&self) -> io::Result<()> {
        let stored = self.decoder.get_checksum_from_data();
        if stored.is_some() && stored != self.decoder.get_calculated_checksum() {
            return Err(damaged("the checksum of the unpacked data does not match"));
        }
        Ok(())
    }
}

impl<R: Read> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.is_in_frame {
                self.is_in_frame = self.next_frame()?;
                if !self.is_in_frame {
                    return Ok(0);
                }
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(io::Error::other)?;
            }
            match self.decoder.read(buffer)? {
                0 if !buffer.is_empty() => {
                    self.check_sum()?;
                    self.is_in_frame = false;
                }
                n => return Ok(n),
            }
        }
    }
}

/// Compares what is read with its CRC32, if that is known. If the checksum is wrong after `size` bytes, or if the data
/// ends before that, it is an error.
pub(super) struct Checked<R> {
    inner: R,
    left: u64,
    crc: Option<u32>,
    hasher: crc32fast::Hasher,
}

impl<R: Read> Checked<R> {
    pub(super) fn new(inner: R, size: u64, crc: Option<u32>) -> Checked<R> {
        Checked { inner, left: size, crc, hasher: crc32fast::Hasher::new() }
    }

    /// Bytes that were not read yet.
    pub(super) fn left(&self) -> u64 {
        self.left
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = if self.left == 0 {
            0
        } else {
            let room = Read::take(&mut self.inner, self.left).read(buffer)?;
            if room == 0 && !buffer.is_empty() {
                let message = format!("its data ends {} bytes too early", self.left);
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
            }
            room
        };
        self.hasher.update(buffer.get(..n).unwrap_or_default());
        self.left = self.left.saturating_sub(n as u64);
        if self.left == 0
            && let Some(crc) = self.crc.take()
            && crc != self.hasher.clone().finalize()
        {
            return Err(damaged("the checksum of the unpacked data does not match"));
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The headers are those of xz 5.4 and zstd 1.5: `xz -9`, `xz --x86 --lzma2=dict=96MiB`, `zstd --long=27`.
    #[test]
    fn the_first_header_names_the_dictionary() {
        let start = b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46";
        let of = |block: &[u8]| xz_dictionary(&[&start[..], block].concat());
        assert_eq!(of(b"\x02\0\x21\x01\x1c\0\0\0"), Some(64 << 20));
        assert_eq!(of(b"\x02\x01\x04\0\x21\x01\x1d\0"), Some(96 << 20));
        assert_eq!(of(b"\x04\xc0\x80\x01\x80\x80\x02\x21\x01\x16\0\0"), Some(8 << 20));
        assert_eq!((of(b"\0\0"), of(b"\x02\0\x21"), xz_dictionary(b"")), (None, None, None));
        assert_eq!(zstd_window(b"\x28\xb5\x2f\xfd\x04\x88\0"), Some(128 << 20));
        assert_eq!(zstd_window(b"\x28\xb5\x2f\xfd\x24\x88\0"), None);
        assert_eq!(
            [None, Some(1), Some(96 << 20), Some(1 << 40)].map(usual_or).map(|n| n >> 20),
            [256, 64, 96, 256]
        );
    }
}

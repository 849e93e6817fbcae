//! The coders of a folder, put together: each reads packed streams, or what another coder gives.

use super::aes::Keys;
use super::header::{Coder, Folder};
use crate::evidence::archives::codecs::{self, Decoded};
use crate::evidence::archives::decoder_memory::DecoderMemory;
use crate::evidence::archives::source_reader::SourceReader;
use crate::evidence::bytes::to_index;
use crate::evidence::read_at::{ReadAt, damaged, unsupported};
use crate::evidence::slice::Slice;
use lzma_rust2::filter::bcj::BcjReader;
use lzma_rust2::filter::bcj2::Bcj2Reader;
use lzma_rust2::filter::delta::DeltaReader;
use std::io::{self, Read};
use std::sync::Arc;

/// Bytes of the header of an archive, from whose end the offsets of its streams count.
pub(super) const SIGNATURE_HEADER: u64 = 32;

/// The number of the method that encrypts.
const AES: u64 = 0x06f1_0701;

impl Folder {
    /// Whether a password is needed.
    pub(super) fn is_encrypted(&self) -> bool {
        self.coders.iter().any(|coder| coder.method == AES)
    }

    /// What the folder unpacks to.
    ///
    /// # Errors
    /// When a coder is not known, its properties are damaged, or it takes too much memory.
    pub(super) fn unpack<'a>(
        &self,
        source: &Arc<dyn ReadAt>,
        keys: &mut Keys<'_>,
        memory: &DecoderMemory,
    ) -> io::Result<Decoded<'a>> {
        let last = self.last_coder().ok_or_else(|| damaged("its coders form a circle"))?;
        self.output(last, source, (keys, memory), 0)
    }

    /// What a coder gives.
    fn output<'a>(
        &self,
        number: u64,
        source: &Arc<dyn ReadAt>,
        (keys, memory): (&mut Keys<'_>, &DecoderMemory),
        depth: usize,
    ) -> io::Result<Decoded<'a>> {
        let coder = self.coders.get(to_index(number)).filter(|_| depth < self.coders.len());
        let coder = coder.ok_or_else(|| damaged("its coders form a circle"))?;
        let before = self.coders.iter().take(to_index(number)).map(|coder| coder.inputs);
        let first: u64 = before.sum();
        let mut inputs = Vec::new();
        for input in first..first + coder.inputs {
            let bound = self.pairs.iter().find(|(bound, _)| *bound == input);
            let packed = self.packed.iter().find(|(packed, ..)| *packed == input);
            inputs.push(match (bound, packed) {
                (Some((_, output)), _) => {
                    self.output(*output, source, (keys, memory), depth + 1)?
                }
                (None, Some((_, offset, size))) => {
                    let offset = SIGNATURE_HEADER.saturating_add(*offset);
                    let slice = Slice::new(Arc::clone(source), offset, *size);
                    Box::new(SourceReader::new(&(Arc::new(slice) as Arc<dyn ReadAt>)))
                }
                (None, None) => return Err(damaged("an input of a coder is missing")),
            });
        }
        let decoded = decode(coder, inputs, keys, memory)?;
        Ok(Box::new(decoded.take(coder.size)))
    }
}

fn decode<'a>(
    coder: &Coder,
    mut inputs: Vec<Decoded<'a>>,
    keys: &mut Keys<'_>,
    memory: &DecoderMemory,
) -> io::Result<Decoded<'a>> {
    let Coder { method, properties, size, .. } = coder;
    if *method == 0x0303_011b {
        return Ok(Box::new(Bcj2Reader::try_new(inputs, *size)?));
    }
    let (Some(packed), []) = (inputs.pop(), inputs.as_slice()) else {
        return Err(damaged("a coder has another number of inputs than it needs"));
    };
    Ok(match method {
        0x00 => packed,
        0x21 => codecs::lzma2(packed, properties, *size, memory)?,
        0x03_0101 => codecs::lzma(packed, properties, *size, memory)?,
        0x03_0401 => codecs::ppmd7(packed, properties, memory)?,
        0x04_0108 => codecs::deflate(packed),
        0x04_0109 => codecs::deflate64(packed),
        0x04_0202 => codecs::bzip2(packed),
        0x04f7_1101 => codecs::zstd(packed, memory),
        0x03 => {
            let distance = usize::from(properties.first().copied().unwrap_or(0)) + 1;
            Box::new(DeltaReader::new(packed, distance))
        }
        0x04 | 0x0303_0103 => Box::new(BcjReader::new_x86(packed, 0)),
        0x05 | 0x0303_0205 => Box::new(BcjReader::new_ppc(packed, 0)),
        0x06 | 0x0303_0401 => Box::new(BcjReader::new_ia64(packed, 0)),
        0x07 | 0x0303_0501 => Box::new(BcjReader::new_arm(packed, 0)),
        0x08 | 0x0303_0701 => Box::new(BcjReader::new_arm_thumb(packed, 0)),
        0x09 | 0x0303_0805 => Box::new(BcjReader::new_sparc(packed, 0)),
        0x0a => Box::new(BcjReader::new_arm64(packed, 0)),
        0x0b => Box::new(BcjReader::new_riscv(packed, 0)),
        &AES => Box::new(keys.decrypt(packed, properties)?),
        other => return Err(unsupported(format!("its method {other:#x} is not read"))),
    })
}

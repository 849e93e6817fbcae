//! Unpacks bzip2. Its own, because a stream made for it ends a program that uses another decoder.
//!
//! Source: J. Tsai, "bzip2 format specification" (2016), and the description of bzip2 1.0.8.

use crate::evidence::read_at::{damaged, unsupported};
use std::io::{self, Read};

/// The numbers that begin a block, and the end of a stream.
const BLOCK: u64 = 0x3141_5926_5359;
const END: u64 = 0x1772_4538_5090;
/// Bytes of a block for each step of the level, 1 to 9, in the header of a stream.
const LEVEL: usize = 100_000;
/// Symbols that are read with one table before the next selector chooses another.
const GROUP: usize = 50;
/// Longest code in bits.
const LONGEST: usize = 20;
/// Most symbols of a table: 256 bytes, a second one for runs, and the end of the block.
const SYMBOLS: usize = 258;

/// Unpacked bytes of one stream, or several one after the other.
pub(super) struct Bzip2<R> {
    bits: Bits<R>,
    /// Most bytes of a block of the current stream; 0 before the first.
    most: usize,
    /// For each place of the block the byte there, and in the other bits the place that follows.
    places: Vec<u32>,
    /// The place of the next byte, and how many are left.
    place: u32,
    left: usize,
    run: Run,
    sums: Sums,
    is_at_end: bool,
}

/// Four equal bytes are followed by how many more there are.
#[derive(Default)]
struct Run {
    byte: u8,
    equal: u8,
    more: u8,
}

/// Checksums: CRC32 with the bits of each byte in the opposite order.
#[derive(Default)]
struct Sums {
    hasher: crc32fast::Hasher,
    waiting: Vec<u8>,
    of_block: u32,
    of_stream: u32,
}

impl Sums {
    fn add(&mut self, bytes: &[u8]) {
        for bytes in bytes.chunks(4096) {
            self.waiting.clear();
            self.waiting.extend(bytes.iter().map(|byte| byte.reverse_bits()));
            self.hasher.update(&self.waiting);
        }
    }

    fn end_block(&mut self) -> io::Result<()> {
        let sum = std::mem::take(&mut self.hasher).finalize().reverse_bits();
        self.of_stream = self.of_stream.rotate_left(1) ^ sum;
        check_sum(sum, self.of_block)
    }
}

fn check_sum(computed: u32, stored: u32) -> io::Result<()> {
    match computed == stored {
        true => Ok(()),
        false => Err(damaged("the checksum of the unpacked data does not match")),
    }
}

impl<R: Read> Bzip2<R> {
    /// Unpacks what `packed` gives, which is read byte by byte.
    pub(super) fn new(packed: R) -> Bzip2<R> {
        Bzip2 {
            bits: Bits { packed, held: 0, count: 0 },
            most: 0,
            places: Vec::new(),
            place: 0,
            left: 0,
            run: Run::default(),
            sums: Sums::default(),
            is_at_end: false,
        }
    }

    /// Goes to the next block that holds bytes, also in the next stream.
    fn next_block(&mut self) -> io::Result<()> {
        while self.left == 0 && !self.is_at_end {
            if self.most == 0 {
                self.begin_stream()?;
                continue;
            }
            match u64::from(self.bits.take(24)?) << 24 | u64::from(self.bits.take(24)?) {
                BLOCK => self.begin_block()?,
                END => {
                    let stored = self.bits.take_32()?;
                    check_sum(std::mem::take(&mut self.sums.of_stream), stored)?;
                    self.bits.skip_to_byte();
                    self.most = 0;
                    self.is_at_end = !self.bits.has_more()?;
                }
                _ => return Err(damaged("no block where one should begin")),
            }
        }
        Ok(())
    }

    fn begin_stream(&mut self) -> io::Result<()> {
        let signature = self.bits.take(24)?;
        let level = self.bits.take(8)?.wrapping_sub(u32::from(b'0'));
        if signature != 0x42_5a68 || !(1..=9).contains(&level) {
            return Err(damaged("this is no bzip2 stream"));
        }
        self.most = level as usize * LEVEL;
        Ok(())
    }

    fn begin_block(&mut self) -> io::Result<()> {
        self.sums.of_block = self.bits.take_32()?;
        if self.bits.take(1)? == 1 {
            return Err(unsupported("blocks of bzip2 0.9.0, which are shuffled, are not read"));
        }
        let first = self.bits.take(24)?;
        let bytes = self.bits.bytes_in_use()?;
        let tables = Tables::read(&mut self.bits, bytes.len() + 2)?;
        let mut counts = [0_u32; 256];
        self.places.clear();
        read_bytes(&mut self.bits, tables, bytes, self.most, &mut self.places, &mut counts)?;
        self.sort(counts)?;
        self.left = self.places.len();
        self.run = Run::default();
        match self.places.get(first as usize) {
            Some(place) => self.place = *place >> 8,
            None if self.left == 0 => {}
            None => return Err(damaged("its first byte lies outside of its block")),
        }
        // A block without bytes has a checksum as well.
        if self.left == 0 { self.sums.end_block() } else { Ok(()) }
    }

    /// Undoes the sorting of the block: notes for each place which one follows.
    fn sort(&mut self, counts: [u32; 256]) -> io::Result<()> {
        let mut starts = [0_u32; 256];
        let mut sum = 0;
        for (start, count) in starts.iter_mut().zip(counts) {
            *start = sum;
            sum += count;
        }
        for at in 0..self.places.len() {
            let byte = self.places.get(at).copied().unwrap_or_default() as u8;
            let start = starts.get_mut(usize::from(byte)).ok_or_else(too_long)?;
            let place = self.places.get_mut(*start as usize).ok_or_else(too_long)?;
            *place |= (at as u32) << 8;
            *start += 1;
        }
        Ok(())
    }

    /// The next byte of the block, with runs still packed.
    fn next_byte(&mut self) -> io::Result<u8> {
        let entry = self.places.get(self.place as usize).copied().ok_or_else(too_long)?;
        self.place = entry >> 8;
        self.left -= 1;
        Ok(entry as u8)
    }

    /// Fills the beginning of `buffer` from the current block, and says how much of it.
    fn unpack(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while let Some(room) = buffer.get_mut(done..).filter(|room| !room.is_empty()) {
            if self.run.more > 0 {
                let count = usize::from(self.run.more).min(room.len());
                room.iter_mut().take(count).for_each(|byte| *byte = self.run.byte);
                self.run.more -= count as u8;
                done += count;
                continue;
            }
            if self.left == 0 {
                break;
            }
            let byte = self.next_byte()?;
            if self.run.equal == 4 {
                self.run.equal = 0;
                self.run.more = byte;
                continue;
            }
            let is_equal = self.run.equal > 0 && byte == self.run.byte;
            self.run.equal = if is_equal { self.run.equal + 1 } else { 1 };
            self.run.byte = byte;
            room.iter_mut().take(1).for_each(|room| *room = byte);
            done += 1;
        }
        Ok(done)
    }
}

impl<R: Read> Read for Bzip2<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let done = self.unpack(buffer)?;
            self.sums.add(buffer.get(..done).unwrap_or_default());
            if done > 0 || buffer.is_empty() {
                return Ok(done);
            }
            if !self.places.is_empty() {
                self.places.clear();
                self.sums.end_block()?;
            }
            self.next_block()?;
            if self.is_at_end {
                return Ok(0);
            }
        }
    }
}

fn too_long() -> io::Error {
    damaged("it names a byte outside of its block")
}

/// Reads the bytes of a block, which stand as numbers in a list of which each that was used moves to the
/// front, and counts how often each comes.
fn read_bytes<R: Read>(
    bits: &mut Bits<R>,
    mut tables: Tables,
    mut bytes: Vec<u8>,
    most: usize,
    places: &mut Vec<u32>,
    counts: &mut [u32; 256],
) -> io::Result<()> {
    let end = bytes.len() + 1;
    let (mut run, mut weight) = (0_usize, 1_usize);
    loop {
        let symbol = tables.symbol(bits)?;
        if symbol < 2 {
            // The first symbol of the list, so many times: a number in bijective base 2.
            run = run.saturating_add(weight << symbol);
            weight = weight.saturating_mul(2);
            if run > most || weight > most * 4 {
                return Err(damaged("a block is longer than its stream allows"));
            }
            continue;
        }
        if run > 0 {
            let first = bytes.first().copied().ok_or_else(|| damaged("a block uses no byte"))?;
            if places.len() + run > most {
                return Err(damaged("a block is longer than its stream allows"));
            }
            places.resize(places.len() + run, first.into());
            counts.iter_mut().skip(first.into()).take(1).for_each(|count| *count += run as u32);
            (run, weight) = (0, 1);
        }
        if symbol == end {
            return Ok(());
        }
        let moved = bytes.get_mut(..symbol).ok_or_else(|| damaged("a byte that is not in use"))?;
        moved.rotate_right(1);
        let byte = moved.first().copied().unwrap_or_default();
        if places.len() == most {
            return Err(damaged("a block is longer than its stream allows"));
        }
        places.push(byte.into());
        counts.iter_mut().skip(byte.into()).take(1).for_each(|count| *count += 1);
    }
}

/// Bits, the highest of each byte first.
struct Bits<R> {
    packed: R,
    held: u64,
    count: u32,
}

impl<R: Read> Bits<R> {
    /// Holds one more byte; false at the end.
    fn hold_byte(&mut self) -> io::Result<bool> {
        let mut byte = [0];
        loop {
            match self.packed.read(&mut byte) {
                Ok(0) => return Ok(false),
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.held = self.held << 8 | u64::from(byte.iter().sum::<u8>());
        self.count += 8;
        Ok(true)
    }

    /// The next bits, up to 24.
    fn take(&mut self, count: u32) -> io::Result<u32> {
        while self.count < count {
            if !self.hold_byte()? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        self.count -= count;
        let bits = self.held >> self.count & ((1 << count) - 1);
        Ok(bits as u32)
    }

    fn take_32(&mut self) -> io::Result<u32> {
        Ok(self.take(16)? << 16 | self.take(16)?)
    }

    fn skip_to_byte(&mut self) {
        self.count -= self.count % 8;
    }

    /// Whether anything follows.
    fn has_more(&mut self) -> io::Result<bool> {
        Ok(self.count > 0 || self.hold_byte()?)
    }

    /// The bytes that a block uses, in their order.
    fn bytes_in_use(&mut self) -> io::Result<Vec<u8>> {
        let rows = self.take(16)?;
        let mut bytes = Vec::new();
        for row in (0..16_u8).filter(|row| rows << row & 0x8000 != 0) {
            let columns = self.take(16)?;
            let used = (0..16_u8).filter(|column| columns << column & 0x8000 != 0);
            bytes.extend(used.map(|column| row * 16 + column));
        }
        Ok(bytes)
    }
}

/// The codes of a block: up to six tables, and which of them is used for each group of symbols.
struct Tables {
    tables: Vec<Table>,
    selectors: std::vec::IntoIter<u8>,
    current: usize,
    left: usize,
}

impl Tables {
    fn read<R: Read>(bits: &mut Bits<R>, symbols: usize) -> io::Result<Tables> {
        let count = bits.take(3)?;
        let selectors = bits.take(15)?;
        if !(2..=6).contains(&count) || selectors == 0 {
            return Err(damaged("a block without codes"));
        }
        let mut order: Vec<u8> = (0..count as u8).collect();
        let mut chosen = Vec::new();
        for _ in 0..selectors {
            let mut at = 0;
            while bits.take(1)? == 1 {
                at += 1;
                if at >= count as usize {
                    return Err(damaged("a selector without its table"));
                }
            }
            if let Some(moved) = order.get_mut(..=at) {
                moved.rotate_right(1);
                chosen.extend(moved.first());
            }
        }
        let tables = (0..count).map(|_| Table::read(bits, symbols)).collect::<io::Result<_>>()?;
        Ok(Tables { tables, selectors: chosen.into_iter(), current: 0, left: 0 })
    }

    fn symbol<R: Read>(&mut self, bits: &mut Bits<R>) -> io::Result<usize> {
        if self.left == 0 {
            let next = self.selectors.next();
            self.current = next.ok_or_else(|| damaged("more symbols than selectors"))?.into();
            self.left = GROUP;
        }
        self.left -= 1;
        match self.tables.get(self.current) {
            Some(table) => table.symbol(bits),
            None => Err(damaged("a selector without its table")),
        }
    }
}

/// A canonical Huffman code.
struct Table {
    /// For each length the number of codes of that length, from 1 bit on.
    counts: [u16; LONGEST],
    /// Symbols by the length of their code, then by their number.
    symbols: Vec<u16>,
}

impl Table {
    fn read<R: Read>(bits: &mut Bits<R>, symbols: usize) -> io::Result<Table> {
        let mut length = bits.take(5)?;
        let mut lengths: Vec<(u32, u16)> = Vec::with_capacity(SYMBOLS);
        for symbol in 0..symbols.min(SYMBOLS) as u16 {
            loop {
                if !(1..=LONGEST as u32).contains(&length) {
                    return Err(damaged("a code of an impossible length"));
                }
                if bits.take(1)? == 0 {
                    break;
                }
                length = if bits.take(1)? == 0 { length + 1 } else { length - 1 };
            }
            lengths.push((length, symbol));
        }
        lengths.sort_unstable();
        let mut counts = [0; LONGEST];
        for (length, _) in &lengths {
            counts.iter_mut().skip(*length as usize - 1).take(1).for_each(|count| *count += 1);
        }
        Ok(Table { counts, symbols: lengths.into_iter().map(|(_, symbol)| symbol).collect() })
    }

    fn symbol<R: Read>(&self, bits: &mut Bits<R>) -> io::Result<usize> {
        let (mut code, mut first, mut before) = (0_u32, 0_u32, 0_u32);
        for count in self.counts.map(u32::from) {
            code = code << 1 | bits.take(1)?;
            if code < first + count && code >= first {
                let at = before + code - first;
                let symbol = self.symbols.get(at as usize).copied();
                return symbol.map(usize::from).ok_or_else(no_symbol);
            }
            before += count;
            first = (first + count) << 1;
        }
        Err(no_symbol())
    }
}

fn no_symbol() -> io::Error {
    damaged("a code without a symbol")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        Bzip2::new(packed).read_to_end(&mut bytes).map(|_| bytes)
    }

    fn packed() -> Vec<u8> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/archives");
        std::fs::read(folder.join("Security.evtx.bz2")).unwrap()
    }

    /// `printf hello | bzip2`, and nothing packed, as the program bzip2 1.0.8 writes them.
    #[test]
    fn small_streams() {
        let hello = [
            0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x19, 0x31, 0x65, 0x3d, 0,
            0, 0, 0x81, 0, 2, 0x44, 0xa0, 0, 0x21, 0x9a, 0x68, 0x33, 0x4d, 7, 0x33, 0x8b, 0xb9,
            0x22, 0x9c, 0x28, 0x48, 0x0c, 0x98, 0xb2, 0x9e, 0x80,
        ];
        assert_eq!(unpack(&hello).unwrap(), b"hello");
        let nothing = [0x42, 0x5a, 0x68, 0x39, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0, 0, 0, 0];
        assert_eq!(unpack(&nothing).unwrap(), b"");
        let packed = packed();
        let once = unpack(&packed).unwrap();
        assert!(once.starts_with(b"ElfFile\0"));
        let twice = unpack(&[&packed[..], &nothing, &packed].concat()).unwrap();
        assert_eq!(twice, [&once[..], &once].concat());
    }

    #[test]
    fn what_is_damaged_is_an_error() {
        let packed = packed();
        assert!(unpack(&[]).is_err());
        assert!(unpack(&[&packed[..], b"more"].concat()).is_err());
        for at in [0, 3, 9, 11, 30, packed.len() / 2, packed.len() - 2] {
            let mut damaged = packed.clone();
            damaged[at] ^= 0x55;
            assert!(unpack(&damaged).is_err(), "{at}");
            assert!(unpack(&packed[..at]).is_err(), "{at}");
        }
    }
}

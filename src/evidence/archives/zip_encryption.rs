//! Encrypted entries of zip archives, for the methods that are unpacked here: ZipCrypto and AES.
//!
//! Sources: PKWARE, "ZIP File Format Specification", section 6.1, "Traditional PKWARE Decryption"; WinZip, "AES
//! Encryption Information: Encryption Specification AE-1 and AE-2".

use super::codecs::Decoded;
use crate::evidence::bytes::{has, le16, shorter, slice_at, u16_at};
use crate::evidence::read_at::{damaged, unsupported};
use aes::cipher::{Block, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use std::io::{self, Read};

/// Rounds of the derivation of an AES key, by its specification.
const ROUNDS: u32 = 1000;
/// Bytes that say whether a password is right, in front of what AES encrypted.
const VERIFIER: usize = 2;
/// Bytes of the authentication code after the data that AES encrypted.
const CODE: u64 = 10;
/// Bytes of a block of AES.
const BLOCK: usize = 16;

/// How an entry is encrypted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Encryption {
    /// If the password is right, the last byte before the data is one of these.
    ZipCrypto([u8; 2]),
    /// The bytes of its key, and whether the checksum of the entry counts.
    Aes { key: usize, has_checksum: bool },
}

impl Encryption {
    /// Of an entry with these attributes, this checksum, and this time as MS-DOS writes it.
    ///
    /// # Errors
    /// When its kind is not known.
    pub(super) fn of(mut attributes: &[u8], checksum: u32, time: u16) -> io::Result<Encryption> {
        while let Some((kind, length)) = u16_at(attributes, 0).zip(u16_at(attributes, 2)) {
            let own = slice_at(attributes, 4, length.into()).unwrap_or_default();
            if kind == 0x9901 && has(own, 2, b"AE") {
                let key = match own.get(4) {
                    Some(1) => 16,
                    Some(2) => 24,
                    Some(3) => 32,
                    _ => return Err(unsupported("its encryption is not known")),
                };
                return Ok(Encryption::Aes { key, has_checksum: le16(own, 0) == 1 });
            }
            attributes = attributes.get(4 + usize::from(length)..).unwrap_or_default();
        }
        Ok(Encryption::ZipCrypto([checksum.to_be_bytes()[0], time.to_be_bytes()[0]]))
    }

    /// Whether the checksum that stands with the entry is that of its data.
    pub(super) fn has_checksum(self) -> bool {
        !matches!(self, Encryption::Aes { has_checksum: false, .. })
    }

    /// The `size` bytes of `packed` decrypted; `None` when the password is wrong.
    ///
    /// # Errors
    /// When they end too early, or the medium fails.
    pub(super) fn decrypt<'a>(
        self,
        mut packed: impl Read + 'a,
        size: u64,
        password: &str,
    ) -> io::Result<Option<Decoded<'a>>> {
        match self {
            Encryption::ZipCrypto(expected) => {
                let mut keys = ZipKeys::of(password);
                let mut start = [0; 12];
                packed.read_exact(&mut start)?;
                start.iter_mut().for_each(|byte| *byte = keys.decrypt(*byte));
                let is_right = start.last().is_some_and(|last| expected.contains(last));
                Ok(is_right.then(|| Box::new(ZipDecrypted { packed, keys }) as Decoded<'a>))
            }
            Encryption::Aes { key, .. } => {
                let mut salt = vec![0; key / 2];
                packed.read_exact(&mut salt)?;
                let mut verifier = [0; VERIFIER];
                packed.read_exact(&mut verifier)?;
                let mut derived = vec![0; 2 * key + VERIFIER];
                pbkdf2::pbkdf2_hmac::<Sha1>(password.as_bytes(), &salt, ROUNDS, &mut derived);
                let (keys, expected) = derived.split_at(2 * key);
                if expected != verifier {
                    return Ok(None);
                }
                let before = (salt.len() + VERIFIER) as u64;
                let left = size.checked_sub(before + CODE).ok_or_else(ends_early)?;
                let (key, code_key) = keys.split_at(key);
                let code = Hmac::<Sha1>::new_from_slice(code_key).map_err(io::Error::other)?;
                let cipher = block_cipher(key)?;
                let block = [0; BLOCK];
                let code = Some(code);
                let stream =
                    AesDecrypted { packed, cipher, code, left, counter: 0, block, at: BLOCK };
                Ok(Some(Box::new(stream)))
            }
        }
    }
}

fn ends_early() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "its data ends too early")
}

/// Encrypts a block of the key stream.
type BlockCipher = Box<dyn Fn(&mut [u8; BLOCK])>;

fn block_cipher(key: &[u8]) -> io::Result<BlockCipher> {
    fn with<C: BlockCipherEncrypt + KeyInit + 'static>(key: &[u8]) -> io::Result<BlockCipher>
    where
        Block<C>: From<[u8; BLOCK]> + Into<[u8; BLOCK]>,
    {
        let cipher = C::new_from_slice(key).map_err(io::Error::other)?;
        Ok(Box::new(move |bytes| {
            let mut block = Block::<C>::from(*bytes);
            cipher.encrypt_block(&mut block);
            *bytes = block.into();
        }))
    }
    match key.len() {
        16 => with::<Aes128>(key),
        24 => with::<Aes192>(key),
        _ => with::<Aes256>(key),
    }
}

/// Data that AES encrypted in counter mode. The authentication code after it is verified when all data was read.
struct AesDecrypted<R> {
    packed: R,
    cipher: BlockCipher,
    /// Until the code was verified.
    code: Option<Hmac<Sha1>>,
    /// Bytes of data that were not read yet.
    left: u64,
    counter: u128,
    /// The present block of the key stream, and how many bytes of it were used.
    block: [u8; BLOCK],
    at: usize,
}

impl<R: Read> AesDecrypted<R> {
    /// # Errors
    /// When the code does not match.
    fn verify(&mut self) -> io::Result<()> {
        let Some(code) = self.code.take() else { return Ok(()) };
        let mut stored = [0; CODE as usize];
        self.packed.read_exact(&mut stored)?;
        match code.finalize().into_bytes().starts_with(&stored) {
            true => Ok(()),
            false => Err(damaged(
                "the authentication code of the encrypted data does not match: damaged, or a wrong password",
            )),
        }
    }
}

impl<R: Read> Read for AesDecrypted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = shorter(buffer.len(), self.left);
        let Some(buffer) = buffer.get_mut(..wanted).filter(|buffer| !buffer.is_empty()) else {
            return if self.left == 0 { self.verify().map(|()| 0) } else { Ok(0) };
        };
        let n = self.packed.read(buffer)?;
        if n == 0 {
            return Err(ends_early());
        }
        let read = buffer.get_mut(..n).unwrap_or_default();
        if let Some(code) = &mut self.code {
            code.update(read);
        }
        for byte in read {
            if self.at == BLOCK {
                self.counter = self.counter.wrapping_add(1);
                self.block = self.counter.to_le_bytes();
                (self.cipher)(&mut self.block);
                self.at = 0;
            }
            *byte ^= self.block.get(self.at).copied().unwrap_or(0);
            self.at += 1;
        }
        self.left = self.left.saturating_sub(n as u64);
        Ok(n)
    }
}

/// The three keys of `ZipCrypto`.
struct ZipKeys([u32; 3]);

impl ZipKeys {
    fn of(password: &str) -> ZipKeys {
        let mut keys = ZipKeys([0x1234_5678, 0x2345_6789, 0x3456_7890]);
        password.bytes().for_each(|byte| keys.update(byte));
        keys
    }

    fn update(&mut self, plain: u8) {
        let [first, second, third] = &mut self.0;
        *first = crc32_of_byte(*first, plain);
        *second = second.wrapping_add(*first & 0xff).wrapping_mul(0x0808_8405).wrapping_add(1);
        *third = crc32_of_byte(*third, second.to_be_bytes()[0]);
    }

    fn decrypt(&mut self, byte: u8) -> u8 {
        let [.., third] = self.0;
        let mask = (third & 0xffff) | 2;
        let plain = byte ^ (mask.wrapping_mul(mask ^ 1) >> 8).to_le_bytes()[0];
        self.update(plain);
        plain
    }
}

/// One step of CRC32, without its inversions.
fn crc32_of_byte(crc: u32, byte: u8) -> u32 {
    (0..8).fold(
        crc ^ u32::from(byte),
        |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
        },
    )
}

/// What `ZipCrypto` encrypted.
struct ZipDecrypted<R> {
    packed: R,
    keys: ZipKeys,
}

impl<R: Read> Read for ZipDecrypted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.packed.read(buffer)?;
        let read = buffer.get_mut(..n).unwrap_or_default();
        read.iter_mut().for_each(|byte| *byte = self.keys.decrypt(*byte));
        Ok(n)
    }
}

//! The encryption of 7z: AES-256 in CBC mode, with a key of many rounds of SHA-256 over the password.

use crate::evidence::bytes::slice_at;
use crate::evidence::limits;
use crate::evidence::read_at::{damaged, unsupported};
use aes::Aes256;
use aes::cipher::{Block, BlockCipherDecrypt, KeyInit};
use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// Bytes of a block of the cipher.
const BLOCK: usize = 16;
/// Bytes that are decrypted at once.
const BUFFER: usize = 1 << 12;
/// The number of rounds that says: the salt and the password are the key.
const NO_ROUNDS: u8 = 63;

/// The keys of one archive: most of it is encrypted with the same one.
pub(super) struct Keys<'a> {
    password: Option<&'a str>,
    known: Vec<(u8, Vec<u8>, [u8; 32])>,
    rounds_done: u64,
}

impl<'a> Keys<'a> {
    pub(super) fn new(password: Option<&'a str>) -> Keys<'a> {
        Keys { password, known: Vec::new(), rounds_done: 0 }
    }

    /// Whether there is a password.
    pub(super) fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// Decrypts `packed` as the properties of the coder say.
    ///
    /// # Errors
    /// When they are damaged, or made to cost time; when there is no password.
    pub(super) fn decrypt<R: Read>(
        &mut self,
        packed: R,
        properties: &[u8],
    ) -> io::Result<Decrypted<R>> {
        let bad = || damaged("the properties of its encryption are damaged");
        let (&first, rest) = properties.split_first().ok_or_else(bad)?;
        let sizes = rest.first().copied().unwrap_or(0);
        let salt_size = usize::from((first >> 7) + (sizes >> 4));
        let vector_size = usize::from((first >> 6 & 1) + (sizes & 15));
        let salt =
            slice_at(properties, 2, salt_size).or(slice_at(rest, 0, 0).filter(|_| salt_size == 0));
        let vector = slice_at(properties, 2 + salt_size, vector_size);
        let (salt, vector) = (salt.ok_or_else(bad)?, vector.unwrap_or_default());
        if vector.len() != vector_size {
            return Err(bad());
        }
        let key = self.key(first & 63, salt)?;
        let mut previous = [0; BLOCK];
        previous.iter_mut().zip(vector).for_each(|(byte, given)| *byte = *given);
        let cipher = Aes256::new(&key.into());
        Ok(Decrypted { packed, cipher, previous, buffer: Vec::new(), at: 0 })
    }

    fn key(&mut self, power: u8, salt: &[u8]) -> io::Result<[u8; 32]> {
        if let Some((.., key)) =
            self.known.iter().find(|(known, of, _)| *known == power && of == salt)
        {
            return Ok(*key);
        }
        let password = self.password.ok_or_else(|| damaged("it needs a password"))?;
        let password: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut key = [0; 32];
        if power == NO_ROUNDS {
            let given = salt.iter().chain(&password);
            key.iter_mut().zip(given).for_each(|(byte, given)| *byte = *given);
        } else {
            let rounds = 1_u64 << power;
            self.rounds_done = self.rounds_done.saturating_add(rounds);
            if self.rounds_done > limits::SEVEN_ZIP_ROUNDS {
                return Err(unsupported(format!("2^{power} rounds for a key are too many")));
            }
            let mut hasher = Sha256::new();
            for round in 0..rounds {
                hasher.update(salt);
                hasher.update(&password);
                hasher.update(round.to_le_bytes());
            }
            key = hasher.finalize().into();
        }
        self.known.push((power, salt.to_vec(), key));
        Ok(key)
    }
}

/// What was encrypted. Its last block may hold bytes beyond its end.
pub(super) struct Decrypted<R> {
    packed: R,
    cipher: Aes256,
    /// The encrypted block before.
    previous: [u8; BLOCK],
    buffer: Vec<u8>,
    at: usize,
}

impl<R: Read> Read for Decrypted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.buffer.len() {
            self.buffer.clear();
            self.at = 0;
            Read::take(&mut self.packed, BUFFER as u64).read_to_end(&mut self.buffer)?;
            for bytes in self.buffer.chunks_exact_mut(BLOCK) {
                let mut encrypted = [0; BLOCK];
                encrypted.copy_from_slice(bytes);
                let mut block = Block::<Aes256>::from(encrypted);
                self.cipher.decrypt_block(&mut block);
                let plain = block.iter().zip(self.previous).map(|(byte, before)| byte ^ before);
                bytes.iter_mut().zip(plain).for_each(|(byte, plain)| *byte = plain);
                self.previous = encrypted;
            }
            let whole = self.buffer.len() - self.buffer.len() % BLOCK;
            self.buffer.truncate(whole);
        }
        let there = self.buffer.get(self.at..).unwrap_or_default();
        let n = there.len().min(buffer.len());
        buffer.iter_mut().zip(there).for_each(|(byte, plain)| *byte = *plain);
        self.at += n;
        Ok(n)
    }
}

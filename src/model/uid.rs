//! Identifiers that stay the same when more logs are read.

use super::append::{AppendText, append, print};
use super::{Channel, LogonId, Timestamp};
use sha2::{Digest, Sha256};
use std::fmt;

/// An identifier of 128 bits, which prints as 32 hexadecimal digits: the first half of the SHA-256 of the
/// texts that `docs/outputs.md` names, each with a zero byte behind it.
///
/// ```
/// use std::collections::BTreeSet;
///
/// let report = winlast::Analysis::of(["sample-evtx/ws01"]).run()?;
/// let uids: BTreeSet<String> =
///     report.sessions().map(|(host, session)| host.session_uid(session).to_string()).collect();
///
/// assert_eq!(uids.len(), report.sessions().count(), "each session has its own");
/// assert!(uids.iter().all(|uid| uid.len() == 32));
/// # Ok::<(), winlast::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Uid([u8; 16]);

/// What an identifier is of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum UidOf {
    /// A computer; the record is its newest one.
    Computer,
    /// A session; the record is its start, or the first one that shows it.
    Session(Option<LogonId>),
}

impl Uid {
    /// The identifier of what a record of a computer of this name stands for.
    pub(crate) fn new(
        of: UidOf,
        computer: &str,
        record: Option<(Channel, u64)>,
        time: Option<Timestamp>,
    ) -> Uid {
        const END: &str = "\0";
        let mut text = Vec::with_capacity(256);
        let (channel, record_id) = record.unzip();
        let what = match of {
            UidOf::Computer => "computer",
            UidOf::Session(_) => "session",
        };
        append!(&mut text, what, END);
        append_lower_case(computer, &mut text);
        append!(&mut text, END, channel.map(Channel::name), END, record_id, END, time, END);
        if let UidOf::Session(logon_id) = of {
            append!(&mut text, logon_id, END);
        }
        let hash: [u8; 32] = Sha256::digest(&text).into();
        let (half, _) = hash.split_first_chunk().unwrap_or((&[0; 16], &[]));
        Uid(*half)
    }
}

/// Names are mostly ASCII, of which no text needs to be made.
fn append_lower_case(name: &str, out: &mut Vec<u8>) {
    if name.is_ascii() {
        out.extend(name.bytes().map(|byte| byte.to_ascii_lowercase()));
    } else {
        name.to_lowercase().append_to(out);
    }
}

impl AppendText for Uid {
    fn append_to(&self, out: &mut Vec<u8>) {
        let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' - 10 + half };
        let mut digits = [0; 32];
        for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = [digit(byte >> 4), digit(byte & 15)];
        }
        out.extend_from_slice(&digits);
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self, f)
    }
}

impl serde::Serialize for Uid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `printf 'session\000ws01\000Security\000230189\0002024-05-02T08:11:00.0000000Z\0000x29b379\000' | sha256sum`.
    #[test]
    fn a_session_has_the_identifier_that_sha256sum_gives() {
        let time = Timestamp::parse("2024-05-02T08:11:00Z");
        let of = UidOf::Session(Some(LogonId(0x29_b379)));
        let uid = Uid::new(of, "WS01", Some((Channel::Security, 230_189)), time);
        assert_eq!(uid.to_string(), "c483d0c83700f0ac98f7ea4f2e9ecf0f");
        let uid = Uid::new(UidOf::Computer, "Ws01", None, None);
        assert_eq!(uid.to_string(), "3ec70506602615e3fcc5f7ca0fa2e1e2");
    }
}

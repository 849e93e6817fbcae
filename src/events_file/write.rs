//! Writes what was read of evidence.

use super::values::BlockWriter;
use super::{Fact, Header, SCHEMA, SCHEMA_WITH_HOPS, blocks, hop_kinds, kinds};
use crate::model::{EventSet, StoredEvents, safe_json};
use rayon::prelude::*;
use std::borrow::Cow;
use std::io;

/// The size in bytes from which on a member is closed.
const BLOCK: usize = 1 << 20;
/// Events that one thread writes at a time: about a block of them.
const EVENTS_AT_A_TIME: usize = 1 << 13;
/// So many of these parts are packed while boots and sessions are built, of which much is done by one thread. Until then
/// they take some 16 MiB.
const PARTS_PACKED_LATER: usize = 16;

/// What was read, as the members of the file. The last ones are still to be packed.
pub(crate) struct UnfinishedMembers(Vec<Member>);

/// A member of the file.
enum Member {
    Packed(Vec<u8>),
    Lines(Vec<u8>),
}

impl UnfinishedMembers {
    /// Writes what was read, with the records of hops if they were asked for. The threads of the current pool do that.
    ///
    /// # Errors
    /// When a fact cannot be written as JSON, or when a member has 4 GiB or more.
    pub(crate) fn of(read: &EventSet, with_hops: bool) -> io::Result<UnfinishedMembers> {
        let mut members: Vec<Member> =
            facts(read, with_hops)?.into_iter().map(Member::Lines).collect();
        members.extend(write_all(&read.events, kinds::write)?);
        if with_hops {
            members.extend(write_all(&read.hop_records, hop_kinds::write)?);
        }
        Ok(UnfinishedMembers(members))
    }

    /// Packs the others, by the threads of the current pool.
    ///
    /// # Errors
    /// When a member has 4 GiB or more.
    pub(crate) fn finish(self) -> io::Result<StoredEvents> {
        let members = self.0.into_par_iter().with_max_len(1).map(|member| match member {
            Member::Packed(packed) => Ok(packed),
            Member::Lines(lines) => blocks::pack(&lines),
        });
        Ok(StoredEvents { members: members.collect::<io::Result<Vec<_>>>()? })
    }
}

fn facts(read: &EventSet, with_hops: bool) -> io::Result<Vec<Vec<u8>>> {
    let mut names = kinds::names();
    let mut hop_head = Vec::new();
    if with_hops {
        names.extend(hop_kinds::names());
        hop_head = hop_kinds::HEAD.map(str::to_owned).to_vec();
    }
    let header = Header {
        winlast_events: if with_hops { SCHEMA_WITH_HOPS } else { SCHEMA },
        version: env!("CARGO_PKG_VERSION").to_owned(),
        logs: read.logs.len() as u64,
        containers: read.containers.len() as u64,
        findings: read.findings.len() as u64,
        events: read.events.len() as u64,
        hop_records: with_hops.then_some(read.hop_records.len() as u64),
        head: kinds::HEAD.map(str::to_owned).to_vec(),
        hop_head,
        kinds: names,
    };
    // The first member is the header alone, which is read first.
    let mut members = vec![line(&header)?];
    let logs = read.logs.iter().map(|log| Fact::Log(Cow::Borrowed(log)));
    let containers = read.containers.iter().map(|of| Fact::Container(Cow::Borrowed(of)));
    let findings = read.findings.iter().map(|finding| Fact::Finding(Cow::Borrowed(finding)));
    let mut lines = Vec::new();
    for fact in logs.chain(containers).chain(findings) {
        lines.extend(line(&fact)?);
        if lines.len() >= BLOCK {
            members.push(std::mem::take(&mut lines));
        }
    }
    if !lines.is_empty() {
        members.push(lines);
    }
    Ok(members)
}

fn line(value: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    let mut line = safe_json(serde_json::to_string(value)?.into()).into_owned();
    line.push('\n');
    Ok(line.into_bytes())
}

fn write_all<T: Sync>(
    all: &[T],
    write: impl Fn(&T, &mut BlockWriter) + Sync,
) -> io::Result<Vec<Member>> {
    let parts = all.par_chunks(EVENTS_AT_A_TIME).enumerate();
    let packed_now = parts.len().saturating_sub(PARTS_PACKED_LATER);
    let members = parts.map(|(at, part)| {
        let blocks = write_part(part, &write).into_iter();
        if at < packed_now {
            blocks.map(|lines| blocks::pack(&lines).map(Member::Packed)).collect()
        } else {
            Ok(blocks.map(Member::Lines).collect())
        }
    });
    Ok(members.collect::<io::Result<Vec<Vec<Member>>>>()?.into_iter().flatten().collect())
}

fn write_part<T>(part: &[T], write: impl Fn(&T, &mut BlockWriter)) -> Vec<Vec<u8>> {
    let mut blocks = Vec::new();
    let mut block = BlockWriter::default();
    for one in part {
        write(one, &mut block);
        if block.size() >= BLOCK {
            blocks.push(std::mem::take(&mut block).into_lines());
        }
    }
    if block.size() > 0 {
        blocks.push(block.into_lines());
    }
    blocks
}

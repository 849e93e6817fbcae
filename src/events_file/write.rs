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

/// What was read, as lines: the content of each member of the file.
pub(crate) struct EventLines(Vec<Vec<u8>>);

impl EventLines {
    /// Writes what was read as lines: with the records of hops, if they were asked for. The threads of the current
    /// pool make them.
    ///
    /// # Errors
    /// When a fact cannot be written as JSON.
    pub(crate) fn of(read: &EventSet, with_hops: bool) -> io::Result<EventLines> {
        let mut lines = facts(read, with_hops)?;
        lines.extend(write_all(&read.events, kinds::write));
        if with_hops {
            lines.extend(write_all(&read.hop_records, hop_kinds::write));
        }
        Ok(EventLines(lines))
    }

    /// Packs the lines as the members of a file, by the threads of the current pool.
    ///
    /// # Errors
    /// When a member has 4 GiB or more.
    pub(crate) fn pack(self) -> io::Result<StoredEvents> {
        let members = self.0.into_par_iter().with_max_len(1).map(|lines| blocks::pack(&lines));
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
) -> impl Iterator<Item = Vec<u8>> {
    let parts = all.par_chunks(EVENTS_AT_A_TIME).map(|part| write_part(part, &write));
    parts.collect::<Vec<_>>().into_iter().flatten()
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

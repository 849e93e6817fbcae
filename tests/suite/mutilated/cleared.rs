//! The record that Windows leaves where a log was cleared, by the test writer: 1102 in Security, 104
//! in System.

use super::host::RealHost;
use super::log_file::{Chunk, Log};
use super::mutilation::event_ids;
use evtx_synth::catalogue::{SECURITY, SYSTEM, Session, event_log};
use evtx_synth::writer::LogOptions;
use evtx_synth::{FileTime, Host};

/// Puts it before the first record of a log, as far as the name of the computer is known; `None`: it
/// is not, or the log is of another channel.
pub(super) fn mark(log: &mut Log, host: &RealHost) -> Option<()> {
    let ids = event_ids(std::slice::from_ref(log));
    let (channel, event) = if ids.contains(&4624) {
        (SECURITY, event_log::security_log_cleared(&Session::system()))
    } else if ids.contains(&7001) || ids.contains(&6013) {
        (SYSTEM, event_log::log_cleared(&Session::system(), SYSTEM, ""))
    } else {
        return None;
    };
    let first = log.chunks.first()?;
    let id = first.record_id(&first.records[0]).checked_sub(1).filter(|id| *id > 0)?;
    let mut writer = Host::new(name(host)?);
    writer.set_next_id(channel, id);
    writer.log(FileTime(first.time(&first.records[0])), event);
    let options = LogOptions { first_number: id, ..LogOptions::default() };
    let written = writer.log_file(channel, &options).to_bytes();
    let chunk = Chunk::find(written.get(super::log_file::FILE_HEADER..)?)?;
    log.chunks.insert(0, chunk);
    Some(())
}

/// The only name that the computer ever had.
fn name(host: &RealHost) -> Option<String> {
    let [computer] = host.whole.hosts.as_slice() else { return None };
    let names = computer.boots.iter().flat_map(|boot| &boot.computer_names);
    let is_only = names.into_iter().all(|name| *name == computer.computer);
    is_only.then(|| computer.computer.to_string())
}

//! Real logs of which a chunk lost its first record, or a piece of the file: what is recovered is what
//! the whole log says.

use super::RecordReaders;
use super::tests::{Random, log, read_by};
use crate::evidence::bytes::u32_at;
use crate::model::{Event, EventKind, EventSet, FindingCode};
use std::path::Path;

fn recover(bytes: Vec<u8>) -> EventSet {
    read_by(RecordReaders::FastAndCrate, log(bytes), true)
}

/// Sound real logs with many chunks; none without the shared data.
fn real_logs() -> Vec<(&'static str, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/evtx");
    let logs = [
        "single/Security_with_size_t.evtx",
        "hosts/nicksmet_win11/Security.evtx",
        "hosts/nicksmet_win11/System.evtx",
        "hosts/rathbun_win10/System.evtx",
        "hosts/greendale/System.evtx",
    ];
    let found =
        logs.into_iter().filter_map(|path| Some((path, std::fs::read(root.join(path)).ok()?)));
    let found: Vec<_> = found.collect();
    if found.is_empty() {
        println!("skipped: ../shared/evtx is not here");
    }
    found
}

fn kept(events: &[Event]) -> impl Iterator<Item = &Event> {
    events.iter().filter(|event| event.kind != EventKind::Boundary)
}

/// Is the event one of the whole log, wherever it lies?
fn is_true(event: &Event, whole: &EventSet) -> bool {
    whole.events.iter().any(|other| {
        let moved = Event { location: other.location, recovered: false, ..event.clone() };
        moved == *other
    })
}

#[test]
fn borrowed_definitions_give_what_the_whole_log_says() {
    let (mut lost, mut recovered) = (0, 0);
    for (path, bytes) in real_logs() {
        let whole = recover(bytes.clone());
        for slot in 0..whole.logs[0].chunks as u32 {
            let start = 4096 + 65_536 * slot as usize;
            let size = u32_at(&bytes, start + 516).unwrap() as usize;
            let mut damaged = bytes.clone();
            damaged[start + 512..start + 512 + size].fill(0);
            let found = recover(damaged);
            for event in kept(&found.events).filter(|event| event.recovered) {
                assert!(is_true(event, &whole), "{path}: {event:?}");
                recovered += 1;
            }
            let ids: Vec<u64> = kept(&found.events).map(|event| event.record_id).collect();
            let first = whole.events.iter().find(|event| event.location.chunk == slot);
            let first = first.map(|event| event.record_id);
            lost += kept(&whole.events)
                .filter(|event| Some(event.record_id) != first && !ids.contains(&event.record_id))
                .count();
        }
    }
    println!("{recovered} events recovered, {lost} lost");
    assert!(lost * 20 <= recovered, "{lost} lost, {recovered} recovered");
}

#[test]
fn a_log_with_a_missing_or_inserted_piece_gives_what_the_whole_log_says() {
    let mut random = Random(0x5_1234_5678);
    for (path, bytes) in real_logs() {
        let whole = recover(bytes.clone());
        for _ in 0..4 {
            let (at, length) = (4096 + random.below(bytes.len() - 8192), 1 + random.below(2000));
            let mut damaged = bytes.clone();
            if random.below(2) == 0 {
                damaged.drain(at..at + length);
            } else {
                damaged.splice(at..at, vec![0; length]);
            }
            let found = recover(damaged);
            assert!(
                kept(&found.events).all(|event| is_true(event, &whole)),
                "{path} {at} {length}"
            );
            let ids = |events: &EventSet| -> Vec<u64> {
                let mut ids: Vec<u64> = kept(&events.events).map(|event| event.record_id).collect();
                ids.sort_unstable();
                ids
            };
            let (all, found) = (ids(&whole), ids(&found));
            let lost = all.iter().filter(|id| found.binary_search(id).is_err()).count();
            println!("{path} {at} {length}: {} of {} events, {lost} lost", found.len(), all.len());
            assert!(lost <= 3, "{path} {at} {length}: {lost} of {} lost", all.len());
        }
    }
}

/// Work is bounded: of chunk headers that follow each other without records, few are believed.
#[test]
fn few_chunks_begin_in_one_slot() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-evtx/ws01/Security.evtx");
    let bytes = std::fs::read(path).unwrap();
    let header = &bytes[4096..4096 + 512];
    let mut hostile = bytes[..4096 + 65_536].to_vec();
    hostile.extend([1; 100]);
    (0..4 * 128).for_each(|_| hostile.extend(header));
    let found = recover(hostile);
    let off_grid = found.findings.iter().filter(|f| f.code == FindingCode::ChunkOffGrid).count();
    assert!((1..=10).contains(&off_grid), "{off_grid}");
}

//! Events in random order, lost, doubled and changed, through the builder of boots and sessions.

use crate::anomalies;
use crate::files::{Memory, POOL, consistent};
use crate::{Case, Dice, Expected, Target};
use evtx_synth::simulate;
use winlast::fuzzing::{self, Readers};
use winlast::model::{EventSet, FindingCode, LogId};

/// Its case is the seed of a host, and the seed of what is done to its events.
pub(crate) const TARGET: Target = Target { name: "events", make, check };

fn make(dice: &mut Dice<'_>) -> Case {
    let host = dice.number() % 5000;
    let bytes = [host.to_le_bytes(), dice.number().to_le_bytes()].concat();
    Case { name: "seeds".into(), bytes, expected: Expected::Anything }
}

fn check(case: &Case) -> Result<(), String> {
    let (host, rest) = case.bytes.split_first_chunk().ok_or("it is too short")?;
    let seed = rest.first_chunk().ok_or("it is too short")?;
    let mut dice = Dice::seeded(u64::from_le_bytes(*seed));
    let Some(mut read) = read_host(u64::from_le_bytes(*host)) else { return Ok(()) };
    let is_changed = change(&mut read, &mut dice);
    if !is_changed {
        // The reader keeps the order of places; only events that are changed may lie anywhere.
        read.events.sort_by_key(|event| event.location);
    }
    // Records that were changed contradict each other, and so may those around missing ones.
    let events = if is_changed { Vec::new() } else { read.events.clone() };
    let report = fuzzing::build_changed(&POOL, read);
    consistent(&report)?;
    let self_checks = report.findings.iter().filter(|f| f.code == FindingCode::SelfCheck);
    let mut to_hold = self_checks.filter(|_| !is_changed);
    to_hold.try_for_each(|finding| anomalies::is_true(finding, &report, &events))
}

/// The events of all logs of a simulated host.
pub(crate) fn read_host(host: u64) -> Option<EventSet> {
    let mut all: Option<EventSet> = None;
    for (number, (_, bytes)) in (0..).zip(simulate::any(host).files) {
        let mut read =
            fuzzing::read_log(&POOL, Box::new(Memory::from(bytes)), false, Readers::AsInARun);
        read.events.iter_mut().for_each(|event| event.location.log = LogId(number));
        match &mut all {
            None => all = Some(read),
            Some(all) => {
                all.events.extend(read.events);
                all.logs.extend(read.logs);
            }
        }
    }
    all
}

/// Changes the events; whether more was done than to read some twice.
fn change(read: &mut EventSet, dice: &mut Dice<'_>) -> bool {
    let mut is_changed = false;
    for _ in 0..=dice.below(3) {
        let count = read.events.len();
        if count == 0 {
            break;
        }
        let (at, many) = (dice.below(count), 1 + dice.below(20));
        let end = count.min(at + many);
        match dice.below(6) {
            0 => {
                is_changed = true;
                drop(read.events.drain(at..end));
            }
            1 => {
                let again = read.events[at..end].to_vec();
                read.events.extend(again);
            }
            2 => {
                is_changed = true;
                for from in (1..count).rev() {
                    read.events.swap(from, dice.below(from + 1));
                }
            }
            3 => {
                is_changed = true;
                for event in &mut read.events[at..end] {
                    event.record_id = dice.odd_number(count);
                }
            }
            4 => {
                is_changed = true;
                let from = dice.below(count);
                let time = read.events[from].time;
                read.events[at..end].iter_mut().for_each(|event| event.time = time);
            }
            _ => {
                is_changed = true;
                let other = read.events[dice.below(count)].clone();
                let event = &mut read.events[at];
                (event.kind, event.event_id) = (other.kind, other.event_id);
            }
        }
    }
    is_changed
}

//! Events in random order, lost, doubled and changed, through the builder of boots and sessions.

use crate::files::{Memory, POOL, consistent};
use crate::{Case, Dice, Expected, Target};
use evtx_synth::simulate;
use winlast::fuzzing;
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
    let mut all: Option<EventSet> = None;
    for (number, (_, bytes)) in (0..).zip(simulate::any(u64::from_le_bytes(*host)).files) {
        let mut read = fuzzing::read_log(&POOL, Box::new(Memory::from(bytes)), (false, false));
        read.events.iter_mut().for_each(|event| event.location.log = LogId(number));
        match &mut all {
            None => all = Some(read),
            Some(all) => {
                all.events.extend(read.events);
                all.logs.extend(read.logs);
            }
        }
    }
    let Some(mut read) = all else { return Ok(()) };
    let is_changed = change(&mut read, &mut dice);
    if !is_changed {
        // The reader keeps the order of places; only events that are changed may lie anywhere.
        read.events.sort_by_key(|event| event.location);
    }
    let report = fuzzing::build_changed(&POOL, read);
    consistent(&report)?;
    let contradiction = report.findings.iter().find(|f| f.code == FindingCode::SelfCheck);
    match contradiction {
        // Records that were changed contradict each other, and so may those around missing ones.
        Some(finding) if !is_changed => Err(format!("self-check: {}", finding.message)),
        _ => Ok(()),
    }
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

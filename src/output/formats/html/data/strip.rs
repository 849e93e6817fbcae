//! The whole time of a computer in 64 cells, for the list of computers.

use crate::model::{Boot, BootEnd, Finding, FindingCode, Host, Session, SessionClass};
use crate::output::formats::html::base64::digit;

/// The number of places.
const PLACES: usize = 64;

/// What was at a place: bits of a base64 digit.
const ON: u32 = 1;
const DESKTOP: u32 = 2;
const REMOTE_DESKTOP: u32 = 4;
const NETWORK: u32 = 8;
const CRASH: u32 = 16;
const CLEARED: u32 = 32;

/// One base64 digit for each place. The boots are in their order, each as wide as the square root of its
/// length, with a place between two that has nothing.
pub(super) fn of<'a>(host: &Host, findings: impl Iterator<Item = &'a Finding>) -> String {
    let mut places = [0u32; PLACES];
    let widths: Vec<u64> = host.boots.iter().map(|boot| 8 + length(boot).isqrt()).collect();
    let total = widths.iter().sum::<u64>().max(1);
    let at = |position: u64| (position * PLACES as u64 / total) as usize;
    let mut mark = |from: usize, to: usize, bit: u32| {
        let last = to.min(PLACES - 1);
        places.iter_mut().take(last + 1).skip(from.min(last)).for_each(|place| *place |= bit);
    };
    let mut begin = 0;
    let mut first_of_boot: Vec<(u32, u64, u64)> = Vec::with_capacity(widths.len());
    for (boot, width) in host.boots.iter().zip(&widths) {
        let end = begin + width;
        let last = at(end - 1).saturating_sub(usize::from(at(end - 1) > at(begin)));
        mark(at(begin), last, ON);
        if boot.end_cause == BootEnd::Crash {
            mark(last, last, CRASH);
        }
        first_of_boot.push((boot.epoch, begin, *width));
        begin = end;
    }
    let boot_of = |epoch: u32| {
        let at = first_of_boot.binary_search_by_key(&epoch, |(epoch, ..)| *epoch).ok()?;
        Some((host.boots.get(at)?, first_of_boot.get(at)?))
    };
    for session in &host.sessions {
        let (Some(bit), Some((boot, (_, begin, width)))) =
            (bit(session), boot_of(session.boot_epoch))
        else {
            continue;
        };
        let within = |time| begin + share(boot, time) * (width - 1) / SHARES;
        let start = session.start.map(|start| start.time).or(boot.start);
        let end = session.end.time.or(session.end.not_before);
        mark(at(within(start)), at(within(end.or(start))), bit);
    }
    let cleared = findings.filter(|finding| finding.code == FindingCode::LogCleared);
    for finding in cleared {
        if let Some((boot, (_, begin, width))) = finding.boot_epoch.and_then(boot_of) {
            let place = at(begin + share(boot, finding.time) * (width - 1) / SHARES);
            mark(place, place, CLEARED);
        }
    }
    places.into_iter().map(digit).collect()
}

fn bit(session: &Session) -> Option<u32> {
    match session.class {
        SessionClass::Desktop => Some(DESKTOP),
        SessionClass::RemoteDesktop => Some(REMOTE_DESKTOP),
        SessionClass::Network => Some(NETWORK),
        _ => None,
    }
}

/// In seconds, by the clock; 0 where it was set back.
fn length(boot: &Boot) -> u64 {
    let end = boot.end.or(boot.end_not_before);
    let ticks = boot.start.zip(end).map_or(0, |(start, end)| end.since(start).0);
    u64::try_from(ticks / crate::model::time::TICKS_PER_SECOND).unwrap_or_default()
}

/// Into how many shares a boot is divided.
const SHARES: u64 = 1 << 16;

/// How far a boot had gone at this time: from 0 to [`SHARES`].
fn share(boot: &Boot, time: Option<crate::model::Timestamp>) -> u64 {
    let length = length(boot).max(1);
    let ticks = boot.start.zip(time).map_or(0, |(start, time)| time.since(start).0);
    let seconds = u64::try_from(ticks / crate::model::time::TICKS_PER_SECOND).unwrap_or_default();
    let share = u128::from(seconds.min(length)) * u128::from(SHARES) / u128::from(length);
    u64::try_from(share).unwrap_or(SHARES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    /// Two boots: four hours, then one whose end is not known. The first has a desktop and a Remote Desktop
    /// from the middle of it, and crashes.
    #[test]
    fn boots_and_sessions_stand_in_their_places() {
        let mut host = sample::report().hosts.remove(0);
        host.boots[0].end_cause = BootEnd::Crash;
        let strip = of(&host, std::iter::empty());
        let bits: Vec<u32> =
            strip.chars().map(|c| (0..64).find(|bits| digit(*bits) == c).unwrap()).collect();
        assert_eq!(bits.len(), PLACES);
        assert_eq!(bits[0], ON);
        let middle = bits.iter().position(|bits| bits & DESKTOP > 0).unwrap();
        // 03:00 is a quarter of 02:00 to 06:00.
        assert!((14..=16).contains(&middle), "{bits:?}");
        assert_eq!(bits[middle] & REMOTE_DESKTOP, REMOTE_DESKTOP);
        assert_eq!(bits.iter().filter(|bits| **bits & CRASH > 0).count(), 1);
    }
}

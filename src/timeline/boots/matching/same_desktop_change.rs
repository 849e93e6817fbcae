//! # Same desktop change
//!
//! A logon or logoff at a desktop in Security (4624, 4647), and a 7001 or 7002 of Winlogon for the
//! same account that follows within seconds, are of one boot. Several of them weigh as much as one.

use super::{Combine, MatchRule, Pair};
use crate::model::EventKind;
use crate::timeline::boots::desktop_changes::DesktopChanges;
use crate::timeline::boots::timed_channels::TimedChannels;

pub(super) const RULE: MatchRule = MatchRule {
    name: "same-desktop-change",
    weight: 50,
    seen: "7001 follows its 4624 within 5 s, 29 of 29",
    held_by: "a_logoff_matches_what_is_left_of_system",
    combine: Combine::AddOnce,
    find,
};

fn find(channels: &TimedChannels<'_>, found: &mut Vec<(Pair, i64)>) {
    let of_segment = |(at, range): (usize, std::ops::Range<usize>)| {
        let own = channels.security.events.get(range).unwrap_or_default();
        own.iter().filter(|event| !event.recovered).map(move |event| (event, at))
    };
    let security = channels.security_segments().map(|(at, segment, _)| (at, segment.range.clone()));
    let changes = DesktopChanges::of(security.flat_map(of_segment));
    let system = channels.system.segments.iter().zip(&channels.system_times).enumerate();
    for (at, (segment, times)) in system {
        let own = channels.system.events.get(segment.range.clone()).unwrap_or_default();
        for event in own.iter().filter(|event| !event.recovered) {
            // A record that is older than the boot is a late record of the boot before.
            let is_own = times.begin.is_none_or(|begin| begin <= event.time);
            if is_own && matches!(event.kind, EventKind::Winlogon(_)) {
                found.extend(changes.of_same_change(event).map(|one| ((one, at), RULE.weight)));
            }
        }
    }
}

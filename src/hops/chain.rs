//! How the rows are connected: bursts, and chains of sessions.

use super::distances::GROUP;
use crate::model::{Hop, Text, Timestamp};
use std::collections::HashMap;

/// The most rows that a chain is followed through.
const LONGEST_CHAIN: usize = 64;

/// Numbers the bursts and the places in chains. The rows are in the order of time.
pub(super) fn number(hops: &mut [Hop]) {
    number_groups(hops);
    number_chains(hops);
}

/// Logons of one source, target and user that follow each other soon.
fn number_groups(hops: &mut [Hop]) {
    let mut latest: HashMap<(String, Text, String), (Timestamp, u64)> = HashMap::new();
    let mut count = 0;
    for hop in hops {
        let source = match (&*hop.source_computer, &*hop.source_address) {
            ("", "") => continue,
            ("", address) => address,
            (computer, _) => computer,
        };
        let user = hop.account.to_string().to_lowercase();
        let key = (source.to_lowercase(), hop.target_computer.clone(), user);
        let known = latest.get(&key).filter(|(time, _)| hop.time.since(*time) <= GROUP);
        let group = known.map_or(count + 1, |(_, group)| *group);
        count = count.max(group);
        latest.insert(key, (hop.time, group));
        hop.group = Some(group);
    }
}

/// Numbers the rows of each chain, in which each session came out of the one before it; 1 is the first.
fn number_chains(hops: &mut [Hop]) {
    let by_target: HashMap<Text, usize> =
        hops.iter().enumerate().map(|(at, hop)| (hop.target_session.clone(), at)).collect();
    let before: Vec<Option<usize>> = hops
        .iter()
        .map(|hop| by_target.get(&hop.source_session).copied().filter(|_| is_link(hop)))
        .collect();
    // An earlier row belongs to the chain only if it names a source session itself.
    let links: Vec<bool> = hops.iter().map(is_link).collect();
    for at in 0..hops.len() {
        if !links.get(at).is_some_and(|is_link| *is_link) {
            continue;
        }
        let mut place = before.get(at).copied().flatten();
        let mut length = 1;
        while let Some(earlier) =
            place.filter(|own| links.get(*own).is_some_and(|is_link| *is_link))
        {
            length += 1;
            if length > LONGEST_CHAIN {
                break;
            }
            place = before.get(earlier).copied().flatten();
        }
        if let Some(hop) = hops.get_mut(at) {
            hop.hop_number = (length <= LONGEST_CHAIN).then_some(length as u64);
        }
    }
}

fn is_link(hop: &Hop) -> bool {
    !hop.source_session.is_empty()
}

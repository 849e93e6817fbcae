//! Rules that say which boot in Security and which boot in System may be the same boot.
//!
//! Each rule is one file with one row in [`RULES`]. A rule compares both channels and returns pairs
//! of segments, each with a weight. The weights of a pair are combined in the order of the table.
//! Then [`ends`] adds what the ends of the two boots say, and removes the pairs that cannot be one
//! boot. The result is the match score of each pair, from which [`best_chain`](super::best_chain)
//! chooses.
//!
//! Example: Security has an 1100 at 17:00:00 and System has a 6006 at 17:00:01. The rule
//! `same-stop` gives this pair the weight 60.

mod clock_of_security;
mod clock_of_system;
pub(super) mod ends;
mod kernel_stop;
mod lsass_after_kernel;
mod same_clock_step;
mod same_desktop_change;
mod same_stop;
mod service_after_lsass;

use super::boot_times::{BootTimes, ClockInterval};
use super::timed_channels::TimedChannels;
use crate::model::{Span, Timestamp};
use crate::timeline::channel::segments::Segment;
use crate::timeline::limits::{CLOCKS_AROUND, INTERVALS_AROUND, MATCHES_PER_RULE};
use std::collections::BTreeMap;

/// A segment of Security and a segment of System, each by its index.
pub(super) type Pair = (usize, usize);

/// One rule.
#[cfg_attr(not(test), expect(dead_code, reason = "a test holds the documentation to it"))]
pub(crate) struct MatchRule {
    /// Its name in the documentation.
    pub(crate) name: &'static str,
    /// Its highest weight. A weight of 50 or more counts as proof.
    pub(super) weight: i64,
    /// What was seen on real logs.
    pub(super) seen: &'static str,
    /// The scenarios that fail without this rule, separated by commas.
    pub(crate) held_by: &'static str,
    /// How its weight is combined with the weights of the rules before it.
    combine: Combine,
    /// Adds the pairs of segments that the rule matches, each with a weight.
    find: fn(&TimedChannels<'_>, &mut Vec<(Pair, i64)>),
}

/// All rules, in the order in which the weights of a pair are combined.
pub(crate) const RULES: &[MatchRule] = &[
    lsass_after_kernel::RULE,
    service_after_lsass::RULE,
    same_stop::RULE,
    kernel_stop::RULE,
    same_clock_step::RULE,
    same_desktop_change::RULE,
    clock_of_system::RULE,
    clock_of_security::RULE,
];

/// The rules that are asked: all of them. A test may leave one out, to see that it is needed.
fn rules() -> impl Iterator<Item = &'static MatchRule> {
    #[cfg(test)]
    let left_out = tests::LEFT_OUT.get();
    #[cfg(not(test))]
    let left_out: Option<&str> = None;
    RULES.iter().filter(move |rule| left_out != Some(rule.name))
}

/// How the weight of a rule is combined with the weights of the rules before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Combine {
    /// It is added each time that the rule reports the pair.
    AddEach,
    /// It is added once, however often the rule reports the pair.
    AddOnce,
    /// The greater of the two is used, because the rule is another way to compare the same two
    /// moments.
    Best,
}

/// The match score of each pair of segments that may be one boot.
pub(super) fn scores(channels: &TimedChannels<'_>) -> BTreeMap<Pair, i64> {
    let mut scores: BTreeMap<Pair, i64> = BTreeMap::new();
    let mut found: Vec<(Pair, i64)> = Vec::new();
    for rule in rules() {
        (rule.find)(channels, &mut found);
        if rule.combine == Combine::AddOnce {
            found.sort_unstable();
            found.dedup_by_key(|(pair, _)| *pair);
        }
        for (pair, weight) in found.drain(..) {
            let score = scores.entry(pair).or_default();
            *score = match rule.combine {
                Combine::AddEach | Combine::AddOnce => *score + weight,
                Combine::Best => weight.max(*score),
            };
        }
    }
    let with_ends = |((security, system), score): (Pair, i64)| {
        let one = channels.security_times.get(security)?;
        let other = channels.system_times.get(system)?;
        Some(((security, system), score + ends::weigh(one, other)?))
    };
    scores.into_iter().filter_map(with_ends).filter(|(_, score)| *score > 0).collect()
}

/// The weight of two moments that should be close to each other: it falls by one for every 10
/// seconds of distance.
fn nearness(weight: i64, distance: Span) -> i64 {
    weight - distance.abs().0 / Span::seconds(10).0
}

/// Moments of one channel in the order of time, each with its segment.
struct ByTime(Vec<(Timestamp, usize)>);

impl ByTime {
    /// Takes one moment of each segment that has it.
    fn of(times: &[BootTimes], moment: impl Fn(&BootTimes) -> Option<Timestamp>) -> ByTime {
        ByTime::new(times.iter().enumerate().filter_map(|(at, one)| Some((moment(one)?, at))))
    }

    fn new(moments: impl Iterator<Item = (Timestamp, usize)>) -> ByTime {
        let mut moments: Vec<(Timestamp, usize)> = moments.collect();
        moments.sort_unstable();
        ByTime(moments)
    }

    /// The moments from the first to the last of the two given ones, both included.
    fn within(
        &self,
        (first, last): (Timestamp, Timestamp),
    ) -> impl Iterator<Item = (Timestamp, usize)> {
        let from = self.0.partition_point(|(time, _)| *time < first);
        let until = self.0.iter().skip(from).take_while(move |(time, _)| *time <= last);
        until.take(MATCHES_PER_RULE).copied()
    }
}

/// The clock intervals of the boots of one channel in the order of time, each with its segment.
struct BootClocks(Vec<(ClockInterval, usize)>);

impl BootClocks {
    fn of(times: &[BootTimes]) -> BootClocks {
        let of_boot = |(at, boot): (usize, &BootTimes)| -> Vec<(ClockInterval, usize)> {
            boot.clock_intervals.iter().map(|interval| (*interval, at)).collect()
        };
        let mut all: Vec<_> = times.iter().enumerate().flat_map(of_boot).collect();
        all.sort_unstable();
        BootClocks(all)
    }

    /// The boots whose clock showed all the times of this segment, up to its first change of the
    /// clock: the last boot first, each with its rank.
    fn around(&self, segment: &Segment) -> impl Iterator<Item = (i64, usize)> {
        let last = segment.clock_sets.first().map_or(segment.last, |set| set.from);
        let end = self.0.partition_point(|((from, _), _)| *from <= segment.first);
        let runs_on = |((_, end), _): &&(ClockInterval, usize)| end.is_none_or(|end| last <= end);
        let before = self.0.iter().take(end).rev().take(INTERVALS_AROUND);
        let mut found: Vec<usize> =
            before.filter(runs_on).map(|(_, at)| *at).take(CLOCKS_AROUND).collect();
        found.sort_unstable();
        found.dedup();
        (0..).zip(found.into_iter().rev())
    }
}

/// The weight of a match by the clock alone. It is halved if the start of the boot in the other
/// channel is not known.
fn clock_weight(weight: i64, segments: &[Segment], at: usize) -> i64 {
    let is_known = segments.get(at).is_some_and(|segment| segment.start.is_some());
    if is_known { weight } else { weight / 2 }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::cell::Cell;
    use std::collections::BTreeSet;
    use std::panic::catch_unwind;

    thread_local! {
        /// The name of the rule that this thread does not ask.
        pub(super) static LEFT_OUT: Cell<Option<&'static str>> = const { Cell::new(None) };
    }

    /// Does this test fail without this rule?
    pub(crate) fn fails_without(rule: &'static str, test: fn()) -> bool {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .start_handler(move |_| LEFT_OUT.set(Some(rule)));
        pool.build().unwrap().install(|| catch_unwind(test).is_err())
    }

    #[test]
    fn every_rule_says_what_was_seen_and_what_holds_it() {
        let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), RULES.len(), "two rules share a name");
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let validation = std::fs::read_to_string(root.join("docs/validation.md")).unwrap();
        for rule in RULES {
            assert!(rule.weight > 0 && !rule.seen.is_empty(), "{}", rule.name);
            for scenario in rule.held_by.split(", ") {
                assert!(validation.contains(scenario), "{}: {scenario}", rule.name);
            }
        }
    }
}

//! How far two clocks were apart, by records that two computers made at the same moment.

use super::computers::{Computer, ComputerId, Computers};
use super::distances::{CLOCK_SPREAD, CLOCK_STEP};
use crate::model::hop::{ClockBasis, ClockOffset};
use crate::model::{Span, Timestamp};
use std::collections::{BTreeMap, HashMap};

/// One moment that two computers recorded, with the time that the clock of each showed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) source: ComputerId,
    pub(super) target: ComputerId,
    pub(super) source_time: Timestamp,
    pub(super) target_time: Timestamp,
    /// The record at the source. Several pairs with the same record count as one.
    pub(super) source_record: u64,
    /// What kind of records the pair consists of.
    pub(super) basis: ClockBasis,
}

/// An estimate needs at least this many different records at the source.
const FEWEST: usize = 3;

/// A computer between two steps of its clock.
type Interval = (ComputerId, usize);

/// How far clocks were apart.
#[derive(Default)]
pub(super) struct Clocks {
    /// For each computer, the clock time after each step of its clock.
    steps: HashMap<ComputerId, Vec<Timestamp>>,
    offsets: BTreeMap<(Interval, Interval), ClockOffset>,
}

impl Clocks {
    pub(super) fn new(computers: &Computers<'_>, pairs: &[Pair]) -> Clocks {
        let steps = computers.iter().map(|(id, computer)| (id, steps(computer))).collect();
        let mut clocks = Clocks { steps, offsets: BTreeMap::new() };
        let mut by_clocks: BTreeMap<(Interval, Interval), Vec<&Pair>> = BTreeMap::new();
        for pair in pairs {
            let source = clocks.interval(pair.source, pair.source_time);
            let target = clocks.interval(pair.target, pair.target_time);
            by_clocks.entry((source, target)).or_default().push(pair);
        }
        for (clocks_of, pairs) in by_clocks {
            let bases = [ClockBasis::Connection, ClockBasis::Ticket, ClockBasis::Explicit];
            let found = bases.into_iter().find_map(|basis| estimate(&pairs, basis));
            if let Some(offset) = found {
                clocks.offsets.insert(clocks_of, offset);
            }
        }
        clocks
    }

    fn interval(&self, computer: ComputerId, time: Timestamp) -> Interval {
        let steps = self.steps.get(&computer).map_or(&[][..], Vec::as_slice);
        (computer, steps.partition_point(|step| *step <= time))
    }

    /// By how much the clock of the target was ahead of that of the source when the target's clock showed
    /// `time`; `None`: it is not known.
    pub(super) fn offset(
        &self,
        source: ComputerId,
        target: ComputerId,
        time: Timestamp,
    ) -> Option<Span> {
        let own = self.interval(target, time);
        let found =
            |from: Interval, to: Interval| self.offsets.get(&(from, to)).map(|one| one.offset);
        // The interval of the source's clock is looked up by the same time, as if both clocks agreed.
        let other = self.interval(source, time);
        found(other, own).or_else(|| found(own, other).map(|span| Span(span.0.saturating_neg())))
    }

    /// The reference is the computer that was compared with most others. The result says for each computer by how
    /// much its clock was ahead of that of the reference. If a clock was set, only its last interval counts.
    pub(super) fn against_reference(&self) -> BTreeMap<ComputerId, ClockOffset> {
        let mut partners: BTreeMap<ComputerId, u64> = BTreeMap::new();
        for (source, target) in self.offsets.keys() {
            *partners.entry(source.0).or_default() += 1;
            *partners.entry(target.0).or_default() += 1;
        }
        let reference =
            partners.iter().max_by_key(|(id, count)| (**count, std::cmp::Reverse(**id)));
        let Some((&reference, _)) = reference else { return BTreeMap::new() };
        let mut known = BTreeMap::new();
        for ((source, target), offset) in &self.offsets {
            if source.0 == reference {
                known.insert(target.0, *offset);
            } else if target.0 == reference {
                let turned = Span(offset.offset.0.saturating_neg());
                known.entry(source.0).or_insert(ClockOffset { offset: turned, ..*offset });
            }
        }
        let (offset, spread) = (Span(0), Span(0));
        let own = ClockOffset { offset, spread, basis: ClockBasis::Reference, pairs: 0 };
        known.insert(reference, own);
        known
    }
}

/// The clock time after each step of the clock that is large enough to count.
fn steps(computer: &Computer<'_>) -> Vec<Timestamp> {
    let boots = computer.host.into_iter().flat_map(|host| &host.boots);
    let all = boots.flat_map(|boot| boot.clock.steps());
    let set = all.filter(|(old, new)| new.since(*old).abs() >= CLOCK_STEP);
    let mut readings: Vec<Timestamp> = set.map(|(_, new)| *new).collect();
    readings.sort_unstable();
    readings
}

/// The median of the largest group of lags that are close together, if at least half of the moments are in it.
fn estimate(pairs: &[&Pair], basis: ClockBasis) -> Option<ClockOffset> {
    let mut lags: Vec<(Span, u64, Timestamp)> = pairs
        .iter()
        .filter(|pair| pair.basis == basis)
        .map(|pair| {
            (pair.target_time.since(pair.source_time), pair.source_record, pair.target_time)
        })
        .collect();
    lags.sort_unstable();
    let distinct = |lags: &[(Span, u64, Timestamp)]| {
        let mut records: Vec<u64> = lags.iter().map(|(_, record, _)| *record).collect();
        records.sort_unstable();
        records.dedup();
        records.len()
    };
    let mut moments: Vec<Timestamp> = lags.iter().map(|(.., time)| *time).collect();
    moments.sort_unstable();
    moments.dedup();
    // A group begins with some lag and has all that are larger by at most the spread. The largest group counts;
    // of several, the one whose middle lag is nearest to 0.
    let cluster = |start: usize| {
        let from = lags.get(start).map_or(Span(0), |(lag, ..)| *lag);
        let limit = Span(from.0.saturating_add(CLOCK_SPREAD.0));
        lags.get(start..lags.partition_point(|(lag, ..)| *lag <= limit)).unwrap_or_default()
    };
    let best = (0..lags.len()).map(cluster).max_by_key(|own| {
        let middle = own.get(own.len() / 2).map_or(0, |(lag, ..)| lag.0.saturating_abs());
        (own.len(), std::cmp::Reverse(middle))
    })?;
    let (first, last) = (best.first()?.0, best.last()?.0);
    let agrees = distinct(best) >= FEWEST && best.len() * 2 >= moments.len();
    agrees.then(|| ClockOffset {
        offset: best.get(best.len() / 2).map_or(Span(0), |(lag, ..)| *lag),
        spread: Span(last.0.saturating_sub(first.0)),
        basis,
        pairs: distinct(best) as u64,
    })
}

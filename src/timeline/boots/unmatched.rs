//! Puts the boots of both channels into one order, and gives each segment its boot.
//!
//! Input: the chain of matched segments. Output: an [`Alignment`]. The matched segments fix the
//! order of the boots. The segments between two matches are ordered by records that name the boot
//! before, and where there are none, by the clock.
//!
//! Example: segments S0, S1 of Security and Y0, Y1, Y2 of System, with the matches (S0, Y0) and
//! (S1, Y2). Y1 has no match: it is a boot of its own between the two, unless it only continues the
//! boot of Y0.

use super::boot_times::BootTimes;
use super::doubtful::DoubtfulSegments;
use super::matching::Pair;
use super::timed_channels::TimedChannels;
use crate::timeline::channel::security_start::{SecurityStart, StartIndicator};
use crate::timeline::channel::segments::Segment;
use crate::timeline::channel::system_start::SystemBoot;
use crate::timeline::limits::SEGMENTS_AHEAD;
use std::ops::Range;

/// A boot, as both channels show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AlignedBoot {
    /// Its beginning in Security.
    pub(super) security: Option<SecurityStart>,
    /// Its beginning in System.
    pub(super) system: Option<SystemBoot>,
    /// Only one channel shows this boot, and only the other channel shows the next one. Their order
    /// follows from the clock alone.
    pub(super) by_clock: bool,
}

/// The boots in order, and for each segment of both channels the number of its boot, from 1. Number
/// 0 is the time before the first known boot.
pub(super) struct Alignment {
    pub(super) boots: Vec<AlignedBoot>,
    pub(super) security: Vec<usize>,
    pub(super) system: Vec<usize>,
    /// The segments that may belong to another boot.
    pub(super) doubtful: DoubtfulSegments,
}

/// Orders the boots of both channels by the chain of matched segments. The segments in `doubtful`
/// may belong to another boot.
pub(super) fn order_boots(
    channels: &TimedChannels<'_>,
    chain: &[Pair],
    doubtful: DoubtfulSegments,
) -> Alignment {
    let mut order = BootOrder {
        channels,
        doubtful: &doubtful,
        boots: Vec::new(),
        is_by_clock: false,
        security: Vec::with_capacity(channels.security.segments.len()),
        system: Vec::with_capacity(channels.system.segments.len()),
    };
    for &(security, system) in chain {
        order.assign_unmatched_before(security, system);
        order.assign_matched(security, system);
    }
    order.assign_unmatched_before(channels.security.segments.len(), channels.system.segments.len());
    let BootOrder { boots, security, system, .. } = order;
    Alignment { boots, security, system, doubtful }
}

/// The channel that has the earlier one of two segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Earlier {
    Security,
    System,
}

/// How the order of two segments was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OrderBasis {
    /// A record says so.
    Record,
    /// Only the clock says so, and it may have been wrong.
    Clock,
    /// The segment follows the one before it in its own channel, so its order is as certain as that
    /// of the segment before it.
    SameChannel,
}

/// The boots so far, and the boot of each segment that was assigned.
struct BootOrder<'a> {
    channels: &'a TimedChannels<'a>,
    doubtful: &'a DoubtfulSegments,
    boots: Vec<AlignedBoot>,
    /// Only the clock says that the last segment comes before the next one of the other channel.
    is_by_clock: bool,
    security: Vec<usize>,
    system: Vec<usize>,
}

impl BootOrder<'_> {
    /// Assigns the segments before these two, which have no match.
    fn assign_unmatched_before(&mut self, security: usize, system: usize) {
        loop {
            let (one, other) = (self.security.len(), self.system.len());
            match (one < security, other < system) {
                (false, false) => return,
                (true, false) => self.assign_security(),
                (false, true) => self.assign_system(),
                (true, true) => {
                    let (earlier, basis) = self.earlier(one..security, other);
                    self.assign_earlier(earlier, basis);
                }
            }
        }
    }

    /// Assigns the next segment of the channel that has the earlier one.
    fn assign_earlier(&mut self, earlier: Earlier, basis: OrderBasis) {
        let known = self.boots.len();
        match earlier {
            Earlier::Security => self.assign_security(),
            Earlier::System => self.assign_system(),
        }
        self.is_by_clock = match basis {
            OrderBasis::Record => false,
            OrderBasis::Clock => true,
            OrderBasis::SameChannel => self.is_by_clock,
        };
        let Some(boot) = self.boots.get_mut(known) else { return };
        boot.by_clock = self.is_by_clock;
        // The same channel shows the boot before it, so the order of these two is certain.
        if basis == OrderBasis::SameChannel
            && let Some(before) = known.checked_sub(1).and_then(|at| self.boots.get_mut(at))
        {
            before.by_clock = false;
        }
    }

    /// Which of the next segments of both channels is the earlier one, and how is that known?
    fn earlier(&self, security: Range<usize>, system: usize) -> (Earlier, OrderBasis) {
        let channels = self.channels;
        // A segment that begins no boot stays with the segment before it in its own channel.
        if !channels.is_new_boot(security.start) {
            return (Earlier::Security, OrderBasis::SameChannel);
        }
        let last_is_system = system.checked_sub(1).is_some_and(|at| {
            self.system.get(at).is_some_and(|number| *number == self.boots.len())
        });
        let follows = last_is_system && channels.follows_boot_before(system);
        if channels.continues_boot(system) || follows {
            return (Earlier::System, OrderBasis::SameChannel);
        }
        let mut next = security.clone().take(SEGMENTS_AHEAD);
        if next.any(|at| channels.is_boot_before(at, system)) {
            return (Earlier::Security, OrderBasis::Record);
        }
        // If a boot ends earlier than it begins, its clock was set back in between: then the time
        // of its end is the better one.
        let begin = |times: &[BootTimes], segments: &[Segment], at: usize| {
            let own = times.get(at).map(|times| (times.begin, times.end()));
            let first = segments.get(at).map(|segment| segment.first);
            let (begin, end) = own.unwrap_or_default();
            begin.or(first).into_iter().chain(end).min()
        };
        let one = begin(&channels.security_times, &channels.security.segments, security.start);
        let other = begin(&channels.system_times, &channels.system.segments, system);
        let earlier = if one <= other { Earlier::Security } else { Earlier::System };
        (earlier, OrderBasis::Clock)
    }

    /// Adds a boot and returns its number.
    fn new_boot(&mut self, security: Option<SecurityStart>, system: Option<SystemBoot>) -> usize {
        self.boots.push(AlignedBoot { security, system, by_clock: false });
        self.boots.len()
    }

    /// Assigns the next segment of Security to a boot that System does not show there.
    fn assign_security(&mut self) {
        let at = self.security.len();
        let number = match self.channels.security_start(at) {
            Some(start) => self.new_boot(Some(start), None),
            // Before the first known boot there may be any number of boots.
            None if self.channels.is_new_boot(at) && !self.boots.is_empty() => {
                let start =
                    self.channels.unlogged_security_start(at, StartIndicator::MissingRecords);
                self.new_boot(start, None)
            }
            None => self.security.last().copied().unwrap_or(0),
        };
        self.security.push(number);
    }

    /// Assigns the next segment of System to a boot that Security does not show there.
    fn assign_system(&mut self) {
        let at = self.system.len();
        let last = self.system.last().copied();
        let number = match self.channels.system_start(at) {
            Some(boot) => self.new_boot(None, Some(boot)),
            None if self.channels.continues_boot(at) => last.unwrap_or(0),
            None => {
                // It continues the last boot, whichever channel shows it, unless that boot had
                // ended.
                let (segments, known) = if last == Some(self.boots.len()) {
                    (&self.channels.system.segments, at)
                } else {
                    (&self.channels.security.segments, self.security.len())
                };
                let before = known.checked_sub(1).and_then(|at| segments.get(at));
                if self.channels.begins_after(before.and_then(|before| before.stop), at) {
                    self.new_boot(None, self.channels.unlogged_system_start(at))
                } else {
                    self.boots.len()
                }
            }
        };
        self.system.push(number);
    }

    /// Assigns two matched segments to one boot. One of them may be assigned already, by a match
    /// with another segment of the other channel.
    fn assign_matched(&mut self, security: usize, system: usize) {
        self.is_by_clock = false;
        let known = |numbers: &[usize], at: usize| numbers.get(at).copied();
        let number = match (known(&self.security, security), known(&self.system, system)) {
            (Some(number), _) | (_, Some(number)) => number,
            (None, None) => {
                let kernel = self.channels.system_start(system);
                // A doubtful segment does not show how this boot began, if System does.
                let is_doubtful = kernel.is_some() && self.doubtful.security.contains(&security);
                let lsass = self.channels.security_start(security).filter(|_| !is_doubtful);
                let starts = (lsass, kernel);
                if starts.0.is_some() || starts.1.is_some() {
                    self.new_boot(starts.0, starts.1)
                } else {
                    let last = [self.security.last(), self.system.last()];
                    last.into_iter().flatten().copied().max().unwrap_or(0)
                }
            }
        };
        if self.security.len() == security {
            self.security.push(number);
            let start = self.channels.unlogged_security_start(security, StartIndicator::SystemOnly);
            if let Some(boot) = number.checked_sub(1).and_then(|at| self.boots.get_mut(at))
                && boot.security.is_none()
            {
                boot.security = start;
            }
        }
        if self.system.len() == system {
            self.system.push(number);
        }
    }
}

//! Puts all segments of both channels into one order of boots: the matched ones, and between them
//! those that no match holds.

use super::boot_times::BootTimes;
use super::boot_times::TimedChannels;
use super::matching::Pair;
use super::rivals::Doubtful;
use crate::timeline::channel::segments::Segment;
use crate::timeline::channel::start_marks::{SecurityStart, StartMark};
use crate::timeline::channel::system_boots::SystemBoot;
use crate::timeline::limits::SEGMENTS_AHEAD;
use std::ops::Range;

/// A boot as both channels show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AlignedBoot {
    /// Its beginning in Security.
    pub(super) security: Option<SecurityStart>,
    /// Its beginning in System.
    pub(super) system: Option<SystemBoot>,
    /// Only one channel shows it, and nothing but the clock puts it before the next boot, which only
    /// the other channel shows.
    pub(super) by_clock: bool,
}

/// The boots in order, and for each segment of both channels which of them it is of, from 1.
pub(super) struct Alignment {
    pub(super) boots: Vec<AlignedBoot>,
    pub(super) security: Vec<usize>,
    pub(super) system: Vec<usize>,
    /// The segments that may be of another boot.
    pub(super) doubtful: Doubtful,
}

/// The boots of both channels, by the chain of matched segments, of which these may be of another boot.
pub(super) fn place(channels: &TimedChannels<'_>, chain: &[Pair], doubtful: Doubtful) -> Alignment {
    let mut placed = Placed {
        channels,
        boots: Vec::new(),
        security: Vec::with_capacity(channels.security.segments.len()),
        system: Vec::with_capacity(channels.system.segments.len()),
    };
    for &(security, system) in chain {
        placed.up_to(security, system);
        placed.matched(security, system);
    }
    placed.up_to(channels.security.segments.len(), channels.system.segments.len());
    let Placed { boots, security, system, .. } = placed;
    Alignment { boots, security, system, doubtful }
}

/// Which channel has the earlier one of two segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Earlier {
    Security,
    System,
}

/// How the earlier one was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OrderBasis {
    /// A record says so.
    Record,
    /// Nothing but the clock says so, which may have been wrong.
    Clock,
}

/// The boots so far, and the boot of each segment that has been placed.
struct Placed<'a> {
    channels: &'a TimedChannels<'a>,
    boots: Vec<AlignedBoot>,
    security: Vec<usize>,
    system: Vec<usize>,
}

impl Placed<'_> {
    /// Places the segments before these two, which no match holds.
    fn up_to(&mut self, security: usize, system: usize) {
        loop {
            let (one, other) = (self.security.len(), self.system.len());
            match (one < security, other < system) {
                (false, false) => return,
                (true, false) => self.place_security(),
                (false, true) => self.place_system(),
                (true, true) => {
                    let known = self.boots.len();
                    let (earlier, basis) = self.earlier(one..security, other);
                    match earlier {
                        Earlier::Security => self.place_security(),
                        Earlier::System => self.place_system(),
                    }
                    if let Some(boot) = self.boots.get_mut(known) {
                        boot.by_clock = basis == OrderBasis::Clock;
                    }
                }
            }
        }
    }

    /// Which of the next segments of both channels is the earlier one?
    fn earlier(&self, security: Range<usize>, system: usize) -> (Earlier, OrderBasis) {
        let channels = self.channels;
        // A segment that begins no boot stays with the segment before it in its own channel.
        if !channels.is_new_boot(security.start) {
            return (Earlier::Security, OrderBasis::Record);
        }
        let last_is_system = system.checked_sub(1).is_some_and(|at| {
            self.system.get(at).is_some_and(|number| *number == self.boots.len())
        });
        let follows = last_is_system && channels.follows_boot_before(system);
        if channels.continues_boot(system) || follows {
            return (Earlier::System, OrderBasis::Record);
        }
        let mut next = security.clone().take(SEGMENTS_AHEAD);
        if next.any(|at| channels.is_boot_before(at, system)) {
            return (Earlier::Security, OrderBasis::Record);
        }
        // A boot that ends earlier than it begins was set back in between: its end is the better reading.
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

    /// A new boot; gives its number.
    fn begin(&mut self, security: Option<SecurityStart>, system: Option<SystemBoot>) -> usize {
        self.boots.push(AlignedBoot { security, system, by_clock: false });
        self.boots.len()
    }

    /// The next segment of Security is of a boot that System does not show there.
    fn place_security(&mut self) {
        let at = self.security.len();
        let number = match self.channels.security_start(at) {
            Some(start) => self.begin(Some(start), None),
            // Before the first known boot there may be any number of boots.
            None if self.channels.is_new_boot(at) && !self.boots.is_empty() => {
                let start = self.channels.unlogged_security_start(at, StartMark::Unmarked);
                self.begin(start, None)
            }
            None => self.security.last().copied().unwrap_or(0),
        };
        self.security.push(number);
    }

    /// The next segment of System is of a boot that Security does not show there.
    fn place_system(&mut self) {
        let at = self.system.len();
        let last = self.system.last().copied();
        let number = match self.channels.system_start(at) {
            Some(boot) => self.begin(None, Some(boot)),
            None if self.channels.continues_boot(at) => last.unwrap_or(0),
            None => {
                // It continues the last boot, whichever channel shows that, unless it had ended.
                let (segments, known) = if last == Some(self.boots.len()) {
                    (&self.channels.system.segments, at)
                } else {
                    (&self.channels.security.segments, self.security.len())
                };
                let before = known.checked_sub(1).and_then(|at| segments.get(at));
                if self.channels.begins_after(before.and_then(|before| before.stop), at) {
                    self.begin(None, self.channels.unlogged_system_start(at))
                } else {
                    self.boots.len()
                }
            }
        };
        self.system.push(number);
    }

    /// Places two matched segments. Either may be placed already, with another segment of the other
    /// channel.
    fn matched(&mut self, security: usize, system: usize) {
        let known = |numbers: &[usize], at: usize| numbers.get(at).copied();
        let number = match (known(&self.security, security), known(&self.system, system)) {
            (Some(number), _) | (_, Some(number)) => number,
            (None, None) => {
                let starts =
                    (self.channels.security_start(security), self.channels.system_start(system));
                if starts.0.is_some() || starts.1.is_some() {
                    self.begin(starts.0, starts.1)
                } else {
                    let last = [self.security.last(), self.system.last()];
                    last.into_iter().flatten().copied().max().unwrap_or(0)
                }
            }
        };
        if self.security.len() == security {
            self.security.push(number);
            let start = self.channels.unlogged_security_start(security, StartMark::SystemLog);
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

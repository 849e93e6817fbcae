//! The times of each boot, as one channel shows them: when it started, when it ended, and which
//! times its clock showed.
//!
//! Input: the segments of a channel. Output: one [`BootTimes`] for each segment. The rules in
//! [`matching`](super::matching) compare the `BootTimes` of Security with those of System.

use crate::model::{Event, EventKind, Span, Timestamp};
use crate::timeline::channel::ChannelView;
use crate::timeline::channel::late_records::end_of_boot_before;
use crate::timeline::channel::security_start::SecurityStart;
use crate::timeline::channel::segments::Segment;
use crate::timeline::channel::system_start::SystemBoot;
use crate::timeline::channel::uptimes;
use crate::timeline::timing::{
    AFTER_STOP, BOOT_SEQUENCE, KERNEL_BEFORE_LSASS, LAST_ALIVE_DELAY, LAST_ALIVE_RELIABLE_AFTER,
    WRONG_CLOCK,
};

/// How the boot before a segment ended, according to records of the segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndBefore {
    /// By a shutdown.
    InOrder,
    /// By a crash.
    Crashed,
}

/// The first clock time of an interval between two changes of the clock, and the last one if it is
/// known.
pub(super) type ClockInterval = (Timestamp, Option<Timestamp>);

/// The times of the boot to which one segment belongs.
#[derive(Debug, Default, Clone)]
pub(super) struct BootTimes {
    /// In Security the start of LSASS; in System the start of the kernel.
    pub(super) start: Option<Timestamp>,
    /// In System, the start of the kernel as it follows from the uptime that the event log service
    /// recorded (6013). It is only set where no record of the kernel gives the start.
    pub(super) start_by_uptime: Option<Timestamp>,
    /// In Security, the start of LSASS by the corrected clock, if the clock was corrected soon after.
    pub(super) lsass_by_corrected_clock: Option<Timestamp>,
    /// In System, the start of the event log service.
    pub(super) service_start: Option<Timestamp>,
    /// The last clock time before the clock, which was wrong at the start, was corrected.
    pub(super) wrong_until: Option<Timestamp>,
    /// The earliest clock time of the boot.
    pub(super) begin: Option<Timestamp>,
    /// The clock times of the boot, as one interval for each part between two changes that set the
    /// clock back.
    pub(super) clock_intervals: Vec<ClockInterval>,
    /// When the event log service stopped.
    pub(super) stop: Option<Timestamp>,
    /// When the kernel stopped, as the boot after it recorded.
    pub(super) kernel_stop: Option<Timestamp>,
    /// How the boot before it ended.
    pub(super) before: Option<EndBefore>,
    /// If the boot before crashed: the computer was certainly down by this time. It is the
    /// last-alive time of the 6008, plus the delay by which that time may be too early.
    pub(super) down_by: Option<Timestamp>,
    /// The next boot says that this one crashed.
    pub(super) crashed: bool,
    /// The number that Windows itself gave the boot.
    pub(super) boot_id: Option<u32>,
}

impl BootTimes {
    /// When the boot ended, if it ended in order.
    pub(super) fn end(&self) -> Option<Timestamp> {
        self.stop.or(self.kernel_stop)
    }

    /// May the clock of the boot have shown this time, if it was wrong by some hours?
    pub(super) fn clock_may_have_shown(&self, time: Timestamp) -> bool {
        let near = |begin: Timestamp| begin.since(time) <= WRONG_CLOCK;
        let ended = self.end().is_some_and(|end| time.since(end) > AFTER_STOP);
        self.begin.is_some_and(near) && !ended
    }

    /// The boot before crashed.
    pub(super) fn follows_crash(&self) -> bool {
        self.before == Some(EndBefore::Crashed)
    }
}

/// The times of the boots in Security, one entry for each segment.
pub(super) fn of_security(view: &ChannelView<'_, SecurityStart>) -> Vec<BootTimes> {
    let of = |segment: &Segment| {
        let start = view.start(segment);
        let timed = start.filter(|start| start.indicator.is_right_after_lsass());
        let time = timed.and_then(|start| view.time(start.index));
        let corrected = time.and_then(|time| Some(segment.correction(time)?.corrected(time)));
        let first = [time, corrected].into_iter().flatten().min();
        BootTimes {
            start: time,
            lsass_by_corrected_clock: corrected,
            // The first records of the kernel come before those of LSASS.
            begin: first.map(|begin| begin.plus(Span(-KERNEL_BEFORE_LSASS.0))),
            stop: segment.stop,
            before: start.and_then(|start| start.dropped).map(|_| EndBefore::Crashed),
            ..BootTimes::default()
        }
    };
    let mut all: Vec<BootTimes> = view.segments.iter().map(of).collect();
    add_from_neighbours(&view.segments, &mut all);
    all
}

/// The times of the boots in System, one entry for each segment. A late record in one boot says
/// when the kernel of the boot before it stopped.
pub(super) fn of_system(view: &ChannelView<'_, SystemBoot>) -> Vec<BootTimes> {
    let mut all: Vec<BootTimes> = Vec::with_capacity(view.segments.len());
    for segment in &view.segments {
        let (stop, kernel_stop) = (segment.stop, segment.kernel_stop);
        let mut times = BootTimes { stop, kernel_stop, ..BootTimes::default() };
        if let Some(boot) = view.start(segment) {
            let end_before = end_of_boot_before(view.events, view.starts, boot);
            add_start(&mut times, view, segment, boot);
            times.before = if boot.unclean.is_some() || boot.unexpected.is_some() {
                Some(EndBefore::Crashed)
            } else {
                end_before.map(|_| EndBefore::InOrder)
            };
            if let Some(before) = all.last_mut().filter(|_| !segment.after_gap) {
                before.kernel_stop = end_before.or(before.kernel_stop);
            }
        }
        all.push(times);
    }
    add_from_neighbours(&view.segments, &mut all);
    all
}

/// Adds what the start records of a boot in System say of its times.
fn add_start(
    times: &mut BootTimes,
    view: &ChannelView<'_, SystemBoot>,
    segment: &Segment,
    boot: &SystemBoot,
) {
    let time = |index: Option<usize>| index.and_then(|index| view.time(index));
    times.start = time(boot.kernel_start());
    times.service_start = time(boot.service.or(boot.version));
    let clock = view.time(boot.time_record());
    let correction = clock.and_then(|clock| segment.correction(clock));
    times.wrong_until = correction.map(|set| set.from);
    let corrected = correction.zip(clock).map(|(set, clock)| set.corrected(clock));
    times.begin = [clock, corrected].into_iter().flatten().min();
    if times.start.is_none() {
        // Only the start of the event log service is known. It comes after the start of LSASS.
        let service = boot.service.or(boot.version);
        times.start_by_uptime =
            service.and_then(|at| uptimes::start_by_uptime(view.events, at..segment.range.end));
        let longest = Span(-BOOT_SEQUENCE.longest().0);
        times.begin = times.start_by_uptime.or(times.begin.map(|begin| begin.plus(longest)));
    }
    times.down_by = down_by(view.events, boot);
    times.boot_id = boot_id(view.events, segment, boot);
}

/// The number that Windows gave the boot: Kernel-Boot 20 counts the boots before it, and
/// Kernel-Power 566 gives its own.
fn boot_id(events: &[Event], segment: &Segment, boot: &SystemBoot) -> Option<u32> {
    let status = boot.status.and_then(|index| events.get(index)).map(|event| &event.kind);
    if let Some(EventKind::BootStatus(status)) = status
        && let Some(id) = status.boot_id()
    {
        return Some(id);
    }
    let own = events.get(segment.range.clone()).unwrap_or_default();
    own.iter().find_map(|event| match event.kind {
        EventKind::PowerSession(id) => id,
        _ => None,
    })
}

/// When the computer was certainly down after the boot before, by the last-alive time of the 6008.
fn down_by(events: &[Event], boot: &SystemBoot) -> Option<Timestamp> {
    match &events.get(boot.unexpected?)?.kind {
        EventKind::UnexpectedShutdown(report) if report.uptime? > LAST_ALIVE_RELIABLE_AFTER => {
            Some(report.last_alive?.plus(LAST_ALIVE_DELAY))
        }
        _ => None,
    }
}

/// Adds what the neighbours of a segment say of its boot: how the boot before it ended, and until
/// when its clock may have run.
fn add_from_neighbours(segments: &[Segment], all: &mut [BootTimes]) {
    let mut stop_before: Option<Timestamp> = None;
    for (at, segment) in segments.iter().enumerate() {
        let next = all.get(at + 1).cloned().zip(segments.get(at + 1));
        if let Some(times) = all.get_mut(at) {
            if segment.start.is_some() && !segment.after_gap && stop_before.is_some() {
                times.before = times.before.or(Some(EndBefore::InOrder));
            }
            let begin = times.begin.unwrap_or(segment.first);
            times.begin = Some(begin);
            let next_begin = next.as_ref().map(|(next, s)| next.begin.unwrap_or(s.first));
            let down_by = next.as_ref().and_then(|(next, _)| next.down_by);
            let next_shows = next_begin.into_iter().chain(down_by).min();
            let last = times.end().map(|end| end.plus(AFTER_STOP)).or(next_shows);
            times.clock_intervals = clock_intervals(segment, begin, last);
            times.crashed = times.end().is_none()
                && next.is_some_and(|(next, segment)| {
                    segment.start.is_some() && !segment.after_gap && next.follows_crash()
                });
        }
        stop_before = segment.stop;
    }
}

/// The clock times of a boot from `begin` to `end`. A change that sets the clock back begins a new
/// interval, because the clock then shows some times again. A change that sets it forward does not.
fn clock_intervals(
    segment: &Segment,
    begin: Timestamp,
    end: Option<Timestamp>,
) -> Vec<ClockInterval> {
    let mut intervals = Vec::with_capacity(segment.clock_sets.len() + 1);
    let mut from = begin;
    for set in segment.clock_sets.iter().filter(|set| set.to < set.from) {
        intervals.push((from.min(set.from), Some(set.from)));
        from = set.to;
    }
    // If the end has an earlier clock time than the last record, the clock was set back in between,
    // and nothing shows how long this interval lasted.
    intervals.push((from, end.filter(|end| *end >= from && *end >= segment.last)));
    intervals
}

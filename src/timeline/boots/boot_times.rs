//! What one channel knows of the times of each boot: the moments by which the rules in
//! [`matching`](super::matching) match it with the boots of the other channel.

use crate::model::{Event, EventKind, Span, Timestamp};
use crate::timeline::channel::ChannelView;
use crate::timeline::channel::late_records::end_of_boot_before;
use crate::timeline::channel::segments::Segment;
use crate::timeline::channel::start_marks::SecurityStart;
use crate::timeline::channel::system_boots::SystemBoot;
use crate::timeline::channel::uptimes;
use crate::timeline::timing::{
    AFTER_STOP, BOOT_SEQUENCE, FIRST_SIGN_OF_LIFE, KERNEL_BEFORE_LSASS, STALE_SIGN_OF_LIFE,
    WRONG_CLOCK,
};

/// How the boot before a segment ended, by records of the segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndBefore {
    /// By a shutdown.
    InOrder,
    /// By a crash.
    Crashed,
}

/// An interval of readings of a boot's clock: the first, and the last where one is known.
pub(super) type ClockInterval = (Timestamp, Option<Timestamp>);

/// The times of the boot of one segment.
#[derive(Debug, Default, Clone)]
pub(super) struct BootTimes {
    /// In Security the start of LSASS, in System that of the kernel.
    pub(super) start: Option<Timestamp>,
    /// In System the start of the kernel by the uptime that the event log service recorded, where no record
    /// of the kernel gives it.
    pub(super) start_by_uptime: Option<Timestamp>,
    /// In Security the start of LSASS by the corrected clock, in System that of the event log
    /// service.
    pub(super) service: Option<Timestamp>,
    /// The clock was wrong until this reading, and was then corrected.
    pub(super) wrong_until: Option<Timestamp>,
    /// The earliest reading of the clock in the boot.
    pub(super) begin: Option<Timestamp>,
    /// The readings of its clock, one interval between each two changes that set it back.
    pub(super) readings: Vec<ClockInterval>,
    /// When the event log service stopped.
    pub(super) stop: Option<Timestamp>,
    /// When the kernel stopped, as the boot after it recorded.
    pub(super) kernel_stop: Option<Timestamp>,
    /// How the boot before it ended.
    pub(super) before: Option<EndBefore>,
    /// If the boot before crashed, it was surely down by this time: the 6008's last sign of life,
    /// and as much as that may be too early.
    pub(super) down_by: Option<Timestamp>,
    /// The boot after it says that this one crashed.
    pub(super) crashed: bool,
    /// Windows' own number of the boot.
    pub(super) boot_id: Option<u32>,
}

impl BootTimes {
    /// When the boot ended, if it ended in order.
    pub(super) fn end(&self) -> Option<Timestamp> {
        self.stop.or(self.kernel_stop)
    }

    /// May the boot's clock have read this, if it was some hours off?
    pub(super) fn may_have_read(&self, time: Timestamp) -> bool {
        let near = |begin: Timestamp| begin.since(time) <= WRONG_CLOCK;
        let ended = self.end().is_some_and(|end| time.since(end) > AFTER_STOP);
        self.begin.is_some_and(near) && !ended
    }

    /// The boot before crashed.
    pub(super) fn follows_crash(&self) -> bool {
        self.before == Some(EndBefore::Crashed)
    }
}

/// Both channels with the times of their segments.
pub(super) struct TimedChannels<'a> {
    pub(super) security: &'a ChannelView<'a, SecurityStart>,
    pub(super) system: &'a ChannelView<'a, SystemBoot>,
    pub(super) security_times: Vec<BootTimes>,
    pub(super) system_times: Vec<BootTimes>,
}

/// The times of the segments of Security.
pub(super) fn of_security(view: &ChannelView<'_, SecurityStart>) -> Vec<BootTimes> {
    let of = |segment: &Segment| {
        let start = view.start(segment);
        let timed = start.filter(|start| start.mark.is_right_after_lsass());
        let time = timed.and_then(|start| view.time(start.index));
        let corrected = time.and_then(|time| Some(segment.correction(time)?.corrects(time)));
        let first = [time, corrected].into_iter().flatten().min();
        BootTimes {
            start: time,
            service: corrected.or(time),
            // The kernel's first records come before LSASS.
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

/// The times of the segments of System. A late record says when the kernel of the boot before
/// stopped.
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

/// What the start records of a boot in System say of its times.
fn add_start(
    times: &mut BootTimes,
    view: &ChannelView<'_, SystemBoot>,
    segment: &Segment,
    boot: &SystemBoot,
) {
    let time = |index: Option<usize>| index.and_then(|index| view.time(index));
    times.start = time(boot.kernel_start());
    times.service = time(boot.service.or(boot.version));
    let clock = view.time(boot.clock());
    let correction = clock.and_then(|clock| segment.correction(clock));
    times.wrong_until = correction.map(|set| set.from);
    let corrected = correction.zip(clock).map(|(set, clock)| set.corrects(clock));
    times.begin = [clock, corrected].into_iter().flatten().min();
    if times.start.is_none() {
        // Only the start of the service is known, which comes after that of LSASS.
        let service = boot.service.or(boot.version);
        times.start_by_uptime =
            service.and_then(|at| uptimes::start_by_uptime(view.events, at..segment.range.end));
        let longest = Span(-BOOT_SEQUENCE.longest().0);
        times.begin = times.start_by_uptime.or(times.begin.map(|begin| begin.plus(longest)));
    }
    times.down_by = down_by(view.events, boot);
    times.boot_id = boot_id(view.events, segment, boot);
}

/// Kernel-Boot 20 counts the boots before; Kernel-Power 566 gives the number of its own boot.
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

/// When the boot before was surely down, by the last sign of life of the 6008.
fn down_by(events: &[Event], boot: &SystemBoot) -> Option<Timestamp> {
    match &events.get(boot.unexpected?)?.kind {
        EventKind::UnexpectedShutdown(report) if report.uptime? > FIRST_SIGN_OF_LIFE => {
            Some(report.last_alive?.plus(STALE_SIGN_OF_LIFE))
        }
        _ => None,
    }
}

/// What the segments before and after a segment say of it.
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
            times.readings = clock_intervals(segment, begin, last);
            times.crashed = times.end().is_none()
                && next.is_some_and(|(next, segment)| {
                    segment.start.is_some() && !segment.after_gap && next.follows_crash()
                });
        }
        stop_before = segment.stop;
    }
}

/// The readings of a boot's clock from `begin` to `end`, in intervals between the changes that set
/// it back: then it reads again what it had read. A clock that is set forward only reads on.
fn clock_intervals(
    segment: &Segment,
    begin: Timestamp,
    end: Option<Timestamp>,
) -> Vec<ClockInterval> {
    let mut readings = Vec::with_capacity(segment.clock_sets.len() + 1);
    let mut from = begin;
    for set in segment.clock_sets.iter().filter(|set| set.to < set.from) {
        readings.push((from.min(set.from), Some(set.from)));
        from = set.to;
    }
    // Where the end reads earlier, the clock was set in between, and nothing shows how long it ran.
    readings.push((from, end.filter(|end| *end >= from && *end >= segment.last)));
    readings
}

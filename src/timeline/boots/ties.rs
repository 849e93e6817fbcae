//! What ties a piece of Security to a piece of System: evidence that both are of one boot.
//!
//! Each kind of evidence has a weight. The start of LSASS right after the kernel's, 1100 with 6006,
//! and one step of the clock in both channels are as good as proof; that the clock of one runs
//! within the other's is a hint. What cannot be one boot has no tie.

use crate::model::{Event, EventKind, Span, Timestamp};
use crate::timeline::channel::security_boots::{AFTER_STOP, SecurityStart, StartMark};
use crate::timeline::channel::segments::Piece;
use crate::timeline::channel::system_boots::{self, SystemBoot};
use std::collections::BTreeMap;

/// LSASS starts this soon after the kernel (0.5 to 20 s seen).
const AFTER_KERNEL: (Span, Span) = (Span::seconds(-5), Span::seconds(300));
/// The kernel starts this soon before LSASS.
const KERNEL: Span = Span::seconds(-20);
/// The event log service starts this soon after LSASS (54 s seen, 244 s on a slow host).
const AFTER_LSASS: (Span, Span) = (Span::seconds(-5), Span::seconds(300));
/// 1100 and 6006 are of one moment; legacy records may carry whole seconds.
const ONE_STOP: Span = Span::seconds(2);
/// The kernel stops this soon after the event log service.
const KERNEL_STOPS: Span = Span::seconds(30);
/// 4616 and Kernel-General 1 tell of one step with one reading.
const ONE_STEP: Span = Span::seconds(1);

/// Weights. LSASS' start counts the more, the nearer the kernel's is.
const START: i64 = 50;
const STOP: i64 = 60;
const STEP: i64 = 50;
const WITHIN: i64 = 12;
const AGREE: i64 = 6;
const DISAGREE: i64 = -15;

/// One channel of a computer: its records, its boots, its pieces.
pub(crate) struct Side<'a, Start> {
    pub(crate) events: &'a [Event],
    pub(crate) starts: &'a [Start],
    pub(crate) pieces: Vec<Piece>,
}

impl<'a, Start> Side<'a, Start> {
    fn start(&self, piece: &Piece) -> Option<&'a Start> {
        self.starts.get(piece.start?)
    }

    pub(crate) fn time(&self, index: usize) -> Option<Timestamp> {
        self.events.get(index).map(|event| event.time)
    }
}

/// How the boot before a piece ended, as the piece tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    InOrder,
    Crashed,
}

/// The moments that tie.
#[derive(Debug, Default, Clone)]
pub(crate) struct Moments {
    /// LSASS' start; the kernel's.
    pub(crate) start: Option<Timestamp>,
    /// The start of the event log service; LSASS' by the corrected clock.
    service: Option<Timestamp>,
    /// The clock was wrong until this reading, and then corrected.
    wrong_until: Option<Timestamp>,
    /// The earliest reading of the clock in the boot.
    pub(crate) begin: Option<Timestamp>,
    /// Its clock ran from the one to the other reading; the last may have gone on.
    spans: Vec<(Timestamp, Option<Timestamp>)>,
    stop: Option<Timestamp>,
    /// When the kernel stopped, as the boot after it tells.
    kernel_stop: Option<Timestamp>,
    before: Option<Before>,
    /// The boot before was surely dead by then, if it crashed: 6008's last sign of life and more.
    dead: Option<Timestamp>,
    crashed: bool,
    /// Windows' own number of the boot.
    pub(crate) boot_id: Option<u32>,
}

impl Moments {
    /// The boot ended in order.
    pub(crate) fn closes(&self) -> bool {
        self.stop.or(self.kernel_stop).is_some()
    }

    /// May the boot's clock have read this, if it was some hours off?
    pub(crate) fn may_read(&self, time: Timestamp) -> bool {
        let near = |begin: Timestamp| begin.since(time) <= system_boots::WRONG_CLOCK;
        self.begin.is_some_and(near) && !self.is_over(time)
    }

    /// The boot had ended in order when its clock read this.
    fn is_over(&self, time: Timestamp) -> bool {
        let stop = self.stop.or(self.kernel_stop);
        stop.is_some_and(|stop| time.since(stop) > AFTER_STOP)
    }

    /// The boot before crashed.
    pub(crate) fn follows_crash(&self) -> bool {
        self.before == Some(Before::Crashed)
    }
}

/// Of Security's pieces.
pub(crate) fn of_security(side: &Side<'_, SecurityStart>) -> Vec<Moments> {
    let mut all: Vec<Moments> = side
        .pieces
        .iter()
        .map(|piece| {
            let start = side.start(piece);
            let told = start.filter(|start| start.mark <= StartMark::SystemLogon);
            let time = told.and_then(|start| side.time(start.index));
            let corrected =
                time.and_then(|time| piece.correction(time).map(|correction| correction.of(time)));
            Moments {
                start: time,
                service: corrected.or(time),
                // The kernel's first records come before LSASS.
                begin: [time, corrected]
                    .into_iter()
                    .flatten()
                    .min()
                    .map(|begin| begin.plus(KERNEL)),
                stop: piece.stop,
                before: start.and_then(|start| start.dropped).map(|_| Before::Crashed),
                ..Moments::default()
            }
        })
        .collect();
    follow(&side.pieces, &mut all);
    all
}

/// Of System's pieces. `late` tells when the kernel stopped that ran before a boot.
pub(crate) fn of_system(side: &Side<'_, SystemBoot>) -> Vec<Moments> {
    let mut all: Vec<Moments> = Vec::with_capacity(side.pieces.len());
    for piece in &side.pieces {
        let (stop, kernel_stop) = (piece.stop, piece.kernel_stop);
        let mut moments = Moments { stop, kernel_stop, ..Moments::default() };
        if let Some(boot) = side.start(piece) {
            moments.start = boot.by_kernel().and_then(|index| side.time(index));
            moments.service = boot.service.or(boot.version).and_then(|index| side.time(index));
            let clock = side.time(boot.clock());
            let correction = clock.and_then(|time| piece.correction(time));
            moments.wrong_until = correction.map(|correction| correction.from);
            let corrected = correction.zip(clock).map(|(correction, time)| correction.of(time));
            moments.begin = [clock, corrected].into_iter().flatten().min();
            if moments.start.is_none() {
                // Only the service's start is known, which comes after LSASS'.
                moments.begin = moments.begin.map(|begin| begin.plus(Span(-AFTER_LSASS.1.0)));
            }
            moments.dead = dead_by(side.events, boot);
            moments.boot_id = boot_id(side.events, piece, boot);
            let words = system_boots::last_words(side.events, side.starts, boot);
            moments.before = if boot.unclean.is_some() || boot.unexpected.is_some() {
                Some(Before::Crashed)
            } else {
                words.map(|_| Before::InOrder)
            };
            if let Some(before) = all.last_mut().filter(|_| !piece.torn) {
                before.kernel_stop = words.or(before.kernel_stop);
            }
        }
        all.push(moments);
    }
    follow(&side.pieces, &mut all);
    all
}

/// Kernel-Boot 20 counts the boots before; Kernel-Power 566 names the boot that it is of.
fn boot_id(events: &[Event], piece: &Piece, boot: &SystemBoot) -> Option<u32> {
    let status = boot.status.and_then(|index| events.get(index)).map(|event| &event.kind);
    if let Some(EventKind::BootStatus(status)) = status
        && let Some(before) = status.last_boot_id
    {
        return Some(before.saturating_add(1));
    }
    let own = events.get(piece.range.clone()).unwrap_or_default();
    own.iter().find_map(|event| match event.kind {
        EventKind::PowerSession(id) => id,
        _ => None,
    })
}

/// 6008's last sign of life is an hour old at most (59.6 minutes seen); that of a boot's first
/// minute says nothing (19 minutes later it was still the same).
fn dead_by(events: &[Event], boot: &SystemBoot) -> Option<Timestamp> {
    match &events.get(boot.unexpected?)?.kind {
        EventKind::UnexpectedShutdown(told) if told.uptime? > 60 => {
            Some(told.last_alive?.plus(Span::seconds(7_200)))
        }
        _ => None,
    }
}

/// What the piece after one says of it.
fn follow(pieces: &[Piece], all: &mut [Moments]) {
    for at in 0..all.len() {
        let next = all.get(at + 1).cloned().zip(pieces.get(at + 1));
        let previous = at.checked_sub(1).and_then(|at| pieces.get(at)).and_then(|piece| piece.stop);
        let (Some(moments), Some(piece)) = (all.get_mut(at), pieces.get(at)) else { continue };
        if piece.start.is_some() && !piece.torn && previous.is_some() {
            moments.before = moments.before.or(Some(Before::InOrder));
        }
        let stop = moments.stop.or(moments.kernel_stop);
        let then = next.as_ref().map(|(next, piece)| next.begin.unwrap_or(piece.first));
        let then = then.into_iter().chain(next.as_ref().and_then(|(next, _)| next.dead)).min();
        let begin = moments.begin.unwrap_or(piece.first);
        moments.begin = Some(begin);
        moments.spans = spans(piece, begin, stop.map(|stop| stop.plus(AFTER_STOP)).or(then));
        moments.crashed = stop.is_none()
            && next.is_some_and(|(next, piece)| {
                piece.start.is_some() && !piece.torn && next.follows_crash()
            });
    }
}

/// The readings of a boot's clock from `begin` to `end`, parted where it was set.
fn spans(
    piece: &Piece,
    begin: Timestamp,
    end: Option<Timestamp>,
) -> Vec<(Timestamp, Option<Timestamp>)> {
    let mut spans = Vec::with_capacity(piece.steps.len() + 1);
    let mut from = begin;
    // Set forward it reads on; set back it reads again what it had read.
    for step in piece.steps.iter().filter(|step| step.to < step.from) {
        spans.push((from.min(step.from), Some(step.from)));
        from = step.to;
    }
    // Where the end reads earlier the clock was set in between, and nothing tells how long it ran.
    spans.push((from, end.filter(|end| *end >= from && *end >= piece.last)));
    spans
}

/// The evidence for each pair of pieces (of Security, of System) that may be of one boot.
pub(crate) fn ties(
    security: &Side<'_, SecurityStart>,
    lsass: &[Moments],
    system: &Side<'_, SystemBoot>,
    kernels: &[Moments],
) -> BTreeMap<(usize, usize), i64> {
    let mut found = Evidence::default();
    let by = |moment: fn(&Moments) -> Option<Timestamp>| sorted(kernels, moment);
    let starts = by(|m| m.start);
    let services = by(|m| m.service.filter(|_| m.start.is_none()));
    let stops = by(|m| m.stop);
    let kernel_stops = by(|m| m.kernel_stop.filter(|_| m.stop.is_none()));
    let clocks = clocks(kernels);
    let steps = steps(&system.pieces);
    for (at, (piece, own)) in security.pieces.iter().zip(lsass).enumerate() {
        if let Some(time) = own.start {
            let range = (time.plus(Span(-AFTER_KERNEL.1.0)), time.plus(Span(-AFTER_KERNEL.0.0)));
            for &(kernel, other) in within(&starts, range) {
                let Some(boot) = kernels.get(other) else { continue };
                // The service ran before LSASS started, by one clock: LSASS is another boot's.
                let late = |service: Timestamp| {
                    service >= kernel && time.since(service).0 > -AFTER_LSASS.0.0
                };
                let corrected = boot.wrong_until.is_some_and(|until| time > until);
                if !corrected && !boot.service.is_some_and(late) {
                    found.add(at, other, nearness(time.since(kernel)));
                }
            }
            for time in [own.start, own.service.filter(|time| own.start != Some(*time))] {
                let Some(time) = time else { continue };
                let range = (time.plus(AFTER_LSASS.0), time.plus(AFTER_LSASS.1));
                for &(service, other) in within(&services, range) {
                    found.most(at, other, nearness(service.since(time)));
                }
            }
        }
        if let Some(stop) = own.stop {
            let range = (stop.plus(Span(-ONE_STOP.0)), stop.plus(ONE_STOP));
            within(&stops, range).for_each(|(_, other)| found.add(at, *other, STOP));
            let range = (stop.plus(Span(-ONE_STOP.0)), stop.plus(KERNEL_STOPS));
            within(&kernel_stops, range).for_each(|(_, other)| found.add(at, *other, STOP));
        }
        for step in &piece.steps {
            let range = (step.to.plus(Span(-ONE_STEP.0)), step.to.plus(ONE_STEP));
            within(&steps, range).for_each(|(_, other)| found.step(at, *other));
        }
        if own.start.is_none() {
            // It goes on with the boot before, unless that ended or another began meanwhile.
            let before = at.checked_sub(1).and_then(|at| security.pieces.get(at));
            let before = before.filter(|before| piece.start.is_none() && before.stop.is_none());
            let since = before.map(|before| before.last);
            for (rank, other) in holders(&clocks, piece) {
                let begin = kernels.get(other).and_then(|boot| boot.begin);
                if since.is_none_or(|since| begin.is_some_and(|begin| begin > since)) {
                    found.most(at, other, hint(&system.pieces, other) - rank);
                }
            }
        }
    }
    let clocks = self::clocks(lsass);
    for (at, piece) in system.pieces.iter().enumerate().filter(|(_, p)| p.start.is_none()) {
        for (rank, other) in holders(&clocks, piece) {
            found.most(other, at, hint(&security.pieces, other) - rank);
        }
    }
    found.judge(lsass, kernels)
}

/// LSASS' start tells the more, the nearer it is.
fn nearness(distance: Span) -> i64 {
    START - distance.abs().0 / Span::seconds(10).0
}

/// What it weighs that another piece's clock runs within this one's: less where nobody knows since
/// when this one ran.
fn hint(pieces: &[Piece], at: usize) -> i64 {
    let known = pieces.get(at).is_some_and(|piece| piece.start.is_some());
    if known { WITHIN } else { WITHIN / 2 }
}

/// When a boot's clock ran, and of which piece.
type Clock = ((Timestamp, Option<Timestamp>), usize);

/// The clocks of all boots, sorted.
fn clocks(boots: &[Moments]) -> Vec<Clock> {
    let of = |(at, boot): (usize, &Moments)| boot.spans.iter().map(|span| (*span, at)).collect();
    let mut clocks: Vec<Clock> = boots.iter().enumerate().flat_map::<Vec<_>, _>(of).collect();
    clocks.sort_unstable();
    clocks
}

/// The boots within which the clock of this piece runs, each with its rank: the last first.
fn holders(clocks: &[Clock], piece: &Piece) -> impl Iterator<Item = (i64, usize)> {
    const FEW: usize = 5;
    let last = piece.steps.first().map_or(piece.last, |step| step.from);
    let end = clocks.partition_point(|((from, _), _)| *from <= piece.first);
    let goes_on = |((_, end), _): &&Clock| end.is_none_or(|end| last <= end);
    let before = clocks.iter().take(end).rev().take(ENOUGH);
    let mut found: Vec<usize> = before.filter(goes_on).map(|(_, at)| *at).take(FEW).collect();
    found.sort_unstable();
    found.dedup();
    (0..).zip(found.into_iter().rev())
}

/// Evidence so far.
#[derive(Default)]
struct Evidence {
    weights: BTreeMap<(usize, usize), i64>,
    stepped: std::collections::BTreeSet<(usize, usize)>,
}

impl Evidence {
    fn add(&mut self, security: usize, system: usize, weight: i64) {
        *self.weights.entry((security, system)).or_default() += weight;
    }

    /// Of several readings of one moment the best counts.
    fn most(&mut self, security: usize, system: usize, weight: i64) {
        let known = self.weights.entry((security, system)).or_default();
        *known = weight.max(*known);
    }

    /// One step tells as much as several.
    fn step(&mut self, security: usize, system: usize) {
        if self.stepped.insert((security, system)) {
            self.add(security, system, STEP);
        }
    }

    /// Weighs how both ended, and how the boot before ended; drops what cannot be.
    fn judge(self, lsass: &[Moments], kernels: &[Moments]) -> BTreeMap<(usize, usize), i64> {
        self.weights
            .into_iter()
            .filter_map(|((at, other), weight)| {
                let (one, two) = (lsass.get(at)?, kernels.get(other)?);
                Some(((at, other), weight + judge(one, two)?))
            })
            .filter(|(_, weight)| *weight > 0)
            .collect()
    }
}

/// What speaks for or against one boot in how the two end and begin; `None`: it is impossible.
pub(crate) fn judge(lsass: &Moments, kernel: &Moments) -> Option<i64> {
    let stopped = kernel.stop.or(kernel.kernel_stop);
    if let (Some(one), Some(other)) = (lsass.stop, stopped)
        && one.since(other).abs() > AFTER_STOP
    {
        return None;
    }
    let agree = match (lsass.before, kernel.before) {
        (Some(one), Some(other)) if one == other => AGREE,
        (Some(_), Some(_)) => DISAGREE,
        _ => 0,
    };
    let torn = (lsass.stop.is_some() && kernel.crashed) || (stopped.is_some() && lsass.crashed);
    Some(agree + if torn { 2 * DISAGREE } else { 0 })
}

/// Moments sorted by time, with the piece.
fn sorted(moments: &[Moments], of: fn(&Moments) -> Option<Timestamp>) -> Vec<(Timestamp, usize)> {
    let mut times: Vec<(Timestamp, usize)> =
        moments.iter().enumerate().filter_map(|(at, m)| Some((of(m)?, at))).collect();
    times.sort_unstable();
    times
}

fn steps(pieces: &[Piece]) -> Vec<(Timestamp, usize)> {
    let of = |(at, piece): (usize, &Piece)| piece.steps.iter().map(|step| (step.to, at)).collect();
    let mut times: Vec<(Timestamp, usize)> =
        pieces.iter().enumerate().flat_map::<Vec<_>, _>(of).collect();
    times.sort_unstable();
    times
}

/// Hostile logs may crowd thousands of boots into one moment; nobody needs them all.
const ENOUGH: usize = 64;

fn within(
    times: &[(Timestamp, usize)],
    (low, high): (Timestamp, Timestamp),
) -> impl Iterator<Item = &(Timestamp, usize)> {
    let from = times.partition_point(|(time, _)| *time < low);
    times.iter().skip(from).take_while(move |(time, _)| *time <= high).take(ENOUGH)
}

//! Steps of the clock. Readings before and after a step are of two clocks: spans are measured,
//! and records of several channels ordered, by an even time without the steps. Raw times are
//! never changed; the tables show raw and corrected durations side by side.

use crate::model::session::{Basis, End, Moment};
use crate::model::{Channel, Event, EventKind, Session, Span, Timestamp};
use crate::timeline::boot::facts::{ClockStep, Facts};
use crate::timeline::boots::partition::Records;
use crate::timeline::channel::security_boots::at_desktop;
use crate::timeline::sessions::builder::Drafts;
use std::collections::BTreeMap;

/// Records of one channel are mostly stamped in order to this precision,
const JITTER: Span = Span::seconds(1);
/// and to this one but for steps of the clock.
const SURELY_BACK: Span = Span::seconds(6);
/// Records of a channel pass at most so many steps at once.
const LOOK_AHEAD: usize = 16;
/// Programs that set the clock of a virtual machine forward when it was paused: the step may be
/// time that truly passed.
const GUEST_TOOLS: [&str; 3] = ["vmtoolsd.exe", "vboxservice.exe", "vmicsvc"];

/// Where the steps of one epoch stand in each channel.
#[derive(Default)]
pub(crate) struct Clock {
    /// The first record after each step, and the sum of the steps so far.
    placed: BTreeMap<Channel, Vec<(u64, Span)>>,
    /// `None`: there are no steps.
    sums: Option<Sums>,
}

impl Clock {
    /// Places the steps of an epoch that begins at a reading of its clock: in a channel that
    /// records a step by that record, in others by the readings before and after it.
    pub(crate) fn of(records: Records<'_>, facts: &Facts<'_>, begun: Option<Timestamp>) -> Clock {
        if facts.steps.is_empty() {
            return Clock::default();
        }
        let mut notices = Vec::new();
        let mut walk = Walk::new(facts, begun, &[]);
        for event in records.of(Channel::System) {
            walk.to(event);
            if let EventKind::Winlogon(notification) = &event.kind {
                notices.push(Notice { event, sid: &notification.sid, passed: walk.passed });
            }
        }
        notices.sort_by_key(|notice| notice.event.time);
        let mut placed = BTreeMap::from([(Channel::System, walk.placed)]);
        for (channel, events) in
            records.channels().filter(|(channel, _)| *channel != Channel::System)
        {
            let mut walk = Walk::new(facts, begun, &notices);
            events.iter().for_each(|event| walk.to(event));
            placed.insert(channel, walk.placed);
        }
        Clock { placed, sums: Some(Sums::of(&facts.steps)) }
    }

    /// How many steps this record has passed, and their sum.
    fn passed(&self, channel: Channel, record_id: u64) -> (usize, Span) {
        let none = (0, Span::default());
        let Some(list) = self.placed.get(&channel) else { return none };
        let count = list.partition_point(|(first, _)| *first <= record_id);
        count.checked_sub(1).and_then(|at| list.get(at)).map_or(none, |(_, sum)| (count, *sum))
    }

    /// The time of a record as a clock would give it that nobody set in this epoch.
    pub(crate) fn even(&self, event: &Event) -> Timestamp {
        back(event.time, self.passed(event.channel, event.record_id).1)
    }

    /// The same of a moment of a session.
    pub(crate) fn even_moment(&self, moment: &Moment) -> Timestamp {
        let record = &moment.record;
        back(moment.time, self.passed(record.channel, record.record_id).1)
    }
}

fn back(time: Timestamp, by: Span) -> Timestamp {
    time.plus(Span(by.0.saturating_neg()))
}

/// What Winlogon says of a logon or logoff, and how many steps its record has passed.
struct Notice<'a> {
    event: &'a Event,
    sid: &'a str,
    passed: usize,
}

/// One channel's records in one epoch, in order, and the steps that they have passed.
struct Walk<'a> {
    steps: &'a [ClockStep<'a>],
    /// By time.
    notices: &'a [Notice<'a>],
    passed: usize,
    sum: Span,
    /// The latest reading since the last step; at first that of the boot's beginning.
    reading: Option<Timestamp>,
    placed: Vec<(u64, Span)>,
}

impl<'a> Walk<'a> {
    fn new(facts: &'a Facts<'a>, begun: Option<Timestamp>, notices: &'a [Notice<'a>]) -> Walk<'a> {
        let (steps, sum, placed) = (&facts.steps, Span::default(), Vec::new());
        Walk { steps, notices, passed: 0, sum, reading: begun, placed }
    }

    fn to(&mut self, event: &Event) {
        let recorded = |step: &ClockStep<'_>| {
            step.in_channel(&event.channel).map(|own| own.record_id <= event.record_id)
        };
        let ahead = || (self.passed..self.steps.len()).take(LOOK_AHEAD);
        let step = |at: usize| self.steps.get(at);
        // The record of the step itself is stamped with the new time.
        let logged = ahead().rfind(|at| step(*at).and_then(recorded) == Some(true));
        let from = logged.map_or(self.passed, |at| at + 1);
        // Not beyond a step whose own record comes later.
        let open = ahead().find(|at| step(*at).and_then(recorded) == Some(false));
        let upto = open.unwrap_or(self.steps.len()).min(from + LOOK_AHEAD);
        let fits = |passed: &usize| self.fits(*passed, event.time);
        let mut fitting = (from..=upto).filter(fits);
        let passed = match (fitting.next(), fitting.next()) {
            (None, _) => from,
            (Some(one), None) => one,
            (Some(first), Some(_)) => {
                let noticed = self.noticed(event).filter(|passed| (from..=upto).contains(passed));
                noticed.filter(fits).unwrap_or(first)
            }
        };
        self.pass(passed, event.record_id);
        if !comes_late(&event.kind) {
            let reading = self.reading.map_or(event.time, |known| known.max(event.time));
            self.reading = Some(reading);
        }
    }

    /// How many steps Winlogon's notice of the same logon or logoff has passed: both are of one
    /// moment.
    fn noticed(&self, event: &Event) -> Option<usize> {
        const ENOUGH: usize = 64;
        let (account, logon) = at_desktop(event)?;
        let id = if logon { 7001 } else { 7002 };
        let from = event.time.plus(Span(-JITTER.0));
        let from = self.notices.partition_point(|notice| notice.event.time < from);
        let near = self.notices.iter().skip(from).take(ENOUGH);
        near.take_while(|notice| notice.event.time.since(event.time) <= JITTER)
            .find(|notice| notice.event.event_id == id && *notice.sid == *account.sid)
            .map(|notice| notice.passed)
    }

    fn pass(&mut self, upto: usize, record_id: u64) {
        for step in self.steps.get(self.passed..upto).unwrap_or_default() {
            self.sum = Span(self.sum.0.saturating_add(step.by.0));
            self.placed.push((record_id, self.sum));
            self.reading = Some(step.new);
        }
        self.passed = self.passed.max(upto);
    }

    /// Could the clock read this after so many steps and before the next?
    fn fits(&self, passed: usize, time: Timestamp) -> bool {
        let next = self.steps.get(passed);
        let small = next.map_or(i64::MAX, |step| step.by.0.saturating_abs() / 2);
        let jitter = Span(small.clamp(JITTER.0, SURELY_BACK.0));
        let begun = match passed.checked_sub(1).and_then(|at| self.steps.get(at)) {
            Some(step) if passed > self.passed => Some(step.new),
            _ => self.reading,
        };
        begun.is_none_or(|begun| begun.since(time) <= jitter)
            && next.is_none_or(|step| time.since(step.old()) <= jitter)
    }
}

/// Is it recorded before records that are older? Then it does not tell how far the clock was.
fn comes_late(what: &EventKind) -> bool {
    matches!(
        what,
        EventKind::EventLogShutdown
            | EventKind::AuditDropped
            | EventKind::ServiceStarted
            | EventKind::ServiceStopped
            | EventKind::UnexpectedShutdown(_)
            | EventKind::SystemVersion
            | EventKind::Uptime(_)
    )
}

/// What the steps of one epoch come to from or up to each of them.
struct Sums {
    /// The sum of all.
    total: Span,
    /// How many of the first so many were made by the tools of a virtual machine.
    by_tools: Vec<usize>,
    /// Over this and all later steps: the earliest reading after one, the latest before one.
    later: Vec<(Timestamp, Timestamp)>,
}

impl Sums {
    fn of(steps: &[ClockStep<'_>]) -> Sums {
        let total = steps.iter().fold(0, |sum: i64, step| sum.saturating_add(step.by.0));
        let mut by_tools = vec![0];
        let mut later = Vec::with_capacity(steps.len());
        let mut count = 0;
        for step in steps {
            count += usize::from(is_by_guest_tools(step));
            by_tools.push(count);
        }
        for step in steps.iter().rev() {
            let (new, old) = later.last().copied().unwrap_or((step.new, step.old()));
            later.push((step.new.min(new), step.old().max(old)));
        }
        later.reverse();
        Sums { total: Span(total), by_tools, later }
    }

    fn any_by_tools(&self, from: usize, to: usize) -> bool {
        self.by_tools.get(from).zip(self.by_tools.get(to)).is_some_and(|(from, to)| from < to)
    }
}

/// Gives every session what the clock was set by between its start and its end, and bounds that
/// hold on either side of a step.
pub(crate) fn correct(drafts: &mut Drafts<'_>, clock: &Clock) {
    let Some(sums) = &clock.sums else { return };
    for draft in &mut drafts.list {
        correct_one(&mut draft.session, clock);
        // Its own last record, or the last of Security in its boot.
        let seen = draft.session.end.not_before == Some(draft.last.time);
        let from = if seen { draft.last.record_id } else { u64::MAX };
        let (passed, _) = clock.passed(Channel::Security, from);
        if let Some((earliest, latest)) = sums.later.get(passed) {
            widen(&mut draft.session.end, *earliest, *latest);
        }
    }
}

/// The correction of one session.
pub(crate) fn correct_one(session: &mut Session, clock: &Clock) {
    let (Some(start), Some(sums)) = (&session.start, &clock.sums) else { return };
    let (from, before) = clock.passed(start.record.channel, start.record.record_id);
    let (to, until) = match &session.end.record {
        Some(record) => clock.passed(record.channel, record.record_id),
        // A session that lasts as long as its boot has all later steps in it.
        None => (sums.later.len(), sums.total),
    };
    session.clock_correction = Span(until.0.saturating_sub(before.0));
    if sums.any_by_tools(from, to) {
        session.flags.push("clock-set-by-guest-tools".into());
    }
}

/// An end that only bounds are known of may have been read on the clock before or after each
/// step between them.
fn widen(end: &mut End, earliest: Timestamp, latest: Timestamp) {
    if matches!(end.basis, Some(Basis::Logged | Basis::Inherited)) {
        return;
    }
    end.not_before = end.not_before.map(|known| known.min(earliest));
    end.not_after = end.not_after.map(|known| known.max(latest));
    if end.basis == Some(Basis::Bounded) {
        end.time = end.not_before;
    }
}

/// Steps forward that the tools of a virtual machine made may be time that truly passed, while
/// the machine was paused: then the raw duration is the true one.
fn is_by_guest_tools(step: &ClockStep<'_>) -> bool {
    let by = |event: &Event| match &event.kind {
        EventKind::ClockChanged(change) => {
            let program = change.process.to_ascii_lowercase();
            GUEST_TOOLS.iter().any(|name| program.ends_with(name))
        }
        _ => false,
    };
    step.by > Span(0) && [Some(step.event), step.system].into_iter().flatten().any(by)
}

//! What the records of one boot epoch say about the boot itself: how it ended, who asked for it,
//! clock steps, sleep, what was lost.

use crate::model::{Channel, Event, EventKind, LogonId, Span, Text, Timestamp};
use crate::timeline::boots::epochs::BootStart;
use crate::timeline::boots::partition::Records;
use crate::timeline::channel::security_boots::{lsass_pid, reopens};
use std::collections::{BTreeMap, BTreeSet};

/// A clock change smaller than this is drift being trimmed, not a step.
const STEP: Span = Span::seconds(1);
/// 4616 and Kernel-General 1 tell of one step when they name the same moment to this precision.
const SAME_STEP: Span = Span::seconds(2);
/// More changes of the clock within that time are no log's.
const MANY_AT_ONCE: usize = 64;
/// A clock that was wrong at boot is set right within this time.
const SET_RIGHT_WITHIN: Span = Span::seconds(600);

/// A step of the clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockStep<'a> {
    /// 4616, or Kernel-General 1 where Security has none.
    pub(crate) event: &'a Event,
    /// Kernel-General 1.
    pub(crate) system: Option<&'a Event>,
    /// The reading after it.
    pub(crate) new: Timestamp,
    /// New time minus old time.
    pub(crate) by: Span,
}

impl ClockStep<'_> {
    /// The last reading before it.
    pub(crate) fn old(&self) -> Timestamp {
        self.new.plus(Span(self.by.0.saturating_neg()))
    }

    /// The record of it in this channel.
    pub(crate) fn in_channel(&self, channel: &Channel) -> Option<&Event> {
        let records = [Some(self.event), self.system];
        records.into_iter().flatten().find(|event| event.channel == *channel)
    }
}

/// Records of a boot that say that others were not written, in record order.
#[derive(Debug, Default)]
pub(crate) struct Lost<'a> {
    /// 1108 for a 4634, 1101, 1106, 1107: any end.
    ends: Vec<&'a Event>,
    /// 1108 for a 4647.
    logoffs: Vec<&'a Event>,
    /// The last 1104.
    full: Option<&'a Event>,
}

impl<'a> Lost<'a> {
    /// The first after this record that may stand for a missing end; a 4647 counts where the
    /// session would have had one.
    pub(crate) fn after(&self, record: u64, logs_4647: bool) -> Option<&'a Event> {
        let first = |events: &[&'a Event]| {
            let from = events.partition_point(|event| event.record_id <= record);
            events.get(from).copied()
        };
        let logoff = first(&self.logoffs).filter(|_| logs_4647);
        [first(&self.ends), logoff].into_iter().flatten().min_by_key(|event| event.record_id)
    }

    /// The log was full, and stopped, after this record.
    pub(crate) fn full_after(&self, record: u64) -> bool {
        self.full.is_some_and(|full| full.record_id > record)
    }
}

/// What is known of one epoch. Everything refers to records of the epoch itself, but for
/// `crash`, which the next boot writes.
#[derive(Debug, Default)]
pub(crate) struct Facts<'a> {
    /// First and last record of Security.
    pub(crate) security: Option<(&'a Event, &'a Event)>,
    /// First and last record of System, by System's own order.
    pub(crate) system: Option<(&'a Event, &'a Event)>,
    /// The record with the latest time among the last records of all channels.
    pub(crate) last: Option<&'a Event>,
    /// 1100 that closed the log for good.
    pub(crate) audit_stop: Option<&'a Event>,
    /// 6006
    pub(crate) service_stop: Option<&'a Event>,
    /// Kernel-General 13
    pub(crate) kernel_stop: Option<&'a Event>,
    /// Kernel-Power 109
    pub(crate) transition: Option<&'a Event>,
    /// The last 1074
    pub(crate) request: Option<&'a Event>,
    /// Kernel-Power 41, 6008, 1101 written by the boot after it.
    pub(crate) crash: &'a [Event],
    /// What may hide an end.
    pub(crate) lost: Lost<'a>,
    /// 1102, 104
    pub(crate) cleared: Vec<&'a Event>,
    /// Steps of the clock, in order.
    pub(crate) steps: Vec<ClockStep<'a>>,
    /// 4616 and Kernel-General 1 as they come, until [`Facts::settle`].
    set: Vec<&'a Event>,
    /// The computer sleeps: the clock is set when it wakes, by time that truly passed.
    asleep: bool,
    /// Kernel-Boot 27 of type 1 or 2.
    pub(crate) resumed_boots: Vec<&'a Event>,
    /// Sleeps.
    pub(crate) sleeps: u32,
    /// Kernel-Boot 20 or Kernel-Power 566.
    pub(crate) boot_id: Option<u32>,
    /// LSASS's process IDs; more than one is a fault of ours or of the log.
    pub(crate) lsass: BTreeSet<u32>,
    /// The LUID of the audit policy table (4902): below every session of the boot.
    pub(crate) policy_table: Option<LogonId>,
    /// A second logon of NETWORK SERVICE or LOCAL SERVICE: each logs on once per boot.
    pub(crate) service_again: Option<&'a Event>,
    services: Vec<LogonId>,
    /// Names, in order of appearance.
    pub(crate) names: Vec<Text>,
}

impl<'a> Facts<'a> {
    /// The latest moment that the records of an orderly end allow. Legacy records may carry whole
    /// seconds: then the second was not over.
    pub(crate) fn closed_by(&self) -> Option<Timestamp> {
        let bound = |event: &Event| match event.kind {
            EventKind::ServiceStopped if event.time.filetime().is_multiple_of(10_000_000) => {
                event.time.plus(Span::seconds(1))
            }
            _ => event.time,
        };
        self.stops().map(bound).max()
    }

    /// The records that prove an orderly end, the latest in a shutdown first.
    pub(crate) fn stops(&self) -> impl Iterator<Item = &'a Event> {
        [self.kernel_stop, self.service_stop, self.audit_stop].into_iter().flatten()
    }
}

impl<'a> Facts<'a> {
    /// Of one epoch, and of what the next boot says of its end.
    pub(crate) fn of(records: Records<'a>, next: Option<&'a BootStart>) -> Facts<'a> {
        let crash = next.map_or(&[][..], |next| &next.crash);
        let mut facts = Facts { crash, ..Facts::default() };
        for (_, events) in records.channels() {
            events.iter().filter(|event| !event.recovered).for_each(|event| facts.note(event));
        }
        facts.settle();
        facts
    }

    fn note(&mut self, event: &'a Event) {
        let span = match event.channel {
            // The first record of a new log after records that are gone: it may be of a later boot
            // that nothing else shows.
            _ if matches!(event.kind, EventKind::LogCleared(_) | EventKind::LogArchived(_)) => None,
            Channel::Security => Some(&mut self.security),
            Channel::System => Some(&mut self.system),
            _ => None,
        };
        if let Some(span) = span {
            *span = Some((span.map_or(event, |(first, _)| first), event));
        }
        if !self.names.contains(&event.computer) {
            self.names.push(event.computer.clone());
        }
        if let Some(pid) = lsass_pid(event) {
            self.lsass.insert(pid);
        }
        if let EventKind::Logon(logon) = &event.kind
            && matches!(logon.logon_id.0, 0x3e4 | 0x3e5)
        {
            match self.services.contains(&logon.logon_id) {
                true => self.service_again = self.service_again.or(Some(event)),
                false => self.services.push(logon.logon_id),
            }
        }
        match &event.kind {
            EventKind::EventLogShutdown => self.audit_stop = Some(event),
            EventKind::ServiceStopped => self.service_stop = Some(event),
            // The service came back in the same boot.
            EventKind::ServiceStarted => self.service_stop = None,
            EventKind::KernelStopped(_) => self.kernel_stop = Some(event),
            EventKind::ShutdownTransition(_) => self.transition = Some(event),
            EventKind::ShutdownRequested(_) => self.request = Some(event),
            EventKind::LogFull => self.lost.full = Some(event),
            EventKind::AuditDropped | EventKind::EventLost(4634) => self.lost.ends.push(event),
            EventKind::EventLost(4647) => self.lost.logoffs.push(event),
            EventKind::LogCleared(_) => self.cleared.push(event),
            // Kernel-General 1 gives its reason from version 1 on; 4616 tells of no resume.
            EventKind::ClockChanged(change) => {
                let system = event.channel == Channel::System;
                let resumed = system && std::mem::take(&mut self.asleep);
                if change.reason.map_or(!resumed, |reason| reason == 1) {
                    self.set.push(event);
                }
            }
            EventKind::AuditPolicyTable(id) => self.policy_table = Some(*id),
            EventKind::BootType(1 | 2) => self.resumed_boots.push(event),
            EventKind::Sleep(state) => {
                self.asleep = true;
                self.sleeps += u32::from(matches!(state.effective, Some(2..=4)));
            }
            // It stands before the record of the clock, and may be all that is left of a sleep.
            EventKind::Resume(_) => self.asleep = true,
            EventKind::ModernStandby(true) => self.sleeps += 1,
            EventKind::BootStatus(status) => {
                self.boot_id = status.last_boot_id.map(|id| id.saturating_add(1)).or(self.boot_id);
            }
            EventKind::PowerSession(Some(id)) => self.boot_id = self.boot_id.or(Some(*id)),
            _ => self.audit_stop = self.audit_stop.filter(|stop| !reopens(event, stop.time)),
        }
    }

    /// Last words, once all records are in.
    fn settle(&mut self) {
        let ends = [self.security, self.system].into_iter().flatten().map(|(_, last)| last);
        self.last = ends.max_by_key(|event| event.time);
        self.steps = steps(&std::mem::take(&mut self.set));
    }

    /// By how much the clock was behind when this boot began: it was set forward soon after.
    pub(crate) fn was_behind(&self, start: Timestamp) -> Span {
        let (mut sum, mut most) = (0_i64, 0);
        for step in &self.steps {
            let since = step.old().since(start).0.saturating_sub(sum);
            if since > SET_RIGHT_WITHIN.0 {
                break;
            }
            sum = sum.saturating_add(step.by.0);
            most = most.max(sum);
        }
        Span(most)
    }
}

/// Pairs what both channels say of each step; System alone tells of it where a record of Security
/// is lost. Version 0 of 4616 gives local text, so that Kernel-General 1 says by how much.
fn steps<'a>(set: &[&'a Event]) -> Vec<ClockStep<'a>> {
    let change = |event: &'a Event| match &event.kind {
        EventKind::ClockChanged(change) => Some((event, change.previous, change.new)),
        _ => None,
    };
    let of = |ours: bool| {
        let own = move |event: &&&Event| (event.channel == Channel::Security) == ours;
        set.iter().filter(own).filter_map(move |event| change(event))
    };
    // By the reading after the step; each is used once.
    let mut kernel: BTreeMap<(Timestamp, u64), (&Event, Timestamp)> = BTreeMap::new();
    for (event, previous, new) in of(false) {
        if let (Some(previous), Some(new)) = (previous, new) {
            kernel.insert((new, event.record_id), (event, previous));
        }
    }
    let mut steps = Vec::new();
    for (event, previous, new) in of(true) {
        let at = new.unwrap_or(event.time);
        let by = |previous: Option<Timestamp>| previous.map(|previous| at.since(previous));
        let near = (at.plus(Span(-SAME_STEP.0)), 0)..=(at.plus(SAME_STEP), u64::MAX);
        let twins = kernel.range(near).take(MANY_AT_ONCE).filter(|((new, _), (_, old))| {
            by(previous).is_none_or(|by| Span(new.since(*old).0 - by.0).abs() <= SAME_STEP)
        });
        let twin =
            twins.min_by_key(|((new, id), _)| (new.since(at).abs(), *id)).map(|(key, _)| *key);
        let twin =
            twin.and_then(|key| kernel.remove(&key).map(|(kernel, old)| (key.0, kernel, old)));
        let told = by(previous).or(twin.map(|(new, _, old)| new.since(old)));
        let Some(by) = told else { continue };
        steps.push(ClockStep { event, system: twin.map(|(_, kernel, _)| kernel), new: at, by });
    }
    let mut alone: Vec<ClockStep<'a>> = kernel
        .into_iter()
        .map(|((new, _), (event, old))| ClockStep {
            event,
            system: Some(event),
            new,
            by: new.since(old),
        })
        .collect();
    alone.sort_by_key(|step| std::cmp::Reverse(step.event.record_id));
    let mut all: Vec<ClockStep<'a>> = Vec::with_capacity(steps.len() + alone.len());
    for step in steps {
        loop {
            let last = all.last().map(|last| last.new);
            // Between two steps a clock only goes forward.
            let before = |alone: &mut ClockStep<'_>| match step.system {
                Some(twin) => alone.event.record_id < twin.record_id,
                None => alone.new <= step.old() && last.is_none_or(|last| last <= alone.old()),
            };
            let Some(earlier) = alone.pop_if(before) else { break };
            all.push(earlier);
        }
        all.push(step);
    }
    all.extend(alone.into_iter().rev());
    all.retain(|step| step.by.abs() > STEP);
    all
}

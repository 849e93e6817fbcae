//! What the records of one boot epoch say about the boot itself: how it ended, who asked for it,
//! clock steps, sleep, what was lost.

use super::epochs::Epochs;
use super::lineage::Streams;
use super::security::lsass_pid;
use crate::model::{Channel, Event, LogonId, Span, Text, Timestamp, What};
use std::collections::BTreeSet;

/// A clock change smaller than this is drift being trimmed, not a step.
const STEP: Span = Span::seconds(1);
/// A session record this much later than an 1100 shows that only the service was restarted.
const AFTER_STOP: Span = Span::seconds(60);

/// A step of the clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClockStep<'a> {
    pub(super) event: &'a Event,
    /// New time minus old time.
    pub(super) by: Span,
}

/// What is known of one epoch. Everything refers to records of the epoch itself, but for
/// `crash`, which the next boot writes.
#[derive(Debug, Default)]
pub(super) struct Facts<'a> {
    /// First and last record of Security.
    pub(super) security: Option<(&'a Event, &'a Event)>,
    /// First and last record of System, by System's own order.
    pub(super) system: Option<(&'a Event, &'a Event)>,
    /// The record with the latest time among the last records of all channels.
    pub(super) last: Option<&'a Event>,
    /// 1100 that closed the log for good.
    pub(super) audit_stop: Option<&'a Event>,
    /// 6006
    pub(super) service_stop: Option<&'a Event>,
    /// Kernel-General 13
    pub(super) kernel_stop: Option<&'a Event>,
    /// Kernel-Power 109
    pub(super) transition: Option<&'a Event>,
    /// The last 1074
    pub(super) request: Option<&'a Event>,
    /// Kernel-Power 41, 6008, 1101 written by the boot after it.
    pub(super) crash: Vec<&'a Event>,
    /// 1108 for a logon event, 1101, 1106, 1107, 1104: what may hide an end.
    pub(super) lost: Vec<&'a Event>,
    /// 1102, 104
    pub(super) cleared: Vec<&'a Event>,
    /// Steps in Security's order (4616), or System's (Kernel-General 1) where Security has none.
    pub(super) steps: Vec<ClockStep<'a>>,
    /// Kernel-Boot 27 of type 1 or 2.
    pub(super) resumed_boots: Vec<&'a Event>,
    /// Sleeps.
    pub(super) sleeps: u32,
    /// Kernel-Boot 20 or Kernel-Power 566.
    pub(super) boot_id: Option<u32>,
    /// LSASS's process IDs; more than one is a fault of ours or of the log.
    pub(super) lsass: BTreeSet<u32>,
    /// The LUID of the audit policy table (4902): below every session of the boot.
    pub(super) policy_table: Option<LogonId>,
    /// Names, in order of appearance.
    pub(super) names: Vec<Text>,
}

impl Facts<'_> {
    /// The boot was shut down in order.
    pub(super) fn is_clean(&self) -> bool {
        self.audit_stop.is_some() || self.service_stop.is_some() || self.kernel_stop.is_some()
    }

    /// The latest moment that the records of an orderly end allow. Legacy records may carry whole
    /// seconds: then the second was not over.
    pub(super) fn closed_by(&self) -> Option<Timestamp> {
        let bound = |event: &Event| match event.what {
            What::ServiceStopped if event.time.filetime().is_multiple_of(10_000_000) => {
                event.time.plus(Span::seconds(1))
            }
            _ => event.time,
        };
        self.stops().map(bound).max()
    }

    /// The records that prove an orderly end, the latest in a shutdown first.
    pub(super) fn stops(&self) -> impl Iterator<Item = &Event> {
        [self.kernel_stop, self.service_stop, self.audit_stop].into_iter().flatten()
    }
}

/// Collects the facts of every epoch: index 0 is what lies before the first boot.
pub(super) fn facts<'a>(streams: &'a Streams, epochs: &Epochs) -> Vec<Facts<'a>> {
    let mut all: Vec<Facts<'a>> = (0..=epochs.boots.len()).map(|_| Facts::default()).collect();
    for (channel, events) in streams {
        let Some(numbers) = epochs.assigned.get(channel) else { continue };
        for (event, &number) in events.iter().zip(numbers).filter(|(event, _)| !event.recovered) {
            if let Some(facts) = all.get_mut(number) {
                facts.note(event);
            }
        }
    }
    note_crashes(streams, epochs, &mut all);
    for facts in &mut all {
        facts.settle();
    }
    all
}

impl<'a> Facts<'a> {
    fn note(&mut self, event: &'a Event) {
        let span = match event.channel {
            // The first record of a new log after records that are gone: it may be of a later boot
            // that nothing else shows.
            _ if matches!(event.what, What::LogCleared(_) | What::LogArchived(_)) => None,
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
        match &event.what {
            What::EventLogShutdown => self.audit_stop = Some(event),
            What::ServiceStopped => self.service_stop = Some(event),
            // The service came back in the same boot.
            What::ServiceStarted => self.service_stop = None,
            What::KernelStopped(_) => self.kernel_stop = Some(event),
            What::ShutdownTransition(_) => self.transition = Some(event),
            What::ShutdownRequested(_) => self.request = Some(event),
            What::AuditDropped | What::LogFull => self.lost.push(event),
            What::EventLost(4634 | 4647) => self.lost.push(event),
            What::LogCleared(_) => self.cleared.push(event),
            What::ClockChanged(change) => {
                if let (Some(previous), Some(new)) = (change.previous, change.new)
                    && change.reason.is_none_or(|reason| reason == 1)
                    && new.since(previous).abs() > STEP
                {
                    self.steps.push(ClockStep { event, by: new.since(previous) });
                }
            }
            What::AuditPolicyTable(id) => self.policy_table = Some(*id),
            What::BootType(1 | 2) => self.resumed_boots.push(event),
            What::Sleep(state) if matches!(state.effective, Some(2..=4)) => self.sleeps += 1,
            What::ModernStandby(true) => self.sleeps += 1,
            What::BootStatus(status) => {
                self.boot_id = status.last_boot_id.map(|id| id.saturating_add(1)).or(self.boot_id);
            }
            What::PowerSession(Some(id)) => self.boot_id = self.boot_id.or(Some(*id)),
            // Whoever logs on or off after it shows that only the service had stopped.
            What::Logon(_) | What::Terminated(_) | What::LogoffInitiated(_)
                if self.audit_stop.is_some_and(|stop| event.time.since(stop.time) > AFTER_STOP) =>
            {
                self.audit_stop = None;
            }
            _ => {}
        }
    }

    /// Last words, once all records are in.
    fn settle(&mut self) {
        let ends = [self.security, self.system].into_iter().flatten().map(|(_, last)| last);
        self.last = ends.max_by_key(|event| event.time);
        // 4616 and Kernel-General 1 tell of the same steps: Security's order is the one sessions
        // are measured in.
        if self.steps.iter().any(|step| step.event.channel == Channel::Security) {
            self.steps.retain(|step| step.event.channel == Channel::Security);
        }
    }
}

/// Hands what the next boot says of a crash to the boot that crashed.
fn note_crashes<'a>(streams: &'a Streams, epochs: &Epochs, all: &mut [Facts<'a>]) {
    let event = |channel: &Channel, index: Option<usize>| {
        index.and_then(|index| streams.get(channel)?.get(index))
    };
    for (number, boot) in epochs.boots.iter().enumerate() {
        let mut signs: Vec<&Event> = Vec::new();
        if let Some(system) = &boot.system {
            signs.extend(event(&Channel::System, system.unclean));
            signs.extend(event(&Channel::System, system.unexpected));
        }
        let dropped = boot.security.as_ref().and_then(|start| start.dropped);
        signs.extend(event(&Channel::Security, dropped));
        // `number` counts from 0: it is the epoch before this boot.
        if let Some(facts) = all.get_mut(number) {
            facts.crash = signs;
        }
    }
}

//! What the records of one boot say about the boot itself: how it ended, who requested the
//! shutdown, the steps of its clock, and which records were lost.
//!
//! Input: the records of one boot, and the start of the next one. Output: [`BootFacts`].

use super::clock_steps::{ClockStep, clock_steps};
use crate::model::event::TimeZone;
use crate::model::{Channel, Event, EventKind, LogonId, Span, Text, Timestamp};
use crate::timeline::boots::BootStart;
use crate::timeline::boots::partition::BootEvents;
use crate::timeline::channel::clock_changes::ResumeWatch;
use crate::timeline::channel::gaps::Gaps;
use crate::timeline::channel::log_stops;
use crate::timeline::timing::{
    AFTER_STOP, BOOT_SEQUENCE, CORRECTED_WITHIN, KERNEL_STOP, LEADING_RECORDS, MOST_JITTER,
    REPEATED_REQUEST, UPTIME_IS_EXACT,
};
use std::collections::BTreeSet;

/// The records of a boot, in record order, which say that other records were not written.
#[derive(Debug, Default)]
pub(crate) struct LostRecords<'a> {
    /// 1101, 1106, 1107, and 1108 for a 4634: the record of any end may be lost.
    ends: Vec<&'a Event>,
    /// 1108 for a 4647.
    logoffs: Vec<&'a Event>,
    /// The last 1104.
    full: Option<&'a Event>,
}

impl<'a> LostRecords<'a> {
    /// The first such record after this one that may explain a missing end. A lost 4647 counts only
    /// if the session would have had one.
    pub(crate) fn after(&self, record: u64, logs_4647: bool) -> Option<&'a Event> {
        let first = |events: &[&'a Event]| {
            let from = events.partition_point(|event| event.record_id <= record);
            events.get(from).copied()
        };
        let logoff = first(&self.logoffs).filter(|_| logs_4647);
        [first(&self.ends), logoff].into_iter().flatten().min_by_key(|event| event.record_id)
    }

    /// Was the log full, so that nothing more was recorded, after this record?
    pub(crate) fn full_after(&self, record: u64) -> bool {
        self.full.is_some_and(|full| full.record_id > record)
    }
}

/// The IDs of the first record of Security and of System in a boot that may belong to another boot,
/// because records are missing before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DoubtfulFrom {
    pub(crate) security: u64,
    pub(crate) system: u64,
}

/// Which records a conclusion may rely on. The records of one channel that follow a gap may be of
/// another boot than those before the gap, but they are all of the same boot. So a session that has
/// records among them may rely on a stop among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelyOn {
    /// Only records that certainly belong to the boot.
    CertainOnly,
    /// Also the doubtful records of Security: for a session that has records in Security.
    SecurityToo,
    /// Also the doubtful records of System: for a session that has records in System.
    SystemToo,
    /// All records, as if no other boot had begun among the missing ones.
    All,
}

impl Default for DoubtfulFrom {
    fn default() -> DoubtfulFrom {
        DoubtfulFrom { security: u64::MAX, system: u64::MAX }
    }
}

impl DoubtfulFrom {
    /// May this record belong to another boot?
    pub(crate) fn includes(self, event: &Event) -> bool {
        match event.channel {
            Channel::Security => event.record_id >= self.security,
            Channel::System => event.record_id >= self.system,
            _ => false,
        }
    }
}

/// What is known of one boot. Everything refers to records of the boot itself, except `crash`,
/// which the next boot writes.
#[derive(Debug, Default)]
pub(crate) struct BootFacts<'a> {
    /// The first and the last record of Security.
    pub(crate) security: Option<(&'a Event, &'a Event)>,
    /// The first and the last record of System, in record order.
    pub(crate) system: Option<(&'a Event, &'a Event)>,
    /// Of the last records of Security and System that certainly belong to the boot, the later one.
    pub(crate) last: Option<&'a Event>,
    /// From which record on its records may belong to another boot.
    pub(crate) doubtful: DoubtfulFrom,
    /// The last records of Security and System that certainly belong to the boot.
    certain: [Option<&'a Event>; 2],
    /// The 1100 that closed the log for good.
    pub(crate) audit_stop: Option<&'a Event>,
    /// 6006.
    pub(crate) service_stop: Option<&'a Event>,
    /// Kernel-General 13.
    pub(crate) kernel_stop: Option<&'a Event>,
    /// Kernel-Power 109.
    pub(crate) transition: Option<&'a Event>,
    /// Kernel-Power 42 of a shutdown with Fast Startup, if the saved kernel was not resumed.
    pub(crate) fast_startup: Option<&'a Event>,
    /// The last 1074 that does not only repeat another one.
    pub(crate) request: Option<&'a Event>,
    /// The records (Kernel-Power 41, 6008, 1101) that the next boot wrote about a crash.
    pub(crate) crash: &'a [Event],
    /// The records that say that others were not written.
    pub(crate) lost: LostRecords<'a>,
    /// The steps of the clock, in order.
    pub(crate) steps: Vec<ClockStep<'a>>,
    /// The clock was set, and no record says by how much: there is only a 4616 of version 0, or the
    /// times of neighbouring records of Security show that it was set back.
    pub(crate) has_unknown_step: bool,
    /// The number that Windows gave the boot: by Kernel-Boot 20, else by Kernel-Power 566.
    pub(crate) boot_id: Option<u32>,
    /// The time zone by the last 6013.
    pub(crate) time_zone: Option<&'a TimeZone>,
    /// Local time minus UTC, in minutes, by the last Kernel-General 24.
    pub(crate) utc_offset_in_use: Option<i32>,
    /// The process IDs of LSASS. If there are several, the boots were found wrongly or the log is
    /// inconsistent.
    pub(crate) lsass: BTreeSet<u32>,
    /// The LUID of the audit policy table (4902): below the Logon ID of every session of the boot.
    pub(crate) policy_table: Option<LogonId>,
    /// A second logon of NETWORK SERVICE or LOCAL SERVICE. Each of them logs on once in a boot.
    pub(crate) service_again: Option<&'a Event>,
    services: Vec<LogonId>,
    /// The names of the computer, in order of appearance.
    pub(crate) names: Vec<Text>,
}

impl<'a> BootFacts<'a> {
    /// Collects the facts of one boot, with what the next boot says of its end.
    pub(crate) fn of(
        records: BootEvents<'a>,
        next: Option<&'a BootStart>,
        doubtful: DoubtfulFrom,
        system_gaps: &Gaps,
    ) -> BootFacts<'a> {
        let crash = next.map_or(&[][..], |next| &next.crash);
        let mut facts = BootFacts { crash, doubtful, ..BootFacts::default() };
        let mut resumes = ResumeWatch::default();
        let mut clock_changes: Vec<(&Event, Option<Timestamp>)> = Vec::new();
        // When the kernel of the next boot started, where Security does not show that boot.
        let next_kernel = next.filter(|next| !next.in_security()).and_then(|next| next.kernel);
        let is_of_next = |event: &Event| {
            let lag = next_kernel.map(|kernel| event.time.since(kernel));
            event.channel == Channel::Security
                && event.is_boundary()
                && lag.is_some_and(|lag| BOOT_SEQUENCE.contains(lag))
        };
        for (_, events) in records.channels() {
            let mut before: Option<Timestamp> = None;
            for event in events.iter().filter(|event| !event.recovered) {
                facts.note_extent(event, is_of_next(event));
                facts.note_lsass(event);
                facts.note_end(event);
                facts.note_power(event, &mut resumes);
                if let EventKind::ClockChanged(change) = &event.kind
                    && resumes.is_set_by_a_program(change.reason, event.channel == Channel::System)
                {
                    clock_changes.push((event, before));
                    facts.has_unknown_step |= change.previous.is_none();
                }
                before = Some(event.time);
            }
        }
        let system = records.of(Channel::System);
        facts.fast_startup = facts.saved_and_not_resumed(system, next, system_gaps);
        facts.audit_stop = facts.audit_stop.filter(|stop| !log_stops::is_of_restart(stop, system));
        facts.has_unknown_step |= has_falling_times(records.of(Channel::Security));
        facts.last = facts.certain.into_iter().flatten().max_by_key(|event| event.time);
        facts.steps = clock_steps(&clock_changes);
        facts
    }

    /// The shutdown with Fast Startup after which a new kernel was started, and not the one that was saved: its
    /// Kernel-Power 42 is the last record of System, and Security has none after it. That happens if the power was cut
    /// meanwhile, or if the firmware or a device changed. A crash may have removed the records of a resume; then the
    /// 6008 of the next boot gives a later time at which the computer was up.
    fn saved_and_not_resumed(
        &self,
        system: &'a [Event],
        next: Option<&BootStart>,
        gaps: &Gaps,
    ) -> Option<&'a Event> {
        let last = system.iter().rev().find(|event| !event.recovered)?;
        let is_fast_startup =
            matches!(&last.kind, EventKind::Sleep(states) if states.is_fast_startup());
        let is_last =
            next?.system.is_some_and(|first| !gaps.may_lack_records_between(last.record_id, first));
        let was_used = self
            .security
            .is_some_and(|(_, security)| security.time.since(last.time) > KERNEL_STOP.longest());
        let was_down = self.crash.is_empty()
            || self.crash.iter().any(|event| match &event.kind {
                EventKind::UnexpectedShutdown(report) => report
                    .last_alive
                    .is_some_and(|alive| alive.since(last.time) <= KERNEL_STOP.longest()),
                _ => false,
            });
        (is_fast_startup && is_last && !was_used && was_down).then_some(last)
    }

    /// Notes the first and the last record, and the names. The log may end with the first records
    /// of the next boot, before a record that shows this.
    fn note_extent(&mut self, event: &'a Event, is_of_next: bool) {
        let extent = match event.channel {
            // It may be of a later boot that no other record shows.
            _ if event.role().begins_a_file() => None,
            Channel::Security => Some(&mut self.security),
            Channel::System => Some(&mut self.system),
            _ => None,
        };
        // An 1101 is usually the first record of the next boot, and the other records of that boot
        // may be missing.
        let is_first = extent.as_ref().is_some_and(|extent| extent.is_none());
        let may_be_of_next = is_of_next || matches!(event.kind, EventKind::AuditDropped);
        if let Some(extent) = extent.filter(|_| is_first || !may_be_of_next) {
            *extent = Some((extent.map_or(event, |(first, _)| first), event));
            let is_security = event.channel == Channel::Security;
            let [security, system] = &mut self.certain;
            let certain = if is_security { security } else { system };
            *certain = Some(event).filter(|_| !self.doubtful.includes(event)).or(*certain);
        }
        if !self.names.contains(&event.computer) {
            self.names.push(event.computer.clone());
        }
    }

    /// Notes LSASS and its first logons.
    fn note_lsass(&mut self, event: &'a Event) {
        if let Some(pid) = event.lsass_pid() {
            self.lsass.insert(pid);
        }
        match &event.kind {
            EventKind::AuditPolicyTable(id) => self.policy_table = Some(*id),
            EventKind::Logon(logon) if logon.logon_id.is_boot_service() => {
                if self.services.contains(&logon.logon_id) {
                    self.service_again = self.service_again.or(Some(event));
                } else {
                    self.services.push(logon.logon_id);
                }
            }
            _ => {}
        }
    }

    /// Notes the end of the boot, and lost records.
    fn note_end(&mut self, event: &'a Event) {
        self.audit_stop = log_stops::audit_stop(self.audit_stop, event);
        self.service_stop = log_stops::service_stop(self.service_stop, event);
        match &event.kind {
            EventKind::KernelStopped(_) => self.kernel_stop = Some(event),
            EventKind::ShutdownTransition(_) => self.transition = Some(event),
            EventKind::ShutdownRequested(_) if !self.is_repetition(event) => {
                self.request = Some(event)
            }
            EventKind::LogFull => self.lost.full = Some(event),
            EventKind::AuditDropped | EventKind::EventLost(4634) => self.lost.ends.push(event),
            EventKind::EventLost(4647) => self.lost.logoffs.push(event),
            _ => {}
        }
    }

    /// Does this 1074 only repeat the one before it? Winlogon repeats a request under SYSTEM, with
    /// the code 0x500ff and without a reason.
    fn is_repetition(&self, event: &Event) -> bool {
        let EventKind::ShutdownRequested(request) = &event.kind else { return false };
        let is_by_winlogon = request.process.to_ascii_lowercase().contains("winlogon.exe");
        let lag = self.request.map(|before| event.time.since(before.time));
        is_by_winlogon
            && request.code.eq_ignore_ascii_case("0x500ff")
            && lag.is_some_and(|lag| REPEATED_REQUEST.contains(lag))
    }

    /// Notes sleeps (because changes of the clock follow them), the number of the boot, and the
    /// time zone.
    fn note_power(&mut self, event: &'a Event, resumes: &mut ResumeWatch) {
        match &event.kind {
            EventKind::Sleep(_) | EventKind::Resume(_) => resumes.note_sleep(),
            EventKind::Uptime(_, Some(zone)) => self.time_zone = Some(zone),
            EventKind::BiasInUse(bias) => self.utc_offset_in_use = Some(bias.saturating_neg()),
            EventKind::BootStatus(status) => self.boot_id = status.boot_id().or(self.boot_id),
            EventKind::PowerSession(Some(id)) => self.boot_id = self.boot_id.or(Some(*id)),
            _ => {}
        }
    }

    /// The records that prove an orderly end: Kernel-General 13, 6006, 1100, a Fast Startup that was not resumed,
    /// and Kernel-Power 109 unless the next boot says that this one crashed. A doubtful stop may be that of another
    /// boot. It counts only if `rely_on` includes it, or if a certain stop is right before or after
    /// it.
    pub(crate) fn stops(&self, rely_on: RelyOn) -> impl Iterator<Item = &'a Event> {
        let transition = self.transition.filter(|_| self.crash.is_empty());
        let all =
            [self.kernel_stop, self.service_stop, self.audit_stop, transition, self.fast_startup];
        let doubtful = self.doubtful;
        let is_sure = move |event: &'a Event| {
            !doubtful.includes(event)
                || rely_on == RelyOn::All
                || match event.channel {
                    Channel::Security => rely_on == RelyOn::SecurityToo,
                    _ => rely_on == RelyOn::SystemToo,
                }
        };
        let is_confirmed = move |event: &'a Event| {
            let mut others = all.into_iter().flatten().filter(|other| is_sure(other));
            others.any(|other| event.time.since(other.time).abs() <= KERNEL_STOP.longest())
        };
        all.into_iter().flatten().filter(move |event| is_sure(event) || is_confirmed(event))
    }

    /// The last record of an orderly end: the stop of the kernel; else the latest of 6006 and 1100,
    /// or a record right after them. Legacy records carry whole seconds, so that a 6006 alone may
    /// seem to be earlier than the records before it.
    pub(crate) fn orderly_stop(&self, rely_on: RelyOn) -> Option<&'a Event> {
        let mut stops = self.stops(rely_on).peekable();
        let is_kernel = |event: &&Event| matches!(event.kind, EventKind::KernelStopped(_));
        if let Some(kernel) = stops.peek().copied().filter(is_kernel) {
            return Some(kernel);
        }
        let stop = stops.max_by_key(|event| event.time)?;
        let is_after =
            |last: &&Event| last.time > stop.time && last.time.since(stop.time) <= AFTER_STOP;
        Some(self.last.filter(is_after).unwrap_or(stop))
    }

    /// The latest time at which the computer was certainly up, according to the next boot after a
    /// crash: the last-alive time in its 6008. It counts only if that time minus the uptime and the
    /// steps of the clock is the start of this boot.
    pub(crate) fn last_alive(&self, start: Option<&BootStart>) -> Option<Timestamp> {
        let start = start?.kernel?;
        self.crash.iter().find_map(|event| {
            let EventKind::UnexpectedShutdown(report) = &event.kind else { return None };
            // By the clock after all steps: a time from before a step says nothing of what came
            // after it.
            let steps = self.steps.iter().fold(0_i64, |sum, step| sum.saturating_add(step.by.0));
            let began = report.started()?.plus(Span(steps.saturating_neg()));
            report.last_alive.filter(|_| began.since(start).abs() <= UPTIME_IS_EXACT)
        })
    }

    /// By how much the clock was behind when this boot began: it was set forward soon after.
    pub(crate) fn was_behind(&self, start: Timestamp) -> Span {
        let (mut sum, mut most) = (0_i64, 0);
        for step in &self.steps {
            let since = step.old.since(start).0.saturating_sub(sum);
            if since > CORRECTED_WITHIN.longest().0 {
                break;
            }
            sum = sum.saturating_add(step.by.0);
            most = most.max(sum);
        }
        Span(most)
    }

    /// Are there more records before the first known boot than the leading records of that boot?
    pub(crate) fn has_history(&self, first: Option<&BootStart>) -> bool {
        let is_longer = |extent: Option<(&Event, &Event)>, start: Option<u64>| {
            extent.is_some_and(|(earliest, _)| {
                start.is_none_or(|start| earliest.record_id.saturating_add(LEADING_RECORDS) < start)
            })
        };
        is_longer(self.security, first.and_then(|boot| boot.security))
            || is_longer(self.system, first.and_then(|boot| boot.system))
    }
}

/// Does a record have an earlier time than the record before it? An 1101 does not count, because
/// its time is later than that of the records after it.
fn has_falling_times(events: &[Event]) -> bool {
    let has_usual_time =
        |event: &&Event| !event.recovered && !matches!(event.kind, EventKind::AuditDropped);
    let times = events.iter().filter(has_usual_time).map(|event| event.time);
    !times.is_sorted_by(|before, next| before.since(*next) <= MOST_JITTER)
}

//! What the collected files show of boots: how they ended, and whether they can be distinguished.

use super::expected::{BOOT_TAKES, EvidenceView};
use super::files::Collection;
use super::simulator::{Role, SessionRecord, Unclean, Written};
use super::truth::TrueBoot;
use crate::catalogue::{SECURITY, SYSTEM};

/// So long after its kernel only a disk check lets LSASS start: five minutes, in 100 ns units.
const LATE_LSASS: u64 = 300 * 10_000_000;

impl EvidenceView<'_> {
    /// Whether a record of the boot says that it ended in order.
    pub fn ended_in_order(&self, boot: u32) -> bool {
        self.of_boot(boot)
            .any(|(_, written)| written.role == Role::CleanEnd && written.event_id != 42)
            || self.shutdown_transition_logged(boot)
            || self.shutdown_by_fast_startup(boot)
    }

    /// Whether the files hold the Kernel-Power 109 of the boot.
    fn shutdown_transition_logged(&self, boot: u32) -> bool {
        self.of_boot(boot)
            .any(|(_, written)| written.role == Role::EndAction && written.event_id == 109)
    }

    /// Whether the files hold the Kernel-Power 42 of a Fast Startup that was not resumed, and in System the
    /// start of the boot that followed: without that, it may still be resumed.
    fn shutdown_by_fast_startup(&self, boot: u32) -> bool {
        let starts_in_system = |boot: u32| {
            self.of_boot(boot).any(|((channel, _), written)| {
                *channel == SYSTEM && written.role == Role::BootStart
            })
        };
        self.next_visible(boot).is_some_and(starts_in_system)
            && self
                .of_boot(boot)
                .any(|(_, written)| written.role == Role::CleanEnd && written.event_id == 42)
    }

    /// Whether a Fast Startup is the last thing that the files show of the boot, in System alone: whether it was
    /// resumed, and its records were lost in a crash, only Security would show.
    fn resume_may_be_lost(&self, boot: u32) -> bool {
        let in_security = self.of_boot(boot).any(|((channel, _), _)| *channel == SECURITY);
        let last = self.of_boot(boot).filter(|((channel, _), _)| *channel == SYSTEM).last();
        !in_security && last.is_some_and(|(_, written)| written.event_id == 42)
    }

    pub fn clock_unchanged(&self, from: u64, to: u64) -> bool {
        !self.simulator.steps.iter().any(|step| from <= step.at && step.at <= to)
    }

    fn clock_unchanged_after(&self, boot: u32, end: u64) -> bool {
        let next =
            self.next_visible(boot).map(|next| self.simulated_boot(next).started.0 + BOOT_TAKES);
        self.clock_unchanged(end, next.unwrap_or(u64::MAX))
    }

    pub fn boot(&self, number: u32) -> TrueBoot {
        let boot = self.simulated_boot(number);
        let next = self.next_visible(number);
        let crashed = next.is_some_and(|next| self.has(next, Role::CrashSign));
        let end_causes = if self.ended_in_order(number) {
            if self.shutdown_by_fast_startup(number) || self.shutdown_transition_logged(number) {
                vec![boot.cause]
            } else if self.has(number, Role::EndAction) {
                vec![boot.cause, "shutdown"]
            } else {
                vec!["shutdown"]
            }
        } else if self.has(number, Role::EndAction) {
            let crash = crashed.then_some("crash");
            [boot.cause, "shutdown", "unknown", "log-end"].into_iter().chain(crash).collect()
        } else if crashed && self.resume_may_be_lost(number) {
            vec!["crash", "power-off"]
        } else if crashed {
            vec!["crash"]
        } else if next.is_some() {
            vec!["unknown"]
        } else if self.cut.is_empty() {
            vec!["log-end"]
        } else {
            // The missing chunks may hold a later boot.
            vec!["log-end", "unknown"]
        };
        let start_records = self
            .of_boot(number)
            .filter(|(_, written)| written.role == Role::BootStart)
            .map(|(&(channel, id), written)| (channel, id, written.event_id))
            .collect();
        let end = boot.ended.map_or(self.simulator.now, |(end, _)| end);
        TrueBoot {
            number,
            started: boot.started.1,
            ended: boot.ended.map(|(_, clock)| clock),
            end_causes,
            start_records,
            records: self.of_boot(number).map(|(&key, _)| key).collect(),
            lower_bound_holds: self.clock_unchanged(boot.started.0 + 1, end),
            // That a shutdown was not finished is known only from the next boot.
            upper_bound_holds: self.clock_unchanged_after(number, end)
                && (boot.unclean != Unclean::Kernel || self.has(number + 1, Role::CrashSign)),
            undecided: self.undecided_boot(number),
            requested_by: self.requested_by(number),
        }
    }

    fn has_start_record(&self, boot: u32) -> bool {
        self.of_boot(boot).any(|(_, written)| written.role == Role::BootStart)
    }

    /// Why the boot cannot be distinguished from the boot before or after it, if that is so.
    pub fn undecided_boot(&self, boot: u32) -> Option<&'static str> {
        let next = self.next_visible(boot);
        let fall = self.fall_looks_like_a_boot(boot);
        fall.then_some("a fall of Logon IDs where a boot could hide")
            .or_else(|| self.late_lsass_without_service(boot))
            .or_else(|| self.indistinct_from_previous(boot))
            .or_else(|| next.and_then(|next| self.indistinct_from_previous(next)))
    }

    /// LSASS started minutes after the kernel, and no record of the event log service says that both are of one boot.
    fn late_lsass_without_service(&self, boot: u32) -> Option<&'static str> {
        let began = self.simulated_boot(boot).started.0;
        let late = |written: &Written| written.happened > began + LATE_LSASS;
        let mut starts = self.of_boot(boot).filter(|((channel, _), written)| {
            *channel == SECURITY && written.role == Role::BootStart
        });
        let is_late = starts.next().is_some_and(|(_, first)| late(first));
        let has_service =
            self.of_boot(boot).any(|(_, written)| matches!(written.event_id, 6005 | 6013));
        (is_late && !has_service)
            .then_some("LSASS minutes after its kernel, without the event log service")
    }

    /// Why the boot cannot be distinguished from the one before, if that is so. Without a record
    /// of its start, only LSASS' process ID or the Logon IDs show a new boot. A
    /// start of the event log service alone may be no boot at all.
    pub fn indistinct_from_previous(&self, boot: u32) -> Option<&'static str> {
        let before = (1..boot).rev().find(|&earlier| self.visible(earlier))?;
        if self.stamped_before_its_start(boot) && !self.ended_in_order(before) {
            return Some("its clock was set back, and no record shows it");
        }
        if self.kernel_may_belong_to(before, boot) {
            return Some("a kernel's start right after the start of the event log service");
        }
        if self.has_start_record(boot) {
            let only_service = self
                .of_boot(boot)
                .filter(|(_, written)| written.role == Role::BootStart)
                .all(|(_, written)| written.event_id == 6005);
            let certain = !only_service
                || self.shutdown_requested(before)
                || self.shutdown_transition_logged(before);
            return (!certain).then_some("a start of the event log service alone");
        }
        let process = |boot: u32| {
            self.of_boot(boot)
                .find(|(_, written)| matches!(written.role, Role::Session(..)))
                .map(|(_, written)| written.process_id)
        };
        let differs = match (process(before), process(boot)) {
            (Some(before), Some(boot)) => before != boot,
            _ => false,
        };
        // The counter starts again. UMFD and DWM prove nothing, and if the next Logon ID is above all
        // before, the first one was only audited late.
        let highest = self.ordinary_starts(before).map(|(_, logon_id)| logon_id).max();
        let lowest = self.ordinary_starts(boot).map(|(_, logon_id)| logon_id);
        let low: Vec<u64> = lowest.take(2).collect();
        let regressed = highest.is_some_and(|highest| {
            !low.is_empty() && low.iter().all(|logon_id| logon_id + 1_024 < highest)
        });
        (!differs && !regressed)
            .then_some("neither a record of its start, nor LSASS' process ID, nor Logon IDs")
    }

    /// Whether records of the boot in Security have times before its start in System, while the
    /// files hold neither the start of LSASS nor the step of the clock. By the files, those
    /// records are then of the boot before.
    fn stamped_before_its_start(&self, boot: u32) -> bool {
        let started = self.simulated_boot(boot).started.1;
        let of = |wanted: &'static str| {
            self.of_boot(boot).filter(move |((channel, _), _)| *channel == wanted)
        };
        let in_security = of(SECURITY).any(|(_, written)| written.role == Role::BootStart);
        let stepped = self.of_boot(boot).any(|(_, written)| matches!(written.role, Role::Step(_)));
        let in_system = of(SYSTEM).any(|(_, written)| written.role == Role::BootStart);
        let early = of(SECURITY).any(|(_, written)| written.time_stamp < started);
        in_system && early && !in_security && !stepped
    }

    /// Whether the files hold only the kernel's start of this boot and only the service's start
    /// of the boot before. If the clock was set between them, the two may be one boot.
    fn kernel_may_belong_to(&self, before: u32, boot: u32) -> bool {
        let start_records = |boot: u32| -> Vec<u16> {
            let start_records =
                self.of_boot(boot).filter(|(_, written)| written.role == Role::BootStart);
            start_records.map(|(_, written)| written.event_id).collect()
        };
        let half_a_day = 12 * 3_600 * 10_000_000;
        let lag = self
            .simulated_boot(boot)
            .started
            .1
            .0
            .saturating_sub(self.simulated_boot(before).started.1.0);
        start_records(before) == [6005] && start_records(boot) == [12] && lag <= half_a_day
    }

    /// Whether the files show that a shutdown was requested and the event log service stopped.
    fn shutdown_requested(&self, before: u32) -> bool {
        self.has(before, Role::EndAction) && self.has(before, Role::CleanEnd)
    }

    /// The 4624 of the boot in record order, without those of window managers and font drivers:
    /// record id, Logon ID.
    fn ordinary_starts(&self, boot: u32) -> impl Iterator<Item = (u64, u64)> {
        self.of_boot(boot).filter_map(|(&(_, id), written)| match written.role {
            Role::Session(session, SessionRecord::Start) => {
                let session = &self.simulator.sessions[session];
                (session.class != "window-manager").then_some((id, session.logon_id))
            }
            _ => None,
        })
    }

    /// Whether a Logon ID of the boot was audited after a higher one where a boot could hide (records
    /// are missing, or no 4608 is in the files), and nothing after it says that it was one boot: the
    /// next Logon ID is not higher than all before, and no later record names an earlier session.
    fn fall_looks_like_a_boot(&self, boot: u32) -> bool {
        let starts: Vec<(u64, u64)> = self.ordinary_starts(boot).collect();
        let anywhere = self.collection != Collection::Files
            || !self.in_files.values().any(|written| written.event_id == 4608);
        let named_later = |fall: u64| {
            self.recorded.values().any(|recorded| {
                let ids: Vec<u64> = recorded.all().collect();
                let of_boot = ids.first().is_some_and(|id| self.boot_of(*id) == boot);
                let before = recorded.start.is_some_and(|start| start < fall);
                of_boot && before && ids.iter().any(|&id| id > fall)
            })
        };
        let mut highest = (0, 0);
        for (at, &(id, logon_id)) in starts.iter().enumerate() {
            if logon_id < highest.1 {
                let whole = (highest.0..id).all(|id| self.in_files.contains_key(&(SECURITY, id)));
                let rises = starts.get(at + 1).is_some_and(|(_, next)| *next > highest.1);
                if (anywhere || !whole) && !rises && !named_later(id) {
                    return true;
                }
            }
            if logon_id > highest.1 {
                highest = (id, logon_id);
            }
        }
        false
    }

    fn boot_of(&self, security_record: u64) -> u32 {
        self.in_files[&(SECURITY, security_record)].boot
    }

    /// Who requested the end of the boot, as 1074 names the account, if the files hold every 1074 of
    /// that request.
    fn requested_by(&self, number: u32) -> Option<String> {
        let boot = self.simulated_boot(number);
        let requests = self
            .of_boot(number)
            .filter(|(_, written)| written.role == Role::EndAction && written.event_id == 1074);
        let name = boot.requested_by.as_ref()?.qualified();
        let language = &self.simulator.setup.language;
        let name = language.map_or(name.clone(), |language| language.text(&name));
        (requests.count() == boot.requests).then_some(name)
    }
}

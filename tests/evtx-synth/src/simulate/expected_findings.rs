//! The findings that the collected files require, with the records that show them.

use super::expected::{EvidenceView, SessionRecords};
use super::files::Collection;
use super::setup::Windows;
use super::simulator::{Role, Unclean, Written};
use super::truth::TrueFinding;
use crate::catalogue::{SECURITY, SYSTEM};

/// With this many logons and no logoff, logoffs are not audited.
const MANY_LOGONS: usize = 50;

impl EvidenceView<'_> {
    /// Every finding that the files require or allow.
    pub fn findings(&self) -> Vec<TrueFinding> {
        let mut findings = self.by_record();
        findings.extend(self.other_names());
        findings.extend(self.clock_steps());
        for boot in 1..=self.simulator.boot {
            findings.extend(self.of_boot_ends(boot));
            findings.extend(self.in_one_channel(boot));
        }
        findings.extend(self.attempts());
        findings.extend(self.expected_logoffs());
        findings.extend(self.logoff_auditing());
        findings
    }

    /// Findings that one record alone shows.
    fn by_record(&self) -> Vec<TrueFinding> {
        let code = |channel: &str, event_id: u16| match (channel, event_id) {
            (SECURITY, 1102) | (SYSTEM, 104) => Some("log-cleared"),
            (SECURITY, 1104) => Some("log-full"),
            (SECURITY, 1105) => Some("log-archived"),
            (SECURITY, 1101) => Some("audit-dropped"),
            (SECURITY, 1108) => Some("event-lost"),
            (SYSTEM, 6011) => Some("computer-renamed"),
            _ => None,
        };
        let of = |(&key, written): (&(&'static str, u64), &Written)| {
            let code = code(key.0, written.event_id)?;
            Some(TrueFinding { code, boot: Some(written.boot), records: vec![key], required: true })
        };
        self.in_files.iter().filter_map(of).collect()
    }

    /// Names of the computer that the files show, without the 6011 that says so.
    fn other_names(&self) -> Vec<TrueFinding> {
        let names = 1..self.simulator.names.len();
        let new_one = |name: usize| {
            let with = || self.in_files.iter().filter(move |(_, written)| written.name == name);
            let told = with().any(|(key, one)| key.0 == SYSTEM && one.event_id == 6011);
            let (_, first) = with().next()?;
            let before = |channel| {
                let mut older = self.in_files.iter().filter(|(key, _)| key.0 == channel);
                older.any(|(_, written)| written.name < name)
            };
            let audited = with().any(|(key, _)| key.0 == SECURITY) && before(SECURITY);
            (!told).then(|| TrueFinding {
                code: "computer-renamed",
                boot: Some(first.boot),
                records: with().map(|(key, _)| *key).collect(),
                required: audited && self.collection == Collection::Files,
            })
        };
        names.filter_map(new_one).collect()
    }

    fn clock_steps(&self) -> Vec<TrueFinding> {
        let steps = self.simulator.steps.iter().enumerate();
        let resumes = self.resumes_like_steps();
        let reported = steps.filter(|(_, step)| step.by.unsigned_abs() > 10_000_000);
        reported
            .filter_map(|(index, _)| {
                let of_it =
                    |key: &(&'static str, u64)| self.in_files[key].role == Role::Step(index);
                let records: Vec<_> = self.in_files.keys().copied().filter(of_it).collect();
                let boot = self.in_files.get(records.first()?)?.boot;
                let required = self.step_records(index).next().is_some();
                Some(TrueFinding { code: "clock-step", boot: Some(boot), records, required })
            })
            .chain(resumes)
            .collect()
    }

    /// Resumes that look like a step of the clock forward. Windows 7 gives no reason for a change
    /// of the clock, so this is the case if the files hold neither the sleep nor the resume.
    pub fn resumes_like_steps(&self) -> impl Iterator<Item = TrueFinding> {
        let slept = move |boot: u32, before: u64| {
            self.of_boot(boot).any(|(key, written)| {
                key.0 == SYSTEM && key.1 < before && matches!(written.event_id, 42 | 107)
            })
        };
        let of = move |(&key, written): (&(&'static str, u64), &Written)| {
            let (code, boot) = ("clock-step", written.boot);
            let seven = self.simulator.setup.windows == Windows::Seven;
            // Where Security shows that nobody set the clock, the change was a resume.
            let told = match written.role {
                Role::Plain => slept(boot, key.1) || self.covered_by_security(written),
                Role::SilentResume => self.covered_by_security(written),
                _ => return None,
            };
            let resume = key.0 == SYSTEM && written.event_id == 1;
            (resume && seven && !told).then(|| TrueFinding {
                code,
                boot: Some(boot),
                records: vec![key],
                required: false,
            })
        };
        self.in_files.iter().filter_map(of)
    }

    /// Whether Security holds the records before and after this one, and none is missing between.
    fn covered_by_security(&self, written: &Written) -> bool {
        let in_security = || {
            self.of_boot(written.boot)
                .filter(|(key, _)| key.0 == SECURITY)
                .map(|(key, other)| (key.1, other.at))
        };
        let before = in_security().filter(|(_, at)| *at <= written.at).map(|(id, _)| id).max();
        before.is_some_and(|id| in_security().any(|(next, _)| next == id + 1))
    }

    fn of_boot_ends(&self, boot: u32) -> Option<TrueFinding> {
        let truth = self.boot(boot);
        // Of a boot without a record, the files show at most how it ended.
        let unseen = !self.visible(boot) && self.simulated_boot(boot).unclean != Unclean::No;
        let possible = unseen || (self.visible(boot) && truth.end_causes.contains(&"crash"));
        let required = !unseen && truth.undecided.is_none() && truth.end_causes == ["crash"];
        possible.then(|| TrueFinding { code: "crash", boot: Some(boot), records: vec![], required })
    }

    fn in_one_channel(&self, boot: u32) -> Option<TrueFinding> {
        let holds = |boot: u32, channel: &str| self.of_boot(boot).any(|(key, _)| key.0 == channel);
        let begins = |boot: u32, channel: &str| {
            self.of_boot(boot)
                .any(|(key, written)| key.0 == channel && written.role == Role::BootStart)
        };
        let kernel = |boot: u32| {
            self.of_boot(boot).any(|(key, written)| key.0 == SYSTEM && written.event_id == 12)
        };
        let before_and_after = |holds: &dyn Fn(u32) -> bool| {
            (1..boot).any(holds) && (boot + 1..=self.simulator.boot).any(holds)
        };
        let security = |boot| begins(boot, SECURITY);
        let lacks_system = security(boot) && !holds(boot, SYSTEM) && before_and_after(&kernel);
        let lacks_security = kernel(boot) && !holds(boot, SECURITY) && before_and_after(&security);
        let both = security(boot) && begins(boot, SYSTEM);
        let decided = self.undecided_boot(boot).is_none();
        (self.visible(boot) && !both).then(|| TrueFinding {
            code: "boot-in-one-channel",
            boot: Some(boot),
            records: vec![],
            required: decided && (lacks_system || lacks_security),
        })
    }

    /// Boots that the files do not show: Windows' counter of boot attempts rose by more.
    fn attempts(&self) -> Vec<TrueFinding> {
        let counted = |boot: &u32| {
            self.simulator.setup.windows >= Windows::Ten
                && self
                    .of_boot(*boot)
                    .any(|(key, written)| key.0 == SYSTEM && matches!(written.event_id, 20 | 566))
        };
        let boots: Vec<u32> = (1..=self.simulator.boot).filter(counted).collect();
        let pairs = boots.windows(2).filter_map(|pair| {
            let [before, boot] = [pair[0], pair[1]];
            let rise = self.simulated_boot(boot).counter - self.simulated_boot(before).counter;
            let visible = (before + 1..=boot).filter(|&boot| self.visible(boot)).count();
            let more = rise > u32::try_from(visible).expect("few boots");
            more.then(|| TrueFinding {
                code: "boots-without-events",
                boot: Some(boot),
                records: vec![],
                required: true,
            })
        });
        pairs.collect()
    }

    /// Desktops that were open at an orderly shutdown, without the 4647 that it writes.
    fn expected_logoffs(&self) -> Vec<TrueFinding> {
        let any_end = self.recorded.values().any(SessionRecords::ended);
        let of = |(&index, recorded): (&usize, &SessionRecords)| {
            let session = &self.simulator.sessions[index];
            let truth = self.true_session(index, recorded);
            let plain = !(session.elevated && self.pair_known(index));
            let desktop = session.desktop || session.revalidates.is_some();
            let possible = desktop && plain && truth.end_causes.contains(&"shutdown");
            let required = possible
                && session.desktop
                && !session.elevated
                && any_end
                && recorded.start.is_some()
                && truth.end_causes == ["shutdown"];
            let records = recorded.all().map(|id| (SECURITY, id)).collect();
            let boot = Some(session.boot);
            possible.then_some(TrueFinding { code: "initiated-expected", boot, records, required })
        };
        self.recorded.iter().filter_map(of).collect()
    }

    fn logoff_auditing(&self) -> Option<TrueFinding> {
        let starts = self.recorded.values().filter(|recorded| recorded.start.is_some()).count();
        let ends = self.recorded.values().any(SessionRecords::ended);
        let audited = self.simulator.setup.audits_logoffs;
        let some = starts >= MANY_LOGONS || self.looks_unaudited() || !audited;
        let off = some && !ends && self.collection == Collection::Files;
        off.then(|| TrueFinding {
            code: "logoff-auditing-off",
            boot: None,
            records: vec![],
            required: !audited && starts >= MANY_LOGONS && self.looks_unaudited(),
        })
    }
}

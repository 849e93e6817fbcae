//! What an examiner must be told about a host, and in which records of the files it stands.

use super::files::Collection;
use super::truth::TrueFinding;
use super::verdict::View;
use super::world::Role;
use crate::catalogue::{SECURITY, SYSTEM};

/// So many logons and not one logoff: logoffs are not audited.
const MANY_LOGONS: usize = 50;

impl View<'_> {
    /// Every finding that the files call for.
    pub fn findings(&self) -> Vec<TrueFinding> {
        let mut findings = self.by_record();
        findings.extend(self.clock_steps());
        for boot in 1..=self.world.boot {
            findings.extend(self.of_boot_ends(boot));
            findings.extend(self.in_one_channel(boot));
        }
        findings.extend(self.attempts());
        findings.extend(self.expected_logoffs());
        findings.extend(self.logoff_auditing());
        findings
    }

    /// Records that say it themselves.
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
        let of = |(&key, written): (&(&'static str, u64), &super::world::Written)| {
            let code = code(key.0, written.event_id)?;
            Some(TrueFinding { code, boot: Some(written.boot), records: vec![key], sure: true })
        };
        self.shown.iter().filter_map(of).collect()
    }

    fn clock_steps(&self) -> Vec<TrueFinding> {
        let steps = self.world.steps.iter().enumerate();
        let resumes = self.resumes_like_steps();
        let told = steps.filter(|(_, step)| step.by.unsigned_abs() > 10_000_000);
        told.filter_map(|(index, _)| {
            let of_it = |key: &(&'static str, u64)| self.shown[key].role == Role::Step(index);
            let records: Vec<_> = self.shown.keys().copied().filter(of_it).collect();
            let boot = self.shown.get(records.first()?)?.boot;
            let sure = self.step_records(index).next().is_some();
            Some(TrueFinding { code: "clock-step", boot: Some(boot), records, sure })
        })
        .chain(resumes)
        .collect()
    }

    /// Windows 7 gives no reason for a change of the clock: a resume looks like a step forward
    /// where neither the sleep nor the resume is in the files.
    pub fn resumes_like_steps(&self) -> impl Iterator<Item = TrueFinding> {
        let slept = move |boot: u32, before: u64| {
            self.of_boot(boot).any(|(key, written)| {
                key.0 == SYSTEM && key.1 < before && matches!(written.event_id, 42 | 107)
            })
        };
        let of = move |(&key, written): (&(&'static str, u64), &super::world::Written)| {
            let resume = key.0 == SYSTEM && written.event_id == 1 && written.role == Role::Plain;
            let (code, boot) = ("clock-step", written.boot);
            let unclear = self.world.setup.windows == super::setup::Windows::Seven;
            (resume && unclear && !slept(boot, key.1)).then(|| TrueFinding {
                code,
                boot: Some(boot),
                records: vec![key],
                sure: false,
            })
        };
        self.shown.iter().filter_map(of)
    }

    fn of_boot_ends(&self, boot: u32) -> Option<TrueFinding> {
        let truth = self.boot(boot);
        // Of a boot without a record nothing is known but how it ended.
        let unseen = !self.visible(boot) && self.era(boot).cause == "crash";
        let possible = unseen || (self.visible(boot) && truth.end_causes.contains(&"crash"));
        let sure = !unseen && truth.undecided.is_none() && truth.end_causes == ["crash"];
        possible.then(|| TrueFinding { code: "crash", boot: Some(boot), records: vec![], sure })
    }

    fn in_one_channel(&self, boot: u32) -> Option<TrueFinding> {
        let holds = |boot: u32, channel: &str| self.of_boot(boot).any(|(key, _)| key.0 == channel);
        let begins = |boot: u32, channel: &str| {
            self.of_boot(boot).any(|(key, written)| key.0 == channel && written.role == Role::Mark)
        };
        let kernel = |boot: u32| {
            self.of_boot(boot).any(|(key, written)| key.0 == SYSTEM && written.event_id == 12)
        };
        let around = |marked: &dyn Fn(u32) -> bool| {
            (1..boot).any(marked) && (boot + 1..=self.world.boot).any(marked)
        };
        let security = |boot| begins(boot, SECURITY);
        let lacks_system = security(boot) && !holds(boot, SYSTEM) && around(&kernel);
        let lacks_security = kernel(boot) && !holds(boot, SECURITY) && around(&security);
        let both = security(boot) && begins(boot, SYSTEM);
        let decided = self.cannot_tell_boot(boot).is_none();
        (self.visible(boot) && !both).then(|| TrueFinding {
            code: "boot-in-one-channel",
            boot: Some(boot),
            records: vec![],
            sure: decided && (lacks_system || lacks_security),
        })
    }

    /// Windows' counter of boot attempts rose by more than the boots that the files show.
    fn attempts(&self) -> Vec<TrueFinding> {
        let counted = |boot: &u32| {
            self.world.setup.windows >= super::setup::Windows::Ten
                && self
                    .of_boot(*boot)
                    .any(|(key, written)| key.0 == SYSTEM && matches!(written.event_id, 20 | 566))
        };
        let boots: Vec<u32> = (1..=self.world.boot).filter(counted).collect();
        let pairs = boots.windows(2).filter_map(|pair| {
            let [before, boot] = [pair[0], pair[1]];
            let rise = self.era(boot).counter - self.era(before).counter;
            let shown = (before + 1..=boot).filter(|&boot| self.visible(boot)).count();
            let more = rise > u32::try_from(shown).expect("few boots");
            more.then(|| TrueFinding {
                code: "boots-without-events",
                boot: Some(boot),
                records: vec![],
                sure: true,
            })
        });
        pairs.collect()
    }

    /// Desktops that were open at an orderly shutdown log a 4647 (4.7).
    fn expected_logoffs(&self) -> Vec<TrueFinding> {
        let any_end = self.kept.values().any(super::verdict::Kept::ended);
        let of = |(&index, kept): (&usize, &super::verdict::Kept)| {
            let life = &self.world.lives[index];
            let truth = self.session(index, kept);
            let plain = !(life.elevated && self.pair_known(index));
            let desktop = life.desktop || life.revalidates.is_some();
            let possible = desktop && plain && truth.end_causes.contains(&"shutdown");
            let sure = possible
                && life.desktop
                && !life.elevated
                && any_end
                && kept.start.is_some()
                && truth.end_causes == ["shutdown"];
            let records = kept.all().map(|id| (SECURITY, id)).collect();
            let boot = Some(life.boot);
            possible.then_some(TrueFinding { code: "initiated-expected", boot, records, sure })
        };
        self.kept.iter().filter_map(of).collect()
    }

    fn logoff_auditing(&self) -> Option<TrueFinding> {
        let starts = self.kept.values().filter(|kept| kept.start.is_some()).count();
        let ends = self.kept.values().any(super::verdict::Kept::ended);
        let off = starts >= MANY_LOGONS && !ends && self.collection == Collection::Files;
        off.then(|| TrueFinding {
            code: "logoff-auditing-off",
            boot: None,
            records: vec![],
            sure: !self.world.setup.audits_logoffs,
        })
    }
}

//! What Security decides about System's boots: which starts of the event log service are boots, and
//! whose kernel it is that started after a service.
//!
//! Every Windows since Vista logs Kernel-General 12; where the log has it, a boot without it is a
//! restart of the service, unless a crash took the record away: then the kernel's last words stand
//! in the boot, or somebody had asked for a shutdown, or Security shows LSASS start just before the
//! service, or 6008 tells that a boot began there.

use crate::model::{Event, EventKind, Span, Timestamp};
use crate::timeline::channel::security_boots::{SecurityStart, StartMark};
use crate::timeline::channel::segments;
use crate::timeline::channel::system_boots::{self, SystemBoot};

/// LSASS starts this soon after the kernel, and the service so soon after LSASS.
const SOON: (Span, Span) = (Span::seconds(-5), Span::seconds(300));

/// Drops the restarts of the service, and parts boots of which crashes left only halves.
pub(crate) fn settle(
    security: &[Event],
    starts: &[SecurityStart],
    system: &[Event],
    boots: Vec<SystemBoot>,
) -> Vec<SystemBoot> {
    if !system.iter().any(|event| matches!(event.kind, EventKind::KernelStarted(_))) {
        return boots;
    }
    let clocks = Starts::new(security, starts, system, &boots);
    let mut all: Vec<SystemBoot> = Vec::with_capacity(boots.len());
    for mut boot in boots.clone() {
        let other = clocks.another_kernel(system, &boots, &mut boot);
        all.extend([Some(boot), other].into_iter().flatten());
    }
    let keeps = |boot: &SystemBoot| {
        boot.is_certain()
            || boot.status.is_some()
            || boot.unclean.is_some()
            || boot.unexpected.is_some()
            || system_boots::last_words(system, &all, boot).is_some()
            || system_boots::was_asked_for(system, boot)
            || clocks.lsass_alone(system, boot)
            || clocks.died_later(system, boot)
    };
    let kept: Vec<bool> = all.iter().map(keeps).collect();
    all.into_iter().zip(kept).filter(|(_, keep)| *keep).map(|(boot, _)| boot).collect()
}

/// The starts of LSASS and of kernels by their clocks.
struct Starts {
    lsass: Vec<Timestamp>,
    /// Those of LSASS after a crash, by a 1101.
    after_crash: Vec<Timestamp>,
    kernels: Vec<Timestamp>,
    /// Those of boots that crashed, by the 6008 of the boots after them.
    dead: Vec<Timestamp>,
}

impl Starts {
    fn new(
        security: &[Event],
        starts: &[SecurityStart],
        system: &[Event],
        boots: &[SystemBoot],
    ) -> Starts {
        let sorted = |mut times: Vec<Timestamp>| {
            times.sort_unstable();
            times
        };
        let told = || starts.iter().filter(|start| start.mark <= StartMark::SystemLogon);
        let time = |start: &SecurityStart| Some(security.get(start.index)?.time);
        let crashed = told().filter(|start| start.dropped.is_some());
        let kernels = boots.iter().filter_map(|boot| Some(system.get(boot.kernel?)?.time));
        let dead = boots.iter().filter_map(|boot| boot.dead_start(system));
        Starts {
            lsass: sorted(told().filter_map(time).collect()),
            after_crash: sorted(crashed.filter_map(time).collect()),
            kernels: sorted(kernels.collect()),
            dead: sorted(dead.collect()),
        }
    }

    /// LSASS started just before this boot's event log service, and for no other boot.
    fn lsass_alone(&self, system: &[Event], boot: &SystemBoot) -> bool {
        // Hostile logs may crowd thousands of starts into one moment.
        const ENOUGH: usize = 256;
        let service = boot.service.or(boot.version).and_then(|index| system.get(index));
        let Some(service) = service.map(|event| event.time) else { return false };
        before(&self.lsass, service)
            .take(ENOUGH)
            .any(|lsass| before(&self.kernels, *lsass).next().is_none())
    }

    /// This record of the kernel is another boot's: LSASS started just before the service, and
    /// not after this kernel; or it started after this kernel, and after a crash, whereas the boot
    /// before the service ended in order. Crashes took the one boot's kernel and the other's
    /// service away. Takes the other boot out.
    fn another_kernel(
        &self,
        system: &[Event],
        boots: &[SystemBoot],
        boot: &mut SystemBoot,
    ) -> Option<SystemBoot> {
        let (service, kernel) = (boot.service.or(boot.version)?, boot.kernel?);
        let (began, started) = (system.get(service)?.time, system.get(kernel)?.time);
        let since = began.since(started);
        let soon = |since: Span| Span::seconds(-1) <= since && since <= SOON.1;
        let set = || soon_set(system, kernel).is_some_and(|start| soon(began.since(start)));
        let its_own = service > kernel || soon(since) || set();
        if its_own || !(self.lsass_alone(system, boot) || self.crashed(system, boots, boot)) {
            return None;
        }
        let mut other = SystemBoot { index: kernel, ..SystemBoot::default() };
        for (own, its) in boot.of_kernel().into_iter().zip(other.of_kernel()) {
            if own.is_some_and(|at| at >= kernel) {
                *its = own.take();
            }
        }
        Some(other)
    }

    /// LSASS, which started right after this boot's kernel, tells of a crash before it, the boot's
    /// service of a shutdown.
    fn crashed(&self, system: &[Event], boots: &[SystemBoot], boot: &SystemBoot) -> bool {
        let Some(kernel) = boot.kernel.and_then(|index| system.get(index)) else { return false };
        let first = self.lsass.partition_point(|lsass| *lsass < kernel.time.plus(SOON.0));
        let lsass = self.lsass.get(first).filter(|lsass| lsass.since(kernel.time) <= SOON.1);
        let told = lsass.is_some_and(|lsass| self.after_crash.binary_search(lsass).is_ok());
        told && system_boots::last_words(system, boots, boot).is_some()
    }

    /// The boot that crashed later had begun just before this service did: 6008 knows it.
    fn died_later(&self, system: &[Event], boot: &SystemBoot) -> bool {
        let service = boot.service.or(boot.version).and_then(|index| system.get(index));
        service.is_some_and(|service| before(&self.dead, service.time).next().is_some())
    }
}

/// The kernel's start by the clock to which a program soon set it.
fn soon_set(system: &[Event], kernel: usize) -> Option<Timestamp> {
    let started = system.get(kernel)?.time;
    let own = system.iter().skip(kernel + 1).take(segments::CORRECTED_WITHIN);
    let mut own = own.take_while(|event| {
        !matches!(event.kind, EventKind::KernelStarted(_) | EventKind::ServiceStopped)
    });
    let (from, to) = own.find_map(|event| segments::set(event, None))?;
    Some(to.plus(started.since(from)))
}

/// The times that lie so soon before `time`.
fn before(times: &[Timestamp], time: Timestamp) -> impl Iterator<Item = &Timestamp> {
    let (low, high) = (time.plus(Span(-SOON.1.0)), time.plus(Span(-SOON.0.0)));
    let from = times.partition_point(|time| *time < low);
    times.iter().skip(from).take_while(move |time| **time <= high)
}

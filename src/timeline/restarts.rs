//! A start of the event log service that no record of a kernel goes with: a boot, or a restart of
//! the service?
//!
//! Every Windows since Vista logs Kernel-General 12; where the log has it, a boot without it is a
//! restart of the service, unless a crash took the record away: then the kernel's last words stand
//! in the boot, or somebody had asked for a shutdown, or Security shows LSASS start just before the
//! service.

use super::security::{SecurityStart, StartMark};
use super::system::{self, SystemBoot};
use crate::model::{Event, Span, Timestamp, What};

/// LSASS starts this soon after the kernel, and the service so soon after LSASS.
const SOON: (Span, Span) = (Span::seconds(-5), Span::seconds(300));

/// Drops the restarts.
pub(super) fn drop_restarts(
    security: &[Event],
    starts: &[SecurityStart],
    system: &[Event],
    boots: &mut Vec<SystemBoot>,
) {
    if !system.iter().any(|event| matches!(event.what, What::KernelStarted(_))) {
        return;
    }
    let clocks = Starts::new(security, starts, system, boots);
    let all = boots.clone();
    boots.retain(|boot| {
        boot.is_certain()
            || boot.unclean.is_some()
            || boot.unexpected.is_some()
            || system::last_words(system, &all, boot).is_some()
            || system::was_asked_for(system, boot)
            || clocks.lsass_alone(system, boot)
    });
}

/// The starts of LSASS and of kernels by their clocks.
struct Starts {
    lsass: Vec<Timestamp>,
    kernels: Vec<Timestamp>,
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
        let told = starts.iter().filter(|start| start.mark <= StartMark::SystemLogon);
        let lsass = told.filter_map(|start| Some(security.get(start.index)?.time)).collect();
        let kernels =
            boots.iter().filter_map(|boot| Some(system.get(boot.kernel?)?.time)).collect();
        Starts { lsass: sorted(lsass), kernels: sorted(kernels) }
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
}

/// The times that lie so soon before `time`.
fn before(times: &[Timestamp], time: Timestamp) -> impl Iterator<Item = &Timestamp> {
    let (low, high) = (time.plus(Span(-SOON.1.0)), time.plus(Span(-SOON.0.0)));
    let from = times.partition_point(|time| *time < low);
    times.iter().skip(from).take_while(move |time| **time <= high)
}

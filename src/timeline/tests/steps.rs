//! Tests: steps of the clock, of which the size is not known or which may be time that passed. The expected results
//! were worked out by hand from the rules.

use super::scenario::scenario;
use crate::model::Flag;

/// The 4616 gives the times only as text that cannot be read, and System does not have the change. The step is
/// known, and its size is not. The clock was set back at least from +2100 s. The session of fred is before the
/// step, the one of erin is after it. The session of gina was open at the end of the boot: that the next one began
/// at +5000 s bounds nothing.
#[test]
fn a_step_of_unknown_size() {
    let seen = scenario(
        "
        Security  1..3    +0s     boot
        Security  10      +1000s  4624 dora 0x50000 type=2
        Security  11      +2000s  4624 fred 0x60000 type=3
        Security  12      +2100s  4634 fred 0x60000
        Security  13      +2100s  4624 gina 0x61000 type=3
        Security  14      +1500s  4616 by='C:\\a.exe'
        Security  15      +1900s  4647 dora 0x50000
        Security  16      +1950s  4624 erin 0x70000 type=3
        Security  17      +1960s  4634 erin 0x70000
        Security  20..22  +5000s  boot
        ",
    );
    seen.boots("1  steps=1  step=0s\n2  steps=0");
    seen.sessions(
        "
        1/0x50000  dora  duration=900s  corrected=none  flags=clock-step-within,clock-step-unknown
        1/0x60000  fred  duration=100s  corrected=100s  flags=none
        1/0x61000  gina  corrected=none
        1/0x70000  erin  duration=10s   corrected=10s   flags=none
        ",
    )
    .findings("clock-step  #14");
}

/// The tools of a virtual machine set the clock forward. The machine may have been paused, so both durations
/// are given, with a flag.
#[test]
fn a_step_by_the_tools_of_a_virtual_machine() {
    let programs = [
        r"'C:\Program Files\VMware\VMware Tools\vmtoolsd.exe'",
        r"C:\Windows\System32\VBoxService.exe",
        r"'C:\Program Files\Parallels\Parallels Tools\Services\prl_tools.exe'",
        r"'C:\Program Files\Qemu-ga\qemu-ga.exe'",
        r"'C:\Program Files\Citrix\XenTools\XenGuestAgent.exe'",
    ];
    programs.into_iter().for_each(step_by_tools);
}

fn step_by_tools(tools: &str) {
    // fred's session began after the step.
    scenario(&format!(
        "
        Security  1..3  +5s     boot
        Security  10    +60s    4624 dora 0x50000 type=2
        Security  11    +4000s  4616 from=+100s to=+4000s by={tools}
        Security  12    +4100s  4624 fred 0x60000 type=3
        Security  13    +4110s  4634 fred 0x60000
        Security  14    +4200s  4647 dora 0x50000
        "
    ))
    .sessions(
        "
        1/0x50000  dora  duration=4140s  corrected=240s  flags=clock-set-by-guest-tools,clock-step-within
        1/0x60000  fred  flags=none
        ",
    );
}

/// Only the Local Session Manager is at hand. The end of the session has an earlier time than its start,
/// although its record comes later: the clock was set back, and no record says by how much.
#[test]
fn a_step_that_only_the_order_of_records_shows() {
    let seen = scenario(
        "
        LSM  10  +9000s  21 dora session=1 address=LOCAL
        LSM  12  +500s   23 dora session=1
        LSM  13  +600s   21 erin session=1 address=LOCAL
        LSM  14  +900s   23 erin session=1
        ",
    );
    seen.sessions(
        "
        0/-  dora  +9000s..+500s  corrected=none
        0/-  erin  +600s..+900s   corrected=300s
        ",
    );
    seen.findings("no self-check");
    let flagged = |at: usize| seen.host().sessions[at].flags.contains(&Flag::ClockStepUnknown);
    let by_user = |user: &str| {
        seen.host().sessions.iter().position(|one| &*one.account.user == user).unwrap()
    };
    assert!(flagged(by_user("dora")) && !flagged(by_user("erin")));
}

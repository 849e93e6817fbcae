//! Tests: boots of two logs where a single rule shows which of them are one boot, or which came first. The
//! expected results were worked out by hand from the rules.

use super::scenario::scenario;
use super::{aligned, gaps};
use crate::timeline::boots::matching::RULES;
use crate::timeline::boots::matching::tests::fails_without;

/// Each rule is needed: the scenarios that it names, which are tests of their own, fail without it.
#[test]
fn each_rule_is_held_by_its_scenarios() {
    let scenarios: &[(&str, fn())] = &[
        (
            "of_two_kernels_the_nearest_is_that_of_lsass",
            of_two_kernels_the_nearest_is_that_of_lsass,
        ),
        ("lsass_by_the_corrected_clock", aligned::lsass_by_the_corrected_clock),
        ("one_stop_where_the_clock_shows_nothing", one_stop_where_the_clock_shows_nothing),
        (
            "one_stop_of_a_kernel_where_the_clock_shows_nothing",
            one_stop_of_a_kernel_where_the_clock_shows_nothing,
        ),
        (
            "one_clock_step_where_the_clock_shows_nothing",
            one_clock_step_where_the_clock_shows_nothing,
        ),
        ("a_logoff_matches_what_is_left_of_system", a_logoff_matches_what_is_left_of_system),
        (
            "a_cleared_log_is_of_the_boot_whose_clock_showed_it",
            a_cleared_log_is_of_the_boot_whose_clock_showed_it,
        ),
        (
            "a_cleared_system_log_ends_the_boot_it_goes_on_in",
            gaps::a_cleared_system_log_ends_the_boot_it_goes_on_in,
        ),
    ];
    let mut not_needed = Vec::new();
    for rule in RULES {
        for name in rule.held_by.split(", ") {
            let scenario = scenarios.iter().find(|(known, _)| *known == name);
            let (_, scenario) = scenario.unwrap_or_else(|| panic!("{name} is not listed here"));
            if !fails_without(rule.name, *scenario) {
                not_needed.push((rule.name, name));
            }
        }
    }
    assert!(not_needed.is_empty(), "these scenarios do not need these rules: {not_needed:?}");
}

/// By the clock, the boot that only Security shows (5,005 s) came before the one that only System shows
/// (6,000 s). The 6008 of the latter says that the boot right before it began at 0 s, which is boot 1.
#[test]
fn the_boot_right_before_against_the_clock() {
    scenario(
        "
        Security  1..3    +5s     boot
        Security  11      +5020s  1101
        Security  12..14  +5005s  boot pid=700
        Security  20      +9020s  1101
        Security  21..23  +9005s  boot pid=720
        System    1       +0s     Kernel-General 12
        System    2       +12s    EventLog 6005
        System    4       +6000s  Kernel-General 12
        System    5       +6010s  EventLog 6008 last-alive=+100s uptime=100
        System    6       +6010s  EventLog 6005
        System    8       +9000s  Kernel-General 12
        System    9       +9010s  EventLog 6008 last-alive=+5100s uptime=100
        System    10      +9010s  EventLog 6005
        ",
    )
    .boots(
        "
        1  +0s
        2  +6000s  flags=system-only
        3  +5005s
        4  +9000s
        ",
    );
}

/// Security was cleared in boot 1. The clock was set back before boot 2, so the clocks of both boots showed
/// the times of Security. An 1100 and a 6006 at the same time show that it is boot 1.
#[test]
fn one_stop_where_the_clock_shows_nothing() {
    scenario(
        "
        Security  50  +300s  1102 alice
        Security  51  +310s  4624 alice 0x50000 type=3
        Security  52  +600s  1100
        System    1   +0s    Kernel-General 12
        System    2   +12s   EventLog 6005
        System    3   +600s  EventLog 6006
        System    4   +112s  EventLog 6005
        System    5   +602s  Kernel-General 13
        System    6   +100s  Kernel-General 12
        System    7   +650s  EventLog 6006
        ",
    )
    .boots(
        "
        1  +0s..+602s    shutdown
        2  +100s..+650s  shutdown
        ",
    )
    .sessions("1/0x50000  alice");
}

/// The same without the 6006 of boot 1: boot 2 recorded that the kernel stopped two seconds after the 1100.
#[test]
fn one_stop_of_a_kernel_where_the_clock_shows_nothing() {
    scenario(
        "
        Security  50  +300s  1102 alice
        Security  51  +310s  4624 alice 0x50000 type=3
        Security  52  +600s  1100
        System    1   +0s    Kernel-General 12
        System    2   +12s   EventLog 6005
        System    4   +112s  EventLog 6005
        System    5   +602s  Kernel-General 13
        System    6   +100s  Kernel-General 12
        System    7   +650s  EventLog 6006
        ",
    )
    .boots(
        "
        1  +0s..+602s    shutdown
        2  +100s..+650s  shutdown
        ",
    )
    .sessions("1/0x50000  alice");
}

/// The same with two boots in which the clock was set back: the step to +1000s is in boot 1.
#[test]
fn one_clock_step_where_the_clock_shows_nothing() {
    scenario(
        "
        Security  50  +4900s  1102 alice
        Security  51  +4950s  4624 alice 0x50000 type=3
        Security  52  +1000s  4616 from=+5000s to=+1000s
        Security  53  +1100s  4634 alice 0x50000
        System    1   +0s     Kernel-General 12
        System    2   +12s    EventLog 6005
        System    3   +1000s  Kernel-General 1 from=+5000s to=+1000s reason=1
        System    4   +1500s  EventLog 6006
        System    5   +1612s  EventLog 6005
        System    6   +1502s  Kernel-General 13
        System    7   +1600s  Kernel-General 12
        System    8   +2000s  Kernel-General 1 from=+6000s to=+2000s reason=1
        System    9   +2500s  EventLog 6006
        ",
    )
    .boots("1  +0s  steps=1\n 2  +1600s  steps=1")
    .sessions("1/0x50000  alice");
}

/// Two kernels started within two minutes, and System has nothing else of either. LSASS started right after
/// the second one.
#[test]
fn of_two_kernels_the_nearest_is_that_of_lsass() {
    scenario(
        "
        Security  1..3  +105s  boot
        System    1     +0s    Kernel-General 12
        System    2     +100s  Kernel-General 12
        ",
    )
    .boots(
        "
        1  +0s    flags=system-only
        2  +100s  flags=none
        ",
    );
}

/// The remaining records of System have no start of a boot, and the clocks of two boots of Security showed
/// the same hours. The logoff of the same user matches System with the second boot.
#[test]
fn a_logoff_matches_what_is_left_of_system() {
    scenario(
        "
        Security  230..232  +0s      boot pid=640
        Security  250       +50000s  4624 bob 0x50000 type=3
        Security  270..272  +40000s  boot pid=700
        Security  306       +50900s  4647 alice 0x60000
        System    115       +50800s  Kernel-Power 187
        System    116       +50900.1s  Winlogon 7002 alice session=2
        ",
    )
    .boots("1  +0s..>=+50000s\n 2  +40000s..?>=+50900.1s");
}

/// Security was cleared in boot 2, and it has nothing of the end of that boot. Only the clock of boot 2 showed its times.
#[test]
fn a_cleared_log_is_of_the_boot_whose_clock_showed_it() {
    scenario(
        "
        Security  50  +2500s  1102 alice
        Security  51  +2510s  4624 alice 0x50000 type=3
        Security  52  +2520s  4634 alice 0x50000
        System    1   +0s     Kernel-General 12
        System    2   +12s    EventLog 6005
        System    3   +1000s  EventLog 6006
        System    4   +2000s  Kernel-General 12
        System    5   +2012s  EventLog 6005
        System    6   +3000s  EventLog 6006
        System    7   +4000s  Kernel-General 12
        System    8   +4012s  EventLog 6005
        ",
    )
    .boots("1  +0s\n 2  +2000s\n 3  +4000s")
    .sessions("2/0x50000  alice  +2510s..+2520s");
}

/// A crash left only the 1101 and the 4826 of boot 2 in Security; boot 3 has its own. Nobody of boot 1 was
/// seen at the 4826: boot 1 had ended before it.
#[test]
fn a_boot_that_crashed_before_lsass() {
    let text = |rest: &str| {
        format!(
            "
            Security  1..3    +5s     boot
            Security  10      +60s    4624 alice 0x50000 type=3
            Security  11      +2020s  1101
            Security  12      +2003s  4826 by-kernel
            {rest}
            System    1       +0s     Kernel-General 12
            System    2       +12s    EventLog 6005
            System    3       +2000s  Kernel-General 12
            System    4       +2013s  EventLog 6008
            System    5       +2013s  EventLog 6009
            System    6       +2013s  EventLog 6005
            System    7       +9000s  Kernel-General 12
            System    8       +9013s  EventLog 6008
            System    9       +9013s  EventLog 6009
            System    10      +9013s  EventLog 6005
            "
        )
    };
    let next = "
            Security  13      +9020s  1101
            Security  14      +9002s  4826 by-kernel
            Security  15..17  +9004s  boot";
    for rest in [next, ""] {
        let built = scenario(&text(rest));
        built.boots("1  +0s  crash\n 2  +2000s  crash\n 3  +9000s");
        built.sessions("1/0x50000  alice  ..>=+60s<=+2000s  crash");
    }
}

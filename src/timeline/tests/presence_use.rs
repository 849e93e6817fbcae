//! Tests: whether a desktop or the computer was in use at a given time. The expected results were worked out by hand from
//! the records.

use super::presence::{answers, report};
use super::scenario::scenario;

/// The computer went to sleep at 5,000 s and lost its power: nobody used it after that, although the time of the crash
/// is not known. Security has no record after that of her logon, so whether her session was still there is not sure.
#[test]
fn a_sleep_that_ended_with_the_boot() {
    let lines = |last: &str| {
        format!(
            "
            System    1       +0s     Kernel-General 12
            System    2       +8s     EventLog 6005
            Security  1..3    +3s     boot
            Security  10      +100s   4624 alice 0x50000 type=2
            System    3       +5000s  {last}
            System    4       +9000s  Kernel-General 12
            System    5       +9008s  EventLog 6008
            System    6       +9008s  EventLog 6005
            System    7       +9009s  Kernel-Power 41
            Security  11..13  +9005s  boot
            Security  20      +9500s  4624 bob 0x60000 type=3
            "
        )
    };
    let sleep = |last: &str| report(&scenario(&lines(last)), "+0s", "+9500s");
    answers(
        &sleep("Kernel-Power 42 target=4 effective=4"),
        &[
            ("+4000s", "on 1; alice perhaps active since +100s | bob later"),
            ("+7000s", "asleep in 1; alice perhaps active since +100s | bob later"),
            ("+9100s", "on 2; alice gone | bob later"),
        ],
    );
    answers(
        &sleep("Kernel-Power 42 target=5 effective=5"),
        &[("+7000s", "off in 1; alice perhaps active since +100s | bob later")],
    );
    answers(
        &sleep("Kernel-Power 506"),
        &[("+7000s", "asleep in 1; alice perhaps active since +100s | bob later")],
    );
}

/// No record says when the standby of 5,000 s ended. The computer wrote a record at 8,000 s: it may have been on at any
/// time between the two, and after that it was on.
#[test]
fn a_standby_without_an_end_that_other_records_follow() {
    let scenario = scenario(
        "
        System    1     +0s     Kernel-General 12
        System    2     +8s     EventLog 6005
        Security  1..3  +3s     boot
        Security  10    +100s   4624 alice 0x50000 type=2
        System    3     +5000s  Kernel-Power 506
        Security  11    +5005s  4624 carol 0x58000 type=3
        Security  12    +5006s  4634 carol 0x58000
        Security  13    +8000s  4624 bob 0x60000 type=3
        Security  14    +8100s  4634 bob 0x60000
        ",
    );
    answers(
        &report(&scenario, "+0s", "+8100s"),
        &[
            ("+4000s", "on 1; alice active since +100s | bob later | carol later"),
            (
                "+6000s",
                "perhaps asleep in 1; alice perhaps active since +100s | carol gone | bob later",
            ),
            ("+8050s", "on 1; alice active since +100s | bob active since +8000s | carol gone"),
        ],
    );
}

/// Windows logged alice on after an update, with her desktop locked, and no 4800 says so. She unlocked it at 5,000 s: what
/// she used it for before that is not known. The lock of 6,000 s is.
#[test]
fn an_unlock_without_a_lock() {
    let scenario = scenario(
        "
        Security  1..3  +3s     boot
        Security  10    +100s   4624 alice 0x50000 type=2
        Security  11    +5000s  4801 alice 0x50000 session=1
        Security  12    +6000s  4800 alice 0x50000 session=1
        Security  13    +7000s  4801 alice 0x50000 session=1
        Security  14    +8000s  4647 alice 0x50000
        ",
    );
    scenario.sessions("1/0x50000  alice  +100s..+8000s  active=none");
    answers(
        &report(&scenario, "+0s", "+8000s"),
        &[
            ("+3000s", "on 1; alice perhaps locked since ?"),
            ("+5500s", "on 1; alice active since +5000s"),
            ("+6500s", "on 1; alice locked since +6000s"),
            ("+7500s", "on 1; alice active since +7000s"),
        ],
    );
}

/// A disconnection locks a desktop: the unlock after it needs no 4800.
#[test]
fn an_unlock_after_a_disconnection() {
    let scenario = scenario(
        "
        Security  1..3  +3s     boot
        Security  10    +100s   4624 alice 0x50000 type=2
        Security  11    +5000s  4779 alice 0x50000 name=Console
        Security  12    +6000s  4778 alice 0x50000 name=Console
        Security  13    +6001s  4801 alice 0x50000 session=1
        Security  14    +8000s  4647 alice 0x50000
        ",
    );
    scenario.sessions("1/0x50000  alice  +100s..+8000s  active=6900s");
    answers(
        &report(&scenario, "+0s", "+8000s"),
        &[
            ("+3000s", "on 1; alice active since +100s"),
            ("+7000s", "on 1; alice active since +6000s"),
        ],
    );
}

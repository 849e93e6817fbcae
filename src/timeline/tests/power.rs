//! Tests: when the computer was off or asleep within a boot. The expected results were worked out by hand;
//! the order of the records and the distances of their times are those of real hosts.

use super::scenario::scenario;

/// The three Fast Startups of one real host, and the sleep of another one, with their distances in time. 107
/// has the time before the sleep. In the third Fast Startup the computer woke for a moment while it shut
/// down, so the clock was set twice: it slept until that moment, and was off after it.
#[test]
fn fast_startups_and_a_sleep_as_real_hosts_log_them() {
    scenario(
        "
        System  1   +0s         Kernel-General 12
        System  2   +0.1s       Kernel-Boot 27 type=0
        System  3   +8s         EventLog 6005
        System  41  +1000s      Kernel-Power 42 target=6 effective=5
        System  44  +1000.38s   Kernel-Power 107 target=6 effective=5
        System  45  +90000s     Kernel-General 1 from=+1000.37s to=+90000s reason=2 by-kernel
        System  47  +90000.25s  Kernel-Boot 25
        System  48  +90000.26s  Kernel-Boot 27 type=1
        System  56  +90002.3s   Power-Troubleshooter 1 sleep=+999.8s wake=+90000.27s target=6 effective=5 hibernated
        System  61  +91000s     Kernel-Power 42 target=2 effective=2
        System  63  +91002.2s   Kernel-Power 107 target=2 effective=2
        System  64  +95000s     Kernel-General 1 from=+91002.2s to=+95000s reason=2 by-kernel
        System  65  +95003s     Power-Troubleshooter 1 sleep=+90999.8s wake=+95002.3s target=2 effective=2
        System  71  +96000s     Kernel-Power 42 target=6 effective=5
        System  72  +96343s     Kernel-General 1 from=+96000.27s to=+96342.9s reason=2 by-kernel
        System  73  +96343.2s   Kernel-Power 107 target=6 effective=5
        System  74  +97300s     Kernel-General 1 from=+96343.15s to=+97300s reason=2 by-kernel
        System  75  +97300.2s   Kernel-Boot 25
        System  76  +97300.3s   Kernel-Boot 27 type=1
        System  78  +97302s     Power-Troubleshooter 1 sleep=+95999.6s wake=+97300.22s target=6 effective=5 hibernated
        ",
    )
    .boots(
        "
        1  segments=3  sleeps=2
           power=off/+1000s/+90000.26s/41+44+45+48+56,asleep/+91000s/+95000s/61+63+64+65,asleep/+96000s/+96343s/71+72,off/+96343.15s/+97300.3s/73+74+76+78
        ",
    );
}

/// The computer woke for a moment while it shut down, and LSASS wrote the end of a session then. The session ended
/// before the computer was off. Another one, which nobody ended, was there while it was off.
#[test]
fn a_session_ends_while_the_computer_wakes_for_a_moment() {
    scenario(
        "
        Security  1..3  +8s       boot
        Security  10    +900s     4624 dora 0x50000 type=3
        Security  11    +900s     4624 erin 0x60000 type=3
        Security  12    +1343.1s  4634 dora 0x50000
        Security  13    +2400s    4634 erin 0x60000
        System    1     +0s       Kernel-General 12
        System    2     +0.1s     Kernel-Boot 27 type=0
        System    3     +8s       EventLog 6005
        System    71    +1000s    Kernel-Power 42 target=6 effective=5
        System    72    +1343s    Kernel-General 1 from=+1000.27s to=+1342.9s reason=2 by-kernel
        System    73    +1343.2s  Kernel-Power 107 target=6 effective=5
        System    74    +2300s    Kernel-General 1 from=+1343.15s to=+2300s reason=2 by-kernel
        System    76    +2300.3s  Kernel-Boot 27 type=1
        ",
    )
    .boots("1  power=asleep/+1000s/+1343s/71+72,off/+1343.15s/+2300.3s/73+74+76")
    .sessions(
        "
        1/0x50000  dora  high  flags=none
        1/0x60000  erin  high  flags=power-off-within
        ",
    );
}

/// Windows 7 writes no 107, no Kernel-Boot 27 and no reason: a sleep, and then a hibernation. The record by
/// which a program sets the clock a moment later does not belong to a resume.
#[test]
fn windows_7_gives_no_reason() {
    scenario(
        "
        System  1   +0s        Kernel-General 12
        System  2   +8s        EventLog 6005
        System  10  +1000s     Kernel-Power 42 target=4 effective=4
        System  11  +50000s    Kernel-General 1 from=+1001s to=+50000s by-kernel
        System  12  +49996s    Kernel-General 1 from=+50000s to=+49996s
        System  20  +51000s    Kernel-Power 42 target=5 effective=5
        System  21  +60000s    Kernel-General 1 from=+51002s to=+60000s by-kernel
        System  22  +60003s    Power-Troubleshooter 1 sleep=+51000s wake=+60001s target=5 effective=5 hibernated
        ",
    )
    .boots("1  segments=2  sleeps=1  power=asleep/+1000s/+50000s/10+11,off/+51000s/+60000s/20+21+22");
}

/// What is known of the beginning and the end if only one of the records is left. A single 107, or a clock
/// that was set at a resume, gives no interval with a time of its own.
#[test]
fn one_record_says_what_it_says() {
    let alone = |line: &str, power: &str| {
        scenario(&format!(
            "
            System  1   +0s     Kernel-General 12
            System  2   +8s     EventLog 6005
            System  10  {line}
            System  90  +99000s  EventLog 6013 uptime=99000
            "
        ))
        .boots(&format!("1  power={power}"));
    };
    alone("+1000s  Kernel-Power 42 target=4 effective=4", "asleep/+1000s/?/10");
    alone("+1000s  Kernel-Power 42 target=6 effective=5", "off/+1000s/?/10");
    alone("+1000s  Kernel-Power 42", "none");
    alone("+1000s  Kernel-Power 107 target=4 effective=4", "asleep/?/?/10");
    alone("+9000s  Kernel-Boot 27 type=2", "off/?/+9000s/10");
    alone("+1000s  Kernel-Power 506", "asleep/+1000s/?/10");
    alone("+9000s  Kernel-Power 507", "asleep/?/+9000s/10");
    alone("+9000s  Kernel-General 1 from=+1000s to=+9000s reason=2 by-kernel", "none");
    alone(
        "+9000s  Power-Troubleshooter 1 sleep=+1000s wake=+8998s target=4 effective=4",
        "asleep/+1000s/+8998s/10",
    );
    alone("+9000s  Power-Troubleshooter 1 wake=+8998s hibernated", "off/?/+8998s/10");
}

/// Records are missing between the sleep and the next start from disk: they may be of two intervals. The
/// clock time in Kernel-General 1, if it is left, shows that they are one.
#[test]
fn missing_records_match_nothing() {
    let with = |line: &str| {
        scenario(&format!(
            "
            System  1       +0s     Kernel-General 12
            System  2       +8s     EventLog 6005
            System  10      +1000s  Kernel-Power 42 target=6 effective=5
            System  11..19  gap
            {line}
            System  21      +9000s  Kernel-Boot 27 type=1
            System  22      +9002s  Power-Troubleshooter 1 wake=+9000.1s target=6 effective=5
            "
        ))
    };
    with("").boots("1  segments=2  power=off/+1000s/?/10,off/?/+9000s/21+22");
    with("System  20  +8999.7s  Kernel-General 1 from=+1000.4s to=+8999.7s reason=2 by-kernel")
        .boots("1  segments=2  power=off/+1000s/+9000s/10+20+21+22");
    with("System  20  +8999.7s  Kernel-General 1 from=+5000s to=+8999.7s reason=2 by-kernel")
        .boots("1  segments=2  power=off/+1000s/?/10,off/+5000s/+9000s/20+21+22");
}

/// A sleep whose 42 is lost, shown by the record of the resume and the time from which the clock was set; a
/// sleep whose last clock change is lost, so that only Power-Troubleshooter says when it ended; and a sleep
/// from which the computer never woke.
#[test]
fn lost_records_of_a_sleep() {
    scenario(
        "
        System  1   +0s      Kernel-General 12
        System  2   +8s      EventLog 6005
        System  10  +1002s   Kernel-Power 107 target=4 effective=4
        System  11  +9000s   Kernel-General 1 from=+1002.1s to=+9000s reason=2 by-kernel
        System  20  +10000s  Kernel-Power 42 target=4 effective=4
        System  21  +10100s  Kernel-General 1 from=+10001s to=+10100s reason=2 by-kernel
        System  22  +20002s  Power-Troubleshooter 1 sleep=+9999s wake=+20000s target=4 effective=4
        System  30  +30000s  Kernel-Power 42 target=4 effective=4
        System  31  +40000s  Kernel-General 12
        System  32  +40000s  Kernel-Power 41
        System  33  +40008s  EventLog 6005
        ",
    )
    .boots(
        "
        1  sleeps=3  power=asleep/+1002.1s/+9000s/10+11,asleep/+10000s/+20000s/20+21+22,asleep/+30000s/?/30
        2  sleeps=0  power=none
        ",
    );
}

/// A modern standby in which the computer was hibernated: both intervals are reported.
#[test]
fn hibernated_within_modern_standby() {
    scenario(
        "
        System  1   +0s      Kernel-General 12
        System  2   +8s      EventLog 6005
        System  10  +1000s   Kernel-Power 506
        System  11  +2000s   Kernel-Power 42 target=5 effective=5
        System  12  +9000s   Kernel-General 1 from=+2000.4s to=+9000s reason=2 by-kernel
        System  13  +9000.2s Kernel-Boot 27 type=2
        System  14  +9003s   Kernel-Power 507
        ",
    )
    .boots(
        "1  segments=2  sleeps=1  power=asleep/+1000s/+9003s/10+14,off/+2000s/+9000.2s/11+12+13",
    );
}

/// Each boot has the time zone of its own last 6013, whatever the boots around it say.
#[test]
fn the_time_zone_of_each_boot() {
    scenario(
        "
        System  1   +0s      Kernel-General 12
        System  2   +8s      EventLog 6005
        System  3   +8s      EventLog 6013 uptime=8 offset=-480 zone=Pacific
        System  4   +500s    EventLog 6013 uptime=500 offset=-360 zone=Easter
        System  5   +600s    EventLog 6013 uptime=600
        System  6   +700s    Kernel-General 24 bias=420
        System  7   +800s    Kernel-General 24 bias=-60
        System  10  +3000s   Kernel-General 12
        System  11  +3008s   EventLog 6005
        System  20  +6000s   Kernel-General 12
        System  21  +6008s   EventLog 6005
        System  22  +6008s   EventLog 6013 uptime=8 offset=60 zone=Romance
        ",
    )
    .boots(
        "
        1  zone=-360/Easter  in-use=60
        2  zone=none         in-use=none
        3  zone=60/Romance   in-use=none
        ",
    );
}

/// Somebody asked to power off, and that was a Fast Startup. The crash came days later: nobody had asked for it.
#[test]
fn a_request_before_a_fast_startup_is_not_about_a_later_crash() {
    let seen = scenario(
        "
        System  1   +0s       Kernel-General 12
        System  2   +8s       EventLog 6005
        System  10  +4990s    User32 1074 process=explorer.exe code=0x0 kind=shutdown user=WS1\\alice
        System  11  +5000s    Kernel-Power 42 target=6 effective=5
        System  12  +9000s    Kernel-General 1 from=+5000.4s to=+9000s reason=2 by-kernel
        System  13  +9000s    Kernel-Boot 27 type=1
        System  20  +90000s   Kernel-Power 187 boundary
        System  21  +95000s   Kernel-General 12
        System  22  +95010s   EventLog 6008
        System  23  +95010s   EventLog 6005
        ",
    );
    assert_eq!(seen.boot(1).end_cause, crate::model::BootEnd::Crash);
    assert_eq!(seen.boot(1).requested_by, "");
}

/// The computer sleeps from +1000 s to +5000 s, and the desktop is locked from +4000 s to +6000 s: of the time from +100 s
/// to +9000 s, it is in use for 900 s and 3000 s. If no record says when the sleep ended, that is not known, unless the
/// desktop was locked all the while.
#[test]
fn a_desktop_is_not_in_use_while_the_computer_sleeps() {
    let of = |sleep: &str, locked: &str| {
        scenario(&format!(
            "
            System    1     +0s      Kernel-General 12
            System    2     +8s      EventLog 6005
            System    10    +1000s   Kernel-Power 42 target=4 effective=4
            {sleep}
            Security  1..3  +8s      boot pid=640
            Security  10    +100s    4624 dora 0x50000 type=2
            Security  11    {locked}  4800 dora 0x50000 session=1
            Security  12    +6000s   4801 dora 0x50000 session=1
            Security  13    +9000s   4647 dora 0x50000
            System    20    +9100s   EventLog 6013 uptime=9100
            "
        ))
    };
    let woke =
        "System  11  +5002s  Power-Troubleshooter 1 sleep=+1000s wake=+5000s target=4 effective=4";
    of(woke, "+4000s").sessions("1/0x50000  dora  active=3900s");
    of(woke, "+500s").sessions("1/0x50000  dora  active=3400s");
    of("", "+4000s").sessions("1/0x50000  dora  active=none");
}

/// A hibernation whose 107 comes after the Kernel-Boot 27: all five records are of one interval. A 107 of another time is
/// that of a later sleep.
#[test]
fn a_resume_that_is_recorded_after_the_kernel_was_loaded() {
    let of = |resumed: &str| {
        scenario(&format!(
            "
            System  1   +0s        Kernel-General 12
            System  2   +8s        EventLog 6005
            System  10  +1000s     Kernel-Power 42 target=5 effective=5
            System  11  +50000s    Kernel-General 1 from=+1005s to=+50000s reason=2
            System  12  +50000.1s  Kernel-Boot 27 type=2
            System  13  {resumed}  Kernel-Power 107 target=5 effective=5
            "
        ))
    };
    of("+1005s").boots("1  segments=2  power=off/+1000s/+50000.1s/10+11+12+13");
    of("+50001s").boots("1  segments=2  power=off/+1000s/+50000.1s/10+11+12+13");
    of("+70000s").boots("1  power=off/+1000s/+50000.1s/10+11+12,off/?/?/13");
}

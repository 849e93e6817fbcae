//! Tests: which boots in Security and in System are the same. The expected results were worked out by hand
//! from the rules.

use super::scenario::{Scenario, scenario};

/// Boot 1 in both logs, shut down at 600 s; System continues.
const FIRST_BOOT: &str = "
    Security  1..3  +5s    boot
    Security  10    +60s   4624 alice 0x50000 type=3
    Security  11    +600s  1100
    System    1     +0s    Kernel-General 12
    System    2     +12s   EventLog 6005
    System    3     +600s  EventLog 6006
";

/// The records after boot 1.
fn after_first_boot(more: &str) -> Scenario {
    scenario(&format!("{FIRST_BOOT}\n{more}"))
}

/// Only System has boot 2. Its clock was nine minutes slow, so by the clock its kernel started before the
/// 1100 of boot 1. The 1100 and the 6006 have the same time, so the 1100 belongs to boot 1.
#[test]
fn one_stop_in_both_logs() {
    after_first_boot(
        "
        System  4  +105s  EventLog 6005
        System  5  +602s  Kernel-General 13
        System  6  +90s   Kernel-General 12
        ",
    )
    .boots(
        "
        1  +0s..+602s  shutdown
        2  +90s..?     log-end
        ",
    )
    .sessions("1/0x50000");
}

/// System was cleared and begins in boot 2. By the clock, boot 1 ran at that time. Both channels report the
/// same clock step, which is in boot 2, so the shutdown in System ends boot 2.
#[test]
fn one_step_of_the_clock_in_both_logs() {
    scenario(
        "
        Security  1..3    +5s     boot
        Security  10      +3000s  4624 alice 0x50000 type=3
        Security  11      +4020s  1101
        Security  12..14  +4005s  boot pid=700
        Security  20      +4060s  4624 bob 0x60000 type=3
        Security  21      +1000s  4616 from=+5000s to=+1000s
        System    80      +4900s  Eventlog 104 alice
        System    81      +1000s  Kernel-General 1 from=+5000s to=+1000s reason=1
        System    82      +1500s  EventLog 6006
        ",
    )
    .boots(
        "
        1  +5s             crash
        2  +4005s..+1500s  shutdown
        ",
    );
}

/// LSASS has the same process ID in both boots, and Security has no start record of boot 2. The records of
/// boot 2 begin where records are missing, and nowhere else.
#[test]
fn a_boot_begins_where_records_are_missing() {
    let seen = |bob: &str| {
        scenario(&format!(
            "
            Security  1..3  +5s     boot
            Security  10    +60s    4624 alice 0x50000 type=3
            {bob}           +2100s  4624 bob 0x60000 type=3
            System    1     +0s     Kernel-General 12
            System    2     +12s    EventLog 6005
            System    9     +2000s  Kernel-General 12
            System    10    +2010s  EventLog 6008 last-alive=+900s uptime=900
            System    11    +2010s  EventLog 6005
            "
        ))
    };
    seen("Security  11..59  gap\n Security  60")
        .boots("1  +0s\n 2  +2000s")
        .sessions("1/0x50000\n 2/0x60000");
    seen("Security  11").sessions("1/0x50000\n 1/0x60000");
}

/// The log was full (1104) until some time in boot 2. No record IDs are missing, but the records of that time
/// are, and the start of LSASS too. The records after the 1104 belong to boot 2.
#[test]
fn a_full_log_goes_on_in_a_later_boot() {
    let seen = |full: &str| {
        scenario(&format!(
            "
            Security  1..3  +5s     boot
            Security  10    +60s    4624 alice 0x50000 type=3
            Security  11    +90s    1104 {full}
            Security  12    +2100s  4624 bob 0x60000 type=3
            System    1     +0s     Kernel-General 12
            System    2     +12s    EventLog 6005
            System    9     +2000s  Kernel-General 12
            System    10    +2010s  EventLog 6008 last-alive=+900s uptime=900
            System    11    +2010s  EventLog 6005
            "
        ))
    };
    seen("").sessions("1/0x50000\n 2/0x60000");
    // Nothing is missing.
    seen("boundary").sessions("1/0x50000\n 1/0x60000");
}

/// The clock of boot 2 was an hour slow until LSASS ran, and a crash removed the record of its kernel. By the
/// corrected clock LSASS started seven seconds before its event log service. So the shutdown that late
/// records in System report is that of boot 1.
#[test]
pub(super) fn lsass_by_the_corrected_clock() {
    scenario(
        "
        Security  1..3    +5s     boot
        Security  9       +6000s  1100
        Security  10..12  +3000s  boot pid=700
        Security  13      +6601s  4616 from=+3001s to=+6601s
        Security  14      +7000s  4624 bob 0x60000 type=3
        Security  15      +9020s  1101
        Security  16..18  +9005s  boot pid=720
        System    1       +0s     Kernel-General 12
        System    2       +12s    EventLog 6005
        System    3       +6000s  EventLog 6006
        System    4       +6607s  EventLog 6009
        System    5       +6607s  EventLog 6005
        System    6       +6001s  Kernel-Power 109 action=6
        System    7       +6002s  Kernel-General 13
        ",
    )
    .boots(
        "
        1  +0s..+6002s  power-off
        2               crash
        3
        ",
    )
    .sessions("2/0x60000");
}

/// Two crashes in a row: System has only 6009 and 6005 of boot 2, and only Kernel-General 12 of boot 3. In
/// Security LSASS starts right before that service, and again after that kernel: these are two boots.
#[test]
fn a_kernel_that_started_after_the_service() {
    let seen = after_first_boot(
        "
        System    4       +2010s  EventLog 6009
        System    5       +2010s  EventLog 6005
        System    6       +602s   Kernel-General 13
        System    7       +4000s  Kernel-General 12
        log Security WS1/Security-2.evtx
        Security  60..62  +2007s  boot pid=700
        Security  63      +4020s  1101
        Security  64..66  +4004s  boot pid=720
        ",
    );
    seen.boots(
        "
        1  +0s
        2  +2007s  crash
        3  +4000s
        ",
    );
    let cited = |epoch: u32, record: u64| {
        seen.boot(epoch).start_evidence.iter().any(|cited| cited.record_id == record)
    };
    assert!(cited(2, 60) && cited(3, 64) && !cited(2, 64));
}

/// A service never starts twelve hours before its kernel: no clock is wrong by that much.
#[test]
fn a_kernel_that_started_a_day_after_the_service() {
    after_first_boot(
        "
        System  4  +700s    EventLog 6005
        System  5  +602s    Kernel-General 13
        System  6  +87000s  Kernel-General 12
        ",
    )
    .boots("1  +0s\n 2  +700s\n 3  +87000s");
}

/// After a crash Security has only the 1101 of boot 2; boot 3 has its own 1101.
#[test]
fn an_1101_is_all_that_is_left() {
    scenario(
        "
        Security  1..3    +5s     boot
        Security  10      +60s    4624 alice 0x50000 type=3
        Security  11      +2020s  1101
        Security  12      +4020s  1101
        Security  13..15  +4004s  boot
        System    1       +0s     Kernel-General 12
        System    2       +12s    EventLog 6005
        System    3       +2000s  Kernel-General 12
        System    4       +4000s  Kernel-General 12
        System    5       +4010s  EventLog 6008 last-alive=+2003s uptime=3
        System    6       +4010s  EventLog 6005
        ",
    )
    .boots(
        "
        1  +0s     crash
        2  +2000s  crash
        3  +4000s  log-end
        ",
    )
    .findings(
        "boot-inferred  boot=2  message='this boot has no 4608; it is shown by an 1101 of its own'",
    );
}

/// A full log begins with a 6005, and the start of its kernel is lost. The 6008 of the next boot says that a
/// boot began eleven seconds before that service, so this was no restart of the service.
#[test]
fn a_6008_shows_when_the_crashed_boot_began() {
    let seen = |uptime: u32| {
        scenario(&format!(
            "
            System  3  +11s    EventLog 6005
            System  4  +9000s  Kernel-General 12
            System  5  +9010s  EventLog 6008 last-alive=+5000s uptime={uptime}
            System  6  +9010s  EventLog 6005
            "
        ))
    };
    seen(5_000).boots("1  +11s\n 2  +9000s");
    // Otherwise record 3 would be one of the few records before the first start record of a boot.
    seen(3_000).boots("1  +9000s");
}

/// Records of System are missing, and after the gap boot 3 begins with late records of the boot before. That
/// boot is boot 2, which only Security shows, and not boot 1, which is the last one before the gap.
#[test]
fn late_records_after_a_gap() {
    after_first_boot(
        "
        System    4..39   gap
        System    40      +2901s  Kernel-Power 109 action=5
        System    41      +2902s  Kernel-General 13
        System    42      +3000s  Kernel-General 12
        log Security WS1/Security-2.evtx
        Security  60..62  +2005s  boot pid=700
        Security  63      +2900s  1100
        Security  64..66  +3005s  boot pid=720
        ",
    )
    .boots(
        "
        1  ..+600s   shutdown
        2  ..+2902s  restart
        3
        ",
    );
}

/// A 6009 comes before the 6005 of its boot. After a 6005 it belongs to the next boot.
#[test]
fn a_6009_after_a_6005_is_of_the_next_boot() {
    let seen = scenario(
        "
        System  3  +12s   EventLog 6005
        System  4  +600s  EventLog 6006
        System  5  +700s  EventLog 6009
        System  6  +700s  EventLog 6005
        System  7  +602s  Kernel-General 13
        System  8  +690s  Kernel-General 12
        ",
    );
    let second = seen.host().boots.last().unwrap();
    assert!(second.start_evidence.iter().any(|cited| cited.record_id == 5));
    seen.boots("1  +690s");
}

/// A full log has only the Kernel-Power 41 of the start of a boot. Only a kernel writes it.
#[test]
fn kernel_power_41_alone_is_a_boot() {
    scenario(
        "
        System  83  +1s     Kernel-Power 41
        System  84  +9000s  Kernel-General 12
        System  85  +9010s  EventLog 6008 last-alive=+5000s uptime=5000
        System  86  +9010s  EventLog 6005
        System  87  +9001s  Kernel-Power 41
        ",
    )
    .boots("1  +1s  crash\n 2");
}

/// Between two boots that both logs show, Security shows one (5,005 s) and System another one (4,000 s). The
/// keys are those of Kernel-Boot 20 in boot 1 and in the boot that only System shows.
fn two_halves(ids: [&str; 2], last_alive: u32) -> Scenario {
    let [first, second] = ids;
    scenario(&format!(
        "
        Security  1..3    +5s     boot
        Security  11      +5020s  1101
        Security  12..14  +5005s  boot pid=700
        Security  20      +9020s  1101
        Security  21..23  +9005s  boot pid=720
        System    1       +0s     Kernel-General 12
        System    2       +12s    EventLog 6005
        System    3       +0s     Kernel-Boot 20 {first}
        System    4       +4000s  Kernel-General 12
        System    5       +4010s  EventLog 6008 last-alive=+{last_alive}s uptime=100
        System    6       +4010s  EventLog 6005
        System    7       +4000s  Kernel-Boot 20 {second}
        System    8       +9000s  Kernel-General 12
        System    9       +9010s  EventLog 6008 last-alive=+4100s uptime=100
        System    10      +9010s  EventLog 6005
        "
    ))
}

/// A 6008 gives the start of the boot right before: that of LSASS in boot 2, or that of the kernel in boot 1.
/// The number that Windows gave the boot shows the same.
#[test]
fn the_boot_right_before() {
    let ids = |second| ["last-boot-id=6", second];
    let (security_first, system_first) = (
        "1  +0s\n 2  +5005s\n 3  +4000s\n 4  +9000s",
        "1  +0s\n 2  +4000s\n 3  +5005s\n 4  +9000s",
    );
    two_halves(ids("last-boot-id=8"), 5_100).boots(security_first);
    two_halves(ids("last-boot-id=7"), 100).boots(system_first);
    // Without the number, the 6008 alone shows it.
    two_halves(["", ""], 5_100).boots(security_first);
    two_halves(["", ""], 100).boots(system_first);
}

/// Windows 7 gives no reason for a change of the clock, so after a sleep the change looks like a step
/// forward. It does not separate the records of boot 2 before and after it.
#[test]
fn a_clock_set_forward_continues() {
    let seen = scenario(
        "
        Security  49      +1500s  1102 alice
        Security  50..91  gap
        Security  92      +5000s  1102 alice
        Security  93      +9500s  4624 bob 0x60000 type=3
        System    1       +1000s  Kernel-General 12
        System    2       +1012s  EventLog 6005
        System    3       +4000s  Kernel-General 12
        System    4       +4010s  EventLog 6008 last-alive=+1100s uptime=100
        System    5       +4012s  EventLog 6005
        System    6       +9000s  Kernel-General 1 from=+6000s to=+9000s
        ",
    );
    seen.sessions("2/0x60000");
}

/// Between two boots that both logs show, each log shows one boot that the other lost in a crash. Only the
/// clock, which may be wrong at a start, shows which came first.
#[test]
fn an_order_that_only_the_clock_shows() {
    scenario(
        "
        Security  1..3    +5s     boot
        Security  20..22  +1005s  boot
        Security  40..42  +5005s  boot
        System    1       +0s     Kernel-General 12
        System    2       +12s    EventLog 6005
        System    3       +3000s  Kernel-General 12
        System    4       +3012s  EventLog 6005
        System    5       +5000s  Kernel-General 12
        System    6       +5012s  EventLog 6005
        ",
    )
    .boots(
        "
        1  +0s     flags=none
        2  +1005s  flags=security-only,order-by-clock
        3  +3000s  flags=system-only
        4  +5000s  flags=none
        ",
    )
    .findings("boot-order-by-clock  boot=2");
}

/// Kernel-Power 566 gives the numbers of the boots in System: 8 came right after 7. So the boot that only
/// Security shows came after both, although its clock showed an earlier time.
#[test]
fn the_number_of_a_boot_in_its_power_sessions() {
    scenario(
        "
        Security  1..3    +5s     boot
        Security  12..14  +3005s  boot pid=700
        Security  21..23  +9005s  boot pid=720
        System    1       +0s     Kernel-General 12
        System    2       +12s    EventLog 6005
        System    3       +60s    Kernel-Power 566 boot-id=7
        System    4       +4000s  Kernel-General 12
        System    5       +4010s  EventLog 6005
        System    6       +4060s  Kernel-Power 566 boot-id=8
        System    7       +9000s  Kernel-General 12
        System    8       +9010s  EventLog 6005
        System    9       +9060s  Kernel-Power 566 boot-id=10
        ",
    )
    .boots(
        "
        1  +0s     boot-id=7
        2  +4000s  boot-id=8
        3  +3005s  boot-id=none
        4  +9000s  boot-id=10
        ",
    )
    .findings("no boot-order-by-clock");
}

/// A kernel started by a clock that was thirty days ahead, and the clock was set back within the boot. That
/// boot ended before the boot that only Security shows began, so it comes first.
#[test]
fn a_boot_that_ends_earlier_than_it_begins() {
    scenario(
        "
        System    1       +30d       Kernel-General 12
        System    3       +2592010s  EventLog 6005
        System    6       +3600s     EventLog 6006
        System    7       +90000s    Kernel-General 12
        System    8       +90010s    EventLog 6008
        System    9       +90010s    EventLog 6009
        System    10      +90010s    EventLog 6005
        Security  20..22  +50000s    boot
        Security  30      +60000s    4624 bob 0x30000 type=3
        Security  40..42  +90005s    boot
        ",
    )
    .boots("1  flags=system-only,order-by-clock\n 2  flags=security-only\n 3  flags=none");
}

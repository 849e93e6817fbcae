//! Boots of two logs, aligned; what must come out was worked out by hand from the rules.

use super::scenario::{Scenario, scenario};

/// Boot 1 in both logs, shut down at 600 s; System goes on.
const FIRST_BOOT: &str = "
    Security  1..3  +5s    boot
    Security  10    +60s   4624 alice 0x50000 type=3
    Security  11    +600s  1100
    System    1     +0s    Kernel-General 12
    System    2     +12s   EventLog 6005
    System    3     +600s  EventLog 6006
";

/// What follows boot 1.
fn after_first_boot(more: &str) -> Scenario {
    scenario(&format!("{FIRST_BOOT}\n{more}"))
}

/// Boot 2, by a clock nine minutes slow, is in System alone: its kernel started, by its clock,
/// before boot 1's 1100. 1100 and 6006 are of one moment, so the 1100 is boot 1's.
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

/// System was cleared and begins in boot 2: its clock is set in the moment in which boot 2's is, to
/// a time at which, by the clock, boot 1 ran. So what ended in order is boot 2.
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

/// The same LSASS process ID in both boots, and no record of boot 2's start in Security: its
/// records begin where records are missing, and nowhere else.
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

/// The log was full (1104) until some moment of boot 2: no IDs are missing, but all that happened
/// meanwhile is, the start of LSASS too. What follows the 1104 is boot 2's.
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

/// Boot 2's clock was an hour slow until LSASS ran, and a crash took its kernel's record. By the
/// corrected clock LSASS started seven seconds before its event log service; so the shutdown that
/// boot 2's System records report is boot 1's.
#[test]
fn lsass_by_the_corrected_clock() {
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

/// Two crashes in a row: of boot 2 System kept 6009 and 6005, of boot 3 Kernel-General 12 alone.
/// Security shows LSASS start just before that service, and again after that kernel: two boots.
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

/// A service never starts twelve hours before its kernel: no clock is that much off.
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

/// Of boot 2 a crash left Security no more than its 1101; boot 3 has its own.
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
    .findings("boot-inferred  boot=2  message='...by an 1101 of its own'");
}

/// A full log begins with a 6005 and its boot's kernel is gone: 6008 of the next boot says that a
/// boot began eleven seconds before that service, so it was no restart of the service.
#[test]
fn a_6008_knows_when_the_dead_boot_began() {
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
    // Else record 3 is one of the few that stand before a boot's first record of its start.
    seen(3_000).boots("1  +9000s");
}

/// Records of System are missing, and after the gap boot 3 begins with what the boot before it
/// wrote last: that was boot 2, of which Security alone knows, and not boot 1, the last before the gap.
#[test]
fn last_words_behind_a_hole() {
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

/// 6009 comes before its boot's 6005: after it, it is the next boot's.
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

/// All that a full log has of a boot's start is its Kernel-Power 41: only a kernel writes it.
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

/// Between boots that both logs show, Security shows one (5,005 s) and System another (4,000 s).
/// The keys are those of Kernel-Boot 20 in boot 1 and in the one that System alone shows.
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

/// 6008 names the start of the boot right before: LSASS' of boot 2, or the kernel's of boot 1.
/// Windows' own number tells the same.
#[test]
fn the_boot_right_before() {
    let ids = |second| ["last-boot-id=6", second];
    let (security_first, system_first) = (
        "1  +0s\n 2  +5005s\n 3  +4000s\n 4  +9000s",
        "1  +0s\n 2  +4000s\n 3  +5005s\n 4  +9000s",
    );
    two_halves(ids("last-boot-id=8"), 5_100).boots(security_first);
    two_halves(ids("last-boot-id=7"), 100).boots(system_first);
    // Without the number, 6008 says it alone.
    two_halves(["", ""], 5_100).boots(security_first);
    two_halves(["", ""], 100).boots(system_first);
}

/// Windows 7 gives no reason for a change of the clock: after a sleep it looks like a step forward.
/// It does not part the records of boot 2, which lie before and after it.
#[test]
fn a_clock_set_forward_reads_on() {
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

/// Between two boots that both logs show each shows one that the other lost to a crash: nothing but
/// the clock, which may have been wrong at boot, says which came first.
#[test]
fn an_order_that_only_the_clock_tells() {
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

/// Kernel-Power 566 names the boots of System: 8 came right after 7, so that the boot that Security
/// alone shows came after both, although its clock read less.
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

/// A kernel read a clock that was thirty days ahead, and was set back within the boot. That boot ended before the
/// one that Security alone shows began, so it comes first.
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

//! Tests: what is left of the logs of a computer if a part of them is missing. Mutilated real hosts showed
//! these kinds; the scenarios were written by hand.

use super::scenario::scenario;

/// Missing records cut boot 2 of System into several segments. The clock of Security, which was not closed,
/// might have shown the times of each of them. But its LSASS started right after the kernel of boot 1, whose
/// 6005 is missing too.
#[test]
fn many_hints_are_no_proof() {
    scenario(
        "
        Security  1..3     +5s      boot
        Security  4        +60s     4624 alice 0x50000 type=2
        System    1        +0s      Kernel-General 12
        System    2..9     gap
        System    10       +300s    EventLog 6006
        System    11       +500s    EventLog 6005
        System    12       +301s    Kernel-General 13
        System    13       +490s    Kernel-General 12
        System    14..19   gap
        System    20       +1000s   Kernel-General 16 boundary
        System    21..29   gap
        System    30       +2000s   Kernel-General 16 boundary
        System    31..39   gap
        System    40       +3000s   Kernel-General 16 boundary
        System    41..49   gap
        System    50       +4000s   Kernel-General 16 boundary
        System    51..59   gap
        System    60       +5000s   Kernel-General 16 boundary
        System    61..69   gap
        System    70       +6000s   Kernel-General 16 boundary
        System    71..79   gap
        System    80       +7000s   Kernel-General 16 boundary
        System    81..89   gap
        System    90       +8000s   Kernel-General 16 boundary
        ",
    )
    .boots("1  +0s  shutdown\n 2  +490s  log-end")
    .sessions("1/0x50000");
}

/// The clock of boot 1 was set back by a month, and the crash removed the record of that. Security, which
/// begins within that boot, and System agree that no boot lies between it and boot 2.
#[test]
fn the_boot_right_before_is_one_in_both_channels() {
    scenario(
        "
        Security  40       -29d    4624 alice 0x50000 type=3
        Security  41       -27d    1101
        Security  42..44   -27d    boot
        System    1        +0s     Kernel-General 12
        System    2        +12s    EventLog 6005
        System    3        +0s     Kernel-Boot 20 last-boot-id=7
        System    10       -27d    Kernel-General 12
        System    11       -27d    EventLog 6008
        System    12       -27d    EventLog 6005
        System    13       -27d    Kernel-Boot 20 last-boot-id=8
        ",
    )
    .boots("1  +0s  crash\n 2  -27d  log-end")
    .sessions("1/0x50000");
}

/// The same, but Windows counted another boot in between: nothing shows that the two are one boot.
#[test]
fn a_counted_boot_may_be_the_one_right_before() {
    scenario(
        "
        Security  40       -29d    4624 alice 0x50000 type=3
        Security  41       -27d    1101
        Security  42..44   -27d    boot
        System    1        +0s     Kernel-General 12
        System    2        +12s    EventLog 6005
        System    3        +0s     Kernel-Boot 20 last-boot-id=7
        System    10       -27d    Kernel-General 12
        System    11       -27d    EventLog 6008
        System    12       -27d    EventLog 6005
        System    13       -27d    Kernel-Boot 20 last-boot-id=9
        ",
    )
    .sessions("0/0x50000");
}

/// System was cleared, and begins six hours after the last record of Security. Another boot may have begun in
/// between: nothing that is certain for the boot is based on System.
#[test]
fn a_channel_that_begins_long_after_the_other_one_ended() {
    scenario(
        "
        Security  1..3   +5s      boot
        Security  4      +60s     4624 alice 0x50000 type=2
        System    900    +21660s  Eventlog 104 alice
        System    901    +22000s  Kernel-General 16 boundary
        ",
    )
    .boots("1  +5s..?>=+60s  log-end  flags=security-only,boot-uncertain");
}

/// Half an hour later, it is surely the same boot only where Security shows that no other one began: it goes on with
/// the next boot, and no record is missing. A few seconds later no other boot can have begun.
#[test]
fn a_channel_that_begins_soon_after_the_other_one_ended() {
    let text = |cleared: &str, next: &str| {
        format!(
            "
            Security  1..3   +5s     boot
            Security  4      +60s    4624 alice 0x50000 type=2
            {next}
            System    900    {cleared}  Eventlog 104 alice
            System    901    +2000s  Kernel-General 16 boundary
            "
        )
    };
    scenario(&text("+1860s", ""))
        .boots("1  +5s..?>=+60s  log-end  flags=security-only,boot-uncertain");
    scenario(&text("+65s", "")).boots("1  +5s..?>=+2000s  log-end  flags=security-only");
    scenario(&text("+1860s", "Security  5..7  +9005s  boot pid=700"))
        .boots("1  +5s  flags=security-only\n 2  +9005s  flags=security-only");
    let gap = "Security  5..14  gap\n Security  15..17  +9005s  boot pid=700";
    scenario(&text("+1860s", gap))
        .boots("1  +5s  flags=security-only,boot-uncertain\n 2  +9005s  flags=security-only");
}

/// Only the Local Session Manager recorded the logon, a day after the last record of the channels that show
/// boots. It may be of a later boot.
#[test]
fn a_session_long_after_all_that_shows_boots() {
    scenario(
        "
        System  1  +0s      Kernel-General 12
        System  2  +12s     EventLog 6005
        System  3  +60s     Kernel-General 16 boundary
        LSM     1  +30s     21 alice session=1 address=LOCAL
        LSM     2  +50s     23 alice session=1
        LSM     3  +90000s  21 bob session=1 address=LOCAL
        LSM     4  +90060s  23 bob session=1
        ",
    )
    .sessions(
        "
        1/-  alice  flags=no-security-log
        1/-  bob    flags=no-security-log,boot-uncertain
        ",
    );
}

/// The clock of this computer is ten hours ahead at each start, and is set back two minutes later. Only the
/// first minute of boot 2 is left: its clock may have been set back too.
#[test]
fn the_first_minutes_of_a_clock_that_is_set_back() {
    scenario(
        "
        Security  1..3    +5s          boot
        Security  10      -35890s      4616 from=+110s to=-35890s
        Security  11      -35000s      4624 alice 0x50000 type=3
        Security  12      -34000s      1100
        Security  13..15  +3000s       boot
        Security  16      +3040s       4624 alice 0x50000 type=3
        Security  17..90  gap
        Security  91..93  +9000s       boot
        ",
    )
    .boots(
        "
        1  +5s..-34000s            shutdown
        2  +3000s..+3040s>=-32960s<=?  unknown
        3  +9000s
        ",
    );
}

/// The log ends in the first minute of boot 2, and no record is missing: it was collected then. The last
/// clock time is that of its last record. A change of the clock that no record shows is not assumed.
#[test]
fn the_first_minutes_of_a_boot_at_the_end_of_the_log() {
    scenario(
        "
        Security  1..3    +5s      boot
        Security  10      -35890s  4616 from=+110s to=-35890s
        Security  11      -34000s  1100
        Security  12..14  +3000s   boot
        Security  15      +3040s   4624 alice 0x50000 type=3
        ",
    )
    .boots("1  +5s..-34000s  shutdown\n 2  +3000s..?>=+3040s  log-end");
}

/// Boot 1 ended in a crash. The 1101 of boot 2 comes before its 4608, but has the time of the clock that had
/// been set back by then. Only the first second of boot 3 is left.
#[test]
fn the_first_second_of_a_boot_after_one_whose_1101_has_a_late_time() {
    scenario(
        "
        Security  1..3    +5s      boot
        Security  4       +60s     4624 alice 0x50000 type=3
        Security  5       -35890s  1101
        Security  6..8    +100s    boot
        Security  9       -35890s  4616 from=+110s to=-35890s
        Security  10      -34000s  1100
        Security  11..13  +3000s   boot
        ",
    )
    .boots(
        "
        1  +5s..+60s>=+60s<=+100s  crash
        2  +100s..-34000s  shutdown
        3  +3000s..?>=+3000.2s  log-end
        ",
    );
}

/// No record of a clock change is left. The times of boot 3, whose start is missing, go back: this shows that
/// the clock was ten hours ahead at a start.
#[test]
fn the_first_minute_of_a_boot_before_one_whose_times_go_back() {
    scenario(
        "
        Security  1..3    +5s      boot
        Security  4       +40s     4624 alice 0x50000 type=3
        Security  5..40   gap
        Security  41      +4000s   4624 alice 0x40000 type=3
        Security  42      -32000s  4624 alice 0x60000 type=3
        Security  43      -31000s  4634 alice 0x60000 type=3
        ",
    )
    .boots("1  +5s..?>=+40s  log-end");
}

/// Only Kernel-Boot 20 and 27 are left of the starts of two boots. The first 20 belongs to the boot whose 27
/// follows, because both have the time of the start of the kernel.
#[test]
fn a_status_record_before_its_27() {
    let seen = scenario(
        "
        System  5   +0s    Kernel-Boot 27 type=0
        System  40  +90s   Kernel-Power 109 action=5
        System  42  +105s  Kernel-Boot 20 last-boot-id=2
        System  43  +105s  Kernel-Boot 27 type=0
        ",
    );
    seen.boots("1  +0s\n 2  +105s");
    let cites = |epoch: u32, record: u64| {
        seen.boot(epoch).start_evidence.iter().any(|cited| cited.record_id == record)
    };
    assert!(cites(2, 42) && !cites(1, 42));
}

/// The clock of boot 1 was seven hours ahead and was set back, and the start records of boot 2 are missing.
/// Boot 2 begins right before its 4902, not where the clock changed most.
#[test]
fn the_start_lies_right_before_the_policy_table() {
    scenario(
        "
        log Security WS1/Security.evtx exported
        Security  2        +25203s  4826
        Security  3        +25204s  4902 0x9000
        Security  4..9     gap
        Security  10       +25300s  4624 alice 0x50000 type=3
        Security  11..29   gap
        Security  30       +150s    4616 from=+25350s to=+150s
        Security  31..39   gap
        Security  40       +1006s   4902 0x9100
        Security  41..49   gap
        Security  50       +1900s   4624 bob 0x30000 type=3
        ",
    )
    .boots("1  +25204s  steps=1\n 2  +1006s  steps=0")
    .sessions("1/0x50000\n 2/0x30000");
}

//! Tests: logs with gaps after a crash, a clear, or a full log. The expected results were worked out by hand
//! from the rules.

use super::scenario::{Scenario, scenario};

/// Boot 1, shut down in order: System 1 to 4.
const FIRST_BOOT: &str = "
    System  1  +0s    Kernel-General 12
    System  2  +12s   EventLog 6009
    System  3  +12s   EventLog 6005
    System  4  +600s  EventLog 6006
";

/// The records after boot 1.
fn after_first_boot(more: &str) -> Scenario {
    scenario(&format!("{FIRST_BOOT}\n{more}"))
}

/// A crash removed the Kernel-General 12 of boot 2 and left its 6005 and the late records of the boot before.
/// The Kernel-General 12 of boot 3 comes next, before its own 6008. The two are not one boot.
#[test]
fn a_crash_takes_the_kernels_first_record() {
    after_first_boot(
        "
        System  5   +700s   EventLog 6009
        System  6   +700s   EventLog 6005
        System  7   +601s   Kernel-Power 109 action=6
        System  8   +602s   Kernel-General 13
        System  9   +2000s  Kernel-General 12
        System  10  +2010s  EventLog 6008
        System  11  +2010s  EventLog 6009
        System  12  +2010s  EventLog 6005
        ",
    )
    .boots(
        "
        1  +0s              power-off
        2  +700s..<=+2000s  crash
        3  +2000s
        ",
    );
}

/// The same, with a clock seven hours slow in boot 3: the record order decides, not the time.
#[test]
fn after_a_crash_6008_follows_the_kernel() {
    after_first_boot(
        "
        System  5   +30000s  EventLog 6009
        System  6   +30000s  EventLog 6005
        System  7   +601s    Kernel-Power 109 action=6
        System  8   +602s    Kernel-General 13
        System  9   +6000s   Kernel-General 12
        System  10  +6010s   EventLog 6008
        System  11  +6010s   EventLog 6005
        ",
    )
    .boots("1  +0s\n 2  +30000s\n 3  +6000s");
}

/// The full log begins among the start records of boot 1: its Kernel-Boot 27 does not belong to boot 2.
#[test]
fn a_full_log_begins_within_a_boot() {
    scenario(
        "
        System  33  +0s      Kernel-Boot 27 type=0
        System  40  +600s    EventLog 6006
        System  41  +700s    EventLog 6009
        System  42  +700s    EventLog 6005
        System  43  +602s    Kernel-General 13
        System  44  +690s    Kernel-General 12
        System  45  +690.1s  Kernel-Boot 27 type=0
        ",
    )
    .boots("1  +0s..+602s\n 2  +690s");
}

/// A 6008 comes before the 6005 of its boot, so it does not belong to the boot before.
#[test]
fn a_late_6008_begins_a_boot() {
    scenario(
        "
        System  1   +0s   Kernel-General 12
        System  2   +12s  EventLog 6005
        System  9   +90s  EventLog 6008
        System  10  +90s  EventLog 6005
        System  11  +80s  Kernel-Boot 27 type=0
        ",
    )
    .boots("1  +0s  crash\n 2  +80s");
}

/// Two boots follow each other within a minute, and Security shows the second one only: its 4608 belongs to
/// the nearest start of a kernel.
#[test]
fn the_nearest_kernel_start_is_lsass_own() {
    let seen = scenario(
        "
        Security  100..102  +105s  boot
        System    1         +0s    Kernel-General 12
        System    2         +10s   EventLog 6005
        System    3         +60s   EventLog 6006
        System    4         +115s  EventLog 6005
        System    5         +62s   Kernel-General 13
        System    6         +100s  Kernel-General 12
        ",
    );
    seen.boots("1  +0s\n 2  +100s");
    let cited = |epoch| seen.boot(epoch).start_evidence.iter().any(|r| r.record_id == 100);
    assert_eq!((cited(1), cited(2)), (false, true));
}

/// Security was cleared in boot 1 and shows no start of it. The clock was set back before boot 2, whose 4608
/// is there. The records before that 4608 belong to boot 1.
#[test]
fn segments_without_a_start_come_before_those_with_one() {
    scenario(
        "
        Security  50      +900s   1102 alice pid=640
        Security  51      +1000s  4624 alice 0x50000 type=3
        Security  52      +1010s  4634 alice 0x50000
        Security  53      +1200s  1100
        Security  54..56  +805s   boot pid=700
        System    1       +0s     Kernel-General 12
        System    2       +12s    EventLog 6005
        System    60      +1200s  EventLog 6006
        System    61      +815s   EventLog 6005
        System    62      +1202s  Kernel-General 13
        System    63      +800s   Kernel-General 12
        ",
    )
    .boots("1  +0s\n 2  +800s")
    .sessions("1/0x50000");
}

/// After the log was cleared there is another LSASS: its boot begins with the 1102, and the 1100 and the 4647
/// after it belong to that boot.
#[test]
fn a_cleared_log_hides_the_start_of_lsass() {
    scenario(
        "
        Security  1..3    +5s     boot
        Security  10      +60s    4624 alice 0x50000 type=2
        Security  11      +600s   1100
        Security  12..79  gap
        Security  80      +2000s  1102 alice pid=700
        Security  81      +2100s  1100
        Security  82      +2099s  4647 bob 0x60000
        ",
    )
    .boots("1  ..+600s\n 2  ..+2100s")
    .sessions("1/0x50000\n 2/0x60000");
}

/// The System log was cleared in boot 2, whose start only Security shows. The 1074, the 6006 and the late
/// records of the kernel end boot 2, not boot 1.
#[test]
pub(super) fn a_cleared_system_log_ends_the_boot_it_goes_on_in() {
    scenario(
        "
        Security  1..3    +5s     boot
        Security  10      +600s   1100
        Security  11..13  +705s   boot
        log System WS1/System-copy.evtx
        System    1       +0s     Kernel-General 12
        System    2       +12s    EventLog 6005
        log System WS1/System.evtx
        System    40      +900s   Eventlog 104 alice
        System    41      +1000s  EventLog 6006
        System    42      +1110s  EventLog 6005
        System    43      +1001s  Kernel-Power 109 action=5
        System    44      +1002s  Kernel-General 13
        System    45      +1100s  Kernel-General 12
        ",
    )
    .boots(
        "
        1  ..+600s   shutdown
        2  ..+1002s  restart
        3
        ",
    );
}

/// The clock was ten hours slow, and was corrected between LSASS and the event log service; a crash removed
/// Kernel-General 12. The clock step in both channels shows that they are one boot.
#[test]
fn a_corrected_clock_joins_lsass_and_the_service() {
    scenario(
        "
        Security  1..3    +5s      boot
        Security  9       +600s    1100
        Security  10..12  +1000s   boot
        Security  13      +37000s  4616 from=+1000.5s to=+37000s
        System    1       +0s      Kernel-General 12
        System    2       +12s     EventLog 6005
        System    3       +600s    EventLog 6006
        System    4       +37005s  EventLog 6005
        System    5       +602s    Kernel-General 13
        ",
    )
    .boots("1\n 2");
}

/// In Security LSASS starts nine seconds after the event log service of boot 1: too late for boot 1. It is
/// boot 2, of which System has only the 6009 after a crash.
#[test]
fn lsass_starts_before_the_service() {
    let seen = after_first_boot(
        "
        System    5       +21.5s  EventLog 6009
        System    6       +601s   Kernel-Power 109 action=6
        Security  50..52  +21s    boot
        ",
    );
    seen.boots("1\n 2");
    let cited = |epoch| seen.boot(epoch).start_evidence.iter().any(|r| r.record_id == 50);
    assert_eq!((cited(1), cited(2)), (false, true));
}

/// The Security log was archived in boot 3, and has only that record and its 1100 of this boot; the boots
/// before are complete. System shows boot 3: the 1100 belongs to it, and boot 2 keeps its own end.
#[test]
fn a_boot_of_which_only_the_1100_is_left() {
    scenario(
        "
        Security  1..3    +5s     boot
        Security  10      +60s    4624 alice 0x50000 type=3
        Security  11      +70s    4624 bob 0x60000 type=3
        Security  12      +71s    4634 bob 0x60000
        Security  13      +600s   1100
        Security  14..89  gap
        Security  90      +2000s  1105 to=Archive.evtx
        Security  91      +2100s  1100
        System    1       +0s     Kernel-General 12
        System    2       +12s    EventLog 6005
        System    3       +600s   EventLog 6006
        System    4       +712s   EventLog 6005
        System    5       +602s   Kernel-General 13
        System    6       +700s   Kernel-General 12
        ",
    )
    .boots("1  ..+602s\n 2  ..+2100s")
    .sessions("1/0x50000  alice  shutdown\n 1/0x60000  bob  terminated");
}

/// A computer was renamed after its log was archived: the archive has the old name, the live log has the new
/// one, System has both. It is one computer.
#[test]
fn an_archive_under_the_old_name() {
    scenario(
        "
        computer NEW
        log Security NEW/Archive.evtx
        Security  1..3    +5s     boot computer=OLD
        log Security NEW/Security.evtx
        Security  90..92  +9005s  boot
        System    1       +0s     Kernel-General 12 computer=OLD
        System    9       +9000s  Kernel-General 12
        ",
    )
    .boots("1\n 2");
}

/// A crash, and no record of boot 2 before record 60: the end of alice's session may be in the gap at the end
/// of her boot. After an 1100 there can be none.
#[test]
fn a_gap_at_the_end_of_a_boot() {
    let seen = |last: &str| {
        scenario(&format!(
            "
            Security  1..3    +5s    boot
            Security  10      +60s   4624 alice 0x50000 type=3
            Security  11      +90s   {last}
            Security  12..59  gap
            Security  60..62  +700s  boot
            Security  70      +800s  4624 bob 0x60000 type=3
            Security  71      +801s  4634 bob 0x60000
            "
        ))
    };
    seen("4625 boundary").sessions(
        "
        1/0x50000  alice  ..>=+60s  censored
        2/0x60000  bob    terminated
        ",
    );
    seen("1100").sessions(
        "
        1/0x50000  alice  shutdown
        2/0x60000  bob    terminated
        ",
    );
}

/// No logoff was ever audited: that the log continues does not show that a session did.
#[test]
fn without_logoff_auditing_a_session_is_known_by_its_own_records() {
    scenario(
        "
        Security  1..3  +5s    boot
        Security  10    +60s   4624 alice 0x50000 type=3
        Security  11    +500s  4624 bob 0x60000 type=3
        ",
    )
    .sessions(
        "
        1/0x50000  alice  ..>=+60s  open
        1/0x60000  bob              open
        ",
    );
}

/// The kernel stops up to 30 s after the 6006, so a session was open until then at most.
#[test]
fn a_whole_second_is_not_over() {
    scenario(
        "
        Security  1..3    +5s    boot
        Security  10      +60s   4624 alice 0x50000 type=3
        Security  11      +70s   4624 bob 0x60000 type=3
        Security  12      +71s   4634 bob 0x60000
        Security  13..15  +705s  boot
        System    1       +0s    Kernel-General 12
        System    2       +600s  EventLog 6006
        System    3       +700s  Kernel-General 12
        ",
    )
    .sessions(
        "
        1/0x50000  alice  ..<=+630s  shutdown
        1/0x60000  bob               terminated
        ",
    );
}

/// An 1108 names a lost 4647, and the boot crashed: nobody knows when alice left. Bob came later.
#[test]
fn a_lost_logoff_in_a_crashed_boot() {
    scenario(
        "
        Security  1..3    +5s     boot
        Security  10      +60s    4624 alice 0x50000 type=2
        Security  11      +200s   1108 lost=4647
        Security  12      +300s   4624 bob 0x60000 type=2
        Security  13      +400s   4624 carol 0x70000 type=3
        Security  14      +401s   4634 carol 0x70000
        Security  15      +4000s  1101
        Security  16..18  +3990s  boot
        ",
    )
    .sessions(
        "
        1/0x50000  alice  ..>=+60s   censored    none
        1/0x60000  bob    ..>=+401s  crash
        1/0x70000  carol             terminated
        ",
    );
}

/// A full log begins between a 4624 and its 4672, so the session existed. It may be the elevated half of a
/// linked logon, whose end is not logged, so that only its own record gives a bound.
#[test]
fn a_4672_alone_proves_a_session() {
    scenario(
        "
        Security  40  +60s   4672 alice 0x50000
        Security  41  +500s  4624 bob 0x60000 type=3
        Security  42  +501s  4634 bob 0x60000
        ",
    )
    .sessions(
        "
        0/0x50000  alice  ..>=+60s     start=before-log
        0/0x60000  bob    +500s..+501s
        ",
    );
}

/// 1100 at 600 s, one more record, then a gap. Windows shut down, so the records after the gap are of another
/// boot. But if LSASS wrote that record more than a minute later, only the event log service had stopped, and
/// the boot continued.
#[test]
fn what_lsass_writes_after_1100() {
    let seen = |record_12: &str| {
        scenario(&format!(
            "
            Security  1..3    +5s     boot
            Security  10      +60s    4624 alice 0x50000 type=3
            Security  11      +600s   1100
            Security  12      {record_12}
            Security  13..59  gap
            Security  60      +4000s  4624 carol 0x70000 type=3
            "
        ))
    };
    let (shut, goes_on) = ("1  shutdown\n 2  log-end", "1  log-end");
    seen("+660s    4634 alice 0x50000").boots(shut);
    seen("+660.1s  4634 alice 0x50000").boots(goes_on);
    seen("+900s    4624 bob 0x60000 type=3").boots(goes_on);
    // Other processes continue to write, or write late.
    seen("+900s    4648 head-only").boots(shut);
    seen("+900s    4616 from=+899.9s to=+900s").boots(shut);
}

/// Records are missing after the 1100, where the last records of a boot often are, so it is less certain that
/// no logoff was recorded. The same is true for a desktop, which logs a 4647 at a shutdown.
#[test]
fn what_is_missing_behind_the_end() {
    let text = |missing: &str| {
        format!(
            "
            Security  1..3    +0s      boot pid=640
            Security  4       +50s     4624 carol 0x40000 type=2
            Security  5       +90s     4634 carol 0x40000 type=2
            Security  9       +100s    4624 alice 0x50000 type=3
            Security  14      +900s    1100
            {missing}
            Security  16..18  +990s    boot pid=700
            "
        )
    };
    scenario(&text("")).sessions("0x40000  carol\n 0x50000  alice  ..+900s  shutdown  medium");
    scenario(&text("Security  15..15  gap"))
        .sessions("0x40000  carol\n 0x50000  alice  ..+900s  shutdown  low");
    scenario(
        "
        Security  1..3    +0s      boot pid=640
        Security  4       +50s     4624 carol 0x40000 type=2
        Security  5       +90s     4634 carol 0x40000 type=2
        Security  9       +100s    4624 alice 0x50000 type=2
        Security  14      +900s    1100
        Security  16..18  +990s    boot pid=700
        ",
    )
    .sessions("0x40000  carol\n 0x50000  alice  ..+900s  shutdown  low  flags=initiated-expected");
}

/// A 4719 switched off the audit of LSASS starts. If Logon IDs start again from a lower value after it, a
/// boot began without a 4608. A record that is hidden inside another one has the same effect.
#[test]
fn where_the_start_of_lsass_is_not_audited() {
    let places = [
        "Security  30  +3000s  4719 starts=no",
        "Security  30  +3000s  4608 recovered",
        "Security  30  +3000s  4719 starts=yes",
    ];
    for (place, boots) in places.into_iter().zip([2, 2, 1]) {
        let seen = scenario(&format!(
            "
            Security  1..3  +0s      boot
            Security  20    +1000s   4624 alice 0x90000 type=3
            {place}
            Security  40    +9000s   4624 bob 0x20000 type=3
            Security  41    +9010s   4624 bob 0x21000 type=3
            "
        ));
        assert_eq!(seen.host().boots.len(), boots, "{place}");
    }
}

/// Missing records between two boots are in the coverage of the later one, even if records without a meaning for
/// sessions, which are not kept, stand between them and its first kept record.
#[test]
fn a_gap_between_two_boots_is_in_the_coverage_of_the_later_one() {
    let seen = scenario(
        "
        Security  1..3    +0s      boot
        Security  4       +100s    4624 alice 0x50000 type=2
        Security  5..9    gap
        Security  20..22  +9000s   boot pid=660
        Security  23..25  gap
        Security  30      +9100s   4624 bob 0x60000 type=2
        ",
    );
    let gaps = |boot: usize| -> Vec<(u64, u64)> {
        let coverage = &seen.host().boots[boot].coverage;
        coverage.iter().flat_map(|own| &own.gaps).map(|gap| gap.records).collect()
    };
    assert_eq!(gaps(0), []);
    assert_eq!(gaps(1), [(5, 9), (23, 25)]);
}

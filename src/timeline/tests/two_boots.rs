//! Tests: what shows that records are of two boots, or of one, if the start records are not there?

use super::scenario::scenario;

/// The clock was set from one time zone to another between LSASS and the event log service of boot 2, whose
/// kernel left no record. Both follow the shutdown of boot 1, and no record is missing: they are one boot.
#[test]
fn a_service_in_another_time_zone_than_its_lsass() {
    let text = |service: i64| {
        format!(
            "
            Security  1..3    +5s         boot
            Security  10      +600s       1100
            Security  11..13  +1005s      boot pid=700
            System    1       +0s         Kernel-General 12
            System    2       +12s        EventLog 6009
            System    3       +12s        EventLog 6005
            System    4       +600s       EventLog 6006
            System    5       {service:+}s EventLog 6009
            System    6       {service:+}s EventLog 6005
            System    7       +602s       Kernel-Power 109 action=6
            "
        )
    };
    // Three hours, and two hours back.
    for service in [11_809, -6_191] {
        scenario(&text(service)).boots(
            "
            1  +0s..+602s  power-off  flags=none
            2  +1005s..?   log-end    flags=none
            ",
        );
    }
    // No two time zones differ by ten minutes.
    let apart = scenario(&text(1_609));
    assert_eq!(apart.host().boots.len(), 3);
}

/// A kernel, and then LSASS twice, the second time right before the event log service: a boot of Setup ended
/// before its service started, and a crash removed the start of the next kernel.
#[test]
fn a_kernel_starts_one_lsass() {
    let text = |second: &str| {
        format!(
            "
            Security  1..3    +5s     boot
            {second}
            Security  9       +200s   4624 alice 0x50000 type=3
            Security  20..22  +9005s  boot pid=720
            System    1       +0s     Kernel-General 12
            System    2       +67s    EventLog 6009
            System    3       +67s    EventLog 6005
            System    4       +9000s  Kernel-General 12
            System    5       +9012s  EventLog 6008
            System    6       +9012s  EventLog 6009
            System    7       +9012s  EventLog 6005
            "
        )
    };
    scenario(&text("Security  5..7  +64s  boot pid=700")).boots(
        "
        1  +0s..     unknown  started-by=1,2,3,1
        2  +64s..    crash    started-by=5,6,7,3,2
        3  +9000s
        ",
    );
    scenario(&text("")).boots("1  +0s  crash\n 2  +9000s");
}

/// A dead battery: when LSASS starts, the clocks of two boots show the same time. These are not two starts of LSASS in
/// one boot: another boot is between them, or the uptime shows that the service is of the first kernel.
#[test]
fn two_boots_whose_clocks_were_reset_to_the_same_time() {
    let text = |between: &str, uptime: &str| {
        format!(
            "
            Security  1..3    +5s       boot
            {between}
            Security  20..22  +6s       boot pid=720
            System    1       +0s       Kernel-General 12
            System    2       +13s      EventLog 6009
            System    3       +13s      EventLog 6005
            {uptime}
            System    5       +90000s   Kernel-General 1 from=+20s to=+90000s reason=1
            System    6       +91000s   EventLog 6006
            System    20      +200013s  EventLog 6009
            System    21      +200013s  EventLog 6005
            System    22      +91001s   Kernel-General 13
            System    23      +1s       Kernel-General 12
            System    24      +200010s  Kernel-General 1 from=+10s to=+200010s reason=1
            "
        )
    };
    scenario(&text("Security  10..12  +95000s  boot pid=710", "")).boots(
        "
        1  +0s
        2  +95000s
        3  +1s
        ",
    );
    scenario(&text("", "System  4  +13s  EventLog 6013 uptime=13")).boots("1  +0s\n 2  +1s");
}

/// An export of logons and logoffs. The first logons of the next boot are missing, except for that of its window manager,
/// whose session lasts longer than those of the later accounts: the boot began before the window manager.
#[test]
fn a_window_manager_of_the_boot_whose_start_is_missing() {
    let text = |until: &str| {
        format!(
            "
            log Security WS1/Security.evtx exported
            Security  100       +0s      4624 alice 0x60000 type=3
            Security  101       +60s     4634 alice 0x60000
            Security  102..129  gap
            Security  130       +9000s   4624 DWM-1 0x9000 type=2
            Security  131..139  gap
            Security  140       +9300s   4624 bob 0x30000 type=3
            Security  141       +9400s   4624 carol 0x31000 type=3
            Security  142       +9900s   {until}
            "
        )
    };
    scenario(&text("4634 DWM-1 0x9000")).sessions("0/0x60000\n 1/0x9000\n 1/0x30000\n 1/0x31000");
    // If a session lasts over all of that, no boot began.
    scenario(&text("4634 alice 0x60000")).sessions("0/0x60000\n 0/0x9000\n 0/0x30000\n 0/0x31000");
}

/// The uptime says when the kernel of a service started. A kernel that is recorded after it, started two hours later, and
/// whose clock nobody set, is that of the next boot: crashes removed the kernel of one and the service of the other.
#[test]
fn a_kernel_that_the_uptime_of_the_service_contradicts() {
    let text = |kernel: i64| {
        format!(
            "
            System  1  +0s      Kernel-General 12
            System  2  +12s     EventLog 6009
            System  3  +12s     EventLog 6005
            System  4  +600s    EventLog 6006
            System  5  +3000s   EventLog 6009
            System  6  +3000s   EventLog 6005
            System  7  +3000s   EventLog 6013 uptime=12
            System  8  +602s    Kernel-Power 109 action=6
            System  9  {kernel:+}s  Kernel-General 12
            "
        )
    };
    scenario(&text(10_244)).boots(
        "
        1  +0s
        2  +3000s   started-by=6,5
        3  +10244s  started-by=9
        ",
    );
    // Two hours, to the second: the kernel showed the time of another time zone.
    scenario(&text(10_188)).boots("1  +0s\n 2  +10188s  started-by=9,6,5");
}

/// Security was cleared, and its records before boot 2 are hours older than the boot of System before boot 2, which
/// crashed: that boot may have left no record in Security. So a session of it that System shows has a row too.
#[test]
fn a_crash_may_take_a_whole_boot_from_security() {
    scenario(
        "
        Security  64      -20000s  1102 alice
        Security  65      -19000s  4624 alice 0x50000 type=3
        Security  66      -18000s  4624 bob 0x60000 type=3
        Security  71..73  +9005s   boot pid=700
        System    1       +0s      Kernel-General 12
        System    2       +12s     EventLog 6005
        System    3       +0s      Kernel-Boot 20 last-boot-id=6
        System    4       +600s    Winlogon 7001 erin session=1
        System    10      +9000s   Kernel-General 12
        System    11      +9012s   EventLog 6008
        System    12      +9012s   EventLog 6005
        System    13      +9000s   Kernel-Boot 20 last-boot-id=7
        ",
    )
    .sessions(
        "
        1/-                flags=no-security-log
        1/0x50000  alice  flags=boot-uncertain
        1/0x60000  bob    flags=boot-uncertain
        ",
    );
}

/// A 6005 comes right after its 6009. If it is missing although no record is missing, a crash removed it, and
/// the kernel after it is that of the next boot.
#[test]
fn a_6009_without_its_6005() {
    let text = |service: &str| {
        format!(
            "
            System  1  +0s      Kernel-General 12
            System  2  +12s     EventLog 6009
            System  3  +12s     EventLog 6005
            System  4  +590s    User32 1074 kind=restart user=alice
            System  5  +600s    EventLog 6006
            System  6  +640s    EventLog 6009
            {service}
            System  8  +33000s  Kernel-General 12
            System  9  +33060s  Kernel-General 16 boundary
            "
        )
    };
    scenario(&text("System  7  +640s  Kernel-General 16 boundary"))
        .boots("1  +0s\n 2  +640s  started-by=6\n 3  +33000s  started-by=8");
    scenario(&text("System  7  +640s  EventLog 6005"))
        .boots("1  +0s\n 2  +33000s  started-by=8,7,6");
}

/// An export without any 4608. Two logons follow each other, and the second Logon ID is slightly lower: no
/// boot began in between, because its first records would need record IDs.
#[test]
fn no_record_ids_for_a_boot_between_two_logons() {
    let text = |second: u64| {
        format!(
            "
            log Security WS1/Security.evtx exported
            Security  1         +0s     4624 alice 0x50000 type=2
            Security  2..9      gap
            Security  10        +3000s  4624 bob 0x60048 type=3
            Security  {second}  +3000s  4624 carol 0x60000 type=3
            Security  {}        +3100s  4624 dave 0x60020 type=3
            ",
            second + 1
        )
    };
    let is_one = scenario(&text(11));
    assert_eq!(is_one.host().boots.len(), 1);
    assert_eq!(is_one.host().sessions.len(), 4);
}

/// An export of logons. The window manager of boot 1 has a Logon ID far above those of boot 2, so it does not
/// belong to boot 2, although the clock changed most before it.
#[test]
fn what_has_a_higher_logon_id_is_of_the_boot_before() {
    scenario(
        "
        log Security WS1/Security.evtx exported
        Security  1        +0s        4624 alice 0x50000 type=2
        Security  2..19    gap
        Security  20       +200000s   4624 DWM-3 0x60000 type=2
        Security  21..39   gap
        Security  40       +190000s   4624 DWM-1 0x7000 type=2
        Security  41..59   gap
        Security  60       +191000s   4624 bob 0x9000 type=3
        ",
    )
    .sessions("0/0x50000  alice\n 0/0x60000  DWM-3\n 1/0x7000  DWM-1\n 1/0x9000  bob");
}

/// Kernel-Boot 27 gives the start of its kernel too: after missing records it does not belong to a service
/// that had started before.
#[test]
fn a_27_behind_missing_records_is_not_that_of_the_service() {
    let text = |start: u64| {
        format!(
            "
            System  1       +10s      EventLog 6009
            System  2..20   gap
            System  21      +50s      Kernel-General 16 boundary
            System  22..30  gap
            System  31      +{start}s Kernel-Boot 27 type=0
            "
        )
    };
    scenario(&text(90)).boots("1  +10s\n 2  +90s");
    scenario(&text(5)).boots("1  +5s  started-by=31,1");
}

/// Security begins with records that are hours older than the first boot that System shows, and that come
/// before the next boot in both. They may be of that boot, if the clock was set back in it, or of an earlier
/// one.
#[test]
fn records_that_are_older_than_the_boot_before_the_next() {
    let text = |time: i64| {
        format!(
            "
            Security  64      {time:+}s  4624 alice 0x50000 type=3
            Security  66      +9010s     1101
            Security  67..69  +9005s     boot pid=700
            System    1       +0s        Kernel-General 12
            System    2       +12s       EventLog 6005
            System    3       +2000s     Kernel-General 16 boundary
            System    4       +9000s     Kernel-General 12
            System    5       +9012s     EventLog 6008
            System    6       +9012s     EventLog 6009
            System    7       +9012s     EventLog 6005
            "
        )
    };
    scenario(&text(-20_000)).sessions("1/0x50000  alice  flags=boot-uncertain");
    scenario(&text(60)).sessions("1/0x50000  alice  flags=none");
}

/// System was cleared, so that it shows of its last boot only the end. By the clock this is between two boots of
/// Security, which lacks no record there: a boot in between would have left a 4608. It is the end of the second
/// boot, whose clock was ahead when it began.
#[test]
fn no_room_for_a_boot_between_two_records() {
    let text = |start: &str| {
        format!(
            "
            Security  1..3  +5s     boot
            Security  10    +600s   1100
            {start}
            Security  20    +11000s 4624 alice 0x50000 type=3
            System    1     +0s     Kernel-General 12
            System    2     +12s    EventLog 6009
            System    3     +12s    EventLog 6005
            System    4     +600s   EventLog 6006
            System    5..47 gap
            System    48    +900s   Eventlog 104 alice
            System    50    +1900s  User32 1074 kind=power-off user=WS1\\alice
            System    52    +1905s  EventLog 6006
            "
        )
    };
    scenario(&text("Security  11..13  +10805s  boot pid=700")).boots(
        "
        1  +0s..+600s      shutdown
        2  +10805s..+1905s  shutdown  low  flags=security-only,boot-uncertain
        ",
    );
    // Where records are missing, a boot may lie between the two.
    let with_room = "Security  11..15  gap\n Security  16..18  +10805s  boot pid=700";
    assert_eq!(scenario(&text(with_room)).host().boots.len(), 3);
}

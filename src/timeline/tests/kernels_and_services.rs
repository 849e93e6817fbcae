//! Tests: to which kernel a start of the event log service belongs, and what can be said if only one of the
//! two is left. Each scenario is of a kind for which simulated hosts once gave wrong results.

use super::scenario::scenario;

/// The uptime in the 6013 is not that of the kernel before it, and its own Kernel-General 12 is lost: the
/// service is of another boot, and the late records of that boot are of the first one. Only Kernel-Power 109
/// shows that the first boot was restarted.
#[test]
fn a_service_whose_uptime_is_of_another_kernel() {
    let seen = scenario(
        "
        System  8    +0s      Kernel-General 12
        System  9    +53s     EventLog 6009
        System  10   +53s     EventLog 6005
        System  11   +53s     EventLog 6013 uptime=9
        System  12   +0s      Kernel-Boot 20 last-boot-id=1
        System  14   +0s      Kernel-Boot 27 type=0
        System  15   +37s     User32 1074 kind=restart user=NT\\SYSTEM
        System  16   +37.1s   Kernel-Power 109 action=5
        ",
    );
    seen.boots(
        "
        1  +0s..+37.1s  restart  high  started-by=8,14,12
        2  +53s  started-by=10,9  start-confidence=medium
        ",
    );
    assert_eq!(seen.boot(1).requested_by, "NT\\SYSTEM");
}

/// The same, with a clock that was wrong by years and set in between: no other kernel explains the uptime
/// better.
#[test]
fn a_service_after_a_clock_that_was_years_off_was_set() {
    scenario(
        "
        System  22   -9000d   Kernel-General 12
        System  23   +20s     EventLog 6008
        System  24   +20s     EventLog 6009
        System  25   +20s     EventLog 6005
        System  26   +20s     EventLog 6013 uptime=14
        ",
    )
    .boots("1  -9000d  started-by=22,25,24");
}

/// The kernel and the service started by the clock of two time zones: by the uptime their starts are whole
/// hours apart, and the record of the correction is lost.
#[test]
fn two_time_zones_at_one_start() {
    // The kernel started at +7 s: 20 hours and 9 seconds after the first service by its uptime, and 20
    // hours and 7 minutes after the second.
    for (service, boots) in [("-71984s", 2), ("-72404s", 3)] {
        let seen = scenario(&format!(
            "
            System  1    -90000s    Kernel-General 12
            System  3    -89990s    EventLog 6005
            System  9    -80002s    EventLog 6006
            System  12   {service}  EventLog 6009
            System  13   {service}  EventLog 6005
            System  14   {service}  EventLog 6013 uptime=9
            System  15   -80001s    Kernel-Power 109 action=5
            System  16   -80000s    Kernel-General 13
            System  17   +7s        Kernel-General 12
            System  18   +7s        Kernel-Boot 20 last-boot-id=3
            "
        ));
        assert_eq!(seen.host().boots.len(), boots, "{service}");
    }
}

/// The records after the gap may be of another boot, and so may the stop: it ends this boot with low
/// confidence.
#[test]
fn a_stop_behind_missing_records() {
    scenario(
        "
        Security  1..3    +0s      boot pid=640
        Security  4       +50s     4624 alice 0x50000 type=2
        Security  5..40   gap
        Security  41      +9000s   4624 bob 0x90000 type=3
        Security  42      +9100s   1100
        ",
    )
    .boots("1  +0s..+9100s>=+50s<=+9130s  shutdown  low  basis=inferred  clean=none");
}

/// A crash left only the records of the event log service of a boot. Later records of the Local Session
/// Manager are of that boot, and not of the one before, which had ended.
#[test]
fn records_of_a_boot_that_crashed_at_once() {
    scenario(
        "
        System  1    +0s      Kernel-General 12
        System  3    +10s     EventLog 6005
        System  8    +7000s   EventLog 6006
        System  9    +7070s   EventLog 6009
        System  10   +7070s   EventLog 6005
        System  11   +7070s   EventLog 6013 uptime=9
        System  12   +7001s   Kernel-Power 109 action=6
        System  13   +7003s   Kernel-General 13
        LSM     4    +7800s   21 carol session=2 address=192.0.2.7
        ",
    )
    .sessions("2/-  carol  remote-desktop  +7800s");
}

/// By its last-alive time the boot still ran some hours after its last record. Records of another channel
/// from these hours are of that boot, although the clock of the next boot began at an earlier time.
#[test]
fn a_last_alive_time_is_a_clock_time_of_its_boot() {
    scenario(
        "
        System  14   +0s       Kernel-General 12
        System  16   +10s      EventLog 6005
        System  20   +9000s    Winlogon 7002 alice session=1
        System  21   +20000s   Kernel-General 12
        System  22   +20005s   EventLog 6008 last-alive=+50000s uptime=50000
        System  23   +20005s   EventLog 6009
        System  24   +20005s   EventLog 6005
        System  27   +56008s   Kernel-General 1 from=+20008s to=+56008s
        System  28   +63000s   Winlogon 7001 bob session=1
        LSM     6    +52000s   21 grace session=2 address=LOCAL
        ",
    )
    .sessions(
        "
        1/-  desktop
        1/-  grace  desktop  +52000s
        2/-  desktop
        ",
    );
}

/// The clocks of two boots showed the same hours, because the clock was set back in between. The logon that
/// System and Security have too shows in which boot the Local Session Manager recorded it.
#[test]
fn a_logon_in_two_channels_shows_the_boot() {
    scenario(
        "
        System    1    +0s      Kernel-General 12
        System    3    +10s     EventLog 6005
        System    9    +7200s   EventLog 6006
        System    11   +40s     EventLog 6009
        System    12   +40s     EventLog 6005
        System    14   +7201s   Kernel-Power 109 action=5
        System    15   +7202s   Kernel-General 13
        System    16   +36s     Kernel-General 12
        System    20   +1058s   Winlogon 7001 dave session=1
        System    23   +1300s   EventLog 6006
        LSM       1    +1058.1s 41 dave session=1
        LSM       3    +1058.3s 21 dave session=1 address=LOCAL
        ",
    )
    .sessions("2/-  dave  desktop  +1058.3s");
}

/// The number of a Terminal Services session is reserved once. If there is a second 41, the computer was
/// restarted, and the second session is another one.
#[test]
fn a_session_number_is_reserved_once() {
    scenario(
        "
        LSM  1   +0s       41 heidi session=1
        LSM  3   +0.3s     21 heidi session=1 address=LOCAL
        LSM  10  +90000s   41 heidi session=1
        LSM  11  +90000.2s 40 session=1 reason=5
        LSM  14  +99000s   23 heidi session=1
        ",
    )
    .sessions(
        "
        0/-  heidi  desktop  +0.3s..+0.3s>=+0.3s<=+90000s  epoch-end  very-low
        0/-  heidi  desktop  ?..+99000s  initiated
        ",
    );
}

/// Two boots of Windows Setup start within a minute, and only a Kernel-Boot 27 is left of the first. It has
/// the start of its own kernel.
#[test]
fn a_kernel_boot_27_of_the_boot_before() {
    scenario(
        "
        System  5    +0s      Kernel-Boot 20 last-boot-id=1
        System  7    +0s      Kernel-Boot 27 type=0
        System  8    +49s     Kernel-General 12
        System  12   +49s     Kernel-Boot 20 last-boot-id=2
        System  14   +49s     Kernel-Boot 27 type=0
        ",
    )
    .boots("1  +0s  started-by=7,5\n 2  +49s  started-by=8,14,12");
}

/// An 1101 is the first record of a boot after a crash, and the other records of that boot are missing. The
/// boot before had not lasted until then.
#[test]
fn an_1101_before_missing_records() {
    scenario(
        "
        Security  1..3    +0s      boot pid=640
        Security  9       +90s     4624 alice 0x50000 type=3
        Security  44      +9000s   1101
        Security  45..61  gap
        Security  62      +9900s   4624 bob 0x60000 type=3 pid=700
        ",
    )
    .boots("1  +0s..>=+90s  crash\n 2  ?");
}

/// The first start of the service in the log has no kernel before it. Its uptime is that of a computer that
/// has just started; with a long uptime it would be a restart of the service.
#[test]
fn a_short_uptime_shows_a_boot() {
    for (uptime, boots) in [(9, "1  +0s  started-by=3,2\n 2  +7100s"), (90000, "1  +7100s")] {
        scenario(&format!(
            "
            System  2    +0s      EventLog 6009
            System  3    +0s      EventLog 6005
            System  4    +0s      EventLog 6013 uptime={uptime}
            System  8    +7000s   EventLog 6006
            System  9    +7110s   EventLog 6009
            System  10   +7110s   EventLog 6005
            System  12   +7001s   Kernel-Power 109 action=5
            System  13   +7002s   Kernel-General 13
            System  14   +7100s   Kernel-General 12
            "
        ))
        .boots(boots);
    }
}

/// The start of the kernel is not recorded, but an uptime gives it. The record of a clock change has the time
/// after the change, so that time does not make it a late record of the boot before.
#[test]
fn a_change_of_the_clock_is_not_late() {
    scenario(
        "
        Security  2..4    -12000s  boot pid=640
        Security  51      -7200s   4647 dora 0x50000
        Security  54..56  +0s      boot pid=700
        Security  75      -7140s   4616 from=+60s to=-7140s
        System    12      +8s      EventLog 6009
        System    13      +8s      EventLog 6005
        System    14      +8s      EventLog 6013 uptime=13
        System    15      -5s      Kernel-Boot 20 last-boot-id=1
        System    17      -5s      Kernel-Boot 27 type=0
        System    20      -7140s   Kernel-General 1 from=+60s to=-7140s
        ",
    )
    .boots("1  -12000s..>=-7200s\n 2  -5s  steps=1");
}

/// The second boot of Windows Setup has no Kernel-General 12, but Kernel-Boot 20 and 27 give its start. The
/// stop that follows is its own, and not that of the boot before.
#[test]
fn a_stop_behind_kernel_boot_records() {
    let seen = scenario(
        "
        Security  2..4    -65s    boot pid=640
        Security  25..27  +3s     boot pid=700
        System    13      +0s     Kernel-Boot 20 last-boot-id=1
        System    15      +0s     Kernel-Boot 27 type=0
        System    16      +37s    User32 1074 kind=restart user=NT\\SYSTEM
        System    17      +37.1s  Kernel-Power 109 action=5
        System    18      +37.2s  Kernel-General 13
        System    19      +45s    Kernel-General 12
        ",
    );
    seen.boots("1  -65s\n 2  +0s..+37.2s  restart  high\n 3  +45s");
    assert_eq!(seen.boot(2).requested_by, "NT\\SYSTEM");
}

/// A crash left of boot 1 its 4608 and its 6008. The Kernel-General 12 that follows is of boot 2, whose 6008 and
/// 6005 come right after it.
#[test]
fn a_kernel_behind_the_6008_of_a_boot_that_crashed_at_once() {
    scenario(
        "
        Security  104       +16s      1101
        Security  105       -10s      4608
        Security  106       +41226s   1101
        Security  107..109  +41210s   boot
        Security  110       +49999s   1100
        System    24        +0s       EventLog 6008
        System    25        +41205s   Kernel-General 12
        System    26        +41216s   EventLog 6008
        System    27        +41216s   EventLog 6009
        System    28        +41216s   EventLog 6005
        System    29        +41216s   EventLog 6013 uptime=11
        System    30        +41206s   Kernel-Power 41
        System    40        +50000s   EventLog 6006
        ",
    )
    .boots(
        "
        1  -10s..+0s>=+0s<=+41205s  crash
        2  +41205s..+50000s  shutdown  flags=none
        ",
    );
}

/// The event log service was killed at +14,400 s and started again. It writes a 6008, as after a crash, but the uptime in
/// its 6013 is that of the kernel that was running: there was one boot. With an uptime of 30 s, there were two.
#[test]
fn a_service_that_was_killed_reports_a_crash_that_was_none() {
    let logs = |uptime: u32| {
        format!(
            "
            System    1     +0s       Kernel-General 12
            System    2     +8s       EventLog 6009
            System    3     +8s       EventLog 6005
            System    4     +8.1s     EventLog 6013 uptime=8
            Security  1..3  +8s       boot pid=640
            Security  10    +100s     4624 alice 0x50000 type=2
            System    20    +14430s   EventLog 6008 last-alive=+14340s
            System    21    +14430s   EventLog 6009
            System    22    +14430s   EventLog 6005
            System    23    +14430.1s EventLog 6013 uptime={uptime}
            Security  20    +17000s   4647 alice 0x50000
            Security  30    +18000s   1100
            System    300   +18000s   EventLog 6006
            System    400   +18004s   Kernel-General 13
            System    401   +20000s   Kernel-General 12
            "
        )
    };
    scenario(&logs(14_430))
        .boots("1  +0s..+18004s  shutdown  high\n 2  +20000s  log-end")
        .sessions("1/0x50000  alice  +100s..+17000s  initiated  high")
        .findings("no crash\n no epochs-overlap");
    assert_eq!(scenario(&logs(30)).host().boots.len(), 3);
}

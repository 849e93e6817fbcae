//! Tests: to which boot, and to which session, does a record of the Local Session Manager or of Winlogon
//! belong, by the numbers of the Terminal Services sessions? Each scenario is of a kind for which simulated
//! hosts once gave wrong results.

use super::scenario::scenario;

/// The clock was set back by two hours between two boots. The clock of the second boot had shown the time of
/// the logoff, but the session was opened in the first boot, by a logon that System has too.
#[test]
fn a_session_is_of_one_boot() {
    scenario(
        "
        System  1    +0s      Kernel-General 12
        System  3    +10s     EventLog 6005
        System  8    +3600s   Winlogon 7001 erin session=2
        System  9    -3500s   Kernel-General 12
        System  10   -3490s   EventLog 6008
        System  11   -3490s   EventLog 6009
        System  12   -3490s   EventLog 6005
        System  20   +9000s   Winlogon 7001 carol session=1
        LSM     8    +3600.2s 21 erin session=2 address=LOCAL
        LSM     10   +4000s   23 erin session=2
        ",
    )
    .sessions("1/-  erin  desktop  +3600.2s..+4000s  initiated\n 2/-  desktop");
}

/// The number of an open session is given again: the computer was restarted in between, and no clock shows
/// when.
#[test]
fn a_number_is_not_given_again_while_its_session_is_open() {
    scenario(
        "
        System  1    +0s      Kernel-General 12
        System  3    +10s     EventLog 6005
        System  9    +3600s   Kernel-General 12
        System  10   +3610s   EventLog 6008
        System  11   +3610s   EventLog 6009
        System  12   +3610s   EventLog 6005
        System  20   +90000s  Kernel-General 12
        System  21   +90010s  EventLog 6008
        System  22   +90010s  EventLog 6009
        System  23   +90010s  EventLog 6005
        LSM     1    +4000s   41 erin session=1
        LSM     3    +4000.2s 21 erin session=1 address=LOCAL
        LSM     5    +4500s   41 alice session=1
        LSM     7    +4500.2s 21 alice session=1 address=LOCAL
        LSM     9    +5000s   23 alice session=1
        ",
    )
    .sessions("2/-  erin\n 3/-  alice  ..+5000s  initiated");
}

/// The same, and System has the second logon: the first one is of the boot before.
#[test]
fn a_number_that_was_given_before() {
    scenario(
        "
        System  8    -1000s   Kernel-General 12
        System  9    -990s    EventLog 6005
        System  14   +9000s   Winlogon 7001 bob session=1
        System  16   +9400s   Winlogon 7002 bob session=1
        LSM     1    +900s    21 alice session=1 address=192.0.2.7
        LSM     2    +9000.2s 21 bob session=1 address=192.0.2.8
        LSM     6    +9399.9s 23 bob session=1
        ",
    )
    .sessions("0/-  alice  remote-desktop\n 1/-  bob  ..+9399.9s  initiated");
}

/// The kernel started by the clock of another time zone than the service, and the record of the correction is
/// lost. Records of the Local Session Manager from two hours before the start of the kernel are of this boot.
#[test]
fn the_start_of_the_service_is_a_clock_time_of_its_boot() {
    scenario(
        "
        System  1    +0s      Kernel-General 12
        System  3    +10s     EventLog 6005
        System  6    +3600s   EventLog 6006
        System  7    +3700s   EventLog 6009
        System  8    +3700s   EventLog 6005
        System  9    +3601s   Kernel-Power 109 action=5
        System  10   +3602s   Kernel-General 13
        System  11   +10890s  Kernel-General 12
        LSM     4    +7000s   21 heidi session=1 address=LOCAL
        LSM     5    +7000.6s 22 heidi session=1 address=LOCAL
        ",
    )
    .sessions("2/-  heidi  desktop  +7000s..?>=+7000.6s<=?  open");
}

/// Records of desktops from the time between the end of a boot and the first record of the next one, whose
/// start is missing: they are of the next one.
#[test]
fn a_boot_that_began_before_its_first_record() {
    scenario(
        "
        Security  1..3     +0s      boot pid=640
        Security  20       +3000s   1100
        Security  21..60   gap
        Security  61       +9000s   4624 alice 0x60000 type=3 pid=700
        LSM       4        +7000s   21 heidi session=2 address=192.0.2.7
        LSM       6        +8000s   23 heidi session=2
        ",
    )
    .sessions("2/-  heidi  remote-desktop  +7000s..+8000s  initiated\n 2/0x60000  alice");
}

/// The clock was wrong by years when the first boot began, and was set to a time after the logon: no clock of
/// that boot showed the time of the logon.
#[test]
fn no_clock_showed_a_time_past_which_it_was_set() {
    scenario(
        "
        System  30   +0s       Eventlog 104 alice channel=System
        System  31   -4000d    Kernel-General 12
        System  32   +40s      EventLog 6009
        System  33   +40s      EventLog 6005
        System  36   +37s      Kernel-General 1 from=-345599990s to=+37s
        System  37   -4000d    Kernel-Power 41
        System  38   +7000s    Winlogon 7001 carol session=1
        LSM     16   -900s     21 heidi session=1 address=LOCAL
        LSM     17   -899s     22 heidi session=1 address=LOCAL
        ",
    )
    .sessions("0/-  heidi  -900s\n 1/-  desktop");
}

/// A 7001 follows the logon of the Local Session Manager by seconds. Days later it is of another session,
/// which has the number now.
#[test]
fn a_logon_days_after_the_session_of_its_number() {
    scenario(
        "
        System  26   +900000s    Winlogon 7001 dave session=1
        System  27   +990000s    Winlogon 7002 dave session=1
        LSM     3    +0s         21 erin session=1 address=192.0.2.7
        LSM     16   +900000.2s  21 dave session=1 address=LOCAL
        LSM     18   +989999.9s  23 dave session=1
        ",
    )
    .sessions("0/-  erin  +0s..?\n 0/-  dave  +900000.2s..+989999.9s  initiated");
}

/// A record that names another user is of another session, although it has the same number.
#[test]
fn a_disconnection_of_another_user() {
    scenario(
        "
        System  1    +0s      Kernel-General 12
        System  3    +10s     EventLog 6005
        LSM     7    +100s    21 grace session=2 address=192.0.2.7
        LSM     9    +500s    24 frank session=2 address=192.0.2.8
        LSM     12   +900s    23 grace session=2
        ",
    )
    .sessions("1/-  grace  +100s..+900s\n rdp  @192.0.2.7  +100s..+900s");
}

/// Security begins after a logoff, with a termination two minutes later. It may be that of the session that System
/// recorded, or of an elevation within it, so each has its row.
#[test]
fn a_termination_minutes_after_the_logoff() {
    scenario(
        "
        System    1    +0s      Kernel-General 12
        System    3    +10s     EventLog 6005
        System    9    +600s    Winlogon 7001 carol session=1
        System    10   +3000s   Winlogon 7002 carol session=1
        Security  290  +3140s   4634 carol 0x23550 type=2
        Security  292  +3300s   4624 bob 0x3bc67 type=3
        ",
    )
    .sessions(
        "
        1/-        desktop         +600s..+3000s  initiated
        1/0x23550  carol  unknown  ?..+3140s      terminated
        1/0x3bc67  bob
        ",
    );
}

/// The clock was set back by an hour, and the Local Session Manager has no record of it. Its logoff is that
/// of the 4647 of the same user, after the step.
#[test]
fn a_logoff_shows_the_side_of_a_clock_step() {
    scenario(
        "
        System    1    +0s      Kernel-General 12
        System    3    +10s     EventLog 6005
        System    5    -3500s   Kernel-General 1 from=+30s to=-3500s
        Security  59   -2000s   4624 bob 0x2c034 type=3
        Security  72   +14s     4647 dora 0x28d58
        LSM       5    +14.03s  23 dora session=1
        LSM       6    +14.2s   40 session=1 reason=12
        ",
    )
    .sessions("1/0x2c034\n 1/0x28d58  dora  ..+14s  initiated  confirmed-by=23#5");
}

/// System begins within the boot, and has the logon of the desktop. It has none for the logon over Remote
/// Desktop that took over the desktop, which made no desktop of its own.
#[test]
fn system_covers_the_time_of_a_takeover() {
    scenario(
        "
        Security  1..3  +5s       boot
        Security  10    +600s     4624 erin 0x50000 type=2
        Security  20    +9000s    4624 erin 0x60000 type=10
        Security  21    +9003s    4634 erin 0x60000
        Security  30    +9600s    4647 erin 0x50000
        System    23    +599s     Kernel-Power 187
        System    27    +600.1s   Winlogon 7001 erin session=1
        System    29    +9600.1s  Winlogon 7002 erin session=1
        ",
    )
    .sessions("0x50000  desktop\n 0x60000  revalidation  parent=0x50000");
}

/// The last record of the boot is that of a resume, and its time is right: the session was open then.
#[test]
fn a_session_was_open_at_the_last_resume() {
    scenario(
        "
        System  1    +0s       Kernel-General 12
        System  3    +10s      EventLog 6005
        System  25   +600s     Winlogon 7001 dave session=1
        System  27   +9000s    Kernel-Power 42 target=6 effective=5
        System  28   +90000s   Kernel-General 1 from=+9001s to=+90000s reason=2
        System  30   +90000s   Kernel-Boot 27 type=1
        System  31   +99000s   Kernel-General 12
        System  32   +99010s   EventLog 6008
        System  33   +99010s   EventLog 6005
        ",
    )
    .sessions("1/-  +600s..+90000s>=+90000s<=+99000s  crash");
}

/// A boot whose kernel stopped, and a boot whose kernel started by a clock that was three hours late. Records
/// of the Local Session Manager between these two times are of the second boot, because the first one was
/// off.
#[test]
fn a_session_is_not_of_a_boot_that_had_ended() {
    scenario(
        "
        System  1    +0s      Kernel-General 12
        System  3    +10s     EventLog 6005
        System  6    +3600s   EventLog 6006
        System  7    +14460s  EventLog 6009
        System  8    +14460s  EventLog 6005
        System  9    +3602s   Kernel-General 13
        System  10   +14450s  Kernel-General 12
        LSM     1    +4000s   41 erin session=1
        LSM     2    +4000.2s 21 erin session=1 address=192.0.2.7
        LSM     3    +9000s   23 erin session=1
        ",
    )
    .sessions("2/-  erin  remote-desktop  +4000.2s..+9000s  initiated");
}

/// Two boots whose clock was wrong by years; the service of the second one started by the corrected clock.
/// Records of the Local Session Manager hours later are of the second boot, because no record of the first
/// one has such a time.
#[test]
fn the_boot_with_the_nearest_clock_time() {
    scenario(
        "
        System  1    +0s       Kernel-General 12
        System  3    +10s      EventLog 6005
        System  6    +3600s    EventLog 6006
        System  7    -800d     EventLog 6009
        System  8    -800d     EventLog 6005
        System  9    +3602s    Kernel-General 13
        System  10   -800d     Kernel-General 12
        System  11   -5000d    Kernel-General 12
        System  12   +20010s   EventLog 6008
        System  13   +20010s   EventLog 6009
        System  14   +20010s   EventLog 6005
        System  15   +60000s   Kernel-General 12
        System  16   +60010s   EventLog 6008
        System  17   +60010s   EventLog 6009
        System  18   +60010s   EventLog 6005
        LSM     1    +40000s   41 erin session=1
        LSM     2    +40000.2s 21 erin session=1 address=192.0.2.7
        LSM     3    +45000s   23 erin session=1
        ",
    )
    .sessions("3/-  erin  remote-desktop  +40000.2s..+45000s  initiated");
}

/// The Security log lacks everything after the first minutes of a boot. A session of the later time is shown
/// by the Local Session Manager only. Its row says why, and that another boot may have begun before it.
#[test]
fn a_session_after_the_last_record_of_security() {
    for (logon, logoff) in [(9000, 9900), (600, 700)] {
        let text = format!(
            "
            Security  1..3    +0s       boot
            Security  4       +60s      4624 bob 0x30000 type=3
            Security  5       +70s      4634 bob 0x30000
            Security  6..89   gap
            Security  90..92  +50000s   boot
            LSM       1       +{logon}s    41 erin session=1
            LSM       2       +{logon}.2s  21 erin session=1 address=192.0.2.7
            LSM       3       +{logoff}s    23 erin session=1
            "
        );
        let flags = "flags=after-security-log,boot-uncertain";
        let row = format!("erin  remote-desktop  +{logon}.2s..+{logoff}s  initiated  {flags}");
        scenario(&text).sessions(&format!("1/-  {row}\n 1/0x30000  bob"));
    }
}

/// The clock was set back by fifteen hours within a boot, and no record says so. The logoff in Security and
/// that of the Local Session Manager are one.
#[test]
fn one_logoff_is_of_one_session() {
    scenario(
        "
        Security  40      +90000s    4624 bob 0x30000 type=3
        Security  41      +36000s    4634 bob 0x30000
        Security  42      +36600s    4647 erin 0x40000
        Security  43      +36603s    1100
        LSM       1       +20000s    41 erin session=1
        LSM       2       +20000.2s  21 erin session=1 address=LOCAL
        LSM       3       +36600.5s  23 erin session=1
        ",
    )
    .sessions("0/0x30000  bob\n 0/0x40000  erin  desktop  ..+36600s  initiated");
}

/// Winlogon gives no name, and 4779 gives no SID. Nothing shows that they are two sessions, so none is
/// invented.
#[test]
fn a_sid_and_a_name_that_may_be_of_one_session() {
    let text = |winlogon: &str, logon: &str| {
        format!(
            "
            System    1       +0s      Kernel-General 12
            System    3       +10s     EventLog 6005
            System    9       +600s    Winlogon 7001 erin session=1
            {winlogon}
            System    11      +4000s   Winlogon 7002 erin session=1
            Security  42      +900s    4779 bob 0x40000 name=RDP-Tcp#0 client=PC7 address=192.0.2.7
            {logon}
            Security  44      +4000s   1108 lost=4634
            "
        )
    };
    scenario(&text("", "")).sessions("1/0x40000  bob");
    // Two accounts may have that name: each of them has its row.
    scenario(&text("System  10  +700s  Winlogon 7001 carol session=2", ""))
        .sessions("1/-\n 1/-\n 1/0x40000  bob");
    // Another logon shows the SID of that name: they are two accounts.
    scenario(&text("", "Security  43  +950s  4624 bob 0x50000 type=3"))
        .sessions("1/-\n 1/0x40000  bob\n 1/0x50000  bob");
}

/// Only the Local Session Manager is left. The number of an open session is given again without its logoff, so the
/// computer was restarted: every session that was open before had ended by then, also that with another number. Whether
/// a session between the two began before the restart is not known.
#[test]
fn a_number_that_is_given_again_ends_the_sessions_before_it() {
    scenario(
        "
        LSM  1   +0s        41 bob session=1
        LSM  2   +1s        21 bob session=1 address=LOCAL
        LSM  3   +3600s     41 carol session=2
        LSM  4   +3601s     21 carol session=2 address=192.0.2.7
        LSM  5   +5400s     24 carol session=2 address=192.0.2.7
        LSM  6   +7200s     24 bob session=1 address=LOCAL
        LSM  7   +9000s     41 dora session=3
        LSM  8   +9001s     21 dora session=3 address=192.0.2.8
        LSM  9   +86400s    41 alice session=1
        LSM  10  +86401s    21 alice session=1 address=LOCAL
        LSM  11  +90000s    24 alice session=1 address=LOCAL
        ",
    )
    .sessions(
        "0/-  bob    +1s..+7200s>=+7200s<=+86400s     epoch-end  very-low
         0/-  carol  +3601s..+5400s>=+5400s<=+86400s  epoch-end  very-low
         0/-  dora   +9001s..?>=+9001s                open  flags=no-security-log,boot-uncertain
         0/-  alice  +86401s..?>=+90000s              open",
    );
}

/// The same, but the logoff of the session may be among missing records: then nothing shows a restart.
#[test]
fn a_number_that_is_given_again_after_missing_records() {
    scenario(
        "
        LSM  1      +0s      41 bob session=1
        LSM  2      +1s      21 bob session=1 address=LOCAL
        LSM  3..5   gap
        LSM  6      +86400s  41 alice session=1
        LSM  7      +86401s  21 alice session=1 address=LOCAL
        ",
    )
    .sessions("0/-  bob  +1s..?  open\n 0/-  alice  +86401s..?  open");
}

/// Another session has records before and after the logon with the same number: no boot began in between.
#[test]
fn a_session_that_is_open_across_a_number_given_again() {
    scenario(
        "
        LSM  1   +0s      41 bob session=1
        LSM  2   +1s      21 bob session=1 address=LOCAL
        LSM  3   +60s     41 carol session=2
        LSM  4   +61s     21 carol session=2 address=192.0.2.7
        LSM  5   +90s     24 bob session=1 address=LOCAL
        LSM  6   +86400s  41 alice session=1
        LSM  7   +86401s  21 alice session=1 address=LOCAL
        LSM  8   +90000s  23 carol session=2
        ",
    )
    .sessions("0/-  bob  +1s..?  open\n 0/-  carol  +61s..+90000s\n 0/-  alice  +86401s..?  open");
}

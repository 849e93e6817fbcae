//! Tests: boots that took long to start, shutdowns that were not finished, and sessions of one account at the same time.
//! The expected results were worked out by hand from the records.

use super::scenario::scenario;

/// A disk was checked before LSASS started, 15 minutes after the kernel. The uptime that the service records is that
/// of the kernel: one boot, and the crash before it ended by the start of its kernel.
#[test]
fn a_disk_check_between_the_kernel_and_lsass() {
    for seconds in [240, 915, 1800] {
        let (lsass, service) = (10_000 + seconds, 10_012 + seconds);
        scenario(&format!(
            "
            System    1     +0s        Kernel-General 12
            System    2     +8s        EventLog 6005
            Security  1..3  +8s        boot pid=640
            Security  10    +9000s     4624 bob 0x90000 type=3
            System    10    +{service}s  EventLog 6008
            System    11    +{service}s  EventLog 6009
            System    12    +{service}s  EventLog 6005
            System    13    +{service}s  EventLog 6013 uptime={}
            System    14    +10000s    Kernel-General 12
            System    15    +10002s    Kernel-Power 41
            Security  11..13  +{lsass}s  boot pid=660
            Security  20    +20000s    4624 alice 0x50000 type=2
            System    20    +20001s    Winlogon 7001 alice session=1
            ",
            seconds + 12
        ))
        .boots("1  +0s..>=+9000s<=+10000s  crash\n 2  +10000s  log-end")
        .sessions("1/0x90000  bob\n 2/0x50000  alice");
    }
}

/// The user shut down with Fast Startup, and the saved kernel was not resumed, because the power had been cut. The next
/// boot reports a crash, but nobody worked after the shutdown.
#[test]
fn a_fast_startup_that_was_not_resumed_is_a_shutdown() {
    for report in ["System  20  +50008s  EventLog 6008 last-alive=+8900s", ""] {
        scenario(&format!(
            "
            System    1     +0s       Kernel-General 12
            System    2     +8s       EventLog 6005
            Security  1..3  +8s       boot pid=640
            Security  10    +100s     4624 alice 0x50000 type=2
            System    9     +9000s    User32 1074 user=alice kind=power-off
            Security  11    +9001s    4647 alice 0x50000
            System    10    +9006s    Kernel-Power 42 target=6 effective=5
            System    15    +50000s   Kernel-General 12
            {report}
            System    21    +50008s   EventLog 6005
            Security  12..14  +50007s boot pid=660
            "
        ))
        .boots("1  +0s..+9006s  power-off  high\n 2  +50000s  log-end")
        .sessions("1/0x50000  alice  ..+9001s  initiated");
    }
}

/// As before, but the saved kernel was resumed, and the records of that were lost in a crash: the 6008 gives a later
/// time at which the computer was up.
#[test]
fn a_fast_startup_that_was_resumed_before_a_crash_is_no_end() {
    scenario(
        "
        System    1     +0s       Kernel-General 12
        System    2     +8s       EventLog 6005
        Security  1..3  +8s       boot pid=640
        System    10    +9006s    Kernel-Power 42 target=6 effective=5
        System    15    +50000s   Kernel-General 12
        System    20    +50008s   EventLog 6008 last-alive=+49000s
        System    21    +50008s   EventLog 6005
        Security  12..14  +50007s boot pid=660
        ",
    )
    .boots("1  +0s..>=+9006s<=+50000s  crash\n 2  +50000s  log-end");
}

/// As before, but somebody worked after it: the saved kernel was resumed, and crashed later.
#[test]
fn a_fast_startup_after_which_somebody_worked_is_no_end() {
    scenario(
        "
        System    1     +0s       Kernel-General 12
        System    2     +8s       EventLog 6005
        Security  1..3  +8s       boot pid=640
        System    10    +9006s    Kernel-Power 42 target=6 effective=5
        Security  11    +40000s   4624 alice 0x50000 type=2
        System    15    +50000s   Kernel-General 12
        System    20    +50008s   EventLog 6008
        System    21    +50008s   EventLog 6005
        Security  12..14  +50007s boot pid=660
        ",
    )
    .boots("1  +0s..>=+40000s<=+50000s  crash\n 2  +50000s  log-end");
}

/// The event log service had stopped, and then Windows hung or lost its power: Kernel-Power 41 says that the shutdown
/// was not finished. With a stop of the kernel it was. Somebody may have stopped the service and worked on, so that the
/// session lasted until the next boot at the latest.
#[test]
fn a_shutdown_that_was_not_finished() {
    let boots = |crash: &str, stop: &str| {
        format!(
            "
            System    1     +0s       Kernel-General 12
            System    2     +8s       EventLog 6005
            Security  1..3  +8s       boot pid=640
            Security  9     +500s     4624 alice 0x50000 type=2
            Security  10    +9000s    1100
            System    10    +9000s    EventLog 6006
            {crash}
            System    14    +9500s    EventLog 6009
            System    15    +9500s    EventLog 6005
            {stop}
            System    17    +9490s    Kernel-General 12
            System    18    +9492s    Kernel-Power 41
            Security  11..13  +9498s  boot pid=660
            "
        )
    };
    scenario(&boots("", ""))
        .boots("1  +0s..>=+9000s<=+9490s  shutdown  medium  clean=no\n 2  +9490s  log-end")
        .sessions("1/0x50000  alice  ..+9000s>=+500s<=+9490s  shutdown  low");
    let stop = "System    16    +9004s    Kernel-General 13";
    scenario(&boots("", stop))
        .boots("1  +0s..+9004s  shutdown  high  clean=yes\n 2  +9490s  log-end")
        .sessions("1/0x50000  alice  ..+9004s<=+9004s  shutdown  medium");
    // No 6008 follows a 6006: the service had started again, and the crash removed its 6005, or a whole boot is lost.
    let crash = "System    13    +9500s    EventLog 6008";
    scenario(&boots(crash, ""))
        .boots("1  +0s..>=+9000s<=+9490s  shutdown  medium  clean=none\n 2  +9490s  log-end")
        .sessions("1/0x50000  alice  ..+9000s>=+500s<=+9490s  shutdown  low");
}

/// A 4719 says that the audit of logoffs was switched on in the second boot: in the first one, alice may have logged off
/// before the crash. She was seen at her logon. Without the 4719, a log that has logoffs has all of them. A policy that is
/// set once more changes nothing.
#[test]
fn logoffs_that_were_audited_only_later() {
    let logs = |change: &str| {
        format!(
            "
        System    1     +0s       Kernel-General 12
        System    2     +8s       EventLog 6005
        Security  1..3  +8s       boot pid=640
        Security  10    +100s     4624 alice 0x50000 type=2
        Security  11    +3000s    4624 bob 0x60000 type=3
        System    12    +5000s    Kernel-General 12
        System    14    +5008s    EventLog 6008
        System    15    +5008s    EventLog 6005
        Security  12..14  +5007s  boot pid=660
        {change}
        Security  20    +5100s    4624 alice 0x70000 type=2
        Security  21    +5200s    4624 bob 0x80000 type=3
        Security  22    +5201s    4634 bob 0x80000 type=3
        System    32    +9000s    Kernel-General 12
        System    34    +9008s    EventLog 6008
        System    35    +9008s    EventLog 6005
        Security  32..34  +9007s  boot pid=660
        "
        )
    };
    let ends = |first: &str, second: &str| {
        format!(
            "
            1/0x50000  alice  ..>={first}<=+5000s   crash  low
            1/0x60000  bob
            2/0x70000  alice  ..>={second}<=+9000s  crash  low
            2/0x80000  bob    terminated
            "
        )
    };
    scenario(&logs("")).sessions(&ends("+3000s", "+5201s"));
    scenario(&logs("Security  19  +5020s  4719 logoffs=yes")).sessions(&ends("+100s", "+5100s"));
    scenario(&logs("Security  19  +5020s  4719 logoffs=no")).sessions(&ends("+3000s", "+5100s"));
    let again = "Security  30  +6000s  4719 logoffs=yes";
    let after = logs("")
        .replace("        System    32 ", &format!("        {again}\n        System    32 "));
    scenario(&after).sessions(&ends("+3000s", "+6000s"));
}

/// Event 23 shows the logoff of a session that has neither a 4647 nor a 4634. The boot crashed later: the records of
/// that say nothing of this session.
#[test]
fn a_session_that_another_channel_ends_cites_no_crash() {
    scenario(
        "
        System    1     +0s       Kernel-General 12
        System    2     +8s       EventLog 6005
        Security  1..3  +8s       boot pid=640
        Security  10    +100s     4624 alice 0x50000 type=2
        LSM       1     +100.5s   21 alice session=1 address=LOCAL
        LSM       2     +900s     23 alice session=1
        Security  11    +3000s    4624 bob 0x60000 type=3
        Security  12    +3001s    4634 bob 0x60000 type=3
        System    12    +5000s    Kernel-General 12
        System    14    +5008s    EventLog 6008
        System    15    +5008s    EventLog 6005
        Security  22..24  +5007s  boot pid=660
        ",
    )
    .sessions(
        "
        1/0x50000  alice  +100s..+900s  initiated  medium  evidence=none
        1/0x60000  bob
        ",
    );
}

/// A user reconnects to a desktop that only the Local Session Manager shows, because Security begins later. The short
/// logon that checked the password has the record that says why.
#[test]
fn the_reason_of_a_revalidation_of_a_session_without_security() {
    scenario(
        "
        System    1     +0s       Kernel-General 12
        System    2     +8s       EventLog 6005
        LSM       1     +300s     21 alice session=2 address=10.0.0.5
        LSM       2     +2000s    24 alice session=2 address=10.0.0.5
        Security  500   +5000s    4624 dave 0x80000 type=3
        Security  501   +5100s    4634 dave 0x80000 type=3
        Security  502   +6000s    4624 alice 0x90000 type=10 address=10.0.0.9
        LSM       3     +6000.4s  25 alice session=2 address=10.0.0.9
        Security  503   +6000.6s  4634 alice 0x90000 type=10
        ",
    )
    .sessions(
        "
        1/-        alice  remote-desktop
        1/0x80000  dave
        1/0x90000  alice  revalidation  flags=boot-uncertain,reconnect  evidence=25#3
        ",
    );
}

/// A recovered record of a desktop may be of any boot, and it has no Logon ID: it is in no row, and a finding says so.
#[test]
fn recovered_records_of_desktops_are_a_finding() {
    scenario(
        "
        System    1     +0s       Kernel-General 12
        System    2     +8s       EventLog 6005
        Security  1..3  +8s       boot pid=640
        LSM       1     +100s     21 alice session=1 address=LOCAL recovered
        LSM       2     +900s     23 alice session=1 recovered
        Security  10    +3000s    4624 bob 0x60000 type=3
        ",
    )
    .sessions("1/0x60000  bob")
    .findings("recovered-desktops  #1  message='recovered records of desktops (Local Session Manager, Winlogon 7001 and 7002): 2, ...'");
}

/// A session over Remote Desktop that an administrator or a time limit ended has a 4634 and no 4647. Its start and its
/// client are in the other channels.
#[test]
fn a_remote_session_that_only_its_termination_shows() {
    scenario(
        "
        System    1    +0s      Kernel-General 12
        System    2    +8s      EventLog 6005
        LSM       1    +300s    21 alice session=2 address=10.0.0.5
        System    10   +300.1s  Winlogon 7001 alice session=2
        Security  500  +8000s   4624 dave 0x80000 type=3
        Security  501  +8100s   4634 dave 0x80000
        Security  502  +9000s   4634 alice 0x50000 type=10
        LSM       4    +9000.1s 23 alice session=2
        System    11   +9000.2s Winlogon 7002 alice session=2
        ",
    )
    .sessions(
        "
        1/0x80000  dave
        1/0x50000  alice  remote-desktop  +300s..+9000s  terminated  start=inferred
            rdp  @10.0.0.5  +300s..+9000s
        ",
    );
}

/// One account logs on from two clients within two seconds, and the 21 come later in another order. The first records
/// of each logon, and the addresses, tell them apart.
#[test]
fn two_logons_of_one_account_at_once() {
    scenario(
        "
        Security  1..3  +0s       boot
        Security  10    +100s     4624 kiosk 0x50000 type=10 address=10.0.0.1
        Security  11    +102s     4624 kiosk 0x60000 type=10 address=10.0.0.2
        LSM       1     +100.1s   41 kiosk session=2
        LSM       2     +102.1s   41 kiosk session=3
        LSM       3     +102.2s   21 kiosk session=2 address=10.0.0.1
        LSM       4     +108s     21 kiosk session=3 address=10.0.0.2
        LSM       5     +3600s    24 kiosk session=2 address=10.0.0.1
        Security  12    +7200s    4647 kiosk 0x60000
        LSM       6     +7200.1s  23 kiosk session=3
        ",
    )
    .sessions(
        "
        1/0x50000  kiosk  +100s..  open
            rdp  @10.0.0.1  +100s..+3600s
        1/0x60000  kiosk  ..+7200s  initiated
            rdp  @10.0.0.2  +102s..+7200s
        ",
    );
}

/// One account has two sessions. Event 25 of the Local Session Manager names the one that a client takes over, which is
/// not the newest.
#[test]
fn a_takeover_names_one_of_two_sessions() {
    scenario(
        "
        Security  1..3  +0s       boot
        Security  10    +100s     4624 kiosk 0x50000 type=10 address=10.0.0.1
        LSM       1     +100.1s   41 kiosk session=2
        LSM       2     +101s     21 kiosk session=2 address=10.0.0.1
        Security  11    +1000s    4624 kiosk 0x60000 type=10 address=10.0.0.2
        LSM       3     +1000.1s  41 kiosk session=3
        LSM       4     +1001s    21 kiosk session=3 address=10.0.0.2
        LSM       5     +2000s    24 kiosk session=2 address=10.0.0.1
        Security  12    +3000s    4624 kiosk 0x70000 type=10 address=10.0.0.7
        LSM       6     +3001s    25 kiosk session=2 address=10.0.0.7
        Security  13    +3002s    4634 kiosk 0x70000 type=10
        ",
    )
    .sessions(
        "
        1/0x50000  kiosk
            rdp  @10.0.0.1  +100s..+2000s
            rdp  @10.0.0.7  +3001s..?
        1/0x60000  kiosk
            rdp  @10.0.0.2  +1000s..?
        1/0x70000  kiosk  revalidation  parent=0x50000
        ",
    );
}

/// A program may ask for a logon of type 7, as for any other. Only Windows itself unlocks a desktop.
#[test]
fn a_logon_of_type_7_by_a_program_is_no_unlock() {
    scenario(
        "
        Security  1..3  +0s      boot
        Security  10    +100s    4624 alice 0x50000 type=2
        Security  11    +1000s   4624 bob 0x60000 type=7 Advapi subject=alice subject-id=0x50000
        Security  12    +2800s   4634 bob 0x60000 type=7
        ",
    )
    .sessions(
        "1/0x50000  alice  desktop\n 1/0x60000  bob  secondary  parent=0x50000  +1000s..+2800s",
    );
}

/// Security begins between the 7001 of a logon and its 21, which comes half a minute later.
#[test]
fn a_logon_around_the_first_record_of_security() {
    scenario(
        "
        System    1    +0s      Kernel-General 12
        System    2    +8s      EventLog 6005
        LSM       1    +300.1s  41 alice session=2
        System    10   +300.3s  Winlogon 7001 alice session=2
        Security  500  +310s    4624 dave 0x80000 type=3
        Security  501  +320s    4634 dave 0x80000
        LSM       2    +328s    21 alice session=2 address=10.0.0.5
        System    13   +9000s   EventLog 6013 uptime=9000
        Security  502  +9000s   4624 dave 0x81000 type=3
        ",
    )
    .sessions(
        "
        1/-        alice  remote-desktop  +328s..  open
            rdp  @10.0.0.5  +328s..?
        1/0x80000  dave
        1/0x81000  dave
        ",
    );
}

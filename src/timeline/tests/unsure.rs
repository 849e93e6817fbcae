//! Tests: if missing records may include the one that would decide, the result claims less.

use super::scenario::scenario;

/// The takeover of a console over Remote Desktop, whose reconnection (25) is missing. First comes the
/// re-validation of the client, then the console is disconnected, then the client has the desktop. The
/// disconnection is not that of the client, and nothing shows when the client came or left.
#[test]
fn a_takeover_whose_reconnection_is_missing() {
    scenario(
        "
        Security  1..3  +0s       boot
        Security  11    +40s      4624 dora 0x513da type=2
        Security  26    +128.19s  4624 dora 0xae330 type=10 address=10.0.0.9
        Security  29    +131.13s  4634 dora 0xae330
        Security  32    +140.61s  4647 dora 0x513da
        LSM       1     +40.3s    21 dora session=1 address=LOCAL
        LSM       2     +128.43s  40 session=1 reason=5
        LSM       3     +128.54s  24 dora session=1 address=LOCAL
        LSM       4..4  gap
        LSM       5     +140.64s  23 dora session=1
        ",
    )
    .sessions(
        "
        1/0x513da  dora  desktop  +40s..+140.61s  initiated  active=none
            incidents=revalidated,disconnected
            console          +40s..+128.54s
            rdp      @10.0.0.9  ?..?
        1/0xae330  dora  revalidation  parent=0x513da
        ",
    );
}

/// The user left the client nine seconds after the takeover of a desktop to which nobody was connected.
/// Winlogon shows that the logon made no desktop of its own: this disconnection is that of the client.
#[test]
fn a_client_that_leaves_a_desktop_that_nobody_had() {
    scenario(
        "
        Security  1..3  +0s       boot
        Security  11    +40s      4624 dora 0x513da type=2
        Security  26    +128.19s  4624 dora 0xae330 type=10 address=10.0.0.9
        Security  29    +131.13s  4634 dora 0xae330
        Security  32    +240.61s  4647 dora 0x513da
        System    1     +0s       Kernel-General 12
        System    2     +12s      EventLog 6005
        System    5     +40.2s    Winlogon 7001 dora session=1
        System    6     +300s     Kernel-General 16 boundary
        LSM       1     +40.3s    21 dora session=1 address=LOCAL
        LSM       2     +100s     24 dora session=1 address=LOCAL
        LSM       3..3  gap
        LSM       4     +137s     24 dora session=1 address=10.0.0.9
        LSM       5     +240.64s  23 dora session=1
        ",
    )
    .sessions(
        "
        1/0x513da  dora  desktop  +40s..+240.61s  initiated
            console          +40s..+100s
            rdp      @10.0.0.9  +128.19s..+137s
        1/0xae330  dora  revalidation  parent=0x513da
        ",
    );
}

/// Only the 4624 of a re-validation is left, so it looks like a desktop. Its end may be among the missing
/// records: a re-validation after them may be of either desktop.
#[test]
fn a_revalidation_where_either_desktop_may_have_ended() {
    let text = |missing: &str| {
        format!(
            "
            Security  1..3  +0s      boot
            Security  4     +60s     4624 alice 0x50000 type=2
            Security  5     +3600s   4624 alice 0x60000 type=2
            Security  6     +3700s   4624 bob 0x65000 type=3
            {missing}
            Security  10    +7200s   4624 alice 0x70000 type=2
            Security  11    +7200.2s 4634 alice 0x70000 type=2
            Security  12    +7300s   4634 bob 0x65000
            "
        )
    };
    let others = "0x50000  alice\n 0x60000  alice\n 0x65000  bob\n 0x70000  alice";
    scenario(&text("Security  7..8  gap"))
        .sessions(&format!("{others}  revalidation  parent=none"));
    scenario(&text("")).sessions(&format!("{others}  revalidation  parent=0x60000"));
}

/// The elevated half of a desktop that has ended logs no end of its own, and is no other desktop.
#[test]
fn an_elevated_half_is_not_open_after_its_desktop_has_ended() {
    scenario(
        "
        Security  1..3  +0s      boot
        Security  4     +60s     4624 alice 0x50000 type=2 pair=0x50010 elevated
        Security  5     +60s     4624 alice 0x50010 type=2 pair=0x50000 filtered
        Security  6     +1000s   4647 alice 0x50010
        Security  7     +3600s   4624 alice 0x60000 type=2
        Security  8     +3700s   4624 bob 0x65000 type=3
        Security  9..9  gap
        Security  10    +7200s   4624 alice 0x70000 type=2
        Security  11    +7200.2s 4634 alice 0x70000 type=2
        Security  12    +7300s   4634 bob 0x65000
        ",
    )
    .sessions(
        "
        0x50000  alice  desktop
        0x50010  alice  desktop
        0x60000  alice  desktop
        0x65000  bob
        0x70000  alice  revalidation  parent=0x60000
        ",
    );
}

/// A client that may have taken over either of two desktops is only shown in its own row, which it keeps.
#[test]
fn a_client_where_either_desktop_may_have_ended() {
    scenario(
        "
        Security  1..3  +0s      boot
        Security  4     +60s     4624 alice 0x50000 type=2
        Security  5     +3600s   4624 alice 0x60000 type=2
        Security  6..8  gap
        Security  10    +7200s   4624 alice 0x70000 type=10 address=10.0.0.9
        Security  11    +7201s   4634 alice 0x70000 type=10
        LSM       1     +7200.8s 25 alice session=1 address=10.0.0.9
        ",
    )
    .sessions("0x50000  alice  desktop\n 0x60000  alice  desktop\n 0x70000  alice  remote-desktop");
}

/// The start of another boot may be among the missing records: a desktop that only has a logoff after them
/// was not open before them.
#[test]
fn a_desktop_behind_missing_records_was_not_open_before_them() {
    scenario(
        "
        Security  1..3    +0s      boot
        Security  4       +60s     4624 alice 0x50000 type=2
        Security  10      +7200s   4624 alice 0x70000 type=2
        Security  11      +7200.2s 4634 alice 0x70000 type=2
        Security  12..39  gap
        Security  40      +9000s   4647 alice 0x60000
        ",
    )
    .sessions(
        "
        0x50000  alice  desktop
        0x70000  alice  revalidation  parent=0x50000
        0x60000  alice  desktop
        ",
    );
}

/// The log ends with its 1100: the records that come after an 1100 were not written yet, or were cut off. It
/// is less certain that the session was open at the shutdown.
#[test]
fn a_log_that_ends_with_its_1100() {
    scenario(
        "
        Security  1..3  +0s    boot
        Security  9     +100s  4624 alice 0x50000 type=3
        Security  14    +900s  1100
        ",
    )
    .sessions("0x50000  alice  ..+900s  shutdown  low");
}

/// The same, and System ends with the stop of the kernel: the computer was off when its logs were collected,
/// so no record can follow. If System shows a later boot, Security was cut off.
#[test]
fn a_computer_that_was_off_when_its_logs_were_collected() {
    let off = "
        Security  1..3  +0s    boot
        Security  9     +100s  4624 alice 0x50000 type=3
        Security  14    +900s  1100
        System    1     +0s    Kernel-General 12
        System    2     +10s   EventLog 6009
        System    3     +10s   EventLog 6005
        System    4     +900s  EventLog 6006
        System    5     +902s  Kernel-General 13
        ";
    scenario(off).sessions("0x50000  alice  ..+902s  shutdown  medium");
    let cut = format!("{off}System    6     +1500s  Kernel-General 12\n");
    scenario(&cut).sessions("0x50000  alice  ..+902s  shutdown  low");
}

/// The clock was set back by an hour before boot 2, and a record before the stop of the old kernel is
/// missing. The next boot, which is this one, records that stop. Security shows that the boot continued.
#[test]
fn a_stop_of_the_kernel_near_a_start_where_records_are_missing() {
    let text = |stop: &str| {
        format!(
            "
            Security  1..3    +5s     boot
            Security  4       +3001s  1100
            Security  10..12  -605s   boot
            Security  13      +5000s  4624 bob 0x50000 type=3
            {stop}
            System    1       +0s     Kernel-General 12
            System    2       +12s    EventLog 6005
            System    20      +3000s  EventLog 6006
            System    21      -600s   EventLog 6009
            System    22      -600s   EventLog 6005
            System    23..23  gap
            System    24      +3003s  Kernel-General 13
            System    25      -610s   Kernel-General 12
            System    30      -500s   Kernel-General 16 boundary
            "
        )
    };
    scenario(&text("")).boots("1  +0s\n 2  -610s..?>=+5000s  log-end");
    // If the event log service of this boot stopped then, the boot ended; the stop of the kernel is not its
    // own.
    scenario(&text("Security  14  +3002s  1100")).boots("1  +0s\n 2  -610s..+3002s  shutdown");
}

/// System was cleared, and begins after a gap of Security in which another boot may have begun. Its records
/// may be of that boot, and so may the stop that both have.
#[test]
fn a_channel_that_begins_after_records_are_missing_in_which_a_boot_may_have_begun() {
    scenario(
        "
        Security  1..3    +5s     boot
        Security  4       +60s    4624 alice 0x50000 type=3
        Security  5..19   gap
        Security  20      +2000s  4624 bob 0x60000 type=3
        Security  21      +2100s  1100
        Security  30..32  +3005s  boot
        System    419     +1000s  Kernel-General 16 boundary
        System    420     +2100s  EventLog 6006
        System    430     +3010s  EventLog 6009
        System    431     +3010s  EventLog 6005
        System    432     +2103s  Kernel-General 13
        System    433     +3000s  Kernel-General 12
        ",
    )
    .boots(
        "
        1  +5s..+2103s>=+60s<=+2104s  shutdown  low  clean=none  flags=security-only,boot-uncertain
        2  +3000s  log-end
        ",
    );
}

/// The start of boot 2 is missing from System, but not the stop of boot 1 that it recorded. The session whose
/// logon comes after that stop did not end with it.
#[test]
fn a_stop_that_was_recorded_before_the_session_began() {
    scenario(
        "
        System  1       +0s      Kernel-General 12
        System  2       +12s     EventLog 6005
        System  20      +28800s  EventLog 6006
        System  21..25  gap
        System  26      +28803s  Kernel-General 13
        System  27..30  gap
        System  31      +600s    Winlogon 7001 alice session=1
        System  32      +900s    Kernel-General 16 boundary
        ",
    )
    .sessions("1/-  desktop  +600s..?  censored  none");
}

/// The clock was set back before the part of System that is left, and Security lacks the records of that
/// time. The stop of the kernel is of the boot whose event log service stopped right before it, which is not
/// the boot that Security shows.
#[test]
fn a_stop_of_the_kernel_is_of_the_boot_of_its_service() {
    scenario(
        "
        Security  1..3    +36000s  boot
        Security  4       +36060s  4624 alice 0x50000 type=3
        Security  5..19   gap
        Security  30..32  +9005s   boot
        System    419     +3000s   Kernel-General 16 boundary
        System    420     +4100s   EventLog 6006
        System    430     +9010s   EventLog 6009
        System    431     +9010s   EventLog 6005
        System    432     +4103s   Kernel-General 13
        System    433     +9000s   Kernel-General 12
        ",
    )
    .boots("0  ..+4103s  shutdown  high\n 1  +36000s..+36060s  unknown\n 2  +9000s  log-end");
}

/// The clock went back over the missing records of System. Security, which begins after them, shows nothing
/// of the time before, although its days are later by the clock.
#[test]
fn a_later_day_is_no_proof_where_the_clock_went_back() {
    scenario(
        "
        System    1       +36000s  Kernel-General 12
        System    2       +36012s  EventLog 6005
        System    3       +36060s  Kernel-General 16 boundary
        System    4..19   gap
        System    20      +5100s   Kernel-General 16 boundary
        System    21      +90000s  Kernel-General 16 boundary
        Security  1174    +5000s   4624 alice 0x50000 type=3
        Security  1175    +89000s  4624 alice 0x60000 type=3
        ",
    )
    .boots("1  +36000s..?  log-end  flags=system-only,boot-uncertain")
    .sessions("1/0x50000  flags=boot-uncertain\n 1/0x60000  flags=boot-uncertain");
}

//! Tests: if the records that are left allow several answers, none is given as certain.

use super::scenario::scenario;

/// The clock was set back before boot 2, so the clocks of both boots showed the times that are left of
/// Security.
#[test]
fn a_clock_time_that_two_boots_showed() {
    let text = |second: &str| {
        format!(
            "
            System    1    +20000s  Kernel-General 12
            System    2    +20010s  EventLog 6005
            System    20   +40000s  Kernel-General 16 boundary
            System    30   {second}  Kernel-General 12
            System    31   {second}  EventLog 6005
            System    60   +90000s  Kernel-General 16 boundary
            Security  500  +30000s  4624 alice 0x50000 type=3
            Security  501  +30100s  4634 alice 0x50000
            "
        )
    };
    scenario(&text("+10s")).sessions("2/0x50000  alice  flags=boot-uncertain");
    scenario(&text("+50000s")).sessions("1/0x50000  alice  flags=none");
}

/// Records are missing between the start of the event log service and that of a kernel, and the service
/// started before that kernel. It is of a boot whose kernel is among the missing records.
#[test]
fn a_kernel_behind_missing_records_is_not_that_of_the_service() {
    let text = |between: &str| {
        format!(
            "
            System  1   +0s    EventLog 6009
            System  2   +0s    EventLog 6005
            {between}
            System  42  +142s  Kernel-General 12
            System  43  +142s  Kernel-Boot 27 type=0
            System  60  +500s  Kernel-General 16 boundary
            "
        )
    };
    scenario(&text("System  3..41  gap")).boots("0  ?..+0s>=+0s<=?  unknown\n 1  +142s  log-end");
    scenario(&text("")).boots("1  +142s  log-end");
}

/// System ends before its record of a clock step. Security has the step, so the uptime that the event log
/// service recorded is that of this kernel.
#[test]
fn a_step_of_the_clock_that_security_alone_shows() {
    let text = |step: &str| {
        format!(
            "
            Security  1..3  +5s     boot
            {step}
            Security  5     +2800s  4624 alice 0x50000 type=3
            System    1     +0s     Kernel-General 12
            System    2     +2782s  EventLog 6009
            System    3     +2782s  EventLog 6005
            System    4     +2782s  EventLog 6013 uptime=22
            System    5     +0s     Kernel-Boot 27 type=0
            "
        )
    };
    scenario(&text("Security  4  +2780s  4616 from=+20s to=+2780s")).boots("1  +0s  log-end");
    scenario(&text("")).boots("1  +0s  unknown\n 2  +2782s  log-end");
}

/// An export without the starts of boots: the stop of a kernel comes before the other records, and is of a
/// boot before them.
#[test]
fn a_stop_of_the_kernel_among_boots_without_starts() {
    scenario(
        "
        log System WS1/System.evtx exported
        System  596  +0s     Kernel-General 13
        System  600  +100s   Winlogon 7001 alice session=1
        System  620  +4000s  Winlogon 7002 alice session=1
        ",
    )
    .boots("0  ?..?  log-end");
}

/// The desktop that was open at the re-validation may have ended among the missing records, with its boot,
/// and the user may have logged on again. A 4778 names the desktop.
#[test]
fn a_revalidation_after_missing_records() {
    let text = |missing: &str, after: &str| {
        format!(
            "
            Security  1..3  +0s      boot
            Security  4     +60s     4624 alice 0x50000 type=2
            Security  5     +3700s   4624 bob 0x65000 type=3
            {missing}
            Security  51    +7100s   4634 bob 0x65000
            Security  52    +7200s   4624 alice 0x70000 type=2
            Security  53    +7201.2s 4634 alice 0x70000 type=2
            {after}
            "
        )
    };
    let others = "0x50000  alice\n 0x65000  bob\n 0x70000  alice  revalidation";
    let gap = "Security  6..50  gap";
    scenario(&text(gap, "")).sessions(&format!("{others}  parent=none"));
    scenario(&text("", "")).sessions(&format!("{others}  parent=0x50000"));
    scenario(&text(gap, "Security  54  +7200.5s  4778 alice 0x50000 name=RDP-Tcp#1"))
        .sessions(&format!("{others}  parent=0x50000"));
}

/// Security begins within a session: a short logon at the console checks the password of a user whose desktop
/// was opened before. If the log has the start of the boot, no desktop was open.
#[test]
fn a_revalidation_whose_desktop_was_opened_before_the_log() {
    let text = |start: &str| {
        format!(
            "
            {start}
            Security  437  +500s    4624 bob 0x65000 type=3
            Security  438  +600s    4624 alice 0x70000 type=2
            Security  439  +601.2s  4634 alice 0x70000 type=2
            "
        )
    };
    scenario(&text("")).sessions("0x65000  bob\n 0x70000  alice  revalidation  parent=none");
    scenario(&text("Security  430..432  +0s  boot"))
        .sessions("0x65000  bob\n 0x70000  alice  desktop");
}

/// Security was cleared in the first second of a boot, and the clock was set back in a later boot, so that it
/// showed the same time again. The logon of the font driver of session 0 comes right after the start of
/// LSASS, and shows which boot it is.
#[test]
fn a_font_driver_says_when_its_boot_began() {
    scenario(
        "
        System    1   +0s      Kernel-General 12
        System    2   +9s      EventLog 6005
        System    20  +90s     EventLog 6006
        System    30  +95s     EventLog 6009
        System    31  +95s     EventLog 6005
        System    32  +92s     Kernel-General 13
        System    33  +93s     Kernel-General 12
        System    50  +200s    Kernel-General 1 from=+200s to=-28600s reason=1
        System    70  -20000s  Kernel-General 16 boundary
        System    80  +30000s  Kernel-General 16 boundary
        Security  54  +6s      4624 SYSTEM 0x3e7 type=5
        Security  58  +6.1s    4624 UMFD-0 0x4f574 type=2
        Security  59  +6.1s    4624 UMFD-1 0x4f545 type=2
        Security  70  +7s      4624 alice 0x55dbc type=3
        ",
    )
    .sessions("1/0x4f574  UMFD-0\n 1/0x4f545  UMFD-1\n 1/0x55dbc  alice");
}

/// An export without 4608, 4624 and 1100. The 4826 is the first record of a boot: the records before it are
/// of the boot before, however close they are.
#[test]
fn a_boot_begins_at_its_4826() {
    scenario(
        "
        log Security WS1/Security.evtx exported
        System    1     +0s     Kernel-General 12
        System    2     +9s     EventLog 6005
        System    20    +70s    EventLog 6006
        System    30    +80s    EventLog 6009
        System    31    +80s    EventLog 6005
        System    32    +71s    Kernel-General 13
        System    33    +75s    Kernel-General 12
        System    50    +200s   Kernel-General 16 boundary
        Security  3     +1s     4826
        Security  10    +4s     4902 0x4ede5
        Security  11..299  gap
        Security  300   +40s    4634 alice 0x50000 type=3
        Security  301..819  gap
        Security  820   +55s    4634 alice 0x60000 type=3
        Security  821..839  gap
        Security  840   +65s    4634 bob 0x70000 type=3
        Security  841..1152  gap
        Security  1153  +75.5s  4826
        Security  1167  +79s    4902 0x4ede5
        Security  1180  +90s    4634 carol 0x40000 type=3
        ",
    )
    .sessions("1/0x50000  alice\n 1/0x60000  alice\n 1/0x70000  bob\n 2/0x40000  carol");
}

/// Another boot may have begun among the missing records, in which the user logged on again: the 7002 may be
/// of that session.
#[test]
fn a_logoff_behind_missing_records_may_be_of_another_session() {
    let text = |missing: &str| {
        format!(
            "
            System  1    +0s     Kernel-General 12
            System  2    +9s     EventLog 6005
            System  132  +100s   Winlogon 7001 alice session=1
            {missing}
            System  230  +9000s  Winlogon 7002 alice session=1
            System  240  +9100s  Kernel-General 16 boundary
            LSM     1    +100.2s 21 alice session=1 address=LOCAL
            "
        )
    };
    scenario(&text("System  135..151  gap")).sessions(
        "-  alice  desktop  +100.2s..+9000s  initiated  low  flags=no-security-log,boot-uncertain",
    );
    scenario(&text(""))
        .sessions("-  alice  desktop  +100.2s..+9000s  initiated  medium  flags=no-security-log");
}

/// The same, if Security has the logon of the session.
#[test]
fn a_logoff_behind_missing_records_ends_no_session_of_security_for_certain() {
    let text = |missing: &str| {
        format!(
            "
            System  1    +0s     Kernel-General 12
            System  2    +9s     EventLog 6005
            System  132  +100.1s Winlogon 7001 alice session=1
            {missing}
            System  230  +9000s  Winlogon 7002 alice session=1
            System  240  +9100s  Kernel-General 16 boundary
            LSM     1    +100.2s 21 alice session=1 address=LOCAL
            Security  1..3  +8s     boot pid=640
            Security  10    +100s   4624 alice 0x50000 type=2
            Security  11    +3000s  4624 bob 0x60000 type=3
            Security  12    +3001s  4634 bob 0x60000 type=3
            "
        )
    };
    scenario(&text("System  135..151  gap"))
        .sessions("1/0x50000  alice  desktop  +100s..+9000s  initiated  low\n 1/0x60000  bob");
    scenario(&text(""))
        .sessions("1/0x50000  alice  desktop  +100s..+9000s  initiated  medium\n 1/0x60000  bob");
}

/// Security ends with the first record of boot 2, which the kernel writes before its 4826. System shows when
/// that boot began: alice was not seen after it.
#[test]
fn a_log_that_ends_with_the_first_records_of_the_next_boot() {
    let text = |last: &str| {
        format!(
            "
            Security  1..3  +5s      boot
            Security  4     +60s     4624 alice 0x50000 type=2
            Security  5     +800s    4624 bob 0x60000 type=3
            Security  6     +900s    4634 bob 0x60000
            Security  7     {last}   4688 boundary
            System    1     +0s      Kernel-General 12
            System    2     +9s      EventLog 6005
            System    30    +1010s   EventLog 6009
            System    31    +1010s   EventLog 6005
            System    33    +1000s   Kernel-General 12
            "
        )
    };
    let rows = |seen: &str| format!("0x50000  alice  ..>={seen}<=+1000s\n 0x60000  bob");
    scenario(&text("+1000.2s")).sessions(&rows("+900s"));
    scenario(&text("+950s")).sessions(&rows("+950s"));
}

/// The 4634 of two halves of a linked logon come right after a re-validation, and their 4624 are missing: they are
/// most likely of the same unlock, and not of the desktop that was unlocked.
#[test]
fn what_ends_with_a_revalidation_was_not_unlocked() {
    let parent = |ended: &str| {
        let seen = scenario(&format!(
            "
            Security  1..3    +0s         boot
            Security  5       +600s       4624 alice 0x50000 type=2
            Security  6..184  gap
            Security  185     +40000s     4624 alice 0x70000 type=7
            Security  186     +40000.02s  4634 alice 0x70000 type=7
            Security  187     {ended}     4634 alice 0x6a000 type=10
            Security  190     +90000s     4647 alice 0x50000
            "
        ));
        seen.session("0x70000").parent.map(|id| id.to_string())
    };
    assert_ne!(parent("+40000.2s").as_deref(), Some("0x6a000"));
    assert_eq!(
        parent("+50000s").as_deref(),
        Some("0x6a000"),
        "it was open for hours after the check"
    );
}

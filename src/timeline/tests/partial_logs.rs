//! Tests: what other channels say where Security begins within a session, or does not record a reconnection. The
//! expected results were worked out by hand from the records.

use super::scenario::scenario;

/// Security begins within the session of alice, and has its 4647. The logon and the client are in the other
/// channels. The 4647 names the same logoff, so it is one session.
#[test]
fn security_begins_within_a_desktop_that_other_channels_record() {
    scenario(
        "
        System    1    +0s       Kernel-General 12
        System    2    +8s       EventLog 6005
        System    10   +300s     Winlogon 7001 alice session=2
        LSM       1    +299.9s   21 alice session=2 address=10.0.0.5
        LSM       2    +2000s    24 alice session=2 address=10.0.0.5
        LSM       3    +3000s    25 alice session=2 address=10.0.0.9
        Security  500  +5000s    4624 dave 0x90000 type=3
        Security  501  +5100s    4634 dave 0x90000
        Security  502  +6000s    4647 alice 0x50000
        LSM       4    +6000.1s  23 alice session=2
        System    11   +6000.2s  Winlogon 7002 alice session=2
        Security  503  +7000s    4624 dave 0x91000 type=3
        ",
    )
    .sessions(
        "
        1/0x90000  dave
        1/0x50000  alice  remote-desktop  +299.9s..+6000s  initiated  start=inferred
            rdp  @10.0.0.5  +299.9s..+2000s
            rdp  @10.0.0.9  +3000s..+6000s
        1/0x91000  dave
        ",
    );
}

/// As before, but the session of alice that Security shows was at the console, and she has another one, over
/// Remote Desktop, that she never left: System would have its 7002. Its first record is before Security begins.
#[test]
fn an_open_session_is_not_taken_for_the_one_that_was_left() {
    scenario(
        "
        System    1    +0s       Kernel-General 12
        System    2    +8s       EventLog 6005
        System    10   +300s     Winlogon 7001 alice session=1
        LSM       1    +300s     21 alice session=1 address=LOCAL
        LSM       2    +3000s    21 alice session=2 address=10.0.0.5
        System    11   +3000.2s  Winlogon 7001 alice session=2
        Security  500  +8000s    4624 dave 0x80000 type=3
        Security  501  +8100s    4634 dave 0x80000
        Security  502  +9000s    4647 alice 0x50000
        LSM       4    +9000.1s  23 alice session=1
        System    12   +9000.2s  Winlogon 7002 alice session=1
        System    13   +12000s   EventLog 6013 uptime=12000
        Security  503  +12000s   4624 dave 0x91000 type=3
        ",
    )
    .sessions(
        "
        1/-        alice  remote-desktop  +3000s..  open  flags=before-security-log
            rdp  @10.0.0.5  +3000s..?
        1/0x80000  dave
        1/0x50000  alice  desktop  +300s..+9000s  initiated
            console  +300s..+9000s
        1/0x91000  dave
        ",
    );
}

/// An unlock with the address of a client is a reconnection if the desktop was attached elsewhere, and an unlock
/// if it was attached to that client. When the first client had left is not known, so the time in use is not either.
#[test]
fn a_client_that_reconnects_with_an_unlock() {
    let unlock_by = |address: &str| {
        format!(
            "
            Security  1..3  +0s      boot
            Security  10    +40s     4624 dora 0x50000 type=10 address=10.0.0.5
            Security  11    +900s    4800 dora 0x50000 session=2
            Security  12    +2000s   4624 dora 0x60000 type=7 address={address}
            Security  13    +2000.2s 4634 dora 0x60000
            Security  14    +2000.3s 4801 dora 0x50000 session=2
            Security  15    +3000s   4647 dora 0x50000
            "
        )
    };
    scenario(&unlock_by("10.0.0.99")).sessions(
        "
        1/0x50000  dora  remote-desktop  active=none
            rdp  @10.0.0.5   +40s..?
            rdp  @10.0.0.99  +2000s..?
        1/0x60000  dora  revalidation
        ",
    );
    scenario(&unlock_by("10.0.0.5")).sessions(
        "
        1/0x50000  dora  remote-desktop  active=1859.7s
            rdp  @10.0.0.5  +40s..+3000s
        1/0x60000  dora  revalidation
        ",
    );
    scenario(&unlock_by("127.0.0.1")).sessions(
        "
        1/0x50000  dora  remote-desktop  active=1859.7s
            rdp  @10.0.0.5  +40s..+3000s
        1/0x60000  dora  revalidation
        ",
    );
}

/// The client was gone at 12:00, as the Local Session Manager shows, although Security has no later record: the
/// session was still there then.
#[test]
fn a_crash_after_a_disconnection_that_only_the_session_manager_recorded() {
    scenario(
        "
        System    1     +0s      Kernel-General 12
        System    2     +8s      EventLog 6005
        Security  1..3  +5s      boot
        Security  10    +3000s   4624 dora 0x50000 type=10 address=10.0.0.5
        LSM       1     +3000.5s 21 dora session=2 address=10.0.0.5
        LSM       2     +3900s   24 dora session=2 address=10.0.0.5
        System    3     +4000s   EventLog 6013 uptime=4000
        System    4     +9000s   Kernel-General 12
        System    5     +9008s   EventLog 6008
        System    6     +9008s   EventLog 6005
        System    7     +9009s   Kernel-Power 41
        Security  11..13  +9005s  boot
        ",
    )
    .sessions("1/0x50000  dora  remote-desktop  +3000s..+3900s>=+3900s<=+9000s  crash");
}

/// A restart was asked for, and hours later the computer crashed: the request says nothing of the crash. One that
/// crashed while it shut down was asked to.
#[test]
fn a_request_long_before_a_crash() {
    let request_at = |time: &str| {
        let seen = scenario(&format!(
            "
            System  1   +0s      Kernel-General 12
            System  2   +8s      EventLog 6005
            System  10  {time}   User32 1074 process=explorer.exe code=0x0 kind=restart user=WS1\\alice
            System  11  +20000s  EventLog 6013 uptime=20000
            System  12  +30000s  Kernel-General 12
            System  13  +30008s  EventLog 6008
            System  14  +30008s  EventLog 6005
            System  15  +30009s  Kernel-Power 41
            "
        ));
        seen.boots("1  crash\n2");
        seen.boot(1).requested_by.clone()
    };
    assert_eq!(request_at("+2000s"), "");
    assert_eq!(request_at("+19900s"), "WS1\\alice");
}

/// The event log service was stopped and started again, and then the logs end. The computer went on: no boot
/// began, because no record is missing.
#[test]
fn a_service_that_was_stopped_and_started_again_before_the_logs_end() {
    let seen = scenario(
        "
        System    1     +0s       Kernel-General 12
        System    2     +8s       EventLog 6005
        Security  1..3  +5s       boot
        Security  10    +3000s    4624 dora 0x50000 type=2
        Security  11    +14400.2s 1100
        Security  12    +18000s   4624 dave 0x60000 type=3
        System    3     +14400s   EventLog 6006
        System    4     +14430s   EventLog 6009
        System    5     +14430s   EventLog 6005
        System    6     +14430s   EventLog 6013 uptime=14430
        System    7     +18030s   EventLog 6013 uptime=18030
        ",
    );
    seen.boots("1  log-end");
    seen.sessions("1/0x50000  dora  open\n1/0x60000  dave  open");
}

/// As before, but System ends, by a crash, before Security has the logoff: its 7002 may be lost, so that the session
/// that Security shows is the one that began at +3000 s.
#[test]
fn a_logoff_that_system_has_lost_in_a_crash() {
    let seen = scenario(
        "
        System    1    +0s       Kernel-General 12
        System    2    +8s       EventLog 6005
        System    11   +3000.2s  Winlogon 7001 alice session=2
        System    12   +8050s    EventLog 6013 uptime=8050
        Security  500  +8000s    4624 dave 0x80000 type=3
        Security  501  +8100s    4634 dave 0x80000
        Security  502  +9000s    4647 alice 0x50000
        System    13   +9600s    Kernel-General 12
        System    14   +9608s    EventLog 6008
        System    15   +9608s    EventLog 6005
        Security  503..505  +9605s  boot
        ",
    );
    seen.sessions(
        "
        1/0x80000  dave
        1/0x50000  alice  ..+9000s  initiated  start=before-log
        ",
    );
}

/// Security has only the 4634 of a session of type 2. Most such sessions are elevations or re-validations, so it is not
/// said to be a desktop, and the desktop that the Local Session Manager recorded has its own row, still open.
#[test]
fn a_termination_alone_is_no_desktop() {
    scenario(
        "
        System    1    +0s      Kernel-General 12
        System    2    +8s      EventLog 6005
        LSM       1    +300s    21 alice session=2 address=10.0.0.5
        System    10   +300.1s  Winlogon 7001 alice session=2
        Security  500  +8000s   4624 dave 0x80000 type=3
        Security  501  +8100s   4634 dave 0x80000
        Security  502  +9000s   4634 alice 0x50000 type=2
        System    13   +12000s  EventLog 6013 uptime=12000
        Security  503  +12000s  4624 dave 0x91000 type=3
        ",
    )
    .sessions(
        "
        1/-        alice  remote-desktop  +300s..  open
            rdp  @10.0.0.5  +300s..?
        1/0x80000  dave
        1/0x50000  alice  unknown  ?..+9000s  terminated
        1/0x91000  dave
        ",
    );
}

/// Security ends soon after the event log service was restarted, and none of its later records is by LSASS. System
/// shows the restart: the boot went on, and so did the desktop.
#[test]
fn a_restart_of_the_service_at_the_end_of_security() {
    scenario(
        "
        System    1     +0s      Kernel-General 12
        System    2     +8s      EventLog 6005
        Security  1..3  +8s      boot
        Security  10    +100s    4624 alice 0x50000 type=2
        Security  11    +5000s   1100
        System    10    +5000.1s EventLog 6006
        System    11    +5030s   EventLog 6009
        System    12    +5030s   EventLog 6005
        System    13    +5030s   EventLog 6013 uptime=5030
        Security  12    +5031s   4688 boundary
        System    14    +8600s   Kernel-Power 187 boundary
        ",
    )
    .boots("1  +0s  log-end  none")
    .sessions("1/0x50000  alice  desktop  +100s..  open");
}

/// A client disconnected from the desktop of alice, and an unlock that names no client follows: alice came back, and
/// nothing says whether to the console or by a client.
#[test]
fn a_revalidation_without_a_client_after_a_client_had_left() {
    scenario(
        "
        System    1     +0s       Kernel-General 12
        System    2     +8s       EventLog 6005
        System    10    +100.2s   Winlogon 7001 alice session=2
        Security  1..3  +5s       boot
        Security  10    +100s     4624 alice 0x50000 type=10 address=192.0.2.7
        LSM       1     +100.5s   21 alice session=2 address=192.0.2.7
        LSM       2     +1000s    24 alice session=2 address=192.0.2.7
        Security  11    +2000s    4624 alice 0x60000 type=7 address=127.0.0.1
        Security  12    +2000.1s  4634 alice 0x60000
        Security  13    +9000s    4647 alice 0x50000
        ",
    )
    .sessions(
        "
        1/0x50000  alice  remote-desktop  active=none
            rdp @192.0.2.7  +100s..+1000s
        1/0x60000  alice  revalidation
        ",
    );
}

/// The Local Session Manager records that alice left the console, and not that she came back. A re-validation at the
/// console shows that. When she left again is not known, so the time in use is not either. Where a 25 says when she came
/// back, the re-validation before it shows nothing; and where she had not left, it is an unlock.
#[test]
fn a_revalidation_at_the_console_after_a_disconnection() {
    let revalidated = |disconnected: &str, logon: &str, reconnected: &str| {
        scenario(&format!(
            "
            System    1     +0s       Kernel-General 12
            System    2     +8s       EventLog 6005
            System    10    +100.2s   Winlogon 7001 alice session=1
            Security  1..3  +5s       boot
            Security  10    +100s     4624 alice 0x50000 type=2 address=127.0.0.1
            LSM       1     +100.5s   21 alice session=1 address=LOCAL
            {disconnected}
            Security  11    +2000s    4624 alice 0x60000 {logon}
            Security  12    +2000.1s  4634 alice 0x60000
            {reconnected}
            Security  13    +9000s    4647 alice 0x50000
            "
        ))
    };
    let left = "LSM       2     +1000s    24 alice session=1 address=LOCAL";
    for logon in ["type=7 address=127.0.0.1", "type=2 address=::1", "type=11", "type=7 address=-"] {
        revalidated(left, logon, "").sessions(
            "
            1/0x50000  alice  desktop  active=none
                console  +100s..+1000s
                console  +2000s..?
            1/0x60000  alice  revalidation
            ",
        );
    }
    let back = "LSM       3     +2500s    25 alice session=1 address=LOCAL";
    revalidated(left, "type=7 address=127.0.0.1", back).sessions(
        "
        1/0x50000  alice  desktop  active=7400s
            console  +100s..+1000s
            console  +2500s..+9000s
        1/0x60000  alice  revalidation
        ",
    );
    revalidated("", "type=7 address=127.0.0.1", "").sessions(
        "
        1/0x50000  alice  desktop  active=none
            console  +100s..+9000s
        1/0x60000  alice  revalidation
        ",
    );
}

//! Tests: desktops and secondary logons: the purpose of a re-validation, changes of attachment that only one
//! log shows, the time in use across clock steps, and who asked for a session.

use super::scenario::scenario;

/// A 4801 names the session: an unlock. A 4778, or event 25 if Security does not audit it: a reconnect. A
/// re-validation that no such record follows is the online check of a cached logon.
#[test]
fn the_purpose_of_a_revalidation() {
    let seen = scenario(
        "
        Security  1..3  +0s       boot
        Security  10    +40s      4624 dora 0x50000 type=11
        Security  11    +40.2s    4624 dora 0x51000 type=7
        Security  12    +40.2s    4634 dora 0x51000
        Security  13    +600s     4624 dora 0x60000 type=7
        Security  14    +600.02s  4634 dora 0x60000
        Security  15    +600.03s  4801 dora 0x50000 session=1
        Security  16    +900s     4624 dora 0x70000 type=10
        Security  17    +901.9s   4778 dora 0x50000 name=RDP-Tcp#0 client=LAPTOP address=10.0.0.9
        Security  18    +903s     4634 dora 0x70000
        ",
    );
    seen.sessions(
        "
        1/0x50000  dora  desktop
        1/0x51000  dora  revalidation  flags=none
        1/0x60000  dora  revalidation  flags=unlock
        1/0x70000  dora  revalidation  flags=reconnect
        ",
    );
    assert_eq!(seen.session("0x60000").evidence[0].record_id, 15);

    scenario(
        "
        Security  1..3  +0s      boot
        Security  10    +40s     4624 dora 0x50000 type=2
        Security  16    +900s    4624 dora 0x70000 type=10
        Security  18    +903s    4634 dora 0x70000
        LSM       1     +40.2s   21 dora session=1 address=LOCAL
        LSM       2     +901.9s  25 dora session=1 address=10.0.0.9
        ",
    )
    .sessions(
        "
        1/0x50000  dora
        1/0x70000  dora  flags=reconnect
        ",
    );
}

/// The first desktop was left by the 4647 of its filtered half, with which its elevated half ended too. The next logon,
/// of three seconds, is no re-validation of it, but a desktop: Winlogon recorded one of its two sessions.
#[test]
fn a_linked_logon_ends_as_one_and_is_recorded_as_one() {
    scenario(
        "
        System    1      +0s       Kernel-General 12
        System    2      +10s      EventLog 6005
        System    20     +300s     Winlogon 7001 dave session=1
        System    21     +560s     Winlogon 7002 dave session=1
        System    30     +9000s    Winlogon 7001 dave session=2
        System    31     +9003.1s  Winlogon 7002 dave session=2
        Security  1..3   +5s       boot
        Security  10     +300s     4624 dave 0x50000 type=2 pair=0x50010 elevated
        Security  11     +300s     4624 dave 0x50010 type=2 pair=0x50000 filtered
        Security  12     +560s     4647 dave 0x50010
        Security  20     +9000s    4624 dave 0x60000 type=2 pair=0x60010 elevated
        Security  21     +9000s    4624 dave 0x60010 type=2 pair=0x60000 filtered
        Security  22     +9003s    4634 dave 0x60010
        Security  23     +9003s    4634 dave 0x60000
        ",
    )
    .sessions(
        "
        1/0x50000  dave  desktop  inherited   parent=none
        1/0x50010  dave  desktop  initiated   parent=none
        1/0x60000  dave  desktop  terminated  parent=none
        1/0x60010  dave  desktop  terminated  parent=none
        ",
    );
}

/// A desktop of nine seconds, whose 4647 was never written, has an online check as its re-validation. The two
/// sessions of its linked logon are no re-validations of each other, and a re-validation never belongs to
/// another one.
#[test]
fn a_short_desktop_has_revalidations_of_its_own() {
    let seen = scenario(
        "
        Security  1..3  +0s      boot
        Security  10    +40s     4624 dora 0x50000 type=11 pair=0x50010 elevated
        Security  11    +40s     4624 dora 0x50010 type=11 pair=0x50000 filtered
        Security  12    +40.2s   4624 dora 0x51000 type=7
        Security  13    +40.2s   4634 dora 0x51000
        # Unlocked after five seconds: a cached logon and its online check, both of the desktop.
        Security  14    +45s     4624 dora 0x52000 type=11
        Security  15    +45.1s   4624 dora 0x53000 type=7
        Security  16    +45.1s   4634 dora 0x53000
        Security  17    +45.2s   4634 dora 0x52000
        Security  18    +49s     4634 dora 0x50010
        Security  19    +49s     4634 dora 0x50000
        # The desktop is gone: a check of nothing that the log knows.
        Security  20    +60s     4624 dora 0x54000 type=7
        Security  21    +60.02s  4634 dora 0x54000
        ",
    );
    seen.sessions(
        "
        1/0x50000  dora  desktop       parent=none
        1/0x50010  dora  desktop       parent=none
        1/0x51000  dora  revalidation  parent=0x50010
        1/0x52000  dora  revalidation  parent=0x50010
        1/0x53000  dora  revalidation  parent=0x50010
        1/0x54000  dora  revalidation  parent=none
        ",
    );
    assert_eq!(seen.session("0x50010").incidents.len(), 3);
}

/// The 4624 of a desktop is lost; its Logon ID shows whether it began before or after the re-validation. If
/// after it, the re-validation belongs to another desktop, even if that one has ended by now.
#[test]
fn a_desktop_without_its_logon_and_a_revalidation() {
    let parent = |lost: &str| {
        let seen = scenario(&format!(
            "
            Security  1..3  +0s       boot
            Security  10    +40s      4624 dora 0x50000 type=2
            Security  11    +600s     4624 dora 0x60000 type=7
            Security  12    +600.02s  4634 dora 0x60000
            Security  13    +700s     4647 dora 0x50000
            Security  14    +900s     4647 dora {lost}
            "
        ));
        seen.session("0x60000").parent.map(|id| id.to_string())
    };
    assert_eq!(parent("0x70000").as_deref(), Some("0x50000"), "it began after the check");
    assert_eq!(parent("0x58000").as_deref(), Some("0x58000"), "it began last before the check");
}

/// Security shows the disconnection, and the Local Session Manager shows the disconnection and the
/// reconnection: each counts once. If 24 is missing too, 40 shows it; reason 12 is a logoff.
#[test]
fn changes_of_attachment_in_one_log() {
    // The 4624 of a desktop names the computer itself as its workstation; 4779 names the client.
    // In use for 60 s and 200 s.
    scenario(
        "
        Security  1..3  +0s       boot
        Security  10    +40s      4624 dora 0x50000 type=10 client=WS1 address=10.0.0.9
        Security  11    +100s     4779 dora 0x50000 name=RDP-Tcp#0 client=LAPTOP address=10.0.0.9
        Security  12    +1000s    4647 dora 0x50000
        LSM       1     +40.2s    21 dora session=2 address=10.0.0.9
        LSM       2     +99.9s    40 session=2 reason=11
        LSM       3     +100.1s   24 dora session=2 address=10.0.0.9
        LSM       4     +300s     25 dora session=2 address=10.0.0.8
        LSM       5     +500s     40 session=2 reason=0
        LSM       6     +999s     40 session=2 reason=12
        LSM       7     +1000.1s  23 dora session=2
        ",
    )
    .sessions(
        "
        1/0x50000  dora  active=260s  incidents=disconnected,reconnected,disconnected
            rdp  LAPTOP@10.0.0.9  +40s..+100s
            rdp  @10.0.0.8        +300s..+500s
        ",
    );
}

/// The full log of the Local Session Manager lost the 23. By reason 12 the user had logged off, so the
/// connection that is lost after that is no change of attachment.
#[test]
fn a_logoff_known_by_its_reason_alone() {
    let seen = scenario(
        "
        Security  1..3  +0s       boot
        Security  10    +40s      4624 dora 0x50000 type=10
        Security  12    +1000s    4647 dora 0x50000
        System    1     +0s       Kernel-General 12
        System    2     +40.1s    Winlogon 7001 dora session=2
        LSM       8     +1000.2s  40 session=2 reason=12
        LSM       9     +1000.3s  24 dora session=2 address=10.0.0.9
        ",
    );
    seen.sessions(
        "
        1/0x50000  dora  active=none  incidents=none
            rdp  @  +40s..+1000s
        ",
    );
}

/// A session that only a 4647 shows was a desktop, at the console or remote. A 4779 shows from which client
/// it was disconnected.
#[test]
fn no_attachment_without_a_record() {
    scenario(
        "
        Security  50  +100s  4647 dora 0x50000
        Security  51  +200s  4779 dora 0x60000 name=RDP-Tcp#3 client=LAPTOP address=10.0.0.9
        ",
    )
    .sessions(
        "
        0/0x50000  dora  attachments=none
        0/0x60000  dora
            rdp  LAPTOP@10.0.0.9  ?..+200s
        ",
    );
}

/// The clock was set back by an hour while the desktop was locked: 100 s in use, 200 s locked (100 s before
/// the step and 100 s after it), 50 s in use.
#[test]
fn time_in_use_across_a_step() {
    // The unlock happened after the lock, whatever the clock showed.
    scenario(
        "
        Security  1..3  +3600s  boot
        Security  10    +3700s  4624 dora 0x50000 type=2
        Security  11    +3800s  4800 dora 0x50000 session=1
        Security  12    +300s   4616 from=+3900s to=+300s
        Security  13    +400s   4801 dora 0x50000 session=1
        Security  14    +450s   4647 dora 0x50000
        ",
    )
    .sessions("1/0x50000  dora  active=150s  corrected=350s  incidents-by=11,13");
}

/// Windows 7: the 4616 gives local text, and a Kernel-General 1 of the same moment says by how much the clock
/// was set. At a resume, the time by which the clock is set really passed, whether the record gives a reason
/// (2) or not.
#[test]
fn steps_by_either_record() {
    scenario(
        "
        Security  1..3  +5s       boot
        Security  10    +60s      4624 dora 0x50000 type=2
        Security  11    +7300s    4616
        Security  12    +90000s   4647 dora 0x50000
        System    1     +0s       Kernel-General 12
        System    2     +7300.2s  Kernel-General 1 from=+100.2s to=+7300.2s
        System    3     +8000s    Kernel-Power 42 target=4 effective=4
        System    4     +80000s   Kernel-General 1 from=+8000s to=+80000s
        System    5     +85000s   Kernel-General 1 from=+81000s to=+85000s reason=2
        ",
    )
    .sessions("1/0x50000  dora  correction=7200s")
    .findings("clock-step");
}

/// Only Kernel-Power 107 is left of a sleep: the next clock change after it is no step, and a later one is.
#[test]
fn a_resume_without_its_sleep() {
    scenario(
        "
        Security  1..3  +5s       boot
        Security  10    +60s      4624 dora 0x50000 type=2
        Security  12    +90000s   4647 dora 0x50000
        System    1     +0s       Kernel-General 12
        System    3     +8000.4s  Kernel-Power 107 target=4 effective=4
        System    4     +80000s   Kernel-General 1 from=+8000s to=+80000s
        System    5     +85000s   Kernel-General 1 from=+81000s to=+85000s
        ",
    )
    .sessions("1/0x50000  dora  correction=4000s")
    .findings("clock-step");
}

/// The clock was set back by an hour between the last record of a session and the crash: the session may have
/// ended before or after the step. The clock of the next boot was an hour slow until it was corrected: the
/// crash was no later than the start of that boot by the corrected clock.
#[test]
fn bounds_across_steps() {
    scenario(
        "
        Security  1..3    +5s     boot
        Security  10      +4000s  4624 dora 0x50000 type=2
        Security  11      +500s   4616 from=+4100s to=+500s
        Security  12..14  +700s   boot
        Security  16      +4310s  4616 from=+710s to=+4310s
        Security  17      +4400s  4624 fred 0x60000 type=3
        Security  18      +4401s  4634 fred 0x60000
        ",
    )
    .sessions(
        "
        1/0x50000  dora  ..+500s>=+500s<=+4300s  epoch-end
        2/0x60000  fred  +4400s..+4401s          terminated
        ",
    );
}

/// Who asked for a session: runas and NewCredentials by the Secondary Logon service, a prompt by consent.exe.
/// Windows Setup asks for itself.
#[test]
fn parents_of_secondary_logons() {
    let consent = r"program=C:\Windows\System32\consent.exe";
    let setup = r"program=C:\Windows\System32\oobe\msoobe.exe";
    scenario(&format!(
        "
        Security  1..3  +0s     boot
        Security  10    +40s    4624 dora 0x50000 type=2
        Security  11    +50s    4624 admin 0x60000 type=2 seclogo subject-id=0x50000
        Security  12    +51s    4624 dora 0x61000 type=9 seclogo subject-id=0x50000
        Security  13    +52s    4624 admin 0x62000 type=2 CredPro subject-id=0x50000 {consent}
        Security  14    +53s    4624 dora 0x63000 type=2 Advapi {setup}
        Security  15    +5000s  4634 admin 0x60000
        "
    ))
    .sessions(
        "
        1/0x50000  dora   desktop
        1/0x60000  admin  secondary  parent=0x50000
        1/0x61000  dora   secondary  parent=0x50000
        1/0x62000  admin  elevation  parent=0x50000
        1/0x63000  dora   auxiliary  parent=none
        ",
    );
}

/// The SID of a window manager has the number of its Terminal Services session.
#[test]
fn window_managers_by_their_sid() {
    scenario(
        "
        Security  1..3  +0s  boot
        Security  10    +4s  4624 DWM-2 0xd000 type=2
        ",
    )
    .sessions("1/0xd000  DWM-2  window-manager  flags=terminal-session-2  attachments=none");
}

/// System has the start of the boot, and Security begins within the boot: its sessions began before the log.
/// If Security has the 4608, a missing 4624 is an anomaly.
#[test]
fn before_the_log_or_missing() {
    let seen = |booted: &str| {
        scenario(&format!(
            "
            {booted}
            Security  50  +3000s  4624 fred 0x60000 type=3
            Security  51  +3001s  4634 dora 0x50000
            System    1   +0s     Kernel-General 12
            System    2   +12s    EventLog 6005
            "
        ))
    };
    seen("")
        .sessions("1/0x60000  fred\n 1/0x50000  dora  start=before-log")
        .findings("no logon-missing");
    seen("Security  1..3  +5s  boot")
        .sessions("1/0x60000  fred\n 1/0x50000  dora  start=missing-4624")
        .findings("logon-missing");
}

/// 1104: the log was full, so later ends are not in it. 1101 within a boot: a 4634 may be among the dropped
/// events.
#[test]
fn what_the_log_could_not_hold() {
    let seen = |event_id: u16| {
        scenario(&format!(
            "
            Security  1..3    +5s     boot
            Security  10      +60s    4624 dora 0x50000 type=3
            Security  11      +61s    4624 fred 0x60000 type=3
            Security  12      +62s    4634 fred 0x60000
            Security  13      +500s   {event_id}
            Security  14      +900s   1100
            Security  15..17  +1000s  boot
            "
        ))
    };
    let fred = "1/0x60000  fred  +61s..+62s  terminated";
    seen(1104).sessions(&format!("1/0x50000  dora  censored\n {fred}")).findings("log-full");
    seen(1101).sessions(&format!("1/0x50000  dora  lost\n {fred}")).findings("audit-dropped");
}

/// Conditions that are true for every undamaged log, each violated once.
#[test]
fn self_checks() {
    let faults = |more: &str, findings: &str| {
        scenario(&format!(
            "
            Security  1..3  +5s   boot
            Security  10    +60s  4624 dora 0x50000 type=2
            {more}
            "
        ))
        .findings(findings);
    };
    let (sound, broken) = ("no self-check", "self-check");
    faults("Security  11  +70s  4647 dora 0x50000", sound);
    // A 4647 of a network session.
    faults(
        "
        Security  11  +61s  4624 dora 0x51000 type=3
        Security  12  +70s  4647 dora 0x51000
        ",
        broken,
    );
    // Windows allocates Logon IDs before it audits them.
    faults("Security  11  +61s  4624 fred 0x4fff0 type=3", sound);
    // NETWORK SERVICE logs on once per boot.
    faults("Security  11  +61s  4624 svc 0x3e4 type=5", sound);
    faults(
        "
        Security  11  +61s  4624 svc 0x3e4 type=5
        Security  12  +62s  4624 svc 0x3e4 type=5
        ",
        broken,
    );
}

/// A session that began before the log is first named by the logon of a program, and then it is locked, so it
/// is a desktop. The 7001 of the same account is no second session, although it has no name, and the record
/// that names the session has no SID.
#[test]
fn a_named_session_that_is_locked_is_a_desktop() {
    scenario(
        "
        System    1    +0s      Kernel-General 12
        System    3    +10s     EventLog 6005
        System    22   +100s    Winlogon 7001 user2 session=2
        System    90   +9990s   Kernel-Power 187 boundary
        Security  172  +5000s   4624 svc 0x76e2e type=2 seclogo subject=user2 subject-id=0x28c4e
        Security  173  +5100s   4800 user2 0x28c4e session=2
        Security  181  +6000s   4801 user2 0x28c4e session=2
        ",
    )
    .sessions(
        "
        0x76e2e  svc    secondary
        0x28c4e  user2  desktop
        ",
    );
}

/// A screen saver is reported, and it is no lock: it does not interrupt the time in use, and alone it does
/// not show that locks are audited.
#[test]
fn a_screen_saver_is_no_lock() {
    scenario(
        "
        Security  1..3  +5s    boot
        Security  10    +60s   4624 dora 0x50000 type=2
        Security  11    +100s  4802 dora 0x50000 session=1
        Security  12    +160s  4803 dora 0x50000 session=1
        Security  13    +200s  4800 dora 0x50000 session=1
        Security  14    +300s  4801 dora 0x50000 session=1
        Security  15    +460s  4647 dora 0x50000
        Security  20    +500s  4624 erin 0x60000 type=2
        Security  21    +560s  4802 erin 0x60000 session=2
        Security  22    +600s  4803 erin 0x60000 session=2
        Security  23    +700s  4647 erin 0x60000
        ",
    )
    .sessions(
        "
        1/0x50000  dora  active=300s  incidents=screen-saver-on,screen-saver-off,locked,unlocked
        1/0x60000  erin  active=none  incidents=screen-saver-on,screen-saver-off
        ",
    );
}

//! Tests: desktops: re-validations, Remote Desktop, locks, sessions without a Security log.

use super::scenario::{account, scenario};

/// The takeover of a console session over Remote Desktop, line by line as in the table of a real one (4776
/// does not matter for sessions). The new linked logon of type 10 lasts three seconds and only connects the
/// client to the old session, as the temporary session 2 does.
#[test]
fn remote_desktop_takes_over_the_console() {
    // In use: 100.61 s at the desktop minus 1.51 s between disconnection and reconnection. The desktops are
    // the two sessions of one linked logon; session 2, the 1149 and the other logs make no session.
    scenario(
        "
        Security  1..3  +0s       boot
        Security  8     +5s       4624 DWM-1 0xc0d1 type=2
        Security  10    +40s      4624 dora 0x513a0 type=2 pair=0x513da elevated
        Security  11    +40s      4624 dora 0x513da type=2 pair=0x513a0 filtered
        Security  20    +125.57s  4776 boundary
        Security  21    +125.57s  4624 dora 0xa48ec type=3
        Security  22    +126.23s  4624 UMFD-2 0xa9d04 type=2
        Security  23    +126.23s  4624 DWM-2 0xaa5f7 type=2
        Security  24    +128.19s  4648 SYSTEM 0x3e7 as=dora server=localhost
        Security  25    +128.19s  4624 dora 0xae31a type=10 pair=0xae330 elevated
        Security  26    +128.19s  4624 dora 0xae330 type=10 pair=0xae31a filtered
        Security  27    +128.54s  4779 dora 0x513da name=Console client=Unknown
        Security  28    +130.05s  4778 dora 0x513da name=RDP-Tcp#0 client=LAPTOP address=10.0.0.9
        Security  29    +131.13s  4634 dora 0xae330
        Security  30    +131.13s  4634 dora 0xae31a
        Security  31    +131.50s  4634 DWM-2 0xaa5f7
        Security  32    +140.61s  4647 dora 0x513da
        Security  33    +140.80s  4634 DWM-1 0xc0d1
        Security  34    +141.16s  4634 dora 0xa48ec
        System    1     +140.74s  Winlogon 7002 dora session=1
        RCM       1     +125.61s  1149 dora address=10.0.0.9
        LSM       1     +128.20s  41 dora session=2
        LSM       2     +128.43s  40 session=1 reason=5
        LSM       3     +128.54s  24 dora session=1 address=LOCAL
        LSM       4     +130.05s  25 dora session=1 address=10.0.0.9
        LSM       5     +140.64s  23 dora session=1
        LSM       6     +140.85s  40 session=1 reason=12
        LSM       7     +140.86s  24 dora session=1 address=10.0.0.9
        ",
    )
    .sessions(
        "
        1/0xc0d1   DWM-1   window-manager
        1/0x513a0  dora    desktop
        1/0x513da  dora    desktop  initiated  active=99.1s
            incidents=revalidated,disconnected,reconnected  confirmed-by=23#5,7002#1  lags=0.03s,0.13s
            console                   +40s..+128.54s
            rdp      LAPTOP@10.0.0.9  +130.05s..+140.61s
        1/0xa48ec  dora    network
        1/0xa9d04  UMFD-2  window-manager
        1/0xaa5f7  DWM-2   window-manager
        1/0xae31a  dora    revalidation  parent=0x513da
        1/0xae330  dora    revalidation  parent=0x513da
        ",
    );
}

/// A type 7 logon, or a short linked logon of type 2, is an unlock of the open session. Without an open
/// session it is a session, however short.
#[test]
fn unlocks_are_revalidations() {
    // fred has no other session, and 30 s are a session.
    scenario(
        "
        Security  1..3  +0s        boot
        Security  10    +40s       4624 dora 0x50000 type=2
        Security  11    +600s      4624 dora 0x60000 type=7
        Security  12    +600.02s   4634 dora 0x60000
        Security  13    +900s      4624 dora 0x70000 type=2
        Security  14    +900.002s  4634 dora 0x70000
        Security  15    +950s      4624 fred 0x80000 type=2
        Security  16    +955s      4634 fred 0x80000
        Security  17    +960s      4624 dora 0x90000 type=2
        Security  18    +990s      4634 dora 0x90000
        ",
    )
    .sessions(
        "
        1/0x50000  dora  incidents=revalidated,revalidated
        1/0x60000  dora  revalidation  parent=0x50000
        1/0x70000  dora  revalidation  parent=0x50000
        1/0x80000  fred  desktop
        1/0x90000  dora  desktop
        ",
    );
}

/// Locked and disconnected time counts once where it overlaps.
#[test]
fn time_in_use() {
    // Away from 100 to 300 and from 400 to 450.
    scenario(
        "
        Security  1..3  +0s     boot
        Security  10    +0s     4624 dora 0x50000 type=10
        Security  11    +100s   4800 dora 0x50000 session=1
        Security  12    +150s   4779 dora 0x50000 name=RDP-Tcp#1 client=L address=10.0.0.9
        Security  13    +300s   4778 dora 0x50000 name=RDP-Tcp#2 client=L address=10.0.0.9
        Security  14    +400s   4800 dora 0x50000 session=1
        Security  15    +450s   4801 dora 0x50000 session=1
        Security  16    +1000s  4647 dora 0x50000
        ",
    )
    .sessions("1/0x50000  dora  remote-desktop  active=750s");
}

/// Attachments by the Local Session Manager if Security does not audit reconnections. Its records confirm
/// logon and logoff, with their lag.
#[test]
fn the_session_manager_fills_in() {
    scenario(
        "
        Security  1..3  +0s       boot
        Security  10    +40s      4624 dora 0x50000 type=2
        Security  20    +500s     4647 dora 0x50000
        LSM       1     +40.01s   41 dora session=1
        LSM       2     +40.25s   21 dora session=1 address=LOCAL
        LSM       3     +100s     24 dora session=1 address=LOCAL
        LSM       4     +160s     25 dora session=1 address=10.0.0.9
        LSM       5     +500.03s  23 dora session=1
        LSM       6     +500.04s  24 dora session=1 address=10.0.0.9
        ",
    )
    .sessions(
        "
        1/0x50000  dora  confirmed-by=41#1,21#2,23#5  lags=0.01s,0.25s,0.03s
            console         +40s..+100s
            rdp  @10.0.0.9  +160s..+500s
        ",
    );
}

/// Two records of one kind may confirm a logon: the nearest one does.
#[test]
fn the_nearest_record_confirms_a_logon() {
    scenario(
        "
        Security  1..3  +0s      boot
        Security  10    +40s     4624 dora 0x50000 type=2
        LSM       1     +40.25s  21 dora session=1 address=LOCAL
        LSM       2     +50s     21 dora session=2 address=10.0.0.9
        ",
    )
    .sessions("1/0x50000  dora  confirmed-by=21#1  lags=0.25s");
}

/// Without Security there are no Logon IDs, but 7001 and 21, 7002 and 23 show who was there and when.
#[test]
fn sessions_without_a_security_log() {
    // Two channels, one session.
    let seen = scenario(
        "
        System  1   +0s      Kernel-General 12
        System  2   +12s     EventLog 6005
        System  10  +40s     Winlogon 7001 dora session=1
        System  20  +500s    Winlogon 7002 dora session=1
        LSM     2   +40.25s  21 dora session=1 address=10.0.0.9
        LSM     5   +499.9s  23 dora session=1
        ",
    );
    seen.sessions(
        "1/-  dora  remote-desktop  ..+499.9s  medium  start=inferred  4647=none  4634=none",
    );
    assert_eq!(seen.session("-").account.sid, account("dora").sid);
}

/// The logs begin after the start of a boot, which they do not show. The number 3 was dora's in that boot, of
/// which only a disconnection is left. In the next boot, whose start is lost too, she logs on with the same
/// number: the disconnection is not of her new desktop.
#[test]
fn a_number_of_which_only_a_move_is_left() {
    scenario(
        "
        Security  1  +5000s    4624 dora 0x50000 type=10
        LSM       1  +4990s    24 dora session=3 address=10.0.0.9
        LSM       2  +5000.5s  21 dora session=3 address=10.0.0.9
        LSM       3  +5600s    24 dora session=3 address=10.0.0.9
        ",
    )
    .sessions(
        "
        0/0x50000  dora  incidents-by=3
            rdp  @10.0.0.9  +5000s..+5600s
        ",
    );
}

/// Security begins within a boot. dora's desktop had ended before, so only the other channels show it. erin
/// was still there, and Security has the end of her session: it has one row.
#[test]
fn sessions_before_the_security_log() {
    scenario(
        "
        Security  100  +5000s  4624 alice 0x60000 type=3
        Security  101  +6000s  4647 erin 0x50000
        System    1    +0s     Kernel-General 12
        System    2    +12s    EventLog 6005
        System    3    +5500s  Kernel-General 1 boundary
        LSM       1    +40s    21 dora session=1 address=LOCAL
        LSM       2    +900s   23 dora session=1
        LSM       3    +1000s  21 erin session=2 address=LOCAL
        LSM       4    +6001s  23 erin session=2
        ",
    )
    .sessions(
        "
        1/-        dora   ..+900s  start=inferred  flags=before-security-log
        1/0x60000  alice
        1/0x50000  erin
        ",
    );
}

/// Security begins after the clock of boot 2 was set back by four months. So its first record says nothing
/// about the times before that step, and the session at +2200 s is of boot 1, whose 6005 alone is left.
#[test]
fn a_session_before_a_boot_in_which_security_begins_after_a_clock_step() {
    let seen = scenario(
        "
        System    1    +2000s        EventLog 6009
        System    2    +2000s        EventLog 6005
        LSM       27   +2200s        21 frank session=2 address=10.0.0.13
        LSM       28   +2600s        23 frank session=2
        System    5    +3000s        Kernel-General 12
        System    6    +3008s        EventLog 6008
        System    7    +3008s        EventLog 6005
        System    9    +3001s        Kernel-Power 41
        System    10   +4000s        Winlogon 7001 carol session=2
        LSM       36   +4000.2s      21 carol session=2 address=10.0.0.10
        System    11   -10363000s    Kernel-General 1 from=+5000s to=-10363000s reason=1
        Security  245  -10362000s    4624 dave 0x50000 type=3
        Security  246  -10361900s    4634 dave 0x50000
        LSM       40   -10361000s    23 carol session=2
        System    12   -10360999.9s  Winlogon 7002 carol session=2
        Security  247  -10360900s    1100
        System    13   -10360900s    EventLog 6006
        System    14   -10360000s    Kernel-General 12
        System    15   -10359992s    EventLog 6005
        Security  248..250  -10359995s  boot
        ",
    );
    seen.sessions(
        "
        1/-  frank  remote-desktop  +2200s..+2600s  initiated
        2/-  carol  remote-desktop  +4000.2s..-10361000s  initiated  corrected=2999.8s
        2/0x50000  dave  network
        ",
    );
}

/// Each row of a session names the client that was attached at that moment: the console has none, and a second
/// client is not the one of the logon.
#[test]
fn each_incident_names_the_client_that_was_attached() {
    let seen = scenario(
        "
        Security  1..3  +0s     boot
        Security  10    +40s    4624 dora 0x50000 type=10 address=192.0.2.7
        Security  11    +100s   4800 dora 0x50000 session=1
        Security  12    +200s   4779 dora 0x50000 name=RDP-Tcp#0 client=DESK address=192.0.2.7
        Security  13    +300s   4624 dora 0x70000 type=10 address=198.51.100.9
        Security  14    +301s   4778 dora 0x50000 name=RDP-Tcp#1 client=LAPTOP address=198.51.100.9
        Security  15    +302s   4634 dora 0x70000
        Security  16    +400s   4801 dora 0x50000 session=1
        Security  17    +500s   4779 dora 0x50000 name=RDP-Tcp#1 client=LAPTOP address=198.51.100.9
        Security  18    +600s   4800 dora 0x50000 session=1
        Security  19    +700s   4778 dora 0x50000 name=Console client=WS01 address=LOCAL
        ",
    );
    let incidents = seen.session("0x50000").incidents.iter();
    let told: Vec<String> = incidents
        .map(|one| {
            let client = &one.client;
            let record = one.moment.record.record_id;
            format!("{record} {} {}@{}", one.kind.word(), client.workstation, client.ip)
        })
        .collect();
    assert_eq!(
        told,
        [
            "11 locked @192.0.2.7",
            "12 disconnected DESK@192.0.2.7",
            "13 revalidated @198.51.100.9",
            "14 reconnected LAPTOP@198.51.100.9",
            "16 unlocked LAPTOP@198.51.100.9",
            "17 disconnected LAPTOP@198.51.100.9",
            "18 locked @",
            "19 reconnected @",
        ]
    );
}

/// The first logon of a user takes a minute and a half until the 21: the profile is made. Number 2 was not given to
/// anybody else, so it is the session of the 41 and of the 7001, and the client that came later is its client.
#[test]
fn a_logon_whose_21_waits_for_the_profile() {
    scenario(
        "
        Security  1..3  +0s       boot
        Security  10    +100s     4624 alice 0x50000 type=2
        System    10    +100.5s   Winlogon 7001 alice session=2
        LSM       1     +100.2s   41 alice session=2
        LSM       2     +190s     21 alice session=2 address=LOCAL
        LSM       3     +1000s    24 alice session=2 address=LOCAL
        LSM       4     +2000s    25 alice session=2 address=10.0.0.9
        Security  20    +3000s    4647 alice 0x50000
        LSM       5     +3000.1s  23 alice session=2
        ",
    )
    .sessions(
        "
        1/0x50000  alice  +100s..+3000s  initiated
            console  +100s..+1000s
            rdp  @10.0.0.9  +2000s..+3000s
        ",
    );
}

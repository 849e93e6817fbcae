//! Cases that were wrong on real logs or after a report, each by its number in `docs/validation.md`.

use super::scenario::scenario;

/// The Local Session Manager writes LOCAL in the language of Windows. Only an IP address is that of a
/// client: everything else is the console.
#[test]
fn local_in_the_language_of_windows_is_the_console() {
    for local in ["LOCAL", "YEREL", "ローカル", "ЛОКАЛЬНЫЕ"] {
        let seen = scenario(&format!(
            "
            System  1  +0s     Kernel-General 12
            LSM     1  +30s    21 dora session=1 address={local}
            LSM     2  +600s   24 dora session=1 address={local}
            LSM     3  +700s   25 dora session=1 address=192.0.2.7
            LSM     4  +900s   23 dora session=1
            "
        ));
        seen.sessions(
            "
            1/-  dora  desktop
                console             +30s..+600s
                rdp      @192.0.2.7 +700s..+900s
            ",
        );
    }
}

/// An empty address shows nothing. A type 10 logon that re-validated the user shows from where the
/// reconnection came.
#[test]
fn an_empty_address_says_nothing() {
    let with = |more: &str| {
        scenario(&format!(
            "
            Security  1..3  +5s    boot
            Security  9     +30s   4624 dora 0x50000 type=2
            {more}
            LSM       1     +30.1s 21 dora session=1 address=LOCAL
            LSM       2     +600s  24 dora session=1 address=LOCAL
            LSM       3     +702s  25 dora session=1
            LSM       4     +900s  23 dora session=1
            "
        ))
    };
    with(
        "
        Security  20    +700s  4624 dora 0x60000 type=10 address=0.0.0.0
        Security  21    +703s  4634 dora 0x60000
        Security  30    +900s  4647 dora 0x50000
        ",
    )
    .sessions(
        "
        1/0x50000  dora  desktop
            console         +30s..+600s
            rdp  @0.0.0.0   +702s..+900s
        1/0x60000  dora  revalidation  parent=0x50000
        ",
    );
    with("Security  30    +900s  4647 dora 0x50000").sessions(
        "
        1/0x50000  dora  desktop
            console         +30s..+600s
        ",
    );
}

/// An IP address is a client even if it has a zone, brackets or a port, or is that of this computer
/// itself (a tunnel).
#[test]
fn an_ip_address_is_a_client() {
    for address in
        ["192.0.2.7", "192.0.2.7:3389", "fe80::1%5", "[fe80::1%5]:3389", "127.0.0.1", "::1"]
    {
        let seen = scenario(&format!(
            "
            System  1  +0s     Kernel-General 12
            LSM     1  +30s    21 dora session=2 address={address}
            LSM     2  +900s   23 dora session=2
            "
        ));
        seen.sessions(&format!(
            "
            1/-  dora  remote-desktop
                rdp  @{address}  +30s..+900s
            "
        ));
    }
}

/// A 7001 says that somebody logged on, but not where: five sessions at once on a cloud server are not
/// five people at one console.
#[test]
fn winlogon_alone_says_neither_console_nor_client() {
    let seen = scenario(
        "
        System  1  +0s     Kernel-General 12
        System  2  +2s     EventLog 6005
        System  3  +40s    Winlogon 7001 alice session=2
        System  4  +50s    Winlogon 7001 bob session=3
        System  5  +500s   Winlogon 7002 alice session=2
        ",
    );
    assert_eq!(seen.host().sessions.len(), 2);
    assert!(seen.host().sessions.iter().all(|session| session.attachments.is_empty()));
}

/// Winlogon repeats a request for a shutdown a second later, under SYSTEM and without a reason: the
/// record before says who asked.
#[test]
fn a_repeated_shutdown_request_is_not_who_asked() {
    let boot = |first: &str, echo_code: &str, later: &str| {
        scenario(&format!(
            "
            System  1   +0s     Kernel-General 12
            System  2   +2s     EventLog 6005
            System  83  +500s   User32 1074 {first}
            System  84  +{later}s User32 1074 process=C:\\Windows\\system32\\winlogon.exe code={echo_code} user=NT_AUTHORITY\\SYSTEM
            System  90  +518s   EventLog 6006
            "
        ))
    };
    let agent = "process=agent.exe code=0x80020000 kind=restart user=WS1\\alice";
    let asked = |first: &str, code: &str, later: &str| {
        let seen = boot(first, code, later);
        let boot = seen.boot(1);
        (boot.requested_by.clone(), boot.reason.clone())
    };
    let alice = ("WS1\\alice".to_owned(), "restart".to_owned());
    assert_eq!(asked(agent, "0x500ff", "501.3"), alice);
    // The reason of the first record counts too.
    let explorer = "process=Explorer.EXE code=0x0 reason=Other user=WS1\\alice";
    assert_eq!(asked(explorer, "0x500FF", "501.3").1, "Other");
    // With another code, or much later, somebody asked once more.
    let system = "NT_AUTHORITY\\SYSTEM";
    assert_eq!(asked(agent, "0x80020003", "501.3").0, system);
    assert_eq!(asked(agent, "0x500ff", "517").0, system);
}

/// A session that only Winlogon recorded was open when the computer crashed: until then, and not only
/// until its own last record. A clock step in between makes no duration negative.
#[test]
fn a_session_of_winlogon_is_open_until_the_crash() {
    let seen = scenario(
        "
        System  1   +0s       Kernel-General 12
        System  50  +1000s    Winlogon 7001 alice session=3
        System  70  +100057s  Kernel-General 1 from=+100000s to=+100057s reason=1
        System  90  +200000s  Kernel-Power 187 boundary
        System  91  +200500s  Kernel-General 12
        System  93  +200510s  EventLog 6008 last-alive=+200064s uptime=200007
        System  94  +200510s  EventLog 6005
        System  95  +200500s  Kernel-Power 41
        ",
    );
    seen.boots("1  +0s..+200064s>=+200064s<=+200500s  crash\n 2  +200500s").sessions(
        "
        1/-  +1000s..+200000s>=+200000s<=+200500s  crash  low
            duration=199000s  corrected=198943s  attachments=none
        ",
    );
}

/// The same for a session that is open when the log ends.
#[test]
fn a_session_of_winlogon_is_open_until_the_log_ends() {
    scenario(
        "
        System  1   +0s       Kernel-General 12
        System  50  +1000s    Winlogon 7001 alice session=3
        System  90  +200000s  Kernel-Power 187 boundary
        ",
    )
    .sessions("1/-  +1000s..?>=+200000s<=?  open");
    // Its 7002 may be among missing records.
    scenario(
        "
        System  1       +0s       Kernel-General 12
        System  50      +1000s    Winlogon 7001 alice session=3
        System  51..60  gap
        System  90      +200000s  Kernel-Power 187 boundary
        ",
    )
    .sessions("1/-  +1000s..?>=+1000s<=?  censored");
    // But not until the last record before them.
    scenario(
        "
        System  1       +0s       Kernel-General 12
        System  50      +1000s    Winlogon 7001 alice session=3
        System  55      +5000s    Kernel-Power 187 boundary
        System  56..60  gap
        System  90      +200000s  Kernel-Power 187 boundary
        ",
    )
    .sessions("1/-  +1000s..?>=+5000s<=?  censored");
}

/// Security begins within a session. The session has a row by its 7001; the records of Security are only
/// a re-validation of it.
#[test]
fn security_begins_within_a_session() {
    let seen = scenario(
        "
        System    1    +0s       Kernel-General 12
        System    2    +10s      EventLog 6005
        System    20   +23s      Winlogon 7001 alice session=1
        System    30   +980s     Winlogon 7001 bob session=2
        System    31   +1077s    Winlogon 7002 bob session=2
        System    40   +1331s    Winlogon 7001 bob session=4
        System    41   +1355.1s  Winlogon 7002 bob session=4
        Security  500  +1331s    4624 bob 0xe54aa1 type=2
        Security  510  +1355s    4647 bob 0xe54aa1
        Security  520  +1360.5s  4624 alice 0xeac5d9 type=2 pair=0xeac5f6 elevated
        Security  521  +1360.5s  4624 alice 0xeac5f6 type=2 pair=0xeac5d9 filtered
        Security  522  +1360.81s 4634 alice 0xeac5f6
        Security  523  +1360.81s 4634 alice 0xeac5d9
        Security  600  +2000s    4624 bob 0xf00000 type=3
        ",
    );
    seen.sessions(
        "
        1/-         desktop  +23s..?>=+1355.1s<=?  open  flags=before-security-log
        1/-         desktop  +980s..+1077s
        1/0xe54aa1  bob    desktop       +1331s..+1355s  initiated
        1/0xeac5d9  alice  revalidation  terminated  parent=System#20
        1/0xeac5f6  alice  revalidation  terminated  parent=System#20
        1/0xf00000  bob    network
        ",
    );
    assert_eq!(seen.host().sessions[0].incidents.len(), 1);
}

/// On Windows 7 a client took over the desktop, and its logon lasted for 54.8 s. Winlogon recorded the
/// logon of the desktop (7001), and none for this logon. The parent was attached to the client.
#[test]
fn a_slow_takeover() {
    let with = |more: &str| {
        scenario(&format!(
            "
            System    1     +0s        Kernel-General 12
            System    2     +2s        EventLog 6005
            System    3     +10.1s     Winlogon 7001 alice session=1
            {more}
            System    50    +20000.2s  Winlogon 7002 alice session=1
            Security  1..3  +1s        boot
            Security  10    +10s       4624 alice 0x14c5a type=2 version=0
            Security  20    +10000s    4624 alice 0xe569e type=10 version=0 address=192.0.2.10
            Security  21    +10054.8s  4634 alice 0xe569e
            Security  30    +11700s    4624 alice 0xfdd87 type=2 version=0 caller=901
            Security  31    +11701.4s  4634 alice 0xfdd87
            Security  40    +20000s    4647 alice 0x14c5a
            "
        ))
    };
    let seen = with("");
    seen.sessions(
        "
        1/0x14c5a  alice  desktop  +10s..+20000s
            console             +10s..+10000s
            rdp     @192.0.2.10 +10000s..?
        1/0xe569e  alice  revalidation  parent=0x14c5a
        1/0xfdd87  alice  revalidation  parent=0x14c5a
        ",
    );
    // A gap in System may include the 7001 of the logon over Remote Desktop, so the logon has a row of its
    // own.
    with("System 4..20 gap\n System 21 +12000s Kernel-Power 187 boundary").sessions(
        "
        1/0x14c5a  alice  desktop
        1/0xe569e  alice  remote-desktop  terminated
        1/0xfdd87  alice  revalidation    parent=0x14c5a
        ",
    );
    // It also has one if Winlogon recorded it.
    with("System 4 +10000.2s Winlogon 7001 alice session=2").sessions(
        "
        1/0x14c5a  alice  desktop
        1/0xe569e  alice  remote-desktop  terminated
        1/0xfdd87  alice  revalidation    parent=0x14c5a
        ",
    );
}

/// A record of the takeover shows the same, whatever the other channels have.
#[test]
fn a_takeover_that_is_recorded() {
    scenario(
        "
        Security  1..3  +1s        boot
        Security  10    +10s       4624 alice 0x14c5a type=2
        Security  20    +10000s    4624 alice 0xe569e type=10 address=192.0.2.10
        Security  21    +10002.8s  4778 alice 0x14c5a name=RDP-Tcp#0 address=192.0.2.10
        Security  22    +10054.8s  4634 alice 0xe569e
        Security  40    +20000s    4647 alice 0x14c5a
        ",
    )
    .sessions(
        "
        1/0x14c5a  alice  desktop
            console             +10s..+10002.8s
            rdp     @192.0.2.10 +10002.8s..+20000s
        1/0xe569e  alice  revalidation  parent=0x14c5a
        ",
    );
    // The short logon of an intruder at another desktop is never hidden.
    scenario(
        "
        Security  1..3  +1s        boot
        Security  10    +10s       4624 alice 0x14c5a type=2
        Security  20    +10000s    4624 alice 0xe569e type=10 address=192.0.2.10
        Security  22    +10003s    4634 alice 0xe569e
        Security  40    +20000s    4647 alice 0x14c5a
        ",
    )
    .sessions("1/0x14c5a  alice  desktop\n 1/0xe569e  alice  remote-desktop");
}

/// A record of a logon belongs to the session that begins right before it, and not to one that had
/// ended.
#[test]
fn a_logon_record_confirms_one_session() {
    scenario(
        "
        System    1     +0s      Kernel-General 12
        System    2     +2s      EventLog 6005
        System    3     +100.17s Winlogon 7001 alice session=2
        System    4     +131.6s  Winlogon 7002 alice session=2
        Security  1..3  +1s      boot
        Security  10    +100s    4624 alice 0x510986 type=10 address=192.0.2.10
        Security  11    +131.45s 4647 alice 0x510986
        Security  20    +148.53s 4624 alice 0x51c10f type=10 address=192.0.2.10
        LSM       1     +100.05s 41 alice session=2
        LSM       2     +100.06s 42 alice session=2
        LSM       3     +148.6s  41 alice session=2
        LSM       4     +148.72s 21 alice session=2 address=192.0.2.10
        ",
    )
    .sessions(
        "
        1/0x510986  alice  confirmed-by=41#1,7001#3,7002#4
        1/0x51c10f  alice  confirmed-by=41#3,21#4
        ",
    );
}

/// Another channel recorded the logoff of a session that Security covers, and Security has no logoff at
/// all: logoffs were not audited, and the ends say so.
#[test]
fn logoffs_that_were_not_audited() {
    let with = |more: &str| {
        scenario(&format!(
            "
            System    1     +0s     Kernel-General 12
            System    2     +2s     EventLog 6005
            {more}
            System    90    +5000s  EventLog 6006
            Security  1..3  +1s     boot
            Security  10    +100s   4624 alice 0x50000 type=2
            Security  20    +900s   4624 bob 0x60000 type=3
            Security  30    +1000s  4624 alice 0x70000 type=2
            Security  40    +2000s  4624 alice 0x80000 type=2
            Security  90    +5000s  1100
            "
        ))
    };
    with(
        "
        System    3     +100.1s Winlogon 7001 alice session=1
        System    4     +800s   Winlogon 7002 alice session=1
        ",
    )
    .findings("logoff-auditing-off  #4\n no logoff-auditing-suspected\n no initiated-expected")
    .sessions(
        "
        1/0x50000  alice  +100s..+800s  initiated  medium  flags=logoff-not-audited
        1/0x60000  bob    +900s..?>=+900s<=+5030s  censored  none  flags=logoff-not-audited
        1/0x70000  alice  censored
        1/0x80000  alice  censored
        ",
    );
    // Several desktops of one account make it probable.
    with("").findings("no logoff-auditing-off\n logoff-auditing-suspected");
}

/// A 4624 without a value for the logon type has no logon type; it is not type 0, which is that of
/// SYSTEM.
#[test]
fn a_logon_without_a_type() {
    let seen = scenario(
        "
        Security  1..3  +1s    boot
        Security  10    +100s  4624 alice 0x50000 no-type NtLmSsp
        ",
    );
    seen.boots("1").sessions("1/0x50000  alice  unknown");
    assert_eq!(seen.session("0x50000").logon_type, None);
}

/// If 4672 is not audited, two logons of one desktop at the same time are a linked logon.
#[test]
fn a_pair_without_4672() {
    scenario(
        "
        Security  1..3  +1s    boot
        Security  10    +100s  4624 alice 0x50000 type=2 version=0
        Security  11    +100s  4624 alice 0x50009 type=2 version=0
        ",
    )
    .sessions(
        "
        1/0x50000  alice  pair=0x50009  elevated=yes
        1/0x50009  alice  pair=0x50000  elevated=no
        ",
    );
}

/// The only records with the old name are before the first known boot, or in another channel.
#[test]
fn a_name_that_few_records_carry() {
    let seen = scenario(
        "
        Security  40      +0s    1102 alice computer=WIN-IMAGE
        Security  41..43  +60s   boot computer=PC1
        ",
    );
    seen.findings(
        "computer-renamed  boot=1  message='...WIN-IMAGE before this boot, and PC1 from this boot on'",
    );
    let seen = scenario(
        "
        LSM       7       +0s    41 alice session=2 address=LOCAL computer=WIN-IMAGE
        LSM       8       +60s   24 alice session=2 address=LOCAL computer=WIN-IMAGE
        Security  41..43  +600s  boot computer=PC1
        Security  50      +700s  4624 alice 0x50000 type=3 computer=PC1
        LSM       9       +800s  41 erin session=1 address=LOCAL computer=PC1
        ",
    );
    seen.findings(
        "computer-renamed  boot=1  message='...WIN-IMAGE before this boot, and PC1 from this boot on'",
    );
}

/// The session out of which the logon of a program came has a row, although no other record names it.
#[test]
fn a_parent_has_a_row() {
    let seen = scenario(
        "
        Security  500  +0s  4624 bob 0x60000 type=2 seclogo subject=alice subject-id=0x50000
        Security  501  +5s  4624 bob 0x60100 type=2 seclogo subject=bob subject-id=0x60000
        ",
    );
    seen.sessions(
        "
        0/0x60000  bob    parent=0x50000
        0/0x50000  alice  unknown  ?..?  start=before-log
        0/0x60100  bob    parent=0x60000
        ",
    );
}

/// Only a Security log, whose records have another name from a boot on: each change is a finding.
#[test]
fn a_name_that_changes_at_a_boot() {
    let seen = scenario(
        "
        Security  1..3    +0s    boot computer=WIN-IMAGE
        Security  9       +60s   4624 alice 0x50000 type=3 computer=WIN-IMAGE
        Security  20      +500s  1100 computer=WIN-IMAGE
        Security  21..23  +600s  boot computer=PC1 pid=700
        Security  30      +900s  1100 computer=PC1
        Security  31..33  +950s  boot computer=PC1.corp.example pid=701
        ",
    );
    seen.boots("1  names=WIN-IMAGE\n 2  names=PC1\n 3  names=PC1.corp.example").findings(
        "
        computer-renamed  boot=2  message='...WIN-IMAGE before this boot, and PC1 from this boot on'
        computer-renamed  boot=3  message='...PC1 before this boot, and PC1.corp.example from this boot on'
        ",
    );
}

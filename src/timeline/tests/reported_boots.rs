//! Boots that were wrong on real logs or after a report, each by its number in `docs/validation.md`.

use super::scenario::{Scenario, scenario};

/// The font driver host of a new session logs on with a Logon ID that is 2,688 lower than the last one.
/// No record is missing, and one LSASS wrote all of them: it is one boot.
#[test]
fn a_fall_of_logon_ids_inside_a_boot() {
    let seen = scenario(
        "
        Security  32..34  +0s        boot pid=912
        Security  726     +3226.55s  4624 alice 0xa95932 type=3
        Security  730     +3227.27s  4624 DWM-3 0xa9a1b0 type=2 Advapi pair=0xa9a603 elevated
        Security  731     +3227.27s  4624 DWM-3 0xa9a603 type=2 Advapi pair=0xa9a1b0 filtered
        Security  737     +3227.52s  4624 UMFD-3 0xa99b83 type=2 Advapi
        Security  743     +3228.37s  4624 alice 0xaa4325 type=10
        Security  744     +3233.3s   4634 alice 0xaa4325
        Security  745     +3234.9s   4634 UMFD-3 0xa99b83
        Security  746     +3234.9s   4634 alice 0xa95932
        Security  747     +3234.9s   4634 DWM-3 0xa9a603
        Security  748     +3234.9s   4634 DWM-3 0xa9a1b0
        ",
    );
    seen.boots("1  +0s").findings("no boot-inferred\n no boot-suspected\n no self-check").sessions(
        "
        1/0xa95932  alice   terminated
        1/0xa9a1b0  DWM-3   terminated
        1/0xa9a603  DWM-3   terminated
        1/0xa99b83  UMFD-3  terminated
        1/0xaa4325  alice   terminated
        ",
    );
}

/// The opposite: a gap, Logon IDs that stay low, and no later record that names an old session, are
/// two boots.
#[test]
fn a_fall_of_logon_ids_at_a_gap() {
    scenario(
        "
        Security  32..34    +0s     boot pid=912
        Security  726       +3226s  4624 alice 0xa95932 type=3
        Security  727..736  gap
        Security  737       +3300s  4624 DWM-1 0x6115 type=2 Advapi
        Security  743       +3301s  4624 alice 0x51860 type=2
        Security  744       +3310s  4624 bob 0x51990 type=3
        Security  748       +3400s  4634 alice 0x51860
        ",
    )
    .boots("1  +0s\n 2  ?  start-confidence=low")
    .sessions(
        "
        1/0xa95932  alice  censored
        2/0x6115    DWM-1
        2/0x51860   alice  terminated
        2/0x51990   bob
        ",
    );
}

/// An export without starts. Carol's Logon ID is slightly lower than Bob's, which happens within a boot; the
/// next one, far lower than hers, is the first of another boot. One boot begins, not two.
#[test]
fn a_small_fall_of_logon_ids_before_a_large_one() {
    scenario(
        "
        log Security WS1/Security.evtx exported
        Security  100       +0s      4624 alice 0x50000 type=3
        Security  101..109  gap
        Security  110       +300s    4624 bob 0x60000 type=3
        Security  111..119  gap
        Security  120       +600s    4624 carol 0x5f800 type=3
        Security  121..199  gap
        Security  200       +90000s  4624 alice 0x10000 type=3
        Security  201..209  gap
        Security  210       +90300s  4624 bob 0x11000 type=3
        ",
    )
    .sessions("0/0x50000\n 0/0x60000\n 0/0x5f800\n 1/0x10000\n 1/0x11000");
}

/// The font driver of session 0 logs on once in a boot, when the boot begins. A second logon shows a boot if
/// records are missing, and its time is that of the start. If none is missing, it is a suspected boot.
#[test]
fn the_font_driver_of_session_0_logs_on_again() {
    let text = |missing: &str| {
        format!(
            "
            Security  1..3    +0s     boot pid=640
            Security  4       +1s     4624 UMFD-0 0x9000 type=2 Advapi
            Security  9       +90s    4624 alice 0x50000 type=2
            {missing}
            Security  41      +9000s  4624 UMFD-0 0x9100 type=2 Advapi
            Security  42      +9001s  4624 DWM-1 0xa000 type=2 Advapi
            Security  43      +9900s  4624 bob 0xb0000 type=3
            "
        )
    };
    let at_gap = scenario(&text("Security  10..40  gap"));
    at_gap.boots("1  +0s\n 2  +9000s  inferred-by=font-driver  start-confidence=low").sessions(
        "
        1/0x9000   UMFD-0
        1/0x50000  alice
        2/0x9100   UMFD-0
        2/0xa000   DWM-1
        2/0xb0000  bob
        ",
    );
    scenario(&text("")).boots("1  +0s").findings("boot-suspected  #41");
}

/// There are several gaps before the first account that logs on in the new boot. The boot did not begin in
/// one after its first low Logon ID, however long the clock ran over that gap.
#[test]
fn the_first_low_logon_id_is_of_the_new_boot() {
    scenario(
        "
        Security  1..3    +0s      boot pid=640
        Security  9       +90s     4624 alice 0x50000 type=2
        Security  10..40  gap
        Security  41      +200s    4624 DWM-1 0x9000 type=2 Advapi
        Security  42..60  gap
        Security  61      +9000s   4624 bob 0xb000 type=3
        Security  62      +9001s   4624 carol 0xc000 type=3
        ",
    )
    .sessions(
        "
        1/0x50000  alice
        2/0x9000   DWM-1
        2/0xb000   bob
        2/0xc000   carol
        ",
    );
}

/// The hardware clock has local time, and Windows Setup had taken it for another zone. So the start of
/// the kernel seems to be hours after the event log service, although it came before. The step that corrected
/// the clock explains it; the first record of a step is of size zero.
#[test]
fn a_wrong_zone_at_the_first_boot() {
    for zone in ["-16h", "-18h", "-26h", "+16h"] {
        let back = |time: &str| format!("{zone}{time}").replace("h+", "h");
        let (services, users) = (back("105s"), back("116.5s"));
        let (from, to) = ("+102.2s", back("102.2s"));
        let seen = scenario(&format!(
            "
            System    2    +20s     EventLog 6009
            System    3    +20s     EventLog 6005
            System    29   +0s      Kernel-General 12
            System    93   +85s     User32 1074 kind=restart user=NT\\SYSTEM
            System    94   +85s     EventLog 6006
            System    109  {services}  EventLog 6009
            System    110  {services}  EventLog 6005
            System    111  {services}  EventLog 6013 uptime=12
            System    126  +86.3s   Kernel-Power 109 action=5
            System    127  +86.4s   Kernel-General 13
            System    128  +93s     Kernel-General 12
            System    138  +102.2s  Kernel-General 1 from=+102.2s to=+102.2s
            System    139  {to}     Kernel-General 1 from={from} to={to}
            System    185  {users}  Winlogon 7001 alice session=1
            Security  39   +100s    4608 pid=444
            Security  40   +100s    4624 SYSTEM type=0
            Security  46   {to}     4616 from={from} to={to}
            Security  60   {users}  4624 alice 0x30001 type=2 version=1
            Security  61   {users}  4672 alice 0x30001
            Security  62   {users}  4624 alice 0x30009 type=2 version=1
            "
        ));
        seen.boots(
            "
            1  +0s..+86.4s  restart  high
            2  +93s  started-by=39,40,128,110,109  steps=1
            ",
        )
        .findings("no epochs-overlap\n no boot-in-one-channel\n clock-step  boot=2");
    }
}

/// If neither a step nor the uptime explains the hours, they are two boots, one of which has no record of
/// the start of its kernel.
#[test]
fn a_difference_of_hours_that_nothing_explains() {
    scenario(
        "
        System  2    +20s     EventLog 6009
        System  3    +20s     EventLog 6005
        System  29   +0s      Kernel-General 12
        System  93   +85s     User32 1074 kind=restart user=NT\\SYSTEM
        System  94   +85s     EventLog 6006
        System  109  -16h105s  EventLog 6009
        System  110  -16h105s  EventLog 6005
        System  126  +86.3s   Kernel-Power 109 action=5
        System  127  +86.4s   Kernel-General 13
        System  128  +93s     Kernel-General 12
        ",
    )
    .boots(
        "
        1  +0s
        2  -16h105s  start-basis=inferred  start-confidence=medium
        3  +93s
        ",
    );
}

/// A boot of Windows Setup ends before its event log service has started. The records of the next start
/// of the service then come among its own.
#[test]
fn a_boot_of_setup_without_its_6005() {
    let seen = scenario(
        "
        System  1    +7.6s    EventLog 6009
        System  2    +7.6s    EventLog 6005
        System  3    +0s      Kernel-General 12
        System  116  +28.4s   Kernel-Power 187 boundary
        System  117  +52.24s  Kernel-General 12
        System  118  +92.46s  EventLog 6011 old=MINWINPC new=WS1
        System  119  +92.46s  EventLog 6009
        System  120  +92.46s  EventLog 6005
        System  121  +92.46s  EventLog 6013 uptime=8
        System  123  +52.24s  Kernel-Boot 20 last-boot-id=1
        System  126  +52.24s  Kernel-Boot 27 type=0
        System  171  +79.83s  User32 1074 kind=restart user=NT\\SYSTEM
        System  172  +79.90s  Kernel-Power 109 action=5
        System  173  +80.05s  Kernel-General 13
        System  174  +84.33s  Kernel-General 12
        System  176  +84.33s  Kernel-Boot 20 last-boot-id=2
        System  179  +84.33s  Kernel-Boot 27 type=0
        System  231  +115.5s  Winlogon 7001 alice session=1
        LSM     37   +115.5s  41 alice session=1
        LSM     38   +115.5s  42 alice session=1
        LSM     39   +115.69s 21 alice session=1 address=ローカル
        LSM     40   +116.28s 22 alice session=1 address=ローカル
        ",
    );
    seen.boots(
        "
        1  +0s..+28.4s>=+28.4s<=+52.24s  unknown  clean=none
        2  +52.24s..+80.05s  restart  high  clean=yes
        3  +84.33s  started-by=174,179,120,119,176
        ",
    )
    .findings("no epochs-overlap")
    .sessions(
        "
        3/-  alice  desktop  +115.69s
            console  +115.69s..?
        ",
    );
    assert_eq!(seen.boot(2).requested_by, "NT\\SYSTEM");
    assert_eq!(&*seen.host().sessions[0].client.ip, "");
    let cited = |record| {
        let session = &seen.host().sessions[0];
        session.evidence.iter().any(|cited| cited.record_id == record)
    };
    assert!([37, 38, 39].iter().all(|record| cited(*record)));
}

/// A second export of the log begins 51 days later, with gaps of its own. The boot began in the gap over
/// which the clock changed most, and its start is not known.
#[test]
fn several_gaps_between_two_boots() {
    scenario(
        "
        log Security WS1/A.evtx exported
        Security  950         +0s           4624 bob 0x3f0000 type=2 pid=652
        Security  1139        +100s         4688 boundary
        log Security WS1/B.evtx exported
        Security  9240        +51d          4688 boundary
        Security  9241..9255  gap
        Security  9256        +51d0.11s     4688 boundary
        Security  9257..9263  gap
        Security  9264        +51d0.36s     4689 boundary
        Security  9265..9278  gap
        Security  9279        +51d1.16s     4624 bob 0x3f65b2 type=2 pid=680
        ",
    )
    .boots(
        "
        0  ?..+100s>=+100s<=?
        1  ?
        ",
    )
    .sessions("0/0x3f0000\n 1/0x3f65b2");
}

/// Records of any provider may be written late, after the first records of the next boot. Records of
/// other channels from that boot belong to it.
#[test]
fn late_records_of_any_provider() {
    scenario(
        "
        System    1   -500s   Kernel-General 12
        System    2   -490s   EventLog 6005
        System    14  +0s     EventLog 6006
        System    15  +0s     Service-Control-Manager 7036 boundary
        System    36  +28s    EventLog 6009
        System    37  +28s    EventLog 6005
        System    39  +0.1s   Service-Control-Manager 7036 boundary
        System    49  +0.6s   Dhcp-Client 50036 boundary
        System    50  +5.0s   Kernel-Power 109 action=5
        System    51  +5.3s   Kernel-General 13
        System    52  +15s    Kernel-General 12
        System    90  +4000s  Kernel-General 1 from=+3900s to=+4000s reason=1
        System    91  +4010s  Winlogon 7002 alice session=1
        Security  1..3  +26s  boot
        Security  9   +29s    4624 alice 0x50000 type=2
        Security  80  +4000s  4616 from=+3900s to=+4000s
        Security  85  +4002s  4616 from=+4005s to=+4002s
        Security  90  +4004s  4647 alice 0x50000
        LSM       1   +29.04s 41 alice session=1
        LSM       2   +32.7s  21 alice session=1 address=LOCAL
        LSM       3   +4004.1s 23 alice session=1
        Profile   1   +29.5s  1 alice session=1
        ",
    )
    .boots("1  -500s..+5.3s\n 2  +15s")
    .sessions("2/0x50000  alice  +29s..+4004s  confirmed-by=41#1,1#1,21#2,23#3,7002#91");
}

/// A 6008 gives a time at which the computer was still up. It counts if that time minus the uptime is
/// the start of the boot that crashed.
#[test]
fn a_6008_gives_a_last_alive_time() {
    let crash = |alive: &str, uptime: &str| {
        scenario(&format!(
            "
            System  1   +0s     Kernel-General 12
            System  2   +10s    EventLog 6005
            System  50  +4000s  Kernel-General 1 from=+3943s to=+4000s reason=1
            System  60  +5000s  Kernel-Power 187 boundary
            System  61  +6000s  Kernel-General 12
            System  62  +6010s  EventLog 6008 last-alive={alive} uptime={uptime}
            System  63  +6010s  EventLog 6005
            "
        ))
    };
    // 5300 - 5243 - 57 = 0.
    crash("+5300s", "5243").boots("1  +0s..+5300s>=+5300s<=+6000s  crash\n 2  +6000s");
    // Another boot, or a clock with an unknown error.
    crash("+5300s", "5000").boots("1  +0s..+5000s>=+5000s<=+6000s  crash\n 2  +6000s");
    // Older than the last record.
    crash("+4500s", "4443").boots("1  +0s..+5000s>=+5000s<=+6000s  crash\n 2  +6000s");
}

/// A 6006 has whole seconds. The end of a boot is not before its last record.
#[test]
fn a_boot_does_not_end_before_its_last_record() {
    scenario(
        "
        System    1     +0s     Kernel-General 12
        System    2     +10s    EventLog 6005
        System    60    +500s   User32 1074 kind=restart user=CORP\\alice
        System    61    +518s   EventLog 6006
        Security  1..3  +5s     boot
        Security  9     +518.4s 1100
        Security  10    +518.9s 4688 boundary
        ",
    )
    .boots("1  +0s..+518.9s  shutdown  high");
}

/// At a resume Windows 7 sets the clock without giving a reason. The time that passed is no error of the
/// clock.
#[test]
fn a_resume_of_windows_7_is_no_clock_step() {
    let seen = scenario(
        "
        System    1     +0s         Kernel-General 12
        System    2     +10s        EventLog 6005
        System    50    +1111626.5s Kernel-General 1 from=+3600s to=+1111626.5s by-kernel
        System    51    +1111630s   EventLog 6013 uptime=3605
        System    60    +1111640s   Kernel-General 1 from=+1111643.98s to=+1111640s
        Security  1..3  +5s         boot
        Security  9     +20s        4624 alice 0x50000 type=2
        Security  50    +1111640s   4616 from=+1111643.98s to=+1111640s
        Security  60    +1111700s   4634 alice 0x50000
        ",
    );
    seen.boots("1  +0s  steps=1  step=-3.98s")
        .sessions("1/0x50000  duration=1111680s  corrected=1111683.98s");
}

/// Boots without a 4608: shown by the type 0 logon, by the process ID of LSASS, by a Logon ID that is given
/// twice, and, if records are missing, by lower Logon IDs and by a second 4902.
#[test]
fn boots_without_4608() {
    let with = |more: &str| -> Scenario {
        scenario(&format!(
            "
            Security  1..3  +0s   boot
            Security  10    +60s  4624 alice 0x500000 type=3
            Security  11    +61s  4624 bob 0x4fffb1 type=3
            {more}
            "
        ))
    };
    // 79 lower is still one boot.
    with("").boots("1");
    with("Security  20  +900s  4624 SYSTEM type=0").boots("1\n 2");
    with("Security  20  +900s  4624 alice 0x500000 type=3")
        .boots("1\n 2  ?  start-confidence=medium")
        .findings("no logon-repeated");
    with(
        "
        Security  12..19  gap
        Security  20      +900s  4624 eve 0x6000 type=3
        ",
    )
    .boots("1\n 2  ?  start-confidence=low")
    .findings("no boot-suspected");
    with(
        "
        Security  12..19  gap
        Security  20      +900s  4902 0x1
        ",
    )
    .boots("1\n 2  +900s  start-confidence=low");
    with("Security  20  +900s  4624 eve 0x600000 type=3 pid=700")
        .boots("1\n 2  ?  start-confidence=medium")
        .sessions(
            "
            1/0x500000  alice  epoch-end
            1/0x4fffb1  bob    epoch-end
            2/0x600000  eve    start=exact
            ",
        )
        .findings("boot-inferred  boot=2");
}

/// If no record of a start can be missing, lower Logon IDs or a second 4902 show no boot: they are a
/// suspected boot.
#[test]
fn a_boot_needs_missing_records_in_which_it_could_have_begun() {
    let with = |more: &str| -> Scenario {
        scenario(&format!(
            "
            Security  1..3  +0s   boot
            Security  10    +60s  4624 alice 0x500000 type=3
            {more}
            "
        ))
    };
    with("Security  20  +900s  4624 eve 0x6000 type=3")
        .boots("1")
        .findings("boot-suspected  #20\n no boot-inferred");
    with("Security  20  +900s  4902 0x1").boots("1").findings("boot-suspected  #20");
    // A Logon ID that is some thousands lower is no suspicion: Windows allocates Logon IDs before it audits
    // them.
    with("Security  20  +900s  4624 eve 0x4ff100 type=3").boots("1").findings("no boot-suspected");
    // At a gap, a session that is named before and after it is evidence against a boot.
    with(
        "
        Security  11..19  gap
        Security  20      +900s  4624 eve 0x6000 type=3
        Security  21      +901s  4634 alice 0x500000
        ",
    )
    .boots("1")
    .findings("no boot-suspected\n no boot-inferred");
    // One low Logon ID between higher ones is not enough.
    with(
        "
        Security  11..19  gap
        Security  20      +900s  4624 eve 0x6000 type=3
        Security  21      +901s  4624 bob 0x500100 type=3
        ",
    )
    .boots("1")
    .findings("boot-suspected  #20");
}

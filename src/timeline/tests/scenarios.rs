//! Tests: boots and ends, record by record. The expected results were worked out by hand from the rules.

use super::scenario::scenario;

/// Two boots, one Logon ID, two people: this is why the boot is part of the key.
#[test]
fn one_logon_id_in_two_boots() {
    scenario(
        "
        Security  1..3    +0s    boot
        Security  10      +60s   4624 alice 0x50000 type=2
        Security  11      +600s  4647 alice 0x50000
        Security  12      +601s  1100
        Security  13..15  +700s  boot pid=640
        Security  20      +760s  4624 bob 0x50000 type=2
        Security  21      +900s  4634 bob 0x50000
        ",
    )
    .sessions(
        "
        1/0x50000  alice  +60s..+600s   initiated
        2/0x50000  bob    +760s..+900s  terminated  high  4624=20
        ",
    );
}

/// A 4647 is written after the 1100 of its own boot: all records up to the next 4608 are of the old boot.
#[test]
fn logoff_written_after_the_log_was_closed() {
    scenario(
        "
        Security  1..3    +0s      boot
        Security  10      +60s     4624 alice 0x50000 type=2
        Security  11      +600s    1100
        Security  12      +599.5s  4647 alice 0x50000
        Security  13..15  +700s    boot
        ",
    )
    .boots(
        "
        1  +0s  shutdown
        2  +700s
        ",
    )
    .sessions("1/0x50000  alice  initiated  4647=12  4634=none");
}

/// The record order of System around a restart: 6009 and 6005 of the new boot, then 109 and 13 of the old
/// one, then 12 of the new one.
#[test]
fn restart_with_late_records_of_the_old_boot_in_the_new_one() {
    scenario(
        "
        Security  1..3    +5s      boot
        Security  10      +60s     4624 alice 0x50000 type=3
        Security  11      +600s    1100
        Security  12..14  +640s    boot
        System    1       +0s      Kernel-General 12
        System    2       +12s     EventLog 6009
        System    3       +12.1s   EventLog 6005
        System    50      +600.2s  EventLog 6006
        System    51      +647s    EventLog 6009
        System    52      +647.1s  EventLog 6005
        System    53      +599s    Kernel-Power 109 action=5
        System    54      +602s    Kernel-General 13
        System    55      +635s    Kernel-General 12
        ",
    )
    .boots(
        "
        1  +0s..+602s  restart  clean=yes
        2  +635s       log-end
        ",
    )
    // The stop of the kernel is the latest possible end.
    .sessions("1/0x50000  alice  ..<=+602s  shutdown  basis=inferred");
}

/// No 1100, no 6006, no 13; 41, 6008 and 1101 in the next boot. The session had not ended at the last record
/// of Security, and had ended when the kernel started again.
#[test]
fn crash_bounds_the_session_on_both_sides() {
    let seen = scenario(
        "
        Security  1..3    +5s      boot
        Security  10      +60s     4624 alice 0x50000 type=2
        Security  11      +90s     4624 bob 0x60000 type=3
        Security  12      +95s     4634 bob 0x60000
        Security  13      +4000s   1101
        Security  14..16  +3990s   boot
        System    1       +0s      Kernel-General 12
        System    2       +12.1s   EventLog 6005
        System    40      +3000s   EventLog 6013 uptime=3000
        System    41      +3985s   Kernel-General 12
        System    42      +3986s   Kernel-Power 41
        System    43      +3999s   EventLog 6008
        System    44      +3999.2s EventLog 6005
        ",
    );
    // System has later records than Security. The last records of Security may be lost: only the last one
    // that it has proves that no end had been written.
    seen.boots(
        "
        1  +0s..>=+3000s<=+3985s  crash  clean=no
        2  +3985s
        ",
    )
    .sessions(
        "
        1/0x50000  alice  +60s..>=+95s<=+3985s  crash  low  basis=bounded
        1/0x60000  bob    +90s..+95s            terminated
        ",
    )
    .findings("crash");
    let alice = seen.session("0x50000");
    let cited: Vec<String> = alice.evidence.iter().map(ToString::to_string).collect();
    for record in ["System#42", "System#43", "Security#13", "System#41"] {
        assert!(cited.iter().any(|c| c == record), "{record} of {cited:?}");
    }
}

/// Without Kernel-Power 41, 6008 or 1101 nobody knows what happened: the same bounds, but less certain.
#[test]
fn next_boot_without_a_reason() {
    scenario(
        "
        Security  1..3    +5s     boot
        Security  10      +60s    4624 alice 0x50000 type=2
        Security  14..16  +3990s  boot
        ",
    )
    .boots(
        "
        1  +5s  unknown
        2  +3990s
        ",
    )
    .sessions("1/0x50000  alice  ..<=+3990s  epoch-end  very-low");
}

/// Fast Startup: no 4608, no 12; Kernel-Boot 27 with type 1. It is one boot epoch with two power segments,
/// and Logon IDs continue.
#[test]
fn fast_startup_is_no_boot() {
    scenario(
        "
        Security  1..3  +5s        boot
        Security  10    +60s       4624 alice 0x50000 type=2
        Security  11    +600s      4647 alice 0x50000
        Security  12    +90000s    4624 alice 0x90000 type=2
        System    1     +0s        Kernel-General 12
        System    2     +0.1s      Kernel-Boot 27 type=0
        System    3     +12.1s     EventLog 6005
        System    40    +601s      Kernel-Power 42 target=6 effective=5
        System    41    +89000s    Kernel-Boot 25
        System    42    +89000.1s  Kernel-Boot 27 type=1
        ",
    )
    .boots("1  +0s  segments=2")
    .sessions(
        "
        1/0x50000  alice  +60s..+600s  initiated
        1/0x90000  alice  +90000s      open
        ",
    );
}

/// The elevated half of a linked logon has no end of its own: it ends with the filtered half. The event names
/// the link (version 2), or the circumstances show it (versions 0 and 1).
#[test]
fn the_elevated_half_ends_with_the_other() {
    let pair = |elevated: &str, filtered: &str| {
        scenario(&format!(
            "
            Security  1..3    +5s    boot
            Security  10      +60s   4624 alice 0x50000 type=2 {elevated}
            Security  11      +60s   4624 alice 0x50100 type=2 {filtered}
            Security  12      +60s   4672 alice 0x50000
            Security  20      +600s  4647 alice 0x50100
            Security  21      +601s  1100
            Security  22..24  +700s  boot
            "
        ))
    };
    let linked = pair("pair=0x50100 elevated", "pair=0x50000 filtered");
    for seen in [linked, pair("version=1", "version=1")] {
        seen.sessions(
            "
            1/0x50000  alice  ..+600s  inherited  pair=0x50100  elevated=yes  basis=inherited
            1/0x50100  alice  elevated=no
            ",
        )
        .findings("no initiated-expected");
    }
    // Two logons that are not of a desktop, without a 4672, are no linked logon: nothing shows which one is
    // elevated.
    scenario(
        "
        Security  1..3  +5s   boot
        Security  10    +60s  4624 alice 0x50000 type=2 version=1 Advapi
        Security  11    +60s  4624 alice 0x50100 type=2 version=1 Advapi
        ",
    )
    .sessions(
        "
        1/0x50000  alice  pair=none
        1/0x50100  alice  pair=none
        ",
    );
}

/// A desktop session logs a 4647 at an orderly shutdown. If it is absent, that is a finding, unless an 1108
/// says that it was lost, or logoffs are not audited at all.
#[test]
fn an_expected_4647_is_absent_or_lost() {
    let seen = |more: &str| {
        scenario(&format!(
            "
            Security  1..3    +5s    boot
            Security  9       +50s   4624 carol 0x40000 type=3
            Security  10      +51s   4634 carol 0x40000
            Security  11      +60s   4624 alice 0x50000 type=2
            {more}
            Security  20      +601s  1100
            Security  22..24  +700s  boot
            "
        ))
    };
    let carol = "1/0x40000  carol  +50s..+51s  terminated";
    seen("")
        .sessions(&format!("{carol}\n 1/0x50000  alice  shutdown"))
        .findings("initiated-expected");
    seen("Security  15  +600s  1108 lost=4647")
        .sessions(&format!("{carol}\n 1/0x50000  alice  lost"))
        .findings("no initiated-expected\n event-lost");
}

/// Records are missing between a session and the shutdown: its end may be among them.
#[test]
fn a_gap_censors() {
    scenario(
        "
        Security  1..3      +5s    boot
        Security  10        +60s   4624 alice 0x50000 type=3
        Security  11..299   gap
        Security  300       +500s  4624 bob 0x70000 type=3
        Security  301       +600s  1100
        Security  302..304  +700s  boot
        ",
    )
    .sessions(
        "
        1/0x50000  alice  ..?>=+60s<=+630s  censored  none
        1/0x70000  bob                      shutdown
        ",
    )
    .findings("record-gap");
}

/// Ends without a start: in boot epoch 0 the session began before the log; if its boot is in the log, it is
/// an anomaly.
#[test]
fn ends_without_a_start() {
    scenario(
        "
        Security  100       +0s    4634 alice 0x50000
        Security  101       +10s   1100
        Security  102..104  +60s   boot
        Security  110       +100s  4647 bob 0x60000
        ",
    )
    .sessions(
        "
        0/0x50000  alice  terminated  start=before-log  duration=none
        1/0x60000  bob                start=missing-4624
        ",
    )
    .findings("logon-missing");
}

/// A 4672 shows a session that began before the log, and nothing else about it.
#[test]
fn a_session_named_in_passing() {
    scenario("Security  100  +0s  4672 alice 0x50000")
        .sessions("0/0x50000  alice  unknown  ?..?  start=before-log  4624=none");
}

/// Two 4624 have one Logon ID, and a session that exists before and after the second one shows that no boot
/// lies between them. Both have their row, with the record of the second one in its ID, and a finding says
/// so.
#[test]
fn a_repeated_logon_keeps_both_rows() {
    let seen = scenario(
        "
        Security  1..3  +5s   boot
        Security  9     +59s  4624 bob 0x40000 type=3
        Security  10    +60s  4624 alice 0x50000 type=3
        Security  11    +70s  4624 alice 0x50000 type=3
        Security  12    +80s  4634 alice 0x50000
        Security  13    +81s  4634 alice 0x50000
        Security  14    +82s  4634 bob 0x40000
        ",
    );
    seen.sessions(
        "
        1/0x40000  bob    +59s
        1/0x50000  alice  +60s  flags=logon-repeated
        1/0x50000  alice  +70s  4634=13  flags=logon-repeated,end-repeated
        ",
    )
    .findings("logon-repeated\n end-repeated");
    let sessions = &seen.host().sessions;
    assert_eq!(sessions[1].id("WS1").to_string(), "WS1/1/0x50000");
    assert_eq!(sessions[2].id("WS1").to_string(), "WS1/1/0x50000#11");
    assert_eq!(sessions[2].evidence[0].record_id, 12);
    let tally = seen.built.accounting.events[&4634];
    assert_eq!((tally.read, tally.placed), (3, 3));
    assert!(seen.built.accounting.events.values().all(|tally| tally.balances()));
}

/// Where two 4624 have one Logon ID, each record belongs to the session that had begun at it: reconnections, locks
/// and the programs that were started as another account.
#[test]
fn records_of_a_repeated_logon_id_belong_to_the_session_that_had_begun() {
    let seen = scenario(
        "
        Security  1..3  +5s    boot
        Security  9     +50s   4624 bob 0x40000 type=3
        Security  10    +60s   4624 dora 0x50000 type=2
        Security  11    +100s  4779 dora 0x50000 name=Console client= address=LOCAL
        Security  12    +200s  4778 dora 0x50000 name=RDP-Tcp#0 client=LAPTOP address=10.0.0.9
        Security  13    +210s  4624 svc 0x60000 type=2 seclogo subject=dora subject-id=0x50000
        Security  14    +300s  4800 dora 0x50000 session=1
        Security  15    +400s  4647 dora 0x50000
        Security  20    +600s  4624 dora 0x50000 type=2
        Security  21    +610s  4624 svc 0x61000 type=2 seclogo subject=dora subject-id=0x50000
        Security  22    +700s  4647 dora 0x50000
        Security  23    +800s  4634 bob 0x40000
        ",
    );
    seen.sessions(
        "
        1/0x40000  bob
        1/0x50000  dora  incidents=disconnected,reconnected,locked
            console                +60s..+100s
            rdp  LAPTOP@10.0.0.9  +200s..+400s
        1/0x60000  svc
        1/0x50000  dora  incidents=none
            console        +600s..+700s
        1/0x61000  svc
        ",
    );
    let parent = |number: usize| seen.host().sessions[number].parent.map(|key| key.to_string());
    assert_eq!(parent(2).as_deref(), Some("0x50000"));
    assert_eq!(parent(4).as_deref(), Some("0x50000#20"));
}

/// A clock three hours ahead at the start, corrected within the boot: record order decides, and both
/// durations are given.
#[test]
fn clock_steps_inside_a_session() {
    // 40 s before the step, 300 s after it.
    scenario(
        "
        Security  1..3  +10800s  boot
        Security  10    +10860s  4624 alice 0x50000 type=2
        Security  11    +100s    4616 from=+10900s to=+100s
        Security  12    +400s    4647 alice 0x50000
        ",
    )
    .boots("1  +10800s  steps=1  step=-10800s")
    .sessions("1/0x50000  alice  +10860s..+400s  duration=-10460s  corrected=340s")
    .findings("clock-step");
}

/// The clock was set back between two boots: they overlap in time, and the crash of the first one has no
/// upper bound in its own time.
#[test]
fn epochs_that_overlap_in_time() {
    scenario(
        "
        Security  1..3    +5000s  boot
        Security  10      +6000s  4624 alice 0x50000 type=3
        Security  11..13  +4500s  boot
        Security  20      +4600s  4624 bob 0x50000 type=3
        ",
    )
    .boots("1  +5000s\n 2  +4500s")
    .sessions(
        "
        1/0x50000  alice  +6000s..>=+6000s<=?
        2/0x50000  bob    +4600s
        ",
    )
    .findings("epochs-overlap");
}

/// A boot that only System lacks (lost in a crash) does not shift the others.
#[test]
fn a_boot_in_one_channel_only() {
    scenario(
        "
        Security  1..3    +5s     boot
        Security  20..22  +1005s  boot
        Security  40..42  +2005s  boot
        System    1       +0s     Kernel-General 12
        System    2       +12s    EventLog 6005
        System    3       +2000s  Kernel-General 12
        System    4       +2012s  EventLog 6005
        ",
    )
    .boots(
        "
        1  +0s     flags=none
        2  +1005s  flags=security-only
        3  +2000s  flags=none
        ",
    )
    .findings("boot-in-one-channel  boot=2");
}

/// Crashes a minute apart: System lost two boots, and its next boot began ten minutes after the first one
/// that only Security shows. Neither is taken for the other.
#[test]
fn boots_lost_from_system_in_quick_succession() {
    scenario(
        "
        Security  1..3    +2s    boot
        Security  20..22  +80s   boot
        Security  40..42  +480s  boot
        Security  60..62  +640s  boot
        System    1       +0s    Kernel-General 12
        System    2       +2.5s  EventLog 6005
        System    3       +638s  Kernel-General 12
        System    4       +641s  EventLog 6005
        ",
    )
    .boots("1  +0s\n 2  +80s\n 3  +480s\n 4  +638s")
    .findings("no epochs-overlap");
}

/// `LastBootId` rises by one for each attempt to boot: a difference of three between neighbours means two
/// more attempts.
#[test]
fn boot_attempts_without_events() {
    scenario(
        "
        System  1    +0s       Kernel-General 12
        System  2    +0.1s     Kernel-Boot 20 last-boot-id=7 last-boot-good=no last-shutdown-good=yes
        System  3    +12s      EventLog 6005
        System  100  +2000s    Kernel-General 12
        System  101  +2000.1s  Kernel-Boot 20 last-boot-id=10 last-boot-good=no last-shutdown-good=yes
        System  102  +2012s    EventLog 6005
        ",
    )
    .boots("1  +0s  boot-id=8\n 2  +2000s  boot-id=11")
    .findings("boots-without-events  message='Windows counted 2 boots...'");
}

/// A hostile log may have the start of a boot in every record: the work must not grow with the square of
/// their number.
#[test]
fn many_boots_cost_no_more_than_their_number() {
    let mut text = String::new();
    for n in 0..30_000_u64 {
        text += &format!("Security  {}  +{n}s  4608\n", n + 1);
    }
    for n in 0..30_000_u64 {
        let event = if n % 2 == 0 { "EventLog 6005" } else { "Kernel-General 12" };
        text += &format!("System  {}  +{}s  {event}\n", n * 100 + 1, n * 3);
    }
    assert!(scenario(&text).host().boots.len() >= 30_000);
}

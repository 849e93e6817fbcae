//! Tests: the record of a start, of a stop or of a clock change is missing. What still shows that records are
//! of one boot, and what stays open?

use super::scenario::scenario;

/// The clock was set back by eight hours before the event log service of boot 2 started, and a selection left
/// records out. The stop of the kernel comes right before the start of the next kernel, which recorded it: it
/// is of boot 1, although it is later than the first record of boot 2.
#[test]
fn a_stop_right_before_its_kernel_behind_missing_records() {
    scenario(
        "
        log System WS1/System.evtx exported
        Security  1..3    +28805s  boot
        Security  10      +28860s  4624 alice 0x50000 type=3
        Security  11      +29400s  1100
        Security  12..14  +29425s  boot pid=700
        Security  20      +700s    4616 from=+29500s to=+700s
        Security  21      +900s    4624 bob 0x60000 type=3
        System    1       +28800s  Kernel-General 12
        System    2       +28812s  EventLog 6005
        System    3       +800s    EventLog 6009
        System    4       +800s    EventLog 6005
        System    5..5    gap
        System    6       +29402s  Kernel-General 13
        System    7       +29420s  Kernel-General 12
        System    8..8    gap
        System    9       +1000s   Kernel-General 16 boundary
        ",
    )
    .boots("1  +28800s..+29402s  shutdown\n 2  +29420s..?  log-end");
}

/// The clock was set back within boot 1, which System does not show. The stop of its kernel is older than its
/// start by the clock, and comes right before the start of the next kernel: it is of boot 1, and of no boot
/// before.
#[test]
fn a_stop_right_before_the_next_kernel() {
    scenario(
        "
        Security  1..3    +28805s  boot
        Security  10      +28860s  4624 alice 0x50000 type=3
        Security  11      +700s    4616 from=+29500s to=+700s
        Security  12      +900s    1100
        Security  13..15  +925s    boot pid=700
        System    1       +28800s  Kernel-General 12
        System    2..8    gap
        System    9       +901s    Kernel-Power 577 boundary
        System    10      +902s    Kernel-General 13
        System    11      +920s    Kernel-General 12
        ",
    )
    .boots("1  +28800s..+902s  shutdown  high\n 2  +920s..?  log-end");
}

/// Two event log services started 8 and 80 seconds after LSASS. The nearest one is of the same boot as LSASS,
/// into however many segments missing records cut the other one.
#[test]
fn no_number_of_hints_outweighs_a_start() {
    let pieces: String = (0..40)
        .map(|at| {
            let id = 6 + 2 * at;
            format!(
                "System {id}..{id} gap\n System {} +{}s Kernel-General 16 boundary\n",
                id + 1,
                90 + at
            )
        })
        .collect();
    scenario(&format!(
        "
        Security  1..3  +0s   boot
        System    1     +8s   EventLog 6009
        System    2..2  gap
        System    3     +10s  Kernel-General 16 boundary
        System    4..4  gap
        System    5     +80s  EventLog 6009
        {pieces}
        "
    ))
    .boots("1  +0s  flags=boot-uncertain\n 2  +80s  flags=system-only,boot-uncertain");
}

/// Logon IDs start again, and the clock was set back before boot 2 of System, so that the clocks of two boots
/// showed that time. The records of Security may be of either boot, and are no evidence of a start.
#[test]
fn a_start_that_may_be_of_two_boots_is_no_evidence() {
    scenario(
        "
        System    1    +20000s  Kernel-General 12
        System    2    +20010s  EventLog 6005
        System    20   +40000s  Kernel-General 16 boundary
        System    30   +10s     Kernel-General 12
        System    31   +20s     EventLog 6005
        System    60   +90000s  Kernel-General 16 boundary
        Security  500  -90000s  4624 alice 0x90000 type=3
        Security  501..540  gap
        Security  541  +30000s  4624 alice 0x50000 type=3
        Security  542  +30100s  4634 alice 0x50000
        ",
    )
    .boots(
        "
        0
        1  +20000s  started-by=1,2
        2  +10s     started-by=30,31  flags=system-only,boot-uncertain
        ",
    );
}

/// System has only the stop of boot 2, which otherwise only Security shows, and it is a day later: another
/// boot may have begun in between.
#[test]
fn a_segment_of_a_channel_long_after_the_other_one_ended() {
    scenario(
        "
        Security  1..3    +5s      boot
        Security  10      +60s     4624 alice 0x50000 type=3
        Security  11..39  gap
        Security  40      +5000s   4624 bob 0x10000 type=3
        System    1       +0s      Kernel-General 12
        System    2       +12s     EventLog 6005
        System    3..39   gap
        System    40      +90000s  Kernel-General 16 boundary
        System    41      +90010s  EventLog 6006
        ",
    )
    .boots("1  +0s\n 2  ?  shutdown  low  flags=security-only,boot-uncertain");
}

/// System has only the stop of a kernel of boot 2, a day after the last record of Security. The stop is of
/// the boot right before boot 3, which may be one that neither channel shows.
#[test]
fn a_stop_of_a_kernel_that_stands_alone() {
    scenario(
        "
        Security  1..3    +5s       boot
        Security  10      +60s      4624 alice 0x50000 type=3
        Security  11..39  gap
        Security  40      +5000s    4624 bob 0x10000 type=3
        Security  41..60  gap
        Security  61..63  +90025s   boot pid=700
        System    1       +0s       Kernel-General 12
        System    2       +12s      EventLog 6005
        System    3..39   gap
        System    40      +90030s   EventLog 6005
        System    41      +90002s   Kernel-General 13
        System    42      +90020s   Kernel-General 12
        ",
    )
    .boots("1  +0s\n 2  ?  shutdown  low\n 3  +90020s");
}

/// Records are missing before boot 2, and a clock step back may be among them: the time of boot 2 is no
/// bound.
#[test]
fn the_next_boot_bounds_nothing_behind_missing_records() {
    let text = |missing: &str| {
        format!(
            "
            Security  1..3    +0s     boot
            Security  4       +60s    4624 alice 0x50000 type=3
            {missing}
            Security  31..33  +4000s  boot pid=700
            "
        )
    };
    scenario(&text("Security  5..30  gap"))
        .boots("1  +0s..+60s>=+60s<=?\n 2  +4000s")
        .sessions("1/0x50000  alice  ..>=+60s<=?  flags=clock-set-back");
    scenario(&text("")).boots("1  +0s..+60s>=+60s<=+4000s\n 2  +4000s");
}

/// Boot 1 was still running when boot 2 had begun, by the clock, so the clock was set back in between. A
/// session of boot 1 that was last seen before that has no bound by boot 2 either.
#[test]
fn a_boot_that_outlasts_the_start_of_the_next() {
    scenario(
        "
        Security  1..3    +0s     boot
        Security  4       +60s    4624 alice 0x50000 type=3
        Security  5..5    gap
        Security  6       +5000s  4624 bob 0x60000 type=3
        Security  7       +5100s  4634 bob 0x60000
        Security  8..10   +4000s  boot pid=700
        ",
    )
    .sessions("1/0x50000  alice  ..>=+60s<=?\n 1/0x60000  bob");
}

/// Before the first known boot a computer was shut down, and was running again a day later.
#[test]
fn a_log_that_goes_on_behind_a_stop_before_the_first_boot() {
    scenario(
        "
        System  10      +0s      Kernel-General 16 boundary
        System  11      +50s     EventLog 6006
        System  12..13  gap
        System  14      +52s     Kernel-General 13
        System  15..15  gap
        System  16      +90000s  Kernel-General 16 boundary
        ",
    )
    .boots("0  ?..?>=+50s  log-end");
}

/// The clock was wrong until boot 1 had stopped. By the clock, the 6006 is later than the start of boot 2,
/// but it is of boot 1.
#[test]
fn a_stop_of_the_service_is_of_no_next_boot() {
    scenario(
        "
        System  1     +25000s  Kernel-General 12
        System  2     +25012s  EventLog 6005
        System  3..3  gap
        System  4     +26000s  EventLog 6006
        System  5     +800s    EventLog 6009
        System  6..6  gap
        System  7     +26002s  Kernel-Power 109 action=5
        System  8..8  gap
        System  9     +790s    Kernel-Boot 27 type=0
        ",
    )
    .boots("1  +25000s..+26002s  restart\n 2  +790s..?  log-end");
}

/// The clock was set back by eight hours between the kernel and the event log service of boot 2, and again
/// before boot 3. So by the clock, the LSASS of boot 3 started right before that service. The stop of the
/// first kernel comes right before the start of the second one, and no record is missing: service and kernel
/// are of one boot.
#[test]
fn a_restart_shows_that_service_and_kernel_are_of_one_boot() {
    scenario(
        "
        Security  1..3    +28805s  boot
        Security  4       +28900s  1100
        Security  5..7    +28925s  boot pid=700
        Security  8       +700s    4616 from=+29500s to=+700s
        Security  9       +800s    1100
        Security  10..12  +705s    boot pid=710
        System    1       +28800s  Kernel-General 12
        System    2       +28812s  EventLog 6005
        System    3       +28900s  EventLog 6006
        System    4       +750s    EventLog 6009
        System    5       +750s    EventLog 6005
        System    6       +28902s  Kernel-General 13
        System    7       +28920s  Kernel-General 12
        ",
    )
    .boots(
        "
        1  +28800s..+28902s  shutdown
        2  +28920s..+800s    shutdown
        3  +705s..?          log-end  flags=security-only
        ",
    );
}

/// Nobody logs on after the event log service has stopped: the second session is of a later boot.
#[test]
fn a_logon_behind_the_stop_of_the_service() {
    scenario(
        "
        System  1  +0s    Kernel-General 12
        System  2  +12s   EventLog 6005
        System  3  +600s  EventLog 6006
        LSM     1  +60s   21 alice session=1 address=LOCAL
        LSM     2  +599s  23 alice session=1
        LSM     3  +619s  21 alice session=1 address=LOCAL
        ",
    )
    .sessions(
        "
        1/-  alice  initiated
        1/-  alice  censored  flags=no-security-log,boot-uncertain
        ",
    );
}

/// The number of a session is given again, which was only seen in another boot.
#[test]
fn a_number_that_an_earlier_session_had() {
    scenario(
        "
        System  1  +0s    Kernel-General 12
        System  2  +12s   EventLog 6005
        System  3  +590s  Kernel-General 16 boundary
        LSM     1  +60s   21 alice session=1 address=LOCAL
        LSM     2  +599s  23 alice session=1
        LSM     3  +619s  21 alice session=1 address=LOCAL
        LSM     4  +625s  21 bob session=2 address=10.0.0.9
        ",
    )
    .sessions(
        "
        1/-  alice  flags=no-security-log
        1/-  alice  flags=no-security-log,boot-uncertain
        1/-  bob    flags=no-security-log
        ",
    );
}

/// A selection. Between the desktop and the re-validation another boot may have begun; then the parent would
/// be a desktop of that boot. If only two records are missing, they cannot include a boot.
#[test]
fn a_revalidation_in_what_may_be_another_boot() {
    let text = |last: u64| {
        format!(
            "
            log Security WS1/Security.evtx exported
            Security  1..3      +0s      boot
            Security  4..4      gap
            Security  5         +60s     4624 alice 0x50000 type=2
            Security  6..{last} gap
            Security  {}        +7200s   4624 alice 0x70000 type=2
            Security  {}        +7200.2s 4634 alice 0x70000 type=2
            ",
            last + 1,
            last + 2
        )
    };
    let rows =
        |parent: &str| format!("0x50000  alice\n 0x70000  alice  revalidation  parent={parent}");
    scenario(&text(40)).sessions(&rows("none"));
    scenario(&text(7)).sessions(&rows("0x50000"));
}

/// An export left records out, but between any two logons there are too few record IDs for what a boot writes
/// before its first account logs on: the desktop is the same.
#[test]
fn no_boot_hides_between_logons_that_are_near() {
    let text = |logon: u64| {
        format!(
            "
            log Security WS1/Security.evtx exported
            Security  1..3      +0s      boot
            Security  4..4      gap
            Security  5         +60s     4624 alice 0x50000 type=2
            Security  6..6      gap
            Security  7         +70s     4624 bob 0x58000 type=3
            Security  8..8      gap
            Security  {logon}        +80s     4624 carol 0x60000 type=3
            Security  {}        +7200s   4624 alice 0x70000 type=2
            Security  {}        +7200.2s 4634 alice 0x70000 type=2
            ",
            logon + 8,
            logon + 9
        )
    };
    let check = |parent: &str| format!("0x70000  alice  revalidation  parent={parent}");
    let others = "0x50000  alice\n 0x58000  bob\n 0x60000  carol\n ";
    scenario(&text(21)).sessions(&format!("{others}{}", check("0x50000")));
    scenario(&text(22)).sessions(&format!("{others}{}", check("none")));
}

/// A selection has both starts of kernels, or none. If more records are missing than the start of a boot
/// writes, some are missing that nobody left out, and the kernel after them is not that of the service before
/// them.
#[test]
fn a_selection_from_which_the_start_of_a_kernel_is_gone() {
    scenario(
        "
        log System WS1/System.evtx exported
        System    1       +12s     EventLog 6009
        System    2       +12s     EventLog 6005
        System    3..41   gap
        System    42      +142s    Kernel-General 12
        System    43..49  gap
        System    50      +200s    Kernel-General 16 boundary
        ",
    )
    .boots("0  ?\n 1  +142s");
}

/// Two boots crashed one after the other. The event log service is left of the first, and LSASS of the
/// second, which started twenty minutes later. They are not one boot, although both come right before the
/// third one.
#[test]
fn a_service_that_started_long_before_lsass() {
    scenario(
        "
        Security  1..3    +5s      boot
        Security  10      +600s    1100
        Security  11..13  +1900s   boot pid=700
        Security  20      +2000s   4624 alice 0x50000 type=3
        Security  21      +9030s   1101
        Security  22..24  +9005s   boot pid=701
        System    1       +0s      Kernel-General 12
        System    2       +12s     EventLog 6005
        System    3       +600s    EventLog 6006
        System    4       +670s    EventLog 6009
        System    5       +670s    EventLog 6005
        System    6       +9000s   Kernel-General 12
        System    7       +9012s   EventLog 6008
        System    8       +9012s   EventLog 6009
        System    9       +9012s   EventLog 6005
        ",
    )
    .boots("1  +0s\n 2  +670s  flags=system-only\n 3  +1900s  flags=security-only\n 4  +9000s");
}

/// An export without 1100 begins with the last records of a boot. The 4826 is the first record of the next
/// boot.
#[test]
fn what_stands_before_a_4826_where_a_log_begins() {
    scenario(
        "
        log Security WS1/Security.evtx exported
        Security  8        -10s   4616 from=-20s to=-10s
        Security  9..9     gap
        Security  10       +1s    4826
        Security  11..13   +4s    boot
        Security  14       +60s   4624 alice 0x50000 type=3
        ",
    )
    .boots("1  +4s  steps=0");
}

/// Only the clock shows that two boots of System come before the one that Security shows: the second one
/// comes right before it.
#[test]
fn several_boots_whose_order_only_the_clock_shows() {
    scenario(
        "
        Security  1..3  +28805s  boot
        System    1     +100s    Kernel-General 16 boundary
        System    2     +200s    EventLog 6006
        System    3     +220s    EventLog 6005
        System    4     +202s    Kernel-General 13
        System    5     +210s    Kernel-General 12
        System    6     +300s    EventLog 6006
        System    7     +320s    EventLog 6005
        System    8     +302s    Kernel-General 13
        System    9     +310s    Kernel-General 12
        System    10    +400s    EventLog 6006
        ",
    )
    .boots(
        "
        1  +210s    flags=system-only
        2  +310s    flags=system-only,order-by-clock
        3  +28805s  flags=security-only
        ",
    )
    .findings("boot-order-by-clock  boot=2");
}

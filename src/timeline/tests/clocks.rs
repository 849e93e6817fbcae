//! Tests: clocks that were set, and logons that other channels record then. The expected results were worked
//! out by hand from the rules.

use super::scenario::{at, scenario};
use crate::model::{Session, Timestamp};

/// Session number 3 was reserved for erin, who then reconnected to her session 2, so no logon followed.
/// Number 3 is then given to dora.
#[test]
fn a_number_that_was_reserved_is_given_to_another() {
    scenario(
        "
        Security  1..3  +0s        boot
        Security  10    +1000s     4624 dora 0x50000 type=2
        LSM       1     +500s      41 erin session=3 address=LOCAL
        LSM       2     +1000.02s  41 dora session=3 address=LOCAL
        LSM       3     +1000.25s  21 dora session=3 address=LOCAL
        ",
    )
    .sessions("1/0x50000  dora  confirmed-by=41#2,21#3");
}

/// A crash removed the 4672 that shows which session of a linked logon is elevated. The filtered one is
/// written second, and the desktop is in it.
#[test]
fn of_a_linked_logon_the_filtered_half_has_the_desktop() {
    scenario(
        "
        Security  1..3  +0s       boot
        Security  10    +100s     4624 dora 0x50000 type=2 version=0
        Security  11    +100s     4624 dora 0x50100 type=2 version=0
        LSM       1     +100.25s  21 dora session=1 address=LOCAL
        LSM       2     +400s     24 dora session=1 address=LOCAL
        ",
    )
    .sessions(
        "
        1/0x50000  dora  incidents=none
        1/0x50100  dora  incidents=disconnected
        ",
    );
}

/// The 1101 after a crash comes before records that are 20 s older. That does not mean that the clock was set
/// back: the step comes later, and only System has it.
#[test]
fn a_1101_is_ahead_of_the_clock() {
    scenario(
        "
        Security  1..3    +0s        boot
        Security  10      +1025s     1101 pid=700
        Security  11..13  +1003s     boot
        Security  20      +1100s     4624 dora 0x50000 type=2
        System    1       -3s        Kernel-General 12
        System    2       +8s        EventLog 6005
        System    3       +1000s     Kernel-General 12
        System    4       +1008s     EventLog 6008
        System    5       +1008s     EventLog 6005
        System    6       +1100.02s  Winlogon 7001 dora session=1
        System    7       -50000s    Kernel-General 1 from=+2000s to=-50000s reason=1
        ",
    )
    .sessions("2/0x50000  dora  confirmed-by=7001#6");
}

/// Security lost the 4616 of a step of two hours back, so its time of 1,000 s may be before or after the
/// step. The 7001 of the same logon is after it.
#[test]
fn a_7001_shows_on_which_side_of_a_clock_step_it_is() {
    scenario(
        "
        Security  1..3  +3s        boot
        Security  10    +1000s     4624 dora 0x50000 type=2
        Security  11    +1300s     4647 dora 0x50000
        System    1     +0s        Kernel-General 12
        System    2     +8s        EventLog 6005
        System    3     +600s      Kernel-General 1 from=+7800s to=+600s reason=1
        System    4     +1000.02s  Winlogon 7001 dora session=1
        System    5     +1300.1s   Winlogon 7002 dora session=1
        ",
    )
    .sessions("1/0x50000  dora  confirmed-by=7001#4,7002#5  corrected=300s");
}

/// Security has a step of a month back. System was cleared after it, so that its times are right before the step and
/// after it. The 7002 of a logoff that Security has after the step shows on which side the end of the boot is.
#[test]
fn a_logoff_shows_on_which_side_of_a_step_a_cleared_system_is() {
    scenario(
        "
        Security  50  +30d       1102 alice
        Security  51  +100s      4616 from=+30d100s to=+100s reason=1
        Security  52  +200s      4624 dora 0x50000 type=2
        Security  53  +210s      4624 bob 0x60000 type=2
        Security  54  +900s      4647 dora 0x50000
        Security  55  +905s      1100
        System    40  +500s      Eventlog 104 alice
        System    41  +900.1s    Winlogon 7002 dora session=1
        System    42  +905.01s   EventLog 6006
        ",
    )
    .sessions(
        "
        0x50000  dora  initiated  confirmed-by=7002#41  corrected=700s
        0x60000  bob   shutdown   low                   corrected=695.01s
        ",
    )
    .findings("no self-check");
}

/// Only System has a step of ten hours forward soon after the start; only Security has two steps of a month,
/// back and forward. Between two steps a clock only moves forward, so the ten hours come first. Both steps of
/// a month are within the desktop session, and the ten hours are not.
#[test]
fn the_order_of_steps_that_one_log_lacks() {
    scenario(
        "
        Security  100  +12h      1102 alice
        Security  101  +13h      4624 dora 0x50000 type=2
        Security  102  -29d10h   4616 from=+14h to=-29d10h reason=1
        Security  103  +15h      4616 from=-29d9h to=+15h reason=1
        Security  104  +16h      4647 dora 0x50000
        System    1    +0s       Kernel-General 12
        System    2    +8s       EventLog 6005
        System    3    +10h100s  Kernel-General 1 from=+100s to=+10h100s reason=1
        ",
    )
    .sessions("1/0x50000  dora  corrected=3h");
}

/// The clock was set back by a hundred days before the second boot. The log of the Local Session Manager
/// begins with a time earlier than all of the first boot; Security has the same logon in the second boot.
#[test]
fn a_log_that_begins_after_the_clock_was_set_back() {
    scenario(
        "
        Security  1..3    +100d      boot
        Security  10..12  +3s        boot pid=700
        Security  20..22  +20000s    boot
        Security  30..32  +40003s    boot
        Security  40      +41000s    4624 dora 0x50000 type=2
        LSM       1       +41000.25s 21 dora session=1 address=LOCAL
        LSM       2       +42000s    24 dora session=1 address=LOCAL
        ",
    )
    .sessions("4/0x50000  dora  confirmed-by=21#1  incidents=disconnected");
}

/// A crash removed the last records of a boot. The clock of the next boot is ten hours slow until a 4616
/// corrects it at 5,000 s. The disconnection at 900 s was in the first boot: the slow clock never showed that
/// time.
#[test]
fn a_step_shows_which_times_a_clock_never_showed() {
    scenario(
        "
        Security  1..3    +3s        boot
        Security  10      +100s      4624 dora 0x50000 type=2
        Security  20      -33975s    1101 pid=700
        Security  21..23  -33997s    boot
        Security  30      +5000s     4616 from=-31000s to=+5000s reason=1
        Security  40      +6000s     4624 dora 0x60000 type=2
        LSM       1       +100.25s   21 dora session=1 address=LOCAL
        LSM       2       +900s      24 dora session=1 address=LOCAL
        LSM       3       +6000.25s  21 dora session=1 address=LOCAL
        ",
    )
    .sessions(
        "
        1/0x50000  dora  incidents=disconnected
        2/0x60000  dora  incidents=none  confirmed-by=21#3
        ",
    );
}

/// In the first boot the clock was set forward by a year. System, which was cleared then, shows how it was
/// set back. The clock of the first boot ran until the time of the last record of Security, whatever the
/// clock of the next boot shows.
#[test]
fn a_clock_set_forward_and_back_is_of_one_boot() {
    scenario(
        "
        Security  1..3    +3s         boot
        Security  10      +365d100s   4616 from=+100s to=+365d100s reason=1
        Security  11      +365d1000s  4624 dora 0x50000 type=3
        Security  12      +60025s     1101 pid=700
        Security  13..15  +60003s     boot
        System    15      +365d900s   Eventlog 104 alice
        System    16      +365d950s   Winlogon 7002 dora session=1
        System    17      +2000s      Kernel-General 1 from=+365d2000s to=+2000s reason=1
        System    18      +60000s     Kernel-General 12
        System    19      +60008s     EventLog 6008
        System    20      +60008s     EventLog 6005
        ",
    )
    .boots("1  steps=2\n 2");
}

/// System begins between the second boot, which ended in order, and the third one, whose start Security
/// shows. The record that System was cleared shows no boot, and it is not before the first boot either. The
/// record of the Local Session Manager is in the second boot.
#[test]
fn system_was_cleared_between_two_boots() {
    scenario(
        "
        Security  1..3    +3s         boot
        Security  10..12  +10003s     boot pid=700
        Security  20      +11000s     4624 dora 0x50000 type=2
        Security  21      +12000s     4647 dora 0x50000
        Security  22      +12001s     1100
        Security  23..25  +90003s     boot pid=800
        System    39      +15000s     Eventlog 104 alice
        System    40      +90000s     Kernel-General 12
        System    41      +90008s     EventLog 6005
        LSM       1       +11000.25s  21 dora session=1 address=LOCAL
        LSM       2       +12000.02s  23 dora session=1 address=LOCAL
        ",
    )
    .boots("1\n 2\n 3")
    .sessions("2/0x50000  dora  confirmed-by=21#1,23#2");
}

/// The same, but somebody logged on after System was cleared: that was in a boot of which nothing else is
/// left, and a finding says so.
#[test]
fn system_begins_in_a_boot_that_security_lacks() {
    scenario(
        "
        Security  1..3    +3s      boot
        Security  10      +12001s  1100
        Security  50..52  +90003s  boot pid=800
        System    39      +15000s  Eventlog 104 alice
        System    40      +15100s  Winlogon 7001 dora session=1
        System    41      +90000s  Kernel-General 12
        System    42      +90008s  EventLog 6005
        ",
    )
    .boots(
        "
        1  +3s      start-basis=logged
        2  ?  start-basis=none  started-by=40
        3  +90000s  start-basis=logged
        ",
    )
    .sessions("2/-  +15100s")
    .findings("boot-inferred  boot=2");
}

/// System was cleared twice. Its records from the time in between come days after a boot that ended in order.
/// They do not belong to that boot, nor to the boot that Security shows after it and that ended in order as
/// well.
#[test]
fn what_stands_behind_an_orderly_end_is_of_another_boot() {
    scenario(
        "
        Security  1..3    +3s      boot
        Security  10      +600s    1100
        Security  20..22  +10003s  boot pid=700
        Security  30      +12000s  1100
        Security  90..92  +90003s  boot pid=800
        log System WS1/System-saved.evtx
        System    1       +0s      Kernel-General 12
        System    2       +8s      EventLog 6005
        System    3       +600s    EventLog 6006
        log System WS1/System.evtx
        System    50      +50000s  Eventlog 104 alice
        System    51      +51000s  Winlogon 7001 dora session=1
        System    52      +90000s  Kernel-General 12
        System    53      +90008s  EventLog 6005
        ",
    )
    .boots("1  +0s\n 2  +10003s\n 3  ?  start-confidence=low\n 4  +90000s")
    .sessions("3/-");
}

/// In the first boot the clock was ahead by a year for a while, and a crash removed the record of that. In
/// the last boot it was set forward too. A logon of the first boot, by the clock that was ahead, must not put
/// all later records into the last boot.
#[test]
fn a_clock_that_was_ahead_without_a_record() {
    scenario(
        "
        Security  1..3    +3s           boot
        Security  20..22  +10003s       boot pid=700
        Security  30      +11000s       4624 dora 0x50000 type=2
        Security  40..42  +90003s       boot pid=800
        Security  50      +365d91000s   4616 from=+91000s to=+365d91000s reason=1
        LSM       1       +182d12h500s  21 erin session=1 address=LOCAL
        LSM       2       +900s         23 erin session=1 address=LOCAL
        LSM       3       +11000.25s    21 dora session=1 address=LOCAL
        ",
    )
    .sessions("1/-  erin  ..+900s  initiated\n 2/0x50000  dora  confirmed-by=21#3");
}

/// The record of a step of three hours back, between a lock and its unlock, is lost. Both stay in the order
/// of their records.
#[test]
fn records_of_one_log_keep_their_order() {
    scenario(
        "
        Security  1..3  +3s      boot
        Security  10    +20000s  4624 dora 0x50000 type=2
        Security  11    +20100s  4800 dora 0x50000 session=1
        Security  13    +9500s   4801 dora 0x50000 session=1
        Security  14    +12000s  4647 dora 0x50000
        ",
    )
    .sessions("1/0x50000  dora  incidents=locked,unlocked");
}

/// A 4616 and a Kernel-General 1 report one change of the clock, which counts once.
#[test]
fn one_change_in_both_logs_is_one_step() {
    scenario(
        "
        Security  1..3  +3s      boot
        Security  10    +1000s   4624 dora 0x50000 type=2
        Security  11    +5000s   4616 from=+2000s to=+5000s
        Security  12    +6000s   4647 dora 0x50000
        System    1     +0s      Kernel-General 12
        System    2     +8s      EventLog 6005
        System    3     +5000s   Kernel-General 1 from=+2000s to=+5000s reason=1
        ",
    )
    .boots("1  +0s  steps=1  step=3000s")
    .sessions("1/0x50000  dora  duration=5000s  corrected=2000s")
    .findings("clock-step");
}

/// The clock was set back by an hour after the last record of Security in the boot, as System shows, and then
/// the computer crashed. The session may have ended before or after the step, so its earliest possible end is
/// the clock time right after the step.
#[test]
fn a_step_after_the_last_record_widens_the_bounds() {
    scenario(
        "
        Security  1..3    +3s     boot
        Security  10      +4000s  4624 dora 0x50000 type=2
        Security  11..13  +703s   boot
        System    1       +0s     Kernel-General 12
        System    2       +8s     EventLog 6005
        System    3       +500s   Kernel-General 1 from=+4100s to=+500s reason=1
        System    4       +700s   Kernel-General 12
        System    5       +708s   EventLog 6008
        System    6       +708s   EventLog 6005
        ",
    )
    .sessions("1/0x50000  dora  +4000s..+500s>=+500s  crash");
}

/// The intervals in which the clock ran without being set, for a session that began at this clock time.
fn intervals(session: &Session, start: &str) -> Vec<(Timestamp, Option<Timestamp>)> {
    session.clock_readings.intervals(at(start)).collect()
}

/// The clock was set forward by a year and back within one session. Another session began after that and
/// ended before the clock was set once more. A third one began before the log.
#[test]
fn the_steps_within_a_session_divide_it() {
    let scenario = scenario(
        "
        Security  1..3  +3s          boot
        Security  10    +1000s       4624 dora 0x50000 type=2
        Security  11    +365d5000s   4616 from=+5000s to=+365d5000s reason=1
        Security  12    +6000s       4616 from=+365d5900s to=+6000s reason=1
        Security  13    +6100s       4624 erin 0x60000 type=3
        Security  14    +6200s       4634 erin 0x60000
        Security  15    +7000s       4647 dora 0x50000
        Security  16    +9000s       4616 from=+7100s to=+9000s reason=1
        Security  17    +9100s       4634 carol 0x4800 type=3
        ",
    );
    scenario.sessions(
        "
        1/0x50000  dora   flags=clock-step-within
        1/0x60000  erin   flags=none
        1/0x4800   carol  flags=none
        ",
    );
    assert_eq!(
        intervals(scenario.session("0x50000"), "+1000s"),
        [
            (at("+1000s"), Some(at("+5000s"))),
            (at("+365d5000s"), Some(at("+365d5900s"))),
            (at("+6000s"), Some(at("+7000s"))),
        ]
    );
    assert!(scenario.session("0x60000").clock_readings.steps().is_empty());
    // It may have begun at any time since the boot.
    assert_eq!(
        intervals(scenario.session("0x4800"), "+3s"),
        [
            (at("+3s"), Some(at("+5000s"))),
            (at("+365d5000s"), Some(at("+365d5900s"))),
            (at("+6000s"), Some(at("+7100s"))),
            (at("+9000s"), Some(at("+9100s"))),
        ]
    );
}

/// The clock was set back by an hour, and then the computer crashed. The last clock times of the session are
/// between the step and the next boot.
#[test]
fn the_last_interval_ends_at_the_next_boot() {
    let scenario = scenario(
        "
        Security  1..3    +3s     boot
        Security  10      +4000s  4624 dora 0x50000 type=2
        Security  11..13  +703s   boot
        System    1       +0s     Kernel-General 12
        System    2       +8s     EventLog 6005
        System    3       +500s   Kernel-General 1 from=+4100s to=+500s reason=1
        System    4       +700s   Kernel-General 12
        System    5       +708s   EventLog 6008
        System    6       +708s   EventLog 6005
        ",
    );
    scenario.sessions("1/0x50000  dora  crash  flags=clock-set-back,clock-step-within");
    assert_eq!(
        intervals(scenario.session("0x50000"), "+4000s"),
        [(at("+4000s"), Some(at("+4100s"))), (at("+500s"), Some(at("+700s")))]
    );
}

/// A Fast Startup between 5,000 and 9,000 s: sessions that last from before to after it existed while the
/// power was off. The clock was set back by 2,000 s after it, so the Fast Startup has a later clock time than
/// the end of the session that lasted longer.
#[test]
fn the_power_was_off_within_a_session() {
    scenario(
        "
        Security  1..3  +3s     boot
        Security  10    +100s   4624 dora 0x50000 type=5
        Security  11    +200s   4624 erin 0x60000 type=2
        Security  12    +4900s  4647 erin 0x60000
        Security  13    +7100s  4616 from=+9100s to=+7100s reason=1
        Security  14    +7200s  4624 erin 0x70000 type=2
        Security  15    +8000s  4634 dora 0x50000
        Security  16    +9900s  4647 erin 0x70000
        System    1     +0s     Kernel-General 12
        System    2     +8s     EventLog 6005
        System    3     +9000s  Kernel-Boot 27 type=1
        System    4     +7100s  Kernel-General 1 from=+9100s to=+7100s reason=1
        ",
    )
    .boots("1  segments=2")
    .sessions(
        "
        1/0x50000  dora  flags=clock-step-within,power-off-within
        1/0x60000  erin  flags=none
        1/0x70000  erin  flags=none
        ",
    );
}

/// The clock was set back after a boot had begun, and the record of that is missing. This does not put a
/// session outside of its boot.
#[test]
fn a_change_of_the_clock_that_is_missing_is_no_contradiction() {
    scenario(
        "
        log Security WS1/Security.evtx exported
        Security  1..3  +10805s  boot
        Security  4..9  gap
        Security  10    +60s     4624 alice 0x50000 type=3
        Security  11    +70s     4634 alice 0x50000 type=3
        ",
    )
    .sessions("1/0x50000  alice  +60s..+70s  terminated")
    .findings("no self-check");
}

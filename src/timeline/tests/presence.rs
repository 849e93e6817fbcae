//! Tests: who was there at a given time. The expected results were worked out by hand from the records.

use super::scenario::{Scenario, at, scenario};
use crate::model::{Host, LogSummary, Report};
use crate::presence::{Certainty, ComputerState, HostAt, SessionUse};

/// The host of a scenario, with one log from the first to the last of these times.
pub(super) fn report(scenario: &Scenario, first: &str, last: &str) -> Report {
    let host: Host = scenario.host().clone();
    let log = LogSummary {
        computers: [host.computer.clone()].into(),
        times: Some((at(first), at(last))),
        ..LogSummary::default()
    };
    Report { hosts: vec![host], logs: vec![log], ..Report::default() }
}

/// `on 1; alice active since +100s | bob gone`: the state of the computer, then each person.
fn answer(report: &Report, time: &str) -> String {
    let all = HostAt::all(report, at(time));
    let [host] = &all[..] else { panic!("one computer") };
    if host.uncovered.is_some() {
        return "not covered".into();
    }
    let mut told: Vec<String> = host.computer.iter().map(computer).collect();
    if host.lacks_records {
        told.push("records missing".into());
    }
    let people: Vec<String> = host
        .people
        .iter()
        .map(|person| {
            let name = &person.account.user;
            let sessions: Vec<String> = person
                .sessions
                .iter()
                .map(|one| {
                    let perhaps =
                        if one.certainty == Certainty::Possible { "perhaps " } else { "" };
                    let perhaps_used =
                        if one.use_certainty == Certainty::Possible { "perhaps " } else { "" };
                    let perhaps = if perhaps.is_empty() { perhaps_used } else { perhaps };
                    let used = match one.used {
                        SessionUse::Active => "active",
                        SessionUse::Locked => "locked",
                        SessionUse::Disconnected => "disconnected",
                    };
                    let since = one.since.map_or("?".into(), seconds);
                    format!("{perhaps}{used} since {since}")
                })
                .collect();
            match (&sessions[..], person.gone, person.later) {
                ([], Some(_), _) => format!("{name} gone"),
                ([], None, Some(_)) => format!("{name} later"),
                (sessions, ..) => format!("{name} {}", sessions.join(" and ")),
            }
        })
        .collect();
    format!("{}; {}", told.join(", "), people.join(" | "))
}

/// In boot 2 the clock was a year ahead. By the order of boots its sessions are over in boot 3, and those of boot 3
/// had not begun in boot 2, whatever their times say.
#[test]
fn the_order_of_boots_says_who_had_gone() {
    let scenario = scenario(
        "
        Security  1..3    +0s         boot
        Security  4       +100s       1100
        Security  10..12  +1000s      boot pid=700
        Security  13      +365d1100s  4616 from=+1100s to=+365d1100s reason=1
        Security  14      +365d1200s  4624 dora 0x50000 type=2
        Security  15      +365d1300s  4647 dora 0x50000
        Security  16      +365d1400s  1100
        Security  20..22  +2000s      boot pid=800
        Security  23      +2100s      4624 erin 0x50000 type=2
        Security  24      +2200s      4647 erin 0x50000
        Security  25      +2300s      1100
        ",
    );
    let report = report(&scenario, "+0s", "+365d1400s");
    assert_eq!(answer(&report, "+2050s"), "on 3; dora gone | erin later");
    assert_eq!(answer(&report, "+365d1150s"), "on 2; dora later | erin later");
}

/// `+90s`
fn seconds(time: crate::model::Timestamp) -> String {
    format!("+{}s", time.since(at("+0s")))
}

fn computer(state: &ComputerState<'_>) -> String {
    match state {
        ComputerState::On(boot) => format!("on {}", boot.epoch),
        ComputerState::Away(boot, interval) => format!("{} in {}", interval.kind, boot.epoch),
        ComputerState::PerhapsAway(boot, interval) => {
            format!("perhaps {} in {}", interval.kind, boot.epoch)
        }
        ComputerState::Ending(boot) => format!("perhaps on {}", boot.epoch),
        ComputerState::Off(one, next) => format!("off {}-{}", one.epoch, next.epoch),
        ComputerState::Between(one, next) => format!("perhaps off {}-{}", one.epoch, next.epoch),
    }
}

pub(super) fn answers(report: &Report, expected: &[(&str, &str)]) {
    for (time, words) in expected {
        assert_eq!(answer(report, time), *words, "at {time}");
    }
}

/// alice locks her desktop, and a client takes it over and leaves; bob comes later.
#[test]
fn active_locked_disconnected_gone() {
    let scenario = scenario(
        "
        Security  1..3  +0s     boot
        Security  10    +100s   4624 alice 0x50000 type=2
        Security  11    +200s   4800 alice 0x50000 session=1
        Security  12    +300s   4801 alice 0x50000 session=1
        Security  13    +400s   4779 alice 0x50000 name=Console
        Security  14    +500s   4800 alice 0x50000 session=1
        Security  15    +600s   4778 alice 0x50000 name=RDP-Tcp#0 client=LAPTOP address=10.0.0.9
        Security  16    +700s   4624 bob 0x60000 type=3
        Security  17    +900s   4647 alice 0x50000
        Security  18    +950s   4634 alice 0x50000
        Security  19    +1000s  4634 bob 0x60000
        ",
    );
    answers(
        &report(&scenario, "+0s", "+2000s"),
        &[
            ("-1s", "not covered"),
            ("+50s", "on 1; alice later | bob later"),
            ("+100s", "on 1; alice active since +100s | bob later"),
            ("+250s", "on 1; alice locked since +200s | bob later"),
            ("+350s", "on 1; alice active since +300s | bob later"),
            ("+450s", "on 1; alice disconnected since +400s | bob later"),
            // Locked as well, and still disconnected.
            ("+550s", "on 1; alice disconnected since +400s | bob later"),
            ("+650s", "on 1; alice active since +600s | bob later"),
            ("+800s", "on 1; alice active since +600s | bob active since +700s"),
            ("+950s", "on 1; alice active since +600s | bob active since +700s"),
            ("+951s", "on 1; bob active since +700s | alice gone"),
            ("+1001s", "perhaps on 1; alice gone | bob gone"),
            ("+2001s", "not covered"),
        ],
    );
}

/// The power failed between 1,000 and 2,000 s. The second boot was shut down at 3,000 s, with bob still
/// there, and the third one began at 5,000 s.
#[test]
fn crashes_and_shutdowns() {
    let scenario = scenario(
        "
        Security  1..3    +3s     boot
        Security  8       +60s    4624 WS1$ 0x4f000 type=3
        Security  9       +70s    4634 WS1$ 0x4f000 type=3
        Security  10      +100s   4624 alice 0x50000 type=2
        Security  11      +1000s  4624 carol 0x51000 type=3
        Security  12..14  +2003s  boot
        Security  20      +2100s  4624 bob 0x50000 type=3
        Security  22      +3000s  1100
        Security  23..25  +5003s  boot
        Security  30      +5100s  4624 alice 0x50000 type=2
        System    1       +0s     Kernel-General 12
        System    2       +8s     EventLog 6005
        System    3       +2000s  Kernel-General 12
        System    4       +2008s  EventLog 6008
        System    5       +2008s  EventLog 6005
        System    6       +2999s  EventLog 6006
        System    7       +3001s  Kernel-General 13
        System    8       +5000s  Kernel-General 12
        System    9       +5008s  EventLog 6005
        ",
    );
    answers(
        &report(&scenario, "+0s", "+6000s"),
        &[
            ("+500s", "on 1; alice active since +100s | bob later | carol later"),
            ("+1000s", "on 1; alice active since +100s | carol active since +1000s | bob later"),
            (
                "+1500s",
                "perhaps on 1; alice perhaps active since +100s | \
                 carol perhaps active since +1000s | bob later",
            ),
            ("+2050s", "on 2; alice gone | carol gone | bob later"),
            ("+2995s", "on 2; bob active since +2100s | alice gone | carol gone"),
            ("+4000s", "off 2-3; alice gone | bob gone | carol gone"),
            ("+5100s", "on 3; alice active since +5100s | bob gone | carol gone"),
            ("+5500s", "perhaps on 3; alice perhaps active since +5100s | bob gone | carol gone"),
        ],
    );
}

/// The clock was set forward by a year at 5,000 s, and back at 365 d 5,900 s: it never showed a day in
/// between, nor 5,000 to 6,000 s of the first day. dora locked her desktop in the year ahead and unlocked it
/// after that.
#[test]
fn a_clock_that_was_set_forward_and_back() {
    let scenario = scenario(
        "
        Security  1..3  +3s          boot
        Security  10    +1000s       4624 dora 0x50000 type=2
        Security  11    +365d5000s   4616 from=+5000s to=+365d5000s reason=1
        Security  12    +365d5500s   4800 dora 0x50000 session=1
        Security  13    +6000s       4616 from=+365d5900s to=+6000s reason=1
        Security  14    +6500s       4801 dora 0x50000 session=1
        Security  15    +7000s       4647 dora 0x50000
        Security  16    +7100s       4624 erin 0x60000 type=3
        Security  17    +7200s       4634 erin 0x60000
        ",
    );
    let report = report(&scenario, "+3s", "+365d5900s");
    answers(
        &report,
        &[
            ("+4000s", "on 1; dora active since +1000s | erin later"),
            ("+5500s", "not covered"),
            ("+100d", "not covered"),
            ("+365d5400s", "on 1; dora active since +1000s | erin gone"),
            ("+365d5800s", "on 1; dora locked since +31541500s | erin gone"),
            ("+6100s", "on 1; dora locked since +31541500s | erin later"),
            ("+6600s", "on 1; dora active since +6500s | erin later"),
            ("+7150s", "on 1; erin active since +7100s | dora gone"),
        ],
    );
}

/// The clock was set back from 5,000 to 2,000 s: it showed 2,000 to 5,000 s twice. dora was there from 1,000
/// s to 3,000 s of the second time; erin from 4,000 s of the second time on, until the log ends.
#[test]
fn a_clock_that_was_set_back() {
    let scenario = scenario(
        "
        Security  1..3  +3s     boot
        Security  10    +1000s  4624 dora 0x50000 type=2
        Security  11    +2000s  4616 from=+5000s to=+2000s reason=1
        Security  12    +3000s  4634 dora 0x50000
        Security  13    +4000s  4624 erin 0x60000 type=2
        Security  14    +4500s  4624 frank 0x70000 type=3
        ",
    );
    answers(
        &report(&scenario, "+3s", "+5000s"),
        &[
            ("+1500s", "on 1; dora active since +1000s | erin later | frank later"),
            // Both times.
            ("+2500s", "on 1; dora active since +1000s | erin later | frank later"),
            // The first time.
            ("+3500s", "on 1; dora active since +1000s | erin later | frank later"),
            ("+4200s", "on 1; dora active since +1000s | erin active since +4000s | frank later"),
        ],
    );
}

/// A Fast Startup from 5,000 to 9,000 s, during which a service session of dora exists.
#[test]
fn the_computer_was_off_within_a_boot() {
    let scenario = scenario(
        "
        Security  1..3  +3s     boot
        Security  10    +200s   4624 erin 0x60000 type=2
        Security  11    +4900s  4647 erin 0x60000
        Security  12    +9100s  4624 erin 0x70000 type=2
        Security  13    +9900s  4647 erin 0x70000
        System    1     +0s     Kernel-General 12
        System    2     +8s     EventLog 6005
        System    3     +5000s  Kernel-Power 42 target=6 effective=5
        System    4     +9000s  Kernel-General 1 from=+5000.4s to=+9000s reason=2 by-kernel
        System    5     +9000s  Kernel-Boot 27 type=1
        ",
    );
    answers(
        &report(&scenario, "+0s", "+9900s"),
        &[
            ("+4000s", "on 1; erin active since +200s"),
            ("+7000s", "off in 1; erin gone"),
            ("+9500s", "on 1; erin active since +9100s"),
        ],
    );
}

/// Records are missing between 1,000 and 3,000 s.
#[test]
fn missing_records_are_said() {
    let scenario = scenario(
        "
        Security  1..3    +3s     boot
        Security  10      +100s   4624 alice 0x50000 type=3
        Security  11      +1000s  4634 alice 0x50000
        Security  12..90  gap
        Security  91      +3000s  4624 bob 0x60000 type=3
        Security  92      +3100s  4634 bob 0x60000
        System    1       +0s     Kernel-General 12
        System    2       +8s     EventLog 6005
        System    3       +9000s  EventLog 6013 uptime=9000
        ",
    );
    answers(
        &report(&scenario, "+0s", "+9000s"),
        &[
            ("+500s", "on 1; alice active since +100s | bob later"),
            ("+2000s", "on 1, records missing; alice gone | bob later"),
            ("+3050s", "on 1; bob active since +3000s | alice gone"),
        ],
    );
}

/// The 6009 and 6005 of boot 1 stand before its Kernel-General 12, and have the time of the clock after it was
/// set back by eight hours. The clock did not show the hours between.
#[test]
fn a_service_start_recorded_before_a_clock_step_that_it_followed() {
    let scenario = scenario(
        "
        System  1  +25s     EventLog 6009
        System  2  +25s     EventLog 6005
        System  6  +28800s  Kernel-General 12
        System  7  +20s     Kernel-General 1 from=+28950s to=+20s reason=1
        System  8  +60s     Winlogon 7001 alice session=1
        System  9  +90s     Kernel-Power 187 boundary
        ",
    );
    let report = report(&scenario, "+20s", "+28950s");
    answers(
        &report,
        &[
            ("+80s", "on 1, records missing;  active since +60s"),
            ("+9000s", "not covered"),
            ("+28900s", "on 1, records missing;  later"),
        ],
    );
}

/// Records are missing from record 12 to 90, and LSASS has the same process ID before and after: whether
/// another boot began among them is not known. So the computer was on for certain only until record 11.
#[test]
fn after_missing_records_the_computer_was_perhaps_on() {
    let scenario = scenario(
        "
        System  1       +0s     Kernel-General 12
        System  2       +8s     EventLog 6005
        System  3       +100s   Winlogon 7001 alice session=1
        System  11      +1000s  Kernel-Power 187 boundary
        System  12..90  gap
        System  91      +3000s  Kernel-Power 187 boundary
        ",
    );
    assert_eq!(scenario.boot(1).flags, [crate::model::Flag::BootUncertain]);
    let report = report(&scenario, "+0s", "+3000s");
    answers(
        &report,
        &[
            ("+500s", "on 1, records missing;  active since +100s"),
            ("+2000s", "perhaps on 1, records missing;  perhaps active since +100s"),
            ("+3000s", "perhaps on 1, records missing;  perhaps active since +100s"),
        ],
    );
}

/// The clock was set forward by a year while dora was at the console, and back after a client had taken her
/// desktop over. The time of the client is later, whatever the clock showed.
#[test]
fn where_somebody_worked_while_the_clock_was_ahead() {
    let scenario = scenario(
        "
        Security  1..3  +3s          boot
        Security  10    +1000s       4624 dora 0x50000 type=2
        Security  11    +365d5000s   4616 from=+5000s to=+365d5000s reason=1
        Security  12    +365d5500s   4779 dora 0x50000 name=Console
        Security  13    +365d5600s   4778 dora 0x50000 name=RDP-Tcp#0 client=LAPTOP address=10.0.0.9
        Security  14    +6000s       4616 from=+365d5900s to=+6000s reason=1
        Security  15    +7000s       4647 dora 0x50000
        ",
    );
    let report = report(&scenario, "+3s", "+365d5900s");
    let attached = |time: &str| {
        let all = HostAt::all(&report, at(time));
        let attachment = all[0].people[0].sessions[0].attachment.unwrap();
        format!("{} {}", attachment.kind, attachment.address)
    };
    assert_eq!(attached("+4000s"), "console ");
    assert_eq!(attached("+365d5400s"), "console ");
    assert_eq!(attached("+365d5700s"), "rdp 10.0.0.9");
    assert_eq!(attached("+6500s"), "rdp 10.0.0.9");
}

/// Windows counted a boot between the two that System shows: nobody knows whether the computer was on between
/// them.
#[test]
fn a_boot_that_no_log_shows() {
    let between = |second: u32| {
        let scenario = scenario(&format!(
            "
            System  1  +0s      Kernel-General 12
            System  2  +0.1s    Kernel-Boot 20 last-boot-id=5
            System  3  +8s      EventLog 6005
            System  4  +1000s   EventLog 6006
            System  5  +1005s   Kernel-General 13
            System  6  +9000s   Kernel-General 12
            System  7  +9000.1s Kernel-Boot 20 last-boot-id={second}
            System  8  +9008s   EventLog 6005
            "
        ));
        answer(&report(&scenario, "+0s", "+9100s"), "+5000s")
    };
    assert_eq!(between(6), "off 1-2; ");
    assert_eq!(between(7), "perhaps off 1-2, records missing; ");
}

/// Before the first known boot there may have been several. Where Security has records without missing ones,
/// none began; between two records of the Local Session Manager alone, one may have.
#[test]
fn before_the_first_known_boot() {
    let scenario = scenario(
        "
        LSM       1    +0s      21 dora session=1 address=LOCAL
        LSM       2    +500s    23 dora session=1
        LSM       3    +90000s  21 dora session=1 address=LOCAL
        Security  500  +91000s  4624 dave 0x80000 type=3
        Security  501  +92000s  4634 dave 0x80000
        LSM       4    +93000s  23 dora session=1
        ",
    );
    let report = report(&scenario, "+0s", "+93000s");
    let computer = |time: &str| answer(&report, time).split([';', ',']).next().unwrap().to_owned();
    assert_eq!(computer("+50000s"), "perhaps on 0");
    assert_eq!(computer("+91500s"), "on 0");
}

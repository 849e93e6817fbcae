//! Tests of the scenario syntax itself: a typing error must never make a test weaker.

use super::words::{shown, span, time};
use super::{Scenario, expected, read, scenario};
use crate::model::event::TerminalAction;
use crate::model::{Channel, EventKind, LogonId, Span};

/// Why a line is wrong.
fn why(line: &str) -> String {
    let text = format!("Security  3  +0s  4608\n{line}");
    let why = read(&text).map(|_| ()).unwrap_err();
    assert!(why.contains(line), "{why}");
    why
}

#[test]
fn a_line_that_is_wrong_says_why() {
    for (line, reason) in [
        ("Sekurity 7 +1s 4608", "Sekurity is no channel"),
        ("Security", "a record ID is missing"),
        ("Security x +1s 4608", "x is no number"),
        ("Security 7 1s 4608", "1s is no time"),
        ("Security 7 +1x 4608", "no length of time"),
        ("Security 7 +1s2h 4608", "no length of time"),
        ("Security 7 +1s", "an Event ID is missing"),
        ("Security 7 +1s 99999", "99999 is no Event ID"),
        ("Security 7 +1s 4609x", "4609x is no Event ID"),
        ("Security 7 +1s 12", "12 is no event of this channel"),
        ("System 7 +1s 12", "an Event ID is missing"),
        ("System 7 +1s Kernel-Power 12", "Kernel-Power 12 is no event"),
        ("Security 7 +1s 4608 alice", "not understood: alice"),
        ("Security 7 +1s 4634 alice", "a Logon ID is missing"),
        ("Security 7 +1s 4634 alice 5000g", "5000g is no number"),
        ("Security 7 +1s 4634 0x5000 alice", "0x5000 stands where an account is expected"),
        ("Security 7 +1s 4624 alice 0x5000", "type= is missing"),
        ("Security 7 +1s 4624 alice type=2", "the Logon ID is missing"),
        ("Security 7 +1s 4624 alice 0x5000 type=2 user32", "not understood: user32"),
        ("Security 7 +1s 4624 alice 0x5000 type=2 typ=3", "not understood: typ=3"),
        ("Security 7 +1s 4624 alice 0x5000 type=2 type=3", "not understood: type=3"),
        ("Security 7 +1s 4624 alice 0x5000 type=two", "type: two is no number"),
        ("Security 7 +1s 4624 alice 0x5000 type=2 elevated filtered", "exclude each other"),
        ("Security 7 +1s 4616 from=+1s", "from= and to= stand together"),
        ("Security 7 +1s 4616 by='C:\\a b", "a quotation mark is not closed"),
        ("Security 7 +1s 4608 pid=x", "x is no number"),
        ("LSM 7 +1s 21 alice session=1 pid=7", "pid is the process ID of LSASS"),
        ("LSM 7 +1s 21 alice", "session= is missing"),
        ("LSM 7 +1s 40 session=1", "reason= is missing"),
        ("System 7 +1s Kernel-Boot 20 last-boot-good=maybe", "neither yes nor no"),
        ("Security 3 +1s 4608", "record 3 does not ascend"),
        ("Security 2 +1s 4608", "record 2 does not ascend"),
        ("Security 3..9 gap", "a gap stands between"),
        ("Security 9..7 gap", "a gap stands between"),
        ("Security 7..9", "a time, or gap is missing"),
        ("Security 7..10 +1s boot", "a range is"),
        ("Security 7..9 +1s boots", "a range is"),
        ("System 7..9 +1s boot", "a range is"),
        ("Security 7..9 +1s boot now", "not understood: now"),
        ("computer", "the name of a computer is missing"),
        ("log Security", "a path is missing"),
        ("log Security a.evtx origin=attic", "attic is no origin"),
        ("log Security a.evtx exportet", "not understood: exportet"),
    ] {
        let why = why(line);
        assert!(why.contains(reason), "{why}\nhas not: {reason}");
    }
}

/// Records in a gap cannot be there.
#[test]
fn a_record_inside_a_gap_is_wrong() {
    let text = "Security 3 +0s 4608\n Security 4..9 gap\n Security 7 +1s 1100";
    assert!(read(text).unwrap_err().contains("record 7 does not ascend"));
}

#[test]
fn a_log_as_it_is_read() {
    let (events, logs) = read(
        r"
        # A comment.
        Security  1..3  +5s      boot pid=640
        Security  4     +61.25s  4624 alice 0x29b379 type=2 pair=0x29b399 filtered
        Security  5..8  gap
        Security  9     +2m      4616 from=+119s to=+120s by='C:\Program Files\a.exe' recovered
        LSM       1     +1d2h    40 session=2 reason=11
        computer WS2
        Security  1     -1s      4608
        ",
    )
    .unwrap();
    let ids: Vec<(u64, u16, u32)> =
        events.iter().map(|e| (e.record_id, e.event_id, e.process_id)).collect();
    assert_eq!(
        ids[..5],
        [(1, 4608, 640), (2, 4624, 640), (3, 4902, 640), (4, 4624, 640), (9, 4616, 640)]
    );
    let times: Vec<String> = events.iter().map(|event| shown(event.time)).collect();
    assert_eq!(times, ["+5s", "+5.1s", "+5.2s", "+61.25s", "+120s", "+93600s", "-1s"]);
    let EventKind::Logon(logon) = &events[3].kind else { panic!("{:?}", events[3]) };
    assert_eq!((logon.logon_id, logon.linked), (LogonId(0x29_b379), Some(LogonId(0x29_b399))));
    assert_eq!((logon.elevated, logon.logon_type), (Some(false), Some(2)));
    assert_eq!((&*logon.account.user, &*logon.account.domain), ("alice", "CORP"));
    let EventKind::ClockChanged(change) = &events[4].kind else { panic!("{:?}", events[4]) };
    assert_eq!(&*change.process, r"C:\Program Files\a.exe");
    assert!(events[4].recovered && !events[3].recovered);
    let EventKind::Terminal(terminal) = &events[5].kind else { panic!("{:?}", events[5]) };
    assert_eq!((terminal.action, terminal.detail), (TerminalAction::DisconnectReason, Some(11)));
    assert_eq!((events[5].channel, &*events[6].computer), (Channel::LocalSessionManager, "WS2"));
    let paths: Vec<&str> = logs.iter().map(|log| log.path.as_str()).collect();
    assert_eq!(paths, ["WS1/Security.evtx", "WS1/LSM.evtx", "WS2/Security.evtx"]);
    assert_eq!((logs[0].record_ids, &logs[0].gaps[..]), (Some((1, 9)), &[(5, 8)][..]));
}

#[test]
fn lengths_of_time() {
    for (text, ticks) in [("61.2s", 612_000_000), ("-3s", -30_000_000), ("1d2h", 936_000_000_000)] {
        assert_eq!(span(text), Ok(Span(ticks)), "{text}");
    }
    assert_eq!(span("0.0000001s"), Ok(Span(1)));
    for wrong in ["", "s", "+", "1", "1h2d", "1.s", ".5s", "1s ", "1 s", "--1s", "1.00000001s"] {
        assert!(span(wrong).is_err(), "{wrong}");
    }
    assert!(time("1s").is_err());
}

/// A boot that crashed, and alice's session in it.
const CRASH: &str = "
    Security  1..3    +5s     boot
    Security  10      +60s    4624 alice 0x50000 type=3
    Security  13      +4000s  1101
    Security  14..16  +3990s  boot
";

/// The messages with which expectations of this scenario fail.
struct Failure(Scenario);

impl Failure {
    fn boots(&self, text: &str) -> String {
        expected::rows("boots", text, &self.0.host().boots).unwrap_err()
    }

    fn sessions(&self, text: &str) -> String {
        expected::rows("sessions", text, &self.0.host().sessions).unwrap_err()
    }

    fn findings(&self, text: &str) -> String {
        expected::findings(text, &self.0.built.findings).unwrap_err()
    }
}

#[test]
fn a_wrong_expectation_shows_the_difference() {
    let failure = Failure(scenario(CRASH));
    assert_eq!(
        failure.boots("1  +5s  crash\n 2  +3990s  crash"),
        "boots differ: - expected, + found\n    1  +5s  crash\n  - 2  +3990s  crash\n  \
         + 2  +3990s  log-end\n"
    );
    assert!(failure.boots("1  +5s").contains("+ 2  +3990s..?>=+3990.2s<=?  log-end  none"));
    assert!(failure.boots("1\n 2\n 3").contains("- 3"));
    assert!(failure.boots("1  ..<=+3991s\n 2").contains("+ 1  ..<=+3990s"));
    assert!(failure.boots("1  ?\n 2").contains("+ 1  +5s"));
    assert!(failure.boots("1  clean=yes\n 2").contains("+ 1  clean=no"));
    assert!(failure.sessions("1/0x50000  bob").contains("+ 1/0x50000  alice"));
    assert!(failure.sessions("0x50000  alice  desktop").contains("+ 0x50000  alice  network"));
    assert!(failure.sessions("2/0x50000").contains("+ 1/0x50000  alice  +60s"));
    assert!(failure.sessions("0x50000  alice\n console  +60s..?").contains("- console  +60s..?"));
    assert!(failure.sessions("0x50000\n start=inferred").contains("+ 0x50000  start=exact"));
    assert!(failure.findings("no crash").contains("+ crash  boot=1"));
    assert!(failure.findings("crash\n crash").contains("- crash"));
    assert!(failure.findings("crash  boot=2").contains("+ crash  boot=1"));
    assert!(failure.findings("crash  message='...Nothing...'").contains("+ crash  message="));
    assert!(failure.findings("epochs-overlap").contains("- epochs-overlap"));
}

#[test]
fn an_expectation_that_is_not_understood() {
    let failure = Failure(scenario(CRASH));
    assert!(failure.boots("1  +5s  krash\n 2").contains("not understood: krash"));
    assert!(failure.boots("1  kleen=no\n 2").contains("no such key: kleen"));
    assert!(failure.boots("1  +5\n 2").contains("no length of time"));
    assert!(failure.boots("1  ..\n 2").contains("says nothing"));
    assert!(failure.boots("1  +5s..+7\n 2").contains("no length of time"));
    assert!(failure.sessions("0x50000  alice  networc").contains("not understood: networc"));
    assert!(failure.findings("crash\n no crash").contains("says the opposite"));
    assert!(failure.findings("no crash\n crash").contains("says the opposite"));
    assert!(failure.findings("krash").contains("no such code: krash"));
    assert!(failure.findings("no krash").contains("no such code: krash"));
    assert!(failure.findings("").contains("names a code"));
    assert!(failure.findings("crash  boots=1").contains("not understood: boots=1"));
}

/// The example at the top of the module's documentation.
#[test]
fn the_example_holds() {
    scenario(
        "
        Security  1..3  +0s     boot pid=640
        Security  7     +61.2s  4624 alice 0x29b379 type=2
        Security  9     +90s    4647 alice 0x29b379
        System    1     +0s     Kernel-General 12
        System    7     +12s    EventLog 6005
        LSM       3     +61.5s  21 alice session=1 address=LOCAL
        ",
    )
    .boots("1  +0s..?  log-end")
    .sessions("0x29b379  alice  desktop  +61.2s..+90s  initiated  high  confirmed-by=21#3")
    .findings("no crash");
}

//! Tests: one computer or several: names, copies, archives, forwarded events.

use super::scenario::{Expect, scenario};

/// The same log twice: each session appears once, and the copies are counted.
#[test]
fn copies_are_merged() {
    let records = "
        Security  1..3  +0s   boot
        Security  10    +60s  4624 alice 0x50000 type=3
        Security  11    +70s  4634 alice 0x50000
    ";
    let seen = scenario(&format!("{records}\n log Security backup/Security.evtx\n {records}"));
    seen.hosts("WS1").sessions("1/0x50000");
    let tally = seen.built.accounting.events[&4634];
    assert_eq!((tally.read, tally.placed, tally.duplicates), (2, 1, 1));
    assert!(seen.built.accounting.events.values().all(|tally| tally.balances()));
}

/// An archive and the log that continues it are of one computer.
#[test]
fn an_archive_goes_before_its_log() {
    scenario(
        "
        log Security WS1/Security.evtx
        Security  1..3  +0s    boot
        Security  10    +60s   4624 alice 0x50000 type=3
        log Security WS1/Archive-Security.evtx
        Security  11    +900s  4634 alice 0x50000
        ",
    )
    .hosts("WS1")
    .sessions("1/0x50000  ..+900s");
}

/// Two computers that share the name of their install image have different records with one ID.
#[test]
fn two_computers_with_one_name_stay_apart() {
    let seen = scenario(
        "
        computer IMAGE
        Security  1..3  +0s    boot
        Security  10    +60s   4624 alice 0x50000 type=3
        computer IMAGE
        Security  1..3  +777s  boot
        Security  10    +800s  4624 bob 0x50000 type=3
        ",
    );
    seen.hosts("IMAGE IMAGE~2");
    seen.built.hosts[0].sessions("1/0x50000  alice");
    seen.built.hosts[1].sessions("1/0x50000  bob");
}

/// Two hosts with one name: each Security belongs to the System in its own folder.
#[test]
fn logs_of_one_folder_belong_together() {
    let seen = scenario(
        "
        computer PC
        log Security a/Security.evtx
        Security  1..3  +5s     boot
        log System a/System.evtx
        System    1     +0s     Kernel-General 12
        log Security b/Security.evtx
        Security  1..3  +5005s  boot
        log System b/System.evtx
        System    1     +5000s  Kernel-General 12
        ",
    );
    seen.hosts("PC PC~2");
    // Each begins with the start of the kernel in its own System log.
    seen.built.hosts[0].boots("1  +0s");
    seen.built.hosts[1].boots("1  +5000s");
}

/// A renamed computer is one computer: one native log is of one computer, whatever its name was.
#[test]
fn a_renamed_computer_is_one() {
    let seen = scenario(
        "
        Security  1..3    +0s    boot computer=WIN-IMAGE
        Security  10      +60s   4624 alice 0x50000 type=3 computer=WIN-IMAGE
        Security  20..22  +500s  boot computer=WS7.corp.local
        ",
    );
    seen.hosts("WS7.corp.local").boots("1  names=WIN-IMAGE\n 2");
}

/// Forwarded events: one file, as many computers as names, each ordered by its own record IDs.
#[test]
fn a_forwarded_log_holds_many_computers() {
    scenario(
        "
        log Security WS1/Security.evtx forwarded
        Security  900  +60s  4624 alice 0x50000 type=3 forwarded computer=WS1
        Security  500  +61s  4624 bob 0x50000 type=3 forwarded computer=WS2
        Security  501  +62s  4634 bob 0x50000 forwarded computer=WS2
        ",
    )
    .hosts("WS1 WS2")
    .findings("log-selection\n log-selection");
}

/// One record ID with two contents (a restored snapshot): both are kept, and a finding says so.
#[test]
fn conflicting_records_are_reported() {
    let same = "
        Security  1..3  +0s   boot
        Security  10    +60s  4624 alice 0x50000 type=3
        Security  11    +61s  4624 alice 0x51000 type=3
        Security  12    +62s  4624 alice 0x52000 type=3
    ";
    scenario(&format!(
        "
        {same}
        Security  13    +80s  4624 eve 0x54000 type=3
        log Security snapshot/Security.evtx
        {same}
        Security  13    +70s  4624 bob 0x53000 type=3
        "
    ))
    .hosts("WS1")
    .sessions(
        "
        1/0x50000  alice
        1/0x51000  alice
        1/0x52000  alice
        1/0x53000  bob
        1/0x54000  eve
        ",
    )
    .findings("record-conflict");
}

/// Two collections: a name that both hosts had, that of their install image, does not join them.
#[test]
fn collections_of_two_hosts_stay_apart() {
    let seen = |first: &str, second: &str| {
        scenario(&format!(
            "
            computer IMAGE
            log Security {first}/C/Windows/IMAGE/Security.evtx collected-from={first}
            Security  1..3  +0s   boot
            Security  10    +60s  4624 alice 0x50000 type=3
            log System {second}/C/Windows/IMAGE/System.evtx collected-from={second}
            System    1     -5s   Kernel-General 12
            "
        ))
    };
    seen("WKS01", "WKS02").hosts("IMAGE IMAGE~2");
    seen("WKS01", "wks01").hosts("IMAGE");
}

/// Records that a shadow copy still has although the log has overwritten them, and records that both have.
#[test]
fn what_only_a_shadow_copy_has_is_flagged() {
    let flags = |origin: &str| {
        let seen = scenario(&format!(
            "
            Security  13    +70s  4624 bob 0x52000 type=3
            Security  14    +71s  4634 bob 0x52000
            Security  15    +72s  4634 dave 0x51000
            log Security copy/Security.evtx origin={origin}
            Security  1..3  +0s   boot
            Security  10    +60s  4624 alice 0x50000 type=3
            Security  11    +61s  4624 dave 0x51000 type=3
            Security  12    +62s  4634 alice 0x50000
            Security  13    +70s  4624 bob 0x52000 type=3
            "
        ));
        ["0x50000", "0x51000", "0x52000"].map(|id| {
            let flags = seen.session(id).flags.iter().map(|flag| flag.word());
            flags.filter(|flag| flag.ends_with("-only")).collect::<Vec<_>>().join(" ")
        })
    };
    // Of alice, dave and bob.
    assert_eq!(flags("shadow-copy"), ["snapshot-only", "start-snapshot-only", ""]);
    assert_eq!(flags("deleted"), ["deleted-only", "start-deleted-only", ""]);
    assert_eq!(flags("live"), ["", "", ""]);
}

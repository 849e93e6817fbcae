//! Tests: an account that records give several names, as Windows does with Microsoft accounts: 4624 has the mail address,
//! and all other records have the local name. The expected results were worked out by hand from the records.

use super::presence::{answers, report};
use super::scenario::{Scenario, scenario};
use crate::model::Flag;
use crate::select::{Filter, NamePattern, SessionPattern, WatchList};

/// sarah was there before the log, and comes again with her Microsoft account. mallory is another account.
fn two_sessions() -> Scenario {
    scenario(
        r"
        Security  500  +100s   4624 dave 0x10000 type=3
        Security  501  +110s   4634 dave 0x10000
        Security  502  +1000s  4647 WS1\sarah 0x20000
        Security  503  +2000s  4624 MicrosoftAccount\sarahb@mail.example~sarah 0x50000 type=2
        Security  504  +3000s  4647 WS1\sarah 0x50000
        Security  505  +4000s  4624 WS1\mallory 0x60000 type=2
        Security  506  +5000s  4647 WS1\mallory 0x60000
        ",
    )
}

/// The Logon IDs that a filter by this user keeps.
fn kept(name: &str) -> String {
    let mut report = report(&two_sessions(), "+100s", "+5000s");
    let Ok(user) = name.parse::<NamePattern>();
    let filter = Filter { users: vec![user], ..Filter::default() };
    let unknown = filter.unknown_names(&report);
    filter.apply(&mut report);
    let ids = report.sessions().filter_map(|(_, session)| session.logon_id);
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    assert_eq!(unknown.is_empty(), !ids.is_empty(), "{name}: {unknown:?}");
    ids.join(" ")
}

#[test]
fn a_user_is_found_by_every_name_of_the_account() {
    for name in ["sarah", r"ws1\sarah", "sarahb@mail.example", "*sarah*", r"MicrosoftAccount\*"] {
        assert_eq!(kept(name), "0x20000 0x50000", "{name}");
    }
    assert_eq!(kept("mallory"), "0x60000");
    assert_eq!(kept(r"CORP\sarah"), "");
    assert_eq!(kept("sara"), "");
}

#[test]
fn the_watch_list_and_the_name_of_a_session_use_every_name() {
    let mut report = report(&two_sessions(), "+100s", "+5000s");
    let pattern: SessionPattern = "WS1/0/sarah".parse().unwrap();
    assert_eq!(report.sessions().filter(|(host, one)| pattern.matches(host, one)).count(), 2);
    assert_eq!(WatchList::parse(r"WS1\sarah").unwrap().mark(&mut report), 2);
    let watched = report.sessions().filter(|(_, one)| one.flags.contains(&Flag::Watched));
    assert_eq!(watched.count(), 2);
}

/// The row of each session keeps the words of its records; who is meant is said by one name. When the first session of
/// sarah began is not known.
#[test]
fn people_have_one_name() {
    let scenario = two_sessions();
    scenario.sessions(
        "
        0/0x10000  dave
        0/0x20000  sarah                desktop  ..+1000s
        0/0x50000  sarahb@mail.example  desktop  +2000s..+3000s  flags=none
        0/0x60000  mallory              desktop  +4000s..+5000s
        ",
    );
    answers(
        &report(&scenario, "+100s", "+5000s"),
        &[
            ("+500s", "on 0; sarah perhaps active since ? | dave gone | mallory later"),
            ("+2500s", "on 0; sarah active since +2000s | dave gone | mallory later"),
        ],
    );
}

/// Without System, no record has both the number of the session and the SID. The 4647 gives the SID the name that the
/// Local Session Manager has.
#[test]
fn the_session_manager_gives_the_local_name() {
    let with_logoff_of = |name: &str| {
        scenario(&format!(
            r"
            Security  1..3  +0s       boot
            Security  10    +100s     4624 MicrosoftAccount\sarahb@mail.example~sarah 0x50000 type=2
            LSM       1     +100.1s   41 WS1\sarah session=1
            LSM       2     +101s     21 WS1\sarah session=1 address=LOCAL
            LSM       3     +1000s    24 WS1\sarah session=1 address=LOCAL
            LSM       4     +2000s    25 WS1\sarah session=1 address=10.0.0.5
            Security  11    +3000s    4647 {name} 0x50000
            LSM       5     +3000.2s  23 WS1\sarah session=1
            "
        ))
    };
    with_logoff_of(r"WS1\sarah").sessions(
        "
        1/0x50000  sarahb@mail.example  desktop  +100s..+3000s  initiated  active=1900s  flags=none
            console  +100s..+1000s
            rdp  @10.0.0.5  +2000s..+3000s
        ",
    );
    // The name of another SID, and a name of another domain, show nothing.
    with_logoff_of(r"WS1\mallory").sessions(
        "
        1/0x50000  sarahb@mail.example  desktop  +100s..+3000s  initiated  flags=account-differs
            console  +100s..+3000s
        ",
    );
    with_logoff_of(r"CORP\sarah").sessions(
        "
        1/0x50000  sarahb@mail.example  desktop  +100s..+3000s  initiated  flags=none
            console  +100s..+3000s
        ",
    );
}

/// No record gives the name to the SID of bob: what the Local Session Manager says of sarah is not his.
#[test]
fn a_name_is_not_of_another_sid() {
    scenario(
        r"
        Security  1..3  +0s       boot
        Security  10    +100s     4624 MicrosoftAccount\bob@mail.example~bob 0x50000 type=2
        Security  11    +100.1s   4624 MicrosoftAccount\sarahb@mail.example~sarah 0x60000 type=3
        Security  12    +100.2s   4634 WS1\sarah 0x60000
        LSM       2     +101s     21 WS1\sarah session=2 address=10.0.0.5
        LSM       3     +1000s    24 WS1\sarah session=2 address=10.0.0.5
        Security  13    +3000s    4647 WS1\bob 0x50000
        ",
    )
    .sessions(
        "
        1/0x50000  bob@mail.example  desktop  +100s..+3000s
            console  +100s..+3000s
        1/0x60000  sarahb@mail.example  network
        ",
    );
}

//! The sample histories have the same order of events as real logs: one LSASS process in each boot,
//! increasing Logon IDs, and ends that match their starts. Without that, a test on them would prove
//! nothing.

use std::collections::{HashMap, HashSet};

use crate::leaves::of_xml;
use crate::reading::by_crate_with;

type Event = HashMap<String, String>;

fn events(name: &str) -> Vec<(String, Vec<Event>)> {
    let logs = evtx_synth::samples::all().into_iter().filter(|(path, _)| path.ends_with(name));
    logs.map(|(path, log)| {
        let read = by_crate_with(log, |settings| settings.recover_records(true));
        (path, read.into_iter().flatten().map(|(_, xml)| event(&xml)).collect())
    })
    .collect()
}

/// The first leaf of each name: event 1108 names another event's `EventID` in its data.
fn event(xml: &str) -> Event {
    of_xml(xml).into_iter().rev().collect()
}

fn number(event: &Event, name: &str) -> u64 {
    u64::from_str_radix(event[name].trim_start_matches("0x"), 16).expect("a hexadecimal number")
}

#[test]
fn security_logs_keep_the_orders_of_a_boot() {
    for (path, events) in events("Security.evtx") {
        let mut lsass: Option<&str> = None;
        let mut last_id = 0;
        let mut policy: Option<u64> = None;
        for (index, event) in events.iter().enumerate() {
            let id = event["EventID"].as_str();
            if id == "4608" {
                let next = &events[index + 1];
                assert_eq!(
                    (next["EventID"].as_str(), next["Data LogonType"].as_str()),
                    ("4624", "0"),
                    "{path}"
                );
                assert_eq!(events[index - 11]["EventID"], "4826", "{path}");
                assert_ne!(lsass, Some(event["Execution@ProcessID"].as_str()), "{path}");
                (lsass, last_id, policy) = (None, 0, None);
            }
            if ["4608", "4624", "4634", "4647", "4672", "4648"].contains(&id) {
                let process = event["Execution@ProcessID"].as_str();
                assert_eq!(*lsass.get_or_insert(process), process, "{path}");
            }
            if id == "4902" {
                policy = Some(number(event, "Data PuaPolicyId"));
            }
            if id == "4624" && number(event, "Data TargetLogonId") >= 0x3e9 {
                let logon_id = number(event, "Data TargetLogonId");
                assert!(logon_id > last_id, "{path}: {logon_id:#x} after {last_id:#x}");
                assert!(policy.is_none_or(|policy| policy < logon_id), "{path}");
                last_id = logon_id;
            }
        }
    }
}

#[test]
fn only_desktops_with_a_plain_token_are_logged_off_by_their_user() {
    for (path, events) in events("Security.evtx") {
        let mut begun: HashMap<u64, &Event> = HashMap::new();
        let mut ended = HashSet::new();
        for event in &events {
            match event["EventID"].as_str() {
                "4608" => {
                    begun.clear();
                    ended.clear();
                }
                "4624" => {
                    begun.insert(number(event, "Data TargetLogonId"), event);
                }
                "4634" => assert!(
                    ended.insert(number(event, "Data TargetLogonId")),
                    "{path}: ended twice"
                ),
                "4647" => {
                    let id = number(event, "Data TargetLogonId");
                    assert!(!ended.contains(&id), "{path}: logged off after its end");
                    let Some(logon) = begun.get(&id) else { continue };
                    assert_eq!(logon["Data LogonProcessName"], "User32", "{path}");
                    let linked =
                        logon.get("Data TargetLinkedLogonId").is_some_and(|id| id != "0x0");
                    assert!(!linked || logon["Data ElevatedToken"] == "%%1843", "{path}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn the_last_events_of_the_kernel_are_recorded_by_the_next_boot() {
    for (path, events) in events("System.evtx") {
        let of = |event: &Event| (event["Provider@Name"].clone(), event["EventID"].clone());
        let general = |id: &str| ("Microsoft-Windows-Kernel-General".to_owned(), id.to_owned());
        let place = |from: usize, what: &(String, String)| {
            events[from..].iter().position(|event| &of(event) == what).map(|index| index + from)
        };
        let mut from = 0;
        let mut stops = 0;
        while let Some(stop) = place(from, &general("13")) {
            let start = place(stop, &general("12")).expect("the kernel of the next boot");
            assert!(
                events[stop]["TimeCreated@SystemTime"] < events[start]["TimeCreated@SystemTime"],
                "{path}"
            );
            let service = events[..stop].iter().rposition(|event| event["EventID"] == "6005");
            let service = &events[service.expect("the service of the next boot")];
            assert!(
                service["TimeCreated@SystemTime"] > events[stop]["TimeCreated@SystemTime"],
                "{path}"
            );
            from = stop + 1;
            stops += 1;
        }
        assert_eq!(stops, 3, "{path}: three clean ends are followed by a boot");
    }
}

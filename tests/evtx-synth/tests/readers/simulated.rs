//! Simulated histories have the order of events of real logs. The tests check what the `evtx` crate
//! reads from their files, and use nothing of the state of the simulator.

use std::collections::{BTreeMap, HashMap, HashSet};

use evtx_synth::simulate::{self, Profile, Simulation};

use crate::leaves::of_xml;
use crate::reading::by_crate;

type Event = HashMap<String, String>;

const SEEDS: u64 = 200;

fn histories() -> impl Iterator<Item = Simulation> {
    (0..SEEDS).map(|seed| {
        let profile = if seed % 4 == 0 { Profile::SMALL } else { Profile::USUAL };
        simulate::host(seed, profile)
    })
}

/// The records of a host's channel, from all files, by id.
fn channel(history: &Simulation, channel: &str) -> Vec<(u64, Event)> {
    let mut records: BTreeMap<u64, Event> = BTreeMap::new();
    for (path, bytes) in &history.files {
        let mut last = 0;
        for read in by_crate(bytes.clone()) {
            let (id, xml) =
                read.unwrap_or_else(|error| panic!("seed {}: {path}: {error}", history.seed));
            assert!(id > last, "seed {}: {path}: record {id} after {last}", history.seed);
            last = id;
            let event: Event = of_xml(&xml).into_iter().rev().collect();
            assert_eq!(event["EventRecordID"], id.to_string());
            if event["Channel"] == channel {
                let known = records.insert(id, event.clone());
                assert!(
                    known.is_none_or(|known| known == event),
                    "seed {}: two contents of {channel}#{id}",
                    history.seed
                );
            }
        }
    }
    records.into_iter().collect()
}

fn number(event: &Event, name: &str) -> u64 {
    u64::from_str_radix(event[name].trim_start_matches("0x"), 16).expect("a hexadecimal number")
}

fn id(event: &Event) -> &str {
    &event["EventID"]
}

/// The Security events of one boot.
#[derive(Default)]
struct Boot {
    process: Option<String>,
    highest: u64,
    policy: Option<u64>,
    begun: HashSet<u64>,
    initiated: HashSet<u64>,
    terminated: HashSet<u64>,
    wellknown: HashMap<u64, u32>,
}

#[test]
fn security_logs_have_the_order_of_real_logs() {
    for history in histories() {
        let seed = history.seed;
        let mut boot = Boot::default();
        let mut earlier = HashSet::new();
        let events = channel(&history, "Security");
        for (index, (record, event)) in events.iter().enumerate() {
            let place = format!("seed {seed}: Security#{record}");
            let next = events.get(index + 1).filter(|(next, _)| *next == record + 1);
            let starts = id(event) == "4624" && event["Data LogonType"] == "0";
            if id(event) == "4608" {
                // A crash may remove all later records of the boot. Those of the next boot follow then.
                let Some((_, next)) = next else { continue };
                let reboots = ["1101", "4688", "4696", "4826", "4608"].contains(&id(next));
                if reboots {
                    continue;
                }
                assert_eq!((id(next), next["Data LogonType"].as_str()), ("4624", "0"), "{place}");
            }
            let before = index.checked_sub(1).map(|index| id(&events[index].1));
            let full = before == Some("1104");
            if full || (index > 0 && events[index - 1].0 + 1 != *record) {
                // The log was full, or an archive was not collected. Other boots may have taken
                // place in that gap, so this may be another boot.
                boot = Boot::default();
                earlier.clear();
            }
            if id(event) == "4608" || (starts && before != Some("4608")) {
                earlier = std::mem::take(&mut boot).begun;
            }
            if matches!(id(event), "4608" | "4624" | "4634" | "4647" | "4672" | "4648" | "4625") {
                let process = event["Execution@ProcessID"].clone();
                assert_eq!(*boot.process.get_or_insert(process.clone()), process, "{place}");
            }
            match id(event) {
                "4902" => boot.policy = Some(number(event, "Data PuaPolicyId")),
                "4624" => begins(&place, event, &mut boot),
                "4647" | "4634" => ends(&place, event, &mut boot, &earlier),
                _ => {}
            }
        }
    }
}

fn begins(place: &str, event: &Event, boot: &mut Boot) {
    let logon = number(event, "Data TargetLogonId");
    if logon < 0x3e9 {
        *boot.wellknown.entry(logon).or_default() += 1;
        assert!(logon == 0x3e7 || boot.wellknown[&logon] == 1, "{place}: {logon:#x} again");
        return;
    }
    assert!(boot.begun.insert(logon), "{place}: {logon:#x} twice");
    // Allocated before others and audited after them.
    assert!(logon + 4_000 >= boot.highest, "{place}: {logon:#x} after {:#x}", boot.highest);
    assert!(boot.policy.is_none_or(|policy| policy < logon), "{place}");
    boot.highest = boot.highest.max(logon);
}

fn ends(place: &str, event: &Event, boot: &mut Boot, earlier: &HashSet<u64>) {
    let logon = number(event, "Data TargetLogonId");
    let known = boot.begun.contains(&logon);
    assert!(known || !earlier.contains(&logon), "{place}: ends a session of the boot before");
    assert!(!boot.terminated.contains(&logon), "{place}: {logon:#x} had ended");
    if id(event) == "4634" {
        boot.terminated.insert(logon);
    } else {
        assert!(boot.initiated.insert(logon), "{place}: {logon:#x} logged off twice");
    }
}

#[test]
fn user_logoffs_are_of_desktops_with_a_plain_token() {
    for history in histories() {
        let mut begun: HashMap<u64, Event> = HashMap::new();
        for (record, event) in channel(&history, "Security") {
            match id(&event) {
                "4624" if event["Data LogonType"] == "0" => begun.clear(),
                "4624" => {
                    begun.insert(number(&event, "Data TargetLogonId"), event);
                }
                "4647" => {
                    let place = format!("seed {}: Security#{record}", history.seed);
                    let Some(logon) = begun.get(&number(&event, "Data TargetLogonId")) else {
                        continue;
                    };
                    assert_eq!(logon["Data LogonProcessName"].trim_end(), "User32", "{place}");
                    assert!(matches!(logon["Data LogonType"].as_str(), "2" | "10" | "11"));
                    let linked =
                        logon.get("Data TargetLinkedLogonId").is_some_and(|id| id != "0x0");
                    assert!(!linked || logon["Data ElevatedToken"] == "%%1843", "{place}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn system_logs_have_the_order_of_real_logs() {
    let kernel = "Microsoft-Windows-Kernel-General";
    for history in histories() {
        let mut service = None;
        let mut starts = 0;
        for (record, event) in channel(&history, "System") {
            let place = format!("seed {}: System#{record}", history.seed);
            match (event["Provider@Name"].as_str(), id(&event)) {
                ("EventLog", "6005") => service = Some(record),
                (provider, "13") if provider == kernel => {
                    let service = service.unwrap_or_else(|| record - 1);
                    assert!(record - service <= 28, "{place}: far from the next boot's 6005");
                }
                (provider, "12") if provider == kernel => starts += 1,
                _ => {}
            }
        }
        let computer = &history.truth.computers[0];
        assert!(starts <= computer.boots.len(), "seed {}", history.seed);
    }
}

#[test]
fn a_seed_determines_everything() {
    for seed in 0..40 {
        let (one, other) = (simulate::any(seed), simulate::any(seed));
        assert_eq!(one.files, other.files);
        assert_eq!(one.truth, other.truth);
    }
}

#[test]
fn hosts_are_of_a_useful_size() {
    let mut sizes: Vec<usize> = Vec::new();
    let mut boots = 0;
    let mut sessions = 0;
    for history in (0..SEEDS).map(simulate::any) {
        let records = history.files.iter().map(|(_, bytes)| by_crate(bytes.clone()).len()).sum();
        sizes.push(records);
        for computer in &history.truth.computers {
            boots += computer.boots.len();
            sessions += computer.sessions.len();
        }
    }
    sizes.sort_unstable();
    let middle = sizes[sizes.len() / 2];
    eprintln!(
        "{SEEDS} histories, {boots} boots, {sessions} sessions; records: {} to {}, half below {middle}",
        sizes[0],
        sizes[sizes.len() - 1]
    );
    assert!((50..=600).contains(&middle), "{middle}");
}

//! Simulated domains: a seed determines them, their truth is about records that are there, and their events have the
//! forms of real ones.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::Path;

use evtx_synth::clips;
use evtx_synth::simulate::domains::{TrueSource, domain};

use crate::leaves::{self, Leaves};
use crate::reading::by_crate;

fn one<'a>(leaves: &'a Leaves, name: &str) -> &'a str {
    leaves.iter().find(|(own, _)| own == name).map_or("", |(_, text)| text)
}

fn records(log: Vec<u8>) -> Vec<Leaves> {
    by_crate(log).into_iter().map(|record| leaves::of_xml(&record.unwrap().1)).collect()
}

#[test]
fn a_seed_determines_a_domain() {
    for seed in 0..5 {
        let (one, other) = (domain(seed), domain(seed));
        assert_eq!(one.files, other.files);
        assert_eq!(one.hops, other.hops);
    }
}

#[test]
fn the_truth_is_about_records_that_are_there() {
    for seed in 0..10 {
        let domain = domain(seed);
        let mut logons = BTreeSet::new();
        let mut times: BTreeMap<String, String> = BTreeMap::new();
        for (name, bytes) in &domain.files {
            for leaves in records(bytes.clone()) {
                let time = one(&leaves, "TimeCreated@SystemTime").to_owned();
                let last = times.entry(name.clone()).or_default();
                let stepped = domain.features.contains(&"step of a clock");
                assert!(stepped || *last <= time, "{seed}, {name}: {time} after {last}");
                *last = time;
                if one(&leaves, "EventID") == "4624" {
                    let text = |name| one(&leaves, name).to_owned();
                    let id = (text("Computer"), text("EventRecordID"), text("Data TargetLogonId"));
                    assert!(logons.insert(id), "{seed}, {name}: {leaves:?}");
                }
            }
        }
        assert!(domain.hops.len() > 10, "{seed}");
        for hop in &domain.hops {
            let id = format!("{:#x}", hop.logon_id);
            let key = (hop.target.clone(), hop.record.to_string(), id);
            assert!(logons.contains(&key), "{seed}: {hop:?}");
            if let TrueSource::Computer { name, .. } = &hop.source {
                assert!(
                    !hop.target.starts_with(&format!("{name}.")),
                    "{seed}: from itself {hop:?}"
                );
            }
        }
    }
}

/// The form of a value: what is left of it when names and numbers are taken out.
fn form(text: &str) -> String {
    let version_4 = |text: &str| text.split('.').count() == 4 && text.split('.').all(is_number);
    let zero = "{00000000-0000-0000-0000-000000000000}";
    match text {
        "" | "-" | "0" | "::1" | "127.0.0.1" | "true" | "false" => text.to_owned(),
        _ if text.starts_with("%%") || text == zero => text.to_owned(),
        _ if text.starts_with('{') => "{guid}".into(),
        _ if text.starts_with("0x") => "0x…".into(),
        _ if text.starts_with("S-1-5-21-") => "S-1-5-21-…".into(),
        _ if text.starts_with("S-1-") => text.to_owned(),
        _ if text.strip_prefix("::ffff:").is_some_and(version_4) => "::ffff:a.b.c.d".into(),
        _ if version_4(text) => "a.b.c.d".into(),
        _ if text.matches(':').count() > 1 && !text.contains(' ') => "address 6".into(),
        _ if is_number(text) => "number".into(),
        _ if text.contains('@') && text.contains('$') => "computer$@REALM".into(),
        _ if text.contains('@') => "name@REALM".into(),
        _ if text.ends_with('$') => "computer$".into(),
        _ if text.contains(r"\device\") => "device path".into(),
        _ if text.contains(r":\") => "path".into(),
        _ if text.contains('\\') => r"DOMAIN\name".into(),
        _ => "text".into(),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit())
}

/// Which forms each item of an event has, by the kind of event.
type Forms = BTreeMap<(String, String), BTreeSet<String>>;

/// What joins between hosts rest on: the Event ID, and what tells its kinds apart.
fn kind(leaves: &Leaves) -> Option<String> {
    let item = |name: &str| one(leaves, &format!("Data {name}"));
    let id = one(leaves, "EventID");
    Some(match (id, one(leaves, "Provider@Name")) {
        ("3", "Microsoft-Windows-Sysmon") if item("Initiated") == "true" => "Sysmon 3".into(),
        ("4768" | "4769" | "4776" | "4688", _) => id.to_owned(),
        ("5156", _) if item("Protocol") == "6" => format!("5156 {}", item("Direction")),
        // By Kerberos or NTLM, with or without an asker on the computer itself.
        ("4624", _) if item("LogonType") == "3" => {
            let asked = item("SubjectUserName") == "-";
            format!("4624 {} {asked}", item("LogonProcessName").trim())
        }
        _ => return None,
    })
}

fn add(forms: &mut Forms, leaves: &Leaves) {
    let Some(kind) = kind(leaves) else { return };
    for (name, text) in leaves.iter().filter(|(name, _)| name.starts_with("Data ")) {
        forms.entry((kind.clone(), name.clone())).or_default().insert(form(text));
    }
}

/// Items that are not compared: the clips are of one maker, in a cloud.
const EXEMPT: &[&str] = &[
    // Version 1 only, and no tools with a name of their own.
    "Data LmPackageName",
    "Data WorkstationName",
    "Data Workstation",
    // Programs lie elsewhere, and users run with other rights.
    "Data Application",
    "Data TokenElevationType",
    "Data MandatoryLabel",
    "Data CommandLine",
    "Data ParentProcessName",
    "Data ElevatedToken",
];

/// Forms that these clips do not show, and other sources do: kind, item, form.
const SEEN_ELSEWHERE: &[(&str, &str, &str)] = &[
    // The older form of the network level of remote desktop has a name, and no address.
    ("4624 NtLmSsp true", "Data IpAddress", "-"),
    ("4624 NtLmSsp true", "Data IpPort", "-"),
    // No session key.
    ("4624 NtLmSsp true", "Data KeyLength", "0"),
    // The anonymous account.
    ("4624 NtLmSsp true", "Data TargetUserSid", "S-1-5-7"),
    // Another level than that of the four logons in the clips.
    ("4624 Authz false", "Data ImpersonationLevel", "%%1833"),
    // Processes of a boot, which no clip shows.
    ("4688", "Data NewProcessName", "text"),
    ("4688", "Data SubjectDomainName", "-"),
    ("4688", "Data SubjectUserName", "-"),
    // A controller asks itself over loopback.
    ("4768", "Data IpAddress", "::1"),
    ("4769", "Data IpAddress", "::1"),
    // The clips have 4768 of a user alone.
    ("4768", "Data TargetUserName", "computer$"),
];

/// Real clips have each form that the simulator writes.
#[test]
fn events_of_domains_have_the_forms_of_real_clips() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/hops-data/otrf");
    if !folder.is_dir() {
        let _ = writeln!(std::io::stderr(), "skipped: needs shared/hops-data next to the checkout");
        return;
    }
    let mut real = Forms::new();
    let groups = fs::read_dir(folder).unwrap().map(|group| group.unwrap().path());
    let files = groups.flat_map(|group| fs::read_dir(group).unwrap());
    for path in files.map(|file| file.unwrap().path()).filter(|path| clips::is_clip(path)) {
        let lines = clips::json_lines(&fs::read(path).unwrap()).unwrap();
        for mut log in clips::convert(&lines).logs {
            // The rest, nine of ten records, would only take time.
            let ids = [3, 4624, 4688, 4768, 4769, 4776, 5156];
            log.records.retain(|record| ids.contains(&record.event.id));
            records(log.evtx()).iter().for_each(|leaves| add(&mut real, leaves));
        }
    }
    let mut ours = Forms::new();
    for (_, bytes) in (0..12).flat_map(|seed| domain(seed).files) {
        records(bytes).iter().for_each(|leaves| add(&mut ours, leaves));
    }
    let mut unlike = Vec::new();
    for ((kind, item), forms) in
        ours.iter().filter(|((_, item), _)| !EXEMPT.contains(&item.as_str()))
    {
        let Some(seen) = real.get(&(kind.clone(), item.clone())) else {
            unlike.push(format!("{kind}: no real event has {item}"));
            continue;
        };
        let known = |form: &str| SEEN_ELSEWHERE.contains(&(kind.as_str(), item.as_str(), form));
        let other: Vec<&String> = forms.difference(seen).filter(|form| !known(form)).collect();
        if !other.is_empty() {
            unlike.push(format!("{kind}, {item}: {other:?}, real: {seen:?}"));
        }
    }
    assert!(unlike.is_empty(), "\n{}", unlike.join("\n"));
}

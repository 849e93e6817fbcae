//! The report is the same although not everything in the evidence is read.

use super::*;
use crate::model::{Accounting, Channel, Event, EventKind, LogSummary};

/// First Security record of each boot of one log, in order, leaving out what lies before.
fn boots(mut reading: EventSet, keep: fn(&Event) -> bool) -> Vec<u64> {
    reading.events.retain(keep);
    let built = timeline::build(reading.events, &mut reading.logs);
    let boots = built.hosts.iter().flat_map(|host| &host.boots);
    boots
        .filter(|boot| boot.epoch > 0)
        .filter_map(|boot| boot.first_record.as_ref())
        .filter(|record| record.channel == Channel::Security)
        .map(|record| record.record_id)
        .collect()
}

fn is_no_boot_record(event: &Event) -> bool {
    match &event.kind {
        EventKind::LsassStarted => false,
        EventKind::Logon(logon) => logon.logon_type != Some(0),
        _ => true,
    }
}

/// With every 4608 and type 0 logon hidden, the other evidence finds the boots all the same:
/// each but the first of a log, which nothing sets apart, and none that is not there.
#[test]
fn boots_are_found_without_their_first_records() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/evtx");
    if !root.is_dir() {
        eprintln!("skipped: the real logs are not here");
        return;
    }
    let (mut expected, mut found) = (0, 0);
    for log in [
        "single/security_40boots.evtx",
        "single/Security_with_size_t.evtx",
        "single/post-Security.evtx",
        "hosts/aptsim_win10/Security.evtx",
        "hosts/belkasoft_win10/Security.evtx",
        "hosts/greendale/System2.evtx",
        "hosts/nicksmet_win11/Security.evtx",
        "hosts/rathbun_win10/Security.evtx",
    ] {
        let reading = Analysis::of([root.join(log)]).events().unwrap();
        let all = boots(reading.clone(), |_| true);
        let hidden = boots(reading, is_no_boot_record);
        for (at, start) in all.iter().enumerate() {
            let end = all.get(at + 1).copied().unwrap_or(u64::MAX);
            let here = hidden.iter().filter(|id| (*start..end).contains(*id)).count();
            assert!(here <= 1, "{log}: {here} boots where there is one, from record {start}");
            expected += usize::from(at > 0);
            found += usize::from(at > 0 && here == 1);
        }
        assert!(hidden.iter().all(|id| all.first().is_some_and(|first| first <= id)), "{log}");
    }
    eprintln!("{found} of {expected} boots found without their first records");
    // At least 94 of 96, the share that LSASS' process ID and Logon IDs alone find.
    assert!(found * 96 >= expected * 94, "{found} of {expected}");
}

/// Events that say no more than those around them are left out: the report is the same with
/// them. Only copies that are left out cannot be counted as such.
#[test]
fn what_is_left_out_changes_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for folder in ["sample-evtx", "../shared/evtx/hosts", "../shared/evtx/single"] {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
            eprintln!("skipped: {folder} is not here");
            continue;
        };
        sources.extend(entries.flatten().map(|entry| entry.path()));
    }
    let scratch = std::env::temp_dir().join(format!("winlast-head-only-{}", std::process::id()));
    for seed in 0..150 {
        let folder = scratch.join(seed.to_string());
        for (name, bytes) in evtx_synth::simulate::any(seed).files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        sources.push(folder);
    }
    let pool = Pool::new(1).unwrap();
    let mut left_out = 0;
    for source in sources {
        let analysis = Analysis::of([source.clone()]);
        let report = |detail| {
            let mut report = analysis.report(&pool, detail).ok()?;
            report.logs.iter_mut().for_each(|log| log.duplicates = 0);
            Some(report)
        };
        let (heads, whole) = (report(Detail::HeadOnly), report(Detail::Full));
        let place = source.display();
        assert_eq!(heads.is_some(), whole.is_some(), "{place}");
        let (Some(heads), Some(whole)) = (heads, whole) else { continue };
        for (a, b) in heads.hosts.iter().zip(&whole.hosts) {
            assert_eq!(a.computer, b.computer, "{place}");
            assert_eq!(a.boots, b.boots, "{place}");
            assert_eq!(a.sessions, b.sessions, "{place}");
        }
        assert_eq!(heads.hosts.len(), whole.hosts.len(), "{place}");
        assert_eq!(heads.findings, whole.findings, "{place}");
        // What was left out is counted at once as of a well-known Logon ID.
        let uncounted = |report: &Report| -> Vec<LogSummary> {
            let mut logs = report.logs.clone();
            logs.iter_mut().for_each(|log| log.accounting = Accounting::default());
            logs
        };
        assert_eq!(uncounted(&heads), uncounted(&whole), "{place}");
        let read = analysis.read(&pool, Detail::HeadOnly).unwrap();
        let counted = read.logs.iter().flat_map(|log| log.accounting.events.values());
        left_out += counted.map(|tally| tally.well_known).sum::<u64>();
        for (event_id, tally) in &whole.accounting.events {
            let heads = heads.accounting.events[event_id];
            assert_eq!((heads.read, heads.placed), (tally.read, tally.placed), "{place}");
            assert!(heads.balances() && tally.balances(), "{place}: {event_id}");
        }
    }
    std::fs::remove_dir_all(scratch).unwrap();
    assert!(left_out > 0);
}

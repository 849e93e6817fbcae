//! Rules, each with the real records that show it. The records were looked up by hand in the output
//! of libevtx.

use super::common::{shared, triage};
use winlast::model::session::{AttachmentKind, Basis, MilestoneKind, StartCause};
use winlast::model::{
    Boot, BootEnd, Channel, Confidence, EndCause, FindingCode, LogonId, Report, Session,
    SessionClass, SessionKey, Timestamp,
};

pub(super) fn read(path: &str) -> Option<Report> {
    Some(triage(&[shared("evtx")?.join(path)]))
}

/// The session whose 4624 is this record of Security.
pub(super) fn started(report: &Report, record: u64) -> &Session {
    let sessions = report.hosts.iter().flat_map(|host| &host.sessions);
    let mut found =
        sessions.filter(|s| s.start.as_ref().is_some_and(|start| start.record.record_id == record));
    found.next().unwrap_or_else(|| panic!("no session starts at record {record}"))
}

pub(super) fn boot(report: &Report, epoch: u32) -> &Boot {
    report.hosts[0].boots.iter().find(|boot| boot.epoch == epoch).unwrap()
}

pub(super) fn time(text: &str) -> Option<Timestamp> {
    Some(Timestamp::parse(text).unwrap())
}

/// The 4647 at records 274, 301 and 327 are after the 1100 of their boot (273, 300, 326) and before
/// the next 4608 (275, 302, 328).
#[test]
fn a_logoff_after_1100_is_of_the_boot_that_ends() {
    let Some(report) = read("single/security_40boots.evtx") else { return };
    for (record, id) in [(274, 0x4_5322), (301, 0x1_f20b), (327, 0x1_d5c2)] {
        let sessions = &report.hosts[0].sessions;
        let session = sessions
            .iter()
            .find(|s| s.initiated.as_ref().is_some_and(|m| m.record.record_id == record))
            .unwrap();
        assert_eq!(session.logon_id, Some(LogonId(id)));
        assert_eq!(session.end.cause, EndCause::Initiated);
        let boot = boot(&report, session.boot_epoch);
        assert_eq!(boot.last_record.as_ref().unwrap().record_id, record);
        assert_eq!(boot.end_cause, BootEnd::Shutdown);
    }
}

/// 43 split tokens without a linked Logon ID, counted by another program in the output of libevtx:
/// two consecutive records with the same account, type, process and time, and a 4672 for the first
/// one only.
#[test]
fn pairs_without_a_link() {
    let Some(report) = read("single/security_40boots.evtx") else { return };
    let sessions = &report.hosts[0].sessions;
    let inferred: Vec<&Session> = sessions
        .iter()
        .filter(|s| s.flags.iter().any(|flag| flag.word() == "link-inferred"))
        .collect();
    assert_eq!(inferred.len(), 2 * 43);
    // A 4647 is written for the filtered half only.
    assert!(inferred.iter().filter(|s| s.initiated.is_some()).all(|s| s.elevated == Some(false)));
    assert!(
        inferred
            .iter()
            .filter(|s| s.end.cause == EndCause::Inherited)
            .all(|s| s.elevated == Some(true) && s.end.confidence == Confidence::Medium)
    );
}

/// The 4624 at 361 (elevated) and 362 (filtered), the 4647 of the filtered half at 627.
#[test]
fn a_linked_pair() {
    let Some(report) = read("hosts/rathbun_win10") else { return };
    let (elevated, filtered) = (started(&report, 361), started(&report, 362));
    assert_eq!(elevated.linked, Some(LogonId(0x4_dffb)));
    assert_eq!(elevated.elevated, Some(true));
    assert_eq!(elevated.end.cause, EndCause::Inherited);
    assert_eq!(elevated.end.basis, Some(Basis::Inherited));
    assert_eq!(elevated.end.time, time("2022-02-05T19:30:26.9460198Z"));
    assert_eq!(filtered.initiated.as_ref().unwrap().record.record_id, 627);
    assert!(filtered.corroboration.iter().any(|(record, _)| record.event_id == 7002));
}

/// A split token of type 2, at 4681 and 4682: both halves end within 2 ms, while a session of the
/// same user is open.
#[test]
fn an_unlock_by_a_type_2_pair() {
    let Some(report) = read("hosts/rathbun_win10") else { return };
    let (elevated, filtered) = (started(&report, 4681), started(&report, 4682));
    for half in [elevated, filtered] {
        assert_eq!(half.class, SessionClass::Revalidation);
    }
    assert_eq!(elevated.parent, filtered.parent);
    let parent = report.hosts[0]
        .sessions
        .iter()
        .find(|s| s.key() == filtered.parent && s.boot_epoch == filtered.boot_epoch)
        .unwrap();
    assert_eq!(parent.class, SessionClass::Desktop);
    assert_eq!(parent.account.sid, filtered.account.sid);
    let cited = parent.incidents.iter().any(|incident| {
        incident.kind == MilestoneKind::Revalidated && incident.moment.record.record_id == 4682
    });
    assert!(cited);
}

/// An unlock by a domain account: type 11 at 1380 (2245) and type 7 at 1382 (2247). Both end at once,
/// and the 4634 of the first has another type.
#[test]
fn an_unlock_by_types_11_and_7() {
    let Some(report) = read("hosts/belkasoft_win10") else { return };
    for record in [1380, 1382, 2245, 2247] {
        let check = started(&report, record);
        assert_eq!(check.class, SessionClass::Revalidation, "{record}");
        assert!(check.parent.is_some(), "{record}");
    }
    assert_eq!(started(&report, 1380).logon_type, Some(11), "the 4624's, not the 4634's");
}

/// The boots with a 4608 at 2020-08-07 20:04:58 and 20:11:36 are not in System, although its records
/// 875 and 876 have no gap between them.
#[test]
fn boots_that_system_lacks() {
    let Some(report) = read("hosts/belkasoft_win10") else { return };
    let lacking: Vec<(u32, Option<Timestamp>)> = report.hosts[0]
        .boots
        .iter()
        .filter(|boot| boot.flags.iter().any(|flag| flag.word() == "security-only"))
        .map(|boot| (boot.epoch, boot.start))
        .collect();
    assert_eq!(
        lacking,
        [(10, time("2020-08-07T20:04:58.5513872Z")), (11, time("2020-08-07T20:11:36.7117209Z")),]
    );
    // LastBootId is 7 before them and 10 after them: no other boot is missing.
    assert_eq!((boot(&report, 9).boot_id, boot(&report, 12).boot_id), (Some(8), Some(11)));
}

/// Kernel-Power 41, 6008 and 1101 (2370) show a crash. Kernel-General 12 is its upper bound.
#[test]
fn a_crash() {
    let Some(report) = read("hosts/belkasoft_win10") else { return };
    let crashed = boot(&report, 6);
    assert_eq!((crashed.end_cause, crashed.clean), (BootEnd::Crash, Some(false)));
    assert_eq!(crashed.end_not_after, time("2020-08-07T20:00:48.5456089Z"));
    let events: Vec<u16> = crashed.end_evidence.iter().map(|record| record.event_id).collect();
    assert_eq!(events, [41, 6008, 1101, 12]);
}

/// The RTC was set back between boots 20 and 21, LastBootId 23 and 24: they overlap in time.
#[test]
fn boots_that_overlap_in_time() {
    let Some(report) = read("hosts/belkasoft_win10") else { return };
    assert!(boot(&report, 21).start < boot(&report, 20).end);
    let overlaps: Vec<Option<u32>> = report
        .findings
        .iter()
        .filter(|finding| finding.code == FindingCode::EpochsOverlap)
        .map(|finding| finding.boot_epoch)
        .collect();
    assert!(overlaps.contains(&Some(21)));
    // Both clocks read the times of these records: the 4624 and the 4647 next to them say which boot it is.
    let sessions = &report.hosts[0].sessions;
    let session =
        sessions.iter().find(|s| s.boot_epoch == 21 && s.logon_id == Some(LogonId(0x4_f600)));
    let confirmed: Vec<u64> = session
        .unwrap()
        .corroboration
        .iter()
        .filter(|(record, _)| record.channel == Channel::LocalSessionManager)
        .map(|(record, _)| record.record_id)
        .collect();
    assert_eq!(confirmed, [182, 184, 186]);
}

/// The clock was set from 2020 to 2021 and back within minutes (4616 at 779 to 811): one boot.
#[test]
fn a_clock_that_jumps_within_a_boot() {
    let Some(report) = read("hosts/belkasoft_win10") else { return };
    let steps: Vec<(Option<u32>, u64)> = report
        .findings
        .iter()
        .filter(|finding| finding.code == FindingCode::ClockStep)
        .map(|finding| (finding.boot_epoch, finding.record_id.unwrap()))
        .filter(|(_, record)| (779..=811).contains(record))
        .collect();
    let mut records: Vec<u64> = steps.iter().map(|(_, record)| *record).collect();
    records.sort_unstable();
    assert_eq!(records, [779, 785, 791, 797, 804, 810, 811]);
    assert!(steps.iter().all(|(epoch, _)| *epoch == Some(3)));
}

/// 1108 at 119 and 121: a 4647 and a 4634 could not be written. The sessions that began at 113
/// and 108 were open then.
#[test]
fn ends_that_could_not_be_written() {
    let Some(report) = read("single/Security_with_size_t.evtx") else { return };
    let session = started(&report, 113);
    assert_eq!((session.end.cause, session.end.confidence), (EndCause::Lost, Confidence::Medium));
    assert!(session.evidence.iter().any(|record| record.event_id == 1108));
    assert_eq!(started(&report, 108).end.cause, EndCause::Lost);
    assert!(
        !report
            .findings
            .iter()
            .any(|f| { f.code == FindingCode::InitiatedExpected && f.record_id == Some(113) })
    );
}

/// Kernel-Power 109 (213) and Kernel-General 13 (214) are after the 6005 of the next boot (209). The
/// restart in Windows Setup before it has no such record. 6011 (114) gives the new name.
#[test]
fn the_next_boot_has_the_late_records_of_a_boot() {
    let Some(report) = read("hosts/rathbun_win10") else { return };
    assert_eq!(report.hosts.len(), 1);
    assert_eq!(boot(&report, 1).end_cause, BootEnd::Unknown);
    let second = boot(&report, 2);
    assert_eq!(second.end_cause, BootEnd::Restart);
    assert_eq!(second.end, time("2022-02-05T19:30:30.8089635Z"));
    let cited: Vec<u64> = second.end_evidence.iter().map(|record| record.record_id).collect();
    assert!(cited.contains(&213) && cited.contains(&214), "{cited:?}");
    assert!(report.findings.iter().any(|f| f.code == FindingCode::ComputerRenamed));
}

/// Forwarded events: one file with a host for each computer that has boots or sessions in it.
#[test]
fn forwarded_events_of_many_computers() {
    let Some(report) = read("manyhosts/forwarded_ID4799-4624.evtx") else { return };
    assert_eq!(report.logs[0].computers.len(), 11);
    let with_logons: std::collections::BTreeSet<String> = report
        .hosts
        .iter()
        .filter(|host| !host.sessions.is_empty())
        .map(|host| host.computer.to_lowercase())
        .collect();
    assert_eq!(with_logons.len(), report.hosts.len());
    assert!(with_logons.len() > 5, "{with_logons:?}");
    assert!(report.findings.iter().any(|f| f.code == FindingCode::LogSelection));
}

/// Computers that share the name of the image they were installed from are separate hosts.
#[test]
fn two_computers_of_one_image() {
    let Some(root) = shared("evtx/single") else { return };
    let report = triage(&[
        root.join("security_40boots.evtx"),
        root.join("post-Security.evtx"),
        root.join("Security_with_size_t.evtx"),
    ]);
    let mut names: Vec<&str> = report.hosts.iter().map(|h| &*h.computer).collect();
    names.sort_unstable();
    assert_eq!(names, ["John-PC", "WIN-03DLIIOFRRA", "WIN-L0ZZQ76PMUF"]);
}

/// The session with this Logon ID, of a log that holds it only once.
fn with_id(report: &Report, epoch: u32, id: u64) -> &Session {
    let sessions = report.hosts.iter().flat_map(|host| &host.sessions);
    let mut found = sessions.filter(|s| (s.boot_epoch, s.logon_id) == (epoch, Some(LogonId(id))));
    found.next().unwrap_or_else(|| panic!("no session {epoch}/{id:#x}"))
}

/// Kind, beginning and end of an attachment.
type Interval = (AttachmentKind, Option<Timestamp>, Option<Timestamp>);

fn attachments(session: &Session) -> Vec<Interval> {
    session.attachments.iter().map(|held| (held.kind, held.from, held.to)).collect()
}

/// A desktop (4624 at 442, 4647 at 635) was disconnected for an enhanced session of Hyper-V, and
/// reconnected: Local Session Manager 24 at 43, a split token of type 10 at 617 and 618 that lasts
/// three seconds, Local Session Manager 25 at 46. The 25 shows that it was a reconnect. Its address is
/// empty: that of the type 10 logon, 0.0.0.0, says that it was no console. The 24 and the 25 bound the
/// attachments of the desktop; the 24 after the logoff does not.
#[test]
fn a_reconnect_that_the_session_manager_records() {
    let Some(report) = read("hosts/belkasoft_win10") else { return };
    let (elevated, filtered) = (started(&report, 617), started(&report, 618));
    for check in [elevated, filtered] {
        assert_eq!(check.class, SessionClass::Revalidation);
        assert_eq!(check.parent, Some(SessionKey::LogonId(LogonId(0xc_ed92))));
    }
    assert!(filtered.flags.iter().any(|flag| flag.word() == "reconnect"));
    assert!(filtered.evidence.iter().any(|r| (r.event_id, r.record_id) == (25, 46)));
    let desktop = with_id(&report, filtered.boot_epoch, 0xc_ed92);
    assert_eq!(desktop.class, SessionClass::Desktop);
    let started = desktop.start.as_ref().unwrap();
    assert_eq!(started.record.record_id, 442);
    assert_eq!(
        attachments(desktop),
        [
            (AttachmentKind::Console, Some(started.time), time("2021-02-13T19:52:47.3406680Z")),
            (
                AttachmentKind::Rdp,
                time("2021-02-13T19:52:50.4164370Z"),
                time("2021-02-13T19:53:05.1355594Z")
            ),
        ]
    );
    let moves: Vec<(MilestoneKind, u64)> = desktop
        .incidents
        .iter()
        .filter(|i| i.kind != MilestoneKind::Revalidated)
        .map(|i| (i.kind, i.moment.record.record_id))
        .collect();
    assert_eq!(moves, [(MilestoneKind::Disconnected, 43), (MilestoneKind::Reconnected, 46)]);
}

/// The takeover of a Remote Desktop session by tscon: 4779 (1829816) for the session of the
/// attacker, 4778 (1829819) for the session taken over, on the same connection. This selection holds
/// no 4624; the 4778 names the session.
#[test]
fn a_session_taken_over() {
    let Some(report) = read("attack/ID4688,4778,4779 RDP hijack direct.evtx") else { return };
    let (own, taken) = (with_id(&report, 0, 0x13b_5e1e), with_id(&report, 0, 0x6_a423));
    for (session, user) in [(own, "admmig"), (taken, "admmarsid")] {
        assert_eq!(&*session.account.user, user);
        assert_eq!((session.start.as_ref(), session.start_cause), (None, StartCause::BeforeLog));
        let held = &session.attachments[0];
        assert_eq!((&*held.client, &*held.address), ("JUMP01", "10.23.23.9"));
    }
    let (left, came) = (time("2021-05-14T21:01:05.3700303Z"), time("2021-05-14T21:01:05.8317487Z"));
    assert_eq!(attachments(own), [(AttachmentKind::Rdp, None, left)]);
    assert_eq!(attachments(taken), [(AttachmentKind::Rdp, came, None)]);
    let moved = |session: &Session| {
        session.incidents.iter().map(|i| (i.kind, i.moment.record.record_id)).collect::<Vec<_>>()
    };
    assert_eq!(moved(own), [(MilestoneKind::Disconnected, 1_829_816)]);
    assert_eq!(moved(taken), [(MilestoneKind::Reconnected, 1_829_819)]);
}

/// A System log alone, with Winlogon 7001 at 225, 246, 350 and 392, and 7002 at 245, 299 and 384:
/// three desktops with an end and one without, in the second and the third of three boots.
#[test]
fn desktops_that_system_alone_records() {
    let Some(report) = read("single/system_win10.evtx") else { return };
    let sessions = &report.hosts[0].sessions;
    let user = |number: u32| format!("S-1-5-21-2595688666-2948619230-3055395256-{number}");
    let expected = [
        (2, 225, 1000, "2017-07-12T07:18:29.4475741Z", Some("2017-07-12T07:21:43.4820097Z")),
        (2, 246, 1001, "2017-07-12T07:21:43.8183028Z", Some("2017-07-12T17:20:09.2822005Z")),
        (3, 350, 1001, "2017-07-12T17:21:58.6983385Z", Some("2017-07-20T08:35:25.1426206Z")),
        (3, 392, 1001, "2017-07-20T08:35:37.7465511Z", None),
    ];
    assert_eq!(sessions.len(), expected.len());
    for (epoch, record, number, from, to) in expected {
        let session = started(&report, record);
        assert_eq!((session.boot_epoch, session.logon_id), (epoch, None));
        assert_eq!(*session.account.sid, *user(number));
        assert_eq!(session.class, SessionClass::Desktop);
        assert_eq!(session.start_cause, StartCause::Inferred);
        assert_eq!(session.start.as_ref().map(|start| start.time), time(from));
        assert_eq!(session.end.time, to.and_then(time));
        assert_ne!(session.end.confidence, Confidence::High);
    }
}

/// A Local Session Manager log alone, with 21 at 24, 31, 39 and 46, and 23 at 27, 33 and 42.
#[test]
fn desktops_that_the_session_manager_alone_records() {
    let log = "Microsoft-Windows-TerminalServices-LocalSessionManager%4Operational.evtx";
    let Some(report) = read(&format!("hosts/rathbun_win10/{log}")) else { return };
    let expected = [
        (24, "defaultuser0", "2022-02-05T19:18:55.3925728Z", Some("2022-02-05T19:30:26.9661048Z")),
        (31, "defaultuser0", "2022-02-05T19:30:45.6064518Z", Some("2022-02-05T19:31:33.5691978Z")),
        (39, "AndrewRathbun", "2022-02-05T19:31:33.9858551Z", Some("2022-02-07T05:19:03.2079783Z")),
        (46, "AndrewRathbun", "2022-02-07T05:20:31.7840106Z", None),
    ];
    assert_eq!(report.hosts[0].sessions.len(), expected.len());
    for (record, user, from, to) in expected {
        let session = started(&report, record);
        assert_eq!((&*session.account.user, session.logon_id), (user, None));
        assert_eq!(
            (session.class, session.start_cause),
            (SessionClass::Desktop, StartCause::Inferred)
        );
        assert_eq!(session.start.as_ref().map(|start| start.time), time(from));
        assert_eq!(session.end.time, to.and_then(time));
    }
}

/// A type 9 logon by seclogo names its parent as its subject (329918, 18206, 432903). Prompts for
/// other credentials by CredPro: a split token without a linked Logon ID at 812 and 813, cached
/// logons at 2069 and 2110. Logons of Windows Setup by msoobe.exe and CloudExperienceHostBroker.exe,
/// at 223 and 1115.
#[test]
fn secondary_logons_of_a_desktop() {
    let helpers = [
        ("attack/tutto_malseclogon.evtx", 329_918, 0x5_3ca2),
        ("attack/security_4624_4673_token_manip.evtx", 18_206, 0x1_371b),
        ("attack/LM_4624_mimikatz_sekurlsa_pth_source_machine.evtx", 432_903, 0x18a_7875),
    ];
    for (path, record, parent) in helpers {
        let Some(report) = read(path) else { return };
        let session = started(&report, record);
        assert_eq!((session.class, session.logon_type), (SessionClass::Secondary, Some(9)));
        assert_eq!(session.parent, Some(SessionKey::LogonId(LogonId(parent))), "{path}");
    }
    let classes = [
        ("single/security_40boots.evtx", [812, 813], SessionClass::Elevation),
        ("hosts/belkasoft_win10", [2069, 2110], SessionClass::Elevation),
        ("hosts/rathbun_win10", [223, 1115], SessionClass::Auxiliary),
    ];
    for (path, records, class) in classes {
        let Some(report) = read(path) else { return };
        let ours = records.map(|record| started(&report, record).class);
        assert_eq!(ours, [class; 2], "{path}");
    }
}

/// 85 boots with a 4608, each checked in the output of evtx_dump: one process ID of LSASS, the LUID
/// of 4902 below the first Logon ID, NETWORK SERVICE and LOCAL SERVICE logged on at most once.
#[test]
fn sound_logs_pass_the_self_checks() {
    let logs = [
        ("hosts/aptsim_win10", 3),
        ("hosts/belkasoft_win10", 24),
        ("hosts/nicksmet_win11", 4),
        ("hosts/rathbun_win10", 4),
        ("single/Security_with_size_t.evtx", 8),
        ("single/post-Security.evtx", 2),
        ("single/security_40boots.evtx", 40),
    ];
    for (path, boots) in logs {
        let Some(report) = read(path) else { return };
        let faults: Vec<&str> = report
            .findings
            .iter()
            .filter(|finding| finding.code == FindingCode::SelfCheck)
            .map(|finding| &*finding.message)
            .collect();
        assert!(faults.is_empty(), "{path}: {faults:?}");
        let all = report.hosts.iter().flat_map(|host| &host.boots);
        let audited = all.filter(|boot| {
            boot.start_evidence.iter().any(|r| (r.channel, r.event_id) == (Channel::Security, 4608))
        });
        assert_eq!(audited.count(), boots, "{path}");
    }
}

/// The clock was set from 2020-08-01 to 2021-02-13 in boot 2 (4616 at 484), and back in boot 3 (779, 791,
/// 804, 810); between 804 and 810 it read 2020-04-01 for four seconds. The pair of User that was logged on
/// in boot 2 (0xced75, 0xced92) saw both of the first two days, that of boot 3 (0x1e4ed, 0x1e542) all
/// three, and none of them a day between.
#[test]
fn who_was_there_on_a_day_by_a_clock_that_was_set() {
    use winlast::select::{ClassPattern, Filter, parse_since, parse_until};
    let Some(report) = read("hosts/belkasoft_win10") else { return };
    let there = |day: &str| -> Vec<(u32, u64)> {
        let (since, until) = (parse_since(day).unwrap(), parse_until(day).unwrap());
        let mut filter = Filter::default();
        (filter.since, filter.until) = (Some(since), Some(until));
        filter.classes = vec![ClassPattern::Class(SessionClass::Desktop)];
        let mut report = report.clone();
        filter.apply(&mut report);
        report.sessions().map(|(_, s)| (s.boot_epoch, s.logon_id.unwrap().0)).collect()
    };
    let (second, third) = ([(2, 0xc_ed75), (2, 0xc_ed92)], [(3, 0x1_e4ed), (3, 0x1_e542)]);
    let first_day = [&[(2, 0x5_b85f), (2, 0x5_b87e)][..], &second, &third].concat();
    let later_that_day = [(5, 0x3_ecdb), (6, 0xf_946e)];
    assert_eq!(there("2020-08-01"), [&first_day[..], &later_that_day].concat());
    assert_eq!(there("2021-02-13"), [second, third].concat());
    assert_eq!(there("2020-04-01"), third);
    for day in ["2020-05-01", "2020-12-01", "2021-01-01"] {
        assert_eq!(there(day), [], "{day}");
    }
}

//! Hand-made records: the event that each version and each unusual form must become.

use super::*;
use crate::model::event::{Logon, UnexpectedShutdown};
use crate::model::{Channel, LogId, LogonId, Text, Timestamp};

const AUDITING: &str = "Microsoft-Windows-Security-Auditing";

/// What is decoded: who wrote it, and what `System` says besides.
#[derive(Clone, Copy)]
struct TestHead {
    provider: &'static str,
    event_id: u16,
    channel: Channel,
    version: u8,
}

fn identity(provider: &'static str, event_id: u16, channel: Channel) -> TestHead {
    TestHead { provider, event_id, channel, version: 0 }
}

fn decoded(head: TestHead, data: &[(&str, &str)]) -> (EventKind, Vec<&'static str>) {
    decoded_or_nothing(head, data).expect("it says something")
}

fn decoded_or_nothing(
    head: TestHead,
    data: &[(&str, &str)],
) -> Option<(EventKind, Vec<&'static str>)> {
    let Decoded { event, missing } = decoded_event(head, data, Detail::Full)?;
    assert_eq!(event.record_id, 230_200);
    assert_eq!(event.process_id, 516);
    Some((event.kind, missing))
}

fn decoded_event(head: TestHead, data: &[(&str, &str)], detail: Detail) -> Option<Decoded> {
    let TestHead { provider, event_id, channel, version } = head;
    let computer: Text = "DC01.contoso.local".into();
    let identity = RecordIdentity {
        event_id,
        version,
        record_id: 230_200,
        time: Timestamp::parse("2015-09-09T03:08:39.1268908Z").unwrap(),
        computer: &computer,
        channel,
        process_id: 516,
        user_sid: Value::Text("S-1-5-18"),
        forwarded: false,
    };
    let fields: Vec<NamedValue<'_>> =
        data.iter().map(|&(name, value)| NamedValue { name, value: Value::Text(value) }).collect();
    let location = RecordLocation { log: LogId(0), chunk: 0, offset: 512 };
    let row = EventSource::named(provider).row(event_id, channel).expect("in the table");
    decode(row, &identity, &fields, location, &mut Interner::default(), detail)
}

fn security(event_id: u16, data: &[(&str, &str)]) -> (EventKind, Vec<&'static str>) {
    decoded(identity(AUDITING, event_id, Channel::Security), data)
}

fn logon(version: u8, data: &[(&str, &str)]) -> Logon {
    let identity = TestHead { version, ..identity(AUDITING, 4624, Channel::Security) };
    match decoded(identity, data) {
        (EventKind::Logon(logon), missing) if missing.is_empty() => (*logon).clone(),
        other => panic!("{other:?}"),
    }
}

/// Version 0 of 4624 as Windows 7 writes it.
const LOGON: [(&str, &str); 20] = [
    ("SubjectUserSid", "S-1-5-18"),
    ("SubjectUserName", "PC$"),
    ("SubjectDomainName", "WORKGROUP"),
    ("SubjectLogonId", "0x3e7"),
    ("TargetUserSid", "S-1-5-21-1-2-3-1000"),
    ("TargetUserName", "alice"),
    ("TargetDomainName", "PC"),
    ("TargetLogonId", "0x1b2c3"),
    ("LogonType", "2"),
    ("LogonProcessName", "User32 "),
    ("AuthenticationPackageName", "Negotiate"),
    ("WorkstationName", "PC"),
    ("LogonGuid", "{00000000-0000-0000-0000-000000000000}"),
    ("TransmittedServices", "-"),
    ("LmPackageName", "-"),
    ("KeyLength", "0"),
    ("ProcessId", "0x1a4"),
    ("ProcessName", r"C:\Windows\System32\winlogon.exe"),
    ("IpAddress", "127.0.0.1"),
    ("IpPort", "0"),
];

#[test]
fn the_logoff_that_microsoft_documents() {
    let (what, missing) = security(
        4647,
        &[
            ("TargetUserSid", "S-1-5-21-3457937927-2839227994-823803824-1104"),
            ("TargetUserName", "dadmin"),
            ("TargetDomainName", "CONTOSO"),
            ("TargetLogonId", "0x29b379"),
        ],
    );
    let EventKind::LogoffInitiated(ended) = what else { panic!("{what:?}") };
    assert_eq!(ended.logon_id, LogonId(0x29_b379));
    assert_eq!(&*ended.account.user, "dadmin");
    assert_eq!(&*ended.account.domain, "CONTOSO");
    assert_eq!(&*ended.account.sid, "S-1-5-21-3457937927-2839227994-823803824-1104");
    assert_eq!((ended.logon_type, missing.len()), (None, 0));
}

#[test]
fn logons_of_all_versions_by_field_name() {
    let v0 = logon(0, &LOGON);
    assert_eq!(v0.logon_id, LogonId(0x1_b2c3));
    assert_eq!((v0.logon_type, v0.version, v0.port), (Some(2), 0, 0));
    assert_eq!((v0.linked, v0.elevated, v0.outbound.clone()), (None, None, None));
    assert_eq!(&*v0.method.logon_process, "User32");
    assert_eq!(v0.caller_process_id, 0x1a4);
    assert_eq!(&*v0.client.ip, "127.0.0.1");

    let later = [
        ("ImpersonationLevel", "%%1833"),
        ("RestrictedAdminMode", "-"),
        ("RemoteCredentialGuard", "-"),
        ("TargetOutboundUserName", "bob"),
        ("TargetOutboundDomainName", "CONTOSO"),
        ("VirtualAccount", "%%1843"),
        ("TargetLinkedLogonId", "0x1b2ff"),
        ("ElevatedToken", "%%1842"),
    ];
    // Version 3 puts a field in between: only names count.
    let mut reversed: Vec<_> = LOGON.into_iter().chain(later).collect();
    reversed.reverse();
    let v3 = logon(3, &reversed);
    assert_eq!((v3.linked, v3.elevated), (Some(LogonId(0x1_b2ff)), Some(true)));
    assert_eq!(v3.outbound.as_ref().map(|account| &*account.user), Some("bob"));
    assert_eq!((&v3.account, &v3.method, &v3.client), (&v0.account, &v0.method, &v0.client));
}

#[test]
fn placeholders_are_empty() {
    let mut data = LOGON.to_vec();
    data.extend([("TargetLinkedLogonId", "0x0"), ("ElevatedToken", "%%1843")]);
    for (name, value) in [
        ("SubjectUserSid", "S-1-0-0"),
        ("SubjectUserName", "-"),
        ("SubjectDomainName", ""),
        ("WorkstationName", "-"),
        ("IpAddress", "-"),
        ("IpPort", "-"),
        ("ProcessName", "-"),
    ] {
        data.iter_mut().find(|field| field.0 == name).unwrap().1 = value;
    }
    let logon = logon(2, &data);
    assert_eq!(*logon.subject, crate::model::Account::default());
    assert_eq!(*logon.client, crate::model::event::Client::default());
    assert_eq!((logon.linked, logon.elevated, logon.port), (None, Some(false), 0));
    assert_eq!(&*logon.method.process_name, "");
}

#[test]
fn a_missing_field_is_named_and_the_event_counts() {
    let (what, missing) = security(4634, &[("TargetUserName", "alice"), ("LogonType", "x")]);
    let EventKind::Terminated(ended) = what else { panic!("{what:?}") };
    assert_eq!((ended.logon_id, ended.logon_type), (LogonId(0), None));
    assert_eq!(missing, ["TargetLogonId"]);
    assert_eq!(security(4624, &[]).1, ["TargetLogonId", "LogonType"]);
    assert_eq!(security(4778, &[("LogonId", "0x1")]).1, ["LogonID"]);
}

#[test]
fn of_two_fields_of_one_name_the_first_counts() {
    let (what, _) = security(
        4648,
        &[
            ("LogonGuid", "{1}"),
            ("LogonGuid", "{2}"),
            ("SubjectLogonId", "0x5"),
            ("SubjectLogonId", "0x6"),
        ],
    );
    let EventKind::ExplicitCredentials(used, _) = what else { panic!("{what:?}") };
    assert_eq!(used.subject_logon_id, LogonId(5));
}

/// The fields of 4625, of which a real one was given other names.
#[test]
fn a_failed_logon_says_who_from_where_and_why() {
    let (what, missing) = security(
        4625,
        &[
            ("SubjectUserSid", "S-1-0-0"),
            ("SubjectUserName", "-"),
            ("SubjectLogonId", "0x0"),
            ("TargetUserSid", "S-1-0-0"),
            ("TargetUserName", "alice"),
            ("TargetDomainName", "CONTOSO"),
            ("Status", "0xc000006d"),
            ("FailureReason", "%%2313"),
            ("SubStatus", "0xc000006a"),
            ("LogonType", "3"),
            ("LogonProcessName", "NtLmSsp "),
            ("WorkstationName", "WS7"),
            ("ProcessName", "-"),
            ("IpAddress", "10.0.0.5"),
            ("IpPort", "52526"),
        ],
    );
    let EventKind::FailedLogon(failed, port) = what else { panic!("{what:?}") };
    assert_eq!((&*failed.account.user, &*failed.account.sid, port), ("alice", "", 52_526));
    assert_eq!((failed.status, failed.sub_status), (0xc000_006d, 0xc000_006a));
    assert_eq!((failed.logon_type, failed.subject_logon_id), (3, LogonId(0)));
    assert_eq!((&*failed.client.ip, &*failed.client.workstation), ("10.0.0.5", "WS7"));
    assert_eq!((&*failed.method.logon_process, &*failed.method.process_name), ("NtLmSsp", ""));
    assert_eq!(missing, [""; 0]);
    assert_eq!(security(4625, &[]).1, ["LogonType"]);
}

#[test]
fn refused_credentials_are_an_event_and_accepted_ones_are_none() {
    let ntlm = |status: &str| {
        let data = [("TargetUserName", "alice"), ("Workstation", "WS7"), ("Status", status)];
        decoded_or_nothing(identity(AUDITING, 4776, Channel::Security), &data)
    };
    let (what, _) = ntlm("0xc000006a").unwrap();
    let EventKind::RefusedCredentials(refused, 0) = what else { panic!("{what:?}") };
    assert_eq!((&*refused.account.user, refused.status), ("alice", 0xc000_006a));
    assert_eq!((&*refused.client.workstation, &*refused.client.ip), ("WS7", ""));
    assert!(ntlm("0x0").is_none());
    assert_eq!(ntlm("?").unwrap(), (EventKind::Boundary, vec!["Status"]));
    let (what, _) = security(
        4771,
        &[
            ("TargetUserName", "alice"),
            ("TargetSid", "S-1-5-21-1-2-3-1104"),
            ("Status", "0x18"),
            ("IpAddress", "::ffff:10.0.0.5"),
            ("IpPort", "49222"),
        ],
    );
    let EventKind::RefusedCredentials(refused, 49_222) = what else { panic!("{what:?}") };
    assert_eq!((&*refused.account.sid, refused.status), ("S-1-5-21-1-2-3-1104", 0x18));
    assert_eq!(&*refused.client.ip, "::ffff:10.0.0.5");
}

/// Windows' own are read as heads for a report, those of people and for other computers whole.
#[test]
fn explicit_credentials_of_windows_itself_are_heads() {
    let heads = |subject: &str, server: &str| {
        let data = [("SubjectLogonId", subject), ("TargetServerName", server)];
        let identity = identity(AUDITING, 4648, Channel::Security);
        let decoded = decoded_event(identity, &data, Detail::HeadOnly).unwrap();
        decoded.event.detail == Detail::HeadOnly
    };
    assert!(heads("0x3e7", "localhost") && heads("0x3e7", "LOCALHOST"));
    assert!(!heads("0x50000", "localhost") && !heads("0x3e7", "FS01"));
}

#[test]
fn clock_changes_of_both_versions() {
    let texts = |previous, new| {
        let data = [
            ("PreviousDate", "9/8/2015"),
            ("PreviousTime", previous),
            ("NewDate", "9/8/2015"),
            ("NewTime", new),
        ];
        let (what, missing) = security(4616, &data);
        assert_eq!(missing, [""; 0]);
        let EventKind::ClockChanged(change) = what else { panic!("{what:?}") };
        (change.previous, change.new)
    };
    let recorded = Timestamp::parse("2015-09-09T03:08:39.1268908Z");
    assert_eq!(texts("8:08:38 PM", "8:08:38 PM"), (recorded, recorded));
    // 7 hours behind UTC.
    let read = ["2015-09-09T04:00:00Z", "2015-09-09T03:08:38Z"].map(Timestamp::parse);
    assert_eq!(texts("9:00:00 PM", "8:08:38 PM"), read.into());
    // No time zone makes this the time of the record.
    assert_eq!(texts("9:00:00 PM", "8:05:38 PM"), (None, recorded));
    let (what, _) = security(
        4616,
        &[
            ("PreviousTime", "2020-08-01T21:48:55.0598035Z"),
            ("NewTime", "2020-08-01T18:48:55.2716993Z"),
        ],
    );
    let EventKind::ClockChanged(change) = what else { panic!("{what:?}") };
    assert_eq!(change.previous, Timestamp::parse("2020-08-01T21:48:55.0598035Z"));
    assert_eq!(change.new, Timestamp::parse("2020-08-01T18:48:55.2716993Z"));
}

#[test]
fn legacy_events_are_read_by_place() {
    let legacy =
        |id, data: &[(&str, &str)]| decoded(identity("EventLog", id, Channel::System), data).0;
    // A real record: the local time in the texts is 7 hours behind the UTC in the binary data.
    let binary = "E4070800050007000C0032001D00E100E407080005000700120032001D00E100600900003C0000000\
                  10000006009000001000000B00400000100000000000000";
    let texts = ["12:50:29 PM", "\u{200e}8/\u{200e}7/\u{200e}2020", "", "", "504236", "", ""];
    let mut data: Vec<(&str, &str)> = texts.iter().map(|&text| ("", text)).collect();
    data.push(("Binary", binary));
    let last_alive = Timestamp::parse("2020-08-07T18:50:29.225Z");
    assert_eq!(
        legacy(6008, &data),
        EventKind::UnexpectedShutdown(UnexpectedShutdown { last_alive, uptime: Some(504_236) })
    );
    let EventKind::Renamed(renamed) = legacy(6011, &[("", "OLD"), ("", "NEW")]) else { panic!() };
    assert_eq!((&*renamed.old, &*renamed.new), ("OLD", "NEW"));
    let zone = |text: &str| {
        let texts = ["", "", "", "", "240792", "60", text].map(|text| ("", text));
        let EventKind::Uptime(240_792, zone) = legacy(6013, &texts) else { panic!("{text}") };
        zone.map(|zone| (zone.utc_offset_minutes, zone.name.to_string()))
    };
    // Real ones. The bias is UTC minus the standard time: Easter Island is six hours behind UTC.
    assert_eq!(
        zone("360 Easter Island Standard Time"),
        Some((-360, "Easter Island Standard Time".into()))
    );
    assert_eq!(zone("-60 Romance Standard Time"), Some((60, "Romance Standard Time".into())));
    assert_eq!(zone("0 GMT Standard Time"), Some((0, "GMT Standard Time".into())));
    for text in ["", "60", "UTC", "-2147483588 GMT Standard Time", "1000 Nowhere"] {
        assert_eq!(zone(text), None, "{text}");
    }
}

#[test]
fn the_bias_in_use_has_a_sign() {
    let bias = |text: &str| {
        let fields = [("CurrentBias", text), ("CurrentTimeZoneID", "2")];
        let record = identity("Microsoft-Windows-Kernel-General", 24, Channel::System);
        match decoded(record, &fields).0 {
            EventKind::BiasInUse(bias) => Some(bias),
            _ => None,
        }
    };
    assert_eq!((bias("420"), bias("-60"), bias("0")), (Some(420), Some(-60), Some(0)));
    assert_eq!((bias("-2147483588"), bias("")), (None, None));
}

#[test]
fn shutdown_requests_with_and_without_names() {
    let texts = ["winlogon.exe (PC)", "PC", "Planned", "0x80020003", "restart", "", r"PC\alice"];
    let named: Vec<(String, &str)> = (1..).map(|n| format!("param{n}")).zip(texts).collect();
    let named: Vec<(&str, &str)> = named.iter().map(|(n, v)| (n.as_str(), *v)).collect();
    let unnamed = texts.map(|text| ("", text));
    let new = decoded(identity("User32", 1074, Channel::System), &named);
    let old = decoded(identity("USER32", 1074, Channel::System), &unnamed);
    assert_eq!(new, old);
    let EventKind::ShutdownRequested(request) = new.0 else { panic!() };
    assert_eq!(request.kind, "restart");
    assert_eq!(request.user, r"PC\alice");
}

#[test]
fn profile_events_take_their_account_from_system() {
    let profiles = "Microsoft-Windows-User Profiles Service";
    let (what, _) = decoded(identity(profiles, 1, Channel::UserProfile), &[("Session", "3")]);
    let EventKind::Profile(notification) = what else { panic!("{what:?}") };
    assert_eq!((notification.session, &*notification.sid), (Some(3), "S-1-5-18"));
}

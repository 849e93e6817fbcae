//! What is written of each event, and that it is read as it was.

use super::values::{BlockWriter, EventReader, Texts};
use super::{blocks, kinds};
use crate::model::event::{
    BootStatus, ClockChange, Lock, LockAction, Notification, PowerState, Renamed, SessionRef,
    Terminal, TerminalAction, TimeZone, UnexpectedShutdown, Woke,
};
use crate::model::{Account, Channel, Event, EventKind, LogonId, Timestamp};
use std::sync::Arc;

fn time(ticks: u64) -> Option<Timestamp> {
    Some(Timestamp::from_filetime(ticks))
}

/// The lines of these kinds; every event is record 7 of `PC`.
fn lines(kinds: &[EventKind]) -> String {
    let mut block = BlockWriter::default();
    for kind in kinds {
        let event = Event {
            record_id: 7,
            time: Timestamp::from_filetime(8),
            computer: "PC".into(),
            channel: Channel::System,
            event_id: 9,
            recovered: true,
            kind: kind.clone(),
            ..Event::blank()
        };
        kinds::write(&event, &mut block);
    }
    String::from_utf8(block.into_lines()).unwrap()
}

fn read(lines: &str) -> Option<Vec<Event>> {
    let (texts, events) = lines.split_once('\n')?;
    let mut texts = Texts::parse(texts.as_bytes())?;
    let read = |line: &str| {
        let (kind, values) = EventReader::begin(line.as_bytes(), &mut texts)?;
        kinds::read(kind, values)
    };
    events.lines().map(read).collect()
}

/// What is written of [`kinds_of_every_type`].
const LINES: [&str; 17] = [
    r#"{"texts":["PC","System",["S-1","é\"\u202e",""],"null","","S-1"]}"#,
    r#"["Boundary",7,8,0,1,9,0,0,0,0,1]"#,
    r#"["Terminated",7,8,0,1,9,0,0,0,0,1,18446744073709551615,2,null]"#,
    r#"["Lock",7,8,0,1,9,0,0,0,0,1,4802,0,2,4294967295]"#,
    r#"["ClockChanged",7,8,0,1,9,0,0,0,0,1,null,18446744073709551615,3,0]"#,
    r#"["BiasInUse",7,8,0,1,9,0,0,0,0,1,-2147483648]"#,
    r#"["BiasInUse",7,8,0,1,9,0,0,0,0,1,0]"#,
    r#"["Uptime",7,8,0,1,9,0,0,0,0,1,5,null]"#,
    r#"["Uptime",7,8,0,1,9,0,0,0,0,1,5,-60,3]"#,
    r#"["KernelStarted",7,8,0,1,9,0,0,0,0,1,null]"#,
    r#"["KernelStarted",7,8,0,1,9,0,0,0,0,1,0]"#,
    r#"["BootStatus",7,8,0,1,9,0,0,0,0,1,0,1,null]"#,
    r#"["UnexpectedShutdown",7,8,0,1,9,0,0,0,0,1,1,null]"#,
    r#"["Woke",7,8,0,1,9,0,0,0,0,1,null,null,null,5,1]"#,
    r#"["Terminal",7,8,0,1,9,0,0,0,0,1,39,4,1,4,null]"#,
    r#"["Renamed",7,8,0,1,9,0,0,0,0,1,4,0]"#,
    r#"["Winlogon",7,8,0,1,9,0,0,0,0,1,null,5]"#,
];

fn kinds_of_every_type() -> Vec<EventKind> {
    let account =
        Arc::new(Account { sid: "S-1".into(), user: "é\"\u{202e}".into(), domain: "".into() });
    vec![
        EventKind::Boundary,
        EventKind::Terminated(SessionRef {
            logon_id: LogonId(u64::MAX),
            account: Arc::clone(&account),
            logon_type: None,
        }),
        EventKind::Lock(Box::new(Lock {
            action: LockAction::ScreenSaverOn,
            logon_id: LogonId(0),
            account,
            session: Some(u32::MAX),
        })),
        EventKind::ClockChanged(Box::new(ClockChange {
            previous: None,
            new: time(u64::MAX),
            reason: Some(3),
            process: "PC".into(),
        })),
        EventKind::BiasInUse(i32::MIN),
        EventKind::BiasInUse(0),
        EventKind::Uptime(5, None),
        EventKind::Uptime(
            5,
            Some(Box::new(TimeZone { utc_offset_minutes: -60, name: "null".into() })),
        ),
        EventKind::KernelStarted(None),
        EventKind::KernelStarted(time(0)),
        EventKind::BootStatus(BootStatus {
            last_shutdown_good: Some(false),
            last_boot_good: Some(true),
            last_boot_id: None,
        }),
        EventKind::UnexpectedShutdown(UnexpectedShutdown { last_alive: time(1), uptime: None }),
        EventKind::Woke(Box::new(Woke {
            sleep: None,
            wake: None,
            state: PowerState { target: None, effective: Some(5) },
            hibernated: true,
        })),
        EventKind::Terminal(Box::new(Terminal {
            action: TerminalAction::DisconnectedBy,
            user: "".into(),
            session: Some(1),
            address: "".into(),
            detail: None,
        })),
        EventKind::Renamed(Box::new(Renamed { old: "".into(), new: "PC".into() })),
        EventKind::Winlogon(Box::new(Notification { session: None, sid: "S-1".into() })),
    ]
}

/// Values of every type, at their limits and absent.
#[test]
fn every_type_of_value() {
    let kinds = kinds_of_every_type();
    let written = lines(&kinds);
    assert_eq!(written.lines().collect::<Vec<_>>(), LINES);
    let events = read(&written).unwrap();
    assert!(events.iter().map(|event| &event.kind).eq(&kinds));
    assert!(events.iter().all(|event| event.recovered && !event.forwarded && event.record_id == 7));
}

/// Lines that the writer never makes are refused.
#[test]
fn other_lines_are_refused() {
    let good = lines(&[EventKind::BootType(2)]);
    assert!(read(&good).is_some());
    let line = r#"["BootType",7,8,0,1,9,0,0,0,0,1,2]"#;
    for bad in [
        r#"["BootType",7,8,0,1,9,0,0,0,0,1]"#,
        r#"["BootType",7,8,0,1,9,0,0,0,0,1,2,2]"#,
        r#"["BootType",7,8,0,1,9,0,0,0,0,1,2"#,
        r#"["BootType",7,8,0,1,9,0,0,0,0,8,2]"#,
        r#"["BootType",7,8,9,1,9,0,0,0,0,1,2]"#,
        r#"["BootType",7,8,0,0,9,0,0,0,0,1,2]"#,
        r#"["BootType",7,8,0,1,65536,0,0,0,0,1,2]"#,
        r#"["BootType",7,8,0,1,9,0,0,0,0,1,-2]"#,
        r#"["BootType",7,8,0,1,9,0,0,0,0,1,"2"]"#,
        r#"["BootType",7,8,0,1,9,0,0,0,0,1,]"#,
        r#"["BootType",7,99999999999999999999,0,1,9,0,0,0,0,1,2]"#,
        r#"["BootKind",7,8,0,1,9,0,0,0,0,1,2]"#,
        r#"["StartAudit",7,8,0,1,9,0,0,0,0,1,2]"#,
        r#"["Lock",7,8,0,1,9,0,0,0,0,1,4804,0,0,null]"#,
        r#"["BiasInUse",7,8,0,1,9,0,0,0,0,1,-2147483649]"#,
        "[]",
    ] {
        assert!(read(&good.replace(line, bad)).is_none(), "{bad}");
    }
}

/// A member says how long it is, and any gzip reads it.
#[test]
fn members() {
    let file: Vec<u8> = ["a\n", "", "b\nc\n"]
        .iter()
        .flat_map(|lines| blocks::pack(lines.as_bytes()).unwrap())
        .collect();
    let members = blocks::members(&file).unwrap();
    let lines: Vec<Vec<u8>> = members.iter().map(|one| blocks::unpack(one).unwrap()).collect();
    assert_eq!(lines, [b"a\n".to_vec(), b"".to_vec(), b"b\nc\n".to_vec()]);
    // Neither a time nor a name.
    assert_eq!(file[..10], [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 4, 255]);
    for end in 1..file.len() {
        let known = blocks::members(&file[..end]);
        let whole = [members[0].len(), members[0].len() + members[1].len()];
        assert_eq!(known.is_some(), whole.contains(&end), "{end}");
    }
    let mut damaged = members[2].to_vec();
    damaged[24] ^= 4;
    assert!(blocks::unpack(&damaged).is_err());
}

//! `ws01`: a workstation over five boots. Windows 10 22H2.

use super::builder::SampleBuilder;
use super::steps::SystemBoot;
use super::truth::{CRASH, INHERITED, LOST, OPEN, SHUTDOWN};
use super::{Sample, at, logs_of};
use crate::catalogue::kernel::{self, ClockChange};
use crate::catalogue::winlogon::ShutdownRequest;
use crate::catalogue::{
    Account, Logon, SECURITY, SESSION_MANAGER, SYSTEM, Session, event_log, security,
};
use crate::value::{FileTime, Sid};
use crate::writer::LogOptions;

const BUILD: &str = "19045";

fn user(rid: u32, name: &str) -> Account {
    let sid = format!("S-1-5-21-2718281828-3141592653-1618033988-{rid}");
    Account::new(Sid::parse(&sid), name, "WS01")
}

/// The users and the service account of this computer.
struct People {
    alice: Account,
    bob: Account,
    carol: Account,
    backup: Account,
}

pub(super) fn make() -> Sample {
    let mut sample = SampleBuilder::new("WS01", "WORKGROUP", &[SECURITY, SYSTEM, SESSION_MANAGER]);
    let people = People {
        alice: user(1001, "alice"),
        bob: user(1002, "bob"),
        carol: user(1003, "carol"),
        backup: user(1004, "svc_backup"),
    };
    clean_shutdown(&mut sample, &people);
    restart(&mut sample, &people);
    crash(&mut sample, &people);
    fast_startup(&mut sample, &people);
    still_running(&mut sample, &people);
    Sample { files: logs_of("ws01", &sample.host, &LogOptions::default()), truth: sample.truth }
}

/// A logon at the console.
fn console(sample: &SampleBuilder, account: &Account, logon_id: u64) -> Logon {
    Logon::console(sample.machine.clone(), Session::new(account.clone(), logon_id))
}

/// Logs on at the console with a split token, in Terminal Services session 1.
fn administrator(
    sample: &mut SampleBuilder,
    time: FileTime,
    account: &Account,
    ids: [u64; 2],
) -> [Session; 2] {
    let logon = console(sample, account, ids[1]);
    let filtered = sample.desktop_logon(time, logon, Some(ids[0]));
    sample.desktop_logon_events(time, account, 1, "LOCAL");
    [Session::new(account.clone(), ids[0]), filtered]
}

/// Boot 1: Alice works for a day, with a lunch break, and powers the computer off.
fn clean_shutdown(sample: &mut SampleBuilder, people: &People) {
    sample.host.lsass_pid = 648;
    let kernel = at("2026-03-02T07:01:12.5002117Z");
    sample.boot_security(kernel, 0x6a10, false);
    sample.boot_system(
        kernel,
        &SystemBoot { last_boot_id: 41, build: BUILD, crashed: None, first: true },
    );
    sample
        .service(at("2026-03-02T07:01:30.0417720Z"), &Session::new(people.backup.clone(), 0x9c41));

    let alice_on = at("2026-03-02T07:03:20.1180432Z");
    let [elevated, alice] = administrator(sample, alice_on, &people.alice, [0x5a3f2, 0x5a41c]);

    let client = ("WS02", "10.0.0.12");
    let anonymous = Session::new(Account::anonymous(), 0x71b01);
    sample.network_session(at("2026-03-02T09:11:58.3340012Z"), &anonymous, client, 55_012);
    let carol = Session::new(people.carol.clone(), 0x71b20);
    sample.network_session(at("2026-03-02T09:13:02.7512290Z"), &carol, client, 41_337);

    sample.log(at("2026-03-02T12:00:09.0071266Z"), security::locked(&alice, 1));
    // The unlock is checked by two sessions of a split token, which end within two milliseconds.
    let unlock = at("2026-03-02T12:44:51.9023377Z");
    let checks = [0x9f3a1, 0x9f3c0].map(|id| Session::new(people.alice.clone(), id));
    let logon = console(sample, &people.alice, checks[1].logon_id);
    sample.desktop_logon(unlock, logon, Some(checks[0].logon_id));
    sample.terminated(unlock.plus_ms(1), &checks[1], 2);
    sample.terminated(unlock.plus_ticks(11_984), &checks[0], 2);
    sample.log(unlock.plus_ms(9), security::unlocked(&alice, 1));

    sample.shutdown_requested(at("2026-03-02T16:30:05.2210987Z"), &people.alice, "power off");
    let off = at("2026-03-02T16:30:06.1043305Z");
    sample.initiated(off, &alice);
    sample.desktop_logoff_events(off, &people.alice, 1);
    sample.event_log_stops(at("2026-03-02T16:30:09.4470011Z"));
    let stop = at("2026-03-02T16:30:12.0113098Z");
    sample.kernel_stops(stop, 6);

    sample.ends(&elevated, INHERITED);
    sample.all_others_end(SHUTDOWN);
    sample.boot_ends(Some(stop), "power-off");
}

/// Boot 2: Bob gets the Logon ID that Alice had. He logs off, Carol logs on, and an update
/// restarts the computer.
fn restart(sample: &mut SampleBuilder, people: &People) {
    sample.host.lsass_pid = 660;
    let kernel = at("2026-03-03T06:58:40.5001893Z");
    let window_station = sample.boot_security(kernel, 0x6a02, false);
    sample.boot_system(
        kernel,
        &SystemBoot { last_boot_id: 42, build: BUILD, crashed: None, first: false },
    );
    sample
        .service(at("2026-03-03T06:58:59.1120448Z"), &Session::new(people.backup.clone(), 0x9c10));

    let bob_on = at("2026-03-03T07:00:15.6600021Z");
    let [elevated, bob] = administrator(sample, bob_on, &people.bob, [0x5a401, 0x5a41c]);

    // Bob runs a program as Carol.
    let runas = Session::new(people.carol.clone(), 0x8c0d1);
    let mut logon = Logon::new(bob.clone(), runas.clone(), 2);
    logon.logon_process = "seclogo".into();
    logon.process_name = r"C:\Windows\System32\svchost.exe".into();
    logon.ip_address = "::1".into();
    logon.ip_port = "0".into();
    logon.elevated = false;
    sample.logon(at("2026-03-03T08:15:40.0912375Z"), &logon);
    sample.terminated(at("2026-03-03T08:40:02.5543111Z"), &runas, 2);

    // The computer continues to run, and 69 s later the sessions are destroyed.
    let off = at("2026-03-03T12:01:10.2509871Z");
    sample.initiated(off, &bob);
    sample.desktop_logoff_events(off, &people.bob, 1);
    sample.close_window_station(off.plus_ms(312), &window_station);
    sample.terminated(off.plus_ms(68_712), &bob, 2);
    sample.terminated(off.plus_ms(68_712).plus_ticks(2_204), &elevated, 2);

    sample.window_station(off.plus_ms(70_420), 2, 0xa0b12);
    let carol_on = at("2026-03-03T12:05:00.7718090Z");
    let logon = console(sample, &people.carol, 0xa10f3);
    let carol = sample.desktop_logon(carol_on, Logon { elevated: false, ..logon }, None);
    sample.desktop_logon_events(carol_on, &people.carol, 2, "LOCAL");

    let request = ShutdownRequest {
        process: r"C:\Windows\system32\svchost.exe (WS01)".into(),
        computer: "WS01".into(),
        reason: "Operating System: Service pack (Planned)".into(),
        reason_code: "0x80020010".into(),
        action: "restart".into(),
        user: Account::system(),
    };
    sample.log(at("2026-03-03T17:40:00.0301742Z"), request.event());
    // Carol's logoff is recorded late: after the record that the event log service stops.
    let off = at("2026-03-03T17:40:02.1100764Z");
    sample.desktop_logoff_events(off, &people.carol, 2);
    sample.event_log_stops(at("2026-03-03T17:40:04.0090113Z"));
    sample.initiated(off, &carol);
    let stop = at("2026-03-03T17:40:06.5512090Z");
    sample.kernel_stops(stop, 5);

    sample.all_others_end(SHUTDOWN);
    sample.boot_ends(Some(stop), "restart");
}

/// Boot 3: power fails while Alice works.
fn crash(sample: &mut SampleBuilder, people: &People) {
    sample.host.lsass_pid = 652;
    let kernel = at("2026-03-03T17:41:02.4999812Z");
    sample.boot_security(kernel, 0x6a31, false);
    sample.boot_system(
        kernel,
        &SystemBoot { last_boot_id: 43, build: BUILD, crashed: None, first: false },
    );
    sample
        .service(at("2026-03-03T17:41:19.9004413Z"), &Session::new(people.backup.clone(), 0x9c7d));
    administrator(sample, at("2026-03-03T17:45:30.2210019Z"), &people.alice, [0x61b02, 0x61b2e]);
    let client = ("WS02", "10.0.0.12");
    let open =
        Logon::network(Session::new(people.carol.clone(), 0x7aa10), client.0, client.1, 49_803);
    sample.logon(at("2026-03-03T19:10:11.0460331Z"), &open);
    let network_session = Session::new(people.carol.clone(), 0x7ab55);
    sample.network_session(at("2026-03-03T19:12:30.3391009Z"), &network_session, client, 14_221);

    sample.all_others_end(CRASH);
    sample.boot_ends(None, "crash");
}

/// Boot 4: it includes a Fast Startup, which is no boot. The logoff at its end is lost.
fn fast_startup(sample: &mut SampleBuilder, people: &People) {
    sample.host.lsass_pid = 668;
    let kernel = at("2026-03-03T19:25:30.5003018Z");
    let window_station = sample.boot_security(kernel, 0x6a0c, true);
    // The time in 6008 is stale: it is well before the last event.
    let alive = at("2026-03-03T18:41:02.0000000Z");
    let crashed = Some((alive, 3_600));
    sample
        .boot_system(kernel, &SystemBoot { last_boot_id: 44, build: BUILD, crashed, first: false });
    sample
        .service(at("2026-03-03T19:25:47.2231100Z"), &Session::new(people.backup.clone(), 0x9c55));
    let alice_on = at("2026-03-03T19:27:12.8840017Z");
    let [elevated, alice] = administrator(sample, alice_on, &people.alice, [0x5ffe1, 0x60012]);

    sample.shutdown_requested(at("2026-03-03T20:10:00.4490226Z"), &people.alice, "power off");
    let off = at("2026-03-03T20:10:01.3379008Z");
    sample.initiated(off, &alice);
    sample.desktop_logoff_events(off, &people.alice, 1);
    let winlogon = r"\Device\HarddiskVolume2\Windows\System32\winlogon.exe";
    sample.log(off.plus_ms(1_204), kernel::power_action_requested(winlogon, 3));
    let sleep = off.plus_ms(1_911);
    sample.log(sleep, kernel::entering_sleep(6, 5, 4));
    // This record still has the time from before the sleep.
    sample.log(sleep.plus_ms(402), kernel::resumed(6, 5));

    let wake = at("2026-03-04T07:30:11.5000000Z");
    let change = ClockChange {
        version: 3,
        old: sleep.plus_ms(405),
        new: wake,
        reason: 2,
        process_name: String::new(),
        process_id: 4,
    };
    sample.log(wake, change.event());
    sample.log(wake.plus_ms(3), kernel::boot_menu_policy());
    sample.log(wake.plus_ms(4), kernel::boot_type(1));
    sample.log(wake.plus_ms(2_002), kernel::woke_up(sleep, wake, 6, 5));
    // The window manager of the old desktop ends only now.
    sample.close_window_station(wake.plus_ms(640), &window_station);
    sample.window_station(wake.plus_ms(812), 2, 0x8e1a0);
    let carol_on = at("2026-03-04T07:31:40.1105523Z");
    let logon = console(sample, &people.carol, 0x9d1c4);
    let carol = sample.desktop_logon(carol_on, Logon { elevated: false, ..logon }, None);
    sample.desktop_logon_events(carol_on, &people.carol, 2, "LOCAL");

    sample.shutdown_requested(at("2026-03-04T18:02:00.9310044Z"), &people.carol, "shutdown");
    let off = at("2026-03-04T18:02:02.0417811Z");
    sample.desktop_logoff_events(off, &people.carol, 2);
    let publisher = "Microsoft-Windows-Security-Auditing";
    sample.log(off.plus_ms(977), event_log::event_processing_failure(15_005, 4647, publisher));
    sample.event_log_stops(at("2026-03-04T18:02:05.1170203Z"));
    let stop = at("2026-03-04T18:02:07.6004419Z");
    sample.kernel_stops(stop, 4);

    sample.ends(&elevated, INHERITED);
    sample.ends(&carol, LOST);
    sample.all_others_end(SHUTDOWN);
    sample.boot_ends(Some(stop), "shutdown");
}

/// Boot 5: the logs were collected while Alice was logged on.
fn still_running(sample: &mut SampleBuilder, people: &People) {
    sample.host.lsass_pid = 640;
    let kernel = at("2026-03-05T07:05:00.5000771Z");
    sample.boot_security(kernel, 0x6a1e, false);
    sample.boot_system(
        kernel,
        &SystemBoot { last_boot_id: 45, build: BUILD, crashed: None, first: false },
    );
    sample
        .service(at("2026-03-05T07:05:16.4402910Z"), &Session::new(people.backup.clone(), 0x9c22));
    administrator(sample, at("2026-03-05T07:07:44.0302256Z"), &people.alice, [0x5b7d0, 0x5b7fc]);
    let network_session = Session::new(people.carol.clone(), 0x66f01);
    sample.network_session(
        at("2026-03-05T08:20:00.5512378Z"),
        &network_session,
        ("WS02", "10.0.0.12"),
        2_118,
    );

    sample.all_others_end(OPEN);
}

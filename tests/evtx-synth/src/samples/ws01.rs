//! `ws01`: a workstation over five boots. Windows 10 22H2.

use super::stage::Stage;
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

/// The people and the service of this machine.
struct People {
    alice: Account,
    bob: Account,
    carol: Account,
    backup: Account,
}

pub(super) fn make() -> Sample {
    let mut stage = Stage::new("WS01", "WORKGROUP", &[SECURITY, SYSTEM, SESSION_MANAGER]);
    let people = People {
        alice: user(1001, "alice"),
        bob: user(1002, "bob"),
        carol: user(1003, "carol"),
        backup: user(1004, "svc_backup"),
    };
    clean_shutdown(&mut stage, &people);
    restart(&mut stage, &people);
    crash(&mut stage, &people);
    fast_startup(&mut stage, &people);
    still_running(&mut stage, &people);
    Sample { files: logs_of("ws01", &stage.host, &LogOptions::default()), truth: stage.truth }
}

/// A logon at the console.
fn console(stage: &Stage, account: &Account, logon_id: u64) -> Logon {
    Logon::console(stage.machine.clone(), Session::new(account.clone(), logon_id))
}

/// Logs on at the console with a split token, in Terminal Services session 1.
fn administrator(
    stage: &mut Stage,
    time: FileTime,
    account: &Account,
    ids: [u64; 2],
) -> [Session; 2] {
    let logon = console(stage, account, ids[1]);
    let filtered = stage.desktop_logon(time, logon, Some(ids[0]));
    stage.desktop_appears(time, account, 1, "LOCAL");
    [Session::new(account.clone(), ids[0]), filtered]
}

/// Boot 1: Alice works a day, with a lunch break, and powers off.
fn clean_shutdown(stage: &mut Stage, people: &People) {
    stage.host.lsass_pid = 648;
    let kernel = at("2026-03-02T07:01:12.5002117Z");
    stage.boot_security(kernel, 0x6a10, false);
    stage.boot_system(
        kernel,
        &SystemBoot { last_boot_id: 41, build: BUILD, crashed: None, first: true },
    );
    stage.service(at("2026-03-02T07:01:30.0417720Z"), &Session::new(people.backup.clone(), 0x9c41));

    let alice_on = at("2026-03-02T07:03:20.1180432Z");
    let [elevated, alice] = administrator(stage, alice_on, &people.alice, [0x5a3f2, 0x5a41c]);

    let client = ("WS02", "10.0.0.12");
    let anonymous = Session::new(Account::anonymous(), 0x71b01);
    stage.visit(at("2026-03-02T09:11:58.3340012Z"), &anonymous, client, 55_012);
    let carol = Session::new(people.carol.clone(), 0x71b20);
    stage.visit(at("2026-03-02T09:13:02.7512290Z"), &carol, client, 41_337);

    stage.log(at("2026-03-02T12:00:09.0071266Z"), security::locked(&alice, 1));
    // The unlock is checked by a split pair of its own, which ends within two milliseconds.
    let unlock = at("2026-03-02T12:44:51.9023377Z");
    let checks = [0x9f3a1, 0x9f3c0].map(|id| Session::new(people.alice.clone(), id));
    let logon = console(stage, &people.alice, checks[1].logon_id);
    stage.desktop_logon(unlock, logon, Some(checks[0].logon_id));
    stage.terminated(unlock.plus_ms(1), &checks[1], 2);
    stage.terminated(unlock.plus_ticks(11_984), &checks[0], 2);
    stage.log(unlock.plus_ms(9), security::unlocked(&alice, 1));

    stage.shutdown_requested(at("2026-03-02T16:30:05.2210987Z"), &people.alice, "power off");
    let off = at("2026-03-02T16:30:06.1043305Z");
    stage.initiated(off, &alice);
    stage.desktop_goes(off, &people.alice, 1);
    stage.event_log_stops(at("2026-03-02T16:30:09.4470011Z"));
    let stop = at("2026-03-02T16:30:12.0113098Z");
    stage.kernel_stops(stop, 6);

    stage.ends(&elevated, INHERITED);
    stage.all_others_end(SHUTDOWN);
    stage.boot_ends(Some(stop), "power-off");
}

/// Boot 2: Bob gets the Logon ID that Alice had; he logs off, Carol comes, an update restarts.
fn restart(stage: &mut Stage, people: &People) {
    stage.host.lsass_pid = 660;
    let kernel = at("2026-03-03T06:58:40.5001893Z");
    let station = stage.boot_security(kernel, 0x6a02, false);
    stage.boot_system(
        kernel,
        &SystemBoot { last_boot_id: 42, build: BUILD, crashed: None, first: false },
    );
    stage.service(at("2026-03-03T06:58:59.1120448Z"), &Session::new(people.backup.clone(), 0x9c10));

    let bob_on = at("2026-03-03T07:00:15.6600021Z");
    let [elevated, bob] = administrator(stage, bob_on, &people.bob, [0x5a401, 0x5a41c]);

    // Bob runs a program as Carol.
    let runas = Session::new(people.carol.clone(), 0x8c0d1);
    let mut logon = Logon::new(bob.clone(), runas.clone(), 2);
    logon.logon_process = "seclogo".into();
    logon.process_name = r"C:\Windows\System32\svchost.exe".into();
    logon.ip_address = "::1".into();
    logon.ip_port = "0".into();
    logon.elevated = false;
    stage.logon(at("2026-03-03T08:15:40.0912375Z"), &logon);
    stage.terminated(at("2026-03-03T08:40:02.5543111Z"), &runas, 2);

    // The machine runs on, and 69 s later the sessions themselves are gone.
    let off = at("2026-03-03T12:01:10.2509871Z");
    stage.initiated(off, &bob);
    stage.desktop_goes(off, &people.bob, 1);
    stage.close_window_station(off.plus_ms(312), &station);
    stage.terminated(off.plus_ms(68_712), &bob, 2);
    stage.terminated(off.plus_ms(68_712).plus_ticks(2_204), &elevated, 2);

    stage.window_station(off.plus_ms(70_420), 2, 0xa0b12);
    let carol_on = at("2026-03-03T12:05:00.7718090Z");
    let logon = console(stage, &people.carol, 0xa10f3);
    let carol = stage.desktop_logon(carol_on, Logon { elevated: false, ..logon }, None);
    stage.desktop_appears(carol_on, &people.carol, 2, "LOCAL");

    let request = ShutdownRequest {
        process: r"C:\Windows\system32\svchost.exe (WS01)".into(),
        computer: "WS01".into(),
        reason: "Operating System: Service pack (Planned)".into(),
        reason_code: "0x80020010".into(),
        action: "restart".into(),
        user: Account::system(),
    };
    stage.log(at("2026-03-03T17:40:00.0301742Z"), request.event());
    // Carol's logoff is flushed late: recorded after the service has said that it stops.
    let off = at("2026-03-03T17:40:02.1100764Z");
    stage.desktop_goes(off, &people.carol, 2);
    stage.event_log_stops(at("2026-03-03T17:40:04.0090113Z"));
    stage.initiated(off, &carol);
    let stop = at("2026-03-03T17:40:06.5512090Z");
    stage.kernel_stops(stop, 5);

    stage.all_others_end(SHUTDOWN);
    stage.boot_ends(Some(stop), "restart");
}

/// Boot 3: power fails while Alice works.
fn crash(stage: &mut Stage, people: &People) {
    stage.host.lsass_pid = 652;
    let kernel = at("2026-03-03T17:41:02.4999812Z");
    stage.boot_security(kernel, 0x6a31, false);
    stage.boot_system(
        kernel,
        &SystemBoot { last_boot_id: 43, build: BUILD, crashed: None, first: false },
    );
    stage.service(at("2026-03-03T17:41:19.9004413Z"), &Session::new(people.backup.clone(), 0x9c7d));
    administrator(stage, at("2026-03-03T17:45:30.2210019Z"), &people.alice, [0x61b02, 0x61b2e]);
    let client = ("WS02", "10.0.0.12");
    let open =
        Logon::network(Session::new(people.carol.clone(), 0x7aa10), client.0, client.1, 49_803);
    stage.logon(at("2026-03-03T19:10:11.0460331Z"), &open);
    let visit = Session::new(people.carol.clone(), 0x7ab55);
    stage.visit(at("2026-03-03T19:12:30.3391009Z"), &visit, client, 14_221);

    stage.all_others_end(CRASH);
    stage.boot_ends(None, "crash");
}

/// Boot 4: a Fast Startup lies inside, which is no boot; the logoff at its end is lost.
fn fast_startup(stage: &mut Stage, people: &People) {
    stage.host.lsass_pid = 668;
    let kernel = at("2026-03-03T19:25:30.5003018Z");
    let station = stage.boot_security(kernel, 0x6a0c, true);
    // The stamp is stale: it was written well before the last event.
    let alive = at("2026-03-03T18:41:02.0000000Z");
    let crashed = Some((alive, 3_600));
    stage
        .boot_system(kernel, &SystemBoot { last_boot_id: 44, build: BUILD, crashed, first: false });
    stage.service(at("2026-03-03T19:25:47.2231100Z"), &Session::new(people.backup.clone(), 0x9c55));
    let alice_on = at("2026-03-03T19:27:12.8840017Z");
    let [elevated, alice] = administrator(stage, alice_on, &people.alice, [0x5ffe1, 0x60012]);

    stage.shutdown_requested(at("2026-03-03T20:10:00.4490226Z"), &people.alice, "power off");
    let off = at("2026-03-03T20:10:01.3379008Z");
    stage.initiated(off, &alice);
    stage.desktop_goes(off, &people.alice, 1);
    let winlogon = r"\Device\HarddiskVolume2\Windows\System32\winlogon.exe";
    stage.log(off.plus_ms(1_204), kernel::power_action_requested(winlogon, 3));
    let sleep = off.plus_ms(1_911);
    stage.log(sleep, kernel::entering_sleep(6, 5, 4));
    // Still the clock of before the sleep.
    stage.log(sleep.plus_ms(402), kernel::resumed(6, 5));

    let wake = at("2026-03-04T07:30:11.5000000Z");
    let change = ClockChange {
        version: 3,
        old: sleep.plus_ms(405),
        new: wake,
        reason: 2,
        process_name: String::new(),
        process_id: 4,
    };
    stage.log(wake, change.event());
    stage.log(wake.plus_ms(3), kernel::boot_menu_policy());
    stage.log(wake.plus_ms(4), kernel::boot_type(1));
    stage.log(wake.plus_ms(2_002), kernel::woke_up(sleep, wake, 6, 5));
    // The old desktop's window manager ends only now.
    stage.close_window_station(wake.plus_ms(640), &station);
    stage.window_station(wake.plus_ms(812), 2, 0x8e1a0);
    let carol_on = at("2026-03-04T07:31:40.1105523Z");
    let logon = console(stage, &people.carol, 0x9d1c4);
    let carol = stage.desktop_logon(carol_on, Logon { elevated: false, ..logon }, None);
    stage.desktop_appears(carol_on, &people.carol, 2, "LOCAL");

    stage.shutdown_requested(at("2026-03-04T18:02:00.9310044Z"), &people.carol, "shutdown");
    let off = at("2026-03-04T18:02:02.0417811Z");
    stage.desktop_goes(off, &people.carol, 2);
    let publisher = "Microsoft-Windows-Security-Auditing";
    stage.log(off.plus_ms(977), event_log::event_processing_failure(15_005, 4647, publisher));
    stage.event_log_stops(at("2026-03-04T18:02:05.1170203Z"));
    let stop = at("2026-03-04T18:02:07.6004419Z");
    stage.kernel_stops(stop, 4);

    stage.ends(&elevated, INHERITED);
    stage.ends(&carol, LOST);
    stage.all_others_end(SHUTDOWN);
    stage.boot_ends(Some(stop), "shutdown");
}

/// Boot 5: the logs were collected while Alice was logged on.
fn still_running(stage: &mut Stage, people: &People) {
    stage.host.lsass_pid = 640;
    let kernel = at("2026-03-05T07:05:00.5000771Z");
    stage.boot_security(kernel, 0x6a1e, false);
    stage.boot_system(
        kernel,
        &SystemBoot { last_boot_id: 45, build: BUILD, crashed: None, first: false },
    );
    stage.service(at("2026-03-05T07:05:16.4402910Z"), &Session::new(people.backup.clone(), 0x9c22));
    administrator(stage, at("2026-03-05T07:07:44.0302256Z"), &people.alice, [0x5b7d0, 0x5b7fc]);
    let visit = Session::new(people.carol.clone(), 0x66f01);
    stage.visit(at("2026-03-05T08:20:00.5512378Z"), &visit, ("WS02", "10.0.0.12"), 2_118);

    stage.all_others_end(OPEN);
}

//! `rdp01`: a remote desktop server for a day. Server 2019.

use super::builder::SampleBuilder;
use super::steps::WindowStation;
use super::truth::{INHERITED, OPEN};
use super::{Sample, at, logs_of};
use crate::catalogue::{
    Account, CONNECTION_MANAGER, Logon, SECURITY, SESSION_MANAGER, Session, security, terminal,
};
use crate::value::{FileTime, Sid};
use crate::writer::{Build, LogOptions};

/// The computer and the address of Erin.
const ERIN_CLIENT: (&str, &str) = ("LAPTOP-ERIN", "10.20.0.15");
/// The computer and the address of Dave in the afternoon.
const DAVE_CLIENT: (&str, &str) = ("LAPTOP-DAVE", "10.20.0.22");

pub(super) fn make() -> Sample {
    let mut sample = SampleBuilder::new(
        "RDP01.contoso.local",
        "CONTOSO",
        &[SECURITY, SESSION_MANAGER, CONNECTION_MANAGER],
    );
    sample.host.lsass_pid = 644;
    let sid = |rid: u32| Sid::parse(&format!("S-1-5-21-3457937927-2839227994-823803824-{rid}"));
    let erin = Account::new(sid(1121), "erin", "CONTOSO");
    let dave = Account::new(sid(1122), "dave", "CONTOSO");

    let window_station = sample.boot_security(at("2026-04-13T05:00:10.5001240Z"), 0x6b20, false);
    remote_day(&mut sample, &erin);
    takeover(&mut sample, &dave, &window_station);

    // Only the Security log shows the boot: its start is that of LSASS.
    let lsass = sample.host.records(SECURITY).iter().find(|record| record.event.id == 4608);
    sample.truth.boots[0].start = lsass.expect("the boot is in the log").time;
    sample.all_others_end(OPEN);
    let options = LogOptions { build: Build::Windows10V1809, ..LogOptions::default() };
    Sample { files: logs_of("rdp01", &sample.host, &options), truth: sample.truth }
}

/// A client authenticates itself before the logon at the desktop: a network session that stays
/// open until the desktop is ready.
fn network_level(
    sample: &mut SampleBuilder,
    time: FileTime,
    account: &Account,
    id: u64,
    client: (&str, &str),
) -> Session {
    let session = Session::new(account.clone(), id);
    sample.logon(time, &Logon::network(session.clone(), client.0, client.1, 0));
    sample.log(
        time.plus_ms(41),
        terminal::client_authenticated(&account.name, &account.domain, client.1),
    );
    session
}

fn remote(sample: &SampleBuilder, account: &Account, id: u64, client: (&str, &str)) -> Logon {
    let session = Session::new(account.clone(), id);
    Logon { elevated: false, ..Logon::remote_desktop(sample.machine.clone(), session, client.1) }
}

/// Erin logs on, disconnects, reconnects to her session, and logs off.
fn remote_day(sample: &mut SampleBuilder, erin: &Account) {
    let time = at("2026-04-13T08:00:00.4410093Z");
    let network = network_level(sample, time, erin, 0x1a2b10, ERIN_CLIENT);
    let window_station = sample.window_station(time.plus_ms(660), 2, 0x1a9044);
    let on = time.plus_ms(2_617);
    let logon = remote(sample, erin, 0x1b0c44, ERIN_CLIENT);
    let desktop = sample.desktop_logon(on, logon, None);
    sample.desktop_logon_events(on, erin, 2, ERIN_CLIENT.1);
    sample.terminated(time.plus_ms(25_340), &network, 3);

    let off = at("2026-04-13T10:30:12.0093116Z");
    sample.log(off, terminal::disconnect_reason(2, 11));
    let gone = security::disconnected(&desktop, "RDP-Tcp#3", ERIN_CLIENT.0, ERIN_CLIENT.1);
    sample.log(off.plus_ms(110), gone);
    sample.log(off.plus_ms(118), terminal::disconnected(erin, 2, ERIN_CLIENT.1));

    // The reconnection creates sessions of its own, which only check the password.
    let time = at("2026-04-13T11:15:40.7720016Z");
    let network = network_level(sample, time, erin, 0x2c11ff, ERIN_CLIENT);
    let temporary = sample.window_station(time.plus_ms(640), 3, 0x2c2a10);
    let on = time.plus_ms(2_590);
    let logon = remote(sample, erin, 0x2c3a08, ERIN_CLIENT);
    let check = sample.desktop_logon(on, logon, None);
    sample.log(on.plus_ms(40), terminal::arbitration_begins(erin, 3));
    let back = security::reconnected(&desktop, "RDP-Tcp#4", ERIN_CLIENT.0, ERIN_CLIENT.1);
    sample.log(on.plus_ms(1_733), back);
    sample.log(on.plus_ms(1_750), terminal::reconnected(erin, 2, ERIN_CLIENT.1));
    sample.terminated(on.plus_ms(2_921), &check, 10);
    sample.close_window_station(on.plus_ms(3_304), &temporary);
    sample.terminated(time.plus_ms(31_006), &network, 3);

    let off = at("2026-04-13T12:40:33.5172249Z");
    sample.initiated(off, &desktop);
    sample.desktop_logoff_events(off, erin, 2);
    sample.close_window_station(off.plus_ms(214), &window_station);
    sample.log(off.plus_ms(230), terminal::disconnect_reason(2, 12));
    sample.log(off.plus_ms(241), terminal::disconnected(erin, 2, ERIN_CLIENT.1));
    sample.terminated(off.plus_ms(4_406), &desktop, 10);
}

/// Dave works at the console, then takes his session over by remote desktop and logs off there.
fn takeover(sample: &mut SampleBuilder, dave: &Account, console_station: &WindowStation) {
    let on = at("2026-04-13T13:02:18.2200871Z");
    let logon = Logon::console(sample.machine.clone(), Session::new(dave.clone(), 0x30f1e2));
    let console = sample.desktop_logon(on, logon, Some(0x30f1c8));
    let elevated = Session::new(dave.clone(), 0x30f1c8);
    sample.desktop_logon_events(on, dave, 1, "LOCAL");

    let time = at("2026-04-13T14:20:25.5701144Z");
    let network = network_level(sample, time, dave, 0x3a4410, DAVE_CLIENT);
    let temporary = sample.window_station(time.plus_ms(660), 4, 0x3a9a02);
    let arrives = time.plus_ms(2_620);
    let logon = remote(sample, dave, 0x3b0a28, DAVE_CLIENT);
    let check = sample.desktop_logon(arrives, logon, Some(0x3b0a12));
    let check_elevated = Session::new(dave.clone(), 0x3b0a12);
    sample.log(arrives.plus_ms(30), terminal::arbitration_begins(dave, 4));
    sample.log(time.plus_ms(2_860), terminal::disconnect_reason(1, 5));
    sample
        .log(time.plus_ms(2_970), security::disconnected(&console, "Console", "Unknown", "LOCAL"));
    sample.log(time.plus_ms(2_985), terminal::disconnected(dave, 1, "LOCAL"));
    let back = security::reconnected(&console, "RDP-Tcp#6", DAVE_CLIENT.0, DAVE_CLIENT.1);
    sample.log(time.plus_ms(4_480), back);
    sample.log(time.plus_ms(4_500), terminal::reconnected(dave, 1, DAVE_CLIENT.1));
    sample.terminated(time.plus_ms(5_560), &check, 10);
    sample.terminated(time.plus_ms(5_560).plus_ticks(1_806), &check_elevated, 10);
    sample.close_window_station(time.plus_ms(5_930), &temporary);

    let off = at("2026-04-13T15:05:40.6110429Z");
    sample.initiated(off, &console);
    sample.desktop_logoff_events(off, dave, 1);
    sample.close_window_station(off.plus_ms(180), console_station);
    sample.log(off.plus_ms(204), terminal::disconnect_reason(1, 12));
    sample.log(off.plus_ms(215), terminal::disconnected(dave, 1, DAVE_CLIENT.1));
    sample.terminated(off.plus_ms(550), &network, 3);
    sample.ends(&elevated, INHERITED);
}

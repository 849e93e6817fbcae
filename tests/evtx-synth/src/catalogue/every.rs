//! One event of each kind.

use super::connections::{self, Connection, StartedProgram};
use super::kerberos::{self, ServiceTicket};
use super::kernel::ClockChange;
use super::security::ExplicitCredentials;
use super::winlogon::ShutdownRequest;
use super::{
    Account, FailedLogon, Logon, SECURITY, Session, audit, event_log, kernel, profile, security,
    services, terminal, winlogon,
};
use crate::event::Event;
use crate::value::{FileTime, Guid, Sid};

/// One event of each kind and version in the catalogue, for tests of readers.
pub fn every_event() -> Vec<Event> {
    let alice = Account::new(Sid::parse("S-1-5-21-1-2-3-1001"), "alice", "PC1");
    let mut events = sessions(&alice);
    events.extend(audited_states());
    events.extend(event_log_service(&alice));
    events.extend(kernel_events());
    events.extend(desktops(&alice));
    events.extend(between_hosts(&alice));
    events
}

fn sessions(alice: &Account) -> Vec<Event> {
    let machine = Session::machine("PC1", "WORKGROUP");
    let session = Session::new(alice.clone(), 0x29b379);
    let logon = Logon::console(machine.clone(), session.clone());
    let mut events: Vec<Event> =
        (0..=3).map(|version| Logon { version, ..logon.clone() }.event()).collect();
    events.extend(logon.split(0x3_08fa_bb0c).map(|half| half.event()));
    let credentials =
        ExplicitCredentials::local(machine.clone(), alice, r"C:\Windows\System32\svchost.exe");
    let early = ExplicitCredentials { early_layout: true, ..credentials.clone() };
    let failed = FailedLogon {
        subject: Session::none(),
        user_name: "élodie".into(),
        domain: "PC1".into(),
        status: 0xc000_006d,
        sub_status: 0xc000_006a,
        logon_type: 3,
        workstation: "PC2".into(),
        ip_address: "10.0.0.12".into(),
    };
    let groups = ["S-1-1-0", "S-1-5-32-545"];
    let activity = Guid::parse("722bbdeb-1cc0-0002-febd-2b72c01cdd01");
    events.extend([
        Logon::system_start().event(),
        Logon::service(machine.clone(), Session::system()).event(),
        Logon::network(session.clone(), "PC2", "fe80::1", 49_722).event(),
        Logon::remote_desktop(machine.clone(), session.clone(), "10.0.0.12").event(),
        Logon::window_manager(machine.clone(), Session::new(Account::window_manager(1), 0x6c13))
            .event(),
        credentials.event(),
        early.event(),
        failed.event(),
        security::logoff(&session, 2),
        security::user_logoff(&session).activity(activity),
        security::special_privileges(&session, security::ADMINISTRATOR_PRIVILEGES),
        security::group_membership(&machine, &session, 2, &groups),
        security::special_groups(&machine, &session, &groups),
        security::reconnected(&session, "RDP-Tcp#0", "PC2", "10.0.0.12"),
        security::disconnected(&session, "Console", "Unknown", "LOCAL"),
        security::locked(&session, 1),
        security::unlocked(&session, 1),
        security::screen_saver_on(&session, 1),
        security::screen_saver_off(&session, 1),
    ]);
    events
}

fn audited_states() -> Vec<Event> {
    let system = Session::system();
    let process = r"C:\Windows\System32\svchost.exe";
    let (old, new) =
        (FileTime::parse("2026-03-02T08:00:00.5Z"), FileTime::parse("2026-03-02T09:00:00Z"));
    vec![
        audit::windows_starting(),
        audit::clock_changed(&system, old, new, process),
        audit::clock_changed_v0(
            &system,
            ("3/2/2026", "9:00:00 AM"),
            ("3/2/2026", "10:00:00 AM"),
            process,
        ),
        audit::process_created(&system, 0x17c, r"C:\Windows\System32\smss.exe", ""),
        audit::token_assigned(&system, 0x5c, "Registry"),
        audit::boot_configuration(&system),
        audit::start_audit_removed(&system),
        audit::per_user_audit_policy(0x6a10),
    ]
}

fn event_log_service(alice: &Account) -> Vec<Event> {
    let session = Session::new(alice.clone(), 0x29b379);
    let archive = r"C:\Windows\System32\Winevt\Logs\Archive-Security-2026-03-02-08-00-00-123.evtx";
    let time = FileTime::parse("2026-03-02T08:00:00.1234567Z");
    vec![
        event_log::service_shutdown(),
        event_log::audit_events_dropped(0),
        event_log::security_log_cleared(&session),
        event_log::security_log_full(),
        event_log::security_log_archived(archive),
        event_log::event_processing_failure(15_005, 4647, security::PROVIDER.name),
        event_log::log_cleared(&session, "System", ""),
        event_log::log_archived("System", archive),
        event_log::service_started(time),
        event_log::service_stopped(),
        event_log::unexpected_shutdown(time, -300, 504_236),
        event_log::version("10.00.", "19045"),
        event_log::renamed("WIN-ABC", "PC1"),
        event_log::uptime(240_792, "300 Eastern Standard Time"),
        event_log::shutdown_reason_given("PC1", "System Failure", r"PC1\alice", &alice.sid),
    ]
}

fn kernel_events() -> Vec<Event> {
    let (old, new) =
        (FileTime::parse("2026-03-02T08:00:00.5Z"), FileTime::parse("2026-03-02T09:00:00Z"));
    let change = ClockChange {
        version: 0,
        old,
        new,
        reason: 1,
        process_name: r"\Device\HarddiskVolume2\Windows\System32\svchost.exe".into(),
        process_id: 1132,
    };
    let mut events: Vec<Event> =
        (0..=4).map(|version| ClockChange { version, ..change.clone() }.event()).collect();
    events.extend([
        kernel::started(new, 19_045, 5_487),
        kernel::stopping(new),
        kernel::last_boot(true, true, None),
        kernel::last_boot(false, true, Some(41)),
        kernel::boot_menu_policy(),
        kernel::boot_type_v0(0),
        kernel::boot_type(1),
        kernel::rebooted_without_shutdown(0),
        kernel::rebooted_without_shutdown_v2(0x9f),
        kernel::entering_sleep(6, 5, 4),
        kernel::resumed(6, 5),
        kernel::shutdown_transition(5, 5),
        kernel::power_action_requested(r"\Device\HarddiskVolume2\Windows\System32\winlogon.exe", 3),
        kernel::power_session(42, 32, 1, 3),
        kernel::woke_up(old, new, 2, 2),
    ]);
    events
}

fn desktops(alice: &Account) -> Vec<Event> {
    let request = ShutdownRequest::from_start_menu("PC1", alice, "restart");
    let mut events = vec![
        request.event(),
        request.legacy_event(),
        winlogon::logon_notice(1, alice),
        winlogon::logoff_notice(1, alice),
        terminal::logon_succeeded(alice, 1, "LOCAL"),
        terminal::shell_started(alice, 1, "LOCAL"),
        terminal::logoff_succeeded(alice, 1),
        terminal::disconnected(alice, 1, ""),
        terminal::reconnected(alice, 1, "10.0.0.12"),
        terminal::disconnected_by(1, 2),
        terminal::disconnect_reason(1, 5),
        terminal::arbitration_begins(alice, 1),
        terminal::arbitration_ends(alice, 1),
        terminal::client_authenticated("alice", "PC1", "10.0.0.12"),
        profile::logon_received(alice, 1),
        profile::logon_finished(alice, 1),
        profile::logoff_received(alice, 1),
        profile::logoff_finished(alice, 1),
        profile::hive_loaded(r"C:\Users\alice\ntuser.dat", "S-1-5-21-1-2-3-1001"),
        profile::profile_chosen(alice, r"C:\Users\alice"),
        profile::hive_leaked("1 user registry handles leaked"),
        profile::service_started(),
        profile::service_stopped(),
        services::state_changed("Windows Update", "stopped"),
        services::dhcp_stopped(),
    ];
    // An event under another provider's name and an id that collides with an audit event.
    let twin = Event { channel: super::APPLICATION, ..profile::service_started() };
    events.push(Event { id: 4625, ..twin });
    debug_assert!(events.iter().all(|event| event.channel != SECURITY));
    events
}

/// What records connections and who opened them.
fn between_hosts(alice: &Account) -> Vec<Event> {
    let time = FileTime::parse("2026-03-02T08:00:00.1234567Z");
    let guid = Guid::parse("722bbdeb-1cc0-0002-febd-2b72c01cdd01");
    let connection = Connection {
        outbound: true,
        process: (4_120, r"C:\Windows\System32\mstsc.exe".into()),
        user: alice.qualified(),
        source: ("10.0.0.12".into(), 49_722),
        destination: ("fe80::1".into(), 3_389),
    };
    let program = StartedProgram {
        session: Session::new(alice.clone(), 0x29b379),
        process_id: 4_120,
        path: r"C:\Windows\System32\mstsc.exe".into(),
        parent: (3_900, r"C:\Windows\explorer.exe".into()),
    };
    let ticket = ServiceTicket {
        user: "alice@CONTOSO.LOCAL".into(),
        domain: "CONTOSO.LOCAL".into(),
        service: "PC2$".into(),
        service_sid: Sid::parse("S-1-5-21-1-2-3-1110"),
        client: ("::ffff:10.0.0.12".into(), 49_723),
        logon_guid: guid,
    };
    vec![
        kerberos::authentication_ticket(alice, ("::ffff:10.0.0.12", 49_721)),
        ticket.event(),
        kerberos::credential_validation("alice", "PC1"),
        connection.permitted(),
        Connection { outbound: false, ..connection.clone() }.permitted(),
        connection.seen_by_sysmon(time, guid),
        program.audited(),
        program.seen_by_sysmon(time, [guid, guid]),
        connections::remote_desktop_client(&alice.sid, 4_120, "PC2"),
    ]
}

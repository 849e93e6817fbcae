//! Cases that were wrong on real logs or after a report, each by its number in `docs/validation.md`.

use super::scenario::scenario;

/// F1: the Local Session Manager writes LOCAL in the language of Windows. Only an address that is an
/// IP address is that of a client: all else is the console.
#[test]
fn local_in_the_language_of_windows_is_the_console() {
    for local in ["LOCAL", "YEREL", "ローカル", "ЛОКАЛЬНЫЕ"] {
        let seen = scenario(&format!(
            "
            System  1  +0s     Kernel-General 12
            LSM     1  +30s    21 dora session=1 address={local}
            LSM     2  +600s   24 dora session=1 address={local}
            LSM     3  +700s   25 dora session=1 address=192.0.2.7
            LSM     4  +900s   23 dora session=1
            "
        ));
        seen.sessions(
            "
            1/-  dora  desktop
                console             +30s..+600s
                rdp      @192.0.2.7 +700s..+900s
            ",
        );
    }
}

/// F1: an IP address is a client also with a zone, in brackets, or with a port, and when it is that of
/// this computer itself (a tunnel).
#[test]
fn an_ip_address_is_a_client() {
    for address in
        ["192.0.2.7", "192.0.2.7:3389", "fe80::1%5", "[fe80::1%5]:3389", "127.0.0.1", "::1"]
    {
        let seen = scenario(&format!(
            "
            System  1  +0s     Kernel-General 12
            LSM     1  +30s    21 dora session=2 address={address}
            LSM     2  +900s   23 dora session=2
            "
        ));
        seen.sessions(&format!(
            "
            1/-  dora  remote-desktop
                rdp  @{address}  +30s..+900s
            "
        ));
    }
}

/// F3: Winlogon's 7001 says that somebody logged on, and not where: five at once on a server in a cloud
/// are no five people at one console.
#[test]
fn winlogon_alone_says_neither_console_nor_client() {
    let seen = scenario(
        "
        System  1  +0s     Kernel-General 12
        System  2  +2s     EventLog 6005
        System  3  +40s    Winlogon 7001 alice session=2
        System  4  +50s    Winlogon 7001 bob session=3
        System  5  +500s   Winlogon 7002 alice session=2
        ",
    );
    assert_eq!(seen.host().sessions.len(), 2);
    assert!(seen.host().sessions.iter().all(|session| session.attachments.is_empty()));
}

/// R11: Winlogon repeats a request for a shutdown a second later, under SYSTEM and without a reason:
/// who asked stands in the record before.
#[test]
fn the_echo_of_a_shutdown_request_is_not_who_asked() {
    let boot = |first: &str, echo_code: &str, later: &str| {
        scenario(&format!(
            "
            System  1   +0s     Kernel-General 12
            System  2   +2s     EventLog 6005
            System  83  +500s   User32 1074 {first}
            System  84  +{later}s User32 1074 process=C:\\Windows\\system32\\winlogon.exe code={echo_code} user=NT_AUTHORITY\\SYSTEM
            System  90  +518s   EventLog 6006
            "
        ))
    };
    let agent = "process=agent.exe code=0x80020000 kind=restart user=WS1\\alice";
    let asked = |first: &str, code: &str, later: &str| {
        let seen = boot(first, code, later);
        let boot = seen.boot(1);
        (boot.requested_by.clone(), boot.reason.clone())
    };
    let alice = ("WS1\\alice".to_owned(), "restart".to_owned());
    assert_eq!(asked(agent, "0x500ff", "501.3"), alice);
    // The reason of the first record counts too.
    let explorer = "process=Explorer.EXE code=0x0 reason=Other user=WS1\\alice";
    assert_eq!(asked(explorer, "0x500FF", "501.3").1, "Other");
    // Another code, or much later: somebody asked once more.
    let system = "NT_AUTHORITY\\SYSTEM";
    assert_eq!(asked(agent, "0x80020003", "501.3").0, system);
    assert_eq!(asked(agent, "0x500ff", "517").0, system);
}

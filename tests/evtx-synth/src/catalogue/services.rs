//! Events of services that tell nothing of boots or sessions, and stand between those that do.

use super::{SYSTEM, event_data, field, manifest};
use crate::event::{Event, Process, Provider};
use crate::value::Value;

/// The Service Control Manager. Its 7001 is not that of Winlogon.
pub const CONTROL_MANAGER: Provider = Provider {
    event_source: Some("Service Control Manager"),
    classic: true,
    ..manifest("Service Control Manager", "555908d1-a6d7-4695-8e1e-26931d2012f4")
};
/// The DHCP client for IPv6.
pub const DHCP: Provider =
    manifest("Microsoft-Windows-DHCPv6-Client", "6a1f2b00-6a90-4c38-95a5-5cab3b056778");

/// 7036: a service entered a state.
pub fn state_changed(service: &str, state: &str) -> Event {
    let items = vec![field("param1", service), field("param2", state)];
    Event {
        qualifiers: Some(0x4000),
        keywords: 0x8080_0000_0000_0000,
        process: Process::Id(508),
        ..event_data(CONTROL_MANAGER, 7036, SYSTEM, items)
    }
}

/// 51047: the DHCP client for IPv6 stopped.
pub fn dhcp_stopped() -> Event {
    let items = vec![field("IsEvtIntialized", Value::UInt32(1))];
    Event {
        process: Process::Id(924),
        task: 4,
        opcode: 108,
        ..event_data(DHCP, 51_047, SYSTEM, items)
    }
}

//! Records of services from the end of a boot, which the next boot writes; and shutdown requests
//! that Winlogon repeats.

use super::kinds::Kind;
use super::setup::Windows;
use super::simulator::{Role, Simulator};
use crate::catalogue::Account;
use crate::catalogue::services;
use crate::catalogue::winlogon::ShutdownRequest;

const SERVICES: &[&str] = &["Windows Update", "DHCP Client", "Print Spooler", "Windows Time"];

impl Simulator {
    /// The event log service has stopped. What other services log from now on waits for the next
    /// boot; the first of it may still be written.
    pub fn log_late(&mut self) {
        if !self.does(Kind::LateRecords, 80) {
            return;
        }
        if self.extra.chance(50) {
            self.log(services::state_changed(SERVICES[0], "stopped"));
        }
        for number in 0..self.extra.count(1..=11) {
            let time = self.clock_in(20 * u64::try_from(number).expect("few") + 7);
            let event = if number % 3 == 2 {
                services::dhcp_stopped()
            } else {
                services::state_changed(SERVICES[number % SERVICES.len()], "stopped")
            };
            self.shutdown_events.push((time, event, Role::Plain));
        }
    }

    /// Writes the 1074 of a request, and says how much longer the shutdown takes: Winlogon may
    /// repeat the request in its own name.
    pub fn request_shutdown(&mut self, request: &ShutdownRequest) -> u64 {
        let boot = self.boots.last_mut().expect("a boot");
        boot.requested_by = Some(request.user.clone());
        self.write_request(request);
        if self.lacks_service() || !self.does(Kind::RequestEcho, 90) {
            return 0;
        }
        let user = if self.extra.chance(60) { Account::system() } else { request.user.clone() };
        let echo = ShutdownRequest {
            process: format!(r"C:\Windows\system32\winlogon.exe ({})", self.host.computer),
            reason: "No title for this reason could be found".into(),
            reason_code: "0x500ff".into(),
            user,
            ..request.clone()
        };
        let delay = self.extra.within(900..=2_000);
        self.later(delay, move |simulator| simulator.write_request(&echo));
        delay + 100
    }

    fn write_request(&mut self, request: &ShutdownRequest) {
        self.boots.last_mut().expect("a boot").requests += 1;
        let event = if self.setup.windows == Windows::Seven {
            request.legacy_event()
        } else {
            request.event()
        };
        self.write(event, Role::EndAction);
    }
}

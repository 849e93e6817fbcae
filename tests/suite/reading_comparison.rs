//! An event of winlast, compared field by field with what another reader gives.

use serde_json::Value;
use winlast::model::event::{
    BootStatus, ClockChange, ExplicitCredentials, FailedLogon, LockAction, LogCleared, Logon,
    RefusedCredentials, Renamed, SessionRef, ShutdownRequest, Terminal, TerminalAction,
    UnexpectedShutdown, WindowStation, Woke,
};
use winlast::model::{Event, EventKind, LogonId, Timestamp};

/// The comparison of one event, field by field, with the same event of another reader.
struct Comparison<'a> {
    data: &'a serde_json::Map<String, Value>,
    record: String,
    compared: usize,
    complaints: &'a mut Vec<String>,
}

impl Comparison<'_> {
    fn raw(&self, name: &str) -> &str {
        self.data.get(name).and_then(Value::as_str).unwrap_or("")
    }

    fn same<T: PartialEq + std::fmt::Debug>(&mut self, name: &str, ours: &T, theirs: &T) {
        self.compared += 1;
        if ours != theirs {
            self.complaints
                .push(format!("{} {name}: ours {ours:?}, theirs {theirs:?}", self.record));
        }
    }

    fn text(&mut self, name: &str, ours: &str) {
        let theirs = match self.raw(name) {
            "-" | "S-1-0-0" => "",
            theirs => theirs,
        };
        let theirs = if name == "LogonProcessName" { theirs.trim_end() } else { theirs }.to_owned();
        self.same(name, &ours.to_owned(), &theirs);
    }

    fn theirs(&self, name: &str) -> Option<u64> {
        let text = self.raw(name);
        match text.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16).ok(),
            None => text.parse().ok(),
        }
    }

    fn number(&mut self, name: &str, ours: Option<u64>) {
        self.same(name, &ours, &self.theirs(name));
    }

    fn logon_id(&mut self, name: &str, ours: LogonId) {
        self.number(name, Some(ours.0));
    }

    fn account(&mut self, prefix: &str, ours: &winlast::model::Account) {
        self.text(&format!("{prefix}UserSid"), &ours.sid);
        self.text(&format!("{prefix}UserName"), &ours.user);
        self.text(&format!("{prefix}DomainName"), &ours.domain);
    }

    fn ended(&mut self, prefix: &str, ours: &SessionRef) {
        self.logon_id(&format!("{prefix}LogonId"), ours.logon_id);
        self.account(prefix, &ours.account);
        self.number("LogonType", ours.logon_type.map(Into::into));
    }

    fn time(&mut self, name: &str, ours: Option<Timestamp>) {
        self.same(name, &ours, &Timestamp::parse(self.raw(name)));
    }

    /// 4624. `version` is that of the other reader.
    fn logon(&mut self, logon: &Logon, version: u64) {
        self.logon_id("TargetLogonId", logon.logon_id);
        self.account("Target", &logon.account);
        self.account("Subject", &logon.subject);
        self.logon_id("SubjectLogonId", logon.subject_logon_id);
        self.number("LogonType", logon.logon_type.map(Into::into));
        let linked = self.theirs("TargetLinkedLogonId").filter(|&id| id != 0);
        self.same("TargetLinkedLogonId", &logon.linked.map(|id| id.0), &linked);
        let elevated = match self.raw("ElevatedToken") {
            "%%1842" => Some(true),
            "%%1843" => Some(false),
            _ => None,
        };
        self.same("ElevatedToken", &logon.elevated, &elevated);
        self.same("version", &u64::from(logon.version), &version);
        // libevtx writes 0 for values of the type SizeT, which this one log uses.
        if !self.record.contains("Security_with_size_t") {
            self.number("ProcessId", Some(logon.caller_process_id));
        }
        self.text("LogonProcessName", &logon.method.logon_process);
        self.text("AuthenticationPackageName", &logon.method.package);
        self.text("ProcessName", &logon.method.process_name);
        self.text("IpAddress", &logon.client.ip);
        self.text("WorkstationName", &logon.client.workstation);
        self.port(logon.port);
        let outbound = logon.outbound.as_deref().cloned().unwrap_or_default();
        self.text("TargetOutboundUserName", &outbound.user);
        self.text("TargetOutboundDomainName", &outbound.domain);
    }

    /// 4625.
    fn failed_logon(&mut self, failed: &FailedLogon) {
        self.account("Target", &failed.account);
        self.account("Subject", &failed.subject);
        self.logon_id("SubjectLogonId", failed.subject_logon_id);
        self.text("LogonProcessName", &failed.method.logon_process);
        self.text("AuthenticationPackageName", &failed.method.package);
        self.text("ProcessName", &failed.method.process_name);
        self.number("LogonType", Some(failed.logon_type.into()));
        self.number("Status", Some(failed.status));
        self.number("SubStatus", Some(failed.sub_status));
        self.text("IpAddress", &failed.client.ip);
        self.text("WorkstationName", &failed.client.workstation);
    }

    /// 4648.
    fn explicit_credentials(&mut self, used: &ExplicitCredentials) {
        self.account("Subject", &used.subject);
        self.logon_id("SubjectLogonId", used.subject_logon_id);
        self.text("TargetUserName", &used.account.user);
        self.text("TargetDomainName", &used.account.domain);
        self.text("TargetServerName", &used.target_server);
        self.text("ProcessName", &used.process_name);
        self.text("IpAddress", &used.client.ip);
    }

    /// 4768, 4771, 4776.
    fn refused_credentials(&mut self, refused: &RefusedCredentials, event: &Event) {
        self.text("TargetUserName", &refused.account.user);
        self.number("Status", Some(refused.status));
        match event.event_id {
            4776 => self.text("Workstation", &refused.client.workstation),
            _ => self.text("IpAddress", &refused.client.ip),
        }
    }

    /// `IpPort`, which is 0 where there is none.
    fn port(&mut self, port: u16) {
        let theirs = self.theirs("IpPort").unwrap_or(0);
        self.same("IpPort", &u64::from(port), &theirs);
    }

    /// 4778, 4779.
    fn window_station(&mut self, station: &WindowStation, reconnected: bool) {
        self.same("reconnected", &station.reconnected, &reconnected);
        self.logon_id("LogonID", station.logon_id);
        self.text("AccountName", &station.account.user);
        self.text("AccountDomain", &station.account.domain);
        self.text("SessionName", &station.session_name);
        self.text("ClientName", &station.client.workstation);
        self.text("ClientAddress", &station.client.ip);
    }

    /// 4616 version 1, Kernel-General 1.
    fn clock_changed(&mut self, change: &ClockChange, event: &Event) {
        let old = if event.event_id == 1 { "OldTime" } else { "PreviousTime" };
        self.time(old, change.previous);
        self.time("NewTime", change.new);
        self.number("Reason", change.reason.map(Into::into));
        self.text("ProcessName", &change.process);
    }

    /// Kernel-Boot 20.
    fn boot_status(&mut self, status: &BootStatus) {
        let good = |c: &Comparison<'_>, name: &str| c.raw(name).parse::<bool>().ok();
        self.same("LastShutdownGood", &status.last_shutdown_good, &good(self, "LastShutdownGood"));
        self.same("LastBootGood", &status.last_boot_good, &good(self, "LastBootGood"));
        self.number("LastBootId", status.last_boot_id.map(Into::into));
    }

    /// 1074.
    fn shutdown_requested(&mut self, request: &ShutdownRequest) {
        let named = self.data.contains_key("param1");
        let ours = [
            (0, &request.process),
            (2, &request.reason),
            (3, &request.code),
            (4, &request.kind),
            (5, &request.comment),
            (6, &request.user),
        ];
        for (index, ours) in ours {
            let name = if named { format!("param{}", index + 1) } else { format!("#{index}") };
            self.text(&name, ours);
        }
    }

    /// The events of the Local Session Manager.
    fn terminal(&mut self, terminal: &Terminal) {
        let (session, detail) = match terminal.action {
            TerminalAction::DisconnectedBy => ("TargetSession", "Source"),
            TerminalAction::DisconnectReason => ("Session", "Reason"),
            _ => ("SessionID", "no such field"),
        };
        self.number(session, terminal.session.map(Into::into));
        self.number(detail, terminal.detail.map(Into::into));
        self.text("User", &terminal.user);
        self.text("Address", &terminal.address);
    }

    /// Power-Troubleshooter 1.
    fn woke(&mut self, woke: &Woke) {
        self.time("SleepTime", woke.sleep);
        self.time("WakeTime", woke.wake);
        self.number("TargetState", woke.state.target.map(Into::into));
        let written = self.theirs("HiberWriteDuration").unwrap_or(0) > 0;
        self.same("HiberWriteDuration", &woke.hibernated, &written);
    }

    /// 1102, 104.
    fn log_cleared(&mut self, cleared: &LogCleared) {
        self.account("Subject", &cleared.account);
        self.number("SubjectLogonId", cleared.logon_id.map(|id| id.0));
        self.text("Channel", &cleared.channel);
    }

    /// 6008.
    fn unexpected_shutdown(&mut self, shutdown: &UnexpectedShutdown) {
        self.number("#4", shutdown.uptime.map(u64::from));
        self.same("last alive known", &shutdown.last_alive.is_some(), &true);
    }

    /// 6011.
    fn renamed(&mut self, renamed: &Renamed) {
        self.text("#0", &renamed.old);
        self.text("#1", &renamed.new);
    }

    /// The data of the event.
    fn event(&mut self, event: &Event, theirs: &Value) {
        if !self.session_event(event, theirs) {
            self.computer_event(event);
        }
    }

    /// The events of sessions and desktops. Returns false for other events.
    fn session_event(&mut self, event: &Event, theirs: &Value) -> bool {
        match &event.kind {
            EventKind::Logon(logon) => self.logon(logon, theirs["version"].as_u64().unwrap()),
            EventKind::FailedLogon(failed, port) => {
                self.failed_logon(failed);
                self.port(*port);
            }
            EventKind::RefusedCredentials(refused, port) => {
                self.refused_credentials(refused, event);
                self.port(*port);
            }
            EventKind::Terminated(ended) | EventKind::LogoffInitiated(ended) => {
                self.ended("Target", ended)
            }
            EventKind::SessionReference(ended) if event.event_id == 4672 => {
                self.ended("Subject", ended)
            }
            EventKind::SessionReference(ended) => self.ended("Target", ended),
            EventKind::ExplicitCredentials(used, port) => {
                self.explicit_credentials(used);
                self.port(*port);
            }
            EventKind::WindowStation(station) => {
                self.window_station(station, event.event_id == 4778)
            }
            EventKind::Lock(lock) => {
                self.same("action", &lock.action, &LockAction::Locked);
                self.logon_id("TargetLogonId", lock.logon_id);
                self.number("SessionId", lock.session.map(Into::into));
            }
            EventKind::Winlogon(notification) => {
                self.number("TSId", notification.session.map(Into::into));
                self.text("UserSid", &notification.sid);
            }
            EventKind::Terminal(terminal) => self.terminal(terminal),
            EventKind::RemoteConnection(connection) => {
                self.text("Param1", &connection.account.user);
                self.text("Param2", &connection.account.domain);
                self.text("Param3", &connection.address);
            }
            EventKind::Profile(notification) => {
                self.number("Session", notification.session.map(Into::into));
                self.same(
                    "UserID",
                    &notification.sid.to_string(),
                    &theirs["user_sid"].as_str().unwrap_or("").to_owned(),
                );
            }
            _ => return false,
        }
        true
    }

    /// A time that version 0 of 4616 gives as text. In the logs that have it, the text is in
    /// American form and 7 hours behind UTC. Times that are equal are read as the time of the record.
    fn local_text(&mut self, which: &str, ours: Option<Timestamp>) {
        let [date, time] =
            ["Date", "Time"].map(|part| self.raw(&format!("{which}{part}")).to_owned());
        let is_change = ["Date", "Time"]
            .iter()
            .any(|part| self.raw(&format!("Previous{part}")) != self.raw(&format!("New{part}")));
        let local = ours.map(|ours| Timestamp::from_filetime(ours.filetime() - 7 * 36_000_000_000));
        let text = local.filter(|_| is_change).map(|local| {
            let ((year, month, day), (hour, minute, second), _) = local.civil();
            let half = if hour < 12 { "AM" } else { "PM" };
            let hour = (hour + 11) % 12 + 1;
            format!("{month}/{day}/{year} {hour}:{minute:02}:{second:02} {half}")
        });
        let theirs = is_change.then(|| format!("{date} {time}"));
        self.same(which, &text, &theirs);
    }

    /// The events of the computer: boots, the clock, logs, power.
    fn computer_event(&mut self, event: &Event) {
        match &event.kind {
            EventKind::ClockChanged(change) if self.data.contains_key("PreviousDate") => {
                self.local_text("Previous", change.previous);
                self.local_text("New", change.new);
            }
            EventKind::ClockChanged(change) => self.clock_changed(change, event),
            EventKind::LogCleared(cleared) => self.log_cleared(cleared),
            EventKind::EventLost(id) => self.number("EventID", Some((*id).into())),
            EventKind::UnexpectedShutdown(shutdown) => self.unexpected_shutdown(shutdown),
            EventKind::Renamed(renamed) => self.renamed(renamed),
            EventKind::Uptime(seconds, zone) => {
                self.number("#4", Some(*seconds));
                let zone = zone.as_ref();
                let text = zone.map(|zone| format!("{} {}", -zone.utc_offset_minutes, zone.name));
                self.text("#6", &text.unwrap_or_default());
            }
            EventKind::BiasInUse(bias) => self.text("CurrentBias", &bias.to_string()),
            EventKind::KernelStarted(time) => self.time("StartTime", *time),
            EventKind::KernelStopped(time) => self.time("StopTime", *time),
            EventKind::BootStatus(status) => self.boot_status(status),
            EventKind::BootType(kind) => self.number("BootType", Some((*kind).into())),
            EventKind::UncleanReboot(code) => self.number("BugcheckCode", Some(*code)),
            EventKind::Sleep(state) | EventKind::Resume(state) => {
                self.number("TargetState", state.target.map(Into::into));
                self.number("EffectiveState", state.effective.map(Into::into));
            }
            EventKind::ShutdownTransition(kind) => {
                self.number("ShutdownActionType", Some((*kind).into()))
            }
            EventKind::Woke(woke) => self.woke(woke),
            EventKind::ShutdownRequested(request) => self.shutdown_requested(request),
            EventKind::ShutdownReason(reason) => self.text("#0", reason),
            EventKind::LsassStarted
            | EventKind::AuditState
            | EventKind::BootConfiguration
            | EventKind::EventLogShutdown
            | EventKind::AuditDropped
            | EventKind::LogFull
            | EventKind::ServiceStarted
            | EventKind::ServiceStopped
            | EventKind::SystemVersion
            | EventKind::BootMenu
            | EventKind::ModernStandby(_)
            | EventKind::PowerContext => {}
            EventKind::StartAudit(is_on) | EventKind::LogoffAudit(is_on) => {
                let change = if *is_on { "%%8449" } else { "%%8448" };
                let is_logoff = matches!(event.kind, EventKind::LogoffAudit(_));
                self.text("SubcategoryId", if is_logoff { "%%12545" } else { "%%12288" });
                self.text("AuditPolicyChanges", change);
            }
            EventKind::AuditPolicyTable(id) => self.logon_id("PuaPolicyId", *id),
            EventKind::PowerSession(id) => self.number("BootId", id.map(Into::into)),
            EventKind::LogArchived(path) => self.text("BackupPath", path),
            EventKind::ProfileService => {}
            EventKind::Boundary => unreachable!("the reference has no boundary records"),
            EventKind::Logon(_)
            | EventKind::FailedLogon(..)
            | EventKind::RefusedCredentials(..)
            | EventKind::Terminated(_)
            | EventKind::LogoffInitiated(_)
            | EventKind::SessionReference(_)
            | EventKind::ExplicitCredentials(..)
            | EventKind::WindowStation(_)
            | EventKind::Lock(_)
            | EventKind::Winlogon(_)
            | EventKind::Terminal(_)
            | EventKind::RemoteConnection(_)
            | EventKind::Profile(_) => unreachable!("compared by session_event"),
        }
    }
}

/// Compares an event with that of another reader. Returns the number of compared fields.
pub(crate) fn compare(event: &Event, theirs: &Value, complaints: &mut Vec<String>) -> usize {
    let record = format!("{} {} {}", theirs["file"], event.event_id, event.record_id);
    let empty = serde_json::Map::new();
    let data = theirs["data"].as_object().unwrap_or(&empty);
    let mut c = Comparison { data, record, compared: 0, complaints };
    let text = |name: &str| theirs[name].as_str().unwrap_or("").to_owned();
    c.same("computer", &event.computer.to_string(), &text("computer"));
    c.same("channel", &event.channel.to_string(), &text("channel"));
    c.same("forwarded", &event.forwarded, &theirs["literal"].as_bool().unwrap());
    c.event(event, theirs);
    c.compared
}

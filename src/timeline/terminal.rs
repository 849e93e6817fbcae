//! Terminal Services sessions: what the Local Session Manager and Winlogon say about desktops,
//! beside what Security says.
//!
//! They number sessions (console 1, 2, …) and name users, but no Logon IDs. A number belongs to
//! one desktop from its logon (21) to its logoff (23); the joint to a Logon ID is the account and
//! the moment.

use super::epochs::Epochs;
use super::lineage::Streams;
use crate::model::event::{Terminal, TerminalAction};
use crate::model::{Account, Channel, Event, What};
use std::collections::BTreeMap;

/// One desktop by its session number.
#[derive(Debug, Clone)]
pub(super) struct Desktop<'a> {
    pub(super) epoch: usize,
    /// `DOMAIN\name` as the Local Session Manager writes it; empty when only Winlogon speaks.
    pub(super) user: &'a str,
    /// SID, from Winlogon; empty when only the Local Session Manager speaks.
    pub(super) sid: &'a str,
    /// 21, 41 or 7001.
    pub(super) start: Option<&'a Event>,
    /// 23 or 7002.
    pub(super) end: Option<&'a Event>,
    /// 24 and 25 in order.
    pub(super) attachments: Vec<(&'a Event, &'a Terminal)>,
    /// Everything that names it.
    pub(super) records: Vec<&'a Event>,
}

impl Desktop<'_> {
    /// The same account? Names are compared without their domain where one side has none, and
    /// between NetBIOS and DNS form by the account's name alone.
    pub(super) fn is_of(&self, account: &Account) -> bool {
        if !self.sid.is_empty() && !account.sid.is_empty() {
            return self.sid == &*account.sid;
        }
        let name = self.user.rsplit('\\').next().unwrap_or(self.user);
        !name.is_empty() && name.to_lowercase() == account.user.to_lowercase()
    }
}

/// Finds the desktops of one computer, in the order in which they began.
pub(super) fn desktops<'a>(streams: &'a Streams, epochs: &Epochs) -> Vec<Desktop<'a>> {
    let mut desktops: Vec<Desktop<'a>> = Vec::new();
    let mut open: BTreeMap<(usize, u32), usize> = BTreeMap::new();
    for (event, epoch) in records(streams, epochs) {
        match &event.what {
            What::Terminal(terminal) => {
                let Some(number) = terminal.session else { continue };
                note(&mut desktops, &mut open, (epoch, number), event, Some(terminal), "");
            }
            What::Winlogon(notification) => {
                let Some(number) = notification.session else { continue };
                note(&mut desktops, &mut open, (epoch, number), event, None, &notification.sid);
            }
            _ => {}
        }
    }
    desktops
}

/// Records of both channels by epoch and time; within a channel by record.
fn records<'a>(streams: &'a Streams, epochs: &Epochs) -> Vec<(&'a Event, usize)> {
    let mut records: Vec<(&Event, usize)> = Vec::new();
    for channel in [Channel::LocalSessionManager, Channel::System] {
        let (Some(events), Some(numbers)) = (streams.get(&channel), epochs.assigned.get(&channel))
        else {
            continue;
        };
        let ours = events.iter().zip(numbers.iter().copied()).filter(|(event, _)| {
            matches!(event.what, What::Terminal(_) | What::Winlogon(_)) && !event.recovered
        });
        records.extend(ours);
    }
    records.sort_by_key(|(event, epoch)| (*epoch, event.time, event.channel, event.record_id));
    records
}

fn note<'a>(
    desktops: &mut Vec<Desktop<'a>>,
    open: &mut BTreeMap<(usize, u32), usize>,
    key: (usize, u32),
    event: &'a Event,
    terminal: Option<&'a Terminal>,
    sid: &'a str,
) {
    let begins = match terminal {
        Some(terminal) => terminal.action == TerminalAction::Logon,
        None => event.event_id == 7001,
    };
    // A number is given again only after its logoff.
    let reused = |desktop: &Desktop<'_>| begins && desktop.end.is_some();
    let known = open.get(&key).copied().filter(|&at| !desktops.get(at).is_some_and(reused));
    let at = known.unwrap_or_else(|| {
        desktops.push(Desktop {
            epoch: key.0,
            user: "",
            sid: "",
            start: None,
            end: None,
            attachments: Vec::new(),
            records: Vec::new(),
        });
        desktops.len() - 1
    });
    open.insert(key, at);
    let Some(desktop) = desktops.get_mut(at) else { return };
    desktop.records.push(event);
    if desktop.sid.is_empty() {
        desktop.sid = sid;
    }
    let Some(terminal) = terminal else {
        match event.event_id {
            7001 => desktop.start = desktop.start.or(Some(event)),
            _ => desktop.end = desktop.end.or(Some(event)),
        }
        return;
    };
    if desktop.user.is_empty() {
        desktop.user = &terminal.user;
    }
    match terminal.action {
        TerminalAction::Logon => desktop.start = Some(event),
        TerminalAction::Logoff => desktop.end = Some(event),
        TerminalAction::Disconnected | TerminalAction::Reconnected => {
            desktop.attachments.push((event, terminal));
        }
        _ => {}
    }
}

//! The boots and sessions of one computer, as tables.

use super::super::data::{failures, records_of_attempt};
use super::{moment, or_blank, write_head};
use crate::model::{Account, Attempt, Boot, Host, Session, SessionClass, Timestamp};
use crate::output::escape::html;
use crate::output::wording::{self, is_person};
use foldhash::HashMap;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes the boots and sessions of a computer, the newest boots first, with at most so many rows.
pub(super) fn write(
    host: &Host,
    number: usize,
    most_rows: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "<section id=c{number}>\n<h2>{}</h2>", html(&host.computer))?;
    let mut by_boot: BTreeMap<u32, OfBoot<'_>> =
        host.boots.iter().map(|boot| (boot.epoch, (Some(boot), Vec::new(), Vec::new()))).collect();
    for session in &host.sessions {
        by_boot.entry(session.boot_epoch).or_default().1.push(session);
    }
    for attempts in host.attempts.chunk_by(|one, other| one.boot_epoch == other.boot_epoch) {
        for attempt in failures(attempts) {
            by_boot.entry(attempt.boot_epoch).or_default().2.push(attempt);
        }
    }
    let mut room = most_rows;
    let (mut boots_left_out, mut sessions_left_out) = (0, 0);
    for (number, (boot, sessions, failed)) in by_boot.into_iter().rev() {
        if room == 0 {
            boots_left_out += 1;
            sessions_left_out += sessions.len();
            continue;
        }
        let span = boot.map_or(String::new(), |boot| {
            wording::boot_span(boot, &boot.requested_by, Timestamp::to_the_second)
        });
        writeln!(out, "<h3>Boot {number} <small>{}</small></h3>", html(&span))?;
        if let Some(boot) = boot.filter(|boot| !boot.reason.is_empty()) {
            writeln!(out, "<p>Reason given: {}</p>", html(&boot.reason))?;
        }
        room -= 1;
        write_sessions(host, &sessions, &mut room, out)?;
        write_network(host, &sessions, &mut room, out)?;
        write_failed(failed, &mut room, out)?;
        write_others(&sessions, out)?;
    }
    if boots_left_out > 0 {
        writeln!(
            out,
            "<p>{boots_left_out} earlier boots and their {sessions_left_out} sessions are not on this page without \
             scripts: see boots.csv and sessions.csv.</p>"
        )?;
    }
    writeln!(out, "</section>")
}

/// A boot with its sessions and its failed logons.
type OfBoot<'a> = (Option<&'a Boot>, Vec<&'a Session>, Vec<&'a Attempt>);

/// As many rows as there is room for, the last ones. The number of the others.
fn within<T>(mut rows: Vec<T>, room: &mut usize) -> (Vec<T>, usize) {
    let left_out = rows.len().saturating_sub(*room);
    let kept = rows.split_off(left_out);
    *room -= kept.len();
    (kept, left_out)
}

fn write_sessions(
    host: &Host,
    sessions: &[&Session],
    room: &mut usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut people: Vec<&Session> = sessions
        .iter()
        .copied()
        .filter(|session| is_person(session) && session.class != SessionClass::Network)
        .filter(|session| !session.is_elevated_half())
        .collect();
    if people.is_empty() {
        return Ok(());
    }
    people.sort_by_key(|session| session.start.as_ref().map(|start| start.time));
    let (people, left_out) = within(people, room);
    if left_out > 0 {
        let shown = people.len();
        writeln!(
            out,
            "<p>The last {shown} sessions of people in this boot; {left_out} earlier ones: see sessions.csv.</p>"
        )?;
    }
    writeln!(out, "<table>")?;
    let (person, end) = (["Account", "Kind", "From", "Start"], ["End", "Length", "How it ended"]);
    let names = [&person[..], &end, &["Confidence", "Logon ID", "Records"]].concat();
    write_head(out, &names)?;
    people.into_iter().try_for_each(|session| write_session(host, session, out))?;
    writeln!(out, "</table>")
}

fn write_session(host: &Host, session: &Session, out: &mut dyn Write) -> io::Result<()> {
    let mark = wording::end_mark(session);
    let duration = session
        .corrected_duration()
        .map_or(String::new(), |span| format!("{mark}{}", wording::duration(span)));
    let records: Vec<String> = [&session.start, &session.initiated, &session.terminated]
        .into_iter()
        .flatten()
        .map(|moment| moment.record.to_string())
        .collect();
    writeln!(
        out,
        "<tr><td class=text>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}{}</td>\
         <td class=n>{duration}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        html(&host.shown_account(&session.account).to_string()),
        wording::class_of(session),
        html(wording::source(host, session)),
        moment(session.start.as_ref().map(|start| start.time)),
        mark,
        moment(session.end.time),
        html(&wording::ending(session, Timestamp::to_the_second)),
        session.end.confidence,
        or_blank(session.logon_id),
        html(&records.join(", ")),
    )
}

/// Count, first and last start of the network logons of one account from one source.
type NetworkSum = (u64, Option<Timestamp>, Option<Timestamp>);

fn write_network(
    host: &Host,
    sessions: &[&Session],
    room: &mut usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let add = |sum: &mut NetworkSum, (count, first, last): NetworkSum| {
        sum.0 += count;
        sum.1 = [sum.1, first].into_iter().flatten().min();
        sum.2 = sum.2.max(last);
    };
    // An account logs on thousands of times: its name is made once.
    let mut by_account: HashMap<(&Account, &str), NetworkSum> = HashMap::default();
    let network = |session: &&&Session| session.class == SessionClass::Network;
    for session in sessions.iter().filter(network).filter(|session| is_person(session)) {
        let start = session.start.as_ref().map(|start| start.time);
        let key = (host.shown_account(&session.account), wording::source(host, session));
        add(by_account.entry(key).or_default(), (1, start, start));
    }
    let mut sums: BTreeMap<(String, &str), NetworkSum> = BTreeMap::new();
    for ((account, from), sum) in by_account {
        add(sums.entry((account.to_string(), from)).or_default(), sum);
    }
    if sums.is_empty() {
        return Ok(());
    }
    // The accounts and sources of the last logons, in the order of their names.
    let mut sums: Vec<((String, &str), NetworkSum)> = sums.into_iter().collect();
    sums.sort_by_key(|(_, (.., last))| *last);
    let (mut sums, left_out) = within(sums, room);
    sums.sort_by(|(one, _), (other, _)| one.cmp(other));
    if left_out > 0 {
        let shown = sums.len();
        writeln!(
            out,
            "<p>The {shown} accounts and sources with the last network logons; {left_out} others: see \
             sessions.csv.</p>"
        )?;
    }
    writeln!(out, "<table>\n<caption>Network logons</caption>")?;
    write_head(out, &["Account", "From", "Sessions", "First start", "Last start"])?;
    for ((account, from), (count, first, last)) in sums {
        writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=n>{count}</td><td>{}</td><td>{}</td></tr>",
            html(&account),
            html(from),
            moment(first),
            moment(last),
        )?;
    }
    writeln!(out, "</table>")
}

fn write_failed(failed: Vec<&Attempt>, room: &mut usize, out: &mut dyn Write) -> io::Result<()> {
    let (failed, left_out) = within(failed, room);
    if left_out > 0 {
        let shown = failed.len();
        writeln!(
            out,
            "<p>The last {shown} rows of failed logons in this boot; {left_out} earlier ones: see attempts.csv.</p>"
        )?;
    }
    if failed.is_empty() {
        return Ok(());
    }
    writeln!(out, "<table>\n<caption>Failed logons</caption>")?;
    write_head(out, &["Account", "From", "Why it failed", "Number", "First", "Last", "Records"])?;
    for attempt in failed {
        let reason = attempt.reason().map_or("", |status| status.words());
        writeln!(
            out,
            "<tr><td class=text>{}</td><td>{}</td><td>{}</td><td class=n>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            html(&attempt.detail.account().to_string()),
            html(attempt.detail.source().unwrap_or_default()),
            html(reason),
            attempt.count,
            moment(Some(attempt.first.time)),
            moment(Some(attempt.last.time)),
            html(&records_of_attempt(attempt)),
        )?;
    }
    writeln!(out, "</table>")
}

fn write_others(sessions: &[&Session], out: &mut dyn Write) -> io::Result<()> {
    let mut counts: BTreeMap<SessionClass, u64> = BTreeMap::new();
    for session in sessions.iter().filter(|session| !is_person(session)) {
        *counts.entry(session.class).or_default() += 1;
    }
    if counts.is_empty() {
        return Ok(());
    }
    let parts: Vec<String> =
        counts.iter().map(|(class, count)| format!("{count} {class}")).collect();
    writeln!(out, "<p class=others>Also in sessions.csv: {}</p>", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    #[test]
    fn failed_logons_are_listed_with_their_records() {
        let failed = sample::failed_logons("bob", 3);
        let mut text = Vec::new();
        write_failed(vec![&failed, &failed], &mut 1, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(
            text.contains("The last 1 rows of failed logons in this boot; 1 earlier ones"),
            "{text}"
        );
        assert!(text.contains("bob</td>") && text.contains("<td class=n>3</td>"), "{text}");
        assert!(text.contains("Security#229000 to 229002"), "{text}");
    }

    #[test]
    fn network_logons_are_summed_up() {
        let host = sample::report().hosts.remove(0);
        let mut sessions = [sample::full_session(), sample::full_session()];
        for session in &mut sessions {
            (session.class, session.logon_type) = (SessionClass::Network, Some(3));
        }
        sessions[1].start.as_mut().unwrap().time = sample::at("2015-09-09T03:30:00Z");
        let mut bytes = Vec::new();
        write_network(&host, &sessions.iter().collect::<Vec<_>>(), &mut 9, &mut bytes).unwrap();
        let table = String::from_utf8(bytes).unwrap();
        assert!(table.contains(
            "<td class=n>2</td><td><time>2015-09-09 03:00:00</time></td><td><time>2015-09-09 03:30:00</time></td>"
        ));
    }

    /// The account was made anew: its name is that of another SID now.
    #[test]
    fn two_accounts_of_one_name_are_one_row() {
        let host = sample::report().hosts.remove(0);
        let mut sessions = [sample::full_session(), sample::full_session()];
        for session in &mut sessions {
            (session.class, session.logon_type) = (SessionClass::Network, Some(3));
        }
        let account = &sessions[1].account;
        let sid = format!("{}9", account.sid).into();
        sessions[1].account = Account { sid, ..Account::clone(account) }.into();
        let mut bytes = Vec::new();
        write_network(&host, &sessions.iter().collect::<Vec<_>>(), &mut 9, &mut bytes).unwrap();
        let table = String::from_utf8(bytes).unwrap();
        assert_eq!(table.matches("<tr><td").count(), 1, "{table}");
        assert!(table.contains("<td class=n>2</td>"), "{table}");
    }

    /// Five sessions of one boot, and room for the boot and the three that began last.
    #[test]
    fn a_large_page_has_the_newest_rows_and_says_so() {
        let mut host = sample::report().hosts.remove(0);
        let session = |hour: u32| {
            let mut session = sample::full_session();
            let start = session.start.as_mut().unwrap();
            start.time = sample::at(&format!("2015-09-09T0{hour}:00:00Z"));
            session
        };
        host.sessions = (1..6).map(session).collect();
        host.boots.truncate(1);
        let written = |most| {
            let mut bytes = Vec::new();
            write(&host, 0, most, &mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let (whole, part) = (written(6), written(4));
        assert_eq!([&whole, &part].map(|page| page.matches("<tr><td").count()), [5, 3]);
        assert!(
            !whole.contains("see sessions.csv") && !part.contains("<td><time>2015-09-09 02:00:00")
        );
        assert!(
            part.contains("<p>The last 3 sessions of people in this boot; 2 earlier ones: see sessions.csv.</p>"),
            "{part}"
        );
        let text = "1 earlier boots and their 5 sessions are not on this page";
        assert!(written(0).contains(text), "{}", written(0));
    }
}

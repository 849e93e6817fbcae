//! What looks like password guessing? The findings state the numbers and draw no conclusion: a
//! service with an old password fails as often as somebody who guesses.

use super::bursts::{Burst, attempt};
use super::success::{Successes, user_of};
use crate::model::attempt::Status;
use crate::model::{AttemptDetail, Event, Finding, FindingCode, SessionKey, Span, Timestamp};
use crate::timeline::boot::context::BootContext;
use crate::timeline::timing::{GUESSES, GUESSES_BEFORE_SUCCESS, GUESSES_WITHIN};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// The reason of the failures, as the messages put it.
const WHY: &str = "because the name or the password was wrong, or the account was locked out";

/// The prompt of User Account Control first checks the password of a domain account against cached
/// credentials, and then at a domain controller. So it writes two 4625 for one password; the first
/// one has this logon type. Seen: 4 of 4.
const CACHED: u32 = 11;
const PROMPT: &str = "CredPro";

/// Does another event report the same attempt?
fn is_said_twice(detail: &AttemptDetail) -> bool {
    let logon_process = detail.method().map(|method| &*method.logon_process);
    detail.logon_type() == Some(CACHED) && logon_process == Some(PROMPT)
}

/// Does an attempt say that the name or the password was wrong, and does no other event report it?
/// A computer that checks credentials of its own accounts writes a 4776 and a 4625 for one attempt;
/// then only the 4625 counts. `failed` has the names in all 4625.
fn is_guess(detail: &AttemptDetail, event_id: u16, failed: &BTreeSet<String>) -> bool {
    let has_twin = || {
        let is_refusal = matches!(detail, AttemptDetail::RefusedCredentials(_));
        is_refusal && failed.contains(&user_of(detail))
    };
    detail.reason(event_id).is_some_and(Status::is_wrong_guess)
        && !is_said_twice(detail)
        && !has_twin()
}

/// An attempt with a wrong name or password.
struct Guess<'a> {
    event: &'a Event,
    time: Timestamp,
    /// The name of the account in lower case.
    user: String,
    source: Option<String>,
}

/// The attempts with wrong names or passwords, in record order.
fn guesses<'a>(
    events: &'a [Event],
    bursts: &[Burst<'_>],
    context: &BootContext<'_>,
) -> Vec<Guess<'a>> {
    let failed = names_of_failed_logons(bursts);
    let all = events.iter().filter_map(|event| {
        let (detail, _) =
            attempt(event).filter(|(own, _)| is_guess(own, event.event_id, &failed))?;
        let source = detail.source().map(str::to_owned);
        Some(Guess { event, time: context.clock.time(event), user: user_of(&detail), source })
    });
    all.collect()
}

/// The account names in all 4625.
fn names_of_failed_logons(bursts: &[Burst<'_>]) -> BTreeSet<String> {
    let failed =
        bursts.iter().filter(|burst| matches!(burst.detail, AttemptDetail::FailedLogon(_)));
    failed.map(|burst| user_of(&burst.detail)).collect()
}

/// Attempts with wrong names or passwords from one source, or for one account, without a long
/// pause.
struct Episode<'g, 'a> {
    first: &'g Guess<'a>,
    last: &'g Guess<'a>,
    count: u64,
    /// The number of attempts for each account.
    users: BTreeMap<&'g str, u64>,
    sources: BTreeSet<&'g str>,
    /// The times of the latest attempts, at most as many as are reported.
    latest: VecDeque<Timestamp>,
    /// So many attempts happened within the time that is reported.
    is_dense: bool,
}

impl<'g, 'a> Episode<'g, 'a> {
    fn new(first: &'g Guess<'a>) -> Episode<'g, 'a> {
        let mut episode = Episode {
            first,
            last: first,
            count: 0,
            users: BTreeMap::new(),
            sources: BTreeSet::new(),
            latest: VecDeque::new(),
            is_dense: false,
        };
        episode.add(first);
        episode
    }

    /// Does this attempt follow the last one without a long pause?
    fn goes_on_to(&self, next: &Guess<'_>) -> bool {
        next.time.since(self.last.time).abs() <= GUESSES_WITHIN
    }

    fn add(&mut self, guess: &'g Guess<'a>) {
        self.last = guess;
        self.count += 1;
        *self.users.entry(&guess.user).or_default() += 1;
        self.sources.extend(guess.source.as_deref());
        self.latest.push_back(guess.time);
        if self.latest.len() > GUESSES {
            self.latest.pop_front();
        }
        let lasted = self.latest.front().map(|first| guess.time.since(*first));
        self.is_dense |=
            self.latest.len() == GUESSES && lasted.is_some_and(|lasted| lasted <= GUESSES_WITHIN);
    }

    /// The finding about this episode.
    fn finding(&self, context: &BootContext<'_>) -> Finding {
        let from = match (self.sources.first(), self.sources.len()) {
            (Some(source), 1) => format!(" from {source}"),
            (Some(_), many) => format!(" from {many} sources"),
            (None, _) => String::new(),
        };
        let most =
            self.users.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(**name)));
        let of = match (most, self.users.len()) {
            (Some((user, _)), 1) => format!("of the account {}", named(user)),
            (Some((user, most)), many) => {
                format!("of {many} accounts ({most} of {})", named(user))
            }
            (None, _) => String::new(),
        };
        let message = format!(
            "{} logons {of}{from} failed {WHY}, between {} and {} (Security#{} to {}); at least {GUESSES} of \
             them within {} minutes",
            self.count,
            self.first.event.time,
            self.last.event.time,
            self.first.event.record_id,
            self.last.event.record_id,
            GUESSES_WITHIN.0 / Span::seconds(60).0,
        );
        let epoch = Some(context.boot.number());
        Finding::about(FindingCode::PasswordGuessing, epoch, self.first.event, message)
    }
}

/// The name of an account for a message.
fn named(user: &str) -> &str {
    if user.is_empty() { "without a name" } else { user }
}

/// The findings about many wrong names or passwords within minutes, from one source or for one
/// account.
pub(super) fn passwords(
    events: &[Event],
    bursts: &[Burst<'_>],
    context: &BootContext<'_>,
) -> Vec<Finding> {
    let attempts = bursts.iter().map(|burst| burst.count).fold(0_u64, u64::saturating_add);
    if attempts < GUESSES as u64 {
        return Vec::new();
    }
    let guesses = guesses(events, bursts, context);
    let (of_sources, dense) =
        episodes(&guesses, context, |guess| guess.source.as_deref().unwrap_or_default());
    // Attempts that are not many for any single source may come from many sources, so the rest is
    // examined for each account.
    let rest = guesses
        .iter()
        .filter(|guess| guess.source.as_deref().is_none_or(|source| !dense.contains(source)));
    let rest: Vec<&Guess<'_>> = rest.collect();
    let (of_accounts, _) = episodes(rest, context, |guess| guess.user.as_str());
    of_sources.into_iter().chain(of_accounts).collect()
}

/// The findings about the episodes with many attempts in a short time, and the keys of these
/// episodes. Attempts with an empty key are left out.
fn episodes<'g, 'a: 'g>(
    guesses: impl IntoIterator<Item = &'g Guess<'a>>,
    context: &BootContext<'_>,
    key: impl Fn(&'g Guess<'a>) -> &'g str,
) -> (Vec<Finding>, BTreeSet<&'g str>) {
    let mut open: HashMap<&str, Episode<'g, 'a>> = HashMap::new();
    let mut dense: Vec<(&str, Episode<'g, 'a>)> = Vec::new();
    for guess in guesses {
        let key = key(guess);
        if key.is_empty() {
            continue;
        }
        match open.get_mut(key) {
            Some(known) if known.goes_on_to(guess) => known.add(guess),
            _ => {
                let ended = open.insert(key, Episode::new(guess));
                dense.extend(ended.filter(|own| own.is_dense).map(|own| (key, own)));
            }
        }
    }
    dense.extend(open.into_iter().filter(|(_, own)| own.is_dense));
    dense.sort_by_key(|(key, own)| (own.first.event.record_id, *key));
    let findings = dense.iter().map(|(_, own)| own.finding(context)).collect();
    (findings, dense.into_iter().map(|(key, _)| key).collect())
}

/// The findings about sessions that began after the password of their account had been wrong
/// several times.
pub(super) fn successes(
    bursts: &[Burst<'_>],
    successes: &Successes<'_>,
    context: &BootContext<'_>,
) -> Vec<Finding> {
    let failed = names_of_failed_logons(bursts);
    let wrong = bursts.iter().filter(|own| is_guess(&own.detail, own.first.event_id, &failed));
    // For each session, the number of failures before it, and the first of them.
    let mut before: BTreeMap<(u64, SessionKey), (&Event, u64, &Burst<'_>)> = BTreeMap::new();
    for burst in wrong {
        let Some((start, builder)) = successes.session_after(burst) else { continue };
        let Some(key) = builder.session.key() else { continue };
        let (_, count, _) = before.entry((start.record_id, key)).or_insert((start, 0, burst));
        *count = count.saturating_add(burst.count);
    }
    let many = before.into_iter().filter(|(_, (_, count, _))| *count >= GUESSES_BEFORE_SUCCESS);
    many.map(|((_, key), (start, count, first))| {
        let from =
            first.detail.source().map(|source| format!(" from {source}")).unwrap_or_default();
        let message = format!(
            "{} was logged on{from} (session {key}) after {count} logons of the account had failed \
             {WHY}, the first at {} (Security#{})",
            first.detail.account(),
            first.first.time,
            first.first.record_id,
        );
        let epoch = Some(context.boot.number());
        Finding::about(FindingCode::SuccessAfterFailures, epoch, start, message)
    })
    .collect()
}

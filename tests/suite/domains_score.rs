//! How the rows of `hops.csv` compare with what happened.
//!
//! It reads the columns that docs/outputs.md describes, and nothing of how winlast finds them.

use evtx_synth::simulate::domains::{Domain, TrueHop, TrueSource};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// The confidences, and the least share of right claims at each.
pub(super) const REQUIRED: [(&str, f64); 3] = [("high", 0.99), ("medium", 0.9), ("low", 0.5)];

/// A row of `hops.csv`.
#[derive(Clone, Debug, Default)]
pub(super) struct HopRow {
    cells: BTreeMap<String, String>,
}

impl HopRow {
    /// A cell; every column that is asked for must be there.
    pub(super) fn cell(&self, column: &str) -> &str {
        self.cells.get(column).unwrap_or_else(|| panic!("hops.csv has no column {column}"))
    }

    /// The computer without its domain, and the Logon ID, of a session id.
    pub(super) fn session(&self, column: &str) -> Option<(String, u64)> {
        let mut parts = self.cell(column).rsplitn(3, '/');
        let id = parts.next()?.strip_prefix("0x")?;
        let (_epoch, computer) = (parts.next()?, parts.next()?);
        Some((label(computer), u64::from_str_radix(id, 16).unwrap()))
    }
}

/// A name without its domain, in small letters.
pub(super) fn label(name: &str) -> String {
    name.split('.').next().unwrap().to_lowercase()
}

/// The rows of a case.
pub(super) fn rows(case: &Path) -> Vec<HopRow> {
    let mut reader = csv::Reader::from_path(case.join("hops.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| HopRow {
        cells: header.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect(),
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// How many claims were right, and how many were made.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) right: usize,
    pub(super) all: usize,
}

impl Tally {
    fn count(&mut self, right: bool) {
        self.right += usize::from(right);
        self.all += 1;
    }

    /// The share of right claims; of none, all are right.
    pub(super) fn share(self) -> f64 {
        let number = |count: usize| f64::from(u32::try_from(count).unwrap());
        if self.all == 0 { 1.0 } else { number(self.right) / number(self.all) }
    }
}

/// What became of the sessions of one scenario.
#[derive(Clone, Copy, Debug, Default)]
struct ScenarioTally {
    sessions: usize,
    /// Sessions that came from a computer of the domain.
    with_source: usize,
    /// Rows that name it, by confidence: high, medium, low.
    found: [usize; 3],
    /// Rows that name another computer, or one where the truth has none.
    wrong: usize,
    /// Rows that name the true session, and another one.
    session_found: usize,
    session_wrong: usize,
}

/// The result of many domains.
#[derive(Debug, Default)]
pub(super) struct Score {
    /// The computers of sessions of users, by confidence.
    pub(super) hosts: BTreeMap<String, Tally>,
    /// The computers of sessions of computers' own accounts: the mass of all sessions, and the easy ones.
    pub(super) hosts_of_machines: BTreeMap<String, Tally>,
    pub(super) sessions: BTreeMap<String, Tally>,
    /// Sessions that came from no computer that the logs could name; right is a row without a source.
    pub(super) from_nowhere: Tally,
    /// Rows that say that their source may have passed the session on; right where it did.
    pub(super) passed_on: Tally,
    /// Claims of a source for them, by confidence.
    pub(super) invented: BTreeMap<String, usize>,
    scenarios: BTreeMap<&'static str, ScenarioTally>,
    /// By basis: the strongest of a row.
    bases: BTreeMap<String, Tally>,
    /// Each wrong row: the confidence, and what is true.
    pub(super) wrong: Vec<(String, String)>,
    /// Sessions without a row, which must not be.
    pub(super) without_row: Vec<String>,
}

impl Score {
    /// Compares the rows of a domain with its truth.
    pub(super) fn add(&mut self, domain: &Domain, rows: &[HopRow]) {
        let mut by_session: BTreeMap<(String, u64), &HopRow> = BTreeMap::new();
        for row in rows {
            let target = row.session("target_session").expect("each row is about a session");
            assert!(by_session.insert(target, row).is_none(), "two rows for one session: {row:?}");
        }
        let mut known = BTreeSet::new();
        for hop in &domain.hops {
            let key = (label(&hop.target), hop.logon_id);
            known.insert(key.clone());
            let tally = self.scenarios.entry(hop.scenario).or_default();
            tally.sessions += 1;
            tally.with_source += usize::from(matches!(hop.source, TrueSource::Computer { .. }));
            match by_session.get(&key) {
                Some(row) => self.compare(domain.seed, hop, row),
                None if may_lack_row(hop) => {}
                None => self.without_row.push(format!("seed {} {hop:?}", domain.seed)),
            }
        }
        // Sessions that did not begin over the network came from nowhere.
        for (key, row) in by_session.iter().filter(|(key, _)| !known.contains(*key)) {
            if !row.cell("source_computer").is_empty() {
                let confidence = row.cell("host_confidence");
                self.hosts.entry(confidence.to_owned()).or_default().count(false);
                let what = format!("seed {} {key:?} is no logon from elsewhere", domain.seed);
                self.wrong.push((confidence.to_owned(), what));
            }
        }
    }

    fn compare(&mut self, seed: u64, hop: &TrueHop, row: &HopRow) {
        self.compare_host(seed, hop, row);
        self.compare_session(seed, hop, row);
    }

    fn compare_host(&mut self, seed: u64, hop: &TrueHop, row: &HopRow) {
        let claimed = label(row.cell("source_computer"));
        if let TrueSource::None(_) = hop.source {
            self.from_nowhere.count(claimed.is_empty());
        }
        if claimed.is_empty() {
            return;
        }
        let confidence = row.cell("host_confidence").to_owned();
        let is = |name: &str| label(name) == claimed;
        let right = match &hop.source {
            TrueSource::Computer { name, via, .. } => {
                is(name) || via.as_deref().is_some_and(is) && says_passed_on(row)
            }
            // What a computer outside says of itself is all that can be said of it.
            TrueSource::Stranger(name) if is(name) => true,
            TrueSource::Stranger(_) | TrueSource::None(_) => {
                *self.invented.entry(confidence.clone()).or_default() += 1;
                false
            }
        };
        if has_flag(row, "passed-on") {
            let is_true =
                matches!(&hop.source, TrueSource::Computer { via: Some(via), .. } if is(via));
            self.passed_on.count(is_true);
        }
        let basis = row.cell("basis").split(';').next().unwrap().trim().to_owned();
        self.bases.entry(format!("{basis} {confidence}")).or_default().count(right);
        let is_machine = hop.user.ends_with('$');
        let hosts = if is_machine { &mut self.hosts_of_machines } else { &mut self.hosts };
        hosts.entry(confidence.clone()).or_default().count(right);
        let tally = self.scenarios.get_mut(hop.scenario).unwrap();
        match REQUIRED.iter().position(|(word, _)| *word == confidence) {
            Some(at) if right => tally.found[at] += 1,
            Some(_) => tally.wrong += 1,
            None => panic!("{confidence} is no confidence: {row:?}"),
        }
        if !right {
            self.wrong.push((format!("host {confidence}"), description(seed, hop, row)));
        }
    }

    fn compare_session(&mut self, seed: u64, hop: &TrueHop, row: &HopRow) {
        let Some((computer, id)) = row.session("source_session") else { return };
        let confidence = row.cell("session_confidence").to_owned();
        let right = match &hop.source {
            TrueSource::Computer { name, session: Some(session), .. } => {
                label(name) == computer && *session == id
            }
            _ => false,
        };
        self.sessions.entry(confidence.clone()).or_default().count(right);
        let tally = self.scenarios.get_mut(hop.scenario).unwrap();
        if right {
            tally.session_found += 1;
        } else {
            tally.session_wrong += 1;
            self.wrong.push((format!("session {confidence}"), description(seed, hop, row)));
        }
    }

    /// The results as the tables of docs/validation.md.
    pub(super) fn tables(&self) -> String {
        let mut text =
            String::from("| Claim | Confidence | Right | Of | Share |\n|---|---|---|---|---|\n");
        let claims = [
            ("computer, users", &self.hosts),
            ("computer, machine accounts", &self.hosts_of_machines),
            ("session", &self.sessions),
        ];
        for (claim, tallies) in claims {
            for (confidence, _) in REQUIRED {
                let tally = tallies.get(confidence).copied().unwrap_or_default();
                let (right, all, share) = (tally.right, tally.all, tally.share());
                let _ = writeln!(text, "| {claim} | {confidence} | {right} | {all} | {share:.4} |");
            }
        }
        let Tally { right, all } = self.from_nowhere;
        let share = self.from_nowhere.share();
        let _ = writeln!(text, "| no computer | | {right} | {all} | {share:.4} |");
        let Tally { right, all } = self.passed_on;
        let _ = writeln!(text, "| passed on | | {right} | {all} | {:.4} |", self.passed_on.share());
        text += "\n| Scenario | Sessions | From a computer | high | medium | low | wrong | session | wrong |\n";
        text += "|---|---|---|---|---|---|---|---|---|\n";
        for (scenario, tally) in &self.scenarios {
            let [high, medium, low] = tally.found;
            let ScenarioTally {
                sessions, with_source, wrong, session_found, session_wrong, ..
            } = tally;
            let _ = writeln!(
                text,
                "| {scenario} | {sessions} | {with_source} | {high} | {medium} | {low} | {wrong} | \
                 {session_found} | {session_wrong} |"
            );
        }
        text += "\n| Strongest basis | Confidence | Right | Of |\n|---|---|---|---|\n";
        for (basis, Tally { right, all }) in &self.bases {
            let (basis, confidence) = basis.rsplit_once(' ').unwrap();
            let _ = writeln!(text, "| `{basis}` | {confidence} | {right} | {all} |");
        }
        text
    }
}

/// Who opened the connection for another computer is its source only where the row says that it may have passed it on, or
/// that its log was not read, so that nothing says what took place there.
fn says_passed_on(row: &HopRow) -> bool {
    has_flag(row, "passed-on") || has_flag(row, "no-source-log")
}

fn has_flag(row: &HopRow, flag: &str) -> bool {
    row.cell("flags").split(';').any(|own| own.trim() == flag)
}

/// A request of the computer itself is no way from elsewhere, and a logon of type 7 checks a session that is there.
fn may_lack_row(hop: &TrueHop) -> bool {
    hop.logon_type == 7 || hop.source == TrueSource::None("local request")
}

/// A wrong row with what is true, for those who look for the reason.
fn description(seed: u64, hop: &TrueHop, row: &HopRow) -> String {
    let cells = [
        "target_session",
        "user_name",
        "source_computer",
        "source_session",
        "source_address",
        "claimed_name",
        "basis",
        "host_confidence",
        "session_confidence",
        "candidates",
        "evidence",
        "flags",
    ];
    let row: Vec<String> =
        cells.iter().map(|column| format!("{column}={}", row.cell(column))).collect();
    format!(
        "seed {seed}, {} (record {}): true is {:x?}, lag {} ms, offset {} ms\n      {}",
        hop.scenario,
        hop.record,
        hop.source,
        hop.lag_ms,
        hop.offset_ms,
        row.join(" ")
    )
}

/// A row with these cells; the others are empty.
fn row(cells: &[(&str, &str)]) -> HopRow {
    let all = "target_session user_name source_computer source_session source_address claimed_name basis \
               host_confidence session_confidence candidates evidence flags";
    let mut row = HopRow::default();
    row.cells.extend(all.split_whitespace().map(|column| (column.to_owned(), String::new())));
    row.cells.extend(cells.iter().map(|(column, cell)| ((*column).into(), (*cell).into())));
    row
}

fn with_flag(mut row: HopRow, flags: &str) -> HopRow {
    row.cells.insert("flags".into(), flags.into());
    row
}

/// Four sessions on B: one from A, one from A through a gateway, one from nowhere, one of a stranger.
fn domain_by_hand() -> Domain {
    let from_a = |via: Option<&str>| TrueSource::Computer {
        name: "A".into(),
        session: Some(0x77),
        via: via.map(str::to_owned),
        collected: true,
    };
    let sources = [
        from_a(None),
        from_a(Some("GW")),
        TrueSource::None("from outside"),
        TrueSource::Stranger("KALI".into()),
    ];
    let hop = |(logon_id, source)| TrueHop {
        target: "B.contoso.local".into(),
        logon_id,
        record: 9,
        logon_type: 3,
        scenario: "by hand",
        user: "anna".into(),
        source,
        lag_ms: 5,
        offset_ms: 0,
    };
    let hops = (1..).zip(sources).map(hop).collect();
    Domain { seed: 0, files: Vec::new(), hops, features: Vec::new() }
}

#[test]
fn claims_are_counted_as_right_and_wrong() {
    let domain = domain_by_hand();
    let claim = |id: &'static str, computer: &'static str, session: &'static str| {
        row(&[
            ("target_session", id),
            ("source_computer", computer),
            ("source_session", session),
            ("host_confidence", "medium"),
            ("session_confidence", "low"),
            ("basis", "address"),
        ])
    };
    let mut score = Score::default();
    let right = [
        claim("B.contoso.local/1/0x1", "a.contoso.local", "A.contoso.local/1/0x77"),
        with_flag(claim("B.contoso.local/1/0x2", "GW", ""), "machine; passed-on"),
        claim("B.contoso.local/1/0x3", "", ""),
        claim("B.contoso.local/1/0x4", "KALI", ""),
    ];
    score.add(&domain, &right);
    let medium = score.hosts["medium"];
    assert_eq!((medium.right, medium.all, score.sessions["low"].right), (3, 3, 1));
    assert_eq!((score.from_nowhere.right, score.wrong.len()), (1, 0));
    let wrong = [
        with_flag(claim("B.contoso.local/1/0x1", "C", "C/1/0x77"), "passed-on"),
        claim("B.contoso.local/1/0x2", "A", "A/1/0x78"),
        claim("B.contoso.local/1/0x3", "A", ""),
        // No session of that Logon ID came from elsewhere, and the one of the stranger has no row.
        claim("B.contoso.local/1/0x5", "A", ""),
    ];
    score.add(&domain, &wrong);
    let (medium, low) = (score.hosts["medium"], score.sessions["low"]);
    assert_eq!((medium.right, medium.all), (4, 7));
    assert_eq!((low.right, low.all), (1, 3));
    assert_eq!((score.from_nowhere.right, score.from_nowhere.all), (1, 2));
    assert_eq!((score.wrong.len(), score.without_row.len()), (5, 1));
    assert_eq!((score.passed_on.right, score.passed_on.all), (1, 2));
    // A gateway counts where the row says that it may be one, or that nothing is known of it.
    for (flags, right) in [("", 0), ("machine", 0), ("passed-on", 1), ("no-source-log", 1)] {
        let mut score = Score::default();
        let claim = claim("B.contoso.local/1/0x2", "GW", "");
        score.add(&domain, &[with_flag(claim, flags)]);
        assert_eq!(score.hosts["medium"].right, right, "{flags}");
    }
}

//! What really happened in a simulated domain.

/// A logon session that began on a computer over the network or by remote desktop, or seems to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueHop {
    /// The computer on which the session began, as its log names it.
    pub target: String,
    /// Its Logon ID there.
    pub logon_id: u64,
    /// The EventRecordID of its 4624.
    pub record: u64,
    /// Its logon type.
    pub logon_type: u32,
    /// What took place, in a few words: the row of the table of results.
    pub scenario: &'static str,
    /// The account name.
    pub user: String,
    /// Where it came from.
    pub source: TrueSource,
    /// From the act of the source to the record of the target, in milliseconds of true time.
    pub lag_ms: u64,
    /// By how much the target's clock was ahead of the source's, in milliseconds.
    pub offset_ms: i64,
}

/// Where a session came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrueSource {
    /// A computer of the domain.
    Computer {
        /// Its name without the domain.
        name: String,
        /// The Logon ID of the session that caused it there.
        session: Option<u64>,
        /// A computer between the two, which opened the connection that the target saw.
        via: Option<String>,
        /// Whether the logs of the source are among the files.
        collected: bool,
    },
    /// A computer outside of the domain, which has no logs. In NTLM it gives its own name, this one.
    Stranger(String),
    /// No computer that these logs could name, and why.
    None(&'static str),
}

/// The files of a domain, and what happened.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The seed that it was made from.
    pub seed: u64,
    /// Path and content of each log file: a folder for each computer.
    pub files: Vec<(String, Vec<u8>)>,
    /// Every session that a row of joins between hosts could be about.
    pub hops: Vec<TrueHop>,
    /// The properties of the domain, such as `nat` or `second DC missing`.
    pub features: Vec<&'static str>,
}

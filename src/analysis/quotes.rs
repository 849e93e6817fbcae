//! Reads single records from their logs again, to show them as they are.

use super::{Analysis, Pool, report_of};
use crate::error::Result;
use crate::model::event::Detail;
use crate::model::{Citation, Quotes, RecordLocation, Report};
use crate::{evidence, evtx};
use std::collections::{BTreeMap, BTreeSet};

/// Records to be quoted, by the path of their log.
type Wanted<'a> = BTreeMap<&'a str, Vec<(Citation, RecordLocation)>>;

impl Analysis<'_> {
    /// [Reads all evidence](Analysis::run), and then the records again that `choose` names, as they stand
    /// in their logs.
    ///
    /// # Errors
    /// As [`Analysis::run`]. That a record cannot be given is no error: it is in its place.
    ///
    /// ```
    /// use winlast::Analysis;
    ///
    /// let analysis = Analysis::of(["sample-evtx/dc01"]);
    /// let (_, quotes) = analysis.run_and_quote(|report| {
    ///     report.sessions().filter_map(|(_, session)| Some(session.initiated?.record)).collect()
    /// })?;
    /// let (record, quote) = quotes.first_key_value().expect("the sample holds one 4647");
    /// assert_eq!(record.to_string(), "Security#230200");
    /// let xml = quote.as_ref().ok().and_then(|quote| quote.xml.as_deref().ok()).unwrap_or_default();
    /// assert!(xml.contains(r#"<Data Name="TargetUserName">dadmin</Data>"#), "{xml}");
    /// # Ok::<(), winlast::Error>(())
    /// ```
    pub fn run_and_quote(
        &self,
        choose: impl FnOnce(&Report) -> Vec<Citation>,
    ) -> Result<(Report, Quotes)> {
        self.with_pool(|pool| {
            let read = self.read(pool, Detail::HeadOnly)?;
            let places: Vec<(Citation, RecordLocation)> =
                read.events.iter().map(|event| (event.into(), event.location)).collect();
            self.progress.phase("building timelines");
            let report = report_of(pool, read);
            let chosen: BTreeSet<Citation> = choose(&report).into_iter().collect();
            let places: BTreeMap<Citation, RecordLocation> =
                places.into_iter().filter(|(record, _)| chosen.contains(record)).collect();
            let mut wanted = Wanted::new();
            let mut quotes = Quotes::new();
            for record in chosen {
                let path = report.log(record.log).map_or("", |log| &log.path);
                let missing = format!(
                    "{path} is not among the evidence given, so that its text, offset and SHA-256 cannot be \
                     shown; give that log too"
                );
                quotes.insert(record, Err(missing));
                if let Some(place) = places.get(&record) {
                    wanted.entry(path).or_default().push((record, *place));
                }
            }
            self.quote(pool, wanted, &mut quotes);
            Ok((report, quotes))
        })
    }

    /// Opens the evidence again, but only the sources that have a wanted record, and reads these records.
    fn quote(&self, pool: &Pool, mut wanted: Wanted<'_>, quotes: &mut Quotes) {
        let memory = pool.0.memory();
        let settings = self.search_settings();
        let mut discovery = evidence::Discovery::new(&self.given, memory, self.progress);
        let mut sources = discovery.sources();
        while let Some(source) = sources.pop() {
            let is_within = |container: &str| wanted.keys().any(|path| path.starts_with(container));
            if !source.container().is_none_or(is_within) {
                continue;
            }
            let source = source.open(&settings, memory);
            for log in &source.logs {
                let records = wanted.remove(&*log.path).unwrap_or_default();
                let quoted =
                    records.into_iter().map(|(record, place)| (record, evtx::quote(log, place)));
                quotes.extend(quoted);
            }
            sources.extend(source.nested);
        }
    }
}

//! Turns the options that ask something into a filter: times (by the current time and the time zone), hours,
//! and the watch list.

use super::arguments::Arguments;
use std::fs;
use std::path::Path;
use winlast::Zone;
use winlast::model::Timestamp;
use winlast::output::Choices;
use winlast::select::{OffHours, TimeReader, WatchList};

/// The answers to what the command line leaves open.
#[derive(Debug)]
pub(super) struct Questions {
    pub(super) at: Option<Timestamp>,
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    pub(super) off_hours: Option<OffHours>,
    pub(super) watch: WatchList,
    /// What run.json has in place of what was given: it must mean the same tomorrow, and elsewhere.
    pub(super) resolved: Choices,
}

impl Questions {
    /// # Errors
    /// A sentence for the user.
    pub(super) fn of(arguments: &Arguments, now: Timestamp) -> Result<Questions, String> {
        let zone = &arguments.tz;
        let times = TimeReader::new(zone.clone(), Some(now));
        let mut resolved = Choices::new();
        let mut time = |name: &str, given: &Option<String>, read: ReadTime| {
            let Some(text) = given else { return Ok(None) };
            let time = read(&times, text).map_err(|why| format!("--{name} {text}: {why}"))?;
            resolved.insert(name.into(), vec![time.to_string()]);
            Ok::<_, String>(Some(time))
        };
        let at = time("at", &arguments.at, TimeReader::since)?;
        let since = time("since", &arguments.since, TimeReader::since)?;
        let until = time("until", &arguments.until, TimeReader::until)?;
        if let (Some(since), Some(until)) = (since, until)
            && since > until
        {
            return Err(format!("--since {since} is after --until {until}: nothing can match"));
        }
        let off_hours = arguments.off_hours.as_deref();
        let off_hours =
            off_hours.map(|text| off_hours_of(text, zone, &mut resolved)).transpose()?;
        let watch = arguments.watch.as_deref();
        let watch = watch.map(|path| watch_list(path, &mut resolved)).transpose()?;
        let watch = watch.unwrap_or_default();
        Ok(Questions { at, since, until, off_hours, watch, resolved })
    }
}

type ReadTime = fn(&TimeReader, &str) -> Result<Timestamp, String>;

fn off_hours_of(text: &str, zone: &Zone, resolved: &mut Choices) -> Result<OffHours, String> {
    let hours = OffHours::parse(text, zone.clone());
    let hours = hours.map_err(|why| format!("--off-hours {text}: {why}"))?;
    resolved.insert("off-hours".into(), vec![text.to_owned(), zone.to_string()]);
    Ok(hours)
}

fn watch_list(path: &Path, resolved: &mut Choices) -> Result<WatchList, String> {
    let failed = |why: String| format!("--watch {}: {why}", path.display());
    let text = fs::read_to_string(path).map_err(|why| failed(why.to_string()))?;
    let list = WatchList::parse(&text).map_err(failed)?;
    resolved.insert("watch".into(), text.lines().map(str::to_owned).collect());
    Ok(list)
}

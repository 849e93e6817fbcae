//! Everything that was read, so that the case can be read instead of its logs: `docs/events-file.md`.

use super::{OutputFile, ReportFormat, ReportInput};
use crate::model::case_files::EVENTS_FILE;
use std::io::{self, Write};

/// The packed events.
pub(super) struct Events;

impl ReportFormat for Events {
    fn name(&self) -> &'static str {
        "events"
    }

    fn is_default(&self) -> bool {
        true
    }

    fn files(&self) -> Vec<OutputFile> {
        vec![OutputFile::whole_report(EVENTS_FILE, write)]
    }
}

fn write(input: &ReportInput<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(stored) = &input.report.stored_events else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the report does not have its events: Analysis::keep_events",
        ));
    };
    stored.members.iter().try_for_each(|member| out.write_all(member))
}

//! The sources of a batch that are done and those that are still to be read.

use super::sources::Source;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use winlast::error::{Error, Result};
use winlast::output::{self, CaseOutcome, SourceRow};

/// What came of a source: its case, or why there is none.
pub(super) type WorkResult = std::result::Result<CaseOutcome, String>;

/// What came of each source so far, in their order. The file `sources.csv` says the same, or, of a batch that broke
/// off, what came of all but a twentieth of them: to write it anew after each of 10,000 sources takes longer than to
/// read them.
pub(super) struct WorkList<'a> {
    case: &'a Path,
    sources: &'a [Source],
    excel_safe: bool,
    state: Mutex<State>,
}

struct State {
    rows: Vec<Option<WorkResult>>,
    /// The first source that no thread has taken yet.
    next: usize,
    failed: Option<Error>,
    /// How many sources are done.
    done: usize,
    /// The file is written when so many are done.
    write_at: usize,
}

impl<'a> WorkList<'a> {
    /// # Errors
    /// When `sources.csv` cannot be written.
    pub(super) fn new(
        case: &'a Path,
        sources: &'a [Source],
        excel_safe: bool,
        done: Vec<Option<CaseOutcome>>,
    ) -> Result<WorkList<'a>> {
        let rows: Vec<Option<WorkResult>> =
            done.into_iter().map(|outcome| outcome.map(Ok)).collect();
        let done = rows.iter().flatten().count();
        let state = Mutex::new(State { rows, next: 0, failed: None, done, write_at: done + 1 });
        let list = WorkList { case, sources, excel_safe, state };
        output::write_sources(case, &list.done(&list.state()), excel_safe)?;
        Ok(list)
    }

    /// Lets `read` read the next source. `false`: there is none, or the batch has failed.
    pub(super) fn next(&self, read: impl FnOnce(&Source) -> Result<WorkResult>) -> bool {
        let mut state = self.state();
        let at = (state.next..).zip(state.rows.iter().skip(state.next));
        let free = at.filter(|(_, row)| row.is_none()).map(|(at, _)| at).next();
        let Some((at, source)) = free.and_then(|at| Some((at, self.sources.get(at)?))) else {
            return false;
        };
        if state.failed.is_some() {
            return false;
        }
        state.next = at + 1;
        drop(state);
        let row = read(source);
        let mut state = self.state();
        let written = row.and_then(|row| {
            if let Some(place) = state.rows.get_mut(at) {
                *place = Some(row);
            }
            state.done += 1;
            if state.done < state.write_at && state.done < self.sources.len() {
                return Ok(());
            }
            state.write_at = state.done + state.done / 20 + 1;
            output::write_sources(self.case, &self.done(&state), self.excel_safe)
        });
        if let Err(why) = written {
            state.failed.get_or_insert(why);
        }
        true
    }

    /// The rows of all sources, in their order.
    ///
    /// # Errors
    /// The one that made the batch fail.
    pub(super) fn finish(self) -> Result<Vec<SourceRow>> {
        let failed = self.state().failed.take();
        failed.map_or_else(|| Ok(self.done(&self.state())), Err)
    }

    fn done(&self, state: &State) -> Vec<SourceRow> {
        let rows = self.sources.iter().zip(&state.rows);
        rows.filter_map(|(source, row)| {
            let (source, folder) = (source.name.clone(), source.folder.clone());
            Some(SourceRow { source, folder, outcome: row.clone()? })
        })
        .collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

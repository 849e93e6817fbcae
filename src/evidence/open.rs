//! Opens what was found: [`PendingSource`] → [`OpenSource`].

use super::container::{ContainerFile, file_name};
use super::contents::ContainerContents;
use super::images::ImageFolder;
use super::local_file::LocalFile;
use super::log_file::LogFile;
use super::memory::{LargeArchivePermit, Memory};
use super::nested::{NestedContainer, Nesting};
use super::other_disks::OtherDisks;
use super::read_at::ReadAt;
use super::read_counter::ReadCounter;
use super::settings::SearchSettings;
use crate::model::{ContainerSummary, Finding, FindingCode};
use std::sync::Arc;

/// One source of logs that was found and is not open yet.
pub(crate) enum PendingSource {
    /// All files that are logs themselves.
    Logs(Vec<LogFile>),
    /// One image or archive.
    Container(ContainerFile),
    /// One image or archive inside of another one.
    Nested(NestedContainer),
}

/// What is in one source: all files that are logs themselves, or the logs of one image or archive.
#[derive(Default)]
pub(crate) struct OpenSource {
    /// Logs by path, each once.
    pub(crate) logs: Vec<LogFile>,
    /// What could not be read.
    pub(crate) findings: Vec<Finding>,
    /// The image or archive that holds the logs.
    pub(crate) container: Option<OpenContainer>,
    /// Images and archives inside of it that are still to be opened.
    pub(crate) nested: Vec<PendingSource>,
    /// Kept as long as what was unpacked of an archive takes much memory. It is the last field, so
    /// that it is given back after the memory of the logs.
    _permit: Option<Arc<LargeArchivePermit>>,
}

/// An image or archive that is being read.
pub(crate) struct OpenContainer {
    path: String,
    size: u64,
    counter: ReadCounter,
}

impl PendingSource {
    /// The display path of an image or archive.
    pub(crate) fn container(&self) -> Option<&str> {
        match self {
            PendingSource::Logs(_) => None,
            PendingSource::Container(container) => Some(&container.display_path),
            PendingSource::Nested(nested) => Some(&nested.path),
        }
    }

    /// Opens the source and finds its logs. What cannot be read becomes a finding.
    pub(crate) fn open(self, settings: &SearchSettings, memory: &Memory) -> OpenSource {
        let mut opened = match self {
            PendingSource::Logs(logs) => return OpenSource::from(logs),
            PendingSource::Container(container) => open_container(&container, settings, memory),
            PendingSource::Nested(nested) => open_nested(nested, settings, memory),
        };
        opened.logs.sort_by(|a, b| a.path.cmp(&b.path));
        opened
    }
}

impl From<Vec<LogFile>> for OpenSource {
    fn from(logs: Vec<LogFile>) -> OpenSource {
        OpenSource { logs, ..OpenSource::default() }
    }
}

impl OpenContainer {
    /// How much of it has been read by now.
    pub(crate) fn summary(&self) -> ContainerSummary {
        let OpenContainer { path, size, counter } = self;
        ContainerSummary {
            path: path.clone(),
            size: *size,
            bytes_read: counter.bytes(),
            case_mark: None,
        }
    }
}

fn open_container(
    container: &ContainerFile,
    settings: &SearchSettings,
    memory: &Memory,
) -> OpenSource {
    let counter = ReadCounter::default();
    match LocalFile::open(container.path.clone()) {
        Ok(file) => read_container(container, &counter.count(file), &counter, settings, memory),
        Err(error) => {
            let message = format!("{}: cannot be read: {error}", container.display_path);
            let finding = Finding::new(FindingCode::SourceUnreadable, message);
            OpenSource { findings: vec![finding], ..OpenSource::default() }
        }
    }
}

/// Finds the logs of the container whose bytes are in `source`; `counter` counts what is read of it.
fn read_container(
    container: &ContainerFile,
    source: &Arc<dyn ReadAt>,
    counter: &ReadCounter,
    settings: &SearchSettings,
    memory: &Memory,
) -> OpenSource {
    let path = &container.display_path;
    let siblings = ImageFolder::of(&container.path, counter.clone());
    let mut contents = ContainerContents::new(settings, memory, Nesting::outermost(container.size));
    contents.other_disks =
        OtherDisks::than(&container.path, Arc::clone(&container.all_disks), counter.clone());
    contents.read(path, container.kind, &file_name(&container.path), source, &siblings);
    let counter = counter.clone();
    let used = OpenContainer { path: path.clone(), size: container.size, counter };
    contents.into_open_source(used)
}

/// Finds the logs of a container inside of another one.
fn open_nested(nested: NestedContainer, settings: &SearchSettings, memory: &Memory) -> OpenSource {
    let NestedContainer { path, name, kind, source, siblings, size, nesting, permit, origin } =
        nested;
    let counter = ReadCounter::default();
    let source = counter.count(source);
    let mut contents = ContainerContents::new(settings, memory, nesting);
    (contents.permit, contents.origin) = (permit, origin);
    contents.read(&path, kind, &name, &source, &*siblings);
    contents.into_open_source(OpenContainer { path, size, counter })
}

impl ContainerContents<'_> {
    /// Everything that was found, with the container that holds it.
    fn into_open_source(mut self, container: OpenContainer) -> OpenSource {
        let nested = self.take_nested(&container.path);
        OpenSource {
            logs: self.logs,
            findings: self.findings,
            container: Some(container),
            nested: nested.into_iter().map(PendingSource::Nested).collect(),
            _permit: self.permit,
        }
    }
}

#[cfg(test)]
mod tests;

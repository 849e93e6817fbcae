//! The other files of an image.

use super::Source;
use crate::evidence::counted::Counter;
use crate::evidence::file::FileSource;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files beside an image, by name.
pub trait Beside {
    /// Opens the file called `name`, without regard to case when there is none of that very name.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when there is none, and those of the medium.
    fn open(&self, name: &str) -> io::Result<Arc<dyn Source>>;
}

/// The folder that an image lies in.
pub(in crate::evidence) struct Folder {
    path: PathBuf,
    counter: Counter,
}

impl Folder {
    /// The folder of the file `image`; `counter` is told of what is read of the others.
    pub(in crate::evidence) fn of(image: &Path, counter: Counter) -> Folder {
        let parent = image.parent().filter(|parent| !parent.as_os_str().is_empty());
        Folder { path: parent.unwrap_or(Path::new(".")).to_owned(), counter }
    }
}

impl Beside for Folder {
    fn open(&self, name: &str) -> io::Result<Arc<dyn Source>> {
        // Nothing that leads elsewhere: neither a path nor a link nor a device.
        if name.is_empty() || name == ".." || name.contains(['/', '\\', ':', '\0']) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut path = self.path.join(name);
        if path.symlink_metadata().is_err() {
            let names = std::fs::read_dir(&self.path)?.filter_map(|entry| Some(entry.ok()?.path()));
            path = names
                .filter(|path| path.file_name().is_some_and(|own| own.eq_ignore_ascii_case(name)))
                .min()
                .ok_or(io::ErrorKind::NotFound)?;
        }
        if !path.symlink_metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "it is no regular file"));
        }
        // An image may have thousands of segments, a process only hundreds of open files.
        Ok(self.counter.over(FileSource::open(path)?.closed_between_reads()))
    }
}

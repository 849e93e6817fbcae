//! The other files of an image: segments, extents, parents.

use crate::evidence::local_file::LocalFile;
use crate::evidence::read_at::ReadAt;
use crate::evidence::read_counter::ReadCounter;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files in the same place as an image, by name.
pub(in crate::evidence) trait SiblingFiles: Send + Sync {
    /// Opens the file called `name`, in any case of its letters when there is none of that very name.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when there is none; otherwise the medium fails.
    fn open(&self, name: &str) -> io::Result<Arc<dyn ReadAt>>;
}

/// The folder of an image.
pub(in crate::evidence) struct ImageFolder {
    path: PathBuf,
    counter: ReadCounter,
}

impl ImageFolder {
    /// The folder of the file `image`; `counter` counts what is read of its other files.
    pub(in crate::evidence) fn of(image: &Path, counter: ReadCounter) -> ImageFolder {
        let parent = image.parent().filter(|parent| !parent.as_os_str().is_empty());
        ImageFolder { path: parent.unwrap_or(Path::new(".")).to_owned(), counter }
    }
}

impl SiblingFiles for ImageFolder {
    fn open(&self, name: &str) -> io::Result<Arc<dyn ReadAt>> {
        // The name must not lead elsewhere: as a path, a link or a device.
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
        Ok(self.counter.count(LocalFile::open(path)?.closed_between_reads()))
    }
}

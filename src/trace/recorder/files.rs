//! Which file a loop records in: loops of one process that name the same one follow each other in it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{self, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use thiserror::Error;

use super::picture;

/// Why no trace file could be begun: inside of the [`io::Error`] that [`Builder::build`](crate::Builder::build) gives.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// Its name does not say in which format.
    #[error("trace file {path:?}: a name that ends in {wanted} is wanted")]
    Name {
        /// The file.
        path: PathBuf,
        /// The ends there are.
        wanted: &'static str,
    },
    /// `GLASSLOOP_TRACE_KEYFRAMES` is no number.
    #[error(
        "GLASSLOOP_TRACE_KEYFRAMES={value:?}: after how many events the state is described, as a number, is wanted"
    )]
    Keyframes {
        /// What it is.
        value: String,
    },
    /// The system refuses it.
    #[error("trace file {path:?}: {problem}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        problem: io::Error,
    },
}

impl FileError {
    fn open(path: &Path, problem: io::Error) -> io::Error {
        let kind = problem.kind();
        io::Error::new(kind, FileError::Open { path: path.to_owned(), problem })
    }
}

/// Files this process has recorded in, and whether a loop does so right now.
static FILES: Mutex<BTreeMap<PathBuf, bool>> = Mutex::new(BTreeMap::new());

/// A file that no other loop of this process records in meanwhile.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) path: PathBuf,
    /// The same file under every name that leads to it without links.
    pub(super) key: PathBuf,
    /// No loop has recorded in it before.
    first: bool,
}

impl Claim {
    /// The file with this name; if another loop records in it, or it takes no more, the first of `name-2`, `name-3` and so on that is free.
    pub(super) fn to(path: &Path) -> Claim {
        let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
        let free = (1..).map(|number| numbered(path, number)).find_map(|path| {
            let key = path::absolute(&path).unwrap_or_else(|_| path.clone());
            if picture::is_full(&key) {
                return None;
            }
            let used = files.insert(key.clone(), true);
            (used != Some(true)).then(|| Claim { path, key, first: used.is_none() })
        });
        free.expect("no process has so many loops")
    }

    /// The file, empty, or as the loop before has left it.
    pub(super) fn open(&self) -> io::Result<File> {
        let Claim { path, first, .. } = self;
        let opened = if *first { File::create(path) } else { OpenOptions::new().create(true).append(true).open(path) };
        opened.map_err(|problem| FileError::open(path, problem))
    }

    /// Finds out now what would be found out when something is wrong: a file is then to be made where the path says.
    pub(super) fn check_folder(&self) -> io::Result<()> {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        folder.read_dir().map(drop).map_err(|problem| FileError::open(&self.path, problem))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
        files.insert(std::mem::take(&mut self.key), false);
    }
}

fn numbered(path: &Path, number: u64) -> PathBuf {
    match (number, path.file_stem(), path.extension()) {
        (2.., Some(stem), Some(extension)) => {
            let mut name = stem.to_owned();
            name.push(format!("-{number}."));
            name.push(extension);
            path.with_file_name(name)
        }
        _ => path.to_owned(),
    }
}

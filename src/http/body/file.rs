//! Bodies from files, read by the loop's pool of threads.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::Parts;
use crate::{ToThread, to_thread};

/// How much is read at once: the way to another thread and back should not be what it costs.
const PART: usize = 256 * 1024;

/// Opens a file; its length too, if it is a regular one.
pub(super) async fn open(path: PathBuf) -> io::Result<(File, Option<u64>)> {
    to_thread(move || {
        let file = File::open(&path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok((file, metadata.is_file().then_some(metadata.len())))
    })
    .await
}

/// A file by its path, opened when the first part is asked for.
pub(super) fn parts(path: PathBuf) -> Parts {
    Box::pin(Reading::Closed(path))
}

/// A file that is open.
pub(super) fn parts_of(file: File) -> Parts {
    Box::pin(Reading::Open(file))
}

/// A read that is under way, and the file back from it.
type BusyRead = ToThread<io::Result<(File, Vec<u8>)>>;

enum Reading {
    Closed(PathBuf),
    Open(File),
    Busy(BusyRead),
    Over,
}

impl Stream for Reading {
    type Item = io::Result<Vec<u8>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Vec<u8>>>> {
        let mut reading = match std::mem::replace(&mut *self, Reading::Over) {
            Reading::Closed(path) => to_thread(move || read(File::open(path)?)),
            Reading::Open(file) => to_thread(move || read(file)),
            Reading::Busy(reading) => reading,
            Reading::Over => return Poll::Ready(None),
        };
        let Poll::Ready(result) = Pin::new(&mut reading).poll(cx) else {
            *self = Reading::Busy(reading);
            return Poll::Pending;
        };
        Poll::Ready(match result {
            Ok((_, part)) if part.is_empty() => None,
            Ok((file, part)) => {
                *self = Reading::Open(file);
                Some(Ok(part))
            }
            Err(error) => Some(Err(error)),
        })
    }
}

fn read(mut file: File) -> io::Result<(File, Vec<u8>)> {
    let mut part = vec![0; PART];
    let count = file.read(&mut part)?;
    part.truncate(count);
    Ok((file, part))
}

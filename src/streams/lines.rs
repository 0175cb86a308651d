//! `Lines`: the lines of a reader, as a `Stream`.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use glassloop_reactor::Direction;

use super::error::ReadError;
use super::reader::{StreamReader, line};
use crate::net::Site;

/// See [`StreamReader::lines`].
#[derive(Debug)]
#[must_use = "streams do nothing unless polled"]
pub struct Lines<'r> {
    reader: &'r mut StreamReader,
    /// How far in the buffer there is no end of a line.
    searched: usize,
    has_failed: bool,
    site: Site,
}

impl<'r> Lines<'r> {
    pub(super) fn new(reader: &'r mut StreamReader, site: Site) -> Lines<'r> {
        Lines { reader, searched: 0, has_failed: false, site }
    }
}

impl Stream for Lines<'_> {
    type Item = Result<Vec<u8>, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Lines { reader, searched, has_failed, site } = &mut *self;
        if *has_failed {
            return Poll::Ready(None);
        }
        loop {
            if let Some(line) = reader.answer(|buffer, eof, limit| line(buffer, eof, limit, searched)) {
                *searched = 0;
                let is_end = line.as_ref().is_ok_and(Vec::is_empty);
                return Poll::Ready((!is_end).then_some(line));
            }
            if let Err(error) = ready!(reader.poll_fill(cx, *site)) {
                *has_failed = true;
                return Poll::Ready(Some(Err(error.into())));
            }
        }
    }
}

impl Drop for Lines<'_> {
    fn drop(&mut self) {
        self.reader.stop_waiting(Direction::Read);
    }
}

//! Bodies from readers.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_io::AsyncRead;

use super::Parts;

/// How much is read at once.
const PART: usize = 64 * 1024;

pub(super) fn parts(reader: impl AsyncRead + 'static) -> Parts {
    Box::pin(Reading { reader: Box::pin(reader), room: Vec::new() })
}

struct Reading<R> {
    reader: Pin<Box<R>>,
    /// Kept from a poll that found nothing, for the next one.
    room: Vec<u8>,
}

impl<R: AsyncRead> Stream for Reading<R> {
    type Item = io::Result<Vec<u8>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Vec<u8>>>> {
        let Reading { reader, room } = &mut *self;
        room.resize(PART, 0);
        let Poll::Ready(result) = reader.as_mut().poll_read(cx, room) else { return Poll::Pending };
        Poll::Ready(match result {
            Ok(0) => None,
            Ok(count) => {
                let mut part = std::mem::take(room);
                part.truncate(count);
                Some(Ok(part))
            }
            Err(error) => Some(Err(error)),
        })
    }
}

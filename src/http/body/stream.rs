//! Bodies from streams.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::Parts;

/// The parts of somebody's stream.
pub(super) fn parts<S, T, E>(stream: S) -> Parts
where
    S: Stream<Item = Result<T, E>> + 'static,
    T: Into<Vec<u8>>,
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    Box::pin(Converted { stream: Box::pin(stream) })
}

struct Converted<S> {
    stream: Pin<Box<S>>,
}

impl<S, T, E> Stream for Converted<S>
where
    S: Stream<Item = Result<T, E>>,
    T: Into<Vec<u8>>,
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    type Item = io::Result<Vec<u8>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Vec<u8>>>> {
        let item = self.stream.as_mut().poll_next(cx);
        item.map(|item| item.map(|item| item.map(T::into).map_err(io::Error::other)))
    }
}

/// Bytes in memory as a single part.
pub(super) fn one(bytes: Rc<Vec<u8>>) -> Parts {
    Box::pin(One(Some(bytes)))
}

struct One(Option<Rc<Vec<u8>>>);

impl Stream for One {
    type Item = io::Result<Vec<u8>>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Vec<u8>>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Rc::unwrap_or_clone(bytes))))
    }
}

//! A queue as a `Stream`.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::stream::{FusedStream, Stream};

use super::futures::Turn;
use super::{Buffer, QueueOver};

/// The items of a queue, until it is shut down and empty: see [`QueueOver::stream`].
///
/// It shares the queue with everybody else: an item goes to whoever takes it. Pending, it is in the line of those who `get`.
#[must_use = "streams do nothing unless polled"]
pub struct Items<B: Buffer> {
    pub(super) queue: QueueOver<B>,
    pub(super) turn: Turn,
}

impl<B: Buffer> Stream for Items<B> {
    type Item = B::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<B::Item>> {
        let this = &mut *self;
        this.turn.poll(&this.queue, cx).map(Result::ok)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.queue.is_shut_down().then(|| self.queue.len()))
    }
}

impl<B: Buffer> FusedStream for Items<B> {
    fn is_terminated(&self) -> bool {
        self.queue.is_shut_down() && self.queue.is_empty()
    }
}

impl<B: Buffer> Drop for Items<B> {
    fn drop(&mut self) {
        self.turn.give_up(&self.queue);
    }
}

impl<B: Buffer> fmt::Debug for Items<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Items {{ {:?} at {} }}", self.queue, self.turn.location)
    }
}

//! A body as a `Stream`.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::Response;
use crate::http::Error;

type Read = Pin<Box<dyn Future<Output = (Response, Result<Option<Vec<u8>>, Error>)>>>;

/// The parts of a body, as they arrive ([`Response::bytes_stream`]). After an error it ends.
///
/// Dropping it before its end closes the connection.
pub struct BytesStream {
    state: State,
}

enum State {
    Idle(Response),
    Reading(Read),
    Over,
}

impl BytesStream {
    pub(super) fn new(response: Response) -> BytesStream {
        BytesStream { state: State::Idle(response) }
    }
}

impl Stream for BytesStream {
    type Item = Result<Vec<u8>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut read = match std::mem::replace(&mut self.state, State::Over) {
            State::Over => return Poll::Ready(None),
            State::Reading(read) => read,
            State::Idle(mut response) => Box::pin(async move {
                let chunk = response.chunk().await;
                (response, chunk)
            }),
        };
        let Poll::Ready((response, chunk)) = read.as_mut().poll(cx) else {
            self.state = State::Reading(read);
            return Poll::Pending;
        };
        Poll::Ready(match chunk.transpose() {
            Some(Ok(chunk)) => {
                self.state = State::Idle(response);
                Some(Ok(chunk))
            }
            end => end,
        })
    }
}

impl fmt::Debug for BytesStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Idle(_) | State::Reading(_) => "BytesStream",
            State::Over => "BytesStream(over)",
        })
    }
}

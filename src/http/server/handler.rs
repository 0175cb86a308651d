//! What goes to a handler, and what comes back from it.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use ::http::Request;

use super::{Peer, RequestBody};
use crate::http::h1::RequestHead;

/// The request as a handler gets it.
pub(super) fn assemble(head: Box<RequestHead>, body: RequestBody, peer: Peer) -> Request<RequestBody> {
    let mut request = Request::new(body);
    *request.method_mut() = head.method;
    *request.uri_mut() = head.target;
    *request.version_mut() = head.version;
    *request.headers_mut() = head.headers;
    request.extensions_mut().insert(peer);
    request
}

/// What the handler answers, unless it panics.
pub(super) async fn unless_panicked<H, R>(handler: &H, request: Request<RequestBody>) -> Option<R>
where
    H: AsyncFn(Request<RequestBody>) -> R,
{
    let answer = catch_unwind(AssertUnwindSafe(|| handler(request))).ok()?;
    let mut answer = pin!(answer);
    poll_fn(|cx| {
        // The answer is not polled again after a panic, and nothing else of it is looked at.
        match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(reply)) => Poll::Ready(Some(reply)),
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}

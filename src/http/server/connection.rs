//! One connection of the server: requests in, responses out, in order.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ::http::header::{self, HeaderValue};
use ::http::{Method, Request, StatusCode, Version};

use super::handler::{assemble, unless_panicked};
use super::output::Output;
use super::reply::{ByteStream, ReplyBody, Switch};
use super::wire::{BodyState, NoRequest, Wire};
use super::{Accepted, Peer, Reply, RequestBody, Shared};
use crate::context::{self, Context as Loop};
use crate::http::Upgraded;
use crate::http::connect::{Socket, Transport};
use crate::http::h1::{self, Framing, Protocols, RequestHead};
use crate::yield_now;

/// A body of at most this size is copied behind its head; a larger one is sent from where it is.
const COPIED: usize = 16 * 1024;
/// Of a request body that nobody wants, at most this much is read to keep the connection.
const SKIPPED: u64 = 64 * 1024;

/// Answers what comes from a socket that was accepted, until either side closes. `idle` says at any time whether it may
/// be dropped without loss.
pub(super) async fn serve<H, R>(accepted: Accepted, shared: Rc<Shared>, idle: Rc<Cell<bool>>, handler: Rc<H>)
where
    H: AsyncFn(Request<RequestBody>) -> R,
    R: Into<Reply>,
{
    idle.set(true);
    let (socket, address) = accepted;
    let Some(stream) = secured(socket, &shared).await else { return };
    let certificate = stream.peer_certificate().map(Arc::from);
    let peer = Peer { address, is_tls: !matches!(stream, Transport::Plain(_)), certificate };
    ServerConnection::new(stream, peer, shared, idle).run(handler).await;
}

/// The socket with TLS on it, if the server speaks that. Of a client that cannot shake hands nobody is told.
async fn secured(socket: Socket, shared: &Shared) -> Option<Transport> {
    #[cfg(feature = "tls")]
    if let Some(tls) = &shared.settings.tls {
        // Boxed, as it is large and soon over: what waits for requests has no room for it.
        let handshake = Box::pin(tls.accept(socket));
        return crate::timeout(shared.settings.head_time, handshake).await.ok()?.ok();
    }
    let _ = shared;
    Some(Transport::Plain(socket))
}

/// A connection.
#[derive(Debug)]
struct ServerConnection {
    wire: Rc<RefCell<Wire>>,
    peer: Peer,
    shared: Rc<Shared>,
    idle: Rc<Cell<bool>>,
    /// Answers to requests that came together go together.
    output: Output,
}

/// What comes behind an exchange.
enum Then {
    Next,
    /// The last answer was sent.
    Close,
    /// The answer broke off, or nobody is there.
    Cut,
}

/// What an answer depends on.
struct Asked {
    method: Method,
    version: Version,
    keep_alive: bool,
    /// Other protocols that the client would go on with.
    offered: Option<Protocols>,
}

impl ServerConnection {
    fn new(stream: Transport, peer: Peer, shared: Rc<Shared>, idle: Rc<Cell<bool>>) -> ServerConnection {
        let wire = Rc::new(RefCell::new(Wire::new(stream, Rc::clone(&shared))));
        ServerConnection { wire, peer, shared, idle, output: Output::default() }
    }

    /// Answers requests until either side closes.
    async fn run<H, R>(mut self, handler: Rc<H>)
    where
        H: AsyncFn(Request<RequestBody>) -> R,
        R: Into<Reply>,
    {
        let mut requests = 0;
        loop {
            let number = self.wire.borrow_mut().begin();
            let then = match self.next_head().await {
                Ok(head) => {
                    requests += 1;
                    let last = requests >= self.shared.settings.requests;
                    self.exchange(head, number, last, &*handler).await
                }
                Err(NoRequest::Silence) => {
                    let _ = self.send(&[]).await; // nobody could be told of a failure
                    return;
                }
                Err(NoRequest::Refused(status)) => {
                    let (method, version) = (Method::GET, Version::HTTP_11);
                    let asked = Asked { method, version, keep_alive: false, offered: None };
                    self.respond(status.into(), &asked).await
                }
            };
            match then {
                Then::Next => {}
                Then::Close => return self.linger().await,
                Then::Cut => return,
            }
        }
    }

    async fn next_head(&mut self) -> Result<Box<RequestHead>, NoRequest> {
        poll_fn(|cx| {
            let polled = self.wire.borrow_mut().poll_head(cx);
            if polled.is_pending() && self.poll_waiting_answers(cx).is_err() {
                return Poll::Ready(Err(NoRequest::Silence));
            }
            let idle = polled.is_pending() && !self.wire.borrow().has_begun() && self.output.is_empty();
            self.idle.set(idle);
            if idle && self.shared.stop.is_cancelled() { Poll::Ready(Err(NoRequest::Silence)) } else { polled }
        })
        .await
    }

    /// One request and its response.
    async fn exchange<H, R>(&mut self, head: Box<RequestHead>, number: u64, last: bool, handler: &H) -> Then
    where
        H: AsyncFn(Request<RequestBody>) -> R,
        R: Into<Reply>,
    {
        let keep_alive = self.wire.borrow().keep_alive() && !last;
        let offered = self.wire.borrow_mut().take_offered();
        let mut asked = Asked { method: head.method.clone(), version: head.version, keep_alive, offered };
        if !matches!(self.wire.borrow().body(), BodyState::Complete) && self.send(&[]).await.is_err() {
            return Then::Cut; // whoever reads the body may have to send a `100 Continue`, behind the answers so far
        }
        let request = assemble(head, RequestBody::new(&self.wire, number), self.peer.clone());
        let reply = self.answer(handler, request).await.map(Into::into);
        asked.keep_alive &= reply.is_some();
        let mut reply: Reply = reply.unwrap_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into());
        if let Some(switch) = reply.take_switch(asked.offered.as_ref()) {
            return self.switch(switch, reply, asked).await;
        }
        match self.respond(reply, &asked).await {
            Then::Next if !self.skip_body().await => Then::Close,
            then => then,
        }
    }

    /// What the handler answers, unless it panics. Earlier answers do not wait for it, if it has to.
    async fn answer<H, R>(&mut self, handler: &H, request: Request<RequestBody>) -> Option<R>
    where
        H: AsyncFn(Request<RequestBody>) -> R,
    {
        let mut answer = pin!(unless_panicked(handler, request));
        poll_fn(|cx| {
            let polled = answer.as_mut().poll(cx);
            if polled.is_pending() {
                let _ = self.poll_waiting_answers(cx); // a failure comes back when the next answer is sent
            }
            polled
        })
        .await
    }

    /// Answers `101`, and leaves the connection to whoever speaks the other protocol. That begins behind the request,
    /// so all of this has to be here first.
    async fn switch(&mut self, switch: Box<Switch>, reply: Reply, asked: Asked) -> Then {
        if self.send(&[]).await.is_err() {
            return Then::Cut;
        }
        if !self.skip_body().await {
            let asked = Asked { keep_alive: false, ..asked };
            return self.respond(StatusCode::PAYLOAD_TOO_LARGE.into(), &asked).await;
        }
        self.wire.borrow_mut().begin_response(false);
        let head = h1::encode_response_head(&mut self.output.bytes, reply.status, &reply.headers, Framing::Empty);
        if head.is_err() || self.send(&[]).await.is_err() {
            return Then::Cut;
        }
        (switch.run)(Upgraded::server(Rc::clone(&self.wire))).await;
        Then::Close
    }

    /// Sends a response, and says whether the connection may go on.
    async fn respond(&mut self, mut reply: Reply, asked: &Asked) -> Then {
        reply.make_final(&asked.method, asked.version);
        let framing = reply.framing(&asked.method, asked.version);
        let close = !asked.keep_alive
            || reply.closes()
            || framing == Framing::UntilClose
            || self.shared.stop.is_cancelled()
            || !self.can_reach_the_next_request();
        if close {
            reply.add_close();
        }
        let before = self.output.begin(&self.shared);
        self.output.bytes.extend_from_slice(self.wire.borrow_mut().begin_response(self.body_is_wanted()));
        if self.put_head(&reply, asked.version, framing, close).is_err() {
            self.output.bytes.truncate(before);
            let _ = self.send(&[]).await;
            return Then::Cut; // a value that the types of `http` do not let through
        }
        let more = !close && self.wire.borrow().has_more();
        let sent = match reply.body {
            _ if framing == Framing::Empty => self.send_or_keep(more).await,
            ReplyBody::Whole(body) => self.send_whole(&body, framing, reply.chunk_bytes, more).await,
            ReplyBody::Stream { stream, .. } => self.send_stream(stream, framing).await,
        };
        self.output.give_back(&self.shared);
        match sent {
            Err(_) => Then::Cut,
            Ok(()) if close => Then::Close,
            Ok(()) => Then::Next,
        }
    }

    /// Whether the end of this request's body will be found, as far as can be known when its answer begins.
    fn can_reach_the_next_request(&self) -> bool {
        match self.wire.borrow().body() {
            BodyState::Complete => true,
            BodyState::Failed => false,
            BodyState::Open { .. } if self.body_is_wanted() => true,
            BodyState::Open { untold: true, .. } => false,
            BodyState::Open { remaining, .. } => remaining.is_none_or(|remaining| remaining <= SKIPPED),
        }
    }

    /// Whether somebody still holds the body: the stream that is the answer, mostly.
    fn body_is_wanted(&self) -> bool {
        Rc::strong_count(&self.wire) > 1
    }

    fn put_head(
        &mut self,
        reply: &Reply,
        version: Version,
        framing: Framing,
        close: bool,
    ) -> Result<(), h1::EncodeError> {
        let connection = match close {
            true => Some(HeaderValue::from_static("close")),
            false => (version == Version::HTTP_10).then(|| HeaderValue::from_static("keep-alive")),
        };
        let defaults = [(header::CONNECTION, connection), (header::DATE, self.shared.clock.now())];
        let defaults = defaults.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        h1::encode_response_head_with(&mut self.output.bytes, reply.status, &reply.headers, defaults, framing)
    }

    async fn send_whole(
        &mut self,
        body: &[u8],
        framing: Framing,
        chunk_bytes: Option<usize>,
        more: bool,
    ) -> io::Result<()> {
        if framing == Framing::Chunked {
            for chunk in body.chunks(chunk_bytes.unwrap_or(COPIED)) {
                h1::encode_chunk(&mut self.output.bytes, chunk);
            }
            h1::encode_last_chunk(&mut self.output.bytes);
        } else if body.len() > COPIED {
            return self.send(body).await;
        } else {
            self.output.bytes.extend_from_slice(body);
        }
        self.send_or_keep(more).await
    }

    /// The answer is whole: sends it, unless more requests are here already (perhaps), whose answers can go with it.
    async fn send_or_keep(&mut self, more: bool) -> io::Result<()> {
        if !more || self.output.bytes.len() >= COPIED {
            return self.send(&[]).await;
        }
        // Neither the request nor the answer asks the system for anything: so it is counted here, and others have their turn too.
        if context::try_look(Loop::spend_budget) == Some(false) {
            yield_now().await;
        }
        Ok(())
    }

    /// Sends what the stream gives: as much at once as it has, and no more than the client takes.
    async fn send_stream(&mut self, mut stream: ByteStream, framing: Framing) -> io::Result<()> {
        let mut left = match framing {
            Framing::Length(length) => length,
            _ => u64::MAX,
        };
        loop {
            let has_output = !self.output.is_empty();
            let next = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| stream.as_mut().poll_next(cx))) {
                Ok(Poll::Ready(item)) => Poll::Ready(Some(item)),
                Ok(Poll::Pending) if has_output => Poll::Ready(None),
                Ok(Poll::Pending) => Poll::Pending,
                Err(_) => Poll::Ready(Some(Some(Err(io::Error::other("the stream panicked"))))),
            });
            let Some(item) = next.await else {
                self.send(&[]).await?;
                continue;
            };
            let Some(chunk) = item.transpose()? else { break };
            let wrong_length = || io::Error::other("the stream does not have the length that was announced");
            left = left.checked_sub(chunk.len() as u64).ok_or_else(wrong_length)?;
            match framing {
                Framing::Chunked => h1::encode_chunk(&mut self.output.bytes, &chunk),
                _ => self.output.bytes.extend_from_slice(&chunk),
            }
            if self.output.bytes.len() >= COPIED {
                self.send(&[]).await?;
            }
        }
        match framing {
            Framing::Chunked => h1::encode_last_chunk(&mut self.output.bytes),
            Framing::Length(_) if left > 0 => {
                return Err(io::Error::other("the stream is shorter than was announced"));
            }
            _ => {}
        }
        self.send(&[]).await
    }

    /// Writes what was put out, and these bytes behind it, in one piece.
    async fn send(&mut self, behind: &[u8]) -> io::Result<()> {
        poll_fn(|cx| self.output.poll_send(cx, &self.wire, behind)).await
    }

    /// For who has to wait: the answers that were held back so far must not.
    fn poll_waiting_answers(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if !self.output.is_empty()
            && let Poll::Ready(sent) = self.output.poll_send(cx, &self.wire, &[])
        {
            self.output.give_back(&self.shared);
            return sent;
        }
        Ok(())
    }

    /// Reads what is left of the request's body, if it is little. Whether its end was found.
    async fn skip_body(&mut self) -> bool {
        let number = self.wire.borrow_mut().take_over();
        let mut skipped = 0;
        while self.wire.borrow().body() != BodyState::Complete {
            let mut chunk = Vec::new();
            let read = poll_fn(|cx| self.wire.borrow_mut().poll_body(cx, number, &mut chunk)).await;
            skipped += chunk.len() as u64;
            if read.is_err() || skipped > SKIPPED {
                return false;
            }
        }
        true
    }

    /// Closes, though the client may still be sending: first only our half, as a close with unread
    /// bytes would reset the connection, and the reset may overtake the response (RFC 9112 §9.6).
    async fn linger(&mut self) {
        const LONGEST: Duration = Duration::from_secs(1);
        const MOST: usize = 1024 * 1024;
        self.wire.borrow_mut().begin(); // who still holds the body reads no longer
        let drain = async {
            if poll_fn(|cx| self.wire.borrow_mut().poll_end_writing(cx)).await.is_err() {
                return;
            }
            let mut drained = 0;
            while drained < MOST {
                match poll_fn(|cx| self.wire.borrow_mut().poll_discard(cx)).await {
                    Ok(0) | Err(_) => return,
                    Ok(count) => drained += count,
                }
            }
        };
        // Whether the client closed or the time is over: the connection ends here.
        let _ = crate::timeout(LONGEST, drain).await;
    }
}

impl Drop for ServerConnection {
    fn drop(&mut self) {
        if self.body_is_wanted() {
            self.wire.borrow_mut().abandon();
        }
    }
}

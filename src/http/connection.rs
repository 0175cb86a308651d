//! One connection of the client: moves bytes between the transport and the codec.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use ::http::{Method, StatusCode};

use super::buffer::ReadBuffer;
use super::connect::Transport;
use super::deadlines::{ByteWait, Deadlines};
use super::events::{EventKind, Watch};
use super::h1::{self, Limits, ResponseEvent, ResponseHead, ResponseReader};

mod failure;
mod sending;

pub(super) use failure::Failure;
use sending::Sending;
pub(super) use sending::{Head, Outgoing};

/// A connection, and the exchange that it is in.
///
/// Sending goes on whenever anything is received, so a server may answer before it has read the
/// whole request, and neither side waits for the other with full buffers.
#[derive(Debug)]
pub(super) struct Connection {
    transport: Transport,
    received: ReadBuffer,
    exchange: Exchange,
}

#[derive(Debug)]
struct Exchange {
    sending: Sending,
    reader: ResponseReader,
    deadlines: Deadlines,
    watch: Watch,
    /// A byte of the response has arrived.
    answered: bool,
    /// The final head, when it has arrived, until it is taken.
    head: Option<ResponseHead>,
    has_head: bool,
    /// We told the server that this is the last request.
    closes: bool,
}

impl Connection {
    /// A connection that no request has been sent on.
    pub(super) fn new(transport: Transport) -> Connection {
        let exchange = Exchange {
            sending: Sending::nothing(),
            reader: ResponseReader::new(&Method::GET, Limits::default()),
            deadlines: Deadlines::none(),
            watch: Watch::default(),
            answered: false,
            head: None,
            has_head: false,
            closes: true,
        };
        Connection { transport, received: ReadBuffer::default(), exchange }
    }

    /// Begins an exchange; [`Connection::read_head`] drives it.
    #[inline]
    pub(super) fn begin(
        &mut self,
        method: &Method,
        outgoing: Outgoing,
        limits: &Limits,
        deadlines: &Deadlines,
        watch: &Watch,
    ) {
        let Outgoing { head, body, expects_continue, closes, offered } = outgoing;
        self.exchange = Exchange {
            reader: ResponseReader::new(method, *limits).offering(offered),
            sending: Sending::new(head, body, expects_continue),
            deadlines: *deadlines,
            watch: watch.clone(),
            answered: false,
            head: None,
            has_head: false,
            closes,
        };
    }

    /// Sends the request and reads the head of the final response; interim ones are dropped.
    ///
    /// # Cancel safety
    /// It may be called again after a drop: what was sent and received so far is kept.
    pub(super) async fn read_head(&mut self) -> Result<(), Failure> {
        if self.received.is_empty() {
            self.receive().await?;
        }
        while !self.find_head()? {
            self.receive().await?;
        }
        Ok(())
    }

    /// Looks for the final head in what was received; `false`: there is not enough of it yet.
    #[inline]
    fn find_head(&mut self) -> Result<bool, Failure> {
        let exchange = &mut self.exchange;
        loop {
            let step = exchange.reader.next(self.received.unread())?;
            self.received.consume(step.consumed);
            match step.event {
                ResponseEvent::Head(head) => {
                    if head.status == StatusCode::SWITCHING_PROTOCOLS && !exchange.sending.is_done() {
                        return Err(h1::Error::EarlyUpgrade.into());
                    }
                    exchange.has_head = true;
                    exchange.sending.answered();
                    exchange.watch.tell(EventKind::Head { status: head.status });
                    exchange.head = Some(head);
                    return Ok(true);
                }
                ResponseEvent::NeedMore => return Ok(false),
                ResponseEvent::Interim(head) if head.status == StatusCode::CONTINUE => {
                    exchange.sending.go_on(&exchange.watch);
                }
                ResponseEvent::Interim(_) => {}
                ResponseEvent::Data(_) | ResponseEvent::End => {
                    unreachable!("the head comes before the body")
                }
            }
        }
    }

    /// The head of the response, between [`Connection::read_head`] and [`Connection::take_head`].
    pub(super) fn head(&self) -> &ResponseHead {
        self.exchange.head.as_ref().expect("it was read, and not taken yet")
    }

    /// The head of the response, for who keeps it.
    pub(super) fn take_head(&mut self) -> ResponseHead {
        self.exchange.head.take().expect("it was read, and not taken yet")
    }

    /// Appends what comes next of the body to `sink`: at least one byte, unless it is complete.
    ///
    /// Cancel-safe: bytes are taken and handed over without an await between.
    pub(super) async fn read_body(&mut self, sink: &mut Vec<u8>) -> Result<(), Failure> {
        let before = sink.len();
        while !self.exchange.reader.is_complete() {
            let step = self.exchange.reader.next(self.received.unread())?;
            if let ResponseEvent::Data(range) = &step.event {
                sink.extend_from_slice(&self.received.unread()[range.clone()]);
            }
            self.received.consume(step.consumed);
            match step.event {
                ResponseEvent::NeedMore if sink.len() > before => break,
                ResponseEvent::NeedMore => self.receive().await?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Waits until something was received (or the end of the stream was), sending meanwhile.
    async fn receive(&mut self) -> Result<(), Failure> {
        let mut wait = ByteWait::default();
        poll_fn(|cx| self.poll_exchange(cx, &mut wait)).await
    }

    fn poll_exchange(&mut self, cx: &mut Context<'_>, wait: &mut ByteWait) -> Poll<Result<(), Failure>> {
        let exchange = &mut self.exchange;
        if exchange.sending.poll(cx, &mut self.transport, &exchange.watch)? {
            wait.renew(&exchange.deadlines);
        }
        match self.received.poll_fill(cx, &mut self.transport) {
            Poll::Pending => wait.poll(cx, &exchange.deadlines).map(|overrun| Err(Failure::TimedOut(overrun))),
            Poll::Ready(Ok(0)) => Poll::Ready(self.closed()),
            Poll::Ready(Ok(_)) => {
                if !exchange.answered {
                    exchange.answered = true;
                    exchange.watch.tell(EventKind::FirstByte);
                }
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.broken(error))),
        }
    }

    /// The server has closed: is the response complete?
    fn closed(&mut self) -> Result<(), Failure> {
        let exchange = &mut self.exchange;
        exchange.reader.closed(self.received.unread()).map_err(|error| match exchange.sending.take_error() {
            Some(send_error) if !exchange.answered => Failure::Io(send_error),
            _ => Failure::Protocol(error),
        })
    }

    /// The transport has failed; if sending had failed before, that is why.
    fn broken(&mut self, error: io::Error) -> Failure {
        match self.exchange.sending.take_error() {
            Some(send_error) => Failure::Io(send_error),
            // TLS that ends without its goodbye may have been cut by anybody.
            None if error.kind() == io::ErrorKind::UnexpectedEof => Failure::Protocol(match self.exchange.has_head {
                true => h1::Error::ClosedInBody,
                false => h1::Error::ClosedInHead,
            }),
            None => Failure::Io(error),
        }
    }

    /// For work that takes its time without waiting: whether the total limit still leaves any.
    pub(super) fn check_time(&self) -> Result<(), Failure> {
        self.exchange.deadlines.check_total().map_err(Failure::TimedOut)
    }

    /// Whether any byte of the response has arrived.
    pub(super) fn answered(&self) -> bool {
        self.exchange.answered
    }

    /// The state of the response.
    pub(super) fn reader(&self) -> &ResponseReader {
        &self.exchange.reader
    }

    /// Whether nothing is left of the exchange: the response was framed and read to its exact end
    /// with nothing behind it, the whole request was sent, and neither side said that it closes.
    pub(super) fn can_reuse(&self) -> bool {
        let Exchange { reader, sending, closes, .. } = &self.exchange;
        reader.can_reuse() && self.received.is_empty() && sending.is_done() && !closes
    }

    /// For who goes on with another protocol: what was received of that already, and the transport.
    pub(super) fn parts(&mut self) -> (&mut ReadBuffer, &mut Transport) {
        (&mut self.received, &mut self.transport)
    }

    /// The exchange is over: lets go of what belonged to it.
    pub(super) fn rest(&mut self) {
        self.exchange.sending.rest();
        self.exchange.watch = Watch::default();
    }

    /// Memory for the head of the next request.
    pub(super) fn take_memory(&mut self) -> Vec<u8> {
        self.exchange.sending.take_memory()
    }

    /// Whether the last read has emptied the socket.
    pub(super) fn was_drained(&self) -> bool {
        self.received.was_drained() && self.transport.says_when_drained()
    }

    /// Whether the idle connection is as it was left. A server that closed it, or that sent
    /// something unasked, has made it useless.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.transport.is_quiet()
    }
}

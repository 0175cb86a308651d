//! One connection of the client: moves bytes between the socket and the codec.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use ::http::Method;
use futures_io::AsyncWrite;

use super::buffer::ReadBuffer;
use super::h1::{self, Limits, ResponseEvent, ResponseHead, ResponseReader};
use super::origin::Origin;
use crate::net::TcpStream;

/// A request as it goes over the wire. Shared, so that it can be sent once more.
pub(super) struct Message {
    /// The head, and the body too if it is small: most requests are one write.
    pub(super) head: Vec<u8>,
    /// The rest of the body.
    pub(super) body: Vec<u8>,
}

/// Says how much there is, not what: a head may hold credentials.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} + {} bytes)", self.head.len(), self.body.len())
    }
}

/// Why an exchange failed.
#[derive(Debug)]
pub(super) enum Failure {
    Io(io::Error),
    Protocol(h1::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Io(error)
    }
}

impl From<h1::Error> for Failure {
    fn from(error: h1::Error) -> Failure {
        Failure::Protocol(error)
    }
}

/// A connection, and the exchange that it is in.
///
/// Sending goes on whenever anything is received, so a server may answer before it has read the
/// whole request, and neither side waits for the other with full buffers.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    received: ReadBuffer,
    exchange: Exchange,
}

#[derive(Debug)]
struct Exchange {
    message: Option<Rc<Message>>,
    sent: usize,
    send_error: Option<io::Error>,
    reader: ResponseReader,
    /// A byte of the response has arrived.
    answered: bool,
    /// We told the server that this is the last request.
    closes: bool,
}

impl Exchange {
    fn new(message: Option<Rc<Message>>, method: &Method, limits: Limits, closes: bool) -> Exchange {
        Exchange {
            message,
            sent: 0,
            send_error: None,
            reader: ResponseReader::new(method, limits),
            answered: false,
            closes,
        }
    }

    fn unsent(&self) -> &[u8] {
        let Some(message) = &self.message else { return &[] };
        match self.sent.checked_sub(message.head.len()) {
            None => &message.head[self.sent..],
            Some(sent) => &message.body[sent..],
        }
    }
}

impl Connection {
    /// Connects.
    pub(super) async fn open(origin: &Origin) -> io::Result<Connection> {
        let stream = TcpStream::connect(origin.address()).await?;
        let exchange = Exchange::new(None, &Method::GET, Limits::default(), true);
        Ok(Connection { stream, received: ReadBuffer::default(), exchange })
    }

    /// Begins an exchange; [`Connection::read_head`] drives it.
    pub(super) fn begin(&mut self, message: Rc<Message>, method: &Method, limits: Limits, closes: bool) {
        self.exchange = Exchange::new(Some(message), method, limits, closes);
    }

    /// Sends the request and reads the head of the final response; interim ones are dropped.
    pub(super) async fn read_head(&mut self) -> Result<ResponseHead, Failure> {
        loop {
            let step = self.exchange.reader.next(self.received.unread())?;
            self.received.consume(step.consumed);
            match step.event {
                ResponseEvent::Head(head) => return Ok(head),
                ResponseEvent::NeedMore => self.receive().await?,
                ResponseEvent::Interim(_) => {}
                ResponseEvent::Data(_) | ResponseEvent::End => {
                    unreachable!("the head comes before the body")
                }
            }
        }
    }

    /// Appends what comes next of the body to `sink`: at least one byte, unless it is complete.
    ///
    /// Cancel-safe: bytes are taken and handed over without an await between.
    pub(super) async fn read_body(&mut self, sink: &mut Vec<u8>) -> Result<(), Failure> {
        let before = sink.len();
        loop {
            let step = self.exchange.reader.next(self.received.unread())?;
            if let ResponseEvent::Data(range) = &step.event {
                sink.extend_from_slice(&self.received.unread()[range.clone()]);
            }
            self.received.consume(step.consumed);
            match step.event {
                ResponseEvent::End => return Ok(()),
                ResponseEvent::NeedMore if sink.len() > before => return Ok(()),
                ResponseEvent::NeedMore => self.receive().await?,
                _ => {}
            }
        }
    }

    /// Waits until something was received (or the end of the stream was), sending meanwhile.
    async fn receive(&mut self) -> Result<(), Failure> {
        poll_fn(|cx| self.poll_receive(cx)).await
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.poll_send(cx);
        let count = match self.received.poll_fill(cx, &mut self.stream) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(result) => result.map_err(|error| self.send_error_or(error))?,
        };
        if count > 0 {
            self.exchange.answered = true;
            return Poll::Ready(Ok(()));
        }
        let result = self.exchange.reader.closed(self.received.unread());
        Poll::Ready(result.map_err(|error| match self.exchange.send_error.take() {
            Some(send_error) if !self.exchange.answered => Failure::Io(send_error),
            _ => Failure::Protocol(error),
        }))
    }

    /// Sends what the socket takes. A failure is kept for later: the server may have said why it
    /// closed, and that answer is worth more than ours.
    fn poll_send(&mut self, cx: &mut Context<'_>) {
        while self.exchange.send_error.is_none() && !self.exchange.unsent().is_empty() {
            match Pin::new(&mut self.stream).poll_write(cx, self.exchange.unsent()) {
                Poll::Ready(Ok(0)) => {
                    self.exchange.send_error = Some(io::ErrorKind::WriteZero.into());
                }
                Poll::Ready(Ok(count)) => self.exchange.sent += count,
                Poll::Ready(Err(error)) => self.exchange.send_error = Some(error),
                Poll::Pending => return,
            }
        }
    }

    fn send_error_or(&mut self, error: io::Error) -> Failure {
        Failure::Io(self.exchange.send_error.take().unwrap_or(error))
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
        self.exchange.reader.can_reuse()
            && self.received.is_empty()
            && self.exchange.unsent().is_empty()
            && self.exchange.send_error.is_none()
            && !self.exchange.closes
    }

    /// Whether the idle connection is as it was left. A server that closed it, or that sent
    /// something unasked, has made it useless.
    pub(super) fn is_quiet(&mut self) -> bool {
        let probe = self.stream.try_read(&mut [0]);
        matches!(probe, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

//! The sending side of an exchange: the head, then the body, no faster than the server takes them.

use std::fmt;
use std::io;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_io::AsyncWrite;

use super::Failure;
use crate::Sleep;
use crate::http::body::{Parts, Source};
use crate::http::connect::Transport;
use crate::http::events::{EventKind, Watch};
use crate::http::h1::{Framing, Protocols, encode_chunk, encode_last_chunk};

/// How long `Expect: 100-continue` waits for a server that may never have heard of it.
const PATIENCE: Duration = Duration::from_secs(1);

/// The memory of a longer head (or of one with a body behind it) is not kept while a connection idles.
const LONG_HEAD: usize = 4 * 1024;

/// A request as it goes over the wire.
#[derive(Debug)]
pub(in crate::http) struct Outgoing {
    /// The head, and the body too if it is small: most requests are one write.
    pub(in crate::http) head: Head,
    /// What is not behind the head yet.
    pub(in crate::http) body: Source,
    /// The head says `Expect: 100-continue`: the body waits for the server's word.
    pub(in crate::http) expects_continue: bool,
    /// The head says `Connection: close`.
    pub(in crate::http) closes: bool,
    /// The other protocols that the head offers to go on with.
    pub(in crate::http) offered: Option<Protocols>,
}

/// An encoded head. What it holds is not for everybody to see.
pub(in crate::http) struct Head(pub(in crate::http) Vec<u8>);

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Head({} bytes)", self.0.len())
    }
}

/// What of a request is still to be sent.
#[derive(Debug)]
pub(super) struct Sending {
    stage: Stage,
    /// When it was sent, its memory is left for the next one.
    head: Head,
    /// Of the stage's bytes, how many were sent.
    sent: usize,
    /// What comes behind the head, until its turn.
    body: Option<Source>,
    expects_continue: bool,
    /// Why nothing more can be sent. It is kept for later: the server may have said why it closed, and that answer is
    /// worth more than ours.
    error: Option<io::Error>,
}

enum Stage {
    Head,
    /// The body is held back until the server says `100 Continue`, or has been silent for long enough.
    Held(Sleep),
    Memory(Rc<Vec<u8>>),
    Streaming(Box<Streaming>),
    Done,
    /// The body will not be sent: the server has answered without it.
    Abandoned,
}

/// A body that comes in parts.
struct Streaming {
    parts: Parts,
    /// How many bytes were promised and have not come; `None`: they go in chunks.
    missing: Option<u64>,
    /// The part that is being sent, with its framing.
    part: Vec<u8>,
    ended: bool,
}

impl Sending {
    pub(super) fn new(head: Head, body: Source, expects_continue: bool) -> Sending {
        Sending { stage: Stage::Head, head, sent: 0, body: Some(body), expects_continue, error: None }
    }

    /// Of a connection that has sent nothing yet.
    pub(super) fn nothing() -> Sending {
        Sending { stage: Stage::Done, ..Sending::new(Head(Vec::new()), Source::Nothing, false) }
    }

    /// All was sent: lets go of what a connection that idles has no use for.
    pub(super) fn rest(&mut self) {
        if self.head.0.capacity() > LONG_HEAD {
            self.head.0 = Vec::new();
        }
    }

    /// The memory of the head that was sent.
    pub(super) fn take_memory(&mut self) -> Vec<u8> {
        let mut memory = mem::take(&mut self.head.0);
        memory.clear();
        memory
    }

    /// Whether the whole request has gone to the transport.
    pub(super) fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done) && self.error.is_none()
    }

    pub(super) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// The server said `100 Continue`.
    pub(super) fn go_on(&mut self, watch: &Watch) {
        self.expects_continue = false;
        if let Stage::Held(_) = self.stage {
            self.begin_body(watch);
        }
    }

    /// The server has answered: a body that it did not ask for stays here.
    pub(super) fn answered(&mut self) {
        if let Stage::Held(_) = self.stage {
            self.stage = Stage::Abandoned;
        }
    }

    /// Sends what the transport takes; says whether that was anything. The error of the transport is kept, that of the
    /// body is not.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        transport: &mut Transport,
        watch: &Watch,
    ) -> Result<bool, Failure> {
        let mut moved = false;
        while self.error.is_none() {
            let bytes = self.stage.bytes(&self.head);
            if self.sent < bytes.len() {
                match Pin::new(&mut *transport).poll_write(cx, &bytes[self.sent..]) {
                    Poll::Pending => break,
                    Poll::Ready(Ok(0)) => self.error = Some(io::ErrorKind::WriteZero.into()),
                    Poll::Ready(Ok(count)) => {
                        self.sent += count;
                        moved = true;
                    }
                    Poll::Ready(Err(error)) => self.error = Some(error),
                }
            } else {
                match self.poll_next_bytes(cx, watch) {
                    Poll::Pending => break,
                    Poll::Ready(result) => result.map_err(Failure::Body)?,
                }
            }
        }
        // Nobody else would send what TLS still holds.
        if let Poll::Ready(Err(error)) = transport.poll_send_held_back(cx) {
            self.error.get_or_insert(error);
        }
        Ok(moved)
    }

    /// The stage's bytes were sent: sees to the next ones. Pending also when there will be none.
    fn poll_next_bytes(&mut self, cx: &mut Context<'_>, watch: &Watch) -> Poll<io::Result<()>> {
        match &mut self.stage {
            Stage::Done | Stage::Abandoned => return Poll::Pending,
            Stage::Head if self.expects_continue => self.stage = Stage::Held(crate::sleep(PATIENCE)),
            Stage::Head => self.begin_body(watch),
            Stage::Held(patience) => {
                ready!(Pin::new(patience).poll(cx));
                self.begin_body(watch);
            }
            Stage::Streaming(streaming) if !streaming.ended => {
                ready!(streaming.poll_next(cx))?;
                self.sent = 0;
            }
            Stage::Memory(_) | Stage::Streaming(_) => {
                self.stage = Stage::Done;
                self.sent = 0;
                watch.tell(EventKind::Sent);
            }
        }
        Poll::Ready(Ok(()))
    }

    fn begin_body(&mut self, watch: &Watch) {
        self.sent = 0;
        self.stage = match self.body.take() {
            None | Some(Source::Nothing) => {
                watch.tell(EventKind::Sent);
                Stage::Done
            }
            Some(Source::Bytes(bytes)) => Stage::Memory(bytes),
            Some(Source::Parts { parts, framing }) => {
                let missing = match framing {
                    Framing::Length(length) => Some(length),
                    _ => None,
                };
                Stage::Streaming(Box::new(Streaming { parts, missing, part: Vec::new(), ended: false }))
            }
        };
    }
}

impl Stage {
    /// What the stage has to send, sent or not.
    fn bytes<'a>(&'a self, head: &'a Head) -> &'a [u8] {
        match self {
            Stage::Head => &head.0,
            Stage::Memory(bytes) => bytes,
            Stage::Streaming(streaming) => &streaming.part,
            Stage::Held(_) | Stage::Done | Stage::Abandoned => &[],
        }
    }
}

impl Streaming {
    /// Makes the next part ready to be sent.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let next = ready!(self.parts.as_mut().poll_next(cx)).transpose()?;
        self.part.clear();
        match (next, &mut self.missing) {
            (Some(data), None) => encode_chunk(&mut self.part, &data),
            (None, None) => {
                encode_last_chunk(&mut self.part);
                self.ended = true;
            }
            (Some(data), Some(missing)) => {
                *missing = missing.checked_sub(data.len() as u64).ok_or_else(too_long)?;
                self.part = data;
            }
            (None, Some(0)) => self.ended = true,
            (None, Some(missing)) => return Poll::Ready(Err(too_short(*missing))),
        }
        Poll::Ready(Ok(()))
    }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the body is longer than promised")
}

fn too_short(missing: u64) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, format!("the body ended {missing} bytes before its promised length"))
}

/// Says where it stands, not what is sent.
impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Head => "Head",
            Stage::Held(_) => "Held",
            Stage::Memory(_) => "Memory",
            Stage::Streaming(_) => "Streaming",
            Stage::Done => "Done",
            Stage::Abandoned => "Abandoned",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_head_is_kept_unless_it_was_a_long_one() {
        for (length, kept) in [(LONG_HEAD, LONG_HEAD), (LONG_HEAD + 1, 0)] {
            let mut sending = Sending::new(Head(vec![b'x'; length]), Source::Nothing, false);
            sending.rest();
            let memory = sending.take_memory();
            assert_eq!((memory.len(), memory.capacity()), (0, kept), "{length}");
        }
    }
}

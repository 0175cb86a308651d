//! The pipes to and from a child process.

use std::io;
use std::process::{ChildStderr, ChildStdin, ChildStdout};
use std::task::{Context, Poll, ready};

use glassloop_reactor::{Direction, Reactor, Source};
use mio::unix::pipe::{Receiver, Sender};

use crate::net::{Site, may_try};
use crate::streams::{Connection, Peer, StreamReader, StreamWriter, Transport};

/// The end that we write to; closed by dropping it.
struct Writing(Option<Source<Sender>>);

/// The end that we read from.
struct Reading(Source<Receiver>);

pub(super) fn writer(reactor: &Reactor, stdin: ChildStdin, name: String) -> io::Result<StreamWriter> {
    let pipe = Sender::from(stdin);
    pipe.set_nonblocking(true)?;
    let transport = Writing(Some(Source::new(reactor, pipe, "pipe")?));
    Ok(StreamWriter::on(Connection::new(transport, Peer::Named(name), None)))
}

pub(super) fn reader(reactor: &Reactor, pipe: impl Into<Output>, name: String) -> io::Result<StreamReader> {
    let Output(pipe) = pipe.into();
    pipe.set_nonblocking(true)?;
    let transport = Reading(Source::new_readable(reactor, pipe, "pipe")?);
    Ok(StreamReader::on(Connection::new(transport, Peer::Named(name), None)))
}

/// stdout or stderr.
pub(super) struct Output(Receiver);

impl From<ChildStdout> for Output {
    fn from(pipe: ChildStdout) -> Output {
        Output(pipe.into())
    }
}

impl From<ChildStderr> for Output {
    fn from(pipe: ChildStderr) -> Output {
        Output(pipe.into())
    }
}

impl Transport for Writing {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8], site: Site) -> Poll<io::Result<usize>> {
        let Some(pipe) = &self.0 else { return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())) };
        ready!(may_try(pipe, cx))?;
        pipe.poll_write(|| site.wait(cx), buf)
    }

    fn poll_finish(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0 = None;
        Poll::Ready(Ok(()))
    }

    fn stop_waiting(&self, direction: Direction) {
        if let Some(pipe) = &self.0 {
            pipe.stop_waiting(direction);
        }
    }
}

impl Transport for Reading {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8], site: Site) -> Poll<io::Result<usize>> {
        ready!(may_try(&self.0, cx))?;
        self.0.poll_read(|| site.wait(cx), buf)
    }

    fn stop_waiting(&self, direction: Direction) {
        self.0.stop_waiting(direction);
    }
}

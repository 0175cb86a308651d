//! What the limits over sockets are made of: one loop over epoll, without tasks. A connection does what it can whenever it is ready, and no more.

use std::io::{self, Write};
use std::net::TcpStream as StdStream;
use std::sync::atomic::{AtomicU64, Ordering};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

const LISTENER: Token = Token(usize::MAX - 1);

/// Serves everybody who comes. `go_on` reads and writes; it says whether the other side is still there.
pub(super) fn serve<C>(
    mut listener: TcpListener,
    connection: impl Fn(TcpStream) -> C,
    mut go_on: impl FnMut(&mut C) -> io::Result<bool>,
) -> io::Result<()> {
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut connections: Vec<Option<C>> = Vec::new();
    let mut events = Events::with_capacity(1024);
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((mut stream, _)) = listener.accept() {
                    let both = Interest::READABLE | Interest::WRITABLE;
                    poll.registry().register(&mut stream, Token(connections.len()), both)?;
                    connections.push(Some(connection(stream)));
                }
                continue;
            }
            let slot = &mut connections[event.token().0];
            let there = slot.as_mut().is_none_or(|connection| go_on(connection).unwrap_or(false));
            if !there {
                *slot = None;
            }
        }
    }
}

/// Asks on each of these streams, and again whenever it has its answer. `go_on` reads, and asks again; it says whether an answer was complete.
pub(super) fn ask_for_ever<C>(
    streams: Vec<StdStream>,
    question: &[u8],
    client: impl Fn(TcpStream) -> C,
    mut go_on: impl FnMut(&mut C) -> io::Result<bool>,
    answered: &AtomicU64,
) -> io::Result<()> {
    let mut poll = Poll::new()?;
    let mut clients = Vec::new();
    for stream in streams {
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(clients.len()), Interest::READABLE)?;
        stream.write_all(question)?;
        clients.push(client(stream));
    }
    let mut events = Events::with_capacity(1024);
    loop {
        poll.poll(&mut events, None)?;
        let mut complete = 0;
        for event in &events {
            complete += u64::from(go_on(&mut clients[event.token().0])?);
        }
        answered.fetch_add(complete, Ordering::Relaxed);
    }
}

/// What a read gave, if there was anything to be read.
///
/// # Errors
/// Also when the other side has ended.
pub(super) fn if_there(read: io::Result<usize>) -> io::Result<usize> {
    match read {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        read => read,
    }
}

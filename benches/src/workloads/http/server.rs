//! The server that all clients ask: epoll, a read and a write, in one loop, without tasks. It answers before anybody could who reads what
//! it is asked: `GET /stream` is a long body, anything else a short one.
//!
//! It is also the limit of `http_server_hello`.

use std::io::{self, Read, Write};
use std::net::SocketAddr;

use mio::net::{TcpListener, TcpStream};

use super::{LONG, SHORT};
use crate::workloads::epoll;
use crate::workloads::opposite::{self, Answer};

/// A server on a thread of its own, with short bodies as long as the clients expect. Gives its address.
pub(in crate::workloads) fn start(_: &[String]) -> io::Result<Answer> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = listener.local_addr()?;
    opposite::go_on_for_ever("the HTTP server", move || serve(listener, &"x".repeat(SHORT)));
    Ok(Box::new(move || address.to_string()))
}

/// Serves everybody who comes.
pub(super) fn serve(listener: TcpListener, body: &str) -> io::Result<()> {
    let short = [head(body.len()), body.as_bytes().to_vec()].concat();
    let piece = vec![b'x'; 256 * 1024];
    let connection = |stream| Connection { stream, received: [0; 4096], length: 0, owed: 0 };
    epoll::serve(listener, connection, |connection| connection.go_on(&short, &piece))
}

/// As a server in use would say it.
fn head(length: usize) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nserver: hand-written\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\n\
        content-type: text/plain; charset=utf-8\r\ncontent-length: {length}\r\n\r\n"
    )
    .into_bytes()
}

struct Connection {
    stream: TcpStream,
    received: [u8; 4096],
    length: usize,
    /// Bytes of a long body that are still to be sent.
    owed: usize,
}

impl Connection {
    /// Writes what it owes, then reads. Says whether the other side is still there.
    fn go_on(&mut self, short: &[u8], piece: &[u8]) -> io::Result<bool> {
        while self.owed > 0 {
            match self.stream.write(&piece[..piece.len().min(self.owed)]) {
                Ok(length) => self.owed -= length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            }
        }
        self.length += epoll::if_there(self.stream.read(&mut self.received[self.length..]))?;
        // A request has no body here, and nobody sends a second one before the answer: what ends so is one request.
        let request = &self.received[..self.length];
        if !request.ends_with(b"\r\n\r\n") {
            return Ok(self.length < self.received.len());
        }
        self.length = 0;
        if !request.starts_with(b"GET /stream ") {
            // It is smaller than any socket's buffer.
            self.stream.write_all(short)?;
            return Ok(true);
        }
        self.stream.write_all(&head(LONG))?;
        self.owed = LONG;
        self.go_on(short, piece)
    }
}

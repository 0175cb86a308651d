//! The client that no client can beat: epoll, one write of a request that was ready before, and reads until the length is in. It looks at the
//! first answer of all, and expects every other one to be as long.
//!
//! It is the limit of `http_get_*`, and asks the servers of `http_server_hello`, from a process of its own.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream as StdStream};
use std::sync::atomic::{AtomicU64, Ordering};

use mio::net::TcpStream;

use crate::workloads::epoll;
use crate::workloads::opposite::{self, Answer};

/// Asks a server with so many connections, on a thread of its own. Gives the number of requests answered so far.
pub(in crate::workloads) fn start(arguments: &[String]) -> io::Result<Answer> {
    let [server, connections] = arguments else { return Err(io::Error::other("two arguments are needed")) };
    let server = server.parse().map_err(io::Error::other)?;
    let connections = connections.parse().map_err(io::Error::other)?;
    let answered: &AtomicU64 = Box::leak(Box::default());
    opposite::go_on_for_ever("the clients of the HTTP server", move || ask_for_ever(server, connections, answered));
    Ok(Box::new(|| answered.load(Ordering::Relaxed).to_string()))
}

struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    received: usize,
}

impl Client {
    /// A read, and a write if the answer is complete. Says whether it was.
    fn go_on(&mut self, request: &[u8], length: &mut Option<usize>) -> io::Result<bool> {
        self.received += epoll::if_there(self.stream.read(&mut self.buffer[self.received..]))?;
        if length.is_none() {
            *length = length_of(&self.buffer[..self.received])?;
        }
        let complete = length.is_some_and(|length| self.received >= length);
        if complete {
            let as_expected = Some(self.received) == *length && self.buffer.starts_with(b"HTTP/1.1 200 ");
            assert!(as_expected, "every answer is like the first one");
            self.received = 0;
            self.stream.write_all(request)?;
        }
        Ok(complete)
    }
}

/// How long an answer is, with its head; nothing while that is not all there.
fn length_of(answer: &[u8]) -> io::Result<Option<usize>> {
    let text = String::from_utf8_lossy(answer);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return Ok(None) };
    let lengths = head.lines().filter_map(|line| line.split_once(':'));
    let length = lengths.filter(|(name, _)| name.eq_ignore_ascii_case("content-length")).map(|(_, value)| value).next();
    let length = length.and_then(|length| length.trim().parse::<usize>().ok());
    let unknown = || io::Error::other(format!("no content-length in {head:?}"));
    Ok(Some(head.len() + 4 + length.ok_or_else(unknown)?))
}

/// Each connection asks again as soon as it has its answer.
pub(super) fn ask_for_ever(server: SocketAddr, connections: usize, answered: &AtomicU64) -> io::Result<()> {
    let request = format!("GET / HTTP/1.1\r\nhost: {server}\r\naccept: */*\r\n\r\n").into_bytes();
    let streams: Vec<StdStream> = (0..connections).map(|_| StdStream::connect(server)).collect::<io::Result<_>>()?;
    let client = |stream| Client { stream, buffer: vec![0; 4096], received: 0 };
    let mut length = None;
    epoll::ask_for_ever(streams, &request, client, |client| client.go_on(&request, &mut length), answered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_that_of_head_and_body() {
        assert_eq!(length_of(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n").expect("no error"), None);
        assert_eq!(length_of(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").expect("no error"), Some(43));
        assert!(length_of(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}

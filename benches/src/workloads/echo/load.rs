//! The clients of the echo server: a process of its own, with one thread for all connections.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream as StdStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mio::net::TcpStream;

use super::MESSAGE;
use crate::workloads::epoll;
use crate::workloads::opposite::{self, Answer};

/// Connects them all, and lets them ask on a thread of its own. Gives the number of requests answered so far.
pub(in crate::workloads) fn start(arguments: &[String]) -> io::Result<Answer> {
    let [server, connections] = arguments else { return Err(io::Error::other("two arguments are needed")) };
    let server = server.parse().map_err(io::Error::other)?;
    let connections = connections.parse().map_err(io::Error::other)?;
    let streams: Vec<StdStream> = (0..connections).map(|_| connect(server)).collect::<io::Result<_>>()?;
    let answered: &AtomicU64 = Box::leak(Box::default());
    opposite::go_on_for_ever("the clients of the echo server", move || ask_for_ever(streams, answered));
    Ok(Box::new(|| answered.load(Ordering::Relaxed).to_string()))
}

/// A connection that has been served once: so the server has taken it, and its backlog never fills up.
fn connect(server: SocketAddr) -> io::Result<StdStream> {
    let mut stream = StdStream::connect(server)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(&[7; MESSAGE])?;
    stream.read_exact(&mut [0; MESSAGE])?;
    Ok(stream)
}

struct Client {
    stream: TcpStream,
    message: [u8; MESSAGE],
    received: usize,
}

impl Client {
    /// A read, and a write if the message is complete. Says whether it was.
    fn go_on(&mut self) -> io::Result<bool> {
        self.received += epoll::if_there(self.stream.read(&mut self.message[self.received..]))?;
        let complete = self.received == MESSAGE;
        if complete {
            assert_eq!(self.message, [7; MESSAGE], "an echo says the same");
            self.received = 0;
            self.stream.write_all(&self.message)?;
        }
        Ok(complete)
    }
}

fn ask_for_ever(streams: Vec<StdStream>, answered: &AtomicU64) -> io::Result<()> {
    let client = |stream| Client { stream, message: [0; MESSAGE], received: 0 };
    epoll::ask_for_ever(streams, &[7; MESSAGE], client, Client::go_on, answered)
}

//! The clients of the echo server: a process of its own, with one thread for all connections.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write, stdin};
use std::net::{SocketAddr, TcpStream as StdStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::MESSAGE;

/// The first argument of a program that is to be the clients. Every program that measures `echo_*` has to heed it.
pub const ARGUMENT: &str = "__load";

/// The process with the clients, seen from the server's.
#[derive(Debug)]
pub(super) struct Load {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Load {
    /// All connections are made, and have been served once.
    pub(super) fn start(server: SocketAddr, connections: usize) -> Load {
        let program = env::current_exe().expect("this is a program");
        let mut process = Command::new(program)
            .args([ARGUMENT, &server.to_string(), &connections.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process can be started");
        let ask = process.stdin.take().expect("a pipe");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut load = Load { process, ask, answers };
        load.requests();
        load
    }

    /// How many requests have been answered so far.
    pub(super) fn requests(&mut self) -> u64 {
        self.ask.write_all(b"?\n").expect("the clients are alive");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the clients are alive");
        line.trim().parse().expect("the clients answer with a number")
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Is the clients, if the arguments of this program say so. Ends with the standard input.
///
/// # Errors
/// When the server cannot be reached.
pub fn run_if_asked() -> io::Result<bool> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [first, server, connections] = arguments.as_slice() else { return Ok(false) };
    if first != ARGUMENT {
        return Ok(false);
    }
    let server = server.parse().map_err(io::Error::other)?;
    let connections = connections.parse().map_err(io::Error::other)?;
    let streams: Vec<StdStream> = (0..connections).map(|_| connect(server)).collect::<io::Result<_>>()?;
    let answered = Arc::new(AtomicU64::new(0));
    let counter = answered.clone();
    thread::spawn(move || {
        if let Err(error) = ask_for_ever(streams, &counter) {
            eprintln!("the clients of the echo server: {error}");
            std::process::exit(1);
        }
    });
    for line in stdin().lines() {
        line?;
        println!("{}", answered.load(Ordering::Relaxed));
    }
    Ok(true)
}

/// A connection that has been served once: so the server has taken it, and its backlog never fills up.
fn connect(server: SocketAddr) -> io::Result<StdStream> {
    let mut stream = StdStream::connect(server)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(&[7; MESSAGE])?;
    stream.read_exact(&mut [0; MESSAGE])?;
    stream.set_nonblocking(true)?;
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
        match self.stream.read(&mut self.message[self.received..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => self.received += length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
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
    let mut poll = Poll::new()?;
    let mut clients = Vec::new();
    for stream in streams {
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(clients.len()), Interest::READABLE)?;
        stream.write_all(&[7; MESSAGE])?;
        clients.push(Client { stream, message: [0; MESSAGE], received: 0 });
    }
    let mut events = Events::with_capacity(1024);
    loop {
        poll.poll(&mut events, None)?;
        let mut complete = 0;
        for event in &events {
            complete += u64::from(clients[event.token().0].go_on()?);
        }
        answered.fetch_add(complete, Ordering::Relaxed);
    }
}

//! `echo_*`: a TCP server that sends back what it gets, 64 bytes at a time, to 1, 50 or 1000 connections on the loopback device.
//!
//! Each connection always has one message under way. Figures: requests a second; CPU time for a request, in user code and in the
//! system, shared out between the two by what `perf record` sees; system calls for a request, counted by `perf stat`. `perf` watches in
//! windows of its own, after the others. Where there is none, the system's own accounts and `strace` stand in for it.
//!
//! Equal for all: the messages, one task for each connection with a buffer of 1 KiB, and the clients: another process,
//! `src/workloads/echo/load.rs`, the same for all. It has one thread, and does for each request what the limit does, so with two cores to
//! run on, no server waits for it. Not equal: the system calls. On io_uring one call may carry many reads and writes.
//!
//! The limit: epoll, a read and a write, in one loop, without tasks.

pub(super) mod load;
mod outside;
pub(super) mod usage;

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};

use crate::contender::{Contender, Effort, LIMIT, Metric, Unit, Workload};
use crate::peers::*;
use crate::workloads::epoll;
use crate::workloads::opposite::Opposite;
use usage::Usage;

const METRICS: &[Metric] = &[
    Metric { name: "requests", unit: Unit::PerSecond, noise: 0.4 },
    Metric { name: "user CPU", unit: Unit::Microseconds, noise: 0.4 },
    Metric { name: "system CPU", unit: Unit::Microseconds, noise: 0.4 },
    Metric { name: "system calls", unit: Unit::Times, noise: 0.01 },
];

/// Bytes of a message.
const MESSAGE: usize = 64;

/// Runs a server on a thread of its own, and measures it from this one. The server is left running: the process ends soon.
fn measure(effort: Effort, connections: usize, serve: fn(Sender<SocketAddr>)) -> Vec<f64> {
    let (says, address) = channel();
    thread::spawn(move || serve(says));
    let address = address.recv_timeout(Duration::from_secs(5)).expect("the server listens");
    let mut load = Opposite::start("__echo_load", &[address.to_string(), connections.to_string()]);
    thread::sleep(effort.choose(Duration::from_millis(50), Duration::from_millis(300)));

    let window = effort.choose(Duration::from_millis(150), Duration::from_millis(1000));
    let (requests, usage) = (load.count(), Usage::now());
    thread::sleep(window);
    let (requests, usage) = (load.count() - requests, Usage::now() - usage);
    assert!(requests > 0, "no request was answered in {window:?}");
    let calls = outside::calls_for_each_request(window / 2, &mut load).unwrap_or(f64::NAN);
    let cpu = (usage.user + usage.system).as_nanos() as f64 / 1e3 / requests as f64;
    let share = outside::user_share(window / 2);
    let share = share.unwrap_or_else(|| usage.user.as_secs_f64() / (usage.user + usage.system).as_secs_f64());
    vec![requests as f64 / usage.wall.as_secs_f64(), cpu * share, cpu * (1.0 - share), calls]
}

macro_rules! echo {
    ($peer:ident, $connections:ident) => {
        $peer::PEER.whole(move |effort| {
            measure(effort, $connections, |says| {
                let serving = $peer::serve(move |address| says.send(address).expect("somebody listens"));
                let ended: io::Result<()> = $peer::Runtime::new().block_on(serving);
                ended.expect("it serves for ever");
            })
        })
    };
}

struct Connection {
    stream: TcpStream,
    buffer: [u8; 1024],
}

impl Connection {
    /// Whether the other side is still there.
    fn echo(&mut self) -> io::Result<bool> {
        let length = epoll::if_there(self.stream.read(&mut self.buffer))?;
        // A message is smaller than any socket's buffer.
        self.stream.write_all(&self.buffer[..length]).map(|()| true)
    }
}

fn serve_without_tasks(says: Sender<SocketAddr>) -> io::Result<()> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    says.send(listener.local_addr()?).expect("somebody listens");
    epoll::serve(listener, |stream| Connection { stream, buffer: [0; 1024] }, Connection::echo)
}

fn limit(connections: usize) -> Contender {
    LIMIT.whole(move |effort| {
        measure(effort, connections, |says| serve_without_tasks(says).expect("it serves for ever"))
    })
}

fn workload(connections: usize) -> Workload {
    macro_rules! with_so_many {
        ($peer:ident) => {
            echo!($peer, connections)
        };
    }
    let mut contenders = on_every_peer_with_drivers!(with_so_many);
    contenders.push(limit(connections));
    let name = format!("echo_{connections}");
    Workload { group: "echo", name, step: "64 bytes to the server and back", metrics: METRICS, contenders }
}

pub(super) fn workloads() -> Vec<Workload> {
    [1, 50, 1000].into_iter().map(workload).collect()
}

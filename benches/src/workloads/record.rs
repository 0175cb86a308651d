//! `record_*`: what it costs that somebody observes a loop: nobody, an observer that does nothing, a recording in a `.glt` file.
//!
//! The file is `/dev/null` under another name, so that no disk is measured. A step is an event: the difference to `nobody` is what
//! one costs. The echo's step is a message there and back, as the system has its share in that. There are no peers here: the columns are the
//! three ways.

use std::cell::Cell;
use std::rc::Rc;

use ::glassloop::net::{TcpListener, TcpStream};
use ::glassloop::{Builder, Queue, Runtime, create_task, trace, yield_now};

use crate::contender::{Batches, CPU, Contender, Peer, Work, Workload};

const YIELDS: u64 = 10_000;
const ITEMS: u64 = 10_000;
const MESSAGES: u64 = 10_000;

/// Hears of every event, and does not care.
struct Deaf;

impl trace::Observer for Deaf {
    fn event(&self, _: &trace::Event<'_>) {}
}

#[derive(Default)]
struct Counter(Cell<u64>);

impl trace::Observer for Counter {
    fn event(&self, _: &trace::Event<'_>) {
        self.0.set(self.0.get() + 1);
    }
}

async fn yields() {
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            create_task(async {
                for _ in 0..YIELDS / 4 {
                    yield_now().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("it does not panic");
    }
}

async fn queue() {
    let queue = Rc::new(Queue::bounded(4));
    let putter = queue.clone();
    let task = create_task(async move {
        for item in 0..ITEMS {
            putter.put(item).await.expect("nobody shuts it down");
        }
    });
    for _ in 0..ITEMS {
        queue.get().await.expect("nobody shuts it down");
    }
    task.await.expect("it does not panic");
}

/// Messages there and back, shared out to so many connections at once: client and server are tasks of the one loop.
async fn echo<const CONNECTIONS: u64>() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut tasks = Vec::new();
    for _ in 0..CONNECTIONS {
        let client = TcpStream::connect(address).await.expect("a server");
        let (server, _) = listener.accept().await.expect("a client");
        tasks.push(create_task(answer(server)));
        tasks.push(create_task(ask(client, MESSAGES / CONNECTIONS)));
    }
    for task in tasks {
        task.await.expect("it does not panic");
    }
}

async fn answer(mut stream: TcpStream) {
    let mut buf = [0; 1024];
    loop {
        match stream.read(&mut buf).await.expect("a client") {
            0 => break,
            length => stream.write_all(&buf[..length]).await.expect("a client"),
        }
    }
}

async fn ask(mut stream: TcpStream, messages: u64) {
    let mut buf = [0; 64];
    for _ in 0..messages {
        stream.write_all(&[7; 64]).await.expect("a server");
        stream.read_exact(&mut buf).await.expect("a server");
    }
}

/// How many events the work has.
fn events<F: Future<Output = ()>>(work: fn() -> F) -> u64 {
    let counter = Rc::new(Counter::default());
    let counted = Runtime::builder().observer(counter.clone()).build().expect("a loop");
    counted.block_on(work()).expect("no deadlock");
    counter.0.get()
}

/// A loop that records in a file, whose bytes nobody wants.
fn recording() -> Runtime {
    let file = std::env::temp_dir().join(format!("glassloop-bench-{}.glt", std::process::id()));
    #[cfg(unix)]
    std::os::unix::fs::symlink("/dev/null", &file).expect("a link to /dev/null");
    let runtime = Runtime::builder().trace(&file).build().expect("a loop");
    std::fs::remove_file(file).expect("a file of our own");
    runtime
}

fn way<F: Future<Output = ()> + 'static>(
    column: &'static str,
    messages: Option<u64>,
    runtime: impl Fn() -> Runtime + 'static,
    work: fn() -> F,
) -> Contender {
    let start = move || {
        let runtime = runtime();
        let steps = messages.unwrap_or_else(|| events(work));
        Batches { steps, run: Box::new(move || runtime.block_on(work()).expect("no deadlock")) }
    };
    Contender { peer: Peer::new(column, ""), with: "", work: Work::Batches(Box::new(start)) }
}

fn workload<F: Future<Output = ()> + 'static>(kind: &str, messages: Option<u64>, work: fn() -> F) -> Workload {
    let built = |builder: Builder| builder.build().expect("a loop");
    let contenders = vec![
        way("nobody", messages, move || built(Runtime::builder()), work),
        way("a deaf observer", messages, move || built(Runtime::builder().observer(Rc::new(Deaf))), work),
        way("a recording", messages, recording, work),
    ];
    let step = if messages.is_some() { "a message there and back" } else { "an event" };
    Workload { group: "record", name: format!("record_{kind}"), step, metrics: CPU, contenders }
}

pub(super) fn workloads() -> Vec<Workload> {
    vec![
        workload("yields", None, yields),
        workload("queue", None, queue),
        workload("echo_1", Some(MESSAGES), echo::<1>),
        workload("echo_50", Some(MESSAGES), echo::<50>),
    ]
}

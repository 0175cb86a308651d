//! `record`: what it costs that somebody observes: nobody, an observer that does nothing, a recording in a `.glt` file.
//!
//! The file is `/dev/null` under another name, so that no disk is measured. An element is an event: the difference to `nobody`
//! is what one costs. The echo's element is a message there and back, as the system has its share in that.

use std::cell::Cell;
use std::future::Future;
use std::path::PathBuf;
use std::rc::Rc;

use criterion::{BenchmarkGroup, Criterion, Throughput};
use glassloop::net::{TcpListener, TcpStream};
use glassloop::{Builder, Queue, Runtime, create_task, trace, yield_now};

use crate::cpu_time::ThreadCpuTime;

const YIELDS: u64 = 10_000;
const ITEMS: u64 = 10_000;
const MESSAGES: u64 = 1_000;

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

async fn echo() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = create_task(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut buf = [0; 1024];
        loop {
            match stream.read(&mut buf).await.expect("a client") {
                0 => break,
                length => stream.write_all(&buf[..length]).await.expect("a client"),
            }
        }
    });
    let mut stream = TcpStream::connect(address).await.expect("a server");
    let mut buf = [0; 64];
    for _ in 0..MESSAGES {
        stream.write_all(&[7; 64]).await.expect("a server");
        stream.read_exact(&mut buf).await.expect("a server");
    }
    drop(stream);
    server.await.expect("it does not panic");
}

fn measure<F: Future<Output = ()>>(
    group: &mut BenchmarkGroup<'_, ThreadCpuTime>,
    name: &str,
    builder: Builder,
    work: impl Fn() -> F,
) {
    let runtime = builder.build().expect("a loop");
    group.bench_function(name, |b| b.iter(|| runtime.block_on(work()).expect("no deadlock")));
}

fn measure_all<F: Future<Output = ()>>(
    criterion: &mut Criterion<ThreadCpuTime>,
    name: &str,
    elements: Option<u64>,
    work: impl Fn() -> F,
) {
    let counter = Rc::new(Counter::default());
    let counted = Runtime::builder().observer(counter.clone()).build().expect("a loop");
    counted.block_on(work()).expect("no deadlock");

    let mut group = criterion.benchmark_group(format!("record_{name}"));
    group.throughput(Throughput::Elements(elements.unwrap_or(counter.0.get())));
    measure(&mut group, "nobody", Runtime::builder(), &work);
    measure(&mut group, "an observer that does nothing", Runtime::builder().observer(Rc::new(Deaf)), &work);
    let file = nowhere(name);
    measure(&mut group, "a recording", Runtime::builder().trace(&file), &work);
    group.finish();
    let _ = std::fs::remove_file(file);
}

/// Where bytes go that nobody wants.
fn nowhere(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("glassloop-bench-{}-{name}.glt", std::process::id()));
    #[cfg(unix)]
    std::os::unix::fs::symlink("/dev/null", &path).expect("a link to /dev/null");
    path
}

pub fn record(criterion: &mut Criterion<ThreadCpuTime>) {
    measure_all(criterion, "yields", None, yields);
    measure_all(criterion, "queue", None, queue);
    measure_all(criterion, "echo", Some(MESSAGES), echo);
}

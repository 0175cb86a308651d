//! The schema has nothing that is never told: each kind of event, and each word that a field may have, occurs in a recording.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use glassloop::net::{TcpListener, TcpStream};
use glassloop::trace::executor::TaskRef;
use glassloop::trace::reactor::Place;
use glassloop::trace::schema::{FieldWriter, KINDS, Word};
use glassloop::{Builder, Clock, Runtime, call_soon, create_task, sleep, trace, try_create_task, yield_now};

use super::recorded::{self, Event};

/// What no program can be made to do here, and why.
const NOT_HERE: [(&str, &str, &str); 3] = [
    ("RunEnd", "reason", "interrupted"),     // it takes a Ctrl-C
    ("RunEnd", "reason", "error"),           // the system has to refuse to wait
    ("Report", "what", "possible_deadlock"), // the loop then waits for ever
];

/// What was told: kinds, and words by kind and field.
#[derive(Default)]
struct Told {
    kinds: BTreeSet<&'static str>,
    words: BTreeSet<(&'static str, &'static str, &'static str)>,
    kind: &'static str,
}

impl Told {
    fn add(&mut self, records: &[Event]) {
        for record in records {
            self.kind = record.entry.kind();
            self.kinds.insert(self.kind);
            record.entry.write(self);
        }
    }
}

impl FieldWriter<Rc<str>> for Told {
    fn number(&mut self, _: &'static str, _: &u64) {}
    fn maybe(&mut self, _: &'static str, _: &Option<u64>) {}
    fn flag(&mut self, _: &'static str, _: &bool) {}
    fn text(&mut self, _: &'static str, _: &Rc<str>) {}
    fn maybe_text(&mut self, _: &'static str, _: &Option<Rc<str>>) {}
    fn who(&mut self, _: &'static str, _: &Option<TaskRef>) {}
    fn place(&mut self, _: &'static str, _: &Place) {}

    fn word<W: Word>(&mut self, name: &'static str, value: &W) {
        self.words.insert((self.kind, name, W::WORDS[usize::from(value.index())]));
    }
}

/// A connection that is used and closed, one that is refused, and a socket that is dropped while somebody waits for it.
async fn sockets() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = create_task(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut bytes = vec![0; 1 << 20];
        while stream.read(&mut bytes).await.expect("a client") > 0 {
            yield_now().await;
        }
    });
    let mut client = TcpStream::connect(address).await.expect("a server");
    client.write_all(&vec![7; 8 << 20]).await.expect("a server");
    drop(client);
    server.await.expect("it does not panic");
    let _refused = TcpStream::connect(address).await.expect_err("nobody listens any more");
    let idle = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let _ = glassloop::timeout(Duration::from_millis(1), idle.accept()).await;
}

/// Begins a wait in one task and ends it in another.
async fn hand_over<T: 'static>(wait: impl Future<Output = T> + 'static) -> T {
    let mut wait = Box::pin(wait);
    let begun = poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx).is_pending())).await;
    assert!(begun, "there is nothing to wait for");
    create_task(wait).await.expect("it does not panic")
}

async fn waits_that_are_handed_over() {
    hand_over(sleep(Duration::from_millis(5))).await;
    hand_over(create_task(sleep(Duration::from_millis(5)))).await.expect("it does not panic");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a server");
    let (mut server, _) = listener.accept().await.expect("a client");
    create_task(async move {
        sleep(Duration::from_millis(5)).await;
        drop(client);
    })
    .detach();
    let read = async move { futures_util::AsyncReadExt::read(&mut server, &mut [0; 8]).await };
    assert_eq!(hand_over(read).await.expect("an end"), 0);
}

/// What a program says of itself.
async fn what_is_said() {
    let span = trace::span("a nap");
    trace::println!("good night");
    yield_now().await;
    drop(span);
    trace::mark("good morning");
}

/// A task waits for itself; and one creates another when it is too late for that.
async fn what_debug_mode_reports() {
    let own = Rc::new(RefCell::new(None::<glassloop::Task<()>>));
    let itself = own.clone();
    own.replace(Some(create_task(async move {
        yield_now().await;
        let itself = itself.take().expect("a task");
        drop(itself.await);
    })));
    sleep(Duration::from_millis(5)).await;
    create_task(async { create_task(async {}).detach() }).detach();
}

async fn what_is_reported() {
    drop(try_create_task(async { Err::<(), _>("nobody will know") }));
    call_soon(|| std::panic::resume_unwind(Box::new("in a callback")));
    sleep(Duration::from_millis(1)).await;
    std::panic::resume_unwind(Box::new("in the root"));
}

struct Panics;

impl trace::Observer for Panics {
    fn event(&self, _: &trace::Event<'_>) {
        std::panic::resume_unwind(Box::new("in an observer"));
    }
}

fn record(name: &str, builder: Builder, program: impl Future<Output = ()>) -> Vec<Event> {
    let path = recorded::scratch(name);
    let builder = builder.clock(Clock::new_virtual()).on_report(|_| {});
    let builder = if name == "ring.glt" { builder.trace_last(&path, 10) } else { builder.trace(&path) };
    let runtime = builder.build().expect("a loop");
    let running = std::panic::AssertUnwindSafe(|| runtime.block_on(program));
    let _may_fail = std::panic::catch_unwind(running);
    drop(runtime);
    recorded::records(recorded::take(&path))
}

#[test]
fn every_kind_and_every_word_of_the_schema_is_told_by_some_program() {
    let mut told = Told::default();
    for seed in 1..=150 {
        told.add(&recorded::records(recorded::record_program(seed, &recorded::scratch("kinds.glt"), None)));
    }
    told.add(&record("sockets.glt", Runtime::builder(), sockets()));
    told.add(&record("said.glt", Runtime::builder(), what_is_said()));
    told.add(&record("handed over.glt", Runtime::builder(), waits_that_are_handed_over()));
    told.add(&record("debugged.glt", Runtime::builder().debug(true), what_debug_mode_reports()));
    told.add(&record("reported.glt", Runtime::builder().observer(Rc::new(Panics)), what_is_reported()));
    told.add(&record("ring.glt", Runtime::builder(), async {
        for _ in 0..2_000 {
            yield_now().await;
        }
        trace::save().expect("it can be written");
    }));
    for name in recorded::examples().into_iter().filter(|name| name != "many_sleeps") {
        let trace = recorded::parse(recorded::record_example(&name, &[], "glt"));
        for run in &trace.runs {
            told.add(&run.records().collect::<Result<Vec<_>, _>>().unwrap_or_else(|error| panic!("{name}: {error}")));
        }
    }
    let kinds: Vec<_> = KINDS.iter().map(|kind| kind.name).filter(|kind| !told.kinds.contains(kind)).collect();
    assert!(kinds.is_empty(), "never told: {kinds:?}");
    let words = KINDS.iter().flat_map(|kind| {
        kind.fields.iter().flat_map(|field| field.words.iter().map(|word| (kind.name, field.name, *word)))
    });
    let (untold, told): (Vec<_>, Vec<_>) = words.partition(|word| !told.words.contains(word));
    assert!(told.len() > 40);
    assert_eq!(untold, NOT_HERE, "never told, or told after all");
}

//! The six programs of the tutorial in order, with a line of explanation between: start here.

#![allow(clippy::duplicate_mod, reason = "each program brings its own `options`, as it does alone")]

#[path = "coroutine.rs"]
mod coroutine;
#[path = "create_task.rs"]
mod create_task;
#[path = "fetch_posts.rs"]
mod fetch_posts;
#[path = "gather.rs"]
mod gather;
#[path = "queue.rs"]
mod queue;
#[path = "sync_vs_async.rs"]
mod sync_vs_async;

type Stop = (&'static str, &'static str, fn());

const STOPS: [Stop; 6] = [
    (
        "sync_vs_async",
        "Waiting in turn takes the sum of the waits; waiting together takes the longest.",
        sync_vs_async::main,
    ),
    ("coroutine", "An async fn is a value: nothing of it runs until the loop polls it.", coroutine::main),
    ("gather", "gather runs several at once; each goes on when its own timer fires.", gather::main),
    ("fetch_posts", "The same with sockets: three HTTP requests are under way at once.", fetch_posts::main),
    ("create_task", "A task runs in the background whenever the others wait.", create_task::main),
    ("queue", "A queue joins a producer to a consumer, who waits while it is empty.", queue::main),
];

fn main() {
    for (number, (name, explanation, program)) in (1..).zip(STOPS) {
        println!("{number}. {name}: {explanation}");
        program();
        println!();
    }
    println!("Where next? Each program is examples/<name>.rs. How it works: docs/the-loop.md, then src/runtime.rs.");
    println!("To watch every step: cargo run --release --example gather -- --virtual-time --trace gather.ndjson");
}

//! One HTTP request, step by step, and a second one that goes over the same connection. Both ends are in one loop.

use std::error::Error;
use std::time::Duration;

use clap::Parser;
use glassloop::http::{Client, Reply, Request, Server};
use glassloop::{Instant, create_task_named, now, sleep};

#[path = "shared/options.rs"]
mod options;

/// The server's side: it takes its time.
async fn hello(_request: Request) -> Reply {
    sleep(Duration::from_millis(30)).await;
    Reply::from("hello, world\n")
}

/// A client that tells what happens to its requests. `base` is left out, as the system gives out ports as it likes.
fn talkative(base: &str, start: Instant) -> Client {
    let address = base.replace("http://", "");
    let client = Client::builder().on_event(move |event| {
        let what = event.kind.to_string().replace(&address, "SERVER");
        println!("{:>2} ms  request {}: {what}", (now() - start).as_millis(), event.request);
    });
    client.build()
}

async fn ask_twice() -> Result<(), Box<dyn Error>> {
    let server = Server::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", server.local_addr());
    let serving = create_task_named("server", server.serve(hello));
    let client = talkative(&base, now());
    for path in ["/first", "/second"] {
        let response = client.get(format!("{base}{path}")).await?;
        print!("       {}", response.text().await?);
    }
    serving.cancel();
    let _cancelled = serving.await;
    Ok(())
}

pub fn main() {
    let options = options::Options::parse();
    if let Err(error) = options.run(&options.clock(), ask_twice()) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

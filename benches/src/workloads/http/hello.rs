//! `http_server_hello`: a server that says "Hello, World!" to 64 connections, each of which asks again as soon as it has its answer.
//!
//! Figures: CPU time of the server's process for a request, user and system, and requests a second, on one core.
//!
//! Equal for all: the response, a date in it, a task for each connection, and who asks: `wrk` with one thread, on another core, or where there
//! is none (and with `--quick`), `load.rs`. Everybody is warmed up by the latter. Not equal: ours has limits and deadlines for whatever a
//! client may send or fail to send. hyper leaves the deadlines to its user: without a timer it has none.
//!
//! The limit: `server.rs`.

use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use super::{METRICS, cost_and_rate, during, must, on_tokio, server, version_of};
use crate::contender::{Contender, Effort, LIMIT, Peer, Workload};
use crate::cores::{self, Side};
use crate::workloads::echo::usage::Usage;
use crate::workloads::opposite::Opposite;

const CONNECTIONS: &str = "64";
const HELLO: &str = "Hello, World!";

/// Who is told where a server listens.
type Says = Sender<SocketAddr>;

/// Runs a server on a thread of its own, and measures it from this one. The server is left running: the process ends soon.
fn measure(effort: Effort, serve: fn(Says)) -> Vec<f64> {
    cores::move_to(Side::Measured);
    let (says, address) = channel();
    thread::spawn(move || serve(says));
    let address = address.recv_timeout(Duration::from_secs(5)).expect("the server listens");
    cores::move_to(Side::Opposite);
    let mut load = Opposite::start("__http_load", &[address.to_string(), CONNECTIONS.to_owned()]);
    let by_our_own = during(effort, || load.count());
    drop(load);
    if effort == Effort::Full && version_of("wrk", "--version").is_some() {
        return by_wrk(address);
    }
    cost_and_rate(by_our_own)
}

/// CPU time for a request in microseconds, and requests a second as `wrk` counts them.
fn by_wrk(address: SocketAddr) -> Vec<f64> {
    let before = Usage::now();
    let mut wrk = Command::new("wrk");
    wrk.args(["-t", "1", "-c", CONNECTIONS, "-d", "1s", &format!("http://{address}/")]);
    let output = wrk.output().expect("wrk was here");
    let usage = Usage::now() - before;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "wrk: {text}{}", String::from_utf8_lossy(&output.stderr));
    let trouble = ["Socket errors", "Non-2xx"].iter().any(|word| text.contains(word));
    assert!(!trouble, "wrk: {text}");
    let requests = text.lines().find_map(|line| number(line.split_once(" requests in")?.0));
    let rate = text.lines().find_map(|line| number(line.strip_prefix("Requests/sec:")?));
    match (requests, rate) {
        (Some(requests), Some(rate)) => vec![usage.cpu().as_nanos() as f64 / 1e3 / requests, rate],
        _ => panic!("wrk says how many requests there were: {text}"),
    }
}

/// One above zero.
fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number| *number > 0.0)
}

fn glassloop(says: Says) {
    glassloop::run(async move {
        let server = must(glassloop::http::Server::bind("127.0.0.1:0").await);
        must(says.send(server.local_addr()));
        server.serve(async |_| HELLO).await;
    });
}

fn hyper(says: Says) {
    on_tokio(1, move || serve_by_hyper(says.clone()));
}

async fn serve_by_hyper(says: Says) {
    let listener = must(tokio::net::TcpListener::bind("127.0.0.1:0").await);
    must(says.send(must(listener.local_addr())));
    loop {
        let (stream, _) = must(listener.accept().await);
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(hello));
        // Clients that go away in the middle are no failure of the server.
        tokio::spawn(async { drop(connection.await) });
    }
}

async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let mut response = Response::new(Full::new(Bytes::from_static(HELLO.as_bytes())));
    let text = hyper::header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, text);
    Ok(response)
}

fn limit(says: Says) -> io::Result<()> {
    let listener = mio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    must(says.send(listener.local_addr()?));
    server::serve(listener, HELLO)
}

pub(super) fn workloads() -> Vec<Workload> {
    let server = |peer: Peer, serve: fn(Says)| -> Contender { peer.whole(move |effort| measure(effort, serve)) };
    vec![Workload {
        group: "http",
        name: "http_server_hello".into(),
        step: "a request and its answer of 13 bytes",
        metrics: METRICS,
        contenders: vec![
            server(Peer::new("glassloop", ""), glassloop),
            server(LIMIT, |says| must(limit(says))),
            server(Peer::new("hyper", ""), hyper),
        ],
    }]
}

//! `http_get_1`, `http_get_64`: a client gets a body of 1 KiB over a connection that is kept, with so many requests under way at any time.
//!
//! Figures: CPU time of the client's whole process for a request, user and system, and requests a second.
//!
//! Equal for all: the server, the URL given as text, the whole body read into memory, its status and length checked. All are set up to keep a
//! connection for each request under way, and none has TLS or decoders. Not equal: what they do besides. hyper is a bare connection for
//! each slot: it knows nothing of URLs, pools, redirects or time limits, and its user would have to. hyper-util adds a pool, reqwest most of the
//! rest. ureq blocks: it has a thread for each slot. aiohttp runs on CPython with asyncio's own loop.
//!
//! The limit: `load.rs`.

mod aiohttp;
mod blocking;
mod glassloop;
mod hyper;
mod hyper_util;
mod reqwest;

use std::sync::atomic::Ordering;

use super::{METRICS, SHORT, Target, cost_and_rate, load, must, of_client};
use crate::contender::{Contender, LIMIT, Peer, Workload};

pub(crate) use aiohttp::{install, version};

impl Target {
    /// What every client does with an answer.
    fn count(&self, status: u16, body: &[u8]) {
        if (status, body.len()) != (200, SHORT) {
            must::<(), _>(Err(format!("an answer was not whole: status {status}, {} bytes", body.len())));
        }
        self.received.fetch_add(1, Ordering::Relaxed);
    }
}

fn workload(concurrency: usize) -> Workload {
    let client = |peer: Peer, run: fn(Target)| -> Contender {
        peer.whole(move |effort| cost_and_rate(of_client("/", concurrency, effort, run)))
    };
    let contenders = vec![
        client(Peer::new("glassloop", ""), glassloop::get_for_ever),
        client(LIMIT, |target| must(load::ask_for_ever(target.server, target.concurrency, target.received))),
        client(Peer::new("hyper", ""), hyper::get_for_ever),
        client(Peer::new("hyper-util", ""), hyper_util::get_for_ever),
        client(Peer::new("reqwest", ""), reqwest::get_for_ever),
        client(Peer::new("ureq", ""), blocking::get_for_ever),
        aiohttp::contender(concurrency),
    ];
    let name = format!("http_get_{concurrency}");
    Workload { group: "http", name, step: "a request and its answer of 1 KiB", metrics: METRICS, contenders }
}

pub(super) fn workloads() -> Vec<Workload> {
    [1, 64].into_iter().map(workload).collect()
}

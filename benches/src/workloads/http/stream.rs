//! `http_stream_100mb`: bodies of 100 MB, one after the other over one connection, looked at piece by piece and thrown away.
//!
//! Figures: bytes a second; CPU time of the client's whole process for a body; and the most memory that it ever had in use, its program included.
//!
//! Equal for all: the server, and that the length is checked. Not equal: the size of the pieces, which everybody chooses. curl writes them to
//! `/dev/null`, and says itself how fast it was; its memory is looked at a hundred times a second.
//!
//! The limit: reads into one buffer of 64 KiB, on a socket that blocks.

use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::{LONG, Target, must, of_client, on_tokio, start_server, version_of};
use crate::contender::{Contender, Effort, LIMIT, Metric, Peer, Unit, Workload};
use crate::memory::{self, Memory};
use crate::workloads::per_core::cpu_of_children;

const METRICS: &[Metric] = &[
    Metric { name: "speed", unit: Unit::Megabytes, noise: 0.25 },
    Metric { name: "CPU", unit: Unit::Milliseconds, noise: 0.25 },
    Metric { name: "memory", unit: Unit::Mebibytes, noise: 0.25 },
];

const PATH: &str = "/stream";

fn megabytes(bytes: f64) -> f64 {
    bytes / 1e6
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn client(peer: Peer, run: fn(Target)) -> Contender {
    peer.whole(move |effort| {
        let (bytes, usage) = of_client(PATH, 1, effort, run);
        let bodies = bytes / LONG as f64;
        let most = memory::of_this_process(Memory::MostEver);
        let speed = megabytes(bytes) / usage.wall.as_secs_f64();
        vec![speed, usage.cpu().as_secs_f64() * 1e3 / bodies, most.map_or(f64::NAN, mebibytes)]
    })
}

/// A body, as it comes in.
struct Body {
    target: Target,
    length: usize,
}

impl Body {
    fn of(target: Target) -> Body {
        Body { target, length: 0 }
    }

    fn piece(&mut self, piece: &[u8]) {
        self.length += piece.len();
        self.target.received.fetch_add(piece.len() as u64, Ordering::Relaxed);
    }

    fn end(self) {
        if self.length != LONG {
            must::<(), _>(Err(format!("a body was not whole: {} bytes", self.length)));
        }
    }
}

fn glassloop(target: Target) {
    glassloop::run(async move {
        let client = glassloop::http::Client::builder().max_body_bytes(LONG as u64).build();
        loop {
            let (mut response, mut body) = (must(client.get(target.url).await), Body::of(target));
            while let Some(piece) = must(response.chunk().await) {
                body.piece(&piece);
            }
            body.end();
        }
    });
}

fn hyper_util(target: Target) {
    on_tokio(1, move || async move {
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        loop {
            let response = must(client.get(must(target.url.parse())).await);
            let (mut frames, mut body) = (response.into_body(), Body::of(target));
            while let Some(frame) = frames.frame().await {
                body.piece(must(frame).data_ref().expect("no trailers are sent"));
            }
            body.end();
        }
    });
}

fn reqwest(target: Target) {
    on_tokio(1, move || async move {
        let client = must(reqwest::Client::builder().no_proxy().build());
        loop {
            let (mut response, mut body) = (must(client.get(target.url).send().await), Body::of(target));
            while let Some(piece) = must(response.chunk().await) {
                body.piece(&piece);
            }
            body.end();
        }
    });
}

fn limit(target: Target) -> io::Result<()> {
    let mut stream = std::net::TcpStream::connect(target.server)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        stream.write_all(format!("GET {PATH} HTTP/1.1\r\nhost: {}\r\n\r\n", target.server).as_bytes())?;
        let mut received = 0;
        let mut head = None;
        while head.is_none_or(|head| received < head + LONG) {
            let length = stream.read(&mut buffer)?;
            if head.is_none() {
                // The server writes its head in one piece.
                head = buffer[..length].windows(4).position(|end| end == b"\r\n\r\n").map(|end| end + 4);
            }
            received += length;
            target.received.fetch_add(length as u64, Ordering::Relaxed);
        }
    }
}

fn curl() -> Contender {
    let missing = || version_of("curl", "--version").is_none().then(|| "there is no curl".to_owned());
    let peer = Peer { missing, ..Peer::new("curl", "") };
    peer.whole(|effort: Effort| {
        let server = start_server();
        let bodies = effort.choose(2, 15);
        let mut curl = Command::new("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--noproxy",
            "*",
            "--write-out",
            "%{size_download} %{speed_download}\n",
        ]);
        for _ in 0..bodies {
            curl.args(["--output", "/dev/null", &format!("http://{server}{PATH}")]);
        }
        let mut curl = curl.stdout(Stdio::piped()).spawn().expect("curl was here");
        let mut most = f64::NAN;
        while curl.try_wait().expect("curl can be waited for").is_none() {
            let now = memory::of_process(curl.id(), Memory::MostEver);
            most = now.map_or(most, |now| mebibytes(now).max(most));
            thread::sleep(Duration::from_millis(10));
        }
        let output = curl.wait_with_output().expect("what curl said can be read");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let speeds: Vec<f64> = text.lines().map(speed_of_whole).collect();
        assert!(output.status.success() && speeds.len() == bodies, "curl failed: {text}");
        // The mean of their times, as of everybody else's.
        let speed = speeds.len() as f64 / speeds.iter().map(|speed| 1.0 / speed).sum::<f64>();
        vec![megabytes(speed), cpu_of_children() / 1e3 / bodies as f64, most]
    })
}

/// From a line of curl's: the length of a body, and its bytes a second.
fn speed_of_whole(line: &str) -> f64 {
    let (length, speed) = line.split_once(' ').unwrap_or_else(|| panic!("curl says a length and a speed: {line}"));
    assert_eq!(length, LONG.to_string(), "a body is whole");
    speed.parse().expect("a number")
}

pub(super) fn workloads() -> Vec<Workload> {
    let limit = |target| must(limit(target));
    vec![Workload {
        group: "http",
        name: "http_stream_100mb".into(),
        step: "a body of 100 MB",
        metrics: METRICS,
        contenders: vec![
            client(Peer::new("glassloop", ""), glassloop),
            client(LIMIT, limit),
            client(Peer::new("hyper-util", ""), hyper_util),
            client(Peer::new("reqwest", ""), reqwest),
            curl(),
        ],
    }]
}

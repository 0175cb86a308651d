//! How much clients may ask for: connections, requests, bytes.

use std::time::Duration;

use glassloop::http::Server;
use glassloop::net::TcpStream;
use glassloop::{run, timeout};

use crate::common::{alone, ok, ok_close, read_all, read_one, run_virtual, sent, server, start, talk};

const GET: &str = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn connections_over_the_limit_wait_for_a_place() {
    run_virtual(async {
        let (address, _task) = start(server().await.max_connections(2)).await;
        let first = sent(&address, GET).await;
        let mut second = sent(&address, GET).await;
        let mut third = sent(&address, GET).await;
        assert_eq!(read_one(&mut second).await, ok("GET /a "));
        assert!(timeout(Duration::from_secs(9), third.read(&mut [0])).await.is_err(), "the third waits");
        drop(first);
        assert_eq!(read_one(&mut third).await, ok("GET /a "));
    });
}

#[test]
fn the_last_request_of_a_connection_is_answered_and_closes_it() {
    run(async {
        let (address, _task) = start(server().await.max_requests(2)).await;
        assert_eq!(talk(&address, GET.repeat(5)).await, ok("GET /a ") + &ok_close("GET /a "));
    });
}

#[test]
fn heads_and_bodies_are_limited_as_was_set() {
    run(async {
        let set = |server: Server| server.max_head_bytes(200).max_headers(3).max_body_bytes(10);
        let (address, _task) = start(set(server().await)).await;
        for (request, status) in [
            (format!("GET /{} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "a".repeat(100)), 200),
            (format!("GET /{} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "a".repeat(200)), 431),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: y\r\n\r\n".into(), 200),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: y\r\nX: y\r\n\r\n".into(), 431),
            ("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n\r\n0123456789".into(), 200),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n0123456789".into(), 413),
        ] {
            let got = talk(&address, &request).await;
            assert!(got.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {got}");
        }
    });
}

/// The resident memory of this process, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// 10,000 that connect: as many as allowed have a task, and those that wait for a request hold no buffers.
#[cfg(target_os = "linux")]
#[test]
fn idle_connections_take_little_and_not_more_than_the_limit() {
    let name = "limits::idle_connections_take_little_and_not_more_than_the_limit";
    alone(name, "ulimit -n $(ulimit -H -n)", || run(many_connect()));
}

#[cfg(target_os = "linux")]
async fn many_connect() {
    const LIMIT: usize = 2_000;
    const CONNECTIONS: usize = 10_000;
    let (address, _task) = start(server().await.max_connections(LIMIT)).await;
    let before = resident();
    let (mut streams, mut each) = (Vec::new(), 0);
    // Beyond the limit and the length of the system's queue, connecting waits; and descriptors may be fewer.
    while streams.len() < CONNECTIONS {
        let connecting = timeout(Duration::from_millis(200), TcpStream::connect(address.as_str()));
        let Ok(Ok(mut stream)) = connecting.await else { break };
        if streams.len() < LIMIT {
            stream.write_all(GET.as_bytes()).await.unwrap();
            assert_eq!(read_one(&mut stream).await, ok("GET /a "));
        }
        streams.push(stream);
        if streams.len() == LIMIT {
            each = resident().saturating_sub(before) / LIMIT;
        }
    }
    assert!(streams.len() > LIMIT, "{}", streams.len());
    assert!((1..8192).contains(&each), "{each} bytes a connection: more than one receive buffer");
    let beyond = resident().saturating_sub(before) / streams.len();
    assert!(beyond < each, "{beyond}: those beyond the limit have taken this side's memory only");

    // One goes, the next in the queue comes.
    let mut next = streams.swap_remove(LIMIT);
    drop(streams.swap_remove(0));
    next.write_all(b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    assert_eq!(read_all(&mut next).await, ok_close("GET /a "));
}

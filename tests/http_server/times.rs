//! How long a client may take. All on the virtual clock.

use std::time::Duration;

use glassloop::http::{Reply, Server};
use glassloop::now;

use crate::common::{ok, pass, read_all, read_one, run_virtual, sent, server, start};

/// When the server closes, in seconds from now, and what it says first.
async fn ends(stream: &mut glassloop::net::TcpStream) -> (u64, String) {
    let before = now();
    let said = read_all(stream).await;
    ((now() - before).as_secs(), said)
}

async fn limited() -> Server {
    let second = Duration::from_secs(1);
    server().await.head_timeout(2 * second).idle_timeout(10 * second).body_timeout(4 * second)
}

#[test]
fn a_connection_that_asks_nothing_is_closed_without_a_word() {
    run_virtual(async {
        let (address, _task) = start(limited().await).await;
        assert_eq!(ends(&mut sent(&address, "").await).await, (10, String::new()));
        let mut kept = sent(&address, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(read_one(&mut kept).await, ok("GET /a "));
        assert_eq!(ends(&mut kept).await, (10, String::new()));
        // Empty lines between requests are no request, and do not keep it open.
        let mut blank = sent(&address, "\r\n").await;
        pass(6000).await;
        blank.write_all(b"\r\n").await.unwrap();
        assert_eq!(ends(&mut blank).await, (4, String::new()));
    });
}

#[test]
fn a_head_that_does_not_end_is_refused() {
    run_virtual(async {
        let (address, _task) = start(limited().await).await;
        let (seconds, said) = ends(&mut sent(&address, "GET / HTT").await).await;
        assert_eq!(seconds, 2);
        assert!(said.starts_with("HTTP/1.1 408 ") && said.contains("connection: close"), "{said}");
    });
}

#[test]
fn a_head_that_drips_is_refused_though_bytes_keep_coming() {
    run_virtual(async {
        let (address, _task) = start(limited().await).await;
        let mut stream = sent(&address, "GET / HTTP/1.1\r\n").await;
        let before = now();
        while stream.write_all(b"X: y\r\n").await.is_ok() && stream.try_read(&mut [0; 9]).is_err() {
            pass(100).await;
            assert!(now() - before < Duration::from_secs(5), "it goes on for ever");
        }
        assert_eq!((now() - before).as_secs(), 2);
    });
}

#[test]
fn a_body_that_stalls_is_refused() {
    run_virtual(async {
        let (address, _task) = start(limited().await).await;
        let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhel";
        let (seconds, said) = ends(&mut sent(&address, post).await).await;
        assert!(said.starts_with("HTTP/1.1 408 ") && said.contains("connection: close"), "{said}");
        assert_eq!(seconds, 4);
    });
}

/// A byte a second would hold a connection for months; 2 KiB a second is only slow.
#[test]
fn a_body_may_be_slow_but_not_drip() {
    run_virtual(async {
        let (address, _task) = start(limited().await).await;
        let head = "POST /bytes HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 40960\r\n\r\n";
        for (bytes, status) in [(1, "408"), (2048, "200")] {
            let mut stream = sent(&address, head).await;
            let before = now();
            for _ in 0..20 {
                pass(1000).await;
                if stream.write_all(&vec![b'x'; bytes]).await.is_err() {
                    break;
                }
            }
            let said = read_all(&mut stream).await;
            assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{bytes}: {said:.80}");
            assert!(now() - before < Duration::from_secs(22), "{bytes}");
        }
    });
}

#[test]
fn time_of_the_handler_is_not_the_clients() {
    run_virtual(async {
        let slow = limited().await;
        let address = slow.local_addr().to_string();
        let handler = async |_| {
            pass(60_000).await;
            Reply::from("at last")
        };
        glassloop::create_task(slow.serve(handler)).detach();
        let (seconds, said) =
            ends(&mut sent(&address, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await).await;
        assert_eq!(seconds, 60);
        assert!(said.ends_with("at last"));
    });
}

#[test]
fn a_client_that_takes_its_answer_by_drips_is_cut_off() {
    run_virtual(async {
        let server = server().await.write_timeout(Duration::from_secs(4));
        let address = server.local_addr().to_string();
        let body = "x".repeat(32 * 1024 * 1024);
        glassloop::create_task(server.serve(async move |_| body.clone())).detach();
        let mut stream = sent(&address, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let (before, mut read) = (now(), 0);
        let mut buffer = [0; 100];
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            read += count;
            if (now() - before) < Duration::from_secs(60) {
                pass(1000).await; // 100 bytes a second
            }
        }
        assert!(read < 32 * 1024 * 1024, "all of it came");
    });
}

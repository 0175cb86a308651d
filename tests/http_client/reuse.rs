//! Which connections are used again, and which must not be.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use glassloop::http::{self, Client, Error};
use glassloop::net::{TcpListener, TcpStream};
use glassloop::run;

use crate::raw_server::{HELLO, Hold, RawServer, Recv, Sleep, send};
use crate::{run_virtual, text};

#[test]
fn three_requests_use_one_connection() {
    run(async {
        let server = RawServer::hello().await;
        let client = Client::new();
        for _ in 0..3 {
            assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        }
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn pitfall_54_answers_without_body_do_not_wait_for_one() {
    run(async {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
        let none = "HTTP/1.1 204 No Content\r\n\r\n";
        let same = "HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n";
        let script = vec![Recv, send(head), Recv, send(none), Recv, send(same), Hold];
        let server = RawServer::start(vec![script]).await;
        let client = Client::new();
        assert_eq!(client.head(server.url("/")).await.unwrap().bytes().await.unwrap(), b"");
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "");
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "");
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn pitfall_53_nothing_behind_a_response_reaches_the_next() {
    let evil = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nEVIL!";
    for first in [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nContent-Length: 47\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: x, Close\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ] {
        run(async {
            let both = format!("{first}{evil}");
            let scripts = vec![vec![Recv, send(&both), Hold], vec![Recv, send(HELLO), Hold]];
            let server = RawServer::start(scripts).await;
            let client = Client::new();
            assert_ne!(text(&client, server.url("/")).await.unwrap(), "EVIL!");
            assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n", "{first:?}");
            assert_eq!(server.connections(), 2);
        });
    }
}

#[test]
fn pitfall_53_an_unread_body_closes_its_connection() {
    run(async {
        let server = RawServer::start(vec![vec![Recv, send(HELLO), Hold]]).await;
        let client = Client::new();
        drop(client.get(server.url("/")).await.unwrap());
        let status = "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops";
        let failing = RawServer::start(vec![vec![Recv, send(status), Hold]]).await;
        let response = client.get(failing.url("/")).await.unwrap();
        assert!(matches!(response.error_for_status(), Err(Error::Status { status, .. }) if status == 500));
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        assert_eq!((server.connections(), failing.connections()), (2, 1));
    });
}

#[test]
fn pitfall_52_a_dead_idle_connection_is_replaced() {
    run(async {
        // The first connection dies while it idles, the second when the next request reaches it.
        let scripts = vec![vec![Recv, send(HELLO)], vec![Recv, send(HELLO), Recv], vec![Recv, send(HELLO), Hold]];
        let server = RawServer::start(scripts).await;
        let client = Client::new();
        for _ in 0..3 {
            assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        }
        assert_eq!(server.connections(), 3);
    });
}

#[test]
fn pitfall_52_an_unasked_answer_on_an_idle_connection_is_not_taken() {
    run_virtual(async {
        let unasked = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 5\r\n\r\nEVIL!";
        let first = vec![Recv, send(HELLO), Sleep(10), send(unasked), Hold];
        let server = RawServer::start(vec![first, vec![Recv, send(HELLO), Hold]]).await;
        let client = Client::new();
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        glassloop::sleep(Duration::from_millis(100)).await;
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        assert_eq!(server.connections(), 2);
    });
}

#[test]
fn pitfall_52_a_post_is_not_sent_twice() {
    run(async {
        let scripts = vec![vec![Recv, send(HELLO), Recv], vec![Recv, send(HELLO), Hold]];
        let server = RawServer::start(scripts).await;
        let client = Client::new();
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        let error = client.post(server.url("/")).body("x").send().await.unwrap_err();
        assert!(matches!(error, Error::Incomplete { .. }), "{error:?}");
        assert_eq!(server.requests.borrow().len(), 2);
    });
}

#[test]
fn pitfall_52_only_a_reused_connection_without_an_answer_is_retried() {
    run(async {
        // A fresh connection that closes without a byte is an error at once.
        let server = RawServer::start(vec![vec![Recv]]).await;
        let error = http::get(server.url("/")).await.unwrap_err();
        assert!(matches!(error, Error::Incomplete { .. }), "{error:?}");
        assert_eq!(server.connections(), 1);
        // So is a reused one that has begun to answer.
        let scripts = vec![vec![Recv, send(HELLO), Recv, send("HTTP/1.1 20")], vec![Recv, send(HELLO)]];
        let server = RawServer::start(scripts).await;
        let client = Client::new();
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        let error = text(&client, server.url("/")).await.unwrap_err();
        assert!(matches!(error, Error::Incomplete { .. }), "{error:?}");
        // And the retry happens once.
        let scripts = vec![vec![Recv, send(HELLO), Recv], vec![Recv], vec![Recv, send(HELLO)]];
        let server = RawServer::start(scripts).await;
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        let error = text(&client, server.url("/")).await.unwrap_err();
        assert!(matches!(error, Error::Incomplete { .. }), "{error:?}");
        assert_eq!(server.connections(), 2);
    });
}

#[test]
fn idle_connections_are_limited_in_number_and_age() {
    run_virtual(async {
        let server = RawServer::hello().await;
        let client = Client::builder().max_idle(0).build();
        for _ in 0..2 {
            text(&client, server.url("/")).await.unwrap();
        }
        assert_eq!(server.connections(), 2);

        let client = Client::builder().idle_timeout(Duration::from_secs(5)).build();
        for pause in [1, 4, 6] {
            text(&client, server.url("/")).await.unwrap();
            glassloop::sleep(Duration::from_secs(pause)).await;
        }
        assert_eq!(server.connections(), 3);
        text(&client, server.url("/")).await.unwrap();
        assert_eq!(server.connections(), 4);

        let client = Client::builder().max_idle_per_host(1).build();
        let both = ("hello\n".to_owned(), "hello\n".to_owned());
        let (a, b) = (client.get(server.url("/")).await, client.get(server.url("/")).await);
        assert_eq!((a.unwrap().text().await.unwrap(), b.unwrap().text().await.unwrap()), both);
        assert_eq!(server.connections(), 6);
        let (a, b) = (client.get(server.url("/")).await, client.get(server.url("/")).await);
        assert_eq!((a.unwrap().text().await.unwrap(), b.unwrap().text().await.unwrap()), both);
        assert_eq!(server.connections(), 7);
    });
}

/// A client with one idle connection, and the server's end of that.
async fn idling(client: &Client) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read(&mut [0; 1000]).await.unwrap();
        stream.write_all(HELLO.as_bytes()).await.unwrap();
        stream
    };
    let (body, stream) = glassloop::join!(text(client, url), serve).await;
    assert_eq!(body.unwrap(), "hello\n");
    stream
}

/// How many seconds it takes until the client closes.
async fn seconds_until_closed(stream: &mut TcpStream) -> u64 {
    let began = glassloop::now();
    assert_eq!(stream.read(&mut [0; 10]).await.unwrap(), 0);
    (glassloop::now() - began).as_secs()
}

#[test]
fn idle_connections_are_closed_though_nobody_uses_the_pool() {
    run_virtual(async {
        let client = Client::builder().no_proxy().idle_timeout(Duration::from_secs(5)).build();
        let mut stream = idling(&client).await;
        assert_eq!(seconds_until_closed(&mut stream).await, 5);
        // Then nobody looks after them any more.
        let tasks = || glassloop::all_tasks().iter().map(|task| task.name()).collect::<Vec<_>>();
        assert_eq!(tasks(), ["main"]);

        // The next ones are looked after too.
        let (mut first, mut second) = (idling(&client).await, idling(&client).await);
        assert_eq!(tasks().len(), 2);
        assert_eq!(seconds_until_closed(&mut first).await, 5);
        assert_eq!(seconds_until_closed(&mut second).await, 0);
    });
}

#[test]
fn a_server_that_closes_an_idle_connection_does_not_wait_for_long() {
    run_virtual(async {
        let client = Client::builder().no_proxy().build();
        let mut stream = idling(&client).await;
        stream.shutdown(Shutdown::Write).unwrap();
        assert!(seconds_until_closed(&mut stream).await <= 1);
        // So does one that speaks unasked.
        let mut stream = idling(&client).await;
        stream.write_all(HELLO.as_bytes()).await.unwrap();
        let end = stream.read(&mut [0; 10]).await;
        assert!(!matches!(end, Ok(1..)), "{end:?}");
    });
}

#[test]
fn pitfall_53_a_connection_with_half_a_request_is_not_reused() {
    run(async {
        let scripts = vec![vec![send(HELLO), Hold], vec![Recv, send(HELLO), Hold]];
        let server = RawServer::start(scripts).await;
        let client = Client::new();
        // More than the sockets can hold, so that the answer comes before the upload is over.
        let upload = client.post(server.url("/")).body(vec![b'x'; 16 << 20]);
        assert_eq!(upload.await.unwrap().text().await.unwrap(), "hello\n");
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        assert_eq!(server.connections(), 2);
    });
}

#[test]
fn a_request_that_says_close_is_the_last() {
    run(async {
        let server = RawServer::hello().await;
        let client = Client::new();
        for _ in 0..2 {
            let request = client.get(server.url("/")).header("connection", "close");
            assert_eq!(request.await.unwrap().text().await.unwrap(), "hello\n");
        }
        assert_eq!(server.connections(), 2);
    });
}

#[test]
fn a_client_that_outlives_its_loop_connects_anew() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut streams = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            assert!(stream.read(&mut [0; 1024]).unwrap() > 0);
            stream.write_all(HELLO.as_bytes()).unwrap();
            streams.push(stream); // the first one stays open, and would do for another request
        }
    });
    let client = Client::builder().timeout(Duration::from_secs(10)).build();
    for _ in 0..2 {
        assert_eq!(run(text(&client, url.clone())).unwrap(), "hello\n");
    }
    server.join().unwrap();
}

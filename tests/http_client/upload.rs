//! Bodies on their way to the server, while it answers or does not.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use glassloop::http::{Body, Client, ClientBuilder, Error, TimeLimit};
use glassloop::{now, run};

use crate::raw_server::{HELLO, Hold, RawServer, Recv, Sleep, send};
use crate::{run_virtual, text};

fn builder() -> ClientBuilder {
    Client::builder().no_proxy().timeout(Duration::from_secs(60))
}

/// Endless parts of 64 KiB, counted.
struct Endless(Rc<Cell<usize>>);

impl Stream for Endless {
    type Item = io::Result<Vec<u8>>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.set(self.0.get() + 1);
        Poll::Ready(Some(Ok(vec![b'x'; 64 * 1024])))
    }
}

/// These parts, with a second between two of them.
struct Slowly {
    parts: Vec<&'static str>,
    pause: Option<glassloop::Sleep>,
}

fn slowly(parts: &[&'static str]) -> Slowly {
    Slowly { parts: parts.iter().rev().copied().collect(), pause: None }
}

impl Stream for Slowly {
    type Item = io::Result<Vec<u8>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let pause = self.pause.get_or_insert_with(|| glassloop::sleep(Duration::from_secs(1)));
        std::task::ready!(Pin::new(pause).poll(cx));
        self.pause = None;
        Poll::Ready(self.parts.pop().map(|part| Ok(part.as_bytes().to_vec())))
    }
}

#[test]
fn a_server_that_does_not_read_holds_the_body_back() {
    run_virtual(async {
        let server = RawServer::start(vec![vec![Sleep(100_000)]]).await;
        let asked = Rc::new(Cell::new(0));
        let upload = builder().build().post(server.url("/")).body(Body::stream(Endless(asked.clone())));
        let error = upload.timeout(Duration::from_secs(2)).send().await.unwrap_err();
        assert!(error.is_timeout(), "{error:?}");
        // The sockets hold some megabytes; what is beyond that was never made.
        assert!((1..500).contains(&asked.get()), "{} parts", asked.get());
    });
}

#[test]
fn parts_go_out_as_they_come_and_the_answer_need_not_wait() {
    run_virtual(async {
        let script = vec![
            Sleep(1500), // the first part is here, the second is not
            send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhel"),
            Sleep(3000),
            send("lo\n"),
            Recv,
            Recv,
            send(HELLO),
            Hold,
        ];
        let server = RawServer::start(vec![script]).await;
        let client = builder().build();
        let upload = client.post(server.url("/")).body(Body::stream(slowly(&["one", "", "two"])));
        let began = now();
        let mut response = upload.send().await.unwrap();
        assert_eq!((now() - began).as_millis(), 1500);
        assert_eq!(response.chunk().await.unwrap().unwrap(), b"hel");
        assert_eq!(response.text().await.unwrap(), "lo\n");
        // Both ended well: the connection is used again.
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        assert_eq!(server.connections(), 1);
        assert!(server.request(0).ends_with("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"), "{}", server.request(0));
    });
}

#[test]
fn rule_06_an_answer_before_the_end_of_the_body_costs_the_connection() {
    run_virtual(async {
        let scripts = vec![vec![Sleep(100), send(HELLO), Hold], vec![Recv, send(HELLO), Hold]];
        let server = RawServer::start(scripts).await;
        let client = builder().build();
        let upload = client.post(server.url("/")).body(Body::stream(slowly(&["one", "two"])));
        assert_eq!(upload.send().await.unwrap().text().await.unwrap(), "hello\n");
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        assert_eq!(server.connections(), 2);
    });
}

#[test]
fn a_body_that_is_not_what_was_promised_fails_the_request() {
    run_virtual(async {
        for (length, problem) in [(7, "ended 1 bytes before its promised length"), (5, "longer than promised")] {
            let server = RawServer::start(vec![vec![Hold]]).await;
            let body = Body::stream(slowly(&["one", "two"])).with_length(length);
            let error = builder().build().post(server.url("/")).body(body).send().await.unwrap_err();
            assert!(matches!(&error, Error::Body { .. }), "{error:?}");
            assert!(error.what().contains(problem), "{}", error.what());
        }
        let server = RawServer::start(vec![vec![Recv, send(HELLO)]]).await;
        let body = Body::stream(slowly(&["one", "two"])).with_length(6);
        let response = builder().build().post(server.url("/")).body(body).send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), "hello\n");
        assert!(server.request(0).contains("content-length: 6\r\n") && server.request(0).ends_with("\r\n\r\nonetwo"));
    });
}

#[test]
fn a_body_that_fails_fails_the_request() {
    run(async {
        let server = RawServer::start(vec![vec![Hold]]).await;
        struct Broken;
        impl Stream for Broken {
            type Item = io::Result<Vec<u8>>;
            fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
                Poll::Ready(Some(Err(io::Error::other("the tape is torn"))))
            }
        }
        let error = builder().build().post(server.url("/")).body(Body::stream(Broken)).send().await.unwrap_err();
        assert!(error.what().contains("the tape is torn"), "{}", error.what());
    });
}

#[test]
fn the_wait_for_the_next_byte_begins_anew_while_the_server_takes_ours() {
    run_virtual(async {
        let client = builder().read_timeout(Duration::from_millis(1500)).build();
        let server = RawServer::start(vec![vec![Hold]]).await;
        // Three seconds of upload, a second between two parts, and then no answer.
        let upload = client.post(server.url("/")).body(Body::stream(slowly(&["one", "two"])));
        let began = now();
        let error = upload.send().await.unwrap_err();
        assert!(matches!(error, Error::Timeout { which: TimeLimit::Read, .. }), "{error:?}");
        assert_eq!((now() - began).as_millis(), 4500);
    });
}

/// What a server gets to see of a body that waits for its word, and when the answer was there.
async fn expecting(script: Vec<crate::raw_server::Do>) -> (String, String, u128) {
    let server = RawServer::start(vec![script, vec![Recv, send(HELLO), Hold]]).await;
    let client = builder().build();
    let began = now();
    let upload = client.post(server.url("/")).body("x=1").expect_continue();
    let answer = upload.send().await.unwrap().text().await.unwrap();
    let passed = (now() - began).as_millis();
    assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
    (server.requests.borrow().first().cloned().unwrap_or_default(), answer, passed)
}

#[test]
fn expect_continue_waits_for_the_word_of_the_server_but_not_for_ever() {
    run_virtual(async {
        let go_on = send("HTTP/1.1 100 Continue\r\n\r\n");
        let (request, _, passed) = expecting(vec![Sleep(300), go_on, Recv, send(HELLO), Recv, send(HELLO)]).await;
        assert!(request.contains("expect: 100-continue\r\n") && request.ends_with("\r\n\r\nx=1"), "{request}");
        assert_eq!(passed, 300);
        // Servers that have never heard of it just read on.
        let (request, _, passed) = expecting(vec![Recv, send(HELLO), Recv, send(HELLO)]).await;
        assert!(request.ends_with("\r\n\r\nx=1"), "{request}");
        assert_eq!(passed, 1000);
    });
}

#[test]
fn rule_06_a_body_that_the_server_did_not_want_is_not_sent() {
    run_virtual(async {
        let refusal = "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno";
        let (request, answer, passed) = expecting(vec![Sleep(10), send(refusal), Recv, Hold]).await;
        assert_eq!((answer.as_str(), passed), ("no", 10));
        assert!(!request.contains("x=1"), "{request}");
    });
}

//! What goes wrong, and how it is reported.

use std::error::Error as _;
use std::io;

use glassloop::http::{self, Client, Error, Method};
use glassloop::net::TcpListener;
use glassloop::run;

use crate::raw_server::{Hold, RawServer, Recv, Reset, send};
use crate::{answer, text};

#[test]
fn rule_05_incomplete_answers_are_errors() {
    for bytes in [
        "",
        "HTTP/1.1 20",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 102 Processing\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789",
        "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nhello\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    ] {
        let error = run(async move {
            let server = RawServer::start(vec![vec![Recv, send(bytes)]]).await;
            let response = http::get(server.url("/")).max_body_bytes(u64::MAX).await?;
            response.bytes().await
        });
        assert!(matches!(error, Err(Error::Incomplete { .. })), "{bytes:?}: {error:?}");
    }
}

#[test]
fn malformed_answers_are_errors() {
    for bytes in [
        "hello\n",
        "HTPP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n",
        "HTTP/1.2 200 OK\r\nContent-Length: 6\r\n\r\nhello\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2p1\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 6\r\n\r\nhello\n",
        "HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 6\r\n\r\nhello\n",
        "HTTP/1.1 200 OK\r\ngarbage line\r\nContent-Length: 6\r\n\r\nhello\n",
    ] {
        let error = answer(bytes);
        assert!(matches!(error, Err(Error::Protocol { .. })), "{bytes:?}: {error:?}");
    }
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(17).leak();
    assert!(matches!(answer(interim), Err(Error::Protocol { .. })));
}

fn refuses(bytes: String) {
    let error = answer(bytes.clone().leak());
    assert!(matches!(error, Err(Error::Protocol { .. })), "{bytes:?}: {error:?}");
}

#[test]
fn rule_03_numbers_are_digits_and_nothing_else() {
    for length in ["+6", "-6", "0x6", "6abc", "6 6", "6, 7", "", "\"6\"", "18446744073709551622", "6;", "6.0"] {
        refuses(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nhello\n"));
    }
    for size in ["+6", "-6", "0x6", "zz", "6 6", "", " ", "FFFFFFFFFFFFFFFFF", "6h", "6,"] {
        refuses(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\nhello\n\r\n0\r\n\r\n"));
    }
}

#[test]
fn rule_04_ambiguous_framing_is_an_error() {
    for lines in [
        "Content-Length: 6\r\nContent-Length: 7",
        "Content-Length : 6",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: foo",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\n Content-Length: 6",
    ] {
        refuses(format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\nhello\n"));
    }
    // Each chunk ends with a line end, the right one.
    for chunks in
        ["3\r\nhello\r\n0\r\n\r\n", "6\r\nhello\n0\r\n\r\n", "6\nhello\n\r\n0\r\n\r\n", "6\r\nhello\n\rX0\r\n\r\n"]
    {
        refuses(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"));
    }
}

#[test]
fn garbage_is_refused_before_the_server_closes() {
    run(async {
        let script = vec![Recv, send("SSH-2.0-OpenSSH_9.2p1\r\n"), Hold];
        let server = RawServer::start(vec![script]).await;
        let error = http::get(server.url("/")).await.unwrap_err();
        assert!(matches!(error, Error::Protocol { .. }), "{error:?}");
    });
}

#[test]
fn a_lost_body_never_looks_complete() {
    run(async {
        let reply = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789";
        let server = RawServer::start(vec![vec![Recv, send(reply)]]).await;
        let mut response = http::get(server.url("/")).await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), b"0123456789");
        assert!(matches!(response.chunk().await, Err(Error::Incomplete { .. })));
        assert!(matches!(response.chunk().await, Err(Error::BodyLost { .. })));
        assert!(matches!(response.bytes().await, Err(Error::BodyLost { .. })));
    });
}

#[test]
fn rule_12_limits_on_head_and_body_hold() {
    run(async {
        let client = Client::builder().max_head_bytes(1000).max_headers(5).max_body_bytes(10).build();
        let long = format!("HTTP/1.1 200 OK\r\nX-A: {}", "a".repeat(2000));
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-A: b\r\n".repeat(6));
        for head in [long, many] {
            let server = RawServer::start(vec![vec![Recv, send(&head), Hold]]).await;
            let error = text(&client, server.url("/")).await.unwrap_err();
            assert!(matches!(error, Error::Protocol { .. }), "{error:?}");
        }
        let declared = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n".to_owned();
        let chunks = "1\r\nx\r\n".repeat(11);
        let chunked = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(11));
        for body in [declared, chunked, endless] {
            let server = RawServer::start(vec![vec![Recv, send(&body), Hold]]).await;
            let error = text(&client, server.url("/")).await.unwrap_err();
            assert!(matches!(error, Error::BodyTooLarge { limit: 10, .. }), "{error:?}");
        }
        let server = RawServer::hello().await;
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
    });
}

#[test]
fn refused_reset_and_unknown_are_typed_errors() {
    run(async {
        let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://user:secret@{}/", unused.local_addr().unwrap());
        drop(unused);
        let error = http::get(&url).await.unwrap_err();
        assert!(error.is_connect(), "{error:?}");
        let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
        assert_eq!(source.kind(), io::ErrorKind::ConnectionRefused);
        assert!(error.to_string().starts_with("cannot connect to 127.0.0.1:"));
        assert!(error.url().starts_with("http://***@127.0.0.1:"));
        assert!(!format!("{error} {error:?}").contains("secret"));

        // A label may have 63 letters, so no query leaves the machine.
        let unknown = format!("http://{}.test/", "a".repeat(64));
        let error = http::get(unknown).await.unwrap_err();
        assert!(error.is_connect(), "{error:?}");

        let server = RawServer::start(vec![vec![Reset]]).await;
        let error = http::get(server.url("/")).await.unwrap_err();
        assert!(matches!(error, Error::Connection { .. }), "{error:?}");
    });
}

#[test]
fn what_must_not_be_sent_is_refused_before_connecting() {
    run(async {
        let server = RawServer::hello().await;
        let client = Client::new();
        let get = || client.get(server.url("/"));
        let connect = client.request(Method::CONNECT, server.url("/"));
        for request in [get().header("x-a", "a\r\nx-b: c"), get().header("x a", "b"), connect] {
            let error = request.await.unwrap_err();
            assert!(matches!(error, Error::InvalidRequest { .. }), "{error:?}");
            assert!(!error.to_string().contains('\n'));
        }
        let error = http::get("no URL").await.unwrap_err();
        assert!(matches!(error, Error::InvalidUrl { .. }) && error.source().is_some());
        let error = http::get("gopher://h.test/").await.unwrap_err();
        let text = "unsupported scheme `gopher`: gopher://h.test/";
        assert_eq!(error.to_string(), text);
        // The first error stands, whatever is said afterwards.
        let error = http::get("http://").header("x a", "b").body("x").await.unwrap_err();
        assert!(matches!(error, Error::UrlWithoutHost { .. }), "{error:?}");
        assert_eq!(server.connections(), 0);
    });
}

#[test]
fn json_that_is_none_is_a_typed_error() {
    run(async {
        let server = RawServer::hello().await;
        let error = http::get(server.url("/")).await.unwrap().json::<u32>().await.unwrap_err();
        assert!(matches!(error, Error::DecodeJson { .. }) && error.source().is_some());
    });
}

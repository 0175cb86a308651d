//! Requests and answers as they should be.

use std::time::Duration;

use glassloop::http::{self, Client, Error, StatusCode, Version, decode};
use glassloop::run;

use crate::answer;
use crate::raw_server::{Do, HELLO, Hold, RawServer, Recv, send};

#[test]
fn a_get_sends_host_agent_and_accept_in_one_head() {
    run(async {
        let server = RawServer::hello().await;
        let response = http::get(server.url("/a?x=1#fragment")).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.version(), Version::HTTP_11);
        assert_eq!(response.headers()["content-length"], "6");
        assert_eq!(response.url().path(), "/a");
        assert_eq!(response.text().await.unwrap(), "hello\n");
        let host = server.base.strip_prefix("http://").unwrap();
        let version = env!("CARGO_PKG_VERSION");
        let own = format!("host: {host}\r\nuser-agent: glassloop/{version}\r\naccept: */*\r\n");
        let codings = decode::ACCEPTED.map(|codings| format!("accept-encoding: {codings}\r\n")).unwrap_or_default();
        let expected = format!("GET /a?x=1 HTTP/1.1\r\n{own}{codings}\r\n");
        assert_eq!(server.request(0), expected);
    });
}

#[test]
fn a_post_sends_its_body_and_the_true_length() {
    run(async {
        let server = RawServer::hello().await;
        let client = Client::new();
        let post = client.post(server.url("/")).header("content-length", "999").body("a=b");
        post.send().await.unwrap().bytes().await.unwrap();
        assert!(server.request(0).ends_with("content-length: 3\r\n\r\na=b"));
        assert!(!server.request(0).contains("999"));

        client.post(server.url("/")).await.unwrap().bytes().await.unwrap();
        assert!(server.request(1).ends_with("content-length: 0\r\n\r\n"));

        let json = client.post(server.url("/")).json(&[1, 2]).await.unwrap();
        assert_eq!(json.bytes().await.unwrap(), b"hello\n");
        assert!(server.request(2).contains("content-type: application/json\r\n"));
        assert!(server.request(2).ends_with("\r\n\r\n[1,2]"));
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn headers_of_the_caller_replace_the_defaults() {
    run(async {
        let server = RawServer::hello().await;
        let url = server.url("/").replace("http://", "http://user:p%40ss@");
        let request = http::get(url).header("Host", "a.test").header("x-a", "1").header("x-a", "2");
        request.await.unwrap();
        let sent = server.request(0);
        assert!(sent.starts_with("GET / HTTP/1.1\r\nhost: a.test\r\nx-a: 1\r\nx-a: 2\r\n"));
        assert_eq!(sent.matches("host:").count(), 1);
        assert!(sent.contains("authorization: Basic dXNlcjpwQHNz\r\n"));
    });
}

#[test]
fn pitfall_56_ipv6_is_bracketed_in_host() {
    run(async {
        let server = RawServer::start_at("[::1]:0", vec![vec![Recv, send(HELLO)]]).await;
        assert_eq!(http::get(server.url("/")).await.unwrap().status(), 200);
        let host = server.base.strip_prefix("http://").unwrap();
        assert!(server.request(0).contains(&format!("host: {host}\r\n")) && host.starts_with("[::1]:"));
    });
}

#[test]
fn bodies_of_every_framing_arrive_whole() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n4\r\nllo\n\r\n0\r\n\r\n";
    for bytes in [
        HELLO,
        chunked,
        "HTTP/1.1 200 OK\r\n\r\nhello\n",
        "HTTP/1.0 200 OK\r\n\r\nhello\n",
        "HTTP/1.1 200\nContent-Length:\t6 \n\nhello\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n\
         HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n",
    ] {
        assert_eq!(answer(bytes).unwrap(), "hello\n", "{bytes:?}");
    }
}

#[test]
fn what_is_not_utf8_becomes_replacement_characters() {
    run(async {
        let body = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ncaf\xe9\n";
        let server = RawServer::start(vec![vec![Recv, Do::Send(body.to_vec())]]).await;
        assert_eq!(http::get(server.url("/")).await.unwrap().text().await.unwrap(), "caf\u{fffd}\n");
    });
}

#[test]
fn trailers_are_there_once_the_body_was_read() {
    run(async {
        let reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n";
        let server = RawServer::start(vec![vec![Recv, send(reply), Recv, send(reply)]]).await;
        let client = Client::new();
        for _ in 0..2 {
            let mut response = client.get(server.url("/")).await.unwrap();
            assert_eq!(response.chunk().await.unwrap().unwrap(), b"abc");
            assert_eq!(response.chunk().await.unwrap(), None);
            assert_eq!(response.trailers()["x-sum"], "7");
        }
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn two_hundred_headers_pass() {
    run(async {
        let lines: String = (0..200).map(|i| format!("X-{i}: {i}\r\n")).collect();
        let reply = format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 0\r\n\r\n");
        let server = RawServer::start(vec![vec![Recv, send(&reply)]]).await;
        assert_eq!(http::get(server.url("/")).await.unwrap().headers()["x-199"], "199");
    });
}

#[test]
fn an_early_answer_is_taken_though_the_upload_fails() {
    run(async {
        let script = vec![send("HTTP/1.1 413 Too Large\r\nConnection: close\r\n\r\nno")];
        let server = RawServer::start(vec![script]).await;
        // More than the sockets can hold, so that the upload cannot be over.
        let upload = Client::new().post(server.url("/")).body(vec![b'x'; 16 << 20]);
        match upload.await {
            Ok(response) => assert_eq!(response.status(), 413),
            // The reset may overtake the answer inside the kernel.
            Err(error) => assert!(matches!(error, Error::Connection { .. }), "{error:?}"),
        }
    });
}

#[test]
fn sending_goes_on_while_the_answer_is_read() {
    run(async {
        // More than the sockets can hold, both ways.
        const SIZE: usize = 16 << 20;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", SIZE + 4);
        let first = [head.into_bytes(), vec![b'y'; SIZE]].concat();
        let server = RawServer::start(vec![vec![Do::Send(first), Recv, send("done"), Hold]]).await;
        let upload = Client::new().post(server.url("/")).body(vec![b'x'; SIZE]);
        let body = upload.timeout(Duration::from_secs(600)).await.unwrap().bytes().await.unwrap();
        assert_eq!(body.len(), SIZE + 4);
        assert!(body.ends_with(b"done"));
    });
}

//! What can be asked: bodies, credentials, headers, and what must not be.

use std::io;

use glassloop::http::multipart::{Form, Part};
use glassloop::http::{self, Body, Class, Client, Error, HeaderMap, HeaderName, HeaderValue, Method};
use glassloop::run;

use crate::raw_server::{Do, HELLO, Hold, RawServer, Recv, send};

#[test]
fn every_method_has_its_name() {
    run(async {
        let server = RawServer::hello().await;
        let client = Client::new();
        let requests = [
            client.get(server.url("/")),
            client.post(server.url("/")),
            client.put(server.url("/")),
            client.patch(server.url("/")),
            client.delete(server.url("/")),
            client.options(server.url("/")),
            client.request(Method::from_bytes(b"PURGE").unwrap(), server.url("/")),
        ];
        for (index, request) in requests.into_iter().enumerate() {
            request.await.unwrap().bytes().await.unwrap();
            let method = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"][index];
            let sent = server.request(index);
            assert!(sent.starts_with(&format!("{method} / HTTP/1.1\r\n")), "{sent}");
            let has_length = ["POST", "PUT", "PATCH"].contains(&method);
            assert_eq!(sent.contains("content-length: 0\r\n"), has_length, "{sent}");
        }
    });
}

#[test]
fn forms_and_queries_are_encoded() {
    run(async {
        let server = RawServer::hello().await;
        let form = Client::new().post(server.url("/?a=b")).query([("q", "c&d")]).form([("name", "R & D")]);
        form.await.unwrap();
        let sent = server.request(0);
        assert!(sent.starts_with("POST /?a=b&q=c%26d HTTP/1.1\r\n"), "{sent}");
        assert!(sent.contains("content-type: application/x-www-form-urlencoded\r\n"), "{sent}");
        assert!(sent.ends_with("\r\n\r\nname=R+%26+D"), "{sent}");
    });
}

#[test]
fn rule_20_multipart_has_a_random_boundary_and_a_length() {
    run(async {
        let server = RawServer::hello().await;
        let client = Client::new();
        let mut boundaries = Vec::new();
        for index in 0..2 {
            let part = Part::new("file text\n").file_name("a\"\r\nEvil: 1").content_type("text/plain");
            let form = Form::new().text("a", "1").part("f", part);
            let boundary = form.boundary().to_owned();
            client.post(server.url("/")).multipart(form).await.unwrap().bytes().await.unwrap();
            let (head, body) =
                server.request(index).split_once("\r\n\r\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
            assert!(head.contains(&format!("content-type: multipart/form-data; boundary={boundary}")), "{head}");
            assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
            let expected = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--{boundary}\r\n\
                 Content-Disposition: form-data; name=\"f\"; filename=\"a%22%0D%0AEvil: 1\"\r\n\
                 Content-Type: text/plain\r\n\r\nfile text\n\r\n--{boundary}--\r\n"
            );
            assert_eq!(body, expected);
            boundaries.push(boundary);
        }
        assert_ne!(boundaries[0], boundaries[1]);
        let split = Form::new().part("f", Part::new("x").content_type("a/b\r\nEvil: 1"));
        let error = client.post(server.url("/")).multipart(split).await.unwrap_err();
        assert_eq!(error.class(), Class::Usage, "{error:?}");
    });
}

#[test]
fn a_file_is_sent_with_its_length_and_again_if_need_be() {
    run(async {
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("upload-{}", std::process::id()));
        let content = "0123456789".repeat(100_000);
        std::fs::write(&path, &content).unwrap();
        let moved = "HTTP/1.1 307 Moved\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n";
        let server = RawServer::start(vec![vec![Recv, send(moved), Recv, send(HELLO), Hold]]).await;
        let body = Body::file(&path).await.unwrap();
        assert_eq!((body.length(), body.is_replayable()), (Some(1_000_000), true));
        assert_eq!(Client::new().post(server.url("/")).body(body).await.unwrap().text().await.unwrap(), "hello\n");
        for index in 0..2 {
            let sent = server.request(index);
            assert!(sent.contains("content-length: 1000000\r\n") && sent.ends_with(&content));
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(Body::file(&path).await.unwrap_err().kind(), io::ErrorKind::NotFound);
        let folder = Body::file(env!("CARGO_TARGET_TMPDIR")).await.unwrap_err();
        assert_eq!(folder.kind(), io::ErrorKind::IsADirectory);
    });
}

#[test]
fn streams_and_readers_are_sent_in_chunks_or_by_the_length_that_was_promised() {
    run(async {
        let server = RawServer::hello().await;
        let client = Client::new();
        let parts = || futures_util::stream::iter([Ok::<_, io::Error>("he"), Ok(""), Ok("llo")]);
        client.post(server.url("/")).body(Body::stream(parts())).await.unwrap().bytes().await.unwrap();
        assert!(server.request(0).contains("transfer-encoding: chunked\r\n"), "{}", server.request(0));
        assert!(server.request(0).ends_with("\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"), "{}", server.request(0));
        let promised = Body::stream(parts()).with_length(5);
        client.post(server.url("/")).body(promised).await.unwrap().bytes().await.unwrap();
        assert!(server.request(1).ends_with("content-length: 5\r\n\r\nhello"), "{}", server.request(1));
        client.post(server.url("/")).body(Body::reader(&b"read"[..])).await.unwrap().bytes().await.unwrap();
        assert!(server.request(2).ends_with("\r\n\r\n4\r\nread\r\n0\r\n\r\n"), "{}", server.request(2));
        for length in [4, 6] {
            let error = client.post(server.url("/")).body(Body::stream(parts()).with_length(length)).await.unwrap_err();
            assert!(matches!(error, Error::Body { .. }), "{error:?}");
            assert_eq!(error.class(), Class::Io);
        }
        let broken = futures_util::stream::iter([Ok("he"), Err("no more of it")]);
        let error = client.post(server.url("/")).body(Body::stream(broken)).await.unwrap_err();
        assert_eq!(error.what(), "cannot read the body to send: no more of it");
    });
}

#[test]
fn rule_08_a_streamed_body_is_not_sent_twice() {
    run(async {
        let scripts = vec![vec![Recv, send(HELLO), Recv], vec![Recv, send(HELLO), Hold]];
        let server = RawServer::start(scripts).await;
        let client = Client::new();
        client.get(server.url("/")).await.unwrap().bytes().await.unwrap();
        // PUT is idempotent, but the stream is gone.
        let error = client.put(server.url("/")).body(Body::reader(&b"x"[..])).await.unwrap_err();
        assert!(matches!(error, Error::Incomplete { .. }), "{error:?}");
        assert_eq!(server.requests.borrow().len(), 2);
    });
}

#[test]
fn a_server_that_cannot_be_asked_first_is_not_asked() {
    run(async {
        let refused = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n";
        let scripts = vec![vec![Do::RecvHead, send(refused), Hold], vec![Recv, send(HELLO), Hold]];
        let server = RawServer::start(scripts).await;
        let response = Client::new().post(server.url("/")).body("hello").expect_continue().await.unwrap();
        assert_eq!(response.text().await.unwrap(), "hello\n");
        assert!(server.request(0).contains("expect: 100-continue\r\n") && !server.request(0).contains("hello"));
        assert!(!server.request(1).contains("expect") && server.request(1).ends_with("\r\n\r\nhello"));
    });
}

#[test]
fn credentials_are_encoded_and_defaults_replaced() {
    run(async {
        let server = RawServer::hello().await;
        let client = Client::builder()
            .user_agent(HeaderValue::from_static("me"))
            .default_header(HeaderName::from_static("x-team"), HeaderValue::from_static("1"))
            .build();
        client.get(server.url("/")).basic_auth("al", "op en:se").await.unwrap().bytes().await.unwrap();
        let sent = server.request(0);
        assert!(sent.contains("authorization: Basic YWw6b3AgZW46c2U=\r\n"), "{sent}");
        assert!(sent.contains("user-agent: me\r\n") && sent.contains("x-team: 1\r\n"), "{sent}");
        let mut headers = HeaderMap::new();
        headers.append("x-team", HeaderValue::from_static("2"));
        headers.append("x-team", HeaderValue::from_static("3"));
        headers.append("accept", HeaderValue::from_static("text/html"));
        client.get(server.url("/")).bearer_auth("t").headers(headers).await.unwrap().bytes().await.unwrap();
        let sent = server.request(1);
        assert!(sent.contains("authorization: Bearer t\r\n") && sent.contains("x-team: 2\r\nx-team: 3\r\n"), "{sent}");
        assert!(!sent.contains("x-team: 1") && sent.matches("accept:").count() == 1, "{sent}");
    });
}

#[test]
fn rule_01_what_could_split_a_message_is_refused_before_connecting() {
    run(async {
        let server = RawServer::hello().await;
        let client = Client::new();
        let get = || client.get(server.url("/"));
        for request in [
            get().header("x-a", "b\r\nEvil: 1"),
            get().header("x-a", "b\nEvil: 1"),
            get().header("x-a", "b\0"),
            get().header("x-a", "b\u{7f}"),
            get().header("x a", "b"),
            get().header("x-a\r\n", "b"),
            get().header("", "b"),
            get().bearer_auth("t\r\nEvil: 1"),
            get().basic_auth("a:b", "c"),
            client.get(server.url("/\r\nEvil: 1")),
            client.get(server.url("/\tb")),
            client.get(server.base.replace("http://", "http:\\\\")),
        ] {
            let error = request.await.unwrap_err();
            assert_eq!(error.class(), Class::Usage, "{error:?}");
            assert!(!format!("{error}{}", error.what()).chars().any(char::is_control), "{error}");
        }
        assert!(Method::from_bytes(b"GET / HTTP/1.1\r\nEvil: 1\r\nX:").is_err());
        assert_eq!(server.connections(), 0);
        // Inside of Base64 it harms nobody.
        let url = server.url("/").replace("http://", "http://u%0d%0aEvil:p@");
        http::get(url).await.unwrap();
        assert!(server.request(0).contains("authorization: Basic dQ0KRXZpbDpw\r\n"), "{}", server.request(0));
    });
}

#[test]
fn rule_02_the_framing_is_the_clients_own() {
    run(async {
        let server = RawServer::hello().await;
        let client = Client::new();
        for request in [client.post(server.url("/")).body("hello"), client.get(server.url("/"))] {
            let request = request.header("content-length", "3").header("transfer-encoding", "chunked");
            request.await.unwrap().bytes().await.unwrap();
        }
        assert!(server.request(0).ends_with("content-length: 5\r\n\r\nhello"), "{}", server.request(0));
        assert!(!server.request(0).contains("transfer-encoding"));
        assert!(!server.request(1).contains("content-length") && !server.request(1).contains("transfer-encoding"));
        let streamed = client.post(server.url("/")).header("content-length", "3").body(Body::reader(&b"hello"[..]));
        streamed.await.unwrap().bytes().await.unwrap();
        assert!(!server.request(2).contains("content-length"), "{}", server.request(2));
    });
}

#[test]
fn rule_19_nothing_secret_and_nothing_raw_is_shown() {
    run(async {
        let client = Client::new();
        let url = "http://user:sesame@127.0.0.1:1/\u{1b}[31m";
        let error = client.get(url).bearer_auth("sesame").await.unwrap_err();
        let request = client.get("http://user:sesame@h.test/").bearer_auth("sesame").body("sesame");
        let shown = format!("{error} {error:?} {} {request:?} {client:?}", error.what());
        assert!(!shown.contains("sesame") && !shown.chars().any(|c| c.is_control()), "{shown}");
        let reply = "HTTP/1.1 302 \x1b[31m\r\nLocation: gopher://\x1b[31m\r\n\r\n";
        let server = RawServer::start(vec![vec![Recv, send(reply)]]).await;
        let error = client.get(server.url("/")).await.unwrap_err();
        assert!(!format!("{error} {}", error.what()).contains('\x1b'), "{error}");
    });
}

#[test]
fn a_body_as_a_stream_of_its_parts() {
    use futures_util::StreamExt;

    run(async {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n4\r\nllo\n\r\n0\r\n\r\n";
        let cut = &chunked[..chunked.find("llo").unwrap() + 2];
        let server = RawServer::start(vec![vec![Recv, send(chunked), Recv, send(cut)]]).await;
        let client = Client::new();
        let parts: Vec<_> = client.get(server.url("/")).await.unwrap().bytes_stream().collect().await;
        let parts: Vec<u8> = parts.into_iter().flat_map(Result::unwrap).collect();
        assert_eq!(parts, b"hello\n");
        let mut stream = client.get(server.url("/")).await.unwrap().bytes_stream();
        assert_eq!(stream.next().await.unwrap().unwrap(), b"hell");
        assert!(matches!(stream.next().await, Some(Err(Error::Incomplete { .. }))));
        assert!(stream.next().await.is_none());
        assert_eq!(server.connections(), 1);
    });
}

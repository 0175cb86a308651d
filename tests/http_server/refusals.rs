//! What is refused, with which status, and that nothing behind it is believed.

use std::net::Shutdown;

use glassloop::net::TcpStream;
use glassloop::run;

use crate::common::{answer, ok, ok_close, read_all, server, start, talk};

#[test]
fn bad_requests_are_refused_and_the_connection_closed() {
    let post = "POST / HTTP/1.1\r\nHost: a\r\n";
    for (request, status) in [
        ("garbage\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n".into(), 400),
        (format!("{post}Content-Length: +1\r\n\r\nx"), 400),
        (format!("{post}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx"), 400),
        (format!("{post}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400),
        (format!("{post}Transfer-Encoding: gzip, chunked\r\n\r\n"), 501),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n".into(), 501),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n".into(), 505),
        (format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(70_000)), 431),
        (format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(257)), 431),
        (format!("{post}Content-Length: 99999999\r\n\r\n"), 413),
        (format!("{post}Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n"), 413),
    ] {
        let sent = format!("{request}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
        let got = answer(&sent);
        let shown = &request[..request.len().min(80)];
        assert!(got.starts_with(&format!("HTTP/1.1 {status} ")), "{shown:?}: {got:?}");
        assert!(got.contains("connection: close\r\n"), "{shown:?}");
        assert!(!got.contains("smuggled"), "{shown:?}");
    }
}

#[test]
fn a_chunked_body_over_the_limit_is_refused_though_it_goes_on() {
    run(async {
        let (address, _task) = start(server().await.max_body_bytes(100)).await;
        let chunks = "a\r\n0123456789\r\n".repeat(10_000);
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let got = talk(&address, format!("{head}{chunks}")).await;
        assert!(got.starts_with("HTTP/1.1 413 "), "{got:?}");
    });
}

#[test]
fn a_request_that_breaks_off_is_refused() {
    run(async {
        let (address, _task) = start(server().await).await;
        for bytes in ["GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nshort"] {
            let mut stream = TcpStream::connect(address.as_str()).await.unwrap();
            stream.write_all(bytes.as_bytes()).await.unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            assert!(read_all(&mut stream).await.starts_with("HTTP/1.1 400 "), "{bytes:?}");
        }
        // Closing between requests is no error, and gets no answer.
        let mut stream = TcpStream::connect(address.as_str()).await.unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_all(&mut stream).await, "");
    });
}

/// The rules that keep requests apart, where two readers could see two different ends or two different hosts.
#[test]
fn rule_04_what_could_be_read_in_two_ways_is_refused() {
    let post = "POST / HTTP/1.1\r\nHost: a\r\n";
    for (request, status) in [
        // Bare line feeds: in the start line, between the lines, at the end.
        ("GET / HTTP/1.1\nHost: a\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n\n".into(), 400),
        ("GET / HTTP/1.1\r\nX: y\rHost: b\r\nHost: a\r\n\r\n".into(), 400),
        // Which host?
        ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n".into(), 400),
        ("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n".into(), 400),
        // Which length?
        (format!("{post}Content-Length: 0x1\r\n\r\nx"), 400),
        (format!("{post}Content-Length: 1 1\r\n\r\nx"), 400),
        (format!("{post}Content-Length: 1, 2\r\n\r\nx"), 400),
        (format!("{post}Content-Length: -1\r\n\r\nx"), 400),
        (format!("{post}Content-Length: 18446744073709551617\r\n\r\nx"), 400),
        (format!("{post}Content-Length : 1\r\n\r\nx"), 400),
        (format!("{post}Content-Length:\r\n\r\nx"), 400),
        // Chunked or not?
        (format!("{post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"), 501),
        (format!("{post}Transfer-Encoding: identity\r\n\r\n"), 501),
        (format!("{post}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"), 400),
        (format!("{post}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"), 501),
        (format!("{post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"), 400),
        (format!("{post}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"), 400),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".into(), 400),
        // Where does the chunk end?
        (format!("{post}Transfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n"), 400),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n"), 400),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\n1\r\nx\n0\r\n\r\n"), 400),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n"), 400),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\n+1\r\nx\r\n0\r\n\r\n"), 400),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\nx\r\n0\r\n\r\n"), 400),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\n1;\n\r\nx\r\n0\r\n\r\n"), 400),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\r\n"), 400),
    ] {
        let got = answer(format!("{request}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert!(got.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {got:?}");
        assert!(got.contains("connection: close\r\n") && !got.contains("smuggled"), "{request:?}: {got:?}");
        assert_eq!(got.matches("HTTP/1.1 ").count(), 1, "{request:?}: {got:?}");
    }
}

#[test]
fn what_is_only_unusual_is_accepted() {
    let empty_host = "GET /a HTTP/1.1\r\nHost:\r\n\r\n";
    let port = "GET /a HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n";
    let absolute = "GET http://b/a HTTP/1.1\r\nHost: b\r\n\r\n";
    let same_lengths = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n";
    let blank_lines = "\r\n\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    for request in [empty_host, port, absolute, same_lengths, blank_lines] {
        let got = answer(format!("{request}GET /b HTTP/1.0\r\n\r\n"));
        let (first, second) = (ok(&format!("{} /a ", &request.trim()[..4].trim())), ok_close("GET /b "));
        assert_eq!(got, first + &second, "{request:?}");
    }
}

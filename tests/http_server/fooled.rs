//! Requests that have fooled other servers: each is answered as it must be, and nothing behind a refusal is believed.

use std::net::Shutdown;

use glassloop::run;

use crate::common::{read_all, sent, server, start};

/// What is sent, what the answers are (one status a request), and what the handler is told of the first.
type Case = (&'static [u8], &'static [u16], &'static str);

/// Behind what is refused, this must not be answered.
const NEXT: &[u8] = b"GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

const START_LINES: &[Case] = &[
    // HTTP/0.9, other versions, other protocols.
    (b"GET /\r\n\r\n", &[400], ""),
    (b"GET / HTTP\r\n\r\n", &[505], ""),
    (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", &[505], ""),
    (b"GET / HTTP/1.10\r\nHost: a\r\n\r\n", &[400], ""),
    (b"GET / http/1.1\r\nHost: a\r\n\r\n", &[505], ""),
    (b"GET / HTTP/0.9\r\nHost: a\r\n\r\n", &[505], ""),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[505], ""),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", &[400], ""),
    (b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", &[400], ""),
    // Blanks and bytes that do not belong there.
    (b" GET / HTTP/1.1\r\nHost: a\r\n\r\n", &[400], ""),
    (b"GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", &[400], ""),
    (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", &[505], ""),
    (b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", &[400], ""),
    (b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", &[400], ""),
    (b"GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", &[400], ""),
    (b"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", &[400], ""),
    (b"GET\r\n / HTTP/1.1\r\nHost: a\r\n\r\n", &[400], ""),
    // Unusual, and right.
    (b"get /a HTTP/1.1\r\nHost: a\r\n\r\n", &[200, 200], "get /a "),
    (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", &[200, 200], "OPTIONS * "),
    (b"TRACE /a HTTP/1.1\r\nHost: a\r\nCookie: secret\r\n\r\n", &[200, 200], "TRACE /a "),
    (b"GET http://b:80/a HTTP/1.1\r\nHost: a\r\n\r\n", &[200, 200], "GET /a "),
];

const HEADER_LINES: &[Case] = &[
    (b"GET / HTTP/1.1\r\n: x\r\nHost: a\r\n\r\n", &[400], ""),
    (b"GET / HTTP/1.1\r\nX\r\nHost: a\r\n\r\n", &[400], ""),
    (b"GET / HTTP/1.1\r\nX(: y\r\nHost: a\r\n\r\n", &[400], ""),
    (b"GET / HTTP/1.1\r\nX\x00: y\r\nHost: a\r\n\r\n", &[400], ""),
    (b"GET / HTTP/1.1\r\nX: \x01\r\nHost: a\r\n\r\n", &[400], ""),
    (b"GET / HTTP/1.1\r\nX: y\x7f\r\nHost: a\r\n\r\n", &[400], ""),
    (b"GET / HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n", &[400], ""),
    (b"GET / HTTP/1.1\r\nX: y\r\n\tz\r\nHost: a\r\n\r\n", &[400], ""),
    (b"GET / HTTP/1.1\r\nX: y\r\rHost: a\r\n\r\n", &[400], ""),
    (b"GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", &[400], ""),
    (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", &[400], ""),
    (b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n", &[400], ""),
    (b"GET /a HTTP/1.1\r\nX:\r\nX: \xff\r\nHost: a\r\n\r\n", &[200, 200], "GET /a "),
    (b"GET /a HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n", &[200, 200], "GET /a "),
    (b"GET /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", &[200, 200], "GET /a "),
];

const FRAMING: &[Case] = &[
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-length: 2\r\n\r\nxy", &[400], ""),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \xd9\xa1\r\n\r\nx", &[400], ""),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1;x\r\n\r\nx", &[400], ""),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1,\r\n\r\nx", &[400], ""),
    (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        &[501],
        "",
    ),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", &[501], ""),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", &[501], ""),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\x00\r\n\r\n0\r\n\r\n", &[400], ""),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400], ""),
    // Right, if unusual; what is behind is the next request.
    (b"GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", &[200, 200], "GET /a hello"),
    (b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: \t5 \r\n\r\nhello", &[200, 200], "POST /a hello"),
    (b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello", &[200, 200], "POST /a hello"),
    (
        b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        &[200, 200],
        "POST /a hello",
    ),
    // An underscore makes another header of it, so this has no body and what follows is no request.
    (b"POST /a HTTP/1.1\r\nHost: a\r\nContent_Length: 5\r\n\r\nhello\r\n\r\n", &[200, 400], "POST /a "),
];

/// Each behind the head of a chunked request.
const CHUNKS: &[Case] = &[
    (b" 1\r\nx\r\n0\r\n\r\n", &[400], ""),
    (b"-1\r\nx\r\n0\r\n\r\n", &[400], ""),
    (b"\r\n0\r\n\r\n", &[400], ""),
    (b";x\r\n0\r\n\r\n", &[400], ""),
    (b"1\r\nx0\r\n\r\n", &[400], ""),
    (b"1\r\nx\r0\r\n\r\n", &[400], ""),
    (b"1\r\r\nx\r\n0\r\n\r\n", &[400], ""),
    (b"1;a=\"\n\"\r\nx\r\n0\r\n\r\n", &[400], ""),
    (b"fffffffffffffffff\r\nx", &[400], ""),
    (b"ffffffffffffffff\r\nx", &[400], ""),
    (b"0\r\nX: y\r\n z\r\n\r\n", &[400], ""),
    (b"0\r\nX\r\n\r\n", &[400], ""),
    (b"0\r\nX: \x00\r\n\r\n", &[400], ""),
    (b"5;a=b;c=\"d\"\r\nhello\r\n0;e\r\n\r\n", &[200, 200], "POST /a hello"),
    (b"0000000000000005\r\nhello\r\n0\r\n\r\n", &[200, 200], "POST /a hello"),
    // Trailers say nothing about where the body ends, and nothing about the host.
    (b"5\r\nhello\r\n0\r\nContent-Length: 99\r\nHost: b\r\nTransfer-Encoding: x\r\n\r\n", &[200, 200], "POST /a hello"),
];

fn check(head: &[u8], (request, statuses, told): Case) {
    let bytes = [head, request, NEXT].concat();
    let shown = String::from_utf8_lossy(&bytes);
    let got = run(async {
        let (address, _task) = start(server().await).await;
        let mut stream = sent(&address, &bytes).await;
        stream.shutdown(Shutdown::Write).unwrap();
        read_all(&mut stream).await
    });
    let answers: Vec<&str> = got.split("HTTP/1.1 ").skip(1).collect();
    let found: Vec<u16> = answers.iter().map(|answer| answer[..3].parse().unwrap()).collect();
    assert_eq!(found, statuses, "{shown:?}: {got}");
    assert!(answers[0].ends_with(told), "{shown:?}: {got}");
    assert!(answers.last().unwrap().contains("connection: close\r\n"), "{shown:?}: {got}");
    assert_eq!(got.contains("GET /next "), statuses.last() == Some(&200), "{shown:?}: {got}");
}

#[test]
fn rule_04_start_lines() {
    START_LINES.iter().for_each(|case| check(b"", *case));
}

#[test]
fn rule_04_header_lines() {
    HEADER_LINES.iter().for_each(|case| check(b"", *case));
}

#[test]
fn rule_03_and_04_lengths_and_codings() {
    FRAMING.iter().for_each(|case| check(b"", *case));
}

#[test]
fn rule_03_and_04_chunks_and_trailers() {
    CHUNKS.iter().for_each(|case| check(b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", *case));
}

//! Bodies that come encoded, and text in charsets.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use glassloop::http::{self, Client, Error, Method};
use glassloop::run;

use crate::raw_server::{Do, HELLO, Hold, RawServer, Recv, send};
use crate::{run_virtual, text};

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// A response with these header lines and this body, of a declared length.
fn reply(lines: &str, body: &[u8]) -> Do {
    let head = format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: {}\r\n\r\n", body.len());
    Do::Send([head.into_bytes(), body.to_vec()].concat())
}

const GZIP: &str = "Content-Encoding: gzip\r\n";

#[test]
fn encoded_bodies_arrive_decoded_and_their_connection_is_used_again() {
    run(async {
        let data = "hello, ".repeat(100_000);
        let encoded = gzip(data.as_bytes());
        let both = zstd::encode_all(&*encoded, 1).unwrap();
        let script = vec![
            Recv,
            reply(GZIP, &encoded),
            Recv,
            reply("Content-Encoding: gzip\r\nContent-Encoding: zstd\r\n", &both),
            Recv,
            reply(GZIP, b""),
            Recv,
            send(HELLO),
            Hold,
        ];
        let server = RawServer::start(vec![script]).await;
        let client = Client::new();
        let response = client.get(server.url("/")).await.unwrap();
        assert_eq!(response.headers()["content-encoding"], "gzip");
        assert_eq!(response.headers()["content-length"], encoded.len().to_string());
        assert!(response.text().await.unwrap() == data);
        let mut response = client.get(server.url("/")).await.unwrap();
        let mut received = Vec::new();
        while let Some(chunk) = response.chunk().await.unwrap() {
            assert!(chunk.len() <= 64 * 1024, "one step, {} bytes", chunk.len());
            received.extend(chunk);
        }
        assert!(received == data.as_bytes());
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "");
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn what_was_flushed_is_there_before_the_rest_comes() {
    run_virtual(async {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(b"first").unwrap();
        encoder.flush().unwrap();
        let first = encoder.get_ref().clone();
        encoder.write_all(b"second").unwrap();
        let rest = encoder.finish().unwrap()[first.len()..].to_vec();
        let script = vec![Recv, Do::Send([format!("HTTP/1.1 200 OK\r\n{GZIP}\r\n").into_bytes(), first].concat())];
        let script = [script, vec![Do::Sleep(1000), Do::Send(rest)]].concat();
        let server = RawServer::start(vec![script]).await;
        let mut response = http::get(server.url("/")).await.unwrap();
        let begun = glassloop::now();
        assert_eq!(response.chunk().await.unwrap().unwrap(), b"first");
        assert!(glassloop::now() - begun < std::time::Duration::from_millis(500));
        assert_eq!(response.bytes().await.unwrap(), b"second");
    });
}

#[test]
fn rule_11_what_cannot_be_decoded_is_an_error() {
    let whole = gzip(b"hello, hello, hello, hello");
    let cut = &whole[..whole.len() - 3];
    let behind = [whole.as_slice(), b"EVIL"].concat();
    for (lines, body, what) in [
        (GZIP, b"plain text".as_slice(), "the gzip data is broken"),
        (GZIP, cut, "the gzip data is cut short"),
        (GZIP, &behind, "there are bytes behind the end of the gzip data"),
        ("Content-Encoding: klingon\r\n", b"x", "unknown content encoding `klingon`"),
        ("Content-Encoding: gzip, gzip, gzip\r\n", b"x", "more than 2 layers of content encoding"),
        ("Content-Encoding: gzip\r\nContent-Encoding: br, zstd\r\n", b"x", "more than 2 layers of content encoding"),
    ] {
        run(async {
            // Where the framing was in order, the connection still is.
            let first = vec![Recv, reply(lines, body), Recv, send(HELLO), Hold];
            let scripts = vec![first, vec![Recv, send(HELLO), Hold]];
            let server = RawServer::start(scripts).await;
            let client = Client::new();
            let error = text(&client, server.url("/")).await.unwrap_err();
            assert!(matches!(error, Error::Encoding { .. }), "{error:?}");
            assert_eq!(error.what(), format!("cannot decode the body: {what}"));
            assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        });
    }
}

#[test]
fn rule_11_fewer_layers_may_be_allowed() {
    run(async {
        let once = gzip(b"hello");
        let twice = gzip(&once);
        let replies = vec![Recv, reply(GZIP, &once), Recv, reply("Content-Encoding: gzip, gzip\r\n", &twice), Hold];
        for (limit, expected) in [(9, ["hello"; 2]), (1, ["hello", "1"]), (0, ["0"; 2])] {
            let server = RawServer::start(vec![replies.clone(), replies[2..].to_vec()]).await;
            let client = Client::builder().max_layers(limit).build();
            for expected in expected {
                let got = text(&client, server.url("/")).await;
                let got = got.unwrap_or_else(|error| error.what().replace(|c: char| !c.is_ascii_digit(), ""));
                assert_eq!(got, expected, "{limit}");
            }
        }
    });
}

#[test]
fn rule_11_decoded_bytes_are_limited_however_few_came() {
    run(async {
        let bomb = gzip(&vec![0; 50_000_000]);
        let twice = gzip(&bomb);
        for (lines, body) in [(GZIP, &bomb), ("Content-Encoding: gzip, gzip\r\n", &twice)] {
            let server = RawServer::start(vec![vec![Recv, reply(lines, body), Hold]]).await;
            let client = Client::builder().max_decoded_bytes(1_000_000).build();
            let mut response = client.get(server.url("/")).await.unwrap();
            let mut received = 0;
            let error = loop {
                match response.chunk().await {
                    Ok(chunk) => received += chunk.expect("not its end").len(),
                    Err(error) => break error,
                }
            };
            assert!(matches!(error, Error::BodyTooLarge { limit: 1_000_000, .. }), "{error:?}");
            assert!((900_000..=1_000_000).contains(&received), "{received}");
            assert!(matches!(response.chunk().await, Err(Error::BodyLost { .. })));
        }
        // The limit of what comes over the wire is another one.
        let server = RawServer::start(vec![vec![Recv, reply(GZIP, &bomb), Hold]]).await;
        let error = http::get(server.url("/")).max_body_bytes(1000).await.unwrap_err();
        assert!(matches!(error, Error::BodyTooLarge { limit: 1000, .. }), "{error:?}");
    });
}

#[test]
fn rule_11_others_have_their_turn_while_a_bomb_is_decoded() {
    run(async {
        let bomb = gzip(&vec![0; 20_000_000]);
        let server = RawServer::start(vec![vec![Recv, reply(GZIP, &bomb), Hold]]).await;
        let turns = std::rc::Rc::new(std::cell::Cell::new(0));
        let counted = turns.clone();
        let counting = glassloop::create_task(async move {
            loop {
                counted.set(counted.get() + 1);
                glassloop::yield_now().await;
            }
        });
        let response = http::get(server.url("/")).await.unwrap();
        let before = turns.get();
        assert_eq!(response.bytes().await.unwrap().len(), 20_000_000);
        assert!(turns.get() - before >= 15, "{} turns", turns.get() - before);
        counting.cancel();
    });
}

#[test]
fn answers_without_a_body_need_no_decoder() {
    run(async {
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n";
        let none = "HTTP/1.1 204 No Content\r\nContent-Encoding: klingon\r\n\r\n";
        let same = "HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n";
        let server = RawServer::start(vec![vec![Recv, send(head), Recv, send(none), Recv, send(same), Hold]]).await;
        let client = Client::new();
        for method in [Method::HEAD, Method::GET, Method::GET] {
            let response = client.request(method, server.url("/")).await.unwrap();
            assert_eq!(response.bytes().await.unwrap(), b"");
        }
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn codings_are_asked_for_unless_nobody_wants_to_decode() {
    run(async {
        let encoded = gzip(b"hello");
        let server = RawServer::start(vec![vec![[Recv, reply(GZIP, &encoded)]; 4].concat()]).await;
        let client = Client::new();
        let raw = client.get(server.url("/")).no_decompress().await.unwrap();
        assert_eq!(raw.bytes().await.unwrap(), encoded);
        assert!(!server.request(0).contains("accept-encoding"));
        client.get(server.url("/")).header("range", "bytes=0-").await.unwrap().bytes().await.unwrap();
        assert!(!server.request(1).contains("accept-encoding"), "a part of it could not be decoded");
        client.get(server.url("/")).header("accept-encoding", "br").await.unwrap().bytes().await.unwrap();
        assert!(server.request(2).contains("accept-encoding: br\r\n") && !server.request(2).contains("zstd"));
        let raw = Client::builder().no_decompress().build();
        assert_eq!(raw.get(server.url("/")).await.unwrap().bytes().await.unwrap(), encoded);
    });
}

#[test]
fn text_is_in_the_charset_of_the_content_type() {
    run(async {
        for (content_type, bytes, expected) in [
            ("text/plain; charset=iso-8859-1", b"caf\xe9".as_slice(), "caf\u{e9}"),
            ("text/plain; charset=Shift_JIS", b"\x82\xa0", "\u{3042}"),
            ("text/plain; charset=utf-8", b"caf\xe9", "caf\u{fffd}"),
            ("text/plain", b"\xff\xfeh\0i\0", "hi"),
            ("text/plain; charset=latin1", b"\xef\xbb\xbfcaf\xc3\xa9", "caf\u{e9}"),
        ] {
            let reply = reply(&format!("Content-Type: {content_type}\r\n"), bytes);
            let server = RawServer::start(vec![vec![Recv, reply]]).await;
            assert_eq!(text(&Client::new(), server.url("/")).await.unwrap(), expected, "{content_type}");
        }
        let json = reply("Content-Type: application/json; charset=utf-16le\r\n", b"[\x001\0,\x002\0]\0");
        let server = RawServer::start(vec![vec![Recv, json]]).await;
        let numbers: Vec<u8> = http::get(server.url("/")).await.unwrap().json().await.unwrap();
        assert_eq!(numbers, [1, 2]);
    });
}

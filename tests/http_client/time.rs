//! Time limits, and futures that are dropped half-way.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use glassloop::http::{Client, Error, TimeLimit};
#[cfg(feature = "compression")]
use glassloop::{Clock, Runtime, create_task};

use crate::dropping::at_most;
#[cfg(feature = "compression")]
use crate::raw_server::Do;
use crate::raw_server::{HELLO, Hold, RawServer, Recv, Sleep, send};
use crate::{run_virtual, text};

#[test]
fn the_total_time_covers_head_and_body() {
    run_virtual(async {
        let client = Client::builder().timeout(Duration::from_secs(3)).build();
        let silent = RawServer::start(vec![vec![Recv, Hold]]).await;
        let error = text(&client, silent.url("/")).await.unwrap_err();
        assert!(error.is_timeout());
        assert!(error.to_string().starts_with("timed out after 3s while waiting for the response"));

        // Each byte comes in time, all of them do not.
        let mut script = vec![Recv, send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")];
        for _ in 0..10 {
            script.extend([Sleep(900), send("x")]);
        }
        let dripping = RawServer::start(vec![script]).await;
        let mut response = client.get(dripping.url("/")).await.unwrap();
        let mut received = 0;
        let error = loop {
            match response.chunk().await {
                Ok(chunk) => received += chunk.expect("the body is not over").len(),
                Err(error) => break error,
            }
        };
        assert_eq!(received, 3);
        assert!(error.to_string().starts_with("timed out after 3s while reading the body"));
        // A request can have a time of its own.
        let request = client.get(dripping.url("/")).timeout(Duration::MAX);
        assert_eq!(request.await.unwrap().bytes().await.unwrap(), b"xxxxxxxxxx");
    });
}

#[cfg(feature = "compression")]
#[test]
fn rule_14_the_total_time_covers_decoding() {
    use std::io::Write;

    let clock = Clock::new_virtual();
    let runtime = Runtime::builder().clock(clock.clone()).build().unwrap();
    let done = runtime.block_on(async move {
        // All of the body comes with its head: nobody waits for a byte of it any more.
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![0; 6 * 1024 * 1024]).unwrap();
        let body = encoder.finish().unwrap();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len());
        let answer = [head.into_bytes(), body].concat();
        let server = RawServer::start(vec![vec![Recv, Do::Send(answer), Hold]]).await;
        let client = Client::builder().timeout(Duration::from_secs(3)).build();
        let response = client.get(server.url("/")).await.unwrap();
        // Others use their turns for long: time passes, though nobody sleeps.
        create_task(async move {
            loop {
                clock.block_for(Duration::from_secs(1));
                glassloop::yield_now().await;
            }
        })
        .detach();
        let error = response.bytes().await.unwrap_err();
        assert!(error.to_string().starts_with("timed out after 3s while reading the body"), "{error}");
    });
    done.unwrap();
}

#[test]
fn a_request_that_timed_out_leaves_its_answer_to_nobody() {
    run_virtual(async {
        let late = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nEVIL!";
        let first = vec![Recv, send(HELLO), Recv, Sleep(2000), send(late), Hold];
        let server = RawServer::start(vec![first, vec![Recv, send(HELLO), Hold]]).await;
        let client = Client::builder().timeout(Duration::from_secs(1)).build();
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        assert!(text(&client, server.url("/")).await.unwrap_err().is_timeout());
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        assert_eq!(server.connections(), 2);
    });
}

#[test]
fn a_dropped_chunk_future_loses_nothing() {
    run_virtual(async {
        let script = vec![
            Recv,
            send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhel"),
            Sleep(1000),
            send("lo\n"),
            Recv,
            send(HELLO),
            Hold,
        ];
        let server = RawServer::start(vec![script]).await;
        let client = Client::new();
        let mut response = client.get(server.url("/")).await.unwrap();
        let mut body = Vec::new();
        while body.len() < 6 {
            let short = Duration::from_millis(300);
            if let Ok(chunk) = glassloop::timeout(short, response.chunk()).await {
                body.extend(chunk.unwrap().unwrap());
            }
        }
        assert_eq!(body, b"hello\n");
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn a_request_dropped_at_any_await_leaves_nothing_to_the_next() {
    run_virtual(async {
        // Both the head and the body come in two parts.
        let pieces = |body: &str| {
            let (a, b) = body.split_at(2);
            let head = format!(" 200 OK\r\nContent-Length: {}\r\n\r\n{a}", body.len());
            [Recv, send("HTTP/1.1"), Sleep(5), send(&head), Sleep(5), send(b)]
        };
        let script = [pieces("first"), pieces("EVIL!"), pieces("EVIL!")].concat();
        let mut polls = 0;
        loop {
            let server = RawServer::start(vec![script.clone(), pieces("fresh").to_vec()]).await;
            let client = Client::new();
            assert_eq!(text(&client, server.url("/")).await.unwrap(), "first");
            let done = at_most(polls, text(&client, server.url("/"))).await;
            if let Some(done) = done {
                assert_eq!(done.unwrap(), "EVIL!");
                break;
            }
            let next = text(&client, server.url("/")).await.unwrap();
            // Not begun: the old connection is still good. Begun: it is gone.
            assert_eq!(next, if polls == 0 { "EVIL!" } else { "fresh" }, "after {polls} polls");
            polls += 1;
        }
        assert!(polls > 2, "the request was over after {polls} polls");
    });
}

#[test]
fn rule_14_a_name_that_is_never_found_takes_no_more_than_the_time() {
    run_virtual(async {
        let silent = async |_: String, _: u16| -> io::Result<Vec<SocketAddr>> {
            glassloop::sleep_forever().await;
            unreachable!("that never ends")
        };
        let builder = Client::builder().no_proxy().resolver(silent).timeout(Duration::from_secs(3));
        for (client, limit) in [
            (builder.clone().build(), TimeLimit::Total),
            (builder.connect_timeout(Duration::from_secs(1)).build(), TimeLimit::Connect),
        ] {
            let error = text(&client, "http://silent.test/".to_owned()).await.unwrap_err();
            let Error::Timeout { which, doing, .. } = error else { panic!("{error:?}") };
            assert_eq!((which, doing), (limit, "looking up the host"));
        }
    });
}

#[test]
fn rule_14_interim_responses_buy_no_time() {
    run_virtual(async {
        let again = [Sleep(100), send("HTTP/1.1 102 Processing\r\n\r\n")];
        let script = [Recv].into_iter().chain(std::iter::repeat_n(again, 1000).flatten());
        let server = RawServer::start(vec![script.collect()]).await;
        let client = Client::builder().max_interim(1000).timeout(Duration::from_secs(3)).build();
        let began = glassloop::now();
        let error = text(&client, server.url("/")).await.unwrap_err();
        assert!(matches!(error, Error::Timeout { which: TimeLimit::Total, .. }), "{error:?}");
        assert_eq!((glassloop::now() - began).as_secs(), 3);
    });
}

#[test]
fn rule_14_an_upload_that_nobody_takes_ends_with_the_time() {
    run_virtual(async {
        let server = RawServer::start(vec![vec![Sleep(100_000)]]).await;
        let client = Client::builder().timeout(Duration::from_secs(3)).build();
        // More than the sockets hold.
        let error = client.post(server.url("/")).body(vec![0u8; 50_000_000]).await.unwrap_err();
        assert!(matches!(error, Error::Timeout { which: TimeLimit::Total, .. }), "{error:?}");
    });
}

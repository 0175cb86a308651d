//! `TcpStream` and `TcpListener`, with both ends on one loop.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::{Ipv6Addr, Shutdown, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::AsyncRead;
use glassloop::net::{TcpListener, TcpStream};
use glassloop::{create_task, gather, now, sleep, timeout, try_gather, yield_now};

use crate::common::{Log, at, ms, run};

pub(crate) async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (near, listener.accept().await.unwrap().0)
}

fn said(error: &io::Error, kind: ErrorKind, what: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(what), "{error}");
}

/// An address at which nobody listens.
fn deserted() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn pitfall_46_a_connection_refused_says_what_was_tried() {
    run(async {
        let address = deserted();
        let error = TcpStream::connect(address).await.unwrap_err();
        said(&error, ErrorKind::ConnectionRefused, &format!("connecting to {address}: "));
        let many = gather((0..10).map(|_| TcpStream::connect(address))).await;
        assert!(many.iter().all(Result::is_err));
    });
}

#[test]
fn pitfall_46_a_connection_is_there_when_connect_says_so() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let streams = gather((0..20).map(|_| async move { TcpStream::connect(address).await.unwrap() })).await;
        for mut stream in streams {
            assert_eq!(stream.peer_addr().unwrap(), address);
            stream.write_all(b"x").await.unwrap();
            let (mut peer, from) = listener.accept().await.unwrap();
            assert_eq!(from, stream.local_addr().unwrap());
            peer.read_exact(&mut [0]).await.unwrap();
        }
    });
}

#[test]
fn a_connection_reset() {
    run(async {
        let (mut near, far) = pair().await;
        near.write_all(b"never read").await.unwrap();
        let reading = create_task(async move {
            let read = near.read(&mut [0; 8]).await;
            (near, read)
        });
        yield_now().await;
        drop(far); // what it has not read makes it a reset
        let (mut near, read) = reading.await.unwrap();
        assert_eq!(read.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(near.write_all(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert_eq!(near.read(&mut [0; 8]).await.unwrap(), 0);
    });
}

#[test]
fn a_connection_half_closed_still_carries_the_other_way() {
    run(async {
        let (mut near, mut far) = pair().await;
        near.write_all(b"request").await.unwrap();
        near.shutdown(Shutdown::Write).unwrap();
        let mut request = [0; 16];
        far.read_exact(&mut request[..7]).await.unwrap();
        assert_eq!(far.read(&mut request).await.unwrap(), 0);
        sleep(ms(5)).await;
        far.write_all(b"answer").await.unwrap();
        drop(far);
        let mut answer = [0; 6];
        near.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"answer");
        assert_eq!(near.read_exact(&mut answer).await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    });
}

#[test]
fn the_writing_half_says_the_end_when_it_is_dropped() {
    run(async {
        let (near, far) = pair().await;
        let ((mut near_read, near_write), (mut far_read, mut far_write)) = (near.split(), far.split());
        let waiting = create_task(async move { far_read.read(&mut [0; 1]).await.unwrap() });
        yield_now().await;
        drop(near_write);
        assert_eq!(waiting.await.unwrap(), 0);
        far_write.write_all(b"x").await.unwrap();
        assert_eq!(near_read.read(&mut [0; 4]).await.unwrap(), 1);
    });
}

#[test]
fn an_address_that_is_none() {
    run(async {
        for text in ["", "nonsense", "host:", "host:65536", ":80", "::1:x", "http://host:80/"] {
            let error = TcpStream::connect(text).await.unwrap_err();
            said(&error, ErrorKind::InvalidInput, &format!("{text:?} is no address"));
            assert!(TcpListener::bind(text).await.is_err());
        }
    });
}

#[test]
fn an_unknown_host() {
    run(async {
        // No name server is asked for a label of more than 63 letters.
        let host = format!("{}.invalid", "x".repeat(64));
        let error = TcpStream::connect((host.as_str(), 80)).await.unwrap_err();
        assert!(error.to_string().contains(&format!("looking up {host:?}: ")), "{error}");
        assert!(TcpListener::bind((host, 80)).await.is_err());
        sleep(ms(1)).await;
    });
}

#[test]
fn a_host_s_addresses_are_tried_one_after_the_other() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stream, _) =
            try_gather!(TcpStream::connect(("localhost", port)), async move { listener.accept().await }).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap().port(), port);
        if let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST.to_string(), 0)).await {
            let address = listener.local_addr().unwrap().to_string();
            TcpStream::connect(address.as_str()).await.unwrap();
        }
    });
}

#[test]
fn an_address_in_use() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let error = TcpListener::bind(address).await.unwrap_err();
        said(&error, ErrorKind::AddrInUse, &format!("listening at {address}: "));
    });
}

#[test]
fn several_accept_at_once_and_one_that_goes_away_passes_its_turn_on() {
    run(async {
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = listener.local_addr().unwrap();
        let log = Log::default();
        let tasks = ["first", "second", "third"].map(|name| {
            let (listener, log) = (listener.clone(), log.clone());
            create_task(async move {
                listener.accept().await.unwrap();
                log.say(name);
            })
        });
        yield_now().await;
        tasks[0].cancel();
        let _connections = [TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
        for task in tasks {
            let _ = task.await;
        }
        assert_eq!(log.take(), "second third");
    });
}

#[test]
fn a_read_given_up_in_time_loses_no_byte() {
    run(async {
        let (mut near, mut far) = pair().await;
        let mut byte = [0];
        for n in 0..50 {
            assert!(timeout(ms(3), near.read(&mut byte)).await.is_err());
            far.write_all(&[n]).await.unwrap();
            assert_eq!(near.read(&mut byte).await.unwrap(), 1);
            assert_eq!(byte, [n]);
        }
        assert_eq!(near.try_read(&mut byte).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(at(), 150);
    });
}

#[test]
fn more_than_the_buffers_hold_comes_through_in_order() {
    run(async {
        let (mut near, mut far) = pair().await;
        let sent: Vec<u8> = (0..3_000_000u32).map(|n| (n * 7 % 251) as u8).collect();
        let expected = sent.clone();
        let writer = create_task(async move { near.write_all(&sent).await.unwrap() });
        let mut received = vec![0; expected.len()];
        far.read_exact(&mut received).await.unwrap();
        writer.await.unwrap();
        assert!(received == expected);
    });
}

#[test]
fn pitfall_48_of_two_tasks_in_one_direction_the_displaced_one_is_woken() {
    run(async {
        let (near, mut far) = pair().await;
        let (near, log) = (Rc::new(RefCell::new(near)), Log::default());
        let readers = ["first", "second"].map(|name| {
            let (near, log) = (near.clone(), log.clone());
            create_task(poll_fn(move |cx| {
                log.say(name);
                Pin::new(&mut *near.borrow_mut()).poll_read(cx, &mut [0; 1])
            }))
        });
        yield_now().await;
        yield_now().await;
        assert!(log.take().starts_with("first second first"), "the second took the seat, so the first was woken");
        far.write_all(b"xy").await.unwrap();
        for reader in readers {
            assert_eq!(reader.await.unwrap().unwrap(), 1);
        }
    });
}

#[test]
fn virtual_time_stands_still_while_two_sockets_talk() {
    run(async {
        let (mut near, mut far) = pair().await;
        let echo = create_task(async move {
            let mut byte = [0];
            while far.read_exact(&mut byte).await.is_ok() {
                far.write_all(&byte).await.unwrap();
            }
        });
        for n in 0..300 {
            let mut byte = [n as u8];
            let round = async {
                near.write_all(&byte).await.unwrap();
                near.read_exact(&mut byte).await.unwrap();
            };
            assert!(timeout(ms(1), round).await.is_ok(), "round {n}");
        }
        assert_eq!(at(), 0);
        drop(near);
        echo.await.unwrap();
    });
}

#[test]
fn virtual_time_goes_by_while_both_ends_sleep() {
    run(async {
        const HOUR: Duration = Duration::from_secs(3600);
        let (mut near, mut far) = pair().await;
        let slow = create_task(async move {
            for _ in 0..3 {
                far.read_exact(&mut [0; 4]).await.unwrap();
                sleep(HOUR).await;
                far.write_all(b"pong").await.unwrap();
            }
        });
        let start = now();
        for _ in 0..3 {
            near.write_all(b"ping").await.unwrap();
            near.read_exact(&mut [0; 4]).await.unwrap();
        }
        slow.await.unwrap();
        assert_eq!(now() - start, 3 * HOUR);
        assert!(timeout(ms(10), near.read_exact(&mut [0; 1])).await.unwrap().is_err(), "the end of the stream");
    });
}

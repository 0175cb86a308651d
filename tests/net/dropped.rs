//! Dropped at every await: what has arrived stays in the reader, what was written is sent.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures_util::AsyncRead;
use glassloop::{ReadError, StreamReader, StreamWriter, create_task, streams_over};

use crate::common::{Drip, Gate, is_ready, pair, run, settle};

/// Polls at most so often, then drops; `None` if it was not done.
fn poll_times<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    (0..times).find_map(|_| match future.as_mut().poll(&mut cx) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

/// Reads the text with one operation again and again, dropping it after every `times` polls.
fn read_in_bits(times: usize, read: impl AsyncFn(&mut StreamReader) -> Result<Vec<u8>, ReadError>) -> Vec<Vec<u8>> {
    let mut reader = StreamReader::new(Drip::bytes(b"one\ntwo\nthree\nfour\n"));
    let mut got = Vec::new();
    while !reader.at_eof() {
        got.extend(poll_times(times, read(&mut reader)).map(Result::unwrap));
    }
    got.retain(|bytes| !bytes.is_empty());
    got
}

#[test]
fn a_read_that_is_dropped_leaves_what_has_arrived() {
    run(async {
        let lines: [&[u8]; 4] = [b"one\n", b"two\n", b"three\n", b"four\n"];
        // A poll is one wait, and then one byte and the next wait.
        for times in 2..12 {
            assert_eq!(read_in_bits(times, async |reader| reader.readline().await), lines);
            assert_eq!(read_in_bits(times, async |reader| Ok(reader.read(100).await?)).concat(), lines.concat());
            assert_eq!(read_in_bits(times, async |reader| reader.read_to_end(100).await), [lines.concat()]);
            let until = read_in_bits(times, async |reader| match reader.readuntil(b"\n").await {
                Err(ReadError::Incomplete { .. }) => Ok(Vec::new()),
                result => result,
            });
            assert_eq!(until, lines);
            let exactly = read_in_bits(times, async |reader| match reader.readexactly(9).await {
                Err(ReadError::Incomplete { partial, .. }) => Ok(partial),
                result => result,
            });
            assert_eq!(exactly, [&b"one\ntwo\nt"[..], b"hree\nfour", b"\n"]);
        }
    });
}

/// A read that nobody polls has no wait: what is there is another's, who polls the socket by the traits.
#[test]
fn a_read_that_was_never_polled_takes_nobodys_wait_away() {
    run(async {
        let (mut near, mut far) = pair().await;
        let reader = create_task(async move {
            let mut buf = [0; 4];
            let mut polls = 0;
            let read = poll_fn(|cx| {
                polls += 1;
                let polled = Pin::new(&mut near).poll_read(cx, &mut buf);
                let mut unused = [0; 4];
                drop(near.read(&mut unused));
                polled
            })
            .await;
            (read.unwrap(), polls)
        });
        settle().await;
        far.write_all(b"data").await.unwrap();
        let read = glassloop::timeout(crate::common::ms(1000), reader).await;
        assert_eq!(read.expect("it is woken").unwrap(), (4, 2));
    });
}

#[test]
fn a_read_of_a_socket_that_is_dropped_leaves_no_wait_behind() {
    run(async {
        let (near, far) = pair().await;
        let ((mut reader, _writer), (_far_reader, far_writer)) = (streams_over(near), streams_over(far));
        for _ in 0..3 {
            assert!(is_ready(&mut Box::pin(reader.readline())).await.is_none());
        }
        far_writer.write(b"li").unwrap();
        assert!(glassloop::timeout(crate::common::ms(5), reader.readline()).await.is_err());
        far_writer.write(b"ne\n").unwrap();
        assert_eq!(reader.readline().await.unwrap(), b"line\n");
    });
}

#[test]
fn a_drain_or_wait_that_is_dropped_changes_nothing() {
    run(async {
        let gate = Gate::default();
        let writer = StreamWriter::new(gate.clone());
        writer.write(&[1; 100_000]).unwrap();
        for _ in 0..3 {
            assert!(is_ready(&mut Box::pin(writer.drain())).await.is_none());
            assert!(is_ready(&mut Box::pin(writer.wait_closed())).await.is_none());
        }
        let mut kept = Box::pin(writer.drain());
        assert!(is_ready(&mut kept).await.is_none());
        gate.allow(100_000);
        settle().await;
        assert!(is_ready(&mut kept).await.unwrap().is_ok());
        assert_eq!(gate.taken().len(), 100_000);
    });
}

#[test]
fn connections_that_are_dropped_while_they_connect_or_accept_leave_the_server_whole() {
    run(async {
        let server = glassloop::start_server("127.0.0.1:0", async |mut reader: StreamReader, writer: StreamWriter| {
            let line = reader.readline().await.unwrap_or_default();
            let _ = writer.write(&line);
        });
        let server = server.await.unwrap();
        for times in 0..4 {
            drop(poll_times(times, glassloop::open_connection(*server.local_addr())));
            settle().await;
        }
        let (mut reader, writer) = glassloop::open_connection(*server.local_addr()).await.unwrap();
        writer.write(b"x\n").unwrap();
        assert_eq!(reader.readline().await.unwrap(), b"x\n");
        drop((reader, writer));
        server.close();
        server.wait_closed().await;
    });
}

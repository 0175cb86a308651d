//! `StreamReader`: what each way of reading gives, and what it leaves.

use std::io;

use glassloop::{ReadError, StreamReader, open_connection, start_server, streams_over};
use proptest::prelude::*;

use crate::common::{Drip, pair, run};

#[test]
fn readline_gives_lines_and_the_last_one_without_an_end() {
    run(async {
        let mut reader = StreamReader::new(Drip::new(["one\ntw", "o\n", "\nlast"]));
        for line in ["one\n", "two\n", "\n"] {
            assert_eq!(reader.readline().await.unwrap(), line.as_bytes());
            assert!(!reader.at_eof());
        }
        assert_eq!(reader.readline().await.unwrap(), b"last");
        assert!(reader.at_eof());
        assert_eq!(reader.readline().await.unwrap(), b"", "nothing is the end");
    });
}

#[test]
fn readexactly_says_what_there_was_when_the_stream_ends_before() {
    run(async {
        let mut reader = StreamReader::new(Drip::new(["abc", "defg"]));
        assert_eq!(reader.readexactly(5).await.unwrap(), b"abcde");
        assert_eq!(reader.readexactly(0).await.unwrap(), b"");
        let error = reader.readexactly(3).await.unwrap_err();
        assert_eq!(error.to_string(), "the stream ended after 2 bytes of 3");
        assert!(matches!(&error, ReadError::Incomplete { partial, expected: Some(3) } if partial == b"fg"));
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::UnexpectedEof);
        let error = reader.readexactly(1).await.unwrap_err();
        assert!(matches!(error, ReadError::Incomplete { partial, .. } if partial.is_empty()), "it was given out");
    });
}

#[test]
fn readexactly_may_be_longer_than_the_limit() {
    run(async {
        let mut reader = StreamReader::new(io_cursor(vec![7; 300_000]));
        reader.set_limit(10);
        assert_eq!(reader.readexactly(299_999).await.unwrap().len(), 299_999);
        assert_eq!(reader.read(100).await.unwrap(), [7]);
    });
}

#[test]
fn readuntil_finds_a_separator_that_comes_in_pieces() {
    run(async {
        let mut reader = StreamReader::new(Drip::bytes(b"one\r\r\ntwo\r\n--\r"));
        assert_eq!(reader.readuntil(b"\r\n").await.unwrap(), b"one\r\r\n");
        assert_eq!(reader.readuntil(b"\r\n").await.unwrap(), b"two\r\n");
        let error = reader.readuntil(b"\r\n").await.unwrap_err();
        assert_eq!(error.to_string(), "the stream ended after 3 bytes and no separator");
        assert!(matches!(error, ReadError::Incomplete { partial, expected: None } if partial == b"--\r"));
    });
}

#[test]
fn readuntil_over_the_limit_leaves_everything_in_the_reader() {
    run(async {
        let mut reader = StreamReader::new(Drip::new(["0123456789", "ab|rest"]));
        reader.set_limit(8);
        let error = reader.readuntil(b"|").await.unwrap_err();
        assert_eq!(error.to_string(), "no separator was found, and 10 bytes are more than the limit of 8");
        assert!(matches!(error, ReadError::LimitOverrun { consumed: 10, limit: 8, found: false }));
        reader.set_limit(10);
        let error = reader.readuntil(b"|").await.unwrap_err();
        assert!(matches!(error, ReadError::LimitOverrun { consumed: 12, limit: 10, found: true }));
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::InvalidData);
        reader.set_limit(12);
        assert_eq!(reader.readuntil(b"|").await.unwrap(), b"0123456789ab|", "a separator does not count");
        assert_eq!(reader.read(9).await.unwrap(), b"rest");
    });
}

#[test]
fn readline_over_the_limit_drops_the_line_and_goes_on_behind_it() {
    run(async {
        let mut reader = StreamReader::new(Drip::new(["much too long\nok\n"]));
        reader.set_limit(8);
        assert!(matches!(reader.readline().await, Err(ReadError::LimitOverrun { found: true, .. })));
        assert_eq!(reader.readline().await.unwrap(), b"ok\n");

        let mut reader = StreamReader::new(Drip::new(["much too", " long", " indeed\nok\n"]));
        reader.set_limit(8);
        assert!(matches!(reader.readline().await, Err(ReadError::LimitOverrun { found: false, consumed: 13, .. })));
        assert_eq!(reader.readline().await.unwrap(), b" indeed\n", "asyncio does the same");
        assert_eq!(reader.readline().await.unwrap(), b"ok\n");
    });
}

#[test]
fn read_gives_what_there_is() {
    run(async {
        let mut reader = StreamReader::new(Drip::new(["abcdef", "g"]));
        assert_eq!(reader.read(0).await.unwrap(), b"");
        assert_eq!(reader.read(4).await.unwrap(), b"abcd");
        assert_eq!(reader.read(4).await.unwrap(), b"ef", "it does not wait for more");
        assert_eq!(reader.read(4).await.unwrap(), b"g");
        assert_eq!(reader.read(4).await.unwrap(), b"");
        assert!(reader.at_eof());
    });
}

#[test]
fn read_to_end_has_a_limit_and_loses_nothing() {
    run(async {
        let mut reader = StreamReader::new(Drip::new(["abc", "def"]));
        assert!(matches!(reader.read_to_end(5).await, Err(ReadError::LimitOverrun { consumed: 6, limit: 5, .. })));
        assert_eq!(reader.read_to_end(6).await.unwrap(), b"abcdef");
        assert_eq!(reader.read_to_end(6).await.unwrap(), b"");
    });
}

#[test]
fn an_empty_separator_is_a_typed_error_and_a_limit_of_nothing_panics() {
    run(async {
        let mut reader = StreamReader::new(&b"abc"[..]);
        assert!(matches!(reader.readuntil(b"").await, Err(ReadError::EmptySeparator)));
        assert_eq!(reader.readexactly(3).await.unwrap(), b"abc", "the reader stays usable");
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| reader.set_limit(0)));
        assert!(refused.unwrap_err().downcast_ref::<&str>().unwrap().contains("limit of 0 bytes"));
    });
}

#[cfg(unix)]
#[test]
fn a_reset_is_told_each_time_to_who_reads_and_to_who_writes() {
    use std::time::Duration;
    run(async {
        let (near, far) = pair().await;
        let (mut reader, writer) = streams_over(near);
        rustix::net::sockopt::set_socket_linger(&far, Some(Duration::ZERO)).unwrap(); // its close is a reset
        let (mut far_reader, far_writer) = streams_over(far);
        far_writer.write(b"before").unwrap();
        writer.write(b"never").unwrap();
        assert_eq!(reader.read(3).await.unwrap(), b"bef", "the rest is in the reader");
        assert_eq!(far_reader.readexactly(5).await.unwrap(), b"never");
        // So much that it is being sent when the reset comes.
        writer.write(&vec![1; 10_000_000]).unwrap();
        far_writer.abort(); // a close would say the end first
        assert_eq!(reader.readexactly(3).await.unwrap(), b"ore", "what came before it is read first");
        for _ in 0..2 {
            assert_eq!(reader.read(10).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
            let kinds = [writer.drain().await, writer.wait_closed().await, writer.write(b"x")].map(Result::unwrap_err);
            assert!(kinds.iter().all(|error| error.kind() == kinds[0].kind()), "{kinds:?}");
            assert!(matches!(kinds[0].kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset));
        }
        assert!(writer.is_closing() && !reader.at_eof());
        crate::common::settle().await;
        assert_eq!(writer.buffered(), 0, "nothing is kept for nobody");
    });
}

#[test]
fn megabytes_go_through_a_connection_in_order() {
    const SIZE: usize = 5_000_000;
    run(async {
        let server = start_server("127.0.0.1:0", async |_, writer: glassloop::StreamWriter| {
            for start in (0..SIZE).step_by(10_000) {
                let block: Vec<u8> = (start..start + 10_000).map(|index| (index % 251) as u8).collect();
                writer.write(&block).unwrap();
                writer.drain().await.unwrap();
            }
        });
        let (mut reader, _writer) = open_connection(*server.await.unwrap().local_addr()).await.unwrap();
        let all = reader.read_to_end(SIZE).await.unwrap();
        assert_eq!(all.len(), SIZE);
        assert!(all.iter().enumerate().all(|(index, byte)| usize::from(*byte) == index % 251));
    });
}

fn io_cursor(bytes: Vec<u8>) -> futures_util::io::Cursor<Vec<u8>> {
    futures_util::io::Cursor::new(bytes)
}

#[derive(Clone, Debug)]
enum Op {
    Read(usize),
    Exactly(usize),
    Until(Vec<u8>),
    Line,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (0..6_usize).prop_map(Op::Read),
        (0..6_usize).prop_map(Op::Exactly),
        prop::collection::vec(prop::sample::select(vec![b'a', b'b', b'\n']), 1..4).prop_map(Op::Until),
        Just(Op::Line),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// However the bytes are cut into pieces, whatever is read in whatever way: put together it is what was sent.
    #[test]
    fn nothing_is_lost_or_doubled(
        pieces in prop::collection::vec(prop::collection::vec(prop::sample::select(vec![b'a', b'b', b'\n']), 1..8), 0..12),
        ops in prop::collection::vec(op(), 1..40),
        limit in 1..12_usize,
    ) {
        let sent = pieces.concat();
        run(async {
            let mut reader = StreamReader::new(Drip::new(pieces));
            reader.set_limit(limit);
            let (mut got, mut dropped_lines) = (Vec::new(), false);
            for op in ops {
                let result = match &op {
                    Op::Read(n) => reader.read(*n).await.map_err(ReadError::from),
                    Op::Exactly(n) => reader.readexactly(*n).await,
                    Op::Until(separator) => reader.readuntil(separator).await,
                    Op::Line => reader.readline().await,
                };
                match (result, &op) {
                    (Ok(bytes), Op::Until(separator)) => {
                        assert!(bytes.ends_with(separator) && bytes.len() - separator.len() <= limit);
                        let first = bytes.windows(separator.len()).position(|window| window == &separator[..]);
                        assert_eq!(first, Some(bytes.len() - separator.len()), "the first one");
                        got.extend(bytes);
                    }
                    (Ok(bytes), Op::Exactly(n)) => {
                        assert_eq!(bytes.len(), *n);
                        got.extend(bytes);
                    }
                    (Ok(bytes), _) => got.extend(bytes),
                    (Err(ReadError::Incomplete { partial, .. }), _) => {
                        assert!(reader.at_eof());
                        got.extend(partial);
                    }
                    (Err(ReadError::LimitOverrun { consumed, .. }), op) => {
                        assert!(consumed > limit);
                        dropped_lines |= matches!(op, Op::Line);
                    }
                    (Err(error), _) => panic!("{error}"),
                }
            }
            if dropped_lines {
                assert!(got.len() < sent.len());
            } else {
                got.extend(reader.read_to_end(usize::MAX).await.unwrap());
                assert_eq!(got, sent);
            }
        });
    }
}

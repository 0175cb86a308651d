//! `StreamWriter`: it takes at once, sends when it can, and says when that is too much.

use std::io;
use std::rc::Rc;

use glassloop::{StreamWriter, create_task, open_connection, start_server, streams_over};

use crate::common::{Gate, Log, is_ready, pair, run, settle};

const HIGH: usize = 64 * 1024;
const LOW: usize = 16 * 1024;

#[test]
fn what_is_written_is_sent_though_nobody_waits() {
    run(async {
        let (near, far) = pair().await;
        let ((_near_reader, writer), (mut reader, _far_writer)) = (streams_over(near), streams_over(far));
        writer.write(b"at once").unwrap();
        assert_eq!(writer.buffered(), 0, "the system took it");
        assert_eq!(reader.readexactly(7).await.unwrap(), b"at once");

        let much = vec![5; 10_000_000];
        writer.write(&much).unwrap();
        assert!(writer.buffered() > 0, "more than the system takes");
        writer.write(b"end").unwrap();
        assert!(reader.readexactly(much.len()).await.unwrap() == much);
        assert_eq!(reader.readexactly(3).await.unwrap(), b"end");
        assert_eq!(writer.buffered(), 0);
    });
}

#[test]
fn drain_waits_above_the_high_water_mark_until_the_low_one() {
    run(async {
        let gate = Gate::default();
        let writer = StreamWriter::new(gate.clone());
        writer.write(&[1; HIGH]).unwrap();
        assert!(is_ready(&mut Box::pin(writer.drain())).await.is_some(), "as much as that is no matter");
        writer.write(&[2]).unwrap();
        let mut drain = Box::pin(writer.drain());
        assert!(is_ready(&mut drain).await.is_none());

        gate.allow(HIGH - LOW);
        settle().await;
        assert_eq!(writer.buffered(), LOW + 1);
        assert!(is_ready(&mut drain).await.is_none());
        gate.allow(1);
        settle().await;
        assert_eq!(writer.buffered(), LOW);
        assert!(is_ready(&mut drain).await.unwrap().is_ok());

        gate.allow(LOW);
        settle().await;
        assert_eq!(gate.taken().len(), HIGH + 1);
        assert_eq!(gate.taken().last(), Some(&2), "in order");
    });
}

#[test]
fn a_slow_reader_holds_a_fast_writer_back() {
    run(async {
        let (near, far) = pair().await;
        let ((_near_reader, writer), (mut reader, _far_writer)) = (streams_over(near), streams_over(far));
        let log = Log::default();
        let said = log.clone();
        let writing = create_task(async move {
            let mut most = 0;
            for _ in 0..2_000 {
                writer.write(&[0; 10_000]).unwrap();
                most = most.max(writer.buffered());
                writer.drain().await.unwrap();
            }
            said.say("written");
            most
        });
        glassloop::sleep(crate::common::ms(10)).await;
        assert_eq!(log.take(), "", "it cannot end before anything is read");
        assert_eq!(reader.readexactly(20_000_000).await.unwrap().len(), 20_000_000);
        assert!(writing.await.unwrap() <= HIGH + 10_000, "never much more than the high water mark is kept");
    });
}

#[test]
fn several_tasks_may_write_and_drain() {
    run(async {
        let gate = Gate::default();
        let writer = Rc::new(StreamWriter::new(gate.clone()));
        let tasks: Vec<_> = (0..4_u8)
            .map(|task| {
                let writer = writer.clone();
                create_task(async move {
                    writer.write(&[task; HIGH]).unwrap();
                    writer.drain().await.unwrap();
                })
            })
            .collect();
        settle().await;
        assert_eq!(tasks.iter().filter(|task| task.is_done()).count(), 1, "the first one found room");
        gate.allow(4 * HIGH);
        for task in tasks {
            task.await.unwrap();
        }
        settle().await;
        let sent: Vec<u8> = (0..4).flat_map(|task| vec![task; HIGH]).collect();
        assert!(gate.taken() == sent, "each write is whole, in the order of writing");
    });
}

#[test]
fn half_close_the_other_side_sees_the_end_and_still_answers() {
    run(async {
        let server = start_server("127.0.0.1:0", async |mut reader: glassloop::StreamReader, writer: StreamWriter| {
            let all = reader.read_to_end(100).await.unwrap();
            writer.write(&all.to_ascii_uppercase()).unwrap();
            writer.close();
        });
        let (mut reader, writer) = open_connection(*server.await.unwrap().local_addr()).await.unwrap();
        writer.write(b"hello").unwrap();
        writer.write_eof().unwrap();
        writer.write_eof().unwrap();
        assert!(!writer.is_closing());
        let error = writer.write(b"more").unwrap_err();
        assert_eq!(
            (error.kind(), &*error.to_string()),
            (io::ErrorKind::BrokenPipe, "write() after write_eof() or close()")
        );
        assert_eq!(reader.read_to_end(100).await.unwrap(), b"HELLO");
    });
}

#[test]
fn pitfall_45_the_end_of_what_comes_is_not_the_end_of_what_goes() {
    run(async {
        let (near, far) = pair().await;
        let ((mut reader, writer), (mut far_reader, far_writer)) = (streams_over(near), streams_over(far));
        far_writer.write_eof().unwrap();
        assert_eq!(reader.read(1).await.unwrap(), b"");
        writer.write(&vec![1; 1_000_000]).unwrap();
        assert_eq!(far_reader.readexactly(1_000_000).await.unwrap().len(), 1_000_000);
        writer.drain().await.unwrap();
    });
}

#[test]
fn close_sends_everything_first_and_then_ends_both_directions() {
    run(async {
        let (near, far) = pair().await;
        let ((mut reader, writer), (mut far_reader, _far_writer)) = (streams_over(near), streams_over(far));
        let reading = create_task(async move { reader.readline().await.unwrap() });
        settle().await;
        let much = vec![9; 5_000_000];
        writer.write(&much).unwrap();
        writer.close();
        assert!(writer.is_closing() && !reading.is_done());
        assert_eq!(writer.write(b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(is_ready(&mut Box::pin(writer.wait_closed())).await.is_none());
        assert!(far_reader.read_to_end(much.len()).await.unwrap() == much);
        writer.wait_closed().await.unwrap();
        writer.wait_closed().await.unwrap();
        assert_eq!(reading.await.unwrap(), b"", "whoever read here finds the end");
    });
}

#[test]
fn abort_throws_away_what_was_not_sent() {
    run(async {
        let gate = Gate::default();
        let writer = StreamWriter::new(gate.clone());
        gate.allow(3);
        writer.write(b"abcdef").unwrap();
        let writer = Rc::new(writer);
        let waiter = writer.clone();
        let waiting = create_task(async move { waiter.wait_closed().await });
        settle().await;
        writer.abort();
        assert!(writer.is_closing());
        assert_eq!(waiting.await.unwrap().unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
        assert_eq!(gate.taken(), b"abc");
    });
}

#[test]
fn a_connection_that_fails_is_told_to_all_who_write_drain_and_wait() {
    run(async {
        let gate = Gate::default();
        let writer = Rc::new(StreamWriter::new(gate.clone()));
        writer.write(&[0; 2 * HIGH]).unwrap();
        let (draining, closing) = (writer.clone(), writer.clone());
        let tasks = [
            create_task(async move { draining.drain().await }),
            create_task(async move { closing.wait_closed().await }),
        ];
        settle().await;
        gate.fail();
        for task in tasks {
            let error = task.await.unwrap().unwrap_err();
            assert_eq!((error.kind(), &*error.to_string()), (io::ErrorKind::ConnectionReset, "the gate fell shut"));
        }
        assert!(writer.is_closing());
        assert_eq!(writer.write(b"x").unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        writer.close();
        assert!(writer.wait_closed().await.is_err());
        assert_eq!(writer.buffered(), 0);
    });
}

#[test]
fn a_dropped_writer_sends_the_rest_says_the_end_and_leaves_the_reader() {
    run(async {
        let gate = Gate::default();
        let writer = StreamWriter::new(gate.clone());
        writer.write(b"to the end").unwrap();
        drop(writer);
        settle().await;
        assert!(!gate.is_closed());
        gate.allow(100);
        settle().await;
        assert_eq!(gate.taken(), b"to the end");
        assert!(gate.is_closed());

        let (near, far) = pair().await;
        let ((mut reader, writer), (mut far_reader, far_writer)) = (streams_over(near), streams_over(far));
        drop(writer);
        assert_eq!(far_reader.read(1).await.unwrap(), b"");
        far_writer.write(b"still heard").unwrap();
        assert_eq!(reader.read(100).await.unwrap(), b"still heard");
    });
}

#[test]
fn writelines_writes_one_after_the_other() {
    run(async {
        let gate = Gate::default();
        gate.allow(100);
        let writer = StreamWriter::new(gate.clone());
        writer.writelines(["a", "bc", "d"]).unwrap();
        writer.writelines(Vec::<Vec<u8>>::new()).unwrap();
        assert_eq!(gate.taken(), b"abcd");
        assert_eq!(writer.peer_addr(), None);
    });
}

#[test]
fn the_peers_address_is_known_also_after_the_connection() {
    run(async {
        let server = start_server("127.0.0.1:0", async |_, _| {}).await.unwrap();
        let (reader, writer) = open_connection(*server.local_addr()).await.unwrap();
        writer.close();
        writer.wait_closed().await.unwrap();
        drop(reader);
        assert_eq!(writer.peer_addr(), Some(*server.local_addr()));
    });
}

//! What who knows asyncio or tokio looks for beside the reads and writes: limits, clients, sockets of one's own, halves, lines.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use futures_util::stream::StreamExt;
use glassloop::net::{Address, TcpListener, TcpStream, UdpSocket, getaddrinfo};
use glassloop::{
    ReadError, StreamReader, StreamWriter, create_task, open_connection, start_server, start_server_on, streams_over,
};

use crate::common::{Drip, Gate, is_ready, pair, run, settle};

#[test]
fn drain_goes_by_the_limits_that_were_set() {
    run(async {
        let gate = Gate::default();
        let writer = StreamWriter::new(gate.clone());
        writer.set_write_buffer_limits(0, 0).unwrap();
        writer.write(b"abc").unwrap();
        let mut drain = Box::pin(writer.drain());
        assert!(is_ready(&mut drain).await.is_none());
        gate.allow(2);
        settle().await;
        assert!(is_ready(&mut drain).await.is_none(), "until everything is sent");
        gate.allow(1);
        settle().await;
        assert!(is_ready(&mut drain).await.unwrap().is_ok());

        writer.write(&[1; 100]).unwrap();
        let mut drain = Box::pin(writer.drain());
        assert!(is_ready(&mut drain).await.is_none());
        writer.set_write_buffer_limits(200, 100).unwrap();
        assert!(is_ready(&mut drain).await.unwrap().is_ok(), "who waits already goes by them too");
        let error = writer.set_write_buffer_limits(1, 2).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(error.to_string(), "the low limit of 2 bytes is above the high one of 1");
        assert!(is_ready(&mut Box::pin(writer.drain())).await.unwrap().is_ok(), "they are as they were");
    });
}

#[test]
fn a_server_closes_its_clients_after_what_they_were_sent_and_aborts_them_at_once() {
    run(async {
        for aborts in [false, true] {
            let server = start_server("127.0.0.1:0", async |mut reader: StreamReader, writer: StreamWriter| {
                writer.write(&vec![7; 5_000_000]).unwrap();
                let _ = reader.read(1).await; // until the connection is closed
            });
            let server = server.await.unwrap();
            let (mut reader, _writer) = open_connection(*server.local_addr()).await.unwrap();
            let (mut other, other_writer) = open_connection(*server.local_addr()).await.unwrap();
            drop(other_writer); // that handler ends, and its writer is dropped while it still sends
            assert_eq!(reader.read(1).await.unwrap(), [7]);
            assert_eq!(other.read(1).await.unwrap(), [7]);
            if aborts {
                server.abort_clients();
            } else {
                server.close_clients();
            }
            assert!(server.is_serving());
            server.close();
            let count = async |reader: &mut StreamReader| {
                let mut count = 0;
                while let Ok(bytes) = reader.read(100_000).await
                    && !bytes.is_empty()
                {
                    count += bytes.len();
                }
                count
            };
            let counts = (count(&mut reader).await, count(&mut other).await);
            server.wait_closed().await;
            if aborts {
                assert!(counts.0 < 4_999_999 && counts.1 < 4_999_999);
            } else {
                assert_eq!(counts, (4_999_999, 4_999_999));
            }
        }
    });
}

#[test]
fn lines_end_with_the_stream_and_go_on_behind_one_that_is_too_long() {
    run(async {
        let mut reader = StreamReader::new(Drip::bytes(b"one\n\nmuch too long\nlast"));
        reader.set_limit(6);
        let lines: Vec<_> = reader.lines().collect().await;
        // What is over the limit is dropped as far as it has come, as by `readline`.
        assert_eq!(lines[0].as_ref().unwrap(), b"one\n");
        assert_eq!(lines[1].as_ref().unwrap(), b"\n");
        assert!(matches!(lines[2], Err(ReadError::LimitOverrun { consumed: 7, .. })));
        assert_eq!(lines[3].as_ref().unwrap(), b"o long\n".as_slice());
        assert_eq!((lines[4].as_ref().unwrap(), lines.len()), (&b"last".to_vec(), 5));
    });
}

#[test]
fn lines_that_are_dropped_lose_nothing_and_a_failure_ends_them() {
    run(async {
        let (near, far) = pair().await;
        let ((mut reader, writer), (far_reader, far_writer)) = (streams_over(near), streams_over(far));
        far_writer.write(b"one\ntw").unwrap();
        let mut lines = reader.lines();
        assert_eq!(lines.next().await.unwrap().unwrap(), b"one\n");
        assert!(is_ready(&mut lines.next()).await.is_none());
        drop(lines);
        far_writer.write(b"o\n").unwrap();
        assert_eq!(reader.readline().await.unwrap(), b"two\n");
        writer.write(b"never read").unwrap();
        glassloop::sleep(crate::common::ms(5)).await;
        drop((far_reader, far_writer)); // with unread bytes: a reset
        let lines: Vec<_> = reader.lines().collect().await;
        assert!(lines.len() <= 1 && lines.iter().all(Result::is_err), "{lines:?}");
    });
}

#[test]
fn halves_make_one_stream_again_and_only_with_each_other() {
    run(async {
        let (near, mut far) = pair().await;
        let (other, _other_far) = pair().await;
        let ((mut reader, mut writer), (other_reader, other_writer)) = (near.split(), other.split());
        assert_eq!(writer.write(b"ping").await.unwrap(), 4);
        let mut buf = [0; 4];
        far.read_exact(&mut buf).await.unwrap();
        far.write_all(b"pong").await.unwrap();
        reader.read_exact(&mut buf).await.unwrap();
        let error = reader.reunite(other_writer).unwrap_err();
        assert_eq!(error.to_string(), "glassloop: the two halves are not of the same stream");
        let mut near = error.0.reunite(writer).unwrap();
        drop((other_reader, error.1));
        near.write_all(b"more").await.unwrap(); // the half has not said the end
        far.read_exact(&mut buf).await.unwrap();
        drop(near);
        assert_eq!(far.read(&mut buf).await.unwrap(), 0);
    });
}

#[test]
fn sockets_of_the_programs_own_are_taken_over() {
    run(async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let echo = async |mut reader: StreamReader, writer: StreamWriter| {
            writer.write(&reader.readline().await.unwrap()).unwrap();
        };
        let server = start_server_on(TcpListener::from_std(listener).unwrap(), echo).unwrap();
        assert_eq!(*server.local_addr(), address);
        let stream = TcpStream::from_std(std::net::TcpStream::connect(address).unwrap()).unwrap();
        let (mut reader, writer) = streams_over(stream);
        assert_eq!(writer.peer_addr(), Some(address));
        writer.write(b"hello\n").unwrap();
        assert_eq!(reader.readline().await.unwrap(), b"hello\n");

        let here = UdpSocket::from_std(std::net::UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap();
        here.set_broadcast(true).unwrap();
        assert!(is_ready(&mut Box::pin(here.recv(&mut [0; 1]))).await.is_none(), "it does not block");
    });
}

#[cfg(unix)]
#[test]
fn unix_sockets_too_and_options_can_be_set() {
    use glassloop::net::{UnixDatagram, UnixListener, UnixStream};
    use rustix::net::sockopt;
    use std::os::unix::net;

    run(async {
        let (near, far) = net::UnixStream::pair().unwrap();
        let (mut near, mut far) = (UnixStream::from_std(near).unwrap(), UnixStream::from_std(far).unwrap());
        near.write_all(b"x").await.unwrap();
        assert_eq!(far.read(&mut [0; 4]).await.unwrap(), 1);
        let (one, _other) = net::UnixDatagram::pair().unwrap();
        let one = UnixDatagram::from_std(one).unwrap();
        assert!(is_ready(&mut Box::pin(one.recv(&mut [0; 1]))).await.is_none());
        let path = crate::unix::Path::new("from-std");
        let listener = UnixListener::from_std(net::UnixListener::bind(&path.0).unwrap()).unwrap();
        assert!(is_ready(&mut listener.accept()).await.is_none());
        UnixStream::connect(&path.0).await.unwrap();
        listener.accept().await.unwrap();

        let (stream, _far) = pair().await;
        assert!(!sockopt::socket_keepalive(&stream).unwrap());
        sockopt::set_socket_keepalive(&stream, true).unwrap();
        assert!(sockopt::socket_keepalive(&stream).unwrap());
    });
}

#[test]
fn names_and_addresses_of_many_forms() {
    run(async {
        for address in [
            Address::from((Ipv4Addr::LOCALHOST, 80)),
            String::from("127.0.0.1:80").into(),
            (&"127.0.0.1:80".to_owned()).into(),
        ] {
            assert_eq!(getaddrinfo(address).await.unwrap(), ["127.0.0.1:80".parse().unwrap()]);
        }
        assert_eq!(getaddrinfo((Ipv6Addr::LOCALHOST, 80)).await.unwrap(), ["[::1]:80".parse().unwrap()]);
        let found = getaddrinfo(("localhost", 80)).await.unwrap();
        assert!(!found.is_empty() && found.iter().all(|address| address.ip().is_loopback() && address.port() == 80));
        assert_eq!(getaddrinfo("nonsense").await.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_child_can_be_killed_with_its_handle() {
    use std::process::{Command, Stdio};
    run(async {
        let cat = || glassloop::Subprocess::from(Command::new("cat")).stdout(Stdio::piped()).stdin(Stdio::piped());
        let mut killed = cat().kill_on_drop(true).spawn().unwrap();
        let (_stdin, mut stdout) = (killed.stdin.take().unwrap(), killed.stdout.take().unwrap());
        let working = create_task(async move {
            killed.wait().await.unwrap();
        });
        settle().await;
        working.cancel();
        assert_eq!(stdout.read(1).await.unwrap(), b"", "its end of the pipe is gone, though nobody closed its stdin");

        let error = glassloop::Subprocess::from(Command::new("no-such-program")).spawn().unwrap_err();
        assert_eq!(error.to_string(), "no program \"no-such-program\" was found");
    });
}

//! Unix domain sockets: as TCP, at paths.

use std::io;
use std::path::PathBuf;

use glassloop::net::{UnixListener, UnixStream};
use glassloop::{StreamReader, StreamWriter, gather, open_unix_connection, start_unix_server};

use crate::common::run;

/// A path of its own, removed at the end.
pub(crate) struct Path(pub(crate) PathBuf);

impl Path {
    pub(crate) fn new(name: &str) -> Path {
        Path(std::env::temp_dir().join(format!("glassloop-{}-{name}", std::process::id())))
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn bytes_go_both_ways() {
    run(async {
        let path = Path::new("both-ways");
        let listener = UnixListener::bind(&path.0).unwrap();
        assert_eq!(listener.local_addr().unwrap().as_pathname(), Some(&*path.0));
        let mut near = UnixStream::connect(&path.0).await.unwrap();
        let (mut far, _) = listener.accept().await.unwrap();
        let mut buf = [0; 4];
        near.write_all(b"ping").await.unwrap();
        far.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"ping");
        let (mut reader, mut writer) = far.split();
        writer.write_all(b"pong").await.unwrap();
        drop(writer);
        near.read_exact(&mut buf).await.unwrap();
        assert_eq!((&buf, near.read(&mut [0; 1]).await.unwrap()), (b"pong", 0));
        drop(near);
        assert_eq!(reader.read(&mut buf).await.unwrap(), 0);
    });
}

#[test]
fn streams_and_servers_work_on_a_path() {
    run(async {
        let path = Path::new("server");
        let upper = async |mut reader: StreamReader, writer: StreamWriter| {
            let all = reader.read_to_end(1000).await.unwrap();
            writer.write(&all.to_ascii_uppercase()).unwrap();
        };
        for _ in 0..2 {
            // The second one finds a socket that nobody listens at.
            let server = start_unix_server(&path.0, upper).unwrap();
            assert_eq!(server.local_addr().as_pathname(), Some(&*path.0));
            let (mut reader, writer) = open_unix_connection(&path.0).await.unwrap();
            writer.write(b"hello").unwrap();
            writer.write_eof().unwrap();
            assert_eq!(reader.read_to_end(1000).await.unwrap(), b"HELLO");
            assert_eq!(writer.peer_addr(), None);
            drop((reader, writer));
            server.close();
            server.wait_closed().await;
            assert!(!path.0.exists(), "it takes its socket with it");
            drop(std::os::unix::net::UnixListener::bind(&path.0).unwrap());
        }
    });
}

#[test]
fn a_path_that_is_missing_or_taken_is_an_error_that_names_it() {
    run(async {
        let path = Path::new("missing");
        let name = path.0.display().to_string();
        let error = open_unix_connection(&path.0).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().starts_with(&format!("connecting to {name}: ")), "{error}");

        std::fs::write(&path.0, "a file").unwrap();
        let error = start_unix_server(&path.0, async |_, _| {}).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert!(error.to_string().starts_with(&format!("listening at {name}: ")), "{error}");
        assert_eq!(std::fs::read_to_string(&path.0).unwrap(), "a file", "only a socket is replaced");
        let error = UnixStream::connect(&path.0).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    });
}

#[test]
fn connecting_waits_while_the_backlog_is_full() {
    run(async {
        let path = Path::new("backlog");
        let listener = std::os::unix::net::UnixListener::bind(&path.0).unwrap();
        rustix::net::listen(&listener, 1).unwrap();
        let accepting = glassloop::create_task({
            async move {
                glassloop::sleep(crate::common::ms(50)).await;
                listener.set_nonblocking(true).unwrap();
                let mut accepted = Vec::new();
                while accepted.len() < 8 {
                    match listener.accept() {
                        Ok((stream, _)) => accepted.push(stream),
                        Err(_) => glassloop::sleep(crate::common::ms(1)).await,
                    }
                }
                accepted
            }
        });
        let connected = gather((0..8).map(|_| UnixStream::connect(path.0.clone()))).await;
        assert!(connected.iter().all(Result::is_ok), "{connected:?}");
        assert_eq!(accepting.await.unwrap().len(), 8);
    });
}

#[test]
fn pitfall_18_unix_sockets_in_futures_unordered() {
    use futures_util::stream::{FuturesUnordered, StreamExt};
    use glassloop::net::UnixDatagram;

    run(async {
        let path = Path::new("unordered");
        let listener = std::os::unix::net::UnixListener::bind(&path.0).unwrap();
        rustix::net::listen(&listener, 1).unwrap(); // most of those who connect have to wait
        let listener = UnixListener::from_std(listener).unwrap();
        let connecting: FuturesUnordered<_> = (0..8).map(|_| UnixStream::connect(path.0.clone())).collect();
        let accepting: FuturesUnordered<_> = (0..8).map(|_| listener.accept()).collect();
        let late = async {
            glassloop::sleep(crate::common::ms(5)).await;
            accepting.map(Result::unwrap).collect::<Vec<_>>().await
        };
        let (connected, accepted) = glassloop::join!(connecting.map(Result::unwrap).collect::<Vec<_>>(), late).await;
        assert_eq!((connected.len(), accepted.len()), (8, 8));

        let (here, there) = UnixDatagram::pair().unwrap();
        let receive = async || {
            let mut byte = [0];
            there.recv(&mut byte).await.map(|_| byte[0]).unwrap()
        };
        let receiving: FuturesUnordered<_> = (0..4).map(|_| receive()).collect();
        let sending = async {
            for byte in 0..4 {
                glassloop::sleep(crate::common::ms(1)).await;
                here.send(&[byte]).await.unwrap();
            }
        };
        let (mut received, ()) = glassloop::join!(receiving.collect::<Vec<u8>>(), sending).await;
        received.sort_unstable();
        assert_eq!(received, [0, 1, 2, 3]);
    });
}

#[test]
fn pitfall_16_unix_sockets_that_are_always_ready_let_others_run() {
    use std::cell::Cell;
    use std::rc::Rc;

    use glassloop::net::UnixDatagram;

    run(async {
        let turns = Rc::new(Cell::new(0));
        let counter = turns.clone();
        let _other = glassloop::create_task(async move {
            loop {
                counter.set(counter.get() + 1);
                glassloop::yield_now().await;
            }
        });
        let (mut near, mut far) = UnixStream::pair().unwrap();
        for _ in 0..1_000 {
            near.write_all(b"x").await.unwrap();
            far.read_exact(&mut [0]).await.unwrap();
        }
        assert!(turns.get() >= 10, "{} turns of another task beside streams", turns.replace(0));
        let (here, there) = UnixDatagram::pair().unwrap();
        for _ in 0..1_000 {
            here.send(b"x").await.unwrap();
            there.recv(&mut [0]).await.unwrap();
        }
        assert!(turns.get() >= 10, "{} turns of another task beside datagrams", turns.get());
    });
}

/// Bytes and the end are there before anybody reads: there is one edge for both.
#[test]
fn pitfall_41_the_end_behind_a_short_read_is_seen() {
    run(async {
        let (mut near, mut far) = UnixStream::pair().unwrap();
        near.write_all(b"x").await.unwrap();
        drop(near);
        crate::common::settle().await;
        assert_eq!(far.read(&mut [0; 8]).await.unwrap(), 1);
        assert_eq!(far.read(&mut [0; 8]).await.unwrap(), 0);
    });
}

//! Whole conversations, dropped at each of their awaits, and under combinators that are not ours: nothing of them is left in the
//! loop, and the next one works.

#![cfg(feature = "trace")]

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use futures_util::stream::{FuturesUnordered, StreamExt};
use glassloop::net::{TcpListener, TcpStream, UdpSocket, getaddrinfo};
use glassloop::trace::{reactor, snapshot};
use glassloop::{StreamReader, StreamWriter, ThreadPool, open_connection, sleep, start_server, to_thread, yield_now};

use crate::common::{ms, run, settle};

type Conversation = Pin<Box<dyn Future<Output = ()>>>;

/// How many sockets and pipes the loop has, and how many waits are left at them.
fn at_sockets() -> (usize, usize) {
    let seen = snapshot().unwrap().reactor;
    let count = |is: fn(&reactor::Event) -> bool| seen.iter().filter(|event| is(event)).count();
    let sources = count(|event| matches!(event, reactor::Event::SourceAdd { .. }));
    (sources, count(|event| matches!(event, reactor::Event::WaitOn { .. })))
}

/// Until what goes on in the background has come to its end.
async fn until(expected: (usize, usize), what: &str) {
    for _ in 0..1_000 {
        if at_sockets() == expected {
            return;
        }
        sleep(ms(1)).await;
    }
    panic!("{what}: sockets and waits are {:?}, not {expected:?}", at_sockets());
}

/// Drops it after each number of polls, until there is one with which it comes to its end; then many at once, as others poll them.
async fn everywhere(name: &str, converse: impl Fn() -> Conversation) {
    settle().await;
    let before = at_sockets();
    for polls in 0.. {
        let mut conversation = converse();
        let mut left: u32 = polls;
        // Each poll but the first comes when the one before has been answered by a wake-up.
        let is_done = poll_fn(|cx| {
            if left > 0 && conversation.as_mut().poll(cx).is_ready() {
                return Poll::Ready(true);
            }
            left = left.saturating_sub(1);
            if left == 0 { Poll::Ready(false) } else { Poll::Pending }
        });
        let is_done = is_done.await;
        drop(conversation);
        until(before, &format!("{name} after {polls} polls")).await;
        if is_done {
            break;
        }
        assert!(polls < 500, "{name} never comes to its end");
    }
    (0..10).map(|_| converse()).collect::<FuturesUnordered<_>>().collect::<Vec<()>>().await;
    until(before, name).await;
}

/// Answers each line after a while, and says how much came at the end.
async fn answer(mut reader: StreamReader, writer: StreamWriter) {
    let mut count = 0;
    while let Ok(line) = reader.readline().await {
        if line.is_empty() {
            let _ = writer.write(format!("{count} bytes").as_bytes());
            break;
        }
        count += line.len();
        sleep(ms(2)).await;
        if writer.write(&line).is_err() || writer.drain().await.is_err() {
            break;
        }
    }
}

async fn talk(address: std::net::SocketAddr) {
    let (mut reader, writer) = open_connection(address).await.unwrap();
    writer.write(b"one\ntwo\nthree;four\n").unwrap();
    assert_eq!(reader.readline().await.unwrap(), b"one\n");
    assert_eq!(reader.readexactly(2).await.unwrap(), b"tw");
    assert_eq!(reader.read(2).await.unwrap(), b"o\n");
    assert_eq!(reader.readuntil(b";").await.unwrap(), b"three;");
    assert_eq!(reader.readuntil_any(&[b"x", b"r\n"]).await.unwrap(), b"four\n");
    writer.write(b"last\n").unwrap();
    assert_eq!(reader.lines().next().await.unwrap().unwrap(), b"last\n");
    writer.write(&[vec![b'a'; 3_000_000], vec![b'\n']].concat()).unwrap();
    let _ = writer.drain().await; // a line over the limit, which ends it
    let _ = reader.read_to_end(10_000_000).await;
    writer.close();
    let _ = writer.wait_closed().await;
}

#[test]
fn a_conversation_of_streams() {
    run(async {
        let address = *start_server("127.0.0.1:0", answer).await.unwrap().local_addr();
        everywhere("streams", || Box::pin(talk(address))).await;
        everywhere("half-close", || {
            Box::pin(async move {
                let (mut reader, writer) = open_connection(address).await.unwrap();
                writer.write(b"one\n").unwrap();
                writer.write_eof().unwrap();
                assert_eq!(reader.read_to_end(100).await.unwrap(), b"one\n4 bytes");
            })
        })
        .await;
    });
}

#[test]
fn a_conversation_of_sockets() {
    run(async {
        let address = *start_server("127.0.0.1:0", answer).await.unwrap().local_addr();
        everywhere("sockets", || {
            Box::pin(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let mut buf = [0; 4];
                assert_eq!(stream.write(b"one\n").await.unwrap(), 4);
                assert!(stream.read(&mut buf).await.unwrap() > 0);
                let (mut reader, mut writer) = stream.split();
                writer.write_all(b"two\n").await.unwrap();
                reader.read_exact(&mut buf).await.unwrap();
                let mut stream = reader.reunite(writer).unwrap();
                stream.write_all(&[b'a'; 3_000_000]).await.unwrap_or_default(); // the line is too long for the other side
            })
        })
        .await;
    });
}

#[test]
fn listening_and_serving() {
    run(async {
        everywhere("accept", || {
            Box::pin(async {
                let listener = TcpListener::bind("localhost:0").await.unwrap();
                let address = listener.local_addr().unwrap();
                let (near, far) = glassloop::join!(TcpStream::connect(address), listener.accept()).await;
                drop((near.unwrap(), far.unwrap()));
            })
        })
        .await;
        everywhere("serve", || {
            Box::pin(async {
                let server = Rc::new(start_server("127.0.0.1:0", answer).await.unwrap());
                let serving = async {
                    server.serve_forever().await;
                    server.wait_closed().await;
                };
                let talk = async {
                    yield_now().await;
                    let (mut reader, writer) = open_connection(*server.local_addr()).await.unwrap();
                    writer.write(b"x\n").unwrap();
                    assert_eq!(reader.readline().await.unwrap(), b"x\n");
                    server.close();
                };
                // Dropped, it has to close the server: `serve_forever` does, and before that there is this guard.
                let _close = crate::common::OnDrop(|| server.close());
                glassloop::join!(serving, talk).await;
            })
        })
        .await;
    });
}

#[test]
fn datagrams_and_names() {
    run(async {
        everywhere("udp", || {
            Box::pin(async {
                let socket = UdpSocket::bind("localhost:0").await.unwrap();
                let address = socket.local_addr().unwrap();
                let mut buf = [0; 4];
                let receive = async { socket.recv_from(&mut buf).await.unwrap().0 };
                let send = async {
                    sleep(ms(1)).await;
                    socket.send_to(b"one", address).await.unwrap()
                };
                assert_eq!(glassloop::join!(receive, send).await, (3, 3));
                socket.connect(address).await.unwrap();
                assert_eq!(socket.send(b"two").await.unwrap(), 3);
                assert_eq!(socket.recv(&mut buf).await.unwrap(), 3);
            })
        })
        .await;
        everywhere("getaddrinfo", || {
            Box::pin(async {
                getaddrinfo("localhost:80").await.unwrap();
            })
        })
        .await;
    });
}

#[cfg(unix)]
#[test]
fn unix_sockets() {
    use glassloop::net::{UnixDatagram, UnixStream};
    let path = crate::unix::Path::new("every-await");
    let to = path.0.clone();
    run(async move {
        let _server = glassloop::start_unix_server(&to, answer).unwrap();
        let converse = |to: std::path::PathBuf| async move {
            let (mut reader, writer) = glassloop::open_unix_connection(&to).await.unwrap();
            writer.write(b"one\n").unwrap();
            assert_eq!(reader.readline().await.unwrap(), b"one\n");
            drop((reader, writer));
            let mut stream = UnixStream::connect(&to).await.unwrap();
            stream.write_all(b"two\n").await.unwrap();
            stream.read_exact(&mut [0; 4]).await.unwrap();
            let (here, there) = UnixDatagram::pair().unwrap();
            let mut buf = [0; 4];
            let receive = async { there.recv(&mut buf).await.unwrap() };
            let send = async {
                sleep(ms(1)).await;
                here.send(b"one").await.unwrap()
            };
            assert_eq!(glassloop::join!(receive, send).await, (3, 3));
        };
        everywhere("unix", || Box::pin(converse(to.clone()))).await;
    });
}

#[cfg(target_os = "linux")]
#[test]
fn processes_and_threads() {
    use std::process::Stdio;
    run(async {
        everywhere("processes", || {
            Box::pin(async {
                let cat =
                    glassloop::create_subprocess_exec("cat", [""; 0]).stdin(Stdio::piped()).stdout(Stdio::piped());
                let mut cat = cat.kill_on_drop(true).spawn().unwrap();
                let output = cat.communicate(&[7; 300_000]).await.unwrap();
                assert_eq!(output.stdout.len(), 300_000);
                assert!(cat.wait().await.unwrap().success());
            })
        })
        .await;
        let pool = Rc::new(ThreadPool::new(2).unwrap());
        everywhere("threads", || {
            let pool = pool.clone();
            Box::pin(async move {
                assert_eq!(to_thread(|| 1).await, 1);
                assert_eq!(pool.run_in_executor(|| 2).await.unwrap(), 2);
            })
        })
        .await;
    });
}

//! `start_server`: a task for each connection, through all that may happen to it.

use std::cell::Cell;
use std::io;
use std::panic::resume_unwind;
use std::rc::Rc;

use glassloop::{Queue, StreamReader, StreamWriter, create_task, gather, open_connection, start_server};

use crate::common::{Log, is_ready, ms, run, settle};

async fn echo(mut reader: StreamReader, writer: StreamWriter) {
    while let Ok(line) = reader.readline().await {
        if line.is_empty() || writer.write(&line).is_err() || writer.drain().await.is_err() {
            break;
        }
    }
}

#[test]
fn connections_are_served_side_by_side() {
    run(async {
        let server = start_server("127.0.0.1:0", echo).await.unwrap();
        let address = *server.local_addr();
        let clients = (0..50).map(|client| async move {
            let (mut reader, writer) = open_connection(address).await?;
            for round in 0..10 {
                let line = format!("client {client} round {round}\n");
                writer.write(line.as_bytes())?;
                assert_eq!(reader.readline().await?, line.as_bytes());
            }
            Ok::<(), io::Error>(())
        });
        for result in gather(clients).await {
            result.unwrap();
        }
    });
}

#[test]
fn a_handler_that_panics_ends_its_own_connection_only() {
    let runtime = glassloop::Runtime::builder().clock(glassloop::Clock::new_virtual()).on_report(|_| {});
    let test = async {
        let server =
            start_server("127.0.0.1:0", async |mut reader: StreamReader, writer: StreamWriter| {
                match &*reader.readline().await.unwrap() {
                    b"panic\n" => resume_unwind(Box::new("on purpose")),
                    line => writer.write(line).unwrap(),
                }
            });
        let server = server.await.unwrap();
        for (line, answer) in [("one\n", "one\n"), ("panic\n", ""), ("two\n", "two\n")] {
            let (mut reader, writer) = open_connection(*server.local_addr()).await.unwrap();
            writer.write(line.as_bytes()).unwrap();
            assert_eq!(reader.readline().await.unwrap(), answer.as_bytes());
        }
    };
    runtime.build().unwrap().block_on(test).unwrap();
}

#[test]
fn close_stops_listening_at_once_and_wait_closed_waits_for_the_last_connection() {
    run(async {
        let server = start_server("127.0.0.1:0", echo).await.unwrap();
        let (mut reader, writer) = open_connection(*server.local_addr()).await.unwrap();
        writer.write(b"x\n").unwrap();
        assert_eq!(reader.readline().await.unwrap(), b"x\n");
        assert!(server.is_serving());
        server.close();
        server.close();
        assert!(!server.is_serving());
        let refused = open_connection(*server.local_addr()).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        assert!(refused.to_string().contains(&format!("connecting to {}", server.local_addr())));

        writer.write(b"still served\n").unwrap();
        assert_eq!(reader.readline().await.unwrap(), b"still served\n");
        assert!(is_ready(&mut Box::pin(server.wait_closed())).await.is_none());
        drop((reader, writer));
        server.wait_closed().await;
        server.serve_forever().await;
    });
}

#[test]
fn wait_closed_counts_connections_not_handlers() {
    run(async {
        let log = Log::default();
        let said = log.clone();
        let server = start_server("127.0.0.1:0", async move |_, writer: StreamWriter| {
            writer.close();
            glassloop::sleep(ms(60_000)).await;
            said.say("the handler ends");
        });
        let server = server.await.unwrap();
        let (mut reader, _writer) = open_connection(*server.local_addr()).await.unwrap();
        assert_eq!(reader.read(1).await.unwrap(), b"");
        server.close();
        server.wait_closed().await;
        assert_eq!(log.take(), "", "as in asyncio");
    });
}

#[test]
fn serve_forever_that_is_dropped_closes_the_server() {
    run(async {
        let server = Rc::new(start_server("127.0.0.1:0", echo).await.unwrap());
        let serving = server.clone();
        let task = create_task(async move { serving.serve_forever().await });
        settle().await;
        assert!(server.is_serving());
        task.cancel();
        assert!(task.await.is_err());
        assert!(!server.is_serving());
        server.wait_closed().await;
    });
}

#[test]
fn a_server_that_is_dropped_serves_on() {
    run(async {
        let address = *start_server("127.0.0.1:0", echo).await.unwrap().local_addr();
        let (mut reader, writer) = open_connection(address).await.unwrap();
        writer.write(b"x\n").unwrap();
        assert_eq!(reader.readline().await.unwrap(), b"x\n");
    });
}

#[test]
fn an_address_that_is_taken_or_none_is_an_error_that_names_it() {
    run(async {
        let server = start_server("127.0.0.1:0", echo).await.unwrap();
        let error = start_server(*server.local_addr(), echo).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert!(error.to_string().contains(&server.local_addr().to_string()), "{error}");
        let error = start_server("nonsense", echo).await.unwrap_err();
        assert!(error.to_string().contains("\"nonsense\" is no address"), "{error}");
    });
}

/// The chat of asyncio's tutorials: handlers share state and write to each other's connections.
#[test]
fn handlers_share_what_they_close_over() {
    run(async {
        let (count, names) = (Rc::new(Cell::new(0)), Queue::new());
        let (counter, sender) = (count.clone(), names.clone());
        let server = start_server("127.0.0.1:0", async move |mut reader: StreamReader, _writer: StreamWriter| {
            counter.set(counter.get() + 1);
            let line = reader.readline().await.unwrap();
            let _ = sender.put_nowait(String::from_utf8(line).unwrap());
        });
        let server = server.await.unwrap();
        for name in ["ann\n", "bob\n"] {
            let (_reader, writer) = open_connection(*server.local_addr()).await.unwrap();
            writer.write(name.as_bytes()).unwrap();
        }
        while names.len() < 2 {
            glassloop::sleep(ms(1)).await;
        }
        server.close();
        // What was connected before the close and not accepted yet is refused by the system.
        server.wait_closed().await;
        assert_eq!((count.get(), names.len()), (2, 2));
    });
}

/// In a process of its own, as the limit is the process's.
#[cfg(target_os = "linux")]
#[test]
fn pitfall_47_a_server_without_descriptors_backs_off_and_goes_on() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    use std::fs::File;

    const CHILD: &str = "GLASSLOOP_TEST_SERVER_WITHOUT_DESCRIPTORS";
    if std::env::var_os(CHILD).is_none() {
        let name = "servers::pitfall_47_a_server_without_descriptors_backs_off_and_goes_on";
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        let output = child.args([name, "--exact", "--nocapture"]).env(CHILD, "1").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let passed = output.status.success() && text.contains("1 passed");
        assert!(passed, "{text}{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum: Some(64) }).unwrap();
    run(async {
        let server = start_server("127.0.0.1:0", echo).await.unwrap();
        let (mut reader, writer) = open_connection(*server.local_addr()).await.unwrap();
        let waiting = std::net::TcpStream::connect(server.local_addr()).unwrap();
        let more = std::net::TcpStream::connect(server.local_addr()).unwrap();
        let taken: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        let before = glassloop::now();
        glassloop::sleep(ms(300)).await;
        assert!(glassloop::now() - before >= ms(300), "other tasks go on meanwhile");
        writer.write(b"x\n").unwrap();
        drop(taken);
        assert_eq!(reader.readline().await.unwrap(), b"x\n");
        for stream in [waiting, more] {
            stream.set_nonblocking(true).unwrap();
            assert_eq!(io::Write::write(&mut &stream, b"y\n").unwrap(), 2);
            let mut buf = [0; 2];
            while let Err(error) = io::Read::read_exact(&mut &stream, &mut buf) {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                glassloop::sleep(ms(10)).await;
            }
            assert_eq!(&buf, b"y\n", "those who waited are served as soon as there are descriptors");
        }
    });
}

//! What a snapshot tells of those who wait: in what, and where in the program.

#![cfg(feature = "trace")]

use glassloop::net::UdpSocket;
use glassloop::trace::{reactor, snapshot};
use glassloop::{StreamReader, StreamWriter, create_task, start_server, streams_over};

use crate::common::{Gate, pair, run, settle};

/// The operations that tasks wait in at sockets, where this file stands as the place.
fn at_sockets() -> Vec<&'static str> {
    let seen = snapshot().unwrap().reactor;
    seen.iter()
        .filter_map(|event| match event {
            reactor::Event::WaitOn { operation, location, .. } if location.file() == file!() => Some(*operation),
            _ => None,
        })
        .collect()
}

fn at_resources() -> Vec<(&'static str, &'static str)> {
    let seen = snapshot().unwrap().resources;
    let waits = seen.iter().flat_map(|(_, seen)| seen.waits.iter().map(move |wait| (seen.kind, wait)));
    waits.filter(|(_, wait)| wait.location.file() == file!()).map(|(kind, wait)| (kind, wait.operation)).collect()
}

#[test]
fn a_wait_has_its_operations_name_and_the_callers_line() {
    run(async {
        let (near, _far) = pair().await;
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let tasks = [
            create_task(async move { drop(streams_over(near).0.readline().await) }),
            create_task(async move { drop(udp.recv_from(&mut [0; 8]).await) }),
        ];
        settle().await;
        assert_eq!(at_sockets(), ["readline", "receive"]);
        tasks.iter().for_each(|task| assert!(task.cancel()));
        settle().await;
        assert!(at_sockets().is_empty());
    });
}

#[test]
fn readers_and_writers_of_connections_are_seen_where_they_were_called() {
    run(async {
        let server = start_server("127.0.0.1:0", async |mut reader: StreamReader, _writer: StreamWriter| {
            let _ = reader.readexactly(10).await;
        });
        let server = server.await.unwrap();
        let (mut reader, writer) = glassloop::open_connection(*server.local_addr()).await.unwrap();
        let reading = create_task(async move { drop(reader.readline().await) });
        settle().await;
        let mut seen = at_sockets();
        seen.sort_unstable();
        assert_eq!(seen, ["accept", "readexactly", "readline"]);
        drop((reading, writer));
    });
}

#[test]
fn those_who_drain_and_wait_are_seen() {
    run(async {
        let writer = StreamWriter::new(Gate::default());
        writer.write(&[0; 100_000]).unwrap();
        let server = start_server("127.0.0.1:0", async |_, _| {}).await.unwrap();
        let task = create_task(async move {
            let _ = glassloop::join!(writer.drain(), writer.wait_closed(), server.wait_closed()).await;
        });
        settle().await;
        let mut seen = at_resources();
        seen.sort_unstable();
        assert_eq!(seen, [("server", "wait_closed"), ("stream writer", "drain"), ("stream writer", "wait_closed")]);
        task.cancel();
        settle().await;
        assert!(at_resources().is_empty());
    });
}

#[cfg(target_os = "linux")]
#[test]
fn who_waits_for_a_process_is_seen_and_is_no_deadlock() {
    run(async {
        let process = glassloop::create_subprocess_exec("sleep", ["0.05"]).spawn().unwrap();
        let name = format!("process {} (sleep)", process.pid());
        let task = create_task(async move { process.wait().await.unwrap() });
        settle().await;
        assert_eq!(at_resources(), [("process", "wait")]);
        let tasks = snapshot().unwrap().executor.tasks;
        let reaper = tasks.iter().find(|task| task.name.as_ref() == Some(&name)).expect("the task that reaps");
        assert_eq!(reaper.location.file(), file!());
        assert!(task.await.unwrap().success());
    });
}

//! Under combinators that are not ours: every leaf uses the waker it was given (pitfall 18).

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use glassloop::net::UdpSocket;
use glassloop::{StreamReader, StreamWriter, open_connection, start_server, streams_over};

use crate::common::{Gate, ms, pair, run};

#[test]
fn pitfall_18_streams_and_servers_in_futures_unordered() {
    run(async {
        let server = start_server("127.0.0.1:0", async |mut reader: StreamReader, writer: StreamWriter| {
            let line = reader.readline().await.unwrap();
            glassloop::sleep(ms(10)).await;
            writer.write(&line).unwrap();
        });
        let address = *server.await.unwrap().local_addr();
        let mut clients: FuturesUnordered<_> = (0..20)
            .map(|client| async move {
                let (mut reader, writer) = open_connection(address).await.unwrap();
                writer.write(format!("{client}\n").as_bytes()).unwrap();
                writer.drain().await.unwrap();
                (client, reader.readline().await.unwrap())
            })
            .collect();
        let mut count = 0;
        while let Some((client, line)) = clients.next().await {
            assert_eq!(line, format!("{client}\n").as_bytes());
            count += 1;
        }
        assert_eq!(count, 20);
    });
}

#[test]
fn pitfall_18_drain_and_wait_closed_in_futures_unordered() {
    run(async {
        let gate = Gate::default();
        let writer = StreamWriter::new(gate.clone());
        writer.write(&[0; 200_000]).unwrap();
        let mut drains: FuturesUnordered<_> = (0..5).map(|_| writer.drain()).collect();
        let open = async {
            glassloop::sleep(ms(1)).await;
            gate.allow(200_000);
        };
        let drained = async {
            while let Some(result) = drains.next().await {
                result.unwrap();
            }
        };
        glassloop::join!(open, drained).await;
        writer.close();
        let closed: Vec<_> = (0..3).map(|_| writer.wait_closed()).collect::<FuturesUnordered<_>>().collect().await;
        assert!(closed.into_iter().all(|result| result.is_ok()));
    });
}

#[test]
fn pitfall_18_the_loser_of_a_select_loses_nothing() {
    run(async {
        let (near, far) = pair().await;
        let ((mut reader, _writer), (_far_reader, far_writer)) = (streams_over(near), streams_over(far));
        let mut lines = Vec::new();
        let sending = glassloop::create_task(async move {
            for byte in b"one\ntwo\nthree\n" {
                far_writer.write(&[*byte]).unwrap();
                glassloop::sleep(ms(3)).await;
            }
        });
        while lines.len() < 3 {
            let tick = glassloop::sleep(ms(2));
            if let Either::Left((line, _)) = select(Box::pin(reader.readline()), tick).await {
                lines.push(line.unwrap());
            }
        }
        assert_eq!(lines.concat(), b"one\ntwo\nthree\n");
        sending.await.unwrap();
    });
}

#[test]
fn pitfall_18_datagrams_in_futures_unordered() {
    run(async {
        let (here, there) =
            (UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let to = there.local_addr().unwrap();
        let mut receiving: FuturesUnordered<_> = (0..10)
            .map(|_| async {
                let mut buf = [0; 8];
                let count = there.recv(&mut buf).await.unwrap();
                buf[..count].to_vec()
            })
            .collect();
        let sending = async {
            for number in 0..10_u8 {
                glassloop::sleep(ms(1)).await;
                here.send_to(&[number], to).await.unwrap();
            }
        };
        let mut got = Vec::new();
        let received = async {
            while let Some(datagram) = receiving.next().await {
                got.extend(datagram);
            }
        };
        glassloop::join!(sending, received).await;
        got.sort_unstable();
        assert_eq!(got, (0..10).collect::<Vec<u8>>());
    });
}

#[cfg(target_os = "linux")]
#[test]
fn pitfall_18_processes_in_futures_unordered() {
    run(async {
        let processes: Vec<_> =
            (0..4).map(|code| glassloop::create_subprocess_shell(format!("exit {code}")).spawn().unwrap()).collect();
        let mut codes: Vec<_> = processes
            .iter()
            .map(|process| async { process.wait().await.unwrap().code() })
            .collect::<FuturesUnordered<_>>()
            .collect()
            .await;
        codes.sort_unstable();
        assert_eq!(codes, [Some(0), Some(1), Some(2), Some(3)]);
    });
}

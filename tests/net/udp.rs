//! `UdpSocket`: datagrams, alone and several tasks at once.

use std::cell::Cell;
use std::io;
use std::rc::Rc;

use glassloop::net::UdpSocket;
use glassloop::{create_task, timeout};

use crate::common::{Log, ms, run, settle};

async fn bind() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").await.unwrap()
}

#[test]
fn datagrams_keep_their_bounds() {
    run(async {
        let (here, there) = (bind().await, bind().await);
        let to = there.local_addr().unwrap();
        for datagram in [&b"one"[..], b"", b"three"] {
            assert_eq!(here.send_to(datagram, to).await.unwrap(), datagram.len());
        }
        let mut buf = [0; 4];
        for (datagram, cut) in [("one", "one"), ("", ""), ("three", "thre")] {
            let (count, from) = there.recv_from(&mut buf).await.unwrap();
            assert_eq!((&buf[..count], from), (cut.as_bytes(), here.local_addr().unwrap()), "{datagram}");
        }
    });
}

#[test]
fn a_connected_socket_hears_its_peer_alone() {
    run(async {
        let (here, there, stranger) = (bind().await, bind().await, bind().await);
        assert_eq!(here.send(b"x").await.unwrap_err().kind(), io::ErrorKind::NotConnected);
        assert_eq!(here.peer_addr().unwrap_err().kind(), io::ErrorKind::NotConnected);
        here.connect(there.local_addr().unwrap()).await.unwrap();
        assert_eq!(here.peer_addr().unwrap(), there.local_addr().unwrap());
        stranger.send_to(b"psst", here.local_addr().unwrap()).await.unwrap();
        there.send_to(b"hello", here.local_addr().unwrap()).await.unwrap();
        let mut buf = [0; 16];
        let count = here.recv(&mut buf).await.unwrap();
        assert_eq!(&buf[..count], b"hello");
        here.send(b"yes?").await.unwrap();
        assert_eq!(there.recv(&mut buf).await.unwrap(), 4);
    });
}

#[test]
fn those_who_receive_are_served_in_turn() {
    run(async {
        let (here, there) = (bind().await, Rc::new(bind().await));
        let to = there.local_addr().unwrap();
        let log = Log::default();
        let tasks: Vec<_> = (0..4)
            .map(|task| {
                let (socket, log) = (there.clone(), log.clone());
                create_task(async move {
                    let mut buf = [0; 16];
                    let count = socket.recv(&mut buf).await.unwrap();
                    log.say(format!("{task}:{}", String::from_utf8_lossy(&buf[..count])));
                })
            })
            .collect();
        settle().await;
        for datagram in ["a", "b", "c"] {
            here.send_to(datagram.as_bytes(), to).await.unwrap();
        }
        glassloop::sleep(ms(1)).await;
        assert_eq!(log.take(), "0:a 1:b 2:c");
        tasks[3].cancel();
        settle().await;
        here.send_to(b"d", to).await.unwrap();
        let mut buf = [0; 16];
        assert_eq!(there.recv(&mut buf).await.unwrap(), 1, "a cancelled one took nothing with it");
    });
}

#[test]
fn a_receive_that_is_dropped_after_its_wake_up_passes_its_turn_on() {
    run(async {
        let (here, there) = (bind().await, Rc::new(bind().await));
        let to = there.local_addr().unwrap();
        let receiver = |socket: Rc<UdpSocket>| async move { socket.recv(&mut [0; 16]).await.unwrap() };
        let (first, second) = (create_task(receiver(there.clone())), create_task(receiver(there.clone())));
        settle().await;
        here.send_to(b"for one of them", to).await.unwrap();
        first.cancel(); // it is woken, or is about to be, and never has its turn
        assert_eq!(second.await.unwrap(), 15);
        assert!(first.await.is_err());
    });
}

#[test]
fn errors_say_what_was_tried() {
    run(async {
        let here = bind().await;
        let address = here.local_addr().unwrap();
        let error = UdpSocket::bind(address).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert!(error.to_string().starts_with(&format!("binding UDP to {address}: ")), "{error}");
        let error = here.send_to(&vec![0; 70_000], address).await.unwrap_err();
        assert!(error.to_string().starts_with(&format!("sending 70000 bytes to {address}: ")), "{error}");
        assert!(UdpSocket::bind("nonsense").await.unwrap_err().to_string().contains("nonsense"));
        assert!(here.connect("nonsense").await.unwrap_err().to_string().contains("nonsense"));

        let gone = bind().await.local_addr().unwrap();
        here.connect(gone).await.unwrap();
        here.send(b"anybody?").await.unwrap();
        let refused = timeout(ms(1000), here.recv(&mut [0; 16])).await.expect("an answer of the system");
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    });
}

#[test]
fn pitfall_16_a_socket_that_is_always_ready_lets_others_run() {
    run(async {
        let socket = bind().await;
        let address = socket.local_addr().unwrap();
        let ticks = Rc::new(Cell::new(0));
        let counter = ticks.clone();
        let ticker = create_task(async move {
            loop {
                counter.set(counter.get() + 1);
                glassloop::yield_now().await;
            }
        });
        let mut buf = [0; 16];
        for _ in 0..1_000 {
            socket.send_to(b"x", address).await.unwrap();
            socket.recv(&mut buf).await.unwrap();
        }
        assert!(ticks.get() >= 10, "{} turns of another task", ticks.get());
        ticker.cancel();
    });
}

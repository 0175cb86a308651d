//! `UnixDatagram`: as UDP, but nothing is lost.

use std::io;
use std::rc::Rc;

use glassloop::create_task;
use glassloop::net::UnixDatagram;

use crate::common::{Log, is_ready, ms, run, settle};
use crate::unix::Path;

#[test]
fn datagrams_keep_their_bounds_and_say_where_they_come_from() {
    run(async {
        let (here_path, there_path) = (Path::new("datagram-here"), Path::new("datagram-there"));
        let (here, there) = (UnixDatagram::bind(&here_path.0).unwrap(), UnixDatagram::bind(&there_path.0).unwrap());
        for datagram in [&b"one"[..], b"", b"three"] {
            assert_eq!(here.send_to(datagram, &there_path.0).await.unwrap(), datagram.len());
        }
        let mut buf = [0; 4];
        for cut in ["one", "", "thre"] {
            let (count, from) = there.recv_from(&mut buf).await.unwrap();
            assert_eq!((&buf[..count], from.as_pathname()), (cut.as_bytes(), Some(&*here_path.0)));
        }
        let nameless = UnixDatagram::unbound().unwrap();
        nameless.connect(&there_path.0).unwrap();
        nameless.send(b"x").await.unwrap();
        assert!(there.recv_from(&mut buf).await.unwrap().1.is_unnamed());
        assert_eq!(nameless.peer_addr().unwrap().as_pathname(), Some(&*there_path.0));
        assert!(nameless.local_addr().unwrap().is_unnamed());
    });
}

#[test]
fn errors_say_what_was_tried() {
    run(async {
        let path = Path::new("datagram-none");
        let name = path.0.display().to_string();
        let socket = UnixDatagram::unbound().unwrap();
        let error = socket.send_to(b"anybody?", &path.0).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().starts_with(&format!("sending 8 bytes to {name}: ")), "{error}");
        let error = socket.connect(&path.0).unwrap_err();
        assert!(error.to_string().starts_with(&format!("connecting a datagram socket to {name}: ")), "{error}");
        assert_eq!(socket.send(b"x").await.unwrap_err().kind(), io::ErrorKind::NotConnected);
        let _taken = UnixDatagram::bind(&path.0).unwrap();
        let error = UnixDatagram::bind(&path.0).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert!(error.to_string().starts_with(&format!("binding a datagram socket to {name}: ")), "{error}");
    });
}

#[test]
fn who_sends_waits_while_the_queue_is_full() {
    run(async {
        let (here, there) = UnixDatagram::pair().unwrap();
        let mut sent = 0_u32;
        while is_ready(&mut Box::pin(here.send(&sent.to_le_bytes()))).await.is_some() {
            sent += 1;
            glassloop::yield_now().await; // so much and no more may be done in one turn
        }
        let last = sent;
        let sending = create_task(async move { here.send(&last.to_le_bytes()).await.map(drop) });
        settle().await;
        assert!(!sending.is_done());
        let mut buf = [0; 4];
        for number in 0..=last {
            assert_eq!(there.recv(&mut buf).await.unwrap(), 4);
            assert_eq!(u32::from_le_bytes(buf), number);
        }
        sending.await.unwrap().unwrap();
    });
}

/// The room is made by the receiver, and the queue was full of what somebody else had sent: the system tells the waiting socket nothing.
#[test]
fn who_sends_without_a_connection_hears_of_room_too() {
    run(async {
        let path = Path::new("datagram-full");
        let receiver = UnixDatagram::bind(&path.0).unwrap();
        let filling = UnixDatagram::unbound().unwrap();
        filling.connect(&path.0).unwrap();
        let mut count = 0;
        while is_ready(&mut Box::pin(filling.send(b"fill"))).await.is_some() {
            count += 1;
            glassloop::yield_now().await;
        }
        let (other, to) = (UnixDatagram::unbound().unwrap(), path.0.clone());
        let sending = create_task(async move { other.send_to(b"other", to).await });
        glassloop::sleep(ms(5)).await;
        assert!(!sending.is_done());
        let mut buf = [0; 8];
        for _ in 0..count {
            assert_eq!(receiver.recv(&mut buf).await.unwrap(), 4);
        }
        assert_eq!(receiver.recv(&mut buf).await.unwrap(), 5);
        assert_eq!(sending.await.unwrap().unwrap(), 5);
    });
}

#[test]
fn those_who_receive_are_served_in_turn_and_a_cancelled_one_passes_its_turn_on() {
    run(async {
        let (here, there) = UnixDatagram::pair().unwrap();
        let (there, log) = (Rc::new(there), Log::default());
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
        for datagram in ["a", "b"] {
            here.send(datagram.as_bytes()).await.unwrap();
        }
        glassloop::sleep(ms(1)).await;
        assert_eq!(log.take(), "0:a 1:b");
        here.send(b"c").await.unwrap();
        tasks[2].cancel(); // it is woken, or is about to be
        glassloop::sleep(ms(1)).await;
        assert_eq!(log.take(), "3:c");
    });
}

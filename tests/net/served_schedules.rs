//! Random schedules of those who share a socket, with drops at random polls: each datagram and each connection comes to one of
//! them, and nobody is left asleep.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::rc::Rc;

use glassloop::net::{TcpListener, TcpStream, UdpSocket};
use glassloop::{create_task, sleep, yield_now};

use crate::common::{Random, ms, run_schedules, tried};

/// A socket for datagrams that has a peer.
enum Socket {
    Udp(UdpSocket),
    #[cfg(unix)]
    Unix(glassloop::net::UnixDatagram),
}

impl Socket {
    async fn pair(random: &Random) -> (Socket, Socket) {
        #[cfg(unix)]
        if random.below(2) == 0 {
            let (here, there) = glassloop::net::UnixDatagram::pair().unwrap();
            return (Socket::Unix(here), Socket::Unix(there));
        }
        let _ = random;
        let (here, there) = (UdpSocket::bind("127.0.0.1:0").await, UdpSocket::bind("127.0.0.1:0").await);
        let (here, there) = (here.unwrap(), there.unwrap());
        here.connect(there.local_addr().unwrap()).await.unwrap();
        there.connect(here.local_addr().unwrap()).await.unwrap();
        (Socket::Udp(here), Socket::Udp(there))
    }

    async fn send(&self, datagram: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Udp(socket) => socket.send(datagram).await,
            #[cfg(unix)]
            Socket::Unix(socket) => socket.send(datagram).await,
        }
    }

    async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Udp(socket) => socket.recv(buf).await,
            #[cfg(unix)]
            Socket::Unix(socket) => socket.recv(buf).await,
        }
    }
}

/// What came, and how much will.
struct Came {
    numbers: RefCell<Vec<u8>>,
    all: u8,
}

impl Came {
    fn check(&self, schedule: u64) {
        let mut numbers = self.numbers.take();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..self.all).collect::<Vec<_>>(), "schedule {schedule}");
    }

    /// If the one that is left slept though there is something, it would never be all.
    async fn wait(&self, schedule: u64) {
        for _ in 0..1_000 {
            if self.is_all() {
                return;
            }
            sleep(ms(1)).await;
        }
        panic!("schedule {schedule}: {} of {} came, and all are asleep", self.numbers.borrow().len(), self.all);
    }

    fn is_all(&self) -> bool {
        self.numbers.borrow().len() >= usize::from(self.all)
    }
}

async fn pause(random: &Random) {
    match random.below(3) {
        0 => sleep(ms(random.below(3))).await,
        1 => yield_now().await,
        _ => {}
    }
}

/// One is patient; the others go away once they are dropped: what they were woken for is then the patient one's.
async fn patiently<F: Future>(patient: bool, random: &Random, operation: F) -> Option<F::Output> {
    if patient { Some(operation.await) } else { tried(random, operation).await }
}

#[test]
fn ten_thousand_schedules_lose_and_double_no_datagram() {
    run_schedules(10_000, async |number, random| {
        let (here, there) = Socket::pair(&random).await;
        let came = Rc::new(Came { numbers: RefCell::default(), all: random.below(12) as u8 });
        let there = Rc::new(there);
        let receivers: Vec<_> = (0..1 + random.below(4))
            .map(|receiver| {
                let (there, came, random) = (there.clone(), came.clone(), random.clone());
                create_task(async move {
                    while !came.is_all() {
                        let mut buf = [0; 4];
                        let received = patiently(receiver == 0, &random, there.recv(&mut buf)).await;
                        let Some(count) = received else { break };
                        assert_eq!(count.unwrap(), 1);
                        came.numbers.borrow_mut().push(buf[0]);
                        pause(&random).await;
                    }
                })
            })
            .collect();
        for datagram in 0..came.all {
            while tried(&random, here.send(&[datagram])).await.map(Result::unwrap).is_none() {}
            pause(&random).await;
        }
        came.wait(number).await;
        receivers.into_iter().for_each(|receiver| assert!(receiver.is_done() || receiver.cancel()));
        came.check(number);
    });
}

#[test]
fn ten_thousand_schedules_lose_and_double_no_connection() {
    run_schedules(10_000, async |number, random| {
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = listener.local_addr().unwrap();
        let came = Rc::new(Came { numbers: RefCell::default(), all: random.below(4) as u8 });
        let acceptors: Vec<_> = (0..1 + random.below(3))
            .map(|acceptor| {
                let (listener, came, random) = (listener.clone(), came.clone(), random.clone());
                create_task(async move {
                    while !came.is_all() {
                        let accepted = patiently(acceptor == 0, &random, listener.accept()).await;
                        let Some(accepted) = accepted else { break };
                        let mut buf = [0; 4];
                        // One that was given up while it connected says nothing.
                        match accepted.unwrap().0.read(&mut buf).await {
                            Ok(0) | Err(_) => {}
                            Ok(count) => came.numbers.borrow_mut().extend(&buf[..count]),
                        }
                        pause(&random).await;
                    }
                })
            })
            .collect();
        for client in 0..came.all {
            let mut stream = loop {
                if let Some(connected) = tried(&random, TcpStream::connect(address)).await {
                    break connected.unwrap();
                }
            };
            stream.write_all(&[client]).await.unwrap();
            pause(&random).await;
        }
        came.wait(number).await;
        acceptors.into_iter().for_each(|acceptor| assert!(acceptor.is_done() || acceptor.cancel()));
        came.check(number);
    });
}

//! How large a trace is: tasks that talk over sockets, queues and timers.

use std::fs;
use std::rc::Rc;
use std::time::Duration;

use glassloop::net::{TcpListener, TcpStream};
use glassloop::{Queue, Runtime, create_task, gather, sleep};

use crate::{fresh, run};

const GUESTS: usize = 8;
const LINES: usize = 100;

/// Each guest says so many lines and hears all that are said.
async fn chat() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let guests: Vec<_> = (0..GUESTS).map(|number| create_task(guest(number, address))).collect();
    let said = Rc::new(Queue::bounded(16));
    let heard: Vec<Rc<Queue<String>>> = (0..GUESTS).map(|_| Rc::new(Queue::bounded(4))).collect();
    let mut servants = Vec::new();
    for queue in &heard {
        let (stream, _) = listener.accept().await.expect("a guest");
        servants.push(create_task(serve(stream, said.clone(), queue.clone())));
    }
    for _ in 0..GUESTS * LINES {
        let line: String = said.get().await.expect("nobody shuts it down");
        for queue in &heard {
            queue.put(line.clone()).await.expect("nobody shuts it down");
        }
    }
    gather(guests).await.into_iter().for_each(drop);
    gather(servants).await.into_iter().for_each(drop);
}

async fn guest(number: usize, address: std::net::SocketAddr) {
    let stream = TcpStream::connect(address).await.expect("a server");
    let (mut read, mut write) = stream.split();
    let speaker = create_task(async move {
        for line in 0..LINES {
            sleep(Duration::from_micros(100 * (number as u64 + 1))).await;
            write.write_all(format!("guest {number:02} says {line:03}").as_bytes()).await.expect("a server");
        }
        write
    });
    let mut line = [0; 17];
    for _ in 0..GUESTS * LINES {
        read.read_exact(&mut line).await.expect("what the others say");
    }
    speaker.await.expect("it speaks");
}

async fn serve(stream: TcpStream, said: Rc<Queue<String>>, heard: Rc<Queue<String>>) {
    let (mut read, mut write) = stream.split();
    let listens = create_task(async move {
        let mut line = [0; 17];
        for _ in 0..LINES {
            read.read_exact(&mut line).await.expect("a guest");
            said.put(String::from_utf8_lossy(&line).into_owned()).await.expect("nobody shuts it down");
        }
        read
    });
    for _ in 0..GUESTS * LINES {
        let line = heard.get().await.expect("nobody shuts it down");
        write.write_all(line.as_bytes()).await.expect("a guest");
    }
    listens.await.expect("it listens");
}

#[test]
fn an_event_of_a_chat_takes_at_most_eight_bytes() {
    let path = fresh("chat.glt");
    let runtime = Runtime::builder().trace(&path).build().expect("a loop");
    runtime.block_on(chat()).expect("it ends");
    drop(runtime);
    let (bytes, events) = (fs::metadata(&path).expect("a file").len(), run(&path).events().count() as u64);
    println!("{bytes} bytes, {events} events: {:.2} each", bytes as f64 / events as f64);
    assert!(events > 20_000 && bytes <= 8 * events, "{bytes} bytes for {events} events");
}

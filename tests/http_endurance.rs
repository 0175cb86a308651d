//! Ten thousand requests, 256 at once, to a server that resets, stalls and truncates as chance has it: each ends with the
//! right body or an error that says what happened, and nothing is left behind.
//!
//! Time is virtual, so a stall takes no time; chance is seeded, so a failure comes again.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use glassloop::http::{Class, Client};
use glassloop::net::{TcpListener, TcpStream};
use glassloop::{Clock, Runtime, create_task, gather, sleep, timeout};

const REQUESTS: usize = 10_000;
const AT_ONCE: usize = 256;
const PLACES: usize = 64;

/// Marsaglia's xorshift64.
struct Chance(Cell<u64>);

impl Chance {
    fn below(&self, bound: usize) -> usize {
        let mut x = self.0.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.0.set(x);
        (x % bound as u64) as usize
    }
}

/// The right answer to a path: its text, many times.
fn body(path: &str) -> String {
    let number: usize = path.trim_start_matches('/').parse().expect("a number");
    format!("{path};").repeat(1 + number % 300)
}

/// Each mood once, with how often the server is in it.
macro_rules! moods {
    ($($mood:ident $times:literal,)*) => {
        /// What a server may do to a request.
        #[derive(Clone, Copy, Debug, PartialEq)]
        enum Mood { $($mood),* }

        const MOODS: &[(Mood, usize)] = &[$((Mood::$mood, $times)),*];
    };
}

moods! {
    Length 5, Chunked 3, UntilClose 1, OneByOne 1, SaysMore 1, TwoLengths 1, Garbage 1, BadChunk 1,
    Closes 1, CutsHead 1, CutsLength 1, CutsChunks 1, Resets 1, ResetsInHead 1, ResetsInBody 1,
    StallsBefore 1, StallsInHead 1, StallsInBody 1, EndlessHead 1, EndlessInterim 1,
}

use Mood::*;

impl Chance {
    fn mood(&self) -> Mood {
        let moods = MOODS.iter().flat_map(|&(mood, times)| std::iter::repeat_n(mood, times));
        moods.clone().nth(self.below(moods.count())).expect("below their number")
    }
}

/// Whether the connection may go on.
type Goes = std::io::Result<bool>;

async fn answer(stream: &mut TcpStream, mood: Mood, body: &str, cut: usize) -> Goes {
    let length = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let (first, second) = body.split_at(cut % body.len());
    let mut chunks = String::new();
    for chunk in [first, second].iter().filter(|chunk| !chunk.is_empty()) {
        chunks += &format!("{:x}\r\n{chunk}\r\n", chunk.len());
    }
    let chunked = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");
    let until_close = format!("HTTP/1.1 200 OK\r\n\r\n{body}");
    let in_head = 1 + cut % 30;
    let in_body = length.len() - 1 - cut % body.len();
    let (bytes, goes) = match mood {
        Length => (length, true),
        Chunked => (chunked, true),
        UntilClose => (until_close, false),
        OneByOne => {
            for byte in length.as_bytes().chunks(97) {
                stream.write_all(byte).await?;
                sleep(Duration::from_millis(1)).await;
            }
            return Ok(true);
        }
        Closes | Resets | StallsBefore => (String::new(), false),
        CutsHead | ResetsInHead | StallsInHead => (length[..in_head].into(), false),
        CutsLength | ResetsInBody | StallsInBody => (length[..in_body].into(), false),
        CutsChunks => (chunked[..chunked.len() - 1 - cut % (chunks.len() + 4)].into(), false),
        Garbage => ("SSH-2.0-OpenSSH_9.2p1\r\n".into(), false),
        BadChunk => ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n".into(), false),
        EndlessHead => (format!("HTTP/1.1 200 OK\r\n{}", "X: y\r\n".repeat(20_000)), false),
        EndlessInterim => ("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(5_000), false),
        TwoLengths => ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy".into(), false),
        SaysMore => (length + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong", true),
    };
    stream.write_all(bytes.as_bytes()).await?;
    if matches!(mood, Resets | ResetsInHead | ResetsInBody) {
        rustix::net::sockopt::set_socket_linger(&*stream, Some(Duration::ZERO))?;
    }
    if matches!(mood, StallsBefore | StallsInHead | StallsInBody) {
        // Until the client has had enough.
        let _ = stream.read(&mut [0]).await;
    }
    Ok(goes)
}

/// Answers requests as it is in the mood to, until it or the client has enough.
async fn serve(mut stream: TcpStream, chance: Rc<Chance>, well: Rc<Cell<bool>>) -> std::io::Result<()> {
    let mut received = Vec::new();
    loop {
        let mut buffer = [0; 1024];
        let end = loop {
            if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            match stream.read(&mut buffer).await? {
                0 => return Ok(()),
                count => received.extend_from_slice(&buffer[..count]),
            }
        };
        let head = String::from_utf8_lossy(&received[..end]).into_owned();
        received.drain(..end);
        let path = head.split(' ').nth(1).expect("a target");
        let mood = if well.get() { Length } else { chance.mood() };
        if !answer(&mut stream, mood, &body(path), chance.below(10_000)).await? {
            return Ok(());
        }
    }
}

/// One request, and how it ended.
async fn ask(client: &Client, url: String) -> Result<(), Class> {
    let path = url[url.rfind('/').expect("a path")..].to_owned();
    let result = async { client.get(&url).await?.text().await };
    match timeout(Duration::from_secs(60), result).await.expect("a request hangs") {
        Ok(text) => {
            assert!(text == body(&path), "{url}: the wrong body: {:.80}", text);
            Ok(())
        }
        Err(error) => {
            let said = error.to_string();
            assert!(said.contains(&url) && said.lines().count() == 1, "{said}");
            Err(error.class())
        }
    }
}

#[cfg(target_os = "linux")]
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("a list").count()
}

async fn storm() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (chance, well) = (Rc::new(Chance(Cell::new(0x9e37_79b9_7f4a_7c15))), Rc::new(Cell::new(false)));
    let healed = well.clone();
    let serving = create_task(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            create_task(serve(stream, chance.clone(), well.clone())).detach();
        }
    });

    let client = Client::builder().max_connections(PLACES).read_timeout(Duration::from_secs(5)).build();
    let ends: Rc<RefCell<BTreeMap<Option<&str>, usize>>> = Rc::default();
    let next = Rc::new(Cell::new(0));
    gather((0..AT_ONCE).map(|_| {
        let (client, base, ends, next) = (client.clone(), base.clone(), ends.clone(), next.clone());
        async move {
            while next.get() < REQUESTS {
                let number = next.replace(next.get() + 1);
                let end = ask(&client, format!("{base}/{number}")).await;
                *ends.borrow_mut().entry(end.err().map(Class::as_str)).or_default() += 1;
            }
        }
    }))
    .await;
    let ends = ends.take();
    println!("{ends:?}");
    assert_eq!(ends.values().sum::<usize>(), REQUESTS, "each has its end");
    for expected in [None, Some("incomplete"), Some("protocol"), Some("timeout")] {
        assert!(ends.get(&expected).is_some_and(|&count| count > 100), "{expected:?} of {ends:?}");
    }
    assert_eq!(ends.len(), 4, "{ends:?}");

    // All places of the pool are free: as many as there are can be taken at once.
    healed.set(true);
    let more = (0..PLACES).map(|number| {
        let (client, url) = (client.clone(), format!("{base}/{number}"));
        async move { ask(&client, url).await }
    });
    let all_at_once = timeout(Duration::from_secs(1), gather(more)).await.expect("a place was lost");
    assert!(all_at_once.iter().all(Result::is_ok), "{all_at_once:?}");
    drop(client);
    serving.cancel();
}

#[test]
fn ten_thousand_requests_to_a_server_of_many_moods() {
    let runtime = Runtime::builder().clock(Clock::new_virtual()).build().unwrap();
    #[cfg(target_os = "linux")]
    let before = descriptors();
    runtime
        .block_on(async {
            storm().await;
            // What the clients have closed is closed on the other side too, in its own time.
            sleep(Duration::from_secs(60)).await;
        })
        .unwrap();
    #[cfg(target_os = "linux")]
    assert_eq!(descriptors(), before, "descriptors are left");
}

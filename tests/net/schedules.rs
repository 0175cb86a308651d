//! Random schedules of readers and writers, with drops at random polls: whatever is read in whatever way is what the model says that
//! was written, not a byte lost or doubled.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures_util::{AsyncRead, AsyncWrite};
use glassloop::{ReadError, StreamReader, StreamWriter, all_tasks, create_task, sleep, streams_over, yield_now};

use crate::common::{Random, ms, pair, run_schedules, tried};

type Ends = (StreamReader, StreamWriter);

/// Two ends of a connection of some kind.
async fn connection(random: &Random) -> (Ends, Ends) {
    match random.below(4) {
        0 => {
            let (near, far) = pair().await;
            (streams_over(near), streams_over(far))
        }
        #[cfg(unix)]
        1 => {
            let (near, far) = glassloop::net::UnixStream::pair().unwrap();
            (streams_over(near), streams_over(far))
        }
        #[cfg(unix)]
        2 => {
            // With so small a buffer that writers have to wait.
            let (near, far) = std::os::unix::net::UnixStream::pair().unwrap();
            for socket in [&near, &far] {
                rustix::net::sockopt::set_socket_send_buffer_size(socket, 4_608).unwrap();
            }
            let [near, far] = [near, far].map(|socket| glassloop::net::UnixStream::from_std(socket).unwrap());
            (streams_over(near), streams_over(far))
        }
        _ => {
            let (near, far) = tiny_pair(random);
            (streams_over(near), streams_over(far))
        }
    }
}

#[test]
fn ten_thousand_schedules_lose_and_double_no_byte() {
    run_schedules(10_000, async |number, random| {
        let (near, far) = connection(&random).await;
        let (there, back) = (text(&random), if random.below(2) == 0 { Vec::new() } else { text(&random) });
        // A close ends both directions, so only where nothing comes back.
        let closes = back.is_empty() && random.below(3) == 0;
        let tasks = [
            create_task(write(random.clone(), near.1, there.clone(), closes)),
            create_task(read(number, random.clone(), near.0, back.clone(), closes)),
            create_task(write(random.clone(), far.1, back, false)),
            create_task(read(number, random.clone(), far.0, there, false)),
        ];
        for task in tasks {
            task.await.unwrap_or_else(|error| panic!("schedule {number}: {error}"));
        }
    });
}

/// Mostly short, of few letters, so that separators and limits are met; now and then more than buffers hold.
fn text(random: &Random) -> Vec<u8> {
    let length = match random.below(100) {
        0 if random.below(4) == 0 => 150_000 + random.size(100_000),
        0..=9 => random.size(5_000),
        _ => random.size(200),
    };
    let lines = [100, 20, 4][random.size(3)];
    (0..length).map(|_| if random.below(lines) == 0 { b'\n' } else { b'a' + random.below(2) as u8 }).collect()
}

async fn pause(random: &Random) {
    match random.below(6) {
        0 => sleep(ms(random.below(3))).await,
        1..=3 => yield_now().await,
        _ => {}
    }
}

async fn write(random: Random, writer: StreamWriter, text: Vec<u8>, closes: bool) {
    let largest = 1 + text.len() / (1 + random.size(12));
    let mut rest = &text[..];
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.len().min(1 + random.size(largest)));
        writer.writelines([&now[..now.len() / 2], &now[now.len() / 2..]]).unwrap();
        rest = later;
        pause(&random).await;
        if random.below(30) == 0 {
            let tasks = all_tasks();
            tasks.iter().filter(|task| task.name().starts_with("writing to")).for_each(|task| assert!(task.cancel()));
        }
        if let Some(drained) = tried(&random, writer.drain()).await {
            drained.unwrap();
        }
    }
    if closes {
        writer.close();
        while tried(&random, writer.wait_closed()).await.map(Result::unwrap).is_none() {}
    } else if random.below(2) == 0 {
        writer.write_eof().unwrap();
        assert_eq!(writer.write(b"late").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        pause(&random).await;
    }
}

/// What the reader ought to give.
struct Model {
    text: Vec<u8>,
    position: usize,
}

impl Model {
    fn rest(&self) -> &[u8] {
        &self.text[self.position..]
    }

    fn expect(&mut self, bytes: &[u8]) {
        assert!(self.rest().starts_with(bytes), "{bytes:?} is not next at {}", self.position);
        self.position += bytes.len();
    }

    fn expect_end(&mut self, bytes: &[u8]) {
        assert_eq!(bytes.len(), self.rest().len(), "not all that is left");
        self.expect(bytes);
    }

    /// The shortest beginning of the rest that ends with one of them: its length, and the separator's.
    fn until(&self, separators: &[&[u8]]) -> Option<(usize, usize)> {
        (1..=self.rest().len()).find_map(|end| {
            let matching = separators.iter().filter(|separator| self.rest()[..end].ends_with(separator));
            Some((end, matching.map(|separator| separator.len()).min()?))
        })
    }

    /// What `readuntil` and the like may give.
    fn check_until(&mut self, result: Result<Vec<u8>, ReadError>, separators: &[&[u8]], limit: usize, is_line: bool) {
        let until = self.until(separators);
        match result {
            Ok(bytes) => match until {
                Some((end, length)) => {
                    assert!(bytes.len() == end && end - length <= limit);
                    self.expect(&bytes);
                }
                None => {
                    assert!(is_line);
                    self.expect_end(&bytes);
                }
            },
            Err(ReadError::Incomplete { partial, expected: None }) => {
                assert!(until.is_none() && !is_line);
                self.expect_end(&partial);
            }
            Err(ReadError::LimitOverrun { consumed, limit: said, found }) => {
                assert!(consumed > limit && said == limit);
                let begins = until.map_or(self.rest().len(), |(end, length)| end - length);
                assert!(if found { consumed == begins } else { consumed <= begins });
                if is_line {
                    self.position += consumed + usize::from(found); // it was dropped
                }
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// `is_closed`: by this side's writer, so that nothing comes.
async fn read(number: u64, random: Random, mut reader: StreamReader, text: Vec<u8>, is_closed: bool) {
    let limit = 1 + random.size(40);
    reader.set_limit(limit);
    let mut model = Model { text, position: 0 };
    for _ in 0..random.size(40) {
        pause(&random).await;
        step(&random, &mut reader, &mut model, limit).await;
    }
    let rest = loop {
        if let Some(rest) = tried(&random, reader.read_to_end(usize::MAX)).await {
            break rest.unwrap();
        }
    };
    model.expect_end(&rest);
    assert!(reader.at_eof() && (!is_closed || model.text.is_empty()), "schedule {number}");
}

/// One operation, perhaps dropped: then nothing has happened.
async fn step(random: &Random, reader: &mut StreamReader, model: &mut Model, limit: usize) {
    match random.below(6) {
        0 => {
            let n = random.size(300);
            if let Some(bytes) = tried(random, reader.read(n)).await.map(Result::unwrap) {
                assert!(bytes.len() <= n && (!bytes.is_empty() || n == 0 || model.rest().is_empty()));
                model.expect(&bytes);
            }
        }
        1 => {
            let n = random.size(300);
            match tried(random, reader.readexactly(n)).await {
                Some(Ok(bytes)) => {
                    assert_eq!(bytes.len(), n);
                    model.expect(&bytes);
                }
                Some(Err(ReadError::Incomplete { partial, expected })) => {
                    assert!(partial.len() < n && expected == Some(n));
                    model.expect_end(&partial);
                }
                Some(Err(error)) => panic!("{error}"),
                None => {}
            }
        }
        2 => {
            if let Some(result) = tried(random, reader.readuntil(b"ab\n")).await {
                model.check_until(result, &[b"ab\n"], limit, false);
            }
        }
        3 => {
            let separators: [&[u8]; 3] = [b"\n", b"bbab", b"aa"];
            if let Some(result) = tried(random, reader.readuntil_any(&separators)).await {
                model.check_until(result, &separators, limit, false);
            }
        }
        _ => {
            if let Some(result) = tried(random, reader.readline()).await {
                model.check_until(result, &[b"\n"], limit, true);
            }
        }
    }
}

/// A direction of a stream that takes a few bytes only, and makes both sides wait when it likes.
struct Lane {
    bytes: RefCell<VecDeque<u8>>,
    capacity: usize,
    is_ended: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
    random: Random,
}

impl Lane {
    fn new(random: &Random) -> Rc<Lane> {
        let (bytes, is_ended, waiting) = Default::default();
        Rc::new(Lane { bytes, capacity: 1 + random.size(300), is_ended, waiting, random: random.clone() })
    }

    fn wake(&self) {
        let waiting = self.waiting.take();
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Now and then for no reason; then it is soon over.
    fn wait<T>(&self, cx: &Context<'_>, for_no_reason: bool) -> Poll<T> {
        if for_no_reason {
            cx.waker().wake_by_ref();
        } else {
            self.waiting.borrow_mut().push(cx.waker().clone());
        }
        Poll::Pending
    }
}

struct Tiny {
    incoming: Rc<Lane>,
    outgoing: Rc<Lane>,
}

fn tiny_pair(random: &Random) -> (Tiny, Tiny) {
    let (there, back) = (Lane::new(random), Lane::new(random));
    (Tiny { incoming: back.clone(), outgoing: there.clone() }, Tiny { incoming: there, outgoing: back })
}

impl AsyncRead for Tiny {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let lane = &*self.incoming;
        let for_no_reason = lane.random.below(4) == 0;
        if for_no_reason || lane.bytes.borrow().is_empty() && !lane.is_ended.get() {
            return lane.wait(cx, for_no_reason);
        }
        let count = lane.bytes.borrow().len().min(buf.len());
        let taken: Vec<u8> = lane.bytes.borrow_mut().drain(..count).collect();
        buf[..count].copy_from_slice(&taken);
        lane.wake();
        Poll::Ready(Ok(count))
    }
}

impl AsyncWrite for Tiny {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let lane = &*self.outgoing;
        let room = lane.capacity - lane.bytes.borrow().len();
        let for_no_reason = lane.random.below(4) == 0;
        if for_no_reason || room == 0 {
            return lane.wait(cx, for_no_reason);
        }
        let count = room.min(buf.len()).min(1 + lane.random.size(lane.capacity));
        lane.bytes.borrow_mut().extend(&buf[..count]);
        lane.wake();
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let for_no_reason = self.outgoing.random.below(4) == 0;
        if for_no_reason { self.outgoing.wait(cx, true) } else { Poll::Ready(Ok(())) }
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.outgoing.random.below(4) == 0 {
            return self.outgoing.wait(cx, true);
        }
        self.outgoing.is_ended.set(true);
        self.outgoing.wake();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        for lane in [&self.incoming, &self.outgoing] {
            lane.is_ended.set(true);
            lane.wake();
        }
    }
}

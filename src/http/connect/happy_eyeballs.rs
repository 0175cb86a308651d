//! Several addresses for one name: RFC 8305.
//!
//! The families take turns, and every address gets a head start of 250 ms over the next one, or less if it fails
//! sooner. The first connection wins; the other attempts are dropped at once.

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::Sleep;
use crate::http::events::{EventKind, Watch};
use crate::net::TcpStream;

/// The "connection attempt delay".
const HEAD_START: Duration = Duration::from_millis(250);

/// No address could be connected to; why each of them could not.
#[derive(Debug)]
pub(super) struct AllFailed(Vec<io::Error>);

impl AllFailed {
    /// As the error of the address that was tried first, with the others' in its text.
    pub(super) fn into_io_error(mut self) -> io::Error {
        match self.0.len() {
            0 => io::Error::new(io::ErrorKind::NotFound, "no address to connect to"),
            1 => self.0.remove(0),
            _ => io::Error::new(self.0[0].kind(), self),
        }
    }
}

impl fmt::Display for AllFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index > 0 { "; " } else { "" };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl StdError for AllFailed {}

/// The order in which the addresses of a look-up are tried: the system's (RFC 6724), but the families take turns.
pub(super) fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = addresses.first().copied() else { return addresses };
    let (preferred, others): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first.is_ipv6());
    let mut others = others.into_iter();
    let mut order = Vec::new();
    for address in preferred {
        order.push(address);
        order.extend(others.next());
    }
    order.extend(others);
    order
}

/// Connects to whichever of the addresses answers first, given in the order of preference.
///
/// # Cancel safety
/// Dropping it gives all attempts up.
pub(super) async fn connect(addresses: Vec<SocketAddr>, watch: &Watch) -> Result<TcpStream, AllFailed> {
    // There is nothing to race with.
    if let [address] = addresses[..] {
        return attempt(address, watch.clone()).await.map_err(|error| AllFailed(vec![error]));
    }
    let mut race = Race {
        waiting: addresses.into_iter().rev().collect(),
        running: Vec::new(),
        head_start: None,
        failed: Vec::new(),
        watch,
    };
    poll_fn(|cx| race.poll(cx)).await
}

async fn attempt(address: SocketAddr, watch: Watch) -> io::Result<TcpStream> {
    watch.tell_text(&address, |address| EventKind::ConnectBegin { address });
    let stream = TcpStream::connect(address).await?;
    watch.tell_text(&address, |address| EventKind::ConnectEnd { address });
    Ok(stream)
}

type Attempt = Pin<Box<dyn Future<Output = io::Result<TcpStream>>>>;

struct Race<'a> {
    /// Those not tried yet, the next one last.
    waiting: Vec<SocketAddr>,
    running: Vec<Attempt>,
    /// What the latest attempt has left of its head start.
    head_start: Option<Sleep>,
    failed: Vec<io::Error>,
    watch: &'a Watch,
}

impl Race<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<TcpStream, AllFailed>> {
        loop {
            let failed_before = self.failed.len();
            if let Some(winner) = self.poll_running(cx) {
                return Poll::Ready(Ok(winner));
            }
            let in_time = self.failed.len() == failed_before
                && self.head_start.as_mut().is_some_and(|rest| Pin::new(rest).poll(cx).is_pending());
            if in_time {
                return Poll::Pending;
            }
            match self.waiting.pop() {
                Some(address) => {
                    self.running.push(Box::pin(attempt(address, self.watch.clone())));
                    self.head_start = (!self.waiting.is_empty()).then(|| crate::sleep(HEAD_START));
                }
                None if self.running.is_empty() => {
                    return Poll::Ready(Err(AllFailed(std::mem::take(&mut self.failed))));
                }
                None => return Poll::Pending,
            }
        }
    }

    fn poll_running(&mut self, cx: &mut Context<'_>) -> Option<TcpStream> {
        let mut index = 0;
        while let Some(attempt) = self.running.get_mut(index) {
            match attempt.as_mut().poll(cx) {
                Poll::Pending => index += 1,
                Poll::Ready(Ok(stream)) => return Some(stream),
                Poll::Ready(Err(error)) => {
                    self.failed.push(error);
                    drop(self.running.remove(index));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_from_the_first_one_on() {
        let order = |addresses: &[&str]| {
            let parsed = addresses.iter().map(|address| address.parse().unwrap()).collect();
            interleave(parsed).iter().map(|address: &SocketAddr| address.ip().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(order(&["[::1]:1", "[::2]:1", "1.1.1.1:1", "1.1.1.2:1"]), ["::1", "1.1.1.1", "::2", "1.1.1.2"]);
        assert_eq!(order(&["1.1.1.1:1", "[::1]:1", "[::2]:1"]), ["1.1.1.1", "::1", "::2"]);
        assert_eq!(order(&["1.1.1.1:1", "1.1.1.2:1"]), ["1.1.1.1", "1.1.1.2"]);
        assert_eq!(order(&[]), [""; 0]);
    }
}

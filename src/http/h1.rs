//! The HTTP/1.1 codec: bytes in, values out, no I/O, no clock, nothing of the runtime.
//!
//! Both readers are state machines with one method, `next`: it is shown every byte that was
//! received and not yet consumed, and answers with a [`Step`]: how many of those bytes are
//! finished with, and what they meant.
//!
//! ```text
//!                    1xx (limited)                    ┌─ length ──────┐
//!                     ┌──────┐                        │               │
//!   ResponseReader:   └─► Head ──── framing ────► Body┼─ chunked ─────┼─► Complete
//!                           │                         │               │
//!   RequestReader:        Head ──── framing ────► Body┴─ until close ─┘
//! ```
//!
//! | file | question it answers |
//! | --- | --- |
//! | `head.rs` | where does a head end, and what does it say? |
//! | `lines.rs` | what do its header lines say, without a map of them? |
//! | `framing.rs` | how long is the body that follows, and may the connection be used again? |
//! | `body.rs`, `chunked.rs` | which of these bytes are body, and is it complete? |
//! | `response.rs` | what a client reads: interim responses, head, body |
//! | `request.rs` | what a server reads: head, body |
//! | `upgrade.rs` | which other protocol do both sides want to speak here? |
//! | `encode.rs` | what either side writes |
//! | `error.rs` | everything that can be wrong with a peer's bytes |
//!
//! Three rules hold throughout: a result never depends on how the bytes were cut into reads; the
//! work is linear in the bytes received, also when they arrive one by one; and no input panics.
//!
//! ```
//! use glassloop::http::{Method, h1::{Limits, ResponseEvent, ResponseReader}};
//!
//! let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
//! let mut reader = ResponseReader::new(&Method::GET, Limits::default());
//! let mut at = 0;
//! let mut body = Vec::new();
//! loop {
//!     let step = reader.next(&bytes[at..])?;
//!     match step.event {
//!         ResponseEvent::Head(head) => assert_eq!(head.status, 200),
//!         ResponseEvent::Data(range) => body.extend_from_slice(&bytes[at..][range]),
//!         ResponseEvent::End => break,
//!         ResponseEvent::Interim(_) => {}
//!         ResponseEvent::NeedMore => unreachable!("everything is there"),
//!     }
//!     at += step.consumed;
//! }
//! assert_eq!(body, b"hello");
//! assert!(reader.can_reuse());
//! # Ok::<(), glassloop::http::h1::Error>(())
//! ```
//!
//! Public to read, to fuzz and to learn from; unstable to build on.

mod body;
mod chunked;
mod encode;
mod error;
mod framing;
mod head;
mod lines;
mod request;
mod response;
mod upgrade;

pub use body::{BodyDecoder, Piece};
pub use encode::{
    EncodeError, ReadyLine, encode_chunk, encode_last_chunk, encode_request_head, encode_response_head,
    encode_response_head_with,
};
pub use error::Error;
pub use framing::{Framing, keep_alive, request_framing, response_framing};
pub use head::{RequestHead, ResponseHead};
pub use lines::{HeaderLines, Headers};
pub use request::{RequestEvent, RequestReader};
pub use response::{ResponseEvent, ResponseReader};
pub use upgrade::Protocols;

/// How much a peer may send before a message is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest head (start line and header lines), in bytes; of the trailers of a chunked body too.
    pub head_bytes: usize,
    /// Most header lines in a head, and most trailer lines behind a chunked body.
    pub headers: usize,
    /// Most interim (1xx) responses in front of the final one.
    pub interim: usize,
    /// Most bytes of chunk extensions in one body, all chunks together.
    pub chunk_extension_bytes: usize,
}

impl Default for Limits {
    /// 64 KiB of head, 256 header lines, 16 interim responses, 16 KiB of chunk extensions.
    fn default() -> Limits {
        Limits { head_bytes: 64 * 1024, headers: 256, interim: 16, chunk_extension_bytes: 16 * 1024 }
    }
}

/// What a reader made of the bytes it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<E> {
    /// How many bytes, from the front, are finished with. Show the reader only what is behind them.
    pub consumed: usize,
    /// What was found; ranges in it are relative to the bytes shown, before anything is consumed.
    pub event: E,
}

//! What a request sends behind its head, and whether that can be sent once more.
//!
//! | a body | its length is known | can be sent again |
//! | --- | --- | --- |
//! | bytes in memory | yes | yes |
//! | a regular file | yes | yes, it is opened anew |
//! | a multipart form | if that of all its parts is | if all its parts can |
//! | a stream, a reader | if you say it | no |

use std::cell::Cell;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::rc::Rc;

use futures_core::Stream;
use futures_io::AsyncRead;

use super::h1::Framing;

mod file;
mod reader;
mod stream;

/// The parts of a body, one after the other, as the connection asks for them.
pub(super) type Parts = Pin<Box<dyn Stream<Item = io::Result<Vec<u8>>>>>;

/// The body of a request.
///
/// Bytes in memory become one by `into()`. A request is only repeated (by a redirect with status 307 or 308, or on a
/// fresh connection in place of a dead one) if its body can be sent again, whole.
///
/// ```
/// use glassloop::http::Body;
///
/// assert_eq!(Body::from("hello").length(), Some(5));
/// assert!(Body::from("hello").is_replayable());
/// let streamed = Body::reader(&b"hello"[..]);
/// assert_eq!((streamed.length(), streamed.is_replayable()), (None, false));
/// assert_eq!(streamed.with_length(5).length(), Some(5));
/// ```
pub struct Body {
    kind: Kind,
    length: Option<u64>,
}

#[derive(Clone)]
enum Kind {
    Empty,
    Bytes(Rc<Vec<u8>>),
    /// Made anew for each time that it is sent.
    Again(Rc<dyn Fn() -> Parts>),
    Once(Rc<Cell<Option<Parts>>>),
}

/// One sending of a body.
pub(super) enum Source {
    /// No bytes, or none that are not behind the head already.
    Nothing,
    /// All of it, in memory.
    Bytes(Rc<Vec<u8>>),
    /// It comes in parts; the framing says whether the length was known before.
    Parts { parts: Parts, framing: Framing },
}

impl Body {
    /// No body at all.
    pub fn empty() -> Body {
        Body { kind: Kind::Empty, length: Some(0) }
    }

    /// A body that comes in parts, from any stream of bytes (`Vec<u8>`, `String`, `bytes::Bytes`, …). It is sent in
    /// chunks, unless its length is given ([`with_length`](Body::with_length)), and as fast as the server takes it. The
    /// request fails when the stream does ([`Error::Body`](super::Error::Body)).
    pub fn stream<S, T, E>(stream: S) -> Body
    where
        S: Stream<Item = Result<T, E>> + 'static,
        T: Into<Vec<u8>>,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        Body::from_parts(stream::parts(stream), None)
    }

    /// A body that is read from a reader until its end, as the server takes it.
    pub fn reader(reader: impl AsyncRead + 'static) -> Body {
        Body::from_parts(reader::parts(reader), None)
    }

    /// A file. A regular one is sent with its length and can be sent again; what else a path may lead to (a pipe, a
    /// terminal) is sent in chunks, once. Reading it is the work of other threads, so it never holds up the loop.
    ///
    /// # Errors
    /// The file cannot be opened.
    ///
    /// # Cancel safety
    /// Cancel-safe: nothing was sent yet.
    pub async fn file(path: impl Into<PathBuf>) -> io::Result<Body> {
        let path = path.into();
        let (file, length) = file::open(path.clone()).await?;
        Ok(match length {
            Some(length) => Body::again(Some(length), move || file::parts(path.clone())),
            None => Body::from_parts(file::parts_of(file), None),
        })
    }

    /// This body, of which so many bytes are promised to the server. If there turn out to be more or fewer, the request
    /// fails. A body in memory keeps its true length.
    pub fn with_length(mut self, length: u64) -> Body {
        if !matches!(self.kind, Kind::Empty | Kind::Bytes(_)) {
            self.length = Some(length);
        }
        self
    }

    /// How many bytes it has, if that is known before they are sent.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Whether it can be sent more than once.
    pub fn is_replayable(&self) -> bool {
        !matches!(self.kind, Kind::Once(_))
    }

    /// A body that can be sent once.
    pub(super) fn from_parts(parts: Parts, length: Option<u64>) -> Body {
        Body { kind: Kind::Once(Rc::new(Cell::new(Some(parts)))), length }
    }

    /// A body whose parts can be made as often as needed.
    pub(super) fn again(length: Option<u64>, make: impl Fn() -> Parts + 'static) -> Body {
        Body { kind: Kind::Again(Rc::new(make)), length }
    }

    /// Another handle on the same body: what can be sent once only can be sent by one of them.
    pub(super) fn share(&self) -> Body {
        Body { kind: self.kind.clone(), length: self.length }
    }

    /// All its bytes, if they are in memory.
    pub(super) fn in_memory(&self) -> Option<&[u8]> {
        match &self.kind {
            Kind::Empty => Some(&[]),
            Kind::Bytes(bytes) => Some(bytes),
            Kind::Again(_) | Kind::Once(_) => None,
        }
    }

    /// The framing that this body needs.
    pub(super) fn framing(&self) -> Framing {
        self.length.map_or(Framing::Chunked, Framing::Length)
    }

    /// Begins to send it; `None` if it was sent before and cannot be sent again.
    pub(super) fn start(&self) -> Option<Source> {
        let parts = match &self.kind {
            Kind::Empty => return Some(Source::Nothing),
            Kind::Bytes(bytes) => return Some(Source::Bytes(Rc::clone(bytes))),
            Kind::Again(make) => make(),
            Kind::Once(parts) => parts.take()?,
        };
        Some(Source::Parts { parts, framing: self.framing() })
    }
}

impl Source {
    /// The same as parts.
    pub(super) fn into_parts(self) -> Parts {
        match self {
            Source::Nothing => stream::one(Rc::default()),
            Source::Bytes(bytes) => stream::one(bytes),
            Source::Parts { parts, .. } => parts,
        }
    }
}

impl Default for Body {
    fn default() -> Body {
        Body::empty()
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Body {
        let length = Some(bytes.len() as u64);
        Body { kind: Kind::Bytes(Rc::new(bytes)), length }
    }
}

impl From<String> for Body {
    fn from(text: String) -> Body {
        Body::from(text.into_bytes())
    }
}

impl From<&str> for Body {
    fn from(text: &str) -> Body {
        Body::from(text.as_bytes().to_vec())
    }
}

impl From<&[u8]> for Body {
    fn from(bytes: &[u8]) -> Body {
        Body::from(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Body {
    fn from(bytes: &[u8; N]) -> Body {
        Body::from(bytes.to_vec())
    }
}

/// Says how much there is, not what.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.length.map_or("unknown length".to_owned(), |length| format!("{length} bytes"));
        write!(f, "Body({length}{})", if self.is_replayable() { "" } else { ", once" })
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Nothing => f.write_str("Source(nothing)"),
            Source::Bytes(bytes) => write!(f, "Source({} bytes)", bytes.len()),
            Source::Parts { framing, .. } => write!(f, "Source({framing:?})"),
        }
    }
}

//! Content codings: what `Content-Encoding` says was done to a body is undone here, as a stream. No I/O.
//!
//! A few bytes can decode to very many. So each step writes into room that the caller limits, there are at most two
//! layers, counted over all header lines, and nothing here grows with what a server sends.
//!
//! ```text
//!   Content-Encoding: deflate, gzip          encoded last, so decoded first
//!
//!   bytes from the wire ─► gzip ─► middle (16 KiB) ─► deflate ─► the caller's room
//! ```
//!
//! | file | coding |
//! | --- | --- |
//! | `gzip.rs` | `gzip`, `x-gzip`: any number of members, checksums verified |
//! | `deflate.rs` | `deflate`: with the zlib wrapper, as it should be, or without, as some send it |
//! | `br.rs` | `br` |
//! | `zstandard.rs` | `zstd`: any number of frames, windows up to 8 MiB (RFC 9659) |
//!
//! Public to read, to fuzz and to learn from; unstable to build on.

use std::fmt;

use ::http::{HeaderMap, header};

#[cfg(feature = "compression")]
mod br;
#[cfg(feature = "compression")]
mod deflate;
#[cfg(feature = "compression")]
mod gzip;
#[cfg(feature = "compression")]
mod zstandard;

/// What is asked of a server in `Accept-Encoding`, if anything.
pub const ACCEPTED: Option<&str> = if cfg!(feature = "compression") { Some("gzip, deflate, br, zstd") } else { None };

/// The most codings that a body may be wrapped in.
pub const MAX_LAYERS: usize = 2;

/// The room between two layers.
const MIDDLE: usize = 16 * 1024;

/// How much may go from one layer to the other in one step: a few bytes can become very many there, and then nothing at
/// all, as padding does. Whoever asks for the steps can stop between two.
const MOST_PASSED: usize = 1024 * 1024;

/// What is wrong with an encoded body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A coding that is not known here (or not built in).
    #[error("unknown content encoding `{0}`")]
    Unknown(String),
    /// More codings than allowed.
    #[error("more than {limit} layer{s} of content encoding", s = if *limit == 1 { "" } else { "s" })]
    TooManyLayers {
        /// The limit.
        limit: usize,
    },
    /// The bytes are not what the coding's format allows, or a checksum is wrong.
    #[error("the {0} data is broken")]
    Broken(&'static str),
    /// The format's end was not reached.
    #[error("the {0} data is cut short")]
    CutShort(&'static str),
    /// There are bytes behind the format's end.
    #[error("there are bytes behind the end of the {0} data")]
    Garbage(&'static str),
}

/// What one step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many bytes of the input are finished with.
    pub read: usize,
    /// How many bytes of the room were filled.
    pub written: usize,
    /// How many bytes went from one layer to the next.
    pub passed: usize,
}

impl Progress {
    /// Whether nothing moved: such a step has to be given more input.
    pub fn is_idle(&self) -> bool {
        *self == Progress::default()
    }
}

/// One coding.
trait Coding {
    /// Its name, for errors.
    fn name(&self) -> &'static str;

    /// Takes of `input` and fills of `room` what it can; does nothing only if it needs more input.
    fn decode(&mut self, input: &[u8], room: &mut [u8]) -> Result<Progress, DecodeError>;

    /// Whether the input may end here.
    fn may_end(&self) -> bool;
}

/// Undoes the content codings of one body.
///
/// ```
/// # #[cfg(feature = "compression")] {
/// use glassloop::http::{HeaderMap, decode::ContentDecoder, header};
///
/// let mut headers = HeaderMap::new();
/// headers.insert(header::CONTENT_ENCODING, "deflate".parse().unwrap());
/// let mut decoder = ContentDecoder::new(&headers)?.expect("a coding is named");
/// let mut room = [0; 100];
/// let step = decoder.decode(b"\xcb\x48\xcd\xc9\xc9\x07\x00", &mut room)?;
/// assert_eq!(&room[..step.written], b"hello");
/// decoder.finish()?;
/// # }
/// # Ok::<(), glassloop::http::decode::DecodeError>(())
/// ```
pub struct ContentDecoder {
    outer: Box<dyn Coding>,
    /// The layer below, and what is between the two.
    inner: Option<(Middle, Box<dyn Coding>)>,
    /// Whether there was any input at all.
    begun: bool,
}

impl ContentDecoder {
    /// A decoder for a body with these headers, of at most [`MAX_LAYERS`] layers; `None` if it is not encoded.
    ///
    /// # Errors
    /// A coding is unknown, or there are too many.
    pub fn new(headers: &HeaderMap) -> Result<Option<ContentDecoder>, DecodeError> {
        ContentDecoder::with_layers(headers, MAX_LAYERS)
    }

    /// The same with a lower limit of layers.
    ///
    /// # Errors
    /// As [`new`](ContentDecoder::new).
    pub fn with_layers(headers: &HeaderMap, limit: usize) -> Result<Option<ContentDecoder>, DecodeError> {
        let limit = limit.min(MAX_LAYERS);
        if !headers.contains_key(header::CONTENT_ENCODING) {
            return Ok(None);
        }
        let mut codings = Vec::new();
        for name in names(headers) {
            codings.push(coding(name)?);
            if codings.len() > limit {
                return Err(DecodeError::TooManyLayers { limit });
            }
        }
        let Some(outer) = codings.pop() else { return Ok(None) };
        let inner = codings.pop().map(|inner| (Middle::default(), inner));
        Ok(Some(ContentDecoder { outer, inner, begun: false }))
    }

    /// Takes of `input` and fills of `room` what it can; is [idle](Progress::is_idle) only if it has taken all of the
    /// input and needs more (or has no room at all).
    ///
    /// The work is bounded: by the input, the room, and 1 MiB that goes from one layer to the other.
    ///
    /// # Errors
    /// The data is broken, or goes on behind its end.
    pub fn decode(&mut self, input: &[u8], room: &mut [u8]) -> Result<Progress, DecodeError> {
        self.begun |= !input.is_empty();
        let Some((middle, inner)) = &mut self.inner else { return step(&mut *self.outer, input, room) };
        let mut total = Progress::default();
        while total.written < room.len() && total.passed < MOST_PASSED {
            let read = middle.fill(|room| step(&mut *self.outer, &input[total.read..], room))?;
            let drained = middle.drain(|input| step(&mut **inner, input, &mut room[total.written..]))?;
            total.read += read;
            total.written += drained.written;
            total.passed += drained.read;
            // The inner layer may take what was left in the middle and give nothing for it: a checksum, an empty block.
            // Then there is room in the middle again, and the outer layer has its turn.
            if read == 0 && drained.is_idle() {
                break;
            }
        }
        Ok(total)
    }

    /// There is no more input, and [`decode`](ContentDecoder::decode) has given out all it had. A body of no bytes is
    /// an empty one.
    ///
    /// # Errors
    /// [`DecodeError::CutShort`].
    pub fn finish(&self) -> Result<(), DecodeError> {
        let layers = [Some(&self.outer), self.inner.as_ref().map(|(_, inner)| inner)];
        let cut = layers.into_iter().flatten().find(|layer| !layer.may_end());
        match cut.filter(|_| self.begun) {
            Some(layer) => Err(DecodeError::CutShort(layer.name())),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ContentDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner.as_ref().map(|(_, inner)| inner.name());
        write!(
            f,
            "ContentDecoder({}{}{})",
            inner.unwrap_or(""),
            if inner.is_some() { ", " } else { "" },
            self.outer.name()
        )
    }
}

/// What the outer layer has given out and the inner one has not taken yet.
struct Middle {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Default for Middle {
    fn default() -> Middle {
        Middle { bytes: vec![0; MIDDLE].into(), start: 0, end: 0 }
    }
}

impl Middle {
    /// How much was read to fill it; only when it is empty is there room for more.
    fn fill(&mut self, decode: impl FnOnce(&mut [u8]) -> Result<Progress, DecodeError>) -> Result<usize, DecodeError> {
        if self.start < self.end {
            return Ok(0);
        }
        let filled = decode(&mut self.bytes)?;
        (self.start, self.end) = (0, filled.written);
        Ok(filled.read)
    }

    /// What was done with it.
    fn drain(&mut self, decode: impl FnOnce(&[u8]) -> Result<Progress, DecodeError>) -> Result<Progress, DecodeError> {
        let drained = decode(&self.bytes[self.start..self.end])?;
        self.start += drained.read;
        Ok(drained)
    }
}

/// One step of one layer. One that has input and room and still does nothing would be asked for ever.
fn step(coding: &mut dyn Coding, input: &[u8], room: &mut [u8]) -> Result<Progress, DecodeError> {
    let progress = coding.decode(input, room)?;
    let is_stuck = progress.is_idle() && !input.is_empty() && !room.is_empty();
    if is_stuck { Err(DecodeError::Broken(coding.name())) } else { Ok(progress) }
}

/// The names of the codings in the order in which they were applied, over all lines.
fn names(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let lines = headers.get_all(header::CONTENT_ENCODING).into_iter();
    let names = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b',').map(<[u8]>::trim_ascii));
    names.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity"))
}

fn coding(name: &[u8]) -> Result<Box<dyn Coding>, DecodeError> {
    #[cfg(feature = "compression")]
    match &*name.to_ascii_lowercase() {
        b"gzip" | b"x-gzip" => return Ok(Box::new(gzip::Gzip::new())),
        b"deflate" => return Ok(Box::new(deflate::Deflate::new())),
        b"br" => return Ok(Box::new(br::Brotli::new())),
        b"zstd" => return Ok(Box::new(zstandard::Zstandard::new())),
        _ => {}
    }
    let shown = name.escape_ascii().take(100);
    Err(DecodeError::Unknown(shown.map(char::from).collect()))
}

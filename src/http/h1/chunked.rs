//! The chunked transfer coding (RFC 9112 §7.1), byte by byte for the framing, by slices for the data.
//!
//! ```text
//!   Size ─► (Blank | Extension)* ─► SizeLf ─┬─ size > 0 ─► Data ─► DataCr ─► DataLf ─┐
//!    ▲                                      └─ size = 0 ─► Trailers ─► Done          │
//!    └───────────────────────────────────────────────────────────────────────────────┘
//! ```

use std::ops::Range;

use ::http::HeaderMap;

use super::head::parse_trailers;
use super::{Error, Limits, Piece};

/// Sixteen digits are the largest `u64`.
const MAX_SIZE_DIGITS: u8 = 16;

/// Blanks behind one size: some servers write it into a field of fixed width.
const MAX_BLANKS: u8 = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the digits of a chunk size; how many were read.
    Size(u8),
    /// In blanks behind the size; how many were read.
    Blank(u8),
    /// In an extension, behind its `;`.
    Extension,
    /// Behind the CR of the size line.
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// Behind the last chunk; the length of the line being read, its end not counted.
    Trailers(usize),
    Done,
}

/// Takes the framing off a chunked body.
#[derive(Debug)]
pub(super) struct ChunkedDecoder {
    state: State,
    /// The size being read, then what is left of the chunk.
    remaining: u64,
    extension_bytes: usize,
    /// The raw trailer lines.
    trailer_bytes: Vec<u8>,
    trailers: HeaderMap,
    limits: Limits,
}

impl ChunkedDecoder {
    pub(super) fn new(limits: Limits) -> ChunkedDecoder {
        ChunkedDecoder {
            state: State::Size(0),
            remaining: 0,
            extension_bytes: 0,
            trailer_bytes: Vec::new(),
            trailers: HeaderMap::new(),
            limits,
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.state == State::Done
    }

    pub(super) fn trailers(&self) -> &HeaderMap {
        &self.trailers
    }

    /// Reads framing until there is a piece of data, the input is used up, or the body is complete.
    pub(super) fn decode(&mut self, input: &[u8]) -> Result<Piece, Error> {
        let mut at = 0;
        while at < input.len() && self.state != State::Done {
            if self.state == State::Data {
                let data = self.take_data(at, input.len());
                return Ok(Piece { consumed: data.end, data });
            }
            self.state = self.after(input[at])?;
            at += 1;
        }
        Ok(Piece { consumed: at, data: at..at })
    }

    fn take_data(&mut self, start: usize, end: usize) -> Range<usize> {
        let here = (end - start) as u64;
        let taken = self.remaining.min(here);
        self.remaining -= taken;
        if self.remaining == 0 {
            self.state = State::DataCr;
        }
        start..start + taken as usize
    }

    /// The state behind one byte of framing.
    fn after(&mut self, byte: u8) -> Result<State, Error> {
        match (self.state, byte) {
            (State::Size(digits), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => self.add_digit(digits, byte),
            (State::Size(0), _) => Err(Error::ChunkSize),
            (State::Size(_) | State::Blank(_) | State::Extension, b'\r') => Ok(State::SizeLf),
            (State::Size(_) | State::Blank(_), b';') => self.in_extension(),
            (State::Size(_), b' ' | b'\t') => Ok(State::Blank(1)),
            (State::Blank(count), b' ' | b'\t') if count < MAX_BLANKS => Ok(State::Blank(count + 1)),
            (State::Size(_) | State::Blank(_), _) => Err(Error::ChunkSize),
            (State::Extension, b'\t' | 0x20..=0x7e | 0x80..) => self.in_extension(),
            (State::Extension, _) => Err(Error::ChunkExtension),
            (State::SizeLf, b'\n') if self.remaining == 0 => Ok(State::Trailers(0)),
            (State::SizeLf, b'\n') => Ok(State::Data),
            (State::SizeLf, _) => Err(Error::LineEnd),
            (State::DataCr, b'\r') => Ok(State::DataLf),
            (State::DataLf, b'\n') => Ok(State::Size(0)),
            (State::DataCr | State::DataLf, _) => Err(Error::ChunkEnd),
            (State::Trailers(length), byte) => self.add_trailer_byte(length, byte),
            (State::Data | State::Done, _) => Ok(self.state), // `decode` never asks
        }
    }

    fn add_digit(&mut self, digits: u8, byte: u8) -> Result<State, Error> {
        if digits == MAX_SIZE_DIGITS {
            return Err(Error::ChunkSize);
        }
        let digit = char::from(byte).to_digit(16).ok_or(Error::ChunkSize)?;
        self.remaining = self.remaining << 4 | u64::from(digit);
        Ok(State::Size(digits + 1))
    }

    /// Counts a byte that is neither size nor data: they are free for the sender, so they are limited.
    fn in_extension(&mut self) -> Result<State, Error> {
        let limit = self.limits.chunk_extension_bytes;
        self.extension_bytes += 1;
        if self.extension_bytes > limit {
            return Err(Error::ChunkExtensionsTooLarge { limit });
        }
        Ok(State::Extension)
    }

    fn add_trailer_byte(&mut self, length: usize, byte: u8) -> Result<State, Error> {
        let limit = self.limits.head_bytes;
        if self.trailer_bytes.len() >= limit {
            return Err(Error::TrailersTooLarge { limit });
        }
        let after_cr = self.trailer_bytes.last() == Some(&b'\r');
        self.trailer_bytes.push(byte);
        match (byte, after_cr) {
            (b'\n', true) if length == 0 => {
                if self.trailer_bytes.len() > 2 {
                    self.trailers = parse_trailers(&self.trailer_bytes, self.limits.headers)?;
                    self.trailer_bytes = Vec::new();
                }
                Ok(State::Done)
            }
            (b'\n', true) => Ok(State::Trailers(0)),
            (b'\n', false) | (_, true) => Err(Error::Trailer),
            (b'\r', false) => Ok(State::Trailers(length)),
            (_, false) => Ok(State::Trailers(length + 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes in pieces of `step` bytes: the data, how much was consumed, and the decoder.
    fn decode(input: &[u8], step: usize) -> Result<(Vec<u8>, usize, ChunkedDecoder), Error> {
        let limits = Limits { head_bytes: 64, headers: 3, chunk_extension_bytes: 8, interim: 0 };
        let mut decoder = ChunkedDecoder::new(limits);
        let (mut data, mut at) = (Vec::new(), 0);
        while at < input.len() && !decoder.is_complete() {
            let window = &input[at..input.len().min(at + step)];
            let piece = decoder.decode(window)?;
            data.extend_from_slice(&window[piece.data]);
            at += piece.consumed;
        }
        Ok((data, at, decoder))
    }

    #[test]
    fn data_extensions_and_trailers_in_any_cut() {
        let input = b"2\r\nhe\r\n03 ;a\r\nllo\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\nGET /";
        for step in 1..=input.len() {
            let (data, consumed, decoder) = decode(input, step).unwrap();
            assert_eq!(data, b"hello0123456789");
            assert!(decoder.is_complete());
            assert_eq!(&input[consumed..], b"GET /", "the next message is not touched");
            assert_eq!(decoder.trailers()["x-sum"], "1");
        }
    }

    #[test]
    fn rule_13_no_byte_is_looked_at_twice_and_chunks_leave_nothing() {
        let input = format!("{}0\r\nX-Sum: 1\r\n\r\n", "1\r\nx\r\n".repeat(10_000));
        let mut decoder = ChunkedDecoder::new(Limits::default());
        for byte in input.bytes() {
            // What is finished with at once need not be shown again.
            assert_eq!(decoder.decode(&[byte]).unwrap().consumed, 1);
            let is_in_trailers = matches!(decoder.state, State::Trailers(_));
            assert!(is_in_trailers || decoder.trailer_bytes.capacity() == 0, "{:?}", decoder.state);
        }
        assert!(decoder.is_complete());
    }

    #[test]
    fn sizes_padded_with_blanks_are_no_extensions() {
        let input = format!("{}0\r\n\r\n", "A    \t\r\n0123456789\r\n".repeat(100));
        let (data, ..) = decode(input.as_bytes(), 7).unwrap();
        assert_eq!(data.len(), 1000);
        let endless = format!("A{}\r\n", " ".repeat(33));
        assert_eq!(decode(endless.as_bytes(), 7).unwrap_err(), Error::ChunkSize);
    }

    #[test]
    fn malformed_framing_is_refused() {
        for (input, error) in [
            (&b"zz\r\n"[..], Error::ChunkSize),
            (b"\r\n", Error::ChunkSize),
            (b"-1\r\n", Error::ChunkSize),
            (b"+1\r\n", Error::ChunkSize),
            (b"0x6\r\n", Error::ChunkSize),
            (b"6 6\r\n", Error::ChunkSize),
            (b"6\n", Error::ChunkSize),
            (b"FFFFFFFFFFFFFFFFF\r\n", Error::ChunkSize),
            (b"6;a\n", Error::ChunkExtension),
            (b"6;a\0\r\n", Error::ChunkExtension),
            (b"6\rX", Error::LineEnd),
            (b"3\r\nhello", Error::ChunkEnd),
            (b"3\r\nhel\rX", Error::ChunkEnd),
            (b"1;23456789\r\n", Error::ChunkExtensionsTooLarge { limit: 8 }),
            (b"0\r\nno colon\r\n\r\n", Error::Trailer),
            (b"0\r\nA: b\n", Error::Trailer),
            (b"0\r\n\n", Error::Trailer),
            (b"0\r\na:1\r\na:2\r\na:3\r\na:4\r\n\r\n", Error::TooManyHeaders { limit: 3 }),
        ] {
            for step in [1, input.len()] {
                assert_eq!(decode(input, step).unwrap_err(), error, "{input:?} by {step}");
            }
        }
    }

    #[test]
    fn trailers_without_end_are_refused() {
        let input = [b"0\r\n".to_vec(), b"A: b\r\n".repeat(100)].concat();
        let error = decode(&input, input.len()).unwrap_err();
        assert_eq!(error, Error::TrailersTooLarge { limit: 64 });
    }

    #[test]
    fn the_largest_size_does_not_overflow() {
        let (data, _, decoder) = decode(b"FFFFFFFFFFFFFFFF\r\nhello", 7).unwrap();
        assert_eq!(data, b"hello");
        assert_eq!(decoder.remaining, u64::MAX - 5);
    }
}

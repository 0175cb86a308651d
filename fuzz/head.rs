//! Whatever bytes a peer sends as a message: they mean the same however they are cut, and cost work in proportion.
//!
//! The first two bytes choose the reader and the cuts; the rest is what arrives.

#![no_main]

use libfuzzer_sys::fuzz_target;

use std::ops::Range;

use glassloop::http::Method;
use glassloop::http::h1::{Error, Limits, RequestEvent, RequestReader, ResponseEvent, ResponseReader, Step};

/// What a reader said, one thing after the other; heads as text, data together.
#[derive(Debug, PartialEq)]
struct Outcome {
    heads: Vec<String>,
    body: Vec<u8>,
    end: Result<usize, Error>,
}

enum Found {
    More,
    Head(String),
    Data(Range<usize>),
    End,
}

enum Reader {
    Request(RequestReader),
    Response(ResponseReader),
}

impl Reader {
    fn new(choice: u8) -> Reader {
        let limits = Limits { head_bytes: 4096, headers: 60, interim: 3, chunk_extension_bytes: 100 };
        match choice % 3 {
            0 => Reader::Request(RequestReader::new(limits)),
            1 => Reader::Response(ResponseReader::new(&Method::GET, limits)),
            _ => Reader::Response(ResponseReader::new(&Method::HEAD, limits)),
        }
    }

    fn next(&mut self, input: &[u8]) -> Result<Step<Found>, Error> {
        Ok(match self {
            Reader::Request(reader) => {
                let Step { consumed, event } = reader.next(input)?;
                let event = match event {
                    RequestEvent::NeedMore => Found::More,
                    RequestEvent::Head(head) => Found::Head(format!("{head:?}")),
                    RequestEvent::Data(range) => Found::Data(range),
                    RequestEvent::End => Found::End,
                };
                Step { consumed, event }
            }
            Reader::Response(reader) => {
                let Step { consumed, event } = reader.next(input)?;
                let event = match event {
                    ResponseEvent::NeedMore => Found::More,
                    ResponseEvent::Interim(head) | ResponseEvent::Head(head) => Found::Head(format!("{head:?}")),
                    ResponseEvent::Data(range) => Found::Data(range),
                    ResponseEvent::End => Found::End,
                };
                Step { consumed, event }
            }
        })
    }

    fn closed(&mut self, rest: &[u8]) -> Result<(), Error> {
        match self {
            Reader::Request(reader) => reader.closed(rest),
            Reader::Response(reader) => reader.closed(rest),
        }
    }
}

/// Reads one message that arrives in pieces of this size, then the peer closes.
fn read(choice: u8, bytes: &[u8], piece: usize) -> Outcome {
    let mut reader = Reader::new(choice);
    let (mut heads, mut body) = (Vec::new(), Vec::new());
    let (mut at, mut arrived, mut steps) = (0, 0, 0);
    let end = loop {
        steps += 1;
        assert!(steps <= 2 * bytes.len() + 10, "more steps than bytes");
        let input = &bytes[at..arrived];
        let step = match reader.next(input) {
            Ok(step) => step,
            Err(error) => break Err(error),
        };
        assert!(step.consumed <= input.len());
        let stuck = step.consumed == 0;
        at += step.consumed;
        match step.event {
            Found::Head(head) => heads.push(head),
            Found::Data(range) => {
                assert!(!range.is_empty() && range.end <= step.consumed);
                body.extend_from_slice(&input[range]);
            }
            Found::End => break Ok(at),
            Found::More if !stuck => {}
            Found::More if arrived < bytes.len() => arrived = bytes.len().min(arrived + piece),
            Found::More => break reader.closed(&bytes[at..]).map(|()| at),
        }
    };
    Outcome { heads, body, end }
}

fuzz_target!(|bytes: &[u8]| {
    let [choice, piece, bytes @ ..] = bytes else { return };
    let whole = read(*choice, bytes, bytes.len().max(1));
    assert_eq!(read(*choice, bytes, usize::from(*piece) + 1), whole, "in pieces of {}", usize::from(*piece) + 1);
    assert_eq!(read(*choice, bytes, 1), whole, "byte by byte");
});

//! The HTTP/1.1 codec: what a message means must not depend on how its bytes were cut.

use glassloop::http::Method;
use glassloop::http::h1::{Error, Limits, RequestEvent, RequestReader, ResponseEvent, ResponseReader, Step};
use proptest::prelude::*;

/// Everything that a reader said about one message.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// Interim heads, then the final one.
    heads: Vec<String>,
    body: Vec<u8>,
    trailers: Option<String>,
    /// Behind which byte the message ended, and whether the connection can go on; or the error.
    end: Result<(usize, bool), Error>,
}

/// One reader or the other, for the same checks.
enum Reader {
    Request(RequestReader),
    Response(ResponseReader),
}

/// A step of either reader.
enum Found {
    More,
    Head(String),
    Data(std::ops::Range<usize>),
    End,
}

impl Reader {
    fn next(&mut self, input: &[u8]) -> Result<Step<Found>, Error> {
        match self {
            Reader::Request(reader) => reader.next(input).map(|step| Step {
                consumed: step.consumed,
                event: match step.event {
                    RequestEvent::NeedMore => Found::More,
                    RequestEvent::Head(head) => Found::Head(format!("{head:?}")),
                    RequestEvent::Data(range) => Found::Data(range),
                    RequestEvent::End => Found::End,
                },
            }),
            Reader::Response(reader) => reader.next(input).map(|step| Step {
                consumed: step.consumed,
                event: match step.event {
                    ResponseEvent::NeedMore => Found::More,
                    ResponseEvent::Interim(head) | ResponseEvent::Head(head) => Found::Head(format!("{head:?}")),
                    ResponseEvent::Data(range) => Found::Data(range),
                    ResponseEvent::End => Found::End,
                },
            }),
        }
    }

    fn closed(&mut self, unconsumed: &[u8]) -> Result<(), Error> {
        match self {
            Reader::Request(reader) => reader.closed(unconsumed),
            Reader::Response(reader) => reader.closed(unconsumed),
        }
    }

    fn can_go_on(&self) -> bool {
        match self {
            Reader::Request(reader) => reader.keep_alive(),
            Reader::Response(reader) => reader.can_reuse(),
        }
    }

    fn trailers(&self) -> Option<String> {
        match self {
            Reader::Request(_) => None,
            Reader::Response(reader) => reader.trailers().map(|map| format!("{map:?}")),
        }
    }
}

/// Reads one message that arrives in pieces which end at `cuts`, then the peer closes.
fn read(mut reader: Reader, bytes: &[u8], cuts: &[usize]) -> Outcome {
    let (mut heads, mut body) = (Vec::new(), Vec::new());
    let mut at = 0;
    let mut arrivals = cuts.iter().copied().chain([bytes.len()]);
    let mut arrived = arrivals.next().unwrap();
    let end = loop {
        let input = &bytes[at..arrived];
        let step = match reader.next(input) {
            Ok(step) => step,
            Err(error) => break Err(error),
        };
        assert!(step.consumed <= input.len());
        let made_progress = step.consumed > 0;
        at += step.consumed;
        match step.event {
            Found::Head(head) => heads.push(head),
            Found::Data(range) => {
                assert!(!range.is_empty() && range.end <= step.consumed);
                body.extend_from_slice(&input[range]);
            }
            Found::End => break Ok((at, reader.can_go_on())),
            Found::More if made_progress => {}
            Found::More => match arrivals.next() {
                Some(next) => arrived = next,
                None => match reader.closed(&bytes[at..]) {
                    Ok(()) => break Ok((at, reader.can_go_on())),
                    Err(error) => break Err(error),
                },
            },
        }
    };
    if let Err(error) = &end {
        assert_eq!(reader.next(&bytes[at..]).err().as_ref(), Some(error), "an error stays");
    }
    Outcome { heads, body, trailers: reader.trailers(), end }
}

fn small_limits() -> Limits {
    Limits { head_bytes: 200, headers: 6, interim: 2, chunk_extension_bytes: 20 }
}

fn response(method: &Method) -> Reader {
    Reader::Response(ResponseReader::new(method, small_limits()))
}

fn request() -> Reader {
    Reader::Request(RequestReader::new(small_limits()))
}

const RESPONSES: &[&str] = &[
    "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\nHTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nhe\r\n4 \r\nllo\n\r\n0\r\nX-T: 1\r\n\r\nmore",
    "HTTP/1.1 200 OK\nX-A: caf\u{e9}\nX-B:\n\nuntil the end",
    "\r\n\nHTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
    "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\nETag: \"a\"\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nA: 1\r\nA: 2\r\nA: 3\r\nA: 4\r\nA: 5\r\nA: 6\r\nA: 7\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nX-B: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nContent-Length: 0\r\n\r\n",
    "SSH-2.0-OpenSSH_9.2p1\r\n",
];

const REQUESTS: &[&str] = &[
    "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\n\r\nPOST /x?y=z HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET http://a/b HTTP/1.0\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET /caf\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

/// A message of the list, some of its bytes changed, and some places to cut it at.
fn mutated(list: &'static [&'static str]) -> impl Strategy<Value = (Vec<u8>, Vec<usize>)> {
    let byte = prop_oneof![any::<u8>(), proptest::sample::select(&b"\r\n: ;,0129afAF\tx\0\"HTP/"[..]),];
    let changes = proptest::collection::vec((any::<proptest::sample::Index>(), 0..3, byte), 0..4);
    let cuts = proptest::collection::vec(any::<proptest::sample::Index>(), 0..8);
    (proptest::sample::select(list), changes, cuts).prop_map(|(text, changes, cuts)| {
        let mut bytes = text.as_bytes().to_vec();
        for (place, kind, byte) in changes {
            let at = place.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => {}
            }
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        (bytes, cuts)
    })
}

fn check(reader: impl Fn() -> Reader, bytes: &[u8], cuts: &[usize]) {
    let whole = read(reader(), bytes, &[]);
    assert_eq!(read(reader(), bytes, cuts), whole, "cut at {cuts:?}");
    let every: Vec<usize> = (0..bytes.len()).collect();
    assert_eq!(read(reader(), bytes, &every), whole, "byte by byte");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn responses_mean_the_same_however_they_are_cut((bytes, cuts) in mutated(RESPONSES), head: bool) {
        let method = if head { Method::HEAD } else { Method::GET };
        check(|| response(&method), &bytes, &cuts);
    }

    #[test]
    fn requests_mean_the_same_however_they_are_cut((bytes, cuts) in mutated(REQUESTS)) {
        check(request, &bytes, &cuts);
    }

    #[test]
    fn random_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        check(|| response(&Method::GET), &bytes, &[]);
        check(request, &bytes, &[]);
    }

    #[test]
    fn random_chunked_bodies_do_not_panic(bytes in "[0-9a-fA-F;x\r\n :]{0,60}") {
        let message = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{bytes}");
        check(|| response(&Method::GET), message.as_bytes(), &[]);
    }
}

#[test]
fn the_listed_messages_are_what_they_seem() {
    let end = |text: &str| read(response(&Method::GET), text.as_bytes(), &[]).end;
    let complete: Vec<_> = RESPONSES.iter().map(|text| end(text)).collect();
    assert_eq!(complete[0], Ok((44, true)), "what is behind it belongs to nobody");
    assert_eq!(complete[1], Ok((RESPONSES[1].len() - 4, true)));
    assert_eq!(complete[2], Ok((RESPONSES[2].len(), false)));
    assert_eq!(complete[3], Ok((RESPONSES[3].len(), true)));
    assert_eq!(complete[4], Ok((RESPONSES[4].len(), true)));
    assert_eq!(complete[5], Err(Error::TooManyInterim { limit: 2 }));
    assert_eq!(complete[8], Err(Error::TooManyHeaders { limit: 6 }));
    assert_eq!(complete[9], Err(Error::HeadTooLarge { limit: 200 }));
    assert_eq!(complete[10], Err(Error::Version));

    let end = |text: &str| read(request(), text.as_bytes(), &[]).end;
    let complete: Vec<_> = REQUESTS.iter().map(|text| end(text)).collect();
    assert_eq!(complete[0], Ok((27, true)));
    assert_eq!(complete[1], Ok((REQUESTS[1].len(), false)));
    assert_eq!(complete[2], Ok((REQUESTS[2].len() - 3, true)));
    assert_eq!(complete[3], Err(Error::AmbiguousFraming));
    assert_eq!(complete[4], Ok((REQUESTS[4].len(), false)));
    assert_eq!(complete[5], Err(Error::Host));
    assert_eq!(complete[7], Err(Error::Version));
}

#[test]
fn a_head_of_exactly_the_limit_passes() {
    let head = "HTTP/1.1 204 No\r\nX-A: abc\r\n\r\n";
    for (limit, passes) in [(head.len(), true), (head.len() - 1, false)] {
        let limits = Limits { head_bytes: limit, ..Limits::default() };
        let outcome = read(Reader::Response(ResponseReader::new(&Method::GET, limits)), head.as_bytes(), &[]);
        assert_eq!(outcome.end.is_ok(), passes, "{limit}");
    }
}

//! What either side writes.
//!
//! The types of the `http` crate already keep control bytes out of methods, names and values. What
//! reaches the wire is checked here once more, as this is the only place where a stray line end
//! would turn one message into two.

use std::fmt;

use ::http::{HeaderMap, Method, StatusCode, header};

use super::{Framing, Headers};

/// Something in a head must not be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The method is no token.
    #[error("forbidden byte in the method")]
    Method,
    /// The request target is empty or holds a blank, a control byte or a byte beyond ASCII.
    #[error("forbidden byte in the request target")]
    Target,
    /// The value of this header holds a control byte.
    #[error("forbidden byte in the value of the header `{0}`")]
    Value(header::HeaderName),
}

/// A header line that was checked and written once, for all heads that it will be part of.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ReadyLine {
    name: header::HeaderName,
    line: Vec<u8>,
}

impl ReadyLine {
    /// A line with this name and this value.
    ///
    /// # Errors
    /// [`EncodeError::Value`].
    pub fn new(name: header::HeaderName, value: &[u8]) -> Result<ReadyLine, EncodeError> {
        let mut line = Vec::new();
        put_line(&mut line, &name, value)?;
        Ok(ReadyLine { name, line })
    }
}

/// Without the value, which may be a secret.
impl fmt::Debug for ReadyLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReadyLine({})", self.name)
    }
}

/// Appends the head of an HTTP/1.1 request: `Host` first, and at the end of `defaults` those that `headers` has nothing
/// of. (A `Host` among `headers` wins over `host`.)
///
/// The framing is this codec's own: `Content-Length` and `Transfer-Encoding` among `headers` are left out, and what
/// `framing` says is written instead ([`Framing::Empty`] and [`Framing::UntilClose`] write neither).
///
/// # Errors
/// A forbidden byte; `out` is then as it was.
pub fn encode_request_head<'d>(
    out: &mut Vec<u8>,
    method: &Method,
    target: &str,
    host: &ReadyLine,
    headers: &HeaderMap,
    defaults: impl IntoIterator<Item = &'d ReadyLine>,
    framing: Framing,
) -> Result<(), EncodeError> {
    if !method.as_str().bytes().all(is_token_byte) {
        return Err(EncodeError::Method);
    }
    if target.is_empty() || !target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(EncodeError::Target);
    }
    undo_on_error(out, |out| {
        for part in [method.as_str(), " ", target, " HTTP/1.1\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        match headers.get(header::HOST) {
            Some(host) => put_line(out, &header::HOST, host)?,
            None => out.extend_from_slice(&host.line),
        }
        put_headers(out, headers, |name| *name == header::HOST)?;
        for ReadyLine { name, line } in defaults {
            if !headers.has(name) {
                out.extend_from_slice(line);
            }
        }
        put_framing(out, framing);
        Ok(())
    })
}

/// RFC 9110 §5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Appends the head of a response; its status line always says HTTP/1.1, the version of the sender.
///
/// As with requests, the framing is the codec's own, with one exception: with [`Framing::Empty`] a
/// `Content-Length` among `headers` is kept, for it is that of another response (HEAD, 304).
///
/// # Errors
/// A forbidden byte; `out` is then as it was.
pub fn encode_response_head(
    out: &mut Vec<u8>,
    status: StatusCode,
    headers: &HeaderMap,
    framing: Framing,
) -> Result<(), EncodeError> {
    encode_response_head_with(out, status, headers, [], framing)
}

/// As [`encode_response_head`], with lines that are added where `headers` has none of that name.
///
/// # Errors
/// A forbidden byte; `out` is then as it was.
pub fn encode_response_head_with<'d>(
    out: &mut Vec<u8>,
    status: StatusCode,
    headers: &HeaderMap,
    defaults: impl IntoIterator<Item = (&'d header::HeaderName, &'d header::HeaderValue)>,
    framing: Framing,
) -> Result<(), EncodeError> {
    undo_on_error(out, |out| {
        let reason = status.canonical_reason().unwrap_or("");
        for part in ["HTTP/1.1 ", status.as_str(), " ", reason, "\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        put_headers(out, headers, |_| false)?;
        for (name, value) in defaults {
            if !headers.contains_key(name) {
                put_line(out, name, value)?;
            }
        }
        if framing == Framing::Empty
            && let Some(length) = headers.get(header::CONTENT_LENGTH)
        {
            put_line(out, &header::CONTENT_LENGTH, length)?;
        }
        put_framing(out, framing);
        Ok(())
    })
}

/// Appends one chunk. Nothing is written for no data, as an empty chunk would end the body.
pub fn encode_chunk(out: &mut Vec<u8>, data: &[u8]) {
    if !data.is_empty() {
        put_number::<16>(out, data.len() as u64);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(data);
        out.extend_from_slice(b"\r\n");
    }
}

/// Appends the end of a chunked body.
pub fn encode_last_chunk(out: &mut Vec<u8>) {
    out.extend_from_slice(b"0\r\n\r\n");
}

fn undo_on_error(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let before = out.len();
    write(out).inspect_err(|_| out.truncate(before))
}

fn put_headers(
    out: &mut Vec<u8>,
    headers: &HeaderMap,
    skip: impl Fn(&header::HeaderName) -> bool,
) -> Result<(), EncodeError> {
    for (name, value) in headers {
        let is_framing = name == header::CONTENT_LENGTH || name == header::TRANSFER_ENCODING;
        if !is_framing && !skip(name) {
            put_line(out, name, value)?;
        }
    }
    Ok(())
}

fn put_line(out: &mut Vec<u8>, name: &header::HeaderName, value: impl AsRef<[u8]>) -> Result<(), EncodeError> {
    let value = value.as_ref();
    // All bytes are looked at, also behind a bad one: the compiler then takes sixteen at a time.
    let is_bad = |byte: &u8| byte.is_ascii_control() & (*byte != b'\t');
    if value.iter().fold(false, |found, byte| found | is_bad(byte)) {
        return Err(EncodeError::Value(name.clone()));
    }
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// In small digits, without the machinery of `fmt`, which would cost as much as all the rest of a head.
fn put_number<const BASE: u64>(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; u64::MAX.ilog10() as usize + 1];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b"0123456789abcdef"[(number % BASE) as usize];
        number /= BASE;
        if number == 0 {
            return out.extend_from_slice(&digits[first..]);
        }
    }
}

/// Writes the framing header, if any, and the blank line.
fn put_framing(out: &mut Vec<u8>, framing: Framing) {
    match framing {
        Framing::Empty | Framing::UntilClose => {}
        Framing::Length(length) => {
            out.extend_from_slice(b"content-length: ");
            put_number::<10>(out, length);
            out.extend_from_slice(b"\r\n");
        }
        Framing::Chunked => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    #[test]
    fn a_request_has_host_first_and_one_framing() {
        let map = headers(&[
            ("accept", "*/*"),
            ("content-length", "999"),
            ("transfer-encoding", "chunked"),
            ("host", "a.test"),
        ]);
        let mut out = Vec::new();
        let line = |name, value: &str| ReadyLine::new(name, value.as_bytes()).unwrap();
        encode_request_head(
            &mut out,
            &Method::POST,
            "/x?y",
            &line(header::HOST, "other.test"),
            &map,
            &[line(header::ACCEPT, "none"), line(header::TE, "x")],
            Framing::Length(5),
        )
        .unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "POST /x?y HTTP/1.1\r\nhost: a.test\r\naccept: */*\r\nte: x\r\ncontent-length: 5\r\n\r\n"
        );
    }

    #[test]
    fn rule_01_a_ready_line_is_one_line() {
        for value in ["a\r\nb: c", "\n", "\0", "\u{7f}"] {
            let line = ReadyLine::new(header::ACCEPT, value.as_bytes());
            assert_eq!(line.unwrap_err(), EncodeError::Value(header::ACCEPT), "{value:?}");
        }
    }

    #[test]
    fn a_target_cannot_smuggle_a_line() {
        for target in ["", "/a b", "/a\r\nX: y", "/\0", "/caf\u{e9}", "/\u{7f}"] {
            let mut out = b"before".to_vec();
            let map = HeaderMap::new();
            let host = ReadyLine::new(header::HOST, b"h").unwrap();
            let result = encode_request_head(&mut out, &Method::GET, target, &host, &map, [], Framing::Empty);
            assert_eq!(result, Err(EncodeError::Target), "{target:?}");
            assert_eq!(out, b"before");
        }
    }

    #[test]
    fn a_response_to_head_keeps_the_length_of_the_other() {
        let map = headers(&[("content-length", "100")]);
        let mut out = Vec::new();
        encode_response_head(&mut out, StatusCode::OK, &map, Framing::Empty).unwrap();
        assert_eq!(out, b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n");
    }

    #[test]
    fn an_empty_chunk_does_not_end_the_body() {
        let mut out = Vec::new();
        encode_chunk(&mut out, b"hello, world!!");
        encode_chunk(&mut out, b"");
        encode_last_chunk(&mut out);
        assert_eq!(out, b"e\r\nhello, world!!\r\n0\r\n\r\n");
    }
}

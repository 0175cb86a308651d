//! How long a body is, and whether the connection may carry another message behind it.
//!
//! RFC 9112 §6.3, in its order. The length depends on the method and the status too, so nobody can
//! decode a response without knowing what was asked.

use ::http::{HeaderName, Method, StatusCode, Version, header};

use super::{Error, Headers};

/// How the end of a body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    Empty,
    /// Exactly so many bytes.
    Length(u64),
    /// Chunks, ended by one of size zero.
    Chunked,
    /// Everything until the peer closes (responses only).
    UntilClose,
}

/// The framing of a response to a request with this method, and whether the connection may be used
/// again behind it.
///
/// # Errors
/// A `Content-Length` that is not one plain number, or a `Transfer-Encoding` other than `chunked`.
pub fn response_framing(
    method: &Method,
    status: StatusCode,
    version: Version,
    headers: &impl Headers,
) -> Result<(Framing, bool), Error> {
    let reusable = keep_alive(version, headers);
    let has_coding = headers.has(&header::TRANSFER_ENCODING);

    if method == Method::CONNECT && status.is_success() {
        return Ok((Framing::Empty, false)); // what follows is a tunnel
    }
    if method == Method::HEAD || status == StatusCode::NOT_MODIFIED {
        return Ok((Framing::Empty, reusable)); // a length here is that of another response
    }
    if status == StatusCode::NO_CONTENT || status.is_informational() {
        // A server that announces a body here is likely to send it too.
        let claims_body = has_coding || content_length(headers) != Ok(None);
        return Ok((Framing::Empty, reusable && !claims_body));
    }
    if has_coding {
        only_chunked(headers)?;
        // Chunked wins over a length, but a peer that sent both, or that calls itself HTTP/1.0,
        // has proved that it frames badly: nothing behind this body is to be believed.
        let sound = version != Version::HTTP_10 && !headers.has(&header::CONTENT_LENGTH);
        return Ok((Framing::Chunked, reusable && sound));
    }
    match content_length(headers)? {
        Some(length) => Ok((Framing::Length(length), reusable)),
        None => Ok((Framing::UntilClose, false)),
    }
}

/// The framing of a request. Stricter than a response's: what is ambiguous is refused, since it may
/// be an attempt to hide one request inside another.
///
/// # Errors
/// As [`response_framing`], and when both headers are there or an HTTP/1.0 request is chunked.
pub fn request_framing(version: Version, headers: &impl Headers) -> Result<Framing, Error> {
    if headers.has(&header::TRANSFER_ENCODING) {
        if version == Version::HTTP_10 || headers.has(&header::CONTENT_LENGTH) {
            return Err(Error::AmbiguousFraming);
        }
        only_chunked(headers)?;
        return Ok(Framing::Chunked);
    }
    Ok(match content_length(headers)? {
        None | Some(0) => Framing::Empty,
        Some(length) => Framing::Length(length),
    })
}

/// Whether the sender of this head is ready for another message on the same connection:
/// HTTP/1.1 unless it says `close`, HTTP/1.0 only if it says `keep-alive`.
pub fn keep_alive(version: Version, headers: &impl Headers) -> bool {
    if !headers.has(&header::CONNECTION) {
        return version != Version::HTTP_10;
    }
    let says = |word| tokens(headers, &header::CONNECTION).any(|t| t.eq_ignore_ascii_case(word));
    !says(b"close") && (version != Version::HTTP_10 || says(b"keep-alive"))
}

/// The elements of a comma-separated header, over all its lines, without blanks around them.
pub(super) fn tokens<'a>(headers: &'a impl Headers, name: &'a HeaderName) -> impl Iterator<Item = &'a [u8]> {
    headers.values_of(name).flat_map(elements)
}

/// The elements of one line.
fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&b| b == b',').map(<[u8]>::trim_ascii)
}

fn only_chunked(headers: &impl Headers) -> Result<(), Error> {
    let mut codings = tokens(headers, &header::TRANSFER_ENCODING);
    match (codings.next(), codings.next()) {
        (Some(only), None) if only.eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(Error::TransferEncoding),
    }
}

/// The declared length. Repeated lines or elements are accepted if all say the same.
fn content_length(headers: &impl Headers) -> Result<Option<u64>, Error> {
    let mut length = None;
    for line in headers.values_of(&header::CONTENT_LENGTH) {
        for element in elements(line) {
            let value = decimal(element).ok_or(Error::ContentLength)?;
            if length.is_some_and(|known| known != value) {
                return Err(Error::ContentLength);
            }
            length = Some(value);
        }
    }
    Ok(length)
}

/// Digits only: `str::parse` would take a `+` as well.
fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use ::http::HeaderMap;

    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    fn of(method: Method, status: u16, lines: &[(&'static str, &'static str)]) -> (Framing, bool) {
        let status = StatusCode::from_u16(status).unwrap();
        response_framing(&method, status, Version::HTTP_11, &headers(lines)).unwrap()
    }

    #[test]
    fn pitfall_54_framing_takes_the_method_and_the_status() {
        let length = [("content-length", "9")];
        assert_eq!(of(Method::GET, 200, &length), (Framing::Length(9), true));
        assert_eq!(of(Method::HEAD, 200, &length), (Framing::Empty, true));
        assert_eq!(of(Method::GET, 304, &length), (Framing::Empty, true));
        assert_eq!(of(Method::GET, 204, &length), (Framing::Empty, false));
        assert_eq!(of(Method::GET, 204, &[]), (Framing::Empty, true));
        assert_eq!(of(Method::GET, 103, &[]), (Framing::Empty, true));
        assert_eq!(of(Method::CONNECT, 200, &length), (Framing::Empty, false));
        assert_eq!(of(Method::CONNECT, 407, &length), (Framing::Length(9), true));
        assert_eq!(of(Method::GET, 200, &[]), (Framing::UntilClose, false));
    }

    #[test]
    fn pitfall_54_chunked_wins_over_a_length_and_kills_reuse() {
        let chunked = [("transfer-encoding", "Chunked")];
        assert_eq!(of(Method::GET, 200, &chunked), (Framing::Chunked, true));
        let both = [("transfer-encoding", "chunked"), ("content-length", "x")];
        assert_eq!(of(Method::GET, 200, &both), (Framing::Chunked, false));
        let map = headers(&chunked);
        let old = response_framing(&Method::GET, StatusCode::OK, Version::HTTP_10, &map);
        assert_eq!(old, Ok((Framing::Chunked, false)));
    }

    #[test]
    fn a_request_with_two_framings_is_refused() {
        let both = headers(&[("transfer-encoding", "chunked"), ("content-length", "3")]);
        assert_eq!(request_framing(Version::HTTP_11, &both), Err(Error::AmbiguousFraming));
        let chunked = headers(&[("transfer-encoding", "chunked")]);
        assert_eq!(request_framing(Version::HTTP_11, &chunked), Ok(Framing::Chunked));
        assert_eq!(request_framing(Version::HTTP_10, &chunked), Err(Error::AmbiguousFraming));
    }

    #[test]
    fn other_transfer_codings_are_refused() {
        for value in ["gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "", "xchunked"] {
            let map = headers(&[("transfer-encoding", value)]);
            let framing = response_framing(&Method::GET, StatusCode::OK, Version::HTTP_11, &map);
            assert_eq!(framing, Err(Error::TransferEncoding), "{value:?}");
        }
    }

    #[test]
    fn lengths_are_plain_numbers_that_agree() {
        for (lines, expected) in [
            (&["6"][..], Ok(Some(6))),
            (&["6", "6"], Ok(Some(6))),
            (&["6, 6"], Ok(Some(6))),
            (&["18446744073709551615"], Ok(Some(u64::MAX))),
            (&["18446744073709551616"], Err(Error::ContentLength)),
            (&["6", "7"], Err(Error::ContentLength)),
            (&["6, 7"], Err(Error::ContentLength)),
            (&["+6"], Err(Error::ContentLength)),
            (&["-1"], Err(Error::ContentLength)),
            (&["0x6"], Err(Error::ContentLength)),
            (&["6abc"], Err(Error::ContentLength)),
            (&["6 6"], Err(Error::ContentLength)),
            (&[""], Err(Error::ContentLength)),
            (&[], Ok(None)),
        ] {
            let mut map = HeaderMap::new();
            for value in lines {
                map.append("content-length", value.parse().unwrap());
            }
            assert_eq!(content_length(&map), expected, "{lines:?}");
        }
    }

    #[test]
    fn keep_alive_follows_version_and_tokens() {
        let connection = |value| headers(&[("connection", value)]);
        assert!(keep_alive(Version::HTTP_11, &HeaderMap::new()));
        assert!(!keep_alive(Version::HTTP_10, &HeaderMap::new()));
        assert!(keep_alive(Version::HTTP_10, &connection("Keep-Alive")));
        assert!(!keep_alive(Version::HTTP_11, &connection("foo, Close")));
        assert!(!keep_alive(Version::HTTP_10, &connection("keep-alive, close")));
    }
}

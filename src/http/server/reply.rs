//! What a handler answers.

use ::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use ::http::{Method, StatusCode, Version};
use serde::Serialize;

use crate::http::h1::{EncodeError, Framing, encode_chunk, encode_last_chunk, encode_response_head};

/// A response as a handler gives it: from a text, bytes, a status alone, or a whole
/// [`http::Response`](::http::Response), and changed from there.
#[derive(Debug, Clone)]
pub struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    chunk_bytes: Option<usize>,
}

impl Reply {
    /// A status with a body.
    pub fn new(status: StatusCode, body: impl Into<Vec<u8>>) -> Reply {
        Reply { status, headers: HeaderMap::new(), body: body.into(), chunk_bytes: None }
    }

    /// This value as JSON; a 500 if it cannot be written as such.
    pub fn json(value: &(impl Serialize + ?Sized)) -> Reply {
        match serde_json::to_vec(value) {
            Ok(body) => Reply::typed("application/json", body),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into(),
        }
    }

    fn typed(content_type: &'static str, body: Vec<u8>) -> Reply {
        let mut reply = Reply::new(StatusCode::OK, body);
        reply.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        reply
    }

    /// The same with another status.
    pub fn with_status(mut self, status: StatusCode) -> Reply {
        self.status = status;
        self
    }

    /// The same with one more header line. `Connection: close` closes the connection after it;
    /// `Content-Length` and `Transfer-Encoding` are the server's business and ignored, except a
    /// length in an answer without body (to HEAD, or a 304), where it is that of another response.
    ///
    /// # Panics
    /// If the name is no header name: it is written in the program, not read from somewhere.
    pub fn with_header(mut self, name: &'static str, value: HeaderValue) -> Reply {
        let name = name.parse::<HeaderName>().expect("a valid header name");
        self.headers.append(name, value);
        self
    }

    /// The same, but sent in chunks of so many bytes (to clients that know chunks) and without
    /// its length.
    pub fn chunked(mut self, bytes: usize) -> Reply {
        self.chunk_bytes = Some(bytes.max(1));
        self
    }

    /// Whether the handler wants the connection closed.
    pub(super) fn closes(&self) -> bool {
        !crate::http::h1::keep_alive(Version::HTTP_11, &self.headers)
    }

    /// Adds a header unless the handler has set it.
    pub(super) fn default_header(&mut self, name: HeaderName, value: HeaderValue) {
        if !self.headers.contains_key(&name) {
            self.headers.insert(name, value);
        }
    }

    /// Appends the response to a request with this method and version.
    pub(super) fn encode(mut self, out: &mut Vec<u8>, method: &Method, version: Version) -> Result<(), EncodeError> {
        let length = self.body.len() as u64;
        let chunk_bytes = self.chunk_bytes.filter(|_| version != Version::HTTP_10);
        let never_has_body = self.status == StatusCode::NO_CONTENT || self.status.is_informational();
        if never_has_body {
            self.headers.remove(header::CONTENT_LENGTH);
            return encode_response_head(out, self.status, &self.headers, Framing::Empty);
        }
        if method == Method::HEAD || self.status == StatusCode::NOT_MODIFIED {
            if chunk_bytes.is_none() && method == Method::HEAD {
                self.default_header(header::CONTENT_LENGTH, HeaderValue::from(length));
            }
            return encode_response_head(out, self.status, &self.headers, Framing::Empty);
        }
        let Some(chunk_bytes) = chunk_bytes else {
            encode_response_head(out, self.status, &self.headers, Framing::Length(length))?;
            out.extend_from_slice(&self.body);
            return Ok(());
        };
        encode_response_head(out, self.status, &self.headers, Framing::Chunked)?;
        for chunk in self.body.chunks(chunk_bytes) {
            encode_chunk(out, chunk);
        }
        encode_last_chunk(out);
        Ok(())
    }
}

impl From<&str> for Reply {
    fn from(text: &str) -> Reply {
        Reply::from(text.to_owned())
    }
}

impl From<String> for Reply {
    fn from(text: String) -> Reply {
        Reply::typed("text/plain; charset=utf-8", text.into_bytes())
    }
}

impl From<Vec<u8>> for Reply {
    fn from(bytes: Vec<u8>) -> Reply {
        Reply::typed("application/octet-stream", bytes)
    }
}

/// The status with its reason as the body.
impl From<StatusCode> for Reply {
    fn from(status: StatusCode) -> Reply {
        Reply::from(status.canonical_reason().unwrap_or("")).with_status(status)
    }
}

impl From<::http::Response<Vec<u8>>> for Reply {
    fn from(response: ::http::Response<Vec<u8>>) -> Reply {
        let (parts, body) = response.into_parts();
        Reply { status: parts.status, headers: parts.headers, body, chunk_bytes: None }
    }
}

//! `multipart/form-data` (RFC 7578): fields and files in one body, streamed part by part.

use std::collections::VecDeque;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use ::http::HeaderValue;
use futures_core::Stream;

use super::Body;
use super::body::Parts;

/// A form of fields and files ([`RequestBuilder::multipart`](super::RequestBuilder::multipart)); aiohttp's `FormData`.
///
/// The length is sent if that of each part is known, and the form can be sent again if each part can.
///
/// ```
/// # glassloop::run(async {
/// use glassloop::http::multipart::{Form, Part};
///
/// let notes = Part::new("some text").file_name("notes.txt").content_type("text/plain");
/// let form = Form::new().text("title", "Notes").part("file", notes).file("manifest", "Cargo.toml").await?;
/// assert!(form.boundary().len() >= 32);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Form {
    boundary: String,
    parts: Vec<(String, Part)>,
}

/// One part of a [`Form`].
#[derive(Debug)]
pub struct Part {
    body: Body,
    file_name: Option<String>,
    content_type: Option<String>,
}

impl Form {
    /// A form without parts, and with a boundary that no part can know.
    pub fn new() -> Form {
        Form { boundary: random_boundary(), parts: Vec::new() }
    }

    /// Adds a field.
    pub fn text(self, name: impl Into<String>, value: impl Into<String>) -> Form {
        self.part(name, Part::new(value.into()))
    }

    /// Adds a file, under its own name (without its folders), as `application/octet-stream`.
    ///
    /// # Errors
    /// The file cannot be opened.
    ///
    /// # Cancel safety
    /// The form is dropped with the future; nothing was sent.
    pub async fn file(self, name: impl Into<String>, path: impl AsRef<Path>) -> io::Result<Form> {
        let path = path.as_ref();
        let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let body = Body::file(path).await?;
        let part = Part::new(body).file_name(file_name).content_type("application/octet-stream");
        Ok(self.part(name, part))
    }

    /// Adds a part.
    pub fn part(mut self, name: impl Into<String>, part: Part) -> Form {
        self.parts.push((name.into(), part));
        self
    }

    /// What separates the parts: random, so that no part can hold it but by chance of 1 in 2^128.
    pub fn boundary(&self) -> &str {
        &self.boundary
    }

    pub(super) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// The whole as one body.
    ///
    /// # Errors
    /// The text of a content type that is no header value.
    pub(super) fn into_body(self) -> Result<Body, InvalidContentType> {
        let mut pieces = Vec::new();
        for (name, part) in self.parts {
            pieces.push(Piece::Text(Rc::from(part.head(&self.boundary, &name)?)));
            pieces.push(Piece::Body(part.body));
            pieces.push(Piece::Text(Rc::from("\r\n")));
        }
        pieces.push(Piece::Text(Rc::from(format!("--{}--\r\n", self.boundary))));

        let length = pieces.iter().map(Piece::length).sum();
        let is_replayable = pieces.iter().all(Piece::is_replayable);
        let pieces: Rc<[Piece]> = pieces.into();
        let make = move || -> Parts {
            let left = pieces.iter().map(Piece::share).collect();
            Box::pin(Sending { left, current: None })
        };
        Ok(if is_replayable { Body::again(length, make) } else { Body::from_parts(make(), length) })
    }
}

impl Default for Form {
    fn default() -> Form {
        Form::new()
    }
}

impl Part {
    /// A part with this content.
    pub fn new(body: impl Into<Body>) -> Part {
        Part { body: body.into(), file_name: None, content_type: None }
    }

    /// The name of the file that it is, for the server to see.
    pub fn file_name(mut self, name: impl Into<String>) -> Part {
        self.file_name = Some(name.into());
        self
    }

    /// What it is, such as `image/png`.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Part {
        self.content_type = Some(content_type.into());
        self
    }

    /// What stands in front of it.
    fn head(&self, boundary: &str, name: &str) -> Result<String, InvalidContentType> {
        let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", escaped(name));
        if let Some(file_name) = &self.file_name {
            head += &format!("; filename=\"{}\"", escaped(file_name));
        }
        head += "\r\n";
        if let Some(content_type) = &self.content_type {
            if HeaderValue::from_str(content_type).is_err() {
                return Err(InvalidContentType);
            }
            head += &format!("Content-Type: {content_type}\r\n");
        }
        Ok(head + "\r\n")
    }
}

/// The content type of a part holds bytes that a header cannot have.
#[derive(Debug, thiserror::Error)]
#[error("the content type of a part is not a header value")]
pub(super) struct InvalidContentType;

/// As browsers do it: what would end the name or its line is percent-encoded. Other control bytes go the same way.
fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '"' => escaped.push_str("%22"),
            c if c.is_ascii_control() => escaped += &format!("%{:02X}", u32::from(c)),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The hasher's keys come from the system, so nobody can foresee what it makes of anything.
fn random_boundary() -> String {
    let [a, b] = [RandomState::new().hash_one(0), RandomState::new().hash_one(1)];
    format!("glassloop-{a:016x}{b:016x}")
}

enum Piece {
    Text(Rc<str>),
    Body(Body),
}

impl Piece {
    fn length(&self) -> Option<u64> {
        match self {
            Piece::Text(text) => Some(text.len() as u64),
            Piece::Body(body) => body.length(),
        }
    }

    fn is_replayable(&self) -> bool {
        match self {
            Piece::Text(_) => true,
            Piece::Body(body) => body.is_replayable(),
        }
    }

    fn share(&self) -> Piece {
        match self {
            Piece::Text(text) => Piece::Text(Rc::clone(text)),
            Piece::Body(body) => Piece::Body(body.share()),
        }
    }
}

/// One sending of a form.
struct Sending {
    left: VecDeque<Piece>,
    current: Option<Parts>,
}

impl Stream for Sending {
    type Item = io::Result<Vec<u8>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Vec<u8>>>> {
        loop {
            if let Some(parts) = &mut self.current {
                match ready!(parts.as_mut().poll_next(cx)) {
                    Some(part) => return Poll::Ready(Some(part)),
                    None => self.current = None,
                }
            }
            match self.left.pop_front() {
                None => return Poll::Ready(None),
                Some(Piece::Text(text)) => return Poll::Ready(Some(Ok(text.as_bytes().to_vec()))),
                Some(Piece::Body(body)) => match body.start() {
                    Some(source) => self.current = Some(source.into_parts()),
                    None => return Poll::Ready(Some(Err(io::Error::other("a part was sent before")))),
                },
            }
        }
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Piece::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Piece::Body(body) => body.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_20_names_cannot_leave_their_quotes() {
        let part = Part::new("x").file_name("a\"; x=\"b\r\nEvil: 1\0").content_type("text/plain");
        let head = part.head("B", "n\"\r\n\r\nbody").unwrap();
        assert_eq!(
            head,
            "--B\r\nContent-Disposition: form-data; name=\"n%22%0D%0A%0D%0Abody\"; \
             filename=\"a%22; x=%22b%0D%0AEvil: 1%00\"\r\nContent-Type: text/plain\r\n\r\n"
        );
        let split = Part::new("x").content_type("text/plain\r\nEvil: 1");
        assert!(split.head("B", "n").is_err());
    }

    #[test]
    fn rule_20_boundaries_are_random() {
        let boundaries: std::collections::BTreeSet<String> = (0..100).map(|_| random_boundary()).collect();
        assert_eq!(boundaries.len(), 100);
        assert!(boundaries.iter().all(|boundary| boundary.len() <= 70), "RFC 2046 allows 70");
    }

    #[test]
    fn the_length_is_the_sum_of_all() {
        let form =
            Form { boundary: "B".into(), parts: vec![("a".into(), Part::new("1")), ("b".into(), Part::new("22"))] };
        let expected = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
                        --B\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n22\r\n--B--\r\n";
        let body = form.into_body().unwrap();
        assert_eq!(body.length(), Some(expected.len() as u64));
        assert!(body.is_replayable());
    }
}

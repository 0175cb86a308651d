//! What is sent.

use std::future::Future;
use std::io::{self, Read};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use glassloop::ToThread;
use glassloop::http::multipart::Form;
use glassloop::http::{Body, HeaderMap, HeaderValue, RequestBuilder, header};

use crate::blocking;
use crate::outcome::Fault;

/// The body of every request.
pub enum Upload {
    None,
    Text(String),
    File(PathBuf),
    Stdin,
    Json(String),
    Form(Vec<Field>),
}

/// A part of a form.
pub enum Field {
    Text { name: String, value: String },
    File { name: String, path: PathBuf },
}

impl Upload {
    /// The headers that tell of it, where the user has said nothing else.
    pub fn add_headers(&self, headers: &mut HeaderMap) {
        let mut add = |name: header::HeaderName, value| {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        };
        match self {
            Upload::Json(_) => {
                add(header::CONTENT_TYPE, "application/json");
                add(header::ACCEPT, "application/json");
            }
            // As curl has it.
            Upload::Text(_) | Upload::File(_) | Upload::Stdin => {
                add(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            }
            Upload::None | Upload::Form(_) => {}
        }
    }

    /// Adds it to a request.
    pub async fn add_to(&self, request: RequestBuilder) -> Result<RequestBuilder, Fault> {
        Ok(match self {
            Upload::None => request,
            Upload::Text(text) | Upload::Json(text) => request.body(text.as_str()),
            Upload::File(path) => {
                let body = Body::file(path).await;
                request.body(body.map_err(|error| Fault::io(path.display(), &error))?)
            }
            Upload::Stdin => request.body(Body::stream(Stdin::Idle)),
            Upload::Form(fields) => {
                let mut form = Form::new();
                for field in fields {
                    form = match field {
                        Field::Text { name, value } => form.text(name, value),
                        Field::File { name, path } => {
                            let added = form.file(name, path).await;
                            added.map_err(|error| Fault::io(path.display(), &error))?
                        }
                    };
                }
                request.multipart(form)
            }
        })
    }
}

/// How much of stdin is read at once.
const PART: usize = 64 * 1024;

/// stdin as a stream: each part is read by another thread when it is asked for.
enum Stdin {
    Idle,
    Reading(ToThread<io::Result<Vec<u8>>>),
    Over,
}

impl Stream for Stdin {
    type Item = io::Result<Vec<u8>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Vec<u8>>>> {
        let mut reading = match std::mem::replace(&mut *self, Stdin::Over) {
            Stdin::Over => return Poll::Ready(None),
            Stdin::Reading(reading) => reading,
            Stdin::Idle => blocking::call(read),
        };
        let Poll::Ready(result) = Pin::new(&mut reading).poll(cx) else {
            *self = Stdin::Reading(reading);
            return Poll::Pending;
        };
        Poll::Ready(match result {
            Ok(part) if part.is_empty() => None,
            Ok(part) => {
                *self = Stdin::Idle;
                Some(Ok(part))
            }
            Err(error) => Some(Err(error)),
        })
    }
}

fn read() -> io::Result<Vec<u8>> {
    let mut part = vec![0; PART];
    let count = io::stdin().lock().read(&mut part)?;
    part.truncate(count);
    Ok(part)
}

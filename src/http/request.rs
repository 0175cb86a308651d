//! What can be asked. (`request/encode.rs`: what of it goes over the wire.)

use std::error::Error as StdError;
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use ::http::Method;
use ::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use super::client::{Options, Shared, execute};
use super::multipart::Form;
use super::origin::Destination;
use super::{Body, Error, Response, auth, form};

mod encode;

pub(super) use encode::OwnLines;

/// The future of an awaited [`RequestBuilder`].
pub type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response, Error>>>>;

/// A request that is being put together. [`send`](RequestBuilder::send) it, or just await it.
///
/// Whatever is wrong with the URL, a header or the body is reported then, before a byte is sent.
#[must_use = "a request does nothing until it is awaited or sent"]
pub struct RequestBuilder {
    shared: Rc<Shared>,
    /// Boxed, as a builder is moved from call to call, and into the future of the request.
    hop: Result<Box<Hop>, Box<Error>>,
}

/// What is sent to one server; a redirect makes another one of it.
pub(super) struct Hop {
    pub(super) method: Method,
    pub(super) destination: Destination,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
    pub(super) options: Options,
}

impl RequestBuilder {
    pub(super) fn new(shared: Rc<Shared>, method: Method, url: &str) -> RequestBuilder {
        let options = shared.settings.options;
        let hop = match shared.known.parse(url) {
            Ok(destination) => Ok(Box::new(Hop::new(method, destination, options))),
            Err(error) => Err(Box::new(error)),
        };
        RequestBuilder { shared, hop }
    }

    /// Adds a header line. What the client would send itself under this name (`Host`, `User-Agent`, `Accept`,
    /// `Accept-Encoding`, `Authorization`, its default headers) is replaced; `Content-Length` and `Transfer-Encoding`
    /// are ignored in favour of the true framing.
    pub fn header<N, V>(self, name: N, value: V) -> RequestBuilder
    where
        N: TryInto<HeaderName, Error: fmt::Display>,
        V: TryInto<HeaderValue, Error: fmt::Display>,
    {
        self.change(|hop| {
            let name = name.try_into().map_err(|error| hop.invalid(&error))?;
            let value = value.try_into().map_err(|error| hop.invalid(&error))?;
            hop.add_header(name, value)
        })
    }

    /// Adds header lines, as [`header`](RequestBuilder::header) does.
    pub fn headers(self, headers: HeaderMap) -> RequestBuilder {
        self.change(|hop| {
            let mut name = None;
            for (next, value) in headers {
                // A name is only given with the first of its values.
                name = next.or(name);
                let name = name.clone().ok_or_else(|| hop.invalid(&"a header without a name"))?;
                hop.add_header(name, value)?;
            }
            Ok(())
        })
    }

    /// Adds names and values to the query of the URL.
    ///
    /// ```
    /// # glassloop::run(async {
    /// let error = glassloop::http::get("http://[::1]:1/?a=b").query([("q", "c&d")]).await.unwrap_err();
    /// assert_eq!(error.url(), "http://[::1]:1/?a=b&q=c%26d");
    /// # });
    /// ```
    pub fn query<K: AsRef<str>, V: AsRef<str>>(self, pairs: impl IntoIterator<Item = (K, V)>) -> RequestBuilder {
        self.change(|hop| {
            Rc::make_mut(&mut hop.destination.url).query_pairs_mut().extend_pairs(pairs);
            Ok(())
        })
    }

    /// Names a user and gives the password (RFC 7617). The user info of a URL does the same; this wins.
    pub fn basic_auth(self, user: &str, password: &str) -> RequestBuilder {
        self.change(|hop| {
            if user.contains(':') {
                return Err(hop.invalid(&"a colon in the user name, which ends there"));
            }
            hop.headers.insert(header::AUTHORIZATION, auth::credentials(user.as_bytes(), password.as_bytes()));
            Ok(())
        })
    }

    /// Sends a token (RFC 6750).
    pub fn bearer_auth(self, token: &str) -> RequestBuilder {
        self.change(|hop| {
            let value = auth::bearer(token).map_err(|error| hop.invalid(&error))?;
            hop.headers.insert(header::AUTHORIZATION, value);
            Ok(())
        })
    }

    /// Sets the body: bytes, text, or a [`Body`] from a file, a reader or a stream.
    pub fn body(self, body: impl Into<Body>) -> RequestBuilder {
        self.change(|hop| {
            hop.body = body.into();
            Ok(())
        })
    }

    /// Sets the body to this value as JSON, and `Content-Type` if it is not set yet.
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> RequestBuilder {
        self.change(|hop| {
            let bytes = serde_json::to_vec(value).map_err(|error| hop.cannot_write(error))?;
            hop.set_body(bytes, "application/json")
        })
    }

    /// Sets the body to these names and values, as a form sends them, and `Content-Type` if it is not set yet.
    ///
    /// ```
    /// # use glassloop::http::{Client, Server, Request};
    /// # glassloop::run(async {
    /// # let server = Server::bind("127.0.0.1:0").await.unwrap();
    /// # let url = format!("http://{}", server.local_addr());
    /// # glassloop::create_task(server.serve(async |request: Request| request.body().to_vec())).detach();
    /// let response = Client::new().post(url).form([("name", "R & D"), ("year", "2026")]).await.unwrap();
    /// assert_eq!(response.text().await.unwrap(), "name=R+%26+D&year=2026");
    /// # });
    /// ```
    pub fn form<K: AsRef<str>, V: AsRef<str>>(self, pairs: impl IntoIterator<Item = (K, V)>) -> RequestBuilder {
        self.change(|hop| hop.set_body(form::encode(pairs), "application/x-www-form-urlencoded"))
    }

    /// Sets the body to a form of fields and files, and `Content-Type` to its kind and boundary.
    pub fn multipart(self, form: Form) -> RequestBuilder {
        self.change(|hop| {
            let content_type = HeaderValue::try_from(form.content_type()).map_err(|error| hop.invalid(&error))?;
            hop.body = form.into_body().map_err(|error| hop.cannot_write(error))?;
            hop.headers.insert(header::CONTENT_TYPE, content_type);
            Ok(())
        })
    }

    /// How long the whole request may take, in place of the client's limit; `None` for ever.
    pub fn timeout(self, timeout: impl Into<Option<Duration>>) -> RequestBuilder {
        self.set(|options| options.timeouts.total = timeout.into())
    }

    /// How long one attempt to connect may take, in place of the client's limit; `None` for as long as the whole
    /// request.
    pub fn connect_timeout(self, timeout: impl Into<Option<Duration>>) -> RequestBuilder {
        self.set(|options| options.timeouts.connect = timeout.into())
    }

    /// The longest wait for the next byte, in place of the client's limit; `None` for as long as the whole request.
    pub fn read_timeout(self, timeout: impl Into<Option<Duration>>) -> RequestBuilder {
        self.set(|options| options.timeouts.read = timeout.into())
    }

    /// The largest response body, in bytes, in place of the client's limit.
    pub fn max_body_bytes(self, bytes: u64) -> RequestBuilder {
        self.set(|options| options.max_body_bytes = bytes)
    }

    /// The largest response body as it is given out (decoded, if it came encoded), in bytes, in place of the client's
    /// limit.
    pub fn max_decoded_bytes(self, bytes: u64) -> RequestBuilder {
        self.set(|options| options.max_decoded_bytes = Some(bytes))
    }

    /// Takes the body as it comes, without decoding.
    pub fn no_decompress(self) -> RequestBuilder {
        self.set(|options| options.decompress = false)
    }

    /// Whether redirects are followed, as the client's policy says; `false`: a redirect is the answer.
    pub fn follow_redirects(self, follow: bool) -> RequestBuilder {
        self.set(|options| options.follow_redirects = follow)
    }

    /// Asks the server before the body is sent (`Expect: 100-continue`), and waits at most one second for its word. A
    /// request without a body does not ask. A server that answers 417 is sent the request once more, without asking, if
    /// the body can be sent again.
    pub fn expect_continue(self) -> RequestBuilder {
        self.set(|options| options.expects_continue = true)
    }

    /// Offers to go on with another protocol on this connection: sets `Upgrade` to its name, and `Connection`. A server
    /// that switches answers with `101`, and [`Response::upgrade`] gives the connection; any other status is an answer
    /// like any other. The server's choice is checked: only a protocol that was offered counts.
    ///
    /// ```
    /// use futures_util::{AsyncReadExt, AsyncWriteExt};
    /// use glassloop::http::{Client, Reply, Request, Server, Upgraded};
    ///
    /// # glassloop::run(async {
    /// let server = Server::bind("127.0.0.1:0").await?;
    /// let url = format!("http://{}/", server.local_addr());
    /// let shout = async |mut stream: Upgraded| {
    ///     let mut word = [0; 5];
    ///     stream.read_exact(&mut word).await.unwrap();
    ///     stream.write_all(&word.to_ascii_uppercase()).await.unwrap();
    /// };
    /// let handler = async move |_: Request| Reply::upgrade("shouting", shout);
    /// glassloop::create_task(server.serve(handler)).detach();
    ///
    /// let mut stream = Client::new().get(url).upgrade("shouting").await?.upgrade()?;
    /// stream.write_all(b"hello").await?;
    /// let mut answer = String::new();
    /// stream.read_to_string(&mut answer).await?;
    /// assert_eq!(answer, "HELLO");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn upgrade(self, protocol: &str) -> RequestBuilder {
        self.change(|hop| {
            let value = HeaderValue::try_from(protocol).map_err(|error| hop.invalid(&error))?;
            hop.headers.insert(header::UPGRADE, value);
            hop.headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
            Ok(())
        })
    }

    /// Sends the request and waits for the head of the response. The status is not judged
    /// ([`Response::error_for_status`] does that).
    ///
    /// # Errors
    /// See [`Error`].
    ///
    /// # Cancel safety
    /// Dropping the future closes its connection; whether the server saw the request is unknown.
    pub async fn send(self) -> Result<Response, Error> {
        let mut hop = self.hop.map_err(|error| *error)?;
        hop.complete(&self.shared)?;
        execute(&self.shared, hop).await.map_err(|error| *error)
    }

    fn set(mut self, set: impl FnOnce(&mut Options)) -> RequestBuilder {
        if let Ok(hop) = &mut self.hop {
            set(&mut hop.options);
        }
        self
    }

    fn change(mut self, change: impl FnOnce(&mut Hop) -> Result<(), Error>) -> RequestBuilder {
        if let Ok(hop) = &mut self.hop
            && let Err(error) = change(hop)
        {
            self.hop = Err(Box::new(error));
        }
        self
    }
}

impl Hop {
    /// A request without headers and body.
    pub(super) fn new(method: Method, destination: Destination, options: Options) -> Hop {
        Hop { method, destination, headers: HeaderMap::new(), body: Body::empty(), options }
    }

    /// What the client adds to every request, and the credentials of the URL.
    fn complete(&mut self, shared: &Shared) -> Result<(), Error> {
        if self.method == Method::CONNECT {
            return Err(self.invalid(&"CONNECT would turn the connection into a tunnel"));
        }
        for (name, value) in &shared.default_headers {
            if !self.headers.contains_key(name) {
                self.add_header(name.clone(), value.clone())?;
            }
        }
        if let Some(credentials) = auth::basic(&self.destination.url)
            && !self.headers.contains_key(header::AUTHORIZATION)
        {
            self.headers.insert(header::AUTHORIZATION, credentials);
        }
        Ok(())
    }

    fn set_body(&mut self, body: impl Into<Body>, content_type: &'static str) -> Result<(), Error> {
        self.body = body.into();
        self.headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type));
        Ok(())
    }

    fn add_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), Error> {
        let added = self.headers.try_append(name, value);
        added.map(|_| ()).map_err(|error| self.invalid(&error))
    }

    fn invalid(&self, what: &dyn fmt::Display) -> Error {
        Error::invalid_request(self.destination.shown(), what)
    }

    fn cannot_write(&self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        Error::EncodeBody { url: self.destination.shown(), source: source.into() }
    }
}

impl IntoFuture for RequestBuilder {
    type Output = Result<Response, Error>;
    type IntoFuture = ResponseFuture;

    fn into_future(self) -> ResponseFuture {
        Box::pin(self.send())
    }
}

impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("RequestBuilder");
        match &self.hop {
            Ok(hop) => f.field("method", &hop.method).field("url", &hop.destination.shown()).field("body", &hop.body),
            Err(error) => f.field("error", error),
        };
        f.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::http::Client;

    #[test]
    fn the_future_of_a_request_is_small() {
        // It is moved once, and allocated once a request: small enough for what allocators keep at hand.
        let future = Client::new().get("http://h.test/").send();
        assert!(size_of_val(&future) <= 1024, "{} bytes", size_of_val(&future));
    }
}

//! A client, and what it sends.
//!
//! `client/settings.rs` says how it can be set up, `client/execute.rs` what happens, in order, when a request is sent.

use std::fmt;
use std::rc::Rc;

use ::http::Method;
use ::http::header::HeaderMap;

use super::origin::Known;
use super::pool::Pool;
use super::request::{OwnLines, RequestBuilder};

mod execute;
mod settings;

pub(super) use execute::{execute, failed};
pub use settings::ClientBuilder;
pub(super) use settings::{Options, Settings};

/// Sends requests and keeps the connections for the next ones; `aiohttp.ClientSession`.
///
/// Cheap to clone: clones share their settings, their cookies and their idle connections, which are closed with the
/// last clone and the last unread response.
#[derive(Clone)]
pub struct Client {
    shared: Rc<Shared>,
}

/// What the clones of a client share.
pub(super) struct Shared {
    pub(super) pool: Rc<Pool>,
    pub(super) settings: Settings,
    /// Where the request before went: most go there again.
    pub(super) known: Known,
    /// In front of the headers of each request.
    pub(super) default_headers: HeaderMap,
    pub(super) own_lines: OwnLines,
    #[cfg(feature = "cookies")]
    pub(super) cookies: Option<super::cookies::Jar>,
}

/// Gets a URL with a client of its own; the connection is closed afterwards.
///
/// Await the builder, or change the request first. Several requests to one host are better made by
/// one [`Client`].
///
/// ```
/// # glassloop::run(async {
/// let error = glassloop::http::get("no URL at all").await.unwrap_err();
/// assert_eq!(error.to_string(), "not a URL: no URL at all");
/// # });
/// ```
pub fn get(url: impl AsRef<str>) -> RequestBuilder {
    Client::new().get(url)
}

impl Client {
    /// A client with the default settings (see [`ClientBuilder`]).
    pub fn new() -> Client {
        Client::builder().build()
    }

    /// Settings for a new client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A GET request.
    pub fn get(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::GET, url)
    }

    /// A POST request.
    pub fn post(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::POST, url)
    }

    /// A PUT request.
    pub fn put(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::PUT, url)
    }

    /// A PATCH request.
    pub fn patch(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::PATCH, url)
    }

    /// A DELETE request.
    pub fn delete(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::DELETE, url)
    }

    /// A HEAD request: as GET, but only the head comes back.
    pub fn head(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::HEAD, url)
    }

    /// An OPTIONS request.
    pub fn options(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::OPTIONS, url)
    }

    /// A request with any method but CONNECT. A URL that cannot be used is reported by
    /// [`RequestBuilder::send`].
    pub fn request(&self, method: Method, url: impl AsRef<str>) -> RequestBuilder {
        RequestBuilder::new(Rc::clone(&self.shared), method, url.as_ref())
    }
}

/// The cookies of a client that keeps them ([`ClientBuilder::cookies`]); aiohttp's `session.cookie_jar`.
#[cfg(feature = "cookies")]
impl Client {
    /// Keeps a cookie, written as in `Set-Cookie`, as if a response from this URL had set it. Says whether it is kept
    /// now: a client without cookies keeps none, and no client keeps one that this URL may not set.
    ///
    /// ```
    /// # use glassloop::http::{Client, Url};
    /// let client = Client::builder().cookies(true).build();
    /// let url = Url::parse("http://www.example.com/").unwrap();
    /// assert!(client.set_cookie(&url, "sid=1; Domain=example.com"));
    /// assert!(!client.set_cookie(&url, "sid=2; Domain=com"));
    /// assert_eq!(client.cookies(&url), [("sid".to_owned(), "1".to_owned())]);
    /// ```
    pub fn set_cookie(&self, url: &::url::Url, cookie: &str) -> bool {
        self.shared.cookies.as_ref().is_some_and(|jar| jar.set(url, cookie))
    }

    /// Names and values of the cookies that a request to this URL would carry.
    pub fn cookies(&self, url: &::url::Url) -> Vec<(String, String)> {
        self.shared.cookies.as_ref().map(|jar| jar.cookies(url)).unwrap_or_default()
    }

    /// Forgets all cookies.
    pub fn clear_cookies(&self) {
        if let Some(jar) = &self.shared.cookies {
            jar.clear();
        }
    }
}

impl Default for Client {
    fn default() -> Client {
        Client::new()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { pool, settings, .. } = &*self.shared;
        f.debug_struct("Client").field("settings", settings).field("pool", pool).finish_non_exhaustive()
    }
}

//! Proxies: which one a request goes over, and what is known of it.

use std::fmt;

use ::http::HeaderValue;
use ::url::{Host, Url};
use thiserror::Error;

use crate::http::auth;
use crate::http::origin::{has_forbidden_byte, redact};

mod bypass;
mod choice;
mod tunnel;

pub(super) use choice::Proxies;
pub(super) use tunnel::{NoTunnel, open_tunnel};

/// An HTTP proxy: `http` requests are sent to it whole, for `https` it is asked for a tunnel (CONNECT).
///
/// User info in its URL is sent to the proxy alone, as `Proxy-Authorization`. (aiohttp: `proxy=` and `proxy_auth=`.)
///
/// ```
/// use glassloop::http::{Client, Proxy};
///
/// let proxy = Proxy::parse("http://user:password@proxy.test:3128")?;
/// assert_eq!(proxy.to_string(), "proxy.test:3128");
/// let client = Client::builder().proxy(proxy).build();
/// # drop(client);
/// # Ok::<(), glassloop::http::InvalidProxy>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Proxy {
    pub(super) host: Host<String>,
    pub(super) port: u16,
    authorization: Option<HeaderValue>,
}

/// A text that names no proxy which could be used. User info is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidProxy {
    /// It is no URL.
    #[error("not the URL of a proxy: {url}")]
    Url {
        /// The text.
        url: String,
        /// What the parser did not like.
        source: ::url::ParseError,
    },
    /// It holds a control byte or a backslash, which the parser would drop or take for something else.
    #[error("control byte or backslash in the URL of a proxy: {url}")]
    ForbiddenByte {
        /// The text.
        url: String,
    },
    /// It names another kind of proxy.
    #[error("unsupported kind of proxy `{scheme}` (only http): {url}")]
    Scheme {
        /// The text.
        url: String,
        /// Its scheme.
        scheme: String,
    },
}

impl Proxy {
    /// Parses `http://[user:password@]host[:port]`; the scheme may be left out, and the port is 80 then too.
    ///
    /// # Errors
    /// It is no URL, holds a control byte or a backslash, or has another scheme: proxies that are spoken to over TLS or
    /// SOCKS are not supported.
    pub fn parse(text: &str) -> Result<Proxy, InvalidProxy> {
        let shown = || redact(text);
        if has_forbidden_byte(text) {
            return Err(InvalidProxy::ForbiddenByte { url: shown() });
        }
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&with_scheme).map_err(|source| InvalidProxy::Url { url: shown(), source })?;
        if url.scheme() != "http" {
            return Err(InvalidProxy::Scheme { url: shown(), scheme: url.scheme().to_owned() });
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(InvalidProxy::Url { url: shown(), source: ::url::ParseError::EmptyHost });
        };
        Ok(Proxy { host: host.to_owned(), port, authorization: auth::basic(&url) })
    }

    /// What is to be sent to the proxy, and only there.
    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }
}

/// Host and port.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_http_url_or_host_and_port() {
        let shown = |text: &str| Proxy::parse(text).map(|proxy| proxy.to_string());
        assert_eq!(shown("http://p.test:3128/").unwrap(), "p.test:3128");
        assert_eq!(shown("p.test:3128").unwrap(), "p.test:3128");
        assert_eq!(shown("HTTP://P.test").unwrap(), "p.test:80");
        assert_eq!(shown("[::1]:8080").unwrap(), "[::1]:8080");
        assert!(matches!(shown("socks5://p.test"), Err(InvalidProxy::Scheme { scheme, .. }) if scheme == "socks5"));
        assert!(matches!(shown("https://p.test"), Err(InvalidProxy::Scheme { .. })));
        assert!(matches!(shown(""), Err(InvalidProxy::Url { .. })));
        let error = shown("http://me:secret@p:99999").unwrap_err();
        assert_eq!(error.to_string(), "not the URL of a proxy: http://***@p:99999");
    }

    #[test]
    fn rule_18_what_parsers_disagree_on_is_refused() {
        for text in ["http://p.test\r\n:1", "p.t\test:1", "http://p.test\\@q.test:1", "p.test:1\0", "\np.test:1"] {
            let error = Proxy::parse(text).unwrap_err();
            assert!(matches!(error, InvalidProxy::ForbiddenByte { .. }), "{error:?}");
            assert!(!error.to_string().chars().any(char::is_control), "{error}");
        }
    }

    #[test]
    fn rule_16_credentials_are_no_part_of_what_is_shown() {
        let proxy = Proxy::parse("http://user:p%40ss@p.test:1").unwrap();
        assert_eq!(proxy.authorization().unwrap(), "Basic dXNlcjpwQHNz");
        assert_eq!(proxy.to_string(), "p.test:1");
        assert!(!format!("{proxy:?}").contains("dXNlcjpwQHNz"), "{proxy:?}");
        assert_ne!(proxy, Proxy::parse("http://p.test:1").unwrap());
    }
}

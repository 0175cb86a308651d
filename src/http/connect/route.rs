//! The way to an origin.

use std::fmt;
use std::rc::Rc;

use ::http::HeaderValue;

use super::proxy::Proxy;
use crate::http::origin::{Origin, Scheme};

/// Where a connection leads to, and over which proxy: connections of equal routes may stand in for each other, others
/// never. (What else makes connections differ, the Unix socket and the settings of TLS, is the same for a whole client,
/// and so for its pool.)
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::http) struct Route {
    pub(super) origin: Rc<Origin>,
    pub(super) proxy: Option<Rc<Proxy>>,
}

impl Route {
    /// The proxy that forwards each request, if one does: the target is then the whole URL. (Through a tunnel the
    /// origin itself is spoken to.)
    fn forwarder(&self) -> Option<&Proxy> {
        self.proxy.as_deref().filter(|_| self.origin.scheme == Scheme::Http)
    }

    /// Whether the target of a request has to be the whole URL, without user info and fragment.
    pub(in crate::http) fn wants_absolute_form(&self) -> bool {
        self.forwarder().is_some()
    }

    /// Whose bytes come over such a connection, for error texts: a proxy's that forwards requests; through a tunnel the
    /// origin's own.
    pub(in crate::http) fn peer(&self) -> String {
        self.forwarder().map_or_else(|| self.origin.to_string(), Proxy::to_string)
    }

    /// The `Proxy-Authorization` that each request has to carry. (Into a tunnel goes none: that is for the proxy
    /// alone.)
    pub(in crate::http) fn proxy_authorization(&self) -> Option<&HeaderValue> {
        self.forwarder()?.authorization()
    }
}

/// Who is connected to, for error texts.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.proxy {
            Some(proxy) => write!(f, "{proxy}"),
            None => write!(f, "{}", self.origin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::origin::Destination;

    fn route(url: &str, proxy: Option<&str>) -> Route {
        let proxy = proxy.map(|proxy| Rc::new(Proxy::parse(proxy).unwrap()));
        Route { origin: Destination::parse(url).unwrap().origin, proxy }
    }

    #[test]
    fn rule_07_whatever_leads_elsewhere_is_another_route() {
        let routes = [
            route("http://h.test:443/", None),
            #[cfg(feature = "tls")]
            route("https://h.test:443/", None),
            route("http://h.test/", None),
            route("http://g.test/", None),
            route("http://h.test/", Some("p.test:1")),
            route("http://h.test/", Some("p.test:2")),
            route("http://h.test/", Some("me:one@p.test:1")),
            route("http://h.test/", Some("me:two@p.test:1")),
            route("http://h.test/", Some("you:one@p.test:1")),
        ];
        for (index, one) in routes.iter().enumerate() {
            for (other_index, other) in routes.iter().enumerate() {
                assert_eq!(one == other, index == other_index, "{one:?} and {other:?}");
            }
        }
        // What is for the origin alone makes no difference to the connection.
        assert_eq!(route("HTTP://H.test:80/a?b#c", None), route("http://me:pw@h.test", None));
    }
}

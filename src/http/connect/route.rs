//! The way to an origin.

use std::fmt;
use std::rc::Rc;

use ::http::HeaderValue;

use super::proxy::Proxy;
use crate::http::origin::{Origin, Scheme};

/// Where a connection leads to, and over which proxy: connections of equal routes may stand in for each other, others
/// never. (What else makes connections differ, the Unix socket and the settings of TLS, is the same for a whole client, and
/// so for its pool.)
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::http) struct Route {
    pub(super) origin: Rc<Origin>,
    pub(super) proxy: Option<Rc<Proxy>>,
}

impl Route {
    /// The proxy that forwards each request, if one does: the target is then the whole URL. (Through a tunnel the origin
    /// itself is spoken to.)
    fn forwarder(&self) -> Option<&Proxy> {
        self.proxy.as_deref().filter(|_| self.origin.scheme == Scheme::Http)
    }

    /// Whether the target of a request has to be the whole URL, without user info and fragment.
    pub(in crate::http) fn wants_absolute_form(&self) -> bool {
        self.forwarder().is_some()
    }

    /// The `Proxy-Authorization` that each request has to carry. (Into a tunnel goes none: that is for the proxy alone.)
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

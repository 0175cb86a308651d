//! Another protocol on the same connection (RFC 9110 §7.8): what was offered, and what was chosen.

use ::http::{Version, header};

use super::Headers;
use super::framing::tokens;

/// The protocols that a head names in `Upgrade`: those that a client would like to speak, or those that a server
/// switches to.
///
/// ```
/// use glassloop::http::{HeaderMap, HeaderValue, Version, h1::Protocols};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("upgrade", HeaderValue::from_static("WebSocket, h2c"));
/// assert_eq!(Protocols::of(Version::HTTP_11, &headers), None, "`Connection` has to say it too");
/// headers.insert("connection", HeaderValue::from_static("keep-alive, Upgrade"));
/// let offered = Protocols::of(Version::HTTP_11, &headers).unwrap();
/// assert!(offered.include(b"websocket") && !offered.include(b"socket"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protocols(Box<[Box<[u8]>]>);

impl Protocols {
    /// What these headers offer, or choose. `None` if that is nothing: there is no `Upgrade`, or `Connection` does not
    /// name it, so that it may have been meant for somebody else; or this is HTTP/1.0, where it means nothing.
    pub fn of(version: Version, headers: &impl Headers) -> Option<Protocols> {
        if !headers.has(&header::UPGRADE) || version == Version::HTTP_10 {
            return None;
        }
        let is_for_us = tokens(headers, &header::CONNECTION).any(|token| token.eq_ignore_ascii_case(b"upgrade"));
        let named: Box<[Box<[u8]>]> =
            tokens(headers, &header::UPGRADE).filter(|name| !name.is_empty()).map(Box::from).collect();
        (is_for_us && !named.is_empty()).then_some(Protocols(named))
    }

    /// Whether this one is among them. Small and capital letters are the same.
    pub fn include(&self, protocol: &[u8]) -> bool {
        self.0.iter().any(|name| name.eq_ignore_ascii_case(protocol))
    }

    /// Whether all of those are among them.
    pub fn include_all(&self, others: &Protocols) -> bool {
        others.0.iter().all(|name| self.include(name))
    }
}

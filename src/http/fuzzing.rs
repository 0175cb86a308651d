//! What a fuzzer has to reach without a connection. Not there in any other build.

use ::http::header::{self, HeaderMap, HeaderValue};
use ::http::{Method, StatusCode};

use super::client::Options;
use super::h1::{self, Framing, Limits, RequestEvent, RequestReader};
use super::origin::{Destination, redact};
use super::redirect::Redirects;
use super::request::Hop;

/// Makes a request with a secret for this URL and has it redirected by these statuses and `Location`s.
///
/// # Panics
/// If a rule does not hold: what would be sent is exactly one request to the host that the connection leads to, and no
/// other server is given the secret.
pub fn follow<'a>(url: &str, redirects: impl Iterator<Item = (&'a [u8], &'a [u8])>) {
    assert!(!redact(url).chars().any(char::is_control));
    let Ok(destination) = Destination::parse(url) else { return };
    let first = destination.origin.clone();
    let mut hop = Hop::new(Method::POST, destination, Options::default());
    hop.headers.insert(header::AUTHORIZATION, HeaderValue::from_static("secret"));
    check(&hop);

    let mut left_home = false;
    for (count, (status, location)) in (1..).zip(redirects) {
        let (Ok(status), Ok(location)) = (StatusCode::from_bytes(status), HeaderValue::from_bytes(location)) else {
            return;
        };
        let headers = HeaderMap::from_iter([(header::LOCATION, location)]);
        match Redirects::default().follow(&mut hop, status, &headers, count) {
            Ok(true) => check(&hop),
            Ok(false) => return,
            Err(error) => {
                assert!(!error.to_string().chars().any(char::is_control), "{error}");
                return;
            }
        }
        left_home |= hop.destination.origin != first;
        assert!(!left_home || !hop.headers.contains_key(header::AUTHORIZATION), "the secret went to a stranger");
    }
}

/// What would be sent for this is one request, with this host and target.
fn check(hop: &Hop) {
    let (host, target) = (hop.destination.host(), hop.destination.target());
    assert!(matches!(hop.destination.url.scheme(), "http" | "https"));
    let again = Destination::parse(hop.destination.url.as_str()).expect("what was accepted is accepted again");
    assert_eq!(again.origin, hop.destination.origin);

    let mut headers = hop.headers.clone();
    headers.insert(header::HOST, HeaderValue::from_str(host).expect("a host that can be sent"));
    let mut sent = Vec::new();
    h1::encode_request_head(
        &mut sent,
        &hop.method,
        target,
        &hop.destination.origin.host_line,
        &headers,
        [],
        Framing::Empty,
    )
    .expect("a target that can be sent");
    let mut reader = RequestReader::new(Limits { head_bytes: usize::MAX, ..Limits::default() });
    match reader.next(&sent) {
        Ok(step) => {
            assert_eq!(step.consumed, sent.len(), "more than one request: {sent:?}");
            let RequestEvent::Head(head) = step.event else { panic!("not a whole request: {sent:?}") };
            assert_eq!(head.headers[header::HOST], host);
        }
        // A few hosts that browsers accept are none by RFC 3986, such as `{}`; and `Uri` has a limit on its length.
        Err(h1::Error::Host | h1::Error::StartLine) => {}
        Err(error) => panic!("{error}: {sent:?}"),
    }
}

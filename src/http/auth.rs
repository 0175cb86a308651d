//! Credentials as `Authorization` carries them: Basic (RFC 7617) and Bearer (RFC 6750).

use ::http::HeaderValue;
use ::http::header::InvalidHeaderValue;
use ::url::{Position, Url};

use crate::base64::base64;

/// The header for the user info of a URL, if it names a user or a password.
pub(super) fn basic(url: &Url) -> Option<HeaderValue> {
    // It ends with an `@`, and most URLs have none.
    let has_user_info = url[..Position::BeforeHost].ends_with('@');
    has_user_info.then(|| credentials(&percent_decode(url.username()), &percent_decode(url.password().unwrap_or(""))))
}

/// The header for a user and a password.
pub(super) fn credentials(user: &[u8], password: &[u8]) -> HeaderValue {
    let both = [user, b":", password].concat();
    let value = HeaderValue::try_from(format!("Basic {}", base64(&both)));
    secret(value.expect("Base64 holds no byte that a header could not, whatever it is of"))
}

/// The header for a token.
///
/// # Errors
/// The token holds bytes that a header cannot.
pub(super) fn bearer(token: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    HeaderValue::try_from(format!("Bearer {token}")).map(secret)
}

fn secret(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

/// Takes `%41` for `A`; a `%` without two digits stays as it is.
fn percent_decode(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut decoded = Vec::with_capacity(rest.len());
    while let Some((&first, behind)) = rest.split_first() {
        let escape = match rest {
            [b'%', high, low, ..] => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match escape {
            Some((high, low)) => {
                decoded.push(high << 4 | low);
                rest = &rest[3..];
            }
            None => {
                decoded.push(first);
                rest = behind;
            }
        }
    }
    decoded
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_info_is_decoded_before_it_is_encoded() {
        let basic = |url: &str| basic(&Url::parse(url).unwrap());
        assert_eq!(basic("http://user:p%40ss@h/").unwrap(), "Basic dXNlcjpwQHNz");
        assert_eq!(basic("http://user@h/").unwrap(), "Basic dXNlcjo=");
        assert_eq!(basic("http://:@h/"), None);
        assert_eq!(basic("http://:p@h/").unwrap(), "Basic OnA=");
        for none in ["http://h/", "http://h/a@b", "http://h?a@b", "http://@h/"] {
            assert_eq!(basic(none), None, "{none}");
        }
        assert_eq!(percent_decode("%0d%0A%zz%4"), b"\r\n%zz%4");
    }
}

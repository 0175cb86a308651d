//! Names and values as forms send them, in a body or behind the `?` of a URL (`application/x-www-form-urlencoded`).

use ::url::form_urlencoded::Serializer;

/// What a form sends for these pairs.
pub(super) fn encode<K: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (K, V)>) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

//! Bytes to text: a byte order mark decides, else the charset of `Content-Type`, else it is UTF-8.

use encoding_rs::{Encoding, UTF_8};

/// The text of a body; U+FFFD stands for what is none.
pub(super) fn text(bytes: Vec<u8>, content_type: Option<&[u8]>) -> String {
    let named = content_type.and_then(charset);
    let encoding = named.unwrap_or(UTF_8);
    if encoding == UTF_8 && Encoding::for_bom(&bytes).is_none() {
        // The common case: nothing is copied.
        return String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    }
    encoding.decode(&bytes).0.into_owned()
}

/// The encoding that a `Content-Type` names, if it is one that browsers know too.
fn charset(content_type: &[u8]) -> Option<&'static Encoding> {
    let mut parameters = content_type.split(|&byte| byte == b';').skip(1);
    let value = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_at_checked(parameter.iter().position(|&byte| byte == b'=')?)?;
        name.trim_ascii().eq_ignore_ascii_case(b"charset").then_some(&value[1..])
    })?;
    let value = value.trim_ascii();
    let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
    Encoding::for_label(unquoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], content_type: &'static str) -> String {
        text(bytes.to_vec(), Some(content_type.as_bytes()))
    }

    #[test]
    fn the_charset_is_that_of_the_content_type() {
        assert_eq!(decoded(b"caf\xe9", "text/plain; charset=iso-8859-1"), "caf\u{e9}");
        assert_eq!(decoded(b"caf\xe9", "text/plain;format=flowed; CHARSET = \"Latin1\" "), "caf\u{e9}");
        assert_eq!(decoded(b"\x82\xa0", "text/html; charset=Shift_JIS"), "\u{3042}");
        assert_eq!(decoded(b"\xd0\x9f", "text/html; charset=utf-8"), "\u{41f}");
    }

    #[test]
    fn without_a_charset_it_is_utf_8() {
        for content_type in ["text/plain", "text/plain; charset=", "text/plain; charset=klingon", "charset=latin1"] {
            assert_eq!(decoded("caf\u{e9}".as_bytes(), content_type), "caf\u{e9}", "{content_type}");
        }
        assert_eq!(decoded(b"caf\xe9", "text/plain"), "caf\u{fffd}");
        assert_eq!(text(b"x".to_vec(), None), "x");
    }

    #[test]
    fn a_byte_order_mark_wins() {
        assert_eq!(decoded(b"\xef\xbb\xbfx", "text/plain; charset=latin1"), "x");
        assert_eq!(decoded(b"\xff\xfex\0", "text/plain"), "x");
        assert_eq!(decoded(b"\xfe\xff\0x", "text/plain; charset=utf-8"), "x");
    }
}

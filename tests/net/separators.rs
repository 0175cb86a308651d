//! `readuntil_any`: the separator that ends first wins, however the bytes come.

use glassloop::{ReadError, StreamReader};
use proptest::prelude::*;

use crate::common::{Drip, run};

#[test]
fn the_one_that_ends_first_wins_and_then_the_shortest() {
    run(async {
        // asyncio 3.13 gives the same.
        for (text, separators, first) in [
            ("one\ntwo;", [&b";"[..], b"\n"], &b"one\n"[..]),
            ("abcde", [b"bcd", b"c"], b"abc"),
            ("abcd", [b"bc", b"c"], b"abc"),
            ("a\r\nb", [b"\r\n", b"\r"], b"a\r"),
            ("aXYb", [b"XYZ", b"Yb"], b"aXYb"),
        ] {
            for separators in [separators, [separators[1], separators[0]]] {
                let mut reader = StreamReader::new(Drip::bytes(text.as_bytes()));
                assert_eq!(reader.readuntil_any(&separators).await.unwrap(), first, "{text}");
            }
        }
    });
}

#[test]
fn the_limit_counts_what_is_before_the_shortest_that_matched() {
    run(async {
        let mut reader = StreamReader::new(&b"abcde"[..]);
        reader.set_limit(2);
        let error = reader.readuntil_any(&[b"cde", b"de"]).await.unwrap_err();
        assert!(matches!(error, ReadError::LimitOverrun { consumed: 3, limit: 2, found: true }), "{error:?}");
        assert_eq!(reader.readuntil_any(&[b"cde"]).await.unwrap(), b"abcde", "nothing was lost");
    });
}

#[test]
fn no_separator_and_an_empty_one_are_typed_errors() {
    run(async {
        let mut reader = StreamReader::new(&b"abc"[..]);
        assert!(matches!(reader.readuntil_any(&[]).await, Err(ReadError::EmptySeparator)));
        let error = reader.readuntil_any(&[b"a", b""]).await.unwrap_err();
        assert!(matches!(error, ReadError::EmptySeparator));
        assert_eq!(error.to_string(), "there is no separator, or an empty one: it has at least one byte");
        assert_eq!(reader.readuntil_any(&[b"x", b"c"]).await.unwrap(), b"abc", "the reader stays usable");
    });
}

fn letters(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(vec![b'a', b'b']), length)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// What comes is the shortest beginning of the text that ends with a separator; the limit is for what is before that.
    #[test]
    fn it_is_the_shortest_beginning_that_ends_with_one(
        pieces in prop::collection::vec(letters(1..5), 0..8),
        separators in prop::collection::vec(letters(1..5), 1..4),
        limit in 1..12_usize,
    ) {
        let text = pieces.concat();
        let expected = (0..=text.len()).find_map(|end| {
            let matching = separators.iter().filter(|separator| text[..end].ends_with(separator));
            Some((end, matching.map(Vec::len).min()?))
        });
        let separators: Vec<&[u8]> = separators.iter().map(Vec::as_slice).collect();
        run(async {
            let mut reader = StreamReader::new(Drip::new(pieces));
            reader.set_limit(limit);
            match (reader.readuntil_any(&separators).await, expected) {
                (Ok(bytes), Some((end, length))) => {
                    assert_eq!(bytes, &text[..end]);
                    assert!(end - length <= limit);
                }
                (Err(ReadError::LimitOverrun { consumed, found, .. }), _) => {
                    assert!(consumed > limit);
                    if let Some((end, length)) = expected {
                        assert!(if found { consumed == end - length } else { consumed < end });
                    }
                    assert_eq!(reader.read_to_end(1_000).await.unwrap(), text, "nothing was lost");
                }
                (Err(ReadError::Incomplete { partial, .. }), None) => assert_eq!(partial, text),
                (got, expected) => panic!("{got:?}, {expected:?}"),
            }
        });
    }
}

//! Whatever bytes come as a chunked body: the data is the same however they are cut and never more than they are; and
//! what our own encoder wrote comes back as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;

use glassloop::http::h1::{BodyDecoder, Error, Framing, Limits, encode_chunk, encode_last_chunk};

/// The data, and where the body ended; or what was wrong with it.
fn decode(bytes: &[u8], piece: usize) -> (Vec<u8>, Result<Option<usize>, Error>) {
    let limits = Limits { head_bytes: 500, headers: 10, interim: 0, chunk_extension_bytes: 100 };
    let mut decoder = BodyDecoder::new(Framing::Chunked, limits);
    let (mut data, mut at, mut steps) = (Vec::new(), 0, 0);
    while at < bytes.len() && !decoder.is_complete() {
        steps += 1;
        assert!(steps <= bytes.len(), "more steps than bytes");
        let input = &bytes[at..bytes.len().min(at + piece)];
        match decoder.decode(input) {
            Ok(found) => {
                assert!(found.data.end <= found.consumed && found.consumed <= input.len());
                assert!(found.consumed > 0, "stuck");
                data.extend_from_slice(&input[found.data]);
                at += found.consumed;
            }
            Err(error) => return (data, Err(error)),
        }
    }
    let end = decoder.is_complete().then_some(at);
    assert_eq!(decoder.closed().is_ok(), end.is_some(), "a body that breaks off is not complete");
    (data, Ok(end))
}

fuzz_target!(|bytes: &[u8]| {
    let [piece, bytes @ ..] = bytes else { return };
    let piece = usize::from(*piece) + 1;
    let whole = decode(bytes, bytes.len().max(1));
    assert!(whole.0.len() <= bytes.len());
    assert_eq!(decode(bytes, piece), whole, "in pieces of {piece}");
    assert_eq!(decode(bytes, 1), whole, "byte by byte");

    let mut encoded = Vec::new();
    bytes.chunks(piece).for_each(|chunk| encode_chunk(&mut encoded, chunk));
    encode_last_chunk(&mut encoded);
    let length = encoded.len();
    encoded.extend_from_slice(bytes); // of the next message
    assert_eq!(decode(&encoded, piece + 3), (bytes.to_vec(), Ok(Some(length))));
});

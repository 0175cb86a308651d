//! Whatever comes as gzip, deflate, br or zstd, in one layer or two: what is decoded never depends on the cuts, and
//! each step does something, within its room.

#![no_main]

use libfuzzer_sys::fuzz_target;

use glassloop::http::HeaderMap;
use glassloop::http::decode::{ContentDecoder, DecodeError};

const CODINGS: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

/// Enough to see what a bomb does, and no more.
const ENOUGH: usize = 1024 * 1024;

/// What was decoded, up to a limit; and how it ended, unless that was reached.
fn decode(headers: &HeaderMap, bytes: &[u8], piece: usize, room: usize) -> (Vec<u8>, Option<Result<(), DecodeError>>) {
    let mut decoder = ContentDecoder::new(headers).expect("known codings").expect("a coding");
    let (mut decoded, mut buffer) = (Vec::new(), vec![0; room]);
    let (mut at, mut arrived) = (0, 0);
    loop {
        let step = match decoder.decode(&bytes[at..arrived], &mut buffer) {
            Ok(step) => step,
            Err(error) => return (decoded, Some(Err(error))),
        };
        assert!(step.read <= arrived - at && step.written <= room);
        at += step.read;
        decoded.extend_from_slice(&buffer[..step.written]);
        if decoded.len() >= ENOUGH {
            decoded.truncate(ENOUGH);
            return (decoded, None);
        }
        if step.is_idle() {
            assert_eq!(at, arrived, "stuck");
            if arrived == bytes.len() {
                return (decoded, Some(decoder.finish()));
            }
            arrived = bytes.len().min(arrived + piece);
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let [choice, piece, bytes @ ..] = bytes else { return };
    let mut headers = HeaderMap::new();
    for layer in 0..1 + usize::from(choice & 1) {
        let coding = CODINGS[usize::from(choice >> (1 + 2 * layer)) % CODINGS.len()];
        headers.append("content-encoding", coding.parse().expect("a value"));
    }
    let piece = usize::from(*piece) + 1;
    let whole = decode(&headers, bytes, bytes.len().max(1), 64 * 1024);
    let cut = decode(&headers, bytes, piece, 64 * 1024);
    match (&whole.1, &cut.1) {
        (Some(Ok(())), Some(Ok(()))) | (None, None) => assert_eq!(whole.0, cut.0),
        // What was decoded before a fault may differ by what a step gives at once, but not contradict.
        (Some(Err(_)), Some(Err(_))) => {
            let common = whole.0.len().min(cut.0.len());
            assert_eq!(whole.0[..common], cut.0[..common]);
        }
        // The fault comes behind the limit, or before it, as the steps have it.
        (None, Some(Err(_))) | (Some(Err(_)), None) => {}
        other => panic!("whole and in pieces of {piece}: {other:?}"),
    }
});

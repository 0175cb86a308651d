//! Content codings: what comes out must not depend on how the bytes were cut, and is never more than the room for it.

#![cfg(feature = "compression")]

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use glassloop::http::HeaderMap;
use glassloop::http::decode::{ContentDecoder, DecodeError};
use proptest::prelude::*;

/// `The quick brown fox jumps over the lazy dog.`, 200 times, by the reference encoder.
const BR: &[u8] = b"\x1b\x27\x23\x88\x2c\x0e\xec\x98\x32\x78\x61\xc3\x74\xea\x6b\x05\xaa\x32\x34\x49\x66\xc6\xd6\x20\x67\x78\x7a\x2a\xec\xad\x41\x5c\xe6\xf2\xc2\x06\x1c\x38\x24\x90\x37\x1a\xdc\xa0\xd3\x0a\x67\x1e\x1e\x27\xaa\x29\x38\xc2\xa9\xd5\x00\xd8\xa7\x81\x01";

fn quick_brown_fox() -> Vec<u8> {
    b"The quick brown fox jumps over the lazy dog.\n".repeat(200)
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn bare_deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn zstd(data: &[u8]) -> Vec<u8> {
    zstd::encode_all(data, 3).unwrap()
}

/// One block of data as it is, and the empty last one: up to 64 KiB.
fn stored_br(data: &[u8]) -> Vec<u8> {
    let header = 1 << 20 | (data.len() as u32 - 1) << 4;
    [&header.to_le_bytes()[..3], data, b"\x03"].concat()
}

fn headers(lines: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append("content-encoding", line.parse().unwrap());
    }
    headers
}

fn decoder(coding: &str) -> ContentDecoder {
    ContentDecoder::new(&headers(&[coding])).unwrap().unwrap()
}

/// Decodes input that comes in pieces of one size into rooms of another.
fn decode(coding: &str, bytes: &[u8], piece: usize, room: usize) -> Result<Vec<u8>, DecodeError> {
    let mut decoder = decoder(coding);
    let (mut decoded, mut buffer) = (Vec::new(), vec![0; room]);
    let mut pieces = bytes.chunks(piece);
    let mut input = pieces.next().unwrap_or_default();
    loop {
        let step = decoder.decode(input, &mut buffer)?;
        assert!(step.read <= input.len() && step.written <= room);
        decoded.extend_from_slice(&buffer[..step.written]);
        input = &input[step.read..];
        if step.is_idle() {
            assert!(input.is_empty(), "stuck with {} bytes of {coding}", input.len());
            match pieces.next() {
                Some(next) => input = next,
                None => return decoder.finish().map(|()| decoded),
            }
        }
    }
}

fn broken(coding: &str, bytes: &[u8]) -> DecodeError {
    let whole = decode(coding, bytes, bytes.len().max(1), 4096).unwrap_err();
    assert_eq!(decode(coding, bytes, 1, 7).unwrap_err(), whole, "{coding} byte by byte");
    whole
}

#[test]
fn every_coding_gives_the_data_back() {
    let data = quick_brown_fox();
    for (coding, encoded) in [
        ("gzip", gzip(&data)),
        ("GZIP", gzip(&data)),
        ("x-gzip", gzip(&data)),
        ("identity, gzip", gzip(&data)),
        ("deflate", zlib(&data)),
        ("deflate", bare_deflate(&data)),
        ("br", BR.to_vec()),
        ("zstd", zstd(&data)),
        ("gzip, zstd", zstd(&gzip(&data))),
        ("br, gzip", gzip(BR)),
        ("gzip ,, Gzip", gzip(&gzip(&data))),
    ] {
        for (piece, room) in [(1, 1), (1, 4096), (3, 100), (encoded.len(), 1), (encoded.len(), 1 << 20)] {
            assert!(decode(coding, &encoded, piece, room).unwrap() == data, "{coding} by {piece} into {room}");
        }
    }
}

#[test]
fn what_is_not_encoded_needs_no_decoder() {
    for lines in [&[][..], &["identity"], &[""], &["identity, identity"]] {
        assert!(ContentDecoder::new(&headers(lines)).unwrap().is_none());
    }
}

#[test]
fn rule_11_layers_are_counted_over_all_lines() {
    for lines in [&["gzip, gzip, gzip"][..], &["gzip", "gzip", "gzip"], &["gzip, br", "deflate"]] {
        let error = ContentDecoder::new(&headers(lines)).unwrap_err();
        assert_eq!(error, DecodeError::TooManyLayers { limit: 2 }, "{lines:?}");
    }
    let unknown = ContentDecoder::new(&headers(&["gzip, comp\tress"])).unwrap_err();
    assert_eq!(unknown.to_string(), "unknown content encoding `comp\\tress`");
}

#[test]
fn rule_11_a_step_never_gives_more_than_the_room() {
    // 100 MB out of 100 KB, and the same wrapped once more.
    let bomb = gzip(&vec![0; 100_000_000]);
    for (coding, bomb) in [("gzip", bomb.clone()), ("gzip, gzip", gzip(&bomb)), ("gzip, zstd", zstd(&bomb))] {
        let mut decoder = decoder(coding);
        let mut room = [0; 1000];
        let (mut read, mut written) = (0, 0);
        for _ in 0..1000 {
            let step = decoder.decode(&bomb[read..], &mut room).unwrap();
            (read, written) = (read + step.read, written + step.written);
        }
        assert!((900_000..=1_000_000).contains(&written), "{coding}: {written}");
    }
}

type Encode = fn(&[u8]) -> Vec<u8>;

#[test]
fn what_is_left_between_two_layers_does_not_look_like_the_end() {
    // When the room is full there may be something left for the inner layer that gives nothing any more, such as a
    // checksum, and the outer layer has input still.
    let codings: [(&str, Encode); 5] =
        [("gzip", gzip), ("deflate", zlib), ("deflate", bare_deflate), ("br", stored_br), ("zstd", zstd)];
    let data = quick_brown_fox();
    for (inner, encode_inner) in codings {
        for (outer, encode_outer) in codings {
            let (coding, encoded) = (format!("{inner}, {outer}"), encode_outer(&encode_inner(&data)));
            for (piece, room) in [(1, 1), (7, 100), (encoded.len(), 1), (encoded.len(), data.len())] {
                assert!(decode(&coding, &encoded, piece, room).unwrap() == data, "{coding} by {piece} into {room}");
            }
        }
    }
    // What a fuzzer found: two layers of br, the inner one with blocks that are empty.
    let found = &include_bytes!("../fuzz/seeds/encoding/between-layers")[2..];
    assert_eq!(broken("br, br", found), DecodeError::CutShort("br"));
}

#[test]
fn rule_11_what_vanishes_between_two_layers_is_bounded_work() {
    // 8 MB of padding behind a member of gzip, in 8 KB: nothing of it is given out.
    let bomb = gzip(&[gzip(b"data"), vec![0; 8_000_000]].concat());
    let mut decoder = decoder("gzip, gzip");
    let (mut at, mut passed, mut room) = (0, 0, [0; 100]);
    loop {
        let step = decoder.decode(&bomb[at..], &mut room).unwrap();
        if step.is_idle() {
            break;
        }
        assert!(step.passed < 1_100_000, "{step:?}");
        (at, passed) = (at + step.read, passed + step.passed);
    }
    assert_eq!((at, passed), (bomb.len(), 8_000_000 + gzip(b"data").len()));
    decoder.finish().unwrap();
}

#[test]
fn a_cut_stream_is_an_error() {
    let data = quick_brown_fox();
    for (coding, name, encoded) in [
        ("gzip", "gzip", gzip(&data)),
        ("deflate", "deflate", zlib(&data)),
        ("deflate", "deflate", bare_deflate(&data)),
        ("br", "br", BR.to_vec()),
        ("zstd", "zstd", zstd(&data)),
    ] {
        for end in 1..encoded.len() {
            let error = decode(coding, &encoded[..end], 16, 4096).unwrap_err();
            assert_eq!(error, DecodeError::CutShort(name), "{end} of {}", encoded.len());
        }
        assert_eq!(decode(coding, b"", 1, 10).unwrap(), b"", "no bytes at all are an empty body");
    }
    let inner_is_cut = gzip(&zstd(&data)[..20]);
    assert_eq!(broken("zstd, gzip", &inner_is_cut), DecodeError::CutShort("zstd"));
}

#[test]
fn several_members_are_one_body() {
    let (a, b) = (b"first ".as_slice(), b"second".as_slice());
    assert_eq!(decode("gzip", &[gzip(a), gzip(b)].concat(), 5, 100).unwrap(), b"first second");
    assert_eq!(decode("gzip", &[gzip(a), vec![0; 9], gzip(b), vec![0; 9]].concat(), 5, 100).unwrap(), b"first second");
    assert_eq!(decode("zstd", &[zstd(a), zstd(b)].concat(), 5, 100).unwrap(), b"first second");
    let skippable = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc".to_vec();
    assert_eq!(decode("zstd", &[skippable, zstd(b)].concat(), 5, 100).unwrap(), b"second");
}

#[test]
fn what_is_behind_the_end_is_an_error() {
    let data = b"data";
    for (coding, encoded) in
        [("gzip", gzip(data)), ("deflate", zlib(data)), ("deflate", bare_deflate(data)), ("br", BR.to_vec())]
    {
        assert_eq!(broken(coding, &[encoded, b"EVIL".to_vec()].concat()), DecodeError::Garbage(coding));
    }
    assert_eq!(broken("zstd", &[zstd(data), b"EVIL".to_vec()].concat()), DecodeError::Broken("zstd"));
}

#[test]
fn gzip_headers_with_every_field_are_understood() {
    let plain = gzip(b"data");
    let mut full = b"\x1f\x8b\x08\x1e".to_vec();
    full.extend(&plain[4..10]);
    full.extend(b"\x03\x00xyzname.txt\0a comment\0\x12\x34");
    full.extend(&plain[10..]);
    assert_eq!(decode("gzip", &full, 1, 10).unwrap(), b"data");
    let mut empty_extra = full.clone();
    empty_extra.splice(10..15, [0, 0]);
    assert_eq!(decode("gzip", &empty_extra, 1, 10).unwrap(), b"data");
}

#[test]
fn data_that_is_wrong_is_an_error() {
    let good = gzip(b"data");
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let end = good.len() - 1;
    for bytes in [b"plain text".to_vec(), changed(2, 7), changed(3, 0x80), changed(end, 9), changed(end - 5, 9)] {
        assert_eq!(broken("gzip", &bytes), DecodeError::Broken("gzip"), "{bytes:?}");
    }
    assert_eq!(broken("zstd", b"plain text"), DecodeError::Broken("zstd"));
    assert_eq!(broken("br", b"\xffplain text"), DecodeError::Broken("br"));
    assert_eq!(broken("deflate", b"\x78\x9c plain text"), DecodeError::Broken("deflate"));
}

#[test]
fn rule_11_zstd_windows_beyond_8_mib_are_refused() {
    // A frame header with a window of 2^27 bytes: the decoder would have to keep as much.
    let bytes = b"\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00";
    assert_eq!(broken("zstd", bytes), DecodeError::Broken("zstd"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn cuts_and_rooms_change_nothing(
        data in proptest::collection::vec(0u8..4, 0..2000),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..2),
        piece in 1usize..50,
        room in 1usize..50,
        kind in 0usize..6,
    ) {
        let (coding, mut encoded) = match kind {
            0 => ("gzip", gzip(&data)),
            1 => ("deflate", zlib(&data)),
            2 => ("deflate", bare_deflate(&data)),
            3 => ("zstd", zstd(&data)),
            4 => ("br", BR.to_vec()),
            _ => ("deflate, gzip", gzip(&zlib(&data))),
        };
        for (place, byte) in &changes {
            let at = place.index(encoded.len());
            encoded[at] = *byte;
        }
        let whole = decode(coding, &encoded, encoded.len(), 1 << 20);
        if changes.is_empty() && kind != 4 {
            assert!(whole.as_ref() == Ok(&data));
        }
        let cut = decode(coding, &encoded, piece, room);
        // What is wrong may be seen earlier or later, but not overlooked.
        assert_eq!(cut.is_ok(), whole.is_ok(), "{:?} {:?}", cut.err(), whole.err());
        if let (Ok(cut), Ok(whole)) = (cut, whole) {
            assert!(cut == whole);
        }
    }

    #[test]
    fn random_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), kind in 0usize..5) {
        let _ = decode(["gzip", "deflate", "br", "zstd", "br, zstd"][kind], &bytes, 7, 64);
    }
}

//! Whatever is given as a URL, and whatever a server redirects to: it is refused, or leads where it says.
//!
//! The first line is the URL of a request, each further one a redirect: three digits of its status, then its
//! `Location`.

#![no_main]

use libfuzzer_sys::fuzz_target;

use glassloop::http::fuzzing::follow;

fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    let Some(Ok(url)) = lines.next().map(str::from_utf8) else { return };
    follow(url, lines.filter_map(|line| line.split_at_checked(3)));
});

//! Which hosts are reached without a proxy: `no_proxy`, read as curl reads it.

use std::net::IpAddr;

use ::url::Host;

/// The hosts of a `no_proxy`: names stand for themselves and everything below them, addresses may be networks, a port
/// restricts an entry to itself, and a lone `*` means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bypass {
    all: bool,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    pattern: Pattern,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// In small letters, without dots at either end.
    Name(String),
    /// The first so many bits of an address.
    Network(IpAddr, u8),
}

impl Bypass {
    /// Entries between commas or blanks. What cannot be understood matches nothing.
    pub(super) fn parse(list: &str) -> Bypass {
        let all = list.trim() == "*";
        let entries = list.split([',', ' ', '\t']).filter(|text| !text.is_empty()).filter_map(Entry::parse);
        Bypass { all, entries: if all { Vec::new() } else { entries.collect() } }
    }

    pub(super) fn covers(&self, host: &Host<String>, port: u16) -> bool {
        let is_for_port = |entry: &&Entry| entry.port.is_none_or(|only| only == port);
        self.all || self.entries.iter().filter(is_for_port).any(|entry| entry.pattern.matches(host))
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Entry> {
        // An address without brackets holds colons too.
        if let Some(pattern) = Pattern::network(text) {
            return Some(Entry { pattern, port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (text, None),
        };
        let pattern = Pattern::network(host).or_else(|| Pattern::name(host))?;
        Some(Entry { pattern, port })
    }
}

impl Pattern {
    fn network(text: &str) -> Option<Pattern> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
        let address: IpAddr = bare.parse().ok()?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(all);
        (bits <= all).then_some(Pattern::Network(address, bits))
    }

    fn name(text: &str) -> Option<Pattern> {
        let name = text.trim_matches('.').to_ascii_lowercase();
        (!name.is_empty()).then_some(Pattern::Name(name))
    }

    fn matches(&self, host: &Host<String>) -> bool {
        match (self, host) {
            (Pattern::Name(name), Host::Domain(host)) => {
                let host = host.trim_end_matches('.');
                let below = host.strip_suffix(name.as_str());
                below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            (Pattern::Network(network, bits), Host::Ipv4(host)) => same_bits(*network, IpAddr::V4(*host), *bits),
            (Pattern::Network(network, bits), Host::Ipv6(host)) => same_bits(*network, IpAddr::V6(*host), *bits),
            _ => false,
        }
    }
}

fn same_bits(a: IpAddr, b: IpAddr, bits: u8) -> bool {
    let (difference, width) = match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits() ^ b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits(), 128),
        _ => return false,
    };
    difference.checked_shr(width - u32::from(bits)).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(list: &str, host: &str) -> bool {
        let (host, port) = host.rsplit_once(':').unwrap();
        Bypass::parse(list).covers(&Host::parse(host).unwrap(), port.parse().unwrap())
    }

    #[test]
    fn names_match_themselves_and_what_is_below() {
        for list in ["a.test", ".a.test", "x, a.test", "x a.test", "A.TEST.", "b.a.test,a.test:80"] {
            assert!(covers(list, "a.test:80"), "{list}");
        }
        assert!(covers("a.test", "www.a.test:80") && covers("a.test", "a.test.:80"));
        for list in ["", "b.test", "test.a", "www.a.test", "*.a.test", "a.test:81", "a.test:x", ",", "...", "* "] {
            assert_eq!(covers(list, "a.test:80"), list.trim() == "*", "{list:?}");
        }
        assert!(!covers("a.test", "ba.test:80"));
        assert!(!covers("*,b.test", "a.test:80"), "only a lone asterisk means all");
    }

    #[test]
    fn addresses_match_as_addresses_and_networks() {
        assert!(covers("127.0.0.1", "127.0.0.1:80") && !covers("127.0.0.1", "127.0.0.2:80"));
        assert!(covers("127.0.0.0/8", "127.9.9.9:80") && !covers("127.0.0.0/8", "128.0.0.1:80"));
        assert!(covers("10.0.0.0/0", "1.2.3.4:80") && !covers("10.0.0.0/33", "10.0.0.0:80"));
        for list in ["::1", "[::1]", "[::1]:80", "::/0", "0::1/128", "127.0.0.1:80,::1"] {
            assert!(covers(list, "[::1]:80"), "{list}");
        }
        assert!(!covers("[::1]:81", "[::1]:80") && !covers("::2", "[::1]:80") && !covers("0.0.0.0/0", "[::1]:80"));
        assert!(!covers("0.0.1", "127.0.0.1:80"), "no suffixes of addresses");
    }
}

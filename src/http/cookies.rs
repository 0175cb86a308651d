//! The cookies that a client keeps: `cookie_store` knows the rules of RFC 6265, here are the ones around it.
//!
//! Nobody sets a cookie for a public suffix (`co.uk`, `github.io`), nobody fills the memory, and nobody makes the
//! header longer than servers take.

use std::cell::RefCell;
use std::fmt;

use ::http::header::{self, HeaderValue};
use ::url::{Host, Url};
use cookie_store::{CookieStore, RawCookie};

use super::h1::Headers;

/// The longest cookie, name and value together, in bytes.
const LONGEST: usize = 4096;
/// The most cookies of one site (the domain that somebody has registered, and all below it), and in all.
const MOST_OF_A_SITE: usize = 100;
const MOST: usize = 3000;
/// The most that one response may set, and the longest header that one request sends.
const MOST_OF_A_RESPONSE: usize = 50;
const LONGEST_HEADER: usize = 8190;

/// The cookies of one client.
#[derive(Default)]
pub(super) struct Jar {
    store: RefCell<CookieStore>,
}

impl Jar {
    /// Keeps what a response to a request for this URL sets. What breaks a rule is left out.
    pub(super) fn keep(&self, url: &Url, headers: &impl Headers) {
        for line in headers.values_of(&header::SET_COOKIE).take(MOST_OF_A_RESPONSE) {
            if let Ok(text) = std::str::from_utf8(line) {
                self.set(url, text);
            }
        }
    }

    /// Keeps one cookie, written as in `Set-Cookie`; says whether that was done.
    pub(super) fn set(&self, url: &Url, text: &str) -> bool {
        let Ok(mut cookie) = RawCookie::parse(text.to_owned()) else { return false };
        if !may_be_set(&cookie, url) || !settle_domain(&mut cookie, url) {
            return false;
        }
        let store = &mut *self.store.borrow_mut();
        // One that is there already may still be changed, and expired.
        let Ok(cookie) = cookie_store::Cookie::try_from_raw_cookie(&cookie, url) else { return false };
        let same = |kept: &cookie_store::Cookie<'_>| {
            (kept.name(), &kept.domain, &kept.path) == (cookie.name(), &cookie.domain, &cookie.path)
        };
        let is_new = !store.iter_any().any(same);
        if is_new && is_full(store, url) {
            // Cookies that were deleted are kept too, as ones that have expired.
            forget_expired(store);
            if is_full(store, url) {
                return false;
            }
        }
        store.insert(cookie.into_owned(), url).is_ok()
    }

    /// The header for a request to this URL: the cookies that the request brings along, then ours.
    pub(super) fn header(&self, url: &Url, own: Option<&HeaderValue>) -> Option<HeaderValue> {
        let mut line = own.map(|own| own.as_bytes().to_vec()).unwrap_or_default();
        for (name, value) in self.cookies(url) {
            if line.len() + name.len() + value.len() + 3 > LONGEST_HEADER {
                break;
            }
            if !line.is_empty() {
                line.extend_from_slice(b"; ");
            }
            line.extend_from_slice(format!("{name}={value}").as_bytes());
        }
        let mut value = HeaderValue::from_bytes(&line).ok().filter(|value| !value.is_empty())?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Names and values of the cookies for this URL: those of longer paths first; of one domain and path, those whose place is the oldest.
    pub(super) fn cookies(&self, url: &Url) -> Vec<(String, String)> {
        let store = self.store.borrow();
        let mut cookies = store.matches(url);
        cookies.sort_by_key(|cookie| std::cmp::Reverse(String::from(&cookie.path).len()));
        cookies.iter().map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned())).collect()
    }

    pub(super) fn clear(&self) {
        self.store.borrow_mut().clear();
    }
}

/// Whether there is no room for one more of this host's site.
fn is_full(store: &CookieStore, url: &Url) -> bool {
    let (host, registered) = (url.host_str().unwrap_or_default(), registered_domain(url));
    let is_of_site = |kept: &&cookie_store::Cookie<'_>| {
        let domain = String::from(&kept.domain);
        registered.as_deref().map_or(domain == host, |site| is_within(&domain, site))
    };
    store.iter_any().count() >= MOST || store.iter_any().filter(is_of_site).count() >= MOST_OF_A_SITE
}

/// The domain that somebody has registered. An address has none, nor has a public suffix: that is a site for itself.
fn registered_domain(url: &Url) -> Option<String> {
    match url.host() {
        Some(Host::Domain(name)) => psl::domain_str(name).map(str::to_owned),
        _ => None,
    }
}

fn is_within(domain: &str, site: &str) -> bool {
    domain.strip_suffix(site).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn forget_expired(store: &mut CookieStore) {
    let expired = store.iter_any().filter(|cookie| cookie.is_expired());
    let expired: Vec<_> = expired
        .map(|cookie| (String::from(&cookie.domain), String::from(&cookie.path), cookie.name().to_owned()))
        .collect();
    for (domain, path, name) in expired {
        store.remove(&domain, &path, &name);
    }
}

/// Length, bytes, and the prefixes that promise something (RFC 6265bis).
fn may_be_set(cookie: &RawCookie<'_>, url: &Url) -> bool {
    let (name, value) = (cookie.name(), cookie.value());
    let is_secure = cookie.secure() == Some(true) && url.scheme() == "https";
    let starts = |prefix: &str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let keeps_its_promise = if starts("__Host-") {
        is_secure && cookie.domain().is_none() && cookie.path() == Some("/")
    } else {
        is_secure || !starts("__Secure-")
    };
    name.len() + value.len() <= LONGEST
        && !name.is_empty()
        && !name.chars().chain(value.chars()).any(char::is_control)
        // What is to stay secret has no way to come in the clear.
        && (is_secure || cookie.secure() != Some(true))
        && keeps_its_promise
}

/// A `Domain` that is a public suffix is refused, unless it is the host itself: then the cookie is for that host alone.
fn settle_domain(cookie: &mut RawCookie<'static>, url: &Url) -> bool {
    let Some(domain) = cookie.domain().map(|domain| domain.trim_start_matches('.').to_owned()) else { return true };
    let Ok(Host::Domain(domain)) = Host::parse(&domain) else { return url.host_str() == Some(&domain) };
    if !is_public_suffix(&domain) {
        cookie.set_domain(domain);
        return true;
    }
    cookie.unset_domain();
    url.host_str() == Some(&domain)
}

/// By the list, which says of an unknown top-level domain that it is one too.
fn is_public_suffix(domain: &str) -> bool {
    let domain = domain.trim_end_matches('.');
    psl::suffix(domain.as_bytes()).is_none_or(|suffix| suffix.as_bytes() == domain.as_bytes())
}

/// Says how many, not which.
impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jar({} cookies)", self.store.borrow().iter_unexpired().count())
    }
}

#[cfg(test)]
mod tests {
    use ::http::HeaderMap;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    /// What is sent to a URL, of what another one has set.
    fn sent(set_by: &str, cookies: &[&str], sent_to: &str) -> String {
        let jar = Jar::default();
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(header::SET_COOKIE, HeaderValue::from_str(cookie).unwrap());
        }
        jar.keep(&url(set_by), &headers);
        let header = jar.header(&url(sent_to), None);
        header.map(|header| header.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    #[test]
    fn rule_17_cookies_are_for_their_host_only() {
        for (set_by, cookie, sent_to, expected) in [
            ("http://a.example.com/", "s=1", "http://a.example.com/", "s=1"),
            ("http://a.example.com/", "s=1", "http://a.example.com:81/", "s=1"),
            ("http://a.example.com/", "s=1", "http://b.a.example.com/", ""),
            ("http://a.example.com/", "s=1", "http://example.com/", ""),
            ("http://a.example.com/", "s=1; Domain=example.com", "http://b.example.com/", "s=1"),
            ("http://a.example.com/", "s=1; Domain=.EXAMPLE.com", "http://b.example.com/", "s=1"),
            ("http://a.example.com/", "s=1; Domain=example.com", "http://badexample.com/", ""),
            ("http://a.example.com/", "s=1; Domain=b.example.com", "http://b.example.com/", ""),
            ("http://127.0.0.1/", "s=1; Domain=127.0.0.1", "http://127.0.0.1/", "s=1"),
            ("http://127.0.0.1/", "s=1; Domain=0.0.1", "http://127.0.0.1/", ""),
        ] {
            assert_eq!(sent(set_by, &[cookie], sent_to), expected, "{cookie} by {set_by} to {sent_to}");
        }
    }

    #[test]
    fn rule_17_nobody_sets_a_cookie_for_a_public_suffix() {
        for (set_by, domain, sent_to) in [
            ("http://a.co.uk/", "co.uk", "http://b.co.uk/"),
            ("http://a.com/", "com", "http://b.com/"),
            ("http://a.github.io/", "github.io", "http://b.github.io/"),
            ("http://a.unheard-of/", "unheard-of", "http://b.unheard-of/"),
            ("http://a.co.uk/", "co.uk.", "http://b.co.uk/"),
        ] {
            let cookie = format!("s=1; Domain={domain}");
            assert_eq!(sent(set_by, &[&cookie], sent_to), "", "{domain}");
        }
        // The suffix may set one for itself.
        assert_eq!(sent("http://github.io/", &["s=1; Domain=github.io"], "http://github.io/"), "s=1");
        assert_eq!(sent("http://github.io/", &["s=1; Domain=github.io"], "http://a.github.io/"), "");
        assert_eq!(sent("http://localhost/", &["s=1; Domain=localhost"], "http://localhost/"), "s=1");
    }

    #[test]
    fn rule_17_paths_end_on_boundaries_and_secure_is_for_https() {
        for (cookie, sent_to, expected) in [
            ("s=1; Path=/a", "https://h.example/a", "s=1"),
            ("s=1; Path=/a", "https://h.example/a/b", "s=1"),
            ("s=1; Path=/a", "https://h.example/ab", ""),
            ("s=1; Secure", "https://h.example/", "s=1"),
            ("s=1; Secure", "http://h.example/", ""),
            ("__Secure-s=1", "https://h.example/", ""),
            ("__host-s=1; Secure", "https://h.example/", ""),
            ("__Host-s=1; Secure; Path=/", "https://h.example/", "__Host-s=1"),
        ] {
            assert_eq!(sent("https://h.example/", &[cookie], sent_to), expected, "{cookie} to {sent_to}");
        }
        assert_eq!(sent("http://h.example/", &["s=1; Secure"], "https://h.example/"), "");
        assert_eq!(sent("http://h.example/a/b", &["s=1"], "http://h.example/a/"), "s=1");
        assert_eq!(sent("http://h.example/a/b", &["s=1"], "http://h.example/"), "");
        let both = ["a=1; Path=/", "b=2; Path=/x"];
        assert_eq!(sent("http://h.example/", &both, "http://h.example/x"), "b=2; a=1");
        let names: Vec<String> = (0..20).map(|n| format!("c{}={n}", n * 7 % 20)).collect();
        let lines: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(sent("http://h.example/", &lines, "http://h.example/"), names.join("; "));
    }

    #[test]
    fn rule_17_number_and_size_are_limited() {
        let long = format!("s={}", "x".repeat(LONGEST));
        assert_eq!(sent("http://h.example/", &[&long], "http://h.example/"), "");
        let jar = Jar::default();
        let home = url("http://h.example/");
        let kept = (0..1000).filter(|n| jar.set(&home, &format!("c{n}={}", "x".repeat(200)))).count();
        assert_eq!(kept, MOST_OF_A_SITE);
        assert!(jar.set(&home, "c0=changed"));
        // One name under ever new paths is as many cookies.
        let of_paths = Jar::default();
        let kept = (0..1000).filter(|n| of_paths.set(&home, &format!("s=1; Path=/{n}"))).count();
        assert_eq!(kept, MOST_OF_A_SITE);
        // So is one site under ever new names, and it leaves room for others.
        let of_names = Jar::default();
        let host = |n: usize| url(&format!("http://h{n}.evil.example/"));
        let kept = (0..1000).filter(|&n| of_names.set(&host(n), "s=1; Path=/")).count();
        assert_eq!(kept, MOST_OF_A_SITE);
        assert!(of_names.set(&url("http://notevil.example/"), "s=1") && of_names.set(&url("http://127.0.0.1/"), "s=1"));
        assert!(jar.header(&home, None).unwrap().len() <= LONGEST_HEADER);
        assert!(!jar.set(&home, "a=\u{1}b") && !jar.set(&home, "=b"));
    }

    #[test]
    fn expired_cookies_are_deleted_and_new_ones_replace() {
        let home = "http://h.example/";
        assert_eq!(sent(home, &["s=1", "s=2"], home), "s=2");
        assert_eq!(sent(home, &["s=1", "s=; Max-Age=0"], home), "");
        assert_eq!(sent(home, &["s=1", "s=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], home), "");
        assert_eq!(sent(home, &["s=1; Max-Age=60"], home), "s=1");
        // What was deleted takes no room in the long run.
        let jar = Jar::default();
        for n in 0..2 * MOST_OF_A_SITE {
            assert!(jar.set(&url(home), &format!("flash{n}=1")));
            assert!(jar.set(&url(home), &format!("flash{n}=; Max-Age=0")));
        }
        assert_eq!(jar.cookies(&url(home)), []);
        let own = HeaderValue::from_static("mine=0");
        let jar = Jar::default();
        assert!(jar.set(&url(home), "s=1"));
        assert_eq!(jar.header(&url(home), Some(&own)).unwrap(), "mine=0; s=1");
        jar.clear();
        assert_eq!(jar.header(&url(home), None), None);
    }
}

//! Which proxy a request goes over, if any.

use std::env;
use std::rc::Rc;

use super::bypass::Bypass;
use super::{InvalidProxy, Proxy};
use crate::http::origin::{Origin, Scheme};

/// A proxy, or what is wrong with its description: that is said when it would be used, never passed over.
type Described = Option<Result<Rc<Proxy>, InvalidProxy>>;

/// The proxies of a client.
#[derive(Debug, Clone, Default)]
pub(in crate::http::connect) struct Proxies {
    http: Described,
    https: Described,
    bypass: Bypass,
}

impl Proxies {
    /// What the environment says, in small letters: `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`. Never
    /// `HTTP_PROXY`: in a CGI program that is a header of whoever sent the request (CVE-2016-5385).
    pub(in crate::http::connect) fn from_environment() -> Proxies {
        Proxies::from_variables(|name| env::var(name).ok())
    }

    /// This proxy for everything but what the environment's `no_proxy` names, as with curl's `--proxy`.
    pub(in crate::http::connect) fn only(proxy: Proxy) -> Proxies {
        Proxies::of(proxy, |name| env::var(name).ok())
    }

    fn of(proxy: Proxy, variable: impl Fn(&str) -> Option<String>) -> Proxies {
        let proxy = Some(Ok(Rc::new(proxy)));
        Proxies { http: proxy.clone(), https: proxy, bypass: bypass(variable) }
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Proxies {
        let proxy = |name| {
            let text = variable(name).filter(|text| !text.is_empty()).or_else(|| variable("all_proxy"))?;
            (!text.is_empty()).then(|| Proxy::parse(&text).map(Rc::new))
        };
        Proxies { http: proxy("http_proxy"), https: proxy("https_proxy"), bypass: bypass(&variable) }
    }

    /// The proxy on the way to an origin.
    pub(in crate::http::connect) fn choose(&self, origin: &Origin) -> Result<Option<Rc<Proxy>>, InvalidProxy> {
        let described = match origin.scheme {
            Scheme::Http => &self.http,
            Scheme::Https => &self.https,
        };
        match described {
            None => Ok(None),
            Some(_) if self.bypass.covers(&origin.host, origin.port) => Ok(None),
            Some(Ok(proxy)) => Ok(Some(Rc::clone(proxy))),
            Some(Err(error)) => Err(error.clone()),
        }
    }
}

fn bypass(variable: impl Fn(&str) -> Option<String>) -> Bypass {
    variable("no_proxy").map(|list| Bypass::parse(&list)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::origin::Destination;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        Proxies::from_variables(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn chosen(proxies: &Proxies, url: &str) -> String {
        let origin = Destination::parse(url).unwrap().origin;
        match proxies.choose(&origin) {
            Ok(None) => "none".into(),
            Ok(Some(proxy)) => proxy.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn rule_16_only_small_letters_count() {
        let none = proxies(&[("HTTP_PROXY", "http://evil.test"), ("HTTPS_PROXY", "x"), ("ALL_PROXY", "x")]);
        assert_eq!(chosen(&none, "http://a.test/"), "none");
        let both = proxies(&[("http_proxy", "http://p.test:1"), ("no_proxy", "b.test,127.0.0.1")]);
        assert_eq!(chosen(&both, "http://a.test/"), "p.test:1");
        assert_eq!(chosen(&both, "http://b.test/"), "none");
        assert_eq!(chosen(&both, "http://127.0.0.1/"), "none");
        let unset = proxies(&[("http_proxy", ""), ("no_proxy", "")]);
        assert_eq!(chosen(&unset, "http://a.test/"), "none");
    }

    #[cfg(feature = "tls")]
    #[test]
    fn each_scheme_has_its_own_and_all_proxy_is_for_the_rest() {
        let all = proxies(&[("all_proxy", "p.test:1"), ("https_proxy", "q.test:2")]);
        assert_eq!(chosen(&all, "http://a.test/"), "p.test:1");
        assert_eq!(chosen(&all, "https://a.test/"), "q.test:2");
        let http = proxies(&[("http_proxy", "p.test:1")]);
        assert_eq!(chosen(&http, "https://a.test/"), "none");
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_an_error_and_not_passed_over() {
        let socks = proxies(&[("all_proxy", "socks5://p.test"), ("no_proxy", "b.test")]);
        assert!(chosen(&socks, "http://a.test/").starts_with("unsupported kind of proxy `socks5`"));
        assert_eq!(chosen(&socks, "http://b.test/"), "none");
    }

    #[test]
    fn a_proxy_by_hand_obeys_no_proxy_too() {
        let proxy = Proxy::parse("p.test:1").unwrap();
        let by_hand = Proxies::of(proxy, |name| (name == "no_proxy").then(|| "b.test".to_owned()));
        assert_eq!(chosen(&by_hand, "http://a.test/"), "p.test:1");
        assert_eq!(chosen(&by_hand, "http://b.test/"), "none");
    }
}

//! Which addresses a name has: those that were given, those that are remembered, or those that are looked up now.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use super::happy_eyeballs::interleave;
use crate::Instant;
use crate::http::events::{EventKind, Watch};
use crate::net::getaddrinfo;

/// A server can lead a client to any number of names: so many are remembered.
const MOST: usize = 1024;

/// What the builder has been told of names.
#[derive(Clone)]
pub(super) struct NameSettings {
    /// The first that fits counts.
    pub(super) given: Vec<Name>,
    pub(super) resolver: Option<Resolver>,
    pub(super) cache_time: Duration,
}

/// A name whose addresses are given.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) addresses: Vec<SocketAddr>,
}

/// Looks names up in place of the system.
pub(super) type Resolver = Rc<dyn Fn(String, u16) -> Lookup>;

type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>>>>;

/// The names of one client.
#[derive(Debug)]
pub(super) struct Names {
    settings: NameSettings,
    found: RefCell<BTreeMap<(String, u16), Found>>,
}

/// What was looked up, and when.
#[derive(Debug)]
struct Found {
    addresses: Vec<SocketAddr>,
    since: Instant,
}

impl Default for NameSettings {
    fn default() -> NameSettings {
        NameSettings { given: Vec::new(), resolver: None, cache_time: Duration::from_secs(10) }
    }
}

impl Names {
    pub(super) fn new(settings: NameSettings) -> Names {
        Names { settings, found: RefCell::default() }
    }

    /// The addresses, in the order in which they are to be tried.
    pub(super) async fn addresses(&self, name: &str, port: u16, watch: &Watch) -> io::Result<Vec<SocketAddr>> {
        let mut given = self.settings.given.iter();
        if let Some(known) = given.find(|known| known.port == port && known.host.eq_ignore_ascii_case(name)) {
            return Ok(known.addresses.clone());
        }
        let key = (name.to_owned(), port);
        if let Some(found) = self.found.borrow().get(&key)
            && self.is_fresh(found)
        {
            return Ok(found.addresses.clone());
        }
        watch.tell(EventKind::DnsBegin { host: name });
        let addresses = interleave(match &self.settings.resolver {
            Some(resolver) => resolver(key.0.clone(), port).await?,
            None => getaddrinfo((name, port)).await?,
        });
        watch.tell(EventKind::DnsEnd { addresses: &addresses });
        self.remember(key, &addresses);
        Ok(addresses)
    }

    /// Nobody answers there: the next look-up is a new one.
    pub(super) fn forget(&self, name: &str, port: u16) {
        self.found.borrow_mut().remove(&(name.to_owned(), port));
    }

    fn remember(&self, key: (String, u16), addresses: &[SocketAddr]) {
        if self.settings.cache_time.is_zero() {
            return;
        }
        let mut found = self.found.borrow_mut();
        if found.len() >= MOST {
            found.retain(|_, found| self.is_fresh(found));
        }
        if found.len() < MOST {
            found.insert(key, Found { addresses: addresses.to_vec(), since: crate::now() });
        }
    }

    /// (What was found before this loop's clock began, was found in another loop.)
    fn is_fresh(&self, found: &Found) -> bool {
        let now = crate::now();
        found.since <= now && now < found.since + self.settings.cache_time
    }
}

impl fmt::Debug for NameSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NameSettings")
            .field("given", &self.given)
            .field("resolver", &self.resolver.is_some())
            .field("cache_time", &self.cache_time)
            .finish()
    }
}

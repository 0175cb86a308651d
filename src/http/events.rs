//! What happens to a request on its way, for whoever listens (aiohttp's `TraceConfig`).
//!
//! The same events are marks in the runtime's trace, inside of a span that lasts as long as the request: so a recording
//! shows them among the polls, wakes and timers that they come from. Where nobody listens, nothing is made of them.

use std::cell::Cell;
use std::fmt;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::rc::Rc;

use ::http::{Method, StatusCode};

use super::Error;
use crate::context;
use crate::report::{Report, panic_text};

/// Something that happened to a request; see [`ClientBuilder::on_event`](super::ClientBuilder::on_event).
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// Which request: they are counted by their client, from 1. One that is redirected stays the same one.
    pub request: u64,
    /// What happened.
    pub kind: EventKind<'a>,
}

/// What happened to a request, in the order in which it does.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum EventKind<'a> {
    /// It begins.
    Begin {
        /// Its method.
        method: &'a Method,
        /// Its URL, without user info.
        url: &'a str,
    },
    /// It has to wait for a place in the pool.
    QueueBegin,
    /// It has one. (Of a request whose time is over first, the next event is its error.)
    QueueEnd,
    /// It goes over a connection that an earlier one has used.
    Reuse,
    /// The name of its host is being looked up.
    DnsBegin {
        /// The name.
        host: &'a str,
    },
    /// The name was found.
    DnsEnd {
        /// What it stands for.
        addresses: &'a [SocketAddr],
    },
    /// An address is being tried.
    ConnectBegin {
        /// The address; the path of a Unix socket.
        address: &'a str,
    },
    /// There is a connection.
    ConnectEnd {
        /// Where it leads to.
        address: &'a str,
    },
    /// The TLS handshake begins.
    TlsBegin {
        /// Whose certificate is expected.
        host: &'a str,
    },
    /// The TLS handshake is over.
    TlsEnd,
    /// All of it was sent: head and body.
    Sent,
    /// The first byte of the response has come.
    FirstByte,
    /// The response's head has come.
    Head {
        /// The status.
        status: StatusCode,
    },
    /// It is sent again, to where it was redirected.
    Redirect {
        /// The new URL, without user info.
        url: &'a str,
    },
    /// The body was read to its end.
    End,
    /// It has failed.
    Error {
        /// Why.
        error: &'a Error,
    },
    /// It was given up: its future, or the response, was dropped before the end.
    Dropped,
}

impl fmt::Display for EventKind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EventKind::Begin { method, url } => write!(f, "{method} {url}"),
            EventKind::QueueBegin => f.write_str("waits for a connection"),
            EventKind::QueueEnd => f.write_str("its turn to have a connection"),
            EventKind::Reuse => f.write_str("reuses a connection"),
            EventKind::DnsBegin { host } => write!(f, "looks up {host}"),
            EventKind::DnsEnd { addresses: [_] } => f.write_str("found 1 address"),
            EventKind::DnsEnd { addresses } => write!(f, "found {} addresses", addresses.len()),
            EventKind::ConnectBegin { address } => write!(f, "connects to {address}"),
            EventKind::ConnectEnd { address } => write!(f, "connected to {address}"),
            EventKind::TlsBegin { host } => write!(f, "TLS handshake with {host}"),
            EventKind::TlsEnd => f.write_str("TLS handshake done"),
            EventKind::Sent => f.write_str("request sent"),
            EventKind::FirstByte => f.write_str("first byte of the response"),
            EventKind::Head { status } => write!(f, "status {status}"),
            EventKind::Redirect { url } => write!(f, "redirected to {url}"),
            EventKind::End => f.write_str("end of the body"),
            EventKind::Error { error } => write!(f, "failed: {error}"),
            EventKind::Dropped => f.write_str("given up"),
        }
    }
}

/// What the program wants to be told.
pub(super) type Hook = Rc<dyn Fn(&Event<'_>)>;

/// Who listens to the requests of a client.
#[derive(Default)]
pub(super) struct Events {
    hook: Option<Hook>,
    last: Cell<u64>,
}

impl Events {
    pub(super) fn new(hook: Option<Hook>) -> Events {
        Events { hook, last: Cell::new(0) }
    }

    /// A request begins. The URL is asked for only if somebody listens.
    #[inline]
    pub(super) fn begin(&self, method: &Method, url: impl FnOnce() -> String) -> Watch {
        let request = self.last.get() + 1;
        self.last.set(request);
        let observed = context::try_look(|context| context.is_observed()).unwrap_or(false);
        if self.hook.is_none() && !observed {
            return Watch::default();
        }
        let url = url();
        let listener = Listener {
            request,
            is_over: Cell::new(false),
            hook: self.hook.clone(),
            #[cfg(feature = "trace")]
            _span: observed.then(|| crate::trace::span(&format!("http {request}: {method} {url}"))),
        };
        let watch = Watch(Some(Rc::new(listener)));
        watch.tell(EventKind::Begin { method, url: &url });
        watch
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hook = if self.hook.is_some() { "with" } else { "without" };
        write!(f, "Events({} requests, {hook} a hook)", self.last.get())
    }
}

/// Who listens to one request. Its last clone goes with the request, and ends the span.
#[derive(Clone, Default)]
pub(super) struct Watch(Option<Rc<Listener>>);

struct Listener {
    request: u64,
    /// Its last event was told.
    is_over: Cell<bool>,
    hook: Option<Hook>,
    #[cfg(feature = "trace")]
    _span: Option<crate::trace::Span>,
}

impl Watch {
    /// Tells who listens. Not to be called inside of a borrow: what they do is theirs.
    #[inline]
    pub(super) fn tell(&self, kind: EventKind<'_>) {
        if let Some(listener) = &self.0 {
            listener.tell(kind);
        }
    }

    /// Tells of what only takes shape when somebody listens.
    #[inline]
    pub(super) fn tell_text(&self, text: &dyn fmt::Display, kind: impl FnOnce(&str) -> EventKind<'_>) {
        if let Some(listener) = &self.0 {
            listener.tell(kind(&text.to_string()));
        }
    }
}

impl Listener {
    fn tell(&self, kind: EventKind<'_>) {
        self.is_over.set(matches!(kind, EventKind::End | EventKind::Error { .. } | EventKind::Dropped));
        #[cfg(feature = "trace")]
        if self._span.is_some() {
            crate::trace::mark(&format!("http {}: {kind}", self.request));
        }
        if let Some(hook) = &self.hook {
            hook(&Event { request: self.request, kind });
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if !self.is_over.get() {
            // A task that panics drops its requests: a hook that panics then too must not end the program, nor what it panics with.
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.tell(EventKind::Dropped))) {
                let (callback, panic) = ("on_event", panic_text(&*payload));
                let report = Report::CallbackPanicked { callback, panic, location: Location::caller() };
                if let Some(context) = context::current() {
                    context.report(&report);
                }
                std::mem::forget(payload);
            }
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(listener) => write!(f, "Watch(request {})", listener.request),
            None => f.write_str("Watch(nobody)"),
        }
    }
}

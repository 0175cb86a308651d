//! monoio on epoll.

use ::monoio::LegacyDriver;

use super::monoio::RuntimeOn;
use crate::contender::Peer;

pub(crate) use super::monoio::{detach, join, serve, sleep, spawn, timeout};

/// Its name.
pub(crate) const PEER: Peer = Peer::new("monoio", "epoll");

/// With timers.
pub(crate) type Runtime = RuntimeOn<LegacyDriver>;

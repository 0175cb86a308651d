//! What happens, in order, when a request is sent.

use std::rc::Rc;
use std::time::Duration;

use ::http::StatusCode;

use super::Shared;
use crate::http::connect::Route;
use crate::http::connection::Failure;
use crate::http::deadlines::Deadlines;
use crate::http::events::{EventKind, Watch};
use crate::http::origin::Destination;
use crate::http::pool::Lease;
use crate::http::request::Hop;
use crate::http::{Error, Response};

const WAITING: &str = "waiting for the response";

/// The body of a redirect is read, so that its connection can be used again, if that costs no more than this.
const DRAINED_BYTES: usize = 64 * 1024;
const DRAINED_TIME: Duration = Duration::from_millis(500);

// The errors in this file are boxed: what is handed on from call to call is then as small as what went well.

/// Sends a request, follows redirects, and reads the head of the response.
pub(in crate::http) async fn execute(shared: &Rc<Shared>, hop: Box<Hop>) -> Result<Response, Box<Error>> {
    let watch = shared.pool.events.begin(&hop.method, || hop.destination.shown());
    let result = follow(shared, hop, &watch).await;
    if let Err(error) = &result {
        watch.tell(EventKind::Error { error });
    }
    result
}

async fn follow(shared: &Rc<Shared>, mut hop: Box<Hop>, watch: &Watch) -> Result<Response, Box<Error>> {
    let deadlines = Deadlines::start(hop.options.timeouts);
    let mut redirects = 0;
    loop {
        let lease = exchange(shared, &hop, &deadlines, watch).await?;
        let head = lease.head();
        #[cfg(feature = "cookies")]
        if let Some(jar) = &shared.cookies {
            jar.keep(&hop.destination.url, &head.lines);
        }
        if head.status == StatusCode::EXPECTATION_FAILED && may_send_without_asking(&hop) {
            hop.options.expects_continue = false;
            Box::pin(drain(lease)).await;
            continue;
        }
        let is_followed = hop.options.follow_redirects
            && shared.settings.redirects.follow(&mut hop, head.status, &head.lines, redirects + 1)?;
        if !is_followed {
            return Response::new(lease, watch, redirects, hop);
        }
        redirects += 1;
        Box::pin(drain(lease)).await;
        watch.tell(EventKind::Redirect { url: &hop.destination.shown() });
    }
}

/// RFC 9110 §10.1.1: a server that cannot be asked first is sent the whole request.
fn may_send_without_asking(hop: &Hop) -> bool {
    hop.options.expects_continue && hop.body.is_replayable()
}

/// One request, and whereon the head of its response has come.
///
/// A server may close an idle connection in the moment in which we take it. So a request that found
/// a used connection dead, without a byte of an answer, is sent once more on a fresh one, if its
/// method says that twice is as good as once, and its body can be sent twice.
async fn exchange(shared: &Rc<Shared>, hop: &Hop, deadlines: &Deadlines, watch: &Watch) -> Result<Lease, Box<Error>> {
    let pool = &shared.pool;
    let route = pool.route(&hop.destination)?;
    let mut lease = pool.acquire(&hop.destination, &route, deadlines, watch).await?;
    loop {
        let message = hop.encode(shared, &route, lease.take_memory())?;
        lease.begin(&hop.method, message, &shared.settings.limits, deadlines, watch);
        let Err(failure) = lease.read_head().await else { return Ok(lease) };
        let was_dead = matches!(failure, Failure::Io(_) | Failure::Protocol(_)) && !lease.answered();
        if !was_dead || !lease.is_reused() || !hop.method.is_idempotent() || !hop.body.is_replayable() {
            return Err(failed(failure, &hop.destination, &route, WAITING).into());
        }
        lease = lease.reconnect(&hop.destination, &route, deadlines, watch).await?;
    }
}

/// Reads what is left of a redirect, which nobody wants to see, and so never decodes it. What is too long or too slow
/// costs its connection.
async fn drain(mut lease: Lease) {
    let is_too_long = |left: Option<u64>| left.is_some_and(|left| left > DRAINED_BYTES as u64);
    if is_too_long(lease.reader().remaining()) {
        return;
    }
    let mut bytes = Vec::new();
    let read = async {
        while !lease.reader().is_complete() && bytes.len() <= DRAINED_BYTES {
            if lease.read_body(&mut bytes).await.is_err() {
                return;
            }
        }
    };
    // Either way the lease knows whether its connection can be used again.
    let _ = crate::timeout(DRAINED_TIME, read).await;
}

/// The error for a failed exchange.
pub(in crate::http) fn failed(
    failure: Failure,
    destination: &Destination,
    route: &Route,
    doing: &'static str,
) -> Error {
    failure.into_error(destination.shown(), route.peer(), doing)
}

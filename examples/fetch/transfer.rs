//! What happens for one URL.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use glassloop::http::{self, RequestBuilder, Response, header, redact};
use glassloop::timeout;

use crate::Session;
use crate::outcome::{Class, Fault, Outcome};
use crate::output::Output;

/// The client keeps the time limit. This much later it is kept here, should a blocked stdout be what takes the time.
const GRACE: Duration = Duration::from_millis(100);

/// Gets one URL; whatever goes wrong is in the outcome.
pub async fn transfer(session: &Session, index: usize) -> Outcome {
    let mut outcome = Outcome::new(&session.plan.urls[index]);
    let got = get(session, index, &mut outcome);
    let result = match session.plan.timeout {
        None => got.await,
        Some(limit) => timeout(limit.saturating_add(GRACE), got).await.unwrap_or_else(|_| {
            let class = Class::Client(http::Class::Timeout);
            Err(Fault::new(class, format!("timed out after {limit:?} while writing the body")))
        }),
    };
    let closed = session.outputs.close(index).await;
    outcome.fault = result.and(closed).err();
    outcome
}

async fn get(session: &Session, index: usize, outcome: &mut Outcome) -> Result<(), Fault> {
    let mut response = request(session, index).await?.send().await?;
    outcome.status = Some(response.status());
    outcome.version = Some(response.version());
    outcome.final_url = redact(response.url().as_str());
    outcome.redirects = response.redirects();
    outcome.is_reused = response.is_reused();
    if session.plan.fail {
        response = response.error_for_status()?;
    }
    let output = session.outputs.open(index)?;
    if session.plan.include {
        output.write(head(&response)).await?;
    }
    copy(session, response, output, outcome).await
}

async fn request(session: &Session, index: usize) -> Result<RequestBuilder, Fault> {
    let plan = &session.plan;
    let mut request = plan.client.request(plan.method.clone(), &plan.urls[index]).headers(plan.headers.clone());
    if !plan.headers.contains_key(header::AUTHORIZATION) {
        request = match (&plan.user, &plan.bearer) {
            (Some((user, password)), _) => request.basic_auth(user, password),
            (None, Some(token)) => request.bearer_auth(token),
            (None, None) => request,
        };
    }
    if plan.expect_continue {
        request = request.expect_continue();
    }
    plan.upload.add_to(request).await
}

/// Copies the body: the next part is read while the last one is being written, but no further.
async fn copy(session: &Session, mut response: Response, output: Output, outcome: &mut Outcome) -> Result<(), Fault> {
    let length = response.headers().get(header::CONTENT_LENGTH).filter(|_| !is_encoded(&response));
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let bar = session.progress.begin(&outcome.url, length);
    let mut next = response.chunk().await?;
    while let Some(part) = next {
        let count = part.len() as u64;
        let both = while_writing(output.write(part), response.chunk()).await;
        outcome.bytes += count;
        bar.add(count);
        next = both?;
    }
    Ok(())
}

/// Reads and writes at once. A write that fails ends it; a read that fails waits for the write, for what came is to be kept.
async fn while_writing<T>(
    write: impl Future<Output = Result<(), Fault>>,
    read: impl Future<Output = Result<T, http::Error>>,
) -> Result<T, Fault> {
    let (mut write, mut read) = (pin!(write), pin!(read));
    let (mut is_written, mut value) = (false, None);
    poll_fn(|cx| {
        if !is_written && let Poll::Ready(written) = write.as_mut().poll(cx) {
            if let Err(fault) = written {
                return Poll::Ready(Err(fault));
            }
            is_written = true;
        }
        if value.is_none()
            && let Poll::Ready(read) = read.as_mut().poll(cx)
        {
            value = Some(read);
        }
        match value.take() {
            Some(read) if is_written => Poll::Ready(read.map_err(Fault::from)),
            other => {
                value = other;
                Poll::Pending
            }
        }
    })
    .await
}

fn is_encoded(response: &Response) -> bool {
    response.headers().contains_key(header::CONTENT_ENCODING)
}

/// Status line and headers, as `--include` shows them.
fn head(response: &Response) -> Vec<u8> {
    let mut head = format!("{:?} {}\r\n", response.version(), response.status()).into_bytes();
    for (name, value) in response.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

//! reqwest, on tokio's `current_thread`.

use ::reqwest::Client;

use super::{Target, must};
use crate::workloads::http::on_tokio;

pub(super) fn get_for_ever(target: Target) {
    let client = must(Client::builder().no_proxy().build());
    on_tokio(target.concurrency, move || one_slot(client.clone(), target));
}

async fn one_slot(client: Client, target: Target) {
    loop {
        let response = must(client.get(target.url).send().await);
        let status = response.status().as_u16();
        target.count(status, &must(response.bytes().await));
    }
}

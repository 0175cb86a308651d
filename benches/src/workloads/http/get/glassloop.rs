//! glassloop's own client.

use ::glassloop::create_task;
use ::glassloop::http::Client;

use super::{Target, must};

pub(super) fn get_for_ever(target: Target) {
    ::glassloop::run(async move {
        let client = Client::builder().max_idle_per_host(target.concurrency).build();
        let tasks: Vec<_> = (0..target.concurrency).map(|_| create_task(one_slot(client.clone(), target))).collect();
        for task in tasks {
            must(task.await);
        }
    });
}

async fn one_slot(client: Client, target: Target) {
    loop {
        let response = must(client.get(target.url).await);
        let status = response.status().as_u16();
        target.count(status, &must(response.bytes().await));
    }
}

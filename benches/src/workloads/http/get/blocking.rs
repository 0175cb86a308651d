//! ureq: a thread for each slot.

use std::thread;

use ureq::Agent;

use super::{Target, must};

pub(super) fn get_for_ever(target: Target) {
    let config = Agent::config_builder().proxy(None).max_idle_connections(target.concurrency);
    let agent = Agent::from(config.max_idle_connections_per_host(target.concurrency).build());
    thread::scope(|scope| {
        for _ in 0..target.concurrency {
            scope.spawn(|| one_slot(&agent, target));
        }
    });
}

fn one_slot(agent: &Agent, target: Target) {
    loop {
        let mut response = must(agent.get(target.url).call());
        let status = response.status().as_u16();
        target.count(status, &must(response.body_mut().read_to_vec()));
    }
}

//! `return_exceptions=True`: errors are values; `gather` waits for everybody.

use glassloop::{gather, sleep};

use crate::trace::{T, Trace};

async fn job(out: Trace, name: &'static str, n: u32, fail: bool) -> Result<&'static str, String> {
    sleep(T(n)).await;
    out.log(format!("{name} {}", if fail { "raises" } else { "returns" }));
    if fail { Err(format!("{name} failed")) } else { Ok(name) }
}

pub(crate) async fn main(out: &Trace) {
    out.log("main: start");
    let jobs = [("A", 3, false), ("B", 1, true), ("C", 2, false), ("D", 2, true)];
    let results = gather(jobs.map(|(name, n, fail)| job(out.clone(), name, n, fail))).await;
    for (i, result) in results.iter().enumerate() {
        match result {
            Ok(name) => out.log(format!("result {i}: ok {name}")),
            Err(error) => out.log(format!("result {i}: error {error}")),
        }
    }
}

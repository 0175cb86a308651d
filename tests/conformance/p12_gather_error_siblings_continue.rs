//! The first error makes `try_gather` fail at once; the siblings are *not* cancelled and run on to their end.

use std::cell::Cell;
use std::rc::Rc;

use glassloop::{create_task, sleep, try_gather};

use crate::trace::{T, Trace};

async fn good(out: Trace, name: &'static str, n: u32) -> Result<&'static str, &'static str> {
    out.log(format!("{name} start"));
    sleep(T(n)).await;
    out.log(format!("{name} end"));
    Ok(name)
}

async fn bad(out: Trace, n: u32) -> Result<&'static str, &'static str> {
    out.log("bad start");
    sleep(T(n)).await;
    out.log("bad raises");
    Err("boom")
}

pub(crate) async fn main(out: &Trace) {
    let b = create_task(good(out.clone(), "B", 3));
    let handle = b.handle();
    // A value is taken once: the gather takes B's, so it is kept on the way.
    let result = Rc::new(Cell::new(None));
    let kept = result.clone();
    let b = async move {
        kept.set(Some(b.await.unwrap()?));
        Ok(())
    };
    if let Err(error) = try_gather!(good(out.clone(), "A", 1), bad(out.clone(), 2), b).await {
        out.log(format!("main: gather failed with {error}"));
    }
    out.log(format!("main: B done: {}, cancelled: {}", handle.is_done(), handle.is_cancelled()));
    sleep(T(2)).await;
    out.log(format!("main: B gave {}", result.take().unwrap()));
}

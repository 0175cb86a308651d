//! `TaskGroup`: the scope waits for its tasks; the first failure cancels the siblings and the body; the error arrives as a group.

use std::fmt::Display;

use glassloop::{TaskGroup, sleep};

use crate::trace::{T, Trace};

async fn job(out: Trace, name: &'static str, n: u32, fail: bool) -> Result<&'static str, String> {
    out.log(format!("{name} start"));
    let finally = out.unless_finished(format!("{name} dropped"));
    sleep(T(n)).await;
    finally.finish();
    out.log(format!("{name} {}", if fail { "raises" } else { "end" }));
    if fail { Err(format!("{name} failed")) } else { Ok(name) }
}

fn joined(errors: &[impl Display]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

pub(crate) async fn main(out: &Trace) {
    let (a, b) = TaskGroup::scope(async |group| {
        let a = group.spawn(job(out.clone(), "A", 3, false)).unwrap();
        let b = group.spawn(job(out.clone(), "B", 1, false)).unwrap();
        out.log("body done");
        Ok((a, b))
    })
    .await
    .unwrap();
    out.log(format!("results {} {}", a.await.unwrap().unwrap(), b.await.unwrap().unwrap()));

    let mut tasks = None;
    let result = TaskGroup::scope(async |group| {
        let c = group.spawn(job(out.clone(), "C", 5, false)).unwrap();
        let d = group.spawn(job(out.clone(), "D", 2, true)).unwrap();
        let e = group.spawn(job(out.clone(), "E", 1, false)).unwrap();
        tasks = Some((c, d, e));
        let finally = out.unless_finished("body dropped");
        sleep(T(9)).await;
        finally.finish();
        Ok(())
    })
    .await;
    if let Err(group) = result {
        out.log(format!("group of {}: {}", group.errors.len(), joined(&group.errors)));
    }
    let (c, d, e) = tasks.unwrap();
    let (cancelled, failed, e) = (c.is_cancelled(), d.await.unwrap().is_err(), e.await.unwrap().unwrap());
    out.log(format!("C cancelled: {cancelled}, D failed: {failed}, E gave {e}"));
}

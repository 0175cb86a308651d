//! `TaskGroup`: errors of several children, and of the body, in the order of ending.

use glassloop::{Event, GroupError, TaskGroup, sleep};

use crate::trace::{T, Trace};

async fn job(out: Trace, name: &'static str, n: u32, fail: bool) -> Result<(), String> {
    let finally = out.unless_finished(format!("{name} dropped"));
    sleep(T(n)).await;
    finally.finish();
    out.log(format!("{name} {}", if fail { "raises" } else { "end" }));
    if fail { Err(name.into()) } else { Ok(()) }
}

/// A child of the outer group, whose errors are those of inner ones.
async fn outer_job(out: Trace, name: &'static str, n: u32) -> Result<(), GroupError<String>> {
    job(out, name, n, true).await.map_err(|e| GroupError { errors: vec![e] })
}

fn show(eg: &GroupError<String>) -> String {
    format!("[{}]", eg.errors.join(" "))
}

pub(crate) async fn main(out: &Trace) {
    let r = TaskGroup::scope(async |tg| {
        let gate = Event::new();
        for n in ["A", "B", "C"] {
            let (out, gate) = (out.clone(), gate.clone());
            tg.spawn(async move {
                gate.wait().await;
                out.log(format!("{n} raises"));
                Err::<(), _>(n.to_string())
            })
            .unwrap()
            .detach();
        }
        sleep(T(1)).await;
        gate.set();
        Ok(())
    })
    .await;
    if let Err(eg) = r {
        out.log(format!("same turn: {}", show(&eg)));
    }
    let r = TaskGroup::scope(async |tg| {
        tg.spawn(job(out.clone(), "D", 3, true)).unwrap().detach();
        tg.spawn(job(out.clone(), "E", 1, false)).unwrap().detach();
        sleep(T(2)).await;
        out.log("body raises");
        Err::<(), _>("body".to_string())
    })
    .await;
    if let Err(eg) = r {
        out.log(format!("body: {}", show(&eg)));
    }
    let r = TaskGroup::scope(async |outer| {
        outer.spawn(outer_job(out.clone(), "F", 5)).unwrap().detach();
        TaskGroup::scope(async |inner| {
            inner.spawn(job(out.clone(), "G", 2, true)).unwrap().detach();
            inner.spawn(job(out.clone(), "H", 4, true)).unwrap().detach();
            Ok(())
        })
        .await?;
        out.log("never");
        Ok(())
    })
    .await;
    if let Err(eg) = r {
        let inner: Vec<String> = eg.errors.iter().map(show).collect();
        out.log(format!("nested: [{}]", inner.join(" ")));
    }
}

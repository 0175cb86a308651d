//! Task-locals: copied at creation, own afterwards, shared by a plain await, captured by `call_soon`.

use glassloop::{TaskLocal, call_later, call_soon, create_task, gather, sleep};

use crate::trace::{T, Trace};

static VAR: TaskLocal<String> = TaskLocal::new();

fn var() -> String {
    VAR.get().unwrap_or("unset".into())
}

async fn child(out: Trace, name: &'static str, n: u32) {
    out.log(format!("{name} sees {}", var()));
    sleep(T(n)).await;
    VAR.set(name.into());
    out.log(format!("{name} set {}", var()));
    create_task(grandchild(out.clone(), name)).await.unwrap();
}

async fn grandchild(out: Trace, parent: &str) {
    out.log(format!("child of {parent} sees {}", var()));
}

async fn helper() {
    VAR.set("by helper".into());
}

pub(crate) async fn main(out: &Trace) {
    let a = create_task(child(out.clone(), "a", 2));
    VAR.set("main 1".into());
    let b = create_task(child(out.clone(), "b", 1));
    let o = out.clone();
    call_soon(move || o.log(format!("callback sees {}", var())));
    let o = out.clone();
    call_later(T(3), move || o.log(format!("timer sees {}", var())));
    VAR.set("main 2".into());
    gather([a, b]).await;
    out.log(format!("main sees {}", var()));
    helper().await;
    out.log(format!("after a plain await: {}", var()));
    create_task(helper()).await.unwrap();
    VAR.scope("inner".into(), async { out.log(format!("set: {}", var())) }).await;
    out.log(format!("reset: {}", var()));
    glassloop::gather!(child(out.clone(), "c", 2), grandchild(out.clone(), "main")).await;
    out.log(format!("after gather: {}", var()));
}

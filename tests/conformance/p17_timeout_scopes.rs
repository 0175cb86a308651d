//! Timeout scopes: nested, whose deadline is whose; rescheduled; without a deadline at first; `expired`.

use glassloop::{TimeoutScope, now, sleep};

use crate::trace::{T, Trace};

/// `finally`: says whether the scope has expired, however it is left.
struct Finally<'s>(&'s Trace, &'s TimeoutScope);

impl Drop for Finally<'_> {
    fn drop(&mut self) {
        self.0.log(format!("  inner expired: {}", self.1.expired()));
    }
}

async fn nested(out: &Trace, outer_n: u32, inner_n: u32) {
    let outer = TimeoutScope::new(Some(T(outer_n)));
    let body = outer.run(async {
        let inner = TimeoutScope::new(Some(T(inner_n)));
        {
            let _finally = Finally(out, &inner);
            if inner.run(sleep(T(9))).await.is_err() {
                out.log("  inner timed out");
            }
        }
        out.log("  outer body goes on");
    });
    if body.await.is_err() {
        out.log("  outer timed out");
    }
    out.log(format!("  outer expired: {}", outer.expired()));
}

pub(crate) async fn main(out: &Trace) {
    out.log("inner is shorter");
    nested(out, 4, 2).await;
    out.log("outer is shorter");
    nested(out, 2, 4).await;

    out.log("reschedule later");
    let scope = TimeoutScope::new(Some(T(2)));
    let body = scope.run(async {
        sleep(T(1)).await;
        scope.reschedule(Some(now() + T(4))).unwrap();
        sleep(T(3)).await;
    });
    body.await.unwrap();
    out.log(format!("survived, expired: {}", scope.expired()));

    out.log("reschedule sooner");
    let scope = TimeoutScope::new(None);
    let body = scope.run(async {
        out.log(format!("has a deadline: {}", scope.when().is_some()));
        scope.reschedule(Some(now() + T(1))).unwrap();
        sleep(T(9)).await;
    });
    if body.await.is_err() {
        out.log(format!("timed out, expired: {}", scope.expired()));
    }
}

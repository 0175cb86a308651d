//! Task-locals: copied at creation, changed by whoever owns them.

use std::cell::Cell;
use std::rc::Rc;

use glassloop::{TaskGroup, TaskLocal, call_later, call_soon, create_task, gather, sleep, yield_now};

use crate::common::{ms, run};

static NAME: TaskLocal<&str> = TaskLocal::new();
static OTHER: TaskLocal<u32> = TaskLocal::new();

#[test]
fn v1_a_task_has_what_its_creator_had_at_its_creation() {
    run(async {
        let a = create_task(async { NAME.get() });
        NAME.set("main 1");
        let b = create_task(async {
            yield_now().await;
            NAME.get()
        });
        NAME.set("main 2");
        assert_eq!((a.await.unwrap(), b.await.unwrap()), (None, Some("main 1")));
        let children = gather([0, 1].map(|_| async { NAME.get() }));
        NAME.unset();
        assert_eq!(children.await, [Some("main 2"), Some("main 2")]);
    });
    assert_eq!(NAME.get(), None);
}

#[test]
fn v2_what_a_task_sets_stays_its_own() {
    run(async {
        NAME.set("main");
        let set = |name| async move {
            NAME.set(name);
            yield_now().await;
            (NAME.get(), create_task(async { NAME.get() }).await.unwrap())
        };
        let both = |name| (Some(name), Some(name));
        assert_eq!(create_task(set("task")).await.unwrap(), both("task"));
        assert_eq!(gather([set("A"), set("B")]).await, [both("A"), both("B")], "children of one gather too");
        let group =
            TaskGroup::<String>::scope(async |group| Ok(group.spawn(async { Ok(NAME.get()) }).unwrap().await.unwrap()));
        assert_eq!(group.await.unwrap(), Ok(Some("main")));
        assert_eq!(NAME.get(), Some("main"));
    });
}

#[test]
fn v3_a_plain_await_shares_them() {
    run(async {
        async { NAME.set("inner") }.await;
        assert_eq!(NAME.get(), Some("inner"));
        OTHER.set(1);
        NAME.unset();
        assert_eq!((NAME.get(), OTHER.get()), (None, Some(1)));
        assert!(OTHER.with(|value| value == Some(&1)));
    });
}

#[test]
fn v4_a_callback_has_what_its_caller_had_at_the_call() {
    run(async {
        let seen = Rc::new(Cell::new(None));
        NAME.set("then");
        let (soon, later) = (seen.clone(), seen.clone());
        call_soon(move || soon.set(NAME.get()));
        call_later(ms(5), move || later.set(NAME.get()));
        NAME.set("now");
        yield_now().await;
        assert_eq!(seen.take(), Some("then"));
        sleep(ms(10)).await;
        assert_eq!(seen.take(), Some("then"));
    });
}

#[test]
fn a_scope_holds_while_its_future_runs_and_keeps_what_that_sets() {
    run(async {
        OTHER.set(1);
        let inside = async {
            let before = OTHER.get();
            OTHER.set(3);
            sleep(ms(1)).await;
            (before, OTHER.get())
        };
        let (values, outside) = glassloop::join!(OTHER.scope(2, inside), async { OTHER.get() }).await;
        assert_eq!((values, outside, OTHER.get()), ((Some(2), Some(3)), Some(1), Some(1)));
    });
}

#[test]
fn values_live_as_long_as_the_tasks_that_have_them() {
    static HELD: TaskLocal<Rc<()>> = TaskLocal::new();
    let value = Rc::new(());
    let kept = value.clone();
    run(async move {
        let task = create_task(async move {
            HELD.set(kept);
            create_task(sleep(ms(10))).detach();
        });
        task.await.unwrap();
        assert_eq!(Rc::strong_count(&value), 2, "the grandchild has it");
        sleep(ms(20)).await;
        create_task(async {}).await.unwrap();
        assert_eq!(Rc::strong_count(&value), 1);
    });
}

#[test]
fn the_destructor_of_a_value_may_create_tasks() {
    struct Spawns;
    impl Drop for Spawns {
        fn drop(&mut self) {
            create_task(async {}).detach();
        }
    }
    static SPAWNS: TaskLocal<Rc<Spawns>> = TaskLocal::new();
    run(async {
        SPAWNS.set(Rc::new(Spawns));
        create_task(async {}).await.unwrap();
        SPAWNS.unset();
        create_task(async { SPAWNS.set(Rc::new(Spawns)) }).await.unwrap();
    });
}

//! Steps with many tasks at once: groups, `wait`, `as_completed`, and what else there is to do with a task.

use std::rc::Rc;

use glassloop::{
    CancelToken, ReturnWhen, TaskGroup, TaskLocal, all_tasks, as_completed, create_task, race, select, shield, sleep,
    timeout, try_create_task, wait,
};

use super::{World, body};

static DEPTH: TaskLocal<u32> = TaskLocal::new();

pub(super) async fn step(world: &Rc<World>, depth: u32) {
    let child = || body(world.clone(), depth + 1);
    match world.below(9) {
        // In a task of its own, as a child's panic resumes in whoever awaits the scope.
        0 => drop(timeout(world.time(), create_task(group(world.clone(), depth))).await),
        1 => {
            let tasks = [create_task(child()), create_task(child()), create_task(child())];
            let when = [ReturnWhen::AllCompleted, ReturnWhen::FirstCompleted, ReturnWhen::FirstException];
            let waiting = wait(&tasks, when[world.below(3) as usize]);
            drop(timeout(world.time(), waiting.timeout(world.time())).await);
            world.tasks.borrow_mut().extend(tasks);
        }
        2 => {
            let mut ended = as_completed([create_task(child()), create_task(child())]);
            while let Ok(Some(task)) = timeout(world.time(), ended.next()).await {
                drop(task.await);
            }
        }
        3 => drop(timeout(world.time(), shield(child())).await),
        4 => {
            let token = CancelToken::new();
            let (other, time) = (token.child(), world.time());
            let listener = create_task(async move { other.until_cancelled(sleep(time)).await.unwrap_or_default() });
            let _ = timeout(world.time(), token.cancelled()).await;
            token.cancel();
            world.tasks.borrow_mut().push(listener);
        }
        5 => {
            if let Some(task) = world.any_task() {
                task.set_name("renamed");
                task.add_done_callback(|task| assert!(task.is_done()));
                world.tasks.borrow_mut().push(task);
            }
        }
        6 => {
            // There may be none: the child of a gather is not among them, and the others may have ended.
            let tasks = all_tasks();
            if !tasks.is_empty() {
                tasks[world.below(tasks.len() as u64) as usize].cancel_with("by lot");
            }
        }
        7 => {
            DEPTH.set(depth);
            select! {
                () = sleep(world.time()) => {}
                _ = race!(world.queue().get(), world.queue().get()) => {}
            }
        }
        _ => drop(try_create_task(async { Err::<(), _>("nobody will know") })),
    }
}

async fn group(world: Rc<World>, depth: u32) {
    let children = world.below(4);
    drop(
        TaskGroup::scope(async |group: &TaskGroup<&str>| {
            for _ in 0..children {
                let (fails, child) = (world.below(4) == 0, body(world.clone(), depth + 1));
                let (own, wait) = (group.clone(), world.time());
                let spawned = group.spawn(async move {
                    child.await;
                    drop(own.spawn_named("grandchild", async move {
                        sleep(wait).await;
                        Ok(())
                    }));
                    if fails { Err("on purpose") } else { Ok(()) }
                });
                drop(spawned);
            }
            body(world.clone(), depth + 1).await;
            if world.below(4) == 0 { Err("the body") } else { Ok(()) }
        })
        .await,
    );
}

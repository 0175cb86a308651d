//! What an observer is told. That it is the truth after every event, `tests/replay` holds the loop to.

use std::cell::RefCell;
use std::rc::Rc;

use glassloop::trace::{self, Change, Event, Observer, Seen};
use glassloop::{Clock, Runtime, Semaphore, create_task, yield_now};

/// What was told of resources, and what they showed at that moment.
#[derive(Default)]
struct Told(RefCell<Vec<(String, Vec<Seen>)>>);

impl Observer for Told {
    fn event(&self, event: &Event<'_>) {
        if let Event::Resource(_, change) = event {
            let resources = trace::snapshot().unwrap().resources;
            let word = match change {
                Change::New(kind, _) => format!("new {kind}"),
                Change::Name(name) => format!("name {name}"),
                Change::Gone => "gone".into(),
                Change::Len { len, unfinished, .. } => format!("{len}/{unfinished}"),
                Change::WaitOn(wait) => format!("+{} {}", wait.number, wait.operation),
                Change::Woken(number) => format!("!{number}"),
                Change::WaitOff(number) => format!("-{number}"),
            };
            self.0.borrow_mut().push((word, resources.into_iter().map(|(_, seen)| seen).collect()));
        }
    }
}

#[test]
fn a_semaphore_that_is_older_than_the_loop_brings_its_permits_along() {
    let told = Rc::new(Told::default());
    let runtime = Runtime::builder().clock(Clock::new_virtual()).observer(told.clone()).build().unwrap();
    let semaphore = Semaphore::new(3);
    let held = [(); 3].map(|()| semaphore.try_acquire().unwrap());
    let own = semaphore.clone();
    runtime
        .block_on(async move {
            let task = create_task(async move { own.acquire().await.forget() });
            yield_now().await;
            drop(held);
            task.await.unwrap();
            drop(semaphore);
        })
        .unwrap();
    let told = told.0.take();
    let words: Vec<&str> = told.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["new semaphore", "0/3", "+0 acquire", "1/2", "!0", "2/1", "3/0", "-0", "2/1", "2/0", "gone"]);
    let empty = &told[0].1[0];
    assert_eq!((empty.len, empty.unfinished, empty.waits.len()), (0, 0, 0), "nothing is in it before it is told");
    assert_eq!(told[1].1, [Seen { unfinished: 3, ..empty.clone() }]);
}

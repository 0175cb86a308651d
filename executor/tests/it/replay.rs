//! A model of an executor that knows nothing but its events, and must equal the real thing after each of them.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use glassloop_executor::{Event, Executor, Observer};

use crate::model::Model;

/// Applies each event to a model and holds it against the executor at once.
pub(crate) struct Comparer {
    executor: Weak<Executor>,
    model: RefCell<Model>,
    events: Cell<usize>,
    history: RefCell<Vec<String>>,
    /// The first difference; a panic inside the executor would change what it does.
    difference: RefCell<Option<String>>,
}

impl Comparer {
    pub(crate) fn watch(executor: &Rc<Executor>) -> Rc<Comparer> {
        let comparer = Rc::new(Comparer {
            executor: Rc::downgrade(executor),
            model: RefCell::default(),
            events: Cell::new(0),
            history: RefCell::default(),
            difference: RefCell::default(),
        });
        executor.set_observer(Some(comparer.clone()));
        comparer
    }

    /// How many events there were, all of them truthful; panics with what led to the first that was not.
    pub(crate) fn finish(&self) -> usize {
        if let Some(difference) = &*self.difference.borrow() {
            panic!("{difference}\nafter these events:\n{}", self.history.borrow().join("\n"));
        }
        self.events.get()
    }
}

impl Observer for Comparer {
    fn event(&self, event: &Event<'_>) {
        if self.difference.borrow().is_some() {
            return;
        }
        self.events.set(self.events.get() + 1);
        self.history.borrow_mut().push(format!("{event:?}"));
        let applying = std::panic::AssertUnwindSafe(|| self.model.borrow_mut().apply(event));
        if let Err(payload) = std::panic::catch_unwind(applying) {
            let text = payload.downcast_ref::<String>().cloned().unwrap_or_default();
            *self.difference.borrow_mut() = Some(format!("an impossible event: {text}"));
            return;
        }
        let Some(executor) = self.executor.upgrade() else { return };
        let (model, real) = (self.model.borrow().snapshot(), executor.snapshot());
        if model != real {
            *self.difference.borrow_mut() = Some(format!("the events say\n{model:#?}\nbut there is\n{real:#?}"));
        }
    }
}

//! What may go to another thread and what may not. The negative half is in the docs of `Task`.

use glassloop_executor::{ExecutorId, JoinError, PanicPayload, TaskRef};

fn send_and_sync<T: Send + Sync>() {}

#[test]
fn errors_and_names_are_send_and_sync() {
    send_and_sync::<JoinError>();
    send_and_sync::<PanicPayload>();
    send_and_sync::<ExecutorId>();
    send_and_sync::<TaskRef>();
}

#[test]
fn an_error_fits_in_a_boxed_error() {
    let boxed: Box<dyn std::error::Error + Send + Sync> = Box::new(JoinError::cancelled());
    assert_eq!(boxed.to_string(), "the task was cancelled");
}

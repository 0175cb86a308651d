//! Broken: a task asks again and again instead of waiting, so the loop never rests. Debug mode counts its wakes.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use clap::Parser;
use glassloop::{Clock, Event, create_task_named, sleep, yield_now};

#[path = "shared/broken.rs"]
mod broken;
#[path = "shared/options.rs"]
mod options;

/// A look at the letter box. It takes some microseconds, of which a virtual clock has to be told.
fn is_there_mail(letter_box: &Cell<bool>, clock: &Clock) -> bool {
    if clock.is_virtual() {
        clock.advance(Duration::from_micros(10));
    }
    letter_box.get()
}

async fn look_again_and_again(letter_box: Rc<Cell<bool>>, clock: Clock) {
    while !is_there_mail(&letter_box, &clock) {
        yield_now().await; // <- the mistake: to be polled again at once is not to wait
    }
    println!("  mail, after some ten thousand looks");
}

async fn wait_for_mail(mail: Event) {
    mail.wait().await;
    println!("  mail, after one look");
}

pub fn main() {
    let options = options::Options::parse();
    let clock = options.clock();
    broken::run_broken(&options, &clock, async {
        let letter_box = Rc::new(Cell::new(false));
        let reader = create_task_named("reader", look_again_and_again(letter_box.clone(), clock.clone()));
        sleep(Duration::from_millis(150)).await;
        letter_box.set(true);
        reader.await.expect("it does not panic");
    });
    println!("mended:");
    options.run(&options.clock(), async {
        let mail = Event::new().named("mail");
        let reader = create_task_named("reader", wait_for_mail(mail.clone()));
        sleep(Duration::from_millis(150)).await;
        mail.set();
        reader.await.expect("it does not panic");
    });
}

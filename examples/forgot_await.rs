//! Broken: a future that nobody awaits does nothing; a task that nobody awaits may come too late. Debug mode names it.
//!
//! Of a future that is never polled the loop cannot know: nothing of it ever gets there. The compiler does, and warns.

use std::time::Duration;

use clap::Parser;
use glassloop::{create_task_named, sleep};

#[path = "shared/broken.rs"]
mod broken;
#[path = "shared/options.rs"]
mod options;

async fn save(what: &str) {
    sleep(Duration::from_millis(10)).await;
    println!("  {what} is saved");
}

pub fn main() {
    let options = options::Options::parse();
    broken::run_broken(&options, &options.clock(), async {
        #[expect(unused_must_use, reason = "the compiler sees it")]
        save("the letter"); // <- the first mistake: made, and thrown away unpolled
        create_task_named("save the list", save("the list")).detach();
        sleep(Duration::from_millis(5)).await; // <- the second: long enough for it to begin, not to end
        create_task_named("save the photo", save("the photo")).detach(); // <- the third: one step, at the very end
        println!("  done, it seems");
    });
    println!("mended:");
    options.run(&options.clock(), async {
        save("the letter").await;
        let list = create_task_named("save the list", save("the list"));
        let photo = create_task_named("save the photo", save("the photo"));
        list.await.expect("it does not panic");
        photo.await.expect("it does not panic");
        println!("  done");
    });
}

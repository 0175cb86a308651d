//! Broken: the first error ends the wait of `try_gather`, but not the siblings. Debug mode names who was left behind.
//!
//! So it is in asyncio. A `TaskGroup` ends the siblings first; `gather_results` waits for all.

use std::time::Duration;

use clap::Parser;
use glassloop::{TaskGroup, gather_results, sleep, try_gather};

#[path = "shared/broken.rs"]
mod broken;
#[path = "shared/options.rs"]
mod options;

/// Books after so many milliseconds; there is no hotel.
async fn book(what: &'static str, millis: u64) -> Result<(), String> {
    sleep(Duration::from_millis(millis)).await;
    if what == "hotel" {
        println!("  no {what} is to be had");
        return Err(format!("no {what}"));
    }
    println!("  the {what} is booked");
    Ok(())
}

const TRIP: [(&str, u64); 4] = [("train", 10), ("hotel", 20), ("concert", 30), ("dinner", 60)];

fn bookings() -> impl Iterator<Item = impl Future<Output = Result<(), String>>> {
    TRIP.into_iter().map(|(what, millis)| book(what, millis))
}

pub fn main() {
    let options = options::Options::parse();
    broken::run_broken(&options, &options.clock(), async {
        let Err(error) = try_gather(bookings()).await else { return };
        println!("  the trip is off: {error}");
        sleep(Duration::from_millis(20)).await; // <- the mistake: to believe that nothing is booked meanwhile
    });

    println!("mended, with a task group: the first error cancels the others");
    options.run(&options.clock(), async {
        let trip = TaskGroup::scope(async |group| {
            for (what, millis) in TRIP {
                group.spawn_named(what, book(what, millis)).map_err(|closed| closed.to_string())?.detach();
            }
            Ok(())
        });
        println!("  the trip is off: {}", trip.await.expect_err("there is no hotel"));
        sleep(Duration::from_millis(20)).await;
    });

    println!("mended, with gather_results: all end, and each tells how");
    options.run(&options.clock(), async {
        let ends = gather_results(bookings()).await;
        let booked = ends.iter().filter(|end| matches!(end, Ok(Ok(())))).count();
        println!("  {booked} bookings to undo");
    });
}

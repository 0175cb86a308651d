//! A crawler: three workers, no page twice, and a polite stop. The site, which has no end, is brought along.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use clap::Parser;
use glassloop::http::{Client, Error, Reply, Request, Server, StatusCode};
use glassloop::{Queue, create_task_named, gather, sleep};

#[path = "shared/options.rs"]
mod options;

const MAX_PAGES: usize = 9;

/// The site: a page is a list of links, one a line. Its calendar goes on for ever.
async fn serve_page(request: Request) -> Reply {
    let path = request.uri().path();
    sleep(Duration::from_millis(10 + path.len() as u64)).await;
    let month = path.strip_prefix("/calendar/").and_then(|month| month.parse::<u32>().ok());
    let links = match (path, month) {
        ("/", _) => "/about\n/blog\n/calendar/1".to_owned(),
        ("/about", _) => "/\n/blog\n/people".to_owned(),
        ("/blog", _) => "/\n/blog/first\n/blog/second\n/lost".to_owned(),
        ("/people" | "/blog/first" | "/blog/second", _) => "/\n/blog".to_owned(),
        (_, Some(month)) => format!("/\n/calendar/{}", month + 1),
        _ => return Reply::new(StatusCode::NOT_FOUND, "no such page"),
    };
    Reply::new(StatusCode::OK, links)
}

struct Crawl {
    base: String,
    client: Client,
    to_visit: Queue<String>,
    /// All that was ever found.
    found: RefCell<BTreeSet<String>>,
    started: Cell<usize>,
    visited: RefCell<BTreeMap<String, String>>,
}

impl Crawl {
    fn found(&self, path: &str) {
        if self.found.borrow_mut().insert(path.to_owned()) {
            let _refused_after_the_stop = self.to_visit.put_nowait(path.to_owned());
        }
    }

    /// One worker, until the queue is shut down.
    async fn work(&self) {
        while let Ok(path) = self.to_visit.get_guard().await {
            self.started.set(self.started.get() + 1);
            if self.started.get() == MAX_PAGES {
                self.to_visit.shutdown(true); // politely: no page more, but those under way are read
            }
            let outcome = match self.fetch(&path).await {
                Ok(page) => {
                    page.lines().for_each(|link| self.found(link));
                    format!("{} links", page.lines().count())
                }
                Err(error) => error.to_string().replace(&self.base, ""),
            };
            self.visited.borrow_mut().insert(path.clone(), outcome);
        } // the guard goes, and the page counts as done
    }

    async fn fetch(&self, path: &str) -> Result<String, Error> {
        self.client.get(format!("{}{path}", self.base)).await?.error_for_status()?.text().await
    }
}

async fn crawl(base: String) {
    let to_visit = Queue::new().named("pages to visit");
    let (client, found, started, visited) = Default::default();
    let crawl = Rc::new(Crawl { base, client, to_visit: to_visit.clone(), found, started, visited });
    crawl.found("/");
    let work = |crawl: Rc<Crawl>| async move { crawl.work().await };
    let workers = [1, 2, 3].map(|number| create_task_named(format!("worker {number}"), work(crawl.clone())));
    to_visit.join().await;
    to_visit.shutdown(false); // the end of a site that has one
    gather(workers).await;
    for (path, outcome) in &*crawl.visited.borrow() {
        println!("{path:<13} {outcome}");
    }
    let (found, visited) = (crawl.found.borrow().len(), crawl.visited.borrow().len());
    println!("{found} pages found, {visited} visited");
}

pub fn main() {
    let options = options::Options::parse();
    options.run(&options.clock(), async {
        let server = Server::bind("127.0.0.1:0").await.expect("a loopback port can be had");
        let base = format!("http://{}", server.local_addr());
        let site = create_task_named("site", server.serve(serve_page));
        crawl(base).await;
        site.cancel();
        let _cancelled = site.await;
    });
}

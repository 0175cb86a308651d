//! A program like curl: gets URLs over one shared session; `fetch --help` tells its options.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `fetch/options.rs` | what can be asked for on the command line? |
//! | `fetch/transfer.rs` | what happens for one URL? |
//! | `fetch/output.rs`, `fetch/spool.rs` | how do bodies reach their files, or stdout in the order of the URLs? |
//! | `fetch/upload.rs`, `fetch/blocking.rs` | what is sent, and how does stdin not hold up the loop? |
//! | `fetch/progress.rs` | what is shown meanwhile, on a terminal |
//! | `fetch/outcome.rs` | how did it end: the line on stderr, the line of the report, the exit code |

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::Write;
use std::process::exit;
use std::rc::Rc;

use glassloop::{RunError, Runtime, gather};

#[path = "fetch/blocking.rs"]
mod blocking;
#[path = "fetch/options.rs"]
mod options;
#[path = "fetch/outcome.rs"]
mod outcome;
#[path = "fetch/output.rs"]
mod output;
#[path = "fetch/progress.rs"]
mod progress;
#[path = "fetch/spool.rs"]
mod spool;
#[path = "fetch/transfer.rs"]
mod transfer;
#[path = "fetch/upload.rs"]
mod upload;

use options::Plan;
use outcome::{Class, Fault, Outcome};
use output::Outputs;
use progress::Progress;

fn main() {
    let plan = options::parse().unwrap_or_else(|fault| give_up(&fault));
    let report = plan.report.as_ref().map(|path| {
        File::create(path)
            .unwrap_or_else(|error| give_up(&Fault::new(Class::Io, format!("{}: {error}", path.display()))))
    });
    let runtime = Runtime::builder().debug_from_env().trace_from_env().build();
    let runtime = runtime.unwrap_or_else(|error| give_up(&Fault::new(Class::Internal, error)));
    match runtime.block_on(fetch_all(plan, report)) {
        Ok(code) => {
            drop(runtime); // ends a trace
            exit(code)
        }
        Err(RunError::Interrupted) => exit(130),
        Err(error) => give_up(&Fault::new(Class::Internal, error)),
    }
}

/// Ends the program before anything was sent.
fn give_up(fault: &Fault) -> ! {
    eprintln!("fetch: {fault}");
    exit(fault.class.exit_code())
}

/// What the transfers share.
struct Session {
    plan: Plan,
    outputs: Outputs,
    progress: Progress,
    next: Cell<usize>,
    results: RefCell<Results>,
}

/// Gets all URLs, so many at once, each worker one after the other.
async fn fetch_all(plan: Plan, report: Option<File>) -> i32 {
    let workers = plan.concurrency.min(plan.urls.len());
    let results =
        RefCell::new(Results { outcomes: plan.urls.iter().map(|_| None).collect(), told: 0, report, code: 0 });
    let outputs = Outputs::new(&plan);
    let progress = Progress::new(&plan);
    let session = Rc::new(Session { plan, outputs, progress, next: Cell::new(0), results });
    gather((0..workers).map(|_| work(Rc::clone(&session)))).await;
    let code = session.results.borrow().code;
    if blocking::is_under_way() {
        exit(code); // the end of the loop would wait for a thread that reads stdin or writes stdout
    }
    code
}

async fn work(session: Rc<Session>) {
    loop {
        let index = session.next.get();
        if index >= session.plan.urls.len() {
            return;
        }
        session.next.set(index + 1);
        let outcome = transfer::transfer(&session, index).await;
        session.progress.aside(|| session.results.borrow_mut().add(index, outcome));
    }
}

/// The outcomes, told in the order of the URLs.
struct Results {
    outcomes: Vec<Option<Outcome>>,
    told: usize,
    report: Option<File>,
    code: i32,
}

impl Results {
    fn add(&mut self, index: usize, outcome: Outcome) {
        self.outcomes[index] = Some(outcome);
        while let Some(outcome) = self.outcomes.get_mut(self.told).and_then(Option::take) {
            self.told += 1;
            if let Some(fault) = &outcome.fault {
                self.fail(fault.class, &format!("{}: {}", fault.class, outcome.line()));
            }
            let Some(report) = &mut self.report else { continue };
            if let Err(error) = writeln!(report, "{}", outcome.report()) {
                self.report = None;
                self.fail(Class::Io, &format!("{}: the report: {error}", Class::Io));
            }
        }
    }

    /// The exit code is that of the first failure.
    fn fail(&mut self, class: Class, line: &str) {
        // If stderr is closed, there is nobody left to tell.
        let _ = writeln!(std::io::stderr(), "fetch: {line}");
        if self.code == 0 {
            self.code = class.exit_code();
        }
    }
}

//! Where bodies go: files, or stdout in the order of the URLs.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use crate::blocking;
use crate::options::Plan;
use crate::outcome::Fault;
use crate::spool::Spool;

/// Something that is written to.
#[derive(Clone)]
pub struct Sink {
    name: String,
    writer: Arc<Mutex<dyn Write + Send>>,
    /// A pipe or a terminal may not take anything for a long time: other threads write to those.
    may_block: bool,
}

impl Sink {
    fn new(name: String, writer: impl Write + Send + 'static, may_block: bool) -> Sink {
        Sink { name, writer: Arc::new(Mutex::new(writer)), may_block }
    }

    /// Without the buffer of `io::stdout`, which would make two writes of each.
    #[cfg(unix)]
    fn stdout() -> Result<Sink, Fault> {
        use std::os::fd::AsFd;

        let owned = io::stdout().as_fd().try_clone_to_owned();
        let file = File::from(owned.map_err(|error| Fault::io("stdout", &error))?);
        let may_block = !(is_regular(&file) || is_dev_null(&file));
        Ok(Sink::new("stdout".into(), file, may_block))
    }

    #[cfg(not(unix))]
    fn stdout() -> Result<Sink, Fault> {
        Ok(Sink::new("stdout".into(), io::stdout(), true))
    }

    fn file(name: String) -> Result<Sink, Fault> {
        let file = File::create(&name).map_err(|error| Fault::io(&name, &error))?;
        let may_block = !is_regular(&file);
        Ok(Sink::new(name, file, may_block))
    }

    /// Writes all, and flushes it.
    async fn write(&self, bytes: Vec<u8>) -> Result<(), Fault> {
        let writer = Arc::clone(&self.writer);
        let write = move || {
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.write_all(&bytes)?;
            writer.flush()
        };
        let written = if self.may_block { blocking::call(write).await } else { write() };
        written.map_err(|error| Fault::io(&self.name, &error))
    }
}

fn is_regular(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.is_file())
}

#[cfg(unix)]
fn is_dev_null(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;

    let null = std::fs::metadata("/dev/null");
    null.is_ok_and(|null| file.metadata().is_ok_and(|metadata| metadata.rdev() == null.rdev()))
}

/// Where all bodies go.
pub struct Outputs {
    /// A file for each URL: its name, with `{n}` for the number.
    pattern: Option<String>,
    queue: Rc<Queue>,
}

impl Outputs {
    pub fn new(plan: &Plan) -> Outputs {
        let (pattern, file) = match plan.output.clone() {
            Some(name) if name.contains("{n}") => (Some(name), None),
            name => (None, name),
        };
        let spools = plan.urls.iter().map(|_| Spool::default()).collect();
        let queue = Queue { file, sink: RefCell::default(), turn: Cell::new(0), spools: RefCell::new(spools) };
        Outputs { pattern, queue: Rc::new(queue) }
    }

    /// The output of the URL with this index. A file is made now.
    pub fn open(&self, index: usize) -> Result<Output, Fault> {
        match &self.pattern {
            Some(pattern) => Sink::file(pattern.replace("{n}", &(index + 1).to_string())).map(Output::Own),
            None => {
                self.queue.sink()?;
                Ok(Output::Queued { index, queue: Rc::clone(&self.queue) })
            }
        }
    }

    /// The URL with this index will write nothing more.
    pub async fn close(&self, index: usize) -> Result<(), Fault> {
        match self.pattern {
            Some(_) => Ok(()),
            None => self.queue.close(index).await,
        }
    }
}

/// Where the body of one URL goes.
#[derive(Clone)]
pub enum Output {
    Own(Sink),
    Queued { index: usize, queue: Rc<Queue> },
}

impl Output {
    pub async fn write(&self, bytes: Vec<u8>) -> Result<(), Fault> {
        match self {
            Output::Own(sink) => sink.write(bytes).await,
            Output::Queued { index, queue } if queue.turn.get() == *index => queue.sink()?.write(bytes).await,
            Output::Queued { index, queue } => {
                let mut spools = queue.spools.borrow_mut();
                spools[*index].append(&bytes).map_err(|error| Fault::io("a temporary file", &error))
            }
        }
    }
}

/// A sink in which bodies follow each other. Whose turn it is writes, the others put by what they have: if they waited, they
/// would hold connections that the first one may need.
pub struct Queue {
    /// `None`: stdout.
    file: Option<String>,
    /// Opened by the first that needs it.
    sink: RefCell<Option<Sink>>,
    turn: Cell<usize>,
    spools: RefCell<Vec<Spool>>,
}

impl Queue {
    fn sink(&self) -> Result<Sink, Fault> {
        let mut sink = self.sink.borrow_mut();
        if sink.is_none() {
            *sink = Some(self.file.clone().map_or_else(Sink::stdout, Sink::file)?);
        }
        Ok(sink.clone().expect("opened"))
    }

    /// Passes the turn on, past all that are closed, when what the next one has put by is written.
    async fn close(&self, index: usize) -> Result<(), Fault> {
        self.spools.borrow_mut()[index].close();
        if self.turn.get() != index {
            return Ok(());
        }
        let mut result = Ok(());
        let mut next = index + 1;
        loop {
            let part = match self.spools.borrow_mut().get_mut(next) {
                None => break,
                Some(spool) => spool.take().map_err(|error| Fault::io("a temporary file", &error)),
            };
            match part {
                Ok(Some(bytes)) => {
                    let written = match self.sink() {
                        Ok(sink) => sink.write(bytes).await,
                        Err(fault) => Err(fault),
                    };
                    result = result.and(written);
                }
                other => {
                    result = result.and(other.map(|_| ()));
                    if !self.spools.borrow()[next].is_closed() {
                        break;
                    }
                    next += 1;
                }
            }
        }
        self.turn.set(next);
        result
    }
}

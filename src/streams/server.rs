//! `start_server`: a task for each connection that comes.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use glassloop_executor::Spawn;
use glassloop_reactor::Waiting;

use super::connection::Connection;
use super::outgoing::{Ending, Outgoing};
use super::steady::spawn_steady;
use super::{StreamReader, StreamWriter, over_socket};
use crate::context;
use crate::net::{Address, Family, Listener, Site, Stream, Tcp, TcpListener, accept_pause};
use crate::waiters::{Place, Registration, Resource, Seen, Waiters};

/// Listens at an address and gives each connection to `handler`, in a task of its own (asyncio's `start_server`). It serves from
/// now on, until it is [closed](Server::close).
///
/// It accepts in a task that a cancel does not end. A handler that panics ends its own connection only. A connection that cannot be accepted (no file descriptor is left,
/// say) does not end the server: it tries again after a pause.
///
/// ```
/// use glassloop::{StreamReader, StreamWriter, open_connection, start_server};
///
/// glassloop::run(async {
///     let server = start_server("127.0.0.1:0", async |mut reader: StreamReader, writer: StreamWriter| {
///         let name = reader.readline().await.unwrap_or_default();
///         let _ = writer.writelines([b"hello, ", &name[..]]);
///     })
///     .await?;
///     let (mut reader, writer) = open_connection(*server.local_addr()).await?;
///     writer.write(b"world\n")?;
///     assert_eq!(reader.readline().await?, b"hello, world\n");
///     drop((reader, writer));
///     server.close();
///     server.wait_closed().await;
///     Ok::<(), std::io::Error>(())
/// })
/// # .unwrap();
/// ```
///
/// # Errors
/// As [`TcpListener::bind`].
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn start_server<H>(address: impl Into<Address>, handler: H) -> impl Future<Output = io::Result<Server>>
where
    H: AsyncFn(StreamReader, StreamWriter) + 'static,
{
    let site = Site::caller("accept");
    let binding = TcpListener::bind(address);
    async move {
        let listener = binding.await?;
        let name = format!("server at {}", listener.local_addr()?);
        Server::start((listener, None), name, handler, site)
    }
}

/// As [`start_server`], with a listener that is there already, of either family (asyncio's `sock=`).
///
/// # Errors
/// If the listener's address cannot be had.
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn start_server_on<F: Family, H>(listener: Listener<F>, handler: H) -> io::Result<Server<F>>
where
    H: AsyncFn(StreamReader, StreamWriter) + 'static,
{
    let site = Site::caller("accept");
    let name = format!("server at {:?}", listener.local_addr()?);
    Server::start((listener, None), name, handler, site)
}

/// As [`start_server`], at a path (asyncio's `start_unix_server`). A socket that an earlier server left there is replaced; closing
/// the server removes its own.
///
/// ```
/// use glassloop::{StreamReader, StreamWriter, open_unix_connection, start_unix_server};
///
/// glassloop::run(async {
///     let path = std::env::temp_dir().join(format!("glassloop-doc-{}", std::process::id()));
///     let server = start_unix_server(&path, async |mut reader: StreamReader, writer: StreamWriter| {
///         let name = reader.readline().await.unwrap_or_default();
///         let _ = writer.writelines([b"hello, ", &name[..]]);
///     })?;
///     let (mut reader, writer) = open_unix_connection(&path).await?;
///     writer.write(b"world\n")?;
///     assert_eq!(reader.readline().await?, b"hello, world\n");
///     server.close();
///     assert!(!path.exists());
///     Ok::<(), std::io::Error>(())
/// })
/// # .unwrap();
/// ```
///
/// # Errors
/// As [`UnixListener::bind`](Listener::bind).
///
/// # Panics
/// With no loop running on this thread.
#[cfg(unix)]
#[track_caller]
pub fn start_unix_server<H>(path: impl AsRef<Path>, handler: H) -> io::Result<Server<crate::net::Unix>>
where
    H: AsyncFn(StreamReader, StreamWriter) + 'static,
{
    let path = path.as_ref();
    if socket_at(path).is_some() {
        let _ = std::fs::remove_file(path); // if it cannot be removed, listening says so
    }
    let listener = crate::net::UnixListener::bind(path)?;
    let file = socket_at(path).map(|inode| SocketFile { path: path.to_path_buf(), inode });
    Server::start(
        (listener, file.map(|file| Box::new(file) as _)),
        format!("server at {}", path.display()),
        handler,
        Site::caller("accept"),
    )
}

/// A server that runs (asyncio's `Server`). Dropping it lets it run on, as a task does.
#[must_use = "dropped, it runs on and cannot be closed"]
pub struct Server<F: Family = Tcp> {
    serving: Rc<Serving<F>>,
    address: F::Addr,
}

struct Serving<F: Family> {
    /// Gone once the server is closed, and with it what else was to be dropped then.
    listening: RefCell<Option<(Listener<F>, OnClose)>>,
    clients: Rc<Clients>,
}

type OnClose = Option<Box<dyn Any>>;

/// The file of a Unix server, and its number in the file system; removed at the end if it is still the same one.
#[cfg(unix)]
struct SocketFile {
    path: PathBuf,
    inode: u64,
}

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        if socket_at(&self.path) == Some(self.inode) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The number of the socket at a path; `None` if there is none, or something else.
#[cfg(unix)]
fn socket_at(path: &Path) -> Option<u64> {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let found = std::fs::symlink_metadata(path).ok()?;
    found.file_type().is_socket().then(|| found.ino())
}

/// What a connection and its writer have left behind, to close it by.
type Ends = (Weak<Outgoing>, Weak<Connection>);

/// The connections that are open, and who waits for the last one's end.
#[derive(Default)]
struct Clients {
    open: RefCell<BTreeMap<u64, Ends>>,
    next: Cell<u64>,
    listens: Cell<bool>,
    registration: Registration,
    waiters: Waiters,
}

impl<F: Family> Server<F> {
    fn start<H>(listening: (Listener<F>, OnClose), name: String, handler: H, site: Site) -> io::Result<Server<F>>
    where
        H: AsyncFn(StreamReader, StreamWriter) + 'static,
    {
        let address = listening.0.local_addr()?;
        let clients = Rc::new(Clients { listens: Cell::new(true), ..Clients::default() });
        let serving = Rc::new(Serving { listening: RefCell::new(Some(listening)), clients });
        let accepting = Rc::clone(&serving).serve(Rc::new(handler), site);
        spawn_steady(&context::expect("start_server()").executor, name, site.location, accepting);
        Ok(Server { serving, address })
    }

    /// Where it listens, also after it is closed.
    pub fn local_addr(&self) -> &F::Addr {
        &self.address
    }

    /// Whether it still accepts connections.
    pub fn is_serving(&self) -> bool {
        self.serving.clients.listens.get()
    }

    /// Stops listening, at once. Connections that are open go on. A second call does nothing.
    pub fn close(&self) {
        let listening = self.serving.listening.borrow_mut().take();
        drop(listening); // wakes the task that accepts, which ends
        self.serving.clients.listens.set(false);
        self.serving.clients.note();
    }

    /// Closes every connection that is open, once what was written to it is sent (asyncio's `Server.close_clients`): their readers find
    /// the end of the stream. New ones still come, unless the server is closed.
    #[track_caller]
    pub fn close_clients(&self) {
        let site = Site::caller("write");
        self.serving.clients.for_each(|outgoing| outgoing.end(Ending::Both, site));
    }

    /// Closes every connection that is open at once; what was not sent is lost (asyncio's `Server.abort_clients`).
    pub fn abort_clients(&self) {
        self.serving.clients.for_each(|outgoing| outgoing.abort());
    }

    /// Waits until the server is closed and every connection that it accepted is closed too.
    ///
    /// # Cancel safety
    /// May be dropped at any time.
    #[track_caller]
    pub fn wait_closed(&self) -> impl Future<Output = ()> + '_ {
        self.serving.clients.wait(Site::caller("wait_closed"))
    }

    /// Waits until the server is closed, as [`wait_closed`](Server::wait_closed).
    ///
    /// # Cancel safety
    /// Dropping it closes the server, as in asyncio.
    #[track_caller]
    pub fn serve_forever(&self) -> impl Future<Output = ()> + '_ {
        struct Close<'s, F: Family>(&'s Server<F>);
        impl<F: Family> Drop for Close<'_, F> {
            fn drop(&mut self) {
                self.0.close();
            }
        }
        let closed = self.serving.clients.wait(Site::caller("serve_forever"));
        async move {
            let _close = Close(self);
            closed.await;
        }
    }
}

impl<F: Family> Serving<F> {
    /// The task that accepts.
    async fn serve<H>(self: Rc<Self>, handler: Rc<H>, site: Site)
    where
        H: AsyncFn(StreamReader, StreamWriter) + 'static,
    {
        let mut place = None;
        while let Some(accepted) = poll_fn(|cx| self.poll_accept(cx, &mut place, site)).await {
            let stream = match accepted {
                Ok(stream) => stream,
                Err(error) => {
                    if let Some(pause) = accept_pause(&error) {
                        crate::sleep(pause).await;
                    }
                    continue;
                }
            };
            let number = self.clients.next.replace(self.clients.next.get() + 1);
            let client = Client { clients: self.clients.clone(), number };
            let (reader, writer) = over_socket(stream, Some(client));
            self.clients.open.borrow_mut().insert(number, writer.downgrade());
            let (handler, context) = (Rc::clone(&handler), context::expect("a server"));
            let spawn = Spawn { name: Some("connection".into()), location: site.location };
            drop(context.executor.spawn(spawn, async move { handler(reader, writer).await }));
        }
    }

    /// `None` once the server is closed.
    fn poll_accept(
        &self,
        cx: &mut Context<'_>,
        place: &mut Option<Waiting>,
        site: Site,
    ) -> Poll<Option<io::Result<Stream<F>>>> {
        match &*self.listening.borrow() {
            Some((listener, _)) => listener.poll_accept(cx, place, site).map_ok(|(stream, _)| stream).map(Some),
            None => Poll::Ready(None),
        }
    }
}

impl Clients {
    fn is_over(&self) -> bool {
        !self.listens.get() && self.open.borrow().is_empty()
    }

    /// A connection whose writer is gone has nothing to send any more.
    fn for_each(&self, end: impl Fn(&Rc<Outgoing>)) {
        let open: Vec<_> = self.open.borrow().values().cloned().collect();
        for (outgoing, connection) in open {
            match (outgoing.upgrade(), connection.upgrade()) {
                (Some(outgoing), _) => end(&outgoing),
                (None, Some(connection)) => connection.close(),
                (None, None) => {}
            }
        }
    }

    /// Once the last is gone, those who wait go on.
    fn note(&self) {
        if self.is_over() {
            self.waiters.wake_all(&self.registration);
        }
    }

    async fn wait(self: &Rc<Self>, site: Site) {
        struct Leave<'c>(&'c Clients, Place);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.waiters.leave(&self.0.registration, &mut self.1);
            }
        }
        let mut line = Leave(self, None);
        poll_fn(|cx| {
            if self.is_over() {
                return Poll::Ready(());
            }
            self.registration.register("server", || {
                let this: Weak<dyn Resource> = Rc::downgrade(self) as Weak<Clients>;
                this
            });
            self.waiters.wait(&self.registration, &mut line.1, cx, site.operation, site.location);
            Poll::Pending
        })
        .await;
    }
}

impl Resource for Clients {
    fn look(&self) -> Seen {
        self.registration.seen("server", 0, 0, &self.waiters)
    }
}

/// One open connection of a server; dropped when it is closed.
pub(crate) struct Client {
    clients: Rc<Clients>,
    number: u64,
}

impl Drop for Client {
    fn drop(&mut self) {
        self.clients.open.borrow_mut().remove(&self.number);
        self.clients.note();
    }
}

impl<F: Family> fmt::Debug for Server<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut server = f.debug_struct("Server");
        server.field("address", &self.address).field("connections", &self.serving.clients.open.borrow().len());
        server.field("is_serving", &self.is_serving()).finish_non_exhaustive()
    }
}

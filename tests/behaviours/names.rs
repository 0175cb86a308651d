//! Every public name of asyncio and of tokio's parts of the same kind is in its map: it has a counterpart there, or the reason why not.

use std::collections::BTreeSet;

use crate::read;

/// `dir(asyncio)` of CPython 3.13, without modules.
const ASYNCIO: &str = "
    ALL_COMPLETED AbstractChildWatcher AbstractEventLoop AbstractEventLoopPolicy AbstractServer Barrier BaseEventLoop BaseProtocol
    BaseTransport BoundedSemaphore BrokenBarrierError BufferedProtocol CancelledError Condition DatagramProtocol DatagramTransport
    DefaultEventLoopPolicy Event EventLoop FIRST_COMPLETED FIRST_EXCEPTION FastChildWatcher Future Handle IncompleteReadError
    InvalidStateError LifoQueue LimitOverrunError Lock MultiLoopChildWatcher PidfdChildWatcher PriorityQueue Protocol Queue QueueEmpty
    QueueFull QueueShutDown ReadTransport Runner SafeChildWatcher SelectorEventLoop Semaphore SendfileNotAvailableError Server
    StreamReader StreamReaderProtocol StreamWriter SubprocessProtocol SubprocessTransport Task TaskGroup ThreadedChildWatcher Timeout
    TimeoutError TimerHandle Transport WriteTransport all_tasks as_completed create_eager_task_factory create_subprocess_exec
    create_subprocess_shell create_task current_task eager_task_factory ensure_future gather get_child_watcher get_event_loop
    get_event_loop_policy get_running_loop iscoroutine iscoroutinefunction isfuture new_event_loop open_connection
    open_unix_connection run run_coroutine_threadsafe set_child_watcher set_event_loop set_event_loop_policy shield sleep start_server
    start_unix_server timeout timeout_at to_thread wait wait_for wrap_future";

/// The public methods of its classes, in rows that name the class too (`task.cancel`).
const ASYNCIO_METHODS: [(&str, &str); 23] = [
    (
        "task",
        "add_done_callback cancel cancelled cancelling done exception get_context get_coro get_loop get_name get_stack print_stack
        remove_done_callback result set_exception set_name set_result uncancel",
    ),
    (
        "future",
        "add_done_callback cancel cancelled done exception get_loop remove_done_callback result set_exception set_result",
    ),
    ("taskgroup", "create_task"),
    ("timeout", "expired reschedule when"),
    ("queue", "empty full get get_nowait join maxsize put put_nowait qsize shutdown task_done"),
    ("event", "clear is_set set wait"),
    ("lock", "acquire locked release"),
    ("condition", "acquire notify notify_all wait wait_for"),
    ("semaphore", "acquire locked release"),
    ("barrier", "abort broken n_waiting parties reset wait"),
    (
        "loop",
        "add_reader add_signal_handler add_writer call_at call_exception_handler call_later call_soon call_soon_threadsafe close
        connect_accepted_socket connect_read_pipe connect_write_pipe create_connection create_datagram_endpoint create_future
        create_server create_task create_unix_connection create_unix_server default_exception_handler get_debug
        get_exception_handler get_task_factory getaddrinfo getnameinfo is_closed is_running remove_reader remove_signal_handler
        remove_writer run_forever run_in_executor run_until_complete sendfile set_debug set_default_executor
        set_exception_handler set_task_factory shutdown_asyncgens shutdown_default_executor slow_callback_duration sock_accept
        sock_connect sock_recv sock_recv_into sock_recvfrom sock_recvfrom_into sock_sendall sock_sendfile sock_sendto start_tls
        stop subprocess_exec subprocess_shell time",
    ),
    ("runner", "close get_loop run"),
    ("streamreader", "at_eof exception feed_data feed_eof read readexactly readline readuntil set_exception set_transport"),
    (
        "streamwriter",
        "can_write_eof close drain get_extra_info is_closing start_tls transport wait_closed write write_eof writelines",
    ),
    ("process", "communicate kill returncode send_signal terminate wait"),
    (
        "transport",
        "abort can_write_eof close get_extra_info get_protocol get_write_buffer_limits get_write_buffer_size is_closing is_reading
        pause_reading resume_reading set_protocol set_write_buffer_limits write write_eof writelines",
    ),
    ("datagramtransport", "abort close get_extra_info get_protocol is_closing sendto set_protocol"),
    (
        "subprocesstransport",
        "close get_extra_info get_pid get_pipe_transport get_protocol get_returncode is_closing kill send_signal set_protocol terminate",
    ),
    ("server", "abort_clients close close_clients get_loop is_serving serve_forever sockets start_serving wait_closed"),
    ("handle", "cancel cancelled get_context"),
    ("timerhandle", "cancel cancelled get_context when"),
    ("contextvar", "get set reset"),
    ("boundedsemaphore", "release"),
];

/// tokio 1.x: `task`, `time`, `sync`, `runtime` and the macros, without what is unstable.
const TOKIO: &str = "
    AbortHandle AcquireError Barrier BarrierWaitResult Builder EnterGuard Handle Instant Interval JoinError JoinHandle JoinSet
    LocalEnterGuard LocalKey LocalOptions LocalRuntime LocalSet MappedMutexGuard MissedTickBehavior Mutex MutexGuard Notified Notify
    OnceCell OwnedMappedMutexGuard OwnedMutexGuard OwnedNotified OwnedRwLockMappedWriteGuard OwnedRwLockReadGuard
    OwnedRwLockWriteGuard OwnedSemaphorePermit Runtime RuntimeFlavor RuntimeMetrics RwLock RwLockMappedWriteGuard RwLockReadGuard
    RwLockWriteGuard Semaphore SemaphorePermit SetError SetOnce SetOnceError Sleep TaskLocalFuture Timeout TryAcquireError
    TryCurrentError TryLockError Unconstrained advance block_in_place broadcast consume_budget coop error id interval interval_at join
    main mpsc oneshot pause pin resume select sleep sleep_until spawn spawn_blocking spawn_local task_local test timeout timeout_at
    try_id try_join unconstrained watch yield_now";

const TOKIO_METHODS: [(&str, &str); 17] = [
    (
        "joinset",
        "abort_all detach_all is_empty join_all join_next join_next_with_id len poll_join_next shutdown spawn spawn_blocking
        spawn_local spawn_on try_join_next",
    ),
    (
        "semaphore",
        "acquire acquire_many acquire_many_owned acquire_owned add_permits available_permits close forget_permits is_closed
        try_acquire try_acquire_many try_acquire_many_owned try_acquire_owned",
    ),
    ("semaphorepermit", "forget merge num_permits split"),
    ("notify", "notified notified_owned notify_last notify_one notify_waiters"),
    ("mutex", "blocking_lock get_mut into_inner lock lock_owned try_lock try_lock_owned"),
    ("barrier", "is_leader wait"),
    ("oncecell", "get get_mut get_or_init get_or_try_init initialized into_inner set take"),
    ("joinhandle", "abort abort_handle id is_finished"),
    ("joinerror", "id into_panic is_cancelled is_panic try_into_panic"),
    ("interval", "missed_tick_behavior period poll_tick reset reset_after reset_at reset_immediately set_missed_tick_behavior tick"),
    ("sleep", "deadline is_elapsed reset"),
    ("timeout", "get_mut get_ref into_inner"),
    ("runtime", "block_on enter handle metrics new shutdown_background shutdown_timeout spawn spawn_blocking"),
    ("handle", "block_on current enter id metrics runtime_flavor spawn spawn_blocking try_current"),
    (
        "builder",
        "build build_local enable_all enable_io enable_time event_interval global_queue_interval max_blocking_threads
        max_io_events_per_tick new_current_thread new_multi_thread on_thread_park on_thread_start on_thread_stop on_thread_unpark
        start_paused thread_keep_alive thread_name thread_name_fn thread_stack_size worker_threads",
    ),
    ("localset", "block_on enter run_until spawn_local"),
    ("localkey", "get scope sync_scope take_value try_get try_with with"),
];

/// The words in the code spans of each row of a page's tables.
fn rows(page: &str) -> Vec<BTreeSet<String>> {
    let words = |row: &str| -> BTreeSet<String> {
        let spans = row.split('`').skip(1).step_by(2);
        let words = spans.flat_map(|span| span.split(|c: char| !c.is_alphanumeric() && c != '_'));
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    read(page).lines().filter(|line| line.starts_with("| ")).map(words).collect()
}

fn missing(page: &str, names: &str, methods: &[(&str, &str)]) -> Vec<String> {
    let rows = rows(page);
    let mut missing: Vec<String> = names
        .split_whitespace()
        .filter(|name| !rows.iter().any(|row| row.contains(*name)))
        .map(str::to_owned)
        .collect();
    for (class, methods) in methods {
        for method in methods.split_whitespace() {
            let both = |row: &BTreeSet<String>| {
                row.contains(method) && row.iter().any(|word| word.eq_ignore_ascii_case(class))
            };
            if !rows.iter().any(both) {
                missing.push(format!("{class}.{method}"));
            }
        }
    }
    missing
}

#[test]
fn every_name_of_asyncio_is_in_the_map() {
    assert_eq!(missing("docs/asyncio-map.md", ASYNCIO, &ASYNCIO_METHODS), [""; 0]);
}

#[test]
fn every_name_of_tokio_is_in_the_map() {
    assert_eq!(missing("docs/tokio-map.md", TOKIO, &TOKIO_METHODS), [""; 0]);
}

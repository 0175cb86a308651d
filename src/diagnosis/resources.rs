//! Resources in words: what a task wants of one, which one it is, and how things stand with it.

use glassloop_executor::TaskRef;

use crate::waiters::Seen;

/// `get of Queue "jobs" 0/4`, `Lock "fork B" (held by task 5 "fork-right")`; `who` is the task that waits, `name`
/// gives a task in words.
pub(super) fn wanted(id: u64, seen: &Seen, operation: &str, who: TaskRef, name: &dyn Fn(TaskRef) -> String) -> String {
    let resource = label(id, seen);
    let what = match (seen.kind, operation) {
        ("lock", "acquire") | ("event" | "condition" | "barrier" | "promise", "wait") => resource,
        ("cancel token", "cancelled") => format!("a cancel of {resource}"),
        ("wait", _) => format!("{} in wait()", tasks(seen.unfinished)),
        ("as_completed", _) => format!("the next of {} in as_completed()", tasks(seen.unfinished)),
        ("task group", _) => format!("{} of {resource}", tasks(seen.unfinished)),
        ("threads", _) => "a function in to_thread()".into(),
        _ => format!("{operation} of {resource}"),
    };
    what + &standing(seen, operation, who, name)
}

/// Which one it is: by the name it was given, else by its number.
pub(super) fn label(id: u64, seen: &Seen) -> String {
    let word = word(seen.kind);
    match &seen.about.name {
        Some(name) => format!("{word} {name:?}"),
        None => format!("{word} {id}"),
    }
}

/// As short as can be, for a chain.
pub(super) fn short_label(id: u64, seen: &Seen) -> String {
    seen.about.name.as_ref().map_or_else(|| label(id, seen), |name| name.to_string())
}

/// The type that programs know it by.
fn word(kind: &str) -> &str {
    match kind {
        "queue" => "Queue",
        "lifo queue" => "LifoQueue",
        "priority queue" => "PriorityQueue",
        "lock" => "Lock",
        "semaphore" => "Semaphore",
        "event" => "Event",
        "condition" => "Condition",
        "barrier" => "Barrier",
        "promise" => "Promise",
        "cancel token" => "CancelToken",
        "task group" => "TaskGroup",
        "process" => "Process",
        other => other,
    }
}

/// How full it is, who holds it, and, as it has no name, where it was made.
fn standing(seen: &Seen, operation: &str, who: TaskRef, name: &dyn Fn(TaskRef) -> String) -> String {
    let Seen { kind, about, holder, len, unfinished, waits } = seen;
    let (mut fill, mut notes) = (String::new(), Vec::new());
    match *kind {
        "queue" | "lifo queue" | "priority queue" => match about.cap {
            _ if operation == "join" => notes.push(format!("{unfinished} unfinished")),
            Some(cap) => fill = format!(" {len}/{cap}"),
            None => notes.push(if *len == 0 { "empty".into() } else { format!("{len} in it") }),
        },
        "lock" => match holder {
            Some(holder) if *holder == who => notes.push("held by itself".into()),
            Some(holder) => notes.push(format!("held by {}", name(*holder))),
            None if *unfinished > 0 => notes.push("whoever took it is gone, and its guard is not".into()),
            // Who loses a `select!` on a `&mut` future may stand in the line all the same.
            None if waits.iter().any(|wait| wait.woken) => {
                notes.push("passed on to a future that nobody polls".into());
            }
            None => {}
        },
        "semaphore" => notes.push(format!("{len} free, {unfinished} held")),
        "barrier" => notes.push(format!("{len} there, {unfinished} missing")),
        _ => {}
    }
    if let (None, Some(location)) = (&about.name, about.location) {
        notes.push(format!("made at {location}"));
    }
    if notes.is_empty() { fill } else { format!("{fill} ({})", notes.join(", ")) }
}

fn tasks(count: usize) -> String {
    format!("{count} {}", if count == 1 { "task" } else { "tasks" })
}

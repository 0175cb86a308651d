//! `glass export --states`: what there is after each event, as a JSON object a line. Other programs that rebuild states
//! are compared with it.

use std::collections::BTreeMap;
use std::io::Write;

use glassloop::trace::executor::TaskRef;
use glassloop::trace::model::{Doing, State, Task};
use glassloop::trace::reactor::Place;
use glassloop::trace::read::Trace;
use serde_json::{Map, Value, json};

use super::Failure;
use super::follow::follow;

pub(super) fn export(trace: &Trace, out: &mut dyn Write) -> Result<(), Failure> {
    for (number, run) in trace.runs.iter().enumerate() {
        // The state after an event is the one before the next.
        let model = follow(&trace.file, run, 0, |_, model| {
            if model.seq > 0 {
                writeln!(out, "{}", state(number, model.seq, &model.state))?;
            }
            Ok(())
        })?;
        if model.seq > 0 {
            writeln!(out, "{}", state(number, model.seq, &model.state))?;
        }
    }
    Ok(out.flush()?)
}

/// A state, with everything in the order of its numbers; tasks as `7`, children of gathers as `3[1]`.
pub(crate) fn state(run: usize, seq: u64, state: &State) -> Value {
    let tasks: Map<String, Value> =
        state.tasks.iter().map(|(who, task)| (who.to_string(), live(state, *who, task))).collect();
    let joins = by_number(&state.joins, |join| json!({ "task": who(join.task), "loc": *join.loc }));
    let timers = by_number(
        &state.timers,
        |timer| json!({ "task": who(timer.task), "deadline": timer.deadline, "place": place(timer.place), "loc": *timer.loc }),
    );
    let sources = by_number(&state.sources, |source| {
        let sides = [0, 1].map(|side| {
            let waits = by_number(
                &source.waits[side],
                |wait| json!({ "task": who(wait.task), "op": *wait.op, "loc": *wait.loc }),
            );
            json!({ "ready": source.ready[side], "closed": source.closed[side], "waits": waits })
        });
        let [read, write] = sides;
        json!({ "label": *source.label, "read": read, "write": write })
    });
    let resources = by_number(&state.resources, |resource| {
        let waits = by_number(
            &resource.waits,
            |wait| json!({ "task": who(wait.task), "op": *wait.op, "loc": *wait.loc, "woken": wait.woken }),
        );
        json!({ "label": *resource.label, "name": resource.name.as_deref(), "loc": resource.loc.as_deref(), "cap": resource.cap,
            "len": resource.len, "unfinished": resource.unfinished, "holder": who(resource.holder), "waits": waits })
    });
    let run_queue: Vec<Value> = state.run_queue.iter().map(who).collect();
    json!({ "run": run, "seq": seq, "polling": who(state.polling), "run_queue": run_queue, "tasks": tasks,
        "joins": joins, "timers": timers, "sources": sources, "resources": resources })
}

fn live(state: &State, who: TaskRef, task: &Task) -> Value {
    let doing = state.doing(who).map(|doing| match doing {
        Doing::Polling => "polling",
        Doing::Queued(_) => "queued",
        Doing::Waiting => "waiting",
        Doing::Idle => "idle",
    });
    let holds: Vec<u64> = state.holds(who).collect();
    json!({ "name": task.name.as_deref(), "parent": task.parent, "loc": *task.loc, "cancel_asked": task.cancel_asked,
        "escaped": task.escaped, "wakers": task.wakers, "doing": doing, "waits": state.waits(who).count(),
        "holds": holds })
}

fn by_number<K: ToString, V>(map: &BTreeMap<K, V>, describe: impl Fn(&V) -> Value) -> Map<String, Value> {
    map.iter().map(|(number, value)| (number.to_string(), describe(value))).collect()
}

fn who(task: Option<TaskRef>) -> Value {
    task.map_or(Value::Null, |task| task.to_string().into())
}

fn place(place: Place) -> String {
    match place {
        Place::Due => "due".into(),
        Place::Far => "far".into(),
        Place::Slot { level, slot } => format!("L{level}/{slot}"),
    }
}

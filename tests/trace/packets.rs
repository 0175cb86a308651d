//! Perfetto's packets, decoded again: they are the same picture as the JSON.

use std::collections::BTreeMap;

use glassloop::trace::perfetto;
use serde_json::Value;

use super::recorded;

/// One field of a message.
enum Field<'b> {
    Number(u64),
    Bytes(&'b [u8]),
}

/// The fields of a message, by number, in their order.
struct Message<'b>(Vec<(u64, Field<'b>)>);

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (first, rest) = bytes.split_first().expect("a whole number");
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        shift += 7;
        if first & 0x80 == 0 {
            return number;
        }
    }
}

impl<'b> Message<'b> {
    fn parse(mut bytes: &'b [u8]) -> Message<'b> {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let tag = varint(&mut bytes);
            let length = match tag & 7 {
                0 => {
                    fields.push((tag >> 3, Field::Number(varint(&mut bytes))));
                    continue;
                }
                1 => 8,
                2 => varint(&mut bytes) as usize,
                other => panic!("a field of type {other}"),
            };
            let (value, rest) = bytes.split_at(length);
            bytes = rest;
            let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
            let field = if tag & 7 == 1 { Field::Number(number(value)) } else { Field::Bytes(value) };
            fields.push((tag >> 3, field));
        }
        Message(fields)
    }

    fn bytes(&self, wanted: u64) -> Option<&'b [u8]> {
        self.0.iter().find_map(|(number, field)| match field {
            Field::Bytes(bytes) if *number == wanted => Some(*bytes),
            _ => None,
        })
    }

    fn text(&self, wanted: u64) -> &'b str {
        str::from_utf8(self.bytes(wanted).unwrap_or_default()).expect("UTF-8")
    }

    fn message(&self, wanted: u64) -> Option<Message<'b>> {
        self.bytes(wanted).map(Message::parse)
    }

    fn number(&self, wanted: u64) -> Option<u64> {
        self.0.iter().find_map(|(number, field)| match field {
            Field::Number(value) if *number == wanted => Some(*value),
            _ => None,
        })
    }
}

/// What a track is: `1/2` for a thread of a process, `1 C run_queue` for a counter, ...
fn track_of(descriptor: &Message<'_>, tracks: &BTreeMap<u64, String>) -> String {
    let parent = descriptor.number(5).map(|parent| tracks[&parent].clone()).unwrap_or_default();
    match (descriptor.message(3), descriptor.message(4), descriptor.message(8)) {
        (Some(process), ..) => process.number(1).expect("a pid").to_string(),
        (_, Some(thread), _) => {
            assert_eq!(thread.number(1).expect("a pid").to_string(), parent);
            format!("{parent}/{}", thread.number(2).expect("a tid"))
        }
        (.., Some(_)) => format!("{parent} C {}", descriptor.text(2)),
        _ => format!("{parent} b {}", descriptor.text(2)),
    }
}

/// Each packet in a line; and the time, track and type of each event.
fn decoded(bytes: &[u8]) -> (Vec<String>, Vec<(u64, u64, u64)>) {
    let (mut lines, mut events, mut tracks) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (field, packet) in Message::parse(bytes).0 {
        let Field::Bytes(packet) = packet else { panic!("a number among packets") };
        let packet = Message::parse(packet);
        assert_eq!((field, packet.number(10)), (1, Some(1)), "of one sequence");
        if let Some(descriptor) = packet.message(60) {
            let track = track_of(&descriptor, &tracks);
            let name = descriptor.message(3).map(|process| process.text(6).to_owned());
            if let Some(name) = name.or_else(|| descriptor.message(4).map(|thread| thread.text(5).to_owned())) {
                lines.push(format!("M {track} {name}"));
            }
            let number = descriptor.number(1).expect("a number");
            assert!(tracks.insert(number, track).is_none(), "a track is described once");
            continue;
        }
        let (at, event) = (packet.number(8).expect("a time"), packet.message(11).expect("an event"));
        let (kind, track) = (event.number(9).expect("a type"), event.number(11).expect("a track"));
        let (name, row) = (event.text(23), &tracks[&track]);
        events.push((at, track, kind));
        let task = event.message(4).map_or("", |annotation| annotation.text(6));
        lines.push(match (kind, event.number(47), event.number(48)) {
            (1, ..) => format!("begin {row} {at} {name} {task}"),
            (2, ..) => format!("end {row} {at}"),
            (3, Some(id), None) => format!("s {row} {at} {name} {id}"),
            (3, None, Some(id)) => format!("f {row} {at} {name} {id}"),
            (3, None, None) => format!("i {row} {at} {name}"),
            (4, ..) => format!("{row} {at} {}", event.number(30).expect("a value")),
            other => panic!("an event like {other:?}"),
        });
    }
    (lines, events)
}

/// The same lines, of JSON.
fn lines_of(json: &[u8]) -> Vec<String> {
    let json: Value = serde_json::from_slice(json).expect("JSON");
    let mut lines = Vec::new();
    for event in json["traceEvents"].as_array().expect("events") {
        let text = |member: &str| event[member].as_str().unwrap_or_default();
        let nanos = |member: &str| (event[member].as_f64().expect("a time") * 1000.0).round() as u64;
        let (pid, name, args) = (&event["pid"], text("name"), &event["args"]);
        let row = format!("{pid}/{}", event["tid"]);
        match text("ph") {
            "M" if name == "process_name" => lines.push(format!("M {pid} {}", args["name"].as_str().expect("a name"))),
            "M" if name == "thread_name" => lines.push(format!("M {row} {}", args["name"].as_str().expect("a name"))),
            "M" => {}
            "X" => {
                let task = args["task"].as_str().unwrap_or_default();
                lines.push(format!("begin {row} {} {name} {task}", nanos("ts")));
                lines.push(format!("end {row} {}", nanos("ts") + nanos("dur")));
            }
            "b" => lines.push(format!("begin {pid} b {} {} {name} ", text("cat"), nanos("ts"))),
            "e" => lines.push(format!("end {pid} b {} {}", text("cat"), nanos("ts"))),
            "C" => lines.push(format!("{pid} C {name} {} {}", nanos("ts"), args["count"])),
            "i" => lines.push(format!("i {row} {} {name}", nanos("ts"))),
            ph => lines.push(format!("{ph} {row} {} {name} {}", nanos("ts"), event["id"])),
        }
    }
    lines
}

/// In the order of their times, as Perfetto takes them: an end closes what was begun last on its track.
fn nests(name: &str, mut events: Vec<(u64, u64, u64)>) {
    events.sort_by_key(|(at, ..)| *at);
    let mut open = BTreeMap::<u64, u32>::new();
    for (at, track, kind) in events {
        let open = open.entry(track).or_default();
        match kind {
            1 => *open += 1,
            2 => *open = open.checked_sub(1).unwrap_or_else(|| panic!("{name}: nothing is open at {at}")),
            _ => {}
        }
    }
    assert!(open.values().all(|open| *open == 0), "{name}: {open:?}");
}

fn check(name: &str, glt: Vec<u8>) -> usize {
    let trace = recorded::parse(glt);
    let (mut json, mut packets) = (Vec::new(), Vec::new());
    perfetto::write(&trace, None, &mut json).unwrap_or_else(|error| panic!("{name}: {error}"));
    perfetto::write_packets(&trace, None, &mut packets).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (lines, events) = decoded(&packets);
    let expected = lines_of(&json);
    let differs = lines.iter().zip(&expected).position(|(line, expected)| line != expected);
    assert_eq!(differs.map(|at| (&lines[at], &expected[at])), None, "{name}");
    assert_eq!(lines.len(), expected.len(), "{name}");
    nests(name, events);
    lines.len()
}

#[test]
fn packets_are_the_same_picture_as_json() {
    for name in recorded::examples() {
        let arguments: &[&str] = if name == "many_sleeps" { &["--tasks", "3000"] } else { &[] };
        assert!(check(&name, recorded::record_example(&name, arguments, "glt")) > 20, "{name}");
    }
    for seed in 1..=100 {
        check(&format!("program {seed}"), recorded::record_program(seed, &recorded::scratch("packets.glt"), None));
    }
}

#[test]
fn a_recording_is_made_of_packets_if_its_name_says_so() {
    let packets = recorded::record_example("gather", &[], "pftrace");
    let trace = recorded::parse(recorded::record_example("gather", &[], "glt"));
    let mut exported = Vec::new();
    perfetto::write_packets(&trace, None, &mut exported).expect("it can be exported");
    assert!(packets == exported && !decoded(&packets).0.is_empty());
}

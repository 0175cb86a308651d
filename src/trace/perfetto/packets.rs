//! The picture as packets, Perfetto's own format: protobuf, each packet a TrackDescriptor or a TrackEvent.
//!
//! What is written is little of it: numbers, texts, and messages in messages. A field begins with its number × 8 + how it
//! is written: 0 is a varint, 1 eight bytes, 2 a length and so many bytes. The numbers of the fields are Perfetto's, in
//! `trace_packet.proto`, `track_event.proto` and `track_descriptor.proto`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::sheet::{Edge, Named, Output, Row, Sheet};
use crate::trace::glt::encode::varint;

/// Fields by message.
mod field {
    pub(super) const TRACE_PACKET: u64 = 1;

    pub(super) const PACKET_TIMESTAMP: u64 = 8;
    pub(super) const PACKET_SEQUENCE: u64 = 10;
    pub(super) const PACKET_EVENT: u64 = 11;
    pub(super) const PACKET_DESCRIPTOR: u64 = 60;

    pub(super) const TRACK_UUID: u64 = 1;
    pub(super) const TRACK_NAME: u64 = 2;
    pub(super) const TRACK_PROCESS: u64 = 3;
    pub(super) const TRACK_THREAD: u64 = 4;
    pub(super) const TRACK_PARENT: u64 = 5;
    pub(super) const TRACK_COUNTER: u64 = 8;

    pub(super) const PROCESS_PID: u64 = 1;
    pub(super) const PROCESS_NAME: u64 = 6;

    pub(super) const THREAD_PID: u64 = 1;
    pub(super) const THREAD_TID: u64 = 2;
    pub(super) const THREAD_NAME: u64 = 5;

    pub(super) const EVENT_ANNOTATION: u64 = 4;
    pub(super) const EVENT_TYPE: u64 = 9;
    pub(super) const EVENT_TRACK: u64 = 11;
    pub(super) const EVENT_CATEGORY: u64 = 22;
    pub(super) const EVENT_NAME: u64 = 23;
    pub(super) const EVENT_COUNTER: u64 = 30;
    pub(super) const EVENT_FLOW: u64 = 47;
    pub(super) const EVENT_FLOW_ENDS: u64 = 48;

    pub(super) const ANNOTATION_TEXT: u64 = 6;
    pub(super) const ANNOTATION_NAME: u64 = 10;
}

/// Of an event.
mod kind {
    pub(super) const BEGIN: u64 = 1;
    pub(super) const END: u64 = 2;
    pub(super) const INSTANT: u64 = 3;
    pub(super) const COUNTER: u64 = 4;
}

/// Packets of one sequence keep their order.
const SEQUENCE: u64 = 1;

pub(super) struct Packets<'o> {
    output: Output<'o>,
    /// The numbers of tracks; a bar's is forgotten with its end.
    tracks: BTreeMap<Track, u64>,
    last: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Track {
    Process(u64),
    Row(Row),
    Counter(u64, &'static str),
    /// Each has a track of its own, as what is on one track has to nest.
    Bar(u64, &'static str, u64),
}

impl<'o> Packets<'o> {
    pub(super) fn begin(out: &'o mut dyn Write) -> Packets<'o> {
        Packets { output: Output::new(out), tracks: BTreeMap::new(), last: 0 }
    }

    pub(super) fn end(self) -> io::Result<()> {
        self.output.end()
    }

    fn put(&mut self, packet: Message) {
        let packet = packet.number(field::PACKET_SEQUENCE, SEQUENCE);
        self.output.write(&Message::default().message(field::TRACE_PACKET, &packet).0);
    }

    /// The number of a track, which is described when it is used first.
    fn number_of(&mut self, track: Track, describe: impl FnOnce(Message) -> Message) -> u64 {
        if let Some(number) = self.tracks.get(&track) {
            return *number;
        }
        self.last += 1;
        let number = self.last;
        self.tracks.insert(track, number);
        let mut descriptor = Message::default().number(field::TRACK_UUID, number);
        if let Track::Row(Row { pid, .. }) | Track::Counter(pid, _) | Track::Bar(pid, ..) = track
            && let Some(process) = self.tracks.get(&Track::Process(pid))
        {
            descriptor = descriptor.number(field::TRACK_PARENT, *process);
        }
        self.put(Message::default().message(field::PACKET_DESCRIPTOR, &describe(descriptor)));
        number
    }

    fn event(&mut self, track: u64, at: u64, kind: u64, event: Message) {
        let event = event.number(field::EVENT_TYPE, kind).number(field::EVENT_TRACK, track);
        self.put(Message::default().number(field::PACKET_TIMESTAMP, at).message(field::PACKET_EVENT, &event));
    }

    fn event_in(&mut self, row: Row, at: u64, kind: u64, event: Message) {
        let track = self.number_of(Track::Row(row), |descriptor| descriptor);
        self.event(track, at, kind, event);
    }
}

impl Sheet for Packets<'_> {
    /// To be called before anything is drawn there.
    fn name(&mut self, of: Named, row: Row, name: &str) {
        match of {
            Named::Process => {
                let process = Message::default().number(field::PROCESS_PID, row.pid).text(field::PROCESS_NAME, name);
                self.number_of(Track::Process(row.pid), |descriptor| {
                    descriptor.message(field::TRACK_PROCESS, &process)
                });
            }
            Named::Thread => {
                let thread = Message::default().number(field::THREAD_PID, row.pid).number(field::THREAD_TID, row.tid);
                let thread = thread.text(field::THREAD_NAME, name);
                self.number_of(Track::Row(row), |descriptor| descriptor.message(field::TRACK_THREAD, &thread));
            }
        }
    }

    /// Rows stand in the order of their numbers anyway.
    fn sort(&mut self, _: Named, _: Row, _: u64) {}

    /// Packets need not come in the order of their times, so the end stands beside the beginning.
    fn slice(&mut self, row: Row, at: u64, length: u64, name: &str, task: Option<&str>) {
        let mut begin = Message::default().text(field::EVENT_NAME, name);
        if let Some(task) = task {
            let annotation = Message::default().text(field::ANNOTATION_NAME, "task");
            begin = begin.message(field::EVENT_ANNOTATION, &annotation.text(field::ANNOTATION_TEXT, task));
        }
        self.event_in(row, at, kind::BEGIN, begin);
        self.event_in(row, at.saturating_add(length), kind::END, Message::default());
    }

    fn arrow_begins(&mut self, row: Row, at: u64, cat: &str, id: u64) {
        let event = Message::default().text(field::EVENT_NAME, cat).text(field::EVENT_CATEGORY, cat);
        self.event_in(row, at, kind::INSTANT, event.fixed(field::EVENT_FLOW, id));
    }

    fn arrow_ends(&mut self, row: Row, at: u64, cat: &str, id: u64) {
        let event = Message::default().text(field::EVENT_NAME, cat).text(field::EVENT_CATEGORY, cat);
        self.event_in(row, at, kind::INSTANT, event.fixed(field::EVENT_FLOW_ENDS, id));
    }

    fn bar(&mut self, edge: Edge, row: Row, at: u64, (cat, id): (&'static str, u64), name: &str) {
        let track = Track::Bar(row.pid, cat, id);
        let number = self.number_of(track, |descriptor| descriptor.text(field::TRACK_NAME, cat));
        let event = Message::default().text(field::EVENT_CATEGORY, cat);
        match edge {
            Edge::Begin => self.event(number, at, kind::BEGIN, event.text(field::EVENT_NAME, name)),
            Edge::End => {
                self.event(number, at, kind::END, event);
                self.tracks.remove(&track);
            }
        }
    }

    fn counter(&mut self, row: Row, at: u64, name: &'static str, value: u64) {
        let track = self.number_of(Track::Counter(row.pid, name), |descriptor| {
            descriptor.text(field::TRACK_NAME, name).message(field::TRACK_COUNTER, &Message::default())
        });
        self.event(track, at, kind::COUNTER, Message::default().number(field::EVENT_COUNTER, value));
    }

    fn instant(&mut self, row: Row, at: u64, name: &str) {
        self.event_in(row, at, kind::INSTANT, Message::default().text(field::EVENT_NAME, name));
    }

    fn check(&mut self) -> io::Result<()> {
        self.output.check()
    }
}

/// The bytes of a message, to which fields are added.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn number(mut self, field: u64, value: u64) -> Message {
        varint(&mut self.0, field << 3);
        varint(&mut self.0, value);
        self
    }

    fn fixed(mut self, field: u64, value: u64) -> Message {
        varint(&mut self.0, field << 3 | 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    fn text(self, field: u64, text: &str) -> Message {
        self.bytes(field, text.as_bytes())
    }

    fn message(self, field: u64, message: &Message) -> Message {
        self.bytes(field, &message.0)
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Message {
        varint(&mut self.0, field << 3 | 2);
        varint(&mut self.0, bytes.len() as u64);
        self.0.extend(bytes);
        self
    }
}

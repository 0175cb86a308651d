//! Both encodings give back what was written: entries of every kind, with whatever is in them.

use std::panic::Location;
use std::rc::Rc;

use proptest::prelude::*;

use super::executor::TaskRef;
use super::glt::decode;
use super::glt::encode::{Block, Text};
use super::ndjson;
use super::reactor::Place;
use super::schema::{Entry, FieldReader, KINDS, Record, Word};

const TEXTS: [&str; 6] = ["", "a", "put", "\"quoted\"\\ \n\u{0}\u{1b}", "긴 글, ünïcode 🦀", "a line\r\nand another"];

/// Makes the fields of an entry out of numbers; whoever throws the same again gets the same entry.
struct Dice<'n, S> {
    numbers: &'n [u64],
    text: fn(u64) -> S,
}

impl<S> Dice<'_, S> {
    fn throw(&mut self) -> u64 {
        let Some((first, rest)) = self.numbers.split_first() else { return 0 };
        self.numbers = rest;
        *first
    }

    /// Often one of those at which the length of a varint changes, or that stand at an end.
    fn extreme(&mut self) -> u64 {
        let number = self.throw();
        match number % 8 {
            0 => 0,
            1 => u64::MAX,
            2 => 1 << (number >> 8 & 63),
            3 => (1 << (number >> 8 & 63)) - 1,
            4 => number >> 57,
            _ => number >> (number >> 3 & 63),
        }
    }
}

impl<S> FieldReader<S> for Dice<'_, S> {
    type Error = std::convert::Infallible;

    fn number(&mut self, _: &'static str) -> Result<u64, Self::Error> {
        Ok(self.extreme())
    }

    fn maybe(&mut self, _: &'static str) -> Result<Option<u64>, Self::Error> {
        // The greatest stands for the one before too: see `glt::encode`.
        Ok((!self.throw().is_multiple_of(3)).then(|| self.extreme().min(u64::MAX - 1)))
    }

    fn flag(&mut self, _: &'static str) -> Result<bool, Self::Error> {
        Ok(self.throw().is_multiple_of(2))
    }

    fn text(&mut self, _: &'static str) -> Result<S, Self::Error> {
        Ok((self.text)(self.throw()))
    }

    fn maybe_text(&mut self, name: &'static str) -> Result<Option<S>, Self::Error> {
        if self.throw().is_multiple_of(3) { Ok(None) } else { self.text(name).map(Some) }
    }

    fn who(&mut self, _: &'static str) -> Result<Option<TaskRef>, Self::Error> {
        // Numbers of tasks count from 1, and nobody counts to 2^63.
        let task = (self.extreme() >> 1).max(1);
        let child = self.throw().is_multiple_of(2).then(|| self.extreme() as u32);
        Ok((!self.throw().is_multiple_of(4)).then_some(TaskRef { task, child }))
    }

    fn place(&mut self, _: &'static str) -> Result<Place, Self::Error> {
        Ok(match self.throw() {
            number if number % 4 == 0 => Place::Due,
            number if number % 4 == 1 => Place::Far,
            number => Place::Slot { level: (number >> 8) as u8 % 6, slot: (number >> 16) as u8 % 64 },
        })
    }

    fn word<W: Word>(&mut self, _: &'static str) -> Result<W, Self::Error> {
        let index = self.throw() % W::WORDS.len() as u64;
        Ok(W::at(index as u8).expect("there are so many"))
    }
}

fn live_text(number: u64) -> Text<'static> {
    let text = TEXTS[(number >> 2) as usize % TEXTS.len()];
    match number % 3 {
        0 => Text::Static(text),
        1 => Text::Str(text),
        _ => Text::At(Location::caller()),
    }
}

fn owned_text(number: u64) -> Rc<str> {
    live_text(number).with(|text| Rc::from(text))
}

/// An entry as it is written, and as it is to be read.
fn entry(code: u8, numbers: &[u64]) -> (Entry<Text<'static>>, Entry<Rc<str>>) {
    let (Ok(live), Ok(read)) = (
        Entry::read(code, &mut Dice { numbers, text: live_text }),
        Entry::read(code, &mut Dice { numbers, text: owned_text }),
    );
    (live.expect("a kind that there is"), read.expect("a kind that there is"))
}

/// So much time since the event before, which kind, and what to make its fields of.
type Throw = (u64, usize, Vec<u64>);

fn throws() -> impl Strategy<Value = Vec<Throw>> {
    let dt = prop_oneof![Just(0), 1..1_000_u64, any::<u64>()];
    let numbers = prop::collection::vec(any::<u64>(), 24);
    prop::collection::vec((dt, 0..KINDS.len(), numbers), 0..60)
}

/// As a recorder does it; says whether the block is full.
fn put(block: &mut Block, t: u64, entry: &Entry<Text<'_>>) -> bool {
    block.event(t, entry).unwrap_or_else(|| {
        block.turn_page();
        block.event(t, entry).expect("there is room now")
    })
}

fn payload(block: &Block) -> Vec<u8> {
    let mut bytes = Vec::new();
    block.payload(&mut bytes);
    bytes
}

fn through_glt(first_seq: u64, t0: u64, states: &[Throw], events: &[Throw]) {
    let mut block = Block::new(first_seq, t0);
    let mut expected = decode::Block { states: Vec::new(), events: Vec::new() };
    for (_, kind, numbers) in states {
        let (live, read) = entry(KINDS[*kind].code, numbers);
        block.state(&live);
        expected.states.push(read);
    }
    let mut t = t0;
    for (seq, (dt, kind, numbers)) in (first_seq..).zip(events) {
        t = t.saturating_add(*dt);
        let (live, entry) = entry(KINDS[*kind].code, numbers);
        put(&mut block, t, &live);
        expected.events.push(Record { seq, t, entry });
    }
    let payload = payload(&block);
    assert_eq!(decode::block(&payload, 0..payload.len()), Ok(expected));
}

fn through_ndjson(seq: u64, (t, kind, numbers): &Throw) {
    let (live, entry) = entry(KINDS[*kind].code, numbers);
    let mut line = String::new();
    ndjson::write(&mut line, seq, *t, &live);
    assert!(line.ends_with('\n') && line.matches('\n').count() == 1, "one line: {line:?}");
    assert_eq!(ndjson::read(&line).expect("a line that was just written"), Record { seq, t: *t, entry });
}

proptest! {
    #[test]
    fn a_block_gives_back_what_was_written(
        first_seq in 1..1_u64 << 60, t0 in any::<u64>(), states in throws(), events in throws()
    ) {
        through_glt(first_seq, t0, &states, &events);
    }

    #[test]
    fn a_line_gives_back_what_was_written(seq in 1..u64::MAX, throw in throws()) {
        throw.iter().for_each(|throw| through_ndjson(seq, throw));
    }
}

#[test]
fn every_kind_survives_both_encodings_at_both_ends() {
    for kind in 0..KINDS.len() {
        for extreme in 0..8 {
            // All numbers at one end, each choice both ways.
            let throw = (extreme, kind, (0..24).map(|n| extreme + 8 * (extreme + n)).collect());
            through_glt(1, 0, std::slice::from_ref(&throw), std::slice::from_ref(&throw));
            through_ndjson(1, &throw);
        }
    }
}

#[test]
fn kinds_have_codes_and_names_of_their_own() {
    for (index, kind) in KINDS.iter().enumerate() {
        assert!(kind.code < 0x80, "{}: the highest bit says that a time follows", kind.name);
        let same = |other: &&super::schema::Kind| other.code == kind.code || other.name == kind.name;
        assert_eq!(KINDS.iter().filter(same).count(), 1, "kind {index}, {}", kind.name);
    }
}

#[test]
fn a_block_of_many_pages_gives_back_all_of_it() {
    let numbers = || (0..4096).map(|n| n << 30);
    let mut block = Block::new(1, 0);
    numbers().for_each(|resource| block.state(&Entry::ResDel { resource }));
    let fills = |waiter| put(&mut block, 0, &Entry::ResWoken { resource: 1, waiter });
    assert!(!numbers().any(fills), "after so large a state there is room for more");
    let payload = payload(&block);
    let decode::Block { states, events } = decode::block(&payload, 0..payload.len()).expect("it can be read");
    assert!(states.into_iter().eq(numbers().map(|resource| Entry::ResDel { resource })));
    let events = events.into_iter().map(|record| record.entry);
    assert!(events.eq(numbers().map(|waiter| Entry::ResWoken { resource: 1, waiter })));
}

#[test]
fn a_clock_that_steps_back_stands_still() {
    let mut block = Block::new(1, 100);
    for t in [200, 150, 199, 300] {
        put(&mut block, t, &Entry::Turn {});
    }
    let payload = payload(&block);
    let times = decode::block(&payload, 0..payload.len()).expect("it can be read").events;
    assert_eq!(times.iter().map(|record| record.t).collect::<Vec<_>>(), [200, 200, 200, 300]);
}

#[test]
fn a_block_is_full_after_4096_events_unless_it_is_mostly_state() {
    let turn = Entry::Turn {};
    let full_after = |states: u64| {
        let mut block = Block::new(1, 0);
        (0..states).for_each(|_| block.state(&turn));
        (1..).find(|_| put(&mut block, 0, &turn)).expect("some time")
    };
    assert_eq!([full_after(0), full_after(1024), full_after(10_000)], [4096, 4096, 40_000]);
}

//! What a queue keeps its items in: the one thing in which the three queues differ.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};

/// Where the items are, and which of them comes out next. A queue needs to know no more of it.
///
/// Implemented for `VecDeque` (the oldest), `Vec` (the newest) and [`Heap`] (the smallest), and for nothing else.
pub trait Buffer: Default + Sealed + 'static {
    /// What is put and got.
    type Item: 'static;

    /// The queue's name in Rust.
    const NAME: &'static str;

    /// What reports and traces call the queue.
    const KIND: &'static str;

    /// Takes an item in.
    fn push(&mut self, item: Self::Item);

    /// Gives out the item whose turn it is.
    fn pop(&mut self) -> Option<Self::Item>;

    /// How many items are inside.
    fn size(&self) -> usize;
}

/// Code of others must not run while a queue's buffer is borrowed, so there are no buffers of others.
pub trait Sealed {}

impl<T> Sealed for VecDeque<T> {}

impl<T: 'static> Buffer for VecDeque<T> {
    type Item = T;
    const NAME: &'static str = "Queue";
    const KIND: &'static str = "queue";

    fn push(&mut self, item: T) {
        self.push_back(item);
    }

    fn pop(&mut self) -> Option<T> {
        self.pop_front()
    }

    fn size(&self) -> usize {
        self.len()
    }
}

impl<T> Sealed for Vec<T> {}

impl<T: 'static> Buffer for Vec<T> {
    type Item = T;
    const NAME: &'static str = "LifoQueue";
    const KIND: &'static str = "lifo queue";

    fn push(&mut self, item: T) {
        self.push(item);
    }

    fn pop(&mut self) -> Option<T> {
        self.pop()
    }

    fn size(&self) -> usize {
        self.len()
    }
}

/// A binary heap that gives out the smallest item, and of equal ones the oldest.
#[derive(Debug)]
pub struct Heap<T> {
    /// `BinaryHeap` gives out the greatest.
    entries: BinaryHeap<Reverse<Entry<T>>>,
    /// Of the next item: what `Ord` calls equal is told apart by age.
    next_number: u64,
}

#[derive(Debug)]
struct Entry<T> {
    item: T,
    number: u64,
}

impl<T: Ord> Ord for Entry<T> {
    fn cmp(&self, other: &Entry<T>) -> Ordering {
        self.item.cmp(&other.item).then(self.number.cmp(&other.number))
    }
}

impl<T: Ord> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Entry<T>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> PartialEq for Entry<T> {
    fn eq(&self, other: &Entry<T>) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T: Ord> Eq for Entry<T> {}

impl<T: Ord> Default for Heap<T> {
    fn default() -> Heap<T> {
        Heap { entries: BinaryHeap::new(), next_number: 0 }
    }
}

impl<T> Sealed for Heap<T> {}

impl<T: Ord + 'static> Buffer for Heap<T> {
    type Item = T;
    const NAME: &'static str = "PriorityQueue";
    const KIND: &'static str = "priority queue";

    fn push(&mut self, item: T) {
        let number = self.next_number;
        self.next_number += 1;
        self.entries.push(Reverse(Entry { item, number }));
    }

    fn pop(&mut self) -> Option<T> {
        self.entries.pop().map(|Reverse(entry)| entry.item)
    }

    fn size(&self) -> usize {
        self.entries.len()
    }
}

//! The places of a line, in the order of their numbers. The first is kept apart: nearly always it is the only one, and then none of
//! them costs an allocation, nor the arithmetic of a ring.

use std::collections::VecDeque;

use super::Wait;

#[derive(Default)]
pub(super) struct Places {
    /// `None` only if there is nobody.
    first: Option<Wait>,
    rest: VecDeque<Wait>,
}

impl Places {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    #[inline]
    pub(super) fn first(&self) -> Option<&Wait> {
        self.first.as_ref()
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> &Wait {
        match (index, &self.first) {
            (0, Some(first)) => first,
            _ => &self.rest[index - 1],
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self, index: usize) -> &mut Wait {
        match (index, &mut self.first) {
            (0, Some(first)) => first,
            _ => &mut self.rest[index - 1],
        }
    }

    #[inline]
    pub(super) fn first_mut(&mut self) -> Option<&mut Wait> {
        self.first.as_mut()
    }

    /// Where a number stands, or would.
    pub(super) fn search(&self, number: u64) -> Result<usize, usize> {
        match &self.first {
            Some(first) if first.number < number => {
                let found = self.rest.binary_search_by_key(&number, |wait| wait.number);
                found.map(|index| index + 1).map_err(|index| index + 1)
            }
            Some(first) if first.number == number => Ok(0),
            _ => Err(0),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, wait: Wait) {
        if self.first.is_none() {
            self.first = Some(wait);
        } else {
            self.rest.push_back(wait);
        }
    }

    pub(super) fn insert(&mut self, index: usize, wait: Wait) {
        match index.checked_sub(1) {
            None => {
                if let Some(former) = self.first.replace(wait) {
                    self.rest.push_front(former);
                }
            }
            Some(index) => self.rest.insert(index, wait),
        }
    }

    #[inline]
    pub(super) fn remove_first(&mut self) -> Option<Wait> {
        let first = self.first.take();
        // Asked first: nothing has to be moved where there is nothing.
        if !self.rest.is_empty() {
            self.first = self.rest.pop_front();
        }
        first
    }

    pub(super) fn remove(&mut self, index: usize) -> Option<Wait> {
        match index.checked_sub(1) {
            None => self.remove_first(),
            Some(index) => self.rest.remove(index),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Wait> {
        self.first.iter().chain(&self.rest)
    }
}

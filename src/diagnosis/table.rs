//! A map for keys that are numbers, looked into at every other event: one multiplication, and mostly one look.
//!
//! Who does not find a place free takes the next one that is (linear probing). At most half of the places are taken, so that is soon.

use std::iter;

/// What a [`Table`] finds its values by.
pub(super) trait Key: Copy + Eq {
    /// The key as one number; few others should have the same.
    fn number(self) -> u64;
}

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Table<K, V> {
    /// A power of two of them, and never full.
    places: Box<[Option<(K, V)>]>,
    len: usize,
}

/// With so many places it begins.
const FEW: usize = 16;

impl<K: Key, V> Default for Table<K, V> {
    fn default() -> Table<K, V> {
        Table { places: empty(FEW), len: 0 }
    }
}

fn empty<K, V>(places: usize) -> Box<[Option<(K, V)>]> {
    iter::repeat_with(|| None).take(places).collect()
}

impl<K: Key, V> Table<K, V> {
    #[inline]
    pub(super) fn get(&self, key: K) -> Option<&V> {
        self.places[self.place_of(key)].as_ref().map(|(_, value)| value)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let place = self.place_of(key);
        self.places[place].as_mut().map(|(_, value)| value)
    }

    /// The value, made if there is none.
    #[inline]
    pub(super) fn entry(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let mut place = self.place_of(key);
        if self.places[place].is_none() {
            place = self.vacancy(key, place);
        }
        &mut self.places[place].get_or_insert_with(|| (key, V::default())).1
    }

    /// Gives the value that was there.
    #[inline]
    pub(super) fn insert(&mut self, key: K, value: V) -> Option<V> {
        let mut place = self.place_of(key);
        if self.places[place].is_none() {
            place = self.vacancy(key, place);
        }
        self.places[place].replace((key, value)).map(|(_, former)| former)
    }

    #[inline]
    pub(super) fn remove(&mut self, key: K) -> Option<V> {
        let place = self.place_of(key);
        let (_, value) = self.places[place].take()?;
        self.len -= 1;
        if self.places[self.after(place)].is_some() {
            self.close_gap(place);
        }
        Some(value)
    }

    /// Where the key is, or would be put.
    #[inline]
    fn place_of(&self, key: K) -> usize {
        let mut place = self.home(key);
        while self.places[place].as_ref().is_some_and(|(other, _)| *other != key) {
            place = self.after(place);
        }
        place
    }

    /// Where a key stands if nobody is in its way. Fibonacci hashing: the upper bits of the product depend on all of the key.
    #[inline]
    fn home(&self, key: K) -> usize {
        let mixed = key.number().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 32) as usize & (self.places.len() - 1)
    }

    #[inline]
    fn after(&self, place: usize) -> usize {
        (place + 1) & (self.places.len() - 1)
    }

    /// A place for one more, who would be put at `place`.
    #[inline]
    fn vacancy(&mut self, key: K, place: usize) -> usize {
        self.len += 1;
        if 2 * self.len <= self.places.len() {
            return place;
        }
        self.grow();
        self.place_of(key)
    }

    #[cold]
    fn grow(&mut self) {
        let former = std::mem::replace(&mut self.places, empty(0));
        self.places = empty(2 * former.len());
        for (key, value) in former.into_iter().flatten() {
            let place = self.place_of(key);
            self.places[place] = Some((key, value));
        }
    }

    /// A place has become free: whoever was put further on because of it moves up, as the search for a key ends at a free place.
    fn close_gap(&mut self, mut gap: usize) {
        let last = self.places.len() - 1;
        let mut place = self.after(gap);
        while let Some((key, _)) = &self.places[place] {
            let (way_to_gap, way_to_place) = (gap.wrapping_sub(self.home(*key)), place.wrapping_sub(self.home(*key)));
            if way_to_gap & last < way_to_place & last {
                self.places.swap(gap, place);
                gap = place;
            }
            place = self.after(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Few numbers, so that many keys want the same places.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    struct Crowded(u64);

    impl Key for Crowded {
        fn number(self) -> u64 {
            self.0 % 5
        }
    }

    proptest! {
        #[test]
        fn a_table_is_a_map(steps in prop::collection::vec((0..4, 0..40_u64), 0..400)) {
            let (mut table, mut map) = (Table::default(), BTreeMap::new());
            for (value, (step, key)) in steps.into_iter().enumerate() {
                match step {
                    0 => prop_assert_eq!(table.remove(Crowded(key)), map.remove(&key)),
                    1 => {
                        *table.entry(Crowded(key)) += 1;
                        *map.entry(key).or_default() += 1;
                    }
                    _ => prop_assert_eq!(table.insert(Crowded(key), value), map.insert(key, value)),
                }
                prop_assert_eq!(table.len, map.len());
                for key in 0..40 {
                    prop_assert_eq!(table.get(Crowded(key)), map.get(&key));
                    prop_assert_eq!(table.get_mut(Crowded(key)), map.get_mut(&key));
                }
            }
        }
    }
}

//! Orders that exist only because of the field's reference: they decide ties and must fall alike (PLACE-106, INST-10).

use std::cmp::Ordering;

/// The order in which a table of the reference is walked that these keys were put into, one after the other, as indexes
/// into `keys` (PLACE-106). Natural would be the order of insertion. Of equal keys only the first is in.
#[must_use]
pub fn table_order(keys: &[&str]) -> Vec<usize> {
    let mut table = Table::new(keys);
    for key in 0..keys.len() {
        table.insert(key);
    }
    table.slots.into_iter().flatten().collect()
}

/// A hash table with open addressing that nothing is removed from; a key is its index (CIB-136 to CIB-140).
struct Table<'k> {
    keys: &'k [&'k str],
    hashes: Vec<u32>,
    slots: Vec<Option<usize>>,
    modulus: u32,
    used: usize,
}

impl<'k> Table<'k> {
    fn new(keys: &'k [&'k str]) -> Self {
        let hashes = keys.iter().map(|key| hash(key)).collect();
        Self { keys, hashes, slots: vec![None; 8], modulus: 7, used: 0 }
    }

    fn insert(&mut self, key: usize) {
        let is_free_or_same = |at: usize| self.slots[at].is_none_or(|other| self.keys[other] == self.keys[key]);
        let slot = self.probe(key, is_free_or_same);
        if self.slots[slot].is_some() {
            return;
        }
        self.slots[slot] = Some(key);
        self.used += 1;
        // CIB-138: without removals, the slots in use are the keys that are in.
        if self.slots.len() <= self.used + self.used / 16 {
            self.grow();
        }
    }

    /// The first slot on a key's way that will do; steps get longer by one each time.
    fn probe(&self, key: usize, will_do: impl Fn(usize) -> bool) -> usize {
        let mut slot = (self.hashes[key].wrapping_mul(11) % self.modulus) as usize;
        let mut step = 0;
        while !will_do(slot) {
            step += 1;
            slot = (slot + step) % self.slots.len();
        }
        slot
    }

    /// CIB-139: keys move in place, each to the first slot on its way that no moved key has; who was there moves next.
    fn grow(&mut self) {
        let old_size = self.slots.len();
        let digits = usize::BITS - (self.used * 1333 / 1000).leading_zeros();
        let size = 1_usize << digits.max(3);
        self.slots.resize(size, None);
        self.modulus = largest_prime_below(size);
        let mut settled = vec![false; size];
        for slot in 0..old_size {
            if settled[slot] {
                continue;
            }
            let mut lifted = self.slots[slot].take();
            while let Some(key) = lifted {
                let target = self.probe(key, |at| !settled[at]);
                settled[target] = true;
                lifted = self.slots[target].replace(key);
            }
        }
    }
}

/// CIB-136: bytes count as signed, and two values mean something else to the table.
fn hash(key: &str) -> u32 {
    let hash = key.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add_signed(i32::from(byte.cast_signed())));
    hash.max(2)
}

/// The modulus of a table of `size` slots (CIB-137).
fn largest_prime_below(size: usize) -> u32 {
    let size = u32::try_from(size).unwrap_or(u32::MAX);
    let is_prime =
        |number: &u32| (2..).take_while(|factor| *factor <= number / factor).all(|factor| !number.is_multiple_of(factor));
    (2..size).rev().find(is_prime).unwrap_or(2)
}

/// A stable top-down merge sort: first half `floor(n/2)`, its element taken while `compare(first, second)` is not greater
/// (INST-10). Needed where the comparison is no total order; natural would be the standard sort.
pub fn merge_sort<T: Clone>(items: &mut [T], compare: &mut impl FnMut(&T, &T) -> Ordering) {
    if items.len() < 2 {
        return;
    }
    let (first, second) = items.split_at_mut(items.len() / 2);
    merge_sort(first, compare);
    merge_sort(second, compare);
    let (first, second) = (first.to_vec(), second.to_vec());
    let (mut left, mut right) = (first.into_iter().peekable(), second.into_iter().peekable());
    for slot in items {
        let take_left = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) => compare(a, b) != Ordering::Greater,
            (a, _) => a.is_some(),
        };
        if let Some(item) = if take_left { left.next() } else { right.next() } {
            *slot = item;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(keys: &[&str]) -> String {
        table_order(keys).into_iter().map(|at| keys[at]).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn small_tables_walk_by_home_slot() {
        assert_eq!(walk(&["1", "2", "3"]), "1 3 2");
        assert_eq!(walk(&["4", "5", "6"]), "5 4 6");
        assert_eq!(walk(&["1", "2", "1"]), "1 2");
    }

    #[test]
    fn moduli_are_those_of_the_table() {
        let moduli: Vec<u32> = (3..=12).map(|digits| largest_prime_below(1 << digits)).collect();
        assert_eq!(moduli, [7, 13, 31, 61, 127, 251, 509, 1021, 2039, 4093]);
    }

    #[test]
    fn tables_grow_at_the_known_sizes_and_lose_nothing() {
        let names: Vec<String> = (0..200).map(|number| format!("node-{number}")).collect();
        let keys: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut table = Table::new(&keys);
        let mut grown = Vec::new();
        for key in 0..keys.len() {
            let before = table.slots.len();
            table.insert(key);
            if table.slots.len() != before {
                grown.push((key + 1, table.slots.len()));
            }
        }
        assert_eq!(grown, [(8, 16), (16, 32), (31, 64), (61, 128), (121, 256)]);
        let mut order = table_order(&keys);
        order.sort_unstable();
        assert_eq!(order, (0..200).collect::<Vec<_>>());
    }

    #[test]
    fn bytes_are_signed_in_the_hash() {
        assert_eq!(hash("\u{e9}"), 31_u32.wrapping_mul(0xc3_u8.cast_signed() as u32).wrapping_add(0xa9_u8.cast_signed() as u32));
        assert_eq!(hash(""), 2);
    }

    #[test]
    fn merge_sort_is_stable() {
        let mut items = [(2, 'a'), (1, 'b'), (2, 'c'), (1, 'd')];
        merge_sort(&mut items, &mut |a, b| a.0.cmp(&b.0));
        assert_eq!(items, [(1, 'b'), (1, 'd'), (2, 'a'), (2, 'c')]);
    }
}

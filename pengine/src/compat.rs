//! Orders that exist only because of the field's reference: they decide ties and must fall alike (PLACE-106, INST-10).

use std::cmp::Ordering;

/// The order in which a table of the reference is walked that these keys were put into, one after the other, as indexes
/// into `keys` (PLACE-106). Natural would be the order of insertion.
#[must_use]
pub fn table_order(keys: &[&str]) -> Vec<usize> {
    let _ = keys;
    todo!()
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

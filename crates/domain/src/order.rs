//! Order among few things.

/// Sorts a few items, equal ones staying as they are. The standard sort is made for many and weighs ten times as much
/// for every type that it sorts, which counts in the app.
pub fn sort_few<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    for end in 1..items.len() {
        let mut at = end;
        while at > 0 && key(&items[at]) < key(&items[at - 1]) {
            items.swap(at, at - 1);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_sorts_as_the_standard_sort_does(items in proptest::collection::vec((0u8..9, any::<u8>()), 0..40)) {
            let (mut few, mut standard) = (items.clone(), items);
            sort_few(&mut few, |item| item.0);
            standard.sort_by_key(|item| item.0);
            prop_assert_eq!(few, standard);
        }
    }
}

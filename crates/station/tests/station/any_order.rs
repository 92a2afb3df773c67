//! Whatever the network does to batches — order, repetition, division, simultaneity — the same rows come out.

use std::collections::BTreeSet;

use proptest::{collection, prelude::*, sample::Index, test_runner::Config};

use crate::support::*;

/// How the network delivers: which entries each request carries, and whether it waits for the one before.
fn deliveries() -> impl Strategy<Value = Vec<(Vec<Index>, bool)>> {
    collection::vec((collection::vec(any::<Index>(), 1..8), any::<bool>()), 1..12)
}

proptest! {
    #![proptest_config(Config { cases: 16, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_order_repetition_or_division_of_batches_ends_in_the_same_rows(deliveries in deliveries()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let station = Station::spawn().await;
            let mut phone = station.any_phone().await;
            let entries: Vec<_> = (0..10).map(|_| phone.open()).collect();
            let mut running = Vec::new();
            for (picks, waits) in deliveries {
                let batch: Vec<_> = picks.iter().map(|pick| entries[pick.index(entries.len())].clone()).collect();
                let phone = phone.clone();
                let send = tokio::spawn(async move { phone.deliver(&batch).await });
                if waits { send.await.unwrap(); } else { running.push(send) }
            }
            for send in running {
                send.await.unwrap();
            }
            // At last everything arrives, in the worst order.
            let mut last = entries.clone();
            last.reverse();
            let receipts = phone.deliver(&last).await;
            assert!(receipts.iter().all(|receipt| revision(receipt) == 1));
            let expected: BTreeSet<_> = entries
                .iter()
                .map(|entry| format!("{}|{}|{}|accepted|1", id(entry), entry["seq"], entry["digest"].as_str().unwrap()))
                .collect();
            let rows = station.rows("SELECT id, seq, lower(hex(digest)), outcome, revision FROM entries").await;
            assert_eq!(rows.len(), expected.len());
            assert_eq!(BTreeSet::from_iter(rows), expected);
            let positions = station.rows("SELECT mailbox, position FROM mailbox_items ORDER BY mailbox, position").await;
            assert_eq!(positions.len(), 3 * expected.len());
        });
    }
}

//! How often the database is asked: a wait in a browser costs far more than a row, so batches and pages ask once for
//! everything that they need.

use std::{cell::Cell, rc::Rc};

use uuid::Uuid;
use xunji_domain::{
    canonical::Digest,
    entry::Entry,
    id::{InstallationId, Position, RecordId, Revision, Seq},
    wire::{MailboxItem, MailboxPage, Outcome, Receipt},
};
use xunji_sync::{
    memory::Memory,
    pocket::{Mailbox, Pocket},
    storage::{Ask, Commit, Generation, Lying, Storage, StorageError, Table, Write},
    suite::{accepted, unsent},
};

/// A database that counts how often it is asked.
#[derive(Clone, Default)]
struct Counting {
    memory: Memory,
    asked: Rc<Cell<usize>>,
}

impl Counting {
    /// How often since the last time.
    fn asked(&self) -> usize {
        self.asked.take()
    }

    fn count(&self) {
        self.asked.set(self.asked.get() + 1);
    }
}

impl Storage for Counting {
    async fn generation(&self) -> Result<Generation, StorageError> {
        self.count();
        self.memory.generation().await
    }

    async fn read(&self, asks: Vec<Ask>) -> Result<Vec<Vec<Lying>>, StorageError> {
        self.count();
        self.memory.read(asks).await
    }

    async fn keys(&self, table: Table) -> Result<Vec<String>, StorageError> {
        self.count();
        self.memory.keys(table).await
    }

    async fn count(&self, table: Table) -> Result<usize, StorageError> {
        self.count();
        self.memory.count(table).await
    }

    async fn commit(&self, read: Generation, writes: Vec<Write>) -> Result<Commit, StorageError> {
        self.count();
        self.memory.commit(read, writes).await
    }
}

fn installation(number: u128) -> InstallationId {
    InstallationId::new(Uuid::from_u128(number))
}

/// The digest of the suite's entries repeats after 256 of them.
fn digest(number: u64) -> Digest {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Digest::new(bytes)
}

#[test]
fn a_batch_and_a_page_of_two_hundred_take_a_handful_of_questions() {
    pollster::block_on(async {
        let storage = Counting::default();
        let (pocket, _) = Pocket::open(storage.clone(), installation(1)).await.expect("opens");
        for number in 0..200 {
            pocket.save(&unsent(number, "老街")).await.expect("saved");
        }
        storage.asked();
        pocket.save(&unsent(200, "老街")).await.expect("saved");
        let one = storage.asked();
        assert!(one <= 6, "one save asks {one} times");

        let sent = pocket.next_batch(200, 1 << 20).await.expect("read").entries;
        let batch = storage.asked();
        assert_eq!(sent.len(), 200);
        assert!(batch <= 5, "a batch asks {batch} times");
        let answers: Vec<_> = sent.iter().map(|entry| accepted(entry, 1)).collect();
        pocket.acknowledge(&sent, &answers).await.expect("written");
        let receipts = storage.asked();
        assert!(receipts <= 4, "200 receipts ask {receipts} times");
        pocket.counts().await.expect("read");
        let counts = storage.asked();
        assert!(counts <= 2, "counting asks {counts} times");

        let item = |number: u64| {
            let mut content = unsent(u128::from(number), "别人记的").content;
            content.record = RecordId::new(Uuid::from_u128(u128::from(number) + 10_000));
            let entry =
                Entry { installation: installation(2), seq: Seq(number), digest: digest(number), content };
            let receipt = Receipt {
                entry: entry.content.id,
                digest: entry.digest,
                received_at: chrono::DateTime::UNIX_EPOCH,
                outcome: Outcome::Accepted { revision: Revision(1) },
                signature: None,
            };
            MailboxItem { position: Position(number), entry, receipt, masked: false }
        };
        let items: Vec<_> = (1..=200).map(item).collect();
        let page = MailboxPage { items, people: Vec::new(), head: Position(200), reset: false };
        assert_eq!(pocket.receive(&Mailbox::Own, Position(0), &page).await, Ok(true));
        let received = storage.asked();
        assert!(received <= 10, "a page of 200 asks {received} times");
        assert_eq!(pocket.record_count().await, Ok(401));
    });
}

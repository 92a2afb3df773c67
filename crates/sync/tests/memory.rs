//! The storage suite over the storage in memory.

use xunji_sync::{memory::Memory, storage_suite, suite};

macro_rules! run {
    ($name:ident) => {
        #[test]
        fn $name() {
            let storage = Memory::default();
            pollster::block_on(suite::$name(storage.clone(), async || storage.clone()));
        }
    };
}

storage_suite!(run);

#[test]
fn a_failed_save_leaves_everything_as_it_was() {
    let storage = Memory::default();
    let failing = storage.clone();
    pollster::block_on(suite::a_failed_save_leaves_everything_as_it_was(storage, |error| {
        failing.fail_next_commit(error);
    }));
}

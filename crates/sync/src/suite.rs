//! What every storage must do, as one suite: run by this crate over memory, and by the app over IndexedDB in a real
//! browser.
//!
//! Each test gets a new, empty storage, and `reopen` gives a second connection to the same one.

mod attachments;
mod ledger;
mod mailboxes;
mod outbox;
mod storage;

use chrono::DateTime;
use serde_json::json;
use uuid::Uuid;
use xunji_domain::{
    area::Area,
    canonical::Digest,
    desk::{Desk, DeskKind},
    entry::{Action, Body, Content, Entry},
    id::{EntryId, InstallationId, RecordId, Revision, WorkerId},
    person::{Role, Worker},
    village::VillageCode,
    wire::{Answer, Directory, Enrolment, Me, Outcome, Receipt},
};

use crate::{
    pocket::{Addition, Doing, Draft, Found, Pocket, Source, Unsent},
    storage::{Commit, Storage, Table, Write},
};

pub use self::{attachments::*, ledger::*, mailboxes::*, outbox::*, storage::*};

/// Runs `$run!(name)` for every test of the suite, so that each host can make tests of its own sort from them.
#[macro_export]
macro_rules! storage_suite {
    ($run:ident) => {
        $run!(what_is_committed_is_read_back);
        $run!(a_commit_on_an_old_generation_changes_nothing);
        $run!(spans_are_ordered_and_bounded);
        $run!(what_is_asked_together_is_answered_in_order);
        $run!(saved_means_saved_in_one_commit);
        $run!(saving_twice_saves_once);
        $run!(two_tabs_share_one_sequence_without_gaps);
        $run!(nothing_leaves_the_outbox_without_a_receipt_that_names_it);
        $run!(a_parked_entry_blocks_no_other_and_can_be_repaired);
        $run!(a_parked_step_is_given_up_or_mended_and_stays_in_the_history);
        $run!(an_entry_is_delivered_when_its_last_attachment_is);
        $run!(only_delivered_attachments_are_thinned);
        $run!(what_nothing_names_goes_a_day_later);
        $run!(a_discarded_draft_takes_its_photos_along);
        $run!(a_lost_answer_is_made_good_by_the_mailbox);
        $run!(the_mailbox_is_read_without_gaps);
        $run!(each_mailbox_has_a_place_of_its_own);
        $run!(a_whole_entry_is_never_replaced_by_a_masked_one);
        $run!(only_the_own_mailbox_sends_again);
        $run!(what_the_station_says_of_the_person_is_kept);
        $run!(the_canary_tells_a_loss);
        $run!(drafts_stay_until_they_are_saved);
        $run!(the_ledger_is_newest_first_and_can_be_searched);
        $run!(a_backup_brings_everything_back_once);
        $run!(a_record_knows_its_doubles_as_long_as_they_are_merged);
    };
}

/// An entry to be saved, numbered so that equal numbers mean the same entry.
pub fn unsent(number: u128, text: &str) -> Unsent {
    let body: Body =
        [("patrol_kind", json!("grid")), ("village", json!("513322100201")), ("route", json!(text))]
            .into_iter()
            .map(|(field, value)| (field.into(), value))
            .collect();
    Unsent {
        content: Content {
            id: EntryId::new(Uuid::from_u128(number)),
            record: RecordId::new(Uuid::from_u128(number + 1_000)),
            kind: "patrol".into(),
            kind_version: 1,
            author: WorkerId::new(Uuid::from_u128(7)),
            noted_at: DateTime::from_timestamp(1_700_000_000 + number as i64, 0)
                .unwrap_or_default()
                .fixed_offset(),
            basis: Revision(0),
            replaces: None,
            action: Action::Open { body },
            attachments: Vec::new(),
        },
        // Stands for the hash: the pocket only ever compares digests.
        digest: Digest::new([number as u8; 32]),
        blobs: Vec::new(),
    }
}

/// The station's answer that an entry is accepted.
pub fn accepted(entry: &Entry, revision: u64) -> Answer {
    Answer::Receipt {
        receipt: receipt(entry, Outcome::Accepted { revision: Revision(revision) }),
        missing: Vec::new(),
    }
}

fn receipt(entry: &Entry, outcome: Outcome) -> Receipt {
    Receipt {
        entry: entry.content.id,
        digest: entry.digest,
        received_at: DateTime::UNIX_EPOCH,
        outcome,
        signature: None,
    }
}

fn installation(number: u128) -> InstallationId {
    InstallationId::new(Uuid::from_u128(number))
}

async fn pocket<S: Storage>(storage: S) -> Pocket<S> {
    Pocket::open(storage, installation(1)).await.expect("opens").0
}

async fn commit<S: Storage>(storage: &S, writes: Vec<Write>) {
    let read = storage.generation().await.expect("a generation");
    assert_eq!(storage.commit(read, writes).await, Ok(Commit::Done));
}

/// Roles, desks and the directory are there without a network; another person's are never shown.
pub async fn what_the_station_says_of_the_person_is_kept<S: Storage>(
    storage: S,
    reopen: impl AsyncFn() -> S,
) {
    let pocket = pocket(storage).await;
    assert_eq!(pocket.me().await, Ok(None));
    let village: VillageCode = "513322100201".parse().expect("a code");
    let somebody = |number, role| {
        let id = WorkerId::new(Uuid::from_u128(number));
        Worker::new(id, "张三".to_owned(), &[role], village.clone(), Vec::new())
    };
    let worker = somebody(7, Role::Mediator);
    let enrolment = Enrolment {
        token: "t".to_owned(),
        worker: worker.clone(),
        station: "泸定县".to_owned(),
        receipt_key: None,
        recovery_key: None,
    };
    pocket.enrol(&enrolment).await.expect("enrolled");
    assert_eq!(pocket.me().await, Ok(Some(Me { worker, desks: Vec::new() })));
    let desk = Desk {
        id: "township_centre:513322100".into(),
        kind: DeskKind::TownshipCentre,
        name: "泸桥镇综治中心".to_owned(),
        area: Area::township_of(&village),
    };
    let me = Me { worker: somebody(7, Role::Coordinator), desks: vec![desk.clone()] };
    assert_eq!((pocket.learn(&me).await, pocket.learn(&me).await), (Ok(true), Ok(false)));
    let directory = Directory { tag: "0a".to_owned(), desks: vec![desk], people: vec![me.worker.clone()] };
    pocket.keep_directory(&directory).await.expect("kept");
    let (again, _) = Pocket::open(reopen().await, installation(2)).await.expect("opens");
    assert_eq!((again.me().await, again.directory().await), (Ok(Some(me)), Ok(directory)));
    let other = Enrolment { worker: somebody(8, Role::GridWorker), ..enrolment };
    again.enrol(&other).await.expect("enrolled");
    assert_eq!(again.me().await, Ok(Some(Me { worker: other.worker, desks: Vec::new() })));
}

/// Invariant 9 on the phone.
pub async fn the_canary_tells_a_loss<S: Storage>(storage: S, reopen: impl AsyncFn() -> S) {
    let (_, found) = Pocket::open(storage, installation(1)).await.expect("opens");
    assert_eq!(found, Found::Empty);
    let again = reopen().await;
    let (_, found) = Pocket::open(reopen().await, installation(2)).await.expect("opens");
    assert_eq!(found, Found::Whole);
    commit(&again, vec![Write::Delete(Table::Meta, "canary".into())]).await;
    let (pocket, found) = Pocket::open(reopen().await, installation(3)).await.expect("opens");
    assert_eq!((pocket.installation(), found), (installation(1), Found::CanaryGone));
}

/// Drafts.
pub async fn drafts_stay_until_they_are_saved<S: Storage>(storage: S, reopen: impl AsyncFn() -> S) {
    let pocket = pocket(storage).await;
    let unsent = unsent(1, "a");
    let draft = Draft {
        id: unsent.content.id,
        record: unsent.content.record,
        kind: "patrol".into(),
        kind_version: 1,
        body: [("route".into(), json!("half a wo"))].into(),
        given: [("route".into(), Source::LastTime)].into(),
        replaces: None,
        adds: None,
        changed_at: unsent.content.noted_at,
    };
    pocket.put_draft(&draft).await.expect("written");
    let second = self::pocket(reopen().await).await;
    assert!(second.drafts().await.expect("read") == vec![draft.clone()]);
    pocket.save(&unsent).await.expect("saved");
    assert!(second.drafts().await.expect("read").is_empty());
    let mut note = self::unsent(2, "");
    note.content.record = unsent.content.record;
    note.content.action = Action::Note { text: "done".into() };
    let adds = Addition { doing: Doing::Note, text: "do".into(), field: None, attached: Vec::new() };
    let begun = Draft { id: note.content.id, adds: Some(adds), ..draft.clone() };
    pocket.put_draft(&begun).await.expect("written");
    let record = unsent.content.record;
    assert!(second.addition(record, &Doing::Note).await.expect("read") == Some(begun));
    assert!(second.addition(record, &Doing::Amend).await.expect("read").is_none());
    pocket.save(&note).await.expect("saved");
    assert!(second.drafts().await.expect("read").is_empty(), "saved, like a form");
    second.put_draft(&draft).await.expect("written");
    assert!(second.drafts().await.expect("read").is_empty(), "a late autosave doesn't bring it back");
    assert_eq!(second.last(&"patrol".into()).await.expect("read").expect("a body")["route"], json!("a"));
}

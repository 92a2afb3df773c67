//! Attachments: what may go, when, and what never does.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use xunji_domain::{
    canonical::Digest,
    entry::{Body, body_of},
    id::{EntryId, Revision, Seq},
    wire::{Answer, Outcome},
};

use super::{accepted, pocket, receipt, unsent};
use crate::{
    pocket::{Draft, Pocket, Unsent},
    storage::Storage,
};

fn photo(number: u8) -> Digest {
    Digest::new([number; 32])
}

fn naming(photos: &[Digest]) -> Body {
    let photos: Vec<_> = photos.iter().map(ToString::to_string).collect();
    body_of([("photos".into(), json!(photos))])
}

fn draft(number: u128, photos: &[Digest]) -> Draft {
    let Unsent { content, .. } = unsent(number, "");
    Draft {
        id: content.id,
        record: content.record,
        kind: content.kind,
        kind_version: content.kind_version,
        body: naming(photos),
        given: Default::default(),
        replaces: None,
        adds: None,
        changed_at: content.noted_at,
    }
}

async fn keep<S: Storage>(pocket: &Pocket<S>, photo: Digest) {
    pocket.put_blob(photo, vec![1, 2, 3], Some(vec![1])).await.expect("written");
}

async fn is_whole<S: Storage>(pocket: &Pocket<S>, photo: Digest) -> bool {
    pocket.blob(photo).await.expect("read").is_some()
}

/// Space is made only of what the station has verified, and a small copy stays.
pub async fn only_delivered_attachments_are_thinned<S: Storage>(storage: S, _: impl AsyncFn() -> S) {
    let pocket = pocket(storage).await;
    let [delivered, shared, half_sent, unsent_yet, in_a_draft, no_copy] =
        std::array::from_fn(|number| photo(number as u8 + 1));
    for photo in [delivered, shared, half_sent, unsent_yet, in_a_draft] {
        keep(&pocket, photo).await;
    }
    pocket.put_blob(no_copy, vec![1, 2, 3], None).await.expect("written");
    let save = async |number, photos: &[Digest]| {
        let mut unsent = unsent(number, "a");
        unsent.content.attachments = photos.to_vec();
        pocket.save(&unsent).await.expect("saved")
    };
    let first = save(1, &[delivered, shared, no_copy]).await;
    let second = save(2, &[half_sent]).await;
    save(3, &[unsent_yet, shared]).await;
    pocket.put_draft(&draft(4, &[in_a_draft])).await.expect("written");
    let missing = |answer, missing| match answer {
        Answer::Receipt { receipt, .. } => Answer::Receipt { receipt, missing },
        other => other,
    };
    let answers = [accepted(&first, 1), missing(accepted(&second, 1), vec![half_sent])];
    pocket.acknowledge(&[first, second], &answers).await.expect("written");

    assert_eq!(pocket.thin().await, Ok(1));
    assert!(!is_whole(&pocket, delivered).await);
    assert_eq!(pocket.small_blob(delivered).await, Ok(Some(vec![1])));
    for photo in [shared, half_sent, unsent_yet, in_a_draft, no_copy] {
        assert!(is_whole(&pocket, photo).await, "{photo} is not the station's yet");
    }
    pocket.blob_delivered(Seq(2), half_sent).await.expect("written");
    assert_eq!(pocket.thin().await, Ok(1));
    assert!(!is_whole(&pocket, half_sent).await);
    assert_eq!(pocket.thin().await, Ok(0));
}

/// A photo is kept before its form names it, so it is never thrown away on first sight.
pub async fn what_nothing_names_goes_a_day_later<S: Storage>(storage: S, _: impl AsyncFn() -> S) {
    let pocket = pocket(storage).await;
    let [orphan, late, saved] = [photo(1), photo(2), photo(3)];
    for photo in [orphan, late, saved] {
        keep(&pocket, photo).await;
    }
    let mut unsent = unsent(1, "a");
    unsent.content.attachments = vec![saved];
    pocket.save(&unsent).await.expect("saved");
    let day: DateTime<Utc> = DateTime::UNIX_EPOCH;
    assert_eq!(pocket.sweep(day).await, Ok(0), "nothing goes on first sight");
    assert_eq!(pocket.sweep(day + TimeDelta::hours(23)).await, Ok(0));
    pocket.put_draft(&draft(4, &[late])).await.expect("written");
    assert_eq!(pocket.sweep(day + TimeDelta::days(1)).await, Ok(1));
    assert_eq!(pocket.small_blob(orphan).await, Ok(None));
    assert!(is_whole(&pocket, late).await && is_whole(&pocket, saved).await);
    assert_eq!(pocket.sweep(day).await, Ok(0), "a clock that goes back does no harm");
}

/// What somebody throws away is gone, unless it is needed elsewhere.
pub async fn a_discarded_draft_takes_its_photos_along<S: Storage>(storage: S, _: impl AsyncFn() -> S) {
    let pocket = pocket(storage).await;
    let [own, saved, in_another] = [photo(1), photo(2), photo(3)];
    for photo in [own, saved, in_another] {
        keep(&pocket, photo).await;
    }
    let mut unsent = unsent(1, "a");
    unsent.content.attachments = vec![saved];
    pocket.save(&unsent).await.expect("saved");
    let thrown = draft(4, &[own, saved, in_another]);
    let id: EntryId = thrown.id;
    pocket.put_draft(&thrown).await.expect("written");
    pocket.put_draft(&draft(5, &[in_another])).await.expect("written");
    pocket.delete_draft(id).await.expect("written");
    assert_eq!(pocket.small_blob(own).await, Ok(None));
    assert!(is_whole(&pocket, saved).await && is_whole(&pocket, in_another).await);
    assert_eq!(pocket.draft(id).await.map(|draft| draft.is_some()), Ok(false));
}

/// Invariant 6 on the phone.
pub async fn an_entry_is_delivered_when_its_last_attachment_is<S: Storage>(
    storage: S,
    _: impl AsyncFn() -> S,
) {
    let pocket = pocket(storage).await;
    let mut unsent = unsent(1, "a");
    let digests = [Digest::new([8; 32]), Digest::new([9; 32])];
    unsent.content.attachments = digests.to_vec();
    unsent.blobs = digests.iter().map(|digest| (*digest, vec![0])).collect();
    let entry = pocket.save(&unsent).await.expect("saved");
    assert_eq!(pocket.next_blob().await, Ok(None), "the words go first");
    let answer = Answer::Receipt {
        receipt: receipt(&entry, Outcome::Accepted { revision: Revision(1) }),
        missing: digests.to_vec(),
    };
    pocket.acknowledge(std::slice::from_ref(&entry), &[answer]).await.expect("written");
    for digest in digests {
        assert_eq!(pocket.counts().await.map(|counts| counts.waiting), Ok(1));
        assert_eq!(pocket.next_blob().await, Ok(Some((Seq(1), digest))));
        pocket.blob_delivered(Seq(1), digest).await.expect("written");
    }
    assert_eq!(pocket.counts().await.map(|counts| counts.waiting), Ok(0));
    assert!(pocket.blob(digests[0]).await.expect("read").is_some(), "the bytes stay on the phone");
}

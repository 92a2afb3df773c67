//! What the station holds, checked for itself and against what was said.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use xunji_domain::{
    entry::{Action, Entry},
    id::{InstallationId, RecordId},
    record::Standing,
    wire::Outcome,
};

use super::must;
use crate::simulation::{
    Broken, Invariant,
    disk::at_once,
    env::Env,
    phone::Phone,
    station::{MailboxId, Station},
    world::World,
};

/// Once each, in order, as receipted, and only where it may be.
pub(super) fn station(env: &Env) -> Result<(), Broken> {
    let let_go = &env.ledger.borrow().let_go;
    must(let_go.is_empty(), Invariant::PhotosToo, || format!("{let_go:?} made space before it had arrived"))?;
    let station = env.station.borrow();
    let mut ids = BTreeSet::new();
    let mut places = BTreeSet::new();
    let mut revisions: BTreeMap<RecordId, Vec<u64>> = BTreeMap::new();
    for stored in &station.entries {
        let entry = &stored.entry;
        let once = ids.insert(entry.content.id) && places.insert((entry.installation, entry.seq));
        env.tally.borrow_mut().doubled += u64::from(!once);
        must(once, Invariant::ExactlyOnce, || format!("the station has {entry:?} twice"))?;
        if let Outcome::Accepted { revision } = stored.receipt.outcome {
            revisions.entry(entry.content.record).or_default().push(revision.0);
        }
    }
    for (record, revisions) in revisions {
        must(revisions.iter().copied().eq(1..=revisions.len() as u64), Invariant::ExactlyOnce, || {
            format!("{record} has the revisions {revisions:?}")
        })?;
    }
    let ledger = env.ledger.borrow();
    for receipt in ledger.receipts.iter().filter(|_| ledger.restored.is_none()) {
        let held = station.entry(receipt.entry).map(|stored| &stored.receipt);
        must(held == Some(receipt), Invariant::ReceiptsAreTrue, || {
            format!("a receipt for {} was sent, and the station holds {held:?}", receipt.entry)
        })?;
    }
    once_each(&station)?;
    mailboxes(&station)
}

/// A case is carried on in one record, and a slip shows one.
fn once_each(station: &Station) -> Result<(), Broken> {
    for (record, opened) in &station.records {
        let Some(into) = opened.merged_into.map(|into| station.records.get(&into)) else { continue };
        let carried_on = into.is_some_and(|into| into.merged_into.is_none() && into.kind == opened.kind);
        must(carried_on && !opened.confidential, Invariant::ExactlyOnce, || {
            format!("{record} was merged into {:?}, where nobody carries it on", opened.merged_into)
        })?;
    }
    let mut tokens = BTreeSet::new();
    for stored in &station.entries {
        let Action::Slip { token_hash } = &stored.entry.content.action else { continue };
        let accepted = matches!(stored.receipt.outcome, Outcome::Accepted { .. });
        must(!accepted || tokens.insert(*token_hash), Invariant::Secrecy, || {
            format!("who has the slip {} sees another record", stored.entry.content.id)
        })?;
    }
    Ok(())
}

fn mailboxes(station: &Station) -> Result<(), Broken> {
    for (mailbox, places) in &station.mailboxes {
        for place in places {
            let stored = &station.entries[*place];
            let entry = &stored.entry;
            let record = station.records.get(&entry.content.record);
            let accepted = matches!(stored.receipt.outcome, Outcome::Accepted { .. });
            let confidential = record.is_some_and(|record| record.confidential);
            let may = match mailbox {
                MailboxId::Worker(worker) if !accepted => *worker == stored.sender,
                MailboxId::Worker(_) => true,
                MailboxId::JusticeDesk => accepted && confidential,
                MailboxId::Oversight => accepted && !confidential,
                MailboxId::CoordinatorDesk(township) => {
                    let here = |record: &crate::simulation::station::Opened| {
                        record.villages.iter().any(|village| village.township() == township)
                    };
                    accepted && !confidential && record.is_some_and(here)
                }
            };
            must(may, Invariant::Secrecy, || format!("{mailbox:?} holds {entry:?}"))?;
        }
    }
    for (record, opened) in &station.records {
        let opener = station.mailboxes.get(&MailboxId::Worker(opened.opener));
        let all = |mailbox: Option<&Vec<usize>>| {
            let of = |place: &&usize| {
                let stored = &station.entries[**place];
                stored.entry.content.record == *record
                    && matches!(stored.receipt.outcome, Outcome::Accepted { .. })
            };
            mailbox.is_some_and(|places| places.iter().filter(of).count() as u64 == opened.revision.0)
        };
        must(all(opener), Invariant::ReplicasConverge, || {
            format!("{record}'s opener does not get all of it")
        })?;
        // The newest entry went to the desk in charge, with everything before it.
        let desk = match opened.confidential {
            true => MailboxId::JusticeDesk,
            false => MailboxId::CoordinatorDesk(opened.village.township().to_owned()),
        };
        must(all(station.mailboxes.get(&desk)), Invariant::ReplicasConverge, || {
            format!("{desk:?} does not get all of {record}")
        })?;
    }
    Ok(())
}

/// Whatever is missing between an installation's numbers is refused on its phone, or gone with it: a gap shows.
pub(super) fn gaps(env: &Env) -> Result<(), Broken> {
    let (station, ledger) = (env.station.borrow(), env.ledger.borrow());
    if ledger.restored.is_some() {
        return Ok(());
    }
    let mut last: BTreeMap<InstallationId, u64> = BTreeMap::new();
    for (installation, seq) in station.places.keys() {
        let last = last.entry(*installation).or_default();
        *last = (*last).max(seq.0);
    }
    // A phone that gave a number twice would make two entries fight for one place.
    let known = |installation: &InstallationId| ledger.copied.contains(installation);
    let fought = station.alarms.iter().find(|(installation, ..)| !known(installation));
    must(fought.is_none(), Invariant::ExactlyOnce, || format!("an alarm was raised: {fought:?}"))
}

/// Every entry that a screen called saved is in exactly one place, or visibly gone with its phone.
pub(super) fn count(world: &World) -> Result<(), Broken> {
    let (env, station) = (&world.env, world.env.station.borrow());
    let ledger = env.ledger.borrow();
    let mut tally = env.tally.borrow_mut();
    tally.entries = ledger.saved.len() as u64;
    for stored in &station.entries {
        // Only the name of what was done is printed.
        let done = format!("{:?}", stored.entry.content.action);
        let by_outcome = match stored.receipt.outcome {
            Outcome::Accepted { .. } => &mut tally.taken,
            Outcome::Parked { .. } => &mut tally.returned,
        };
        *by_outcome.entry(done).or_default() += 1;
    }
    for (_, entry) in &ledger.saved {
        let id = entry.content.id;
        let number = match station.entry(id).map(|stored| &stored.receipt.outcome) {
            Some(Outcome::Accepted { .. }) => &mut tally.accepted,
            Some(Outcome::Parked { .. }) => &mut tally.parked,
            None if ledger.restored.is_some() => continue,
            None if is_refused(&world.phones, entry) => &mut tally.refused,
            None if ledger.evicted.contains(&entry.installation) => &mut tally.evicted,
            None => {
                tally.lost += 1;
                return must(false, Invariant::SavedMeansSaved, || format!("{id} is nowhere"));
            }
        };
        *number += 1;
    }
    Ok(())
}

/// On whichever phone it is: it may have been moved.
fn is_refused(phones: &[Rc<Phone>], entry: &Entry) -> bool {
    phones.iter().any(|phone| {
        let record = at_once(phone.reader().record(entry.content.record)).ok().flatten();
        record.iter().flat_map(|record| &record.entries).any(|known| {
            known.entry.content.id == entry.content.id && matches!(known.standing, Standing::Refused { .. })
        })
    })
}

//! What people do with a record besides filling it in: slips for its parties, questions about its fields, doubles, and
//! values that two of them changed. Much of it is not theirs to do, and comes back with the reason.

use xunji_domain::{
    entry::Action,
    id::{EntryId, FieldId},
    person::Role,
    record::{Held, Record},
    slip::{SlipToken, Verdict},
};

use super::{env::Env, ledger, sabotage::Sabotage, tab::Tab};

/// One of these, when there is an occasion; `id` is that of the entry to come.
pub(super) async fn deal(env: &Env, tab: &Tab, id: EntryId, record: &Record) -> Option<Action> {
    if let Some(answer) = answer(env, record).filter(|_| env.dice.comes(600)) {
        return Some(answer);
    }
    let Ok(Some(enrolment)) = tab.pocket.enrolment().await else { return None };
    let keeps = record.keeper == Some(enrolment.worker.id);
    let seated = matches!(enrolment.worker.role, Role::Coordinator | Role::JusticeOfficer);
    // Who takes every double is brought many.
    if seated && env.breaks(Sabotage::ChainDoubles, 700) {
        return merge(env, tab, record).await;
    }
    // Mostly what is theirs to do.
    let likely = |theirs: bool, in_thousand: u64| env.dice.comes(if theirs { in_thousand } else { 20 });
    if likely(keeps, 120) {
        slip(env, tab, id).await
    } else if likely(seated && !keeps, 400) {
        ask(env, record)
    } else if likely(seated, 500) {
        merge(env, tab, record).await
    } else {
        None
    }
}

/// Draws a token and keeps it here. Nothing where the disk has no place for it: a slip without one could not be shown.
pub(super) async fn slip(env: &Env, tab: &Tab, id: EntryId) -> Option<Action> {
    let (high, low) = (env.dice.any().to_be_bytes(), env.dice.any().to_be_bytes());
    let mut bits = [0; 16];
    bits.iter_mut().zip(high.into_iter().chain(low)).for_each(|(bit, drawn)| *bit = drawn);
    // Two phones that draw the same are not to be met with; somebody who makes a second slip of a first one is.
    let again = env.dice.one(&env.ledger.borrow().slips).cloned().filter(|_| env.dice.comes(100));
    let token = again.unwrap_or_else(|| SlipToken::new(&bits));
    tab.pocket.keep_slip(id, &token).await.ok()?;
    let token_hash = ledger::seal(token.as_str().as_bytes());
    env.ledger.borrow_mut().slips.push(token);
    Some(Action::Slip { token_hash })
}

/// Somebody's word to what waits for one: a question, a disagreement, a record that was merged into another one.
pub(super) fn answer(env: &Env, record: &Record) -> Option<Action> {
    let asked: Vec<EntryId> = record.asked.values().flatten().map(|asked| asked.by).collect();
    let contested: Vec<(&FieldId, &Held)> =
        record.fields.iter().filter(|(_, held)| !held.rivals.is_empty()).collect();
    if let Some(ask) = env.dice.one(&asked).filter(|_| env.dice.comes(500)) {
        return Some(Action::Explain { ask: *ask, text: "e".to_owned() });
    }
    if let Some((field, held)) = env.dice.one(&contested) {
        let rival = env.dice.one(&held.rivals).filter(|_| env.dice.comes(500));
        let to = rival.map_or_else(|| held.value.clone(), |rival| rival.value.clone());
        // Taking it back names the other value as both seen and right.
        let from = if env.dice.comes(200) { to.clone() } else { held.value.clone() };
        return Some(Action::Amend { field: (*field).clone(), from, to, reason: "s".to_owned() });
    }
    env.dice.comes(if record.merged_into.is_some() { 500 } else { 5 }).then_some(Action::Unmerge {})
}

fn ask(env: &Env, record: &Record) -> Option<Action> {
    let fields: Vec<&FieldId> = record.fields.keys().collect();
    let field = (*env.dice.one(&fields)?).clone();
    Some(Action::Ask { field, text: if env.dice.comes(950) { "?".to_owned() } else { String::new() } })
}

async fn merge(env: &Env, tab: &Tab, record: &Record) -> Option<Action> {
    let rows = tab.pocket.rows(None, 100).await.ok()?.rows;
    let alike = rows.iter().filter(|row| {
        let other = row.record != record.id && row.kind == record.kind;
        other || env.dice.comes(30)
    });
    let alike: Vec<_> = alike.map(|row| row.record).collect();
    env.dice.one(&alike).map(|into| Action::Merge { into: *into })
}

/// Somebody with a slip says at the station's page whether it is so.
pub(super) fn answer_over_a_slip(env: &Env) {
    let token = env.dice.one(&env.ledger.borrow().slips).cloned();
    let Some(token) = token else { return };
    let verdict = if env.dice.comes(500) { Verdict::Contested } else { Verdict::Confirmed };
    let token_hash = ledger::seal(token.as_str().as_bytes());
    env.station.borrow_mut().answer(env, token_hash, verdict);
}

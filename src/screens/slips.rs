//! 回执单: what somebody whom a record is about takes home. Made without a network; what it opens is at the station.

use leptos::prelude::*;
use xunji_domain::{
    entry::Action,
    id::EntryId,
    record::{Known, Record, Standing},
    slip::{Slip, SlipToken},
};

use crate::{
    components::{Attempt, Sheet, icon, live, qr, short_digest, verdict_name, view},
    platform::{self, format_exact, format_moment},
    state::{App, Deed, loaded, storage_sentence, use_app},
    words,
};

/// The slips of a record that this person may give out, and a new one.
#[component]
pub(super) fn Slips(
    record: Record,
    /// The slip that is looked at. Not kept here: saving one draws the record anew.
    open: RwSignal<Option<EntryId>>,
) -> impl IntoView {
    let app = use_app();
    let attempt = Attempt::default();
    let ids: Vec<EntryId> = record.slips.iter().map(|slip| slip.by).collect();
    // Those whose tokens are on this phone.
    let here = loaded(move || {
        let ids = ids.clone();
        async move {
            let mut here = Vec::new();
            for id in ids {
                if matches!(app.pocket().slip_token(id).await, Ok(Some(_))) {
                    here.push(id);
                }
            }
            here
        }
    });
    let rows = {
        let record = record.clone();
        live(move || {
            let here = here.get()?;
            let row =
                |(place, slip): (usize, &Slip)| row(&record, slip, place + 1, here.contains(&slip.by), open);
            Some(record.slips.iter().enumerate().map(row).collect_view())
        })
    };
    let make = {
        let record = record.clone();
        move |_| {
            let record = record.clone();
            attempt.begin(async move {
                let id = give(app, &record).await?;
                open.set(Some(id));
                Ok(())
            });
        }
    };
    view! {
        <section class="paper">
            <h2>{words::slips()}</h2>
            <p class="quiet">{words::slips_what_for()}</p>
            {attempt.alert()}
            {rows}
            <div class="btns">
                <button class="btn" type="button" on:click=make>{icon("note")}{words::slip_give()}</button>
            </div>
        </section>
    }
}

fn row(
    record: &Record,
    slip: &Slip,
    number: usize,
    is_here: bool,
    open: RwSignal<Option<EntryId>>,
) -> AnyView {
    let given = entry(record, slip.by);
    let when = given.map(|known| format_moment(known.entry.content.noted_at.to_utc()));
    let answer =
        slip.answer.and_then(|id| entry(record, id)).and_then(|known| match &known.entry.content.action {
            Action::Answer { verdict, .. } => Some(verdict_name(*verdict)),
            _ => None,
        });
    let id = slip.by;
    let look = is_here.then(|| {
        view! { <button class="link" type="button" on:click=move |_| open.set(Some(id))>{words::slip_show()}</button> }
    });
    let delivered = given.map(|known| delivered(known).0);
    view! {
        <div class="row">
            <span>{words::slip_number(number)}" · "{when}" · "{answer.or(delivered)}</span>
            {look}
        </div>
    }
}

fn entry(record: &Record, id: EntryId) -> Option<&Known> {
    record.entries.iter().find(|known| known.entry.content.id == id)
}

/// Whether the station knows a slip, in a word and in a sentence.
fn delivered(known: &Known) -> (&'static str, &'static str) {
    match known.standing {
        Standing::Accepted { .. } => (words::badge_delivered(), words::slip_delivered()),
        _ => (words::badge_waiting(), words::slip_waits()),
    }
}

/// Draws a token, keeps it here, and saves its hash.
async fn give(app: App, record: &Record) -> Result<EntryId, String> {
    let token = SlipToken::new(&platform::random_bits());
    let insecure = || words::needs_https().to_owned();
    let token_hash = platform::digest_of(token.as_str().as_bytes()).await.ok_or_else(insecure)?;
    let deed = Deed::on(record, Action::Slip { token_hash });
    let id = deed.id;
    // Before the entry: a slip whose token is gone could never be shown.
    let kept = app.pocket().keep_slip(id, &token).await;
    kept.map_err(|error| storage_sentence(&error))?;
    app.save_now(deed).await.map(|()| id)
}

/// A slip, over the record that is shown. When it is delivered meanwhile, only what is said of that changes.
#[component]
pub(super) fn SlipSheet(
    id: EntryId,
    record: Memo<Option<Record>>,
    /// The slip that is looked at.
    open: RwSignal<Option<EntryId>>,
) -> impl IntoView {
    let app = use_app();
    let token = loaded(move || async move { app.pocket().slip_token(id).await.ok().flatten() });
    let known = Memo::new(move |_| record.with(|record| entry(record.as_ref()?, id).cloned()));
    let noted_at = Memo::new(move |_| known.with(|known| Some(known.as_ref()?.entry.content.noted_at)));
    live(move || {
        let (token, noted_at) = (token.get()??, noted_at.get()?);
        let record = record.get_untracked()?;
        // The ledger, as everybody may know it.
        let kind = app.pocket().kinds().nearest(&record.kind, record.kind_version).cloned()?;
        let name = if kind.confidential { words::slip_secret() } else { words::label(&kind.name) }.to_owned();
        let origin = window().location().origin().unwrap_or_default();
        let address = origin + &token.path();
        // Paper is read on other days, too.
        let when: String = format_exact(noted_at.to_utc()).chars().take(16).collect();
        let receipt = live(move || {
            let receipt = known.with(|known| known.as_ref()?.receipt())?;
            Some(view! { <p>{words::slip_receipt(short_digest(receipt.digest))}</p> })
        });
        let sentence = move || known.with(|known| known.as_ref().map(|known| delivered(known).1));
        // Fails only where there is nothing to print on, which the browser says itself.
        let print = move |_| drop(window().print());
        Some(view! {
            <Sheet title=words::slip() on_close=Callback::new(move |()| open.set(None))>
                <div class="sheet-body slip" tabindex="0">
                    <p><strong>{words::app_name()}" · "{name}</strong><br/>{when}</p>
                    {qr(&address, words::slip_code().to_owned())}
                    <p>{words::slip_scan()}</p>
                    <p class="address">{address}</p>
                    {receipt}
                    <p class="quiet" role="status">{sentence}</p>
                </div>
                <footer class="sheet-foot">
                    <button class="btn primary" type="button" on:click=print>{words::print()}</button>
                </footer>
            </Sheet>
        })
    })
}

//! 待上传: what waits, since when, why, and when it is tried again; what has come back, and how to mend it.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::{
    entry::Action,
    id::{EntryId, RecordId},
    kind::Kind,
    record::{Known, Record},
};
use xunji_sync::{
    engine::{Event, Failure, Phase},
    pocket::{Draft, Waiting, WaitingState},
};

use super::{adding::place_of, backup::ExportButton};
use crate::{
    components::{
        Head, Sign, alert, badge, field_name, icon, live, mark, reason_sentence, refusal_sentence, title_of,
        view,
    },
    platform::{self, format_moment},
    state::{App, Deed, loaded, storage_sentence, use_app},
    words,
};

/// How many rows are drawn: after days without a signal there may be very many, and they only get fewer.
const SOME: usize = 100;

/// A row of the outbox with what it is about.
#[derive(Clone)]
struct Shown {
    waiting: Waiting,
    record: Option<Record>,
}

/// The screen.
#[component]
pub fn Outbox() -> impl IntoView {
    let app = use_app();
    let listed = loaded(move || {
        app.signals.changed.track();
        let pocket = app.pocket();
        async move {
            let rows = pocket.outbox().await.map_err(|error| storage_sentence(&error))?;
            let all = rows.len();
            // What a person has to do something about comes first.
            let returned = |row: &Waiting| sign(&row.state, false) == Sign::Returned;
            let (mut rows, waiting): (Vec<_>, Vec<_>) = rows.into_iter().partition(returned);
            rows.extend(waiting);
            rows.truncate(SOME);
            let mut shown = Vec::new();
            for waiting in rows {
                let record = pocket.record(waiting.record).await.ok().flatten();
                shown.push(Shown { waiting, record });
            }
            Ok::<_, String>((shown, all))
        }
    });
    let send_now = move |_| {
        spawn_local(async move {
            drop(app.pocket().retry_refused().await);
            app.changed();
            app.notify(Event::SendNow);
        });
    };
    let body = live(move || {
        let (rows, all) = match listed.get()? {
            Ok(listed) => listed,
            // Never taken for an empty outbox.
            Err(sentence) => return Some(alert(sentence)),
        };
        Some(if rows.is_empty() {
            view! {
                <div class="paper empty">
                    {icon("cloud-done")}
                    <h2>{words::sync_delivered()}</h2>
                    <p>{words::outbox_empty()}</p>
                </div>
            }
        } else {
            let more =
                (all > rows.len()).then(|| view! { <p class="quiet">{words::more_than(rows.len())}</p> });
            let entries = rows.into_iter().map(|row| entry(app, row)).collect_view();
            view! {
                <div class="btns">
                    <button class="btn primary" type="button" on:click=send_now>
                        {icon("upload")}{words::upload_now()}
                    </button>
                    <ExportButton/>
                </div>
                <ul class="cells">{entries}</ul>
                {more}
            }
        })
    });
    view! {
        <Head title=words::outbox().to_owned()/>
        <div class="stack narrow">
            {move || app.signals.counts.with(|counts| counts.waiting > 0).then(|| view! { <Why/> })}
            {body}
        </div>
    }
}

/// Why the sending is not going on, and when it is tried again.
#[component]
fn Why() -> impl IntoView {
    let phase = use_app().signals.phase;
    live(move || {
        let (name, sentence) = match phase.get() {
            Phase::Idle | Phase::Working | Phase::Uploading { .. } => return None,
            Phase::Offline => ("cloud-off", words::why_offline().to_owned()),
            Phase::Stopped => ("warning", words::why_stopped().to_owned()),
            Phase::Resting { why, until } => {
                let why = match why {
                    Failure::NoAnswer => words::why_no_answer(),
                    Failure::NotTheStation => words::why_not_the_station(),
                    Failure::Busy { .. } => words::why_busy(),
                    Failure::Storage => words::storage_lost(),
                    Failure::Unreadable | Failure::Unauthorised => words::why_no_answer(),
                };
                let seconds = until.0.saturating_sub(platform::millis().0).div_ceil(1000);
                let when = if seconds > 0 { words::next_try(clock_in(seconds)) } else { String::new() };
                ("cloud-off", format!("{why}{when}"))
            }
        };
        let again = matches!(phase.get(), Phase::Stopped)
            .then(|| view! { <a href="/enrol" class="btn">{words::enrol_heading()}</a> });
        Some(view! { <div class="alert note" role="status">{icon(name)}<p>{sentence}</p>{again}</div> })
    })
}

/// The clock in so many seconds, so that nothing on the screen has to count.
fn clock_in(seconds: u64) -> String {
    let at = platform::now() + chrono::TimeDelta::seconds(i64::try_from(seconds).unwrap_or(0));
    format!(
        "{:02}:{:02}:{:02}",
        chrono::Timelike::hour(&at),
        chrono::Timelike::minute(&at),
        chrono::Timelike::second(&at)
    )
}

const fn sign(state: &WaitingState, sending: bool) -> Sign {
    match state {
        WaitingState::Parked { .. } | WaitingState::Refused { .. } => Sign::Returned,
        WaitingState::Unsent | WaitingState::Attachments { .. } if sending => Sign::Sending,
        WaitingState::Unsent | WaitingState::Attachments { .. } => Sign::Waiting,
    }
}

fn entry(app: App, row: Shown) -> AnyView {
    let pocket = app.pocket();
    let Shown { waiting, record } = row;
    let kinds = pocket.kinds();
    let kind = record.as_ref().and_then(|record| kinds.nearest(&record.kind, record.kind_version)).cloned();
    let known = record.as_ref().and_then(|record| {
        record.entries.iter().find(|known| known.entry.content.id == waiting.entry).cloned()
    });
    let title = record.as_ref().map_or_else(
        || waiting.kind.to_string(),
        |record| {
            title_of(&kinds, &pocket.county(), record.kind.as_str(), record.kind_version, &record.body())
        },
    );
    let what = known
        .as_ref()
        .map_or_else(String::new, |known| what_it_is(kind.as_ref(), &known.entry.content.action));
    let since = words::saved_at(what, format_moment(waiting.since.to_utc()));
    let state = waiting.state.clone();
    let phase = app.signals.phase;
    let current = move || sign(&state, matches!(phase.get(), Phase::Uploading { .. }));
    let now = sign(&waiting.state, false);
    let reason = match &waiting.state {
        WaitingState::Parked { reason } => Some(reason_sentence(kind.as_ref(), reason)),
        WaitingState::Refused { refusal } => Some(refusal_sentence(refusal).to_owned()),
        WaitingState::Attachments { missing } => Some(words::attachments_left(missing.len())),
        WaitingState::Unsent => None,
    };
    let returned = now == Sign::Returned;
    let missing = match &waiting.state {
        WaitingState::Attachments { missing } => missing.clone(),
        _ => Vec::new(),
    };
    let sending = app.signals.sending;
    let on_its_way = live(move || {
        let now = sending.get().filter(|now| missing.contains(&now.digest))?;
        Some(view! {
            <div class="sending">
                <progress max="100" value=now.percent.to_string()></progress>
                <span>{words::sending_attachment(now.percent)}</span>
            </div>
        })
    });
    let why = (!returned)
        .then(|| live(move || phase.with(waits).map(|sentence| view! { <p class="quiet">{sentence}</p> })));
    let repair =
        matches!(waiting.state, WaitingState::Parked { .. }).then_some(known).flatten().map(|known| {
            view! { <Repair known=known/> }
        });
    view! {
        <li class="entry" data-state=now.state()>
            <div class="entry-head">
                {mark(waiting.kind.as_str())}
                <div>
                    <h3><a href=format!("/records/{}", waiting.record)>{title}</a></h3>
                    <p class="quiet"><span>{since}</span>{move || badge(current())}</p>
                </div>
            </div>
            {reason.map(|reason| {
                let lead = returned.then(|| view! { <strong>{words::station_returned()}</strong> });
                view! { <div class="reason">{lead}{reason}</div> }
            })}
            {why}
            {on_its_way}
            {repair}
        </li>
    }
}

/// Why one entry waits, and when it is tried next.
fn waits(phase: &Phase) -> Option<String> {
    Some(match phase {
        Phase::Working | Phase::Uploading { .. } => return None,
        Phase::Idle => words::entry_queued().to_owned(),
        Phase::Offline => words::entry_offline().to_owned(),
        Phase::Stopped => words::entry_stopped().to_owned(),
        Phase::Resting { why, until } => {
            let why = match why {
                Failure::NoAnswer | Failure::Unreadable | Failure::Unauthorised => words::rest_no_answer(),
                Failure::NotTheStation => words::rest_not_the_station(),
                Failure::Busy { .. } => words::rest_busy(),
                Failure::Storage => words::rest_storage(),
            };
            match until.0.saturating_sub(platform::millis().0).div_ceil(1000) {
                0 => words::entry_queued().to_owned(),
                seconds => words::entry_rests(why, clock_in(seconds)),
            }
        }
    })
}

/// 修改后重报: a parked form or sheet is opened again; what nothing was typed for is sent again as a new entry. And
/// 不再办理: its author does without it.
#[component]
fn Repair(known: Known) -> impl IntoView {
    let app = use_app();
    let busy = RwSignal::new(false);
    let content = known.entry.content.clone();
    let opens = matches!(content.action, Action::Open { .. });
    let give_up = (!opens).then(|| {
        let pressed = move |_| let_go(app, content.record, content.id, true);
        view! { <button class="btn" type="button" on:click=pressed>{words::let_go()}</button> }
    });
    let again = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        match Draft::repairing(&known, platform::new_entry_id(), platform::now()) {
            Some(draft) => {
                spawn_local(async move {
                    mend(app, draft).await;
                    busy.try_set(false);
                });
            }
            None => {
                let content = &known.entry.content;
                let deed = Deed {
                    id: platform::new_entry_id(),
                    record: content.record,
                    kind: content.kind.clone(),
                    kind_version: content.kind_version,
                    basis: content.basis,
                    replaces: Some(content.id),
                    action: content.action.clone(),
                    attachments: content.attachments.clone(),
                };
                app.save(deed, move |_| {
                    busy.try_set(false);
                });
            }
        }
    };
    view! {
        <div class="btns">
            <button class="btn primary" type="button" on:click=again>{icon("pencil")}{words::mend_and_send()}</button>
            {give_up}
        </div>
    }
}

/// Opens a draft that mends something, or the one that was begun for it before.
async fn mend(app: App, draft: Draft) {
    let pocket = app.pocket();
    let begun = pocket.drafts().await.unwrap_or_default();
    let begun = begun.into_iter().find(|begun| begun.replaces == draft.replaces);
    let is_new = begun.is_none();
    let draft = begun.unwrap_or(draft);
    if is_new && let Err(error) = pocket.put_draft(&draft).await {
        return app.say(storage_sentence(&error));
    }
    app.address.go(&place_of(&draft));
}

/// The person does without what has come back, or has second thoughts.
fn let_go(app: App, record: RecordId, entry: EntryId, gone: bool) {
    spawn_local(async move {
        match app.pocket().let_go(record, entry, gone).await {
            Ok(true) if gone => {
                app.offer(
                    words::was_let_go().to_owned(),
                    Callback::new(move |()| let_go(app, record, entry, false)),
                );
            }
            Ok(_) => {}
            Err(error) => app.say(storage_sentence(&error)),
        }
        app.changed();
    });
}

fn what_it_is(kind: Option<&Kind>, action: &Action) -> String {
    match action {
        Action::Open { .. } => words::did_open().to_owned(),
        Action::Amend { field, .. } => words::did_amend(field_name(kind, field)),
        Action::Step { step, .. } => kind
            .and_then(|kind| kind.workflow.steps.iter().find(|known| known.id == *step))
            .map_or_else(|| step.to_string(), |step| words::label(&step.label).to_owned()),
        Action::Note { .. } => words::did_note().to_owned(),
        Action::Attach {} => words::did_attach().to_owned(),
        Action::HandOver { .. } => words::hand_over().to_owned(),
        Action::Ask { field, .. } => words::did_ask(field_name(kind, field)),
        Action::Explain { .. } => words::explain().to_owned(),
        Action::Slip { .. } => words::did_slip().to_owned(),
        Action::Merge { .. } => words::did_merge().to_owned(),
        Action::Unmerge {} => words::did_unmerge().to_owned(),
        // Only the station writes answers.
        Action::Answer { .. } | Action::Unknown(_) => words::did_unknown().to_owned(),
    }
}

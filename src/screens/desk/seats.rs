//! 单位: the desks of the area and who sits there.

use leptos::prelude::*;
use serde_json::json;
use xunji_domain::{
    area::Area,
    desk::DeskKind,
    id::{DeskId, WorkerId},
    json,
    person::Role,
    reads,
};

use super::{
    boxes::{first, line, select},
    staff::{Office, Sheets, Staffer},
};
use crate::{
    components::{Attempt, FormSheet, alert, area_name, desk_kind_name, icon, live, view},
    driver::Sent,
    state::{Loaded, loaded},
    words,
};

/// A desk, as `GET /desks` describes it.
#[derive(Clone)]
pub(super) struct Managed {
    id: DeskId,
    kind: DeskKind,
    name: String,
    area: Area,
    members: Vec<Member>,
    yours: bool,
}

reads!(Managed { id, kind, name, area, members, yours });

#[derive(Clone)]
struct Member {
    id: WorkerId,
    name: String,
    yours: bool,
}

reads!(Member { id, name, yours });

#[derive(Clone)]
struct Desks {
    desks: Vec<Managed>,
    adds: Vec<DeskKind>,
}

reads!(Desks { desks, adds });

/// The list.
#[component]
pub(super) fn Seats(office: Office, people: Loaded<Result<Vec<Staffer>, String>>) -> impl IntoView {
    let listed = loaded(move || {
        office.done.track();
        async move {
            let said = office.app.office("GET", "/desks", Sent::Nothing).await?;
            let read: Result<Desks, _> = json::read(said.as_bytes());
            read.map_err(|_| words::not_the_station().to_owned())
        }
    });
    live(move || {
        let Desks { desks, adds } = match listed.get()? {
            Ok(desks) => desks,
            Err(sentence) => return Some(alert(sentence)),
        };
        let people = people.get().and_then(Result::ok).unwrap_or_default();
        let cards = desks.iter().map(|desk| card(office, desk, &people)).collect_view();
        let open = move |_| office.sheet.set(Some(Sheets::NewDesk(adds.clone())));
        Some(view! {
            <div class="stack">
                <button class="btn" type="button" on:click=open>{icon("plus")}{words::new_desk()}</button>
                {cards}
            </div>
        })
    })
}

fn card(office: Office, desk: &Managed, people: &[Staffer]) -> AnyView {
    let me = office.app.signals.me.with_untracked(|me| me.as_ref().map(|me| me.id));
    let member = |member: &Member| {
        let path = format!("/desks/{}/seats/{}", desk.id, member.id);
        let label = words::unseat_from(&desk.name, &member.name);
        let unseat = member.yours.then(|| {
            view! {
                <button
                    class="btn"
                    type="button"
                    aria-label=label
                    on:click=move |_| office.order("DELETE", path.clone(), json!({}))
                >
                    {words::unseat()}
                </button>
            }
        });
        view! { <div class="row"><span>{member.name.clone()}</span>{unseat}</div> }
    };
    let fits = |person: &&Staffer| {
        let sits = desk.members.iter().any(|member| member.id == person.id);
        let role = match desk.kind {
            DeskKind::JusticeOffice => Some(Role::JusticeOfficer),
            kind if kind.governs() => Some(Role::Coordinator),
            _ => None,
        };
        !sits
            && !person.suspended
            && me != Some(person.id)
            && role.is_none_or(|role| person.roles.contains(&role))
    };
    let seat = desk.yours.then(|| {
        let able: Vec<_> = people.iter().filter(fits).cloned().collect();
        let desk = desk.clone();
        let (label, other_name) = (words::seat_at(&desk.name), words::rename_desk(&desk.name));
        let rename = {
            let desk = desk.clone();
            move |_| office.sheet.set(Some(Sheets::RenameDesk(desk.clone())))
        };
        let open = move |_| office.sheet.set(Some(Sheets::Seat(desk.clone(), able.clone())));
        view! {
            <div class="btns">
                <button class="btn" type="button" aria-label=label on:click=open>{words::seat()}</button>
                <button class="btn" type="button" aria-label=other_name on:click=rename>{words::rename()}</button>
            </div>
        }
    });
    let nobody = desk.members.is_empty().then(|| view! { <p>{words::desk_nobody()}</p> });
    let county = office.app.pocket().county();
    view! {
        <section class="paper seats">
            <h2>{desk.name.clone()}</h2>
            <p class="quiet">{desk_kind_name(Some(desk.kind))}" · "{area_name(&county, &desk.area)}</p>
            {nobody}
            {desk.members.iter().map(member).collect_view()}
            {seat}
        </section>
    }
}

/// Who is to sit at a desk.
#[component]
pub(super) fn Seat(office: Office, desk: Managed, able: Vec<Staffer>, close: Callback<()>) -> impl IntoView {
    let people: Vec<_> = able.iter().map(|person| (person.id.to_string(), person.name.clone())).collect();
    let who = RwSignal::new(first(&people));
    let attempt = Attempt::default();
    let seat = Callback::new(move |()| {
        let path = format!("/desks/{}/seats/{}", desk.id, who.get_untracked());
        office.order_in(attempt, close, "PUT", path, Some(json!({})));
    });
    let submit = (!people.is_empty()).then_some(seat);
    let asked = match submit {
        Some(_) => view! {
            <p>{words::seat_what()}</p>
            {select("seat-who", words::seat_who(), people, who)}
        },
        None => view! { <p>{words::seat_nobody()}</p> },
    };
    view! {
        <FormSheet title=words::seat_at(&desk.name) attempt=attempt submit=submit on_close=close>{asked}</FormSheet>
    }
}

/// What a desk is to be called.
#[component]
pub(super) fn RenameDesk(office: Office, desk: Managed, close: Callback<()>) -> impl IntoView {
    let name = RwSignal::new(desk.name.clone());
    let attempt = Attempt::default();
    let submit = Callback::new(move |()| {
        let renamed = json!({ "name": name.get_untracked().trim() });
        office.order_in(attempt, close, "PATCH", format!("/desks/{}", desk.id), Some(renamed));
    });
    view! {
        <FormSheet title=words::rename_desk(&desk.name) attempt=attempt submit=submit on_close=close>
            {line("desk-name", words::desk_name(), name)}
        </FormSheet>
    }
}

/// A desk that is not there yet.
#[component]
pub(super) fn NewDesk(office: Office, adds: Vec<DeskKind>, close: Callback<()>) -> impl IntoView {
    let county = office.app.pocket().county();
    let kinds: Vec<_> =
        adds.iter().map(|kind| (kind.as_str().to_owned(), desk_kind_name(Some(*kind)).to_owned())).collect();
    let own = office.app.signals.me.with_untracked(|me| me.as_ref().map(|me| me.areas()).unwrap_or_default());
    let towns = county.townships.iter().filter_map(|town| town.code.parse::<Area>().ok());
    let mut areas: Vec<Area> = county.code.parse().into_iter().chain(towns).collect();
    areas.retain(|area| own.iter().any(|own| own.contains(area)));
    let areas: Vec<_> = areas.iter().map(|area| (area.to_string(), area_name(&county, area))).collect();
    let (kind, name, area) =
        (RwSignal::new(first(&kinds)), RwSignal::new(String::new()), RwSignal::new(first(&areas)));
    let attempt = Attempt::default();
    let submit = Callback::new(move |()| {
        let desk = json!({
            "kind": kind.get_untracked(), "name": name.get_untracked().trim(), "area": area.get_untracked(),
        });
        office.order_in(attempt, close, "POST", "/desks".to_owned(), Some(desk));
    });
    view! {
        <FormSheet title=words::new_desk() attempt=attempt submit=submit on_close=close>
            {select("desk-kind", words::desk_kind(), kinds, kind)}
            {line("desk-name", words::desk_name(), name)}
            {select("desk-area", words::desk_area(), areas, area)}
        </FormSheet>
    }
}

//! What is asked about a person at the desk: who is new, what they do and where, who takes over.

use leptos::prelude::*;
use serde_json::json;
use xunji_domain::{area::Area, person::Role};

use super::{
    boxes::{first, line, select, several},
    staff::{Office, Staffer},
};
use crate::{
    components::{Attempt, FormSheet, area_name, role_name, view, village_name},
    platform, words,
};

/// Somebody new.
#[component]
pub(super) fn Add(office: Office, close: Callback<()>) -> impl IntoView {
    let county = office.app.pocket().county();
    let seats = office.app.signals.desks.get_untracked();
    let all = county.townships.iter().flat_map(|township| &township.villages);
    let here = all.filter(|village| seats.iter().any(|seat| seat.area.covers(&village.code)));
    let villages: Vec<_> = here
        .map(|village| (village.code.to_string(), village_name(&county, village.code.as_str())))
        .collect();
    let (name, roles, village) =
        (RwSignal::new(String::new()), RwSignal::new(Vec::new()), RwSignal::new(first(&villages)));
    let attempt = Attempt::default();
    // Drawn once, so that trying again after a lost answer adds nobody twice.
    let id = platform::new_worker_id();
    let submit = Callback::new(move |()| {
        let newcomer = json!({
            "id": id, "name": name.get_untracked().trim(), "roles": roles.get_untracked(),
            "village": village.get_untracked(),
        });
        let complete = !roles.with_untracked(Vec::is_empty);
        office.order_in(attempt, close, "POST", "/people".to_owned(), complete.then_some(newcomer));
    });
    let offered = of_roles(&office.roles());
    view! {
        <FormSheet title=words::staff_add() attempt=attempt submit=submit on_close=close>
            {line("staff-name", words::staff_name(), name)}
            {several("staff-roles", words::staff_role(), offered, roles)}
            {select("staff-village", words::staff_village(), villages, village)}
        </FormSheet>
    }
}

/// What somebody does, and where.
#[component]
pub(super) fn Duties(office: Office, person: Staffer, close: Callback<()>) -> impl IntoView {
    let county = office.app.pocket().county();
    let of_role = |role: &Role| role.as_str().to_owned();
    let roles = RwSignal::new(person.roles.iter().map(of_role).collect::<Vec<_>>());
    let areas = RwSignal::new(person.areas.iter().map(Area::to_string).collect::<Vec<_>>());
    // What they have already can be kept, also what is not this one's to give.
    let mut offered = office.roles();
    offered.extend(person.roles.iter().filter(|role| !office.roles().contains(role)));
    let own = office.app.signals.me.with_untracked(|me| me.as_ref().map(|me| me.areas()).unwrap_or_default());
    let near = county.townships.iter().filter(|town| person.village.as_str().starts_with(&town.code));
    let villages = near.flat_map(|town| &town.villages).map(|village| Area::from(&village.code));
    let towns = county.townships.iter().filter_map(|town| town.code.parse::<Area>().ok());
    let mut places: Vec<Area> = villages.chain(towns).collect();
    places.retain(|area| own.iter().any(|own| own.contains(area)));
    let further: Vec<_> = person.areas.iter().filter(|area| !places.contains(area)).cloned().collect();
    let places = further.iter().chain(&places).map(|area| (area.to_string(), area_name(&county, area)));
    let places: Vec<_> = places.collect();
    let attempt = Attempt::default();
    let path = format!("/people/{}", person.id);
    let submit = Callback::new(move |()| {
        let change = json!({ "roles": roles.get_untracked(), "areas": areas.get_untracked() });
        let complete = !roles.with_untracked(Vec::is_empty) && !areas.with_untracked(Vec::is_empty);
        office.order_in(attempt, close, "PATCH", path.clone(), complete.then_some(change));
    });
    view! {
        <FormSheet title=words::staff_duties_of(&person.name) attempt=attempt submit=submit on_close=close>
            {several("staff-roles", words::staff_role(), of_roles(&offered), roles)}
            {several("staff-areas", words::staff_areas(), places, areas)}
        </FormSheet>
    }
}

fn of_roles(roles: &[Role]) -> Vec<(String, String)> {
    roles.iter().map(|role| (role.as_str().to_owned(), role_name(*role).to_owned())).collect()
}

/// Who takes over, and where.
#[component]
pub(super) fn HandOver(
    office: Office,
    from: Staffer,
    others: Vec<Staffer>,
    close: Callback<()>,
) -> impl IntoView {
    let county = office.app.pocket().county();
    let people: Vec<_> = others.iter().map(|other| (other.id.to_string(), other.name.clone())).collect();
    let areas: Vec<_> = from.areas.iter().map(|area| (area.to_string(), area_name(&county, area))).collect();
    let (to, area) = (RwSignal::new(first(&people)), RwSignal::new(first(&areas)));
    let attempt = Attempt::default();
    let hand = Callback::new(move |()| {
        let handing = json!({ "from": from.id, "to": to.get_untracked(), "area": area.get_untracked() });
        office.order_in(attempt, close, "POST", "/handovers".to_owned(), Some(handing));
    });
    let missing = if people.is_empty() {
        Some(words::staff_no_successor())
    } else if areas.is_empty() {
        Some(words::staff_no_area())
    } else {
        None
    };
    let asked = match missing {
        Some(missing) => view! { <p>{missing}</p> },
        None => view! {
            <p>{words::staff_hand_over_what()}</p>
            {select("staff-to", words::staff_successor(), people, to)}
            {select("staff-area", words::staff_area(), areas, area)}
        },
    };
    let submit = missing.is_none().then_some(hand);
    view! {
        <FormSheet title=words::staff_hand_over() attempt=attempt submit=submit on_close=close>{asked}</FormSheet>
    }
}

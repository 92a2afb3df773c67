//! 人员: the people whom a coordinator looks after. All of it happens at the station, so it needs a network.

use leptos::prelude::*;
use serde_json::{Value, json};
use xunji_domain::{
    area::Area,
    id::{InstallationId, WorkerId},
    json,
    person::Role,
    reads,
    village::VillageCode,
};

use crate::{
    components::{Attempt, Head, Sheet, alert, icon, live, role_name, view, village_name},
    state::{App, loaded, use_app},
    words,
};

/// Somebody, as `GET /people` describes them.
#[derive(Clone)]
struct Staffer {
    id: WorkerId,
    name: String,
    roles: Vec<Role>,
    village: VillageCode,
    areas: Vec<Area>,
    suspended: bool,
    phones: Vec<Phone>,
}

reads!(Staffer { id, name, roles, village, areas, suspended, phones });

/// One of their phones.
#[derive(Clone)]
struct Phone {
    installation: InstallationId,
    revoked_at: Option<String>,
}

reads!(Phone { installation, revoked_at });

struct People {
    people: Vec<Staffer>,
}

reads!(People { people });

struct Made {
    code: String,
}

reads!(Made { code });

/// What is done here, and what came of it. Copies are the same.
#[derive(Clone, Copy)]
struct Office {
    app: App,
    attempt: Attempt,
    /// Grows with everything that was done, so that the list is asked for again.
    done: RwSignal<u32>,
    /// Whose card is open, also after the list has come anew.
    managed: RwSignal<Option<WorkerId>>,
    /// Whose code was made, and the code. It is shown once.
    code: RwSignal<Option<(String, String)>>,
}

impl Office {
    fn order(self, method: &'static str, path: String, body: Value) {
        self.attempt.begin(async move {
            self.app.office(method, &path, Some(body.to_string())).await?;
            self.done.update(|done| *done += 1);
            self.app.say(words::staff_done().to_owned());
            Ok(())
        });
    }

    fn make_code(self, person: &Staffer, body: Value) {
        let (name, path) = (person.name.clone(), format!("/people/{}/codes", person.id));
        self.attempt.begin(async move {
            let said = self.app.office("POST", &path, Some(body.to_string())).await?;
            let made: Made = json::read(said.as_bytes()).map_err(|_| words::not_the_station().to_owned())?;
            self.code.set(Some((name, made.code)));
            Ok(())
        });
    }
}

/// Which sheet is open.
#[derive(Clone)]
enum Sheets {
    Add,
    HandOver(Staffer),
}

/// The screen.
#[component]
pub fn Staff() -> impl IntoView {
    let app = use_app();
    let office = Office {
        app,
        attempt: Attempt::default(),
        done: RwSignal::new(0),
        managed: RwSignal::new(None),
        code: RwSignal::new(None),
    };
    let sheet = RwSignal::new_local(None::<Sheets>);
    let listed = loaded(move || {
        office.done.track();
        async move {
            let said = app.office("GET", "/people", None).await?;
            let read: Result<People, _> = json::read(said.as_bytes());
            read.map(|people| people.people).map_err(|_| words::not_the_station().to_owned())
        }
    });
    let list = live(move || {
        let people = match listed.get()? {
            Ok(people) => people,
            Err(sentence) => return Some(alert(sentence)),
        };
        let cards = people.iter().map(|person| card(office, person, sheet)).collect_view();
        Some(view! { <div class="stack">{cards}</div> })
    });
    let code = live(move || {
        let (name, code) = office.code.get()?;
        Some(view! {
            <Sheet title=words::staff_code_of(name) on_close=Callback::new(move |()| office.code.set(None))>
                <div class="sheet-body">
                    <p class="once">{code}</p>
                    <p>{words::staff_code_how()}</p>
                </div>
            </Sheet>
        })
    });
    let sheets = live(move || {
        let close = Callback::new(move |()| sheet.set(None));
        let body = match sheet.get()? {
            Sheets::Add => view! { <Add office=office close=close/> },
            Sheets::HandOver(from) => {
                let others = listed.get()?.unwrap_or_default();
                view! { <HandOver office=office from=from others=others close=close/> }
            }
        };
        Some(body)
    });
    view! {
        <Head title=words::staff().to_owned() back="/desk"/>
        <div class="stack">
            <p class="quiet">{words::staff_what()}</p>
            {office.attempt.alert()}
            <button class="btn" type="button" on:click=move |_| sheet.set(Some(Sheets::Add))>
                {icon("plus")}{words::staff_add()}
            </button>
            {list}
        </div>
        {code}
        {sheets}
    }
}

fn card(office: Office, person: &Staffer, sheet: RwSignal<Option<Sheets>, LocalStorage>) -> AnyView {
    let county = office.app.pocket().county();
    let roles: Vec<_> = person.roles.iter().map(|role| role_name(*role)).collect();
    let path = format!("/people/{}", person.id);
    let (id, suspended) = (person.id, person.suspended);
    let turn_over = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        office.managed.update(|managed| *managed = (*managed != Some(id)).then_some(id));
    };
    let turn = {
        let path = path.clone();
        move |_| office.order("PATCH", path.clone(), json!({ "suspended": !suspended }))
    };
    let new_code = {
        let person = person.clone();
        move |_| office.make_code(&person, json!({}))
    };
    let hand_over = {
        let person = person.clone();
        move |_| sheet.set(Some(Sheets::HandOver(person.clone())))
    };
    let phone = |(place, phone): (usize, &Phone)| {
        let (installation, gone) = (phone.installation, phone.revoked_at.is_some());
        let person = person.clone();
        let button = match gone {
            false => view! {
                <button
                    class="btn"
                    type="button"
                    on:click=move |_| office.order("DELETE", format!("/installations/{installation}"), json!({}))
                >
                    {words::staff_revoke()}
                </button>
            },
            true => view! {
                <button
                    class="btn"
                    type="button"
                    on:click=move |_| office.make_code(&person, json!({ "releases": installation }))
                >
                    {words::staff_release()}
                </button>
            },
        };
        let state = if gone { words::staff_phone_out() } else { words::staff_phone_in() };
        view! { <div class="row"><span>{words::staff_phone(place + 1)}" · "{state}</span>{button}</div> }
    };
    view! {
        <section class="paper">
            <h2>{person.name.clone()}</h2>
            <p class="quiet">
                {roles.join(words::list_comma())}" · "{village_name(&county, person.village.as_str())}
                {suspended.then(|| format!(" · {}", words::staff_suspended()))}
            </p>
            <details class="rarer" prop:open=move || office.managed.get() == Some(id)>
                <summary aria-label=words::staff_manage_of(person.name.clone()) on:click=turn_over>{words::staff_manage()}</summary>
                <div class="btns">
                    <button class="btn" type="button" on:click=new_code>{words::staff_new_code()}</button>
                    <button class="btn" type="button" on:click=turn>
                        {if suspended { words::staff_resume() } else { words::staff_suspend() }}
                    </button>
                    <button class="btn" type="button" on:click=hand_over>{words::staff_hand_over()}</button>
                </div>
                {person.phones.iter().enumerate().map(phone).collect_view()}
            </details>
        </section>
    }
}

/// Somebody new.
#[component]
fn Add(office: Office, close: Callback<()>) -> impl IntoView {
    const ROLES: [Role; 4] = [Role::GridWorker, Role::Mediator, Role::LegalAdviser, Role::Coordinator];
    let (name, role, village) = (
        RwSignal::new(String::new()),
        RwSignal::new(ROLES[0].as_str().to_owned()),
        RwSignal::new(String::new()),
    );
    let county = office.app.pocket().county();
    let roles = ROLES.iter().map(|role| (role.as_str().to_owned(), role_name(*role).to_owned())).collect();
    let seats = office.app.signals.desks.get_untracked();
    let all = county.townships.iter().flat_map(|township| &township.villages);
    let here = all.filter(|village| seats.iter().any(|seat| seat.area.covers(&village.code)));
    let villages: Vec<_> = here
        .map(|village| (village.code.to_string(), village_name(&county, village.code.as_str())))
        .collect();
    village.set(villages.first().map(|(code, _)| code.clone()).unwrap_or_default());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let newcomer = json!({
            "name": name.get_untracked().trim(), "roles": [role.get_untracked()], "village": village.get_untracked(),
        });
        office.order("POST", "/people".to_owned(), newcomer);
        close.run(());
    };
    view! {
        <Sheet title=words::staff_add() on_close=close>
            <form class="sheet-form" novalidate autocomplete="off" on:submit=submit>
                <div class="sheet-body form">
                    <div class="field" data-required="">
                        <label class="label" for="staff-name">{words::staff_name()}</label>
                        <input
                            class="input"
                            id="staff-name"
                            autocomplete="off"
                            on:input=move |event| name.set(event_target_value(&event))
                        />
                    </div>
                    {select("staff-role", words::staff_role(), roles, role)}
                    {select("staff-village", words::staff_village(), villages, village)}
                </div>
                <footer class="sheet-foot">
                    <button class="btn primary" type="submit">{words::save()}</button>
                </footer>
            </form>
        </Sheet>
    }
}

/// Who takes over, and where.
#[component]
fn HandOver(office: Office, from: Staffer, others: Vec<Staffer>, close: Callback<()>) -> impl IntoView {
    let county = office.app.pocket().county();
    let others: Vec<_> = others.into_iter().filter(|other| other.id != from.id && !other.suspended).collect();
    let people: Vec<_> = others.iter().map(|other| (other.id.to_string(), other.name.clone())).collect();
    let name = |area: &Area| {
        let town = county.townships.iter().find(|town| town.code.starts_with(area.as_str()));
        let village =
            county.find(area.as_str()).map(|(town, village)| format!("{}{}", town.name, village.name));
        village.or_else(|| town.map(|town| town.name.clone())).unwrap_or_else(|| area.to_string())
    };
    let areas: Vec<_> = from.areas.iter().map(|area| (area.to_string(), name(area))).collect();
    let first = |list: &[(String, String)]| list.first().map(|(value, _)| value.clone()).unwrap_or_default();
    let (to, area) = (RwSignal::new(first(&people)), RwSignal::new(first(&areas)));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let handing = json!({ "from": from.id, "to": to.get_untracked(), "area": area.get_untracked() });
        office.order("POST", "/handovers".to_owned(), handing);
        close.run(());
    };
    view! {
        <Sheet title=words::staff_hand_over() on_close=close>
            <form class="sheet-form" novalidate autocomplete="off" on:submit=submit>
                <div class="sheet-body form">
                    <p>{words::staff_hand_over_what()}</p>
                    {select("staff-to", words::staff_successor(), people, to)}
                    {select("staff-area", words::staff_area(), areas, area)}
                </div>
                <footer class="sheet-foot">
                    <button class="btn primary" type="submit">{words::save()}</button>
                </footer>
            </form>
        </Sheet>
    }
}

fn select(
    id: &'static str,
    label: &'static str,
    options: Vec<(String, String)>,
    value: RwSignal<String>,
) -> AnyView {
    let options =
        options.into_iter().map(|(value, name)| view! { <option value=value>{name}</option> }).collect_view();
    view! {
        <div class="field" data-required="">
            <label class="label" for=id>{label}</label>
            <select class="input" id=id on:change=move |event| value.set(event_target_value(&event))>{options}</select>
        </div>
    }
}

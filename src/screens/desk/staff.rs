//! 人员: the people whom a coordinator looks after. All of it happens at the station, so it needs a network.

use leptos::prelude::*;
use serde_json::{Value, json};
use xunji_domain::{
    area::Area,
    desk::DeskKind,
    id::{InstallationId, WorkerId},
    json,
    person::Role,
    reads,
    village::VillageCode,
};

use super::{
    boxes::{first, line, select},
    import::Import,
    seats::{Managed, NewDesk, RenameDesk, Seat, Seats},
};
use crate::{
    components::{
        Attempt, FormSheet, Head, Sheet, alert, area_name, icon, live, role_name, view, village_name,
    },
    driver::Sent,
    platform,
    state::{App, loaded, use_app},
    words,
};

/// Somebody, as `GET /people` describes them.
#[derive(Clone)]
pub(super) struct Staffer {
    pub(super) id: WorkerId,
    pub(super) name: String,
    pub(super) roles: Vec<Role>,
    village: VillageCode,
    areas: Vec<Area>,
    pub(super) suspended: bool,
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

/// What is done on this screen, and what came of it. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Office {
    pub(super) app: App,
    attempt: Attempt,
    /// Grows with everything that was done, so that the list is asked for again.
    pub(super) done: RwSignal<u32>,
    /// Whose card is open, also after the list has come anew.
    managed: RwSignal<Option<WorkerId>>,
    /// Which sheet is open.
    pub(super) sheet: RwSignal<Option<Sheets>, LocalStorage>,
    /// Whose code was made, and the code. It is shown once.
    code: RwSignal<Option<(String, String)>>,
}

impl Office {
    pub(super) fn order(self, method: &'static str, path: String, body: Value) {
        self.attempt.begin(self.carry_out(method, path, body));
    }

    /// Orders what a sheet asked for. The sheet goes once it is done; what was wrong is said in it.
    pub(super) fn order_in(
        self,
        sheet: Attempt,
        close: Callback<()>,
        method: &'static str,
        path: String,
        body: Value,
    ) {
        sheet.begin(async move {
            self.carry_out(method, path, body).await?;
            // Somebody may have closed it meanwhile.
            close.try_run(());
            Ok(())
        });
    }

    async fn carry_out(self, method: &'static str, path: String, body: Value) -> Result<(), String> {
        self.app.office(method, &path, Sent::Json(body)).await?;
        self.done.try_update(|done| *done += 1);
        self.app.say(words::staff_done().to_owned());
        Ok(())
    }

    fn make_code(self, person: &Staffer, body: Value) {
        let (name, path) = (person.name.clone(), format!("/people/{}/codes", person.id));
        self.attempt.begin(async move {
            let said = self.app.office("POST", &path, Sent::Json(body)).await?;
            let made: Made = json::read(said.as_bytes()).map_err(|_| words::not_the_station().to_owned())?;
            self.code.set(Some((name, made.code)));
            Ok(())
        });
    }
}

/// Which sheet is open.
#[derive(Clone)]
pub(super) enum Sheets {
    Add,
    Import,
    NewDesk(Vec<DeskKind>),
    RenameDesk(Managed),
    /// At which desk, and who may sit there.
    Seat(Managed, Vec<Staffer>),
    /// From whom, and who may take over.
    HandOver(Staffer, Vec<Staffer>),
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
        sheet: RwSignal::new_local(None),
        code: RwSignal::new(None),
    };
    let sheet = office.sheet;
    let at_desks = RwSignal::new(false);
    let listed = loaded(move || {
        office.done.track();
        async move {
            let said = app.office("GET", "/people", Sent::Nothing).await?;
            let read: Result<People, _> = json::read(said.as_bytes());
            read.map(|people| people.people).map_err(|_| words::not_the_station().to_owned())
        }
    });
    let list = move || {
        let people = match listed.get()? {
            Ok(people) => people,
            Err(sentence) => return Some(alert(sentence)),
        };
        let cards = people.iter().map(|person| card(office, person, &people)).collect_view();
        Some(view! {
            <div class="stack">
                <div class="btns">
                    <button class="btn" type="button" on:click=move |_| sheet.set(Some(Sheets::Add))>
                        {icon("plus")}{words::staff_add()}
                    </button>
                    <button class="btn" type="button" on:click=move |_| sheet.set(Some(Sheets::Import))>
                        {words::import_people()}
                    </button>
                </div>
                {cards}
            </div>
        })
    };
    let shown = live(move || match at_desks.get() {
        true => view! { <Seats office=office people=listed/> },
        false => live(list),
    });
    let tab = |desks: bool, name: &'static str| {
        view! {
            <button
                class="filter"
                type="button"
                aria-pressed=move || (at_desks.get() == desks).to_string()
                on:click=move |_| at_desks.set(desks)
            >
                {name}
            </button>
        }
    };
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
        Some(match sheet.get()? {
            Sheets::Add => view! { <Add office=office close=close/> },
            Sheets::NewDesk(adds) => view! { <NewDesk office=office adds=adds close=close/> },
            Sheets::RenameDesk(desk) => view! { <RenameDesk office=office desk=desk close=close/> },
            Sheets::Seat(desk, able) => view! { <Seat office=office desk=desk able=able close=close/> },
            Sheets::Import => view! { <Import office=office close=close/> },
            Sheets::HandOver(from, others) => {
                view! { <HandOver office=office from=from others=others close=close/> }
            }
        })
    });
    view! {
        <Head title=words::staff().to_owned() back="/desk"/>
        <div class="stack">
            <p class="quiet">{words::staff_what()}</p>
            <div class="filters" role="group" aria-label=words::filter()>
                {tab(false, words::staff())}
                {tab(true, words::desks())}
            </div>
            {office.attempt.alert()}
            {shown}
        </div>
        {code}
        {sheets}
    }
}

fn card(office: Office, person: &Staffer, people: &[Staffer]) -> AnyView {
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
    // Nobody shuts themselves out.
    let own = office.app.signals.me.with_untracked(|me| me.as_ref().is_some_and(|me| me.id == id));
    let turn = (!own).then(|| {
        let name = if suspended { words::staff_resume() } else { words::staff_suspend() };
        view! { <button class="btn" type="button" on:click=turn>{name}</button> }
    });
    let new_code = {
        let person = person.clone();
        move |_| office.make_code(&person, json!({}))
    };
    let hand_over = {
        let person = person.clone();
        let can = |other: &&Staffer| other.id != person.id && !other.suspended;
        let others: Vec<_> = people.iter().filter(can).cloned().collect();
        move |_| office.sheet.set(Some(Sheets::HandOver(person.clone(), others.clone())))
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
                    {turn}
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
    const ROLES: [Role; 5] =
        [Role::GridWorker, Role::Mediator, Role::Partner, Role::Coordinator, Role::LegalAdviser];
    let county = office.app.pocket().county();
    let me = office.app.signals.me.get_untracked();
    let am = |role| me.as_ref().is_some_and(|me| me.is(role));
    // Who is bound to secrecy is the justice office's to add, the others are a coordinator's.
    let mine = |role: &&Role| match role {
        Role::LegalAdviser => am(Role::JusticeOfficer),
        _ => am(Role::Coordinator),
    };
    let roles = ROLES.iter().filter(mine).map(|role| (role.as_str().to_owned(), role_name(*role).to_owned()));
    let roles: Vec<_> = roles.collect();
    let seats = office.app.signals.desks.get_untracked();
    let all = county.townships.iter().flat_map(|township| &township.villages);
    let here = all.filter(|village| seats.iter().any(|seat| seat.area.covers(&village.code)));
    let villages: Vec<_> = here
        .map(|village| (village.code.to_string(), village_name(&county, village.code.as_str())))
        .collect();
    let (name, role, village) =
        (RwSignal::new(String::new()), RwSignal::new(first(&roles)), RwSignal::new(first(&villages)));
    let attempt = Attempt::default();
    // Drawn once, so that trying again after a lost answer adds nobody twice.
    let id = platform::new_worker_id();
    let submit = Callback::new(move |()| {
        let newcomer = json!({
            "id": id, "name": name.get_untracked().trim(), "roles": [role.get_untracked()], "village": village.get_untracked(),
        });
        office.order_in(attempt, close, "POST", "/people".to_owned(), newcomer);
    });
    view! {
        <FormSheet title=words::staff_add() attempt=attempt submit=submit on_close=close>
            {line("staff-name", words::staff_name(), name)}
            {select("staff-role", words::staff_role(), roles, role)}
            {select("staff-village", words::staff_village(), villages, village)}
        </FormSheet>
    }
}

/// Who takes over, and where.
#[component]
fn HandOver(office: Office, from: Staffer, others: Vec<Staffer>, close: Callback<()>) -> impl IntoView {
    let county = office.app.pocket().county();
    let people: Vec<_> = others.iter().map(|other| (other.id.to_string(), other.name.clone())).collect();
    let areas: Vec<_> = from.areas.iter().map(|area| (area.to_string(), area_name(&county, area))).collect();
    let (to, area) = (RwSignal::new(first(&people)), RwSignal::new(first(&areas)));
    let attempt = Attempt::default();
    let hand = Callback::new(move |()| {
        let handing = json!({ "from": from.id, "to": to.get_untracked(), "area": area.get_untracked() });
        office.order_in(attempt, close, "POST", "/handovers".to_owned(), handing);
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
